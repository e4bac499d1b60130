/*
 * scan_naive.c: the definition of what terms find: fold the whole text,
 * compare every term at every place, then remove what exceptions contain.
 */
#include "scan/scan_naive.h"
#include "fold/fold.h"
#include "scan/scan_code.h"

#include <stdlib.h>

struct chars {
    uint32_t  cp[NAIVE_MAX];
    uint64_t  begin[NAIVE_MAX], end[NAIVE_MAX];
    bool      word[NAIVE_MAX];
    size_t    n;
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
            c->word[c->n++] = (f & WEIR_FOLD_WORD) != 0;
        }
    }
}

static bool
matches(const struct chars *t, size_t at, const struct chars *m, bool edges)
{
    const size_t  end = at + m->n;

    if (end > t->n || memcmp(t->cp + at, m->cp, m->n * sizeof(m->cp[0]))) {
        return false;
    }
    return !edges
           || (!(m->word[0] && at > 0 && t->word[at - 1])
               && !(m->word[m->n - 1] && end < t->n && t->word[end]));
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
    return (int) x->rule - (int) y->rule;
}

size_t
scan_naive(const struct weir_term_in *terms, size_t nterms,
    enum weir_coding coding, const uint8_t *text, size_t len,
    struct weir_found *found)
{
    static struct chars  t, m;
    size_t               i, j, k, n = 0, pass;

    chars_fold(&t, coding, text, len);
    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < nterms; i++) {
            if (terms[i].context != 0 || terms[i].allow != pass) {
                continue;
            }
            chars_fold(&m, WEIR_PLAIN, terms[i].text.at, terms[i].text.len);
            for (j = 0; j < t.n; j++) {
                if (!matches(&t, j, &m, terms[i].edges)) {
                    continue;
                }
                if (!terms[i].allow) {
                    found[n++] = (struct weir_found) { t.begin[j],
                        t.end[j + m.n - 1], terms[i].rule, 0, terms[i].score,
                        0 };
                    continue;
                }
                for (k = 0; k < n; k++) {
                    if (found[k].begin >= t.begin[j]
                        && found[k].end <= t.end[j + m.n - 1])
                    {
                        found[k--] = found[--n];
                    }
                }
            }
        }
    }
    qsort(found, n, sizeof(*found), by_place);
    return n;
}
