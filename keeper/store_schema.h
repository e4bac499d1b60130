/*
 * store_schema.h: the schema, as steps from one user_version to the next.
 * A released step is never edited; a change is a new step.
 *
 *   register   resources, history (append only), keys
 *   ledger     accounts, transfers (append only), spent (a running sum)
 *   settling   grant_slots, calls, endings, journal_files
 *
 * A transfer is one row with a debit and a credit account of the same unit,
 * so that every posting balances by construction: the sum over all accounts
 * of debits - credits is zero in each unit, whatever the amounts.
 */
#ifndef WEIR_STORE_SCHEMA_H
#define WEIR_STORE_SCHEMA_H

#define WEIR_STORE_APPLICATION  0x57454952      /* "WEIR" */

static const char *const  weir_store_steps[] = {
    "CREATE TABLE meta (\n"
    "  name TEXT PRIMARY KEY, value INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n"

    "CREATE TABLE resources (\n"
    "  kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL,\n"
    "  generation INTEGER NOT NULL,\n"
    "  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,\n"
    "  PRIMARY KEY (kind, name)\n"
    ") STRICT, WITHOUT ROWID;\n"

    "CREATE TABLE history (\n"
    "  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, who TEXT NOT NULL,\n"
    "  kind TEXT NOT NULL, name TEXT NOT NULL, before TEXT, after TEXT\n"
    ") STRICT;\n"
    "CREATE TRIGGER history_update BEFORE UPDATE ON history BEGIN\n"
    "  SELECT RAISE(ABORT, 'history is append only'); END;\n"
    "CREATE TRIGGER history_delete BEFORE DELETE ON history BEGIN\n"
    "  SELECT RAISE(ABORT, 'history is append only'); END;\n"

    "CREATE TABLE keys (\n"
    "  id TEXT PRIMARY KEY, scenario TEXT NOT NULL,\n"
    "  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),\n"
    "  created_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL DEFAULT 0,\n"
    "  until_ms INTEGER NOT NULL DEFAULT 0\n"
    ") STRICT, WITHOUT ROWID;\n"

    "CREATE TABLE grant_slots (\n"
    "  slot INTEGER PRIMARY KEY CHECK (slot BETWEEN 0 AND 4095),\n"
    "  scenario TEXT NOT NULL, fund TEXT NOT NULL, unit TEXT NOT NULL,\n"
    "  amount INTEGER NOT NULL CHECK (amount >= 0),\n"
    "  period INTEGER NOT NULL, zone TEXT NOT NULL,\n"
    "  period_start_ms INTEGER NOT NULL,\n"
    "  UNIQUE (scenario, fund)\n"
    ") STRICT;\n"

    "CREATE TABLE accounts (\n"
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL, unit TEXT NOT NULL,\n"
    "  debits INTEGER NOT NULL DEFAULT 0,\n"
    "  credits INTEGER NOT NULL DEFAULT 0,\n"
    "  UNIQUE (name, unit), UNIQUE (id, unit)\n"
    ") STRICT;\n"

    "CREATE TABLE calls (\n"
    "  call_id BLOB PRIMARY KEY CHECK (length(call_id) = 16),\n"
    "  file TEXT, begun_ms INTEGER, ended_ms INTEGER, slot INTEGER,\n"
    "  scenario TEXT, key_id TEXT, model TEXT, upstream TEXT,\n"
    "  generation INTEGER, reserved INTEGER,\n"
    "  charged INTEGER, ending INTEGER, usage INTEGER, status INTEGER,\n"
    "  action INTEGER, input_tokens INTEGER, output_tokens INTEGER\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE INDEX calls_open ON calls (file) WHERE ended_ms IS NULL;\n"

    "CREATE TABLE transfers (\n"
    "  call_id BLOB PRIMARY KEY REFERENCES calls (call_id),\n"
    "  debit INTEGER NOT NULL, credit INTEGER NOT NULL,\n"
    "  unit TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0),\n"
    "  period_start_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,\n"
    "  CHECK (debit <> credit),\n"
    "  FOREIGN KEY (debit, unit) REFERENCES accounts (id, unit),\n"
    "  FOREIGN KEY (credit, unit) REFERENCES accounts (id, unit)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TRIGGER transfers_update BEFORE UPDATE ON transfers BEGIN\n"
    "  SELECT RAISE(ABORT, 'the ledger is append only'); END;\n"
    "CREATE TRIGGER transfers_delete BEFORE DELETE ON transfers BEGIN\n"
    "  SELECT RAISE(ABORT, 'the ledger is append only'); END;\n"

    "CREATE TABLE spent (\n"
    "  slot INTEGER NOT NULL, period_start_ms INTEGER NOT NULL,\n"
    "  amount INTEGER NOT NULL, calls INTEGER NOT NULL,\n"
    "  PRIMARY KEY (slot, period_start_ms)\n"
    ") STRICT, WITHOUT ROWID;\n"

    "CREATE TABLE endings (\n"
    "  ending INTEGER PRIMARY KEY, calls INTEGER NOT NULL\n"
    ") STRICT;\n"

    "CREATE TABLE journal_files (\n"
    "  name TEXT PRIMARY KEY, position INTEGER NOT NULL\n"
    ") STRICT, WITHOUT ROWID;\n",
};

#define WEIR_STORE_VERSION  1

static_assert(sizeof(weir_store_steps) / sizeof(weir_store_steps[0])
              == WEIR_STORE_VERSION, "one step per version");

#endif
