/*
 * money.h: amounts as people write them, exactly.
 */
#ifndef WEIR_MONEY_H
#define WEIR_MONEY_H

#include "weir/base.h"

#define WEIR_MONEY_TEXT  28     /* "-9223372036854.775808" and a NUL fit */

/* "1000.00" -> micro-units: digits, at most one point, at most six decimals,
   no sign, below 2^63 micro. WEIR_OK or BAD_REQUEST. */
WEIR_CHECKED int weir_money_parse(const char *text, weir_micro *out);

/* Micro-units -> text, at least two decimals, no more than needed. */
void weir_money_text(weir_micro amount, char out[WEIR_MONEY_TEXT]);

#endif
