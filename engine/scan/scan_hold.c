/*
 * scan_hold.c: what has to wait. A finding is handed over when nothing that
 * is under way begins before it; text is settled when nothing does that
 * somebody waits for. Findings that may be late wait for all, and nobody for
 * them.
 */
#include "scan/scan_state.h"

/* First pending finding that an exception under way could still cover. */
static uint64_t
removable_begin(const struct weir_scan *s, bool late)
{
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold);
    uint64_t                 from = UINT64_MAX, b;
    unsigned                 i;

    if (s->ended || s->npending == 0) {
        return UINT64_MAX;
    }
    if (cold[s->state].hold_allow != 0) {
        from = weir_scan_step_begin(s, cold[s->state].hold_allow);
    }
    if (s->nwalks > 0) {
        b = weir_scan_loose_hold(s, 1);
        from = b < from ? b : from;
    }
    for (i = 0; i < s->npending && from != UINT64_MAX; i++) {
        /* or its later half */
        if ((late || !s->pending[i].late)
            && s->pending[i].begin + s->pending[i].second >= from)
        {
            return s->pending[i].begin;
        }
    }
    return UINT64_MAX;
}

/* The first position before which nothing that is under way begins; what may
   be late counts only if `late`. */
static uint64_t
held_from(const struct weir_scan *s, bool late)
{
    const uint32_t           back = late ?
        WEIR_PART(s->m, struct weir_cold, cold)[s->state].hold_term
        : WEIR_PART(s->m, struct weir_cell, cells)[s->state].info
          >> WEIR_CELL_HOLD;
    uint64_t                 at = UINT64_MAX, b;

    if (!s->ended && back != 0) {
        at = weir_scan_step_begin(s, back);
    }
    if (s->nattempts > 0 && s->attempts[0].begin < at) {
        at = s->attempts[0].begin;
    }
    if (s->nwalks > 0) {
        b = weir_scan_loose_hold(s, 0);
        at = b < at ? b : at;
        b = late ? weir_scan_loose_hold(s, 2) : at;
        at = b < at ? b : at;
    }
    if (s->nhalves > 0) {
        b = weir_scan_near_hold(s, late);
        at = b < at ? b : at;
    }
    if (s->nplaces > 0) {
        b = weir_scan_places_hold(s);
        at = b < at ? b : at;
    }
    b = removable_begin(s, late);
    return b < at ? b : at;
}

uint64_t
weir_scan_settle(const struct weir_scan *s)
{
    const uint64_t  held = held_from(s, false);
    uint64_t        at = held < s->pos ? held : s->pos;

    /* What found[] had no room for is not settled yet. */
    for (unsigned i = 0; i < s->npending; i++) {
        if (!s->pending[i].late) {
            at = s->pending[i].begin < at ? s->pending[i].begin : at;
            break;
        }
    }
    return at < s->floor ? s->floor : at;
}

uint64_t
weir_scan_final(const struct weir_scan *s, bool late)
{
    const uint64_t  held = held_from(s, late);
    const uint64_t  at = s->ended || held < s->pos ? held : s->pos;

    return at < s->floor ? s->floor : at;
}

/* The same place for the same rule, found twice. */
static bool
is_twin(const struct scan_pending *p, const struct scan_pending *q)
{
    return p->begin == q->begin && p->len == q->len && p->rule == q->rule
           && p->kind == q->kind;
}

bool
weir_scan_flush(struct scan_feed *f)
{
    struct weir_scan  *s = f->s;
    unsigned           i, kept = 0;
    uint64_t           before[2];           /* [1]: for those that are late */
    bool               room = true;

    if (s->npending == 0) {
        return true;
    }
    before[0] = weir_scan_final(s, false);
    before[1] = s->m->late ? weir_scan_final(s, true) : before[0];
    for (i = 0; i < s->npending && room; i++) {
        const struct scan_pending  *p = &s->pending[i];

        if (p->begin >= before[p->late]) {
            if (p->begin >= before[0]) {
                break;               /* before[0] is not less than the other */
            }
            s->pending[kept++] = *p;
            continue;
        }
        if (i + 1u < s->npending && is_twin(p, p + 1)) {
            if (p[1].score < p->score) {
                s->pending[i + 1].score = p->score;
            }
            continue;
        }
        if (f->nfound == f->nfound_max) {
            room = false;
            break;
        }
        f->found[f->nfound++] = (struct weir_found) {
            .begin = p->begin, .end = p->begin + p->len, .rule = p->rule,
            .kind = p->kind, .score = p->score, .late = p->late
        };
    }
    memmove(s->pending + kept, s->pending + i,
            (s->npending - i) * sizeof(s->pending[0]));
    s->npending = (uint16_t) (kept + s->npending - i);
    return room;
}
