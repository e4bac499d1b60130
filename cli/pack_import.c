/*
 * pack_import.c: `weir pack import`: the files of an operator -> a list, an
 * Ordinance if wanted, and a report.
 */
#include "cli/cmd.h"
#include "cli/pack.h"
#include "compile/pack.h"
#include "compile/report.h"
#include "compile/slots.h"
#include "compile/words.h"
#include "weir/buf.h"
#include "weir/limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

struct options {
    const char   *name;
    const char   *out;
    const char   *pack;
    const char   *format;         /* txt, csv; NULL: by the file's name */
    const char   *benign;
    const char   *slot;
    const char   *action;
    double        benign_max;     /* < 0: none is left out */
    bool          json, all;
    const char  **files;
    size_t        nfiles, cap_files;
};


static int
help(void)
{
    fputs("weir pack import FILE... [options]\n"
          "\n"
          "Reads word lists and writes one list that a pack or an Ordinance\n"
          "takes, with a report about its terms. UTF-8, UTF-16 or GB18030.\n"
          "将运营者的词表转为编译器接受的词表，并报告重复、过短、过长、\n"
          "互相包含、在普通文本中误报的词条和无法读取的行。\n"
          "\n"
          "  *.txt      TERM, or TERM <tab> SEVERITY <tab> CATEGORY; # notes\n"
          "  *.csv      term,category,severity; a header may say otherwise\n"
          "  --format txt|csv   whatever the file is called\n"
          "  --name N           name of the list (the first file's)\n"
          "  -o OUT             the list (N.txt); - standard output\n"
          "  --pack FILE        also an Ordinance local/N with its terms, for\n"
          "                     weir check, scan --pack, apply\n"
          "  --slot SLOT        its slot, such as gbt45654:A.2-d\n"
          "  --action ACTION    what its rule does (observe)\n"
          "  --category A=B     category A of the files is called B\n"
          "  --keep-short       also terms that are too short\n"
          "  --benign PATH      ordinary text, a file or folder, in place of\n"
          "                     the one that comes with Weir\n"
          "  --benign-max N     leave out terms with more hits a MB on it\n"
          "  --json, --all      the report as JSON; as text with all terms\n"
          "\n"
          "Exit: 0 written, all taken; 1 written, but lines or terms are left\n"
          "out, or terms fire on ordinary text; 2 nothing is written.\n",
          stdout);
    return 0;
}


static bool
rename_category(struct weir_import *im, const char *said)
{
    const char  *is = strchr(said, '=');
    char         from[256];

    if (is == NULL || is == said || (size_t) (is - said) >= sizeof(from)
        || !weir_name_good(is + 1, false))
    {
        return false;
    }
    memcpy(from, said, (size_t) (is - said));
    from[is - said] = '\0';
    weir_import_rename(im, from, is + 1);
    return true;
}


static bool
action_good(const char *s)
{
    for (size_t i = 0; weir_action_words[i] != NULL; i++) {
        if (strcmp(s, weir_action_words[i]) == 0) {
            /* these need words of their own, or make none of a term */
            return strcmp(s, "label") != 0 && strcmp(s, "pseudonymise") != 0;
        }
    }
    return false;
}


/* An option with a value; false: it is none, or the value is wrong. */
static bool
option(struct options *o, struct weir_import *im, const char *name,
    const char *value)
{
    const struct {
        const char   *name;
        const char  **to;
    }      texts[] = {
        { "--name", &o->name }, { "-o", &o->out }, { "--pack", &o->pack },
        { "--format", &o->format }, { "--benign", &o->benign },
        { "--slot", &o->slot }, { "--action", &o->action }
    };
    char  *end;

    if (value == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].to = value;
            return (texts[i].to != &o->name || weir_name_good(value, false))
                   && (texts[i].to != &o->format
                       || strcmp(value, "txt") == 0
                       || strcmp(value, "csv") == 0)
                   && (texts[i].to != &o->slot
                       || weir_slot_by_name(value) >= 0)
                   && (texts[i].to != &o->action || action_good(value));
        }
    }
    if (strcmp(name, "--benign-max") == 0) {
        o->benign_max = strtod(value, &end);
        return end != value && *end == '\0' && o->benign_max >= 0;
    }
    return strcmp(name, "--category") == 0 && rename_category(im, value);
}


static bool
options_read(struct options *o, struct weir_import *im, int argc,
    char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--all") == 0) {
            o->all = true;
        } else if (strcmp(argv[i], "--keep-short") == 0) {
            im->keep_short = true;
        } else if (argv[i][0] != '-') {
            weir_grow(&o->files, o->nfiles, &o->cap_files,
                      sizeof(*o->files));
            o->files[o->nfiles++] = argv[i];
        } else if (option(o, im, argv[i], i + 1 < argc ? argv[i + 1]
                          : NULL))
        {
            i++;
        } else {
            (void) cmd_fail("pack import", "unknown option, or not its "
                            "value: %s", argv[i]);
            return false;
        }
    }
    if (o->nfiles == 0 || o->nfiles > 1000) {
        (void) cmd_fail("pack import", "1 to 1000 files are needed; see weir "
                        "pack import --help");
        return false;
    }
    return true;
}


/* A name from that of a file: its letters, digits and . _ - */
static const char *
name_of(struct weir_import *im, const char *file)
{
    const char  *slash = strrchr(file, '/');
    char        *name = weir_pool_printf(&im->pool, "%s",
                                         slash != NULL ? slash + 1 : file);
    char        *dot = strrchr(name, '.');

    if (dot != NULL && dot != name) {
        *dot = '\0';
    }
    return weir_name_good(name, false) ? name : "imported";
}


static bool
is_csv(const struct options *o, const char *file)
{
    const size_t  n = strlen(file);

    return o->format != NULL ? strcmp(o->format, "csv") == 0
           : n > 4 && strcasecmp(file + n - 4, ".csv") == 0;
}


static int
wanted(const struct dirent *e)
{
    return e->d_name[0] != '.';
}


/* Ordinary text: a file, or all files of a folder. */
static bool
benign_read(const char *path, struct weir_buf *out)
{
    struct dirent  **names;
    const int        n = scandir(path, &names, wanted, alphasort);
    bool             good = n >= 0;

    if (n < 0) {
        size_t    len;
        uint8_t  *text = weir_file_read(path, &len);

        if (text != NULL) {
            weir_buf_add(out, text, len);
            free(text);
        }
        return text != NULL;
    }
    for (int i = 0; i < n; i++) {
        char      at[4096];
        size_t    len;
        uint8_t  *text;

        (void) snprintf(at, sizeof(at), "%s/%s", path, names[i]->d_name);
        text = weir_file_read(at, &len);
        if (text != NULL) {
            weir_buf_add(out, text, len);
            weir_buf_addc(out, '\n');
            free(text);
        }
        free(names[i]);
    }
    free(names);
    return good;
}


static bool
is_written(const struct options *o, const struct weir_import *im, size_t i)
{
    return im->terms[i].state == WEIR_IMPORT_KEPT
           && !pack_import_drops(im, &im->terms[i], o->benign_max);
}


static void
list_write(const struct options *o, const struct weir_import *im, FILE *out)
{
    fprintf(out, "# %s: written by weir pack import\n", o->name);
    for (size_t i = 0; i < im->nterms; i++) {
        const struct weir_import_term  *t = &im->terms[i];

        if (!is_written(o, im, i)) {
            continue;
        }
        fprintf(out, "%.*s", (int) t->text.len, t->text.at);
        if (t->severity != WEIR_IMPORT_UNSAID) {
            fprintf(out, "\t%u", t->severity);
        } else if (t->category != WEIR_IMPORT_UNSAID) {
            fprintf(out, "\t");
        }
        if (t->category != WEIR_IMPORT_UNSAID) {
            fprintf(out, "\t%s", im->categories[t->category].name);
        }
        fprintf(out, "\n");
    }
}


/* A scalar of YAML in double quotes: JSON's escapes are YAML's. */
static void
quoted_write(struct weir_buf *b, struct weir_span s, FILE *out)
{
    b->len = 0;
    weir_buf_addc(b, '"');
    weir_buf_add_json(b, s, 1);
    weir_buf_addc(b, '"');
    (void) fwrite(b->at, 1, b->len, out);
}


static void
terms_write(const struct options *o, const struct weir_import *im,
    bool graded, struct weir_buf *b, FILE *out)
{
    bool  first = true;

    for (size_t i = 0; i < im->nterms; i++) {
        const struct weir_import_term  *t = &im->terms[i];
        const bool  is = t->severity != WEIR_IMPORT_UNSAID
            || t->category != WEIR_IMPORT_UNSAID;

        if (is != graded || !is_written(o, im, i)) {
            continue;
        }
        if (first) {
            fprintf(out, graded ? "    graded:\n" : "    terms:\n");
            first = false;
        }
        fprintf(out, graded ? "    - {term: " : "    - ");
        quoted_write(b, t->text, out);
        if (t->severity != WEIR_IMPORT_UNSAID) {
            fprintf(out, ", severity: %u", t->severity);
        }
        if (t->category != WEIR_IMPORT_UNSAID) {
            fprintf(out, ", category: %s",
                    im->categories[t->category].name);
        }
        fprintf(out, graded ? "}\n" : "\n");
    }
}


static void
pack_write(const struct options *o, const struct weir_import *im,
    struct weir_buf *b, FILE *out)
{
    const time_t  now = time(NULL);
    struct tm     tm;
    char          day[16];

    (void) strftime(day, sizeof(day), "%Y-%m-%d", gmtime_r(&now, &tm));
    fprintf(out,
        "# Written by weir pack import.\n"
        "kind: Ordinance\nname: local/%s\n"
        "title: {en: \"List %s\", zh: \"词表 %s\"}\n"
        "version: \"%s\"\njurisdiction: local\nas_of: %s\n"
        "law:\n  house-1:\n    en: \"Rule of the operator\"\n"
        "    zh: \"运营者规则\"\n    verified: true\n"
        "rules:\n  - id: %s\n    title: {en: \"List %s\", zh: \"词表 %s\"}\n"
        "    law: [house-1]\n    find: {list: %s, edges: auto}\n"
        "    action: %s\n%s"
        "lists:\n  %s:\n", o->name, o->name, o->name, day, day, o->name,
        o->name, o->name, o->name, o->action,
        strcmp(o->action, "redact") == 0
            ? "    mark: {en: \"[removed]\", zh: \"[已移除]\"}\n" : "",
        o->name);
    if (o->slot != NULL) {
        fprintf(out, "    slots: [\"%s\"]\n", o->slot);
    }
    terms_write(o, im, false, b, out);
    terms_write(o, im, true, b, out);
}


static FILE *
out_open(const char *path)
{
    FILE  *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

    if (f == NULL) {
        (void) cmd_fail("pack import", "%s: %s", path, strerror(errno));
    }
    return f;
}


static bool
out_close(FILE *f, const char *path)
{
    const bool  good = f == stdout ? fflush(f) == 0
        : (ferror(f) == 0) & (fclose(f) == 0);

    if (!good) {
        (void) cmd_fail("pack import", "%s: cannot be written", path);
    }
    return good;
}


static bool
files_read(const struct options *o, struct weir_import *im)
{
    for (size_t i = 0; i < o->nfiles; i++) {
        size_t    len = 0;
        uint8_t  *text = weir_file_read(o->files[i], &len);

        if (text == NULL) {
            (void) cmd_fail("pack import", "%s: cannot be read",
                            o->files[i]);
            return false;
        }
        if (!weir_import_read(im, o->files[i], (struct weir_span) { text,
                              len }, is_csv(o, o->files[i])))
        {
            (void) cmd_fail("pack import", "%s: neither UTF-8 nor UTF-16 nor "
                            "GB18030", o->files[i]);
            free(text);
            return false;
        }
        free(text);
    }
    return true;
}


static int
import(struct options *o, struct weir_import *im, struct weir_buf *benign,
    struct weir_buf *b)
{
    const char                *from = o->benign != NULL ? o->benign
                                      : weir_benign_folder();
    struct pack_import_counts  c;
    FILE                      *f, *report;

    if (!files_read(o, im)) {
        return 2;
    }
    if (!benign_read(from, benign)) {
        return cmd_fail("pack import", "%s: no ordinary text there", from);
    }
    weir_import_judge(im, weir_buf_span(benign));
    c = pack_import_count(im, o->benign_max);
    if (o->name == NULL) {
        o->name = name_of(im, o->files[0]);
    }
    if (o->out == NULL) {
        o->out = weir_pool_printf(&im->pool, "%s.txt", o->name);
        for (size_t i = 0; i < o->nfiles; i++) {
            if (strcmp(o->out, o->files[i]) == 0) {
                return cmd_fail("pack import", "%s would be overwritten; say "
                                "-o OUT or --name N", o->out);
            }
        }
    }
    report = strcmp(o->out, "-") == 0 ? stderr : stdout;
    if (c.kept > 0) {
        f = out_open(o->out);
        if (f == NULL) {
            return 2;
        }
        list_write(o, im, f);
        if (!out_close(f, o->out)) {
            return 2;
        }
        if (o->pack != NULL) {
            f = out_open(o->pack);
            if (f == NULL) {
                return 2;
            }
            pack_write(o, im, b, f);
            if (!out_close(f, o->pack)) {
                return 2;
            }
        }
    }
    if (o->json) {
        pack_import_json(im, o->benign_max, o->name, report);
    } else {
        pack_import_text(im, o->benign_max, o->all, o->name, report);
    }
    return c.kept == 0 ? 2 : im->nbad > 0 || c.too_short > 0 || c.empty > 0
           || c.too_long > 0 || c.frequent > 0 ? 1 : 0;
}


int
pack_import(int argc, char **argv)
{
    struct options      o = { .action = "observe", .benign_max = -1 };
    struct weir_import  im = { 0 };
    struct weir_mem    *mem;
    struct weir_buf     benign, b;
    int                 rc = 2;

    if (cmd_wants_help(argc, argv)) {
        return help();
    }
    mem = weir_mem_open(0);
    weir_assert(mem != NULL);
    weir_buf_init(&benign, mem, 1u << 30);
    weir_buf_init(&b, mem, WEIR_YAML_BYTES_MAX);
    if (options_read(&o, &im, argc, argv)) {
        rc = import(&o, &im, &benign, &b);
    }
    weir_buf_release(&benign);
    weir_buf_release(&b);
    weir_mem_close(mem);
    weir_import_release(&im);
    free(o.files);
    return rc;
}
