/* find_span.c: see find_span.h. */
#include "find/find_span.h"

#define SPANS  8


unsigned
weir_find_span_slots(const struct weir_matcher *m, unsigned kind)
{
    const struct weir_ident_row  *rows = WEIR_PART(m, struct weir_ident_row,
                                                   idents);

    for (uint32_t i = 0; i < m->nidents; i++) {
        if (rows[i].kind == kind) {
            return 1;
        }
    }
    return 0;
}


/* For every rule that it is good enough for; false: no room for all. */
static bool
report(struct weir_finder *f, const struct find_span *s, unsigned kind)
{
    const struct weir_ident_row  *rows = WEIR_PART(f->m,
                                            struct weir_ident_row, idents);

    if (f->npending + f->m->nidents > FIND_PENDING) {
        return false;
    }
    for (uint32_t i = 0; i < f->m->nidents; i++) {
        if (rows[i].kind == kind && s->score >= rows[i].score_min) {
            (void) weir_find_report(f, (uint32_t) s->begin,
                                    (uint32_t) s->end, rows[i].rule, kind,
                                    s->score);
        }
    }
    return true;
}


bool
weir_find_span_run(struct weir_finder *f, unsigned slot, unsigned kind,
    find_span_fn find)
{
    struct find_span  spans[SPANS];
    size_t            n, decided;

    do {
        n = find(f->w.cp, f->w.n, f->next[slot], f->w.ended, spans, SPANS,
                 &decided);
        for (size_t i = 0; i < n; i++) {
            if (!report(f, &spans[i], kind)) {
                f->next[slot] = (uint16_t) spans[i].begin;
                return false;
            }
        }
        f->next[slot] = (uint16_t) decided;
    } while (n == SPANS);
    return true;
}
