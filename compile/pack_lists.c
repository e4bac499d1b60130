/*
 * pack_lists.c: what a list says beside its words: how its terms may be
 * hidden, and what each is: a severity, a category.
 */
#include "compile/pack_internal.h"
#include "compile/resource_schema.h"
#include "compile/variants.h"
#include "compile/words.h"
#include "weir/limits.h"

const struct weir_field  weir_graded_fields[] = {
    { "term", WEIR_FIELD_TEXT, .required = true },
    { "severity", WEIR_FIELD_COUNT, .max = 1000 },
    { "category", WEIR_FIELD_NAME },
    { NULL }
};

const char *const  weir_variant_words[] = {
    "homophone", "split", "pinyin", "leet", NULL
};


void
weir_words_add(struct weir_pack *p, struct weir_words *w, const char *at,
    size_t len, struct weir_attr attr)
{
    if (w->n == w->cap) {
        const size_t       cap = w->cap == 0 ? 64 : w->cap * 2;
        struct weir_span  *more = weir_pool_get(&p->pool,
                                                cap * sizeof(*more));
        struct weir_attr  *attrs = weir_pool_get(&p->pool,
                                                 cap * sizeof(*attrs));

        if (w->n > 0) {
            memcpy(more, w->at, w->n * sizeof(*more));
            memcpy(attrs, w->attr, w->n * sizeof(*attrs));
        }
        w->at = more;
        w->attr = attrs;
        w->cap = cap;
    }
    w->at[w->n] = (struct weir_span) { (const uint8_t *) at, len };
    w->attr[w->n++] = attr;
}


static uint16_t
category_number(struct weir_pack *p, const char *at, size_t len)
{
    const char  **more;

    for (size_t i = 0; i < p->ncategories; i++) {
        if (strlen(p->categories[i]) == len
            && memcmp(p->categories[i], at, len) == 0)
        {
            return (uint16_t) i;
        }
    }
    /* few, and the pool takes nothing back: twice as many now and then */
    if ((p->ncategories & (p->ncategories - 1)) == 0) {
        more = weir_pool_get(&p->pool, (2 * p->ncategories + 1)
                             * sizeof(*more));
        if (p->ncategories > 0) {
            memcpy(more, p->categories, p->ncategories * sizeof(*more));
        }
        p->categories = more;
    }
    p->categories[p->ncategories] = weir_pool_text(&p->pool, at, len);
    return (uint16_t) p->ncategories++;
}


static bool
attr_read(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *at, const char *severity, const char *category,
    struct weir_attr *attr)
{
    uint64_t  n;

    if (severity != NULL) {
        if (weir_count_parse(severity, 1000, &n) != WEIR_OK) {
            weir_place_error(pl, at, "`%s` is no severity; it is a number "
                             "from 0 to 1000", severity);
            return false;
        }
        attr->severity = (uint16_t) n;
    }
    if (category != NULL) {
        if (!weir_name_good(category, false)
            || p->ncategories == WEIR_NO_ATTR)
        {
            weir_place_error(pl, at, "`%s` is no name of a category",
                             category);
            return false;
        }
        attr->category = category_number(p, category, strlen(category));
    }
    return true;
}


static const char *
text_of(const struct weir_yaml *map, const char *name)
{
    const struct weir_yaml  *v = weir_yaml_get(map, name);

    return v != NULL ? v->text : NULL;
}


bool
weir_list_options(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *v)
{
    const char              *separators = text_of(v, "separators");
    const char              *repeats = text_of(v, "repeats");
    const struct weir_yaml  *variants = weir_yaml_get(v, "variants");
    uint64_t                 n;

    list->attr = (struct weir_attr) { WEIR_NO_ATTR, WEIR_NO_ATTR };
    if (separators != NULL
        && weir_count_parse(separators, WEIR_SEPARATORS_MAX, &n) == WEIR_OK)
    {
        list->separators = (uint8_t) n;
    }
    if (repeats != NULL
        && weir_count_parse(repeats, WEIR_REPEATS_MAX, &n) == WEIR_OK)
    {
        list->repeats = (uint8_t) n;
    }
    for (const struct weir_yaml *c = variants != NULL ? variants->first
             : NULL; c != NULL; c = c->next)
    {
        const int  k = weir_word_index(weir_variant_words, c->text);

        if (k < 0) {
            weir_place_error(pl, c, "`%s` is no kind of variant; they are "
                             "homophone, split, pinyin, leet", c->text);
            return false;
        }
        list->variants |= (uint8_t) (1u << k);
    }
    return attr_read(p, pl, v, text_of(v, "severity"),
                     text_of(v, "category"), &list->attr);
}


bool
weir_list_graded(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *graded)
{
    if (graded == NULL) {
        return true;
    }
    if (graded->type != WEIR_YAML_LIST) {
        weir_place_error(pl, graded, "`graded` must be a list of mappings "
                         "with `term`, `severity`, `category`");
        return false;
    }
    for (const struct weir_yaml *v = graded->first; v != NULL; v = v->next) {
        struct weir_attr         attr = list->attr;
        const struct weir_yaml  *term;

        if (!weir_schema_check(pl, "a graded term", v, weir_graded_fields)
            || !attr_read(p, pl, v, text_of(v, "severity"),
                          text_of(v, "category"), &attr))
        {
            return false;
        }
        term = weir_yaml_get(v, "term");
        weir_words_add(p, &list->terms, term->text, term->len, attr);
    }
    return true;
}


/* TERM, or TERM <tab> SEVERITY, or TERM <tab> SEVERITY <tab> CATEGORY; a
   severity may be left empty. */
bool
weir_list_line(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *file, const char *at,
    size_t len)
{
    struct weir_attr  attr = list->attr;
    const char       *end = at + len;
    const char       *tab = memchr(at, '\t', len), *second;
    const char       *severity = NULL, *category = NULL;

    if (tab != NULL) {
        second = memchr(tab + 1, '\t', (size_t) (end - tab - 1));
        severity = weir_pool_text(&p->pool, tab + 1,
            (size_t) ((second != NULL ? second : end) - tab - 1));
        if (second != NULL) {
            category = weir_pool_text(&p->pool, second + 1,
                                      (size_t) (end - second - 1));
        }
        if (!attr_read(p, pl, file, *severity != '\0' ? severity : NULL,
                       category, &attr))
        {
            return false;
        }
        end = tab;
        while (end > at && end[-1] == ' ') {
            end--;
        }
    }
    weir_words_add(p, &list->terms, at, (size_t) (end - at), attr);
    return true;
}
