/*
 * journal_fault_test.c: what can go wrong with a disk. Each system call
 * fails in turn; writes come short, one byte at a time, interrupted; the
 * disk is full (a small tmpfs, a file size limit). What holds in each case:
 *
 *   a record whose append said OK can be read, whole and in order, and no
 *   other; the end of a call that was begun is never refused for space;
 *   when the cause is gone, the same writer goes on.
 */
#include "journal_sample.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define CALLS  8

enum fault { NONE, FAIL_IO, FAIL_SPACE, SHORT, SHORT_THEN_FAIL, INTERRUPT };

static struct {
    enum fault  fault;
    unsigned    when;        /* the n-th call of those counted */
    unsigned    calls;
    bool        on_claim;    /* count fallocate, else pwrite */
} plan;

static int            dir;
static struct sample  kept[4 * CALLS];
static unsigned       nkept;


static ssize_t
bad_pwrite(int fd, const void *at, size_t len, off_t offset)
{
    const bool  now = !plan.on_claim && plan.calls++ == plan.when;

    switch (plan.fault) {
    case FAIL_IO:
        if (now) {
            errno = EIO;
            return -1;
        }
        break;
    case FAIL_SPACE:
        if (now) {
            errno = ENOSPC;
            return -1;
        }
        break;
    case SHORT:
        return pwrite(fd, at, 1, offset);
    case SHORT_THEN_FAIL:
        if (now) {
            return pwrite(fd, at, len > 9 ? len - 9 : 1, offset);
        }
        if (!plan.on_claim && plan.calls == plan.when + 2) {
            errno = EIO;
            return -1;
        }
        break;
    case INTERRUPT:
        if (plan.calls % 3 != 0) {
            plan.calls++;
            errno = EINTR;
            return -1;
        }
        break;
    case NONE:
        break;
    }
    return pwrite(fd, at, len, offset);
}


static int
bad_fallocate(int fd, off_t offset, off_t len)
{
    if (plan.on_claim && plan.calls++ == plan.when) {
        /* A part may have been claimed before it failed. */
        (void) posix_fallocate(fd, offset, len / 2);
        return plan.fault == FAIL_SPACE ? ENOSPC
               : plan.fault == INTERRUPT ? EINTR : EIO;
    }
    return posix_fallocate(fd, offset, len);
}


static const struct weir_journal_os  bad_os = {
    bad_pwrite, bad_fallocate, fdatasync, syncfs, NULL
};


static int
append(struct weir_journal *j, enum weir_frame_kind kind, uint64_t call)
{
    struct sample  *s = &kept[nkept];
    uint64_t        seed = call + 77;
    int             rc;

    if (kind == WEIR_FRAME_BEGIN) {
        sample_begin(s, &seed, call);
        rc = weir_journal_begin(j, &s->begin, NULL);
    } else {
        sample_end(s, &seed, call, 2);
        rc = weir_journal_end(j, &s->end, NULL);
    }
    nkept += rc == WEIR_OK;
    return rc;
}


/* All files of the folder hold exactly what was kept, in order. */
static void
check_kept(const char *what)
{
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    char                         name[64];
    unsigned                     n = 0;
    int                          rc;

    for (unsigned i = 0; sample_file(dir, i, name); i++) {
        if (weir_journal_read_open(&r, dir, name, 0) != WEIR_OK) {
            CHECK_MSG(false, "%s %u: open", what, plan.when);
            continue;
        }
        while ((rc = weir_journal_read(r, &f)) == WEIR_OK) {
            CHECK_MSG(n < nkept && sample_is(&kept[n], &f), "%s %u: frame %u",
                      what, plan.when, n);
            n++;
        }
        CHECK_MSG(rc == WEIR_DONE, "%s %u: %d", what, plan.when, rc);
        weir_journal_read_close(r);
    }
    CHECK_MSG(n == nkept, "%s %u: %u of %u", what, plan.when, n, nkept);
}


/* Begins and ends, three in flight; what was refused is tried once more. */
static unsigned
scenario(struct weir_journal *j)
{
    bool      open[CALLS] = { false };
    unsigned  refused = 0;

    for (unsigned i = 0; i < CALLS + 3; i++) {
        if (i < CALLS) {
            int  rc = append(j, WEIR_FRAME_BEGIN, i);

            if (rc != WEIR_OK) {
                CHECK(rc == WEIR_E_IO || rc == WEIR_E_NO_SPACE);
                CHECK(j->calls <= 3);
                refused++;
                check_kept("after a refusal");
                rc = append(j, WEIR_FRAME_BEGIN, i);
            }
            open[i] = rc == WEIR_OK;
        }
        if (i >= 3 && open[i - 3]) {
            int  rc = append(j, WEIR_FRAME_END, i - 3);

            if (rc != WEIR_OK) {
                refused++;
                check_kept("after a failed end");
                rc = append(j, WEIR_FRAME_END, i - 3);
            }
            CHECK(rc == WEIR_OK);
        }
        CHECK(j->now.claimed - j->now.written
              >= (uint64_t) j->calls * WEIR_END_BYTES_MAX);
    }
    CHECK(j->calls == 0);
    return refused;
}


static const struct fault_case {
    const char  *name;
    enum fault   fault;
    bool         on_claim;
    unsigned     turns;
    uint64_t     file_max;
} fault_cases[] = {
    { "write fails", FAIL_IO, false, 20, 256 << 20 },
    { "no space to write", FAIL_SPACE, false, 20, 256 << 20 },
    { "a byte a time", SHORT, false, 1, 256 << 20 },
    { "short, then fails", SHORT_THEN_FAIL, false, 20, 256 << 20 },
    { "interrupted", INTERRUPT, false, 1, 256 << 20 },
    { "claim fails", FAIL_IO, true, 3, 256 << 20 },
    { "no space to claim", FAIL_SPACE, true, 3, 256 << 20 },
    { "claim interrupted", INTERRUPT, true, 3, 256 << 20 },
    { "rolling: write fails", FAIL_IO, false, 40, 4096 },
    { "rolling: no space to write", FAIL_SPACE, false, 40, 4096 },
    { "rolling: short, then fails", SHORT_THEN_FAIL, false, 40, 4096 },
    { "rolling: claim fails", FAIL_IO, true, 12, 4096 },
    { "rolling: no space to claim", FAIL_SPACE, true, 12, 4096 },
};


static void
test_faults(void)
{
    for (size_t i = 0; i < sizeof(fault_cases) / sizeof(fault_cases[0]); i++) {
        const struct fault_case  *c = &fault_cases[i];
        unsigned                  refused = 0;

        for (unsigned when = 0; when < c->turns; when++) {
            struct weir_journal  *j;
            int                   rc;

            plan.fault = c->fault;
            plan.on_claim = c->on_claim;
            plan.when = when;
            plan.calls = 0;
            nkept = 0;
            rc = weir_journal_open_with(&j, dir, &bad_os, c->file_max);
            if (rc != WEIR_OK) {
                char  name[64];

                /* The head could not be written: there is no file at all. */
                CHECK_MSG(when < 2 && !sample_file(dir, 0, name)
                          && c->fault != SHORT && c->fault != INTERRUPT,
                          "case %s", c->name);
                refused++;
                continue;
            }
            refused += scenario(j);
            check_kept(c->name);
            weir_journal_close(j);
            check_kept(c->name);
            sample_clear(dir);
        }
        CHECK_MSG(refused > 0 || c->fault == SHORT || c->fault == INTERRUPT
                  || c->file_max == 4096, "case %s met no fault", c->name);
    }
    plan.fault = NONE;
}


/* Begin until refused; end all; nothing is lost. `free_some` makes room. */
static void
fill(struct weir_journal *j, void (*free_some)(void))
{
    static struct sample         s;
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    uint64_t                     seed = 4, begun = 0, ended = 0;
    char                         name[64];
    int                          rc;

    for ( ;; ) {
        sample_begin(&s, &seed, begun);
        rc = weir_journal_begin(j, &s.begin, NULL);
        if (rc != WEIR_OK) {
            break;
        }
        begun++;
    }
    CHECK_MSG(rc == WEIR_E_NO_SPACE, "%d", rc);
    CHECK_MSG(begun > 10, "%llu begun", (unsigned long long) begun);
    CHECK(weir_journal_begin(j, &s.begin, NULL) == WEIR_E_NO_SPACE);
    for (uint64_t i = 0; i < begun; i++) {
        sample_end(&s, &seed, i, WEIR_HITS_MAX);     /* large ones */
        rc = weir_journal_end(j, &s.end, NULL);
        CHECK_MSG(rc == WEIR_OK, "end %u of %u: %d", (unsigned) i,
                  (unsigned) begun, rc);
    }
    if (free_some != NULL) {
        free_some();
        sample_begin(&s, &seed, begun);
        CHECK(weir_journal_begin(j, &s.begin, NULL) == WEIR_OK);
        begun++;
    }
    CHECK(sample_file(dir, 0, name));
    CHECK(weir_journal_read_open(&r, dir, name, 0) == WEIR_OK);
    begun *= 2;
    while ((rc = weir_journal_read(r, &f)) == WEIR_OK) {
        ended++;
    }
    weir_journal_read_close(r);
    CHECK_MSG(rc == WEIR_DONE && ended == begun - (free_some != NULL),
              "%d: %u frames for %u", rc, (unsigned) ended, (unsigned) begun);
}


static void
free_space(void)
{
    CHECK(unlinkat(dir, "filler", 0) == 0);
}


/* A real full disk, where we may mount one; in a mount namespace of our
   own, so that nothing is left behind. */
static void
test_full_disk(const char *folder)
{
    const int             before = dir;
    struct weir_journal  *j;
    int                   fd;

    if (unshare(CLONE_NEWNS) != 0
        || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || mount("weir-test", folder, "tmpfs", 0, "size=8m") != 0)
    {
        printf("# no right to mount a tmpfs: not tried on a full disk\n");
        return;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    fd = openat(dir, "filler", O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && posix_fallocate(fd, 0, 4 << 20) == 0);
    (void) close(fd);
    CHECK(weir_journal_open(&j, dir) == WEIR_OK);
    fill(j, free_space);
    weir_journal_close(j);

    /* Not one block left: no file, no error but this. */
    fd = openat(dir, "filler", O_RDWR | O_CREAT, 0600);
    for (off_t step = 1 << 20; step >= 4096; step /= 2) {
        struct stat  st;

        while (fstat(fd, &st) == 0
               && posix_fallocate(fd, st.st_size, step) == 0)
        {
            continue;
        }
    }
    (void) close(fd);
    CHECK(weir_journal_open(&j, dir) == WEIR_E_NO_SPACE && j == NULL);
    (void) close(dir);
    dir = before;
    CHECK(umount(folder) == 0);
}


static void
test_file_limit(void)
{
    struct rlimit         old, small;
    struct weir_journal  *j;

    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small = old;
    small.rlim_cur = 3 << 20;
    (void) signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(weir_journal_open(&j, dir) == WEIR_OK);
    fill(j, NULL);
    weir_journal_close(j);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    sample_clear(dir);
}


static int
bad_sync(int fd)
{
    errno = EIO;
    return plan.calls++ == 0 ? -1 : 0;
}


/* A failed fdatasync is not forgotten because the next one says yes. */
static void
test_sync_fails(void)
{
    const struct weir_journal_os  os = { pwrite, posix_fallocate, bad_sync,
                                         syncfs };
    struct weir_journal          *j;
    struct sample                 s;
    uint64_t                      seed = 1, p = 0;

    plan.calls = 0;
    CHECK(weir_journal_open_with(&j, dir, &os, 256 << 20) == WEIR_OK);
    sample_begin(&s, &seed, 1);
    CHECK(weir_journal_begin(j, &s.begin, &p) == WEIR_OK);
    CHECK(weir_journal_sync(j, p) == WEIR_E_IO);
    CHECK(weir_journal_sync(j, p) == WEIR_E_IO);
    CHECK(weir_journal_synced(j) < p);
    weir_journal_close(j);
    sample_clear(dir);
}


int
main(void)
{
    char  folder[] = "/tmp/weir-journal-XXXXXX";

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    test_faults();
    test_sync_fails();
    test_file_limit();
    test_full_disk(folder);
    (void) close(dir);
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
