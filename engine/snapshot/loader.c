/*
 * loader.c: the newest snapshot is mapped, summed, checked, and its
 * credentials are read, in a thread, while calls go on under the old one; and
 * old ones are unmapped there. What was tried waits, in force nowhere, until
 * who asked takes it. The asking thread takes a lock for a moment and never
 * waits for a file.
 *
 *     want(7) ─► try 7 ─► tried ─► take: 7, in force or refused
 *         want(8), want(9) meanwhile ─► try 9
 */
#include "weir/error.h"
#include "weir/snapshot.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* A thread that computes for milliseconds would push the event loop off a
   busy machine's processor for as long; what it does is in no hurry. */
#define NICE  15

struct weir_loader {
    int                 fd;
    int                 dirfd;
    const char         *name;
    pthread_t           thread;
    pthread_mutex_t     mutex;      /* guards all that follows */
    pthread_cond_t      cond;
    uint64_t            wanted;     /* 0: nothing */
    uint64_t            tried;      /* 0: nothing to take */
    int                 rc;         /* of it */
    struct weir_rules  *rules;      /* of it, if rc is WEIR_OK */
    struct weir_rules  *old;        /* to close: a list */
    bool                stop;
};

static void *run(void *data);


int
weir_rules_open(struct weir_rules **out, int dirfd, const char *name)
{
    struct weir_rules  *r = calloc(1, sizeof(*r));
    int                 rc;

    *out = NULL;
    if (r == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    rc = weir_snapshot_map(&r->snap, dirfd, name);
    if (rc == WEIR_OK) {
        rc = weir_secrets_open(&r->secrets, &r->snap);
    }
    if (rc != WEIR_OK) {
        weir_rules_close(r);
        return rc;
    }
    *out = r;
    return WEIR_OK;
}


void
weir_rules_close(struct weir_rules *r)
{
    if (r != NULL) {
        weir_secrets_close(&r->secrets);
        weir_snapshot_close(&r->snap);
        free(r);
    }
}


int
weir_loader_open(struct weir_loader **out, int dirfd, const char *name,
    int *fd)
{
    struct weir_loader  *l = calloc(1, sizeof(*l));
    sigset_t             all, old;
    int                  rc;

    *out = NULL;
    if (l == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    l->dirfd = dirfd;
    l->name = name;
    l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (l->fd < 0) {
        free(l);
        return WEIR_E_IO;
    }
    (void) pthread_mutex_init(&l->mutex, NULL);
    (void) pthread_cond_init(&l->cond, NULL);
    /* Signals belong to the threads of the caller. */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&l->thread, NULL, run, l);
    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        (void) close(l->fd);
        free(l);
        return WEIR_E_IO;
    }
    *out = l;
    *fd = l->fd;
    return WEIR_OK;
}


void
weir_loader_close(struct weir_loader *l)
{
    if (l == NULL) {
        return;
    }
    (void) pthread_mutex_lock(&l->mutex);
    l->stop = true;
    (void) pthread_cond_signal(&l->cond);
    (void) pthread_mutex_unlock(&l->mutex);
    (void) pthread_join(l->thread, NULL);
    weir_rules_close(l->rules);
    (void) pthread_mutex_destroy(&l->mutex);
    (void) pthread_cond_destroy(&l->cond);
    free(l);
}


void
weir_loader_want(struct weir_loader *l, uint64_t number)
{
    (void) pthread_mutex_lock(&l->mutex);
    l->wanted = number;
    (void) pthread_cond_signal(&l->cond);
    (void) pthread_mutex_unlock(&l->mutex);
}


int
weir_loader_take(struct weir_loader *l, uint64_t *number,
    struct weir_rules **out)
{
    uint64_t  n;
    int       rc = WEIR_MORE;

    *out = NULL;
    (void) !read(l->fd, &n, sizeof(n));
    (void) pthread_mutex_lock(&l->mutex);
    if (l->tried != 0) {
        rc = l->rc;
        *number = l->tried;
        *out = l->rules;
        l->tried = 0;
        l->rules = NULL;
    }
    (void) pthread_mutex_unlock(&l->mutex);
    return rc;
}


void
weir_loader_drop(struct weir_loader *l, struct weir_rules *r)
{
    (void) pthread_mutex_lock(&l->mutex);
    r->next = l->old;
    l->old = r;
    (void) pthread_cond_signal(&l->cond);
    (void) pthread_mutex_unlock(&l->mutex);
}


/* The lock is held, and is again afterwards. */
static void
try(struct weir_loader *l)
{
    static const uint64_t  one = 1;
    const uint64_t         number = l->wanted;
    struct weir_rules     *rules, *before;
    int                    rc;

    l->wanted = 0;
    (void) pthread_mutex_unlock(&l->mutex);
    rc = weir_rules_open(&rules, l->dirfd, l->name);
    (void) pthread_mutex_lock(&l->mutex);

    before = l->rules;               /* nobody took it in time */
    l->tried = number;
    l->rc = rc;
    l->rules = rules;
    (void) !write(l->fd, &one, sizeof(one));
    if (before != NULL) {
        before->next = l->old;
        l->old = before;
    }
}


static void *
run(void *data)
{
    struct weir_loader  *l = data;
    struct weir_rules   *r;

    /* Of this thread alone, in Linux; refused is no harm. */
    (void) setpriority(PRIO_PROCESS, 0, NICE);
    (void) pthread_mutex_lock(&l->mutex);
    for (;;) {
        while (l->wanted == 0 && l->old == NULL && !l->stop) {
            (void) pthread_cond_wait(&l->cond, &l->mutex);
        }
        if (l->old != NULL) {        /* before the end, too */
            r = l->old;
            l->old = r->next;
            (void) pthread_mutex_unlock(&l->mutex);
            weir_rules_close(r);
            (void) pthread_mutex_lock(&l->mutex);
        } else if (l->stop) {
            break;
        } else {
            try(l);
        }
    }
    (void) pthread_mutex_unlock(&l->mutex);
    return NULL;
}
