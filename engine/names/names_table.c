/*
 * names_table.c: look-ups in the dictionaries. A word is known by a bucket
 * and 16 more bits of its hash; about one unknown word in 20,000 is taken
 * for a known one.
 */
#include "names/names_internal.h"
#include "fold/fold.h"

#include "names/names_table.inc"

static inline uint32_t
hash_step(uint32_t h, uint32_t c)
{
    h = (h ^ c) * 0x01000193u;
    return h ^ h >> 15;
}

static inline uint32_t
hash_end(uint32_t h)
{
    h *= 0x2c1b3c6du;
    return h ^ h >> 13;
}

static inline int
look(uint32_t h, const uint16_t *at, unsigned bits, const uint16_t *fp)
{
    const uint32_t b = h & ((1u << bits) - 1);

    for (unsigned i = at[b]; i < at[b + 1]; i++) {
        if (fp[i] == h >> 16) {
            return (int) i;
        }
    }
    return -1;
}

static uint32_t
hash_points(const uint32_t *c, size_t n)
{
    uint32_t h = 0x811c9dc5u;

    for (size_t i = 0; i < n; i++) {
        h = hash_step(h, c[i]);
    }
    return hash_end(h);
}

static uint32_t
hash_letters(const char *c, size_t n)
{
    uint32_t h = 0x811c9dc5u;

    for (size_t i = 0; i < n; i++) {
        h = hash_step(h, (uint8_t) c[i]);
    }
    return hash_end(h);
}

unsigned
weir_names_flags(uint32_t cp)
{
    const uint32_t c = weir_fold_point(weir_fold(cp), cp);

    if (cp == 0x65bc) {   /* 於: a preposition, though it folds to 于 */
        return 0;
    }
    return names_is_han(c) ? zh_index[c - 0x4e00] >> 12 : 0;
}

const struct zh_char *
weir_names_char(uint32_t c)
{
    return &zh_char[names_is_han(c) ? zh_index[c - 0x4e00] & 0xfff : 0];
}

int
weir_names_word(const uint32_t *c, size_t n)
{
    const int i = look(hash_points(c, n), zh_word_at, 14, zh_word_fp);

    return i < 0 ? -1 : zh_word_val[i];
}

int
weir_names_double(const uint32_t *c, size_t n)
{
    const int i = look(hash_points(c, n), zh_double_at, 5, zh_double_fp);

    return i < 0 ? -1 : zh_double_val[i];
}

int
weir_names_context(const uint32_t *c, size_t n)
{
    const int i = look(hash_points(c, n), zh_context_at, 8, zh_context_fp);

    return i < 0 ? -1 : zh_context_val[i];
}

unsigned
weir_names_latin_word(const char *word, size_t n)
{
    const int i = look(hash_letters(word, n), latin_at, 13, latin_fp);

    return i < 0 ? 0 : latin_val[i];
}

bool
weir_names_pinyin(const char *word, size_t n)
{
    return look(hash_letters(word, n), pinyin_at, 5, pinyin_fp) >= 0;
}
