/*
 * matcher_compile.h: terms and identifiers of one profile -> matcher blob.
 * May allocate, may take its time (100,000 terms within 1 s).
 */
#ifndef WEIR_MATCHER_COMPILE_H
#define WEIR_MATCHER_COMPILE_H

#include "weir/base.h"
#include "weir/buf.h"
#include "weir/ident.h"

struct weir_term_in {
    struct weir_span  text;     /* UTF-8 as written; folded here */
    uint16_t          rule;     /* number in the profile; ignored with allow
                                   and context */
    uint16_t          score;    /* 0 to 1000 */
    uint8_t           edges;    /* needs word edges (Latin and other
                                   alphabetic script; Han has none) */
    uint8_t           allow;    /* an exception: removes findings inside */
    uint8_t           context;  /* != 0: not a finding; speaks for the
                                   identifiers that name this context class
                                   (1 to WEIR_CONTEXTS_MAX) */
};

struct weir_ident_in {
    unsigned   kind;            /* enum weir_ident */
    uint16_t   rule;
    uint16_t   score_min;       /* report at this score or more */
    uint8_t    context;         /* 0, or the class that raises its score (and
                                   that weak shapes such as a passport number
                                   need), within WEIR_CONTEXT_CHARS before */
};

struct weir_matcher_in {
    const struct weir_term_in   *terms;
    size_t                       nterms;
    const struct weir_ident_in  *idents;
    size_t                       nidents;
};

struct weir_matcher_error {
    size_t  term;               /* index, or SIZE_MAX */
    char    message[160];
};

/*
 * Append the blob to `out` (8-byte aligned from its start).
 * WEIR_OK; BAD_REQUEST with *err: a term that folds to nothing, is longer
 * than WEIR_TERM_CLASSES_MAX, an unknown kind; NO_MEMORY.
 */
WEIR_CHECKED int weir_matcher_compile(const struct weir_matcher_in *in,
    struct weir_buf *out, struct weir_matcher_error *err);

#endif
