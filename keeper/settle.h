/*
 * settle.h: what settle.c and lost.c share: one look at the journals.
 */
#ifndef WEIR_SETTLE_H
#define WEIR_SETTLE_H

#include "keeper.h"

struct file {
    char      name[256];
    uint64_t  size;
    bool      live;          /* a living process holds it */
    bool      complete;      /* read to its end in this look */
    bool      unreadable;
};

struct late {
    uint32_t    slot;
    weir_micro  amount;
};

struct look {
    uint64_t      now_ms;
    struct file  *files;     /* sorted by name: by age */
    size_t        nfiles;
    struct late  *late;      /* charges of ended periods, for after commit */
    size_t        nlate, late_cap;
    uint64_t      lag_bytes;
    bool          open;      /* the transaction is */
    bool          drained;   /* every file was read to its end */
};

/* Regular files of a folder. */
int weir_look_list(int dirfd, struct look *l);
int weir_look_late(struct look *l, uint32_t slot, weir_micro amount);
void weir_look_release(struct look *l);
/* Say once that a file cannot be read. */
void weir_look_unreadable(struct weir_keeper *k, const struct file *f);

/* Steps 3 to 5. *busy: another look is wanted at once. */
int weir_look_dead(struct weir_keeper *k, struct look *l, bool *busy);

void weir_reclaim_release(struct weir_keeper *k);
void weir_settle_compare(struct weir_keeper *k);

#endif
