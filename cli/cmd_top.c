/*
 * cmd_top.c: `weir top`: a live view of a running gateway.
 *
 * Two questions to the keeper a second, over the admin address, with at most
 * TOP_WAIT_MS for both: what the data plane does is not touched, and a keeper
 * that is busy leaves the last numbers on the screen.
 */
#include "admin.h"
#include "cmd.h"
#include "top.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TOP_WAIT_MS    1000      /* for each answer */
#define TOP_FIRST_MS   500       /* to the second sample, which rates need */
#define TOP_RING       10        /* samples that quantiles look back */
#define TOP_DELAY_MIN  100u
#define TOP_DELAY_MAX  3600000u

struct options {
    unsigned  delay_ms;
    long      n;                 /* 0: without end */
    bool      batch, json, chinese;
    int       view;
};

struct top {
    struct options     o;
    struct top_screen  screen;
    struct top_sample  ring[TOP_RING];
    unsigned           n;        /* samples; the newest stands last */
    struct top_rows    rows;
    struct top_list    titles;
    int64_t            titles_of;/* generation */
    char               why[512];
    struct top_list    frame;    /* bytes */
};

static const char *const  views[TOP_VIEWS] = {
    "scenarios", "models", "rules", "limits"
};


static uint64_t
monotonic_ms(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


/* POSIX 8.2: the first of the three that says something. */
static bool
speaks_chinese(void)
{
    static const char *const  names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < 3; i++) {
        const char *const  s = getenv(names[i]);

        if (s != NULL && s[0] != '\0') {
            return strncmp(s, "zh", 2) == 0;
        }
    }
    return false;
}


static int
usage(void)
{
    fputs("usage: weir [--state DIR] top [-d SECONDS] [-b] [-n N] [--json]\n"
          "       [--view scenarios|models|rules|limits] [--lang en|zh]\n"
          "\n"
          "A live view of calls, tokens, times, money, upstreams, rules and\n"
          "limits, as the keeper counts them from the journal.\n"
          "\n"
          "  -d SECONDS   between two looks, 0.1 to 3600; default 1\n"
          "  -b           batch: plain lines and no keys, also where standard\n"
          "               input or output is no terminal\n"
          "  -n N         end after N looks\n"
          "  --json       batch with one JSON object a look and line\n"
          "  --view VIEW  the view to begin with\n"
          "  --lang       language; default: of LC_ALL, LC_MESSAGES, LANG\n"
          "\n"
          "Keys: q quit, 1 2 3 4 and Tab views, Left and Right the column to\n"
          "sort by, r reverse, Up and Down scroll, space pause, h help.\n",
          stdout);
    return 0;
}


static bool
read_delay(const char *s, unsigned *ms)
{
    char          *end;
    const double   v = strtod(s, &end) * 1000;

    if (end == s || *end != '\0' || !(v >= TOP_DELAY_MIN)
        || v > TOP_DELAY_MAX)
    {
        return false;
    }
    *ms = (unsigned) lround(v);
    return true;
}


static bool
read_view(const char *s, int *view)
{
    for (int i = 0; i < TOP_VIEWS; i++) {
        if (strcmp(s, views[i]) == 0) {
            *view = i;
            return true;
        }
    }
    return false;
}


/* 0, or the exit code of a wrong option. */
static int
parse(int argc, char **argv, struct options *o)
{
    *o = (struct options) { .delay_ms = 1000, .chinese = speaks_chinese() };
    for (int i = 1; i < argc; i++) {
        const char *const  a = argv[i];
        const char *const  v = i + 1 < argc ? argv[i + 1] : NULL;
        char              *end = NULL;

        if (strcmp(a, "-b") == 0 || strcmp(a, "--batch") == 0) {
            o->batch = true;
        } else if (strcmp(a, "--json") == 0) {
            o->json = o->batch = true;
        } else if (strcmp(a, "-d") == 0 && v != NULL) {
            if (!read_delay(v, &o->delay_ms)) {
                return cmd_fail("top", "-d takes 0.1 to 3600 seconds, not %s",
                                v);
            }
            i++;
        } else if (strcmp(a, "-n") == 0 && v != NULL) {
            o->n = strtol(v, &end, 10);
            if (end == v || *end != '\0' || o->n < 1) {
                return cmd_fail("top", "-n takes a number from 1, not %s", v);
            }
            i++;
        } else if (strcmp(a, "--view") == 0 && v != NULL) {
            if (!read_view(v, &o->view)) {
                return cmd_fail("top", "there is no view %s", v);
            }
            i++;
        } else if (strcmp(a, "--lang") == 0 && v != NULL
                   && (strcmp(v, "en") == 0 || strcmp(v, "zh") == 0))
        {
            o->chinese = v[0] == 'z';
            i++;
        } else {
            return cmd_fail("top", "%s is not understood", a);
        }
    }
    return 0;
}


/* Titles and the names of the scenarios that take calls; only when the
   register has changed. */
static void
read_titles(struct top *t, int64_t generation)
{
    struct admin_answer  a;
    char                 why[256];
    json_t              *doc, *item;
    size_t               i;

    if (generation == t->titles_of
        || !admin_fetch("/api/v1/resources/Scenario", TOP_WAIT_MS, &a, why,
                        sizeof(why)))
    {
        return;
    }
    t->titles_of = generation;
    t->titles.n = 0;
    doc = json_loadb(a.body, a.len, 0, NULL);
    json_array_foreach(json_object_get(doc, "items"), i, item) {
        const json_t *const  o = json_object_get(item, "resource");
        const json_t *const  title = json_object_get(o, "title");
        const char *const    state = json_string_value(
            json_object_get(o, "state"));
        const char *const    name = json_string_value(
            json_object_get(o, "name"));
        const char          *text = json_string_value(title);
        struct top_title    *to;

        if (name == NULL || state == NULL
            || (strcmp(state, "admitted") != 0
                && strcmp(state, "sandbox") != 0)
            || (to = top_list_add(&t->titles, sizeof(*to))) == NULL)
        {
            continue;
        }
        for (int k = 0; k < 2 && text == NULL; k++) {   /* or the other one */
            text = json_string_value(json_object_get(title,
                (k == 0) == t->o.chinese ? "zh" : "en"));
        }
        (void) snprintf(to->scenario, sizeof(to->scenario), "%s", name);
        (void) snprintf(to->title, sizeof(to->title), "%s",
                        text != NULL ? text : "");
    }
    json_decref(doc);
    admin_release(&a);
}


/* One more sample, and the rows that follow. False: t->why. */
static bool
look(struct top *t)
{
    struct admin_answer  status, metrics;
    struct top_sample    s;
    bool                 good;

    if (!admin_fetch("/api/v1/status", TOP_WAIT_MS, &status, t->why,
                     sizeof(t->why)))
    {
        return false;
    }
    if (!admin_fetch("/metrics", TOP_WAIT_MS, &metrics, t->why,
                     sizeof(t->why)))
    {
        admin_release(&status);
        return false;
    }
    good = top_sample_read(&s, metrics.body, status.body, monotonic_ms());
    admin_release(&metrics);
    admin_release(&status);
    if (!good) {
        top_sample_release(&s);
        (void) snprintf(t->why, sizeof(t->why), "the keeper's answer is not "
                        "understood; is it of this version?");
        return false;
    }
    read_titles(t, s.generation);
    if (t->n == TOP_RING) {
        top_sample_release(&t->ring[0]);
        memmove(t->ring, t->ring + 1, (TOP_RING - 1) * sizeof(t->ring[0]));
        t->n--;
    }
    t->ring[t->n++] = s;
    top_rows_release(&t->rows);
    if (!top_rates(&t->ring[0], &t->ring[t->n > 1 ? t->n - 2 : 0],
                   &t->ring[t->n - 1], &t->titles, &t->rows))
    {
        (void) snprintf(t->why, sizeof(t->why), "out of memory");
        return false;
    }
    return true;
}


static void
set_clock(struct top *t)
{
    const time_t  now = time(NULL);
    struct tm     tm;

    (void) localtime_r(&now, &tm);
    (void) strftime(t->screen.clock, sizeof(t->screen.clock), "%H:%M:%S",
                    &tm);
}


/* ---- batch ---- */

static void
print_line(void *ctx, const char *text)
{
    size_t  n = strlen(text);

    (void) ctx;
    while (n > 0 && text[n - 1] == ' ') {
        n--;
    }
    (void) fwrite(text, 1, n, stdout);
    (void) fputc('\n', stdout);
}


static void
print_json(struct top *t, bool good)
{
    const time_t  now = time(NULL);
    struct tm     tm;
    char          at[32];
    json_t       *doc;

    (void) gmtime_r(&now, &tm);
    (void) strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
    doc = good ? top_json(&t->ring[t->n - 1], &t->rows, at)
               : json_pack("{s:s, s:s}", "at", at, "error", t->why);
    (void) json_dumpf(doc, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
    (void) fputc('\n', stdout);
    json_decref(doc);
}


static int
run_batch(struct top *t)
{
    const struct timespec  pause = { t->o.delay_ms / 1000,
                                     (long) (t->o.delay_ms % 1000)
                                     * 1000000 };
    unsigned               unused;

    t->screen.width = TOP_WIDTH_PLAIN;
    if (isatty(STDOUT_FILENO)) {
        top_term_size(&t->screen.width, &unused);
    }
    for (long i = 0; t->o.n == 0 || i < t->o.n; i++) {
        bool  good;

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        good = look(t);
        if (t->o.json) {
            print_json(t, good);
        } else {
            set_clock(t);
            t->screen.problem = good ? NULL : t->why;
            top_draw(&t->screen, &t->ring[t->n - 1], &t->rows, print_line,
                     NULL);
            (void) fputc('\n', stdout);
        }
        if (fflush(stdout) != 0 || ferror(stdout)) {
            return 2;            /* nobody reads any more */
        }
    }
    return 0;
}


/* ---- live ---- */

static void
add_bytes(struct top_list *f, const char *s)
{
    const size_t  n = strlen(s);

    if (f->n + n + 1 > f->cap) {
        const size_t  cap = (f->n + n + 1) * 2;
        char         *grown = realloc(f->at, cap);

        if (grown == NULL) {
            return;              /* a line less */
        }
        f->at = grown;
        f->cap = cap;
    }
    memcpy((char *) f->at + f->n, s, n);
    f->n += n;
}


/* Written over what stands there: the screen is never blank in between. The
   rest of a line is cleared before its text: behind a full line the cursor
   stands on the last character. */
static void
frame_line(void *ctx, const char *text)
{
    struct top_list *const  f = ctx;

    add_bytes(f, f->n > 3 ? "\r\n\033[K" : "\033[K");
    add_bytes(f, text);
}


static void
show(struct top *t)
{
    const char  *at;

    top_term_size(&t->screen.width, &t->screen.height);
    set_clock(t);
    t->frame.n = 0;
    add_bytes(&t->frame, "\033[H");
    top_draw(&t->screen, t->n > 0 ? &t->ring[t->n - 1] : NULL, &t->rows,
             frame_line, &t->frame);
    at = t->frame.at;
    for (size_t left = t->frame.n; left > 0; ) {
        const ssize_t  n = write(STDOUT_FILENO, at, left);

        if (n <= 0) {
            break;
        }
        at += n;
        left -= (size_t) n;
    }
}


static void
change_view(struct top_screen *s, int step)
{
    s->view = (enum top_view) (((int) s->view + step + TOP_VIEWS)
                               % TOP_VIEWS);
    s->scroll = 0;
}


/* False: quit. */
static bool
press(struct top_screen *s, int key)
{
    static const enum top_table  first[TOP_VIEWS] = {
        TOP_SCENARIOS, TOP_MODELS, TOP_RULES, TOP_LIMITS
    };
    bool *const                  reverse = &s->reverse[first[s->view]];
    const unsigned               page = s->height > 8 ? s->height - 7 : 1;

    if (key == 0) {
        return true;
    }
    if (s->help && key != 'q' && key != TOP_KEY_END_OF_INPUT) {
        s->help = false;
        return true;
    }
    switch (key) {
    case 'q': case 'Q': case TOP_KEY_END_OF_INPUT:
        return false;
    case '\t':
        change_view(s, 1);
        break;
    case TOP_KEY_BACK_TAB:
        change_view(s, -1);
        break;
    case '1': case '2': case '3': case '4':
        change_view(s, key - '1' - (int) s->view);
        break;
    case TOP_KEY_LEFT: case '<':
        top_sort_next(s, -1);
        break;
    case TOP_KEY_RIGHT: case '>':
        top_sort_next(s, 1);
        break;
    case 'r': case 'R':
        *reverse = !*reverse;
        break;
    case TOP_KEY_UP:
        s->scroll -= s->scroll > 0;
        break;
    case TOP_KEY_DOWN:
        s->scroll++;             /* top_draw stops it at the last row */
        break;
    case TOP_KEY_PAGE_UP:
        s->scroll -= s->scroll < page ? s->scroll : page;
        break;
    case TOP_KEY_PAGE_DOWN:
        s->scroll += page;
        break;
    case TOP_KEY_HOME:
        s->scroll = 0;
        break;
    case 'h': case '?':
        s->help = true;
        break;
    case ' ':
        s->paused = !s->paused;
        break;
    case '+':
        s->delay_ms = s->delay_ms * 2 < TOP_DELAY_MAX ? s->delay_ms * 2
                                                      : TOP_DELAY_MAX;
        break;
    case '-':
        s->delay_ms = s->delay_ms / 2 > TOP_DELAY_MIN ? s->delay_ms / 2
                                                      : TOP_DELAY_MIN;
        break;
    default:
        if (key > 0 && key < 128) {
            (void) top_sort_letter(s, (char) key);
        }
    }
    return true;
}


static int
run_live(struct top *t)
{
    uint64_t  due = monotonic_ms() + (t->o.delay_ms < TOP_FIRST_MS
                                      ? t->o.delay_ms : TOP_FIRST_MS);
    long      looks = 0;
    int       key;

    do {
        const uint64_t  now = monotonic_ms();

        if (now >= due) {
            if (!t->screen.paused) {
                t->screen.problem = look(t) ? NULL : t->why;
                looks++;
            }
            due = monotonic_ms() + t->screen.delay_ms;
        }
        show(t);
        if (t->o.n > 0 && looks >= t->o.n) {
            break;
        }
        key = top_term_key(due > now ? (unsigned) (due - now) : 0);
    } while (press(&t->screen, key));
    top_term_close();
    return 0;
}


int
cmd_top(int argc, char **argv)
{
    static struct top  t;
    const char        *term = getenv("TERM");
    int                rc;

    if (cmd_wants_help(argc, argv)) {
        return usage();
    }
    rc = parse(argc, argv, &t.o);
    if (rc != 0) {
        return rc;
    }
    top_screen_init(&t.screen);
    t.screen.chinese = t.o.chinese;
    t.screen.view = (enum top_view) t.o.view;
    t.screen.delay_ms = t.o.delay_ms;
    t.titles_of = -1;
    if (!look(&t)) {             /* before the screen is taken */
        return cmd_fail("top", "%s", t.why);
    }
    if (t.o.batch || term == NULL || strcmp(term, "dumb") == 0
        || !top_term_open())
    {
        rc = run_batch(&t);
    } else {
        t.screen.attributes = true;
        rc = run_live(&t);
    }
    for (unsigned i = 0; i < t.n; i++) {
        top_sample_release(&t.ring[i]);
    }
    top_rows_release(&t.rows);
    free(t.titles.at);
    free(t.frame.at);
    return rc;
}
