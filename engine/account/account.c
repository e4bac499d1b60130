/*
 * account.c: reserve, settle, and what the keeper does, all under the one
 * lock of the file. account_layout.h says in which order things are stored
 * and why; STEP() marks the places where that order matters.
 *
 * Invariants while the lock is free and its last holder lived:
 *   slot.reserved = sum of amount of the slot's LIVE tickets
 *   slot.spent, slot.limit >= 0
 * and a reservation is only granted when spent + reserved <= limit after it.
 */
#include "account/account_internal.h"

#include <errno.h>
#include <time.h>

/*
 * The compiler may not move stores across. The processor needs no fence: a
 * process that dies has retired a prefix of its stores, all of which are
 * seen by whoever gets the lock from the kernel afterwards.
 */
#define STEP()  __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* How long a wait for the lock sleeps before it looks for itself. */
#define TURN_NS  10000000L

static void  recover(struct weir_account *a);
static void  redo(struct weir_account *a, uint32_t slot, weir_micro limit,
    weir_micro spent, uint32_t ticket);
static uint32_t  take(struct weir_account *a);
static void  give(struct weir_account *a, uint32_t i);
static weir_micro  plus(weir_micro a, weir_micro b);
static void  raise_to(uint32_t *mark, uint32_t n);


uint64_t
weir_account_generation(const struct weir_account *a)
{
    return __atomic_load_n(&a->head->generation, __ATOMIC_ACQUIRE);
}


void
weir_account_publish(struct weir_account *a, uint64_t generation)
{
    __atomic_store_n(&a->head->generation, generation, __ATOMIC_RELEASE);
}


int
weir_account_reserve(struct weir_account *a, uint32_t slot,
    weir_micro amount, const uint8_t call_id[16], uint32_t *ticket,
    weir_micro *left)
{
    const struct weir_owner      self = weir_account_self(a);
    struct weir_account_slot    *s;
    struct weir_account_ticket  *t;
    weir_micro                   free_now;
    uint32_t                     i;

    if (left != NULL) {
        *left = 0;
    }
    if (slot >= WEIR_GRANTS_MAX || amount < 0 || !weir_account_lock(a)) {
        return WEIR_E_INTERNAL;
    }
    s = &a->slots[slot];
    /* limit, spent, reserved >= 0: no difference of two overflows, and the
       order of the tests keeps the second one from doing so. */
    free_now = s->spent > s->limit || s->reserved > s->limit - s->spent
               ? -1 : s->limit - s->spent - s->reserved;
    if (left != NULL && free_now > 0) {
        *left = free_now;
    }
    if (amount > free_now) {
        weir_account_unlock(a);
        return WEIR_E_NO_FUNDS;
    }
    i = take(a);
    if (i == 0) {
        weir_account_unlock(a);
        return WEIR_E_TOO_MANY_CALLS;
    }
    t = &a->tickets[i - 1];
    t->turn++;
    t->amount = amount;
    t->slot = slot;
    t->owner = self.pid;
    t->owner_start = self.start;
    memcpy(t->call_id, call_id, sizeof(t->call_id));
    raise_to(&a->head->slots_used, slot + 1);
    STEP();
    s->reserved += amount;
    STEP();
    t->state = WEIR_TICKET_LIVE;
    STEP();
    *ticket = (t->turn & 0xffff) << 16 | (i - 1);
    if (left != NULL) {
        *left = free_now - amount;
    }
    weir_account_unlock(a);
    return WEIR_OK;
}


void
weir_account_settle(struct weir_account *a, uint32_t ticket,
    weir_micro spent)
{
    const uint32_t                     i = ticket & 0xffff;
    const struct weir_account_ticket  *t;

    if (i >= WEIR_CALLS_MAX || !weir_account_lock(a)) {
        return;
    }
    t = &a->tickets[i];
    if (t->state == WEIR_TICKET_LIVE && (t->turn & 0xffff) == ticket >> 16) {
        const struct weir_account_slot  *s = &a->slots[t->slot];

        redo(a, t->slot, s->limit, plus(s->spent, spent > 0 ? spent : 0),
             i + 1);
    }
    weir_account_unlock(a);
}


void
weir_account_read(struct weir_account *a, uint32_t slot,
    struct weir_account_state *out)
{
    *out = (struct weir_account_state) { 0, 0, 0 };
    if (slot >= WEIR_GRANTS_MAX || !weir_account_lock(a)) {
        return;
    }
    out->limit = a->slots[slot].limit;
    out->spent = a->slots[slot].spent;
    out->reserved = a->slots[slot].reserved;
    weir_account_unlock(a);
}


void
weir_account_set(struct weir_account *a, uint32_t slot, weir_micro limit,
    weir_micro spent)
{
    if (slot >= WEIR_GRANTS_MAX || !weir_account_lock(a)) {
        return;
    }
    redo(a, slot, limit > 0 ? limit : 0, spent > 0 ? spent : 0, 0);
    weir_account_unlock(a);
}


void
weir_account_adjust(struct weir_account *a, uint32_t slot, weir_micro limit,
    weir_micro spent_change)
{
    weir_micro  spent;

    if (slot >= WEIR_GRANTS_MAX || !weir_account_lock(a)) {
        return;
    }
    spent = plus(a->slots[slot].spent, spent_change);
    redo(a, slot, limit > 0 ? limit : 0, spent > 0 ? spent : 0, 0);
    weir_account_unlock(a);
}


struct reclaim {
    weir_account_reclaim_pt  decide;
    void                    *ctx;
};


static struct weir_place_held
ticket_at(const struct weir_account *a, uint32_t i)
{
    const struct weir_account_ticket *const  t = &a->tickets[i];

    return (struct weir_place_held) { &t->state, &t->turn, &t->owner,
                                      &t->owner_start };
}


static bool
settle_dead(struct weir_account *a, uint32_t i, void *ctx)
{
    const struct reclaim *const              r = ctx;
    const struct weir_account_ticket *const  t = &a->tickets[i];
    const struct weir_account_slot *const    s = &a->slots[t->slot];
    const weir_micro  charge = r->decide(r->ctx, t->call_id, t->slot,
                                         t->amount);

    if (charge >= 0) {
        redo(a, t->slot, s->limit, plus(s->spent, charge), i + 1);
    }
    return charge >= 0;
}


unsigned
weir_account_reclaim(struct weir_account *a,
    weir_account_reclaim_pt decide, void *ctx)
{
    struct reclaim           r = { decide, ctx };
    const struct weir_sweep  s = { ticket_at, settle_dead, &r };

    return weir_account_sweep(a, __atomic_load_n(&a->head->tickets_used,
                                                 __ATOMIC_RELAXED), &s);
}


bool
weir_account_lock(struct weir_account *a)
{
    int  rc = pthread_mutex_trylock(&a->head->lock);

    /*
     * Waited for in turns, since a robust mutex can lose a wake-up: A
     * unlocks and is killed before it wakes B, who waits; C takes the lock
     * meanwhile, knows of no waiter, and wakes nobody when it is done. B
     * would sleep over a free lock until somebody else had to wait too.
     */
    while (WEIR_UNLIKELY(rc == EBUSY || rc == ETIMEDOUT)) {
        struct timespec  until;

        (void) clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TURN_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        rc = pthread_mutex_clocklock(&a->head->lock, CLOCK_MONOTONIC,
                                     &until);
    }
    if (WEIR_LIKELY(rc == 0)) {
        return true;
    }
    if (rc != EOWNERDEAD) {
        return false;
    }
    recover(a);
    /* Only now: who dies in recover leaves the lock to be recovered again. */
    (void) pthread_mutex_consistent(&a->head->lock);
    return true;
}


void
weir_account_unlock(struct weir_account *a)
{
    (void) pthread_mutex_unlock(&a->head->lock);
}


bool
weir_account_is_sane(const struct weir_account *a)
{
    const struct weir_account_head  *h = a->head;
    uint32_t                         listed = 0, unused = 0;

    if (h->redo.armed || h->tickets_used > WEIR_CALLS_MAX
        || h->slots_used > WEIR_GRANTS_MAX)
    {
        return false;
    }
    for (uint32_t i = h->free_head; i != 0; i = a->tickets[i - 1].next) {
        if (i > h->tickets_used || listed++ > h->tickets_used
            || a->tickets[i - 1].state != WEIR_TICKET_FREE)
        {
            return false;
        }
    }
    for (uint32_t i = 0; i < h->tickets_used; i++) {
        unused += a->tickets[i].state == WEIR_TICKET_FREE;
    }
    for (uint32_t k = 0; k < h->slots_used; k++) {
        const struct weir_account_slot  *s = &a->slots[k];
        __int128                         sum = 0;

        for (uint32_t i = 0; i < h->tickets_used; i++) {
            const struct weir_account_ticket  *t = &a->tickets[i];

            sum += t->state == WEIR_TICKET_LIVE && t->slot == k ? t->amount
                                                                : 0;
        }
        if (sum != s->reserved || s->spent < 0 || s->limit < 0) {
            return false;
        }
    }
    return listed == unused && weir_meter_is_sane(a);
}


static void
recover(struct weir_account *a)
{
    struct weir_account_head  *h = a->head;

    if (h->redo.armed) {
        if (h->redo.slot < WEIR_GRANTS_MAX) {
            a->slots[h->redo.slot].limit = h->redo.limit;
            a->slots[h->redo.slot].spent = h->redo.spent;
        }
        if (h->redo.ticket > 0 && h->redo.ticket <= WEIR_CALLS_MAX) {
            a->tickets[h->redo.ticket - 1].state = WEIR_TICKET_FREE;
        }
        STEP();
        h->redo.armed = 0;
    }
    for (uint32_t k = 0; k < h->slots_used && k < WEIR_GRANTS_MAX; k++) {
        a->slots[k].reserved = 0;
    }
    h->free_head = 0;
    for (uint32_t i = h->tickets_used; i > 0; i--) {
        struct weir_account_ticket  *t = &a->tickets[i - 1];

        if (t->state == WEIR_TICKET_LIVE && t->slot < WEIR_GRANTS_MAX) {
            a->slots[t->slot].reserved += t->amount;
        } else {
            t->state = WEIR_TICKET_FREE;
            t->next = h->free_head;
            h->free_head = i;
        }
    }
    weir_meter_recover(a);
    h->recoveries++;
}


/* Bring a slot to a new limit and spent and end a ticket (index + 1; 0:
   none), so that all of it or nothing happens whoever dies. */
static void
redo(struct weir_account *a, uint32_t slot, weir_micro limit,
    weir_micro spent, uint32_t ticket)
{
    struct weir_account_redo  *r = &a->head->redo;
    struct weir_account_slot  *s = &a->slots[slot];

    raise_to(&a->head->slots_used, slot + 1);
    r->slot = slot;
    r->limit = limit;
    r->spent = spent;
    r->ticket = ticket;
    STEP();
    r->armed = 1;
    STEP();
    s->limit = limit;
    s->spent = spent;
    if (ticket != 0) {
        a->tickets[ticket - 1].state = WEIR_TICKET_FREE;
        s->reserved -= a->tickets[ticket - 1].amount;
        give(a, ticket);
    }
    STEP();
    r->armed = 0;
    STEP();
}


/* A free ticket, index + 1, or 0. The last one given back comes first: its
   line is still in the cache, and few pages are ever touched. */
static uint32_t
take(struct weir_account *a)
{
    struct weir_account_head  *h = a->head;
    const uint32_t             i = h->free_head;

    if (i != 0) {
        weir_assert(i <= h->tickets_used);
        h->free_head = a->tickets[i - 1].next;
        return i;
    }
    if (h->tickets_used >= WEIR_CALLS_MAX) {
        return 0;
    }
    return ++h->tickets_used;
}


static void
give(struct weir_account *a, uint32_t i)
{
    a->tickets[i - 1].next = a->head->free_head;
    a->head->free_head = i;
}


/* Saturating: a sum that is too great to hold stays at the greatest. */
static weir_micro
plus(weir_micro a, weir_micro b)
{
    weir_micro  sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return b > 0 ? INT64_MAX : INT64_MIN;
    }
    return sum;
}


static void
raise_to(uint32_t *mark, uint32_t n)
{
    if (*mark < n) {
        *mark = n;
    }
}
