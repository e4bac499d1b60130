/*
 * resource_schema.h: the fields of each kind of resource, in the order in
 * which they are written out.
 */
#ifndef WEIR_RESOURCE_SCHEMA_H
#define WEIR_RESOURCE_SCHEMA_H

#include "compile/schema.h"
#include "snapshot/snapshot_layout.h"

#define WEIR_CHECK_INTERVAL_MS      10000   /* of checks that name none */
#define WEIR_CHECK_INTERVAL_MIN_MS  500     /* more often is load */

/* Fields of a kind; NULL for kinds that are not applied from YAML. */
const struct weir_field *weir_resource_fields(enum weir_kind kind);

/* NULL-terminated; the index is enum weir_state, weir_period,
   weir_protocol. */
extern const char *const  weir_state_words[];
extern const char *const  weir_period_words[];
extern const char *const  weir_protocol_words[];

/* Index of `word`, or -1. */
int weir_word_index(const char *const *words, const char *word);

#endif
