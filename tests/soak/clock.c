/*
 * clock.c: a clock that can be set without touching the machine's: preloaded
 * (ld.so(8)) into weir and nginx, it adds what stands in the file that
 * WEIR_SOAK_CLOCK names, milliseconds as a native int64_t, to the time of day.
 * Monotonic clocks stay as they are.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SHOWN  __attribute__((visibility("default")))

static const volatile int64_t  *offset_ms;

SHOWN int clock_gettime(clockid_t clock, struct timespec *t);
SHOWN int gettimeofday(struct timeval *t, void *zone);
SHOWN time_t time(time_t *t);


__attribute__((constructor)) static void
find_offset(void)
{
    const char  *name = getenv("WEIR_SOAK_CLOCK");
    const int    fd = name != NULL ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void        *at = MAP_FAILED;

    if (fd >= 0) {
        at = mmap(NULL, sizeof(*offset_ms), PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
    }
    offset_ms = at != MAP_FAILED ? at : NULL;
}


int
clock_gettime(clockid_t clock, struct timespec *t)
{
    const int  rc = (int) syscall(SYS_clock_gettime, clock, t);

    if (rc == 0 && offset_ms != NULL
        && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    {
        t->tv_sec += *offset_ms / 1000;     /* whole seconds are enough */
    }
    return rc;
}


int
gettimeofday(struct timeval *t, void *zone)
{
    struct timespec  now;

    (void) zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}


time_t
time(time_t *t)
{
    struct timespec  now = { 0 };

    (void) clock_gettime(CLOCK_REALTIME, &now);
    if (t != NULL) {
        *t = now.tv_sec;
    }
    return now.tv_sec;
}
