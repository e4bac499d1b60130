/*
 * journal_file.c: one file of the writer: made, claimed, written.
 */
#include "journal/journal_internal.h"
#include "weir/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define MAP_STEP    65536u /* a multiple of every page size */
#define NAME_TRIES  16     /* another process of the same pid and time: two
                              containers that share the folder */

static int  make_named(struct weir_journal *j, const char *temp,
    struct weir_journal_file *f);
static void  map_claimed(struct weir_journal *j,
    struct weir_journal_file *f);
static uint64_t  now_ms(void);
static size_t  read_text(const char *name, uint8_t *out, size_t size);
static void  hex_bytes(const uint8_t *text, size_t len, uint8_t out[16]);


/*
 * The head is written and the lock taken under a temporary name, so that
 * whoever sees the file finds both. Nothing is claimed yet: the first begin
 * does that.
 */
int
weir_journal_file_make(struct weir_journal *j, uint32_t seq,
    struct weir_journal_file *f)
{
    char            temp[64];
    const uint64_t  now = now_ms();
    int             rc;

    *f = (struct weir_journal_file) { .seq = seq,
                                      .written = WEIR_JOURNAL_HEAD,
                                      .claimed = WEIR_JOURNAL_HEAD };
    /* Names sort by time even when the clock is set back. */
    if (now > j->head.start_ms) {
        j->head.start_ms = now;
    }
    j->head.seq = seq;
    snprintf(temp, sizeof(temp), ".%013llu-%u-%u.new",
             (unsigned long long) j->head.start_ms, j->head.pid, seq);
    (void) unlinkat(j->dir, temp, 0);      /* of a dead one, if at all */
    f->fd = openat(j->dir, temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (f->fd < 0) {
        return weir_journal_error(errno);
    }
    rc = flock(f->fd, LOCK_EX | LOCK_NB) == 0 ? make_named(j, temp, f)
                                              : WEIR_E_IO;
    (void) unlinkat(j->dir, temp, 0);
    if (rc != WEIR_OK) {
        (void) close(f->fd);
        f->fd = -1;
    }
    return rc;
}


static int
make_named(struct weir_journal *j, const char *temp,
    struct weir_journal_file *f)
{
    for (int i = 0; i < NAME_TRIES; i++, j->head.start_ms++) {
        uint8_t  head[WEIR_JOURNAL_HEAD];
        char     name[64];
        int      rc;

        weir_head_encode(head, &j->head);
        rc = weir_journal_file_write(j, f->fd, head, sizeof(head), 0);
        if (rc != WEIR_OK) {
            return rc;
        }
        weir_journal_name(name, j->head.start_ms, j->head.pid, f->seq);
        if (linkat(j->dir, temp, j->dir, name, 0) == 0) {
            return WEIR_OK;
        }
        if (errno != EEXIST) {
            return weir_journal_error(errno);
        }
    }
    return WEIR_E_IO;
}


int
weir_journal_file_claim(struct weir_journal *j, struct weir_journal_file *f,
    uint64_t end)
{
    uint64_t  upto;
    int       error;

    if (WEIR_LIKELY(end <= f->claimed)) {
        return WEIR_OK;
    }
    upto = (end + WEIR_JOURNAL_CHUNK - 1) / WEIR_JOURNAL_CHUNK
           * WEIR_JOURNAL_CHUNK;
    do {
        error = j->os->fallocate(f->fd, (off_t) f->claimed,
                                 (off_t) (upto - f->claimed));
    } while (error == EINTR);
    if (error != 0) {
        /* What it got before it failed would be lost to all others. */
        if (ftruncate(f->fd, (off_t) f->claimed) != 0) {
            return WEIR_E_IO;
        }
        return weir_journal_error(error);
    }
    weir_journal_file_unmap(f);
    f->claimed = upto;
    map_claimed(j, f);
    return WEIR_OK;
}


/* The mapping follows the claim. Without one frames go by pwrite. */
static void
map_claimed(struct weir_journal *j, struct weir_journal_file *f)
{
    if (j->os->map != NULL) {
        f->map_at = f->written / MAP_STEP * MAP_STEP;
        f->map = j->os->map(f->fd, (off_t) f->map_at,
                            (size_t) (f->claimed - f->map_at));
    }
}


void
weir_journal_file_unmap(struct weir_journal_file *f)
{
    if (f->map != NULL) {
        (void) munmap(f->map, (size_t) (f->claimed - f->map_at));
        f->map = NULL;
    }
}


void *
weir_journal_map(int fd, off_t offset, size_t len)
{
    struct statfs  fs;
    void          *at;

    if (fstatfs(fd, &fs) != 0
        || (fs.f_type != EXT4_SUPER_MAGIC && fs.f_type != XFS_SUPER_MAGIC
            && fs.f_type != TMPFS_MAGIC))
    {
        return NULL;
    }
    at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    return at == MAP_FAILED ? NULL : at;
}


int
weir_journal_file_append(struct weir_journal *j, struct weir_journal_file *f,
    const uint8_t *at, size_t len)
{
    if (f->map != NULL && f->written + len <= f->claimed) {
        memcpy(f->map + (f->written - f->map_at), at, len);
        return WEIR_OK;
    }
    return weir_journal_file_write(j, f->fd, at, len, f->written);
}


int
weir_journal_file_write(struct weir_journal *j, int fd, const uint8_t *at,
    size_t len, uint64_t offset)
{
    while (len > 0) {
        const ssize_t  n = j->os->pwrite(fd, at, len, (off_t) offset);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? weir_journal_error(errno) : WEIR_E_IO;
        }
        at += n;
        len -= (size_t) n;
        offset += (uint64_t) n;
    }
    return WEIR_OK;
}


void
weir_journal_head_fill(struct weir_journal_head *h)
{
    static const char  salt[] = "weir journal node\n";
    uint8_t            text[256], digest[32];
    const char        *stat;
    size_t             n;

    *h = (struct weir_journal_head) { .pid = (uint32_t) getpid() };

    /* machine-id(5) asks that the id itself is not handed about; without
       one the host name must do. */
    memcpy(text, salt, sizeof(salt) - 1);
    n = read_text("/etc/machine-id", text + sizeof(salt) - 1, 64);
    if (n == 0) {
        n = read_text("/proc/sys/kernel/hostname", text + sizeof(salt) - 1,
                      64);
    }
    weir_sha256(text, sizeof(salt) - 1 + n, digest);
    memcpy(h->node, digest, sizeof(h->node));

    n = read_text("/proc/sys/kernel/random/boot_id", text, 64);
    hex_bytes(text, n, h->boot);

    /* "pid (name) state ...": proc(5); the 22nd, name is the second. */
    n = read_text("/proc/self/stat", text, sizeof(text) - 1);
    text[n] = '\0';
    stat = strrchr((const char *) text, ')');
    for (unsigned field = 2; stat != NULL && field < 22; field++) {
        stat = strchr(stat + 1, ' ');
    }
    for (stat = stat != NULL ? stat + 1 : ""; *stat >= '0' && *stat <= '9';
         stat++)
    {
        h->process_start = h->process_start * 10 + (uint64_t) (*stat - '0');
    }
}


int
weir_journal_error(int error)
{
    /* EFBIG: a limit on file sizes (setrlimit(2)) is space that is not. */
    return error == ENOSPC || error == EDQUOT || error == EFBIG
           ? WEIR_E_NO_SPACE : WEIR_E_IO;
}


void
weir_journal_name(char out[64], uint64_t start_ms, uint32_t pid,
    uint32_t seq)
{
    snprintf(out, 64, "%013llu-%u-%06u.wj", (unsigned long long) start_ms,
             pid, seq);
}


static uint64_t
now_ms(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


static size_t
read_text(const char *name, uint8_t *out, size_t size)
{
    const int  fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t    n;

    if (fd < 0) {
        return 0;
    }
    n = read(fd, out, size);
    (void) close(fd);
    return n > 0 ? (size_t) n : 0;
}


static void
hex_bytes(const uint8_t *text, size_t len, uint8_t out[16])
{
    unsigned  n = 0;

    for (size_t i = 0; i < len && n < 32; i++) {
        const uint8_t  c = text[i];
        uint8_t        v;

        if (c >= '0' && c <= '9') {
            v = (uint8_t) (c - '0');
        } else if (c >= 'a' && c <= 'f') {
            v = (uint8_t) (c - 'a' + 10);
        } else {
            continue;
        }
        out[n / 2] = (uint8_t) (n % 2 ? out[n / 2] | v : v << 4);
        n++;
    }
}
