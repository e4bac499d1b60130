/*
 * keeper.c: start, one loop, stop.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api.h"
#include "daemon.h"
#include "files.h"
#include "hosts.h"
#include "weir/error.h"

static int  open_account(struct weir_keeper *k, bool *fresh);
static int  open_token(struct weir_keeper *k);
static int  apply_init(struct weir_keeper *k, const char *text,
    const char *name);
static int  account_seen(struct weir_keeper *k);
static bool  untouched(struct weir_keeper *k);
static void  log_notes(const struct weir_notes *notes);
static void  loop(struct weir_keeper *k, struct weir_api *api,
    struct weir_daemon *d);


static uint64_t
clock_ms(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


int
weir_keeper_open(struct weir_keeper *k, const char *packs, const char *init,
    const char *init_name)
{
    struct weir_notes  notes = { 0 };
    char               why[512];
    bool               new_store, new_account, busy = true;
    int                rc;

    k->now_ms = k->now_ms != NULL ? k->now_ms : clock_ms;
    k->hosts_ms = k->hosts_ms != 0 ? k->hosts_ms : WEIR_HOSTS_MS;
    k->snapshot_fd = k->journal_fd = k->done_fd = -1;
    snprintf(k->packs, sizeof(k->packs), "%s", packs);
    if ((rc = weir_folders_make(-1, -1)) != WEIR_OK
        || (rc = open_token(k)) != WEIR_OK)
    {
        return rc;
    }
    k->snapshot_fd = open("snapshot", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    k->journal_fd = open("journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    k->done_fd = open("journal/done", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (k->snapshot_fd < 0 || k->journal_fd < 0 || k->done_fd < 0) {
        weir_keeper_log("cannot open the state folders: %s", strerror(errno));
        return WEIR_E_IO;
    }
    rc = weir_store_sqlite_open(&k->store, "weir.db", &new_store, why,
                                sizeof(why));
    if (rc != WEIR_OK) {
        weir_keeper_log("%s", why);
        return rc;
    }
    rc = weir_hosts_open(&k->hosts, &(struct weir_hosts_options) {
                             .every_ms = k->hosts_ms });
    if (rc == WEIR_OK) {
        rc = open_account(k, &new_account);
    }
    if (rc == WEIR_OK) {
        rc = weir_grants_load(k, false);
    }
    if (rc == WEIR_OK) {
        rc = weir_settle_open(k);
    }
    /* All that waits is posted before a new account file is filled. */
    while (rc == WEIR_OK && busy) {
        rc = weir_settle(k, &busy);
    }
    if (rc == WEIR_OK && new_account) {
        rc = weir_grants_load(k, true);
        if (rc == WEIR_OK) {
            rc = account_seen(k);
        }
    }
    init = rc == WEIR_OK && untouched(k) ? init : NULL;
    if (rc == WEIR_OK && init != NULL) {
        rc = apply_init(k, init, init_name);
    } else if (rc == WEIR_OK) {
        rc = weir_publish_resume(k, &notes);
        log_notes(&notes);
    }
    if (rc == WEIR_E_BAD_REQUEST && init == NULL) {
        /* A pack that was changed for the worse: the old snapshot, if there
           is one, goes on; the register can still be mended. */
        weir_keeper_log("the register does not compile; nothing new is in "
                        "force");
        rc = WEIR_OK;
    }
    weir_notes_release(&notes);
    if (rc != WEIR_OK) {
        weir_keeper_log("start failed: %s", k->store->error(k->store)[0]
                        != '\0' ? k->store->error(k->store)
                        : weir_error_info(rc)->en);
    }
    return rc;
}


void
weir_keeper_close(struct weir_keeper *k)
{
    weir_hosts_close(k->hosts);
    k->hosts = NULL;
    weir_settle_close(k);
    weir_grants_release(k);
    weir_limited_release(k);
    if (k->account != NULL) {
        weir_account_close(k->account);
        k->account = NULL;
    }
    if (k->store != NULL) {
        k->store->close(k->store);
        k->store = NULL;
    }
    if (k->snapshot_fd >= 0) {
        close(k->snapshot_fd);
    }
    if (k->journal_fd >= 0) {
        close(k->journal_fd);
    }
    if (k->done_fd >= 0) {
        close(k->done_fd);
    }
    k->snapshot_fd = k->journal_fd = k->done_fd = -1;
    explicit_bzero(k->token, sizeof(k->token));
}


/* The file that was filled last, by inode and boot; 0 if there is none. */
static uint64_t
account_mark(void)
{
    char         boot[64];
    uint8_t      digest[32];
    uint64_t     mark;
    struct stat  st;

    if (stat("account", &st) != 0
        || weir_file_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot,
                          sizeof(boot)) != WEIR_OK)
    {
        return 0;
    }
    weir_sha256(boot, strlen(boot), digest);
    memcpy(&mark, digest, sizeof(mark));
    return (mark ^ (uint64_t) st.st_ino) >> 1 | 1;  /* a positive number */
}


static int
account_seen(struct weir_keeper *k)
{
    int  rc = k->store->begin(k->store);

    if (rc == WEIR_OK) {
        rc = k->store->meta_set(k->store, "account", account_mark());
    }
    return rc == WEIR_OK ? k->store->commit(k->store) : rc;
}


/* The file that we filled in this boot is in use by living workers and is
   left alone. Any other (of another boot, damaged, made by a worker that
   came first) is filled from ledger and journals. */
static int
open_account(struct weir_keeper *k, bool *fresh)
{
    uint64_t  seen;
    int       rc = k->store->meta_get(k->store, "account", &seen);

    if (rc != WEIR_OK) {
        return rc;
    }
    *fresh = seen == 0 || seen != account_mark();
    rc = weir_account_open(&k->account, AT_FDCWD, "account", false);
    if (rc == WEIR_OK) {
        return WEIR_OK;
    }
    *fresh = true;
    if (unlink("account") == 0) {
        weir_keeper_log("the account file is of another boot or damaged; it "
                        "is rebuilt from ledger and journals");
    } else if (errno != ENOENT) {
        weir_keeper_log("account: %s", strerror(errno));
        return WEIR_E_IO;
    }
    rc = weir_account_open(&k->account, AT_FDCWD, "account", true);
    if (rc != WEIR_OK) {
        weir_keeper_log("account: %s", weir_error_info(rc)->en);
    }
    return rc;
}


static int
open_token(struct weir_keeper *k)
{
    char  secret[WEIR_SECRET_TEXT], line[WEIR_SECRET_TEXT + 1];
    int   rc;

    if (weir_file_line(AT_FDCWD, "admin.token", k->token, sizeof(k->token))
        == WEIR_OK && strlen(k->token) >= 32)
    {
        return WEIR_OK;
    }
    rc = weir_secret_new(secret);
    if (rc == WEIR_OK) {
        snprintf(k->token, sizeof(k->token), "%s", secret);
        snprintf(line, sizeof(line), "%s\n", secret);
        rc = weir_file_put(AT_FDCWD, "admin.token", line, strlen(line));
        explicit_bzero(secret, sizeof(secret));
        explicit_bzero(line, sizeof(line));
    }
    if (rc != WEIR_OK) {
        weir_keeper_log("admin.token: %s", weir_error_info(rc)->en);
    }
    return rc;
}


static int
apply_init(struct weir_keeper *k, const char *text, const char *name)
{
    struct weir_notes    notes = { 0 };
    struct weir_changes  changes;
    const int            rc = weir_registry_apply(k, name,
                                  weir_span_of(text), "init", &changes,
                                  &notes);

    log_notes(&notes);
    weir_notes_release(&notes);
    json_decref(changes.list);
    return rc;
}


static int
any_resource(void *ctx, const struct weir_stored *r)
{
    return WEIR_DONE;
}


/* Nothing was ever applied: no resource, and at most the snapshot of the
   empty register that a first start makes. */
static bool
untouched(struct weir_keeper *k)
{
    uint64_t  generation;

    return k->store->meta_get(k->store, "generation", &generation) == WEIR_OK
           && generation <= 1
           && k->store->resource_each(k->store, any_resource, NULL)
              == WEIR_OK;
}


static void
log_notes(const struct weir_notes *notes)
{
    for (size_t i = 0; i < notes->n; i++) {
        const struct weir_note  *n = &notes->at[i];

        weir_keeper_log("%s%s:%u:%u: %s", n->warning ? "warning: " : "",
                        n->file, n->line, n->column, n->message);
    }
}


static volatile sig_atomic_t  stop_asked, reopen_asked;


static void
on_signal(int sig)
{
    if (sig == SIGHUP) {
        reopen_asked = 1;
    } else {
        stop_asked = 1;
    }
}


int
weir_keeper_run(const struct weir_keeper_options *o)
{
    struct weir_keeper  *k = calloc(1, sizeof(*k));
    struct weir_daemon   d;
    struct weir_api     *api = NULL;
    struct sigaction     on = { .sa_handler = on_signal };
    int                  rc;

    if (k == NULL) {
        return 2;
    }
    (void) mallopt(M_ARENA_MAX, 1);     /* the thread of hosts.c needs none */
    k->snapshot_fd = k->journal_fd = k->done_fd = -1;
    k->hosts_ms = o->hosts_ms;
    rc = weir_daemon_enter(&d, o);
    if (rc != WEIR_OK) {
        free(k);
        return 2;
    }
    sigemptyset(&on.sa_mask);
    sigaction(SIGTERM, &on, NULL);
    sigaction(SIGINT, &on, NULL);
    sigaction(SIGHUP, &on, NULL);
    signal(SIGPIPE, SIG_IGN);

    rc = weir_keeper_open(k, d.packs, d.init, o->init);
    if (rc == WEIR_OK) {
        rc = weir_api_open(&api, k, d.listen_fd, d.host);
    }
    if (rc == WEIR_OK) {
        rc = weir_daemon_ready(&d);
    }
    if (rc == WEIR_OK) {
        weir_keeper_log("keeper %ld serves %s", (long) getpid(), d.address);
        loop(k, api, &d);
        weir_keeper_log("keeper stops");
    }
    weir_api_close(api);
    weir_keeper_close(k);
    weir_daemon_leave(&d);
    free(k);
    return rc == WEIR_OK ? 0 : 2;
}


static void
loop(struct weir_keeper *k, struct weir_api *api, struct weir_daemon *d)
{
    bool  busy = false;

    while (!stop_asked) {
        weir_api_wait(api, busy ? 0 : WEIR_SETTLE_MS);
        if (reopen_asked) {
            reopen_asked = 0;
            weir_daemon_log_reopen(d);
        }
        if (weir_settle(k, &busy) != WEIR_OK) {
            busy = false;
        }
        weir_publish_hosts(k);
    }
}
