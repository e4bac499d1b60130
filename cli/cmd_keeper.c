/*
 * cmd_keeper.c: `weir keeper`: the daemon.
 */
#include <stdio.h>

#include "admin.h"
#include "cmd.h"
#include "keeper/keeper.h"

#ifndef WEIR_PACKS
#define WEIR_PACKS  "ordinance"
#endif


int
cmd_keeper(int argc, char **argv)
{
    struct weir_keeper_options  o = {
        .state = cmd_state(), .listen = ADMIN_DEFAULT_ADDRESS,
        .packs = WEIR_PACKS,
    };

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] keeper [options]\n\n"
               "  --state DIR         state folder (else $WEIR_STATE, else "
               "var)\n"
               "  --listen ADDR:PORT  admin interface (%s)\n"
               "  --packs DIR         ordinance packs (%s)\n"
               "  --init FILE         resources applied when the register "
               "is new\n"
               "  --user NAME         run as this user (when started by "
               "root)\n"
               "  --foreground        do not detach; log to standard "
               "error\n",
               ADMIN_DEFAULT_ADDRESS, WEIR_PACKS);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        const struct { const char *name; const char **at; }  options[] = {
            { "--state", &o.state }, { "--listen", &o.listen },
            { "--packs", &o.packs }, { "--init", &o.init },
            { "--user", &o.user },
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
    return weir_keeper_run(&o);
}
