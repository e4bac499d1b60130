/*
 * check_test.c: active checks without sockets: what is asked, what counts as
 * well at every split of an answer, and where calls go while checks fail.
 */
#include "flow_fixture.h"
#include "weir/breaker.h"
#include "weir/check.h"
#include "weir/error.h"

static struct fixture       fx;
static struct weir_secrets  secrets;
static uint64_t             now = 1000000;


static uint64_t
clock_of(void *ctx)
{
    (void) ctx;
    return now;
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


/* The request for an upstream of another protocol, status, credential. */
static const char *
request_of(enum weir_protocol protocol, const char *secret)
{
    static uint8_t             text[WEIR_CHECK_BYTES_MAX + 1];
    struct weir_snapshot       snap = fx.snap;
    struct weir_snap_upstream  up = snap.upstreams[index_of("a")];
    struct weir_span           value = weir_span_of(secret);
    const struct weir_secrets  one = { &value, 1 };

    up.protocol = (uint8_t) protocol;
    snap.upstreams = &up;
    text[weir_check_write(&snap, &one, 0, text)] = '\0';
    return (const char *) text;
}


static void
test_request(void)
{
#define FIRST  "GET /v1/models?x=1 HTTP/1.1\r\nHost: 127.0.0.1:9\r\n"         \
    "User-Agent: weir-check\r\nAccept: */*\r\n"                               \
    "Accept-Encoding: identity\r\nConnection: close\r\n"
    char  longest[WEIR_SECRET_BYTES_MAX + 8];

    CHECK(strcmp(request_of(WEIR_OPENAI, ""), FIRST "\r\n") == 0);
    CHECK(strcmp(request_of(WEIR_OPENAI, "Bearer k"),
                 FIRST "Authorization: Bearer k\r\n\r\n") == 0);
    CHECK(strcmp(request_of(WEIR_MCP, "Bearer k"),
                 FIRST "Authorization: Bearer k\r\n\r\n") == 0);
    CHECK(strcmp(request_of(WEIR_GEMINI, "k"),
                 FIRST "X-Goog-Api-Key: k\r\n\r\n") == 0);
    CHECK(strcmp(request_of(WEIR_ANTHROPIC, "k"), FIRST
                 "Anthropic-Version: 2023-06-01\r\nX-Api-Key: k\r\n\r\n")
          == 0);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    CHECK(strlen(request_of(WEIR_OPENAI, longest))
          == strlen(FIRST "Authorization: \r\n\r\n") + strlen(longest));
}


/* Whole, and byte by byte: the same, and not before its last byte. */
static int
said(const struct weir_snap_upstream *up, const char *text, size_t len)
{
    struct weir_check  whole = { 0 }, each = { 0 };
    const int          rc = weir_check_feed(&whole, up,
                                            (const uint8_t *) text, len);
    int                one = WEIR_MORE;

    for (size_t i = 0; i < len && one == WEIR_MORE; i++) {
        one = weir_check_feed(&each, up, (const uint8_t *) text + i, 1);
    }
    CHECK_MSG(one == rc, "%.30s: %d, %d", text, rc, one);
    return rc;
}


static void
test_answer(void)
{
    static const struct { const char *text; uint16_t want; int rc; }
        cases[] = {
        { "HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 0, WEIR_DONE },
        { "HTTP/1.1 200 OK\r\n\r\n{\"body\": 1}", 0, WEIR_DONE },
        { "HTTP/1.0 204\r\n\r\n", 0, WEIR_DONE },
        { "HTTP/1.1 299 \n\n", 0, WEIR_DONE },
        { "HTTP/1.1 401 No\r\n\r\n", 401, WEIR_DONE },
        { "HTTP/1.1 200 OK\r\n\r\n", 401, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1 301 Moved\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1 503 No\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1 2000 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1 20 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/2.0 200 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.2 200 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "http/1.1 200 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1  200 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "<html>200 OK</html>", 0, WEIR_E_UPSTREAM_BAD },
        { "\r\nHTTP/1.1 200 OK\r\n\r\n", 0, WEIR_E_UPSTREAM_BAD },
        { "HTTP/1.1 200 OK\r\nA: b\r\n", 0, WEIR_MORE },
        { "HTTP/1.1 20", 0, WEIR_MORE },
        { "", 0, WEIR_MORE }
    };
    static char                garbage[WEIR_CHECK_HEAD_MAX + 100];
    struct weir_snap_upstream  up = fx.snap.upstreams[index_of("a")];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        up.check_status = cases[i].want;
        CHECK_MSG(said(&up, cases[i].text, strlen(cases[i].text))
                  == cases[i].rc, "case %zu", i);
    }
    /* 200, and then a head without an end, or bytes that are no text */
    up.check_status = 0;
    memset(garbage, 'g', sizeof(garbage));
    memcpy(garbage, "HTTP/1.1 200 OK\r\n", 17);
    CHECK(said(&up, garbage, sizeof(garbage)) == WEIR_E_UPSTREAM_BAD);
    CHECK(said(&up, garbage, WEIR_CHECK_HEAD_MAX) == WEIR_MORE);
    garbage[100] = '\0';
    CHECK(said(&up, garbage, 200) == WEIR_E_UPSTREAM_BAD);
    memcpy(garbage + WEIR_CHECK_HEAD_MAX - 4, "\r\n\r\n", 4);
    garbage[100] = 'g';
    CHECK(said(&up, garbage, WEIR_CHECK_HEAD_MAX) == WEIR_DONE);
}


/* Where a call goes: the first letter of the upstream's name. */
static char
goes(void)
{
    struct weir_flow_head  head = { .key = WEIR_SPAN("key-routed"),
                                    .surface = WEIR_ON_OPENAI_CHAT,
                                    .protocol = WEIR_OPENAI,
                                    .secrets = &secrets };
    static const char      ask[] = "{\"model\":\"w\",\"messages\":[{\"role\":"
                                   "\"user\",\"content\":\"hi\"}]}";
    char                   at = '-';

    if (weir_flow_open(fx.f, &fx.w, &fx.snap, &head) == WEIR_OK
        && weir_flow_request_feed(fx.f, (const uint8_t *) ask, strlen(ask))
           == WEIR_OK
        && weir_flow_request_finish(fx.f) == WEIR_OK)
    {
        at = *weir_snap_text(&fx.snap, fx.snap.upstreams[
            weir_flow_upstream(fx.f)].name);
    }
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    return at;
}


static bool
meets(char name)
{
    for (unsigned i = 0; i < 60; i++) {
        if (goes() == name) {
            return true;
        }
    }
    return false;
}


static void
test_route(void)
{
    const uint32_t                          a = index_of("a");
    const struct weir_snap_upstream *const  up = &fx.snap.upstreams[a];
    struct weir_span                        value = secrets.values[a];

    CHECK(weir_check_due(&fx.w, &fx.snap, &secrets, a));
    CHECK(!weir_check_due(&fx.w, &fx.snap, &secrets, a));
    /* without checks, without a credential */
    CHECK(!weir_check_due(&fx.w, &fx.snap, &secrets, index_of("b")));
    now += 1000;
    secrets.values[a].at = NULL;
    CHECK(!weir_check_due(&fx.w, &fx.snap, &secrets, a));
    secrets.values[a] = value;
    CHECK(weir_check_due(&fx.w, &fx.snap, &secrets, a));

    CHECK(meets('a'));
    CHECK(weir_check_end(&fx.w, up, false) == WEIR_CHECK_SAME);
    CHECK(meets('a'));
    CHECK(weir_check_end(&fx.w, up, false) == WEIR_CHECK_OUT);
    CHECK(!meets('a') && meets('b'));
    CHECK(weir_check_end(&fx.w, up, true) == WEIR_CHECK_BACK);
    CHECK(meets('a'));
    CHECK(weir_check_end(&fx.w, up, false) == WEIR_CHECK_SAME);
    CHECK(weir_check_end(&fx.w, up, false) == WEIR_CHECK_OUT);
    CHECK(!meets('a'));
    now += 3000;                    /* nobody checks any more */
    CHECK(meets('a'));
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
    test_request();
    test_answer();
    test_route();
    weir_secrets_close(&secrets);
    fixture_close(&fx);
    return weir_test_done();
}
