/*
 * schema.h: what a YAML mapping may hold: a table of fields, checked by one
 * function, for resources and packs alike.
 */
#ifndef WEIR_SCHEMA_H
#define WEIR_SCHEMA_H

#include "compile/compile.h"
#include "compile/yaml.h"

enum weir_field_type {
    WEIR_FIELD_TEXT,       /* any scalar, at most 2,048 bytes */
    WEIR_FIELD_TITLE,      /* {en:, zh:}, or one text for both */
    WEIR_FIELD_NAME,       /* name of a resource */
    WEIR_FIELD_WIDE_NAME,  /* of a model, a pack: also : / @ + */
    WEIR_FIELD_NAMES,      /* list of wide names, no duplicates */
    WEIR_FIELD_CHOICES,    /* the same, or of mappings as `each` says, which
                              have a `name`; at most `max` */
    WEIR_FIELD_RULES,      /* list of rule ids, packs or "*" */
    WEIR_FIELD_TEXTS,      /* list of texts */
    WEIR_FIELD_ENUM,       /* one of `words` */
    WEIR_FIELD_BOOL,       /* true | false */
    WEIR_FIELD_AMOUNT,     /* exact decimal, kept as text */
    WEIR_FIELD_COUNT,      /* `min` to `max` */
    WEIR_FIELD_DURATION,   /* 5s */
    WEIR_FIELD_DATE,       /* 2026-11-24 */
    WEIR_FIELD_UNTIL,      /* date or RFC 3339 moment */
    WEIR_FIELD_UNIT,       /* CNY */
    WEIR_FIELD_SECRET,     /* env:NAME or file:PATH */
    WEIR_FIELD_URL,        /* see url.h */
    WEIR_FIELD_MAP,        /* mapping described by `sub` */
    WEIR_FIELD_ANY         /* checked by its reader */
};

struct weir_field {
    const char               *name;
    enum weir_field_type      type;
    bool                      required;
    uint64_t                  min;     /* COUNT */
    uint64_t                  max;     /* COUNT */
    const char *const        *words;   /* ENUM: NULL-terminated */
    const struct weir_field  *sub;     /* MAP: ends with a name of NULL */
    const struct weir_field  *each;    /* ANY, CHOICES: the fields of each
                                          value in it */
};

struct weir_place {
    struct weir_notes  *notes;
    const char         *file;
};

/* Check `map` against `fields`; every error is a note ("unknown field `x` in
   Model; did you mean ..."). True when it holds. */
bool weir_schema_check(const struct weir_place *place, const char *what,
    const struct weir_yaml *map, const struct weir_field *fields);

/* The field of that name; NULL if there is none. */
const struct weir_field *weir_schema_field(const struct weir_field *fields,
    const char *name);

/* A note at a node. */
void weir_place_error(const struct weir_place *place,
    const struct weir_yaml *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
