/*
 * scan_step.h: steps of the automaton, for this room and for the compiler,
 * which writes some of them down (compile/matcher_words.c).
 */
#ifndef WEIR_SCAN_STEP_H
#define WEIR_SCAN_STEP_H

#include "scan/scan_layout.h"

/* The cell below `cell` by class c; 0: none, of 0 none either. */
static inline uint32_t
scan_child(const struct weir_cell *cells, uint32_t cell, uint32_t c)
{
    const uint32_t  t = cell == 0 || c == 0 ? 0 : cells[cell].base + c;

    return t != 0 && cells[t].check == c ? t : 0;
}

/* The automaton's step from state s by class c. */
static inline uint32_t
scan_next(const struct weir_cell *cells, const struct weir_cold *cold,
    uint32_t nroot, uint32_t s, uint32_t c)
{
    if (c == 0) {
        return 0;
    }
    for (;;) {
        const uint32_t  t = cells[s].base + c;

        if (cells[t].check == c) {
            return t;
        }
        if (s <= nroot) {
            return c <= nroot ? c : 0;
        }
        s = cold[s].fail;
    }
}

/* What scan_cuts_in_vain looks at. */
struct scan_trie {
    const struct weir_cell  *cells;
    const struct weir_cold  *cold;
    const uint16_t          *loose;
    uint32_t                 nroot, boundary, gap;
};

static inline struct scan_trie
scan_trie_of(const struct weir_matcher *m)
{
    return (struct scan_trie) {
        WEIR_PART(m, struct weir_cell, cells),
        WEIR_PART(m, struct weir_cold, cold), WEIR_PART(m, uint16_t, loose),
        m->nroot, m->boundary, m->gap
    };
}

/*
 * Would every walk that begins at a separator in that state (scan_loose.c)
 * die with the character behind it, of class `c` and no separator itself?
 * Then none need begin: most blanks of a text stand behind a word with which
 * some loose term begins. No more than a walk each begins for a state of such
 * depth, so it makes no difference to the count of those that are kept.
 */
static inline bool
scan_cuts_in_vain(const struct scan_trie *t, uint32_t state, uint32_t c)
{
    const struct weir_cell *const  cells = t->cells;

    if (t->cold[state].depth > WEIR_WALKS_MAX) {
        return false;
    }
    for (; (t->loose[state] & WEIR_LOOSE_SEP) != 0;
         state = t->cold[state].fail)
    {
        if (scan_child(cells, state, c) != 0
            || scan_child(cells, scan_child(cells, state, t->boundary), c) != 0
            || scan_child(cells, scan_child(cells, state, t->gap), c) != 0)
        {
            return false;
        }
    }
    return true;
}

#endif
