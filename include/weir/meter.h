/*
 * meter.h: limits on requests, tokens and calls in flight, counted in the
 * account file (account/meter_layout.h) for all workers of a machine.
 *
 * A call enters up to three meters at once (its key, its scenario, its
 * model), all or none; it is counted there with the tokens that it may use at
 * most; when it leaves, the tokens become those that it used. Requests and
 * tokens are counted in sliding windows at the moment of entry: never more
 * than the limit in any window of its length. A process that dies leaves its
 * calls in; weir_meter_reclaim takes them out.
 * Cost: the lock of the account file and some cache lines, well under a
 * microsecond; no system call.
 */
#ifndef WEIR_METER_H
#define WEIR_METER_H

#include "weir/account.h"
#include "snapshot/snapshot_layout.h"

struct weir_meter_want {
    const uint8_t                  *id;     /* 16 bytes, not all zero */
    const struct weir_snap_limits  *limits;
};

/* Of the window that has the least left, over all meters of the call. */
struct weir_meter_state {
    uint64_t  limit;       /* 0: none is set */
    uint64_t  left;        /* this call counted, if it entered */
    uint64_t  reset_ms;    /* until nothing of it is counted any more */
};

struct weir_meter_result {
    struct weir_meter_state  state[WEIR_LIMITED];  /* enum weir_limited */
    /* Of a refusal: by which limit, the one that asks for the longest wait.
       `what` is WEIR_LIMITED for calls in flight. */
    uint64_t  limit;
    uint64_t  retry_ms;    /* when there will be room if nobody else comes;
                              0: it cannot be known (calls in flight) */
    uint8_t   meter;       /* index in `want` */
    uint8_t   what;
    uint8_t   width;       /* enum weir_width */
};

/* Milliseconds since boot, as weir_meter_enter takes them. */
uint64_t weir_meter_now(void);

/*
 * Enter `want[0 .. n)`, n at most 3, with `tokens`. Time never runs backwards
 * in the file: an earlier `now_ms` than one seen before counts as that one.
 * *seat: for leave. *out is filled in any case but INTERNAL.
 * Errors: RATE_REQUESTS, RATE_TOKENS, RATE_CALLS (a limit is reached; nothing
 * is counted), TOO_MANY_CALLS (no seat or meter is free), INTERNAL.
 */
WEIR_CHECKED int weir_meter_enter(struct weir_account *a, uint64_t now_ms,
    const struct weir_meter_want *want, unsigned n, uint64_t tokens,
    uint32_t *seat, struct weir_meter_result *out);

/* The call is over and used `tokens`. They are counted at its entry; when
   that is out of a window already, there is nothing to correct. A seat that
   was left before is left alone. */
void weir_meter_leave(struct weir_account *a, uint32_t seat,
    uint64_t tokens);

/* Take out the calls of dead processes; their tokens stay counted as they
   are. Asks /proc once a process. Returns how many. */
unsigned weir_meter_reclaim(struct weir_account *a);

/* What is counted in a meter. */
struct weir_meter_used {
    uint64_t  in[WEIR_LIMITED][WEIR_WIDTHS];   /* 0 where there is no limit */
    uint32_t  calls;                           /* in flight */
};

/* What is counted under `limits` in meter `id` at `now_ms`; all 0 when it is
   unknown. Without the lock: each number is right alone, and one that is
   changed in this moment may be off by that call. Reads some cache lines for
   each window that has a limit and writes nothing. */
void weir_meter_look(const struct weir_account *a, const uint8_t id[16],
    const struct weir_snap_limits *limits, uint64_t now_ms,
    struct weir_meter_used *out);

/* Calls in flight in a meter; 0 when it is unknown. For tests and status. */
uint32_t weir_meter_calls(struct weir_account *a, const uint8_t id[16]);

#endif
