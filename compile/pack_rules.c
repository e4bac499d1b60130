/*
 * pack_rules.c: the rules of a pack, each with what it finds, what it does
 * in which direction, and the articles that it cites.
 */
#include "compile/pack_internal.h"
#include "compile/resource_schema.h"
#include "compile/words.h"
#include "weir/ident.h"
#include "weir/limits.h"

#define SCORE_DEFAULT  500
#define SCORE_TERM     1000   /* a term that stands there is certain */

const char *const  weir_action_words[] = {
    "allow", "observe", "label", "pseudonymise", "redact", "deny", NULL
};
static const char *const  edges_words[] = { "auto", "yes", "no", NULL };

static const struct weir_field  find_fields[] = {
    { "identifier", WEIR_FIELD_TEXT },
    { "score", WEIR_FIELD_COUNT, .max = 1000 },
    { "context", WEIR_FIELD_TEXT },
    { "list", WEIR_FIELD_TEXT },
    { "lists", WEIR_FIELD_TEXTS },
    { "edges", WEIR_FIELD_ENUM, .words = edges_words },
    { "near", WEIR_FIELD_ANY },
    { "within", WEIR_FIELD_COUNT, .max = WEIR_NEAR_CHARS_MAX },
    { "categories", WEIR_FIELD_NAMES },
    { "severity", WEIR_FIELD_COUNT, .max = 1000 },
    { "regexes", WEIR_FIELD_ANY, .each = weir_regex_fields },
    { NULL }
};

static const struct weir_field  action_fields[] = {
    { "request", WEIR_FIELD_ENUM, .words = weir_action_words },
    { "answer", WEIR_FIELD_ENUM, .words = weir_action_words },
    { NULL }
};

const struct weir_field  weir_rule_fields[] = {
    { "id", WEIR_FIELD_NAME, .required = true },
    { "title", WEIR_FIELD_TITLE, .required = true },
    { "law", WEIR_FIELD_NAMES, .required = true },
    { "find", WEIR_FIELD_ANY, .required = true, .sub = find_fields },
    { "action", WEIR_FIELD_ANY, .required = true, .sub = action_fields },
    { "mark", WEIR_FIELD_TITLE },
    { "label", WEIR_FIELD_NAME },
    { "help", WEIR_FIELD_TITLE },
    { NULL }
};


/* A name that should stand in `names`; the note says which is near. */
static void
unknown(const struct weir_place *pl, const struct weir_yaml *at,
    const char *what, const char *const *names, size_t n)
{
    const char  *near = weir_nearest(at->text, names, n);

    if (near != NULL) {
        weir_place_error(pl, at, "unknown %s `%s`; did you mean `%s`?", what,
                         at->text, near);
    } else {
        weir_place_error(pl, at, "unknown %s `%s`", what, at->text);
    }
}


static const struct weir_list *
find_list(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *v)
{
    const char  **names;

    for (size_t i = 0; i < p->nlists; i++) {
        if (strcmp(p->lists[i].name, v->text) == 0) {
            return &p->lists[i];
        }
    }
    names = weir_pool_get(&p->pool, (p->nlists + 1) * sizeof(*names));
    for (size_t i = 0; i < p->nlists; i++) {
        names[i] = p->lists[i].name;
    }
    unknown(pl, v, "list", names, p->nlists);
    return NULL;
}


static const struct weir_words *
find_context(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *v)
{
    const char  **names;

    for (size_t i = 0; i < p->ncontexts; i++) {
        if (strcmp(p->contexts[i].name, v->text) == 0) {
            return &p->contexts[i];
        }
    }
    names = weir_pool_get(&p->pool, (p->ncontexts + 1) * sizeof(*names));
    for (size_t i = 0; i < p->ncontexts; i++) {
        names[i] = p->contexts[i].name;
    }
    unknown(pl, v, "context", names, p->ncontexts);
    return NULL;
}


static bool
read_law_of(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *law)
{
    bool  ok = true;

    if (law->n == 0) {
        weir_place_error(pl, law, "the rule `%s` cites no article", r->id);
        return false;
    }
    r->law = weir_pool_get(&p->pool, law->n * sizeof(*r->law));
    r->verified = true;
    for (const struct weir_yaml *v = law->first; v != NULL; v = v->next) {
        const char  **names;
        size_t        i = 0;

        while (i < p->nlaw && strcmp(p->law[i].id, v->text) != 0) {
            i++;
        }
        if (i < p->nlaw) {
            r->law[r->nlaw++] = &p->law[i];
            r->verified = r->verified && p->law[i].verified;
            continue;
        }
        names = weir_pool_get(&p->pool, (p->nlaw + 1) * sizeof(*names));
        for (i = 0; i < p->nlaw; i++) {
            names[i] = p->law[i].id;
        }
        unknown(pl, v, "citation", names, p->nlaw);
        ok = false;
    }
    return ok;
}


static bool
read_ident(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    static const char *const  types[] = {
#define X(name, type, stem)  type,
        WEIR_IDENT_TABLE(X)
#undef X
    };
    static const char *const  lists_only[] = {
        "edges", "near", "within", "categories", "severity"
    };
    const struct weir_yaml   *v = weir_yaml_get(find, "identifier");
    const struct weir_yaml   *context = weir_yaml_get(find, "context");

    r->find = WEIR_FIND_IDENT;
    r->ident = weir_ident_by_type(v->text);
    /* From the pseudonym on no rule may look for it: names of persons wait
       for the room that calls weir_names_find. */
    if (r->ident == WEIR_IDENT_NONE || r->ident >= WEIR_IDENT_PSEUDONYM) {
        unknown(pl, v, "identifier", types, WEIR_IDENT_PSEUDONYM - 1);
        return false;
    }
    r->stem = weir_ident_stem(r->ident);
    for (size_t i = 0; i < sizeof(lists_only) / sizeof(*lists_only); i++) {
        if (weir_yaml_get(find, lists_only[i]) != NULL) {
            weir_place_error(pl, find, "`%s` goes with lists only",
                             lists_only[i]);
            return false;
        }
    }
    if (context != NULL) {
        r->context = find_context(p, pl, context);
        return r->context != NULL;
    }
    return true;
}


/* "self-harm" -> "SELF_HARM". */
static const char *
stem_of(struct weir_pool *pool, const char *id)
{
    char  *s = weir_pool_text(pool, id, strlen(id));

    for (char *c = s; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z') {
            *c = (char) (*c - 'a' + 'A');
        } else if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9')) {
            *c = '_';
        }
    }
    return s;
}


/* The lists that `v`, a name or a list of names, speaks of. */
static const struct weir_list **
lists_of(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *v, size_t *n)
{
    const bool                one = v->type == WEIR_YAML_SCALAR;
    const struct weir_list  **lists;

    *n = 0;
    if (v->type == WEIR_YAML_MAP || (!one && v->n == 0)) {
        weir_place_error(pl, v, "`%s` is a list's name, or several", v->key);
        return NULL;
    }
    lists = weir_pool_get(&p->pool, (one ? 1 : v->n) * sizeof(*lists));
    for (v = one ? v : v->first; v != NULL; v = one ? NULL : v->next) {
        if (v->type != WEIR_YAML_SCALAR) {
            weir_place_error(pl, v, "a list's name is expected");
            return NULL;
        }
        lists[*n] = find_list(p, pl, v);
        if (lists[*n] == NULL) {
            return NULL;
        }
        ++*n;
    }
    return lists;
}


/* "A near B": `near` and `within` come together. */
static bool
read_near(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    const struct weir_yaml  *near = weir_yaml_get(find, "near");
    const struct weir_yaml  *within = weir_yaml_get(find, "within");
    uint64_t                 n;

    if ((near == NULL) != (within == NULL)) {
        weir_place_error(pl, find, "`near` names the other lists and "
                         "`within` the characters between; they go "
                         "together");
        return false;
    }
    if (near == NULL) {
        return true;
    }
    if (weir_count_parse(within->text, WEIR_NEAR_CHARS_MAX, &n) == WEIR_OK) {
        r->within = (uint8_t) n;
    }
    r->near = lists_of(p, pl, near, &r->nnear);
    return r->near != NULL;
}


/* Which terms of the lists: by category and severity. */
static bool
read_grade(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    const struct weir_yaml  *severity = weir_yaml_get(find, "severity");
    const struct weir_yaml  *names = weir_yaml_get(find, "categories");
    uint64_t                 n;

    if (severity != NULL
        && weir_count_parse(severity->text, 1000, &n) == WEIR_OK)
    {
        r->severity = (uint16_t) n;
    }
    if (names == NULL) {
        return true;
    }
    r->categories = weir_pool_get(&p->pool, (names->n + 1)
                                  * sizeof(*r->categories));
    for (const struct weir_yaml *v = names->first; v != NULL; v = v->next) {
        size_t  i = 0;

        while (i < p->ncategories && strcmp(p->categories[i], v->text) != 0)
        {
            i++;
        }
        if (i == p->ncategories) {
            unknown(pl, v, "category", p->categories, p->ncategories);
            return false;
        }
        r->categories[r->ncategories++] = p->categories[i];
    }
    return true;
}


static bool
read_lists_of(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    const struct weir_yaml  *one = weir_yaml_get(find, "list");
    const struct weir_yaml  *many = weir_yaml_get(find, "lists");
    const struct weir_yaml  *edges = weir_yaml_get(find, "edges");

    r->find = WEIR_FIND_LISTS;
    r->stem = stem_of(&p->pool, r->id);
    r->edges = edges == NULL ? WEIR_EDGES_AUTO
        : (enum weir_edges) weir_word_index(edges_words, edges->text);
    if (weir_yaml_get(find, "context") != NULL) {
        weir_place_error(pl, find, "`context` goes with an identifier only");
        return false;
    }
    r->lists = lists_of(p, pl, one != NULL ? one : many, &r->nlists);
    return r->lists != NULL && read_near(p, pl, r, find)
           && read_grade(p, pl, r, find);
}


static bool
read_find(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    const struct weir_yaml  *score;
    const struct weir_yaml  *many;
    uint64_t                 n;
    bool                     ident, lists;

    r->stem = "";
    if (find->type == WEIR_YAML_SCALAR && strcmp(find->text, "always") == 0)
    {
        r->find = WEIR_FIND_ALWAYS;
        return true;
    }
    if (find->type != WEIR_YAML_MAP) {
        weir_place_error(pl, find, "`find` is `always` or a mapping with "
                         "`identifier`, `list`, `lists` or `regexes`");
        return false;
    }
    if (!weir_schema_check(pl, "find", find, find_fields)) {
        return false;
    }
    many = weir_yaml_get(find, "lists");
    ident = weir_yaml_get(find, "identifier") != NULL;
    lists = weir_yaml_get(find, "list") != NULL || many != NULL;
    if (weir_yaml_get(find, "regexes") != NULL && !ident && !lists) {
        r->stem = stem_of(&p->pool, r->id);
        return weir_pack_read_regexes(p, pl, r, find);
    }
    if (weir_yaml_get(find, "regexes") != NULL
        || ident == lists || (many != NULL && weir_yaml_get(find, "list"))
        || (many != NULL && many->n == 0))
    {
        weir_place_error(pl, find, "`find` needs exactly one of "
                         "`identifier`, `list`, `lists` and `regexes`");
        return false;
    }
    r->score = ident ? SCORE_DEFAULT : SCORE_TERM;
    score = weir_yaml_get(find, "score");
    if (score != NULL
        && weir_count_parse(score->text, 1000, &n) == WEIR_OK)
    {
        r->score = (uint16_t) n;
    }
    return ident ? read_ident(p, pl, r, find)
                 : read_lists_of(p, pl, r, find);
}


static bool
read_action(const struct weir_place *pl, struct weir_rule *r,
    const struct weir_yaml *action)
{
    static const struct weir_field  word = {
        "action", WEIR_FIELD_ENUM, .words = weir_action_words
    };
    const struct weir_yaml         *v;

    if (action->type == WEIR_YAML_SCALAR) {
        r->action[0] = weir_word_index(word.words, action->text);
        r->action[1] = r->action[0];
        if (r->action[0] < 0) {
            weir_place_error(pl, action, "`%s` is no action; it is one of: "
                             "allow, observe, label, pseudonymise, redact, "
                             "deny", action->text);
        }
        return r->action[0] >= 0;
    }
    if (!weir_schema_check(pl, "action", action, action_fields)) {
        return false;
    }
    if (action->n == 0) {
        weir_place_error(pl, action, "`action` names no direction");
        return false;
    }
    v = weir_yaml_get(action, "request");
    r->action[WEIR_AS_REQUEST] = v == NULL ? -1
        : weir_word_index(weir_action_words, v->text);
    v = weir_yaml_get(action, "answer");
    r->action[WEIR_AS_ANSWER] = v == NULL ? -1
        : weir_word_index(weir_action_words, v->text);
    return true;
}


/* What must go together. */
static bool
check_rule(const struct weir_place *pl, struct weir_rule *r,
    const struct weir_yaml *v)
{
    bool  labels = false;

    for (int as = 0; as < 2; as++) {
        labels = labels || r->action[as] == WEIR_LABEL;
        if (r->find == WEIR_FIND_ALWAYS && r->action[as] > WEIR_LABEL) {
            weir_place_error(pl, v, "the rule `%s` holds always: it can "
                             "label or observe, not %s", r->id,
                             weir_action_words[r->action[as]]);
            return false;
        }
    }
    if (labels && r->label[0] == '\0') {
        weir_place_error(pl, v, "the rule `%s` labels but has no `label`",
                         r->id);
        return false;
    }
    if (r->action[WEIR_AS_ANSWER] == WEIR_PSEUDONYMISE) {
        weir_place_error(pl, v, "the rule `%s` pseudonymises an answer; "
                         "pseudonyms are for requests (they are restored in "
                         "the answer): use redact", r->id);
        return false;
    }
    return true;
}


static bool
read_rule(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *v)
{
    const struct weir_yaml  *label;

    if (!weir_schema_check(pl, "a rule", v, weir_rule_fields)) {
        return false;
    }
    r->pack = p;
    r->id = weir_yaml_get(v, "id")->text;
    r->line = v->line;
    r->column = v->column;
    if (weir_pack_rule(p, r->id) != NULL) {
        weir_place_error(pl, v, "the rule `%s` is given twice", r->id);
        return false;
    }
    r->full_id = weir_pool_printf(&p->pool, "%s/%s", p->name, r->id);
    r->title = weir_two_of(&p->pool, weir_yaml_get(v, "title"));
    r->mark = weir_two_of(&p->pool, weir_yaml_get(v, "mark"));
    if (r->mark.en[0] == '\0') {
        r->mark = (struct weir_two) { "[removed]", "[已隐去]" };
    }
    r->help = weir_two_of(&p->pool, weir_yaml_get(v, "help"));
    label = weir_yaml_get(v, "label");
    r->label = label != NULL ? label->text : "";
    return read_law_of(p, pl, r, weir_yaml_get(v, "law"))
           && read_find(p, pl, r, weir_yaml_get(v, "find"))
           && read_action(pl, r, weir_yaml_get(v, "action"))
           && check_rule(pl, r, v);
}


bool
weir_pack_read_rules(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *rules)
{
    bool  ok = true;

    if (rules->type != WEIR_YAML_LIST || rules->n == 0) {
        weir_place_error(pl, rules, "`rules` must be a list of rules");
        return false;
    }
    if (rules->n > WEIR_RULES_MAX) {
        weir_place_error(pl, rules, "a pack has at most %d rules",
                         WEIR_RULES_MAX);
        return false;
    }
    p->rules = weir_pool_get(&p->pool, rules->n * sizeof(*p->rules));
    for (const struct weir_yaml *v = rules->first; v != NULL; v = v->next) {
        struct weir_rule  r = { 0 };

        if (read_rule(p, pl, &r, v)) {
            p->rules[p->nrules++] = r;
        } else {
            ok = false;
        }
    }
    return ok;
}
