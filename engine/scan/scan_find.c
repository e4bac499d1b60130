/*
 * scan_find.c: what happens at a character when something is going on, in
 * this order: the word edge before it, its step of the automaton with the
 * terms that end there, the identifiers that are under way, those that may
 * begin with it; then whatever has become final is handed over.
 *
 * Everything here depends on the text alone, never on how it was cut.
 */
#include "scan/ident_check.h"
#include "scan/scan_state.h"

uint64_t
weir_scan_step_begin(const struct weir_scan *s, uint32_t back)
{
    const uint64_t  now = s->end1 > s->pos ? s->end1 : s->pos;
    const uint32_t  low = s->ring[(s->step - back) % SCAN_RING];

    return now - (uint32_t) ((uint32_t) now - low);
}

static uint32_t
char_count(const struct weir_scan *s)
{
    return s->step - s->nboundaries;
}

static void confirm(struct scan_feed *f, struct scan_attempt *a);

static void
attempt_drop(struct weir_scan *s, unsigned i)
{
    s->nattempts--;
    memmove(&s->attempts[i], &s->attempts[i + 1],
            (s->nattempts - i) * sizeof(s->attempts[0]));
}

/*
 * More findings wait than may: first the identifiers that hold them back
 * are cut short; then the floor rises, and what would begin before it will
 * be reported from the floor on. Half of pending[] is kept for the findings
 * of one character; what has no room even there is dropped.
 */
void
weir_scan_relieve(struct scan_feed *f)
{
    struct weir_scan  *s = f->s;
    const unsigned     most = WEIR_PENDING_MAX / 2;

    while (s->nattempts > 0 && s->npending > most
           && s->pending[s->npending - most - 1].begin
              >= weir_scan_final(s, true))
    {
        struct scan_attempt  a = s->attempts[0];

        attempt_drop(s, 0);
        confirm(f, &a);
    }
    if (s->npending > most
        && s->pending[s->npending - most - 1].begin
           >= weir_scan_final(s, true))
    {
        s->floor = s->pending[s->npending - most - 1].begin + 1;
        s->overflow = true;
    }
}

void
weir_scan_pend(struct scan_feed *f, const struct scan_pending *add)
{
    struct weir_scan    *s = f->s;
    struct scan_pending  p = *add;
    unsigned             i;

    if (p.begin < s->floor) {
        const uint64_t  cut = s->floor - p.begin;

        if (cut >= p.len) {
            return;
        }
        p.begin = s->floor;
        p.len -= (uint32_t) cut;
        p.first = p.second = 0;
    }
    if (s->npending == WEIR_PENDING_MAX) {
        s->overflow = true;
        return;
    }
    for (i = s->npending; i > 0; i--) {
        const struct scan_pending  *q = &s->pending[i - 1];

        if (q->begin < p.begin || (q->begin == p.begin
            && (q->len < p.len || (q->len == p.len && q->rule <= p.rule))))
        {
            break;
        }
    }
    memmove(&s->pending[i + 1], &s->pending[i],
            (s->npending - i) * sizeof(p));
    s->pending[i] = p;
    s->npending++;
}

static void
pending_add(struct scan_feed *f, uint64_t begin, uint64_t end, unsigned rule,
    unsigned kind, unsigned score, unsigned late)
{
    const struct scan_pending  p = {
        .begin = begin, .len = (uint32_t) (end - begin),
        .rule = (uint16_t) rule, .score = (uint16_t) score,
        .kind = (uint16_t) kind, .late = (uint16_t) late
    };

    if (begin < end && end - begin <= UINT32_MAX) {
        weir_scan_pend(f, &p);
    }
}

/* Does [begin, end) contain the finding, or one of its halves? */
static bool
covers(uint64_t begin, uint64_t end, const struct scan_pending *p)
{
    if (p->begin >= begin && p->begin + p->len <= end) {
        return true;
    }
    return p->second != 0
           && ((p->begin >= begin && p->begin + p->first <= end)
               || (p->begin + p->second >= begin
                   && p->begin + p->len <= end));
}

void
weir_scan_allow(struct weir_scan *s, uint64_t begin, uint64_t end)
{
    unsigned  i, n = 0;

    for (i = 0; i < s->npending; i++) {
        if (!covers(begin, end, &s->pending[i])) {
            s->pending[n++] = s->pending[i];
        }
    }
    s->npending = (uint16_t) n;
    for (i = n = 0; i < s->nhalves; i++) {
        if (s->halves[i].begin < begin || s->halves[i].end > end) {
            s->halves[n++] = s->halves[i];
        }
    }
    s->nhalves = (uint16_t) n;
    for (i = 0; i < s->nattempts; i++) {
        struct scan_attempt  *a = &s->attempts[i];

        if (a->begin >= begin && a->begin < end) {
            a->allow_len = (uint32_t) (end - a->begin);
        }
    }
    if (s->allow_end != end || begin < s->allow_begin) {
        s->allow_end = end;
        s->allow_begin = begin;
    }
}

static uint64_t
out_begin(const struct weir_scan *s, const struct weir_out *o)
{
    return weir_scan_step_begin(s, o->steps);
}

static void
context_heard(struct weir_scan *s, const struct weir_out *o)
{
    const unsigned  k = o->context & WEIR_CONTEXTS_MAX;

    if (s->m->assigned[k / 64] >> k % 64 & 1) {
        weir_scan_assign_heard(s, k, o->operator);
    }
    if (s->m->contexts[k / 64] >> k % 64 & 1) {
        s->heard = char_count(s);
        s->any_heard = true;
        s->context[k] = s->heard + 1;
    }
}

/* The terms that end with the state, at `end`: exceptions first, so that
   they also remove what ends at the same place. */
void
weir_scan_out(struct scan_feed *f, uint64_t end)
{
    struct weir_scan        *s = f->s;
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold);
    const struct weir_out   *outs = WEIR_PART(s->m, struct weir_out, outs);
    const uint32_t           first = cold[s->state].out;
    uint32_t                 o;
    uint64_t                 begin;

    for (o = first; o != 0; o = outs[o].next) {
        if (outs[o].kind == WEIR_OUT_ALLOW) {
            weir_scan_allow(s, out_begin(s, &outs[o]), end);
        }
    }
    for (o = first; o != 0; o = outs[o].next) {
        if (outs[o].kind == WEIR_OUT_CONTEXT) {
            context_heard(s, &outs[o]);
        } else if (outs[o].kind != WEIR_OUT_ALLOW) {
            begin = out_begin(s, &outs[o]);
            if (s->allow_end == end && s->allow_begin <= begin) {
                continue;
            }
            if (outs[o].kind == WEIR_OUT_PLACE) {
                weir_scan_place(f, begin);
                continue;
            }
            if (outs[o].kind != WEIR_OUT_TERM) {
                weir_scan_half(f, &outs[o], begin,
                               char_count(s) - outs[o].chars, end);
                continue;
            }
            pending_add(f, begin, end, outs[o].rule, WEIR_IDENT_NONE,
                        outs[o].score, outs[o].late);
        }
    }
}

static bool
covered(const struct weir_scan *s, unsigned kind, uint64_t begin,
    uint64_t end)
{
    unsigned  i;

    for (i = 0; i < SCAN_COVERED; i++) {
        const struct scan_covered  *c = &s->covered[i];

        if (c->kind == kind && begin >= c->begin && end <= c->end) {
            return true;
        }
    }
    return false;
}

/* Of a longer one of its kind, such as the mobile number behind +86, or of
   another kind that says more. */
static bool
is_part(const struct weir_scan *s, unsigned kind, uint64_t begin,
    uint64_t end)
{
    if (covered(s, kind, begin, end)) {
        return true;
    }
    if (weir_ident_is_assigned(kind)) {
        return covered(s, WEIR_IDENT_API_KEY, begin, end)
               || covered(s, WEIR_IDENT_JWT, begin, end);
    }
    return (kind == WEIR_IDENT_IPV4           /* ::ffff:203.0.113.7 */
            && covered(s, WEIR_IDENT_IPV6, begin, end))
           || (kind == WEIR_IDENT_EMAIL       /* ://user:pass@a.cn */
               && covered(s, WEIR_IDENT_CONNECTION, begin, begin + 1));
}

/* Findings of is_part that were made before what they are part of: they wait,
   because it began before them. */
static void
parts_drop(struct weir_scan *s, unsigned kind, uint64_t begin, uint64_t end)
{
    const bool  login = kind == WEIR_IDENT_CONNECTION;
    unsigned    i, n = 0;

    if (!login && kind != WEIR_IDENT_API_KEY && kind != WEIR_IDENT_JWT) {
        return;
    }
    for (i = 0; i < s->npending; i++) {
        const struct scan_pending  *p = &s->pending[i];

        if (p->begin < begin || p->begin >= end
            || !(login ? p->kind == WEIR_IDENT_EMAIL
                       : weir_ident_is_assigned(p->kind)
                         && p->begin + p->len <= end))
        {
            s->pending[n++] = *p;
        }
    }
    s->npending = (uint16_t) n;
}

static void
cover(struct weir_scan *s, unsigned kind, uint64_t begin, uint64_t end)
{
    unsigned  i, at = 0;

    for (i = 0; i < SCAN_COVERED; i++) {
        if (s->covered[i].kind == kind) {
            at = i;
            break;
        }
        if (s->covered[i].end < s->covered[at].end) {
            at = i;
        }
    }
    s->covered[at] = (struct scan_covered) { begin, end, kind };
}

static bool
heard_in(const struct scan_attempt *a, unsigned context)
{
    return a->contexts[context / 64 & 1] >> context % 64 & 1;
}

/* Has a rule that looks for the kind heard its context word? */
static bool
kind_heard(const struct weir_scan *s, const struct scan_attempt *a,
    unsigned kind)
{
    const struct weir_ident_row  *rows = WEIR_PART(s->m,
                                             struct weir_ident_row, idents);
    unsigned                      j;

    if ((a->contexts[0] | a->contexts[1]) == 0) {
        return false;
    }
    for (j = 0; j < s->m->nidents; j++) {
        if (rows[j].kind == kind && heard_in(a, rows[j].context)) {
            return true;
        }
    }
    return false;
}

/* The attempt is over: report the longest valid match of each kind. */
static void
confirm(struct scan_feed *f, struct scan_attempt *a)
{
    struct weir_scan             *s = f->s;
    const struct weir_ident_row  *rows = WEIR_PART(s->m,
                                             struct weir_ident_row, idents);
    unsigned                      i, j;

    for (i = 0; i < a->nbest; i++) {
        const struct scan_best  *b = &a->best[i];
        const uint64_t           end = a->begin + b->len;

        if (b->len <= a->allow_len) {
            continue;
        }
        if (is_part(s, b->kind, a->begin, end)) {
            continue;
        }
        cover(s, b->kind, a->begin, end);
        parts_drop(s, b->kind, a->begin, end);
        if (b->kind == WEIR_IDENT_PSEUDONYM) {
            pending_add(f, a->begin, end, WEIR_RULE_PSEUDONYM, b->kind, 1000,
                        0);
            continue;
        }
        for (j = 0; j < s->m->nidents; j++) {
            const bool  heard = heard_in(a, rows[j].context);
            unsigned    score = b->score & 0x3ff;

            if (rows[j].kind != b->kind
                || ((b->score & WEIR_CHECK_WEAK) && !heard))
            {
                continue;
            }
            score += heard ? 300 : 0;
            score = score > 1000 ? 1000 : score;
            if (score >= rows[j].score_min) {
                pending_add(f, a->begin, end, rows[j].rule, b->kind, score,
                            0);
            }
        }
    }
}

/* Check digits of the first n characters of the attempt. */
static unsigned
check_chars(const struct weir_scan *s, enum weir_check check,
    const struct scan_attempt *a, uint32_t n)
{
    uint8_t         text[WEIR_IDENT_CHARS_MAX];
    const uint32_t  first = s->nsyms - a->chars;
    uint32_t        i, skip = 0;

    if (check >= WEIR_CHECK_PRIVATE_KEY) {
        return weir_ident_check(check, NULL, 0);
    }
    if (n > sizeof(text)) {
        if (check != WEIR_CHECK_LONG_KEY) {
            return 0;
        }
        skip = n - (uint32_t) sizeof(text);
        n = sizeof(text);
    }
    for (i = 0; i < n; i++) {
        text[i] = s->syms[(first + skip + i) % SCAN_SYMS];
    }
    return weir_ident_check(check, text, n);
}

/* Its place in best[]: one for each kind; for values just one, which the
   longest takes and, of several, the first. */
static unsigned
best_of(const struct scan_attempt *a, unsigned kind)
{
    unsigned  j = 0;

    while (!a->assigned && j < a->nbest && a->best[j].kind != kind) {
        j++;
    }
    return j;
}

/* The state accepts: keep what is valid and longer. */
static void
attempt_accept(struct scan_feed *f, struct scan_attempt *a, uint64_t end)
{
    struct weir_scan          *s = f->s;
    const struct weir_dfa_state  *st = &WEIR_TABLE(s->m,
                                                   struct weir_dfa_state,
                                                   states)[a->state];
    const struct weir_accept  *acc = WEIR_TABLE(s->m, struct weir_accept,
                                               accepts) + st->accept;
    const uint64_t             ends[3] = { end, s->end1, s->end2 };
    unsigned                   i, j, score;

    for (i = 0; i < st->naccepts; i++, acc++) {
        const uint64_t  e = ends[acc->back];

        if (e <= a->begin) {
            continue;
        }
        j = best_of(a, acc->kind);
        if (j == SCAN_BEST_MAX
            || (j < a->nbest && a->begin + a->best[j].len >= e))
        {
            continue;
        }
        if (acc->check == WEIR_CHECK_WEAK_SHAPE
            && !kind_heard(s, a, acc->kind))
        {
            continue;
        }
        score = check_chars(s, acc->check, a, a->chars - acc->back);
        if ((score & WEIR_CHECK_WEAK) && !kind_heard(s, a, acc->kind)) {
            continue;                 /* leaves the place to others */
        }
        if (score != 0 && (j == a->nbest || !(score & WEIR_CHECK_WEAK)
                           || (a->best[j].score & WEIR_CHECK_WEAK)))
        {
            a->best[j] = (struct scan_best) { (uint32_t) (e - a->begin),
                                              (uint16_t) score, acc->kind };
            a->nbest += j == a->nbest;
        }
    }
}

/* Move the identifiers that are under way over one symbol. */
static void
attempts_step(struct scan_feed *f, uint32_t column, uint64_t end)
{
    struct weir_scan         *s = f->s;
    const uint16_t           *trans = WEIR_TABLE(s->m, uint16_t, trans);
    const struct weir_dfa_state  *states = WEIR_TABLE(s->m,
                                                      struct weir_dfa_state,
                                                      states);
    struct scan_attempt      *a;
    unsigned                  i = 0;

    while (i < s->nattempts) {
        a = &s->attempts[i];
        a->state = trans[a->state * s->m->ncols + column];
        a->chars++;
        if (states[a->state].naccepts != 0) {
            attempt_accept(f, a, end);
        }
        if (a->state == 0 || (a->chars > WEIR_IDENT_CHARS_MAX
                              && !states[a->state].longer)
            || a->chars > WEIR_KEYBLOCK_CHARS_MAX)
        {
            if (a->nbest > 0) {
                struct scan_attempt  done = *a;

                attempt_drop(s, i);
                confirm(f, &done);
                continue;
            }
            attempt_drop(s, i);
            continue;
        }
        i++;
    }
}

void
weir_scan_contexts_near(const struct weir_scan *s, uint32_t now,
    uint64_t near[2])
{
    unsigned  half;

    near[0] = near[1] = 0;
    if (!s->any_heard || now - s->heard > WEIR_CONTEXT_CHARS) {
        return;
    }
    for (half = 0; half < 2; half++) {
        uint64_t  want = s->m->contexts[half];

        while (want != 0) {
            const unsigned  k = (unsigned) __builtin_ctzll(want);
            const uint32_t  at = s->context[half * 64 + k];

            want &= want - 1;
            if (at != 0 && now - (at - 1) <= WEIR_CONTEXT_CHARS) {
                near[half] |= UINT64_C(1) << k;
            }
        }
    }
}

/*
 * An address may begin behind a dot ("...a@b.cn"), but not when the dot and
 * what is before it may be part of it: then it has begun already.
 */
static bool
dot_taken(const struct weir_scan *s)
{
    const struct weir_dfa_state  *states = WEIR_TABLE(s->m,
                                                      struct weir_dfa_state,
                                                      states);
    unsigned                  i;

    if (s->sym != '.') {
        return false;
    }
    for (i = 0; i < s->nattempts; i++) {
        if (!states[s->attempts[i].state].longer) {
            return true;
        }
    }
    return false;
}

static void
attempt_begin(struct scan_feed *f, bool assigned, uint32_t column,
    uint64_t begin, uint64_t end)
{
    struct weir_scan     *s = f->s;
    const uint16_t       *trans = WEIR_TABLE(s->m, uint16_t, trans);
    const uint16_t       *starts = WEIR_TABLE(s->m, uint16_t, starts);
    const unsigned        set = assigned ? 2
                                : (s->flags & WEIR_SCAN_PSEUDONYMS) != 0;
    const uint32_t        before = WEIR_TABLE(s->m, uint8_t, columns)[s->sym];
    const uint16_t        state = trans[starts[set * s->m->ncols + before]
                                        * s->m->ncols + column];
    struct scan_attempt  *a;

    if (state == 0 || s->nattempts == WEIR_ATTEMPTS_MAX
        || (!assigned && dot_taken(s)))
    {
        return;
    }
    a = &s->attempts[s->nattempts++];
    a->begin = begin;
    weir_scan_contexts_near(s, char_count(s) - 1, a->contexts);
    if (assigned) {
        memcpy(a->contexts, s->assign_contexts, sizeof(a->contexts));
    }
    a->assigned = assigned;
    a->allow_len = 0;
    a->chars = 1;
    a->state = state;
    a->nbest = 0;
    if (WEIR_TABLE(s->m, struct weir_dfa_state, states)[state].naccepts != 0) {
        attempt_accept(f, a, end);
    }
}

/* The automaton has just stepped, to `end`: by a character or an edge. */
static void
stepped(struct scan_feed *f, uint64_t end, bool edge)
{
    struct weir_scan  *s = f->s;
    const bool         out = (WEIR_PART(s->m, struct weir_cell,
                                        cells)[s->state].info
                              & WEIR_CELL_OUT) != 0;
    const unsigned     nhalves = s->nhalves;

    if (s->nwalks > 0) {
        weir_scan_loose_out(f, end, edge, true);
    }
    if (out) {
        weir_scan_out(f, end);
    }
    if (s->nwalks > 0) {
        weir_scan_loose_out(f, end, edge, false);
        if (!edge) {
            weir_scan_loose_sweep(s);
        }
    }
    if (s->nhalves > nhalves) {
        weir_scan_near_prune(s);     /* not before all that ends here has */
    }
}

/* A word begins or ends before `begin`. */
static void
boundary(struct scan_feed *f, uint64_t begin)
{
    struct weir_scan  *s = f->s;

    s->ring[s->step++ % SCAN_RING] = (uint32_t) begin;
    s->nboundaries++;
    s->state = scan_next(WEIR_PART(s->m, struct weir_cell, cells),
                         WEIR_PART(s->m, struct weir_cold, cold),
                         s->m->nroot, s->state, s->m->boundary);
    stepped(f, s->end1, true);
}

void
weir_scan_step(struct scan_feed *f, uint32_t entry, uint64_t begin,
    uint64_t end)
{
    struct weir_scan  *s = f->s;
    const uint32_t     sym = entry >> 16 & 0xff;
    const uint32_t     column = WEIR_TABLE(s->m, uint8_t, columns)[sym];
    const bool         word = (entry & WEIR_ENTRY_WORD) != 0;
    const uint32_t     state = s->state, step = s->step;
    const bool         value = s->assign != 0 && weir_scan_assign_char(s, sym);

    s->pos = begin;
    if (word != s->word) {
        boundary(f, begin);
    }
    if (s->m->nrows != 0) {
        weir_scan_loose_char(s, entry, state, step);
    }
    s->word = word;
    s->pos = end;
    s->ring[s->step++ % SCAN_RING] = (uint32_t) begin;
    s->state = scan_next(WEIR_PART(s->m, struct weir_cell, cells),
                         WEIR_PART(s->m, struct weir_cold, cold),
                         s->m->nroot, s->state, entry & 0xffff);
    stepped(f, end, false);
    s->syms[s->nsyms++ % SCAN_SYMS] = (uint8_t) sym;
    if (s->nattempts > 0) {
        attempts_step(f, column, end);
    }
    if (entry & WEIR_ENTRY_START) {
        attempt_begin(f, false, column, begin, end);
    }
    if (value) {
        attempt_begin(f, true, column, begin, end);
    }
    s->sym = (uint8_t) sym;
    s->end2 = s->end1;
    s->end1 = end;
}

/* The end of the stream is an edge. */
void
weir_scan_end(struct scan_feed *f)
{
    struct weir_scan  *s = f->s;

    if (s->word) {
        boundary(f, s->pos);
    }
    s->word = 0;
    s->nwalks = 0;
    s->nhalves = 0;
    s->syms[s->nsyms++ % SCAN_SYMS] = WEIR_SYM_END;
    attempts_step(f, WEIR_TABLE(s->m, uint8_t, columns)[WEIR_SYM_END],
                  s->pos);
    while (s->nattempts > 0) {
        struct scan_attempt  a = s->attempts[0];

        attempt_drop(s, 0);
        confirm(f, &a);
    }
}
