/*
 * journal_print.h: one record of the journal as a line of output.
 */
#ifndef WEIR_JOURNAL_PRINT_H
#define WEIR_JOURNAL_PRINT_H

#include "weir/buf.h"
#include "weir/journal.h"

/* Append the line with its newline; b->failed tells when it found no room.
   The JSON form is an interface: names of fields stay, new ones may come. */
void journal_json(struct weir_buf *b, const char *path,
    const struct weir_frame *f);
void journal_text(struct weir_buf *b, const char *path,
    const struct weir_frame *f);

#endif
