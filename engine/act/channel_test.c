/*
 * channel_test.c: the streaming invariant of a channel, against a scanner of
 * three lines (a list of terms, found by comparing) in place of the real
 * one, and an oracle that sees the whole text at once.
 */
#include "act/act_internal.h"
#include "base/test.h"

#define TEXT_MAX   64
#define TERMS_MAX  5

struct term {
    char         text[5];
    uint8_t      action;
};

static struct term                    terms[TERMS_MAX];
static unsigned                       nterms;
static struct weir_snap_profile_rule  profile_rules[TERMS_MAX];
static struct weir_snap_rule          rules[TERMS_MAX];
static const char  strings[] = "[A]\0[B]\0[C]\0[D]\0[E]\0STEM";
static struct weir_snapshot     snap;
static struct weir_snap_profile profile;

/* ---- the scanner that stands in ---- */

struct weir_finder {
    uint8_t   text[TEXT_MAX];
    size_t    len;
    uint64_t  settled;
};


size_t
weir_find_size(const struct weir_matcher *m)
{
    return sizeof(struct weir_finder);
}


void
weir_find_open(struct weir_finder *s, const struct weir_matcher *m,
    struct weir_patterns *p, enum weir_coding coding, unsigned flags)
{
    memset(s, 0, sizeof(*s));
}


bool
weir_find_overflow(const struct weir_finder *s)
{
    return false;
}


size_t
weir_find_pack_max(const struct weir_matcher *m)
{
    return sizeof(struct weir_finder);
}


size_t
weir_find_pack(const struct weir_finder *s, uint8_t *out)
{
    memcpy(out, s, sizeof(*s));
    return sizeof(*s);
}


void
weir_find_unpack(struct weir_finder *s, const struct weir_matcher *m,
    struct weir_patterns *p, const uint8_t *in, size_t len)
{
    memcpy(s, in, len);
}


uint64_t
weir_find_settled(const struct weir_finder *s)
{
    return s->settled;
}


/* Where the first proper prefix of a term begins that ends the text. */
static size_t
settled_of(const uint8_t *text, size_t len)
{
    for (size_t p = 0; p < len; p++) {
        for (unsigned i = 0; i < nterms; i++) {
            const size_t  n = strlen(terms[i].text);

            if (len - p < n && memcmp(terms[i].text, text + p, len - p) == 0)
            {
                return p;
            }
        }
    }
    return len;
}


/* All findings that begin in [from, to), by begin. */
static size_t
findings(const uint8_t *text, size_t len, size_t from, size_t to,
    struct weir_found *out)
{
    size_t  n = 0;

    for (size_t p = from; p < to; p++) {
        for (unsigned i = 0; i < nterms; i++) {
            const size_t  k = strlen(terms[i].text);

            if (p + k <= len && memcmp(text + p, terms[i].text, k) == 0) {
                out[n++] = (struct weir_found) {
                    .begin = p, .end = p + k, .rule = (uint16_t) i
                };
            }
        }
    }
    return n;
}


int
weir_find_feed(struct weir_finder *s, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t max, size_t *n)
{
    const size_t  from = s->settled;

    if (len > 0) {
        memcpy(s->text + base, text, len);
    }
    s->len = base + len;
    s->settled = last ? s->len : settled_of(s->text, s->len);
    *n = findings(s->text, s->len, from, s->settled, found);
    weir_assert(*n <= max);
    return WEIR_OK;
}


/* ---- the oracle ---- */

static void
put_mark_of(unsigned rule, struct weir_buf *out)
{
    weir_buf_addc(out, '[');
    weir_buf_addc(out, (uint8_t) ('A' + rule));
    weir_buf_addc(out, ']');
}


static void
oracle(const uint8_t *text, size_t len, struct weir_buf *out)
{
    struct weir_found  all[TEXT_MAX * TERMS_MAX];
    const size_t       n = findings(text, len, 0, len, all);
    size_t             cut = len, pos = 0;

    for (size_t i = 0; i < n && cut == len; i++) {
        if (terms[all[i].rule].action == WEIR_DENY) {
            cut = all[i].begin;
        }
    }
    for (size_t i = 0; i < n && all[i].begin < cut; i++) {
        size_t    end = all[i].end, best = i, k = i;

        if (terms[all[i].rule].action != WEIR_REDACT) {
            continue;
        }
        for (; k + 1 < n && all[k + 1].begin < end && all[k + 1].begin < cut;
             k++)
        {
            if (terms[all[k + 1].rule].action != WEIR_REDACT) {
                continue;
            }
            end = all[k + 1].end > end ? all[k + 1].end : end;
            if (all[k + 1].end - all[k + 1].begin
                > all[best].end - all[best].begin)
            {
                best = k + 1;
            }
        }
        if (end > cut) {
            cut = all[i].begin;      /* the run reaches into the denied */
            break;
        }
        weir_buf_add(out, text + pos, all[i].begin - pos);
        put_mark_of(all[best].rule, out);
        pos = end;
        i = k;
    }
    weir_buf_add(out, text + pos, cut - pos);
}


static void
random_rules(uint64_t *seed)
{
    nterms = 1 + weir_test_random(seed) % TERMS_MAX;
    for (unsigned i = 0; i < nterms; i++) {
        const size_t  n = 1 + weir_test_random(seed) % 4;

        memset(terms[i].text, 0, sizeof(terms[i].text));
        for (size_t k = 0; k < n; k++) {
            terms[i].text[k] = (char) ('a' + weir_test_random(seed) % 3);
        }
        terms[i].action = weir_test_random(seed) % 6 == 0 ? WEIR_DENY
            : weir_test_random(seed) % 5 == 0 ? WEIR_OBSERVE : WEIR_REDACT;
        profile_rules[i].rule = i;
        profile_rules[i].action = terms[i].action;
        rules[i].mark_en = (struct weir_snap_str) { i * 4, 3 };
    }
    profile.rules = nterms;
    profile.matcher_size = 1;
    snap = (struct weir_snapshot) {
        .strings = (const uint8_t *) strings, .rules = rules,
        .profile_rules = profile_rules, .profiles = &profile
    };
}


static void
test_any_split(void)
{
    uint64_t           seed = 20261124;
    struct weir_mem   *mem = weir_mem_open(1 << 20);
    struct weir_names *names = NULL;

    for (int round = 0; round < 20000; round++) {
        uint8_t              text[TEXT_MAX];
        const size_t         len = weir_test_random(&seed) % 24;
        struct weir_verdict  v;
        struct weir_act      act = { .snap = &snap, .profile = &profile,
                                     .verdict = &v, .mem = mem,
                                     .names = &names };
        struct weir_channel  c;
        struct weir_buf      want, got;
        int                  rc = WEIR_OK;

        random_rules(&seed);
        for (size_t i = 0; i < len; i++) {
            text[i] = (uint8_t) ('a' + weir_test_random(&seed) % 3);
        }
        weir_buf_init(&want, mem, 4096);
        weir_buf_init(&got, mem, 4096);
        oracle(text, len, &want);

        weir_verdict_open(&v);
        CHECK(weir_channel_open(&c, &act, WEIR_PLAIN, 0) == WEIR_OK);
        for (size_t at = 0; rc == WEIR_OK; ) {
            size_t  n = weir_test_random(&seed) % 4;

            n = n > len - at ? len - at : n;
            rc = weir_channel_feed(&c, &act, text + at, n, at + n == len,
                                   &got);
            at += n;
            if (at == len) {
                break;
            }
            /* Minimal hold: what is settled and in no open run has left. */
            if (rc == WEIR_OK && !c.run_open) {
                CHECK(weir_channel_held(&c)
                      == at - settled_of(text, at));
            }
        }
        CHECK_MSG(got.len == want.len
                  && (want.len == 0
                      || memcmp(got.at, want.at, want.len) == 0),
                  "round %d: text %.*s: got %.*s want %.*s", round,
                  (int) len, text, (int) got.len, got.at, (int) want.len,
                  want.at);
        weir_channel_close(&c, &act);
        weir_buf_release(&want);
        weir_buf_release(&got);
    }
    CHECK(weir_mem_used(mem) == 0);
    weir_mem_close(mem);
}


/* One term over one text in a coding; returns what came out. */
static const char *
act_on(const char *term, enum weir_action action, enum weir_coding coding,
    const char *text)
{
    static char          out[256];
    struct weir_mem     *mem = weir_mem_open(1 << 20);
    struct weir_names   *names = NULL;
    struct weir_verdict  v;
    struct weir_act      act = { .snap = &snap, .profile = &profile,
                                 .verdict = &v, .mem = mem,
                                 .names = &names };
    struct weir_channel  c;
    struct weir_buf      got;

    nterms = 1;
    memset(&terms[0], 0, sizeof(terms[0]));
    memcpy(terms[0].text, term, strlen(term));
    terms[0].action = (uint8_t) action;
    profile_rules[0] = (struct weir_snap_profile_rule) {
        .rule = 0, .action = (uint8_t) action
    };
    rules[0].mark_en = (struct weir_snap_str) { 0, 3 };
    rules[0].pseudonym = (struct weir_snap_str) { 20, 4 };
    profile.rules = 1;
    profile.matcher_size = 1;
    snap = (struct weir_snapshot) {
        .strings = (const uint8_t *) strings, .rules = rules,
        .profile_rules = profile_rules, .profiles = &profile
    };
    weir_buf_init(&got, mem, 4096);
    weir_verdict_open(&v);
    CHECK(weir_channel_open(&c, &act, coding, 0) == WEIR_OK);
    (void) !weir_channel_feed(&c, &act, (const uint8_t *) text, strlen(text),
                              true, &got);
    weir_buf_addc(&got, 0);
    CHECK(got.len <= sizeof(out));
    memcpy(out, got.at, got.len);
    weir_channel_close(&c, &act);
    weir_buf_release(&got);
    weir_names_close(names);
    weir_mem_close(mem);
    return out;
}


static void
test_marks_stay_json(void)
{
    static const struct {
        const char        *name;
        enum weir_action   action;
        enum weir_coding   coding;
        const char        *text;
        const char        *want;
    } cases[] = {
        { "plain", WEIR_REDACT, WEIR_PLAIN, "x 123 y", "x [A] y" },
        { "denied", WEIR_DENY, WEIR_PLAIN, "x 123 y", "x " },
        { "observed", WEIR_OBSERVE, WEIR_PLAIN, "x 123 y", "x 123 y" },
        { "named, and the same again", WEIR_PSEUDONYMISE, WEIR_PLAIN,
          "123 123", "<STEM_1> <STEM_1>" },
        { "inner string", WEIR_REDACT, WEIR_JSON2,
          "{\\\"a\\\":\\\"123\\\"}", "{\\\"a\\\":\\\"[A]\\\"}" },
        { "inner number gets quotes", WEIR_REDACT, WEIR_JSON2,
          "{\\\"a\\\":123}", "{\\\"a\\\":\\\"[A]\\\"}" },
        { "escaped quote does not end the inner string", WEIR_REDACT,
          WEIR_JSON2, "{\\\"a\\\":\\\"\\\\\\\"123\\\"}",
          "{\\\"a\\\":\\\"\\\\\\\"[A]\\\"}" },
        { "quote by number", WEIR_REDACT, WEIR_JSON2,
          "{\\u0022a\\u0022:\\u0022123\\u0022}",
          "{\\u0022a\\u0022:\\u0022[A]\\u0022}" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char  *got = act_on("123", cases[i].action, cases[i].coding,
                                  cases[i].text);

        CHECK_MSG(strcmp(got, cases[i].want) == 0, "%s: got %s",
                  cases[i].name, got);
    }
}


static void
test_plain_of(void)
{
    struct weir_mem  *mem = weir_mem_open(0);
    struct weir_buf   b;

    weir_buf_init(&b, mem, 4096);
    weir_plain(&b, WEIR_JSON, WEIR_SPAN("a\\n\\u4e2d\\ud83d\\ude00\\\"\\/"));
    CHECK(weir_span_is(weir_buf_span(&b), "a\n中😀\"/"));
    b.len = 0;
    weir_plain(&b, WEIR_JSON2, WEIR_SPAN("\\\\u4e2d\\\\n\\u4e2d"));
    CHECK(weir_span_is(weir_buf_span(&b), "中\n中"));
    b.len = 0;
    weir_plain(&b, WEIR_JSON, WEIR_SPAN("\\ud83d\\u12"));
    CHECK(weir_span_is(weir_buf_span(&b), "\xef\xbf\xbd\\u12"));
    weir_buf_release(&b);
    weir_mem_close(mem);
}


static void
test_names(void)
{
    struct weir_mem    *mem = weir_mem_open(0);
    struct weir_names  *n;
    struct weir_buf     b;
    char                value[16];

    CHECK(weir_names_open(&n, mem) == WEIR_OK);
    weir_buf_init(&b, mem, 4096);
    CHECK(weir_names_of(n, WEIR_SPAN("A_B"), WEIR_SPAN("x"), &b) == WEIR_OK);
    CHECK(weir_names_of(n, WEIR_SPAN("A"), WEIR_SPAN("y"), &b) == WEIR_OK);
    CHECK(weir_names_of(n, WEIR_SPAN("A_B"), WEIR_SPAN("z"), &b) == WEIR_OK);
    CHECK(weir_names_of(n, WEIR_SPAN("A_B"), WEIR_SPAN("x"), &b) == WEIR_OK);
    CHECK(weir_span_is(weir_buf_span(&b), "<A_B_1><A_1><A_B_2><A_B_1>"));
    CHECK(weir_span_is(weir_names_value(n, WEIR_SPAN("<A_B_2>")), "z"));
    CHECK(weir_names_value(n, WEIR_SPAN("<A_B_3>")).at == NULL);
    CHECK(weir_names_value(n, WEIR_SPAN("<A_B_1")).at == NULL);
    CHECK(weir_names_value(n, WEIR_SPAN("<_1>")).at == NULL);
    CHECK(weir_names_value(n, WEIR_SPAN("<1>")).at == NULL);
    CHECK(weir_names_value(NULL, WEIR_SPAN("<A_1>")).at == NULL);

    for (int i = 0; i < WEIR_PSEUDONYMS_MAX - 3; i++) {
        b.len = 0;
        snprintf(value, sizeof(value), "v%d", i);
        CHECK(weir_names_of(n, WEIR_SPAN("C"), weir_span_of(value), &b)
              == WEIR_OK);
    }
    CHECK(weir_names_of(n, WEIR_SPAN("C"), WEIR_SPAN("new"), &b)
          == WEIR_MORE);
    weir_buf_release(&b);
    weir_names_close(n);
    CHECK(weir_mem_used(mem) == 0);
    weir_mem_close(mem);
}


int
main(void)
{
    test_any_split();
    test_marks_stay_json();
    test_plain_of();
    test_names();
    return weir_test_done();
}
