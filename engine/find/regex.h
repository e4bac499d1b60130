/*
 * regex.h: compile and try one operator regex. PCRE2 with JIT, UTF-8, \n as
 * line end, and none of what would make a match depend on where a search
 * began or escape the limits: \C, \G, \K, callouts, (*VERBS).
 */
#ifndef WEIR_REGEX_H
#define WEIR_REGEX_H

#include "weir/base.h"

struct weir_regex;

/*
 * `flags` WEIR_REGEX_... WEIR_OK; BAD_REQUEST with a message, and where in
 * the pattern (bytes); NO_MEMORY. About 0.1 ms.
 */
WEIR_CHECKED int weir_regex_compile(struct weir_regex **out,
    struct weir_span pattern, unsigned flags, char message[160],
    size_t *offset);
void weir_regex_close(struct weir_regex *r);

enum weir_tried {
    WEIR_TRIED_NONE,
    WEIR_TRIED_MATCH,      /* begin, end */
    WEIR_TRIED_PARTIAL,    /* more text decides; begin */
    WEIR_TRIED_LIMIT       /* gave up */
};

struct weir_try {
    const uint8_t  *at;    /* valid UTF-8 */
    size_t          len;
    size_t          from;  /* search from here; what is before is seen */
    bool            begins; /* `at` is the begin of the text */
    bool            more;  /* text may follow `len` */
    bool            here;  /* only a match that begins at `from` */
    size_t          begin, end;
};

/* Leftmost match that is not empty. No allocation with JIT; not for two
   threads at once. */
enum weir_tried weir_regex_try(struct weir_regex *r, struct weir_try *t);

/* Machine code; without it everything is many times slower. */
bool weir_regex_fast(void);

#endif
