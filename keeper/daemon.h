/*
 * daemon.h: becoming a daemon: folder, lock, socket, log, user.
 */
#ifndef WEIR_DAEMON_H
#define WEIR_DAEMON_H

#include "keeper.h"

struct weir_daemon {
    int    pid_fd;           /* keeper.pid, locked while we live */
    int    listen_fd;
    int    ready_fd;         /* to the process that started us; -1: none */
    bool   foreground;
    int    packs_fd;         /* the folder, opened before the user changes */
    char   packs[4096];      /* absolute: taken before the chdir */
    char  *init;             /* text of the init file, or NULL */
    char   host[128];        /* as configured, for the Host check */
    char   address[160];     /* host:port that clients use */
};

/* journal/, journal/done/, snapshot/, log/ of the current folder, mode 0700;
   given to uid and gid unless they are -1. */
int weir_folders_make(long uid, long gid);

/* Returns in the daemon; the process that was called leaves with exit when
   the daemon is ready (0) or has failed (2, with the log's last lines).
   Errors are printed. */
int weir_daemon_enter(struct weir_daemon *d,
    const struct weir_keeper_options *o);
/* Write admin.address and let the starter go. */
int weir_daemon_ready(struct weir_daemon *d);
void weir_daemon_log_reopen(struct weir_daemon *d);
void weir_daemon_leave(struct weir_daemon *d);

#endif
