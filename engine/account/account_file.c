/*
 * account_file.c: find, check, make and map the account file.
 *
 * A file is made under another name, whole, and then given its own, so that
 * nobody ever maps half of one. Of several makers one wins; the others use
 * the winner's. A file of ours that another boot (or version) left behind is
 * replaced when `create`; one that is not ours at all never is.
 */
#include "account/account_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_ID  "/proc/sys/kernel/random/boot_id"
#define TRIES    16     /* lost races against other makers */

enum found { GOOD, STALE, FOREIGN };

static int  boot_id(char out[40]);
static enum found  judge(int fd, const char *boot);
static int  make(int dirfd, const char *name, const char *boot, int stale);
static int  fill(int fd, const char *boot);
static int  give_name(int dirfd, const char *temp, const char *name,
    int stale);
static int  map(struct weir_account **out, int fd);


int
weir_account_open(struct weir_account **out, int dirfd, const char *name,
    bool create)
{
    char  boot[40];
    int   rc = boot_id(boot);

    *out = NULL;
    for (int i = 0; i < TRIES && rc == WEIR_OK; i++) {
        const int  fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

        if (fd < 0) {
            if (errno != ENOENT || !create) {
                return WEIR_E_IO;
            }
            rc = make(dirfd, name, boot, -1);
            continue;
        }
        switch (judge(fd, boot)) {

        case GOOD:
            rc = map(out, fd);
            (void) close(fd);
            return rc;

        case STALE:
            rc = create ? make(dirfd, name, boot, fd) : WEIR_E_CORRUPT;
            break;

        case FOREIGN:
            rc = WEIR_E_CORRUPT;
            break;
        }
        (void) close(fd);
    }
    return rc == WEIR_OK ? WEIR_E_IO : rc;
}


void
weir_account_close(struct weir_account *a)
{
    if (a == NULL) {
        return;
    }
    (void) munmap(a->head, WEIR_ACCOUNT_BYTES);
    (void) munmap(a->self, sizeof(*a->self));
    free(a);
}


static int
boot_id(char out[40])
{
    const int  fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    ssize_t    n;

    if (fd < 0) {
        return WEIR_E_IO;
    }
    memset(out, 0, 40);
    n = read(fd, out, 36);
    (void) close(fd);
    return n == 36 ? WEIR_OK : WEIR_E_IO;
}


static enum found
judge(int fd, const char *boot)
{
    struct weir_account_head  head;
    struct stat               st;
    uint8_t                   zero[sizeof(head.magic)] = { 0 };

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return FOREIGN;
    }
    /* Empty or zeros: what a power cut can leave of a file of ours. */
    if (st.st_size == 0) {
        return STALE;
    }
    memset(&head, 0, sizeof(head));
    if (pread(fd, &head, sizeof(head), 0) < (ssize_t) sizeof(head.magic)) {
        return FOREIGN;
    }
    if (memcmp(head.magic, zero, sizeof(zero)) == 0) {
        return STALE;
    }
    if (memcmp(head.magic, WEIR_ACCOUNT_MAGIC, sizeof(head.magic)) != 0) {
        return FOREIGN;
    }
    if (head.version != WEIR_ACCOUNT_VERSION
        || head.lock_size != sizeof(pthread_mutex_t)
        || head.size != WEIR_ACCOUNT_BYTES
        || st.st_size != (off_t) WEIR_ACCOUNT_BYTES
        || memcmp(head.boot, boot, sizeof(head.boot)) != 0)
    {
        return STALE;
    }
    return GOOD;
}


/* WEIR_OK also when somebody else made one meanwhile: the caller looks
   again. `stale`: the open file that is to be replaced, or -1. */
static int
make(int dirfd, const char *name, const char *boot, int stale)
{
    char       temp[288];
    int        fd, rc;
    const int  n = snprintf(temp, sizeof(temp), ".%s.%d.new", name,
                            (int) getpid());

    if (n < 0 || (size_t) n >= sizeof(temp)) {
        return WEIR_E_IO;
    }
    (void) unlinkat(dirfd, temp, 0);     /* of a dead one with our pid */
    fd = openat(dirfd, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == ENOSPC ? WEIR_E_NO_SPACE : WEIR_E_IO;
    }
    rc = fill(fd, boot);
    (void) close(fd);
    if (rc == WEIR_OK) {
        rc = give_name(dirfd, temp, name, stale);
    }
    (void) unlinkat(dirfd, temp, 0);
    return rc;
}


static int
fill(int fd, const char *boot)
{
    struct weir_account_head  *head;
    pthread_mutexattr_t        attr;
    int                        rc;

    do {
        rc = posix_fallocate(fd, 0, (off_t) WEIR_ACCOUNT_BYTES);
    } while (rc == EINTR);
    if (rc != 0) {
        return rc == ENOSPC ? WEIR_E_NO_SPACE : WEIR_E_IO;
    }
    head = mmap(NULL, sizeof(*head), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                0);
    if (head == MAP_FAILED) {
        return WEIR_E_NO_MEMORY;
    }
    if (pthread_mutexattr_init(&attr) != 0) {
        (void) munmap(head, sizeof(*head));
        return WEIR_E_NO_MEMORY;
    }
    rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (rc == 0) {
        rc = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }
    if (rc == 0) {
        rc = pthread_mutex_init(&head->lock, &attr);
    }
    (void) pthread_mutexattr_destroy(&attr);

    head->version = WEIR_ACCOUNT_VERSION;
    head->lock_size = sizeof(pthread_mutex_t);
    head->size = WEIR_ACCOUNT_BYTES;
    memcpy(head->boot, boot, sizeof(head->boot));
    memcpy(head->magic, WEIR_ACCOUNT_MAGIC, sizeof(head->magic));
    (void) munmap(head, sizeof(*head));
    return rc == 0 ? WEIR_OK : WEIR_E_NO_MEMORY;
}


static int
give_name(int dirfd, const char *temp, const char *name, int stale)
{
    struct stat  was, is;

    if (stale < 0) {
        if (linkat(dirfd, temp, dirfd, name, 0) == 0 || errno == EEXIST) {
            return WEIR_OK;
        }
        return WEIR_E_IO;
    }
    /* Makers of a replacement queue at the stale file; who comes second
       finds that the name is no longer its. Freed by close. */
    if (flock(stale, LOCK_EX) != 0 || fstat(stale, &was) != 0) {
        return WEIR_E_IO;
    }
    if (fstatat(dirfd, name, &is, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? WEIR_OK : WEIR_E_IO;
    }
    if (was.st_dev != is.st_dev || was.st_ino != is.st_ino) {
        return WEIR_OK;
    }
    return renameat(dirfd, temp, dirfd, name) == 0 ? WEIR_OK : WEIR_E_IO;
}


static int
map(struct weir_account **out, int fd)
{
    struct weir_account  *a = calloc(1, sizeof(*a));
    uint8_t              *at;

    if (a == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    a->self = mmap(NULL, sizeof(*a->self), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a->self == MAP_FAILED) {
        free(a);
        return WEIR_E_NO_MEMORY;
    }
    at = mmap(NULL, WEIR_ACCOUNT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
              fd, 0);
    if (at == MAP_FAILED
        || madvise(a->self, sizeof(*a->self), MADV_WIPEONFORK) != 0)
    {
        if (at != MAP_FAILED) {
            (void) munmap(at, WEIR_ACCOUNT_BYTES);
        }
        (void) munmap(a->self, sizeof(*a->self));
        free(a);
        return WEIR_E_NO_MEMORY;
    }
    a->head = (struct weir_account_head *) at;
    a->workers = (struct weir_worker_cell *) (at + WEIR_ACCOUNT_WORKERS_AT);
    a->slots = (struct weir_account_slot *) (at + WEIR_ACCOUNT_SLOTS_AT);
    a->tickets = (struct weir_account_ticket *) (at
                                                 + WEIR_ACCOUNT_TICKETS_AT);
    a->seats = (struct weir_meter_seat *) (at + WEIR_ACCOUNT_SEATS_AT);
    a->meters = (struct weir_meter_head *) (at + WEIR_ACCOUNT_METERS_AT);
    a->windows = (struct weir_meter_window *) (at + WEIR_ACCOUNT_WINDOWS_AT);
    a->breakers = (struct weir_breaker_cell *) (at
                                                + WEIR_ACCOUNT_BREAKERS_AT);
    *out = a;
    return WEIR_OK;
}
