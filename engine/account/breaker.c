/*
 * breaker.c: the state machine of breaker.h over the cells of
 * breaker_layout.h.
 *
 * It counts failures in a row: one success begins anew. A share of failures
 * among many calls would need both counted over the window, and a busy
 * upstream that fails one call in a hundred would be out for ever if only the
 * failures were.
 */
#include "account/account_internal.h"
#include "weir/breaker.h"

#define LOAD(p)      __atomic_load_n((p), __ATOMIC_RELAXED)
#define STORE(p, v)  __atomic_store_n((p), (v), __ATOMIC_RELAXED)

static const uint8_t  never[16];


void
weir_breaker_id(const char *name, size_t len, uint8_t id[16])
{
    uint8_t  digest[32];

    weir_sha256(name, len, digest);
    memcpy(id, digest, 16);
    id[15] |= 1;                 /* all zero is a cell that is not taken */
}


/* The cell of that id, or NULL; without the lock. */
static struct weir_breaker_cell *
find(const struct weir_account *a, const uint8_t id[16])
{
    uint64_t  hash;

    memcpy(&hash, id, sizeof(hash));
    for (uint32_t i = 0; i < WEIR_BREAKER_REACH; i++) {
        struct weir_breaker_cell  *c = &a->breakers[(hash + i)
                                                    % WEIR_BREAKERS_MAX];

        if (memcmp(c->id, id, sizeof(c->id)) == 0) {
            return c;
        }
        if (memcmp(c->id, never, sizeof(never)) == 0) {
            return NULL;
        }
    }
    return NULL;
}


/* The lock is held. NULL: all places are taken by upstreams that are out. */
static struct weir_breaker_cell *
take(struct weir_account *a, const uint8_t id[16])
{
    struct weir_breaker_cell  *c = find(a, id), *old = NULL;
    uint64_t                   hash;

    memcpy(&hash, id, sizeof(hash));
    for (uint32_t i = 0; c == NULL && i < WEIR_BREAKER_REACH; i++) {
        struct weir_breaker_cell  *at = &a->breakers[(hash + i)
                                                     % WEIR_BREAKERS_MAX];

        if (memcmp(at->id, never, sizeof(never)) == 0) {
            memcpy(at->id, id, sizeof(at->id));
            return at;
        }
        if (at->open_ms == 0
            && (old == NULL || LOAD(&at->asked_ms) < LOAD(&old->asked_ms)))
        {
            old = at;
        }
    }
    if (c == NULL && old != NULL) {
        memset(old->id, 0xff, sizeof(old->id));  /* nobody's, meanwhile */
        memset((uint8_t *) old + sizeof(old->id), 0,
               sizeof(*old) - sizeof(old->id));
        memcpy(old->id, id, sizeof(old->id));
        c = old;
    }
    return c;
}


static enum weir_breaker_state
state_of(const struct weir_breaker_cell *c, uint64_t now_ms,
    uint64_t *until_ms)
{
    const uint64_t  open = LOAD(&c->open_ms), wait = LOAD(&c->wait_ms);
    const uint64_t  down = LOAD(&c->down_ms);

    *until_ms = open > wait ? open : wait;
    if (down > now_ms) {
        *until_ms = down > *until_ms ? down : *until_ms;
        return WEIR_BREAKER_DOWN;
    }
    if (open > now_ms) {
        return WEIR_BREAKER_OPEN;
    }
    if (wait > now_ms) {
        return WEIR_BREAKER_WAITS;
    }
    return open != 0 ? WEIR_BREAKER_HALF : WEIR_BREAKER_CLOSED;
}


enum weir_breaker_state
weir_breaker_look(const struct weir_account *a, const uint8_t id[16],
    uint64_t now_ms, uint64_t *until_ms)
{
    const struct weir_breaker_cell *const  c = find(a, id);
    uint64_t                               until = 0;
    enum weir_breaker_state                s = WEIR_BREAKER_CLOSED;

    if (c != NULL) {
        s = state_of(c, now_ms, &until);
    }
    if (until_ms != NULL) {
        *until_ms = until;
    }
    return s;
}


bool
weir_breaker_enter(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool forced,
    bool *trial)
{
    struct weir_breaker_cell  *c = find(a, up->id);
    bool                       good = true;

    *trial = false;
    if (c == NULL || LOAD(&c->open_ms) != 0) {
        if (!weir_account_lock(a)) {
            return true;         /* it fails at what matters more */
        }
        c = take(a, up->id);
        if (c != NULL && c->open_ms != 0) {
            /* half open, whatever the checks say */
            good = forced || (c->open_ms <= now_ms && c->wait_ms <= now_ms);
            *trial = good;
            if (good && c->open_ms <= now_ms) {
                STORE(&c->open_ms, now_ms + up->breaker_open_ms);
            }
        }
        weir_account_unlock(a);
    }
    if (c != NULL && good) {
        (void) __atomic_add_fetch(&c->asked, 1, __ATOMIC_RELAXED);
        STORE(&c->asked_ms, now_ms);
    }
    return good;
}


/* One more in a row. Do as many as are allowed lie in the window now? */
static bool
too_many(struct weir_breaker_cell *c, const struct weir_snap_upstream *up,
    uint64_t now_ms)
{
    const uint32_t  n = up->breaker_failures;
    uint64_t        first;

    c->next %= WEIR_BREAKER_FAILURES_MAX;
    c->failed_ms[c->next] = now_ms;
    c->next = (uint16_t) ((c->next + 1) % WEIR_BREAKER_FAILURES_MAX);
    if (c->failures < WEIR_BREAKER_FAILURES_MAX) {
        STORE(&c->failures, (uint16_t) (c->failures + 1));
    }
    if (n == 0 || n > WEIR_BREAKER_FAILURES_MAX || c->failures < n) {
        return false;
    }
    first = c->failed_ms[(c->next + WEIR_BREAKER_FAILURES_MAX - n)
                         % WEIR_BREAKER_FAILURES_MAX];
    /* another worker may have looked at the clock later and come sooner */
    return now_ms < first || now_ms - first <= up->breaker_window_ms;
}


/* While it is out only a trial says anything: others began before. */
static void
judge(struct weir_breaker_cell *c, const struct weir_snap_upstream *up,
    uint64_t now_ms, bool trial, enum weir_verdict_of verdict)
{
    switch (verdict) {

    case WEIR_TRIED_FAILED:
        c->failed++;
        if (c->open_ms == 0 ? too_many(c, up, now_ms) : trial) {
            c->opened += c->open_ms == 0;
            STORE(&c->failures, 0);
            STORE(&c->open_ms, now_ms + up->breaker_open_ms);
        }
        break;

    case WEIR_TRIED_WELL:
    case WEIR_TRIED_LIMITED:     /* it lives, and speaks */
        if (trial || c->open_ms == 0) {
            STORE(&c->failures, 0);
            STORE(&c->open_ms, 0);
        }
        break;

    case WEIR_TRIED_UNKNOWN:     /* the next one may try at once */
        if (trial && c->open_ms > now_ms) {
            STORE(&c->open_ms, now_ms);
        }
        break;
    }
}


void
weir_breaker_leave(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool trial,
    enum weir_verdict_of verdict, uint64_t retry_ms)
{
    struct weir_breaker_cell  *c = find(a, up->id);

    if (c == NULL
        || (verdict == WEIR_TRIED_WELL && LOAD(&c->failures) == 0
            && LOAD(&c->open_ms) == 0)
        || (verdict == WEIR_TRIED_UNKNOWN && !trial)
        || !weir_account_lock(a))
    {
        return;
    }
    c = find(a, up->id);
    if (c != NULL) {
        judge(c, up, now_ms, trial, verdict);
        if (verdict == WEIR_TRIED_LIMITED) {
            c->limited++;
            retry_ms = retry_ms < WEIR_RETRY_AFTER_MAX_MS
                       ? retry_ms : WEIR_RETRY_AFTER_MAX_MS;
            if (retry_ms != 0 && now_ms + retry_ms > c->wait_ms) {
                STORE(&c->wait_ms, now_ms + retry_ms);
            }
        }
    }
    weir_account_unlock(a);
}


bool
weir_breaker_check_due(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms)
{
    struct weir_breaker_cell  *c = find(a, up->id);
    const uint64_t             next = now_ms + up->check_interval_ms;
    bool                       due = false;

    /* Later than an interval from now: planned when that was longer. */
    if ((c != NULL && LOAD(&c->check_ms) > now_ms
         && LOAD(&c->check_ms) <= next)
        || !weir_account_lock(a))
    {
        return false;
    }
    c = take(a, up->id);
    if (c != NULL && (c->check_ms <= now_ms || c->check_ms > next)) {
        STORE(&c->check_ms, next);
        due = true;
    }
    weir_account_unlock(a);
    return due;
}


/* One more in a row, and none of the other kind. */
static void
count_check(uint16_t *more, uint16_t *none)
{
    STORE(none, 0);
    if (*more < WEIR_CHECKS_MAX) {
        STORE(more, (uint16_t) (*more + 1));
    }
}


unsigned
weir_breaker_checked(struct weir_account *a,
    const struct weir_snap_upstream *up, uint64_t now_ms, bool well)
{
    struct weir_breaker_cell  *c;
    bool                       was, is;

    if (!weir_account_lock(a)) {
        return 0;
    }
    c = take(a, up->id);
    if (c == NULL) {
        weir_account_unlock(a);
        return 0;
    }
    was = c->down_ms > now_ms;
    if (well) {
        count_check(&c->checks_well, &c->checks_failed);
        is = was && c->checks_well < up->check_well;
    } else {
        count_check(&c->checks_failed, &c->checks_well);
        is = was || c->checks_failed >= up->check_failed;
    }
    STORE(&c->down_ms, is ? now_ms + 3 * (uint64_t) up->check_interval_ms
                            : 0);
    weir_account_unlock(a);
    return is == was ? 0 : is ? 1 : 2;
}


void
weir_breaker_read(const struct weir_account *a, const uint8_t id[16],
    struct weir_breaker_counts *out)
{
    const struct weir_breaker_cell *const  c = find(a, id);

    *out = (struct weir_breaker_counts) { 0 };
    if (c != NULL) {
        out->asked = LOAD(&c->asked);
        out->failed = LOAD(&c->failed);
        out->limited = LOAD(&c->limited);
        out->opened = LOAD(&c->opened);
        out->checks_failed = LOAD(&c->checks_failed);
    }
}
