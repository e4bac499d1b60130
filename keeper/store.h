/*
 * store.h: what the keeper remembers, behind one interface.
 *
 * The first implementation is SQLite (store_sqlite.c); another database
 * fills the same structure. Amounts are micro-units, times Unix time in ms.
 * Every function returns WEIR_OK, WEIR_DONE where it says so, or IO,
 * NO_SPACE, CORRUPT, NO_MEMORY; the sentence behind the last error is
 * `error(store)`. Not for use by several threads.
 *
 * Writes happen between begin and commit; what is not committed is gone
 * after rollback, an error or a crash. After commit returned WEIR_OK it
 * survives a power cut.
 */
#ifndef WEIR_STORE_H
#define WEIR_STORE_H

#include "weir/base.h"
#include "snapshot/snapshot_layout.h"
#include "weir/journal.h"

struct weir_stored {             /* a resource */
    const char  *kind;
    const char  *name;
    const char  *json;
    uint64_t     generation;     /* of the snapshot that it came with */
    uint64_t     created_ms;
    uint64_t     updated_ms;
};

struct weir_stored_key {
    const char  *id;
    const char  *scenario;
    uint8_t      digest[32];
    uint64_t     created_ms;
    uint64_t     revoked_ms;     /* 0: in force */
    uint64_t     until_ms;       /* 0: no end */
};

/* A grant's place in the account file. Slots are never given to another
   grant: a scenario that comes back finds what it has spent. */
struct weir_stored_slot {
    uint32_t     slot;
    char         scenario[128];
    char         fund[128];
    char         unit[16];
    weir_micro   amount;         /* per period; 0 when no longer granted */
    uint32_t     period;         /* enum weir_period */
    char         zone[64];
    uint64_t     period_start_ms;/* for which the account file counts */
};

struct weir_stored_call {
    uint8_t      call_id[16];
    uint32_t     slot;           /* WEIR_SNAP_NONE: not paid for */
    weir_micro   reserved;
    weir_micro   charged;
    uint64_t     begun_ms;       /* 0: its begin has not been read */
    uint64_t     ended_ms;       /* 0: not ended */
    char         scenario[64];   /* cut if longer; "" if not known */
    char         model[64];
};

struct weir_call_end {           /* what settle posts */
    const struct weir_end_record  *end;
    uint32_t                       slot;
    uint64_t                       period_start_ms;
};

struct weir_sums {               /* a slot in one period, or a fund in all */
    weir_micro   spent;
    uint64_t     calls;
};

#define WEIR_STORE_ENDINGS  8    /* enum weir_ending */

struct weir_store;

typedef int (*weir_stored_pt)(void *ctx, const struct weir_stored *r);
typedef int (*weir_stored_key_pt)(void *ctx, const struct weir_stored_key *k);
typedef int (*weir_stored_slot_pt)(void *ctx,
    const struct weir_stored_slot *s);
typedef int (*weir_stored_call_pt)(void *ctx,
    const struct weir_stored_call *c);

/* The *_each functions stop when the visitor returns non-zero and return
   that; what they hand over is valid during the visit. */
struct weir_store {
    void (*close)(struct weir_store *st);
    const char *(*error)(struct weir_store *st);
    int (*begin)(struct weir_store *st);
    int (*commit)(struct weir_store *st);
    void (*rollback)(struct weir_store *st);

    /* numbers by name; *out 0 when never set */
    int (*meta_get)(struct weir_store *st, const char *name, uint64_t *out);
    int (*meta_set)(struct weir_store *st, const char *name, uint64_t v);

    /* register; put and drop write the history line too */
    int (*resource_each)(struct weir_store *st, weir_stored_pt visit,
        void *ctx);
    int (*resource_put)(struct weir_store *st, const struct weir_stored *r,
        const char *who);
    int (*resource_drop)(struct weir_store *st, const char *kind,
        const char *name, const char *who, uint64_t now_ms);  /* or DONE */

    int (*key_put)(struct weir_store *st, const struct weir_stored_key *k,
        const char *who);
    int (*key_revoke)(struct weir_store *st, const char *id, const char *who,
        uint64_t now_ms);                       /* DONE: unknown or revoked */
    int (*key_each)(struct weir_store *st, weir_stored_key_pt visit,
        void *ctx);

    /* slots: put updates all but the number; a new one (slot WEIR_SNAP_NONE
       or a free number that the caller wishes) gets its number in *s.
       NO_SPACE: WEIR_GRANTS_MAX reached. */
    int (*slot_put)(struct weir_store *st, struct weir_stored_slot *s);
    int (*slot_each)(struct weir_store *st, weir_stored_slot_pt visit,
        void *ctx);
    /* The grant counts by another kind of period or zone: what it has spent
       since `start_ms` becomes the sum of the period of that start. O(calls
       of the ledger). */
    int (*slot_rekey)(struct weir_store *st, uint32_t slot,
        uint64_t start_ms);

    /* journal files and how far they are posted; *position 0 when new */
    int (*position_get)(struct weir_store *st, const char *file,
        uint64_t *position);
    int (*position_set)(struct weir_store *st, const char *file,
        uint64_t position);

    /* calls: both may come in either order, and again: WEIR_DONE then */
    int (*call_begin)(struct weir_store *st, const char *file,
        const struct weir_begin_record *b, uint32_t slot);
    int (*call_end)(struct weir_store *st, const struct weir_call_end *e);
    int (*call_find)(struct weir_store *st, const uint8_t call_id[16],
        struct weir_stored_call *out);          /* DONE: unknown */
    int (*call_open_each)(struct weir_store *st, const char *file,
        weir_stored_call_pt visit, void *ctx);

    int (*slot_sums)(struct weir_store *st, uint32_t slot,
        uint64_t period_start_ms, struct weir_sums *out);
    int (*fund_sums)(struct weir_store *st, const char *fund,
        struct weir_sums *out);
    int (*ending_counts)(struct weir_store *st,
        uint64_t counts[WEIR_STORE_ENDINGS]);

    /* debits - credits of all accounts, per unit, must be 0; compares the
       running balances with the transfers too. CORRUPT if not. O(calls). */
    int (*audit)(struct weir_store *st);
};

/* Open or make `name` (mode 0600), bring its schema up to date. *fresh says
   that it was made just now. Errors also: CORRUPT (not a store, or made by
   a newer version). On error *out is NULL and `why` has the sentence. */
WEIR_CHECKED int weir_store_sqlite_open(struct weir_store **out,
    const char *name, bool *fresh, char *why, size_t why_size);

#endif
