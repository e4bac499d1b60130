
/*
 * ngx_http_weir_request.c: a call comes in. In order: who and what (headers),
 * the body piece by piece into the flow, the decision, and then either on to
 * proxy_pass with the flow's body, or an answer of ours.
 *
 * It may not: write a body to a file, keep it twice, or answer anything that
 * is not in the protocol's own shape.
 */

#include "ngx_http_weir_module.h"


static ngx_http_weir_ctx_t *ngx_http_weir_create(ngx_http_request_t *r);
static int ngx_http_weir_open(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx);
static ngx_int_t ngx_http_weir_headers(ngx_http_request_t *r,
    struct weir_flow_head *head);
static ngx_int_t ngx_http_weir_bearer(ngx_str_t *value, struct weir_span *key);
static void ngx_http_weir_body_handler(ngx_http_request_t *r);
static void ngx_http_weir_read_body(ngx_http_request_t *r);
static int ngx_http_weir_feed_body(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static void ngx_http_weir_decide(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static ngx_uint_t ngx_http_weir_choose(ngx_http_weir_ctx_t *ctx);
static ngx_int_t ngx_http_weir_set_body(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static ngx_int_t ngx_http_weir_refuse(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx, int error);
static ngx_int_t ngx_http_weir_send(ngx_http_request_t *r, ngx_uint_t status,
    struct weir_buf *body);
static int ngx_http_weir_error_of(ngx_uint_t status);


ngx_int_t
ngx_http_weir_handler(ngx_http_request_t *r)
{
    int                        rc;
    ngx_http_weir_ctx_t       *ctx;
    ngx_http_weir_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_weir_module);

    if (!wlcf->enable || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_weir_find(r);

    if (ctx != NULL) {
        /* the phases go on after the body, or to the next upstream */

        if (ctx->state != NGX_HTTP_WEIR_SENT) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_http_set_ctx(r, ctx, ngx_http_weir_module);
        ctx->body.pos = ctx->body.start;

        return NGX_DECLINED;
    }

    ctx = ngx_http_weir_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_weir_open(r, ctx);

    if (rc != WEIR_OK) {
        ngx_http_finalize_request(r, ngx_http_weir_refuse(r, ctx, rc));
        return NGX_DONE;
    }

    /* pieces as they come, never a file */
    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_weir_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);
    return NGX_DONE;
}


static ngx_http_weir_ctx_t *
ngx_http_weir_create(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_http_weir_ctx_t  *ctx;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_weir_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_weir_ctx_t));

    ctx->request = r;
    ctx->upstream = WEIR_SNAP_NONE;
    ctx->method = r->method;
    ctx->method_name = r->method_name;
    ctx->uri = r->uri;
    ctx->args = r->args;

    cln->handler = ngx_http_weir_cleanup;
    ngx_http_set_ctx(r, ctx, ngx_http_weir_module);

    return ctx;
}


static int
ngx_http_weir_open(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int                      rc, surface_error = WEIR_OK;
    ngx_int_t                given;
    struct weir_flow_head    head;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    static const struct weir_span  models = { (u_char *) "/v1/models/", 11 };

    ngx_memzero(&head, sizeof(head));

    head.surface = weir_surface_of(ngx_http_weir_span(&r->method_name),
                                   ngx_http_weir_span(&r->uri),
                                   &head.protocol, &surface_error);
    ctx->protocol = head.protocol;

    if (head.surface == WEIR_ON_OPENAI_MODELS && r->uri.len > models.len) {
        head.path.at = r->uri.data + models.len;
        head.path.len = r->uri.len - models.len;
    }

    given = ngx_http_weir_headers(r, &head);

    if (w->engine.mem == NULL || w->engine.account == NULL) {
        return WEIR_E_NO_SNAPSHOT;
    }

    if (w->engine.journal == NULL) {
        return WEIR_E_JOURNAL;
    }

    ctx->rules = ngx_http_weir_rules_get(r->connection->log);

    if (ctx->rules != NULL) {
        ctx->rules->calls++;
    }

    ctx->flow = weir_mem_get(w->engine.mem, weir_flow_size(), &ctx->flow_got);

    if (ctx->flow == NULL) {
        return WEIR_E_NO_MEMORY;
    }

    rc = weir_flow_open(ctx->flow, &w->engine,
                        ctx->rules ? &ctx->rules->snap : NULL, &head);

    if (given != NGX_OK) {
        return WEIR_E_BAD_REQUEST;
    }

    if ((rc == WEIR_OK || rc == WEIR_E_SURFACE) && surface_error < 0) {
        return surface_error;
    }

    return rc;
}


/*
 * What the flow needs of the headers. Declined: credentials that contradict
 * each other; which of them counts would be a guess. (nginx itself refuses a
 * second Authorization.)
 */
static ngx_int_t
ngx_http_weir_headers(ngx_http_request_t *r, struct weir_flow_head *head)
{
    ngx_int_t          rc;
    ngx_uint_t         i;
    ngx_list_part_t   *part;
    ngx_table_elt_t   *h;
    struct weir_span   key, *to;

    rc = NGX_OK;
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        to = NULL;
        key = ngx_http_weir_span(&h[i].value);

        switch (h[i].key.len) {

        case sizeof("x-api-key") - 1:
            if (ngx_strncmp(h[i].lowcase_key, "x-api-key", 9) == 0) {
                to = &head->key;
            }
            break;

        case sizeof("authorization") - 1:
            if (ngx_strncmp(h[i].lowcase_key, "authorization", 13) == 0
                && ngx_http_weir_bearer(&h[i].value, &key) == NGX_OK)
            {
                to = &head->key;
            }
            break;

        case sizeof("accept-language") - 1:
            if (ngx_strncmp(h[i].lowcase_key, "accept-language", 15) == 0) {
                head->language = key;
            }
            break;

        case sizeof("content-encoding") - 1:
            if (ngx_strncmp(h[i].lowcase_key, "content-encoding", 16) == 0) {
                to = &head->coding;
            }
            break;
        }

        if (to == NULL || key.len == 0) {
            continue;
        }

        if (to->len != 0
            && (to->len != key.len || ngx_memcmp(to->at, key.at, key.len) != 0))
        {
            rc = NGX_DECLINED;
        }

        *to = key;
    }

    return rc;
}


/* RFC 6750 2.1; the scheme is case-insensitive (RFC 9110 11.1). */
static ngx_int_t
ngx_http_weir_bearer(ngx_str_t *value, struct weir_span *key)
{
    u_char  *p, *last;

    if (value->len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(value->data, (u_char *) "Bearer ", 7) != 0)
    {
        return NGX_DECLINED;
    }

    p = value->data + 7;
    last = value->data + value->len;

    while (p < last && *p == ' ') {
        p++;
    }

    key->at = p;
    key->len = last - p;

    return NGX_OK;
}


static void
ngx_http_weir_body_handler(ngx_http_request_t *r)
{
    ngx_http_weir_read_body(r);
}


static void
ngx_http_weir_read_body(ngx_http_request_t *r)
{
    int                   rc;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    for ( ;; ) {

        rc = ngx_http_weir_feed_body(r, ctx);

        if (rc != WEIR_OK) {
            ngx_http_finalize_request(r, ngx_http_weir_refuse(r, ctx, rc));
            return;
        }

        if (!r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE || rc == NGX_ERROR) {
            ngx_http_finalize_request(r, rc);
            return;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            r->read_event_handler = ngx_http_weir_read_body;
            return;
        }
    }

    ngx_http_weir_decide(r, ctx);
}


/* Take what has come; the buffers go back to nginx at once. */
static int
ngx_http_weir_feed_body(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int           rc;
    ngx_buf_t    *b;
    ngx_chain_t  *cl, *next;

    rc = WEIR_OK;

    for (cl = r->request_body->bufs; cl; cl = next) {
        next = cl->next;
        b = cl->buf;

        if (b->in_file) {
            rc = WEIR_E_INTERNAL;
        }

        if (rc == WEIR_OK && b->last != b->pos) {
            rc = weir_flow_request_feed(ctx->flow, b->pos, b->last - b->pos);
        }

        b->pos = b->last;
        ngx_free_chain(r->pool, cl);
    }

    r->request_body->bufs = NULL;

    return rc;
}


static void
ngx_http_weir_decide(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int              rc;
    ngx_int_t        sent;
    struct weir_buf  out;

    rc = weir_flow_request_finish(ctx->flow);

    if (rc == WEIR_DONE) {
        /* the model list */

        weir_buf_init(&out, ngx_http_weir_worker.engine.mem,
                      WEIR_BODY_BYTES_MAX);
        rc = weir_flow_local(ctx->flow, &out);

        if (rc == WEIR_OK && !out.failed) {
            ctx->state = NGX_HTTP_WEIR_OURS;
            ngx_http_clean_header(r);
            sent = ngx_http_weir_add_headers(r, ctx->flow);

            if (sent == NGX_OK) {
                sent = ngx_http_weir_send(r, NGX_HTTP_OK, &out);
            }

            weir_buf_release(&out);
            ngx_http_finalize_request(r, sent);
            return;
        }

        weir_buf_release(&out);

        if (rc == WEIR_OK) {
            rc = WEIR_E_NO_MEMORY;
        }
    }

    if (rc == WEIR_OK) {
        ctx->state = NGX_HTTP_WEIR_SENT;

        if (weir_flow_upstream(ctx->flow, 0) == WEIR_SNAP_NONE) {
            rc = WEIR_E_UPSTREAM_DOWN;

        } else if (!ngx_http_weir_choose(ctx)) {
            rc = WEIR_E_SECRET;
        }
    }

    if (rc != WEIR_OK) {
        ngx_http_finalize_request(r, ngx_http_weir_refuse(r, ctx, rc));
        return;
    }

    if (ngx_http_weir_set_body(r, ctx) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->preserve_body = 1;
    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* The upstream of this attempt, or the next one that has its credential. */
static ngx_uint_t
ngx_http_weir_choose(ngx_http_weir_ctx_t *ctx)
{
    uint32_t  i;

    for ( ;; ) {
        i = weir_flow_upstream(ctx->flow, ctx->attempt);

        if (i == WEIR_SNAP_NONE) {
            return 0;
        }

        if (ctx->rules->secrets[i].data != NULL) {
            ctx->upstream = i;
            return 1;
        }

        ctx->attempt++;
    }
}


static ngx_int_t
ngx_http_weir_set_body(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    const struct weir_span  body = weir_flow_body(ctx->flow);

    if (r->request_body == NULL) {
        return NGX_ERROR;
    }

    ctx->body.start = (u_char *) body.at;
    ctx->body.pos = ctx->body.start;
    ctx->body.last = ctx->body.start + body.len;
    ctx->body.end = ctx->body.last;
    ctx->body.memory = 1;
    ctx->body.last_buf = 1;

    ctx->body_link.buf = &ctx->body;
    ctx->body_link.next = NULL;

    r->request_body->bufs = &ctx->body_link;
    r->request_body_no_buffering = 0;
    r->headers_in.content_length_n = body.len;
    r->headers_in.chunked = 0;

    return NGX_OK;
}


/* A value for ngx_http_finalize_request(). */
static ngx_int_t
ngx_http_weir_refuse(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    int error)
{
    int               status, ending;
    ngx_int_t         rc;
    struct weir_buf   out;
    struct weir_span  none = { NULL, 0 };

    ending = (ctx->state == NGX_HTTP_WEIR_READING || error == WEIR_E_SECRET)
             ? WEIR_END_REFUSED : WEIR_END_UPSTREAM_BROKE;

    ctx->error = error;
    ctx->state = NGX_HTTP_WEIR_OURS;

    if (r->reading_body) {
        r->keepalive = 0;
    }

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    ngx_http_clean_header(r);

    if (ctx->flow == NULL) {
        if (ngx_http_weir_worker.engine.mem == NULL) {
            return NGX_ERROR;
        }

        weir_buf_init(&out, ngx_http_weir_worker.engine.mem,
                      WEIR_BODY_BYTES_MAX);
        status = weir_refusal(ctx->protocol, error, none, &out);
        rc = NGX_OK;

    } else {
        weir_buf_init(&out, ngx_http_weir_worker.engine.mem,
                      WEIR_BODY_BYTES_MAX);
        status = weir_flow_refusal(ctx->flow, error, &out);
        rc = ngx_http_weir_add_headers(r, ctx->flow);
        r->headers_out.status = status;
        weir_flow_close(ctx->flow, ending, status);
    }

    if (rc == NGX_OK) {
        rc = out.failed ? NGX_ERROR : ngx_http_weir_send(r, status, &out);
    }

    weir_buf_release(&out);

    return rc;
}


static ngx_int_t
ngx_http_weir_send(ngx_http_request_t *r, ngx_uint_t status,
    struct weir_buf *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_http_weir_set_json(r, status, body->len);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_create_temp_buf(r->pool, body->len + 1);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, body->at, body->len);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


void
ngx_http_weir_set_json(ngx_http_request_t *r, ngx_uint_t status, size_t len)
{
    r->err_status = 0;
    r->headers_out.status = status;
    r->headers_out.status_line.len = 0;
    r->headers_out.content_length_n = len;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
}


ngx_int_t
ngx_http_weir_add_headers(ngx_http_request_t *r, struct weir_flow *flow)
{
    u_char            *p;
    unsigned           n;
    ngx_table_elt_t   *h;
    struct weir_span   name, value;

    for (n = 0; weir_flow_header(flow, n, &name, &value); n++) {

        if (value.len == 0) {
            continue;
        }

        h = ngx_list_push(&r->headers_out.headers);
        p = ngx_pnalloc(r->pool, name.len + value.len);

        if (h == NULL || p == NULL) {
            return NGX_ERROR;
        }

        h->hash = 1;
        h->key.data = p;
        h->key.len = name.len;
        p = ngx_cpymem(p, name.at, name.len);
        h->value.data = p;
        h->value.len = value.len;
        ngx_memcpy(p, value.at, value.len);
    }

    return NGX_OK;
}


/*
 * nginx's own errors (error_page 502 = /weir-error/502): the next upstream
 * if there is one, else the protocol's shape.
 */
ngx_int_t
ngx_http_weir_error_handler(ngx_http_request_t *r)
{
    int                   error;
    ngx_int_t             status;
    ngx_http_weir_ctx_t  *ctx;

    static ngx_str_t  again = ngx_string("@weir_next");
    static ngx_str_t  messages = ngx_string("/v1/messages");

    status = r->uri.len > 3
             ? ngx_atoi(r->uri.data + r->uri.len - 3, 3) : NGX_ERROR;
    ctx = ngx_http_weir_find(r);

    if (ctx != NULL) {
        error = ctx->error ? ctx->error : ngx_http_weir_error_of(status);

        if (ctx->error == 0 && ctx->state == NGX_HTTP_WEIR_SENT
            && (error == WEIR_E_UPSTREAM_DOWN
                || error == WEIR_E_UPSTREAM_TIMEOUT))
        {
            ctx->attempt++;

            if (ngx_http_weir_choose(ctx)) {
                r->method = ctx->method;
                r->method_name = ctx->method_name;
                r->uri = ctx->uri;
                r->args = ctx->args;

                return ngx_http_named_location(r, &again);
            }
        }

        return ngx_http_weir_refuse(r, ctx, error);
    }

    /* refused by nginx before the call began: a flow-less refusal */

    ctx = ngx_http_weir_create(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->protocol = r->unparsed_uri.len >= messages.len
                    && ngx_strncmp(r->unparsed_uri.data, messages.data,
                                   messages.len) == 0
                    ? WEIR_ANTHROPIC : WEIR_OPENAI;

    return ngx_http_weir_refuse(r, ctx, ngx_http_weir_error_of(status));
}


static int
ngx_http_weir_error_of(ngx_uint_t status)
{
    switch (status) {
    case NGX_HTTP_NOT_FOUND:
        return WEIR_E_SURFACE;
    case NGX_HTTP_NOT_ALLOWED:
        return WEIR_E_METHOD;
    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return WEIR_E_TOO_LARGE;
    case NGX_HTTP_BAD_GATEWAY:
        return WEIR_E_UPSTREAM_DOWN;
    case NGX_HTTP_GATEWAY_TIME_OUT:
        return WEIR_E_UPSTREAM_TIMEOUT;
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return WEIR_E_TOO_MANY_CALLS;
    case NGX_HTTP_INTERNAL_SERVER_ERROR:
        return WEIR_E_INTERNAL;
    default:
        return WEIR_E_BAD_REQUEST;
    }
}


ngx_int_t
ngx_http_weir_health_handler(ngx_http_request_t *r)
{
    u_char                   text[128];
    struct weir_buf          body;
    ngx_http_weir_rules_t   *rules;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rules = ngx_http_weir_rules_get(r->connection->log);

    ngx_memzero(&body, sizeof(body));
    body.at = text;

    if (rules != NULL && w->engine.journal != NULL) {
        body.len = ngx_snprintf(text, sizeof(text),
                                "{\"status\":\"ok\",\"generation\":%uL}\n",
                                (uint64_t) rules->snap.generation)
                   - text;
        return ngx_http_weir_send(r, NGX_HTTP_OK, &body);
    }

    body.len = ngx_snprintf(text, sizeof(text),
                            "{\"status\":\"%s\",\"generation\":null}\n",
                            w->engine.account == NULL ? "no_account"
                            : w->engine.journal == NULL ? "no_journal"
                            : "no_snapshot")
               - text;

    return ngx_http_weir_send(r, NGX_HTTP_SERVICE_UNAVAILABLE, &body);
}


/* Runs when the request's pool goes, from any state. */
void
ngx_http_weir_cleanup(void *data)
{
    ngx_http_weir_ctx_t    *ctx = data;
    ngx_http_weir_piece_t  *piece;

    if (ctx->waiting.next != NULL) {
        ngx_queue_remove(&ctx->waiting);
        ctx->waiting.next = NULL;
    }

    if (ctx->flow != NULL) {
        weir_flow_close(ctx->flow, ctx->error ? WEIR_END_UPSTREAM_BROKE
                                   : ctx->state == NGX_HTTP_WEIR_OURS
                                   ? WEIR_END_OK : WEIR_END_CLIENT_GONE,
                        ctx->request->headers_out.status
                        ? (int) ctx->request->headers_out.status
                        : NGX_HTTP_CLIENT_CLOSED_REQUEST);
        weir_mem_put(ngx_http_weir_worker.engine.mem, ctx->flow,
                     ctx->flow_got);
        ctx->flow = NULL;
    }

    for (piece = ctx->pieces; piece != NULL; piece = piece->next) {
        weir_buf_release(&piece->mem);
    }

    if (ctx->rules != NULL) {
        ngx_http_weir_rules_put(ctx->rules);
        ctx->rules = NULL;
    }
}
