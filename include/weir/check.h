/*
 * check.h: active checks of upstreams: when one is due, what is asked, what
 * the answer says, and what follows for calls. No sockets: the caller has
 * them.
 *
 *     due ─► write ─► connect and send ─► feed, as it comes ─► end
 *
 * The workers of a machine share the times (account/breaker_layout.h): whoever
 * looks first when a check is due makes it, so that a worker that dies is
 * missed by nobody.
 */
#ifndef WEIR_CHECK_H
#define WEIR_CHECK_H

#include "weir/flow.h"
#include "weir/snapshot.h"

/* Is a check of upstream `u` due? True: the caller makes it now, and ends it.
   False also for one without checks, address or credential. O(1); takes the
   lock of the account only when it is. */
WEIR_CHECKED bool weir_check_due(struct weir_worker *w,
    const struct weir_snapshot *snap, const struct weir_secrets *secrets,
    uint32_t u);

/* The request, at most WEIR_CHECK_BYTES_MAX. It holds the credential: the
   caller wipes it. */
size_t weir_check_write(const struct weir_snapshot *snap,
    const struct weir_secrets *secrets, uint32_t u,
    uint8_t to[WEIR_CHECK_BYTES_MAX]);

struct weir_check {            /* zeroed at the start of an answer */
    uint8_t   state;
    uint16_t  status;
    uint32_t  bytes;           /* so far */
};

/*
 * The next bytes of the answer. WEIR_MORE: not known yet. WEIR_DONE: it is
 * well: an HTTP/1 head that is whole, with the status that `up` expects. Else
 * UPSTREAM_BAD: another status, no HTTP/1 at all, or a head that has no
 * end. Bytes behind the head are of no interest.
 */
WEIR_CHECKED int weir_check_feed(struct weir_check *c,
    const struct weir_snap_upstream *up, const uint8_t *at, size_t len);

enum weir_check_change { WEIR_CHECK_SAME, WEIR_CHECK_OUT, WEIR_CHECK_BACK };

/* What came of it: it was well, or it was not, or not in time. */
enum weir_check_change weir_check_end(struct weir_worker *w,
    const struct weir_snap_upstream *up, bool well);

#endif
