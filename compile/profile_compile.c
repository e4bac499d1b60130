/*
 * profile_compile.c: rules of several packs become one rule set and one
 * matcher. Context classes are numbered here: equal classes (same name, same
 * words) of several packs share a number, so that 63 go a long way.
 */
#include "compile/profile_compile.h"
#include "compile/matcher_compile.h"
#include "compile/variants.h"
#include "weir/error.h"
#include "weir/snapshot.h"

#include <stdlib.h>

struct build {
    const struct weir_united     *u;
    struct weir_notes            *notes;
    const struct weir_words      *contexts[WEIR_CONTEXTS_MAX + 1];
    bool                          context_inside[WEIR_CONTEXTS_MAX];
                                              /* words count within others */
    size_t                        ncontexts;
    struct weir_term_in          *terms;
    const struct weir_pack      **term_pack;     /* for errors */
    const char                  **term_name;
    size_t                        nterms, cap, cap_pack, cap_name;
    struct weir_ident_in         *idents;
    size_t                        nidents, cap_idents;
    struct weir_variants         *variants;      /* when some list asks */
    struct weir_pool              pool;          /* of their texts */
    const struct weir_list       *capped;        /* noted already */
    struct weir_regex_in         *regexes;
    size_t                        nregexes, cap_regexes;
};


bool
weir_rule_observed(const struct weir_rule *r, const char *const *observe,
    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(observe[i], "*") == 0
            || strcmp(observe[i], r->full_id) == 0
            || strcmp(observe[i], r->pack->name) == 0)
        {
            return true;
        }
    }
    return false;
}


/* What the rule does in that direction; -1: nothing. */
static int
action_of(const struct weir_rule *r, enum weir_as as)
{
    if (as != WEIR_AS_BOTH) {
        return r->action[as];
    }
    return r->action[0] > r->action[1] ? r->action[0] : r->action[1];
}


bool
weir_unite(struct weir_united *u, const struct weir_pack *const *packs,
    size_t npacks, enum weir_as as, const char *const *observe,
    size_t nobserve, struct weir_notes *notes)
{
    u->n = 0;
    u->scans = false;
    for (size_t i = 0; i < npacks; i++) {
        for (size_t k = 0; k < packs[i]->nrules; k++) {
            const struct weir_rule  *r = &packs[i]->rules[k];
            int                      action = action_of(r, as);

            /* What became a pseudonym in the request becomes the value again
               in the answer, whether or not a rule looks there. */
            u->scans = u->scans
                || (as == WEIR_AS_ANSWER
                    && r->action[WEIR_AS_REQUEST] == WEIR_PSEUDONYMISE
                    && !weir_rule_observed(r, observe, nobserve));
            if (action < 0) {
                continue;
            }
            if (u->n == WEIR_RULES_MAX) {
                weir_notes_add(notes, false, packs[i]->file, r->line,
                               r->column, "more than %d rules apply "
                               "together", WEIR_RULES_MAX);
                return false;
            }
            if (action > WEIR_OBSERVE
                && weir_rule_observed(r, observe, nobserve))
            {
                action = WEIR_OBSERVE;
            }
            u->rule[u->n] = r;
            u->late[u->n] = as == WEIR_AS_ANSWER && action <= WEIR_OBSERVE
                            && r->find == WEIR_FIND_LISTS;
            u->action[u->n++] = (uint8_t) action;
            u->scans = u->scans || r->find != WEIR_FIND_ALWAYS;
        }
    }
    return true;
}


static bool
same_words(const struct weir_words *a, const struct weir_words *b)
{
    if (strcmp(a->name, b->name) != 0 || a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (a->at[i].len != b->at[i].len
            || memcmp(a->at[i].at, b->at[i].at, a->at[i].len) != 0)
        {
            return false;
        }
    }
    return true;
}


static bool
add_term(struct build *b, const struct weir_rule *r, const char *name,
    struct weir_term_in term)
{
    if (b->nterms == WEIR_TERMS_MAX) {
        weir_notes_add(b->notes, false, r->pack->file, r->line, r->column,
                       "more than %d terms apply together", WEIR_TERMS_MAX);
        return false;
    }
    weir_grow(&b->terms, b->nterms, &b->cap, sizeof(*b->terms));
    weir_grow(&b->term_pack, b->nterms, &b->cap_pack,
              sizeof(*b->term_pack));
    weir_grow(&b->term_name, b->nterms, &b->cap_name,
              sizeof(*b->term_name));
    b->terms[b->nterms] = term;
    b->term_pack[b->nterms] = r->pack;
    b->term_name[b->nterms++] = name;
    return true;
}


/* Number of the class, its words added when it is new; 0: too many. */
static unsigned
context_number(struct build *b, const struct weir_rule *r)
{
    const bool  inside = weir_ident_is_assigned(r->ident);

    for (size_t i = 0; i < b->ncontexts; i++) {
        if (b->context_inside[i] == inside
            && same_words(b->contexts[i], r->context))
        {
            return (unsigned) i + 1;
        }
    }
    if (b->ncontexts == WEIR_CONTEXTS_MAX) {
        weir_notes_add(b->notes, false, r->pack->file, r->line, r->column,
                       "more than %d context classes apply together",
                       WEIR_CONTEXTS_MAX);
        return 0;
    }
    b->context_inside[b->ncontexts] = inside;
    b->contexts[b->ncontexts++] = r->context;
    for (size_t i = 0; i < r->context->n; i++) {
        const struct weir_term_in  term = {
            .text = r->context->at[i], .edges = !inside,
            .context = (uint8_t) b->ncontexts
        };

        if (!add_term(b, r, r->context->name, term)) {
            return 0;
        }
    }
    return (unsigned) b->ncontexts;
}


static bool
add_ident(struct build *b, const struct weir_rule *r, uint16_t number)
{
    unsigned  context = 0;

    if (r->context != NULL) {
        context = context_number(b, r);
        if (context == 0) {
            return false;
        }
    }
    weir_grow(&b->idents, b->nidents, &b->cap_idents, sizeof(*b->idents));
    b->idents[b->nidents++] = (struct weir_ident_in) {
        .kind = r->ident, .rule = number, .score_min = r->score,
        .context = (uint8_t) context
    };
    return true;
}


/* Does the rule ask for this term? */
static bool
is_wanted(const struct weir_rule *r, struct weir_attr attr)
{
    const uint16_t  severity = attr.severity == WEIR_NO_ATTR
                               ? r->score : attr.severity;

    if (severity < r->severity) {
        return false;
    }
    for (size_t i = 0; i < r->ncategories; i++) {
        if (attr.category != WEIR_NO_ATTR
            && r->categories[i] == r->pack->categories[attr.category])
        {
            return true;
        }
    }
    return r->ncategories == 0;
}


/* The term as it may be written otherwise. */
static bool
add_variants(struct build *b, const struct weir_rule *r,
    const struct weir_list *list, struct weir_term_in term)
{
    struct weir_span  more[WEIR_VARIANTS_MAX];
    bool              capped;
    size_t            n;

    if (b->variants == NULL) {
        b->variants = weir_variants_open();
        weir_assert(b->variants != NULL);
    }
    n = weir_variants_make(b->variants, term.text, list->variants, &b->pool,
                           more, WEIR_VARIANTS_MAX, &capped);
    if (capped && b->capped != list) {
        b->capped = list;
        weir_notes_add(b->notes, true, r->pack->file, list->line,
                       list->column, "the term `%.*s` of `%s` has more than "
                       "%d variants, and others may: the rest are not "
                       "looked for", term.text.len > 120 ? 120
                       : (int) term.text.len, (const char *) term.text.at,
                       list->name, WEIR_VARIANTS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        term.text = more[i];
        if (!add_term(b, r, list->name, term)) {
            return false;
        }
    }
    return true;
}


/* `side`: 1 or 2, a half of "A near B"; 0: the terms are findings. */
static bool
add_list(struct build *b, const struct weir_rule *r, uint16_t number,
    const struct weir_list *list, unsigned side)
{
    for (size_t k = 0; k < list->terms.n + list->allow.n; k++) {
        const bool              allow = k >= list->terms.n;
        const size_t            i = allow ? k - list->terms.n : k;
        const struct weir_attr  attr = allow ? list->allow.attr[i]
                                             : list->terms.attr[i];
        struct weir_term_in     term = {
            .text = allow ? list->allow.at[i] : list->terms.at[i],
            .rule = number, .allow = allow,
            .score = attr.severity == WEIR_NO_ATTR ? r->score
                                                   : attr.severity,
            /* The matcher asks for edges only where an end of the term
               is alphabetic: that is "auto". */
            .edges = r->edges != WEIR_EDGES_NO,
            .separators = list->separators, .repeats = list->repeats,
            .near = allow ? 0 : (uint8_t) side, .near_chars = r->within,
            .late = !allow && b->u->late[number]
        };

        if (!allow && !is_wanted(r, attr)) {
            continue;
        }
        if (!add_term(b, r, list->name, term)
            || (list->variants != 0 && !allow
                && !add_variants(b, r, list, term)))
        {
            return false;
        }
    }
    return true;
}


static bool
add_lists(struct build *b, const struct weir_rule *r, uint16_t number)
{
    for (size_t i = 0; i < r->nlists; i++) {
        if (!add_list(b, r, number, r->lists[i], r->nnear > 0)) {
            return false;
        }
    }
    for (size_t i = 0; i < r->nnear; i++) {
        if (!add_list(b, r, number, r->near[i], 2)) {
            return false;
        }
    }
    return true;
}


static bool
add_regexes(struct build *b, const struct weir_rule *r, uint16_t number)
{
    for (size_t i = 0; i < r->nregexes; i++) {
        if (b->nregexes == WEIR_REGEXES_MAX) {
            weir_notes_add(b->notes, false, r->pack->file, r->line,
                           r->column, "more than %d regexes apply together",
                           WEIR_REGEXES_MAX);
            return false;
        }
        weir_grow(&b->regexes, b->nregexes, &b->cap_regexes,
                  sizeof(*b->regexes));
        b->regexes[b->nregexes++] = (struct weir_regex_in) {
            .pattern = r->regexes[i].text, .rule = number,
            .score = r->regexes[i].score, .flags = r->regexes[i].flags
        };
    }
    return true;
}


/* At the list that holds the term; contexts have no place. */
static void
refuse_term(struct build *b, size_t i, const char *why)
{
    const struct weir_pack  *p = b->term_pack[i];
    const struct weir_span   t = b->terms[i].text;
    unsigned                 line = 0, column = 0;

    for (size_t k = 0; k < p->nlists && !b->terms[i].context; k++) {
        if (strcmp(p->lists[k].name, b->term_name[i]) == 0) {
            line = p->lists[k].line;
            column = p->lists[k].column;
        }
    }
    weir_notes_add(b->notes, false, p->file, line, column,
                   "the term `%.*s` of `%s`: %s",
                   t.len > 120 ? 120 : (int) t.len, (const char *) t.at,
                   b->term_name[i], why);
}


static int
run(struct build *b, struct weir_buf *out, const size_t *earlier,
    size_t nearlier)
{
    struct weir_matcher_error  err = { .term = SIZE_MAX };
    struct weir_matcher_in     in;
    const size_t               start = out->len;
    int                        rc;

    for (size_t i = 0; i < b->u->n; i++) {
        const struct weir_rule  *r = b->u->rule[i];

        if ((r->find == WEIR_FIND_IDENT
             && !add_ident(b, r, (uint16_t) i))
            || (r->find == WEIR_FIND_LISTS
                && !add_lists(b, r, (uint16_t) i))
            || (r->find == WEIR_FIND_REGEXES
                && !add_regexes(b, r, (uint16_t) i)))
        {
            return WEIR_E_BAD_REQUEST;
        }
    }
    in = (struct weir_matcher_in) {
        b->terms, b->nterms, b->idents, b->nidents, b->regexes, b->nregexes,
        earlier, nearlier
    };
    rc = weir_matcher_compile(&in, out, &err);
    if (rc != WEIR_OK) {
        out->len = start;
    }
    if (rc == WEIR_E_BAD_REQUEST && err.term < b->nterms) {
        refuse_term(b, err.term, err.message);
    } else if (rc != WEIR_OK) {
        weir_notes_add(b->notes, false, NULL, 0, 0,
                       "the rules cannot be compiled: %s",
                       rc == WEIR_E_BAD_REQUEST ? err.message
                       : rc == WEIR_E_NO_MEMORY ? "all terms together are "
                       "too large for one matcher, or memory is short"
                       : weir_error_info(rc)->en);
    }
    return rc;
}


int
weir_united_matcher(const struct weir_united *u, struct weir_buf *out,
    const size_t *earlier, size_t nearlier, struct weir_notes *notes)
{
    struct build  b = { .u = u, .notes = notes };
    const int     rc = run(&b, out, earlier, nearlier);

    free(b.terms);
    free(b.term_pack);
    free(b.term_name);
    free(b.idents);
    weir_variants_close(b.variants);
    weir_pool_release(&b.pool);
    free(b.regexes);
    return rc;
}


bool
weir_pack_compiles(const struct weir_pack *p, struct weir_notes *notes)
{
    struct weir_mem     *mem = weir_mem_open(0);
    struct weir_united   u;
    struct weir_buf      out;
    bool                 ok;

    weir_assert(mem != NULL);
    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    ok = weir_unite(&u, &p, 1, WEIR_AS_BOTH, NULL, 0, notes)
         && (!u.scans || weir_united_matcher(&u, &out, NULL, 0, notes)
                         == WEIR_OK);
    weir_buf_release(&out);
    weir_mem_close(mem);
    return ok;
}
