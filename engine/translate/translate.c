/*
 * translate.c: the way in of the room, and what both directions share:
 * framing, fields without a counterpart, ids, arguments of tools.
 */
#include "translate/translate_internal.h"


/* ---- requests ---- */

int
weir_translate_request(const struct weir_translate_how *how,
    struct weir_span body, struct weir_buf *out,
    char field[WEIR_TRANSLATE_FIELD_BYTES])
{
    struct weir_xlate  x = { .how = how, .out = out, .field = field };
    int                rc;

    field[0] = '\0';
    rc = weir_tree_open(&x.t, how->mem, body);
    if (rc == WEIR_OK) {
        rc = how->client == WEIR_WIRE_CHAT ? weir_request_to_messages(&x)
                                           : weir_request_to_chat(&x);
    }
    weir_tree_close(&x.t);
    return rc == WEIR_OK && out->failed ? WEIR_E_NO_MEMORY : rc;
}


bool
weir_xlate_unset(const struct weir_tree *t, const struct weir_node *n)
{
    const struct weir_span  s = weir_tree_text(t, n);

    switch (n->kind) {
    case WEIR_TOKEN_FALSE:
    case WEIR_TOKEN_NULL:
        return true;
    case WEIR_TOKEN_STRING:
        return s.len == 0;
    case WEIR_TOKEN_NUMBER:
        for (size_t i = 0; i < s.len; i++) {
            if (s.at[i] >= '1' && s.at[i] <= '9') {
                return false;
            }
        }
        return true;
    case WEIR_TOKEN_ARRAY:
    case WEIR_TOKEN_OBJECT:
        return n->child == WEIR_NODE_NONE;
    default:
        return false;
    }
}


int
weir_xlate_refuse_part(struct weir_xlate *x, const char *before,
    struct weir_span name)
{
    size_t  n = strlen(before);

    if (n > WEIR_TRANSLATE_FIELD_BYTES / 2) {
        before += n - WEIR_TRANSLATE_FIELD_BYTES / 2;
        n = WEIR_TRANSLATE_FIELD_BYTES / 2;
    }
    memcpy(x->field, before, n);
    for (size_t i = 0; i < name.len && n < WEIR_TRANSLATE_FIELD_BYTES - 1;
         i++)
    {
        const uint8_t  c = name.at[i];

        /* a name, as it goes into messages and logs; no text */
        x->field[n++] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9') || c == '_' || c == '-'
                        || c == '.' ? (char) c : '?';
    }
    x->field[n] = '\0';
    return WEIR_E_NOT_TRANSLATABLE;
}


int
weir_xlate_refuse(struct weir_xlate *x, const char *field)
{
    const size_t  n = strlen(field);

    weir_assert(n < WEIR_TRANSLATE_FIELD_BYTES);
    memcpy(x->field, field, n + 1);
    return WEIR_E_NOT_TRANSLATABLE;
}


int
weir_xlate_fields(struct weir_xlate *x, const struct weir_node *root,
    const struct weir_field_row *rows, size_t nrows)
{
    for (const struct weir_node *m = weir_tree_first(&x->t, root); m != NULL;
         m = weir_tree_next(&x->t, m))
    {
        const struct weir_span  key = weir_tree_key(&x->t, m);
        size_t                  i = 0;

        while (i < nrows && !weir_raw_is(key, rows[i].name)) {
            i++;
        }
        if (m->kind == WEIR_TOKEN_NULL
            || (i < nrows && (rows[i].fate == WEIR_FATE_TAKEN
                              || rows[i].fate == WEIR_FATE_DROP)))
        {
            continue;
        }
        if (i == nrows || rows[i].fate == WEIR_FATE_REFUSE
            || (rows[i].fate == WEIR_FATE_UNSET
                && !weir_xlate_unset(&x->t, m)))
        {
            return weir_xlate_refuse_part(x, "", key);
        }
        if (rows[i].fate == WEIR_FATE_COPY) {
            weir_put(x->out, ",\"");
            weir_put(x->out, rows[i].name);
            weir_put(x->out, "\":");
            weir_put_span(x->out, weir_tree_raw(&x->t, m));
        }
    }
    return WEIR_OK;
}


/* ---- parts that both directions write ---- */

void
weir_put_or(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *n, const char *none)
{
    if (n == NULL) {
        weir_put(out, none);
    } else {
        weir_put_span(out, weir_tree_raw(t, n));
    }
}


static bool
is_object(struct weir_mem *mem, struct weir_span text)
{
    struct weir_tree  t;
    bool              is;

    is = weir_tree_open(&t, mem, text) == WEIR_OK
         && weir_node_is_object(weir_tree_root(&t));
    weir_tree_close(&t);
    return is;
}


void
weir_put_input(struct weir_buf *out, struct weir_mem *mem,
    const struct weir_tree *t, const struct weir_node *arguments)
{
    const struct weir_span  raw = weir_tree_text(t, arguments);
    struct weir_buf         text;

    if (weir_node_is_object(arguments)) {
        weir_put_span(out, raw);           /* servers that send no string */
        return;
    }
    if (!weir_node_is_string(arguments) || raw.len == 0) {
        weir_put(out, "{}");
        return;
    }
    weir_buf_init(&text, mem, WEIR_BODY_BYTES_MAX);
    weir_raw_unescape(raw, &text);
    if (text.failed) {
        out->failed = true;
    } else if (is_object(mem, weir_buf_span(&text))) {
        weir_put_span(out, weir_buf_span(&text));
    } else {
        weir_put(out, "{\"INVALID_JSON\":");
        weir_put_span(out, weir_tree_raw(t, arguments));
        weir_put(out, "}");
    }
    weir_buf_release(&text);
}


void
weir_put_tool_id(struct weir_buf *out, struct weir_span raw)
{
    weir_put(out, raw.len == 0 ? "\"_" : "\"");
    for (size_t i = 0; i < raw.len; i++) {
        const uint8_t  c = raw.at[i];

        weir_buf_addc(out, (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                           || (c >= '0' && c <= '9') || c == '_' || c == '-'
                           ? c : '_');
    }
    weir_put(out, "\"");
}


void
weir_put_own_id(struct weir_buf *out, const char *before, const char *call,
    unsigned n)
{
    weir_put(out, "\"");
    weir_put(out, before);
    weir_put(out, call);
    if (n > 0) {
        weir_put(out, "_");
        weir_buf_addu(out, n);
    }
    weir_put(out, "\"");
}


void
weir_put_joined(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *parts, bool *any)
{
    if (!weir_node_is_array(parts)) {
        return;
    }
    for (const struct weir_node *p = weir_tree_first(t, parts); p != NULL;
         p = weir_tree_next(t, p))
    {
        const struct weir_node *const  text = weir_node_is_string(p)
            ? p : weir_tree_get(t, p, "text");
        const struct weir_node *const  type = weir_tree_get(t, p, "type");

        if (!weir_node_is_string(text)
            || (type != NULL && !weir_tree_is(t, type, "text")))
        {
            continue;
        }
        weir_put(out, *any ? WEIR_BETWEEN_TEXTS : "");
        weir_put_span(out, weir_tree_text(t, text));
        *any = true;
    }
}


void
weir_put_why(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *object)
{
    const struct weir_node *const  why = weir_tree_get(t, object, "weir");

    if (why != NULL) {
        weir_put(out, ",\"weir\":");
        weir_put_span(out, weir_tree_raw(t, why));
    }
}


void
weir_keep_raw(char *out, const struct weir_tree *t, const struct weir_node *n)
{
    const struct weir_span  s = weir_tree_raw(t, n);

    if (weir_node_is_string(n) && s.len < WEIR_TRANSLATE_ID_BYTES) {
        memcpy(out, s.at, s.len);
        out[s.len] = '\0';
    }
}


/* ---- streams ---- */

struct weir_translator *
weir_translate_open(const struct weir_translate_how *how)
{
    size_t                   got;
    struct weir_translator  *t = weir_mem_get(how->mem, sizeof(*t), &got);

    if (t == NULL) {
        return NULL;
    }
    memset(t, 0, sizeof(*t));
    t->how = *how;
    t->got = got;
    t->counts = (struct weir_counts) WEIR_COUNTS_NONE;
    t->counted = -1;
    t->text_block = -1;
    t->thinking_block = -1;
    weir_sse_open(&t->sse);
    weir_buf_init(&t->event, how->mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_init(&t->why, how->mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_init(&t->lanes, how->mem, WEIR_TRANSLATE_LANES_MAX
                                       * sizeof(struct weir_block_lane));
    return t;
}


void
weir_translate_close(struct weir_translator *t)
{
    if (t == NULL) {
        return;
    }
    weir_events_close(t);
    weir_buf_release(&t->event);
    weir_buf_release(&t->why);
    weir_buf_release(&t->lanes);
    weir_mem_put(t->how.mem, t, t->got);
}


void
weir_translate_counted(struct weir_translator *t, int64_t output_tokens)
{
    t->counted = output_tokens;
}


static int
end(struct weir_translator *t, struct weir_buf *out)
{
    int  rc;

    if (t->ended) {
        return WEIR_OK;
    }
    rc = t->how.client == WEIR_WIRE_CHAT ? weir_chunks_end(t, out)
                                         : weir_events_end(t, out);
    t->ended = true;
    return rc;
}


static int
take_document(struct weir_translator *t, struct weir_span doc,
    struct weir_buf *out)
{
    struct weir_tree  tree;
    int               rc;

    if (doc.len == 6 && memcmp(doc.at, "[DONE]", 6) == 0) {
        return end(t, out);
    }
    rc = weir_tree_open(&tree, t->how.mem, doc);
    if (rc == WEIR_OK && !weir_node_is_object(weir_tree_root(&tree))) {
        rc = WEIR_E_UPSTREAM_BAD;
    }
    if (rc == WEIR_OK) {
        rc = t->how.client == WEIR_WIRE_CHAT
             ? weir_chunks_take(t, &tree, out)
             : weir_events_take(t, &tree, out);
    }
    weir_tree_close(&tree);
    return rc == WEIR_OK || rc == WEIR_E_NO_MEMORY ? rc
                                                   : WEIR_E_UPSTREAM_BAD;
}


/* Comments and events without data have no counterpart. */
static int
take_event(struct weir_translator *t, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    struct weir_sse_event  ev;
    struct weir_buf        joined;
    int                    rc;

    if (t->ended) {
        return WEIR_OK;              /* nothing follows the last event */
    }
    weir_sse_parse(at, len, &ev);
    if (ev.lines == 0 || (ev.lines == 1 && ev.data.len == 0)) {
        return WEIR_OK;
    }
    if (ev.lines == 1) {
        return take_document(t, ev.data, out);
    }
    weir_buf_init(&joined, t->how.mem, WEIR_EVENT_BYTES_MAX);
    rc = weir_buf_reserve(&joined, len);
    if (rc == WEIR_OK) {
        joined.len = weir_sse_join(at, len, joined.at);
        rc = take_document(t, weir_buf_span(&joined), out);
    }
    weir_buf_release(&joined);
    return rc;
}


int
weir_translate_feed(struct weir_translator *t, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    while (len > 0) {
        size_t  taken;
        int     rc = weir_sse_feed(&t->sse, at, len, &taken);

        if (rc == WEIR_MORE || t->event.len > 0) {
            if (taken > WEIR_EVENT_BYTES_MAX - t->event.len) {
                return WEIR_E_ANSWER_TOO_LARGE;
            }
            weir_buf_add(&t->event, at, taken);
            if (t->event.failed) {
                return WEIR_E_NO_MEMORY;
            }
        }
        if (rc == WEIR_DONE) {
            rc = t->event.len > 0
                 ? take_event(t, t->event.at, t->event.len, out)
                 : take_event(t, at, taken, out);
            weir_buf_release(&t->event);
            if (rc != WEIR_OK) {
                return rc;
            }
        }
        at += taken;
        len -= taken;
    }
    return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


int
weir_translate_finish(struct weir_translator *t, struct weir_buf *out)
{
    int  rc = WEIR_OK;

    if (t->event.len > 0) {
        /* A last event without its blank line. */
        rc = take_event(t, t->event.at, t->event.len, out);
        weir_buf_release(&t->event);
    }
    if (rc == WEIR_OK) {
        rc = end(t, out);
    }
    return rc == WEIR_OK && out->failed ? WEIR_E_NO_MEMORY : rc;
}
