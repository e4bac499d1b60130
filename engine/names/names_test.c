/*
 * names_test.c: cases with their spans; the same names for every split of
 * the text; what is held back.
 */
#include "base/test.h"
#include "fold/fold.h"
#include "names/names_zh.h"

#define POINTS_MAX  512

/* [ and ] stand around each name of at least 500. */
static const char *const cases[] = {
    "客户[张三]的手机号是", "联系人[王小明]，电话", "请联系[刘伟]先生",
    "姓名：[马超]，身份证", "主治医生[黄磊]开了处方", "我叫[刘洋]，想咨询",
    "记者[克里斯蒂亚诺·罗纳尔多]说", "總統[特朗普]和[普京]通了電話",
    "[欧阳娜娜]在微博上", "作家[马克·吐温]出生于", "[張藝謀]的新片",
    "患者[陈明辉]，男", "[周杰伦]说",
    "高兴的白天，方便面在周末", "王国的和平，马上张开，程序", "黄山风景区",
    "华为公司与中国银行", "乌克兰和白俄罗斯", "山东人不爱吃",
    "[John Smith] met [Angela Merkel] in Berlin on Monday.",
    "Dear Mr. [Thompson], thank you", "by [Maria van der Berg] and",
    "my name is [sarah] and I live", "a tribute to [natasha johnson], who",
    "we met [Kovalev], [Lindgren] and [Schmidt].",
    "said [Keiko] to [Jessica]", "The Johnson City in May",
    "Machine Learning and Data Protection", "Please open the File menu",
    "Can I request you",
    /* signs of code; prose that looks alike */
    "typedef _Abi::Maria x; Daniel_1", "C.GetKarl(1), Paul.doIt()",
    "Marcus.Brinkmann@example.org", "src/Jessie/lib", "for XMLKarl, getAnna",
    "('Daniel', 'Laura', 'Robert')", "name: \"[Daniel]\", age: 9",
    "a cat called \"[Laura]\", who", "I\\'m [Mary]\\'s daughter",
    "# Copyright (C) 2003-2005, 2007 Johan Dahlin",
    "Copyright 2012 by Hartmut Kaiser", "\n * 2001-2013 Hartmut Kaiser\n",
    "In 2015 [Angela Merkel] said", "ABI Support, IANA Time",
    /* a name, and a language, firm or place as well */
    "My name is [Julia Vizirov] but", "met [Taylor Swift] and [Tim Costa] of",
    "Julia is a language, Ruby too", "Travis CI runs", "in Costa Rica",
    "my name is [janice beneventi].", "my name is [anna] btw",
    /* what is written by sound, and is a language; a numeral that is a
       surname too */
    "说卡拜尔语的人", "[陆小曼]女士", "",
};

static size_t
decode(const char *s, uint32_t *cp)
{
    const uint8_t *p = (const uint8_t *) s;
    size_t n = 0;

    while (*p != 0) {
        uint32_t c = *p++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

        c &= more == 3 ? 7u : more == 2 ? 15u : more == 1 ? 31u : 127u;
        for (; more > 0; more--) {
            c = c << 6 | (*p++ & 63u);
        }
        cp[n++] = c;
    }
    return n;
}

static void
test_cases(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint32_t marked[POINTS_MAX], cp[POINTS_MAX];
        size_t gold[16][2], golds = 0, n = 0, good = 0, decided;
        struct weir_name out[16];
        const size_t m = decode(cases[i], marked);

        for (size_t j = 0; j < m; j++) {
            if (marked[j] == '[') {
                gold[golds][0] = n;
            } else if (marked[j] == ']') {
                gold[golds++][1] = n;
            } else {
                cp[n++] = marked[j];
            }
        }
        const size_t k = weir_names_find(cp, n, 0, true, out, 16, &decided);

        CHECK(decided == n);
        for (size_t j = 0; j < k; j++) {
            CHECK(out[j].begin < out[j].end && out[j].end <= n);
            CHECK(out[j].score >= 1 && out[j].score <= 1000);
            if (out[j].score >= 500) {
                CHECK_MSG(good < golds && out[j].begin == gold[good][0]
                          && out[j].end == gold[good][1], "%s: %zu-%zu",
                          cases[i], out[j].begin, out[j].end);
                good++;
            }
        }
        CHECK_MSG(good == golds, "%s: %zu of %zu", cases[i], good, golds);
    }
}

/* The text handed over in pieces; only what decided says is kept behind. */
static size_t
in_pieces(const uint32_t *cp, size_t n, uint64_t *seed, struct weir_name *all)
{
    size_t from = 0, have = 0, count = 0;

    do {
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        have += 1 + (*seed >> 40) % ((*seed >> 33) % 3 == 0 ? 20 : 2);
        have = have < n ? have : n;
        /* A copy without what is not there yet: a read past it shows. */
        uint32_t *copy = malloc((have + 1) * sizeof(*copy));
        const size_t skip = from > WEIR_NAMES_BACK ? from - WEIR_NAMES_BACK
            : 0;
        struct weir_name out[2];
        size_t decided, k;

        memcpy(copy, cp + skip, (have - skip) * sizeof(*copy));
        do {
            k = weir_names_find(copy, have - skip, from - skip, have == n,
                                out, 2, &decided);
            for (size_t i = 0; i < k; i++) {
                all[count++] = (struct weir_name) {
                    out[i].begin + skip, out[i].end + skip, out[i].score };
            }
            CHECK(decided + skip >= from);
            from = decided + skip;
        } while (k == 2);
        CHECK(have - from <= WEIR_NAMES_AHEAD);
        CHECK(have < n || from == n);
        free(copy);
    } while (have < n);
    return count;
}

static bool
same_names(const struct weir_name *a, const struct weir_name *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].begin != b[i].begin || a[i].end != b[i].end
            || a[i].score != b[i].score)
        {
            return false;
        }
    }
    return true;
}

static void
test_splits(void)
{
    static const char alphabet[] =
        "张王李小明的说·克里斯特朗普和记者：先生 欧阳高兴老总，\n"
        "JohnSmith de Mr.'";
    uint32_t letters[POINTS_MAX], cp[POINTS_MAX];
    const size_t m = decode(alphabet, letters);
    uint64_t seed = 20260101;

    for (int round = 0; round < 3000; round++) {
        struct weir_name whole[POINTS_MAX], parts[POINTS_MAX];
        size_t n = 0, decided;

        while (n < 120) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if ((seed >> 33) % 4 == 0) {
                n += decode(cases[(seed >> 40)
                                  % (sizeof(cases) / sizeof(*cases))], cp + n);
            } else {
                cp[n++] = letters[(seed >> 40) % m];
            }
            if ((seed >> 50) % 16 == 0) {
                cp[n++] = 0x200b;
            }
        }
        const size_t k = weir_names_find(cp, n, 0, true, whole, POINTS_MAX,
                                         &decided);

        CHECK(decided == n);
        for (int again = 0; again < 4; again++) {
            const size_t p = in_pieces(cp, n, &seed, parts);

            CHECK_MSG(p == k && same_names(whole, parts, k),
                      "round %d: %zu names, in pieces %zu", round, k, p);
        }
    }
}

/* What the table of characters knows is folded: fold() of names_zh.h counts
   on it. */
static void
test_folded(void)
{
    for (uint32_t c = 0x4e00; names_is_han(c); c++) {
        const uint32_t w = weir_fold(c);
        const uint32_t folded = (w & WEIR_FOLD_VANISH) ? 0
            : c == 0x9646 || c == 0x9678 ? 0x9646
            : c == 0x4f0d ? c : weir_fold_point(w, c);

        CHECK_MSG(fold(c) == folded, "U+%04X", c);
    }
}

/* Sifting leaves out nothing that weighing would report. */
static void
test_sift(void)
{
    static const char alphabet[] =
        "张王李小明的说·克里斯特朗普和记者：先生 欧阳高兴老总，于是马上"
        "周末中国人民银行行长在北京会见了来自美国总统的代表团，姓名（黄";
    uint32_t letters[POINTS_MAX], cp[POINTS_MAX];
    const size_t m = decode(alphabet, letters);
    uint64_t seed = 7;
    size_t found = 0;

    for (unsigned g = 0; g < 16; g++) {      /* what sifting counts on */
        CHECK(weir_names_zh_left[g] <= NAMES_LEFT_MAX);
        CHECK(weir_names_zh_right[g] <= NAMES_RIGHT_MAX);
    }
    for (int round = 0; round < 4000; round++) {
        size_t n = 0;

        while (n < 60) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            if ((seed >> 33) % 3 == 0) {
                n += decode(cases[(seed >> 40)
                                  % (sizeof(cases) / sizeof(*cases))],
                            cp + n);
            } else if ((seed >> 33) % 3 == 1) {
                cp[n++] = 0x4e00 + (seed >> 40) % 0x5200;
            } else {
                cp[n++] = letters[(seed >> 40) % m];
            }
        }
        for (size_t at = 0; at < n; at++) {
            struct names_text a = {
                .cp = cp, .n = n, .last = round % 2, .back =
                at > WEIR_NAMES_BACK ? at - WEIR_NAMES_BACK : 0,
                .ahead = at + WEIR_NAMES_AHEAD,
            }, b = a;
            size_t end_a = 0, end_b = 0;

            if (!names_is_han(cp[at])) {
                continue;
            }
            const unsigned x = weir_names_zh(&a, at, true, &end_a);
            const unsigned y = weir_names_zh(&b, at, false, &end_b);

            /* Sifted may be sure of a no before all is there. */
            found += y > 0;
            CHECK_MSG(a.cut ? b.cut : b.cut ? x == 0
                      : x == y && (x == 0 || end_a == end_b),
                      "round %d at %zu: %u, weighed %u", round, at, x, y);
        }
    }
    CHECK_MSG(found > 2000, "only %zu names", found);
}

/* Prose without candidates is held no longer than it takes to see that no
   foreign name begins: two characters, in Latin letters the word. */
static void
test_hold(void)
{
    static const char *const prose[] = {
        "the quick brown fox jumps over the lazy dog, and so on.",
        "你们昨晚吃的是什么？", "2024-05-06 12:00:01 info: ready",
    };

    for (size_t i = 0; i < 3; i++) {
        uint32_t cp[POINTS_MAX];
        struct weir_name out[4];
        const size_t n = decode(prose[i], cp);
        size_t decided;

        for (size_t j = 0; j <= n; j++) {
            size_t word = j;

            while (word > 0 && (cp[word - 1] | 0x20) - 'a' < 26) {
                word--;
            }
            CHECK(weir_names_find(cp, j, 0, false, out, 4, &decided) == 0);
            CHECK_MSG(decided + (i == 1 ? 2 : 0) >= word, "%s: %zu of %zu",
                      prose[i], decided, j);
        }
    }
}

int
main(void)
{
    test_cases();
    test_splits();
    test_folded();
    test_sift();
    test_hold();
    return weir_test_done();
}
