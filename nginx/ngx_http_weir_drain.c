
/*
 * ngx_http_weir_drain.c: a worker that ends does not cut a client off that
 * is about to ask again.
 *
 * On QUIT (reload, another program) nginx closes at once every client
 * connection on which no call is going on. A call that is on its way then
 * meets a closed socket: the client sees a reset, and since the call was a
 * POST, many clients do not send it again. So such connections stay open for
 * NGX_HTTP_WEIR_LINGER; a call that comes in is answered with "Connection:
 * close", after which nothing is lost. (nginx has keepalive_min_timeout for
 * this since 1.27.4; Debian 12's does not.) The same holds for a stream that
 * began before the end of its worker was known: its head promised a kept
 * connection.
 *
 * nginx has no hook at that place. But it walks its table of connections
 * from the first one on and calls the read handler of each that is idle. One
 * connection of ours, taken when the worker starts, stands before every
 * client's: its handler runs first and takes the mark "idle" off the others.
 * If it ever stood behind one, that one would be closed as nginx does.
 */

#include "ngx_http_weir_module.h"


#define NGX_HTTP_WEIR_LINGER    500        /* milliseconds; above a round trip
                                              between continents */
#define NGX_HTTP_WEIR_HANDLERS  4          /* HTTP/1 and HTTP/2: two */


typedef struct {
    ngx_connection_t       *first;
    ngx_event_t             timer;
    ngx_event_t             again;         /* posted: exiting after all */
    ngx_event_handler_pt    handlers[NGX_HTTP_WEIR_HANDLERS];
    ngx_uint_t              n;
} ngx_http_weir_drain_t;


static ngx_http_weir_drain_t  ngx_http_weir_drain;


/* Is it how an idle client's connection waits? */
static ngx_uint_t
ngx_http_weir_is_idle(const ngx_connection_t *c)
{
    ngx_uint_t  i;

    for (i = 0; i < ngx_http_weir_drain.n; i++) {
        if (c->read->handler == ngx_http_weir_drain.handlers[i]) {
            return 1;
        }
    }

    return 0;
}


/* The mark off; the handler tells which ones they were. Zero: no room. */
static ngx_uint_t
ngx_http_weir_spare(ngx_connection_t *c)
{
    ngx_http_weir_drain_t  *d = &ngx_http_weir_drain;

    if (!ngx_http_weir_is_idle(c)) {

        if (d->n == NGX_HTTP_WEIR_HANDLERS) {
            return 0;
        }

        d->handlers[d->n++] = c->read->handler;
    }

    c->idle = 0;

    return 1;
}


static void
ngx_http_weir_spare_all(void)
{
    ngx_uint_t         i, spared;
    ngx_connection_t  *c;

    spared = 0;

    for (i = 0; i < ngx_cycle->connection_n; i++) {
        c = &ngx_cycle->connections[i];

        /* a client's: connections to upstreams came through no listener */

        if (c->fd != (ngx_socket_t) -1 && c->idle && c->listening != NULL) {
            spared += ngx_http_weir_spare(c);
        }
    }

    if (spared) {
        ngx_add_timer(&ngx_http_weir_drain.timer, NGX_HTTP_WEIR_LINGER);
    }
}


/* Read handler of our own connection: nginx closes idle ones. */
static void
ngx_http_weir_drain_begin(ngx_event_t *rev)
{
    ngx_connection_t  *c = rev->data;

    if (c->close && ngx_exiting) {
        c->idle = 0;
        ngx_http_weir_spare_all();
    }
}


/*
 * Whether a connection is kept is asked in the very event that ends its
 * answer, and only of ngx_exiting: it reads 0 for the rest of this event.
 */
void
ngx_http_weir_drain_keep(const ngx_http_request_t *r)
{
    if (ngx_exiting && r->keepalive && ngx_http_weir_drain.first != NULL) {
        ngx_exiting = 0;
        ngx_post_event(&ngx_http_weir_drain.again, &ngx_posted_events);
    }
}


static void
ngx_http_weir_drain_again(ngx_event_t *ev)
{
    ngx_exiting = 1;
    ngx_http_weir_spare_all();

    /* what else was kept meanwhile (to an upstream) nginx had closed */

    ngx_close_idle_connections((ngx_cycle_t *) ngx_cycle);
}


static void
ngx_http_weir_drain_end(ngx_event_t *ev)
{
    ngx_uint_t         i;
    ngx_connection_t  *c;

    for (i = 0; i < ngx_cycle->connection_n; i++) {
        c = &ngx_cycle->connections[i];

        if (c->fd != (ngx_socket_t) -1
            && c->listening != NULL
            && ngx_http_weir_is_idle(c))
        {
            c->close = 1;
            c->read->handler(c->read);
        }
    }
}


ngx_int_t
ngx_http_weir_drain_open(ngx_cycle_t *cycle)
{
    ngx_fd_t                fd;
    ngx_http_weir_drain_t  *d = &ngx_http_weir_drain;

    ngx_memzero(d, sizeof(ngx_http_weir_drain_t));

    /* nginx takes a connection without a descriptor for a free one */

    fd = open("/dev/null", O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "open() \"/dev/null\" failed");
        return NGX_ERROR;
    }

    d->first = ngx_get_connection(fd, cycle->log);
    if (d->first == NULL) {
        (void) close(fd);
        return NGX_ERROR;
    }

    d->first->read->handler = ngx_http_weir_drain_begin;
    d->first->read->log = cycle->log;
    d->first->idle = 1;

    d->timer.handler = ngx_http_weir_drain_end;
    d->timer.log = cycle->log;
    d->timer.data = d;

    d->again.handler = ngx_http_weir_drain_again;
    d->again.log = cycle->log;
    d->again.data = d;

    return NGX_OK;
}


void
ngx_http_weir_drain_close(void)
{
    if (ngx_http_weir_drain.first != NULL) {
        ngx_close_connection(ngx_http_weir_drain.first);
        ngx_http_weir_drain.first = NULL;
    }
}
