/*
 * pack_regex.c: the regexes of a rule: each is compiled once here, so that
 * what is wrong with it is said with its place, and none of it later.
 */
#include "compile/pack_internal.h"
#include "compile/words.h"
#include "find/regex.h"
#include "weir/error.h"
#include "weir/limits.h"

#define SCORE_REGEX  1000

const struct weir_field  weir_regex_fields[] = {
    { "pattern", WEIR_FIELD_TEXT, .required = true },
    { "flags", WEIR_FIELD_TEXT },
    { "score", WEIR_FIELD_COUNT, .max = 1000 },
    { NULL }
};


static bool
read_flags(const struct weir_place *pl, const struct weir_yaml *v,
    unsigned *flags)
{
    static const char  letters[] = "imsx";

    for (const char *c = v->text; *c != '\0'; c++) {
        const char  *at = strchr(letters, *c);

        if (at == NULL) {
            weir_place_error(pl, v, "unknown flag `%c`; known are i (no "
                             "case), m (^ and $ at lines), s (. takes line "
                             "ends), x (blanks and # comments)", *c);
            return false;
        }
        *flags |= 1u << (at - letters);
    }
    return true;
}


static bool
read_one(struct weir_pattern *to, const struct weir_place *pl,
    const struct weir_yaml *v)
{
    const struct weir_yaml  *pattern, *flags, *score;
    struct weir_regex       *r;
    char                     message[160];
    size_t                   at;
    uint64_t                 n;
    int                      rc;

    if (!weir_schema_check(pl, "a regex", v, weir_regex_fields)) {
        return false;
    }
    pattern = weir_yaml_get(v, "pattern");
    flags = weir_yaml_get(v, "flags");
    score = weir_yaml_get(v, "score");
    to->score = SCORE_REGEX;
    if (score != NULL
        && weir_count_parse(score->text, 1000, &n) == WEIR_OK)
    {
        to->score = (uint16_t) n;
    }
    if (flags != NULL && !read_flags(pl, flags, &to->flags)) {
        return false;
    }
    to->text = (struct weir_span) { (const uint8_t *) pattern->text,
                                    pattern->len };
    rc = weir_regex_compile(&r, to->text, to->flags, message, &at);
    if (rc != WEIR_OK) {
        weir_place_error(pl, pattern, "the regex `%.80s`, at byte %zu: %s",
                         pattern->text, at,
                         rc == WEIR_E_NO_MEMORY ? "out of memory" : message);
        return false;
    }
    weir_regex_close(r);
    return true;
}


bool
weir_pack_read_regexes(struct weir_pack *p, const struct weir_place *pl,
    struct weir_rule *r, const struct weir_yaml *find)
{
    const struct weir_yaml  *list = weir_yaml_get(find, "regexes");
    bool                     ok = true;

    r->find = WEIR_FIND_REGEXES;
    if (list->type != WEIR_YAML_LIST || list->n == 0) {
        weir_place_error(pl, list, "`regexes` is a list of {pattern: ...}");
        return false;
    }
    if (list->n > WEIR_REGEXES_MAX) {
        weir_place_error(pl, list, "more than %d regexes", WEIR_REGEXES_MAX);
        return false;
    }
    if (weir_yaml_get(find, "score") != NULL
        || weir_yaml_get(find, "context") != NULL
        || weir_yaml_get(find, "edges") != NULL)
    {
        weir_place_error(pl, find, "`score`, `context` and `edges` do not go "
                         "with regexes: a regex has its own `score`, and \\b "
                         "for an edge");
        return false;
    }
    r->regexes = weir_pool_get(&p->pool, list->n * sizeof(*r->regexes));
    for (const struct weir_yaml *v = list->first; v != NULL; v = v->next) {
        struct weir_pattern  one = { 0 };

        ok = read_one(&one, pl, v) && ok;
        r->regexes[r->nregexes++] = one;
    }
    return ok;
}
