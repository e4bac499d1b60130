/*
 * cmd_apply.c: `weir apply -f FILE|-`: whole or not at all.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin.h"
#include "cmd.h"
#include "weir/limits.h"

#define APPLY_BYTES_MAX  WEIR_YAML_BYTES_MAX   /* as the keeper takes */

static char *read_all(FILE *in, size_t *len);
static void  print_changes(const struct admin_answer *a);


int
cmd_apply(int argc, char **argv)
{
    const char          *file = NULL;
    char                *text, path[2048] = "/api/v1/apply?file=";
    size_t               len;
    FILE                *in = stdin;
    struct admin_answer  a;
    int                  rc = 0;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir apply -f FILE|-\n\n"
               "Checks the resources of FILE together with the register, "
               "compiles the result and\nbrings it into force; or changes "
               "nothing and says why, with file, line and column.\n");
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-f") == 0 && i + 1 < argc && file == NULL) {
            file = argv[++i];
        } else {
            return cmd_fail("apply", "usage: weir apply -f FILE|-");
        }
    }
    if (file == NULL) {
        return cmd_fail("apply", "usage: weir apply -f FILE|-");
    }
    if (!admin_escape(strcmp(file, "-") == 0 ? "(stdin)" : file, path,
                      sizeof(path)))
    {
        return cmd_fail("apply", "the file name is too long");
    }
    if (strcmp(file, "-") != 0) {
        in = fopen(file, "rb");
        if (in == NULL) {
            return cmd_fail("apply", "%s: %s", file, strerror(errno));
        }
    }
    text = read_all(in, &len);
    if (in != stdin) {
        fclose(in);
    }
    if (text == NULL) {
        return cmd_fail("apply", "%s: cannot be read, or is over %u MB",
                        file, APPLY_BYTES_MAX >> 20);
    }
    if (!admin_call("apply", "POST", path, text, len, &a)) {
        free(text);
        return 2;
    }
    free(text);
    if (a.status != 200) {
        rc = admin_complain("apply", &a);
    } else {
        print_changes(&a);
    }
    admin_release(&a);
    return rc;
}


static char *
read_all(FILE *in, size_t *len)
{
    size_t  cap = 65536, n = 0;
    char   *at = malloc(cap);

    while (at != NULL) {
        n += fread(at + n, 1, cap - n, in);
        if (n < cap) {
            break;
        }
        if (cap > APPLY_BYTES_MAX) {
            free(at);
            return NULL;
        }
        cap *= 2;
        {
            char  *grown = realloc(at, cap);

            if (grown == NULL) {
                free(at);
                return NULL;
            }
            at = grown;
        }
    }
    if (at != NULL && (ferror(in) || n > APPLY_BYTES_MAX)) {
        free(at);
        return NULL;
    }
    *len = n;
    return at;
}


static void
print_changes(const struct admin_answer *a)
{
    json_t        *doc = json_loadb(a->body, a->len, 0, NULL);
    const json_t  *changes = json_object_get(doc, "changes");
    const json_t  *notes = json_object_get(doc, "notes");

    for (size_t i = 0; i < json_array_size(notes); i++) {
        const json_t  *n = json_array_get(notes, i);
        const char    *file = json_string_value(json_object_get(n, "file"));
        const char    *text = json_string_value(json_object_get(n,
                                                                "message"));

        fprintf(stderr, "%s:%d: warning: %s\n", file != NULL ? file : "",
                (int) json_integer_value(json_object_get(n, "line")),
                text != NULL ? text : "");
    }
    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t  *c = json_array_get(changes, i);
        const char    *kind = json_string_value(json_object_get(c, "kind"));
        const char    *name = json_string_value(json_object_get(c, "name"));
        const char    *what = json_string_value(json_object_get(c,
                                                                "change"));

        if (kind != NULL && name != NULL && what != NULL) {
            printf("%s %s %s\n", kind, name, what);
        }
    }
    json_decref(doc);
}
