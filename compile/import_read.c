/*
 * import_read.c: the files of an operator, in their codings and formats, to
 * terms; each line that cannot be read with its place.
 */
#include "compile/import.h"
#include "compile/words.h"
#include "scan/scan_code.h"
#include "weir/limits.h"

#include <iconv.h>
#include <stdlib.h>

struct source {
    struct weir_import  *im;
    const char          *name;
    uint16_t             file;
    const uint8_t       *at, *end;
    const uint8_t       *line_at;     /* where the line begins */
    uint32_t             line;
    int                  column[3];   /* CSV: of term, category, severity;
                                         -1: not there */
    bool                 first;
};

struct cell {
    struct weir_span  text;
    const uint8_t    *at;             /* where it stands in the file */
};

#define CELLS_MAX  32                 /* columns that are looked at */


static void
bad(struct source *s, const uint8_t *at, const char *why)
{
    unsigned  line = s->line, column = 1;

    for (const uint8_t *p = s->line_at; p < at; p++) {
        column += (*p & 0xc0) != 0x80;
        if (*p == '\n') {                     /* inside of quotes */
            line++;
            column = 1;
        }
    }
    s->im->nbad++;
    if (s->im->bad.n < WEIR_NOTES_MAX) {
        weir_notes_add(&s->im->bad, false, s->name, line, column, "%s",
                       why);
    }
}


/* The first byte that is no UTF-8; `end` if all is. */
static const uint8_t *
utf8_bad(const uint8_t *p, const uint8_t *end)
{
    const struct text  text = { p, (size_t) (end - p), true };

    for (size_t at = 0, next; at < text.len; at = next) {
        uint32_t  cp;

        next = text_next(&text, WEIR_PLAIN, at, &cp);
        if (cp == CODE_BAD
            && (next - at != 3 || memcmp(p + at, "\xef\xbf\xbd", 3) != 0))
        {
            return p + at;
        }
    }
    return end;
}


/* From `coding` to UTF-8, in the pool; false when it is not in it. */
static bool
convert(struct weir_import *im, const char *coding, struct weir_span in,
    struct weir_span *out)
{
    iconv_t  cd = iconv_open("UTF-8", coding);
    char    *from = (char *) (uintptr_t) in.at, *to, *begin;
    size_t   left = in.len, room = in.len * 2 + 16;
    bool     good;

    if (cd == (iconv_t) -1) {
        return false;
    }
    begin = to = weir_pool_get(&im->pool, room);
    good = iconv(cd, &from, &left, &to, &room) != (size_t) -1 && left == 0;
    (void) iconv_close(cd);
    *out = (struct weir_span) { (const uint8_t *) begin,
                                (size_t) (to - begin) };
    return good;
}


/* Are most of the lines that are not ASCII no UTF-8? One bad line in a file
   of UTF-8 does not make it GB18030. */
static bool
mostly_other(struct weir_span text)
{
    const uint8_t  *p = text.at, *end = text.at + text.len;
    size_t          good = 0, other = 0;

    while (p < end) {
        const uint8_t  *stop = memchr(p, '\n', (size_t) (end - p));
        bool            ascii = true;

        stop = stop != NULL ? stop : end;
        for (const uint8_t *q = p; q < stop && ascii; q++) {
            ascii = *q < 0x80;
        }
        if (!ascii) {
            if (utf8_bad(p, stop) == stop) {
                good++;
            } else {
                other++;
            }
        }
        p = stop + 1;
    }
    return other > good;
}


static bool
decode(struct weir_import *im, struct weir_span in, struct weir_span *out,
    enum weir_import_coding *coding)
{
    *coding = WEIR_IMPORT_UTF8;
    *out = in;
    if (in.len >= 2 && (memcmp(in.at, "\xff\xfe", 2) == 0
                        || memcmp(in.at, "\xfe\xff", 2) == 0))
    {
        *coding = WEIR_IMPORT_UTF16;
        return convert(im, "UTF-16", in, out);
    }
    if (in.len >= 3 && memcmp(in.at, "\xef\xbb\xbf", 3) == 0) {
        *out = (struct weir_span) { in.at + 3, in.len - 3 };
        return true;
    }
    if (mostly_other(in)) {
        *coding = WEIR_IMPORT_GB18030;
        return convert(im, "GB18030", in, out);
    }
    return true;
}


void
weir_import_rename(struct weir_import *im, const char *said,
    const char *name)
{
    weir_grow(&im->categories, im->ncategories, &im->cap_categories,
              sizeof(*im->categories));
    im->categories[im->ncategories++] = (struct weir_import_category) {
        weir_pool_text(&im->pool, said, strlen(said)),
        weir_pool_text(&im->pool, name, strlen(name))
    };
}


/* A category that is no name of one (谩骂) gets a number. */
static uint16_t
category(struct weir_import *im, struct weir_span said)
{
    const char  *text;

    if (said.len == 0) {
        return WEIR_IMPORT_UNSAID;
    }
    for (size_t i = 0; i < im->ncategories; i++) {
        if (weir_span_is(said, im->categories[i].said)) {
            return (uint16_t) i;
        }
    }
    if (im->ncategories >= 1000) {
        return WEIR_IMPORT_UNSAID;
    }
    text = weir_pool_text(&im->pool, said.at, said.len);
    weir_import_rename(im, text, weir_name_good(text, false) ? text
        : weir_pool_printf(&im->pool, "category-%zu", im->ncategories + 1));
    return (uint16_t) (im->ncategories - 1);
}


/* "700", "0.7" (of one), or a word; false: none of these. */
static bool
severity(struct weir_import *im, struct weir_span said, uint16_t *out)
{
    static const struct {
        const char  *word;
        uint16_t     severity;
    }            words[] = {
        { "high", 900 }, { "medium", 600 }, { "low", 300 },
        { "高", 900 }, { "中", 600 }, { "低", 300 }
    };
    const char  *text = weir_pool_text(&im->pool, said.at, said.len);
    const char  *why;
    weir_micro   part;
    uint64_t     n;

    if (said.len == 0) {
        *out = WEIR_IMPORT_UNSAID;
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(text, words[i].word) == 0) {
            *out = words[i].severity;
            return true;
        }
    }
    if (weir_count_parse(text, 1000, &n) == 0) {
        *out = (uint16_t) n;
        return true;
    }
    if (strchr(text, '.') != NULL && weir_micro_parse(text, &part, &why) == 0
        && part <= WEIR_MICRO)
    {
        *out = (uint16_t) (part / 1000);
        return true;
    }
    return false;
}


static struct weir_span
trimmed(struct weir_span s)
{
    while (s.len > 0 && strchr(" \t\r", s.at[0]) != NULL && s.at[0] != 0) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && strchr(" \t\r", s.at[s.len - 1]) != NULL
           && s.at[s.len - 1] != 0)
    {
        s.len--;
    }
    return s;
}


/* cells[0..2]: term, category, severity. */
static void
add(struct source *s, const struct cell cells[3])
{
    struct weir_import       *im = s->im;
    struct weir_import_term   t = {
        .text = trimmed(cells[0].text), .line = s->line, .file = s->file,
        .other = WEIR_IMPORT_NONE
    };

    for (size_t i = 0; i < 3; i++) {
        const struct weir_span  c = cells[i].text;
        const uint8_t          *wrong = utf8_bad(c.at, c.at + c.len);

        if (c.len > 0 && wrong < c.at + c.len) {
            bad(s, cells[i].at + (wrong - c.at), "this byte is no UTF-8");
            return;
        }
    }
    for (size_t i = 0; i < t.text.len; i++) {
        if (t.text.at[i] < 0x20 || t.text.at[i] == 0x7f) {
            bad(s, cells[0].at, "a control character in the term");
            return;
        }
    }
    if (t.text.len > 0 && t.text.at[0] == '#') {
        bad(s, cells[0].at, "a term cannot begin with #");
        return;
    }
    if (!severity(im, trimmed(cells[2].text), &t.severity)) {
        bad(s, cells[2].at, "no severity: 0 to 1000, a part of one such as "
            "0.85, or high, medium, low (高, 中, 低)");
        return;
    }
    t.category = category(im, trimmed(cells[1].text));
    t.text.at = (const uint8_t *) weir_pool_text(&im->pool, t.text.at,
                                                 t.text.len);
    weir_grow(&im->terms, im->nterms, &im->cap_terms, sizeof(*im->terms));
    im->terms[im->nterms++] = t;
    im->files[s->file].terms++;
}


static void
read_txt(struct source *s)
{
    while (s->at < s->end) {
        const uint8_t    *stop = memchr(s->at, '\n',
                                        (size_t) (s->end - s->at));
        const uint8_t    *p = s->at, *tab;
        struct weir_span  whole;
        struct cell       cells[3] = { { .at = p }, { .at = p },
                                       { .at = p } };
        static const int  order[3] = { 0, 2, 1 };

        stop = stop != NULL ? stop : s->end;
        s->line_at = p;
        s->line++;
        s->at = stop + (stop < s->end);
        whole = trimmed((struct weir_span) { p, (size_t) (stop - p) });
        if (whole.len == 0 || whole.at[0] == '#') {
            continue;
        }
        p = whole.at;
        stop = p + whole.len;
        for (size_t i = 0; i < 3 && p <= stop; i++) {
            tab = i < 2 ? memchr(p, '\t', (size_t) (stop - p)) : NULL;
            tab = tab != NULL ? tab : stop;
            cells[order[i]] = (struct cell) { { p, (size_t) (tab - p) }, p };
            p = tab + 1;
        }
        add(s, cells);
    }
}


/* A field in quotes from s->at on, "" being one of them. */
static bool
quoted(struct source *s, struct cell *c)
{
    const uint8_t  *open = s->at++;
    const uint8_t  *from = s->at;
    size_t          n = 0, twice = 0;

    for ( ; s->at < s->end; s->at++) {
        if (*s->at == '"') {
            if (s->at + 1 == s->end || s->at[1] != '"') {
                break;
            }
            s->at++;
            twice++;
        }
        n++;
    }
    if (s->at == s->end) {
        /* the rest is not lost: go on behind this line */
        const uint8_t  *stop = memchr(open, '\n', (size_t) (s->end - open));

        bad(s, open, "the quote is not closed");
        s->at = stop != NULL ? stop : s->end;
        return false;
    }
    s->at++;
    if (twice > 0) {
        char  *to = weir_pool_get(&s->im->pool, n + 1);

        for (size_t i = 0; i < n; i++) {
            to[i] = (char) *from;
            from += *from == '"' ? 2 : 1;
        }
        from = (const uint8_t *) to;
    }
    *c = (struct cell) { { from, n }, open };
    if (s->at < s->end && strchr(",\r\n", *s->at) == NULL) {
        const uint8_t  *stop = memchr(s->at, '\n',
                                      (size_t) (s->end - s->at));

        bad(s, s->at, "text behind a closing quote");
        s->at = stop != NULL ? stop : s->end;
        return false;
    }
    return true;
}


/* One record; the number of its cells, 0 when it is bad or blank. */
static size_t
record(struct source *s, struct cell *cells)
{
    size_t  n = 0;

    for ( ;; ) {
        struct cell  c = { { s->at, 0 }, s->at };

        if (s->at < s->end && *s->at == '"') {
            if (!quoted(s, &c)) {
                return 0;
            }
        } else {
            while (s->at < s->end && *s->at != ',' && *s->at != '\n') {
                s->at++;
            }
            c.text.len = (size_t) (s->at - c.at);
        }
        if (n < CELLS_MAX) {
            cells[n++] = c;
        }
        while (s->at < s->end && *s->at == '\r') {
            s->at++;
        }
        if (s->at == s->end || *s->at == '\n') {
            return n == 1 && trimmed(cells[0].text).len == 0 ? 0 : n;
        }
        s->at++;
    }
}


/* Does the first record name the columns? */
static bool
header(struct source *s, const struct cell *cells, size_t n)
{
    static const char *const  names[3][9] = {
        { "term", "word", "keyword", "词", "词条", "敏感词", "关键词",
          "词语", NULL },
        { "category", "type", "label", "类别", "分类", "类型", NULL },
        { "severity", "score", "level", "级别", "等级", "分值", "风险等级",
          NULL }
    };
    int                       column[3] = { -1, -1, -1 };

    for (size_t i = 0; i < n; i++) {
        const struct weir_span  c = trimmed(cells[i].text);
        char                    low[64] = "";

        for (size_t k = 0; k < c.len && k < sizeof(low) - 1; k++) {
            low[k] = (char) (c.at[k] >= 'A' && c.at[k] <= 'Z'
                             ? c.at[k] + 32 : c.at[k]);
        }
        for (size_t k = 0; k < 3; k++) {
            for (size_t m = 0; names[k][m] != NULL; m++) {
                if (column[k] < 0 && strcmp(low, names[k][m]) == 0) {
                    column[k] = (int) i;
                }
            }
        }
    }
    /* one column called `word` alone is a header too; `word,fraud` is not */
    if (column[0] < 0 || (n > 1 && column[1] < 0 && column[2] < 0)) {
        return false;
    }
    memcpy(s->column, column, sizeof(column));
    return true;
}


static void
read_csv(struct source *s)
{
    while (s->at < s->end) {
        struct cell     cells[CELLS_MAX], three[3];
        const uint8_t  *from = s->at;
        size_t          n;
        bool            comment;

        s->line_at = from;
        s->line++;
        n = record(s, cells);
        comment = n > 0 && cells[0].text.len > 0
                  && cells[0].text.at[0] == '#'
                  && cells[0].at == cells[0].text.at;
        if (n > 0 && !comment && !(s->first && header(s, cells, n))) {
            for (size_t i = 0; i < 3; i++) {
                three[i] = s->column[i] >= 0 && (size_t) s->column[i] < n
                           ? cells[s->column[i]]
                           : (struct cell) { { from, 0 }, from };
            }
            add(s, three);
        }
        s->first = s->first && (n == 0 || comment);
        for ( ; from < s->at; from++) {       /* lines inside of quotes */
            s->line += *from == '\n';
        }
        s->at += s->at < s->end;
    }
}


void
weir_import_add(struct weir_import *im, struct weir_span text)
{
    weir_grow(&im->terms, im->nterms, &im->cap_terms, sizeof(*im->terms));
    im->terms[im->nterms++] = (struct weir_import_term) {
        .text = text, .other = WEIR_IMPORT_NONE,
        .severity = WEIR_IMPORT_UNSAID, .category = WEIR_IMPORT_UNSAID
    };
}


bool
weir_import_read(struct weir_import *im, const char *name,
    struct weir_span text, bool csv)
{
    struct source     s = { .im = im, .first = true, .column = { 0, 1, 2 } };
    struct weir_span  utf8;

    weir_grow(&im->files, im->nfiles, &im->cap_files, sizeof(*im->files));
    s.file = (uint16_t) im->nfiles++;
    s.name = weir_pool_text(&im->pool, name, strlen(name));
    im->files[s.file] = (struct weir_import_file) { .name = s.name };
    if (!decode(im, text, &utf8, &im->files[s.file].coding)) {
        s.line_at = text.at;
        s.line = 1;
        bad(&s, text.at, "neither UTF-8 nor UTF-16 nor GB18030");
        return false;
    }
    s.at = utf8.at;
    s.end = utf8.at + utf8.len;
    if (csv) {
        read_csv(&s);
    } else {
        read_txt(&s);
    }
    return true;
}


void
weir_import_release(struct weir_import *im)
{
    weir_notes_release(&im->bad);
    free(im->files);
    free(im->terms);
    free(im->categories);
    weir_pool_release(&im->pool);
    *im = (struct weir_import) { 0 };
}
