/*
 * names_latin.h: what names_latin.c and names_token.c share.
 */
#ifndef NAMES_LATIN_H
#define NAMES_LATIN_H

#include "names/names_internal.h"

struct token {
    char      letters[NAMES_LETTERS];   /* small, without marks */
    size_t    len;
    size_t    begin, end;
    unsigned  flags;
    bool      upper;                    /* begins with a capital */
    bool      capitals;                 /* is all of them */
    bool      dotted;                   /* "J." */
};

/* The word at `at`: false if there is none or it is too long. */
bool weir_names_token(struct names_text *t, size_t at, struct token *k);
/* A capital, of whatever alphabet of Latin letters. */
bool weir_names_upper(uint32_t cp);

static inline bool
is_mark(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019 || cp == '-';
}

#endif
