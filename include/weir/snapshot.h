/*
 * snapshot.h: open a compiled snapshot and look things up in it.
 * Immutable after open, safe to share between threads, except that one thread
 * at a time may look for regexes (find.h). No allocation but for those.
 */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H

#include "weir/base.h"
#include "weir/limits.h"
#include "snapshot/snapshot_layout.h"

struct weir_patterns;       /* find.h */

struct weir_snapshot {
    const uint8_t  *at;
    size_t          size;
    bool            mapped;      /* munmap on close */
    uint64_t        generation;
    /* The sections, with their counts. */
    const uint8_t                       *strings;
    const struct weir_snap_upstream     *upstreams;
    const struct weir_snap_address      *addresses;
    const struct weir_snap_model        *models;
    const uint32_t                      *refs;
    const struct weir_snap_grant        *grants;
    const struct weir_snap_scenario     *scenarios;
    const struct weir_snap_key          *keys;
    const struct weir_snap_rule         *rules;
    const struct weir_snap_profile_rule *profile_rules;
    const struct weir_snap_profile      *profiles;
    const uint8_t                       *matchers;
    const struct weir_snap_limits       *limits;
    const struct weir_snap_route        *routes;
    uint32_t  counts[WEIR_SNAP_KINDS];
    /* By profile, what find.h compiled of its regexes; NULL: none has any. */
    struct weir_patterns               **patterns;
};

static inline struct weir_patterns *
weir_snap_patterns(const struct weir_snapshot *snap,
    const struct weir_snap_profile *p)
{
    return snap->patterns == NULL ? NULL : snap->patterns[p - snap->profiles];
}

/*
 * Check `size` bytes at `at` and fill *snap; the bytes must outlive it.
 * Errors: SNAPSHOT_BAD (magic, version, checksum, any offset, index or
 * string out of bounds, a matcher that fails weir_matcher_check, a regex that
 * does not compile), NO_MEMORY. Closed by weir_snapshot_close.
 * Cost: O(size), and 0.1 ms a regex.
 */
WEIR_CHECKED int weir_snapshot_open(struct weir_snapshot *snap,
    const void *at, size_t size);

/* The same for a file name relative to directory `dirfd` (AT_FDCWD is
   good), mapped read only. Errors: IO, SNAPSHOT_BAD. */
WEIR_CHECKED int weir_snapshot_map(struct weir_snapshot *snap, int dirfd,
    const char *name);
void weir_snapshot_close(struct weir_snapshot *snap);

static inline struct weir_span
weir_snap_span(const struct weir_snapshot *snap, struct weir_snap_str s)
{
    return (struct weir_span) { snap->strings + s.at, s.len };
}

/* NUL-terminated. */
static inline const char *
weir_snap_text(const struct weir_snapshot *snap, struct weir_snap_str s)
{
    return (const char *) snap->strings + s.at;
}

/* By SHA-256 of the presented key; NULL if unknown. O(log keys). */
const struct weir_snap_key *weir_snapshot_key(const struct weir_snapshot *snap,
    const uint8_t digest[32]);

/* The model of that name that the scenario may use; NULL if none. */
const struct weir_snap_model *weir_snapshot_model(
    const struct weir_snapshot *snap, const struct weir_snap_scenario *sc,
    struct weir_span name);

/* ---- secret.c: the credentials that upstreams name ---- */

/*
 * Reads the credential at `where` ("env:NAME", "file:PATH"; "": none is
 * needed) into `to`, without blanks and line ends behind it; not terminated.
 * *len 0 only for "". Error SECRET: missing, not readable, empty, longer than
 * WEIR_SECRET_BYTES_MAX, or with a control character in it, for it becomes a
 * header's value (RFC 9110 5.5). No file is waited for. The caller wipes
 * `to`, also after an error.
 */
WEIR_CHECKED int weir_secret_read(const char *where,
    uint8_t to[WEIR_SECRET_BYTES_MAX + 1], size_t *len);

/* One header value for each upstream of a snapshot. */
struct weir_secrets {
    struct weir_span  *values;   /* `at` NULL: missing; len 0: none needed */
    uint32_t           count;
};

/* Reads them all; "Bearer " stands before those of OpenAI's protocol and of
   MCP. A missing one is no error. Errors: NO_MEMORY. Reads files: may be
   slow. */
WEIR_CHECKED int weir_secrets_open(struct weir_secrets *s,
    const struct weir_snapshot *snap);
/* Wipes and frees; good for a zeroed *s. */
void weir_secrets_close(struct weir_secrets *s);

/* ---- loader.c: the newest snapshot, tried beside the event loop ---- */

/* A mapped snapshot and the credentials that its upstreams name. */
struct weir_rules {
    struct weir_snapshot   snap;
    struct weir_secrets    secrets;
    uint32_t               calls;    /* that still use it: the owner's */
    struct weir_rules     *next;     /* the loader's */
};

/* At once: for a start, when there is nothing to go on with meanwhile.
   Errors: as weir_snapshot_map and weir_secrets_open. */
WEIR_CHECKED int weir_rules_open(struct weir_rules **out, int dirfd,
    const char *name);
/* NULL is good. */
void weir_rules_close(struct weir_rules *r);

struct weir_loader;

/*
 * Starts the thread. `name`, of static storage, is relative to `dirfd`.
 * *fd, a descriptor of the caller's, closed by the caller, becomes readable
 * when there is something to take. Errors: IO, NO_MEMORY.
 */
WEIR_CHECKED int weir_loader_open(struct weir_loader **out, int dirfd,
    const char *name, int *fd);
/* Waits for what is being tried: milliseconds. NULL is good. */
void weir_loader_close(struct weir_loader *l);
/* Try what stands at the name now; `number`, not 0, comes back with it. While
   one is tried, a later number takes the place of one that waits. */
void weir_loader_want(struct weir_loader *l, uint64_t number);
/* What was tried last: MORE (nothing new), OK (*out is the caller's), or why
   it is refused, as weir_rules_open. Never waits. */
WEIR_CHECKED int weir_loader_take(struct weir_loader *l, uint64_t *number,
    struct weir_rules **out);
/* Close it in the thread: unmapping 20 MB takes a millisecond, too. */
void weir_loader_drop(struct weir_loader *l, struct weir_rules *r);

#endif
