/*
 * import_test.c: lists of each format and coding, malformed ones, and what
 * is said about terms; a naive search as the oracle of the trie.
 */
#include "base/test.h"
#include "compile/import.h"
#include "weir/limits.h"

#include <iconv.h>
#include <stdlib.h>


static struct weir_import
read_as(const char *name, const char *text, size_t len, bool csv)
{
    struct weir_import  im = { 0 };

    (void) weir_import_read(&im, name, (struct weir_span) {
                            (const uint8_t *) text, len }, csv);
    return im;
}


/* A coding of `text`; *len bytes, freed with free(). */
static char *
coded(const char *coding, const char *text, size_t *len)
{
    iconv_t  cd = iconv_open(coding, "UTF-8");
    char    *in = (char *) (uintptr_t) text;
    size_t   left = strlen(text), room = 4 * left + 16;
    char    *out = malloc(room), *to = out;

    CHECK(cd != (iconv_t) -1 && out != NULL);
    CHECK(iconv(cd, &in, &left, &to, &room) == 0 && left == 0);
    (void) iconv_close(cd);
    *len = (size_t) (to - out);
    return out;
}


static bool
term_is(const struct weir_import *im, size_t i, const char *text,
    unsigned line, int severity, const char *category)
{
    const struct weir_import_term  *t = &im->terms[i];
    const char                     *name;

    if (i >= im->nterms) {
        return false;
    }
    name = t->category == WEIR_IMPORT_UNSAID ? NULL
           : im->categories[t->category].name;
    return weir_span_is(t->text, text) && t->line == line
           && (severity < 0 ? t->severity == WEIR_IMPORT_UNSAID
                            : t->severity == severity)
           && (category == NULL ? name == NULL
                                : name != NULL && strcmp(name, category) == 0);
}


static void
test_txt(void)
{
    static const char   text[] = "\xef\xbb\xbf# remark\r\n代办假证\r\n\r\n"
        "  buy a gun \t700\n收枪支\t\tweapons\n两\t5\t谩骂\nlast";
    struct weir_import  im = read_as("a.txt", text, sizeof(text) - 1, false);

    CHECK(im.nterms == 5 && im.nbad == 0);
    CHECK(im.files[0].coding == WEIR_IMPORT_UTF8 && im.files[0].terms == 5);
    CHECK(term_is(&im, 0, "代办假证", 2, -1, NULL));
    CHECK(term_is(&im, 1, "buy a gun", 4, 700, NULL));
    CHECK(term_is(&im, 2, "收枪支", 5, -1, "weapons"));
    CHECK(term_is(&im, 3, "两", 6, 5, "category-2"));
    CHECK(term_is(&im, 4, "last", 7, -1, NULL));
    weir_import_release(&im);
}


static void
test_csv(void)
{
    static const char   text[] = "级别,备注,词条,分类\r\n"
        "高,x,\"代办,假证\",诈骗\r\n0.85,,\"say \"\"hi\"\"\",abuse\r\n"
        "\r\n# a remark\n,\"two\nlines\",收枪支,诈骗\n300,,last";
    static const char   plain[] = "代办假证,fraud,900\nword,fraud\n一只猫";
    struct weir_import  im = { 0 };

    weir_import_rename(&im, "诈骗", "fraud");
    CHECK(weir_import_read(&im, "a.csv", WEIR_SPAN(text), true));
    CHECK(im.nterms == 4 && im.nbad == 0);
    CHECK(term_is(&im, 0, "代办,假证", 2, 900, "fraud"));
    CHECK(term_is(&im, 1, "say \"hi\"", 3, 850, "abuse"));
    CHECK(term_is(&im, 2, "收枪支", 6, -1, "fraud"));
    CHECK(term_is(&im, 3, "last", 8, 300, NULL));
    weir_import_release(&im);

    im = read_as("b.csv", plain, sizeof(plain) - 1, true);
    CHECK(im.nterms == 3 && im.nbad == 0);
    CHECK(term_is(&im, 0, "代办假证", 1, 900, "fraud"));
    CHECK(term_is(&im, 1, "word", 2, -1, "fraud"));   /* no header */
    CHECK(term_is(&im, 2, "一只猫", 3, -1, NULL));
    weir_import_release(&im);
}


static void
test_codings(void)
{
    static const struct {
        const char               *name;
        enum weir_import_coding   coding;
    }                   all[] = {
        { "UTF-8", WEIR_IMPORT_UTF8 }, { "GB18030", WEIR_IMPORT_GB18030 },
        { "UTF-16", WEIR_IMPORT_UTF16 }
    };
    /* U+3400 and U+20000 take four bytes in GB18030 */
    static const char   text[] = "代办假证\nplain words\n㐀𠀀字\n";
    struct weir_import  im;
    size_t              len;

    for (size_t i = 0; i < 3; i++) {
        char  *in = coded(all[i].name, text, &len);

        im = read_as("a", in, len, false);
        CHECK(im.files[0].coding == all[i].coding && im.nbad == 0);
        CHECK(im.nterms == 3 && term_is(&im, 0, "代办假证", 1, -1, NULL));
        CHECK(term_is(&im, 2, "㐀𠀀字", 3, -1, NULL));
        weir_import_release(&im);
        free(in);
    }
    /* neither of them */
    im = read_as("a", "\xff\x80\n\xff\xff\n", 6, false);
    CHECK(im.nterms == 0 && im.nbad == 1 && im.bad.n == 1);
    weir_import_release(&im);
}


static bool
bad_at(const struct weir_import *im, size_t i, unsigned line,
    unsigned column, const char *says)
{
    return i < im->bad.n && im->bad.at[i].line == line
           && im->bad.at[i].column == column
           && strstr(im->bad.at[i].message, says) != NULL;
}


static void
test_bad(void)
{
    /* one bad byte does not make it GB18030 */
    static const char   txt[] = "代办假证\n收\xff枪支\n高价收购\n"
        "字\x01词\nx\t1001\n";
    static const char   csv[] = "a word,b,1\n收枪支,\"open\nnext one,c,2\n"
        "\"x\"y,c\n#no,c,7\n\"#no\",c,7\n词语,c,很高\n";
    struct weir_import  im = read_as("a.txt", txt, sizeof(txt) - 1, false);

    CHECK(im.nterms == 2 && im.nbad == 3);
    CHECK(im.files[0].coding == WEIR_IMPORT_UTF8);
    CHECK(bad_at(&im, 0, 2, 2, "no UTF-8"));
    CHECK(bad_at(&im, 1, 4, 1, "control character"));
    CHECK(bad_at(&im, 2, 5, 3, "no severity"));
    CHECK(strcmp(im.bad.at[0].file, "a.txt") == 0);
    weir_import_release(&im);

    im = read_as("a.csv", csv, sizeof(csv) - 1, true);
    CHECK(im.nterms == 1 && im.nbad >= 3);
    CHECK(bad_at(&im, 0, 4, 2, "text behind a closing quote"));
    CHECK(bad_at(&im, im.bad.n - 1, 7, 6, "no severity"));
    CHECK(bad_at(&im, im.bad.n - 2, 6, 1, "cannot begin with #"));
    weir_import_release(&im);

    im = read_as("a.csv", "word,\"never closed\nsecond,b,5\n", 30, true);
    CHECK(im.nterms == 1 && im.nbad == 1);
    CHECK(bad_at(&im, 0, 1, 6, "the quote is not closed"));
    CHECK(term_is(&im, 0, "second", 2, 5, "b"));
    weir_import_release(&im);

    im = read_as("a.csv", "", 0, true);
    CHECK(im.nterms == 0 && im.nbad == 0);
    weir_import_release(&im);
}


static void
test_judge(void)
{
    static const char   text[] = "代办假证\n代辦假證\n专业代办假证件\n字\nab\n"
        "abc\nABC\n\xe2\x80\x8b\nclass\nass\nbig ass\nword";
    static const char   benign[] = "first line\nWORD and words. 小心代办假证";
    struct weir_import  im = read_as("a", text, sizeof(text) - 1, false);
    char                longer[3 * (WEIR_TERM_CLASSES_MAX + 1)];

    for (size_t i = 0; i < sizeof(longer); i += 3) {
        memcpy(longer + i, "长", 3);
    }
    weir_import_add(&im, (struct weir_span) { (uint8_t *) longer,
                                              sizeof(longer) });
    weir_import_add(&im, (struct weir_span) { (uint8_t *) longer,
                                              sizeof(longer) - 3 });
    weir_import_judge(&im, WEIR_SPAN(benign));
    CHECK(im.nterms == 14);
    CHECK(im.terms[0].state == WEIR_IMPORT_KEPT && im.terms[0].hits == 1);
    CHECK(im.terms[0].sample == 33);
    CHECK(memcmp(benign + 33, "代办", 6) == 0);
    CHECK(im.terms[1].state == WEIR_IMPORT_DUPLICATE
          && im.terms[1].other == 0);
    CHECK(im.terms[2].state == WEIR_IMPORT_KEPT && im.terms[2].other == 0);
    CHECK(im.terms[3].state == WEIR_IMPORT_SHORT);
    CHECK(im.terms[4].state == WEIR_IMPORT_SHORT);
    CHECK(im.terms[5].state == WEIR_IMPORT_KEPT);
    CHECK(im.terms[6].state == WEIR_IMPORT_DUPLICATE);
    CHECK(im.terms[7].state == WEIR_IMPORT_EMPTY);
    CHECK(im.terms[8].other == WEIR_IMPORT_NONE);    /* no edge in class */
    CHECK(im.terms[10].other == 9);
    CHECK(im.terms[11].hits == 1);                   /* not in "words" */
    CHECK(im.terms[12].state == WEIR_IMPORT_LONG);
    CHECK(im.terms[13].state == WEIR_IMPORT_KEPT);
    weir_import_release(&im);
}


/* Terms of two letters of the alphabet: every place against every term. */
static void
test_oracle(void)
{
    static const char *const  alphabet[] = { "甲", "乙", "x", " " };
    uint64_t                  seed = 7;

    for (unsigned round = 0; round < 200; round++) {
        struct weir_import  im = { .keep_short = true };
        char                text[512] = "", terms[40][16];
        size_t              n = 0, used = 0;

        for (unsigned i = 0; i < 120; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            used += (size_t) snprintf(text + used, sizeof(text) - used, "%s",
                                      alphabet[(seed >> 33) % 4]);
        }
        for (unsigned i = 0; i < 40; i++) {
            used = 0;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            for (unsigned k = 0; k < 1 + (seed >> 40) % 4; k++) {
                used += (size_t) snprintf(terms[n] + used,
                    sizeof(terms[n]) - used, "%s",
                    alphabet[(seed >> (33 + 2 * k)) % 2]);
            }
            weir_import_add(&im, weir_span_of(terms[n]));
            n++;
        }
        weir_import_judge(&im, weir_span_of(text));
        for (size_t i = 0; i < n; i++) {
            unsigned  hits = 0;
            size_t    first = n;

            for (size_t k = 0; k < n && first == n; k++) {
                first = strcmp(terms[k], terms[i]) == 0 ? k : n;
            }
            CHECK((im.terms[i].state == WEIR_IMPORT_DUPLICATE)
                  == (first < i));
            for (const char *p = text; (p = strstr(p, terms[i])) != NULL;
                 p++)
            {
                hits++;                  /* Han: every place is an edge */
            }
            CHECK(first < i || im.terms[i].hits == hits);
        }
        weir_import_release(&im);
    }
}


static void
test_many(void)
{
    struct weir_import  im = { 0 };
    char               *text = malloc(100000 * 16), *to = text;
    size_t              kept = 0;

    CHECK(text != NULL);
    for (unsigned i = 0; i < 100000; i++) {
        to += snprintf(to, 16, "term%u\n", i % 99999);
    }
    CHECK(weir_import_read(&im, "many", (struct weir_span) {
          (uint8_t *) text, (size_t) (to - text) }, false));
    weir_import_judge(&im, WEIR_SPAN("term5 and term70000"));
    for (size_t i = 0; i < im.nterms; i++) {
        kept += im.terms[i].state == WEIR_IMPORT_KEPT;
    }
    CHECK(im.nterms == 100000 && kept == 99999);
    CHECK(im.terms[5].hits == 1 && im.terms[7].hits == 0
          && im.terms[70000].hits == 1);
    weir_import_release(&im);
    free(text);
}


int
main(void)
{
    test_txt();
    test_csv();
    test_codings();
    test_bad();
    test_judge();
    test_oracle();
    test_many();
    return weir_test_done();
}
