/*
 * files.c: files of requests, batches of them, and whose they are.
 *
 * The provider knows one caller, the operator, so what one scenario keeps
 * there another could read. No table here says whose an object is: its id
 * does. To the caller it is
 *
 *     file-abc-w<16 hex digits: cost><32 hex digits: code>
 *
 * The code is keyed by the credential of the upstream that has the object,
 * which no caller knows, over the scenario, the upstream, the cost and the
 * provider's id. An id without a code of this scenario names nothing
 * (docs/decisions/0014).
 *
 * A batch spends money in no call that passes here. What its requests may
 * cost is added up when their file is looked at, goes with the file's id, and
 * is paid when a batch of it is made.
 */
#include "decode/json.h"
#include "flow/flow_internal.h"

#define CODE_BYTES  16
#define TAIL_CHARS  (2 + 16 + 2 * CODE_BYTES)     /* -w, cost, code */
#define ID_MAX      64
#define COST_NONE   UINT64_MAX                    /* not known: no batch */


/* ---- ids ---- */

static void
code_of(const struct weir_flow *f, uint32_t upstream, struct weir_span id,
    const char *cost, uint8_t code[32])
{
    const struct weir_span  key = f->secrets->values[upstream];
    const struct weir_span  parts[] = {
        WEIR_SPAN("weir object 1"),
        weir_snap_span(f->snap, f->scenario->name),
        weir_snap_span(f->snap, f->snap->upstreams[upstream].name),
        { (const uint8_t *) cost, 16 }, id
    };
    uint8_t                 text[2 * WEIR_NAME_BYTES_MAX + ID_MAX + 64];
    size_t                  n = 0;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        weir_assert(parts[i].len < sizeof(text) - n);
        memcpy(text + n, parts[i].at, parts[i].len);
        n += parts[i].len;
        text[n++] = '\n';
    }
    weir_hmac_sha256(key, (struct weir_span) { text, n }, code);
}


static void
add_hex(struct weir_buf *out, const uint8_t *at, size_t len)
{
    static const char  digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        weir_buf_addc(out, (uint8_t) digits[at[i] >> 4]);
        weir_buf_addc(out, (uint8_t) digits[at[i] & 15]);
    }
}


static bool
is_id(struct weir_span id)
{
    for (size_t i = 0; i < id.len; i++) {
        const uint8_t  c = id.at[i];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a'
                                         && (c | 0x20) <= 'z')
              || c == '-' || c == '_'))
        {
            return false;
        }
    }
    return id.len > 0 && id.len <= ID_MAX;
}


static bool
hex_take(struct weir_span s, uint8_t *to)
{
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t  c = s.at[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
        to[i / 2] = (uint8_t) (to[i / 2] << 4
                               | (c <= '9' ? c - '0' : c - 'a' + 10));
    }
    return true;
}


/* Has the upstream a key for codes, and does it speak the protocol? */
static bool
keeps(const struct weir_flow *f, uint32_t u)
{
    return f->snap->upstreams[u].protocol == f->protocol
           && f->snap->upstreams[u].addresses != 0
           && f->secrets != NULL && f->secrets->values[u].len > 0;
}


/* The provider's id in *id, where it is in f->pinned, by the model through
   which the scenario reaches it. OBJECT: it is none of this scenario. */
static int
unwrap(struct weir_flow *f, struct weir_span wrapped, struct weir_span *id,
    uint64_t *cost)
{
    uint8_t                  bytes[8 + CODE_BYTES] = { 0 }, code[32];
    const struct weir_span   tail = {
        wrapped.at + wrapped.len - (TAIL_CHARS - 2), TAIL_CHARS - 2
    };

    if (wrapped.len <= TAIL_CHARS || memcmp(tail.at - 2, "-w", 2) != 0
        || !hex_take(tail, bytes))
    {
        return WEIR_E_OBJECT;
    }
    *id = (struct weir_span) { wrapped.at, wrapped.len - TAIL_CHARS };
    if (!is_id(*id)) {
        return WEIR_E_OBJECT;
    }
    *cost = 0;
    for (int i = 0; i < 8; i++) {
        *cost = *cost << 8 | bytes[i];
    }
    for (uint32_t k = 0; k < f->scenario->models; k++) {
        const struct weir_snap_model *const  m =
            &f->snap->models[f->snap->refs[f->scenario->model + k]];

        for (uint32_t i = 0; i < m->routes; i++) {
            const uint32_t  u = f->snap->routes[m->route + i].upstream;

            if (!keeps(f, u)) {
                continue;
            }
            code_of(f, u, *id, (const char *) tail.at, code);
            if (weir_equal_ct(code, bytes + 8, CODE_BYTES)) {
                f->pinned = u;
                f->model = f->asked = m;
                return WEIR_OK;
            }
        }
    }
    return WEIR_E_OBJECT;
}


/* The id as the caller gets it. */
static void
put_id(struct weir_flow *f, struct weir_span id, uint64_t cost,
    struct weir_buf *out)
{
    uint8_t  bytes[8], code[32];
    char     hex[17];

    for (int k = 0; k < 8; k++) {
        bytes[k] = (uint8_t) (cost >> (56 - 8 * k));
    }
    weir_buf_add(out, id.at, id.len);
    weir_buf_adds(out, "-w");
    add_hex(out, bytes, 8);
    if (out->failed) {
        return;
    }
    memcpy(hex, out->at + out->len - 16, 16);
    code_of(f, f->upstream, id, hex, code);
    add_hex(out, code, CODE_BYTES);
}


/* A value of the answer that is an id; len 0: it is none. */
static struct weir_span
id_at(const uint8_t *doc, struct weir_spot s)
{
    return s.begin == WEIR_SPOT_NONE || doc[s.begin] != '"'
           ? (struct weir_span) { NULL, 0 }
           : (struct weir_span) { doc + s.begin + 1, s.end - s.begin - 2 };
}


int
weir_files_wrap(struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts, struct weir_edits *e)
{
    const struct weir_span  own = id_at(doc, facts->marks[WEIR_MARK_ID]);

    for (unsigned i = 0; i < WEIR_MARKS; i++) {
        const struct weir_spot  s = facts->marks[i];
        const bool              link = i == WEIR_MARK_LINK;
        const bool              file = f->on->surface == WEIR_ON_OPENAI_FILES
                                       && i == WEIR_MARK_ID;
        const struct weir_span  id = link ? own : id_at(doc, s);
        const size_t            at = e->text.len;

        if (s.begin == WEIR_SPOT_NONE || (id.len == 0 && !link)) {
            continue;
        }
        if (!is_id(id)) {
            return WEIR_E_UPSTREAM_BAD;
        }
        weir_buf_addc(&e->text, '"');
        if (link) {
            /* that of the provider would lead around the gateway; SDKs take
               a path for one of their own base */
            weir_buf_adds(&e->text, "/v1/messages/batches/");
        }
        put_id(f, id, file ? (uint64_t) f->batch : COST_NONE, &e->text);
        weir_buf_adds(&e->text, link ? "/results\"" : "\"");
        if (e->text.failed) {
            return WEIR_E_NO_MEMORY;
        }
        weir_edits_add(e, s.begin, s.end, at);
    }
    return WEIR_OK;
}


/* Send what was decided to where the object is. */
static int
go(struct weir_flow *f)
{
    const int  routed = weir_route_open(f);
    const int  rc = weir_record_begin(f);

    return rc == WEIR_OK ? routed : rc;
}


int
weir_files_open(struct weir_flow *f)
{
    struct weir_worst  worst = { 0 };
    struct weir_span   id;
    uint64_t           cost;
    int                rc;

    if (f->body.len > 0) {
        return WEIR_E_BAD_REQUEST;
    }
    rc = unwrap(f, weir_span_of(f->wanted), &id, &cost);
    if (rc != WEIR_OK) {
        return rc;
    }
    f->wanted[id.len] = '\0';
    rc = weir_rate_enter(f, &worst);
    return rc == WEIR_OK ? go(f) : rc;
}


int
weir_batch_open(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t n)
{
    const struct weir_spot  s = facts->marks[WEIR_MARK_ID];
    struct weir_worst       worst = { 0 };
    struct weir_edits       e;
    struct weir_span        id;
    uint64_t                cost;
    size_t                  at;
    int                     rc;

    if (s.begin == WEIR_SPOT_NONE) {
        return WEIR_E_BAD_REQUEST;
    }
    rc = unwrap(f, (struct weir_span) { f->body.at + s.begin + 1,
                                        s.end - s.begin - 2 }, &id, &cost);
    if (rc == WEIR_OK && cost > INT64_MAX) {
        rc = WEIR_E_OBJECT;
    }
    if (rc == WEIR_OK) {
        rc = weir_rate_enter(f, &worst);
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    f->batch = (weir_micro) cost;
    weir_edits_init(&e, f->w->mem);
    rc = weir_request_inspect(f, texts, n, &e);
    if (rc == WEIR_OK) {
        at = e.text.len;
        weir_buf_addc(&e.text, '"');
        weir_buf_add(&e.text, id.at, id.len);
        weir_buf_addc(&e.text, '"');
        weir_edits_add(&e, s.begin, s.end, at);
        rc = weir_request_rewrite(f, &e);
    }
    weir_edits_release(&e);
    if (rc == WEIR_OK) {
        rc = weir_reserve_amount(f, f->batch);
    }
    return rc == WEIR_OK ? go(f) : rc;
}


/* ---- a file of requests ---- */

/* The interface that a line is for. SURFACE: none that is inspected here. */
static int
interface_of(const struct weir_flow *f, const uint8_t *line,
    const struct weir_facts *facts, const struct weir_surface_info **on)
{
    const struct weir_spot  url = facts->marks[WEIR_MARK_URL];
    const struct weir_spot  method = facts->marks[WEIR_MARK_METHOD];
    enum weir_protocol      protocol;
    struct weir_span        id;
    int                     error;

    if (facts->marks[WEIR_MARK_ID].begin == WEIR_SPOT_NONE
        || facts->marks[WEIR_MARK_BODY].begin == WEIR_SPOT_NONE
        || line[facts->marks[WEIR_MARK_BODY].begin] != '{')
    {
        return WEIR_E_BAD_REQUEST;
    }
    if (f->protocol == WEIR_ANTHROPIC) {
        *on = weir_surface_info(WEIR_ON_ANTHROPIC_MESSAGES);
        return WEIR_OK;
    }
    if (url.begin == WEIR_SPOT_NONE || method.begin == WEIR_SPOT_NONE)
    {
        return WEIR_E_BAD_REQUEST;
    }
    *on = weir_surface_info(weir_surface_of(
        (struct weir_span) { line + method.begin + 1,
                             method.end - method.begin - 2 },
        (struct weir_span) { line + url.begin + 1, url.end - url.begin - 2 },
        &protocol, &id, &error));
    switch ((*on)->surface) {
    case WEIR_ON_OPENAI_CHAT:
    case WEIR_ON_OPENAI_RESPONSES:
    case WEIR_ON_OPENAI_COMPLETIONS:
    case WEIR_ON_OPENAI_EMBEDDINGS:
    case WEIR_ON_OPENAI_MODERATIONS:
        return error == 0 ? WEIR_OK : WEIR_E_SURFACE;
    default:
        return WEIR_E_SURFACE;
    }
}


/* The model of a line may serve it, at the one upstream that has the file:
   the first of the first line's model. */
static const struct weir_snap_model *
model_of(struct weir_flow *f, struct weir_span name)
{
    const struct weir_snap_model *const  m =
        weir_snapshot_model(f->snap, f->scenario, name);

    for (uint32_t i = 0; m != NULL && i < m->routes; i++) {
        const uint32_t  u = f->snap->routes[m->route + i].upstream;

        if (f->pinned == WEIR_SNAP_NONE && keeps(f, u)) {
            f->pinned = u;
            f->model = f->asked = m;
        }
        if (u == f->pinned) {
            return m;
        }
    }
    return NULL;
}


/* What the line costs at most by its own bound, its text as it is usually
   counted. */
static weir_micro
cost_of(const struct weir_surface_info *on, const struct weir_snap_model *m,
    const struct weir_facts *facts, const struct weir_token_count *text)
{
    const int64_t     choices = facts->choices > 1 ? facts->choices : 1;
    const int64_t     out = facts->max_tokens_value >= 0
                            ? facts->max_tokens_value
                            : (on->flags & WEIR_SURFACE_NO_TEXT) != 0
                            ? 0 : m->output_tokens_max;
    const weir_micro  tokens = weir_cost(weir_tokens_estimate(text)
                                         + facts->token_ids, m->input_price,
                                         out * choices, m->output_price);

    return tokens > INT64_MAX - m->call_price ? INT64_MAX
                                              : tokens + m->call_price;
}


/* Texts of a document that stands at `at` of the body. */
static int
inspect_at(struct weir_flow *f, struct weir_text *texts, uint32_t n,
    size_t at, struct weir_edits *e)
{
    for (uint32_t i = 0; i < n; i++) {
        texts[i].begin += (uint32_t) at;
        texts[i].end += (uint32_t) at;
    }
    return weir_request_inspect(f, texts, n, e);
}


/* The request in a line. */
static int
body_take(struct weir_flow *f, const struct weir_surface_info *on,
    struct weir_doc *doc, struct weir_text *texts, struct weir_edits *e,
    size_t at)
{
    const struct weir_facts *const  facts = weir_doc_facts(doc);
    const uint32_t                  n = weir_doc_texts(doc);
    struct weir_token_count         count = { 0 };
    const struct weir_snap_model   *m;
    struct weir_span                name;
    weir_micro                      cost;

    if (facts->model.begin == WEIR_SPOT_NONE
        || ((on->flags & WEIR_SURFACE_MESSAGES) != 0
            && facts->messages == 0))
    {
        return WEIR_E_BAD_REQUEST;
    }
    name = (struct weir_span) { f->body.at + at + facts->model.begin + 1,
                                facts->model.end - facts->model.begin - 2 };
    m = model_of(f, name);
    if (m == NULL) {
        return f->pinned == WEIR_SNAP_NONE
               && weir_snapshot_model(f->snap, f->scenario, name) != NULL
               ? WEIR_E_SECRET : WEIR_E_MODEL_UNKNOWN;
    }
    if (facts->background) {
        return WEIR_E_BACKGROUND;
    }
    if (facts->token_ids && weir_has_rules(f, false)) {
        return WEIR_E_TOKEN_IDS;
    }
    f->request_not_scanned += facts->not_scanned;
    for (uint32_t i = 0; i < n; i++) {
        weir_tokens_add(&count, f->body.at + at + texts[i].begin,
                        texts[i].end - texts[i].begin);
    }
    cost = cost_of(on, m, facts, &count);
    f->batch = cost > INT64_MAX - f->batch ? INT64_MAX : f->batch + cost;
    if (m->served.len > 0) {
        const size_t  to = e->text.len;

        weir_buf_addc(&e->text, '"');
        weir_buf_add_json(&e->text, weir_snap_span(f->snap, m->served), 1);
        weir_buf_addc(&e->text, '"');
        weir_edits_add(e, (uint32_t) (at + facts->model.begin),
                       (uint32_t) (at + facts->model.end), to);
    }
    return inspect_at(f, texts, n, at, e);
}


static int
parse(struct weir_doc *doc, enum weir_shape shape, struct weir_text *texts,
    uint32_t max, const uint8_t *at, size_t len)
{
    int  rc;

    weir_doc_open(doc, shape, texts, max);
    rc = weir_doc_feed(doc, at, len);
    return rc == WEIR_OK ? weir_doc_finish(doc) : rc;
}


/* The line [begin, end) of the body. */
static int
line_take(struct weir_flow *f, size_t begin, size_t end, struct weir_edits *e)
{
    const struct weir_surface_info  *on;
    const uint8_t *const             at = f->body.at + begin;
    struct weir_text                *texts;
    struct weir_doc                  doc;
    struct weir_spot                 body, id;
    uint32_t                         max;
    size_t                           got;
    int                              rc;

    texts = weir_texts_get(f->w->mem, end - begin, &max, &got);
    if (texts == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    rc = parse(&doc, f->protocol == WEIR_ANTHROPIC ? WEIR_SHAPE_BATCH_ITEM
                                                   : WEIR_SHAPE_BATCH_LINE,
               texts, max, at, end - begin);
    body = weir_doc_facts(&doc)->marks[WEIR_MARK_BODY];
    id = weir_doc_facts(&doc)->marks[WEIR_MARK_ID];
    if (rc == WEIR_OK && id.begin != WEIR_SPOT_NONE
        && id.end - id.begin < sizeof(f->answer_id))
    {
        memcpy(f->answer_id, at + id.begin, id.end - id.begin);
        f->answer_id[id.end - id.begin] = '\0';
    }
    if (rc == WEIR_OK) {
        rc = interface_of(f, at, weir_doc_facts(&doc), &on);
    }
    if (rc == WEIR_OK) {
        rc = inspect_at(f, texts, weir_doc_texts(&doc), begin, e);
    }
    if (rc == WEIR_OK) {
        rc = parse(&doc, on->request, texts, max, at + body.begin,
                   body.end - body.begin);
    }
    if (rc == WEIR_OK) {
        rc = body_take(f, on, &doc, texts, e, begin + body.begin);
    }
    weir_mem_put(f->w->mem, texts, got);
    return rc;
}


/* All lines, [begin, end) of the body; f->line is the one that an error is
   about. */
static int
lines_take(struct weir_flow *f, size_t begin, size_t end,
    struct weir_edits *e)
{
    uint32_t  requests = 0;

    while (begin < end) {
        const uint8_t *const  lf = memchr(f->body.at + begin, '\n',
                                          end - begin);
        const size_t          next = lf == NULL
            ? end : (size_t) (lf - f->body.at) + 1;
        size_t                to = lf == NULL ? end : next - 1;
        int                   rc;

        f->line++;
        f->answer_id[0] = '\0';
        to -= to > begin && f->body.at[to - 1] == '\r';
        if (to > begin) {
            rc = to - begin > WEIR_LINE_BYTES_MAX ? WEIR_E_TOO_LARGE
                 : ++requests > WEIR_LINES_MAX ? WEIR_E_TOO_MANY_TEXTS
                 : line_take(f, begin, to, e);
            if (rc != WEIR_OK) {
                return rc;
            }
        }
        begin = next;
    }
    f->line = 0;
    f->answer_id[0] = '\0';
    return requests > 0 ? WEIR_OK : WEIR_E_BAD_REQUEST;
}


int
weir_files_upload(struct weir_flow *f, const struct weir_form *form)
{
    struct weir_worst  worst = { 0 };
    struct weir_edits  e;
    int                rc;

    if (form->purpose.begin == WEIR_SPOT_NONE || form->files != 1) {
        return WEIR_E_BAD_REQUEST;
    }
    if (!weir_span_is((struct weir_span) { f->body.at + form->purpose.begin,
            form->purpose.end - form->purpose.begin }, "batch"))
    {
        return WEIR_E_SURFACE;
    }
    rc = weir_rate_enter(f, &worst);
    if (rc != WEIR_OK) {
        return rc;
    }
    weir_edits_init(&e, f->w->mem);
    rc = weir_request_inspect(f, form->texts, form->ntexts, &e);
    if (rc == WEIR_OK) {
        rc = lines_take(f, form->file.begin, form->file.end, &e);
    }
    if (rc == WEIR_OK) {
        rc = weir_request_rewrite(f, &e);
    }
    if (rc == WEIR_OK && !weir_edits_empty(&e)) {
        rc = weir_flow_form_again(f, &form->facts, form->ntexts);
    }
    weir_edits_release(&e);
    return rc == WEIR_OK ? go(f) : rc;
}


/* ---- a batch in one body ---- */

/* What comes next in the body, and how deep. */
struct walk {
    struct weir_json  json;
    const uint8_t    *at;
    unsigned          depth;
    bool              listed;    /* in the array of requests */
    uint32_t          begin;     /* of the request */
};


/* A token; WEIR_DONE: a request ends with it. BAD_REQUEST: what stands in the
   list is none. */
static int
walk_take(struct walk *w, const struct weir_token *t)
{
    switch (t->kind) {
    case WEIR_TOKEN_KEY:
        /* the only key that is known there, and no other loosely like it:
           the document was read before */
        w->listed = w->depth == 1
                    ? weir_span_is((struct weir_span) { w->json.head,
                                       w->json.head_len }, "requests")
                    : w->listed;
        return WEIR_OK;
    case WEIR_TOKEN_OBJECT:
    case WEIR_TOKEN_ARRAY:
        if (w->listed && w->depth == 2) {
            w->begin = t->begin;
        }
        w->depth++;
        return w->listed && w->depth == 3 && t->kind == WEIR_TOKEN_ARRAY
               ? WEIR_E_BAD_REQUEST : WEIR_OK;
    case WEIR_TOKEN_OBJECT_END:
    case WEIR_TOKEN_ARRAY_END:
        w->depth--;
        return w->listed && w->depth == 2 ? WEIR_DONE : WEIR_OK;
    default:
        return w->listed && w->depth == 2 ? WEIR_E_BAD_REQUEST : WEIR_OK;
    }
}


static int
list_take(struct weir_flow *f, struct weir_edits *e)
{
    struct walk           w = { .at = f->body.at };
    const uint8_t *const  end = f->body.at + f->body.len;
    struct weir_token     t;

    weir_json_open(&w.json);
    while (w.at < end) {
        int  rc = weir_json_next(&w.json, &w.at, end, &t);

        if (rc == WEIR_DONE) {
            rc = walk_take(&w, &t);
            if (rc == WEIR_DONE) {
                f->line++;
                f->answer_id[0] = '\0';
                rc = f->line > WEIR_LINES_MAX ? WEIR_E_TOO_MANY_TEXTS
                     : line_take(f, w.begin, t.end, e);
            }
        }
        if (rc < 0) {
            return rc;
        }
    }
    f->answer_id[0] = '\0';
    f->line = 0;
    return WEIR_OK;
}


int
weir_batch_list(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t n)
{
    struct weir_worst  worst = { 0 };
    struct weir_edits  e;
    int                rc;

    if (facts->messages == 0) {
        return WEIR_E_BAD_REQUEST;
    }
    rc = weir_rate_enter(f, &worst);
    if (rc != WEIR_OK) {
        return rc;
    }
    weir_edits_init(&e, f->w->mem);
    rc = weir_request_inspect(f, texts, n, &e);
    if (rc == WEIR_OK) {
        rc = list_take(f, &e);
    }
    if (rc == WEIR_OK) {
        rc = weir_request_rewrite(f, &e);
    }
    weir_edits_release(&e);
    if (rc == WEIR_OK) {
        rc = weir_reserve_amount(f, f->batch);
    }
    return rc == WEIR_OK ? go(f) : rc;
}
