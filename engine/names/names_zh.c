/*
 * names_zh.c: a candidate in Han characters.
 *
 * The characters around it are read as the cheapest row of words, once with
 * the candidate as a name and once without:
 *
 *       f[0] ... f[at]  | name |  g[end] ... g[n]
 *
 *   evidence = cost(without) - cost(with) + what stands before and behind
 *
 * A word costs the logarithm of its rarity; a name costs how rare a name is
 * there, its surname and its given name. The row is cut at whatever is no
 * Han character. The columns are few, so that all is local: what stands
 * further away has no say.
 */
#include "names/names_zh.h"

#define BACK      8          /* characters before the candidate */
#define FRONT     9          /* from its begin on: a native name */
#define FRONT_TR  20         /* a foreign one */
#define COLUMNS   (BACK + FRONT_TR)

/* What weir_names_doubt() takes off; what is enough around a name for none. */
#define RARE_ONE    96       /* a given name of one, of two characters that */
#define RARE_TWO    180      /* costs more is rare, each bit above thrice */
#define RARE_SLOPE  3
#define PLAIN_COST  8
#define LONE_LEFT   8
#define LONE_SMALL  8
#define STRONG      24
#define SMALL_TRANS 16       /* 里, 比, 下 in a name written by sound */

#define COST_TRANS  60       /* a foreign one */
#define COST_KNOWN  56       /* one of those in the dictionary */

struct row {
    uint32_t  c[COLUMNS];        /* folded */
    size_t    raw[COLUMNS + 1];  /* where in the text */
    int       n;
    int       at;                /* the candidate's column */
    uint8_t   longest[COLUMNS];  /* word from here; 0: not read yet */
    int16_t   word[COLUMNS][4];  /* cost of the words of 1..longest from here;
                                    INT16_MAX if there is none */
    int       f[COLUMNS + 1];    /* cheapest row up to here */
    int8_t    f_len[COLUMNS + 1];
    int       g[COLUMNS + 1];    /* cheapest row from here */
    int8_t    g_len[COLUMNS + 1];
    size_t    before;            /* what is before column 0; 0 if nothing */
};

static void
read_back(struct names_text *t, struct row *r, size_t at)
{
    uint32_t rev[BACK];
    size_t where[BACK], i = at;
    int k = 0;

    while (k < BACK && i > t->back) {
        const uint32_t cp = t->cp[i - 1];
        const uint32_t c = fold(cp);

        if (c != 0 && !names_is_han(c)) {
            break;
        }
        i--;
        if (c != 0) {
            where[k] = i;
            rev[k++] = c;
        }
    }
    r->before = i;
    r->at = k;
    for (int j = 0; j < k; j++) {
        r->c[j] = rev[k - 1 - j];
        r->raw[j] = where[k - 1 - j];
    }
}

/* Characters from the candidate on: front of them at most. */
static void
read_front(struct names_text *t, struct row *r, size_t at, int front)
{
    size_t i = at;

    r->n = r->at;
    while (r->n < r->at + front) {
        const uint32_t cp = names_peek(t, i);
        const uint32_t c = cp == 0 ? 0 : fold(cp);

        if (cp == 0) {
            break;
        }
        if (is_dot(cp)) {
            r->raw[r->n] = i;
            r->c[r->n++] = DOT;
        } else if (names_is_han(c)) {
            r->raw[r->n] = i;
            r->c[r->n++] = c;
        } else if (c != 0) {
            break;
        }
        i++;
    }
    r->raw[r->n] = i;
}

/* The words from column i, once. */
static void
read_words(struct row *r, int i)
{
    int v[3], most = 1;

    if (r->longest[i] != 0) {
        return;
    }
    r->word[i][0] = (int16_t) (r->c[i] == DOT ? 100
                               : weir_names_char(r->c[i])->word);
    r->longest[i] = 1;
    while (most < 4 && i + most < r->n && r->c[i + most - 1] != DOT
           && r->c[i + most] != DOT)
    {
        most++;
    }
    if (most == 1 || !weir_names_pair(r->c + i)) {
        return;
    }
    weir_names_words(r->c + i, (size_t) most, v);
    for (int len = 2; len <= most; len++) {
        /* 2^25.84 words were counted. */
        if (v[len - 2] < 0 || v[len - 2] >> 4 == NAMES_POS_KNOWN) {
            r->word[i][len - 1] = INT16_MAX;
        } else {
            r->word[i][len - 1] = (int16_t) (207 - 8 * (v[len - 2] & 15));
            r->longest[i] = (uint8_t) len;
        }
    }
}

/* Is there a word of this length at column i? */
static bool
is_word(const struct row *r, int i, int len)
{
    return len <= r->longest[i] && r->word[i][len - 1] != INT16_MAX;
}

/* All words and the cheapest rows, from both ends. */
static void
lay(struct row *r)
{
    for (int i = 0; i <= r->n; i++) {
        r->f[i] = r->g[i] = NEVER;
        r->f_len[i] = r->g_len[i] = 0;
    }
    r->f[0] = r->g[r->n] = 0;
    for (int i = 0; i < r->n; i++) {
        read_words(r, i);
        for (int len = 1; len <= r->longest[i]; len++) {
            const int w = r->word[i][len - 1];

            if (w != INT16_MAX && r->f[i] + w < r->f[i + len]) {
                r->f[i + len] = r->f[i] + w;
                r->f_len[i + len] = (int8_t) len;
            }
        }
    }
    for (int i = r->n - 1; i >= r->at; i--) {
        for (int len = 1; len <= r->longest[i]; len++) {
            const int w = r->word[i][len - 1];

            if (w != INT16_MAX && w + r->g[i + len] < r->g[i]) {
                r->g[i] = w + r->g[i + len];
                r->g_len[i] = (int8_t) len;
            }
        }
    }
}

static int
pos_of(const struct row *r, int i, int len)
{
    if (len == 1) {
        return weir_names_char(r->c[i])->pos;
    }
    const int v = weir_names_word(r->c + i, (size_t) len);

    return v < 0 ? 0 : v >> 4;
}

int
weir_names_before(const uint32_t *c, int end)
{
    int best = 0;

    if (end == 0 || !weir_names_edge(c[end - 1], NAMES_ENDS)) {
        return 0;
    }
    for (int len = 1; len <= 6 && len <= end; len++) {
        const int v = weir_names_context(c + end - len, (size_t) len);

        if (v >= 0 && v >> 4 > 0) {
            best = v >> 4;
        }
    }
    return best * 8;
}

/* "姓名：" and the like: Han characters before a colon and blanks. */
int
weir_names_label(const struct names_text *t, size_t at)
{
    uint32_t rev[6], c[6];
    size_t i = at;
    int k = 0;

    while (i > t->back && (t->cp[i - 1] == ' ' || t->cp[i - 1] == 0x3000
                           || t->cp[i - 1] == 0xff08 || t->cp[i - 1] == '('))
    {
        i--;
    }
    if (i > t->back && (t->cp[i - 1] == ':' || t->cp[i - 1] == 0xff1a)) {
        i--;
    } else if (i == at) {
        return 0;
    }
    while (k < 6 && i > t->back) {
        const uint32_t f = fold(t->cp[i - 1]);

        if (!names_is_han(f)) {
            break;
        }
        rev[k++] = f;
        i--;
    }
    for (int j = 0; j < k; j++) {
        c[j] = rev[k - 1 - j];
    }
    return weir_names_before(c, k);
}

static int
evidence_before(const struct names_text *t, const struct row *r)
{
    if (r->at > 0) {
        const int len = r->f_len[r->at];
        const int list = weir_names_before(r->c, r->at);
        const int pos = weir_names_zh_left[pos_of(r, r->at - len, len)];

        return list > 0 ? list : pos;
    }
    const int label = weir_names_label(t, r->raw[0]);

    return label > 0 ? label : 8;
}

struct best {
    int         gain;
    int         end;
    const int  *inside;      /* while it is sifted: see sift() */
    bool        native;      /* a surname and a given name */
};

/* What a list says of what stands behind e, in the row c[0..n); `none` if
 * nothing. */
int
weir_names_behind(const uint32_t *c, int e, int n, int none)
{
    if (e == n) {
        return 8;
    }
    for (int len = weir_names_edge(c[e], NAMES_BEGINS) ? 4 : 0; len >= 1;
         len--)
    {
        if (e + len > n) {
            continue;
        }
        const int v = weir_names_context(c + e, (size_t) len);

        if (v >= 0 && (v & 15) != 8) {
            return ((v & 15) - 8) * ((v & 15) < 8 ? 24 : 8);
        }
    }
    return none;
}

static int
context_behind(const struct row *r, int e, int none)
{
    return weir_names_behind(r->c, e, r->n, none);
}

/* What stands behind column e. */
static int
evidence_behind(const struct row *r, int e)
{
    const int list = context_behind(r, e, NEVER);

    return list != NEVER ? list
        : weir_names_zh_right[pos_of(r, e, r->g_len[e])];
}

static void
consider(const struct row *r, int e, int cost, struct best *best)
{
    const int gain = best->inside != NULL
        ? best->inside[e - r->at] - cost
            + context_behind(r, e, NAMES_RIGHT_MAX)
        : r->f[r->n] - (r->f[r->at] + cost + r->g[e])
            + evidence_behind(r, e);

    if (gain > best->gain) {
        best->gain = gain;
        best->end = e;
    }
}

static int
given_cost(const struct row *r, int from, int len)
{
    const struct zh_char *a = weir_names_char(r->c[from]);

    if (len == 1) {
        return a->one + 10;
    }
    return a->two_a + weir_names_char(r->c[from + 1])->two_b + 5;
}

int
weir_names_doubt(const uint32_t *c, int len, bool follows, int before,
                 int behind)
{
    const struct zh_char *a = weir_names_char(c[len > 2 ? len - 2 : len - 1]);
    const struct zh_char *z = weir_names_char(c[len - 1]);
    const int given = a == z ? a->one : a->two_a + z->two_b;
    const int much = given - (a == z ? RARE_ONE : RARE_TWO);
    int sum = 0;

    if (before < STRONG && behind < STRONG) {
        sum += much > 0 ? RARE_SLOPE * much : 0;
        sum += z->word < 90 ? PLAIN_COST : 0;
        sum += !follows ? 0 : LONE_LEFT
            + (weir_names_char(c[0])->word < 95 ? LONE_SMALL : 0);
    }
    return sum;
}

int
weir_names_alike(const uint32_t *c, int len, int before, int behind)
{
    int sum = 0;

    /* Two characters alone are many other things. */
    if (len == 2 && before < 16 && behind < 16) {
        sum += weir_names_char(c[0])->word < 100 ? 36 : 24;
    }
    if (c[0] == c[1]) {                        /* 哈哈, 明明 */
        sum += 24;
    }
    return sum;
}

/* Surname and given name. */
static void
native(const struct row *r, struct best *best)
{
    const int at = r->at, left = r->n - at;
    const struct zh_char *s = weir_names_char(r->c[at]);

    for (int len = 1; s->surname != 255 && len <= 2 && len < left; len++) {
        if (r->c[at + len] != DOT) {
            consider(r, at + 1 + len, COST_NAME + s->surname
                     + given_cost(r, at + 1, len), best);
        }
    }
    const int twice = left > 2 ? weir_names_double(r->c + at, 2) : -1;

    for (int len = 1; twice >= 0 && len <= 2 && len + 1 < left; len++) {
        if (r->c[at + 1 + len] != DOT) {
            consider(r, at + 2 + len,
                     COST_NAME + twice + given_cost(r, at + 2, len), best);
        }
    }
}

static void
known(const struct row *r, struct best *best)
{
    if (!weir_names_known(r->c + r->at)) {
        return;
    }
    for (int len = 2; len <= 8 && r->at + len <= r->n; len++) {
        const int v = weir_names_word(r->c + r->at, (size_t) len);

        if (v >= 0 && v >> 4 == NAMES_POS_KNOWN) {
            consider(r, r->at + len, COST_KNOWN + 6 * len, best);
        }
    }
}

/* 卡拜尔语, 蒙特塞拉特岛: what is written by sound goes on to a word that
   says it is no person. */
static bool
is_place(const struct row *r)
{
    int i = r->at;

    while (i < r->n && weir_names_char(r->c[i])->trans <= 110) {
        i++;
    }
    return i < r->n && i - r->at >= 2 && context_behind(r, i, 0) < -100;
}

/* Names of other languages, written by sound: 内塔尼亚胡, 马克·吐温. */
static void
foreign(const struct row *r, struct best *best)
{
    int cost = COST_TRANS, part = 0, dots = 0;

    for (int i = r->at; i < r->n && i < r->at + 3; i++) {
        cost += weir_names_char(r->c[i])->word < 85 ? SMALL_TRANS : 0;
    }
    /* Longer words than the row knows, most of them places. */
    for (int len = weir_names_pair(r->c + r->at) ? 5 : 9;
         len <= 8 && r->at + len <= r->n; len++)
    {
        const int v = weir_names_word(r->c + r->at, (size_t) len);

        if (v >= 0 && v >> 4 != NAMES_POS_KNOWN) {
            return;
        }
    }
    if (is_place(r)) {
        return;
    }
    for (int i = r->at; i < r->n; i++) {
        if (r->c[i] == DOT) {
            if (part == 0 || ++dots > 3) {
                return;
            }
            part = 0;
            cost += 20;
            continue;
        }
        const int tr = weir_names_char(r->c[i])->trans;

        if (tr == 255 || ++part > 8) {
            return;
        }
        cost += tr;
        if (i + 1 - r->at >= 3
            && (i + 1 == r->n || r->c[i + 1] != DOT))
        {
            consider(r, i + 1, cost, best);
        }
    }
}

/* 老王, 小李, 阿强; 王总, 张老师: how people are called. */
static unsigned
familiar(const struct names_text *t, struct row *r, int *end)
{
    const int at = r->at;

    if (r->n - at < 2) {
        return 0;
    }
    const struct zh_char *first = weir_names_char(r->c[at]);
    const struct zh_char *second = weir_names_char(r->c[at + 1]);

    if (at > 0 && r->f_len[at] > 1 && is_word(r, at, 2)) {
        return 0;
    }
    if ((weir_names_flags(r->c[at]) & NAMES_PREFIX) && second->surname < 60
        && !is_word(r, at, 2)
        && (at + 2 == r->n || r->g_len[at + 2] > 0))
    {
        const int ev = evidence_before(t, r) + evidence_behind(r, at + 2);

        *end = at + 2;
        return ev >= 16 ? 420 : 0;
    }
    if (first->surname < 60 && r->c[at + 1] == ZONG
        && !is_word(r, at, 2)
        && (at + 2 == r->n || r->g_len[at + 2] >= 1)
        && weir_names_word(r->c + at + 1, 2) < 0)
    {
        *end = at + 2;
        return evidence_before(t, r) >= 0 ? 380 : 0;
    }
    return 0;
}

/* Is there anything that familiar() might find? */
static bool
is_familiar(struct row *r)
{
    const int at = r->at;

    return ((weir_names_flags(r->c[at]) & NAMES_PREFIX)
            && weir_names_char(r->c[at + 1])->surname < 60)
        || (r->c[at + 1] == ZONG
            && weir_names_char(r->c[at])->surname < 60);
}

/* Three characters in a row of those that foreign names are written with. */
static bool
begins_foreign(struct names_text *t, size_t at)
{
    size_t i = at;
    int k = 0;

    while (k < 3) {
        const uint32_t cp = names_peek(t, i++);
        const uint32_t c = cp == 0 ? 0 : fold(cp);

        if (cp != 0 && c == 0) {
            continue;
        }
        if (k > 0 && cp != 0 && is_dot(cp)) {
            return true;
        }
        if (!names_is_han(c)
            || weir_names_char(c)->trans > (k == 0 ? 90 : NAMES_TRANS_NEXT))
        {
            return false;
        }
        k++;
    }
    return true;
}

/* A surname of one character, or the first half of one of two (欧阳). */
static bool
begins_surname(struct names_text *t, size_t at)
{
    uint32_t c[2] = { fold(t->cp[at]), 0 };
    size_t i = at + 1;
    uint32_t cp;

    if (weir_names_char(c[0])->surname != 255) {
        return true;
    }
    while ((cp = names_peek(t, i++)) != 0 && (c[1] = fold(cp)) == 0) {
    }
    return cp != 0 && weir_names_double(c, 2) >= 0;
}

static void
candidates(const struct row *r, unsigned flags, bool tr, struct best *best)
{
    int gain;

    if (flags & NAMES_SURNAME) {
        native(r, best);
    }
    gain = best->gain;
    known(r, best);
    if (tr) {
        foreign(r, best);
    }
    best->native = best->gain > -NEVER && best->gain == gain;
}

/*
 * Can the candidate come to NAMES_SCORE_MIN at all? Whatever the cheapest
 * row is, it costs no more than the cheapest ones before, inside and behind
 * the candidate together, so that
 *
 *     cost(without) - cost(with) <= inside - name
 *
 * and what stands around is not above what the lists say or, without them,
 * NAMES_LEFT_MAX and NAMES_RIGHT_MAX. Most candidates end here, before the
 * words around them are looked up.
 */
static bool
sift(const struct names_text *t, struct row *r, unsigned flags, bool tr)
{
    int inside[FRONT_TR + 1];
    const int n = r->n - r->at;
    int far = n < 4 ? n : 4;        /* where the longest may end */
    struct best best = { -NEVER, 0, inside, false };

    if (tr) {
        while (far < n && (r->c[r->at + far] == DOT
               || weir_names_char(r->c[r->at + far])->trans != 255))
        {
            far++;
        }
    }
    if (weir_names_known(r->c + r->at)) {
        far = far < 8 ? (n < 8 ? n : 8) : far;
    }
    for (int i = 0; i <= far; i++) {
        inside[i] = i == 0 ? 0 : NEVER;
    }
    for (int i = 0; i < far; i++) {
        read_words(r, r->at + i);
        for (int len = 1; len <= r->longest[r->at + i] && i + len <= far;
             len++)
        {
            const int w = r->word[r->at + i][len - 1];

            if (w != INT16_MAX && inside[i] + w < inside[i + len]) {
                inside[i + len] = inside[i] + w;
            }
        }
    }
    candidates(r, flags, tr, &best);
    int before = 8;

    if (best.gain + 72 < (NAMES_SCORE_MIN - 500) / 3) {
        return false;
    }
    if (r->at > 0) {
        before = weir_names_before(r->c, r->at);
        before = before > 0 ? before : NAMES_LEFT_MAX;
    } else {
        const int label = weir_names_label(t, r->raw[0]);

        before = label > 8 ? label : 8;
    }
    return score_of(best.gain + before) >= NAMES_SCORE_MIN;
}

/* Score the row: the names that begin there, and what stands around them. */
static unsigned
weigh(const struct names_text *t, struct row *r, unsigned flags, bool tr,
      int *end)
{
    struct best best = { -NEVER, 0, NULL, false };
    unsigned score = 0;

    lay(r);
    candidates(r, flags, tr, &best);
    if (best.gain > -NEVER) {
        const int before = evidence_before(t, r);
        const int behind = evidence_behind(r, best.end);

        *end = best.end;
        best.gain -= weir_names_alike(r->c + r->at, best.end - r->at, before,
                                      behind);
        if (best.native) {
            best.gain -= weir_names_doubt(r->c + r->at, best.end - r->at,
                                          r->at > 0, before, behind);
        }
        score = score_of(best.gain + before);
    }
    if (score < 420) {
        int fam_end = 0;
        const unsigned fam = familiar(t, r, &fam_end);

        if (fam > score) {
            score = fam;
            *end = fam_end;
        }
    }
    return score;
}

unsigned
weir_names_zh(struct names_text *t, size_t at, bool sifted, size_t *end)
{
    const unsigned flags = weir_names_flags(t->cp[at]);
    struct row r;
    bool tr = (flags & NAMES_TRANS) && begins_foreign(t, at);
    int e = 0;

    if (t->cut || flags == 0 || (flags == NAMES_TRANS && !tr)) {
        return 0;
    }
    if (sifted ? !weir_names_may_be(t, at, tr)
        : flags == NAMES_SURNAME && !begins_surname(t, at))
    {
        return 0;
    }
    read_back(t, &r, at);
    read_front(t, &r, at, tr ? FRONT_TR : FRONT);
    if (r.n - r.at < 2) {
        return 0;
    }
    memset(r.longest, 0, sizeof(r.longest));
    if (sifted && !sift(t, &r, flags, tr) && !is_familiar(&r)) {
        return 0;
    }
    const unsigned score = weigh(t, &r, flags, tr, &e);

    if (score < NAMES_SCORE_MIN) {
        return 0;
    }
    *end = r.raw[e - 1] + 1;
    return score;
}
