/*
 * import_judge.c: what is wrong with terms: doubles, too short, too long,
 * contained in others, found in ordinary text.
 *
 * All kept terms stand in one trie of folded characters; its edges are a
 * hash table (node, character) -> node. A walk from each place of a text
 * finds every term that begins there.
 */
#include "compile/import.h"
#include "fold/fold.h"
#include "scan/scan_code.h"
#include "weir/limits.h"

#include <stdlib.h>

struct edge {
    uint32_t  from;             /* node, 0: free (no edge leads to the root,
                                   and `to` of an edge is never 0) */
    uint32_t  point;
    uint32_t  to;
};

struct trie {
    struct edge  *edges;
    size_t        mask, used;
    uint32_t     *term;         /* by node: the term that ends there */
    size_t        nnodes, cap_term;
};

struct folded {                 /* folded text; vanishing characters are not
                                   in it */
    uint32_t  *point;
    uint32_t  *byte;            /* where it begins in the text */
    uint8_t   *word;
    size_t     n, cap_point, cap_byte, cap_word;
};


static void
fold_text(struct folded *f, struct weir_span s)
{
    const struct text  text = { s.at, s.len, true };
    size_t             at = 0;

    f->n = 0;
    while (at < text.len) {
        const size_t  from = at;
        uint32_t      cp, w;

        at = text_next(&text, WEIR_PLAIN, at, &cp);
        w = weir_fold(cp);
        if (w & WEIR_FOLD_VANISH) {
            continue;
        }
        weir_grow(&f->point, f->n, &f->cap_point, sizeof(*f->point));
        weir_grow(&f->byte, f->n, &f->cap_byte, sizeof(*f->byte));
        weir_grow(&f->word, f->n, &f->cap_word, sizeof(*f->word));
        f->point[f->n] = weir_fold_point(w, cp);
        f->byte[f->n] = (uint32_t) from;
        f->word[f->n++] = (w & WEIR_FOLD_WORD) != 0;
    }
}


static struct edge *
edge_at(const struct trie *t, uint32_t from, uint32_t point)
{
    uint64_t  h = ((uint64_t) from << 32 | point) * 0x9e3779b97f4a7c15u;
    size_t    i = (size_t) (h >> 32) & t->mask;

    while (t->edges[i].from != 0
           && (t->edges[i].from != from || t->edges[i].point != point))
    {
        i = (i + 1) & t->mask;
    }
    return &t->edges[i];
}


static void
trie_open(struct trie *t)
{
    t->mask = 1023;
    t->edges = calloc(t->mask + 1, sizeof(*t->edges));
    weir_assert(t->edges != NULL);
    t->nnodes = 2;              /* 0: none, 1: the root */
    for (size_t i = 0; i < 2; i++) {
        weir_grow(&t->term, i, &t->cap_term, sizeof(*t->term));
        t->term[i] = WEIR_IMPORT_NONE;
    }
}


static void
trie_double(struct trie *t)
{
    struct trie  more = *t;

    more.mask = t->mask * 2 + 1;
    more.edges = calloc(more.mask + 1, sizeof(*more.edges));
    weir_assert(more.edges != NULL);
    for (size_t i = 0; i <= t->mask; i++) {
        if (t->edges[i].from != 0) {
            *edge_at(&more, t->edges[i].from, t->edges[i].point)
                = t->edges[i];
        }
    }
    free(t->edges);
    *t = more;
}


/* The node of a row of characters, made if it is not there. */
static uint32_t
trie_add(struct trie *t, const uint32_t *point, size_t n)
{
    uint32_t  node = 1;

    for (size_t i = 0; i < n; i++) {
        struct edge  *e = edge_at(t, node, point[i]);

        if (e->from == 0) {
            if (t->used * 2 > t->mask) {
                trie_double(t);
                e = edge_at(t, node, point[i]);
            }
            t->used++;
            weir_grow(&t->term, t->nnodes, &t->cap_term, sizeof(*t->term));
            t->term[t->nnodes] = WEIR_IMPORT_NONE;
            *e = (struct edge) { node, point[i], (uint32_t) t->nnodes++ };
        }
        node = e->to;
    }
    return node;
}


/* A single Han character, or fewer than three of an alphabet: in every
   text. */
static bool
too_short(const struct folded *f)
{
    size_t  letters = 0, others = 0;

    for (size_t i = 0; i < f->n; i++) {
        letters += f->word[i];
        others += !f->word[i];
    }
    return others == 0 ? letters < 3 : letters == 0 && others < 2;
}


static void
place(struct weir_import *im, struct trie *t, struct folded *f, uint32_t i)
{
    struct weir_import_term  *term = &im->terms[i];
    uint32_t                  node;

    fold_text(f, term->text);
    term->state = f->n == 0 ? WEIR_IMPORT_EMPTY
                  : f->n > WEIR_TERM_CLASSES_MAX ? WEIR_IMPORT_LONG
                  : too_short(f) && !im->keep_short ? WEIR_IMPORT_SHORT
                  : WEIR_IMPORT_KEPT;
    if (term->state != WEIR_IMPORT_KEPT) {
        return;
    }
    node = trie_add(t, f->point, f->n);
    if (t->term[node] != WEIR_IMPORT_NONE) {
        term->state = WEIR_IMPORT_DUPLICATE;
        term->other = t->term[node];
    } else {
        t->term[node] = i;
    }
}


/* May a term stand here, as edges "auto" have it? Where its own end is of an
   alphabet no letter goes on. */
static bool
edge_before(const struct folded *f, size_t i)
{
    return i == 0 || !f->word[i] || !f->word[i - 1];
}


static bool
edge_behind(const struct folded *f, size_t end)
{
    return end == f->n || !f->word[end - 1] || !f->word[end];
}


/* The shortest other term in term i. */
static void
contained(struct weir_import *im, const struct trie *t, struct folded *f,
    uint32_t i)
{
    struct weir_import_term  *term = &im->terms[i];
    size_t                    best = SIZE_MAX;

    fold_text(f, term->text);
    for (size_t from = 0; from < f->n; from++) {
        uint32_t  node = 1;

        for (size_t k = from; k < f->n && edge_before(f, from); k++) {
            node = edge_at(t, node, f->point[k])->to;
            if (node == 0) {
                break;
            }
            if (t->term[node] != WEIR_IMPORT_NONE && t->term[node] != i
                && edge_behind(f, k + 1) && k + 1 - from < best)
            {
                best = k + 1 - from;
                term->other = t->term[node];
            }
        }
    }
}


static void
measure(struct weir_import *im, const struct trie *t, const struct folded *f)
{
    for (size_t from = 0; from < f->n; from++) {
        uint32_t  node = 1;

        for (size_t k = from; k < f->n && edge_before(f, from); k++) {
            struct weir_import_term  *term;

            node = edge_at(t, node, f->point[k])->to;
            if (node == 0) {
                break;
            }
            if (t->term[node] == WEIR_IMPORT_NONE || !edge_behind(f, k + 1)) {
                continue;
            }
            term = &im->terms[t->term[node]];
            if (term->hits++ == 0) {
                term->sample = f->byte[from];
            }
        }
    }
}


void
weir_import_judge(struct weir_import *im, struct weir_span benign)
{
    struct trie    t = { 0 };
    struct folded  f = { 0 };

    trie_open(&t);
    for (uint32_t i = 0; i < im->nterms; i++) {
        place(im, &t, &f, i);
    }
    for (uint32_t i = 0; i < im->nterms; i++) {
        if (im->terms[i].state == WEIR_IMPORT_KEPT) {
            contained(im, &t, &f, i);
        }
    }
    im->benign = benign;
    fold_text(&f, benign);
    measure(im, &t, &f);
    free(t.edges);
    free(t.term);
    free(f.point);
    free(f.byte);
    free(f.word);
}
