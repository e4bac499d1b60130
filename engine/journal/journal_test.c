/*
 * journal_test.c: the writer in one process: files, locks, rolling, syncing
 * from another thread, and a reader beside it.
 */
#include "journal_sample.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int  dir;

static const struct weir_journal_os  small_os = {
    pwrite, posix_fallocate, fdatasync, syncfs, weir_journal_map
};


static bool
begin(struct weir_journal *j, uint64_t call, uint64_t *position)
{
    struct sample  s;
    uint64_t       seed = call * 2 + 1;

    sample_begin(&s, &seed, call);
    return weir_journal_begin(j, &s.begin, position) == WEIR_OK;
}


static bool
end(struct weir_journal *j, uint64_t call, uint64_t *position)
{
    struct sample  s;
    uint64_t       seed = call * 2 + 2;

    sample_end(&s, &seed, call, call % 4);
    return weir_journal_end(j, &s.end, position) == WEIR_OK;
}


/* What call and kind a frame must be is in its id. */
static bool
frame_right(const struct weir_frame *f)
{
    static struct sample  s;
    uint64_t              call, seed;

    memcpy(&call, (f->kind == WEIR_FRAME_BEGIN ? f->begin.call_id
                                               : f->end.call_id) + 6, 8);
    seed = call * 2 + (f->kind == WEIR_FRAME_BEGIN ? 1 : 2);
    if (f->kind == WEIR_FRAME_BEGIN) {
        sample_begin(&s, &seed, call);
    } else {
        sample_end(&s, &seed, call, call % 4);
    }
    return sample_is(&s, f);
}


/* Frames of a file, all right; -1 when something else than the end came. */
static int
count(const char *name)
{
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    int                          n = 0, rc;

    if (weir_journal_read_open(&r, dir, name, 0) != WEIR_OK) {
        return -1;
    }
    while ((rc = weir_journal_read(r, &f)) == WEIR_OK) {
        CHECK(frame_right(&f));
        n++;
    }
    weir_journal_read_close(r);
    return rc == WEIR_DONE && f.at == f.next ? n : -1;
}


static void
test_life(void)
{
    struct weir_journal  *j, *k;
    struct stat           st;
    char                  name[64], other[64];
    uint64_t              p = 0, q = 0;

    CHECK(weir_journal_open(&j, dir) == WEIR_OK);
    CHECK(sample_file(dir, 0, name) && !sample_file(dir, 1, other));
    CHECK(fstatat(dir, name, &st, 0) == 0 && (st.st_mode & 07777) == 0600);
    CHECK(weir_journal_live(dir, name));
    CHECK(!weir_journal_live(dir, "missing"));
    CHECK(begin(j, 1, &p) && end(j, 1, &q) && q > p);
    CHECK(begin(j, 2, NULL) && end(j, 2, NULL));
    CHECK(count(name) == 4);

    /* A second writer of the same process and second has its own file. */
    CHECK(weir_journal_open(&k, dir) == WEIR_OK);
    CHECK(sample_file(dir, 1, other));
    CHECK(begin(k, 3, NULL));
    weir_journal_close(k);
    weir_journal_close(j);
    CHECK(!weir_journal_live(dir, name) && !weir_journal_live(dir, other));
    CHECK(count(name) + count(other) == 5);
    CHECK(fstatat(dir, name, &st, 0) == 0 && st.st_size < 16384);
    sample_clear(dir);
}


/* Calls that last over a roll: every frame once, old files locked exactly
   as long as a call of theirs is open. */
static void
test_roll(void)
{
    struct weir_journal  *j;
    char                  first[64], name[64];
    int                   frames = 0;
    unsigned              files = 0;

    CHECK(weir_journal_open_with(&j, dir, &small_os, 64 << 10) == WEIR_OK);
    CHECK(sample_file(dir, 0, first));
    CHECK(begin(j, 7, NULL));
    /* 20 ms a call: 100,000 calls later is another class of time. */
    for (uint64_t i = 100000; i < 100300; i++) {
        CHECK(begin(j, i, NULL) && end(j, i, NULL));
    }
    CHECK(sample_file(dir, 2, name) && j->now.seq >= 2);
    CHECK(weir_journal_live(dir, first));
    CHECK(!weir_journal_live(dir, name) || j->nold == 1);
    CHECK(end(j, 7, NULL));
    CHECK(!weir_journal_live(dir, first) && j->nold == 0);
    while (sample_file(dir, files, name)) {
        struct stat  st;
        const int    n = count(name);

        CHECK_MSG(n > 0, "%s: %d", name, n);
        CHECK(fstatat(dir, name, &st, 0) == 0);
        /* the frames, and zeros of the last claim */
        CHECK(st.st_size <= WEIR_JOURNAL_CHUNK);
        frames += n;
        files++;
    }
    CHECK_MSG(frames == 602 && files == j->now.seq + 1, "%d frames", frames);
    weir_journal_close(j);
    sample_clear(dir);
}


struct syncer {
    struct weir_journal  *j;
    uint64_t              wanted;      /* atomic */
    bool                  stop;        /* atomic */
    unsigned              syncs;
    unsigned              wrong;
};


static void *
sync_thread(void *arg)
{
    struct syncer  *s = arg;

    while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
        const uint64_t  p = __atomic_load_n(&s->wanted, __ATOMIC_ACQUIRE);

        s->wrong += weir_journal_sync(s->j, p) != WEIR_OK
                    || weir_journal_synced(s->j) < p;
        s->syncs++;
    }
    return NULL;
}


static unsigned  disk_syncs;

static int
count_sync(int fd)
{
    __atomic_add_fetch(&disk_syncs, 1, __ATOMIC_RELAXED);
    return fcntl(fd, F_GETFD) >= 0 ? 0 : -1;     /* still open? */
}


static unsigned  whole_syncs;

static int
count_syncfs(int fd)
{
    whole_syncs++;
    return fcntl(fd, F_GETFD) >= 0 ? 0 : -1;
}


static void
test_sync(void)
{
    const struct weir_journal_os  os = { pwrite, posix_fallocate,
                                         count_sync, count_syncfs };
    struct syncer                 s[2] = { { 0 } };
    pthread_t                     t[2];
    struct weir_journal          *j;
    uint64_t                      p = 0;

    CHECK(weir_journal_open_with(&j, dir, &os, 64 << 10) == WEIR_OK);
    /* Rolled before anyone asked: closed, and synced all the same later. */
    for (uint64_t i = 0; i < 100; i++) {
        CHECK(begin(j, i, NULL) && end(j, i, &p));
    }
    CHECK(j->closed_early && j->nold == 0);
    CHECK(weir_journal_synced(j) < p);
    CHECK(weir_journal_sync(j, p) == WEIR_OK && weir_journal_synced(j) == p);
    CHECK(!j->closed_early && disk_syncs == 1 && whole_syncs == 1);
    CHECK(weir_journal_sync(j, p) == WEIR_OK && disk_syncs == 1);
    CHECK(weir_journal_sync(j, p + 1) == WEIR_E_IO);

    for (int i = 0; i < 2; i++) {
        s[i].j = j;
        CHECK(pthread_create(&t[i], NULL, sync_thread, &s[i]) == 0);
    }
    for (uint64_t i = 100; i < 4000; i++) {
        if (!begin(j, i, NULL) || !end(j, i, &p)) {
            CHECK(false);
            break;
        }
        __atomic_store_n(&s[i % 2].wanted, p, __ATOMIC_RELEASE);
        /* A file a loop of the sync threads is more than any disk does. */
        if (i % 50 == 0) {
            (void) nanosleep(&(struct timespec) { 0, 100000 }, NULL);
        }
        if (i % 1000 == 0) {
            sample_clear(dir);      /* names are not needed any more */
        }
    }
    for (int i = 0; i < 2; i++) {
        __atomic_store_n(&s[i].stop, true, __ATOMIC_RELEASE);
        CHECK(pthread_join(t[i], NULL) == 0);
        CHECK(s[i].wrong == 0 && s[i].syncs > 0);
    }
    CHECK(weir_journal_sync(j, p) == WEIR_OK);
    CHECK_MSG(j->nold == 0, "%u old files", j->nold);
    weir_journal_close(j);
    sample_clear(dir);
}


/* A reader that polls while another process writes: every frame, in order,
   right, and no damage is ever seen. */
static void
test_beside(void)
{
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    char                         name[64];
    unsigned                     n = 0, ends = 0, looks = 0;
    int                          rc, go[2], status;
    pid_t                        pid;

    if (pipe(go) != 0) {
        abort();
    }
    pid = fork();
    if (pid == 0) {
        struct weir_journal  *j;
        char                  c = 'x';

        if (weir_journal_open(&j, dir) != WEIR_OK || write(go[1], &c, 1) != 1)
        {
            _exit(1);
        }
        for (uint64_t i = 0; i < 20000; i++) {
            if (!begin(j, i, NULL) || !end(j, i, NULL)) {
                _exit(1);
            }
        }
        _exit(0);
    }
    CHECK(read(go[0], name, 1) == 1 && sample_file(dir, 0, name));
    CHECK(weir_journal_read_open(&r, dir, name, 0) == WEIR_OK);
    for (bool live = true; ; ) {
        rc = weir_journal_read(r, &f);
        if (rc == WEIR_OK) {
            CHECK(frame_right(&f));
            n++;
            ends += f.kind == WEIR_FRAME_END;
            continue;
        }
        CHECK_MSG(rc == WEIR_DONE, "%d at %llu", rc,
                  (unsigned long long) f.at);
        looks++;
        if (!live) {
            break;
        }
        live = weir_journal_live(dir, name);
    }
    CHECK_MSG(n == 40000 && ends == 20000, "%u frames in %u looks", n, looks);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    weir_journal_read_close(r);
    sample_clear(dir);
}


/* The keeper writes ends of calls that others began. */
static void
test_foreign_end(void)
{
    struct weir_journal  *j;
    char                  name[64];

    CHECK(weir_journal_open(&j, dir) == WEIR_OK);
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK(end(j, i * 1000, NULL));
    }
    CHECK(j->calls == 0 && j->now.claimed >= j->now.written);
    CHECK(sample_file(dir, 0, name) && count(name) == 1000);
    weir_journal_close(j);
    sample_clear(dir);
}


int
main(void)
{
    char  folder[] = "/tmp/weir-journal-XXXXXX";

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    test_life();
    test_roll();
    test_sync();
    test_beside();
    test_foreign_end();
    CHECK(rmdir(folder) == 0);      /* no temporary file is left */
    return weir_test_done();
}
