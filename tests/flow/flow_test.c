/*
 * flow_test.c: whole calls through the engine, without nginx: what is
 * refused and how, what is rewritten, what passes byte for byte, what is
 * paid; and the streaming invariant over random texts, deltas and segments.
 */
#include "flow_fixture.h"

#include <jansson.h>

#define CHAT      "/v1/chat/completions"
#define MESSAGES  "/v1/messages"
#define SSE       "text/event-stream; charset=utf-8"

static struct fixture  fx;
static uint64_t        seed = 42;

static const char  ask[] =
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  ask_stream[] =
    "{\"model\":\"m\",\"stream\":true,"
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  ask_claude[] =
    "{\"model\":\"c\",\"max_tokens\":9,\"stream\":true,"
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";


static void
test_refusals(void)
{
    static const struct {
        const char  *name, *key, *path, *body;
        int          error, status;
        const char  *says;
    } cases[] = {
        { "no key", "", CHAT, ask, WEIR_E_NO_KEY, 401, "missing_api_key" },
        { "bad key", "nope", CHAT, ask, WEIR_E_BAD_KEY, 401,
          "invalid_api_key" },
        { "draft", "key-draft", CHAT, ask, WEIR_E_NOT_ADMITTED, 403,
          "scenario_not_admitted" },
        { "unknown path", "key-ruled", "/v1/nothing", ask,
          WEIR_E_SURFACE, 404, "surface_not_inspected" },
        { "unknown model", "key-ruled", CHAT,
          "{\"model\":\"x\",\"messages\":[{\"role\":\"user\","
          "\"content\":\"hi\"}]}", WEIR_E_MODEL_UNKNOWN, 404,
          "model_not_found" },
        { "model of a protocol that is not translated", "key-ruled",
          MESSAGES, "{\"model\":\"g\",\"max_tokens\":9,\"messages\":[{"
          "\"role\":\"user\",\"content\":\"hi\"}]}",
          WEIR_E_MODEL_UNKNOWN, 404, "not_found_error" },
        { "no messages", "key-ruled", CHAT, "{\"model\":\"m\"}",
          WEIR_E_BAD_REQUEST, 400, "invalid_request" },
        { "no JSON", "key-ruled", CHAT, "{\"model\":", WEIR_E_BAD_JSON, 400,
          "invalid_json" },
        { "empty", "key-ruled", CHAT, "", WEIR_E_BAD_JSON, 400,
          "invalid_json" },
        { "denied by a rule", "key-ruled", CHAT,
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
          "\"x forbidden words y\"}]}", WEIR_E_DENIED, 403,
          "Test Act Art. 1" },
        { "denied in any place", "key-ruled", CHAT,
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
          "\"x\"}],\"vendor\":{\"note\":[\"forbid\\u0064en words\"]}}",
          WEIR_E_DENIED, 403, "ombud@example.org" },
        { "more than the grant", "key-ruled", CHAT,
          "{\"model\":\"m\",\"max_tokens\":2000000,\"messages\":[{\"role\":"
          "\"user\",\"content\":\"x\"}]}", WEIR_E_NO_FUNDS, 402,
          "insufficient_quota" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;
        json_t          *j;
        int              rc, status;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        rc = fixture_call(&fx, cases[i].key, cases[i].path,
                          weir_span_of(cases[i].body));
        CHECK_MSG(rc == cases[i].error, "%s: got %s", cases[i].name,
                  weir_error_info(rc)->name);
        status = weir_flow_refusal(fx.f, rc, &out);
        CHECK_MSG(status == cases[i].status, "%s: %d", cases[i].name,
                  status);
        CHECK_MSG(has(&out, cases[i].says), "%s: %.*s", cases[i].name,
                  (int) out.len, out.at);
        j = json_loadb((char *) out.at, out.len, 0, NULL);
        CHECK_MSG(json_is_object(json_object_get(j, "error")), "%s",
                  cases[i].name);
        json_decref(j);
        weir_flow_close(fx.f, WEIR_END_REFUSED, status);
        weir_buf_release(&out);
    }
}


static void
test_what_goes_out(void)
{
    static const char  odd[] =
        " {\"messages\" : [ {\"content\":\"\\u4e2d\\ud83d\\ude00 \\/ 中\","
        "\"role\":\"user\",\"x\":1e400}],\n\"seed\":123456789012345678901234,"
        "\"vendor\":{\"b\":-0.10e-7,\"a\":[null,true]},\"model\":\"m\"}\n";

    fixture_sent(&fx, "odd bytes, no rules", "key-plain", CHAT, odd, odd);
    fixture_sent(&fx, "odd bytes, rules", "key-ruled", CHAT, odd, odd);
    fixture_sent(&fx, "redacted", "key-ruled", CHAT,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"a中国红酒b\"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"a[word]b\"}]}");
    fixture_sent(&fx, "pseudonyms", "key-ruled", CHAT,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"13812345678, 13912345678; 13812345678\"}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"<MOBILE_1>, <MOBILE_2>; <MOBILE_1>\"}]}");
    fixture_sent(&fx, "tool arguments stay JSON", "key-ruled", CHAT,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
        "\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"{\\\"p\\\":13812345678}\"}}]}]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\","
        "\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"{\\\"p\\\":\\\"<MOBILE_1>\\\"}\"}}]"
        "}]}");
    fixture_sent(&fx, "usage asked for", "key-plain", CHAT,
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{}] }",
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{}] ,"
        "\"stream_options\":{\"include_usage\":true}}");
    fixture_sent(&fx, "usage asked for in empty options", "key-plain", CHAT,
        "{\"stream_options\":{ },\"model\":\"m\",\"stream\":true,"
        "\"messages\":[{}]}",
        "{\"stream_options\":{\"include_usage\":true },\"model\":\"m\","
        "\"stream\":true,\"messages\":[{}]}");
    fixture_sent(&fx, "usage refused by the client is asked for", "key-plain",
        CHAT,
        "{\"stream_options\":{\"include_usage\":false},\"model\":\"m\","
        "\"stream\":true,\"messages\":[{}]}",
        "{\"stream_options\":{\"include_usage\":true},\"model\":\"m\","
        "\"stream\":true,\"messages\":[{}]}");
    fixture_sent(&fx, "the upstream's name of the model", "key-plain", MESSAGES,
        "{\"model\":\"c\",\"max_tokens\":5,\"messages\":[{}]}",
        "{\"model\":\"claude-x\",\"max_tokens\":5,\"messages\":[{}]}");
}


static void
test_json_answers(void)
{
    static const struct {
        const char  *name, *answer, *want;
    } cases[] = {
        { "verbatim", "{ \"choices\":[{\"message\":{\"content\":\"\\u4f60\"},"
          "\"finish_reason\":\"stop\",\"index\":0}],\"big\":1e999}",
          "{ \"choices\":[{\"message\":{\"content\":\"\\u4f60\"},"
          "\"finish_reason\":\"stop\",\"index\":0}],\"big\":1e999}" },
        { "redacted", "{\"choices\":[{\"index\":0,\"message\":{\"content\":"
          "\"打13812345678\"},\"finish_reason\":\"stop\"}]}",
          "{\"choices\":[{\"index\":0,\"message\":{\"content\":"
          "\"打[mobile]\"},\"finish_reason\":\"stop\"}]}" },
        { "reasoning too", "{\"choices\":[{\"index\":0,\"message\":"
          "{\"reasoning_content\":\"中国红\",\"content\":\"x\"}}]}",
          "{\"choices\":[{\"index\":0,\"message\":"
          "{\"reasoning_content\":\"[word]\",\"content\":\"x\"}}]}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask))
              == WEIR_OK);
        CHECK(fixture_answer(&fx, "application/json", 200,
                             weir_span_of(cases[i].answer), 0, &seed, &out)
              == WEIR_OK);
        CHECK_MSG(weir_span_is(weir_buf_span(&out), cases[i].want),
                  "%s: %.*s", cases[i].name, (int) out.len, out.at);
        fixture_end(&fx);
        weir_buf_release(&out);
    }
}


static void
test_json_denied(void)
{
    struct weir_buf  out;
    json_t          *j, *choice;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask)) == WEIR_OK);
    CHECK(fixture_answer(&fx, "application/json", 200, WEIR_SPAN(
        "{\"choices\":[{\"index\":0,\"message\":{\"content\":"
        "\"before 禁语甲乙 after\"},\"finish_reason\":\"stop\"},"
        "{\"index\":1,\"message\":{\"content\":\"fine\"},"
        "\"finish_reason\":\"stop\"}]}"), 3, &seed, &out) == WEIR_OK);
    j = json_loadb((char *) out.at, out.len, 0, NULL);
    choice = json_array_get(json_object_get(j, "choices"), 0);
    CHECK(strcmp(json_string_value(json_object_get(json_object_get(choice,
                 "message"), "content")), "before ") == 0);
    CHECK(strcmp(json_string_value(json_object_get(choice,
                 "finish_reason")), "content_filter") == 0);
    choice = json_array_get(json_object_get(j, "choices"), 1);
    CHECK(strcmp(json_string_value(json_object_get(choice,
                 "finish_reason")), "stop") == 0);
    CHECK(strcmp(json_string_value(json_object_get(json_object_get(j,
                 "weir"), "rule")), "t/words/forbidden") == 0);
    json_decref(j);
    fixture_end(&fx);
    weir_buf_release(&out);
}


static void
test_money(void)
{
    struct weir_account_state  before, after;
    struct weir_buf            out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    weir_account_read(fx.w.account, 0, &before);
    CHECK(before.reserved == 0);

    /* Reported: 1000 in, 500 out at 2.00 and 8.00 a million. */
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask)) == WEIR_OK);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved > 0 && after.spent == before.spent);
    CHECK(fixture_answer(&fx, "application/json", 200, WEIR_SPAN(
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":1000,"
        "\"completion_tokens\":500}}"), 0, &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved == 0);
    CHECK_MSG(after.spent - before.spent == 2000 + 4000, "%lld",
              (long long) (after.spent - before.spent));

    /* An error of the upstream costs nothing. */
    before = after;
    out.len = 0;
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask)) == WEIR_OK);
    CHECK(fixture_answer(&fx, "application/json", 500, WEIR_SPAN(
        "{\"error\":{\"message\":\"打13812345678\"}}"), 0, &seed, &out)
        == WEIR_OK);
    CHECK(has(&out, "打[mobile]"));
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved == 0 && after.spent == before.spent);

    /* No usage: estimated, and more than nothing. */
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask)) == WEIR_OK);
    CHECK(fixture_answer(&fx, "application/json", 200, WEIR_SPAN(
        "{\"choices\":[{\"message\":{\"content\":\"some words\"}}]}"), 0,
        &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved == 0 && after.spent > before.spent);
    weir_buf_release(&out);
}


/* ---- streams ---- */

static void
add_delta(struct weir_buf *sse, unsigned choice, const char *field,
    struct weir_span text, const char *eol)
{
    weir_buf_adds(sse, "data: {\"id\":\"x1\",\"object\":"
                  "\"chat.completion.chunk\",\"created\":5,\"model\":\"m\","
                  "\"choices\":[{\"delta\":{\"");
    weir_buf_adds(sse, field);
    weir_buf_adds(sse, "\":\"");
    weir_buf_add_json(sse, text, 1);
    weir_buf_adds(sse, "\"},\"finish_reason\":null,\"index\":");
    weir_buf_addu(sse, choice);
    weir_buf_adds(sse, "}]}");
    weir_buf_adds(sse, eol);
    weir_buf_adds(sse, eol);
}


static void
add_finish(struct weir_buf *sse, unsigned choice)
{
    weir_buf_adds(sse, "data: {\"id\":\"x1\",\"choices\":[{\"index\":");
    weir_buf_addu(sse, choice);
    weir_buf_adds(sse, ",\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
}


/* One text cut into deltas between code points. */
static size_t
cut(struct weir_span s, size_t at)
{
    size_t  n = 1 + weir_test_random(&seed) % 7;

    if (n > s.len - at) {
        return s.len - at;
    }
    while (at + n < s.len && (s.at[at + n] & 0xc0) == 0x80) {
        n++;
    }
    return n;
}


/* Content of choice 0 and 1 in a delivered stream; whether a reason of
   content_filter was given. Every event must parse. */
struct delivered {
    char  text[2][4096];
    bool  filtered;
    bool  done;
    bool  usage;
};


static void
take_delivered(struct delivered *d, const char *data, size_t len)
{
    json_error_t  err;
    json_t       *j, *choices, *c;
    size_t        i;

    if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
        d->done = true;
        return;
    }
    j = json_loadb(data, len, 0, &err);
    CHECK_MSG(j != NULL, "event is not JSON: %.*s", (int) len, data);
    d->usage |= json_is_object(json_object_get(j, "usage"));
    choices = json_object_get(j, "choices");
    json_array_foreach(choices, i, c) {
        const size_t  k = (size_t) json_integer_value(
                              json_object_get(c, "index"));
        const char   *t = json_string_value(json_object_get(
                              json_object_get(c, "delta"), "content"));
        const char   *r = json_string_value(json_object_get(c,
                              "finish_reason"));

        if (t != NULL && k < 2
            && strlen(d->text[k]) + strlen(t) < sizeof(d->text[k]))
        {
            memcpy(d->text[k] + strlen(d->text[k]), t, strlen(t) + 1);
        }
        d->filtered |= r != NULL && strcmp(r, "content_filter") == 0;
    }
    json_decref(j);
}


static void
parse_delivered(struct weir_buf *out, struct delivered *d)
{
    char  *line, *end;

    memset(d, 0, sizeof(*d));
    weir_buf_addc(out, 0);
    out->len--;
    for (line = (char *) out->at; line != NULL && *line != '\0'; line = end)
    {
        end = strpbrk(line, "\r\n");
        if (end == NULL) {
            break;
        }
        if (strncmp(line, "data: ", 6) == 0) {
            take_delivered(d, line + 6, (size_t) (end - line - 6));
        }
        end += strspn(end, "\r\n");
    }
}


static const char *const  bits[] = {
    "中", "国", "红", "酒", "杯", "你好", "禁语甲乙", "禁语", "甲", "乙",
    "13812345678", "138", "12345678", " ", "，", "ab", "forbidden words",
    "forbidden ", "words", "看见", "\"", "\\", "\n", "非", "也", "😀", "1",
    "a", "-"
};


static void
random_text(struct weir_buf *b)
{
    const size_t  n = weir_test_random(&seed) % 14;

    b->len = 0;
    for (size_t i = 0; i < n; i++) {
        weir_buf_adds(b, bits[weir_test_random(&seed)
                              % (sizeof(bits) / sizeof(bits[0]))]);
    }
}


static void
stream_once(const struct weir_buf texts[2], bool whole, struct delivered *d)
{
    struct weir_buf  sse, out;
    size_t           at[2] = { 0, 0 };

    weir_buf_init(&sse, fx.w.mem, 1 << 20);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    while (at[0] < texts[0].len || at[1] < texts[1].len) {
        unsigned  k = (unsigned) (weir_test_random(&seed) & 1);
        size_t    n;

        k = at[k] < texts[k].len ? k : 1 - k;
        n = whole ? texts[k].len : cut(weir_buf_span(&texts[k]), at[k]);
        add_delta(&sse, k, "content",
                  (struct weir_span) { texts[k].at + at[k], n },
                  whole ? "\n" : weir_test_random(&seed) & 1 ? "\r\n"
                                                              : "\n");
        at[k] += n;
    }
    add_finish(&sse, 0);
    add_finish(&sse, 1);
    weir_buf_adds(&sse, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":"
                        "3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n");
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask_stream))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse),
                         whole ? sse.len : weir_test_random(&seed) & 1,
                         &seed, &out) >= 0);
    fixture_end(&fx);
    parse_delivered(&out, d);
    weir_buf_release(&sse);
    weir_buf_release(&out);
}


static void
test_stream_any_split(void)
{
    struct weir_buf   texts[2];
    struct delivered  one, many;
    unsigned          denied = 0, marked = 0;

    weir_buf_init(&texts[0], fx.w.mem, 4096);
    weir_buf_init(&texts[1], fx.w.mem, 4096);
    for (int i = 0; i < 1500; i++) {
        random_text(&texts[0]);
        texts[1].len = 0;       /* a denial ends every choice: see below */
        stream_once(texts, true, &one);
        stream_once(texts, false, &many);
        CHECK_MSG(strcmp(one.text[0], many.text[0]) == 0,
                  "whole: %s\nsplit: %s", one.text[0], many.text[0]);
        CHECK(one.filtered == many.filtered && one.done && many.done);
        CHECK(!one.usage && !many.usage);
        denied += many.filtered;
        marked += strstr(many.text[0], "[word]") != NULL
                  || strstr(many.text[0], "[mobile]") != NULL;

        /* Two choices, interleaved: each is a prefix, and whole when no rule
           denied. */
        random_text(&texts[1]);
        stream_once(texts, false, &one);
        stream_once(texts, false, &many);
        if (!one.filtered && !many.filtered) {
            CHECK(strcmp(one.text[0], many.text[0]) == 0);
            CHECK(strcmp(one.text[1], many.text[1]) == 0);
        }
        CHECK(strstr(many.text[1], "禁语甲乙") == NULL
              || strstr(many.text[1], "非禁语甲乙也") != NULL);
    }
    /* The texts are random; the test is not: rules fire in many. */
    CHECK(denied > 100 && marked > 100);
    weir_buf_release(&texts[0]);
    weir_buf_release(&texts[1]);
}


static void
test_stream_verbatim(void)
{
    static const char  sse[] =
        ": hello there\n\nid: 7\r\ndata:{\"choices\":[{\"delta\":{\"content\""
        ":\"\\u4f60\\ud83d\\ude00 ok. \"},\"index\":0,\"z\":1e400}],"
        "\"q\":12345678901234567890}\r\n\r\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},"
        "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    for (size_t step = 1; step < 30; step++) {
        for (int ruled = 0; ruled < 2; ruled++) {
            out.len = 0;
            CHECK(fixture_call(&fx, ruled ? "key-ruled" : "key-plain", CHAT,
                               WEIR_SPAN(ask_stream)) == WEIR_OK);
            CHECK(fixture_answer(&fx, SSE, 200, WEIR_SPAN(sse), step, &seed,
                                 &out) == WEIR_OK);
            CHECK_MSG(weir_span_is(weir_buf_span(&out), sse),
                      "step %zu ruled %d: %.*s", step, ruled,
                      (int) out.len, out.at);
            fixture_end(&fx);
        }
    }
    weir_buf_release(&out);
}


/* Usage that the client did not ask for leaves no trace; what it asked for
   stays. */
static void
test_usage_is_hidden(void)
{
    static const struct {
        const char  *sent, *want;
    } cases[] = {
        { "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],"
          "\"usage\":null}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}" },
        { "{\"usage\" : null, \"choices\":[{\"index\":0,\"delta\":{}}]}",
          "{ \"choices\":[{\"index\":0,\"delta\":{}}]}" },
        { "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
          "\"\\\"usage\\\":null\"}}],\"x\":1}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":"
          "\"\\\"usage\\\":null\"}}],\"x\":1}" },
        { "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}],"
          "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2},\"z\":0}",
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}],"
          "\"z\":0}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int asked = 0; asked < 2; asked++) {
            struct weir_buf  sse, want, out;

            weir_buf_init(&sse, fx.w.mem, 4096);
            weir_buf_init(&want, fx.w.mem, 4096);
            weir_buf_init(&out, fx.w.mem, 4096);
            weir_buf_adds(&sse, "data: ");
            weir_buf_adds(&sse, cases[i].sent);
            weir_buf_adds(&sse, "\n\ndata: [DONE]\n\n");
            weir_buf_adds(&want, "data: ");
            weir_buf_adds(&want, asked ? cases[i].sent : cases[i].want);
            weir_buf_adds(&want, "\n\ndata: [DONE]\n\n");
            CHECK(fixture_call(&fx, "key-plain", CHAT, asked ? WEIR_SPAN(
                "{\"model\":\"m\",\"stream\":true,\"stream_options\":"
                "{\"include_usage\":true},\"messages\":[{}]}")
                : WEIR_SPAN(ask_stream)) == WEIR_OK);
            CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse), 0,
                                 &seed, &out) == WEIR_OK);
            CHECK_MSG(out.len == want.len
                      && memcmp(out.at, want.at, out.len) == 0,
                      "%zu asked %d: %.*s", i, asked, (int) out.len, out.at);
            fixture_end(&fx);
            weir_buf_release(&sse);
            weir_buf_release(&want);
            weir_buf_release(&out);
        }
    }
}


static void
names_come_back(const char *key)
{
    struct weir_buf   sse, out;
    struct delivered  d;

    weir_buf_init(&sse, fx.w.mem, 1 << 16);
    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, key, CHAT, WEIR_SPAN(
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
        "\"content\":\"13812345678\"}]}")) == WEIR_OK);
    CHECK(memmem(weir_flow_body(fx.f).at, weir_flow_body(fx.f).len,
                 "13812345678", 11) == NULL);
    add_delta(&sse, 0, "content", WEIR_SPAN("call <MOB"), "\n");
    add_delta(&sse, 0, "content", WEIR_SPAN("ILE_1"), "\n");
    add_delta(&sse, 0, "content", WEIR_SPAN("> or <MOBILE_2> <"), "\n");
    add_finish(&sse, 0);
    weir_buf_adds(&sse, "data: [DONE]\n\n");
    CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse), 0, &seed, &out)
          == WEIR_OK);
    parse_delivered(&out, &d);
    CHECK_MSG(strcmp(d.text[0], "call 13812345678 or <MOBILE_2> <") == 0,
              "%s", d.text[0]);
    fixture_end(&fx);
    weir_buf_release(&sse);
    weir_buf_release(&out);
}


static void
test_anthropic_stream(void)
{
    static const char  head[] =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"
        "{\"id\":\"m1\",\"role\":\"assistant\",\"content\":[],\"usage\":"
        "{\"input_tokens\":10,\"output_tokens\":1}}}\n\n"
        "event: content_block_start\ndata: {\"type\":\"content_block_start\""
        ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"
        "\n\n";
    static const char  tail[] =
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\","
        "\"index\":0}\n\nevent: message_delta\ndata: {\"type\":"
        "\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
        "\"usage\":{\"output_tokens\":5}}\n\nevent: message_stop\n"
        "data: {\"type\":\"message_stop\"}\n\n";
    static const struct {
        const char  *a, *b;
        const char  *has, *not;
    } cases[] = {
        { "x 1381234", "5678 y", "[mobile]", "1381" },
        { "x 禁语", "甲乙 y", "\"stop_reason\":\"refusal\"", "禁" },
        { "plain", " text 138", "\"text\":\"138\"", "refusal" },
    };
    struct weir_buf  sse, out;

    weir_buf_init(&sse, fx.w.mem, 1 << 16);
    weir_buf_init(&out, fx.w.mem, 1 << 16);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sse.len = 0;
        out.len = 0;
        weir_buf_adds(&sse, head);
        for (int k = 0; k < 2; k++) {
            weir_buf_adds(&sse, "event: content_block_delta\ndata: {\"type\""
                ":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
                "\"text_delta\",\"text\":\"");
            weir_buf_adds(&sse, k == 0 ? cases[i].a : cases[i].b);
            weir_buf_adds(&sse, "\"}}\n\n");
        }
        weir_buf_adds(&sse, tail);
        CHECK(fixture_call(&fx, "key-ruled", MESSAGES,
                           WEIR_SPAN(ask_claude)) == WEIR_OK);
        CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse), 0, &seed,
                             &out) >= 0);
        CHECK_MSG(has(&out, cases[i].has), "%zu: %.*s", i, (int) out.len,
                  out.at);
        CHECK_MSG(!has(&out, cases[i].not), "%zu: %.*s", i, (int) out.len,
                  out.at);
        CHECK(has(&out, "message_stop"));
        fixture_end(&fx);
    }
    weir_buf_release(&sse);
    weir_buf_release(&out);
}


static void
test_stream_stops_at_the_cap(void)
{
    struct weir_account_state  before, after;
    struct weir_buf            sse, out;

    weir_buf_init(&sse, fx.w.mem, 1 << 22);
    weir_buf_init(&out, fx.w.mem, 1 << 22);
    weir_account_read(fx.w.account, 0, &before);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(
        "{\"model\":\"m\",\"stream\":true,\"max_tokens\":50,\"messages\":"
        "[{\"role\":\"user\",\"content\":\"hi\"}]}")) == WEIR_OK);
    for (int i = 0; i < 2000; i++) {
        add_delta(&sse, 0, "content", WEIR_SPAN("word "), "\n");
    }
    CHECK(fixture_answer(&fx, SSE, 200, weir_buf_span(&sse), 1000, &seed,
                         &out) == WEIR_DONE);
    CHECK(has(&out, "\"finish_reason\":\"length\"") && has(&out, "[DONE]"));
    CHECK(out.len < sse.len / 4);
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved == 0);
    CHECK(after.spent - before.spent <= 50 * 8 + 66 * 2);
    weir_buf_release(&sse);
    weir_buf_release(&out);
}


/* A grant that does not cover all that the model could write pays for what
   it covers, and the upstream is told. */
static void
test_last_money(void)
{
    struct weir_account_state  st;
    struct weir_span           sent;
    struct weir_buf            out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    weir_account_set(fx.w.account, 0, 1000, 0);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask)) == WEIR_OK);
    sent = weir_flow_body(fx.f);
    /* 2 bytes and 64 a message at 2, the rest at 8 micro a token. */
    CHECK_MSG(memmem(sent.at, sent.len, ",\"max_tokens\":108}", 18) != NULL,
              "%.*s", (int) sent.len, sent.at);
    weir_account_read(fx.w.account, 0, &st);
    CHECK(st.reserved > 0 && st.reserved <= 1000);

    /* Nothing is left for a second; a bound of the caller is not touched. */
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(
        "{\"model\":\"m\",\"max_tokens\":900,\"messages\":[{\"role\":"
        "\"user\",\"content\":\"hi\"}]}")) == WEIR_E_NO_FUNDS);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 402);
    weir_account_set(fx.w.account, 0, 200, 0);
    CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask))
          == WEIR_E_NO_FUNDS);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 402);
    weir_account_read(fx.w.account, 0, &st);
    CHECK(st.reserved == 0);
    weir_account_set(fx.w.account, 0, 10 * WEIR_MICRO, 0);
    weir_buf_release(&out);
}


/* What the scanner could not keep apart is not taken for inspected. */
static void
test_too_dense(void)
{
    struct weir_buf  body;

    weir_buf_init(&body, fx.w.mem, 1 << 16);
    weir_buf_adds(&body, "{\"model\":\"m\",\"messages\":[{\"role\":"
                         "\"user\",\"content\":\"");
    for (int i = 0; i < 200; i++) {
        weir_buf_adds(&body, "重");
    }
    weir_buf_adds(&body, "\"}]}");
    CHECK(fixture_call(&fx, "key-dense", CHAT, weir_buf_span(&body))
          == WEIR_E_TOO_DENSE);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 413);
    CHECK(fixture_call(&fx, "key-dense", CHAT, WEIR_SPAN(
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"重重\"}]}")) == WEIR_OK);
    CHECK(memmem(weir_flow_body(fx.f).at, weir_flow_body(fx.f).len, "[x]", 3)
          != NULL);
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    weir_buf_release(&body);
}


static void
test_bad_answers(void)
{
    static const struct {
        const char  *name, *type, *answer;
        int          error;
    } cases[] = {
        { "not JSON", "application/json", "<html>", WEIR_E_UPSTREAM_BAD },
        { "not a type we read", "text/html", "<html>", WEIR_E_UPSTREAM_BAD },
        { "stream of no JSON", SSE, "data: hello world\n\n",
          WEIR_E_UPSTREAM_BAD },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;
        int              rc;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", CHAT, WEIR_SPAN(ask))
              == WEIR_OK);
        rc = fixture_answer(&fx, cases[i].type, 200,
                            weir_span_of(cases[i].answer), 0, &seed, &out);
        CHECK_MSG(rc == cases[i].error && out.len == 0, "%s: %d",
                  cases[i].name, rc);
        CHECK(weir_flow_refusal(fx.f, rc, &out) == 502);
        fixture_end(&fx);
        weir_buf_release(&out);
    }
}


int
main(void)
{
    fixture_open(&fx);
    test_refusals();
    test_what_goes_out();
    test_json_answers();
    test_json_denied();
    test_money();
    test_stream_any_split();
    test_stream_verbatim();
    test_usage_is_hidden();
    names_come_back("key-ruled");
    names_come_back("key-oneway");  /* no rule looks at the answer */
    test_anthropic_stream();
    test_stream_stops_at_the_cap();
    test_last_money();
    test_too_dense();
    test_bad_answers();
    fixture_close(&fx);
    return weir_test_done();
}
