/*
 * money.c: decimal text and micro-units.  No floats.
 */
#include "money.h"

#include <inttypes.h>
#include <stdio.h>

#include "weir/error.h"


int
weir_money_parse(const char *text, weir_micro *out)
{
    weir_micro  v = 0;
    int         decimals = -1;      /* -1: before the point */
    bool        digits = false;

    for (; *text != '\0'; text++) {
        if (*text == '.' && decimals < 0 && digits) {
            decimals = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || decimals == 6
            || __builtin_mul_overflow(v, 10, &v)
            || __builtin_add_overflow(v, *text - '0', &v))
        {
            return WEIR_E_BAD_REQUEST;
        }
        digits = true;
        decimals += decimals >= 0;
    }
    if (!digits || decimals == 0) {
        return WEIR_E_BAD_REQUEST;
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++) {
        if (__builtin_mul_overflow(v, 10, &v)) {
            return WEIR_E_BAD_REQUEST;
        }
    }
    *out = v;
    return WEIR_OK;
}


void
weir_money_text(weir_micro amount, char out[WEIR_MONEY_TEXT])
{
    const uint64_t  v = amount < 0 ? (uint64_t) 0 - (uint64_t) amount
                                   : (uint64_t) amount;
    size_t          n;

    snprintf(out, WEIR_MONEY_TEXT, "%s%" PRIu64 ".%06u", amount < 0 ? "-" : "",
             v / 1000000, (unsigned) (v % 1000000));
    n = strlen(out);
    for (int dropped = 0; dropped < 4 && out[n - 1] == '0'; dropped++) {
        out[--n] = '\0';
    }
}
