/*
 * register_models.c: upstreams, models, funds, keys -> records.
 */
#include "compile/register.h"
#include "compile/resource_schema.h"
#include "compile/url.h"
#include "compile/words.h"
#include "weir/breaker.h"
#include "weir/error.h"

#include <stdlib.h>

#define CONNECT_TIMEOUT_MS  5000
#define READ_TIMEOUT_MS     300000   /* between two reads: a thinking model
                                        may be silent for minutes */
#define MAX_OUTPUT_TOKENS   8192

#define BREAKER_FAILURES    5
#define BREAKER_WINDOW_MS   30000
#define BREAKER_OPEN_MS     10000

#define CHECK_TIMEOUT_MS    2000     /* or the interval, if that is less */
#define CHECK_WELL          2
#define CHECK_FAILED        3


static uint32_t
duration(const json_t *doc, const char *key, uint32_t otherwise)
{
    uint32_t  ms;

    return weir_duration_parse(weir_doc_text(doc, key), &ms) == WEIR_OK
           ? ms : otherwise;
}


static uint32_t
count(const json_t *doc, const char *key, uint32_t otherwise)
{
    const json_t *const  n = json_object_get(doc, key);

    return json_is_integer(n) ? (uint32_t) json_integer_value(n) : otherwise;
}


static void
breaker(struct weir_register *g, struct weir_named *n,
    struct weir_snap_upstream *u)
{
    const json_t *const  b = json_object_get(n->doc, "breaker");

    weir_breaker_id(n->resource->name, strlen(n->resource->name), u->id);
    u->breaker_failures = count(b, "failures", BREAKER_FAILURES);
    u->breaker_window_ms = duration(b, "window", BREAKER_WINDOW_MS);
    u->breaker_open_ms = duration(b, "open", BREAKER_OPEN_MS);
    if (++g->nbreakers == WEIR_BREAKERS_MAX / 2 + 1) {
        weir_register_error(g, n->resource, "more than %d upstreams",
                            WEIR_BREAKERS_MAX / 2);
    }
}


/* `health`: its path is of the host, not below the path of the URL: /health
   of a server whose interface is at /v1. */
static void
checks(struct weir_register *g, struct weir_named *n,
    struct weir_snap_upstream *u)
{
    const json_t *const  h = json_object_get(n->doc, "health");

    if (h == NULL) {
        return;
    }
    u->check_path = weir_snap_string(g->w, weir_doc_text(h, "path"));
    u->check_interval_ms = duration(h, "interval", WEIR_CHECK_INTERVAL_MS);
    u->check_timeout_ms = duration(h, "timeout",
        u->check_interval_ms < CHECK_TIMEOUT_MS ? u->check_interval_ms
                                                : CHECK_TIMEOUT_MS);
    u->check_status = (uint16_t) count(h, "status", 0);
    u->check_well = (uint8_t) count(h, "healthy", CHECK_WELL);
    u->check_failed = (uint8_t) count(h, "unhealthy", CHECK_FAILED);
}


/* The URL of a server of tools is whole: no path of a call follows it, and a
   /v1 at its end is its own. */
static void
whole_path(const char *written, struct weir_url *url)
{
    size_t        len = strlen(written);
    const size_t  kept = strlen(url->path);

    while (len > 0 && written[len - 1] == '/') {
        len--;
    }
    if (len >= 3 && memcmp(written + len - 3, "/v1", 3) == 0
        && kept + sizeof("/v1") <= sizeof(url->path))
    {
        memcpy(url->path + kept, "/v1", sizeof("/v1"));
    }
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
    if (protocol == WEIR_MCP) {
        whole_path(weir_doc_text(n->doc, "url"), &url);
    }
    u.name = weir_snap_string(g->w, n->resource->name);
    u.host = weir_snap_string(g->w, url.host);
    u.authority = weir_snap_string(g->w, url.authority);
    u.path = weir_snap_string(g->w, url.path);
    u.secret = weir_snap_string(g->w, weir_doc_text(n->doc, "secret"));
    u.region = weir_snap_string(g->w, weir_doc_text(n->doc, "region"));
    u.address = g->w->count[WEIR_SNAP_ADDRESSES];
    u.addresses = (uint32_t) weir_url_addresses(&url, g->in->addresses,
                                                addresses);
    if (protocol == WEIR_MCP && u.addresses > 1) {
        /* nginx would go on to the next after a time-out: see mcp() */
        u.addresses = 1;
    }
    u.port = url.port;
    u.tls = url.tls;
    u.protocol = (uint8_t) protocol;
    u.connect_timeout_ms = duration(n->doc, "connect_timeout",
                                    CONNECT_TIMEOUT_MS);
    u.read_timeout_ms = duration(n->doc, "read_timeout", READ_TIMEOUT_MS);
    breaker(g, n, &u);
    checks(g, n, &u);
    for (uint32_t i = 0; i < u.addresses; i++) {
        (void) weir_snap_add(g->w, WEIR_SNAP_ADDRESSES, &addresses[i],
                             sizeof(addresses[i]));
    }
    if (u.addresses == 0 && g->in->addresses != NULL) {
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


/* Of an item of a model's `upstreams`: a name, or a mapping. */
static const char *
route_name(const json_t *item)
{
    return json_is_string(item) ? json_string_value(item)
                                : weir_doc_text(item, "name");
}


/* A list of nothing but names is an order: its places are the priorities.
   Once an entry says more, a name alone has weight 1 and priority 0. */
static bool
is_order(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return false;
        }
    }
    return true;
}


static int
by_priority(const void *a, const void *b)
{
    const struct weir_snap_route *const  x = a, *const  y = b;

    /* `reserved` is the place in the list, until they are written. */
    return x->priority != y->priority ? x->priority - y->priority
                                      : x->reserved - y->reserved;
}


/* The upstreams of a model. They may speak different protocols: a call is
   sent on to those that speak the protocol in which it came. */
static bool
routes(struct weir_register *g, struct weir_named *n,
    struct weir_snap_model *m)
{
    const json_t            *list = json_object_get(n->doc, "upstreams");
    const size_t             count = json_array_size(list);
    const bool               order = is_order(list);
    struct weir_snap_route   all[WEIR_ROUTES_MAX] = { { 0 } };
    bool                     ok = count <= WEIR_ROUTES_MAX;

    for (size_t i = 0; i < count && i < WEIR_ROUTES_MAX; i++) {
        const json_t *const       item = json_array_get(list, i);
        const json_t *const       w = json_object_get(item, "weight");
        const json_t *const       p = json_object_get(item, "priority");
        const struct weir_named  *u = weir_register_find(g,
            WEIR_KIND_UPSTREAM, route_name(item), n->resource);

        if (u == NULL || u->index == WEIR_SNAP_NONE) {
            ok = false;
            continue;
        }
        all[i].upstream = u->index;
        all[i].weight = json_is_integer(w)
                        ? (uint16_t) json_integer_value(w) : 1;
        all[i].priority = order ? (uint8_t) i
                                : (uint8_t) json_integer_value(p);
        all[i].reserved = (uint8_t) i;
    }
    if (!ok) {
        return false;
    }
    qsort(all, count, sizeof(*all), by_priority);
    m->route = g->w->count[WEIR_SNAP_ROUTES];
    m->routes = (uint32_t) count;
    for (size_t i = 0; i < count; i++) {
        all[i].reserved = 0;
        (void) weir_snap_add(g->w, WEIR_SNAP_ROUTES, &all[i],
                             sizeof(all[i]));
    }
    return true;
}


/* The lines of a list, as the snapshot has them. A name with a character that
   JSON escapes would never be found: a call is compared as it is written. */
static bool
lines(struct weir_register *g, struct weir_named *n, const char *key,
    struct weir_snap_str *out)
{
    const json_t *const  list = json_object_get(n->doc, key);
    const size_t         count = json_array_size(list);
    size_t               len = 0;
    char                *text;

    for (size_t i = 0; i < count; i++) {
        const char *const  s = json_string_value(json_array_get(list, i));
        const size_t       bytes = strlen(s);

        if (bytes == 0 || bytes > WEIR_NAME_BYTES_MAX) {
            weir_register_error(g, n->resource, "`%s` has a name of %zu "
                                "bytes; 1 to %d may be", key, bytes,
                                WEIR_NAME_BYTES_MAX);
            return false;
        }
        for (size_t k = 0; k < bytes; k++) {
            if ((unsigned char) s[k] <= 0x20 || strchr("\"\\\x7f", s[k])) {
                weir_register_error(g, n->resource, "`%s` in `%s` has a "
                                    "blank, a quote or the like", s, key);
                return false;
            }
        }
        len += bytes + 1;
    }
    if (count > WEIR_TOOLS_MAX) {
        weir_register_error(g, n->resource, "`%s` has more than %d names",
                            key, WEIR_TOOLS_MAX);
        return false;
    }
    text = weir_pool_get(&g->pool, len + 1);
    text[0] = '\0';
    len = 0;
    for (size_t i = 0; i < count; i++) {
        const char *const  s = json_string_value(json_array_get(list, i));
        const size_t       bytes = strlen(s);

        memcpy(text + len, s, bytes);
        text[len + bytes] = '\n';
        len += bytes + 1;
        text[len] = '\0';
    }
    *out = weir_snap_string(g->w, text);
    return true;
}


/*
 * A server of tools has one place: its sessions live there, and a call that
 * failed half way is not made again elsewhere, for it may have done what it
 * was to do.
 */
static bool
mcp(struct weir_register *g, struct weir_named *n, struct weir_snap_model *m)
{
    const struct weir_snap_route     *r = (const void *)
        g->w->section[WEIR_SNAP_ROUTES].at;
    const struct weir_snap_upstream  *u = (const void *)
        g->w->section[WEIR_SNAP_UPSTREAMS].at;
    uint32_t                          servers = 0;

    for (uint32_t i = 0; i < m->routes; i++) {
        servers += u[r[m->route + i].upstream].protocol == WEIR_MCP;
    }
    if (servers == 0) {
        if (json_object_get(n->doc, "tools") != NULL
            || json_object_get(n->doc, "origins") != NULL)
        {
            weir_register_error(g, n->resource, "has `tools` or `origins`, "
                                "but its upstream does not speak mcp");
            return false;
        }
        return true;
    }
    if (m->routes > 1 || json_object_get(n->doc, "fallback") != NULL) {
        weir_register_error(g, n->resource, "is a server of tools: it has "
                            "one upstream and no fallback");
        return false;
    }
    if (json_array_size(json_object_get(n->doc, "tools")) == 0) {
        weir_register_error(g, n->resource, "is a server of tools without "
                            "`tools`: name those that may be called, or "
                            "[\"*\"]");
        return false;
    }
    return lines(g, n, "tools", &m->tools)
           && lines(g, n, "origins", &m->origins);
}


void
weir_register_model(struct weir_register *g, struct weir_named *n)
{
    const json_t            *p = json_object_get(n->doc, "price");
    const json_t            *most = json_object_get(n->doc, "max_output");
    struct weir_snap_model   m = { 0 };
    const char              *why;

    if (!routes(g, n, &m) || !mcp(g, n, &m)) {
        return;
    }
    if (p != NULL && (!price(g, n, p, "input", &m.input_price)
                      || !price(g, n, p, "output", &m.output_price)))
    {
        return;
    }
    if (p != NULL && json_object_get(p, "call") != NULL
        && weir_micro_parse(weir_doc_text(p, "call"), &m.call_price, &why)
           != WEIR_OK)
    {
        weir_register_error(g, n->resource, "price of a call: %s", why);
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


/*
 * Models that serve when no upstream of this one does. A fallback's own
 * limits would be passed by, for a call is counted at the model that it
 * names: so it has none.
 */
void
weir_register_fallback(struct weir_register *g, struct weir_named *n)
{
    const json_t            *list = json_object_get(n->doc, "fallback");
    struct weir_snap_model  *m;
    uint32_t                 first = g->w->count[WEIR_SNAP_REFS];
    size_t                   i;

    if (n->index == WEIR_SNAP_NONE || list == NULL) {
        return;
    }
    if (json_array_size(list) > WEIR_FALLBACKS_MAX) {
        weir_register_error(g, n->resource, "`fallback` has more than %d "
                            "models", WEIR_FALLBACKS_MAX);
        return;
    }
    for (i = 0; i < json_array_size(list); i++) {
        const char         *name = json_string_value(json_array_get(list,
                                                                    i));
        struct weir_named  *to = weir_register_find(g, WEIR_KIND_MODEL, name,
                                                    n->resource);

        if (to == NULL || to->index == WEIR_SNAP_NONE) {
            return;
        }
        if (to == n) {
            weir_register_error(g, n->resource, "is its own fallback");
            return;
        }
        if (json_object_get(to->doc, "limits") != NULL) {
            weir_register_error(g, n->resource, "its fallback `%s` has "
                "limits, by which a call that names `%s` would pass", name,
                n->resource->name);
            return;
        }
        (void) weir_snap_add(g->w, WEIR_SNAP_REFS, &to->index,
                             sizeof(to->index));
    }
    m = (struct weir_snap_model *) (void *)
        g->w->section[WEIR_SNAP_MODELS].at + n->index;
    m->fallback = first;
    m->fallbacks = (uint32_t) i;
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
