/*
 * cmd_status.c: what runs, and how it is: processes and addresses from the
 * state folder, all else from the keeper.
 */
#include "admin.h"
#include "cmd.h"
#include "gateway.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define NOT_RUNNING  3     /* as LSB says of `status` */
#define LIMIT_TOLD   0.8   /* so full a limit has a line of its own */

static json_t  *ask_keeper(void);
static json_t  *gateway_json(const struct conf *c,
    const struct gateway_state *now);
static void  show(const struct conf *c, const struct gateway_state *now,
    json_t *keeper);


int
cmd_status(int argc, char **argv)
{
    static struct conf    c;
    struct gateway_state  now;
    json_t               *keeper = NULL;
    const char           *path;
    char                  why[PATH_MAX + 256];
    bool                  as_json = false;
    int                   rest;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] status [-c FILE] [--json]\n\n"
               "Exit code 0: gateway and keeper run; 3: they do not.\n");
        return 0;
    }
    path = conf_option(argc, argv, &rest);
    if (rest != 0 && strcmp(argv[rest], "--json") == 0 && rest + 1 == argc) {
        as_json = true;
    } else if (rest != 0) {
        return cmd_fail("status", "%s is not understood", argv[rest]);
    }
    if (conf_load(&c, path, why, sizeof(why)) != 0) {
        return cmd_fail("status", "%s", why);
    }
    gateway_look(c.state, &now);
    if (now.keeper != 0) {
        keeper = ask_keeper();
    }
    if (as_json) {
        json_t  *all = keeper != NULL ? json_copy(keeper) : json_object();

        (void) json_object_set_new(all, "running",
                                   json_boolean(now.nginx != 0
                                                && now.keeper != 0));
        (void) json_object_set_new(all, "gateway", gateway_json(&c, &now));
        (void) json_object_set_new(all, "keeper_pid",
                                   json_integer(now.keeper));
        (void) json_dumpf(all, stdout, JSON_INDENT(2));
        printf("\n");
        json_decref(all);
    } else {
        show(&c, &now, keeper);
    }
    json_decref(keeper);
    return now.nginx != 0 && now.keeper != 0 ? 0 : NOT_RUNNING;
}


static json_t *
ask_keeper(void)
{
    struct admin_answer  a = { 0 };
    json_t              *out;

    if (!admin_call("status", "GET", "/api/v1/status", NULL, 0, &a)) {
        return NULL;
    }
    out = a.status == 200 ? json_loadb(a.body, a.len, 0, NULL) : NULL;
    admin_release(&a);
    if (out != NULL && !json_is_object(out)) {
        json_decref(out);
        out = NULL;
    }
    return out;
}


/* Addresses as nginx has them, which may be older than weir.yaml. */
static json_t *
listeners(const struct conf *c)
{
    json_t  *list = json_array();
    char     line[512], path[PATH_MAX], at[CONF_TEXT_MAX];
    FILE    *in = NULL;

    if (snprintf(path, sizeof(path), "%s/nginx.conf", c->state)
        < (int) sizeof(path))
    {
        in = fopen(path, "re");
    }
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (sscanf(line, " listen %255[^ ;]", at) == 1) {
            (void) json_array_append_new(list, json_string(at));
        }
    }
    if (in != NULL) {
        fclose(in);
    }
    return list;
}


static json_t *
gateway_json(const struct conf *c, const struct gateway_state *now)
{
    json_t  *workers = json_array();

    for (unsigned i = 0; i < now->nworkers; i++) {
        (void) json_array_append_new(workers, json_integer(now->workers[i]));
    }
    return json_pack("{s:b, s:I, s:o, s:o, s:s}",
                     "running", now->nginx != 0,
                     "pid", (json_int_t) now->nginx,
                     "workers", workers,
                     "listen", listeners(c),
                     "state", c->state);
}


static const char *
text_of(const json_t *object, const char *key)
{
    const char  *s = json_string_value(json_object_get(object, key));

    return s != NULL ? s : "";
}


static void
show_grant(const json_t *g)
{
    const char *const  per = text_of(g, "per");

    printf("grant    %s: %s of %s %s spent", text_of(g, "scenario"),
           text_of(g, "spent"), text_of(g, "limit"), text_of(g, "unit"));
    if (strcmp(per, "once") != 0) {
        printf(" this %s", per);
    }
    printf(", %s reserved; fund %s\n", text_of(g, "reserved"),
           text_of(g, "fund"));
}


/* One that is not in service; the others are as they should be. */
static void
show_upstream(const json_t *u)
{
    const char *const  state = json_string_value(json_object_get(u, "state"));
    const json_int_t   out = json_integer_value(json_object_get(u, "out_ms"));

    if (state == NULL || strcmp(state, "closed") == 0) {
        return;
    }
    if (strcmp(state, "down") == 0) {
        /* Until they are well again: no time to tell. */
        printf("upstream %s: down, its checks fail\n",
               json_string_value(json_object_get(u, "name")));
        return;
    }
    printf("upstream %s: %s", json_string_value(json_object_get(u, "name")),
           strcmp(state, "half_open") == 0 ? "the next call tries it"
           : strcmp(state, "open") == 0 ? "open" : "said to come back later");
    if (out > 0) {
        printf(", out for another %lld s", (long long) (out + 999) / 1000);
    }
    printf("\n");
}


/* Which rules are in force, since when; how far the journal is posted. */
static void
show_keeper(const json_t *keeper)
{
    const json_t      *journal = json_object_get(keeper, "journal");
    const json_t      *value = json_object_get(keeper, "generation");
    const char        *since = json_string_value(
        json_object_get(keeper, "in_force_since"));
    const json_int_t   us = json_integer_value(
        json_object_get(keeper, "snapshot_build_us"));

    if (json_is_integer(value)) {
        printf("rules    generation %lld", (long long)
               json_integer_value(value));
        if (since != NULL) {
            printf(", in force since %s", since);
        }
        if (us > 0) {            /* 0: taken over from a keeper before */
            printf(", built in %lld ms", (long long) (us + 999) / 1000);
        }
        printf("\n");
    }
    value = json_object_get(journal, "lag_bytes");
    if (json_is_integer(value)) {
        printf("journal  %lld bytes behind%s\n",
               (long long) json_integer_value(value),
               json_is_true(json_object_get(journal, "failing"))
               ? "; IT CANNOT BE POSTED, see keeper.log" : "");
    }
}


/* How many limits are reached, and each that is nearly. */
static void
show_limits(const json_t *limits)
{
    const json_t *const  of = json_object_get(limits, "of"), *o;
    const json_int_t     keys = json_integer_value(
        json_object_get(limits, "keys"));
    size_t               i, full = 0;

    json_array_foreach(of, i, o) {
        full += json_integer_value(json_object_get(o, "used"))
                >= json_integer_value(json_object_get(o, "max"));
    }
    if (json_array_size(of) == 0 && keys == 0) {
        return;
    }
    printf("limits   %zu of %zu reached; keys %lld of %lld\n", full,
           json_array_size(of), (long long) json_integer_value(
               json_object_get(limits, "keys_full")), (long long) keys);
    json_array_foreach(of, i, o) {
        const json_int_t   used = json_integer_value(
            json_object_get(o, "used"));
        const json_int_t   max = json_integer_value(
            json_object_get(o, "max"));
        const char *const  per = json_string_value(
            json_object_get(o, "per"));

        if ((double) used >= LIMIT_TOLD * (double) max) {
            printf("limit    %s %s: %lld of %lld %s%s%s\n",
                   json_string_value(json_object_get(o, "kind")),
                   json_string_value(json_object_get(o, "name")),
                   (long long) used, (long long) max,
                   json_string_value(json_object_get(o, "limit")),
                   per != NULL ? " per " : "", per != NULL ? per : "");
        }
    }
}


static void
show(const struct conf *c, const struct gateway_state *now, json_t *keeper)
{
    json_t  *list = listeners(c), *value;
    size_t   i;

    if (now->nginx == 0) {
        printf("gateway  does not run\n");
    } else {
        printf("gateway  runs: process %ld, %u workers, listens at",
               (long) now->nginx, now->nworkers);
        json_array_foreach(list, i, value) {
            printf(" %s", json_string_value(value));
        }
        printf("\n");
    }
    json_decref(list);
    if (now->keeper == 0) {
        printf("keeper   does not run%s\n", now->nginx != 0
               ? "; calls pass under the last rules" : "");
    } else {
        printf("keeper   runs: process %ld\n", (long) now->keeper);
    }
    show_keeper(keeper);
    value = json_object_get(json_object_get(keeper, "calls"), "open");
    if (json_is_integer(value)) {
        printf("calls    %lld in flight\n",
               (long long) json_integer_value(value));
    }
    value = json_object_get(keeper, "memory");
    if (json_integer_value(json_object_get(value, "max_bytes")) > 0) {
        printf("memory   %lld of %lld MB for calls, refused %lld times\n",
               (long long) json_integer_value(
                   json_object_get(value, "used_bytes")) >> 20,
               (long long) json_integer_value(
                   json_object_get(value, "max_bytes")) >> 20,
               (long long) json_integer_value(
                   json_object_get(value, "refused")));
    }
    json_array_foreach(json_object_get(keeper, "grants"), i, value) {
        show_grant(value);
    }
    json_array_foreach(json_object_get(keeper, "upstreams"), i, value) {
        show_upstream(value);
    }
    show_limits(json_object_get(keeper, "limits"));
    printf("state    %s\n", c->state);
}
