/*
 * decide.h: one finding -> one action; and the tally of a call.
 * The rules of several jurisdictions were united at compile time, the
 * strictest action of each; here the strictest of all findings wins.
 */
#ifndef WEIR_DECIDE_H
#define WEIR_DECIDE_H

#include "weir/base.h"
#include "weir/limits.h"
#include "weir/scan.h"
#include "weir/snapshot.h"

struct weir_tally {
    uint32_t  rule;        /* in snapshot->rules */
    uint32_t  count;
    uint8_t   action;
};

struct weir_verdict {
    enum weir_action   action;      /* strictest so far */
    uint32_t           denied_by;   /* in snapshot->rules, or NONE */
    uint32_t           nhits;
    uint32_t           dropped;     /* distinct rules that found no room */
    struct weir_tally  hits[WEIR_HITS_MAX];
};

void weir_verdict_open(struct weir_verdict *v);

/* Action for a finding under a profile. Pure. */
enum weir_action weir_decide(const struct weir_snapshot *snap,
    const struct weir_snap_profile *profile, const struct weir_found *found);

/* Book the finding. */
void weir_verdict_add(struct weir_verdict *v,
    const struct weir_snapshot *snap,
    const struct weir_snap_profile *profile, const struct weir_found *found);

#endif
