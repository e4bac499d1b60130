/*
 * journal_kill_test.c: a writer is killed (kill -9) at a random instruction,
 * many times. Every append that it had seen succeed is in its files, whole
 * and in order; at most one more is; the locks are gone with the process.
 */
#include "journal_sample.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define ROUNDS  100

static int        dir;
static uint64_t  *done;       /* appends that succeeded, shared */

static const struct weir_journal_os  real_os = {
    pwrite, posix_fallocate, fdatasync, syncfs, weir_journal_map
};


/* The n-th append of a writer: begins and ends, four calls in flight. */
static void
nth(struct sample *s, uint64_t n)
{
    uint64_t  seed = n + 1;

    if (n < 4 || n % 2 == 0) {
        sample_begin(s, &seed, n);
    } else {
        sample_end(s, &seed, n < 12 ? (n - 5) / 2 : n - 9, n % 3);
    }
}


static void
work(void)
{
    struct weir_journal   *j;
    static struct sample   s;

    if (weir_journal_open_with(&j, dir, &real_os, 512 << 10) != WEIR_OK) {
        _exit(1);
    }
    for (uint64_t n = 0; ; n++) {
        nth(&s, n);
        if ((s.kind == WEIR_FRAME_BEGIN
             ? weir_journal_begin(j, &s.begin, NULL)
             : weir_journal_end(j, &s.end, NULL)) != WEIR_OK)
        {
            _exit(1);
        }
        __atomic_store_n(done, n + 1, __ATOMIC_RELEASE);
    }
}


static void
check(int round)
{
    static struct weir_frame     f;
    static struct sample         s;
    struct weir_journal_reader  *r;
    char                         name[64];
    uint64_t                     n = 0;
    int                          rc;

    for (unsigned i = 0; sample_file(dir, i, name); i++) {
        CHECK_MSG(!weir_journal_live(dir, name), "round %d", round);
        if (weir_journal_read_open(&r, dir, name, 0) != WEIR_OK) {
            CHECK_MSG(false, "round %d: open %s", round, name);
            continue;
        }
        while ((rc = weir_journal_read(r, &f)) == WEIR_OK) {
            nth(&s, n);
            CHECK_MSG(sample_is(&s, &f), "round %d: frame %u", round,
                      (unsigned) n);
            n++;
        }
        CHECK_MSG(rc == WEIR_DONE, "round %d: %d", round, rc);
        weir_journal_read_close(r);
    }
    CHECK_MSG(n == *done || n == *done + 1, "round %d: %u of %u", round,
              (unsigned) n, (unsigned) *done);
}


int
main(void)
{
    char           folder[] = "/tmp/weir-journal-XXXXXX";
    uint64_t       seed = (uint64_t) time(NULL) * 2 + 1, sum = 0;
    struct dirent *e;
    DIR           *d;

    done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mkdtemp(folder) == NULL || done == MAP_FAILED) {
        return 1;
    }
    printf("# seed %llu\n", (unsigned long long) seed);
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    for (int round = 0; round < ROUNDS; round++) {
        pid_t  pid;

        *done = 0;
        pid = fork();
        if (pid == 0) {
            work();
        }
        (void) usleep((useconds_t) (weir_test_random(&seed) % 20000));
        (void) kill(pid, SIGKILL);
        CHECK(waitpid(pid, NULL, 0) == pid);
        check(round);
        sum += *done;
        sample_clear(dir);
    }
    CHECK(sum > 0);
    printf("# %llu appends\n", (unsigned long long) sum);

    /* A file that was not yet named may be left, under a dot. */
    d = fdopendir(dir);
    while (d != NULL && (e = readdir(d)) != NULL) {
        CHECK(e->d_name[0] == '.');
        (void) unlinkat(dir, e->d_name, 0);
    }
    (void) closedir(d);
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
