/*
 * top_sample.c: one reading of the keeper: the text of /metrics (exposition
 * format 0.0.4) and the JSON of its status. Series that are not known here
 * are passed over, so that an older `weir top` reads a newer keeper.
 */
#include "top.h"

#include <math.h>
#include <stdlib.h>

#define LABELS_MAX  4u           /* that are looked at, of a line */

struct label {
    char  name[32];
    char  value[TOP_NAME_BYTES];
};

struct metric {                  /* one line */
    char          name[80];
    struct label  labels[LABELS_MAX];
    unsigned      n;
    double        value;
};


void *
top_list_add(struct top_list *l, size_t size)
{
    char  *at;

    if (l->n == l->cap) {
        const size_t  cap = l->cap == 0 ? 16 : l->cap * 2;
        void         *grown;

        if (l->n >= TOP_ROWS_MAX) {
            return NULL;
        }
        grown = realloc(l->at, cap * size);
        if (grown == NULL) {
            return NULL;
        }
        l->at = grown;
        l->cap = cap;
    }
    at = (char *) l->at + l->n++ * size;
    memset(at, 0, size);
    return at;
}


/* Behind the closing quote; NULL when there is none. */
static const char *
read_value(const char *p, char *out, size_t size)
{
    size_t  n = 0;

    for (; *p != '"'; p++) {
        char  c = *p;

        if (c == '\\') {
            c = *++p == 'n' ? '\n' : *p;
        }
        if (*p == '\0' || *p == '\n') {
            return NULL;
        }
        if (n + 1 < size) {
            out[n++] = c;
        }
    }
    out[n] = '\0';
    return p + 1;
}


/* name{label="value",...} value */
static bool
read_line(const char *p, struct metric *m)
{
    const char  *end = p + strcspn(p, "{ \n");
    char        *behind;

    if (end == p || (size_t) (end - p) >= sizeof(m->name)) {
        return false;
    }
    (void) snprintf(m->name, sizeof(m->name), "%.*s", (int) (end - p), p);
    m->n = 0;
    p = end;
    while (*p == '{' || *p == ',') {
        struct label   unused;
        struct label  *l = m->n < LABELS_MAX ? &m->labels[m->n] : &unused;

        p++;
        end = p + strcspn(p, "=\n");
        if (*end != '=' || end[1] != '"'
            || (size_t) (end - p) >= sizeof(l->name))
        {
            return false;
        }
        (void) snprintf(l->name, sizeof(l->name), "%.*s", (int) (end - p), p);
        p = read_value(end + 2, l->value, sizeof(l->value));
        if (p == NULL) {
            return false;
        }
        m->n += m->n < LABELS_MAX;
    }
    p += *p == '}';
    if (*p != ' ') {
        return false;
    }
    m->value = strtod(p + 1, &behind);
    return behind != p + 1 && strchr(" \n", *behind) != NULL   /* or the NUL */
           && isfinite(m->value);
}


static const char *
label(const struct metric *m, const char *name)
{
    for (unsigned i = 0; i < m->n; i++) {
        if (strcmp(m->labels[i].name, name) == 0) {
            return m->labels[i].value;
        }
    }
    return "";
}


static struct top_series *
series_of(struct top_sample *s, const struct metric *m)
{
    const char *const   scenario = label(m, "weir_scenario");
    const char *const   model = label(m, "gen_ai_request_model");
    struct top_series  *at = s->series.at;

    for (size_t i = s->series.n; i-- > 0; ) {    /* mostly the last */
        if (strcmp(at[i].scenario, scenario) == 0
            && strcmp(at[i].model, model) == 0)
        {
            return &at[i];
        }
    }
    at = top_list_add(&s->series, sizeof(*at));
    if (at != NULL) {
        (void) snprintf(at->scenario, sizeof(at->scenario), "%s", scenario);
        (void) snprintf(at->model, sizeof(at->model), "%s", model);
    }
    return at;
}


static bool
add_count(struct top_sample *s, const struct metric *m, enum top_counter c)
{
    struct top_series *const  at = series_of(s, m);

    if (at != NULL) {
        at->count[c] += m->value;
    }
    return at != NULL;
}


static bool
add_bucket(struct top_sample *s, const struct metric *m, enum top_times t)
{
    struct top_series *const  at = series_of(s, m);
    struct top_histogram     *h;
    const char *const         le = label(m, "le");

    if (at == NULL) {
        return false;
    }
    h = &at->times[t];
    if (h->n == TOP_BOUNDS_MAX) {
        return false;
    }
    h->le[h->n] = strcmp(le, "+Inf") == 0 ? INFINITY : strtod(le, NULL);
    h->count[h->n++] = m->value;
    return true;
}


static bool
add_rule(struct top_sample *s, const struct metric *m, bool findings)
{
    const char *const  rule = label(m, "rule"), *action = label(m, "action");
    const char *const  direction = label(m, "direction");
    struct top_rule   *at = s->rules.at;
    size_t             i = 0;

    while (i < s->rules.n && (strcmp(at[i].rule, rule) != 0
                              || strcmp(at[i].action, action) != 0
                              || strcmp(at[i].direction, direction) != 0))
    {
        i++;
    }
    if (i == s->rules.n) {
        at = top_list_add(&s->rules, sizeof(*at));
        if (at == NULL) {
            return false;
        }
        (void) snprintf(at->rule, sizeof(at->rule), "%s", rule);
        (void) snprintf(at->action, sizeof(at->action), "%s", action);
        (void) snprintf(at->direction, sizeof(at->direction), "%s",
                        direction);
    } else {
        at += i;
    }
    *(findings ? &at->findings : &at->calls) += m->value;
    return true;
}


/* How a call ended, as the screen has it. Who hangs up himself is in none of
   the three. */
static enum top_counter
ending(const char *s)
{
    static const struct {
        const char        *name;
        enum top_counter   as;
    } all[] = {
        { "ok", TOP_OK }, { "refused", TOP_REFUSED },
        { "denied", TOP_REFUSED }, { "cut", TOP_REFUSED },
        { "upstream_error", TOP_FAILED }, { "upstream_broke", TOP_FAILED },
        { "lost", TOP_FAILED }
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(s, all[i].name) == 0) {
            return all[i].as;
        }
    }
    return TOP_CALLS;
}


static bool
take(struct top_sample *s, const struct metric *m)
{
    if (strcmp(m->name, "weir_requests_total") == 0) {
        const enum top_counter  c = ending(label(m, "ending"));

        return add_count(s, m, TOP_CALLS)
               && (c == TOP_CALLS || add_count(s, m, c));
    }
    if (strcmp(m->name, "gen_ai_client_token_usage_total") == 0) {
        return add_count(s, m, strcmp(label(m, "gen_ai_token_type"), "input")
                               == 0 ? TOP_INPUT : TOP_OUTPUT);
    }
    if (strcmp(m->name, "weir_findings_total") == 0) {
        return add_count(s, m, TOP_FINDINGS);
    }
    if (strcmp(m->name, "weir_limit_refused_total") == 0) {
        return add_count(s, m, TOP_LIMITED);
    }
    if (strcmp(m->name, "gen_ai_server_time_to_first_token_seconds_bucket")
        == 0)
    {
        return add_bucket(s, m, TOP_FIRST);
    }
    if (strcmp(m->name, "gen_ai_server_time_per_output_token_seconds_bucket")
        == 0)
    {
        return add_bucket(s, m, TOP_TOKEN);
    }
    if (strcmp(m->name, "weir_rule_findings_total") == 0) {
        return add_rule(s, m, true);
    }
    if (strcmp(m->name, "weir_rule_calls_total") == 0) {
        return add_rule(s, m, false);
    }
    return true;
}


static double
number(const json_t *o, const char *key)
{
    const json_t *const  v = json_object_get(o, key);

    return json_is_string(v) ? strtod(json_string_value(v), NULL)
                             : json_number_value(v);
}


static void
text(const json_t *o, const char *key, char *out, size_t size)
{
    const char *const  s = json_string_value(json_object_get(o, key));

    (void) snprintf(out, size, "%s", s != NULL ? s : "");
}


static void
take_status(struct top_sample *s, const json_t *doc)
{
    const json_t *const  journal = json_object_get(doc, "journal");
    const json_t *const  limits = json_object_get(doc, "limits");
    const json_t        *o;
    size_t               i;

    s->pid = json_integer_value(json_object_get(doc, "pid"));
    s->generation = json_integer_value(json_object_get(doc, "generation"));
    s->lag_bytes = (int64_t) number(journal, "lag_bytes");
    s->damaged_bytes = (int64_t) number(journal, "damaged_bytes");
    s->failing = json_is_true(json_object_get(journal, "failing"));
    s->keys = (int64_t) number(limits, "keys");
    s->keys_full = (int64_t) number(limits, "keys_full");
    json_array_foreach(json_object_get(doc, "upstreams"), i, o) {
        struct top_upstream  *u = top_list_add(&s->upstreams, sizeof(*u));

        if (u != NULL) {
            text(o, "name", u->name, sizeof(u->name));
            text(o, "state", u->state, sizeof(u->state));
            u->out_ms = number(o, "out_ms");
            u->asked = number(o, "asked");
            u->failed = number(o, "failed");
        }
    }
    json_array_foreach(json_object_get(limits, "of"), i, o) {
        struct top_limit  *l = top_list_add(&s->limits, sizeof(*l));

        if (l != NULL) {
            text(o, "kind", l->kind, sizeof(l->kind));
            text(o, "name", l->name, sizeof(l->name));
            text(o, "limit", l->limit, sizeof(l->limit));
            text(o, "per", l->per, sizeof(l->per));
            l->used = number(o, "used");
            l->max = number(o, "max");
        }
    }
    json_array_foreach(json_object_get(doc, "grants"), i, o) {
        struct top_grant  *g = top_list_add(&s->grants, sizeof(*g));

        if (g != NULL) {
            text(o, "scenario", g->scenario, sizeof(g->scenario));
            text(o, "unit", g->unit, sizeof(g->unit));
            g->limit = number(o, "limit");
            g->spent = number(o, "spent");
            g->reserved = number(o, "reserved");
        }
    }
}


bool
top_sample_read(struct top_sample *s, const char *metrics, const char *status,
    uint64_t at_ms)
{
    json_t         *doc = json_loads(status, 0, NULL);
    struct metric   m;
    bool            good = json_is_integer(json_object_get(doc, "pid"));

    memset(s, 0, sizeof(*s));
    s->at_ms = at_ms;
    if (good) {
        take_status(s, doc);
    }
    json_decref(doc);
    for (const char *p = metrics; good && *p != '\0'; ) {
        if (*p != '#' && *p != '\n') {
            good = read_line(p, &m) && take(s, &m);
        }
        p += strcspn(p, "\n");
        p += *p == '\n';
    }
    return good;
}


void
top_sample_release(struct top_sample *s)
{
    free(s->series.at);
    free(s->rules.at);
    free(s->upstreams.at);
    free(s->limits.at);
    free(s->grants.at);
    memset(s, 0, sizeof(*s));
}
