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

/* What stands before `at`, as sift() has it, and whether it is a word of
 * the same clause. */
static int
most_before(const struct names_text *t, size_t at, bool *follows)
{
    uint32_t c[LIST_MAX];
    int k = LIST_MAX;

    *follows = false;
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
            *follows = true;
            if (k == LIST_MAX - 1 && !weir_names_edge(p, NAMES_ENDS)) {
                return NAMES_LEFT_MAX;
            }
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

/* The most that what stands around c[0..e) speaks for it. */
static int
around(const uint32_t *c, int e, int n, int before, bool follows)
{
    const int behind = weir_names_behind(c, e, n, NAMES_RIGHT_MAX);

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
    bool follows;
    const int before = most_before(t, at, &follows);
    const int need = (NAMES_SCORE_MIN - 500) / 3 - before;

    bool ended = n == 2;

    if (two > -NEVER) {
        c[3] = next_han(t, &i);
        ended = c[3] == 0;
        n += !ended;
    }
    one = one + quick(c, 2, n) < need ? -NEVER : one;
    two = two + quick(c, 3, n) < need ? -NEVER : two;
    if (one == -NEVER && two == -NEVER) {
        return false;
    }
    if (weir_names_pair(c)) {
        const int w = long_cost(c, 2);

        one = min(one, w - name - a->one - 10);
        if (two > -NEVER) {
            const struct zh_char *b = weir_names_char(c[2]);

            two = min(two, min(w + b->word, long_cost(c, 3)) - name
                      - a->two_a - b->two_b - 5);
        }
    }
    if (two > -NEVER && weir_names_pair(c + 1)) {
        two = min(two, s->word + long_cost(c + 1, 2) - name - a->two_a
                  - weir_names_char(c[2])->two_b - 5);
    }
    if (one + quick(c, 2, n) < need && two + quick(c, 3, n) < need) {
        return false;
    }
    while (!ended && n < NATIVE_ROW && (c[n] = next_han(t, &i)) != 0) {
        n++;
    }
    return (one > -NEVER
            && score_of(one + around(c, 2, n, before, follows))
            >= NAMES_SCORE_MIN)
        || (two > -NEVER
            && score_of(two + around(c, 3, n, before, follows))
            >= NAMES_SCORE_MIN);
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
