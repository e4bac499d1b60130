/*
 * cmd_key.c: `weir key new SCENARIO [--until DATE] | list | revoke ID`.
 *
 * A new key is printed once, alone on standard output, so that a script can
 * take it; all else about it goes to standard error.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin.h"
#include "cmd.h"

static int  key_new(int argc, char **argv);
static int  key_list(void);
static int  key_revoke(const char *id);
static const char *text_of(const json_t *o, const char *key);

static const char  usage[] =
    "usage: weir key new SCENARIO [--until YYYY-MM-DD]\n"
    "       weir key list\n"
    "       weir key revoke ID\n";


int
cmd_key(int argc, char **argv)
{
    if (cmd_wants_help(argc, argv)) {
        printf("%s\nA new key is shown once and stored as a digest. It works "
               "to the end of the day\ngiven with --until (UTC).\n", usage);
        return 0;
    }
    if (argc >= 3 && strcmp(argv[1], "new") == 0) {
        return key_new(argc, argv);
    }
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return key_list();
    }
    if (argc == 3 && strcmp(argv[1], "revoke") == 0) {
        return key_revoke(argv[2]);
    }
    fputs(usage, stderr);
    return 2;
}


static int
key_new(int argc, char **argv)
{
    json_t              *ask, *doc;
    char                *body;
    const char          *key;
    struct admin_answer  a;
    int                  rc = 0;

    ask = json_pack("{s:s}", "scenario", argv[2]);
    if (argc == 5 && strcmp(argv[3], "--until") == 0) {
        json_object_set_new(ask, "until", json_string(argv[4]));
    } else if (argc != 3) {
        json_decref(ask);
        fputs(usage, stderr);
        return 2;
    }
    body = json_dumps(ask, JSON_COMPACT);
    json_decref(ask);
    if (body == NULL) {
        return cmd_fail("key", "the name is not valid UTF-8");
    }
    if (!admin_call("key", "POST", "/api/v1/keys", body, strlen(body), &a)) {
        free(body);
        return 2;
    }
    free(body);
    if (a.status != 201) {
        rc = admin_complain("key", &a);
    } else {
        doc = json_loadb(a.body, a.len, 0, NULL);
        key = text_of(doc, "key");
        if (key[0] == '\0') {
            rc = cmd_fail("key", "the keeper's answer has no key");
        } else {
            fprintf(stderr, "key %s of scenario %s; it is shown only now\n",
                    text_of(doc, "id"), text_of(doc, "scenario"));
            printf("%s\n", key);
        }
        json_decref(doc);
    }
    if (a.body != NULL) {
        memset(a.body, 0, a.len);
    }
    admin_release(&a);
    return rc;
}


static int
key_list(void)
{
    struct admin_answer  a;
    json_t              *doc;
    const json_t        *items;

    if (!admin_call("key", "GET", "/api/v1/keys", NULL, 0, &a)) {
        return 2;
    }
    if (a.status != 200) {
        const int  rc = admin_complain("key", &a);

        admin_release(&a);
        return rc;
    }
    doc = json_loadb(a.body, a.len, 0, NULL);
    items = json_object_get(doc, "items");
    printf("%-26s %-24s %-20s %-20s %s\n", "ID", "SCENARIO", "CREATED",
           "UNTIL", "STATE");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t  *k = json_array_get(items, i);
        const char    *until = text_of(k, "until");

        printf("%-26s %-24s %-20s %-20s %s\n", text_of(k, "id"),
               text_of(k, "scenario"), text_of(k, "created"),
               until[0] != '\0' ? until : "-", text_of(k, "state"));
    }
    json_decref(doc);
    admin_release(&a);
    return 0;
}


static int
key_revoke(const char *id)
{
    char                 path[512] = "/api/v1/keys/";
    struct admin_answer  a;
    int                  rc = 0;

    if (!admin_escape(id, path, sizeof(path))) {
        return cmd_fail("key", "the id is too long");
    }
    if (!admin_call("key", "DELETE", path, NULL, 0, &a)) {
        return 2;
    }
    if (a.status != 200) {
        rc = admin_complain("key", &a);
    } else {
        printf("key %s revoked\n", id);
    }
    admin_release(&a);
    return rc;
}


static const char *
text_of(const json_t *o, const char *key)
{
    const char  *s = json_string_value(json_object_get(o, key));

    return s != NULL ? s : "";
}
