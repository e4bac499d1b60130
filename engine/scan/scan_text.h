/*
 * scan_text.h: characters and steps of the automaton, for the loops over text
 * of this room: scan.c (nothing is going on) and scan_busy.c (little is).
 */
#ifndef WEIR_SCAN_TEXT_H
#define WEIR_SCAN_TEXT_H

#include "scan/scan_state.h"

#include <endian.h>

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

/* What a step of the automaton looks at. */
struct steps {
    const struct weir_cell   *cells;
    const struct weir_cold   *cold;
    const uint64_t           *filter;
    uint32_t                  nroot, mask;
};

static inline struct steps
steps_of(const struct weir_matcher *m)
{
    return (struct steps) {
        WEIR_PART(m, struct weir_cell, cells),
        WEIR_PART(m, struct weir_cold, cold), WEIR_PART(m, uint64_t, filter),
        m->nroot, m->filter_mask
    };
}

/* A step that ends no term; false: it does. */
static inline __attribute__((always_inline)) bool
step_quiet(const struct steps *a, uint32_t *state, uint32_t c)
{
    const uint32_t  at = WEIR_FILTER(*state, c, a->mask);

    if (*state <= a->nroot && (a->filter[at / 64] >> at % 64 & 1) == 0) {
        *state = c <= a->nroot ? c : 0;
        return true;
    }
    *state = scan_next(a->cells, a->cold, a->nroot, *state, c);
    return (a->cells[*state].info & WEIR_CELL_OUT) == 0;
}

/* The start states of the scan's flags. */
static inline const uint16_t *
starts_of(const struct weir_scan *s)
{
    return WEIR_TABLE(s->m, uint16_t, starts)
           + ((s->flags & WEIR_SCAN_PSEUDONYMS) != 0 ? s->m->ncols : 0);
}

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

/* scan_busy.c: from p on, as far as nothing comes of what is going on; where
   it stopped. */
size_t weir_scan_busy(struct scan_feed *f, enum weir_coding coding,
    bool loose, size_t p);

#endif
