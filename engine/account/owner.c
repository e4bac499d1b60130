/*
 * owner.c: which process is it, and is it alive?
 */
#include "account/account_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static bool  field_of(const char *stat, unsigned n, uint64_t *out);


struct weir_owner
weir_account_self(struct weir_account *a)
{
    /* MADV_WIPEONFORK: in a child of fork() the page reads zero. */
    if (WEIR_UNLIKELY(a->self->pid == 0)) {
        struct weir_owner  o = { getpid(), 0 };

        if (weir_owner_start(o.pid, &o.start) != WEIR_OK) {
            o.start = 0;
        }
        *a->self = o;
    }
    return *a->self;
}


int
weir_owner_start(pid_t pid, uint64_t *start)
{
    char         name[32], stat[1024];
    const char  *rest;
    uint64_t     threads;
    ssize_t      n;
    int          fd;

    snprintf(name, sizeof(name), "/proc/%d/stat", (int) pid);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        /* With hidepid (proc(5)) others' processes are not to be seen. */
        return errno == ENOENT && kill(pid, 0) != 0 && errno == ESRCH
               ? WEIR_DONE : WEIR_E_IO;
    }
    n = read(fd, stat, sizeof(stat) - 1);
    if (n <= 0) {
        n = n < 0 && errno == ESRCH ? -1 : 0;
        (void) close(fd);
        return n < 0 ? WEIR_DONE : WEIR_E_IO;
    }
    (void) close(fd);
    stat[n] = '\0';

    /* "pid (name) state ppid ...": the name may hold spaces and brackets. */
    rest = strrchr(stat, ')');
    if (rest == NULL || rest[1] != ' '
        || !field_of(rest + 2, 22, start) || !field_of(rest + 2, 20, &threads))
    {
        return WEIR_E_IO;
    }
    if (rest[2] == 'X' || (rest[2] == 'Z' && threads <= 1)) {
        return WEIR_DONE;
    }
    return WEIR_OK;
}


bool
weir_owner_lives(struct weir_owner o)
{
    uint64_t  start;
    int       rc;

    if (o.pid <= 0) {
        return false;
    }
    rc = weir_owner_start(o.pid, &start);
    if (rc == WEIR_DONE) {
        return false;
    }
    return rc != WEIR_OK || o.start == 0 || start == o.start;
}


/* Number `n` of proc(5)'s list; `stat` begins at the third. */
static bool
field_of(const char *stat, unsigned n, uint64_t *out)
{
    for (unsigned i = 3; i < n; i++) {
        stat = strchr(stat, ' ');
        if (stat == NULL) {
            return false;
        }
        stat++;
    }
    if (*stat < '0' || *stat > '9') {
        return false;
    }
    *out = 0;
    while (*stat >= '0' && *stat <= '9') {
        *out = *out * 10 + (uint64_t) (*stat++ - '0');
    }
    return true;
}
