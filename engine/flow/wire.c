/*
 * wire.c: a call that is served in another protocol than its caller speaks.
 *
 *     caller    body ─► decided, in its own shape ─► translate ─► upstream
 *            ◄─ translate ◄─ decided, in the upstream's shape ◄── answer
 *
 * Translation stands at the outer side: what the rules, the account and the
 * caps see is always what came, and what is translated has been decided. From
 * the head of the answer on, `f->on` is the surface of the upstream;
 * `f->protocol` stays the caller's. A call of the same protocol has none of
 * this, and no byte of it goes through here.
 */
#include "flow/flow_internal.h"


enum weir_tongue
weir_wire_tongue(const struct weir_flow *f, enum weir_protocol protocol)
{
    const struct weir_surface_info *const  other = weir_surface_other(f->on);

    if (protocol == f->protocol) {
        return WEIR_TONGUE_OWN;
    }
    return other != NULL && other->protocol == protocol ? WEIR_TONGUE_OTHER
                                                        : WEIR_TONGUE_NONE;
}


void
weir_wire_set(struct weir_flow *f, bool on)
{
    if (f->wire != NULL) {
        f->wire->on = on;
    }
}


static struct weir_wire *
wire_of(struct weir_flow *f)
{
    size_t  got;

    if (f->wire == NULL) {
        f->wire = weir_mem_get(f->w->mem, sizeof(*f->wire), &got);
        if (f->wire == NULL) {
            return NULL;
        }
        memset(f->wire, 0, sizeof(*f->wire));
        f->wire->got = got;
        weir_buf_init(&f->wire->sent, f->w->mem, WEIR_BODY_BYTES_MAX * 2ul);
    }
    return f->wire;
}


/* OpenAI's own service takes no field that it does not know. */
static bool
is_openai(struct weir_span host)
{
    static const char *const  ends[] = { "openai.com", "openai.azure.com" };

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const size_t  n = strlen(ends[i]);

        if (host.len >= n && memcmp(host.at + host.len - n, ends[i], n) == 0)
        {
            return true;
        }
    }
    return false;
}


int
weir_wire_request(struct weir_flow *f, uint32_t upstream,
    const struct weir_snap_model *m)
{
    const struct weir_snap_upstream *const  up = &f->snap->upstreams[upstream];
    struct weir_wire                       *w;
    int                                     rc;

    if (up->protocol == f->protocol) {
        weir_wire_set(f, false);
        return WEIR_OK;
    }
    w = wire_of(f);
    if (w == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    w->how = (struct weir_translate_how) {
        .mem = f->w->mem,
        .client = f->protocol == WEIR_OPENAI ? WEIR_WIRE_CHAT
                                             : WEIR_WIRE_MESSAGES,
        .usage = f->usage_asked,
        .openai = is_openai(weir_snap_span(f->snap, up->host)),
        .max_tokens = m->output_tokens_max,
        .now_s = f->begin_ms / 1000,
        .id = f->id_text
    };
    w->sent.len = 0;
    w->sent.failed = false;
    rc = weir_translate_request(&w->how, weir_buf_span(&f->body), &w->sent,
                                w->field);
    w->on = rc == WEIR_OK;
    return rc;
}


const char *
weir_wire_field(const struct weir_flow *f)
{
    return f->wire == NULL ? "" : f->wire->field;
}


/* A model of chat completions has no way to count tokens without a call. */
int
weir_wire_missing(struct weir_flow *f)
{
    static const char  field[] = "count_tokens";
    bool               other = false;

    for (uint32_t i = 0; f->model != NULL && i < f->model->routes; i++) {
        other |= f->snap->upstreams[f->snap->routes[f->model->route + i]
                                        .upstream].protocol == WEIR_OPENAI;
    }
    if (f->on->surface != WEIR_ON_ANTHROPIC_COUNT || !other) {
        return WEIR_E_MODEL_UNKNOWN;
    }
    if (wire_of(f) == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    memcpy(f->wire->field, field, sizeof(field));
    return WEIR_E_NOT_TRANSLATABLE;
}


int
weir_wire_open(struct weir_flow *f)
{
    if (!weir_wire_on(f)) {
        return WEIR_OK;
    }
    if (f->form == WEIR_ANSWER_NONE) {
        return WEIR_E_UPSTREAM_BAD;      /* nothing that could be translated */
    }
    f->on = weir_surface_other(f->on);
    /* What the upstream says of its usage is hidden where the answer is
       translated, and must come there. */
    f->usage_added = false;
    if (f->form == WEIR_ANSWER_SSE) {
        f->wire->stream = weir_translate_open(&f->wire->how);
    }
    return f->form == WEIR_ANSWER_SSE && f->wire->stream == NULL
           ? WEIR_E_NO_MEMORY : WEIR_OK;
}


/* An answer that stands still holds no more than one in its own protocol. */
int
weir_wire_stream(struct weir_flow *f, const struct weir_buf *in, bool end,
    struct weir_buf *out)
{
    int  rc;

    if (in->failed) {
        return WEIR_E_NO_MEMORY;
    }
    weir_translate_counted(f->wire->stream,
                           weir_tokens_estimate(&f->answer_tokens));
    rc = weir_translate_feed(f->wire->stream, in->at, in->len, out);
    return rc == WEIR_OK && end ? weir_translate_finish(f->wire->stream, out)
                                : rc;
}


int
weir_wire_answer(struct weir_flow *f, const struct weir_buf *in,
    struct weir_buf *out)
{
    return in->failed ? WEIR_E_NO_MEMORY
           : weir_translate_answer(&f->wire->how, f->status,
                                   weir_buf_span(in), out);
}


void
weir_wire_body_sent(struct weir_flow *f)
{
    if (f->wire != NULL) {
        weir_buf_release(&f->wire->sent);
    }
}


void
weir_wire_close(struct weir_flow *f)
{
    if (f->wire == NULL) {
        return;
    }
    weir_translate_close(f->wire->stream);
    weir_buf_release(&f->wire->sent);
    weir_mem_put(f->w->mem, f->wire, f->wire->got);
    f->wire = NULL;
}


bool
weir_flow_translated(const struct weir_flow *f)
{
    return weir_wire_on(f);
}
