/*
 * scan_loose.c: terms with separators or repeats between their characters.
 *
 * The automaton goes on as if nothing were loose. Only when a separator, or
 * once more the same character, comes while some loose term is under way, a
 * walk begins for it: a place in the trie (never a failure), and what it has
 * swallowed. Walks are moved by every character until they end or die; where
 * none is alive, and no term is cut, nothing here runs.
 *
 * What is between two neighbours of a term:
 *   nothing        they are tight
 *   separators     at most way.separators; soft when ordinary writing puts
 *                  them there: a clause mark, or a blank between two letters
 *                  of an alphabet
 *   the term's own separators, at least one: any separators, never soft
 * A soft one counts only in a term that is spelt out: of three characters or
 * more, none of them tight. A character repeats at most way.repeats times;
 * one of an alphabet only when three or more stand in a row ("good" is no
 * "god"). Those at the end of a term repeat only where an edge is asked for.
 */
#include "scan/scan_state.h"

#define TIGHT  1u       /* two neighbours had nothing between them */
#define SOFT   2u       /* or something soft */
#define BLANK  4u       /* since the last character: a blank */
#define MARK   8u       /* a clause mark */
#define WORD   16u      /* its last character belongs to a word */
#define MOVED  32u      /* just now: may have ended a term */

/* Repeats of a letter count from so many in a row. */
#define RUN_MIN  3

static uint16_t
ways_with(const struct weir_matcher *m, unsigned separators,
    unsigned repeats)
{
    const struct weir_way  *way = WEIR_PART(m, struct weir_way, ways);
    uint16_t                mask = 0;

    for (uint32_t k = 0; k < m->nways; k++) {
        if (way[k].separators >= separators && way[k].repeats >= repeats) {
            mask |= (uint16_t) (1u << k);
        }
    }
    return mask;
}

static uint16_t
ways_brief(const struct weir_matcher *m)
{
    const struct weir_way  *way = WEIR_PART(m, struct weir_way, ways);
    uint16_t                mask = 0;

    for (uint32_t k = 0; k < m->nways; k++) {
        mask |= (uint16_t) (way[k].brief << k);
    }
    return mask;
}

static const struct weir_loose_row *
row_of(const struct weir_matcher *m, uint32_t cell)
{
    return WEIR_PART(m, struct weir_loose_row, rows)
           + (WEIR_PART(m, uint16_t, loose)[cell] & WEIR_LOOSE_ROW);
}

static uint32_t
child(const struct weir_matcher *m, uint32_t cell, uint32_t c)
{
    return scan_child(WEIR_PART(m, struct weir_cell, cells), cell, c);
}

/* Too few in a row for a letter that repeats. */
static bool
too_few(const struct weir_scan *s, const struct scan_walk *w)
{
    return w->rep > 0 && (w->flags & WORD) != 0 && s->same < RUN_MIN;
}

/* What can still come of a walk with separators behind its character. */
static unsigned
open_behind_gap(const struct weir_scan *s, const struct scan_walk *w,
    unsigned what)
{
    const struct weir_loose_row  *row = row_of(s->m, w->cell);
    const uint16_t                holds = ways_with(s->m, w->run, 0);
    const unsigned                own = w->mask & row->gap[what]
                                        & (w->run > 1 ? holds : 0xffffu);
    const unsigned                hard = w->mask & row->turn[what] & holds;
    unsigned                      next = w->mask & row->chars[what] & holds;

    if ((w->flags & MARK) != 0
        || ((w->flags & BLANK) != 0 && (w->flags & WORD) != 0))
    {
        next = (w->flags & TIGHT) != 0 ? 0
               : next & ~(unsigned) ways_brief(s->m);
        if ((w->flags & MARK) == 0) {
            next |= hard;
        }
    }
    return own | next;
}

/* Can a finding (0), an exception (1) or a late finding (2) still come of
   it? */
static bool
alive(const struct weir_scan *s, const struct scan_walk *w, unsigned what)
{
    const struct weir_loose_row  *row = row_of(s->m, w->cell);
    unsigned                      need = w->rep;

    if (w->run > 0) {
        return open_behind_gap(s, w, what) != 0;
    }
    if (w->rep == 0) {
        return (w->mask & row->any[what]) != 0;
    }
    if (too_few(s, w)) {
        need += (unsigned) (RUN_MIN - s->same);
    }
    return (w->mask & ways_with(s->m, 0, need)
            & (row->other[what] | (row->chars[what]
                                   & ways_with(s->m, 1, 0)))) != 0;
}

static bool
alive_at_all(const struct weir_scan *s, const struct scan_walk *w)
{
    return alive(s, w, 0) || alive(s, w, 1) || alive(s, w, 2);
}

static void
walk_add(struct weir_scan *s, const struct scan_walk *w)
{
    if (s->nwalks == WEIR_WALKS_MAX) {
        s->overflow = true;
        return;
    }
    s->walks[s->nwalks++] = *w;
}

/* Walk w, at a character that is no separator, comes to `cell`. */
static void
walk_move(struct weir_scan *s, const struct scan_walk *w, uint32_t cell,
    bool own, bool word)
{
    struct scan_walk  to = *w;

    if (cell == 0) {
        return;
    }
    if (w->run > (own ? 1 : 0)) {
        to.mask &= ways_with(s->m, w->run, 0);
    }
    if (!own && w->run == 0) {
        to.flags |= TIGHT;
    } else if (!own && ((w->flags & MARK) != 0 || ((w->flags & BLANK) != 0
               && (w->flags & WORD) != 0 && word)))
    {
        to.flags |= SOFT;
        to.mask &= (uint16_t) ~ways_brief(s->m);
    }
    if ((to.flags & (TIGHT | SOFT)) == (TIGHT | SOFT) || to.mask == 0) {
        return;
    }
    to.cell = cell;
    to.run = 0;
    to.rep = 0;
    to.flags = (uint8_t) ((to.flags & (TIGHT | SOFT)) | MOVED
                          | (word ? WORD : 0));
    walk_add(s, &to);
}

/* A character that is no separator; `again`: the same as the one before. */
static void
walks_char(struct weir_scan *s, uint32_t c, bool word, bool again)
{
    const struct weir_cell  *cells = WEIR_PART(s->m, struct weir_cell,
                                               cells);
    const uint16_t           n = s->nwalks;
    const uint8_t            before = s->same;
    struct scan_walk         old[WEIR_WALKS_MAX];

    memcpy(old, s->walks, n * sizeof(old[0]));
    s->nwalks = 0;
    for (unsigned i = 0; i < n; i++) {
        struct scan_walk  *w = &old[i];
        const bool         turn = ((w->flags & WORD) != 0) != word;
        const bool         stays = again && w->run == 0
                                   && cells[w->cell].check == c;
        const uint32_t     at = turn ? child(s->m, w->cell, s->m->boundary)
                                     : w->cell;

        /* what has repeated leaves with another character */
        if (!(w->rep > 0 && (stays || too_few(s, w)))) {
            walk_move(s, w, child(s->m, at, c), false, word);
        }
        if (w->run > 0) {
            walk_move(s, w, child(s->m, child(s->m, w->cell, s->m->gap), c),
                      true, word);
        }
        if (stays && w->rep < WEIR_REPEATS_MAX) {
            w->rep++;
            w->mask &= ways_with(s->m, 0, w->rep);
            s->same = (uint8_t) (before + (before < 255));
            if (alive_at_all(s, w)) {
                walk_add(s, w);
            }
            s->same = before;
        }
    }
}

/* A separator. */
static void
walks_separator(struct weir_scan *s, unsigned kind)
{
    unsigned  n = 0;

    for (unsigned i = 0; i < s->nwalks; i++) {
        struct scan_walk  *w = &s->walks[i];

        if (too_few(s, w) || w->run == WEIR_SEPARATORS_MAX) {
            continue;
        }
        w->rep = 0;
        w->run++;
        w->flags |= (uint8_t) kind;
        if (alive_at_all(s, w)) {
            s->walks[n++] = *w;
        }
    }
    s->nwalks = (uint16_t) n;
}

/*
 * Walks for the terms that are under way in `state`, at `step`: with a
 * separator, which is `soft`, or with a character once more. s->word is
 * still that of the character before.
 */
static void
walks_begin(struct weir_scan *s, uint32_t state, uint32_t step,
    bool separator, unsigned soft)
{
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold);
    const uint16_t          *loose = WEIR_PART(s->m, uint16_t, loose);
    const uint32_t           flag = separator ? WEIR_LOOSE_SEP
                                              : WEIR_LOOSE_REPEAT;

    for (; (loose[state] & flag) != 0; state = cold[state].fail) {
        const struct weir_loose_row  *row = row_of(s->m, state);
        const uint32_t                depth = cold[state].depth;
        struct scan_walk              w = { .cell = state };
        uint32_t                      chars = 0, k, last = 0;

        /* not across a separator: that walk has begun there; and the
           first character repeats only behind an edge */
        if (depth > step - s->sep_step || (!separator && depth < s->same)) {
            continue;
        }
        for (k = depth; k > 0; k--) {
            const uint32_t  at = s->ring[(step - k) % SCAN_RING];

            chars += chars == 0 || at != last;
            last = at;
        }
        w.begin = weir_scan_step_begin(s, s->step - step + depth);
        w.begin_char = s->step - s->nboundaries - chars;
        w.mask = row->any[0] | row->any[1] | row->any[2];
        w.run = separator;
        w.rep = !separator;
        w.mask &= ways_with(s->m, 0, w.rep);
        w.flags = (uint8_t) (soft | (s->word ? WORD : 0)
                             | (chars > 1 ? TIGHT : 0));
        if (alive_at_all(s, &w)) {
            walk_add(s, &w);
        }
    }
}

void
weir_scan_loose_char(struct weir_scan *s, uint32_t entry, uint32_t state,
    uint32_t step)
{
    const uint32_t  c = entry & 0xffff;
    const bool      word = (entry & WEIR_ENTRY_WORD) != 0;
    const bool      again = c != 0 && c == s->cls;

    if ((entry & WEIR_ENTRY_SEP) != 0) {
        const unsigned  soft = ((entry & WEIR_ENTRY_BLANK) ? BLANK : 0)
                               | ((entry & WEIR_ENTRY_MARK) ? MARK : 0);

        walks_separator(s, soft);
        walks_begin(s, state, step, true, soft);
        s->sep_step = s->step + 1;
    } else {
        const uint8_t  same = s->same;

        if (s->nwalks > 0) {
            walks_char(s, c, word, again);
        }
        if (again) {
            s->same = (uint8_t) (same + (same < 255));
            walks_begin(s, state, step, false, 0);
        }
    }
    s->same = again ? s->same : 1;
    s->cls = (uint16_t) c;
}

/* The loose terms that end in `cell` and that w may be. */
static void
cell_out(struct scan_feed *f, const struct scan_walk *w, uint32_t cell,
    bool allow, uint64_t end)
{
    struct weir_scan        *s = f->s;
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold);
    const struct weir_out   *o, *outs = WEIR_PART(s->m, struct weir_out,
                                                  outs);
    uint32_t                 i;

    for (i = cold[cell].out; i != 0; i = outs[i].next) {
        o = &outs[i];
        if (o->steps != cold[cell].depth) {
            break;                            /* of its failure */
        }
        if (o->loose == 0 || (w->mask >> (o->loose - 1) & 1) == 0
            || (o->kind == WEIR_OUT_ALLOW) != allow)
        {
            continue;
        }
        if (allow) {
            weir_scan_allow(s, w->begin, end);
        } else if (s->allow_end == end && s->allow_begin <= w->begin) {
            continue;
        } else if (o->kind != WEIR_OUT_TERM) {
            weir_scan_half(f, o, w->begin, w->begin_char, end);
        } else {
            const struct scan_pending  p = {
                .begin = w->begin, .len = (uint32_t) (end - w->begin),
                .rule = o->rule, .score = o->score, .late = o->late
            };

            weir_scan_pend(f, &p);
        }
    }
}

void
weir_scan_loose_out(struct scan_feed *f, uint64_t end, bool edge, bool allow)
{
    struct weir_scan  *s = f->s;

    for (unsigned i = 0; i < s->nwalks; i++) {
        const struct scan_walk  *w = &s->walks[i];

        if (!edge) {
            if ((w->flags & MOVED) != 0) {
                cell_out(f, w, w->cell, allow, end);
            }
        } else if (w->run == 0 && !too_few(s, w)) {
            const uint32_t  cell = child(s->m, w->cell, s->m->boundary);

            if (cell != 0) {
                cell_out(f, w, cell, allow, end);
            }
        }
    }
}

void
weir_scan_loose_sweep(struct weir_scan *s)
{
    unsigned  n = 0;

    for (unsigned i = 0; i < s->nwalks; i++) {
        struct scan_walk  *w = &s->walks[i];

        if ((w->flags & MOVED) == 0 || alive_at_all(s, w)) {
            w->flags &= (uint8_t) ~MOVED;
            s->walks[n++] = *w;
        }
    }
    s->nwalks = (uint16_t) n;
}

uint64_t
weir_scan_loose_hold(const struct weir_scan *s, unsigned what)
{
    uint64_t  at = UINT64_MAX;

    for (unsigned i = 0; i < s->nwalks; i++) {
        if (s->walks[i].begin < at && alive(s, &s->walks[i], what)) {
            at = s->walks[i].begin;
        }
    }
    return at;
}
