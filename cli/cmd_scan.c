/*
 * cmd_scan.c: `weir scan`: what the rules of packs find in files. Loads the
 * packs, has the files scanned, sums up. The parts: scan.h.
 */
#include "cli/cmd.h"
#include "cli/scan.h"
#include "compile/report.h"
#include "compile/words.h"
#include "weir/error.h"
#include "weir/ident.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>


/* A pack by its name, or by its file. */
static bool
load_pack(struct scan_setup *s, const char *name, struct weir_notes *notes)
{
    const size_t       len = strlen(name);
    struct weir_pack  *pack = NULL;
    int                rc;

    if (len > 5 && strcmp(name + len - 5, ".yaml") == 0) {
        size_t    size = 0;
        uint8_t  *text = weir_file_read(name, &size);

        if (text == NULL) {
            weir_notes_add(notes, false, name, 0, 0, "cannot be read");
            return false;
        }
        rc = weir_pack_read(&pack, name, (struct weir_span) { text, size },
                            notes);
        free(text);
    } else {
        rc = weir_pack_open(&pack, weir_packs_folder(), name, notes);
    }
    if (rc != WEIR_OK) {
        return false;
    }
    for (size_t i = 0; i < pack->nrules && s->options.score_min >= 0; i++) {
        if (pack->rules[i].find == WEIR_FIND_IDENT) {
            pack->rules[i].score = (uint16_t) s->options.score_min;
        }
    }
    weir_grow(&s->packs, s->npacks, &s->cap, sizeof(*s->packs));
    s->packs[s->npacks++] = pack;
    return true;
}


static bool
load_all(struct scan_setup *s, struct weir_notes *notes)
{
    struct weir_pool   pool = { 0 };
    const char       **names;
    const size_t       n = weir_pack_names(weir_packs_folder(), &pool,
                                           &names);
    bool               ok = n > 0;

    if (n == 0) {
        weir_notes_add(notes, false, weir_packs_folder(), 0, 0,
                       "no packs in this folder");
    }
    for (size_t i = 0; i < n; i++) {
        ok = load_pack(s, names[i], notes) && ok;
    }
    weir_pool_release(&pool);
    return ok;
}


static const char *
rule_type(const struct weir_rule *rule)
{
    return rule->find == WEIR_FIND_IDENT ? weir_ident_type(rule->ident)
           : "term";
}


static bool
type_known(const struct scan_setup *s, const char *type)
{
    const char  *names[WEIR_RULES_MAX];
    const char  *near;

    for (size_t i = 0; i < s->united.n; i++) {
        names[i] = rule_type(s->united.rule[i]);
        if (strcmp(names[i], type) == 0) {
            return true;
        }
    }
    near = weir_nearest(type, names, s->united.n);
    (void) cmd_fail("scan", near == NULL ? "no rule finds type %s; see "
                    "weir scan --list" : "no rule finds type %s; did you "
                    "mean %s?", type, near);
    return false;
}


static bool
is_name(const struct weir_rule *rule)
{
    return rule->find == WEIR_FIND_IDENT
           && rule->ident == WEIR_IDENT_PERSON_NAME;
}


/* --names auto: whoever has asked for names by type or by pack gets them in
   source code too. */
static void
choose_names(struct scan_setup *s)
{
    const struct scan_names  *packs = &s->options.packs;
    bool                      asked = packs->n > 0;

    for (size_t i = 0; i < packs->n; i++) {
        asked = asked && strcmp(packs->at[i], "all") != 0;
    }
    for (size_t i = 0; i < s->united.n; i++) {
        if (!is_name(s->united.rule[i])) {
            continue;
        }
        s->wanted[i] = s->wanted[i] && s->options.names != SCAN_NEVER;
        if (s->options.names == SCAN_AUTO
            && (asked || (s->wanted[i] && s->options.types.n > 0)))
        {
            s->options.names = SCAN_ALWAYS;
        }
    }
}


/* Which rules the types that were asked for leave. */
static bool
choose(struct scan_setup *s)
{
    const struct scan_names  *types = &s->options.types;

    for (size_t i = 0; i < types->n; i++) {
        if (!type_known(s, types->at[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < s->united.n; i++) {
        s->wanted[i] = types->n == 0;
        for (size_t k = 0; k < types->n; k++) {
            s->wanted[i] = s->wanted[i]
                           || strcmp(rule_type(s->united.rule[i]),
                                     types->at[k]) == 0;
        }
    }
    choose_names(s);
    return true;
}


static bool
load(struct scan_setup *s)
{
    const struct scan_names  *names = &s->options.packs;
    struct weir_notes         notes = { 0 };
    bool                      all = names->n == 0, ok = true;

    for (size_t i = 0; i < names->n; i++) {
        all = all || strcmp(names->at[i], "all") == 0;
    }
    ok = !all || load_all(s, &notes);
    for (size_t i = 0; i < names->n; i++) {
        const size_t  len = strlen(names->at[i]);

        /* beside all packs only those that are files */
        if (strcmp(names->at[i], "all") != 0
            && (!all || (len > 5
                         && strcmp(names->at[i] + len - 5, ".yaml") == 0)))
        {
            ok = load_pack(s, names->at[i], &notes) && ok;
        }
    }
    ok = ok && weir_unite(&s->united,
                          (const struct weir_pack *const *) s->packs,
                          s->npacks, WEIR_AS_BOTH, NULL, 0, &notes)
         && weir_united_matcher(&s->united, &s->matcher, NULL, 0, &notes)
            == WEIR_OK;
    if (!ok) {
        weir_notes_print(&notes, stderr);
    }
    weir_notes_release(&notes);
    return ok && choose(s);
}


static void
list_rules(const struct scan_setup *s)
{
    for (size_t i = 0; i < s->united.n; i++) {
        const struct weir_rule  *rule = s->united.rule[i];

        if (s->wanted[i] && rule->find != WEIR_FIND_ALWAYS) {
            printf("%-16s %-40s %s / %s\n", rule_type(rule), rule->full_id,
                   rule->title.en, rule->title.zh);
        }
    }
}


/* For weir_matcher_check and weir_find_open; see share/example.c. */
static int
write_matcher(const struct scan_setup *s)
{
    const char  *path = s->options.compile;
    FILE        *fp = fopen(path, "wbe");
    bool         ok;

    if (fp == NULL) {
        return cmd_fail("scan", "%s: %s", path, strerror(errno));
    }
    ok = fwrite(s->matcher.at, 1, s->matcher.len, fp) == s->matcher.len;
    if (fclose(fp) != 0 || !ok) {
        return cmd_fail("scan", "%s: %s", path, strerror(errno));
    }
    return 0;
}


static void
add_count(struct weir_buf *b, const char *before, uint64_t n,
    const char *one, const char *many)
{
    weir_buf_adds(b, before);
    weir_buf_addu(b, n);
    weir_buf_addc(b, ' ');
    weir_buf_adds(b, n == 1 ? one : many);
}


/* One line on standard error, where a folder was walked or somebody looks. */
static void
sum_up(const struct scan_setup *s, const struct scan_list *list,
    const struct scan_totals *t)
{
    struct weir_buf  b;
    char             size[32];

    if (s->options.quiet || (!list->walked && !isatty(STDERR_FILENO))) {
        return;
    }
    weir_buf_init(&b, s->mem, 4096);
    add_count(&b, "weir scan: ", t->found, "finding", "findings");
    add_count(&b, " in ", t->found_files, "file", "files");
    add_count(&b, "; ", t->files, "file", "files");
    (void) snprintf(size, sizeof(size), ", %.1f MB scanned",
                    (double) t->bytes / 1e6);
    weir_buf_adds(&b, size);
    if (t->binary > 0) {
        add_count(&b, "; ", t->binary, "binary passed over",
                  "binaries passed over");
    }
    if (t->too_large > 0) {
        add_count(&b, "; ", t->too_large, "larger than --max-size",
                  "larger than --max-size");
    }
    if (s->options.in_place) {
        add_count(&b, "; ", t->rewritten, "file rewritten",
                  "files rewritten");
    }
    weir_buf_addc(&b, '\n');
    fflush(stdout);
    (void) fwrite(b.at, 1, b.len, stderr);
    weir_buf_release(&b);
}


static void
write_out(struct weir_buf *b)
{
    (void) fwrite(b->at, 1, b->len, stdout);
    weir_buf_release(b);
}


static int
scan_all(struct scan_setup *s, int npaths, char **paths)
{
    const bool          findings = !s->options.redact
                                   || s->options.in_place
                                   || s->options.output != NULL;
    const bool          sarif = s->options.format == SCAN_SARIF && findings;
    struct scan_list    list = { 0 };
    struct scan_totals  t = { 0 };
    struct weir_buf     text;
    const bool          ok = scan_list_paths(&s->options, npaths, paths,
                                             &list);

    if (s->options.redact && !s->options.in_place && list.n > 1) {
        scan_list_release(&list);
        return cmd_fail("scan", "--redact writes one file; a folder with "
                        "--in-place");
    }
    weir_buf_init(&text, s->mem, SCAN_OUT_MAX);
    if (sarif) {
        scan_sarif_head(s, &text);
        write_out(&text);
    }
    scan_jobs_run(s, &list, &t);
    t.failed = t.failed || !ok;
    if (sarif) {
        scan_sarif_tail(&t, &text);
        write_out(&text);
    }
    sum_up(s, &list, &t);
    scan_list_release(&list);
    return t.failed ? 2 : t.found > 0 ? 1 : 0;
}


static int
run(struct scan_setup *s, int argc, char **argv)
{
    const int  first = scan_options_read(&s->options, argc, argv);
    int        rc = 2;

    if (first > 0 && load(s)) {
        if (s->options.list) {
            list_rules(s);
            rc = 0;
        } else if (s->options.compile != NULL) {
            rc = write_matcher(s);
        } else {
            rc = scan_all(s, argc - first, argv + first);
        }
        if (fflush(stdout) != 0 || ferror(stdout)) {
            rc = cmd_fail("scan", "writing: %s", strerror(errno));
        }
    }
    return rc;
}


int
cmd_scan(int argc, char **argv)
{
    struct scan_setup  *s = calloc(1, sizeof(*s));
    int                 rc;

    if (cmd_wants_help(argc, argv)) {
        free(s);
        scan_help();
        return 0;
    }
    weir_assert(s != NULL);
    s->mem = weir_mem_open(0);
    weir_assert(s->mem != NULL);
    weir_buf_init(&s->matcher, s->mem, WEIR_SNAPSHOT_BYTES_MAX);
    rc = run(s, argc, argv);
    weir_buf_release(&s->matcher);
    weir_mem_close(s->mem);
    for (size_t i = 0; i < s->npacks; i++) {
        weir_pack_close(s->packs[i]);
    }
    free(s->packs);
    free(s->options.packs.at);
    free(s->options.types.at);
    free(s->options.excludes.at);
    free(s);
    return rc;
}
