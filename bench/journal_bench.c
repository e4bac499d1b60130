/*
 * journal_bench.c: records per second of one writer on one core, to the page
 * cache, alone and with a thread that syncs behind it; and what reserve and
 * settle cost. One line for each.
 *
 * usage: journal_bench [FOLDER]     (default: the current one)
 */
#include "weir/account.h"
#include "weir/journal.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CALLS   200000
#define ROUNDS  3               /* the best counts: others share the machine */
#define FLIGHT  64              /* calls in flight */

struct syncer {
    struct weir_journal  *j;
    uint64_t              wanted;     /* atomic */
    bool                  stop;       /* atomic */
    unsigned              syncs;
};


static double
seconds(clockid_t clock)
{
    struct timespec  t;

    (void) clock_gettime(clock, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}


static void
fail(const char *what)
{
    fprintf(stderr, "journal_bench: %s failed\n", what);
    exit(2);
}


static void *
sync_thread(void *arg)
{
    struct syncer  *s = arg;

    while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
        if (weir_journal_sync(s->j, __atomic_load_n(&s->wanted,
                                                    __ATOMIC_ACQUIRE)) != 0)
        {
            fail("sync");
        }
        s->syncs++;
        (void) usleep(1000);
    }
    return NULL;
}


static void
make_id(uint8_t id[16], uint64_t n)
{
    const uint64_t  ms = UINT64_C(1800000000000) + n / 100;

    for (int i = 0; i < 6; i++) {
        id[i] = (uint8_t) (ms >> (40 - 8 * i));
    }
    memcpy(id + 6, &n, 8);
}


/* The records of an ordinary call: one rule that fired. */
static uint64_t
run(struct weir_journal *j, struct syncer *s)
{
    const struct weir_hit     hit = { WEIR_SPAN("cn/personal-information/"
                                                "mobile"), 1, 4, 0 };
    struct weir_begin_record  b = {
        .at_ms = 1, .generation = 12, .reserved = 20000, .grant_slot = 3,
        .stream = 1, .scenario = WEIR_SPAN("citizen-hotline"),
        .key_id = WEIR_SPAN("k_9f8e7d6c"), .model = WEIR_SPAN("demo"),
        .upstream = WEIR_SPAN("demo"), .fund = WEIR_SPAN("pilot"),
        .unit = WEIR_SPAN("CNY")
    };
    struct weir_end_record    e = {
        .at_ms = 2, .charged = 1234, .grant_slot = 3, .input_tokens = 100,
        .output_tokens = 200, .status = 200, .hits = &hit, .nhits = 1
    };
    uint64_t                  position = 0;

    for (uint64_t i = 0; i < CALLS + FLIGHT; i++) {
        if (i < CALLS) {
            make_id(b.call_id, i);
            if (weir_journal_begin(j, &b, NULL) != 0) {
                fail("begin");
            }
        }
        if (i >= FLIGHT) {
            make_id(e.call_id, i - FLIGHT);
            if (weir_journal_end(j, &e, &position) != 0) {
                fail("end");
            }
            if (s != NULL) {
                __atomic_store_n(&s->wanted, position, __ATOMIC_RELEASE);
            }
        }
    }
    return position;
}


static void
bench_journal(int dir, bool sync)
{
    double    best = 0, best_cpu = 0;
    uint64_t  bytes = 0;
    unsigned  syncs = 0;

    for (int k = 0; k < ROUNDS; k++) {
        struct syncer         s = { 0 };
        struct weir_journal  *j;
        pthread_t             t;
        double                wall, cpu, rate, rate_cpu;

        if (weir_journal_open(&j, dir) != 0) {
            fail("open");
        }
        s.j = j;
        if (sync && pthread_create(&t, NULL, sync_thread, &s) != 0) {
            fail("thread");
        }
        wall = seconds(CLOCK_MONOTONIC);
        cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
        bytes = run(j, sync ? &s : NULL);
        if (sync && weir_journal_sync(j, bytes) != 0) {
            fail("sync");
        }
        rate = 2.0 * CALLS / (seconds(CLOCK_MONOTONIC) - wall);
        rate_cpu = 2.0 * CALLS / (seconds(CLOCK_THREAD_CPUTIME_ID) - cpu);
        best = rate > best ? rate : best;
        best_cpu = rate_cpu > best_cpu ? rate_cpu : best_cpu;
        __atomic_store_n(&s.stop, true, __ATOMIC_RELEASE);
        if (sync) {
            (void) pthread_join(t, NULL);
        }
        syncs = s.syncs;
        weir_journal_close(j);
    }
    printf("journal %-10s %9.0f records/s  %9.0f records/s of CPU  "
           "%3.0f bytes/record", sync ? "power" : "process", best, best_cpu,
           (double) bytes / (2.0 * CALLS));
    printf(sync ? "  %u syncs\n" : "\n", syncs);
}


static void
bench_account(int dir)
{
    const uint8_t         id[16] = { 0 };
    struct weir_account  *a;
    double                start;

    if (weir_account_open(&a, dir, "account", true) != 0) {
        fail("account");
    }
    weir_account_set(a, 0, INT64_MAX, 0);
    start = seconds(CLOCK_MONOTONIC);
    for (int i = 0; i < 1000000; i++) {
        uint32_t  t;

        if (weir_account_reserve(a, 0, 100, id, &t, NULL) != 0) {
            fail("reserve");
        }
        weir_account_settle(a, t, 50);
    }
    printf("account reserve + settle  %.0f ns\n",
           (seconds(CLOCK_MONOTONIC) - start) * 1e3);
    weir_account_close(a);
}


int
main(int argc, char **argv)
{
    const char     *base = argc > 1 ? argv[1] : ".";
    char            folder[4096];
    struct dirent  *e;
    DIR            *d;
    int             dir;

    snprintf(folder, sizeof(folder), "%s/weir-bench-XXXXXX", base);
    if (mkdtemp(folder) == NULL) {
        fail("mkdtemp");
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    bench_journal(dir, false);
    bench_journal(dir, true);
    bench_account(dir);
    d = fdopendir(dir);
    while (d != NULL && (e = readdir(d)) != NULL) {
        (void) unlinkat(dir, e->d_name, 0);
    }
    (void) closedir(d);
    return rmdir(folder) == 0 ? 0 : 2;
}
