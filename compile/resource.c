/*
 * resource.c: YAML documents -> resources in their stored form, and back.
 *
 * Stored form: canonical JSON of the checked document. Amounts, durations
 * and dates stay the text that was written, so that `get` gives back what
 * `apply` was given; counts and booleans become JSON numbers and booleans.
 */
#include "compile/pack_internal.h"
#include "compile/profile_compile.h"
#include "compile/resource_schema.h"
#include "compile/words.h"
#include "weir/error.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>


void
weir_resources_release(struct weir_resources *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->at[i].name);
        free(r->at[i].json);
    }
    free(r->at);
    *r = (struct weir_resources) { 0 };
}


static json_t *to_json(const struct weir_yaml *v,
    const struct weir_field *fields);


static json_t *
value_json(const struct weir_yaml *v, const struct weir_field *f)
{
    const struct weir_field   of_each = {
        .type = WEIR_FIELD_MAP, .sub = f != NULL ? f->each : NULL
    };
    const struct weir_field  *each = of_each.sub != NULL ? &of_each : NULL;
    json_t                   *all;
    uint64_t                  n;

    if (v->type == WEIR_YAML_MAP && each == NULL) {
        return to_json(v, f != NULL ? f->sub : NULL);
    }
    if (v->type != WEIR_YAML_SCALAR) {
        all = v->type == WEIR_YAML_LIST ? json_array() : json_object();
        for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
            if (v->type == WEIR_YAML_LIST) {
                (void) json_array_append_new(all, value_json(c, each));
            } else {
                (void) json_object_set_new(all, c->key, value_json(c, each));
            }
        }
        return all;
    }
    if (f != NULL && f->type == WEIR_FIELD_COUNT
        && weir_count_parse(v->text, INT64_MAX, &n) == WEIR_OK)
    {
        return json_integer((json_int_t) n);
    }
    if (f != NULL && f->type == WEIR_FIELD_BOOL) {
        return json_boolean(strcmp(v->text, "true") == 0);
    }
    return json_stringn(v->text, v->len);
}


static json_t *
to_json(const struct weir_yaml *map, const struct weir_field *fields)
{
    json_t  *o = json_object();

    for (const struct weir_yaml *v = map->first; v != NULL; v = v->next) {
        const struct weir_field  *f = fields == NULL ? NULL
                                      : weir_schema_field(fields, v->key);

        (void) json_object_set_new(o, v->key, value_json(v, f));
    }
    return o;
}


static enum weir_kind
read_kind(const struct weir_place *pl, const struct weir_yaml *doc)
{
    static const char *const  names[] = {
        "Upstream", "Model", "Fund", "Ordinance", "Scenario"
    };
    const struct weir_yaml   *v = weir_yaml_get(doc, "kind");
    const char               *near;
    enum weir_kind            kind;

    if (v == NULL || v->type != WEIR_YAML_SCALAR) {
        weir_place_error(pl, doc, "a resource begins with `kind:` "
                         "(Upstream, Model, Fund, Ordinance or Scenario)");
        return WEIR_KIND_COUNT;
    }
    kind = weir_kind_by_name(v->text);
    if (kind == WEIR_KIND_KEY) {
        weir_place_error(pl, v, "keys are not applied from a file; "
                         "`weir key new SCENARIO` makes one");
        return WEIR_KIND_COUNT;
    }
    if (kind < WEIR_KIND_COUNT) {
        return kind;
    }
    near = weir_nearest(v->text, names, sizeof(names) / sizeof(*names));
    if (near != NULL) {
        weir_place_error(pl, v, "unknown kind `%s`; did you mean `%s`?",
                         v->text, near);
    } else {
        weir_place_error(pl, v, "unknown kind `%s`; known are Upstream, "
                         "Model, Fund, Ordinance and Scenario", v->text);
    }
    return WEIR_KIND_COUNT;
}


/* The whole of a pack, down to its terms. */
static bool
check_ordinance(const struct weir_place *pl, const struct weir_yaml *doc)
{
    struct weir_pack  *pack;
    bool               ok;

    if (weir_pack_fill(&pack, weir_pack_new(pl->file), doc, pl->notes)
        != WEIR_OK)
    {
        return false;
    }
    ok = weir_pack_compiles(pack, pl->notes);
    weir_pack_close(pack);
    return ok;
}


/* Limits that limit nothing are a slip. */
static bool
check_limits(const struct weir_place *pl, const struct weir_yaml *doc,
    const char *field)
{
    const struct weir_yaml  *v = weir_yaml_get(doc, field);
    bool                     ok = true;

    if (v == NULL) {
        return true;
    }
    if (v->n == 0) {
        weir_place_error(pl, v, "`%s` names no limit; it has `requests`, "
                         "`tokens` or `concurrency`", field);
        return false;
    }
    for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
        if (c->type == WEIR_YAML_MAP && c->n == 0) {
            weir_place_error(pl, c, "`%s` names no limit; it has "
                             "`per_second`, `per_minute`, `per_hour` or "
                             "`per_day`", c->key);
            ok = false;
        }
    }
    return ok;
}


/* Checks of an upstream: a path that can stand in a request, and an end of
   each before the next. */
static bool
check_health(const struct weir_place *pl, const struct weir_yaml *doc)
{
    const struct weir_yaml *const  h = weir_yaml_get(doc, "health");
    const struct weir_yaml        *v;
    uint32_t                       interval = WEIR_CHECK_INTERVAL_MS;
    uint32_t                       timeout = 0;
    bool                           good;

    if (h == NULL) {
        return true;
    }
    v = weir_yaml_get(h, "path");
    good = v->len > 0 && v->len <= WEIR_CHECK_PATH_MAX && v->text[0] == '/';
    for (size_t i = 0; good && i < v->len; i++) {
        good = (uint8_t) v->text[i] > 0x20 && (uint8_t) v->text[i] < 0x7f;
    }
    if (!good) {
        weir_place_error(pl, v, "`path` begins with `/` and has at most %d "
                         "characters of ASCII, no spaces",
                         WEIR_CHECK_PATH_MAX);
        return false;
    }
    v = weir_yaml_get(h, "interval");
    if (v != NULL && weir_duration_parse(v->text, &interval) == WEIR_OK
        && interval < WEIR_CHECK_INTERVAL_MIN_MS)
    {
        weir_place_error(pl, v, "`interval` is at least %dms",
                         WEIR_CHECK_INTERVAL_MIN_MS);
        return false;
    }
    v = weir_yaml_get(h, "timeout");
    if (v != NULL && weir_duration_parse(v->text, &timeout) == WEIR_OK
        && timeout > interval)
    {
        weir_place_error(pl, v, "`timeout` is longer than `interval`");
        return false;
    }
    return true;
}


/* What a table cannot say. */
static bool
check_more(const struct weir_place *pl, enum weir_kind kind,
    const struct weir_yaml *doc)
{
    const struct weir_yaml  *v;

    if (!check_limits(pl, doc, "limits")
        || !check_limits(pl, doc, "key_limits"))
    {
        return false;
    }
    if (kind == WEIR_KIND_UPSTREAM && !check_health(pl, doc)) {
        return false;
    }
    if (kind == WEIR_KIND_MODEL) {
        v = weir_yaml_get(doc, "upstreams");
        if (v->n == 0) {
            weir_place_error(pl, v, "a Model needs at least one upstream");
            return false;
        }
        v = weir_yaml_get(doc, "max_output");
        if (v != NULL && strcmp(v->text, "0") == 0) {
            weir_place_error(pl, v, "`max_output` must be at least 1");
            return false;
        }
    }
    return kind != WEIR_KIND_ORDINANCE || check_ordinance(pl, doc);
}


static void
read_one(struct weir_resources *out, const struct weir_place *pl,
    const struct weir_yaml *doc)
{
    struct weir_resource  *r;
    enum weir_kind         kind;
    json_t                *json;
    const char            *name;

    if (doc->type != WEIR_YAML_MAP) {
        weir_place_error(pl, doc, "a resource must be a mapping that begins "
                         "with `kind:`");
        return;
    }
    kind = read_kind(pl, doc);
    if (kind == WEIR_KIND_COUNT
        || !weir_schema_check(pl, weir_kind_name(kind), doc,
                              weir_resource_fields(kind))
        || !check_more(pl, kind, doc))
    {
        return;
    }
    name = weir_yaml_get(doc, "name")->text;
    for (size_t i = 0; i < out->n; i++) {
        if (out->at[i].kind == kind && strcmp(out->at[i].name, name) == 0) {
            weir_place_error(pl, doc, "%s `%s` is given twice; the first is "
                             "%s:%u", weir_kind_name(kind), name,
                             out->at[i].file, out->at[i].line);
            return;
        }
    }
    weir_grow(&out->at, out->n, &out->cap, sizeof(*out->at));
    r = &out->at[out->n++];
    *r = (struct weir_resource) { .kind = kind, .line = doc->line };
    (void) snprintf(r->file, sizeof(r->file), "%s", pl->file);
    json = to_json(doc, weir_resource_fields(kind));
    (void) json_object_set_new(json, "kind",
                               json_string(weir_kind_name(kind)));
    r->json = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
    r->name = strdup(name);
    json_decref(json);
    weir_assert(r->json != NULL && r->name != NULL);
}


int
weir_resources_read(struct weir_resources *out, struct weir_notes *notes,
    const char *file, struct weir_span text)
{
    const struct weir_place  pl = { notes, file };
    struct weir_pool         pool = { 0 };
    struct weir_yaml        *docs;
    size_t                   before = notes->n;
    bool                     failed = notes->failed;
    int                      rc;

    notes->failed = false;
    rc = weir_yaml_read(&docs, &pool, notes, file, text);
    for (const struct weir_yaml *d = docs; rc == WEIR_OK && d != NULL;
         d = d->next)
    {
        /* An empty document, such as behind a last "---". */
        if (d->type != WEIR_YAML_SCALAR || d->quoted || d->len > 0) {
            read_one(out, &pl, d);
        }
    }
    weir_pool_release(&pool);
    if (rc == WEIR_OK && notes->failed) {
        rc = WEIR_E_BAD_REQUEST;
    }
    weir_assert(rc == WEIR_OK || notes->n > before || failed
                || rc == WEIR_E_NO_MEMORY);
    notes->failed = notes->failed || failed;
    return rc;
}
