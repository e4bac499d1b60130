/*
 * files_test.c: files of requests and batches through the engine: what goes
 * out, what ids become and which are taken, what is reserved; and results
 * line by line, the same for every split.
 */
#include "flow_fixture.h"

#include <jansson.h>

#define FORM_HEAD                                                            \
    "--B\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch"   \
    "\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename="    \
    "\"a.jsonl\"\r\nContent-Type: text/plain\r\n\r\n"
#define FORM_END  "\r\n--B--\r\n"
#define LINE(id, text)                                                       \
    "{\"custom_id\":\"" id "\",\"method\":\"POST\",\"url\":"                 \
    "\"/v1/chat/completions\",\"body\":{\"model\":\"m\",\"max_tokens\":100," \
    "\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"}]}}"
#define CREATE(id)  "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/x\"}", id

static struct fixture       fx;
static uint64_t             seed = 9;
static struct weir_span     values[64];
static struct weir_secrets  secrets = { values, 64 };


static int
call(const char *key, const char *method, const char *path, const char *body)
{
    struct weir_flow_head  head = { 0 };
    int                    rc;

    CHECK(weir_flow_head_open(&head, weir_span_of(method),
                              weir_span_of(path), WEIR_SPAN("")) == WEIR_OK);
    head.key = weir_span_of(key);
    head.type = WEIR_SPAN("multipart/form-data; boundary=B");
    head.secrets = &secrets;
    rc = weir_flow_open(fx.f, &fx.w, &fx.snap, &head);
    if (rc == WEIR_OK) {
        rc = weir_flow_request_feed(fx.f, (const uint8_t *) body,
                                    strlen(body));
    }
    return rc == WEIR_OK ? weir_flow_request_finish(fx.f) : rc;
}


static void
leave(void)
{
    weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
}


/* The id that the answer gives. */
static void
answered_id(const char *text, char *id, size_t size)
{
    struct weir_buf  out;
    json_t          *j;

    weir_buf_init(&out, fx.w.mem, 1 << 16);
    CHECK(fixture_answer(&fx, "application/json", 200, weir_span_of(text), 0,
                         &seed, &out) == WEIR_OK);
    fixture_end(&fx);
    j = json_loadb((const char *) out.at, out.len, 0, NULL);
    snprintf(id, size, "%s", json_string_value(json_object_get(j, "id")));
    json_decref(j);
    weir_buf_release(&out);
}


static void
test_upload(void)
{
    static const char       body[] = FORM_HEAD LINE("a", "x 13812345678") "\n"
                                LINE("b", "中国红酒") "\r\n\n" FORM_END;
    static const char       want[] = FORM_HEAD LINE("a", "x <MOBILE_1>") "\n"
                                LINE("b", "[word]") "\r\n\n" FORM_END;
    static const struct {
        const char  *line;
        int          error;
    } cases[] = {
        { LINE("a", "forbidden words"), WEIR_E_DENIED },
        { LINE("forbidden words", "a"), WEIR_E_DENIED },
        { "{", WEIR_E_BAD_JSON },
        { "[]", WEIR_E_BAD_REQUEST },
        { "{\"custom_id\":\"a\",\"url\":[\"/v1/embeddings\"],\"method\":"
          "\"POST\",\"body\":{\"model\":\"m\"}}", WEIR_E_BAD_REQUEST },
        { "{\"custom_id\":\"a\",\"url\":\"/v1/audio/transcriptions\","
          "\"method\":\"POST\",\"body\":{\"model\":\"m\"}}",
          WEIR_E_SURFACE },
        { "{\"custom_id\":\"a\",\"url\":\"/v1/embeddings\",\"method\":"
          "\"POST\",\"body\":{\"model\":\"c\"}}", WEIR_E_MODEL_UNKNOWN },
    };

    CHECK(call("key-ruled", "POST", "/v1/files", body) == WEIR_OK);
    CHECK_MSG(weir_span_is(weir_flow_body(fx.f), want), "%.*s",
              (int) weir_flow_body(fx.f).len, weir_flow_body(fx.f).at);
    leave();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char             text[4096];
        struct weir_buf  out;
        int              rc;

        snprintf(text, sizeof(text), "%s%s\n%s%s", FORM_HEAD, LINE("g", "x"),
                 cases[i].line, FORM_END);
        rc = call("key-ruled", "POST", "/v1/files", text);
        CHECK_MSG(rc == cases[i].error, "%s: %d", cases[i].line, rc);
        weir_buf_init(&out, fx.w.mem, 1 << 16);
        (void) weir_flow_refusal(fx.f, rc, &out);
        CHECK_MSG(has(&out, "\"line 2\""), "%.*s", (int) out.len, out.at);
        weir_buf_release(&out);
        leave();
    }
    /* an upstream without a credential has no key for ids */
    memset(values, 0, sizeof(values));
    CHECK(call("key-ruled", "POST", "/v1/files", body) == WEIR_E_SECRET);
    leave();
    for (size_t i = 0; i < 64; i++) {
        values[i] = WEIR_SPAN("Bearer secret");
    }
}


static void
test_ids(void)
{
    static const char          body[] = FORM_HEAD LINE("a", "xxxx") FORM_END;
    char                       id[128], path[200], text[256];
    struct weir_account_state  before, s;

    CHECK(call("key-ruled", "POST", "/v1/files", body) == WEIR_OK);
    answered_id("{\"id\":\"file-1\",\"object\":\"file\"}", id, sizeof(id));
    /* a token of text at 2, a hundred at 8: 802 = 0x322 */
    CHECK_MSG(strncmp(id, "file-1-w0000000000000322", 24) == 0
              && strlen(id) == 56, "%s", id);

    snprintf(path, sizeof(path), "/v1/files/%s", id);
    CHECK(call("key-ruled", "GET", path, "") == WEIR_OK);
    {
        char          target[WEIR_TARGET_BYTES_MAX];
        const size_t  n = weir_flow_target(fx.f, weir_span_of(path),
                                           WEIR_SPAN("x=y"), target);

        CHECK(weir_span_is((struct weir_span) { (uint8_t *) target, n },
                           "/v1/files/file-1"));
    }
    leave();
    CHECK(call("key-plain", "GET", path, "") == WEIR_E_OBJECT);
    leave();
    CHECK(call("key-ruled", "GET", path, "{}") == WEIR_E_BAD_REQUEST);
    leave();
    for (size_t i = 10; i < strlen(path); i++) {
        char  forged[200];

        /* another id, another cost, another code: none is taken */
        memcpy(forged, path, sizeof(forged));
        forged[i] = forged[i] == '1' ? '2' : '1';
        CHECK_MSG(call("key-ruled", "GET", forged, "") == WEIR_E_OBJECT, "%s",
                  forged);
        leave();
    }

    weir_account_read(fx.w.account, 0, &before);
    snprintf(text, sizeof(text), CREATE(id));
    CHECK(call("key-ruled", "POST", "/v1/batches", text) == WEIR_OK);
    weir_account_read(fx.w.account, 0, &s);
    CHECK(s.reserved == 802);
    CHECK(weir_span_is(weir_flow_body(fx.f), "{\"input_file_id\":\"file-1\","
                       "\"endpoint\":\"/v1/x\"}"));
    answered_id("{\"id\":\"batch_1\",\"input_file_id\":\"file-1\"}", id,
                sizeof(id));
    weir_account_read(fx.w.account, 0, &s);
    CHECK(s.reserved == 0 && s.spent - before.spent == 802);
    CHECK_MSG(strncmp(id, "batch_1-wffffffffffffffff", 25) == 0, "%s", id);
    snprintf(text, sizeof(text), CREATE(id));
    CHECK(call("key-ruled", "POST", "/v1/batches", text) == WEIR_E_OBJECT);
    leave();
    CHECK(call("key-ruled", "POST", "/v1/batches", "{}")
          == WEIR_E_BAD_REQUEST);
    leave();
}


static void
test_results(void)
{
#define RESULT(id, text)                                                     \
    "{\"id\":\"r\",\"custom_id\":\"" id "\",\"response\":{\"status_code\":"  \
    "200,\"body\":{\"choices\":[{\"index\":0,\"message\":{\"content\":\""    \
    text "\"}}]}},\"error\":null}"
    static const char  all[] = RESULT("a", "x 中国红酒") "\n\r\n"
        RESULT("b", "y forbidden words") "\nno JSON\n"
        RESULT("forbidden words", "z") "\n"
        RESULT("call 13812345678", "forbidden words") "\n"
        RESULT("c", "plain");
    static const char  body[] = FORM_HEAD LINE("a", "x") FORM_END;
    struct weir_buf    first, out;
    char               id[128], path[200];

    weir_buf_init(&first, fx.w.mem, 1 << 20);
    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(call("key-ruled", "POST", "/v1/files", body) == WEIR_OK);
    answered_id("{\"id\":\"file-1\"}", id, sizeof(id));
    snprintf(path, sizeof(path), "/v1/files/%s/content", id);
    for (size_t step = 0; step < 40; step++) {
        struct weir_buf *const  to = step == 0 ? &first : &out;

        out.len = 0;
        CHECK(call("key-ruled", "GET", path, "") == WEIR_OK);
        CHECK(fixture_answer(&fx, "application/octet-stream", 200,
                             WEIR_SPAN(all), step == 0 ? sizeof(all)
                             : step == 1 ? 1 : 0, &seed, to) == WEIR_OK);
        fixture_end(&fx);
        /* the ids of decisions differ, and are of one length */
        CHECK_MSG(step == 0 || out.len == first.len, "%.*s", (int) out.len,
                  out.at);
    }
    CHECK(has(&first, RESULT("a", "x [word]") "\n\r\n"));
    CHECK(has(&first, "\"custom_id\":\"b\",\"response\":null,\"error\":{"
                      "\"code\":\"content_filter\""));
    CHECK(has(&first, "\"custom_id\":null,\"response\":null,\"error\":{"
                      "\"code\":\"upstream_invalid\""));
    CHECK(has(&first, "\"custom_id\":null,\"response\":null,\"error\":{"
                      "\"code\":\"content_filter\""));
    CHECK(has(&first, "\n" RESULT("c", "plain")));
    CHECK(!has(&first, "forbidden words") && !has(&first, "13812345678"));

    /* broken off, and elsewhere */
    out.len = 0;
    CHECK(call("key-ruled", "GET", path, "") == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("x"), WEIR_SPAN(""))
          == WEIR_OK);
    CHECK(weir_flow_answer_feed(fx.f, (const uint8_t *) "{\"id\"", 5, &out)
          == WEIR_OK);
    CHECK(weir_flow_answer_finish(fx.f, false, &out) == WEIR_OK);
    CHECK(has(&out, "upstream_broke") && out.at[out.len - 1] == '\n');
    leave();
    CHECK(call("key-ruled", "GET", path, "") == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 302, WEIR_SPAN("x"), WEIR_SPAN(""))
          == WEIR_E_UPSTREAM_BAD);
    leave();
    weir_buf_release(&first);
    weir_buf_release(&out);
}


/* A line at its edge, and over it. */
static void
test_long_lines(void)
{
    static const char  body[] = FORM_HEAD LINE("a", "x") FORM_END;
    struct weir_buf    out;
    char               id[128], path[200];

    weir_buf_init(&out, fx.w.mem, 2 * WEIR_LINE_BYTES_MAX);
    CHECK(call("key-ruled", "POST", "/v1/files", body) == WEIR_OK);
    answered_id("{\"id\":\"file-1\"}", id, sizeof(id));
    snprintf(path, sizeof(path), "/v1/files/%s/content", id);
    for (size_t more = 0; more < 2; more++) {
        const size_t    n = WEIR_LINE_BYTES_MAX + more;
        uint8_t *const  line = malloc(n + 1);

        memset(line, ' ', n);
        memcpy(line, "{}", 2);
        line[n] = '\n';
        out.len = 0;
        CHECK(call("key-ruled", "GET", path, "") == WEIR_OK);
        CHECK(fixture_answer(&fx, "x", 200, (struct weir_span) { line, n + 1 },
                             100000, &seed, &out) == WEIR_OK);
        CHECK(has(&out, "answer_too_large") == (more == 1));
        fixture_end(&fx);
        free(line);
    }
    weir_buf_release(&out);
}


int
main(void)
{
    for (size_t i = 0; i < 64; i++) {
        values[i] = WEIR_SPAN("Bearer secret");
    }
    fixture_open(&fx);
    test_upload();
    test_ids();
    test_results();
    test_long_lines();
    fixture_close(&fx);
    return weir_test_done();
}
