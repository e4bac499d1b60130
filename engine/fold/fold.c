/*
 * fold.c: the look-up in the generated table. Sources of the table and how
 * to make it again: data/README.md.
 */
#include "fold/fold.h"

#include "fold/fold_table.inc"

static_assert(sizeof(fold_index) / sizeof(fold_index[0]) == 0x110000 / 64,
              "one entry for each 64 code points");

uint32_t
weir_fold(uint32_t cp)
{
    if (WEIR_UNLIKELY(cp > 0x10ffff)) {
        cp = 0xfffd;
    }
    return fold_words[(uint32_t) fold_index[cp >> 6] * 64 + (cp & 63)];
}
