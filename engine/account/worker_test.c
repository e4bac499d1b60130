/*
 * worker_test.c: what workers tell of the snapshots that they tried: who is
 * behind, who refused, that the dead are not waited for, and that more
 * workers than there is room for do no harm.
 */
#include "account/account_internal.h"
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static int  dirfd;


static struct weir_workers
count(const struct weir_account *a, uint64_t generation)
{
    struct weir_workers  w;

    weir_account_workers(a, generation, &w);
    return w;
}


/* A worker: tells, says that it has, and waits to be killed. */
static pid_t
worker(uint64_t generation, bool good)
{
    struct weir_account  *a;
    int                   ends[2];
    char                  c;
    pid_t                 pid;

    if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
        return -1;
    }
    if (pid == 0) {
        if (weir_account_open(&a, dirfd, "account", false) == WEIR_OK) {
            weir_account_tried(a, generation, good);
            (void) !write(ends[1], "", 1);
        }
        for (;;) {
            pause();
        }
    }
    (void) close(ends[1]);
    CHECK(read(ends[0], &c, 1) == 1);
    (void) close(ends[0]);
    return pid;
}


static void
end(pid_t pid)
{
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
}


int
main(void)
{
    char                  name[] = "/tmp/weir-worker-XXXXXX";
    struct weir_account  *a;
    struct weir_workers   w;
    pid_t                 pid[WEIR_WORKERS_MAX + 3];

    CHECK(mkdtemp(name) != NULL);
    dirfd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(weir_account_open(&a, dirfd, "account", true) == WEIR_OK);
    w = count(a, 1);
    CHECK(w.alive == 0 && w.behind == 0 && w.refused == 0);

    /* one of its own, again and again in the same place */
    for (uint64_t g = 1; g < 300; g++) {
        weir_account_tried(a, g, g % 7 != 0);
        w = count(a, g);
        CHECK(w.alive == 1 && w.behind == 0 && w.refused == (g % 7 == 0));
        w = count(a, g + 1);
        CHECK(w.alive == 1 && w.behind == 1 && w.refused == 0);
    }

    CHECK(w.memory_used == 0 && w.memory_max == 0);
    weir_account_memory(a, 3 << 20, 64 << 20, 7);
    w = count(a, 300);
    CHECK(w.memory_used == 3 << 20 && w.memory_max == 64 << 20
          && w.memory_refused == 7);

    pid[0] = worker(299, true);
    pid[1] = worker(300, false);
    pid[2] = worker(300, true);
    w = count(a, 300);
    CHECK(w.alive == 4 && w.behind == 2 && w.refused == 1);
    end(pid[0]);
    w = count(a, 300);
    CHECK(w.alive == 3 && w.behind == 1 && w.refused == 1);
    end(pid[1]);
    end(pid[2]);

    /* all places, three too many; then those of the dead are taken again */
    for (unsigned i = 0; i < WEIR_WORKERS_MAX + 3; i++) {
        pid[i] = worker(301, true);
    }
    w = count(a, 301);
    CHECK(w.alive == WEIR_WORKERS_MAX && w.behind == 1 && w.refused == 0);
    for (unsigned i = 0; i < WEIR_WORKERS_MAX + 3; i++) {
        end(pid[i]);
    }
    w = count(a, 301);
    CHECK(w.alive == 1 && w.behind == 1);
    pid[0] = worker(302, true);
    w = count(a, 302);
    CHECK(w.alive == 2 && w.behind == 1);
    end(pid[0]);

    weir_account_close(a);
    (void) unlinkat(dirfd, "account", 0);
    (void) rmdir(name);
    return weir_test_done();
}
