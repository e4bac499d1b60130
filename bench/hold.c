/*
 * hold.c: how many characters a stream holds back, measured on text files:
 *
 *     weir-hold [-v] PACKS ORDINANCE[,ORDINANCE...] FILE...
 *
 * The file is fed one code point at a time, as the strictest case, through
 * the answer rules of the named packs; after each, the characters that wait
 * are counted. Prints median, 99th percentile and the longest a file; -v what
 * waits after each character, a line each (sort | uniq -c tells who it is).
 */
#include "compile/compile.h"
#include "weir/act.h"

#include <stdio.h>
#include <stdlib.h>

#define HOLD_MAX  8192

static struct weir_snapshot  snap;
static bool                  verbose;


static void
die(const char *what, const char *detail)
{
    fprintf(stderr, "weir-hold: %s: %s\n", what, detail);
    exit(2);
}


static uint8_t *
read_file(const char *path, size_t *len)
{
    FILE     *fp = fopen(path, "rb");
    uint8_t  *text = malloc(WEIR_BODY_BYTES_MAX);

    if (fp == NULL || text == NULL) {
        die("cannot read", path);
    }
    *len = fread(text, 1, WEIR_BODY_BYTES_MAX, fp);
    fclose(fp);
    return text;
}


/* A register with one scenario under the named packs. */
static void
compile(const char *packs, const char *ordinances, struct weir_buf *file)
{
    struct weir_resources   rs = { 0 };
    struct weir_notes       notes = { 0 };
    struct weir_compile_in  in = { .packs = packs, .generation = 1 };
    struct weir_buf         text;

    weir_buf_init(&text, file->mem, 1 << 16);
    weir_buf_adds(&text, "kind: Scenario\nname: hold\n"
                         "title: {en: Hold, zh: 滞留}\n"
                         "jurisdictions: [cn]\nmodels: []\n"
                         "state: admitted\nordinances: [");
    weir_buf_adds(&text, ordinances);
    weir_buf_adds(&text, "]\n");
    if (weir_resources_read(&rs, &notes, "hold", weir_buf_span(&text))
        == WEIR_OK)
    {
        in.resources = rs.at;
        in.nresources = rs.n;
        if (weir_compile(&in, file, &notes) == WEIR_OK
            && weir_snapshot_open(&snap, file->at, file->len) == WEIR_OK)
        {
            weir_buf_release(&text);
            weir_resources_release(&rs);
            weir_notes_release(&notes);
            return;
        }
    }
    die("the packs do not compile",
        notes.n > 0 ? notes.at[0].message : "no reason given");
}


static size_t
next_code_point(const uint8_t *text, size_t at, size_t len)
{
    do {
        at++;
    } while (at < len && (text[at] & 0xc0) == 0x80);
    return at;
}


static size_t
count_held(const uint8_t *text, size_t at, size_t bytes)
{
    size_t  n = 0;

    for (size_t i = at - bytes; i < at; i++) {
        n += (text[i] & 0xc0) != 0x80;
    }
    return n < HOLD_MAX ? n : HOLD_MAX - 1;
}


static size_t
percentile(const uint64_t *counts, uint64_t total, unsigned per_mille)
{
    uint64_t  seen = 0;

    for (size_t i = 0; i < HOLD_MAX; i++) {
        seen += counts[i];
        if (seen * 1000 >= total * per_mille) {
            return i;
        }
    }
    return HOLD_MAX;
}


static void
measure(const char *path, struct weir_mem *mem)
{
    static uint64_t      counts[HOLD_MAX];
    struct weir_verdict  verdict;
    struct weir_names   *names = NULL;
    struct weir_act      act = {
        .snap = &snap, .verdict = &verdict, .mem = mem, .names = &names
    };
    const uint32_t       p = snap.scenarios[0].response_profile;
    struct weir_channel  c;
    struct weir_buf      out;
    size_t               len, at = 0;
    uint64_t             total = 0;
    uint8_t             *text = read_file(path, &len);

    act.profile = p == WEIR_SNAP_NONE ? NULL : &snap.profiles[p];
    memset(counts, 0, sizeof(counts));
    weir_verdict_open(&verdict);
    weir_buf_init(&out, mem, WEIR_BODY_BYTES_MAX);
    if (weir_channel_open(&c, &act, WEIR_PLAIN, 0) != WEIR_OK) {
        die("no memory", path);
    }
    while (at < len) {
        const size_t  next = next_code_point(text, at, len);

        out.len = 0;
        if (weir_channel_feed(&c, &act, text + at, next - at, next == len,
                              &out) != WEIR_OK)
        {
            printf("%s: denied at byte %zu\n", path, at);
            break;
        }
        at = next;
        counts[count_held(text, at, weir_channel_held(&c))]++;
        total++;
        if (verbose && weir_channel_held(&c) > 0) {
            printf("held: %.*s\n", (int) weir_channel_held(&c),
                   (const char *) text + at - weir_channel_held(&c));
        }
    }
    if (total > 0) {
        printf("%-40s %9llu characters  held: median %zu, p99 %zu, "
               "longest %zu\n", path, (unsigned long long) total,
               percentile(counts, total, 500), percentile(counts, total, 990),
               percentile(counts, total, 1000));
    }
    weir_channel_close(&c, &act);
    weir_buf_release(&out);
    weir_names_close(names);
    free(text);
}


int
main(int argc, char **argv)
{
    struct weir_mem  *mem = weir_mem_open(1 << 20);
    struct weir_buf   file;

    verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
    argv += verbose;
    argc -= verbose;
    if (argc < 4) {
        die("usage", "weir-hold [-v] PACKS ORDINANCE[,...] FILE...");
    }
    weir_buf_init(&file, mem, WEIR_SNAPSHOT_BYTES_MAX);
    compile(argv[1], argv[2], &file);
    for (int i = 3; i < argc; i++) {
        measure(argv[i], mem);
    }
    weir_buf_release(&file);
    weir_mem_close(mem);
    return 0;
}
