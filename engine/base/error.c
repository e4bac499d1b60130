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
