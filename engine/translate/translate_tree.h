/*
 * translate_tree.h: a JSON document as a tree of ranges. Nothing is copied:
 * a node says where its value stands, so that what a translation keeps is
 * kept byte for byte, escapes and big numbers included.
 *
 *     {"role":"user","content":[{"type":"text"}]}
 *      node 0: object, child 1;  1: "user", key "role", next 2;
 *      2: array, child 3;  3: object, child 4;  4: "text", key "type"
 */
#ifndef WEIR_TRANSLATE_TREE_H
#define WEIR_TRANSLATE_TREE_H

#include "decode/json.h"
#include "weir/buf.h"

#define WEIR_NODE_NONE  UINT32_MAX

struct weir_node {             /* 28 bytes */
    uint32_t              begin;    /* a string: without its quotes */
    uint32_t              end;
    uint32_t              key;      /* of a member: where its key stands */
    uint32_t              key_end;
    uint32_t              next;     /* sibling, or NONE */
    uint32_t              child;    /* the first, or NONE */
    enum weir_token_kind  kind;
};

struct weir_tree {
    const uint8_t   *doc;
    struct weir_buf  nodes;
};

/* WEIR_OK, BAD_JSON, BAD_UTF8, TOO_DEEP, TOO_MANY_TEXTS (more than
   WEIR_TREE_NODES_MAX values), NO_MEMORY. Close it also after an error. The
   document must outlive the tree. */
WEIR_CHECKED int weir_tree_open(struct weir_tree *t, struct weir_mem *mem,
    struct weir_span doc);
void weir_tree_close(struct weir_tree *t);

const struct weir_node *weir_tree_root(const struct weir_tree *t);

/* NULL for NULL, and for what has none. */
const struct weir_node *weir_tree_first(const struct weir_tree *t,
    const struct weir_node *n);
const struct weir_node *weir_tree_next(const struct weir_tree *t,
    const struct weir_node *n);
/* The first member of that name; NULL when there is none, when it is null,
   or when `n` is NULL or no object. */
const struct weir_node *weir_tree_get(const struct weir_tree *t,
    const struct weir_node *n, const char *name);

/* The bytes of a value as they stand: raw with the quotes of a string, text
   without. Empty for NULL. */
struct weir_span weir_tree_raw(const struct weir_tree *t,
    const struct weir_node *n);
struct weir_span weir_tree_text(const struct weir_tree *t,
    const struct weir_node *n);
struct weir_span weir_tree_key(const struct weir_tree *t,
    const struct weir_node *n);

/* Is it a string with these characters, however they are escaped? */
bool weir_tree_is(const struct weir_tree *t, const struct weir_node *n,
    const char *text);
/* The inside of a JSON string compared with characters. */
bool weir_raw_is(struct weir_span raw, const char *text);
/* `otherwise` when it is no integer of at most 18 digits. */
int64_t weir_tree_integer(const struct weir_tree *t,
    const struct weir_node *n, int64_t otherwise);

static inline bool
weir_node_is_string(const struct weir_node *n)
{
    return n != NULL && n->kind == WEIR_TOKEN_STRING;
}

static inline bool
weir_node_is_array(const struct weir_node *n)
{
    return n != NULL && n->kind == WEIR_TOKEN_ARRAY;
}

static inline bool
weir_node_is_object(const struct weir_node *n)
{
    return n != NULL && n->kind == WEIR_TOKEN_OBJECT;
}

static inline bool
weir_node_is_true(const struct weir_node *n)
{
    return n != NULL && n->kind == WEIR_TOKEN_TRUE;
}

/* The inside of a valid JSON string without its escapes. A lone surrogate
   becomes U+FFFD. */
void weir_raw_unescape(struct weir_span raw, struct weir_buf *out);

#endif
