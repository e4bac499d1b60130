/*
 * breaker.h: which upstream is in service, known to all workers of a machine
 * through the account file (account/breaker_layout.h) and kept over reloads,
 * for an upstream is known by its name.
 *
 *             failures in a row, within the window
 *    CLOSED ─────────────────────────────────────► OPEN ──┐ a trial failed:
 *      ▲                                            │  ▲──┘ out once more
 *      │ the trial succeeded           out for open │
 *      └──────────────────────────────── HALF ◄─────┘ one trial is let through
 *
 * Beside it an upstream whose active checks failed is out (DOWN) until as many
 * in a row were well as the register says, or until nobody has checked it for
 * three times its interval. That says nothing of its breaker: a path that is
 * free is often up when the model is not.
 *
 * And an upstream that answered 429 and said when to come back is out
 * until then (WAITS), which is no failure. A trial that nobody hears of again
 * (its worker died) holds the place no longer than the open time.
 *
 * Times are milliseconds of weir_meter_now(). Looking costs a few cache lines
 * and no lock; a success of an upstream that was well neither. All else takes
 * the lock of the account file, and is rare.
 */
#ifndef WEIR_BREAKER_H
#define WEIR_BREAKER_H

#include "weir/account.h"
#include "snapshot/snapshot_layout.h"

enum weir_breaker_state { WEIR_BREAKER_CLOSED, WEIR_BREAKER_HALF,
                          WEIR_BREAKER_OPEN, WEIR_BREAKER_WAITS,
                          WEIR_BREAKER_DOWN };

enum weir_verdict_of {
    WEIR_TRIED_WELL,        /* it answered, be it with an error of the
                               caller's */
    WEIR_TRIED_FAILED,      /* unreachable, timed out, 5xx, broke off before
                               its first byte */
    WEIR_TRIED_LIMITED,     /* 429 */
    WEIR_TRIED_UNKNOWN      /* the caller went first */
};

/* Of the upstream's name: 16 bytes that are never all zero. */
void weir_breaker_id(const char *name, size_t len, uint8_t id[16]);

/* *until_ms (may be NULL): when it is no longer out, for OPEN, WAITS and
   DOWN. Of several, DOWN is said first, then OPEN. */
enum weir_breaker_state weir_breaker_look(const struct weir_account *a,
    const uint8_t id[16], uint64_t now_ms, uint64_t *until_ms);

/*
 * A call is going to it. *trial: its verdict decides. False: it is HALF, and
 * another call was quicker. `forced`: go although it is out, because no other
 * is left.
 */
WEIR_CHECKED bool weir_breaker_enter(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool forced,
    bool *trial);

/* What came of it. `retry_ms`: of LIMITED, 0 when it did not say; bounded by
   WEIR_RETRY_AFTER_MAX_MS. */
void weir_breaker_leave(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool trial,
    enum weir_verdict_of verdict, uint64_t retry_ms);

/* Is a check due? True: the caller makes it now; the next one is due an
   interval later. */
WEIR_CHECKED bool weir_breaker_check_due(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms);

/* What a check found. What changed: 0 nothing, 1 it is out now, 2 it is back
   (enum weir_check_change). */
unsigned weir_breaker_checked(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool well);

/* Since boot, for metrics; all zero for one that was never asked. */
struct weir_breaker_counts {
    uint64_t  asked;
    uint64_t  failed;
    uint64_t  limited;
    uint64_t  opened;
    uint32_t  checks_failed;   /* in a row, now */
};

void weir_breaker_read(const struct weir_account *a, const uint8_t id[16],
    struct weir_breaker_counts *out);

#endif
