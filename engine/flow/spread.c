/*
 * spread.c: by weight, and evenly.
 *
 * Each worker counts in steps of the golden ratio, modulo one (a Weyl
 * sequence), from a start of its own. Any run of n calls then meets each
 * upstream as often as its weight says, to within about log n, and equal ones
 * alternate; no state is shared and nothing is locked.
 */
#include "flow/spread.h"

#define GOLDEN  0x9e3779b9u      /* 2^32 / 1.618..., odd */


uint32_t
weir_spread_next(uint32_t *turn, uint32_t start, bool retry)
{
    uint32_t  x;

    *turn += GOLDEN;
    x = *turn + start;
    if (retry) {
        x = (x ^ x >> 16) * 0x85ebca6bu;         /* murmur3's finalizer */
        x = (x ^ x >> 13) * 0xc2b2ae35u;
        x ^= x >> 16;
    }
    return x;
}


unsigned
weir_spread_pick(const struct weir_snap_route *r, unsigned n, uint64_t able,
    uint32_t point)
{
    uint32_t  sum = 0, at;
    unsigned  first = 0, end;

    while (first < n && (able >> first & 1) == 0) {
        first++;
    }
    for (end = first; end < n && r[end].priority == r[first].priority; end++)
    {
        sum += (able >> end & 1) != 0 ? r[end].weight : 0;
    }
    at = (uint32_t) ((uint64_t) sum * point >> 32);
    for (unsigned i = first; i < end; i++) {
        if ((able >> i & 1) != 0) {
            if (at < r[i].weight) {
                return i;
            }
            at -= r[i].weight;
        }
    }
    return n;
}
