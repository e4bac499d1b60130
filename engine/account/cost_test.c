/*
 * cost_test.c: weir_cost against schoolbook arithmetic on decimal digits;
 * token counts whole, byte by byte and at random splits.
 */
#include "weir/account.h"
#include "base/test.h"

#define DIGITS  48      /* 2 x 19 and a few */

struct big { uint8_t  d[DIGITS]; };     /* decimal, least first */


static struct big
big_of(uint64_t n)
{
    struct big  b = { { 0 } };

    for (int i = 0; n > 0; i++, n /= 10) {
        b.d[i] = (uint8_t) (n % 10);
    }
    return b;
}


static struct big
big_add(struct big a, struct big b)
{
    unsigned  carry = 0;

    for (int i = 0; i < DIGITS; i++) {
        carry += a.d[i] + b.d[i];
        a.d[i] = (uint8_t) (carry % 10);
        carry /= 10;
    }
    return a;
}


static struct big
big_mul(struct big a, struct big b)
{
    struct big  out = { { 0 } };

    for (int i = 0; i < DIGITS; i++) {
        unsigned  carry = 0;

        for (int j = 0; i + j < DIGITS; j++) {
            carry += out.d[i + j] + a.d[i] * b.d[j];
            out.d[i + j] = (uint8_t) (carry % 10);
            carry /= 10;
        }
    }
    return out;
}


/* The oracle: six digits are cut off; when one of them was not 0, one is
   added; above INT64_MAX it is INT64_MAX. */
static weir_micro
naive_cost(int64_t in, weir_micro in_price, int64_t out, weir_micro out_price)
{
    struct big  sum = big_add(big_mul(big_of((uint64_t) in),
                                      big_of((uint64_t) in_price)),
                              big_mul(big_of((uint64_t) out),
                                      big_of((uint64_t) out_price)));
    struct big  cut = { { 0 } };
    bool        rest = false;
    uint64_t    n = 0;

    for (int i = 0; i < 6; i++) {
        rest = rest || sum.d[i] != 0;
    }
    memcpy(cut.d, sum.d + 6, DIGITS - 6);
    if (rest) {
        cut = big_add(cut, big_of(1));
    }
    for (int i = DIGITS - 1; i >= 0; i--) {
        if (n > (uint64_t) INT64_MAX / 10
            || n * 10 + cut.d[i] > (uint64_t) INT64_MAX)
        {
            return INT64_MAX;
        }
        n = n * 10 + cut.d[i];
    }
    return (weir_micro) n;
}


static const struct cost_case {
    const char  *name;
    int64_t      in;
    weir_micro   in_price;
    int64_t      out;
    weir_micro   out_price;
    weir_micro   cost;
} cost_cases[] = {
    { "nothing", 0, 2000000, 0, 8000000, 0 },
    { "a million in", 1000000, 2000000, 0, 8000000, 2000000 },
    { "both", 1000000, 2000000, 500000, 8000000, 6000000 },
    { "one token is rounded up", 1, 1, 0, 0, 1 },
    { "rounded up once, not per side", 1, 1, 1, 1, 1 },
    { "exact stays exact", 1, 1000000, 1, 1000000, 2 },
    { "just over", 1000001, 1, 0, 0, 2 },
    { "free", 1000000, 0, 1000000, 0, 0 },
    { "unknown counts cost nothing", -1, 2000000, -1, 8000000, 0 },
    { "saturates", INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX },
    { "the greatest that fits", INT64_MAX, 1000000, 0, 0, INT64_MAX },
    { "one more saturates", INT64_MAX, 1000000, 1, 1000000, INT64_MAX },
};


static void
test_cost(void)
{
    uint64_t  seed = 7;

    for (size_t i = 0; i < sizeof(cost_cases) / sizeof(cost_cases[0]); i++) {
        const struct cost_case  *c = &cost_cases[i];

        CHECK_MSG(weir_cost(c->in, c->in_price, c->out, c->out_price)
                  == c->cost, "case %s", c->name);
    }
    for (int i = 0; i < 20000; i++) {
        int64_t  v[4];

        for (int k = 0; k < 4; k++) {    /* all magnitudes alike */
            v[k] = (int64_t) (weir_test_random(&seed)
                              >> (1 + weir_test_random(&seed) % 63));
        }
        CHECK_MSG(weir_cost(v[0], v[1], v[2], v[3])
                  == naive_cost(v[0], v[1], v[2], v[3]),
                  "%lld x %lld + %lld x %lld", (long long) v[0],
                  (long long) v[1], (long long) v[2], (long long) v[3]);
    }
}


static const struct token_case {
    const char  *name;
    const char  *text;
    uint64_t     wide;
    uint64_t     narrow;
    int64_t      tokens;
} token_cases[] = {
    { "empty", "", 0, 0, 0 },
    { "one letter", "a", 0, 1, 1 },
    { "four letters", "abcd", 0, 4, 1 },
    { "five letters", "abcde", 0, 5, 2 },
    { "two-byte letters", "\xc3\xa9\xc3\xa9", 0, 4, 1 },
    { "one ideograph", "\xe4\xb8\xad", 1, 0, 1 },
    { "ten ideographs", "一二三四五六七八九十", 10, 0, 7 },
    { "eleven ideographs", "一二三四五六七八九十百", 11, 0, 8 },
    { "four bytes", "\xf0\x9f\x98\x80", 1, 0, 1 },
    { "mixed", "GB 45438-2025 标识办法", 4, 14, 3 + 4 },
    { "invalid bytes do not crash", "\x80\xff\xc3", 1, 2, 1 + 1 },
};


static void
test_tokens(void)
{
    uint64_t  seed = 11;

    for (size_t i = 0; i < sizeof(token_cases) / sizeof(token_cases[0]); i++) {
        const struct token_case  *c = &token_cases[i];
        const size_t              len = strlen(c->text);
        const uint8_t            *at = weir_test_fenced(c->text, len);
        struct weir_token_count   whole = { 0, 0 }, bytes = { 0, 0 };

        weir_tokens_add(&whole, at, len);
        CHECK_MSG(whole.wide == c->wide && whole.narrow == c->narrow,
                  "case %s: %u wide, %u narrow", c->name,
                  (unsigned) whole.wide, (unsigned) whole.narrow);
        CHECK_MSG(weir_tokens_estimate(&whole) == c->tokens, "case %s: %d",
                  c->name, (int) weir_tokens_estimate(&whole));
        for (size_t k = 0; k < len; k++) {
            weir_tokens_add(&bytes, at + k, 1);
        }
        CHECK_MSG(memcmp(&whole, &bytes, sizeof(whole)) == 0,
                  "case %s byte by byte", c->name);
    }
    for (int i = 0; i < 500; i++) {
        uint8_t                  text[200];
        struct weir_token_count  whole = { 0, 0 }, split = { 0, 0 };
        const size_t             len = weir_test_random(&seed) % 200;

        for (size_t k = 0; k < len; k++) {
            text[k] = (uint8_t) weir_test_random(&seed);
        }
        weir_tokens_add(&whole, text, len);
        for (size_t k = 0; k < len; ) {
            const size_t  n = 1 + weir_test_random(&seed) % (len - k);

            weir_tokens_add(&split, text + k, n);
            k += n;
        }
        CHECK(memcmp(&whole, &split, sizeof(whole)) == 0);
    }
    CHECK(weir_tokens_estimate(&(struct weir_token_count) { UINT64_MAX,
                                                            UINT64_MAX }) > 0);
}


int
main(void)
{
    test_cost();
    test_tokens();
    return weir_test_done();
}
