/*
 * breaker_test.c: the breaker against a naive oracle that keeps every event
 * and thinks it through anew each time; one trial among many processes; the
 * table when it is full.
 */
#include "account/account_internal.h"
#include "base/test.h"
#include "weir/breaker.h"

#include <fcntl.h>
#include <sys/wait.h>

#define EVENTS  200000
#define CROWD   8
#define ROUNDS  200

static int  dirfd;


static struct weir_account *
fresh(void)
{
    struct weir_account  *a = NULL;

    (void) unlinkat(dirfd, "account", 0);
    CHECK(weir_account_open(&a, dirfd, "account", true) == WEIR_OK);
    return a;
}


static struct weir_snap_upstream
upstream(const char *name, uint32_t failures, uint32_t window, uint32_t open)
{
    struct weir_snap_upstream  up = {
        .breaker_failures = failures, .breaker_window_ms = window,
        .breaker_open_ms = open
    };

    weir_breaker_id(name, strlen(name), up.id);
    return up;
}


/* One call from its choice to its verdict. */
static bool
call(struct weir_account *a, const struct weir_snap_upstream *up,
    uint64_t now, enum weir_verdict_of verdict)
{
    bool  trial;

    if (!weir_breaker_enter(a, up, now, false, &trial)) {
        return false;
    }
    weir_breaker_leave(a, up, now, trial, verdict, 0);
    return true;
}


static enum weir_breaker_state
look(struct weir_account *a, const struct weir_snap_upstream *up,
    uint64_t now)
{
    return weir_breaker_look(a, up->id, now, NULL);
}


static void
test_simple(void)
{
    struct weir_account              *a = fresh();
    const struct weir_snap_upstream   up = upstream("u", 3, 1000, 500);
    struct weir_breaker_counts        n;
    uint64_t                          until;
    bool                              trial, other;

    CHECK(look(a, &up, 10) == WEIR_BREAKER_CLOSED);
    CHECK(call(a, &up, 10, WEIR_TRIED_FAILED));
    CHECK(call(a, &up, 20, WEIR_TRIED_FAILED));
    CHECK(call(a, &up, 30, WEIR_TRIED_WELL));      /* begins anew */
    CHECK(call(a, &up, 40, WEIR_TRIED_FAILED));
    CHECK(call(a, &up, 50, WEIR_TRIED_FAILED));
    CHECK(look(a, &up, 50) == WEIR_BREAKER_CLOSED);
    CHECK(call(a, &up, 1041, WEIR_TRIED_FAILED));  /* the first is too old */
    CHECK(look(a, &up, 1041) == WEIR_BREAKER_CLOSED);
    CHECK(call(a, &up, 1045, WEIR_TRIED_FAILED));
    CHECK(weir_breaker_look(a, up.id, 1045, &until) == WEIR_BREAKER_OPEN);
    CHECK(until == 1545);
    CHECK(!weir_breaker_enter(a, &up, 1544, false, &trial));
    CHECK(look(a, &up, 1545) == WEIR_BREAKER_HALF);

    /* One trial; while it is under way nobody else; it fails. */
    CHECK(weir_breaker_enter(a, &up, 1545, false, &trial) && trial);
    CHECK(!weir_breaker_enter(a, &up, 1546, false, &other));
    weir_breaker_leave(a, &up, 1600, true, WEIR_TRIED_FAILED, 0);
    CHECK(look(a, &up, 2099) == WEIR_BREAKER_OPEN);
    /* The next one's caller goes: another may try at once. It succeeds. */
    CHECK(weir_breaker_enter(a, &up, 2100, false, &trial) && trial);
    weir_breaker_leave(a, &up, 2110, true, WEIR_TRIED_UNKNOWN, 0);
    CHECK(weir_breaker_enter(a, &up, 2110, false, &trial) && trial);
    weir_breaker_leave(a, &up, 2120, true, WEIR_TRIED_WELL, 0);
    CHECK(look(a, &up, 2120) == WEIR_BREAKER_CLOSED);
    weir_breaker_read(a, up.id, &n);
    CHECK(n.asked == 10 && n.failed == 7 && n.opened == 1 && n.limited == 0);

    /* A trial that nobody hears of again holds for the open time. */
    for (unsigned i = 0; i < 3; i++) {
        CHECK(call(a, &up, 3000, WEIR_TRIED_FAILED));
    }
    CHECK(weir_breaker_enter(a, &up, 3500, false, &trial) && trial);
    CHECK(!weir_breaker_enter(a, &up, 3999, false, &trial));
    CHECK(weir_breaker_enter(a, &up, 4000, false, &trial) && trial);

    /* Those that began before it opened have no say. */
    weir_breaker_leave(a, &up, 4010, false, WEIR_TRIED_WELL, 0);
    CHECK(look(a, &up, 4010) == WEIR_BREAKER_OPEN);
    /* A forced one is a trial. */
    CHECK(weir_breaker_enter(a, &up, 4010, true, &trial) && trial);
    weir_breaker_leave(a, &up, 4020, true, WEIR_TRIED_WELL, 0);
    CHECK(look(a, &up, 4020) == WEIR_BREAKER_CLOSED);
    weir_account_close(a);
}


static void
test_limited(void)
{
    struct weir_account              *a = fresh();
    const struct weir_snap_upstream   up = upstream("u", 2, 1000, 500);
    uint64_t                          until;
    bool                              trial;

    for (unsigned i = 0; i < 20; i++) {       /* no failures, no time said */
        CHECK(call(a, &up, 10, WEIR_TRIED_LIMITED));
    }
    CHECK(look(a, &up, 10) == WEIR_BREAKER_CLOSED);
    CHECK(weir_breaker_enter(a, &up, 10, false, &trial) && !trial);
    weir_breaker_leave(a, &up, 20, false, WEIR_TRIED_LIMITED, 2000);
    CHECK(weir_breaker_look(a, up.id, 2019, &until) == WEIR_BREAKER_WAITS);
    CHECK(until == 2020);
    weir_breaker_leave(a, &up, 30, false, WEIR_TRIED_LIMITED, 5);  /* less */
    CHECK(look(a, &up, 2019) == WEIR_BREAKER_WAITS);
    CHECK(look(a, &up, 2020) == WEIR_BREAKER_CLOSED);
    weir_breaker_leave(a, &up, 3000, false, WEIR_TRIED_LIMITED, UINT64_MAX);
    CHECK(weir_breaker_look(a, up.id, 3000, &until) == WEIR_BREAKER_WAITS);
    CHECK(until == 3000 + WEIR_RETRY_AFTER_MAX_MS);
    weir_account_close(a);
}


/* ---- the oracle ---- */

struct event {
    uint64_t              at;
    enum weir_verdict_of  verdict;
};

struct naive {
    struct event  events[EVENTS];     /* verdicts that counted while closed */
    unsigned      n;
    bool          open;
    uint64_t      until;
};


/* The newest run of failures has as many in the window as are allowed. */
static bool
naive_opens(const struct naive *o, const struct weir_snap_upstream *up,
    uint64_t now)
{
    unsigned  run = 0;

    for (unsigned i = o->n; i-- > 0
         && o->events[i].verdict == WEIR_TRIED_FAILED
         && now - o->events[i].at <= up->breaker_window_ms;)
    {
        run++;
    }
    return run >= up->breaker_failures;
}


static void
naive_leave(struct naive *o, const struct weir_snap_upstream *up,
    uint64_t now, bool trial, enum weir_verdict_of v)
{
    if (!o->open) {
        if (v != WEIR_TRIED_UNKNOWN) {
            o->events[o->n++] = (struct event) { now, v };
            o->open = naive_opens(o, up, now);
            o->until = now + up->breaker_open_ms;
        }
    } else if (trial) {
        o->until = v == WEIR_TRIED_FAILED ? now + up->breaker_open_ms : now;
        o->open = v == WEIR_TRIED_FAILED || v == WEIR_TRIED_UNKNOWN;
        o->n = 0;
    }
}


static void
test_oracle(uint32_t failures)
{
    static struct naive              o;
    struct weir_account             *a = fresh();
    const struct weir_snap_upstream  up = upstream("u", failures, 300, 100);
    uint64_t                         seed = 5 + failures, now = 1000;
    bool                             late = false, opened = false;

    o.n = 0;
    o.open = false;
    for (unsigned i = 0; i < EVENTS; i++) {
        const enum weir_verdict_of  v = weir_test_random(&seed) % 8 < 5
            ? WEIR_TRIED_FAILED : weir_test_random(&seed) % 4;
        bool                        trial, in, want;

        now += weir_test_random(&seed) % 60;
        if (late && weir_test_random(&seed) % 3 == 0) {
            /* of a call that began earlier */
            weir_breaker_leave(a, &up, now, false, v, 0);
            naive_leave(&o, &up, now, false, v);
        }
        late = !o.open;
        want = !o.open || o.until <= now;
        in = weir_breaker_enter(a, &up, now, false, &trial);
        if (!CHECK_MSG(in == want && trial == (want && o.open),
                       "event %u: in %d trial %d, want %d", i, in, trial,
                       want))
        {
            break;
        }
        if (in) {
            if (trial) {
                o.until = now + up.breaker_open_ms;
            }
            now += weir_test_random(&seed) % 20;
            weir_breaker_leave(a, &up, now, trial, v, 0);
            naive_leave(&o, &up, now, trial, v);
        }
        opened |= o.open;
    }
    CHECK(opened);
    weir_account_close(a);
}


/* Many processes at the door of one that is half open: one gets in. */
static void
test_crowd(void)
{
    struct weir_account             *a = fresh();
    const struct weir_snap_upstream  up = upstream("u", 1, 10, 10);
    unsigned                         in[ROUNDS + 1] = { 0 };
    int                              to[2];
    uint8_t                          round;

    CHECK(call(a, &up, 1, WEIR_TRIED_FAILED));
    CHECK(pipe(to) == 0);
    for (unsigned i = 0; i < CROWD; i++) {
        if (fork() == 0) {
            for (unsigned k = 1; k <= ROUNDS; k++) {
                bool  trial;

                if (weir_breaker_enter(a, &up, 11 + k * 10, false, &trial)
                    && trial)
                {
                    round = (uint8_t) k;
                    if (write(to[1], &round, 1) != 1) {
                        _exit(1);
                    }
                }
            }
            _exit(0);
        }
    }
    (void) close(to[1]);
    while (read(to[0], &round, 1) == 1) {
        in[round]++;
    }
    (void) close(to[0]);
    for (unsigned i = 0; i < CROWD; i++) {
        int  status;

        CHECK(wait(&status) > 0 && status == 0);
    }
    for (unsigned k = 1; k <= ROUNDS; k++) {
        CHECK_MSG(in[k] <= 1, "round %u: %u got in", k, in[k]);
    }
    CHECK(in[ROUNDS] == 1);        /* whoever is the first there */
    weir_account_close(a);
}


/* More names than places: those that are out stay known. */
static void
test_full(void)
{
    struct weir_account        *a = fresh();
    struct weir_snap_upstream   out = upstream("out", 1, 10, 1000000);
    struct weir_breaker_counts  n;
    unsigned                    known = 0;
    char                        name[16];

    CHECK(call(a, &out, 1, WEIR_TRIED_FAILED));
    for (unsigned i = 0; i < 3 * WEIR_BREAKERS_MAX; i++) {
        struct weir_snap_upstream  up;

        snprintf(name, sizeof(name), "u%u", i);
        up = upstream(name, 1, 10, 10);
        CHECK(call(a, &up, 2 + i, WEIR_TRIED_WELL));
        weir_breaker_read(a, up.id, &n);
        CHECK(n.asked == 1);
    }
    for (unsigned i = 0; i < 3 * WEIR_BREAKERS_MAX; i++) {
        struct weir_snap_upstream  up;

        snprintf(name, sizeof(name), "u%u", i);
        up = upstream(name, 1, 10, 10);
        weir_breaker_read(a, up.id, &n);
        known += n.asked == 1;
    }
    CHECK(known <= WEIR_BREAKERS_MAX - 1 && known > WEIR_BREAKERS_MAX / 2);
    CHECK(look(a, &out, 9000) == WEIR_BREAKER_OPEN);
    CHECK(weir_account_lock(a) && weir_account_is_sane(a));
    weir_account_unlock(a);
    weir_account_close(a);
}


/* Checks: out after so many in a row, back after so many, and by itself when
   nobody checks any more; the breaker goes on beside them. */
static void
test_checks(void)
{
    struct weir_account       *a = fresh();
    struct weir_snap_upstream  up = upstream("u", 3, 1000, 500);
    uint64_t                   now = 5000, until;
    bool                       trial;

    up.check_interval_ms = 1000;
    up.check_well = 2;
    up.check_failed = 3;
    /* at once, then once an interval, whoever asks */
    CHECK(weir_breaker_check_due(a, &up, now));
    CHECK(!weir_breaker_check_due(a, &up, now));
    CHECK(!weir_breaker_check_due(a, &up, now + 999));
    CHECK(weir_breaker_check_due(a, &up, now + 1000));
    up.check_interval_ms = 100;     /* of a newer register: not so late */
    CHECK(weir_breaker_check_due(a, &up, now + 1001));
    up.check_interval_ms = 1000;

    /* flapping never leads out: not so many in a row */
    for (unsigned i = 0; i < 30; i++) {
        CHECK(weir_breaker_checked(a, &up, now, i % 3 == 2) == 0);
        CHECK(look(a, &up, now) == WEIR_BREAKER_CLOSED);
    }
    for (unsigned i = 0; i < 3; i++) {
        CHECK(look(a, &up, now) == WEIR_BREAKER_CLOSED);
        CHECK(weir_breaker_checked(a, &up, now, false) == (i == 2));
    }
    CHECK(weir_breaker_look(a, up.id, now, &until) == WEIR_BREAKER_DOWN
          && until == now + 3000);
    /* nor back */
    for (unsigned i = 0; i < 60; i++) {
        now += 1000;
        CHECK(weir_breaker_checked(a, &up, now, i % 2) == 0);
        CHECK(look(a, &up, now) == WEIR_BREAKER_DOWN);
    }
    CHECK(weir_breaker_checked(a, &up, now, true) == 2);
    CHECK(look(a, &up, now) == WEIR_BREAKER_CLOSED);

    /* nobody checks any more */
    for (unsigned i = 0; i < 300; i++) {
        (void) weir_breaker_checked(a, &up, now, false);
    }
    CHECK(look(a, &up, now + 2999) == WEIR_BREAKER_DOWN);
    CHECK(look(a, &up, now + 3000) == WEIR_BREAKER_CLOSED);
    /* and then somebody does: out again at the first that fails */
    now += 10000;
    CHECK(weir_breaker_checked(a, &up, now, false) == 1);
    CHECK(look(a, &up, now) == WEIR_BREAKER_DOWN);

    /* a forced call that fails is counted; the breaker opens below it */
    for (unsigned i = 0; i < 3; i++) {
        CHECK(weir_breaker_enter(a, &up, now, true, &trial) && !trial);
        weir_breaker_leave(a, &up, now, trial, WEIR_TRIED_FAILED, 0);
    }
    CHECK(weir_breaker_checked(a, &up, now, true) == 0);
    CHECK(weir_breaker_checked(a, &up, now, true) == 2);
    CHECK(look(a, &up, now) == WEIR_BREAKER_OPEN);
    CHECK(look(a, &up, now + 500) == WEIR_BREAKER_HALF);
    CHECK(call(a, &up, now + 500, WEIR_TRIED_WELL));
    CHECK(look(a, &up, now + 500) == WEIR_BREAKER_CLOSED);
    weir_account_close(a);
}


int
main(void)
{
    char  dir[] = "/tmp/weir-breaker-XXXXXX";

    if (mkdtemp(dir) == NULL || chdir(dir) != 0
        || (dirfd = open(".", O_RDONLY | O_DIRECTORY)) < 0)
    {
        return 1;
    }
    test_simple();
    test_limited();
    test_checks();
    for (uint32_t n = 1; n <= WEIR_BREAKER_FAILURES_MAX; n += n < 4 ? 1 : 8) {
        test_oracle(n);
    }
    test_crowd();
    test_full();
    (void) unlinkat(dirfd, "account", 0);
    (void) rmdir(dir);
    return weir_test_done();
}
