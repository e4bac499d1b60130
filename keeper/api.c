/*
 * api.c: HTTP in, HTTP out (libmicrohttpd, no threads of its own): Host,
 * token, body limit. What a request means is in routes.c.
 */
#include "api.h"

#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "weir/error.h"

#define CONNECTIONS_MAX  64
#define IDLE_SECONDS     30

struct weir_api {
    struct MHD_Daemon   *mhd;
    struct weir_keeper  *k;
    int                  epoll_fd;
    char                 host[128];
};

struct request {
    uint8_t  *body;
    size_t    len, cap, max;
    bool      too_large, no_memory;
};

static enum MHD_Result  on_request(void *cls, struct MHD_Connection *c,
    const char *url, const char *method, const char *version,
    const char *data, size_t *data_size, void **state);
static void  on_done(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why);
static bool  host_allowed(const struct weir_api *api,
    struct MHD_Connection *c);
static bool  token_right(const struct weir_api *api,
    struct MHD_Connection *c);
static void  take(struct request *r, const char *data, size_t len);
static enum MHD_Result  reply(struct MHD_Connection *c,
    struct weir_answer *a);


int
weir_api_open(struct weir_api **out, struct weir_keeper *k, int listen_fd,
    const char *host)
{
    struct weir_api               *api = calloc(1, sizeof(*api));
    const union MHD_DaemonInfo    *info;

    *out = NULL;
    if (api == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    api->k = k;
    snprintf(api->host, sizeof(api->host), "%s", host);
    api->mhd = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, api,
        MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned) CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned) IDLE_SECONDS,
        MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,
        MHD_OPTION_END);
    info = api->mhd == NULL ? NULL
           : MHD_get_daemon_info(api->mhd, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) {
        weir_keeper_log("the admin interface cannot start");
        weir_api_close(api);
        return WEIR_E_IO;
    }
    api->epoll_fd = info->epoll_fd;
    *out = api;
    return WEIR_OK;
}


void
weir_api_wait(struct weir_api *api, int timeout_ms)
{
    struct pollfd              p = { .fd = api->epoll_fd, .events = POLLIN };
    MHD_UNSIGNED_LONG_LONG     wanted;

    if (MHD_get_timeout(api->mhd, &wanted) == MHD_YES
        && wanted < (MHD_UNSIGNED_LONG_LONG) timeout_ms)
    {
        timeout_ms = (int) wanted;
    }
    (void) poll(&p, 1, timeout_ms);
    (void) MHD_run(api->mhd);
}


void
weir_api_close(struct weir_api *api)
{
    if (api == NULL) {
        return;
    }
    if (api->mhd != NULL) {
        /* The socket is the daemon's (daemon.c): it is closed there. */
        (void) MHD_quiesce_daemon(api->mhd);
        MHD_stop_daemon(api->mhd);
    }
    free(api);
}


static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data,
    size_t *data_size, void **state)
{
    struct weir_api     *api = cls;
    struct request      *r = *state;
    struct weir_answer   a = { 0 };

    if (r == NULL) {
        /* The head is there. Strangers are turned away before their body. */
        if (!host_allowed(api, c)) {
            weir_answer_error(&a, 421, "wrong_host", "This name is not one "
                              "of the keeper's.", NULL);
            return reply(c, &a);
        }
        if (!token_right(api, c)) {
            weir_answer_error(&a, 401, "unauthorized", "The token is missing "
                              "or wrong; it is in the file admin.token of "
                              "the state folder.", NULL);
            return reply(c, &a);
        }
        r = calloc(1, sizeof(*r));
        if (r == NULL) {
            return MHD_NO;
        }
        r->max = weir_ask_body_max(method, url);
        *state = r;
        return MHD_YES;
    }
    if (*data_size > 0) {
        take(r, data, *data_size);
        *data_size = 0;
        return MHD_YES;
    }
    if (r->too_large || r->no_memory) {
        weir_answer_error(&a, r->too_large ? 413 : 503,
                          r->too_large ? "too_large" : "no_memory",
                          r->too_large ? "The body is larger than this "
                          "interface takes." : "Out of memory.", NULL);
    } else {
        const struct weir_ask  ask = {
            .method = method, .path = url,
            .file = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND,
                                                "file"),
            .format = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND,
                                                  "format"),
            .body = { r->body, r->len },
        };

        weir_route(api->k, &ask, &a);
    }
    return reply(c, &a);
}


static void
on_done(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
    struct request  *r = *state;

    if (r != NULL) {
        if (r->body != NULL) {
            explicit_bzero(r->body, r->cap);
        }
        free(r->body);
        free(r);
        *state = NULL;
    }
}


/* A page of another origin can make a browser call us under its own name;
   it cannot make the browser send one of ours as Host. */
static bool
host_allowed(const struct weir_api *api, struct MHD_Connection *c)
{
    static const char *const  loopback[] = { "localhost", "127.0.0.1",
                                             "[::1]", NULL };
    const char               *host;
    size_t                    n;

    host = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Host");
    if (host == NULL) {
        return false;
    }
    n = strlen(host);
    for (size_t i = n; i > 0 && host[i - 1] != ']'; i--) {
        if (host[i - 1] == ':') {
            n = i - 1;
            break;
        }
    }
    for (size_t i = 0; loopback[i] != NULL; i++) {
        if (strlen(loopback[i]) == n
            && strncasecmp(host, loopback[i], n) == 0)
        {
            return true;
        }
    }
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        host++;
        n -= 2;
    }
    return strlen(api->host) == n && strncasecmp(host, api->host, n) == 0;
}


/* By digests, so that neither content nor length shows in the time. */
static bool
token_right(const struct weir_api *api, struct MHD_Connection *c)
{
    const char  *given;
    uint8_t      ours[32], theirs[32];

    given = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization");
    if (given == NULL || strncasecmp(given, "Bearer ", 7) != 0
        || api->k->token[0] == '\0')
    {
        return false;
    }
    weir_sha256(api->k->token, strlen(api->k->token), ours);
    weir_sha256(given + 7, strlen(given + 7), theirs);
    return weir_equal_ct(ours, theirs, sizeof(ours));
}


static void
take(struct request *r, const char *data, size_t len)
{
    if (r->too_large || r->no_memory) {
        return;
    }
    if (len > r->max - r->len) {
        r->too_large = true;
        return;
    }
    if (len > r->cap - r->len) {
        size_t    cap = r->cap == 0 ? 4096 : r->cap;
        uint8_t  *grown;

        while (cap - r->len < len) {
            cap *= 2;
        }
        grown = realloc(r->body, cap);
        if (grown == NULL) {
            r->no_memory = true;
            return;
        }
        r->body = grown;
        r->cap = cap;
    }
    memcpy(r->body + r->len, data, len);
    r->len += len;
}


static enum MHD_Result
reply(struct MHD_Connection *c, struct weir_answer *a)
{
    struct MHD_Response  *response;
    enum MHD_Result       rc;

    response = MHD_create_response_from_buffer(a->len, a->body,
                   a->body != NULL ? MHD_RESPMEM_MUST_FREE
                                   : MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        free(a->body);
        return MHD_NO;
    }
    MHD_add_response_header(response, "Content-Type",
                            a->type != NULL ? a->type : "application/json");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (a->status == 401) {
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    rc = MHD_queue_response(c, a->status, response);
    MHD_destroy_response(response);
    return rc;
}
