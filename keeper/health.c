/*
 * health.c: which upstreams of the register are in service, as the workers
 * know it: from their cells in the account file.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "weir/breaker.h"
#include "weir/meter.h"

struct upstream {
    char                        name[WEIR_NAME_BYTES_MAX + 1];
    enum weir_breaker_state     state;
    uint64_t                    out_ms;      /* of OPEN, WAITS, DOWN: still */
    struct weir_breaker_counts  counts;
};

struct upstreams {
    const struct weir_account  *account;
    uint64_t                    now_ms;
    struct upstream            *at;
    size_t                      n;
};

static const char *const  states[] = {
    [WEIR_BREAKER_CLOSED] = "closed", [WEIR_BREAKER_HALF] = "half_open",
    [WEIR_BREAKER_OPEN] = "open", [WEIR_BREAKER_WAITS] = "waits",
    [WEIR_BREAKER_DOWN] = "down"
};


static int
add(void *ctx, const struct weir_stored *r)
{
    struct upstreams *const  all = ctx;
    struct upstream         *u = &all->at[all->n];
    uint8_t                  id[16];
    uint64_t                 until;

    if (weir_kind_by_name(r->kind) != WEIR_KIND_UPSTREAM
        || all->n == WEIR_BREAKERS_MAX / 2)
    {
        return 0;
    }
    (void) snprintf(u->name, sizeof(u->name), "%s", r->name);
    weir_breaker_id(r->name, strlen(r->name), id);
    u->state = weir_breaker_look(all->account, id, all->now_ms, &until);
    u->out_ms = until > all->now_ms ? until - all->now_ms : 0;
    weir_breaker_read(all->account, id, &u->counts);
    all->n++;
    return 0;
}


/* Freed by the caller; nothing when the store cannot be read. */
static struct upstreams
gather(struct weir_keeper *k)
{
    struct upstreams  all = { .account = k->account,
                              .now_ms = weir_meter_now() };

    all.at = calloc(WEIR_BREAKERS_MAX / 2 + 1, sizeof(*all.at));
    if (all.at != NULL
        && k->store->resource_each(k->store, add, &all) != WEIR_OK)
    {
        all.n = 0;
    }
    return all;
}


json_t *
weir_health_json(struct weir_keeper *k)
{
    struct upstreams  all = gather(k);
    json_t           *list = json_array();

    for (size_t i = 0; i < all.n; i++) {
        const struct upstream *const  u = &all.at[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}",
            "name", u->name, "state", states[u->state],
            "out_ms", (json_int_t) u->out_ms,
            "asked", (json_int_t) u->counts.asked,
            "failed", (json_int_t) u->counts.failed,
            "checks_failed", (json_int_t) u->counts.checks_failed));
    }
    free(all.at);
    return list;
}


static void
counter(const struct upstreams *all, FILE *f, const char *name,
    const char *help, size_t at)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
    for (size_t i = 0; i < all->n; i++) {
        uint64_t  v;

        memcpy(&v, (const char *) &all->at[i].counts + at, sizeof(v));
        fprintf(f, "%s{", name);
        weir_measure_label(f, "upstream", all->at[i].name);
        fprintf(f, "} %" PRIu64 "\n", v);
    }
}


void
weir_health_print(struct weir_keeper *k, FILE *f)
{
    struct upstreams  all = gather(k);

    fprintf(f, "# HELP weir_upstream_up 0 while its breaker is open or half "
            "open, its checks fail, or it said when to come back.\n"
            "# TYPE weir_upstream_up gauge\n");
    for (size_t i = 0; i < all.n; i++) {
        fprintf(f, "weir_upstream_up{");
        weir_measure_label(f, "upstream", all.at[i].name);
        fprintf(f, "} %d\n", all.at[i].state == WEIR_BREAKER_CLOSED);
    }
    fprintf(f, "# HELP weir_upstream_checks_failed Active checks that failed "
            "in a row, at most %d.\n"
            "# TYPE weir_upstream_checks_failed gauge\n", WEIR_CHECKS_MAX);
    for (size_t i = 0; i < all.n; i++) {
        fprintf(f, "weir_upstream_checks_failed{");
        weir_measure_label(f, "upstream", all.at[i].name);
        fprintf(f, "} %u\n", all.at[i].counts.checks_failed);
    }
    counter(&all, f, "weir_upstream_asked_total", "Attempts of calls.",
            offsetof(struct weir_breaker_counts, asked));
    counter(&all, f, "weir_upstream_failures_total", "Attempts that failed: "
            "unreachable, timed out, 5xx, broke off before the first byte.",
            offsetof(struct weir_breaker_counts, failed));
    counter(&all, f, "weir_upstream_limited_total", "Attempts answered 429.",
            offsetof(struct weir_breaker_counts, limited));
    counter(&all, f, "weir_upstream_opened_total", "Times that its breaker "
            "opened.", offsetof(struct weir_breaker_counts, opened));
    free(all.at);
}
