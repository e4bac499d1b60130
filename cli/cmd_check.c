/*
 * cmd_check.c: `weir check`: reads and compiles resource files and packs,
 * prints what is wrong, and changes nothing.
 */
#include "cli/cmd.h"
#include "compile/pack.h"
#include "compile/profile_compile.h"
#include "compile/report.h"
#include "weir/error.h"
#include "weir/limits.h"
#include "weir/snapshot.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct check {
    struct weir_resources  resources;
    struct weir_notes      notes;
    size_t                 packs;      /* checked, and their rules */
    size_t                 rules;
    bool                   unreadable;
};


/* A pack begins with `pack:`; resources begin with `kind:`. */
static bool
is_pack(const char *file, struct weir_span text)
{
    struct weir_pool    pool = { 0 };
    struct weir_notes   notes = { 0 };
    struct weir_yaml   *doc;
    const bool          yes = weir_yaml_read(&doc, &pool, &notes, file, text)
        == WEIR_OK && weir_yaml_get(doc, "pack") != NULL
        && weir_yaml_get(doc, "kind") == NULL;

    weir_notes_release(&notes);
    weir_pool_release(&pool);
    return yes;
}


static void
check_pack(struct check *c, struct weir_pack *pack)
{
    if (weir_pack_compiles(pack, &c->notes)) {
        c->packs++;
        c->rules += pack->nrules;
    }
}


static uint8_t *
read_all(const char *file, size_t *len)
{
    uint8_t  *at;
    size_t    n = 0;
    ssize_t   got = 1;

    if (strcmp(file, "-") != 0) {
        return weir_file_read(file, len);
    }
    at = malloc(WEIR_YAML_BYTES_MAX + 1);
    while (at != NULL && got > 0 && n < WEIR_YAML_BYTES_MAX) {
        got = read(STDIN_FILENO, at + n, WEIR_YAML_BYTES_MAX - n);
        n += got > 0 ? (size_t) got : 0;
    }
    *len = n;
    return at;
}


static void
check_file(struct check *c, const char *file)
{
    size_t             len = 0;
    uint8_t           *text = read_all(file, &len);
    struct weir_span   span = { text, len };
    struct weir_pack  *pack;

    if (text == NULL) {
        weir_notes_add(&c->notes, false, file, 0, 0, "cannot be read");
        c->unreadable = true;
        return;
    }
    if (is_pack(file, span)) {
        if (weir_pack_read(&pack, file, span, &c->notes) == WEIR_OK) {
            check_pack(c, pack);
            weir_pack_close(pack);
        }
    } else if (weir_resources_read(&c->resources, &c->notes, file, span)
               != WEIR_OK)
    {
        c->notes.failed = true;
    }
    free(text);
}


static void
check_shipped(struct check *c)
{
    struct weir_pool    pool = { 0 };
    struct weir_pack   *pack;
    const char        **names;
    const size_t        n = weir_pack_names(weir_packs_folder(), &pool,
                                            &names);

    if (n == 0) {
        weir_notes_add(&c->notes, false, weir_packs_folder(), 0, 0,
                       "no packs in this folder");
    }
    for (size_t i = 0; i < n; i++) {
        if (weir_pack_open(&pack, weir_packs_folder(), names[i], &c->notes)
            == WEIR_OK)
        {
            check_pack(c, pack);
            weir_pack_close(pack);
        }
    }
    weir_pool_release(&pool);
}


/* All resources together, down to a snapshot that opens. */
static void
check_register(struct check *c)
{
    const struct weir_compile_in  in = {
        .resources = c->resources.at, .nresources = c->resources.n,
        .packs = weir_packs_folder(), .generation = 1,
        .now_ms = (uint64_t) time(NULL) * 1000
    };
    struct weir_mem       *mem = weir_mem_open(0);
    struct weir_snapshot   snap;
    struct weir_buf        out;

    weir_assert(mem != NULL);
    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    if (weir_compile(&in, &out, &c->notes) == WEIR_OK) {
        if (weir_snapshot_open(&snap, out.at, out.len) != WEIR_OK) {
            weir_notes_add(&c->notes, false, NULL, 0, 0,
                           "the snapshot fails its own checks");
        } else {
            printf("snapshot: %zu bytes\n", out.len);
            weir_snapshot_close(&snap);
        }
    }
    weir_buf_release(&out);
    weir_mem_close(mem);
}


static int
help(void)
{
    fputs("weir check [FILE...|-]\n"
          "\n"
          "Checks resource files (all together, as one register) and pack\n"
          "files; without FILE all shipped packs. Nothing is changed.\n"
          "Exit: 0 good, 1 something is wrong, 2 a file cannot be read.\n",
          stdout);
    return 0;
}


int
cmd_check(int argc, char **argv)
{
    struct check  c = { 0 };
    size_t        warnings = 0;
    int           rc;

    if (cmd_wants_help(argc, argv)) {
        return help();
    }
    if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0') {
        return cmd_fail("check", "unknown option: %s", argv[1]);
    }
    for (int i = 1; i < argc; i++) {
        check_file(&c, argv[i]);
    }
    if (argc == 1) {
        check_shipped(&c);
    }
    if (c.resources.n > 0 && !c.notes.failed) {
        check_register(&c);
    }
    weir_notes_print(&c.notes, stderr);
    for (size_t i = 0; i < c.notes.n; i++) {
        warnings += c.notes.at[i].warning;
    }
    printf("%zu resources, %zu packs, %zu rules: %s", c.resources.n, c.packs,
           c.rules, c.notes.failed ? "not good" : "good");
    printf(warnings > 0 ? ", %zu warnings\n" : "\n", warnings);
    rc = c.unreadable ? 2 : c.notes.failed ? 1 : 0;
    weir_resources_release(&c.resources);
    weir_notes_release(&c.notes);
    return rc;
}
