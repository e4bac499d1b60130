/*
 * pack.h: an ordinance pack in memory: rules, each with the articles of law
 * that it cites. The file format: docs/packs.md.
 */
#ifndef WEIR_PACK_H
#define WEIR_PACK_H

#include "compile/compile.h"
#include "compile/pool.h"
#include "compile/yaml.h"
#include "snapshot/snapshot_layout.h"

struct weir_two {               /* a text in two languages; never NULL, the
                                   one stands in for the other */
    const char  *en;
    const char  *zh;
};

struct weir_cite {
    const char       *id;
    struct weir_two   text;
    struct weir_two   note;     /* "" if there is none */
    const char       *since;    /* in force, "2021-11-01", or "" */
    bool              verified;
};

#define WEIR_NO_ATTR  0xffffu

struct weir_attr {              /* of a term; WEIR_NO_ATTR: not said */
    uint16_t  severity;         /* 0 to 1000 */
    uint16_t  category;         /* in pack->categories */
};

struct weir_words {             /* a context class, or half of a list */
    const char         *name;
    struct weir_span   *at;
    struct weir_attr   *attr;   /* of each */
    size_t              n, cap;
};

struct weir_list {
    const char         *name;
    unsigned            line;
    unsigned            column;
    struct weir_words   terms;
    struct weir_words   allow;
    struct weir_attr    attr;        /* of terms that say nothing else */
    uint8_t             separators;  /* matcher_compile.h: what may stand */
    uint8_t             repeats;     /* between the characters of a term */
    uint8_t             variants;    /* bits of enum weir_variant */
};

struct weir_pattern {           /* a regex that compiles */
    struct weir_span    text;
    unsigned            flags;  /* WEIR_REGEX_... of find.h */
    uint16_t            score;
};

enum weir_find { WEIR_FIND_IDENT, WEIR_FIND_LISTS, WEIR_FIND_ALWAYS,
                 WEIR_FIND_REGEXES };
enum weir_edges { WEIR_EDGES_AUTO, WEIR_EDGES_YES, WEIR_EDGES_NO };
enum weir_as { WEIR_AS_REQUEST, WEIR_AS_ANSWER, WEIR_AS_BOTH };

struct weir_rule {
    const struct weir_pack   *pack;
    const char               *id;         /* "mobile" */
    const char               *full_id;    /* "<pack>/mobile" */
    unsigned                  line;
    unsigned                  column;
    struct weir_two           title;
    const struct weir_cite  **law;
    size_t                    nlaw;
    bool                      verified;
    enum weir_find            find;
    unsigned                  ident;      /* enum weir_ident */
    uint16_t                  score;
    const struct weir_words  *context;    /* or NULL */
    const struct weir_list  **lists;
    size_t                    nlists;
    const struct weir_list  **near;       /* "A near B": the other lists */
    size_t                    nnear;
    uint8_t                   within;     /* characters between the two */
    uint16_t                  severity;   /* of its terms, at least */
    const char              **categories; /* if any: only terms of these */
    size_t                    ncategories;
    enum weir_edges           edges;
    struct weir_pattern      *regexes;
    size_t                    nregexes;
    int                       action[2];  /* by enum weir_as: enum
                                             weir_action, -1: looks not */
    struct weir_two           mark;
    const char               *label;
    struct weir_two           help;
    const char               *stem;       /* of its pseudonyms */
};

struct weir_pack {
    struct weir_pool    pool;
    const char         *file;
    const char         *name;
    bool                resource;   /* an Ordinance of the register */
    struct weir_two     title;
    const char         *version;
    const char         *jurisdiction;
    const char         *as_of;
    struct weir_cite   *law;
    size_t              nlaw;
    struct weir_words  *contexts;
    size_t              ncontexts;
    struct weir_list   *lists;
    size_t              nlists;
    const char        **categories;   /* that its terms name */
    size_t              ncategories;
    struct weir_rule   *rules;
    size_t              nrules;
};

/* Read <folder>/<name>.yaml. WEIR_OK; BAD_REQUEST with notes; IO with a note
   when there is no such file. *out freed by weir_pack_close. */
WEIR_CHECKED int weir_pack_open(struct weir_pack **out, const char *folder,
    const char *name, struct weir_notes *notes);
/* The same from text, for tests and `weir check`; lists beside `file`. The
   document may be an Ordinance too. */
WEIR_CHECKED int weir_pack_read(struct weir_pack **out, const char *file,
    struct weir_span text, struct weir_notes *notes);
/* An Ordinance of the register, from its stored form; errors are placed at
   the resource. */
WEIR_CHECKED int weir_pack_stored(struct weir_pack **out,
    const struct weir_resource *r, struct weir_notes *notes);
void weir_pack_close(struct weir_pack *p);

const struct weir_rule *weir_pack_rule(const struct weir_pack *p,
    const char *id);

/* Names of the packs of a folder, sorted: "cn/personal-information", ...
   Each and the array come from `pool`. */
size_t weir_pack_names(const char *folder, struct weir_pool *pool,
    const char ***names);

/* NULL-terminated; the index is enum weir_action. */
extern const char *const  weir_action_words[];

/* A whole file; freed with free(). NULL when it cannot be read or is larger
   than WEIR_YAML_BYTES_MAX. A NUL stands behind it. */
uint8_t *weir_file_read(const char *path, size_t *len);

#endif
