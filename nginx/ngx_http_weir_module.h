
/*
 * ngx_http_weir_module.h: what the seven files of the module share.
 *
 *     ..._module.c     directives, variables, start and end of a worker
 *     ..._worker.c     account, journal, snapshots, who waits for the disk
 *     ..._drain.c      clients' idle connections when a worker ends
 *     ..._request.c    a call comes in: key, body, decision, refusals
 *     ..._upstream.c   where it goes: addresses, kept connections
 *     ..._check.c      active checks of upstreams
 *     ..._answer.c     the answer comes back through the filters
 *
 * The module adapts nginx's requests, bodies and chains to weir/flow.h and
 * decides nothing itself. It never opens the database, never blocks the
 * event loop on the request path, and allocates nothing per event.
 */

#ifndef _NGX_HTTP_WEIR_MODULE_H_INCLUDED_
#define _NGX_HTTP_WEIR_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "weir/flow.h"
#include "weir/journal.h"
#include "weir/snapshot.h"


/* nginx finds it by name in the module file; all that follows stays hidden,
   the tables that nginx's build adds do not. */
extern WEIR_PUBLIC ngx_module_t  ngx_http_weir_module;

/* nginx's, of which no header tells. */
extern ngx_module_t  ngx_http_proxy_module;

#pragma GCC visibility push(hidden)


/* A bit of connection->buffered beside WRITE 0x10 and GZIP 0x20. Not of
   r->buffered: the postpone filter above us wakes filters for the former
   only. */
#define NGX_HTTP_WEIR_BUFFERED  0x40

/* What one answer may become after marks, labels and escapes were put in. */
#define NGX_HTTP_WEIR_OUT_MAX   (4 * (size_t) WEIR_BODY_BYTES_MAX)

/* Output gathered before it is given on; one read of the upstream is less. */
#define NGX_HTTP_WEIR_BATCH     65536


typedef struct {
    ngx_str_t      state;
    ngx_uint_t     power;          /* a record survives a crash of Weir, or
                                      (1) of the machine too */
    ngx_msec_t     comment;        /* a stream is idle that long; 0: never */
    size_t         memory;         /* of all calls of a worker */
    ngx_fd_t       dirfd;          /* the state folder, opened by the master */
    ngx_http_upstream_conf_t  *proxy;  /* of a location that calls go through:
                                          checks have its TLS */
} ngx_http_weir_main_conf_t;


typedef union {
    struct sockaddr       any;
    struct sockaddr_in    v4;
    struct sockaddr_in6   v6;
} ngx_http_weir_addr_t;


typedef struct {
    ngx_flag_t     enable;
} ngx_http_weir_loc_conf_t;


/* Life of a call as nginx sees it; only forwards. */
typedef enum {
    NGX_HTTP_WEIR_READING = 0,   /* the request body comes in */
    NGX_HTTP_WEIR_SENT,          /* decided; the upstream's turn */
    NGX_HTTP_WEIR_ANSWERING,     /* the answer comes in */
    NGX_HTTP_WEIR_ENDING,        /* end recorded, waits for the disk */
    NGX_HTTP_WEIR_ENDED,         /* the last buffer was given on */
    NGX_HTTP_WEIR_HELD,          /* a refusal of ours waits for the disk */
    NGX_HTTP_WEIR_OURS           /* answered here: refusal, model list */
} ngx_http_weir_state_e;


typedef struct {
    ngx_http_request_t      *request;
    struct weir_rules       *rules;        /* NULL: none were loaded */
    struct weir_flow        *flow;         /* NULL: closed */
    size_t                   flow_got;
    ngx_http_weir_state_e    state;
    int                      error;        /* enum weir_error or 0 */
    ngx_uint_t               attempt;      /* weir_flow_attempt of upstream */
    ngx_uint_t               method;       /* as received: error_page makes */
    ngx_str_t                method_name;  /* a GET of another URI of it */
    ngx_str_t                uri;
    ngx_str_t                args;
    uint32_t                 upstream;     /* index in the snapshot */
    enum weir_protocol       protocol;
    ngx_buf_t                body;         /* over weir_flow_body */
    ngx_chain_t              body_link;

    ngx_int_t              (*filter_init)(void *data);   /* of proxy_pass */
    ngx_int_t              (*filter)(void *data, ssize_t bytes);

    ngx_chain_t             *in;           /* not yet inspected */
    ngx_chain_t             *out;          /* the piece, when it may leave */
    ngx_chain_t             *busy;         /* the piece, until it has left */
    ngx_chain_t              link;
    ngx_buf_t                buf;          /* over mem */
    struct weir_buf          mem;          /* the piece of output */
    uint64_t                 position;     /* of the end record */
    ngx_queue_t              waiting;      /* for the disk */
    ngx_event_t              comment;      /* while it streams */
    ngx_msec_t               left;         /* when something last did */
    unsigned                 head_sent:1;
    unsigned                 keepalive:1;  /* of the client, at the head */
} ngx_http_weir_ctx_t;


/* Why struct and not a conf: one worker, one of each. */
typedef struct {
    struct weir_worker       engine;
    struct weir_rules       *rules;        /* in force; NULL: none */
    uint64_t                 wanted;       /* generation that was last seen */
    struct weir_loader      *loader;
    ngx_connection_t        *loaded;       /* its descriptor */
    ngx_fd_t                 dirfd;
    ngx_msec_t               comment;      /* of the configuration */
    size_t                   memory;
    struct weir_commit      *commit;       /* NULL: durability process */
    ngx_connection_t        *committed;    /* its descriptor */
    ngx_queue_t              waiting;      /* calls that wait for the disk */
    ngx_ssl_t               *ssl;          /* to upstreams; NULL: none */
    ngx_event_t              timer;
    time_t                   said;         /* last complaint */
} ngx_http_weir_worker_t;


/* module.c */
ngx_http_weir_ctx_t *ngx_http_weir_find(ngx_http_request_t *r);

/* worker.c */
extern ngx_http_weir_worker_t  ngx_http_weir_worker;

ngx_int_t ngx_http_weir_worker_open(ngx_cycle_t *cycle,
    ngx_http_weir_main_conf_t *wmcf);
void ngx_http_weir_worker_close(ngx_cycle_t *cycle);
/* The rules in force, or NULL; looks for newer ones (one atomic load), which
   a thread tries meanwhile. */
struct weir_rules *ngx_http_weir_rules_get(ngx_log_t *log);
void ngx_http_weir_rules_put(struct weir_rules *rules);
/* Is the record on the disk? If not, the call is queued and woken later. */
ngx_uint_t ngx_http_weir_synced(ngx_http_weir_ctx_t *ctx);

/* drain.c */
ngx_int_t ngx_http_weir_drain_open(ngx_cycle_t *cycle);
void ngx_http_weir_drain_close(void);
/* The whole answer has left, nginx is about to end the request. */
void ngx_http_weir_drain_keep(const ngx_http_request_t *r);

/* request.c */
ngx_int_t ngx_http_weir_hide_query(ngx_http_request_t *r);
ngx_int_t ngx_http_weir_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_weir_error_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_weir_health_handler(ngx_http_request_t *r);
void ngx_http_weir_cleanup(void *data);
ngx_int_t ngx_http_weir_add_headers(ngx_http_request_t *r,
    struct weir_flow *flow);
/* Of an error that passes by itself: when to come again. */
ngx_int_t ngx_http_weir_come_again(ngx_http_request_t *r, int error);
void ngx_http_weir_set_json(ngx_http_request_t *r, ngx_uint_t status,
    size_t len);

/* upstream.c */
char *ngx_http_weir_upstream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_weir_kept_open(ngx_cycle_t *cycle);
socklen_t ngx_http_weir_set_addr(ngx_http_weir_addr_t *addr,
    const struct weir_snap_address *a);

/* check.c */
void ngx_http_weir_check_open(void);
void ngx_http_weir_check_close(void);
/* Begin those that are due. */
void ngx_http_weir_check_due(struct weir_rules *rules);

/* answer.c */
ngx_int_t ngx_http_weir_filter_init(ngx_conf_t *cf);


/* The next of a list of headers, NULL at its end; *i counts within *part. */
static ngx_inline ngx_table_elt_t *
ngx_http_weir_next(ngx_list_part_t **part, ngx_uint_t *i)
{
    while (*part != NULL && *i >= (*part)->nelts) {
        *part = (*part)->next;
        *i = 0;
    }

    return *part ? (ngx_table_elt_t *) (*part)->elts + (*i)++ : NULL;
}


static ngx_inline struct weir_span
ngx_http_weir_span(const ngx_str_t *s)
{
    return (struct weir_span) { s->data, s->len };
}


static ngx_inline const struct weir_snap_upstream *
ngx_http_weir_upstream_of(const ngx_http_weir_ctx_t *ctx)
{
    return &ctx->rules->snap.upstreams[ctx->upstream];
}


#pragma GCC visibility pop

#endif /* _NGX_HTTP_WEIR_MODULE_H_INCLUDED_ */
