/*
 * compile.c: the register and the packs -> one snapshot, or notes.
 */
#include "compile/register.h"
#include "compile/words.h"
#include "weir/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>


static void
add_note(struct weir_register *g, const struct weir_resource *r,
    bool warning, const char *fmt, va_list ap)
{
    char  text[sizeof(((struct weir_note *) NULL)->message)];
    char  what[160] = "";

    (void) vsnprintf(text, sizeof(text), fmt, ap);
    if (r->kind < WEIR_KIND_COUNT && r->name != NULL) {
        (void) snprintf(what, sizeof(what), "%s `%s`: ",
                        weir_kind_name(r->kind), r->name);
    }
    weir_notes_add(g->notes, warning, r->file, r->line, 0, "%s%s", what,
                   text);
}


void
weir_register_error(struct weir_register *g, const struct weir_resource *r,
    const char *fmt, ...)
{
    va_list  ap;

    va_start(ap, fmt);
    add_note(g, r, false, fmt, ap);
    va_end(ap);
}


void
weir_register_warn(struct weir_register *g, const struct weir_resource *r,
    const char *fmt, ...)
{
    va_list  ap;

    va_start(ap, fmt);
    add_note(g, r, true, fmt, ap);
    va_end(ap);
}


static void
lower(char *s)
{
    for (; *s != '\0'; s++) {
        if (*s >= 'A' && *s <= 'Z') {
            *s = (char) (*s - 'A' + 'a');
        }
    }
}


struct weir_named *
weir_register_find(struct weir_register *g, enum weir_kind kind,
    const char *name, const struct weir_resource *by)
{
    const size_t   total = g->in->nresources;
    const char   **names = weir_pool_get(&g->pool,
                                         (total + 1) * sizeof(*names));
    const char    *near;
    char           word[32];
    size_t         n = 0;

    for (size_t i = 0; i < total; i++) {
        if (g->named[i].resource->kind == kind) {
            if (strcmp(g->named[i].resource->name, name) == 0) {
                return &g->named[i];
            }
            names[n++] = g->named[i].resource->name;
        }
    }
    (void) snprintf(word, sizeof(word), "%s", weir_kind_name(kind));
    lower(word);
    near = weir_nearest(name, names, n);
    if (near != NULL) {
        weir_register_error(g, by, "unknown %s `%s`; did you mean `%s`?",
                            word, name, near);
    } else {
        weir_register_error(g, by, "unknown %s `%s`", word, name);
    }
    return NULL;
}


const char *
weir_doc_text(const json_t *doc, const char *key)
{
    const char  *s = json_string_value(json_object_get(doc, key));

    return s != NULL ? s : "";
}


const char *
weir_doc_title(const json_t *doc, const char *language)
{
    const json_t  *title = json_object_get(doc, "title");
    const char    *s;

    if (title == NULL) {
        return weir_doc_text(doc, "name");
    }
    if (json_is_string(title)) {
        return json_string_value(title);
    }
    s = weir_doc_text(title, language);
    if (*s == '\0') {
        s = weir_doc_text(title, strcmp(language, "en") == 0 ? "zh" : "en");
    }
    return s;
}


static bool
read_docs(struct weir_register *g)
{
    const size_t  n = g->in->nresources;

    g->named = weir_pool_get(&g->pool, (n + 1) * sizeof(*g->named));
    for (size_t i = 0; i < n; i++) {
        const struct weir_resource  *r = &g->in->resources[i];
        json_error_t                 error;

        g->named[i].resource = r;
        g->named[i].index = WEIR_SNAP_NONE;
        g->named[i].doc = json_loads(r->json, 0, &error);
        if (!json_is_object(g->named[i].doc)) {
            weir_register_error(g, r, "stored form is damaged: %s",
                                error.text);
            return false;
        }
    }
    return true;
}


static void
add_records(struct weir_register *g)
{
    static const struct {
        enum weir_kind  kind;
        void          (*add)(struct weir_register *, struct weir_named *);
    }  order[] = {
        { WEIR_KIND_UPSTREAM, weir_register_upstream },
        { WEIR_KIND_MODEL, weir_register_model },
        { WEIR_KIND_MODEL, weir_register_fallback },
        { WEIR_KIND_FUND, weir_register_fund },
        { WEIR_KIND_ORDINANCE, weir_register_ordinance },
        { WEIR_KIND_SCENARIO, weir_register_scenario }
    };

    for (size_t k = 0; k < sizeof(order) / sizeof(*order); k++) {
        for (size_t i = 0; i < g->in->nresources; i++) {
            if (g->named[i].resource->kind == order[k].kind) {
                order[k].add(g, &g->named[i]);
            }
        }
    }
    weir_register_keys(g);
}


static void
release(struct weir_register *g)
{
    for (size_t i = 0; g->named != NULL && i < g->in->nresources; i++) {
        json_decref(g->named[i].doc);
    }
    for (size_t i = 0; i < g->npacks; i++) {
        weir_pack_close(g->packs[i].pack);
    }
    free(g->packs);
    free(g->profiles);
    weir_pool_release(&g->pool);
}


int
weir_compile(const struct weir_compile_in *in, struct weir_buf *out,
    struct weir_notes *notes)
{
    struct weir_snap_writer  w;
    struct weir_register     g = { .in = in, .notes = notes, .w = &w };
    const size_t             start = out->len;
    const bool               failed = notes->failed;
    int                      rc = weir_snap_writer_open(&w);

    if (rc != WEIR_OK) {
        return rc;
    }
    notes->failed = false;
    if (read_docs(&g)) {
        add_records(&g);
    }
    if (notes->failed) {
        rc = WEIR_E_BAD_REQUEST;
    } else {
        rc = weir_snap_write(&w, out, in->generation, in->now_ms);
        if (rc != WEIR_OK) {
            weir_notes_add(notes, false, NULL, 0, 0, "the snapshot would "
                           "be larger than its bound");
            out->len = start;
            rc = WEIR_E_BAD_REQUEST;
        }
    }
    notes->failed = notes->failed || failed;
    release(&g);
    weir_snap_writer_close(&w);
    return rc;
}
