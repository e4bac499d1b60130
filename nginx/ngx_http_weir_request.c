
/*
 * ngx_http_weir_request.c: a call comes in. In order: who and what (headers),
 * the body piece by piece into the flow, the decision, and then either on to
 * proxy_pass with the flow's body, or an answer of ours. (Read it from below:
 * what is used stands above its use.)
 *
 * It may not: write a body to a file, keep it twice, or answer anything that
 * is not in the protocol's own shape.
 */

#include "ngx_http_weir_module.h"


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


/* An answer of ours. `flow` NULL: without its headers. */
static ngx_int_t
ngx_http_weir_send(ngx_http_request_t *r, struct weir_flow *flow,
    ngx_uint_t status, const struct weir_buf *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    ngx_http_weir_set_json(r, status, body->len);

    b = ngx_create_temp_buf(r->pool, body->len + 1);

    if (b == NULL || body->failed
        || (flow != NULL && ngx_http_weir_add_headers(r, flow) != NGX_OK))
    {
        return NGX_ERROR;
    }

    b->last = ngx_cpymem(b->pos, body->at, body->len);
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_weir_come_again(ngx_http_request_t *r, int error)
{
    ngx_table_elt_t  *h;

    if (error != WEIR_E_NO_MEMORY && error != WEIR_E_TOO_MANY_CALLS) {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "retry-after");
    ngx_str_set(&h->value, "1");

    return NGX_OK;
}


/* A value for ngx_http_finalize_request(). */
static ngx_int_t
ngx_http_weir_refuse(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    int error)
{
    int                      status, ending;
    uint64_t                 before;
    ngx_int_t                rc;
    struct weir_buf          out;
    struct weir_span         none = { NULL, 0 };
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ending = (ctx->state == NGX_HTTP_WEIR_READING) ? WEIR_END_REFUSED
                                                   : WEIR_END_UPSTREAM_BROKE;

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

    if (w->engine.mem == NULL
        || ngx_http_weir_come_again(r, error) != NGX_OK)
    {
        return NGX_ERROR;
    }

    weir_buf_init(&out, w->engine.mem, WEIR_BODY_BYTES_MAX);

    if (ctx->flow == NULL) {
        status = weir_refusal(ctx->protocol, error, none, &out);

    } else {
        status = weir_flow_refusal(ctx->flow, error, &out);

        before = weir_journal_appended(w->engine.journal);
        weir_flow_close(ctx->flow, ending, status);
        ctx->position = weir_journal_appended(w->engine.journal);

        if (ctx->position != before && !ngx_http_weir_synced(ctx)) {
            ctx->state = NGX_HTTP_WEIR_HELD;
            ngx_http_set_ctx(r, ctx, ngx_http_weir_module);
        }
    }

    rc = ngx_http_weir_send(r, ctx->flow, status, &out);
    weir_buf_release(&out);

    return rc;
}


static int
ngx_http_weir_open(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int                      rc, surface_error, given = WEIR_OK;
    ngx_uint_t               i;
    ngx_list_part_t         *part;
    ngx_table_elt_t         *h;
    struct weir_flow_head    head;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    ngx_memzero(&head, sizeof(head));

    surface_error = weir_flow_head_open(&head,
                                        ngx_http_weir_span(&r->method_name),
                                        ngx_http_weir_span(&r->uri),
                                        ngx_http_weir_span(&r->args));
    ctx->protocol = head.protocol;

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_weir_next(&part, &i)) != NULL) {
        rc = weir_flow_head_take(&head, (struct weir_span) { h->lowcase_key,
                                                             h->key.len },
                                 ngx_http_weir_span(&h->value));
        given = given ? given : rc;
    }

    if (w->engine.mem == NULL || w->engine.account == NULL) {
        return WEIR_E_NO_SNAPSHOT;
    }

    if (w->engine.journal == NULL) {
        return WEIR_E_JOURNAL;
    }

    ctx->rules = ngx_http_weir_rules_get(r->connection->log);

    if (ctx->rules != NULL) {
        ctx->rules->calls++;
        head.secrets = &ctx->rules->secrets;
    }

    ctx->flow = weir_mem_get(w->engine.mem, weir_flow_size(), &ctx->flow_got);

    if (ctx->flow == NULL) {
        return WEIR_E_NO_MEMORY;
    }

    rc = weir_flow_open(ctx->flow, &w->engine,
                        ctx->rules ? &ctx->rules->snap : NULL, &head);

    if (given != WEIR_OK) {
        return given;
    }

    if ((rc == WEIR_OK || rc == WEIR_E_SURFACE) && surface_error < 0) {
        return surface_error;
    }

    return rc;
}


/* Off to the upstream that the flow chose, with the flow's body: from memory,
   in one buffer. */
static void
ngx_http_weir_aim(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    struct weir_span  body;

    ctx->upstream = weir_flow_upstream(ctx->flow);
    ctx->attempt = weir_flow_attempt(ctx->flow);

    body = weir_flow_body(ctx->flow);

    ctx->body.start = (u_char *) body.at;
    ctx->body.pos = ctx->body.start;
    ctx->body.last = ctx->body.start + body.len;
    ctx->body.end = ctx->body.last;
    ctx->body.memory = 1;
    ctx->body.last_buf = 1;
    ctx->body_link.buf = &ctx->body;

    r->request_body->bufs = body.len != 0 ? &ctx->body_link : NULL;
    r->headers_in.content_length_n = body.len;
}


static void
ngx_http_weir_decide(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int              rc;
    struct weir_buf  out;

    rc = weir_flow_request_finish(ctx->flow);

    if (rc == WEIR_DONE) {
        weir_buf_init(&out, ngx_http_weir_worker.engine.mem,
                      WEIR_BODY_BYTES_MAX);
        rc = weir_flow_local(ctx->flow, &out);

        if (rc == WEIR_OK && !out.failed) {
            ctx->state = NGX_HTTP_WEIR_OURS;
            ngx_http_clean_header(r);
            rc = ngx_http_weir_send(r, ctx->flow, NGX_HTTP_OK, &out);
            weir_buf_release(&out);
            ngx_http_finalize_request(r, rc);
            return;
        }

        weir_buf_release(&out);
        rc = rc ? rc : WEIR_E_NO_MEMORY;
    }

    if (rc != WEIR_OK) {
        ngx_http_finalize_request(r, ngx_http_weir_refuse(r, ctx, rc));
        return;
    }

    ctx->state = NGX_HTTP_WEIR_SENT;
    ngx_http_weir_aim(r, ctx);

    r->request_body_no_buffering = 0;
    r->headers_in.chunked = 0;
    r->preserve_body = 1;

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* Take what has come; the buffers go back to nginx at once. */
static void
ngx_http_weir_read_body(ngx_http_request_t *r)
{
    int                   rc;
    ngx_buf_t            *b;
    ngx_chain_t          *cl;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    for ( ;; ) {

        rc = WEIR_OK;

        while ((cl = r->request_body->bufs) != NULL) {
            b = cl->buf;

            if (b->in_file) {
                rc = WEIR_E_INTERNAL;

            } else if (rc == WEIR_OK && b->last != b->pos) {
                rc = weir_flow_request_feed(ctx->flow, b->pos,
                                            b->last - b->pos);
            }

            b->pos = b->last;
            r->request_body->bufs = cl->next;
            ngx_free_chain(r->pool, cl);
        }

        if (rc != WEIR_OK) {
            ngx_http_finalize_request(r, ngx_http_weir_refuse(r, ctx, rc));
            return;
        }

        if (!r->reading_body) {
            ngx_http_weir_decide(r, ctx);
            return;
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
}


/* Runs when the request's pool goes, from any state. */
void
ngx_http_weir_cleanup(void *data)
{
    ngx_uint_t            status;
    ngx_http_weir_ctx_t  *ctx = data;

    if (ctx->waiting.next != NULL) {
        ngx_queue_remove(&ctx->waiting);
    }

    if (ctx->comment.timer_set) {
        ngx_del_timer(&ctx->comment);
    }

    if (ctx->flow != NULL) {
        status = ctx->request->headers_out.status;

        weir_flow_close(ctx->flow, ctx->error ? WEIR_END_UPSTREAM_BROKE
                                   : ctx->state == NGX_HTTP_WEIR_OURS
                                   ? WEIR_END_OK : WEIR_END_CLIENT_GONE,
                        status ? status : NGX_HTTP_CLIENT_CLOSED_REQUEST);
        weir_mem_put(ngx_http_weir_worker.engine.mem, ctx->flow,
                     ctx->flow_got);
        ctx->flow = NULL;
    }

    weir_buf_release(&ctx->mem);

    if (ctx->rules != NULL) {
        ngx_http_weir_rules_put(ctx->rules);
        ctx->rules = NULL;
    }
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


/* Google's interfaces take a key in the query: the log shows none of it. */
ngx_int_t
ngx_http_weir_hide_query(ngx_http_request_t *r)
{
    u_char  *p;

    p = ngx_strlchr(r->request_line.data,
                    r->request_line.data + r->request_line.len, '?');

    if (p != NULL) {
        r->request_line.len = p - r->request_line.data;
    }

    return NGX_DECLINED;
}


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

    rc = ngx_http_read_client_request_body(r, ngx_http_weir_read_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);
    return NGX_DONE;
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

    status = r->uri.len > 3
             ? ngx_atoi(r->uri.data + r->uri.len - 3, 3) : NGX_ERROR;
    error = weir_error_of_status((int) status);
    ctx = ngx_http_weir_find(r);

    if (ctx == NULL) {
        /* refused by nginx before the call began: a flow-less refusal */

        ctx = ngx_http_weir_create(r);
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        ctx->protocol = weir_protocol_of(
                            ngx_http_weir_span(&r->unparsed_uri));

    } else if (ctx->error != 0) {
        error = ctx->error;

    } else if (ctx->state == NGX_HTTP_WEIR_SENT
               && (error == WEIR_E_UPSTREAM_DOWN
                   || error == WEIR_E_UPSTREAM_TIMEOUT))
    {
        /* the header filter may have asked already, of a 429 or 5xx */

        if (weir_flow_attempt(ctx->flow) != ctx->attempt
            || weir_flow_again(ctx->flow, 0, 0))
        {
            ngx_http_weir_aim(r, ctx);

            r->method = ctx->method;
            r->method_name = ctx->method_name;
            r->uri = ctx->uri;
            r->args = ctx->args;

            /* of the answer that is not given on */
            ngx_http_clean_header(r);

            /* two for each attempt; the list of upstreams is the bound */
            r->uri_changes = NGX_HTTP_MAX_URI_CHANGES + 1;

            return ngx_http_named_location(r, &again);
        }
    }

    return ngx_http_weir_refuse(r, ctx, error);
}


ngx_int_t
ngx_http_weir_health_handler(ngx_http_request_t *r)
{
    u_char                  *p, text[128];
    ngx_uint_t               status;
    struct weir_buf          body;
    struct weir_rules       *rules;
    ngx_http_weir_worker_t  *w = &ngx_http_weir_worker;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rules = ngx_http_weir_rules_get(r->connection->log);

    if (rules != NULL && w->engine.journal != NULL) {
        status = NGX_HTTP_OK;
        p = ngx_sprintf(text, "{\"status\":\"ok\",\"generation\":%uL}\n",
                        (uint64_t) rules->snap.generation);
    } else {
        status = NGX_HTTP_SERVICE_UNAVAILABLE;
        p = ngx_sprintf(text, "{\"status\":\"%s\",\"generation\":null}\n",
                        w->engine.account == NULL ? "no_account"
                        : w->engine.journal == NULL ? "no_journal"
                        : "no_snapshot");
    }

    ngx_memzero(&body, sizeof(body));
    body.at = text;
    body.len = p - text;

    return ngx_http_weir_send(r, NULL, status, &body);
}
