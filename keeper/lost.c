/*
 * lost.c: what dead workers left: open calls, reservations, closed files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settle.h"
#include "weir/error.h"
#include "weir/meter.h"

#define RECLAIM_MS  5000        /* a worker may die without open calls */

/* A reservation whose owner is dead, seen before this look read the
   journals; so all that the owner wrote has been read when it is decided. */
struct weir_reclaim {
    uint8_t     call_id[16];
    weir_micro  charge;          /* -1: not yet known */
};

struct open_calls {
    struct weir_stored_call  *at;
    size_t                    n, cap;
};

static int  lose_calls(struct weir_keeper *k, const struct file *f,
    bool *busy);
static int  own_journal(struct weir_keeper *k);
static int  reclaim(struct weir_keeper *k, bool *busy);
static void  move_done(struct weir_keeper *k, const struct file *f);


static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *) a)->name,
                  ((const struct file *) b)->name);
}


int
weir_look_list(int dirfd, struct look *l)
{
    const int       fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY
                                            | O_CLOEXEC);
    DIR            *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent  *e;
    size_t          cap = 0;

    if (d == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return WEIR_E_IO;
    }
    while ((e = readdir(d)) != NULL) {
        struct stat   st;
        struct file  *grown;

        if (e->d_name[0] == '.'
            || fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0
            || !S_ISREG(st.st_mode))
        {
            continue;
        }
        if (l->nfiles == cap) {
            cap = cap == 0 ? 16 : cap * 2;
            grown = realloc(l->files, cap * sizeof(*grown));
            if (grown == NULL) {
                closedir(d);
                return WEIR_E_NO_MEMORY;
            }
            l->files = grown;
        }
        grown = &l->files[l->nfiles++];
        memset(grown, 0, sizeof(*grown));
        snprintf(grown->name, sizeof(grown->name), "%s", e->d_name);
        grown->size = (uint64_t) st.st_size;
    }
    closedir(d);
    if (l->nfiles > 1) {
        qsort(l->files, l->nfiles, sizeof(l->files[0]), by_name);
    }
    return WEIR_OK;
}


int
weir_look_late(struct look *l, uint32_t slot, weir_micro amount)
{
    if (l->nlate == l->late_cap) {
        const size_t  cap = l->late_cap == 0 ? 16 : l->late_cap * 2;
        struct late  *grown = realloc(l->late, cap * sizeof(*grown));

        if (grown == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        l->late = grown;
        l->late_cap = cap;
    }
    l->late[l->nlate++] = (struct late) { slot, amount };
    return WEIR_OK;
}


void
weir_look_release(struct look *l)
{
    free(l->files);
    free(l->late);
    memset(l, 0, sizeof(*l));
}


void
weir_look_unreadable(struct weir_keeper *k, const struct file *f)
{
    if (strcmp(k->unreadable, f->name) != 0) {
        snprintf(k->unreadable, sizeof(k->unreadable), "%s", f->name);
        weir_keeper_log("journal %s cannot be read; it is left as it is",
                        f->name);
    }
}


int
weir_look_dead(struct weir_keeper *k, struct look *l, bool *busy)
{
    int   rc = WEIR_OK;
    bool  due;

    for (size_t i = 0; i < l->nfiles && rc == WEIR_OK; i++) {
        const struct file  *f = &l->files[i];

        if (!f->live && f->complete && !f->unreadable) {
            bool  left = false;

            k->reclaim_next_ms = 0;
            rc = lose_calls(k, f, &left);
            if (rc == WEIR_OK && !left) {
                move_done(k, f);
            }
            *busy = *busy || left;
        }
    }
    /* Further off than ever is set: the clock was set back. */
    due = l->now_ms >= k->reclaim_next_ms
          || k->reclaim_next_ms - l->now_ms > RECLAIM_MS;
    if (rc == WEIR_OK && (k->nreclaim > 0 || due)) {
        if (due) {
            weir_settle_compare(k);
        }
        k->reclaim_next_ms = l->now_ms + RECLAIM_MS;
        rc = reclaim(k, busy);
    }
    return rc;
}


static int
open_call(void *ctx, const struct weir_stored_call *c)
{
    struct open_calls  *o = ctx;

    if (o->n == o->cap) {
        const size_t              cap = o->cap == 0 ? 64 : o->cap * 2;
        struct weir_stored_call  *grown = realloc(o->at,
                                                  cap * sizeof(*grown));

        if (grown == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        o->at = grown;
        o->cap = cap;
    }
    o->at[o->n++] = *c;
    return 0;
}


/* *left: the file has calls whose end was only now written. A second record
   for the same call would do no harm: posting is idempotent. */
static int
lose_calls(struct weir_keeper *k, const struct file *f, bool *left)
{
    struct open_calls  o = { 0 };
    int                rc = k->store->call_open_each(k->store, f->name,
                                                     open_call, &o);

    if (rc == WEIR_OK && o.n > 0) {
        *left = true;
        rc = own_journal(k);
        weir_keeper_log("journal %s: its worker is dead, %zu calls without "
                        "an end are charged their reserve", f->name, o.n);
    }
    for (size_t i = 0; i < o.n && rc == WEIR_OK; i++) {
        struct weir_end_record  end = {
            .at_ms = k->now_ms(), .charged = o.at[i].reserved,
            .grant_slot = o.at[i].slot, .ending = WEIR_END_LOST,
            .usage = WEIR_USAGE_ESTIMATED, .answer_scanned = WEIR_SCAN_NOT,
            .request_scanned = WEIR_SCAN_NOT,
        };

        memcpy(end.call_id, o.at[i].call_id, sizeof(end.call_id));
        rc = weir_journal_end(k->journal, &end, NULL);
        k->lost_calls += rc == WEIR_OK;
    }
    free(o.at);
    return rc;
}


/* Opened with the first lost call: most keepers never need one. */
static int
own_journal(struct weir_keeper *k)
{
    return k->journal != NULL ? WEIR_OK
           : weir_journal_open(&k->journal, k->journal_fd);
}


static weir_micro
collect(void *ctx, const uint8_t call_id[16], uint32_t slot,
    weir_micro reserved)
{
    struct weir_keeper   *k = ctx;
    struct weir_reclaim  *grown;

    if (k->nreclaim == k->reclaim_cap) {
        const size_t  cap = k->reclaim_cap == 0 ? 64 : k->reclaim_cap * 2;

        grown = realloc(k->reclaim, cap * sizeof(*grown));
        if (grown == NULL) {
            return -1;      /* the next look finds it again */
        }
        k->reclaim = grown;
        k->reclaim_cap = cap;
    }
    grown = &k->reclaim[k->nreclaim++];
    memcpy(grown->call_id, call_id, 16);
    grown->charge = -1;
    return -1;
}


static int
by_call(const void *a, const void *b)
{
    return memcmp(((const struct weir_reclaim *) a)->call_id,
                  ((const struct weir_reclaim *) b)->call_id, 16);
}


static weir_micro
decide(void *ctx, const uint8_t call_id[16], uint32_t slot,
    weir_micro reserved)
{
    const struct weir_keeper   *k = ctx;
    const struct weir_reclaim  *found;
    struct weir_reclaim         key;

    memcpy(key.call_id, call_id, 16);
    found = k->nreclaim == 0 ? NULL
            : bsearch(&key, k->reclaim, k->nreclaim, sizeof(key), by_call);
    return found != NULL ? found->charge : -1;
}


/* Two visits: the first only notes; the journals are read in between; the
   second settles with what they said. */
static int
reclaim(struct weir_keeper *k, bool *busy)
{
    size_t  known = 0;

    for (size_t i = 0; i < k->nreclaim; i++) {
        struct weir_stored_call  call;
        const int                rc = k->store->call_find(k->store,
                                          k->reclaim[i].call_id, &call);

        if (rc < 0) {
            return rc;
        }
        if (rc == WEIR_DONE) {
            k->reclaim[i].charge = 0;       /* it never went out */
        } else if (call.ended_ms != 0) {
            k->reclaim[i].charge = call.charged;
        }
        known += k->reclaim[i].charge >= 0;
    }
    if (known > 0) {
        unsigned  n;

        qsort(k->reclaim, k->nreclaim, sizeof(k->reclaim[0]), by_call);
        n = weir_account_reclaim(k->account, decide, k);
        weir_keeper_log("%u reservations of dead workers settled", n);
    }
    k->nreclaim = 0;
    (void) weir_meter_reclaim(k->account);
    (void) weir_account_reclaim(k->account, collect, k);
    *busy = *busy || (k->nreclaim > 0 && known > 0);
    return WEIR_OK;
}


void
weir_reclaim_release(struct weir_keeper *k)
{
    free(k->reclaim);
    k->reclaim = NULL;
    k->nreclaim = k->reclaim_cap = 0;
}


static void
move_done(struct weir_keeper *k, const struct file *f)
{
    if (renameat(k->journal_fd, f->name, k->done_fd, f->name) != 0
        && errno != ENOENT)
    {
        weir_keeper_log("journal %s cannot move to done: %s", f->name,
                        strerror(errno));
    }
}
