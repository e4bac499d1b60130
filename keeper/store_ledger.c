/*
 * store_ledger.c: the SQLite store's slots, journal positions, calls and
 * double entries.
 *
 * A call with a charge is one transfer: debit "grant:SCENARIO@FUND", credit
 * "used:FUND". The call id is its primary key, so that a journal may be read
 * twice and is posted once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store_sqlite.h"
#include "weir/error.h"

static int  posting_of(struct weir_sqlite *s, uint32_t slot,
    uint64_t period_start_ms, struct weir_posting **out);
static int  account_of(struct weir_sqlite *s, const char *name,
    const char *unit, int64_t *id);


static void
text_to(char *out, size_t size, sqlite3_stmt *q, int column)
{
    const char  *t = (const char *) sqlite3_column_text(q, column);

    snprintf(out, size, "%s", t != NULL ? t : "");
}


static uint32_t
slot_at(sqlite3_stmt *q, int column)
{
    return sqlite3_column_type(q, column) == SQLITE_NULL
           ? WEIR_SNAP_NONE : (uint32_t) sqlite3_column_int64(q, column);
}


static int
st_slot_put(struct weir_store *st, struct weir_stored_slot *p)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql(s, WEIR_Q_SLOT_FIND, "tt", p->scenario, p->fund);
    if (rc == WEIR_OK) {
        p->slot = slot_at(s->q[WEIR_Q_SLOT_FIND], 0);
        weir_sql_done(s, WEIR_Q_SLOT_FIND);
    } else if (rc == WEIR_DONE) {
        if (p->slot < WEIR_GRANTS_MAX) {
            rc = weir_sql(s, WEIR_Q_SLOT_TAKEN, "u", p->slot);
        }
        if (rc == WEIR_OK || p->slot >= WEIR_GRANTS_MAX) {
            if (rc == WEIR_OK) {
                weir_sql_done(s, WEIR_Q_SLOT_TAKEN);
            }
            rc = weir_sql(s, WEIR_Q_SLOT_FREE, "");
            if (rc == WEIR_OK) {
                p->slot = slot_at(s->q[WEIR_Q_SLOT_FREE], 0);
                weir_sql_done(s, WEIR_Q_SLOT_FREE);
            }
        }
    }
    if (rc < 0) {
        return rc;
    }
    if (p->slot >= WEIR_GRANTS_MAX) {
        snprintf(s->error, sizeof(s->error), "all %d places for grants are "
                 "taken", WEIR_GRANTS_MAX);
        return WEIR_E_NO_SPACE;
    }
    return weir_sql_none(weir_sql(s, WEIR_Q_SLOT_PUT, "utttiiti", p->slot,
                                  p->scenario, p->fund, p->unit, p->amount,
                                  (int64_t) p->period, p->zone,
                                  (int64_t) p->period_start_ms));
}


static int
st_slot_each(struct weir_store *st, weir_stored_slot_pt visit, void *ctx)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_SLOT_EACH, "");
    sqlite3_stmt        *q = s->q[WEIR_Q_SLOT_EACH];

    while (rc == WEIR_OK) {
        struct weir_stored_slot  p = {
            .slot = slot_at(q, 0),
            .amount = sqlite3_column_int64(q, 4),
            .period = (uint32_t) sqlite3_column_int64(q, 5),
            .period_start_ms = (uint64_t) sqlite3_column_int64(q, 7),
        };
        int  stop;

        text_to(p.scenario, sizeof(p.scenario), q, 1);
        text_to(p.fund, sizeof(p.fund), q, 2);
        text_to(p.unit, sizeof(p.unit), q, 3);
        text_to(p.zone, sizeof(p.zone), q, 6);
        stop = visit(ctx, &p);
        if (stop != 0) {
            weir_sql_done(s, WEIR_Q_SLOT_EACH);
            return stop;
        }
        rc = weir_sql_next(s, WEIR_Q_SLOT_EACH);
    }
    return weir_sql_none(rc);
}


static int
st_slot_rekey(struct weir_store *st, uint32_t slot, uint64_t start_ms)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    const int            rc = weir_sql_none(weir_sql(s, WEIR_Q_REKEY_DROP,
                                                     "u", slot));

    return rc != WEIR_OK ? rc
           : weir_sql_none(weir_sql(s, WEIR_Q_REKEY_PUT, "ui", slot,
                                    (int64_t) start_ms));
}


static int
st_position_get(struct weir_store *st, const char *file, uint64_t *position)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    const int            rc = weir_sql(s, WEIR_Q_POSITION_GET, "t", file);

    *position = 0;
    if (rc == WEIR_OK) {
        *position = (uint64_t)
                    sqlite3_column_int64(s->q[WEIR_Q_POSITION_GET], 0);
        weir_sql_done(s, WEIR_Q_POSITION_GET);
    }
    return weir_sql_none(rc);
}


static int
st_position_set(struct weir_store *st, const char *file, uint64_t position)
{
    return weir_sql_none(weir_sql((struct weir_sqlite *) st,
                                  WEIR_Q_POSITION_SET, "ti", file,
                                  (int64_t) position));
}


static int
st_call_begin(struct weir_store *st, const char *file,
    const struct weir_begin_record *b, uint32_t slot)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_CALL_BEGIN, "dtiussssii",
                                b->call_id, file, (int64_t) b->at_ms, slot,
                                b->scenario, b->key_id, b->model,
                                b->upstream, (int64_t) b->generation,
                                b->reserved));
    return rc != WEIR_OK ? rc
           : sqlite3_changes(s->db) == 1 ? WEIR_OK : WEIR_DONE;
}


static int
st_call_end(struct weir_store *st, const struct weir_call_end *e)
{
    struct weir_sqlite            *s = (struct weir_sqlite *) st;
    const struct weir_end_record  *r = e->end;
    struct weir_posting           *p;
    int                            rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_CALL_END, "diuiiiiiii", r->call_id,
                                (int64_t) r->at_ms, e->slot, r->charged,
                                (int64_t) r->ending, (int64_t) r->usage,
                                (int64_t) r->status, (int64_t) r->action,
                                r->input_tokens, r->output_tokens));
    if (rc != WEIR_OK) {
        return rc;
    }
    if (sqlite3_changes(s->db) != 1) {
        return WEIR_DONE;
    }
    s->endings[r->ending < WEIR_STORE_ENDINGS ? r->ending : WEIR_END_LOST]++;
    if (e->slot == WEIR_SNAP_NONE || r->charged <= 0) {
        return WEIR_OK;
    }
    rc = posting_of(s, e->slot, e->period_start_ms, &p);
    if (rc != WEIR_OK) {
        return rc;
    }
    if (__builtin_add_overflow(p->amount, r->charged, &p->amount)) {
        snprintf(s->error, sizeof(s->error), "an amount is out of range");
        return WEIR_E_CORRUPT;
    }
    p->calls++;
    return weir_sql_none(weir_sql(s, WEIR_Q_TRANSFER_PUT, "diitiii",
                                  r->call_id, p->debit, p->credit, p->unit,
                                  r->charged, (int64_t) e->period_start_ms,
                                  (int64_t) r->at_ms));
}


/* The sum of this slot and period in the open transaction; made, with its
   two accounts, when it is the first. Most calls in a row are of one slot. */
static int
posting_of(struct weir_sqlite *s, uint32_t slot, uint64_t period_start_ms,
    struct weir_posting **out)
{
    struct weir_posting  *p;
    sqlite3_stmt         *q;
    char                  grant[300], used[160], scenario[128], fund[128];
    int                   rc;

    for (size_t i = 0; i < s->npostings; i++) {
        p = &s->postings[(s->last + i) % s->npostings];
        if (p->slot == slot && p->period_start_ms == period_start_ms) {
            s->last = (size_t) (p - s->postings);
            *out = p;
            return WEIR_OK;
        }
    }
    if (s->npostings == s->postings_cap) {
        const size_t  cap = s->postings_cap == 0 ? 16 : s->postings_cap * 2;

        p = realloc(s->postings, cap * sizeof(*p));
        if (p == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        s->postings = p;
        s->postings_cap = cap;
    }
    p = &s->postings[s->npostings];
    *p = (struct weir_posting) { .slot = slot,
                                 .period_start_ms = period_start_ms };

    rc = weir_sql(s, WEIR_Q_SLOT_NAMES, "u", slot);
    if (rc != WEIR_OK) {
        if (rc == WEIR_DONE) {
            snprintf(s->error, sizeof(s->error), "grant slot %u is unknown",
                     slot);
            rc = WEIR_E_CORRUPT;
        }
        return rc;
    }
    q = s->q[WEIR_Q_SLOT_NAMES];
    text_to(scenario, sizeof(scenario), q, 0);
    text_to(fund, sizeof(fund), q, 1);
    text_to(p->unit, sizeof(p->unit), q, 2);
    weir_sql_done(s, WEIR_Q_SLOT_NAMES);
    snprintf(grant, sizeof(grant), "grant:%s@%s", scenario, fund);
    snprintf(used, sizeof(used), "used:%s", fund);
    rc = account_of(s, grant, p->unit, &p->debit);
    if (rc == WEIR_OK) {
        rc = account_of(s, used, p->unit, &p->credit);
    }
    if (rc == WEIR_OK) {
        s->last = s->npostings++;
        *out = p;
    }
    return rc;
}


static int
account_of(struct weir_sqlite *s, const char *name, const char *unit,
    int64_t *id)
{
    int  rc = weir_sql(s, WEIR_Q_ACCOUNT_FIND, "tt", name, unit);

    if (rc == WEIR_OK) {
        *id = sqlite3_column_int64(s->q[WEIR_Q_ACCOUNT_FIND], 0);
        weir_sql_done(s, WEIR_Q_ACCOUNT_FIND);
        return WEIR_OK;
    }
    if (rc == WEIR_DONE) {
        rc = weir_sql_none(weir_sql(s, WEIR_Q_ACCOUNT_PUT, "tt", name, unit));
        *id = sqlite3_last_insert_rowid(s->db);
    }
    return rc;
}


int
weir_ledger_flush(struct weir_sqlite *s)
{
    int  rc = WEIR_OK;

    for (size_t i = 0; i < s->npostings && rc == WEIR_OK; i++) {
        const struct weir_posting  *p = &s->postings[i];

        rc = weir_sql_none(weir_sql(s, WEIR_Q_SPENT_ADD, "uiii", p->slot,
                                    (int64_t) p->period_start_ms, p->amount,
                                    (int64_t) p->calls));
        if (rc == WEIR_OK) {
            rc = weir_sql_none(weir_sql(s, WEIR_Q_ACCOUNT_ADD, "iii",
                                        p->debit, p->amount, (int64_t) 0));
        }
        if (rc == WEIR_OK) {
            rc = weir_sql_none(weir_sql(s, WEIR_Q_ACCOUNT_ADD, "iii",
                                        p->credit, (int64_t) 0, p->amount));
        }
    }
    for (unsigned i = 0; i < WEIR_STORE_ENDINGS && rc == WEIR_OK; i++) {
        if (s->endings[i] > 0) {
            rc = weir_sql_none(weir_sql(s, WEIR_Q_ENDING_ADD, "ii",
                                        (int64_t) i,
                                        (int64_t) s->endings[i]));
        }
    }
    return rc;
}


void
weir_ledger_forget(struct weir_sqlite *s)
{
    s->npostings = s->last = 0;
    memset(s->endings, 0, sizeof(s->endings));
}


static void
text_at(char *out, size_t size, sqlite3_stmt *q, int column)
{
    const unsigned char  *text = sqlite3_column_text(q, column);

    (void) snprintf(out, size, "%s", text != NULL ? (const char *) text : "");
}


static void
call_at(struct weir_stored_call *c, sqlite3_stmt *q)
{
    memset(c, 0, sizeof(*c));
    memcpy(c->call_id, sqlite3_column_blob(q, 0), sizeof(c->call_id));
    c->slot = slot_at(q, 1);
    c->reserved = sqlite3_column_int64(q, 2);
    c->charged = sqlite3_column_int64(q, 3);
    c->begun_ms = (uint64_t) sqlite3_column_int64(q, 4);
    c->ended_ms = (uint64_t) sqlite3_column_int64(q, 5);
    text_at(c->scenario, sizeof(c->scenario), q, 6);
    text_at(c->model, sizeof(c->model), q, 7);
}


static int
st_call_find(struct weir_store *st, const uint8_t call_id[16],
    struct weir_stored_call *out)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    const int            rc = weir_sql(s, WEIR_Q_CALL_FIND, "d", call_id);

    if (rc == WEIR_OK) {
        call_at(out, s->q[WEIR_Q_CALL_FIND]);
        weir_sql_done(s, WEIR_Q_CALL_FIND);
    }
    return rc;
}


static int
st_call_open_each(struct weir_store *st, const char *file,
    weir_stored_call_pt visit, void *ctx)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_CALL_OPEN, "t", file);

    while (rc == WEIR_OK) {
        struct weir_stored_call  c;
        int                      stop;

        call_at(&c, s->q[WEIR_Q_CALL_OPEN]);
        stop = visit(ctx, &c);
        if (stop != 0) {
            weir_sql_done(s, WEIR_Q_CALL_OPEN);
            return stop;
        }
        rc = weir_sql_next(s, WEIR_Q_CALL_OPEN);
    }
    return weir_sql_none(rc);
}


static int
sums_of(struct weir_sqlite *s, enum weir_sql q, int rc,
    struct weir_sums *out)
{
    memset(out, 0, sizeof(*out));
    if (rc == WEIR_OK) {
        out->spent = sqlite3_column_int64(s->q[q], 0);
        out->calls = (uint64_t) sqlite3_column_int64(s->q[q], 1);
        weir_sql_done(s, q);
    }
    return weir_sql_none(rc);
}


static int
st_slot_sums(struct weir_store *st, uint32_t slot, uint64_t period_start_ms,
    struct weir_sums *out)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;

    return sums_of(s, WEIR_Q_SPENT_GET,
                   weir_sql(s, WEIR_Q_SPENT_GET, "ui", slot,
                            (int64_t) period_start_ms), out);
}


static int
st_fund_sums(struct weir_store *st, const char *fund, struct weir_sums *out)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;

    return sums_of(s, WEIR_Q_FUND_GET,
                   weir_sql(s, WEIR_Q_FUND_GET, "t", fund), out);
}


static int
st_ending_counts(struct weir_store *st, uint64_t counts[WEIR_STORE_ENDINGS])
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_ENDING_EACH, "");

    memset(counts, 0, WEIR_STORE_ENDINGS * sizeof(counts[0]));
    while (rc == WEIR_OK) {
        const int64_t  i = sqlite3_column_int64(s->q[WEIR_Q_ENDING_EACH], 0);

        if (i >= 0 && i < WEIR_STORE_ENDINGS) {
            counts[i] = (uint64_t)
                        sqlite3_column_int64(s->q[WEIR_Q_ENDING_EACH], 1);
        }
        rc = weir_sql_next(s, WEIR_Q_ENDING_EACH);
    }
    return weir_sql_none(rc);
}


static int
st_audit(struct weir_store *st)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_AUDIT, "");

    if (rc == WEIR_OK) {
        if (sqlite3_column_int64(s->q[WEIR_Q_AUDIT], 0) != 0) {
            snprintf(s->error, sizeof(s->error), "the ledger does not "
                     "balance");
            rc = WEIR_E_CORRUPT;
        }
        weir_sql_done(s, WEIR_Q_AUDIT);
    }
    return rc;
}


void
weir_ledger_methods(struct weir_store *st)
{
    st->slot_put = st_slot_put;
    st->slot_each = st_slot_each;
    st->slot_rekey = st_slot_rekey;
    st->position_get = st_position_get;
    st->position_set = st_position_set;
    st->call_begin = st_call_begin;
    st->call_end = st_call_end;
    st->call_find = st_call_find;
    st->call_open_each = st_call_open_each;
    st->slot_sums = st_slot_sums;
    st->fund_sums = st_fund_sums;
    st->ending_counts = st_ending_counts;
    st->audit = st_audit;
}
