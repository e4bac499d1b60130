/*
 * variants.c: see variants.h. Syllables come from Unihan (variants_table.inc,
 * generated); the splits stand here: characters of which both halves are
 * written by themselves, as they are used to evade.
 */
#include "compile/variants.h"
#include "fold/fold.h"
#include "scan/scan_code.h"
#include "weir/limits.h"

#include <stdlib.h>

#define HAN_FIRST  0x4e00u
#define HAN_LAST   0x9fffu
#define SAME_MAX   8          /* characters of one syllable that are tried */
#define LETTERS    6          /* of a whole term in pinyin, at least */

struct syllable {
    const char  *letters;
    const char  *chars;
};

#include "compile/variants_table.inc"

#define SYLLABLES  (sizeof(syllables) / sizeof(syllables[0]))

static const struct {
    const char  *whole, *halves;
} splits[] = {
    { "好", "女子" }, { "枪", "木仓" }, { "弹", "弓单" }, { "炸", "火乍" },
    { "赌", "贝者" }, { "博", "十尃" }, { "税", "禾兑" }, { "骗", "马扁" },
    { "钱", "金戋" }, { "信", "人言" }, { "群", "君羊" }, { "加", "力口" },
    { "购", "贝勾" }, { "销", "金肖" }, { "粉", "米分" }, { "妓", "女支" },
    { "奸", "女干" }, { "婊", "女表" }, { "嫖", "女票" }, { "娼", "女昌" },
    { "炮", "火包" }, { "功", "工力" }, { "和", "禾口" }, { "明", "日月" },
    { "林", "木木" }, { "朋", "月月" }, { "枝", "木支" }, { "吸", "口及" },
    { "码", "石马" }, { "转", "车专" }, { "账", "贝长" }, { "贷", "代贝" },
    { "票", "西示" }, { "现", "王见" }, { "政", "正文" }, { "频", "步页" },
    { "炒", "火少" }, { "私", "禾厶" }, { "牌", "片卑" }, { "球", "王求" },
    { "驾", "加马" }, { "砍", "石欠" }, { "跳", "足兆" }, { "吞", "天口" },
    { "肢", "月支" }, { "烟", "火因" }, { "硝", "石肖" }, { "铵", "金安" },
    { "钾", "金甲" }, { "砒", "石比" }, { "霜", "雨相" }, { "死", "歹匕" },
    { "割", "害刀" }, { "致", "至文" }, { "如", "女口" }, { "代", "人弋" },
    { "做", "人故" }, { "件", "人牛" }, { "假", "人叚" }, { "体", "人本" },
    { "章", "立早" }, { "证", "言正" }, { "课", "言果" }, { "话", "言舌" },
    { "刻", "亥刀" }, { "料", "米斗" }, { "招", "手召" }, { "抢", "手仓" },
};

#define SPLITS  (sizeof(splits) / sizeof(splits[0]))

static const struct {
    char         letter;
    const char  *looks;
} leet[] = {
    { 'a', "4@" }, { 'b', "8" }, { 'e', "3" }, { 'g', "9" }, { 'i', "1!" },
    { 'l', "1" }, { 'o', "0" }, { 's', "5$" }, { 't', "7" }, { 'z', "2" },
};

#define LEETS  (sizeof(leet) / sizeof(leet[0]))

struct weir_variants {
    uint16_t  syllable[HAN_LAST - HAN_FIRST + 1];   /* number + 1 */
    uint16_t  split[HAN_LAST - HAN_FIRST + 1];
};

/* One term in work: its characters as they are written. */
struct work {
    const struct weir_variants  *v;
    struct weir_span             ch[WEIR_TERM_CLASSES_MAX];
    uint32_t                     point[WEIR_TERM_CLASSES_MAX];  /* folded */
    struct weir_span             to[WEIR_TERM_CLASSES_MAX];     /* instead */
    size_t                       n;
    struct weir_pool            *pool;
    struct weir_span            *out;
    size_t                       nout, max;
    bool                        *capped;
};

static bool
is_han(uint32_t point)
{
    return point >= HAN_FIRST && point <= HAN_LAST;
}

static uint32_t
next_point(const char *s, size_t len, size_t *at)
{
    const struct text  t = { (const uint8_t *) s, len, true };
    uint32_t           cp;

    *at = text_next(&t, WEIR_PLAIN, *at, &cp);
    return cp;
}

struct weir_variants *
weir_variants_open(void)
{
    struct weir_variants  *v = calloc(1, sizeof(*v));
    uint16_t              *rank = calloc(HAN_LAST - HAN_FIRST + 1,
                                         sizeof(*rank));

    if (v == NULL || rank == NULL) {
        free(v);
        free(rank);
        return NULL;
    }
    memset(rank, 0xff, (HAN_LAST - HAN_FIRST + 1) * sizeof(*rank));
    /* of several readings, the one where it stands nearest to the front */
    for (size_t k = 0; k < SYLLABLES; k++) {
        const size_t  len = strlen(syllables[k].chars);
        uint16_t      r = 0;

        for (size_t at = 0; at < len; r++) {
            const uint32_t  cp = next_point(syllables[k].chars, len, &at);

            if (is_han(cp) && r < rank[cp - HAN_FIRST]) {
                rank[cp - HAN_FIRST] = r;
                v->syllable[cp - HAN_FIRST] = (uint16_t) (k + 1);
            }
        }
    }
    for (size_t k = 0; k < SPLITS; k++) {
        size_t  at = 0;

        v->split[next_point(splits[k].whole, 3, &at) - HAN_FIRST]
            = (uint16_t) (k + 1);
    }
    free(rank);
    return v;
}

void
weir_variants_close(struct weir_variants *v)
{
    free(v);
}

static struct weir_span
span(const char *s, size_t len)
{
    return (struct weir_span) { (const uint8_t *) s, len };
}

/* The term with its characters as they stand in to[]; false: no room. What
   would be too long for a term is none. */
static bool
emit(struct work *w)
{
    size_t  len = 0, points = 0;
    char   *s, *p;

    for (size_t i = 0; i < w->n; i++) {
        len += w->to[i].len;
        for (size_t k = 0; k < w->to[i].len; k++) {
            points += (w->to[i].at[k] & 0xc0) != 0x80;
        }
    }
    if (points > WEIR_TERM_CLASSES_MAX) {
        return true;
    }
    if (w->nout == w->max) {
        *w->capped = true;
        return false;
    }
    s = p = weir_pool_get(w->pool, len + 1);
    for (size_t i = 0; i < w->n; i++) {
        memcpy(p, w->to[i].at, w->to[i].len);
        p += w->to[i].len;
    }
    w->out[w->nout++] = span(s, len);
    return true;
}

static const struct syllable *
syllable_of(const struct work *w, size_t i)
{
    const unsigned  k = is_han(w->point[i])
                        ? w->v->syllable[w->point[i] - HAN_FIRST] : 0;

    return k != 0 ? &syllables[k - 1] : NULL;
}

static void
homophones(struct work *w)
{
    for (size_t i = 0; i < w->n && w->n >= 3; i++) {
        const struct syllable  *y = syllable_of(w, i);
        const size_t            len = y != NULL ? strlen(y->chars) : 0;
        size_t                  at = 0, tried = 0;

        while (at < len && tried < SAME_MAX) {
            const size_t    from = at;
            const uint32_t  cp = next_point(y->chars, len, &at);

            if (cp == w->point[i]) {
                continue;
            }
            tried++;
            w->to[i] = span(y->chars + from, at - from);
            if (!emit(w)) {
                break;
            }
        }
        w->to[i] = w->ch[i];
    }
}

/* Each character that has another form by itself, then all of them when
   they are several. */
static void
one_and_all(struct work *w, const struct weir_span *form, bool all)
{
    size_t  n = 0;

    for (size_t i = 0; i < w->n; i++) {
        if (form[i].len > 0) {
            n++;
            w->to[i] = form[i];
            (void) emit(w);
            w->to[i] = w->ch[i];
        }
    }
    for (size_t i = 0; i < w->n; i++) {
        w->to[i] = form[i].len > 0 ? form[i] : w->ch[i];
    }
    if (n > 1 && all) {
        (void) emit(w);
    }
    memcpy(w->to, w->ch, sizeof(w->to));
}

static void
split(struct work *w)
{
    struct weir_span  form[WEIR_TERM_CLASSES_MAX] = { 0 };

    for (size_t i = 0; i < w->n; i++) {
        const unsigned  k = is_han(w->point[i])
                            ? w->v->split[w->point[i] - HAN_FIRST] : 0;

        if (k != 0) {
            form[i] = span(splits[k - 1].halves,
                           strlen(splits[k - 1].halves));
        }
    }
    one_and_all(w, form, true);
}

static void
pinyin(struct work *w)
{
    struct weir_span  form[WEIR_TERM_CLASSES_MAX] = { 0 };
    size_t            letters = 0, n = 0;

    for (size_t i = 0; i < w->n; i++) {
        const struct syllable  *y = syllable_of(w, i);

        if (y != NULL) {
            form[i] = span(y->letters, strlen(y->letters));
            letters += form[i].len;
            n++;
        }
    }
    if (w->n > 1) {
        one_and_all(w, form, n == w->n && letters >= LETTERS);
    }
}

static void
leets(struct work *w)
{
    struct weir_span  form[WEIR_TERM_CLASSES_MAX] = { 0 };
    size_t            n = 0;

    for (size_t k = 0; k < LEETS; k++) {
        bool  there = false;

        for (const char *look = leet[k].looks; *look != '\0'; look++) {
            for (size_t i = 0; i < w->n; i++) {
                if (w->point[i] == (uint32_t) leet[k].letter) {
                    w->to[i] = span(look, 1);
                    if (form[i].len == 0) {
                        form[i] = w->to[i];
                    }
                    there = true;
                }
            }
            if (there) {
                (void) emit(w);
            }
            memcpy(w->to, w->ch, sizeof(w->to));
        }
        n += there;
    }
    for (size_t i = 0; i < w->n && n > 1; i++) {
        w->to[i] = form[i].len > 0 ? form[i] : w->ch[i];
    }
    if (n > 1) {
        (void) emit(w);
        memcpy(w->to, w->ch, sizeof(w->to));
    }
}

size_t
weir_variants_make(const struct weir_variants *v, struct weir_span term,
    unsigned kinds, struct weir_pool *pool, struct weir_span *out,
    size_t max, bool *capped)
{
    struct work  w = { .v = v, .pool = pool, .out = out, .max = max,
                       .capped = capped };
    size_t       at = 0;

    *capped = false;
    while (at < term.len) {
        const size_t    from = at;
        const uint32_t  cp = next_point((const char *) term.at, term.len,
                                        &at);

        if (w.n == WEIR_TERM_CLASSES_MAX) {
            return 0;                  /* too long: the matcher says so */
        }
        w.ch[w.n] = span((const char *) term.at + from, at - from);
        w.point[w.n++] = weir_fold_point(weir_fold(cp), cp);
    }
    memcpy(w.to, w.ch, sizeof(w.to));
    if (kinds & WEIR_VARIANT_SPLIT) {
        split(&w);
    }
    if (kinds & WEIR_VARIANT_LEET) {
        leets(&w);
    }
    if (kinds & WEIR_VARIANT_PINYIN) {
        pinyin(&w);
    }
    if (kinds & WEIR_VARIANT_HOMOPHONE) {
        homophones(&w);
    }
    return w.nout;
}
