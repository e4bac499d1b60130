/*
 * names_latin.c: a candidate in Latin letters: a capitalised word that the
 * dictionary knows as a name, or one behind a title or "my name is", and the
 * words that belong to it: initials, von, de, further capitalised words.
 */
#include "names/names_internal.h"
#include "fold/fold.h"

#define PARTS_MAX  5

struct token {
    char      letters[NAMES_LETTERS];   /* small, without marks */
    size_t    len;
    size_t    begin, end;
    unsigned  flags;
    bool      upper;                    /* begins with a capital */
    bool      capitals;                 /* is all of them */
    bool      dotted;                   /* "J." */
};

static bool
is_upper(uint32_t cp)
{
    if (cp < 0x80) {
        return cp - 'A' < 26;
    }
    const uint32_t w = weir_fold(cp);

    /* A letter whose fold is another one: width and marks set apart, a
     * capital; small letters with marks have symbols too. */
    if (cp - 0xff21 < 26) {
        return true;
    }
    if (cp < 0x100) {
        return cp >= 0xc0 && cp <= 0xde && cp != 0xd7;
    }
    return cp < 0x180 && (w & WEIR_FOLD_WORD)
        && ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17e)
            ? (cp & 1) : !(cp & 1));
}

static bool
is_mark(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019 || cp == '-';
}

static const char *const endings[] = {
    "ing", "ed", "ly", "ness", "tion", "sion", "ment", "able", "ity", "ous",
    "ive", "ful", "less", "ism",
};

/* As derived() of names_gen.py. */
static bool
is_derived(const char *w, size_t n)
{
    for (size_t i = 0; n >= 6 && i < sizeof(endings) / sizeof(*endings); i++) {
        const size_t k = strlen(endings[i]);

        if (memcmp(w + n - k, endings[i], k) == 0) {
            return true;
        }
    }
    return n >= 4 && w[n - 1] == 's'
        && (weir_names_latin_word(w, n - 1) & NAMES_WORD);
}

/* The word at `at`: false if there is none or it is too long. */
static bool
read_token(struct names_text *t, size_t at, struct token *k)
{
    size_t i = at, uppers = 0, letters = 0;

    *k = (struct token) { .begin = at };
    for (;; i++) {
        const uint32_t cp = names_peek(t, i);

        if (cp != 0 && is_mark(cp) && letters > 0
            && weir_names_is_letter(names_peek(t, i + 1)))
        {
            /* 's ends the word */
            const uint32_t next = names_peek(t, i + 1);

            if (cp != '-' && (next | 0x20) == 's'
                && !weir_names_is_letter(names_peek(t, i + 2)))
            {
                break;
            }
            continue;
        }
        if (cp == 0 || !weir_names_is_letter(cp)) {
            break;
        }
        const uint32_t w = weir_fold(cp);

        if (w & WEIR_FOLD_VANISH) {
            continue;
        }
        const uint32_t c = weir_fold_point(w, cp);

        if (c - '0' < 10 || k->len == NAMES_LETTERS) {
            return false;
        }
        uppers += is_upper(cp);
        k->upper |= letters == 0 && is_upper(cp);
        letters++;
        k->letters[k->len++] = c - 'a' < 26 ? (char) c : '?';
    }
    k->end = i;
    k->capitals = letters > 1 && uppers == letters;
    k->dotted = letters == 1 && k->upper && names_peek(t, i) == '.';
    k->flags = letters == 0 ? 0 : weir_names_latin_word(k->letters, k->len);
    if (k->flags == 0 && letters > 0 && is_derived(k->letters, k->len)) {
        k->flags = NAMES_WORD;
    }
    return letters > 0;
}

/* The token behind one blank; its begin is where it is looked for. */
static bool
read_next(struct names_text *t, const struct token *before, struct token *k)
{
    size_t at = before->end + before->dotted;

    if (names_peek(t, at) == ' ') {
        at++;
    } else if (!before->dotted) {
        return false;
    }
    if (!weir_names_is_letter(names_peek(t, at))) {
        return false;
    }
    return read_token(t, at, k);
}

/* Does the text before `at` end with this, in any case? */
static bool
stands_before(const struct names_text *t, size_t at, const char *what)
{
    size_t n = strlen(what);

    while (at > t->back && t->cp[at - 1] == ' ' && n > 0
           && what[n - 1] != ' ')
    {
        at--;
    }
    while (n > 0) {
        if (at <= t->back) {
            return false;
        }
        const uint32_t cp = t->cp[--at];
        const uint32_t c = cp - 'A' < 26 ? cp | 0x20 : cp;

        if (c != (uint8_t) what[--n]) {
            return false;
        }
    }
    return at == 0 || !weir_names_is_letter(t->cp[at - 1]);
}

static bool
is_introduced(const struct names_text *t, size_t at)
{
    static const char *const phrases[] = {
        "my name is", "my name's", "name is", "i am called", "named",
        "name:", "patient:", "contact:", "attn:", "customer:",
    };

    for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
        if (stands_before(t, at, phrases[i])) {
            return true;
        }
    }
    return false;
}

/* "Mr. ", "Dr " before `at`. */
static bool
is_titled(const struct names_text *t, size_t at)
{
    char word[16];
    size_t n = 0, i = at;

    if (i <= t->back || t->cp[i - 1] != ' ') {
        return false;
    }
    i--;
    if (i > t->back && t->cp[i - 1] == '.') {
        i--;
    }
    while (i > t->back && n < sizeof(word) && t->cp[i - 1] < 0x80
           && weir_names_is_letter(t->cp[i - 1]))
    {
        word[n++] = (char) (t->cp[--i] | 0x20);
    }
    if (n == 0 || n == sizeof(word) || !is_upper(t->cp[i])) {
        return false;
    }
    for (size_t a = 0, b = n - 1; a < b; a++, b--) {
        const char c = word[a];

        word[a] = word[b];
        word[b] = c;
    }
    return weir_names_latin_word(word, n) & NAMES_TITLE;
}

static bool
opens_sentence(const struct names_text *t, size_t at)
{
    while (at > t->back && (t->cp[at - 1] == ' ' || t->cp[at - 1] == '"')) {
        at--;
    }
    return at == 0 || t->cp[at - 1] == '.' || t->cp[at - 1] == '\n'
        || t->cp[at - 1] == '!' || t->cp[at - 1] == '?';
}

struct span {
    size_t    end;
    unsigned  parts, first, last, plain, unknown;
    bool      org;
};

static bool
joins(const struct token *k, bool lower)
{
    if (k->dotted) {
        return true;
    }
    if (k->len < 2) {
        return false;
    }
    if (k->flags & (NAMES_NO | NAMES_TITLE)) {
        return false;
    }
    if ((k->flags & NAMES_WORD) && !(k->flags & (NAMES_LAST | NAMES_FIRST))) {
        return false;
    }
    return k->upper || (lower && (k->flags & (NAMES_FIRST | NAMES_LAST)));
}

/* The further words of the name that begins with `first`. */
static void
extend(struct names_text *t, const struct token *first, bool lower,
       struct span *s)
{
    struct token before = *first, k;
    size_t seen = 0;

    while (s->parts < PARTS_MAX && read_next(t, &before, &k)) {
        if (k.flags & NAMES_ORG && k.upper
            && !(k.flags & (NAMES_FIRST | NAMES_LAST)))
        {
            s->org = true;
            return;
        }
        if ((k.flags & NAMES_PART) && seen < 3 && (k.len > 1 || !k.upper)
            && (!k.upper || !(k.flags & (NAMES_FIRST | NAMES_LAST))))
        {
            seen++;
            before = k;
            continue;
        }
        if (!joins(&k, lower)) {
            return;
        }
        s->parts++;
        s->first += (k.flags & NAMES_FIRST) != 0;
        s->last += (k.flags & NAMES_LAST) != 0;
        s->plain += (k.flags & NAMES_WORD) != 0;
        s->unknown += k.flags == 0 && !k.dotted;
        s->end = k.end + k.dotted;
        seen = 0;
        before = k;
    }
}

/* The first word and what stands before it, or 0: no candidate. */
static unsigned
base_score(const struct token *k, bool titled, bool told, bool opens)
{
    const bool word = k->flags & NAMES_WORD, place = k->flags & NAMES_PLACE;

    if (k->len < 2 && !k->dotted) {
        return 0;
    }
    if (titled || told) {
        return k->flags & (NAMES_NO | NAMES_TITLE) ? 0
            : word && !(k->flags & (NAMES_FIRST | NAMES_LAST)) ? 0 : 800;
    }
    if (k->flags & (NAMES_NO | NAMES_TITLE | NAMES_ORG)) {
        return 0;
    }
    if (k->flags & NAMES_FIRST) {
        return word ? (opens ? 250 : 350) : place ? 380 : 620;
    }
    if (k->flags & NAMES_LAST) {
        return word ? 150 : place ? 200 : 510;
    }
    return k->dotted ? 340 : 0;
}

/* "15 Via Carlo", "Carlo 130": a number beside it, as in addresses. */
static bool
in_address(struct names_text *t, size_t at, size_t end)
{
    if (at >= t->back + 2 && t->cp[at - 1] == ' '
        && t->cp[at - 2] - '0' < 10)
    {
        return true;
    }
    return names_peek(t, end) == ' ' && names_peek(t, end + 1) - '0' < 10;
}

/* Behind "my name is", in small letters. */
static unsigned
introduced(struct names_text *t, size_t at, size_t *end)
{
    struct token k;

    if (!read_token(t, at, &k) || t->cut
        || !(k.flags & (NAMES_FIRST | NAMES_LAST))
        || (k.flags & (NAMES_NO | NAMES_TITLE)))
    {
        return 0;
    }
    struct span s = { .end = k.end, .parts = 1 };

    extend(t, &k, true, &s);
    *end = s.end;
    return (k.flags & NAMES_WORD) ? 450 : 700;
}

unsigned
weir_names_latin(struct names_text *t, size_t at, size_t *end, size_t *next)
{
    struct token k;

    if (!is_upper(t->cp[at])) {
        /* The cheap way out of nearly every word. */
        *next = at + 1;
        return is_introduced(t, at) ? introduced(t, at, end) : 0;
    }
    *next = at + 1;
    if (!read_token(t, at, &k) || t->cut) {
        return 0;
    }
    *next = k.end;
    const bool titled = is_titled(t, at), told = is_introduced(t, at);
    int score = (int) base_score(&k, titled, told, opens_sentence(t, at));

    if (score == 0) {
        return 0;
    }
    struct span s = {
        .end = k.end + k.dotted, .parts = 1,
        .first = (k.flags & NAMES_FIRST) != 0,
        .last = (k.flags & NAMES_LAST) != 0,
    };

    extend(t, &k, false, &s);
    if (s.org && !titled) {
        *next = k.end;
        return 0;
    }
    if (s.parts > 1) {
        score += s.last > (k.flags & NAMES_LAST ? 1u : 0) ? 280
            : s.unknown ? 180 : s.first > 1 ? 150 : 60;
        score += weir_names_pinyin(k.letters, k.len) && s.unknown ? 150 : 0;
    } else if (k.dotted || (k.len < 3 && !titled && !told)) {
        return 0;
    }
    if (!titled && !told && in_address(t, at, s.end)) {
        score -= 300;
    }
    if (k.capitals) {
        score -= s.parts > 1 ? 80 : 200;
    }
    *end = s.end;
    score = score > 1000 ? 1000 : score;
    return score < NAMES_SCORE_MIN ? 0 : (unsigned) score;
}
