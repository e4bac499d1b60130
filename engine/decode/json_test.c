/*
 * json_test.c: the tokenizer against named cases, against jansson on
 * mutated documents, and against itself at every split.
 */
#include "base/test.h"
#include "decode/json.h"
#include "weir/error.h"

#include <jansson.h>

struct seen {
    int                rc;
    uint32_t           n;
    struct weir_token  tokens[512];
};


/* `cut`: length of the pieces; 0: random ones from seed. */
static void
run(struct seen *s, const uint8_t *at, size_t len, size_t cut, uint64_t *seed)
{
    struct weir_json   j;
    struct weir_token  t;

    memset(s, 0, sizeof(*s));
    weir_json_open(&j);
    while (len > 0) {
        size_t          n = cut ? cut : weir_test_random(seed) % 9;
        const uint8_t  *p = at;

        n = n < len ? n : len;
        while (p < at + n) {
            s->rc = weir_json_next(&j, &p, at + n, &t);
            if (s->rc < 0) {
                return;
            }
            if (s->rc == WEIR_DONE && s->n < 512) {
                s->tokens[s->n++] = t;
            }
        }
        at += n;
        len -= n;
    }
    while ((s->rc = weir_json_finish(&j, &t)) == WEIR_DONE) {
        s->tokens[s->n++] = t;
    }
}


static bool
same(const struct seen *a, const struct seen *b)
{
    bool  ok = a->rc == b->rc && a->n == b->n;

    for (uint32_t i = 0; ok && i < a->n; i++) {
        ok = a->tokens[i].begin == b->tokens[i].begin
             && a->tokens[i].end == b->tokens[i].end
             && a->tokens[i].kind == b->tokens[i].kind;
    }
    return ok;
}


/* Every way to cut gives the same; returns the result. */
static int
all_ways(const char *text, size_t len)
{
    static struct seen  whole, cut;
    const uint8_t      *at = weir_test_fenced(text, len);
    uint64_t            seed = 7 + len;

    run(&whole, at, len, len ? len : 1, &seed);
    for (size_t n = 1; n < 12; n++) {
        run(&cut, at, len, n, &seed);
        CHECK_MSG(same(&whole, &cut), "pieces of %zu: %.60s", n, text);
        run(&cut, at, len, 0, &seed);
        CHECK_MSG(same(&whole, &cut), "random pieces: %.60s", text);
    }
    return whole.rc;
}


static const struct {
    const char  *text;
    int          rc;
} cases[] = {
    { "{}", WEIR_OK }, { " [ ] \r\n\t", WEIR_OK }, { "0", WEIR_OK },
    { "-0", WEIR_OK }, { "1e9", WEIR_OK }, { "-1.50E-07", WEIR_OK },
    { "\"\"", WEIR_OK }, { "null", WEIR_OK }, { "true", WEIR_OK },
    { "[1,2,{\"a\":[false]}]", WEIR_OK },
    { "123456789012345678901234567890", WEIR_OK },
    { "\"\\u4e2d\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\\\\\"\"", WEIR_OK },
    { "\"\\ud83d\"", WEIR_OK }, { "\"\\uDE00x\"", WEIR_OK },
    { "\"\x7f\"", WEIR_OK }, { "\"\xc2\x80\xdf\xbf\"", WEIR_OK },
    { "\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"", WEIR_OK },
    { "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"", WEIR_OK },
    { "\"\xe4\xb8\xad\xe6\x96\x87\xef\xbc\x8c text \xe4\xb8\xad\"", WEIR_OK },
    { "{\"\xe4\xb8\xad\":1}", WEIR_OK },

    { "", WEIR_E_BAD_JSON }, { " ", WEIR_E_BAD_JSON },
    { "\xef\xbb\xbf{}", WEIR_E_BAD_JSON }, { "{} x", WEIR_E_BAD_JSON },
    { "{}{}", WEIR_E_BAD_JSON }, { "{},\"a\"", WEIR_E_BAD_JSON },
    { "1,\"a\":2", WEIR_E_BAD_JSON }, { "[1,\"a\":2]", WEIR_E_BAD_JSON },
    { "{\"a\":1, \"b\" : \"c\" , \"d\":  \"\"}", WEIR_OK },
    { "1 2", WEIR_E_BAD_JSON },
    { "[1,]", WEIR_E_BAD_JSON }, { "[,1]", WEIR_E_BAD_JSON },
    { "{\"a\":1,}", WEIR_E_BAD_JSON }, { "{,}", WEIR_E_BAD_JSON },
    { "{a:1}", WEIR_E_BAD_JSON }, { "{\"a\"}", WEIR_E_BAD_JSON },
    { "{\"a\":}", WEIR_E_BAD_JSON }, { "{\"a\" 1}", WEIR_E_BAD_JSON },
    { "[1}", WEIR_E_BAD_JSON }, { "{\"a\":1]", WEIR_E_BAD_JSON },
    { "[", WEIR_E_BAD_JSON }, { "]", WEIR_E_BAD_JSON },
    { "[1", WEIR_E_BAD_JSON }, { "\"abc", WEIR_E_BAD_JSON },
    { "01", WEIR_E_BAD_JSON }, { "-", WEIR_E_BAD_JSON },
    { "-01", WEIR_E_BAD_JSON }, { "1.", WEIR_E_BAD_JSON },
    { ".5", WEIR_E_BAD_JSON }, { "+1", WEIR_E_BAD_JSON },
    { "1e", WEIR_E_BAD_JSON }, { "1e+", WEIR_E_BAD_JSON },
    { "1.e3", WEIR_E_BAD_JSON }, { "0x10", WEIR_E_BAD_JSON },
    { "1.5.2", WEIR_E_BAD_JSON }, { "NaN", WEIR_E_BAD_JSON },
    { "Infinity", WEIR_E_BAD_JSON }, { "tru", WEIR_E_BAD_JSON },
    { "truE", WEIR_E_BAD_JSON }, { "nulll", WEIR_E_BAD_JSON },
    { "'a'", WEIR_E_BAD_JSON }, { "\"\t\"", WEIR_E_BAD_JSON },
    { "\"abcdefgh\nijk\"", WEIR_E_BAD_JSON }, { "\"\\x\"", WEIR_E_BAD_JSON },
    { "\"\\u12g4\"", WEIR_E_BAD_JSON }, { "\"\\u123\"", WEIR_E_BAD_JSON },
    { "\"\\U1234\"", WEIR_E_BAD_JSON }, { "// c\n1", WEIR_E_BAD_JSON },
    { "[1 /* c */]", WEIR_E_BAD_JSON }, { "\xc2\xa0{}", WEIR_E_BAD_JSON },
    { "{\"a\":\f1}", WEIR_E_BAD_JSON },

    { "\"\x80\"", WEIR_E_BAD_UTF8 }, { "\"\xc0\xaf\"", WEIR_E_BAD_UTF8 },
    { "\"\xc1\xbf\"", WEIR_E_BAD_UTF8 }, { "\"\xff\"", WEIR_E_BAD_UTF8 },
    { "\"\xe0\x9f\xbf\"", WEIR_E_BAD_UTF8 },
    { "\"\xed\xa0\x80\"", WEIR_E_BAD_UTF8 },
    { "\"\xf0\x8f\xbf\xbf\"", WEIR_E_BAD_UTF8 },
    { "\"\xf4\x90\x80\x80\"", WEIR_E_BAD_UTF8 },
    { "\"\xf5\x80\x80\x80\"", WEIR_E_BAD_UTF8 },
    { "\"\xe4\xb8\"", WEIR_E_BAD_UTF8 },
    { "\"\xe4\xb8 later text\"", WEIR_E_BAD_UTF8 },
    { "{\"\xed\xbf\xbf\":1}", WEIR_E_BAD_UTF8 },
    { "{\"abcdefgh\xc0\x80zzzzzz\":1}", WEIR_E_BAD_UTF8 }
};


static void
test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const int  rc = all_ways(cases[i].text, strlen(cases[i].text));

        CHECK_MSG(rc == cases[i].rc, "%s: %d, not %d", cases[i].text, rc,
                  cases[i].rc);
    }
    CHECK(all_ways("\"a\0b\"", 5) == WEIR_E_BAD_JSON);
    CHECK(all_ways("\"\\\0\"", 4) == WEIR_E_BAD_JSON);
    CHECK(all_ways("1\0", 2) == WEIR_E_BAD_JSON);
}


static void
test_depth(void)
{
    char  text[3 * WEIR_JSON_DEPTH_MAX];

    for (unsigned depth = WEIR_JSON_DEPTH_MAX - 1;
         depth <= WEIR_JSON_DEPTH_MAX + 1; depth++)
    {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        CHECK(all_ways(text, 2 * depth)
              == (depth <= WEIR_JSON_DEPTH_MAX ? WEIR_OK : WEIR_E_TOO_DEEP));
    }
}


static void
test_head(void)
{
    static const char   text[] = "[\"mod\\u0065l\\n\\u00e9\\u4e2d\",-12.5]";
    const uint8_t      *p = (const uint8_t *) text;
    struct weir_json    j;
    struct weir_token   t;

    weir_json_open(&j);
    CHECK(weir_json_next(&j, &p, p + strlen(text), &t) == WEIR_DONE);
    CHECK(weir_json_next(&j, &p, (const uint8_t *) text + strlen(text), &t)
          == WEIR_DONE);
    CHECK(t.kind == WEIR_TOKEN_STRING && t.begin == 2 && t.end == 26);
    CHECK(j.head_len == 11 && !j.head_more
          && memcmp(j.head, "model\n\xc3\xa9\xe4\xb8\xad", 11) == 0);
    CHECK(weir_json_next(&j, &p, (const uint8_t *) text + strlen(text), &t)
          == WEIR_DONE);
    CHECK(t.kind == WEIR_TOKEN_NUMBER && j.digits == 3);
    CHECK(weir_json_integer(&j, 100) == -1);
}


static void
test_head_edge(void)
{
    for (unsigned n = WEIR_JSON_KEY_BYTES - 1; n <= WEIR_JSON_KEY_BYTES + 1;
         n++)
    {
        char               text[WEIR_JSON_KEY_BYTES + 4];
        const uint8_t     *p = (const uint8_t *) text;
        struct weir_json   j;
        struct weir_token  t;

        memset(text, 'x', sizeof(text));
        text[0] = '"';
        text[n + 1] = '"';
        weir_json_open(&j);
        CHECK(weir_json_next(&j, &p, p + n + 2, &t) == WEIR_DONE);
        CHECK(j.head_more == (n > WEIR_JSON_KEY_BYTES));
    }
}


static void
test_integer(void)
{
    static const struct {
        const char  *text;
        int64_t      max;
        int64_t      value;
    } edges[] = {
        { "0", 0, 0 }, { "1", 0, -1 }, { "128", 128, 128 },
        { "129", 128, -1 }, { "2147483648", INT64_C(1) << 31,
                              INT64_C(1) << 31 },
        { "2147483649", INT64_C(1) << 31, -1 },
        { "99999999999999999999", INT64_MAX, -1 },
        { "9223372036854775807", INT64_MAX, INT64_MAX },
        { "9223372036854775808", INT64_MAX, -1 },
        { "1.0", 9, -1 }, { "1e1", 99, -1 }, { "-1", 9, -1 }
    };

    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        const uint8_t     *p = (const uint8_t *) edges[i].text;
        struct weir_json   j;
        struct weir_token  t;

        weir_json_open(&j);
        CHECK(weir_json_next(&j, &p, p + strlen(edges[i].text), &t)
              == WEIR_MORE);
        CHECK(weir_json_finish(&j, &t) == WEIR_DONE);
        CHECK_MSG(weir_json_integer(&j, edges[i].max) == edges[i].value,
                  "%s", edges[i].text);
    }
}


/* What jansson refuses and RFC 8259 does not: numbers outside its types,
   lone surrogate escapes, NUL in keys. */
static bool
jansson_is_narrower(const json_error_t *e)
{
    return json_error_code(e) == json_error_numeric_overflow
           || json_error_code(e) == json_error_null_byte_in_key
           || strstr(e->text, "invalid Unicode") != NULL;
}


static void
test_mutations(void)
{
    static const char *const  seeds[] = {
        "{\"a\":[1,-2.5e3,true,null],\"b\":{\"\\u4e2d\":\"x\\ny\"}}",
        "[\"\xe4\xb8\xad\xe6\x96\x87\xf0\x9f\x98\x80\",{},[],0.1,\"\\/\"]",
        "{\"k\":\"abcdefghijklmnopqrstuvwxyz\xc3\xa9 0123456789\\\\\"}"
    };
    static const char         alphabet[] =
        "{}[]\",:\\ \t0123459-+.eEtrufalsn/\x01\x80\xbf\xc2\xe0\xed\xf0\xf4";
    uint64_t                  seed = 42;
    unsigned                  valid = 0;

    for (int round = 0; round < 120000; round++) {
        const char         *from = seeds[weir_test_random(&seed) % 3];
        char                text[128];
        size_t              len = strlen(from);
        static struct seen  whole, cut;
        json_error_t        e;
        json_t             *tree;

        memcpy(text, from, len);
        for (unsigned k = weir_test_random(&seed) % 3; k < 3; k++) {
            const size_t  at = weir_test_random(&seed) % len;
            const char    c = alphabet[weir_test_random(&seed)
                                       % (sizeof(alphabet) - 1)];

            switch (weir_test_random(&seed) % 3) {
            case 0:
                text[at] = c;
                break;
            case 1:
                memmove(text + at, text + at + 1, len - at - 1);
                len -= len > 1;
                break;
            default:
                memmove(text + at + 1, text + at, len - at);
                text[at] = c;
                len++;
            }
        }

        tree = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
        run(&whole, (const uint8_t *) text, len, len, &seed);
        run(&cut, (const uint8_t *) text, len, 0, &seed);
        CHECK_MSG(same(&whole, &cut), "split of %.*s", (int) len, text);
        CHECK_MSG((tree != NULL) == (whole.rc == WEIR_OK)
                  || (tree == NULL && jansson_is_narrower(&e)),
                  "%.*s: ours %d, jansson: %s", (int) len, text, whole.rc,
                  tree ? "valid" : e.text);
        valid += tree != NULL;
        json_decref(tree);
    }
    CHECK(valid > 10000);
}


/* Every sequence of two and three bytes, every lead of four. */
static void
test_utf8(void)
{
    static struct seen  s;
    uint64_t            seed = 1;
    unsigned            wrong = 0;

    for (unsigned a = 0x80; a < 0x100; a++) {
        for (unsigned b = 0x70; b < 0x100; b++) {
            for (unsigned c = 0x70; c < 0x100; c += 3) {
                uint8_t       t[24] = "\"abcdefg....hijklmnop\"";
                json_t       *tree;
                json_error_t  e;

                t[8] = (uint8_t) a;
                t[9] = (uint8_t) b;
                t[10] = (uint8_t) c;
                t[11] = 0xbf - (c & 0x4f);
                tree = json_loadb((char *) t, 22, JSON_DECODE_ANY, &e);
                run(&s, t, 22, 22, &seed);
                wrong += (s.rc == WEIR_OK) != (tree != NULL);
                run(&s, t, 22, 1, &seed);
                wrong += (s.rc == WEIR_OK) != (tree != NULL);
                json_decref(tree);
            }
        }
    }
    CHECK_MSG(wrong == 0, "%u sequences judged otherwise", wrong);
}


int
main(void)
{
    test_cases();
    test_depth();
    test_head();
    test_head_edge();
    test_integer();
    test_mutations();
    test_utf8();
    return weir_test_done();
}
