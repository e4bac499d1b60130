
/*
 * ngx_http_weir_worker.c: what one worker holds: the account, the journal,
 * the newest snapshot with its credentials, and the calls that wait until
 * their record is on the disk.
 *
 * What is missing at start is tried again ten times a second; until it is
 * there no call passes. A newer snapshot is tried in a thread, while calls
 * go on under the old one. One that fails its checks is refused once, with
 * one line in the log, and the last good one stays.
 */

#include "ngx_http_weir_module.h"

#include <sys/random.h>


#define NGX_HTTP_WEIR_POLL          100              /* milliseconds */
#define NGX_HTTP_WEIR_COMPLAIN      10               /* seconds between */
#define NGX_HTTP_WEIR_SNAPSHOT      "snapshot/current"
#define NGX_HTTP_WEIR_CACHE         (32u << 20)      /* bytes of free blocks */


ngx_http_weir_worker_t  ngx_http_weir_worker;


static uint64_t
ngx_http_weir_now(void *ctx)
{
    const ngx_time_t  *tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


static void
ngx_http_weir_open_files(ngx_log_t *log)
{
    int                  rc, fd;
    const char          *what;
    struct weir_worker  *engine = &ngx_http_weir_worker.engine;

    what = NULL;
    rc = WEIR_OK;

    if (engine->account == NULL) {
        what = "account";
        rc = weir_account_open(&engine->account, ngx_http_weir_worker.dirfd,
                               what, false);

        if (rc == WEIR_OK) {
            /* of the worker whose place this one takes, if it died */
            (void) weir_meter_reclaim(engine->account);
        }
    }

    if (rc == WEIR_OK && engine->journal == NULL) {
        what = "journal";
        fd = openat(ngx_http_weir_worker.dirfd, what,
                    O_RDONLY|O_DIRECTORY|O_CLOEXEC);
        rc = WEIR_E_IO;

        if (fd != -1) {
            rc = weir_journal_open(&engine->journal, fd);
            (void) close(fd);
        }
    }

    if (rc != WEIR_OK
        && ngx_time() - ngx_http_weir_worker.said >= NGX_HTTP_WEIR_COMPLAIN)
    {
        ngx_http_weir_worker.said = ngx_time();
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "weir %s cannot be opened, calls are refused: %s",
                      what, weir_error_info(rc)->en);
    }
}


/* A generation was tried: its rules are in force from now on, or refused. */
static void
ngx_http_weir_rules_swap(uint64_t generation, int rc,
    struct weir_rules *rules, ngx_log_t *log)
{
    uint32_t                          i;
    struct weir_rules                *old;
    ngx_http_weir_worker_t           *w = &ngx_http_weir_worker;
    const struct weir_snap_upstream  *up;

    weir_account_tried(w->engine.account, generation, rc == WEIR_OK);

    if (rc != WEIR_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "weir snapshot of generation %uL is refused, "
                      "the last good one stays: %s",
                      generation, weir_error_info(rc)->en);
        return;
    }

    for (i = 0; i < rules->secrets.count; i++) {
        up = &rules->snap.upstreams[i];

        if (rules->secrets.values[i].at == NULL) {
            /* The place is public, the secret is not. */
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "weir: no credential for upstream \"%s\" in %s",
                          weir_snap_text(&rules->snap, up->name),
                          weir_snap_text(&rules->snap, up->secret));
        }
    }

    old = w->rules;
    w->rules = rules;

    if (old != NULL && old->calls == 0) {
        weir_loader_drop(w->loader, old);
    }

    ngx_log_error(NGX_LOG_INFO, log, 0, "weir snapshot of generation %uL",
                  (uint64_t) rules->snap.generation);
}


/* The thread has tried one. */
static void
ngx_http_weir_loaded(ngx_event_t *ev)
{
    int                 rc;
    uint64_t            generation;
    struct weir_rules  *rules;

    rc = weir_loader_take(ngx_http_weir_worker.loader, &generation, &rules);

    if (rc != WEIR_MORE) {
        ngx_http_weir_rules_swap(generation, rc, rules, ev->log);
    }
}


struct weir_rules *
ngx_http_weir_rules_get(ngx_log_t *log)
{
    int                      rc;
    uint64_t                 generation;
    struct weir_rules       *rules;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (w->engine.account == NULL) {
        return NULL;
    }

    generation = weir_account_generation(w->engine.account);

    if (WEIR_UNLIKELY(generation != w->wanted)) {
        w->wanted = generation;

        if (w->rules != NULL) {
            weir_loader_want(w->loader, generation);

        } else {
            /* at the start: there is nothing to go on with meanwhile */
            rc = weir_rules_open(&rules, w->dirfd, NGX_HTTP_WEIR_SNAPSHOT);
            ngx_http_weir_rules_swap(generation, rc, rules, log);
        }
    }

    return w->rules;
}


void
ngx_http_weir_rules_put(struct weir_rules *rules)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (--rules->calls == 0 && rules != w->rules) {
        weir_loader_drop(w->loader, rules);
    }
}


ngx_uint_t
ngx_http_weir_synced(ngx_http_weir_ctx_t *ctx)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (w->commit == NULL
        || ctx->position <= weir_journal_synced(w->engine.journal))
    {
        return 1;
    }

    if (ctx->waiting.next == NULL) {
        ngx_queue_insert_tail(&w->waiting, &ctx->waiting);
        weir_commit_want(w->commit, w->engine.journal, ctx->position);
    }

    return 0;
}


/* Wake the calls whose records are on the disk. */
static void
ngx_http_weir_committed(ngx_event_t *ev)
{
    uint64_t                 synced;
    ngx_queue_t             *q, *next;
    ngx_http_weir_ctx_t     *ctx;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (weir_commit_take(w->commit) != WEIR_OK) {
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

        if (ctx->position <= synced) {
            ngx_queue_remove(q);
            ctx->waiting.next = NULL;
            ngx_post_event(ctx->request->connection->write,
                           &ngx_posted_events);
        }
    }
}


/* Hear of what a thread of ours has done. */
static ngx_connection_t *
ngx_http_weir_hear(int fd, ngx_event_handler_pt handler, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NULL;
    }

    c->read->handler = handler;
    c->read->log = log;

    return ngx_add_event(c->read, NGX_READ_EVENT, 0) == NGX_OK ? c : NULL;
}


static ngx_int_t
ngx_http_weir_threads_start(ngx_http_weir_worker_t *w, ngx_uint_t power,
    ngx_log_t *log)
{
    int  fd;

    if (weir_loader_open(&w->loader, w->dirfd, NGX_HTTP_WEIR_SNAPSHOT, &fd)
        != WEIR_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "weir: no thread for snapshots");
        return NGX_ERROR;
    }

    w->loaded = ngx_http_weir_hear(fd, ngx_http_weir_loaded, log);

    if (w->loaded == NULL || !power) {
        return w->loaded == NULL ? NGX_ERROR : NGX_OK;
    }

    if (weir_commit_open(&w->commit, &fd) != WEIR_OK) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "weir: no thread for durability power");
        return NGX_ERROR;
    }

    w->committed = ngx_http_weir_hear(fd, ngx_http_weir_committed, log);

    return w->committed == NULL ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_weir_poll(ngx_event_t *ev)
{
    struct weir_rules       *rules;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ngx_http_weir_open_files(ev->log);
    rules = ngx_http_weir_rules_get(ev->log);

    if (rules != NULL) {
        ngx_http_weir_check_due(rules);
    }

    if (w->engine.account != NULL) {
        weir_account_memory(w->engine.account, weir_mem_used(w->engine.mem),
                            w->memory, weir_mem_refused(w->engine.mem));
    }

    ngx_add_timer(ev, NGX_HTTP_WEIR_POLL);
}


ngx_int_t
ngx_http_weir_worker_open(ngx_cycle_t *cycle, ngx_http_weir_main_conf_t *wmcf)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ngx_memzero(w, sizeof(ngx_http_weir_worker_t));
    ngx_queue_init(&w->waiting);

    w->dirfd = wmcf->dirfd;
    w->comment = wmcf->comment;
    w->memory = wmcf->memory;
    w->ssl = wmcf->proxy != NULL ? wmcf->proxy->ssl : NULL;
    w->engine.now_ms = ngx_http_weir_now;
    w->engine.mem = weir_mem_open(NGX_HTTP_WEIR_CACHE);

    if (w->engine.mem == NULL) {
        return NGX_ERROR;
    }

    weir_mem_limit(w->engine.mem, w->memory);

    if (getrandom(w->engine.node, sizeof(w->engine.node), 0)
        != (ssize_t) sizeof(w->engine.node))
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "getrandom() failed");
        return NGX_ERROR;
    }

    if (ngx_http_weir_threads_start(w, wmcf->power, cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_weir_drain_open(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_weir_check_open();

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
        return;                    /* without weir_state nothing was opened */
    }

    ngx_http_weir_drain_close();
    ngx_http_weir_check_close();

    weir_commit_close(w->commit);
    w->commit = NULL;

    if (w->committed != NULL) {
        ngx_close_connection(w->committed);
    }

    weir_loader_close(w->loader);
    w->loader = NULL;

    if (w->loaded != NULL) {
        ngx_close_connection(w->loaded);
    }

    weir_journal_close(w->engine.journal);
    w->engine.journal = NULL;

    weir_account_close(w->engine.account);
    w->engine.account = NULL;
}
