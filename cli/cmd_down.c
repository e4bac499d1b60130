/*
 * cmd_down.c: stop gateway and keeper and wait. The gateway goes first: it
 * takes no new calls and ends those in flight, for a while; then the keeper
 * settles what they left. Nothing runs: good as well.
 */
#include "cmd.h"
#include "gateway.h"

#include <signal.h>
#include <stdlib.h>

#define GRACE_MS  5000u      /* for calls in flight, unless --grace says */
#define HARD_MS   5000u


int
cmd_down(int argc, char **argv)
{
    static struct conf    c;
    struct gateway_state  now;
    const char           *path;
    char                  why[PATH_MAX + 256], *end;
    unsigned              grace_ms = GRACE_MS;
    int                   rest;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] down [-c FILE] [--grace SECONDS]\n\n"
               "Stops gateway and keeper and waits until they are gone. Calls "
               "in flight have\nSECONDS to end (%u).\n", GRACE_MS / 1000);
        return 0;
    }
    path = conf_option(argc, argv, &rest);
    if (rest != 0 && strcmp(argv[rest], "--grace") == 0 && rest + 2 == argc) {
        const unsigned long  s = strtoul(argv[rest + 1], &end, 10);

        if (*end != '\0' || end == argv[rest + 1] || s > 86400) {
            return cmd_fail("down", "--grace takes seconds, up to 86400");
        }
        grace_ms = (unsigned) s * 1000;
    } else if (rest != 0) {
        return cmd_fail("down", "%s is not understood", argv[rest]);
    }
    if (conf_load(&c, path, why, sizeof(why)) != 0) {
        return cmd_fail("down", "%s", why);
    }
    gateway_look(c.state, &now);
    if (!gateway_stop_orphans(&now, HARD_MS)) {
        return cmd_fail("down", "workers without a master do not end");
    }
    if (now.nginx == 0 && now.keeper == 0) {
        printf("nothing runs with %s\n", c.state);
        return 0;
    }
    if (now.nginx != 0 && !gateway_stop(now.nginx, SIGQUIT, grace_ms)
        && !gateway_stop(now.nginx, SIGTERM, HARD_MS))
    {
        return cmd_fail("down", "the gateway (process %ld) does not end",
                        (long) now.nginx);
    }
    if (now.replaced != 0 && !gateway_stop(now.replaced, SIGQUIT, grace_ms)
        && !gateway_stop(now.replaced, SIGTERM, HARD_MS))
    {
        return cmd_fail("down", "the gateway that was replaced (process %ld) "
                        "does not end", (long) now.replaced);
    }
    if (now.keeper != 0 && !gateway_stop(now.keeper, SIGTERM, 2 * HARD_MS)) {
        return cmd_fail("down", "the keeper (process %ld) does not end",
                        (long) now.keeper);
    }
    printf("stopped\n");
    return 0;
}
