/*
 * report.h: what the verbs of the command line share with the compiler:
 * where the packs lie, and how notes are shown.
 */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include "compile/compile.h"

#include <stdio.h>

/*
 * The folder of shipped packs: $WEIR_PACKS, else that of the source tree
 * when this program runs from its build folder, else the installed one.
 * Never NULL.
 */
const char *weir_packs_folder(void);

/* The folder of ordinary text that `weir pack import` measures terms on:
   $WEIR_BENIGN, else as above. Never NULL. */
const char *weir_benign_folder(void);

/* One note a line: "FILE:LINE:COLUMN: error: SENTENCE". */
void weir_notes_print(const struct weir_notes *n, FILE *out);

#endif
