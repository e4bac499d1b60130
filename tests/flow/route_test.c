/*
 * route_test.c: which upstream a call meets: how evenly calls spread, backups,
 * breakers on a clock of ours, fallback models and what they cost.
 */
#include "flow_fixture.h"
#include "weir/breaker.h"

static struct fixture       fx;
static struct weir_secrets  secrets;
static uint64_t             now = 1000000;
static uint64_t             seed = 11;

static const char  ask[] = "{\"model\":\"w\","
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  answer[] = "{\"id\":\"x\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"ho\"},"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
    "\"completion_tokens\":3}}";

/* In: 2 bytes and 64 for the message. */
#define WORST_IN  66


static uint64_t
clock_of(void *ctx)
{
    (void) ctx;
    return now;
}


static int
call(void)
{
    struct weir_flow_head  head = { .key = WEIR_SPAN("key-routed"),
                                    .surface = WEIR_ON_OPENAI_CHAT,
                                    .protocol = WEIR_OPENAI,
                                    .secrets = &secrets };

    if (weir_flow_open(fx.f, &fx.w, &fx.snap, &head) != WEIR_OK
        || weir_flow_request_feed(fx.f, (const uint8_t *) ask, strlen(ask))
           != WEIR_OK)
    {
        return WEIR_E_INTERNAL;
    }
    return weir_flow_request_finish(fx.f);
}


static uint32_t
index_of(const char *name)
{
    uint32_t  i = 0;

    while (strcmp(weir_snap_text(&fx.snap, fx.snap.upstreams[i].name), name)
           != 0)
    {
        i++;
    }
    return i;
}


static char
at(void)
{
    const uint32_t  u = weir_flow_upstream(fx.f);

    return u == WEIR_SNAP_NONE
           ? '-' : *weir_snap_text(&fx.snap, fx.snap.upstreams[u].name);
}


static void
served(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(fixture_answer(&fx, "application/json", 200, weir_span_of(answer),
                         0, &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    weir_buf_release(&out);
}


static void
gone(void)
{
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
}


/* The call goes on failing until it has no other; where it was, in order. */
static const char *
fails(void)
{
    static char  path[16];
    unsigned     n = 0;

    do {
        CHECK(weir_flow_attempt(fx.f) == n);
        path[n++] = at();
    } while (n < 15 && weir_flow_again(fx.f, false, 0));
    path[n] = '\0';
    CHECK(!weir_flow_again(fx.f, false, 0));
    gone();
    return path;
}


/* All breakers are closed again. */
static void
heal(void)
{
    now += 1000000;
    for (const char *p = "abcdef"; *p != '\0'; p++) {
        const char  name[2] = { *p, '\0' };
        bool        trial;

        const struct weir_snap_upstream *const  up =
            &fx.snap.upstreams[index_of(name)];

        CHECK(weir_breaker_enter(fx.w.account, up, now, true, &trial));
        weir_breaker_leave(fx.w.account, up, now, trial, WEIR_TRIED_WELL, 0);
    }
}


/* After any number of calls each was met as often as its weight says. */
static void
test_spread(void)
{
    static const int  weight[] = { 5, 3, 1, 0 };
    int               met[4] = { 0 }, worst = 0;

    for (int n = 1; n <= 9000; n++) {
        CHECK(call() == WEIR_OK);
        met[at() - 'a']++;
        served();
        for (unsigned i = 0; i < 4; i++) {
            const int  off = abs(met[i] * 9 - n * weight[i]);

            worst = off > worst ? off : worst;
        }
    }
    printf("# of 9000 calls at most %d ninths off\n", worst);
    CHECK(worst < 4 * 9);
}


static void
test_backup(void)
{
    unsigned  second[3] = { 0 };

    for (unsigned i = 0; i < 600; i++) {
        const char  *path;

        heal();
        CHECK(call() == WEIR_OK);
        path = fails();
        CHECK_MSG(strlen(path) == 5 && strcmp(path + 3, "de") == 0
                  && strspn(path, "abc") == 3 && path[0] != path[1]
                  && path[1] != path[2] && path[0] != path[2], "%s", path);
        if (path[0] == 'a') {
            second[path[1] - 'a']++;
        }
    }
    /* What failed at one is spread too: 3 to 1. */
    CHECK_MSG(second[1] > 2 * second[2] && second[2] > 30, "%u %u",
              second[1], second[2]);
}


static void
test_breaker(void)
{
    unsigned  probes = 0;

    heal();
    for (unsigned i = 0; i < 2; i++) {
        CHECK(call() == WEIR_OK);
        CHECK(strlen(fails()) == 5);
    }
    /* All are out: one is tried, the one that is soonest back. */
    CHECK(call() == WEIR_OK);
    CHECK(strlen(fails()) == 1);
    heal();

    /* Only a: two failures in a row, others answer. */
    for (unsigned n = 0; n < 2;) {
        CHECK(call() == WEIR_OK);
        if (at() == 'a') {
            CHECK(weir_flow_again(fx.f, false, 0) && at() != 'a');
            n++;
        }
        served();
    }
    for (unsigned i = 0; i < 100; i++) {
        CHECK(call() == WEIR_OK);
        CHECK(at() == 'b' || at() == 'c');
        served();
    }
    /* Half open: one call, and while it is under way no other. Its caller
       goes before it is known; another may try. */
    now += 5000;
    for (unsigned i = 0; i < 50; i++) {
        CHECK(call() == WEIR_OK);
        if (at() == 'a') {
            probes++;
            if (probes == 1) {
                gone();
                continue;
            }
            CHECK(weir_flow_again(fx.f, false, 0) && at() != 'a');
        }
        served();
    }
    CHECK(probes == 2);
    now += 5000;
    for (probes = 0; probes == 0;) {
        CHECK(call() == WEIR_OK);
        probes += at() == 'a';
        served();
    }
    for (unsigned i = probes = 0; i < 90; i++) {
        CHECK(call() == WEIR_OK);
        probes += at() == 'a';
        served();
    }
    CHECK(probes > 45 && probes < 55);
}


/* What an answer says that is not taken: whether another is asked, and when
   this one again. The clock of the fixture stands at 2026-11-18 11:06:40. */
static void
test_failed(void)
{
    static const struct {
        const char  *value;
        uint64_t     ms;
    } cases[] = {
        { "60", 60000 }, { "0", 0 }, { "", 0 }, { "-1", 0 }, { "1.5", 0 },
        { "60 ", 0 }, { "soon", 0 },
        { "99999999999999999999", WEIR_RETRY_AFTER_MAX_MS },
        { "Wed, 18 Nov 2026 11:07:00 GMT", 20000 },
        { "Wed, 18 Nov 2026 11:06:40 GMT", 0 },
        { "Wed, 18 Nov 2020 11:07:00 GMT", 0 },
        { "Wed, 18 Nov 2026 11:07:00 CET", 0 },
        { "Wed, 18 Nov 2026 11:07:00 GMT and more than fits there", 0 },
    };
    static const int  others[] = { 200, 400, 401, 404, 422 };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct weir_snap_upstream  *up;
        uint64_t                          until;

        heal();
        CHECK(call() == WEIR_OK);
        up = &fx.snap.upstreams[weir_flow_upstream(fx.f)];
        CHECK(weir_flow_answer_header(fx.f, WEIR_SPAN("RETRY-After"),
                                      weir_span_of(cases[i].value)));
        CHECK(weir_flow_failed(fx.f, 429));
        (void) weir_breaker_look(fx.w.account, up->id, now, &until);
        CHECK_MSG(cases[i].ms == 0 ? until <= now
                                   : until == now + cases[i].ms,
                  "%s: %llu", cases[i].value,
                  (unsigned long long) (until - now));
        /* it is not the next one's */
        up = &fx.snap.upstreams[weir_flow_upstream(fx.f)];
        CHECK(weir_flow_failed(fx.f, 429));
        (void) weir_breaker_look(fx.w.account, up->id, now, &until);
        CHECK(until <= now);
        gone();
        now += WEIR_RETRY_AFTER_MAX_MS;
    }
    heal();
    CHECK(call() == WEIR_OK);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        CHECK(!weir_flow_failed(fx.f, others[i]));
    }
    CHECK(weir_flow_failed(fx.f, 500) && weir_flow_failed(fx.f, 529));
    gone();
}


/* Names that only Weir may use go; the rest is the caller's. */
static void
test_headers(void)
{
    static const struct {
        const char  *name;
        bool         kept;
    } cases[] = {
        { "weir-decision", false }, { "Weir-Call", false },
        { "weir-", true }, { "weird", true }, { "x-weir-call", true },
        { "content-type", true }, { "x-ratelimit-limit-requests", true },
        { "retry-after", true },
    };

    CHECK(call() == WEIR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_MSG(weir_flow_answer_header(fx.f, weir_span_of(cases[i].name),
                                          WEIR_SPAN("1")) == cases[i].kept,
                  "%s", cases[i].name);
    }
    gone();
}


static void
test_limited(void)
{
    heal();
    CHECK(call() == WEIR_OK);
    while (at() != 'd') {
        CHECK(weir_flow_again(fx.f, true, 60000));
    }
    served();
    now += 59999;
    CHECK(call() == WEIR_OK);
    CHECK(at() == 'd');
    served();
    now++;
    CHECK(call() == WEIR_OK);
    CHECK(at() != 'd');
    served();
    /* 429 without a time: the next call asks again, however often. */
    for (unsigned i = 0; i < 9; i++) {
        CHECK(call() == WEIR_OK);
        CHECK(at() != 'd' && weir_flow_again(fx.f, true, 0));
        served();
    }
    /* Broke off before its first byte: a failure. */
    for (unsigned i = 0; i < 2; i++) {
        struct weir_buf  out;

        do {
            CHECK(call() == WEIR_OK);
            if (at() != 'a') {
                gone();
            }
        } while (at() != 'a');
        weir_buf_init(&out, fx.w.mem, 1 << 20);
        CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("application/json"),
                                    (struct weir_span) { NULL, 0 })
              == WEIR_OK);
        CHECK(weir_flow_answer_finish(fx.f, false, &out)
              == WEIR_E_UPSTREAM_BROKE);
        gone();
        weir_buf_release(&out);
    }
    CHECK(weir_breaker_look(fx.w.account,
                            fx.snap.upstreams[index_of("a")].id, now, NULL)
          == WEIR_BREAKER_OPEN);
}


/* The model behind it is named in the body, paid at its price, recorded; and
   what was reserved covers it. */
static void
test_fallback(void)
{
    struct weir_account_state  before, s;
    struct weir_span           body, name, value;
    uint32_t                   slot = fx.snap.scenarios[fx.snap.counts
                                      [WEIR_SNAP_SCENARIOS] - 1].grant;

    slot = fx.snap.grants[slot].slot;
    heal();
    weir_account_read(fx.w.account, slot, &before);
    CHECK(before.reserved == 0);
    CHECK(call() == WEIR_OK);
    weir_account_read(fx.w.account, slot, &s);
    CHECK(s.reserved == WORST_IN * 10 + 200 * 20);
    while (at() != 'e') {
        body = weir_flow_body(fx.f);
        CHECK(body.len == strlen(ask) && memcmp(body.at, ask, body.len) == 0);
        CHECK(weir_flow_again(fx.f, false, 0));
    }
    body = weir_flow_body(fx.f);
    CHECK(memmem(body.at, body.len, "{\"model\":\"dear-served\",", 23)
          == body.at && body.len == strlen(ask) + 10);
    CHECK(memcmp(body.at + 22, ask + 12, strlen(ask) - 12) == 0);
    CHECK(weir_flow_header(fx.f, 4, &name, &value)
          && weir_span_is(name, "weir-model")
          && weir_span_is(value, "dear"));
    served();
    weir_account_read(fx.w.account, slot, &s);
    CHECK(s.reserved == 0 && s.spent - before.spent == 7 * 10 + 3 * 20);

    /* Little is left, and no bound was named: what is reserved, and the bound
       that goes out, hold at the dearer price. */
    weir_account_set(fx.w.account, slot, WORST_IN * 10 + 100 * 20 + 5, 0);
    CHECK(call() == WEIR_OK);
    body = weir_flow_body(fx.f);
    CHECK_MSG(memmem(body.at, body.len, "_tokens\":100}", 13) != NULL,
              "%.*s", (int) body.len, body.at);
    gone();
    weir_account_set(fx.w.account, slot, 10 * WEIR_MICRO, 0);

    /* All of w are out: the first choice is e. */
    heal();
    for (unsigned i = 0; i < 2; i++) {
        CHECK(call() == WEIR_OK);
        while (at() != 'e') {
            CHECK(weir_flow_again(fx.f, false, 0));
        }
        served();
    }
    CHECK(call() == WEIR_OK);
    CHECK(at() == 'e' && weir_flow_attempt(fx.f) == 0);
    served();
}


static void
test_secrets(void)
{
    struct weir_span  all[16];

    CHECK(secrets.count <= 16);
    memcpy(all, secrets.values, secrets.count * sizeof(*all));
    heal();
    secrets.values[index_of("a")].at = NULL;
    secrets.values[index_of("b")].at = NULL;
    for (unsigned i = 0; i < 20; i++) {
        CHECK(call() == WEIR_OK);
        CHECK(at() == 'c');
        served();
    }
    secrets.values[index_of("c")].at = NULL;
    secrets.values[index_of("d")].at = NULL;
    CHECK(call() == WEIR_OK && at() == 'e');
    served();
    secrets.values[index_of("e")].at = NULL;
    CHECK(call() == WEIR_E_SECRET && at() == '-');
    weir_flow_close(fx.f, WEIR_END_REFUSED, 503);
    memcpy(secrets.values, all, secrets.count * sizeof(*all));
}


/* Broken off behind its head: on to another, while nothing has left and no
   event was seen; labels and half a body of the first are forgotten. */
static void
test_broke(void)
{
    static const struct { const char *type, *bytes; bool again; }  cases[] = {
        { "application/json", "", true },
        { "application/json", "{\"id\":\"x\",\"choi", true },
        { "text/event-stream", "", true },
        { "text/event-stream", "data: {\"id\"", true },
        { "text/event-stream", ": half a comment\n", true },
        { "text/event-stream", ": a comment\n\n", false },
        { "text/event-stream", "data: {\"id\":\"x\",\"choices\":[]}\n\n",
          false }
    };
    struct weir_buf  out;
    char             first;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct weir_span  type = weir_span_of(cases[i].type);
        const struct weir_span  none = { NULL, 0 };

        heal();
        CHECK(call() == WEIR_OK);
        first = at();
        CHECK(weir_flow_others(fx.f));
        CHECK(weir_flow_answer_open(fx.f, 200, type, none) == WEIR_OK);
        CHECK(weir_flow_answer_feed(fx.f, (const uint8_t *) cases[i].bytes,
              strlen(cases[i].bytes), &out) == WEIR_OK);
        CHECK_MSG(weir_flow_answer_again(fx.f) == cases[i].again, "case %zu",
                  i);
        if (cases[i].again) {
            CHECK(at() != first && out.len == 0);
            CHECK(weir_flow_attempt(fx.f) == 1);
            served();
        } else {
            gone();
        }
        out.len = 0;
    }

    /* its body is gone; and none is left */
    heal();
    CHECK(call() == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("application/json"),
          (struct weir_span) { NULL, 0 }) == WEIR_OK);
    weir_flow_body_sent(fx.f);
    CHECK(!weir_flow_answer_again(fx.f));
    gone();
    heal();
    CHECK(call() == WEIR_OK);
    do {
        CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("application/json"),
              (struct weir_span) { NULL, 0 }) == WEIR_OK);
    } while (weir_flow_answer_again(fx.f));
    CHECK(!weir_flow_others(fx.f));
    CHECK(weir_flow_answer_finish(fx.f, false, &out) == WEIR_E_UPSTREAM_BROKE);
    gone();
    weir_buf_release(&out);
}


int
main(void)
{
    fixture_open(&fx);
    fx.w.meter_ms = clock_of;
    for (uint32_t i = 0; i < fx.snap.counts[WEIR_SNAP_GRANTS]; i++) {
        weir_account_set(fx.w.account, fx.snap.grants[i].slot,
                         10 * WEIR_MICRO, 0);
    }
    CHECK(weir_secrets_open(&secrets, &fx.snap) == WEIR_OK);
    test_spread();
    test_backup();
    test_breaker();
    test_failed();
    test_headers();
    test_limited();
    test_fallback();
    test_broke();
    test_secrets();
    weir_secrets_close(&secrets);
    fixture_close(&fx);
    return weir_test_done();
}
