/*
 * find.h: all that a profile looks for in one stream of text: the terms and
 * identifiers of scan.h, operator regexes, and whatever else is decided on a
 * window of decoded characters (engine/find/find_state.h).
 *
 * The interface and its promises are those of scan.h: findings sorted by
 * begin, each final, none twice, the same for every split of the text;
 * `settled` is the least over all detectors. A profile that only has terms
 * and identifiers costs one branch a feed and no memory more.
 *
 * A regex looks at WEIR_REGEX_CHARS_MAX characters from where it begins, its
 * look-ahead included, and finds leftmost, not overlapping matches that are
 * not empty. Exceptions (allow-phrases) do not touch it.
 */
#ifndef WEIR_FIND_H
#define WEIR_FIND_H

#include "weir/base.h"
#include "weir/scan.h"

/* Flags of a regex, as the matcher keeps them. */
#define WEIR_REGEX_CASELESS   1u
#define WEIR_REGEX_MULTILINE  2u       /* ^ and $ at every line */
#define WEIR_REGEX_DOTALL     4u       /* . also takes a line end */
#define WEIR_REGEX_EXTENDED   8u       /* blanks and # comments */
#define WEIR_REGEX_FLAGS      15u

struct weir_patterns;      /* compiled regexes of one matcher */

/*
 * Compile the regexes of a matcher; *out NULL when it has none. They use
 * memory of their own to match in: one thread at a time. Allocates, and takes
 * about 0.1 ms a pattern: not for the data path. Errors: NO_MEMORY,
 * SNAPSHOT_BAD (a pattern that does not compile). The matcher must outlive
 * them.
 */
WEIR_CHECKED int weir_patterns_open(struct weir_patterns **out,
    const struct weir_matcher *m);
void weir_patterns_close(struct weir_patterns *p);

struct weir_finder;          /* weir_find_size(m) bytes, 8-byte aligned */

size_t weir_find_size(const struct weir_matcher *m);

/* `p` is what weir_patterns_open made of `m`; both must outlive the find.
   `flags`: WEIR_SCAN_... */
void weir_find_open(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p, enum weir_coding coding, unsigned flags);

/* As weir_scan_feed. `text` must reach from weir_find_keep() on. */
int weir_find_feed(struct weir_finder *f, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t nfound_max,
    size_t *nfound);

/* As weir_scan_pack and _unpack; only after a feed that returned WEIR_OK. */
size_t weir_find_pack_max(const struct weir_matcher *m);
size_t weir_find_pack(const struct weir_finder *f, uint8_t *out);
void weir_find_unpack(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p, const uint8_t *in, size_t len);

/* The text must not be taken for inspected: more findings overlap than can be
   kept apart, or a regex used up its limit. Stays set. */
bool weir_find_overflow(const struct weir_finder *f);

uint64_t weir_find_settled(const struct weir_finder *f);
/* Raw bytes from here on must be given again with the next feed. */
uint64_t weir_find_keep(const struct weir_finder *f);

#endif
