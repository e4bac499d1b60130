/*
 * address.h: Chinese postal addresses in running text.
 *
 * A pure function over decoded code points, as weir_names_find is. An
 * address begins with a division (province, city, district: the gazetteer of
 * data/README.md) or behind a word such as 地址, and goes on by parts: town,
 * road, number, place, building, storey, room. docs/identifiers.md has the
 * grammar and the scores.
 */
#ifndef WEIR_ADDRESS_H
#define WEIR_ADDRESS_H

#include "weir/base.h"
#include "weir/limits.h"

struct weir_address {
    size_t    begin;   /* code points of `cp`, half open */
    size_t    end;
    unsigned  score;   /* 900 down to a room or house number, 500 a road or
                          place that a word such as 住址 introduces, 300 a
                          road in a known district */
};

/*
 * The addresses that begin in [from, n); see weir_names_find for the
 * parameters. Needs WEIR_ADDRESS_BACK code points before `from` and at most
 * WEIR_ADDRESS_CHARS_MAX behind a begin. Allocates nothing; O(n).
 */
size_t weir_address_find(const uint32_t *cp, size_t n, size_t from,
    bool last, struct weir_address *out, size_t max, size_t *decided);

#endif
