#include "base/test.h"
#include "weir/decide.h"

static const struct weir_snap_profile_rule  rules[] = {
    { .rule = 7, .action = WEIR_ALLOW },    /* of another profile */
    { .rule = 0, .action = WEIR_OBSERVE },
    { .rule = 1, .action = WEIR_REDACT },
    { .rule = 2, .action = WEIR_DENY },
    { .rule = 3, .action = WEIR_DENY },
};

static const struct weir_snapshot      snap = { .profile_rules = rules };
static const struct weir_snap_profile  profile = { .rule = 1, .rules = 4 };


static void
test_strictest_wins(void)
{
    struct weir_verdict  v;

    weir_verdict_open(&v);
    CHECK(v.action == WEIR_ALLOW && v.denied_by == WEIR_SNAP_NONE);
    weir_verdict_add(&v, &snap, &profile, &(struct weir_found) { .rule = 1 });
    CHECK(v.action == WEIR_REDACT);
    weir_verdict_add(&v, &snap, &profile, &(struct weir_found) { .rule = 0 });
    CHECK(v.action == WEIR_REDACT);
    weir_verdict_add(&v, &snap, &profile, &(struct weir_found) { .rule = 3 });
    weir_verdict_add(&v, &snap, &profile, &(struct weir_found) { .rule = 2 });
    CHECK(v.action == WEIR_DENY && v.denied_by == 3);
    weir_verdict_add(&v, &snap, &profile, &(struct weir_found) { .rule = 1 });
    CHECK(v.nhits == 4 && v.hits[0].rule == 1 && v.hits[0].count == 2);
}


static void
test_unknown_rule_is_nothing(void)
{
    struct weir_verdict  v;
    struct weir_found    f = { .rule = 4 };

    weir_verdict_open(&v);
    CHECK(weir_decide(&snap, &profile, &f) == WEIR_ALLOW);
    weir_verdict_add(&v, &snap, &profile, &f);
    CHECK(v.nhits == 0 && v.action == WEIR_ALLOW);
}


static void
test_the_table_is_bounded(void)
{
    struct weir_snap_profile_rule  many[WEIR_HITS_MAX + 5];
    const struct weir_snapshot     s = { .profile_rules = many };
    const struct weir_snap_profile p = { .rules = WEIR_HITS_MAX + 5 };
    struct weir_verdict            v;

    weir_verdict_open(&v);
    for (uint16_t i = 0; i < WEIR_HITS_MAX + 5; i++) {
        many[i] = (struct weir_snap_profile_rule) {
            .rule = i, .action = i == WEIR_HITS_MAX + 4 ? WEIR_DENY
                                                        : WEIR_OBSERVE
        };
    }
    for (uint16_t i = 0; i < WEIR_HITS_MAX + 5; i++) {
        weir_verdict_add(&v, &s, &p, &(struct weir_found) { .rule = i });
    }
    CHECK(v.nhits == WEIR_HITS_MAX && v.dropped == 5);
    /* What no longer fits the record still decides. */
    CHECK(v.action == WEIR_DENY && v.denied_by == WEIR_HITS_MAX + 4);
}


int
main(void)
{
    test_strictest_wins();
    test_unknown_rule_is_nothing();
    test_the_table_is_bounded();
    return weir_test_done();
}
