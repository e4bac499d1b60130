/*
 * cmd_journal.c: `weir journal cat` prints the records of calls, one line a
 * frame; `weir journal verify` reads all of them and pairs begins with ends.
 *
 * It only reads, also while the gateway writes. The fields of the JSON lines
 * are an interface: names stay, new ones may come.
 */
#include "cmd.h"
#include "journal_print.h"
#include "weir/error.h"
#include "weir/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES_MAX  (1u << 20)     /* a frame is 16 KiB at most; escaped
                                          six times that */
#define POLL_NS         200000000      /* --follow */
#define SHOWN_MAX       20             /* calls listed by verify, each kind */

struct file {
    char      *path;
    uint64_t   next;                   /* where to read on */
    bool       live;                   /* when it was last looked at */
    bool       done;                   /* --follow: nothing more will come */
    bool       bad;                    /* cannot be read; said so once */
};

struct files {
    struct file  *at;
    size_t        count;
    size_t        cap;
    bool          failed;
};

/* verify: one for every call id, open addressing. */
struct call {
    uint8_t   id[16];
    uint32_t  file;
    uint16_t  begins;                  /* 0 and 0: a free place */
    uint16_t  ends;
};

struct calls {
    struct call  *at;
    size_t        count;
    size_t        size;                /* a power of two */
};

struct out {
    struct weir_mem  *mem;
    struct weir_buf   line;
    bool              json;
    bool              damage;          /* some was met */
    bool              failed;          /* a file could not be read */
};

static int  usage(FILE *to);
static int  cat(int argc, char **argv);
static void  cat_file(struct out *o, struct file *f);
static void  print_frame(struct out *o, const char *path,
    const struct weir_frame *f);
static int  verify(int argc, char **argv);
static unsigned  verify_file(struct files *fs, size_t i, struct calls *calls,
    uint64_t *frames);
static unsigned  verify_pairs(const struct files *fs,
    const struct calls *calls, uint64_t frames);
static struct call *call_of(struct calls *c, const uint8_t id[16]);
static int  take_places(struct files *fs, int argc, char **argv, int first);
static int  take_place(struct files *fs, const char *path);
static void  take_file(struct files *fs, const char *path);
static void  sort(struct files *fs);
static int  open_reader(struct weir_journal_reader **r, struct file *f);
static void  release(struct files *fs);


int
cmd_journal(int argc, char **argv)
{
    if (cmd_wants_help(argc, argv)) {
        return usage(stdout);
    }
    if (argc > 1 && strcmp(argv[1], "cat") == 0) {
        return cat(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "verify") == 0) {
        return verify(argc - 1, argv + 1);
    }
    (void) usage(stderr);
    return 2;
}


static int
usage(FILE *to)
{
    fprintf(to,
        "usage: weir journal cat [-o text|json] [--follow] [DIR|FILE]...\n"
        "       weir journal verify [DIR|FILE]...\n"
        "\n"
        "cat prints one line for every record. verify checks every file and\n"
        "pairs the begin and the end of every call over all of them: exit 0\n"
        "all is well, 1 damage or calls without an end, 2 failure.\n"
        "Without DIR or FILE: the journal of the state folder.\n");
    return 0;
}


static int
cat(int argc, char **argv)
{
    struct out    o = { 0 };
    struct files  fs = { 0 };
    bool          follow = false;
    int           i = 1, rc;

    for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (strcmp(argv[i], "-o") == 0 && i + 1 < argc) {
            o.json = strcmp(argv[++i], "json") == 0;
            if (!o.json && strcmp(argv[i], "text") != 0) {
                return cmd_fail("journal", "-o is text or json");
            }
        } else if (strcmp(argv[i], "--follow") == 0
                   || strcmp(argv[i], "-f") == 0)
        {
            follow = true;
        } else {
            (void) usage(stderr);
            return 2;
        }
    }
    o.mem = weir_mem_open(LINE_BYTES_MAX);
    if (o.mem == NULL) {
        return cmd_fail("journal", "out of memory");
    }
    weir_buf_init(&o.line, o.mem, LINE_BYTES_MAX);
    rc = take_places(&fs, argc, argv, i);
    while (rc == 0) {
        for (size_t k = 0; k < fs.count; k++) {
            if (!fs.at[k].done && !fs.at[k].bad) {
                cat_file(&o, &fs.at[k]);
            }
        }
        if (fflush(stdout) != 0 || ferror(stdout)) {
            rc = cmd_fail("journal", "cannot write the output");
        }
        if (!follow || rc != 0) {
            break;
        }
        (void) nanosleep(&(struct timespec) { 0, POLL_NS }, NULL);
        rc = take_places(&fs, argc, argv, i);    /* new files */
    }
    release(&fs);
    weir_buf_release(&o.line);
    weir_mem_close(o.mem);
    return rc != 0 ? rc : o.failed ? 2 : o.damage ? 1 : 0;
}


/* From where it was left to what is written now. */
static void
cat_file(struct out *o, struct file *f)
{
    static struct weir_frame     frame;
    struct weir_journal_reader  *r;
    int                          rc;

    /* First this: a file that was dead before it was read to its end has
       nothing more to come. */
    f->live = weir_journal_live(AT_FDCWD, f->path);
    rc = open_reader(&r, f);
    if (rc != WEIR_OK) {
        (void) cmd_fail("journal", "%s: %s", f->path,
                        rc == WEIR_E_CORRUPT ? "not a journal of ours"
                        : weir_error_info(rc)->en);
        f->bad = true;
        o->failed = true;
        return;
    }
    for ( ;; ) {
        rc = weir_journal_read(r, &frame);
        if (rc == WEIR_OK) {
            print_frame(o, f->path, &frame);
        } else if (rc == WEIR_E_CORRUPT) {
            (void) cmd_fail("journal", "%s: damage: bytes %llu to %llu",
                            f->path, (unsigned long long) frame.at,
                            (unsigned long long) frame.next);
            o->damage = true;
        } else {
            break;
        }
        f->next = frame.next;
    }
    if (rc != WEIR_DONE) {
        (void) cmd_fail("journal", "%s: reading failed", f->path);
        o->failed = true;
    }
    f->done = !f->live;
    weir_journal_read_close(r);
}


static void
print_frame(struct out *o, const char *path, const struct weir_frame *f)
{
    struct weir_buf  *b = &o->line;

    b->len = 0;
    b->failed = false;
    (o->json ? journal_json : journal_text)(b, path, f);
    if (b->failed) {
        (void) cmd_fail("journal", "out of memory");
        o->failed = true;
        return;
    }
    (void) fwrite(b->at, 1, b->len, stdout);
}


/* ---- verify ---- */

static int
verify(int argc, char **argv)
{
    struct files  fs = { 0 };
    struct calls  calls = { 0 };
    uint64_t      frames = 0;
    unsigned      problems = 0;
    int           rc;

    if (argc > 1 && argv[1][0] == '-') {
        (void) usage(stderr);
        return 2;
    }
    rc = take_places(&fs, argc, argv, 1);
    calls.size = 1 << 12;
    calls.at = calloc(calls.size, sizeof(*calls.at));
    if (rc == 0 && calls.at == NULL) {
        rc = cmd_fail("journal", "out of memory");
    }
    /* Who lives is asked before anything is read: the end of a call whose
       writer lived may stand in a file that was made after the list. */
    for (size_t i = 0; i < fs.count && rc == 0; i++) {
        fs.at[i].live = weir_journal_live(AT_FDCWD, fs.at[i].path);
    }
    for (size_t i = 0; i < fs.count && rc == 0; i++) {
        problems += verify_file(&fs, i, &calls, &frames);
        rc = calls.at == NULL ? cmd_fail("journal", "out of memory") : 0;
    }
    if (rc == 0) {
        problems += verify_pairs(&fs, &calls, frames);
    }
    for (size_t i = 0; i < fs.count && rc == 0; i++) {
        rc = fs.at[i].bad ? 2 : 0;
    }
    free(calls.at);
    release(&fs);
    return rc != 0 ? rc : problems > 0;
}


/* How many problems it has by itself. Sets calls->at to NULL when memory is
   out, file.bad when it cannot be read. */
static unsigned
verify_file(struct files *fs, size_t i, struct calls *calls,
    uint64_t *frames)
{
    static struct weir_frame     f;
    struct file                 *file = &fs->at[i];
    struct weir_journal_reader  *r;
    unsigned                     problems = 0;
    int                          rc;

    rc = open_reader(&r, file);
    if (rc == WEIR_E_CORRUPT) {
        printf("%s: not a journal: no head of ours, no record\n",
               file->path);
        return 1;
    }
    while (rc == WEIR_OK || rc == WEIR_E_CORRUPT) {
        struct call  *c;

        rc = weir_journal_read(r, &f);
        if (rc == WEIR_E_CORRUPT) {
            printf("%s: damage: bytes %llu to %llu\n", file->path,
                   (unsigned long long) f.at, (unsigned long long) f.next);
            problems++;
        }
        if (rc != WEIR_OK) {
            continue;
        }
        (*frames)++;
        c = call_of(calls, f.kind == WEIR_FRAME_BEGIN ? f.begin.call_id
                                                      : f.end.call_id);
        if (c == NULL) {
            break;
        }
        if (c->begins == 0 || f.kind == WEIR_FRAME_BEGIN) {
            c->file = (uint32_t) i;
        }
        c->begins = (uint16_t) (c->begins + (f.kind == WEIR_FRAME_BEGIN));
        c->ends = (uint16_t) (c->ends + (f.kind == WEIR_FRAME_END));
    }
    if (rc < 0 && rc != WEIR_E_CORRUPT) {
        (void) cmd_fail("journal", "%s: %s", file->path,
                        weir_error_info(rc)->en);
        file->bad = true;
    }
    if (rc == WEIR_DONE && f.next > f.at && !file->live) {
        printf("%s: torn tail: %llu bytes at %llu\n", file->path,
               (unsigned long long) (f.next - f.at),
               (unsigned long long) f.at);
        problems++;
    }
    weir_journal_read_close(r);
    return problems;
}


static unsigned
verify_pairs(const struct files *fs, const struct calls *calls,
    uint64_t frames)
{
    uint64_t  paired = 0, open = 0, lost = 0, orphans = 0, twice = 0;

    for (size_t i = 0; i < calls->size; i++) {
        const struct call  *c = &calls->at[i];
        const char         *what = NULL;
        uint64_t           *count;
        char                id[27];

        if (c->begins == 0 && c->ends == 0) {
            continue;
        }
        if (c->begins == 1 && c->ends == 1) {
            count = &paired;
        } else if (c->begins > 1 || c->ends > 1) {
            count = &twice;
            what = "has more than one begin or end";
        } else if (c->begins == 0) {
            count = &orphans;
            what = "has an end but no begin";
        } else if (fs->at[c->file].live) {
            count = &open;
        } else {
            count = &lost;
            what = "has no end, and its writer is gone";
        }
        (*count)++;
        if (what != NULL && *count <= SHOWN_MAX) {
            weir_id_text(c->id, id);
            printf("%s: call %s %s\n", fs->at[c->file].path, id, what);
        }
    }
    printf("%zu files, %llu records: %llu calls ended, %llu open", fs->count,
           (unsigned long long) frames, (unsigned long long) paired,
           (unsigned long long) open);
    printf(", %llu without an end, %llu without a begin, %llu twice\n",
           (unsigned long long) lost, (unsigned long long) orphans,
           (unsigned long long) twice);
    return lost + orphans + twice > 0;
}


/* The place of an id, found or new; NULL and calls->at NULL: no memory. */
static struct call *
call_of(struct calls *c, const uint8_t id[16])
{
    size_t  i;

    if (c->count * 4 >= c->size * 3) {
        struct calls  wide = { calloc(c->size * 2, sizeof(*c->at)), 0,
                               c->size * 2 };

        for (i = 0; i < c->size && wide.at != NULL; i++) {
            if (c->at[i].begins != 0 || c->at[i].ends != 0) {
                *call_of(&wide, c->at[i].id) = c->at[i];
            }
        }
        free(c->at);
        *c = wide;
        if (c->at == NULL) {
            return NULL;
        }
    }
    i = weir_crc32c(0, id, 16) & (c->size - 1);
    while (c->at[i].begins != 0 || c->at[i].ends != 0) {
        if (memcmp(c->at[i].id, id, 16) == 0) {
            return &c->at[i];
        }
        i = (i + 1) & (c->size - 1);
    }
    memcpy(c->at[i].id, id, 16);
    c->count++;
    return &c->at[i];
}


/* ---- files and folders ---- */

/* All that the arguments name, without what is in the list already. */
static int
take_places(struct files *fs, int argc, char **argv, int first)
{
    int  rc = 0;

    if (first >= argc) {
        char  path[4096];

        if (snprintf(path, sizeof(path), "%s/journal", cmd_state())
            >= (int) sizeof(path))
        {
            return cmd_fail("journal", "the name of the folder is too long");
        }
        rc = take_place(fs, path);
        sort(fs);
        return rc;
    }
    for (int i = first; i < argc && rc == 0; i++) {
        rc = take_place(fs, argv[i]);
    }
    sort(fs);
    return rc;
}


static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}


static int
is_journal(const struct dirent *e)
{
    const size_t  len = strlen(e->d_name);

    return e->d_name[0] != '.' && len > 3
           && strcmp(e->d_name + len - 3, ".wj") == 0;
}


static int
take_place(struct files *fs, const char *path)
{
    struct dirent  **found = NULL;
    struct stat      st;
    char            *done;
    int              n;

    if (stat(path, &st) != 0) {
        return cmd_fail("journal", "%s: %s", path, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) {
        take_file(fs, path);
        return fs->failed ? cmd_fail("journal", "out of memory") : 0;
    }
    n = scandir(path, &found, is_journal, by_name);
    if (n < 0) {
        return cmd_fail("journal", "%s: %s", path, strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        char  *name;

        if (asprintf(&name, "%s/%s", path, found[i]->d_name) < 0) {
            fs->failed = true;
        } else {
            take_file(fs, name);
            free(name);
        }
        free(found[i]);
    }
    free(found);
    if (asprintf(&done, "%s/done", path) < 0) {
        return cmd_fail("journal", "out of memory");
    }
    if (stat(done, &st) == 0 && S_ISDIR(st.st_mode)) {
        n = take_place(fs, done);
        free(done);
        return n;
    }
    free(done);
    return fs->failed ? cmd_fail("journal", "out of memory") : 0;
}


static const char *
base_name(const char *path)
{
    const char  *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}


static int
by_base_name(const void *a, const void *b)
{
    return strcmp(base_name(((const struct file *) a)->path),
                  base_name(((const struct file *) b)->path));
}


/* Names begin with the time of their making. */
static void
sort(struct files *fs)
{
    if (fs->count > 1) {
        qsort(fs->at, fs->count, sizeof(*fs->at), by_base_name);
    }
}


static bool
move_to(struct file *f, const char *path)
{
    char  *copy = strdup(path);

    if (copy == NULL) {
        return false;
    }
    free(f->path);
    f->path = copy;
    return true;
}


/* The keeper puts a file that is settled into done/, perhaps just now. */
static int
open_reader(struct weir_journal_reader **r, struct file *f)
{
    const int  rc = weir_journal_read_open(r, AT_FDCWD, f->path, f->next);
    char       path[4096];

    if (rc != WEIR_E_IO
        || snprintf(path, sizeof(path), "%.*sdone/%s",
                    (int) (base_name(f->path) - f->path), f->path,
                    base_name(f->path)) >= (int) sizeof(path)
        || access(path, R_OK) != 0 || !move_to(f, path))
    {
        return rc;
    }
    return weir_journal_read_open(r, AT_FDCWD, f->path, f->next);
}


static void
take_file(struct files *fs, const char *path)
{
    for (size_t i = 0; i < fs->count; i++) {
        if (strcmp(base_name(fs->at[i].path), base_name(path)) == 0) {
            (void) move_to(&fs->at[i], path);   /* names are unique */
            return;
        }
    }
    if (fs->count == fs->cap) {
        const size_t  cap = fs->cap == 0 ? 64 : fs->cap * 2;
        struct file  *at = reallocarray(fs->at, cap, sizeof(*at));

        if (at == NULL) {
            fs->failed = true;
            return;
        }
        fs->at = at;
        fs->cap = cap;
    }
    fs->at[fs->count] = (struct file) { .path = strdup(path) };
    if (fs->at[fs->count].path == NULL) {
        fs->failed = true;
        return;
    }
    fs->count++;
}


static void
release(struct files *fs)
{
    for (size_t i = 0; i < fs->count; i++) {
        free(fs->at[i].path);
    }
    free(fs->at);
}
