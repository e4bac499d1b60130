/*
 * notes.c: errors and warnings, each with its place and a sentence.
 */
#include "compile/compile.h"
#include "compile/pool.h"
#include "weir/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


void
weir_notes_release(struct weir_notes *n)
{
    free(n->at);
    *n = (struct weir_notes) { 0 };
}


/* Cut on a code point: a sentence may be in any script. */
static void
trim_utf8(char *s, size_t size)
{
    size_t  n = strlen(s);

    if (n + 1 < size) {
        return;
    }
    while (n > 0 && ((uint8_t) s[n - 1] & 0xc0) == 0x80) {
        n--;
    }
    if (n > 0 && (uint8_t) s[n - 1] >= 0xc0) {
        n--;
    }
    s[n] = '\0';
}


void
weir_notes_add(struct weir_notes *n, bool warning, const char *file,
    unsigned line, unsigned column, const char *fmt, ...)
{
    struct weir_note  *note;
    va_list            ap;

    if (n->n >= WEIR_NOTES_MAX) {
        n->failed = n->failed || !warning;
        return;
    }
    weir_grow(&n->at, n->n, &n->cap, sizeof(*n->at));
    note = &n->at[n->n++];
    *note = (struct weir_note) {
        .line = line, .column = column, .warning = warning
    };
    (void) snprintf(note->file, sizeof(note->file), "%s",
                    file != NULL ? file : "");
    va_start(ap, fmt);
    (void) vsnprintf(note->message, sizeof(note->message), fmt, ap);
    va_end(ap);
    trim_utf8(note->message, sizeof(note->message));
    if (!warning) {
        n->failed = true;
    }
}
