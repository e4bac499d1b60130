/*
 * check.c: active checks of upstreams, without their sockets.
 */
#include "weir/check.h"
#include "weir/breaker.h"
#include "weir/error.h"
#include "weir/meter.h"

#include <stdio.h>

/* After the line of the status, a line feed that follows another (a carriage
   return between them or not) ends the head: RFC 9112 2.2. */
enum { sw_version = 0, sw_status, sw_behind, sw_line, sw_begin, sw_end };


static uint64_t
now_of(const struct weir_worker *w)
{
    return w->meter_ms != NULL ? w->meter_ms(w->ctx) : weir_meter_now();
}


bool
weir_check_due(struct weir_worker *w, const struct weir_snapshot *snap,
    const struct weir_secrets *secrets, uint32_t u)
{
    const struct weir_snap_upstream *const  up = &snap->upstreams[u];

    return up->check_interval_ms != 0 && up->addresses != 0
           && secrets->values[u].at != NULL && w->account != NULL
           && weir_breaker_check_due(w->account, up, now_of(w));
}


size_t
weir_check_write(const struct weir_snapshot *snap,
    const struct weir_secrets *secrets, uint32_t u,
    uint8_t to[WEIR_CHECK_BYTES_MAX])
{
    static const char *const  names[] = {
        [WEIR_OPENAI] = "Authorization", [WEIR_ANTHROPIC] = "X-Api-Key",
        [WEIR_GEMINI] = "X-Goog-Api-Key", [WEIR_MCP] = "Authorization"
    };
    const struct weir_snap_upstream *const  up = &snap->upstreams[u];
    const struct weir_span                  secret = secrets->values[u];
    const int  n = snprintf((char *) to, WEIR_CHECK_BYTES_MAX,
        "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: weir-check\r\n"
        "Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n"
        "%s%s%s%.*s%s\r\n", weir_snap_text(snap, up->check_path),
        weir_snap_text(snap, up->authority),
        up->protocol == WEIR_ANTHROPIC ? "Anthropic-Version: 2023-06-01\r\n"
                                       : "",
        secret.len != 0 ? names[up->protocol] : "",
        secret.len != 0 ? ": " : "", (int) secret.len,
        secret.len != 0 ? (const char *) secret.at : "",
        secret.len != 0 ? "\r\n" : "");

    /* path, authority and credential are bounded: limits.h */
    weir_assert(n > 0 && n < WEIR_CHECK_BYTES_MAX);
    return (size_t) n;
}


static bool
expected(const struct weir_check *c, const struct weir_snap_upstream *up)
{
    return up->check_status != 0 ? c->status == up->check_status
                                 : c->status >= 200 && c->status <= 299;
}


/* A byte of "HTTP/1.1 200" and what follows it: RFC 9112 4. */
static int
first_line(struct weir_check *c, const struct weir_snap_upstream *up,
    uint8_t ch)
{
    static const char  version[] = "HTTP/1.";
    const uint32_t     n = c->bytes;

    switch (c->state) {

    case sw_version:
        if (n < 7 ? ch != (uint8_t) version[n]
            : n == 7 ? ch != '0' && ch != '1' : ch != ' ')
        {
            return WEIR_E_UPSTREAM_BAD;
        }
        if (n == 8) {
            c->state = sw_status;
        }
        break;

    case sw_status:
        if (ch < '0' || ch > '9') {
            return WEIR_E_UPSTREAM_BAD;
        }
        c->status = (uint16_t) (c->status * 10 + (ch - '0'));
        if (n == 11) {
            c->state = sw_behind;
        }
        break;

    default:                             /* sw_behind */
        if ((ch != ' ' && ch != '\r' && ch != '\n') || !expected(c, up)) {
            return WEIR_E_UPSTREAM_BAD;
        }
        c->state = ch == '\n' ? sw_begin : sw_line;
        break;
    }
    return WEIR_MORE;
}


int
weir_check_feed(struct weir_check *c, const struct weir_snap_upstream *up,
    const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len && c->state != sw_end; i++, c->bytes++) {
        if (c->bytes == WEIR_CHECK_HEAD_MAX) {
            return WEIR_E_UPSTREAM_BAD;
        }
        switch (c->state) {

        case sw_line:
            if (at[i] == '\n') {
                c->state = sw_begin;
            } else if (at[i] == '\0') {  /* RFC 9110 5.5 */
                return WEIR_E_UPSTREAM_BAD;
            }
            break;

        case sw_begin:
            if (at[i] == '\n') {
                c->state = sw_end;
            } else if (at[i] != '\r') {
                c->state = sw_line;
            }
            break;

        default:
            if (first_line(c, up, at[i]) != WEIR_MORE) {
                return WEIR_E_UPSTREAM_BAD;
            }
            break;
        }
    }
    return c->state == sw_end ? WEIR_DONE : WEIR_MORE;
}


enum weir_check_change
weir_check_end(struct weir_worker *w, const struct weir_snap_upstream *up,
    bool well)
{
    return w->account == NULL ? WEIR_CHECK_SAME
           : (enum weir_check_change) weir_breaker_checked(w->account, up,
                                                           now_of(w), well);
}
