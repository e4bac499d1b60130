
/*
 * ngx_http_weir_check.c: active checks of upstreams: a connection of their
 * own, verified as for calls, a request, and as much of the answer as it
 * takes. What is asked and what the answer says is weir/check.h's.
 *
 * A check holds the rules that it began under, as a call does, and everything
 * else in a pool of its own. It never keeps an old worker alive.
 */

#include "ngx_http_weir_module.h"

#include "weir/check.h"


typedef struct {
    ngx_queue_t              queue;       /* of those under way */
    ngx_pool_t              *pool;
    ngx_peer_connection_t    peer;
    struct weir_rules       *rules;
    uint32_t                 upstream;    /* index in the snapshot */
    ngx_http_weir_addr_t     addr;
    ngx_str_t                name;
    u_char                   text[NGX_SOCKADDR_STRLEN];
    ngx_buf_t               *request;     /* with the credential */
    struct weir_check        check;
} ngx_http_weir_check_t;


static ngx_queue_t  ngx_http_weir_checks;
static ngx_uint_t   ngx_http_weir_checking;


static const struct weir_snap_upstream *
ngx_http_weir_checked(const ngx_http_weir_check_t *check)
{
    return &check->rules->snap.upstreams[check->upstream];
}


/* The credential is wiped; what was known of the check is gone. */
static void
ngx_http_weir_check_free(ngx_http_weir_check_t *check)
{
    ngx_connection_t  *c = check->peer.connection;

    ngx_queue_remove(&check->queue);
    ngx_http_weir_checking--;

    ngx_explicit_memzero(check->request->start,
                         check->request->end - check->request->start);

    if (c != NULL) {
        if (c->ssl) {
            c->ssl->no_wait_shutdown = 1;
            c->ssl->no_send_shutdown = 1;
            (void) ngx_ssl_shutdown(c);
        }

        ngx_close_connection(c);
    }

    ngx_http_weir_rules_put(check->rules);
    ngx_destroy_pool(check->pool);
}


/* `why` NULL: it was well. */
static void
ngx_http_weir_check_end(ngx_http_weir_check_t *check, const char *why)
{
    const char                       *name;
    enum weir_check_change            change;
    const struct weir_snap_upstream  *up;

    up = ngx_http_weir_checked(check);
    name = weir_snap_text(&check->rules->snap, up->name);
    change = weir_check_end(&ngx_http_weir_worker.engine, up, why == NULL);

    if (change == WEIR_CHECK_OUT) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "weir: upstream \"%s\" is out of service, "
                      "its checks failed: %s", name, why);

    } else if (change == WEIR_CHECK_BACK) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "weir: upstream \"%s\" is back in service", name);
    }

    ngx_http_weir_check_free(check);
}


static void
ngx_http_weir_check_read(ngx_event_t *rev)
{
    int                     rc;
    u_char                  buf[4096];
    ssize_t                 n;
    ngx_connection_t       *c = rev->data;
    ngx_http_weir_check_t  *check = c->data;

    if (rev->timedout) {
        ngx_http_weir_check_end(check, "no answer in time");
        return;
    }

    do {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_http_weir_check_end(check, "no event");
            }

            return;
        }

        if (n <= 0) {
            ngx_http_weir_check_end(check, "the connection broke");
            return;
        }

        rc = weir_check_feed(&check->check, ngx_http_weir_checked(check),
                             buf, n);

    } while (rc == WEIR_MORE);

    ngx_http_weir_check_end(check, rc == WEIR_DONE ? NULL
                                   : "not the answer that is expected");
}


static void
ngx_http_weir_check_write(ngx_event_t *wev)
{
    ssize_t                 n;
    ngx_buf_t              *b;
    ngx_connection_t       *c = wev->data;
    ngx_http_weir_check_t  *check = c->data;

    b = check->request;

    while (b->pos != b->last) {
        n = c->send(c, b->pos, b->last - b->pos);

        if (n == NGX_AGAIN) {
            if (ngx_handle_write_event(wev, 0) != NGX_OK) {
                ngx_http_weir_check_end(check, "no event");
            }

            return;
        }

        if (n <= 0) {
            ngx_http_weir_check_end(check, "it cannot be reached");
            return;
        }

        b->pos += n;
    }
}


static void
ngx_http_weir_check_ask(ngx_connection_t *c)
{
    c->read->handler = ngx_http_weir_check_read;
    c->write->handler = ngx_http_weir_check_write;

    /* what came with the end of a handshake makes no event any more */
    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }

    ngx_http_weir_check_write(c->write);
}


static void
ngx_http_weir_check_shaken(ngx_connection_t *c)
{
    ngx_str_t                         host;
    ngx_http_weir_check_t            *check = c->data;
    const struct weir_snap_upstream  *up;

    if (!c->ssl->handshaked) {
        ngx_http_weir_check_end(check, c->read->timedout
                                       ? "no answer in time"
                                       : "no TLS connection");
        return;
    }

    up = ngx_http_weir_checked(check);
    host.data = (u_char *) weir_snap_text(&check->rules->snap, up->host);
    host.len = up->host.len;

    if (SSL_get_verify_result(c->ssl->connection) != X509_V_OK
        || ngx_ssl_check_host(c, &host) != NGX_OK)
    {
        ngx_http_weir_check_end(check, "its certificate is not good");
        return;
    }

    ngx_http_weir_check_ask(c);
}


static ngx_int_t
ngx_http_weir_check_tls(ngx_http_weir_check_t *check, ngx_connection_t *c)
{
    const char  *host;
    ngx_int_t    rc;
    ngx_ssl_t   *ssl;

    ssl = ngx_http_weir_worker.ssl;

    if (ssl == NULL || ssl->ctx == NULL
        || ngx_ssl_create_connection(ssl, c, NGX_SSL_BUFFER|NGX_SSL_CLIENT)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    host = weir_snap_text(&check->rules->snap,
                          ngx_http_weir_checked(check)->host);

    /* as proxy_ssl_server_name: no name for an address, RFC 6066 3 */
    if (ngx_inet_addr((u_char *) host, ngx_strlen(host)) == INADDR_NONE
        && host[0] != '['
        && SSL_set_tlsext_host_name(c->ssl->connection, host) == 0)
    {
        return NGX_ERROR;
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = ngx_http_weir_check_shaken;
        return NGX_OK;
    }

    ngx_http_weir_check_shaken(c);

    return NGX_OK;
}


static void
ngx_http_weir_check_connected(ngx_event_t *ev)
{
    int                     err;
    socklen_t               len;
    ngx_connection_t       *c = ev->data;
    ngx_http_weir_check_t  *check = c->data;

    if (ev->timedout) {
        ngx_http_weir_check_end(check, "no connection in time");
        return;
    }

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1
        || err)
    {
        ngx_http_weir_check_end(check, "it cannot be reached");
        return;
    }

    if (!ngx_http_weir_checked(check)->tls) {
        ngx_http_weir_check_ask(c);

    } else if (ngx_http_weir_check_tls(check, c) != NGX_OK) {
        ngx_http_weir_check_end(check, "no TLS connection");
    }
}


static void
ngx_http_weir_check_connect(ngx_http_weir_check_t *check)
{
    ngx_int_t                         rc;
    ngx_connection_t                 *c;
    ngx_peer_connection_t            *pc;
    const struct weir_snap_upstream  *up;

    static ngx_uint_t  turn;

    up = ngx_http_weir_checked(check);
    pc = &check->peer;

    pc->socklen = ngx_http_weir_set_addr(&check->addr, &check->rules->snap
                                         .addresses[up->address
                                                    + turn++ % up->addresses]);
    pc->sockaddr = &check->addr.any;
    check->name.data = check->text;
    check->name.len = ngx_sock_ntop(pc->sockaddr, pc->socklen, check->text,
                                    NGX_SOCKADDR_STRLEN, 1);
    pc->name = &check->name;
    pc->get = ngx_event_get_peer;
    pc->log = ngx_cycle->log;
    pc->log_error = NGX_ERROR_INFO;      /* what changes is said at its end */

    rc = ngx_event_connect_peer(pc);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_http_weir_check_end(check, "it cannot be reached");
        return;
    }

    c = pc->connection;
    c->data = check;
    c->pool = check->pool;
    c->log_error = NGX_ERROR_INFO;
    c->sendfile = 0;
    c->read->handler = ngx_http_weir_check_connected;
    c->write->handler = ngx_http_weir_check_connected;

    /* one time for all of it; an old worker does not wait for it */
    c->read->cancelable = 1;
    ngx_add_timer(c->read, up->check_timeout_ms);

    if (rc == NGX_OK) {
        ngx_http_weir_check_connected(c->write);
    }
}


static ngx_int_t
ngx_http_weir_check_start(struct weir_rules *rules, uint32_t upstream)
{
    ngx_pool_t             *pool;
    ngx_http_weir_check_t  *check;

    pool = ngx_create_pool(WEIR_CHECK_BYTES_MAX, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    check = ngx_pcalloc(pool, sizeof(ngx_http_weir_check_t));

    if (check == NULL
        || (check->request = ngx_create_temp_buf(pool, WEIR_CHECK_BYTES_MAX))
           == NULL)
    {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    check->pool = pool;
    check->rules = rules;
    check->upstream = upstream;
    rules->calls++;

    check->request->last += weir_check_write(&rules->snap, &rules->secrets,
                                             upstream, check->request->pos);

    ngx_queue_insert_tail(&ngx_http_weir_checks, &check->queue);
    ngx_http_weir_checking++;

    ngx_http_weir_check_connect(check);

    return NGX_OK;
}


void
ngx_http_weir_check_due(struct weir_rules *rules)
{
    uint32_t                 i;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (ngx_exiting || ngx_terminate) {
        return;
    }

    for (i = 0; i < rules->secrets.count; i++) {

        if (ngx_http_weir_checking == WEIR_CHECKS_AT_ONCE) {
            return;
        }

        if (weir_check_due(&w->engine, &rules->snap, &rules->secrets, i)
            && ngx_http_weir_check_start(rules, i) != NGX_OK)
        {
            return;
        }
    }
}


void
ngx_http_weir_check_open(void)
{
    ngx_queue_init(&ngx_http_weir_checks);
    ngx_http_weir_checking = 0;
}


/* Their connections must be gone before the worker is; of what is not known
   nothing is said. */
void
ngx_http_weir_check_close(void)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&ngx_http_weir_checks)) {
        q = ngx_queue_head(&ngx_http_weir_checks);

        ngx_http_weir_check_free(ngx_queue_data(q, ngx_http_weir_check_t,
                                                queue));
    }
}
