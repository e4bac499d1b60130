/*
 * translate_test.c: the cases of translate_cases.txt, streams whole, byte by
 * byte and at random splits; that there and back keeps every text; bounds.
 * With an argument `-p` before the file it prints what came out, in the form
 * of that file.
 */
#include "base/test.h"
#include "translate/translate_tree.h"
#include "weir/error.h"
#include "weir/translate.h"

#define LINE_BYTES  8192
#define LINES_MAX   40

struct one {                   /* a case */
    char      name[LINE_BYTES];
    char      kind[LINE_BYTES];
    char      in[LINES_MAX][LINE_BYTES];
    char      out[LINES_MAX][LINE_BYTES];
    unsigned  nin;
    unsigned  nout;
};

static struct weir_mem  *mem;
static uint64_t          seed = 7;
static bool              printing;


static struct weir_translate_how
how_of(const char *kind)
{
    return (struct weir_translate_how) {
        .mem = mem,
        .client = strstr(kind, "to_messages") != NULL
                  || strstr(kind, "chunks") != NULL ? WEIR_WIRE_CHAT
                                                    : WEIR_WIRE_MESSAGES,
        .usage = strstr(kind, " usage") != NULL,
        .openai = strstr(kind, " openai") != NULL,
        .max_tokens = 1000,
        .now_s = 1700000000,
        .id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    };
}


static void
put_error(struct weir_buf *out, int rc, const char *field)
{
    weir_buf_adds(out, "! ");
    weir_buf_adds(out, weir_error_info(rc)->code);
    if (field[0] != '\0') {
        weir_buf_addc(out, ' ');
        weir_buf_adds(out, field);
    }
}


static void
run_whole(const struct one *c, struct weir_buf *out)
{
    struct weir_translate_how  how = how_of(c->kind);
    const size_t               len = strlen(c->in[0]);
    const struct weir_span     in = { weir_test_fenced(c->in[0], len), len };
    char                       field[WEIR_TRANSLATE_FIELD_BYTES] = "";
    int                        rc;

    if (strncmp(c->kind, "answer", 6) == 0) {
        how.client = strstr(c->kind, "to_chat") != NULL ? WEIR_WIRE_CHAT
                                                        : WEIR_WIRE_MESSAGES;
        rc = weir_translate_answer(&how,
                                   (int) strtol(strchr(c->kind, ' '), NULL,
                                                10), in, out);
    } else {
        rc = weir_translate_request(&how, in, out, field);
    }
    if (rc != WEIR_OK) {
        out->len = 0;
        put_error(out, rc, field);
    }
}


/* `step` 0: random pieces. */
static void
run_stream(const struct one *c, size_t step, struct weir_buf *out)
{
    const struct weir_translate_how  how = how_of(c->kind);
    struct weir_translator *const    t = weir_translate_open(&how);
    struct weir_buf                  in;
    int                              rc = WEIR_OK;

    weir_buf_init(&in, mem, 1 << 24);
    for (unsigned i = 0; i < c->nin; i++) {
        weir_buf_adds(&in, c->in[i][0] == ':' ? "" : "data: ");
        weir_buf_adds(&in, c->in[i]);
        weir_buf_adds(&in, "\n\n");
    }
    weir_translate_counted(t, 99);
    for (size_t at = 0; at < in.len && rc == WEIR_OK;) {
        size_t  n = step > 0 ? step : weir_test_random(&seed) % 30;

        n = n < in.len - at ? n : in.len - at;
        rc = weir_translate_feed(t, in.at + at, n, out);
        at += n;
    }
    if (rc == WEIR_OK) {
        rc = weir_translate_finish(t, out);
    }
    if (rc != WEIR_OK) {
        put_error(out, rc, "");
    }
    weir_translate_close(t);
    weir_buf_release(&in);
}


static void
put_wanted(const struct one *c, bool stream, struct weir_buf *out)
{
    for (unsigned i = 0; i < c->nout; i++) {
        const char *const  line = c->out[i];
        const char *const  type = strstr(line, "{\"type\":\"");

        if (!stream || line[0] == '!') {
            weir_buf_adds(out, line);
            continue;
        }
        if (type == line) {
            weir_buf_adds(out, "event: ");
            weir_buf_add(out, (const uint8_t *) line + 9,
                         strcspn(line + 9, "\""));
            weir_buf_addc(out, '\n');
        }
        weir_buf_adds(out, "data: ");
        weir_buf_adds(out, line);
        weir_buf_adds(out, "\n\n");
    }
}


static void
print_case(const struct one *c, const struct weir_buf *got)
{
    const uint8_t  *p = got->at, *const  end = got->at + got->len;

    printf(": %s\n%s\n", c->name, c->kind);
    for (unsigned i = 0; i < c->nin; i++) {
        printf("< %s\n", c->in[i]);
    }
    while (p < end) {
        const uint8_t *const  nl = memchr(p, '\n', (size_t) (end - p));
        const size_t          n = (size_t) ((nl != NULL ? nl : end) - p);

        if (n > 6 && memcmp(p, "data: ", 6) == 0) {
            printf("> %.*s\n", (int) n - 6, p + 6);
        } else if (n > 0 && memcmp(p, "event", 5) != 0) {
            printf("> %.*s\n", (int) n, p);
        }
        p += n + 1;
    }
    printf("\n");
}


/* Whatever comes out as JSON is JSON. */
static void
check_json(const struct one *c, const struct weir_buf *got)
{
    struct weir_tree  t;

    if (got->len > 0 && got->at[0] == '{') {
        CHECK_MSG(weir_tree_open(&t, mem, weir_buf_span(got)) == WEIR_OK,
                  "%s: not JSON", c->name);
        weir_tree_close(&t);
    }
}


static void
run_case(const struct one *c)
{
    const bool       stream = strncmp(c->kind, "chunks", 6) == 0
                              || strncmp(c->kind, "events", 6) == 0;
    struct weir_buf  got, want;

    weir_buf_init(&want, mem, 1 << 24);
    put_wanted(c, stream, &want);
    for (int i = 0; i < (stream ? 40 : 1); i++) {
        weir_buf_init(&got, mem, 1 << 24);
        if (stream) {
            run_stream(c, i == 0 ? 1 << 20 : i == 1 ? 1 : 0, &got);
        } else {
            run_whole(c, &got);
            check_json(c, &got);
        }
        if (printing) {
            print_case(c, &got);
            weir_buf_release(&got);
            break;
        }
        CHECK_MSG(got.len == want.len
                  && memcmp(got.at, want.at, got.len) == 0,
                  "%s (run %d):\n# got  %.*s\n# want %.*s", c->name, i,
                  (int) got.len, (char *) got.at, (int) want.len,
                  (char *) want.at);
        weir_buf_release(&got);
    }
    weir_buf_release(&want);
}


static void
take_line(char *to, const char *line)
{
    memcpy(to, line, strlen(line) + 1);      /* of one size */
}


static void
run_cases(const char *path)
{
    static struct one  c;
    static char        line[LINE_BYTES];
    FILE              *f = fopen(path, "r");
    unsigned           n = 0;

    if (f == NULL) {
        perror(path);
        abort();
    }
    memset(&c, 0, sizeof(c));
    for (bool more = true; more;) {
        more = fgets(line, sizeof(line), f) != NULL;
        line[strcspn(line, "\n")] = '\0';
        if (!more || line[0] == ':') {
            if (c.nin > 0) {
                run_case(&c);
                n++;
            }
            memset(&c, 0, sizeof(c));
            take_line(c.name, line + 2);
        } else if (strncmp(line, "< ", 2) == 0) {
            take_line(c.in[c.nin++], line + 2);
        } else if (strncmp(line, "> ", 2) == 0) {
            take_line(c.out[c.nout++], line + 2);
        } else if (line[0] != '#' && line[0] != '\0') {
            take_line(c.kind, line);
        }
        weir_assert(c.nin < LINES_MAX && c.nout < LINES_MAX);
    }
    fclose(f);
    CHECK(n > 30);
}


/* ---- there and back ---- */

static unsigned  texts;        /* made so far; each is unlike all others */


static void
put_text(struct weir_buf *b)
{
    static const char *const  odd[] = {
        "", "\\n", "\\u4e2d", "\\\"", "中", "\\ud83d\\ude00", "\\\\", " "
    };

    weir_buf_adds(b, "<t");
    weir_buf_addu(b, texts++);
    weir_buf_addc(b, '>');
    weir_buf_adds(b, odd[weir_test_random(&seed) % 8]);
}


static unsigned
pick(unsigned n)
{
    return (unsigned) (weir_test_random(&seed) % n);
}


static void
put_texts(struct weir_buf *b)
{
    const unsigned  n = pick(3);

    if (n == 0) {
        weir_buf_addc(b, '"');
        put_text(b);
        weir_buf_addc(b, '"');
        return;
    }
    weir_buf_addc(b, '[');
    for (unsigned i = 0; i < n; i++) {
        weir_buf_adds(b, i > 0 ? ",{\"type\":\"text\",\"text\":\""
                               : "{\"type\":\"text\",\"text\":\"");
        put_text(b);
        weir_buf_adds(b, "\"}");
    }
    weir_buf_addc(b, ']');
}


/* Two calls and their results, of Anthropic. */
static void
put_turn(struct weir_buf *b, unsigned id)
{
    weir_buf_adds(b, ",{\"role\":\"assistant\",\"content\":["
                     "{\"type\":\"text\",\"text\":\"");
    put_text(b);
    weir_buf_adds(b, "\"}");
    for (unsigned i = 0; i < 2; i++) {
        weir_buf_adds(b, ",{\"type\":\"tool_use\",\"id\":\"toolu_");
        weir_buf_addu(b, id + i);
        weir_buf_adds(b, "\",\"name\":\"f\",\"input\":{\"a\":[1.50e2,\"");
        put_text(b);
        weir_buf_adds(b, "\"]}}");
    }
    weir_buf_adds(b, "]},{\"role\":\"user\",\"content\":[");
    for (unsigned i = 0; i < 2; i++) {
        weir_buf_adds(b, i > 0 ? ",{\"type\":\"tool_result\","
                                 "\"tool_use_id\":\"toolu_"
                               : "{\"type\":\"tool_result\","
                                 "\"tool_use_id\":\"toolu_");
        weir_buf_addu(b, id + i);
        weir_buf_adds(b, "\",\"content\":");
        put_texts(b);
        weir_buf_addc(b, '}');
    }
    weir_buf_adds(b, ",{\"type\":\"text\",\"text\":\"");
    put_text(b);
    weir_buf_adds(b, "\"}]}");
}


static void
make_request(struct weir_buf *b)
{
    texts = 0;
    weir_buf_adds(b, "{\"model\":\"m\",\"max_tokens\":9,\"system\":");
    put_texts(b);
    weir_buf_adds(b, ",\"tools\":[{\"name\":\"f\",\"description\":\"");
    put_text(b);
    weir_buf_adds(b, "\",\"input_schema\":{\"type\":\"object\",\"title\":\"");
    put_text(b);
    weir_buf_adds(b, "\"}}],\"stop_sequences\":[\"");
    put_text(b);
    weir_buf_adds(b, "\"],\"messages\":[{\"role\":\"user\",\"content\":");
    put_texts(b);
    weir_buf_addc(b, '}');
    for (unsigned i = pick(4); i > 0; i--) {
        put_turn(b, 2 * i);
    }
    weir_buf_adds(b, "]}");
}


/* Each text is there, once. */
static bool
has_all(const struct weir_buf *b)
{
    for (unsigned i = 0; i < texts; i++) {
        char            word[16];
        const int       n = snprintf(word, sizeof(word), "<t%u>", i);
        const uint8_t  *at = memmem(b->at, b->len, word, (size_t) n);

        if (at == NULL
            || memmem(at + 1, (size_t) (b->at + b->len - at - 1), word,
                      (size_t) n) != NULL)
        {
            return false;
        }
    }
    return texts > 0;
}


static void
test_round_trip(void)
{
    struct weir_translate_how  there = how_of("to_chat");
    struct weir_translate_how  back = how_of("to_messages");

    for (int i = 0; i < 2000; i++) {
        char             field[WEIR_TRANSLATE_FIELD_BYTES];
        struct weir_buf  a, b, c;

        weir_buf_init(&a, mem, 1 << 20);
        weir_buf_init(&b, mem, 1 << 20);
        weir_buf_init(&c, mem, 1 << 20);
        make_request(&a);
        CHECK(weir_translate_request(&there, weir_buf_span(&a), &b, field)
              == WEIR_OK);
        CHECK(weir_translate_request(&back, weir_buf_span(&b), &c, field)
              == WEIR_OK);
        CHECK_MSG(has_all(&b) && has_all(&c), "lost: %.*s\n# %.*s",
                  (int) a.len, (char *) a.at, (int) c.len, (char *) c.at);
        weir_buf_release(&a);
        weir_buf_release(&b);
        weir_buf_release(&c);
    }
}


/* ---- bounds ---- */

static void
test_bounds(void)
{
    const struct weir_translate_how  how = how_of("to_messages");
    char                             field[WEIR_TRANSLATE_FIELD_BYTES];
    struct weir_buf                  in, out;

    weir_buf_init(&in, mem, 1 << 24);
    weir_buf_init(&out, mem, 1 << 24);
    weir_buf_adds(&in, "[0");
    for (unsigned i = 2; i < WEIR_TREE_NODES_MAX; i++) {
        weir_buf_adds(&in, ",0");
    }
    weir_buf_adds(&in, "]");
    CHECK(weir_translate_request(&how, weir_buf_span(&in), &out, field)
          == WEIR_E_BAD_REQUEST);
    in.len--;
    weir_buf_adds(&in, ",0]");
    CHECK(weir_translate_request(&how, weir_buf_span(&in), &out, field)
          == WEIR_E_TOO_MANY_TEXTS);
    weir_buf_release(&in);
    weir_buf_release(&out);
}


/* The most calls of an answer, and one more. */
static void
test_lanes(const char *kind, const char *format, int offset)
{
    const struct weir_translate_how  how = how_of(kind);
    struct weir_translator *const    t = weir_translate_open(&how);
    struct weir_buf                  out;
    char                             event[512];

    weir_buf_init(&out, mem, 1 << 24);
    for (int i = 0; i <= WEIR_TRANSLATE_LANES_MAX; i++) {
        const int  n = snprintf(event, sizeof(event), format, i + offset);

        CHECK(weir_translate_feed(t, (uint8_t *) event, (size_t) n, &out)
              == (i == WEIR_TRANSLATE_LANES_MAX ? WEIR_E_UPSTREAM_BAD
                                                : WEIR_OK));
    }
    weir_translate_close(t);
    weir_buf_release(&out);
}


int
main(int argc, char **argv)
{
    printing = argc > 2 && strcmp(argv[1], "-p") == 0;
    mem = weir_mem_open(1 << 22);
    run_cases(argv[argc - 1]);
    if (printing) {
        return 0;
    }
    test_round_trip();
    test_bounds();
    test_lanes("chunks", "data: {\"type\":\"content_block_start\","
               "\"index\":%d,\"content_block\":{\"type\":\"tool_use\","
               "\"id\":\"x\",\"name\":\"f\",\"input\":{}}}\n\n", 3);
    test_lanes("events", "data: {\"choices\":[{\"index\":0,\"delta\":"
               "{\"tool_calls\":[{\"index\":%d,\"id\":\"x\",\"function\":"
               "{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}\n\n", 0);
    CHECK(weir_mem_used(mem) == 0);
    weir_mem_close(mem);
    return weir_test_done();
}
