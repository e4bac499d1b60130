/*
 * books.c: weir-soak-books STATE prints the two books of a gateway as JSON:
 * what the account file says in shared memory and what the ledger says in
 * SQLite, grant by grant; and who is still in: tickets, seats, calls.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account/account_internal.h"

static sqlite3  *db;

static int  enter(const char *state);
static int64_t  number(const char *sql);
static void  print_grants(struct weir_account *a);


int
main(int argc, char **argv)
{
    struct weir_account  *a;
    uint32_t              tickets = 0, seats = 0, calls = 0;
    bool                  sane;

    if (argc != 2 || enter(argv[1]) != 0
        || weir_account_open(&a, AT_FDCWD, "account", false) != WEIR_OK)
    {
        fprintf(stderr, "usage: weir-soak-books STATE (of a running weir)\n");
        return 2;
    }
    if (sqlite3_open_v2("weir.db", &db, SQLITE_OPEN_READONLY, NULL)
        != SQLITE_OK || sqlite3_busy_timeout(db, 5000) != SQLITE_OK)
    {
        fprintf(stderr, "weir.db: %s\n", sqlite3_errmsg(db));
        return 2;
    }
    if (!weir_account_lock(a)) {
        fprintf(stderr, "the lock of the account file is beyond repair\n");
        return 2;
    }
    sane = weir_account_is_sane(a);
    for (uint32_t i = 0; i < WEIR_CALLS_MAX; i++) {
        tickets += a->tickets[i].state == WEIR_TICKET_LIVE;
        seats += a->seats[i].state == WEIR_SEAT_LIVE;
    }
    for (uint32_t i = 0; i < WEIR_METERS_MAX; i++) {
        calls += a->meters[i].calls;
    }
    weir_account_unlock(a);
    printf("{\"sane\":%s,\"tickets\":%u,\"seats\":%u,\"in_meters\":%u,"
           "\"recoveries\":%u,\"generation\":%llu",
           sane ? "true" : "false", tickets, seats, calls,
           a->head->recoveries,
           (unsigned long long) weir_account_generation(a));
    printf(",\"open\":%lld,\"ended\":%lld,\"balance\":%lld,\"grants\":[",
           (long long) number("SELECT count(*) FROM calls "
                              "WHERE ended_ms IS NULL"),
           (long long) number("SELECT count(*) FROM calls "
                              "WHERE ended_ms IS NOT NULL"),
           (long long) number("SELECT sum(debits) - sum(credits) "
                              "FROM accounts"));
    print_grants(a);
    printf("]}\n");
    weir_account_close(a);
    (void) sqlite3_close(db);
    return 0;
}


/* As the owner of the state: what SQLite makes beside its file is his. */
static int
enter(const char *state)
{
    struct stat  st;

    if (chdir(state) != 0 || stat(".", &st) != 0) {
        return -1;
    }
    return geteuid() == 0 && (setgid(st.st_gid) != 0 || setuid(st.st_uid) != 0)
           ? -1 : 0;
}


static int64_t
number(const char *sql)
{
    sqlite3_stmt  *q;
    int64_t        n;

    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK
        || sqlite3_step(q) != SQLITE_ROW)
    {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
        exit(2);
    }
    n = sqlite3_column_int64(q, 0);
    (void) sqlite3_finalize(q);
    return n;
}


static void
print_grants(struct weir_account *a)
{
    sqlite3_stmt  *q;
    const char    *comma = "";

    if (sqlite3_prepare_v2(db, "SELECT slot, scenario, (SELECT coalesce(sum("
            "amount), 0) FROM spent s WHERE s.slot = g.slot AND "
            "s.period_start_ms = g.period_start_ms), (SELECT "
            "coalesce(sum(t.amount), 0) FROM transfers t JOIN calls c USING "
            "(call_id) WHERE c.slot = g.slot), period_start_ms "
            "FROM grant_slots g", -1, &q,
            NULL) != SQLITE_OK)
    {
        fprintf(stderr, "grants: %s\n", sqlite3_errmsg(db));
        exit(2);
    }
    while (sqlite3_step(q) == SQLITE_ROW) {
        struct weir_account_state  is;

        weir_account_read(a, (uint32_t) sqlite3_column_int64(q, 0), &is);
        printf("%s{\"scenario\":\"%s\",\"limit\":%lld,\"spent\":%lld,"
               "\"reserved\":%lld,\"ledger\":%lld,\"transfers\":%lld,"
               "\"period_start_ms\":%lld}",
               comma, sqlite3_column_text(q, 1), (long long) is.limit,
               (long long) is.spent, (long long) is.reserved,
               (long long) sqlite3_column_int64(q, 2),
               (long long) sqlite3_column_int64(q, 3),
               (long long) sqlite3_column_int64(q, 4));
        comma = ",";
    }
    (void) sqlite3_finalize(q);
}
