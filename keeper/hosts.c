/*
 * hosts.c: names of upstreams and their addresses, see hosts.h.
 *
 * What changes when. The last answer is in force; one that differs changes it.
 * But some names are answered with some of many addresses, others each time,
 * and compiling for every answer would never end. They show by an address that
 * comes back. Of such a name all that were seen within WEIR_HOSTS_STALE_MS are
 * in force together, the last answer first, and it is time for a change when
 * the last answer has none of them, or one has not been seen for as long.
 */
#include "hosts.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keeper.h"
#include "weir/error.h"
#include "weir/limits.h"

struct seen {
    struct weir_snap_address  at;
    uint64_t                  last_ms;
};

struct name {
    char                      host[WEIR_HOST_BYTES_MAX];
    struct seen               seen[WEIR_HOSTS_SEEN_MAX];   /* latest first */
    struct weir_snap_address  force[WEIR_URL_ADDRESSES_MAX];
    size_t                    nseen, nforce;
    uint64_t                  due_ms;
    uint64_t                  answer_ms;   /* of the last answer; 0: none */
    uint64_t                  turns_ms;    /* an address came back; 0: never */
    uint64_t                  round;       /* of the last compilation that
                                              asked for it */
    bool                      tried;       /* looked up, or seeded */
    bool                      failing;
    bool                      changed;
};

struct weir_hosts {
    struct weir_hosts_options  o;
    pthread_mutex_t            lock;
    pthread_cond_t             work;       /* for the thread */
    pthread_cond_t             done;       /* a look-up is */
    pthread_t                  thread;
    bool                       runs, away, stop;
    struct name               *names;
    size_t                     n, cap;
    uint64_t                   round;
    uint64_t                   wait_until_ms;
};


static uint64_t
monotonic_ms(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


static size_t
ask_system(void *ctx, const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    (void) ctx;
    return weir_host_lookup(host, out);
}


static struct name *
name_of(struct weir_hosts *h, const char *host)
{
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->names[i].host, host) == 0) {
            return &h->names[i];
        }
    }
    return NULL;
}


/* Found or made; NULL: no memory, or no host. */
static struct name *
name_for(struct weir_hosts *h, const char *host)
{
    struct name  *e = name_of(h, host);

    if (e != NULL || strlen(host) >= sizeof(e->host)) {
        return e;
    }
    if (h->n == h->cap) {
        const size_t  cap = h->cap == 0 ? 8 : h->cap * 2;

        e = realloc(h->names, cap * sizeof(*e));
        if (e == NULL) {
            return NULL;
        }
        h->names = e;
        h->cap = cap;
    }
    e = &h->names[h->n++];
    memset(e, 0, sizeof(*e));
    memcpy(e->host, host, strlen(host) + 1);
    return e;
}


static bool
same(const struct weir_snap_address *a, const struct weir_snap_address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}


/* To the front, with the others in their order; the last goes if it is full.
   `before`: when the answer before this one came. */
static void
see(struct name *e, const struct weir_snap_address *a, uint64_t before,
    uint64_t now)
{
    size_t  i = 0;

    while (i < e->nseen && !same(&e->seen[i].at, a)) {
        i++;
    }
    if (i < e->nseen && e->seen[i].last_ms < before) {
        e->turns_ms = now;
    }
    if (i == e->nseen) {
        i = e->nseen < WEIR_HOSTS_SEEN_MAX ? e->nseen++ : e->nseen - 1;
    }
    memmove(e->seen + 1, e->seen, i * sizeof(e->seen[0]));
    e->seen[0] = (struct seen) { *a, now };
}


static uint64_t
seen_at(const struct name *e, const struct weir_snap_address *a)
{
    for (size_t i = 0; i < e->nseen; i++) {
        if (same(&e->seen[i].at, a)) {
            return e->seen[i].last_ms;
        }
    }
    return 0;
}


static bool
takes_turns(const struct name *e, uint64_t now)
{
    return e->turns_ms != 0 && now - e->turns_ms <= WEIR_HOSTS_STALE_MS;
}


/* An answer of n addresses came now. */
static bool
must_change(const struct name *e, size_t n, uint64_t now)
{
    size_t  in_force = 0;

    for (size_t i = 0; i < e->nforce; i++) {
        const uint64_t  last = seen_at(e, &e->force[i]);

        in_force += last == now;
        if (now - last > WEIR_HOSTS_STALE_MS) {
            return true;
        }
    }
    return takes_turns(e, now) ? in_force == 0
                               : in_force < n || e->nforce > n;
}


static void
learn(struct weir_hosts *h, struct name *e,
    const struct weir_snap_address *at, size_t n, uint64_t now)
{
    e->tried = true;
    if (n == 0) {
        if (!e->failing) {
            weir_keeper_log("%s: the name cannot be looked up%s", e->host,
                            e->nforce > 0 ? "; its last addresses stay" : "");
        }
        e->failing = true;
        e->due_ms = now + (h->o.every_ms < WEIR_HOSTS_RETRY_MS
                           ? h->o.every_ms : WEIR_HOSTS_RETRY_MS);
        return;
    }
    if (e->failing) {
        weir_keeper_log("%s: the name is known again", e->host);
    }
    e->failing = false;
    e->due_ms = now + h->o.every_ms;
    for (size_t i = n; i-- > 0;) {
        see(e, &at[i], e->answer_ms, now);
    }
    e->answer_ms = now;
    e->changed = must_change(e, n, now);
}


/* The name that is due next; NULL: there is none. */
static struct name *
next_due(struct weir_hosts *h)
{
    struct name  *next = NULL;

    for (size_t i = 0; i < h->n; i++) {
        if (next == NULL || h->names[i].due_ms < next->due_ms) {
            next = &h->names[i];
        }
    }
    return next;
}


/* Locked, and again when it is done. */
static void
look_up(struct weir_hosts *h, struct name *e)
{
    struct weir_snap_address  at[WEIR_URL_ADDRESSES_MAX] = { 0 };
    char                      host[WEIR_HOST_BYTES_MAX];
    size_t                    n;

    memcpy(host, e->host, sizeof(host));
    h->away = true;
    pthread_mutex_unlock(&h->lock);
    n = h->o.lookup(h->o.ctx, host, at);
    pthread_mutex_lock(&h->lock);
    h->away = false;
    e = name_of(h, host);              /* it may be forgotten, or elsewhere */
    if (e != NULL) {
        learn(h, e, at, n, h->o.now_ms());
    }
    pthread_cond_broadcast(&h->done);
}


static void
until(uint64_t ms, struct timespec *t)
{
    t->tv_sec = (time_t) (ms / 1000);
    t->tv_nsec = (long) (ms % 1000) * 1000000;
}


static void
destroy(struct weir_hosts *h)
{
    pthread_cond_destroy(&h->work);
    pthread_cond_destroy(&h->done);
    pthread_mutex_destroy(&h->lock);
    free(h->names);
    free(h);
}


static void *
run(void *arg)
{
    struct weir_hosts *const  h = arg;
    bool                      alone;

    pthread_mutex_lock(&h->lock);
    while (!h->stop) {
        struct name *const  e = next_due(h);
        struct timespec     t;

        if (e == NULL) {
            pthread_cond_wait(&h->work, &h->lock);
        } else if (e->due_ms > h->o.now_ms()) {
            until(e->due_ms, &t);
            (void) pthread_cond_timedwait(&h->work, &h->lock, &t);
        } else {
            look_up(h, e);
        }
    }
    alone = !h->runs;                  /* nobody waits for us: close() left */
    pthread_mutex_unlock(&h->lock);
    if (alone) {
        destroy(h);
    }
    return NULL;
}


int
weir_hosts_open(struct weir_hosts **out, const struct weir_hosts_options *o)
{
    struct weir_hosts *const  h = calloc(1, sizeof(*h));
    pthread_condattr_t        attr;

    *out = NULL;
    if (h == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    h->o = *o;
    h->o.lookup = o->lookup != NULL ? o->lookup : ask_system;
    h->o.now_ms = o->now_ms != NULL ? o->now_ms : monotonic_ms;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&h->work, &attr);
    pthread_cond_init(&h->done, &attr);
    pthread_condattr_destroy(&attr);
    h->runs = o->now_ms == NULL;
    if (h->runs) {
        sigset_t  all, before;         /* signals are for the loop */
        int       rc;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        rc = pthread_create(&h->thread, NULL, run, h);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (rc != 0) {
            destroy(h);
            return WEIR_E_NO_MEMORY;
        }
    }
    *out = h;
    return WEIR_OK;
}


void
weir_hosts_close(struct weir_hosts *h)
{
    bool  join;

    if (h == NULL) {
        return;
    }
    if (!h->runs) {
        destroy(h);
        return;
    }
    pthread_mutex_lock(&h->lock);
    h->stop = true;
    join = !h->away;
    h->runs = join;
    pthread_cond_signal(&h->work);
    if (!join) {
        (void) pthread_detach(h->thread);
    }
    pthread_mutex_unlock(&h->lock);
    if (join) {
        (void) pthread_join(h->thread, NULL);
        destroy(h);
    }
}


void
weir_hosts_begin(struct weir_hosts *h)
{
    pthread_mutex_lock(&h->lock);
    h->round++;
    h->wait_until_ms = h->o.now_ms() + WEIR_HOSTS_WAIT_MS;
    pthread_mutex_unlock(&h->lock);
}


/* The last answer goes into force; of a name that takes turns all of late. */
static void
put_into_force(struct name *e, uint64_t now)
{
    const bool  turns = takes_turns(e, now);
    size_t      n = 0;

    for (size_t i = 0; i < e->nseen && n < WEIR_URL_ADDRESSES_MAX; i++) {
        if (turns ? now - e->seen[i].last_ms <= WEIR_HOSTS_STALE_MS
                  : e->seen[i].last_ms == e->answer_ms)
        {
            e->force[n++] = e->seen[i].at;
        }
    }
    if (n > 0) {                       /* else what is in force stays */
        e->nforce = n;
    }
    e->changed = false;
}


size_t
weir_hosts_find(void *ctx, const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    struct weir_hosts *const  h = ctx;
    struct name              *e;
    struct timespec           t;
    size_t                    n = 0;

    pthread_mutex_lock(&h->lock);
    e = name_for(h, host);
    if (e != NULL) {
        e->round = h->round;
        until(h->wait_until_ms, &t);
        while (h->runs && e != NULL && !e->tried
               && h->o.now_ms() < h->wait_until_ms)
        {
            pthread_cond_signal(&h->work);
            (void) pthread_cond_timedwait(&h->done, &h->lock, &t);
            e = name_of(h, host);
        }
    }
    if (e != NULL) {
        put_into_force(e, h->o.now_ms());
        memcpy(out, e->force, e->nforce * sizeof(*out));
        n = e->nforce;
    }
    pthread_mutex_unlock(&h->lock);
    return n;
}


void
weir_hosts_end(struct weir_hosts *h, bool in_force)
{
    size_t  kept = 0;

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->n; i++) {
        struct name *const  e = &h->names[i];

        if (!in_force) {
            e->changed |= e->round == h->round && e->nseen > 0;
        } else if (e->round != h->round) {
            continue;
        }
        if (kept != i) {
            h->names[kept] = *e;
        }
        kept++;
    }
    h->n = kept;
    pthread_mutex_unlock(&h->lock);
}


void
weir_hosts_seed(struct weir_hosts *h, const char *host,
    const struct weir_snap_address *at, size_t n)
{
    struct name  *e;

    pthread_mutex_lock(&h->lock);
    e = name_for(h, host);
    if (e != NULL) {
        const uint64_t  now = h->o.now_ms();

        e->round = h->round;
        e->tried = true;
        e->nforce = n < WEIR_URL_ADDRESSES_MAX ? n : WEIR_URL_ADDRESSES_MAX;
        for (size_t i = e->nforce; i-- > 0;) {
            e->force[i] = at[i];
            e->force[i].port = 0;
            see(e, &e->force[i], 0, now - 1);
        }
        e->answer_ms = now - 1;
        pthread_cond_signal(&h->work);
    }
    pthread_mutex_unlock(&h->lock);
}


bool
weir_hosts_changed(struct weir_hosts *h, char *host, size_t size)
{
    bool  any = false;

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->n && !any; i++) {
        any = h->names[i].changed;
        if (any) {
            (void) snprintf(host, size, "%s", h->names[i].host);
        }
    }
    pthread_mutex_unlock(&h->lock);
    return any;
}


void
weir_hosts_state(struct weir_hosts *h, struct weir_hosts_state *out)
{
    *out = (struct weir_hosts_state) { 0, 0 };
    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->n; i++) {
        out->names++;
        out->unknown += h->names[i].failing;
    }
    pthread_mutex_unlock(&h->lock);
}


void
weir_hosts_look(struct weir_hosts *h)
{
    const uint64_t  now = h->o.now_ms();
    struct name    *e;

    pthread_mutex_lock(&h->lock);
    while ((e = next_due(h)) != NULL && e->due_ms <= now) {
        look_up(h, e);
    }
    pthread_mutex_unlock(&h->lock);
}
