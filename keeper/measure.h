/*
 * measure.h: what the calls were like, counted as they are settled: by
 * scenario and model, and by rule. Since the keeper started; Prometheus adds
 * up over restarts itself. Names follow the OpenTelemetry semantic
 * conventions for generative AI (status: development), in the form that
 * Prometheus gives them.
 *
 * Bounded: WEIR_MEASURE_SERIES pairs of scenario and model, as many rules,
 * as many tools (names are the register's, never a caller's); further ones
 * are counted together as "other".
 */
#ifndef WEIR_KEEPER_MEASURE_H
#define WEIR_KEEPER_MEASURE_H

#include <stdio.h>

#include "store.h"

#define WEIR_MEASURE_SERIES  256u
#define WEIR_MEASURE_BOUNDS  14u
#define WEIR_MEASURE_LIMITS  3u    /* requests, tokens, concurrency */

struct weir_histogram {
    uint64_t  counts[WEIR_MEASURE_BOUNDS + 1];   /* the last: above all */
    uint64_t  n;
    double    sum;
};

struct weir_series {               /* of a scenario and a model */
    char                   scenario[64];
    char                   model[64];
    uint64_t               calls[WEIR_STORE_ENDINGS];
    uint64_t               estimated;      /* usage was not reported */
    uint64_t               not_scanned[2]; /* partly or not: request, answer */
    uint64_t               input_tokens;
    uint64_t               output_tokens;
    uint64_t               findings;       /* of all rules */
    uint64_t               limited[WEIR_MEASURE_LIMITS]; /* refused by one of
                                              requests, tokens, concurrency */
    uint64_t               charged;        /* micro-units */
    struct weir_histogram  duration;       /* seconds */
    struct weir_histogram  first_token;    /* seconds */
    struct weir_histogram  per_token;      /* seconds an output token */
    struct weir_histogram  held;           /* bytes held back at once */
};

struct weir_rule_count {
    char      rule[128];
    uint8_t   action;
    uint8_t   answer;
    uint64_t  calls;               /* in which it fired */
    uint64_t  findings;
};

struct weir_tool_count {
    char      model[64];           /* the server of tools */
    char      tool[64];
    uint64_t  calls;
};

struct weir_measure {
    struct weir_series      series[WEIR_MEASURE_SERIES + 1];
    uint32_t                nseries;
    struct weir_rule_count  rules[WEIR_MEASURE_SERIES + 1];
    uint32_t                nrules;
    struct weir_tool_count  tools[WEIR_MEASURE_SERIES + 1];
    uint32_t                ntools;
};

/* A call whose begin was at `begun_ms` (0: unknown) has ended. O(series). */
void weir_measure_add(struct weir_measure *m, const char *scenario,
    const char *model, uint64_t begun_ms, const struct weir_end_record *e);

/* A call of a tool has begun; nothing for any other begin. O(tools). */
void weir_measure_begin(struct weir_measure *m,
    const struct weir_begin_record *b);

/* Prometheus text exposition format 0.0.4. */
void weir_measure_print(const struct weir_measure *m, FILE *f);

/* name="value" with what must be escaped. */
void weir_measure_label(FILE *f, const char *name, const char *value);

#endif
