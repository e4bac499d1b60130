/*
 * upstream_test.c: upstreams and routes of the register: breakers, checks,
 * order and weights; what is refused with which sentence at which place.
 */
#include "compile/compile_fixture.h"

#define UPSTREAM  "kind: Upstream\nname: u\nurl: http://x\n"               \
    "protocol: openai\n"

static void
test_upstreams_bad(void)
{
    static const struct bad_text  bad[] = {
        { "unknown field of an entry", "kind: Model\nname: m\n"
          "upstreams:\n- {name: a, wieght: 2}\n", 4, 13,
          "unknown field `wieght` in an entry of `upstreams`; did you mean "
          "`weight`?" },
        { "entry without name", "kind: Model\nname: m\n"
          "upstreams: [{weight: 2}]\n", 3, 13, "lacks `name`" },
        { "weight of nothing", "kind: Model\nname: m\n"
          "upstreams: [{name: a, weight: 0}]\n", 3, 31,
          "from 1 to its bound" },
        { "weight too great", "kind: Model\nname: m\n"
          "upstreams: [{name: a, weight: 1001}]\n", 3, 31,
          "from 1 to its bound" },
        { "priority too great", "kind: Model\nname: m\n"
          "upstreams: [{name: a, priority: 16}]\n", 3, 33,
          "within its bound" },
        { "name and entry", "kind: Model\nname: m\n"
          "upstreams: [a, {name: a}]\n", 3, 16, "stands twice" },
        { "breaker", "kind: Upstream\nname: u\nurl: http://x\n"
          "protocol: openai\nbreaker: {failures: 21}\n", 5, 21,
          "within its bound" },
        { "breaker's window", "kind: Upstream\nname: u\nurl: http://x\n"
          "protocol: openai\nbreaker: {window: 30}\n", 5, 19,
          "a duration is" },
        { "check without a path", UPSTREAM "health: {interval: 5s}\n", 5, 9,
          "lacks `path`" },
        { "check of nowhere", UPSTREAM "health: {path: health}\n", 5, 16,
          "begins with `/`" },
        { "check of two lines", UPSTREAM
          "health: {path: \"/a\\r\\nX: y\"}\n", 5, 16,
          "control character" },
        { "check of two words", UPSTREAM "health: {path: /a b}\n", 5, 16,
          "no spaces" },
        { "check that is load", UPSTREAM
          "health: {path: /h, interval: 499ms}\n", 5, 30,
          "at least 500ms" },
        { "checks that overlap", UPSTREAM
          "health: {path: /h, timeout: 11s}\n", 5, 29,
          "longer than `interval`" },
        { "check of too many", UPSTREAM
          "health: {path: /h, healthy: 21}\n", 5, 29,
          "from 1 to its bound" }
    };

    check_bad(bad, sizeof(bad) / sizeof(*bad));
}


/* A plain list is an order; entries have weights and priorities. */
static void
test_routes(void)
{
    static const char      text[] = "kind: Model\nname: m\n"
        "upstreams: [c, a, b]\nfallback: [n]\n"
        "---\nkind: Model\nname: n\nupstreams:\n- {name: a, priority: 2}\n"
        "- {name: b, weight: 7}\n- c\n"
        UP("a", "openai") "breaker: {failures: 0}\n"
        UP("b", "openai") "breaker: {failures: 3, window: 1s, open: 2s}\n"
        "health: {path: /h, interval: 1500ms}\n"
        UP("c", "anthropic")
        "health: {path: /v1/models, timeout: 1s, interval: 3s, healthy: 4,"
        " unhealthy: 5, status: 401}\n";
    static const struct { const char *name; unsigned weight, priority; }
        want[] = {
        { "c", 1, 0 }, { "a", 1, 1 }, { "b", 1, 2 },
        { "b", 7, 0 }, { "c", 1, 0 }, { "a", 1, 2 }
    };
    struct weir_mem       *mem = weir_mem_open(1 << 20);
    struct weir_notes      notes = { 0 };
    struct weir_snapshot   snap = { 0 };
    struct weir_buf        out;

    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(compile(text, &out, &notes, NULL, 0) == WEIR_OK);
    print_notes(&notes);
    CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK);
    CHECK(snap.counts[WEIR_SNAP_ROUTES] == 6);
    for (unsigned i = 0; i < 6; i++) {
        const struct weir_snap_route  *r = &snap.routes[i];

        CHECK_MSG(strcmp(weir_snap_text(&snap,
                                        snap.upstreams[r->upstream].name),
                         want[i].name) == 0
                  && r->weight == want[i].weight
                  && r->priority == want[i].priority, "route %u", i);
    }
    CHECK(snap.models[0].routes == 3 && snap.models[1].route == 3
          && snap.models[1].fallbacks == 0 && snap.models[0].fallbacks == 1
          && snap.refs[snap.models[0].fallback] == 1);
    CHECK(snap.upstreams[0].breaker_failures == 0
          && snap.upstreams[0].breaker_open_ms == 10000);
    CHECK(snap.upstreams[1].breaker_failures == 3
          && snap.upstreams[1].breaker_window_ms == 1000
          && snap.upstreams[1].breaker_open_ms == 2000);
    CHECK(snap.upstreams[2].breaker_failures == 5
          && snap.upstreams[2].breaker_window_ms == 30000);
    CHECK(snap.upstreams[0].check_interval_ms == 0);
    CHECK(snap.upstreams[1].check_interval_ms == 1500
          && snap.upstreams[1].check_timeout_ms == 1500
          && snap.upstreams[1].check_status == 0
          && snap.upstreams[1].check_well == 2
          && snap.upstreams[1].check_failed == 3
          && strcmp(weir_snap_text(&snap, snap.upstreams[1].check_path), "/h")
             == 0);
    CHECK(snap.upstreams[2].check_interval_ms == 3000
          && snap.upstreams[2].check_timeout_ms == 1000
          && snap.upstreams[2].check_status == 401
          && snap.upstreams[2].check_well == 4
          && snap.upstreams[2].check_failed == 5);
    weir_buf_release(&out);
    weir_notes_release(&notes);
    weir_mem_close(mem);
}


int
main(void)
{
    test_upstreams_bad();
    test_routes();
    return weir_test_done();
}
