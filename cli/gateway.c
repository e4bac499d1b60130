/*
 * gateway.c: what root must read is opened first (the module, a TLS key);
 * then the process enters the state folder, becomes the ordinary user, and
 * only then writes: a link that somebody laid into the folder gains nothing.
 */
#include "gateway.h"

#include "cmd.h"
#include "weir/snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES_WANTED  65536u       /* two for each stream, and some */
#define MODULE        "gateway/ngx_http_weir_module.so"
#define REPLACE_MS    10000u       /* for a new nginx to take over */

extern char  **environ;

struct sources {                   /* opened with the caller's rights */
    int  module;
    int  certificate;              /* -1: nginx reads the original */
    int  key;
};

static int  enter(const struct conf *c, const char *user,
    struct sources *from, bool with_module);
static int  write_files(struct conf *c, const struct sources *from,
    const char *name);
static int  run(const char *path, char *const argv[]);


static int
complain(const char *what)
{
    fprintf(stderr, "weir: %s: %s\n", what, strerror(errno));
    return 2;
}


/* ---- looking ---- */

/* Does the process live, as `comm` of this user? (proc(5): the owner of
   /proc/PID itself is root for those who changed their user.) */
static bool
lives(long pid, const char *comm, uid_t uid)
{
    char   line[256], name[64] = "", flag = 'Z';
    long   owner = -1;
    FILE  *in;

    snprintf(line, sizeof(line), "/proc/%ld/status", pid);
    in = fopen(line, "re");
    if (in == NULL) {
        return false;
    }
    while (fgets(line, sizeof(line), in) != NULL) {
        (void) (sscanf(line, "Name: %63s", name) == 1
                || sscanf(line, "State: %c", &flag) == 1
                || sscanf(line, "Uid: %ld", &owner) == 1);
    }
    fclose(in);
    return flag != 'Z' && flag != 'X'
           && (comm == NULL || (strcmp(name, comm) == 0
                                && owner == (long) uid));
}


/* The pid in a file of the state folder if that process is `comm` and
   belongs to whom the folder belongs. */
static pid_t
process(const char *state, const char *file, const char *comm)
{
    char         path[PATH_MAX];
    struct stat  folder;
    long         pid = 0;
    FILE        *in;

    if (snprintf(path, sizeof(path), "%s/%s", state, file)
        >= (int) sizeof(path) || stat(state, &folder) != 0
        || (in = fopen(path, "re")) == NULL)
    {
        return 0;
    }
    if (fscanf(in, "%9ld", &pid) != 1) {
        pid = 0;
    }
    fclose(in);
    return pid > 1 && lives(pid, comm, folder.st_uid) ? (pid_t) pid : 0;
}


/* Processes called nginx that run in the state folder. */
static void
find_orphans(const char *state, struct gateway_state *out)
{
    char            path[300], at[PATH_MAX], here[PATH_MAX];
    struct stat     folder;
    struct dirent  *e;
    DIR            *proc = opendir("/proc");

    if (proc == NULL || realpath(state, here) == NULL
        || stat(state, &folder) != 0)
    {
        if (proc != NULL) {
            closedir(proc);
        }
        return;
    }
    while ((e = readdir(proc)) != NULL && out->nworkers < GATEWAY_WORKERS_MAX)
    {
        const long  pid = strtol(e->d_name, NULL, 10);
        ssize_t     n;

        snprintf(path, sizeof(path), "/proc/%ld/cwd", pid);
        if (pid <= 1 || !lives(pid, "nginx", folder.st_uid)
            || (n = readlink(path, at, sizeof(at) - 1)) <= 0)
        {
            continue;
        }
        at[n] = '\0';
        if (strcmp(at, here) == 0) {
            out->workers[out->nworkers++] = (pid_t) pid;
        }
    }
    closedir(proc);
}


bool
gateway_stop_orphans(const struct gateway_state *now, unsigned ms)
{
    bool  gone = true;

    for (unsigned i = 0; now->nginx == 0 && i < now->nworkers; i++) {
        gone = gateway_stop(now->workers[i], SIGTERM, ms) && gone;
    }
    return gone;
}


void
gateway_look(const char *state, struct gateway_state *out)
{
    char   path[64];
    long   pid;
    FILE  *in;

    memset(out, 0, sizeof(*out));
    out->nginx = process(state, "nginx.pid", "nginx");
    out->keeper = process(state, "keeper.pid", "weir");
    out->replaced = process(state, "nginx.pid.oldbin", "nginx");
    if (out->nginx == 0) {
        find_orphans(state, out);
        return;
    }
    snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children",
             (long) out->nginx, (long) out->nginx);
    in = fopen(path, "re");
    while (in != NULL && out->nworkers < GATEWAY_WORKERS_MAX
           && fscanf(in, "%9ld", &pid) == 1)
    {
        out->workers[out->nworkers++] = (pid_t) pid;
    }
    if (in != NULL) {
        fclose(in);
    }
}


bool
gateway_stop(pid_t pid, int sig, unsigned ms)
{
    const struct timespec  pause = { .tv_nsec = 10 * 1000 * 1000 };

    if (kill(pid, sig) != 0) {
        return errno == ESRCH;
    }
    for (unsigned waited = 0; waited <= ms; waited += 10) {
        if (!lives(pid, NULL, 0)) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}


/* ---- whom ---- */

const char *
gateway_user(const struct conf *c)
{
    static const char *const  known[] = { "weir", "www-data", "nobody" };

    if (geteuid() != 0) {
        return NULL;
    }
    if (c->user[0] != '\0') {
        if (getpwnam(c->user) == NULL) {
            exit(cmd_fail("up", "user %s is not known here", c->user));
        }
        return c->user;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (getpwnam(known[i]) != NULL) {
            return known[i];
        }
    }
    exit(cmd_fail("up", "none of the users weir, www-data, nobody is here; "
                  "name one in weir.yaml"));
}


static bool
wants_low_port(const struct conf *c)
{
    for (unsigned i = 0; i < c->nlisten; i++) {
        if (strtol(strrchr(c->listen[i], ':') + 1, NULL, 10) < 1024) {
            return true;
        }
    }
    return false;
}


/* Ports below 1024 and nothing else of root (capabilities(7)). */
static int
keep_low_ports(void)
{
    struct __user_cap_header_struct  head = {
        .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct    data[2] = { { 0 } };

    data[0].effective = data[0].permitted = data[0].inheritable
        = 1u << CAP_NET_BIND_SERVICE;
    if (syscall(SYS_capset, &head, data) != 0
        || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE,
                 0, 0) != 0)
    {
        return -1;
    }
    return 0;
}


static int
become(const struct conf *c, const char *user)
{
    const bool            low = wants_low_port(c);
    struct rlimit         files = { FILES_WANTED, FILES_WANTED };
    const struct passwd  *pw;

    if (user == NULL) {
        return 0;
    }
    (void) setrlimit(RLIMIT_NOFILE, &files);   /* else: what there is */
    pw = getpwnam(user);
    if (pw == NULL || (low && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        || initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0
        || setuid(pw->pw_uid) != 0 || (low && keep_low_ports() != 0))
    {
        return complain(user);
    }
    return 0;
}


/* ---- files ---- */

static int
enter(const struct conf *c, const char *user, struct sources *from,
    bool with_module)
{
    from->module = from->certificate = from->key = -1;
    umask(077);
    if (with_module) {
        if (c->module[0] == '\0') {
            return cmd_fail("up", "ngx_http_weir_module.so is not found; "
                            "name it in weir.yaml as module");
        }
        from->module = open(c->module, O_RDONLY | O_CLOEXEC);
        if (from->module < 0) {
            return complain(c->module);
        }
    }
    if (c->certificate[0] != '\0' && user != NULL) {
        from->certificate = open(c->certificate, O_RDONLY | O_CLOEXEC);
        if (from->certificate < 0) {
            return complain(c->certificate);
        }
        from->key = open(c->key, O_RDONLY | O_CLOEXEC);
        if (from->key < 0) {
            return complain(c->key);
        }
    }
    if (chdir(c->state) != 0) {
        return complain(c->state);
    }
    return become(c, user);
}


/* `to` is there whole or as it was before: a running nginx has it mapped. */
static int
copy(int from, const char *to)
{
    char     part[PATH_MAX], block[65536];
    ssize_t  n = 0;
    int      fd;

    snprintf(part, sizeof(part), "%s.new", to);
    (void) unlink(part);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return complain(part);
    }
    while ((n = read(from, block, sizeof(block))) > 0) {
        if (write(fd, block, (size_t) n) != n) {
            n = -1;
            break;
        }
    }
    if (n != 0 || close(fd) != 0 || rename(part, to) != 0) {
        return complain(part);
    }
    return 0;
}


/* Variables that hold credentials: those that the snapshot's upstreams name,
   and those that look so, for upstreams of later. */
static unsigned
credentials(const char *names[CONF_NAMES_MAX + 1], char *store, size_t size)
{
    struct weir_snapshot  snap;
    unsigned              n = 0;
    size_t                used = 0;

    if (weir_snapshot_map(&snap, AT_FDCWD, "snapshot/current") == WEIR_OK) {
        for (uint32_t i = 0; i < snap.counts[WEIR_SNAP_UPSTREAMS]; i++) {
            const char   *s = weir_snap_text(&snap, snap.upstreams[i].secret);
            const size_t  len = strlen(s) - 3;

            if (strncmp(s, "env:", 4) == 0 && n < CONF_NAMES_MAX
                && len <= size - used)
            {
                memcpy(store + used, s + 4, len);
                names[n++] = store + used;
                used += len;
            }
        }
        weir_snapshot_close(&snap);
    }
    for (char **e = environ; *e != NULL; e++) {
        const size_t  len = strcspn(*e, "=");

        if (len > 4 && n < CONF_NAMES_MAX && len + 1 <= size - used
            && (strncmp(*e + len - 4, "_KEY", 4) == 0
                || (len > 6 && strncmp(*e + len - 6, "_TOKEN", 6) == 0)
                || (len > 7 && strncmp(*e + len - 7, "_SECRET", 7) == 0)))
        {
            memcpy(store + used, *e, len);
            store[used + len] = '\0';
            names[n++] = store + used;
            used += len + 1;
        }
    }
    names[n] = NULL;
    return n;
}


/* Names from outside go into nginx.conf: letters, digits, underscores, each
   once. */
static void
keep_clean(const char **names)
{
    unsigned  n = 0;

    for (unsigned i = 0; names[i] != NULL; i++) {
        bool  good = names[i][0] != '\0';

        for (const char *s = names[i]; *s != '\0'; s++) {
            good = good && (isalnum((unsigned char) *s) || *s == '_');
        }
        for (unsigned k = 0; k < n; k++) {
            good = good && strcmp(names[k], names[i]) != 0;
        }
        if (good) {
            names[n++] = names[i];
        }
    }
    names[n] = NULL;
}


static int
write_files(struct conf *c, const struct sources *from, const char *name)
{
    static char    store[CONF_NAMES_MAX * 64];
    const char    *names[CONF_NAMES_MAX + 1];
    struct rlimit  files = { FILES_WANTED, FILES_WANTED };
    FILE          *out;
    int            fd;

    if ((mkdir("gateway", 0700) != 0 && errno != EEXIST)
        || (mkdir("tmp", 0700) != 0 && errno != EEXIST)
        || (mkdir("log", 0700) != 0 && errno != EEXIST))
    {
        return complain("state folder");
    }
    if ((from->module >= 0
         && copy(from->module, MODULE) != 0)
        || (from->certificate >= 0
            && (copy(from->certificate, "gateway/tls.crt") != 0
                || copy(from->key, "gateway/tls.key") != 0)))
    {
        return 2;
    }
    if (from->certificate >= 0) {
        snprintf(c->certificate, sizeof(c->certificate), "gateway/tls.crt");
        snprintf(c->key, sizeof(c->key), "gateway/tls.key");
    }
    (void) credentials(names, store, sizeof(store));
    keep_clean(names);
    (void) getrlimit(RLIMIT_NOFILE, &files);
    (void) unlink(name);
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL) {
        return complain(name);
    }
    if (conf_write(c, out, names,
                   (unsigned) (files.rlim_max < FILES_WANTED
                               ? files.rlim_max : FILES_WANTED)) != 0
        || fclose(out) != 0)
    {
        return complain(name);
    }
    return 0;
}


/* ---- starting ---- */

/* What nginx says goes to our standard error; in the end its exit code. */
static int
run(const char *path, char *const argv[])
{
    const pid_t  pid = fork();
    int          status;

    if (pid == 0) {
        execv(path, argv);
        _exit(complain(path));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return complain(path);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 2;
}


/* The work of start and reload, in a process of its own: it changes user and
   folder. */
static int
apart(const struct conf *c, const char *user, bool start, bool module)
{
    struct conf     mine = *c;
    struct sources  from;
    char           *test[] = { mine.nginx, (char[]) { "-p" },
                               (char[]) { "./" }, (char[]) { "-c" },
                               (char[]) { "nginx.conf.new" },
                               (char[]) { "-e" },
                               (char[]) { "log/error.log" },
                               (char[]) { "-t" }, (char[]) { "-q" }, NULL };
    int             rc;

    rc = enter(c, user, &from, module);
    if (rc == 0 && module && !start) {
        (void) unlink(MODULE ".old");
        if (link(MODULE, MODULE ".old") != 0) {
            rc = complain(MODULE);
        }
    }
    if (rc == 0) {
        rc = write_files(&mine, &from, "nginx.conf.new");
    }
    if (rc == 0) {
        rc = run(mine.nginx, test);
    }
    if (rc == 0 && rename("nginx.conf.new", "nginx.conf") != 0) {
        rc = complain("nginx.conf");
    }
    if (module && !start
        && (rc == 0 ? unlink(MODULE ".old")
                    : rename(MODULE ".old", MODULE)) != 0)
    {
        rc = complain(MODULE ".old");
    }
    if (rc == 0 && start) {
        test[4][sizeof("nginx.conf") - 1] = '\0';
        test[7] = NULL;
        rc = run(mine.nginx, test);
    }
    return rc;
}


static int
in_child(const struct conf *c, const char *user, bool start, bool module)
{
    const pid_t  pid = fork();
    int          status;

    if (pid == 0) {
        _exit(apart(c, user, start, module));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
        return complain("nginx");
    }
    return WEXITSTATUS(status);
}


int
gateway_start(const struct conf *c, const char *user)
{
    if (c->nginx[0] == '\0') {
        return cmd_fail("up", "nginx is not installed (looked in /usr/sbin "
                        "and /usr/local/sbin)");
    }
    return in_child(c, user, true, true);
}


/* Does the running nginx have another module, or is it another program, than
   what is installed now? */
static bool
is_outdated(const struct conf *c, pid_t nginx)
{
    char         path[PATH_MAX + 40], a[4096], b[4096];
    struct stat  runs, there;
    FILE        *ours, *theirs;
    size_t       n;
    bool         same;

    snprintf(path, sizeof(path), "/proc/%ld/exe", (long) nginx);
    if (stat(path, &runs) == 0 && stat(c->nginx, &there) == 0
        && (runs.st_ino != there.st_ino || runs.st_dev != there.st_dev))
    {
        return true;
    }
    snprintf(path, sizeof(path), "%s/" MODULE, c->state);
    ours = fopen(path, "re");
    theirs = fopen(c->module, "re");
    same = ours != NULL && theirs != NULL;
    while (same) {
        n = fread(a, 1, sizeof(a), ours);
        same = fread(b, 1, sizeof(b), theirs) == n && memcmp(a, b, n) == 0;
        if (n == 0) {
            break;
        }
    }
    if (ours != NULL) {
        fclose(ours);
    }
    if (theirs != NULL) {
        fclose(theirs);
    }
    return !same && theirs != NULL;
}


/* nginx's change of its program: a new master takes over the sockets; when
   its workers are there the old one ends as its calls do. */
static int
replace(const struct conf *c, pid_t nginx)
{
    const struct timespec  pause = { .tv_nsec = 20 * 1000 * 1000 };
    struct gateway_state   now;

    if (kill(nginx, SIGUSR2) != 0) {
        return complain("nginx");
    }
    for (unsigned waited = 0; waited < REPLACE_MS; waited += 20) {
        nanosleep(&pause, NULL);
        gateway_look(c->state, &now);
        if (now.nginx != 0 && now.nginx != nginx && now.nworkers > 0) {
            return kill(nginx, SIGQUIT) == 0 ? 0 : complain("nginx");
        }
    }
    return cmd_fail("reload", "no new nginx took over (one may still end "
                    "its calls: nginx.pid.oldbin); the old one goes on");
}


int
gateway_reload(const struct conf *c, const char *user, pid_t nginx)
{
    const bool  outdated = is_outdated(c, nginx);
    const int   rc = in_child(c, user, false, outdated);

    if (rc == 0 && outdated) {
        return replace(c, nginx);
    }
    if (rc == 0 && kill(nginx, SIGHUP) != 0) {
        return complain("nginx");
    }
    return rc;
}


int
gateway_start_keeper(const struct conf *c, const char *user, const char *init)
{
    char     weir[] = "weir", state[] = "--state", keeper[] = "keeper";
    char     listen[] = "--listen", packs[] = "--packs", as[] = "--user";
    char     first[] = "--init", resolve[] = "--resolve", every[24];
    char     self[PATH_MAX];     /* its name is what gateway_look() seeks */
    char    *argv[16];
    ssize_t  len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int      n = 0;

    if (len <= 0) {
        return complain("/proc/self/exe");
    }
    self[len] = '\0';
    argv[n++] = weir;
    argv[n++] = state;
    argv[n++] = (char *) c->state;
    argv[n++] = keeper;
    argv[n++] = listen;
    argv[n++] = (char *) c->admin;
    if (c->packs[0] != '\0') {
        argv[n++] = packs;
        argv[n++] = (char *) c->packs;
    }
    snprintf(every, sizeof(every), "%ums", c->hosts_ms);
    argv[n++] = resolve;
    argv[n++] = every;
    if (user != NULL) {
        argv[n++] = as;
        argv[n++] = (char *) user;
    }
    if (init != NULL) {
        argv[n++] = first;
        argv[n++] = (char *) init;
    }
    argv[n] = NULL;
    return run(self, argv);
}
