/*
 * ident_test.c: the named cases of ident_cases.txt, each whole, byte by
 * byte and in random pieces, in all three codings; then streams made of the
 * cases one behind the other: same findings for any split.
 *
 * A line of the file is `type<TAB>text`; what is to be found stands between
 * « and » (U+00AB, U+00BB; not part of the text), `none` finds nothing at
 * the score of 500. \n, \t, \xNN, \\ in the text are escapes.
 */
#include "scan/scan_drive.h"
#include "weir/ident.h"

#define SCORE_MIN      500
#define CONTEXT_OTHER  8      /* "ctx" speaks for all the rest */

static const struct {
    uint8_t      context;
    uint8_t      edges;
    const char  *text;
} words[] = {
    { 1, 0, "身份证" }, { 1, 0, "证件号" }, { 1, 1, "id card" },
    { 1, 1, "id number" },
    { 2, 0, "电话" }, { 2, 0, "手机" }, { 2, 0, "联系" }, { 2, 1, "tel" },
    { 2, 1, "phone" }, { 2, 1, "mobile" }, { 2, 1, "fax" }, { 2, 0, "传真" },
    { 3, 0, "银行卡" }, { 3, 0, "卡号" }, { 3, 1, "card" },
    { 4, 0, "护照" }, { 4, 1, "passport" },
    { 5, 0, "车牌" }, { 6, 0, "信用代码" }, { 7, 1, "ip" }, { 7, 0, "地址" },
    { 8, 1, "ctx" },
    { 10, 0, "token" }, { 10, 0, "key" }, { 10, 0, "secret" },
    { 10, 0, "authorization:" }, { 10, 0, "密钥" },
    { 11, 0, "datadog" }, { 11, 0, "new-relic" },
    { 12, 0, "password" }, { 12, 0, "密码" }, { 12, 0, "密码是" },
    { 12, 0, "pwd is" }, { 12, 0, "--user " },
    { 13, 0, "://" },
    { 9, 0, "住" }, { 9, 0, "寄" }, { 9, 0, "住址" }, { 9, 0, "地址" },
};

static const uint8_t  context_of[WEIR_IDENT_COUNT] = {
    [WEIR_IDENT_CN_ID] = 1, [WEIR_IDENT_CN_MOBILE] = 2,
    [WEIR_IDENT_CN_LANDLINE] = 2, [WEIR_IDENT_BANK_CARD] = 3,
    [WEIR_IDENT_CN_PASSPORT] = 4, [WEIR_IDENT_CN_PLATE] = 5,
    [WEIR_IDENT_CN_USCC] = 6, [WEIR_IDENT_IPV4] = 7,
    [WEIR_IDENT_CN_ADDRESS] = 9,
    [WEIR_IDENT_CREDENTIAL] = 10, [WEIR_IDENT_VENDOR_KEY] = 11,
    [WEIR_IDENT_PASSWORD] = 12, [WEIR_IDENT_CONNECTION] = 13,
};

static struct weir_matcher *
matcher_make(void)
{
    const size_t            n = sizeof(words) / sizeof(words[0]);
    struct weir_term_in     terms[sizeof(words) / sizeof(words[0])];
    struct weir_ident_in    idents[WEIR_IDENT_COUNT];
    struct weir_matcher_in  in = { terms, n, idents, 0 };
    size_t                  i;
    unsigned                k;

    for (i = 0; i < n; i++) {
        terms[i] = (struct weir_term_in) {
            .text = weir_span_of(words[i].text), .edges = words[i].edges,
            .context = words[i].context };
    }
    for (k = 1; k < WEIR_IDENT_PSEUDONYM; k++) {
        idents[in.nidents++] = (struct weir_ident_in) {
            k, (uint16_t) k, SCORE_MIN,
            context_of[k] != 0 ? context_of[k] : CONTEXT_OTHER };
    }
    return drive_compile(&in);
}

struct ident_case {
    char               type[32];
    uint8_t            text[DRIVE_MAX];
    size_t             len;
    struct weir_found  want[16];
    size_t             nwant;
};

/* The text of a line without marks and escapes. */
static void
case_text(struct ident_case *c, const char *p)
{
    unsigned  x;

    c->len = c->nwant = 0;
    while (*p != '\0' && *p != '\n' && c->len < sizeof(c->text)) {
        if (strncmp(p, "\xc2\xab", 2) == 0) {
            c->want[c->nwant].begin = c->len;
            p += 2;
        } else if (strncmp(p, "\xc2\xbb", 2) == 0) {
            c->want[c->nwant++].end = c->len;
            p += 2;
        } else if (*p != '\\') {
            c->text[c->len++] = (uint8_t) *p++;
        } else if (p[1] == 'x' && sscanf(p + 2, "%2x", &x) == 1) {
            c->text[c->len++] = (uint8_t) x;
            p += 4;
        } else {
            c->text[c->len++] = p[1] == 'n' ? '\n' : p[1] == 't' ? '\t'
                                : p[1] == 'r' ? '\r' : (uint8_t) p[1];
            p += 2;
        }
    }
}

static bool
case_holds(const struct ident_case *c, const struct weir_found *got, size_t n)
{
    size_t  i;

    if (n != c->nwant) {
        return false;
    }
    for (i = 0; i < n; i++) {
        if (got[i].begin != c->want[i].begin || got[i].end != c->want[i].end
            || strcmp(weir_ident_type(got[i].kind), c->type) != 0
            || got[i].rule != (got[i].kind == WEIR_IDENT_PSEUDONYM
                               ? WEIR_RULE_PSEUDONYM : got[i].kind))
        {
            return false;
        }
    }
    return true;
}

static void
case_run(const struct weir_matcher *m, const struct ident_case *c,
    unsigned line)
{
    static struct weir_found  got[DRIVE_MAX], coded_got[DRIVE_MAX];
    static uint8_t            coded[DRIVE_MAX * 64];
    uint64_t                  seed = line + 1, zero = 0;
    unsigned                  way, level;
    size_t                    n, k, i, len;

    for (way = 0; way < 4; way++) {
        n = drive(m, WEIR_PLAIN, WEIR_SCAN_PSEUDONYMS, c->text, c->len,
                  way == 0 ? NULL : way == 1 ? &zero : &seed, way == 2, got);
        if (!CHECK_MSG(case_holds(c, got, n), "line %u, way %u, %zu found",
                       line, way, n))
        {
            for (i = 0; i < n; i++) {
                printf("#   %s %.*s %u\n", weir_ident_type(got[i].kind),
                       (int) (got[i].end - got[i].begin),
                       c->text + got[i].begin, got[i].score);
            }
            return;
        }
    }
    for (level = 1; level < 3; level++) {
        len = drive_encode(c->text, c->len, level, &seed, coded);
        k = drive(m, (enum weir_coding) level, WEIR_SCAN_PSEUDONYMS, coded,
                  len, &seed, false, coded_got);
        CHECK_MSG(k == n, "line %u, level %u: %zu, not %zu", line, level, k,
                  n);
        for (i = 0; i < k && i < n; i++) {
            CHECK(coded_got[i].kind == got[i].kind
                  && coded_got[i].score == got[i].score);
        }
    }
}

/* Everything in one stream, in random order: splits change nothing. */
static void
streams_run(const struct weir_matcher *m, const struct ident_case *cases,
    size_t ncases)
{
    static const char        *const glue[] = { "", " ", "，", ".", "-", "1",
                                               "a", "\n", "@", "\xe2\x80\x8b" };
    static struct weir_found  want[DRIVE_MAX], got[DRIVE_MAX];
    static uint8_t            text[DRIVE_MAX * 4];
    uint64_t                  seed = 4;
    unsigned                  round;
    size_t                    n, k, len;

    for (round = 0; round < 600; round++) {
        len = 0;
        do {
            const struct ident_case  *c = &cases[weir_test_random(&seed)
                                                 % ncases];
            const char               *g = glue[weir_test_random(&seed) % 10];
            const size_t              from = c->len == 0 ? 0
                                      : weir_test_random(&seed) % 4 == 0
                                      ? weir_test_random(&seed) % c->len : 0;

            memcpy(text + len, c->text + from, c->len - from);
            len += c->len - from;
            memcpy(text + len, g, strlen(g));
            len += strlen(g);
        } while (len < 700);
        n = drive(m, WEIR_PLAIN, 0, text, len, NULL, true, want);
        k = drive(m, WEIR_PLAIN, 0, text, len, &seed, false, got);
        CHECK_MSG(drive_same(want, n, got, k), "stream %u: %zu, %zu", round,
                  n, k);
    }
}

int
main(int argc, char **argv)
{
    struct weir_matcher  *m = matcher_make();
    struct ident_case    *cases = calloc(2000, sizeof(*cases));
    FILE                 *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    static char           line[16384];
    unsigned              number = 0;
    size_t                n = 0;

    if (f == NULL) {
        printf("Bail out! no case file\n");
        return 1;
    }
    while (fgets(line, sizeof(line), f) != NULL && n < 2000) {
        char  *tab = strchr(line, '\t');

        number++;
        if (line[0] == '#' || tab == NULL) {
            CHECK_MSG(line[0] == '#' || line[0] == '\n', "line %u", number);
            continue;
        }
        *tab = '\0';
        snprintf(cases[n].type, sizeof(cases[n].type), "%.31s", line);
        case_text(&cases[n], tab + 1);
        CHECK_MSG(strcmp(line, "none") == 0 ? cases[n].nwant == 0
                  : weir_ident_by_type(line) != 0 && cases[n].nwant > 0,
                  "line %u", number);
        case_run(m, &cases[n], number);
        n++;
    }
    fclose(f);
    CHECK(n > 200);
    streams_run(m, cases, n);
    free(cases);
    free(m);
    return weir_test_done();
}
