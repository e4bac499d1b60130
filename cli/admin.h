/*
 * admin.h: one HTTP call to the keeper's admin API.
 *
 * The address is in STATE/admin.address (written by the keeper), else the
 * default; the token in STATE/admin.token. Never follows a redirect and
 * never asks a proxy: the token goes to the keeper and nowhere else.
 */
#ifndef WEIR_ADMIN_H
#define WEIR_ADMIN_H

#include "weir/base.h"

#define ADMIN_DEFAULT_ADDRESS  "127.0.0.1:8641"
#define ADMIN_ANSWER_MAX       (256u << 20)  /* a whole register, exported */

struct admin_answer {
    int      status;    /* HTTP */
    char    *body;      /* NUL-terminated; freed by admin_release */
    size_t   len;
};

/*
 * `verb`: for messages. `path` with query, from "/api/v1/...". `body` may be
 * NULL when len is 0. True when an HTTP answer came (any status); else the
 * reason is on standard error.
 */
bool admin_call(const char *verb, const char *method, const char *path,
    const char *body, size_t len, struct admin_answer *out);
/* The same GET without a word on standard error: `why` holds the reason, also
   of a status that is not 200. Waits at most `timeout_ms`. */
bool admin_fetch(const char *path, long timeout_ms, struct admin_answer *out,
    char *why, size_t size);
void admin_release(struct admin_answer *a);

/* Print the API's errors and notes: "file:line:column: message", one a line,
   on standard error. Returns the exit code: 1 refused, 2 anything else. */
int admin_complain(const char *verb, const struct admin_answer *a);

/* `s` percent-encoded (RFC 3986 2.3) appended to out[size]; false when it
   does not fit. */
bool admin_escape(const char *s, char *out, size_t size);

#endif
