/*
 * form_test.c: whole calls whose requests are forms with files: what goes
 * out, what is refused, what transcripts become as JSON, as plain text and
 * streamed, and what they cost.
 */
#include "flow_fixture.h"

#include <jansson.h>

#define HEAR   "/v1/audio/transcriptions"
#define EDIT   "/v1/images/edits"
#define SSE    "text/event-stream"
#define TEXT_MAX  512
#define FIELD(name, value)                                                   \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"      \
    value "\r\n"
#define FILE_OF(name, file, value)                                           \
    "--B\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" \
    file "\"\r\nContent-Type: audio/wav\r\n\r\n" value "\r\n"
#define END    "--B--\r\n"

static struct fixture  fx;
static uint64_t        seed = 7;

static const char  ask[] = FILE_OF("file", "a.wav", "RIFF")
                           FIELD("model", "m") END;


static void
test_what_goes_out(void)
{
    static const char  odd[] = FIELD("stream", "false")
        FILE_OF("file", "a.wav", "RI\xff\xfe\r\n--\r\n13812345678")
        FIELD("model", "m") FIELD("x[]", "") FIELD("x[]", "\r\n") END;

    fixture_sent(&fx, "odd bytes, no rules", "key-plain", HEAR, odd, odd);
    fixture_sent(&fx, "odd bytes, rules", "key-ruled", HEAR, odd, odd);
    fixture_sent(&fx, "every text", "key-ruled", HEAR,
        FIELD("model", "m") FILE_OF("file", "13812345678.wav", "RIFF")
        FIELD("prompt", "call 13812345678, 中国红酒") FIELD("language", "zh")
        FIELD("vendor", "13812345678") END,
        FIELD("model", "m") FILE_OF("file", "<MOBILE_1>.wav", "RIFF")
        FIELD("prompt", "call <MOBILE_1>, [word]") FIELD("language", "zh")
        FIELD("vendor", "<MOBILE_1>") END);
    fixture_sent(&fx, "pictures", "key-ruled", EDIT,
        FILE_OF("image[]", "1.png", "P") FILE_OF("image[]", "2.png", "Q")
        FILE_OF("mask", "3.png", "R") FIELD("prompt", "13812345678")
        FIELD("n", "2") FIELD("model", "m") END,
        FILE_OF("image[]", "1.png", "P") FILE_OF("image[]", "2.png", "Q")
        FILE_OF("mask", "3.png", "R") FIELD("prompt", "<MOBILE_1>")
        FIELD("n", "2") FIELD("model", "m") END);
    fixture_sent(&fx, "another name of the model", "key-routed", HEAR,
        FIELD("model", "dear") FILE_OF("file", "a", "R") END,
        FIELD("model", "dear-served") FILE_OF("file", "a", "R") END);
}


static void
test_refusals(void)
{
    static const struct {
        const char  *name, *path, *body;
        int          error;
    } cases[] = {
        { "no model", HEAR, FILE_OF("file", "a", "R") END,
          WEIR_E_BAD_REQUEST },
        { "an unknown model", HEAR, FIELD("model", "x") END,
          WEIR_E_MODEL_UNKNOWN },
        { "an empty model", HEAR, FIELD("model", "") END,
          WEIR_E_MODEL_UNKNOWN },
        { "a model twice", HEAR, FIELD("model", "m") FIELD("model", "x") END,
          WEIR_E_DUPLICATE_KEY },
        { "a model that is a file", HEAR, FILE_OF("model", "a", "m") END,
          WEIR_E_BAD_REQUEST },
        { "a prompt that is a file", HEAR, FIELD("model", "m")
          FILE_OF("prompt", "a", "forbidden words") END,
          WEIR_E_BAD_REQUEST },
        { "JSON", HEAR, "{\"model\":\"m\"}", WEIR_E_BAD_FORM },
        { "empty", HEAR, "", WEIR_E_BAD_FORM },
        { "a denied prompt", HEAR, FIELD("model", "m")
          FIELD("prompt", "x forbidden words y") END, WEIR_E_DENIED },
        { "a denied field, behind the file", HEAR, FIELD("model", "m")
          FILE_OF("file", "a", "R") FIELD("note", "forbidden words") END,
          WEIR_E_DENIED },
        { "a denied name of a file", HEAR, FIELD("model", "m")
          FILE_OF("file", "forbidden words.wav", "R") END, WEIR_E_DENIED },
        { "a file of pictures among sound", HEAR, FIELD("model", "m")
          FILE_OF("image", "a", "R") END, WEIR_E_BAD_REQUEST },
        { "no UTF-8", HEAR, FIELD("model", "m") FIELD("prompt", "\xff") END,
          WEIR_E_BAD_UTF8 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int  rc = fixture_call(&fx, "key-ruled", cases[i].path,
                                     weir_span_of(cases[i].body));

        CHECK_MSG(rc == cases[i].error, "%s: %s", cases[i].name,
                  rc == WEIR_OK ? "sent" : weir_error_info(rc)->name);
        if (rc < 0) {
            struct weir_buf  out;

            weir_buf_init(&out, fx.w.mem, 1 << 16);
            (void) weir_flow_refusal(fx.f, rc, &out);
            CHECK_MSG(has(&out, weir_error_info(rc)->code), "%s: %.*s",
                      cases[i].name, (int) out.len, out.at);
            weir_buf_release(&out);
        }
        weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
    }
}


/* What a rule puts in makes a delimiter of the rest: a part that nobody
   admitted. */
static void
test_made_delimiter(void)
{
#define PART  "--(x)B\r\nContent-Disposition: form-data; name="
    static const char  made[] = PART "\"model\"\r\n\r\nm\r\n" PART
        "\"prompt\"\r\n\r\na\r\n--隐去此词B\r\nContent-Disposition: form-data; "
        "name=\"extra\"\r\n\r\nx\r\n--(x)B--";
    static const char  none[] = PART "\"model\"\r\n\r\nm\r\n" PART
        "\"prompt\"\r\n\r\na\r\n- 隐去此词 B\r\n--(x)B--";
    static const char *const  bodies[] = { made, none };

    for (int i = 0; i < 2; i++) {
        struct weir_flow_head  head = { 0 };
        int                    rc;

        CHECK(weir_flow_head_open(&head, WEIR_SPAN("POST"), WEIR_SPAN(HEAR),
                                  WEIR_SPAN("")) == WEIR_OK);
        head.key = WEIR_SPAN("key-ruled");
        head.type = WEIR_SPAN("multipart/form-data; boundary=\"(x)B\"");
        CHECK(weir_flow_open(fx.f, &fx.w, &fx.snap, &head) == WEIR_OK);
        CHECK(weir_flow_request_feed(fx.f, (const uint8_t *) bodies[i],
                                     strlen(bodies[i])) == WEIR_OK);
        rc = weir_flow_request_finish(fx.f);
        CHECK_MSG(rc == (i == 0 ? WEIR_E_BAD_FORM : WEIR_OK), "%d: %d", i,
                  rc);
        weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
    }
}


/* Without a boundary, and of another size. */
static void
test_heads(void)
{
    struct weir_flow_head  head = { 0 };

    CHECK(weir_flow_head_open(&head, WEIR_SPAN("POST"), WEIR_SPAN(HEAR),
                              WEIR_SPAN("")) == WEIR_OK);
    head.key = WEIR_SPAN("key-ruled");
    CHECK(weir_flow_open(fx.f, &fx.w, &fx.snap, &head) == WEIR_E_BAD_FORM);
    weir_flow_close(fx.f, WEIR_END_REFUSED, 400);
    CHECK(weir_flow_head_take(&head, WEIR_SPAN("content-type"),
              WEIR_SPAN("multipart/form-data; boundary=B")) == WEIR_OK);
    CHECK(weir_flow_head_take(&head, WEIR_SPAN("content-type"),
              WEIR_SPAN("multipart/form-data; boundary=C"))
          == WEIR_E_BAD_REQUEST);
    head.type = WEIR_SPAN("multipart/form-data; boundary=B");
    CHECK(weir_flow_open(fx.f, &fx.w, &fx.snap, &head) == WEIR_OK);
    {
        uint8_t *const  much = calloc(1, 1 << 20);
        int             n = 0, rc = WEIR_OK;

        while (rc == WEIR_OK) {
            rc = weir_flow_request_feed(fx.f, much, 1 << 20);
            n++;
        }
        CHECK(n == (WEIR_FORM_BYTES_MAX >> 20) + 1
              && rc == WEIR_E_TOO_LARGE);
        free(much);
    }
    weir_flow_close(fx.f, WEIR_END_REFUSED, 413);
}


/* The answer to `ask` of the key; what the call cost in *spent. */
static int
answer(const char *key, const char *type, const char *text, size_t step,
    struct weir_buf *out, weir_micro *spent)
{
    struct weir_account_state  before, after;
    int                        rc;

    weir_account_read(fx.w.account, 0, &before);
    CHECK(fixture_call(&fx, key, HEAR, WEIR_SPAN(ask)) == WEIR_OK);
    out->len = 0;
    rc = fixture_answer(&fx, type, 200, weir_span_of(text), step, &seed, out);
    if (rc < 0) {
        (void) weir_flow_refusal(fx.f, rc, out);
    }
    fixture_end(&fx);
    weir_account_read(fx.w.account, 0, &after);
    CHECK(after.reserved == 0);
    *spent = after.spent - before.spent;
    return rc;
}


static void
test_answers(void)
{
    static const struct {
        const char  *name, *type, *text, *want;
        weir_micro   cost;       /* -1: an estimate */
        int          rc;
    } cases[] = {
        { "json, tokens", "application/json", "{\"text\":\"hi\",\"usage\":{"
          "\"type\":\"tokens\",\"input_tokens\":5,\"output_tokens\":7}}",
          NULL, 66, WEIR_OK },
        { "json, seconds", "application/json", "{\"text\":\"hi\",\"usage\":{"
          "\"type\":\"duration\",\"seconds\":9}}", NULL, 180, WEIR_OK },
        { "a part of a second", "application/json", "{\"usage\":{\"seconds\":"
          "1.01,\"type\":\"duration\"},\"text\":\"hi\"}", NULL, 40, WEIR_OK },
        { "no usage", "application/json", "{\"text\":\"hi\"}", NULL, -1,
          WEIR_OK },
        { "seconds that are none", "application/json", "{\"text\":\"hi\","
          "\"usage\":{\"seconds\":-3}}", NULL, -1, WEIR_OK },
        { "verbose, a string", "application/json", "{\"task\":\"transcribe\","
          "\"duration\":\"2.5\",\"text\":\"hi\"}", NULL, 76, WEIR_OK },
        { "segments are one text", "application/json",
          "{\"text\":\"a 中国红酒\",\"segments\":[{\"id\":0,\"text\":"
          "\"a 中国\",\"tokens\":[1,2]},{\"id\":1,\"text\":\"红酒\"}],"
          "\"words\":[{\"word\":\"中国\",\"start\":0.1},{\"word\":\"红酒\"}]}",
          "{\"text\":\"a [word]\",\"segments\":[{\"id\":0,\"text\":"
          "\"a \",\"tokens\":null},{\"id\":1,\"text\":\"[word]\"}],"
          "\"words\":[]}", -1, WEIR_OK },
        { "words before the text", "application/json",
          "{\"words\":[{\"word\":\"中国\"},{\"word\":\"红酒\"}],"
          "\"text\":\"中国红酒\"}", "{\"words\":[],\"text\":\"[word]\"}", -1,
          WEIR_OK },
        { "words of a text without findings", "application/json",
          "{\"text\":\"a b\",\"words\":[{\"word\":\"a\"},{\"word\":\"b\"}]}",
          NULL, -1, WEIR_OK },
        { "a word alone", "application/json",
          "{\"text\":\"x\",\"words\":[{\"word\":\"中国红酒\"}]}",
          "{\"text\":\"x\",\"words\":[{\"word\":\"[word]\"}]}", -1, WEIR_OK },
        { "plain text", "text/plain; charset=utf-8", "a 中国红酒\n",
          "a [word]\n", -1, WEIR_OK },
        { "subtitles", "text/vtt", "WEBVTT\n\n00:01 --> 00:02\n中国红酒\n",
          "WEBVTT\n\n00:01 --> 00:02\n[word]\n", -1, WEIR_OK },
        { "plain text, denied", "text/plain", "a forbidden words b", NULL, -1,
          WEIR_E_DENIED },
        { "plain text that is none", "text/plain", "\xff", NULL, 0,
          WEIR_E_UPSTREAM_BAD },
        { "a page", "text/html", "<p>", NULL, 0, WEIR_E_UPSTREAM_BAD },
    };
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const  want = cases[i].want != NULL ? cases[i].want
                                                        : cases[i].text;

        for (size_t step = 0; step < 3; step++) {
            weir_micro  spent;
            const int   rc = answer("key-ruled", cases[i].type,
                                    cases[i].text, step, &out, &spent);

            CHECK_MSG(rc == cases[i].rc, "%s: %d", cases[i].name, rc);
            CHECK_MSG(rc < 0 ? has(&out, weir_error_info(rc)->code)
                      : weir_span_is(weir_buf_span(&out), want),
                      "%s: %.*s", cases[i].name, (int) out.len, out.at);
            CHECK_MSG(cases[i].cost < 0 ? spent > 0
                                        : spent == cases[i].cost,
                      "%s: spent %d", cases[i].name, (int) spent);
        }
    }
    weir_buf_release(&out);
}


/* What a client joins of the deltas, what `done` says, and an error. */
static void
joined(const struct weir_buf *out, char *text, char *done, char *code)
{
    char *const  copy = strndup((const char *) out->at, out->len);
    char        *line, *next = copy;

    text[0] = done[0] = code[0] = '\0';
    while ((line = strsep(&next, "\n")) != NULL) {
        json_t      *j;
        const char  *s;

        if (strncmp(line, "data: ", 6) != 0) {
            continue;
        }
        j = json_loads(line + 6, 0, NULL);
        CHECK_MSG(j != NULL, "%s", line);
        s = json_string_value(json_object_get(j, "delta"));
        if (s != NULL) {
            snprintf(text + strlen(text), TEXT_MAX - strlen(text), "%s", s);
        }
        s = json_string_value(json_object_get(j, "text"));
        if (s != NULL) {
            snprintf(done, TEXT_MAX, "%s", s);
        }
        s = json_string_value(json_object_get(json_object_get(j, "error"),
                                              "code"));
        if (s != NULL) {
            snprintf(code, TEXT_MAX, "%s", s);
        }
        json_decref(j);
    }
    free(copy);
}


static void
test_streams(void)
{
    static const struct { const char *said, *want, *code; }  cases[] = {
        { "a 中国红酒 b", "a [word] b", "" },
        { "plain", "plain", "" },
        { "ends in 中国", "ends in 中国", "" },
        { "one, forbidden words, two", "one, ", "content_filter" },
    };
    struct weir_buf  out;
    char             text[TEXT_MAX], done[TEXT_MAX], code[TEXT_MAX];
    weir_micro       spent;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    for (size_t i = 0; i < 4; i++) {
        for (size_t step = 0; step < 12; step++) {
            char         all[8192] = "";
            const char  *s = cases[i].said;

            while (*s != '\0') {
                size_t  n = step == 0 ? strlen(s)
                            : 1 + weir_test_random(&seed) % 3;

                n = n < strlen(s) ? n : strlen(s);
                while ((s[n] & 0xc0) == 0x80) {
                    n++;
                }
                snprintf(all + strlen(all), sizeof(all) - strlen(all),
                         "data: {\"type\":\"transcript.text.delta\","
                         "\"delta\":\"%.*s\"}\n\n", (int) n, s);
                s += n;
            }
            snprintf(all + strlen(all), sizeof(all) - strlen(all),
                     "data: {\"type\":\"transcript.text.done\",\"text\":\"%s\""
                     ",\"usage\":{\"type\":\"tokens\",\"input_tokens\":5,"
                     "\"output_tokens\":7}}\n\n", cases[i].said);
            (void) !answer("key-ruled", SSE, all, step, &out, &spent);
            joined(&out, text, done, code);
            CHECK_MSG(strcmp(text, cases[i].want) == 0, "%s: %s",
                      cases[i].said, text);
            CHECK_MSG(strcmp(code, cases[i].code) == 0, "%s: %s",
                      cases[i].said, code);
            CHECK(code[0] != '\0' || (strcmp(done, cases[i].want) == 0
                                      && spent == 66));
            if (strcmp(cases[i].said, cases[i].want) == 0 && i == 1) {
                CHECK(weir_span_is(weir_buf_span(&out), all));
            }
        }
    }
    (void) !answer("key-ruled", SSE, "data: {\"type\":\"transcript.new.delta"
                   "\",\"delta\":\"x\"}\n\n", 0, &out, &spent);
    CHECK(has(&out, "upstream_invalid"));
    weir_buf_release(&out);
}


int
main(void)
{
    fixture_open(&fx);
    weir_account_set(fx.w.account, 1, 10 * WEIR_MICRO, 0);
    test_what_goes_out();
    test_refusals();
    test_heads();
    test_made_delimiter();
    test_answers();
    test_streams();
    fixture_close(&fx);
    return weir_test_done();
}
