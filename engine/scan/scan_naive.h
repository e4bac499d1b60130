/* scan_naive.h: the oracle of the scanner's terms, see scan_naive.c. */
#ifndef WEIR_SCAN_NAIVE_H
#define WEIR_SCAN_NAIVE_H

#include "compile/matcher_compile.h"
#include "weir/scan.h"

#define NAIVE_MAX  4096

/* Findings of the terms in a whole text (at most NAIVE_MAX characters),
   sorted by begin, end, rule; their number. */
size_t scan_naive(const struct weir_term_in *terms, size_t nterms,
    enum weir_coding coding, const uint8_t *text, size_t len,
    struct weir_found *found);

#endif
