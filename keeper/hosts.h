/*
 * hosts.h: addresses of the host names of upstreams, looked up beside the
 * keeper's loop.
 *
 * getaddrinfo() may wait for many seconds, and the loop settles money; so it
 * has a thread of its own, the only one of the keeper, that touches nothing
 * but this table. A name is looked up again and again (`every_ms`). What is in
 * force stays until the answers say that it has to change: an address of a
 * name that cannot be looked up now is better than none.
 */
#ifndef WEIR_KEEPER_HOSTS_H
#define WEIR_KEEPER_HOSTS_H

#include "compile/url.h"

struct weir_hosts;

struct weir_hosts_options {
    uint32_t  every_ms;          /* between two looks at a name */
    /* NULL: getaddrinfo. Called in the thread. */
    size_t  (*lookup)(void *ctx, const char *host,
                      struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);
    void     *ctx;
    uint64_t  (*now_ms)(void);   /* NULL: the monotonic clock, and a thread;
                                    else none runs: weir_hosts_look */
};

/* WEIR_OK or NO_MEMORY. */
WEIR_CHECKED int weir_hosts_open(struct weir_hosts **out,
    const struct weir_hosts_options *o);
/* NULL is closed already. Does not wait for a look-up that is under way. */
void weir_hosts_close(struct weir_hosts *h);

/* A snapshot is about to be compiled. Names that were never looked up may be
   waited for, WEIR_HOSTS_WAIT_MS for all of them together. */
void weir_hosts_begin(struct weir_hosts *h);
/* struct weir_addresses of compile/url.h: what goes into force. */
size_t weir_hosts_find(void *h, const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);
/* The snapshot is in force: names that it did not ask for are forgotten. Or
   it is not: `changed` will say so again. */
void weir_hosts_end(struct weir_hosts *h, bool in_force);

/* These are in force already, from a snapshot of an earlier run. */
void weir_hosts_seed(struct weir_hosts *h, const char *host,
    const struct weir_snap_address *at, size_t n);

/* Does a snapshot have to be compiled anew? The first name because of which,
   in `host` of `size` bytes. */
bool weir_hosts_changed(struct weir_hosts *h, char *host, size_t size);

struct weir_hosts_state {
    unsigned  names;
    unsigned  unknown;           /* whose last look-up failed */
};

void weir_hosts_state(struct weir_hosts *h, struct weir_hosts_state *out);

/* For tests: all look-ups that are due. */
void weir_hosts_look(struct weir_hosts *h);

#endif
