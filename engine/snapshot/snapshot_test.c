/*
 * snapshot_test.c: what a good snapshot gives back, and that a damaged one
 * is refused, or has every index in bounds when its checksums were made to
 * fit the damage.
 *
 * The matcher check is this file's own: the snapshot room only has to ask
 * it, with the right place and size.
 */
#include "snapshot/snapshot_sample.h"
#include "snapshot/snapshot_stub_test.h"

#include <fcntl.h>


int
weir_matcher_check(const void *at, size_t size)
{
    return size == 16 && memcmp(at, "matcher matcher ", 16) == 0
           ? WEIR_OK : WEIR_E_SNAPSHOT_BAD;
}


/* Open a copy that ends at a fence: a read too far crashes. The size of the
   file is a multiple of 8, so the copy is aligned. */
static int
open_copy(struct weir_snapshot *snap, const struct file *f)
{
    static uint8_t  *fence;
    uint8_t         *at;

    if (fence == NULL) {
        fence = weir_test_fenced(f->at, sizeof(f->at)) + sizeof(f->at);
    }
    at = fence - f->size;
    memcpy(at, f->at, f->size);
    return weir_snapshot_open(snap, at, f->size);
}


static void
touch_span(const struct weir_snapshot *snap, struct weir_snap_str s)
{
    const char  *t = weir_snap_text(snap, s);

    CHECK(strlen(t) == s.len);
}


/* Follow every reference that readers follow. */
static void
touch(const struct weir_snapshot *snap)
{
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_SCENARIOS]; i++) {
        const struct weir_snap_scenario  *sc = &snap->scenarios[i];

        touch_span(snap, sc->name);
        touch_span(snap, sc->title_zh);
        for (uint32_t k = 0; k < sc->models; k++) {
            const struct weir_snap_model  *m =
                &snap->models[snap->refs[sc->model + k]];

            touch_span(snap, m->name);
            for (uint32_t u = 0; u < m->routes; u++) {
                const struct weir_snap_upstream  *up =
                    &snap->upstreams[snap->routes[m->route + u].upstream];

                touch_span(snap, up->host);
                for (uint32_t a = 0; a < up->addresses; a++) {
                    CHECK(snap->addresses[up->address + a].family != 0);
                }
            }
        }
        if (sc->grant != WEIR_SNAP_NONE) {
            CHECK(snap->grants[sc->grant].slot < WEIR_GRANTS_MAX);
        }
        if (sc->request_profile != WEIR_SNAP_NONE) {
            const struct weir_snap_profile  *p =
                &snap->profiles[sc->request_profile];

            for (uint32_t k = 0; k < p->rules; k++) {
                touch_span(snap, snap->rules[
                    snap->profile_rules[p->rule + k].rule].id);
            }
        }
    }
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_KEYS]; i++) {
        const struct weir_snap_key  *k = &snap->keys[i];

        CHECK(weir_snapshot_key(snap, k->digest) == k);
        touch_span(snap, snap->scenarios[k->scenario].name);
    }
}


static void
test_good(void)
{
    struct file           f;
    struct weir_snapshot  snap;
    uint8_t               digest[32] = { 2 };

    make(&f);
    CHECK(open_copy(&snap, &f) == WEIR_OK);
    CHECK(snap.generation == 7 && !snap.mapped);
    touch(&snap);
    CHECK(weir_snapshot_key(&snap, digest) == &snap.keys[1]);
    digest[1] = 1;
    CHECK(weir_snapshot_key(&snap, digest) == NULL);
    CHECK(weir_snapshot_model(&snap, snap.scenarios, WEIR_SPAN("demo"))
          == &snap.models[0]);
    CHECK(weir_snapshot_model(&snap, snap.scenarios, WEIR_SPAN("dem"))
          == NULL);
    weir_snapshot_close(&snap);
    CHECK(snap.at == NULL);
}


/* Any one bit: the checksums see it. */
static void
test_flip_sealed(void)
{
    struct file           f;
    struct weir_snapshot  snap;

    make(&f);
    for (size_t i = 0; i < f.size * 8; i++) {
        f.at[i / 8] ^= (uint8_t) (1 << i % 8);
        CHECK_MSG(open_copy(&snap, &f) == WEIR_E_SNAPSHOT_BAD,
                  "bit %zu of byte %zu", i % 8, i / 8);
        f.at[i / 8] ^= (uint8_t) (1 << i % 8);
    }
    for (size_t cut = 0; cut < f.size; cut += 8) {
        struct file  g = f;

        g.size = cut;
        CHECK(open_copy(&snap, &g) == WEIR_E_SNAPSHOT_BAD);
    }
}


/* Any byte to any of some values, checksums fixed up: bad, or all in
   bounds. */
static void
test_flip_unsealed(void)
{
    static const uint8_t  values[] = { 0, 1, 2, 3, 5, 0x10, 0x7f, 0x80,
                                       0xff };
    struct file           f;
    struct weir_snapshot  snap;
    size_t                good = 0, bad = 0;

    make(&f);
    for (size_t i = 0; i < f.size; i++) {
        for (size_t v = 0; v < sizeof(values); v++) {
            struct file  g = f;

            g.at[i] = values[v];
            seal(&g);
            if (open_copy(&snap, &g) == WEIR_OK) {
                good++;
                touch(&snap);
            } else {
                bad++;
            }
        }
    }
    CHECK(good > 0 && bad > 0);
}


/* Several words at random, checksums fixed up. */
static void
test_random(void)
{
    struct file           f;
    struct weir_snapshot  snap;
    uint64_t              seed = 20261124;

    make(&f);
    for (int i = 0; i < 20000; i++) {
        struct file  g = f;

        for (int k = 0; k < 3; k++) {
            const size_t    at = weir_test_random(&seed) % (g.size / 4) * 4;
            const uint32_t  value = (uint32_t) (weir_test_random(&seed) % 9)
                                    - 2;

            memcpy(g.at + at, &value, 4);
        }
        seal(&g);
        if (open_copy(&snap, &g) == WEIR_OK) {
            touch(&snap);
        }
    }
}


/* Named damages that must be refused, each by its own check. */
static void
test_named(void)
{
    static const struct {
        const char           *name;
        enum weir_snap_kind   kind;
        size_t                offset;
        uint32_t              value;
    }  cases[] = {
        { "string past the end", WEIR_SNAP_MODELS, 0, 100000 },
        { "string without NUL", WEIR_SNAP_MODELS, 4, 3 },
        { "string over a NUL", WEIR_SNAP_MODELS, 4, 17 },
        { "address range", WEIR_SNAP_UPSTREAMS, 52, 2 },
        { "protocol", WEIR_SNAP_UPSTREAMS, 56, 0x04010000 },
        { "address family", WEIR_SNAP_ADDRESSES, 0, 5 },
        { "model ref", WEIR_SNAP_REFS, 4, 2 },
        { "fallback", WEIR_SNAP_REFS, 8, 2 },
        { "upstream of a route", WEIR_SNAP_ROUTES, 0, 1 },
        { "weight of nothing", WEIR_SNAP_ROUTES, 4, 0 },
        { "weight", WEIR_SNAP_ROUTES, 4, WEIR_WEIGHT_MAX + 1 },
        { "order of routes", WEIR_SNAP_ROUTES, 4, 0x00020001 },
        { "no route", WEIR_SNAP_MODELS, 44, 0 },
        { "failures", WEIR_SNAP_UPSTREAMS, 84, 21 },
        { "period", WEIR_SNAP_GRANTS, 32, 4 },
        { "slot", WEIR_SNAP_GRANTS, 36, WEIR_GRANTS_MAX },
        { "state", WEIR_SNAP_SCENARIOS, 32, 6 },
        { "grant", WEIR_SNAP_SCENARIOS, 44, 1 },
        { "profile", WEIR_SNAP_SCENARIOS, 48, 1 },
        { "profile of answers", WEIR_SNAP_SCENARIOS, 52, 1 },
        { "negative amount", WEIR_SNAP_GRANTS, 28, 0x80000000 },
        { "negative price", WEIR_SNAP_MODELS, 52, 0x80000000 },
        { "negative price of a call", WEIR_SNAP_MODELS, 68, 0x80000000 },
        { "tools past the end", WEIR_SNAP_MODELS, 24, 100000 },
        { "tls", WEIR_SNAP_UPSTREAMS, 56, 0x000201bb },
        { "key order", WEIR_SNAP_KEYS, 0, 2 },
        { "key scenario", WEIR_SNAP_KEYS, 40, 1 },
        { "rule", WEIR_SNAP_PROFILE_RULES, 0, 1 },
        { "action", WEIR_SNAP_PROFILE_RULES, 4, 6 },
        { "always", WEIR_SNAP_PROFILE_RULES, 4, 0x0205 },
        { "rules of a profile", WEIR_SNAP_PROFILES, 4, 2 },
        { "matcher place", WEIR_SNAP_PROFILES, 8, 16 },
        { "matcher size", WEIR_SNAP_PROFILES, 16, 17 },
        { "matcher itself", WEIR_SNAP_MATCHERS, 12, 0 },
        { "limits of a model", WEIR_SNAP_MODELS, 76, 1 },
        { "limits of a scenario", WEIR_SNAP_SCENARIOS, 60, 1 },
        { "limits of its keys", WEIR_SNAP_SCENARIOS, 64, 1 },
        { "a limit", WEIR_SNAP_LIMITS, 28, 0x80000000 },
        { "calls in flight", WEIR_SNAP_LIMITS, 80, WEIR_CALLS_MAX + 1 }
    };
    struct file           f;
    struct weir_snapshot  snap;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct weir_snap_section  s;

        make(&f);
        memcpy(&s, f.at + sizeof(struct weir_snap_head)
                   + cases[i].kind * sizeof(s), sizeof(s));
        memcpy(f.at + s.at + cases[i].offset, &cases[i].value, 4);
        seal(&f);
        CHECK_MSG(open_copy(&snap, &f) == WEIR_E_SNAPSHOT_BAD, "%s",
                  cases[i].name);
    }
}


/* Names have room where they are put together: a longer one is none. */
static void
test_long_names(void)
{
    static const enum weir_snap_kind  kinds[] = {
        WEIR_SNAP_UPSTREAMS, WEIR_SNAP_MODELS, WEIR_SNAP_SCENARIOS
    };
    struct file           f;
    struct weir_snapshot  snap;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        for (uint32_t more = 0; more < 2; more++) {
            const struct weir_snap_str  name = {
                LONG_AT + 1 - more, WEIR_NAME_BYTES_MAX + more
            };
            struct weir_snap_section    s;

            make(&f);
            memcpy(&s, f.at + sizeof(struct weir_snap_head)
                       + kinds[i] * sizeof(s), sizeof(s));
            memcpy(f.at + s.at, &name, sizeof(name));
            seal(&f);
            CHECK_MSG(open_copy(&snap, &f)
                      == (more == 0 ? WEIR_OK : WEIR_E_SNAPSHOT_BAD),
                      "kind %d, %u", kinds[i], more);
            weir_snapshot_close(&snap);
        }
    }
}


/* The section table: a place, size or count that lies, checksums right. */
static void
test_table(void)
{
    static const struct {
        const char  *name;
        unsigned     kind;
        int64_t      count, at, size;   /* added to what stands there */
    }  cases[] = {
        { "not aligned", WEIR_SNAP_MATCHERS, 0, -8, 0 },
        { "over its neighbour", WEIR_SNAP_ADDRESSES, 0, -64, 0 },
        { "in the head", WEIR_SNAP_STRINGS, 0, -64, 0 },
        { "behind the end", WEIR_SNAP_MATCHERS, 0, 1 << 20, 0 },
        { "past the end", WEIR_SNAP_MATCHERS, 64, 0, 64 },
        { "size wraps", WEIR_SNAP_MATCHERS, 0, 0, INT64_MIN },
        { "more records than bytes", WEIR_SNAP_KEYS, 1, 0, 0 },
        { "fewer records than bytes", WEIR_SNAP_KEYS, -1, 0, 0 }
    };
    struct file           f;
    struct weir_snapshot  snap;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct weir_snap_section  s;
        uint8_t                  *at;

        make(&f);
        at = f.at + sizeof(struct weir_snap_head)
             + cases[i].kind * sizeof(s);
        memcpy(&s, at, sizeof(s));
        s.count += (uint32_t) cases[i].count;
        s.at += (uint64_t) cases[i].at;
        s.size += (uint64_t) cases[i].size;
        memcpy(at, &s, sizeof(s));
        seal(&f);
        CHECK_MSG(open_copy(&snap, &f) == WEIR_E_SNAPSHOT_BAD, "%s",
                  cases[i].name);
    }
    make(&f);
    ((struct weir_snap_head *) (void *) f.at)->size += 8;
    seal(&f);
    CHECK(open_copy(&snap, &f) == WEIR_E_SNAPSHOT_BAD);
}


static void
test_map(void)
{
    char                  dir[] = "/tmp/weir-snapshot-XXXXXX";
    struct file           f;
    struct weir_snapshot  snap;
    int                   dirfd, fd;

    make(&f);
    CHECK(mkdtemp(dir) != NULL);
    dirfd = open(dir, O_RDONLY | O_DIRECTORY);
    CHECK(weir_snapshot_map(&snap, dirfd, "current") == WEIR_E_IO);
    fd = openat(dirfd, "current", O_WRONLY | O_CREAT, 0600);
    CHECK(weir_snapshot_map(&snap, dirfd, "current")
          == WEIR_E_SNAPSHOT_BAD);
    CHECK(write(fd, f.at, f.size) == (ssize_t) f.size);
    CHECK(weir_snapshot_map(&snap, dirfd, "current") == WEIR_OK);
    CHECK(snap.mapped && snap.size == f.size);
    touch(&snap);
    weir_snapshot_close(&snap);
    CHECK(weir_snapshot_map(&snap, dirfd, ".") == WEIR_E_SNAPSHOT_BAD);
    (void) close(fd);
    (void) unlinkat(dirfd, "current", 0);
    (void) close(dirfd);
    (void) rmdir(dir);
}


int
main(void)
{
    test_good();
    test_flip_sealed();
    test_flip_unsealed();
    test_random();
    test_named();
    test_long_names();
    test_table();
    test_map();
    return weir_test_done();
}
