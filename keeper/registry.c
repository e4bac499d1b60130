/*
 * registry.c: reading and changing the register.
 *
 * A change is: check the new text by itself, merge it with what stands,
 * write all of it in one transaction, compile the whole; only then commit.
 * There is no state in which a part of it holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "compile/pack.h"
#include "files.h"
#include "keeper.h"
#include "money.h"
#include "weir/error.h"

static int  load_one(void *ctx, const struct weir_stored *r);
static const struct weir_resource *find(const struct weir_resources *all,
    enum weir_kind kind, const char *name);
static bool  twice(const struct weir_resources *in, size_t i);


/* A note for a failed store; so that no error is silent. */
static int
broken(struct weir_keeper *k, int rc, struct weir_notes *notes)
{
    if (rc < 0 && !notes->failed) {
        const char  *why = k->store->error(k->store);

        weir_notes_add(notes, false, "", 0, 0, "the register cannot be "
                       "written or read: %s", why[0] != '\0' ? why
                       : weir_error_info(rc)->en);
    }
    return rc;
}


int
weir_registry_load(struct weir_keeper *k, struct weir_resources *out)
{
    memset(out, 0, sizeof(*out));
    return k->store->resource_each(k->store, load_one, out);
}


static int
load_one(void *ctx, const struct weir_stored *r)
{
    struct weir_resources  *all = ctx;
    struct weir_resource   *one;

    if (all->n == all->cap) {
        const size_t  cap = all->cap == 0 ? 64 : all->cap * 2;

        one = realloc(all->at, cap * sizeof(*one));
        if (one == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        all->at = one;
        all->cap = cap;
    }
    one = &all->at[all->n];
    memset(one, 0, sizeof(*one));
    one->kind = weir_kind_by_name(r->kind);
    one->name = strdup(r->name);
    one->json = strdup(r->json);
    snprintf(one->file, sizeof(one->file), "%s/%s", r->kind, r->name);
    all->n++;
    return one->name != NULL && one->json != NULL ? 0 : WEIR_E_NO_MEMORY;
}


static int
put_changed(struct weir_keeper *k, const struct weir_resources *in,
    const struct weir_resources *old, const char *who,
    struct weir_changes *changes)
{
    for (size_t i = 0; i < in->n; i++) {
        const struct weir_resource  *r = &in->at[i];
        const struct weir_resource  *was = find(old, r->kind, r->name);
        const struct weir_stored     stored = {
            .kind = weir_kind_name(r->kind), .name = r->name,
            .json = r->json, .generation = k->generation + 1,
            .created_ms = k->now_ms(), .updated_ms = k->now_ms(),
        };
        const char  *what = was == NULL ? "created"
                            : strcmp(was->json, r->json) == 0 ? "unchanged"
                            : "changed";

        json_array_append_new(changes->list,
            json_pack("{s:s, s:s, s:s}", "kind", stored.kind, "name",
                      r->name, "change", what));
        if (what[0] != 'u') {
            const int  rc = k->store->resource_put(k->store, &stored, who);

            if (rc != WEIR_OK) {
                return rc;
            }
            changes->any = true;
        }
    }
    return WEIR_OK;
}


/* Errors found by the compiler name the register's copy "Kind/name"; where
   that one came with this text, its own file and line are more use. */
static void
place_notes(struct weir_notes *notes, const struct weir_resources *in)
{
    for (size_t i = 0; i < notes->n; i++) {
        struct weir_note  *n = &notes->at[i];

        for (size_t j = 0; j < in->n; j++) {
            char  file[256];

            snprintf(file, sizeof(file), "%s/%s",
                     weir_kind_name(in->at[j].kind), in->at[j].name);
            if (n->line <= 1 && strcmp(n->file, file) == 0) {
                snprintf(n->file, sizeof(n->file), "%s", in->at[j].file);
                n->line = in->at[j].line;
                n->column = 1;
                break;
            }
        }
    }
}


int
weir_registry_apply(struct weir_keeper *k, const char *file,
    struct weir_span text, const char *who, struct weir_changes *changes,
    struct weir_notes *notes)
{
    struct weir_resources  in = { 0 }, old = { 0 };
    int                    rc;

    changes->list = json_array();
    changes->any = false;
    rc = weir_resources_read(&in, notes, file, text);
    if (rc == WEIR_OK && notes->failed) {
        rc = WEIR_E_BAD_REQUEST;
    }
    for (size_t i = 0; rc == WEIR_OK && i < in.n; i++) {
        if (twice(&in, i)) {
            weir_notes_add(notes, false, in.at[i].file, in.at[i].line, 1,
                           "%s %s stands twice in this text",
                           weir_kind_name(in.at[i].kind), in.at[i].name);
            rc = WEIR_E_BAD_REQUEST;
        }
    }
    if (rc == WEIR_OK) {
        rc = weir_registry_load(k, &old);
    }
    if (rc == WEIR_OK) {
        rc = k->store->begin(k->store);
    }
    if (rc == WEIR_OK) {
        rc = put_changed(k, &in, &old, who, changes);
        if (rc == WEIR_OK && changes->any) {
            rc = weir_publish(k, notes);
            place_notes(notes, &in);
        } else {
            k->store->rollback(k->store);
        }
    }
    weir_resources_release(&in);
    weir_resources_release(&old);
    return broken(k, rc, notes);
}


static const struct weir_resource *
find(const struct weir_resources *all, enum weir_kind kind, const char *name)
{
    for (size_t i = 0; i < all->n; i++) {
        if (all->at[i].kind == kind && strcmp(all->at[i].name, name) == 0) {
            return &all->at[i];
        }
    }
    return NULL;
}


static bool
twice(const struct weir_resources *in, size_t i)
{
    return find(in, in->at[i].kind, in->at[i].name) != &in->at[i];
}


/* Does the list or text at `key` (or `key`.`sub`) of `json` name `name`? */
static bool
names(const char *json, const char *key, const char *sub, const char *name)
{
    json_t        *o = json_loads(json, 0, NULL);
    const json_t  *v = json_object_get(o, key);
    bool           found = false;

    if (sub != NULL) {
        v = json_object_get(v, sub);
    }
    if (json_is_string(v)) {
        found = strcmp(json_string_value(v), name) == 0;
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t  *c = json_array_get(v, i);
        const char    *s = json_string_value(json_is_object(c)
                               ? json_object_get(c, "name") : c);

        found = found || (s != NULL && strcmp(s, name) == 0);
    }
    json_decref(o);
    return found;
}


struct wanted_by {
    const char         *name;
    uint64_t            now_ms;
    struct weir_notes  *notes;
};


static int
key_wants(void *ctx, const struct weir_stored_key *key)
{
    const struct wanted_by  *w = ctx;

    if (key->revoked_ms == 0 && strcmp(key->scenario, w->name) == 0
        && (key->until_ms == 0 || key->until_ms > w->now_ms))
    {
        weir_notes_add(w->notes, false, "", 0, 0, "Scenario %s is still "
                       "used by Key %s; revoke it first", w->name, key->id);
    }
    return 0;
}


/* An Ordinance whose name a newer Weir gives to a pack of its own must go,
   and nothing is left without a pack when it goes. */
static bool
shipped(struct weir_keeper *k, const char *name)
{
    struct weir_pool    pool = { 0 };
    const char        **all;
    const size_t        n = weir_pack_names(k->packs, &pool, &all);
    bool                yes = false;

    for (size_t i = 0; i < n; i++) {
        yes = yes || strcmp(all[i], name) == 0;
    }
    weir_pool_release(&pool);
    return yes;
}


/* One note for each resource that needs this one. */
static int
referenced(struct weir_keeper *k, const struct weir_resources *all,
    enum weir_kind kind, const char *name, struct weir_notes *notes)
{
    static const struct {
        enum weir_kind  kind;
        enum weir_kind  by;
        const char     *key;
        const char     *sub;
    } references[] = {
        { WEIR_KIND_UPSTREAM, WEIR_KIND_MODEL, "upstreams", NULL },
        { WEIR_KIND_MODEL, WEIR_KIND_SCENARIO, "models", NULL },
        { WEIR_KIND_MODEL, WEIR_KIND_MODEL, "fallback", NULL },
        { WEIR_KIND_FUND, WEIR_KIND_SCENARIO, "grant", "fund" },
        { WEIR_KIND_ORDINANCE, WEIR_KIND_SCENARIO, "ordinances", NULL },
    };
    struct wanted_by  w = { name, k->now_ms(), notes };
    int               rc = WEIR_OK;

    if (kind == WEIR_KIND_ORDINANCE && shipped(k, name)) {
        return WEIR_OK;
    }
    for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
        for (size_t j = 0; references[i].kind == kind && j < all->n; j++) {
            if (all->at[j].kind == references[i].by
                && names(all->at[j].json, references[i].key,
                         references[i].sub, name))
            {
                weir_notes_add(notes, false, "", 0, 0, "%s %s is still used "
                               "by %s %s", weir_kind_name(kind), name,
                               weir_kind_name(all->at[j].kind),
                               all->at[j].name);
            }
        }
    }
    if (kind == WEIR_KIND_SCENARIO) {
        rc = k->store->key_each(k->store, key_wants, &w);
    }
    return rc != WEIR_OK ? rc : notes->failed ? WEIR_E_BAD_REQUEST : WEIR_OK;
}


int
weir_registry_delete(struct weir_keeper *k, enum weir_kind kind,
    const char *name, const char *who, struct weir_notes *notes)
{
    struct weir_resources  all = { 0 };
    int                    rc = weir_registry_load(k, &all);

    if (rc == WEIR_OK && find(&all, kind, name) == NULL) {
        rc = WEIR_DONE;
    }
    if (rc == WEIR_OK) {
        rc = referenced(k, &all, kind, name, notes);
    }
    weir_resources_release(&all);
    if (rc == WEIR_OK) {
        rc = k->store->begin(k->store);
    }
    if (rc == WEIR_OK) {
        rc = k->store->resource_drop(k->store, weir_kind_name(kind), name,
                                     who, k->now_ms());
        if (rc == WEIR_OK) {
            rc = weir_publish(k, notes);
        } else {
            k->store->rollback(k->store);
        }
    }
    return broken(k, rc, notes);
}


/* What the account file says about a fund or a scenario's grant. */
static json_t *
status_of(struct weir_keeper *k, enum weir_kind kind, const char *name)
{
    weir_micro        granted = 0, spent = 0, reserved = 0;
    char              text[3][WEIR_MONEY_TEXT];
    struct weir_sums  sums = { 0 };
    bool              any = kind == WEIR_KIND_FUND;

    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        const struct weir_stored_slot  *s = k->slots[i];
        struct weir_account_state       state;

        if (s == NULL || strcmp(kind == WEIR_KIND_FUND ? s->fund
                                : s->scenario, name) != 0
            || (kind == WEIR_KIND_SCENARIO && s->amount == 0))
        {
            continue;
        }
        any = true;
        weir_account_read(k->account, i, &state);
        granted += s->amount;
        spent += state.spent;
        reserved += state.reserved;
        if (kind == WEIR_KIND_FUND
            && k->store->slot_sums(k->store, i, s->period_start_ms, &sums)
               == WEIR_OK)
        {
            spent -= sums.spent;    /* what is not yet in the ledger */
        }
    }
    if (!any) {
        return NULL;
    }
    if (kind == WEIR_KIND_FUND) {
        if (k->store->fund_sums(k->store, name, &sums) != WEIR_OK) {
            return NULL;
        }
        spent += sums.spent;        /* of all periods */
    }
    weir_money_text(granted, text[0]);
    weir_money_text(spent, text[1]);
    weir_money_text(reserved, text[2]);
    return json_pack("{s:s, s:s, s:s}", "granted", text[0], "spent", text[1],
                     "reserved", text[2]);
}


struct gather {
    struct weir_keeper  *k;
    enum weir_kind       kind;
    const char          *name;
    json_t              *items;
    struct weir_buf     *yaml;
};


static int
gather_json(void *ctx, const struct weir_stored *r)
{
    struct gather  *g = ctx;
    char            created[24], updated[24];
    json_t         *item, *status;

    if (weir_kind_by_name(r->kind) != g->kind
        || (g->name != NULL && strcmp(g->name, r->name) != 0))
    {
        return 0;
    }
    weir_time_text(r->created_ms, created);
    weir_time_text(r->updated_ms, updated);
    item = json_pack("{s:s, s:o*, s:s, s:s, s:I}", "name", r->name,
                     "resource", json_loads(r->json, 0, NULL), "created",
                     created, "updated", updated, "generation",
                     (json_int_t) r->generation);
    if (g->kind == WEIR_KIND_FUND || g->kind == WEIR_KIND_SCENARIO) {
        status = status_of(g->k, g->kind, r->name);
        if (status != NULL) {
            json_object_set_new(item, "status", status);
        }
    }
    return json_array_append_new(g->items, item) == 0 ? 0
                                                       : WEIR_E_NO_MEMORY;
}


static int
by_name(json_t *keys, const char *name, json_t **out)
{
    *out = json_array();
    for (size_t i = 0; i < json_array_size(keys); i++) {
        json_t      *key = json_array_get(keys, i);
        const char  *id = json_string_value(json_object_get(key, "id"));

        if (name == NULL || (id != NULL && strcasecmp(id, name) == 0)) {
            json_array_append(*out, key);
        }
    }
    json_decref(keys);
    return WEIR_OK;
}


int
weir_registry_get(struct weir_keeper *k, enum weir_kind kind,
    const char *name, json_t **out)
{
    struct gather  g = { .k = k, .kind = kind, .name = name };
    int            rc;

    *out = NULL;
    if (kind == WEIR_KIND_KEY) {
        json_t  *keys;

        rc = weir_key_list(k, &keys);
        if (rc == WEIR_OK) {
            rc = by_name(keys, name, &g.items);
        }
    } else {
        g.items = json_array();
        rc = k->store->resource_each(k->store, gather_json, &g);
    }
    if (rc == WEIR_OK && name != NULL && json_array_size(g.items) == 0) {
        rc = WEIR_DONE;
    }
    if (rc != WEIR_OK) {
        json_decref(g.items);
        return rc;
    }
    *out = json_pack("{s:s, s:o}", "kind", weir_kind_name(kind), "items",
                     g.items);
    return *out != NULL ? WEIR_OK : WEIR_E_NO_MEMORY;
}


int
weir_registry_yaml(struct weir_keeper *k, enum weir_kind kind,
    const char *name, struct weir_buf *out)
{
    struct weir_resources  all;
    int                    rc = weir_registry_load(k, &all);
    bool                   any = false;

    /* In the order of the kinds, so that a reader meets what is referred to
       before what refers to it. */
    for (unsigned kk = 0; rc == WEIR_OK && kk < WEIR_KIND_COUNT; kk++) {
        for (size_t i = 0; rc == WEIR_OK && i < all.n; i++) {
            if (all.at[i].kind != (enum weir_kind) kk
                || (kind != WEIR_KIND_COUNT && kind != all.at[i].kind)
                || (name != NULL && strcmp(name, all.at[i].name) != 0))
            {
                continue;
            }
            if (any) {
                weir_buf_adds(out, "---\n");
            }
            any = true;
            rc = weir_resource_yaml(&all.at[i], out);
        }
    }
    weir_resources_release(&all);
    if (rc == WEIR_OK && out->failed) {
        rc = WEIR_E_NO_MEMORY;
    }
    return rc == WEIR_OK && name != NULL && !any ? WEIR_DONE : rc;
}
