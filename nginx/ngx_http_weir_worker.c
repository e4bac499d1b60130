
/*
 * ngx_http_weir_worker.c: what one worker holds: the account, the journal,
 * the newest snapshot with its credentials, and the calls that wait until
 * their record is on the disk.
 *
 * What is missing at start is tried again ten times a second; until it is
 * there no call passes. A snapshot that fails its checks is refused once,
 * with one line in the log, and the last good one stays.
 */

#include "ngx_http_weir_module.h"

#include <sys/random.h>


#define NGX_HTTP_WEIR_POLL          100              /* milliseconds */
#define NGX_HTTP_WEIR_COMPLAIN      10               /* seconds between */
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


static void
ngx_http_weir_rules_free(ngx_http_weir_rules_t *rules)
{
    weir_secrets_close(&rules->secrets);
    weir_snapshot_close(&rules->snap);
    ngx_free(rules);
}


static void
ngx_http_weir_load(uint64_t generation, ngx_log_t *log)
{
    int                               rc;
    uint32_t                          i;
    ngx_http_weir_rules_t            *rules, *old;
    ngx_http_weir_worker_t           *w = &ngx_http_weir_worker;
    const struct weir_snap_upstream  *up;

    w->tried = generation;

    rules = ngx_calloc(sizeof(ngx_http_weir_rules_t), log);
    if (rules == NULL) {
        return;
    }

    rc = weir_snapshot_map(&rules->snap, w->dirfd, "snapshot/current");

    if (rc != WEIR_OK) {
        ngx_free(rules);
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "weir snapshot of generation %uL is refused, "
                      "the last good one stays: %s",
                      generation, weir_error_info(rc)->en);
        return;
    }

    if (weir_secrets_open(&rules->secrets, &rules->snap) != WEIR_OK) {
        ngx_http_weir_rules_free(rules);
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
        ngx_http_weir_rules_free(old);
    }

    ngx_log_error(NGX_LOG_INFO, log, 0, "weir snapshot of generation %uL",
                  (uint64_t) rules->snap.generation);
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


static ngx_int_t
ngx_http_weir_commit_start(ngx_http_weir_worker_t *w, ngx_log_t *log)
{
    int  fd;

    if (weir_commit_open(&w->commit, &fd) != WEIR_OK) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "weir: no thread for durability power");
        return NGX_ERROR;
    }

    w->committed = ngx_get_connection(fd, log);
    if (w->committed == NULL) {
        return NGX_ERROR;
    }

    w->committed->read->handler = ngx_http_weir_committed;
    w->committed->read->log = log;

    return ngx_add_event(w->committed->read, NGX_READ_EVENT, 0);
}


static void
ngx_http_weir_poll(ngx_event_t *ev)
{
    ngx_http_weir_open_files(ev->log);
    (void) ngx_http_weir_rules_get(ev->log);

    ngx_add_timer(ev, NGX_HTTP_WEIR_POLL);
}


ngx_int_t
ngx_http_weir_worker_open(ngx_cycle_t *cycle, ngx_http_weir_main_conf_t *wmcf)
{
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ngx_memzero(w, sizeof(ngx_http_weir_worker_t));
    ngx_queue_init(&w->waiting);

    w->dirfd = wmcf->dirfd;
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

    if (wmcf->power && ngx_http_weir_commit_start(w, cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_weir_drain_open(cycle) != NGX_OK) {
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

    ngx_http_weir_drain_close();

    weir_commit_close(w->commit);
    w->commit = NULL;

    if (w->committed != NULL) {
        ngx_close_connection(w->committed);
    }

    weir_journal_close(w->engine.journal);
    w->engine.journal = NULL;

    weir_account_close(w->engine.account);
    w->engine.account = NULL;
}
