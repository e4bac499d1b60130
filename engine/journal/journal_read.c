/*
 * journal_read.c: the reader. Works on a file that is being written, on one
 * that a dead process left, on one that a disk damaged.
 *
 * At an offset with no valid frame there are three possibilities, and what
 * stands behind tells them apart:
 *
 *   nothing, or no valid frame   the end: zeros, or a torn tail
 *   a valid frame                damage: skip to it, say so
 *   a valid frame, and on a      the writer was in the middle of this one
 *   second look one here too     when we looked: no damage at all
 *
 * The third works because frames are written in order: once a later one can
 * be seen, this one is whole.
 */
#include "journal/frame.h"
#include "weir/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW  (256u << 10)       /* several of the largest frames */

static_assert(WINDOW >= 4 * WEIR_FRAME_BYTES_MAX, "frames fit the window");

struct weir_journal_reader {
    int       fd;
    bool      failed;              /* a read failed */
    uint64_t  pos;                 /* next frame */
    uint64_t  at;                  /* the window: [at, at + len) */
    size_t    len;
    uint8_t   window[WINDOW];
};

static const uint8_t *see(struct weir_journal_reader *r, uint64_t at,
    size_t want, size_t *got);
static uint32_t  frame_at(struct weir_journal_reader *r, uint64_t at);
static int  give(struct weir_journal_reader *r, uint32_t length,
    struct weir_frame *f);
static bool  find(struct weir_journal_reader *r, uint64_t from,
    uint64_t *next, uint64_t *tail);
static bool  find_in(struct weir_journal_reader *r, uint64_t from,
    uint64_t end, uint64_t *next, uint64_t *tail);


int
weir_journal_read_open(struct weir_journal_reader **out, int dirfd,
    const char *name, uint64_t from)
{
    struct weir_journal_reader  *r = malloc(sizeof(*r));
    struct weir_journal_head     head;
    struct stat                  st;
    uint64_t                     next, tail;
    size_t                       got;
    const uint8_t               *p;

    *out = NULL;
    if (r == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    r->failed = false;
    r->at = r->len = 0;
    r->fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (r->fd < 0) {
        free(r);
        return WEIR_E_IO;
    }
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        weir_journal_read_close(r);
        return WEIR_E_CORRUPT;
    }
    r->pos = from <= WEIR_JOURNAL_HEAD ? WEIR_JOURNAL_HEAD
             : from > INT64_MAX - 8 ? INT64_MAX - 7
             : (from + 7) & ~UINT64_C(7);
    p = see(r, 0, WEIR_JOURNAL_HEAD, &got);
    if (got < WEIR_JOURNAL_HEAD || weir_head_decode(p, &head) != WEIR_OK) {
        /* Not ours, unless there are frames; then the head is the first
           damage that is reported. */
        if (!find(r, 0, &next, &tail)) {
            const int  rc = r->failed ? WEIR_E_IO : WEIR_E_CORRUPT;

            weir_journal_read_close(r);
            return rc;
        }
        if (from == 0) {
            r->pos = 0;
        }
    }
    *out = r;
    return WEIR_OK;
}


void
weir_journal_read_close(struct weir_journal_reader *r)
{
    if (r != NULL) {
        (void) close(r->fd);
        free(r);
    }
}


int
weir_journal_read(struct weir_journal_reader *r, struct weir_frame *f)
{
    uint64_t  next, tail;
    uint32_t  length = frame_at(r, r->pos);

    if (length == 0 && r->at != r->pos) {
        r->len = 0;                /* the window is of before: look again */
        length = frame_at(r, r->pos);
    }
    if (length != 0) {
        return give(r, length, f);
    }
    if (find(r, r->pos, &next, &tail)) {
        r->len = 0;
        length = frame_at(r, r->pos);
        if (length != 0) {
            return give(r, length, f);
        }
        if (!r->failed) {
            f->at = r->pos;
            f->next = next;
            r->pos = next;
            return WEIR_E_CORRUPT;
        }
    }
    if (r->failed) {
        r->failed = false;
        return WEIR_E_IO;
    }
    r->len = 0;                    /* the next call is later */
    f->at = r->pos;
    f->next = tail;
    return WEIR_DONE;
}


bool
weir_journal_live(int dirfd, const char *name)
{
    const int  fd = openat(dirfd, name,
                           O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool       live;

    if (fd < 0) {
        /* Not there: nobody's. Not to be opened: not known, so perhaps. */
        return errno != ENOENT && errno != ENOTDIR;
    }
    /* Close ends the lock that we get when nobody has it. */
    live = flock(fd, LOCK_SH | LOCK_NB) != 0;
    (void) close(fd);
    return live;
}


/* Up to `want` bytes at `at`; fewer only at the end of the file. */
static const uint8_t *
see(struct weir_journal_reader *r, uint64_t at, size_t want, size_t *got)
{
    if (at < r->at || at + want > r->at + r->len) {
        r->at = at;
        r->len = 0;
        while (r->len < WINDOW) {
            const ssize_t  n = pread(r->fd, r->window + r->len,
                                     WINDOW - r->len,
                                     (off_t) (at + r->len));

            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n < 0) {
                r->failed = true;
            }
            if (n <= 0) {
                break;
            }
            r->len += (size_t) n;
        }
    }
    *got = r->at + r->len - at < want ? (size_t) (r->at + r->len - at) : want;
    return r->window + (at - r->at);
}


/* Length of the valid frame at `at`, else 0. */
static uint32_t
frame_at(struct weir_journal_reader *r, uint64_t at)
{
    size_t          got;
    const uint8_t  *p = see(r, at, WEIR_FRAME_HEAD, &got);
    uint32_t        length;

    if (got < WEIR_FRAME_HEAD) {
        return 0;
    }
    length = weir_frame_length(p);
    if (length == 0) {
        return 0;
    }
    p = see(r, at, length, &got);
    return got == length && weir_frame_length(p) == length
           && weir_frame_valid(p, at) ? length : 0;
}


static int
give(struct weir_journal_reader *r, uint32_t length, struct weir_frame *f)
{
    size_t          got;
    const uint8_t  *p = see(r, r->pos, length, &got);

    f->at = r->pos;
    f->next = r->pos + length;
    r->pos = f->next;
    return got == length && weir_frame_decode(p, f) ? WEIR_OK
                                                    : WEIR_E_CORRUPT;
}


/* The first valid frame from `from` on. Without one, *tail is the end of the
   last byte that is not zero (`from` when there is none). Claimed space that
   was never written is a hole to lseek(2) and is not read. */
static bool
find(struct weir_journal_reader *r, uint64_t from, uint64_t *next,
    uint64_t *tail)
{
    uint64_t  at = from;

    *tail = from;
    for ( ;; ) {
        const off_t  data = lseek(r->fd, (off_t) at, SEEK_DATA);
        off_t        hole;

        if (data < 0 && errno == ENXIO) {
            return false;
        }
        hole = data < 0 ? -1 : lseek(r->fd, data, SEEK_HOLE);
        if (hole < 0) {            /* a file system that cannot tell */
            return find_in(r, at, INT64_MAX - WINDOW, next, tail);
        }
        if ((uint64_t) data > at) {
            at = (uint64_t) data & ~UINT64_C(7);
        }
        if (find_in(r, at, (uint64_t) hole, next, tail)) {
            return true;
        }
        at = ((uint64_t) hole + 7) & ~UINT64_C(7);
    }
}


static bool
find_in(struct weir_journal_reader *r, uint64_t from, uint64_t end,
    uint64_t *next, uint64_t *tail)
{
    static const uint8_t  zeros[8] = { 0 };

    for (uint64_t at = from; at < end; at += 8) {
        size_t          got;
        const uint8_t  *p = see(r, at, WEIR_FRAME_HEAD, &got);

        if (got == 0) {
            return false;
        }
        if (got >= 8 && memcmp(p, zeros, 8) == 0) {
            continue;
        }
        for (size_t i = got < 8 ? got : 8; i > 0; i--) {
            if (p[i - 1] != 0) {
                *tail = at + i;
                break;
            }
        }
        if (got == WEIR_FRAME_HEAD && frame_at(r, at) != 0) {
            *next = at;
            return true;
        }
    }
    return false;
}
