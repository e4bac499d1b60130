/*
 * mcp_test.c: whole calls of MCP through the engine: what goes out, refusals,
 * answers in one piece, the price of a call, and the streaming invariant:
 * messages in random segments deliver what each delivers whole, up to the
 * first that a rule denies.
 */
#include "flow_fixture.h"

#include <jansson.h>

#define TOOLS  "/mcp/t"
#define JSON   "application/json"
#define SSE    "text/event-stream"
#define CALL(args)                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":\"c\\u0031\",\"method\":\"tools/call\","    \
    "\"params\":{\"name\":\"mail\",\"arguments\":" args "}}"
#define SAID(text)                                                           \
    "{\"jsonrpc\":\"2.0\",\"id\":\"c1\",\"result\":{\"content\":[{\"type\":" \
    "\"text\",\"text\":\"" text "\"}]}}"

static struct fixture  fx;
static uint64_t        seed = 11;


/* ---- requests ---- */

static void
test_what_goes_out(void)
{
    static const char *const  cases[][2] = {
        { " {\"method\" : \"ping\",\"id\":1e0,\"x\":1e400}\n", NULL },
        { CALL("{\"a\":1.50,\"b\":\"\\u4e2d\\/\"}"), NULL },
        { CALL("{\"to\":13812345678,\"13812345678\":[\"中国红酒\"]}"),
          CALL("{\"to\":\"<MOBILE_1>\",\"<MOBILE_1>\":[\"[word]\"]}") },
        { CALL("{\"json\":\"{\\\"t\\\":\\\"13812345678\\\"}\"}"),
          CALL("{\"json\":\"{\\\"t\\\":\\\"<MOBILE_1>\\\"}\"}") },
        { "{\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":"
          "\"x://13812345678\"}}",
          "{\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":"
          "\"x://<MOBILE_1>\"}}" },
        { "{\"id\":1,\"result\":{\"content\":{\"type\":\"text\",\"text\":"
          "\"13812345678\"}}}",
          "{\"id\":1,\"result\":{\"content\":{\"type\":\"text\",\"text\":"
          "\"<MOBILE_1>\"}}}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const       want = cases[i][1] != NULL ? cases[i][1]
                                                           : cases[i][0];
        char                    target[WEIR_TARGET_BYTES_MAX];
        const int               rc = fixture_call(&fx, "key-ruled", TOOLS,
                                         weir_span_of(cases[i][0]));
        const struct weir_span  sent = weir_flow_body(fx.f);

        CHECK_MSG(rc == WEIR_OK, "%zu: %s", i, weir_error_info(rc)->name);
        CHECK_MSG(weir_span_is(sent, want), "%zu: sent %.*s", i,
                  (int) sent.len, sent.at);
        /* the register's URL, and nothing behind it */
        CHECK(weir_flow_target(fx.f, WEIR_SPAN(TOOLS), WEIR_SPAN("a=b"),
                               target) == 0);
        weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    }
}


static void
test_refusals(void)
{
    static const struct {
        const char  *key, *path, *body;
        int          error, status, code;
        const char  *says;
    } cases[] = {
        { "nope", TOOLS, "{}", WEIR_E_BAD_KEY, 401, -32050,
          "invalid_api_key" },
        { "key-ruled", "/mcp/x", CALL("{}"), WEIR_E_MODEL_UNKNOWN, 404,
          -32050, "\"id\":\"c\\u0031\"" },
        { "key-ruled", "/mcp/m", CALL("{}"), WEIR_E_MODEL_UNKNOWN, 404,
          -32050, "model_not_found" },
        { "key-ruled", TOOLS, CALL("[\"forbidden words\"]"), WEIR_E_DENIED,
          200, -32050, "\"rule\":\"t/words/forbidden\"" },
        { "key-ruled", TOOLS, "{\"method\":\"notifications/progress\","
          "\"params\":{\"message\":\"forbidden words\"}}", WEIR_E_DENIED,
          403, -32050, "content_filter" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":\"tools\\/call\","
          "\"params\":{\"name\":\"mai\"}}", WEIR_E_TOOL, 200, -32602,
          "tool_not_allowed" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"mail\\nfind/file\"}}", WEIR_E_TOOL, 200,
          -32602, "tool_not_allowed" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":\"tools/call\","
          "\"params\":{\"name\":\"\"}}", WEIR_E_TOOL, 200, -32602,
          "tool_not_allowed" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":\"tools/callx\"}",
          WEIR_E_RPC_METHOD, 200, -32601, "method_not_inspected" },
        { "key-ruled", TOOLS, "[]", WEIR_E_BAD_REQUEST, 400, -32600,
          "invalid_request" },
        { "key-ruled", TOOLS, "{\"id\":1}", WEIR_E_BAD_REQUEST, 400, -32600,
          "invalid_request" },
        { "key-ruled", TOOLS, "{\"id\":null,\"method\":\"ping\"}",
          WEIR_E_BAD_REQUEST, 400, -32600, "invalid_request" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":null}",
          WEIR_E_BAD_REQUEST, 400, -32600, "invalid_request" },
        { "key-ruled", TOOLS, "{\"id\":1,\"method\":\"tools/call\",\"params\""
          ":{\"name\":\"mail\",\"NAME\":\"x\"}}", WEIR_E_DUPLICATE_KEY, 400,
          -32600, "duplicate_key" },
        { "key-ruled", TOOLS, "{\"id\":1,", WEIR_E_BAD_JSON, 400, -32700,
          "invalid_json" },
        { "key-ruled", "/mcp", "{}", WEIR_E_SURFACE, 404, -32050,
          "surface_not_inspected" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;
        json_t          *j, *e;
        int              rc, status;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        rc = fixture_call(&fx, cases[i].key, cases[i].path,
                          weir_span_of(cases[i].body));
        CHECK_MSG(rc == cases[i].error, "%zu: got %s", i,
                  weir_error_info(rc)->name);
        status = weir_flow_refusal(fx.f, rc, &out);
        CHECK_MSG(status == cases[i].status && has(&out, cases[i].says),
                  "%zu: %d %.*s", i, status, (int) out.len, out.at);
        j = json_loadb((char *) out.at, out.len, 0, NULL);
        e = json_object_get(j, "error");
        CHECK(json_integer_value(json_object_get(e, "code"))
              == cases[i].code);
        CHECK(json_is_object(json_object_get(json_object_get(e, "data"),
                                             "weir")));
        json_decref(j);
        weir_flow_close(fx.f, WEIR_END_REFUSED, status);
        weir_buf_release(&out);
    }
}


static int
take(struct weir_flow_head *h, const char *name, const char *value)
{
    return weir_flow_head_take(h, weir_span_of(name), weir_span_of(value));
}


static void
test_head(void)
{
    static const char *const  origins[] = { "https://desk.example.org",
        "https://desk.example.org.evil", "https://desk.example.or", "null",
        "*" };
    const struct weir_flow_head  none = { 0 };
    struct weir_flow_head        h = none;
    char                         session[WEIR_SESSION_BYTES_MAX + 2];

    CHECK(weir_flow_head_open(&h, WEIR_SPAN("DELETE"), WEIR_SPAN(TOOLS),
                              WEIR_SPAN("")) == WEIR_OK);
    CHECK(h.surface == WEIR_ON_MCP_END && weir_span_is(h.path, "t"));
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("GET"), WEIR_SPAN(TOOLS),
                              WEIR_SPAN("")) == WEIR_E_METHOD);
    CHECK(h.protocol == WEIR_MCP);
    CHECK(weir_protocol_of(WEIR_SPAN("/mcp/t?x")) == WEIR_MCP);

    memset(session, 'x', sizeof(session));
    session[WEIR_SESSION_BYTES_MAX] = '\0';
    CHECK(take(&h, "mcp-session-id", session) == WEIR_OK);
    session[WEIR_SESSION_BYTES_MAX] = 'x';
    session[WEIR_SESSION_BYTES_MAX + 1] = '\0';
    CHECK(take(&h, "mcp-session-id", session) == WEIR_E_BAD_REQUEST);
    CHECK(take(&h, "mcp-session-id", "other") == WEIR_E_BAD_REQUEST);
    CHECK(take(&h, "mcp-protocol-version", "2025 06") == WEIR_E_BAD_REQUEST);
    CHECK(take(&h, "mcp-protocol-version", "2025-06-18") == WEIR_OK);

    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        h = none;
        CHECK(weir_flow_head_open(&h, WEIR_SPAN("POST"), WEIR_SPAN(TOOLS),
                                  WEIR_SPAN("")) == WEIR_OK);
        h.key = WEIR_SPAN("key-ruled");
        CHECK(take(&h, "origin", origins[i]) == WEIR_OK);
        CHECK_MSG(weir_flow_open(fx.f, &fx.w, &fx.snap, &h)
                  == (i == 0 ? WEIR_OK : WEIR_E_ORIGIN), "%s", origins[i]);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 403);
    }

    /* a session ends: nothing goes out but that */
    h = none;
    (void) !weir_flow_head_open(&h, WEIR_SPAN("DELETE"), WEIR_SPAN(TOOLS),
                                WEIR_SPAN(""));
    h.key = WEIR_SPAN("key-ruled");
    CHECK(weir_flow_open(fx.f, &fx.w, &fx.snap, &h) == WEIR_OK);
    CHECK(weir_flow_request_finish(fx.f) == WEIR_OK);
    CHECK(weir_flow_body(fx.f).len == 0);
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
}


/* ---- answers ---- */

static void
test_answers(void)
{
    static const struct {
        const char  *name, *type, *answer, *want;
        int          status, rc;
    } cases[] = {
        { "verbatim", JSON, " {\"id\":\"c1\", \"result\":{\"n\":1e999}}\n",
          " {\"id\":\"c1\", \"result\":{\"n\":1e999}}\n", 200, 0 },
        { "redacted", JSON, SAID("打 13812345678。"), SAID("打 [mobile]。"),
          200, 0 },
        { "denied whole", JSON, SAID("a forbidden words"),
          "{\"jsonrpc\":\"2.0\",\"id\":\"c\\u0031\",\"error\":{\"code\":"
          "-32050,", 200, 0 },
        { "an error", JSON, "{\"id\":\"c1\",\"error\":{\"code\":1,\"message\""
          ":\"no 13812345678\",\"data\":13812345678}}",
          "{\"id\":\"c1\",\"error\":{\"code\":1,\"message\":\"no [mobile]\","
          "\"data\":\"[mobile]\"}}", 200, 0 },
        { "no body", "", "", "", 202, 0 },
        { "a body where none is due", "text/plain", "x", "", 202,
          WEIR_E_UPSTREAM_BAD },
        { "over, as JSON", "", "{\"error\":{\"message\":\"gone\"}}",
          "{\"error\":{\"message\":\"gone\"}}", 404, 0 },
        { "over, as text", "text/plain", "forbidden words", "", 404, 0 },
        { "broken", JSON, "{\"result\":", "", 200, WEIR_E_UPSTREAM_BAD },
        { "of the wrong type", JSON, "{\"result\":13812345678}", "", 200,
          WEIR_E_UPSTREAM_BAD },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;
        int              rc;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", TOOLS, WEIR_SPAN(CALL("{}")))
              == WEIR_OK);
        rc = fixture_answer(&fx, cases[i].type, cases[i].status,
                            weir_span_of(cases[i].answer), 0, &seed, &out);
        CHECK_MSG(rc == cases[i].rc, "%s: %d", cases[i].name, rc);
        CHECK_MSG(out.len >= strlen(cases[i].want)
                  && (*cases[i].want == '\0' ? out.len == 0
                      : memcmp(out.at, cases[i].want,
                               strlen(cases[i].want)) == 0),
                  "%s: %.*s", cases[i].name, (int) out.len, out.at);
        CHECK(!has(&out, "forbidden words"));
        if (rc == WEIR_OK) {
            fixture_end(&fx);
        } else {
            weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
        }
        weir_buf_release(&out);
    }
}


/* A list in which the tools of `marks` stand: m may be called, x may not. */
static void
put_list(struct weir_buf *b, const char *marks, bool odd)
{
    weir_buf_adds(b, odd ? "{\"result\":{\"tools\": [ "
                         : "{\"result\":{\"tools\":[");
    for (size_t i = 0; marks[i] != '\0'; i++) {
        weir_buf_adds(b, i == 0 ? "" : odd ? " ,\n" : ",");
        weir_buf_adds(b, marks[i] == 'm'
            ? "{\"description\":\"13812345678\",\"name\":\"mail\"}"
            : "{\"name\":\"mai\",\"title\":\"forbidden words\",\"x\":{"
              "\"name\":\"mail\"}}");
    }
    weir_buf_adds(b, odd ? " ] }}" : "]}}");
}


static void
check_list(const char *marks, const char *type, bool odd)
{
    struct weir_buf  list, out;
    json_t          *j, *tools, *t;
    size_t           i, want = 0;
    const char      *body;

    for (i = 0; marks[i] != '\0'; i++) {
        want += marks[i] == 'm';
    }
    weir_buf_init(&list, fx.w.mem, 1 << 20);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    weir_buf_adds(&list, *type == 't' ? "data: " : "");
    put_list(&list, marks, odd && *type != 't');
    weir_buf_adds(&list, *type == 't' ? "\n\n" : "");
    CHECK(fixture_call(&fx, "key-ruled", TOOLS,
        WEIR_SPAN("{\"id\":1,\"method\":\"tools/list\"}")) == WEIR_OK);
    CHECK(fixture_answer(&fx, type, 200, weir_buf_span(&list), 0, &seed,
                         &out) == WEIR_OK);
    fixture_end(&fx);
    weir_buf_addc(&out, '\0');
    body = strchr((char *) out.at, '{');
    j = json_loads(body, JSON_DISABLE_EOF_CHECK, NULL);
    tools = json_object_get(json_object_get(j, "result"), "tools");
    CHECK_MSG(json_is_array(tools) && json_array_size(tools) == want,
              "%s: %s", marks, body);
    json_array_foreach(tools, i, t) {
        CHECK(strcmp(json_string_value(json_object_get(t, "name")), "mail")
              == 0);
        CHECK(strcmp(json_string_value(json_object_get(t, "description")),
                     "[mobile]") == 0);
    }
    json_decref(j);
    weir_buf_release(&list);
    weir_buf_release(&out);
}


static void
test_lists(void)
{
    static const char *const  shapes[] = {
        "{\"result\":{\"tools\":{\"name\":\"x\"}}}",
        "{\"result\":{\"tools\":[[{\"name\":\"x\"}],[{\"name\":\"y\"}]]}}",
        "[{\"result\":{\"tools\":[{\"name\":\"x\"}]}},"
        "{\"result\":{\"tools\":[{\"name\":\"y\"}]}}]",
    };
    char                      many[WEIR_TOOLS_MAX + 2];

    for (unsigned n = 0; n < 1u << 7; n++) {
        char  marks[7] = { 0 };

        /* below its highest bit, a bit each */
        for (unsigned k = 0; k < 6 && n >> (k + 1) != 0; k++) {
            marks[k] = n >> k & 1 ? 'm' : 'x';
        }
        check_list(marks, JSON, n % 2 == 0);
        check_list(marks, JSON, n % 2 == 1);
        check_list(marks, SSE, false);
    }
    /* as many as are kept, none of which may be called; and one behind */
    memset(many, 'x', sizeof(many));
    many[WEIR_TOOLS_MAX] = '\0';
    check_list(many, JSON, true);
    many[WEIR_TOOLS_MAX] = 'm';
    many[WEIR_TOOLS_MAX + 1] = '\0';
    check_list(many, JSON, true);

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", TOOLS,
            WEIR_SPAN("{\"id\":1,\"method\":\"tools/list\"}")) == WEIR_OK);
        CHECK_MSG(fixture_answer(&fx, JSON, 200, weir_span_of(shapes[i]), 0,
                                 &seed, &out) == WEIR_E_UPSTREAM_BAD, "%zu",
                  i);
        weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
        weir_buf_release(&out);
    }
}


static void
test_money(void)
{
    static const char *const   bodies[] = { CALL("{}"),
        "{\"id\":1,\"method\":\"tools/list\"}" };
    struct weir_account_state  before, after;

    for (int i = 0; i < 2; i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        weir_account_read(fx.w.account, 0, &before);
        CHECK(fixture_call(&fx, "key-ruled", TOOLS, weir_span_of(bodies[i]))
              == WEIR_OK);
        CHECK(fixture_answer(&fx, JSON, 200, WEIR_SPAN(SAID("ok")), 0, &seed,
                             &out) == WEIR_OK);
        fixture_end(&fx);
        weir_account_read(fx.w.account, 0, &after);
        CHECK(after.reserved == 0
              && after.spent - before.spent == (i == 0 ? 10000 : 0));
        weir_buf_release(&out);
    }
    /* less than a call costs */
    weir_account_set(fx.w.account, 0, 9999, 0);
    CHECK(fixture_call(&fx, "key-ruled", TOOLS, WEIR_SPAN(CALL("{}")))
          == WEIR_E_NO_FUNDS);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 402);
    weir_account_set(fx.w.account, 0, 1000 * WEIR_MICRO, 0);
}


/* ---- streams ---- */

#define MESSAGES  4

static const char *const  bits[] = {
    "中", "国", "红", "酒", "杯", "你好", "禁语甲乙", "禁语", "甲", "乙",
    "13812345678", "138", "12345678", " ", "，", "ab", "forbidden words",
    "forbidden ", "words", "看见", "\\\"", "\\\\", "\\n", "非", "也", "😀", "1",
    "\\u7981", "-"
};


static void
random_message(struct weir_buf *b, bool last)
{
    weir_buf_adds(b, last ? "{\"jsonrpc\":\"2.0\",\"id\":\"c1\",\"result\":{"
                            "\"content\":[{\"type\":\"text\",\"text\":\""
                          : "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
                            "message\",\"params\":{\"data\":[{\"x\":\"");
    for (uint64_t n = weir_test_random(&seed) % 12; n > 0; n--) {
        weir_buf_adds(b, bits[weir_test_random(&seed)
                              % (sizeof(bits) / sizeof(bits[0]))]);
    }
    weir_buf_adds(b, "\"}]}}");
}


/* What the message delivers as the whole answer; false: denied. */
static bool
alone(const struct weir_buf *message, struct weir_buf *out)
{
    CHECK(fixture_call(&fx, "key-ruled", TOOLS, WEIR_SPAN(CALL("{}")))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, JSON, 200, weir_buf_span(message),
                         message->len + 1, &seed, out) == WEIR_OK);
    fixture_end(&fx);
    return memmem(out->at, out->len, "-32050", 6) == NULL;
}


static void
test_streams(void)
{
    for (int round = 0; round < 1500; round++) {
        struct weir_buf  sse, want, out;
        size_t           n;
        bool             denied = false;

        weir_buf_init(&sse, fx.w.mem, 1 << 16);
        weir_buf_init(&want, fx.w.mem, 1 << 16);
        weir_buf_init(&out, fx.w.mem, 1 << 16);
        for (unsigned i = 0; i < MESSAGES; i++) {
            const char *const  eol = weir_test_random(&seed) & 1 ? "\r\n"
                                                                 : "\n";
            struct weir_buf    m, whole;

            weir_buf_init(&m, fx.w.mem, 1 << 16);
            weir_buf_init(&whole, fx.w.mem, 1 << 16);
            random_message(&m, i == MESSAGES - 1);
            weir_buf_adds(&sse, "event: message");
            weir_buf_adds(&sse, eol);
            weir_buf_adds(&sse, "data: ");
            weir_buf_add(&sse, m.at, m.len);
            weir_buf_adds(&sse, eol);
            weir_buf_adds(&sse, eol);
            denied = denied || !alone(&m, &whole);
            if (!denied) {
                weir_buf_adds(&want, "event: message");
                weir_buf_adds(&want, eol);
                weir_buf_adds(&want, "data: ");
                weir_buf_add(&want, whole.at, whole.len);
                weir_buf_adds(&want, eol);
                weir_buf_adds(&want, eol);
            }
            weir_buf_release(&m);
            weir_buf_release(&whole);
        }
        CHECK(fixture_call(&fx, "key-ruled", TOOLS, WEIR_SPAN(CALL("{}")))
              == WEIR_OK);
        CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse),
                             round % 3 == 0 ? 1 : 0, &seed, &out) >= 0);
        n = out.len < want.len ? out.len : want.len;
        CHECK_MSG(n == want.len
                  && (n == 0 || memcmp(out.at, want.at, n) == 0)
                  && (out.len == n) == !denied, "sent %.*s\nwant %.*s\ngot "
                  "%.*s", (int) sse.len, sse.at, (int) want.len, want.at,
                  (int) out.len, out.at);
        if (denied) {
            CHECK(has(&out, "data: {\"jsonrpc\":\"2.0\",\"id\":"
                            "\"c\\u0031\",\"error\""));
        }
        fixture_end(&fx);
        weir_buf_release(&sse);
        weir_buf_release(&want);
        weir_buf_release(&out);
    }
}


int
main(void)
{
    fixture_open(&fx);
    test_what_goes_out();
    test_refusals();
    test_head();
    test_answers();
    test_lists();
    test_money();
    test_streams();
    fixture_close(&fx);
    return weir_test_done();
}
