/*
 * fold.h: what a code point is to the scanner, by one table look-up.
 *
 *   word   31       30     29          28..21         20..0
 *          vanish   word   separator   ident symbol   folded - code point,
 *                                                     mod 2^21
 *
 * `folded` is the character that terms are compared by: width, case,
 * diacritics, traditional to simplified, enclosed and mathematical forms,
 * digits of other scripts and look-alike letters are one. `ident symbol` is
 * the narrow ASCII byte, case kept, that identifiers are made of; Han
 * characters of number plates have symbols of their own. A character that
 * vanishes (zero-width, bidi control, combining mark, filler) is not there
 * at all. `word`: letter or digit of a script that is written with spaces.
 * `separator`: folds to neither letter, mark nor number: blanks, punctuation,
 * symbols, emoji, controls.
 */
#ifndef WEIR_FOLD_H
#define WEIR_FOLD_H

#include "weir/base.h"

#define WEIR_FOLD_VANISH  (1u << 31)
#define WEIR_FOLD_WORD    (1u << 30)
#define WEIR_FOLD_SEP     (1u << 29)

/* Ident symbols beyond ASCII. */
#define WEIR_SYM_PROVINCE  0x80   /* Han character that begins a plate */
#define WEIR_SYM_PLATEEND  0x81   /* Han character that may end one */
#define WEIR_SYM_DOT       0x82   /* middle dot */

/* The word of a code point; U+FFFD's for cp > 0x10ffff. O(1). */
uint32_t weir_fold(uint32_t cp);

static inline uint32_t
weir_fold_point(uint32_t word, uint32_t cp)
{
    return (cp + word) & 0x1fffff;
}

/* Separators that ordinary writing puts between clauses, lines included; and
   blanks; by folded character. */
static inline bool
weir_fold_is_mark(uint32_t point)
{
    switch (point) {
    case ',': case ';': case ':': case '?': case '!': case '\n': case '\r':
    case 0x3001: case 0x3002: case 0x2026: case 0x2028: case 0x2029:
        return true;
    default:
        return false;
    }
}

static inline bool
weir_fold_is_blank(uint32_t point)
{
    return point == ' ' || point == '\t';
}

static inline uint8_t
weir_fold_sym(uint32_t word)
{
    return (uint8_t) (word >> 21);
}

#endif
