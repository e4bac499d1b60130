
/*
 * ngx_http_weir_answer.c: the answer comes back. The head is held until the
 * first bytes may leave; then each read of the upstream goes into the flow,
 * and what the flow lets pass goes on at once. Nothing is given on before it
 * is decided, and the last buffer not before the end is recorded.
 *
 *     upstream -> in -> weir_flow_answer_feed -> out -> next filter -> busy
 *
 * A call has one piece of output. While the client has not taken it, nothing
 * more is fed: nginx then stops reading the upstream when its one buffer is
 * full. Its memory goes back as soon as it was taken.
 */

#include "ngx_http_weir_module.h"


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;

static void ngx_http_weir_comment(ngx_event_t *ev);


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


/* What is no longer true of the body. */
static void
ngx_http_weir_clear_head(ngx_http_request_t *r)
{
    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);
}


static void
ngx_http_weir_take_headers(ngx_http_request_t *r, struct weir_flow *flow)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_out.headers.part;
    i = 0;

    while ((h = ngx_http_weir_next(&part, &i)) != NULL) {
        if (h->hash != 0
            && !weir_flow_answer_header(flow, ngx_http_weir_span(&h->key),
                                        ngx_http_weir_span(&h->value)))
        {
            h->hash = 0;
        }
    }
}


/* No other attempt will follow: the memory of the request's body goes back,
   if the upstream has it whole. */
static void
ngx_http_weir_body_done(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    if (r->upstream != NULL && r->upstream->request_body_sent) {
        r->request_body->bufs = NULL;
        weir_flow_body_sent(ctx->flow);
    }
}


static ngx_int_t
ngx_http_weir_header_filter(ngx_http_request_t *r)
{
    int                   rc;
    struct weir_span      coding = { NULL, 0 };
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx != NULL && ctx->state == NGX_HTTP_WEIR_HELD) {
        return NGX_OK;
    }

    if (ngx_exiting) {
        /* nginx closes after this answer: the client has to hear of it */
        r->keepalive = 0;
    }

    if (ctx == NULL || r != r->main || ctx->state != NGX_HTTP_WEIR_SENT) {
        return ngx_http_next_header_filter(r);
    }

    if (r->headers_out.content_encoding
        && r->headers_out.content_encoding->hash != 0)
    {
        coding = ngx_http_weir_span(&r->headers_out.content_encoding->value);
    }

    ngx_http_weir_take_headers(r, ctx->flow);

    if (weir_flow_failed(ctx->flow, (int) r->headers_out.status)) {
        /* error_page leads to ngx_http_weir_error_handler(), that to it */
        return NGX_HTTP_BAD_GATEWAY;
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

    if (ngx_http_weir_worker.comment != 0
        && weir_flow_answer_streams(ctx->flow))
    {
        ctx->comment.handler = ngx_http_weir_comment;
        ctx->comment.data = ctx;
        ctx->comment.log = r->connection->log;
        ctx->left = ngx_current_msec;
        ngx_add_timer(&ctx->comment, ngx_http_weir_worker.comment);
    }

    r->filter_need_in_memory = 1;

    ctx->keepalive = r->keepalive;

    if (!weir_flow_others(ctx->flow)) {
        ngx_http_weir_body_done(r, ctx);
    }

    if (r->upstream != NULL && r->upstream->input_filter_init != NULL) {
        ctx->filter_init = r->upstream->input_filter_init;
        r->upstream->input_filter_init = ngx_http_weir_input_init;
    }

    return NGX_OK;
}


/* The memory does not move any more: show it to nginx. */
static void
ngx_http_weir_show(ngx_http_weir_ctx_t *ctx, ngx_uint_t last)
{
    ngx_buf_t  *b = &ctx->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));

    b->start = ctx->mem.at;
    b->pos = b->start;
    b->last = b->start + ctx->mem.len;
    b->end = b->last;
    b->memory = (ctx->mem.len != 0);
    b->flush = !last;
    b->last_buf = last;

    ctx->link.buf = b;
    ctx->out = &ctx->link;
}


/* Give on what may leave, the head before it. */
static ngx_int_t
ngx_http_weir_flush(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->out == NULL && ctx->busy == NULL
        && (!ctx->head_sent
            || (r->connection->buffered & ~NGX_HTTP_WEIR_BUFFERED) == 0))
    {
        return NGX_OK;
    }

    if (!ctx->head_sent) {
        ctx->head_sent = 1;
        ngx_http_weir_body_done(r, ctx);

        if (ngx_http_weir_add_headers(r, ctx->flow) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_next_header_filter(r);

        if (rc == NGX_ERROR || rc > NGX_OK) {
            return NGX_ERROR;
        }

        ctx->keepalive = r->keepalive;

        if (r->header_only) {
            ctx->out = NULL;
            weir_buf_release(&ctx->mem);
            return NGX_OK;
        }
    }

    rc = ngx_http_next_body_filter(r, ctx->out);

    if (ctx->out != NULL) {
        ctx->busy = ctx->out;
        ctx->out = NULL;
        ctx->left = ngx_current_msec;
    }

    if (ctx->busy != NULL && ctx->buf.pos == ctx->buf.last) {
        ctx->busy = NULL;
        weir_buf_release(&ctx->mem);
    }

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


/*
 * Nothing has left for a while: a comment. It goes straight to the next
 * filters; nginx's own way there, by an event of the client's connection,
 * would begin the time-out of the upstream anew.
 */
static void
ngx_http_weir_comment(ngx_event_t *ev)
{
    ngx_msec_t                 idle, after;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_weir_ctx_t       *ctx = ev->data;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    c = r->connection;
    after = ngx_http_weir_worker.comment;
    idle = ngx_current_msec - ctx->left;

    if (ctx->state != NGX_HTTP_WEIR_ANSWERING) {
        return;
    }

    ngx_add_timer(ev, idle < after ? after - idle : after);

    if (idle < after || ctx->in != NULL || ctx->busy != NULL || c->buffered) {
        return;             /* not idle, or the client takes nothing */
    }

    ngx_http_set_log_request(c->log, r);
    weir_buf_init(&ctx->mem, ngx_http_weir_worker.engine.mem,
                  NGX_HTTP_WEIR_OUT_MAX);

    if (!weir_flow_answer_comment(ctx->flow, &ctx->mem)) {
        weir_buf_release(&ctx->mem);
        return;
    }

    ngx_http_weir_show(ctx, 0);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (ngx_http_weir_flush(r, ctx) != NGX_OK
        || ngx_handle_write_event(c->write, clcf->send_lowat) != NGX_OK)
    {
        ngx_http_finalize_request(r, NGX_ERROR);

    } else if (c->write->active && !c->write->ready) {
        ngx_add_timer(c->write, clcf->send_timeout);
    }

    ngx_http_run_posted_requests(c);
}


/* nginx finalizes an upstream that broke off with a bare flush, a whole answer
   with last_buf (ngx_http_upstream_finalize_request()). */
static ngx_inline ngx_uint_t
ngx_http_weir_broke(ngx_http_request_t *r, ngx_buf_t *b)
{
    return !b->last_buf && b->flush && b->last == b->pos
           && r->upstream != NULL && r->upstream->cleanup == NULL;
}


/* WEIR_OK: more to come. WEIR_DONE: the answer ends here. Or an error. */
static int
ngx_http_weir_feed_buf(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    ngx_buf_t *b)
{
    int         rc;
    ngx_uint_t  broke;

    broke = ngx_http_weir_broke(r, b);
    rc = WEIR_OK;

    if (broke) {
        /* nginx would close the client's connection, which it was told is
           kept; but our answer has an end */

        r->keepalive = ctx->keepalive;
    }

    if (b->in_file && !ngx_buf_in_memory(b)) {
        return WEIR_E_INTERNAL;
    }

    if (b->last != b->pos) {
        rc = weir_flow_answer_feed(ctx->flow, b->pos, b->last - b->pos,
                                   &ctx->mem);
    }

    if (rc == WEIR_OK && (b->last_buf || broke)) {
        rc = weir_flow_answer_finish(ctx->flow, b->last_buf, &ctx->mem);

        if (rc == WEIR_OK) {
            rc = WEIR_DONE;
        }
    }

    return ctx->mem.failed && rc >= 0 ? WEIR_E_NO_MEMORY : rc;
}


/* Nothing has left yet: an error of ours in the place of the answer. */
static ngx_int_t
ngx_http_weir_replace(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    int error)
{
    int  status;

    weir_buf_release(&ctx->mem);

    status = weir_flow_refusal(ctx->flow, error, &ctx->mem);

    if (ctx->mem.failed) {
        return NGX_ERROR;
    }

    ngx_http_clean_header(r);
    ngx_http_weir_set_json(r, status, ctx->mem.len);

    return ngx_http_weir_come_again(r, error);
}


static ngx_int_t
ngx_http_weir_end(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx, int rc)
{
    if (rc < 0) {
        ctx->error = rc;

        if (!ctx->head_sent && !weir_flow_answer_begun(ctx->flow)
            && ngx_http_weir_replace(r, ctx, rc) != NGX_OK)
        {
            return NGX_ERROR;
        }
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

        if (ctx->head_sent || ngx_http_weir_replace(r, ctx, rc) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (!ctx->head_sent) {
        r->headers_out.content_length_n = ctx->mem.len;
    }

    ctx->state = NGX_HTTP_WEIR_ENDING;

    /* what the upstream still sends is not wanted: close it, not keep it */

    if (r->upstream != NULL && r->upstream->cleanup != NULL) {
        r->upstream->length = 0;
        r->upstream->keepalive = 0;
    }

    return NGX_OK;
}


/* All that came in one read makes one piece of output: one write. */
static ngx_int_t
ngx_http_weir_feed(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    int           rc;
    ngx_chain_t  *cl;

    weir_buf_init(&ctx->mem, ngx_http_weir_worker.engine.mem,
                  NGX_HTTP_WEIR_OUT_MAX);
    rc = WEIR_OK;

    while (ctx->in != NULL && rc == WEIR_OK
           && ctx->mem.len < NGX_HTTP_WEIR_BATCH)
    {
        cl = ctx->in;
        ctx->in = cl->next;

        rc = ngx_http_weir_feed_buf(r, ctx, cl->buf);

        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }

    if (rc != WEIR_OK) {
        return ngx_http_weir_end(r, ctx, rc);
    }

    if (ctx->mem.len != 0) {
        ngx_http_weir_show(ctx, 0);
    } else {
        weir_buf_release(&ctx->mem);
    }

    return NGX_OK;
}


/*
 * The upstream broke off before anything left: to the next one, if there is
 * one. What is returned becomes the request's status, as that of an upstream
 * without a head does, and error_page leads to
 * ngx_http_weir_error_handler().
 */
static ngx_int_t
ngx_http_weir_next_upstream(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx,
    ngx_chain_t *in)
{
    if (ctx->state != NGX_HTTP_WEIR_ANSWERING || ctx->head_sent
        || ctx->in != NULL || in == NULL || in->next != NULL
        || !ngx_http_weir_broke(r, in->buf)
        || !weir_flow_answer_again(ctx->flow))
    {
        return NGX_DECLINED;
    }

    if (ctx->comment.timer_set) {
        ngx_del_timer(&ctx->comment);
    }

    ctx->state = NGX_HTTP_WEIR_SENT;
    r->keepalive = ctx->keepalive;       /* nginx took it away just now */
    r->connection->buffered &= ~NGX_HTTP_WEIR_BUFFERED;

    return NGX_HTTP_BAD_GATEWAY;
}


/* A refusal of ours, head and body, once its record is on the disk. */
static ngx_int_t
ngx_http_weir_release(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_int_t     rc;
    ngx_chain_t  *in;

    if (!ngx_http_weir_synced(ctx)) {
        r->connection->buffered |= NGX_HTTP_WEIR_BUFFERED;
        return NGX_AGAIN;
    }

    r->connection->buffered &= ~NGX_HTTP_WEIR_BUFFERED;
    ctx->state = NGX_HTTP_WEIR_OURS;

    rc = ngx_http_next_header_filter(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    in = ctx->in;
    ctx->in = NULL;

    return ngx_http_next_body_filter(r, in);
}


/* What comes after the end is dropped, and counts as taken. */
static void
ngx_http_weir_drop(ngx_http_request_t *r, ngx_http_weir_ctx_t *ctx)
{
    ngx_chain_t  *cl;

    while (ctx->in != NULL) {
        cl = ctx->in;
        ctx->in = cl->next;
        cl->buf->pos = cl->buf->last;
        ngx_free_chain(r->pool, cl);
    }
}


static ngx_int_t
ngx_http_weir_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx == NULL || r != r->main
        || ctx->state < NGX_HTTP_WEIR_ANSWERING
        || ctx->state == NGX_HTTP_WEIR_OURS)
    {
        return ngx_http_next_body_filter(r, in);
    }

    if (ngx_http_weir_next_upstream(r, ctx, in) != NGX_DECLINED) {
        return NGX_HTTP_BAD_GATEWAY;
    }

    if (in && ngx_chain_add_copy(r->pool, &ctx->in, in) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->state == NGX_HTTP_WEIR_HELD) {
        return ngx_http_weir_release(r, ctx);
    }

    for ( ;; ) {

        if (ctx->state == NGX_HTTP_WEIR_ENDING && ngx_http_weir_synced(ctx)) {
            ctx->state = NGX_HTTP_WEIR_ENDED;
            ngx_http_weir_show(ctx, 1);
        }

        if (ngx_http_weir_flush(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ctx->state != NGX_HTTP_WEIR_ANSWERING) {
            ngx_http_weir_drop(r, ctx);
        }

        if (ctx->in == NULL || ctx->busy != NULL) {
            break;
        }

        if (ngx_http_weir_feed(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ctx->in != NULL || ctx->state == NGX_HTTP_WEIR_ENDING) {
        r->connection->buffered |= NGX_HTTP_WEIR_BUFFERED;
        return NGX_AGAIN;
    }

    r->connection->buffered &= ~NGX_HTTP_WEIR_BUFFERED;

    if (ctx->busy) {
        return NGX_AGAIN;
    }

    if (ctx->state == NGX_HTTP_WEIR_ENDED) {
        ngx_http_weir_drain_keep(r);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_weir_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_weir_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_weir_body_filter;

    return NGX_OK;
}
