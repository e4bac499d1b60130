/*
 * names_internal.h: what the files of engine/names share.
 *
 *   names.c         the walk over the text
 *   names_zh.c      a candidate in Han characters
 *   names_sift.c    whether it can be one at all
 *   names_latin.c   a candidate in Latin letters
 *   names_token.c   its words
 *   names_shape.c   signs of code beside it
 *   names_table.c   dictionaries, made by data/gen/make_names
 *
 * Costs are bits of information, eight to the bit.
 */
#ifndef NAMES_INTERNAL_H
#define NAMES_INTERNAL_H

#include "weir/names.h"
#include "weir/limits.h"

/* Flags of a Han character: what may begin with it. */
#define NAMES_SURNAME  1
#define NAMES_TRANS    2     /* used to write foreign names */
#define NAMES_PREFIX   4     /* 老 小 阿 */
#define NAMES_KNOWN    8     /* a name in the dictionary */

/* Parts of speech of Chinese words; the order of names_gen.py. */
#define NAMES_POS_PLACE  5
#define NAMES_POS_ORG    6
#define NAMES_POS_KNOWN  15

#define NAMES_ENDS    1
#define NAMES_BEGINS  2

/* Flags of Latin words; the order of names_gen.py. */
#define NAMES_FIRST  1
#define NAMES_LAST   2
#define NAMES_WORD   4       /* a word of the language as well */
#define NAMES_PLACE  8
#define NAMES_ORG    16      /* what organisations' names end with */
#define NAMES_TITLE  32
#define NAMES_PART   64      /* von, de, bin */
#define NAMES_NO     128     /* capitalised, but no part of a name */

#define NAMES_SCORE_MIN  400 /* below it nothing is reported */
#define NAMES_LEFT_MAX   0   /* of weir_names_zh_left */
#define NAMES_RIGHT_MAX  12
#define NAMES_TRANS_NEXT 110 /* most that a character costs in a foreign name
                                that is no first one */
#define NAMES_LETTERS    24  /* of one word in Latin letters */

/* The text, and whether a decision looked past its end. */
struct names_text {
    const uint32_t  *cp;
    size_t           n;
    size_t           ahead;  /* no reading from here on */
    size_t           back;   /* nor before here */
    bool             last;
    bool             cut;
};

/* What a Han character costs in each role; 255 is never. */
struct zh_char {
    uint8_t  word;           /* a word of its own */
    uint8_t  surname;
    uint8_t  one;            /* a given name of its own */
    uint8_t  two_a;          /* first of a given name of two */
    uint8_t  two_b;
    uint8_t  trans;          /* in a foreign name */
    uint8_t  pos;
};

extern const int8_t weir_names_zh_left[16];
extern const int8_t weir_names_zh_right[16];

/* The character at i, or 0 where the text, or what may be read, ends. */
static inline uint32_t
names_peek(struct names_text *t, size_t i)
{
    if (i >= t->ahead) {
        return 0;
    }
    if (i >= t->n) {
        t->cut |= !t->last;
        return 0;
    }
    return t->cp[i];
}

static inline bool
names_is_han(uint32_t c)
{
    return c - 0x4e00 < 0x5200;
}

extern const uint8_t weir_names_begin[0x5200];

/* Flags of a Han character as it is written (not folded). */
static inline unsigned
weir_names_flags(uint32_t cp)
{
    return names_is_han(cp) ? weir_names_begin[cp - 0x4e00] : 0;
}

extern const uint16_t weir_names_index[0x5200];
extern const struct zh_char weir_names_chars[];
extern const uint8_t weir_names_edges[0x5200];

/* Of a folded character. */
static inline const struct zh_char *
weir_names_char(uint32_t c)
{
    return &weir_names_chars[names_is_han(c)
                             ? weir_names_index[c - 0x4e00] & 0xfff : 0];
}

/* Words of `n` folded characters; -1 if unknown. Of a word: part of speech
 * in the high four bits, logarithm of the frequency in the low four. */
int weir_names_word(const uint32_t *c, size_t n);
/* The same for the first 2 .. n characters, n at most 4. */
void weir_names_words(const uint32_t *c, size_t n, int v[3]);
/* May a word begin with these two characters? Often wrong, never "no" for
 * one that does: asked first. */
bool weir_names_pair(const uint32_t *c);
/* The same of persons of the dictionary and surnames of two. */
bool weir_names_known(const uint32_t *c);
int weir_names_double(const uint32_t *c, size_t n);
int weir_names_context(const uint32_t *c, size_t n);
/* May a word of the context end (NAMES_ENDS) or begin with c? */
static inline bool
weir_names_edge(uint32_t c, unsigned side)
{
    return names_is_han(c) && (weir_names_edges[c - 0x4e00] & side);
}

/* Flags of a word of n small letters; 0 if unknown. */
unsigned weir_names_latin_word(const char *word, size_t n);
/* How many small letters of ASCII stand at cp, n at most, and the flags of
 * the word that they are. */
size_t weir_names_small(const uint32_t *cp, size_t n, unsigned *flags);
bool weir_names_pinyin(const char *word, size_t n);

/*
 * A candidate at `at`: the score, 0 if there is none, and its end. What is
 * returned means nothing when t->cut. sifted: what cannot come to
 * NAMES_SCORE_MIN is left early; the same result, several times faster.
 */
unsigned weir_names_zh(struct names_text *t, size_t at, bool sifted,
                       size_t *end);
unsigned weir_names_latin(struct names_text *t, size_t at, size_t *end,
                     size_t *next);

/* Of a candidate [at, end): is it a part of an identifier, path or address;
 * an item of a list of quoted words; whom a copyright notice names? */
bool weir_names_in_code(struct names_text *t, size_t at, size_t end);
bool weir_names_in_list(struct names_text *t, size_t at, size_t end);
bool weir_names_in_notice(const struct names_text *t, size_t at);

/* Is there a letter (Latin) or digit at cp? */
bool weir_names_is_letter(uint32_t cp);

#endif
