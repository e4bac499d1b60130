/*
 * limited.c: how full the limits of scenarios, models and keys are, from the
 * meters in the account file.
 *
 * Which limits there are says the snapshot in force. It is opened once a
 * generation, when first somebody asks, and what is needed is kept; after
 * that a look costs the windows that have a limit (weir_meter_look), without
 * the lock that the workers need. At most WEIR_LIMITED_MAX names, since the
 * compiler admits no more (0008); keys give two counts and no series each.
 */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "weir/meter.h"
#include "weir/snapshot.h"

#define WEIR_LIMITED_MAX  (WEIR_METERS_MAX / 2)

/* Of a name: all windows, and calls in flight. */
#define WEIR_LIMITED_LINES  (WEIR_LIMITED * WEIR_WIDTHS + 1)

enum limited_kind { OF_SCENARIO, OF_MODEL, OF_KEY };

struct limited_name {
    enum limited_kind        kind;
    char                     name[WEIR_NAME_BYTES_MAX + 1];  /* "": a key */
    struct weir_snap_limits  limits;     /* with the meter, of keys too */
};

struct weir_full {
    uint64_t             generation;
    struct limited_name  at[WEIR_LIMITED_MAX];
    uint32_t             n;
};

/* One limit of one name. */
struct line {
    const struct limited_name  *of;
    const char                 *limit;
    const char                 *per;     /* NULL: calls in flight */
    uint64_t                    used, max;
};

static const char *const  kinds[] = { "scenario", "model", "key" };
static const char *const  whats[] = {
    [WEIR_LIMIT_REQUESTS] = "requests", [WEIR_LIMIT_TOKENS] = "tokens"
};
static const char *const  widths[WEIR_WIDTHS] = {
    [WEIR_PER_SECOND] = "second", [WEIR_PER_MINUTE] = "minute",
    [WEIR_PER_HOUR] = "hour", [WEIR_PER_DAY] = "day"
};


static void
add(struct weir_full *l, const struct weir_snapshot *snap, uint32_t limits,
    enum limited_kind kind, const char *name, const uint8_t *meter)
{
    struct limited_name  *n = &l->at[l->n];

    if (limits == WEIR_SNAP_NONE || l->n == WEIR_LIMITED_MAX) {
        return;
    }
    n->kind = kind;
    (void) snprintf(n->name, sizeof(n->name), "%s", name);
    n->limits = snap->limits[limits];
    if (meter != NULL) {
        memcpy(n->limits.meter, meter, sizeof(n->limits.meter));
    }
    l->n++;
}


/* The limits of the snapshot in force; NULL when it cannot be read. */
static const struct weir_full *
limits_of(struct weir_keeper *k)
{
    struct weir_full   *l = k->limited;
    struct weir_snapshot   snap;

    if (l != NULL && l->generation == k->generation) {
        return l;
    }
    if (l == NULL) {
        l = k->limited = calloc(1, sizeof(*l));
    }
    if (l == NULL
        || weir_snapshot_map(&snap, k->snapshot_fd, "current") != WEIR_OK)
    {
        return NULL;
    }
    l->n = 0;
    l->generation = k->generation;
    for (uint32_t i = 0; i < snap.counts[WEIR_SNAP_SCENARIOS]; i++) {
        const struct weir_snap_scenario *const  s = &snap.scenarios[i];

        add(l, &snap, s->limits, OF_SCENARIO, weir_snap_text(&snap, s->name),
            NULL);
    }
    for (uint32_t i = 0; i < snap.counts[WEIR_SNAP_MODELS]; i++) {
        const struct weir_snap_model *const  m = &snap.models[i];

        add(l, &snap, m->limits, OF_MODEL, weir_snap_text(&snap, m->name),
            NULL);
    }
    for (uint32_t i = 0; i < snap.counts[WEIR_SNAP_KEYS]; i++) {
        const struct weir_snap_key *const  key = &snap.keys[i];

        add(l, &snap, snap.scenarios[key->scenario].key_limits, OF_KEY, "",
            key->digest);
    }
    weir_snapshot_close(&snap);
    (void) malloc_trim(0);       /* its regexes were compiled for nothing */
    return l;
}


void
weir_limited_release(struct weir_keeper *k)
{
    free(k->limited);
    k->limited = NULL;
}


/* How full each limit of a name is; how many lines there are. */
static unsigned
look(const struct weir_keeper *k, const struct limited_name *n,
    uint64_t now_ms, struct line out[WEIR_LIMITED_LINES])
{
    struct weir_meter_used  used;
    unsigned                lines = 0;

    weir_meter_look(k->account, n->limits.meter, &n->limits, now_ms, &used);
    for (unsigned what = 0; what < WEIR_LIMITED; what++) {
        for (unsigned width = 0; width < WEIR_WIDTHS; width++) {
            if (n->limits.most[what][width] != 0) {
                out[lines++] = (struct line) { n, whats[what], widths[width],
                    used.in[what][width], n->limits.most[what][width] };
            }
        }
    }
    if (n->limits.calls != 0) {
        out[lines++] = (struct line) { n, "concurrency", NULL, used.calls,
                                       n->limits.calls };
    }
    return lines;
}


static bool
is_full(const struct line *at, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (at[i].used >= at[i].max) {
            return true;
        }
    }
    return false;
}


json_t *
weir_limited_json(struct weir_keeper *k)
{
    const struct weir_full *const  l = limits_of(k);
    const uint64_t                    now_ms = weir_meter_now();
    json_t                           *list = json_array();
    struct line                       at[WEIR_LIMITED_LINES];
    json_int_t                        keys = 0, full = 0;

    for (uint32_t i = 0; l != NULL && i < l->n; i++) {
        const unsigned  n = look(k, &l->at[i], now_ms, at);

        if (l->at[i].kind == OF_KEY) {
            keys++;
            full += is_full(at, n);
            continue;
        }
        for (unsigned j = 0; j < n; j++) {
            json_t  *o = json_pack("{s:s, s:s, s:s, s:I, s:I}",
                "kind", kinds[l->at[i].kind], "name", l->at[i].name,
                "limit", at[j].limit, "used", (json_int_t) at[j].used,
                "max", (json_int_t) at[j].max);

            if (at[j].per != NULL) {
                json_object_set_new(o, "per", json_string(at[j].per));
            }
            json_array_append_new(list, o);
        }
    }
    return json_pack("{s:o, s:I, s:I}", "of", list, "keys", keys,
                     "keys_full", full);
}


static void
print(FILE *f, const char *name, const struct line *l, uint64_t v)
{
    fprintf(f, "%s{kind=\"%s\",", name, kinds[l->of->kind]);
    weir_measure_label(f, "name", l->of->name);
    fprintf(f, ",limit=\"%s\"", l->limit);
    if (l->per != NULL) {
        fprintf(f, ",per=\"%s\"", l->per);
    }
    fprintf(f, "} %" PRIu64 "\n", v);
}


void
weir_limited_print(struct weir_keeper *k, FILE *f)
{
    const struct weir_full *const  l = limits_of(k);
    const uint64_t                    now_ms = weir_meter_now();
    struct line                       at[WEIR_LIMITED_LINES];
    uint64_t                          keys = 0, full = 0;

    for (int max = 0; max < 2; max++) {
        const char *const  name = max ? "weir_limit_max" : "weir_limit_used";

        fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", name, max
                ? "Limits in force." : "Counted under a limit: in its "
                "sliding window, or in flight.", name);
        for (uint32_t i = 0; l != NULL && i < l->n; i++) {
            const unsigned  n = look(k, &l->at[i], now_ms, at);

            if (l->at[i].kind == OF_KEY) {
                keys += !max;
                full += !max && is_full(at, n);
                continue;
            }
            for (unsigned j = 0; j < n; j++) {
                print(f, name, &at[j], max ? at[j].max : at[j].used);
            }
        }
    }
    fprintf(f, "# HELP weir_limit_keys Keys that have limits.\n"
            "# TYPE weir_limit_keys gauge\nweir_limit_keys %" PRIu64 "\n"
            "# HELP weir_limit_keys_full Keys with a limit that is reached."
            "\n# TYPE weir_limit_keys_full gauge\n"
            "weir_limit_keys_full %" PRIu64 "\n", keys, full);
}
