/*
 * cmd_up.c: start keeper and gateway, in that order, so that the first call
 * finds its rules. What runs already is left alone.
 */
#include "cmd.h"
#include "gateway.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static int  make_folder(const char *path);
static void  report(const struct conf *c, const char *user);


int
cmd_up(int argc, char **argv)
{
    static struct conf    c;
    struct gateway_state  now;
    const char           *path, *user, *init = NULL;
    char                  why[PATH_MAX + 256];
    int                   rest, rc;
    bool                  ours, with_keeper = true;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir [--state DIR] up [-c FILE] [--init FILE] "
               "[--no-keeper]\n\n"
               "Starts keeper and gateway in the background.\n\n"
               "  -c, --config FILE  settings (else ./weir.yaml, else "
               "defaults)\n"
               "  --init FILE        resources applied when the register is "
               "new\n  --no-keeper        the gateway alone; another service "
               "runs the keeper\n");
        return 0;
    }
    path = conf_option(argc, argv, &rest);
    while (rest != 0) {
        if (strncmp(argv[rest], "--init=", 7) == 0) {
            init = argv[rest] + 7;
            rest++;
        } else if (strcmp(argv[rest], "--init") == 0 && rest + 1 < argc) {
            init = argv[rest + 1];
            rest += 2;
        } else if (strcmp(argv[rest], "--no-keeper") == 0) {
            with_keeper = false;
            rest++;
        } else if (path == NULL) {
            int  more;

            path = conf_option(argc - rest + 1, argv + rest - 1, &more);
            if (path == NULL) {
                return cmd_fail("up", "%s is not understood", argv[rest]);
            }
            rest = more == 0 ? argc : rest - 1 + more;
        } else {
            return cmd_fail("up", "%s is not understood", argv[rest]);
        }
        rest = rest < argc ? rest : 0;
    }
    if (conf_load(&c, path, why, sizeof(why)) != 0) {
        return cmd_fail("up", "%s", why);
    }
    user = gateway_user(&c);
    if (make_folder(c.state) != 0) {
        return cmd_fail("up", "%s: %s", c.state, strerror(errno));
    }
    gateway_look(c.state, &now);
    ours = with_keeper && now.keeper == 0;
    if (ours) {
        rc = gateway_start_keeper(&c, user, init);
        if (rc != 0) {
            return cmd_fail("up", "the keeper did not start");
        }
    }
    if (now.nginx == 0) {
        (void) gateway_stop_orphans(&now, 5000);
        rc = gateway_start(&c, user);
        if (rc != 0) {
            gateway_look(c.state, &now);
            if (ours && now.keeper != 0) {
                (void) gateway_stop(now.keeper, SIGTERM, 5000);
            }
            return cmd_fail("up", "the gateway did not start");
        }
    }
    report(&c, user);
    return 0;
}


/* mkdir -p; the last one for its owner alone. */
static int
make_folder(const char *path)
{
    char  part[PATH_MAX];

    snprintf(part, sizeof(part), "%s", path);
    for (char *s = part + 1; *s != '\0'; s++) {
        if (*s == '/') {
            *s = '\0';
            if (mkdir(part, 0755) != 0 && errno != EEXIST) {
                return -1;
            }
            *s = '/';
        }
    }
    return mkdir(part, 0700) != 0 && errno != EEXIST ? -1 : 0;
}


static void
report(const struct conf *c, const char *user)
{
    const char *const     scheme = c->certificate[0] != '\0' ? "https"
                                                             : "http";
    struct gateway_state  now;

    gateway_look(c->state, &now);
    for (unsigned i = 0; i < c->nlisten; i++) {
        printf("gateway  %s://%s (process %ld)\n", scheme, c->listen[i],
               (long) now.nginx);
    }
    printf("keeper   http://%s (process %ld)\n", c->admin,
           (long) now.keeper);
    printf("state    %s%s%s%s\n", c->state, user != NULL ? " (user " : "",
           user != NULL ? user : "", user != NULL ? ")" : "");
}
