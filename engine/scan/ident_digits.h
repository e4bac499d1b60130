/* ident_digits.h: arithmetic that the checks of identifiers share. */
#ifndef WEIR_IDENT_DIGITS_H
#define WEIR_IDENT_DIGITS_H

#include "weir/base.h"

static inline bool
digits_is(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static inline uint8_t
digits_upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t) (c - 32) : c;
}

/* Letters and digits only, upper case; their number, at most `max`. */
static inline size_t
digits_compact(const uint8_t *a, size_t n, uint8_t *out, size_t max)
{
    size_t  i, k = 0;

    for (i = 0; i < n && k < max; i++) {
        const uint8_t  c = digits_upper(a[i]);

        if (digits_is(c) || (c >= 'A' && c <= 'Z')) {
            out[k++] = c;
        }
    }
    return k;
}

/* At most nine digits. */
static inline unsigned
digits_number(const uint8_t *a, size_t n)
{
    unsigned  v = 0;

    while (n-- > 0) {
        v = v * 10 + (unsigned) (*a++ - '0');
    }
    return v;
}

/* 0 to 9, then A is 10. */
static inline unsigned
digits_base36(uint8_t c)
{
    return (unsigned) (digits_is(c) ? c - '0' : c - 'A' + 10);
}

static inline int
digits_sum(const uint8_t *d, const int8_t *weights, size_t n)
{
    int     sum = 0;
    size_t  i;

    for (i = 0; i < n; i++) {
        sum += (d[i] - '0') * weights[i];
    }
    return sum;
}

static inline bool
digits_same(const uint8_t *d, size_t n)
{
    size_t  i;

    for (i = 1; i < n && d[i] == d[0]; i++) {
        /* compare */
    }
    return i == n;
}

static inline bool
digits_date(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t  days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
                                       30, 31 };
    const bool  leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1
           && day <= days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

/* ISO/IEC 7812-1 annex B. */
static inline bool
digits_luhn(const uint8_t *d, size_t n)
{
    unsigned  sum = 0;
    size_t    i;

    for (i = 0; i < n; i++) {
        unsigned  v = (unsigned) (d[n - 1 - i] - '0');

        if (i % 2 == 1) {
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        }
        sum += v;
    }
    return sum % 10 == 0;
}

#endif
