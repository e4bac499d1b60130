/*
 * yaml.h: YAML text -> a small tree that knows where each piece stood.
 *
 * The part of YAML 1.1 that a file written by a person needs: mappings with
 * scalar keys, sequences, scalars, several documents. Refused, with a place
 * and a sentence: anchors and aliases (a kilobyte of them can stand for
 * gigabytes), tags, merge keys, duplicate keys, and what passes the bounds
 * WEIR_YAML_* of limits.h. Scalars stay text: nothing becomes a float.
 */
#ifndef WEIR_YAML_H
#define WEIR_YAML_H

#include "compile/compile.h"
#include "compile/pool.h"

enum weir_yaml_type { WEIR_YAML_SCALAR, WEIR_YAML_LIST, WEIR_YAML_MAP };

struct weir_yaml {
    enum weir_yaml_type   type;
    bool                  quoted;   /* a scalar in quotes or a block */
    unsigned              line;     /* from 1 */
    unsigned              column;
    const char           *text;     /* scalar, NUL-terminated, no NUL inside */
    size_t                len;
    const char           *key;      /* of this value in its map, or NULL */
    unsigned              key_line;
    unsigned              key_column;
    size_t                n;        /* children */
    struct weir_yaml     *first;
    struct weir_yaml     *last;
    struct weir_yaml     *next;     /* sibling */
};

/*
 * All documents of `text` as a list of roots linked by `next`, in *out (NULL
 * when there are none). Nodes live in `pool`. WEIR_OK, or BAD_REQUEST with
 * one note. O(len).
 */
WEIR_CHECKED int weir_yaml_read(struct weir_yaml **out,
    struct weir_pool *pool, struct weir_notes *notes, const char *file,
    struct weir_span text);

/* The value of a key; NULL if the map has none (or it is no map). */
const struct weir_yaml *weir_yaml_get(const struct weir_yaml *map,
    const char *key);

/* One more child, behind the others. */
void weir_yaml_append(struct weir_yaml *parent, struct weir_yaml *node);

#endif
