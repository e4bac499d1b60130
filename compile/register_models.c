/*
 * register_models.c: upstreams, models, funds, keys -> records.
 */
#include "compile/register.h"
#include "compile/resource_schema.h"
#include "compile/url.h"
#include "compile/words.h"
#include "weir/error.h"

#include <stdlib.h>

#define CONNECT_TIMEOUT_MS  5000
#define READ_TIMEOUT_MS     300000   /* between two reads: a thinking model
                                        may be silent for minutes */
#define MAX_OUTPUT_TOKENS   8192


static uint32_t
duration(const json_t *doc, const char *key, uint32_t otherwise)
{
    uint32_t  ms;

    return weir_duration_parse(weir_doc_text(doc, key), &ms) == WEIR_OK
           ? ms : otherwise;
}


void
weir_register_upstream(struct weir_register *g, struct weir_named *n)
{
    struct weir_snap_address   addresses[WEIR_URL_ADDRESSES_MAX];
    struct weir_snap_upstream  u = { 0 };
    struct weir_url            url;
    const char                *why;
    int                        protocol;

    if (weir_url_parse(weir_doc_text(n->doc, "url"), &url, &why) != WEIR_OK)
    {
        weir_register_error(g, n->resource, "%s", why);
        return;
    }
    protocol = weir_word_index(weir_protocol_words,
                               weir_doc_text(n->doc, "protocol"));
    if (protocol < 0) {
        weir_register_error(g, n->resource, "unknown protocol");
        return;
    }
    u.name = weir_snap_string(g->w, n->resource->name);
    u.host = weir_snap_string(g->w, url.host);
    u.authority = weir_snap_string(g->w, url.authority);
    u.path = weir_snap_string(g->w, url.path);
    u.secret = weir_snap_string(g->w, weir_doc_text(n->doc, "secret"));
    u.region = weir_snap_string(g->w, weir_doc_text(n->doc, "region"));
    u.address = g->w->count[WEIR_SNAP_ADDRESSES];
    u.addresses = (uint32_t) weir_url_addresses(&url, g->in->resolve,
                                                addresses);
    u.port = url.port;
    u.tls = url.tls;
    u.protocol = (uint8_t) protocol;
    u.connect_timeout_ms = duration(n->doc, "connect_timeout",
                                    CONNECT_TIMEOUT_MS);
    u.read_timeout_ms = duration(n->doc, "read_timeout", READ_TIMEOUT_MS);
    for (uint32_t i = 0; i < u.addresses; i++) {
        (void) weir_snap_add(g->w, WEIR_SNAP_ADDRESSES, &addresses[i],
                             sizeof(addresses[i]));
    }
    if (u.addresses == 0 && g->in->resolve) {
        weir_register_warn(g, n->resource, "the host name `%s` is not known "
                           "here now; calls to it will fail", url.host);
    }
    n->index = weir_snap_add(g->w, WEIR_SNAP_UPSTREAMS, &u, sizeof(u));
}


/* A price in micro-units per million tokens. */
static bool
price(struct weir_register *g, struct weir_named *n, const json_t *p,
    const char *key, weir_micro *out)
{
    const char  *why;

    if (weir_micro_parse(weir_doc_text(p, key), out, &why) != WEIR_OK) {
        weir_register_error(g, n->resource, "price of %s: %s", key, why);
        return false;
    }
    if (strcmp(weir_doc_text(p, "per"), "1K") == 0
        && __builtin_mul_overflow(*out, 1000, out))
    {
        weir_register_error(g, n->resource, "price of %s is too large", key);
        return false;
    }
    return true;
}


/* The upstreams of a model. They may speak different protocols: a call is
   sent on to those that speak the protocol in which it came. */
static bool
upstreams(struct weir_register *g, struct weir_named *n,
    struct weir_snap_model *m)
{
    const json_t  *list = json_object_get(n->doc, "upstreams");
    const size_t   count = json_array_size(list);
    uint32_t      *index = weir_pool_get(&g->pool,
                                         (count + 1) * sizeof(*index));
    bool           ok = true;

    for (size_t i = 0; i < count; i++) {
        const char         *name = json_string_value(json_array_get(list,
                                                                    i));
        struct weir_named  *u = name == NULL ? NULL
            : weir_register_find(g, WEIR_KIND_UPSTREAM, name, n->resource);

        if (u == NULL || u->index == WEIR_SNAP_NONE) {
            ok = false;
            continue;
        }
        index[i] = u->index;
    }
    m->upstream = g->w->count[WEIR_SNAP_REFS];
    m->upstreams = (uint32_t) count;
    for (size_t i = 0; ok && i < count; i++) {
        (void) weir_snap_add(g->w, WEIR_SNAP_REFS, &index[i],
                             sizeof(index[i]));
    }
    return ok;
}


void
weir_register_model(struct weir_register *g, struct weir_named *n)
{
    const json_t            *p = json_object_get(n->doc, "price");
    const json_t            *most = json_object_get(n->doc, "max_output");
    struct weir_snap_model   m = { 0 };

    if (!upstreams(g, n, &m)) {
        return;
    }
    if (p != NULL && (!price(g, n, p, "input", &m.input_price)
                      || !price(g, n, p, "output", &m.output_price)))
    {
        return;
    }
    m.name = weir_snap_string(g->w, n->resource->name);
    m.served = weir_snap_string(g->w, weir_doc_text(n->doc, "served"));
    m.unit = weir_snap_string(g->w, p != NULL ? weir_doc_text(p, "unit")
                                              : "");
    m.output_tokens_max = json_is_integer(most)
        ? (uint32_t) json_integer_value(most) : MAX_OUTPUT_TOKENS;
    m.limits = weir_register_limits(g, n, "limits");
    n->index = weir_snap_add(g->w, WEIR_SNAP_MODELS, &m, sizeof(m));
}


/* Funds have no record of their own: grants name them. */
void
weir_register_fund(struct weir_register *g, struct weir_named *n)
{
    const char  *why;

    if (weir_micro_parse(weir_doc_text(n->doc, "amount"), &n->amount, &why)
        != WEIR_OK)
    {
        weir_register_error(g, n->resource, "amount: %s", why);
    }
}


static int
by_digest(const void *a, const void *b)
{
    return memcmp((*(const struct weir_key_in *const *) a)->digest,
                  (*(const struct weir_key_in *const *) b)->digest, 32);
}


void
weir_register_keys(struct weir_register *g)
{
    const size_t                n = g->in->nkeys;
    const struct weir_key_in  **keys = weir_pool_get(&g->pool, (n + 1)
                                                     * sizeof(*keys));
    const struct weir_resource  none = { .kind = WEIR_KIND_COUNT };

    for (size_t i = 0; i < n; i++) {
        keys[i] = &g->in->keys[i];
    }
    if (n > 1) {
        qsort(keys, n, sizeof(*keys), by_digest);
    }
    for (size_t i = 0; i < n; i++) {
        struct weir_snap_key  k = { .until_ms = keys[i]->until_ms };
        uint32_t              scenario = WEIR_SNAP_NONE;
        const struct weir_named  *of = NULL;

        if (i > 0 && by_digest(&keys[i - 1], &keys[i]) == 0) {
            weir_register_error(g, &none, "the keys `%s` and `%s` are the "
                                "same", keys[i - 1]->id, keys[i]->id);
            continue;
        }
        for (size_t s = 0; s < g->in->nresources; s++) {
            if (g->named[s].resource->kind == WEIR_KIND_SCENARIO
                && strcmp(g->named[s].resource->name, keys[i]->scenario)
                   == 0)
            {
                of = &g->named[s];
                scenario = of->index;
            }
        }
        /* A key without its scenario opens nothing: it is left out, and a
           call with it gets "unknown key". */
        if (scenario == WEIR_SNAP_NONE) {
            weir_register_warn(g, &none, "the key `%s` belongs to the "
                               "unknown scenario `%s` and is left out",
                               keys[i]->id, keys[i]->scenario);
            continue;
        }
        if (json_object_get(of->doc, "key_limits") != NULL) {
            weir_register_meter(g, of->resource);
        }
        memcpy(k.digest, keys[i]->digest, sizeof(k.digest));
        k.id = weir_snap_string(g->w, keys[i]->id);
        k.scenario = scenario;
        (void) weir_snap_add(g->w, WEIR_SNAP_KEYS, &k, sizeof(k));
    }
}
