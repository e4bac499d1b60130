/*
 * names.h: names of persons in running text, Chinese and Latin script.
 *
 * A pure function over decoded code points. It reads the text from left to
 * right; its only state is the position where it stands, so that a caller
 * who hands the text over in pieces goes on from `*decided` and finds, for
 * every split, what it finds in the whole text. Method, data and figures:
 * docs/names.md.
 */
#ifndef WEIR_NAMES_H
#define WEIR_NAMES_H

#include "weir/base.h"

struct weir_name {
    size_t    begin;   /* code points of `cp`, half open */
    size_t    end;
    unsigned  score;   /* 1..1000; 500 is as likely a name as not */
};

/*
 * Finds the names that begin in [from, n).
 *
 * cp       n code points; vanishing ones (zero width) may be among them.
 *          At least WEIR_NAMES_BACK of them stand before `from`, or `cp[0]`
 *          is the first of the text: they are context
 * from     0, or `*decided` of the call before
 * last     no text follows
 * out      takes up to `max` (>= 1) names, in order, none overlaps another
 * decided  all before it is final whatever follows; from <= *decided <= n.
 *          It is n where no candidate has begun and always when `last`,
 *          unless `out` is full: then call again with from = *decided.
 *          n - *decided is at most WEIR_NAMES_AHEAD then
 *
 * Returns how many names are in `out`. Allocates nothing; O(n): a few
 * nanoseconds for a character at which no name can begin, a few hundred for
 * one at which one can.
 */
size_t weir_names_find(const uint32_t *cp, size_t n, size_t from, bool last,
                       struct weir_name *out, size_t max, size_t *decided);

#endif
