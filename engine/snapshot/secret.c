/*
 * secret.c: the credentials that upstreams name by place. They are read
 * once for each snapshot, stand nowhere but in this memory, and are wiped
 * when it goes; nothing here writes one into a message.
 */
#include "weir/error.h"
#include "weir/snapshot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char  bearer[] = "Bearer ";


/* Bytes read, or -1: one byte over the maximum shows that it is too long. */
static ssize_t
read_place(const char *where, uint8_t *to)
{
    if (strncmp(where, "env:", 4) == 0) {
        const char *const  value = getenv(where + 4);

        if (value == NULL) {
            return -1;
        }
        const size_t  n = strnlen(value, WEIR_SECRET_BYTES_MAX + 1);

        memcpy(to, value, n);
        return (ssize_t) n;
    }
    if (strncmp(where, "file:", 5) == 0) {
        /* A pipe that nobody writes to must not stop the caller. */
        const int  fd = open(where + 5, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0) {
            return -1;
        }
        const ssize_t  n = read(fd, to, WEIR_SECRET_BYTES_MAX + 1);

        (void) close(fd);
        return n;
    }
    return -1;
}


int
weir_secret_read(const char *where, uint8_t to[WEIR_SECRET_BYTES_MAX + 1],
    size_t *len)
{
    ssize_t  n;

    *len = 0;
    if (where[0] == '\0') {
        return WEIR_OK;
    }
    n = read_place(where, to);
    if (n > (ssize_t) WEIR_SECRET_BYTES_MAX) {
        return WEIR_E_SECRET;
    }
    while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == '\r'
                     || to[n - 1] == ' '))
    {
        n--;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (to[i] < 0x20 || to[i] == 0x7f) {
            return WEIR_E_SECRET;
        }
    }
    if (n <= 0) {
        return WEIR_E_SECRET;
    }
    *len = (size_t) n;
    return WEIR_OK;
}


int
weir_secrets_open(struct weir_secrets *s, const struct weir_snapshot *snap)
{
    const uint32_t  n = snap->counts[WEIR_SNAP_UPSTREAMS];
    uint8_t         text[WEIR_SECRET_BYTES_MAX + 1];
    int             rc = WEIR_OK;

    s->count = 0;
    s->values = calloc((size_t) n + 1, sizeof(*s->values));
    if (s->values == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    for (; s->count < n && rc == WEIR_OK; s->count++) {
        const struct weir_snap_upstream *const  up =
            &snap->upstreams[s->count];
        size_t    len, head;
        uint8_t  *at;

        if (weir_secret_read(weir_snap_text(snap, up->secret), text, &len)
            != WEIR_OK)
        {
            continue;
        }
        head = len > 0 && (up->protocol == WEIR_OPENAI
                           || up->protocol == WEIR_MCP)
               ? sizeof(bearer) - 1 : 0;
        at = malloc(head + len + 1);
        if (at == NULL) {
            rc = WEIR_E_NO_MEMORY;
            continue;
        }
        memcpy(at, bearer, head);
        memcpy(at + head, text, len);
        s->values[s->count] = (struct weir_span) { at, head + len };
    }
    explicit_bzero(text, sizeof(text));
    if (rc != WEIR_OK) {
        weir_secrets_close(s);
    }
    return rc;
}


void
weir_secrets_close(struct weir_secrets *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        uint8_t *const  at = (uint8_t *) s->values[i].at;

        if (at != NULL) {
            explicit_bzero(at, s->values[i].len);
            free(at);
        }
    }
    free(s->values);
    *s = (struct weir_secrets) { 0 };
}
