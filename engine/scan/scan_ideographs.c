/*
 * scan_ideographs.c: running text of ideographs, where nothing is going on.
 *
 * The automaton pays for every character that begins some term: a step down,
 * and the way back by failures, each a look at memory that is far away. Here
 * no state is kept. A term that begins can only matter if its first three
 * characters do, or its two if it has no more: one look at a table of bits for
 * each, and none depends on the one before it. What passes goes down the trie
 * for good, and on with the automaton.
 *
 * The state behind a character is then the last two characters, if some term
 * begins with them, or the last: whatever began earlier has been seen to go no
 * further.
 */
#include "scan/scan_state.h"

#include <endian.h>

/* What the loop looks up. */
struct tables {
    const uint16_t          *index;
    const uint32_t          *entries;
    const uint32_t          *han;
    const uint16_t          *loose;
    const struct weir_cell  *cells;
    const uint64_t          *triples;
    const uint64_t          *filter;
    uint32_t                 mask, nroot, filter_mask;
    uint32_t                 quiet, shift;
};

/* The last two classes; mixed. */
struct behind {
    uint32_t  c0, c1, u0, u1;
};

static inline uint32_t
bit_of(const uint64_t *triples, uint32_t mask, uint32_t h)
{
    const uint64_t  word = triples[WEIR_TRIPLE_WORD(h, mask)];

    return (uint32_t) (word >> (h & 63)) & (uint32_t) (word >> (h >> 6 & 63))
           & 1;
}

/* May a term have ended, or be three characters long, with one of class c? */
static inline uint32_t
may_matter(const struct tables *t, const struct behind *b, uint32_t u)
{
    return bit_of(t->triples, t->mask, WEIR_TRIPLE(b->u0, b->u1, u))
           | bit_of(t->triples, t->mask, WEIR_PAIR(b->u1, u));
}

/* The state by one class, of any number. */
static inline uint32_t
first_state(uint32_t nroot, uint32_t c)
{
    return c <= nroot ? c : 0;
}

/* The entry of a character of three bytes at p; UINT32_MAX: it is not one, or
   not all there. */
static inline uint32_t
three_at(const struct tables *t, const uint8_t *at, size_t len, size_t p)
{
    uint32_t  four, cp;

    if (p > len || len - p < 3) {
        return UINT32_MAX;
    }
    if (len - p > 3) {
        memcpy(&four, at + p, sizeof(four));
        four = htole32(four);
    } else {
        four = at[p] | (uint32_t) at[p + 1] << 8 | (uint32_t) at[p + 2] << 16;
    }
    cp = (four & 0x0f) << 12 | (four >> 2 & 0xfc0) | (four >> 16 & 0x3f);
    if ((four & 0xc0c0f0) != 0x8080e0 || cp < 0x800 || (cp & 0xf800) == 0xd800)
    {
        return UINT32_MAX;
    }
    return t->entries[(uint32_t) t->index[cp / 64] * 64 + cp % 64];
}

/*
 * Does it? The state behind it, then; 0: not. What is three characters long
 * is followed down: most of it ends in nothing, and what begins later is seen
 * for itself.
 */
static __attribute__((noinline)) uint32_t
matters(const struct tables *t, const struct behind *b, uint32_t c,
    const uint8_t *at, size_t len, size_t p)
{
    const uint32_t  n = t->nroot;
    const uint32_t  two = scan_child(t->cells, first_state(n, b->c1), c);
    const uint32_t  three = scan_child(t->cells,
                                scan_child(t->cells, first_state(n, b->c0),
                                           b->c1), c);
    uint32_t        cell = three, next;

    if (two != 0 && (t->cells[two].info & WEIR_CELL_OUT) != 0) {
        return three != 0 ? three : two;
    }
    while (cell != 0 && (t->cells[cell].info & WEIR_CELL_OUT) == 0) {
        next = three_at(t, at, len, p);
        if (next >> t->shift != t->quiet) {
            return three;
        }
        cell = scan_child(t->cells, cell, next & 0xffff);
        p += 3;
    }
    return cell != 0 ? three : 0;
}

/* Two ideographs from eight bytes, unpacked together, 24 bits apart. */
static inline bool
two_at(const uint8_t *at, uint32_t *a, uint32_t *b)
{
    uint64_t  eight;

    memcpy(&eight, at, sizeof(eight));
    eight = htole64(eight);
    if ((eight & 0xc0c0f0c0c0f0) != 0x8080e08080e0) {
        return false;
    }
    eight = (eight & 0x0f00000f) << 12 | (eight >> 2 & 0xfc0000fc0)
            | (eight >> 16 & 0x3f00003f);
    *a = (uint32_t) (eight & 0xffff) - WEIR_HAN_FIRST;
    *b = (uint32_t) (eight >> 24) - WEIR_HAN_FIRST;
    return *a < WEIR_HAN_COUNT && *b < WEIR_HAN_COUNT;
}

/* The state behind the two; *first: the class of the earlier one, if it is of
   both. */
static inline uint32_t
state_of(const struct tables *t, const struct behind *b, uint32_t *first)
{
    const uint32_t  one = first_state(t->nroot, b->c0);
    const uint32_t  at = WEIR_FILTER(one, b->c1, t->filter_mask);
    const uint32_t  two = (t->filter[at / 64] >> at % 64 & 1) != 0
                          ? scan_child(t->cells, one, b->c1) : 0;

    *first = two != 0 ? b->c0 : 0;
    return two != 0 ? two : first_state(t->nroot, b->c1);
}

static inline void
behind_move(struct behind *b, uint32_t c, uint32_t u)
{
    b->c0 = b->c1;
    b->u0 = b->u1;
    b->c1 = c;
    b->u1 = u;
}

static inline __attribute__((always_inline)) size_t
run_as(const struct weir_matcher *m, const struct tables *const t,
    const uint8_t *at, size_t len, struct scan_run *r, bool loose)
{
    const uint32_t  shift = t->shift, quiet = t->quiet;
    struct behind   b = { 0, r->state, 0, 0 };
    size_t          p = 0;
    uint32_t        first, second, state, e, c, u;

    if (r->state > t->nroot) {
        b.c0 = r->first;
        b.c1 = t->cells[r->state].check;
        b.u0 = WEIR_MIX(b.c0);
    }
    b.u1 = WEIR_MIX(b.c1);

    for (;;) {
        if (len - p >= 8 && two_at(at + p, &first, &second)) {
            const uint32_t  e2 = t->han[second], c2 = e2 & 0xffff;
            const uint32_t  u2 = WEIR_MIX(c2);

            e = t->han[first];
            c = e & 0xffff;
            u = WEIR_MIX(c);
            if (e >> shift == quiet && e2 >> shift == quiet
                && !(loose && ((c == b.c1 && c != 0) || (c == c2 && c != 0)))
                && (may_matter(t, &b, u)
                    | bit_of(t->triples, t->mask, WEIR_TRIPLE(b.u1, u, u2))
                    | bit_of(t->triples, t->mask, WEIR_PAIR(u, u2))) == 0)
            {
                p += 6;
                r->last = e2;
                b = (struct behind) { c, c2, u, u2 };
                continue;
            }
        }
        e = three_at(t, at, len, p);
        c = e & 0xffff;
        if ((e >> shift != quiet
             && !(loose && scan_is_blind(t->loose, state_of(t, &b, &r->first),
                                         e, quiet))
             && !((e ^ WEIR_ENTRY_START) >> shift == quiet
                  && scan_begins_in_vain(m, r->starts, r->last >> 16 & 0xff, e,
                                         three_at(t, at, len, p + 3))))
            || (loose && c == b.c1 && c != 0))
        {
            break;
        }
        p += 3;
        r->last = e;
        u = WEIR_MIX(c);
        if (may_matter(t, &b, u)) {
            state = matters(t, &b, c, at, len, p);
            if (state != 0) {
                r->state = state;
                r->first = 0;
                return p;
            }
        }
        behind_move(&b, c, u);
    }
    r->state = state_of(t, &b, &r->first);
    return p;
}

size_t
weir_scan_ideographs(const struct weir_matcher *m, const uint8_t *at,
    size_t len, struct scan_run *r)
{
    const struct tables  t = {
        .index = WEIR_PART(m, uint16_t, index),
        .entries = WEIR_PART(m, uint32_t, entries),
        .loose = WEIR_PART(m, uint16_t, loose),
        .han = WEIR_PART(m, uint32_t, entries)
               + (uint32_t) WEIR_PART(m, uint16_t,
                                      index)[WEIR_HAN_FIRST / 64] * 64,
        .cells = WEIR_PART(m, struct weir_cell, cells),
        .triples = WEIR_PART(m, uint64_t, triples),
        .filter = WEIR_PART(m, uint64_t, filter),
        .mask = m->ntriples - 1, .nroot = m->nroot,
        .filter_mask = m->filter_mask,
        .quiet = r->quiet, .shift = r->shift
    };

    return r->loose ? run_as(m, &t, at, len, r, true)
                    : run_as(m, &t, at, len, r, false);
}
