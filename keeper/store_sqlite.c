/*
 * store_sqlite.c: the store on SQLite: opening and migrations, transactions,
 * the register (resources, history, keys). The ledger is store_ledger.c.
 *
 * WAL with synchronous=FULL: a committed transaction survives a power cut,
 * and readers of the file (backups) never stop the keeper. All statements
 * are prepared; no SQL text is ever put together from input.
 */
#include "store_sqlite.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_schema.h"
#include "weir/error.h"

#define BUSY_MS  5000     /* a backup may hold the file for a moment */

static const char  *relative_names(void);
static int  migrate(struct weir_sqlite *s, bool *fresh);
static int  failed(struct weir_sqlite *s, int rc);
static int  pragma_get(struct weir_sqlite *s, const char *text, int64_t *out);
static void  methods(struct weir_store *st);

static const char *const  texts[WEIR_SQL_COUNT] = {
#define X(name, text)  text,
    WEIR_SQL_TABLE(X)
#undef X
};


int
weir_store_sqlite_open(struct weir_store **out, const char *name, bool *fresh,
    char *why, size_t why_size)
{
    struct weir_sqlite  *s = calloc(1, sizeof(*s));
    int                  fd, rc;

    *out = NULL;
    *fresh = false;
    if (s == NULL) {
        snprintf(why, why_size, "out of memory");
        return WEIR_E_NO_MEMORY;
    }
    methods(&s->store);
    weir_ledger_methods(&s->store);

    /* Made here, because SQLite would make it 0644 & ~umask; its -wal and
       -shm files take the mode of the database. */
    fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0) {
        snprintf(why, why_size, "%s: cannot be opened or made", name);
        if (fd >= 0) {
            close(fd);
        }
        free(s);
        return WEIR_E_IO;
    }
    close(fd);

    rc = sqlite3_open_v2(name, &s->db, SQLITE_OPEN_READWRITE
                         | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
                         relative_names());
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(s->db, 1);
        sqlite3_busy_timeout(s->db, BUSY_MS);
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        rc = migrate(s, fresh);
    } else {
        rc = failed(s, rc);
    }
    if (rc != WEIR_OK) {
        snprintf(why, why_size, "%s: %s", name, s->error);
        s->store.close(&s->store);
        return rc;
    }
    *out = &s->store;
    return WEIR_OK;
}


static int
as_it_is(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    return snprintf(out, (size_t) size, "%s", name) < size
           ? SQLITE_OK : SQLITE_CANTOPEN;
}


/* SQLite's own file system, but names stay relative. The keeper entered the
   state folder as root; below a home of mode 0700 the absolute name does not
   open for the user that it became. */
static const char *
relative_names(void)
{
    static sqlite3_vfs  vfs;
    const sqlite3_vfs  *own = sqlite3_vfs_find(NULL);

    if (vfs.zName == NULL && own != NULL) {
        vfs = *own;
        vfs.zName = "weir";
        vfs.xFullPathname = as_it_is;
        (void) sqlite3_vfs_register(&vfs, 0);
    }
    return vfs.zName;
}


static int
exec(struct weir_sqlite *s, const char *sql)
{
    const int  rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? WEIR_OK : failed(s, rc);
}


static int
migrate(struct weir_sqlite *s, bool *fresh)
{
    int64_t  version, application, objects;
    char     sql[64];
    int      rc;

    rc = exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                 " PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000;"
                 " BEGIN IMMEDIATE");
    if (rc != WEIR_OK) {
        return rc;
    }
    if ((rc = pragma_get(s, "PRAGMA user_version", &version)) != WEIR_OK
        || (rc = pragma_get(s, "PRAGMA application_id",
                            &application)) != WEIR_OK
        || (rc = pragma_get(s, "SELECT count(*) FROM sqlite_schema",
                            &objects)) != WEIR_OK)
    {
        return rc;
    }
    if (version > WEIR_STORE_VERSION) {
        snprintf(s->error, sizeof(s->error), "was made by a newer version of "
                 "weir (schema %lld, this one knows %d)", (long long) version,
                 WEIR_STORE_VERSION);
        return WEIR_E_CORRUPT;
    }
    if (objects > 0 && application != WEIR_STORE_APPLICATION) {
        snprintf(s->error, sizeof(s->error), "is a database of another "
                 "program");
        return WEIR_E_CORRUPT;
    }
    *fresh = objects == 0;
    for (int64_t v = version; v < WEIR_STORE_VERSION; v++) {
        if ((rc = exec(s, weir_store_steps[v])) != WEIR_OK) {
            return rc;
        }
    }
    /* Our own constants; PRAGMA takes no bound values. */
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", WEIR_STORE_VERSION);
    if ((rc = exec(s, sql)) != WEIR_OK) {
        return rc;
    }
    snprintf(sql, sizeof(sql), "PRAGMA application_id = %d",
             WEIR_STORE_APPLICATION);
    if ((rc = exec(s, sql)) != WEIR_OK) {
        return rc;
    }
    return exec(s, "COMMIT");
}


static int
pragma_get(struct weir_sqlite *s, const char *text, int64_t *out)
{
    sqlite3_stmt  *q = NULL;
    int            rc = sqlite3_prepare_v2(s->db, text, -1, &q, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(q);
        *out = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    }
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? WEIR_OK : failed(s, rc);
}


static int
failed(struct weir_sqlite *s, int rc)
{
    snprintf(s->error, sizeof(s->error), "%s",
             s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return WEIR_E_NO_SPACE;
    case SQLITE_NOMEM:
        return WEIR_E_NO_MEMORY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
        return WEIR_E_CORRUPT;
    default:
        return WEIR_E_IO;
    }
}


int
weir_sql(struct weir_sqlite *s, enum weir_sql n, const char *letters, ...)
{
    sqlite3_stmt  *q = s->q[n];
    va_list        ap;
    int            rc = SQLITE_OK;

    if (q == NULL) {
        rc = sqlite3_prepare_v3(s->db, texts[n], -1,
                                SQLITE_PREPARE_PERSISTENT, &s->q[n], NULL);
        if (rc != SQLITE_OK) {
            return failed(s, rc);
        }
        q = s->q[n];
    }
    va_start(ap, letters);
    for (int i = 1; letters[i - 1] != '\0' && rc == SQLITE_OK; i++) {
        struct weir_span  span;
        const char       *text;
        uint32_t          slot;

        switch (letters[i - 1]) {
        case 'i':
            rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
            break;
        case 'u':
            slot = va_arg(ap, uint32_t);
            rc = slot == WEIR_SNAP_NONE ? sqlite3_bind_null(q, i)
                                        : sqlite3_bind_int64(q, i, slot);
            break;
        case 't':
            text = va_arg(ap, const char *);
            rc = sqlite3_bind_text(q, i, text, -1, SQLITE_STATIC);
            break;
        case 's':
            span = va_arg(ap, struct weir_span);
            rc = sqlite3_bind_text(q, i, span.len > 0
                                   ? (const char *) span.at : "",
                                   (int) span.len, SQLITE_STATIC);
            break;
        case 'd':
            rc = sqlite3_bind_blob(q, i, va_arg(ap, const void *), 16,
                                   SQLITE_STATIC);
            break;
        default:
            weir_assert(letters[i - 1] == 'k');
            rc = sqlite3_bind_blob(q, i, va_arg(ap, const void *), 32,
                                   SQLITE_STATIC);
        }
    }
    va_end(ap);
    if (rc != SQLITE_OK) {
        return failed(s, rc);
    }
    return weir_sql_next(s, n);
}


int
weir_sql_next(struct weir_sqlite *s, enum weir_sql n)
{
    const int  rc = sqlite3_step(s->q[n]);
    int        error = WEIR_DONE;

    if (rc == SQLITE_ROW) {
        return WEIR_OK;
    }
    if (rc != SQLITE_DONE) {
        error = failed(s, rc);
    }
    weir_sql_done(s, n);
    return error;
}


void
weir_sql_done(struct weir_sqlite *s, enum weir_sql n)
{
    (void) sqlite3_reset(s->q[n]);      /* repeats the error of step */
    (void) sqlite3_clear_bindings(s->q[n]);
}


static void
st_close(struct weir_store *st)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;

    for (unsigned i = 0; i < WEIR_SQL_COUNT; i++) {
        sqlite3_finalize(s->q[i]);
    }
    sqlite3_close(s->db);
    free(s->postings);
    free(s);
}


static const char *
st_error(struct weir_store *st)
{
    return ((struct weir_sqlite *) st)->error;
}


static int
st_begin(struct weir_store *st)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    const int            rc = weir_sql_none(weir_sql(s, WEIR_Q_BEGIN, ""));

    weir_ledger_forget(s);
    s->open = rc == WEIR_OK;
    return rc;
}


static void
st_rollback(struct weir_store *st)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;

    if (s->open) {
        char  kept[sizeof(s->error)];

        memcpy(kept, s->error, sizeof(kept));
        (void) weir_sql(s, WEIR_Q_ROLLBACK, "");
        memcpy(s->error, kept, sizeof(kept));   /* the cause, not this */
    }
    s->open = false;
    weir_ledger_forget(s);
}


static int
st_commit(struct weir_store *st)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_ledger_flush(s);

    if (rc == WEIR_OK) {
        rc = weir_sql_none(weir_sql(s, WEIR_Q_COMMIT, ""));
    }
    if (rc != WEIR_OK) {
        st_rollback(st);
        return rc;
    }
    s->open = false;
    weir_ledger_forget(s);
    return WEIR_OK;
}


static int
st_meta_get(struct weir_store *st, const char *name, uint64_t *out)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    const int            rc = weir_sql(s, WEIR_Q_META_GET, "t", name);

    *out = 0;
    if (rc == WEIR_OK) {
        *out = (uint64_t) sqlite3_column_int64(s->q[WEIR_Q_META_GET], 0);
        weir_sql_done(s, WEIR_Q_META_GET);
    }
    return weir_sql_none(rc);
}


static int
st_meta_set(struct weir_store *st, const char *name, uint64_t v)
{
    return weir_sql_none(weir_sql((struct weir_sqlite *) st, WEIR_Q_META_SET,
                                  "ti", name, (int64_t) v));
}


static const char *
text_at(sqlite3_stmt *q, int column)
{
    const char  *t = (const char *) sqlite3_column_text(q, column);

    return t != NULL ? t : "";
}


static int
st_resource_each(struct weir_store *st, weir_stored_pt visit, void *ctx)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_RESOURCE_EACH, "");
    sqlite3_stmt        *q = s->q[WEIR_Q_RESOURCE_EACH];

    while (rc == WEIR_OK) {
        const struct weir_stored  r = {
            .kind = text_at(q, 0), .name = text_at(q, 1),
            .json = text_at(q, 2),
            .generation = (uint64_t) sqlite3_column_int64(q, 3),
            .created_ms = (uint64_t) sqlite3_column_int64(q, 4),
            .updated_ms = (uint64_t) sqlite3_column_int64(q, 5),
        };
        const int  stop = visit(ctx, &r);

        if (stop != 0) {
            weir_sql_done(s, WEIR_Q_RESOURCE_EACH);
            return stop;
        }
        rc = weir_sql_next(s, WEIR_Q_RESOURCE_EACH);
    }
    return weir_sql_none(rc);
}


static int
st_resource_put(struct weir_store *st, const struct weir_stored *r,
    const char *who)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_HISTORY_PUT, "itttt",
                                (int64_t) r->updated_ms, who, r->kind,
                                r->name, r->json));
    if (rc != WEIR_OK) {
        return rc;
    }
    return weir_sql_none(weir_sql(s, WEIR_Q_RESOURCE_PUT, "tttiii", r->kind,
                                  r->name, r->json, (int64_t) r->generation,
                                  (int64_t) r->created_ms,
                                  (int64_t) r->updated_ms));
}


static int
st_resource_drop(struct weir_store *st, const char *kind, const char *name,
    const char *who, uint64_t now_ms)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_HISTORY_PUT, "itttt",
                                (int64_t) now_ms, who, kind, name,
                                (const char *) NULL));
    if (rc != WEIR_OK) {
        return rc;
    }
    rc = weir_sql_none(weir_sql(s, WEIR_Q_RESOURCE_DROP, "tt", kind, name));
    return rc != WEIR_OK ? rc
           : sqlite3_changes(s->db) == 1 ? WEIR_OK : WEIR_DONE;
}


static int
st_key_put(struct weir_store *st, const struct weir_stored_key *k,
    const char *who)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_KEY_PUT, "ttkii", k->id,
                                k->scenario, k->digest,
                                (int64_t) k->created_ms,
                                (int64_t) k->until_ms));
    if (rc != WEIR_OK) {
        return rc;
    }
    return weir_sql_none(weir_sql(s, WEIR_Q_HISTORY_PUT, "itttt",
                                  (int64_t) k->created_ms, who, "Key", k->id,
                                  "made"));
}


static int
st_key_revoke(struct weir_store *st, const char *id, const char *who,
    uint64_t now_ms)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc;

    rc = weir_sql_none(weir_sql(s, WEIR_Q_KEY_REVOKE, "ti", id,
                                (int64_t) now_ms));
    if (rc != WEIR_OK) {
        return rc;
    }
    if (sqlite3_changes(s->db) != 1) {
        return WEIR_DONE;
    }
    return weir_sql_none(weir_sql(s, WEIR_Q_HISTORY_PUT, "itttt",
                                  (int64_t) now_ms, who, "Key", id,
                                  "revoked"));
}


static int
st_key_each(struct weir_store *st, weir_stored_key_pt visit, void *ctx)
{
    struct weir_sqlite  *s = (struct weir_sqlite *) st;
    int                  rc = weir_sql(s, WEIR_Q_KEY_EACH, "");
    sqlite3_stmt        *q = s->q[WEIR_Q_KEY_EACH];

    while (rc == WEIR_OK) {
        struct weir_stored_key  k = {
            .id = text_at(q, 0), .scenario = text_at(q, 1),
            .created_ms = (uint64_t) sqlite3_column_int64(q, 3),
            .revoked_ms = (uint64_t) sqlite3_column_int64(q, 4),
            .until_ms = (uint64_t) sqlite3_column_int64(q, 5),
        };
        int  stop;

        memcpy(k.digest, sqlite3_column_blob(q, 2), sizeof(k.digest));
        stop = visit(ctx, &k);
        if (stop != 0) {
            weir_sql_done(s, WEIR_Q_KEY_EACH);
            return stop;
        }
        rc = weir_sql_next(s, WEIR_Q_KEY_EACH);
    }
    return weir_sql_none(rc);
}


static void
methods(struct weir_store *st)
{
    st->close = st_close;
    st->error = st_error;
    st->begin = st_begin;
    st->commit = st_commit;
    st->rollback = st_rollback;
    st->meta_get = st_meta_get;
    st->meta_set = st_meta_set;
    st->resource_each = st_resource_each;
    st->resource_put = st_resource_put;
    st->resource_drop = st_resource_drop;
    st->key_put = st_key_put;
    st->key_revoke = st_key_revoke;
    st->key_each = st_key_each;
}
