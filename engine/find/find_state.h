/*
 * find_state.h: the inside of struct weir_finder, and what a detector is.
 *
 * A detector other than the scanner looks at a window of decoded characters,
 * which slides over the text:
 *
 *      0          K = least next[]            n
 *      |-----------|--------------------------|
 *       FIND_BACK   not decided by someone     what comes
 *       or more
 *
 * Each detector has a slot (regexes: one each): next[slot] is the first
 * character at which it has not decided whether a finding begins there. It
 * may look FIND_BACK characters back from there and, before it must decide,
 * WEIR_REGEX_CHARS_MAX + 1 ahead; what it decides may depend on no others.
 * Between two feeds only those look-behind characters are kept; the rest is
 * decoded again from the raw text, which the caller still holds.
 */
#ifndef WEIR_FIND_STATE_H
#define WEIR_FIND_STATE_H

#include "scan/scan_code.h"
#include "scan/scan_layout.h"
#include "weir/find.h"
#include "weir/inject.h"

#define FIND_BACK      WEIR_REGEX_BACK
#define FIND_CHARS     2048         /* of the window */
#define FIND_SLOTS     (WEIR_REGEXES_MAX + 4)
#define FIND_PENDING   512

static_assert(FIND_CHARS >= FIND_BACK + WEIR_REGEX_CHARS_MAX + 512,
              "the window moves on by hundreds of characters at least");
static_assert(FIND_CHARS <= 4096 && FIND_SLOTS <= 255, "packed in few bits");

struct find_window {
    uint32_t  n;                    /* characters */
    bool      begins;               /* [0] is the first of the text */
    bool      ended;                /* none comes behind [n - 1] */
    uint64_t  end;                  /* raw bytes [.., end) are decoded */
    uint64_t  raw0;
    uint32_t  cp[FIND_CHARS];
    uint32_t  raw[FIND_CHARS + 1];  /* where each begins, from raw0 on; of
                                       look-behind that was packed: 0 */
    uint16_t  byte[FIND_CHARS + 1]; /* where each begins in utf8[] */
    uint8_t   utf8[FIND_CHARS * 4]; /* bad input is U+FFFD: always valid */
};

struct weir_finder {
    struct weir_scan           *scan;      /* behind it, in the same block */
    const struct weir_matcher  *m;
    struct weir_patterns       *patterns;
    uint8_t                     coding;
    bool                        extra;     /* what follows is there */
    /* ---- only when some detector besides the scanner is wanted ---- */
    bool                        overflow;
    bool                        scan_more; /* the scanner has not taken all
                                              that the window has */
    bool                        run_more;  /* a detector had no room */
    uint16_t                    nslots;
    uint16_t                    npending;
    uint64_t                    spent_ns;  /* CPU time of the regexes */
    uint32_t                    chars;     /* decoded so far */
    bool                        spoken;       /* WEIR_SCAN_SPOKEN */
    bool                        injecting;    /* `inject` is opened */
    uint32_t                    inject_chars; /* of the piece under way */
    struct weir_inject          inject;
    uint16_t                    next[FIND_SLOTS];
    struct weir_found           pending[FIND_PENDING];  /* by begin */
    struct find_window          w;
};

struct find_detector {
    /* How many slots it takes; 0: this matcher does not want it. */
    unsigned  (*slots)(const struct weir_matcher *m);
    /* Move next[slot ..] on as far as can be decided: to w.n, or to where
       something waits for more text. False: weir_find_report had no room. */
    bool      (*run)(struct weir_finder *f, unsigned slot);
};

extern const struct find_detector  weir_find_regex;

/* A finding on characters [begin, end) of the window; false: no room, to be
   reported again in the next run. */
bool weir_find_report(struct weir_finder *f, uint32_t begin, uint32_t end,
    unsigned rule, unsigned kind, unsigned score);

/* Nothing more is looked for besides terms and identifiers, and the text must
   be refused. */
void weir_find_give_up(struct weir_finder *f);

/* Slots that all detectors take; 0: the scanner is all there is. */
unsigned weir_find_slots(const struct weir_matcher *m);

/* All but the scanner's own state, as at the begin of a text. */
void weir_find_begin(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p);

/* The least next[]. */
uint32_t weir_find_first(const struct weir_finder *f);

/* find_window.c: append what the text has, as much as fits, dropping what
   nobody needs; false: nothing was appended and `ended` is as it was. */
bool weir_window_fill(struct weir_finder *f, const struct text *t,
    uint64_t base);
void weir_window_add(struct find_window *w, uint32_t cp);

#endif
