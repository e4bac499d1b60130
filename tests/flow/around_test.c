/*
 * around_test.c: what somebody would try who has read the source: text where
 * no text is expected, text that goes on where nobody joins it, text behind
 * the end, and calls that cost more than was reserved.
 */
#include "flow_fixture.h"

#include <dirent.h>

#define CHAT      "/v1/chat/completions"
#define MESSAGES  "/v1/messages"
#define SSE       "text/event-stream"
#define JSON      "application/json"

#define TOOL(of)                                                             \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]," \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","        \
    "\"parameters\":" of "}}]}"
#define GEMINI  "/v1beta/models/g:generateContent"
#define SAY     "\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]"
#define HI  "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static struct fixture  fx;
static uint64_t        seed = 7;


/* Nothing of it may go out. */
static void
test_denied(void)
{
    static const struct {
        const char  *name, *path, *body;
    } cases[] = {
        { "a role that is none", CHAT,
          "{\"model\":\"m\",\"messages\":[{\"role\":\"forbidden words\","
          "\"content\":\"x\"}]}" },
        { "the same behind the text, in escapes", CHAT,
          "{\"model\":\"m\",\"messages\":[{\"content\":\"x\",\"role\":"
          "\"forbidden w\\u006frds\"}]}" },
        { "a role of messages", MESSAGES,
          "{\"model\":\"c\",\"max_tokens\":9,\"messages\":[{\"role\":"
          "\"forbidden words\",\"content\":\"x\"}]}" },
        { "schema: a name that is required", CHAT,
          TOOL("{\"type\":\"object\",\"required\":[\"forbidden words\"]}") },
        { "schema: a type", CHAT, TOOL("{\"type\":\"forbidden words\"}") },
        { "schema: a format", CHAT, TOOL("{\"format\":\"forbidden words\"}") },
        { "schema: a reference", CHAT,
          TOOL("{\"$ref\":\"forbidden words\"}") },
        { "schema: a key that is no keyword", CHAT,
          TOOL("{\"forbidden words\":{}}") },
        { "schema: a key below one", CHAT,
          TOOL("{\"x\":{\"y\":[{\"forbidden words\":1}]}}") },
        { "a key of a function", CHAT,
          "{\"model\":\"m\"," HI ",\"tools\":[{\"type\":\"function\","
          "\"function\":{\"name\":\"f\",\"forbidden words\":null}}]}" },
        { "a key of a tool", MESSAGES,
          "{\"model\":\"c\",\"max_tokens\":9," HI ",\"tools\":[{\"name\":"
          "\"f\",\"forbidden words\":{}}]}" },
        { "a key of a form of answers", CHAT,
          "{\"model\":\"m\"," HI ",\"response_format\":{\"type\":"
          "\"json_schema\",\"json_schema\":{\"forbidden words\":0}}}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int  rc = fixture_call(&fx, "key-ruled", cases[i].path,
                                     weir_span_of(cases[i].body));

        CHECK_MSG(rc == WEIR_E_DENIED, "%s: %s", cases[i].name,
                  weir_error_info(rc)->name);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 403);
    }
}


/* An answer that nobody would see and nobody pay. */
static void
test_background(void)
{
    static const char *const  keys[] = { "key-ruled", "key-plain" };

    for (size_t i = 0; i < 2; i++) {
        CHECK(fixture_call(&fx, keys[i], "/v1/responses", WEIR_SPAN(
            "{\"model\":\"m\",\"input\":\"hi\",\"backgroun\\u0064\":true}"))
            == WEIR_E_BACKGROUND);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
    }
    fixture_sent(&fx, "not in the background", "key-plain", "/v1/responses",
        "{\"model\":\"m\",\"input\":\"hi\",\"background\":false}",
        "{\"model\":\"m\",\"input\":\"hi\",\"background\":false}");
}


/* A keyword of a schema is not a text: what is there passes as it is. */
static void
test_schemas_pass(void)
{
    static const char  body[] =
        TOOL("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
             "\"string\",\"format\":\"date-time\",\"minLength\":1}},"
             "\"required\":[\"a\"],\"additionalProperties\":false}");
    static const char  numbers[] =
        TOOL("{\"properties\":{\"p\":{\"const\":13812345678,\"x\":"
             "{\"13812345678\":1}}}}");

    fixture_sent(&fx, "a schema", "key-ruled", CHAT, body, body);
    fixture_sent(&fx, "keys and numbers of a schema", "key-ruled", CHAT,
        numbers,
        TOOL("{\"properties\":{\"p\":{\"const\":\"<MOBILE_1>\",\"x\":"
             "{\"<MOBILE_1>\":1}}}}"));
}


/* Usage is asked for in a body that says `null` where it could. */
static void
test_nulls(void)
{
    fixture_sent(&fx, "null options", "key-plain", CHAT,
        "{\"stream_options\":null,\"model\":\"m\",\"stream\":true," HI "}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\","
        "\"stream\":true," HI "}");
    fixture_sent(&fx, "a null option", "key-plain", CHAT,
        "{\"stream_options\":{\"include_usage\":null},\"model\":\"m\","
        "\"stream\":true," HI "}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\","
        "\"stream\":true," HI "}");
}


static void
answered(const char *name, const char *key, const char *path,
    const char *body, const char *type, const char *answer, const char *want)
{
    static const size_t  steps[] = { 100000, 1, 0 };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct weir_buf  out;
        int              rc;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, key, path, weir_span_of(body)) == WEIR_OK);
        rc = fixture_answer(&fx, type, 200, weir_span_of(answer), steps[i],
                            &seed, &out);
        CHECK_MSG(rc >= 0, "%s: %s", name, weir_error_info(rc)->name);
        CHECK_MSG(weir_span_is(weir_buf_span(&out), want), "%s: %.*s", name,
                  (int) out.len, out.at);
        fixture_end(&fx);
        weir_buf_release(&out);
    }
}


#define ASK_CHAT    "{\"model\":\"m\"," HI "}"
#define ASK_STREAM  "{\"model\":\"m\",\"stream\":true,\"stream_options\":"   \
                    "{\"include_usage\":true}," HI "}"
#define ASK_CLAUDE  "{\"model\":\"c\",\"max_tokens\":9," HI "}"

static void
test_behind_a_denial(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-ruled", MESSAGES, WEIR_SPAN(ASK_CLAUDE))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, JSON, 200, WEIR_SPAN(
        "{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"a forbidden words b\"},{\"type\":\"tool_use\",\"id\":\"1\","
        "\"name\":\"f\",\"input\":{\"13812345678\":1,\"c\":\"d\","
        "\"forbidden words\":[2]}}],\"stop_reason\":\"tool_use\"}"), 0, &seed,
        &out) == WEIR_OK);
    CHECK_MSG(has(&out, "\"a \"")
              && !has(&out, "13812345678")
              && !has(&out, "words b")
              && !has(&out, "forbidden words\""), "%.*s",
              (int) out.len, out.at);
    fixture_end(&fx);
    weir_buf_release(&out);

    /* the same of one event of a stream */
    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ASK_STREAM))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, SSE, 200, WEIR_SPAN(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
        "\"a forbidden words b\",\"tool_calls\":[{\"index\":0,\"function\":"
        "{\"arguments\":{\"13812345678\":1}}}]}}]}\n\n"), 0, &seed, &out)
        == WEIR_DONE);
    CHECK_MSG(!has(&out, "13812345678"), "%.*s", (int) out.len,
              out.at);
    fixture_end(&fx);
    weir_buf_release(&out);
}


/* A text in a value that is replaced whole: names that are too long to be
   names, texts in usage. */
static void
test_replaced_whole(void)
{
#define LONG  "x 13812345678 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"      \
              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    static const struct {
        const char  *name, *path, *ask, *type, *answer;
    } cases[] = {
        { "finish, streamed", CHAT, ASK_STREAM, SSE,
          "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
          "\"forbidden words\"},\"finish_reason\":\"" LONG "\"}]}\n\n" },
        { "finish before it", CHAT, ASK_STREAM, SSE,
          "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"" LONG
          "\",\"delta\":{\"content\":\"forbidden words\"}}]}\n\n" },
        { "finish of an answer", CHAT, ASK_CHAT, JSON,
          "{\"choices\":[{\"index\":0,\"finish_reason\":\"" LONG "\","
          "\"message\":{\"content\":\"forbidden words\"}}]}" },
        { "details", "/v1/responses", "{\"model\":\"m\",\"input\":\"hi\"}",
          JSON, "{\"status\":\"completed\",\"incomplete_details\":{\"why\":"
          "\"13812345678\"},\"output\":[{\"type\":\"message\",\"content\":[{"
          "\"type\":\"output_text\",\"text\":\"forbidden words\"}]}]}" },
        { "usage", CHAT, "{\"model\":\"m\",\"stream\":true," HI "}", SSE,
          "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{"
          "\"who\":\"13812345678\",\"prompt_tokens\":1}}\n\n" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", cases[i].path,
                           weir_span_of(cases[i].ask)) == WEIR_OK);
        CHECK_MSG(fixture_answer(&fx, cases[i].type, 200,
                                 weir_span_of(cases[i].answer), 0, &seed,
                                 &out) >= 0, "%s", cases[i].name);
        CHECK_MSG(!has(&out, "13812345678") && !has(&out, "forbidden words"),
                  "%s: %.*s", cases[i].name, (int) out.len, out.at);
        fixture_end(&fx);
        weir_buf_release(&out);
    }
#undef LONG
}


/* What a sound says comes in deltas, and is one text. */
static void
test_transcripts(void)
{
#define SAID(text)                                                           \
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"audio\":{"   \
    "\"id\":\"a\",\"transcript\":\"" text "\"}},\"finish_reason\":null}]}\n\n"
#define OVER                                                                 \
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},"            \
    "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"

    answered("a transcript in deltas", "key-ruled", CHAT, ASK_STREAM, SSE,
        SAID("call 138") SAID("12345678 now") OVER,
        SAID("call ") SAID("[mobile] now") OVER);
    answered("the end of a transcript", "key-ruled", CHAT, ASK_STREAM, SSE,
        SAID("a 中国") OVER,
        SAID("a ")
        "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\","
        "\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"delta\":{"
        "\"audio\":{\"transcript\":\"中国\"}},\"finish_reason\":null}]}\n\n"
        OVER);
#undef SAID
}


/* What is held of the text that a custom tool takes comes in its own place. */
static void
test_custom_tools(void)
{
#define CALL(text)                                                           \
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{"              \
    "\"tool_calls\":[{\"index\":1,\"type\":\"custom\",\"custom\":{"          \
    "\"input\":\"" text "\"}}]},\"finish_reason\":null}]}\n\n"

    answered("the end of an input", "key-ruled", CHAT, ASK_STREAM, SSE,
        CALL("a 中国") OVER,
        CALL("a ")
        "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\","
        "\"created\":0,\"model\":\"\",\"choices\":[{\"index\":0,\"delta\":{"
        "\"tool_calls\":[{\"index\":1,\"custom\":{\"input\":\"中国\"}}]},"
        "\"finish_reason\":null}]}\n\n" OVER);
#undef CALL
}


/* What a proxy repeats of the reasoning, in pieces that nobody joins. */
static void
test_repeated_reasoning(void)
{
#define REPEATED(blocks)                                                     \
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"thinking_blocks\":"       \
    blocks ",\"content\":\"\"}}]}\n\n"

    answered("repeated", "key-ruled", CHAT, ASK_STREAM, SSE,
        REPEATED("[{\"thinking\":\"138\"}]")
        REPEATED("[{\"thinking\":\"12345678\"}]"),
        REPEATED("null") REPEATED("null"));
    answered("repeated, no rules", "key-plain", CHAT, ASK_STREAM, SSE,
        REPEATED("[{\"thinking\":\"138\"}]"),
        REPEATED("[{\"thinking\":\"138\"}]"));
#undef REPEATED
}


/* The word in a text is not the key that is looked for. */
static void
test_usage_in_a_text(void)
{
    answered("usage", "key-plain", CHAT,
        "{\"model\":\"m\",\"stream\":true," HI "}", SSE,
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"usage\"}}]"
        ",\"usage\":null}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"usage\"}}]"
        "}\n\n");
}


static void
test_two_names_of_an_event(void)
{
    answered("two names", "key-ruled", CHAT, ASK_STREAM, SSE,
        "event: call 13812345678\nevent: x\ndata: {\"choices\":[]}\n\n",
        "event: x\ndata: {\"choices\":[]}\n\n");
}


/* It is not known what a piece of it continues, so each is by itself. */
static void
test_unknown_fields(void)
{
#define MUSED(text)                                                          \
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"muse\":\""    \
    text "\"},\"finish_reason\":null}]}\n\n"

    answered("a field that is not known", "key-ruled", CHAT, ASK_STREAM, SSE,
        MUSED("call 13812345678") MUSED("call 138") MUSED("12345678") OVER,
        MUSED("call [mobile]") MUSED("call 138") MUSED("12345678") OVER);
#undef MUSED
}


/* What leads away from the gateway, rules or none. */
static void
test_leads_away(void)
{
    static const int          statuses[] = { 100, 101, 199, 300, 301, 302, 304,
                                             307, 308, 399 };
    static const char *const  keys[] = { "key-ruled", "key-plain" };

    for (size_t i = 0; i < 2 * sizeof(statuses) / sizeof(statuses[0]); i++) {
        const int  status = statuses[i / 2];

        CHECK(fixture_call(&fx, keys[i % 2], CHAT, WEIR_SPAN(ASK_CHAT))
              == WEIR_OK);
        CHECK_MSG(weir_flow_answer_open(fx.f, status, WEIR_SPAN(JSON),
                                        (struct weir_span) { NULL, 0 })
                  == WEIR_E_UPSTREAM_BAD, "%d of %s", status, keys[i % 2]);
        weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
    }
}


/* What is inspected as UTF-8 must be read so. */
static void
test_charsets(void)
{
    static const struct {
        const char  *type;
        bool         good;
    } cases[] = {
        { "application/json", true },
        { "application/json; charset=utf-8", true },
        { "application/json;Charset=\"UTF-8\"; x=y", true },
        { "application/json; charset=us-ascii", true },
        { "text/event-stream;charset=UTF8", true },
        { "application/json; charset=ISO-8859-1", true },
        { "application/json; charset=utf-7", false },
        { "application/json; charset=\"utf-16\"", false },
        { "application/json; charset=utf-8x", false },
        { "application/json; charset=gbk", false },
        { "application/json; charset=", false },
        { "application/json; charset=utf-8; charset=utf-7", false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ASK_CHAT))
              == WEIR_OK);
        CHECK_MSG((weir_flow_answer_open(fx.f, 200,
                       weir_span_of(cases[i].type),
                       (struct weir_span) { NULL, 0 }) == WEIR_OK)
                  == cases[i].good, "%s", cases[i].type);
        weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 502);
    }
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ASK_CHAT))
          == WEIR_OK);
    CHECK(weir_span_is(weir_flow_body_type(fx.f, WEIR_SPAN("text/plain")),
                       "application/json"));
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
}


/* ---- money ---- */

static weir_micro
reserved(uint32_t slot, const char *key, const char *path, const char *body)
{
    struct weir_account_state  st;

    const int                  rc = fixture_call(&fx, key, path,
                                                 weir_span_of(body));

    CHECK_MSG(rc == WEIR_OK, "%s: %s", path, weir_error_info(rc)->name);
    weir_account_read(fx.w.account, slot, &st);
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    return st.reserved;
}


/* ... also where money is short, and the bound is put there by us. */
static void
test_null_bounds(void)
{
    static const struct {
        const char  *path, *sent, *want;
    } cases[] = {
        { CHAT, "{\"max_tokens\":null,\"model\":\"m\"," HI "}",
          "{\"max_tokens\":108,\"model\":\"m\"," HI "}" },
        { CHAT, "{\"model\":\"m\",\"max_completion_tokens\" : null ," HI "}",
          "{\"model\":\"m\",\"max_completion_tokens\" : 108 ," HI "}" },
        { GEMINI, "{" SAY ",\"generationConfig\": null}",
          "{" SAY ",\"generationConfig\": {\"maxOutputTokens\":108}}" },
        { GEMINI, "{\"generationConfig\":{\"maxOutputTokens\":null}," SAY "}",
          "{\"generationConfig\":{\"maxOutputTokens\":108}," SAY "}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weir_account_set(fx.w.account, 0, 1000, 0);
        fixture_sent(&fx, cases[i].sent, "key-ruled", cases[i].path,
                     cases[i].sent, cases[i].want);
    }
    weir_account_set(fx.w.account, 0, 10 * WEIR_MICRO, 0);
}


/* What is no text is read by a model all the same: each byte may be a
   token. */
static void
test_worst_case(void)
{
    char               numbers[4096], body[8192];
    size_t             n = 0;
    const weir_micro   plain = reserved(0, "key-ruled", CHAT,
        "{\"model\":\"m\",\"max_tokens\":1," HI "}");

    while (n < 4000) {
        memcpy(numbers + n, "1,", 3);
        n += 2;
    }
    numbers[n - 1] = '\0';
    snprintf(body, sizeof(body), "{\"model\":\"m\",\"max_tokens\":1,"
             "\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":"
             "\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
             "\"arguments\":{\"a\":[%s]}}}]}]}", numbers);
    /* 2 micro-units a token */
    CHECK(reserved(0, "key-ruled", CHAT, body) >= 3800 * 2);
    CHECK(plain < 2 * 100);

    snprintf(body, sizeof(body), "{\"model\":\"w\",\"max_tokens\":1,"
             "\"prompt\":[%s]}", numbers);
    weir_account_set(fx.w.account, 1, WEIR_MICRO, 0);
    CHECK(reserved(1, "key-routed", "/v1/completions", body) >= 3600);

    /* a picture is not paid for by the byte */
    memset(numbers, 'A', 4000);
    snprintf(body, sizeof(body), "{\"model\":\"m\",\"max_tokens\":1,"
             "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
             "\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
             "%s\"}}]}]}", numbers);
    CHECK(reserved(0, "key-ruled", CHAT, body) < (8192 + 400) * 2);
}


/* Ten pictures are no cheaper than ten calls for one. */
static void
test_pictures(void)
{
    static const struct {
        const char  *n;
        weir_micro   costs;
    } cases[] = {
        { "", 40000 }, { ",\"n\":1", 40000 }, { ",\"n\":10", 400000 }
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_account_state  before, during, after;
        struct weir_buf            out;
        char                       body[128];

        snprintf(body, sizeof(body), "{\"model\":\"painter\",\"prompt\":"
                 "\"a weir\"%s}", cases[i].n);
        weir_account_read(fx.w.account, 0, &before);
        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", "/v1/images/generations",
                           weir_span_of(body)) == WEIR_OK);
        weir_account_read(fx.w.account, 0, &during);
        CHECK(fixture_answer(&fx, JSON, 200, WEIR_SPAN(
            "{\"data\":[{\"url\":\"https://x.example/1\"}]}"), 0, &seed, &out)
            == WEIR_OK);
        fixture_end(&fx);
        weir_account_read(fx.w.account, 0, &after);
        CHECK_MSG(during.reserved == cases[i].costs
                  && after.spent - before.spent == cases[i].costs,
                  "%s: %lld, %lld", body, (long long) during.reserved,
                  (long long) (after.spent - before.spent));
        weir_buf_release(&out);
    }
}


/* An error behind a text: the text was made, and is paid. */
static void
test_error_behind_a_text(void)
{
    struct weir_account_state  before, after;
    struct weir_buf            out;

    for (int text = 0; text < 2; text++) {
        weir_account_read(fx.w.account, 0, &before);
        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ASK_STREAM))
              == WEIR_OK);
        CHECK(fixture_answer(&fx, SSE, 200, text == 0 ? WEIR_SPAN(
            "data: {\"error\":{\"message\":\"busy\"}}\n\n") : WEIR_SPAN(
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":"
            "\"many words\"}}]}\n\n"
            "data: {\"error\":{\"message\":\"busy\"}}\n\n"), 0, &seed, &out)
            == WEIR_OK);
        fixture_end(&fx);
        weir_account_read(fx.w.account, 0, &after);
        CHECK_MSG((after.spent > before.spent) == text, "%d: %lld", text,
                  (long long) (after.spent - before.spent));
        weir_buf_release(&out);
    }
}


/* ---- clocks ---- */

static uint64_t
early(void *ctx)
{
    (void) ctx;
    return 1794999999000u;
}


/* The clock is set back while a call goes on. */
static void
test_clock(void)
{
    struct weir_frame  *frame = malloc(sizeof(*frame));
    struct weir_buf     out;
    unsigned            ends = 0;
    DIR                *d = opendir(fx.dir);
    struct dirent      *e;
    uint64_t          (*was)(void *ctx) = fx.w.now_ms;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-plain", CHAT, WEIR_SPAN(ASK_CHAT))
          == WEIR_OK);
    fx.w.now_ms = early;
    CHECK(fixture_answer(&fx, JSON, 200, WEIR_SPAN("{\"choices\":[]}"), 0,
                         &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    fx.w.now_ms = was;
    weir_buf_release(&out);

    while (d != NULL && (e = readdir(d)) != NULL) {
        struct weir_journal_reader  *r;

        if (strstr(e->d_name, ".wj") == NULL
            || weir_journal_read_open(&r, fx.dirfd, e->d_name, 0) != WEIR_OK)
        {
            continue;
        }
        while (weir_journal_read(r, frame) == WEIR_OK) {
            if (frame->kind == WEIR_FRAME_END) {
                CHECK_MSG(frame->end.first_byte_ms < 1000, "%llu",
                          (unsigned long long) frame->end.first_byte_ms);
                ends++;
            }
        }
        weir_journal_read_close(r);
    }
    CHECK(ends > 0);
    (void) closedir(d);
    free(frame);
}


int
main(void)
{
    fixture_open(&fx);
    test_denied();
    test_background();
    test_schemas_pass();
    test_nulls();
    test_behind_a_denial();
    test_replaced_whole();
    test_transcripts();
    test_custom_tools();
    test_repeated_reasoning();
    test_usage_in_a_text();
    test_two_names_of_an_event();
    test_unknown_fields();
    test_leads_away();
    test_charsets();
    test_null_bounds();
    test_worst_case();
    test_pictures();
    test_error_behind_a_text();
    test_clock();
    fixture_close(&fx);
    return weir_test_done();
}
