/*
 * gateway.h: starting, finding and stopping nginx and keeper; shared by
 * up, down, status and reload.
 *
 * All of nginx runs as the ordinary user, its master too, started inside the
 * state folder: whoever took over a worker could write nothing that root
 * reads later.
 */
#ifndef WEIR_GATEWAY_H
#define WEIR_GATEWAY_H

#include "conf.h"

#include <sys/types.h>

#define GATEWAY_WORKERS_MAX  512

struct gateway_state {
    pid_t     nginx;       /* the master; 0: does not run */
    pid_t     keeper;      /* workers without a master: it was killed, and
                              they still hold the ports */
    pid_t     replaced;    /* a master that ends as its last calls do */
    pid_t     workers[GATEWAY_WORKERS_MAX];
    unsigned  nworkers;
};

/* What runs with this state folder. */
void gateway_look(const char *state, struct gateway_state *out);

/* Who shall run it: c->user, or the first of weir, www-data, nobody that is
   there; NULL when the caller is not root (he runs it himself). Exits with a
   message when c->user does not exist. */
const char *gateway_user(const struct conf *c);

/* Write the state folder's files and start nginx, or (gateway_reload) test
   them and let nginx read them anew; if module or nginx are not those that
   are installed now, a new master takes over the sockets. 0, or 2 with a
   message printed. */
WEIR_CHECKED int gateway_start(const struct conf *c, const char *user);
WEIR_CHECKED int gateway_reload(const struct conf *c, const char *user,
    pid_t nginx);

/* Start the keeper and wait until it serves; `init` may be NULL. */
WEIR_CHECKED int gateway_start_keeper(const struct conf *c, const char *user,
    const char *init);

/* Stop workers whose master is gone; true when none is left. */
bool gateway_stop_orphans(const struct gateway_state *now, unsigned ms);

/* Signal, then wait at most `ms`: is it gone? */
bool gateway_stop(pid_t pid, int sig, unsigned ms);

#endif
