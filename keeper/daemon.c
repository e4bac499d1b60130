/*
 * daemon.c: the order matters. Paths that the caller gave are resolved in
 * his folder; then everything is relative to the state folder; the lock is
 * taken before anything is touched; what needs root comes before the user is
 * dropped; the database and the secrets are opened after.
 */
#include "daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "weir/error.h"

#define LOG_NAME  "log/keeper.log"

static int  log_fd = STDERR_FILENO;

static int  inputs(struct weir_daemon *d, const struct weir_keeper_options *o);
static int  folder(const char *state);
static int  lock(struct weir_daemon *d);
static int  listen_on(struct weir_daemon *d, const char *listen_text);
static bool  is_loopback(const struct sockaddr_storage *at);
static int  detach(struct weir_daemon *d);
static int  drop(const char *user);
static int  reach_packs(struct weir_daemon *d);


void
weir_keeper_log(const char *fmt, ...)
{
    char     line[1024], when[24];
    int      n;
    va_list  ap;

    weir_time_text((uint64_t) time(NULL) * 1000, when);
    n = snprintf(line, sizeof(line), "%s keeper: ", when);
    va_start(ap, fmt);
    n += vsnprintf(line + n, sizeof(line) - (size_t) n, fmt, ap);
    va_end(ap);
    n = n < (int) sizeof(line) - 1 ? n : (int) sizeof(line) - 2;
    /* A name in a message may come from a file: one entry is one line. */
    for (int i = 0; i < n; i++) {
        if ((unsigned char) line[i] < 0x20) {
            line[i] = ' ';
        }
    }
    line[n++] = '\n';
    if (write(log_fd, line, (size_t) n) < 0) {
        return;     /* nowhere left to say it */
    }
}


static int
complain(const char *what, const char *why)
{
    fprintf(stderr, "weir keeper: %s: %s\n", what, why);
    return WEIR_E_IO;
}


int
weir_daemon_enter(struct weir_daemon *d, const struct weir_keeper_options *o)
{
    const struct rlimit  no_core = { 0, 0 };
    int                  rc;

    memset(d, 0, sizeof(*d));
    /* A core would hold the token and keys that were just made. */
    (void) setrlimit(RLIMIT_CORE, &no_core);
    d->packs_fd = d->pid_fd = d->listen_fd = d->ready_fd = -1;
    d->foreground = o->foreground;
    umask(077);
    if ((rc = inputs(d, o)) == WEIR_OK
        && (rc = folder(o->state)) == WEIR_OK
        && (rc = lock(d)) == WEIR_OK
        && (rc = listen_on(d, o->listen)) == WEIR_OK
        && (o->user == NULL || (rc = drop(o->user)) == WEIR_OK)
        && (rc = reach_packs(d)) == WEIR_OK
        && (rc = weir_folders_make(-1, -1)) == WEIR_OK
        && (o->foreground || (rc = detach(d)) == WEIR_OK))
    {
        char       pid[24];
        const int  n = snprintf(pid, sizeof(pid), "%ld\n", (long) getpid());

        if (ftruncate(d->pid_fd, 0) != 0
            || pwrite(d->pid_fd, pid, (size_t) n, 0) != n)
        {
            rc = complain("keeper.pid", strerror(errno));
        }
    }
    if (rc != WEIR_OK) {
        weir_daemon_leave(d);
    }
    return rc;
}


static int
inputs(struct weir_daemon *d, const struct weir_keeper_options *o)
{
    FILE    *in;
    size_t   n;

    if (realpath(o->packs, d->packs) == NULL
        || (d->packs_fd = open(d->packs, O_PATH | O_DIRECTORY
                                         | O_CLOEXEC)) < 0)
    {
        return complain(o->packs, strerror(errno));
    }
    if (o->init == NULL) {
        return WEIR_OK;
    }
    in = fopen(o->init, "rbe");
    d->init = in != NULL ? malloc(WEIR_APPLY_BYTES_MAX + 1) : NULL;
    if (d->init == NULL) {
        const int  rc = complain(o->init, strerror(errno));

        if (in != NULL) {
            fclose(in);
        }
        return rc;
    }
    n = fread(d->init, 1, WEIR_APPLY_BYTES_MAX + 1, in);
    fclose(in);
    if (n > WEIR_APPLY_BYTES_MAX) {
        return complain(o->init, "is larger than 16 MB");
    }
    d->init[n] = '\0';
    return WEIR_OK;
}


static int
folder(const char *state)
{
    if (mkdir(state, 0700) != 0 && errno != EEXIST) {
        return complain(state, strerror(errno));
    }
    if (chdir(state) != 0) {
        return complain(state, strerror(errno));
    }
    return WEIR_OK;
}


int
weir_folders_make(long uid, long gid)
{
    static const char *const  names[] = { "log", "snapshot", "journal",
                                          "journal/done" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (mkdir(names[i], 0700) != 0 && errno != EEXIST) {
            return complain(names[i], strerror(errno));
        }
        if (uid >= 0 && chown(names[i], (uid_t) uid, (gid_t) gid) != 0) {
            return complain(names[i], strerror(errno));
        }
    }
    return WEIR_OK;
}


static int
lock(struct weir_daemon *d)
{
    char         pid[32] = "";
    struct stat  ours, named;

    d->pid_fd = open("keeper.pid", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                     0600);
    if (d->pid_fd < 0) {
        return complain("keeper.pid", strerror(errno));
    }
    if (flock(d->pid_fd, LOCK_EX | LOCK_NB) != 0) {
        if (read(d->pid_fd, pid, sizeof(pid) - 1) < 0) {
            pid[0] = '\0';
        }
        pid[strcspn(pid, "\n")] = '\0';
        fprintf(stderr, "weir keeper: one is running with this state folder "
                "(process %s)\n", pid);
        close(d->pid_fd);
        d->pid_fd = -1;
        return WEIR_E_IO;
    }
    /* One that was just stopping may have removed the file between our open
       and our lock; then the lock is of a name that nobody else will see. */
    if (fstat(d->pid_fd, &ours) != 0 || stat("keeper.pid", &named) != 0
        || ours.st_ino != named.st_ino || ours.st_dev != named.st_dev)
    {
        close(d->pid_fd);
        d->pid_fd = -1;
        return complain("keeper.pid", "another keeper was just stopping; "
                        "try again");
    }
    return WEIR_OK;
}


/* "ADDR:PORT", "[IPV6]:PORT"; numbers or a name such as localhost. */
static int
split(struct weir_daemon *d, const char *listen_text, char port[8])
{
    const char  *colon = strrchr(listen_text, ':');
    size_t       n;

    if (colon == NULL || colon == listen_text || strlen(colon + 1) == 0
        || strlen(colon + 1) > 5
        || strspn(colon + 1, "0123456789") != strlen(colon + 1))
    {
        return complain(listen_text, "is not ADDR:PORT");
    }
    snprintf(port, 8, "%s", colon + 1);
    n = (size_t) (colon - listen_text);
    if (listen_text[0] == '[' && listen_text[n - 1] == ']') {
        listen_text++;
        n -= 2;
    }
    if (n >= sizeof(d->host)) {
        return complain(listen_text, "is too long");
    }
    snprintf(d->host, sizeof(d->host), "%.*s", (int) n, listen_text);
    return WEIR_OK;
}


static int
listen_on(struct weir_daemon *d, const char *listen_text)
{
    struct addrinfo          hints = { .ai_socktype = SOCK_STREAM,
                                       .ai_flags = AI_PASSIVE };
    struct addrinfo         *list = NULL;
    struct sockaddr_storage  at;
    socklen_t                len = sizeof(at);
    char                     port[8], shown[8];
    int                      on = 1, rc = split(d, listen_text, port);

    if (rc != WEIR_OK) {
        return rc;
    }
    rc = getaddrinfo(d->host, port, &hints, &list);
    if (rc != 0) {
        return complain(listen_text, gai_strerror(rc));
    }
    d->listen_fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC
                                           | SOCK_NONBLOCK, 0);
    if (d->listen_fd < 0
        || setsockopt(d->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on,
                      sizeof(on)) != 0
        || bind(d->listen_fd, list->ai_addr, list->ai_addrlen) != 0
        || listen(d->listen_fd, 64) != 0
        || getsockname(d->listen_fd, (struct sockaddr *) &at, &len) != 0
        || getnameinfo((struct sockaddr *) &at, len, NULL, 0, shown,
                       sizeof(shown), NI_NUMERICSERV) != 0)
    {
        rc = complain(listen_text, strerror(errno));
        freeaddrinfo(list);
        return rc;
    }
    freeaddrinfo(list);
    if (!is_loopback(&at)) {
        return complain(listen_text, "the admin interface speaks plain HTTP: "
                        "it takes a loopback address only");
    }
    snprintf(d->address, sizeof(d->address),
             strchr(d->host, ':') != NULL ? "[%s]:%s" : "%s:%s", d->host,
             shown);
    return WEIR_OK;
}


/* The token would cross the network for anyone to read. */
static bool
is_loopback(const struct sockaddr_storage *at)
{
    if (at->ss_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(
            &((const struct sockaddr_in6 *) at)->sin6_addr);
    }
    return at->ss_family == AF_INET
           && ntohl(((const struct sockaddr_in *) at)->sin_addr.s_addr) >> 24
              == 127;
}


static int
drop(const char *user)
{
    static const char *const  files[] = {
        ".", "keeper.pid", "admin.token", "admin.address", "account",
        "weir.db", "weir.db-wal", "weir.db-shm", LOG_NAME
    };
    const struct passwd      *pw;

    if (geteuid() != 0) {
        return WEIR_OK;         /* already somebody ordinary */
    }
    pw = getpwnam(user);
    if (pw == NULL) {
        return complain(user, "is no user of this system");
    }
    if (weir_folders_make((long) pw->pw_uid, (long) pw->pw_gid) != WEIR_OK) {
        return WEIR_E_IO;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (lchown(files[i], pw->pw_uid, pw->pw_gid) != 0
            && errno != ENOENT)
        {
            return complain(files[i], strerror(errno));
        }
    }
    if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0
        || setuid(pw->pw_uid) != 0)
    {
        return complain(user, strerror(errno));
    }
    return WEIR_OK;
}


/* Below a home of mode 0700 the packs have no name for the user that we
   became; by the folder that is open already they can still be read. */
static int
reach_packs(struct weir_daemon *d)
{
    char  open_one[40];

    if (access(d->packs, R_OK | X_OK) == 0) {
        return WEIR_OK;
    }
    snprintf(open_one, sizeof(open_one), "/proc/self/fd/%d", d->packs_fd);
    if (access(open_one, R_OK | X_OK) != 0) {
        return complain(d->packs, "the user that runs the keeper may not "
                        "read it");
    }
    snprintf(d->packs, sizeof(d->packs), "%s", open_one);
    return WEIR_OK;
}


static int
log_open(void)
{
    const int  fd = open(LOG_NAME, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
                                   | O_NOFOLLOW, 0600);

    return fd >= 0 ? fd : complain(LOG_NAME, strerror(errno));
}


/* The starter: waits for one byte, "the daemon serves"; a closed pipe says
   that it died, and the log from `from` on says why. */
_Noreturn static void
await(int fd, off_t from)
{
    char     text[4096];
    ssize_t  n = read(fd, text, 1);
    int      log;

    if (n == 1) {
        _exit(0);
    }
    log = open(LOG_NAME, O_RDONLY | O_CLOEXEC);
    while (log >= 0 && (n = pread(log, text, sizeof(text), from)) > 0) {
        if (write(STDERR_FILENO, text, (size_t) n) != n) {
            break;
        }
        from += n;
    }
    fprintf(stderr, "weir keeper: did not start\n");
    _exit(2);
}


static int
detach(struct weir_daemon *d)
{
    int          ends[2], null;
    struct stat  st;
    pid_t        pid;

    log_fd = log_open();
    if (log_fd < 0 || fstat(log_fd, &st) != 0 || pipe2(ends, O_CLOEXEC) != 0)
    {
        log_fd = STDERR_FILENO;
        return complain(LOG_NAME, strerror(errno));
    }
    pid = fork();
    if (pid < 0) {
        return complain("fork", strerror(errno));
    }
    if (pid > 0) {
        close(ends[1]);
        await(ends[0], st.st_size);
    }
    close(ends[0]);
    d->ready_fd = ends[1];
    (void) setsid();
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0
        || dup2(null, STDOUT_FILENO) < 0
        || dup2(log_fd, STDERR_FILENO) < 0)     /* sanitizers, libraries */
    {
        return complain("/dev/null", strerror(errno));
    }
    close(null);
    return WEIR_OK;
}


/* systemd's Type=notify, sd_notify(3): one datagram to $NOTIFY_SOCKET. */
static void
tell_systemd(void)
{
    static const char         ready[] = "READY=1";
    struct sockaddr_un        to = { .sun_family = AF_UNIX };
    const char *const         path = getenv("NOTIFY_SOCKET");
    const size_t              n = path != NULL ? strlen(path) : 0;
    int                       fd;

    if (n < 2 || n >= sizeof(to.sun_path)) {
        return;
    }
    memcpy(to.sun_path, path, n);
    if (path[0] == '@') {
        to.sun_path[0] = '\0';     /* an abstract name, unix(7) */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0
        || sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL,
                  (const struct sockaddr *) &to,
                  (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n))
           < 0)
    {
        weir_keeper_log("NOTIFY_SOCKET: %s", strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
}


int
weir_daemon_ready(struct weir_daemon *d)
{
    char  line[200];
    int   rc;

    snprintf(line, sizeof(line), "%s\n", d->address);
    rc = weir_file_put(AT_FDCWD, "admin.address", line, strlen(line));
    if (rc != WEIR_OK) {
        weir_keeper_log("admin.address: %s", weir_error_info(rc)->en);
        return rc;
    }
    if (d->ready_fd >= 0) {
        if (write(d->ready_fd, "", 1) != 1) {
            weir_keeper_log("the process that started the keeper is gone");
        }
        close(d->ready_fd);
        d->ready_fd = -1;
    }
    if (d->foreground) {
        tell_systemd();
    }
    return WEIR_OK;
}


void
weir_daemon_log_reopen(struct weir_daemon *d)
{
    int  fd;

    if (d->foreground) {
        return;
    }
    fd = log_open();
    if (fd >= 0) {
        (void) dup2(fd, STDERR_FILENO);
        close(log_fd);
        log_fd = fd;
        weir_keeper_log("log reopened");
    }
}


void
weir_daemon_leave(struct weir_daemon *d)
{
    if (d->pid_fd >= 0) {
        (void) unlink("keeper.pid");    /* ours: we hold its lock */
        close(d->pid_fd);
    }
    if (d->listen_fd >= 0) {
        close(d->listen_fd);
    }
    if (d->ready_fd >= 0) {
        close(d->ready_fd);
    }
    if (d->packs_fd >= 0) {
        close(d->packs_fd);
    }
    free(d->init);
    d->init = NULL;
    d->packs_fd = d->pid_fd = d->listen_fd = d->ready_fd = -1;
}
