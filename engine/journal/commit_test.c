/*
 * commit_test.c: the thread of the group commit: what was asked for is
 * synced and said, one sync serves many, a failed one is said once and
 * releases nothing, and close ends it from any state.
 */
#include "journal_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

static int       dir;
static unsigned  syncs;        /* atomic */
static bool      sync_fails;   /* atomic */


static int
count_sync(int fd)
{
    __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&sync_fails, __ATOMIC_SEQ_CST)) {
        errno = EIO;
        return -1;
    }
    return 0;
}


static const struct weir_journal_os  os = { pwrite, posix_fallocate,
                                            count_sync, count_sync };


static uint64_t
begin(struct weir_journal *j, uint64_t call)
{
    struct sample  s;
    uint64_t       seed = call + 1, p = 0;

    sample_begin(&s, &seed, call);
    CHECK(weir_journal_begin(j, &s.begin, &p) == WEIR_OK);
    return p;
}


/* Watch as an event loop does, until `position` is synced (5 s at most). */
static bool
wait_for(struct weir_journal *j, struct weir_commit *c, int fd,
    uint64_t position)
{
    struct pollfd  p = { .fd = fd, .events = POLLIN };

    while (weir_journal_synced(j) < position) {
        if (poll(&p, 1, 5000) != 1 || weir_commit_take(c) != WEIR_OK) {
            return false;
        }
    }
    return true;
}


static void
test_synced(void)
{
    struct weir_journal  *j;
    struct weir_commit   *c;
    uint64_t              p = 0;
    unsigned              before;
    int                   fd;

    CHECK(weir_journal_open_with(&j, dir, &os, 256 << 20) == WEIR_OK);
    CHECK(weir_commit_open(&c, &fd) == WEIR_OK);
    for (uint64_t i = 0; i < 20; i++) {
        p = begin(j, i);
        CHECK(weir_journal_appended(j) == p);
        weir_commit_want(c, j, p);
        CHECK(wait_for(j, c, fd, p));
    }
    before = __atomic_load_n(&syncs, __ATOMIC_SEQ_CST);
    /* what is on the disk costs no second sync */
    weir_commit_want(c, j, 0);
    weir_commit_want(c, j, p);
    /* one for all: the last alone is asked for */
    for (uint64_t i = 20; i < 40; i++) {
        p = begin(j, i);
    }
    weir_commit_want(c, j, p);
    CHECK(wait_for(j, c, fd, p));
    CHECK(__atomic_load_n(&syncs, __ATOMIC_SEQ_CST) == before + 1);
    weir_commit_close(c);
    (void) close(fd);
    weir_journal_close(j);
    sample_clear(dir);
}


static void
test_failure(void)
{
    struct weir_journal  *j;
    struct weir_commit   *c;
    struct pollfd         watch = { .events = POLLIN };
    uint64_t              p;

    CHECK(weir_journal_open_with(&j, dir, &os, 256 << 20) == WEIR_OK);
    CHECK(weir_commit_open(&c, &watch.fd) == WEIR_OK);
    __atomic_store_n(&sync_fails, true, __ATOMIC_SEQ_CST);
    p = begin(j, 1);
    weir_commit_want(c, j, p);
    CHECK(poll(&watch, 1, 5000) == 1);
    CHECK(weir_commit_take(c) == WEIR_E_IO);
    CHECK(weir_commit_take(c) == WEIR_OK);         /* said once */
    __atomic_store_n(&sync_fails, false, __ATOMIC_SEQ_CST);
    p = begin(j, 2);
    weir_commit_want(c, j, p);
    CHECK(poll(&watch, 1, 5000) == 1);
    CHECK(weir_commit_take(c) == WEIR_E_IO);
    CHECK(weir_journal_synced(j) < p);
    weir_commit_close(c);
    (void) close(watch.fd);
    weir_journal_close(j);
    sample_clear(dir);
}


/* Idle, and with a wish that nobody waited for. */
static void
test_close(void)
{
    struct weir_journal  *j;
    struct weir_commit   *c;
    int                   fd;

    weir_commit_close(NULL);
    CHECK(weir_journal_open_with(&j, dir, &os, 256 << 20) == WEIR_OK);
    for (uint64_t i = 0; i < 50; i++) {
        CHECK(weir_commit_open(&c, &fd) == WEIR_OK);
        if (i % 2 == 1) {
            weir_commit_want(c, j, begin(j, i));
        }
        weir_commit_close(c);
        (void) close(fd);
    }
    weir_journal_close(j);
    sample_clear(dir);
}


int
main(void)
{
    char  folder[] = "/tmp/weir-commit-XXXXXX";

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    test_synced();
    test_failure();
    test_close();
    (void) close(dir);
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
