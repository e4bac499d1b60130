/*
 * cmd_keeper.c: `weir keeper`: the daemon.
 */
#include <stdio.h>

#include "admin.h"
#include "cmd.h"
#include "compile/words.h"
#include "conf.h"
#include "keeper/keeper.h"

#ifndef WEIR_PACKS
#define WEIR_PACKS  "ordinance"
#endif


int
cmd_keeper(int argc, char **argv)
{
    static struct conf          c;
    struct weir_keeper_options  o = {
        .state = cmd_state(), .listen = ADMIN_DEFAULT_ADDRESS,
        .packs = WEIR_PACKS,
    };
    const char                 *path, *resolve = NULL;
    char                        why[PATH_MAX + 256];
    int                         rest;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] keeper [options]\n\n"
               "  -c, --config FILE   state, admin address and packs as "
               "weir.yaml says; stands first\n"
               "  --state DIR         state folder (else $WEIR_STATE, else "
               "var)\n"
               "  --listen ADDR:PORT  admin interface (%s)\n"
               "  --packs DIR         ordinance packs (%s)\n"
               "  --init FILE         resources applied when the register "
               "is new\n"
               "  --resolve TIME      between two looks at host names of "
               "upstreams (30s)\n"
               "  --user NAME         run as this user (when started by "
               "root)\n"
               "  --foreground        do not detach; log to standard "
               "error\n",
               ADMIN_DEFAULT_ADDRESS, WEIR_PACKS);
        return 0;
    }
    path = conf_option(argc, argv, &rest);
    if (path != NULL) {
        if (conf_load(&c, path, why, sizeof(why)) != 0) {
            return cmd_fail("keeper", "%s", why);
        }
        o.state = c.state;
        o.listen = c.admin;
        o.packs = c.packs[0] != '\0' ? c.packs : o.packs;
        o.hosts_ms = c.hosts_ms;
    }
    for (int i = rest != 0 ? rest : argc; i < argc; i++) {
        const struct { const char *name; const char **at; }  options[] = {
            { "--state", &o.state }, { "--listen", &o.listen },
            { "--packs", &o.packs }, { "--init", &o.init },
            { "--user", &o.user }, { "--resolve", &resolve },
        };
        size_t  n = 0;

        if (strcmp(argv[i], "--foreground") == 0) {
            o.foreground = true;
            continue;
        }
        while (n < sizeof(options) / sizeof(options[0])
               && strcmp(options[n].name, argv[i]) != 0)
        {
            n++;
        }
        if (n == sizeof(options) / sizeof(options[0]) || i + 1 >= argc) {
            return cmd_fail("keeper", "'%s' is no option, or needs a value; "
                            "see 'weir keeper --help'", argv[i]);
        }
        *options[n].at = argv[++i];
    }
    if (resolve != NULL
        && (weir_duration_parse(resolve, &o.hosts_ms) != WEIR_OK
            || o.hosts_ms < 1000))
    {
        return cmd_fail("keeper", "--resolve is a duration of a second or "
                        "more, such as 30s");
    }
    return weir_keeper_run(&o);
}
