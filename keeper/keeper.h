/*
 * keeper.h: the daemon that owns the register.
 *
 *   registry.c  apply, delete, get, export: checked, then whole or not
 *   publish.c   register -> snapshot file -> generation for the workers
 *   grants.c    slots, periods and limits in the shared account file
 *   settle.c    journals -> ledger, exactly once
 *   lost.c      what dead workers left: open calls, reservations
 *   keys.c      keys of scenarios
 *   hosts.c     addresses of host names, looked up beside the loop
 *   health.c    upstreams, as the workers find them
 *   limited.c   how full the limits are
 *   api.c       the same over HTTP, for `weir` and the console
 *   keeper.c    start, one loop, stop
 *
 * One thread, one loop: nothing here is locked, and nothing runs beside it but
 * the thread of hosts.c, which knows nothing of the rest.
 * The workers need nothing of it but files: if the keeper is dead they go
 * on under the last snapshot and the journals wait.
 */
#ifndef WEIR_KEEPER_H
#define WEIR_KEEPER_H

#include <jansson.h>

#include "compile/compile.h"
#include "measure.h"
#include "store.h"
#include "weir/account.h"
#include "weir/journal.h"
#include "weir/limits.h"

#define WEIR_SETTLE_MS           200        /* between two looks */
#define WEIR_SETTLE_BATCH        2048       /* frames per transaction */
#define WEIR_SNAPSHOTS_KEPT      3
#define WEIR_APPLY_BYTES_MAX     WEIR_YAML_BYTES_MAX  /* a register with
                                                         its lists */
#define WEIR_ADMIN_BODY_MAX      65536u     /* any other body */

struct weir_fund {
    char        name[128];
    char        unit[16];
    weir_micro  amount;
};

struct weir_hosts;
struct weir_reclaim;
struct weir_full;

struct weir_drift {                      /* account file against ledger */
    weir_micro  spent, ledger;
    unsigned    looks;
};

struct weir_keeper {
    struct weir_store    *store;
    struct weir_account  *account;
    struct weir_journal  *journal;       /* its own: ends of lost calls */
    int                   snapshot_fd;   /* folders */
    int                   journal_fd;
    int                   done_fd;
    char                  packs[4096];
    char                  token[64];
    struct weir_hosts    *hosts;         /* hosts.c: addresses of names */
    uint32_t              hosts_ms;      /* between two looks at a name */
    uint64_t            (*now_ms)(void); /* Unix time; tests set the clock */

    uint64_t              generation;    /* published */
    uint64_t              built_us;      /* what the last one took */
    uint64_t              built_ms;      /* when */
    uint64_t              hosts_next_ms; /* not before, for new addresses */

    /* grants.c: as in the store, by slot; NULL where none is */
    struct weir_stored_slot  *slots[WEIR_GRANTS_MAX];
    struct weir_fund     *funds;
    size_t                nfunds;
    uint64_t              period_next_ms;/* the nearest boundary */
    uint64_t              period_seen_ms;/* when that was looked for */
    bool                  rolled;        /* the account file is to follow */
    weir_micro            shift[WEIR_GRANTS_MAX];  /* of spent, at commit */

    /* settle.c */
    uint64_t              frames;        /* read since the start */
    uint64_t              damaged_bytes;
    uint64_t              lost_calls;
    uint64_t              lag_bytes;     /* left after the last look */
    uint64_t              reclaim_next_ms;
    bool                  settle_failing;/* logged once, not 5 times a second */
    char                  unreadable[256];
    struct weir_reclaim  *reclaim;       /* lost.c */
    size_t                nreclaim, reclaim_cap;
    struct weir_drift     drift[WEIR_GRANTS_MAX];
    struct weir_measure   measure;       /* of the calls settled */
    struct weir_measure   measured;      /* before the transaction that is
                                            open */
    struct weir_full  *limited;       /* limited.c: of the snapshot */
};

/* What an apply did to each resource; JSON [{kind, name, change}]. */
struct weir_changes {
    json_t  *list;
    bool     any;
};

/* ---- registry.c: WEIR_OK, or BAD_REQUEST with notes, or DONE: no such
   resource; other errors have a note too. ---- */

/* `file` names the text in errors; `who` goes into the history. */
int weir_registry_apply(struct weir_keeper *k, const char *file,
    struct weir_span text, const char *who, struct weir_changes *changes,
    struct weir_notes *notes);
int weir_registry_delete(struct weir_keeper *k, enum weir_kind kind,
    const char *name, const char *who, struct weir_notes *notes);
/* All of one kind (name NULL) or one: {"kind", "items": [...]}; new
   reference in *out. DONE when `name` is not there. */
int weir_registry_get(struct weir_keeper *k, enum weir_kind kind,
    const char *name, json_t **out);
/* YAML documents of the register; kind COUNT: all. */
int weir_registry_yaml(struct weir_keeper *k, enum weir_kind kind,
    const char *name, struct weir_buf *out);

#define WEIR_KEY_TEXT  49   /* "weir_", 43 characters, NUL */

int weir_key_new(struct weir_keeper *k, const char *scenario,
    const char *until, const char *who, char key[WEIR_KEY_TEXT], char id[27],
    struct weir_notes *notes);
int weir_key_revoke(struct weir_keeper *k, const char *id, const char *who,
    struct weir_notes *notes);
int weir_key_list(struct weir_keeper *k, json_t **out);

/* The register as it stands in the store (or in its open transaction). */
int weir_registry_load(struct weir_keeper *k, struct weir_resources *out);

/* ---- publish.c ---- */

/*
 * Inside an open transaction: give grants their slots, compile the register
 * as it now stands, write the snapshot file of the next generation, commit,
 * bring it into force. On any error the transaction is rolled back, the old
 * snapshot stays, notes say why.
 */
int weir_publish(struct weir_keeper *k, struct weir_notes *notes);

/* At start: put the committed generation into force if its file is good,
   else compile it anew. */
int weir_publish_resume(struct weir_keeper *k, struct weir_notes *notes);

/* If names of upstreams have other addresses than those in force: publish.
   What goes wrong is logged, and tried again a minute later. */
void weir_publish_hosts(struct weir_keeper *k);

/* ---- grants.c ---- */

/* In a transaction: a slot for every grant of the register. */
int weir_grants_assign(struct weir_keeper *k,
    const struct weir_resources *all, struct weir_notes *notes);
/* After a commit or at start: read slots and funds, set the limits. `fresh`:
   the account file is new and takes what is spent from the ledger. */
int weir_grants_load(struct weir_keeper *k, bool fresh);
void weir_grants_release(struct weir_keeper *k);
/* Periods that have ended begin anew. */
int weir_grants_roll(struct weir_keeper *k, uint64_t now_ms);
/* The slot of a grant, made if it is unknown: journals outlive registers. */
int weir_grants_slot(struct weir_keeper *k, const struct weir_begin_record *b,
    uint32_t *slot);
/* Start of the period of `slot` that holds `at_ms`. */
uint64_t weir_grants_period(struct weir_keeper *k, uint32_t slot,
    uint64_t at_ms);
/* A charge of an earlier period was posted: the file forgets it. */
void weir_grants_late(struct weir_keeper *k, uint32_t slot,
    weir_micro amount);

/* ---- limited.c ---- */

void weir_limited_release(struct weir_keeper *k);

/* ---- settle.c ---- */

int weir_settle_open(struct weir_keeper *k);
/* One look at all journals. *busy: there is more than one batch took. */
int weir_settle(struct weir_keeper *k, bool *busy);
void weir_settle_close(struct weir_keeper *k);

/* ---- keeper.c ---- */

struct weir_keeper_options {
    const char  *state;
    const char  *listen;        /* ADDR:PORT; port 0: the kernel picks */
    const char  *packs;
    const char  *init;          /* applied when the database is new */
    const char  *user;
    uint32_t     hosts_ms;      /* between two looks at host names of
                                   upstreams; 0: WEIR_HOSTS_MS */
    bool         foreground;
};

/* Open a state folder that is the current directory: store, account file,
   journals; settle what waits; bring a snapshot into force. For the daemon
   and for tests. Errors are logged. */
int weir_keeper_open(struct weir_keeper *k, const char *packs,
    const char *init, const char *init_name);
void weir_keeper_close(struct weir_keeper *k);
int weir_keeper_run(const struct weir_keeper_options *o);

__attribute__((format(printf, 1, 2)))
void weir_keeper_log(const char *fmt, ...);

#endif
