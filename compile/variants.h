/*
 * variants.h: a term -> other ways to write it, for lists that ask for them.
 *
 *   homophone  one character replaced by one of the same syllable, whatever
 *              its tone, the most frequent first; only in terms of three
 *              characters or more: of two, nearly every pair is a word
 *   split      a character written as its halves (好: 女子), one at a time,
 *              and all of them
 *   pinyin     a character as its syllable in Latin letters, one at a time,
 *              and the whole term from six letters on
 *   leet       letters as the digits and signs that look like them (a: 4 @),
 *              each letter everywhere, and the usual ones together
 */
#ifndef WEIR_VARIANTS_H
#define WEIR_VARIANTS_H

#include "compile/pool.h"
#include "weir/base.h"

enum weir_variant {
    WEIR_VARIANT_HOMOPHONE = 1, WEIR_VARIANT_SPLIT = 2,
    WEIR_VARIANT_PINYIN = 4, WEIR_VARIANT_LEET = 8
};

struct weir_variants;

/* Tables; NULL: no memory. Freed by close. */
struct weir_variants *weir_variants_open(void);
void weir_variants_close(struct weir_variants *v);

/* Variants of `term` (UTF-8) of the kinds whose bits are set, at most `max`,
   from `pool`; their number. *capped: there were more. */
size_t weir_variants_make(const struct weir_variants *v,
    struct weir_span term, unsigned kinds, struct weir_pool *pool,
    struct weir_span *out, size_t max, bool *capped);

#endif
