/*
 * metrics.c: how it stands: JSON for people's tools, Prometheus text for
 * machines (text exposition format 0.0.4).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "files.h"
#include "hosts.h"
#include "money.h"
#include "period.h"

static const char *const  endings[WEIR_STORE_ENDINGS] = {
    "ok", "refused", "denied", "cut", "client_gone", "upstream_error",
    "upstream_broke", "lost"
};


static json_t *
grant_json(struct weir_keeper *k, uint32_t i)
{
    const struct weir_stored_slot  *s = k->slots[i];
    struct weir_account_state       state;
    char                            limit[WEIR_MONEY_TEXT];
    char                            spent[WEIR_MONEY_TEXT];
    char                            reserved[WEIR_MONEY_TEXT], since[24];

    weir_account_read(k->account, i, &state);
    weir_money_text(state.limit, limit);
    weir_money_text(state.spent, spent);
    weir_money_text(state.reserved, reserved);
    weir_time_text(s->period_start_ms, since);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}",
                     "scenario", s->scenario, "fund", s->fund, "unit",
                     s->unit, "per",
                     weir_period_name((enum weir_period) s->period), "since",
                     since, "limit", limit, "spent", spent, "reserved",
                     reserved, "slot", (json_int_t) i);
}


void
weir_answer_status(struct weir_keeper *k, struct weir_answer *out)
{
    struct weir_workers  w;
    uint64_t  counts[WEIR_STORE_ENDINGS];
    char      built[24];
    json_t   *calls = json_object(), *grants = json_array(), *doc;

    if (k->store->ending_counts(k->store, counts) != WEIR_OK) {
        memset(counts, 0, sizeof(counts));
    }
    for (unsigned i = 0; i < WEIR_STORE_ENDINGS; i++) {
        json_object_set_new(calls, endings[i],
                            json_integer((json_int_t) counts[i]));
    }
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        if (k->slots[i] != NULL) {
            json_array_append_new(grants, grant_json(k, i));
        }
    }
    weir_time_text(k->built_ms, built);
    weir_account_workers(k->account, 0, &w);
    doc = json_pack("{s:I, s:I, s:s, s:I, s:o, s:o, s:o, s:o,"
                    " s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:b}}",
                    "pid", (json_int_t) getpid(),
                    "generation", (json_int_t) k->generation,
                    "in_force_since", built,
                    "snapshot_build_us", (json_int_t) k->built_us,
                    "calls", calls, "grants", grants,
                    "upstreams", weir_health_json(k),
                    "limits", weir_limited_json(k), "memory",
                    "used_bytes", (json_int_t) w.memory_used,
                    "max_bytes", (json_int_t) w.memory_max,
                    "refused", (json_int_t) w.memory_refused, "journal",
                    "frames", (json_int_t) k->frames,
                    "lag_bytes", (json_int_t) k->lag_bytes,
                    "damaged_bytes", (json_int_t) k->damaged_bytes,
                    "lost_calls", (json_int_t) k->lost_calls,
                    "failing", k->settle_failing);
    out->status = 200;
    out->type = "application/json";
    out->body = json_dumps(doc, JSON_INDENT(1) | JSON_SORT_KEYS);
    out->len = out->body != NULL ? strlen(out->body) : 0;
    json_decref(doc);
}


static void
gauge(FILE *f, const char *name, const char *help, const char *type,
    uint64_t value)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help,
            name, type, name, value);
}


static void
memory(struct weir_keeper *k, FILE *f)
{
    struct weir_workers  w;

    weir_account_workers(k->account, 0, &w);
    gauge(f, "weir_workers", "Workers that are alive, those too that end.",
          "gauge", w.alive);
    gauge(f, "weir_memory_used_bytes", "What calls of all workers hold.",
          "gauge", w.memory_used);
    gauge(f, "weir_memory_max_bytes", "What they may hold.", "gauge",
          w.memory_max);
    gauge(f, "weir_memory_refused_total", "Times that memory was refused, "
          "since the workers started.", "counter", w.memory_refused);
}


static void
hosts(struct weir_keeper *k, FILE *f)
{
    struct weir_hosts_state  s;

    weir_hosts_state(k->hosts, &s);
    gauge(f, "weir_upstream_names", "Host names of upstreams that are looked "
          "up.", "gauge", s.names);
    gauge(f, "weir_upstream_names_unknown", "Of them, whose last look-up "
          "failed; their last addresses stay.", "gauge", s.unknown);
}


static void
grants_of(struct weir_keeper *k, FILE *f, const char *name, const char *help,
    size_t member)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        struct weir_account_state  state;
        weir_micro                 v;
        char                       text[WEIR_MONEY_TEXT];

        if (k->slots[i] == NULL) {
            continue;
        }
        weir_account_read(k->account, i, &state);
        memcpy(&v, (const char *) &state + member, sizeof(v));
        weir_money_text(v, text);
        fprintf(f, "%s{", name);
        weir_measure_label(f, "scenario", k->slots[i]->scenario);
        fputc(',', f);
        weir_measure_label(f, "fund", k->slots[i]->fund);
        fputc(',', f);
        weir_measure_label(f, "unit", k->slots[i]->unit);
        fprintf(f, "} %s\n", text);
    }
}


void
weir_answer_metrics(struct weir_keeper *k, struct weir_answer *out)
{
    uint64_t  counts[WEIR_STORE_ENDINGS];
    FILE     *f = open_memstream(&out->body, &out->len);

    if (f == NULL) {
        weir_answer_error(out, 503, "no_memory", "Out of memory.", NULL);
        return;
    }
    if (k->store->ending_counts(k->store, counts) != WEIR_OK) {
        memset(counts, 0, sizeof(counts));
    }
    memory(k, f);
    hosts(k, f);
    gauge(f, "weir_snapshot_generation", "Snapshot in force.", "gauge",
          k->generation);
    fprintf(f, "# HELP weir_snapshot_build_seconds Time the last snapshot "
            "took to build.\n# TYPE weir_snapshot_build_seconds gauge\n"
            "weir_snapshot_build_seconds %" PRIu64 ".%06" PRIu64 "\n",
            k->built_us / 1000000, k->built_us % 1000000);
    fprintf(f, "# HELP weir_calls_total Calls settled, by ending.\n"
            "# TYPE weir_calls_total counter\n");
    for (unsigned i = 0; i < WEIR_STORE_ENDINGS; i++) {
        fprintf(f, "weir_calls_total{ending=\"%s\"} %" PRIu64 "\n",
                endings[i], counts[i]);
    }
    weir_measure_print(&k->measure, f);
    weir_health_print(k, f);
    weir_limited_print(k, f);
    gauge(f, "weir_journal_frames_total", "Frames read since the keeper "
          "started.", "counter", k->frames);
    gauge(f, "weir_journal_lag_bytes", "Journal bytes not yet posted (whole "
          "files count their claimed space).", "gauge", k->lag_bytes);
    gauge(f, "weir_journal_damaged_bytes_total", "Journal bytes that failed "
          "their checksum.", "counter", k->damaged_bytes);
    gauge(f, "weir_calls_lost_total", "Calls whose worker died, charged "
          "their reserve.", "counter", k->lost_calls);
    gauge(f, "weir_settle_failing", "1 while journals cannot be posted.",
          "gauge", k->settle_failing);
    grants_of(k, f, "weir_grant_limit", "Limit of the running period.",
              offsetof(struct weir_account_state, limit));
    grants_of(k, f, "weir_grant_spent", "Spent in the running period.",
              offsetof(struct weir_account_state, spent));
    grants_of(k, f, "weir_grant_reserved", "Reserved by calls in flight.",
              offsetof(struct weir_account_state, reserved));
    out->status = 200;
    out->type = "text/plain; version=0.0.4; charset=utf-8";
    if (fclose(f) != 0) {
        free(out->body);
        out->body = NULL;
        out->len = 0;
        out->status = 500;
    }
}
