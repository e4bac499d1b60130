/*
 * find_naive.h: what a regex means, for the tests: at each character one
 * anchored attempt on a copy of just what it may see.
 */
#ifndef WEIR_FIND_NAIVE_H
#define WEIR_FIND_NAIVE_H

#include "find/regex.h"
#include "find/find_state.h"

#include <stdlib.h>

/* Matches of one regex in UTF-8 text, appended as findings of `rule`; false
   when an attempt reached its limit. */
static inline bool
find_naive(struct weir_regex *r, const uint8_t *text, size_t len,
    unsigned rule, unsigned score, struct weir_found *out, size_t *n,
    size_t max)
{
    const struct text  t = { text, len, true };
    size_t            *at = malloc((len + 2) * sizeof(*at));
    size_t             chars = 0, p = 0;
    uint32_t           cp;
    bool               ok = true;

    at[0] = 0;
    while (at[chars] < len) {
        at[chars + 1] = text_next(&t, WEIR_PLAIN, at[chars], &cp);
        chars++;
    }
    while (p < chars && ok && *n < max) {
        const size_t     from = p < FIND_BACK ? 0 : p - FIND_BACK;
        const size_t     to = chars - p <= WEIR_REGEX_CHARS_MAX
                              ? chars : p + WEIR_REGEX_CHARS_MAX;
        struct weir_try  one = {
            .at = text + at[from], .len = at[to] - at[from],
            .from = at[p] - at[from], .begins = from == 0,
            .more = to < chars, .here = true
        };

        switch (weir_regex_try(r, &one)) {
        case WEIR_TRIED_MATCH:
            out[(*n)++] = (struct weir_found) {
                .begin = at[p], .end = at[from] + one.end,
                .rule = (uint16_t) rule, .score = (uint16_t) score
            };
            while (at[p] < at[from] + one.end) {
                p++;
            }
            break;
        case WEIR_TRIED_LIMIT:
            ok = false;
            break;
        default:
            p++;
        }
    }
    free(at);
    return ok;
}

#endif
