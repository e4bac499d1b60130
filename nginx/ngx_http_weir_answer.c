
/*
 * ngx_http_weir_answer.c: the answer comes back. The head is held until the
 * first bytes may leave; then each read of the upstream goes into the flow,
 * and what the flow lets pass goes on at once. Nothing is given on before it
 * is decided, and the last buffer not before the end is recorded.
 *
 *     upstream -> in -> weir_flow_answer_feed -> out -> next filter -> busy
 *                                                 ^                     |
 *                                                 +------- free <-------+
 *
 * While the client has not taken the last piece, nothing more is fed: nginx
 * then stops reading the upstream when its one buffer is full.
 */

#include "ngx_http_weir_module.h"


static ngx_int_t ngx_http_weir_header_filter(ngx_http_request_t *r);
static void ngx_http_weir_clear_head(ngx_http_request_t *r);
static ngx_int_t ngx_http_weir_input_init(void *data);
static ngx_int_t ngx_http_weir_input(void *data, ssize_t bytes);
static ngx_int_t ngx_http_weir_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_weir_flush(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static ngx_int_t ngx_http_weir_feed(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static int ngx_http_weir_feed_buf(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx, ngx_buf_t *b, struct weir_buf *out);
static ngx_int_t ngx_http_weir_end(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx, ngx_chain_t *cl, int rc);
static ngx_int_t ngx_http_weir_replace(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx, struct weir_buf *out, int error);
static void ngx_http_weir_swallow(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static void ngx_http_weir_append(ngx_http_weir_ctx_t *ctx, ngx_chain_t *cl);
static ngx_chain_t *ngx_http_weir_get_piece(ngx_http_request_t *r,
    ngx_http_weir_ctx_t *ctx);
static void ngx_http_weir_put_piece(ngx_http_weir_ctx_t *ctx,
    ngx_chain_t *cl);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


ngx_int_t
ngx_http_weir_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_weir_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_weir_body_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_weir_header_filter(ngx_http_request_t *r)
{
    int                   rc;
    struct weir_span      coding = { NULL, 0 };
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx == NULL || r != r->main || ctx->state != NGX_HTTP_WEIR_SENT) {
        return ngx_http_next_header_filter(r);
    }

    if (r->headers_out.content_encoding
        && r->headers_out.content_encoding->hash != 0)
    {
        coding = ngx_http_weir_span(&r->headers_out.content_encoding->value);
    }

    rc = weir_flow_answer_open(ctx->flow, (int) r->headers_out.status,
                         ngx_http_weir_span(&r->headers_out.content_type),
                         coding);
    if (rc < 0) {
        /* error_page leads to ngx_http_weir_error_handler() */
        ctx->error = rc;
        return weir_error_info(rc)->status;
    }

    ngx_http_weir_clear_head(r);
    ctx->state = NGX_HTTP_WEIR_ANSWERING;

    r->filter_need_in_memory = 1;

    if (r->upstream != NULL && r->upstream->input_filter_init != NULL) {
        ctx->filter_init = r->upstream->input_filter_init;
        r->upstream->input_filter_init = ngx_http_weir_input_init;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_weir_input_init(void *data)
{
    ngx_int_t             rc;
    ngx_http_request_t   *r = data;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);
    rc = ctx->filter_init(data);

    ctx->filter = r->upstream->input_filter;
    r->upstream->input_filter = ngx_http_weir_input;

    return rc;
}


/* nginx drops the client when the upstream's framing is invalid; here it is
   an upstream that broke off, and the client gets a clean end. */
static ngx_int_t
ngx_http_weir_input(void *data, ssize_t bytes)
{
    ngx_http_request_t   *r = data;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx->filter(data, bytes) != NGX_OK) {
        r->upstream->error = 1;
        r->upstream->keepalive = 0;
    }

    return NGX_OK;
}


/* What is no longer true of the body, and what only Weir may say. */
static void
ngx_http_weir_clear_head(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    part = &r->headers_out.headers.part;
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

        if (h[i].key.len >= 5
            && ngx_strncasecmp(h[i].key.data, (u_char *) "weir-", 5) == 0)
        {
            h[i].hash = 0;
        }
    }
}


static ngx_int_t
ngx_http_weir_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t             rc;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx == NULL || r != r->main
        || ctx->state < NGX_HTTP_WEIR_ANSWERING
        || ctx->state == NGX_HTTP_WEIR_OURS)
    {
        return ngx_http_next_body_filter(r, in);
    }

    if (in && ngx_chain_add_copy(r->pool, &ctx->in, in) != NGX_OK) {
        return NGX_ERROR;
    }

    for ( ;; ) {

        if (ctx->state == NGX_HTTP_WEIR_ENDING && ngx_http_weir_synced(ctx)) {
            ctx->state = NGX_HTTP_WEIR_ENDED;
            ngx_http_weir_append(ctx, ctx->last);
            ctx->last = NULL;
        }

        if (ngx_http_weir_flush(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ctx->state != NGX_HTTP_WEIR_ANSWERING) {
            ngx_http_weir_swallow(r, ctx);
        }

        if (ctx->in == NULL || ctx->busy != NULL) {
            break;
        }

        rc = ngx_http_weir_feed(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (ctx->in != NULL || ctx->state == NGX_HTTP_WEIR_ENDING) {
        r->connection->buffered |= NGX_HTTP_WEIR_BUFFERED;
        return NGX_AGAIN;
    }

    r->connection->buffered &= ~NGX_HTTP_WEIR_BUFFERED;

    return ctx->busy ? NGX_AGAIN : NGX_OK;
}


/* Give on what may leave, the head before it. */
static ngx_int_t
ngx_http_weir_flush(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    if (ctx->out == NULL && ctx->busy == NULL
        && (!ctx->head_sent
            || (r->connection->buffered & ~NGX_HTTP_WEIR_BUFFERED) == 0))
    {
        return NGX_OK;
    }

    if (!ctx->head_sent) {
        ctx->head_sent = 1;

        if (ngx_http_weir_add_headers(r, ctx->flow) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_next_header_filter(r);

        if (rc == NGX_ERROR || rc > NGX_OK) {
            return NGX_ERROR;
        }

        if (r->header_only) {
            ctx->out = NULL;
            return NGX_OK;
        }
    }

    rc = ngx_http_next_body_filter(r, ctx->out);

    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &ctx->out,
                            (ngx_buf_tag_t) &ngx_http_weir_module);

    for (cl = ctx->free; cl; cl = cl->next) {
        weir_buf_release(&((ngx_http_weir_piece_t *) cl->buf)->mem);
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/* All that came in one read makes one piece of output: one write. */
static ngx_int_t
ngx_http_weir_feed(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int                     rc;
    ngx_chain_t            *cl, *link;
    ngx_http_weir_piece_t  *piece;

    cl = ngx_http_weir_get_piece(r, ctx);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    piece = (ngx_http_weir_piece_t *) cl->buf;
    rc = WEIR_OK;

    while (ctx->in != NULL && rc == WEIR_OK
           && piece->mem.len < NGX_HTTP_WEIR_BATCH)
    {
        link = ctx->in;
        ctx->in = link->next;

        rc = ngx_http_weir_feed_buf(r, ctx, link->buf, &piece->mem);

        link->buf->pos = link->buf->last;
        ngx_free_chain(r->pool, link);
    }

    if (rc != WEIR_OK) {
        return ngx_http_weir_end(r, ctx, cl, rc);
    }

    if (piece->mem.len == 0) {
        ngx_http_weir_put_piece(ctx, cl);
        return NGX_OK;
    }

    ngx_http_weir_append(ctx, cl);

    return NGX_OK;
}


/* WEIR_OK: more to come. WEIR_DONE: the answer ends here. Or an error. */
static int
ngx_http_weir_feed_buf(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    ngx_buf_t *b, struct weir_buf *out)
{
    int         rc;
    ngx_uint_t  broke;

    /* nginx finalizes an upstream that broke off with a bare flush, a whole
       answer with last_buf (ngx_http_upstream_finalize_request()) */

    broke = !b->last_buf && b->flush && b->last == b->pos
            && r->upstream != NULL && r->upstream->cleanup == NULL;

    rc = WEIR_OK;

    if (b->in_file && !ngx_buf_in_memory(b)) {
        return WEIR_E_INTERNAL;
    }

    if (b->last != b->pos) {
        rc = weir_flow_answer_feed(ctx->flow, b->pos, b->last - b->pos, out);
    }

    if (rc == WEIR_OK && (b->last_buf || broke)) {
        rc = weir_flow_answer_finish(ctx->flow, b->last_buf, out);

        if (rc == WEIR_OK) {
            rc = WEIR_DONE;
        }
    }

    if (out->failed && rc >= 0) {
        rc = WEIR_E_NO_MEMORY;
    }

    return rc;
}


static ngx_int_t
ngx_http_weir_end(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    ngx_chain_t *cl, int rc)
{
    ngx_buf_t        *b = cl->buf;
    struct weir_buf  *out = &((ngx_http_weir_piece_t *) cl->buf)->mem;

    if (rc < 0) {
        ctx->error = rc;
    }

    if (rc < 0 && !ctx->head_sent && !weir_flow_answer_begun(ctx->flow)
        && ngx_http_weir_replace(r, ctx, out, rc) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = weir_flow_answer_end(ctx->flow, (int) r->headers_out.status,
                              &ctx->position);

    if (rc < 0) {
        /* not recorded, so not released */

        ctx->error = rc;
        ctx->position = 0;

        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "weir: the end of a call cannot be recorded: %s",
                      weir_error_info(rc)->en);

        if (ctx->head_sent
            || ngx_http_weir_replace(r, ctx, out, rc) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (!ctx->head_sent) {
        r->headers_out.content_length_n = out->len;
    }

    b->last_buf = 1;
    b->flush = 0;
    ctx->last = cl;
    ctx->state = NGX_HTTP_WEIR_ENDING;

    /* what the upstream still sends is not wanted: close it, not keep it */

    if (r->upstream != NULL && r->upstream->cleanup != NULL) {
        r->upstream->length = 0;
        r->upstream->keepalive = 0;
    }

    return NGX_OK;
}


/* Nothing has left yet: an error of ours in the place of the answer. */
static ngx_int_t
ngx_http_weir_replace(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    struct weir_buf *out, int error)
{
    int  status;

    weir_buf_release(out);
    weir_buf_init(out, ngx_http_weir_worker.engine.mem,
                  NGX_HTTP_WEIR_OUT_MAX);

    status = weir_flow_refusal(ctx->flow, error, out);

    if (out->failed) {
        return NGX_ERROR;
    }

    ngx_http_clean_header(r);
    ngx_http_weir_set_json(r, status, out->len);

    return NGX_OK;
}


/* After the end: what comes is dropped, so that nginx sees it taken. */
static void
ngx_http_weir_swallow(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_chain_t  *cl, *next;

    for (cl = ctx->in; cl; cl = next) {
        next = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }

    ctx->in = NULL;
}


/* The memory does not move any more: show it to nginx. */
static void
ngx_http_weir_append(ngx_http_weir_ctx_t *ctx, ngx_chain_t *cl)
{
    ngx_buf_t        *b = cl->buf;
    ngx_chain_t     **ll;
    struct weir_buf  *mem = &((ngx_http_weir_piece_t *) cl->buf)->mem;

    b->start = mem->at;
    b->pos = mem->at;
    b->last = mem->at + mem->len;
    b->end = b->last;
    b->memory = (mem->len != 0);

    for (ll = &ctx->out; *ll; ll = &(*ll)->next) { /* void */ }

    cl->next = NULL;
    *ll = cl;
}


static ngx_chain_t *
ngx_http_weir_get_piece(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_chain_t            *cl;
    ngx_http_weir_piece_t  *piece;

    cl = ctx->free;

    if (cl != NULL) {
        ctx->free = cl->next;
        piece = (ngx_http_weir_piece_t *) cl->buf;

    } else {
        cl = ngx_alloc_chain_link(r->pool);
        piece = ngx_pcalloc(r->pool, sizeof(ngx_http_weir_piece_t));

        if (cl == NULL || piece == NULL) {
            return NULL;
        }

        piece->next = ctx->pieces;
        ctx->pieces = piece;
        cl->buf = &piece->buf;
    }

    ngx_memzero(&piece->buf, sizeof(ngx_buf_t));

    piece->buf.tag = (ngx_buf_tag_t) &ngx_http_weir_module;
    piece->buf.flush = 1;
    cl->next = NULL;

    weir_buf_init(&piece->mem, ngx_http_weir_worker.engine.mem,
                  NGX_HTTP_WEIR_OUT_MAX);

    return cl;
}


static void
ngx_http_weir_put_piece(ngx_http_weir_ctx_t *ctx, ngx_chain_t *cl)
{
    weir_buf_release(&((ngx_http_weir_piece_t *) cl->buf)->mem);
    cl->next = ctx->free;
    ctx->free = cl;
}
