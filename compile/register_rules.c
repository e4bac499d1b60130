/*
 * register_rules.c: packs, rules and profiles -> records. Each pack is read
 * once, each rule written once, and scenarios with the same rules and
 * actions share one profile; profiles that differ in actions only (observe)
 * share the matcher.
 */
#include "compile/register.h"
#include "compile/words.h"
#include "weir/error.h"
#include "weir/scan.h"

#include <stdlib.h>


/* Two packs of one name would let a list of the operator stand silently in
   the place of a law. */
void
weir_register_ordinance(struct weir_register *g, struct weir_named *n)
{
    const char   **names;
    const size_t   shipped = g->in->packs == NULL ? 0
        : weir_pack_names(g->in->packs, &g->pool, &names);

    for (size_t i = 0; i < shipped; i++) {
        if (strcmp(names[i], n->resource->name) == 0) {
            weir_register_error(g, n->resource, "a shipped pack has this "
                                "name; give your own another, such as "
                                "local/words");
            return;
        }
    }
}


/* The names that a scenario may use, of the register and shipped. */
static size_t
pack_names(struct weir_register *g, const char ***out)
{
    const char  **shipped, **names;
    size_t        n = g->in->packs == NULL ? 0
        : weir_pack_names(g->in->packs, &g->pool, &shipped);

    names = weir_pool_get(&g->pool, (n + g->in->nresources + 1)
                                    * sizeof(*names));
    if (n > 0) {
        memcpy(names, shipped, n * sizeof(*names));
    }
    for (size_t i = 0; i < g->in->nresources; i++) {
        if (g->in->resources[i].kind == WEIR_KIND_ORDINANCE) {
            names[n++] = g->in->resources[i].name;
        }
    }
    *out = names;
    return n;
}


static int
open_pack(struct weir_register *g, const char *name, struct weir_pack **out)
{
    for (size_t i = 0; i < g->in->nresources; i++) {
        const struct weir_resource  *r = &g->in->resources[i];

        if (r->kind == WEIR_KIND_ORDINANCE && strcmp(r->name, name) == 0) {
            return weir_pack_stored(out, r, g->notes);
        }
    }
    return weir_pack_open(out, g->in->packs, name, g->notes);
}


static void
add_pack(struct weir_register *g, struct weir_pack *pack)
{
    const size_t           bytes = pack->nrules * sizeof(uint32_t);
    struct weir_rules_of  *of;

    weir_grow(&g->packs, g->npacks, &g->cap_packs, sizeof(*g->packs));
    of = &g->packs[g->npacks++];
    of->pack = pack;
    of->index = weir_pool_get(&g->pool, bytes);
    memset(of->index, 0xff, bytes);
}


const struct weir_pack *
weir_register_pack(struct weir_register *g, const char *name,
    const struct weir_resource *by)
{
    struct weir_pack   *pack;
    const char        **names;
    const char         *near;
    size_t              n;

    for (size_t i = 0; i < g->npacks; i++) {
        if (strcmp(g->packs[i].pack->name, name) == 0) {
            return g->packs[i].pack;
        }
    }
    n = pack_names(g, &names);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) != 0) {
            continue;
        }
        if (open_pack(g, name, &pack) != WEIR_OK) {
            weir_register_error(g, by, "the ordinance `%s` cannot be used",
                                name);
            return NULL;
        }
        add_pack(g, pack);
        return pack;
    }
    near = weir_nearest(name, names, n);
    if (near != NULL) {
        weir_register_error(g, by, "unknown ordinance `%s`; did you mean "
                            "`%s`?", name, near);
    } else {
        weir_register_error(g, by, "unknown ordinance `%s`", name);
    }
    return NULL;
}


/* "PIPL Art. 28; PIPL Art. 51" */
static struct weir_snap_str
law_text(struct weir_register *g, const struct weir_rule *r, bool zh)
{
    const char  *all = "";

    for (size_t i = 0; i < r->nlaw; i++) {
        all = weir_pool_printf(&g->pool, "%s%s%s", all,
                               i == 0 ? "" : zh ? "；" : "; ",
                               zh ? r->law[i]->text.zh : r->law[i]->text.en);
    }
    return weir_snap_string(g->w, all);
}


static uint32_t
write_rule(struct weir_register *g, const struct weir_rule *r)
{
    struct weir_snap_rule  s = {
        .id = weir_snap_string(g->w, r->full_id),
        .pack = weir_snap_string(g->w, r->pack->name),
        .title_en = weir_snap_string(g->w, r->title.en),
        .title_zh = weir_snap_string(g->w, r->title.zh),
        .mark_en = weir_snap_string(g->w, r->mark.en),
        .mark_zh = weir_snap_string(g->w, r->mark.zh),
        .law_en = law_text(g, r, false),
        .law_zh = law_text(g, r, true),
        .pseudonym = weir_snap_string(g->w, r->stem),
        .label = weir_snap_string(g->w, r->label),
        .help_en = weir_snap_string(g->w, r->help.en),
        .help_zh = weir_snap_string(g->w, r->help.zh),
        .verified = r->verified
    };

    return weir_snap_add(g->w, WEIR_SNAP_RULES, &s, sizeof(s));
}


static uint32_t
rule_index(struct weir_register *g, const struct weir_rule *r)
{
    for (size_t i = 0; i < g->npacks; i++) {
        if (g->packs[i].pack == r->pack) {
            uint32_t  *index = &g->packs[i].index[r - r->pack->rules];

            if (*index == WEIR_SNAP_NONE) {
                *index = write_rule(g, r);
            }
            return *index;
        }
    }
    weir_assert(!"a rule of a pack that was not loaded");
    return WEIR_SNAP_NONE;
}


/* The matcher of *u: that of a profile with the same rules, or a new one. */
static bool
find_matcher(struct weir_register *g, const struct weir_united *u,
    struct weir_snap_profile *p)
{
    static const uint8_t  zeros[WEIR_SNAP_ALIGN];
    struct weir_buf      *all = &g->w->section[WEIR_SNAP_MATCHERS];
    size_t               *owners = weir_pool_get(&g->pool, (g->nprofiles + 1)
                                                 * sizeof(*owners));
    size_t                n = 0;

    for (size_t i = 0; i < g->nprofiles; i++) {
        const struct weir_profile_of  *o = &g->profiles[i];

        if (o->n == u->n && o->matcher_size != 0
            && memcmp(o->rule, u->rule, u->n * sizeof(*u->rule)) == 0
            && memcmp(o->late, u->late, u->n * sizeof(*u->late)) == 0)
        {
            p->matcher = o->matcher;
            p->matcher_size = o->matcher_size;
            return true;
        }
        if (o->matcher_size != 0
            && weir_matcher_back(all->at + o->matcher, o->matcher_size) == 0)
        {
            owners[n++] = o->matcher;
        }
    }
    weir_buf_add(all, zeros, (WEIR_SNAP_ALIGN
                 - all->len % WEIR_SNAP_ALIGN) % WEIR_SNAP_ALIGN);
    p->matcher = all->len;
    if (all->failed
        || weir_united_matcher(u, all, owners, n, g->notes) != WEIR_OK)
    {
        return false;
    }
    p->matcher_size = all->len - p->matcher;
    return true;
}


static uint32_t
find_profile(struct weir_register *g, const struct weir_united *u)
{
    for (size_t i = 0; i < g->nprofiles; i++) {
        const struct weir_profile_of  *p = &g->profiles[i];

        if (p->n == u->n && (p->matcher_size != 0) == u->scans
            && memcmp(p->rule, u->rule, u->n * sizeof(*u->rule)) == 0
            && memcmp(p->action, u->action, u->n) == 0
            && memcmp(p->late, u->late, u->n * sizeof(*u->late)) == 0)
        {
            return p->index;
        }
    }
    return WEIR_SNAP_NONE;
}


static uint32_t
write_profile(struct weir_register *g, const struct weir_united *u)
{
    struct weir_snap_profile  s = {
        .rule = g->w->count[WEIR_SNAP_PROFILE_RULES],
        .rules = (uint32_t) u->n
    };
    struct weir_profile_of   *p;

    if (u->scans && !find_matcher(g, u, &s)) {
        return WEIR_SNAP_NONE;
    }
    for (size_t i = 0; i < u->n; i++) {
        const struct weir_snap_profile_rule  r = {
            .rule = rule_index(g, u->rule[i]),
            .action = u->action[i],
            .always = u->rule[i]->find == WEIR_FIND_ALWAYS
        };

        (void) weir_snap_add(g->w, WEIR_SNAP_PROFILE_RULES, &r, sizeof(r));
    }
    weir_grow(&g->profiles, g->nprofiles, &g->cap_profiles,
              sizeof(*g->profiles));
    p = &g->profiles[g->nprofiles++];
    p->n = u->n;
    p->rule = weir_pool_get(&g->pool, u->n * sizeof(*u->rule));
    memcpy(p->rule, u->rule, u->n * sizeof(*u->rule));
    p->action = weir_pool_get(&g->pool, u->n);
    memcpy(p->action, u->action, u->n);
    p->late = weir_pool_get(&g->pool, u->n * sizeof(*u->late));
    memcpy(p->late, u->late, u->n * sizeof(*u->late));
    p->matcher = s.matcher;
    p->matcher_size = s.matcher_size;
    p->index = weir_snap_add(g->w, WEIR_SNAP_PROFILES, &s, sizeof(s));
    return p->index;
}


uint32_t
weir_register_profile(struct weir_register *g,
    const struct weir_pack *const *packs, size_t npacks, enum weir_as as,
    const char *const *observe, size_t nobserve)
{
    struct weir_united  u;
    uint32_t            index;

    if (!weir_unite(&u, packs, npacks, as, observe, nobserve, g->notes)
        || (u.n == 0 && !u.scans))
    {
        return WEIR_SNAP_NONE;
    }
    index = find_profile(g, &u);
    return index != WEIR_SNAP_NONE ? index : write_profile(g, &u);
}
