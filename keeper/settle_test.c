/*
 * settle_test.c: journals are posted exactly once, whatever dies when.
 *
 * A worker is a child that reserves, writes begin and end records and
 * settles in the account file as the gateway does; the keeper is this
 * process, or a child that is killed.
 */
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "keeper.h"
#include "weir/error.h"

/* 2026-11-24T06:00:00Z, and the first second of December */
#define NOW   UINT64_C(1795500000000)
#define NEXT  UINT64_C(1796083200000)

static const char  resources[] =
    "kind: Upstream\nname: u\nurl: http://127.0.0.1:1\nprotocol: openai\n"
    "---\nkind: Model\nname: m\nupstreams: [u]\n"
    "price: {unit: CNY, per: 1M, input: \"2\", output: \"8\"}\n"
    "---\nkind: Fund\nname: f\nunit: CNY\namount: \"1000\"\n"
    "---\nkind: Scenario\nname: s\ntitle: {en: S}\njurisdictions: [cn]\n"
    "models: [m]\nstate: admitted\n"
    "grant: {fund: f, amount: \"100\", per: month}\n";

static char      top[] = "/tmp/weir-settle-XXXXXX";
static uint64_t  now = NOW;


static uint64_t
test_now(void)
{
    return now;
}


static void
sweep(const char *name)
{
    char  command[128];

    snprintf(command, sizeof(command), "rm -rf %s/%s", top, name);
    CHECK(system(command) == 0);
}


/* A state folder of its own for each test, and the current folder. */
static void
enter(const char *name)
{
    CHECK(chdir(top) == 0);
    sweep(name);
    CHECK(mkdir(name, 0700) == 0 && chdir(name) == 0);
    now = NOW;
}


static struct weir_keeper *
keeper_open(void)
{
    struct weir_keeper  *k = calloc(1, sizeof(*k));

    k->now_ms = test_now;
    CHECK(weir_keeper_open(k, top, resources, "test.yaml") == WEIR_OK);
    return k;
}


static void
keeper_close(struct weir_keeper *k)
{
    weir_keeper_close(k);
    free(k);
}


static void
settle_all(struct weir_keeper *k)
{
    bool  busy = true;

    for (int i = 0; busy && i < 1000; i++) {
        CHECK(weir_settle(k, &busy) == WEIR_OK);
    }
    CHECK(!busy);
}


struct worker {
    struct weir_account  *account;
    struct weir_journal  *journal;
    uint64_t              seed;
    uint32_t              n;
};

struct call {
    uint8_t   id[16];
    uint32_t  ticket;
};


static bool
worker_open(struct worker *w, uint64_t seed)
{
    const int  fd = open("journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    memset(w, 0, sizeof(*w));
    w->seed = seed;
    return weir_account_open(&w->account, AT_FDCWD, "account", false)
           == WEIR_OK && weir_journal_open(&w->journal, fd) == WEIR_OK;
}


static bool
call_begin(struct worker *w, struct call *c, weir_micro reserve)
{
    struct weir_begin_record  b = {
        .at_ms = now, .generation = 1, .reserved = reserve,
        .scenario = WEIR_SPAN("s"), .key_id = WEIR_SPAN("K"),
        .model = WEIR_SPAN("m"), .upstream = WEIR_SPAN("u"),
        .fund = WEIR_SPAN("f"), .unit = WEIR_SPAN("CNY"),
    };
    weir_micro  left;

    memset(c, 0, sizeof(*c));
    memcpy(c->id, &w->seed, 8);
    memcpy(c->id + 8, &w->n, 4);
    w->n++;
    memcpy(b.call_id, c->id, 16);
    return weir_account_reserve(w->account, 0, reserve, c->id, &c->ticket,
                                &left) == WEIR_OK
           && weir_journal_begin(w->journal, &b, NULL) == WEIR_OK;
}


static bool
end_record(struct worker *w, const struct call *c, weir_micro charged)
{
    struct weir_end_record  e = { .at_ms = now, .charged = charged,
                                  .status = 200 };

    memcpy(e.call_id, c->id, 16);
    return weir_journal_end(w->journal, &e, NULL) == WEIR_OK;
}


static bool
call_end(struct worker *w, const struct call *c, weir_micro charged)
{
    const bool  ok = end_record(w, c, charged);

    weir_account_settle(w->account, c->ticket, charged);
    return ok;
}


static weir_micro
ledger(struct weir_keeper *k)
{
    struct weir_sums  sums = { -1 };

    CHECK(k->store->fund_sums(k->store, "f", &sums) == WEIR_OK);
    CHECK(k->store->audit(k->store) == WEIR_OK);
    return sums.spent;
}


static struct weir_account_state
account(struct weir_keeper *k)
{
    struct weir_account_state  state;

    weir_account_read(k->account, 0, &state);
    return state;
}


static int
count_files(const char *folder)
{
    char   command[64];
    int    n = -1;
    FILE  *in;

    snprintf(command, sizeof(command), "find %s -maxdepth 1 -type f | wc -l",
             folder);
    in = popen(command, "r");
    CHECK(in != NULL && fscanf(in, "%d", &n) == 1);
    pclose(in);
    return n;
}


static void
test_plain(void)
{
    struct weir_keeper  *k;
    struct worker        w;
    struct call          c;

    enter("plain");
    k = keeper_open();
    CHECK(k->generation == 1);
    CHECK(account(k).limit == 100 * WEIR_MICRO);
    CHECK(worker_open(&w, 1));
    for (weir_micro i = 0; i < 100; i++) {
        CHECK(call_begin(&w, &c, 1000));
        CHECK(call_end(&w, &c, i));
        if (i % 30 == 0) {
            settle_all(k);
        }
    }
    CHECK(call_begin(&w, &c, 500));     /* open, and its worker lives */
    settle_all(k);
    CHECK(k->frames == 201);
    settle_all(k);
    CHECK_MSG(k->frames == 201, "what is posted is not read again");
    CHECK(ledger(k) == 4950);
    CHECK(account(k).spent == 4950 && account(k).reserved == 500);
    CHECK(count_files("journal/done") == 0);

    /* A keeper that comes back touches nothing of what workers use. */
    keeper_close(k);
    k = keeper_open();
    CHECK(k->generation == 1);
    CHECK(ledger(k) == 4950);
    CHECK(account(k).spent == 4950 && account(k).reserved == 500);

    /* The account file is lost (or of another boot): the ledger knows. */
    CHECK(call_end(&w, &c, 50));
    weir_account_close(w.account);
    keeper_close(k);
    CHECK(unlink("account") == 0);
    k = keeper_open();
    CHECK(account(k).spent == 5000 && account(k).reserved == 0);
    CHECK(account(k).limit == 100 * WEIR_MICRO);
    CHECK(weir_account_generation(k->account) == 1);

    /* A closed file that is posted moves away. */
    weir_journal_close(w.journal);
    settle_all(k);
    CHECK(count_files("journal/done") == 1 && count_files("journal") == 0);
    CHECK(ledger(k) == 5000);
    keeper_close(k);

    /* The database is lost: all is posted again from the journals. */
    CHECK(system("rm weir.db*") == 0);
    k = keeper_open();
    CHECK(ledger(k) == 5000 && account(k).spent == 5000);
    CHECK(k->generation > 1);
    CHECK(count_files("journal/done") == 1);
    keeper_close(k);
}


/* The child dies by kill -9: with an end record and without settling, with
   no end, with a reservation and no record, after clean calls. */
static void
test_dead(void)
{
    struct weir_keeper  *k;
    pid_t                pid;

    enter("dead");
    k = keeper_open();
    pid = fork();
    if (pid == 0) {
        struct worker  w;
        struct call    c;
        weir_micro     left;
        uint32_t       ticket;
        uint8_t        id[16] = { 9 };

        if (!worker_open(&w, 2)
            || !call_begin(&w, &c, 1000) || !call_end(&w, &c, 300)
            || !call_begin(&w, &c, 1000) || !end_record(&w, &c, 70)
            || !call_begin(&w, &c, 4000) || !call_begin(&w, &c, 6000)
            || weir_account_reserve(w.account, 0, 50000, id, &ticket, &left)
               != WEIR_OK)
        {
            _exit(1);
        }
        kill(getpid(), SIGKILL);
    }
    CHECK(waitpid(pid, &(int) { 0 }, 0) == pid);
    CHECK(account(k).reserved == 1000 + 4000 + 6000 + 50000);
    /* Two rounds only: after three the comparison of the books would mend
       what is tested here. */
    settle_all(k);
    now += 6000;
    settle_all(k);
    CHECK(account(k).reserved == 0);
    CHECK_MSG(account(k).spent == 300 + 70 + 4000 + 6000, "spent %lld",
              (long long) account(k).spent);
    CHECK(ledger(k) == 300 + 70 + 4000 + 6000);
    CHECK(k->lost_calls == 2);
    CHECK_MSG(count_files("journal/done") == 1, "the worker's file");
    keeper_close(k);
    k = keeper_open();
    CHECK(ledger(k) == 10370 && account(k).spent == 10370);
    CHECK(k->lost_calls == 0);
    CHECK_MSG(count_files("journal") == 0, "the keeper's own is closed too");
    keeper_close(k);
}


/* Each store call in turn fails; the keeper is then opened anew. */
static int   fail_in = -1;
static struct weir_store  real;

static bool
fails(void)
{
    return fail_in >= 0 && fail_in-- == 0;
}

static int
f_commit(struct weir_store *st)
{
    if (fails()) {
        real.rollback(st);
        return WEIR_E_IO;
    }
    return real.commit(st);
}

static int
f_call_begin(struct weir_store *st, const char *file,
    const struct weir_begin_record *b, uint32_t slot)
{
    return fails() ? WEIR_E_NO_SPACE : real.call_begin(st, file, b, slot);
}

static int
f_call_end(struct weir_store *st, const struct weir_call_end *e)
{
    return fails() ? WEIR_E_NO_SPACE : real.call_end(st, e);
}

static int
f_call_find(struct weir_store *st, const uint8_t id[16],
    struct weir_stored_call *out)
{
    return fails() ? WEIR_E_IO : real.call_find(st, id, out);
}

static int
f_position_set(struct weir_store *st, const char *file, uint64_t position)
{
    return fails() ? WEIR_E_IO : real.position_set(st, file, position);
}

static int
f_begin(struct weir_store *st)
{
    return fails() ? WEIR_E_IO : real.begin(st);
}


/* What the metrics say was charged since the keeper began. */
static uint64_t
charged(const struct weir_keeper *k)
{
    uint64_t  sum = 0;

    for (uint32_t i = 0; i <= k->measure.nseries; i++) {
        sum += k->measure.series[i].charged;
    }
    return sum;
}


static void
test_faults(void)
{
    struct weir_keeper  *k;
    struct worker        w;
    struct call          c, open_call;
    weir_micro           sum = 0;
    bool                 busy;
    int                  failures = 0;

    enter("faults");
    keeper_close(keeper_open());
    CHECK(worker_open(&w, 3));
    CHECK(call_begin(&w, &open_call, 10));
    for (int n = 0; n < 40; n++) {
        weir_micro  posted;
        uint64_t    counted;

        k = keeper_open();
        posted = ledger(k);
        counted = charged(k);
        for (weir_micro i = 0; i < 4; i++) {
            CHECK(call_begin(&w, &c, 1000));
            CHECK(call_end(&w, &c, 1 + n));
            sum += 1 + n;
        }
        real = *k->store;
        k->store->begin = f_begin;
        k->store->commit = f_commit;
        k->store->call_begin = f_call_begin;
        k->store->call_end = f_call_end;
        k->store->call_find = f_call_find;
        k->store->position_set = f_position_set;
        fail_in = n % 20;
        if (weir_settle(k, &busy) != WEIR_OK) {
            failures++;
            CHECK(k->settle_failing);
            fail_in = -1;
            if (n % 2 == 0) {       /* goes on by itself */
                CHECK(weir_settle(k, &busy) == WEIR_OK);
                CHECK(ledger(k) == sum);
                CHECK_MSG(charged(k) - counted
                          == (uint64_t) (ledger(k) - posted),
                          "failure %d: %llu of %lld were counted", n % 20,
                          (unsigned long long) (charged(k) - counted),
                          (long long) (ledger(k) - posted));
            }
        }
        fail_in = -1;
        keeper_close(k);
    }
    CHECK(failures > 20);
    k = keeper_open();
    CHECK(ledger(k) == sum && account(k).spent == sum);
    CHECK(account(k).reserved == 10);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


/* Writers and a keeper that is killed every few milliseconds. */
static void
test_kill_loop(void)
{
    enum { WORKERS = 2, CALLS = 3000, KILLS = 40 };
    struct weir_keeper  *k;
    pid_t                workers[WORKERS];
    uint64_t             seed = 11;
    weir_micro           sum = 0;

    enter("kill");
    keeper_close(keeper_open());
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            struct worker  w;
            struct call    c;

            if (!worker_open(&w, 100 + (uint64_t) i)) {
                _exit(1);
            }
            for (weir_micro n = 0; n < CALLS; n++) {
                if (!call_begin(&w, &c, 2000) || !call_end(&w, &c, n % 1000))
                {
                    _exit(1);
                }
                if (n % 8 == 0) {
                    usleep(1000);
                }
            }
            kill(getpid(), SIGKILL);
        }
    }
    for (int i = 0; i < KILLS; i++) {
        const pid_t  pid = fork();

        if (pid == 0) {
            bool  busy;

            /* Quiet: the log of forty starts says nothing. */
            (void) !freopen("/dev/null", "w", stderr);
            k = calloc(1, sizeof(*k));
            k->now_ms = test_now;
            if (weir_keeper_open(k, top, NULL, NULL) != WEIR_OK) {
                _exit(1);
            }
            for (;;) {
                if (weir_settle(k, &busy) != WEIR_OK) {
                    _exit(1);
                }
            }
        }
        usleep(2000 + (useconds_t) (weir_test_random(&seed) % 25000));
        kill(pid, SIGKILL);
        CHECK(waitpid(pid, &(int) { 0 }, 0) == pid);
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK(waitpid(workers[i], &(int) { 0 }, 0) == workers[i]);
    }
    for (weir_micro n = 0; n < CALLS; n++) {
        sum += WORKERS * (n % 1000);
    }
    k = keeper_open();
    settle_all(k);
    CHECK_MSG(ledger(k) == sum, "%lld of %lld", (long long) ledger(k),
              (long long) sum);
    CHECK(account(k).spent == sum && account(k).reserved == 0);
    CHECK(k->damaged_bytes == 0);
    keeper_close(k);
}


/* At the first second of December the grant begins anew; what November's
   calls cost and is told late does not count in December. */
static void
test_periods(void)
{
    struct weir_keeper  *k;
    struct worker        w;
    struct call          c, late;

    enter("periods");
    k = keeper_open();
    CHECK(worker_open(&w, 5));
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 700));
    settle_all(k);
    CHECK(call_begin(&w, &late, 1000));
    CHECK(end_record(&w, &late, 90));           /* ended in November */
    weir_account_settle(w.account, late.ticket, 90);
    CHECK(account(k).spent == 790);

    now = NEXT;
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 5));
    settle_all(k);
    CHECK_MSG(account(k).spent == 5, "spent %lld",
              (long long) account(k).spent);
    CHECK(account(k).limit == 100 * WEIR_MICRO);
    CHECK(ledger(k) == 795);
    keeper_close(k);

    now = NEXT + 40 * UINT64_C(86400000);       /* asleep over a boundary */
    k = keeper_open();
    CHECK(account(k).spent == 0);
    CHECK(ledger(k) == 795);

    /* The books differ (a crash in between): after three quiet looks the
       ledger counts. */
    weir_account_adjust(k->account, 0, 100 * WEIR_MICRO, 33);
    for (int i = 0; i < 6; i++) {
        now += 6000;
        settle_all(k);
    }
    CHECK(account(k).spent == 0);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


static struct weir_keeper  *watched;
static weir_micro           least_room;     /* of the grant, at each look */
static int                (*true_sums)(struct weir_store *st,
    const char *fund, struct weir_sums *out);


static int
watching_sums(struct weir_store *st, const char *fund, struct weir_sums *out)
{
    const struct weir_account_state  is = account(watched);

    if (is.limit - is.spent < least_room) {
        least_room = is.limit - is.spent;
    }
    return true_sums(st, fund, out);
}


/* While December begins nobody is refused who has money in both months. */
static void
test_period_is_seamless(void)
{
    struct weir_keeper  *k;
    struct worker        w;
    struct call          c;

    enter("seamless");
    k = watched = keeper_open();
    CHECK(worker_open(&w, 10));
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 700));
    settle_all(k);
    true_sums = k->store->fund_sums;
    k->store->fund_sums = watching_sums;
    least_room = INT64_MAX;
    now = NEXT;
    settle_all(k);
    CHECK_MSG(least_room == 100 * WEIR_MICRO - 700, "room %lld",
              (long long) least_room);
    CHECK(account(k).spent == 0 && account(k).limit == 100 * WEIR_MICRO);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


/* A clock that was wrong, a month ahead, and is put right: November's money
   is as spent as it was, and the cap goes on holding. */
static void
test_clock_back(void)
{
    struct weir_keeper  *k;
    struct worker        w;
    struct call          c;
    pid_t                pid;

    enter("clock");
    k = keeper_open();
    CHECK(worker_open(&w, 9));
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 700));
    settle_all(k);
    now = NEXT + 3600000;
    settle_all(k);
    CHECK(account(k).spent == 0);
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 5));
    settle_all(k);
    now = NOW + 600000;
    settle_all(k);
    CHECK_MSG(account(k).spent == 700, "spent %lld",
              (long long) account(k).spent);
    CHECK(call_begin(&w, &c, 1000) && call_end(&w, &c, 100));
    for (int i = 0; i < 6; i++) {
        now += 6000;
        settle_all(k);
    }
    CHECK_MSG(account(k).spent == 800, "spent %lld",
              (long long) account(k).spent);
    CHECK(ledger(k) == 805);

    /* What a dead worker reserved is found as soon as ever. */
    now -= 3600000;
    pid = fork();
    if (pid == 0) {
        uint32_t    ticket;
        weir_micro  left;

        _exit(weir_account_reserve(w.account, 0, 50, c.id, &ticket, &left)
              != WEIR_OK);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(account(k).reserved == 50);
    for (int i = 0; i < 3; i++) {
        settle_all(k);
        now += 6000;
    }
    CHECK_MSG(account(k).reserved == 0, "reserved %lld",
              (long long) account(k).reserved);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


/* By the day, then by the month: what was spent yesterday counts. */
static void
test_kind_change(void)
{
    static const char *const  kinds[] = { "day", "month", "once", "day",
                                          "year" };
    static const weir_micro   spent[] = { 20, 30, 30, 20, 30 };
    struct weir_keeper       *k;
    struct worker             w;
    struct call               c, open_call;

    enter("kinds");
    k = keeper_open();
    CHECK(worker_open(&w, 8));
    now = NOW - 86400000;
    CHECK(call_begin(&w, &c, 50) && call_end(&w, &c, 10));
    now = NOW;
    CHECK(call_begin(&w, &c, 50) && call_end(&w, &c, 20));
    settle_all(k);
    CHECK(call_begin(&w, &open_call, 7));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct weir_notes    notes = { 0 };
        struct weir_changes  changes;
        char                 text[400];

        snprintf(text, sizeof(text), "kind: Scenario\nname: s\n"
                 "title: {en: S}\njurisdictions: [cn]\nmodels: [m]\n"
                 "state: admitted\ngrant: {fund: f, amount: \"100\","
                 " per: %s, timezone: \"+08:00\"}\n", kinds[i]);
        CHECK(weir_registry_apply(k, "kind.yaml", weir_span_of(text), "t",
                                  &changes, &notes) == WEIR_OK);
        json_decref(changes.list);
        weir_notes_release(&notes);
        CHECK_MSG(account(k).spent == spent[i], "per %s: %lld", kinds[i],
                  (long long) account(k).spent);
        CHECK(account(k).reserved == 7);
        CHECK(ledger(k) == 30);
    }
    CHECK(call_end(&w, &open_call, 3));
    settle_all(k);
    CHECK(account(k).spent == 33 && ledger(k) == 33);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


/* A fund never gives more than it holds, however many months pass. */
static void
test_fund_end(void)
{
    static const char    small[] = "kind: Fund\nname: f\nunit: CNY\n"
                                   "amount: \"100\"\n";
    struct weir_keeper  *k;
    struct weir_notes    notes = { 0 };
    struct weir_changes  changes;
    struct worker        w;
    struct call          c;

    enter("fund");
    k = keeper_open();
    CHECK(weir_registry_apply(k, "small.yaml", WEIR_SPAN(small), "t",
                              &changes, &notes) == WEIR_OK);
    json_decref(changes.list);
    weir_notes_release(&notes);
    CHECK(worker_open(&w, 6));
    CHECK(call_begin(&w, &c, 70 * WEIR_MICRO)
          && call_end(&w, &c, 70 * WEIR_MICRO));
    settle_all(k);
    now = NEXT;
    settle_all(k);
    CHECK(account(k).spent == 0);
    CHECK_MSG(account(k).limit == 30 * WEIR_MICRO, "limit %lld",
              (long long) account(k).limit);
    CHECK(!call_begin(&w, &c, 31 * WEIR_MICRO));
    CHECK(call_begin(&w, &c, 30 * WEIR_MICRO)
          && call_end(&w, &c, 30 * WEIR_MICRO));
    settle_all(k);
    keeper_close(k);
    k = keeper_open();
    CHECK(account(k).limit == 30 * WEIR_MICRO);
    now = NEXT + 40 * UINT64_C(86400000);
    settle_all(k);
    CHECK(account(k).limit == 0);
    keeper_close(k);
    weir_journal_close(w.journal);
    weir_account_close(w.account);
}


int
main(void)
{
    if (mkdtemp(top) == NULL) {
        return 1;
    }
    test_plain();
    test_dead();
    test_faults();
    test_kill_loop();
    test_periods();
    test_period_is_seamless();
    test_clock_back();
    test_kind_change();
    test_fund_end();
    CHECK(chdir("/") == 0);
    sweep("");
    return weir_test_done();
}
