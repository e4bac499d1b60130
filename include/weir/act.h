/*
 * act.h: one text stream (channel) through scan and decide, rewritten.
 *
 * Overlapping findings that are redacted or pseudonymised form one run, and
 * a run becomes one mark: that of its strictest rule, the longest finding
 * among equals, the first among those. A denied finding ends the channel
 * before its first byte. What is put in is escaped for the coding of the
 * channel and is not scanned again.
 *
 * The streaming invariant: the concatenated output is the same for every
 * split of the input; input byte i waits only while some rule could still
 * match across it.
 */
#ifndef WEIR_ACT_H
#define WEIR_ACT_H

#include "weir/base.h"
#include "weir/buf.h"
#include "weir/decide.h"
#include "weir/find.h"

/* Pseudonyms of one call: in the request values become <MOBILE_1> ..., in
   the answer they become the values again. Kept in memory for the call. */
struct weir_names;

WEIR_CHECKED int weir_names_open(struct weir_names **out,
    struct weir_mem *mem);
void weir_names_close(struct weir_names *n);
uint32_t weir_names_count(const struct weir_names *n);

/* What the channels of one direction of one call share. */
struct weir_act {
    const struct weir_snapshot      *snap;
    const struct weir_snap_profile  *profile;   /* NULL: all passes */
    struct weir_verdict             *verdict;
    struct weir_mem                 *mem;
    struct weir_names              **names;     /* opened when first needed */
    bool                             chinese;   /* marks in zh */
    bool                             restore;   /* pseudonyms -> values */
};

struct weir_channel {
    struct weir_buf    held;       /* raw bytes [sent, taken) */
    uint64_t           sent;       /* raw bytes decided */
    uint64_t           taken;      /* raw bytes fed */
    uint64_t           held_max;   /* the most that ever waited */
    uint8_t           *packed;     /* the find between two feeds */
    size_t             packed_got;
    uint32_t           packed_len; /* 0: not begun */
    uint8_t            scanning;   /* some rule looks at the text */
    uint8_t            scan_flags;
    struct weir_found  run;        /* findings that overlap, as one span */
    struct weir_found  best;       /* the one that names the run */
    uint8_t            run_open;
    uint8_t            coding;     /* enum weir_coding */
    uint8_t            denied;
    /* WEIR_JSON2: where `sent` is in the inner JSON text */
    uint8_t            in_string;
    uint8_t            in_escape;  /* behind a backslash of the inner text */
    uint8_t            outer;      /* position in an escape of the outer */
    uint16_t           outer_hex;
};

WEIR_CHECKED int weir_channel_open(struct weir_channel *c,
    const struct weir_act *act, enum weir_coding coding, unsigned scan_flags);

/*
 * Feed raw bytes; append to `out` what may leave. WEIR_OK; WEIR_DONE: a rule
 * denied, nothing more may leave (out has the permitted prefix);
 * NO_MEMORY.
 */
WEIR_CHECKED int weir_channel_feed(struct weir_channel *c,
    const struct weir_act *act, const uint8_t *at, size_t len, bool last,
    struct weir_buf *out);

/* Raw bytes taken and not yet decided. */
size_t weir_channel_held(const struct weir_channel *c);
void weir_channel_close(struct weir_channel *c, const struct weir_act *act);

#endif
