/*
 * meter_layout.h: the part of the account file that counts requests, tokens
 * and calls in flight for the limits of keys, scenarios and models.
 *
 *   +--------------------------+ WEIR_ACCOUNT_SEATS_AT
 *   | weir_meter_seat          |  WEIR_CALLS_MAX of 64 bytes: who is in
 *   +--------------------------+ WEIR_ACCOUNT_METERS_AT
 *   | weir_meter_head          |  WEIR_METERS_MAX of 32 bytes: a hash table
 *   +--------------------------+ WEIR_ACCOUNT_WINDOWS_AT
 *   | weir_meter_window        |  of each meter one for requests and one for
 *   +--------------------------+  tokens, of each width: 8 of 512 bytes
 *
 * A meter belongs to a name, not to a slot that somebody hands out: 16 bytes
 * of a digest. Who needs it first takes a cell of the table: the first free
 * one of the chain, or one whose windows are empty and in which nobody is. A
 * cell never becomes free again, so that chains do not break.
 *
 * A window of length W is 60 buckets of W/60 (rounded up to a millisecond)
 * and the one that is running. What was counted at t is in the sum until
 * t + W at least and t + W * 61/60 at most. So in no window of length W, laid
 * anywhere, more is let in than the limit; and what waits for room waits up
 * to a sixtieth of W too long.
 *
 * All of it is changed under the lock of the file (account_layout.h). What a
 * death may leave behind, in the order of the stores:
 *
 *   enter    1. seat filled, still FREE   2. counted   3. state = LIVE
 *   leave    1. tokens corrected   2. state = FREE
 *
 * Recovery makes sums anew from the buckets, and calls and the free list
 * from the seats. A call whose process died between 1 and 3 stays counted,
 * though it never went out: an error of one towards less, never towards more.
 */
#ifndef WEIR_METER_LAYOUT_H
#define WEIR_METER_LAYOUT_H

#include "snapshot/snapshot_layout.h"
#include "weir/base.h"
#include "weir/limits.h"

#define WEIR_METER_BUCKETS  61u    /* 60 and the running one */
#define WEIR_METERS_OF_CALL 3u     /* key, scenario, model */

struct weir_meter_window {         /* 512 bytes */
    uint64_t  newest;              /* number of the running bucket: time
                                      since boot / length of a bucket */
    uint64_t  sum;                 /* of all buckets */
    uint64_t  bucket[WEIR_METER_BUCKETS];  /* number b is at b % 61 */
    uint64_t  unused;
};

struct weir_meter_head {           /* 32 bytes */
    uint8_t   id[16];              /* all zero: never taken */
    uint64_t  idle_ms;             /* from then on its windows are empty */
    uint32_t  calls;               /* live seats in it */
    uint32_t  unused;
};

#define WEIR_SEAT_FREE  0u
#define WEIR_SEAT_LIVE  1u

struct weir_meter_seat {           /* 64 bytes: a cache line */
    uint32_t  state;
    uint32_t  turn;                /* as weir_account_ticket */
    int32_t   owner;
    uint32_t  next;                /* free list: index + 1; 0: the last */
    uint64_t  owner_start;
    uint64_t  at_ms;               /* when it entered, since boot */
    uint64_t  tokens;              /* counted then */
    uint32_t  meter[WEIR_METERS_OF_CALL];  /* index + 1; 0: none */
    uint8_t   windows[WEIR_METERS_OF_CALL];/* of tokens, that it is in: bit
                                              1 << width */
    uint8_t   unused[9];
};

#define WEIR_METER_WINDOWS  (WEIR_LIMITED * WEIR_WIDTHS)   /* of a meter */

static_assert(sizeof(struct weir_meter_window) == 512, "layout");
static_assert(sizeof(struct weir_meter_head) == 32, "layout");
static_assert(sizeof(struct weir_meter_seat) == 64, "layout");

#endif
