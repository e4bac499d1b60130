/*
 * scan.h: the parts of `weir scan`, in the order in which a file passes them.
 *
 *     scan_options.c  the command line
 *     scan_walk.c     names -> the list of files (scan_glob.c: --exclude)
 *     scan_jobs.c     files -> threads; their output back in order; progress
 *     scan_text.c     the bytes of one file through the scanner
 *     scan_json.c     where the strings of JSON and JSON Lines are
 *     scan_print.c    a finding as a line, as JSON, as SARIF
 *     scan_redact.c   the file again, with its findings replaced
 *
 * One scan_setup for the run, read only once files are at work; one
 * scan_work a thread.
 */
#ifndef WEIR_CLI_SCAN_H
#define WEIR_CLI_SCAN_H

#include "compile/pack.h"
#include "compile/profile_compile.h"
#include "decode/json.h"
#include "weir/buf.h"
#include "weir/limits.h"
#include "weir/find.h"

#include <pthread.h>
#include <stdio.h>

#define SCAN_CHUNK     65536        /* read at once */
#define SCAN_OUT_MAX   (1u << 28)   /* bytes of one finding, JSON path and
                                       all */
#define SCAN_JOBS_MAX  64           /* threads */

enum scan_format { SCAN_PLAIN, SCAN_LINES, SCAN_SARIF };
enum scan_when { SCAN_AUTO, SCAN_ALWAYS, SCAN_NEVER };
enum scan_as { SCAN_AS_AUTO, SCAN_AS_TEXT, SCAN_AS_JSON, SCAN_AS_JSONL };

struct scan_names {
    const char  **at;
    size_t        n, cap;
};

struct scan_options {
    enum scan_format   format;
    enum scan_as       as;
    enum scan_when     names;         /* of persons; auto: not in source */
    bool               keys;          /* object keys too */
    bool               show;          /* findings in full */
    bool               redact;
    bool               in_place;
    bool               list;          /* the rules, and no more */
    bool               quiet;
    bool               verbose;
    bool               zh;            /* marks in Chinese */
    bool               color;
    bool               live;          /* somebody looks at the output */
    const char        *output;
    const char        *files_from;
    const char        *compile;       /* write the matcher to this file */
    int                score_min;     /* -1: as the rules say */
    uint64_t           bytes_max;     /* of a file; 0: any */
    unsigned           threads;
    struct scan_names  packs, types, excludes;
};

struct scan_setup {
    struct scan_options   options;
    struct weir_pack    **packs;
    size_t                npacks, cap;
    struct weir_united    united;
    bool                  wanted[WEIR_RULES_MAX];   /* by --type */
    struct weir_mem      *mem;
    struct weir_buf       matcher;
};

/* A file to scan. */
struct scan_job {
    char            *path;            /* "-": standard input */
    bool             named;           /* by the user, not met in a folder */
    bool             done;
    struct weir_buf  given;           /* output that waits to be written */
};

/* What came out, added up over all threads. */
struct scan_totals {
    uint64_t  files;
    uint64_t  bytes;
    uint64_t  found;
    uint64_t  found_files;
    uint64_t  binary;
    uint64_t  too_large;
    uint64_t  rewritten;
    bool      failed;
};

struct scan_list {                    /* scan_walk.c fills it */
    struct scan_job  *at;
    size_t            n, cap;
    bool              walked;         /* some of it comes from a folder */
};

struct scan_pool;                     /* scan_jobs.c */

struct scan_place {                   /* of a code point in its file */
    uint64_t  byte;
    uint64_t  point;
    uint64_t  line;
    uint64_t  column;
};

#define SCAN_SAME_MAX  64             /* findings that overlap */

/* What of the file is under the scanner: plain text, or a JSON token. */
struct scan_segment {
    uint64_t          begin;          /* byte of the file */
    uint64_t          end;            /* of a token; unknown for plain text */
    enum weir_coding  coding;
    bool              in_json;
    bool              is_key;
    bool              is_number;      /* replaced whole, and quoted */
};

struct scan_work {
    const struct scan_setup  *setup;
    struct scan_pool         *pool;
    struct scan_job          *job;
    struct weir_mem          *mem;
    struct weir_finder       *find;
    struct weir_patterns     *patterns;  /* a thread's own */
    struct scan_totals        totals; /* not yet added to the pool's */
    struct weir_buf           out;    /* of findings or redacted text */
    struct weir_buf           path;   /* JSON path of the value at hand */
    bool                      no_names;  /* of persons, in this file */
    bool                      file_found;
    bool                      file_failed;
    /* The file: window[0 .. len) is its bytes from `base` on. Bytes below
       `low` may go with the next read. */
    int                       fd;
    bool                      end;
    uint8_t                  *window;
    size_t                    len, room;
    uint64_t                  base;
    uint64_t                  low;
    struct scan_place         at;     /* of the last finding, or behind */
    struct scan_segment       segment;
    uint64_t                  value_byte;  /* characters counted so far */
    uint64_t                  value_count; /* of the JSON value at hand */
    uint64_t                  same_begin;  /* findings that overlap, not */
    uint64_t                  same_end;    /* printed yet */
    struct weir_found         same[SCAN_SAME_MAX];
    size_t                    nsame;
    /* Redaction: bytes below `copied` are written; the finding that waits
       because a later one may overlap it. */
    int                       copy_fd;     /* -1: into `out` */
    struct weir_buf           copy;
    uint64_t                  copied;
    bool                      pending;
    bool                      pending_number;
    bool                      pending_json;
    uint64_t                  pending_begin;
    uint64_t                  pending_end;
    unsigned                  pending_rule;
    unsigned                  pending_kind;
};

/* scan_options.c: the index of the first path; 0 after --help, -1 after an
   error that was said. */
int scan_options_read(struct scan_options *o, int argc, char **argv);
void scan_help(void);
void scan_names_add(struct scan_names *names, const char *name);

/* scan_glob.c: a pattern as in .gitignore against a path below the folder
   that was named. The last pattern that matches decides; ! takes back. */
bool scan_excluded(const struct scan_names *patterns, const char *path,
    bool folder);

/* scan_walk.c: the list in order of names; false when something could not
   be read (and was said). */
bool scan_list_paths(const struct scan_options *o, int n, char **paths,
    struct scan_list *list);
void scan_list_release(struct scan_list *list);

/* scan_jobs.c */
void scan_jobs_run(const struct scan_setup *s, struct scan_list *list,
    struct scan_totals *totals);
/* Hand over what stands in w->out; all of it with the end of a file. */
void scan_flush(struct scan_work *w);
/* Say something of the file at work on standard error, between lines. */
void scan_say(struct scan_work *w, const char *what);
void scan_count(struct scan_work *w, uint64_t bytes);

/* scan_text.c */
void scan_file(struct scan_work *w);
/* Read on; false at the end of the file. */
bool scan_fill(struct scan_work *w);
/* Plain text from `from` on: to the end of the line or of the file. */
void scan_plain(struct scan_work *w, uint64_t from, bool line);
/* w->segment, whole in the window. */
void scan_token(struct scan_work *w);
void scan_place_move(const struct scan_work *w, struct scan_place *at,
    uint64_t byte);
/* Bytes of the code point at p, n > 0 of them there. */
size_t scan_point_len(const uint8_t *p, size_t n);

/* scan_json.c: all of the file. */
void scan_json(struct scan_work *w, bool lines);

/* scan_print.c */
const char *scan_type(const struct weir_found *f);
void scan_print(struct scan_work *w, const struct weir_found *f,
    const struct scan_place *begin, const struct scan_place *end);
void scan_sarif_head(const struct scan_setup *s, struct weir_buf *out);
void scan_sarif_tail(const struct scan_totals *t, struct weir_buf *out);

/* scan_redact.c */
bool scan_redact_open(struct scan_work *w);
void scan_redact_found(struct scan_work *w, const struct weir_found *f);
/* No finding begins before `byte` any more. */
void scan_redact_until(struct scan_work *w, uint64_t byte);
void scan_redact_close(struct scan_work *w);

#endif
