/*
 * account.h: reserve before the call, settle after it, in memory shared by
 * all workers and the keeper (one mapped file, account/account_layout.h).
 * A hard cap under any concurrency: committed = spent + all reservations
 * never passes limit. Survives kill -9 of any process: the file is in the
 * page cache, the lock is a robust mutex, and reservations of a dead
 * process are found by their owner's pid.
 * Cost: one uncontended mutex, about 50 ns; no system call.
 */
#ifndef WEIR_ACCOUNT_H
#define WEIR_ACCOUNT_H

#include "weir/base.h"

struct weir_account;

/* Map (create if `create`, mode 0600) the file; *out freed by close.
   Errors: IO, CORRUPT (not ours, other version, from before a reboot; with
   `create` only what is not ours at all: the rest is made anew), NO_SPACE,
   NO_MEMORY. */
WEIR_CHECKED int weir_account_open(struct weir_account **out, int dirfd,
    const char *name, bool create);
void weir_account_close(struct weir_account *a);

/* Generation of the newest published snapshot: the workers poll it, the
   keeper sets it. One atomic load. */
uint64_t weir_account_generation(const struct weir_account *a);
void weir_account_publish(struct weir_account *a, uint64_t generation);

/* A worker says that it has tried a generation, and whether it is in force
   there. Those past WEIR_WORKERS_MAX are not counted below. */
void weir_account_tried(struct weir_account *a, uint64_t generation,
    bool good);

/* What its calls hold of what memory, and how often more was refused. Takes
   no lock once it has told of a generation; before that it does nothing. */
void weir_account_memory(struct weir_account *a, size_t used, size_t max,
    uint64_t refused);

struct weir_workers {
    unsigned  alive;
    unsigned  behind;      /* have not tried it yet */
    unsigned  refused;     /* have, and go on under an older one */
    uint64_t  memory_used; /* of all, bytes */
    uint64_t  memory_max;
    uint64_t  memory_refused;  /* times, since they started */
};

/* Of the workers that live. Reads /proc: not for the data path. */
void weir_account_workers(const struct weir_account *a, uint64_t generation,
    struct weir_workers *out);

/*
 * Reserve `amount` in grant slot `slot` for call `call_id`.
 * *ticket: for settle. *left (may be NULL): what is free afterwards.
 * Errors: NO_FUNDS (nothing reserved; *left says what was free),
 * TOO_MANY_CALLS, INTERNAL (a negative amount, no such slot). A slot that
 * was never set has limit 0.
 */
WEIR_CHECKED int weir_account_reserve(struct weir_account *a, uint32_t slot,
    weir_micro amount, const uint8_t call_id[16], uint32_t *ticket,
    weir_micro *left);

/* Give the reservation back and add `spent` (>= 0; more than was reserved is
   booked all the same and can only follow from an upstream that ignored its
   own limits). A ticket that was settled before is left alone. */
void weir_account_settle(struct weir_account *a, uint32_t ticket,
    weir_micro spent);

struct weir_account_state {
    weir_micro  limit;
    weir_micro  spent;
    weir_micro  reserved;
};

void weir_account_read(struct weir_account *a, uint32_t slot,
    struct weir_account_state *out);

/* The keeper: set a grant's limit and spent (period start, rebuild). */
void weir_account_set(struct weir_account *a, uint32_t slot,
    weir_micro limit, weir_micro spent);

/* The keeper: set the limit and add `spent_change` (may be negative; spent
   stays >= 0) under one lock, so that what living workers spend meanwhile
   is not lost. */
void weir_account_adjust(struct weir_account *a, uint32_t slot,
    weir_micro limit, weir_micro spent_change);

/*
 * The keeper: visit reservations whose owner process is dead. `decide`
 * gives the amount to charge (from the journal's end frame, or 0 when there
 * is no begin frame); the reservation is settled with it. A negative amount
 * leaves it for a later visit. `decide` may run under the lock: it must be
 * short and call nothing of this header. Returns how many were settled.
 */
typedef weir_micro (*weir_account_reclaim_pt)(void *ctx,
    const uint8_t call_id[16], uint32_t slot, weir_micro reserved);
unsigned weir_account_reclaim(struct weir_account *a,
    weir_account_reclaim_pt decide, void *ctx);

/*
 * Cost in micro-units, rounded up to a whole micro: exact integers, 128 bits
 * inside. Prices are micro-units per million tokens.
 */
weir_micro weir_cost(int64_t input_tokens, weir_micro input_price,
    int64_t output_tokens, weir_micro output_price);

/*
 * Tokens of a text that no upstream counted. `estimate` is the usual guess
 * (marked as such in the record); `most` an upper bound for reserving.
 */
struct weir_token_count {
    uint64_t  wide;     /* code points of 3 and 4 UTF-8 bytes */
    uint64_t  narrow;   /* bytes of 1- and 2-byte code points */
};

void weir_tokens_add(struct weir_token_count *t, const uint8_t *utf8,
    size_t len);
int64_t weir_tokens_estimate(const struct weir_token_count *t);

#endif
