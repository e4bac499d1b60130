/*
 * meter.c: who may enter now, under the one lock of the account file.
 * meter_layout.h says what stands where and what a death leaves behind.
 *
 * Invariants while the lock is free and its last holder lived:
 *   window.sum = sum of its buckets
 *   meter.calls = number of LIVE seats that name it
 */
#include "account/account_internal.h"
#include "weir/meter.h"

#include <time.h>

/* As in account.c: the order of stores is what matters. */
#define STEP()  __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* Length of a bucket: a sixtieth of the window, rounded up. */
static const uint32_t  bucket_ms[WEIR_WIDTHS] = {
    [WEIR_PER_SECOND] = 17, [WEIR_PER_MINUTE] = 1000,
    [WEIR_PER_HOUR] = 60 * 1000, [WEIR_PER_DAY] = 24 * 60 * 1000
};

struct entry {                 /* one call at the door */
    struct weir_account           *a;
    uint64_t                       now_ms;
    const struct weir_meter_want  *want;
    unsigned                       n;
    uint64_t                       amount[WEIR_LIMITED];
    uint32_t                       meter[WEIR_METERS_OF_CALL];
};


uint64_t
weir_meter_now(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


static struct weir_meter_window *
window_of(const struct weir_account *a, uint32_t meter, unsigned what,
    unsigned width)
{
    return &a->windows[meter * WEIR_METER_WINDOWS + what * WEIR_WIDTHS
                       + width];
}


/* The window as of bucket `b`: what is too old leaves the sum. */
static void
advance(struct weir_meter_window *w, uint64_t b)
{
    uint64_t  i = w->newest + 1;

    if (b <= w->newest) {
        return;
    }
    if (b - w->newest > WEIR_METER_BUCKETS) {
        i = b - WEIR_METER_BUCKETS + 1;
    }
    for (; i <= b; i++) {
        uint64_t  *old = &w->bucket[i % WEIR_METER_BUCKETS];

        w->sum -= *old;
        *old = 0;
    }
    w->newest = b;
}


/* When bucket `b` leaves. */
static uint64_t
leaves(uint64_t b, unsigned width)
{
    return (b + WEIR_METER_BUCKETS) * bucket_ms[width];
}


/* Milliseconds from now until at least `excess` of the window has left. */
static uint64_t
wait_for(const struct weir_meter_window *w, unsigned width, uint64_t excess,
    uint64_t now_ms)
{
    uint64_t  gone = 0, b;

    for (b = w->newest < WEIR_METER_BUCKETS ? 0
             : w->newest - WEIR_METER_BUCKETS + 1; b < w->newest; b++)
    {
        gone += w->bucket[b % WEIR_METER_BUCKETS];
        if (gone >= excess) {
            break;
        }
    }
    return leaves(b, width) - now_ms;
}


/* The cell of a name; NONE when the table is full. A cell that is given out
   is not idle for this moment, so that the call's next name cannot take it. */
static uint32_t
meter_of(struct weir_account *a, const uint8_t id[16], uint64_t now_ms)
{
    static const uint8_t  never[16] = { 0 };
    uint32_t              spare = WEIR_SNAP_NONE, k;
    uint64_t              hash;

    memcpy(&hash, id, sizeof(hash));
    for (uint32_t i = 0; i < WEIR_METERS_MAX; i++) {
        const struct weir_meter_head  *m;

        k = (uint32_t) ((hash + i) % WEIR_METERS_MAX);
        m = &a->meters[k];
        if (memcmp(m->id, id, sizeof(m->id)) == 0) {
            spare = k;
            break;
        }
        if (spare == WEIR_SNAP_NONE && m->calls == 0 && m->idle_ms <= now_ms)
        {
            spare = k;
        }
        if (memcmp(m->id, never, sizeof(never)) == 0) {
            break;
        }
    }
    if (spare != WEIR_SNAP_NONE) {
        struct weir_meter_head  *m = &a->meters[spare];

        a->head->meters_taken += memcmp(m->id, never, sizeof(never)) == 0;
        STEP();
        memcpy(m->id, id, sizeof(m->id));
        if (m->idle_ms <= now_ms) {
            m->idle_ms = now_ms + 1;
        }
    }
    return spare;
}


/* Would the amounts fit everywhere? The refusal that asks for the longest
   wait is the one to tell. */
static int
check(const struct entry *e, struct weir_meter_result *out)
{
    static const int  errors[WEIR_LIMITED] = { WEIR_E_RATE_REQUESTS,
                                               WEIR_E_RATE_TOKENS };
    int               rc = WEIR_OK;

    for (unsigned i = 0; i < e->n; i++) {
        const struct weir_snap_limits  *l = e->want[i].limits;

        if (l->calls != 0 && e->a->meters[e->meter[i]].calls >= l->calls
            && rc == WEIR_OK)
        {
            rc = WEIR_E_RATE_CALLS;
            out->limit = l->calls;
            out->meter = (uint8_t) i;
            out->what = WEIR_LIMITED;
        }
        for (unsigned k = 0; k < WEIR_METER_WINDOWS; k++) {
            const unsigned             what = k / WEIR_WIDTHS;
            const unsigned             width = k % WEIR_WIDTHS;
            const uint64_t             most = l->most[what][width];
            const uint64_t             amount = e->amount[what];
            struct weir_meter_window  *w;
            uint64_t                   wait;

            if (most == 0) {
                continue;
            }
            w = window_of(e->a, e->meter[i], what, width);
            advance(w, e->now_ms / bucket_ms[width]);
            if (amount == 0 || (w->sum <= most && amount <= most - w->sum)) {
                continue;
            }
            wait = wait_for(w, width, w->sum + amount - most, e->now_ms);
            if (wait > out->retry_ms) {
                rc = errors[what];
                out->limit = most;
                out->retry_ms = wait;
                out->meter = (uint8_t) i;
                out->what = (uint8_t) what;
                out->width = (uint8_t) width;
            }
        }
    }
    return rc;
}


/* The windows are at e->now_ms. */
static void
tell(const struct entry *e, struct weir_meter_result *out)
{
    for (unsigned k = 0; k < e->n * WEIR_METER_WINDOWS; k++) {
        const unsigned  i = k / WEIR_METER_WINDOWS;
        const unsigned  what = k / WEIR_WIDTHS % WEIR_LIMITED;
        const unsigned  width = k % WEIR_WIDTHS;
        const uint64_t  most = e->want[i].limits->most[what][width];
        struct weir_meter_state         *s = &out->state[what];
        const struct weir_meter_window  *w;
        uint64_t                         left, b, reset = 0;

        if (most == 0) {
            continue;
        }
        w = window_of(e->a, e->meter[i], what, width);
        left = w->sum < most ? most - w->sum : 0;
        if (w->sum > 0) {
            for (b = w->newest; w->bucket[b % WEIR_METER_BUCKETS] == 0; b--) {
                /* the newest with something in it */
            }
            reset = leaves(b, width) - e->now_ms;
        }
        if (s->limit == 0 || left < s->left
            || (left == s->left && reset > s->reset_ms))
        {
            *s = (struct weir_meter_state) { most, left, reset };
        }
    }
}


/* A free seat, index + 1, or 0. */
static uint32_t
take(struct weir_account *a)
{
    struct weir_account_head  *h = a->head;
    const uint32_t             i = h->seat_free;

    if (i != 0) {
        weir_assert(i <= h->seats_used);
        h->seat_free = a->seats[i - 1].next;
        return i;
    }
    return h->seats_used < WEIR_CALLS_MAX ? ++h->seats_used : 0;
}


/* Count the call in all windows that its limits name. */
static void
count(const struct entry *e, struct weir_meter_seat *s)
{
    for (unsigned k = 0; k < e->n * WEIR_METER_WINDOWS; k++) {
        const unsigned  i = k / WEIR_METER_WINDOWS;
        const unsigned  what = k / WEIR_WIDTHS % WEIR_LIMITED;
        const unsigned  width = k % WEIR_WIDTHS;
        struct weir_meter_head    *m = &e->a->meters[e->meter[i]];
        struct weir_meter_window  *w;

        if (e->want[i].limits->most[what][width] == 0) {
            continue;
        }
        if (what == WEIR_LIMIT_TOKENS) {
            s->windows[i] |= (uint8_t) (1u << width);
        }
        w = window_of(e->a, e->meter[i], what, width);
        if (leaves(w->newest, width) > m->idle_ms) {
            m->idle_ms = leaves(w->newest, width);
        }
        STEP();
        w->bucket[w->newest % WEIR_METER_BUCKETS] += e->amount[what];
        w->sum += e->amount[what];
    }
    for (unsigned i = 0; i < e->n; i++) {
        s->meter[i] = e->meter[i] + 1;
        e->a->meters[e->meter[i]].calls++;
    }
}


static uint32_t
seat(const struct entry *e)
{
    const struct weir_owner   self = weir_account_self(e->a);
    const uint32_t            i = take(e->a);
    struct weir_meter_seat   *s;

    if (i == 0) {
        return 0;
    }
    s = &e->a->seats[i - 1];
    s->turn++;
    s->owner = self.pid;
    s->owner_start = self.start;
    s->at_ms = e->now_ms;
    s->tokens = e->amount[WEIR_LIMIT_TOKENS];
    memset(s->meter, 0, sizeof(s->meter));
    memset(s->windows, 0, sizeof(s->windows));
    count(e, s);
    STEP();
    s->state = WEIR_SEAT_LIVE;
    STEP();
    return i;
}


int
weir_meter_enter(struct weir_account *a, uint64_t now_ms,
    const struct weir_meter_want *want, unsigned n, uint64_t tokens,
    uint32_t *seat_out, struct weir_meter_result *out)
{
    struct entry  e = { .a = a, .want = want, .n = n,
                        .amount = { 1, tokens } };
    uint32_t      i;
    int           rc = WEIR_OK;

    memset(out, 0, sizeof(*out));
    /* Asks the kernel after a fork: not under the lock. */
    (void) weir_account_self(a);
    if (n > WEIR_METERS_OF_CALL || tokens > INT64_MAX
        || !weir_account_lock(a))
    {
        return WEIR_E_INTERNAL;
    }
    if (now_ms > a->head->meter_now_ms) {
        a->head->meter_now_ms = now_ms;
    }
    e.now_ms = a->head->meter_now_ms;
    for (unsigned k = 0; k < n && rc == WEIR_OK; k++) {
        e.meter[k] = meter_of(a, want[k].id, e.now_ms);
        rc = e.meter[k] == WEIR_SNAP_NONE ? WEIR_E_TOO_MANY_CALLS : WEIR_OK;
    }
    if (rc == WEIR_OK) {
        rc = check(&e, out);
        if (rc == WEIR_OK) {
            i = seat(&e);
            rc = i == 0 ? WEIR_E_TOO_MANY_CALLS : WEIR_OK;
            *seat_out = i == 0 ? 0 : (a->seats[i - 1].turn & 0xffff) << 16
                                     | (i - 1);
        }
        tell(&e, out);
    }
    weir_account_unlock(a);
    return rc;
}


/* The tokens that were used instead of those that were counted. */
static void
correct(struct weir_account *a, const struct weir_meter_seat *s,
    uint64_t tokens)
{
    for (unsigned k = 0; k < WEIR_METERS_OF_CALL * WEIR_WIDTHS; k++) {
        const unsigned             i = k / WEIR_WIDTHS;
        const unsigned             width = k % WEIR_WIDTHS;
        const uint64_t             b = s->at_ms / bucket_ms[width];
        struct weir_meter_window  *w;
        uint64_t                  *in, rest;

        if (s->meter[i] == 0 || (s->windows[i] >> width & 1) == 0) {
            continue;
        }
        w = window_of(a, s->meter[i] - 1, WEIR_LIMIT_TOKENS, width);
        if (b > w->newest || w->newest - b >= WEIR_METER_BUCKETS) {
            continue;
        }
        in = &w->bucket[b % WEIR_METER_BUCKETS];
        /* What is counted there holds this call's tokens; if the file says
           otherwise, a wrong count is better than a stopped worker. */
        rest = *in > s->tokens ? *in - s->tokens : 0;
        w->sum = w->sum - *in + rest + tokens;
        *in = rest + tokens;
    }
}


/* The lock is held; the seat is LIVE. */
static void
stand_up(struct weir_account *a, uint32_t i)
{
    struct weir_meter_seat  *s = &a->seats[i];

    STEP();
    s->state = WEIR_SEAT_FREE;
    STEP();
    for (unsigned k = 0; k < WEIR_METERS_OF_CALL; k++) {
        if (s->meter[k] != 0) {
            a->meters[s->meter[k] - 1].calls--;
        }
    }
    s->next = a->head->seat_free;
    a->head->seat_free = i + 1;
}


void
weir_meter_leave(struct weir_account *a, uint32_t number, uint64_t tokens)
{
    const uint32_t           i = number & 0xffff;
    struct weir_meter_seat  *s;

    if (i >= WEIR_CALLS_MAX || !weir_account_lock(a)) {
        return;
    }
    s = &a->seats[i];
    if (s->state == WEIR_SEAT_LIVE && (s->turn & 0xffff) == number >> 16) {
        correct(a, s, tokens < WEIR_LIMIT_COUNT_MAX ? tokens
                                                    : WEIR_LIMIT_COUNT_MAX);
        stand_up(a, i);
    }
    weir_account_unlock(a);
}


static struct weir_place_held
seat_at(const struct weir_account *a, uint32_t i)
{
    const struct weir_meter_seat *const  s = &a->seats[i];

    return (struct weir_place_held) { &s->state, &s->turn, &s->owner,
                                      &s->owner_start };
}


static bool
stand_dead(struct weir_account *a, uint32_t i, void *ctx)
{
    stand_up(a, i);
    return true;
}


unsigned
weir_meter_reclaim(struct weir_account *a)
{
    static const struct weir_sweep  s = { seat_at, stand_dead, NULL };

    return weir_account_sweep(a, __atomic_load_n(&a->head->seats_used,
                                                 __ATOMIC_RELAXED), &s);
}


/* What advance() would leave in the sum as of bucket `now`, counted from the
   buckets and without a change. */
static uint64_t
look_at(const struct weir_meter_window *w, uint64_t now)
{
    const uint64_t  newest = __atomic_load_n(&w->newest, __ATOMIC_RELAXED);
    const uint64_t  last = newest > now ? newest : now;
    uint64_t        sum = 0, b;

    b = last < WEIR_METER_BUCKETS ? 0 : last - WEIR_METER_BUCKETS + 1;
    for (; b <= newest; b++) {
        sum += __atomic_load_n(&w->bucket[b % WEIR_METER_BUCKETS],
                               __ATOMIC_RELAXED);
    }
    return sum;
}


void
weir_meter_look(const struct weir_account *a, const uint8_t id[16],
    const struct weir_snap_limits *limits, uint64_t now_ms,
    struct weir_meter_used *out)
{
    static const uint8_t  never[16] = { 0 };
    uint64_t              hash;

    memset(out, 0, sizeof(*out));
    memcpy(&hash, id, sizeof(hash));
    for (uint32_t i = 0; i < WEIR_METERS_MAX; i++) {
        const uint32_t                       k = (uint32_t)
            ((hash + i) % WEIR_METERS_MAX);
        const struct weir_meter_head *const  m = &a->meters[k];

        if (memcmp(m->id, never, sizeof(never)) == 0) {
            break;
        }
        if (memcmp(m->id, id, sizeof(m->id)) != 0) {
            continue;
        }
        out->calls = __atomic_load_n(&m->calls, __ATOMIC_RELAXED);
        for (unsigned j = 0; j < WEIR_METER_WINDOWS; j++) {
            const unsigned  what = j / WEIR_WIDTHS, width = j % WEIR_WIDTHS;

            if (limits->most[what][width] != 0) {
                out->in[what][width] = look_at(window_of(a, k, what, width),
                                               now_ms / bucket_ms[width]);
            }
        }
        break;
    }
}


uint32_t
weir_meter_calls(struct weir_account *a, const uint8_t id[16])
{
    uint32_t  calls = 0;

    if (!weir_account_lock(a)) {
        return 0;
    }
    for (uint32_t k = 0; k < WEIR_METERS_MAX; k++) {
        if (memcmp(a->meters[k].id, id, 16) == 0) {
            calls = a->meters[k].calls;
            break;
        }
    }
    weir_account_unlock(a);
    return calls;
}


static uint64_t
sum_of(const struct weir_meter_window *w)
{
    uint64_t  sum = 0;

    for (unsigned i = 0; i < WEIR_METER_BUCKETS; i++) {
        sum += w->bucket[i];
    }
    return sum;
}


/* Without an id a meter's windows were never touched. */
static bool
taken(const struct weir_meter_head *m)
{
    static const uint8_t  never[16] = { 0 };

    return memcmp(m->id, never, sizeof(never)) != 0;
}


void
weir_meter_recover(struct weir_account *a)
{
    struct weir_account_head  *h = a->head;

    for (uint32_t k = 0; k < WEIR_METERS_MAX && h->meters_taken > 0; k++) {
        if (!taken(&a->meters[k])) {
            continue;
        }
        a->meters[k].calls = 0;
        for (unsigned i = 0; i < WEIR_METER_WINDOWS; i++) {
            struct weir_meter_window  *w = &a->windows[k * WEIR_METER_WINDOWS
                                                       + i];

            w->sum = sum_of(w);
        }
    }
    h->seat_free = 0;
    for (uint32_t i = h->seats_used; i > 0; i--) {
        struct weir_meter_seat  *s = &a->seats[i - 1];

        if (s->state != WEIR_SEAT_LIVE) {
            s->state = WEIR_SEAT_FREE;
            s->next = h->seat_free;
            h->seat_free = i;
            continue;
        }
        for (unsigned k = 0; k < WEIR_METERS_OF_CALL; k++) {
            if (s->meter[k] > 0 && s->meter[k] <= WEIR_METERS_MAX) {
                a->meters[s->meter[k] - 1].calls++;
            }
        }
    }
}


bool
weir_meter_is_sane(const struct weir_account *a)
{
    const struct weir_account_head  *h = a->head;
    uint32_t                         listed = 0, unused = 0;

    for (uint32_t i = h->seat_free; i != 0; i = a->seats[i - 1].next) {
        if (i > h->seats_used || listed++ > h->seats_used
            || a->seats[i - 1].state != WEIR_SEAT_FREE)
        {
            return false;
        }
    }
    for (uint32_t i = 0; i < h->seats_used; i++) {
        unused += a->seats[i].state == WEIR_SEAT_FREE;
    }
    for (uint32_t k = 0; k < WEIR_METERS_MAX; k++) {
        uint32_t  calls = 0;

        if (!taken(&a->meters[k])) {
            continue;
        }
        for (uint32_t i = 0; i < h->seats_used; i++) {
            for (unsigned m = 0; m < WEIR_METERS_OF_CALL; m++) {
                calls += a->seats[i].state == WEIR_SEAT_LIVE
                         && a->seats[i].meter[m] == k + 1;
            }
        }
        if (calls != a->meters[k].calls) {
            return false;
        }
        for (unsigned i = 0; i < WEIR_METER_WINDOWS; i++) {
            const struct weir_meter_window  *w;

            w = &a->windows[k * WEIR_METER_WINDOWS + i];
            if (w->sum != sum_of(w)) {
                return false;
            }
        }
    }
    return listed == unused;
}
