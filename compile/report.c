/*
 * report.c: see report.h.
 */
#include "compile/report.h"

#include "weir/limits.h"

#include <stdlib.h>
#include <unistd.h>

#ifndef WEIR_PACKS_INSTALLED
#define WEIR_PACKS_INSTALLED  "/usr/local/share/weir/ordinance"
#endif
#ifndef WEIR_PACKS_SOURCE
#define WEIR_PACKS_SOURCE  "ordinance"
#endif
#ifndef WEIR_BUILD_FOLDER
#define WEIR_BUILD_FOLDER  "/nonexistent"
#endif


const char *
weir_packs_folder(void)
{
    const char    *said = getenv("WEIR_PACKS");
    const size_t   len = sizeof(WEIR_BUILD_FOLDER) - 1;
    char           self[4096];
    ssize_t        n;

    if (said != NULL && said[0] != '\0') {
        return said;
    }
    n = readlink("/proc/self/exe", self, sizeof(self));
    if (n > (ssize_t) len && memcmp(self, WEIR_BUILD_FOLDER, len) == 0
        && self[len] == '/')
    {
        return WEIR_PACKS_SOURCE;
    }
    return WEIR_PACKS_INSTALLED;
}


void
weir_notes_print(const struct weir_notes *n, FILE *out)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct weir_note  *note = &n->at[i];

        if (note->file[0] != '\0') {
            fprintf(out, "%s:", note->file);
        }
        if (note->line > 0) {
            fprintf(out, "%u:", note->line);
        }
        if (note->column > 0) {
            fprintf(out, "%u:", note->column);
        }
        fprintf(out, "%s%s: %s\n",
                note->file[0] != '\0' || note->line > 0 ? " " : "",
                note->warning ? "warning" : "error", note->message);
    }
    if (n->n >= WEIR_NOTES_MAX) {
        fprintf(out, "(more notes are not shown)\n");
    }
}
