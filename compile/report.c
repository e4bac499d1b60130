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


static bool
in_build_folder(void)
{
    const size_t   len = sizeof(WEIR_BUILD_FOLDER) - 1;
    char           self[4096];
    const ssize_t  n = readlink("/proc/self/exe", self, sizeof(self));

    return n > (ssize_t) len && memcmp(self, WEIR_BUILD_FOLDER, len) == 0
           && self[len] == '/';
}


const char *
weir_packs_folder(void)
{
    const char  *said = getenv("WEIR_PACKS");

    return said != NULL && said[0] != '\0' ? said
           : in_build_folder() ? WEIR_PACKS_SOURCE : WEIR_PACKS_INSTALLED;
}


const char *
weir_benign_folder(void)
{
    const char  *said = getenv("WEIR_BENIGN");

    return said != NULL && said[0] != '\0' ? said
           : in_build_folder() ? WEIR_BENIGN_SOURCE : WEIR_BENIGN_INSTALLED;
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
