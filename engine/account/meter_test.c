/*
 * meter_test.c: windows against a naive oracle that remembers every call;
 * the promise itself (never more than the limit in any window, laid
 * anywhere) against a log of what was let in; many processes at once, killed
 * at random; the table when it is full.
 */
#include "account/account_internal.h"
#include "base/test.h"
#include "weir/meter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define EVENTS  20000
#if defined(__SANITIZE_ADDRESS__)
#define CROWD   100000
#else
#define CROWD   400000
#endif
#define KILLS   60

static const uint64_t  width_ms[WEIR_WIDTHS] = { 1000, 60000, 3600000,
                                                 86400000 };
static const uint64_t  step_ms[WEIR_WIDTHS] = { 17, 1000, 60000, 1440000 };
static int             dirfd;


static struct weir_account *
fresh(void)
{
    struct weir_account  *a = NULL;

    (void) unlinkat(dirfd, "account", 0);
    CHECK(weir_account_open(&a, dirfd, "account", true) == WEIR_OK);
    return a;
}


static bool
sane(struct weir_account *a)
{
    bool  good = weir_account_lock(a) && weir_account_is_sane(a);

    weir_account_unlock(a);
    return good;
}


static struct weir_meter_want
want(const char *id, const struct weir_snap_limits *l)
{
    return (struct weir_meter_want) { (const uint8_t *) id, l };
}


/* A look tells what the next entry would find, and changes nothing. */
static void
test_look(void)
{
    const struct weir_snap_limits  l = { .most = { { 50, 0, 0, 900 },
                                                   { 0, 90000 } } };
    struct weir_account           *a = fresh();
    const struct weir_meter_want   w = want("somebody that is", &l);
    struct weir_meter_used         used;
    struct weir_meter_result       r;
    uint64_t                       seed = 11, now = 1000000;
    uint32_t                       s;

    weir_meter_look(a, w.id, &l, now, &used);
    CHECK(used.calls == 0 && used.in[WEIR_LIMIT_REQUESTS][0] == 0);
    for (unsigned i = 0; i < 2000; i++) {
        now += weir_test_random(&seed) % 400;
        if (weir_meter_enter(a, now, &w, 1, 70, &s, &r) == WEIR_OK) {
            weir_meter_look(a, w.id, &l, now, &used);
            CHECK(used.calls == 1);
            CHECK(50 - used.in[WEIR_LIMIT_REQUESTS][WEIR_PER_SECOND]
                  == r.state[WEIR_LIMIT_REQUESTS].left
                  || 900 - used.in[WEIR_LIMIT_REQUESTS][WEIR_PER_DAY]
                     == r.state[WEIR_LIMIT_REQUESTS].left);
            CHECK(90000 - used.in[WEIR_LIMIT_TOKENS][WEIR_PER_MINUTE]
                  == r.state[WEIR_LIMIT_TOKENS].left);
            CHECK(used.in[WEIR_LIMIT_REQUESTS][WEIR_PER_HOUR] == 0);
            weir_meter_leave(a, s, 70);
        }
        CHECK(sane(a));
    }
    /* Nobody came since: they leave by the clock alone. */
    weir_meter_look(a, w.id, &l, now + 62000, &used);
    CHECK(used.calls == 0 && used.in[WEIR_LIMIT_TOKENS][WEIR_PER_MINUTE] == 0
          && used.in[WEIR_LIMIT_REQUESTS][WEIR_PER_DAY] != 0);
    /* An earlier clock than the file's counts as the file's. */
    weir_meter_look(a, w.id, &l, 0, &used);
    CHECK(used.in[WEIR_LIMIT_REQUESTS][WEIR_PER_DAY] == 900);
    weir_account_close(a);
}


static void
test_simple(void)
{
    const struct weir_snap_limits  l = { .most = { { 0, 3 }, { 0, 100 } },
                                         .calls = 3 };
    struct weir_account           *a = fresh();
    const struct weir_meter_want   w = want("scenario-number1", &l);
    struct weir_meter_result       r;
    uint32_t                       s[4];

    CHECK(weir_meter_enter(a, 500, &w, 1, 40, &s[0], &r) == WEIR_OK);
    CHECK(r.state[WEIR_LIMIT_REQUESTS].limit == 3
          && r.state[WEIR_LIMIT_REQUESTS].left == 2
          && r.state[WEIR_LIMIT_REQUESTS].reset_ms == 60500);
    CHECK(r.state[WEIR_LIMIT_TOKENS].limit == 100
          && r.state[WEIR_LIMIT_TOKENS].left == 60);
    CHECK(weir_meter_enter(a, 2000, &w, 1, 40, &s[1], &r) == WEIR_OK);
    /* 40 + 40 + 40: there is room when the first 40 leave, at 61,000. */
    CHECK(weir_meter_enter(a, 3000, &w, 1, 40, &s[2], &r)
          == WEIR_E_RATE_TOKENS);
    CHECK(r.limit == 100 && r.retry_ms == 58000 && r.what
          == WEIR_LIMIT_TOKENS && r.width == WEIR_PER_MINUTE && r.meter == 0);
    CHECK(r.state[WEIR_LIMIT_REQUESTS].left == 1
          && r.state[WEIR_LIMIT_TOKENS].left == 20);
    /* What was counted beforehand comes back when less was used. */
    weir_meter_leave(a, s[0], 5);
    weir_meter_leave(a, s[0], 0);        /* twice is once */
    CHECK(weir_meter_calls(a, w.id) == 1);
    CHECK(weir_meter_enter(a, 3000, &w, 1, 40, &s[2], &r) == WEIR_OK);
    CHECK(r.state[WEIR_LIMIT_TOKENS].left == 15);
    CHECK(weir_meter_enter(a, 4000, &w, 1, 1, &s[3], &r)
          == WEIR_E_RATE_REQUESTS);
    CHECK(r.retry_ms == 57000);
    /* Time does not run backwards. */
    CHECK(weir_meter_enter(a, 1, &w, 1, 1, &s[3], &r)
          == WEIR_E_RATE_REQUESTS && r.retry_ms == 57000);
    CHECK(weir_meter_enter(a, 60999, &w, 1, 1, &s[3], &r)
          == WEIR_E_RATE_REQUESTS);
    CHECK(weir_meter_enter(a, 61000, &w, 1, 1, &s[3], &r) == WEIR_OK);
    CHECK(weir_meter_calls(a, w.id) == 3);
    CHECK(weir_meter_enter(a, 500000, &w, 1, 1, &s[0], &r)
          == WEIR_E_RATE_CALLS && r.retry_ms == 0 && r.limit == 3);
    /* More than was counted is counted too, and blocks. */
    weir_meter_leave(a, s[3], 500);
    CHECK(weir_meter_enter(a, 500000, &w, 1, 1, &s[0], &r) == WEIR_OK);
    weir_meter_leave(a, s[0], 700);
    CHECK(weir_meter_enter(a, 500000, &w, 1, 1, &s[0], &r)
          == WEIR_E_RATE_TOKENS);
    CHECK(r.state[WEIR_LIMIT_TOKENS].left == 0);
    /* A call of nothing is never held up by tokens. */
    CHECK(weir_meter_enter(a, 500000, &w, 1, 0, &s[0], &r) == WEIR_OK);
    CHECK(weir_meter_enter(a, 0, &w, 4, 0, &s[0], &r) == WEIR_E_INTERNAL);
    weir_meter_leave(a, UINT32_MAX, 5);
    CHECK(sane(a));
    weir_account_close(a);
}


struct event {
    uint64_t  at;
    uint64_t  tokens;
    uint32_t  seat;
    uint8_t   meters;      /* bits */
    bool      in;
};


/* The amount of what was counted within reach of `now`, by the buckets. */
static uint64_t
naive_sum(const struct event *e, size_t n, unsigned meter, unsigned what,
    unsigned width, uint64_t now)
{
    uint64_t  sum = 0;

    for (size_t i = n; i > 0; i--) {
        if ((e[i - 1].meters >> meter & 1) == 0) {
            continue;
        }
        if (now / step_ms[width] - e[i - 1].at / step_ms[width] > 60) {
            break;
        }
        sum += what == WEIR_LIMIT_REQUESTS ? 1 : e[i - 1].tokens;
    }
    return sum;
}


/* One call through both; the oracle says what must happen. */
static void
one_call(struct weir_account *a, struct event *e, size_t *n, uint64_t now,
    const struct weir_snap_limits *l, uint64_t *seed)
{
    static const char         *const ids[3] = { "meter-number-one",
        "meter-number-two", "meter-no-three!!" };
    struct weir_meter_want     w[3];
    struct weir_meter_result   r;
    const uint64_t             tokens = weir_test_random(seed) % 400;
    uint8_t                    set = weir_test_random(seed) % 7 + 1;
    unsigned                   nwant = 0;
    bool                       fits = true;
    int                        rc;

    for (unsigned m = 0; m < 3; m++) {
        uint32_t  calls = 0;

        if ((set >> m & 1) == 0) {
            continue;
        }
        w[nwant++] = want(ids[m], &l[m]);
        for (size_t i = 0; i < *n; i++) {
            calls += e[i].in && (e[i].meters >> m & 1);
        }
        fits = fits && (l[m].calls == 0 || calls < l[m].calls);
        for (unsigned width = 0; width < WEIR_WIDTHS; width++) {
            const uint64_t  *q = &l[m].most[0][width];
            const uint64_t  *t = &l[m].most[1][width];

            fits = fits && (*q == 0
                || naive_sum(e, *n, m, 0, width, now) + 1 <= *q);
            fits = fits && (*t == 0 || tokens == 0
                || naive_sum(e, *n, m, 1, width, now) + tokens <= *t);
        }
    }
    rc = weir_meter_enter(a, now, w, nwant, tokens, &e[*n].seat, &r);
    CHECK_MSG((rc == WEIR_OK) == fits, "call %zu at %llu: %d", *n,
              (unsigned long long) now, rc);
    if (rc == WEIR_OK) {
        e[*n].at = now;
        e[*n].tokens = tokens;
        e[*n].meters = set;
        e[(*n)++].in = true;
    } else {
        CHECK(r.what == WEIR_LIMITED || r.retry_ms > 0);
    }
}


static void
test_oracle(void)
{
    static const struct weir_snap_limits  l[3] = {
        { .most = { { 5, 60, 0, 3000 }, { 0, 9000, 200000, 0 } } },
        { .most = { { 0, 100, 2000, 0 }, { 2000, 0, 0, 900000 } },
          .calls = 6 },
        { .most = { { 9, 0, 0, 0 }, { 0, 0, 0, 0 } }, .calls = 40 },
    };
    struct weir_account  *a = fresh();
    struct event         *e = calloc(EVENTS, sizeof(*e));
    uint64_t              seed = 11, now = 5000000;
    size_t                n = 0, tries = 0;

    while (tries++ < 6000 && n < EVENTS) {
        switch (weir_test_random(&seed) % 100) {
        case 0:
            now += weir_test_random(&seed) % 90000;
            break;
        case 1:
            now += weir_test_random(&seed) % 4000000;
            break;
        default:
            now += weir_test_random(&seed) % 300;
        }
        one_call(a, e, &n, now, l, &seed);
        for (unsigned k = 0; k < 2 && n > 0; k++) {
            struct event  *x = &e[n - 1 - weir_test_random(&seed)
                                  % (n < 12 ? n : 12)];

            if (x->in) {
                /* More than was said now and then. */
                x->tokens = weir_test_random(&seed) % (x->tokens + 20);
                x->in = false;
                weir_meter_leave(a, x->seat, x->tokens);
            }
        }
    }
    CHECK(n > 1000 && sane(a));
    free(e);
    weir_account_close(a);
}


/* The promise, said without buckets: in no interval (t - W, t] more. And the
   price: who asks all the time gets at least the limit every W * 61/60. */
static void
test_promise(void)
{
    for (unsigned width = 0; width < WEIR_WIDTHS; width++) {
        struct weir_snap_limits        l = { .calls = 0 };
        struct weir_account           *a = fresh();
        const struct weir_meter_want   w = want("promise-of-meter", &l);
        struct weir_meter_result       r;
        uint64_t                       seed = 3 + width, now = 0, *at;
        size_t                         n = 0, first = 0;
        uint32_t                       s;

        at = calloc(EVENTS, sizeof(*at));
        l.most[0][width] = 50;
        while (n < 3000) {
            now += weir_test_random(&seed) % (width_ms[width] / 40);
            if (weir_test_random(&seed) % 50 == 0) {
                now += weir_test_random(&seed) % width_ms[width];
            }
            for (unsigned k = weir_test_random(&seed) % 9; k > 0; k--) {
                const int  rc = weir_meter_enter(a, now, &w, 1, 0, &s, &r);

                if (rc == WEIR_OK) {
                    weir_meter_leave(a, s, 0);
                    at[n++] = now;
                } else {
                    /* It is full, by a window a sixtieth longer. */
                    CHECK(rc == WEIR_E_RATE_REQUESTS && n >= 50);
                    CHECK(at[n - 50] + width_ms[width] + 2 * step_ms[width]
                          + 60 > now);
                }
            }
            while (first < n && at[first] + width_ms[width] <= now) {
                first++;
            }
            CHECK(n - first <= 50);
        }
        free(at);
        CHECK(sane(a));
        weir_account_close(a);
    }
}


/* After retry_ms there is room, and not a millisecond before. */
static void
test_retry(void)
{
    const struct weir_snap_limits  l = { .most = { { 4, 9 }, { 0, 700 } } };
    struct weir_account           *a = fresh();
    const struct weir_meter_want   w = want("retry-of-a-meter", &l);
    struct weir_meter_result       r, again;
    uint64_t                       seed = 5, now = 1000000;
    unsigned                       refused = 0;
    uint32_t                       s;

    for (unsigned i = 0; i < 2000; i++) {
        const uint64_t  tokens = weir_test_random(&seed) % 300;

        now += weir_test_random(&seed) % 3000;
        if (weir_meter_enter(a, now, &w, 1, tokens, &s, &r) == WEIR_OK) {
            weir_meter_leave(a, s, tokens);
            continue;
        }
        refused++;
        CHECK(weir_meter_enter(a, now + r.retry_ms - 1, &w, 1, tokens, &s,
                               &again) < 0 && again.retry_ms == 1);
        now += r.retry_ms;
        CHECK(weir_meter_enter(a, now, &w, 1, tokens, &s, &again)
              == WEIR_OK);
        weir_meter_leave(a, s, tokens);
    }
    CHECK(refused > 100 && sane(a));
    weir_account_close(a);
}


/* More names than cells: the idle ones make room, the others do not. */
static void
test_full(void)
{
    const struct weir_snap_limits  l = { .most = { { 0, 5 } } };
    struct weir_account           *a = fresh();
    struct weir_meter_result       r;
    uint32_t                       s, kept = 0;
    uint8_t                        id[16];
    struct weir_meter_want         w = { id, &l };

    for (uint32_t i = 0; i < WEIR_METERS_MAX; i++) {
        uint64_t  mix = i * 0x9e3779b97f4a7c15u + 1;

        memcpy(id, &mix, 8);
        memcpy(id + 8, &i, 4);
        memset(id + 12, 7, 4);
        CHECK(weir_meter_enter(a, 1000, &w, 1, 0, &s, &r) == WEIR_OK);
        if (i == 17) {
            kept = s;
        } else {
            weir_meter_leave(a, s, 0);
        }
    }
    memset(id, 0x55, sizeof(id));
    CHECK(weir_meter_enter(a, 2000, &w, 1, 0, &s, &r)
          == WEIR_E_TOO_MANY_CALLS);
    /* When their windows are empty the cells are taken over, but for the one
       with a call in it. */
    for (uint32_t i = 0; i < WEIR_METERS_MAX - 1; i++) {
        memcpy(id, &i, 4);
        memset(id + 4, 0x66, 12);
        CHECK(weir_meter_enter(a, 70000, &w, 1, 0, &s, &r) == WEIR_OK);
        weir_meter_leave(a, s, 0);
    }
    memset(id, 0x77, sizeof(id));
    CHECK(weir_meter_enter(a, 70000, &w, 1, 0, &s, &r)
          == WEIR_E_TOO_MANY_CALLS);
    weir_meter_leave(a, kept, 0);
    CHECK(weir_meter_enter(a, 70000, &w, 1, 0, &s, &r) == WEIR_OK);
    CHECK(sane(a));
    weir_account_close(a);
}


/* The limits of a name may change while calls are in. */
static void
test_changed(void)
{
    const struct weir_snap_limits  old = { .most = { { 0, 10 } } };
    const struct weir_snap_limits  new = { .most = { { 0, 4, 20 } },
                                           .calls = 3 };
    struct weir_account           *a = fresh();
    struct weir_meter_want         w = want("changed-on-the-w", &old);
    struct weir_meter_result       r;
    uint32_t                       s[5];

    for (unsigned i = 0; i < 3; i++) {
        CHECK(weir_meter_enter(a, 1000, &w, 1, 9, &s[i], &r) == WEIR_OK);
    }
    w.limits = &new;
    CHECK(weir_meter_enter(a, 1500, &w, 1, 9, &s[3], &r)
          == WEIR_E_RATE_CALLS);
    weir_meter_leave(a, s[0], 1);
    CHECK(weir_meter_enter(a, 1500, &w, 1, 9, &s[3], &r) == WEIR_OK);
    weir_meter_leave(a, s[1], 1);
    CHECK(weir_meter_enter(a, 1500, &w, 1, 9, &s[4], &r)
          == WEIR_E_RATE_REQUESTS);
    w.limits = &old;
    CHECK(weir_meter_enter(a, 1500, &w, 1, 9, &s[4], &r) == WEIR_OK);
    CHECK(sane(a));
    weir_account_close(a);
}


/* Many processes at one door, some of them killed on the spot. */
static void
crowd(struct weir_account *a, uint32_t *entered, uint32_t *over,
    uint64_t seed)
{
    const struct weir_snap_limits  l = { .most = { { 0, 0, 0, CROWD } },
                                         .calls = 5 };
    const struct weir_meter_want   w[2] = { want("crowd-first-name", &l),
                                            want("crowd-second-one", &l) };
    struct weir_meter_result       r;
    uint32_t                       s[4];
    unsigned                       in = 0;

    for ( ;; ) {
        const bool  more = weir_test_random(&seed) % 2 == 0;

        if (in < 4 && more) {
            const int  rc = weir_meter_enter(a, 1000, w, 2, 3, &s[in], &r);

            if (rc == WEIR_OK) {
                in++;
                __atomic_fetch_add(entered, 1, __ATOMIC_SEQ_CST);
            } else if (rc == WEIR_E_RATE_REQUESTS) {
                break;
            }
        } else if (in > 0) {
            weir_meter_leave(a, s[--in], 1);
        }
        if (weir_meter_calls(a, w[1].id) > 5) {
            __atomic_fetch_add(over, 1, __ATOMIC_SEQ_CST);
        }
    }
    /* It goes without leaving. */
    _exit(0);
}


static void
test_crowd(void)
{
    struct weir_account  *a = fresh();
    uint32_t             *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t                 pids[6];
    uint64_t              seed = 77;
    unsigned              kills = 0, gone = 0;
    const uint8_t        *id = (const uint8_t *) "crowd-second-one";

    for (unsigned i = 0; i < 6; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            crowd(a, &shared[0], &shared[1], seed + i);
        }
    }
    while (gone < 6) {
        const unsigned  k = weir_test_random(&seed) % 6;
        int             status;

        (void) usleep(1000 + weir_test_random(&seed) % 2000);
        (void) weir_meter_reclaim(a);
        if (pids[k] > 0 && kills < KILLS) {
            (void) kill(pids[k], SIGKILL);
            (void) waitpid(pids[k], &status, 0);
            kills += WIFSIGNALED(status);
            pids[k] = WIFSIGNALED(status) ? fork() : 0;
            if (WIFSIGNALED(status) && pids[k] == 0) {
                crowd(a, &shared[0], &shared[1], seed);
            }
            gone += !WIFSIGNALED(status);
            continue;
        }
        if (pids[k] > 0 && waitpid(pids[k], &status, WNOHANG) == pids[k]) {
            pids[k] = 0;
            gone++;
        }
    }
    (void) weir_meter_reclaim(a);
    CHECK(weir_meter_calls(a, id) == 0);
    CHECK_MSG(shared[1] == 0, "%u times over", shared[1]);
    /* A death may eat one, before it was noted; none is ever added. */
    CHECK_MSG(shared[0] <= CROWD && shared[0] + kills >= CROWD,
              "%u entered, %u killed", shared[0], kills);
    CHECK(sane(a));
    CHECK_MSG(kills >= KILLS / 10, "only %u", kills);
    printf("# %u entered, %u killed, %u recoveries\n", shared[0], kills,
           a->head->recoveries);
    (void) munmap(shared, 4096);
    weir_account_close(a);
}


int
main(void)
{
    char  dir[] = "/tmp/weir-meter-XXXXXX", command[64];

    if (mkdtemp(dir) == NULL) {
        return 1;
    }
    dirfd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    test_simple();
    test_look();
    test_oracle();
    test_promise();
    test_retry();
    test_full();
    test_changed();
    test_crowd();
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    (void) !system(command);
    return weir_test_done();
}
