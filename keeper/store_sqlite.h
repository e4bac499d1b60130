/*
 * store_sqlite.h: what the two files of the SQLite store share.
 */
#ifndef WEIR_STORE_SQLITE_H
#define WEIR_STORE_SQLITE_H

#include <sqlite3.h>

#include "store.h"
#include "weir/limits.h"

#define WEIR_SQL_TABLE(X)                                                     \
    X(BEGIN, "BEGIN IMMEDIATE")                                               \
    X(COMMIT, "COMMIT")                                                       \
    X(ROLLBACK, "ROLLBACK")                                                   \
    X(META_GET, "SELECT value FROM meta WHERE name = ?")                      \
    X(META_SET, "INSERT INTO meta VALUES (?, ?)"                              \
      " ON CONFLICT (name) DO UPDATE SET value = excluded.value")             \
    X(RESOURCE_EACH, "SELECT kind, name, json, generation, created_ms,"       \
      " updated_ms FROM resources ORDER BY kind, name")                       \
    X(RESOURCE_PUT, "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?)"         \
      " ON CONFLICT (kind, name) DO UPDATE SET json = excluded.json,"         \
      " generation = excluded.generation, updated_ms = excluded.updated_ms")  \
    X(RESOURCE_DROP, "DELETE FROM resources WHERE kind = ? AND name = ?")     \
    X(HISTORY_PUT, "INSERT INTO history"                                      \
      " (at_ms, who, kind, name, before, after) SELECT ?1, ?2, ?3, ?4,"       \
      " (SELECT json FROM resources WHERE kind = ?3 AND name = ?4), ?5")      \
    X(KEY_PUT, "INSERT INTO keys VALUES (?, ?, ?, ?, 0, ?)")                  \
    X(KEY_REVOKE, "UPDATE keys SET revoked_ms = ?2"                           \
      " WHERE id = ?1 AND revoked_ms = 0")                                    \
    X(KEY_EACH, "SELECT id, scenario, digest, created_ms, revoked_ms,"        \
      " until_ms FROM keys ORDER BY created_ms, id")                          \
    X(SLOT_FIND, "SELECT slot FROM grant_slots"                               \
      " WHERE scenario = ? AND fund = ?")                                     \
    X(SLOT_TAKEN, "SELECT 1 FROM grant_slots WHERE slot = ?")                 \
    X(SLOT_FREE, "SELECT coalesce(max(slot) + 1, 0) FROM grant_slots")        \
    X(SLOT_PUT, "INSERT INTO grant_slots VALUES (?, ?, ?, ?, ?, ?, ?, ?)"     \
      " ON CONFLICT (slot) DO UPDATE SET unit = excluded.unit,"               \
      " amount = excluded.amount, period = excluded.period,"                  \
      " zone = excluded.zone, period_start_ms = excluded.period_start_ms")    \
    X(SLOT_EACH, "SELECT slot, scenario, fund, unit, amount, period, zone,"   \
      " period_start_ms FROM grant_slots ORDER BY slot")                      \
    X(REKEY_DROP, "DELETE FROM spent WHERE slot = ?")                         \
    X(REKEY_PUT, "INSERT INTO spent SELECT ?1,"                               \
      " CASE WHEN t.at_ms >= ?2 THEN ?2 ELSE -1 END, sum(t.amount), count(*)" \
      " FROM transfers t WHERE t.debit = (SELECT a.id FROM accounts a"        \
      "  JOIN grant_slots g ON a.unit = g.unit"                               \
      "  AND a.name = 'grant:' || g.scenario || '@' || g.fund"                \
      "  WHERE g.slot = ?1) GROUP BY 2")                                      \
    X(POSITION_GET, "SELECT position FROM journal_files WHERE name = ?")      \
    X(POSITION_SET, "INSERT INTO journal_files VALUES (?, ?)"                 \
      " ON CONFLICT (name) DO UPDATE SET position = excluded.position")       \
    X(CALL_BEGIN, "INSERT INTO calls (call_id, file, begun_ms, slot,"         \
      " scenario, key_id, model, upstream, generation, reserved)"             \
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"                                \
      " ON CONFLICT (call_id) DO UPDATE SET file = excluded.file,"            \
      " begun_ms = excluded.begun_ms,"                                        \
      " slot = coalesce(slot, excluded.slot), scenario = excluded.scenario,"  \
      " key_id = excluded.key_id, model = excluded.model,"                    \
      " upstream = excluded.upstream, generation = excluded.generation,"      \
      " reserved = excluded.reserved WHERE begun_ms IS NULL")                 \
    X(CALL_END, "INSERT INTO calls (call_id, ended_ms, slot, charged,"        \
      " ending, usage, status, action, input_tokens, output_tokens)"          \
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"                                \
      " ON CONFLICT (call_id) DO UPDATE SET ended_ms = excluded.ended_ms,"    \
      " charged = excluded.charged, ending = excluded.ending,"                \
      " usage = excluded.usage, status = excluded.status,"                    \
      " action = excluded.action, input_tokens = excluded.input_tokens,"      \
      " output_tokens = excluded.output_tokens WHERE ended_ms IS NULL")       \
    X(CALL_FIND, "SELECT call_id, slot, reserved, charged, begun_ms,"         \
      " ended_ms, scenario, model FROM calls WHERE call_id = ?")              \
    X(CALL_OPEN, "SELECT call_id, slot, reserved, charged, begun_ms,"         \
      " ended_ms, scenario, model FROM calls"                                 \
      " WHERE file = ? AND ended_ms IS NULL")                                 \
    X(ACCOUNT_FIND, "SELECT id FROM accounts WHERE name = ? AND unit = ?")    \
    X(ACCOUNT_PUT, "INSERT INTO accounts (name, unit) VALUES (?, ?)")         \
    X(ACCOUNT_ADD, "UPDATE accounts SET debits = debits + ?2,"                \
      " credits = credits + ?3 WHERE id = ?1")                                \
    X(TRANSFER_PUT, "INSERT INTO transfers VALUES (?, ?, ?, ?, ?, ?, ?)")     \
    X(SLOT_NAMES, "SELECT scenario, fund, unit FROM grant_slots"              \
      " WHERE slot = ?")                                                      \
    X(SPENT_ADD, "INSERT INTO spent VALUES (?, ?, ?, ?)"                      \
      " ON CONFLICT (slot, period_start_ms) DO UPDATE SET"                    \
      " amount = amount + excluded.amount, calls = calls + excluded.calls")   \
    X(SPENT_GET, "SELECT amount, calls FROM spent"                            \
      " WHERE slot = ? AND period_start_ms = ?")                              \
    X(FUND_GET, "SELECT coalesce(sum(p.amount), 0),"                          \
      " coalesce(sum(p.calls), 0) FROM spent p JOIN grant_slots s"            \
      " ON s.slot = p.slot WHERE s.fund = ?")                                 \
    X(ENDING_ADD, "INSERT INTO endings VALUES (?, ?)"                         \
      " ON CONFLICT (ending) DO UPDATE SET calls = calls + excluded.calls")   \
    X(ENDING_EACH, "SELECT ending, calls FROM endings")                       \
    X(AUDIT, "SELECT"                                                         \
      " (SELECT count(*) FROM (SELECT 1 FROM accounts GROUP BY unit"          \
      "  HAVING sum(debits) <> sum(credits))) +"                              \
      " (SELECT count(*) FROM accounts a WHERE"                               \
      "  debits <> (SELECT coalesce(sum(amount), 0) FROM transfers t"         \
      "   WHERE t.debit = a.id) OR"                                           \
      "  credits <> (SELECT coalesce(sum(amount), 0) FROM transfers t"        \
      "   WHERE t.credit = a.id)) +"                                          \
      " (SELECT count(*) FROM transfers t JOIN calls c"                       \
      "  ON c.call_id = t.call_id WHERE c.charged IS NOT t.amount) +"         \
      " ((SELECT coalesce(sum(amount), 0) FROM transfers) <>"                 \
      "  (SELECT coalesce(sum(amount), 0) FROM spent))")

enum weir_sql {
#define X(name, text)  WEIR_Q_##name,
    WEIR_SQL_TABLE(X)
#undef X
    WEIR_SQL_COUNT
};

/* Postings of the open transaction, summed by slot and period; written out
   at commit, so that a busy grant costs one update a batch, not one a call. */
struct weir_posting {
    uint32_t    slot;
    uint64_t    period_start_ms;
    int64_t     debit;           /* account ids */
    int64_t     credit;
    char        unit[16];
    weir_micro  amount;
    uint64_t    calls;
};

struct weir_sqlite {
    struct weir_store     store;         /* first: the interface */
    sqlite3              *db;
    sqlite3_stmt         *q[WEIR_SQL_COUNT];
    bool                  open;          /* a transaction is */
    struct weir_posting  *postings;
    size_t                npostings, postings_cap, last;
    uint64_t              endings[WEIR_STORE_ENDINGS];
    char                  error[256];
};

/*
 * Bind by letters: i int64, u uint32 slot (NONE: NULL), t text, s span as
 * text, d 16 bytes, k 32 bytes; then step once. WEIR_OK a row stands (read
 * it, then weir_sql_done), WEIR_DONE no (further) row, or an error.
 */
int weir_sql(struct weir_sqlite *s, enum weir_sql q, const char *letters,
    ...);
int weir_sql_next(struct weir_sqlite *s, enum weir_sql q);
void weir_sql_done(struct weir_sqlite *s, enum weir_sql q);

/* For statements without rows: DONE becomes OK. */
static inline int
weir_sql_none(int rc)
{
    return rc == WEIR_DONE ? WEIR_OK : rc;
}

/* store_ledger.c */
void weir_ledger_methods(struct weir_store *st);
int weir_ledger_flush(struct weir_sqlite *s);
void weir_ledger_forget(struct weir_sqlite *s);

#endif
