/*
 * names_token.c: a word in Latin letters: its letters, folded; how it is
 * written; what the dictionary says of it.
 */
#include "names/names_latin.h"
#include "fold/fold.h"

bool
weir_names_upper(uint32_t cp)
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

/* What a capital inside a name may follow: McKay, DiMaggio, VanDyke. */
static bool
is_front(const char *w, size_t n)
{
    static const char *const fronts[] = {
        "mc", "mac", "de", "di", "da", "la", "le", "du", "van", "von", "o",
        "d", "fitz", "el", "al", "st", "del", "der", "vander", "mary", "jo",
        "ann",
    };

    for (size_t i = 0; i < sizeof(fronts) / sizeof(*fronts); i++) {
        if (strlen(fronts[i]) == n && memcmp(fronts[i], w, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Of the letters so far. */
struct shape {
    size_t  uppers;
    size_t  run;             /* of capitals, up to here */
    bool    camel;           /* getName; LeAnn as well */
    bool    acronym;         /* XMLFile */
};

/* What read_token() does with any letter, without the tables. */
static void
add_ascii(struct token *k, struct shape *s, uint32_t cp, uint32_t before)
{
    const bool upper = cp - 'A' < 26;

    if (upper) {
        s->camel |= s->run == 0 && k->len > 0 && !is_mark(before)
            && !is_front(k->letters, k->len);
        s->uppers++;
        s->run++;
        k->upper |= k->len == 0;
    } else {
        s->acronym |= s->run > 1;
        s->run = 0;
    }
    k->letters[k->len++] = (char) (cp | 0x20);
}

bool
weir_names_token(struct names_text *t, size_t at, struct token *k)
{
    size_t i = at, letters = 0;
    struct shape s = { 0 };

    *k = (struct token) { .begin = at };
    for (;; i++) {
        const uint32_t cp = names_peek(t, i);

        if ((cp | 0x20) - 'a' < 26) {
            if (k->len == NAMES_LETTERS) {
                return false;
            }
            add_ascii(k, &s, cp, i > at ? t->cp[i - 1] : 0);
            letters++;
            continue;
        }
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
            s.run = 0;
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
        s.uppers += weir_names_upper(cp);
        k->upper |= letters == 0 && weir_names_upper(cp);
        letters++;
        s.run = 0;
        k->letters[k->len++] = c - 'a' < 26 ? (char) c : '?';
    }
    k->end = i;
    k->capitals = letters > 1 && s.uppers == letters;
    k->dotted = letters == 1 && k->upper && names_peek(t, i) == '.';
    k->flags = letters == 0 ? 0 : weir_names_latin_word(k->letters, k->len);
    if (k->flags == 0 && letters > 0 && is_derived(k->letters, k->len)) {
        k->flags = NAMES_WORD;
    }
    if (s.acronym) {
        k->flags = NAMES_NO;
    } else if (s.camel && !k->capitals
               && !(k->flags & (NAMES_FIRST | NAMES_LAST)))
    {
        k->flags |= NAMES_NO;
    }
    return letters > 0;
}
