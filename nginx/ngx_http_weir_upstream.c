
/*
 * ngx_http_weir_upstream.c: where a call goes. Addresses come from the
 * snapshot that the call holds; a failed one hands over to the next before
 * the first byte of an answer. Connections are kept by address and TLS host
 * name together, so that one that was verified for a name never serves
 * another.
 */

#include "ngx_http_weir_module.h"


#define NGX_HTTP_WEIR_KEPT_MAX    512         /* idle connections of a worker */
#define NGX_HTTP_WEIR_KEPT_TIME   60000       /* milliseconds, idle */
#define NGX_HTTP_WEIR_KEPT_CALLS  10000       /* of one connection */
#define NGX_HTTP_WEIR_HOST_MAX    255         /* RFC 1035 2.3.4 */


typedef struct {
    ngx_queue_t            queue;
    ngx_connection_t      *connection;    /* NULL: unused */
    ngx_http_weir_addr_t   addr;
    socklen_t              addr_len;
    size_t                 host_len;      /* 0: no TLS */
    u_char                 host[NGX_HTTP_WEIR_HOST_MAX];
} ngx_http_weir_kept_t;


typedef struct {
    ngx_http_upstream_t   *upstream;
    ngx_http_weir_ctx_t   *ctx;
    uint32_t               address;       /* of this try, below addresses */
    ngx_http_weir_addr_t   addr;
    socklen_t              addr_len;
    ngx_str_t              name;
    struct weir_span       host;          /* empty: no TLS */
    u_char                 text[NGX_SOCKADDR_STRLEN];
} ngx_http_weir_peer_t;


static ngx_queue_t  ngx_http_weir_kept;   /* newest first, unused ones last */
static ngx_uint_t   ngx_http_weir_turn;   /* spreads first addresses */


static void
ngx_http_weir_kept_unuse(ngx_http_weir_kept_t *kept)
{
    kept->connection = NULL;
    ngx_queue_remove(&kept->queue);
    ngx_queue_insert_tail(&ngx_http_weir_kept, &kept->queue);
}


static void
ngx_http_weir_set_log(ngx_connection_t *c, ngx_log_t *log)
{
    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->pool->log = log;
}


static void
ngx_http_weir_kept_close(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;

        if (ngx_ssl_shutdown(c) == NGX_AGAIN) {
            c->ssl->handler = ngx_http_weir_kept_close;
            return;
        }
    }

    ngx_destroy_pool(c->pool);
    ngx_close_connection(c);
}


/* Closed by the peer, unasked bytes, or idle for too long: all end it. */
static void
ngx_http_weir_kept_read(ngx_event_t *ev)
{
    char               byte;
    ssize_t            n;
    ngx_connection_t  *c = ev->data;

    if (!c->close && !ev->timedout) {
        n = recv(c->fd, &byte, 1, MSG_PEEK);

        if (n == -1 && ngx_socket_errno == NGX_EAGAIN) {
            ev->ready = 0;

            if (ngx_handle_read_event(ev, 0) == NGX_OK) {
                return;
            }
        }
    }

    ngx_http_weir_kept_unuse(c->data);
    ngx_http_weir_kept_close(c);
}


static void
ngx_http_weir_kept_write(ngx_event_t *ev)
{
    /* nothing is written while idle */
}


static void
ngx_http_weir_keep(ngx_peer_connection_t *pc, ngx_http_weir_peer_t *peer)
{
    ngx_queue_t           *q;
    ngx_connection_t      *c;
    ngx_http_weir_kept_t  *kept;

    q = ngx_queue_last(&ngx_http_weir_kept);
    kept = ngx_queue_data(q, ngx_http_weir_kept_t, queue);

    if (kept->connection != NULL) {
        ngx_http_weir_kept_close(kept->connection);
    }

    ngx_queue_remove(q);
    ngx_queue_insert_head(&ngx_http_weir_kept, q);

    c = pc->connection;
    pc->connection = NULL;

    kept->connection = c;
    kept->addr = peer->addr;
    kept->addr_len = peer->addr_len;
    kept->host_len = peer->host.len;

    if (peer->host.len != 0) {
        ngx_memcpy(kept->host, peer->host.at, peer->host.len);
    }

    c->read->delayed = 0;
    ngx_add_timer(c->read, NGX_HTTP_WEIR_KEPT_TIME);

    if (c->write->timer_set) {
        ngx_del_timer(c->write);
    }

    c->read->handler = ngx_http_weir_kept_read;
    c->write->handler = ngx_http_weir_kept_write;

    c->data = kept;
    c->idle = 1;
    ngx_http_weir_set_log(c, ngx_cycle->log);

    if (c->read->ready) {
        ngx_http_weir_kept_read(c->read);
    }
}


socklen_t
ngx_http_weir_set_addr(ngx_http_weir_addr_t *addr,
    const struct weir_snap_address *a)
{
    ngx_memzero(addr, sizeof(ngx_http_weir_addr_t));

    if (a->family == 6) {
        addr->v6.sin6_family = AF_INET6;
        addr->v6.sin6_port = htons(a->port);
        ngx_memcpy(&addr->v6.sin6_addr, a->ip, 16);

        return sizeof(struct sockaddr_in6);
    }

    addr->v4.sin_family = AF_INET;
    addr->v4.sin_port = htons(a->port);
    ngx_memcpy(&addr->v4.sin_addr, a->ip, 4);

    return sizeof(struct sockaddr_in);
}


static void
ngx_http_weir_set_address(ngx_http_weir_peer_t *peer)
{
    const struct weir_snapshot       *snap = &peer->ctx->rules->snap;
    const struct weir_snap_upstream  *up;

    up = ngx_http_weir_upstream_of(peer->ctx);
    peer->addr_len = ngx_http_weir_set_addr(&peer->addr,
                            &snap->addresses[up->address + peer->address]);

    peer->name.data = peer->text;
    peer->name.len = ngx_sock_ntop(&peer->addr.any, peer->addr_len,
                                   peer->text, NGX_SOCKADDR_STRLEN, 1);
}


/* nginx makes a call again that broke on a kept connection. A tool may have
   done its work by then: its calls have connections of their own. */
static ngx_inline ngx_uint_t
ngx_http_weir_keeps(ngx_http_weir_peer_t *peer)
{
    return !weir_flow_once(peer->ctx->flow);
}


static ngx_int_t
ngx_http_weir_get_peer(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_weir_peer_t  *peer = data;

    ngx_queue_t           *q;
    ngx_connection_t      *c;
    ngx_http_weir_kept_t  *kept;

    ngx_http_weir_set_address(peer);

    pc->cached = 0;
    pc->connection = NULL;
    pc->sockaddr = &peer->addr.any;
    pc->socklen = peer->addr_len;
    pc->name = &peer->name;

    if (!ngx_http_weir_keeps(peer)) {
        return NGX_OK;
    }

    for (q = ngx_queue_head(&ngx_http_weir_kept);
         q != ngx_queue_sentinel(&ngx_http_weir_kept);
         q = ngx_queue_next(q))
    {
        kept = ngx_queue_data(q, ngx_http_weir_kept_t, queue);
        c = kept->connection;

        if (c == NULL) {
            break;
        }

        if (kept->addr_len != peer->addr_len
            || ngx_memcmp(&kept->addr, &peer->addr, peer->addr_len) != 0
            || kept->host_len != peer->host.len
            || (kept->host_len != 0       /* else host.at may be NULL */
                && ngx_memcmp(kept->host, peer->host.at, kept->host_len)
                   != 0))
        {
            continue;
        }

        ngx_http_weir_kept_unuse(kept);
        ngx_http_weir_set_log(c, pc->log);

        c->idle = 0;
        c->sent = 0;
        c->data = NULL;

        if (c->read->timer_set) {
            ngx_del_timer(c->read);
        }

        pc->connection = c;
        pc->cached = 1;

        return NGX_DONE;
    }

    return NGX_OK;
}


static void
ngx_http_weir_free_peer(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_connection_t      *c = pc->connection;
    ngx_http_weir_peer_t  *peer = data;

    if (state & NGX_PEER_FAILED) {
        /* A kept connection that had gone stale says nothing about the
           address: nginx tries the same one afresh. */

        if (!pc->cached) {
            peer->address = (peer->address + 1)
                            % ngx_http_weir_upstream_of(peer->ctx)->addresses;
        }

    } else if (c != NULL
               && ngx_http_weir_keeps(peer)
               && peer->upstream->keepalive
               && peer->upstream->request_body_sent
               && peer->host.len <= NGX_HTTP_WEIR_HOST_MAX
               && !c->read->eof && !c->read->error && !c->read->timedout
               && !c->write->error && !c->write->timedout
               && c->requests < NGX_HTTP_WEIR_KEPT_CALLS
               && !ngx_terminate && !ngx_exiting
               && ngx_handle_read_event(c->read, 0) == NGX_OK)
    {
        ngx_http_weir_keep(pc, peer);
    }

    if (pc->tries) {
        pc->tries--;
    }
}


/* TLS sessions are not kept: connections are (proxy_ssl_session_reuse off). */
static ngx_int_t
ngx_http_weir_set_session(ngx_peer_connection_t *pc, void *data)
{
    return NGX_OK;
}


static void
ngx_http_weir_save_session(ngx_peer_connection_t *pc, void *data)
{
}


static ngx_int_t
ngx_http_weir_set_timeouts(ngx_http_request_t *r,
    const struct weir_snap_upstream *up)
{
    ngx_msec_t                 connect, answer;
    ngx_http_upstream_conf_t  *conf;

    conf = r->upstream->conf;
    connect = up->connect_timeout_ms ? up->connect_timeout_ms
                                     : conf->connect_timeout;
    answer = up->read_timeout_ms ? up->read_timeout_ms : conf->read_timeout;

    if (connect == conf->connect_timeout && answer == conf->read_timeout) {
        return NGX_OK;
    }

    conf = ngx_palloc(r->pool, sizeof(ngx_http_upstream_conf_t));
    if (conf == NULL) {
        return NGX_ERROR;
    }

    *conf = *r->upstream->conf;
    conf->connect_timeout = connect;
    conf->read_timeout = answer;
    r->upstream->conf = conf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_weir_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_http_upstream_t              *u;
    ngx_http_weir_ctx_t              *ctx;
    ngx_http_weir_peer_t             *peer;
    const struct weir_snap_upstream  *up;

    u = r->upstream;
    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx == NULL || ctx->state != NGX_HTTP_WEIR_SENT) {
        return NGX_ERROR;
    }

    up = ngx_http_weir_upstream_of(ctx);

    if (up->addresses == 0) {
        return NGX_ERROR;
    }

    peer = ngx_pcalloc(r->pool, sizeof(ngx_http_weir_peer_t));
    if (peer == NULL) {
        return NGX_ERROR;
    }

    peer->upstream = u;
    peer->ctx = ctx;
    peer->address = ngx_http_weir_turn++ % up->addresses;

    if (up->tls) {
        peer->host = weir_snap_span(&ctx->rules->snap, up->host);
    }

    u->peer.data = peer;
    u->peer.get = ngx_http_weir_get_peer;
    u->peer.free = ngx_http_weir_free_peer;
    u->peer.set_session = ngx_http_weir_set_session;
    u->peer.save_session = ngx_http_weir_save_session;
    u->peer.tries = weir_flow_once(ctx->flow) ? 1 : up->addresses;

    return ngx_http_weir_set_timeouts(r, up);
}


static ngx_int_t
ngx_http_weir_init_upstream(ngx_conf_t *cf, ngx_http_upstream_srv_conf_t *us)
{
    us->peer.init = ngx_http_weir_init_peer;

    return NGX_OK;
}


char *
ngx_http_weir_upstream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_upstream_srv_conf_t  *uscf;

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_upstream_module);

    uscf->peer.init_upstream = ngx_http_weir_init_upstream;

    /* the server that the block must name is never used */
    uscf->flags = NGX_HTTP_UPSTREAM_CREATE;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_weir_kept_open(ngx_cycle_t *cycle)
{
    ngx_uint_t             i;
    ngx_http_weir_kept_t  *kept;

    ngx_queue_init(&ngx_http_weir_kept);

    kept = ngx_pcalloc(cycle->pool, NGX_HTTP_WEIR_KEPT_MAX
                                    * sizeof(ngx_http_weir_kept_t));
    if (kept == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_WEIR_KEPT_MAX; i++) {
        ngx_queue_insert_head(&ngx_http_weir_kept, &kept[i].queue);
    }

    return NGX_OK;
}
