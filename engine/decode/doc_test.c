/*
 * doc_test.c: the cases of doc_cases.txt, whole, byte by byte and at random
 * splits, with the document at the edge of a page; limits; with an argument
 * `-p` it prints what it found, in the form of that file.
 */
#include "base/test.h"
#include "decode/doc_run.h"
#include "weir/error.h"

#include <stdlib.h>

#define LINE_BYTES 8192
#define FOUND_MAX  (4 * LINE_BYTES)

static struct doc_run  whole, cut;


static size_t
piece_all(void *ctx, size_t left)
{
    (void) ctx;
    return left;
}


static size_t
piece_one(void *ctx, size_t left)
{
    (void) ctx;
    (void) left;
    return 1;
}


static size_t
piece_random(void *ctx, size_t left)
{
    const size_t  n = weir_test_random(ctx) % 24;

    return n < left ? n : left;
}


static enum weir_shape
shape_of(const char *name)
{
    static const char *const  names[] = {
        "openai_request", "openai_answer", "openai_chunk",
        "anthropic_request", "anthropic_answer", "anthropic_event", "error",
        "completion_request", "input_request", "plain_answer",
        "responses_request", "responses_answer", "responses_event",
        "gemini_request", "gemini_answer", "mcp_request", "mcp_answer",
        "transcript_answer", "transcript_event", "batch_line",
        "batch_request", "batch_item", "batch_list",
        "batch_result", "object_answer"
    };

    for (int i = 0; i < WEIR_SHAPES; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (enum weir_shape) i;
        }
    }
    printf("no shape %s\n", name);
    abort();
}


static int
put_spot(char *out, const char *name, const char *doc, struct weir_spot s)
{
    return s.begin == WEIR_SPOT_NONE
           ? 0 : snprintf(out, LINE_BYTES, "= %s %.*s\n", name,
                          (int) (s.end - s.begin), doc + s.begin);
}


static int
put_number(char *out, const char *name, int64_t v, int64_t none)
{
    return v == none ? 0 : snprintf(out, LINE_BYTES, "= %s %lld\n", name,
                                   (long long) v);
}


static int
put_facts(char *out, const char *doc, const struct weir_facts *f)
{
    char  *p = out;

    p += put_spot(p, "model", doc, f->model);
    p += put_spot(p, "id", doc, f->id);
    p += put_spot(p, "created", doc, f->created);
    p += put_spot(p, "max_tokens", doc, f->max_tokens);
    p += put_number(p, "max_tokens_value", f->max_tokens_value, -1);
    p += put_number(p, "choices", f->choices, -1);
    p += put_number(p, "stream", f->stream, -1);
    p += put_number(p, "include_usage", f->include_usage, -1);
    p += put_spot(p, "stream_options", doc, f->stream_options);
    p += put_spot(p, "include_usage_at", doc, f->include_usage_at);
    p += put_number(p, "messages", f->messages, 0);
    p += put_number(p, "input_tokens", f->input_tokens, -1);
    p += put_number(p, "output_tokens", f->output_tokens, -1);
    p += put_spot(p, "usage", doc, f->usage);
    p += put_number(p, "nchoices", f->nchoices, 0);
    p += put_number(p, "error", f->error, 0);
    p += put_number(p, "event", f->event, 0);
    p += put_number(p, "block", f->block, 0);
    p += put_number(p, "block_kind", f->block_kind, WEIR_FIELD_OTHER);
    p += put_number(p, "part", f->part, 0);
    p += put_spot(p, "item", doc, f->item);
    p += put_spot(p, "details", doc, f->details);
    p += put_spot(p, "custom_id", doc, f->marks[WEIR_MARK_ID]);
    p += put_spot(p, "url", doc, f->marks[WEIR_MARK_URL]);
    p += put_spot(p, "method", doc, f->marks[WEIR_MARK_METHOD]);
    p += put_spot(p, "body", doc, f->marks[WEIR_MARK_BODY]);
    p += put_spot(p, "seconds", doc, f->seconds);
    p += put_spot(p, "words", doc, f->words);
    p += put_number(p, "token_ids", f->token_ids, 0);
    p += put_number(p, "not_scanned", f->not_scanned, 0);
    for (uint32_t i = 0; i < f->nfinish; i++) {
        p += put_number(p, "finish of", f->finish[i].choice, -1);
        p += put_spot(p, "finish", doc, f->finish[i].value);
    }
    for (uint32_t i = 0; i < f->nstrip; i++) {
        p += put_spot(p, "strip", doc, f->strip[i]);
    }
    return (int) (p - out);
}


static void
put_run(char *out, const char *doc, const struct doc_run *r)
{
    static const char *const  places[] = {
        "system", "user", "assistant", "result", "call", "def", "why",
        "refusal", "other"
    };
    char                     *p = out;

    if (r->rc != WEIR_OK) {
        snprintf(out, LINE_BYTES, "! %s\n", weir_error_info(r->rc)->name);
        return;
    }
    p += put_facts(p, doc, &r->doc.facts);
    for (uint32_t i = 0; i < r->ntexts; i++) {
        const struct weir_text  *t = &r->texts[i];

        p += snprintf(p, LINE_BYTES,
                     "+ %s %s %s%s %u.%u.%u %.*s |%.*s|\n",
                     places[t->place], t->coding == WEIR_JSON2 ? "json2"
                     : "json", t->form == WEIR_TEXT_STRING ? "string"
                     : t->form == WEIR_TEXT_KEY ? "key" : "number",
                     t->stream ? " stream" : "", t->channel >> 16,
                     t->channel >> 12 & 15, t->channel & 0xfff,
                     t->key_len ? (int) t->key_len : 1,
                     t->key_len ? doc + t->key_at : "-",
                     (int) (t->end - t->begin), doc + t->begin);
    }
}


static void
run_case(const char *name, const char *shape_name, const char *doc,
    const char *want, bool print)
{
    static char     found[FOUND_MAX];
    const size_t    len = strlen(doc);
    const uint8_t  *at = weir_test_fenced(doc, len);
    uint64_t        seed = 99 + len;

    found[0] = '\0';
    doc_run(&whole, shape_of(shape_name), at, len, piece_all, NULL);
    doc_check(&whole, at, len);
    put_run(found, doc, &whole);
    if (print) {
        printf(": %s\n%s\n%s\n%s\n", name, shape_name, doc, found);
        return;
    }
    CHECK_MSG(strcmp(found, want) == 0, "%s: found\n%snot\n%s", name, found,
              want);

    doc_run(&cut, shape_of(shape_name), at, len, piece_one, NULL);
    CHECK_MSG(doc_same(&whole, &cut), "%s: byte by byte", name);
    for (int i = 0; i < 50; i++) {
        doc_run(&cut, shape_of(shape_name), at, len, piece_random, &seed);
        CHECK_MSG(doc_same(&whole, &cut), "%s: random split %d", name, i);
    }

    /* cut short anywhere it is not whole */
    for (size_t n = 0; whole.rc == WEIR_OK && n < len; n++) {
        doc_run(&cut, shape_of(shape_name), at, n, piece_all, NULL);
        CHECK_MSG(cut.rc == WEIR_E_BAD_JSON, "%s: first %zu bytes", name, n);
    }
}


static void
chop(char *line)
{
    line[strcspn(line, "\n")] = '\0';
}


static void
test_cases(const char *path, bool print)
{
    static char  line[16384], name[16384], shape[64], doc[16384];
    static char  want[FOUND_MAX];
    FILE        *f = fopen(path, "r");
    unsigned     cases = 0;

    CHECK(f != NULL);
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (line[0] != ':') {
            continue;
        }
        chop(line);
        memcpy(name, line + 2, strlen(line) - 1);
        CHECK(fgets(shape, sizeof(shape), f) != NULL);
        chop(shape);
        CHECK(fgets(doc, sizeof(doc), f) != NULL);
        chop(doc);
        want[0] = '\0';
        while (fgets(line, sizeof(line), f) != NULL && line[0] != '\n') {
            CHECK(strlen(want) + strlen(line) < sizeof(want));
            memcpy(want + strlen(want), line, strlen(line) + 1);
        }
        run_case(name, shape, doc, want, print);
        cases++;
    }
    CHECK(cases > 50);
    if (f != NULL) {
        fclose(f);
    }
}


static int
feed(struct weir_doc *d, const char *text)
{
    return weir_doc_feed(d, (const uint8_t *) text, strlen(text));
}


/* texts_max, WEIR_FINISHES_MAX and WEIR_STRIPS_MAX at their edges. */
static void
test_limits(void)
{
    static struct weir_doc  d;
    struct weir_text        texts[3];

    for (unsigned n = 2; n <= 4; n++) {
        int  rc;

        weir_doc_open(&d, WEIR_SHAPE_OPENAI_REQUEST, texts, 3);
        rc = feed(&d, "{\"x\":[\"1\"");
        for (unsigned i = 1; i < n; i++) {
            rc = feed(&d, ",\"2\"");
        }
        CHECK(rc == (n <= 3 ? WEIR_OK : WEIR_E_TOO_MANY_TEXTS));
        rc = feed(&d, "]}");
        CHECK(weir_doc_finish(&d)
              == (n <= 3 ? WEIR_OK : WEIR_E_TOO_MANY_TEXTS));
        CHECK(rc == d.error);
    }

    for (unsigned n = WEIR_FINISHES_MAX; n <= WEIR_FINISHES_MAX + 1; n++) {
        int  rc;

        weir_doc_open(&d, WEIR_SHAPE_OPENAI_CHUNK, texts, 3);
        rc = feed(&d, "{\"choices\":[{}");
        for (unsigned i = 0; i < n && rc == WEIR_OK; i++) {
            rc = feed(&d, ",{\"finish_reason\":\"stop\",\"logprobs\":[]}");
        }
        CHECK(rc == (n == WEIR_FINISHES_MAX ? WEIR_OK
                                            : WEIR_E_TOO_MANY_TEXTS));
        CHECK(d.facts.nfinish == WEIR_FINISHES_MAX);
        CHECK(d.facts.nstrip == WEIR_STRIPS_MAX);
        CHECK(d.facts.finish[0].choice == 1);
    }

    weir_doc_open(&d, WEIR_SHAPE_OPENAI_CHUNK, texts, 3);
    CHECK(weir_doc_feed(&d, NULL, 0) == WEIR_OK);
    CHECK(weir_doc_finish(&d) == WEIR_E_BAD_JSON);
    CHECK(weir_doc_size() == sizeof(struct weir_doc));

    /* positions have 32 bits; nothing of the piece is touched */
    weir_doc_open(&d, WEIR_SHAPE_OPENAI_CHUNK, texts, 3);
    CHECK(weir_doc_feed(&d, (const uint8_t *) "", (size_t) UINT32_MAX)
          == WEIR_E_TOO_LARGE);
}


int
main(int argc, char **argv)
{
    const bool  print = argc > 2 && strcmp(argv[2], "-p") == 0;

    if (argc < 2) {
        printf("Bail out! doc_test: no file of cases given\n");
        return 1;
    }
    test_cases(argv[1], print);
    if (print) {
        return 0;
    }
    test_limits();
    return weir_test_done();
}
