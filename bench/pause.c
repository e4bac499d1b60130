/*
 * pause.c: how long an event loop is away: preloaded (ld.so(8)) into nginx, it
 * measures the time from each return of epoll_wait to the next call of it,
 * and keeps counts in a file of its own process in the folder that
 * WEIR_BENCH_PAUSE names. bench/pause reads them.
 *
 * Twice: by the clock, which other programs of the machine disturb, and in
 * time of the thread on a processor, which they do not.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SHOWN  __attribute__((visibility("default")))

struct pause {              /* bench/pause reads it as native words */
    uint64_t  turns;
    uint64_t  wall_ns;      /* the longest */
    uint64_t  cpu_ns;
    uint64_t  wall_half_ms; /* turns longer than half a millisecond, than one */
    uint64_t  wall_ms;
    uint64_t  cpu_half_ms;
    uint64_t  cpu_ms;
};

SHOWN int epoll_wait(int fd, struct epoll_event *events, int max, int ms);

static int  (*next)(int, struct epoll_event *, int, int);
static char           folder[256];
static pid_t          owner;
static struct pause  *seen;
static uint64_t       wall, cpu;


__attribute__((constructor)) static void
find(void)
{
    const char  *name = getenv("WEIR_BENCH_PAUSE");

    /* nginx gives its workers another environment */
    snprintf(folder, sizeof(folder), "%s", name != NULL ? name : "");
    *(void **) &next = dlsym(RTLD_NEXT, "epoll_wait");
}


static uint64_t
now(clockid_t clock)
{
    struct timespec  t;

    clock_gettime(clock, &t);
    return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}


static void
open_mine(void)
{
    char  name[300];
    int   fd;

    owner = getpid();
    wall = 0;
    seen = NULL;
    snprintf(name, sizeof(name), "%s/%d", folder, (int) owner);
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && ftruncate(fd, sizeof(*seen)) == 0) {
        void  *at = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
                         MAP_SHARED, fd, 0);

        seen = at != MAP_FAILED ? at : NULL;
    }
    if (fd >= 0) {
        close(fd);
    }
}


int
epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
    int  n;

    if (folder[0] != '\0' && owner != getpid()) {
        open_mine();
    }
    if (seen != NULL && wall != 0) {
        const uint64_t  w = now(CLOCK_MONOTONIC) - wall;
        const uint64_t  c = now(CLOCK_THREAD_CPUTIME_ID) - cpu;

        seen->turns++;
        seen->wall_ns = w > seen->wall_ns ? w : seen->wall_ns;
        seen->cpu_ns = c > seen->cpu_ns ? c : seen->cpu_ns;
        seen->wall_half_ms += w > 500000;
        seen->wall_ms += w > 1000000;
        seen->cpu_half_ms += c > 500000;
        seen->cpu_ms += c > 1000000;
    }
    n = next(fd, events, max, ms);
    wall = now(CLOCK_MONOTONIC);
    cpu = now(CLOCK_THREAD_CPUTIME_ID);
    return n;
}
