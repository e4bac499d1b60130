/*
 * loader_test.c: what is wanted is tried beside the caller and taken when it
 * is done; the newest of what came meanwhile is tried next; a damaged file is
 * refused and a later one is not; close ends it from any state.
 *
 * The matcher check is this file's own and stands still when told to, so that
 * each state can be looked at.
 */
#include "snapshot/snapshot_sample.h"
#include "snapshot/snapshot_stub_test.h"
#include "weir/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>

static int       dir;
static bool      stopping;      /* atomic: the check waits for `go` */
static sem_t     inside, go;
static unsigned  checks;        /* atomic */


int
weir_matcher_check(const void *at, size_t size)
{
    __atomic_add_fetch(&checks, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&stopping, __ATOMIC_SEQ_CST)) {
        (void) sem_post(&inside);
        while (sem_wait(&go) != 0 && errno == EINTR) { }
    }
    return WEIR_OK;
}


/* As the keeper does: another file under the name. */
static void
publish(uint64_t generation, bool damaged)
{
    static struct file     f;
    struct weir_snap_head  head;
    int                    fd;

    make(&f);
    memcpy(&head, f.at, sizeof(head));
    head.generation = generation;
    memcpy(f.at, &head, sizeof(head));
    seal(&f);
    f.at[f.size / 2] ^= damaged;
    fd = openat(dir, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, f.at, f.size) == (ssize_t) f.size);
    (void) close(fd);
    CHECK(renameat(dir, "new", dir, "current") == 0);
}


/* Watch as an event loop does, 5 s at most. */
static int
wait_for(struct weir_loader *l, int fd, uint64_t *number,
    struct weir_rules **out)
{
    struct pollfd  p = { .fd = fd, .events = POLLIN };
    int            rc = WEIR_MORE;

    while (rc == WEIR_MORE && poll(&p, 1, 5000) == 1) {
        rc = weir_loader_take(l, number, out);
    }
    return rc;
}


static void
hold(bool on)
{
    __atomic_store_n(&stopping, on, __ATOMIC_SEQ_CST);
}


static void
test_in_turn(void)
{
    struct weir_loader  *l;
    struct weir_rules   *r, *first;
    uint64_t             n = 0;
    int                  fd;

    publish(1, false);
    CHECK(weir_rules_open(&first, dir, "current") == WEIR_OK);
    CHECK(first->snap.generation == 1 && first->secrets.count == 1);
    CHECK(weir_loader_open(&l, dir, "current", &fd) == WEIR_OK);
    CHECK(weir_loader_take(l, &n, &r) == WEIR_MORE && r == NULL);
    for (uint64_t i = 2; i < 200; i++) {
        const bool  damaged = i % 3 == 0;

        publish(i, damaged);
        weir_loader_want(l, i);
        CHECK(wait_for(l, fd, &n, &r)
              == (damaged ? WEIR_E_SNAPSHOT_BAD : WEIR_OK));
        CHECK(n == i && (r == NULL) == damaged);
        if (r != NULL) {
            CHECK(r->snap.generation == i);
            weir_loader_drop(l, first);
            first = r;
        }
        CHECK(weir_loader_take(l, &n, &r) == WEIR_MORE);
    }
    /* nothing there at all */
    CHECK(unlinkat(dir, "current", 0) == 0);
    weir_loader_want(l, 200);
    CHECK(wait_for(l, fd, &n, &r) == WEIR_E_IO && n == 200 && r == NULL);
    CHECK(weir_rules_open(&r, dir, "current") == WEIR_E_IO && r == NULL);
    weir_loader_drop(l, first);
    weir_loader_close(l);
    (void) close(fd);
}


static void
test_meanwhile(void)
{
    struct weir_loader  *l;
    struct weir_rules   *r;
    uint64_t             n = 0;
    unsigned             before;
    int                  fd;

    CHECK(weir_loader_open(&l, dir, "current", &fd) == WEIR_OK);
    publish(1, false);
    hold(true);
    weir_loader_want(l, 1);
    CHECK(sem_wait(&inside) == 0);
    /* it is being tried: nothing to take, and nobody waits for it */
    CHECK(weir_loader_take(l, &n, &r) == WEIR_MORE && r == NULL);
    before = __atomic_load_n(&checks, __ATOMIC_SEQ_CST);
    for (uint64_t i = 2; i <= 50; i++) {
        publish(i, i == 50 ? false : i % 2);
        weir_loader_want(l, i);
    }
    hold(false);
    CHECK(sem_post(&go) == 0);
    while (wait_for(l, fd, &n, &r) == WEIR_OK && n != 50) {
        CHECK(n == 1 && r->snap.generation == 1);
        weir_loader_drop(l, r);
    }
    CHECK(n == 50 && r != NULL && r->snap.generation == 50);
    /* 49 that came meanwhile: one try */
    CHECK(__atomic_load_n(&checks, __ATOMIC_SEQ_CST) == before + 1);
    weir_loader_drop(l, r);
    weir_loader_close(l);
    (void) close(fd);
}


static void
test_close(void)
{
    struct weir_loader  *l;
    struct weir_rules   *r;
    uint64_t             n = 0;
    struct pollfd        p = { .events = POLLIN };

    /* never asked */
    CHECK(weir_loader_open(&l, dir, "current", &p.fd) == WEIR_OK);
    weir_loader_close(l);
    (void) close(p.fd);

    /* tried, not taken; and again, in the place of that */
    CHECK(weir_loader_open(&l, dir, "current", &p.fd) == WEIR_OK);
    weir_loader_want(l, 1);
    CHECK(poll(&p, 1, 5000) == 1);
    hold(true);
    weir_loader_want(l, 2);
    CHECK(sem_wait(&inside) == 0);
    hold(false);
    CHECK(sem_post(&go) == 0);
    while (weir_loader_take(l, &n, &r) != WEIR_OK || n != 2) {
        weir_rules_close(r);
    }
    weir_rules_close(r);
    weir_loader_close(l);
    (void) close(p.fd);

    /* while one is tried, with one to close and one that is wanted */
    CHECK(weir_rules_open(&r, dir, "current") == WEIR_OK);
    CHECK(weir_loader_open(&l, dir, "current", &p.fd) == WEIR_OK);
    hold(true);
    weir_loader_want(l, 3);
    CHECK(sem_wait(&inside) == 0);
    weir_loader_want(l, 4);
    weir_loader_drop(l, r);
    hold(false);
    CHECK(sem_post(&go) == 0);
    weir_loader_close(l);
    (void) close(p.fd);

    weir_loader_close(NULL);
    weir_rules_close(NULL);
}


int
main(void)
{
    char  name[] = "/tmp/weir-loader-XXXXXX";

    CHECK(mkdtemp(name) != NULL);
    dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void) sem_init(&inside, 0, 0);
    (void) sem_init(&go, 0, 0);
    test_in_turn();
    test_meanwhile();
    test_close();
    (void) unlinkat(dir, "current", 0);
    (void) rmdir(name);
    return weir_test_done();
}
