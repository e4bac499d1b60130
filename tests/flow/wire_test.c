/*
 * wire_test.c: calls that are served in another protocol, under rules: for
 * every split of the upstream's bytes the same bytes leave, for every cut
 * into events the same text; denial, cap, errors, pseudonyms; what cannot be
 * translated costs nothing.
 */
#include "flow_fixture.h"
#include "weir/error.h"

#include <jansson.h>

#define CHAT      "/v1/chat/completions"
#define MESSAGES  "/v1/messages"

static struct fixture  fx;
static uint64_t        seed = 5;

static const char  ask_chat[] = "{\"model\":\"c\",\"stream\":true,"
    "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
static const char  ask_messages[] = "{\"model\":\"m\",\"max_tokens\":900,"
    "\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";


static void
add_text_event(struct weir_buf *b, bool chat, const char *text, size_t len)
{
    weir_buf_adds(b, chat
        ? "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,"
          "\"delta\":{\"content\":\""
        : "event: content_block_delta\ndata: "
          "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
          "{\"type\":\"text_delta\",\"text\":\"");
    weir_buf_add(b, (const uint8_t *) text, len);
    weir_buf_adds(b, chat ? "\"}}]}\n\n" : "\"}}\n\n");
}


/* A stream of an upstream, the text cut at random between characters. */
static void
make_stream(struct weir_buf *b, bool chat, const char *text)
{
    size_t  at = 0;

    weir_buf_adds(b, chat ? "" :
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"
        "{\"id\":\"x\",\"model\":\"m\",\"role\":\"assistant\","
        "\"content\":[],\"usage\":{\"input_tokens\":7,"
        "\"output_tokens\":1}}}\n\n"
        "event: content_block_start\ndata: {\"type\":"
        "\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"text\",\"text\":\"\"}}\n\n");
    while (text[at] != '\0') {
        size_t  n = 1 + weir_test_random(&seed) % 12;

        n = n < strlen(text + at) ? n : strlen(text + at);
        while ((text[at + n] & 0xc0) == 0x80) {
            n++;
        }
        add_text_event(b, chat, text + at, n);
        at += n;
    }
    weir_buf_adds(b, chat
        ? "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{},"
          "\"finish_reason\":\"stop\"}]}\n\n"
          "data: {\"id\":\"x\",\"choices\":[],\"usage\":"
          "{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n"
          "data: [DONE]\n\n"
        : "event: content_block_stop\ndata: "
          "{\"type\":\"content_block_stop\",\"index\":0}\n\n"
          "event: message_delta\ndata: {\"type\":\"message_delta\","
          "\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":"
          "{\"output_tokens\":3}}\n\n"
          "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
}


/* All text of a stream as the caller gets it, and that every event is JSON.
   `chat`: the caller's shape. */
static void
text_of(const struct weir_buf *in, bool chat, struct weir_buf *text)
{
    const uint8_t  *p = in->at, *const  end = in->at + in->len;

    while (p < end) {
        const uint8_t *const  nl = memchr(p, '\n', (size_t) (end - p));
        const char           *s = NULL;
        json_t               *j;

        CHECK(nl != NULL);
        if (nl == NULL) {
            return;
        }
        if (nl - p > 6 && memcmp(p, "data: {", 7) == 0) {
            j = json_loadb((const char *) p + 6, (size_t) (nl - p) - 6, 0,
                           NULL);
            CHECK_MSG(j != NULL, "%.*s", (int) (nl - p), (const char *) p);
            if (chat) {
                s = json_string_value(json_object_get(json_object_get(
                    json_array_get(json_object_get(j, "choices"), 0),
                    "delta"), "content"));
            } else {
                s = json_string_value(json_object_get(
                    json_object_get(j, "delta"), "text"));
            }
            weir_buf_adds(text, s != NULL ? s : "");
            json_decref(j);
        }
        p = nl + 1;
    }
}


/* One translated stream; `chat`: what the caller speaks. */
static int
run_stream(const char *key, bool chat, const struct weir_buf *in, size_t step,
    struct weir_buf *out)
{
    int  rc = fixture_call(&fx, key, chat ? CHAT : MESSAGES,
                           weir_span_of(chat ? ask_chat : ask_messages));

    CHECK_MSG(rc == WEIR_OK, "%s", weir_error_info(rc)->name);
    CHECK(weir_flow_translated(fx.f));
    rc = fixture_answer(&fx, "text/event-stream", 200, weir_buf_span(in),
                        step, &seed, out);
    CHECK(weir_flow_answer_streams(fx.f) == (rc != WEIR_DONE));
    fixture_end(&fx);
    return rc;
}


static void
test_texts(void)
{
    static const struct { const char *key, *text, *want, *says; }  cases[] = {
        { "key-ruled", "well, hello there", "well, hello there", NULL },
        { "key-ruled", "at 13812345678.", "at [mobile].", NULL },
        { "key-ruled", "中国红酒杯很好", "[word]很好", NULL },
        { "key-ruled", "x forbidden words y", "x ", "refusal" },
        { "key-ruled", "前禁语甲乙后", "前", "refusal" },
        { "key-plain", "x forbidden words 13812345678",
          "x forbidden words 13812345678", NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int k = 0; k < 300; k++) {
            const bool       chat = k % 2 == 0;
            struct weir_buf  in, out, again, text;

            weir_buf_init(&in, fx.w.mem, 1 << 20);
            weir_buf_init(&out, fx.w.mem, 1 << 20);
            weir_buf_init(&again, fx.w.mem, 1 << 20);
            weir_buf_init(&text, fx.w.mem, 1 << 20);
            make_stream(&in, !chat, cases[i].text);
            CHECK(run_stream(cases[i].key, chat, &in, 1 << 20, &out)
                  >= WEIR_OK);
            CHECK(run_stream(cases[i].key, chat, &in, k == 1 ? 1 : 0, &again)
                  >= WEIR_OK);
            text_of(&out, chat, &text);
            CHECK_MSG(weir_span_is(weir_buf_span(&text), cases[i].want),
                      "%s: %.*s", cases[i].text, (int) text.len,
                      (char *) text.at);
            /* ids hold the call's number, but these streams have their own;
               what tells the decision does not */
            if (cases[i].says == NULL) {
                CHECK(out.len == again.len
                      && memcmp(out.at, again.at, out.len) == 0);
            } else {
                CHECK(has(&out, chat ? "\"content_filter\""
                                     : "\"stop_reason\":\"refusal\""));
                CHECK(has(&out, "\"rule\":\"t/words/forbidden\"")
                      && has(&again, "Test Act Art. 1"));
            }
            CHECK(has(&out, chat ? "data: [DONE]\n\n"
                                 : "event: message_stop\n"));
            weir_buf_release(&in);
            weir_buf_release(&out);
            weir_buf_release(&again);
            weir_buf_release(&text);
        }
    }
}


/* Where chunks turn from reasoning to text and to a call, what was held of
   the block before leaves in it, and not behind what follows. */
static void
test_blocks(void)
{
    static const char  in[] =
        "data: {\"choices\":[{\"index\":0,\"delta\":"
        "{\"reasoning_content\":\"think of 13812\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":"
        "{\"content\":\"say 13812\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\","
        "\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":"
        "{\"name\":\"f\",\"arguments\":\"\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":"
        "[{\"index\":0,\"function\":{\"arguments\":\"[1381234\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":"
        "[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\","
        "\"arguments\":\"{}\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":"
        "[{\"index\":0,\"function\":{\"arguments\":\"5678]\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},"
        "\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    static const char *const  order[] = {
        "\"type\":\"thinking\"", "think of ", "13812", "content_block_stop",
        "\"type\":\"text\"", "say ", "13812", "content_block_stop",
        "\"name\":\"f\"", "[mobile]", "content_block_stop",
        "\"name\":\"g\"", "{}", "content_block_stop",
        "\"tool_use\"", "message_stop"
    };

    for (int k = 0; k < 100; k++) {
        struct weir_buf  all, out;
        const uint8_t   *p;

        weir_buf_init(&all, fx.w.mem, 1 << 20);
        weir_buf_init(&out, fx.w.mem, 1 << 20);
        weir_buf_adds(&all, in);
        CHECK(run_stream("key-ruled", false, &all, (size_t) k, &out)
              == WEIR_OK);
        p = out.at;
        for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
            p = memmem(p, (size_t) (out.at + out.len - p), order[i],
                       strlen(order[i]));
            CHECK_MSG(p != NULL, "%s (%zu) in %.*s", order[i], i,
                      (int) out.len, (char *) out.at);
            if (p == NULL) {
                break;
            }
            p++;
        }
        weir_buf_release(&all);
        weir_buf_release(&out);
    }
}


/* More than was reserved: the stream ends as one that was cut. */
static void
test_cap(void)
{
    static const char  body[] = "{\"model\":\"m\",\"max_tokens\":20,"
        "\"stream\":true,\"messages\":[{\"role\":\"user\","
        "\"content\":\"hi\"}]}";
    struct weir_buf    in, out;
    char               text[400];

    memset(text, 'w', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    weir_buf_init(&in, fx.w.mem, 1 << 20);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    for (int i = 0; i < 200; i++) {
        add_text_event(&in, true, text, 9);
    }
    CHECK(fixture_call(&fx, "key-ruled", MESSAGES, weir_span_of(body))
          == WEIR_OK);
    CHECK(fixture_answer(&fx, "text/event-stream", 200, weir_buf_span(&in),
                         50, &seed, &out) == WEIR_DONE);
    fixture_end(&fx);
    CHECK(has(&out, "\"stop_reason\":\"max_tokens\"")
          && has(&out, "event: message_stop\n")
          && has(&out, "\"code\":\"insufficient_quota\""));
    weir_buf_release(&in);
    weir_buf_release(&out);
}


/* JSON answers, errors, and what is no answer. */
static void
test_whole(void)
{
    static const struct {
        const char  *path, *body, *type, *answer;
        int          status, rc;
        const char  *says;
    } cases[] = {
        { MESSAGES, ask_messages, "application/json",
          "{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":"
          "{\"content\":\"x forbidden words\"},\"finish_reason\":"
          "\"stop\"}]}", 200, WEIR_OK,
          "\"text\":\"x \"}],\"stop_reason\":\"refusal\"" },
        { CHAT, ask_chat, "application/json",
          "{\"id\":\"x\",\"model\":\"m\",\"content\":[{\"type\":\"text\","
          "\"text\":\"at 13812345678\"}],\"stop_reason\":\"end_turn\"}",
          200, WEIR_OK, "\"content\":\"at [mobile]\"" },
        { CHAT, ask_chat, "application/json",
          "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
          "\"message\":\"no 13812345678\"}}", 404, WEIR_OK,
          "{\"error\":{\"message\":\"no [mobile]\"" },
        { MESSAGES, ask_messages, "application/json", "{\"id\":1}", 200,
          WEIR_E_UPSTREAM_BAD, NULL },
        { MESSAGES, ask_messages, "application/json", "{\"id\":", 200,
          WEIR_E_UPSTREAM_BAD, NULL },
        { MESSAGES, ask_messages, "text/plain", "hello", 200,
          WEIR_E_UPSTREAM_BAD, NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int k = 0; k < 2; k++) {
            const char *const  key = k == 0 ? "key-ruled" : "key-plain";
            struct weir_buf    out;
            int                rc;

            if (k == 1 && cases[i].rc == WEIR_OK) {
                continue;            /* without rules it says more */
            }
            weir_buf_init(&out, fx.w.mem, 1 << 20);
            CHECK(fixture_call(&fx, key, cases[i].path,
                               weir_span_of(cases[i].body)) == WEIR_OK);
            rc = fixture_answer(&fx, cases[i].type, cases[i].status,
                                weir_span_of(cases[i].answer), 7, &seed,
                                &out);
            CHECK_MSG(rc == cases[i].rc, "%zu: %s", i,
                      weir_error_info(rc)->name);
            if (rc < 0) {
                CHECK(!weir_flow_answer_begun(fx.f) && out.len == 0);
                CHECK(weir_flow_refusal(fx.f, rc, &out) == 502);
                CHECK(has(&out, "{\"type\":\"error\""));
            } else {
                CHECK_MSG(has(&out, cases[i].says), "%zu: %.*s", i,
                          (int) out.len, (char *) out.at);
            }
            fixture_end(&fx);
            weir_buf_release(&out);
        }
    }
}


/* It breaks off in the middle: an error event of the caller's protocol. */
static void
test_broken(void)
{
    for (int chat = 0; chat < 2; chat++) {
        struct weir_buf  in, out;

        weir_buf_init(&in, fx.w.mem, 1 << 20);
        weir_buf_init(&out, fx.w.mem, 1 << 20);
        make_stream(&in, chat == 0, "hello there");
        CHECK(fixture_call(&fx, "key-ruled", chat ? CHAT : MESSAGES,
                           weir_span_of(chat ? ask_chat : ask_messages))
              == WEIR_OK);
        CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("text/event-stream"),
                                    (struct weir_span) { NULL, 0 })
              == WEIR_OK);
        CHECK(weir_flow_answer_feed(fx.f, in.at, in.len / 2, &out)
              == WEIR_OK);
        CHECK(weir_flow_answer_comment(fx.f, &out));
        CHECK(weir_flow_answer_finish(fx.f, false, &out) == WEIR_OK);
        CHECK(has(&out, "upstream_broke"));
        CHECK(has(&out, chat ? "data: {\"error\":{"
                             : "event: error\ndata: {\"type\":\"error\""));
        CHECK(!has(&out, chat ? "[DONE]" : "message_stop"));
        fixture_end(&fx);
        weir_buf_release(&in);
        weir_buf_release(&out);
    }
}


static void
test_sent(void)
{
    fixture_sent(&fx, "chat to messages", "key-ruled", CHAT,
        "{\"model\":\"c\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"at 13812345678\"}]}",
        "{\"model\":\"claude-x\",\"max_tokens\":1000,\"messages\":"
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"at <MOBILE_1>\"}]}]}");
    fixture_sent(&fx, "messages to chat", "key-ruled", MESSAGES,
        "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":"
        "[{\"role\":\"user\",\"content\":\"at 13812345678\"}]}",
        "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,"
        "\"stream_options\":{\"include_usage\":true},\"messages\":"
        "[{\"role\":\"user\",\"content\":\"at <MOBILE_1>\"}]}");
}


static void
test_target(void)
{
    char    out[WEIR_TARGET_BYTES_MAX];
    size_t  n;

    CHECK(fixture_call(&fx, "key-ruled", MESSAGES,
                       weir_span_of(ask_messages)) == WEIR_OK);
    n = weir_flow_target(fx.f, WEIR_SPAN(MESSAGES), WEIR_SPAN("beta=true"),
                         out);
    CHECK(weir_span_is((struct weir_span) { (uint8_t *) out, n }, CHAT));
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
}


/* Refused, and nothing stays reserved. */
static void
test_refused(void)
{
    static const struct { const char *path, *body, *says; }  cases[] = {
        { CHAT, "{\"model\":\"c\",\"n\":2,\"messages\":[{\"role\":\"user\","
          "\"content\":\"x\"}]}", "\"param\":\"n\",\"code\":"
          "\"not_translatable\",\"weir\":" },
        { MESSAGES, "{\"model\":\"m\",\"max_tokens\":9,\"new\\u0022\":1,"
          "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
          "\"field\":\"new?u0022\"" },
        { MESSAGES "/count_tokens", "{\"model\":\"m\",\"messages\":"
          "[{\"role\":\"user\",\"content\":\"x\"}]}",
          "Field: count_tokens." },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_buf  out;

        weir_buf_init(&out, fx.w.mem, 1 << 20);
        CHECK(fixture_call(&fx, "key-ruled", cases[i].path,
                           weir_span_of(cases[i].body))
              == WEIR_E_NOT_TRANSLATABLE);
        CHECK(weir_flow_refusal(fx.f, WEIR_E_NOT_TRANSLATABLE, &out) == 400);
        CHECK_MSG(has(&out, cases[i].says), "%.*s", (int) out.len,
                  (char *) out.at);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
        weir_buf_release(&out);
    }
}


/* The Responses interface on messages. */
static void
test_responses(void)
{
    static const char  path[] = "/v1/responses";
    static const char  body[] = "{\"model\":\"c\",\"stream\":true,"
        "\"input\":\"at 13812345678\"}";
    static const char  bad[] = "{\"model\":\"c\",\"input\":[{\"type\":"
        "\"function_call_output\",\"call_id\":\"a\",\"output\":"
        "\"forbidden words\"}]}";

    CHECK(fixture_call(&fx, "key-ruled", path, weir_span_of(bad))
          == WEIR_E_DENIED);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 403);
    fixture_sent(&fx, "responses", "key-ruled", path, body,
        "{\"model\":\"claude-x\",\"max_tokens\":1000,\"stream\":true,"
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":\"at <MOBILE_1>\"}]}]}");
    for (int k = 0; k < 200; k++) {
        struct weir_buf  in, out;
        int              rc;

        weir_buf_init(&in, fx.w.mem, 1 << 20);
        weir_buf_init(&out, fx.w.mem, 1 << 20);
        make_stream(&in, false, k % 2 == 0 ? "to <MOBILE_1>, fine"
                                           : "to x forbidden words y");
        CHECK(fixture_call(&fx, "key-ruled", path, weir_span_of(body))
              == WEIR_OK);
        rc = fixture_answer(&fx, "text/event-stream", 200,
                            weir_buf_span(&in), 0, &seed, &out);
        fixture_end(&fx);
        if (k % 2 == 0) {
            CHECK(rc == WEIR_OK && has(&out, "event: response.completed\n"));
            CHECK(has(&out, "\"text\":\"to 13812345678, fine\""));
        } else {
            CHECK(rc == WEIR_DONE && has(&out, "\"text\":\"to x \""));
            CHECK(has(&out, "event: response.incomplete\n")
                  && has(&out, "{\"reason\":\"content_filter\"}")
                  && has(&out, "\"rule\":\"t/words/forbidden\""));
            CHECK(!has(&out, "forbidden words"));
        }
        weir_buf_release(&in);
        weir_buf_release(&out);
    }
}


/* What a rule denies is denied before anything is translated. */
static void
test_denied(void)
{
    static const char  head[] = "{\"model\":\"m\",\"max_tokens\":9,";
    static const char *const  messages[] = {
        "\"system\":\"forbidden words\",\"messages\":[]}",
        "\"system\":[{\"type\":\"text\",\"text\":\"forbid\\u0064en "
            "words\"}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"document\",\"source\":{\"data\":\"forbidden words\","
            "\"media_type\":\"text/plain\",\"type\":\"text\"}}]}]}",
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"tool_result\",\"tool_use_id\":\"a\",\"content\":"
            "\"forbidden words\"}]}]}",
        "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
            "\"tool_use\",\"id\":\"a\",\"name\":\"f\",\"input\":"
            "{\"forbidden words\":1}}]}]}",
        "\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":"
            "\"thinking\",\"thinking\":\"forbidden words\"}]}]}",
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
            "\"tools\":[{\"name\":\"f\",\"input_schema\":"
            "{\"description\":\"forbidden words\"}}]}",
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
            "\"stop_sequences\":[\"forbidden words\"]}",
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
            "\"metadata\":{\"user_id\":\"forbidden words\"}}",
        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
            "\"output_config\":{\"format\":{\"type\":\"json_schema\","
            "\"schema\":{\"title\":\"forbidden words\"}}}}",
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
            "\"image\",\"source\":{\"type\":\"url\",\"url\":"
            "\"http://x/forbidden words\"}}]}]}",
    };
    struct weir_buf  body, out;

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        int  rc;

        weir_buf_init(&body, fx.w.mem, 1 << 20);
        weir_buf_init(&out, fx.w.mem, 1 << 20);
        weir_buf_adds(&body, head);
        weir_buf_adds(&body, messages[i]);
        rc = fixture_call(&fx, "key-ruled", MESSAGES, weir_buf_span(&body));
        CHECK_MSG(rc == (i == 0 ? WEIR_E_BAD_REQUEST : WEIR_E_DENIED),
                  "%zu: %s", i, weir_error_info(rc)->name);
        (void) weir_flow_refusal(fx.f, rc, &out);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 403);
        weir_buf_release(&body);
        weir_buf_release(&out);
    }
}


int
main(void)
{
    fixture_open(&fx);
    test_denied();
    test_responses();
    test_sent();
    test_target();
    test_refused();
    test_texts();
    test_blocks();
    test_cap();
    test_whole();
    test_broken();
    fixture_close(&fx);
    return weir_test_done();
}
