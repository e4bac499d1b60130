/*
 * register.h: the register on its way into a snapshot: what compile.c and
 * the register_*.c files share. Each file writes one kind of record, in the
 * order upstreams, models, scenarios (with grants and rules), keys; each may
 * look at what came before. (An Ordinance has no record: its rules have.)
 */
#ifndef WEIR_REGISTER_H
#define WEIR_REGISTER_H

#include "compile/compile.h"
#include "compile/pack.h"
#include "compile/profile_compile.h"
#include "compile/snapshot_compile.h"

#include <jansson.h>

struct weir_named {              /* a resource and its record */
    const struct weir_resource  *resource;
    json_t                      *doc;
    uint32_t                     index;     /* in its section */
    weir_micro                   amount;    /* Fund: still to be granted */
};

struct weir_rules_of {           /* a pack and the records of its rules */
    struct weir_pack  *pack;
    uint32_t          *index;    /* in RULES, NONE: not written yet */
};

struct weir_profile_of {         /* a profile that is already written */
    size_t                   n;
    const struct weir_rule **rule;
    uint8_t                 *action;
    bool                    *late;
    uint32_t                 index;         /* in PROFILES */
    uint64_t                 matcher;       /* as in its record */
    uint64_t                 matcher_size;
};

struct weir_register {
    const struct weir_compile_in  *in;
    struct weir_notes             *notes;
    struct weir_snap_writer       *w;
    struct weir_pool               pool;
    struct weir_named             *named;      /* in->nresources */
    struct weir_rules_of          *packs;
    size_t                         npacks, cap_packs;
    struct weir_profile_of        *profiles;
    size_t                         nprofiles, cap_profiles;
    uint32_t                       nslots;
    uint32_t                       nmeters;    /* that limits ask for */
};

/* An error or a warning at a resource. */
void weir_register_error(struct weir_register *g,
    const struct weir_resource *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void weir_register_warn(struct weir_register *g,
    const struct weir_resource *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* By kind and name; NULL with an error at `by` ("unknown model ...; did you
   mean ...") when there is none. */
struct weir_named *weir_register_find(struct weir_register *g,
    enum weir_kind kind, const char *name, const struct weir_resource *by);

/* A text field, "" when it is missing. */
const char *weir_doc_text(const json_t *doc, const char *key);
/* The title of a resource in a language; its name when it has none. */
const char *weir_doc_title(const json_t *doc, const char *language);

void weir_register_upstream(struct weir_register *g, struct weir_named *n);
void weir_register_model(struct weir_register *g, struct weir_named *n);
void weir_register_fund(struct weir_register *g, struct weir_named *n);
void weir_register_ordinance(struct weir_register *g, struct weir_named *n);
void weir_register_scenario(struct weir_register *g, struct weir_named *n);
void weir_register_keys(struct weir_register *g);

/* The record of `field` ("limits", "key_limits"); NONE when there is none. */
uint32_t weir_register_limits(struct weir_register *g, struct weir_named *n,
    const char *field);
/* `by` needs one more meter; an error at it when there are too many. */
void weir_register_meter(struct weir_register *g,
    const struct weir_resource *by);

/* The profile of the scenario's packs in one direction; its index, or NONE
   when no rule looks there (or after an error). */
uint32_t weir_register_profile(struct weir_register *g,
    const struct weir_pack *const *packs, size_t npacks, enum weir_as as,
    const char *const *observe, size_t nobserve);

/* An Ordinance of the register or a pack of in->packs, loaded once; NULL
   with an error at `by`. */
const struct weir_pack *weir_register_pack(struct weir_register *g,
    const char *name, const struct weir_resource *by);

#endif
