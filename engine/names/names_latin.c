/*
 * names_latin.c: a candidate in Latin letters: a capitalised word that the
 * dictionary knows as a name, or one behind a title or "my name is", and the
 * words that belong to it: initials, von, de, further capitalised words.
 */
#include "names/names_latin.h"

#define PARTS_MAX  5

/* A word alone in a list of words is nobody's; whom a notice of copyright
   names wants to be named. Whoever asks for less than 500 gets both. */
#define SCORE_ITEM    450
#define SCORE_NOTICE  480

struct span {
    size_t    end;
    unsigned  parts, first, last, plain, unknown;
    bool      org;
    bool      mixed;       /* a word that is no name, not in capitals */
    bool      sure;        /* begins with a first name, no word */
};

/* A name, and nothing else. */
static bool
is_sure(unsigned flags)
{
    return (flags & (NAMES_FIRST | NAMES_LAST))
        && !(flags & ~(unsigned) (NAMES_FIRST | NAMES_LAST));
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
    return weir_names_token(t, at, k);
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
    return at == t->back || !weir_names_is_letter(t->cp[at - 1]);
}

struct phrase {
    const char  *text;
    size_t       len;
};

#define PHRASE(s)  { s, sizeof(s) - 1 }

static bool
stands_one_before(const struct names_text *t, size_t at,
                  const struct phrase *phrases, size_t n)
{
    size_t i = at;

    while (i > t->back && t->cp[i - 1] == ' ') {
        i--;
    }
    const uint32_t c = i == t->back ? 0 : t->cp[i - 1];
    const uint32_t end = c - 'A' < 26 ? c | 0x20 : c;

    for (i = 0; i < n; i++) {
        if (end == (uint8_t) phrases[i].text[phrases[i].len - 1]
            && stands_before(t, at, phrases[i].text))
        {
            return true;
        }
    }
    return false;
}

/* Do the two letters before `at` end a phrase of is_introduced()? Most words
   stop here. */
static bool
may_introduce(const struct names_text *t, size_t at)
{
    size_t i = at;

    while (i > t->back && t->cp[i - 1] == ' ') {
        i--;
    }
    if (i < t->back + 2 || (i == at && t->cp[at - 1] != ':')) {
        return false;
    }
    const uint32_t c = t->cp[i - 1] | 0x20, b = t->cp[i - 2] | 0x20;

    switch (c) {
    case 's': return b == 'i' || b == '\'' || b == 'r';
    case 'd': return b == 'e';
    case 'm': return b == 'i' || b == '\'';
    case 'r': return b == 'e' || b == 'm' || b == 'a';
    case 'e': return b == 'm';
    default: return t->cp[i - 1] == ':' || t->cp[i - 1] == '.'
        || t->cp[i - 1] == '?';
    }
}

/* A name follows, however it is written. */
static bool
is_introduced(const struct names_text *t, size_t at)
{
    static const struct phrase phrases[] = {
        PHRASE("my name is"), PHRASE("my name's"), PHRASE("name is"),
        PHRASE("i am called"), PHRASE("named"), PHRASE("named him"),
        PHRASE("named her"), PHRASE("call me"), PHRASE("calls me"),
        PHRASE("called me"), PHRASE("i'm"), PHRASE("name:"),
        PHRASE("patient:"), PHRASE("contact:"), PHRASE("attn:"),
        PHRASE("customer:"), PHRASE("mr."), PHRASE("mrs."), PHRASE("ms."),
        PHRASE("dr."), PHRASE("mr"), PHRASE("mrs"), PHRASE("dear"),
        PHRASE("name on the account?"), PHRASE("partner's name"),
    };

    return may_introduce(t, at)
        && stands_one_before(t, at, phrases,
                             sizeof(phrases) / sizeof(*phrases));
}

/* A name may follow: the word itself must not be one of the language. */
static bool
is_hinted(const struct names_text *t, size_t at)
{
    static const struct phrase phrases[] = {
        PHRASE("directed by"), PHRASE("starring"), PHRASE("written by"),
        PHRASE("photo by"), PHRASE("says"), PHRASE("said"),
        PHRASE("sincerely,"), PHRASE("regards,"), PHRASE("signed"),
        PHRASE("signed by"), PHRASE("love,"), PHRASE("assistant to"),
        PHRASE("married to"), PHRASE("nominated by"), PHRASE("thanks,"),
    };

    return stands_one_before(t, at, phrases,
                             sizeof(phrases) / sizeof(*phrases));
}

/* The word before `at`, in small letters, behind what separates it. */
static size_t
word_before(const struct names_text *t, size_t at, char *word, size_t max,
            bool *upper)
{
    size_t n = 0, i = at;

    while (i > t->back && t->cp[i - 1] < 0x80
           && (t->cp[i - 1] | 0x20) - 'a' < 26)
    {
        if (n == max) {
            return 0;
        }
        word[n++] = (char) (t->cp[--i] | 0x20);
    }
    if (n == 0 || (i > t->back && weir_names_is_letter(t->cp[i - 1]))) {
        return 0;
    }
    *upper = weir_names_upper(t->cp[i]);
    for (size_t a = 0, b = n - 1; a < b; a++, b--) {
        const char c = word[a];

        word[a] = word[b];
        word[b] = c;
    }
    return n;
}

/* The word before `at` and a space, its point left out; 0: none. */
static size_t
abbreviation_before(const struct names_text *t, size_t at, char *word,
    size_t size, bool *upper)
{
    size_t i = at;

    if (i <= t->back || t->cp[i - 1] != ' ') {
        return 0;
    }
    i--;
    i -= i > t->back && t->cp[i - 1] == '.';
    return word_before(t, i, word, size, upper);
}

/* "Mr. ", "Dr " before `at`. */
static bool
is_titled(const struct names_text *t, size_t at)
{
    char word[16];
    bool upper;
    const size_t n = abbreviation_before(t, at, word, sizeof(word), &upper);

    return n > 0 && upper
        && (weir_names_latin_word(word, n) & NAMES_TITLE);
}

/* "Rue Victor Hugo", "San Luis": what is called after a person. */
static bool
is_place_word(const char *word, size_t n)
{
    static const char *const words[] = {
        "rue", "via", "rua", "calle", "avenida", "avda", "avenue", "av",
        "ul", "plaza", "piazza", "place", "boulevard", "san", "santa",
        "saint", "st", "sao", "port", "fort", "mount", "lake", "villa",
        "cape", "costa", "den", "usns", "colle", "puerto", "rio", "el",
        "los", "las", "camino", "quai", "cours", "corso", "ibn", "nova",
        "sierra", "serra", "vila", "nueva",
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strlen(words[i]) == n && memcmp(words[i], word, n) == 0) {
            return true;
        }
    }
    return false;
}

static bool
behind_place(const struct names_text *t, size_t at)
{
    char word[16];
    bool upper;
    const size_t n = abbreviation_before(t, at, word, sizeof(word), &upper);

    return n > 0 && is_place_word(word, n);
}

/* ", Lee and": another name beside it in a list. */
static bool
is_listed(struct names_text *t, size_t at, const struct span *s)
{
    size_t i = at, k = s->end;
    char word[16];
    bool upper;
    struct token next;

    if (i > t->back + 5 && stands_before(t, at, "and")) {
        i -= 4;
    } else if (i > t->back + 2 && stands_before(t, at, ",")) {
        i -= 1;
    }
    if (i != at) {
        while (i > t->back && (t->cp[i - 1] == ' ' || t->cp[i - 1] == ',')) {
            i--;
        }
        const size_t n = word_before(t, i, word, sizeof(word), &upper);

        if (n > 1 && upper && is_sure(weir_names_latin_word(word, n))) {
            return true;
        }
    }
    k += names_peek(t, k) == ',';
    if (names_peek(t, k) != ' ') {
        return false;
    }
    if (names_peek(t, k + 1) == 'a' && names_peek(t, k + 2) == 'n'
        && names_peek(t, k + 3) == 'd' && names_peek(t, k + 4) == ' ')
    {
        k += 4;
    } else if (k == s->end) {
        return false;
    }
    return weir_names_is_letter(names_peek(t, k + 1))
        && weir_names_token(t, k + 1, &next) && next.upper
        && is_sure(next.flags);
}

static bool
opens_sentence(const struct names_text *t, size_t at)
{
    while (at > t->back && (t->cp[at - 1] == ' ' || t->cp[at - 1] == '"')) {
        at--;
    }
    return at == t->back || t->cp[at - 1] == '.' || t->cp[at - 1] == '\n'
        || t->cp[at - 1] == '!' || t->cp[at - 1] == '?';
}

/* May `k` be a further word? After `seen` particles. */
static bool
joins(const struct token *k, bool lower, const struct span *s, size_t seen)
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
        /* Charles van Beers, Luke Curry */
        return k->upper && !k->capitals && k->len > 2
            && (seen > 0 || (s->sure && s->parts == 1));
    }
    if (lower && k->flags == 0 && s->sure && s->parts == 1 && k->len > 3) {
        return true;
    }
    return k->upper || (lower && (k->flags & (NAMES_FIRST | NAMES_LAST)));
}

static bool
is_suffix(const struct token *k)
{
    static const char *const words[] = { "jr", "sr", "ii", "iii", "md",
                                         "phd", "dds", "dvm" };

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (k->upper && strlen(words[i]) == k->len
            && memcmp(words[i], k->letters, k->len) == 0)
        {
            return true;
        }
    }
    return false;
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
        if (is_suffix(&k) && s->parts > 1) {
            s->end = k.end + (names_peek(t, k.end) == '.');
            return;
        }
        if (!joins(&k, lower, s, seen)) {
            /* "Johnson Space Center" */
            s->org = k.upper && !k.capitals && read_next(t, &k, &before)
                && before.upper && (before.flags & NAMES_ORG)
                && !(before.flags & (NAMES_FIRST | NAMES_LAST));
            return;
        }
        s->parts++;
        s->first += (k.flags & NAMES_FIRST) != 0;
        s->last += (k.flags & NAMES_LAST) != 0;
        s->plain += (k.flags & NAMES_WORD) != 0;
        s->unknown += k.flags == 0 && !k.dotted;
        s->mixed |= !k.capitals && !(k.flags & (NAMES_FIRST | NAMES_LAST));
        s->end = k.end + k.dotted;
        seen = 0;
        before = k;
    }
}

/* What stands around a candidate. */
struct around {
    bool  titled;           /* Mr. */
    bool  told;             /* my name is */
    bool  hinted;           /* says */
    bool  opens;            /* a sentence */
};

/* The first word and what stands before it, or 0: no candidate. */
static int
base_score(const struct token *k, const struct around *a)
{
    const bool word = k->flags & NAMES_WORD, place = k->flags & NAMES_PLACE;
    const bool name = k->flags & (NAMES_FIRST | NAMES_LAST);

    if (k->len < 2 && !k->dotted) {
        return 0;
    }
    if (a->titled || a->told) {
        return k->flags & (NAMES_NO | NAMES_TITLE) ? 0
            : word && !name ? 0 : 800;
    }
    if (k->flags & (NAMES_NO | NAMES_TITLE | NAMES_ORG)) {
        return 0;
    }
    if (a->hinted && !place && (name || k->flags == 0)) {
        return word ? 520 : 640;
    }
    if (k->flags & NAMES_FIRST) {
        return word ? (a->opens ? 250 : 350) : place ? 380 : 620;
    }
    if (k->flags & NAMES_LAST) {
        return word ? 150 : place ? 200 : 510;
    }
    return k->dotted ? 340 : 0;
}

/* First name and last: what the further words add. */
static int
more_score(const struct token *k, const struct span *s)
{
    const bool last = s->last > ((k->flags & NAMES_LAST) ? 1u : 0);
    int more = last ? 280 : s->unknown ? 180 : s->first > 1 ? 150 : 60;

    /* John Smith, though "john" is a word. */
    if (last && s->plain == 0 && (k->flags & NAMES_FIRST)
        && (k->flags & NAMES_WORD))
    {
        more = 350;
    }
    return more + (weir_names_pinyin(k->letters, k->len) && s->unknown
                   ? 150 : 0);
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

/* "Maynard, Massachusetts": a town and where it lies. */
static bool
is_town(struct names_text *t, size_t end)
{
    struct token k;

    return names_peek(t, end) == ',' && names_peek(t, end + 1) == ' '
        && weir_names_is_letter(names_peek(t, end + 2))
        && weir_names_token(t, end + 2, &k) && k.upper
        && (k.flags & NAMES_PLACE)
        && !(k.flags & (NAMES_FIRST | NAMES_LAST));
}

/* In small letters: behind "my name is", or a first and a last name that
   are nothing else. */
static unsigned
in_small(struct names_text *t, size_t at, size_t *end, size_t *next)
{
    struct token k;

    if (!weir_names_token(t, at, &k) || t->cut) {
        return 0;
    }
    *next = k.end;
    if (k.flags & (NAMES_NO | NAMES_TITLE) || !(k.flags & (NAMES_FIRST
                                                           | NAMES_LAST)))
    {
        return 0;
    }
    const bool told = is_introduced(t, at);

    if (!told && !((k.flags & NAMES_FIRST) && is_sure(k.flags)
                   && k.len > 2))
    {
        return 0;
    }
    struct span s = {
        .end = k.end, .parts = 1,
        .sure = (k.flags & NAMES_FIRST) && is_sure(k.flags),
    };

    extend(t, &k, true, &s);
    *end = s.end;
    if (told) {
        return (k.flags & NAMES_WORD) ? 450 : 700;
    }
    if (s.parts != 2 || s.plain > 0 || s.org || in_address(t, at, s.end)
        || behind_place(t, at) || weir_names_in_code(t, at, s.end))
    {
        return 0;
    }
    return s.last > 0 ? 620 : s.unknown ? 420 : 0;
}

static unsigned
least(int score, int most)
{
    score = score < most ? score : most;
    return score < NAMES_SCORE_MIN ? 0 : (unsigned) score;
}

/* The score of a name, considering where it stands. */
static unsigned
in_place(struct names_text *t, size_t at, const struct token *k,
         const struct span *s, bool sure, int score)
{
    if (k->capitals) {
        score -= s->parts > 1 ? 80 : 200;
        /* all is in capitals there */
        if (at >= t->back + 3 && t->cp[at - 1] == ' '
            && weir_names_upper(t->cp[at - 2])
            && weir_names_upper(t->cp[at - 3]))
        {
            score -= 100;
        }
    }
    /* The year is no house number. A score below the least would leave the
       rest of the name to be found. */
    if (weir_names_in_notice(t, at)) {
        return least(score, SCORE_NOTICE);
    }
    if (!sure && (in_address(t, at, s->end) || behind_place(t, at)
                  || (s->parts == 1 && is_town(t, s->end))))
    {
        score -= 300;
    }
    return least(score, !sure && s->parts == 1
                 && weir_names_in_list(t, at, s->end) ? SCORE_ITEM : 1000);
}

/* As in_small(), with a capital. */
static unsigned
in_capitals(struct names_text *t, const struct token *k, size_t at,
            size_t *end)
{
    /* None of these is a name, whatever stands around it. */
    if ((k->flags & (NAMES_NO | NAMES_TITLE)) || ((k->flags & NAMES_WORD)
        && !(k->flags & (NAMES_FIRST | NAMES_LAST))))
    {
        return 0;
    }
    const struct around a = {
        is_titled(t, at), is_introduced(t, at), is_hinted(t, at),
        opens_sentence(t, at),
    };
    const bool sure = a.titled || a.told;
    const bool unknown = k->flags == 0 && !k->capitals && k->len > 2;
    int score = base_score(k, &a);

    if (score == 0 && !(unknown && !a.opens)) {
        return 0;
    }
    struct span s = {
        .end = k->end + k->dotted, .parts = 1,
        .first = (k->flags & NAMES_FIRST) != 0,
        .last = (k->flags & NAMES_LAST) != 0,
        .sure = (k->flags & NAMES_FIRST) && is_sure(k->flags),
    };

    extend(t, k, false, &s);
    if (s.org && !a.titled) {
        return 0;
    }
    if (k->capitals && k->len <= 4 && s.parts > 1 && s.mixed && !sure) {
        return 0;                        /* ABI Support, IANA Time */
    }
    if (s.parts > 1) {
        score += more_score(k, &s);
    } else if (k->dotted || (k->len < 3 && !sure)) {
        return 0;
    } else if (!a.opens && score < 550 && (k->flags & NAMES_PLACE) == 0
               && is_listed(t, at, &s))
    {
        score = unknown ? 560 : score < 300 ? 510 : 620;
    }
    if (score == 0 || (unknown && !sure && !a.hinted && s.parts > 1)
        || (!sure && weir_names_in_code(t, at, s.end)))
    {
        return 0;
    }
    *end = s.end;
    return in_place(t, at, k, &s, sure, score);
}

/* A word of small letters that is part of no name, as most are; *next is
   behind it. What is not settled by a look into the dictionary is not. */
static bool
is_plain(const struct names_text *t, size_t at, size_t *next)
{
    unsigned flags;
    const size_t max = t->n - at <= NAMES_LETTERS ? t->n - at
        : NAMES_LETTERS + 1;
    const size_t len = weir_names_small(t->cp + at, max, &flags);

    if (len == 0 || len == max) {
        return false;
    }
    const uint32_t c = t->cp[at + len];

    if (c >= 0x80 || is_mark(c) || weir_names_is_letter(c)
        || (!(flags & (NAMES_NO | NAMES_TITLE))
            && (flags & (NAMES_FIRST | NAMES_LAST))))
    {
        return false;
    }
    *next = at + len;
    return true;
}

unsigned
weir_names_latin(struct names_text *t, size_t at, size_t *end, size_t *next)
{
    struct token k;

    *next = at + 1;
    if (!weir_names_upper(t->cp[at])) {
        return is_plain(t, at, next) ? 0 : in_small(t, at, end, next);
    }
    if (!weir_names_token(t, at, &k) || t->cut) {
        return 0;
    }
    *next = k.end;
    return in_capitals(t, &k, at, end);
}
