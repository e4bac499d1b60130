/*
 * scan_place.c: postal addresses. The names of divisions (北京市, 海淀区) are
 * terms of the automaton, so that text without one costs nothing; where one
 * ends, the address that may begin with it is read off the text
 * (weir/address.h). What needs more text waits, in the order in which the
 * names were heard, and is tried again with the next feed.
 */
#include "fold/fold.h"
#include "scan/scan_state.h"
#include "weir/address.h"

#define CHARS  (WEIR_ADDRESS_CHARS_MAX + 1)

/* Folded characters from a begin, and where each ends in the raw text. */
struct view {
    uint32_t  ch[CHARS];
    uint64_t  end[CHARS];
    unsigned  n;
    bool      open;
};


static void
view_read(const struct scan_feed *f, uint64_t begin, struct view *v)
{
    size_t  at = (size_t) (begin - f->base);

    v->n = 0;
    v->open = !f->t.last;
    while (at < f->t.len && v->n < CHARS) {
        uint32_t      cp;
        const size_t  next = text_next(&f->t,
                                       (enum weir_coding) f->s->coding, at,
                                       &cp);
        uint32_t      fold;

        if (next == 0) {
            break;
        }
        at = next;
        fold = weir_fold(cp);
        if ((fold & WEIR_FOLD_VANISH) == 0) {
            v->ch[v->n] = weir_fold_point(fold, cp);
            v->end[v->n++] = f->base + at;
        }
    }
}


static void
report(struct scan_feed *f, const struct scan_place *p, uint64_t end,
    const unsigned score[2])
{
    const struct weir_matcher    *m = f->s->m;
    const struct weir_ident_row  *rows = WEIR_PART(m, struct weir_ident_row,
                                                   idents);

    for (uint32_t i = 0; i < m->nidents; i++) {
        const unsigned  k = rows[i].context;
        const bool      told = k != 0 && (p->contexts[k / 64] >> k % 64 & 1);

        if (rows[i].kind == WEIR_IDENT_CN_ADDRESS
            && score[told] >= rows[i].score_min)
        {
            weir_scan_pend(f, &(struct scan_pending) {
                .begin = p->begin, .len = (uint32_t) (end - p->begin),
                .rule = rows[i].rule, .kind = WEIR_IDENT_CN_ADDRESS,
                .score = (uint16_t) score[told] });
        }
    }
}


/* False: it must wait for more text. */
static bool
try(struct scan_feed *f, const struct scan_place *p)
{
    struct weir_scan  *s = f->s;
    struct view        v;
    unsigned           score[2];
    int                n;

    if (p->begin >= s->place_begin && p->begin < s->place_end) {
        return true;                  /* part of the address before it */
    }
    view_read(f, p->begin, &v);
    n = weir_address_parse(v.ch, v.n, v.open, score);
    if (n < 0) {
        return false;
    }
    if (n > 0) {
        s->place_begin = p->begin;
        s->place_end = v.end[n - 1];
        report(f, p, s->place_end, score);
    }
    return true;
}


void
weir_scan_place(struct scan_feed *f, uint64_t begin)
{
    struct weir_scan   *s = f->s;
    struct scan_place   p = { .begin = begin };

    if (s->any_place && begin == s->place_last) {
        return;                       /* 江苏, then 江苏省 */
    }
    s->any_place = true;
    s->place_last = begin;
    weir_scan_contexts_near(s, s->step - s->nboundaries - 1, p.contexts);
    if (s->nplaces > 0 || !try(f, &p)) {
        if (s->nplaces == SCAN_PLACES) {
            s->overflow = true;
            return;
        }
        s->places[s->nplaces++] = p;
    }
}


void
weir_scan_places_retry(struct scan_feed *f)
{
    struct weir_scan  *s = f->s;
    unsigned           n = 0;

    while (n < s->nplaces && try(f, &s->places[n])) {
        n++;
    }
    s->nplaces = (uint16_t) (s->nplaces - n);
    memmove(s->places, s->places + n, s->nplaces * sizeof(s->places[0]));
}


uint64_t
weir_scan_places_hold(const struct weir_scan *s)
{
    uint64_t  at = UINT64_MAX;

    for (unsigned i = 0; i < s->nplaces; i++) {
        at = s->places[i].begin < at ? s->places[i].begin : at;
    }
    return at;
}
