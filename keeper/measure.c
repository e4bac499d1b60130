/*
 * measure.c: counters and histograms of settled calls.
 */
#include "measure.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "weir/error.h"

static const char *const  endings[WEIR_STORE_ENDINGS] = {
    "ok", "refused", "denied", "cut", "client_gone", "upstream_error",
    "upstream_broke", "lost"
};

/* The bounds that the conventions advise for seconds, and ours for bytes. */
static const double  seconds[WEIR_MEASURE_BOUNDS] = {
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48,
    40.96, 81.92
};
static const double  first_seconds[WEIR_MEASURE_BOUNDS] = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
};
static const double  token_seconds[WEIR_MEASURE_BOUNDS] = {
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5,
    2.5
};
static const char *const  limits[WEIR_MEASURE_LIMITS] = {
    "requests", "tokens", "concurrency"
};
static const double  bytes[WEIR_MEASURE_BOUNDS] = {
    0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024, 4096
};


static struct weir_series *
series_of(struct weir_measure *m, const char *scenario, const char *model)
{
    struct weir_series  *s;

    for (uint32_t i = 0; i < m->nseries; i++) {
        s = &m->series[i];
        if (strcmp(s->model, model) == 0
            && strcmp(s->scenario, scenario) == 0)
        {
            return s;
        }
    }
    s = &m->series[m->nseries];
    if (m->nseries < WEIR_MEASURE_SERIES) {
        m->nseries++;
        (void) snprintf(s->scenario, sizeof(s->scenario), "%s", scenario);
        (void) snprintf(s->model, sizeof(s->model), "%s", model);
    } else {
        (void) snprintf(s->scenario, sizeof(s->scenario), "other");
        (void) snprintf(s->model, sizeof(s->model), "other");
    }
    return s;
}


static void
observe(struct weir_histogram *h, const double bounds[WEIR_MEASURE_BOUNDS],
    double v)
{
    unsigned  i = 0;

    while (i < WEIR_MEASURE_BOUNDS && v > bounds[i]) {
        i++;
    }
    h->counts[i]++;
    h->n++;
    h->sum += v;
}


static void
count_rule(struct weir_measure *m, const struct weir_hit *hit)
{
    struct weir_rule_count  *r;
    uint32_t                 i;

    for (i = 0; i < m->nrules; i++) {
        r = &m->rules[i];
        if (r->action == hit->action && r->answer == hit->answer
            && weir_span_is(hit->rule, r->rule))
        {
            break;
        }
    }
    r = &m->rules[i];
    if (i == m->nrules) {
        if (i < WEIR_MEASURE_SERIES) {
            m->nrules++;
            (void) snprintf(r->rule, sizeof(r->rule), "%.*s",
                            (int) hit->rule.len, (const char *) hit->rule.at);
            r->action = hit->action;
            r->answer = hit->answer;
        } else {
            (void) snprintf(r->rule, sizeof(r->rule), "other");
        }
    }
    r->calls++;
    r->findings += hit->count;
}


/* A call that a limit refused, by what the limit is of. */
static void
count_limited(struct weir_series *s, int error)
{
    switch (error) {
    case WEIR_E_RATE_REQUESTS:
        s->limited[0]++;
        break;
    case WEIR_E_RATE_TOKENS:
    case WEIR_E_RATE_TOO_LARGE:
        s->limited[1]++;
        break;
    case WEIR_E_RATE_CALLS:
        s->limited[2]++;
        break;
    default:
        break;
    }
}


void
weir_measure_add(struct weir_measure *m, const char *scenario,
    const char *model, uint64_t begun_ms, const struct weir_end_record *e)
{
    struct weir_series *const  s = series_of(m, scenario, model);
    const double               took = begun_ms == 0 || e->at_ms < begun_ms
        ? -1 : (double) (e->at_ms - begun_ms) / 1000;

    s->calls[e->ending < WEIR_STORE_ENDINGS ? e->ending : 0]++;
    s->estimated += e->usage == WEIR_USAGE_ESTIMATED;
    s->not_scanned[0] += e->request_scanned >= WEIR_SCAN_PARTLY;
    s->not_scanned[1] += e->answer_scanned >= WEIR_SCAN_PARTLY;
    s->input_tokens += e->input_tokens > 0 ? (uint64_t) e->input_tokens : 0;
    s->output_tokens += e->output_tokens > 0 ? (uint64_t) e->output_tokens
                                             : 0;
    s->charged += e->charged > 0 ? (uint64_t) e->charged : 0;
    if (took >= 0) {
        observe(&s->duration, seconds, took);
    }
    if (e->first_byte_ms > 0) {
        const double  first = (double) e->first_byte_ms / 1000;

        observe(&s->first_token, first_seconds, first);
        if (e->output_tokens > 1 && took > first) {
            observe(&s->per_token, token_seconds, (took - first)
                    / (double) (e->output_tokens - 1));
        }
        observe(&s->held, bytes, (double) e->held_max);
    }
    count_limited(s, e->error);
    for (uint32_t i = 0; i < e->nhits; i++) {
        s->findings += e->hits[i].count;
        count_rule(m, &e->hits[i]);
    }
}


void
weir_measure_begin(struct weir_measure *m, const struct weir_begin_record *b)
{
    struct weir_tool_count  *t;
    char                     model[sizeof(t->model)], tool[sizeof(t->tool)];
    uint32_t                 i;

    if (b->tool.len == 0) {
        return;
    }
    (void) snprintf(model, sizeof(model), "%.*s", (int) b->model.len,
                    (const char *) b->model.at);
    (void) snprintf(tool, sizeof(tool), "%.*s", (int) b->tool.len,
                    (const char *) b->tool.at);
    for (i = 0; i < m->ntools; i++) {
        t = &m->tools[i];
        if (strcmp(t->tool, tool) == 0 && strcmp(t->model, model) == 0) {
            break;
        }
    }
    t = &m->tools[i];
    if (i == m->ntools) {
        const bool  room = i < WEIR_MEASURE_SERIES;

        m->ntools += room;
        (void) snprintf(t->model, sizeof(t->model), "%s",
                        room ? model : "other");
        (void) snprintf(t->tool, sizeof(t->tool), "%s",
                        room ? tool : "other");
    }
    t->calls++;
}


void
weir_measure_label(FILE *f, const char *name, const char *value)
{
    fprintf(f, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"') {
            fprintf(f, "\\%c", *value);
        } else if (*value == '\n') {
            fputs("\\n", f);
        } else {
            fputc(*value, f);
        }
    }
    fputc('"', f);
}


static void
labels(FILE *f, const struct weir_series *s)
{
    weir_measure_label(f, "weir_scenario", s->scenario);
    fputc(',', f);
    weir_measure_label(f, "gen_ai_request_model", s->model);
}


static void
head(FILE *f, const char *name, const char *help, const char *type)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}


/* `at`: offset of the histogram in a series. */
static void
print_histogram(const struct weir_measure *m, FILE *f, const char *name,
    const char *help, size_t at, const double bounds[WEIR_MEASURE_BOUNDS])
{
    head(f, name, help, "histogram");
    for (uint32_t i = 0; i <= m->nseries && i <= WEIR_MEASURE_SERIES; i++) {
        const struct weir_series *const     s = &m->series[i];
        const struct weir_histogram *const  h = (const void *)
            ((const char *) s + at);
        uint64_t                            sum = 0;

        if (h->n == 0) {
            continue;
        }
        for (unsigned k = 0; k <= WEIR_MEASURE_BOUNDS; k++) {
            sum += h->counts[k];
            fprintf(f, "%s_bucket{", name);
            labels(f, s);
            if (k < WEIR_MEASURE_BOUNDS) {
                fprintf(f, ",le=\"%g\"} %" PRIu64 "\n", bounds[k], sum);
            } else {
                fprintf(f, ",le=\"+Inf\"} %" PRIu64 "\n", sum);
            }
        }
        fprintf(f, "%s_sum{", name);
        labels(f, s);
        fprintf(f, "} %.9g\n%s_count{", h->sum, name);
        labels(f, s);
        fprintf(f, "} %" PRIu64 "\n", h->n);
    }
}


static void
print_counter(const struct weir_measure *m, FILE *f, const char *name,
    const char *help, const char *more, size_t at)
{
    for (uint32_t i = 0; i <= m->nseries && i <= WEIR_MEASURE_SERIES; i++) {
        const struct weir_series *const  s = &m->series[i];
        uint64_t                         v;

        memcpy(&v, (const char *) s + at, sizeof(v));
        if (s->scenario[0] == '\0' && s->model[0] == '\0' && v == 0) {
            continue;
        }
        if (help != NULL) {
            head(f, name, help, "counter");
            help = NULL;
        }
        fprintf(f, "%s{", name);
        labels(f, s);
        fprintf(f, "%s} %" PRIu64 "\n", more, v);
    }
}


static void
print_rules(const struct weir_measure *m, FILE *f)
{
    static const char *const  actions[] = {
        "allow", "observe", "label", "pseudonymise", "redact", "deny"
    };

    for (int findings = 0; findings < 2; findings++) {
        const char *const  name = findings ? "weir_rule_findings_total"
                                           : "weir_rule_calls_total";

        head(f, name, findings ? "Findings, by rule."
                               : "Calls in which a rule fired.", "counter");
        for (uint32_t i = 0; i <= m->nrules && i <= WEIR_MEASURE_SERIES; i++)
        {
            const struct weir_rule_count *const  r = &m->rules[i];

            if (r->calls == 0) {
                continue;
            }
            fprintf(f, "%s{", name);
            weir_measure_label(f, "rule", r->rule);
            fprintf(f, ",action=\"%s\",direction=\"%s\"} %" PRIu64 "\n",
                    r->action < 6 ? actions[r->action] : "other",
                    r->answer ? "answer" : "request",
                    findings ? r->findings : r->calls);
        }
    }
}


static void
print_tools(const struct weir_measure *m, FILE *f)
{
    head(f, "weir_tool_calls_total", "Calls of tools of MCP servers that "
         "began, by the register's list.", "counter");
    for (uint32_t i = 0; i <= m->ntools && i <= WEIR_MEASURE_SERIES; i++) {
        const struct weir_tool_count *const  t = &m->tools[i];

        if (t->calls != 0) {
            fprintf(f, "weir_tool_calls_total{");
            weir_measure_label(f, "gen_ai_request_model", t->model);
            fputc(',', f);
            weir_measure_label(f, "gen_ai_tool_name", t->tool);
            fprintf(f, "} %" PRIu64 "\n", t->calls);
        }
    }
}


void
weir_measure_print(const struct weir_measure *m, FILE *f)
{
    for (unsigned k = 0; k < WEIR_STORE_ENDINGS; k++) {
        char  more[40];

        (void) snprintf(more, sizeof(more), ",ending=\"%s\"", endings[k]);
        print_counter(m, f, "weir_requests_total", k == 0
            ? "Calls settled, by scenario, model and ending." : NULL, more,
            offsetof(struct weir_series, calls) + k * sizeof(uint64_t));
    }
    print_counter(m, f, "gen_ai_client_token_usage_total", "Tokens, by kind.",
                  ",gen_ai_token_type=\"input\"",
                  offsetof(struct weir_series, input_tokens));
    print_counter(m, f, "gen_ai_client_token_usage_total", NULL,
                  ",gen_ai_token_type=\"output\"",
                  offsetof(struct weir_series, output_tokens));
    print_counter(m, f, "weir_findings_total", "Findings of all rules.", "",
                  offsetof(struct weir_series, findings));
    for (unsigned k = 0; k < WEIR_MEASURE_LIMITS; k++) {
        char  more[40];

        (void) snprintf(more, sizeof(more), ",limit=\"%s\"", limits[k]);
        print_counter(m, f, "weir_limit_refused_total", k == 0
            ? "Calls refused by a limit of their key, scenario or model."
            : NULL, more, offsetof(struct weir_series, limited)
            + k * sizeof(uint64_t));
    }
    print_counter(m, f, "weir_charged_micro_total", "Charged, in millionths "
                  "of the unit of the grant.", "",
                  offsetof(struct weir_series, charged));
    print_counter(m, f, "weir_usage_estimated_total", "Calls whose usage was "
                  "estimated.", "", offsetof(struct weir_series, estimated));
    print_counter(m, f, "weir_not_scanned_total", "Calls that were inspected "
                  "in part or not at all.", ",direction=\"request\"",
                  offsetof(struct weir_series, not_scanned));
    print_counter(m, f, "weir_not_scanned_total", NULL,
                  ",direction=\"answer\"",
                  offsetof(struct weir_series, not_scanned)
                  + sizeof(uint64_t));
    print_histogram(m, f, "gen_ai_server_request_duration_seconds",
                    "From the request to the last byte.",
                    offsetof(struct weir_series, duration), seconds);
    print_histogram(m, f, "gen_ai_server_time_to_first_token_seconds",
                    "From the request to the first byte of the answer.",
                    offsetof(struct weir_series, first_token), first_seconds);
    print_histogram(m, f, "gen_ai_server_time_per_output_token_seconds",
                    "Time between output tokens behind the first.",
                    offsetof(struct weir_series, per_token), token_seconds);
    print_histogram(m, f, "weir_held_back_bytes",
                    "Most bytes of an answer that waited for a rule at once.",
                    offsetof(struct weir_series, held), bytes);
    print_rules(m, f);
    print_tools(m, f);
}
