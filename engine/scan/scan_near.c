/*
 * scan_near.c: "A near B". Each half, as it ends, looks for the last half of
 * the other side that ended before it began, at most so many characters
 * before: the two are one finding. Then it waits itself, until no half that
 * could still come would choose it.
 */
#include "scan/scan_state.h"

/* Where a term that is under way may begin, at the earliest: a position,
   and the characters before it. */
struct horizon {
    uint64_t  at;
    uint32_t  chars;
};

static struct horizon
horizon(const struct weir_scan *s)
{
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold)
                                    + s->state;
    const uint32_t           back = cold->hold_term > cold->hold_allow
                                    ? cold->hold_term : cold->hold_allow;
    struct horizon           h = { s->pos, s->step - s->nboundaries };

    if (back > 0) {
        uint32_t  last = 0;

        h.at = weir_scan_step_begin(s, back);
        for (uint32_t k = back; k > 0; k--) {
            const uint32_t  at = s->ring[(s->step - k) % SCAN_RING];

            /* an edge begins where its character does; one that is last
               has no character yet */
            h.chars -= (k == back || at != last)
                       && at != (uint32_t) s->pos;
            last = at;
        }
    }
    for (unsigned i = 0; i < s->nwalks; i++) {
        const struct scan_walk  *w = &s->walks[i];

        h.at = w->begin < h.at ? w->begin : h.at;
        h.chars = w->begin_char < h.chars ? w->begin_char : h.chars;
    }
    return h;
}

static bool
waits(const struct weir_scan *s, const struct scan_half *x,
    const struct horizon *h)
{
    return h->chars <= x->end_char
           || h->chars - x->end_char
              <= WEIR_PART(s->m, uint16_t, nears)[x->near];
}

/* Is x no longer the one to choose, whatever comes? */
static bool
surpassed(const struct weir_scan *s, unsigned i, const struct horizon *h)
{
    const struct scan_half  *x = &s->halves[i];

    for (unsigned k = 0; k < s->nhalves; k++) {
        const struct scan_half  *y = &s->halves[k];

        if (k != i && y->near == x->near && y->side == x->side
            && y->end <= h->at && (y->end > x->end || (y->end == x->end
            && (y->begin < x->begin || (y->begin == x->begin && k < i)))))
        {
            return true;
        }
    }
    return false;
}

void
weir_scan_near_prune(struct weir_scan *s)
{
    const struct horizon  h = horizon(s);
    unsigned              i = 0;

    while (i < s->nhalves) {
        if (waits(s, &s->halves[i], &h) && !surpassed(s, i, &h)) {
            i++;
            continue;
        }
        s->nhalves--;
        memmove(&s->halves[i], &s->halves[i + 1],
                (s->nhalves - i) * sizeof(s->halves[0]));
    }
}

void
weir_scan_half(struct scan_feed *f, const struct weir_out *o,
    uint64_t begin, uint32_t begin_char, uint64_t end)
{
    struct weir_scan        *s = f->s;
    const uint32_t           most = WEIR_PART(s->m, uint16_t,
                                              nears)[o->context];
    const struct scan_half  *best = NULL;

    for (unsigned i = 0; i < s->nhalves; i++) {
        const struct scan_half  *x = &s->halves[i];

        if (x->near == o->context && x->side != o->kind && x->end <= begin
            && (best == NULL || x->end > best->end || (x->end == best->end
                && x->begin < best->begin)))
        {
            best = x;
        }
    }
    if (best != NULL && begin_char - best->end_char <= most) {
        const struct scan_pending  p = {
            .begin = best->begin, .len = (uint32_t) (end - best->begin),
            .rule = o->rule, .score = o->score, .late = o->late,
            .first = (uint32_t) (best->end - best->begin),
            .second = (uint32_t) (begin - best->begin)
        };

        weir_scan_pend(f, &p);
    }
    if (s->nhalves == WEIR_NEAR_KEPT_MAX) {
        s->overflow = true;
        return;
    }
    s->halves[s->nhalves++] = (struct scan_half) {
        begin, end, s->step - s->nboundaries, o->rule, o->context,
        (uint8_t) o->kind, o->late, { 0 }
    };
}

uint64_t
weir_scan_near_hold(const struct weir_scan *s, bool late)
{
    uint64_t        at = UINT64_MAX;
    struct horizon  h;

    if (s->nhalves == 0 || s->ended) {
        return at;
    }
    h = horizon(s);
    for (unsigned i = 0; i < s->nhalves; i++) {
        if (s->halves[i].begin < at && (late || !s->halves[i].late)
            && waits(s, &s->halves[i], &h))
        {
            at = s->halves[i].begin;
        }
    }
    return at;
}
