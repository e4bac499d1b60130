/*
 * translate_tree.c: tokens to nodes. The tokenizer checks the grammar, so
 * that here an end always has its beginning.
 */
#include "translate/translate_tree.h"

#include "weir/error.h"

struct builder {
    struct weir_tree   *tree;
    uint32_t            open[WEIR_JSON_DEPTH_MAX + 1];  /* containers */
    uint32_t            last[WEIR_JSON_DEPTH_MAX + 1];  /* child of each */
    uint32_t            depth;
    uint32_t            key;
    uint32_t            key_end;
};


static struct weir_node *
node_at(const struct weir_tree *t, uint32_t i)
{
    return (struct weir_node *) (void *) t->nodes.at + i;
}


static int
add_node(struct builder *b, const struct weir_token *token)
{
    struct weir_tree *const  t = b->tree;
    const uint32_t           i = (uint32_t) (t->nodes.len
                                             / sizeof(struct weir_node));
    const struct weir_node   n = {
        .begin = token->begin, .end = token->end,
        .key = b->key, .key_end = b->key_end,
        .next = WEIR_NODE_NONE, .child = WEIR_NODE_NONE,
        .kind = token->kind
    };

    if (i >= WEIR_TREE_NODES_MAX) {
        return WEIR_E_TOO_MANY_TEXTS;
    }
    weir_buf_add(&t->nodes, (const uint8_t *) &n, sizeof(n));
    if (t->nodes.failed) {
        return WEIR_E_NO_MEMORY;
    }
    b->key = b->key_end = WEIR_NODE_NONE;
    if (b->depth > 0) {
        uint32_t *const  last = &b->last[b->depth - 1];

        if (*last == WEIR_NODE_NONE) {
            node_at(t, b->open[b->depth - 1])->child = i;
        } else {
            node_at(t, *last)->next = i;
        }
        *last = i;
    }
    if (token->kind == WEIR_TOKEN_OBJECT || token->kind == WEIR_TOKEN_ARRAY) {
        weir_assert(b->depth <= WEIR_JSON_DEPTH_MAX);
        b->open[b->depth] = i;
        b->last[b->depth] = WEIR_NODE_NONE;
        b->depth++;
    }
    return WEIR_OK;
}


static int
take(struct builder *b, const struct weir_token *token)
{
    switch (token->kind) {
    case WEIR_TOKEN_KEY:
        b->key = token->begin;
        b->key_end = token->end;
        return WEIR_OK;
    case WEIR_TOKEN_OBJECT_END:
    case WEIR_TOKEN_ARRAY_END:
        weir_assert(b->depth > 0);
        b->depth--;
        node_at(b->tree, b->open[b->depth])->end = token->end;
        return WEIR_OK;
    default:
        return add_node(b, token);
    }
}


int
weir_tree_open(struct weir_tree *t, struct weir_mem *mem,
    struct weir_span doc)
{
    struct builder     b = { .tree = t, .key = WEIR_NODE_NONE,
                             .key_end = WEIR_NODE_NONE };
    struct weir_token  token;
    struct weir_json   json;
    const uint8_t     *p = doc.at;
    int                rc;

    t->doc = doc.at;
    weir_buf_init(&t->nodes, mem,
                  (size_t) WEIR_TREE_NODES_MAX * sizeof(struct weir_node));
    if (doc.len == 0 || doc.len >= WEIR_NODE_NONE) {
        return WEIR_E_BAD_JSON;
    }
    weir_json_open(&json);
    for ( ;; ) {
        rc = weir_json_next(&json, &p, doc.at + doc.len, &token);
        if (rc == WEIR_MORE) {
            rc = weir_json_finish(&json, &token);
        }
        if (rc != WEIR_DONE) {
            return rc;
        }
        rc = take(&b, &token);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
}


void
weir_tree_close(struct weir_tree *t)
{
    weir_buf_release(&t->nodes);
}


const struct weir_node *
weir_tree_root(const struct weir_tree *t)
{
    return t->nodes.len == 0 ? NULL : node_at(t, 0);
}


static const struct weir_node *
node_or_null(const struct weir_tree *t, uint32_t i)
{
    return i == WEIR_NODE_NONE ? NULL : node_at(t, i);
}


const struct weir_node *
weir_tree_first(const struct weir_tree *t, const struct weir_node *n)
{
    return n == NULL ? NULL : node_or_null(t, n->child);
}


const struct weir_node *
weir_tree_next(const struct weir_tree *t, const struct weir_node *n)
{
    return n == NULL ? NULL : node_or_null(t, n->next);
}


const struct weir_node *
weir_tree_get(const struct weir_tree *t, const struct weir_node *n,
    const char *name)
{
    if (!weir_node_is_object(n)) {
        return NULL;
    }
    for (n = weir_tree_first(t, n); n != NULL; n = weir_tree_next(t, n)) {
        if (weir_raw_is(weir_tree_key(t, n), name)) {
            return n->kind == WEIR_TOKEN_NULL ? NULL : n;
        }
    }
    return NULL;
}


struct weir_span
weir_tree_text(const struct weir_tree *t, const struct weir_node *n)
{
    return n == NULL ? (struct weir_span) { NULL, 0 }
           : (struct weir_span) { t->doc + n->begin, n->end - n->begin };
}


struct weir_span
weir_tree_raw(const struct weir_tree *t, const struct weir_node *n)
{
    struct weir_span  s = weir_tree_text(t, n);

    if (weir_node_is_string(n)) {
        s.at--;
        s.len += 2;
    }
    return s;
}


struct weir_span
weir_tree_key(const struct weir_tree *t, const struct weir_node *n)
{
    return n == NULL || n->key == WEIR_NODE_NONE
           ? (struct weir_span) { NULL, 0 }
           : (struct weir_span) { t->doc + n->key, n->key_end - n->key };
}


static uint32_t
hex4(const uint8_t *p)
{
    uint32_t  v = 0;

    for (int i = 0; i < 4; i++) {
        const uint8_t  c = p[i];

        v = v << 4 | (uint32_t) (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}


/* The character that the escape at raw.at[*i] stands for; *i moves behind
   it. */
static uint32_t
escape_value(struct weir_span raw, size_t *i)
{
    static const char  names[] = "bfnrt";
    static const char  values[] = "\b\f\n\r\t";
    const uint8_t      c = raw.at[*i + 1];
    const char        *k;
    uint32_t           v, low;

    if (c != 'u') {
        *i += 2;
        k = strchr(names, c);
        return k != NULL ? (uint32_t) values[k - names] : c;
    }
    v = hex4(raw.at + *i + 2);
    *i += 6;
    if (v < 0xd800 || v > 0xdfff) {
        return v;
    }
    if (v < 0xdc00 && raw.len - *i >= 6 && raw.at[*i] == '\\'
        && raw.at[*i + 1] == 'u')
    {
        low = hex4(raw.at + *i + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *i += 6;
            return 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}


static void
add_utf8(struct weir_buf *out, uint32_t v)
{
    if (v < 0x80) {
        weir_buf_addc(out, (uint8_t) v);
        return;
    }
    if (v < 0x800) {
        weir_buf_addc(out, (uint8_t) (0xc0 | v >> 6));
    } else {
        if (v < 0x10000) {
            weir_buf_addc(out, (uint8_t) (0xe0 | v >> 12));
        } else {
            weir_buf_addc(out, (uint8_t) (0xf0 | v >> 18));
            weir_buf_addc(out, (uint8_t) (0x80 | (v >> 12 & 0x3f)));
        }
        weir_buf_addc(out, (uint8_t) (0x80 | (v >> 6 & 0x3f)));
    }
    weir_buf_addc(out, (uint8_t) (0x80 | (v & 0x3f)));
}


void
weir_raw_unescape(struct weir_span raw, struct weir_buf *out)
{
    size_t  i = 0;

    while (i < raw.len) {
        const uint8_t *const  next = memchr(raw.at + i, '\\', raw.len - i);
        const size_t          n = next == NULL
                                  ? raw.len - i
                                  : (size_t) (next - (raw.at + i));

        weir_buf_add(out, raw.at + i, n);
        i += n;
        if (i < raw.len) {
            add_utf8(out, escape_value(raw, &i));
        }
    }
}


bool
weir_raw_is(struct weir_span raw, const char *text)
{
    size_t  i = 0;

    for (; *text != '\0'; text++) {
        uint32_t  c;

        if (i >= raw.len) {
            return false;
        }
        c = raw.at[i];
        if (c == '\\') {
            c = escape_value(raw, &i);
        } else {
            i++;
        }
        if (c != (uint8_t) *text) {
            return false;
        }
    }
    return i == raw.len;
}


bool
weir_tree_is(const struct weir_tree *t, const struct weir_node *n,
    const char *text)
{
    return weir_node_is_string(n) && weir_raw_is(weir_tree_text(t, n), text);
}


int64_t
weir_tree_integer(const struct weir_tree *t, const struct weir_node *n,
    int64_t otherwise)
{
    const struct weir_span  s = weir_tree_text(t, n);
    int64_t                 v = 0;

    if (n == NULL || n->kind != WEIR_TOKEN_NUMBER || s.len > 18) {
        return otherwise;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9') {
            return otherwise;
        }
        v = v * 10 + (s.at[i] - '0');
    }
    return v;
}
