/*
 * cmd_reload.c: weir.yaml anew. The new configuration is tested first; a bad
 * one changes nothing. Calls in flight end under the old workers.
 */
#include "cmd.h"
#include "gateway.h"

#include <errno.h>
#include <signal.h>


int
cmd_reload(int argc, char **argv)
{
    static struct conf    c;
    struct gateway_state  now;
    const char           *path;
    char                  why[PATH_MAX + 256];
    int                   rest;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] reload [-c FILE]\n\n"
               "Writes nginx.conf from weir.yaml, tests it, and lets gateway "
               "and keeper take\nit up, with module and nginx as they are "
               "installed now. No call is cut. Rules\nneed no reload: `weir "
               "apply` brings them into force.\n");
        return 0;
    }
    path = conf_option(argc, argv, &rest);
    if (rest != 0) {
        return cmd_fail("reload", "%s is not understood", argv[rest]);
    }
    if (conf_load(&c, path, why, sizeof(why)) != 0) {
        return cmd_fail("reload", "%s", why);
    }
    gateway_look(c.state, &now);
    if (now.nginx == 0) {
        return cmd_fail("reload", "no gateway runs with %s", c.state);
    }
    if (gateway_reload(&c, gateway_user(&c), now.nginx) != 0) {
        return cmd_fail("reload", "nothing was changed");
    }
    if (now.keeper != 0 && kill(now.keeper, SIGHUP) != 0) {
        return cmd_fail("reload", "keeper: %s", strerror(errno));
    }
    printf("reloaded\n");
    return 0;
}
