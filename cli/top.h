/*
 * top.h: the parts of `weir top`, in the order in which numbers pass them:
 *
 *   top_sample   what the keeper says now: /metrics and status, as read
 *   top_rates    two samples become rows: rates, quantiles, totals
 *   top_text     columns of a terminal: widths, cuts, short numbers
 *   top_view     rows become lines: which columns fit, in which order
 *   top_term     the terminal: raw, its size, and as it was before
 *   cmd_top      options, the clock, keys
 *
 * Nothing is measured here: rates are differences of the counters of
 * /metrics, quantiles come from the same buckets that Prometheus gets.
 */
#ifndef WEIR_TOP_H
#define WEIR_TOP_H

#include "weir/base.h"
#include "weir/limits.h"

#include <jansson.h>
#include <stdio.h>

#define TOP_NAME_BYTES    128u   /* names are shorter, titles are cut */
#define TOP_ROWS_MAX      (WEIR_METERS_MAX / 2 * 9)  /* of one kind: as many
                                    names may have limits, each of 9 kinds */
#define TOP_BOUNDS_MAX    16u    /* of a histogram, +Inf included */
#define TOP_COLUMNS_MAX   24u    /* cells of a row */
#define TOP_LINE_BYTES    4096u  /* 500 columns, wide, with attributes */
#define TOP_WIDTH_MAX     500u
#define TOP_WIDTH_PLAIN   160u   /* where there is no terminal */

/* ---- top_sample.c ---- */

enum top_counter {
    TOP_CALLS, TOP_OK, TOP_REFUSED, TOP_FAILED, TOP_INPUT, TOP_OUTPUT,
    TOP_FINDINGS, TOP_LIMITED, TOP_COUNTERS
};
enum top_times { TOP_FIRST, TOP_TOKEN, TOP_TIMES };

struct top_histogram {           /* cumulative, as Prometheus writes it */
    double    le[TOP_BOUNDS_MAX];
    double    count[TOP_BOUNDS_MAX];
    unsigned  n;
};

struct top_series {              /* of a scenario and a model */
    char                  scenario[TOP_NAME_BYTES];
    char                  model[TOP_NAME_BYTES];
    double                count[TOP_COUNTERS];
    struct top_histogram  times[TOP_TIMES];
};

struct top_rule {
    char    rule[TOP_NAME_BYTES];
    char    action[16], direction[16];
    double  calls, findings;
};

struct top_upstream {
    char    name[TOP_NAME_BYTES];
    char    state[16];
    double  out_ms, asked, failed;
};

struct top_limit {
    char    kind[16], name[TOP_NAME_BYTES], limit[16], per[16];
    double  used, max;
};

struct top_grant {
    char    scenario[TOP_NAME_BYTES], unit[16];
    double  limit, spent, reserved;
};

struct top_list {                /* of any of the above */
    void    *at;
    size_t   n, cap;
};

struct top_sample {
    uint64_t         at_ms;      /* monotonic */
    int64_t          pid;        /* of the keeper: another one counts anew */
    int64_t          generation, lag_bytes, keys, keys_full, damaged_bytes;
    bool             failing;    /* journals cannot be posted */
    struct top_list  series, rules, upstreams, limits, grants;
};

/* Fill from the two texts; false when one of them is not what it should be.
   Either way top_sample_release frees. */
bool top_sample_read(struct top_sample *s, const char *metrics,
    const char *status, uint64_t at_ms);
void top_sample_release(struct top_sample *s);

/* ---- top_rates.c ---- */

struct top_title {
    char  scenario[TOP_NAME_BYTES], title[TOP_NAME_BYTES];
};

enum top_table { TOP_SCENARIOS, TOP_MODELS, TOP_UPSTREAMS, TOP_RULES,
                 TOP_LIMITS, TOP_TABLES };

/* Cells of a row of scenarios and of models: those under totals count since
   the keeper started. */
enum top_call_cell {
    TOP_C_NAME, TOP_C_RATES,
    TOP_C_FIRST_P50 = TOP_C_RATES + TOP_COUNTERS, TOP_C_FIRST_P95,
    TOP_C_TOKEN_P50, TOP_C_SPENT, TOP_C_LEFT, TOP_C_UNIT, TOP_C_TITLE,
    TOP_C_TOTALS, TOP_C_CALL_CELLS = TOP_C_TOTALS + TOP_COUNTERS
};
enum top_upstream_cell { TOP_U_NAME, TOP_U_STATE, TOP_U_ASKED, TOP_U_FAILED,
                         TOP_U_OUT, TOP_U_ASKED_TOTAL, TOP_U_FAILED_TOTAL };
enum top_rule_cell { TOP_R_RULE, TOP_R_ACTION, TOP_R_DIRECTION,
                     TOP_R_FINDINGS, TOP_R_CALLS, TOP_R_FINDINGS_TOTAL,
                     TOP_R_CALLS_TOTAL };
enum top_limit_cell { TOP_L_NAME, TOP_L_KIND, TOP_L_LIMIT, TOP_L_PER,
                      TOP_L_USED, TOP_L_MAX, TOP_L_SHARE };

static_assert(TOP_C_CALL_CELLS <= TOP_COLUMNS_MAX, "a row holds them");

struct top_cell {
    double       v;              /* NAN: nothing was measured */
    const char  *s;              /* of columns of text */
};

struct top_row {
    struct top_cell  c[TOP_COLUMNS_MAX];     /* in the order of the columns */
};

struct top_rows {
    struct top_list   table[TOP_TABLES];     /* of struct top_row */
    struct top_cell   total[TOP_COLUMNS_MAX];/* over all scenarios */
    double            seconds;               /* that the rates speak of */
};

/* How much a counter rose; one that fell began anew at 0. */
double top_rise(double before, double now);

/* The quantile of what came between two readings, interpolated as
   histogram_quantile does; NAN when nothing came. `before` NULL: of all. */
double top_quantile(const struct top_histogram *before,
    const struct top_histogram *now, double q);

/* Rates between `before` and `now`, quantiles between `old` and `now`. Texts
   of the rows stay in `now` and `titles`, which must outlive them. False: out
   of memory. */
bool top_rates(const struct top_sample *old, const struct top_sample *before,
    const struct top_sample *now, const struct top_list *titles,
    struct top_rows *out);
void top_rows_release(struct top_rows *r);

/* A new, zeroed element at the end; NULL: out of memory or TOP_ROWS_MAX. */
void *top_list_add(struct top_list *l, size_t size);

/* ---- top_text.c ---- */

/* Columns of UTF-8 on a terminal: 2 for wide characters, 0 for combining. */
unsigned top_width(const char *s);
/* Append `s` to the line, cut or filled to exactly `width` columns, to the
   right side when `right`. What would move the cursor or turn the direction
   of writing is left out; a cut ends in an ellipsis. */
struct top_line {
    char      at[TOP_LINE_BYTES];
    size_t    len;
    unsigned  width;             /* columns that are taken */
};
void top_put(struct top_line *l, const char *s, unsigned width, bool right);
/* The same as wide as it is, at most `most` columns. */
void top_say(struct top_line *l, const char *s, unsigned most);
/* Bytes that take no column: attributes. */
void top_raw(struct top_line *l, const char *s);
/* 5 columns at most: 0 0.12 9.9 123 12.3k 4.5M; NAN "-". */
void top_number(double v, char out[16]);
/* 6 columns at most: 0.5ms 12ms 1.50s 75s; NAN "-". */
void top_seconds(double v, char out[16]);
/* 10 columns at most; what is less than 1 with four places. */
void top_money(double v, char out[32]);

/* ---- top_view.c ---- */

enum top_view { TOP_VIEW_SCENARIOS, TOP_VIEW_MODELS, TOP_VIEW_RULES,
                TOP_VIEW_LIMITS, TOP_VIEWS };

struct top_screen {
    enum top_view  view;
    int            sort[TOP_TABLES];     /* column */
    bool           reverse[TOP_TABLES];
    unsigned       scroll;               /* rows of the view's first table */
    unsigned       width, height;        /* height 0: as many as there are */
    bool           attributes;           /* a terminal: reverse, bold */
    bool           chinese, paused, help;
    unsigned       delay_ms;
    const char    *problem;              /* NULL: the keeper answers */
    char           clock[32];
};

void top_screen_init(struct top_screen *s);
/* The column beside the one that the first table of the view is sorted by,
   among those that are shown. */
void top_sort_next(struct top_screen *s, int step);
/* By letter; false: no such column here. */
bool top_sort_letter(struct top_screen *s, char letter);
/* All lines, each by `line(ctx, text)`; sorts the rows. `now` NULL: nothing
   was read yet. */
void top_draw(struct top_screen *s, const struct top_sample *now,
    struct top_rows *rows, void (*line)(void *ctx, const char *text),
    void *ctx);
/* One object with all tables. */
json_t *top_json(const struct top_sample *now, const struct top_rows *rows,
    const char *at);

/* ---- top_term.c ---- */

/* Standard input raw, another screen, no cursor; as before at exit and on
   every signal that ends or stops the process. False: it is no terminal. */
bool top_term_open(void);
void top_term_close(void);
void top_term_size(unsigned *width, unsigned *height);
/* A key, or 0 after `ms`, or at once when the size changed. */
int top_term_key(unsigned ms);

enum { TOP_KEY_UP = 256, TOP_KEY_DOWN, TOP_KEY_LEFT, TOP_KEY_RIGHT,
       TOP_KEY_PAGE_UP, TOP_KEY_PAGE_DOWN, TOP_KEY_HOME, TOP_KEY_BACK_TAB,
       TOP_KEY_END_OF_INPUT };

#endif
