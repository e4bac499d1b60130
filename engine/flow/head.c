/*
 * head.c: what a flow takes of the head of a request: surface, model and key
 * of the request line; then of the headers, one at a time, the key, the
 * language, the coding of the body. And what it takes of the headers of an
 * answer.
 */
#include "flow/flow_internal.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>


/* RFC 6750 2.1; the scheme is case-insensitive (RFC 9110 11.1). False: of
   another scheme, or without a token. */
static bool
bearer(struct weir_span *value)
{
    const struct weir_span  scheme = WEIR_SPAN("Bearer ");

    if (value->len <= scheme.len
        || strncasecmp((const char *) value->at, (const char *) scheme.at,
                       scheme.len) != 0)
    {
        return false;
    }
    value->at += scheme.len;
    value->len -= scheme.len;
    while (value->len > 0 && *value->at == ' ') {
        value->at++;
        value->len--;
    }
    return true;
}


/* Two values of one thing must agree: which counts would be a guess. */
static int
take_once(struct weir_span *to, struct weir_span value)
{
    const struct weir_span  was = *to;

    if (value.len == 0) {
        return WEIR_OK;
    }
    *to = value;
    return was.len == 0 || (was.len == value.len
                            && memcmp(was.at, value.at, value.len) == 0)
           ? WEIR_OK : WEIR_E_BAD_REQUEST;
}


/* MCP: may a header go on? Visible ASCII, as the specification has it, and not
   long: it is not inspected. */
static bool
is_session(struct weir_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < 0x21 || value.at[i] > 0x7e) {
            return false;
        }
    }
    return value.len <= WEIR_SESSION_BYTES_MAX;
}


/* One `name=value` of a query of Google's interfaces. */
static int
parameter_take(struct weir_flow_head *head, struct weir_span p)
{
    const struct weir_span  key = WEIR_SPAN("key=");

    if (weir_span_is(p, "alt=sse")) {
        head->sse = true;

    } else if (p.len > key.len && memcmp(p.at, key.at, key.len) == 0) {
        return take_once(&head->key, (struct weir_span) { p.at + key.len,
                                                          p.len - key.len });
    }
    return WEIR_OK;
}


int
weir_flow_head_open(struct weir_flow_head *head, struct weir_span method,
    struct weir_span path, struct weir_span query)
{
    int  rc;

    head->surface = weir_surface_of(method, path, &head->protocol,
                                    &head->path, &rc);
    head->unserved = rc == WEIR_OK ? NULL : weir_unserved_of(method, path);

    while (head->protocol == WEIR_GEMINI && query.len > 0) {
        const uint8_t *const    end = memchr(query.at, '&', query.len);
        const struct weir_span  p = {
            query.at, end == NULL ? query.len : (size_t) (end - query.at)
        };
        const int               given = parameter_take(head, p);

        rc = rc == WEIR_OK ? given : rc;
        query.at += p.len + (end != NULL);
        query.len -= p.len + (end != NULL);
    }
    return rc;
}


int
weir_flow_head_take(struct weir_flow_head *head, struct weir_span name,
    struct weir_span value)
{
    struct weir_span  *to;

    if (weir_span_is(name, "accept-language")) {
        head->language = value;
        return WEIR_OK;
    }
    if (weir_span_is(name, "content-encoding")) {
        to = &head->coding;
    } else if (weir_span_is(name, "content-type")) {
        to = &head->type;
    } else if (head->protocol == WEIR_MCP && weir_span_is(name, "origin")) {
        to = &head->origin;
    } else if (head->protocol == WEIR_MCP
               && weir_span_is(name, "mcp-session-id"))
    {
        to = &head->session;
    } else if (head->protocol == WEIR_MCP
               && weir_span_is(name, "mcp-protocol-version"))
    {
        to = &head->version;
    } else if (weir_span_is(name, "x-api-key")
               || weir_span_is(name, "x-goog-api-key")
               || (weir_span_is(name, "authorization") && bearer(&value)))
    {
        to = &head->key;
    } else {
        return WEIR_OK;
    }
    if ((to == &head->session || to == &head->version)
        && !is_session(value))
    {
        return WEIR_E_BAD_REQUEST;
    }
    return take_once(to, value);
}


/* RFC 9110 10.2.3: seconds, or a date in the form that is written today
   (5.6.7). In milliseconds; 0: not said, or past. */
static uint64_t
retry_of(const struct weir_flow *f, struct weir_span value)
{
    const uint64_t  now = f->w->now_ms(f->w->ctx) / 1000;
    char            text[40];
    struct tm       tm = { 0 };
    uint64_t        s;
    char           *end;

    if (value.len == 0 || value.len >= sizeof(text)) {
        return 0;
    }
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    if (text[0] >= '0' && text[0] <= '9') {
        s = strtoull(text, &end, 10);
        return *end != '\0' ? 0 : s < UINT32_MAX ? s * 1000 : UINT32_MAX;
    }
    end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (end == NULL || *end != '\0' || timegm(&tm) < 0) {
        return 0;
    }
    s = (uint64_t) timegm(&tm);
    return s > now ? (s - now) * 1000 : 0;
}


static bool
begins(struct weir_span name, const char *with)
{
    const size_t  n = strlen(with);

    return name.len > n
           && strncasecmp((const char *) name.at, with, n) == 0;
}


bool
weir_flow_answer_header(struct weir_flow *f, struct weir_span name,
    struct weir_span value)
{
    static const char  retry[] = "retry-after";

    if (name.len == sizeof(retry) - 1
        && strncasecmp((const char *) name.at, retry, name.len) == 0)
    {
        f->retry_ms = retry_of(f, value);
        return true;
    }
    return !begins(name, "weir-")
           && !(f->rate.limited && (begins(name, "x-ratelimit-")
                                    || begins(name, "anthropic-ratelimit-")));
}
