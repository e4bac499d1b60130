/*
 * inject_token.c: tokens and their features.
 *
 * A token is a word of a script written with spaces, or one Han or kana
 * character. Digits are all alike. Characters that vanish do not part words.
 */
#include "inject/inject_token.h"

#include "fold/fold.h"

#include <string.h>

struct inject_phrase {
    uint32_t  hash;
    uint8_t   class;
};

/* Classes in this order, the last one where the token stands; all within
   `span` tokens. */
struct inject_pattern {
    uint8_t  class[4];                /* 0: none */
    uint8_t  span;
};

#include "inject/inject_lexicon.inc"

#define INJECT_STEM_CHARS  5


static bool
inject_is_han(uint32_t cp)
{
    return (cp >= 0x3040 && cp < 0x3100) || (cp >= 0x3400 && cp < 0xa000)
           || (cp >= 0x20000 && cp < 0x323b0);
}


/* What a sentence may begin behind. */
static bool
inject_is_break(uint32_t cp)
{
    static const char  ascii[] = ".!?:;|>\n\"(,[*#";

    return cp < 0x80 ? cp != 0 && memchr(ascii, (int) cp, sizeof(ascii) - 1)
           : cp == 0x3001 || cp == 0x3002 || cp == 0x300c || cp == 0x3010
             || cp == 0x3011 || cp == 0x2014 || cp == 0x2019 || cp == 0x201c;
}


static unsigned
inject_class(uint32_t hash)
{
    uint32_t  i = hash & (INJECT_LEXICON_SIZE - 1);

    while (inject_lexicon[i].class != 0) {
        if (inject_lexicon[i].hash == hash) {
            return inject_lexicon[i].class;
        }
        i = (i + 1) & (INJECT_LEXICON_SIZE - 1);
    }
    return 0;
}


static bool
inject_pattern_ends(const struct inject_tokens *t,
    const struct inject_pattern *p, uint32_t fresh)
{
    uint32_t  last = t->count;

    for (unsigned i = 4; i-- > 0; ) {
        uint32_t  seen;

        if (p->class[i] == 0) {
            continue;
        }
        seen = t->seen[p->class[i]];
        if (seen == 0 || seen > last || t->count - seen >= p->span) {
            return false;
        }
        last = seen;
    }
    for (unsigned i = 4; i-- > 0; ) {
        if (p->class[i] != 0) {
            return (fresh >> p->class[i] & 1) != 0;
        }
    }
    return false;
}


static uint32_t
inject_hash(uint32_t hash, uint32_t salt)
{
    const uint32_t  at = inject_mix(hash, salt) * 0xc2b2ae35u
                         >> (32 - INJECT_BITS);

    return at < INJECT_PATTERNS ? at + INJECT_PATTERNS : at;
}


static void
inject_feature(struct inject_token *o, uint32_t hash, uint32_t salt)
{
    o->feature[o->nfeatures++] = inject_hash(hash, salt);
}


static void
inject_patterns_of(struct inject_tokens *t, const uint32_t phrase[4],
    struct inject_token *o)
{
    uint32_t  fresh = 0;

    for (unsigned i = 0; i < 4; i++) {
        unsigned  class = inject_class(phrase[i]);

        if (class != 0) {
            t->seen[class] = t->count;
            fresh |= 1u << class;
        }
    }
    for (unsigned i = 0; fresh != 0 && i < INJECT_COUNT(inject_patterns); i++) {
        if (o->nfeatures < INJECT_FEATURES
            && inject_pattern_ends(t, &inject_patterns[i], fresh))
        {
            o->feature[o->nfeatures++] = i;
        }
    }
}


/* How a sentence begins: its first token, its first two, its first three. */
static uint32_t
inject_open(struct inject_tokens *t, const uint32_t phrase[4])
{
    const unsigned  n = t->nopen;

    if (n == INJECT_OPEN) {
        return 0;
    }
    t->nopen++;
    return inject_hash(phrase[n], 7 + n);
}


static void
inject_token_ends(struct inject_tokens *t, uint64_t begin, uint64_t end,
    uint32_t hash, uint32_t stem, struct inject_token *o)
{
    uint32_t  phrase[4];

    t->gram[3] = t->gram[2];
    t->gram[2] = t->gram[1];
    t->gram[1] = t->gram[0];
    t->gram[0] = hash;
    phrase[0] = hash;
    for (unsigned i = 1; i < 4; i++) {
        phrase[i] = inject_mix(t->gram[i], phrase[i - 1]);
    }
    o->begin = begin;
    o->end = end;
    o->nfeatures = 0;
    t->count++;
    inject_feature(o, phrase[0], 1);
    inject_feature(o, phrase[1], 2);
    inject_feature(o, phrase[2], 3);
    inject_feature(o, inject_mix(t->gram[2], hash), 4);
    inject_feature(o, inject_mix(t->stems[0], stem), 5);
    inject_feature(o, inject_mix(t->stems[1], stem), 6);
    o->open = inject_open(t, phrase);
    t->stems[1] = t->stems[0];
    t->stems[0] = stem;
    inject_patterns_of(t, phrase, o);
}


unsigned
weir_inject_tokens_end(struct inject_tokens *t, struct inject_token out[1])
{
    if (t->word == 0) {
        return 0;
    }
    if (t->capital) {
        t->nopen = 0;                 /* a sentence often begins so, and
                                         nothing ends the one before */
    }
    inject_token_ends(t, t->begin, t->end, t->word, t->stem, out);
    t->word = 0;
    t->nchars = 0;
    return 1;
}


unsigned
weir_inject_tokens_step(struct inject_tokens *t, uint32_t cp,
    struct inject_token out[2])
{
    const uint64_t  at = t->at++;
    uint32_t        fold, c;
    unsigned        n;

    if (cp >= 0xff01 && cp <= 0xff5e) {
        cp -= 0xfee0;                 /* the fold table has wide I as l */
    }
    fold = weir_fold(cp);
    c = weir_fold_point(fold, cp);

    if (fold & WEIR_FOLD_VANISH) {
        return 0;
    }
    if (!inject_is_han(c) && (fold & WEIR_FOLD_WORD)) {
        c = c >= '0' && c <= '9' ? '0' : c;
        if (t->word == 0) {
            t->begin = at;
            t->stem = 0;
            t->capital = cp - 'A' < 26;
        }
        t->word = inject_mix(t->word, c + 1) | 1;
        t->stem = t->nchars < INJECT_STEM_CHARS ? t->word : t->stem;
        t->nchars++;
        t->end = at + 1;
        return 0;
    }
    if (c == '\'' && t->word != 0) {
        return 0;                     /* don't: one word */
    }
    n = weir_inject_tokens_end(t, out);
    if (inject_is_han(c)) {
        const uint32_t  h = inject_mix(0, c + 1) | 1;

        inject_token_ends(t, at, at + 1, h, h, &out[n++]);
    } else if (inject_is_break(cp)) {
        t->nopen = 0;
    }
    return n;
}
