/*
 * pack_report.c: what `weir pack import` says about the terms, as text in
 * English and 中文, and as JSON.
 */
#include "cli/pack.h"
#include "weir/limits.h"

#include <jansson.h>
#include <stdlib.h>

#define SHOWN_MAX      20       /* of a kind, without --all */
#define EXCERPT_BYTES  40       /* on each side of a hit */

enum kind { K_SHORT, K_EMPTY, K_LONG, K_DUPLICATE, K_FREQUENT, K_CONTAINED,
            K_COUNT };

static const struct {
    const char  *id, *en, *zh;
}  kinds[K_COUNT] = {
    [K_SHORT] = { "too_short", "too short, left out (one Han character, "
                  "fewer than three letters)", "过短，未收入（单个汉字，或不足"
                  "三个字母）" },
    [K_EMPTY] = { "empty", "empty after folding, left out",
                  "归一后为空，未收入" },
    [K_LONG] = { "too_long", "longer than 64 characters, left out",
                 "超过64个字符，未收入" },
    [K_DUPLICATE] = { "duplicate", "the same as another after folding, left "
                      "out", "归一后与其他词条相同，未收入" },
    [K_FREQUENT] = { "frequent", "in ordinary text: a false alarm there",
                     "出现在普通文本中，会误报" },
    [K_CONTAINED] = { "contained", "holds another term of the list, which "
                      "fires wherever it does", "包含表内另一词条，"
                      "后者在同处必然命中" }
};


static double
per_mb(const struct weir_import *im, size_t hits)
{
    return im->benign.len > 0 ? (double) hits * 1e6
                                / (double) im->benign.len : 0;
}


bool
pack_import_drops(const struct weir_import *im,
    const struct weir_import_term *t, double benign_max)
{
    return benign_max >= 0 && t->hits > 0
           && per_mb(im, t->hits) > benign_max;
}


struct pack_import_counts
pack_import_count(const struct weir_import *im, double benign_max)
{
    struct pack_import_counts  c = { 0 };

    for (size_t i = 0; i < im->nterms; i++) {
        const struct weir_import_term  *t = &im->terms[i];

        c.duplicate += t->state == WEIR_IMPORT_DUPLICATE;
        c.too_short += t->state == WEIR_IMPORT_SHORT;
        c.empty += t->state == WEIR_IMPORT_EMPTY;
        c.too_long += t->state == WEIR_IMPORT_LONG;
        if (t->state == WEIR_IMPORT_KEPT) {
            c.frequent += t->hits > 0;
            c.contained += t->other != WEIR_IMPORT_NONE;
            if (pack_import_drops(im, t, benign_max)) {
                c.left_out++;
            } else {
                c.kept++;
            }
        }
    }
    return c;
}


static bool
is_of(const struct weir_import_term *t, enum kind k)
{
    switch (k) {
    case K_SHORT:
        return t->state == WEIR_IMPORT_SHORT;
    case K_EMPTY:
        return t->state == WEIR_IMPORT_EMPTY;
    case K_LONG:
        return t->state == WEIR_IMPORT_LONG;
    case K_DUPLICATE:
        return t->state == WEIR_IMPORT_DUPLICATE;
    case K_FREQUENT:
        return t->state == WEIR_IMPORT_KEPT && t->hits > 0;
    default:
        return t->state == WEIR_IMPORT_KEPT && t->other != WEIR_IMPORT_NONE;
    }
}


static int
by_hits(const void *a, const void *b)
{
    const struct weir_import_term  *x = *(void *const *) a;
    const struct weir_import_term  *y = *(void *const *) b;

    return x->hits != y->hits ? (x->hits < y->hits) - (x->hits > y->hits)
           : (x > y) - (x < y);
}


/* The terms of a kind in order; freed by free(). */
static const struct weir_import_term **
terms_of(const struct weir_import *im, enum kind k, size_t *n)
{
    const struct weir_import_term  **at = NULL;
    size_t                           cap = 0;

    *n = 0;
    for (size_t i = 0; i < im->nterms; i++) {
        if (is_of(&im->terms[i], k)) {
            weir_grow(&at, *n, &cap, sizeof(*at));
            at[(*n)++] = &im->terms[i];
        }
    }
    if (k == K_FREQUENT && *n > 1) {
        qsort(at, *n, sizeof(*at), by_hits);
    }
    return at;
}


/* What stands around the first hit, on one line, whole characters. */
static struct weir_span
excerpt(const struct weir_import *im, const struct weir_import_term *t)
{
    const uint8_t  *text = im->benign.at;
    size_t          from = t->sample, to = t->sample;

    while (from > 0 && t->sample - from < EXCERPT_BYTES
           && text[from - 1] != '\n')
    {
        from--;
    }
    while (to < im->benign.len && to - t->sample < 2 * EXCERPT_BYTES
           && text[to] != '\n')
    {
        to++;
    }
    while (from < t->sample && (text[from] & 0xc0) == 0x80) {
        from++;
    }
    while (to > from && to < im->benign.len && (text[to] & 0xc0) == 0x80) {
        to--;
    }
    return (struct weir_span) { text + from, to - from };
}


static void
print_term(const struct weir_import *im, const struct weir_import_term *t,
    enum kind k, FILE *out)
{
    const struct weir_span  text = t->text;

    fprintf(out, "  %s:%u: %.*s", im->files[t->file].name, t->line,
            (int) (text.len < 120 ? text.len : 120), text.at);
    if (k == K_FREQUENT) {
        const struct weir_span  e = excerpt(im, t);

        fprintf(out, "  %.1f/MB  \"%.*s\"", per_mb(im, t->hits), (int) e.len,
                e.at);
    } else if (k == K_DUPLICATE || k == K_CONTAINED) {
        const struct weir_import_term  *o = &im->terms[t->other];

        fprintf(out, "  (%.*s, %s:%u)", (int) o->text.len, o->text.at,
                im->files[o->file].name, o->line);
    }
    fprintf(out, "\n");
}


static void
print_kind(const struct weir_import *im, enum kind k, bool all, FILE *out)
{
    size_t                           n;
    const struct weir_import_term  **at = terms_of(im, k, &n);

    if (n > 0) {
        fprintf(out, "\n%s: %zu\n%s: %zu\n", kinds[k].en, n, kinds[k].zh, n);
    }
    for (size_t i = 0; i < n && (all || i < SHOWN_MAX); i++) {
        print_term(im, at[i], k, out);
    }
    if (n > SHOWN_MAX && !all) {
        fprintf(out, "  ... %zu more (--all)\n", n - SHOWN_MAX);
    }
    free(at);
}


static const char *
coding_name(enum weir_import_coding c)
{
    return c == WEIR_IMPORT_UTF8 ? "UTF-8" : c == WEIR_IMPORT_GB18030
           ? "GB18030" : "UTF-16";
}


void
pack_import_text(const struct weir_import *im, double benign_max, bool all,
    const char *list, FILE *out)
{
    const struct pack_import_counts  c = pack_import_count(im, benign_max);

    for (size_t i = 0; i < im->nfiles; i++) {
        fprintf(out, "%s: %s, %zu terms\n", im->files[i].name,
                coding_name(im->files[i].coding), im->files[i].terms);
    }
    fprintf(out, "%s: %zu terms kept of %zu; %zu bad lines\n", list, c.kept,
            im->nterms, im->nbad);
    fprintf(out, "%s：收入%zu条，共%zu条；无法读取的行%zu\n", list, c.kept,
            im->nterms, im->nbad);
    if (im->benign.len > 0) {
        fprintf(out, "ordinary text: %.2f MB, %zu terms fire on it, %zu left "
                "out for it\n普通文本：%.2f MB，%zu条命中，因此剔除%zu条\n",
                (double) im->benign.len / 1e6, c.frequent, c.left_out,
                (double) im->benign.len / 1e6, c.frequent, c.left_out);
    }
    for (size_t i = 0; i < im->ncategories; i++) {
        if (strcmp(im->categories[i].said, im->categories[i].name) != 0) {
            fprintf(out, "category %s = %s\n", im->categories[i].said,
                    im->categories[i].name);
        }
    }
    for (size_t i = 0; i < im->bad.n && (all || i < SHOWN_MAX); i++) {
        fprintf(out, "%s:%u:%u: %s\n", im->bad.at[i].file,
                im->bad.at[i].line, im->bad.at[i].column,
                im->bad.at[i].message);
    }
    if (im->nbad > im->bad.n || (!all && im->nbad > SHOWN_MAX)) {
        fprintf(out, "... %zu bad lines more\n", im->nbad
                - (all || im->bad.n < SHOWN_MAX ? im->bad.n : SHOWN_MAX));
    }
    for (unsigned k = 0; k < K_COUNT; k++) {
        print_kind(im, k, all, out);
    }
}


static json_t *
text_json(struct weir_span s)
{
    return json_stringn((const char *) s.at, s.len);
}


static json_t *
term_json(const struct weir_import *im, const struct weir_import_term *t,
    enum kind k)
{
    json_t  *v = json_pack("{s:o, s:s, s:I}", "term", text_json(t->text),
        "file", im->files[t->file].name, "line", (json_int_t) t->line);

    if (k == K_FREQUENT) {
        (void) json_object_update_new(v, json_pack("{s:I, s:f, s:o}", "hits",
            (json_int_t) t->hits, "per_mb", per_mb(im, t->hits), "excerpt",
            text_json(excerpt(im, t))));
    } else if (k == K_DUPLICATE || k == K_CONTAINED) {
        const struct weir_import_term  *o = &im->terms[t->other];

        (void) json_object_update_new(v, json_pack("{s:{s:o, s:s, s:I}}",
            "other", "term", text_json(o->text), "file",
            im->files[o->file].name, "line", (json_int_t) o->line));
    }
    return v;
}


static json_t *
kind_json(const struct weir_import *im, enum kind k)
{
    size_t                           n;
    const struct weir_import_term  **at = terms_of(im, k, &n);
    json_t                          *list = json_array();

    for (size_t i = 0; i < n; i++) {
        (void) json_array_append_new(list, term_json(im, at[i], k));
    }
    free(at);
    return list;
}


void
pack_import_json(const struct weir_import *im, double benign_max,
    const char *list, FILE *out)
{
    const struct pack_import_counts  c = pack_import_count(im, benign_max);
    json_t  *files = json_array(), *bad = json_array(), *v;
    json_t  *categories = json_object();

    for (size_t i = 0; i < im->nfiles; i++) {
        (void) json_array_append_new(files, json_pack("{s:s, s:s, s:I}",
            "file", im->files[i].name, "coding",
            coding_name(im->files[i].coding), "terms",
            (json_int_t) im->files[i].terms));
    }
    for (size_t i = 0; i < im->bad.n; i++) {
        const struct weir_note  *b = &im->bad.at[i];

        (void) json_array_append_new(bad, json_pack("{s:s, s:i, s:i, s:s}",
            "file", b->file, "line", b->line, "column", b->column, "message",
            b->message));
    }
    for (size_t i = 0; i < im->ncategories; i++) {
        (void) json_object_set_new(categories, im->categories[i].said,
                                   json_string(im->categories[i].name));
    }
    v = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:o, s:o}", "list",
        list, "read", (json_int_t) im->nterms, "kept", (json_int_t) c.kept,
        "left_out_frequent", (json_int_t) c.left_out, "bad_lines",
        (json_int_t) im->nbad, "bad", bad, "benign_bytes",
        (json_int_t) im->benign.len, "files", files, "categories",
        categories);
    weir_assert(v != NULL);
    for (unsigned k = 0; k < K_COUNT; k++) {
        (void) json_object_set_new(v, kinds[k].id, kind_json(im, k));
    }
    (void) json_dumpf(v, out, JSON_INDENT(1));
    fprintf(out, "\n");
    json_decref(v);
}
