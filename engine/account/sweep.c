/*
 * sweep.c: what dead processes held of a table: tickets, seats. One way for
 * both: /proc is asked without the lock, for a process once dead stays dead;
 * under the lock it is enough to see that the place is still the same.
 */
#include "account/account_internal.h"

static_assert(WEIR_TICKET_LIVE == WEIR_SEAT_LIVE, "one word for both");


/* Without the lock: may be wrong about a place that changes right now. */
static bool
read_place(const struct weir_place_held *h, struct weir_owner *o,
    uint32_t *turn)
{
    if (__atomic_load_n(h->state, __ATOMIC_ACQUIRE) != WEIR_TICKET_LIVE) {
        return false;
    }
    *turn = __atomic_load_n(h->turn, __ATOMIC_RELAXED);
    o->pid = __atomic_load_n(h->owner, __ATOMIC_RELAXED);
    o->start = __atomic_load_n(h->owner_start, __ATOMIC_RELAXED);
    return true;
}


unsigned
weir_account_sweep(struct weir_account *a, uint32_t used,
    const struct weir_sweep *s)
{
    struct weir_owner  known = { 0, 0 }, o;
    bool               lives = false;
    unsigned           n = 0;
    uint32_t           turn;

    used = used < WEIR_CALLS_MAX ? used : WEIR_CALLS_MAX;
    for (uint32_t i = 0; i < used; i++) {
        const struct weir_place_held  h = s->at(a, i);

        if (!read_place(&h, &o, &turn)) {
            continue;
        }
        /* Places of one process mostly stand together. */
        if (o.pid != known.pid || o.start != known.start) {
            known = o;
            lives = weir_owner_lives(o);
        }
        if (lives) {
            continue;
        }
        if (!weir_account_lock(a)) {
            break;
        }
        if (*h.state == WEIR_TICKET_LIVE && *h.turn == turn
            && *h.owner == o.pid && *h.owner_start == o.start)
        {
            n += s->give_back(a, i, s->ctx);
        }
        weir_account_unlock(a);
    }
    return n;
}
