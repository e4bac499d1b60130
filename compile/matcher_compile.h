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
    uint8_t           separators;  /* so many in a row may stand between its
                                   characters, at most WEIR_SEPARATORS_MAX;
                                   see engine/scan/scan_loose.c. A term
                                   that begins or ends with a separator, and
                                   a context, is exact whatever is said */
    uint8_t           repeats;  /* a character may stand there so often more,
                                   at most WEIR_REPEATS_MAX */
    uint8_t           near;     /* 1 or 2: half A or B of a finding of its
                                   rule, never one itself; 0: whole */
    uint8_t           late;     /* nothing is held back for its findings */
    uint8_t           place;    /* the name of a division; the compiler's own */
    uint8_t           near_chars;  /* between the halves, at most
                                   WEIR_NEAR_CHARS_MAX */
};

struct weir_ident_in {
    unsigned   kind;            /* enum weir_ident */
    uint16_t   rule;
    uint16_t   score_min;       /* report at this score or more */
    uint8_t    context;         /* 0, or the class that raises its score (and
                                   that weak shapes such as a passport number
                                   need), within WEIR_CONTEXT_CHARS before */
};

struct weir_regex_in {
    struct weir_span  pattern;  /* checked by weir_regex_compile before */
    uint16_t          rule;
    uint16_t          score;
    unsigned          flags;    /* WEIR_REGEX_... */
};

struct weir_matcher_in {
    const struct weir_term_in   *terms;
    size_t                       nterms;
    const struct weir_ident_in  *idents;
    size_t                       nidents;
    const struct weir_regex_in  *regexes;
    size_t                       nregexes;   /* <= WEIR_REGEXES_MAX */
    const size_t                *earlier;    /* where in `out` matchers stand
                                                that have their own tables of
                                                identifiers: shared when the
                                                kinds are the same */
    size_t                       nearlier;
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
