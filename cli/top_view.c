/*
 * top_view.c: rows become lines of a screen, or JSON.
 *
 * A column has a priority: those of the least are shown as long as the
 * terminal is wide enough. The first takes what is left over, up to its
 * longest name; then the last one does, if it can be of any width.
 */
#include "top.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

#define NAME_LEAST    12u        /* columns of a name, at least */
#define FILL_LEAST    10u        /* of a column that fills the line */
#define HEAD_LINES    4u         /* above the first table */
#define NEVER         99         /* in JSON only */

enum column_kind { TEXT, WORD, RATE, COUNT, SECONDS, MONEY, SHARE, BAR };

struct column {
    uint8_t           cell;
    enum column_kind  kind;
    uint8_t           width;     /* without the blank before it */
    uint8_t           priority;
    char              letter;    /* key that sorts by it */
    const char       *key;       /* in JSON */
    const char       *name[2];   /* en, zh */
};

#define CALL_COLUMNS                                                          \
    { TOP_C_RATES + TOP_CALLS, RATE, 8, 0, 'c', "calls_per_s",                \
      { "CALLS/s", "调用/s" } },                                              \
    { TOP_C_RATES + TOP_OK, RATE, 6, 3, 'o', "ok_per_s",                      \
      { "OK/s", "成功/s" } },                                                 \
    { TOP_C_RATES + TOP_REFUSED, RATE, 6, 1, 'd', "refused_per_s",            \
      { "REF/s", "拒绝/s" } },                                                \
    { TOP_C_RATES + TOP_FAILED, RATE, 6, 1, 'f', "failed_per_s",              \
      { "FAIL/s", "失败/s" } },                                               \
    { TOP_C_RATES + TOP_INPUT, RATE, 6, 3, 'i', "input_tokens_per_s",         \
      { "IN/s", "输入/s" } },                                                 \
    { TOP_C_RATES + TOP_OUTPUT, RATE, 6, 1, 't', "output_tokens_per_s",       \
      { "OUT/s", "输出/s" } },                                                \
    { TOP_C_FIRST_P50, SECONDS, 7, 2, 'l', "first_token_p50_s",               \
      { "TTFT50", "首字50" } },                                               \
    { TOP_C_FIRST_P95, SECONDS, 7, 2, 'L', "first_token_p95_s",               \
      { "TTFT95", "首字95" } },                                               \
    { TOP_C_TOKEN_P50, SECONDS, 7, 4, 'k', "per_token_p50_s",                 \
      { "TOKEN", "逐字" } },                                                  \
    { TOP_C_RATES + TOP_FINDINGS, RATE, 6, 3, 'n', "findings_per_s",          \
      { "FIND/s", "命中/s" } }

#define CALL_TOTALS                                                           \
    { TOP_C_RATES + TOP_LIMITED, RATE, 6, NEVER, 0, "limited_per_s",          \
      { "", "" } },                                                           \
    { TOP_C_TOTALS + TOP_CALLS, COUNT, 0, NEVER, 0, "calls", { "", "" } },    \
    { TOP_C_TOTALS + TOP_OK, COUNT, 0, NEVER, 0, "ok", { "", "" } },          \
    { TOP_C_TOTALS + TOP_REFUSED, COUNT, 0, NEVER, 0, "refused",              \
      { "", "" } },                                                           \
    { TOP_C_TOTALS + TOP_FAILED, COUNT, 0, NEVER, 0, "failed", { "", "" } },  \
    { TOP_C_TOTALS + TOP_INPUT, COUNT, 0, NEVER, 0, "input_tokens",           \
      { "", "" } },                                                           \
    { TOP_C_TOTALS + TOP_OUTPUT, COUNT, 0, NEVER, 0, "output_tokens",         \
      { "", "" } },                                                           \
    { TOP_C_TOTALS + TOP_FINDINGS, COUNT, 0, NEVER, 0, "findings",            \
      { "", "" } },                                                           \
    { TOP_C_TOTALS + TOP_LIMITED, COUNT, 0, NEVER, 0, "limited", { "", "" } }

static const struct column  scenarios[] = {
    { TOP_C_NAME, TEXT, NAME_LEAST, 0, 'a', "name",
      { "SCENARIO", "场景" } },
    CALL_COLUMNS,
    { TOP_C_SPENT, MONEY, 10, 3, 's', "spent", { "SPENT", "已支出" } },
    { TOP_C_LEFT, MONEY, 10, 2, 'm', "left", { "LEFT", "余额" } },
    { TOP_C_UNIT, WORD, 4, 5, 0, "unit", { "UNIT", "单位" } },
    { TOP_C_TITLE, TEXT, FILL_LEAST, 6, 0, "title", { "TITLE", "名称" } },
    CALL_TOTALS, { .key = NULL }
};
static const struct column  models[] = {
    { TOP_C_NAME, TEXT, NAME_LEAST, 0, 'a', "name", { "MODEL", "模型" } },
    CALL_COLUMNS, CALL_TOTALS, { .key = NULL }
};
static const struct column  upstreams[] = {
    { TOP_U_NAME, TEXT, NAME_LEAST, 0, 'a', "name",
      { "UPSTREAM", "上游" } },
    { TOP_U_STATE, WORD, 10, 0, 0, "state", { "STATE", "状态" } },
    { TOP_U_ASKED, RATE, 7, 1, 'c', "asked_per_s", { "ASKED/s", "请求/s" } },
    { TOP_U_FAILED, RATE, 6, 1, 'f', "failed_per_s",
      { "FAIL/s", "失败/s" } },
    { TOP_U_OUT, SECONDS, 7, 0, 'u', "out_s", { "OUT FOR", "停用" } },
    { TOP_U_ASKED_TOTAL, COUNT, 8, 2, 0, "asked", { "ASKED", "请求" } },
    { TOP_U_FAILED_TOTAL, COUNT, 8, 2, 0, "failed", { "FAILED", "失败" } },
    { .key = NULL }
};
static const struct column  rules[] = {
    { TOP_R_RULE, TEXT, NAME_LEAST, 0, 'a', "rule", { "RULE", "规则" } },
    { TOP_R_ACTION, WORD, 12, 0, 0, "action", { "ACTION", "动作" } },
    { TOP_R_DIRECTION, WORD, 7, 1, 0, "direction", { "IN", "方向" } },
    { TOP_R_FINDINGS, RATE, 6, 0, 'n', "findings_per_s",
      { "FIND/s", "命中/s" } },
    { TOP_R_CALLS, RATE, 7, 2, 'c', "calls_per_s",
      { "CALLS/s", "调用/s" } },
    { TOP_R_FINDINGS_TOTAL, COUNT, 8, 1, 't', "findings",
      { "FINDINGS", "命中" } },
    { TOP_R_CALLS_TOTAL, COUNT, 8, 2, 'C', "calls", { "CALLS", "调用" } },
    { .key = NULL }
};
static const struct column  limits[] = {
    { TOP_L_NAME, TEXT, NAME_LEAST, 0, 'a', "name", { "NAME", "名称" } },
    { TOP_L_KIND, WORD, 8, 1, 0, "kind", { "KIND", "种类" } },
    { TOP_L_LIMIT, WORD, 11, 0, 0, "limit", { "LIMIT", "上限" } },
    { TOP_L_PER, WORD, 6, 0, 0, "per", { "PER", "每" } },
    { TOP_L_USED, COUNT, 8, 0, 'u', "used", { "USED", "已用" } },
    { TOP_L_MAX, COUNT, 8, 0, 'm', "max", { "MAX", "上限值" } },
    { TOP_L_SHARE, SHARE, 5, 0, 'p', "share", { "FULL", "占比" } },
    { TOP_L_SHARE, BAR, FILL_LEAST, 3, 0, NULL, { "", "" } },
    { .key = NULL, .priority = NEVER }
};

static const struct column *const  tables[TOP_TABLES] = {
    scenarios, models, upstreams, rules, limits
};
static const char *const  table_keys[TOP_TABLES] = {
    "scenarios", "models", "upstreams", "rules", "limits"
};
static const enum top_table  first_of[TOP_VIEWS] = {
    TOP_SCENARIOS, TOP_MODELS, TOP_RULES, TOP_LIMITS
};

/* Words that the keeper writes, for people. */
static const char *const  words[][3] = {
    { "closed", "up", "正常" }, { "half_open", "trial", "试探" },
    { "open", "out", "停用" }, { "waits", "waits", "等待" },
    { "down", "down", "检查失败" },
    { "request", "request", "请求" }, { "answer", "answer", "回答" },
    { "allow", "allow", "放行" }, { "observe", "observe", "仅记录" },
    { "label", "label", "标识" },
    { "pseudonymise", "pseudonymise", "化名" },
    { "redact", "redact", "遮盖" }, { "deny", "deny", "拒绝" },
    { "scenario", "scenario", "场景" }, { "model", "model", "模型" },
    { "requests", "requests", "请求数" }, { "tokens", "tokens", "词元" },
    { "concurrency", "in flight", "并发" }, { "second", "second", "秒" },
    { "minute", "minute", "分钟" }, { "hour", "hour", "小时" },
    { "day", "day", "天" }
};

struct draw {                    /* the screen that is being made */
    const struct top_screen  *s;
    void                    (*line)(void *ctx, const char *text);
    void                     *ctx;
    unsigned                  left;      /* lines; UINT_MAX: no end */
};


static bool
is_end(const struct column *c)
{
    return c->key == NULL && c->kind != BAR;
}


static const char *
word(const char *s, bool chinese)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], s) == 0) {
            return words[i][chinese ? 2 : 1];
        }
    }
    return s;
}


void
top_screen_init(struct top_screen *s)
{
    memset(s, 0, sizeof(*s));
    s->sort[TOP_SCENARIOS] = s->sort[TOP_MODELS] = 1;    /* calls */
    s->sort[TOP_UPSTREAMS] = 4;                          /* out for */
    s->sort[TOP_RULES] = 3;                              /* findings */
    s->sort[TOP_LIMITS] = 6;                             /* full */
}


/* Which columns fit, and how wide they are; 0: not shown. */
static void
fit(const struct column *c, const struct top_list *rows, unsigned width,
    unsigned out[TOP_COLUMNS_MAX])
{
    const struct top_row *const  r = rows->at;
    unsigned                     used = 0, name = NAME_LEAST, last = 0;

    memset(out, 0, TOP_COLUMNS_MAX * sizeof(*out));
    if (width <= NAME_LEAST) {   /* not even room for a name */
        out[0] = width;
        return;
    }
    for (unsigned p = 0; p < NEVER; p++) {
        bool  full = false;

        for (unsigned i = 0; !is_end(&c[i]); i++) {
            const unsigned  more = c[i].width + (i > 0);

            if (c[i].priority != p) {
                continue;
            }
            if (used + more > width) {
                full = true;
                continue;
            }
            out[i] = c[i].width;
            used += more;
            last = i > last ? i : last;
        }
        if (full) {
            break;
        }
    }
    for (size_t i = 0; i < rows->n; i++) {
        const unsigned  w = top_width(r[i].c[c[0].cell].s);

        name = w > name ? w : name;
    }
    name = name < out[0] + width - used ? name : out[0] + width - used;
    if (name > out[0]) {
        used += name - out[0];
        out[0] = name;
    }
    if (last > 0 && (c[last].kind == TEXT || c[last].kind == BAR)) {
        out[last] += width - used;
    }
}


struct order {
    const struct column  *by, *name;
    bool                  reverse;
};


static int
compare(const struct column *c, const struct top_row *a,
    const struct top_row *b)
{
    const struct top_cell *const  x = &a->c[c->cell], *const y =
        &b->c[c->cell];

    if (c->kind == TEXT || c->kind == WORD) {
        return strcmp(x->s, y->s);
    }
    /* Numbers from the greatest; what was not measured comes last. */
    if (isnan(x->v) || isnan(y->v)) {
        return (isnan(x->v) != 0) - (isnan(y->v) != 0);
    }
    return (x->v < y->v) - (x->v > y->v);
}


/* Equal rows stand in the order of their names: they must not jump. */
static int
in_order(const void *a, const void *b, void *ctx)
{
    const struct order *const  o = ctx;
    const int                  d = compare(o->by, a, b);

    return d == 0 ? compare(o->name, a, b) : o->reverse ? -d : d;
}


static void
sort(enum top_table t, struct top_list *rows, int column, bool reverse)
{
    struct order  o = { &tables[t][column], &tables[t][0], reverse };

    if (rows->n > 1) {
        qsort_r(rows->at, rows->n, sizeof(struct top_row), in_order, &o);
    }
}


void
top_sort_next(struct top_screen *s, int step)
{
    const enum top_table         t = first_of[s->view];
    const struct top_list        none = { 0 };
    unsigned                     width[TOP_COLUMNS_MAX];
    int                          n = 0, i = s->sort[t];

    fit(tables[t], &none, s->width, width);
    while (!is_end(&tables[t][n])) {
        n++;
    }
    for (int k = 0; k < n; k++) {
        i = (i + step + n) % n;
        if (width[i] > 0 && tables[t][i].kind != BAR) {
            s->sort[t] = i;
            s->reverse[t] = false;
            return;
        }
    }
}


bool
top_sort_letter(struct top_screen *s, char letter)
{
    const enum top_table  t = first_of[s->view];

    for (int i = 0; !is_end(&tables[t][i]); i++) {
        if (letter != 0 && tables[t][i].letter == letter) {
            s->reverse[t] = s->sort[t] == i ? !s->reverse[t] : false;
            s->sort[t] = i;
            return true;
        }
    }
    return false;
}


static void
emit(struct draw *d, const struct top_line *l)
{
    if (d->left > 0) {
        d->left -= d->left != UINT_MAX;
        d->line(d->ctx, l->at);
    }
}


static void
attribute(const struct draw *d, struct top_line *l, const char *what)
{
    if (d->s->attributes) {
        top_raw(l, what);
    }
}


static void
bar(double share, unsigned width, char *out, size_t size)
{
    const unsigned  full = isnan(share) ? 0
        : (unsigned) (share < 1 ? share * width + 0.5 : width);
    size_t          n = 0;

    for (unsigned i = 0; i < width && n + 4 < size; i++) {
        n += (size_t) snprintf(out + n, size - n, "%s",
                               i < full ? "█" : "░");
    }
}


static void
put_cell(struct top_line *l, const struct column *c,
    const struct top_cell *cell, unsigned width, bool chinese)
{
    char  text[TOP_WIDTH_MAX * 3 + 8] = "";

    switch (c->kind) {
    case TEXT:
        top_put(l, cell->s, width, false);
        return;
    case WORD:
        top_put(l, word(cell->s, chinese), width, false);
        return;
    case RATE:
        top_number(cell->v, text);
        break;
    case COUNT:                  /* whole, as long as there is room */
        if (cell->v >= 0 && cell->v < 9999.5) {
            (void) snprintf(text, sizeof(text), "%.0f", cell->v);
        } else {
            top_number(cell->v, text);
        }
        break;
    case SECONDS:
        top_seconds(cell->v, text);
        break;
    case MONEY:
        top_money(cell->v, text);
        break;
    case SHARE:
        (void) snprintf(text, sizeof(text), isnan(cell->v) ? "-" : "%.0f%%",
                        cell->v < 9.99 ? cell->v * 100 : 999.0);
        break;
    case BAR:
        bar(cell->v, width, text, sizeof(text));
        break;
    }
    top_put(l, text, width, true);
}


static void
draw_head(struct draw *d, enum top_table t, const unsigned *width)
{
    const struct column  *c = tables[t];
    struct top_line       l = { 0 };

    attribute(d, &l, "\033[7m");
    for (unsigned i = 0; !is_end(&c[i]); i++) {
        const bool  sorted = (int) i == d->s->sort[t];
        char        name[64];

        if (width[i] == 0) {
            continue;
        }
        (void) snprintf(name, sizeof(name), "%s", c[i].name[d->s->chinese]);
        if (i > 0) {
            top_put(&l, "", 1, false);
        }
        if (sorted) {            /* bold, and a mark where there is room */
            attribute(d, &l, "\033[1m");
            if (top_width(name) < width[i]) {
                (void) snprintf(name, sizeof(name), "%s%s",
                                c[i].name[d->s->chinese],
                                d->s->reverse[t] ? "↑" : "↓");
            }
        }
        top_put(&l, name, width[i], c[i].kind != TEXT && c[i].kind != WORD);
        if (sorted) {
            attribute(d, &l, "\033[22m");
        }
    }
    if (d->s->attributes && l.width < d->s->width) {
        top_put(&l, "", d->s->width - l.width, false);
    }
    attribute(d, &l, "\033[0m");
    emit(d, &l);
}


/* At most `most` lines, its head included. */
static void
draw_table(struct draw *d, enum top_table t, struct top_list *rows,
    unsigned most, unsigned from)
{
    const struct top_row  *r = rows->at;
    const struct column   *c = tables[t];
    unsigned               width[TOP_COLUMNS_MAX];

    if (most == 0) {
        return;
    }
    fit(c, rows, d->s->width, width);
    sort(t, rows, d->s->sort[t], d->s->reverse[t]);
    draw_head(d, t, width);
    for (size_t i = from; i < rows->n && i - from + 1 < most; i++) {
        struct top_line  l = { 0 };
        const bool       bad = (t == TOP_UPSTREAMS
                                && !isnan(r[i].c[TOP_U_OUT].v))
                               || (t == TOP_LIMITS
                                   && r[i].c[TOP_L_SHARE].v >= 1);

        attribute(d, &l, bad ? "\033[1m" : "");
        for (unsigned k = 0; !is_end(&c[k]); k++) {
            if (width[k] > 0) {
                if (k > 0) {
                    top_put(&l, "", 1, false);
                }
                put_cell(&l, &c[k], &r[i].c[c[k].cell], width[k],
                         d->s->chinese);
            }
        }
        attribute(d, &l, bad ? "\033[0m" : "");
        emit(d, &l);
    }
}


static void
say(struct draw *d, struct top_line *l, const char *text)
{
    if (l->width < d->s->width) {
        top_say(l, text, d->s->width - l->width);
    }
}


static void
say_number(struct draw *d, struct top_line *l, const char *before, double v,
    void (*how)(double v, char out[16]), const char *behind)
{
    char  text[16];

    how(v, text);
    say(d, l, before);
    say(d, l, text);
    say(d, l, behind);
}


/* Who, when, under which rules, and what is wrong. */
static void
head_first(struct draw *d, const struct top_sample *now)
{
    const bool       zh = d->s->chinese;
    struct top_line  l = { 0 };
    char             text[192];

    (void) snprintf(text, sizeof(text), "weir top  %s", d->s->clock);
    attribute(d, &l, "\033[1m");
    say(d, &l, text);
    attribute(d, &l, "\033[0m");
    if (now != NULL) {
        (void) snprintf(text, sizeof(text), zh ? "  规则第 %lld 代"
                        "  日志积压 %lld 字节" : "  rules generation %lld"
                        "  journal lag %lld B", (long long) now->generation,
                        (long long) now->lag_bytes);
        say(d, &l, text);
        if (now->failing) {
            say(d, &l, zh ? "  日志无法入账" : "  JOURNAL CANNOT BE POSTED");
        }
    }
    if (d->s->paused) {
        say(d, &l, zh ? "  已暂停" : "  paused");
    }
    if (d->s->problem != NULL) {
        attribute(d, &l, "\033[7m");
        say(d, &l, "  ");
        say(d, &l, d->s->problem);
        attribute(d, &l, "\033[0m");
    }
    emit(d, &l);
}


static void
head_calls(struct draw *d, const struct top_rows *rows)
{
    const bool                    zh = d->s->chinese;
    const struct top_cell *const  c = rows->total;
    const struct top_cell *const  rate = &c[TOP_C_RATES];
    struct top_line               l = { 0 };

    say_number(d, &l, zh ? "调用 " : "calls ", rate[TOP_CALLS].v, top_number,
               "/s");
    say_number(d, &l, zh ? "  成功 " : "  ok ", rate[TOP_OK].v, top_number,
               "");
    say_number(d, &l, zh ? "  拒绝 " : "  refused ", rate[TOP_REFUSED].v,
               top_number, "");
    say_number(d, &l, zh ? "  失败 " : "  failed ", rate[TOP_FAILED].v,
               top_number, "");
    say_number(d, &l, zh ? "  入 " : "  in ", rate[TOP_INPUT].v,
               top_number, "/s");
    say_number(d, &l, zh ? " 出 " : " out ", rate[TOP_OUTPUT].v, top_number,
               "/s");
    say_number(d, &l, zh ? "  首字 " : "  ttft ", c[TOP_C_FIRST_P50].v,
               top_seconds, "");
    say_number(d, &l, "/", c[TOP_C_FIRST_P95].v, top_seconds, "");
    emit(d, &l);
}


static void
head_health(struct draw *d, const struct top_sample *now,
    const struct top_rows *rows)
{
    const bool                        zh = d->s->chinese;
    const struct top_upstream *const  u = now->upstreams.at;
    const struct top_limit *const     lim = now->limits.at;
    struct top_line                   l = { 0 };
    char                              text[128];
    size_t                            up = 0, full = 0;

    for (size_t i = 0; i < now->upstreams.n; i++) {
        up += strcmp(u[i].state, "closed") == 0;
    }
    for (size_t i = 0; i < now->limits.n; i++) {
        full += lim[i].used >= lim[i].max;
    }
    (void) snprintf(text, sizeof(text), zh
        ? "上游 %zu/%zu 正常  上限 %zu/%zu 已满  密钥 %lld/%lld 已满"
        : "upstreams %zu of %zu up  limits %zu of %zu full"
          "  keys %lld of %lld full", up, now->upstreams.n, full,
        now->limits.n, (long long) now->keys_full, (long long) now->keys);
    say(d, &l, text);
    say_number(d, &l, zh ? "  命中 " : "  findings ",
               rows->total[TOP_C_RATES + TOP_FINDINGS].v, top_number, "/s");
    emit(d, &l);
}


static void
head_views(struct draw *d)
{
    static const char *const  names[TOP_VIEWS][2] = {
        { "1 scenarios", "1 场景" }, { "2 models, upstreams", "2 模型与上游" },
        { "3 rules", "3 规则" }, { "4 limits", "4 上限" }
    };
    struct top_line           l = { 0 };

    for (unsigned v = 0; v < TOP_VIEWS; v++) {
        const bool  here = v == d->s->view;

        say(d, &l, v > 0 ? "  " : "");
        attribute(d, &l, here ? "\033[1;4m" : "");
        say(d, &l, !d->s->attributes && here ? "*" : "");
        say(d, &l, names[v][d->s->chinese]);
        attribute(d, &l, here ? "\033[0m" : "");
    }
    emit(d, &l);
}


static void
draw_help(struct draw *d)
{
    static const char *const  text[][2] = {
        { "q, Ctrl-C        quit", "q、Ctrl-C        退出" },
        { "1 2 3 4, Tab     scenarios; models, upstreams; rules; limits",
          "1 2 3 4、Tab     场景；模型与上游；规则；上限" },
        { "Left, Right, <, >  the column to sort by",
          "左、右、<、>     排序列" },
        { "a name  c calls  o ok  d refused  f failed  i input  t output",
          "a 名称  c 调用  o 成功  d 拒绝  f 失败  i 输入  t 输出" },
        { "l L first token  k per token  n findings  s spent  m left",
          "l L 首字  k 逐字  n 命中  s 已支出  m 余额" },
        { "u used  p how full        the same key again: reversed",
          "u 已用  p 占比           再按一次：倒序" },
        { "r                reverse the order", "r                倒序" },
        { "Up, Down, Page   scroll", "上、下、翻页     滚动" },
        { "+ -              slower, faster", "+ -              更慢、更快" },
        { "space            pause", "空格             暂停" },
        { "", "" },
        { "TTFT50, TTFT95: time to the first token, median and 95 of 100,",
          "首字50、首字95：到首个词元的时间，中位数与 95 分位；" },
        { "TOKEN: time between tokens, median; of the last ten samples.",
          "逐字：词元间隔的中位数；取最近十次采样。" },
        { "All counted from the journal, as /metrics is.",
          "均由日志计得，与 /metrics 同源。" }
    };

    for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        struct top_line  l = { 0 };

        say(d, &l, text[i][d->s->chinese]);
        emit(d, &l);
    }
}


static void
draw_views(struct draw *d, struct top_rows *rows)
{
    const enum top_table  t = first_of[d->s->view];
    const unsigned        second = (unsigned) rows->table[TOP_UPSTREAMS].n
                                   + 2;      /* blank line and head */
    struct top_line       blank = { 0 };

    if (d->s->view != TOP_VIEW_MODELS) {
        draw_table(d, t, &rows->table[t], d->left, d->s->scroll);
        return;
    }
    /* Half of the room for the upstreams, more when the models need less. */
    {
        const unsigned  half = d->left / 2;
        const unsigned  need = (unsigned) rows->table[t].n + 1;
        unsigned        most = second < half ? d->left - second
                                             : d->left - half;

        draw_table(d, t, &rows->table[t], need < most ? need : most,
                   d->s->scroll);
    }
    emit(d, &blank);
    draw_table(d, TOP_UPSTREAMS, &rows->table[TOP_UPSTREAMS], d->left, 0);
}


void
top_draw(struct top_screen *s, const struct top_sample *now,
    struct top_rows *rows, void (*line)(void *ctx, const char *text),
    void *ctx)
{
    struct draw      d = { s, line, ctx, UINT_MAX };
    struct top_line  keys = { 0 };
    const unsigned   foot = s->height > HEAD_LINES + 2 ? 1 : 0;

    if (s->height > 0) {
        d.left = s->height - foot;
    }
    head_first(&d, now);
    if (now != NULL) {
        const size_t  n = rows->table[first_of[s->view]].n;

        if (s->scroll + 1 > n) {
            s->scroll = n > 0 ? (unsigned) n - 1 : 0;
        }
        head_calls(&d, rows);
        head_health(&d, now, rows);
    }
    head_views(&d);
    if (s->help) {
        draw_help(&d);
    } else if (now != NULL) {
        draw_views(&d, rows);
    }
    if (s->height > 0 && foot > 0) {
        const struct top_line  blank = { 0 };

        while (d.left > 0) {
            emit(&d, &blank);
        }
        d.left = 1;
        say(&d, &keys, s->chinese
            ? "q 退出  Tab 视图  ←→ 排序  r 倒序  ↑↓ 滚动  空格 暂停  h 帮助"
            : "q quit  Tab view  ←→ sort  r reverse  ↑↓ scroll  "
              "space pause  h help");
        emit(&d, &keys);
    }
}


static void
json_cell(json_t *o, const struct column *c, const struct top_cell *cell)
{
    if (c->key == NULL) {
        return;
    }
    if (c->kind == TEXT || c->kind == WORD) {
        if (cell->s[0] != '\0') {
            (void) json_object_set_new(o, c->key, json_string(cell->s));
        }
    } else if (c->kind == COUNT) {
        (void) json_object_set_new(o, c->key,
                                   json_integer((json_int_t) cell->v));
    } else {
        (void) json_object_set_new(o, c->key, isnan(cell->v)
                                   ? json_null() : json_real(cell->v));
    }
}


json_t *
top_json(const struct top_sample *now, const struct top_rows *rows,
    const char *at)
{
    json_t  *doc = json_pack("{s:s, s:f, s:I, s:I, s:I, s:{s:I, s:I}}",
        "at", at, "seconds", rows->seconds,
        "keeper", (json_int_t) now->pid,
        "generation", (json_int_t) now->generation,
        "journal_lag_bytes", (json_int_t) now->lag_bytes,
        "keys", "limited", (json_int_t) now->keys,
        "full", (json_int_t) now->keys_full);
    json_t  *total = json_object();

    for (unsigned t = 0; t < TOP_TABLES; t++) {
        const struct top_row *const  r = rows->table[t].at;
        json_t                      *list = json_array();

        for (size_t i = 0; i < rows->table[t].n; i++) {
            json_t  *o = json_object();

            for (const struct column *c = tables[t]; !is_end(c); c++) {
                json_cell(o, c, &r[i].c[c->cell]);
            }
            (void) json_array_append_new(list, o);
        }
        (void) json_object_set_new(doc, table_keys[t], list);
    }
    for (const struct column *c = models + 1; !is_end(c); c++) {
        json_cell(total, c, &rows->total[c->cell]);
    }
    (void) json_object_set_new(doc, "total", total);
    return doc;
}
