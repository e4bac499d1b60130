/*
 * names_shape.c: what stands right beside a candidate in Latin letters and
 * says that it is code: a part of an identifier, an item of a list of quoted
 * words; and the notice of a copyright. Nothing is read before t->back or
 * from t->ahead on.
 */
#include "names/names_internal.h"

/* The k-th character before `at`; 0 if there is none to be read. */
static uint32_t
before(const struct names_text *t, size_t at, size_t k)
{
    return at >= t->back + k ? t->cp[at - k] : 0;
}

static bool
is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == 0xa0;
}

static bool
is_digit(uint32_t c)
{
    return c - '0' < 10;
}

static bool
is_ascii_letter(uint32_t c)
{
    return (c | 0x20) - 'a' < 26;
}

/* Does what a point joins go on to an @, a call or an index? J.Doe@a.cn,
 * Model.Fit(: but "with Ann.He" of a hasty writer does not. */
static bool
is_joined(struct names_text *t, size_t i)
{
    uint32_t c = names_peek(t, i);

    if (c - 'a' < 26 || c == '_') {
        return true;
    }
    while (weir_names_is_letter(c) || c == '.' || c == '-') {
        c = names_peek(t, ++i);
    }
    return c == '@' || c == '_' || c == '(' || c == '[';
}

bool
weir_names_in_code(struct names_text *t, size_t at, size_t end)
{
    const uint32_t b = before(t, at, 1), bb = before(t, at, 2);

    switch (b) {
    case '_': case '$': case '\\': case '/': case '%': case '~':
        return true;
    case '.':
        if (weir_names_is_letter(bb) && bb >= 'a') {
            return true;
        }
        break;
    case ':':
        if (bb == ':') {
            return true;
        }
        break;
    case '>':
        if (bb == '-') {
            return true;
        }
        break;
    default:
        break;
    }
    const uint32_t c = names_peek(t, end);

    switch (c) {
    case '_': case '[': case '@': case '$': case '=':
        return true;
    case '\\':                            /* but I\'m Mary\'s */
        return weir_names_is_letter(names_peek(t, end + 1));
    case '(':
        return names_peek(t, end + 1) < 0x80;
    case ':':
        return names_peek(t, end + 1) == ':';
    case '-':
        return names_peek(t, end + 1) == '>';
    case '>':
        return b == '<';
    case '.':
        return is_joined(t, end + 1);
    default:
        return false;
    }
}

static bool
is_quote(uint32_t c)
{
    return c == '\'' || c == '"' || c == '`';
}

/* Does the quote at `i` open an item? Behind a bracket, another item or the
 * indent of a line; not in a sentence, where a word stands before. */
static bool
opens_item(const struct names_text *t, size_t i)
{
    size_t blanks = 0;

    while (i > t->back && is_blank(t->cp[i - 1])) {
        i--;
        blanks++;
    }
    const uint32_t c = before(t, i, 1);

    return c == '(' || c == '[' || c == '{' || c == ','
        || ((c == '\n' || c == 0) && blanks > 1);
}

/* 'Mary', of ['John', 'Mary', 'Ann']. A value behind a colon is none. */
bool
weir_names_in_list(struct names_text *t, size_t at, size_t end)
{
    const uint32_t open = before(t, at, 1), close = names_peek(t, end);

    if (!is_quote(close)) {
        return is_quote(open) && opens_item(t, at - 1)
            && names_peek(t, end) == ' ' && before(t, at, 2) != ' ';
    }
    const uint32_t c = names_peek(t, end + 1);

    if (c != ',' && c != ')' && c != ']' && c != '}') {
        return false;
    }
    if (open == close) {
        return opens_item(t, at - 1);
    }
    /* the last word of an item: the next one must follow */
    const uint32_t d = c == ',' ? names_peek(t, end + 2) : 0;

    return d == '\n' || (d == ' ' && names_peek(t, end + 3) == close);
}

static size_t
skip_blanks(const struct names_text *t, size_t i)
{
    while (i > t->back && is_blank(t->cp[i - 1])) {
        i--;
    }
    return i;
}

/* Does the text before `i` end with this word of small letters? */
static bool
ends_with(const struct names_text *t, size_t i, const char *word)
{
    size_t n = strlen(word);

    while (n > 0) {
        if (i == t->back || (t->cp[i - 1] | 0x20) != (uint8_t) word[n - 1]) {
            return false;
        }
        i--;
        n--;
    }
    return i == t->back || !is_ascii_letter(t->cp[i - 1]);
}

/* 1998, 2003-2005, 2007: where the years before `i` begin. */
static size_t
skip_years(const struct names_text *t, size_t i)
{
    for (;;) {
        const uint32_t a = before(t, i, 4), b = before(t, i, 3);

        if (!is_digit(before(t, i, 1)) || !is_digit(before(t, i, 2))
            || !((a == '1' && b == '9') || (a == '2' && b == '0'))
            || is_digit(before(t, i, 5)))
        {
            return i;
        }
        i = skip_blanks(t, i - 4);
        if (before(t, i, 1) == ',' || before(t, i, 1) == '-'
            || before(t, i, 1) == 0x2013)
        {
            i = skip_blanks(t, i - 1);
        }
    }
}

/* Words before `at` that may be the beginning of the same name, three at
 * most: 2003 Hartmut [Kaiser]. */
static size_t
skip_words(const struct names_text *t, size_t at)
{
    for (int words = 0; words < 3 && before(t, at, 1) == ' '; words++) {
        size_t i = at - 1;

        while (i > t->back && (weir_names_is_letter(t->cp[i - 1])
               || t->cp[i - 1] == '.' || t->cp[i - 1] == '-'
               || t->cp[i - 1] == '\'') && !is_digit(t->cp[i - 1]))
        {
            i--;
        }
        if (i == at - 1 || is_digit(before(t, i, 1))
            || (t->cp[i] - 'a' < 26 && at - 1 - i > 3)
            || ends_with(t, at - 1, "by"))
        {
            return at;
        }
        at = i;
    }
    return at;
}

bool
weir_names_in_notice(const struct names_text *t, size_t at)
{
    size_t i = skip_blanks(t, skip_words(t, at)), years;

    i -= i > t->back && t->cp[i - 1] == ',';
    if (ends_with(t, i, "by")) {
        i = skip_blanks(t, i - 2);
    }
    years = skip_years(t, i);
    if (before(t, years, 1) == 0xa9 || ends_with(t, years, "copyright")
        || ends_with(t, years, "copyright:")
        || (before(t, years, 1) == ')' && before(t, years, 3) == '('
            && (before(t, years, 2) | 0x20) == 'c'))
    {
        return true;
    }
    if (years == i) {
        return false;
    }
    /* A line that begins with the year, in a comment perhaps. */
    for (i = years; i > t->back; i--) {
        const uint32_t c = t->cp[i - 1];

        if (c == '\n') {
            return true;
        }
        if (!is_blank(c) && c != '*' && c != '#' && c != '/' && c != ';') {
            return false;
        }
    }
    return true;
}
