/*
 * ordinance.c: a pack that is a resource of the register: its stored form ->
 * the tree that the reader of packs takes.
 */
#include "compile/pack_internal.h"
#include "weir/error.h"

#include <jansson.h>


/* Places: all of it stands where the resource stood. */
static struct weir_yaml *
tree(struct weir_pool *pool, const json_t *v, unsigned line)
{
    struct weir_yaml  *node = weir_pool_get(pool, sizeof(*node));
    const size_t       n = json_array_size(v);
    const char        *key;
    json_t            *child;

    node->line = line;
    node->quoted = true;      /* no text of it is YAML's null */
    if (json_is_object(v)) {
        node->type = WEIR_YAML_MAP;
        json_object_foreach((json_t *) (uintptr_t) v, key, child) {
            struct weir_yaml  *c = tree(pool, child, line);

            c->key = weir_pool_text(pool, key, strlen(key));
            c->key_line = line;
            weir_yaml_append(node, c);
        }
    } else if (json_is_array(v)) {
        node->type = WEIR_YAML_LIST;
        for (size_t i = 0; i < n; i++) {
            weir_yaml_append(node, tree(pool, json_array_get(v, i), line));
        }
    } else if (json_is_string(v)) {
        node->len = json_string_length(v);
        node->text = weir_pool_text(pool, json_string_value(v), node->len);
    } else if (json_is_integer(v)) {
        node->text = weir_pool_printf(pool, "%" JSON_INTEGER_FORMAT,
                                      json_integer_value(v));
        node->len = strlen(node->text);
    } else {
        node->text = json_is_true(v) ? "true" : "false";
        node->len = strlen(node->text);
    }
    return node;
}


int
weir_pack_stored(struct weir_pack **out, const struct weir_resource *r,
    struct weir_notes *notes)
{
    json_t            *doc = json_loads(r->json, 0, NULL);
    struct weir_pack  *p;
    struct weir_yaml  *root;

    *out = NULL;
    if (!json_is_object(doc)) {
        json_decref(doc);
        weir_notes_add(notes, false, r->file, r->line, 0, "the stored form "
                       "of Ordinance `%s` is damaged", r->name);
        return WEIR_E_BAD_REQUEST;
    }
    p = weir_pack_new(r->file);
    root = tree(&p->pool, doc, r->line);
    json_decref(doc);
    return weir_pack_fill(out, p, root, notes);
}
