/*
 * scan_layout.h: the matcher blob, as compile/matcher_compile.c writes it
 * and scan.c walks it. All offsets are bytes from the start of the header,
 * 8-byte aligned; native byte order (a snapshot is made where it is used).
 *
 *   struct weir_matcher
 *   index    u16[0x110000 / 64]     code point / 64 -> block
 *   entries  u32[nblocks * 64]      what a code point is here, see below
 *   cells    weir_cell[ncells]      double-array trie of all terms
 *   cold     weir_cold[ncells]      what is needed only on failure, at a
 *                                   match and at the end of a feed
 *   outs     weir_out[nouts]        0 is none
 *   filter   u64[(filter_mask + 1) / 64]  bit WEIR_FILTER(s, c): some term
 *                                   goes on from depth-1 state s by class c
 *   triples  u64[ntriples]          the same for the first three classes of
 *                                   a term, and for terms of two:
 *                                   WEIR_TRIPLE; only if terms are many
 *   words    u16[nwords * 32]       the automaton over words of ASCII, see
 *                                   below
 *   word_rows  weir_word[nwords]
 *   word_of  u16[word_mask + 1]     row of a state: WEIR_WORD_HASH, or the
 *                                   next place; 0 ends
 *   letters  u8[128]                letter of ASCII -> column of words
 *   columns  u8[WEIR_SYMS]          ident symbol -> column of the DFA
 *   trans    u16[nstates * ncols]   identifier DFA; state 0 is dead
 *   states   weir_state[nstates]
 *   accepts  weir_accept[naccepts]
 *   starts   u16[3 * ncols]         start state by (plain, with
 *                                   pseudonyms, an assigned value; column of
 *                                   the character before)
 *   idents   weir_ident_row[nidents]
 *   loose    u16[ncells]            only if some term may be evaded, see
 *                                   below: number of its row | flags
 *   rows     weir_loose_row[nrows]
 *   ways     weir_way[nways]
 *   nears    u16[nnears]            characters between A and B
 *   regexes  weir_regex_row[nregexes], for find/
 *   patterns u8[npatterns]         their text
 *
 * The automaton. State = cell; state 0 is the root, base 0, and the states
 * of depth 1 have the number of their class, so that the step from the root
 * needs no memory: c <= nroot ? c : 0. The child of s by class c is the
 * cell base[s] + c if its check is c (each base is used by one state only).
 * Word edges are a class of their own, `boundary`, fed wherever a word
 * begins or ends; terms are compiled with it at the edges they ask for and
 * at every change between word and non-word characters inside them.
 *
 * Words. Running text of an alphabet is letters and blanks, and most of it is
 * near the root, where a step often fails. For the states nearest to it that
 * are reached by letters, blanks and edges alone, `words` has the state behind
 * every such step, by row. Row 0 is no state: something is to be done there
 * (a term ends, a repeat may matter, the state has no row).
 *
 * Loose terms may be found with separators or repeats between their
 * characters (scan_loose.c). A separator that is the term's own is then the
 * class `gap`, which no text feeds: such a term has a second path, on which
 * only walkers come. A way is what a term allows; bit k of a mask is way k.
 */
#ifndef WEIR_SCAN_LAYOUT_H
#define WEIR_SCAN_LAYOUT_H

#include "weir/base.h"
#include "weir/ident.h"
#include "weir/limits.h"

#define WEIR_MATCHER_MAGIC    0x52485457u  /* "WTHR" */
#define WEIR_MATCHER_VERSION  9u

#define WEIR_MATCHER_BLOCKS   (0x110000 / 64)

/* The unified ideographs, whose blocks of entries lie one behind the other
   (weir_matcher_check): one table. */
#define WEIR_HAN_FIRST  0x4e00u
#define WEIR_HAN_COUNT  0x5200u

/* entry: class of the automaton (0: in no term) | ident symbol << 16 | flags;
   the ident symbol is the ASCII byte, or one of WEIR_SYM_... (fold.h) */
#define WEIR_SYM_YEAR       0x83       /* these by matcher_han.c */
#define WEIR_SYM_MONTH      0x84
#define WEIR_SYM_DAY        0x85
#define WEIR_SYM_NUMBER     0x86
#define WEIR_SYM_DIGIT      0x87       /* 0 to 9, and ten */
#define WEIR_SYM_END        0x92       /* the end (and begin) of the stream */
#define WEIR_SYMS           0x93
#define WEIR_ENTRY_INNER  (1u << 24)  /* a letter of ASCII, no term by
                                         itself, that begins no identifier
                                         behind another letter */
#define WEIR_ENTRY_BLANK  (1u << 25)  /* of separators: a blank, */
#define WEIR_ENTRY_MARK   (1u << 26)  /* a clause mark */
#define WEIR_ENTRY_SEP    (1u << 27)  /* a separator, when a way has them */
#define WEIR_ENTRY_OUT    (1u << 28)  /* a term of this character alone */
#define WEIR_ENTRY_WORD    (1u << 29)  /* only when some term has edges */
#define WEIR_ENTRY_START   (1u << 30)  /* an identifier may begin with it */
#define WEIR_ENTRY_VANISH  (1u << 31)

/* Folded characters and boundaries of the longest term. */
#define WEIR_TERM_STEPS_MAX  (2 * WEIR_TERM_CLASSES_MAX + 1)

#define WEIR_FILTER(s, c, mask)  (((s) * 0x9e3bu + (c)) & (mask))

/* Of WEIR_MIX of the classes of three characters in a row: some term begins
   with them; of two: some term is just these. The two bits of its word in
   `triples` are set then. */
#define WEIR_MIX(c)              ((uint32_t) (c) * 0x9e3779b1u)
#define WEIR_TRIPLE(u0, u1, u2)                                              \
    ((((u0) << 11 | (u0) >> 21) + ((u1) << 5 | (u1) >> 27)) ^ (u2))
#define WEIR_PAIR(u1, u2)        (((u1) << 19 | (u1) >> 13) ^ (u2))
#define WEIR_TRIPLE_WORD(h, mask)  ((h) >> 13 & (mask))
#define WEIR_TRIPLE_BITS(h)                                                  \
    (UINT64_C(1) << ((h) & 63) | UINT64_C(1) << ((h) >> 6 & 63))

#define WEIR_WORDS_MAX    1024        /* rows */
#define WEIR_WORD_COLS    32          /* columns: 1 to 26 are letters */
#define WEIR_WORD_BLANK   0
#define WEIR_WORD_EDGE    27
#define WEIR_WORD_NONE    31          /* leads to row 0 */
#define WEIR_WORD_ROOT    1           /* the row of the root */
#define WEIR_WORD_HASH(s, mask)  ((s) * 0x9e3779b1u >> 16 & (mask))

#define WEIR_CELL_FREE  0xffffu        /* check of an unused cell */
#define WEIR_CELL_OUT   1u             /* info: some term ends here; above */
#define WEIR_CELL_HOLD  8              /* this bit the steps back to where a
                                          term that is not late may begin */

struct weir_cell {
    uint32_t  base;
    uint16_t  check;
    uint16_t  info;
};

struct weir_cold {
    uint32_t  fail;
    uint32_t  out;         /* first of the terms that end here */
    uint8_t   depth;       /* steps from the root */
    uint8_t   hold_term;   /* steps back to where a term may still begin */
    uint8_t   hold_allow;  /* the same for exceptions */
    uint8_t   reserved;
};

struct weir_word {
    uint32_t  state;
    uint32_t  walks;       /* by column: a walk that begins at a blank here
                              goes on with that letter (scan_loose.c) */
    uint32_t  depth;       /* of the state */
};

enum weir_out_kind {
    WEIR_OUT_TERM, WEIR_OUT_ALLOW, WEIR_OUT_CONTEXT,
    WEIR_OUT_NEAR_A, WEIR_OUT_NEAR_B,   /* half of a finding */
    WEIR_OUT_PLACE         /* a division's name: an address may begin */
};

struct weir_out {
    uint32_t  next;        /* smaller than its own number; 0 ends */
    uint16_t  rule;
    uint16_t  score;
    uint8_t   steps;       /* length, leading and trailing edges included */
    uint8_t   kind;        /* enum weir_out_kind */
    uint8_t   context;     /* CONTEXT: its class; NEAR: number in nears */
    uint8_t   chars;       /* its characters */
    uint8_t   loose;       /* its way + 1; 0: exact only */
    uint8_t   late;        /* nothing is held for it */
    uint8_t   operator;    /* CONTEXT: 1: it brings its operator, 2: nothing
                              but the value follows (scan_assign.c) */
    uint8_t   reserved;
};

/* What a loose term allows between its characters. */
struct weir_way {
    uint8_t   separators;  /* in a row, at most */
    uint8_t   repeats;     /* of a character, beyond those of the term */
    uint8_t   brief;       /* of two characters: soft separators are none */
    uint8_t   reserved;
};

/* Ways of the terms that go on from a cell: [0] findings, [1] exceptions,
   [2] findings that may be late. */
struct weir_loose_row {
    uint16_t  any[3];      /* by anything, an edge at the end included */
    uint16_t  chars[3];    /* by a character */
    uint16_t  turn[3];     /* of them: from word to non-word or back */
    uint16_t  gap[3];      /* by a separator of the term itself */
    uint16_t  other[3];    /* by anything but the cell's own class */
};

#define WEIR_LOOSE_ROW     0x3fffu
#define WEIR_LOOSE_REPEAT  0x4000u   /* a repeat may matter in this state */
#define WEIR_LOOSE_SEP     0x8000u   /* a separator may */

struct weir_dfa_state {
    uint16_t  accept;      /* first of its accepts */
    uint16_t  naccepts;
    uint32_t  longer;      /* 1: may outlast WEIR_IDENT_CHARS_MAX */
};

struct weir_accept {
    uint8_t   kind;        /* enum weir_ident */
    uint8_t   check;       /* enum weir_check */
    uint8_t   back;        /* characters of look-ahead behind its end */
    uint8_t   reserved;
};

struct weir_ident_row {
    uint16_t  kind;
    uint16_t  rule;
    uint16_t  score_min;
    uint16_t  context;
};

struct weir_regex_row {
    uint32_t  at;          /* in patterns */
    uint32_t  len;
    uint16_t  rule;
    uint16_t  score;
    uint32_t  flags;       /* WEIR_REGEX_... of find.h */
};

struct weir_matcher {
    uint32_t  magic;
    uint32_t  version;
    uint64_t  size;
    uint64_t  contexts[2]; /* bit k: some identifier asks for context k */
    uint64_t  assigned[2]; /* some value assigned to its words does */
    uint64_t  back;        /* columns, trans, states, accepts and starts are
                              counted from so many bytes before: 0, or those
                              of an earlier matcher that looks for the same
                              kinds of identifier (WEIR_TABLE) */
    uint32_t  index;       /* offsets, see above */
    uint32_t  entries;
    uint32_t  cells;
    uint32_t  cold;
    uint32_t  outs;
    uint32_t  filter;
    uint32_t  columns;
    uint32_t  trans;
    uint32_t  states;
    uint32_t  accepts;
    uint32_t  starts;
    uint32_t  idents;
    uint32_t  nblocks;
    uint32_t  ncells;
    uint32_t  nclasses;    /* classes are 1 .. nclasses */
    uint32_t  nroot;       /* classes that begin a term: 1 .. nroot */
    uint32_t  boundary;    /* class of a word edge; 0: no term has one */
    uint32_t  nouts;
    uint32_t  nstates;
    uint32_t  nquiet;      /* states below it accept nothing */
    uint32_t  ncols;       /* of trans */
    uint32_t  naccepts;
    uint32_t  nidents;
    uint32_t  filter_mask; /* a power of two, less 1; 63 or more */
    uint32_t  loose;       /* offsets */
    uint32_t  rows;
    uint32_t  ways;
    uint32_t  nears;
    uint32_t  nrows;       /* 0: no term is loose, there is no `loose` */
    uint32_t  nways;
    uint32_t  nnears;
    uint32_t  gap;         /* class; 0: no loose term has a separator */
    uint32_t  regexes;
    uint32_t  patterns;
    uint32_t  nregexes;
    uint32_t  npatterns;   /* bytes */
    uint32_t  late;        /* 1: some term is */
    uint32_t  triples;     /* offset */
    uint32_t  ntriples;    /* words of it: a power of two, or 0 */
    uint32_t  words;       /* offsets */
    uint32_t  word_rows;
    uint32_t  word_of;
    uint32_t  letters;
    uint32_t  nwords;
    uint32_t  word_mask;
    uint32_t  reserved;
};

static_assert(sizeof(struct weir_cell) == 8, "layout");
static_assert(sizeof(struct weir_cold) == 12, "layout");
static_assert(sizeof(struct weir_out) == 16, "layout");
static_assert(sizeof(struct weir_dfa_state) == 8, "layout");
static_assert(sizeof(struct weir_accept) == 4, "layout");
static_assert(sizeof(struct weir_ident_row) == 8, "layout");
static_assert(sizeof(struct weir_loose_row) == 30, "layout");
static_assert(sizeof(struct weir_way) == 4, "layout");
static_assert(sizeof(struct weir_regex_row) == 16, "layout");
static_assert(sizeof(struct weir_matcher) == 240, "layout");
static_assert(WEIR_TERM_STEPS_MAX < 256, "steps fit a byte and the ring");

#define WEIR_PART(m, type, field)                                            \
    ((const type *) (const void *) ((const uint8_t *) (m) + (m)->field))

/* Of the tables of identifiers: see `back`. */
#define WEIR_TABLE(m, type, field)                                           \
    ((const type *) (const void *) ((const uint8_t *) (m) - (m)->back        \
                                    + (m)->field))

#endif
