/*
 * scan_jobs.c: files over threads. Each thread takes the next file of the
 * list; its output goes to the file's own buffer, and the main thread writes
 * the buffers in the order of the list: the same bytes with any number of
 * threads. A thread that is far ahead of the writer waits.
 *
 * The main thread also shows progress on a terminal: bytes, files, MB/s.
 */
#include "cli/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_BYTES  (256u << 10)     /* of a file's output at once */
#define GIVEN_MAX    (4u << 20)       /* that waits for the writer */
#define TICK_NS      200000000
#define QUIET_MS     1000             /* before progress is shown */

struct scan_pool {
    const struct scan_setup  *setup;
    struct scan_list         *list;
    pthread_mutex_t           lock;
    pthread_cond_t            moved;  /* output given, taken, a file done */
    size_t                    next;   /* file that no thread has */
    struct scan_totals        totals;
    struct weir_mem          *mem;    /* of `given`, under the lock */
    struct timespec           began;
    bool                      tty;    /* progress is wanted */
    bool                      shown;  /* a progress line stands there */
    bool                      first;  /* no SARIF result written yet */
};


static uint64_t
ms_since(const struct timespec *began)
{
    struct timespec  now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t) ((now.tv_sec - began->tv_sec) * 1000
                       + (now.tv_nsec - began->tv_nsec) / 1000000);
}


/* The three below are called under the lock. */
static void
wipe(struct scan_pool *p)
{
    if (p->shown) {
        fputs("\r\033[K", stderr);
        p->shown = false;
    }
}


static void
progress(struct scan_pool *p, size_t done)
{
    const uint64_t  ms = ms_since(&p->began);
    const double    mb = (double) p->totals.bytes / 1e6;

    if (!p->tty || ms < QUIET_MS) {
        return;
    }
    fprintf(stderr, "\r\033[K%zu of %zu files  %.1f MB  %.1f MB/s  "
            "%llu found", done, p->list->n, mb,
            mb * 1000 / (double) ms, (unsigned long long) p->totals.found);
    fflush(stderr);
    p->shown = true;
}


static void
add_totals(struct scan_pool *p, struct scan_work *w)
{
    struct scan_totals  *to = &p->totals, *from = &w->totals;

    to->files += from->files;
    to->found += from->found;
    to->found_files += from->found_files;
    to->binary += from->binary;
    to->too_large += from->too_large;
    to->rewritten += from->rewritten;
    to->failed = to->failed || from->failed;
    *from = (struct scan_totals) { 0 };
}


void
scan_count(struct scan_work *w, uint64_t bytes)
{
    pthread_mutex_lock(&w->pool->lock);
    w->pool->totals.bytes += bytes;
    pthread_mutex_unlock(&w->pool->lock);
}


void
scan_say(struct scan_work *w, const char *what)
{
    pthread_mutex_lock(&w->pool->lock);
    wipe(w->pool);
    fflush(stdout);
    fprintf(stderr, "weir scan: %s: %s\n", w->job->path, what);
    pthread_mutex_unlock(&w->pool->lock);
}


static void
give(struct scan_work *w, bool done)
{
    struct scan_pool  *p = w->pool;

    pthread_mutex_lock(&p->lock);
    weir_buf_add(&w->job->given, w->out.at, w->out.len);
    if (w->out.failed || w->job->given.failed) {
        w->totals.failed = true;      /* a line longer than there is memory */
        w->out.failed = w->job->given.failed = false;
    }
    w->out.len = 0;
    w->job->done = done;
    if (done) {
        add_totals(p, w);
    }
    pthread_cond_broadcast(&p->moved);
    while (!done && w->job->given.len > GIVEN_MAX) {
        pthread_cond_wait(&p->moved, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}


void
scan_flush(struct scan_work *w)
{
    if (w->out.len >= FLUSH_BYTES || w->setup->options.live) {
        give(w, false);
    }
}


static void *
work(void *arg)
{
    struct scan_pool  *p = arg;
    struct scan_work  *w = calloc(1, sizeof(*w));
    const struct weir_matcher *const  m = (const void *) p->setup->matcher.at;

    weir_assert(w != NULL);
    w->setup = p->setup;
    w->pool = p;
    w->mem = weir_mem_open(1 << 20);
    w->find = aligned_alloc(64, (weir_find_size(m) + 63) / 64 * 64);
    /* The compiler has tried the patterns: only memory can be short. */
    weir_assert(weir_patterns_open(&w->patterns, m) == WEIR_OK);
    weir_assert(w->mem != NULL && w->find != NULL);
    weir_buf_init(&w->out, w->mem, SCAN_OUT_MAX);
    weir_buf_init(&w->path, w->mem, SCAN_OUT_MAX);
    weir_buf_init(&w->copy, w->mem, SCAN_OUT_MAX);
    for ( ;; ) {
        pthread_mutex_lock(&p->lock);
        w->job = p->next < p->list->n ? &p->list->at[p->next++] : NULL;
        pthread_mutex_unlock(&p->lock);
        if (w->job == NULL) {
            break;
        }
        scan_file(w);
        give(w, true);
    }
    weir_buf_release(&w->out);
    weir_buf_release(&w->path);
    weir_buf_release(&w->copy);
    weir_mem_close(w->mem);
    weir_patterns_close(w->patterns);
    free(w->find);
    free(w->window);
    free(w);
    return NULL;
}


/* Write what a file gave; the lock is let go meanwhile. */
static void
write_given(struct scan_pool *p, struct scan_job *job)
{
    struct weir_buf  text = job->given;
    size_t           from = 0;

    weir_buf_init(&job->given, p->mem, SCAN_OUT_MAX);
    wipe(p);
    if (p->setup->options.format == SCAN_SARIF && p->first && text.len > 0) {
        from = 1;                     /* no comma before the first result */
        p->first = false;
    }
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
    (void) fwrite(text.at + from, 1, text.len - from, stdout);
    if (p->setup->options.live) {
        fflush(stdout);
    }
    pthread_mutex_lock(&p->lock);
    weir_buf_release(&text);
}


static void
collect(struct scan_pool *p)
{
    size_t  i = 0;

    pthread_mutex_lock(&p->lock);
    while (i < p->list->n) {
        struct scan_job  *job = &p->list->at[i];
        struct timespec   until;

        if (job->given.len > 0) {
            write_given(p, job);
        } else if (job->done) {
            i++;
        } else {
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_nsec += TICK_NS;
            until.tv_sec += until.tv_nsec / 1000000000;
            until.tv_nsec %= 1000000000;
            if (pthread_cond_timedwait(&p->moved, &p->lock, &until)
                == ETIMEDOUT)
            {
                progress(p, i);
            }
        }
    }
    wipe(p);
    pthread_mutex_unlock(&p->lock);
}


void
scan_jobs_run(const struct scan_setup *s, struct scan_list *list,
    struct scan_totals *totals)
{
    struct scan_pool  p = {
        .setup = s, .list = list, .first = true,
        .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER,
        .tty = isatty(STDERR_FILENO) && !s->options.quiet
    };
    pthread_t  threads[SCAN_JOBS_MAX];
    unsigned   n = s->options.threads;

    clock_gettime(CLOCK_MONOTONIC, &p.began);
    p.mem = weir_mem_open(1 << 20);
    weir_assert(p.mem != NULL);
    for (size_t i = 0; i < list->n; i++) {
        weir_buf_init(&list->at[i].given, p.mem, SCAN_OUT_MAX);
    }
    n = n > list->n ? (unsigned) list->n : n;
    for (unsigned i = 0; i < n; i++) {
        if (pthread_create(&threads[i], NULL, work, &p) != 0) {
            weir_assert(i > 0);
            n = i;
        }
    }
    collect(&p);
    for (unsigned i = 0; i < n; i++) {
        (void) pthread_join(threads[i], NULL);
    }
    weir_mem_close(p.mem);
    *totals = p.totals;
}
