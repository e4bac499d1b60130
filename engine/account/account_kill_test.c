/*
 * account_kill_test.c: workers reserve and settle at random and are killed
 * (kill -9) at random instructions, hundreds of them; the keeper's part
 * reclaims. What must hold in the end, exactly:
 *
 *     spent = sum of the end records, each once;  reserved = 0
 *
 * and all along, seen by an observer process: spent + reserved <= limit.
 * The test's journal is plain shared memory: as in life a worker writes the
 * amount there before it settles.
 */
#include "account/account_internal.h"
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define WORKERS      4
#define KILLS        400
#define SLOTS        3
#define LIMIT        INT64_C(100000)   /* scarce: the cap is met often */
#define RECORDS_MAX  (1u << 22)

struct test_journal {
    uint32_t  next;                 /* call numbers, handed out atomically */
    uint32_t  stop;
    uint32_t  seen_over;            /* by the observer */
    uint32_t  looks;
    uint32_t  insane;
    int32_t   charged[RECORDS_MAX]; /* amount + 1; 0: no end record */
};

static struct test_journal  *journal;


static void
work(struct weir_account *a, uint64_t seed)
{
    uint32_t    tickets[8], calls[8], call = RECORDS_MAX;
    weir_micro  amounts[8];
    unsigned    n = 0;

    for ( ;; ) {
        if (n < 8 && weir_test_random(&seed) % 2 == 0) {
            const weir_micro  amount = weir_test_random(&seed) % 60;
            uint8_t           id[16] = { 0 };

            if (call == RECORDS_MAX) {
                call = __atomic_fetch_add(&journal->next, 1,
                                          __ATOMIC_SEQ_CST);
                if (call >= RECORDS_MAX) {
                    _exit(1);
                }
            }
            memcpy(id, &call, sizeof(call));
            if (weir_account_reserve(a, call % SLOTS, amount, id, &tickets[n],
                                     NULL) == WEIR_OK)
            {
                amounts[n] = amount;
                calls[n++] = call;
                call = RECORDS_MAX;
            }
        } else if (n > 0) {
            const unsigned  k = weir_test_random(&seed) % n;
            const int32_t   spent = (int32_t) (weir_test_random(&seed)
                                               % (uint64_t) (amounts[k] + 1));

            __atomic_store_n(&journal->charged[calls[k]], spent + 1,
                             __ATOMIC_SEQ_CST);
            weir_account_settle(a, tickets[k], spent);
            n--;
            tickets[k] = tickets[n];
            calls[k] = calls[n];
            amounts[k] = amounts[n];
        }
    }
}


static pid_t
start_worker(struct weir_account *a, uint64_t seed)
{
    const pid_t  pid = fork();

    if (pid == 0) {
        work(a, seed);
    }
    return pid;
}


static pid_t
start_observer(struct weir_account *a)
{
    const pid_t  pid = fork();

    if (pid != 0) {
        return pid;
    }
    while (!__atomic_load_n(&journal->stop, __ATOMIC_RELAXED)) {
        for (uint32_t s = 0; s < SLOTS; s++) {
            struct weir_account_state  is;

            weir_account_read(a, s, &is);
            journal->seen_over += is.spent + is.reserved > is.limit
                                  || is.reserved < 0;
            journal->looks++;
        }
        if (weir_account_lock(a)) {
            journal->insane += !weir_account_is_sane(a);
            weir_account_unlock(a);
        }
        (void) usleep(200);
    }
    _exit(0);
}


/* The keeper's rule: what the end record says, else nothing. */
static weir_micro
from_journal(void *ctx, const uint8_t call_id[16], uint32_t slot,
    weir_micro reserved)
{
    uint32_t  call;

    memcpy(&call, call_id, sizeof(call));
    (*(unsigned *) ctx)++;
    return journal->charged[call] > 0 ? journal->charged[call] - 1 : 0;
}


static void
check_sums(struct weir_account *a)
{
    weir_micro  sums[SLOTS] = { 0 };

    for (uint32_t i = 0; i < journal->next && i < RECORDS_MAX; i++) {
        sums[i % SLOTS] += journal->charged[i] > 0 ? journal->charged[i] - 1
                                                   : 0;
    }
    for (uint32_t s = 0; s < SLOTS; s++) {
        struct weir_account_state  is;

        weir_account_read(a, s, &is);
        CHECK_MSG(is.reserved == 0, "slot %u: %lld still reserved", s,
                  (long long) is.reserved);
        CHECK_MSG(is.spent == sums[s], "slot %u: spent %lld, recorded %lld",
                  s, (long long) is.spent, (long long) sums[s]);
    }
    CHECK(weir_account_is_sane(a));
}


int
main(void)
{
    char                  folder[] = "/tmp/weir-account-XXXXXX";
    struct weir_account  *a;
    pid_t                 pid[WORKERS], observer;
    uint64_t              seed = (uint64_t) time(NULL) * 2 + 1;
    unsigned              reclaimed = 0;
    int                   dir;

    journal = mmap(NULL, sizeof(*journal), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mkdtemp(folder) == NULL || journal == MAP_FAILED) {
        return 1;
    }
    printf("# seed %llu\n", (unsigned long long) seed);
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    CHECK(weir_account_open(&a, dir, "acc", true) == WEIR_OK);
    for (uint32_t s = 0; s < SLOTS; s++) {
        weir_account_set(a, s, LIMIT, 0);
    }
    observer = start_observer(a);
    for (int i = 0; i < WORKERS; i++) {
        pid[i] = start_worker(a, weir_test_random(&seed));
    }
    for (int k = 0; k < KILLS; k++) {
        const int  i = (int) (weir_test_random(&seed) % WORKERS);

        (void) usleep((useconds_t) (weir_test_random(&seed) % 4000));
        (void) kill(pid[i], SIGKILL);
        CHECK(waitpid(pid[i], NULL, 0) == pid[i]);
        if (weir_test_random(&seed) % 4 == 0) {
            (void) weir_account_reclaim(a, from_journal, &reclaimed);
        }
        pid[i] = start_worker(a, weir_test_random(&seed));
        /* More money now and then, else all is spent soon. */
        for (uint32_t s = 0; s < SLOTS && k % 10 == 9; s++) {
            weir_account_adjust(a, s, (k / 10 + 2) * LIMIT, 0);
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        (void) kill(pid[i], SIGKILL);
        CHECK(waitpid(pid[i], NULL, 0) == pid[i]);
    }
    (void) weir_account_reclaim(a, from_journal, &reclaimed);
    __atomic_store_n(&journal->stop, 1, __ATOMIC_RELAXED);
    CHECK(waitpid(observer, NULL, 0) == observer);

    check_sums(a);
    CHECK(journal->next < RECORDS_MAX);
    CHECK(journal->seen_over == 0);
    CHECK(journal->insane == 0);
    CHECK(journal->looks > 0 && reclaimed > 0);
    printf("# %u calls, %u reclaimed, %u deaths under the lock, %u looks\n",
           journal->next, reclaimed, a->head->recoveries, journal->looks);
    weir_account_close(a);
    (void) unlinkat(dir, "acc", 0);
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
