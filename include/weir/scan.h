/*
 * scan.h: find what the rules of a profile look for in one stream of text.
 *
 * Three lifetimes: the matcher (compiled, immutable, part of the snapshot),
 * and one weir_scan per text stream (channel). No allocation.
 *
 * The text is raw bytes as they stand in the body, in one of three codings;
 * offsets are positions of raw bytes from the start of the stream, so that
 * the caller can cut and copy without ever re-coding what it does not own:
 *
 *   WEIR_PLAIN   UTF-8
 *   WEIR_JSON    the inside of a JSON string (\n, \u4e2d, surrogate pairs)
 *   WEIR_JSON2   the inside of a JSON string that is itself JSON text
 *                (tool-call arguments): two levels of escapes
 *
 * Semantics (the naive oracle scan_naive.c is their definition):
 *   - every occurrence of every term and identifier is found; overlapping
 *     ones too. A finding covers whole characters of the original, with the
 *     vanishing characters (zero-width ...) that stand inside it. The same
 *     place is found once for a rule.
 *   - a term that asks for it is also found with separators and repeats
 *     between its characters (engine/scan/scan_loose.c).
 *   - "A near B" is one finding, from the first of the two to the end of the
 *     other (engine/scan/scan_near.c); text waits for the second no longer
 *     than the rule's bound and a term.
 *   - a term or identifier with edges counts only between edges;
 *     the end of the stream is an edge.
 *   - an exception (allow-phrase) that contains a finding removes it.
 *   - an identifier is the longest match of its recogniser at its start,
 *     with its check digits right; with its context word if it needs one.
 *
 * The streaming invariant: for any split into feeds the findings are the
 * same. The hold-back is minimal: `settled` is the greatest position such
 * that no continuation of the text can add or remove a finding that begins
 * before it, and no code point is cut in two. Terms may be late: for a rule
 * that only counts, text need not wait. What they find is the same, yet it
 * does not hold `settled` back; the others come in the order of their begin,
 * the late ones among each other too.
 */
#ifndef WEIR_SCAN_H
#define WEIR_SCAN_H

#include "weir/base.h"
#include "weir/limits.h"

enum weir_coding { WEIR_PLAIN, WEIR_JSON, WEIR_JSON2 };

struct weir_matcher;       /* scan/scan_layout.h */

/* Structural check of a blob of `size` bytes, 8-byte aligned, before use:
   SNAPSHOT_BAD or WEIR_OK. O(size). */
WEIR_CHECKED int weir_matcher_check(const void *at, size_t size);

/*
 * Matchers of one snapshot may share the tables of identifiers. So many bytes
 * before `at` stands the matcher whose tables this one uses; 0: its own. The
 * check is then this one, with that matcher, checked before, as `owner`.
 */
uint64_t weir_matcher_back(const void *at, size_t size);
WEIR_CHECKED int weir_matcher_check_shared(const void *at, size_t size,
    const struct weir_matcher *owner);

struct weir_found {
    uint64_t  begin;       /* [begin, end) in raw bytes of the stream */
    uint64_t  end;
    uint16_t  rule;        /* number in the profile */
    uint16_t  kind;        /* enum weir_ident, 0 for a term */
    uint16_t  score;       /* 0 to 1000 */
    uint16_t  late;        /* 1: nothing waited for it, it may lie before what
                              was settled already */
};

struct weir_scan;          /* weir_scan_size() bytes, may be memcpy'd */

size_t weir_scan_size(void);

/* `flags`: see below. The matcher must outlive the scan. */
void weir_scan_open(struct weir_scan *s, const struct weir_matcher *m,
    enum weir_coding coding, unsigned flags);

#define WEIR_SCAN_PSEUDONYMS  1u  /* also find pseudonyms such as <MOBILE_1>,
                                     reported with rule WEIR_RULE_PSEUDONYM */
#define WEIR_SCAN_SPOKEN      2u  /* the text is said to the model or by it,
                                     and no data: a request in it is none that
                                     was put in (prompt_injection) */
#define WEIR_RULE_PSEUDONYM   0xffffu

/*
 * Take text. `text` is raw bytes [base, base + len) of the stream; it must
 * reach from weir_scan_keep() (or earlier) to the end of what is new; bytes
 * before the scanner's own position are not scanned again. `last` says that
 * the stream ends at base + len; it may come with len 0.
 *
 * Fills found[0 .. *nfound): final findings, sorted by begin, each with
 * begin < settled, none reported twice. Returns WEIR_OK when all text was
 * taken, WEIR_MORE when found[] is full: take them and call again with the
 * same text. Invalid UTF-8 and lone surrogates scan as U+FFFD, one per
 * maximal subpart (Unicode 3.9); never an error.
 */
int weir_scan_feed(struct weir_scan *s, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t nfound_max,
    size_t *nfound);

/*
 * Between two feeds: what the scan must remember, in as few bytes as it
 * needs (about a hundred in a quiet place). `out` has weir_scan_pack_max()
 * bytes; returns the length. Unpack makes it whole again: the scan itself
 * can be scratch memory that all streams of a worker share. O(length).
 */
size_t weir_scan_pack_max(void);
size_t weir_scan_pack(const struct weir_scan *s, uint8_t *out);
void weir_scan_unpack(struct weir_scan *s, const uint8_t *in, size_t len);

/* More findings overlapped than there was room to keep apart
   (WEIR_PENDING_MAX): some were clipped or lost, and the text must not be
   taken for inspected. Stays set. */
bool weir_scan_overflow(const struct weir_scan *s);

uint64_t weir_scan_settled(const struct weir_scan *s);
/* Raw bytes from here on must be given again with the next feed. */
uint64_t weir_scan_keep(const struct weir_scan *s);

#endif
