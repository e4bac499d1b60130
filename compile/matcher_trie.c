/*
 * matcher_trie.c: terms -> double-array Aho-Corasick automaton.
 *
 * Terms are sorted, so that the trie comes out in depth-first order with
 * children in order of class. Then nodes get cells: the root's children
 * first (class c at cell c), large families next, only children last, into
 * the holes. Failures and outputs follow breadth first.
 */
#include "compile/matcher_parts.h"

#include <stdlib.h>

#define CELLS_MAX    (16u << 20)
#define TRIES_MAX    64          /* holes looked at for a large family */
#ifndef TRIPLES_MIN
#define TRIPLES_MIN       16384  /* terms that are worth a table of triples */
#endif
#define TRIPLE_WORDS_MAX  65536  /* of it: half a megabyte */

struct trie_node {
    uint32_t  child;             /* first; 0: none */
    uint32_t  sibling;
    uint32_t  parent;
    uint32_t  cell;
    uint32_t  base;              /* of its children */
    uint32_t  term;              /* first in terms[] + 1 that ends here */
    uint16_t  label;
    uint16_t  nchildren;
    uint8_t   depth;
    bool      term_below, allow_below;
    bool      now_below;         /* a term that is not late */
};

struct trie {
    struct trie_node     *nodes;
    uint32_t              nnodes;
    uint32_t             *order;
    struct matcher_term  *terms;
    size_t                nterms;
    const uint16_t       *steps;
    struct matcher_loose *loose;     /* NULL: no term is */
    uint32_t              nclasses, nroot;
    struct weir_cell     *cells;
    uint32_t              ncells;    /* used up to here */
    uint32_t              cap;
    uint32_t             *hole;      /* next hole behind a cell; doubly */
    uint32_t             *hole_back;
    uint8_t              *base_used; /* bits */
};

static int
term_compare(const void *a, const void *b, void *steps_)
{
    const struct matcher_term  *x = a, *y = b;
    const uint16_t             *steps = steps_;
    const unsigned              n = x->out.steps < y->out.steps
                                    ? x->out.steps : y->out.steps;
    unsigned                    i;

    for (i = 0; i < n; i++) {
        const uint16_t  c = steps[x->at + i], d = steps[y->at + i];

        if (c != d) {
            return c < d ? -1 : 1;
        }
    }
    if (x->out.steps != y->out.steps) {
        return x->out.steps < y->out.steps ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool
is_term(unsigned kind)
{
    return kind != WEIR_OUT_ALLOW && kind != WEIR_OUT_CONTEXT;
}

static void
nodes_build(struct trie *t)
{
    uint32_t  path[WEIR_TERM_STEPS_MAX + 1] = { 0 };
    uint32_t  last[WEIR_TERM_STEPS_MAX + 1] = { 0 };  /* last child of it */
    size_t    i;
    unsigned  d, k;

    t->nnodes = 1;
    for (i = 0; i < t->nterms; i++) {
        const struct matcher_term  *m = &t->terms[i];
        const unsigned              n = m->out.steps;

        d = 0;
        if (i > 0) {
            const struct matcher_term  *p = &t->terms[i - 1];

            while (d < n && d < p->out.steps
                   && t->steps[m->at + d] == t->steps[p->at + d])
            {
                d++;
            }
        }
        for (; d < n; d++) {
            const uint32_t     v = t->nnodes++;
            struct trie_node  *node = &t->nodes[v];
            struct trie_node  *up = &t->nodes[path[d]];

            *node = (struct trie_node) { .parent = path[d],
                                         .label = t->steps[m->at + d],
                                         .depth = (uint8_t) (d + 1) };
            if (up->child == 0) {
                up->child = v;
            } else {
                t->nodes[last[d]].sibling = v;
            }
            up->nchildren++;
            last[d] = v;
            path[d + 1] = v;
        }
        if (t->nodes[path[n]].term == 0) {
            t->nodes[path[n]].term = (uint32_t) i + 1;
        }
        for (k = 0; k < n; k++) {
            t->nodes[path[k]].term_below |= is_term(m->out.kind);
            t->nodes[path[k]].now_below |= is_term(m->out.kind)
                                           && !m->out.late;
            t->nodes[path[k]].allow_below |= m->out.kind == WEIR_OUT_ALLOW;
            if (t->loose != NULL) {
                matcher_loose_pass(t->loose, path[k],
                                   t->nodes[path[k]].label, m, t->steps, k);
            }
        }
    }
}

static bool
cells_grow(struct trie *t, uint32_t need)
{
    uint32_t           cap = t->cap, i;
    struct weir_cell  *cells;
    uint32_t          *hole, *back;
    uint8_t           *used;

    if (need <= cap) {
        return true;
    }
    while (cap < need) {
        cap += cap / 2 + 65536;
    }
    if (cap > CELLS_MAX) {
        return false;
    }
    cells = realloc(t->cells, cap * sizeof(*cells));
    t->cells = cells != NULL ? cells : t->cells;
    hole = realloc(t->hole, cap * sizeof(*hole));
    t->hole = hole != NULL ? hole : t->hole;
    back = realloc(t->hole_back, cap * sizeof(*back));
    t->hole_back = back != NULL ? back : t->hole_back;
    used = realloc(t->base_used, cap / 8 + 1);
    t->base_used = used != NULL ? used : t->base_used;
    if (cells == NULL || hole == NULL || back == NULL || used == NULL) {
        return false;
    }
    memset(used + (t->cap == 0 ? 0 : t->cap / 8 + 1), 0,
           cap / 8 + 1 - (t->cap == 0 ? 0 : t->cap / 8 + 1));
    for (i = t->cap; i < cap; i++) {
        cells[i] = (struct weir_cell) { 0, WEIR_CELL_FREE, 0 };
        hole[i] = i + 1;
        back[i] = i == 0 ? 0 : i - 1;
    }
    t->cap = cap;
    return true;
}

static void
cell_take(struct trie *t, uint32_t cell, uint16_t label)
{
    const uint32_t  before = t->hole_back[cell], behind = t->hole[cell];

    t->hole[before] = behind;
    if (behind < t->cap) {
        t->hole_back[behind] = before;
    }
    t->cells[cell].check = label;
    if (cell >= t->ncells) {
        t->ncells = cell + 1;
    }
}

static bool
base_is_free(const struct trie *t, uint32_t base, uint32_t first)
{
    uint32_t  v;

    if (t->base_used[base / 8] >> (base % 8) & 1) {
        return false;
    }
    for (v = first; v != 0; v = t->nodes[v].sibling) {
        if (t->cells[base + t->nodes[v].label].check != WEIR_CELL_FREE) {
            return false;
        }
    }
    return true;
}

/* A base for the children of node v; *from is where to look for holes.
   cell 0, the root, heads the list of holes. */
static bool
family_place(struct trie *t, uint32_t v, uint32_t *from)
{
    const uint32_t  first = t->nodes[v].child;
    const uint32_t  label = t->nodes[first].label;
    uint32_t        h = t->hole[*from], base = 0, c, looked = 0;

    for (;;) {
        if (!cells_grow(t, (h > t->ncells ? h : t->ncells)
                           + 2 * t->nclasses + 16))
        {
            return false;
        }
        if (h > label) {
            base = h - label;
            if (base_is_free(t, base, first)) {
                break;
            }
        }
        /* A crowded stretch is left behind for families of this size and
           smaller; only children start from the front again. */
        if (++looked % TRIES_MAX == 0) {
            *from = h;
        }
        h = t->hole[h];
    }
    t->base_used[base / 8] |= (uint8_t) (1 << base % 8);
    t->nodes[v].base = base;
    for (c = first; c != 0; c = t->nodes[c].sibling) {
        t->nodes[c].cell = base + t->nodes[c].label;
        cell_take(t, t->nodes[c].cell, t->nodes[c].label);
    }
    return true;
}

/* order[]: nodes but the root, most children first; of the same number in
   depth-first order, so that what follows in a term lies near. */
static void
order_by_children(struct trie *t)
{
    uint32_t  bucket[66] = { 0 }, i, sum = 0;

    for (i = 1; i < t->nnodes; i++) {
        const unsigned  n = t->nodes[i].nchildren;

        bucket[n > 64 ? 0 : 65 - n]++;
    }
    for (i = 0; i < 66; i++) {
        const uint32_t  n = bucket[i];

        bucket[i] = sum;
        sum += n;
    }
    for (i = 1; i < t->nnodes; i++) {
        const unsigned  n = t->nodes[i].nchildren;

        t->order[bucket[n > 64 ? 0 : 65 - n]++] = i;
    }
}

static bool
cells_place(struct trie *t)
{
    uint32_t  i, c, from = 0, only = 0;

    if (!cells_grow(t, 4 * t->nclasses + 65536)) {
        return false;
    }
    t->cells[0].check = 0;
    t->ncells = 1;
    t->base_used[0] |= 1;
    for (c = t->nodes[0].child; c != 0; c = t->nodes[c].sibling) {
        t->nodes[c].cell = t->nodes[c].label;
        cell_take(t, t->nodes[c].cell, t->nodes[c].label);
    }
    order_by_children(t);
    for (i = 0; i + 1 < t->nnodes; i++) {
        const uint32_t  v = t->order[i];

        if (t->nodes[v].nchildren == 0) {
            break;
        }
        if (!family_place(t, v, t->nodes[v].nchildren == 1 ? &only : &from)) {
            return false;
        }
    }
    return true;
}

/* Free cells behind the last one, so that base + class is always a cell;
   leaves have their base where every cell is free. */
static bool
cells_finish(struct trie *t)
{
    const uint32_t  tail = t->ncells;
    uint32_t        i;

    if (!cells_grow(t, 2 * tail + 2 * t->nclasses + 2)) {
        return false;
    }
    for (i = 0; i < tail; i++) {
        t->cells[i].base = t->cells[i].check == WEIR_CELL_FREE ? 0 : tail;
    }
    for (i = 0; i < t->nnodes; i++) {
        if (t->nodes[i].child != 0) {
            t->cells[t->nodes[i].cell].base = t->nodes[i].base;
        }
    }
    t->cells[0].base = 0;
    for (i = 0; i < t->nnodes; i++) {
        const uint32_t  base = t->cells[t->nodes[i].cell].base;

        t->ncells = base + t->nclasses + 1 > t->ncells
                    ? base + t->nclasses + 1 : t->ncells;
    }
    return cells_grow(t, t->ncells);
}

static uint32_t
child_by(const struct trie *t, uint32_t v, uint16_t label)
{
    uint32_t  s = t->nodes[v].cell;

    /* found through the cells: node numbers are kept in hole[] */
    s = t->cells[s].base + label;
    return t->cells[s].check == label ? t->hole[s] : 0;
}

/* Outputs of v: its own, then those of its failure. Exceptions and terms of
   the same text and rule are written once. */
static void
outs_add(struct trie *t, struct matcher_trie *out, uint32_t v,
    uint32_t inherited)
{
    struct weir_cold  *cold = &out->cold[t->nodes[v].cell];
    uint32_t           i = t->nodes[v].term, next = inherited;

    if (i != 0) {
        const struct matcher_term  *first = &t->terms[i - 1];

        for (i--; i < t->nterms; i++) {
            const struct matcher_term  *m = &t->terms[i];

            if (m->out.steps != first->out.steps
                || memcmp(t->steps + m->at, t->steps + first->at,
                          m->out.steps * sizeof(uint16_t)) != 0)
            {
                break;
            }
            if (m != first && m->out.kind == m[-1].out.kind
                && m->out.rule == m[-1].out.rule
                && m->out.context == m[-1].out.context
                && m->out.loose == m[-1].out.loose
                && m->out.score <= m[-1].out.score)
            {
                continue;
            }
            out->outs[out->nouts] = m->out;
            out->outs[out->nouts].next = next;
            next = out->nouts++;
        }
    }
    cold->out = next;
    if (next != 0) {
        t->cells[t->nodes[v].cell].info |= WEIR_CELL_OUT;
    }
}

/* Breadth first: failures, outputs, and how far back a cell holds. */
static bool
cold_fill(struct trie *t, struct matcher_trie *out)
{
    uint32_t  head = 0, tail = 0, c, v, f, g, now;

    for (v = 0; v < t->nnodes; v++) {
        t->hole[t->nodes[v].cell] = v;
    }
    for (c = t->nodes[0].child; c != 0; c = t->nodes[c].sibling) {
        t->order[tail++] = c;
    }
    out->nouts = 1;
    while (head < tail) {
        struct weir_cold  *cold;

        v = t->order[head++];
        for (c = t->nodes[v].child; c != 0; c = t->nodes[c].sibling) {
            t->order[tail++] = c;
        }
        g = 0;
        if (t->nodes[v].depth > 1) {
            /* hole_back[] of a cell: the failure of its node */
            f = t->nodes[v].parent;
            do {
                f = t->hole_back[t->nodes[f].cell];
                g = child_by(t, f, t->nodes[v].label);
            } while (g == 0 && f != 0);
        }
        t->hole_back[t->nodes[v].cell] = g;
        cold = &out->cold[t->nodes[v].cell];
        cold->fail = t->nodes[g].cell;
        cold->depth = t->nodes[v].depth;
        cold->hold_term = t->nodes[v].term_below ? cold->depth
                          : out->cold[cold->fail].hold_term;
        now = t->nodes[v].now_below ? cold->depth
              : t->cells[cold->fail].info >> WEIR_CELL_HOLD;
        t->cells[t->nodes[v].cell].info = (uint16_t) (now << WEIR_CELL_HOLD);
        cold->hold_allow = t->nodes[v].allow_below ? cold->depth
                           : out->cold[cold->fail].hold_allow;
        outs_add(t, out, v, out->cold[cold->fail].out);
        if (t->loose != NULL
            && !matcher_loose_word(t->loose, v, out->loose[cold->fail],
                                   &out->loose[t->nodes[v].cell]))
        {
            return false;
        }
    }
    if (t->loose != NULL) {
        out->rows = matcher_loose_rows(t->loose, &out->nrows);
    }
    return true;
}

/* At least 16 bits for each pair of steps that begins a term: one step in
   sixteen looks at the cells in vain. */
static bool
filter_fill(const struct trie *t, struct matcher_trie *out)
{
    uint32_t  pairs = 0, v, bits = 1024, at;

    for (v = 1; v < t->nnodes; v++) {
        pairs += t->nodes[v].depth == 2;
    }
    while (bits < pairs * 16 && bits < 1u << 21) {
        bits *= 2;
    }
    out->filter = calloc(bits / 64, sizeof(*out->filter));
    out->filter_mask = bits - 1;
    for (v = 1; v < t->nnodes && out->filter != NULL; v++) {
        if (t->nodes[v].depth == 2) {
            at = WEIR_FILTER(t->nodes[t->nodes[v].parent].cell,
                             t->nodes[v].label, out->filter_mask);
            out->filter[at / 64] |= UINT64_C(1) << at % 64;
        }
    }
    return out->filter != NULL;
}

static bool
ends_at_two(const struct trie *t, uint32_t v)
{
    return t->nodes[v].depth == 2
           && (t->cells[t->nodes[v].cell].info & WEIR_CELL_OUT) != 0;
}

/*
 * Where terms go on behind three steps, and where they end behind two: 32 bits
 * for each up to a size that the caches hold. With few terms the automaton
 * rarely leaves the root, and nothing is won by not stepping it.
 */
static bool
triples_fill(const struct trie *t, struct matcher_trie *out)
{
    uint32_t  n = 0, words = 1, v, h;

    for (v = 1; v < t->nnodes; v++) {
        n += t->nodes[v].depth == 3 || ends_at_two(t, v);
    }
    if (n < TRIPLES_MIN) {
        return true;
    }
    while (words * 2 < n && words < TRIPLE_WORDS_MAX) {
        words *= 2;
    }
    out->triples = calloc(words, sizeof(*out->triples));
    if (out->triples == NULL) {
        return false;
    }
    out->ntriples = words;
    for (v = 1; v < t->nnodes; v++) {
        const struct trie_node *const  n2 = &t->nodes[v];
        const struct trie_node *const  n1 = &t->nodes[n2->parent];
        const struct trie_node *const  n0 = &t->nodes[n1->parent];

        if (n2->depth != 3 && !ends_at_two(t, v)) {
            continue;
        }
        h = n2->depth == 3 ? WEIR_TRIPLE(WEIR_MIX(n0->label),
                                         WEIR_MIX(n1->label),
                                         WEIR_MIX(n2->label))
                           : WEIR_PAIR(WEIR_MIX(n1->label),
                                       WEIR_MIX(n2->label));
        out->triples[WEIR_TRIPLE_WORD(h, words - 1)] |= WEIR_TRIPLE_BITS(h);
    }
    return true;
}

/* The arrays of the output; the cells are placed already. */
static bool
outs_open(struct trie *t, struct matcher_trie *out)
{
    out->cold = calloc(t->ncells, sizeof(*out->cold));
    if (t->loose != NULL) {
        out->loose = calloc(t->ncells, sizeof(*out->loose));
    }
    return out->cold != NULL && (t->loose == NULL || out->loose != NULL);
}

int
matcher_trie_build(struct matcher_trie *out, struct matcher_term *terms,
    size_t nterms, const uint16_t *steps, uint32_t nclasses, uint32_t nroot,
    struct matcher_edges edges, const struct weir_way *ways, uint32_t nways)
{
    struct trie  t = { .terms = terms, .nterms = nterms, .steps = steps,
                       .nclasses = nclasses, .nroot = nroot };
    uint64_t     most = 1;
    size_t       i;
    int          rc = WEIR_E_NO_MEMORY;

    memset(out, 0, sizeof(*out));
    for (i = 0; i < nterms; i++) {
        most += terms[i].out.steps;
    }
    if (most > CELLS_MAX) {
        return WEIR_E_NO_MEMORY;
    }
    if (nterms > 0) {
        qsort_r(terms, nterms, sizeof(*terms), term_compare,
                (void *) (uintptr_t) steps);
    }
    t.nodes = calloc(most, sizeof(*t.nodes));
    t.order = calloc(most, sizeof(*t.order));
    out->outs = calloc(nterms + 1, sizeof(*out->outs));
    if (nways > 0) {
        t.loose = matcher_loose_open((uint32_t) most, edges, ways, nways);
    }
    if (t.nodes != NULL && t.order != NULL && out->outs != NULL
        && (nways == 0 || t.loose != NULL))
    {
        nodes_build(&t);
        if (cells_place(&t) && cells_finish(&t) && outs_open(&t, out)
            && filter_fill(&t, out))
        {
            t.hole_back[0] = 0;
            rc = cold_fill(&t, out) && triples_fill(&t, out)
                 ? WEIR_OK : WEIR_E_NO_MEMORY;
        }
    }
    out->cells = t.cells;
    out->ncells = t.ncells;
    matcher_loose_close(t.loose);
    free(t.nodes);
    free(t.order);
    free(t.hole);
    free(t.hole_back);
    free(t.base_used);
    return rc;
}

void
matcher_trie_release(struct matcher_trie *t)
{
    free(t->cells);
    free(t->cold);
    free(t->outs);
    free(t->filter);
    free(t->triples);
    free(t->loose);
    free(t->rows);
    memset(t, 0, sizeof(*t));
}
