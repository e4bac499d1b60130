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
    weir_account_close(a);
    (void) unlinkat(dir, "acc", 0);
    CHECK(rmdir(folder) == 0);
    if (skip) {
        printf("ok 1 - no right to trace a process # SKIP\n1..1\n");
        return 0;
    }
    return weir_test_done();
}
