/*
 * evasion_test.c: the cases of evasion_cases.txt, each whole, byte by byte
 * and in random pieces, and as the naive oracle sees it.
 */
#include "compile/variants.h"
#include "scan/scan_drive.h"
#include "scan/scan_naive.h"

#define TERMS_MAX  (WEIR_VARIANTS_MAX + 1)

struct one {
    char                 name[128], options[64], term[128];
    uint8_t              text[512];
    size_t               len;
    struct weir_found    want[16];
    size_t               nwant;
    struct weir_term_in  terms[TERMS_MAX];
    size_t               nterms;
    struct weir_pool     pool;
};

/* UTF-8 of a code point; its length. */
static size_t
put_point(uint32_t cp, uint8_t *out)
{
    static const uint8_t  lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    const size_t          n = cp < 0x80 ? 1 : cp < 0x800 ? 2
                              : cp < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t) (0x80 | (cp & 0x3f));
        cp >>= 6;
    }
    out[0] = (uint8_t) (lead[n] | cp);
    return n;
}

/* "a {b} c": the text, and what is found in it. */
static void
read_text(struct one *c, const char *s)
{
    while (*s != '\0') {
        if (*s == '{') {
            c->want[c->nwant].begin = c->len;
            s++;
        } else if (*s == '}') {
            c->want[c->nwant++].end = c->len;
            s++;
        } else if (strncmp(s, "\\u{", 3) == 0) {
            char  *end;

            c->len += put_point((uint32_t) strtoul(s + 3, &end, 16),
                                c->text + c->len);
            s = end + 1;
        } else {
            c->text[c->len++] = (uint8_t) *s++;
        }
    }
}

/* The next of the fields between " | ", trimmed. */
static char *
field(char **at)
{
    char  *s = *at, *end = strstr(s, " | ");
    char  *stop = end != NULL ? end : s + strcspn(s, "\n");

    *at = end != NULL ? end + 3 : stop;
    *stop = '\0';
    while (*s == ' ') {
        s++;
    }
    while (stop > s && stop[-1] == ' ') {
        *--stop = '\0';
    }
    return s;
}

static void
read_options(struct one *c)
{
    static const struct { const char *name; unsigned kind; }  kinds[] = {
        { "homophone", WEIR_VARIANT_HOMOPHONE },
        { "split", WEIR_VARIANT_SPLIT }, { "pinyin", WEIR_VARIANT_PINYIN },
        { "leet", WEIR_VARIANT_LEET }
    };
    struct weir_term_in    term = { .text = weir_span_of(c->term),
                                    .rule = 1, .score = 1000, .edges = 1 };
    struct weir_span       more[WEIR_VARIANTS_MAX];
    struct weir_variants  *v = weir_variants_open();
    unsigned               ask = 0;
    bool                   capped;
    char                  *s, *save = NULL;
    size_t                 n;

    for (s = strtok_r(c->options, " ", &save); s != NULL;
         s = strtok_r(NULL, " ", &save))
    {
        if (strcmp(s, "-") == 0) {
            continue;
        }
        if (s[0] == 's' && s[1] >= '0' && s[1] <= '9') {
            term.separators = (uint8_t) (s[1] - '0');
        } else if (s[0] == 'r') {
            term.repeats = (uint8_t) (s[1] - '0');
        } else {
            const unsigned  was = ask;

            for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
                ask |= strcmp(s, kinds[k].name) == 0 ? kinds[k].kind : 0;
            }
            CHECK_MSG(ask != was, "%s: option %s", c->name, s);
        }
    }
    c->terms[c->nterms++] = term;
    n = weir_variants_make(v, term.text, ask, &c->pool, more,
                           WEIR_VARIANTS_MAX, &capped);
    for (size_t i = 0; i < n; i++) {
        term.text = more[i];
        c->terms[c->nterms++] = term;
    }
    weir_variants_close(v);
}

static void
check_found(const struct one *c, const struct weir_found *got, size_t n,
    const char *way)
{
    bool  same = n == c->nwant;

    for (size_t i = 0; same && i < n; i++) {
        same = got[i].begin == c->want[i].begin
               && got[i].end == c->want[i].end;
    }
    CHECK_MSG(same, "%s, %s: %zu found, not %zu, in \"%.*s\"; first [%zu, "
              "%zu)", c->name, way, n, c->nwant, (int) c->len,
              (const char *) c->text, n > 0 ? (size_t) got[0].begin : 0,
              n > 0 ? (size_t) got[0].end : 0);
}

static void
run(char *line)
{
    static struct weir_found  got[DRIVE_MAX];
    static struct one         c;
    uint64_t                  seed = 8640, zero = 0;
    struct weir_matcher_in    in = { c.terms, 0, NULL, 0 };
    struct weir_matcher      *m;

    memset(&c, 0, sizeof(c));
    (void) snprintf(c.name, sizeof(c.name), "%s", field(&line));
    (void) snprintf(c.options, sizeof(c.options), "%s", field(&line));
    (void) snprintf(c.term, sizeof(c.term), "%s", field(&line));
    read_text(&c, field(&line));
    read_options(&c);
    in.nterms = c.nterms;
    m = drive_compile(&in);
    check_found(&c, got, drive(m, WEIR_PLAIN, 0, c.text, c.len, NULL, true,
                               got), "whole");
    check_found(&c, got, drive(m, WEIR_PLAIN, 0, c.text, c.len, &zero, true,
                               got), "by bytes");
    for (unsigned i = 0; i < 8; i++) {
        check_found(&c, got, drive(m, WEIR_PLAIN, 0, c.text, c.len, &seed,
                                   true, got), "in pieces");
    }
    check_found(&c, got, scan_naive(c.terms, c.nterms, WEIR_PLAIN, c.text,
                                    c.len, got), "naive");
    weir_pool_release(&c.pool);
    free(m);
}

int
main(int argc, char **argv)
{
    FILE      *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    char       line[1024];
    unsigned   cases = 0;

    if (f == NULL) {
        (void) fprintf(stderr, "evasion_test: no cases\n");
        return 2;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] != '#' && line[0] != '\n') {
            run(line);
            cases++;
        }
    }
    (void) fclose(f);
    CHECK_MSG(cases >= 48, "%u cases", cases);
    return weir_test_done();
}
