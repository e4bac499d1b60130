/*
 * request.c: the body of a call: inspect every text of it, decide, reserve,
 * write the begin record. Nothing goes out before all of that is done.
 */
#include "flow/flow_internal.h"


int
weir_flow_request_feed(struct weir_flow *f, const uint8_t *at, size_t len)
{
    weir_assert(f->step == WEIR_STEP_REQUEST);
    if (len > f->body.max - f->body.len) {
        return WEIR_E_TOO_LARGE;
    }
    if (len > f->body.cap - f->body.len && weir_mem_scarce(f->w->mem)) {
        return WEIR_E_NO_MEMORY;         /* new work, that would grow */
    }
    weir_buf_add(&f->body, at, len);
    return f->body.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


static bool
is_form(const struct weir_flow *f)
{
    return (f->on->flags & WEIR_SURFACE_FORM) != 0;
}


/* A raw string value without its quotes, which a form has not; model names
   have no escapes that matter: one with escapes simply is not registered. */
static struct weir_span
unquoted(const struct weir_flow *f, struct weir_spot s)
{
    if (s.begin != WEIR_SPOT_NONE && is_form(f)) {
        return (struct weir_span) { f->body.at + s.begin, s.end - s.begin };
    }
    if (s.begin == WEIR_SPOT_NONE || s.end < s.begin + 2) {
        return (struct weir_span) { NULL, 0 };
    }
    return (struct weir_span) { f->body.at + s.begin + 1,
                                s.end - s.begin - 2 };
}


/* "models/ID" of Gemini, without what stands before the id. */
static struct weir_span
bare(struct weir_span name)
{
    static const char  before[] = "models/";
    const size_t       n = sizeof(before) - 1;

    if (name.len > n && memcmp(name.at, before, n) == 0) {
        name.at += n;
        name.len -= n;
    }
    return name;
}


static int
find_model(struct weir_flow *f, const struct weir_facts *facts)
{
    const bool        in_path = f->on->verb != NULL;
    struct weir_span  name = unquoted(f, facts->model);

    if ((facts->model.begin == WEIR_SPOT_NONE && !in_path)
        || (facts->messages == 0
            && (f->on->flags & WEIR_SURFACE_MESSAGES) != 0))
    {
        return WEIR_E_BAD_REQUEST;
    }
    if (in_path) {
        /* A second name in the body must be the same one. */
        if (facts->model.begin != WEIR_SPOT_NONE
            && !weir_span_is(bare(name), f->wanted))
        {
            return WEIR_E_BAD_REQUEST;
        }
        name = weir_span_of(f->wanted);
    }
    f->model = weir_snapshot_model(f->snap, f->scenario, name);
    if (weir_route_first(f, f->model) == WEIR_SNAP_NONE) {
        const int  rc = weir_wire_missing(f);

        f->model = NULL;
        return rc;
    }
    f->asked = f->model;
    return WEIR_OK;
}


int
weir_request_inspect(struct weir_flow *f, const struct weir_text *texts,
    uint32_t n, struct weir_edits *edits)
{
    const struct weir_act  act = weir_act_of(f, false);

    for (uint32_t i = 0; i < n; i++) {
        const int  rc = weir_edit_text(f, &act, f->body.at, &texts[i],
                                       edits);

        if (rc == WEIR_DONE) {
            return WEIR_E_DENIED;
        }
        if (rc < 0) {
            return rc;
        }
    }
    return WEIR_OK;
}


/*
 * Ask for the usage of a stream where the caller did not: a stream without
 * it cannot be paid for exactly. Others than chat and completions of OpenAI
 * always tell.
 */
static void
ask_usage(struct weir_flow *f, const struct weir_facts *facts,
    struct weir_edits *e)
{
    f->stream = facts->stream == 1
                || (f->on->flags & WEIR_SURFACE_STREAM) != 0;
    f->usage_asked = facts->include_usage == 1;
    if (!f->stream || f->usage_asked
        || (f->on->flags & WEIR_SURFACE_USAGE) == 0)
    {
        return;
    }
    f->usage_added = true;
    if (facts->include_usage_at.begin != WEIR_SPOT_NONE) {
        weir_edits_put(e, facts->include_usage_at.begin,
                       facts->include_usage_at.end, "true");

    } else if (facts->stream_options.begin != WEIR_SPOT_NONE
               && f->body.at[facts->stream_options.begin] == '{')
    {
        const uint32_t  in = facts->stream_options.begin + 1;
        uint32_t        k = in;

        while (f->body.at[k] == ' ' || f->body.at[k] == '\t'
               || f->body.at[k] == '\n' || f->body.at[k] == '\r')
        {
            k++;
        }
        weir_edits_put(e, in, in, f->body.at[k] == '}'
                                  ? "\"include_usage\":true"
                                  : "\"include_usage\":true,");

    } else if (facts->stream_options.begin != WEIR_SPOT_NONE) {
        weir_edits_put(e, facts->stream_options.begin,          /* null */
                       facts->stream_options.end,
                       "{\"include_usage\":true}");
    } else {
        weir_edits_put(e, facts->object_end, facts->object_end,
                       ",\"stream_options\":{\"include_usage\":true}");
    }
}


/* The upstream may know the model under another name. */
static void
rename_model(struct weir_flow *f, const struct weir_snap_model *m,
    const struct weir_facts *facts, struct weir_edits *e)
{
    const struct weir_span  served = weir_snap_span(f->snap,
        m->served.len > 0 ? m->served : m->name);
    const size_t            at = e->text.len;
    const struct weir_span  name = unquoted(f, facts->model);

    if (facts->model.begin == WEIR_SPOT_NONE
        || (m == f->asked && m->served.len == 0))
    {
        return;
    }
    if (is_form(f)) {
        weir_buf_add(&e->text, served.at, served.len);
        weir_edits_add(e, facts->model.begin, facts->model.end, at);
        return;
    }
    weir_buf_addc(&e->text, '"');
    if (f->on->verb != NULL) {
        weir_buf_add(&e->text, name.at, name.len - bare(name).len);
    }
    weir_buf_add_json(&e->text, served, 1);
    weir_buf_addc(&e->text, '"');
    weir_edits_add(e, facts->model.begin, facts->model.end, at);
}


int
weir_request_rewrite(struct weir_flow *f, struct weir_edits *edits)
{
    struct weir_buf  changed;
    int              rc;

    if (weir_edits_empty(edits)) {
        return edits->list.failed || edits->text.failed ? WEIR_E_NO_MEMORY
                                                        : WEIR_OK;
    }
    weir_buf_init(&changed, f->w->mem, WEIR_BODY_BYTES_MAX * 2ul);
    rc = weir_edits_apply(edits, f->body.at, f->body.len, &changed);
    if (rc != WEIR_OK) {
        weir_buf_release(&changed);
        return rc;
    }
    weir_buf_release(&f->body);
    f->body = changed;
    return WEIR_OK;
}


/* Where the bound of the output goes in the body: drop `drop` bytes at `at`,
   and put it there between `before` and `after`. */
struct bound {
    size_t       at;
    size_t       drop;
    const char  *before;
    const char  *key;      /* NULL: it stands there */
    const char  *after;
};


/*
 * max_tokens, or how the surface calls it: where it is null in its place, or
 * else behind the last member of the body, which has members: a model or
 * contents. For Gemini it goes into generationConfig. Asked before the edits
 * are applied; of two keys a server might take the one that bounds nothing.
 */
static struct bound
bound_place(const struct weir_flow *f, const struct weir_facts *facts,
    struct weir_edits *e)
{
    const bool              nested = f->on->dialect == WEIR_SPEAKS_GEMINI;
    const size_t            null = sizeof("null") - 1;
    const struct weir_spot  config = facts->stream_options;
    size_t                  next = (size_t) config.begin + 1;

    if (facts->max_tokens.begin != WEIR_SPOT_NONE) {
        return (struct bound) { weir_edits_moved(e, facts->max_tokens.begin),
                                null, "", NULL, "" };
    }
    if (!nested || config.begin == WEIR_SPOT_NONE) {
        return (struct bound) {
            weir_edits_moved(e, facts->object_end), 0,
            nested ? ",\"generationConfig\":{" : ",", f->on->bound,
            nested ? "}" : ""
        };
    }
    if (f->body.at[config.begin] != '{') {
        return (struct bound) { weir_edits_moved(e, config.begin), null, "{",
                                f->on->bound, "}" };
    }
    while (strchr(" \t\r\n", f->body.at[next]) != NULL) {
        next++;
    }
    return (struct bound) { weir_edits_moved(e, config.begin + 1), 0, "",
                            f->on->bound,
                            f->body.at[next] == '}' ? "" : "," };
}


static int
bound_output(struct weir_flow *f, const struct bound *b)
{
    struct weir_buf  tail;

    weir_assert(b->at + b->drop <= f->body.len);
    weir_buf_init(&tail, f->w->mem, WEIR_BODY_BYTES_MAX * 2ul);
    weir_buf_add(&tail, f->body.at + b->at + b->drop,
                 f->body.len - b->at - b->drop);
    f->body.len = b->at;
    weir_buf_adds(&f->body, b->before);
    if (b->key != NULL) {
        weir_buf_addc(&f->body, '"');
        weir_buf_adds(&f->body, b->key);
        weir_buf_adds(&f->body, "\":");
    }
    weir_buf_addi(&f->body, f->bound_tokens);
    weir_buf_adds(&f->body, b->after);
    weir_buf_add(&f->body, tail.at, tail.len);
    f->body.failed |= tail.failed;
    weir_buf_release(&tail);
    return f->body.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


static int
decide_request(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t n)
{
    struct weir_edits               edits;
    struct weir_worst               worst;
    struct bound                    bound = { 0 };
    int                             rc, routed;

    rc = f->on->dialect == WEIR_SPEAKS_MCP ? weir_mcp_open(f, facts)
                                           : WEIR_OK;
    if (rc == WEIR_OK) {
        rc = find_model(f, facts);
    }
    if (rc == WEIR_OK && f->on->dialect == WEIR_SPEAKS_MCP) {
        rc = weir_mcp_allowed(f, facts);
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    if (facts->background) {
        return WEIR_E_BACKGROUND;
    }
    if (facts->token_ids && weir_has_rules(f, false)) {
        return WEIR_E_TOKEN_IDS;
    }
    f->request_not_scanned = facts->not_scanned;
    f->token_ids = facts->token_ids;
    rc = weir_worst_of(f, facts, texts, n, &worst);
    if (rc == WEIR_OK) {
        /* Before the texts are looked at: who asks for what is denied, again
           and again, meets the limit too. */
        rc = weir_rate_enter(f, &worst);
    }
    if (rc != WEIR_OK) {
        return rc;
    }

    weir_edits_init(&edits, f->w->mem);
    rc = weir_request_inspect(f, texts, n, &edits);
    if (rc == WEIR_OK) {
        ask_usage(f, facts, &edits);
        rename_model(f, f->model, facts, &edits);
        if (f->on->bound != NULL) {
            bound = bound_place(f, facts, &edits);
        }
        rc = weir_request_rewrite(f, &edits);
        if (rc == WEIR_OK && is_form(f) && !weir_edits_empty(&edits)) {
            rc = weir_flow_form_again(f, facts, n);
        }
    }
    weir_edits_release(&edits);
    if (rc != WEIR_OK) {
        return rc;
    }
    rc = weir_reserve_worst(f, &worst);
    if (rc != WEIR_OK) {
        return rc;
    }
    if (f->bound_tokens > 0) {
        rc = bound_output(f, &bound);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    routed = weir_route_open(f);
    rc = weir_record_begin(f);
    return rc == WEIR_OK ? routed : rc;
}


/* The body as the request's shape; *texts of weir_texts_get goes back to
   the caller also after an error. */
static int
parse(struct weir_flow *f, struct weir_doc *doc, struct weir_text **texts,
    size_t *got)
{
    uint32_t  max;
    int       rc;

    *texts = weir_texts_get(f->w->mem, f->body.len, &max, got);
    if (*texts == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    weir_doc_open(doc, f->on->request, *texts, max);
    rc = weir_doc_feed(doc, f->body.at, f->body.len);
    return rc == WEIR_OK ? weir_doc_finish(doc) : rc;
}


/* The body is read again: where its model stands has moved with what was
   changed in it, and this is rare. */
int
weir_request_model(struct weir_flow *f, const struct weir_snap_model *m)
{
    struct weir_form    form;
    struct weir_text   *texts = NULL;
    struct weir_edits   edits;
    struct weir_doc     doc;
    size_t              got = 0;
    int                 rc;

    rc = is_form(f) ? weir_flow_form(f, &form)
                    : parse(f, &doc, &texts, &got);
    if (rc == WEIR_OK) {
        weir_edits_init(&edits, f->w->mem);
        rename_model(f, m, is_form(f) ? &form.facts : weir_doc_facts(&doc),
                     &edits);
        rc = weir_request_rewrite(f, &edits);
        weir_edits_release(&edits);
    }
    weir_mem_put(f->w->mem, texts, got);
    if (rc == WEIR_OK) {
        f->model = m;
        f->tried = 0;
        weir_cap_set(f);
    }
    return rc;
}


/* MCP: a session ends. No body, so nothing to look at and to pay. */
static int
end_session(struct weir_flow *f)
{
    struct weir_worst  worst = { 0 };
    int                rc, routed;

    if (f->body.len > 0) {
        return WEIR_E_BAD_REQUEST;
    }
    rc = find_model(f, &weir_plain_facts);
    if (rc == WEIR_OK) {
        rc = weir_rate_enter(f, &worst);
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    routed = weir_route_open(f);
    rc = weir_record_begin(f);
    return rc == WEIR_OK ? routed : rc;
}


static int
form_finish(struct weir_flow *f)
{
    struct weir_form  form;
    int               rc = weir_flow_form(f, &form);

    if (rc != WEIR_OK) {
        return rc;
    }
    if (f->on->surface == WEIR_ON_OPENAI_FILES) {
        return weir_files_upload(f, &form);
    }
    f->file_bytes = form.file_bytes;
    return decide_request(f, &form.facts, form.texts, form.ntexts);
}


int
weir_flow_request_finish(struct weir_flow *f)
{
    struct weir_text  *texts;
    struct weir_doc    doc;
    size_t             got;
    int                rc;

    weir_assert(f->step == WEIR_STEP_REQUEST);
    f->body_bytes = f->body.len;
    weir_sha256(f->body.at, f->body.len, f->body_hash);

    if (f->on->surface == WEIR_ON_OPENAI_MODELS
        || f->on->surface == WEIR_ON_GEMINI_MODELS)
    {
        rc = weir_record_begin(f);
        return rc == WEIR_OK ? WEIR_DONE : rc;
    }
    if (f->on->surface == WEIR_ON_MCP_END) {
        return end_session(f);
    }
    if ((f->on->flags & WEIR_SURFACE_OBJECT) != 0) {
        return weir_files_open(f);
    }
    if (is_form(f)) {
        return form_finish(f);
    }
    if (f->body.len == 0) {
        return WEIR_E_BAD_JSON;
    }

    rc = parse(f, &doc, &texts, &got);
    if (rc == WEIR_OK) {
        rc = (f->on->surface == WEIR_ON_OPENAI_BATCHES ? weir_batch_open
              : f->on->surface == WEIR_ON_ANTHROPIC_BATCHES
              ? weir_batch_list : decide_request)(f, weir_doc_facts(&doc),
                                                  texts,
                                                  weir_doc_texts(&doc));
    }
    weir_mem_put(f->w->mem, texts, got);
    return rc;
}


struct weir_span
weir_flow_body(const struct weir_flow *f)
{
    return weir_buf_span(weir_wire_on(f) ? &f->wire->sent : &f->body);
}


struct weir_span
weir_flow_body_type(const struct weir_flow *f, struct weir_span given)
{
    return is_form(f) ? given
           : weir_flow_body(f).len == 0 ? (struct weir_span) { NULL, 0 }
           : WEIR_SPAN("application/json");
}


void
weir_flow_body_sent(struct weir_flow *f)
{
    weir_assert(f->step >= WEIR_STEP_ANSWER);
    weir_buf_release(&f->body);
    weir_wire_body_sent(f);
}


int
weir_flow_local(struct weir_flow *f, struct weir_buf *out)
{
    f->ending = WEIR_END_OK;
    return weir_local_models(f, out);
}
