/*
 * head.c: what a flow takes of the headers of a request, one at a time: the
 * key, the language, the coding of the body.
 */
#include "weir/flow.h"

#include <strings.h>


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


int
weir_flow_head_take(struct weir_flow_head *head, struct weir_span name,
    struct weir_span value)
{
    struct weir_span  *to, was;

    if (weir_span_is(name, "accept-language")) {
        head->language = value;
        return WEIR_OK;
    }
    if (weir_span_is(name, "content-encoding")) {
        to = &head->coding;
    } else if (weir_span_is(name, "x-api-key")
               || (weir_span_is(name, "authorization") && bearer(&value)))
    {
        to = &head->key;
    } else {
        return WEIR_OK;
    }
    if (value.len == 0) {
        return WEIR_OK;
    }
    was = *to;
    *to = value;
    return was.len == 0 || (was.len == value.len
                            && memcmp(was.at, value.at, value.len) == 0)
           ? WEIR_OK : WEIR_E_BAD_REQUEST;
}
