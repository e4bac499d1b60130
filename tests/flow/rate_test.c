/*
 * rate_test.c: limits in whole calls: headers and errors in each protocol's
 * shape, the worst case and what was used, bounds put into the body, and that
 * every way a call can end gives its place back.
 */
#include "flow_fixture.h"

#define CHAT      "/v1/chat/completions"
#define MESSAGES  "/v1/messages"
#define KEY       "key-limited"

static struct fixture  fx;
static uint64_t        now = 1000000;
static uint64_t        seed = 9;

static const char  ask[] = "{\"model\":\"m\",\"max_tokens\":100,"
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  ask_claude[] = "{\"model\":\"c\",\"max_tokens\":100,"
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  answer[] = "{\"id\":\"x\",\"choices\":[{\"index\":0,"
    "\"message\":{\"role\":\"assistant\",\"content\":\"ho\"},"
    "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":7,"
    "\"completion_tokens\":3}}";

/* In: 2 bytes and 64 for the message; out: 100. */
#define WORST  166u


static uint64_t
clock_of(void *ctx)
{
    (void) ctx;
    return now;
}


static const char *
header(const char *name)
{
    static char       text[128];
    struct weir_span  n, v;

    for (unsigned i = 0; weir_flow_header(fx.f, i, &n, &v); i++) {
        if (weir_span_is(n, name) && v.len > 0) {
            snprintf(text, sizeof(text), "%.*s", (int) v.len, v.at);
            return text;
        }
    }
    return "";
}


static bool
is(const char *name, const char *value)
{
    const char  *h = header(name);

    return CHECK_MSG(strcmp(h, value) == 0, "%s: %s, not %s", name, h,
                     value);
}


/* All windows are empty again. */
static void
fresh(void)
{
    now += 2 * 86400000;
    now -= now % 1440000;
}


static int
call(const char *path, const char *body)
{
    return fixture_call(&fx, KEY, path, weir_span_of(body));
}


static void
finish(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(fixture_answer(&fx, "application/json", 200, weir_span_of(answer),
                         0, &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    weir_buf_release(&out);
}


/* The error's body; the call is closed. */
static int
refusal(int error, struct weir_buf *out)
{
    const int  status = weir_flow_refusal(fx.f, error, out);

    weir_flow_close(fx.f, WEIR_END_REFUSED, status);
    return status;
}


static bool
says(const struct weir_buf *b, const char *text)
{
    return CHECK_MSG(memmem(b->at, b->len, text, strlen(text)) != NULL,
                     "%s not in %.*s", text, (int) b->len, b->at);
}


static void
test_openai(void)
{
    struct weir_buf  out;

    fresh();
    CHECK(call(CHAT, ask) == WEIR_OK);
    /* Of minute and day the one with less left; of scenario and key too. */
    is("x-ratelimit-limit-requests", "5");
    is("x-ratelimit-remaining-requests", "4");
    is("x-ratelimit-reset-requests", "1m1s");
    is("x-ratelimit-limit-tokens", "3000");
    is("x-ratelimit-remaining-tokens", "2834");
    is("x-ratelimit-reset-tokens", "1m1s");
    is("anthropic-ratelimit-requests-limit", "");
    is("retry-after", "");
    finish();
    now += 20250;
    for (unsigned i = 0; i < 4; i++) {
        CHECK(call(CHAT, ask) == WEIR_OK);
        if (i == 0) {
            /* The first was settled by its usage: 7 + 3. */
            is("x-ratelimit-remaining-tokens", "2824");
            is("x-ratelimit-reset-tokens", "1m0.75s");
        }
        finish();
    }
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(call(CHAT, ask) == WEIR_E_RATE_REQUESTS);
    CHECK(refusal(WEIR_E_RATE_REQUESTS, &out) == 429);
    is("x-ratelimit-remaining-requests", "0");
    is("retry-after", "41");
    is("retry-after-ms", "40750");
    says(&out, "\"type\":\"requests\",\"param\":null,"
              "\"code\":\"rate_limit_exceeded\"");
    says(&out, "Limit of the scenario limited: 5 requests per minute; try "
              "again in 40.75s.");
    says(&out, "\"limit\":{\"of\":\"scenario\",\"name\":\"limited\","
              "\"what\":\"requests\",\"per\":\"minute\",\"most\":5,"
              "\"retry_after_ms\":40750}");
    weir_buf_release(&out);
    now += 40749;
    CHECK(call(CHAT, ask) == WEIR_E_RATE_REQUESTS);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 429);
    now++;
    CHECK(call(CHAT, ask) == WEIR_OK);
    finish();
}


static void
test_anthropic(void)
{
    struct weir_buf  out;

    fresh();
    for (unsigned i = 0; i < 3; i++) {
        CHECK(call(MESSAGES, ask_claude) == WEIR_OK);
        /* The fixture's day is 2026-11-18T11:06:40Z; 61 seconds on. */
        is("anthropic-ratelimit-requests-limit", "5");
        is("anthropic-ratelimit-requests-remaining",
           i == 0 ? "4" : i == 1 ? "3" : "2");
        is("anthropic-ratelimit-requests-reset", "2026-11-18T11:07:41Z");
        is("anthropic-ratelimit-tokens-limit", "3000");
        is("x-ratelimit-limit-requests", "");
        finish();
    }
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(call(MESSAGES, "{\"model\":\"c\",\"max_tokens\":2920,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
          == WEIR_E_RATE_TOKENS);
    CHECK(refusal(WEIR_E_RATE_TOKENS, &out) == 429);
    says(&out, "{\"type\":\"error\",\"error\":{\"type\":"
              "\"rate_limit_error\",\"message\":");
    says(&out, "3000 tokens per minute");
    is("retry-after", "61");
    weir_buf_release(&out);
}


static void
test_large(void)
{
    struct weir_buf  out;

    fresh();
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(call(CHAT, "{\"model\":\"m\",\"max_tokens\":2935,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
          == WEIR_E_RATE_TOO_LARGE);
    CHECK(refusal(WEIR_E_RATE_TOO_LARGE, &out) == 413);
    says(&out, "\"type\":\"tokens\"");
    says(&out, "Limit of the scenario limited: 3000 tokens per minute.");
    is("retry-after", "");
    weir_buf_release(&out);
    CHECK(call(CHAT, "{\"model\":\"m\",\"max_tokens\":2147483647,"
        "\"n\":128,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}")
          == WEIR_E_RATE_TOO_LARGE);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 413);
    /* Just as large as the limit. */
    CHECK(call(CHAT, "{\"model\":\"m\",\"max_tokens\":2934,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}") == WEIR_OK);
    is("x-ratelimit-remaining-tokens", "0");
    finish();
    /* Four choices of 1,000 are more than 3,000: the rest is shared. */
    fresh();
    CHECK(call(CHAT, "{\"model\":\"m\",\"n\":4,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}") == WEIR_OK);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    weir_buf_add(&out, weir_flow_body(fx.f).at, weir_flow_body(fx.f).len);
    says(&out, ",\"max_tokens\":733}");          /* (3000 - 66) / 4 */
    weir_buf_release(&out);
    is("x-ratelimit-remaining-tokens", "2");
    finish();
}


/* However a call ends, nobody is left inside, and its tokens are given back
   where it used none. */
static void
test_ends(void)
{
    static const char  denied[] = "{\"model\":\"m\",\"max_tokens\":100,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"forbidden words\"}]}";
    struct weir_flow  *kept = fx.f, *more[3];
    struct weir_buf    out;
    int                rc;

    fresh();
    /* Three at once, and no fourth. */
    for (unsigned i = 0; i < 3; i++) {
        CHECK(posix_memalign((void **) &more[i], 16, weir_flow_size()) == 0);
        fx.f = more[i];
        CHECK(call(CHAT, ask) == WEIR_OK);
    }
    fx.f = kept;
    CHECK(call(CHAT, ask) == WEIR_E_RATE_CALLS);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(refusal(WEIR_E_RATE_CALLS, &out) == 429);
    is("retry-after", "1");
    says(&out, "Limit of the scenario limited: 3 calls in flight; try");
    weir_buf_release(&out);
    /* The caller goes; the upstream is down; the answer is broken. */
    weir_flow_close(more[0], WEIR_END_CLIENT_GONE, 499);
    fx.f = more[1];
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(weir_flow_refusal(fx.f, WEIR_E_UPSTREAM_DOWN, &out) == 502);
    weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
    weir_buf_release(&out);
    fx.f = more[2];
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(fixture_answer(&fx, "application/json", 200,
                         weir_span_of("{\"id\":"), 0, &seed, &out) < 0);
    weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
    weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
    weir_buf_release(&out);
    fx.f = kept;
    for (unsigned i = 0; i < 3; i++) {
        free(more[i]);
    }
    rc = call(CHAT, denied);
    CHECK_MSG(rc == WEIR_E_DENIED, "%d", rc);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 403);
    CHECK(call(CHAT, ask) == WEIR_OK);
    /* Five requests, the denied one too; the tokens of this one alone. */
    is("x-ratelimit-remaining-requests", "0");
    is("x-ratelimit-remaining-tokens", "2834");
    for (unsigned i = 0; i < fx.snap.counts[WEIR_SNAP_LIMITS]; i++) {
        CHECK(weir_meter_calls(fx.w.account, fx.snap.limits[i].meter) <= 1);
    }
    finish();
    for (unsigned i = 0; i < fx.snap.counts[WEIR_SNAP_LIMITS]; i++) {
        CHECK(weir_meter_calls(fx.w.account, fx.snap.limits[i].meter) == 0);
    }
}


static void
test_model(void)
{
    static const char  narrow[] = "{\"model\":\"narrow\",\"max_tokens\":9,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    struct weir_buf    out;

    fresh();
    CHECK(fixture_call(&fx, KEY, CHAT, weir_span_of(narrow)) == WEIR_OK);
    /* the operator's own, at the upstream, are hidden behind ours */
    CHECK(!weir_flow_answer_header(fx.f, WEIR_SPAN("X-RateLimit-Limit"),
                                   WEIR_SPAN("9")));
    CHECK(!weir_flow_answer_header(fx.f,
              WEIR_SPAN("anthropic-ratelimit-tokens-limit"), WEIR_SPAN("9")));
    CHECK(weir_flow_answer_header(fx.f, WEIR_SPAN("x-request-id"),
                                  WEIR_SPAN("9")));
    is("x-ratelimit-remaining-requests", "1");
    is("x-ratelimit-reset-requests", "1h1m0s");
    finish();
    CHECK(call(CHAT, narrow) == WEIR_OK);
    finish();
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(call(CHAT, narrow) == WEIR_E_RATE_REQUESTS);
    CHECK(refusal(WEIR_E_RATE_REQUESTS, &out) == 429);
    says(&out, "Limit of the model narrow: 2 requests per hour; try again in "
              "1h1m0s.");
    weir_buf_release(&out);
    /* A scenario without limits on a model without: nothing is said. */
    CHECK(fixture_call(&fx, "key-plain", CHAT, weir_span_of(ask))
          == WEIR_OK);
    CHECK(weir_flow_answer_header(fx.f, WEIR_SPAN("X-RateLimit-Limit"),
                                  WEIR_SPAN("9")));
    is("x-ratelimit-limit-requests", "");
    finish();
}


int
main(void)
{
    fixture_open(&fx);
    fx.w.meter_ms = clock_of;
    test_openai();
    test_anthropic();
    test_large();
    test_ends();
    test_model();
    fixture_close(&fx);
    return weir_test_done();
}
