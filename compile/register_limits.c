/*
 * register_limits.c: limits of a scenario, of its keys, of a model -> their
 * record, and whose meter it is.
 */
#include "compile/register.h"
#include "compile/resource_schema.h"
#include "weir/limits.h"

#include <stdio.h>


void
weir_register_meter(struct weir_register *g, const struct weir_resource *by)
{
    if (++g->nmeters == WEIR_METERS_MAX / 2 + 1) {
        weir_register_error(g, by, "more than %d keys, scenarios and models "
                            "with limits", WEIR_METERS_MAX / 2);
    }
}


/* The name decides: the counts outlive a change of the limits. */
static void
name_meter(const struct weir_resource *r, uint8_t meter[16])
{
    char     text[16 + 1 + WEIR_NAME_BYTES_MAX + 1];
    uint8_t  digest[32];

    (void) snprintf(text, sizeof(text), "%s/%s", weir_kind_name(r->kind),
                    r->name);
    weir_sha256(text, strlen(text), digest);
    memcpy(meter, digest, 16);
}


uint32_t
weir_register_limits(struct weir_register *g, struct weir_named *n,
    const char *field)
{
    static const char *const  what[WEIR_LIMITED] = { "requests", "tokens" };
    static const char *const  width[WEIR_WIDTHS] = {
        "per_second", "per_minute", "per_hour", "per_day"
    };
    const json_t             *doc = json_object_get(n->doc, field);
    struct weir_snap_limits   l = { .calls = 0 };

    if (doc == NULL) {
        return WEIR_SNAP_NONE;
    }
    for (unsigned i = 0; i < WEIR_LIMITED; i++) {
        for (unsigned k = 0; k < WEIR_WIDTHS; k++) {
            const json_t  *most = json_object_get(json_object_get(doc,
                                                      what[i]), width[k]);

            l.most[i][k] = (uint64_t) json_integer_value(most);
        }
    }
    l.calls = (uint32_t) json_integer_value(json_object_get(doc,
                                                            "concurrency"));
    if (strcmp(field, "limits") == 0) {
        name_meter(n->resource, l.meter);
        weir_register_meter(g, n->resource);
    }
    return weir_snap_add(g->w, WEIR_SNAP_LIMITS, &l, sizeof(l));
}
