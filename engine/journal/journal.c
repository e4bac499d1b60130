/*
 * journal.c: the writer. One appender (the worker's event loop); any thread
 * may sync.
 *
 * Space. At all times claimed - written >= calls in flight x the largest end
 * frame, so that every call that was let out can be ended on a full disk. A
 * begin claims for itself and its end before it writes anything.
 *
 * Rolling. At WEIR_JOURNAL_FILE_MAX a begin opens a new file, claims the
 * room for the ends of all calls in flight there, and only then leaves the
 * old one. From then on every frame goes into the new file, also the ends of
 * calls that began in the old one: one file grows at a time, so the order of
 * the files is the order of time, and an old file never changes again. The
 * reader pairs by call id. The lock of an old file is kept until the last
 * call that began in it has ended: "not locked" always means "no begin in
 * here waits for an end from a living process".
 *
 * A frame is one copy into the mapped file, or one pwrite at a known offset.
 * Both are in the page cache when they return, which a crash of the process
 * does not touch. Where one stops half-way nothing moves: the next frame
 * overwrites it, and until then the reader takes it for the torn tail that
 * it is.
 */
#include "journal/journal_internal.h"
#include "weir/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int  make_room(struct weir_journal *j, size_t frame, uint32_t ends);
static int  roll(struct weir_journal *j, size_t frame, uint32_t ends);
static int  append(struct weir_journal *j, size_t len, uint64_t *position);
static unsigned  class_of(const uint8_t call_id[16]);
static void  drain(struct weir_journal *j);
static bool  has_open_calls(const struct weir_journal *j,
    const struct weir_journal_file *f);
static void  let_go(struct weir_journal *j);
static int  sync_files(struct weir_journal *j, uint64_t *upto);

static const struct weir_journal_os  real_os = {
    .pwrite = pwrite,
    .fallocate = posix_fallocate,
    .fdatasync = fdatasync,
    .syncfs = syncfs,
    .map = weir_journal_map,
};


int
weir_journal_open(struct weir_journal **out, int dirfd)
{
    return weir_journal_open_with(out, dirfd, &real_os,
                                  WEIR_JOURNAL_FILE_MAX);
}


int
weir_journal_open_with(struct weir_journal **out, int dirfd,
    const struct weir_journal_os *os, uint64_t file_max)
{
    struct weir_journal  *j;
    int                   rc;

    *out = NULL;
    j = calloc(1, sizeof(*j));
    if (j == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    j->os = os;
    j->file_max = file_max;
    /* A descriptor of our own, fit for fsync; AT_FDCWD is good too. */
    j->dir = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (j->dir < 0) {
        free(j);
        return WEIR_E_IO;
    }
    weir_journal_head_fill(&j->head);
    rc = weir_journal_file_make(j, 0, &j->now);
    if (rc != WEIR_OK) {
        (void) close(j->dir);
        free(j);
        return rc;
    }
    j->appended = j->synced = j->now.written;
    (void) pthread_mutex_init(&j->files, NULL);
    (void) pthread_mutex_init(&j->syncing, NULL);
    *out = j;
    return WEIR_OK;
}


void
weir_journal_close(struct weir_journal *j)
{
    if (j == NULL) {
        return;
    }
    weir_journal_file_unmap(&j->now);
    /* Give back what was claimed and not used; a reader sees the end by the
       zeros just as well. */
    if (ftruncate(j->now.fd, (off_t) j->now.written) != 0) {
        errno = 0;
    }
    (void) close(j->now.fd);
    for (unsigned i = 0; i < j->nold; i++) {
        (void) close(j->old[i].fd);
    }
    (void) close(j->dir);
    (void) pthread_mutex_destroy(&j->files);
    (void) pthread_mutex_destroy(&j->syncing);
    free(j);
}


int
weir_journal_begin(struct weir_journal *j, const struct weir_begin_record *r,
    uint64_t *position)
{
    const unsigned  class = class_of(r->call_id);
    int             rc;

    rc = make_room(j, WEIR_BEGIN_BYTES_MAX, j->calls + 1);
    if (rc != WEIR_OK) {
        return rc;
    }
    rc = append(j, weir_frame_encode_begin(j->frame, j->now.written, r),
                position);
    if (rc != WEIR_OK) {
        return rc;
    }
    j->calls++;
    j->class_calls[class]++;
    j->now.began[class / 64] |= UINT64_C(1) << class % 64;
    return WEIR_OK;
}


int
weir_journal_end(struct weir_journal *j, const struct weir_end_record *r,
    uint64_t *position)
{
    const unsigned  class = class_of(r->call_id);
    const bool      ours = j->class_calls[class] > 0;
    int             rc;

    /* The end of a call that another process began (the keeper writes those
       of dead workers) has no room claimed for it. */
    if (!ours) {
        rc = make_room(j, WEIR_END_BYTES_MAX, j->calls);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    rc = append(j, weir_frame_encode_end(j->frame, j->now.written, r),
                position);
    if (rc != WEIR_OK) {
        return rc;
    }
    if (ours) {
        j->calls--;
        if (--j->class_calls[class] == 0) {
            drain(j);
        }
    }
    return WEIR_OK;
}


int
weir_journal_sync(struct weir_journal *j, uint64_t position)
{
    uint64_t  upto = 0;
    int       rc;

    if (weir_journal_synced(j) >= position) {
        return WEIR_OK;
    }
    (void) pthread_mutex_lock(&j->syncing);
    if (weir_journal_synced(j) >= position) {
        (void) pthread_mutex_unlock(&j->syncing);
        return WEIR_OK;
    }
    /* After a failure the kernel may hold dirty pages for clean, and a
       second fdatasync would say yes to lost data: so no second one. */
    rc = j->sync_failed ? WEIR_E_IO : sync_files(j, &upto);
    if (rc == WEIR_OK) {
        __atomic_store_n(&j->synced, upto, __ATOMIC_RELEASE);
    } else {
        j->sync_failed = true;
    }
    (void) pthread_mutex_unlock(&j->syncing);
    return rc == WEIR_OK && upto < position ? WEIR_E_IO : rc;
}


uint64_t
weir_journal_synced(const struct weir_journal *j)
{
    return __atomic_load_n(&j->synced, __ATOMIC_ACQUIRE);
}


uint64_t
weir_journal_appended(const struct weir_journal *j)
{
    return __atomic_load_n(&j->appended, __ATOMIC_ACQUIRE);
}


/* Room for one frame and `ends` end frames behind it. */
static int
make_room(struct weir_journal *j, size_t frame, uint32_t ends)
{
    const uint64_t  behind = (uint64_t) ends * WEIR_END_BYTES_MAX;

    if (WEIR_UNLIKELY(j->now.written + frame > j->file_max
                      && j->now.written >= j->roll_again))
    {
        /* Without a new file the old one goes on: too long a file is better
           than a call refused or an end lost. */
        if (roll(j, frame, ends) != WEIR_OK) {
            j->roll_again = j->now.written + WEIR_JOURNAL_CHUNK;
        }
    }
    return weir_journal_file_claim(j, &j->now,
                                   j->now.written + frame + behind);
}


static int
roll(struct weir_journal *j, size_t frame, uint32_t ends)
{
    struct weir_journal_file  next;
    uint64_t                  end;
    int                       rc;

    if (__atomic_load_n(&j->nold, __ATOMIC_RELAXED) == WEIR_JOURNAL_OLD_MAX) {
        return WEIR_E_IO;
    }
    rc = weir_journal_file_make(j, j->now.seq + 1, &next);
    if (rc != WEIR_OK) {
        return rc;
    }
    end = next.written + frame + (uint64_t) ends * WEIR_END_BYTES_MAX;
    rc = weir_journal_file_claim(j, &next, end);
    if (rc != WEIR_OK) {
        char  name[64];

        weir_journal_name(name, j->head.start_ms, j->head.pid, next.seq);
        (void) unlinkat(j->dir, name, 0);
        weir_journal_file_unmap(&next);
        (void) close(next.fd);
        return rc;
    }
    /* What is left of the claim, less than a chunk of zeros, stays: to give it
       back takes the file system milliseconds, and a loop waits for us. */
    weir_journal_file_unmap(&j->now);
    (void) pthread_mutex_lock(&j->files);
    next.base = j->now.base + j->now.written - next.written;
    j->old[j->nold++] = j->now;
    j->now = next;
    (void) pthread_mutex_unlock(&j->files);
    j->roll_again = 0;
    drain(j);
    return WEIR_OK;
}


static int
append(struct weir_journal *j, size_t len, uint64_t *position)
{
    uint64_t   at;
    const int  rc = weir_journal_file_append(j, &j->now, j->frame, len);

    if (rc != WEIR_OK) {
        return rc;
    }
    j->now.written += len;
    at = j->now.base + j->now.written;
    /* Release: who reads this position may fdatasync the frame. */
    __atomic_store_n(&j->appended, at, __ATOMIC_RELEASE);
    if (position != NULL) {
        *position = at;
    }
    return WEIR_OK;
}


static unsigned
class_of(const uint8_t call_id[16])
{
    uint64_t  ms = 0;

    for (int i = 0; i < 6; i++) {
        ms = ms << 8 | call_id[i];
    }
    return (unsigned) (ms >> 14) % WEIR_JOURNAL_CLASSES;
}


/* Some class has no open call any more: which old files are done with? */
static void
drain(struct weir_journal *j)
{
    if (WEIR_LIKELY(__atomic_load_n(&j->nold, __ATOMIC_RELAXED) == 0)) {
        return;
    }
    (void) pthread_mutex_lock(&j->files);
    for (unsigned i = 0; i < j->nold; i++) {
        j->old[i].drained = j->old[i].drained
                            || !has_open_calls(j, &j->old[i]);
    }
    let_go(j);
    (void) pthread_mutex_unlock(&j->files);
}


static bool
has_open_calls(const struct weir_journal *j,
    const struct weir_journal_file *f)
{
    for (unsigned c = 0; c < WEIR_JOURNAL_CLASSES; c++) {
        if ((f->began[c / 64] >> c % 64 & 1) != 0 && j->class_calls[c] > 0) {
            return true;
        }
    }
    return false;
}


/* `files` is held: close what nobody needs. Unsynced files are kept for the
   syncing thread, where there is one. */
static void
let_go(struct weir_journal *j)
{
    unsigned  kept = 0;

    for (unsigned i = 0; i < j->nold; i++) {
        if (j->old[i].drained && (j->old[i].synced || !j->power)) {
            j->closed_early = j->closed_early || !j->old[i].synced;
            (void) close(j->old[i].fd);
        } else {
            j->old[kept++] = j->old[i];
        }
    }
    __atomic_store_n(&j->nold, kept, __ATOMIC_RELAXED);
}


/* `syncing` is held. The descriptors stay open meanwhile, because from the
   first line on nothing unsynced is closed, and only this closes the rest. */
static int
sync_files(struct weir_journal *j, uint64_t *upto)
{
    int       fds[WEIR_JOURNAL_OLD_MAX + 1];
    unsigned  n = 0;
    uint32_t  last;
    bool      named = true, closed_early;

    (void) pthread_mutex_lock(&j->files);
    j->power = true;
    closed_early = j->closed_early;
    for (unsigned i = 0; i < j->nold; i++) {
        if (!j->old[i].synced) {
            fds[n++] = j->old[i].fd;
            named = named && j->old[i].named;
        }
    }
    fds[n++] = j->now.fd;
    named = named && j->now.named;
    last = j->now.seq;
    *upto = __atomic_load_n(&j->appended, __ATOMIC_ACQUIRE);
    (void) pthread_mutex_unlock(&j->files);

    /* Files of the time before anybody asked for syncs: once. */
    if (closed_early && j->os->syncfs(j->dir) != 0) {
        return WEIR_E_IO;
    }
    for (unsigned i = 0; i < n; i++) {
        if (j->os->fdatasync(fds[i]) != 0) {
            return WEIR_E_IO;
        }
    }
    if (!named && fsync(j->dir) != 0) {
        return WEIR_E_IO;
    }

    (void) pthread_mutex_lock(&j->files);
    j->closed_early = false;
    for (unsigned i = 0; i < j->nold; i++) {
        j->old[i].named = j->old[i].named || j->old[i].seq <= last;
        /* What was current a moment ago and is old now may have grown since:
           the next sync takes it again. */
        j->old[i].synced = j->old[i].synced || j->old[i].seq < last;
    }
    j->now.named = j->now.named || j->now.seq <= last;
    let_go(j);
    (void) pthread_mutex_unlock(&j->files);
    return WEIR_OK;
}
