/*
 * load.c: weir-load, the load generator of the bench: N connections with
 * keep-alive, one call after the other on each, over HTTP/1.1; with --rate
 * so many calls a second in all, each on a connection that is free.
 *
 * Counts calls, bytes and failures; measures the whole call, the time to the
 * first byte of the answer's body, and, where the events of a stream carry
 * the stamp of the demo model ("x_t", sixteen letters a to p: nanoseconds of
 * CLOCK_MONOTONIC), the way of each event from the model to here. Prints one
 * JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX  (4u << 20)
#define HEAD_MAX     16384
#define EVENTS_MAX   256

struct samples {
    uint64_t  *at;
    size_t     n;
};

enum step { STEP_HEAD, STEP_LENGTH, STEP_SIZE, STEP_SIZE_EXT, STEP_CHUNK,
            STEP_CHUNK_END, STEP_TRAILER };

struct conn {
    int        fd;
    enum step  step;
    size_t     sent;
    uint64_t   begun_ns;
    uint64_t   left;            /* of the body or the chunk */
    bool       first;           /* a byte of the body has come */
    bool       out;             /* armed for writing */
    bool       close;
    char       head[HEAD_MAX];
    size_t     head_len;
    unsigned   stamp;           /* matched characters of the mark */
    uint64_t   stamp_ns;
};

static struct {
    struct sockaddr_in  to;
    char               *request;
    size_t              request_len;
    unsigned            connections;
    uint64_t            seconds_ns, warmup_ns;
    unsigned long       calls_max;
    bool                hold;   /* leave streams open: count first bytes */
    uint64_t            every_ns;   /* between two calls; 0: no rate */
} want = { .connections = 64, .seconds_ns = 5000000000u,
           .warmup_ns = 500000000u };

static struct samples  calls, firsts, ways;
static unsigned long   ncalls, nfailed, nstarted, nbytes, nheld;
static int             ep;
static bool            measuring, over;
static struct conn   **waiting;      /* for their time to begin, if a rate is */
static unsigned        nwaiting;
static uint64_t        due_ns;
static int             timer = -1;


static uint64_t
now_ns(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}


static void
sample(struct samples *s, uint64_t v)
{
    if (!measuring) {
        return;
    }
    if (s->at == NULL) {
        s->at = malloc(SAMPLES_MAX * sizeof(*s->at));
        if (s->at == NULL) {
            abort();
        }
    }
    if (s->n < SAMPLES_MAX) {
        s->at[s->n++] = v;
    }
}


static void  conn_open(struct conn *c);
static void  conn_send(struct conn *c);
static void  rate_go(void);


static void
conn_begin(struct conn *c)
{
    c->step = STEP_HEAD;
    c->head_len = 0;
    c->sent = 0;
    c->first = false;
    c->close = false;
    c->stamp = 0;
    if (over || (want.calls_max > 0 && nstarted >= want.calls_max)) {
        return;
    }
    nstarted++;
    if (want.every_ns != 0) {
        waiting[nwaiting++] = c;
        rate_go();
        return;
    }
    c->begun_ns = now_ns();
    conn_send(c);
}


/* Calls whose time has come, the connection that waits longest first; then
   wait for the next. What is late by more than that is not made up for. */
static void
rate_go(void)
{
    const uint64_t  now = now_ns();

    if (due_ns + 10000000u < now) {
        due_ns = now;
    }
    while (nwaiting > 0 && due_ns <= now) {
        struct conn *const  c = waiting[0];

        due_ns += want.every_ns;
        nwaiting--;
        memmove(waiting, waiting + 1, nwaiting * sizeof(*waiting));
        c->begun_ns = now;
        conn_send(c);
    }
    if (nwaiting > 0) {
        const struct itimerspec  at = { .it_value = {
            (time_t) (due_ns / 1000000000u), (long) (due_ns % 1000000000u) } };

        (void) timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
    }
}


static void
conn_fail(struct conn *c)
{
    nfailed++;
    close(c->fd);
    c->fd = -1;
    if (!over && nfailed < 100000) {
        conn_open(c);
    }
}


static void
arm(struct conn *c, int op, bool out)
{
    struct epoll_event  e = { .events = EPOLLIN | (out ? EPOLLOUT : 0u),
                              .data.ptr = c };

    c->out = out;
    (void) epoll_ctl(ep, op, c->fd, &e);
}


static void
conn_open(struct conn *c)
{
    const int  one = 1;

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0
        || connect(c->fd, (struct sockaddr *) &want.to, sizeof(want.to)) != 0)
    {
        fprintf(stderr, "weir-load: cannot connect: %s\n", strerror(errno));
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    arm(c, EPOLL_CTL_ADD, false);
    conn_begin(c);
}


static void
conn_send(struct conn *c)
{
    while (c->sent < want.request_len) {
        const ssize_t  n = send(c->fd, want.request + c->sent,
                                want.request_len - c->sent,
                                MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n > 0) {
            c->sent += (size_t) n;
        } else if (n < 0 && errno == EAGAIN) {
            if (!c->out) {
                arm(c, EPOLL_CTL_MOD, true);
            }
            return;
        } else if (errno != EINTR) {
            conn_fail(c);
            return;
        }
    }
    if (c->out) {
        arm(c, EPOLL_CTL_MOD, false);
    }
}


/* Looks for "x_t":" and sixteen letters in what passes. */
static void
stamps(struct conn *c, const char *at, size_t len, uint64_t now)
{
    static const char  mark[] = "\"x_t\":\"";
    const unsigned     mark_len = sizeof(mark) - 1;

    for (size_t i = 0; i < len; i++) {
        if (c->stamp < mark_len) {
            c->stamp = at[i] == mark[c->stamp] ? c->stamp + 1
                       : at[i] == mark[0] ? 1 : 0;
            c->stamp_ns = 0;
        } else {
            c->stamp_ns = c->stamp_ns << 4 | (uint64_t) (at[i] - 'a');
            if (++c->stamp == mark_len + 16) {
                sample(&ways, now - c->stamp_ns);
                c->stamp = 0;
            }
        }
        if (c->stamp == 0) {            /* on to the next quote */
            const char  *q = memchr(at + i + 1, '"', len - i - 1);

            if (q == NULL) {
                return;
            }
            i = (size_t) (q - at) - 1;
        }
    }
}


static bool
read_head(struct conn *c)
{
    char  *length, *status = c->head;

    c->head[c->head_len] = '\0';
    if (strncmp(status, "HTTP/1.1 200", 12) != 0) {
        if (nfailed == 0) {
            fprintf(stderr, "weir-load: %.*s\n",
                    (int) strcspn(status, "\r\n"), status);
        }
        return false;
    }
    c->close = strcasestr(c->head, "\r\nconnection: close") != NULL;
    length = strcasestr(c->head, "\r\ncontent-length:");
    if (length != NULL) {
        c->left = strtoul(length + 17, NULL, 10);
        c->step = STEP_LENGTH;
    } else {
        c->left = 0;
        c->step = STEP_SIZE;
    }
    return true;
}


static void
conn_done(struct conn *c, uint64_t now)
{
    if (measuring) {
        ncalls++;
    }
    sample(&calls, now - c->begun_ns);
    if (c->close) {
        close(c->fd);
        if (!over) {
            conn_open(c);
        }
        return;
    }
    conn_begin(c);
}


static int
hex(char ch)
{
    return ch >= '0' && ch <= '9' ? ch - '0'
           : (ch | 32) >= 'a' && (ch | 32) <= 'f' ? (ch | 32) - 'a' + 10 : -1;
}


/* Body bytes; false: the answer is whole or broken (*bad). */
static bool
body(struct conn *c, const char *at, size_t len, uint64_t now, bool *bad)
{
    for (size_t i = 0; i < len; ) {
        size_t  n;

        switch (c->step) {
        case STEP_LENGTH:
        case STEP_CHUNK:
            n = len - i < c->left ? len - i : (size_t) c->left;
            if (!c->first && n > 0) {
                c->first = true;
                nheld++;
                sample(&firsts, now - c->begun_ns);
            }
            stamps(c, at + i, n, now);
            i += n;
            c->left -= n;
            if (c->left == 0) {
                if (c->step == STEP_LENGTH) {
                    return false;
                }
                c->step = STEP_CHUNK_END;
            }
            break;
        case STEP_CHUNK_END:
            if (at[i++] == '\n') {
                c->step = STEP_SIZE;
                c->left = 0;
            }
            break;
        case STEP_SIZE:
            if (hex(at[i]) >= 0) {
                c->left = c->left << 4 | (uint64_t) hex(at[i]);
                i++;
                break;
            }
            c->step = STEP_SIZE_EXT;
            break;
        case STEP_SIZE_EXT:
            if (at[i++] == '\n') {
                c->step = c->left > 0 ? STEP_CHUNK : STEP_TRAILER;
            }
            break;
        case STEP_TRAILER:
            if (at[i++] == '\n') {
                return false;
            }
            break;
        default:
            *bad = true;
            return false;
        }
    }
    return true;
}


static void
conn_take(struct conn *c, const char *at, size_t len, uint64_t now)
{
    bool    bad = false;
    size_t  used = 0;

    if (measuring) {
        nbytes += len;
    }
    if (c->step == STEP_HEAD) {
        const size_t  had = c->head_len;
        const size_t  n = len < HEAD_MAX - 1 - had ? len : HEAD_MAX - 1 - had;
        const char   *end;

        memcpy(c->head + had, at, n);
        c->head_len += n;
        end = memmem(c->head, c->head_len, "\r\n\r\n", 4);
        if (end == NULL) {
            if (c->head_len == HEAD_MAX - 1) {
                conn_fail(c);
            }
            return;
        }
        used = (size_t) (end - c->head) + 4 - had;
        c->head_len = (size_t) (end - c->head) + 4;
        if (!read_head(c)) {
            conn_fail(c);
            return;
        }
        if (c->step == STEP_LENGTH && c->left == 0) {
            conn_done(c, now);
            return;
        }
    }
    if (!body(c, at + used, len - used, now, &bad)) {
        if (bad) {
            conn_fail(c);
        } else {
            conn_done(c, now);
        }
    }
}


static int
by_value(const void *a, const void *b)
{
    const uint64_t  x = *(const uint64_t *) a, y = *(const uint64_t *) b;

    return (x > y) - (x < y);
}


static void
print(const char *name, struct samples *s)
{
    uint64_t  sum = 0;

    if (s->n == 0) {
        printf(",\"%s\":null", name);
        return;
    }
    qsort(s->at, s->n, sizeof(*s->at), by_value);
    for (size_t i = 0; i < s->n; i++) {
        sum += s->at[i];
    }
    printf(",\"%s\":{\"n\":%zu,\"mean\":%.1f,\"p50\":%.1f,\"p90\":%.1f,"
           "\"p99\":%.1f,\"max\":%.1f}", name, s->n,
           (double) sum / (double) s->n / 1000,
           (double) s->at[s->n / 2] / 1000,
           (double) s->at[s->n * 9 / 10] / 1000,
           (double) s->at[s->n * 99 / 100] / 1000,
           (double) s->at[s->n - 1] / 1000);
}


static bool
request(const char *host, const char *path, const char *file,
    const char *header)
{
    static char  data[1u << 20];
    FILE        *f = fopen(file, "rb");
    size_t       len;
    int          n;

    if (f == NULL) {
        return false;
    }
    len = fread(data, 1, sizeof(data), f);
    fclose(f);
    want.request = malloc(len + 4096);
    if (want.request == NULL || len == sizeof(data)) {
        return false;
    }
    n = snprintf(want.request, 4096, "POST %s HTTP/1.1\r\nHost: %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                 "%s%s\r\n", path, host, len, header,
                 header[0] != '\0' ? "\r\n" : "");
    if (n < 0 || n >= 4096) {
        return false;
    }
    memcpy(want.request + n, data, len);
    want.request_len = (size_t) n + len;
    return true;
}


static int
usage(void)
{
    fprintf(stderr,
        "usage: weir-load --to ADDRESS:PORT --body FILE [--header LINE]\n"
        "    [--path P] [--connections N] [--seconds S] [--warmup S]\n"
        "    [--calls N] [--rate N] [--hold]   (--hold: streams stay open;\n"
        "    says \"held\" once all have their first byte, ends when standard\n"
        "    input does)\n");
    return 2;
}


static bool
options(int argc, char **argv)
{
    const char  *to = NULL, *file = NULL, *header = "";
    const char  *path = "/v1/chat/completions";
    char         host[64];

    for (int i = 1; i < argc; i++) {
        const char *const  o = argv[i];
        const char *const  v = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(o, "--hold") == 0) {
            want.hold = true;
            continue;
        }
        i++;
        if (strcmp(o, "--to") == 0) {
            to = v;
        } else if (strcmp(o, "--body") == 0) {
            file = v;
        } else if (strcmp(o, "--header") == 0) {
            header = v;
        } else if (strcmp(o, "--path") == 0) {
            path = v;
        } else if (strcmp(o, "--connections") == 0) {
            want.connections = (unsigned) strtoul(v, NULL, 10);
        } else if (strcmp(o, "--seconds") == 0) {
            want.seconds_ns = (uint64_t) (strtod(v, NULL) * 1e9);
        } else if (strcmp(o, "--warmup") == 0) {
            want.warmup_ns = (uint64_t) (strtod(v, NULL) * 1e9);
        } else if (strcmp(o, "--rate") == 0) {
            want.every_ns = (uint64_t) (1e9 / strtod(v, NULL));
        } else if (strcmp(o, "--calls") == 0) {
            want.calls_max = strtoul(v, NULL, 10);
        } else {
            return false;
        }
    }

    const char  *colon = to == NULL ? NULL : strchr(to, ':');

    if (colon == NULL || file == NULL
        || (size_t) (colon - to) >= sizeof(host))
    {
        return false;
    }
    memcpy(host, to, (size_t) (colon - to));
    host[colon - to] = '\0';
    want.to.sin_family = AF_INET;
    want.to.sin_port = htons((uint16_t) strtoul(colon + 1, NULL, 10));
    return inet_pton(AF_INET, host, &want.to.sin_addr) == 1
           && request(to, path, file, header);
}


/* Until the time is over, or all calls are made. */
static uint64_t
turn(uint64_t begin)
{
    static char         data[65536];
    struct epoll_event  events[EVENTS_MAX];
    uint64_t            from = begin, now = begin;

    measuring = want.warmup_ns == 0;
    while (!over) {
        const int  n = epoll_wait(ep, events, EVENTS_MAX, 100);

        now = now_ns();
        if (!measuring && now - begin >= want.warmup_ns) {
            measuring = true;
            from = now;
        }
        if (measuring && now - from >= want.seconds_ns) {
            over = true;
        }
        for (int i = 0; i < n && !over; i++) {
            struct conn   *c = events[i].data.ptr;
            ssize_t        got;

            if (c == NULL) {
                (void) !read(timer, data, sizeof(uint64_t));
                rate_go();
                continue;
            }
            if (events[i].events & EPOLLOUT) {
                conn_send(c);
            }
            if (c->fd < 0 || !(events[i].events & ~(unsigned) EPOLLOUT)) {
                continue;
            }
            got = recv(c->fd, data, sizeof(data), MSG_DONTWAIT);
            if (got > 0) {
                conn_take(c, data, (size_t) got, now_ns());
            } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
                conn_fail(c);
            }
        }
        if (want.calls_max > 0 && ncalls + nfailed >= want.calls_max) {
            over = true;
        }
        if (want.hold && nheld + nfailed >= want.connections) {
            printf("held %lu\n", nheld);
            fflush(stdout);
            while (read(0, data, sizeof(data)) > 0) {
                /* wait for the end of standard input */
            }
            over = true;
        }
    }
    return now - from;
}


int
main(int argc, char **argv)
{
    struct rlimit   files;
    struct conn    *conns;
    uint64_t        took;
    struct epoll_event  tick = { .events = EPOLLIN };

    if (!options(argc, argv)) {
        return usage();
    }
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }
    conns = calloc(want.connections, sizeof(*conns));
    ep = epoll_create1(EPOLL_CLOEXEC);
    waiting = calloc(want.connections, sizeof(*waiting));
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (conns == NULL || ep < 0 || waiting == NULL || timer < 0
        || epoll_ctl(ep, EPOLL_CTL_ADD, timer, &tick) != 0)
    {
        return 1;
    }
    for (unsigned i = 0; i < want.connections; i++) {
        conn_open(&conns[i]);
    }
    took = turn(now_ns());
    printf("{\"calls\":%lu,\"failed\":%lu,\"bytes\":%lu,\"seconds\":%.3f",
           ncalls, nfailed, nbytes, (double) took / 1e9);
    print("call_us", &calls);
    print("first_us", &firsts);
    print("way_us", &ways);
    printf("}\n");
    return 0;
}
