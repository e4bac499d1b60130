/*
 * import.h: word lists of an operator -> a list the compiler takes, and what
 * is to be said about its terms. Runs in the command line; may allocate.
 *
 *   TXT  one term a line, # comments; TERM <tab> SEVERITY <tab> CATEGORY
 *   CSV  RFC 4180: term, category, severity; a header may name and order
 *        them; quoted fields
 *
 * UTF-8 with or without a byte order mark, UTF-16 with one, else GB18030.
 */
#ifndef WEIR_IMPORT_H
#define WEIR_IMPORT_H

#include "compile/compile.h"
#include "compile/pool.h"

enum weir_import_state {        /* of a term; only KEPT is written */
    WEIR_IMPORT_KEPT, WEIR_IMPORT_DUPLICATE, WEIR_IMPORT_SHORT,
    WEIR_IMPORT_EMPTY, WEIR_IMPORT_LONG, WEIR_IMPORT_COUNT
};

enum weir_import_coding { WEIR_IMPORT_UTF8, WEIR_IMPORT_GB18030,
                          WEIR_IMPORT_UTF16 };

#define WEIR_IMPORT_NONE  UINT32_MAX
#define WEIR_IMPORT_UNSAID  0xffffu   /* no severity, no category */

struct weir_import_term {
    struct weir_span  text;     /* UTF-8, as written */
    uint32_t          line;     /* in its file */
    uint32_t          other;    /* DUPLICATE: of which term; KEPT: the shorter
                                   kept term in it that fires as well, or
                                   NONE */
    uint32_t          hits;     /* on ordinary text */
    uint32_t          sample;   /* byte of the first hit in that text */
    uint16_t          file;
    uint16_t          severity; /* 0 to 1000, or UNSAID */
    uint16_t          category; /* in `categories`, or UNSAID */
    uint8_t           state;    /* enum weir_import_state */
};

struct weir_import_file {
    const char               *name;
    enum weir_import_coding   coding;
    size_t                    terms;
};

struct weir_import_category {
    const char  *said;          /* as the file has it */
    const char  *name;          /* as the list has it: a name of a category */
};

struct weir_import {
    struct weir_pool              pool;
    struct weir_notes             bad;      /* lines that cannot be read */
    size_t                        nbad;     /* all of them, also beyond
                                               WEIR_NOTES_MAX */
    struct weir_import_file      *files;
    size_t                        nfiles, cap_files;
    struct weir_import_term      *terms;
    size_t                        nterms, cap_terms;
    struct weir_import_category  *categories;
    size_t                        ncategories, cap_categories;
    struct weir_span              benign;   /* what was measured on */
    bool                          keep_short;
};

/* Name a category of the files: `said` becomes `name`. Before reading. */
void weir_import_rename(struct weir_import *im, const char *said,
    const char *name);

/* One term that stands in no file; `text` must outlive `im`. */
void weir_import_add(struct weir_import *im, struct weir_span text);

/* Read `text`, the content of the file `name`; as CSV when `csv`. Lines that
   cannot be read are notes in `bad`. False: not one line can be (neither of
   the codings), with a note. O(len). */
bool weir_import_read(struct weir_import *im, const char *name,
    struct weir_span text, bool csv);

/* Fill `state` and `other` of all terms, and with ordinary text `benign`
   (UTF-8, may be empty; kept by reference) `hits` and `sample`. Terms are
   compared as the scanner compares text, with edges "auto". O(terms +
   text, each times the length of a term). */
void weir_import_judge(struct weir_import *im, struct weir_span benign);

void weir_import_release(struct weir_import *im);

#endif
