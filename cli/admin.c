/*
 * admin.c: read address and token, call, hand over the answer.
 */
#include "admin.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"

static bool  read_line(const char *name, char *out, size_t size);
static size_t  take(char *at, size_t size, size_t n, void *ctx);
static void  print_note(const char *verb, const json_t *note);


/* A call that is wanted, and what went wrong with it. */
struct call {
    const char  *method, *path, *body;
    size_t       len;
    long         timeout_ms;
    char         why[4352];
};


static bool
perform(struct call *c, struct admin_answer *out)
{
    char                address[256], token[128], url[2048], bearer[192];
    CURL               *curl;
    CURLcode            rc = CURLE_FAILED_INIT;
    struct curl_slist  *headers = NULL;
    long                status = 0;

    memset(out, 0, sizeof(*out));
    if (!read_line("admin.address", address, sizeof(address))) {
        snprintf(address, sizeof(address), "%s", ADMIN_DEFAULT_ADDRESS);
    }
    if (!read_line("admin.token", token, sizeof(token))) {
        snprintf(c->why, sizeof(c->why), "the keeper is not running: "
                 "%s/admin.token: %s; start it with 'weir up' or 'weir "
                 "keeper', or name its state folder with --state",
                 cmd_state(), strerror(errno));
        return false;
    }
    if ((size_t) snprintf(url, sizeof(url), "http://%s%s", address, c->path)
        >= sizeof(url))
    {
        snprintf(c->why, sizeof(c->why), "the name is too long");
        return false;
    }
    snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", token);

    curl = curl_easy_init();
    if (curl != NULL) {
        headers = curl_slist_append(NULL, bearer);
        headers = curl_slist_append(headers, "Expect:");
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c->method);
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, c->timeout_ms);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
        if (c->body != NULL) {
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body);
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                             (curl_off_t) c->len);
        }
        rc = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_cleanup(curl);
        curl_slist_free_all(headers);
    }
    if (rc != CURLE_OK) {
        if (rc == CURLE_COULDNT_CONNECT) {
            snprintf(c->why, sizeof(c->why), "the keeper is not running "
                     "(nothing listens on %s); start it with 'weir up' or "
                     "'weir keeper'", address);
        } else {
            snprintf(c->why, sizeof(c->why), "the keeper at %s: %s", address,
                     curl_easy_strerror(rc));
        }
        admin_release(out);
        return false;
    }
    out->status = (int) status;
    return true;
}


bool
admin_call(const char *verb, const char *method, const char *path,
    const char *body, size_t len, struct admin_answer *out)
{
    struct call  c = { .method = method, .path = path, .body = body,
                       .len = len, .timeout_ms = 120000 };

    if (!perform(&c, out)) {
        (void) cmd_fail(verb, "%s", c.why);
        return false;
    }
    return true;
}


bool
admin_fetch(const char *path, long timeout_ms, struct admin_answer *out,
    char *why, size_t size)
{
    struct call  c = { .method = "GET", .path = path,
                       .timeout_ms = timeout_ms };

    if (!perform(&c, out)) {
        snprintf(why, size, "%s", c.why);
        return false;
    }
    if (out->status != 200 || out->body == NULL) {
        snprintf(why, size, "the keeper answered with status %d",
                 out->status);
        admin_release(out);
        return false;
    }
    return true;
}


void
admin_release(struct admin_answer *a)
{
    free(a->body);
    a->body = NULL;
    a->len = 0;
}


int
admin_complain(const char *verb, const struct admin_answer *a)
{
    json_t        *doc = a->body != NULL
                         ? json_loadb(a->body, a->len, 0, NULL) : NULL;
    const json_t  *error = json_object_get(doc, "error");
    const json_t  *notes = json_object_get(error, "notes");
    const char    *message = json_string_value(json_object_get(error,
                                                               "message"));

    if (json_array_size(notes) > 0) {
        for (size_t i = 0; i < json_array_size(notes); i++) {
            print_note(verb, json_array_get(notes, i));
        }
    } else if (message != NULL) {
        (void) cmd_fail(verb, "%s", message);
    } else {
        (void) cmd_fail(verb, "the keeper answered with status %d",
                        a->status);
    }
    json_decref(doc);
    return a->status == 400 || a->status == 404 || a->status == 409 ? 1 : 2;
}


bool
admin_escape(const char *s, char *out, size_t size)
{
    static const char  hex[] = "0123456789ABCDEF";
    size_t             n = strlen(out);

    for (; *s != '\0'; s++) {
        const unsigned char  c = (unsigned char) *s;

        if (n + 4 > size) {
            return false;
        }
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
            || c == '~')
        {
            out[n++] = (char) c;
        } else {
            out[n++] = '%';
            out[n++] = hex[c >> 4];
            out[n++] = hex[c & 15];
        }
        out[n] = '\0';
    }
    return true;
}


/* The first line of a file in the state folder. */
static bool
read_line(const char *name, char *out, size_t size)
{
    char     path[4096];
    int      fd;
    ssize_t  n;

    snprintf(path, sizeof(path), "%s/%s", cmd_state(), name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    n = read(fd, out, size - 1);
    close(fd);
    if (n <= 0) {
        errno = ENODATA;
        return false;
    }
    out[n] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return out[0] != '\0';
}


static size_t
take(char *at, size_t size, size_t n, void *ctx)
{
    struct admin_answer  *a = ctx;
    const size_t          more = size * n;
    char                 *grown;

    if (more > ADMIN_ANSWER_MAX - a->len) {
        return 0;
    }
    grown = realloc(a->body, a->len + more + 1);
    if (grown == NULL) {
        return 0;
    }
    a->body = grown;
    memcpy(a->body + a->len, at, more);
    a->len += more;
    a->body[a->len] = '\0';
    return more;
}


static void
print_note(const char *verb, const json_t *note)
{
    const char  *file = json_string_value(json_object_get(note, "file"));
    const char  *text = json_string_value(json_object_get(note, "message"));
    const int    line = (int) json_integer_value(json_object_get(note,
                                                                 "line"));
    const int    column = (int) json_integer_value(json_object_get(note,
                                                                   "column"));
    const char  *kind = json_is_true(json_object_get(note, "warning"))
                        ? "warning: " : "";

    text = text != NULL ? text : "(no message)";
    if (file == NULL || file[0] == '\0') {
        fprintf(stderr, "weir %s: %s%s\n", verb, kind, text);
    } else if (line == 0) {
        fprintf(stderr, "%s: %s%s\n", file, kind, text);
    } else {
        fprintf(stderr, "%s:%d:%d: %s%s\n", file, line, column, kind, text);
    }
}
