/*
 * address.h: Chinese postal addresses.
 *
 * An address begins with a division (province, city, district: the gazetteer
 * of data/README.md) and goes on by parts: town, road, number, place,
 * building, storey, room. The scanner finds where a division stands and asks
 * what begins there. docs/identifiers.md has the grammar and the scores.
 */
#ifndef WEIR_ADDRESS_H
#define WEIR_ADDRESS_H

#include "weir/base.h"
#include "weir/limits.h"

#include <uchar.h>

/*
 * The address that begins at ch[0]: its length in characters; 0: none; -1:
 * `open` (the text goes on behind ch[n - 1]) and it must be seen how.
 *
 * ch     n folded characters (engine/fold), without those that vanish; more
 *        than WEIR_ADDRESS_CHARS_MAX are not looked at
 * score  [0] without, [1] with a word before it such as 住址; 900 down to a
 *        house number or room, 500 a road that the word introduces, 300 a
 *        road in a known district
 *
 * Allocates nothing; O(n).
 */
int weir_address_parse(const uint32_t *ch, unsigned n, bool open,
    unsigned score[2]);

/* The k-th division's name as UTF-16 units (none beyond the BMP); NULL when
   there is none. */
const uint16_t *weir_address_name(unsigned k, unsigned *len);

#endif
