/*
 * scan_busy.c: the loop over text where little is going on: words of an
 * alphabet, each of which might be the beginning of an e-mail address. Edges,
 * steps and one attempt are moved in registers; what comes of something is
 * weir_scan_step's (scan_find.c).
 */
#include "scan/scan_text.h"

#define CALM  4                /* quiet characters after which it ends */

/* What the loop keeps in registers. */
struct busy {
    struct steps              steps;
    const uint16_t           *trans;
    const uint16_t           *starts;
    const uint8_t            *columns;
    const uint16_t           *loose;    /* if any term is */
    const uint16_t           *words;
    const struct weir_word   *rows;
    const uint16_t           *word_of;
    const uint8_t            *letters;
    const uint32_t           *ascii;
    uint32_t                  ncols, boundary, nquiet, word_mask;
};

static inline void
busy_open(const struct weir_scan *s, struct busy *b)
{
    const struct weir_matcher  *m = s->m;

    *b = (struct busy) {
        .steps = steps_of(m), .trans = WEIR_TABLE(m, uint16_t, trans),
        .starts = starts_of(s), .columns = WEIR_TABLE(m, uint8_t, columns),
        .loose = WEIR_PART(m, uint16_t, loose), .ncols = m->ncols,
        .words = WEIR_PART(m, uint16_t, words),
        .rows = WEIR_PART(m, struct weir_word, word_rows),
        .word_of = WEIR_PART(m, uint16_t, word_of),
        .letters = WEIR_PART(m, uint8_t, letters),
        .ascii = entries_of(m).ascii,
        .boundary = m->boundary, .nquiet = m->nquiet,
        .word_mask = m->word_mask
    };
}

/* What of a scan changes with every busy character, kept in registers. */
struct busy_at {
    uint32_t  state;        /* of the automaton */
    uint32_t  step;
    uint32_t  nsyms;
    uint32_t  bounds;
    uint32_t  attempt;      /* state of the one attempt, 0: none */
    uint32_t  chars;        /* of it */
    uint32_t  before;       /* characters before it, if it began here */
    uint32_t  calm;         /* quiet characters in a row */
    uint32_t  sym;
    uint32_t  cls;          /* of loose terms, as in weir_scan */
    uint32_t  same;
    bool      word;
    size_t    end1, end2;   /* from the feed's base; SIZE_MAX: as it was */
};

/*
 * What the attempt becomes with this character: begun, moved or dropped.
 * False: something happens that is weir_scan_step's to do (a match, a second
 * attempt, an address behind a dot).
 */
static inline __attribute__((always_inline)) bool
busy_attempt(const struct busy *b, const struct busy_at *at, bool matched,
    uint32_t e, uint32_t *went)
{
    const uint32_t  column = b->columns[e >> 16 & 0xff];

    *went = 0;
    if (at->attempt != 0) {
        *went = b->trans[at->attempt * b->ncols + column];
        if (*went >= b->nquiet || (*went == 0 && matched)
            || at->chars >= WEIR_IDENT_CHARS_MAX - 1)
        {
            return false;
        }
    }
    if ((e & WEIR_ENTRY_START) != 0) {
        const uint32_t  first = b->trans[b->starts[b->columns[at->sym]]
                                         * b->ncols + column];

        if (first != 0) {
            if (*went != 0 || first >= b->nquiet || at->sym == '.') {
                return false;
            }
            *went = first | UINT32_C(1) << 31;      /* begun here */
        }
    }
    return true;
}

/* The row of a state, 0: it has none (scan_layout.h, words). */
static inline uint32_t
busy_row(const struct busy *b, uint32_t state)
{
    uint32_t  h = WEIR_WORD_HASH(state, b->word_mask);

    while (b->word_of[h] != 0 && b->rows[b->word_of[h]].state != state) {
        h = (h + 1) & b->word_mask;
    }
    return b->word_of[h];
}

/*
 * The letters of ASCII that follow another, from the state of `row` on: no
 * edge between them, no start of an identifier. Does what the loop below
 * would have done but for the symbols, and stops where something else is to
 * be done. What is left is every letter's: a step of the automaton and one of
 * the attempt.
 */
static inline __attribute__((always_inline)) size_t
busy_letters(struct scan_feed *f, const struct busy *b, struct busy_at *at,
    bool loose, bool matched, uint32_t *row, size_t p)
{
    struct weir_scan *const  s = f->s;
    const uint8_t *const     text = f->t.at;
    const size_t             chars_max = at->chars < WEIR_IDENT_CHARS_MAX - 1
                                         ? WEIR_IDENT_CHARS_MAX - 1
                                           - at->chars : 0;
    const size_t             len = at->attempt != 0
                                   && f->t.len - p > chars_max
                                   ? p + chars_max : f->t.len;
    uint32_t                 attempt = at->attempt, r = *row, n, back;
    size_t                   q = p;

    for (; q < len && text[q] < 0x80; q++) {
        const uint32_t  letter = b->letters[text[q]];
        const uint32_t  next = b->words[r * WEIR_WORD_COLS + letter];

        if (letter == WEIR_WORD_NONE || next == 0) {
            break;
        }
        if (attempt != 0) {
            const uint32_t  went = b->trans[attempt * b->ncols
                                            + b->columns[text[q]]];

            if (went >= b->nquiet || (went == 0 && matched)) {
                break;
            }
            attempt = went;
        }
        r = next;
    }
    if (q == p) {
        return p;
    }
    n = (uint32_t) (q - p);
    at->step += n;
    at->nsyms += n;
    at->chars += n;
    at->state = b->rows[r].state;
    at->attempt = attempt;
    at->sym = b->ascii[text[q - 1]] >> 16 & 0xff;
    at->end2 = n > 1 ? q - 1 : at->end1;
    at->end1 = q;
    *row = r;
    /* Nobody looks further back than to the begin of the longest term. */
    back = b->rows[r].depth < n ? b->rows[r].depth : n;
    for (uint32_t k = 1; k <= back; k++) {
        s->ring[(at->step - k) % SCAN_RING] = (uint32_t) (f->base + q - k);
    }
    if (loose) {
        const uint32_t  c = b->ascii[text[q - 1]] & 0xffff;
        uint32_t        same = 1;

        while (same < n && (b->ascii[text[q - 1 - same]] & 0xffff) == c) {
            same++;
        }
        same += same == n && at->cls == c ? at->same : 0;
        at->same = c == 0 ? 1 : same < 255 ? same : 255;
        at->cls = c;
    }
    return q;
}

/*
 * A blank and the first letter of the next word, as the loop below would have
 * done but for their symbols, if with neither something is to be done. False:
 * nothing was.
 */
static inline __attribute__((always_inline)) bool
busy_turn(struct scan_feed *f, const struct busy *b, struct busy_at *at,
    bool matched, uint32_t *row, size_t p)
{
    const uint32_t           pos = (uint32_t) (f->base + p);
    const uint8_t *const     text = f->t.at + p;
    struct weir_scan *const  s = f->s;
    const bool               edges = b->boundary != 0;
    const uint16_t *const    words = b->words;
    uint32_t                 r = *row, letter, n, began = 0;

    if (f->t.len - p < 2 || text[0] != ' ' || text[1] >= 0x80
        || at->word != edges)
    {
        return false;
    }
    letter = b->letters[text[1]];
    if (letter == WEIR_WORD_NONE || (b->rows[r].walks >> letter & 1) != 0
        || (at->attempt != 0
            && (matched || at->chars >= WEIR_IDENT_CHARS_MAX - 1
                || b->trans[at->attempt * b->ncols + b->columns[' ']] != 0)))
    {
        return false;
    }
    r = edges ? words[r * WEIR_WORD_COLS + WEIR_WORD_EDGE] : r;
    r = words[r * WEIR_WORD_COLS + WEIR_WORD_BLANK];
    r = edges ? words[r * WEIR_WORD_COLS + WEIR_WORD_EDGE] : r;
    r = words[r * WEIR_WORD_COLS + letter];
    if (r == 0) {
        return false;
    }
    n = b->ascii[text[1]];
    if ((n & WEIR_ENTRY_START) != 0) {
        began = b->trans[b->starts[b->columns[' ']] * b->ncols
                         + b->columns[n >> 16 & 0xff]];
        if (began >= b->nquiet) {
            return false;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (edges) {
            s->ring[at->step++ % SCAN_RING] = pos + i;
        }
        s->ring[at->step++ % SCAN_RING] = pos + i;
    }
    at->nsyms += 2;
    at->bounds += edges ? 2 : 0;
    at->state = b->rows[r].state;
    at->attempt = began;
    at->chars = 1;
    at->before = at->step - 1 - (s->nboundaries + at->bounds);
    at->calm = 0;
    at->sym = n >> 16 & 0xff;
    at->cls = n & 0xffff;
    at->same = 1;
    at->end2 = p + 1;
    at->end1 = p + 2;
    *row = r;
    return true;
}

/* A letter was taken: the rest of its word, and the words behind it, as long
   as only a blank is between two. */
static inline __attribute__((always_inline)) size_t
busy_words(struct scan_feed *f, const struct busy *b, struct busy_at *at,
    bool loose, bool matched, size_t *begun, size_t p)
{
    const size_t  from = p;
    uint32_t      row = busy_row(b, at->state);
    size_t        i;

    if (row == 0) {
        return p;
    }
    for (;;) {
        const bool  still = matched && *begun == SIZE_MAX;

        p = busy_letters(f, b, at, loose, still, &row, p);
        if (!busy_turn(f, b, at, still, &row, p)) {
            break;
        }
        p += 2;
        *begun = p - 1;
    }
    /* Only an attempt is asked for its symbols. */
    i = at->attempt == 0 ? p
        : *begun != SIZE_MAX && *begun > from ? *begun : from;
    for (; i < p; i++) {
        f->s->syms[(at->nsyms - (uint32_t) (p - i)) % SCAN_SYMS] =
            (uint8_t) (b->ascii[f->t.at[i]] >> 16);
    }
    return p;
}

/* A character of entry e at `pos` was stepped over; an attempt went where
   `went` says. */
static inline __attribute__((always_inline)) void
busy_take(struct weir_scan *s, struct busy_at *at, uint32_t e, uint32_t state,
    uint32_t went, bool loose, uint32_t pos)
{
    const bool  word = (e & WEIR_ENTRY_WORD) != 0;

    if (word != at->word) {
        s->ring[at->step++ % SCAN_RING] = pos;
        at->bounds++;
        at->word = word;
    }
    s->ring[at->step++ % SCAN_RING] = pos;
    s->syms[at->nsyms++ % SCAN_SYMS] = (uint8_t) (e >> 16);
    if (went >> 31 != 0) {
        at->before = at->step - 1 - (s->nboundaries + at->bounds);
        at->chars = 0;
    }
    at->attempt = went & 0xffff;
    at->chars++;
    at->state = state;
    at->sym = e >> 16 & 0xff;
    if (loose) {
        at->same = (e & 0xffff) != at->cls || (e & 0xffff) == 0
                   ? 1 : at->same + (at->same < 255);
        at->cls = e & 0xffff;
    }
}

/* Write back where the loop over busy characters stands. */
static inline void
busy_end(struct scan_feed *f, const struct busy_at *at, bool loose,
    size_t begun, size_t p)
{
    struct weir_scan *const     s = f->s;
    struct scan_attempt *const  a = &s->attempts[0];

    if (begun != SIZE_MAX) {
        a->begin = f->base + begun;
        /* None was heard since: that would have ended the loop. */
        weir_scan_contexts_near(s, at->before, a->contexts);
        a->allow_len = 0;
        a->nbest = 0;
        a->assigned = false;
    }
    a->state = (uint16_t) at->attempt;
    a->chars = at->chars;
    s->nattempts = at->attempt != 0;
    s->state = at->state;
    s->step = at->step;
    s->nsyms = at->nsyms;
    s->nboundaries += at->bounds;
    s->sym = (uint8_t) at->sym;
    s->word = at->word;
    if (loose) {
        s->cls = (uint16_t) at->cls;
        s->same = (uint8_t) at->same;
    }
    if (at->end1 != SIZE_MAX) {
        s->end2 = at->end2 != SIZE_MAX ? f->base + at->end2 : s->end1;
        s->end1 = f->base + at->end1;
    }
    s->pos = f->base + p;
}

/* Does the character, a separator that may cut a loose term, cut none as is
   seen from the one behind it, at p? */
static __attribute__((noinline)) bool
is_vain(const struct scan_feed *f, const struct entries *entries,
    enum weir_coding coding, uint32_t state, uint32_t e, size_t p)
{
    const struct scan_trie  t = scan_trie_of(f->s->m);
    uint32_t                behind;

    return (e & (WEIR_ENTRY_SEP | WEIR_ENTRY_VANISH)) == WEIR_ENTRY_SEP
           && p < f->t.len
           && entry_at(&f->t, entries, coding, p, &behind) != 0
           && (behind & (WEIR_ENTRY_SEP | WEIR_ENTRY_VANISH)) == 0
           && scan_cuts_in_vain(&t, state, behind & 0xffff);
}

/*
 * Words of an alphabet: edges, and an identifier under way (any Latin word
 * may be the beginning of an e-mail address). As long as nothing comes of it
 * a character costs its steps and no call. Stops before the first character
 * that needs weir_scan_step, or when it has been quiet for a while; does to s
 * just what weir_scan_step would have done.
 */
static inline __attribute__((always_inline)) size_t
scan_busy_as(struct scan_feed *f, enum weir_coding coding, bool loose,
    size_t p)
{
    struct weir_scan *const  s = f->s;
    const struct entries     entries = entries_of(s->m);
    const struct text        t = f->t;
    const uint32_t           base = (uint32_t) f->base;
    const bool               matched = s->nattempts == 1
                                       && s->attempts[0].nbest != 0;
    size_t                   begun = SIZE_MAX;
    struct busy              b;
    struct busy_at           at = {
        .state = s->state, .step = s->step, .nsyms = s->nsyms,
        .attempt = s->nattempts == 1 ? s->attempts[0].state : 0,
        .chars = s->attempts[0].chars, .sym = s->sym, .word = s->word,
        .cls = s->cls, .same = s->same, .end1 = SIZE_MAX, .end2 = SIZE_MAX
    };

    busy_open(s, &b);
    while (p < t.len) {
        uint32_t      state = at.state, e, went;
        const size_t  next = entry_at(&t, &entries, coding, p, &e);
        bool          word;

        if (next == 0) {
            break;
        }
        word = (e & WEIR_ENTRY_WORD) != 0;
        if (loose && is_loose(b.loose, state, e, at.cls)
            && !is_vain(f, &entries, coding, state, e, next))
        {
            break;
        }
        if ((e & (WEIR_ENTRY_VANISH | WEIR_ENTRY_OUT)) != 0
            || (word != at.word && !step_quiet(&b.steps, &state, b.boundary))
            || !step_quiet(&b.steps, &state, e & 0xffff)
            || !busy_attempt(&b, &at, matched && begun == SIZE_MAX, e, &went))
        {
            break;
        }
        /* The loop over quiet characters is faster, yet not to be gone to
           for the blank between two words. */
        at.calm = at.attempt == 0
                  && e >> 28 == (at.word ? WEIR_ENTRY_WORD >> 28 : 0)
                  ? at.calm + 1 : 0;
        if (at.calm == CALM || (at.calm != 0 && next - p == 3)) {
            break;
        }
        busy_take(s, &at, e, state, went, loose, base + (uint32_t) p);
        if (went >> 31 != 0) {
            begun = p;
        }
        at.end2 = at.end1;
        at.end1 = next;
        p = next;
        if ((e & WEIR_ENTRY_INNER) != 0) {
            p = busy_words(f, &b, &at, loose, matched, &begun, p);
        }
    }
    busy_end(f, &at, loose, begun, p);
    return p;
}

/* Functions of their own: within scan_text the loop has no registers. */
#define BUSY(name, coding, loose)                                            \
    static __attribute__((noinline)) size_t                                  \
    name(struct scan_feed *f, size_t p)                                      \
    {                                                                        \
        return scan_busy_as(f, coding, loose, p);                            \
    }

BUSY(busy_plain, WEIR_PLAIN, false)
BUSY(busy_json, WEIR_JSON, false)
BUSY(busy_json2, WEIR_JSON2, false)
BUSY(busy_plain_loose, WEIR_PLAIN, true)
BUSY(busy_json_loose, WEIR_JSON, true)
BUSY(busy_json2_loose, WEIR_JSON2, true)

size_t
weir_scan_busy(struct scan_feed *f, enum weir_coding coding, bool loose,
    size_t p)
{
    switch (coding) {
    case WEIR_JSON:
        return loose ? busy_json_loose(f, p) : busy_json(f, p);
    case WEIR_JSON2:
        return loose ? busy_json2_loose(f, p) : busy_json2(f, p);
    default:
        return loose ? busy_plain_loose(f, p) : busy_plain(f, p);
    }
}
