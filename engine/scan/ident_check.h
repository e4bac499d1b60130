/*
 * ident_check.h: what the shape of an identifier cannot say: check digits,
 * allotted prefixes, dates, lengths by country, randomness of a key.
 */
#ifndef WEIR_IDENT_CHECK_H
#define WEIR_IDENT_CHECK_H

#include "weir/base.h"

enum weir_check {
    WEIR_CHECK_NONE,
    WEIR_CHECK_CN_ID,
    WEIR_CHECK_CN_ID15,
    WEIR_CHECK_CN_MOBILE,
    WEIR_CHECK_CN_LANDLINE,
    WEIR_CHECK_CN_SERVICE,      /* 400 and 800 numbers */
    WEIR_CHECK_BANK_CARD,
    WEIR_CHECK_CN_USCC,
    WEIR_CHECK_CN_PASSPORT,
    WEIR_CHECK_CN_PLATE,
    WEIR_CHECK_EMAIL,
    WEIR_CHECK_IPV4,
    WEIR_CHECK_IPV6,
    WEIR_CHECK_MAC,
    WEIR_CHECK_IBAN,
    WEIR_CHECK_API_KEY,
    WEIR_CHECK_PRIVATE_KEY,     /* shape is all */
    WEIR_CHECK_JWT,             /* shape is all */
    WEIR_CHECK_PSEUDONYM,       /* shape is all */
    WEIR_CHECK_COUNT
};

#define WEIR_CHECK_WEAK  0x8000u  /* counts only with its context word */

/*
 * Score of the span `a` of n folded ASCII symbols (WEIR_SYM_... for Han),
 * 1 to 1000, perhaps with WEIR_CHECK_WEAK; 0: it is none. O(n), pure.
 */
unsigned weir_ident_check(enum weir_check check, const uint8_t *a, size_t n);

/* The rooms of ident_key.c: API keys by their prefixes. */
unsigned weir_ident_check_key(const uint8_t *a, size_t n);

#endif
