/*
 * keys.c: keys of scenarios. A key is shown once; the store has its digest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "files.h"
#include "keeper.h"
#include "weir/error.h"

static int  scenario_known(void *ctx, const struct weir_stored *r);
static bool  until_parse(const char *text, uint64_t *ms);


int
weir_key_new(struct weir_keeper *k, const char *scenario, const char *until,
    const char *who, char key[WEIR_KEY_TEXT], char id[27],
    struct weir_notes *notes)
{
    struct weir_stored_key  stored = { .id = id, .scenario = scenario,
                                       .created_ms = k->now_ms() };
    char                    secret[WEIR_SECRET_TEXT];
    uint8_t                 raw[16];
    int                     rc;

    if (k->store->resource_each(k->store, scenario_known, &stored)
        != WEIR_DONE)
    {
        weir_notes_add(notes, false, "", 0, 0, "there is no Scenario %s",
                       scenario);
        return WEIR_DONE;
    }
    if (until != NULL && !until_parse(until, &stored.until_ms)) {
        weir_notes_add(notes, false, "", 0, 0, "'%s' is no date; write "
                       "YYYY-MM-DD", until);
        return WEIR_E_BAD_REQUEST;
    }
    if (stored.until_ms != 0 && stored.until_ms <= stored.created_ms) {
        weir_notes_add(notes, false, "", 0, 0, "%s is past", until);
        return WEIR_E_BAD_REQUEST;
    }
    /* As the ids of calls: 48 bits of time, then random. */
    for (unsigned i = 0; i < 6; i++) {
        raw[i] = (uint8_t) (stored.created_ms >> (40 - 8 * i));
    }
    rc = weir_secret_new(secret);
    if (rc != WEIR_OK || getrandom(raw + 6, 10, 0) != 10) {
        weir_notes_add(notes, false, "", 0, 0, "the system gives no random "
                       "numbers");
        return WEIR_E_IO;
    }
    weir_id_text(raw, id);
    snprintf(key, WEIR_KEY_TEXT, "weir_%s", secret);
    explicit_bzero(secret, sizeof(secret));
    weir_sha256(key, strlen(key), stored.digest);

    rc = k->store->begin(k->store);
    if (rc == WEIR_OK) {
        rc = k->store->key_put(k->store, &stored, who);
        if (rc == WEIR_OK) {
            rc = weir_publish(k, notes);
        } else {
            k->store->rollback(k->store);
        }
    }
    if (rc != WEIR_OK && !notes->failed) {
        weir_notes_add(notes, false, "", 0, 0, "the key cannot be stored: "
                       "%s", k->store->error(k->store));
    }
    return rc;
}


/* Stops with DONE at the scenario of that name. */
static int
scenario_known(void *ctx, const struct weir_stored *r)
{
    const struct weir_stored_key  *key = ctx;

    return strcmp(r->kind, weir_kind_name(WEIR_KIND_SCENARIO)) == 0
           && strcmp(r->name, key->scenario) == 0 ? WEIR_DONE : 0;
}


/* The end of that day, UTC. */
static bool
until_parse(const char *text, uint64_t *ms)
{
    struct tm    tm = { 0 }, copy;
    time_t       t;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    for (int i = 0; i < 10; i++) {
        if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) {
            return false;
        }
    }
    tm.tm_year = (text[0] - '0') * 1000 + (text[1] - '0') * 100
                 + (text[2] - '0') * 10 + (text[3] - '0') - 1900;
    tm.tm_mon = (text[5] - '0') * 10 + (text[6] - '0') - 1;
    tm.tm_mday = (text[8] - '0') * 10 + (text[9] - '0');
    copy = tm;
    t = timegm(&tm);
    if (tm.tm_mon != copy.tm_mon || tm.tm_mday != copy.tm_mday || t < 0) {
        return false;       /* 30 February */
    }
    *ms = ((uint64_t) t + 24 * 3600) * 1000;
    return true;
}


int
weir_key_revoke(struct weir_keeper *k, const char *id, const char *who,
    struct weir_notes *notes)
{
    int  rc = k->store->begin(k->store);

    if (rc == WEIR_OK) {
        rc = k->store->key_revoke(k->store, id, who, k->now_ms());
        if (rc == WEIR_OK) {
            rc = weir_publish(k, notes);
        } else {
            k->store->rollback(k->store);
        }
    }
    if (rc == WEIR_DONE) {
        weir_notes_add(notes, false, "", 0, 0, "there is no Key %s in force",
                       id);
    }
    return rc;
}


struct listing {
    json_t    *list;
    uint64_t   now_ms;
};


static int
list_one(void *ctx, const struct weir_stored_key *key)
{
    struct listing  *l = ctx;
    char             created[24], until[24], revoked[24];
    const bool       past = key->until_ms != 0 && key->until_ms <= l->now_ms;

    weir_time_text(key->created_ms, created);
    weir_time_text(key->until_ms, until);
    weir_time_text(key->revoked_ms, revoked);
    return json_array_append_new(l->list,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", key->id,
                  "id", key->id, "scenario", key->scenario, "created",
                  created, "until", until, "revoked", revoked, "state",
                  key->revoked_ms != 0 ? "revoked"
                  : past ? "expired" : "valid")) == 0 ? 0 : WEIR_E_NO_MEMORY;
}


int
weir_key_list(struct weir_keeper *k, json_t **out)
{
    struct listing  l = { json_array(), k->now_ms() };
    const int       rc = k->store->key_each(k->store, list_one, &l);

    *out = l.list;
    return rc;
}
