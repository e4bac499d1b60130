/*
 * main.c: `weir [--state DIR] VERB ...`: finds the verb in one table.
 *
 * The verbs are weak symbols: a build without a verb's file (libweir tools
 * only, without the nginx side, say) links and says so when it is called.
 */
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef WEIR_VERSION
#define WEIR_VERSION  "0.0.0"
#endif

#define X(name, help)  int cmd_##name(int argc, char **argv)                 \
                           __attribute__((weak));
CMD_VERBS(X)
#undef X

struct verb {
    const char  *name;
    int        (*run)(int argc, char **argv);
    const char  *help;
};

static const struct verb  verbs[] = {
#define X(name, help)  { #name, cmd_##name, help },
    CMD_VERBS(X)
#undef X
    { NULL, NULL, NULL }
};

static int  help(FILE *out);
static int  unknown(const char *name);
static unsigned  distance(const char *a, const char *b);


int
main(int argc, char **argv)
{
    int  i = 1;

    while (i < argc && strcmp(argv[i], "--state") == 0) {
        if (i + 1 >= argc || argv[i + 1][0] == '\0') {
            return cmd_fail("--state", "needs a folder");
        }
        if (setenv("WEIR_STATE", argv[i + 1], 1) != 0) {
            return cmd_fail("--state", "out of memory");
        }
        i += 2;
    }
    if (i < argc && strncmp(argv[i], "--state=", 8) == 0) {
        if (setenv("WEIR_STATE", argv[i] + 8, 1) != 0) {
            return cmd_fail("--state", "out of memory");
        }
        i++;
    }
    if (setenv("WEIR_STATE", cmd_state(), 1) != 0) {
        return cmd_fail("--state", "out of memory");
    }

    if (i >= argc) {
        (void) help(stderr);
        return 2;
    }
    if (strcmp(argv[i], "--version") == 0) {
        printf("weir %s\n", WEIR_VERSION);
        return 0;
    }
    if (strcmp(argv[i], "help") == 0 || strcmp(argv[i], "--help") == 0
        || strcmp(argv[i], "-h") == 0)
    {
        static char  ask[] = "--help";

        if (i + 1 < argc) {     /* weir help VERB = weir VERB --help */
            argv[i] = argv[i + 1];
            argv[i + 1] = ask;
        } else {
            return help(stdout);
        }
    }
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        if (strcmp(v->name, argv[i]) == 0) {
            if (v->run == NULL) {
                return cmd_fail(v->name, "is not part of this build");
            }
            return v->run(argc - i, argv + i);
        }
    }
    return unknown(argv[i]);
}


const char *
cmd_state(void)
{
    const char  *s = getenv("WEIR_STATE");

    return s != NULL && s[0] != '\0' ? s : "var";
}


bool
cmd_wants_help(int argc, char **argv)
{
    return argc > 1 && (strcmp(argv[1], "--help") == 0
                        || strcmp(argv[1], "-h") == 0);
}


int
cmd_fail(const char *verb, const char *fmt, ...)
{
    va_list  ap;

    fprintf(stderr, "weir %s: ", verb);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    return 2;
}


static int
help(FILE *out)
{
    fprintf(out,
        "usage: weir [--state DIR] VERB [...]\n"
        "\n"
        "The rules of the land, run on live AI traffic.\n"
        "\n");
    for (const struct verb *v = verbs; v->name != NULL; v++) {
        fprintf(out, "  %-9s %s\n", v->name, v->help);
    }
    fprintf(out,
        "\n"
        "  weir VERB --help   how a verb is used\n"
        "  weir --version\n"
        "\n"
        "State is in DIR, else in $WEIR_STATE, else in ./var.\n");
    return 0;
}


static int
unknown(const char *name)
{
    const char  *best = NULL;
    unsigned     least = 3;     /* further off it is no slip of the hand */

    for (const struct verb *v = verbs; v->name != NULL; v++) {
        const unsigned  d = distance(name, v->name);

        if (d < least) {
            least = d;
            best = v->name;
        }
    }
    if (best != NULL) {
        return cmd_fail(name, "there is no such verb; did you mean '%s'?",
                        best);
    }
    return cmd_fail(name, "there is no such verb; 'weir help' lists them");
}


/* Edits from one word to the other (Levenshtein); words over 31 letters are
   far from every verb. */
static unsigned
distance(const char *a, const char *b)
{
    unsigned      row[32];
    const size_t  na = strlen(a), nb = strlen(b);

    if (na > 31 || nb > 31) {
        return 99;
    }
    for (size_t j = 0; j <= nb; j++) {
        row[j] = (unsigned) j;
    }
    for (size_t i = 1; i <= na; i++) {
        unsigned  diagonal = row[0];

        row[0] = (unsigned) i;
        for (size_t j = 1; j <= nb; j++) {
            const unsigned  up = row[j];
            unsigned        d = diagonal + (a[i - 1] != b[j - 1]);

            d = d < up + 1 ? d : up + 1;
            d = d < row[j - 1] + 1 ? d : row[j - 1] + 1;
            diagonal = up;
            row[j] = d;
        }
    }
    return row[nb];
}
