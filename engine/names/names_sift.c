/*
 * names_sift.c: candidates in Han characters that cannot come to
 * NAMES_SCORE_MIN whatever stands further away. Three of four end here,
 * before names_zh.c reads the row around them; what is left it sifts again,
 * by the same bound, with the foreign names and those of the dictionary.
 */
#include "names/names_zh.h"

#define MOST_LIST   72       /* of weir_names_before() and _behind() */
#define LIST_MAX    6        /* characters of a word that stands before */
#define NATIVE_ROW  7        /* a name of three, four behind it */

/* Is the character before `at`, if any, one that no word of the lists ends
 * with? Then nothing speaks for a name there. *follows: it is a Han
 * character. */
static bool
follows_plain(const struct names_text *t, size_t at, bool *follows)
{
    *follows = false;
    for (size_t i = at; i > t->back; i--) {
        const uint32_t p = fold(t->cp[i - 1]);

        if (p != 0) {
            *follows = names_is_han(p);
            return *follows && !weir_names_edge(p, NAMES_ENDS);
        }
    }
    return false;
}

/* What stands before `at`, as sift() has it, where it is not plain. */
static int
most_before(const struct names_text *t, size_t at)
{
    uint32_t c[LIST_MAX];
    int k = LIST_MAX;

    if (at == t->back) {
        return 8;
    }
    for (size_t i = at; k > 0 && i > t->back; i--) {
        const uint32_t p = fold(t->cp[i - 1]);

        if (p != 0 && !names_is_han(p)) {
            break;
        }
        if (p != 0) {
            c[--k] = p;
        }
    }
    if (k == LIST_MAX) {
        const int label = weir_names_label(t, at);

        return label > 8 ? label : 8;
    }
    const int list = weir_names_before(c + k, LIST_MAX - k);

    return list > 0 ? list : NAMES_LEFT_MAX;
}

/* The next character of the row behind i, which moves on; 0 at its end. */
static uint32_t
next_han(struct names_text *t, size_t *i)
{
    for (;;) {
        const uint32_t cp = names_peek(t, ++*i);
        const uint32_t c = names_is_han(cp) ? fold(cp) : cp == 0 ? 0
            : is_dot(cp) ? DOT : fold(cp);

        if (cp == 0 || c == DOT || names_is_han(c)) {
            return c;
        }
        if (c != 0) {
            return 0;
        }
    }
}

/* As word_cost(), of two or three characters; NEVER for most. */
static int
long_cost(const uint32_t *c, size_t n)
{
    const int v = weir_names_word(c, n);

    return v < 0 || v >> 4 == NAMES_POS_KNOWN ? NEVER : 207 - 8 * (v & 15);
}

static int
min(int a, int b)
{
    return a < b ? a : b;
}

/* The most that what stands around c[0..e) speaks for it. The more stands
 * before or behind, the more it is. */
static int
around(const uint32_t *c, int e, int before, int behind, bool follows)
{
    return before + behind - weir_names_alike(c, e, before, behind)
        - weir_names_doubt(c, e, follows, before, behind);
}

/* No less than what weir_names_behind() will say. */
static int
quick(const uint32_t *c, int e, int n)
{
    return e >= n ? 8 : weir_names_edge(c[e], NAMES_BEGINS) ? MOST_LIST
        : NAMES_RIGHT_MAX;
}

/* The same as words of two or three characters may be cheaper without a name:
 * then less speaks for it, one and two. */
static void
read_as_words(const uint32_t *c, int *one, int *two)
{
    const struct zh_char *s = weir_names_char(c[0]);
    const struct zh_char *a = weir_names_char(c[1]);
    const int name = COST_NAME + s->surname;

    if (weir_names_pair(c)) {
        const int w = long_cost(c, 2);

        *one = min(*one, w - name - a->one - 10);
        if (*two > -NEVER) {
            const struct zh_char *b = weir_names_char(c[2]);

            *two = min(*two, min(w + b->word, long_cost(c, 3)) - name
                       - a->two_a - b->two_b - 5);
        }
    }
    if (*two > -NEVER && weir_names_pair(c + 1)) {
        *two = min(*two, s->word + long_cost(c + 1, 2) - name - a->two_a
                   - weir_names_char(c[2])->two_b - 5);
    }
}

/* As sift(), for surname and given name only: nothing is read but these and
 * what stands right around them. */
static bool
may_be_native(struct names_text *t, size_t at, size_t i, uint32_t *c)
{
    const struct zh_char *s = weir_names_char(c[0]);
    const struct zh_char *a = weir_names_char(c[1]);
    const int name = COST_NAME + s->surname;
    /* the least that must speak for it, before what stands around it */
    const int least = (NAMES_SCORE_MIN - 500) / 3 - 2 * MOST_LIST;
    int n = 2, one, two = -NEVER;

    c[2] = next_han(t, &i);
    n += c[2] != 0;
    one = s->word + a->word - name - a->one - 10;
    if (n == 3 && c[2] != DOT) {
        const struct zh_char *b = weir_names_char(c[2]);

        two = s->word + a->word + b->word - name - a->two_a - b->two_b - 5;
    }
    if (one < least && two < least) {
        return false;
    }
    bool follows, ended = n == 2;
    const bool plain = follows_plain(t, at, &follows);
    const int enough = (NAMES_SCORE_MIN - 500) / 3;
    int before = plain ? NAMES_LEFT_MAX : MOST_LIST;

    if (two > -NEVER) {
        c[3] = next_han(t, &i);
        ended = c[3] == 0;
        n += !ended;
    }
    const int behind_one = quick(c, 2, n), behind_two = quick(c, 3, n);

    one = one + before + behind_one < enough ? -NEVER : one;
    two = two + before + behind_two < enough ? -NEVER : two;
    if (one == -NEVER && two == -NEVER) {
        return false;
    }
    read_as_words(c, &one, &two);
    const int least_one = enough - one, least_two = enough - two;

    if (before + behind_one < least_one && before + behind_two < least_two) {
        return false;
    }
    if (!plain) {
        before = most_before(t, at);
    }
    if ((before + behind_one < least_one
         || around(c, 2, before, behind_one, follows) < least_one)
        && (before + behind_two < least_two
            || around(c, 3, before, behind_two, follows) < least_two))
    {
        return false;
    }
    while (!ended && n < NATIVE_ROW && (c[n] = next_han(t, &i)) != 0) {
        n++;
    }
    return (one > -NEVER
            && around(c, 2, before, weir_names_behind(c, 2, n,
                                                      NAMES_RIGHT_MAX),
                      follows) >= least_one)
        || (two > -NEVER
            && around(c, 3, before, weir_names_behind(c, 3, n,
                                                      NAMES_RIGHT_MAX),
                      follows) >= least_two);
}

/* What cannot come to NAMES_SCORE_MIN, before the row is read. */
bool
weir_names_may_be(struct names_text *t, size_t at, bool foreign)
{
    size_t i = at;
    uint32_t c[NATIVE_ROW + 1] = { fold(t->cp[at]) };
    const struct zh_char *s = weir_names_char(c[0]);

    c[1] = next_han(t, &i);
    if (c[1] == 0) {
        return false;
    }
    return foreign || weir_names_known(c)
        || (weir_names_flags(c[0]) & NAMES_PREFIX)
        || (c[1] == ZONG && s->surname < 60)
        || (s->surname != 255 && c[1] != DOT
            && may_be_native(t, at, i, c));
}
