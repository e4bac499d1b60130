/* act_internal.h: what the files of this room share. */
#ifndef WEIR_ACT_INTERNAL_H
#define WEIR_ACT_INTERNAL_H

#include "weir/act.h"

/* The text that raw bytes in a coding stand for, as UTF-8, appended. */
void weir_plain(struct weir_buf *out, enum weir_coding coding,
    struct weir_span raw);

/* Levels of JSON escapes in a coding: 0, 1, 2. */
static inline int
weir_coding_depth(unsigned coding)
{
    return coding == WEIR_PLAIN ? 0 : coding == WEIR_JSON ? 1 : 2;
}

/* The pseudonym of a value, made when it is new: "<STEM_n>" appended to
   `out`, escaped to `depth`. WEIR_MORE: the table is full, nothing added. */
int weir_names_of(struct weir_names *n, struct weir_span stem,
    struct weir_span value, struct weir_buf *out);

/* The value of a pseudonym text "<STEM_n>"; len 0 and at NULL if unknown. */
struct weir_span weir_names_value(const struct weir_names *n,
    struct weir_span name);

#endif
