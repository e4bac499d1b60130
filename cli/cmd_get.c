/*
 * cmd_get.c: `weir get KIND [NAME] [-o yaml|json]`; a table by default.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin.h"
#include "cmd.h"

struct column {
    const char  *kind;      /* of the answer; NULL: all */
    const char  *head;
    const char  *path;      /* keys by '.', from the item */
};

#define COLUMNS_MAX  12

static const struct column  columns[] = {
    { NULL,       "NAME",      "name" },
    { "Upstream", "URL",       "resource.url" },
    { "Upstream", "PROTOCOL",  "resource.protocol" },
    { "Upstream", "REGION",    "resource.region" },
    { "Model",    "UPSTREAMS", "resource.upstreams" },
    { "Model",    "UNIT",      "resource.price.unit" },
    { "Model",    "INPUT",     "resource.price.input" },
    { "Model",    "OUTPUT",    "resource.price.output" },
    { "Model",    "PER",       "resource.price.per" },
    { "Fund",     "UNIT",      "resource.unit" },
    { "Fund",     "AMOUNT",    "resource.amount" },
    { "Fund",     "GRANTED",   "status.granted" },
    { "Fund",     "SPENT",     "status.spent" },
    { "Fund",     "RESERVED",  "status.reserved" },
    { "Ordinance", "VERSION",  "resource.version" },
    { "Ordinance", "JURISDICTION", "resource.jurisdiction" },
    { "Ordinance", "AS OF",    "resource.as_of" },
    { "Scenario", "STATE",     "resource.state" },
    { "Scenario", "MODELS",    "resource.models" },
    { "Scenario", "FUND",      "resource.grant.fund" },
    { "Scenario", "GRANT",     "resource.grant.amount" },
    { "Scenario", "PER",       "resource.grant.per" },
    { "Scenario", "SPENT",     "status.spent" },
    { "Key",      "SCENARIO",  "scenario" },
    { "Key",      "STATE",     "state" },
    { "Key",      "UNTIL",     "until" },
    { NULL, NULL, NULL }
};

static int  show(const char *form, bool one, const struct admin_answer *a);
static void  print_table(const json_t *doc);
static void  cell(const json_t *item, const char *path, char *out,
    size_t size);
static unsigned  width(const char *s);
static int  print_json(const json_t *doc, bool one);


int
cmd_get(int argc, char **argv)
{
    const char          *kind = NULL, *name = NULL, *form = "table";
    char                 path[1024] = "/api/v1/resources/";
    struct admin_answer  a;
    int                  rc;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir get KIND [NAME] [-o yaml|json]\n\n"
               "KIND is Upstream, Model, Fund, Ordinance, Scenario or Key, "
               "in any case, singular\nor plural.\n");
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0 && i + 1 < argc) {
            form = argv[++i];
        } else if (argv[i][0] != '-' && kind == NULL) {
            kind = argv[i];
        } else if (argv[i][0] != '-' && name == NULL) {
            name = argv[i];
        } else {
            kind = NULL;
            break;
        }
    }
    if (kind == NULL || (strcmp(form, "table") != 0
                         && strcmp(form, "yaml") != 0
                         && strcmp(form, "json") != 0))
    {
        return cmd_fail("get", "usage: weir get KIND [NAME] [-o yaml|json]");
    }
    if (!admin_escape(kind, path, sizeof(path) - 32)) {
        return cmd_fail("get", "the name is too long");
    }
    if (name != NULL) {
        strncat(path, "/", sizeof(path) - strlen(path) - 1);
        if (!admin_escape(name, path, sizeof(path) - 32)) {
            return cmd_fail("get", "the name is too long");
        }
    }
    if (strcmp(form, "yaml") == 0) {
        strncat(path, "?format=yaml", sizeof(path) - strlen(path) - 1);
    }
    if (!admin_call("get", "GET", path, NULL, 0, &a)) {
        return 2;
    }
    rc = a.status == 200 ? show(form, name != NULL, &a)
                         : admin_complain("get", &a);
    admin_release(&a);
    return rc;
}


static int
show(const char *form, bool one, const struct admin_answer *a)
{
    json_t  *doc;
    int      rc = 0;

    if (strcmp(form, "yaml") == 0) {
        if (a->len > 0 && fwrite(a->body, 1, a->len, stdout) != a->len) {
            return cmd_fail("get", "cannot write the output");
        }
        return 0;
    }
    doc = json_loadb(a->body, a->len, 0, NULL);
    if (doc == NULL) {
        return cmd_fail("get", "the keeper's answer cannot be read");
    }
    if (strcmp(form, "json") == 0) {
        rc = print_json(doc, one);
    } else {
        print_table(doc);
    }
    json_decref(doc);
    return rc;
}


/* Two passes: the width of each column, then the lines. Row 0 is the head. */
static void
print_table(const json_t *doc)
{
    const char           *kind = json_string_value(json_object_get(doc,
                                                                   "kind"));
    const json_t         *items = json_object_get(doc, "items");
    const struct column  *shown[COLUMNS_MAX];
    unsigned              widths[COLUMNS_MAX] = { 0 }, n = 0;
    char                  text[512];

    for (const struct column *c = columns; c->head != NULL; c++) {
        if ((c->kind == NULL || (kind != NULL && strcmp(c->kind, kind) == 0))
            && n < COLUMNS_MAX)
        {
            shown[n++] = c;
        }
    }
    for (int print = 0; print < 2; print++) {
        for (size_t i = 0; i <= json_array_size(items); i++) {
            for (unsigned c = 0; c < n; c++) {
                unsigned  w;

                if (i == 0) {
                    snprintf(text, sizeof(text), "%s", shown[c]->head);
                } else {
                    cell(json_array_get(items, i - 1), shown[c]->path, text,
                         sizeof(text));
                }
                w = width(text);
                if (print) {
                    printf("%s%*s", text,
                           c + 1 < n ? (int) (widths[c] - w) + 2 : 0, "");
                } else if (w > widths[c]) {
                    widths[c] = w;
                }
            }
            if (print) {
                printf("\n");
            }
        }
    }
}


/* The value at `path` as text; lists with commas. */
static void
cell(const json_t *item, const char *path, char *out, size_t size)
{
    const json_t  *v = item;
    char           key[64];

    while (*path != '\0' && v != NULL) {
        const size_t  n = strcspn(path, ".");

        snprintf(key, sizeof(key), "%.*s", (int) n, path);
        v = json_object_get(v, key);
        path += n + (path[n] == '.');
    }
    if (json_is_string(v)) {
        snprintf(out, size, "%s", json_string_value(v));
    } else if (json_is_integer(v)) {
        snprintf(out, size, "%lld", (long long) json_integer_value(v));
    } else if (json_is_array(v)) {
        size_t  n = 0;

        out[0] = '\0';
        for (size_t i = 0; i < json_array_size(v) && n + 1 < size; i++) {
            const json_t  *c = json_array_get(v, i);
            const char    *s = json_string_value(json_is_object(c)
                                   ? json_object_get(c, "name") : c);

            snprintf(out + n, size - n, "%s%s", i > 0 ? "," : "",
                     s != NULL ? s : "?");
            n += strlen(out + n);
        }
    } else {
        snprintf(out, size, "-");
    }
}


/* Characters of UTF-8 text; a wide one (three bytes and more) as two. */
static unsigned
width(const char *s)
{
    unsigned  n = 0;

    for (; *s != '\0'; s++) {
        const unsigned char  c = (unsigned char) *s;

        n += c < 0x80 || (c >= 0xc0 && c < 0xe0) ? 1 : c >= 0xe0 ? 2 : 0;
    }
    return n;
}


static int
print_json(const json_t *doc, bool one)
{
    const json_t  *items = json_object_get(doc, "items");
    json_t        *list = json_array();
    int            rc;

    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t  *item = json_array_get(items, i);
        json_t  *resource = json_object_get(item, "resource");
        json_t  *shown = json_copy(resource != NULL ? resource : item);
        json_t  *status = json_object_get(item, "status");

        if (status != NULL) {
            json_object_set(shown, "status", status);
        }
        json_array_append_new(list, shown);
    }
    rc = json_dumpf(one ? json_array_get(list, 0) : list, stdout,
                    JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    printf("\n");
    json_decref(list);
    return rc == 0 ? 0 : cmd_fail("get", "cannot write the output");
}
