/*
 * top_test.c: columns of narrow and wide terminals, with wide characters;
 * what two samples give, over restarts of the keeper; what is read of text
 * that is damaged.
 */
#include "base/test.h"
#include "top.h"

#include <math.h>

#define METRICS(ok, refused, low, high)                                       \
    "# HELP weir_requests_total x\n# TYPE weir_requests_total counter\n"      \
    "weir_requests_total{weir_scenario=\"s\",gen_ai_request_model=\"m\","     \
    "ending=\"ok\"} " ok "\n"                                                 \
    "weir_requests_total{weir_scenario=\"s\",gen_ai_request_model=\"m\","     \
    "ending=\"denied\"} " refused "\n"                                        \
    "weir_requests_total{weir_scenario=\"s\",gen_ai_request_model=\"m\","     \
    "ending=\"client_gone\"} 0\n"                                             \
    "gen_ai_client_token_usage_total{weir_scenario=\"s\","                    \
    "gen_ai_request_model=\"m\",gen_ai_token_type=\"output\"} " ok "0\n"      \
    "gen_ai_server_time_to_first_token_seconds_bucket{weir_scenario=\"s\","   \
    "gen_ai_request_model=\"m\",le=\"0.1\"} " low "\n"                        \
    "gen_ai_server_time_to_first_token_seconds_bucket{weir_scenario=\"s\","   \
    "gen_ai_request_model=\"m\",le=\"0.2\"} " high "\n"                       \
    "gen_ai_server_time_to_first_token_seconds_bucket{weir_scenario=\"s\","   \
    "gen_ai_request_model=\"m\",le=\"+Inf\"} " high "\n"                      \
    "weir_of_tomorrow{a=\"1\",b=\"2\",c=\"3\",d=\"4\",e=\"5\"} 6\n"

#define STATUS(pid)                                                           \
    "{\"pid\": " pid ", \"generation\": 3, \"journal\": {\"lag_bytes\": 7},"  \
    " \"upstreams\": [{\"name\": \"u\", \"state\": \"open\", \"out_ms\":"     \
    " 1500, \"asked\": 4, \"failed\": 2}], \"limits\": {\"keys\": 2,"         \
    " \"keys_full\": 1, \"of\": [{\"kind\": \"scenario\", \"name\": \"s\","   \
    " \"limit\": \"requests\", \"per\": \"minute\", \"used\": 3, \"max\":"    \
    " 4}]}, \"grants\": [{\"scenario\": \"s\", \"fund\": \"f\", \"unit\":"    \
    " \"CNY\", \"limit\": \"10.00\", \"spent\": \"2.50\", \"reserved\":"      \
    " \"0.50\"}]}"

struct seen {                    /* the lines of a screen */
    char      text[64][TOP_LINE_BYTES];
    unsigned  n;
};


static void
test_width(void)
{
    static const struct {
        const char  *text;
        unsigned     width;
    } cases[] = {
        { "", 0 }, { "abc", 3 }, { "市民热线", 8 }, { "a市b", 4 },
        { "（全角）", 8 }, { "e\xcc\x81", 1 }, { "\xff\xfe", 2 },
        { "\xe5\xb8", 2 }, { "\x1b[2J", 4 }, { "a\nb", 3 },
        { "\xe2\x80\xae" "abc", 3 }
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_MSG(top_width(cases[i].text) == cases[i].width, "case %zu: %u",
                  i, top_width(cases[i].text));
    }
}


static void
check_put(const char *s, unsigned width, bool right, const char *expected)
{
    struct top_line  l = { 0 };

    top_put(&l, s, width, right);
    CHECK_MSG(strcmp(l.at, expected) == 0, "%s in %u: '%s'", s, width, l.at);
    CHECK(l.width == width);
    CHECK(top_width(l.at) == width);
}


static void
test_put(void)
{
    check_put("abc", 5, false, "abc  ");
    check_put("abc", 5, true, "  abc");
    check_put("abcdef", 4, false, "abc…");
    check_put("abc", 3, false, "abc");
    check_put("abc", 1, false, "…");
    check_put("abc", 0, false, "");
    check_put("市民热线", 8, false, "市民热线");
    check_put("市民热线", 9, true, " 市民热线");
    check_put("市民热线", 7, false, "市民热…");
    /* Half of a wide character cannot be shown. */
    check_put("市民热线", 6, false, "市民… ");
    check_put("市民", 1, false, "…");
    /* Nothing moves the cursor or turns the line round. */
    check_put("a\x1b[2Jb", 7, false, "a?[2Jb ");
    check_put("a\r\nb\t", 6, false, "a??b? ");
    check_put("a\xe2\x80\xae" "b", 3, false, "ab ");
}


static void
test_numbers(void)
{
    static const double  at[] = {
        0, 0.001, 0.12, 0.999, 1, 9.94, 9.96, 99.9, 999, 9999, 9999.6, 12345,
        99949, 99951, 123456, 999499, 999501, 1e6, 1e9, 1e12, 9e14, 1e30
    };
    char                 text[32];

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        top_number(at[i], text);
        CHECK_MSG(strlen(text) <= (at[i] < 1e17 ? 5 : 6), "%g: %s", at[i],
                  text);
        top_seconds(at[i], text);
        CHECK_MSG(strlen(text) <= 6, "%g: %s", at[i], text);
        top_money(at[i], text);
        CHECK_MSG(strlen(text) <= 10, "%g: %s", at[i], text);
    }
    top_number(12345, text);
    CHECK(strcmp(text, "12.3k") == 0);
    top_number(999501, text);
    CHECK(strcmp(text, "1.0M") == 0);
    top_seconds(0.0123, text);
    CHECK(strcmp(text, "12ms") == 0);
    top_money(0.000123, text);
    CHECK(strcmp(text, "0.0001") == 0);
    top_number(NAN, text);
    CHECK(strcmp(text, "-") == 0);
}


static struct top_sample
sample(const char *metrics, const char *status, uint64_t at_ms)
{
    struct top_sample  s;

    CHECK(top_sample_read(&s, metrics, status, at_ms));
    return s;
}


/* Rates and quantiles of one row, from sample to sample. */
static void
check_rates(const struct top_sample *a, const struct top_sample *b,
    double calls, double refused, double p50, double total)
{
    const struct top_list   titles = { 0 };
    struct top_rows         rows;
    const struct top_row   *r;

    CHECK(top_rates(a, a, b, &titles, &rows));
    CHECK(rows.table[TOP_SCENARIOS].n == 1 && rows.table[TOP_MODELS].n == 1);
    r = rows.table[TOP_SCENARIOS].at;
    CHECK(strcmp(r->c[TOP_C_NAME].s, "s") == 0);
    CHECK_MSG(fabs(r->c[TOP_C_RATES + TOP_CALLS].v - calls) < 1e-9, "%g",
              r->c[TOP_C_RATES + TOP_CALLS].v);
    CHECK(fabs(r->c[TOP_C_RATES + TOP_REFUSED].v - refused) < 1e-9);
    CHECK(r->c[TOP_C_TOTALS + TOP_CALLS].v == total);
    CHECK_MSG(isnan(p50) ? isnan(r->c[TOP_C_FIRST_P50].v) != 0
              : fabs(r->c[TOP_C_FIRST_P50].v - p50) < 1e-9, "%g",
              r->c[TOP_C_FIRST_P50].v);
    CHECK(rows.total[TOP_C_RATES + TOP_CALLS].v
          == r->c[TOP_C_RATES + TOP_CALLS].v);
    CHECK(r->c[TOP_C_LEFT].v == 7 && r->c[TOP_C_SPENT].v == 2.5);
    top_rows_release(&rows);
}


static void
test_rates(void)
{
    struct top_sample  none = sample("", STATUS("1"), 1000);
    struct top_sample  a = sample(METRICS("100", "10", "40", "100"),
                                  STATUS("1"), 2000);
    struct top_sample  b = sample(METRICS("150", "20", "50", "150"),
                                  STATUS("1"), 4000);
    struct top_sample  anew = sample(METRICS("6", "2", "0", "6"),
                                     STATUS("2"), 5000);
    struct top_sample  more = sample(METRICS("200", "20", "90", "200"),
                                     STATUS("3"), 6000);
    struct top_sample  fell = sample(METRICS("5", "0", "5", "5"),
                                     STATUS("1"), 6000);

    check_rates(&a, &b, 30, 5, 0.1 + 0.1 * 15 / 40, 170);
    /* A series that was not there: all of it came since. */
    check_rates(&none, &a, 110, 10, 0.1 + 0.1 * 10 / 60, 110);
    /* Another keeper, with less and with more than the one before. */
    check_rates(&b, &anew, 8, 2, 0.15, 8);
    check_rates(&anew, &more, 220, 20, 0.1 + 0.1 * 10 / 110, 220);
    /* A counter that fell under the same pid. */
    check_rates(&b, &fell, 2.5, 0, 0.05, 5);
    /* Nothing happened: no rate, no quantile. */
    check_rates(&b, &b, 0, 0, NAN, 170);
    CHECK(top_rise(5, 7) == 2 && top_rise(7, 5) == 5 && top_rise(0, 0) == 0);
    CHECK(a.lag_bytes == 7 && a.keys == 2 && a.keys_full == 1);
    top_sample_release(&none);
    top_sample_release(&a);
    top_sample_release(&b);
    top_sample_release(&anew);
    top_sample_release(&more);
    top_sample_release(&fell);
}


static void
test_quantile(void)
{
    const struct top_histogram  h = { { 1, 2, INFINITY }, { 10, 20, 40 }, 3 };
    const struct top_histogram  low = { { 1, 2, INFINITY }, { 8, 8, 8 }, 3 };
    const struct top_histogram  empty = { { 0 }, { 0 }, 0 };

    CHECK(top_quantile(NULL, &h, 0.25) == 1);
    CHECK(top_quantile(NULL, &h, 0.125) == 0.5);
    CHECK(top_quantile(NULL, &h, 0.375) == 1.5);
    CHECK(top_quantile(NULL, &h, 0.9) == 2);   /* above all bounds */
    CHECK(top_quantile(NULL, &low, 1) == 1);
    CHECK(isnan(top_quantile(&h, &h, 0.5)));
    CHECK(isnan(top_quantile(NULL, &empty, 0.5)));
}


/* Whatever is cut or changed, it is refused or read, and nothing is lost. */
static void
test_damaged(void)
{
    static const char  good[] = METRICS("100", "10", "40", "100");
    static const char *const  bad[] = {
        "x", "x 1e", "x{a} 1", "x{a=\"1} 1", "x{a=\"1\"", "{a=\"1\"} 1",
        "x{a=\"1\\", "x nan", "x{a=\"1\"}1", "\x01\x02 z"
    };
    struct top_sample  s;
    char               text[sizeof(good)];
    uint64_t           seed = 5;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_MSG(!top_sample_read(&s, bad[i], STATUS("1"), 1), "%s", bad[i]);
        top_sample_release(&s);
    }
    CHECK(!top_sample_read(&s, good, "{}", 1));
    top_sample_release(&s);
    CHECK(!top_sample_read(&s, good, "[1, 2", 1));
    top_sample_release(&s);
    for (unsigned i = 0; i < 20000; i++) {
        memcpy(text, good, sizeof(good));
        for (unsigned k = 0; k < 3; k++) {
            text[weir_test_random(&seed) % (sizeof(good) - 1)] =
                (char) (weir_test_random(&seed) % 256);
        }
        text[weir_test_random(&seed) % sizeof(good)] = '\0';
        (void) top_sample_read(&s, text, STATUS("1"), 1);
        top_sample_release(&s);
    }
}


static void
remember(void *ctx, const char *text)
{
    struct seen *const  s = ctx;

    if (s->n < 64) {
        (void) snprintf(s->text[s->n++], TOP_LINE_BYTES, "%s", text);
    }
}


static bool
has(const struct seen *s, const char *text)
{
    for (unsigned i = 0; i < s->n; i++) {
        if (strstr(s->text[i], text) != NULL) {
            return true;
        }
    }
    return false;
}


/* Every view at every size: as many lines as the terminal has, none wider,
   and the tables' columns under each other. */
static void
test_screens(void)
{
    static struct seen  seen;
    struct top_sample   a = sample(METRICS("100", "10", "40", "100"),
                                   STATUS("1"), 1000);
    struct top_list     titles = { 0 };
    struct top_title   *t = top_list_add(&titles, sizeof(*t));
    struct top_rows     rows;
    struct top_screen   s;

    (void) snprintf(t->scenario, sizeof(t->scenario), "s");
    (void) snprintf(t->title, sizeof(t->title), "市民热线助手\x1b[31m");
    CHECK(top_rates(&a, &a, &a, &titles, &rows));
    top_screen_init(&s);
    (void) snprintf(s.clock, sizeof(s.clock), "12:00:00");
    for (unsigned i = 0; i < TOP_VIEWS * 2 * 220; i++) {
        s.view = (enum top_view) (i % TOP_VIEWS);
        s.chinese = i / TOP_VIEWS % 2;
        s.width = i / TOP_VIEWS / 2 + 1;
        s.height = i % 37 + 1;
        s.help = i % 11 == 0;
        seen.n = 0;
        top_draw(&s, &a, &rows, remember, &seen);
        CHECK_MSG(seen.n <= s.height && (s.height < 7 || seen.n == s.height),
                  "%u lines of %u", seen.n, s.height);
        for (unsigned k = 0; k < seen.n; k++) {
            CHECK_MSG(top_width(seen.text[k]) <= s.width, "%u: '%s'",
                      s.width, seen.text[k]);
            CHECK(strchr(seen.text[k], '\x1b') == NULL);
        }
    }
    s.height = 24;
    s.width = 80;
    s.help = s.chinese = false;
    s.view = TOP_VIEW_SCENARIOS;
    seen.n = 0;
    top_draw(&s, &a, &rows, remember, &seen);
    CHECK(has(&seen, "SCENARIO") && has(&seen, "LEFT") && has(&seen, "7.00"));
    CHECK(!has(&seen, "市民"));             /* no room for titles */
    s.width = 140;
    s.chinese = true;
    seen.n = 0;
    top_draw(&s, &a, &rows, remember, &seen);
    CHECK(has(&seen, "市民热线助手") && has(&seen, "场景"));
    s.view = TOP_VIEW_MODELS;
    seen.n = 0;
    top_draw(&s, &a, &rows, remember, &seen);
    CHECK(has(&seen, "停用") && has(&seen, "1.50s"));
    s.view = TOP_VIEW_LIMITS;
    seen.n = 0;
    top_draw(&s, &a, &rows, remember, &seen);
    CHECK(has(&seen, "75%") && has(&seen, "██"));
    top_rows_release(&rows);
    free(titles.at);
    top_sample_release(&a);
}


/* The order of rows, and the keys that change it. */
static void
test_order(void)
{
    static const char   text[] =
        "weir_requests_total{weir_scenario=\"a\",ending=\"ok\"} 1\n"
        "weir_requests_total{weir_scenario=\"c\",ending=\"ok\"} 5\n"
        "weir_requests_total{weir_scenario=\"b\",ending=\"ok\"} 5\n"
        "weir_requests_total{weir_scenario=\"b\",ending=\"lost\"} 0\n"
        "weir_requests_total{weir_scenario=\"a\",ending=\"lost\"} 2\n";
    static const struct {
        char         key;
        const char  *first;
    } cases[] = {
        { 0, "b" }, { 'f', "a" }, { 'f', "b" }, { 'a', "a" }, { 'a', "s" },
        { 'c', "b" }, { 'm', "s" }
    };
    const struct top_list  titles = { 0 };
    struct top_sample      none = sample("", STATUS("1"), 0);
    struct top_sample      s = sample(text, STATUS("1"), 1000);
    struct top_screen      screen;
    struct top_rows        rows;

    static struct seen     seen;

    CHECK(top_rates(&none, &none, &s, &titles, &rows));
    top_screen_init(&screen);
    screen.width = 80;
    screen.height = 24;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct top_row  *r = rows.table[TOP_SCENARIOS].at;

        CHECK(cases[i].key == 0 || top_sort_letter(&screen, cases[i].key));
        seen.n = 0;
        top_draw(&screen, &s, &rows, remember, &seen);
        CHECK_MSG(strcmp(r->c[TOP_C_NAME].s, cases[i].first) == 0,
                  "case %zu: %s", i, r->c[TOP_C_NAME].s);
    }
    CHECK(!top_sort_letter(&screen, 'z'));
    /* Round once over the columns that are shown, and back where it was. */
    {
        const int  was = screen.sort[TOP_SCENARIOS];
        unsigned   n = 0;

        do {
            top_sort_next(&screen, 1);
            n++;
        } while (screen.sort[TOP_SCENARIOS] != was && n < 50);
        CHECK(n > 5 && n < 20);
        top_sort_next(&screen, 1);
        top_sort_next(&screen, -1);
        CHECK(screen.sort[TOP_SCENARIOS] == was);
    }
    top_rows_release(&rows);
    top_sample_release(&none);
    top_sample_release(&s);
}


int
main(void)
{
    test_width();
    test_put();
    test_numbers();
    test_rates();
    test_quantile();
    test_damaged();
    test_screens();
    test_order();
    return weir_test_done();
}
