/*
 * account_step_test.c: "kill -9 at any instruction", taken at its word: a
 * process is traced through one operation, one instruction at a time, and
 * killed after the first, after the second, and so on to the last. Each time
 * all of the operation happened or nothing of it, and the lock can be had.
 * After every seventh the recovering process is killed as well, at several
 * places.
 *
 * Linked with -z now: the loader's look-ups of names would be thousands of
 * instructions that are none of ours. Not run with sanitizers for the same
 * reason.
 */
#include "account/account_internal.h"
#include "base/test.h"
#include "weir/meter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define STEPS_MAX  100000

static const uint8_t        id[16] = "a call's own id";
static struct weir_account  *a;
static uint32_t             ticket;


/* Every case begins with 100 as the limit, 20 spent, 30 in one ticket. */
static void
op_settle(void)
{
    weir_account_settle(a, ticket, 12);
}


static void
op_reserve(void)
{
    uint32_t    t;
    weir_micro  left;

    if (weir_account_reserve(a, 2, 40, id, &t, &left) != WEIR_OK) {
        _exit(9);
    }
}


static void
op_adjust(void)
{
    weir_account_adjust(a, 2, 80, -5);
}


static void
op_read(void)
{
    struct weir_account_state  s;

    weir_account_read(a, 2, &s);
}


static const struct step_case {
    const char                *name;
    void                     (*run)(void);
    struct weir_account_state  before, after;
} cases[] = {
    { "settle", op_settle, { 100, 20, 30 }, { 100, 32, 0 } },
    { "reserve", op_reserve, { 100, 20, 30 }, { 100, 20, 70 } },
    { "adjust", op_adjust, { 100, 20, 30 }, { 80, 15, 30 } },
};


/* Run `op` in a child and kill it after `steps` instructions. False when it
   was through before; *skip when tracing is not allowed here. */
static bool
kill_after(void (*op)(void), unsigned steps, bool *skip)
{
    const pid_t  pid = fork();
    int          status;
    bool         alive = true;

    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
            _exit(7);
        }
        (void) weir_account_self(a);     /* asks /proc: thousands more */
        (void) raise(SIGSTOP);
        op();
        _exit(8);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        *skip = true;
        return false;
    }
    for (unsigned i = 0; i < steps && alive; i++) {
        alive = ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0
                && waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
    }
    if (alive) {
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, &status, 0);
    } else {
        CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 8, "status %x",
                  (unsigned) status);
    }
    return alive;
}


static void
reset(void)
{
    static const uint32_t  slots = WEIR_ACCOUNT_TICKETS_AT
                                   - WEIR_ACCOUNT_SLOTS_AT;

    /* As new, but for the lock. */
    memset(a->slots, 0, slots);
    memset(a->tickets, 0, 64 * sizeof(*a->tickets));
    memset(&a->head->redo, 0, sizeof(a->head->redo));
    a->head->free_head = a->head->tickets_used = a->head->slots_used = 0;
    weir_account_set(a, 2, 100, 20);
    if (weir_account_reserve(a, 2, 30, id, &ticket, NULL) != WEIR_OK) {
        abort();
    }
}


static void
check_state(const struct step_case *c, unsigned steps, unsigned *after)
{
    struct weir_account_state  s;

    weir_account_read(a, 2, &s);
    if (memcmp(&s, &c->after, sizeof(s)) == 0) {
        (*after)++;
    } else {
        CHECK_MSG(memcmp(&s, &c->before, sizeof(s)) == 0,
                  "%s, %u steps: limit %d spent %d reserved %d", c->name,
                  steps, (int) s.limit, (int) s.spent, (int) s.reserved);
        CHECK_MSG(*after == 0, "%s, %u steps: undone", c->name, steps);
    }
    CHECK_MSG(weir_account_lock(a) && weir_account_is_sane(a),
              "%s, %u steps: not sane", c->name, steps);
    weir_account_unlock(a);
}


/* ---- the same for limits: one call is in, with 30 of 100 tokens ---- */

static const struct weir_snap_limits  limits = {
    .most = { { 0, 10 }, { 0, 100 } }, .calls = 4
};
static uint32_t  seated;

static int
enter(uint64_t tokens, uint32_t *seat, struct weir_meter_result *r)
{
    const struct weir_meter_want  w[2] = {
        { (const uint8_t *) "step of the test", &limits },
        { (const uint8_t *) "second of a call", &limits }
    };

    return weir_meter_enter(a, 60000, w, 2, tokens, seat, r);
}


static void
op_enter(void)
{
    struct weir_meter_result  r;
    uint32_t                  s;

    if (enter(40, &s, &r) != WEIR_OK) {
        _exit(9);
    }
}


static void
op_leave(void)
{
    weir_meter_leave(a, seated, 12);
}


static void
reset_meters(void)
{
    struct weir_meter_result  r;

    memset(a->seats, 0, 8 * sizeof(*a->seats));
    for (uint32_t k = 0; k < WEIR_METERS_MAX; k++) {
        if (a->meters[k].id[0] != 0) {
            memset(&a->meters[k], 0, sizeof(a->meters[k]));
            memset(&a->windows[k * WEIR_METER_WINDOWS], 0,
                   WEIR_METER_WINDOWS * sizeof(*a->windows));
        }
    }
    a->head->seat_free = a->head->seats_used = a->head->meters_taken = 0;
    if (enter(30, &seated, &r) != WEIR_OK) {
        abort();
    }
}


/* What is counted is never less than what is so; and all that the dead had
   open is given back. */
static void
check_meters(bool leave, unsigned steps)
{
    struct weir_meter_result  r;
    uint32_t                  s;
    uint64_t                  used;

    /* Ours left in `leave` or is reclaimed never: we live. */
    CHECK_MSG(weir_meter_reclaim(a) <= !leave, "%u steps", steps);
    CHECK_MSG(weir_account_lock(a) && weir_account_is_sane(a),
              "meters, %u steps: not sane", steps);
    weir_account_unlock(a);
    weir_meter_leave(a, seated, leave ? 12 : 30);
    CHECK(weir_meter_calls(a, (const uint8_t *) "step of the test") == 0);
    CHECK(weir_meter_calls(a, (const uint8_t *) "second of a call") == 0);
    CHECK(enter(0, &s, &r) == WEIR_OK);
    used = 100 - r.state[WEIR_LIMIT_TOKENS].left;
    CHECK_MSG(used == (leave ? 12 : 30) || (!leave && used == 70),
              "%u steps: %u", steps, (unsigned) used);
}


static bool
test_meters(void)
{
    bool  skip = false;

    for (unsigned leave = 0; leave < 2 && !skip; leave++) {
        bool      more = true;
        unsigned  n;

        /* Of nearly 2,000 instructions of enter every seventh: to reach one
           takes as many steps. */
        for (n = 0; more && n < STEPS_MAX; n += leave ? 1 : 7) {
            reset_meters();
            more = kill_after(leave ? op_leave : op_enter, n, &skip);
            if (skip) {
                break;
            }
            check_meters(leave, n);
        }
        printf("# meters, %s: killed at places in %u instructions\n",
               leave ? "leave" : "enter", n);
        CHECK(skip || n > 100);
    }
    return skip;
}


int
main(void)
{
    char  folder[] = "/tmp/weir-account-XXXXXX";
    bool  skip = false;
    int   dir;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    printf("ok 1 - instructions of a sanitizer # SKIP\n1..1\n");
    return 0;
#endif

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    if (weir_account_open(&a, dir, "acc", true) != WEIR_OK) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !skip; i++) {
        const struct step_case  *c = &cases[i];
        unsigned                 n, after = 0;
        bool                     more = true;

        for (n = 0; more && n < STEPS_MAX; n++) {
            reset();
            more = kill_after(c->run, n, &skip);
            /* Then the one who recovers dies as well. */
            if (n % 7 == 0 && n > 0) {
                bool  again = true;

                for (unsigned k = n % 5; again && k < STEPS_MAX; k += 41) {
                    again = kill_after(op_read, k, &skip);
                }
            }
            if (skip) {
                break;
            }
            check_state(c, n, &after);
        }
        if (!skip) {
            printf("# %s: killed after each of %u instructions\n", c->name,
                   n);
            CHECK_MSG(after > 0 && after < n, "%s: %u of %u", c->name, after,
                      n);
        }
    }
    skip = skip || test_meters();
    weir_account_close(a);
    (void) unlinkat(dir, "acc", 0);
    CHECK(rmdir(folder) == 0);
    if (skip) {
        printf("ok 1 - no right to trace a process # SKIP\n1..1\n");
        return 0;
    }
    return weir_test_done();
}
