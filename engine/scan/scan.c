/*
 * scan.c: the public calls, and the loop over plain text.
 *
 * weir_scan_feed runs scan_text, specialised for each coding. As long as
 * nothing is going on (no identifier begun, no finding waiting) a character
 * costs one table look-up and one step of the automaton, here. Everything
 * else, word edges included, goes through weir_scan_step in scan_find.c.
 */
#include "scan/scan_state.h"

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

/* text_next, with what is frequent in line. */
static inline __attribute__((always_inline)) size_t
point_at(const struct text *t, enum weir_coding coding, size_t p,
    uint32_t *cp)
{
    const uint8_t *const  at = t->at + p;

    if (at[0] < 0x80 && (coding == WEIR_PLAIN || at[0] != '\\')) {
        *cp = at[0];
        return p + 1;
    }
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

/*
 * One identifier is under way and nothing else: the letters of a Latin word,
 * which may be the beginning of an e-mail address. As long as nothing
 * happens (no edge, no match, no end of the attempt, no second one) a
 * character costs its two steps and no call. Stops before the first
 * character that needs weir_scan_step.
 */
static inline __attribute__((always_inline)) size_t
scan_busy(struct scan_feed *f, enum weir_coding coding, size_t p)
{
    struct weir_scan           *s = f->s;
    const struct weir_matcher  *m = s->m;
    const uint16_t             *index = WEIR_PART(m, uint16_t, index);
    const uint32_t             *entries = WEIR_PART(m, uint32_t, entries);
    const struct weir_cell     *cells = WEIR_PART(m, struct weir_cell, cells);
    const struct weir_cold     *cold = WEIR_PART(m, struct weir_cold, cold);
    const uint16_t             *trans = WEIR_PART(m, uint16_t, trans);
    const uint16_t             *starts = WEIR_PART(m, uint16_t, starts);
    const uint8_t              *columns = WEIR_PART(m, uint8_t, columns);
    const struct weir_state    *states = WEIR_PART(m, struct weir_state,
                                                   states);
    const uint64_t             *filter = WEIR_PART(m, uint64_t, filter);
    const uint32_t              nroot = m->nroot, mask = m->filter_mask;
    const uint32_t              ncols = m->ncols, word = s->word;
    const uint32_t              set = (s->flags & WEIR_SCAN_PSEUDONYMS) != 0
                                      ? ncols : 0;
    struct scan_attempt        *a = &s->attempts[0];
    const uint32_t              most = WEIR_IDENT_CHARS_MAX - 1;
    const size_t                len = f->t.len;
    size_t                      next;
    uint32_t                    state = s->state, sym = s->sym, cp;

    while (p < len && a->chars < most) {
        uint32_t  e, c, at, column, went;

        next = point_at(&f->t, coding, p, &cp);
        if (next == 0) {
            break;
        }
        e = entry_of(index, entries, cp);
        column = columns[e >> 16 & 0xff];
        went = trans[a->state * ncols + column];
        if ((e & WEIR_ENTRY_VANISH) != 0
            || ((e & WEIR_ENTRY_WORD) != 0) != word
            || went == 0 || states[went].naccepts != 0
            || ((e & WEIR_ENTRY_START) != 0
                && trans[starts[set + columns[sym]] * ncols + column] != 0))
        {
            break;
        }
        c = e & 0xffff;
        at = WEIR_FILTER(state, c, mask);
        if (state <= nroot && (filter[at / 64] >> at % 64 & 1) == 0) {
            state = c <= nroot ? c : 0;
        } else {
            const uint32_t  to = scan_next(cells, cold, nroot, state, c);

            if (cells[to].info != 0) {
                break;
            }
            state = to;
        }
        sym = e >> 16 & 0xff;
        a->state = (uint16_t) went;
        a->chars++;
        s->ring[s->step++ % SCAN_RING] = (uint32_t) (f->base + p);
        s->syms[s->nsyms++ % SCAN_SYMS] = (uint8_t) sym;
        s->end2 = s->end1;
        s->end1 = f->base + next;
        p = next;
    }
    s->state = state;
    s->sym = (uint8_t) sym;
    s->pos = f->base + p;
    return p;
}

/*
 * Scan from s->pos on. WEIR_OK: up to the end, or to a character that the
 * text cuts; WEIR_MORE: found[] is full.
 */
static inline __attribute__((always_inline)) int
scan_text(struct scan_feed *f, enum weir_coding coding)
{
    struct weir_scan           *s = f->s;
    const struct weir_matcher  *m = s->m;
    const uint16_t             *index = WEIR_PART(m, uint16_t, index);
    const uint32_t             *entries = WEIR_PART(m, uint32_t, entries);
    const struct weir_cell     *cells = WEIR_PART(m, struct weir_cell, cells);
    const struct weir_cold     *cold = WEIR_PART(m, struct weir_cold, cold);
    const uint64_t             *filter = WEIR_PART(m, uint64_t, filter);
    const size_t                len = f->t.len;
    const uint32_t              nroot = m->nroot, mask = m->filter_mask;
    const uint64_t              base = f->base;
    size_t                      p = (size_t) (s->pos - base), next;
    uint32_t                    state, step, cp, c, e = 0, last, quiet, at;
    enum text_why               why;

    for (;;) {
        if (WEIR_UNLIKELY(s->npending != 0)) {
            if (s->npending > WEIR_PENDING_MAX / 2) {
                weir_scan_relieve(f);
            }
            if (!weir_scan_flush(f)) {
                return WEIR_MORE;
            }
        }
        if (s->nattempts == 1 && s->npending == 0) {
            p = scan_busy(f, coding, p);
        }
        state = s->state;
        step = s->step;
        last = (uint32_t) s->sym << 16;
        /* With something going on no entry is quiet. */
        quiet = (s->nattempts | s->npending) != 0 ? UINT32_MAX
                : s->word ? WEIR_ENTRY_WORD >> 28 : 0;
        why = TEXT_END;
        while (p < len) {
            next = point_at(&f->t, coding, p, &cp);
            if (next == 0) {
                break;                 /* the text cuts it */
            }
            e = entry_of(index, entries, cp);
            if (WEIR_UNLIKELY(e >> 28 != quiet)) {
                why = TEXT_LOUD;
                break;
            }
            s->ring[step++ % SCAN_RING] = (uint32_t) (base + p);
            p = next;
            last = e;
            c = e & 0xffff;
            at = WEIR_FILTER(state, c, mask);
            if (state <= nroot && (filter[at / 64] >> at % 64 & 1) == 0) {
                state = c <= nroot ? c : 0;
                continue;
            }
            state = scan_next(cells, cold, nroot, state, c);
            if (WEIR_UNLIKELY(cells[state].info != 0)) {
                why = TEXT_FOUND;
                break;
            }
        }
        quiet_end(s, state, step, last, base + p);
        if (why == TEXT_END) {
            return WEIR_OK;
        }
        if (why == TEXT_FOUND) {
            weir_scan_out(f, base + p);
            continue;
        }
        if ((e & WEIR_ENTRY_VANISH) == 0) {
            weir_scan_step(f, e, base + p, base + next);
        }
        p = next;
        s->pos = base + p;
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
    switch (s->coding) {
    case WEIR_JSON:
        rc = scan_text(&f, WEIR_JSON);
        break;
    case WEIR_JSON2:
        rc = scan_text(&f, WEIR_JSON2);
        break;
    default:
        rc = scan_text(&f, WEIR_PLAIN);
    }
    if (rc == WEIR_OK && last) {
        if (!s->ended) {
            s->ended = true;
            weir_scan_end(&f);
        }
        rc = weir_scan_flush(&f) ? WEIR_OK : WEIR_MORE;
    }
    s->settled = weir_scan_settle(s);
    *nfound = f.nfound;
    return rc;
}

uint64_t
weir_scan_settled(const struct weir_scan *s)
{
    return s->settled;
}

uint64_t
weir_scan_keep(const struct weir_scan *s)
{
    return s->pos;
}
