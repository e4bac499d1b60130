/*
 * scan_state.h: the inside of struct weir_scan, for the files of this room.
 */
#ifndef WEIR_SCAN_STATE_H
#define WEIR_SCAN_STATE_H

#include "scan/scan_code.h"
#include "scan/scan_step.h"
#include "weir/scan.h"

#define SCAN_MAGIC     0x4e435357u
#define SCAN_RING      256          /* > WEIR_TERM_STEPS_MAX */
#define SCAN_SYMS      512          /* > WEIR_IDENT_CHARS_MAX + look-ahead */
#define SCAN_BEST_MAX  6            /* kinds that one start may become */
#define SCAN_COVERED   16           /* kinds whose last match is kept */

/* The longest valid match of one kind so far. */
struct scan_best {
    uint32_t  len;
    uint16_t  score;                /* with WEIR_CHECK_WEAK */
    uint16_t  kind;
};

struct scan_attempt {
    uint64_t          begin;
    uint64_t          contexts[2];  /* classes heard shortly before */
    uint32_t          allow_len;    /* an exception covers so much of it */
    uint32_t          chars;        /* seen; its last in syms[nsyms - 1] */
    uint16_t          state;
    uint8_t           nbest;
    bool              assigned;     /* a value: it becomes one kind only */
    struct scan_best  best[SCAN_BEST_MAX];
};

/* The last match of one kind: what lies inside it is no other. A new kind
   takes the place that ends first; end 0: free. */
struct scan_covered {
    uint64_t  begin;
    uint64_t  end;
    uint64_t  kind;
};

struct scan_pending {
    uint64_t  begin;
    uint32_t  len;
    uint16_t  rule;
    uint16_t  score;
    uint16_t  kind;
    uint16_t  late;
    uint32_t  first;                /* "A near B": the earlier half is so */
    uint32_t  second;               /* long, the later begins here; else 0 */
};

/* Half of "A near B" that waits for the other half. */
struct scan_half {
    uint64_t  begin;
    uint64_t  end;
    uint32_t  end_char;             /* characters before its end */
    uint16_t  rule;
    uint8_t   near;
    uint8_t   side;
    uint8_t   late;
    uint8_t   reserved[3];
};

/* A loose term under way: see scan_loose.c. */
struct scan_walk {
    uint64_t  begin;
    uint32_t  cell;                 /* of its last character */
    uint32_t  begin_char;           /* characters before its begin */
    uint16_t  mask;                 /* ways that still hold */
    uint8_t   run;                  /* separators since its last character */
    uint8_t   rep;                  /* its last character, this often more */
    uint8_t   flags;
    uint8_t   reserved[3];
};

static_assert(SCAN_SYMS > WEIR_IDENT_CHARS_MAX + 4, "look-ahead fits");
static_assert(WEIR_IDENT_COUNT <= WEIR_IDENTS_MAX, "kind is a byte");

/* Names of divisions that wait for what follows them: scan_place.c. An
   address has no more begins than characters. */
#define SCAN_PLACES  WEIR_ADDRESS_CHARS_MAX

struct scan_place {
    uint64_t  begin;
    uint64_t  contexts[2];          /* as in scan_attempt */
};

struct weir_scan {
    uint32_t                    magic;
    uint8_t                     coding;
    uint8_t                     flags;
    uint8_t                     word;      /* the last character was one */
    uint8_t                     sym;       /* its symbol */
    const struct weir_matcher  *m;
    uint64_t                    pos;       /* everything before is scanned */
    uint64_t                    settled;
    uint64_t                    floor;     /* given up before: see overflow */
    uint64_t                    end1;      /* end of the last character that
                                              did not vanish */
    uint64_t                    end2;      /* of the one before it */
    uint64_t                    allow_begin;  /* the longest exception that */
    uint64_t                    allow_end;    /* ends there */
    uint32_t                    state;     /* of the automaton */
    uint32_t                    step;      /* next slot of ring */
    uint32_t                    nboundaries;
    uint32_t                    nsyms;     /* next slot of syms */
    uint32_t                    heard;     /* character of the last context */
    uint16_t                    nattempts;
    uint16_t                    npending;
    bool                        ended;
    bool                        any_heard;
    bool                        overflow;  /* findings were clipped or lost */
    uint8_t                     same;      /* the last character, so often in
                                              a row; with cls, sep_step and
                                              walks only if terms are loose */
    uint16_t                    cls;       /* its class */
    uint16_t                    nwalks;
    uint16_t                    nhalves;
    uint32_t                    sep_step;  /* step behind the last separator */
    uint16_t                    nplaces;
    bool                        any_place; /* place_last is one */
    uint8_t                     assign;    /* these three: scan_assign.c */
    uint8_t                     assign_n;
    uint8_t                     assign_how;
    uint32_t                    assign_tail;  /* last letters of the name */
    uint64_t                    assign_contexts[2];  /* that led there */
    uint64_t                    place_last;   /* begin of the last name */
    uint64_t                    place_begin;  /* the last address */
    uint64_t                    place_end;
    uint32_t                    pair;         /* a state of depth 2, and */
    uint32_t                    pair_first;   /* the first of its classes */
    uint32_t                    ring[SCAN_RING];  /* where steps began */
    uint8_t                     syms[SCAN_SYMS];  /* characters while an
                                                     identifier is begun */
    uint32_t                    context[WEIR_CONTEXTS_MAX + 1];
                                                  /* character where the
                                                     class was last heard,
                                                     + 1; 0: never */
    struct scan_covered         covered[SCAN_COVERED];
    struct scan_attempt         attempts[WEIR_ATTEMPTS_MAX]; /* by begin */
    struct scan_pending         pending[WEIR_PENDING_MAX];   /* by begin */
    struct scan_walk            walks[WEIR_WALKS_MAX];
    struct scan_half            halves[WEIR_NEAR_KEPT_MAX];  /* by end */
    struct scan_place           places[SCAN_PLACES];  /* as heard */
};

/* One feed. */
struct scan_feed {
    struct weir_scan   *s;
    struct text         t;
    uint64_t            base;
    struct weir_found  *found;
    size_t              nfound_max;
    size_t              nfound;
};

/* scan_place.c */
void weir_scan_place(struct scan_feed *f, uint64_t begin);
void weir_scan_places_retry(struct scan_feed *f);
uint64_t weir_scan_places_hold(const struct weir_scan *s);

/* scan_assign.c */
/* A word of the class, to which values are assigned, has ended. */
void weir_scan_assign_heard(struct weir_scan *s, unsigned context,
    unsigned own);
/* The next character; true: with it a value may begin. */
bool weir_scan_assign_char(struct weir_scan *s, uint32_t sym);

/* scan_ideographs.c */
struct scan_run {
    uint32_t  state;       /* in: of depth 2 at most */
    uint32_t  first;       /* if it is of depth 2, the first of its classes */
    uint32_t  last;        /* entry of the last character */
    uint32_t  quiet;       /* an entry is quiet that is this, */
    uint32_t  shift;       /* so much shifted */
    bool      loose;
    const uint16_t  *starts;   /* those of the scan's flags */
};
/* Quiet ideographs from `at` on, as the loop over quiet characters would have
   done; how many bytes. Ends behind one where a term ends or may well. */
size_t weir_scan_ideographs(const struct weir_matcher *m, const uint8_t *at,
    size_t len, struct scan_run *r);

/* scan_find.c, scan_hold.c */
/* Context classes heard shortly before a character that `now` others stand
   before. */
void weir_scan_contexts_near(const struct weir_scan *s, uint32_t now,
    uint64_t near[2]);
void weir_scan_step(struct scan_feed *f, uint32_t entry, uint64_t begin,
    uint64_t end);
void weir_scan_out(struct scan_feed *f, uint64_t end);
void weir_scan_end(struct scan_feed *f);
/* Hand over what is final; false when found[] is full. */
bool weir_scan_flush(struct scan_feed *f);
/* When too much waits, let the oldest go: see scan_find.c. */
void weir_scan_relieve(struct scan_feed *f);
uint64_t weir_scan_settle(const struct weir_scan *s);
/* As weir_scan_settle, but for handing over findings, those that may be late
   or the others: pending ones do not hold. */
uint64_t weir_scan_final(const struct weir_scan *s, bool late);
/* Where the step `back` steps ago began. */
uint64_t weir_scan_step_begin(const struct weir_scan *s, uint32_t back);
void weir_scan_pend(struct scan_feed *f, const struct scan_pending *p);
/* An exception covers [begin, end). */
void weir_scan_allow(struct weir_scan *s, uint64_t begin, uint64_t end);

/* scan_loose.c */
/* The character is about to be stepped over: move the walks, begin new ones
   for what is under way in `state`, at `step`, before the edge, if any, in
   front of it. s->word is still that of the character before. */
void weir_scan_loose_char(struct weir_scan *s, uint32_t entry,
    uint32_t state, uint32_t step);
/* The exceptions, or the terms, of the walks that end at `end`: with the
   character that was just taken, or with the edge behind it. */
void weir_scan_loose_out(struct scan_feed *f, uint64_t end, bool edge,
    bool allow);
/* Forget the walks of which nothing more can come. */
void weir_scan_loose_sweep(struct weir_scan *s);
/* Begin of the first walk that may become a finding (0), an exception (1) or
   a finding that may be late (2); UINT64_MAX: none. */
uint64_t weir_scan_loose_hold(const struct weir_scan *s, unsigned what);

/* scan_near.c */
/* One half of "A near B" ends at `end`. */
void weir_scan_half(struct scan_feed *f, const struct weir_out *o,
    uint64_t begin, uint32_t begin_char, uint64_t end);
/* Begin of the first half that still waits, of those that may be late too if
   `late`; UINT64_MAX: none. */
uint64_t weir_scan_near_hold(const struct weir_scan *s, bool late);
/* Forget the halves that wait for nothing. */
void weir_scan_near_prune(struct weir_scan *s);

/*
 * An identifier that may begin with a character of entry e, behind one of
 * symbol `before`: is it over with the next one, of entry `next`? Then it need
 * not begin: most ideographs that may begin one do not. `starts`: the start
 * states of the scan's flags.
 */
static inline bool
scan_begins_in_vain(const struct weir_matcher *m, const uint16_t *starts,
    uint32_t before, uint32_t e, uint32_t next)
{
    const uint8_t *const   columns = WEIR_TABLE(m, uint8_t, columns);
    const uint16_t *const  trans = WEIR_TABLE(m, uint16_t, trans);
    const uint32_t         first = trans[starts[columns[before]] * m->ncols
                                         + columns[e >> 16 & 0xff]];

    return (next & WEIR_ENTRY_VANISH) == 0 && first < m->nquiet
           && trans[first * m->ncols + columns[next >> 16 & 0xff]] == 0;
}

/* A separator, quiet but for that, where it cuts nothing. */
static inline bool
scan_is_blind(const uint16_t *loose, uint32_t state, uint32_t e, uint32_t quiet)
{
    return (e & WEIR_ENTRY_SEP) != 0 && (e & ~WEIR_ENTRY_SEP) >> 27 == quiet
           && (loose[state] & WEIR_LOOSE_SEP) == 0;
}

#endif
