/*
 * publish.c: the register becomes a snapshot, and the snapshot becomes law.
 *
 * Order, so that a crash at any point leaves the old or the new whole:
 *
 *   1. snapshot/<generation>.wsn   temporary file, fsync, rename
 *   2. COMMIT of the register with that generation
 *   3. limits of the grants in the account file
 *   4. snapshot/current -> <generation>.wsn   (a symlink, renamed over)
 *   5. the generation in the account file: the workers see it and map
 *   6. a wait until they have: who is told that a key is revoked may rely on
 *      it with the next call
 *
 * Between 1 and 2 the file is an orphan that the next try writes over;
 * after 2 the start (weir_publish_resume) does the rest again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "hosts.h"
#include "keeper.h"
#include "weir/error.h"
#include "weir/snapshot.h"

#define NAME_BYTES  32
#define AWAIT_MS    1000     /* a worker that is stuck holds nobody up longer */

struct keys {
    struct weir_key_in  *at;
    size_t               n, cap;
};

static int  compile(struct weir_keeper *k, uint64_t generation,
    struct weir_notes *notes);
static int  key_of(void *ctx, const struct weir_stored_key *stored);
static int  into_force(struct weir_keeper *k, uint64_t generation);
static void  await(struct weir_keeper *k);
static void  prune(struct weir_keeper *k);
static uint64_t  newest_file(struct weir_keeper *k);


static void
name_of(uint64_t generation, char out[NAME_BYTES])
{
    snprintf(out, NAME_BYTES, "%" PRIu64 ".wsn", generation);
}


int
weir_publish(struct weir_keeper *k, struct weir_notes *notes)
{
    uint64_t  generation;
    int       rc;

    /* Never a number that a worker may know already: a database that was
       lost begins behind the files. */
    rc = k->store->meta_get(k->store, "generation", &generation);
    if (rc == WEIR_OK) {
        const uint64_t  seen = newest_file(k);

        generation = generation > k->generation ? generation : k->generation;
        generation = (generation > seen ? generation : seen) + 1;
        weir_hosts_begin(k->hosts);
        rc = compile(k, generation, notes);
    }
    if (rc == WEIR_OK) {
        rc = k->store->meta_set(k->store, "generation", generation);
        if (rc == WEIR_OK) {
            rc = k->store->commit(k->store);
        }
        if (rc != WEIR_OK) {
            weir_notes_add(notes, false, "", 0, 0, "the register cannot be "
                           "written: %s", k->store->error(k->store));
        }
    }
    if (rc != WEIR_OK) {
        k->store->rollback(k->store);
        memset(k->shift, 0, sizeof(k->shift));
        weir_hosts_end(k->hosts, false);
        return rc;
    }
    rc = weir_grants_load(k, false);
    if (rc == WEIR_OK) {
        rc = into_force(k, generation);
    }
    weir_hosts_end(k->hosts, rc == WEIR_OK);
    if (rc != WEIR_OK) {
        /* Committed, not in force: the workers go on under the old one. */
        weir_notes_add(notes, false, "", 0, 0, "the register was changed, "
                       "but snapshot %" PRIu64 " could not be put into "
                       "force (%s); restart the keeper to try again",
                       generation, weir_error_info(rc)->en);
    }
    return rc;
}


/* The addresses that the snapshot has were known once. */
static void
seed(struct weir_keeper *k, const struct weir_snapshot *snap)
{
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_UPSTREAMS]; i++) {
        const struct weir_snap_upstream *const  u = &snap->upstreams[i];
        struct weir_url                         url = { .port = u->port };
        struct weir_snap_address                at[WEIR_URL_ADDRESSES_MAX];


        snprintf(url.host, sizeof(url.host), "%s",
                 weir_snap_text(snap, u->host));
        if (weir_url_addresses(&url, NULL, at) == 0) {
            weir_hosts_seed(k->hosts, url.host, &snap->addresses[u->address],
                            u->addresses);
        }
    }
}


/* Names have other addresses than before: the same register, compiled anew. */
void
weir_publish_hosts(struct weir_keeper *k)
{
    const uint64_t      now = k->now_ms();
    struct weir_notes   notes = { 0 };
    char                host[WEIR_HOST_BYTES_MAX];
    int                 rc;

    if ((now < k->hosts_next_ms
         && k->hosts_next_ms - now <= WEIR_HOSTS_AGAIN_MS)
        || !weir_hosts_changed(k->hosts, host, sizeof(host)))
    {
        return;
    }
    weir_keeper_log("%s has other addresses", host);
    rc = k->store->begin(k->store);
    if (rc == WEIR_OK) {
        rc = weir_publish(k, &notes);
    }
    if (rc != WEIR_OK) {
        weir_keeper_log("its addresses stay as they were: %s", notes.n > 0
                        ? notes.at[0].message : weir_error_info(rc)->en);
        k->hosts_next_ms = now + WEIR_HOSTS_AGAIN_MS;
    }
    weir_notes_release(&notes);
}


int
weir_publish_resume(struct weir_keeper *k, struct weir_notes *notes)
{
    struct weir_snapshot  snap;
    char                  name[NAME_BYTES];
    uint64_t              generation;
    int                   rc;

    rc = k->store->meta_get(k->store, "generation", &generation);
    if (rc != WEIR_OK) {
        return rc;
    }
    if (generation > 0) {
        name_of(generation, name);
        rc = weir_snapshot_map(&snap, k->snapshot_fd, name);
        if (rc == WEIR_OK) {
            const bool  same = snap.generation == generation;

            if (same) {
                seed(k, &snap);
            }
            weir_snapshot_close(&snap);
            if (same) {
                return into_force(k, generation);
            }
        }
        weir_keeper_log("snapshot %" PRIu64 " is missing or damaged; it is "
                        "compiled anew", generation);
    }
    rc = k->store->begin(k->store);
    return rc == WEIR_OK ? weir_publish(k, notes) : rc;
}


static int
slot_in(void *ctx, const struct weir_stored_slot *s)
{
    struct weir_slot_in  **next = ctx;

    snprintf((*next)->scenario, sizeof((*next)->scenario), "%s",
             s->scenario);
    snprintf((*next)->fund, sizeof((*next)->fund), "%s", s->fund);
    (*next)->slot = s->slot;
    (*next)++;
    return 0;
}


static int
compile(struct weir_keeper *k, uint64_t generation, struct weir_notes *notes)
{
    struct weir_resources   all = { 0 };
    struct keys             keys = { 0 };
    struct weir_slot_in    *slots, *end;
    struct weir_mem        *mem = weir_mem_open(0);
    struct weir_buf         out;
    struct timespec         before, after;
    char                    name[NAME_BYTES];
    int                     rc;

    clock_gettime(CLOCK_MONOTONIC, &before);
    slots = end = calloc(WEIR_GRANTS_MAX, sizeof(*slots));
    if (mem == NULL || slots == NULL) {
        free(slots);
        weir_mem_close(mem);
        return WEIR_E_NO_MEMORY;
    }
    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    rc = weir_registry_load(k, &all);
    if (rc == WEIR_OK) {
        rc = weir_grants_assign(k, &all, notes);
    }
    if (rc == WEIR_OK) {
        rc = k->store->key_each(k->store, key_of, &keys);
    }
    if (rc == WEIR_OK) {
        rc = k->store->slot_each(k->store, slot_in, &end);
    }
    if (rc == WEIR_OK) {
        const struct weir_addresses   addresses = { weir_hosts_find,
                                                    k->hosts };
        const struct weir_compile_in  in = {
            .resources = all.at, .nresources = all.n,
            .keys = keys.at, .nkeys = keys.n,
            .slots = slots, .nslots = (size_t) (end - slots),
            .packs = k->packs, .generation = generation,
            .now_ms = k->now_ms(), .addresses = &addresses,
        };

        rc = weir_compile(&in, &out, notes);
    }
    if (rc == WEIR_OK) {
        name_of(generation, name);
        rc = weir_file_put(k->snapshot_fd, name, out.at, out.len);
    }
    if (rc != WEIR_OK && !notes->failed) {
        weir_notes_add(notes, false, "", 0, 0, "the snapshot cannot be made: "
                       "%s", weir_error_info(rc)->en);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    k->built_us = (uint64_t) ((after.tv_sec - before.tv_sec) * 1000000
                              + (after.tv_nsec - before.tv_nsec) / 1000);
    weir_buf_release(&out);
    weir_mem_close(mem);
    weir_resources_release(&all);
    free(keys.at);
    free(slots);
    /* A compilation takes some ten times what the keeper needs between two. */
    (void) malloc_trim(0);
    return rc;
}


static int
key_of(void *ctx, const struct weir_stored_key *stored)
{
    struct keys         *keys = ctx;
    struct weir_key_in  *key;

    if (stored->revoked_ms != 0) {
        return 0;
    }
    if (keys->n == keys->cap) {
        const size_t  cap = keys->cap == 0 ? 64 : keys->cap * 2;

        key = realloc(keys->at, cap * sizeof(*key));
        if (key == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        keys->at = key;
        keys->cap = cap;
    }
    key = &keys->at[keys->n++];
    memset(key, 0, sizeof(*key));
    snprintf(key->id, sizeof(key->id), "%s", stored->id);
    snprintf(key->scenario, sizeof(key->scenario), "%s", stored->scenario);
    memcpy(key->digest, stored->digest, sizeof(key->digest));
    key->until_ms = stored->until_ms;
    return 0;
}


static int
into_force(struct weir_keeper *k, uint64_t generation)
{
    char  name[NAME_BYTES];

    name_of(generation, name);
    (void) unlinkat(k->snapshot_fd, ".current.new", 0);
    if (symlinkat(name, k->snapshot_fd, ".current.new") != 0
        || renameat(k->snapshot_fd, ".current.new", k->snapshot_fd,
                    "current") != 0)
    {
        weir_keeper_log("snapshot/current: %s", strerror(errno));
        return WEIR_E_IO;
    }
    k->generation = generation;
    k->built_ms = k->now_ms();
    weir_account_publish(k->account, generation);
    await(k);
    prune(k);
    return WEIR_OK;
}


/* Workers look ten times a second, and with each call. */
static void
await(struct weir_keeper *k)
{
    const struct timespec  pause = { 0, 2000000 };
    struct weir_workers    w;

    for (unsigned i = 0; i < AWAIT_MS / 2; i++) {
        weir_account_workers(k->account, k->generation, &w);
        if (w.behind == 0) {
            break;
        }
        (void) nanosleep(&pause, NULL);
    }
    if (w.behind != 0 || w.refused != 0) {
        weir_keeper_log("snapshot %" PRIu64 ": of %u workers, %u refused it "
                        "and %u have not tried it yet", k->generation,
                        w.alive, w.refused, w.behind);
        return;
    }
    weir_keeper_log("snapshot %" PRIu64 " is in force", k->generation);
}


/* The number in "<n>.wsn", or 0. */
static uint64_t
number_of(const char *name)
{
    char      *end;
    uint64_t   n;

    if (name[0] < '1' || name[0] > '9') {
        return 0;
    }
    errno = 0;
    n = strtoull(name, &end, 10);
    return errno == 0 && strcmp(end, ".wsn") == 0 ? n : 0;
}


static DIR *
list(const struct weir_keeper *k)
{
    const int  fd = openat(k->snapshot_fd, ".", O_RDONLY | O_DIRECTORY
                                                | O_CLOEXEC);
    DIR       *d = fd >= 0 ? fdopendir(fd) : NULL;

    if (d == NULL && fd >= 0) {
        close(fd);
    }
    return d;
}


/* A worker that is slow to notice may still map one of the last few. */
static void
prune(struct weir_keeper *k)
{
    DIR            *d = list(k);
    struct dirent  *e;

    while (d != NULL && (e = readdir(d)) != NULL) {
        const uint64_t  n = number_of(e->d_name);

        if (n != 0 && n + WEIR_SNAPSHOTS_KEPT <= k->generation) {
            (void) unlinkat(k->snapshot_fd, e->d_name, 0);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
}


static uint64_t
newest_file(struct weir_keeper *k)
{
    char           target[NAME_BYTES];
    const ssize_t  n = readlinkat(k->snapshot_fd, "current", target,
                                  sizeof(target) - 1);

    if (n <= 0) {
        return 0;
    }
    target[n] = '\0';
    return number_of(target);
}
