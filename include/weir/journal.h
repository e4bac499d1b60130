/*
 * journal.h: one framed, checksummed record at the begin and one at the end
 * of every call. Each worker has its own file; nobody else writes it.
 * journal/frame.h specifies the file byte by byte.
 *
 * Space for the end of every begun call is claimed before the call goes
 * out, so that a full disk refuses new calls and never loses an end.
 */
#ifndef WEIR_JOURNAL_H
#define WEIR_JOURNAL_H

#include "weir/base.h"
#include "weir/limits.h"

enum weir_scanned {            /* was this direction inspected? */
    WEIR_SCAN_FULL, WEIR_SCAN_NO_RULES, WEIR_SCAN_PARTLY, WEIR_SCAN_NOT
};

enum weir_ending {             /* how a call ended */
    WEIR_END_OK,
    WEIR_END_REFUSED,          /* before it went out; `error` says why */
    WEIR_END_DENIED,           /* a rule stopped the answer */
    WEIR_END_CUT,              /* stopped at the reserved amount */
    WEIR_END_CLIENT_GONE,
    WEIR_END_UPSTREAM_ERROR,   /* it answered with an error status */
    WEIR_END_UPSTREAM_BROKE,   /* it broke off, or its answer was unreadable */
    WEIR_END_LOST              /* the worker died; written by the keeper */
};

#define WEIR_USAGE_REPORTED   0   /* by the upstream */
#define WEIR_USAGE_ESTIMATED  1
#define WEIR_USAGE_NONE       2   /* the call never went out */

struct weir_hit {              /* one rule that fired */
    struct weir_span  rule;    /* id */
    uint32_t          count;
    uint8_t           action;  /* enum weir_action */
    uint8_t           answer;  /* 0 in the request, 1 in the answer */
};

struct weir_begin_record {
    uint8_t           call_id[16];
    uint64_t          at_ms;          /* Unix time */
    uint64_t          generation;
    weir_micro        reserved;
    uint32_t          grant_slot;     /* WEIR_SNAP_NONE: none */
    uint8_t           protocol;
    uint8_t           stream;
    struct weir_span  scenario;
    struct weir_span  key_id;
    struct weir_span  model;
    struct weir_span  upstream;
    struct weir_span  fund;
    struct weir_span  unit;
    struct weir_span  tool;           /* MCP: that is called, as the register
                                         lists it: its name or "*" */
};

struct weir_end_record {
    uint8_t           call_id[16];
    uint64_t          at_ms;
    uint64_t          first_byte_ms;  /* since begin, rounded up; 0 = none */
    weir_micro        charged;
    uint32_t          grant_slot;
    int64_t           input_tokens;
    int64_t           output_tokens;
    uint64_t          request_bytes;
    uint64_t          answer_bytes;
    uint64_t          held_max;       /* most bytes held back at once */
    uint16_t          status;         /* HTTP, as sent to the client */
    uint8_t           ending;         /* enum weir_ending */
    uint8_t           usage;          /* WEIR_USAGE_... */
    uint8_t           translated;     /* 1: served in another protocol; 0 in
                                         all files before there was that */
    uint8_t           request_scanned;/* enum weir_scanned */
    uint8_t           answer_scanned;
    uint8_t           action;         /* strictest applied */
    int16_t           error;          /* enum weir_error or 0 */
    uint16_t          attempt;        /* upstreams that were asked before the
                                         last one; 0 in all files before there
                                         was fail-over */
    uint8_t           request_hash[32];  /* SHA-256 of the body as received */
    struct weir_span  decided;        /* id of the rule that denied, or "" */
    struct weir_span  model;          /* that served, and where, if it was not
                                         as the begin record says; else both
                                         "", as in all older files */
    struct weir_span  upstream;
    const struct weir_hit *hits;
    uint32_t          nhits;          /* at most WEIR_HITS_MAX */
    uint32_t          hits_dropped;   /* distinct rules beyond that */
};

struct weir_journal;           /* the writer */

/*
 * Open a new file for this process in the directory (names are unique:
 * start time, pid), mode 0600, and hold an exclusive lock on it for as long
 * as the process lives. Errors: IO, NO_SPACE, NO_MEMORY.
 */
WEIR_CHECKED int weir_journal_open(struct weir_journal **out, int dirfd);
void weir_journal_close(struct weir_journal *j);

/* Append; on success the frame survives a crash of the process. *position
   (may be NULL): for weir_journal_sync. Errors: NO_SPACE, IO. After
   weir_journal_begin succeeded, weir_journal_end cannot fail for space. */
WEIR_CHECKED int weir_journal_begin(struct weir_journal *j,
    const struct weir_begin_record *r, uint64_t *position);
WEIR_CHECKED int weir_journal_end(struct weir_journal *j,
    const struct weir_end_record *r, uint64_t *position);

/* durability: power. Blocks until everything up to `position` is on the
   disk; made for a thread off the event loop. One fdatasync for all that
   was appended before it began. Errors: IO, and then for ever: what the
   kernel failed to write it may have forgotten. */
WEIR_CHECKED int weir_journal_sync(struct weir_journal *j, uint64_t position);
uint64_t weir_journal_synced(const struct weir_journal *j);

/* Position behind all that was appended so far. */
uint64_t weir_journal_appended(const struct weir_journal *j);

/*
 * Group commit: a thread that syncs a journal for an event loop.
 *
 * Starts the thread, all signals blocked. *fd (an eventfd, not blocking)
 * turns readable after each attempt to sync; it is the caller's to close,
 * after weir_commit_close. Errors: IO (no descriptor, no thread), NO_MEMORY.
 */
struct weir_commit;
WEIR_CHECKED int weir_commit_open(struct weir_commit **out, int *fd);
/* Waits for a sync that is under way. NULL: does nothing. */
void weir_commit_close(struct weir_commit *c);

/* Sync `j` up to `position` soon; does not block. weir_journal_synced tells
   when it is done. Always the same journal, which outlives the committer. */
void weir_commit_want(struct weir_commit *c, struct weir_journal *j,
    uint64_t position);

/* When *fd is readable: makes it unreadable. IO: a sync has failed since the
   last call; nothing more will be synced. */
WEIR_CHECKED int weir_commit_take(struct weir_commit *c);

/* ---- reading (keeper, weir journal) ---- */

enum weir_frame_kind { WEIR_FRAME_BEGIN = 1, WEIR_FRAME_END = 2 };

struct weir_frame {
    enum weir_frame_kind  kind;
    uint64_t              at;         /* offset of the frame in the file */
    uint64_t              next;       /* offset behind it */
    bool                  cut;        /* a string was too long and was cut */
    struct weir_begin_record  begin;  /* spans point into the reader */
    struct weir_end_record    end;
    struct weir_hit           hits[WEIR_HITS_MAX];
};

struct weir_journal_reader;

/* Read a file from its start (`from` 0) or from a frame's `next`, also while
   it is being written. A damaged file head with frames behind it is the
   first damage that weir_journal_read reports. Errors: IO, NO_MEMORY,
   CORRUPT (not a journal, or of another version). */
WEIR_CHECKED int weir_journal_read_open(struct weir_journal_reader **out,
    int dirfd, const char *name, uint64_t from);
void weir_journal_read_close(struct weir_journal_reader *r);

/* WEIR_OK a frame; WEIR_DONE the clean end of what is written (a zeroed or
   torn tail): frame->at is where, and frame->next behind the last torn byte
   (equal when there is none); call again when more may have been written.
   CORRUPT a damaged frame with valid frames behind it: the
   reader has moved to the next valid one and says how many bytes it passed
   in frame->at .. frame->next. IO: reading failed; the place is kept.
   Spans are good until the next call. */
WEIR_CHECKED int weir_journal_read(struct weir_journal_reader *r,
    struct weir_frame *f);

/* Does a living process hold the file? A writer lets go of an old file (see
   journal.c, "Rolling") only when all calls that began in it have ended:
   false means that no begin in it waits for an end from its writer. True
   also when it cannot be known. */
bool weir_journal_live(int dirfd, const char *name);

#endif
