/*
 * grants.c: grants in the shared account file.
 *
 * Two books of the same money. The account file says what a slot has spent
 * in its period, as the workers settle; the ledger says what the journal
 * tells. They are one as long as this holds:
 *
 *   file.spent = all settled - what was posted to periods that have ended
 *
 * so that at a boundary the old period's posted sum is taken off, and a
 * charge of the old period that is posted later is taken off then
 * (weir_grants_late). No worker is stopped for it.
 *
 * A limit is never more than its fund still has: over all slots of a fund
 * the sum of (limit - spent) is at most amount - all that was ever posted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "keeper.h"
#include "money.h"
#include "period.h"
#include "weir/error.h"

static int  fund_of(void *ctx, const struct weir_stored *r);
static int  slot_of(void *ctx, const struct weir_stored_slot *s);
static int  set_limits(struct weir_keeper *k, bool fresh);
static void  apply_limits(struct weir_keeper *k, bool fresh,
    const struct weir_account_state to[WEIR_GRANTS_MAX], bool losses);
static int  roll_one(struct weir_keeper *k, uint32_t i, uint64_t start);
static const struct weir_fund *fund_by(const struct weir_keeper *k,
    const char *name);



static const char *
text(const json_t *o, const char *key)
{
    const char  *s = json_string_value(json_object_get(o, key));

    return s != NULL ? s : "";
}


/* The unit of the fund that a grant draws on; "" when there is none (then
   the compiler says so, with its place). */
static void
unit_of(const struct weir_resources *all, const char *fund, char unit[16])
{
    unit[0] = '\0';
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i].kind == WEIR_KIND_FUND
            && strcmp(all->at[i].name, fund) == 0)
        {
            json_t  *o = json_loads(all->at[i].json, 0, NULL);

            snprintf(unit, 16, "%s", text(o, "unit"));
            json_decref(o);
        }
    }
}


static int
read_grant(const struct weir_resources *all, const struct weir_resource *r,
    struct weir_stored_slot *out, struct weir_notes *notes)
{
    json_t        *o = json_loads(r->json, 0, NULL);
    const json_t  *grant = json_object_get(o, "grant");
    const char    *per = text(grant, "per");
    const char    *zone = text(grant, "timezone");
    int            rc = WEIR_DONE;

    memset(out, 0, sizeof(*out));
    out->slot = WEIR_SNAP_NONE;
    if (grant != NULL) {
        enum weir_period  period = WEIR_PERIOD_ONCE;

        rc = WEIR_OK;
        snprintf(out->scenario, sizeof(out->scenario), "%s", r->name);
        snprintf(out->fund, sizeof(out->fund), "%s", text(grant, "fund"));
        snprintf(out->zone, sizeof(out->zone), "%s", zone);
        unit_of(all, out->fund, out->unit);
        if ((per[0] != '\0' && !weir_period_by_name(per, &period))
            || weir_money_parse(text(grant, "amount"), &out->amount)
               != WEIR_OK)
        {
            weir_notes_add(notes, false, r->file, r->line, 1, "Scenario %s: "
                           "its grant cannot be read", r->name);
            rc = WEIR_E_BAD_REQUEST;
        } else if (!weir_zone_known(zone)) {
            weir_notes_add(notes, false, r->file, r->line, 1, "Scenario %s: "
                           "time zone '%s' is not known here", r->name, zone);
            rc = WEIR_E_BAD_REQUEST;
        }
        out->period = period;
    }
    json_decref(o);
    return rc;
}


/* What a grant has spent stays spent when its period becomes another kind:
   k->shift is what the account file must change by, once that is law. */
static int
rekey(struct weir_keeper *k, const struct weir_stored_slot *old,
    const struct weir_stored_slot *s)
{
    struct weir_sums  was, is;
    int               rc;

    rc = k->store->slot_sums(k->store, old->slot, old->period_start_ms, &was);
    if (rc == WEIR_OK) {
        rc = k->store->slot_rekey(k->store, old->slot, s->period_start_ms);
    }
    if (rc == WEIR_OK) {
        rc = k->store->slot_sums(k->store, old->slot, s->period_start_ms,
                                 &is);
    }
    if (rc == WEIR_OK) {
        k->shift[old->slot] = is.spent - was.spent;
    }
    return rc;
}


static int
assign_one(struct weir_keeper *k, struct weir_stored_slot *s,
    const struct weir_resource *r, struct weir_notes *notes)
{
    const struct weir_stored_slot  *old = NULL;
    int                             rc;

    for (size_t i = 0; i < WEIR_GRANTS_MAX && old == NULL; i++) {
        if (k->slots[i] != NULL
            && strcmp(k->slots[i]->scenario, s->scenario) == 0
            && strcmp(k->slots[i]->fund, s->fund) == 0)
        {
            old = k->slots[i];
        }
    }
    s->period_start_ms = weir_period_start((enum weir_period) s->period,
                                           s->zone, k->now_ms(), NULL);
    if (old == NULL) {
        return k->store->slot_put(k->store, s);
    }
    if (old->unit[0] != '\0' && strcmp(s->unit, old->unit) != 0) {
        weir_notes_add(notes, false, r->file, r->line, 1, "Fund %s is kept "
                       "in %s and cannot change to %s; make another fund",
                       s->fund, old->unit, s->unit);
        return WEIR_E_BAD_REQUEST;
    }
    if (s->period == old->period && strcmp(s->zone, old->zone) == 0) {
        /* A boundary in between is weir_grants_roll's. */
        s->period_start_ms = old->period_start_ms;
        return k->store->slot_put(k->store, s);
    }
    rc = k->store->slot_put(k->store, s);
    return rc == WEIR_OK ? rekey(k, old, s) : rc;
}


int
weir_grants_assign(struct weir_keeper *k, const struct weir_resources *all,
    struct weir_notes *notes)
{
    bool  granted[WEIR_GRANTS_MAX] = { false };
    int   rc;

    memset(k->shift, 0, sizeof(k->shift));

    for (size_t i = 0; i < all->n; i++) {
        struct weir_stored_slot  s;

        if (all->at[i].kind != WEIR_KIND_SCENARIO) {
            continue;
        }
        rc = read_grant(all, &all->at[i], &s, notes);
        if (rc == WEIR_DONE || (rc == WEIR_OK && s.unit[0] == '\0')) {
            continue;
        }
        if (rc == WEIR_OK) {
            rc = assign_one(k, &s, &all->at[i], notes);
            if (rc != WEIR_OK && !notes->failed) {
                weir_notes_add(notes, false, all->at[i].file,
                               all->at[i].line, 1, "Scenario %s: %s",
                               all->at[i].name, k->store->error(k->store));
            }
        }
        if (rc != WEIR_OK) {
            return rc;
        }
        granted[s.slot] = true;
    }
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        if (k->slots[i] != NULL && !granted[i] && k->slots[i]->amount != 0) {
            struct weir_stored_slot  s = *k->slots[i];

            s.amount = 0;
            rc = k->store->slot_put(k->store, &s);
            if (rc != WEIR_OK) {
                return rc;
            }
        }
    }
    return WEIR_OK;
}


int
weir_grants_load(struct weir_keeper *k, bool fresh)
{
    int  rc;

    weir_grants_release(k);
    rc = k->store->resource_each(k->store, fund_of, k);
    if (rc == WEIR_OK) {
        rc = k->store->slot_each(k->store, slot_of, k);
    }
    if (rc == WEIR_OK) {
        rc = set_limits(k, fresh);
    }
    if (rc == WEIR_OK) {
        rc = weir_grants_roll(k, k->now_ms());
    }
    return rc;
}


void
weir_grants_release(struct weir_keeper *k)
{
    for (size_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        free(k->slots[i]);
        k->slots[i] = NULL;
    }
    free(k->funds);
    k->funds = NULL;
    k->nfunds = 0;
    k->period_next_ms = 0;
}


static int
fund_of(void *ctx, const struct weir_stored *r)
{
    struct weir_keeper  *k = ctx;
    struct weir_fund    *grown;
    json_t              *o;

    if (strcmp(r->kind, weir_kind_name(WEIR_KIND_FUND)) != 0) {
        return 0;
    }
    grown = realloc(k->funds, (k->nfunds + 1) * sizeof(*grown));
    if (grown == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    k->funds = grown;
    grown += k->nfunds;
    memset(grown, 0, sizeof(*grown));
    o = json_loads(r->json, 0, NULL);
    snprintf(grown->name, sizeof(grown->name), "%s", r->name);
    snprintf(grown->unit, sizeof(grown->unit), "%s", text(o, "unit"));
    if (weir_money_parse(text(o, "amount"), &grown->amount) != WEIR_OK) {
        grown->amount = 0;
    }
    json_decref(o);
    k->nfunds++;
    return 0;
}


static int
slot_of(void *ctx, const struct weir_stored_slot *s)
{
    struct weir_keeper       *k = ctx;
    struct weir_stored_slot  *copy = malloc(sizeof(*copy));

    if (copy == NULL || s->slot >= WEIR_GRANTS_MAX) {
        free(copy);
        return WEIR_E_NO_MEMORY;
    }
    *copy = *s;
    k->slots[s->slot] = copy;
    return 0;
}


/* In the order of the slots each grant gets its amount, or what its fund
   has left. Stable: what a grant spends comes off the fund and its own room
   alike, so that a second look gives the same limits. */
static int
set_limits(struct weir_keeper *k, bool fresh)
{
    struct weir_account_state  to[WEIR_GRANTS_MAX];

    for (size_t f = 0; f < k->nfunds + 1; f++) {
        const struct weir_fund  *fund = f < k->nfunds ? &k->funds[f] : NULL;
        struct weir_sums         sums = { 0 };
        weir_micro               left = 0;
        int                      rc;

        if (fund != NULL) {
            rc = k->store->fund_sums(k->store, fund->name, &sums);
            if (rc != WEIR_OK) {
                return rc;
            }
            left = fund->amount > sums.spent ? fund->amount - sums.spent : 0;
        }
        for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
            const struct weir_stored_slot  *s = k->slots[i];
            weir_micro                      room, limit;

            if (s == NULL || fund_by(k, s->fund) != fund) {
                continue;
            }
            rc = k->store->slot_sums(k->store, i, s->period_start_ms, &sums);
            if (rc != WEIR_OK) {
                return rc;
            }
            room = s->amount > sums.spent ? s->amount - sums.spent : 0;
            room = room < left ? room : left;
            left -= room;
            limit = sums.spent + room < s->amount ? sums.spent + room
                                                  : s->amount;
            to[i] = (struct weir_account_state) { limit, sums.spent, 0 };
        }
    }
    /* What one grant of a fund loses, another may get: so losses first. */
    apply_limits(k, fresh, to, true);
    apply_limits(k, fresh, to, false);
    return WEIR_OK;
}


/* Spent and limit of a grant change at once. */
static void
apply_limits(struct weir_keeper *k, bool fresh,
    const struct weir_account_state to[WEIR_GRANTS_MAX], bool losses)
{
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        struct weir_account_state  is;
        weir_micro                 spent;

        if (k->slots[i] == NULL) {
            continue;
        }
        weir_account_read(k->account, i, &is);
        spent = fresh ? to[i].spent : is.spent + k->shift[i];
        if (losses && to[i].limit - spent >= is.limit - is.spent) {
            continue;
        }
        if (fresh) {
            weir_account_set(k->account, i, to[i].limit, to[i].spent);
        } else {
            weir_account_adjust(k->account, i, to[i].limit, k->shift[i]);
        }
        k->shift[i] = 0;
    }
}


int
weir_grants_roll(struct weir_keeper *k, uint64_t now_ms)
{
    int  rc = WEIR_OK;

    /* Before the last look: the clock was set back, over a boundary maybe. */
    if (now_ms < k->period_next_ms && now_ms >= k->period_seen_ms) {
        return WEIR_OK;
    }
    k->period_seen_ms = now_ms;
    k->period_next_ms = UINT64_MAX;
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX && rc == WEIR_OK; i++) {
        uint64_t  next, start;

        if (k->slots[i] == NULL) {
            continue;
        }
        start = weir_period_start((enum weir_period) k->slots[i]->period,
                                  k->slots[i]->zone, now_ms, &next);
        if (next < k->period_next_ms) {
            k->period_next_ms = next;
        }
        if (start != k->slots[i]->period_start_ms) {
            rc = roll_one(k, i, start);
            k->rolled = k->rolled || rc == WEIR_OK;
        }
    }
    /* Until here the old period holds: nobody is refused meanwhile. */
    if (k->rolled) {
        const int  set = set_limits(k, false);

        k->rolled = set != WEIR_OK;
        rc = rc != WEIR_OK ? rc : set;
    }
    if (rc != WEIR_OK) {
        k->period_next_ms = now_ms;     /* again at the next look */
    }
    return rc;
}


/* The account file follows with the next set_limits. */
static int
roll_one(struct weir_keeper *k, uint32_t i, uint64_t start)
{
    struct weir_stored_slot  changed = *k->slots[i];
    struct weir_sums         was, is;
    int                      rc = k->store->begin(k->store);

    if (rc != WEIR_OK) {
        return rc;
    }
    changed.period_start_ms = start;
    rc = k->store->slot_sums(k->store, i, k->slots[i]->period_start_ms, &was);
    if (rc == WEIR_OK) {
        rc = k->store->slot_sums(k->store, i, start, &is);
    }
    if (rc == WEIR_OK) {
        rc = k->store->slot_put(k->store, &changed);
    }
    if (rc == WEIR_OK) {
        rc = k->store->commit(k->store);
    } else {
        k->store->rollback(k->store);
    }
    if (rc == WEIR_OK) {
        *k->slots[i] = changed;
        k->shift[i] += is.spent - was.spent;
    }
    return rc;
}


int
weir_grants_slot(struct weir_keeper *k, const struct weir_begin_record *b,
    uint32_t *slot)
{
    struct weir_stored_slot  s = { .slot = b->grant_slot };
    int                      rc;

    *slot = WEIR_SNAP_NONE;
    if (b->grant_slot == WEIR_SNAP_NONE) {
        return WEIR_OK;
    }
    if (b->grant_slot < WEIR_GRANTS_MAX) {
        const struct weir_stored_slot  *known = k->slots[b->grant_slot];

        if (known != NULL && weir_span_is(b->scenario, known->scenario)
            && weir_span_is(b->fund, known->fund))
        {
            *slot = b->grant_slot;
            return WEIR_OK;
        }
    }
    /* The register was rebuilt: the record itself says whose grant it was. */
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        if (k->slots[i] != NULL
            && weir_span_is(b->scenario, k->slots[i]->scenario)
            && weir_span_is(b->fund, k->slots[i]->fund))
        {
            *slot = i;
            return WEIR_OK;
        }
    }
    snprintf(s.scenario, sizeof(s.scenario), "%.*s", (int) b->scenario.len,
             (const char *) b->scenario.at);
    snprintf(s.fund, sizeof(s.fund), "%.*s", (int) b->fund.len,
             (const char *) b->fund.at);
    snprintf(s.unit, sizeof(s.unit), "%.*s", (int) b->unit.len,
             (const char *) b->unit.at);
    rc = k->store->slot_put(k->store, &s);
    if (rc == WEIR_OK) {
        rc = slot_of(k, &s);
        *slot = s.slot;
    }
    return rc;
}


uint64_t
weir_grants_period(struct weir_keeper *k, uint32_t slot, uint64_t at_ms)
{
    const struct weir_stored_slot  *s;

    if (slot >= WEIR_GRANTS_MAX || k->slots[slot] == NULL) {
        return 0;
    }
    s = k->slots[slot];
    if (s->period == WEIR_PERIOD_ONCE) {
        return 0;
    }
    /* Nearly all are of the running period: no calendar for those. */
    if (at_ms >= s->period_start_ms && at_ms < k->period_next_ms) {
        return s->period_start_ms;
    }
    return weir_period_start((enum weir_period) s->period, s->zone, at_ms,
                             NULL);
}


void
weir_grants_late(struct weir_keeper *k, uint32_t slot, weir_micro amount)
{
    struct weir_account_state  state;

    weir_account_read(k->account, slot, &state);
    weir_account_adjust(k->account, slot, state.limit, -amount);
}


static const struct weir_fund *
fund_by(const struct weir_keeper *k, const char *name)
{
    for (size_t i = 0; i < k->nfunds; i++) {
        if (strcmp(k->funds[i].name, name) == 0) {
            return &k->funds[i];
        }
    }
    return NULL;
}
