/*
 * find_span.h: detectors that are pure functions over decoded characters and
 * whose findings are of one kind of identifier: an array of characters in,
 * spans out (names of persons).
 */
#ifndef WEIR_FIND_SPAN_H
#define WEIR_FIND_SPAN_H

#include "find/find_state.h"

struct find_span {
    size_t    begin;       /* characters of the window, half open */
    size_t    end;
    unsigned  score;       /* 1 to 1000 */
};

/*
 * What begins in [from, n), at most `max` spans, in order; *decided: all
 * before it is final whatever follows. `last`: none follows. With `max` spans
 * found it is called again from *decided.
 */
typedef size_t (*find_span_fn)(const uint32_t *cp, size_t n, size_t from,
    bool last, struct find_span *out, size_t max, size_t *decided);

/* 1 if some rule asks for the kind. */
unsigned weir_find_span_slots(const struct weir_matcher *m, unsigned kind);
bool weir_find_span_run(struct weir_finder *f, unsigned slot, unsigned kind,
    find_span_fn find);

#endif
