/*
 * pack.c: the parts of a pack that its rules refer to: citations, contexts,
 * lists; and the files. The rules themselves: pack_rules.c.
 */
#include "compile/pack_internal.h"
#include "compile/words.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct weir_field  cite_fields[] = {
    { "en", WEIR_FIELD_TEXT, .required = true },
    { "zh", WEIR_FIELD_TEXT, .required = true },
    { "since", WEIR_FIELD_DATE },
    { "verified", WEIR_FIELD_BOOL, .required = true },
    { "note", WEIR_FIELD_TITLE },
    { NULL }
};

static const struct weir_field  list_fields[] = {
    { "file", WEIR_FIELD_TEXT },
    { "terms", WEIR_FIELD_TEXTS },
    { "allow", WEIR_FIELD_TEXTS },
    { "graded", WEIR_FIELD_ANY, .each = weir_graded_fields },
    { "severity", WEIR_FIELD_COUNT, .max = 1000 },
    { "category", WEIR_FIELD_NAME },
    { "separators", WEIR_FIELD_COUNT, .max = WEIR_SEPARATORS_MAX },
    { "repeats", WEIR_FIELD_COUNT, .max = WEIR_REPEATS_MAX },
    { "variants", WEIR_FIELD_NAMES },
    { NULL }
};

#define PACK_FIELDS                                                          \
    { "title", WEIR_FIELD_TITLE, .required = true },                         \
    { "version", WEIR_FIELD_TEXT, .required = true },                        \
    { "jurisdiction", WEIR_FIELD_NAME, .required = true },                   \
    { "as_of", WEIR_FIELD_DATE, .required = true },                          \
    { "law", WEIR_FIELD_ANY, .required = true, .each = cite_fields },        \
    { "contexts", WEIR_FIELD_ANY },                                          \
    { "lists", WEIR_FIELD_ANY, .each = list_fields },                        \
    { "rules", WEIR_FIELD_ANY, .required = true, .each = weir_rule_fields }, \
    { NULL }

static const struct weir_field  pack_fields[] = {
    { "pack", WEIR_FIELD_WIDE_NAME, .required = true },
    PACK_FIELDS
};

const struct weir_field  weir_ordinance_fields[] = {
    { "kind", WEIR_FIELD_TEXT, .required = true },
    { "name", WEIR_FIELD_WIDE_NAME, .required = true },
    PACK_FIELDS
};


uint8_t *
weir_file_read(const char *path, size_t *len)
{
    const int    fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat  st;
    uint8_t     *at = NULL;
    size_t       n = 0;

    if (fd == -1) {
        return NULL;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && (uint64_t) st.st_size <= WEIR_YAML_BYTES_MAX)
    {
        at = malloc((size_t) st.st_size + 1);
    }
    while (at != NULL && n < (size_t) st.st_size) {
        const ssize_t  got = read(fd, at + n, (size_t) st.st_size - n);

        if (got <= 0) {
            break;
        }
        n += (size_t) got;
    }
    (void) close(fd);
    if (at != NULL) {
        at[n] = 0;
        *len = n;
    }
    return at;
}


struct weir_two
weir_two_of(struct weir_pool *pool, const struct weir_yaml *v)
{
    const struct weir_yaml  *en, *zh;
    struct weir_two          two = { "", "" };

    if (v == NULL) {
        return two;
    }
    if (v->type == WEIR_YAML_SCALAR) {
        two.en = weir_pool_text(pool, v->text, v->len);
        two.zh = two.en;
        return two;
    }
    en = weir_yaml_get(v, "en");
    zh = weir_yaml_get(v, "zh");
    two.en = (en != NULL ? en : zh)->text;
    two.zh = (zh != NULL ? zh : en)->text;
    return two;
}


static bool
expect_map(const struct weir_place *pl, const struct weir_yaml *v)
{
    if (v->type != WEIR_YAML_MAP || v->n == 0) {
        weir_place_error(pl, v, "`%s` must be a mapping from names", v->key);
        return false;
    }
    for (const struct weir_yaml *c = v->first; c != NULL; c = c->next) {
        if (c->key[0] == '\0' || strlen(c->key) > WEIR_NAME_BYTES_MAX) {
            weir_place_error(pl, c, "a name in `%s` has 1 to %d bytes",
                             v->key, WEIR_NAME_BYTES_MAX);
            return false;
        }
    }
    return true;
}


static bool
read_law(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *law)
{
    bool  ok = true;

    if (!expect_map(pl, law)) {
        return false;
    }
    p->law = weir_pool_get(&p->pool, law->n * sizeof(*p->law));
    for (const struct weir_yaml *v = law->first; v != NULL; v = v->next) {
        const struct weir_yaml  *since;
        struct weir_cite        *c = &p->law[p->nlaw];

        if (!weir_schema_check(pl, "a citation", v, cite_fields)) {
            ok = false;
            continue;
        }
        since = weir_yaml_get(v, "since");
        *c = (struct weir_cite) {
            .id = v->key,
            .text = weir_two_of(&p->pool, v),
            .note = weir_two_of(&p->pool, weir_yaml_get(v, "note")),
            .since = since != NULL ? since->text : "",
            .verified = strcmp(weir_yaml_get(v, "verified")->text,
                               "true") == 0
        };
        p->nlaw++;
    }
    return ok;
}


static bool
add_words(struct weir_pack *p, const struct weir_place *pl,
    struct weir_words *w, const struct weir_yaml *list,
    struct weir_attr attr)
{
    if (list == NULL) {
        return true;
    }
    if (list->type != WEIR_YAML_LIST) {
        weir_place_error(pl, list, "`%s` must be a list of words",
                         list->key);
        return false;
    }
    for (const struct weir_yaml *v = list->first; v != NULL; v = v->next) {
        if (v->type != WEIR_YAML_SCALAR || v->len == 0) {
            weir_place_error(pl, v, "`%s` must hold words only", list->key);
            return false;
        }
        weir_words_add(p, w, v->text, v->len, attr);
    }
    return true;
}


static bool
read_contexts(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *contexts)
{
    const struct weir_attr  none = { WEIR_NO_ATTR, WEIR_NO_ATTR };
    bool                    ok = true;

    if (contexts == NULL) {
        return true;
    }
    if (!expect_map(pl, contexts)) {
        return false;
    }
    p->contexts = weir_pool_get(&p->pool,
                                contexts->n * sizeof(*p->contexts));
    for (const struct weir_yaml *v = contexts->first; v != NULL;
         v = v->next)
    {
        p->contexts[p->ncontexts].name = v->key;
        ok = add_words(p, pl, &p->contexts[p->ncontexts], v, none) && ok;
        p->ncontexts++;
    }
    return ok;
}


/* One term a line; blanks at its ends and '#' lines do not count. */
static bool
add_lines(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *file, const char *text,
    size_t len)
{
    const char  *end = text + len;
    bool         ok = true;

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;                            /* a byte order mark */
    }
    while (text < end) {
        const char  *stop = memchr(text, '\n', (size_t) (end - text));
        const char  *from = text, *to = stop != NULL ? stop : end;

        text = stop != NULL ? stop + 1 : end;
        while (from < to && (*from == ' ' || *from == '\t')) {
            from++;
        }
        while (to > from && strchr(" \t\r", to[-1]) != NULL) {
            to--;
        }
        if (from < to && *from != '#') {
            ok = weir_list_line(p, pl, list, file, from,
                                (size_t) (to - from)) && ok;
        }
    }
    return ok;
}


static bool
read_list_file(struct weir_pack *p, const struct weir_place *pl,
    struct weir_list *list, const struct weir_yaml *file)
{
    const char  *slash = strrchr(p->file, '/');
    const int    dir = slash != NULL ? (int) (slash - p->file) + 1 : 0;
    const char  *path;
    uint8_t     *text;
    size_t       len = 0;
    bool         ok;

    if (p->resource) {
        weir_place_error(pl, file, "an Ordinance has its words in `terms`: "
                         "the register stands by itself and reads no file");
        return false;
    }
    if (file->text[0] == '/' || strstr(file->text, "..") != NULL) {
        weir_place_error(pl, file, "the list `%s` must lie beside the pack",
                         file->text);
        return false;
    }
    path = weir_pool_printf(&p->pool, "%.*s%s", dir, p->file, file->text);
    text = weir_file_read(path, &len);
    if (text == NULL) {
        weir_place_error(pl, file, "the list `%s` cannot be read", path);
        return false;
    }
    ok = add_lines(p, pl, list, file, weir_pool_text(&p->pool, text, len),
                   len);
    free(text);
    return ok;
}


static bool
read_lists(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *lists)
{
    bool  ok = true;

    if (lists == NULL) {
        return true;
    }
    if (!expect_map(pl, lists)) {
        return false;
    }
    p->lists = weir_pool_get(&p->pool, lists->n * sizeof(*p->lists));
    for (const struct weir_yaml *v = lists->first; v != NULL; v = v->next) {
        const struct weir_yaml  *file;
        struct weir_list        *list = &p->lists[p->nlists++];

        list->name = v->key;
        list->line = v->line;
        list->column = v->column;
        if (!weir_schema_check(pl, "a list", v, list_fields)) {
            ok = false;
            continue;
        }
        file = weir_yaml_get(v, "file");
        ok = weir_list_options(p, pl, list, v)
             && (file == NULL || read_list_file(p, pl, list, file))
             && add_words(p, pl, &list->terms, weir_yaml_get(v, "terms"),
                          list->attr)
             && weir_list_graded(p, pl, list, weir_yaml_get(v, "graded"))
             && add_words(p, pl, &list->allow, weir_yaml_get(v, "allow"),
                          list->attr)
             && ok;
        if (list->terms.n == 0) {
            weir_place_error(pl, v, "the list `%s` has no terms", v->key);
            ok = false;
        }
    }
    return ok;
}


static bool
read_pack(struct weir_pack *p, const struct weir_place *pl,
    const struct weir_yaml *doc)
{
    bool  ok;

    p->resource = weir_yaml_get(doc, "kind") != NULL;
    if (!weir_schema_check(pl, p->resource ? "Ordinance" : "a pack", doc,
                           p->resource ? weir_ordinance_fields
                                       : pack_fields))
    {
        return false;
    }
    p->name = weir_yaml_get(doc, p->resource ? "name" : "pack")->text;
    p->title = weir_two_of(&p->pool, weir_yaml_get(doc, "title"));
    p->version = weir_yaml_get(doc, "version")->text;
    p->jurisdiction = weir_yaml_get(doc, "jurisdiction")->text;
    p->as_of = weir_yaml_get(doc, "as_of")->text;
    ok = read_law(p, pl, weir_yaml_get(doc, "law"));
    ok = read_contexts(p, pl, weir_yaml_get(doc, "contexts")) && ok;
    ok = read_lists(p, pl, weir_yaml_get(doc, "lists")) && ok;
    return ok && weir_pack_read_rules(p, pl, weir_yaml_get(doc, "rules"));
}


struct weir_pack *
weir_pack_new(const char *file)
{
    struct weir_pack  *p = calloc(1, sizeof(*p));

    weir_assert(p != NULL);
    p->file = weir_pool_text(&p->pool, file, strlen(file));
    return p;
}


int
weir_pack_fill(struct weir_pack **out, struct weir_pack *p,
    const struct weir_yaml *doc, struct weir_notes *notes)
{
    const struct weir_place  pl = { notes, p->file };

    *out = NULL;
    if (!read_pack(p, &pl, doc)) {
        weir_pack_close(p);
        return WEIR_E_BAD_REQUEST;
    }
    *out = p;
    return WEIR_OK;
}


int
weir_pack_read(struct weir_pack **out, const char *file,
    struct weir_span text, struct weir_notes *notes)
{
    struct weir_pack  *p = weir_pack_new(file);
    struct weir_yaml  *doc;
    int                rc;

    *out = NULL;
    rc = weir_yaml_read(&doc, &p->pool, notes, file, text);
    if (rc == WEIR_OK && (doc == NULL || doc->next != NULL)) {
        weir_notes_add(notes, false, file, 1, 1,
                       "a pack is exactly one YAML document");
        rc = WEIR_E_BAD_REQUEST;
    }
    if (rc != WEIR_OK) {
        weir_pack_close(p);
        return rc;
    }
    return weir_pack_fill(out, p, doc, notes);
}


int
weir_pack_open(struct weir_pack **out, const char *folder, const char *name,
    struct weir_notes *notes)
{
    char      path[4096];
    uint8_t  *text;
    size_t    len = 0;
    int       n, rc;

    *out = NULL;
    n = snprintf(path, sizeof(path), "%s/%s.yaml", folder, name);
    if (n < 0 || (size_t) n >= sizeof(path) || strstr(name, "..") != NULL
        || !weir_name_good(name, true))
    {
        weir_notes_add(notes, false, folder, 0, 0, "`%s` is not the name of "
                       "a pack", name);
        return WEIR_E_IO;
    }
    text = weir_file_read(path, &len);
    if (text == NULL) {
        weir_notes_add(notes, false, path, 0, 0, "the pack `%s` cannot be "
                       "read", name);
        return WEIR_E_IO;
    }
    rc = weir_pack_read(out, path, (struct weir_span) { text, len }, notes);
    free(text);
    if (rc == WEIR_OK && strcmp((*out)->name, name) != 0) {
        weir_notes_add(notes, false, path, 1, 1, "the pack calls itself "
                       "`%s`, but its file is `%s`", (*out)->name, name);
        weir_pack_close(*out);
        *out = NULL;
        rc = WEIR_E_BAD_REQUEST;
    }
    return rc;
}


void
weir_pack_close(struct weir_pack *p)
{
    if (p != NULL) {
        weir_pool_release(&p->pool);
        free(p);
    }
}


const struct weir_rule *
weir_pack_rule(const struct weir_pack *p, const char *id)
{
    for (size_t i = 0; i < p->nrules; i++) {
        if (strcmp(p->rules[i].id, id) == 0) {
            return &p->rules[i];
        }
    }
    return NULL;
}


struct names {
    struct weir_pool   *pool;
    const char        **at;
    size_t              n, cap;
};


static void
add_names(struct names *names, const char *folder, const char *prefix)
{
    DIR            *dir = opendir(folder);
    struct dirent  *e;

    while (dir != NULL && (e = readdir(dir)) != NULL) {
        const size_t  n = strlen(e->d_name);

        if (e->d_name[0] == '.') {
            continue;
        }
        if (n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0) {
            if (n > 11 && strcmp(e->d_name + n - 11, ".cases.yaml") == 0) {
                continue;
            }
            weir_grow(&names->at, names->n, &names->cap,
                      sizeof(*names->at));
            names->at[names->n++] = weir_pool_printf(names->pool, "%s%.*s",
                prefix, (int) n - 5, e->d_name);
        } else if (strcmp(e->d_name, "lists") != 0
                   && strlen(prefix) < 64)
        {
            char  below[4096], path[128];

            (void) snprintf(below, sizeof(below), "%s/%s", folder,
                            e->d_name);
            (void) snprintf(path, sizeof(path), "%s%.60s/", prefix,
                            e->d_name);
            add_names(names, below, path);
        }
    }
    if (dir != NULL) {
        (void) closedir(dir);
    }
}


static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


size_t
weir_pack_names(const char *folder, struct weir_pool *pool,
    const char ***out)
{
    struct names  names = { .pool = pool };
    size_t        bytes;

    add_names(&names, folder, "");
    if (names.n > 1) {
        qsort(names.at, names.n, sizeof(*names.at), by_text);
    }
    bytes = names.n * sizeof(*names.at);
    *out = weir_pool_get(pool, bytes + 1);
    if (bytes > 0) {
        memcpy(*out, names.at, bytes);
    }
    free(names.at);
    return names.n;
}
