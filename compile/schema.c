/*
 * schema.c: one function per type of field; a table names them.
 */
#include "compile/schema.h"
#include "compile/url.h"
#include "compile/words.h"
#include "weir/limits.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_BYTES_MAX   2048
#define FIELDS_MAX       32


void
weir_place_error(const struct weir_place *place, const struct weir_yaml *at,
    const char *fmt, ...)
{
    char     text[sizeof(((struct weir_note *) NULL)->message)];
    va_list  ap;

    va_start(ap, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    weir_notes_add(place->notes, false, place->file, at->line, at->column,
                   "%s", text);
}


static const char *
type_name(enum weir_yaml_type type)
{
    return type == WEIR_YAML_MAP ? "a mapping"
           : type == WEIR_YAML_LIST ? "a list" : "a text";
}


static bool
expect(const struct weir_place *pl, const struct weir_yaml *v,
    enum weir_yaml_type type)
{
    if (v->type == type) {
        return true;
    }
    weir_place_error(pl, v, "`%s` must be %s, not %s",
                     v->key != NULL ? v->key : "value", type_name(type),
                     type_name(v->type));
    return false;
}


/* A scalar with something in it. */
static bool
expect_text(const struct weir_place *pl, const struct weir_yaml *v,
    const char *name)
{
    if (v->type != WEIR_YAML_SCALAR) {
        weir_place_error(pl, v, "`%s` must be a text, not %s", name,
                         type_name(v->type));
        return false;
    }
    if (v->len == 0 || (!v->quoted && (strcmp(v->text, "~") == 0
                                       || strcmp(v->text, "null") == 0)))
    {
        weir_place_error(pl, v, "`%s` is empty; give it a value or leave it "
                         "out", name);
        return false;
    }
    if (v->len > TEXT_BYTES_MAX) {
        weir_place_error(pl, v, "`%s` is longer than %d bytes", name,
                         TEXT_BYTES_MAX);
        return false;
    }
    for (size_t i = 0; i < v->len; i++) {
        if ((uint8_t) v->text[i] < 0x20 && v->text[i] != '\n'
            && v->text[i] != '\t')
        {
            weir_place_error(pl, v, "`%s` holds a control character", name);
            return false;
        }
    }
    return true;
}


static bool
check_title(const struct weir_place *pl, const struct weir_yaml *v)
{
    static const char *const  languages[] = { "en", "zh" };
    bool                      ok = true;

    if (v->type == WEIR_YAML_SCALAR) {
        return expect_text(pl, v, v->key);
    }
    if (!expect(pl, v, WEIR_YAML_MAP)) {
        return false;
    }
    for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
        if (strcmp(c->key, languages[0]) != 0
            && strcmp(c->key, languages[1]) != 0)
        {
            weir_place_error(pl, c, "unknown language `%s` in `%s`; known "
                             "are `en` and `zh`", c->key, v->key);
            ok = false;
        } else {
            ok = expect_text(pl, c, c->key) && ok;
        }
    }
    if (v->n == 0) {
        weir_place_error(pl, v, "`%s` is empty", v->key);
        return false;
    }
    return ok;
}


static bool
check_list(const struct weir_place *pl, const struct weir_yaml *v,
    enum weir_field_type type)
{
    bool  ok = true;

    if (!expect(pl, v, WEIR_YAML_LIST)) {
        return false;
    }
    for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
        if (!expect_text(pl, c, v->key)) {
            ok = false;
            continue;
        }
        if (type == WEIR_FIELD_TEXTS
            || (type == WEIR_FIELD_RULES && strcmp(c->text, "*") == 0))
        {
            continue;
        }
        if (!weir_name_good(c->text, true)) {
            weir_place_error(pl, c, "`%s` in `%s` is not a name", c->text,
                             v->key);
            ok = false;
        }
        for (const struct weir_yaml *d = v->first; d != c; d = d->next) {
            if (d->text != NULL && strcmp(c->text, d->text) == 0) {
                weir_place_error(pl, c, "`%s` stands twice in `%s`", c->text,
                                 v->key);
                ok = false;
                break;
            }
        }
    }
    return ok;
}


/* The name that an item of a list of choices has, or NULL. */
static const char *
choice_name(const struct weir_yaml *c)
{
    const struct weir_yaml  *name = c->type == WEIR_YAML_MAP
        ? weir_yaml_get(c, "name") : c;

    return name != NULL && name->type == WEIR_YAML_SCALAR ? name->text
                                                          : NULL;
}


static bool
check_choices(const struct weir_place *pl, const struct weir_yaml *v,
    const struct weir_field *f)
{
    char  what[64];
    bool  ok = true;

    if (!expect(pl, v, WEIR_YAML_LIST)) {
        return false;
    }
    if (v->n > f->max) {
        weir_place_error(pl, v, "`%s` has more than %llu entries", v->key,
                         (unsigned long long) f->max);
        return false;
    }
    (void) snprintf(what, sizeof(what), "an entry of `%s`", f->name);
    for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
        const char  *name;

        if (c->type == WEIR_YAML_MAP
            ? !weir_schema_check(pl, what, c, f->each)
            : !expect_text(pl, c, v->key))
        {
            ok = false;
            continue;
        }
        name = choice_name(c);
        if (!weir_name_good(name, false)) {
            weir_place_error(pl, c, "`%s` in `%s` is not a name", name,
                             v->key);
            ok = false;
        }
        for (const struct weir_yaml *d = v->first; d != c; d = d->next) {
            if (choice_name(d) != NULL && strcmp(name, choice_name(d)) == 0) {
                weir_place_error(pl, c, "`%s` stands twice in `%s`", name,
                                 v->key);
                ok = false;
                break;
            }
        }
    }
    return ok;
}


static bool
check_enum(const struct weir_place *pl, const struct weir_yaml *v,
    const struct weir_field *f)
{
    char         known[256];
    size_t       n = 0, used = 0;
    const char  *near;

    known[0] = '\0';
    for (; f->words[n] != NULL; n++) {
        if (strcmp(f->words[n], v->text) == 0) {
            return true;
        }
        if (used < sizeof(known)) {
            used += (size_t) snprintf(known + used, sizeof(known) - used,
                                      "%s%s", n > 0 ? ", " : "",
                                      f->words[n]);
        }
    }
    near = weir_nearest(v->text, f->words, n);
    if (near != NULL) {
        weir_place_error(pl, v, "`%s` is no value of `%s`; did you mean "
                         "`%s`?", v->text, f->name, near);
    } else {
        weir_place_error(pl, v, "`%s` is no value of `%s`; it is one of: %s",
                         v->text, f->name, known);
    }
    return false;
}


static bool
check_unit(const char *s)
{
    const size_t  n = strlen(s);

    return n <= 16 && weir_name_good(s, false) && strchr(s, '.') == NULL;
}


static bool
check_secret(const char *s)
{
    if (strncmp(s, "env:", 4) == 0) {
        const char  *p = s + 4;

        while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')
               || *p == '_' || (p > s + 4 && *p >= '0' && *p <= '9'))
        {
            p++;
        }
        return p > s + 4 && *p == '\0';
    }
    return strncmp(s, "file:", 5) == 0 && s[5] == '/' && s[6] != '\0';
}


/* What a scalar of that type must look like; NULL when it does. */
static const char *
wrong(const struct weir_field *f, const struct weir_yaml *v)
{
    struct weir_url  url;
    weir_micro       amount;
    uint64_t         n;
    uint32_t         ms;
    const char      *why = NULL;

    switch (f->type) {
    case WEIR_FIELD_NAME:
        return weir_name_good(v->text, false) ? NULL
               : "a name has letters, digits and . _ - and begins with a "
                 "letter or digit";
    case WEIR_FIELD_WIDE_NAME:
        return weir_name_good(v->text, true) ? NULL
               : "a name has letters, digits and . _ - : / @ + and begins "
                 "with a letter or digit";
    case WEIR_FIELD_BOOL:
        return strcmp(v->text, "true") == 0 || strcmp(v->text, "false") == 0
               ? NULL : "it is true or false";
    case WEIR_FIELD_AMOUNT:
        return weir_micro_parse(v->text, &amount, &why) == WEIR_OK ? NULL
               : why;
    case WEIR_FIELD_COUNT:
        return weir_count_parse(v->text, f->max, &n) == WEIR_OK
               && n >= f->min ? NULL
               : f->min > 0 ? "it is a whole number from 1 to its bound"
               : "it is a whole number within its bound";
    case WEIR_FIELD_DURATION:
        return weir_duration_parse(v->text, &ms) == WEIR_OK ? NULL
               : "a duration is a number with ms, s, m or h, such as 5s, "
                 "at most 24h";
    case WEIR_FIELD_DATE:
        return weir_date_good(v->text) ? NULL
               : "a date is written 2026-12-31";
    case WEIR_FIELD_UNTIL:
        return weir_until_parse(v->text, &n) == WEIR_OK ? NULL
               : "a date is written 2026-12-31 or 2026-12-31T18:00:00+08:00";
    case WEIR_FIELD_UNIT:
        return check_unit(v->text) ? NULL
               : "a unit is a short word such as CNY or EUR";
    case WEIR_FIELD_SECRET:
        return check_secret(v->text) ? NULL
               : "a secret is named, never written here: env:NAME or "
                 "file:/PATH";
    case WEIR_FIELD_URL:
        return weir_url_parse(v->text, &url, &why) == WEIR_OK ? NULL : why;
    default:
        return NULL;
    }
}


static bool
check_value(const struct weir_place *pl, const struct weir_yaml *v,
    const struct weir_field *f)
{
    const char  *why;

    switch (f->type) {
    case WEIR_FIELD_ANY:
        return true;
    case WEIR_FIELD_TITLE:
        return check_title(pl, v);
    case WEIR_FIELD_NAMES:
    case WEIR_FIELD_RULES:
    case WEIR_FIELD_TEXTS:
        return check_list(pl, v, f->type);
    case WEIR_FIELD_CHOICES:
        return check_choices(pl, v, f);
    case WEIR_FIELD_MAP:
        return expect(pl, v, WEIR_YAML_MAP)
               && weir_schema_check(pl, f->name, v, f->sub);
    default:
        break;
    }
    if (!expect_text(pl, v, f->name)) {
        return false;
    }
    if (f->type == WEIR_FIELD_ENUM) {
        return check_enum(pl, v, f);
    }
    why = wrong(f, v);
    if (why == NULL) {
        return true;
    }
    /* A secret that was pasted in by mistake must not reach a log. */
    if (f->type == WEIR_FIELD_SECRET) {
        weir_place_error(pl, v, "`%s`: %s", f->name, why);
    } else {
        weir_place_error(pl, v, "`%s: %s`: %s", f->name, v->text, why);
    }
    return false;
}


const struct weir_field *
weir_schema_field(const struct weir_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}


static void
unknown_field(const struct weir_place *pl, const char *what,
    const struct weir_yaml *v, const struct weir_field *fields)
{
    const char  *names[FIELDS_MAX];
    size_t       n = 0;
    const char  *near;

    while (fields[n].name != NULL && n < FIELDS_MAX) {
        names[n] = fields[n].name;
        n++;
    }
    near = weir_nearest(v->key, names, n);
    if (near != NULL) {
        weir_notes_add(pl->notes, false, pl->file, v->key_line,
                       v->key_column, "unknown field `%s` in %s; did you "
                       "mean `%s`?", v->key, what, near);
    } else {
        weir_notes_add(pl->notes, false, pl->file, v->key_line,
                       v->key_column, "unknown field `%s` in %s", v->key,
                       what);
    }
}


bool
weir_schema_check(const struct weir_place *pl, const char *what,
    const struct weir_yaml *map, const struct weir_field *fields)
{
    bool  ok = true;

    if (map->type != WEIR_YAML_MAP) {
        weir_place_error(pl, map, "%s must be a mapping, not %s", what,
                         type_name(map->type));
        return false;
    }
    for (const struct weir_yaml *v = map->first; v != NULL; v = v->next) {
        const struct weir_field  *f = weir_schema_field(fields, v->key);

        if (f == NULL) {
            unknown_field(pl, what, v, fields);
            ok = false;
        } else {
            ok = check_value(pl, v, f) && ok;
        }
    }
    for (const struct weir_field *f = fields; f->name != NULL; f++) {
        if (f->required && weir_yaml_get(map, f->name) == NULL) {
            weir_place_error(pl, map, "%s lacks `%s`", what, f->name);
            ok = false;
        }
    }
    return ok;
}
