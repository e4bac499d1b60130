/*
 * spread_test.c: the choice by weight against a naive one.
 */
#include "base/test.h"
#include "flow/spread.h"
#include "weir/limits.h"

static uint64_t  seed = 11;


/* Each route as often in a row as its weight says: the one at that part. */
static unsigned
naive_pick(const struct weir_snap_route *r, unsigned n, uint64_t able,
    uint32_t point)
{
    static unsigned  row[WEIR_ROUTES_MAX * WEIR_WEIGHT_MAX];
    uint32_t         len = 0;
    unsigned         best = 256;

    for (unsigned i = 0; i < n; i++) {
        if ((able >> i & 1) != 0 && r[i].priority < best) {
            best = r[i].priority;
        }
    }
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < r[i].weight && (able >> i & 1) != 0
                             && r[i].priority == best; k++)
        {
            row[len++] = i;
        }
    }
    return len == 0 ? n : row[(uint64_t) len * point >> 32];
}


static void
test_pick(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        struct weir_snap_route  r[WEIR_ROUTES_MAX];
        const unsigned          n = 1 + weir_test_random(&seed)
                                        % WEIR_ROUTES_MAX;
        const uint64_t          able = weir_test_random(&seed)
                                       & weir_test_random(&seed);
        const uint32_t          point = (uint32_t) weir_test_random(&seed);
        unsigned                priority = 0;

        for (unsigned k = 0; k < n; k++) {
            priority += weir_test_random(&seed) % 4 == 0;
            r[k] = (struct weir_snap_route) {
                .weight = (uint16_t) (1 + weir_test_random(&seed)
                          % (i % 2 == 0 ? 3 : WEIR_WEIGHT_MAX)),
                .priority = (uint8_t) priority
            };
        }
        CHECK(weir_spread_pick(r, n, able, point)
              == naive_pick(r, n, able, point));
        CHECK(weir_spread_pick(r, n, UINT64_MAX, 0) == 0);
        CHECK(weir_spread_pick(r, n, 0, point) == n);
    }
}


/* Equal ones alternate; three of them come in turn, nearly. */
static void
test_even(void)
{
    struct weir_snap_route  r[3] = { { .weight = 1 }, { .weight = 1 },
                                     { .weight = 1 } };
    uint32_t                turn = 0;
    unsigned                run = 0, longest = 0, last = 3;

    for (unsigned i = 0; i < 100000; i++) {
        const unsigned  k = weir_spread_pick(r, 3, 7,
                                weir_spread_next(&turn, 77, false));

        run = k == last ? run + 1 : 1;
        longest = run > longest ? run : longest;
        last = k;
    }
    CHECK(longest == 1);
}


int
main(void)
{
    test_pick();
    test_even();
    return weir_test_done();
}
