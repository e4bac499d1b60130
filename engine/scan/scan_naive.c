/*
 * scan_naive.c: the definition of what terms find: fold the whole text,
 * compare every term at every place, loosely where it asks for that, pair
 * the halves of "A near B", then remove what exceptions contain.
 */
#include "scan/scan_naive.h"
#include "fold/fold.h"
#include "scan/scan_code.h"

#include <stdlib.h>

#define HITS_MAX  (NAIVE_MAX * 16)

struct chars {
    uint32_t  cp[NAIVE_MAX];
    uint64_t  begin[NAIVE_MAX], end[NAIVE_MAX];
    bool      word[NAIVE_MAX], sep[NAIVE_MAX];
    bool      own[NAIVE_MAX];       /* of a core: separators before it */
    size_t    n;
};

/* Characters [from, to) of the text are an occurrence of a term. */
struct hit {
    size_t                      from, to;
    const struct weir_term_in  *term;
};

struct naive {
    struct chars                text, term, core;
    const struct weir_term_in  *of;      /* the term */
    size_t                      from;
    struct hit                  hits[HITS_MAX];
    size_t                      nhits;
};

static void
chars_fold(struct chars *c, enum weir_coding coding, const uint8_t *text,
    size_t len)
{
    const struct text  t = { text, len, true };
    size_t             at = 0, next;
    uint32_t           cp, f;

    c->n = 0;
    for (; at < len && c->n < NAIVE_MAX; at = next) {
        next = text_next(&t, coding, at, &cp);
        f = weir_fold(cp);
        if ((f & WEIR_FOLD_VANISH) == 0) {
            c->cp[c->n] = weir_fold_point(f, cp);
            c->begin[c->n] = at;
            c->end[c->n] = next;
            c->sep[c->n] = (f & WEIR_FOLD_SEP) != 0;
            c->word[c->n++] = (f & WEIR_FOLD_WORD) != 0;
        }
    }
}

static bool
edge_before(const struct naive *v, const struct chars *m, size_t at)
{
    return !v->of->edges || !m->word[0] || at == 0 || !v->text.word[at - 1];
}

static bool
edge_behind(const struct naive *v, const struct chars *m, size_t end)
{
    return !v->of->edges || !m->word[m->n - 1] || end == v->text.n
           || !v->text.word[end];
}

static void
hit_add(struct naive *v, size_t from, size_t to)
{
    if (v->nhits == HITS_MAX) {
        abort();
    }
    v->hits[v->nhits++] = (struct hit) { from, to, v->of };
}

/* What is between the beginning and here. */
struct between {
    bool    tight, soft;     /* two neighbours with nothing, or something
                                soft, between them */
    bool    loosened;        /* not the term as it is written */
    size_t  rep;             /* repeats of the last character */
};

/* Equal characters in a row that end before `end`. */
static size_t
in_a_row(const struct naive *v, size_t end)
{
    size_t  n = 1;

    while (n < end && v->text.cp[end - 1 - n] == v->text.cp[end - 1]) {
        n++;
    }
    return n;
}

/* The first k characters of the core are matched up to `at`. */
static void
loose_from(struct naive *v, size_t at, size_t k, struct between b)
{
    const struct chars  *t = &v->text, *m = &v->core;
    const bool           word = m->word[k - 1];
    const bool           few = b.rep > 0 && word && in_a_row(v, at) < 3;
    const size_t         most = v->of->separators;
    size_t               run, i;
    bool                 mark = false, blank = false;

    /* once more the same: not the first character without an edge, and
       not the last unless it must come to one */
    if (at < t->n && t->cp[at] == m->cp[k - 1] && b.rep < v->of->repeats
        && (k < m->n || (word && v->of->edges)))
    {
        bool  first = !(v->of->edges && m->word[0]);

        for (i = v->from; i < at && first; i++) {
            first = t->cp[i] == m->cp[k - 1];
        }
        if (!first) {
            struct between  more = b;

            more.rep++;
            more.loosened = true;
            loose_from(v, at + 1, k, more);
        }
    }
    if (few) {
        return;
    }
    if (k == m->n) {
        if (b.loosened && edge_behind(v, m, at)) {
            hit_add(v, v->from, at);
        }
        return;
    }
    for (run = 0; at + run < t->n && t->sep[at + run]; run++) {
        mark = mark || weir_fold_is_mark(t->cp[at + run]);
        blank = blank || weir_fold_is_blank(t->cp[at + run]);
    }
    if (at + run == t->n || t->cp[at + run] != m->cp[k]
        || (run == 0 && (m->own[k]
                         || (b.rep > 0 && m->cp[k] == m->cp[k - 1])))
        || run > (m->own[k] && most == 0 ? 1 : most))
    {
        return;
    }
    if (!m->own[k]) {
        const bool  soft = mark || (blank && word && m->word[k]);

        b.tight = b.tight || run == 0;
        b.soft = b.soft || soft;
        if (b.soft && (b.tight || m->n <= 2)) {
            return;
        }
    }
    b.loosened = b.loosened || run > 0;
    b.rep = 0;
    loose_from(v, at + run + 1, k + 1, b);
}

static void
term_find(struct naive *v)
{
    const struct chars  *t = &v->text, *m = &v->term;
    struct chars        *c = &v->core;
    bool                 own = false;
    size_t               i;

    chars_fold(&v->term, WEIR_PLAIN, v->of->text.at, v->of->text.len);
    for (i = 0; i + m->n <= t->n; i++) {
        if (memcmp(t->cp + i, m->cp, m->n * sizeof(m->cp[0])) == 0
            && edge_before(v, m, i) && edge_behind(v, m, i + m->n))
        {
            hit_add(v, i, i + m->n);
        }
    }
    if ((v->of->separators == 0 && v->of->repeats == 0) || m->sep[0]
        || m->sep[m->n - 1])
    {
        return;
    }
    for (c->n = 0, i = 0; i < m->n; i++) {
        if (!m->sep[i]) {
            c->cp[c->n] = m->cp[i];
            c->word[c->n] = m->word[i];
            c->own[c->n++] = own;
        }
        own = m->sep[i];
    }
    for (v->from = 0; v->from < t->n; v->from++) {
        if (t->cp[v->from] == c->cp[0] && edge_before(v, c, v->from)) {
            loose_from(v, v->from + 1, 1, (struct between) { 0 });
        }
    }
}

/* Is [from, to) inside an exception that ends no later than `end`? */
static bool
excused(const struct naive *v, size_t from, size_t to, size_t end)
{
    for (size_t i = 0; i < v->nhits; i++) {
        if (v->hits[i].term->allow && v->hits[i].from <= from
            && to <= v->hits[i].to && v->hits[i].to <= end)
        {
            return true;
        }
    }
    return false;
}

/* The last half of the other side that ended before `b` began, the longest
   of several; NULL if it is too far. */
static const struct hit *
other_half(const struct naive *v, const struct hit *b)
{
    const struct hit  *best = NULL;

    for (size_t i = 0; i < v->nhits; i++) {
        const struct hit  *a = &v->hits[i];

        if (a->term->near + b->term->near == 3
            && a->term->near != 0 && b->term->near != 0
            && !a->term->allow && a->term->rule == b->term->rule
            && a->to <= b->from && !excused(v, a->from, a->to, b->to)
            && (best == NULL || a->to > best->to
                || (a->to == best->to && a->from < best->from)))
        {
            best = a;
        }
    }
    return best != NULL && b->from - best->to <= b->term->near_chars
           ? best : NULL;
}

static int
by_place(const void *a, const void *b)
{
    const struct weir_found  *x = a, *y = b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    if (x->rule != y->rule) {
        return (int) x->rule - (int) y->rule;
    }
    return (int) y->score - (int) x->score;
}

size_t
scan_naive(const struct weir_term_in *terms, size_t nterms,
    enum weir_coding coding, const uint8_t *text, size_t len,
    struct weir_found *found)
{
    static struct naive  v;
    size_t               i, n = 0, all = 0;

    v.nhits = 0;
    chars_fold(&v.text, coding, text, len);
    for (i = 0; i < nterms; i++) {
        v.of = &terms[i];
        if (v.of->context == 0) {
            term_find(&v);
        }
    }
    for (i = 0; i < v.nhits; i++) {
        const struct hit  *h = &v.hits[i], *a = h;

        if (h->term->allow || excused(&v, h->from, h->to, SIZE_MAX)) {
            continue;
        }
        if (h->term->near != 0) {
            a = other_half(&v, h);
            if (a == NULL || excused(&v, a->from, a->to, SIZE_MAX)
                || excused(&v, a->from, h->to, SIZE_MAX))
            {
                continue;
            }
        }
        found[all++] = (struct weir_found) { v.text.begin[a->from],
            v.text.end[h->to - 1], h->term->rule, 0, h->term->score, 0 };
    }
    if (all > 0) {
        qsort(found, all, sizeof(*found), by_place);
    }
    for (i = 0; i < all; i++) {                   /* each place once */
        if (n == 0 || found[n - 1].begin != found[i].begin
            || found[n - 1].end != found[i].end
            || found[n - 1].rule != found[i].rule)
        {
            found[n++] = found[i];
        }
    }
    return n;
}
