/*
 * rate.c: limits of the key, the scenario and the model that a call meets:
 * enter their meters, leave them, and tell the caller, in the headers that
 * its SDK knows:
 *
 *   OpenAI     x-ratelimit-limit-requests: 60
 *              x-ratelimit-reset-requests: 6m0.25s       (Go's durations)
 *   Anthropic  anthropic-ratelimit-requests-limit: 60
 *              anthropic-ratelimit-requests-reset: 2026-11-24T10:00:00Z
 *   both       retry-after: 4, retry-after-ms: 3200      (a refusal)
 *
 * Docs: platform.openai.com/docs/guides/rate-limits,
 * docs.anthropic.com/en/api/rate-limits.
 */
#include "flow/flow_internal.h"

#include <stdio.h>
#include <time.h>

/* A call in flight ends nobody knows when. */
#define RETRY_CALLS_MS  1000

#define HEADERS_OF      3u      /* limit, remaining, reset */
#define RETRY_AFTER     (HEADERS_OF * WEIR_LIMITED)


static bool
is_rate(int error)
{
    return error == WEIR_E_RATE_REQUESTS || error == WEIR_E_RATE_TOKENS
           || error == WEIR_E_RATE_CALLS || error == WEIR_E_RATE_TOO_LARGE;
}


static unsigned
wants(struct weir_flow *f, struct weir_meter_want *w)
{
    const struct weir_snap_limits *const  all = f->snap->limits;
    /* a file of requests is for no model alone */
    const uint32_t  limits[WEIR_RATES] = {
        f->scenario->key_limits, f->scenario->limits,
        f->model == NULL ? WEIR_SNAP_NONE : f->model->limits
    };
    unsigned        n = 0;

    for (unsigned i = 0; i < WEIR_RATES; i++) {
        if (limits[i] == WEIR_SNAP_NONE) {
            continue;
        }
        f->rate.of[n] = (uint8_t) i;
        w[n].limits = &all[limits[i]];
        w[n].id = i == WEIR_RATE_KEY ? f->key->digest : w[n].limits->meter;
        n++;
    }
    return n;
}


/* The smallest limit of tokens, and which it is. */
static uint64_t
smallest(struct weir_flow *f, const struct weir_meter_want *w, unsigned n)
{
    struct weir_meter_result *const  r = &f->rate.result;
    uint64_t                         least = UINT64_MAX;

    for (unsigned k = 0; k < n * WEIR_WIDTHS; k++) {
        const unsigned  i = k / WEIR_WIDTHS, width = k % WEIR_WIDTHS;
        const uint64_t  most = w[i].limits->most[WEIR_LIMIT_TOKENS][width];

        if (most != 0 && most < least) {
            least = most;
            r->limit = most;
            r->meter = (uint8_t) i;
            r->what = WEIR_LIMIT_TOKENS;
            r->width = (uint8_t) width;
        }
    }
    return least;
}


/*
 * A worst case that no limit would ever let through: where the caller named
 * no bound the output is bounded to what the limit has room for, as funds do
 * it (0007); otherwise no retry can mend it.
 */
static int
fit(struct weir_flow *f, struct weir_worst *worst, uint64_t most)
{
    int64_t  out;

    if (worst->bounded || f->on->bound == NULL || worst->out == 0
        || (uint64_t) worst->in >= most)
    {
        return WEIR_E_RATE_TOO_LARGE;
    }
    out = ((int64_t) most - worst->in) / worst->choices;
    if (out < WEIR_OUTPUT_MIN) {
        return WEIR_E_RATE_TOO_LARGE;
    }
    worst->out = out;
    f->bound_tokens = out;
    return WEIR_OK;
}


static uint64_t
tokens_of(const struct weir_worst *w)
{
    const int64_t  out = w->out < WEIR_LIMIT_COUNT_MAX ? w->out
                                                       : WEIR_LIMIT_COUNT_MAX;

    return (uint64_t) w->in + (uint64_t) (out > 0 ? out : 0)
                              * (uint64_t) w->choices;
}


int
weir_rate_enter(struct weir_flow *f, struct weir_worst *worst)
{
    struct weir_meter_want  w[WEIR_RATES];
    const unsigned          n = wants(f, w);
    const bool              free = (f->on->flags & WEIR_SURFACE_FREE) != 0;
    uint64_t                tokens = free ? 0 : tokens_of(worst), now, most;
    int                     rc;

    if (n == 0) {
        return WEIR_OK;
    }
    if (f->w->account == NULL) {
        return WEIR_E_NO_SNAPSHOT;
    }
    f->rate.limited = true;
    most = smallest(f, w, n);
    if (tokens > most) {
        rc = fit(f, worst, most);
        if (rc != WEIR_OK) {
            return rc;
        }
        tokens = tokens_of(worst);
    }
    now = f->w->meter_ms != NULL ? f->w->meter_ms(f->w->ctx)
                                 : weir_meter_now();
    rc = weir_meter_enter(f->w->account, now, w, n, tokens, &f->rate.seat,
                          &f->rate.result);
    f->rate.seated = rc == WEIR_OK;
    if (rc == WEIR_E_RATE_CALLS) {
        f->rate.result.retry_ms = RETRY_CALLS_MS;
    }
    return rc;
}


void
weir_rate_leave(struct weir_flow *f, int64_t tokens)
{
    if (f->rate.seated) {
        weir_meter_leave(f->w->account, f->rate.seat,
                         tokens > 0 ? (uint64_t) tokens : 0);
        f->rate.seated = false;
    }
}


/* As Go writes a duration: 20ms, 1.5s, 6m0s, 23h59m0.1s. */
static void
duration(uint64_t ms, char *out, size_t size)
{
    const uint64_t  s = ms / 1000;
    char            part[8] = "";
    int             n = 0;

    if (ms < 1000) {
        (void) snprintf(out, size, "%llums", (unsigned long long) ms);
        return;
    }
    if (ms % 1000 != 0) {
        (void) snprintf(part, sizeof(part), ".%03u", (unsigned) (ms % 1000));
        for (char *p = part + 3; *p == '0'; p--) {
            *p = '\0';
        }
    }
    if (s >= 3600) {
        n += snprintf(out, size, "%lluh", (unsigned long long) s / 3600);
    }
    if (s >= 60) {
        n += snprintf(out + n, size - (size_t) n, "%um",
                      (unsigned) (s / 60 % 60));
    }
    (void) snprintf(out + n, size - (size_t) n, "%u%ss", (unsigned) (s % 60),
                    part);
}


/* RFC 3339, in whole seconds, rounded up: not before there is room. */
static void
moment(uint64_t ms, char *out, size_t size)
{
    const time_t  t = (time_t) ((ms + 999) / 1000);
    struct tm     tm;

    if (gmtime_r(&t, &tm) == NULL
        || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        out[0] = '\0';
    }
}


static void
state_text(struct weir_flow *f, const struct weir_meter_state *s, unsigned k)
{
    char *const   out = f->rate.text;
    const size_t  size = sizeof(f->rate.text);

    if (k < 2) {
        (void) snprintf(out, size, "%llu",
                        (unsigned long long) (k == 0 ? s->limit : s->left));
    } else if (f->protocol == WEIR_ANTHROPIC) {
        moment(f->begin_ms + s->reset_ms, out, size);
    } else {
        duration(s->reset_ms, out, size);
    }
}


bool
weir_rate_header(struct weir_flow *f, unsigned n, struct weir_span *name,
    struct weir_span *value)
{
    static const char *const  names[][RETRY_AFTER] = {
        [WEIR_OPENAI] = {
            "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens" },
        [WEIR_ANTHROPIC] = {
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset" }
    };
    const struct weir_meter_result *const  r = &f->rate.result;

    f->rate.text[0] = '\0';
    if (n < RETRY_AFTER) {
        *name = weir_span_of(names[f->protocol == WEIR_ANTHROPIC][n]);
        if (f->rate.limited && r->state[n / HEADERS_OF].limit != 0) {
            state_text(f, &r->state[n / HEADERS_OF], n % HEADERS_OF);
        }
    } else if (n <= RETRY_AFTER + 1) {
        const bool  ms = n > RETRY_AFTER;

        *name = ms ? WEIR_SPAN("retry-after-ms") : WEIR_SPAN("retry-after");
        if (is_rate(f->error) && r->retry_ms != 0) {
            (void) snprintf(f->rate.text, sizeof(f->rate.text), "%llu",
                (unsigned long long) (ms ? r->retry_ms
                                         : (r->retry_ms + 999) / 1000));
        }
    } else {
        return false;
    }
    *value = weir_span_of(f->rate.text);
    return true;
}


/* Whose limit it is. */
static struct weir_span
name_of(const struct weir_flow *f, unsigned of)
{
    return weir_snap_span(f->snap, of == WEIR_RATE_KEY ? f->key->id
                                   : of == WEIR_RATE_SCENARIO
                                   ? f->scenario->name : f->model->name);
}


static const char *const  of_en[] = { "key", "scenario", "model" };
static const char *const  of_zh[] = { "密钥", "场景", "模型" };
static const char *const  what_en[] = { "requests", "tokens", "calls" };
static const char *const  width_en[] = { "second", "minute", "hour", "day" };


void
weir_rate_sentence(const struct weir_flow *f, int error, bool zh,
    struct weir_buf *out)
{
    static const char *const  what_zh[] = { " 次请求", " 个词元",
                                            " 个并发调用" };
    static const char *const  width_zh[] = { "每秒 ", "每分钟 ", "每小时 ",
                                             "每天 " };
    const struct weir_meter_result *const  r = &f->rate.result;
    char                                   wait[40];

    if (!is_rate(error)) {
        return;
    }
    weir_buf_adds(out, zh ? " " : " Limit of the ");
    weir_buf_adds(out, (zh ? of_zh : of_en)[f->rate.of[r->meter]]);
    weir_buf_addc(out, ' ');
    weir_buf_add_json(out, name_of(f, f->rate.of[r->meter]), 1);
    weir_buf_adds(out, zh ? " 的上限：" : ": ");
    if (zh && r->what != WEIR_LIMITED) {
        weir_buf_adds(out, width_zh[r->width]);
    }
    weir_buf_addi(out, (int64_t) r->limit);
    if (zh) {
        weir_buf_adds(out, what_zh[r->what]);
    } else {
        weir_buf_addc(out, ' ');
        weir_buf_adds(out, what_en[r->what]);
        weir_buf_adds(out, r->what == WEIR_LIMITED ? " in flight" : " per ");
        weir_buf_adds(out, r->what == WEIR_LIMITED ? ""
                                                   : width_en[r->width]);
    }
    if (r->retry_ms != 0) {
        duration(r->retry_ms, wait, sizeof(wait));
        weir_buf_adds(out, zh ? "；请在 " : "; try again in ");
        weir_buf_adds(out, wait);
        weir_buf_adds(out, zh ? " 后重试" : "");
    }
    weir_buf_adds(out, zh ? "。" : ".");
}


void
weir_rate_member(const struct weir_flow *f, int error, struct weir_buf *out)
{
    const struct weir_meter_result *const  r = &f->rate.result;

    if (!is_rate(error)) {
        return;
    }
    weir_buf_adds(out, ",\"limit\":{\"of\":\"");
    weir_buf_adds(out, of_en[f->rate.of[r->meter]]);
    weir_buf_adds(out, "\",\"name\":\"");
    weir_buf_add_json(out, name_of(f, f->rate.of[r->meter]), 1);
    weir_buf_adds(out, "\",\"what\":\"");
    weir_buf_adds(out, what_en[r->what]);
    if (r->what != WEIR_LIMITED) {
        weir_buf_adds(out, "\",\"per\":\"");
        weir_buf_adds(out, width_en[r->width]);
    }
    weir_buf_adds(out, "\",\"most\":");
    weir_buf_addi(out, (int64_t) r->limit);
    if (r->retry_ms != 0) {
        weir_buf_adds(out, ",\"retry_after_ms\":");
        weir_buf_addi(out, (int64_t) r->retry_ms);
    }
    weir_buf_addc(out, '}');
}
