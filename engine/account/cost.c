/*
 * cost.c: what tokens cost, and how many there are when nobody counted.
 */
#include "weir/account.h"

#define PRICED_TOKENS  1000000     /* prices are per million tokens */

static uint64_t  ceil_div(uint64_t n, uint64_t by);


/* Rounded up once, on the sum: a call never costs less than its parts and
   at most one micro-unit more. Both products are below 2^126, so the sum
   fits into 127 bits. */
weir_micro
weir_cost(int64_t input_tokens, weir_micro input_price,
    int64_t output_tokens, weir_micro output_price)
{
    __int128  sum = 0;

    if (input_tokens > 0 && input_price > 0) {
        sum += (__int128) input_tokens * input_price;
    }
    if (output_tokens > 0 && output_price > 0) {
        sum += (__int128) output_tokens * output_price;
    }
    sum = sum / PRICED_TOKENS + (sum % PRICED_TOKENS != 0);
    return sum > INT64_MAX ? INT64_MAX : (weir_micro) sum;
}


/*
 * Every byte speaks for itself, so that a text may come in any pieces:
 *
 *   0xxxxxxx  ASCII             narrow + 1
 *   110xxxxx  lead of two       narrow + 2
 *   111xxxxx  lead of 3 or 4    wide + 1
 *   10xxxxxx  the rest of one   nothing
 *
 * Eight at a time: the top bit of each byte of `v & v << 1 & v << 2` is set
 * where its three top bits are.
 */
void
weir_tokens_add(struct weir_token_count *t, const uint8_t *utf8, size_t len)
{
    const uint64_t  tops = UINT64_C(0x8080808080808080);
    const uint64_t  ones = UINT64_C(0x0101010101010101);
    uint64_t        narrow = 0, wide = 0;

    while (len >= 8) {
        uint64_t  v, high, lead, lead3;

        memcpy(&v, utf8, 8);
        high = v & tops;
        lead = high & v << 1;
        lead3 = lead & v << 2;
        narrow += 8 - (((high >> 7) * ones) >> 56);
        narrow += 2 * ((((lead ^ lead3) >> 7) * ones) >> 56);
        wide += ((lead3 >> 7) * ones) >> 56;
        utf8 += 8;
        len -= 8;
    }
    for (; len > 0; len--, utf8++) {
        if (*utf8 < 0x80) {
            narrow += 1;
        } else if (*utf8 >= 0xe0) {
            wide += 1;
        } else if (*utf8 >= 0xc0) {
            narrow += 2;
        }
    }
    t->narrow += narrow;
    t->wide += wide;
}


/*
 * A guess of ours, not a figure of any provider: byte-pair vocabularies of
 * today spend about four bytes of Latin text a token, and between half a
 * token and one on a Chinese, Japanese or Korean character. It is used only
 * where the upstream reported no usage, and the record says so.
 */
int64_t
weir_tokens_estimate(const struct weir_token_count *t)
{
    const uint64_t  wide = t->wide < INT64_MAX / 16 ? t->wide
                                                    : INT64_MAX / 16;
    const uint64_t  narrow = t->narrow < INT64_MAX / 16 ? t->narrow
                                                        : INT64_MAX / 16;

    return (int64_t) (ceil_div(wide * 7, 10) + ceil_div(narrow, 4));
}


static uint64_t
ceil_div(uint64_t n, uint64_t by)
{
    return n / by + (n % by != 0);
}
