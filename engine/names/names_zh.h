/*
 * names_zh.h: what names_zh.c and names_sift.c share: a candidate in Han
 * characters. Costs are bits of information, eight to the bit.
 */
#ifndef NAMES_ZH_H
#define NAMES_ZH_H

#include "names/names_internal.h"
#include "fold/fold.h"

#define NEVER      100000
#define DOT        0xb7      /* ·, in whatever form it came */
#define ZONG       0x603b    /* 总 */
#define COST_NAME  38        /* a name of Chinese form, in running text */

/* The longest word of the list that ends c[0..end): what it speaks for. */
int weir_names_before(const uint32_t *c, int end);
/* "姓名：" and the like before `at`. */
int weir_names_label(const struct names_text *t, size_t at);
/* What a list says of what stands behind e in the row c[0..n); `none` if
 * nothing. */
int weir_names_behind(const uint32_t *c, int e, int n, int none);
/*
 * What speaks against a surname and a given name c[0..len) where nothing
 * around them says that a name is due: a given name that is rare (it looks
 * like one and is something else), that ends with a small word, or a word
 * before it in the same clause (follows), the more if the surname is a small
 * word (和, 从, 能).
 */
int weir_names_doubt(const uint32_t *c, int len, bool follows, int before,
                     int behind);
/* And against any candidate: that it is short, or one character twice. */
int weir_names_alike(const uint32_t *c, int len, int before, int behind);
/* No candidate that this denies comes to NAMES_SCORE_MIN. foreign: a name
 * that is written by sound begins here. */
bool weir_names_may_be(struct names_text *t, size_t at, bool foreign);

static inline bool
is_dot(uint32_t c)
{
    return c == 0xb7 || c == 0x2022 || c == 0x30fb || c == 0x2027
        || c == 0xff65;
}

/* Folded, 0 if it vanishes. The numerals 陆 and 伍 are surnames here. What
 * the table of characters knows is folded, but for three (names_test). */
static inline uint32_t
fold(uint32_t cp)
{
    if (names_is_han(cp) && weir_names_index[cp - 0x4e00] != 0
        && cp != 0x7396 && cp != 0x8086 && cp != 0x8d30)    /* 玖 肆 贰 */
    {
        return cp;
    }
    if (cp == 0x9646 || cp == 0x9678) {
        return 0x9646;
    }
    if (cp == 0x4f0d) {
        return cp;
    }
    const uint32_t w = weir_fold(cp);

    return (w & WEIR_FOLD_VANISH) ? 0 : weir_fold_point(w, cp);
}

static inline unsigned
score_of(int gain)
{
    const int score = 500 + gain * 3;

    return score < 1 ? 1 : score > 1000 ? 1000 : (unsigned) score;
}

#endif
