/*
 * words.c: see words.h.
 */
#include "compile/words.h"
#include "weir/limits.h"

#include <stdio.h>

#define DAY_MS  UINT64_C(86400000)


static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}


int
weir_micro_parse(const char *s, weir_micro *out, const char **why)
{
    const char  *p = s;
    weir_micro   n = 0;
    int          decimals = 0;

    *why = "an amount is written in digits, such as \"12.50\"";
    if (!is_digit(*p)) {
        return WEIR_MORE;
    }
    for (; is_digit(*p); p++) {
        if (__builtin_mul_overflow(n, 10, &n)
            || __builtin_add_overflow(n, *p - '0', &n))
        {
            *why = "the amount is too large";
            return WEIR_MORE;
        }
    }
    if (*p == '.') {
        p++;
        if (!is_digit(*p)) {
            return WEIR_MORE;
        }
        for (; is_digit(*p) && decimals < 6; p++, decimals++) {
            if (__builtin_mul_overflow(n, 10, &n)
                || __builtin_add_overflow(n, *p - '0', &n))
            {
                *why = "the amount is too large";
                return WEIR_MORE;
            }
        }
        if (is_digit(*p)) {
            *why = "an amount has at most 6 decimals";
            return WEIR_MORE;
        }
    }
    if (*p != '\0') {
        return WEIR_MORE;
    }
    for (; decimals < 6; decimals++) {
        if (__builtin_mul_overflow(n, 10, &n)) {
            *why = "the amount is too large";
            return WEIR_MORE;
        }
    }
    *out = n;
    return WEIR_OK;
}


void
weir_micro_text(weir_micro amount, char out[32])
{
    const uint64_t  a = amount < 0 ? -(uint64_t) amount : (uint64_t) amount;
    size_t          n;

    (void) snprintf(out, 32, "%s%llu.%06llu", amount < 0 ? "-" : "",
                    (unsigned long long) (a / WEIR_MICRO),
                    (unsigned long long) (a % WEIR_MICRO));
    /* Two decimals at least: it is money. */
    n = strlen(out);
    for (int spare = 4; spare > 0 && out[n - 1] == '0'; spare--) {
        out[--n] = '\0';
    }
}


int
weir_count_parse(const char *s, uint64_t max, uint64_t *out)
{
    uint64_t  n = 0;

    if (!is_digit(*s)) {
        return WEIR_MORE;
    }
    for (; is_digit(*s); s++) {
        if (__builtin_mul_overflow(n, 10, &n)
            || __builtin_add_overflow(n, (uint64_t) (*s - '0'), &n)
            || n > max)
        {
            return WEIR_MORE;
        }
    }
    if (*s != '\0') {
        return WEIR_MORE;
    }
    *out = n;
    return WEIR_OK;
}


int
weir_duration_parse(const char *s, uint32_t *ms)
{
    static const struct { const char *unit; uint64_t ms; }  units[] = {
        { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }
    };
    uint64_t  n = 0;
    size_t    i = 0;

    while (is_digit(s[i])) {
        n = n * 10 + (uint64_t) (s[i] - '0');
        if (++i > 9) {
            return WEIR_MORE;
        }
    }
    for (size_t u = 0; i > 0 && u < sizeof(units) / sizeof(*units); u++) {
        if (strcmp(s + i, units[u].unit) == 0) {
            n *= units[u].ms;
            if (n < 1 || n > DAY_MS) {
                return WEIR_MORE;
            }
            *ms = (uint32_t) n;
            return WEIR_OK;
        }
    }
    return WEIR_MORE;
}


/* `n` digits as a number in [low, high]; moves *p behind them. */
static bool
field(const char **p, unsigned n, unsigned low, unsigned high, unsigned *out)
{
    *out = 0;
    for (unsigned i = 0; i < n; i++, (*p)++) {
        if (!is_digit(**p)) {
            return false;
        }
        *out = *out * 10 + (unsigned) (**p - '0');
    }
    return *out >= low && *out <= high;
}


static bool
mark(const char **p, char c)
{
    return *(*p)++ == c;
}


/* Days since 1970-01-01 of a Gregorian date from 1970 on. */
static uint64_t
days_of(unsigned y, unsigned m, unsigned d)
{
    static const unsigned  before[] = { 0, 31, 59, 90, 120, 151, 181, 212,
                                        243, 273, 304, 334 };
    const bool      leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    const uint64_t  last = y - 1;

    return (y - 1970) * UINT64_C(365)
           + (last / 4 - last / 100 + last / 400) - (492 - 19 + 4)
           + before[m - 1] + (m > 2 && leap) + d - 1;
}


static bool
date_parse(const char **p, uint64_t *days)
{
    static const unsigned  last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
                                      30, 31 };
    unsigned  y, m, d, most;

    if (!field(p, 4, 1970, 9999, &y) || !mark(p, '-')
        || !field(p, 2, 1, 12, &m) || !mark(p, '-')
        || !field(p, 2, 1, 31, &d))
    {
        return false;
    }
    most = last[m - 1] + (m == 2 && ((y % 4 == 0 && y % 100 != 0)
                                     || y % 400 == 0));
    if (d > most) {
        return false;
    }
    *days = days_of(y, m, d);
    return true;
}


bool
weir_date_good(const char *s)
{
    uint64_t  days;

    return strlen(s) == 10 && date_parse(&s, &days);
}


int
weir_until_parse(const char *s, uint64_t *ms)
{
    const char  *p = s;
    uint64_t     days, at;
    unsigned     h, m, sec, oh = 0, om = 0;
    char         sign;

    if (strlen(s) < 10 || !date_parse(&p, &days)) {
        return WEIR_MORE;
    }
    if (*p == '\0') {
        *ms = (days + 1) * DAY_MS;
        return WEIR_OK;
    }
    if (!mark(&p, 'T') || !field(&p, 2, 0, 23, &h) || !mark(&p, ':')
        || !field(&p, 2, 0, 59, &m) || !mark(&p, ':')
        || !field(&p, 2, 0, 59, &sec))
    {
        return WEIR_MORE;
    }
    sign = *p++;
    if (sign == '+' || sign == '-') {
        if (!field(&p, 2, 0, 23, &oh) || !mark(&p, ':')
            || !field(&p, 2, 0, 59, &om))
        {
            return WEIR_MORE;
        }
    } else if (sign != 'Z') {
        return WEIR_MORE;
    }
    if (*p != '\0' || days == 0) {
        return WEIR_MORE;
    }
    at = days * DAY_MS + (h * 3600 + m * 60 + sec) * UINT64_C(1000);
    oh = (oh * 60 + om) * 60000;
    *ms = sign == '-' ? at + oh : at - oh;
    return WEIR_OK;
}


bool
weir_name_good(const char *s, bool wide)
{
    const size_t  n = strlen(s);

    if (n == 0 || n > WEIR_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char  c = s[i];

        if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            continue;
        }
        if (i == 0 || strchr(wide ? "._-:/@+" : "._-", c) == NULL) {
            return false;
        }
    }
    return true;
}


/* Edit distance with neighbours swapped counted once (optimal string
   alignment); words of at most 32 bytes, others are far from everything. */
static unsigned
distance(const char *a, const char *b)
{
    const size_t  n = strlen(a), m = strlen(b);
    unsigned      d[33][33];

    if (n > 32 || m > 32) {
        return 99;
    }
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            unsigned  best;

            if (i == 0 || j == 0) {
                d[i][j] = (unsigned) (i + j);
                continue;
            }
            best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) {
                best = d[i - 1][j] + 1;
            }
            if (d[i][j - 1] + 1 < best) {
                best = d[i][j - 1] + 1;
            }
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2]
                && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
            {
                best = d[i - 2][j - 2] + 1;
            }
            d[i][j] = best;
        }
    }
    return d[n][m];
}


const char *
weir_nearest(const char *s, const char *const *names, size_t n)
{
    const char  *found = NULL;
    unsigned     best = (unsigned) strlen(s) / 3 + 1;

    for (size_t i = 0; i < n; i++) {
        const unsigned  d = distance(s, names[i]);

        if (d <= best && d < strlen(names[i])) {
            best = d - (d > 0);
            found = names[i];
        }
    }
    return found;
}
