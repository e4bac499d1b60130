/*
 * scan.c: the public calls, and the loop over plain text.
 *
 * weir_scan_feed runs scan_text, specialised for each coding. As long as
 * nothing is going on (no identifier begun, no finding waiting) a character
 * costs one table look-up and one step of the automaton, here. Everything
 * else, word edges included, goes through weir_scan_step in scan_find.c.
 */
#include "scan/scan_state.h"

#include <endian.h>

size_t
weir_scan_size(void)
{
    return sizeof(struct weir_scan);
}

void
weir_scan_open(struct weir_scan *s, const struct weir_matcher *m,
    enum weir_coding coding, unsigned flags)
{
    memset(s, 0, offsetof(struct weir_scan, ring));
    memset(s->context, 0, sizeof(s->context));
    memset(s->covered, 0, sizeof(s->covered));
    s->magic = SCAN_MAGIC;
    s->coding = (uint8_t) coding;
    s->flags = (uint8_t) flags;
    s->m = m;
    s->sym = WEIR_SYM_END;
}

static inline uint32_t
entry_of(const uint16_t *index, const uint32_t *entries, uint32_t cp)
{
    return entries[(uint32_t) index[cp >> 6] * 64 + (cp & 63)];
}

/* text_next for what is not plain ASCII, with what is frequent in line. */
static inline __attribute__((always_inline)) size_t
point_at(const struct text *t, enum weir_coding coding, size_t p,
    uint32_t *cp)
{
    const uint8_t *const  at = t->at + p;

    if ((at[0] & 0xf0) == 0xe0 && t->len - p >= 3
        && (at[1] & 0xc0) == 0x80 && (at[2] & 0xc0) == 0x80)
    {
        *cp = (uint32_t) (at[0] & 15) << 12 | (uint32_t) (at[1] & 63) << 6
              | (at[2] & 63);
        if (*cp >= 0x800 && (*cp & 0xf800) != 0xd800) {
            return p + 3;
        }
    }
    return text_next(t, coding, p, cp);
}

/* The entries of all characters; of ASCII and of the ideographs, whose blocks
   lie together (weir_matcher_check). */
struct entries {
    const uint16_t  *index;
    const uint32_t  *all;
    const uint32_t  *ascii;
    const uint32_t  *han;
};

static inline struct entries
entries_of(const struct weir_matcher *m)
{
    const uint16_t *const  index = WEIR_PART(m, uint16_t, index);
    const uint32_t *const  all = WEIR_PART(m, uint32_t, entries);

    return (struct entries) {
        index, all, all + (uint32_t) index[0] * 64,
        all + (uint32_t) index[WEIR_HAN_FIRST / 64] * 64
    };
}

/* The character at p: behind it, and its entry. 0: it is not all there. */
static inline __attribute__((always_inline)) size_t
entry_at(const struct text *t, const struct entries *n,
    enum weir_coding coding, size_t p, uint32_t *e)
{
    const uint8_t  c = t->at[p];
    uint32_t       cp, four;
    size_t         next;

    if (c < 0x80 && (coding == WEIR_PLAIN || c != '\\')) {
        *e = n->ascii[c];
        return p + 1;
    }
    if (t->len - p >= 4) {
        /* An ideograph: three bytes, in one load. */
        memcpy(&four, t->at + p, sizeof(four));
        four = htole32(four);
        cp = ((four & 0x0f) << 12 | (four >> 2 & 0xfc0) | (four >> 16 & 0x3f))
             - WEIR_HAN_FIRST;
        if ((four & 0xc0c0f0) == 0x8080e0 && cp < WEIR_HAN_COUNT) {
            *e = n->han[cp];
            return p + 3;
        }
    }
    next = point_at(t, coding, p, &cp);
    *e = next == 0 ? 0 : entry_of(n->index, n->all, cp);
    return next;
}

/* Why the loop over quiet characters stopped. */
enum text_why {
    TEXT_END,          /* or a character that is not all there */
    TEXT_LOUD,         /* a character that needs weir_scan_step */
    TEXT_FOUND         /* a term ended */
};

/* Write back where the loop stands; the last quiet character ended there. */
static inline void
quiet_end(struct weir_scan *s, uint32_t state, uint32_t step, uint32_t last,
    uint64_t pos)
{
    const uint32_t  n = step - s->step;
    const uint32_t  begin = s->ring[(step - 1) % SCAN_RING];

    if (n > 0) {
        s->end2 = n == 1 ? s->end1 : pos - (uint32_t) ((uint32_t) pos - begin);
        s->end1 = pos;
    }
    s->state = state;
    s->step = step;
    s->sym = (uint8_t) (last >> 16);
    s->pos = pos;
}

/* What the loop over busy characters keeps in registers. */
struct busy {
    const uint16_t           *trans;
    const uint16_t           *starts;   /* those of the scan's flags */
    const uint8_t            *columns;
    const struct weir_cell   *cells;
    const struct weir_cold   *cold;
    const uint64_t           *filter;
    const uint16_t           *loose;    /* if any term is */
    uint32_t                  ncols, nroot, mask, boundary, nquiet;
};

/* Does the character, in that state, cut or repeat what a loose term has so
   far? Then it is weir_scan_step's. */
static inline bool
is_loose(const uint16_t *loose, uint32_t state, uint32_t e, uint32_t before)
{
    return ((e & WEIR_ENTRY_SEP) != 0
            && (loose[state] & WEIR_LOOSE_SEP) != 0)
           || ((e & 0xffff) == before && before != 0
               && (loose[state] & WEIR_LOOSE_REPEAT) != 0);
}

/*
 * Would every walk that begins at a separator in that state (scan_loose.c)
 * die with the character behind it, of class `c` and no separator itself?
 * Then none need begin: most blanks of a text stand behind a word with which
 * some loose term begins. No more than a walk each begins for a state of such
 * depth, so it makes no difference to the count of those that are kept.
 */
static bool
cuts_in_vain(const struct weir_matcher *m, uint32_t state, uint32_t c)
{
    const struct weir_cell  *cells = WEIR_PART(m, struct weir_cell, cells);
    const struct weir_cold  *cold = WEIR_PART(m, struct weir_cold, cold);
    const uint16_t          *loose = WEIR_PART(m, uint16_t, loose);

    if (cold[state].depth > WEIR_WALKS_MAX) {
        return false;
    }
    for (; (loose[state] & WEIR_LOOSE_SEP) != 0; state = cold[state].fail) {
        if (scan_child(cells, state, c) != 0
            || scan_child(cells, scan_child(cells, state, m->boundary), c) != 0
            || scan_child(cells, scan_child(cells, state, m->gap), c) != 0)
        {
            return false;
        }
    }
    return true;
}

/* Runs of ideographs that are worth a call. */
#define IDEOGRAPHS_MIN  24

#define CALM  4                /* quiet characters after which it ends */

/* A step of the automaton that ends no term; false: it does. */
static inline __attribute__((always_inline)) bool
busy_step(const struct busy *b, uint32_t *state, uint32_t c)
{
    const uint32_t  at = WEIR_FILTER(*state, c, b->mask);

    if (*state <= b->nroot && (b->filter[at / 64] >> at % 64 & 1) == 0) {
        *state = c <= b->nroot ? c : 0;
        return true;
    }
    *state = scan_next(b->cells, b->cold, b->nroot, *state, c);
    return b->cells[*state].info == 0;
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

static inline void
busy_open(const struct weir_scan *s, struct busy *b)
{
    const struct weir_matcher  *m = s->m;

    *b = (struct busy) {
        .trans = WEIR_TABLE(m, uint16_t, trans),
        .starts = WEIR_TABLE(m, uint16_t, starts)
                  + ((s->flags & WEIR_SCAN_PSEUDONYMS) != 0 ? m->ncols : 0),
        .columns = WEIR_TABLE(m, uint8_t, columns),
        .cells = WEIR_PART(m, struct weir_cell, cells),
        .cold = WEIR_PART(m, struct weir_cold, cold),
        .filter = WEIR_PART(m, uint64_t, filter),
        .loose = WEIR_PART(m, uint16_t, loose),
        .ncols = m->ncols, .nroot = m->nroot, .mask = m->filter_mask,
        .boundary = m->boundary, .nquiet = m->nquiet
    };
}

/*
 * The letters of ASCII that follow another: no edge between them, no start
 * of an identifier. Does what the loop below would have done, and stops
 * where something else is to be done. What is left is every letter's: its
 * entry, a step of the automaton, a step of the attempt.
 */
static inline __attribute__((always_inline)) size_t
busy_letters(struct scan_feed *f, const struct busy *b, struct busy_at *at,
    const uint32_t *ascii, bool loose, bool matched, size_t p)
{
    struct weir_scan *const  s = f->s;
    const uint8_t *const     text = f->t.at;
    const uint32_t           base = (uint32_t) f->base;
    const size_t             chars_max = at->chars < WEIR_IDENT_CHARS_MAX - 1
                                         ? WEIR_IDENT_CHARS_MAX - 1
                                           - at->chars : 0;
    const size_t             len = at->attempt != 0
                                   && f->t.len - p > chars_max
                                   ? p + chars_max : f->t.len;
    const uint32_t           step = at->step - (uint32_t) p;
    const uint32_t           nsyms = at->nsyms - (uint32_t) p;
    uint32_t                 state = at->state, attempt = at->attempt;
    uint32_t                 cls = at->cls, same = at->same;
    size_t                   q;

    for (q = p; q < len && text[q] < 0x80; q++) {
        const uint32_t  e = ascii[text[q]], c = e & 0xffff;
        const uint32_t  sym = e >> 16 & 0xff;
        uint32_t        next = state;

        if ((e & WEIR_ENTRY_INNER) == 0
            || (loose && is_loose(b->loose, state, e, cls))
            || !busy_step(b, &next, c))
        {
            break;
        }
        if (attempt != 0) {
            const uint32_t  went = b->trans[attempt * b->ncols
                                            + b->columns[sym]];

            if (went >= b->nquiet || (went == 0 && matched)) {
                break;
            }
            attempt = went;
        }
        s->ring[(step + (uint32_t) q) % SCAN_RING] = base + (uint32_t) q;
        s->syms[(nsyms + (uint32_t) q) % SCAN_SYMS] = (uint8_t) sym;
        at->sym = sym;
        state = next;
        if (loose) {
            same = c != cls || c == 0 ? 1 : same + (same < 255);
            cls = c;
        }
    }
    if (q == p) {
        return p;
    }
    at->step += (uint32_t) (q - p);
    at->nsyms += (uint32_t) (q - p);
    at->chars += (uint32_t) (q - p);
    at->state = state;
    at->attempt = attempt;
    at->cls = cls;
    at->same = same;
    at->end2 = q - p > 1 ? q - 1 : at->end1;
    at->end1 = q;
    return q;
}

/*
 * A blank and the first letter of the next word, as the loop below would have
 * done, if with neither something is to be done. False: nothing was.
 */
static inline __attribute__((always_inline)) bool
busy_turn(struct scan_feed *f, const struct busy *b, struct busy_at *at,
    const uint32_t *ascii, bool loose, bool matched, size_t p)
{
    const uint32_t           bad = WEIR_ENTRY_VANISH | WEIR_ENTRY_OUT;
    const uint32_t           pos = (uint32_t) (f->base + p);
    const uint8_t *const     text = f->t.at + p;
    struct weir_scan *const  s = f->s;
    const bool               edges = b->boundary != 0;
    uint32_t                 state = at->state, e, n, began = 0;

    if (f->t.len - p < 2 || text[0] != ' ' || text[1] >= 0x80
        || at->word != edges)
    {
        return false;
    }
    e = ascii[' '];
    n = ascii[text[1]];
    if ((n & (bad | WEIR_ENTRY_WORD | WEIR_ENTRY_SEP))
           != (edges ? WEIR_ENTRY_WORD : 0)
        || (e & (bad | WEIR_ENTRY_WORD | WEIR_ENTRY_START)) != 0
        || (loose && is_loose(b->loose, state, e, at->cls)
            && !cuts_in_vain(s->m, state, n & 0xffff))
        || (edges && !busy_step(b, &state, b->boundary))
        || !busy_step(b, &state, e & 0xffff)
        || (edges && !busy_step(b, &state, b->boundary))
        || !busy_step(b, &state, n & 0xffff)
        || (at->attempt != 0
            && (matched || at->chars >= WEIR_IDENT_CHARS_MAX - 1
                || b->trans[at->attempt * b->ncols + b->columns[' ']] != 0)))
    {
        return false;
    }
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
    s->syms[at->nsyms++ % SCAN_SYMS] = ' ';
    s->syms[at->nsyms++ % SCAN_SYMS] = (uint8_t) (n >> 16);
    at->bounds += edges ? 2 : 0;
    at->state = state;
    at->attempt = began;
    at->chars = 1;
    at->before = at->step - 1 - (s->nboundaries + at->bounds);
    at->calm = 0;
    at->sym = n >> 16 & 0xff;
    at->cls = n & 0xffff;
    at->same = 1;
    at->end2 = p + 1;
    at->end1 = p + 2;
    return true;
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
    uint32_t  behind;

    return (e & (WEIR_ENTRY_SEP | WEIR_ENTRY_VANISH)) == WEIR_ENTRY_SEP
           && p < f->t.len
           && entry_at(&f->t, entries, coding, p, &behind) != 0
           && (behind & (WEIR_ENTRY_SEP | WEIR_ENTRY_VANISH)) == 0
           && cuts_in_vain(f->s->m, state, behind & 0xffff);
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
            || (word != at.word && !busy_step(&b, &state, b.boundary))
            || !busy_step(&b, &state, e & 0xffff)
            || !busy_attempt(&b, &at, matched && begun == SIZE_MAX, e, &went))
        {
            break;
        }
        /* The loop over quiet characters is faster, yet not to be gone to
           for the blank between two words. */
        at.calm = at.attempt == 0
                  && e >> 28 == (at.word ? WEIR_ENTRY_WORD >> 28 : 0)
                  ? at.calm + 1 : 0;
        if (at.calm == CALM) {
            break;
        }
        if (word != at.word) {
            s->ring[at.step++ % SCAN_RING] = base + (uint32_t) p;
            at.bounds++;
            at.word = word;
        }
        s->ring[at.step++ % SCAN_RING] = base + (uint32_t) p;
        s->syms[at.nsyms++ % SCAN_SYMS] = (uint8_t) (e >> 16);
        if (went >> 31 != 0) {
            begun = p;
            at.before = at.step - 1 - (s->nboundaries + at.bounds);
            at.chars = 0;
        }
        at.attempt = went & 0xffff;
        at.chars++;
        at.state = state;
        at.sym = e >> 16 & 0xff;
        if (loose) {
            at.same = (e & 0xffff) != at.cls || (e & 0xffff) == 0
                      ? 1 : at.same + (at.same < 255);
            at.cls = e & 0xffff;
        }
        at.end2 = at.end1;
        at.end1 = next;
        p = next;
        if ((e & WEIR_ENTRY_INNER) == 0) {
            continue;
        }
        for (;;) {
            p = busy_letters(f, &b, &at, entries.ascii, loose,
                             matched && begun == SIZE_MAX, p);
            if (!busy_turn(f, &b, &at, entries.ascii, loose,
                           matched && begun == SIZE_MAX, p))
            {
                break;
            }
            p += 2;
            begun = p - 1;
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

static inline size_t
scan_busy(struct scan_feed *f, enum weir_coding coding, bool loose, size_t p)
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

/*
 * Scan from s->pos on. WEIR_OK: up to the end, or to a character that the
 * text cuts; WEIR_MORE: found[] is full. `loose`: some term of the matcher
 * is; without, nothing of it is in the loops.
 */
static inline __attribute__((always_inline)) int
scan_text(struct scan_feed *f, enum weir_coding coding, bool loose)
{
    struct weir_scan           *s = f->s;
    const struct weir_matcher  *m = s->m;
    const struct entries        entries = entries_of(m);
    const uint16_t             *cuts = WEIR_PART(m, uint16_t, loose);
    const size_t                len = f->t.len;
    const uint64_t              base = f->base;
    size_t                      p = (size_t) (s->pos - base), next;
    uint32_t                    state, step, e = 0, last, quiet, same;
    const unsigned              shift = loose ? 27 : 28;  /* separators are
                                                             not quiet */
    const bool                  runs = m->ntriples != 0;
    enum text_why               why;
    struct busy                 b;

    busy_open(s, &b);
    for (;;) {
        if (WEIR_UNLIKELY(s->npending != 0)) {
            if (s->npending > WEIR_PENDING_MAX / 2) {
                weir_scan_relieve(f);
            }
            if (!weir_scan_flush(f)) {
                return WEIR_MORE;
            }
        }
        state = s->state;
        step = s->step;
        last = (uint32_t) s->sym << 16 | (loose ? s->cls : 0);
        same = loose ? s->same : 0;
        /* With something going on no entry is quiet. */
        quiet = (s->nattempts | s->npending | s->assign
                 | (loose ? s->nwalks : 0)) != 0
                ? UINT32_MAX
                : s->word ? WEIR_ENTRY_WORD >> shift : 0;
        why = TEXT_END;
        while (p < len) {
            next = entry_at(&f->t, &entries, coding, p, &e);
            if (next == 0) {
                break;                 /* the text cuts it */
            }
            if (next - p == 3 && runs && state <= b.nroot
                && len - p >= IDEOGRAPHS_MIN)
            {
                struct scan_run  run = { state, last, quiet, shift, loose };
                const size_t     n = weir_scan_ideographs(m, f->t.at + p,
                                                          len - p, &run);

                if (n > 0) {
                    p += n;
                    step += (uint32_t) n / 3;
                    for (unsigned k = 1; k <= 3 && k <= n / 3; k++) {
                        s->ring[(step - k) % SCAN_RING] =
                            (uint32_t) (base + p - 3 * k);
                    }
                    state = run.state;
                    last = run.last;
                    same = 1;
                    if (b.cells[state].info != 0) {
                        why = TEXT_FOUND;
                        break;
                    }
                    continue;
                }
            }
            if (WEIR_UNLIKELY(e >> shift != quiet)
                && !(loose && scan_is_blind(cuts, state, e, quiet)))
            {
                why = TEXT_LOUD;
                break;
            }
            if (loose) {
                if (WEIR_UNLIKELY(((e ^ last) & 0xffff) == 0)) {
                    if ((e & 0xffff) != 0
                        && (cuts[state] & WEIR_LOOSE_REPEAT) != 0)
                    {
                        why = TEXT_LOUD;
                        break;
                    }
                    same += same < 255;
                } else {
                    same = 1;
                }
            }
            s->ring[step++ % SCAN_RING] = (uint32_t) (base + p);
            p = next;
            last = e;
            if (!busy_step(&b, &state, e & 0xffff)) {
                why = TEXT_FOUND;
                break;
            }
        }
        quiet_end(s, state, step, last, base + p);
        if (loose) {
            s->cls = (uint16_t) last;
            s->same = (uint8_t) same;
        }
        if (why == TEXT_END) {
            return WEIR_OK;
        }
        if (why == TEXT_FOUND) {
            weir_scan_out(f, base + p);
            if (s->nhalves > 0) {
                weir_scan_near_prune(s);
            }
            continue;
        }
        if (s->nattempts <= 1 && s->npending == 0 && s->assign == 0
            && !(loose && s->nwalks != 0))
        {
            const size_t  began = p;

            p = scan_busy(f, coding, loose, p);
            if (p != began) {
                continue;
            }
        }
        if ((e & WEIR_ENTRY_VANISH) == 0) {
            weir_scan_step(f, e, base + p, base + next);
        }
        p = next;
        s->pos = base + p;
    }
}

static int
scan_plain(struct scan_feed *f)
{
    switch (f->s->coding) {
    case WEIR_JSON:
        return scan_text(f, WEIR_JSON, false);
    case WEIR_JSON2:
        return scan_text(f, WEIR_JSON2, false);
    default:
        return scan_text(f, WEIR_PLAIN, false);
    }
}

static int
scan_loose(struct scan_feed *f)
{
    switch (f->s->coding) {
    case WEIR_JSON:
        return scan_text(f, WEIR_JSON, true);
    case WEIR_JSON2:
        return scan_text(f, WEIR_JSON2, true);
    default:
        return scan_text(f, WEIR_PLAIN, true);
    }
}

int
weir_scan_feed(struct weir_scan *s, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t nfound_max,
    size_t *nfound)
{
    struct scan_feed  f = { s, { text, len, last }, base, found, nfound_max,
                            0 };
    int               rc;

    weir_assert(s->magic == SCAN_MAGIC);
    weir_assert(base <= s->pos || (len == 0 && base == s->pos));
    weir_assert(s->pos <= base + len);
    if (s->nplaces > 0) {
        weir_scan_places_retry(&f);
    }
    rc = s->m->nrows != 0 ? scan_loose(&f) : scan_plain(&f);
    if (rc == WEIR_OK && last) {
        if (!s->ended) {
            s->ended = true;
            weir_scan_end(&f);
        }
        rc = weir_scan_flush(&f) ? WEIR_OK : WEIR_MORE;
    }
    if (s->nhalves > 0) {
        weir_scan_near_prune(s);
    }
    s->settled = weir_scan_settle(s);
    *nfound = f.nfound;
    return rc;
}

bool
weir_scan_overflow(const struct weir_scan *s)
{
    return s->overflow;
}

uint64_t
weir_scan_settled(const struct weir_scan *s)
{
    return s->settled;
}

uint64_t
weir_scan_keep(const struct weir_scan *s)
{
    const uint64_t  held = weir_scan_places_hold(s);

    return held < s->pos ? held : s->pos;
}
