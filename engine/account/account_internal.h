/*
 * account_internal.h: what the files of this room share.
 */
#ifndef WEIR_ACCOUNT_INTERNAL_H
#define WEIR_ACCOUNT_INTERNAL_H

#include "weir/account.h"
#include "weir/error.h"
#include "account/account_layout.h"

#include <sys/types.h>

/* A process: a pid alone may be given to another one later. */
struct weir_owner {
    pid_t     pid;
    uint64_t  start;     /* 0: not known */
};

struct weir_account {
    struct weir_account_head    *head;
    struct weir_worker_cell     *workers;
    struct weir_account_slot    *slots;
    struct weir_account_ticket  *tickets;
    struct weir_meter_seat      *seats;
    struct weir_meter_head      *meters;
    struct weir_meter_window    *windows; /* WEIR_METER_WINDOWS a meter */
    struct weir_breaker_cell    *breakers;
    struct weir_owner           *self;   /* on a page that fork() empties */
};

/* Who calls. O(1), no system call but after fork. */
struct weir_owner weir_account_self(struct weir_account *a);

/* The start time of a process: WEIR_OK, or WEIR_DONE when it is dead (or a
   zombie: it runs no more instructions), or WEIR_E_IO when it cannot be
   known. */
WEIR_CHECKED int weir_owner_start(pid_t pid, uint64_t *start);

/* False only when it is certain that the process is gone. */
bool weir_owner_lives(struct weir_owner o);

/* Take the lock and, when its holder died, put things right first. False:
   the lock is beyond repair (ENOTRECOVERABLE), nothing may be changed. */
WEIR_CHECKED bool weir_account_lock(struct weir_account *a);
void weir_account_unlock(struct weir_account *a);

/* The lock is held: what must be true then. For tests and asserts. */
bool weir_account_is_sane(const struct weir_account *a);

/* ---- sweep.c ---- */

/* A place of a table of the file, and who holds it. */
struct weir_place_held {
    const uint32_t  *state;
    const uint32_t  *turn;
    const int32_t   *owner;
    const uint64_t  *owner_start;
};

struct weir_sweep {
    struct weir_place_held  (*at)(const struct weir_account *a, uint32_t i);
    /* The lock is held, its owner is dead. False: left for another time. */
    bool                    (*give_back)(struct weir_account *a, uint32_t i,
                                         void *ctx);
    void                     *ctx;
};

/* Of the first `used` places; how many were given back. */
unsigned weir_account_sweep(struct weir_account *a, uint32_t used,
    const struct weir_sweep *s);

/* ---- meter.c: the same for its part of the file ---- */

void weir_meter_recover(struct weir_account *a);
bool weir_meter_is_sane(const struct weir_account *a);

#endif
