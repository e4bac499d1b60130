
/*
 * ngx_http_weir_worker.c: what a worker holds open for all its calls:
 * the account, its own journal, the newest snapshot with the credentials
 * that its upstreams name, and the thread of the group commit.
 *
 * What is missing at start is tried again ten times a second; until it is
 * there no call passes. A snapshot that fails its checks is refused once,
 * with one line in the log, and the last good one stays.
 */

#include "ngx_http_weir_module.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/random.h>


#define NGX_HTTP_WEIR_POLL          100              /* milliseconds */
#define NGX_HTTP_WEIR_COMPLAIN      10               /* seconds between */
#define NGX_HTTP_WEIR_CACHE         (32u << 20)      /* bytes of free blocks */
#define NGX_HTTP_WEIR_SECRET_MAX    4096             /* longest known tokens
                                                        are about 2,500 */


/* One fdatasync serves all that was appended before it began. */
typedef struct {
    pthread_t          thread;
    pthread_mutex_t    mutex;
    pthread_cond_t     cond;
    uint64_t           wanted;        /* under the mutex */
    ngx_uint_t         stop;          /* under the mutex */
    ngx_atomic_t       failed;
    int                fd;            /* eventfd: thread -> event loop */
    ngx_connection_t  *connection;
    ngx_uint_t         running;
} ngx_http_weir_commit_t;


static uint64_t ngx_http_weir_now(void *ctx);
static void ngx_http_weir_poll(ngx_event_t *ev);
static void ngx_http_weir_open_files(ngx_log_t *log);
static void ngx_http_weir_load(uint64_t generation, ngx_log_t *log);
static ngx_int_t ngx_http_weir_load_secrets(ngx_http_weir_rules_t *rules,
    ngx_log_t *log);
static ngx_int_t ngx_http_weir_read_secret(const char *where, u_char *to,
    size_t *len);
static void ngx_http_weir_rules_free(ngx_http_weir_rules_t *rules);
static ngx_int_t ngx_http_weir_commit_start(ngx_cycle_t *cycle);
static void *ngx_http_weir_commit_thread(void *data);
static void ngx_http_weir_commit_handler(ngx_event_t *ev);
static void ngx_http_weir_commit_stop(void);


ngx_http_weir_worker_t         ngx_http_weir_worker;
static ngx_http_weir_commit_t  ngx_http_weir_commit;


ngx_int_t
ngx_http_weir_worker_open(ngx_cycle_t *cycle, ngx_http_weir_main_conf_t *wmcf)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ngx_memzero(w, sizeof(ngx_http_weir_worker_t));
    ngx_queue_init(&w->waiting);

    w->dirfd = wmcf->dirfd;
    w->power = (wmcf->durability == NGX_HTTP_WEIR_POWER);
    w->engine.now_ms = ngx_http_weir_now;
    w->engine.mem = weir_mem_open(NGX_HTTP_WEIR_CACHE);

    if (w->engine.mem == NULL) {
        return NGX_ERROR;
    }

    if (getrandom(w->engine.node, sizeof(w->engine.node), 0)
        != (ssize_t) sizeof(w->engine.node))
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "getrandom() failed");
        return NGX_ERROR;
    }

    if (w->power && ngx_http_weir_commit_start(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    w->timer.handler = ngx_http_weir_poll;
    w->timer.log = cycle->log;
    w->timer.data = w;
    w->timer.cancelable = 1;       /* does not keep an old worker alive */

    ngx_http_weir_poll(&w->timer);

    return NGX_OK;
}


void
ngx_http_weir_worker_close(ngx_cycle_t *cycle)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (w->engine.mem == NULL) {
        return;
    }

    ngx_http_weir_commit_stop();

    if (w->engine.journal != NULL) {
        weir_journal_close(w->engine.journal);
        w->engine.journal = NULL;
    }

    if (w->engine.account != NULL) {
        weir_account_close(w->engine.account);
        w->engine.account = NULL;
    }
}


static uint64_t
ngx_http_weir_now(void *ctx)
{
    const ngx_time_t  *tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


static void
ngx_http_weir_poll(ngx_event_t *ev)
{
    ngx_http_weir_open_files(ev->log);
    (void) ngx_http_weir_rules_get(ev->log);

    ngx_add_timer(ev, NGX_HTTP_WEIR_POLL);
}


static void
ngx_http_weir_open_files(ngx_log_t *log)
{
    int                      rc, fd;
    const char              *what;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    what = NULL;
    rc = WEIR_OK;

    if (w->engine.account == NULL) {
        rc = weir_account_open(&w->engine.account, w->dirfd, "account", false);

        if (rc != WEIR_OK) {
            w->engine.account = NULL;
            what = "account";
        }
    }

    if (w->engine.journal == NULL) {
        fd = openat(w->dirfd, "journal", O_RDONLY|O_DIRECTORY|O_CLOEXEC);

        if (fd == -1) {
            rc = WEIR_E_IO;
            what = "journal";

        } else {
            rc = weir_journal_open(&w->engine.journal, fd);
            (void) close(fd);

            if (rc != WEIR_OK) {
                w->engine.journal = NULL;
                what = "journal";
            }
        }
    }

    if (what != NULL && ngx_time() - w->said >= NGX_HTTP_WEIR_COMPLAIN) {
        w->said = ngx_time();
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "weir %s cannot be opened, calls are refused: %s",
                      what, weir_error_info(rc)->en);
    }
}


ngx_http_weir_rules_t *
ngx_http_weir_rules_get(ngx_log_t *log)
{
    uint64_t                 generation;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (w->engine.account == NULL) {
        return NULL;
    }

    generation = weir_account_generation(w->engine.account);

    if (WEIR_UNLIKELY(generation != w->tried)) {
        ngx_http_weir_load(generation, log);
    }

    return w->rules;
}


void
ngx_http_weir_rules_put(ngx_http_weir_rules_t *rules)
{
    if (--rules->calls == 0 && rules != ngx_http_weir_worker.rules) {
        ngx_http_weir_rules_free(rules);
    }
}


static void
ngx_http_weir_load(uint64_t generation, ngx_log_t *log)
{
    int                      rc;
    ngx_pool_t              *pool;
    ngx_http_weir_rules_t   *rules, *old;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    w->tried = generation;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return;
    }

    rules = ngx_pcalloc(pool, sizeof(ngx_http_weir_rules_t));
    if (rules == NULL) {
        ngx_destroy_pool(pool);
        return;
    }

    rules->pool = pool;

    rc = weir_snapshot_map(&rules->snap, w->dirfd, "snapshot/current");

    if (rc != WEIR_OK) {
        ngx_destroy_pool(pool);
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "weir snapshot of generation %uL is refused, "
                      "the last good one stays: %s",
                      generation, weir_error_info(rc)->en);
        return;
    }

    if (ngx_http_weir_load_secrets(rules, log) != NGX_OK) {
        ngx_http_weir_rules_free(rules);
        return;
    }

    old = w->rules;
    w->rules = rules;

    if (old != NULL && old->calls == 0) {
        ngx_http_weir_rules_free(old);
    }

    ngx_log_error(NGX_LOG_INFO, log, 0, "weir snapshot of generation %uL",
                  (uint64_t) rules->snap.generation);
}


/* Credentials as header values; data stays NULL where one is missing. */
static ngx_int_t
ngx_http_weir_load_secrets(ngx_http_weir_rules_t *rules, ngx_log_t *log)
{
    size_t                            len;
    u_char                           *p, text[NGX_HTTP_WEIR_SECRET_MAX];
    uint32_t                          i, n;
    const char                       *where;
    const struct weir_snap_upstream  *up;

    n = rules->snap.counts[WEIR_SNAP_UPSTREAMS];

    rules->secrets = ngx_pcalloc(rules->pool, (n + 1) * sizeof(ngx_str_t));
    if (rules->secrets == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        up = &rules->snap.upstreams[i];
        where = weir_snap_text(&rules->snap, up->secret);

        if (ngx_http_weir_read_secret(where, text, &len) != NGX_OK) {
            /* The place is public, the secret is not. */
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "weir: no credential for upstream \"%s\" in %s",
                          weir_snap_text(&rules->snap, up->name), where);
            continue;
        }

        p = ngx_pnalloc(rules->pool, sizeof("Bearer ") + len);
        if (p == NULL) {
            ngx_explicit_memzero(text, sizeof(text));
            return NGX_ERROR;
        }

        rules->secrets[i].data = p;

        if (len != 0 && up->protocol == WEIR_OPENAI) {
            p = ngx_cpymem(p, "Bearer ", sizeof("Bearer ") - 1);
        }

        p = ngx_cpymem(p, text, len);
        rules->secrets[i].len = p - rules->secrets[i].data;
    }

    ngx_explicit_memzero(text, sizeof(text));

    return NGX_OK;
}


/* "" (none needed), env:NAME or file:PATH. One line without controls, so
   that it cannot add a header (RFC 9110 5.5). */
static ngx_int_t
ngx_http_weir_read_secret(const char *where, u_char *to, size_t *len)
{
    int      fd;
    size_t   i;
    ssize_t  n;
    char    *value;

    *len = 0;

    if (where[0] == '\0') {
        return NGX_OK;
    }

    if (ngx_strncmp(where, "env:", 4) == 0) {
        value = getenv(where + 4);

        if (value == NULL
            || ngx_strlen(value) >= NGX_HTTP_WEIR_SECRET_MAX)
        {
            return NGX_DECLINED;
        }

        n = ngx_strlen(value);
        ngx_memcpy(to, value, n);

    } else if (ngx_strncmp(where, "file:", 5) == 0) {
        fd = open(where + 5, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

        if (fd == -1) {
            return NGX_DECLINED;
        }

        n = read(fd, to, NGX_HTTP_WEIR_SECRET_MAX);
        (void) close(fd);

        if (n == NGX_HTTP_WEIR_SECRET_MAX) {
            return NGX_DECLINED;
        }

    } else {
        return NGX_DECLINED;
    }

    while (n > 0 && (to[n - 1] == LF || to[n - 1] == CR || to[n - 1] == ' ')) {
        n--;
    }

    for (i = 0; (ssize_t) i < n; i++) {
        if (to[i] < 0x20 || to[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    if (n <= 0) {
        return NGX_DECLINED;
    }

    *len = n;

    return NGX_OK;
}


static void
ngx_http_weir_rules_free(ngx_http_weir_rules_t *rules)
{
    uint32_t  i;

    for (i = 0; i < rules->snap.counts[WEIR_SNAP_UPSTREAMS]; i++) {
        if (rules->secrets != NULL && rules->secrets[i].len != 0) {
            ngx_explicit_memzero(rules->secrets[i].data,
                                 rules->secrets[i].len);
        }
    }

    weir_snapshot_close(&rules->snap);
    ngx_destroy_pool(rules->pool);
}


ngx_uint_t
ngx_http_weir_synced(ngx_http_weir_ctx_t *ctx)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;
    ngx_http_weir_commit_t  *cm = &ngx_http_weir_commit;

    if (!w->power || ctx->position <= weir_journal_synced(w->engine.journal)) {
        return 1;
    }

    if (ctx->waiting.next == NULL) {
        ngx_queue_insert_tail(&w->waiting, &ctx->waiting);

        (void) pthread_mutex_lock(&cm->mutex);

        if (ctx->position > cm->wanted) {
            cm->wanted = ctx->position;
            (void) pthread_cond_signal(&cm->cond);
        }

        (void) pthread_mutex_unlock(&cm->mutex);
    }

    return 0;
}


static ngx_int_t
ngx_http_weir_commit_start(ngx_cycle_t *cycle)
{
    int                      rc;
    sigset_t                 all, old;
    ngx_event_t             *rev;
    ngx_connection_t        *c;
    ngx_http_weir_commit_t  *cm = &ngx_http_weir_commit;

    cm->fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);
    if (cm->fd == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "eventfd() failed");
        return NGX_ERROR;
    }

    c = ngx_get_connection(cm->fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    cm->connection = c;

    rev = c->read;
    rev->handler = ngx_http_weir_commit_handler;
    rev->log = cycle->log;

    if (ngx_add_event(rev, NGX_READ_EVENT, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    (void) pthread_mutex_init(&cm->mutex, NULL);
    (void) pthread_cond_init(&cm->cond, NULL);

    /* Signals are the event loop's. */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(&cm->thread, NULL, ngx_http_weir_commit_thread, cm);
    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (rc != 0) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, rc,
                      "pthread_create() failed");
        return NGX_ERROR;
    }

    cm->running = 1;

    return NGX_OK;
}


static void *
ngx_http_weir_commit_thread(void *data)
{
    int                      rc;
    uint64_t                 wanted, done = 0;
    static const uint64_t    one = 1;
    ngx_http_weir_commit_t  *cm = data;

    (void) pthread_mutex_lock(&cm->mutex);

    for ( ;; ) {
        while (cm->wanted <= done && !cm->stop) {
            (void) pthread_cond_wait(&cm->cond, &cm->mutex);
        }

        if (cm->stop) {
            break;
        }

        wanted = cm->wanted;
        (void) pthread_mutex_unlock(&cm->mutex);

        rc = weir_journal_sync(ngx_http_weir_worker.engine.journal, wanted);

        /* After a failure nothing is released: a disk that failed once may
           have dropped the pages, and a second success would be a lie. */
        done = wanted;

        if (rc != WEIR_OK) {
            cm->failed = 1;
        }

        (void) !write(cm->fd, &one, sizeof(one));
        (void) pthread_mutex_lock(&cm->mutex);
    }

    (void) pthread_mutex_unlock(&cm->mutex);

    return NULL;
}


/* Wake the calls whose records are on the disk. */
static void
ngx_http_weir_commit_handler(ngx_event_t *ev)
{
    uint64_t                 n, synced;
    ngx_queue_t             *q, *next;
    ngx_connection_t        *c;
    ngx_http_weir_ctx_t     *ctx;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;
    ngx_http_weir_commit_t  *cm = &ngx_http_weir_commit;

    (void) !read(cm->fd, &n, sizeof(n));

    if (cm->failed) {
        cm->failed = 0;
        ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                      "weir journal cannot be written to the disk, "
                      "answers are held back");
    }

    synced = weir_journal_synced(w->engine.journal);

    for (q = ngx_queue_head(&w->waiting);
         q != ngx_queue_sentinel(&w->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        ctx = ngx_queue_data(q, ngx_http_weir_ctx_t, waiting);

        if (ctx->position > synced) {
            continue;
        }

        ngx_queue_remove(q);
        ctx->waiting.next = NULL;

        c = ctx->request->connection;
        ngx_post_event(c->write, &ngx_posted_events);
    }
}


static void
ngx_http_weir_commit_stop(void)
{
    ngx_http_weir_commit_t  *cm = &ngx_http_weir_commit;

    if (!cm->running) {
        return;
    }

    (void) pthread_mutex_lock(&cm->mutex);
    cm->stop = 1;
    (void) pthread_cond_signal(&cm->cond);
    (void) pthread_mutex_unlock(&cm->mutex);
    (void) pthread_join(cm->thread, NULL);

    ngx_close_connection(cm->connection);
    cm->running = 0;
}
