/*
 * gemini_test.c: whole calls in Google's dialect through the engine: paths,
 * what goes out, refusals, JSON answers whose parts continue each other, and
 * the streaming invariant: random texts in random parts, events and segments
 * deliver what the same text delivers whole.
 */
#include "flow_fixture.h"

#include <jansson.h>

#define GENERATE  "/v1beta/models/g:generateContent"
#define STREAM    "/v1beta/models/g:streamGenerateContent?alt=sse"
#define SSE       "text/event-stream"
#define TEXT_MAX  4096

static struct fixture  fx;
static uint64_t        seed = 7;

static const char  ask[] = "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}";


/* ---- requests ---- */

static void
test_what_goes_out(void)
{
    static const char  odd[] =
        " {\"contents\" : [ {\"parts\":[{\"text\":\"\\u4e2d \\/\",\"x\":1e400}]"
        "}],\n\"generationConfig\":{\"seed\":12345678901234567890123}}\n";

    fixture_sent(&fx, "odd bytes, no rules", "key-plain", GENERATE, odd, odd);
    fixture_sent(&fx, "odd bytes, rules", "key-ruled", GENERATE, odd, odd);
    fixture_sent(&fx, "every text", "key-ruled", STREAM,
        "{\"systemInstruction\":{\"parts\":[{\"text\":\"中国红酒\"}]},"
        "\"contents\":[{\"role\":\"model\",\"parts\":[{\"thought\":true,"
        "\"text\":\"13812345678\"},{\"functionCall\":{\"name\":\"f\",\"args\":"
        "{\"中国红酒\":13812345678}}},{\"executableCode\":{\"code\":"
        "\"13812345678\"}},{\"codeExecutionResult\":{\"output\":"
        "\"13812345678\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":"
        "\"f\",\"response\":{\"r\":\"13812345678\"}}}]}],\"tools\":[{"
        "\"functionDeclarations\":[{\"name\":\"f\",\"description\":"
        "\"13812345678\"}]}]}",
        "{\"systemInstruction\":{\"parts\":[{\"text\":\"[word]\"}]},"
        "\"contents\":[{\"role\":\"model\",\"parts\":[{\"thought\":true,"
        "\"text\":\"<MOBILE_1>\"},{\"functionCall\":{\"name\":\"f\",\"args\":"
        "{\"[word]\":\"<MOBILE_1>\"}}},{\"executableCode\":{\"code\":"
        "\"<MOBILE_1>\"}},{\"codeExecutionResult\":{\"output\":"
        "\"<MOBILE_1>\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":"
        "\"f\",\"response\":{\"r\":\"<MOBILE_1>\"}}}]}],\"tools\":[{"
        "\"functionDeclarations\":[{\"name\":\"f\",\"description\":"
        "\"<MOBILE_1>\"}]}]}");
    fixture_sent(&fx, "the upstream's name of the model, in the body too",
        "key-plain", "/v1beta/models/g:countTokens",
        "{\"generateContentRequest\":{\"model\":\"models/g\",\"contents\":"
        "[{}]}}",
        "{\"generateContentRequest\":{\"model\":\"models/gemini-x\","
        "\"contents\":[{}]}}");
}


static void
test_target(void)
{
    static const struct {
        const char  *path, *query, *want;
    } cases[] = {
        { "/v1beta/models/g:generateContent", "key=k",
          "/v1beta/models/gemini-x:generateContent" },
        { "/v1/models/g:generateContent", "alt=json&fields=x",
          "/v1/models/gemini-x:generateContent" },
        { "/v1beta/models/g:streamGenerateContent", "key=k&alt=sse&x=y",
          "/v1beta/models/gemini-x:streamGenerateContent?alt=sse" },
        { "/v1beta/models/g:countTokens", "",
          "/v1beta/models/gemini-x:countTokens" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char    path[200], target[WEIR_TARGET_BYTES_MAX];
        size_t  n;

        snprintf(path, sizeof(path), "%s?%s", cases[i].path, cases[i].query);
        CHECK(fixture_call(&fx, "key-ruled", path, WEIR_SPAN(ask))
              == WEIR_OK);
        n = weir_flow_target(fx.f, weir_span_of(cases[i].path),
                             weir_span_of(cases[i].query), target);
        CHECK_MSG(weir_span_is((struct weir_span) { (uint8_t *) target, n },
                               cases[i].want), "%s: %.*s", path, (int) n,
                  target);
        weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    }
}


static void
test_head(void)
{
    const struct weir_flow_head  none = { 0 };
    struct weir_flow_head        h = none;

    CHECK(weir_flow_head_open(&h, WEIR_SPAN("POST"), WEIR_SPAN(GENERATE),
                              WEIR_SPAN("a=b&key=secret&key=secret"))
          == WEIR_OK);
    CHECK(h.surface == WEIR_ON_GEMINI_GENERATE && h.protocol == WEIR_GEMINI);
    CHECK(weir_span_is(h.key, "secret") && weir_span_is(h.path, "g"));
    CHECK(!h.sse);
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("POST"), WEIR_SPAN(GENERATE),
                              WEIR_SPAN("key=secret&key=other"))
          == WEIR_E_BAD_REQUEST);
    /* of an interface that takes no key there */
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("POST"),
                              WEIR_SPAN("/v1/chat/completions"),
                              WEIR_SPAN("key=secret")) == WEIR_OK);
    CHECK(h.key.len == 0);
    /* names with a colon and a slash */
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("POST"),
        WEIR_SPAN("/v1/models/a/b:7b:streamGenerateContent"),
        WEIR_SPAN("alt=sse")) == WEIR_OK);
    CHECK(weir_span_is(h.path, "a/b:7b") && h.sse);
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("GET"), WEIR_SPAN("/v1/models/g"),
                              WEIR_SPAN("")) == WEIR_OK);
    CHECK(h.surface == WEIR_ON_OPENAI_MODELS && weir_span_is(h.path, "g"));
    h = none;
    CHECK(weir_flow_head_open(&h, WEIR_SPAN("GET"), WEIR_SPAN(GENERATE),
                              WEIR_SPAN("")) == WEIR_E_METHOD);
    CHECK(weir_protocol_of(WEIR_SPAN("/v1beta/x?y")) == WEIR_GEMINI);
    CHECK(weir_protocol_of(WEIR_SPAN("/v1/messages?y")) == WEIR_ANTHROPIC);
    CHECK(weir_protocol_of(WEIR_SPAN("")) == WEIR_OPENAI);
}


static void
test_refusals(void)
{
    static const struct {
        const char  *name, *key, *path, *body;
        int          error, status;
        const char  *says;
    } cases[] = {
        { "bad key", "nope", GENERATE, ask, WEIR_E_BAD_KEY, 401,
          "\"status\":\"UNAUTHENTICATED\"" },
        { "other verbs", "key-ruled", "/v1beta/models/g:embedContent", ask,
          WEIR_E_SURFACE, 404, "\"reason\":\"SURFACE_NOT_INSPECTED\"" },
        { "a stream as an array", "key-ruled",
          "/v1beta/models/g:streamGenerateContent", ask, WEIR_E_STREAM_FORM,
          400, "alt=sse" },
        { "unknown model", "key-ruled", "/v1/models/x:generateContent", ask,
          WEIR_E_MODEL_UNKNOWN, 404, "\"code\":404" },
        { "model of another protocol", "key-ruled",
          "/v1/models/m:generateContent", ask, WEIR_E_MODEL_UNKNOWN, 404,
          "NOT_FOUND" },
        { "two models", "key-ruled", GENERATE,
          "{\"model\":\"models/other\",\"contents\":[{}]}",
          WEIR_E_BAD_REQUEST, 400, "INVALID_ARGUMENT" },
        { "no contents", "key-ruled", GENERATE, "{}", WEIR_E_BAD_REQUEST,
          400, "INVALID_ARGUMENT" },
        { "denied", "key-ruled", GENERATE,
          "{\"contents\":[{\"parts\":[{\"functionResponse\":{\"response\":"
          "{\"a\":[\"forbidden words\"]}}}]}]}", WEIR_E_DENIED, 403,
          "\"rule\":\"t/words/forbidden\"" },
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
        CHECK_MSG(status == cases[i].status && has(&out, cases[i].says),
                  "%s: %d %.*s", cases[i].name, status, (int) out.len,
                  out.at);
        j = json_loadb((char *) out.at, out.len, 0, NULL);
        CHECK(json_integer_value(json_object_get(json_object_get(j, "error"),
                                                 "code")) == status);
        json_decref(j);
        weir_flow_close(fx.f, WEIR_END_REFUSED, status);
        weir_buf_release(&out);
    }
}


/* A grant that pays for less than the model could write: the bound goes
   into generationConfig, wherever that stands after rewriting. */
static void
test_last_money(void)
{
    static const struct {
        const char  *sent, *want;
    } cases[] = {
        { "{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}",
          "\"hi\"}]}],\"generationConfig\":{\"maxOutputTokens\":108}}" },
        { "{\"generationConfig\":{ },\"contents\":[{\"parts\":[{\"text\":"
          "\"hi\"}]}]}",
          "{\"generationConfig\":{\"maxOutputTokens\":108 },\"contents\"" },
        { "{\"contents\":[{\"parts\":[{\"text\":\"红酒中国红酒\"}]}],"
          "\"generation_config\":{\"topK\":5}}",
          "\"generation_config\":{\"maxOutputTokens\":" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_span  sent;
        json_t           *j;

        weir_account_set(fx.w.account, 0, 1000, 0);
        CHECK(fixture_call(&fx, "key-ruled", GENERATE,
                           weir_span_of(cases[i].sent)) == WEIR_OK);
        sent = weir_flow_body(fx.f);
        CHECK_MSG(memmem(sent.at, sent.len, cases[i].want,
                         strlen(cases[i].want)) != NULL, "%zu: %.*s", i,
                  (int) sent.len, sent.at);
        j = json_loadb((const char *) sent.at, sent.len, 0, NULL);
        CHECK(j != NULL);
        json_decref(j);
        weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
    }
    weir_account_set(fx.w.account, 0, 10 * WEIR_MICRO, 0);
}


/* ---- answers in one piece ---- */

static void
test_json_answers(void)
{
    static const struct {
        const char  *name, *answer, *want;
    } cases[] = {
        { "verbatim", "{ \"candidates\":[{\"content\":{\"parts\":[{\"text\":"
          "\"\\u4f60\"}]},\"finishReason\":\"STOP\"}],\"big\":1e999}",
          "{ \"candidates\":[{\"content\":{\"parts\":[{\"text\":"
          "\"\\u4f60\"}]},\"finishReason\":\"STOP\"}],\"big\":1e999}" },
        { "a number over two parts", "{\"candidates\":[{\"content\":{"
          "\"parts\":[{\"text\":\"打1381234\"},{\"text\":\"5678。\"}]}}]}",
          "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"打\"},"
          "{\"text\":\"[mobile]。\"}]}}]}" },
        { "not over a thought", "{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"text\":\"1381234\"},{\"text\":\"5678\",\"thought\":true}]}}]}",
          "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"1381234\"},"
          "{\"text\":\"5678\",\"thought\":true}]}}]}" },
        { "thoughts, calls, code", "{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"thought\":true,\"text\":\"中国红\"},{\"functionCall\":{\"args\":"
          "{\"to\":13812345678}}},{\"executableCode\":{\"code\":"
          "\"13812345678\"}},{\"codeExecutionResult\":{\"output\":"
          "\"13812345678\"}}]}}]}",
          "{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"thought\":true,\"text\":\"[word]\"},{\"functionCall\":{"
          "\"args\":{\"to\":\"[mobile]\"}}},{\"executableCode\":{\"code\":"
          "\"[mobile]\"}},{\"codeExecutionResult\":{\"output\":\"[mobile]\"}}"
          "]}}]}" },
        { "an array of chunks", "[{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"text\":\"禁语\"}]}}]},{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"text\":\"甲乙\"}]},\"finishReason\":\"STOP\"}]}]",
          "[{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"text\":\"\"}]}}]},{\"candidates\":[{\"content\":{\"parts\":"
          "[{\"text\":\"\"}]},\"finishReason\":\"SAFETY\"}]}]" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 16);
        CHECK(fixture_call(&fx, "key-ruled", GENERATE, WEIR_SPAN(ask))
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
test_money(void)
{
    struct weir_account_state  before, after;
    struct weir_buf            out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    weir_account_read(fx.w.account, 0, &before);
    CHECK(fixture_call(&fx, "key-ruled", GENERATE, WEIR_SPAN(ask))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, "application/json", 200, WEIR_SPAN(
        "{\"candidates\":[],\"usageMetadata\":{\"promptTokenCount\":1000,"
        "\"cachedContentTokenCount\":900,\"candidatesTokenCount\":400,"
        "\"thoughtsTokenCount\":100}}"), 0, &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK_MSG(after.reserved == 0
              && after.spent - before.spent == 2000 + 4000, "%lld",
              (long long) (after.spent - before.spent));
    weir_buf_release(&out);
}


/* ---- streams ---- */

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


/* One text cut between code points. */
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


/* The texts of a stream: candidate 0, candidate 1, the thoughts of 0. */
#define LANES  3

struct delivered {
    char  text[LANES][TEXT_MAX];
    bool  filtered;
    bool  usage;
};


static void
add_part(struct weir_buf *sse, unsigned lane, struct weir_span text)
{
    const bool  first = weir_test_random(&seed) & 1;

    weir_buf_adds(sse, lane == 2 && first ? "{\"thought\":true,\"text\":\""
                                          : "{\"text\":\"");
    weir_buf_add_json(sse, text, 1);
    weir_buf_adds(sse, lane == 2 && !first ? "\",\"thought\":true}" : "\"}");
}


/* An event of a candidate with up to three parts. Old models say STOP in
   each; `end`: with usage too. */
static void
add_event(struct weir_buf *sse, unsigned candidate,
    const struct weir_buf texts[LANES], size_t at[LANES], bool whole,
    bool stop, bool end)
{
    const char *const  eol = whole || weir_test_random(&seed) & 1 ? "\r\n"
                                                                  : "\n";
    unsigned           parts = 1 + (unsigned) weir_test_random(&seed) % 3;
    bool               any = false;

    weir_buf_adds(sse, "data: {\"candidates\":[{\"content\":{\"parts\":[");
    for (; parts > 0; parts--) {
        const unsigned  lane = candidate == 1 ? 1
            : weir_test_random(&seed) & 1 && at[2] < texts[2].len ? 2 : 0;
        const size_t    n = whole ? texts[lane].len - at[lane]
            : at[lane] < texts[lane].len
            ? cut(weir_buf_span(&texts[lane]), at[lane]) : 0;

        weir_buf_adds(sse, any ? "," : "");
        add_part(sse, lane, (struct weir_span) { texts[lane].at + at[lane],
                                                 n });
        at[lane] += n;
        any = true;
    }
    weir_buf_adds(sse, "],\"role\":\"model\"}");
    weir_buf_adds(sse, stop ? ",\"finishReason\":\"STOP\"" : "");
    weir_buf_adds(sse, candidate == 1 ? ",\"index\":1}]" : "}]");
    weir_buf_adds(sse, end ? ",\"usageMetadata\":{\"promptTokenCount\":3,"
                             "\"candidatesTokenCount\":4}" : "");
    weir_buf_adds(sse, "}");
    weir_buf_adds(sse, eol);
    weir_buf_adds(sse, eol);
}


static void
take_event(struct delivered *d, const char *data, size_t len)
{
    json_t  *j = json_loadb(data, len, 0, NULL), *c, *p;
    size_t   i, k;

    CHECK_MSG(j != NULL, "event is not JSON: %.*s", (int) len, data);
    d->usage |= json_is_object(json_object_get(j, "usageMetadata"));
    json_array_foreach(json_object_get(j, "candidates"), i, c) {
        const char  *r = json_string_value(json_object_get(c,
                                                           "finishReason"));
        const bool   second = json_integer_value(json_object_get(c, "index"))
                              == 1;

        d->filtered |= r != NULL && strcmp(r, "SAFETY") == 0;
        json_array_foreach(json_object_get(json_object_get(c, "content"),
                                           "parts"), k, p)
        {
            const char  *t = json_string_value(json_object_get(p, "text"));
            char        *to = d->text[second ? 1
                : json_is_true(json_object_get(p, "thought")) ? 2 : 0];

            if (t != NULL && strlen(to) + strlen(t) < TEXT_MAX) {
                memcpy(to + strlen(to), t, strlen(t) + 1);
            }
        }
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
            take_event(d, line + 6, (size_t) (end - line - 6));
        }
        end += strspn(end, "\r\n");
    }
}


static void
stream_once(const struct weir_buf texts[LANES], bool whole,
    struct delivered *d)
{
    const bool       old = !whole && weir_test_random(&seed) & 1;
    struct weir_buf  sse, out;
    size_t           at[LANES] = { 0 };

    weir_buf_init(&sse, fx.w.mem, 1 << 20);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    while (at[0] < texts[0].len || at[1] < texts[1].len
           || at[2] < texts[2].len)
    {
        const unsigned  k = (unsigned) (weir_test_random(&seed) & 1);

        add_event(&sse, k, texts, at, whole, old, false);
    }
    add_event(&sse, 1, texts, at, whole, true, false);
    add_event(&sse, 0, texts, at, whole, true, true);
    CHECK(fixture_call(&fx, "key-ruled", STREAM, WEIR_SPAN(ask)) == WEIR_OK);
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
    struct weir_buf   texts[LANES];
    struct delivered  one, many;
    unsigned          denied = 0, marked = 0;

    for (int k = 0; k < LANES; k++) {
        weir_buf_init(&texts[k], fx.w.mem, TEXT_MAX);
    }
    for (int i = 0; i < 1500; i++) {
        random_text(&texts[0]);
        texts[1].len = 0;       /* a denial ends every candidate */
        texts[2].len = 0;
        stream_once(texts, true, &one);
        stream_once(texts, false, &many);
        CHECK_MSG(strcmp(one.text[0], many.text[0]) == 0,
                  "whole: %s\nsplit: %s", one.text[0], many.text[0]);
        CHECK(one.filtered == many.filtered);
        CHECK(one.usage && many.usage);
        denied += many.filtered;
        marked += strstr(many.text[0], "[word]") != NULL
                  || strstr(many.text[0], "[mobile]") != NULL;

        /* Two candidates and thoughts, interleaved. */
        random_text(&texts[1]);
        random_text(&texts[2]);
        stream_once(texts, true, &one);
        stream_once(texts, false, &many);
        for (int k = 0; k < LANES; k++) {
            if (!one.filtered && !many.filtered) {
                CHECK_MSG(strcmp(one.text[k], many.text[k]) == 0,
                          "%d whole: %s\nsplit: %s", k, one.text[k],
                          many.text[k]);
            }
            CHECK(strstr(many.text[k], "禁语甲乙") == NULL
                  || strstr(many.text[k], "非禁语甲乙也") != NULL);
        }
    }
    /* The texts are random; the test is not: rules fire in many. */
    CHECK(denied > 100 && marked > 100);
    for (int k = 0; k < LANES; k++) {
        weir_buf_release(&texts[k]);
    }
}


static void
test_stream_verbatim(void)
{
    static const char  sse[] =
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \""
        "\\u4f60好 \"}],\"role\": \"model\"}}],\"usageMetadata\": {"
        "\"promptTokenCount\": 4,\"promptTokensDetails\": [{\"modality\": "
        "\"TEXT\",\"tokenCount\": 4}]},\"modelVersion\": \"g\","
        "\"x\":12345678901234567890}\r\n\r\n"
        ": ping\r\n\r\n"
        "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"138\"}"
        "],\"role\": \"model\"},\"finishReason\": \"STOP\"}],\"usageMetadata\""
        ": {\"promptTokenCount\": 4,\"candidatesTokenCount\": 9}}\r\n\r\n";
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    for (size_t step = 1; step < sizeof(sse); step++) {
        for (int ruled = 0; ruled < 2; ruled++) {
            out.len = 0;
            CHECK(fixture_call(&fx, ruled ? "key-ruled" : "key-plain", STREAM,
                               WEIR_SPAN(ask)) == WEIR_OK);
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


/* The upstream breaks off: what was held leaves, then the error. */
static void
test_stream_breaks_off(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-ruled", STREAM, WEIR_SPAN(ask)) == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN(SSE),
                                (struct weir_span) { NULL, 0 }) == WEIR_OK);
    CHECK(weir_flow_answer_feed(fx.f, (const uint8_t *) WEIR_SPAN(
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ab 138\"}"
        "]},\"finishReason\":\"STOP\"}]}\n\n").at, strlen(
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ab 138\"}"
        "]},\"finishReason\":\"STOP\"}]}\n\n"), &out) == WEIR_OK);
    CHECK(out.len == 0);
    (void) !weir_flow_answer_finish(fx.f, false, &out);
    CHECK_MSG(has(&out, "ab ") && has(&out, "\"text\":\"138\"")
              && has(&out, "data: {\"error\":{\"code\":502"), "%.*s",
              (int) out.len, out.at);
    fixture_end(&fx);
    weir_buf_release(&out);
}


/* Google's Python SDK takes every line for JSON: no comment keeps a stream
   of this dialect alive. */
static void
test_stream_no_comments(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_call(&fx, "key-ruled", STREAM, WEIR_SPAN(ask)) == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN(SSE),
                                (struct weir_span) { NULL, 0 }) == WEIR_OK);
    CHECK(weir_flow_answer_streams(fx.f));
    CHECK(!weir_flow_answer_comment(fx.f, &out) && out.len == 0);
    CHECK(!weir_flow_answer_begun(fx.f));
    (void) !weir_flow_answer_finish(fx.f, false, &out);
    fixture_end(&fx);
    weir_buf_release(&out);
}


int
main(void)
{
    fixture_open(&fx);
    test_head();
    test_what_goes_out();
    test_target();
    test_refusals();
    test_last_money();
    test_json_answers();
    test_money();
    test_stream_any_split();
    test_stream_verbatim();
    test_stream_breaks_off();
    test_stream_no_comments();
    fixture_close(&fx);
    return weir_test_done();
}
