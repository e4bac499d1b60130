/*
 * profile_compile.h: the united rules of several packs in one direction ->
 * matcher.
 */
#ifndef WEIR_PROFILE_COMPILE_H
#define WEIR_PROFILE_COMPILE_H

#include "compile/compile.h"
#include "compile/pack.h"
#include "weir/limits.h"

struct weir_united {
    const struct weir_rule  *rule[WEIR_RULES_MAX];
    uint8_t                  action[WEIR_RULES_MAX];  /* enum weir_action */
    bool                     late[WEIR_RULES_MAX];    /* of an answer, and it
                                                         does no more than
                                                         count: no text waits
                                                         for it */
    size_t                   n;
    bool                     scans;     /* some rule looks at text */
};

/* Does `observe` (n entries: a rule id, a pack, "*") name this rule? */
bool weir_rule_observed(const struct weir_rule *r,
    const char *const *observe, size_t n);

/*
 * The rules of `packs` that look in direction `as` (WEIR_AS_BOTH: in any,
 * for `weir scan`), in the order of the packs. False with a note when they
 * are more than WEIR_RULES_MAX.
 */
bool weir_unite(struct weir_united *u, const struct weir_pack *const *packs,
    size_t npacks, enum weir_as as, const char *const *observe,
    size_t nobserve, struct weir_notes *notes);

/* Append the matcher of the united rules to `out`; rule numbers are those of
   *u. `earlier`: see struct weir_matcher_in. BAD_REQUEST with a note at the
   pack that holds the term; `out` is then as it was. */
WEIR_CHECKED int weir_united_matcher(const struct weir_united *u,
    struct weir_buf *out, const size_t *earlier, size_t nearlier,
    struct weir_notes *notes);

/* Are all rules and terms of a pack good? The way is that of a scenario; the
   matcher is thrown away. */
bool weir_pack_compiles(const struct weir_pack *p, struct weir_notes *notes);

#endif
