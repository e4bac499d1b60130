/*
 * store_test.c: the SQLite store: register, keys, slots, ledger.
 */
#include "base/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "store.h"
#include "weir/error.h"
#include "weir/limits.h"

static char  dir[] = "/tmp/weir-store-XXXXXX";


static struct weir_store *
open_store(bool *fresh)
{
    struct weir_store  *st = NULL;
    char                why[256] = "";

    CHECK_MSG(weir_store_sqlite_open(&st, "weir.db", fresh, why, sizeof(why))
              == WEIR_OK, "open: %s", why);
    if (st == NULL) {
        exit(1);
    }
    return st;
}


static int
count_resource(void *ctx, const struct weir_stored *r)
{
    unsigned  *n = ctx;

    (*n)++;
    CHECK(r->generation == 1 && r->created_ms == 10);
    return 0;
}


static void
test_register(void)
{
    bool                fresh;
    struct weir_store  *st = open_store(&fresh);
    struct weir_stored  r = { "Fund", "pilot", "{\"a\":1}", 1, 10, 10 };
    unsigned            n = 0;
    struct stat         s;

    CHECK(fresh);
    CHECK(stat("weir.db", &s) == 0 && (s.st_mode & 0777) == 0600);
    CHECK(stat("weir.db-wal", &s) == 0 && (s.st_mode & 0777) == 0600);

    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->resource_put(st, &r, "t") == WEIR_OK);
    st->rollback(st);
    CHECK(st->resource_each(st, count_resource, &n) == WEIR_OK && n == 0);

    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->resource_put(st, &r, "t") == WEIR_OK);
    r.json = "{\"a\":2}";
    r.updated_ms = 20;
    CHECK(st->resource_put(st, &r, "t") == WEIR_OK);
    CHECK(st->commit(st) == WEIR_OK);
    CHECK(st->resource_each(st, count_resource, &n) == WEIR_OK && n == 1);

    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->resource_drop(st, "Fund", "nobody", "t", 30) == WEIR_DONE);
    st->rollback(st);
    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->resource_drop(st, "Fund", "pilot", "t", 30) == WEIR_OK);
    CHECK(st->commit(st) == WEIR_OK);
    st->close(st);

    st = open_store(&fresh);
    CHECK(!fresh);
    n = 0;
    CHECK(st->resource_each(st, count_resource, &n) == WEIR_OK && n == 0);
    st->close(st);
}


/* The history has each change with before and after, and cannot be
   changed; looked at past the interface. */
static void
test_history(void)
{
    sqlite3       *db;
    sqlite3_stmt  *q;

    CHECK(sqlite3_open("weir.db", &db) == SQLITE_OK);
    CHECK(sqlite3_prepare_v2(db, "SELECT count(*), count(before),"
                             " count(after), max(before) FROM history", -1,
                             &q, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(q) == SQLITE_ROW);
    CHECK(sqlite3_column_int(q, 0) == 3 && sqlite3_column_int(q, 1) == 2
          && sqlite3_column_int(q, 2) == 2);
    CHECK(strcmp((const char *) sqlite3_column_text(q, 3), "{\"a\":2}") == 0);
    sqlite3_finalize(q);
    CHECK(sqlite3_exec(db, "UPDATE history SET who = 'x'", NULL, NULL, NULL)
          != SQLITE_OK);
    CHECK(sqlite3_exec(db, "DELETE FROM history", NULL, NULL, NULL)
          != SQLITE_OK);
    sqlite3_close(db);
}


static int
count_key(void *ctx, const struct weir_stored_key *k)
{
    unsigned  *n = ctx;

    *n += k->revoked_ms == 0 ? 1 : 100;
    return 0;
}


static void
test_keys(void)
{
    bool                    fresh;
    struct weir_store      *st = open_store(&fresh);
    struct weir_stored_key  k = { "ID1", "hotline", { 1, 2 }, 10, 0, 99 };
    unsigned                n = 0;

    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->key_put(st, &k, "t") == WEIR_OK);
    CHECK(st->commit(st) == WEIR_OK);
    k.id = "ID2";
    CHECK(st->begin(st) == WEIR_OK);
    CHECK_MSG(st->key_put(st, &k, "t") == WEIR_E_CORRUPT, "same digest");
    st->rollback(st);
    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->key_revoke(st, "ID1", "t", 20) == WEIR_OK);
    CHECK(st->key_revoke(st, "ID1", "t", 21) == WEIR_DONE);
    CHECK(st->key_revoke(st, "none", "t", 21) == WEIR_DONE);
    CHECK(st->commit(st) == WEIR_OK);
    CHECK(st->key_each(st, count_key, &n) == WEIR_OK && n == 100);
    st->close(st);
}


static void
test_slots(struct weir_store *st)
{
    struct weir_stored_slot  a = { WEIR_SNAP_NONE, "a", "f", "CNY", 5, 2, "",
                                   0 };
    struct weir_stored_slot  b = { 7, "b", "f", "CNY", 5, 0, "", 0 };
    struct weir_stored_slot  c = { 7, "c", "g", "EUR", 5, 0, "", 0 };

    CHECK(st->begin(st) == WEIR_OK);
    CHECK(st->slot_put(st, &a) == WEIR_OK && a.slot == 0);
    CHECK(st->slot_put(st, &b) == WEIR_OK && b.slot == 7);
    CHECK_MSG(st->slot_put(st, &c) == WEIR_OK && c.slot == 8, "taken");
    a.slot = WEIR_SNAP_NONE;
    a.amount = 9;
    CHECK_MSG(st->slot_put(st, &a) == WEIR_OK && a.slot == 0, "again");
    c.slot = WEIR_GRANTS_MAX - 1;
    snprintf(c.scenario, sizeof(c.scenario), "last");
    CHECK(st->slot_put(st, &c) == WEIR_OK && c.slot == WEIR_GRANTS_MAX - 1);
    c.slot = WEIR_SNAP_NONE;
    snprintf(c.scenario, sizeof(c.scenario), "one too many");
    CHECK(st->slot_put(st, &c) == WEIR_E_NO_SPACE);
    CHECK(st->commit(st) == WEIR_OK);
}


static void
id_of(uint8_t id[16], uint64_t n)
{
    memset(id, 0, 16);
    memcpy(id, &n, sizeof(n));
}


/* Random begins and ends, in either order, twice, some rolled back; the
   oracle is a plain sum. */
static void
test_ledger(struct weir_store *st)
{
    uint64_t          seed = 3;
    weir_micro        sum[2][2] = { { 0 } };
    bool              ended[400] = { false };
    struct weir_sums  sums;
    uint64_t          counts[WEIR_STORE_ENDINGS], calls = 0;

    for (int batch = 0; batch < 60; batch++) {
        weir_micro      tried[2][2] = { { 0 } };
        bool            was[400];
        const uint64_t  had = calls;

        memcpy(was, ended, sizeof(was));
        CHECK(st->begin(st) == WEIR_OK);
        for (int i = 0; i < 40; i++) {
            const uint64_t            n = weir_test_random(&seed) % 400;
            const uint32_t            slot = n % 2 == 0 ? 0 : 7;
            const uint64_t            period = n % 3 == 0;
            struct weir_begin_record  b = { .at_ms = 5, .reserved = 1000,
                .grant_slot = slot, .scenario = WEIR_SPAN("a") };
            struct weir_end_record    r = { .at_ms = 6, .charged =
                (weir_micro) (n * 3), .ending = (uint8_t) (n % 8) };
            const struct weir_call_end  e = { &r, slot, period };

            id_of(b.call_id, n);
            id_of(r.call_id, n);
            if (weir_test_random(&seed) % 2 == 0) {
                CHECK(st->call_begin(st, "j1", &b, slot) >= 0);
            } else {
                CHECK(st->call_end(st, &e) == (ended[n] ? WEIR_DONE
                                                         : WEIR_OK));
                if (!ended[n]) {
                    tried[slot == 7][period] += (weir_micro) (n * 3);
                    calls++;
                }
                ended[n] = true;
            }
        }
        if (batch % 4 == 3) {
            st->rollback(st);
            memcpy(ended, was, sizeof(ended));
            calls = had;
        } else {
            CHECK(st->position_set(st, "j1", (uint64_t) batch) == WEIR_OK);
            CHECK(st->commit(st) == WEIR_OK);
            for (int i = 0; i < 4; i++) {
                sum[i / 2][i % 2] += tried[i / 2][i % 2];
            }
        }
        CHECK(st->audit(st) == WEIR_OK);
    }
    for (int i = 0; i < 4; i++) {
        CHECK(st->slot_sums(st, i / 2 ? 7 : 0, (uint64_t) i % 2, &sums)
              == WEIR_OK);
        CHECK(sums.spent == sum[i / 2][i % 2]);
    }
    CHECK(st->fund_sums(st, "f", &sums) == WEIR_OK);
    CHECK(sums.spent == sum[0][0] + sum[0][1] + sum[1][0] + sum[1][1]);
    CHECK(st->ending_counts(st, counts) == WEIR_OK);
    for (unsigned i = 0; i < WEIR_STORE_ENDINGS; i++) {
        calls -= counts[i];
    }
    CHECK(calls == 0);
}


static int
count_open(void *ctx, const struct weir_stored_call *c)
{
    (*(unsigned *) ctx)++;
    CHECK(c->ended_ms == 0 && c->begun_ms == 5 && c->reserved == 1000
          && c->slot == 7);
    return 0;
}


static void
test_open_calls(struct weir_store *st)
{
    struct weir_begin_record  b = { .at_ms = 5, .reserved = 1000 };
    struct weir_end_record    r = { .at_ms = 6, .charged = 1 };
    struct weir_call_end      e = { &r, 99, 0 };
    struct weir_stored_call   c;
    unsigned                  n = 0;

    CHECK(st->begin(st) == WEIR_OK);
    for (uint64_t i = 1000; i < 1003; i++) {
        id_of(b.call_id, i);
        CHECK(st->call_begin(st, "j2", &b, 7) == WEIR_OK);
        CHECK(st->call_begin(st, "j2", &b, 7) == WEIR_DONE);
    }
    id_of(r.call_id, 1001);
    CHECK_MSG(st->call_end(st, &e) == WEIR_E_CORRUPT, "slot nobody has");
    st->rollback(st);

    CHECK(st->begin(st) == WEIR_OK);
    for (uint64_t i = 1000; i < 1003; i++) {
        id_of(b.call_id, i);
        CHECK(st->call_begin(st, "j2", &b, 7) == WEIR_OK);
    }
    e.slot = 7;
    CHECK(st->call_end(st, &e) == WEIR_OK);
    CHECK(st->commit(st) == WEIR_OK);
    CHECK(st->call_open_each(st, "j2", count_open, &n) == WEIR_OK && n == 2);
    CHECK(st->call_find(st, r.call_id, &c) == WEIR_OK && c.charged == 1
          && c.ended_ms == 6);
    id_of(r.call_id, 5555);
    CHECK(st->call_find(st, r.call_id, &c) == WEIR_DONE);
}


/* The audit sees an amount that was changed past the interface. */
static void
test_audit(struct weir_store *st)
{
    sqlite3  *db;

    CHECK(st->audit(st) == WEIR_OK);
    CHECK(sqlite3_open("weir.db", &db) == SQLITE_OK);
    CHECK_MSG(sqlite3_exec(db, "UPDATE transfers SET amount = 1", NULL, NULL,
                           NULL) != SQLITE_OK, "append only");
    CHECK_MSG(sqlite3_exec(db, "PRAGMA foreign_keys = 1; INSERT INTO"
                           " transfers SELECT x'00', debit, debit, unit, 1,"
                           " 0, 0 FROM transfers LIMIT 1", NULL, NULL, NULL)
              != SQLITE_OK, "one account on both sides");
    CHECK(sqlite3_exec(db, "UPDATE accounts SET debits = debits + 1 WHERE id"
                       " = (SELECT min(id) FROM accounts)", NULL, NULL, NULL)
          == SQLITE_OK);
    CHECK(st->audit(st) == WEIR_E_CORRUPT);
    sqlite3_exec(db, "UPDATE accounts SET debits = debits - 1 WHERE id ="
                 " (SELECT min(id) FROM accounts)", NULL, NULL, NULL);
    CHECK(st->audit(st) == WEIR_OK);
    CHECK(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL)
          == SQLITE_OK);
    sqlite3_close(db);
}


static void
test_refused(void)
{
    struct weir_store  *st;
    bool                fresh;
    char                why[256] = "";
    sqlite3            *db;
    const int           fd = open("text.db", O_WRONLY | O_CREAT, 0600);

    CHECK(weir_store_sqlite_open(&st, "weir.db", &fresh, why, sizeof(why))
          == WEIR_E_CORRUPT && st == NULL);
    CHECK_MSG(strstr(why, "newer") != NULL, "%s", why);

    CHECK(write(fd, "no database, just some text in a file\n", 38) == 38);
    close(fd);
    CHECK(weir_store_sqlite_open(&st, "text.db", &fresh, why, sizeof(why))
          == WEIR_E_CORRUPT);

    CHECK(sqlite3_open("other.db", &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL)
          == SQLITE_OK);
    sqlite3_close(db);
    CHECK(weir_store_sqlite_open(&st, "other.db", &fresh, why, sizeof(why))
          == WEIR_E_CORRUPT);
    CHECK_MSG(strstr(why, "another program") != NULL, "%s", why);

    CHECK(weir_store_sqlite_open(&st, "no/such/folder.db", &fresh, why,
                                 sizeof(why)) == WEIR_E_IO);
}


int
main(void)
{
    struct weir_store  *st;
    bool                fresh;
    char                sweep[64];

    if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
        return 1;
    }
    test_register();
    test_history();
    test_keys();
    st = open_store(&fresh);
    test_slots(st);
    test_ledger(st);
    test_open_calls(st);
    test_audit(st);
    st->close(st);
    test_refused();
    snprintf(sweep, sizeof(sweep), "rm -rf %s", dir);
    CHECK(chdir("/") == 0 && system(sweep) == 0);
    return weir_test_done();
}
