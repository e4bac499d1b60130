/*
 * demo_model.c: weir-demo-model, the HTTP side: one thread, epoll,
 * keep-alive. Reads a whole request, asks demo_answer.c (or demo_bench.c)
 * for its wire, and writes the pieces with their waits.
 *
 * Beside the model's paths, for tests:
 *   GET    /demo/requests      the last requests: method, path, head, body
 *   DELETE /demo/requests      forget them and set the counters to 0
 *   GET    /demo/count         requests, answered, aborted, open
 *   PUT    /demo/script/NAME   keep directives under a name
 */
#include "demo_model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX     65536
#define BODY_MAX     (64u << 20)
#define RECORDS_MAX  256
#define RECORD_BODY  (4u << 20)
#define EVENTS_MAX   256
#define WHEEL        4096        /* slots of one millisecond */

struct conn {
    int                fd;
    bool               reading;     /* armed for EPOLLIN only */
    bool               last;        /* the client asked to close */
    bool               model;       /* answers a model's path: counted */
    char              *in;
    size_t             in_len, in_size;
    struct demo_wire  *wire;        /* being sent, or NULL */
    size_t             sent;
    size_t             piece;
    uint64_t           due_ms;      /* in the wheel when not 0 */
    struct conn       *next, **prev;
};

struct record {
    char   *head;                   /* request line and headers */
    size_t  head_len;
    char   *body;
    size_t  body_len, body_kept;
};

static int            ep;
static uint64_t       wheel_ms;
static struct conn   *wheel[WHEEL];
static struct record  records[RECORDS_MAX];
static unsigned long  nrecords, nrequests, nanswered, naborted, nopen;

static void  conn_read(struct conn *c);
static void  conn_take(struct conn *c);
static bool  conn_write(struct conn *c);


static uint64_t
now_ms(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}


static void
timer_del(struct conn *c)
{
    if (c->due_ms != 0) {
        *c->prev = c->next;
        if (c->next != NULL) {
            c->next->prev = c->prev;
        }
        c->due_ms = 0;
    }
}


static void
timer_add(struct conn *c, uint64_t due)
{
    struct conn  **slot = &wheel[due % WHEEL];

    timer_del(c);
    c->due_ms = due;
    c->next = *slot;
    c->prev = slot;
    if (c->next != NULL) {
        c->next->prev = &c->next;
    }
    *slot = c;
}


static void
conn_close(struct conn *c)
{
    if (c->wire != NULL) {
        if (c->model) {
            naborted++;
        }
        demo_wire_free(c->wire);
    }
    timer_del(c);
    close(c->fd);
    free(c->in);
    free(c);
    nopen--;
}


static void
arm(struct conn *c, bool out)
{
    struct epoll_event  e = { .events = EPOLLIN | EPOLLRDHUP
                                        | (out ? EPOLLOUT : 0u),
                              .data.ptr = c };

    (void) epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}


/* ---- the record of requests ---- */

static void
record_clear(struct record *r)
{
    free(r->head);
    free(r->body);
    *r = (struct record) { 0 };
}


static void
record(const char *head, size_t head_len, const char *body, size_t body_len)
{
    struct record  *r = &records[nrecords++ % RECORDS_MAX];

    record_clear(r);
    r->body_len = body_len;
    r->body_kept = body_len < RECORD_BODY ? body_len : RECORD_BODY;
    r->head = malloc(head_len + 1);
    r->body = malloc(r->body_kept + 1);
    if (r->head == NULL || r->body == NULL) {
        record_clear(r);
        return;
    }
    memcpy(r->head, head, head_len);
    r->head_len = head_len;
    memcpy(r->body, body, r->body_kept);
}


static struct demo_wire *
show_records(void)
{
    struct demo_text    t = { 0 };
    unsigned long       i = nrecords > RECORDS_MAX ? nrecords - RECORDS_MAX : 0;
    struct demo_wire   *w;
    bool                first = true;

    demo_adds(&t, "[");
    for ( ; i < nrecords; i++) {
        const struct record  *r = &records[i % RECORDS_MAX];

        demo_adds(&t, first ? "{\"head\":\"" : ",{\"head\":\"");
        demo_add_escaped(&t, r->head != NULL ? r->head : "", r->head_len,
                         false);
        demo_addf(&t, "\",\"body_bytes\":%zu,\"body_base64\":\"", r->body_len);
        demo_add_base64(&t, r->body, r->body_kept);
        demo_adds(&t, "\"}");
        first = false;
    }
    demo_adds(&t, "]");
    w = t.failed ? NULL : demo_plain(200, "application/json", t.at, t.len);
    demo_text_free(&t);
    return w;
}


static struct demo_wire *
side(const struct demo_request *r)
{
    char  line[200];

    if (strncmp(r->path, "/demo/script/", 13) == 0
        && strcmp(r->method, "PUT") == 0)
    {
        const bool  ok = demo_script_put(r->path + 13, r->body, r->body_len);

        return demo_plain(ok ? 200 : 400, "application/json",
                          ok ? "{}" : "{\"error\":\"no JSON or no name\"}",
                          ok ? 2 : 29);
    }
    if (strcmp(r->path, "/demo/requests") == 0) {
        if (strcmp(r->method, "DELETE") != 0) {
            return show_records();
        }
        for (size_t i = 0; i < RECORDS_MAX; i++) {
            record_clear(&records[i]);
        }
        nrecords = nrequests = nanswered = naborted = 0;
        return demo_plain(200, "application/json", "{}", 2);
    }
    if (strcmp(r->path, "/demo/count") == 0) {
        snprintf(line, sizeof(line), "{\"requests\":%lu,\"answered\":%lu,"
                 "\"aborted\":%lu,\"open\":%lu}", nrequests, nanswered,
                 naborted, nopen);
        return demo_plain(200, "application/json", line, strlen(line));
    }
    return demo_plain(404, "application/json", "{}", 2);
}


/* ---- requests ---- */

/* Value of a header, as a number; -1 if there is none. */
static long
head_long(const char *head, size_t len, const char *name)
{
    const size_t  n = strlen(name);

    for (const char *p = head; p < head + len; ) {
        const char  *end = memchr(p, '\n', (size_t) (head + len - p));

        if (end == NULL) {
            break;
        }
        if ((size_t) (end - p) > n && strncasecmp(p, name, n) == 0) {
            return strtol(p + n, NULL, 10);
        }
        p = end + 1;
    }
    return -1;
}


static bool
head_has(const char *head, size_t len, const char *name, const char *value)
{
    const size_t  n = strlen(name);

    for (const char *p = head; p < head + len; ) {
        const char  *end = memchr(p, '\n', (size_t) (head + len - p));

        if (end == NULL) {
            break;
        }
        if ((size_t) (end - p) > n && strncasecmp(p, name, n) == 0
            && memmem(p + n, (size_t) (end - p) - n, value, strlen(value)))
        {
            return true;
        }
        p = end + 1;
    }
    return false;
}


/* Undo chunked coding in place; the length, or -1 when more is needed,
   -2 when it is broken. *used: wire bytes. */
static long
unchunk(char *body, size_t len, size_t *used)
{
    size_t  at = 0, out = 0;

    for ( ;; ) {
        char           *end;
        const char     *line = memchr(body + at, '\n', len - at);
        unsigned long   n;

        if (line == NULL) {
            return -1;
        }
        n = strtoul(body + at, &end, 16);
        if (end == body + at || n > BODY_MAX) {
            return -2;
        }
        at = (size_t) (line - body) + 1;
        if (len - at < n + 2) {
            return -1;
        }
        if (n == 0) {
            *used = at + 2;
            return (long) out;
        }
        memmove(body + out, body + at, n);
        out += n;
        at += n + 2;
    }
}


static void
conn_answer(struct conn *c, char *head, size_t head_len, const char *body,
    size_t body_len)
{
    struct demo_request  r = { .head = head, .head_len = head_len,
                               .body = body, .body_len = body_len };
    char                 line[1024];
    char                *method = line, *path, *end;
    const size_t         n = head_len < sizeof(line) - 1 ? head_len
                                                         : sizeof(line) - 1;

    c->wire = demo_bench(body, body_len);
    c->model = true;
    if (c->wire == NULL) {
        memcpy(line, head, n);
        line[n] = '\0';
        path = strchr(line, ' ');
        end = path == NULL ? NULL : strpbrk(path + 1, " ?\r\n");
        if (end == NULL) {
            c->wire = demo_plain(400, "application/json", "{}", 2);
            c->last = true;
            return;
        }
        *path++ = '\0';
        *end = '\0';
        r.method = method;
        r.path = path;
        if (strncmp(path, "/demo/", 6) == 0) {
            c->model = false;
            c->wire = side(&r);
        } else {
            record(head, head_len, body, body_len);
            c->wire = demo_answer(&r);
        }
    }
    nrequests += c->model;
    c->sent = 0;
    c->piece = 0;
}


/* One request out of what has come, if it is whole. False: the connection
   is gone. */
static bool
conn_next(struct conn *c)
{
    char   *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    size_t  head_len, used;
    long    body_len;

    if (end == NULL) {
        if (c->in_len > HEAD_MAX) {
            conn_close(c);
            return false;
        }
        return true;
    }
    head_len = (size_t) (end - c->in) + 4;
    body_len = head_long(c->in, head_len, "content-length:");
    used = head_len + (body_len > 0 ? (size_t) body_len : 0);
    if (body_len < 0
        && head_has(c->in, head_len, "transfer-encoding:", "chunked"))
    {
        size_t  wire = 0;

        /* Only whole bodies are undone: look first. */
        if (memmem(c->in + head_len, c->in_len - head_len, "0\r\n\r\n", 5)
            == NULL)
        {
            return true;
        }
        body_len = unchunk(c->in + head_len, c->in_len - head_len, &wire);
        if (body_len == -1) {
            return true;
        }
        used = head_len + wire;
    }
    if (body_len < -1 || body_len > (long) BODY_MAX) {
        conn_close(c);
        return false;
    }
    if (c->in_len < used) {
        return true;
    }
    if (body_len < 0) {
        body_len = 0;
    }
    c->last = head_has(c->in, head_len, "connection:", "close");

    /* A NUL behind the body for the readers of text; the byte it hides
       belongs to the next request. */
    const char  hidden = c->in[head_len + (size_t) body_len];

    c->in[head_len + (size_t) body_len] = '\0';
    conn_answer(c, c->in, head_len, c->in + head_len, (size_t) body_len);
    c->in[head_len + (size_t) body_len] = hidden;
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
    if (c->wire == NULL) {
        conn_close(c);
        return false;
    }
    return true;
}


/* Serve requests as long as there are whole ones and nothing waits. */
static void
conn_take(struct conn *c)
{
    while (c->wire == NULL) {
        if (!conn_next(c)) {
            return;
        }
        if (c->wire == NULL) {
            return;                     /* more bytes are needed */
        }
        if (!conn_write(c)) {
            return;
        }
    }
}


static void
conn_read(struct conn *c)
{
    for ( ;; ) {
        if (c->in_size - c->in_len < 4097) {
            const size_t  size = c->in_size == 0 ? 8192 : c->in_size * 2;
            char         *p = size > 2 * (size_t) BODY_MAX
                              ? NULL : realloc(c->in, size);

            if (p == NULL) {
                conn_close(c);
                return;
            }
            c->in = p;
            c->in_size = size;
        }
        const size_t   room = c->in_size - c->in_len - 1;
        const ssize_t  n = recv(c->fd, c->in + c->in_len, room, 0);

        if (n > 0) {
            c->in_len += (size_t) n;
            if ((size_t) n < room) {
                break;
            }
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            break;
        } else {
            conn_close(c);
            return;
        }
    }
    conn_take(c);
}


/* The time of this write, as letters; one thread, so that a shared wire may
   be written into. */
static void
stamp(struct conn *c, const struct demo_piece *p)
{
    const size_t     begin = c->piece == 0 ? 0 : p[-1].end;
    struct timespec  t;
    uint64_t         ns;

    if (p->stamp == 0 || c->sent != begin) {
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &t);
    ns = (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
    for (unsigned i = 16; i-- > 0; ns >>= 4) {
        c->wire->bytes.at[begin + p->stamp + i] = (char) ('a' + (ns & 15));
    }
}


/* Write what is due. False: the connection is gone. */
static bool
conn_write(struct conn *c)
{
    while (c->piece < c->wire->npieces) {
        const struct demo_piece  *p = &c->wire->pieces[c->piece];

        if (c->due_ms == 0 && p->wait_ms > 0
            && c->sent == (c->piece == 0 ? 0 : p[-1].end))
        {
            timer_add(c, now_ms() + p->wait_ms);
            return true;
        }
        stamp(c, p);
        while (c->sent < p->end) {
            const ssize_t  n = send(c->fd, c->wire->bytes.at + c->sent,
                                    p->end - c->sent, MSG_NOSIGNAL);

            if (n >= 0) {
                c->sent += (size_t) n;
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                timer_del(c);
                arm(c, true);
                c->reading = false;
                return true;
            } else if (errno != EINTR) {
                conn_close(c);
                return false;
            }
        }
        timer_del(c);
        c->piece++;
    }

    const bool  done = c->wire->close || c->last;

    nanswered += c->model;
    demo_wire_free(c->wire);
    c->wire = NULL;
    if (done) {
        conn_close(c);
        return false;
    }
    if (!c->reading) {
        arm(c, false);
        c->reading = true;
    }
    return true;
}


/* A wait is over: the piece goes out whatever its wait says. */
static void
conn_due(struct conn *c)
{
    const struct demo_piece  *p = &c->wire->pieces[c->piece];
    ssize_t                   n;

    stamp(c, p);
    n = send(c->fd, c->wire->bytes.at + c->sent, p->end - c->sent,
             MSG_NOSIGNAL);
    timer_del(c);
    if (n > 0) {
        c->sent += (size_t) n;
    } else if (n < 0 && errno != EAGAIN && errno != EINTR) {
        conn_close(c);
        return;
    }
    if (conn_write(c)) {
        conn_take(c);
    }
}


static int
wheel_turn(void)
{
    const uint64_t  now = now_ms();

    while (wheel_ms <= now) {
        struct conn  *next;

        for (struct conn *c = wheel[wheel_ms % WHEEL]; c != NULL; c = next) {
            next = c->next;
            if (c->due_ms <= now) {
                conn_due(c);
            }
        }
        wheel_ms++;
    }
    for (uint64_t t = now; t < now + 50; t++) {
        if (wheel[t % WHEEL] != NULL) {
            return (int) (t - now) > 0 ? (int) (t - now) : 1;
        }
    }
    return 50;
}


static int
listen_at(const char *where)
{
    struct sockaddr_in  a = { .sin_family = AF_INET };
    char                host[64];
    const char         *colon = strrchr(where, ':');
    const int           one = 1;
    const int           fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK
                                             | SOCK_CLOEXEC, 0);

    if (colon == NULL || (size_t) (colon - where) >= sizeof(host) || fd < 0) {
        return -1;
    }
    memcpy(host, where, (size_t) (colon - where));
    host[colon - where] = '\0';
    a.sin_port = htons((uint16_t) strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *) &a, sizeof(a)) != 0
        || listen(fd, 4096) != 0)
    {
        return -1;
    }
    return fd;
}


static void
welcome(int lfd)
{
    for ( ;; ) {
        const int     one = 1;
        const int     fd = accept4(lfd, NULL, NULL,
                                   SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct conn  *c;

        if (fd < 0) {
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        c = calloc(1, sizeof(*c));
        if (c == NULL) {
            close(fd);
            return;
        }
        c->fd = fd;
        c->reading = true;

        struct epoll_event  e = { .events = EPOLLIN | EPOLLRDHUP,
                                  .data.ptr = c };

        if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0) {
            close(fd);
            free(c);
            return;
        }
        nopen++;
    }
}


static int
usage(const char *self, FILE *to)
{
    fprintf(to, "usage: %s [--listen ADDRESS:PORT]\n"
            "A script that answers in the shapes of OpenAI, Anthropic and "
            "Google; it is no model.\nPort 0: the kernel picks; the address is "
            "printed.\n", self);
    return to == stdout ? 0 : 2;
}


int
main(int argc, char **argv)
{
    const char          *where = "127.0.0.1:8642";
    struct epoll_event   events[EVENTS_MAX];
    struct sockaddr_in   a;
    socklen_t            len = sizeof(a);
    struct rlimit        files;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc) {
            where = argv[++i];
        } else {
            return usage(argv[0], strcmp(argv[i], "--help") ? stderr : stdout);
        }
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);

    const int  lfd = listen_at(where);

    ep = epoll_create1(EPOLL_CLOEXEC);
    if (lfd < 0 || ep < 0) {
        fprintf(stderr, "%s: cannot listen at %s: %s\n", argv[0], where,
                strerror(errno));
        return 1;
    }
    (void) getsockname(lfd, (struct sockaddr *) &a, &len);
    printf("weir-demo-model listens at %s:%d\n", inet_ntoa(a.sin_addr),
           ntohs(a.sin_port));
    fflush(stdout);

    struct epoll_event  e = { .events = EPOLLIN, .data.ptr = NULL };

    (void) epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e);
    wheel_ms = now_ms();
    for ( ;; ) {
        const int  n = epoll_wait(ep, events, EVENTS_MAX, wheel_turn());

        for (int i = 0; i < n; i++) {
            struct conn  *c = events[i].data.ptr;

            if (c == NULL) {
                welcome(lfd);
            } else if (events[i].events & (EPOLLHUP | EPOLLERR)) {
                conn_close(c);
            } else if (events[i].events & EPOLLOUT) {
                if (conn_write(c)) {
                    conn_take(c);
                }
            } else {
                conn_read(c);
            }
        }
    }
}
