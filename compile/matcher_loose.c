/*
 * matcher_loose.c: for each node of the trie, the ways of the loose terms
 * that go on from it, by what their next step is (weir_loose_row). Nodes
 * have few different rows; a cell keeps the number of its own, with two
 * flags that say whether a walk may begin in this state or in a failure of
 * it.
 */
#include "compile/matcher_parts.h"

#include <stdlib.h>

#define HASH_SIZE  65536u

struct matcher_loose {
    struct weir_loose_row  *nodes;      /* by node */
    struct weir_loose_row  *rows;       /* different ones */
    uint32_t                nrows, cap;
    uint16_t               *hash;       /* row + 1 */
    struct matcher_edges    edges;
    uint16_t                separated;  /* ways with separators */
    uint16_t                repeated;
};

struct matcher_loose *
matcher_loose_open(uint32_t nodes, struct matcher_edges edges,
    const struct weir_way *ways, uint32_t nways)
{
    struct matcher_loose  *l = calloc(1, sizeof(*l));

    if (l == NULL) {
        return NULL;
    }
    l->edges = edges;
    l->nodes = calloc(nodes, sizeof(*l->nodes));
    l->hash = calloc(HASH_SIZE, sizeof(*l->hash));
    l->cap = 256;
    l->rows = calloc(l->cap, sizeof(*l->rows));
    for (uint32_t k = 0; k < nways; k++) {
        l->separated |= (uint16_t) ((ways[k].separators > 0) << k);
        l->repeated |= (uint16_t) ((ways[k].repeats > 0) << k);
    }
    if (l->nodes == NULL || l->hash == NULL || l->rows == NULL) {
        matcher_loose_close(l);
        return NULL;
    }
    l->nrows = 1;                       /* of cells from which none goes on */
    l->hash[0] = 1;
    return l;
}

void
matcher_loose_close(struct matcher_loose *l)
{
    if (l != NULL) {
        free(l->nodes);
        free(l->rows);
        free(l->hash);
        free(l);
    }
}

void
matcher_loose_pass(struct matcher_loose *l, uint32_t node, uint16_t label,
    const struct matcher_term *m, const uint16_t *steps, unsigned d)
{
    struct weir_loose_row  *row = &l->nodes[node];
    const unsigned          what = m->out.kind == WEIR_OUT_ALLOW ? 1
                                   : m->out.late ? 2 : 0;
    const uint16_t          next = steps[m->at + d];
    uint16_t                bit;

    if (m->out.loose == 0) {
        return;
    }
    bit = (uint16_t) (1u << (m->out.loose - 1));
    row->any[what] |= bit;
    if (next != label) {
        row->other[what] |= bit;
    }
    if (next == l->edges.gap) {
        row->gap[what] |= bit;
    } else if (next != l->edges.boundary) {
        row->chars[what] |= bit;
    } else if (d + 1 < m->out.steps) {
        row->chars[what] |= bit;
        row->turn[what] |= bit;
    }
}

static uint32_t
row_hash(const struct weir_loose_row *row)
{
    const uint8_t  *at = (const uint8_t *) row;
    uint32_t        h = 0;

    for (size_t i = 0; i < sizeof(*row); i++) {
        h = (h ^ at[i]) * UINT32_C(0x01000193);
    }
    /* the empty row is the first */
    return (h ^ h >> 15) % HASH_SIZE;
}

bool
matcher_loose_word(struct matcher_loose *l, uint32_t node, uint16_t fail,
    uint16_t *out)
{
    const struct weir_loose_row  *row = &l->nodes[node];
    uint32_t                      h = row_hash(row);
    const unsigned                chars = row->chars[0] | row->chars[1]
                                          | row->chars[2];
    const unsigned                cut = (chars & l->separated)
                                        | row->gap[0] | row->gap[1]
                                        | row->gap[2];
    const unsigned                again = (row->other[0] | row->other[1]
                                           | row->other[2] | chars)
                                          & l->repeated;

    for (; l->hash[h] != 0; h = (h + 1) % HASH_SIZE) {
        if (memcmp(&l->rows[l->hash[h] - 1], row, sizeof(*row)) == 0) {
            break;
        }
    }
    if (l->hash[h] == 0) {
        if (l->nrows > WEIR_LOOSE_ROW) {
            return false;
        }
        if (l->nrows == l->cap) {
            struct weir_loose_row  *more = realloc(l->rows, 2 * l->cap
                                                   * sizeof(*more));

            if (more == NULL) {
                return false;
            }
            l->rows = more;
            l->cap *= 2;
        }
        l->rows[l->nrows++] = *row;
        l->hash[h] = (uint16_t) l->nrows;
    }
    *out = (uint16_t) ((l->hash[h] - 1)
                       | (cut != 0 ? WEIR_LOOSE_SEP : 0)
                       | (again != 0 ? WEIR_LOOSE_REPEAT : 0)
                       | (fail & (WEIR_LOOSE_SEP | WEIR_LOOSE_REPEAT)));
    return true;
}

struct weir_loose_row *
matcher_loose_rows(struct matcher_loose *l, uint32_t *n)
{
    struct weir_loose_row  *rows = l->rows;

    *n = l->nrows;
    l->rows = NULL;
    return rows;
}
