/*
 * decide.c: a finding names a rule of the profile; the profile says what the
 * rule does there. The tally keeps which rules fired, how often, and the
 * strictest action of all.
 */
#include "weir/decide.h"


void
weir_verdict_open(struct weir_verdict *v)
{
    v->action = WEIR_ALLOW;
    v->denied_by = WEIR_SNAP_NONE;
    v->nhits = 0;
    v->dropped = 0;
}


static const struct weir_snap_profile_rule *
rule_of(const struct weir_snapshot *snap,
    const struct weir_snap_profile *profile, const struct weir_found *found)
{
    if (found->rule >= profile->rules) {
        return NULL;
    }
    return &snap->profile_rules[profile->rule + found->rule];
}


enum weir_action
weir_decide(const struct weir_snapshot *snap,
    const struct weir_snap_profile *profile, const struct weir_found *found)
{
    const struct weir_snap_profile_rule  *r = rule_of(snap, profile, found);

    return r == NULL ? WEIR_ALLOW : (enum weir_action) r->action;
}


void
weir_verdict_add(struct weir_verdict *v, const struct weir_snapshot *snap,
    const struct weir_snap_profile *profile, const struct weir_found *found)
{
    const struct weir_snap_profile_rule  *r = rule_of(snap, profile, found);

    if (r == NULL) {
        return;
    }
    if (r->action > v->action) {
        v->action = (enum weir_action) r->action;
    }
    if (r->action == WEIR_DENY && v->denied_by == WEIR_SNAP_NONE) {
        v->denied_by = r->rule;
    }
    for (uint32_t i = 0; i < v->nhits; i++) {
        if (v->hits[i].rule == r->rule && v->hits[i].action == r->action) {
            v->hits[i].count++;
            return;
        }
    }
    if (v->nhits == WEIR_HITS_MAX) {
        v->dropped++;
        return;
    }
    v->hits[v->nhits++] = (struct weir_tally) {
        .rule = r->rule, .count = 1, .action = r->action
    };
}
