/*
 * scan.c: the public calls, and the loop over plain text.
 *
 * weir_scan_feed runs scan_text, specialised for each coding. As long as
 * nothing is going on (no identifier begun, no finding waiting) a character
 * costs one table look-up and one step of the automaton, here. Everything
 * else, word edges included, goes through weir_scan_step in scan_find.c.
 */
#include "scan/scan_text.h"

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

/* Runs of ideographs that are worth a call, in bytes. */
#define IDEOGRAPHS_MIN  12

/* Of entries, whose flags above this bit are to be as `quiet`: separators
   are not quiet where a term is loose. */
static inline unsigned
quiet_shift(bool loose)
{
    return loose ? 27 : 28;
}

/* With something going on no entry is quiet. */
static inline uint32_t
quiet_of(const struct weir_scan *s, bool loose)
{
    return (s->nattempts | s->npending | s->assign
            | (loose ? s->nwalks : 0)) != 0
           ? UINT32_MAX
           : s->word ? WEIR_ENTRY_WORD >> quiet_shift(loose) : 0;
}

/* A term has ended, at `end`. */
static inline void
term_ended(struct scan_feed *f, uint64_t end)
{
    weir_scan_out(f, end);
    if (f->s->nhalves > 0) {
        weir_scan_near_prune(f->s);
    }
}

/* Does the text end within a character of three bytes, at p? */
static inline bool
is_cut(const struct text *t, size_t p)
{
    return !t->last && t->at[p] >= 0xe1 && t->at[p] <= 0xec
           && (p + 1 == t->len
               || (p + 2 == t->len && (t->at[p + 1] & 0xc0) == 0x80));
}

/* Can ideographs from here on be scanned as a run? */
static inline bool
may_run(const struct weir_matcher *m, const struct weir_scan *s,
    uint32_t state, size_t left)
{
    return left >= IDEOGRAPHS_MIN && m->ntriples != 0
           && (state <= m->nroot || state == s->pair);
}

/*
 * The ideographs with which a feed begins, if nothing is going on: most feeds
 * of a Chinese answer are no more, and scan_text has much to set up. True: the
 * text has ended, or a character that it cuts is next.
 */
static bool
feed_run(struct scan_feed *f, bool loose)
{
    struct weir_scan           *s = f->s;
    const struct weir_matcher  *m = s->m;
    const uint64_t              begin = s->pos;
    const size_t                p = (size_t) (begin - f->base);
    struct scan_run             run = {
        s->state, s->pair_first, (uint32_t) s->sym << 16, quiet_of(s, loose),
        quiet_shift(loose), loose, starts_of(s)
    };
    const size_t                n = weir_scan_ideographs(m, f->t.at + p,
                                                         f->t.len - p, &run);
    const uint32_t              chars = (uint32_t) n / 3;

    if (n == 0) {
        return false;
    }
    s->pos += n;
    s->end2 = chars > 1 ? s->pos - 3 : s->end1;
    s->end1 = s->pos;
    s->step += chars;
    for (unsigned k = 1; k <= 3 && k <= chars; k++) {
        s->ring[(s->step - k) % SCAN_RING] = (uint32_t) (s->pos - 3 * k);
    }
    s->state = run.state;
    s->sym = (uint8_t) (run.last >> 16);
    if (loose) {
        s->cls = (uint16_t) run.last;
        s->same = 1;
    }
    if (run.first != 0) {
        s->pair = run.state;
        s->pair_first = run.first;
    } else if (run.state > m->nroot
               && (WEIR_PART(m, struct weir_cell, cells)[run.state].info
                   & WEIR_CELL_OUT) != 0)
    {
        term_ended(f, s->pos);
    }
    return s->npending == 0
           && (p + n == f->t.len || is_cut(&f->t, p + n));
}

/* Quiet but that an identifier might begin with it, behind a character of
   entry `before`, if not for the character at p? */
static __attribute__((noinline)) bool
begins_in_vain(const struct scan_feed *f, const struct entries *entries,
    enum weir_coding coding, uint32_t before, uint32_t e, size_t p)
{
    uint32_t  next;

    return p < f->t.len && entry_at(&f->t, entries, coding, p, &next) != 0
           && scan_begins_in_vain(f->s->m, starts_of(f->s), before >> 16 & 0xff,
                                  e, next);
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
    const struct steps          steps = steps_of(m);
    const uint16_t             *cuts = WEIR_PART(m, uint16_t, loose);
    const size_t                len = f->t.len;
    const uint64_t              base = f->base;
    size_t                      p = (size_t) (s->pos - base), next;
    uint32_t                    state, step, e = 0, last, quiet, same;
    const unsigned              shift = quiet_shift(loose);
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
        state = s->state;
        step = s->step;
        last = (uint32_t) s->sym << 16 | (loose ? s->cls : 0);
        same = loose ? s->same : 0;
        quiet = quiet_of(s, loose);
        why = TEXT_END;
        while (p < len) {
            next = entry_at(&f->t, &entries, coding, p, &e);
            if (next == 0) {
                break;                 /* the text cuts it */
            }
            if (next - p == 3 && may_run(m, s, state, len - p)) {
                struct scan_run  run = { state, s->pair_first, last, quiet,
                                         shift, loose, starts_of(s) };
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
                    if (run.first != 0) {
                        s->pair = state;
                        s->pair_first = run.first;
                    } else if (state > steps.nroot
                               && (steps.cells[state].info & WEIR_CELL_OUT))
                    {
                        why = TEXT_FOUND;
                        break;
                    }
                    continue;
                }
            }
            if (WEIR_UNLIKELY(e >> shift != quiet)
                && !(loose && scan_is_blind(cuts, state, e, quiet))
                && !((e ^ WEIR_ENTRY_START) >> shift == quiet
                     && begins_in_vain(f, &entries, coding, last, e,
                                       next)))
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
            if (!step_quiet(&steps, &state, e & 0xffff)) {
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
            term_ended(f, base + p);
            continue;
        }
        if (s->nattempts <= 1 && s->npending == 0 && s->assign == 0
            && !(loose && s->nwalks != 0))
        {
            const size_t  began = p;

            p = weir_scan_busy(f, coding, loose, p);
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
    bool              loose;
    int               rc;

    weir_assert(s->magic == SCAN_MAGIC);
    weir_assert(base <= s->pos || (len == 0 && base == s->pos));
    weir_assert(s->pos <= base + len);
    if (s->nplaces > 0) {
        weir_scan_places_retry(&f);
    }
    loose = s->m->nrows != 0;
    if (may_run(s->m, s, s->state, (size_t) (base + len - s->pos))
        && text[s->pos - base] >= 0xe1
        && quiet_of(s, loose) != UINT32_MAX && feed_run(&f, loose))
    {
        rc = WEIR_OK;
    } else {
        rc = loose ? scan_loose(&f) : scan_plain(&f);
    }
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
