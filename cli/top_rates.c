/*
 * top_rates.c: what happened between two samples.
 *
 * A counter of one keeper never falls; another keeper (its pid differs)
 * begins at 0, and so does a series that was not there before. In both cases
 * all that it shows now happened since.
 */
#include "top.h"

#include <math.h>
#include <stdlib.h>

/* What is added up over the series of one row. */
struct sum {
    double                count[TOP_COUNTERS];     /* since the start */
    double                rise[TOP_COUNTERS];
    struct top_histogram  was[TOP_TIMES], is[TOP_TIMES];
};

struct group {                   /* a row that is being added up */
    const char  *name;           /* in a sample or a title */
    struct sum   sum;
};


double
top_rise(double before, double now)
{
    return now >= before ? now - before : now;
}


double
top_quantile(const struct top_histogram *before,
    const struct top_histogram *now, double q)
{
    double    count[TOP_BOUNDS_MAX], rank;
    unsigned  i;

    if (now->n == 0) {
        return NAN;
    }
    if (before != NULL
        && (before->n != now->n
            || before->count[now->n - 1] > now->count[now->n - 1]))
    {
        before = NULL;           /* it began anew */
    }
    for (i = 0; i < now->n; i++) {
        count[i] = now->count[i] - (before != NULL ? before->count[i] : 0);
    }
    rank = q * count[now->n - 1];
    if (count[now->n - 1] <= 0) {
        return NAN;
    }
    for (i = 0; i + 1 < now->n && count[i] < rank; i++) {
        /* the bucket that holds the rank */
    }
    if (isinf(now->le[i])) {     /* all that is known: above the last bound */
        return i > 0 ? now->le[i - 1] : NAN;
    }
    if (i == 0) {
        return count[0] > 0 ? now->le[0] * rank / count[0] : now->le[0];
    }
    return now->le[i - 1] + (now->le[i] - now->le[i - 1])
           * (rank - count[i - 1]) / (count[i] - count[i - 1]);
}


static void
merge(struct top_histogram *to, const struct top_histogram *h)
{
    if (to->n == 0) {
        *to = *h;
        return;
    }
    for (unsigned i = 0; i < to->n && i < h->n; i++) {
        to->count[i] += h->count[i];
    }
}


static const struct top_series *
same_series(const struct top_sample *in, const struct top_series *s, size_t i)
{
    const struct top_series  *at = in->series.at;

    /* Series are never taken out: mostly it stands at the same place. */
    for (size_t n = 0; n < in->series.n; n++) {
        const struct top_series *const  o = &at[(i + n) % in->series.n];

        if (strcmp(o->scenario, s->scenario) == 0
            && strcmp(o->model, s->model) == 0)
        {
            return o;
        }
    }
    return NULL;
}


static void
add_up(struct sum *to, const struct top_series *old,
    const struct top_series *before, const struct top_series *now)
{
    for (unsigned i = 0; i < TOP_COUNTERS; i++) {
        to->count[i] += now->count[i];
        to->rise[i] += top_rise(before != NULL ? before->count[i] : 0,
                                now->count[i]);
    }
    for (unsigned t = 0; t < TOP_TIMES; t++) {
        merge(&to->is[t], &now->times[t]);
        if (old != NULL && old->times[t].n > 0) {
            merge(&to->was[t], &old->times[t]);
        }
    }
}


static struct group *
group_of(struct top_list *groups, const char *name)
{
    struct group  *g = groups->at;

    for (size_t i = 0; i < groups->n; i++) {
        if (strcmp(g[i].name, name) == 0) {
            return &g[i];
        }
    }
    g = top_list_add(groups, sizeof(*g));
    if (g != NULL) {
        g->name = name;
    }
    return g;
}


static void
call_cells(const struct sum *s, double seconds, struct top_cell *c)
{
    for (unsigned i = 0; i < TOP_COUNTERS; i++) {
        c[TOP_C_RATES + i].v = s->rise[i] / seconds;
        c[TOP_C_TOTALS + i].v = s->count[i];
    }
    c[TOP_C_FIRST_P50].v = top_quantile(s->was[TOP_FIRST].n > 0
        ? &s->was[TOP_FIRST] : NULL, &s->is[TOP_FIRST], 0.5);
    c[TOP_C_FIRST_P95].v = top_quantile(s->was[TOP_FIRST].n > 0
        ? &s->was[TOP_FIRST] : NULL, &s->is[TOP_FIRST], 0.95);
    c[TOP_C_TOKEN_P50].v = top_quantile(s->was[TOP_TOKEN].n > 0
        ? &s->was[TOP_TOKEN] : NULL, &s->is[TOP_TOKEN], 0.5);
    c[TOP_C_SPENT].v = c[TOP_C_LEFT].v = NAN;
    c[TOP_C_UNIT].s = c[TOP_C_TITLE].s = "";
}


/* A scenario may have had several funds; the one that still gives counts. */
static void
money_cells(const struct top_sample *now, struct top_cell *c)
{
    const struct top_grant  *g = now->grants.at;

    for (size_t i = 0; i < now->grants.n; i++) {
        if (strcmp(g[i].scenario, c[TOP_C_NAME].s) == 0
            && (g[i].limit > 0 || isnan(c[TOP_C_SPENT].v)))
        {
            c[TOP_C_SPENT].v = g[i].spent;
            c[TOP_C_LEFT].v = g[i].limit - g[i].spent - g[i].reserved;
            c[TOP_C_UNIT].s = g[i].unit;
        }
    }
}


static bool
call_rows(const struct top_list *groups, double seconds,
    struct top_list *out)
{
    const struct group  *g = groups->at;

    for (size_t i = 0; i < groups->n; i++) {
        struct top_row *const  row = top_list_add(out, sizeof(*row));

        if (row == NULL) {
            return false;
        }
        /* A call that named none, such as one for the list of models. */
        row->c[TOP_C_NAME].s = g[i].name[0] != '\0' ? g[i].name : "-";
        call_cells(&g[i].sum, seconds, row->c);
    }
    return true;
}


static bool
calls(const struct top_sample *old, const struct top_sample *before,
    const struct top_sample *now, const struct top_list *titles,
    struct top_rows *out)
{
    const struct top_series *const  s = now->series.at;
    const struct top_title *const   t = titles->at;
    const struct top_grant *const   grant = now->grants.at;
    struct top_list                 scenarios = { 0 }, models = { 0 };
    struct sum                     *total = calloc(1, sizeof(*total));
    bool                            good = total != NULL;

    /* Those that nobody calls are shown too: first, in the register's
       order. */
    for (size_t i = 0; i < titles->n && good; i++) {
        good = group_of(&scenarios, t[i].scenario) != NULL;
    }
    for (size_t i = 0; i < now->grants.n && good; i++) {
        good = grant[i].limit <= 0
               || group_of(&scenarios, grant[i].scenario) != NULL;
    }
    for (size_t i = 0; i < now->series.n && good; i++) {
        const struct top_series *const  a = same_series(old, &s[i], i);
        const struct top_series *const  b = same_series(before, &s[i], i);
        struct group                   *g;

        good = (g = group_of(&scenarios, s[i].scenario)) != NULL;
        if (good) {
            add_up(&g->sum, a, b, &s[i]);
            add_up(total, a, b, &s[i]);
            good = (g = group_of(&models, s[i].model)) != NULL;
        }
        if (good) {
            add_up(&g->sum, a, b, &s[i]);
        }
    }
    good = good
        && call_rows(&scenarios, out->seconds, &out->table[TOP_SCENARIOS])
        && call_rows(&models, out->seconds, &out->table[TOP_MODELS]);
    if (total != NULL) {
        call_cells(total, out->seconds, out->total);
    }
    free(total);
    free(scenarios.at);
    free(models.at);
    return good;
}


static void
details(const struct top_sample *now, const struct top_list *titles,
    struct top_list *scenarios)
{
    const struct top_title *const  t = titles->at;
    struct top_row *const          row = scenarios->at;

    for (size_t i = 0; i < scenarios->n; i++) {
        money_cells(now, row[i].c);
        for (size_t k = 0; k < titles->n; k++) {
            if (strcmp(t[k].scenario, row[i].c[TOP_C_NAME].s) == 0) {
                row[i].c[TOP_C_TITLE].s = t[k].title;
            }
        }
    }
}


static bool
upstreams(const struct top_sample *before, const struct top_sample *now,
    struct top_rows *out)
{
    const struct top_upstream *const  u = now->upstreams.at;
    const struct top_upstream *const  b = before->upstreams.at;

    for (size_t i = 0; i < now->upstreams.n; i++) {
        struct top_row *const  row = top_list_add(&out->table[TOP_UPSTREAMS],
                                                  sizeof(*row));
        double                 asked = 0, failed = 0;

        if (row == NULL) {
            return false;
        }
        for (size_t k = 0; k < before->upstreams.n; k++) {
            if (strcmp(b[k].name, u[i].name) == 0) {
                asked = b[k].asked;
                failed = b[k].failed;
            }
        }
        row->c[TOP_U_NAME].s = u[i].name;
        row->c[TOP_U_STATE].s = u[i].state;
        row->c[TOP_U_ASKED].v = top_rise(asked, u[i].asked) / out->seconds;
        row->c[TOP_U_FAILED].v = top_rise(failed, u[i].failed)
                                 / out->seconds;
        row->c[TOP_U_OUT].v = u[i].out_ms > 0 ? u[i].out_ms / 1000 : NAN;
        row->c[TOP_U_ASKED_TOTAL].v = u[i].asked;
        row->c[TOP_U_FAILED_TOTAL].v = u[i].failed;
    }
    return true;
}


static bool
rules(const struct top_sample *before, const struct top_sample *now,
    struct top_rows *out)
{
    const struct top_rule *const  r = now->rules.at;
    const struct top_rule *const  b = before->rules.at;

    for (size_t i = 0; i < now->rules.n; i++) {
        struct top_row *const  row = top_list_add(&out->table[TOP_RULES],
                                                  sizeof(*row));
        double                 hits = 0, n = 0;

        if (row == NULL) {
            return false;
        }
        for (size_t k = 0; k < before->rules.n; k++) {
            if (strcmp(b[k].rule, r[i].rule) == 0
                && strcmp(b[k].action, r[i].action) == 0
                && strcmp(b[k].direction, r[i].direction) == 0)
            {
                hits = b[k].findings;
                n = b[k].calls;
            }
        }
        row->c[TOP_R_RULE].s = r[i].rule;
        row->c[TOP_R_ACTION].s = r[i].action;
        row->c[TOP_R_DIRECTION].s = r[i].direction;
        row->c[TOP_R_FINDINGS].v = top_rise(hits, r[i].findings)
                                   / out->seconds;
        row->c[TOP_R_CALLS].v = top_rise(n, r[i].calls) / out->seconds;
        row->c[TOP_R_FINDINGS_TOTAL].v = r[i].findings;
        row->c[TOP_R_CALLS_TOTAL].v = r[i].calls;
    }
    return true;
}


static bool
limits(const struct top_sample *now, struct top_rows *out)
{
    const struct top_limit *const  l = now->limits.at;

    for (size_t i = 0; i < now->limits.n; i++) {
        struct top_row *const  row = top_list_add(&out->table[TOP_LIMITS],
                                                  sizeof(*row));

        if (row == NULL) {
            return false;
        }
        row->c[TOP_L_NAME].s = l[i].name;
        row->c[TOP_L_KIND].s = l[i].kind;
        row->c[TOP_L_LIMIT].s = l[i].limit;
        row->c[TOP_L_PER].s = l[i].per;
        row->c[TOP_L_USED].v = l[i].used;
        row->c[TOP_L_MAX].v = l[i].max;
        row->c[TOP_L_SHARE].v = l[i].max > 0 ? l[i].used / l[i].max : NAN;
    }
    return true;
}


bool
top_rates(const struct top_sample *old, const struct top_sample *before,
    const struct top_sample *now, const struct top_list *titles,
    struct top_rows *out)
{
    static const struct top_sample  nothing;
    bool                            good;

    memset(out, 0, sizeof(*out));
    out->seconds = now->at_ms > before->at_ms
        ? (double) (now->at_ms - before->at_ms) / 1000 : 1;
    /* The breakers' counts live in the account file, which outlives the
       keeper. */
    good = upstreams(before, now, out);
    if (before->pid != now->pid) {
        before = &nothing;
    }
    if (old->pid != now->pid) {
        old = &nothing;
    }
    good = good && calls(old, before, now, titles, out)
           && rules(before, now, out) && limits(now, out);
    details(now, titles, &out->table[TOP_SCENARIOS]);
    return good;
}


void
top_rows_release(struct top_rows *r)
{
    for (unsigned i = 0; i < TOP_TABLES; i++) {
        free(r->table[i].at);
    }
    memset(r, 0, sizeof(*r));
}
