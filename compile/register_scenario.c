/*
 * register_scenario.c: a scenario -> its record, its grant and its profiles.
 */
#include "compile/register.h"
#include "compile/resource_schema.h"
#include "compile/words.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <stdlib.h>


static const char *
item(const json_t *list, size_t i)
{
    const char  *s = json_string_value(json_array_get(list, i));

    return s != NULL ? s : "";
}


/* Records of its models; a model that failed has had its own note. */
static void
add_models(struct weir_register *g, struct weir_named *n,
    struct weir_snap_scenario *sc)
{
    const json_t  *list = json_object_get(n->doc, "models");
    const size_t   count = json_array_size(list);

    sc->model = g->w->count[WEIR_SNAP_REFS];
    for (size_t i = 0; i < count; i++) {
        const struct weir_named  *m = weir_register_find(g,
            WEIR_KIND_MODEL, item(list, i), n->resource);

        if (m != NULL && m->index != WEIR_SNAP_NONE) {
            (void) weir_snap_add(g->w, WEIR_SNAP_REFS, &m->index,
                                 sizeof(m->index));
            sc->models++;
        }
    }
}


/* Every model with a price must be payable from the fund. */
static void
check_units(struct weir_register *g, struct weir_named *n, const char *unit)
{
    const json_t  *list = json_object_get(n->doc, "models");

    for (size_t i = 0; i < json_array_size(list); i++) {
        for (size_t k = 0; k < g->in->nresources; k++) {
            const struct weir_named  *m = &g->named[k];
            const json_t             *price;

            if (m->resource->kind != WEIR_KIND_MODEL
                || strcmp(m->resource->name, item(list, i)) != 0)
            {
                continue;
            }
            price = json_object_get(m->doc, "price");
            if (price == NULL) {
                continue;
            }
            if (unit == NULL) {
                weir_register_warn(g, n->resource, "the model `%s` has a "
                    "price but the scenario has no grant: its calls are "
                    "paid from nothing", m->resource->name);
            } else if (strcmp(weir_doc_text(price, "unit"), unit) != 0) {
                weir_register_error(g, n->resource, "the model `%s` is "
                    "priced in %s, but its fund is in %s",
                    m->resource->name, weir_doc_text(price, "unit"), unit);
            }
        }
    }
}


static bool
find_slot(struct weir_register *g, const struct weir_named *n,
    const char *fund, uint32_t *slot)
{
    if (g->in->slots == NULL) {
        *slot = g->nslots++;
    } else {
        size_t  i = 0;

        while (i < g->in->nslots
               && (strcmp(g->in->slots[i].scenario, n->resource->name) != 0
                   || strcmp(g->in->slots[i].fund, fund) != 0))
        {
            i++;
        }
        if (i == g->in->nslots) {
            weir_register_error(g, n->resource, "the grant from `%s` has no "
                                "account", fund);
            return false;
        }
        *slot = g->in->slots[i].slot;
    }
    if (*slot >= WEIR_GRANTS_MAX) {
        weir_register_error(g, n->resource, "more than %d grants",
                            WEIR_GRANTS_MAX);
        return false;
    }
    return true;
}


static uint32_t
add_grant(struct weir_register *g, struct weir_named *n)
{
    const json_t            *grant = json_object_get(n->doc, "grant");
    const char              *per = weir_doc_text(grant, "per");
    const char              *why;
    struct weir_named       *fund;
    struct weir_snap_grant   s = { 0 };

    if (grant == NULL) {
        check_units(g, n, NULL);
        return WEIR_SNAP_NONE;
    }
    fund = weir_register_find(g, WEIR_KIND_FUND,
                              weir_doc_text(grant, "fund"), n->resource);
    if (fund == NULL) {
        return WEIR_SNAP_NONE;
    }
    if (weir_micro_parse(weir_doc_text(grant, "amount"), &s.amount, &why)
        != WEIR_OK)
    {
        weir_register_error(g, n->resource, "amount of the grant: %s", why);
        return WEIR_SNAP_NONE;
    }
    check_units(g, n, weir_doc_text(fund->doc, "unit"));
    if (strcmp(weir_doc_text(n->doc, "state"), "retired") != 0) {
        if (s.amount > fund->amount) {
            char  left[32];

            weir_micro_text(fund->amount, left);
            weir_register_error(g, n->resource, "the grant of %s is more "
                "than what the fund `%s` has left to grant (%s of %s %s)",
                weir_doc_text(grant, "amount"), fund->resource->name, left,
                weir_doc_text(fund->doc, "amount"),
                weir_doc_text(fund->doc, "unit"));
            return WEIR_SNAP_NONE;
        }
        fund->amount -= s.amount;
    }
    if (!find_slot(g, n, fund->resource->name, &s.slot)) {
        return WEIR_SNAP_NONE;
    }
    s.fund = weir_snap_string(g->w, fund->resource->name);
    s.scenario = weir_snap_string(g->w, n->resource->name);
    s.unit = weir_snap_string(g->w, weir_doc_text(fund->doc, "unit"));
    s.period = *per == '\0' ? WEIR_PERIOD_ONCE
               : (uint32_t) weir_word_index(weir_period_words, per);
    return weir_snap_add(g->w, WEIR_SNAP_GRANTS, &s, sizeof(s));
}


/* A pack of cn holds in cn-sz too; one of `common` everywhere. */
static bool
jurisdiction_named(const json_t *list, const char *of)
{
    const size_t  len = strlen(of);

    if (json_array_size(list) == 0 || strcmp(of, "common") == 0) {
        return true;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char  *s = item(list, i);

        if (strncmp(s, of, len) == 0 && (s[len] == '\0' || s[len] == '-')) {
            return true;
        }
    }
    return false;
}


static const char **
read_observe(struct weir_register *g, const json_t *doc, size_t *n)
{
    const json_t  *list = json_object_get(doc, "observe");
    const char   **names;

    *n = json_array_size(list);
    names = weir_pool_get(&g->pool, (*n + 1) * sizeof(*names));
    for (size_t i = 0; i < *n; i++) {
        names[i] = item(list, i);
    }
    return names;
}


/* An `observe` that names nothing would leave a rule in force that somebody
   believes to be off. */
static void
check_observe(struct weir_register *g, struct weir_named *n,
    const struct weir_pack *const *packs, size_t npacks,
    const char *const *observe, size_t nobserve)
{
    for (size_t i = 0; i < nobserve; i++) {
        const char  **ids;
        const char   *near;
        size_t        nids = 0, all = 0;
        bool          found = false;

        for (size_t p = 0; p < npacks; p++) {
            all += packs[p]->nrules;
        }
        ids = weir_pool_get(&g->pool, (all + 1) * sizeof(*ids));
        for (size_t p = 0; p < npacks; p++) {
            for (size_t r = 0; r < packs[p]->nrules; r++) {
                found = found || weir_rule_observed(&packs[p]->rules[r],
                                                    &observe[i], 1);
                ids[nids++] = packs[p]->rules[r].full_id;
            }
        }
        if (found) {
            continue;
        }
        near = weir_nearest(observe[i], ids, nids);
        weir_register_error(g, n->resource, "`observe` names `%s`, which is "
            "no rule and no pack of its ordinances%s%s%s", observe[i],
            near != NULL ? "; did you mean `" : "",
            near != NULL ? near : "", near != NULL ? "`?" : "");
    }
}


static void
add_profiles(struct weir_register *g, struct weir_named *n,
    struct weir_snap_scenario *sc)
{
    const json_t             *list = json_object_get(n->doc, "ordinances");
    const size_t              count = json_array_size(list);
    const struct weir_pack  **packs = weir_pool_get(&g->pool, (count + 1)
                                                    * sizeof(*packs));
    const char              **observe;
    size_t                    nobserve;

    sc->request_profile = WEIR_SNAP_NONE;
    sc->response_profile = WEIR_SNAP_NONE;
    for (size_t i = 0; i < count; i++) {
        packs[i] = weir_register_pack(g, item(list, i), n->resource);
        if (packs[i] == NULL) {
            return;
        }
        if (!jurisdiction_named(json_object_get(n->doc, "jurisdictions"),
                                packs[i]->jurisdiction))
        {
            weir_register_warn(g, n->resource, "the ordinance `%s` is of "
                "`%s`, which `jurisdictions` does not name",
                packs[i]->name, packs[i]->jurisdiction);
        }
    }
    observe = read_observe(g, n->doc, &nobserve);
    check_observe(g, n, packs, count, observe, nobserve);
    if (g->notes->failed) {
        return;
    }
    sc->request_profile = weir_register_profile(g, packs, count,
        WEIR_AS_REQUEST, observe, nobserve);
    sc->response_profile = weir_register_profile(g, packs, count,
        WEIR_AS_ANSWER, observe, nobserve);
}


/* What is no error and yet likely a slip. */
static void
warn(struct weir_register *g, const struct weir_named *n,
    const struct weir_snap_scenario *sc)
{
    if (sc->state != WEIR_ADMITTED && sc->state != WEIR_SANDBOX) {
        return;
    }
    if (json_array_size(json_object_get(n->doc, "ordinances")) == 0) {
        weir_register_warn(g, n->resource, "takes traffic without any "
                           "ordinance: nothing is inspected");
    }
    if (json_array_size(json_object_get(n->doc, "models")) == 0) {
        weir_register_warn(g, n->resource, "takes traffic but has no model "
                           "to call");
    }
    if (sc->until_ms != 0 && sc->until_ms <= g->in->now_ms) {
        weir_register_warn(g, n->resource, "`until` is past: its calls are "
                           "refused");
    }
}


void
weir_register_scenario(struct weir_register *g, struct weir_named *n)
{
    const char                 *until = weir_doc_text(n->doc, "until");
    struct weir_snap_scenario   sc = { 0 };
    int                         state;

    state = weir_word_index(weir_state_words,
                            weir_doc_text(n->doc, "state"));
    if (state < 0
        || (*until != '\0'
            && weir_until_parse(until, &sc.until_ms) != WEIR_OK))
    {
        weir_register_error(g, n->resource, "its stored form is not valid");
        return;
    }
    sc.state = (uint32_t) state;
    sc.name = weir_snap_string(g->w, n->resource->name);
    sc.title_en = weir_snap_string(g->w, weir_doc_title(n->doc, "en"));
    sc.title_zh = weir_snap_string(g->w, weir_doc_title(n->doc, "zh"));
    sc.complaint = weir_snap_string(g->w,
                                    weir_doc_text(n->doc, "complaint"));
    sc.chinese = strcmp(weir_doc_text(n->doc, "language"), "zh") == 0;
    add_models(g, n, &sc);
    sc.grant = add_grant(g, n);
    sc.limits = weir_register_limits(g, n, "limits");
    sc.key_limits = weir_register_limits(g, n, "key_limits");
    add_profiles(g, n, &sc);
    warn(g, n, &sc);
    n->index = weir_snap_add(g->w, WEIR_SNAP_SCENARIOS, &sc, sizeof(sc));
}
