/*
 * account_layout.h: the account file, byte by byte. It is shared memory with
 * a name: mapped by every worker and the keeper, never read after a reboot.
 *
 *   +--------------------------+ 0
 *   | weir_account_head        |  magic, boot, lock, redo entry
 *   +--------------------------+ WEIR_ACCOUNT_SLOTS_AT (4096)
 *   | weir_account_slot        |  WEIR_GRANTS_MAX of 32 bytes: the money
 *   +--------------------------+ WEIR_ACCOUNT_TICKETS_AT
 *   | weir_account_ticket      |  WEIR_CALLS_MAX of 64 bytes: who reserved
 *   +--------------------------+ WEIR_ACCOUNT_SEATS_AT
 *   | seats, meters, windows   |  limits: see meter_layout.h
 *   +--------------------------+ WEIR_ACCOUNT_BREAKERS_AT
 *   | weir_breaker_cell        |  upstreams: see breaker_layout.h
 *   +--------------------------+ WEIR_ACCOUNT_BYTES (about 24.5 MiB)
 *
 * Disk space for all of it is claimed at creation, because a store to an
 * unclaimed page of a full disk is a SIGBUS; memory is used only for pages
 * that were touched: one for the head, one for the first 128 grants, one for
 * every 64 calls that were ever in flight at once. On a tmpfs the claim is
 * memory at once; on a disk, write-back may hold a store up for the time of
 * a journal commit of the file system.
 *
 * Who may change what:
 *
 *   generation            the keeper, atomically, without the lock
 *   everything else       the holder of the lock
 *
 * The fault model is kill -9 of any process at any instruction. A process
 * that dies runs a prefix of its stores, so their order is what matters:
 *
 *   reserve   1. ticket taken from the free list, filled, state still FREE
 *             2. slot.reserved raised
 *             3. state = LIVE                                 <- it counts
 *   settle,   1. redo entry filled: limit and spent as they will be, and the
 *   set,         ticket that ends with it
 *   adjust    2. redo.armed = 1                               <- it counts
 *             3. slot and ticket changed
 *             4. redo.armed = 0
 *
 * Who next takes the lock learns of the death (EOWNERDEAD, robust mutex) and
 * recovers: an armed redo entry is done again (it states results, not
 * differences, so twice is once); then slot.reserved of every slot and the
 * free list are made anew from the tickets, which alone are the truth.
 *
 * A reservation whose process died stays LIVE until the keeper reclaims it:
 * owner and owner_start tell. The pair is no alias for another process that
 * was given the same pid later.
 */
#ifndef WEIR_ACCOUNT_LAYOUT_H
#define WEIR_ACCOUNT_LAYOUT_H

#include "account/breaker_layout.h"
#include "account/meter_layout.h"
#include "weir/base.h"
#include "weir/limits.h"

#include <pthread.h>

#define WEIR_ACCOUNT_MAGIC    "WEIRACC\x1a"
#define WEIR_ACCOUNT_VERSION  3u

struct weir_account_redo {         /* 32 bytes */
    uint32_t    armed;             /* 1: do it again */
    uint32_t    slot;
    weir_micro  limit;             /* of the slot, afterwards */
    weir_micro  spent;
    uint32_t    ticket;            /* index + 1 of the one that ends; 0: none */
    uint32_t    reserved;
};

struct weir_account_head {
    uint8_t          magic[8];
    uint32_t         version;
    uint32_t         lock_size;    /* sizeof(pthread_mutex_t): another C
                                      library would read another lock */
    uint64_t         size;         /* WEIR_ACCOUNT_BYTES */
    char             boot[40];     /* random/boot_id, NUL-filled */
    uint64_t         generation;   /* atomic */
    uint8_t          apart[56];    /* generation is polled: off the lock's
                                      cache line */
    pthread_mutex_t  lock;         /* process-shared, robust */
    struct weir_account_redo  redo;
    uint32_t         free_head;    /* index + 1; 0: the list is empty */
    uint32_t         tickets_used; /* those from here on were never taken */
    uint32_t         slots_used;   /* those from here on are all zero */
    uint32_t         recoveries;   /* deaths under the lock, for tests */
    uint32_t         seat_free;    /* index + 1; 0: the list is empty */
    uint32_t         seats_used;   /* those from here on were never taken */
    uint32_t         meters_taken; /* cells that were ever given out */
    uint32_t         unused;
    uint64_t         meter_now_ms; /* the latest time that was counted at */
};

struct weir_account_slot {         /* 32 bytes */
    weir_micro  limit;
    weir_micro  spent;
    weir_micro  reserved;          /* sum of the slot's live tickets */
    uint64_t    unused;
};

/* In the page of the head, in what was zero before there were any: a file of
   an older program is good. */
struct weir_worker_cell {          /* 40 bytes */
    int32_t     owner;             /* process id; 0: nobody's. Atomic */
    uint32_t    used_kb;           /* memory of its calls, */
    uint32_t    max_kb;            /* their bound, */
    uint32_t    refused;           /* and how often it was reached */
    uint64_t    owner_start;       /* as of a ticket */
    uint64_t    tried;             /* generation; atomic */
    uint64_t    in_force;          /* of those tried, the last good one */
};

#define WEIR_TICKET_FREE  0u
#define WEIR_TICKET_LIVE  1u

struct weir_account_ticket {       /* 64 bytes: a cache line */
    uint32_t    state;
    uint32_t    turn;              /* counts the uses of this place; its low
                                      16 bits are part of the ticket's number,
                                      so that an old number settles nothing */
    weir_micro  amount;
    uint32_t    slot;
    int32_t     owner;             /* process id */
    uint64_t    owner_start;       /* field 22 of /proc/PID/stat, clock ticks
                                      since boot: proc(5); 0: not known */
    uint8_t     call_id[16];
    uint32_t    next;              /* free list: index + 1; 0: the last */
    uint32_t    unused[3];
};

#define WEIR_ACCOUNT_WORKERS_AT  1024u
#define WEIR_ACCOUNT_SLOTS_AT    4096u
#define WEIR_ACCOUNT_TICKETS_AT                                              \
    (WEIR_ACCOUNT_SLOTS_AT                                                   \
     + WEIR_GRANTS_MAX * (uint32_t) sizeof(struct weir_account_slot))
#define WEIR_ACCOUNT_SEATS_AT                                                \
    (WEIR_ACCOUNT_TICKETS_AT                                                 \
     + WEIR_CALLS_MAX * (uint32_t) sizeof(struct weir_account_ticket))
#define WEIR_ACCOUNT_METERS_AT                                               \
    (WEIR_ACCOUNT_SEATS_AT                                                   \
     + WEIR_CALLS_MAX * (uint32_t) sizeof(struct weir_meter_seat))
#define WEIR_ACCOUNT_WINDOWS_AT                                              \
    (WEIR_ACCOUNT_METERS_AT                                                  \
     + WEIR_METERS_MAX * (uint32_t) sizeof(struct weir_meter_head))
#define WEIR_ACCOUNT_BREAKERS_AT                                             \
    (WEIR_ACCOUNT_WINDOWS_AT                                                 \
     + WEIR_METERS_MAX * WEIR_METER_WINDOWS                                  \
       * (uint32_t) sizeof(struct weir_meter_window))
#define WEIR_ACCOUNT_BYTES                                                   \
    (WEIR_ACCOUNT_BREAKERS_AT                                                \
     + WEIR_BREAKERS_MAX * (uint32_t) sizeof(struct weir_breaker_cell))

static_assert(sizeof(struct weir_account_head) <= WEIR_ACCOUNT_WORKERS_AT,
              "the head fits before the workers");
static_assert(WEIR_ACCOUNT_WORKERS_AT
              + WEIR_WORKERS_MAX * sizeof(struct weir_worker_cell)
              <= WEIR_ACCOUNT_SLOTS_AT, "and they before the slots");
static_assert(sizeof(struct weir_worker_cell) == 40, "layout");
static_assert(sizeof(struct weir_account_slot) == 32, "layout");
static_assert(sizeof(struct weir_account_ticket) == 64, "layout");
static_assert(sizeof(struct weir_account_redo) == 32, "layout");
static_assert(WEIR_CALLS_MAX <= 65536,
              "a ticket's number is 16 bits of turn and 16 of index");

#endif
