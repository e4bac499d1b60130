/*
 * snapshot.c: open a snapshot and look things up in it.
 *
 * Order of trust: the head by its own checksum, then all else by the crc in
 * the head, then the section table, then every reference (snapshot_check.c).
 * Nothing behind weir_snapshot_open checks an offset again.
 */
#include "weir/snapshot.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/limits.h"
#include "snapshot/snapshot_check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


static bool
head_good(const struct weir_snap_head *head, const uint8_t *at, size_t size)
{
    struct weir_snap_head  copy = *head;

    copy.head_crc = 0;
    if (memcmp(head->magic, WEIR_SNAP_MAGIC, sizeof(head->magic)) != 0
        || head->version != WEIR_SNAP_VERSION
        || head->sections != WEIR_SNAP_KINDS
        || head->size != size
        || weir_crc32c(0, &copy, sizeof(copy)) != head->head_crc)
    {
        return false;
    }
    for (size_t i = 0; i < sizeof(head->reserved); i++) {
        if (head->reserved[i] != 0) {
            return false;
        }
    }
    return weir_crc32c(0, at + sizeof(copy), size - sizeof(copy))
           == head->crc;
}


/* Sections stand in the order of the enum, aligned, one behind the other. */
static bool
sections_good(const struct weir_snap_section *table, size_t size)
{
    uint64_t  end = sizeof(struct weir_snap_head)
                    + WEIR_SNAP_KINDS * sizeof(struct weir_snap_section);

    for (uint32_t k = 0; k < WEIR_SNAP_KINDS; k++) {
        const struct weir_snap_section  *s = &table[k];

        if (s->kind != k
            || s->at % WEIR_SNAP_ALIGN != 0
            || s->at < end || s->at > size || s->size > size - s->at
            || s->size != s->count * (uint64_t) weir_snap_record_size(k))
        {
            return false;
        }
        end = s->at + s->size;
    }
    return true;
}


static void
sections_take(struct weir_snapshot *snap,
    const struct weir_snap_section *table)
{
    const void  *p[WEIR_SNAP_KINDS];

    for (uint32_t k = 0; k < WEIR_SNAP_KINDS; k++) {
        p[k] = snap->at + table[k].at;
        snap->counts[k] = table[k].count;
    }
    snap->strings = p[WEIR_SNAP_STRINGS];
    snap->upstreams = p[WEIR_SNAP_UPSTREAMS];
    snap->addresses = p[WEIR_SNAP_ADDRESSES];
    snap->models = p[WEIR_SNAP_MODELS];
    snap->refs = p[WEIR_SNAP_REFS];
    snap->grants = p[WEIR_SNAP_GRANTS];
    snap->scenarios = p[WEIR_SNAP_SCENARIOS];
    snap->keys = p[WEIR_SNAP_KEYS];
    snap->rules = p[WEIR_SNAP_RULES];
    snap->profile_rules = p[WEIR_SNAP_PROFILE_RULES];
    snap->profiles = p[WEIR_SNAP_PROFILES];
    snap->matchers = p[WEIR_SNAP_MATCHERS];
    snap->limits = p[WEIR_SNAP_LIMITS];
    snap->routes = p[WEIR_SNAP_ROUTES];
}


static void
patterns_close(struct weir_snapshot *snap)
{
    if (snap->patterns != NULL) {
        for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_PROFILES]; i++) {
            weir_patterns_close(snap->patterns[i]);
        }
        free(snap->patterns);
        snap->patterns = NULL;
    }
}


/* Compile the regexes of the profiles, if any has some. */
static int
patterns_open(struct weir_snapshot *snap)
{
    const uint32_t         n = snap->counts[WEIR_SNAP_PROFILES];
    struct weir_patterns  *p;
    int                    rc = WEIR_OK;

    for (uint32_t i = 0; i < n && rc == WEIR_OK; i++) {
        if (snap->profiles[i].matcher_size == 0) {
            continue;
        }
        rc = weir_patterns_open(&p, (const void *) (snap->matchers
                                                + snap->profiles[i].matcher));
        if (rc != WEIR_OK || p == NULL) {
            continue;
        }
        if (snap->patterns == NULL) {
            snap->patterns = calloc(n, sizeof(struct weir_patterns *));
        }
        if (snap->patterns == NULL) {
            weir_patterns_close(p);
            rc = WEIR_E_NO_MEMORY;
        } else {
            snap->patterns[i] = p;
        }
    }
    if (rc != WEIR_OK) {
        patterns_close(snap);
    }
    return rc;
}


int
weir_snapshot_open(struct weir_snapshot *snap, const void *at, size_t size)
{
    const size_t                     least = sizeof(struct weir_snap_head)
        + WEIR_SNAP_KINDS * sizeof(struct weir_snap_section);
    const struct weir_snap_head     *head = at;
    const struct weir_snap_section  *table;
    int                              rc;

    *snap = (struct weir_snapshot) { 0 };
    if (at == NULL || (uintptr_t) at % 8 != 0 || size < least
        || size > WEIR_SNAPSHOT_BYTES_MAX || !head_good(head, at, size))
    {
        return WEIR_E_SNAPSHOT_BAD;
    }
    table = (const void *) ((const uint8_t *) at + sizeof(*head));
    if (!sections_good(table, size)) {
        return WEIR_E_SNAPSHOT_BAD;
    }
    snap->at = at;
    snap->size = size;
    snap->generation = head->generation;
    sections_take(snap, table);
    if (!weir_snap_sane(snap)) {
        *snap = (struct weir_snapshot) { 0 };
        return WEIR_E_SNAPSHOT_BAD;
    }
    rc = patterns_open(snap);
    if (rc != WEIR_OK) {
        *snap = (struct weir_snapshot) { 0 };
    }
    return rc;
}


int
weir_snapshot_map(struct weir_snapshot *snap, int dirfd, const char *name)
{
    const int    fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
    struct stat  st;
    size_t       size;
    void        *at;
    int          rc;

    *snap = (struct weir_snapshot) { 0 };
    if (fd == -1) {
        return WEIR_E_IO;
    }
    if (fstat(fd, &st) != 0) {
        (void) close(fd);
        return WEIR_E_IO;
    }
    if (!S_ISREG(st.st_mode) || st.st_size <= 0
        || (uint64_t) st.st_size > WEIR_SNAPSHOT_BYTES_MAX)
    {
        (void) close(fd);
        return WEIR_E_SNAPSHOT_BAD;
    }
    size = (size_t) st.st_size;
    at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    (void) close(fd);
    if (at == MAP_FAILED) {
        return WEIR_E_IO;
    }
    rc = weir_snapshot_open(snap, at, size);
    if (rc != WEIR_OK) {
        (void) munmap(at, size);
        return rc;
    }
    snap->mapped = true;
    return WEIR_OK;
}


void
weir_snapshot_close(struct weir_snapshot *snap)
{
    patterns_close(snap);
    if (snap->mapped) {
        (void) munmap((void *) (uintptr_t) snap->at, snap->size);
    }
    *snap = (struct weir_snapshot) { 0 };
}


const struct weir_snap_key *
weir_snapshot_key(const struct weir_snapshot *snap, const uint8_t digest[32])
{
    uint32_t  low = 0, high = snap->counts[WEIR_SNAP_KEYS];

    while (low < high) {
        const uint32_t  mid = low + (high - low) / 2;
        const int       order = memcmp(snap->keys[mid].digest, digest, 32);

        if (order == 0) {
            return &snap->keys[mid];
        }
        if (order < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}


const struct weir_snap_model *
weir_snapshot_model(const struct weir_snapshot *snap,
    const struct weir_snap_scenario *sc, struct weir_span name)
{
    for (uint32_t i = 0; i < sc->models; i++) {
        const struct weir_snap_model  *m =
            &snap->models[snap->refs[sc->model + i]];

        if (m->name.len == name.len
            && memcmp(snap->strings + m->name.at, name.at, name.len) == 0)
        {
            return m;
        }
    }
    return NULL;
}
