/*
 * yaml.c: libyaml's parser events -> the tree of yaml.h, with an explicit
 * stack, so that depth is a number and not the C stack.
 */
#include "compile/yaml.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <stdlib.h>
#include <yaml.h>

#define KEYS_MAX  4096    /* of one map: duplicates are sought by walking */

struct reader {
    struct weir_pool   *pool;
    struct weir_notes  *notes;
    const char         *file;
    struct weir_yaml   *stack[WEIR_YAML_DEPTH_MAX];
    struct weir_yaml   *pending[WEIR_YAML_DEPTH_MAX];  /* key read, value
                                                          still to come */
    size_t              depth;
    size_t              nodes;
    struct weir_yaml   *first;
    struct weir_yaml   *last;
};


const struct weir_yaml *
weir_yaml_get(const struct weir_yaml *map, const char *key)
{
    if (map == NULL || map->type != WEIR_YAML_MAP) {
        return NULL;
    }
    for (const struct weir_yaml *c = map->first; c != NULL; c = c->next) {
        if (strcmp(c->key, key) == 0) {
            return c;
        }
    }
    return NULL;
}


static int
refuse(struct reader *r, yaml_mark_t mark, const char *why)
{
    weir_notes_add(r->notes, false, r->file, (unsigned) mark.line + 1,
                   (unsigned) mark.column + 1, "%s", why);
    return WEIR_E_BAD_REQUEST;
}


/* libyaml says "could not find expected ':'" and the like; its context says
   what it was reading. */
static int
refuse_syntax(struct reader *r, const yaml_parser_t *p)
{
    const yaml_mark_t  mark = p->problem_mark;

    if (p->error == YAML_READER_ERROR) {
        weir_notes_add(r->notes, false, r->file, (unsigned) p->mark.line + 1,
                       (unsigned) p->mark.column + 1,
                       "the file is not valid UTF-8 text: %s (byte %zu)",
                       p->problem, p->problem_offset);
    } else {
        weir_notes_add(r->notes, false, r->file, (unsigned) mark.line + 1,
                       (unsigned) mark.column + 1,
                       "not valid YAML: %s%s%s",
                       p->problem != NULL ? p->problem : "syntax error",
                       p->context != NULL ? ", " : "",
                       p->context != NULL ? p->context : "");
    }
    return WEIR_E_BAD_REQUEST;
}


void
weir_yaml_append(struct weir_yaml *parent, struct weir_yaml *node)
{
    if (parent->last != NULL) {
        parent->last->next = node;
    } else {
        parent->first = node;
    }
    parent->last = node;
    parent->n++;
}


/* A scalar where a map expects a key. */
static int
take_key(struct reader *r, struct weir_yaml *map, struct weir_yaml *node,
    yaml_mark_t mark)
{
    if (node->type != WEIR_YAML_SCALAR) {
        return refuse(r, mark, "a key must be a plain word, not a list or "
                      "a mapping");
    }
    if (!node->quoted && strcmp(node->text, "<<") == 0) {
        return refuse(r, mark, "merge keys (`<<`) are not supported; write "
                      "the fields out");
    }
    if (map->n >= KEYS_MAX) {
        return refuse(r, mark, "the mapping has too many keys");
    }
    if (weir_yaml_get(map, node->text) != NULL) {
        weir_notes_add(r->notes, false, r->file, node->line, node->column,
                       "`%s` is given twice; the first stands in line %u",
                       node->text, weir_yaml_get(map, node->text)->key_line);
        return WEIR_E_BAD_REQUEST;
    }
    r->pending[r->depth - 1] = node;
    return WEIR_OK;
}


static int
place(struct reader *r, struct weir_yaml *node, yaml_mark_t mark)
{
    struct weir_yaml  *parent, *key;

    if (r->depth == 0) {
        if (r->last != NULL) {
            r->last->next = node;
        } else {
            r->first = node;
        }
        r->last = node;
        return WEIR_OK;
    }
    parent = r->stack[r->depth - 1];
    if (parent->type == WEIR_YAML_LIST) {
        weir_yaml_append(parent, node);
        return WEIR_OK;
    }
    key = r->pending[r->depth - 1];
    if (key == NULL) {
        return take_key(r, parent, node, mark);
    }
    node->key = key->text;
    node->key_line = key->line;
    node->key_column = key->column;
    r->pending[r->depth - 1] = NULL;
    weir_yaml_append(parent, node);
    return WEIR_OK;
}


static int
add_node(struct reader *r, const yaml_event_t *e, enum weir_yaml_type type,
    struct weir_yaml **out)
{
    struct weir_yaml  *node;

    if (++r->nodes > WEIR_YAML_NODES_MAX) {
        return refuse(r, e->start_mark, "the file has too many values");
    }
    node = weir_pool_get(r->pool, sizeof(*node));
    node->type = type;
    node->line = (unsigned) e->start_mark.line + 1;
    node->column = (unsigned) e->start_mark.column + 1;
    *out = node;
    return WEIR_OK;
}


static int
on_scalar(struct reader *r, const yaml_event_t *e)
{
    const char        *text = (const char *) e->data.scalar.value;
    const size_t       len = e->data.scalar.length;
    struct weir_yaml  *node;
    int                rc;

    if (e->data.scalar.anchor != NULL) {
        return refuse(r, e->start_mark, "anchors (`&name`) are not "
                      "supported; write the value out");
    }
    if (e->data.scalar.tag != NULL) {
        return refuse(r, e->start_mark, "tags (`!name`) are not supported");
    }
    if (memchr(text, 0, len) != NULL) {
        return refuse(r, e->start_mark, "a value may not hold a NUL "
                      "character");
    }
    rc = add_node(r, e, WEIR_YAML_SCALAR, &node);
    if (rc != WEIR_OK) {
        return rc;
    }
    node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = weir_pool_text(r->pool, text, len);
    node->len = len;
    return place(r, node, e->start_mark);
}


static int
on_open(struct reader *r, const yaml_event_t *e, enum weir_yaml_type type)
{
    const bool         map = type == WEIR_YAML_MAP;
    struct weir_yaml  *node;
    int                rc;

    if ((map ? e->data.mapping_start.anchor
             : e->data.sequence_start.anchor) != NULL)
    {
        return refuse(r, e->start_mark, "anchors (`&name`) are not "
                      "supported; write the value out");
    }
    if ((map ? e->data.mapping_start.tag
             : e->data.sequence_start.tag) != NULL)
    {
        return refuse(r, e->start_mark, "tags (`!name`) are not supported");
    }
    if (r->depth == WEIR_YAML_DEPTH_MAX) {
        return refuse(r, e->start_mark, "nested too deep");
    }
    rc = add_node(r, e, type, &node);
    if (rc == WEIR_OK) {
        rc = place(r, node, e->start_mark);
    }
    if (rc == WEIR_OK) {
        r->stack[r->depth] = node;
        r->pending[r->depth] = NULL;
        r->depth++;
    }
    return rc;
}


/* WEIR_MORE: go on; WEIR_DONE: end of the stream. */
static int
on_event(struct reader *r, const yaml_event_t *e)
{
    int  rc = WEIR_OK;

    switch (e->type) {
    case YAML_STREAM_END_EVENT:
        return WEIR_DONE;
    case YAML_ALIAS_EVENT:
        rc = refuse(r, e->start_mark, "aliases (`*name`) are not supported; "
                    "write the value out");
        break;
    case YAML_SCALAR_EVENT:
        rc = on_scalar(r, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        rc = on_open(r, e, WEIR_YAML_LIST);
        break;
    case YAML_MAPPING_START_EVENT:
        rc = on_open(r, e, WEIR_YAML_MAP);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        weir_assert(r->depth > 0);
        r->depth--;
        break;
    default:
        break;
    }
    return rc == WEIR_OK ? WEIR_MORE : rc;
}


int
weir_yaml_read(struct weir_yaml **out, struct weir_pool *pool,
    struct weir_notes *notes, const char *file, struct weir_span text)
{
    struct reader  r = { .pool = pool, .notes = notes, .file = file };
    yaml_parser_t  parser;
    int            rc = WEIR_MORE;

    *out = NULL;
    if (text.len > WEIR_YAML_BYTES_MAX) {
        weir_notes_add(notes, false, file, 0, 0, "the file is larger than "
                       "%u bytes", WEIR_YAML_BYTES_MAX);
        return WEIR_E_BAD_REQUEST;
    }
    if (!yaml_parser_initialize(&parser)) {
        return WEIR_E_NO_MEMORY;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.len > 0 ? text.at
                                 : (const uint8_t *) "", text.len);
    while (rc == WEIR_MORE) {
        yaml_event_t  e;

        if (!yaml_parser_parse(&parser, &e)) {
            rc = refuse_syntax(&r, &parser);
            break;
        }
        rc = on_event(&r, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    if (rc != WEIR_DONE) {
        return rc;
    }
    *out = r.first;
    return WEIR_OK;
}
