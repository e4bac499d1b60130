/*
 * matcher_compile.c: terms and identifiers of one profile -> matcher blob
 * (layout: engine/scan/scan_layout.h).
 *
 * A term is folded as the scanner folds text; then it is a row of classes,
 * with a boundary wherever word and non-word characters meet in it, and at
 * its ends if it asks for edges. Classes that begin a term come first, the
 * most frequent first.
 */
#include "compile/matcher_parts.h"
#include "scan/scan_code.h"
#include "scan/scan_step.h"
#include "weir/address.h"

#include <stdio.h>
#include <stdlib.h>

#define POINTS  0x110000
#define GAP     (POINTS + 1)     /* a separator of the term itself */

struct work {
    const struct weir_matcher_in  *in;
    struct weir_matcher_error     *err;
    uint16_t                      *class_of;  /* by folded code point */
    uint32_t                      *points;    /* steps as code points, with
                                                 POINTS for a boundary, or
                                                 GAP */
    size_t                         npoints, points_cap;
    uint16_t                      *steps;
    struct matcher_term           *terms;
    size_t                         nterms;    /* with second paths */
    struct weir_way                ways[WEIR_WAYS_MAX];
    uint32_t                       nways;
    uint16_t                       near_rule[WEIR_NEARS_MAX];
    uint16_t                       nears[WEIR_NEARS_MAX];
    uint32_t                       nnears;
    uint32_t                       nclasses, nroot;
    bool                           late;      /* some term is */
    struct matcher_trie            trie;
    struct matcher_dfa             dfa;
    size_t                        owner;     /* of the tables of identifiers,
                                                in out; SIZE_MAX: this one */
};

static int
fail_term(struct work *w, size_t term, const char *why)
{
    w->err->term = term;
    snprintf(w->err->message, sizeof(w->err->message), "%s", why);
    return WEIR_E_BAD_REQUEST;
}

static int
fail_memory(struct work *w)
{
    (void) fail_term(w, SIZE_MAX, "out of memory");
    return WEIR_E_NO_MEMORY;
}

static bool
point_add(struct work *w, uint32_t point)
{
    if (w->npoints == w->points_cap) {
        const size_t  cap = w->points_cap * 2 + 4096;
        uint32_t     *p = realloc(w->points, cap * sizeof(*p));

        if (p == NULL) {
            return false;
        }
        w->points = p;
        w->points_cap = cap;
    }
    w->points[w->npoints++] = point;
    return true;
}

/* A term as the scanner sees it. */
struct folded {
    uint32_t  point[WEIR_TERM_CLASSES_MAX];
    bool      word[WEIR_TERM_CLASSES_MAX];
    bool      sep[WEIR_TERM_CLASSES_MAX];
    unsigned  n;
};

/* Steps of the term; with `gaps`, its own separators are one step each. */
static bool
steps_add(struct work *w, const struct folded *t, bool edges, bool gaps,
    struct weir_out *out)
{
    const size_t  from = w->npoints;
    bool          word = false, gap = false, ok = true;

    out->chars = 0;
    for (unsigned i = 0; i < t->n; i++) {
        if (gaps && t->sep[i]) {
            gap = true;
            continue;
        }
        if (gap) {
            ok = ok && point_add(w, GAP);
        } else if (i == 0 ? t->word[0] && edges : t->word[i] != word) {
            ok = ok && point_add(w, POINTS);
        }
        ok = ok && point_add(w, t->point[i]);
        word = t->word[i];
        gap = false;
        out->chars++;
    }
    if (word && edges) {
        ok = ok && point_add(w, POINTS);
    }
    out->steps = (uint8_t) (w->npoints - from);
    return ok;
}

/* The number of a way, + 1; 0: there are too many. */
static unsigned
way_number(struct work *w, const struct weir_term_in *in, bool brief)
{
    const struct weir_way  way = { in->separators, in->repeats, brief, 0 };

    for (unsigned k = 0; k < w->nways; k++) {
        if (memcmp(&w->ways[k], &way, sizeof(way)) == 0) {
            return k + 1;
        }
    }
    if (w->nways == WEIR_WAYS_MAX) {
        return 0;
    }
    w->ways[w->nways++] = way;
    return w->nways;
}

/* The number of the pair of lists that the rule means; -1: too many. */
static int
near_number(struct work *w, const struct weir_term_in *in)
{
    uint32_t  k = 0;

    while (k < w->nnears && w->near_rule[k] != in->rule) {
        k++;
    }
    if (k == WEIR_NEARS_MAX) {
        return -1;
    }
    if (k == w->nnears) {
        w->near_rule[w->nnears] = in->rule;
        w->nears[w->nnears++] = in->near_chars;
    }
    return (int) k;
}

static int
out_fill(struct work *w, size_t i, struct weir_out *out)
{
    const struct weir_term_in  *in = &w->in->terms[i];
    int                         near;

    if (in->context > WEIR_CONTEXTS_MAX || in->score > 1000) {
        return fail_term(w, i, "context class or score out of range");
    }
    if (in->separators > WEIR_SEPARATORS_MAX
        || in->repeats > WEIR_REPEATS_MAX || in->near > 2
        || in->near_chars > WEIR_NEAR_CHARS_MAX)
    {
        return fail_term(w, i, "separators, repeats or near out of range");
    }
    out->kind = in->place ? WEIR_OUT_PLACE : in->allow ? WEIR_OUT_ALLOW
                : in->context != 0 ? WEIR_OUT_CONTEXT : WEIR_OUT_TERM;
    out->context = in->allow ? 0 : in->context;
    if (out->kind != WEIR_OUT_TERM) {
        return WEIR_OK;
    }
    out->rule = in->rule;
    out->score = in->score;
    out->late = in->late != 0;
    w->late |= out->late;
    if (in->near != 0) {
        near = near_number(w, in);
        if (near < 0) {
            return fail_term(w, i, "too many rules of the form A near B "
                                   "apply together");
        }
        out->kind = in->near == 1 ? WEIR_OUT_NEAR_A : WEIR_OUT_NEAR_B;
        out->context = (uint8_t) near;
    }
    return WEIR_OK;
}

static int
folded_read(struct work *w, size_t i, struct folded *t)
{
    const struct weir_span  s = w->in->terms[i].text;
    const struct text       text = { s.at, s.len, true };
    size_t                  at = 0;

    t->n = 0;
    while (at < text.len) {
        uint32_t  cp, f;

        at = text_next(&text, WEIR_PLAIN, at, &cp);
        f = weir_fold(cp);
        if (f & WEIR_FOLD_VANISH) {
            continue;
        }
        if (t->n == WEIR_TERM_CLASSES_MAX) {
            return fail_term(w, i, "the term is too long");
        }
        t->point[t->n] = weir_fold_point(f, cp);
        t->word[t->n] = (f & WEIR_FOLD_WORD) != 0;
        t->sep[t->n++] = (f & WEIR_FOLD_SEP) != 0;
    }
    if (t->n == 0) {
        return fail_term(w, i, "nothing is left of the term when it is "
                               "folded");
    }
    return WEIR_OK;
}

/* Is the value the next thing, without = or : between: "bearer ", "pass is",
   -u, 密码是: 1? Behind :// even without another : (2). */
static uint8_t
brings_operator(const struct folded *t)
{
    bool  sign = t->point[0] == '-'
                 || (t->n > 1 && t->point[0] == ' ' && t->point[1] == '-');

    if (t->point[t->n - 1] == '/') {
        return 2;
    }

    for (unsigned i = 0; i < t->n; i++) {
        sign = sign || t->point[i] == ':' || t->point[i] == '=';
    }
    return sign || t->point[t->n - 1] >= 0x2e80
           || (t->n > 3 && t->point[t->n - 3] == ' '
               && t->point[t->n - 2] == 'i' && t->point[t->n - 1] == 's');
}

static int
term_fold(struct work *w, size_t i)
{
    const struct weir_term_in  *in = &w->in->terms[i];
    struct matcher_term        *m = &w->terms[w->nterms++];
    struct matcher_term        *loose = m;
    struct folded               t;
    unsigned                    k, core = 0;
    bool                        ok;
    int                         rc = folded_read(w, i, &t);

    if (rc == WEIR_OK) {
        rc = out_fill(w, i, &m->out);
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    m->at = (uint32_t) w->npoints;
    m->index = (uint32_t) i;
    m->out.operator = m->out.kind == WEIR_OUT_CONTEXT
                      ? brings_operator(&t) : 0;
    ok = steps_add(w, &t, in->edges, false, &m->out);
    if ((in->separators == 0 && in->repeats == 0) || t.sep[0]
        || t.sep[t.n - 1] || m->out.kind == WEIR_OUT_CONTEXT)
    {
        return ok ? WEIR_OK : fail_memory(w);
    }
    for (k = 0; k < t.n; k++) {
        core += !t.sep[k];
    }
    if (core < t.n) {
        /* the path with its own separators is exact */
        loose = &w->terms[w->nterms++];
        *loose = *m;
        loose->at = (uint32_t) w->npoints;
        ok = ok && steps_add(w, &t, in->edges, true, &loose->out);
    }
    loose->out.loose = (uint8_t) way_number(w, in, core <= 2);
    if (loose->out.loose == 0) {
        return fail_term(w, i, "too many different bounds of separators and "
                               "repeats apply together");
    }
    return ok ? WEIR_OK : fail_memory(w);
}

struct count {
    uint32_t  point, first, all;
};

/* Those that begin a term, then the more frequent, then by code point. */
static int
count_compare(const void *a, const void *b)
{
    const struct count  *x = a, *y = b;

    if ((x->first > 0) != (y->first > 0)) {
        return x->first > 0 ? -1 : 1;
    }
    if (x->all != y->all) {
        return x->all > y->all ? -1 : 1;
    }
    return x->point < y->point ? -1 : x->point > y->point;
}

static int
classes_number(struct work *w)
{
    struct count  *counts = calloc(GAP + 1, sizeof(*counts));
    size_t         i, n = 0;

    w->class_of = calloc(GAP + 1, sizeof(*w->class_of));
    w->steps = calloc(w->npoints + 1, sizeof(*w->steps));
    if (counts == NULL || w->class_of == NULL || w->steps == NULL) {
        free(counts);
        return fail_memory(w);
    }
    for (i = 0; i < w->npoints; i++) {
        counts[w->points[i]].all++;
    }
    /* walks tell words apart even where no term has an edge */
    counts[POINTS].all += w->nways > 0;
    for (i = 0; i < w->nterms; i++) {
        counts[w->points[w->terms[i].at]].first++;
    }
    for (i = 0; i <= GAP; i++) {
        if (counts[i].all > 0) {
            counts[n] = counts[i];
            counts[n++].point = (uint32_t) i;
        }
    }
    qsort(counts, n, sizeof(*counts), count_compare);
    if (n >= WEIR_CELL_FREE) {
        free(counts);
        return fail_term(w, SIZE_MAX, "too many different characters");
    }
    for (i = 0; i < n; i++) {
        w->class_of[counts[i].point] = (uint16_t) (i + 1);
        w->nroot += counts[i].first > 0;
    }
    w->nclasses = (uint32_t) n;
    for (i = 0; i < w->npoints; i++) {
        w->steps[i] = w->class_of[w->points[i]];
    }
    free(counts);
    return WEIR_OK;
}

static uint32_t
entry_make(const struct work *w, uint32_t cp)
{
    const uint32_t  f = weir_fold(cp);
    const uint8_t   own = weir_fold_sym(f);
    const uint8_t   sym = own != 0 ? own
                          : matcher_han_sym(weir_fold_point(f, cp));
    const uint32_t  c = w->class_of[weir_fold_point(f, cp)];
    uint32_t        sep = 0;
    bool            out;

    if (f & WEIR_FOLD_VANISH) {
        return WEIR_ENTRY_VANISH;
    }
    if ((f & WEIR_FOLD_SEP) != 0 && w->nways > 0) {
        sep = WEIR_ENTRY_SEP
              | (weir_fold_is_mark(weir_fold_point(f, cp))
                 ? WEIR_ENTRY_MARK : 0)
              | (weir_fold_is_blank(weir_fold_point(f, cp))
                 ? WEIR_ENTRY_BLANK : 0);
    }
    out = c != 0 && c <= w->nroot
          && (w->trie.cells[c].info & WEIR_CELL_OUT) != 0;
    return c | (uint32_t) sym << 16 | sep
           | (w->class_of[POINTS] != 0 && (f & WEIR_FOLD_WORD)
              ? WEIR_ENTRY_WORD : 0)
           | (out ? WEIR_ENTRY_OUT : 0)
           | (w->dfa.begins[sym] ? WEIR_ENTRY_START : 0)
           | (cp < 0x80 && w->dfa.inner[sym] && !out ? WEIR_ENTRY_INNER : 0);
}

/* Two stages: blocks of 64 entries, equal ones shared (found by hash), but
   for those of the ideographs, which are read as one table. */
static uint32_t
entries_make(const struct work *w, uint16_t *index, uint32_t *entries)
{
    static const uint32_t  mask = 0xffff;
    uint16_t              *hash = calloc(mask + 1, sizeof(*hash));
    uint32_t               n = 0, b, i;

    for (b = 0; b < WEIR_MATCHER_BLOCKS && hash != NULL; b++) {
        uint32_t  *block = entries + n * 64;
        uint64_t   h = 0;

        for (i = 0; i < 64; i++) {
            block[i] = entry_make(w, b * 64 + i);
            h = (h ^ block[i]) * UINT64_C(0x9e3779b97f4a7c15);
            h ^= h >> 32;
        }
        if (b - WEIR_HAN_FIRST / 64 < WEIR_HAN_COUNT / 64) {
            index[b] = (uint16_t) n++;
            continue;
        }
        for (h &= mask; hash[h] != 0; h = (h + 1) & mask) {
            if (memcmp(entries + (hash[h] - 1u) * 64, block,
                       64 * sizeof(*block)) == 0)
            {
                break;
            }
        }
        if (hash[h] == 0) {
            hash[h] = (uint16_t) ++n;
        }
        index[b] = (uint16_t) (hash[h] - 1);
    }
    free(hash);
    return n;
}

static const struct weir_matcher *
matcher_at(const struct weir_buf *out, size_t at)
{
    return (const void *) (out->at + at);
}

static uint32_t
part_add(struct weir_buf *out, size_t start, const void *at, size_t len)
{
    static const uint8_t  zeros[8];
    const uint32_t        where = (uint32_t) (out->len - start);

    weir_buf_add(out, at, len);
    weir_buf_add(out, zeros, (8 - (out->len - start) % 8) % 8);
    return where;
}

static void
loose_write(const struct work *w, struct weir_buf *out, size_t start,
    struct weir_matcher *m)
{
    m->nrows = w->trie.nrows;
    m->nways = w->nways;
    m->nnears = w->nnears;
    m->gap = w->class_of[GAP];
    m->loose = part_add(out, start, w->trie.loose, w->trie.loose == NULL ? 0
                        : m->ncells * sizeof(uint16_t));
    m->rows = part_add(out, start, w->trie.rows,
                       m->nrows * sizeof(struct weir_loose_row));
    m->ways = part_add(out, start, w->ways,
                       m->nways * sizeof(struct weir_way));
    m->nears = part_add(out, start, w->nears, m->nnears * sizeof(uint16_t));
}

/* Steps over words of ASCII, of whose entries these are. */
static int
words_write(const struct work *w, const uint32_t *ascii, struct weir_buf *out,
    size_t start, struct weir_matcher *m)
{
    const struct scan_trie  t = {
        w->trie.cells, w->trie.cold, w->trie.loose, m->nroot, m->boundary,
        w->class_of[GAP]
    };
    struct matcher_words    words = { 0 };
    const int               rc = matcher_words_build(&words, &t, ascii);

    if (rc == WEIR_OK) {
        m->nwords = words.n;
        m->word_mask = words.mask;
        m->words = part_add(out, start, words.next, words.n * WEIR_WORD_COLS
                            * sizeof(*words.next));
        m->word_rows = part_add(out, start, words.rows,
                                words.n * sizeof(*words.rows));
        m->word_of = part_add(out, start, words.of,
                              (words.mask + 1) * sizeof(*words.of));
        m->letters = part_add(out, start, words.letters,
                              sizeof(words.letters));
    }
    matcher_words_release(&words);
    return rc;
}

/* The regexes, as text: each worker compiles them for itself. */
static void
regexes_write(const struct weir_matcher_in *in, struct weir_matcher *m,
    struct weir_buf *out, size_t start)
{
    static const uint8_t  zeros[8];
    uint32_t              at = 0;

    m->nregexes = (uint32_t) in->nregexes;
    m->regexes = (uint32_t) (out->len - start);
    for (size_t i = 0; i < in->nregexes; i++) {
        const struct weir_regex_in   *r = &in->regexes[i];
        const struct weir_regex_row   row = {
            .at = at, .len = (uint32_t) r->pattern.len, .rule = r->rule,
            .score = r->score, .flags = r->flags
        };

        (void) part_add(out, start, &row, sizeof(row));
        at += row.len;
    }
    m->npatterns = at;
    m->patterns = (uint32_t) (out->len - start);
    for (size_t i = 0; i < in->nregexes; i++) {
        weir_buf_add(out, in->regexes[i].pattern.at,
                     in->regexes[i].pattern.len);
    }
    weir_buf_add(out, zeros, (8 - (out->len - start) % 8) % 8);
}

/* The tables of identifiers, or where they are. */
static void
tables_write(const struct work *w, struct weir_buf *out, size_t start,
    struct weir_matcher *m)
{
    if (w->owner != SIZE_MAX) {
        const struct weir_matcher *const  o = matcher_at(out, w->owner);

        m->back = start - w->owner;
        m->columns = o->columns;
        m->trans = o->trans;
        m->states = o->states;
        m->accepts = o->accepts;
        m->starts = o->starts;
        return;
    }
    m->columns = part_add(out, start, w->dfa.columns, WEIR_SYMS);
    m->trans = part_add(out, start, w->dfa.trans,
                        (size_t) m->nstates * m->ncols * sizeof(uint16_t));
    m->states = part_add(out, start, w->dfa.states,
                         m->nstates * sizeof(struct weir_dfa_state));
    m->accepts = part_add(out, start, w->dfa.accepts,
                          m->naccepts * sizeof(struct weir_accept));
    m->starts = part_add(out, start, w->dfa.starts,
                         3 * m->ncols * sizeof(uint16_t));
}

static int
blob_write(struct work *w, struct weir_buf *out)
{
    const size_t           start = out->len;
    struct weir_matcher    m = { .magic = WEIR_MATCHER_MAGIC,
                                 .version = WEIR_MATCHER_VERSION };
    struct weir_ident_row  row;
    uint16_t              *index = malloc(WEIR_MATCHER_BLOCKS * 2);
    uint32_t              *entries = malloc((WEIR_MATCHER_BLOCKS + 1)
                                            * 64 * sizeof(*entries));
    size_t                 i;

    if (index == NULL || entries == NULL) {
        free(index);
        free(entries);
        return fail_memory(w);
    }
    m.nblocks = entries_make(w, index, entries);
    m.ncells = w->trie.ncells;
    m.nclasses = w->nclasses;
    m.nroot = w->nroot;
    m.boundary = w->class_of[POINTS];
    m.nouts = w->trie.nouts;
    m.nstates = w->dfa.nstates;
    m.ncols = w->dfa.ncols;
    m.nquiet = w->dfa.nquiet;
    m.naccepts = w->dfa.naccepts;
    m.nidents = (uint32_t) w->in->nidents;
    m.late = w->late;
    weir_buf_add(out, &m, sizeof(m));
    m.index = part_add(out, start, index, WEIR_MATCHER_BLOCKS * 2);
    m.entries = part_add(out, start, entries,
                         (size_t) m.nblocks * 64 * sizeof(*entries));
    m.cells = part_add(out, start, w->trie.cells,
                       m.ncells * sizeof(struct weir_cell));
    m.cold = part_add(out, start, w->trie.cold,
                      m.ncells * sizeof(struct weir_cold));
    m.outs = part_add(out, start, w->trie.outs,
                      m.nouts * sizeof(struct weir_out));
    m.filter_mask = w->trie.filter_mask;
    m.filter = part_add(out, start, w->trie.filter,
                        ((size_t) m.filter_mask + 1) / 8);
    m.ntriples = w->trie.ntriples;
    m.triples = part_add(out, start, w->trie.triples,
                         m.ntriples * sizeof(uint64_t));
    if (words_write(w, entries + index[0] * 64u, out, start, &m) != WEIR_OK) {
        out->failed = true;
    }
    tables_write(w, out, start, &m);
    m.idents = (uint32_t) (out->len - start);
    for (i = 0; i < w->in->nidents; i++) {
        const struct weir_ident_in  *in = &w->in->idents[i];

        row = (struct weir_ident_row) { (uint16_t) in->kind, in->rule,
                                        in->score_min, in->context };
        (weir_ident_is_assigned(in->kind) ? m.assigned : m.contexts)
            [in->context / 64] |= in->context != 0
                       ? UINT64_C(1) << in->context % 64 : 0;
        (void) part_add(out, start, &row, sizeof(row));
    }
    loose_write(w, out, start, &m);
    regexes_write(w->in, &m, out, start);
    free(index);
    free(entries);
    m.size = out->len - start;
    if (out->failed || m.size > UINT32_MAX || m.nblocks == 0) {
        return fail_memory(w);
    }
    memcpy(out->at + start, &m, sizeof(m));
    return WEIR_OK;
}

/* An earlier matcher in `out` for the same kinds; SIZE_MAX: none. */
static size_t
owner_find(const struct weir_matcher_in *in, const struct weir_buf *out,
    const struct matcher_kinds *kinds)
{
    for (size_t i = 0; i < in->nearlier; i++) {
        const struct weir_matcher *const    m = matcher_at(out,
                                                           in->earlier[i]);
        const struct weir_ident_row *const  rows = WEIR_PART(m,
                                                 struct weir_ident_row,
                                                 idents);
        struct matcher_kinds                its = { { 0 } };

        for (uint32_t k = 0; k < m->nidents; k++) {
            matcher_kinds_add(&its, rows[k].kind);
        }
        if (memcmp(&its, kinds, sizeof(its)) == 0) {
            return in->earlier[i];
        }
    }
    return SIZE_MAX;
}

static int
compile(struct work *w, struct weir_buf *out)
{
    struct matcher_kinds  kinds = { { 0 } };
    size_t                i;
    int                   rc;

    for (i = 0; i < w->in->nidents; i++) {
        const struct weir_ident_in  *in = &w->in->idents[i];

        if (in->kind == 0 || in->kind >= WEIR_IDENT_PSEUDONYM
            || in->context > WEIR_CONTEXTS_MAX)
        {
            return fail_term(w, SIZE_MAX, "unknown kind of identifier");
        }
        matcher_kinds_add(&kinds, in->kind);
    }
    w->terms = calloc(2 * w->in->nterms + 1, sizeof(*w->terms));
    if (w->terms == NULL) {
        return fail_memory(w);
    }
    for (i = 0; i < w->in->nterms; i++) {
        rc = term_fold(w, i);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    rc = classes_number(w);
    if (rc != WEIR_OK) {
        return rc;
    }
    rc = matcher_trie_build(&w->trie, w->terms, w->nterms, w->steps,
                            w->nclasses, w->nroot,
                            (struct matcher_edges) { w->class_of[POINTS],
                                                     w->class_of[GAP] },
                            w->ways, w->nways);
    if (rc != WEIR_OK) {
        return fail_memory(w);
    }
    w->owner = owner_find(w->in, out, &kinds);
    if (w->owner != SIZE_MAX) {
        matcher_dfa_of(&w->dfa, matcher_at(out, w->owner));
    } else if (matcher_dfa_build(&w->dfa, &kinds) != WEIR_OK) {
        return fail_memory(w);
    }
    return blob_write(w, out);
}

/* The names of divisions where postal addresses are looked for: terms of
   the automaton, in `text` as UTF-8. */
static size_t
places_add(struct weir_term_in *terms, uint8_t *text)
{
    const uint16_t  *name;
    unsigned         len;
    size_t           n = 0;

    for (unsigned k = 0; (name = weir_address_name(k, &len)) != NULL; k++) {
        const uint8_t *const  at = text;

        for (unsigned i = 0; i < len; i++) {
            *text++ = (uint8_t) (0xe0 | name[i] >> 12);
            *text++ = (uint8_t) (0x80 | (name[i] >> 6 & 63));
            *text++ = (uint8_t) (0x80 | (name[i] & 63));
        }
        terms[n++] = (struct weir_term_in) {
            .text = { at, (size_t) (text - at) }, .place = 1
        };
    }
    return n;
}

static bool
wants_places(const struct weir_matcher_in *in)
{
    for (size_t i = 0; i < in->nidents; i++) {
        if (in->idents[i].kind == WEIR_IDENT_CN_ADDRESS) {
            return true;
        }
    }
    return false;
}

/* *all: `in` with those names behind its terms; free both blocks. */
static int
places_unite(const struct weir_matcher_in *in, struct weir_matcher_in *all,
    struct weir_term_in **terms, uint8_t **text)
{
    size_t    units = 0;
    unsigned  n = 0, len;

    *all = *in;
    *terms = NULL;
    *text = NULL;
    if (!wants_places(in)) {
        return WEIR_OK;
    }
    while (weir_address_name(n, &len) != NULL) {
        units += len;
        n++;
    }
    *terms = calloc(in->nterms + n, sizeof(**terms));
    *text = malloc(3 * units);
    if (*terms == NULL || *text == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    if (in->nterms > 0) {
        memcpy(*terms, in->terms, in->nterms * sizeof(**terms));
    }
    all->terms = *terms;
    all->nterms += places_add(*terms + in->nterms, *text);
    return WEIR_OK;
}

int
weir_matcher_compile(const struct weir_matcher_in *in, struct weir_buf *out,
    struct weir_matcher_error *err)
{
    struct weir_matcher_in  all;
    struct weir_term_in    *terms;
    uint8_t                *text;
    struct work             w = { .in = &all, .err = err };
    int                     rc;

    err->term = SIZE_MAX;
    err->message[0] = '\0';
    rc = places_unite(in, &all, &terms, &text);
    rc = rc == WEIR_OK ? compile(&w, out) : fail_memory(&w);
    free(terms);
    free(text);
    free(w.class_of);
    free(w.points);
    free(w.steps);
    free(w.terms);
    matcher_trie_release(&w.trie);
    matcher_dfa_release(&w.dfa);
    return rc;
}
