/*
 * account_test.c: one process: amounts, caps, tickets, the file itself, and
 * recovery from a death at each STEP of account.c. Deaths of real processes
 * are in account_kill_test.c.
 */
#include "account/account_internal.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <linux/futex.h>
#include <sys/wait.h>
#include <time.h>

static int            dir;
static const uint8_t  id[16] = "a call's own id";


static struct weir_account *
fresh(void)
{
    struct weir_account  *a;

    (void) unlinkat(dir, "acc", 0);
    if (weir_account_open(&a, dir, "acc", true) != WEIR_OK) {
        abort();
    }
    return a;
}


static struct weir_account_state
state(struct weir_account *a, uint32_t slot)
{
    struct weir_account_state  s;

    weir_account_read(a, slot, &s);
    return s;
}


static const struct reserve_case {
    const char  *name;
    weir_micro   limit, spent, amount;
    int          rc;
    weir_micro   left;
} reserve_cases[] = {
    { "fits", 100, 0, 60, WEIR_OK, 40 },
    { "to the last micro", 100, 40, 60, WEIR_OK, 0 },
    { "one too much", 100, 41, 60, WEIR_E_NO_FUNDS, 59 },
    { "no limit set", 0, 0, 1, WEIR_E_NO_FUNDS, 0 },
    { "nothing from nothing", 0, 0, 0, WEIR_OK, 0 },
    { "spent over the limit", 100, 150, 1, WEIR_E_NO_FUNDS, 0 },
    { "nothing from an overdrawn one", 100, 150, 0, WEIR_E_NO_FUNDS, 0 },
    { "greatest amount, greatest limit", INT64_MAX, 0, INT64_MAX, WEIR_OK, 0 },
    { "greatest amount, one spent", INT64_MAX, 1, INT64_MAX, WEIR_E_NO_FUNDS,
      INT64_MAX - 1 },
    { "all spent, all of it", INT64_MAX, INT64_MAX, 0, WEIR_OK, 0 },
    { "negative", 100, 0, -1, WEIR_E_INTERNAL, 0 },
    { "most negative", 100, 0, INT64_MIN, WEIR_E_INTERNAL, 0 },
};


static void
test_reserve(void)
{
    for (size_t i = 0; i < sizeof(reserve_cases) / sizeof(reserve_cases[0]);
         i++)
    {
        const struct reserve_case  *c = &reserve_cases[i];
        struct weir_account        *a = fresh();
        weir_micro                  left = -7;
        uint32_t                    t = 0;
        int                         rc;

        weir_account_set(a, 9, c->limit, c->spent);
        rc = weir_account_reserve(a, 9, c->amount, id, &t, &left);
        CHECK_MSG(rc == c->rc, "case %s: %d", c->name, rc);
        CHECK_MSG(left == c->left, "case %s: left %lld", c->name,
                  (long long) left);
        CHECK(state(a, 9).reserved == (rc == WEIR_OK ? c->amount : 0));
        CHECK(weir_account_is_sane(a));
        if (rc == WEIR_OK) {
            weir_account_settle(a, t, 0);
            CHECK(state(a, 9).reserved == 0 && state(a, 9).spent == c->spent);
        }
        weir_account_close(a);
    }
}


static void
test_edges(void)
{
    struct weir_account  *a = fresh();
    uint32_t              t, t2;
    weir_micro            left;

    CHECK(weir_account_reserve(a, WEIR_GRANTS_MAX, 0, id, &t, &left)
          == WEIR_E_INTERNAL);
    weir_account_set(a, WEIR_GRANTS_MAX - 1, 50, 0);
    CHECK(weir_account_reserve(a, WEIR_GRANTS_MAX - 1, 50, id, &t, NULL)
          == WEIR_OK);
    CHECK(state(a, WEIR_GRANTS_MAX).limit == 0);

    /* More than was reserved is booked; then nothing is left. */
    weir_account_settle(a, t, 80);
    CHECK(state(a, WEIR_GRANTS_MAX - 1).spent == 80);
    weir_account_settle(a, t, 80);            /* twice is once */
    CHECK(state(a, WEIR_GRANTS_MAX - 1).spent == 80);

    /* An old number does not settle the new use of its place. */
    weir_account_set(a, 0, 100, 0);
    CHECK(weir_account_reserve(a, 0, 10, id, &t2, &left) == WEIR_OK);
    CHECK(t2 != t && (t2 & 0xffff) == (t & 0xffff));
    weir_account_settle(a, t, 5);
    CHECK(state(a, 0).reserved == 10 && state(a, 0).spent == 0);
    weir_account_settle(a, t2, -5);
    CHECK(state(a, 0).reserved == 0 && state(a, 0).spent == 0);
    weir_account_settle(a, UINT32_MAX, 5);

    /* Saturation. */
    weir_account_set(a, 0, INT64_MAX, INT64_MAX - 10);
    CHECK(weir_account_reserve(a, 0, 10, id, &t, &left) == WEIR_OK);
    weir_account_settle(a, t, 11);
    CHECK(state(a, 0).spent == INT64_MAX);
    weir_account_adjust(a, 0, 7, INT64_MIN);
    CHECK(state(a, 0).spent == 0 && state(a, 0).limit == 7);
    weir_account_adjust(a, 0, -7, 3);
    CHECK(state(a, 0).spent == 3 && state(a, 0).limit == 0);
    weir_account_set(a, 0, -1, -1);
    CHECK(state(a, 0).spent == 0 && state(a, 0).limit == 0);

    /* A limit lowered below what is committed refuses, and recovers. */
    weir_account_set(a, 1, 100, 0);
    CHECK(weir_account_reserve(a, 1, 90, id, &t, &left) == WEIR_OK);
    weir_account_adjust(a, 1, 50, 0);
    CHECK(weir_account_reserve(a, 1, 0, id, &t2, &left) == WEIR_E_NO_FUNDS);
    weir_account_settle(a, t, 20);
    CHECK(weir_account_reserve(a, 1, 30, id, &t2, &left) == WEIR_OK);
    CHECK(weir_account_is_sane(a));

    CHECK(weir_account_generation(a) == 0);
    weir_account_publish(a, 1234567890123);
    CHECK(weir_account_generation(a) == 1234567890123);
    weir_account_close(a);
}


static void
test_all_tickets(void)
{
    static uint32_t       tickets[WEIR_CALLS_MAX];
    struct weir_account  *a = fresh();
    uint32_t              t;

    weir_account_set(a, 3, INT64_MAX, 0);
    for (unsigned i = 0; i < WEIR_CALLS_MAX; i++) {
        if (weir_account_reserve(a, 3, 2, id, &tickets[i], NULL) != WEIR_OK) {
            CHECK_MSG(false, "ticket %u", i);
            break;
        }
    }
    CHECK(weir_account_reserve(a, 3, 2, id, &t, NULL)
          == WEIR_E_TOO_MANY_CALLS);
    CHECK(state(a, 3).reserved == 2 * (weir_micro) WEIR_CALLS_MAX);
    weir_account_settle(a, tickets[WEIR_CALLS_MAX - 1], 1);
    CHECK(weir_account_reserve(a, 3, 2, id, &t, NULL) == WEIR_OK);
    tickets[WEIR_CALLS_MAX - 1] = t;
    for (unsigned i = 0; i < WEIR_CALLS_MAX; i++) {
        weir_account_settle(a, tickets[i], 1);
    }
    CHECK(state(a, 3).reserved == 0);
    CHECK(state(a, 3).spent == (weir_micro) WEIR_CALLS_MAX + 1);
    CHECK(weir_account_is_sane(a));
    weir_account_close(a);
}


/* Random operations against a table of amounts. */
static void
test_model(void)
{
    struct { uint32_t  ticket, slot; weir_micro  amount; }  open[64];
    struct weir_account_state  want[4] = { { 0 } };
    struct weir_account       *a = fresh();
    uint64_t                   seed = 42;
    unsigned                   n = 0;

    for (int step = 0; step < 20000; step++) {
        const uint32_t    slot = weir_test_random(&seed) % 4;
        const weir_micro  amount = weir_test_random(&seed) % 100;
        uint32_t          t;
        int               rc;

        switch (weir_test_random(&seed) % 8) {
        case 0:
            want[slot].limit = amount * 20;
            want[slot].spent = want[slot].spent - amount * 9 > 0
                               ? want[slot].spent - amount * 9 : 0;
            weir_account_adjust(a, slot, want[slot].limit, -amount * 9);
            break;
        case 1: case 2: case 3: case 4:
            if (n == 64) {
                break;
            }
            rc = weir_account_reserve(a, slot, amount, id, &t, NULL);
            CHECK((rc == WEIR_OK) == (want[slot].spent + want[slot].reserved
                                      + amount <= want[slot].limit));
            if (rc == WEIR_OK) {
                want[slot].reserved += amount;
                open[n].ticket = t;
                open[n].slot = slot;
                open[n++].amount = amount;
            }
            break;
        default:
            if (n > 0) {
                const unsigned  k = weir_test_random(&seed) % n;

                weir_account_settle(a, open[k].ticket, amount / 2);
                want[open[k].slot].reserved -= open[k].amount;
                want[open[k].slot].spent += amount / 2;
                open[k] = open[--n];
            }
        }
        for (uint32_t s = 0; s < 4; s++) {
            const struct weir_account_state  is = state(a, s);

            CHECK(memcmp(&is, &want[s], sizeof(is)) == 0);
        }
    }
    CHECK(weir_account_is_sane(a));
    weir_account_close(a);
}


static void
spoil(size_t at, const void *with, size_t len)
{
    const int  fd = openat(dir, "acc", O_RDWR);

    if (fd < 0 || pwrite(fd, with, len, (off_t) at) != (ssize_t) len) {
        abort();
    }
    (void) close(fd);
}


static void
test_file(void)
{
    static const struct { const char *name; size_t at; bool ours; } cases[] = {
        { "magic", offsetof(struct weir_account_head, magic), false },
        { "version", offsetof(struct weir_account_head, version), true },
        { "lock size", offsetof(struct weir_account_head, lock_size), true },
        { "size", offsetof(struct weir_account_head, size), true },
        { "boot id", offsetof(struct weir_account_head, boot), true },
    };
    struct weir_account  *a, *b;
    struct stat           st;
    int                   fd;

    (void) unlinkat(dir, "acc", 0);
    CHECK(weir_account_open(&a, dir, "acc", false) == WEIR_E_IO && a == NULL);
    a = fresh();
    CHECK(fstatat(dir, "acc", &st, 0) == 0 && (st.st_mode & 07777) == 0600);
    CHECK(st.st_size == (off_t) WEIR_ACCOUNT_BYTES);

    /* Two maps are one memory; `create` keeps what is there. */
    weir_account_set(a, 5, 77, 7);
    CHECK(weir_account_open(&b, dir, "acc", true) == WEIR_OK);
    CHECK(state(b, 5).limit == 77 && state(b, 5).spent == 7);
    weir_account_close(b);
    weir_account_close(a);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        weir_account_close(fresh());
        spoil(cases[i].at, "x", 1);
        CHECK_MSG(weir_account_open(&a, dir, "acc", false) == WEIR_E_CORRUPT,
                  "case %s", cases[i].name);
        if (cases[i].ours) {
            CHECK_MSG(weir_account_open(&a, dir, "acc", true) == WEIR_OK,
                      "case %s", cases[i].name);
            CHECK(state(a, 5).limit == 0);
            weir_account_close(a);
        } else {
            CHECK(weir_account_open(&a, dir, "acc", true) == WEIR_E_CORRUPT);
        }
    }
    (void) unlinkat(dir, "acc", 0);
    fd = openat(dir, "acc", O_RDWR | O_CREAT, 0600);
    (void) close(fd);
    CHECK(weir_account_open(&a, dir, "acc", false) == WEIR_E_CORRUPT);
    CHECK(weir_account_open(&a, dir, "acc", true) == WEIR_OK);
    weir_account_close(a);
    (void) unlinkat(dir, "acc", 0);
    CHECK(symlinkat("elsewhere", dir, "acc") == 0);
    CHECK(weir_account_open(&a, dir, "acc", true) == WEIR_E_IO);
    (void) unlinkat(dir, "acc", 0);
}


/* Many make it at once: one file, everyone's sums arrive in it. */
static void
test_makers(bool stale)
{
    struct weir_account  *a;
    pid_t                 pid[8];

    (void) unlinkat(dir, "acc", 0);
    if (stale) {
        a = fresh();
        weir_account_close(a);
        spoil(offsetof(struct weir_account_head, boot), "?", 1);
    }
    for (int i = 0; i < 8; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            if (weir_account_open(&a, dir, "acc", true) != WEIR_OK) {
                _exit(1);
            }
            for (int k = 0; k < 1000; k++) {
                weir_account_adjust(a, 0, 100, 1);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 8; i++) {
        int  status;

        CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
    }
    CHECK(weir_account_open(&a, dir, "acc", false) == WEIR_OK);
    CHECK_MSG(state(a, 0).spent == 8000, "%lld",
              (long long) state(a, 0).spent);
    weir_account_close(a);
}


static weir_micro
charge_five(void *ctx, const uint8_t call_id[16], uint32_t slot,
    weir_micro reserved)
{
    CHECK(memcmp(call_id, id, 16) == 0 && slot == 2 && reserved == 30);
    return *(weir_micro *) ctx;
}


static void
test_reclaim(void)
{
    struct weir_account  *a = fresh();
    weir_micro            charge = -1;
    uint32_t              mine;
    pid_t                 pid;
    siginfo_t             info;

    weir_account_set(a, 2, 100, 0);
    CHECK(weir_account_reserve(a, 2, 30, id, &mine, NULL) == WEIR_OK);
    pid = fork();
    if (pid == 0) {
        uint32_t  t;

        /* The child is not its parent, though it has its parent's handle. */
        _exit(weir_account_reserve(a, 2, 30, id, &t, NULL) == WEIR_OK ? 0 : 1);
    }
    /* A zombie is dead already. */
    CHECK(waitid(P_PID, (id_t) pid, &info, WEXITED | WNOWAIT) == 0);
    CHECK(info.si_status == 0 && state(a, 2).reserved == 60);
    CHECK(weir_account_reclaim(a, charge_five, &charge) == 0);
    CHECK(state(a, 2).reserved == 60);
    charge = 5;
    CHECK(weir_account_reclaim(a, charge_five, &charge) == 1);
    CHECK(state(a, 2).reserved == 30 && state(a, 2).spent == 5);
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(weir_account_reclaim(a, charge_five, &charge) == 0);

    /* The same pid with another start time is another process. */
    a->tickets[mine & 0xffff].owner_start--;
    CHECK(weir_account_reclaim(a, charge_five, &charge) == 1);
    CHECK(state(a, 2).reserved == 0 && state(a, 2).spent == 10);
    CHECK(weir_account_is_sane(a));
    weir_account_close(a);
}


/* Leave the lock as a dead holder leaves it, after `spoiler` ran. */
static void
die_holding(struct weir_account *a, void (*spoiler)(struct weir_account *))
{
    const pid_t  pid = fork();

    if (pid == 0) {
        if (weir_account_lock(a)) {
            spoiler(a);
            (void) kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
}


static void
spoil_lists(struct weir_account *a)
{
    a->head->free_head = 0;
    a->slots[2].reserved = 999;
    a->head->tickets_used++;
}


static void
spoil_armed(struct weir_account *a)
{
    /* A settle of ticket 0 with 12 more spent, cut off after the arming. */
    a->head->redo = (struct weir_account_redo) { 1, 2, 100, 12, 1, 0 };
}


static void
spoil_armed_half(struct weir_account *a)
{
    spoil_armed(a);
    a->slots[2].spent = 12;
    a->tickets[0].state = WEIR_TICKET_FREE;
    a->slots[2].reserved -= 30;
}


static void
test_recover(void)
{
    void  (*const spoilers[])(struct weir_account *) = {
        spoil_armed, spoil_armed_half
    };
    struct weir_account  *a = fresh();
    uint32_t              t, t2;

    weir_account_set(a, 2, 100, 0);
    CHECK(weir_account_reserve(a, 2, 30, id, &t, NULL) == WEIR_OK);
    die_holding(a, spoil_lists);
    CHECK(state(a, 2).reserved == 30 && a->head->recoveries == 1);
    CHECK(weir_account_is_sane(a));
    CHECK(weir_account_reserve(a, 2, 70, id, &t2, NULL) == WEIR_OK);
    weir_account_close(a);

    for (int i = 0; i < 2; i++) {
        a = fresh();
        weir_account_set(a, 2, 100, 0);
        CHECK(weir_account_reserve(a, 2, 30, id, &t, NULL) == WEIR_OK);
        die_holding(a, spoilers[i]);
        CHECK(state(a, 2).spent == 12 && state(a, 2).reserved == 0);
        weir_account_settle(a, t, 12);       /* once */
        CHECK(state(a, 2).spent == 12);
        CHECK(weir_account_is_sane(a));
        weir_account_close(a);
    }
}


/*
 * A wake-up that nobody sends: the holder frees the lock and is gone before
 * it wakes the one who waits (weir_account_lock() says how that comes about).
 */
static void
test_lost_wake(void)
{
    struct weir_account    *a = fresh();
    volatile unsigned      *word = (unsigned *) (void *) &a->head->lock;
    const struct timespec   pause = { 0, 1000000 };
    pid_t                   waiter, holder;
    int                     status = -1;

    weir_account_set(a, 2, 100, 0);
    holder = fork();
    if (holder == 0) {
        if (!weir_account_lock(a)) {
            _exit(1);
        }
        while ((*word & FUTEX_WAITERS) == 0) {
            (void) nanosleep(&pause, NULL);
        }
        *word = 0;
        _exit(0);
    }
    while ((*word & FUTEX_TID_MASK) == 0) {
        (void) nanosleep(&pause, NULL);
    }
    waiter = fork();
    if (waiter == 0) {
        (void) alarm(20);
        _exit(weir_account_lock(a) ? 0 : 1);
    }
    CHECK(waitpid(holder, &status, 0) == holder && status == 0);
    CHECK(waitpid(waiter, &status, 0) == waiter);
    CHECK_MSG(status == 0, "the waiter ended with %d", status);
    CHECK(weir_account_is_sane(a));
    weir_account_close(a);
}


int
main(void)
{
    char  folder[] = "/tmp/weir-account-XXXXXX";

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    test_reserve();
    test_edges();
    test_all_tickets();
    test_model();
    test_file();
    test_makers(false);
    test_makers(true);
    test_reclaim();
    test_recover();
    test_lost_wake();
    (void) unlinkat(dir, "acc", 0);
    CHECK(rmdir(folder) == 0);      /* no temporary file is left */
    return weir_test_done();
}
