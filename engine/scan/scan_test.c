/*
 * scan_test.c: terms against the naive oracle, over small alphabets: same
 * findings in any pieces and codings; `settled` minimal; then named cases.
 */
#include "scan/scan_drive.h"
#include "scan/scan_naive.h"
#include "weir/error.h"

/* Characters that try everything: words, Han, spaces, folding, vanishing;
   and what terms are hidden with: a separator, a clause mark, a blank. */
static const char  *const exact_letters[] = {
    "a", "b", "中", "文", " ", "A", "\xe2\x80\x8b", "\xc3\xa9", "\xff"
};
static const char  *const loose_letters[] = {
    "a", "中", "*", "b", " ", ",", "文", "A", "\xe2\x80\x8b"
};
/* Running text of ideographs (scan_ideographs.c), and what ends it. */
static const char  *const running_letters[] = {
    "中", "文", "国", "人", "書", "书", "，", "の", "人", "*", "文", "a", "𠀀",
    "\xe2\x80\x8b", "\xff"
};
static const char  *const *alphabet = exact_letters;

struct lexicon {
    struct weir_term_in  terms[12];
    char                 text[12][64];
    size_t               n;
};

static void
random_text(uint64_t *seed, char *out, unsigned chars, unsigned letters)
{
    *out = '\0';
    while (chars-- > 0) {
        strncat(out, alphabet[weir_test_random(seed) % letters], 8);
    }
}

static void
random_lexicon(struct lexicon *l, uint64_t *seed, unsigned letters,
    unsigned chars, bool allow)
{
    size_t  i;

    l->n = 1 + weir_test_random(seed) % 8;
    for (i = 0; i < l->n; i++) {
        random_text(seed, l->text[i], 1 + (unsigned) (weir_test_random(seed)
                    % chars), letters);
        l->terms[i] = (struct weir_term_in) {
            .text = weir_span_of(l->text[i]), .rule = (uint16_t) i,
            .score = (uint16_t) (weir_test_random(seed) % 1001),
            .edges = weir_test_random(seed) % 2,
            .allow = allow && weir_test_random(seed) % 3 == 0
        };
    }
}

/* Terms may be loose; with `near`, rules of two halves. */
static void
loosen(struct lexicon *l, uint64_t *seed, bool near)
{
    for (size_t i = 0; i < l->n; i++) {
        struct weir_term_in  *t = &l->terms[i];

        t->separators = (uint8_t) (weir_test_random(seed) % 3);
        t->repeats = (uint8_t) (weir_test_random(seed) % 4);
        if (near && i % 4 < 3) {
            t->rule = (uint16_t) (i / 4);
            t->near = (uint8_t) (1 + weir_test_random(seed) % 2);
            t->near_chars = (uint8_t) (3 + i / 4 * 2);
        }
    }
}

static void
lexicon_show(const struct lexicon *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct weir_term_in  *t = &l->terms[i];

        printf("# \"%s\" rule %u%s%s separators %u repeats %u near %u "
               "within %u\n", l->text[i], t->rule, t->edges ? " edges" : "",
               t->allow ? " allow" : "", t->separators, t->repeats, t->near,
               t->near_chars);
    }
}

static unsigned  loose_rounds = 200;

/* Nothing waits for some of the rules. */
static void
make_late(struct lexicon *l, uint64_t *seed)
{
    const uint64_t  which = weir_test_random(seed);

    for (size_t i = 0; i < l->n; i++) {
        l->terms[i].late = which >> l->terms[i].rule % 16 & 1;
    }
}

enum text { TEXT_MIXED, TEXT_RUNNING };

static void
test_against_naive(enum text kind, bool loose, bool late)
{
    static struct weir_found  want[NAIVE_MAX * 16], got[DRIVE_MAX];
    static uint8_t            coded[DRIVE_MAX * 64];
    uint64_t                  seed = 20261124, zero = 0;
    unsigned                  round, level, way;

    for (round = 0; round < (loose ? loose_rounds : 300u); round++) {
        struct lexicon          l;
        struct weir_matcher_in  in;
        struct weir_matcher    *m;
        char                    text[1024];

        alphabet = kind == TEXT_RUNNING ? running_letters
                   : loose ? loose_letters : exact_letters;
        random_lexicon(&l, &seed, kind == TEXT_RUNNING ? 8 : 6,
                       kind == TEXT_RUNNING ? 5 : 4, true);
        if (loose) {
            loosen(&l, &seed, round % 3 == 0);
        }
        if (late) {
            make_late(&l, &seed);
        }
        in = (struct weir_matcher_in) { l.terms, l.n, NULL, 0 };
        m = drive_compile(&in);
        random_text(&seed, text, weir_test_random(&seed)
                    % (kind == TEXT_RUNNING ? 120 : 40),
                    kind == TEXT_RUNNING ? 10 + round % 6 : 9);
        for (level = 0; level < 3; level++) {
            const size_t  len = level == 0 ? strlen(text)
                : drive_encode((uint8_t *) text, strlen(text), level, &seed,
                               coded);
            const uint8_t  *t = level == 0 ? (uint8_t *) text : coded;
            const size_t    n = scan_naive(l.terms, l.n,
                                    (enum weir_coding) level, t, len, want);

            for (way = 0; way < 4; way++) {
                uint64_t      *cut = way == 0 ? NULL : way == 1 ? &zero
                                     : &seed;
                const size_t   k = drive(m, (enum weir_coding) level, 0, t,
                                         len, cut, round % 64 == 0, got);

                if (!drive_same(want, n, got, k)) {
                    lexicon_show(&l);
                }
                CHECK_MSG(drive_same(want, n, got, k),
                          "round %u level %u way %u: %zu, not %zu, in \"%s\"",
                          round, level, way, k, n, text);
            }
        }
        free(m);
    }
}

/* Without the findings for which nothing waits. */
static size_t
drop_late(const struct lexicon *l, struct weir_found *found, size_t n)
{
    size_t  kept = 0;

    for (size_t i = 0; i < n; i++) {
        bool  late = false;

        for (size_t k = 0; k < l->n; k++) {
            late = late || (l->terms[k].late && !l->terms[k].allow
                            && l->terms[k].rule == found[i].rule);
        }
        if (!late) {
            found[kept++] = found[i];
        }
    }
    return kept;
}

/* The greatest position before which no continuation changes a finding. */
static uint64_t
settled_naive(const struct lexicon *l, const char *text, unsigned chars)
{
    static struct weir_found  first[1024], found[1024];
    const size_t              len = strlen(text);
    uint64_t                  at = len;
    char                      more[256];
    size_t                    nfirst, n, i, j;
    unsigned                  code, rest, most = 1;

    for (i = 0; i < chars; i++) {
        most = most * 5 + 1;
    }
    nfirst = scan_naive(l->terms, l->n, WEIR_PLAIN, (const uint8_t *) text,
                        len, first);
    nfirst = drop_late(l, first, nfirst);
    for (code = 1; code < most; code++) {
        memcpy(more, text, len + 1);
        for (rest = code; rest > 0; rest = (rest - 1) / 5) {
            strncat(more, alphabet[(rest - 1) % 5], 8);
        }
        n = scan_naive(l->terms, l->n, WEIR_PLAIN, (const uint8_t *) more,
                       strlen(more), found);
        n = drop_late(l, found, n);
        for (i = j = 0; i < nfirst || j < n;) {
            if (i < nfirst && j < n && first[i].begin == found[j].begin
                && first[i].end == found[j].end
                && first[i].rule == found[j].rule)
            {
                i++;
                j++;
                continue;
            }
            /* sorted: the first difference is the earliest */
            if (i < nfirst && first[i].begin < at) {
                at = first[i].begin;
            }
            if (j < n && found[j].begin < at) {
                at = found[j].begin;
            }
            break;
        }
    }
    return at;
}

/* With halves it may be less than the greatest: a half holds as long as any
   other could begin near it. */
static void
test_settled_is_minimal(bool loose, bool near, bool late)
{
    uint64_t  seed = 8640;
    unsigned  round, exact = 0, all = 0;

    for (round = 0; round < 120; round++) {
        const bool              allow = round % 4 == 0;
        struct lexicon          l;
        struct weir_matcher_in  in;
        struct weir_matcher    *m;
        struct weir_scan       *s = malloc(weir_scan_size());
        struct weir_found       got[64];
        char                    text[128];
        size_t                  n;
        uint64_t                want, have;

        alphabet = loose ? loose_letters : exact_letters;
        random_lexicon(&l, &seed, 5, 3, allow);
        if (loose) {
            loosen(&l, &seed, near);
        }
        if (late) {
            make_late(&l, &seed);
        }
        in = (struct weir_matcher_in) { l.terms, l.n, NULL, 0 };
        m = drive_compile(&in);
        random_text(&seed, text, weir_test_random(&seed) % 7, 5);
        weir_scan_open(s, m, WEIR_PLAIN, 0);
        CHECK(weir_scan_feed(s, (uint8_t *) text, 0, strlen(text), false,
                             got, 64, &n) == WEIR_OK);
        have = weir_scan_settled(s);
        want = settled_naive(&l, text, 4);
        if (near) {
            CHECK_MSG(have <= want, "near, round %u", round);
        } else if (allow) {
            /* a term that its own context always excuses may hold */
            CHECK_MSG(have <= want, "allow, round %u", round);
            exact += have == want;
            all++;
        } else {
            if (have != want) {
                lexicon_show(&l);
            }
            CHECK_MSG(have == want, "round %u: settled %zu, not %zu, in "
                      "\"%s\"", round, (size_t) have, (size_t) want, text);
        }
        free(s);
        free(m);
    }
    CHECK_MSG(near || exact * 10 >= all * 9, "%u of %u exact", exact, all);
}

/* One term, texts that hide it and texts that do not have it. */
static const struct {
    const char  *name, *term;
    uint8_t      edges;
    const char  *text;
    int          found;
} hidden[] = {
    { "as it is", "发票代开", 0, "专业发票代开业务", 1 },
    { "zero-width space", "发票代开", 0,
      "发\xe2\x80\x8b票代\xe2\x80\x8d开", 1 },
    { "traditional", "发票代开", 0, "發票代開", 1 },
    { "term in traditional", "發票代開", 0, "发票代开", 1 },
    { "full-width", "bomb", 1, "ＢＯＭＢ", 1 },
    { "capitals", "bomb", 1, "a BoMb!", 1 },
    { "mathematical", "bomb", 1, "𝐛𝐨𝐦𝐛", 1 },
    { "circled", "bomb", 1, "ⓑⓞⓜⓑ", 1 },
    { "Cyrillic letters", "bomb", 1, "bоmb", 1 },
    { "Greek letters", "bomb", 1, "bοmb", 1 },
    { "diacritics", "bomb", 1, "bömb", 1 },
    { "combining marks", "bomb", 1, "b\xcc\x81o\xcc\x88mb", 1 },
    { "soft hyphen", "bomb", 1, "bo\xc2\xadmb", 1 },
    { "variation selector", "bomb", 1, "bo\xef\xb8\x8fmb", 1 },
    { "right-to-left override", "bomb", 1, "b\xe2\x80\xaeomb", 1 },
    { "tag characters", "bomb", 1, "bo\xf3\xa0\x81\xa1mb", 1 },
    { "Hangul filler", "bomb", 1, "bo\xe3\x85\xa4mb", 1 },
    { "beside Han", "bomb", 1, "买bomb吗", 1 },
    { "in a longer word", "bomb", 1, "bombay", 0 },
    { "at the end of a longer word", "bomb", 1, "abomb", 0 },
    { "beside a digit", "bomb", 1, "bomb2", 0 },
    { "beside an underscore", "bomb", 1, "bomb_", 1 },
    { "edges not asked for", "bomb", 0, "bombay", 1 },
    { "mixed scripts", "加v信", 0, "请加Ⓥ信吧", 1 },
    { "mixed scripts, edges", "v信号", 1, "加v信号", 1 },
    { "mixed scripts, no edge", "v信号", 1, "xv信号", 0 },
    { "two words", "kill me", 1, "Kill Me.", 1 },
    { "no-break space", "kill me", 1, "kill\xc2\xa0me", 1 },
    { "number, full-width", "110", 1, "拨打１１０", 1 },
    { "number, Arabic-Indic", "110", 1, "拨打١١٠", 1 },
    { "whole text", "a", 1, "a", 1 },
    { "nothing", "a", 1, "", 0 },
};

static void
test_hidden_terms(void)
{
    struct weir_found  got[DRIVE_MAX];
    uint64_t           seed = 7, zero = 0;
    size_t             i;

    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        const struct weir_term_in     term = {
            .text = weir_span_of(hidden[i].term), .rule = 1, .score = 1000,
            .edges = hidden[i].edges };
        const struct weir_matcher_in  in = { &term, 1, NULL, 0 };
        struct weir_matcher          *m = drive_compile(&in);
        const uint8_t                *t = (const uint8_t *) hidden[i].text;
        const size_t                  len = strlen(hidden[i].text);

        CHECK_MSG((int) drive(m, WEIR_PLAIN, 0, t, len, NULL, true, got)
                  == hidden[i].found, "%s", hidden[i].name);
        CHECK_MSG((int) drive(m, WEIR_PLAIN, 0, t, len, &zero, true, got)
                  == hidden[i].found, "%s, by bytes", hidden[i].name);
        CHECK_MSG((int) drive(m, WEIR_PLAIN, 0, t, len, &seed, true, got)
                  == hidden[i].found, "%s, in pieces", hidden[i].name);
        free(m);
    }
}

static void
test_bad_terms(void)
{
    struct weir_mem            *mem = weir_mem_open(0);
    struct weir_buf             b;
    struct weir_matcher_error   err;
    char                        text[WEIR_TERM_CLASSES_MAX + 2] = { 0 };
    struct weir_term_in         terms[2] = {
        { .text = WEIR_SPAN("a") }, { .text = WEIR_SPAN("\xe2\x80\x8b") } };
    struct weir_matcher_in      in = { terms, 2, NULL, 0 };
    struct weir_ident_in        ident = { .kind = WEIR_IDENT_PSEUDONYM };

    weir_buf_init(&b, mem, 1u << 26);
    CHECK(weir_matcher_compile(&in, &b, &err) == WEIR_E_BAD_REQUEST);
    CHECK(err.term == 1 && err.message[0] != '\0');
    memset(text, 'x', WEIR_TERM_CLASSES_MAX + 1);
    terms[1].text = weir_span_of(text);
    CHECK(weir_matcher_compile(&in, &b, &err) == WEIR_E_BAD_REQUEST);
    terms[1].text.len--;
    CHECK(weir_matcher_compile(&in, &b, &err) == WEIR_OK);
    in.idents = &ident;
    in.nidents = 1;
    CHECK(weir_matcher_compile(&in, &b, &err) == WEIR_E_BAD_REQUEST);
    weir_buf_release(&b);
    weir_mem_close(mem);
}

/* A blob with one byte changed is refused, or harmless to walk. */
static void
test_corrupt_blob(void)
{
    const struct weir_term_in     terms[2] = {
        { .text = WEIR_SPAN("中文a"), .edges = 1 },
        { .text = WEIR_SPAN("文a b"), .rule = 1 } };
    const struct weir_ident_in    ident = { .kind = WEIR_IDENT_MAC };
    const struct weir_matcher_in  in = { terms, 2, &ident, 1 };
    struct weir_matcher          *m = drive_compile(&in);
    const size_t                  size = m->size;
    uint8_t                      *at = weir_test_fenced(m, size);
    static struct weir_found      got[DRIVE_MAX];
    uint64_t                      seed = 99;
    unsigned                      i, walked = 0;

    CHECK(weir_matcher_check(at, size) == WEIR_OK);
    CHECK(weir_matcher_check(at, size - 8) != WEIR_OK);
    CHECK(weir_matcher_check(at + 4, size - 8) != WEIR_OK);
    for (i = 0; i < 4000; i++) {
        const size_t   header = sizeof(struct weir_matcher);
        const size_t   where = weir_test_random(&seed)
                               % (i % 4 == 0 ? header : size);
        const uint8_t  was = at[where];
        size_t         n;
        struct weir_scan  *s;

        at[where] ^= (uint8_t) (1 + weir_test_random(&seed) % 255);
        if (weir_matcher_check(at, size) == WEIR_OK) {
            s = malloc(weir_scan_size());
            memset(s, 0, weir_scan_size());
            weir_scan_open(s, (struct weir_matcher *) at, WEIR_PLAIN, 1);
            (void) weir_scan_feed(s, (const uint8_t *) "中文a 文a b 00:1b:44:"
                "11:3a:b7 中文", 0, 38, true, got, DRIVE_MAX, &n);
            walked++;
            free(s);
        }
        at[where] = was;
    }
    CHECK(walked > 0 && walked < 4000);
    free(m);
}

/*
 * Two matchers in one buffer that look for the same kinds share the tables:
 * the second finds what it would find by itself, and with one byte of its own
 * changed it is refused, or harmless to walk.
 */
static void
test_shared_tables(void)
{
    static const char             text[] = "b 00:1b:44:11:3a:b7 中文a a@b.cn";
    const struct weir_term_in     term = { .text = WEIR_SPAN("中文a") };
    const struct weir_ident_in    mac = { .kind = WEIR_IDENT_MAC };
    const struct weir_ident_in    mail = { .kind = WEIR_IDENT_EMAIL };
    const size_t                  first = 0;
    const struct weir_matcher_in  one = { &term, 1, &mac, 1 };
    const struct weir_matcher_in  two = { NULL, 0, &mac, 1, .earlier = &first,
                                          .nearlier = 1 };
    const struct weir_matcher_in  other = { NULL, 0, &mail, 1,
                                            .earlier = &first,
                                            .nearlier = 1 };
    static struct weir_found      got[DRIVE_MAX], want[DRIVE_MAX];
    struct weir_mem              *mem = weir_mem_open(0);
    struct weir_matcher_error     err;
    struct weir_buf               b;
    struct weir_matcher          *m, *alone = drive_compile(
        &(struct weir_matcher_in) { NULL, 0, &mac, 1 });
    uint64_t                      seed = 7;
    size_t                        at, size, n;
    unsigned                      walked = 0;

    weir_buf_init(&b, mem, 16u << 20);
    CHECK(weir_matcher_compile(&one, &b, &err) == WEIR_OK);
    at = b.len;
    CHECK(weir_matcher_compile(&two, &b, &err) == WEIR_OK);
    size = b.len - at;
    CHECK(weir_matcher_compile(&other, &b, &err) == WEIR_OK);
    m = (struct weir_matcher *) (void *) (b.at + at);
    CHECK(weir_matcher_back(m, size) == at);
    CHECK(weir_matcher_back(b.at, at) == 0);
    CHECK(weir_matcher_back(b.at + at + size, b.len - at - size) == 0);
    CHECK(size < alone->size);
    CHECK(weir_matcher_check(b.at, at) == WEIR_OK);
    CHECK(weir_matcher_check(m, size) != WEIR_OK);
    CHECK(weir_matcher_check_shared(m, size, (void *) b.at) == WEIR_OK);
    CHECK(weir_matcher_check_shared(m, size, (void *) (b.at + at + size))
          != WEIR_OK);
    n = drive(alone, WEIR_PLAIN, 0, (const uint8_t *) text, strlen(text),
              NULL, false, want);
    CHECK(n == 1 && drive(m, WEIR_PLAIN, 0, (const uint8_t *) text,
                          strlen(text), NULL, false, got) == n
          && memcmp(got, want, n * sizeof(*got)) == 0);
    for (unsigned i = 0; i < 4000; i++) {
        const size_t   where = at + weir_test_random(&seed)
                               % (i % 2 == 0 ? sizeof(*m) : size);
        const uint8_t  was = b.at[where];

        b.at[where] ^= (uint8_t) (1 + weir_test_random(&seed) % 255);
        if (weir_matcher_check_shared(m, size, (void *) b.at) == WEIR_OK) {
            struct weir_scan  *s = calloc(1, weir_scan_size());

            weir_scan_open(s, m, WEIR_PLAIN, 1);
            (void) weir_scan_feed(s, (const uint8_t *) text, 0, strlen(text),
                                  true, got, DRIVE_MAX, &n);
            walked++;
            free(s);
        }
        b.at[where] = was;
    }
    CHECK(walked > 0 && walked < 4000);
    free(alone);
    weir_buf_release(&b);
    weir_mem_close(mem);
}

static int
compile_only(const struct weir_term_in *terms, size_t n)
{
    const struct weir_matcher_in  in = { terms, n, NULL, 0 };
    struct weir_mem              *mem = weir_mem_open(0);
    struct weir_matcher_error     err;
    struct weir_buf               b;
    int                           rc;

    weir_buf_init(&b, mem, 1u << 26);
    rc = weir_matcher_compile(&in, &b, &err);
    weir_buf_release(&b);
    weir_mem_close(mem);
    return rc;
}

/* Each bound of loose terms and of halves, and one more. */
static void
test_loose_bounds(void)
{
    static struct weir_term_in  many[WEIR_NEARS_MAX + 1];
    const struct weir_term_in   most = {
        .text = WEIR_SPAN("abc"), .separators = WEIR_SEPARATORS_MAX,
        .repeats = WEIR_REPEATS_MAX, .near = 2,
        .near_chars = WEIR_NEAR_CHARS_MAX };
    struct weir_term_in         t = most;

    CHECK(compile_only(&t, 1) == WEIR_OK);
    t.separators++;
    CHECK(compile_only(&t, 1) == WEIR_E_BAD_REQUEST);
    t = most;
    t.repeats++;
    CHECK(compile_only(&t, 1) == WEIR_E_BAD_REQUEST);
    t = most;
    t.near++;
    CHECK(compile_only(&t, 1) == WEIR_E_BAD_REQUEST);
    t = most;
    t.near_chars++;
    CHECK(compile_only(&t, 1) == WEIR_E_BAD_REQUEST);
    for (unsigned i = 0; i <= WEIR_WAYS_MAX; i++) {
        many[i] = (struct weir_term_in) { .text = WEIR_SPAN("abc"),
            .rule = (uint16_t) i, .repeats = (uint8_t) (i + 1) };
    }
    CHECK(compile_only(many, WEIR_WAYS_MAX) == WEIR_OK);
    CHECK(compile_only(many, WEIR_WAYS_MAX + 1) == WEIR_E_BAD_REQUEST);
    for (unsigned i = 0; i <= WEIR_NEARS_MAX; i++) {
        many[i] = (struct weir_term_in) { .text = WEIR_SPAN("abc"),
            .rule = (uint16_t) i, .near = 1, .near_chars = 5 };
    }
    CHECK(compile_only(many, WEIR_NEARS_MAX) == WEIR_OK);
    CHECK(compile_only(many, WEIR_NEARS_MAX + 1) == WEIR_E_BAD_REQUEST);
}

/* Findings of `text` in pieces of `piece` bytes; whether there were more. */
static size_t
overflowing(const struct weir_matcher *m, const char *text, size_t piece,
    struct weir_found *found, bool *overflow)
{
    struct weir_scan  *s = malloc(weir_scan_size());
    const size_t       len = strlen(text);
    size_t             fed = 0, n = 0, got;
    int                rc;

    weir_scan_open(s, m, WEIR_PLAIN, 0);
    do {
        fed = piece > len - fed ? len : fed + piece;
        do {
            rc = weir_scan_feed(s, (const uint8_t *) text, 0, fed,
                                fed == len, found + n, DRIVE_MAX - n, &got);
            n += got;
        } while (rc == WEIR_MORE && n < DRIVE_MAX);
    } while (fed < len);
    *overflow = weir_scan_overflow(s);
    free(s);
    return n;
}

/* More walks, and more halves, than may be: said, and alike in all cuts. */
static void
test_loose_overflow(void)
{
    static struct weir_found  one[DRIVE_MAX], other[DRIVE_MAX];
    static char               text[2048], term[256], exes[65];
    struct weir_term_in       walks = { .text = WEIR_SPAN("") };
    struct weir_term_in       halves[3];
    struct weir_matcher_in    in = { &walks, 1, NULL, 0 };
    bool                      a, b;

    for (unsigned round = 0; round < 2; round++) {
        struct weir_matcher  *m;
        size_t                n, k;

        text[0] = term[0] = '\0';
        if (round == 0) {
            for (unsigned i = 0; i < 60; i++) {
                strncat(term, "中", 4);
                strncat(text, i % 3 == 0 ? "中中" : "中*", 8);
            }
            walks.text = weir_span_of(term);
            walks.separators = 2;
            walks.repeats = 60;
        } else {
            memset(exes, 'x', 64);
            strncat(text, exes, 65);
            strncat(text, exes, 65);
            for (unsigned i = 0; i < 3; i++) {
                halves[i] = (struct weir_term_in) {
                    .text = WEIR_SPAN("x"), .rule = (uint16_t) i,
                    .near = 1, .near_chars = 9 };
            }
            halves[2] = (struct weir_term_in) {
                .text = weir_span_of(exes), .allow = 1 };
            in = (struct weir_matcher_in) { halves, 3, NULL, 0 };
        }
        m = drive_compile(&in);
        n = overflowing(m, text, SIZE_MAX, one, &a);
        for (size_t piece = 1; piece < 9; piece += 3) {
            k = overflowing(m, text, piece, other, &b);
            CHECK_MSG(a && b && drive_same(one, n, other, k),
                      "round %u: %zu, %zu", round, n, k);
        }
        free(m);
    }
}

int
main(void)
{
    test_hidden_terms();
    test_loose_bounds();
    test_loose_overflow();
    test_bad_terms();
    test_corrupt_blob();
    test_shared_tables();
    for (unsigned late = 0; late < 2; late++) {
        test_settled_is_minimal(false, false, late);
        test_settled_is_minimal(true, false, late);
        test_settled_is_minimal(true, true, late);
        test_against_naive(TEXT_MIXED, false, late);
        test_against_naive(TEXT_MIXED, true, late);
        test_against_naive(TEXT_RUNNING, false, late);
        test_against_naive(TEXT_RUNNING, true, late);
    }
    return weir_test_done();
}
