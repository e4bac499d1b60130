/*
 * pack_internal.h: what pack.c and pack_rules.c share.
 */
#ifndef WEIR_PACK_INTERNAL_H
#define WEIR_PACK_INTERNAL_H

#include "compile/pack.h"
#include "compile/schema.h"

/* The two languages of a checked TITLE; "" twice for NULL. */
struct weir_two weir_two_of(struct weir_pool *pool,
    const struct weir_yaml *v);

/* Fill p->rules; false with notes. */
bool weir_pack_read_rules(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *rules);

#endif
