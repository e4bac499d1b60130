/*
 * worker.c: which snapshot each worker has tried. Whoever publishes one can
 * wait until it is in force everywhere, so that what he then says of it
 * ("the key is revoked") is true of the next call.
 */
#include "account/account_internal.h"

#define LOAD(p)      __atomic_load_n((p), __ATOMIC_RELAXED)
#define STORE(p, v)  __atomic_store_n((p), (v), __ATOMIC_RELAXED)


/* The cell of this process, taken if it has none; NULL: all are taken by
   others that live. The lock is held. */
static struct weir_worker_cell *
take(struct weir_account *a)
{
    const struct weir_owner   self = weir_account_self(a);
    struct weir_worker_cell  *free = NULL;

    for (unsigned i = 0; i < WEIR_WORKERS_MAX; i++) {
        struct weir_worker_cell *const  c = &a->workers[i];
        const struct weir_owner         o = { c->owner, c->owner_start };

        if (o.pid == self.pid && o.start == self.start) {
            return c;
        }
        if (free == NULL && !weir_owner_lives(o)) {
            free = c;
        }
    }
    if (free != NULL) {
        free->owner = 0;
        free->used_kb = free->max_kb = free->refused = 0;
        free->tried = 0;
        free->in_force = 0;
        free->owner_start = self.start;
        __atomic_store_n(&free->owner, self.pid, __ATOMIC_RELEASE);
    }
    return free;
}


void
weir_account_tried(struct weir_account *a, uint64_t generation, bool good)
{
    struct weir_worker_cell  *c;

    if (!weir_account_lock(a)) {
        return;
    }
    c = take(a);
    if (c != NULL) {
        if (good) {
            __atomic_store_n(&c->in_force, generation, __ATOMIC_RELAXED);
        }
        __atomic_store_n(&c->tried, generation, __ATOMIC_RELEASE);
    }
    weir_account_unlock(a);
}


void
weir_account_memory(struct weir_account *a, size_t used, size_t max,
    uint64_t refused)
{
    const struct weir_owner  self = weir_account_self(a);

    for (unsigned i = 0; i < WEIR_WORKERS_MAX; i++) {
        struct weir_worker_cell *const  c = &a->workers[i];

        if (__atomic_load_n(&c->owner, __ATOMIC_RELAXED) == self.pid
            && c->owner_start == self.start)
        {
            STORE(&c->used_kb, (uint32_t) (used >> 10));
            STORE(&c->max_kb, (uint32_t) (max >> 10));
            STORE(&c->refused, (uint32_t) refused);
            break;
        }
    }
}


void
weir_account_workers(const struct weir_account *a, uint64_t generation,
    struct weir_workers *out)
{
    *out = (struct weir_workers) { 0 };
    for (unsigned i = 0; i < WEIR_WORKERS_MAX; i++) {
        const struct weir_worker_cell *const  c = &a->workers[i];
        struct weir_owner                     o;

        o.pid = __atomic_load_n(&c->owner, __ATOMIC_ACQUIRE);
        if (o.pid == 0) {
            continue;
        }
        o.start = __atomic_load_n(&c->owner_start, __ATOMIC_RELAXED);
        if (!weir_owner_lives(o)) {
            continue;
        }
        out->alive++;
        out->memory_used += (uint64_t) LOAD(&c->used_kb) << 10;
        out->memory_max += (uint64_t) LOAD(&c->max_kb) << 10;
        out->memory_refused += LOAD(&c->refused);
        if (__atomic_load_n(&c->tried, __ATOMIC_ACQUIRE) < generation) {
            out->behind++;
        } else if (__atomic_load_n(&c->in_force, __ATOMIC_RELAXED)
                   < generation)
        {
            out->refused++;
        }
    }
}
