/* fold_test.c: named foldings, and what holds for every code point. */
#include "base/test.h"
#include "fold/fold.h"

static const struct {
    const char  *name;
    uint32_t     cp;
    uint32_t     folded;     /* 0: vanishes */
    uint8_t      sym;
    bool         word;
} cases[] = {
    { "capital", 'A', 'a', 'A', true },
    { "digit", '7', '7', '7', true },
    { "full-width letter", 0xff21, 'a', 'A', true },
    { "full-width digit", 0xff11, '1', '1', true },
    { "full-width at", 0xff20, '@', '@', false },
    { "ideographic space", 0x3000, ' ', ' ', false },
    { "no-break space", 0xa0, ' ', ' ', false },
    { "circled digit", 0x2460, '1', '1', true },
    { "circled letter", 0x24d0, 'a', 'a', true },
    { "parenthesised letter", 0x249c, 'a', 'a', true },
    { "negative circled digit", 0x2776, '1', '1', true },
    { "sans-serif circled zero", 0x1f10b, '0', '0', true },
    { "negative circled letter", 0x1f150, 'a', 'A', true },
    { "negative squared letter", 0x1f170, 'a', 'A', true },
    { "regional indicator", 0x1f1e6, 'a', 'A', true },
    { "small capital", 0x299, 'b', 0, true },
    { "turned letter", 0x250, 'a', 0, true },
    { "letter with a stroke", 0x111, 'd', 0, true },
    { "long s", 0x17f, 's', 's', true },
    { "ten in a circle stays", 0x2469, 0x2469, 0, false },
    { "numeral of cheques", 0x58f9, 0x4e00, 0, false },
    { "its traditional form", 0x8cb3, 0x4e8c, 0, false },
    { "round zero", 0x3007, 0x96f6, 0, false },
    { "line separator", 0x2028, '\n', '\n', false },
    { "full stop digit", 0x2488, '1', '1', true },
    { "squared letter", 0x1f130, 'a', 'A', true },
    { "mathematical bold A", 0x1d400, 'a', 'A', true },
    { "mathematical digit", 0x1d7ce, '0', '0', true },
    { "superscript two", 0xb2, '2', '2', true },
    { "Arabic-Indic digit", 0x663, '3', '3', true },
    { "e acute", 0xe9, 'e', 0, true },
    { "o stroke", 0xf8, 'o', 0, true },
    { "Cyrillic a", 0x430, 'a', 0, true },
    { "Cyrillic capital VE as its small letter", 0x412, 'b', 0, true },
    { "Greek omicron", 0x3bf, 'o', 0, true },
    { "Greek capital RHO", 0x3a1, 'p', 0, true },
    { "Cyrillic zhe stays", 0x436, 0x436, 0, true },
    { "traditional country", 0x570b, 0x56fd, 0, false },
    { "traditional gate", 0x9580, 0x95e8, 0, false },
    { "circled Han", 0x3280, 0x4e00, 0, false },
    { "Han one is no ASCII digit", 0x4e00, 0x4e00, 0, false },
    { "Guangdong", 0x7ca4, 0x7ca4, WEIR_SYM_PROVINCE, false },
    { "Shanghai, traditional", 0x6eec, 0x6caa, WEIR_SYM_PROVINCE, false },
    { "hang", 0x6302, 0x6302, WEIR_SYM_PLATEEND, false },
    { "middle dot", 0xb7, 0xb7, WEIR_SYM_DOT, false },
    { "en dash", 0x2013, 0x2013, '-', false },
    { "minus", 0x2212, 0x2212, '-', false },
    { "half-width katakana", 0xff76, 0x30ab, 0, false },
    { "voiced kana stays", 0x304c, 0x304c, 0, false },
    { "zero-width space", 0x200b, 0, 0, false },
    { "zero-width joiner", 0x200d, 0, 0, false },
    { "right-to-left override", 0x202e, 0, 0, false },
    { "soft hyphen", 0xad, 0, 0, false },
    { "variation selector", 0xfe0f, 0, 0, false },
    { "tag letter", 0xe0061, 0, 0, false },
    { "byte order mark", 0xfeff, 0, 0, false },
    { "combining acute", 0x301, 0, 0, false },
    { "enclosing keycap", 0x20e3, 0, 0, false },
    { "Hangul filler", 0x3164, 0, 0, false },
    { "Thai vowel sign stays", 0xe31, 0xe31, 0, false },
    { "emoji", 0x1f600, 0x1f600, 0, false },
    { "last code point", 0x10ffff, 0x10ffff, 0, false },
};

static const struct {
    uint32_t  cp;
    bool      is;
} separators[] = {
    { ' ', true }, { '\n', true }, { '.', true }, { '_', true },
    { '*', true }, { 0xff0c, true }, { 0x3002, true }, { 0xb7, true },
    { 0x1f600, true }, { 0x2605, true }, { 0xfffd, true }, { 0x3000, true },
    { 'a', false }, { '1', false }, { 0x4e2d, false }, { 0x2460, false },
    { 0x1f1e6, false }, { 0x3005, false }, { 0x30fc, false },
    { 0x200b, false }, { 0xe000, false }
};

int
main(void)
{
    uint32_t  cp;
    size_t    i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t  w = weir_fold(cases[i].cp);

        if (cases[i].folded == 0) {
            CHECK_MSG(w & WEIR_FOLD_VANISH, "%s", cases[i].name);
            continue;
        }
        CHECK_MSG((w & WEIR_FOLD_VANISH) == 0
                  && weir_fold_point(w, cases[i].cp) == cases[i].folded
                  && weir_fold_sym(w) == cases[i].sym
                  && ((w & WEIR_FOLD_WORD) != 0) == cases[i].word,
                  "%s: %#x", cases[i].name, w);
    }
    for (i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        CHECK_MSG(((weir_fold(separators[i].cp) & WEIR_FOLD_SEP) != 0)
                  == separators[i].is, "U+%04X", separators[i].cp);
    }
    CHECK(weir_fold(0x110000) == weir_fold(0xfffd));
    CHECK(weir_fold(UINT32_MAX) == weir_fold(0xfffd));
    for (cp = 0; cp < 0x110000; cp++) {
        const uint32_t  w = weir_fold(cp);
        const uint32_t  f = weir_fold_point(w, cp);

        if (w & WEIR_FOLD_VANISH) {
            continue;
        }
        /* a separator is no word, and stays one when it is folded */
        if (((w & WEIR_FOLD_SEP) != 0 && (w & WEIR_FOLD_WORD) != 0)
            || ((weir_fold(f) ^ w) & WEIR_FOLD_SEP) != 0)
        {
            CHECK_MSG(false, "U+%04X: separator?", cp);
        }
        /* idempotent, and word edges do not depend on how it is written */
        if (!(f <= 0x10ffff && weir_fold_point(weir_fold(f), f) == f
              && ((weir_fold(f) ^ w) & (WEIR_FOLD_WORD | WEIR_FOLD_VANISH))
                 == 0))
        {
            CHECK_MSG(false, "U+%04X folds to U+%04X", cp, f);
        }
    }
    return weir_test_done();
}
