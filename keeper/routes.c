/*
 * routes.c: one table of routes, one function each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api.h"
#include "weir/error.h"

#define WHO  "admin"        /* one token, one hand; names come with roles */

typedef void (*route_pt)(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);

static void  apply(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  get(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  drop(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  export(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  publish(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  key_new(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  key_list(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  key_revoke(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  status(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);
static void  metrics(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out);

static const struct {
    const char  *method;
    const char  *path;      /* ending in '/': the rest is an argument */
    route_pt     run;
    size_t       body_max;
} routes[] = {
    { "POST",   "/api/v1/apply",      apply,      WEIR_APPLY_BYTES_MAX },
    { "GET",    "/api/v1/resources/", get,        0 },
    { "DELETE", "/api/v1/resources/", drop,       0 },
    { "GET",    "/api/v1/export",     export,     0 },
    { "POST",   "/api/v1/publish",    publish,    0 },
    { "POST",   "/api/v1/keys",       key_new,    WEIR_ADMIN_BODY_MAX },
    { "GET",    "/api/v1/keys",       key_list,   0 },
    { "DELETE", "/api/v1/keys/",      key_revoke, 0 },
    { "GET",    "/api/v1/status",     status,     0 },
    { "GET",    "/metrics",           metrics,    0 },
};

#define ROUTES  (sizeof(routes) / sizeof(routes[0]))


/* What of `path` is behind the route's; NULL when it is another route. */
static const char *
match(size_t i, const char *path)
{
    const size_t  n = strlen(routes[i].path);

    if (strncmp(path, routes[i].path, n) != 0) {
        return NULL;
    }
    return routes[i].path[n - 1] == '/' || path[n] == '\0' ? path + n : NULL;
}


void
weir_route(struct weir_keeper *k, const struct weir_ask *ask,
    struct weir_answer *out)
{
    bool  known = false;

    for (size_t i = 0; i < ROUTES; i++) {
        const char  *rest = match(i, ask->path);

        if (rest != NULL && strcmp(ask->method, routes[i].method) == 0) {
            routes[i].run(k, ask, rest, out);
            return;
        }
        known = known || rest != NULL;
    }
    if (known) {
        weir_answer_error(out, 405, "method_not_allowed", "This path does "
                          "not take that method.", NULL);
    } else {
        weir_answer_error(out, 404, "not_found", "There is nothing at this "
                          "path.", NULL);
    }
}


size_t
weir_ask_body_max(const char *method, const char *path)
{
    for (size_t i = 0; i < ROUTES; i++) {
        if (match(i, path) != NULL && strcmp(method, routes[i].method) == 0) {
            return routes[i].body_max;
        }
    }
    return 0;
}


/* Takes `doc`. */
static void
answer_json(struct weir_answer *out, unsigned code, json_t *doc)
{
    out->status = code;
    out->type = "application/json";
    out->body = doc != NULL ? json_dumps(doc, JSON_INDENT(1)
                                              | JSON_SORT_KEYS) : NULL;
    json_decref(doc);
    if (out->body == NULL) {
        out->status = 500;
        out->len = 0;
        return;
    }
    out->len = strlen(out->body);
}


/* A note as JSON; text that is not UTF-8 (a file name) is left out. */
static json_t *
note_json(const struct weir_note *n)
{
    json_t  *file = json_string(n->file), *message = json_string(n->message);

    return json_pack("{s:o, s:I, s:I, s:b, s:o}", "file",
                     file != NULL ? file : json_string("(file)"), "line",
                     (json_int_t) n->line, "column", (json_int_t) n->column,
                     "warning", n->warning, "message",
                     message != NULL ? message
                     : json_string("(a message that is not UTF-8)"));
}


static json_t *
notes_json(const struct weir_notes *notes)
{
    json_t  *list = json_array();

    for (size_t i = 0; notes != NULL && i < notes->n; i++) {
        json_array_append_new(list, note_json(&notes->at[i]));
    }
    return list;
}


void
weir_answer_error(struct weir_answer *out, unsigned code_status,
    const char *code, const char *message, const struct weir_notes *notes)
{
    const struct weir_note  *first = NULL;
    json_t                  *error;

    for (size_t i = 0; notes != NULL && i < notes->n; i++) {
        if (!notes->at[i].warning && first == NULL) {
            first = &notes->at[i];
        }
    }
    error = first != NULL ? note_json(first) : json_object();
    json_object_del(error, "warning");
    json_object_set_new(error, "code", json_string(code));
    if (first == NULL) {
        json_object_set_new(error, "message", json_string(message));
    }
    json_object_set_new(error, "notes", notes_json(notes));
    answer_json(out, code_status, json_pack("{s:o}", "error", error));
}


/* The answer for what went wrong in the register. */
static void
answer_failure(struct weir_answer *out, int rc, unsigned bad_status,
    const struct weir_notes *notes)
{
    switch (rc) {
    case WEIR_DONE:
        weir_answer_error(out, 404, "not_found", "There is no such "
                          "resource.", notes);
        return;
    case WEIR_E_BAD_REQUEST:
        weir_answer_error(out, bad_status, bad_status == 409 ? "conflict"
                          : "invalid", "The request is not valid.", notes);
        return;
    case WEIR_E_NO_SPACE:
    case WEIR_E_NO_MEMORY:
        weir_answer_error(out, 503, weir_error_info(rc)->code,
                          weir_error_info(rc)->en, notes);
        return;
    default:
        weir_answer_error(out, 500, weir_error_info(rc)->code,
                          weir_error_info(rc)->en, notes);
    }
}


static void
apply(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    struct weir_notes    notes = { 0 };
    struct weir_changes  changes;
    int                  rc;

    rc = weir_registry_apply(k, ask->file != NULL ? ask->file : "(body)",
                             ask->body, WHO, &changes, &notes);
    if (rc == WEIR_OK) {
        answer_json(out, 200, json_pack("{s:O, s:o, s:I}", "changes",
                                        changes.list, "notes",
                                        notes_json(&notes), "generation",
                                        (json_int_t) k->generation));
    } else {
        answer_failure(out, rc, 400, &notes);
    }
    json_decref(changes.list);
    weir_notes_release(&notes);
}


/* "KIND" or "KIND/NAME"; a name may hold '/' (models do). */
static bool
split(const char *rest, enum weir_kind *kind, const char **name,
    struct weir_answer *out)
{
    char          word[64];
    const size_t  n = strcspn(rest, "/");

    *kind = WEIR_KIND_COUNT;
    if (n < sizeof(word)) {
        memcpy(word, rest, n);
        word[n] = '\0';
        *kind = weir_kind_by_name(word);
    }
    *name = rest[n] == '/' && rest[n + 1] != '\0' ? rest + n + 1 : NULL;
    if (*kind == WEIR_KIND_COUNT) {
        weir_answer_error(out, 404, "unknown_kind", "There is no such kind; "
                          "kinds are Upstream, Model, Fund, Ordinance, "
                          "Scenario and Key.", NULL);
        return false;
    }
    return true;
}


static void
answer_yaml(struct weir_keeper *k, enum weir_kind kind, const char *name,
    struct weir_answer *out)
{
    struct weir_mem  *mem = weir_mem_open(0);
    struct weir_buf   buf;
    int               rc = WEIR_E_NO_MEMORY;

    if (mem != NULL) {
        weir_buf_init(&buf, mem, WEIR_SNAPSHOT_BYTES_MAX);
        rc = weir_registry_yaml(k, kind, name, &buf);
        if (rc == WEIR_OK) {
            out->status = 200;
            out->type = "application/yaml";
            out->len = buf.len;
            out->body = malloc(buf.len + 1);
            if (out->body == NULL) {
                rc = WEIR_E_NO_MEMORY;
            } else if (buf.len > 0) {
                memcpy(out->body, buf.at, buf.len);
            }
        }
        weir_buf_release(&buf);
        weir_mem_close(mem);
    }
    if (rc != WEIR_OK) {
        answer_failure(out, rc, 400, NULL);
    }
}


static void
get(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    enum weir_kind   kind;
    const char      *name;
    json_t          *doc;
    int              rc;

    if (!split(rest, &kind, &name, out)) {
        return;
    }
    if (ask->format != NULL && strcmp(ask->format, "yaml") == 0) {
        if (kind == WEIR_KIND_KEY) {
            weir_answer_error(out, 400, "invalid", "Keys have no YAML form.",
                              NULL);
        } else {
            answer_yaml(k, kind, name, out);
        }
        return;
    }
    rc = weir_registry_get(k, kind, name, &doc);
    if (rc != WEIR_OK) {
        answer_failure(out, rc, 400, NULL);
    } else {
        answer_json(out, 200, doc);
    }
}


static void
drop(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    struct weir_notes   notes = { 0 };
    enum weir_kind      kind;
    const char         *name;
    int                 rc;

    if (!split(rest, &kind, &name, out)) {
        return;
    }
    if (name == NULL) {
        weir_answer_error(out, 400, "invalid", "A name is needed.", NULL);
        return;
    }
    rc = kind == WEIR_KIND_KEY ? weir_key_revoke(k, name, WHO, &notes)
         : weir_registry_delete(k, kind, name, WHO, &notes);
    if (rc == WEIR_OK) {
        answer_json(out, 200, json_pack("{s:s, s:s, s:I}", "kind",
                                        weir_kind_name(kind), "name", name,
                                        "generation",
                                        (json_int_t) k->generation));
    } else {
        answer_failure(out, rc, 409, &notes);
    }
    weir_notes_release(&notes);
}


static void
export(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    answer_yaml(k, WEIR_KIND_COUNT, NULL, out);
}


static void
publish(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    struct weir_notes  notes = { 0 };
    int                rc = k->store->begin(k->store);

    if (rc == WEIR_OK) {
        rc = weir_publish(k, &notes);
    }
    if (rc == WEIR_OK) {
        answer_json(out, 200, json_pack("{s:I, s:o}", "generation",
                                        (json_int_t) k->generation, "notes",
                                        notes_json(&notes)));
    } else {
        answer_failure(out, rc, 400, &notes);
    }
    weir_notes_release(&notes);
}


static void
key_new(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    struct weir_notes   notes = { 0 };
    json_t             *doc = json_loadb((const char *) ask->body.at,
                                         ask->body.len,
                                         JSON_REJECT_DUPLICATES, NULL);
    const char         *scenario, *until;
    char                key[WEIR_KEY_TEXT] = "", id[27] = "";
    int                 rc;

    scenario = json_string_value(json_object_get(doc, "scenario"));
    until = json_string_value(json_object_get(doc, "until"));
    if (scenario == NULL) {
        weir_answer_error(out, 400, "invalid", "The body must be "
                          "{\"scenario\": NAME, \"until\": DATE}, until may "
                          "be left out.", NULL);
        json_decref(doc);
        return;
    }
    rc = weir_key_new(k, scenario, until, WHO, key, id, &notes);
    if (rc == WEIR_OK) {
        answer_json(out, 201, json_pack("{s:s, s:s, s:s}", "key", key, "id",
                                        id, "scenario", scenario));
    } else {
        answer_failure(out, rc, 400, &notes);
    }
    explicit_bzero(key, sizeof(key));
    json_decref(doc);
    weir_notes_release(&notes);
}


static void
key_list(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    json_t     *list;
    const int   rc = weir_key_list(k, &list);

    if (rc != WEIR_OK) {
        json_decref(list);
        answer_failure(out, rc, 400, NULL);
    } else {
        answer_json(out, 200, json_pack("{s:s, s:o}", "kind", "Key", "items",
                                        list));
    }
}


static void
key_revoke(struct weir_keeper *k, const struct weir_ask *ask,
    const char *rest, struct weir_answer *out)
{
    struct weir_notes  notes = { 0 };
    const int          rc = weir_key_revoke(k, rest, WHO, &notes);

    if (rc == WEIR_OK) {
        answer_json(out, 200, json_pack("{s:s, s:I}", "id", rest,
                                        "generation",
                                        (json_int_t) k->generation));
    } else {
        answer_failure(out, rc, 400, &notes);
    }
    weir_notes_release(&notes);
}


static void
status(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    weir_answer_status(k, out);
}


static void
metrics(struct weir_keeper *k, const struct weir_ask *ask, const char *rest,
    struct weir_answer *out)
{
    weir_answer_metrics(k, out);
}
