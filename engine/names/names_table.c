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

/* In the bucket [i, end). */
static inline int
look(uint32_t h, unsigned i, unsigned end, const uint16_t *fp)
{
    for (; i < end; i++) {
        if (fp[i] == h >> 16) {
            return (int) i;
        }
    }
    return -1;
}

#define BUCKET(h, bits)  ((h) & ((1u << (bits)) - 1))
#define LOOK(h, name, bits)  \
    look(h, name##_at[BUCKET(h, bits)], name##_at[BUCKET(h, bits) + 1], \
         name##_fp)

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

static inline bool
is_pair(const uint32_t *c, const uint32_t *bits, unsigned log)
{
    const uint32_t two = hash_step(hash_step(0x811c9dc5u, c[0]), c[1]);
    const uint32_t bit = (two * 0x2c1b3c6d) >> (32 - log);

    return bits[bit >> 5] >> (bit & 31) & 1;
}

bool
weir_names_pair(const uint32_t *c)
{
    return is_pair(c, zh_pair, 19);
}

bool
weir_names_known(const uint32_t *c)
{
    return is_pair(c, zh_known, 17);
}

int
weir_names_word(const uint32_t *c, size_t n)
{
    const uint32_t h = hash_points(c, n);
    const int i = LOOK(h, zh_word, 15);

    return i < 0 ? -1 : zh_word_val[i];
}

void
weir_names_words(const uint32_t *c, size_t n, int v[3])
{
    uint32_t h = hash_step(0x811c9dc5u, c[0]);

    for (size_t len = 2; len <= n; len++) {
        h = hash_step(h, c[len - 1]);

        const uint32_t whole = hash_end(h);
        const int i = LOOK(whole, zh_word, 15);

        v[len - 2] = i < 0 ? -1 : zh_word_val[i];
    }
}

int
weir_names_double(const uint32_t *c, size_t n)
{
    const uint32_t h = hash_points(c, n);
    const int i = LOOK(h, zh_double, 5);

    return i < 0 ? -1 : zh_double_val[i];
}

int
weir_names_context(const uint32_t *c, size_t n)
{
    const uint32_t h = hash_points(c, n);
    const int i = LOOK(h, zh_context, 8);

    return i < 0 ? -1 : zh_context_val[i];
}

unsigned
weir_names_latin_word(const char *word, size_t n)
{
    const uint32_t h = hash_letters(word, n);
    const int i = LOOK(h, latin, 13);

    return i < 0 ? 0 : latin_val[i];
}

size_t
weir_names_small(const uint32_t *cp, size_t n, unsigned *flags)
{
    uint32_t h = 0x811c9dc5u;
    size_t len = 0;

    for (; len < n && cp[len] - 'a' < 26; len++) {
        h = hash_step(h, cp[len]);
    }
    h = hash_end(h);
    const int i = LOOK(h, latin, 13);

    *flags = i < 0 ? 0 : latin_val[i];
    return len;
}

bool
weir_names_pinyin(const char *word, size_t n)
{
    const uint32_t h = hash_letters(word, n);

    return LOOK(h, pinyin, 5) >= 0;
}
