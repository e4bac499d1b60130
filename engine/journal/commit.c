/*
 * commit.c: group commit. One thread waits for positions and calls
 * weir_journal_sync for the highest, so that one fdatasync serves all that
 * was appended before it began; who watches the descriptor hears of each
 * attempt. The asking thread takes a lock for a moment and never waits for
 * the disk.
 */
#include "journal/journal_internal.h"
#include "weir/error.h"
#include "weir/journal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct weir_commit {
    int                   fd;
    pthread_t             thread;
    pthread_mutex_t       mutex;     /* guards journal, wanted, stop */
    pthread_cond_t        cond;
    struct weir_journal  *journal;
    uint64_t              wanted;
    bool                  stop;
    bool                  failed;    /* atomic; since it was last asked */
};

static void *run(void *data);


int
weir_commit_open(struct weir_commit **out, int *fd)
{
    struct weir_commit  *c = calloc(1, sizeof(*c));
    sigset_t             all, old;
    int                  rc;

    *out = NULL;
    if (c == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    c->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (c->fd < 0) {
        free(c);
        return WEIR_E_IO;
    }
    (void) pthread_mutex_init(&c->mutex, NULL);
    (void) pthread_cond_init(&c->cond, NULL);
    /* Signals belong to the threads of the caller. */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&c->thread, NULL, run, c);
    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc != 0) {
        (void) close(c->fd);
        free(c);
        return WEIR_E_IO;
    }
    *out = c;
    *fd = c->fd;
    return WEIR_OK;
}


void
weir_commit_close(struct weir_commit *c)
{
    if (c == NULL) {
        return;
    }
    (void) pthread_mutex_lock(&c->mutex);
    c->stop = true;
    (void) pthread_cond_signal(&c->cond);
    (void) pthread_mutex_unlock(&c->mutex);
    (void) pthread_join(c->thread, NULL);
    (void) pthread_mutex_destroy(&c->mutex);
    (void) pthread_cond_destroy(&c->cond);
    free(c);
}


void
weir_commit_want(struct weir_commit *c, struct weir_journal *j,
    uint64_t position)
{
    (void) pthread_mutex_lock(&c->mutex);
    c->journal = j;
    if (position > c->wanted) {
        c->wanted = position;
        (void) pthread_cond_signal(&c->cond);
    }
    (void) pthread_mutex_unlock(&c->mutex);
}


int
weir_commit_take(struct weir_commit *c)
{
    uint64_t  n;

    (void) !read(c->fd, &n, sizeof(n));
    return __atomic_exchange_n(&c->failed, false, __ATOMIC_ACQUIRE)
           ? WEIR_E_IO : WEIR_OK;
}


static void *
run(void *data)
{
    static const uint64_t  one = 1;
    struct weir_commit    *c = data;
    struct weir_journal   *j;
    uint64_t               done = 0;

    (void) pthread_mutex_lock(&c->mutex);
    for (;;) {
        while (c->wanted <= done && !c->stop) {
            (void) pthread_cond_wait(&c->cond, &c->mutex);
        }
        if (c->stop) {
            break;
        }
        /* Tried once, also when it fails: then nothing up to here is ever
           released (weir_journal_sync says why). */
        done = c->wanted;
        j = c->journal;
        (void) pthread_mutex_unlock(&c->mutex);
        if (weir_journal_sync(j, done) != WEIR_OK) {
            __atomic_store_n(&c->failed, true, __ATOMIC_RELEASE);
        }
        (void) !write(c->fd, &one, sizeof(one));
        (void) pthread_mutex_lock(&c->mutex);
    }
    (void) pthread_mutex_unlock(&c->mutex);
    return NULL;
}
