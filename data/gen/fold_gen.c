/*
 * fold_gen.c: writes engine/fold/fold_table.inc from Unicode (through ICU),
 * UTS #39 (through ICU's spoof checker) and OpenCC. Not part of the build:
 * data/README.md says how and with which versions it was run.
 *
 *   fold_gen t2s.txt > fold_table.inc
 *
 * t2s.txt has lines "FROM<TAB>TO" in UTF-8, one Han character each.
 * For each code point one word is computed, see fold.h; blocks of 64 words
 * are shared. The folded code point is stored as a difference, so that
 * blocks of characters that fold to themselves are all the same block.
 */
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINTS  0x110000
#define BLOCK   64

static uint32_t  simplified[POINTS];
static uint32_t  look[POINTS];     /* ASCII look-alike, lower case, or 0 */
static uint32_t  folded[POINTS];
static uint32_t  word[POINTS];
static uint16_t  stage1[POINTS / BLOCK];
static uint32_t  blocks[POINTS];

static const UNormalizer2  *nfkc_cf, *nfkd, *nfkc;
static USpoofChecker       *spoof;

static void
die(const char *what)
{
    fprintf(stderr, "fold_gen: %s\n", what);
    exit(1);
}

static int32_t
normal(const UNormalizer2 *n, UChar32 cp, UChar32 *out, int32_t max)
{
    UErrorCode  e = U_ZERO_ERROR;
    UChar       in[2], buf[64];
    int32_t     i = 0, len = 0, count = 0;

    U16_APPEND_UNSAFE(in, len, cp);
    len = unorm2_normalize(n, in, len, buf, 64, &e);
    if (U_FAILURE(e)) {
        die("normalize");
    }
    while (i < len && count < max) {
        UChar32  c;

        U16_NEXT(buf, i, len, c);
        out[count++] = c;
    }
    return count;
}

/* Marks that decorate a letter of an alphabet. Kana voicing and the vowel
   signs of Indic and Thai scripts are letters of their own, and stay. */
static bool
is_mark(UChar32 c)
{
    UErrorCode   e = U_ZERO_ERROR;
    int8_t       type = u_charType(c);
    UScriptCode  s = uscript_getScript(c, &e);

    if (c == 0x3099 || c == 0x309a) {
        return false;
    }
    return type == U_ENCLOSING_MARK
           || (type == U_NON_SPACING_MARK
               && (s == USCRIPT_INHERITED || s == USCRIPT_COMMON
                   || s == USCRIPT_HEBREW || s == USCRIPT_ARABIC
                   || s == USCRIPT_CYRILLIC));
}

static bool
vanishes(UChar32 c)
{
    int8_t  type = u_charType(c);

    return u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)
           || (type == U_FORMAT_CHAR && !(c >= 0x600 && c <= 0x605)
               && c != 0x6dd && c != 0x70f && c != 0x8e2 && c != 0x110bd
               && c != 0x110cd && !(c >= 0x13430 && c <= 0x13455))
           || c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0
           || c == 0x2800 /* blank Braille: drawn as nothing */
           || is_mark(c);
}

/* The one character that is left of a compatibility form: marks go, and the
   brackets and stops of enclosed forms; 0 when more than one is left. */
static UChar32
core(UChar32 cp, bool fold)
{
    UChar32  d[32], e[32], left = 0;
    int32_t  i, j, m, n = normal(nfkd, cp, d, 32);

    for (i = 0; i < n; i++) {
        if (is_mark(d[i]) || (n > 1 && (d[i] == '(' || d[i] == ')'
            || d[i] == '.' || d[i] == ',' || d[i] == 0x3014
            || d[i] == 0x3015)))
        {
            continue;
        }
        m = fold ? normal(nfkc_cf, d[i], e, 32) : 1;
        if (!fold) {
            e[0] = d[i];
        }
        for (j = 0; j < m; j++) {
            if (left != 0) {
                return 0;
            }
            left = e[j];
        }
    }
    return left;
}

/* UTS #39 prototype, if it is one ASCII letter or digit and the character
   is a letter of a script whose look-alikes are used to evade. */
static uint32_t
look_alike(UChar32 cp)
{
    UErrorCode   e = U_ZERO_ERROR;
    UScriptCode  s = uscript_getScript(cp, &e);
    UChar        in[2], buf[64];
    UChar32      c, left = 0;
    int32_t      i = 0, len = 0;

    if (cp < 0x80 || !u_isalpha(cp)
        || !(s == USCRIPT_LATIN || s == USCRIPT_GREEK
             || s == USCRIPT_CYRILLIC || s == USCRIPT_ARMENIAN
             || s == USCRIPT_CHEROKEE || s == USCRIPT_LISU
             || s == USCRIPT_COPTIC || s == USCRIPT_DESERET))
    {
        return 0;
    }
    U16_APPEND_UNSAFE(in, len, cp);
    len = uspoof_getSkeleton(spoof, 0, in, len, buf, 64, &e);
    if (U_FAILURE(e)) {
        return 0;
    }
    while (i < len) {
        U16_NEXT(buf, i, len, c);
        if (is_mark(c)) {
            continue;
        }
        if (left != 0) {
            return 0;
        }
        left = c;
    }
    return left < 0x80 && u_isalpha(left) ? (uint32_t) u_tolower(left) : 0;
}

/*
 * The letter that a name speaks of, where no decomposition says it: negative
 * circled and squared letters, regional indicators, small capitals, letters
 * turned, reversed or with a stroke, hook or tail. 0: none.
 */
static uint32_t
named_letter(UChar32 cp)
{
    static const char *const  before[] = {
        "NEGATIVE CIRCLED LATIN CAPITAL LETTER ",
        "NEGATIVE SQUARED LATIN CAPITAL LETTER ",
        "CROSSED NEGATIVE SQUARED LATIN CAPITAL LETTER ",
        "REGIONAL INDICATOR SYMBOL LETTER ", "LATIN LETTER SMALL CAPITAL ",
        "LATIN SMALL LETTER TURNED ", "LATIN SMALL LETTER REVERSED ",
        "LATIN SMALL LETTER SCRIPT ", "LATIN SMALL LETTER ",
        "LATIN CAPITAL LETTER "
    };
    UErrorCode                e = U_ZERO_ERROR;
    char                      name[128];
    size_t                    i, n;

    if (cp < 0x80) {
        return 0;
    }
    (void) u_charName(cp, U_UNICODE_CHAR_NAME, name, sizeof(name), &e);
    for (i = 0; U_SUCCESS(e) && i < sizeof(before) / sizeof(*before); i++) {
        n = strlen(before[i]);
        if (strncmp(name, before[i], n) == 0 && name[n] >= 'A'
            && name[n] <= 'Z' && (name[n + 1] == '\0'
            || strncmp(name + n + 1, " WITH ", 6) == 0))
        {
            return (uint32_t) name[n] - 'A' + 'a';
        }
    }
    return 0;
}

/* A digit in a circle, or 〇 and the like, is worth 0 to 9; -1: it is not. */
static int
digit_worth(UChar32 cp)
{
    UErrorCode  e = U_ZERO_ERROR;
    double      v;

    if (u_charType(cp) == U_DECIMAL_DIGIT_NUMBER) {
        return u_charDigitValue(cp);
    }
    if (u_charType(cp) != U_OTHER_NUMBER
        || uscript_getScript(cp, &e) != USCRIPT_COMMON)
    {
        return -1;
    }
    v = u_getNumericValue(cp);
    return v >= 0 && v <= 9 && v == (int) v ? (int) v : -1;
}

/* Numerals as they are written on cheques, and those of everyday. */
static const char  *cheque = "〇壹贰叁肆伍陆柒捌玖";
static const char  *everyday = "零一二三四五六七八九";

static int
place_in_list(const char *list, UChar32 cp)
{
    int32_t  i = 0, len = (int32_t) strlen(list), n = 0;
    UChar32  c;

    for (; i < len; n++) {
        U8_NEXT(list, i, len, c);
        if (c == cp) {
            return n;
        }
    }
    return -1;
}

static bool
is_spaced_script(UChar32 c)
{
    UErrorCode  e = U_ZERO_ERROR;

    switch (uscript_getScript(c, &e)) {
    case USCRIPT_HAN: case USCRIPT_HIRAGANA: case USCRIPT_KATAKANA:
    case USCRIPT_BOPOMOFO: case USCRIPT_THAI: case USCRIPT_LAO:
    case USCRIPT_KHMER: case USCRIPT_MYANMAR: case USCRIPT_YI:
    case USCRIPT_TIBETAN: case USCRIPT_JAVANESE: case USCRIPT_BALINESE:
    case USCRIPT_TANGUT: case USCRIPT_NUSHU: case USCRIPT_TAI_LE:
    case USCRIPT_NEW_TAI_LUE:
        return false;
    case USCRIPT_COMMON:
        return c < 0x80 && u_isalnum(c);
    default:
        return u_hasBinaryProperty(c, UCHAR_ALPHABETIC)
               || u_charType(c) == U_DECIMAL_DIGIT_NUMBER;
    }
}

/* Neither letter, mark nor number, and assigned. */
static bool
is_separator(UChar32 c)
{
    if (u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC)) {
        return true;                       /* emoji to come included */
    }
    return (U_GET_GC_MASK(c) & (U_GC_L_MASK | U_GC_M_MASK | U_GC_N_MASK
                                | U_GC_CN_MASK | U_GC_CO_MASK
                                | U_GC_CS_MASK)) == 0;
}

/* GA 36-2018: the first character of a plate, and those that may end one. */
static const char  *provinces =
    "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤川青藏琼宁";
static const char  *plate_ends = "挂学警港澳试超使领";

static bool
in_list(const char *list, UChar32 cp)
{
    return place_in_list(list, cp) >= 0;
}

static uint32_t
ident_byte(UChar32 cp)
{
    UChar32  c;

    if (cp < 0x80) {
        return cp;
    }
    if (digit_worth(cp) >= 0 && folded[cp] < 0x80) {
        return '0' + (uint32_t) digit_worth(cp);
    }
    if (cp == 0x85 || cp == 0x2028 || cp == 0x2029) {
        return '\n';
    }
    if (named_letter(cp) != 0 && u_charType(cp) == U_OTHER_SYMBOL) {
        return named_letter(cp) - 'a' + 'A';
    }
    if (cp == 0xb7 || cp == 0x2022 || cp == 0x30fb || cp == 0x2027
        || cp == 0x22c5 || cp == 0xff65)
    {
        return 0x82;
    }
    if (u_charType(cp) == U_DASH_PUNCTUATION || cp == 0x2212) {
        return cp >= 0x2e00 ? (cp == 0xff0d || cp == 0xfe63 ? '-' : 0) : '-';
    }
    if (u_charType(cp) == U_SPACE_SEPARATOR) {
        return ' ';
    }
    c = core(cp, false);
    if (c < 0x80 && c > 0x20) {
        /* not the letter below an accent: that is another letter */
        return u_isalpha(cp) && u_getIntPropertyValue(cp,
                   UCHAR_DECOMPOSITION_TYPE) == U_DT_CANONICAL
               ? 0 : (uint32_t) c;
    }
    if (in_list(provinces, folded[cp])) {
        return 0x80;
    }
    return in_list(plate_ends, folded[cp]) ? 0x81 : 0;
}

static void
read_simplified(const char *path)
{
    FILE  *f = fopen(path, "r");
    char   line[256];

    if (f == NULL) {
        die("cannot open the OpenCC list");
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        int32_t  i = 0, len = (int32_t) strcspn(line, "\n");
        UChar32  from, tab, to;

        U8_NEXT(line, i, len, from);
        U8_NEXT(line, i, len, tab);
        U8_NEXT(line, i, len, to);
        if (tab == '\t' && from > 0 && to > 0 && i == len) {
            simplified[from] = to;
        }
    }
    fclose(f);
}

static void
compute(void)
{
    UChar32  cp, c;

    for (cp = 0; cp < POINTS; cp++) {
        look[cp] = U_IS_SURROGATE(cp) ? 0 : look_alike(cp);
    }
    for (cp = 0; cp < POINTS; cp++) {
        if (U_IS_SURROGATE(cp)) {
            continue;
        }
        folded[cp] = cp;
        if (vanishes(cp)) {
            word[cp] = 1u << 31;
            continue;
        }
        c = core(cp, true);
        if (c == 0) {
            c = cp;
        }
        if (digit_worth(c) >= 0) {
            c = '0' + digit_worth(c);
        }
        if (c == 0x85 || c == 0x2028 || c == 0x2029) {
            c = '\n';
        }
        if (u_charType(c) == U_SPACE_SEPARATOR) {
            c = ' ';
        }
        /* One look for both cases of a letter: the lower one's, if any. */
        if (look[c] != 0) {
            c = look[c];
        } else if (u_toupper(c) != c && look[u_toupper(c)] != 0) {
            c = look[u_toupper(c)];
        } else if (look[cp] != 0 && c >= 0x80) {
            c = look[cp];
        } else if (c == cp && named_letter(cp) != 0) {
            c = named_letter(cp);
        }
        if (simplified[c] != 0) {
            c = simplified[c];
        }
        if (in_list(cheque, c)) {
            U8_GET((const uint8_t *) everyday, 0, place_in_list(cheque, c)
                   * 3, 30, c);
        }
        folded[cp] = c;
    }
    for (cp = 0; cp < POINTS; cp++) {
        if (U_IS_SURROGATE(cp) || word[cp] != 0) {
            continue;
        }
        /* folding is idempotent: follow until it rests */
        while (folded[folded[cp]] != folded[cp]) {
            folded[cp] = folded[folded[cp]];
        }
        word[cp] = ((folded[cp] - (uint32_t) cp) & 0x1fffff)
                   | ident_byte(cp) << 21
                   | (is_spaced_script(folded[cp]) ? 1u << 30
                      : is_separator(folded[cp]) ? 1u << 29 : 0);
    }
}

int
main(int argc, char **argv)
{
    UErrorCode     e = U_ZERO_ERROR;
    UVersionInfo   v;
    char           unicode[U_MAX_VERSION_STRING_LENGTH];
    unsigned       i, j, nblocks = 0;

    nfkc_cf = unorm2_getNFKCCasefoldInstance(&e);
    nfkd = unorm2_getNFKDInstance(&e);
    nfkc = unorm2_getNFKCInstance(&e);
    spoof = uspoof_open(&e);
    if (U_FAILURE(e) || argc != 2) {
        die("usage: fold_gen t2s.txt");
    }
    read_simplified(argv[1]);
    compute();
    for (i = 0; i < POINTS / BLOCK; i++) {
        for (j = 0; j < nblocks; j++) {
            if (memcmp(&blocks[j * BLOCK], &word[i * BLOCK],
                       BLOCK * sizeof(word[0])) == 0)
            {
                break;
            }
        }
        if (j == nblocks) {
            memcpy(&blocks[nblocks++ * BLOCK], &word[i * BLOCK],
                   BLOCK * sizeof(word[0]));
        }
        stage1[i] = (uint16_t) j;
    }
    u_getUnicodeVersion(v);
    u_versionToString(v, unicode);
    printf("/* Generated by data/gen/fold_gen.c; do not edit.\n"
           "   Unicode %s and UTS #39 through ICU %s; OpenCC t2s.\n"
           "   Origins, licences, hashes: data/README.md. */\n"
           "#define FOLD_BLOCKS  %u\n\n"
           "static const uint16_t  fold_index[%u] = {",
           unicode, U_ICU_VERSION, nblocks, POINTS / BLOCK);
    for (i = 0; i < POINTS / BLOCK; i++) {
        printf("%s%u,", i % 16 ? "" : "\n", stage1[i]);
    }
    printf("\n};\n\nstatic const uint32_t  fold_words[FOLD_BLOCKS * %u] = {",
           BLOCK);
    for (i = 0; i < nblocks * BLOCK; i++) {
        printf("%s%#x,", i % 8 ? "" : "\n", blocks[i]);
    }
    printf("\n};\n");
    return 0;
}
