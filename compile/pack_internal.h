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

/* The fields of a rule, of a regex in it, and of a pack that is a
   resource. */
extern const struct weir_field  weir_rule_fields[];
extern const struct weir_field  weir_regex_fields[];
extern const struct weir_field  weir_ordinance_fields[];

/* An empty pack; and what `doc`, a pack or an Ordinance, says in it. On
   failure the pack is closed and *out is NULL. The tree must live as long
   as the pack. */
struct weir_pack *weir_pack_new(const char *file);
WEIR_CHECKED int weir_pack_fill(struct weir_pack **out, struct weir_pack *p,
    const struct weir_yaml *doc, struct weir_notes *notes);

/* Append a term. */
void weir_words_add(struct weir_pack *p, struct weir_words *w,
    const char *at, size_t len, struct weir_attr attr);

/* pack_lists.c: the fields of a list beside its words; their reader; terms
   with a severity or a category of their own, inline or in a line. */
extern const struct weir_field  weir_graded_fields[];
extern const char *const        weir_variant_words[];
bool weir_list_options(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *v);
bool weir_list_graded(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *graded);
bool weir_list_line(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *file, const char *at,
    size_t len);

/* Fill p->rules; false with notes. */
bool weir_pack_read_rules(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *rules);
/* What a rule finds, when its `find` has regexes; false with notes. */
bool weir_pack_read_regexes(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find);

#endif
