/*
 * snapshot_check.c: is every reference of a snapshot in bounds?  One function
 * per kind of record; each speaks of that record alone.
 */
#include "snapshot/snapshot_check.h"
#include "weir/limits.h"
#include "weir/scan.h"


size_t
weir_snap_record_size(enum weir_snap_kind kind)
{
    static const size_t  size[WEIR_SNAP_KINDS] = {
        [WEIR_SNAP_STRINGS] = 1,
        [WEIR_SNAP_UPSTREAMS] = sizeof(struct weir_snap_upstream),
        [WEIR_SNAP_ADDRESSES] = sizeof(struct weir_snap_address),
        [WEIR_SNAP_MODELS] = sizeof(struct weir_snap_model),
        [WEIR_SNAP_REFS] = sizeof(uint32_t),
        [WEIR_SNAP_GRANTS] = sizeof(struct weir_snap_grant),
        [WEIR_SNAP_SCENARIOS] = sizeof(struct weir_snap_scenario),
        [WEIR_SNAP_KEYS] = sizeof(struct weir_snap_key),
        [WEIR_SNAP_RULES] = sizeof(struct weir_snap_rule),
        [WEIR_SNAP_PROFILE_RULES] = sizeof(struct weir_snap_profile_rule),
        [WEIR_SNAP_PROFILES] = sizeof(struct weir_snap_profile),
        [WEIR_SNAP_MATCHERS] = 1,
        [WEIR_SNAP_LIMITS] = sizeof(struct weir_snap_limits),
        [WEIR_SNAP_ROUTES] = sizeof(struct weir_snap_route)
    };

    return size[kind];
}


/* Inside STRINGS, a NUL behind it, none in it: weir_snap_text is as long as
   weir_snap_span. */
static bool
string_good(const struct weir_snapshot *snap, struct weir_snap_str s)
{
    const uint32_t  count = snap->counts[WEIR_SNAP_STRINGS];

    return s.at < count && s.len < count - s.at
           && memchr(snap->strings + s.at, 0, (size_t) s.len + 1)
              == snap->strings + s.at + s.len;
}


static bool
strings_good(const struct weir_snapshot *snap, const struct weir_snap_str *s,
    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!string_good(snap, s[i])) {
            return false;
        }
    }
    return true;
}


/* Names are put together in room for so much: paths, keyed ids. */
static bool
name_good(struct weir_snap_str s)
{
    return s.len <= WEIR_NAME_BYTES_MAX;
}


static bool
range_good(uint32_t first, uint32_t n, uint32_t count)
{
    return first <= count && n <= count - first;
}


static bool
refs_good(const struct weir_snapshot *snap, uint32_t first, uint32_t n,
    enum weir_snap_kind to)
{
    if (!range_good(first, n, snap->counts[WEIR_SNAP_REFS])) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (snap->refs[first + i] >= snap->counts[to]) {
            return false;
        }
    }
    return true;
}


static bool
optional_good(uint32_t index, uint32_t count)
{
    return index == WEIR_SNAP_NONE || index < count;
}


/* The path becomes part of a request. */
static bool
check_good(const struct weir_snapshot *snap,
    const struct weir_snap_upstream *u)
{
    const uint8_t *const  path = snap->strings + u->check_path.at;

    if (u->check_interval_ms == 0) {
        return true;
    }
    for (uint32_t i = 0; i < u->check_path.len; i++) {
        if (path[i] <= 0x20 || path[i] >= 0x7f) {
            return false;
        }
    }
    return u->check_path.len > 0 && u->check_path.len <= WEIR_CHECK_PATH_MAX
           && path[0] == '/' && u->authority.len <= 300
           && u->check_timeout_ms > 0
           && u->check_timeout_ms <= u->check_interval_ms
           && u->check_well > 0 && u->check_well <= WEIR_CHECKS_MAX
           && u->check_failed > 0 && u->check_failed <= WEIR_CHECKS_MAX;
}


static bool
upstream_good(const struct weir_snapshot *snap,
    const struct weir_snap_upstream *u)
{
    const struct weir_snap_str  s[] = {
        u->name, u->host, u->authority, u->path, u->secret, u->region,
        u->check_path
    };

    return strings_good(snap, s, sizeof(s) / sizeof(*s))
           && name_good(u->name)
           && range_good(u->address, u->addresses,
                         snap->counts[WEIR_SNAP_ADDRESSES])
           && u->tls <= 1 && u->protocol <= WEIR_MCP
           && u->breaker_failures <= WEIR_BREAKER_FAILURES_MAX
           && check_good(snap, u);
}


/* By rising priority: the choice looks no further than its first level. */
static bool
routes_good(const struct weir_snapshot *snap, const struct weir_snap_model *m)
{
    if (!range_good(m->route, m->routes, snap->counts[WEIR_SNAP_ROUTES])
        || m->routes == 0 || m->routes > WEIR_ROUTES_MAX)
    {
        return false;
    }
    for (uint32_t i = 0; i < m->routes; i++) {
        const struct weir_snap_route  *r = &snap->routes[m->route + i];

        if (r->upstream >= snap->counts[WEIR_SNAP_UPSTREAMS]
            || r->weight == 0 || r->weight > WEIR_WEIGHT_MAX
            || (i > 0 && r[-1].priority > r->priority))
        {
            return false;
        }
    }
    return true;
}


static bool
model_good(const struct weir_snapshot *snap, const struct weir_snap_model *m)
{
    const struct weir_snap_str  s[] = { m->name, m->served, m->unit,
                                        m->tools, m->origins };

    return strings_good(snap, s, sizeof(s) / sizeof(*s))
           && name_good(m->name)
           && routes_good(snap, m)
           && refs_good(snap, m->fallback, m->fallbacks, WEIR_SNAP_MODELS)
           && m->fallbacks <= WEIR_FALLBACKS_MAX
           && optional_good(m->limits, snap->counts[WEIR_SNAP_LIMITS])
           && m->input_price >= 0 && m->output_price >= 0
           && m->call_price >= 0;
}


static bool
grant_good(const struct weir_snapshot *snap, const struct weir_snap_grant *g)
{
    const struct weir_snap_str  s[] = { g->fund, g->scenario, g->unit };

    return strings_good(snap, s, sizeof(s) / sizeof(*s))
           && g->amount >= 0 && g->period <= WEIR_PERIOD_YEAR
           && g->slot < WEIR_GRANTS_MAX;
}


static bool
scenario_good(const struct weir_snapshot *snap,
    const struct weir_snap_scenario *sc)
{
    const struct weir_snap_str  s[] = {
        sc->name, sc->title_en, sc->title_zh, sc->complaint
    };
    const uint32_t  profiles = snap->counts[WEIR_SNAP_PROFILES];
    const uint32_t  limits = snap->counts[WEIR_SNAP_LIMITS];

    return strings_good(snap, s, sizeof(s) / sizeof(*s))
           && name_good(sc->name)
           && sc->state <= WEIR_RETIRED && sc->chinese <= 1
           && refs_good(snap, sc->model, sc->models, WEIR_SNAP_MODELS)
           && optional_good(sc->grant, snap->counts[WEIR_SNAP_GRANTS])
           && optional_good(sc->request_profile, profiles)
           && optional_good(sc->response_profile, profiles)
           && optional_good(sc->limits, limits)
           && optional_good(sc->key_limits, limits);
}


/* Sums of what they let in must not run over. */
static bool
limits_good(const struct weir_snapshot *snap,
    const struct weir_snap_limits *l)
{
    (void) snap;
    for (unsigned i = 0; i < WEIR_LIMITED * WEIR_WIDTHS; i++) {
        if (l->most[i / WEIR_WIDTHS][i % WEIR_WIDTHS] > WEIR_LIMIT_COUNT_MAX)
        {
            return false;
        }
    }
    return l->calls <= WEIR_CALLS_MAX;
}


static bool
rule_good(const struct weir_snapshot *snap, const struct weir_snap_rule *r)
{
    const struct weir_snap_str  s[] = {
        r->id, r->pack, r->title_en, r->title_zh, r->mark_en, r->mark_zh,
        r->law_en, r->law_zh, r->pseudonym, r->label, r->help_en, r->help_zh
    };

    return strings_good(snap, s, sizeof(s) / sizeof(*s)) && r->verified <= 1;
}


/* The matcher of profile p; those of the profiles before it are good. */
static bool
matcher_good(const struct weir_snapshot *snap,
    const struct weir_snap_profile *p)
{
    const uint8_t *const  at = snap->matchers + p->matcher;
    const size_t          size = (size_t) p->matcher_size;
    const uint64_t        back = weir_matcher_back(at, size);

    for (const struct weir_snap_profile *q = snap->profiles; q < p; q++) {
        if (q->matcher_size == 0) {
            continue;
        }
        if (q->matcher == p->matcher && q->matcher_size == p->matcher_size) {
            return true;
        }
        if (back != 0 && q->matcher < p->matcher
            && p->matcher - q->matcher == back)
        {
            return weir_matcher_check_shared(at, size, (const void *)
                                             (snap->matchers + q->matcher))
                   == WEIR_OK;
        }
    }
    return back == 0 && weir_matcher_check(at, size) == WEIR_OK;
}


static bool
profile_good(const struct weir_snapshot *snap,
    const struct weir_snap_profile *p)
{
    const uint32_t  bytes = snap->counts[WEIR_SNAP_MATCHERS];

    if (!range_good(p->rule, p->rules, snap->counts[WEIR_SNAP_PROFILE_RULES])
        || p->rules > WEIR_RULES_MAX)
    {
        return false;
    }
    if (p->matcher_size == 0) {
        return true;
    }
    return p->matcher % 8 == 0 && p->matcher <= bytes
           && p->matcher_size <= bytes - p->matcher
           && matcher_good(snap, p);
}


/* Keys are searched by halving: their order is part of being sane. */
static bool
keys_good(const struct weir_snapshot *snap)
{
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_KEYS]; i++) {
        const struct weir_snap_key  *k = &snap->keys[i];

        if (!string_good(snap, k->id)
            || k->scenario >= snap->counts[WEIR_SNAP_SCENARIOS]
            || (i > 0 && memcmp(k[-1].digest, k->digest, 32) >= 0))
        {
            return false;
        }
    }
    return true;
}


static bool
small_good(const struct weir_snapshot *snap)
{
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_ADDRESSES]; i++) {
        if (snap->addresses[i].family != 4 && snap->addresses[i].family != 6)
        {
            return false;
        }
    }
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_PROFILE_RULES]; i++) {
        const struct weir_snap_profile_rule  *r = &snap->profile_rules[i];

        if (r->rule >= snap->counts[WEIR_SNAP_RULES]
            || r->action > WEIR_DENY || r->always > 1)
        {
            return false;
        }
    }
    return true;
}


#define EACH(kind, array, good)                                              \
    for (uint32_t i = 0; i < snap->counts[kind]; i++) {                      \
        if (!good(snap, &snap->array[i])) {                                  \
            return false;                                                    \
        }                                                                    \
    }

bool
weir_snap_sane(const struct weir_snapshot *snap)
{
    EACH(WEIR_SNAP_UPSTREAMS, upstreams, upstream_good)
    EACH(WEIR_SNAP_MODELS, models, model_good)
    EACH(WEIR_SNAP_GRANTS, grants, grant_good)
    EACH(WEIR_SNAP_SCENARIOS, scenarios, scenario_good)
    EACH(WEIR_SNAP_RULES, rules, rule_good)
    EACH(WEIR_SNAP_PROFILES, profiles, profile_good)
    EACH(WEIR_SNAP_LIMITS, limits, limits_good)
    return keys_good(snap) && small_good(snap);
}
