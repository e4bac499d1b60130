/* ident.c: names of the identifiers, from the one table. */
#include "weir/ident.h"
#include "weir/base.h"

static const struct {
    const char  *type;
    const char  *stem;
} rows[] = {
    { NULL, NULL },
#define X(name, type, stem)  { type, stem },
    WEIR_IDENT_TABLE(X)
#undef X
};

const char *
weir_ident_type(unsigned kind)
{
    return kind < WEIR_IDENT_COUNT ? rows[kind].type : NULL;
}

const char *
weir_ident_stem(unsigned kind)
{
    return kind < WEIR_IDENT_COUNT ? rows[kind].stem : NULL;
}

unsigned
weir_ident_by_type(const char *type)
{
    unsigned  k;

    for (k = 1; k < WEIR_IDENT_COUNT; k++) {
        if (strcmp(rows[k].type, type) == 0) {
            return k;
        }
    }
    return WEIR_IDENT_NONE;
}
