/* error.c: the table of error.h as data. */
#include "weir/error.h"

static const struct weir_error_info  table[] = {
#define X(name, status, openai, anthropic, code, en, zh)                      \
    { #name, status, openai, anthropic, code, en, zh },
    WEIR_ERROR_TABLE(X)
#undef X
};


const struct weir_error_info *
weir_error_info(int error)
{
    const int  i = -1 - error;

    if (i < 0 || i >= WEIR_ERROR_COUNT) {
        return &table[WEIR_EI_INTERNAL];
    }
    return &table[i];
}


int
weir_error_of_status(int status)
{
    static const struct { int status, error; }  known[] = {
        { 404, WEIR_E_SURFACE },
        { 405, WEIR_E_METHOD },
        { 413, WEIR_E_TOO_LARGE },
        { 500, WEIR_E_INTERNAL },
        { 502, WEIR_E_UPSTREAM_DOWN },
        { 503, WEIR_E_TOO_MANY_CALLS },
        { 504, WEIR_E_UPSTREAM_TIMEOUT },
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].status == status) {
            return known[i].error;
        }
    }
    return WEIR_E_BAD_REQUEST;
}
