/*
 * pack.h: the parts of `weir pack`.
 */
#ifndef WEIR_CLI_PACK_H
#define WEIR_CLI_PACK_H

#include "compile/import.h"

#include <stdio.h>

int pack_import(int argc, char **argv);   /* argv[0]: "import" */
int pack_check(int argc, char **argv);    /* argv[0]: "check" */

/* What a list does with a term or a line of a file. */
struct pack_import_counts {
    size_t  kept, duplicate, too_short, empty, too_long;
    size_t  contained, frequent;          /* of the kept */
    size_t  left_out;                     /* by --benign-max */
};

/* Hits a MB from which a term is left out (--benign-max); negative: none. */
bool pack_import_drops(const struct weir_import *im,
    const struct weir_import_term *t, double benign_max);
struct pack_import_counts pack_import_count(const struct weir_import *im,
    double benign_max);
void pack_import_text(const struct weir_import *im, double benign_max,
    bool all, const char *list, FILE *out);
void pack_import_json(const struct weir_import *im, double benign_max,
    const char *list, FILE *out);

#endif
