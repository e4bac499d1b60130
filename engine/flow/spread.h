/*
 * spread.h: one of several upstreams, by weight.
 */
#ifndef WEIR_FLOW_SPREAD_H
#define WEIR_FLOW_SPREAD_H

#include "snapshot/snapshot_layout.h"
#include "weir/base.h"

/*
 * The next point of the sequence *turn, in 2^-32. `start` sets workers apart.
 * `retry`: a point at random instead, because what the sequence gives next to
 * all that failed at one would be one other.
 */
uint32_t weir_spread_next(uint32_t *turn, uint32_t start, bool retry);

/* Of routes [r, r + n), n at most WEIR_ROUTES_MAX, by rising priority, those
   whose bits stand in `able`; of these the first priority; of these, each as
   wide as its weight, the one in which the point lies. n when `able` is 0. */
unsigned weir_spread_pick(const struct weir_snap_route *r, unsigned n,
    uint64_t able, uint32_t point);

#endif
