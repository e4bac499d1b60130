/*
 * matcher_parts.h: between the files that compile a matcher.
 *
 *   matcher_compile.c  folds terms, assembles the blob
 *   matcher_trie.c     terms -> double-array automaton
 *   matcher_loose.c    what may come between the characters of a term
 *   matcher_words.c    the automaton over words of ASCII
 *   matcher_ident.c    identifier shapes -> DFA
 *   matcher_shapes.c   the shapes; shapes_*.c more of them
 */
#ifndef WEIR_MATCHER_PARTS_H
#define WEIR_MATCHER_PARTS_H

#include "compile/matcher_compile.h"
#include "fold/fold.h"
#include "scan/ident_check.h"
#include "scan/scan_layout.h"
#include "weir/error.h"

/* A shape: a regular expression over ident symbols; see matcher_shapes.c. */
struct matcher_shape {
    uint8_t      kind;       /* enum weir_ident */
    uint8_t      check;      /* enum weir_check */
    uint8_t      longer;     /* may outlast WEIR_IDENT_CHARS_MAX */
    const char  *not_after;  /* class body: may not follow one of these */
    const char  *body;
    const char  *ahead1;     /* what may follow; NULL: anything, and nothing
                                is waited for */
    const char  *ahead2;     /* or two characters that may follow; or NULL */
};

/* One file's shapes. Those of all files are numbered in the order of
   matcher_shape_tables[]; at most WEIR_SHAPES_MAX. */
struct matcher_shape_table {
    const struct matcher_shape  *shapes;
    size_t                       count;
};

extern const struct matcher_shape_table  matcher_shapes_common;
extern const struct matcher_shape_table  matcher_shapes_secret;
extern const struct matcher_shape_table  matcher_shapes_id;

/* Ident symbol of a folded Han character, 0 if it has none: those that dates
   and numbers are written with. */
uint8_t matcher_han_sym(uint32_t point);

/* A set of enum weir_ident. */
struct matcher_kinds {
    uint64_t  bits[WEIR_IDENTS_MAX / 64];
};

static inline void
matcher_kinds_add(struct matcher_kinds *k, unsigned kind)
{
    k->bits[kind / 64] |= UINT64_C(1) << kind % 64;
}

static inline bool
matcher_kinds_has(const struct matcher_kinds *k, unsigned kind)
{
    return k->bits[kind / 64] >> kind % 64 & 1;
}

/* The DFA of the kinds whose bit is set, malloc'd arrays; released by
   matcher_dfa_release also after an error. */
struct matcher_dfa {
    uint8_t              columns[WEIR_SYMS];
    uint32_t             ncols;
    uint32_t             nstates;
    uint32_t             nquiet;     /* the first of them accept nothing */
    uint16_t            *trans;
    struct weir_dfa_state   *states;
    struct weir_accept  *accepts;
    uint32_t             naccepts;
    uint16_t             starts[3 * WEIR_SYMS];
    bool                 begins[WEIR_SYMS];  /* some shape begins with it */
    bool                 inner[WEIR_SYMS];   /* a letter of ASCII, and none
                                                does behind another letter */
};

WEIR_CHECKED int matcher_dfa_build(struct matcher_dfa *d,
    const struct matcher_kinds *kinds);
/* Its columns, begins and inner, and the counts, from a matcher that has been
   made: trans, states and accepts stay NULL. */
void matcher_dfa_of(struct matcher_dfa *d, const struct weir_matcher *m);
void matcher_dfa_release(struct matcher_dfa *d);

/* One term as steps of the automaton. */
struct matcher_term {
    uint32_t         at;     /* in steps[] */
    uint32_t         index;  /* in the input */
    struct weir_out  out;
};

struct matcher_trie {
    struct weir_cell  *cells;
    struct weir_cold  *cold;
    struct weir_out   *outs;
    uint64_t          *filter;
    uint64_t          *triples;
    uint16_t          *loose;        /* NULL: no term is loose */
    struct weir_loose_row  *rows;
    uint32_t           filter_mask;
    uint32_t           ntriples;
    uint32_t           ncells;
    uint32_t           nouts;
    uint32_t           nrows;
};

/* Classes that are no character. */
struct matcher_edges {
    uint16_t  boundary;
    uint16_t  gap;
};

/* Sorts terms[]. `ways`: of the loose terms, nways of them. */
WEIR_CHECKED int matcher_trie_build(struct matcher_trie *t,
    struct matcher_term *terms, size_t nterms, const uint16_t *steps,
    uint32_t nclasses, uint32_t nroot, struct matcher_edges edges,
    const struct weir_way *ways, uint32_t nways);
void matcher_trie_release(struct matcher_trie *t);

/* matcher_words.c: arrays malloc'd; released by matcher_words_release also
   after an error. */
struct matcher_words {
    uint16_t          *next;         /* n * WEIR_WORD_COLS */
    struct weir_word  *rows;
    uint16_t          *of;           /* mask + 1 */
    uint8_t            letters[128];
    uint32_t           n, mask;
};

struct scan_trie;

/* `ascii`: the entries of ASCII. */
WEIR_CHECKED int matcher_words_build(struct matcher_words *out,
    const struct scan_trie *t, const uint32_t *ascii);
void matcher_words_release(struct matcher_words *out);

/* matcher_loose.c: what loose terms go on from each node, folded into rows.
   `chain` calls come breadth first. */
struct matcher_loose;

struct matcher_loose *matcher_loose_open(uint32_t nodes,
    struct matcher_edges edges, const struct weir_way *ways,
    uint32_t nways);
void matcher_loose_close(struct matcher_loose *l);
/* The term passes through `node`, whose class is `label`, to its step d. */
void matcher_loose_pass(struct matcher_loose *l, uint32_t node,
    uint16_t label, const struct matcher_term *m, const uint16_t *steps,
    unsigned d);
/* The word of the node's cell; `fail`: that of its failure. False: too many
   different rows, or no memory. */
WEIR_CHECKED bool matcher_loose_word(struct matcher_loose *l, uint32_t node,
    uint16_t fail, uint16_t *out);
/* The rows, which become the caller's. */
struct weir_loose_row *matcher_loose_rows(struct matcher_loose *l,
    uint32_t *n);

#endif
