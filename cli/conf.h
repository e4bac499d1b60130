/*
 * conf.h: weir.yaml, and the nginx.conf that follows from it.
 */
#ifndef WEIR_CONF_H
#define WEIR_CONF_H

#include "weir/base.h"

#include <limits.h>
#include <stdio.h>

#define CONF_LISTEN_MAX  16    /* addresses of one gateway */
#define CONF_TEXT_MAX    256   /* an address, a name */
#define CONF_NAMES_MAX   256   /* variables that hold credentials */

struct conf {
    char      file[PATH_MAX];      /* "" when there is no weir.yaml */
    char      listen[CONF_LISTEN_MAX][CONF_TEXT_MAX];
    unsigned  nlisten;
    char      admin[CONF_TEXT_MAX];
    char      state[PATH_MAX];     /* absolute */
    char      certificate[PATH_MAX];
    char      key[PATH_MAX];       /* both or none */
    char      user[CONF_TEXT_MAX]; /* "": choose */
    unsigned  workers;             /* 0: auto */
    unsigned  connections;
    bool      power;               /* durability */
    unsigned  comment_ms;          /* of an idle stream; 0: never */
    unsigned  body_bytes_max;
    unsigned  memory_bytes_max;  /* of the calls of a worker */
    unsigned  hosts_ms;          /* between two looks at names of upstreams */
    char      log[16];
    char      ca[PATH_MAX];
    char      packs[PATH_MAX];     /* "" when none was found */
    char      nginx[PATH_MAX];
    char      module[PATH_MAX];
};

/*
 * Read `path`; NULL: ./weir.yaml if it is there, else the defaults. Paths in
 * it become absolute. The state folder is --state or $WEIR_STATE unless that
 * is the default "var" and the file names another; $WEIR_STATE is set to it.
 * 0, or a message "file:line:column: ..." in why[size] and -1.
 */
WEIR_CHECKED int conf_load(struct conf *c, const char *path, char *why,
    size_t size);

/* For cmd_x: the -c FILE / --config FILE of argv, NULL when there is none;
   *rest is set to the first argument that is neither, 0 at the end. */
const char *conf_option(int argc, char **argv, int *rest);

/*
 * Write nginx.conf: all paths in it are relative to the state folder.
 * `names`: environment variables that workers keep, NULL-terminated.
 * `files`: open files that a worker may have. 0, or -1 when `out` failed.
 */
WEIR_CHECKED int conf_write(const struct conf *c, FILE *out,
    const char *const *names, unsigned files);

#endif
