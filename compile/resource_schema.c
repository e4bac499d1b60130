/*
 * resource_schema.c: the tables. A new field is one row here and its use in
 * register.c.
 */
#include "compile/pack_internal.h"
#include "compile/resource_schema.h"
#include "weir/limits.h"

#include <strings.h>

#define KIND_FIELD  { "kind", WEIR_FIELD_TEXT, .required = true }

const char *const  weir_state_words[] = {
    "draft", "submitted", "sandbox", "admitted", "suspended", "retired", NULL
};
const char *const  weir_period_words[] = {
    "once", "day", "month", "year", NULL
};
const char *const  weir_protocol_words[] = { "openai", "anthropic",
                                            "gemini", "mcp", NULL };

static const char *const  per_words[] = { "1M", "1K", NULL };
static const char *const  language_words[] = { "en", "zh", NULL };

static const struct weir_field  breaker_fields[] = {
    { "failures", WEIR_FIELD_COUNT, .max = WEIR_BREAKER_FAILURES_MAX },
    { "window", WEIR_FIELD_DURATION },
    { "open", WEIR_FIELD_DURATION },
    { NULL }
};

static const struct weir_field  health_fields[] = {
    { "path", WEIR_FIELD_TEXT, .required = true },
    { "interval", WEIR_FIELD_DURATION },
    { "timeout", WEIR_FIELD_DURATION },
    { "healthy", WEIR_FIELD_COUNT, .min = 1, .max = WEIR_CHECKS_MAX },
    { "unhealthy", WEIR_FIELD_COUNT, .min = 1, .max = WEIR_CHECKS_MAX },
    { "status", WEIR_FIELD_COUNT, .min = 200, .max = 599 },
    { NULL }
};

static const struct weir_field  route_fields[] = {
    { "name", WEIR_FIELD_NAME, .required = true },
    { "weight", WEIR_FIELD_COUNT, .min = 1, .max = WEIR_WEIGHT_MAX },
    { "priority", WEIR_FIELD_COUNT, .max = WEIR_PRIORITY_MAX },
    { NULL }
};

static const struct weir_field  upstream_fields[] = {
    KIND_FIELD,
    { "name", WEIR_FIELD_NAME, .required = true },
    { "title", WEIR_FIELD_TITLE },
    { "url", WEIR_FIELD_URL, .required = true },
    { "protocol", WEIR_FIELD_ENUM, .required = true,
      .words = weir_protocol_words },
    { "region", WEIR_FIELD_NAME },
    { "secret", WEIR_FIELD_SECRET },
    { "connect_timeout", WEIR_FIELD_DURATION },
    { "read_timeout", WEIR_FIELD_DURATION },
    { "breaker", WEIR_FIELD_MAP, .sub = breaker_fields },
    { "health", WEIR_FIELD_MAP, .sub = health_fields },
    { NULL }
};

static const struct weir_field  price_fields[] = {
    { "unit", WEIR_FIELD_UNIT, .required = true },
    { "per", WEIR_FIELD_ENUM, .words = per_words },
    { "input", WEIR_FIELD_AMOUNT, .required = true },
    { "output", WEIR_FIELD_AMOUNT, .required = true },
    { "call", WEIR_FIELD_AMOUNT },
    { NULL }
};

#define RATE_FIELD(name)                                                      \
    { name, WEIR_FIELD_COUNT, .min = 1, .max = WEIR_LIMIT_COUNT_MAX }

/* In the order of enum weir_width. */
static const struct weir_field  rate_fields[] = {
    RATE_FIELD("per_second"),
    RATE_FIELD("per_minute"),
    RATE_FIELD("per_hour"),
    RATE_FIELD("per_day"),
    { NULL }
};

static const struct weir_field  limits_fields[] = {
    { "requests", WEIR_FIELD_MAP, .sub = rate_fields },
    { "tokens", WEIR_FIELD_MAP, .sub = rate_fields },
    { "concurrency", WEIR_FIELD_COUNT, .min = 1, .max = WEIR_CALLS_MAX },
    { NULL }
};

static const struct weir_field  model_fields[] = {
    KIND_FIELD,
    { "name", WEIR_FIELD_WIDE_NAME, .required = true },
    { "title", WEIR_FIELD_TITLE },
    { "served", WEIR_FIELD_WIDE_NAME },
    { "upstreams", WEIR_FIELD_CHOICES, .required = true,
      .max = WEIR_ROUTES_MAX, .each = route_fields },
    { "fallback", WEIR_FIELD_NAMES },
    { "max_output", WEIR_FIELD_COUNT, .max = 100000000 },
    { "price", WEIR_FIELD_MAP, .sub = price_fields },
    { "tools", WEIR_FIELD_TEXTS },
    { "origins", WEIR_FIELD_TEXTS },
    { "limits", WEIR_FIELD_MAP, .sub = limits_fields },
    { NULL }
};

static const struct weir_field  fund_fields[] = {
    KIND_FIELD,
    { "name", WEIR_FIELD_NAME, .required = true },
    { "title", WEIR_FIELD_TITLE },
    { "unit", WEIR_FIELD_UNIT, .required = true },
    { "amount", WEIR_FIELD_AMOUNT, .required = true },
    { NULL }
};

static const struct weir_field  grant_fields[] = {
    { "fund", WEIR_FIELD_NAME, .required = true },
    { "amount", WEIR_FIELD_AMOUNT, .required = true },
    { "per", WEIR_FIELD_ENUM, .words = weir_period_words },
    { "timezone", WEIR_FIELD_TEXT },    /* of its periods; UTC without */
    { NULL }
};

static const struct weir_field  scenario_fields[] = {
    KIND_FIELD,
    { "name", WEIR_FIELD_NAME, .required = true },
    { "title", WEIR_FIELD_TITLE },
    { "jurisdictions", WEIR_FIELD_NAMES },
    { "ordinances", WEIR_FIELD_NAMES },
    { "observe", WEIR_FIELD_RULES },
    { "models", WEIR_FIELD_NAMES },
    { "grant", WEIR_FIELD_MAP, .sub = grant_fields },
    { "limits", WEIR_FIELD_MAP, .sub = limits_fields },
    { "key_limits", WEIR_FIELD_MAP, .sub = limits_fields },
    { "state", WEIR_FIELD_ENUM, .required = true,
      .words = weir_state_words },
    { "until", WEIR_FIELD_UNTIL },
    { "complaint", WEIR_FIELD_TEXT },
    { "language", WEIR_FIELD_ENUM, .words = language_words },
    { NULL }
};

static const struct { const char *one; const char *many; }  kinds[] = {
    [WEIR_KIND_UPSTREAM] = { "Upstream", "Upstreams" },
    [WEIR_KIND_MODEL] = { "Model", "Models" },
    [WEIR_KIND_FUND] = { "Fund", "Funds" },
    [WEIR_KIND_SCENARIO] = { "Scenario", "Scenarios" },
    [WEIR_KIND_KEY] = { "Key", "Keys" },
    [WEIR_KIND_ORDINANCE] = { "Ordinance", "Ordinances" }
};


const struct weir_field *
weir_resource_fields(enum weir_kind kind)
{
    switch (kind) {
    case WEIR_KIND_UPSTREAM:
        return upstream_fields;
    case WEIR_KIND_MODEL:
        return model_fields;
    case WEIR_KIND_FUND:
        return fund_fields;
    case WEIR_KIND_ORDINANCE:
        return weir_ordinance_fields;
    case WEIR_KIND_SCENARIO:
        return scenario_fields;
    default:
        return NULL;
    }
}


const char *
weir_kind_name(enum weir_kind kind)
{
    return kind < WEIR_KIND_COUNT ? kinds[kind].one : "?";
}


enum weir_kind
weir_kind_by_name(const char *name)
{
    for (unsigned k = 0; k < WEIR_KIND_COUNT; k++) {
        if (strcasecmp(name, kinds[k].one) == 0
            || strcasecmp(name, kinds[k].many) == 0)
        {
            return (enum weir_kind) k;
        }
    }
    return WEIR_KIND_COUNT;
}


int
weir_word_index(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}
