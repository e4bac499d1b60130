/*
 * ident_secret.c: values that stand behind a word such as "token =": do
 * they look random, or like names, paths, versions, words?
 */
#include "scan/ident_check.h"

enum { LOWER, UPPER, DIGIT, OTHER, CLASSES };

struct value {
    const uint8_t  *a;
    size_t          n;
    unsigned        of[CLASSES];   /* characters of each class */
    unsigned        different;
    unsigned        run;           /* the longest of one character */
    unsigned        words;         /* letters in runs that read as words */
    unsigned        switches;      /* between letters and digits */
    uint32_t        bits;          /* Shannon entropy of a character, / 64 */
};

static unsigned
class_of(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? LOWER : c >= 'A' && c <= 'Z' ? UPPER
           : c >= '0' && c <= '9' ? DIGIT : OTHER;
}

static uint8_t
lower(uint8_t c)
{
    return class_of(c) == UPPER ? (uint8_t) (c + 32) : c;
}

static bool
is_letter(uint8_t c)
{
    return class_of(c) <= UPPER;
}

static bool
is_vowel(uint8_t c)
{
    return memchr("aeiouy", lower(c), 6) != NULL;
}

/* 64 * log2(n), 1 <= n <= 320, straight between powers of two: at most 6 %
   of a bit too little. */
static uint32_t
log64(uint32_t n)
{
    uint32_t  k = 0;

    while (n >> (k + 1) != 0) {
        k++;
    }
    return 64 * k + ((n - (1u << k)) * 64 >> k);
}

/*
 * Letters of [from, to), letters only, that read as a word: of four or
 * more, in one case (but for the first), vowels and consonants in turn, as
 * in languages and hardly in random text.
 */
static unsigned
word_letters(const uint8_t *a, size_t from, size_t to)
{
    unsigned  vowels = 0, row = 0, most = 0;
    size_t    i;

    for (i = from; i < to; i++) {
        vowels += is_vowel(a[i]);
        row = i > from && is_vowel(a[i]) == is_vowel(a[i - 1]) ? row + 1 : 1;
        most = row > most ? row : most;
    }
    return to - from >= 4 && vowels * 10 >= 3 * (to - from) && most <= 3
           ? (unsigned) (to - from) : 0;
}

static void
value_words(struct value *v)
{
    size_t  from, i = 0;

    while (i < v->n) {
        if (!is_letter(v->a[i])) {
            i++;
            continue;
        }
        from = i++;
        /* fooBar, FooBar, FOOBAR */
        while (i < v->n && is_letter(v->a[i])
               && (class_of(v->a[i]) == class_of(v->a[i - 1])
                   || (i == from + 1 && class_of(v->a[i]) == LOWER)))
        {
            i++;
        }
        v->words += word_letters(v->a, from, i);
    }
}

static void
value_read(struct value *v, const uint8_t *a, size_t n)
{
    uint16_t  seen[256] = { 0 };
    unsigned  run = 0;
    uint32_t  sum = 0;

    *v = (struct value) { .a = a, .n = n };
    for (size_t i = 0; i < n; i++) {
        v->of[class_of(a[i])]++;
        v->different += seen[a[i]]++ == 0;
        run = i > 0 && a[i] == a[i - 1] ? run + 1 : 1;
        v->run = run > v->run ? run : v->run;
        v->switches += i > 0 && (class_of(a[i]) == DIGIT)
                                != (class_of(a[i - 1]) == DIGIT);
    }
    for (unsigned c = 0; c < 256; c++) {
        sum += seen[c] != 0 ? seen[c] * log64(seen[c]) : 0;
    }
    v->bits = n > 0 ? log64((uint32_t) n) - sum / (uint32_t) n : 0;
    value_words(v);
}

static bool
contains(const struct value *v, const char *word)
{
    const size_t  len = strlen(word);
    size_t        i, j;

    for (i = 0; i + len <= v->n; i++) {
        for (j = 0; j < len && lower(v->a[i + j]) == (uint8_t) word[j]; j++) {
            /* compare */
        }
        if (j == len) {
            return true;
        }
    }
    return false;
}

/* What manuals and templates write in its place. */
static bool
is_placeholder(const struct value *v)
{
    static const char *const  words[] = {
        "example", "xxxx", "your", "placeholder", "changeme", "change-me",
        "change_me", "dummy", "redacted", "replace", "${", "$(", "{{", "}}",
        "...", "****", "abcdefgh", "://", "undefined",
        "insert", "sample", "password", "secret", "process.env", "%s"
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (contains(v, words[i])) {
            return true;
        }
    }
    /* the third dot of "eyJzaWdu..." ends the value */
    return v->n > 2 && v->a[v->n - 1] == '.' && v->a[v->n - 2] == '.';
}

static bool
is_hex(const struct value *v, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const uint8_t  c = lower(v->a[i]);

        if (class_of(c) != DIGIT && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static bool
is_uuid(const struct value *v)
{
    return v->n == 36 && v->a[8] == '-' && v->a[13] == '-'
           && v->a[18] == '-' && v->a[23] == '-' && is_hex(v, 0, 8)
           && is_hex(v, 9, 13) && is_hex(v, 14, 18) && is_hex(v, 19, 23)
           && is_hex(v, 24, 36);
}

static size_t
count(const struct value *v, uint8_t c)
{
    size_t  n = 0;

    for (size_t i = 0; i < v->n; i++) {
        n += v->a[i] == c;
    }
    return n;
}

/* 1.2.3 somewhere in it: rc0.15.0_20231217-SNAPSHOT */
static bool
has_version(const struct value *v)
{
    unsigned  dots = 0;               /* digits before each, and no other */

    for (size_t i = 0; i < v->n; i++) {
        const bool  digit = class_of(v->a[i]) == DIGIT;

        if (digit && dots == 2) {
            return true;
        }
        if (v->a[i] == '.' && i > 0 && class_of(v->a[i - 1]) == DIGIT) {
            dots++;
        } else if (!digit) {
            dots = 0;
        }
    }
    return false;
}

/* a.b.c, /a/b, a/b/c, 1.2.3-rc1, 2026-11-24T10:00:00 */
static bool
is_path_or_date(const struct value *v)
{
    const unsigned  letters = v->of[LOWER] + v->of[UPPER];

    return v->a[0] == '/' || v->a[0] == '.' || v->a[0] == '-'
           || count(v, '/') * 12 > v->n || count(v, '.') * 12 > v->n
           || count(v, '-') * 6 > v->n || count(v, '_') * 6 > v->n
           || count(v, ':') > 1 || letters * 6 < v->of[DIGIT]
           || has_version(v);
}

static bool
is_random(const struct value *v)
{
    const unsigned  letters = v->of[LOWER] + v->of[UPPER];

    return v->bits >= (v->n < 20 ? 64 * 29 / 10 : 64 * 31 / 10)
           && v->run < 5 && v->of[DIGIT] >= 2 && letters >= 2
           && v->words * 2 < letters + v->of[DIGIT];
}

/* Its parts, divided by _ - . /, are mostly words, with few numbers. */
static bool
is_name(const struct value *v, unsigned most)
{
    return count(v, '_') + count(v, '-') + count(v, '.') + count(v, '/') > 0
           && v->words * 3 >= v->of[LOWER] + v->of[UPPER]
           && v->switches < most;
}

/* Random for certain: no word of its issuer is needed. */
static bool
is_strong(const struct value *v)
{
    const bool  mixed = v->of[LOWER] > 1 && v->of[UPPER] > 1;

    return v->n >= (mixed && v->of[DIGIT] > 1 ? 12 : 16) && is_random(v)
           && v->switches >= 3 && !contains(v, "12345678")
           && !is_path_or_date(v) && !is_uuid(v) && !is_name(v, 8)
           && (v->of[DIGIT] * 10 >= v->n || v->switches >= 5
               || (v->words == 0 && v->of[LOWER] > 4 && v->of[UPPER] > 4));
}

/* A client secret of Azure may begin with a dot or a tilde. */
static bool
is_azure(const struct value *v)
{
    return v->n >= 37 && v->n <= 40 && v->a[4] == 'Q' && v->a[5] == '~'
           && class_of(v->a[3]) == DIGIT && is_random(v);
}

static unsigned
check_credential(const struct value *v)
{
    return is_strong(v) || is_azure(v) ? 500 | WEIR_CHECK_WEAK : 0;
}

static unsigned
check_vendor(const struct value *v)
{
    const unsigned  letters = v->of[LOWER] + v->of[UPPER];

    if (v->n < 14 || is_strong(v) || is_azure(v)) {
        return 0;
    }
    if (is_uuid(v)) {
        return v->different > 4 ? 500 | WEIR_CHECK_WEAK : 0;
    }
    if (letters == 0) {
        return v->of[OTHER] == 0 && v->different > 3 && v->n < 40
               ? 500 | WEIR_CHECK_WEAK : 0;
    }
    return v->of[DIGIT] > 0 && v->bits >= 64 * 27 / 10
           && !is_name(v, 5) && (v->words * 2 < letters || v->switches > 6)
           && v->a[0] != '/'
           && count(v, '/') * 8 < v->n && count(v, '.') * 12 < v->n
           ? 500 | WEIR_CHECK_WEAK : 0;
}

static bool
is_code(const struct value *v)
{
    static const char *const  parts[] = {
        "()", "::", "->", "=>", "==", "&&", "||", "++", "%(", "self.",
        "this.", "\\", "<", ">", "[", "]", "(", ")", "{", "}", "//", "\"",
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (contains(v, parts[i])) {
            return true;
        }
    }
    return memchr("$%&/.*-=,;:?|", v->a[0], 13) != NULL;
}

/* me@example.com, not me@example.com:pass */
static bool
is_address(const struct value *v)
{
    const uint8_t *const  at = memchr(v->a, '@', v->n);

    return at != NULL && at > v->a && memchr(v->a, ':', v->n) == NULL
           && memchr(at, '.', v->n - (size_t) (at - v->a)) != NULL;
}

/* user:password as -u takes it, the password of letters in both cases that
   make no words: few of them vowels. */
static bool
is_login(const struct value *v)
{
    const uint8_t *const  colon = memchr(v->a, ':', v->n);
    unsigned              vowels = 0;
    struct value          word;

    if (colon == NULL || colon == v->a || count(v, ':') != 1) {
        return false;
    }
    value_read(&word, colon + 1, v->n - (size_t) (colon + 1 - v->a));
    for (size_t i = 0; i < word.n; i++) {
        vowels += is_vowel(word.a[i]);
    }
    return word.n >= 12 && word.of[LOWER] > 2 && word.of[UPPER] > 2
           && word.of[OTHER] == 0 && vowels * 3 < word.n
           && word.bits >= 64 * 29 / 10;
}

/* One that people choose: any word with a digit or a sign in it. */
static unsigned
check_password(const struct value *v, bool quoted)
{
    const unsigned  letters = v->of[LOWER] + v->of[UPPER];
    const unsigned  signs = v->of[OTHER]
                            - (unsigned) (count(v, '_') + count(v, '-')
                                          + count(v, '.') + count(v, ':'));
    const unsigned  kinds = (v->of[LOWER] > 0) + (v->of[UPPER] > 0)
                            + (v->of[DIGIT] > 0) + (signs > 0);

    if (v->n <= 64 && !is_code(v) && is_login(v)) {
        return 500 | WEIR_CHECK_WEAK;
    }
    if (v->n > 64 || is_code(v) || v->different < 5
        || letters == 0 || v->of[DIGIT] + signs == 0 || is_uuid(v)
        || count(v, '/') > 1 || is_address(v))
    {
        return 0;
    }
    if (!quoted && (kinds < 3 ? v->n < 10 || v->of[DIGIT] < 2
                              : v->of[DIGIT] + signs < 2))
    {
        return 0;
    }
    return kinds >= 2 ? 500 | WEIR_CHECK_WEAK : 0;
}

/* user:password before the @ of a URL */
static unsigned
check_login(const struct value *v)
{
    const uint8_t *const  colon = memchr(v->a, ':', v->n);
    struct value          word;

    if (colon == NULL) {
        return 0;
    }
    value_read(&word, colon + 1, v->n - (size_t) (colon + 1 - v->a));
    if (word.n < 3 || is_code(&word) || is_placeholder(&word)
        || contains(&word, "pass") || word.different < 3)
    {
        return 0;
    }
    return 800;
}

unsigned
weir_ident_check_secret(enum weir_check check, const uint8_t *a, size_t n)
{
    struct value  v;

    value_read(&v, a, n);
    if (check == WEIR_CHECK_LOGIN) {
        return check_login(&v);
    }
    if (is_placeholder(&v)) {
        return 0;
    }
    switch (check) {
    case WEIR_CHECK_CREDENTIAL: return check_credential(&v);
    case WEIR_CHECK_VENDOR: return check_vendor(&v);
    case WEIR_CHECK_PASSWORD_QUOTED: return check_password(&v, true);
    default: return check_password(&v, false);
    }
}
