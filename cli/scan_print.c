/*
 * scan_print.c: a finding as a line for people, as a JSON line for programs,
 * as a result of SARIF 2.1.0 (OASIS, 2023-08-28) for code scanning.
 *
 * The text found is shown masked unless --show asks for it: a report lies
 * around longer than the secret should.
 */
#include "cli/scan.h"
#include "weir/ident.h"

#define SHOWN_MAX  80                 /* code points */

#ifndef WEIR_VERSION
#define WEIR_VERSION  "0.0.0"
#endif


const char *
scan_type(const struct weir_found *f)
{
    return f->kind == WEIR_IDENT_NONE ? "term" : weir_ident_type(f->kind);
}


static unsigned
hex4(const uint8_t *p)
{
    unsigned  u = 0;

    for (unsigned i = 0; i < 4; i++) {
        u = u << 4 | (p[i] <= '9' ? p[i] - 48u : (p[i] | 0x20u) - 87u);
    }
    return u;
}


/* The character of an escape at p (a backslash) of a good JSON string, n
   bytes of it there, as UTF-8 in out[4]; its length there in *out_len.
   Returns the bytes taken. */
static size_t
escape(const uint8_t *p, size_t n, uint8_t out[4], size_t *out_len)
{
    static const char  plain[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    size_t             taken = 6;
    unsigned           u;

    if (n < 2 || p[1] != 'u' || n < 6) {
        const char  *at = n < 2 ? NULL : strchr(plain, p[1]);

        out[0] = at == NULL ? '?' : (uint8_t) means[at - plain];
        *out_len = 1;
        return n < 2 ? n : 2;
    }
    u = hex4(p + 2);
    if (u >= 0xd800 && u < 0xdc00 && n >= 12 && p[6] == '\\'
        && p[7] == 'u')
    {
        const unsigned  low = hex4(p + 8);

        if (low >= 0xdc00 && low < 0xe000) {
            u = 0x10000 + ((u - 0xd800) << 10) + (low - 0xdc00);
            taken = 12;
        }
    }
    if (u >= 0xd800 && u < 0xe000) {
        u = 0xfffd;
    }
    *out_len = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
    for (size_t i = *out_len; i-- > 1; u >>= 6) {
        out[i] = (uint8_t) (0x80 | (u & 0x3f));
    }
    out[0] = (uint8_t) (*out_len == 1 ? u
                        : (0xf00u >> *out_len & 0xff) | u);
    return taken;
}


/* The character at p as it is read; the bytes taken. */
static size_t
character(const uint8_t *p, size_t n, bool json, uint8_t out[4],
    size_t *out_len)
{
    if (json && *p == '\\') {
        return escape(p, n, out, out_len);
    }
    *out_len = scan_point_len(p, n);
    memcpy(out, p, *out_len);
    return *out_len;
}


static uint64_t
count_characters(const uint8_t *p, size_t n, bool json)
{
    uint64_t  count = 0;
    uint8_t   one[4];
    size_t    len;

    for (size_t i = 0; i < n; count++) {
        i += character(p + i, n - i, json, one, &len);
    }
    return count;
}


/* Characters shown at the two ends of a masked finding of n: enough to know
   it again, too few to use it. */
static void
mask(const struct weir_found *f, uint64_t n, uint64_t *head, uint64_t *tail)
{
    switch (f->kind) {
    case WEIR_IDENT_NONE:             /* a word of a list is no secret */
        *head = n;
        *tail = 0;
        return;
    case WEIR_IDENT_API_KEY:
    case WEIR_IDENT_PRIVATE_KEY:
    case WEIR_IDENT_JWT:
        *head = n < 16 ? 0 : 4;       /* the issuer's prefix */
        *tail = 0;
        return;
    default:
        *head = n >= 11 ? 3 : (n + 3) / 4;
        *tail = n >= 15 ? 4 : n >= 11 ? 2 : 0;
        return;
    }
}


/* The text found as one line into `text`, masked or cut. */
static void
excerpt(const struct scan_work *w, const struct weir_found *f,
    struct weir_buf *text)
{
    const uint8_t   *p = w->window + (f->begin - w->base);
    const size_t     bytes = (size_t) (f->end - f->begin);
    const bool       json = w->segment.coding == WEIR_JSON;
    const uint64_t   n = count_characters(p, bytes, json);
    uint64_t         head = n, tail = 0, k = 0;
    uint8_t          one[4];
    size_t           len;

    if (!w->setup->options.show) {
        mask(f, n, &head, &tail);
    }
    for (size_t i = 0; i < bytes; k++) {
        const size_t  taken = character(p + i, bytes - i, json, one, &len);

        if (k == head) {
            weir_buf_adds(text, "****");
        }
        if (k == SHOWN_MAX && head == n) {
            weir_buf_adds(text, "…");
            return;
        }
        if (k < head || k >= n - tail) {
            if (len == 1 && (one[0] < 0x20 || one[0] == 0x7f)) {
                one[0] = ' ';
            }
            weir_buf_add(text, one, len);
        }
        i += taken;
    }
}


static void
paint(struct scan_work *w, const char *code)
{
    if (w->setup->options.color) {
        weir_buf_adds(&w->out, code);
    }
}


static void
add_path(struct scan_work *w)
{
    /* control characters in names of files are not for terminals */
    for (const char *p = w->job->path; *p != '\0'; p++) {
        weir_buf_addc(&w->out, (uint8_t) (*p > 0 && *p < 0x20 ? '?' : *p));
    }
}


static void
print_plain(struct scan_work *w, const struct weir_found *f,
    const char *rule, const struct scan_place *at)
{
    struct weir_buf  *out = &w->out;

    paint(w, "\033[35m");
    add_path(w);
    paint(w, "\033[0m");
    weir_buf_addc(out, ':');
    weir_buf_addu(out, at->line);
    weir_buf_addc(out, ':');
    weir_buf_addu(out, at->column);
    weir_buf_addc(out, ' ');
    paint(w, "\033[1m");
    weir_buf_adds(out, scan_type(f));
    paint(w, "\033[0m");
    weir_buf_adds(out, " \"");
    paint(w, "\033[31m");
    excerpt(w, f, out);
    paint(w, "\033[0m");
    weir_buf_adds(out, "\" ");
    weir_buf_adds(out, rule);
    if (w->segment.in_json) {
        weir_buf_addc(out, ' ');
        weir_buf_add(out, w->path.at, w->path.len);
        weir_buf_adds(out, w->segment.is_key ? " (key)" : "");
    }
    weir_buf_addc(out, '\n');
}


static void
add_member(struct weir_buf *out, const char *name, uint64_t n)
{
    weir_buf_addc(out, '"');
    weir_buf_adds(out, name);
    weir_buf_adds(out, "\":");
    weir_buf_addu(out, n);
}


static void
add_string(struct weir_buf *out, const char *name, struct weir_span s)
{
    weir_buf_addc(out, '"');
    weir_buf_adds(out, name);
    weir_buf_adds(out, "\":\"");
    weir_buf_add_json(out, s, 1);
    weir_buf_addc(out, '"');
}


/* Place inside the JSON value, in characters of what the value means. */
static void
print_value_place(struct scan_work *w, const struct weir_found *f)
{
    const struct scan_segment  *s = &w->segment;
    const uint8_t              *p = w->window + (w->value_byte - w->base);
    const bool                  json = s->coding == WEIR_JSON;
    uint64_t                    start;

    /* findings come in order of begin: nothing is counted twice */
    start = w->value_count
            + count_characters(p, (size_t) (f->begin - w->value_byte), json);
    p += f->begin - w->value_byte;
    w->value_byte = f->begin;
    w->value_count = start;
    weir_buf_addc(&w->out, ',');
    add_string(&w->out, "json_path", weir_buf_span(&w->path));
    weir_buf_adds(&w->out, s->is_key ? ",\"in_key\":true," : ",");
    add_member(&w->out, "value_start", start);
    weir_buf_addc(&w->out, ',');
    add_member(&w->out, "value_end", start
               + count_characters(p, (size_t) (f->end - f->begin), json));
}


static void
print_line(struct scan_work *w, const struct weir_found *f, const char *rule,
    const struct scan_place *at, const struct scan_place *end)
{
    struct weir_buf  *out = &w->out;

    weir_buf_addc(out, '{');
    add_string(out, "path", weir_span_of(w->job->path));
    weir_buf_addc(out, ',');
    add_string(out, "type", weir_span_of(scan_type(f)));
    weir_buf_addc(out, ',');
    add_string(out, "rule", weir_span_of(rule));
    weir_buf_addc(out, ',');
    add_member(out, "start", at->point);
    weir_buf_addc(out, ',');
    add_member(out, "end", end->point);
    weir_buf_addc(out, ',');
    add_member(out, "score", f->score);
    weir_buf_addc(out, ',');
    add_member(out, "line", at->line);
    weir_buf_addc(out, ',');
    add_member(out, "column", at->column);
    if (w->segment.in_json) {
        print_value_place(w, f);
    }
    if (w->setup->options.show) {
        struct weir_buf  text;

        weir_buf_init(&text, w->mem, 1 << 16);
        excerpt(w, f, &text);
        weir_buf_addc(out, ',');
        add_string(out, "text", weir_buf_span(&text));
        weir_buf_release(&text);
    }
    weir_buf_adds(out, "}\n");
}


/* ---- SARIF ---- */

/* RFC 3986: what may stand in the path of a URI stays. */
static void
add_uri(struct weir_buf *out, const char *path)
{
    static const char  hex[] = "0123456789ABCDEF";

    if (path[0] == '.' && path[1] == '/') {
        path += 2;
    }
    weir_buf_adds(out, path[0] == '/' ? "file://" : "");
    for (const uint8_t *p = (const uint8_t *) path; *p != '\0'; p++) {
        const uint8_t  letter = *p | 0x20;

        if ((letter >= 'a' && letter <= 'z') || (*p >= '0' && *p <= '9')
            || strchr("-._~/", *p) != NULL)
        {
            weir_buf_addc(out, *p);
        } else {
            weir_buf_addc(out, '%');
            weir_buf_addc(out, (uint8_t) hex[*p >> 4]);
            weir_buf_addc(out, (uint8_t) hex[*p & 15]);
        }
    }
}


static const char *
level(const struct weir_found *f)
{
    return f->kind == WEIR_IDENT_API_KEY || f->kind == WEIR_IDENT_PRIVATE_KEY
           || f->kind == WEIR_IDENT_JWT ? "error" : "warning";
}


static void
print_sarif_region(struct scan_work *w, const struct scan_place *at,
    const struct scan_place *end)
{
    struct weir_buf  *out = &w->out;

    weir_buf_adds(out, "\"region\":{");
    add_member(out, "startLine", at->line);
    weir_buf_addc(out, ',');
    add_member(out, "startColumn", at->column);
    weir_buf_addc(out, ',');
    add_member(out, "endLine", end->line);
    weir_buf_addc(out, ',');
    add_member(out, "endColumn", end->column);
    weir_buf_addc(out, ',');
    add_member(out, "charOffset", at->point);
    weir_buf_addc(out, ',');
    add_member(out, "charLength", end->point - at->point);
    weir_buf_addc(out, '}');
}


static void
print_sarif(struct scan_work *w, const struct weir_found *f,
    const struct weir_rule *rule, const struct scan_place *at,
    const struct scan_place *end)
{
    struct weir_buf  *out = &w->out, text;

    weir_buf_init(&text, w->mem, 1 << 16);
    weir_buf_adds(&text, rule->title.en);
    if (strcmp(rule->title.en, rule->title.zh) != 0) {
        weir_buf_adds(&text, " / ");
        weir_buf_adds(&text, rule->title.zh);
    }
    weir_buf_adds(&text, ": ");
    excerpt(w, f, &text);
    weir_buf_adds(out, ",\n{");
    add_string(out, "ruleId", weir_span_of(rule->full_id));
    weir_buf_addc(out, ',');
    add_member(out, "ruleIndex", f->rule);
    weir_buf_addc(out, ',');
    add_string(out, "level", weir_span_of(level(f)));
    weir_buf_adds(out, ",\"message\":{");
    add_string(out, "text", weir_buf_span(&text));
    weir_buf_adds(out, "},\"locations\":[{\"physicalLocation\":"
                       "{\"artifactLocation\":{\"uri\":\"");
    add_uri(out, w->job->path);
    weir_buf_adds(out, "\"},");
    print_sarif_region(w, at, end);
    weir_buf_addc(out, '}');
    if (w->segment.in_json) {
        weir_buf_adds(out, ",\"logicalLocations\":[{");
        add_string(out, "fullyQualifiedName", weir_buf_span(&w->path));
        weir_buf_adds(out, ",\"kind\":\"member\"}]");
    }
    weir_buf_adds(out, "}],\"properties\":{");
    add_string(out, "type", weir_span_of(scan_type(f)));
    weir_buf_addc(out, ',');
    add_member(out, "score", f->score);
    weir_buf_adds(out, "}}");
    weir_buf_release(&text);
}


void
scan_sarif_head(const struct scan_setup *s, struct weir_buf *out)
{
    weir_buf_adds(out,
        "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/"
        "errata01/os/schemas/sarif-schema-2.1.0.json\",\n"
        "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":"
        "{\"name\":\"weir\",\"version\":\"" WEIR_VERSION "\",\"rules\":[");
    for (size_t i = 0; i < s->united.n; i++) {
        const struct weir_rule  *rule = s->united.rule[i];

        weir_buf_adds(out, i == 0 ? "\n{" : ",\n{");
        add_string(out, "id", weir_span_of(rule->full_id));
        weir_buf_adds(out, ",\"shortDescription\":{");
        add_string(out, "text", weir_span_of(rule->title.en));
        weir_buf_adds(out, "},\"fullDescription\":{\"text\":\"");
        weir_buf_add_json(out, weir_span_of(rule->title.en), 1);
        weir_buf_adds(out, " / ");
        weir_buf_add_json(out, weir_span_of(rule->title.zh), 1);
        for (size_t k = 0; k < rule->nlaw; k++) {
            weir_buf_adds(out, k == 0 ? " (" : "; ");
            weir_buf_add_json(out, weir_span_of(rule->law[k]->text.en), 1);
        }
        weir_buf_adds(out, rule->nlaw > 0 ? ")\"}}" : "\"}}");
    }
    weir_buf_adds(out, "]}},\"columnKind\":\"unicodeCodePoints\",\n"
                       "\"results\":[");
}


void
scan_sarif_tail(const struct scan_totals *t, struct weir_buf *out)
{
    weir_buf_adds(out, "],\n\"invocations\":[{\"executionSuccessful\":");
    weir_buf_adds(out, t->failed ? "false" : "true");
    weir_buf_adds(out, "}]}]}\n");
}


void
scan_print(struct scan_work *w, const struct weir_found *f,
    const struct scan_place *begin, const struct scan_place *end)
{
    const struct weir_rule  *rule = w->setup->united.rule[f->rule];

    switch (w->setup->options.format) {
    case SCAN_LINES:
        print_line(w, f, rule->full_id, begin, end);
        return;
    case SCAN_SARIF:
        print_sarif(w, f, rule, begin, end);
        return;
    case SCAN_PLAIN:
        print_plain(w, f, rule->full_id, begin);
        return;
    }
}
