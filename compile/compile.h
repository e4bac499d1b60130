/*
 * compile.h: packs + register -> snapshot, and the reading of resources.
 *
 * A resource is one YAML document (kind, name, fields). The same reader
 * serves `weir apply`, `weir check` and the packs, so that all errors look
 * alike: file, line, column, a sentence.
 */
#ifndef WEIR_COMPILE_H
#define WEIR_COMPILE_H

#include "weir/base.h"
#include "weir/buf.h"

struct weir_note {              /* one error or warning */
    char      file[256];
    unsigned  line;             /* from 1; 0: no place */
    unsigned  column;
    bool      warning;
    char      message[512];
};

struct weir_notes {
    struct weir_note  *at;
    size_t             n, cap;
    bool               failed;  /* holds at least one error */
};

void weir_notes_release(struct weir_notes *n);
void weir_notes_add(struct weir_notes *n, bool warning, const char *file,
    unsigned line, unsigned column, const char *fmt, ...)
    __attribute__((format(printf, 6, 7), nonnull(6)));

enum weir_kind { WEIR_KIND_UPSTREAM, WEIR_KIND_MODEL, WEIR_KIND_FUND,
                 WEIR_KIND_ORDINANCE, WEIR_KIND_SCENARIO, WEIR_KIND_KEY,
                 WEIR_KIND_COUNT };

const char *weir_kind_name(enum weir_kind kind);       /* "Upstream" */
/* Case-insensitive, singular or plural; COUNT if unknown. */
enum weir_kind weir_kind_by_name(const char *name);

/*
 * A resource in its stored form: canonical JSON (jansson, sorted keys) of
 * the checked document, money as decimal strings as written.
 */
struct weir_resource {
    enum weir_kind  kind;
    char           *name;
    char           *json;
    char            file[256];  /* where it was read, for later errors */
    unsigned        line;
};

struct weir_resources {
    struct weir_resource  *at;
    size_t                 n, cap;
};

void weir_resources_release(struct weir_resources *r);

/* Read YAML documents of `text` (named `file` in errors) and check each by
   itself: unknown kinds and fields, wrong types, bad amounts, names, the
   rules and terms of an Ordinance. */
int weir_resources_read(struct weir_resources *out, struct weir_notes *notes,
    const char *file, struct weir_span text);

/* One resource as YAML, for `get -o yaml` and `export`. */
int weir_resource_yaml(const struct weir_resource *r, struct weir_buf *out);

/* A key as the store has it. */
struct weir_key_in {
    char      id[40];
    char      scenario[128];
    uint8_t   digest[32];
    uint64_t  until_ms;
};

/* The account slot of a grant, as the store has assigned it. */
struct weir_slot_in {
    char      scenario[128];
    char      fund[128];
    uint32_t  slot;
};

struct weir_compile_in {
    const struct weir_resource  *resources;  /* all of the register */
    size_t                       nresources;
    const struct weir_key_in    *keys;
    size_t                       nkeys;
    const struct weir_slot_in   *slots;      /* NULL: number them 0, 1, ... */
    size_t                       nslots;
    const char                  *packs;      /* folder of shipped packs */
    uint64_t                     generation;
    uint64_t                     now_ms;
    const struct weir_addresses *addresses;  /* of host names (url.h); NULL:
                                                none is known */
};

/*
 * The whole way: check references between resources (unknown model, fund,
 * ordinance; a scenario without ...), load the packs, unite rules, build
 * matchers, write the snapshot into `out`. Returns WEIR_OK or BAD_REQUEST
 * with notes; nothing is written on error.
 */
int weir_compile(const struct weir_compile_in *in, struct weir_buf *out,
    struct weir_notes *notes);

/*
 * A snapshot of packs alone: one draft scenario, "packs", that unites
 * `names[0 .. n)` of folder `packs` and has no model and no grant. For
 * `weir explain --pack` and the tests of packs. As weir_compile.
 */
int weir_compile_packs(const char *packs, const char *const *names, size_t n,
    struct weir_buf *out, struct weir_notes *notes);

#endif
