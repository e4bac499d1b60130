/*
 * resource_yaml.c: a stored resource as YAML, fields in the order of its
 * schema, so that what was applied can be read, compared and applied again.
 */
#include "compile/resource_schema.h"
#include "weir/error.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

#define FLOW_ITEMS_MAX  16    /* of a list on one line */


/* A character that YAML 1.1 5.1 calls not printable, or takes for a line
   break, at `p`: its value, and its bytes in *n; else 0. */
static unsigned
special(const char *p, size_t *n)
{
    const uint8_t   *u = (const uint8_t *) p;
    const unsigned   wide = (u[0] & 0xf0) == 0xe0 && u[1] != 0
        ? (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u) : 0;

    *n = 1;
    if (u[0] < 0x20 || u[0] == 0x7f) {
        return u[0];
    }
    *n = 2;
    if (u[0] == 0xc2 && u[1] < 0xa0) {
        return u[1];
    }
    *n = 3;
    return wide == 0x2028 || wide == 0x2029 || wide == 0xfeff
           || wide >= 0xfffe ? wide : 0;
}


/* May a scalar stand without quotes and come back as the same text? Amounts
   are always quoted: 10.00 must not look like a float. */
static bool
plain_good(const char *s)
{
    static const char *const  words[] = {
        "true", "false", "null", "yes", "no", "on", "off", "y", "n"
    };
    size_t  n;

    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcasecmp(s, words[i]) == 0) {
            return false;
        }
    }
    if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z')
          || (uint8_t) *s >= 0x80))
    {
        return false;
    }
    for (const char *p = s; *p != '\0'; p++) {
        if (special(p, &n) != 0
            || strchr("#{}[],&*!|>'\"%@`\\", *p) != NULL
            || (*p == ':' && (p[1] == ' ' || p[1] == '?' || p[1] == '\0'))
            || (*p == ' ' && (p[1] == ' ' || p[1] == '\0')))
        {
            return false;
        }
    }
    return true;
}


/* A double-quoted scalar. */
static void
add_quoted(struct weir_buf *out, const char *s)
{
    size_t  n;

    weir_buf_addc(out, '"');
    while (*s != '\0') {
        const unsigned  c = special(s, &n);
        char            text[12];

        if (c != 0) {
            (void) snprintf(text, sizeof(text), "\\u%04x", c);
            weir_buf_adds(out, text);
            s += n;
            continue;
        }
        if (*s == '"' || *s == '\\') {
            weir_buf_addc(out, '\\');
        }
        weir_buf_addc(out, (uint8_t) *s++);
    }
    weir_buf_addc(out, '"');
}


static void
add_scalar(struct weir_buf *out, const json_t *v,
    const struct weir_field *f)
{
    if (json_is_integer(v)) {
        weir_buf_addi(out, json_integer_value(v));
    } else if (json_is_boolean(v)) {
        weir_buf_adds(out, json_is_true(v) ? "true" : "false");
    } else if (json_is_string(v)) {
        const char  *s = json_string_value(v);
        const bool   date = f != NULL && (f->type == WEIR_FIELD_UNTIL
                                          || f->type == WEIR_FIELD_DATE
                                          || f->type == WEIR_FIELD_DURATION
                                          || f->type == WEIR_FIELD_ENUM);

        if (date || plain_good(s)) {
            weir_buf_adds(out, s);
        } else {
            add_quoted(out, s);
        }
    }
}


static void
add_key(struct weir_buf *out, const char *key)
{
    if (plain_good(key)) {
        weir_buf_adds(out, key);
    } else {
        add_quoted(out, key);
    }
    weir_buf_addc(out, ':');
}


static void
add_list(struct weir_buf *out, const json_t *list)
{
    weir_buf_addc(out, '[');
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (i > 0) {
            weir_buf_adds(out, ", ");
        }
        add_scalar(out, json_array_get(list, i), NULL);
    }
    weir_buf_addc(out, ']');
}


/* The fields of a mapping in the order in which they are written out: that
   of its table, or that in which they stand. NULL behind the last. */
static const char *
next_key(const json_t *map, const struct weir_field *fields,
    const char *after, const struct weir_field **f)
{
    json_t      *o = (json_t *) (uintptr_t) map;
    const char  *key = NULL;

    if (fields == NULL) {
        key = json_object_iter_key(after == NULL ? json_object_iter(o)
            : json_object_iter_next(o, json_object_key_to_iter(after)));
        return key;
    }
    for (*f = after == NULL ? fields : *f + 1; (*f)->name != NULL; (*f)++) {
        if (json_object_get(map, (*f)->name) != NULL) {
            return (*f)->name;
        }
    }
    return NULL;
}


static void
add_flow_map(struct weir_buf *out, const json_t *map,
    const struct weir_field *fields)
{
    const struct weir_field  *f = NULL;
    const char               *sep = "";

    weir_buf_addc(out, '{');
    for (const char *key = next_key(map, fields, NULL, &f); key != NULL;
         key = next_key(map, fields, key, &f))
    {
        weir_buf_adds(out, sep);
        add_key(out, key);
        weir_buf_addc(out, ' ');
        add_scalar(out, json_object_get(map, key), f);
        sep = ", ";
    }
    weir_buf_addc(out, '}');
}


/* Scalars only, and few when it is a list: it goes on one line. */
static bool
flat(const json_t *v)
{
    const char  *key;
    json_t      *c;

    for (size_t i = 0; i < json_array_size(v); i++) {
        if (i == FLOW_ITEMS_MAX || !json_is_string(json_array_get(v, i))) {
            return false;
        }
    }
    json_object_foreach((json_t *) (uintptr_t) v, key, c) {
        if (json_is_object(c) || json_is_array(c)) {
            return false;
        }
    }
    return true;
}


static void  add_fields(struct weir_buf *out, const json_t *map,
    const struct weir_field *fields, const struct weir_field *each,
    unsigned indent, bool begun);


static void
add_indent(struct weir_buf *out, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++) {
        weir_buf_addc(out, ' ');
    }
}


/* What stands behind "key:", and the end of its line. */
static void
add_value(struct weir_buf *out, const json_t *v, const struct weir_field *f,
    unsigned indent)
{
    const struct weir_field  *each = f != NULL ? f->each : NULL;

    if (json_is_array(v) && !flat(v)) {
        weir_buf_addc(out, '\n');
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t  *c = json_array_get(v, i);

            add_indent(out, indent);
            weir_buf_adds(out, "- ");
            if (json_is_object(c)) {
                add_fields(out, c, each, NULL, indent + 2, true);
            } else {
                add_scalar(out, c, NULL);
                weir_buf_addc(out, '\n');
            }
        }
        return;
    }
    if (json_is_object(v) && !flat(v)) {
        weir_buf_addc(out, '\n');
        add_fields(out, v, f != NULL ? f->sub : NULL, each, indent, false);
        return;
    }
    weir_buf_addc(out, ' ');
    if (json_is_array(v)) {
        add_list(out, v);
    } else if (json_is_object(v)) {
        add_flow_map(out, v, f != NULL ? f->sub : NULL);
    } else {
        add_scalar(out, v, f);
    }
    weir_buf_addc(out, '\n');
}


/* One field a line; `begun`: the first line has its indent. */
static void
add_fields(struct weir_buf *out, const json_t *map,
    const struct weir_field *fields, const struct weir_field *each,
    unsigned indent, bool begun)
{
    const struct weir_field   of_each = {
        .type = WEIR_FIELD_MAP, .sub = each
    };
    const struct weir_field  *f = NULL;

    for (const char *key = next_key(map, fields, NULL, &f); key != NULL;
         key = next_key(map, fields, key, &f))
    {
        add_indent(out, begun ? 0 : indent);
        begun = false;
        add_key(out, key);
        add_value(out, json_object_get(map, key),
                  each != NULL ? &of_each : f, indent + 2);
    }
}


int
weir_resource_yaml(const struct weir_resource *r, struct weir_buf *out)
{
    const struct weir_field  *fields = weir_resource_fields(r->kind);
    json_t                   *doc = json_loads(r->json, 0, NULL);

    if (fields == NULL || !json_is_object(doc)) {
        json_decref(doc);
        return WEIR_E_CORRUPT;
    }
    add_fields(out, doc, fields, NULL, 0, false);
    json_decref(doc);
    return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}
