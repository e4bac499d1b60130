/*
 * cmd_scan.c: `weir scan`: what the rules of packs find in files, one
 * finding a line. Files of any size go through the streaming scanner in
 * pieces; memory does not grow with them.
 */
#include "cli/cmd.h"
#include "compile/pack.h"
#include "compile/profile_compile.h"
#include "compile/report.h"
#include "compile/words.h"
#include "weir/buf.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/ident.h"
#include "weir/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK          65536
#define EXCERPT_CHARS  80
#define DEPTH_MAX      64      /* of folders */
#define SAME_MAX       64      /* findings that begin at one place */

struct scan_options {
    bool             json;
    int              score_min;       /* -1: as the rules say */
    const char     **packs;
    size_t           npacks, cap;
};

struct place {                        /* of a code point in its file */
    uint64_t  byte;
    uint64_t  point;
    uint64_t  line;
    uint64_t  column;
};

struct scan_run {
    struct scan_options   options;
    struct weir_pack    **packs;
    size_t                npacks, cap;
    struct weir_united    united;
    struct weir_mem      *mem;
    struct weir_buf       matcher;
    struct weir_finder   *find;
    struct weir_patterns *patterns;   /* of the matcher */
    struct weir_buf       line;       /* of output */
    bool                  found;
    bool                  failed;
    /* The file at work: window[0 .. len) is its bytes from `base` on. */
    const char           *path;
    uint8_t              *window;
    size_t                len, room;
    uint64_t              base;
    struct place          at;         /* of the last finding, or behind */
    uint64_t              same_begin; /* findings printed at this begin */
    struct weir_found     same[SAME_MAX];
    size_t                nsame;
};


/* Bytes of the code point at p, n > 0 of them there; an invalid byte counts
   as one U+FFFD per maximal subpart (Unicode 15.0 3.9), as the scanner and
   most decoders have it. */
static size_t
point_len(const uint8_t *p, size_t n)
{
    uint8_t  lo = 0x80, hi = 0xbf;
    size_t   want, i;

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 1;
    }
    want = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    switch (p[0]) {
    case 0xe0: lo = 0xa0; break;
    case 0xed: hi = 0x9f; break;
    case 0xf0: lo = 0x90; break;
    case 0xf4: hi = 0x8f; break;
    default: break;
    }
    for (i = 1; i < want && i < n && p[i] >= lo && p[i] <= hi; i++) {
        lo = 0x80;
        hi = 0xbf;
    }
    return i;
}


/* Move on to the last code point that begins at or before `byte`. */
static void
place_move(const struct scan_run *r, struct place *at, uint64_t byte)
{
    while (at->byte < byte) {
        const uint8_t  *p = r->window + (at->byte - r->base);
        const size_t    n = point_len(p, r->len
                                         - (size_t) (at->byte - r->base));

        if (at->byte + n > byte) {
            return;
        }
        at->byte += n;
        at->point++;
        at->column++;
        if (*p == '\n') {
            at->line++;
            at->column = 1;
        }
    }
}


/* The found text as one line, cut to EXCERPT_CHARS. */
static void
add_excerpt(struct scan_run *r, const struct weir_found *f)
{
    uint64_t  byte = f->begin;

    for (unsigned k = 0; byte < f->end; k++) {
        const uint8_t  *p = r->window + (byte - r->base);
        const size_t    n = point_len(p, (size_t) (f->end - byte));

        if (k == EXCERPT_CHARS) {
            weir_buf_adds(&r->line, "…");
            return;
        }
        if (*p < 0x20 || *p == 0x7f) {
            weir_buf_addc(&r->line, ' ');
        } else {
            weir_buf_add(&r->line, p, n);
        }
        byte += n;
    }
}


/* One identifier that rules of several packs find is one finding. */
static bool
seen_before(struct scan_run *r, const struct weir_found *f)
{
    if (f->begin != r->same_begin) {
        r->nsame = 0;
        r->same_begin = f->begin;
    }
    for (size_t i = 0; i < r->nsame; i++) {
        if (r->same[i].end == f->end && r->same[i].kind == f->kind
            && (f->kind != 0 || r->same[i].rule == f->rule))
        {
            return true;
        }
    }
    if (r->nsame < SAME_MAX) {
        r->same[r->nsame++] = *f;
    }
    return false;
}


static void
print_json(struct scan_run *r, const struct weir_found *f, const char *type,
    const char *rule, uint64_t end)
{
    weir_buf_adds(&r->line, "{\"path\":\"");
    weir_buf_add_json(&r->line, weir_span_of(r->path), 1);
    weir_buf_adds(&r->line, "\",\"type\":\"");
    weir_buf_adds(&r->line, type);
    weir_buf_adds(&r->line, "\",\"rule\":\"");
    weir_buf_adds(&r->line, rule);
    weir_buf_adds(&r->line, "\",\"start\":");
    weir_buf_addu(&r->line, r->at.point);
    weir_buf_adds(&r->line, ",\"end\":");
    weir_buf_addu(&r->line, end);
    weir_buf_adds(&r->line, ",\"score\":");
    weir_buf_addu(&r->line, f->score);
    weir_buf_adds(&r->line, "}\n");
}


static void
print_plain(struct scan_run *r, const struct weir_found *f, const char *type,
    const char *rule)
{
    weir_buf_adds(&r->line, r->path);
    weir_buf_addc(&r->line, ':');
    weir_buf_addu(&r->line, r->at.line);
    weir_buf_addc(&r->line, ':');
    weir_buf_addu(&r->line, r->at.column);
    weir_buf_addc(&r->line, ' ');
    weir_buf_adds(&r->line, type);
    weir_buf_addc(&r->line, ' ');
    weir_buf_adds(&r->line, rule);
    weir_buf_adds(&r->line, " \"");
    add_excerpt(r, f);
    weir_buf_adds(&r->line, "\"\n");
}


static void
print_found(struct scan_run *r, const struct weir_found *f)
{
    const char    *type = f->kind == 0 ? "term" : weir_ident_type(f->kind);
    const char    *rule;
    struct place   end;

    if (f->rule >= r->united.n || (int) f->score < r->options.score_min
        || seen_before(r, f))
    {
        return;
    }
    rule = r->united.rule[f->rule]->full_id;
    place_move(r, &r->at, f->begin);
    end = r->at;
    place_move(r, &end, f->end);
    r->line.len = 0;
    if (r->options.json) {
        print_json(r, f, type, rule, end.point);
    } else {
        print_plain(r, f, type, rule);
    }
    (void) fwrite(r->line.at, 1, r->line.len, stdout);
    r->found = true;
}


/* Scan what the window holds and print it; forget what is done with. */
static void
take(struct scan_run *r, bool last)
{
    struct weir_found  found[WEIR_FOUND_MAX];
    uint64_t           done;
    size_t             n;
    int                rc;

    do {
        rc = weir_find_feed(r->find, r->window, r->base, r->len, last,
                            found, WEIR_FOUND_MAX, &n);
        for (size_t i = 0; i < n; i++) {
            print_found(r, &found[i]);
        }
    } while (rc == WEIR_MORE);
    done = weir_find_settled(r->find);
    if (weir_find_keep(r->find) < done) {
        done = weir_find_keep(r->find);
    }
    place_move(r, &r->at, done);
    done = r->at.byte < done ? r->at.byte : done;
    if (done > r->base) {
        memmove(r->window, r->window + (done - r->base),
                r->len - (size_t) (done - r->base));
        r->len -= (size_t) (done - r->base);
        r->base = done;
    }
}


static void
complain(struct scan_run *r, const char *what)
{
    fflush(stdout);
    fprintf(stderr, "weir scan: %s: %s\n", r->path, what);
}


static void
scan_fd(struct scan_run *r, int fd)
{
    bool  first = true;

    r->len = 0;
    r->base = 0;
    r->nsame = 0;
    r->same_begin = 0;
    r->at = (struct place) { .line = 1, .column = 1 };
    weir_find_open(r->find, (const void *) r->matcher.at, r->patterns,
                   WEIR_PLAIN, 0);
    for ( ;; ) {
        ssize_t  n;

        if (r->room - r->len < CHUNK) {
            r->room = r->room == 0 ? 4 * CHUNK : r->room * 2;
            r->window = realloc(r->window, r->room);
            weir_assert(r->window != NULL);
        }
        n = read(fd, r->window + r->len, CHUNK);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            complain(r, strerror(errno));
            r->failed = true;
            return;
        }
        if (first && n > 0 && memchr(r->window, 0, (size_t) n) != NULL) {
            complain(r, "binary, not scanned");
            return;
        }
        first = false;
        r->len += (size_t) n;
        take(r, n == 0);
        if (n == 0 && weir_find_overflow(r->find)) {
            complain(r, "not all of it could be looked at: too many "
                     "findings overlap, or a regex takes too long");
            r->failed = true;
        }
        if (n == 0) {
            return;
        }
    }
}


static void scan_path(struct scan_run *r, const char *path, int depth);


static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


static void
scan_folder(struct scan_run *r, const char *path, int depth)
{
    DIR            *dir = opendir(path);
    struct dirent  *e;
    char          **names = NULL;
    size_t          n = 0, cap = 0;

    r->path = path;
    if (dir == NULL || depth == DEPTH_MAX) {
        complain(r, dir == NULL ? strerror(errno) : "nested too deep");
        r->failed = true;
        if (dir != NULL) {
            (void) closedir(dir);
        }
        return;
    }
    while ((e = readdir(dir)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0
            || strcmp(e->d_name, ".git") == 0)
        {
            continue;
        }
        weir_grow(&names, n, &cap, sizeof(*names));
        names[n++] = strdup(e->d_name);
    }
    (void) closedir(dir);
    if (n > 1) {
        qsort(names, n, sizeof(*names), by_name);
    }
    for (size_t i = 0; i < n; i++) {
        char  *below = NULL;

        if (asprintf(&below, "%s%s%s", path,
                     path[strlen(path) - 1] == '/' ? "" : "/", names[i])
            != -1)
        {
            scan_path(r, below, depth + 1);
            free(below);
        }
        free(names[i]);
    }
    free(names);
}


/* Links are followed only where they were given by name. */
static void
scan_path(struct scan_run *r, const char *path, int depth)
{
    struct stat  st;
    int          fd;

    r->path = path;
    if ((depth == 0 ? stat(path, &st) : lstat(path, &st)) != 0) {
        complain(r, strerror(errno));
        r->failed = true;
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        scan_folder(r, path, depth);
        return;
    }
    if (!S_ISREG(st.st_mode) && depth > 0) {
        return;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        complain(r, strerror(errno));
        r->failed = true;
        return;
    }
    scan_fd(r, fd);
    (void) close(fd);
}


/* A pack by its name, or by its file. */
static bool
load_pack(struct scan_run *r, const char *name, struct weir_notes *notes)
{
    const size_t       len = strlen(name);
    struct weir_pack  *pack = NULL;
    int                rc;

    if (len > 5 && strcmp(name + len - 5, ".yaml") == 0) {
        size_t          size = 0;
        uint8_t        *text = weir_file_read(name, &size);

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
    for (size_t i = 0; i < pack->nrules && r->options.score_min >= 0; i++) {
        if (pack->rules[i].find == WEIR_FIND_IDENT) {
            pack->rules[i].score = (uint16_t) r->options.score_min;
        }
    }
    weir_grow(&r->packs, r->npacks, &r->cap, sizeof(*r->packs));
    r->packs[r->npacks++] = pack;
    return true;
}


/* What looks for the compiled rules. */
static bool
open_find(struct scan_run *r)
{
    const struct weir_matcher  *m = (const void *) r->matcher.at;

    if (weir_patterns_open(&r->patterns, m) != WEIR_OK) {
        return false;
    }
    r->find = aligned_alloc(64, (weir_find_size(m) + 63) / 64 * 64);
    weir_assert(r->find != NULL);
    return true;
}


static bool
load(struct scan_run *r, struct weir_notes *notes)
{
    struct weir_pool    pool = { 0 };
    const char        **names = r->options.packs;
    size_t              n = r->options.npacks;
    bool                ok = true;

    if (n == 0) {
        n = weir_pack_names(weir_packs_folder(), &pool, &names);
        if (n == 0) {
            weir_notes_add(notes, false, weir_packs_folder(), 0, 0,
                           "no packs in this folder");
            ok = false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        ok = load_pack(r, names[i], notes) && ok;
    }
    weir_pool_release(&pool);
    ok = ok && weir_unite(&r->united,
                          (const struct weir_pack *const *) r->packs,
                          r->npacks, WEIR_AS_BOTH, NULL, 0, notes)
         && weir_united_matcher(&r->united, &r->matcher, notes) == WEIR_OK;
    if (ok && !open_find(r)) {
        weir_notes_add(notes, false, NULL, 0, 0, "out of memory");
        ok = false;
    }
    return ok;
}


static int
read_options(struct scan_options *o, int argc, char **argv)
{
    int  i;

    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        uint64_t  n;

        if (strcmp(argv[i], "--") == 0) {
            return i + 1;
        }
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--pack") == 0 && i + 1 < argc) {
            weir_grow(&o->packs, o->npacks, &o->cap, sizeof(*o->packs));
            o->packs[o->npacks++] = argv[++i];
        } else if (strcmp(argv[i], "--min-score") == 0 && i + 1 < argc
                   && weir_count_parse(argv[i + 1], 1000, &n) == WEIR_OK)
        {
            o->score_min = (int) n;
            i++;
        } else {
            (void) cmd_fail("scan", "unknown option or bad value: %s",
                            argv[i]);
            return -1;
        }
    }
    return i;
}


static int
help(void)
{
    fputs("weir scan [--json] [--pack P]... [--min-score N] [PATH...|-]\n"
          "\n"
          "Finds what the rules of packs look for; by default of all packs.\n"
          "A folder is walked (not .git, not links); no PATH or - is\n"
          "standard input.\n"
          "\n"
          "  --json         one object a line: path, type, rule, start, end\n"
          "                 (code points, half open), score (0 to 1000)\n"
          "  --pack P       a pack by name (cn/personal-information) or\n"
          "                 file (my.yaml)\n"
          "  --min-score N  identifiers from this score on, in place of the\n"
          "                 rules' own bounds\n"
          "\n"
          "An identifier that rules of several packs find is printed once.\n"
          "Exit: 0 nothing found, 1 found, 2 error.\n", stdout);
    return 0;
}


static int
run(struct scan_run *r, int first, int argc, char **argv)
{
    struct weir_notes  notes = { 0 };

    r->mem = weir_mem_open(0);
    weir_assert(r->mem != NULL);
    weir_buf_init(&r->matcher, r->mem, WEIR_SNAPSHOT_BYTES_MAX);
    weir_buf_init(&r->line, r->mem, 1 << 20);
    if (!load(r, &notes)) {
        weir_notes_print(&notes, stderr);
        r->failed = true;
    } else if (first == argc) {
        r->path = "-";
        scan_fd(r, STDIN_FILENO);
    } else {
        for (int i = first; i < argc; i++) {
            if (strcmp(argv[i], "-") == 0) {
                r->path = "-";
                scan_fd(r, STDIN_FILENO);
            } else {
                scan_path(r, argv[i], 0);
            }
        }
    }
    weir_notes_release(&notes);
    weir_buf_release(&r->line);
    weir_buf_release(&r->matcher);
    weir_mem_close(r->mem);
    for (size_t i = 0; i < r->npacks; i++) {
        weir_pack_close(r->packs[i]);
    }
    free(r->packs);
    weir_patterns_close(r->patterns);
    free(r->find);
    free(r->window);
    if (fflush(stdout) != 0) {
        return cmd_fail("scan", "writing: %s", strerror(errno));
    }
    return r->failed ? 2 : r->found ? 1 : 0;
}


int
cmd_scan(int argc, char **argv)
{
    struct scan_run  *r = calloc(1, sizeof(*r));
    int               first, rc = 2;

    if (cmd_wants_help(argc, argv)) {
        free(r);
        return help();
    }
    weir_assert(r != NULL);
    r->options.score_min = -1;
    first = read_options(&r->options, argc, argv);
    if (first > 0) {
        rc = run(r, first, argc, argv);
    }
    free(r->options.packs);
    free(r);
    return rc;
}
