/*
 * demo_json.c: just enough JSON for the demo model: a tree over the text of
 * a request, and strings in and out. Depth is bounded; the tree may not
 * outlive the text.
 */
#include "demo_model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  200

struct reader {
    const char  *at;
    const char  *end;
    int          depth;
};

static struct demo_node *value(struct reader *r);


struct demo_node *
demo_json_read(const char *text, size_t len)
{
    struct reader      r = { text, text + len, 0 };
    struct demo_node  *n = value(&r);

    while (r.at < r.end && strchr(" \t\r\n", *r.at) != NULL && *r.at) {
        r.at++;
    }
    if (n != NULL && r.at != r.end) {
        demo_json_free(n);
        return NULL;
    }
    return n;
}


void
demo_json_free(struct demo_node *n)
{
    while (n != NULL) {
        struct demo_node  *next = n->next;

        demo_json_free(n->child);
        free(n);
        n = next;
    }
}


struct demo_node *
demo_json_get(const struct demo_node *n, const char *key)
{
    const size_t  len = strlen(key);

    if (n == NULL || n->type != DEMO_OBJECT) {
        return NULL;
    }
    for (struct demo_node *c = n->child; c != NULL; c = c->next) {
        if (c->key_len == len && memcmp(c->key, key, len) == 0) {
            return c;
        }
    }
    return NULL;
}


long
demo_json_long(const struct demo_node *n, long otherwise)
{
    char  digits[24];

    if (n == NULL || n->type != DEMO_NUMBER || n->len >= sizeof(digits)) {
        return otherwise;
    }
    memcpy(digits, n->at, n->len);
    digits[n->len] = '\0';
    return strtol(digits, NULL, 10);
}


bool
demo_json_is(const struct demo_node *n, const char *text)
{
    return n != NULL && n->type == DEMO_STRING && n->len == strlen(text)
           && memcmp(n->at, text, n->len) == 0;
}


static void
space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'
                              || *r->at == '\r' || *r->at == '\n'))
    {
        r->at++;
    }
}


static bool
string(struct reader *r, const char **at, size_t *len)
{
    if (r->at >= r->end || *r->at != '"') {
        return false;
    }
    *at = ++r->at;
    while (r->at < r->end && *r->at != '"') {
        r->at += *r->at == '\\' ? 2 : 1;
    }
    if (r->at >= r->end) {
        return false;
    }
    *len = (size_t) (r->at++ - *at);
    return true;
}


static bool
members(struct reader *r, struct demo_node *n)
{
    const char          close = n->type == DEMO_OBJECT ? '}' : ']';
    struct demo_node  **tail = &n->child;

    r->at++;
    space(r);
    if (r->at < r->end && *r->at == close) {
        r->at++;
        return true;
    }
    for ( ;; ) {
        const char  *key = NULL;
        size_t       key_len = 0;

        space(r);
        if (n->type == DEMO_OBJECT) {
            if (!string(r, &key, &key_len)) {
                return false;
            }
            space(r);
            if (r->at >= r->end || *r->at++ != ':') {
                return false;
            }
        }
        *tail = value(r);
        if (*tail == NULL) {
            return false;
        }
        (*tail)->key = key;
        (*tail)->key_len = key_len;
        tail = &(*tail)->next;
        space(r);
        if (r->at >= r->end) {
            return false;
        }
        if (*r->at == close) {
            r->at++;
            return true;
        }
        if (*r->at++ != ',') {
            return false;
        }
    }
}


static struct demo_node *
value(struct reader *r)
{
    static const struct { const char *text; enum demo_type type; } words[] = {
        { "null", DEMO_NULL }, { "false", DEMO_FALSE }, { "true", DEMO_TRUE }
    };
    struct demo_node  *n = calloc(1, sizeof(*n));
    bool               ok = false;

    space(r);
    if (n == NULL || r->at >= r->end || ++r->depth > DEPTH_MAX) {
        free(n);
        return NULL;
    }
    n->at = r->at;
    if (*r->at == '{' || *r->at == '[') {
        n->type = *r->at == '{' ? DEMO_OBJECT : DEMO_ARRAY;
        ok = members(r, n);
        n->len = (size_t) (r->at - n->at);
    } else if (*r->at == '"') {
        n->type = DEMO_STRING;
        ok = string(r, &n->at, &n->len);
    } else if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9')) {
        n->type = DEMO_NUMBER;
        n->len = strspn(r->at, "+-.0123456789eE");
        ok = n->len <= (size_t) (r->end - r->at);
        r->at += n->len;
    } else {
        for (size_t i = 0; i < 3 && !ok; i++) {
            const size_t  len = strlen(words[i].text);

            if ((size_t) (r->end - r->at) >= len
                && memcmp(r->at, words[i].text, len) == 0)
            {
                n->type = words[i].type;
                n->len = len;
                r->at += len;
                ok = true;
            }
        }
    }
    r->depth--;
    if (!ok) {
        demo_json_free(n);
        return NULL;
    }
    return n;
}


void
demo_add(struct demo_text *t, const void *at, size_t len)
{
    if (t->failed) {
        return;
    }
    if (t->len + len + 1 > t->size) {
        const size_t  size = (t->len + len + 1) * 2;
        char         *p = realloc(t->at, size);

        if (p == NULL) {
            t->failed = true;
            return;
        }
        t->at = p;
        t->size = size;
    }
    if (len > 0) {
        memcpy(t->at + t->len, at, len);
    }
    t->len += len;
    t->at[t->len] = '\0';
}


void
demo_adds(struct demo_text *t, const char *s)
{
    demo_add(t, s, strlen(s));
}


void
demo_addf(struct demo_text *t, const char *fmt, ...)
{
    char     line[1024];
    va_list  ap;

    va_start(ap, fmt);
    const int  n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t) n >= sizeof(line)) {
        t->failed = true;
        return;
    }
    demo_add(t, line, (size_t) n);
}


void
demo_text_free(struct demo_text *t)
{
    free(t->at);
    *t = (struct demo_text) { 0 };
}


static void
add_rune(struct demo_text *t, uint32_t c)
{
    char  b[4];

    if (c < 0x80) {
        b[0] = (char) c;
        demo_add(t, b, 1);
    } else if (c < 0x800) {
        b[0] = (char) (0xc0 | c >> 6);
        b[1] = (char) (0x80 | (c & 63));
        demo_add(t, b, 2);
    } else if (c < 0x10000) {
        b[0] = (char) (0xe0 | c >> 12);
        b[1] = (char) (0x80 | (c >> 6 & 63));
        b[2] = (char) (0x80 | (c & 63));
        demo_add(t, b, 3);
    } else {
        b[0] = (char) (0xf0 | c >> 18);
        b[1] = (char) (0x80 | (c >> 12 & 63));
        b[2] = (char) (0x80 | (c >> 6 & 63));
        b[3] = (char) (0x80 | (c & 63));
        demo_add(t, b, 4);
    }
}


static uint32_t
hex4(const char *at)
{
    char  digits[5] = { at[0], at[1], at[2], at[3], '\0' };

    return (uint32_t) strtoul(digits, NULL, 16);
}


void
demo_add_value(struct demo_text *t, const struct demo_node *n)
{
    static const char  from[] = "nrtbf\"\\/", to[] = "\n\r\t\b\f\"\\/";

    if (n == NULL || n->type != DEMO_STRING) {
        return;
    }
    for (size_t i = 0; i < n->len; ) {
        const char  *esc = memchr(n->at + i, '\\', n->len - i);
        const size_t plain = esc == NULL ? n->len : (size_t) (esc - n->at);

        demo_add(t, n->at + i, plain - i);
        i = plain;
        if (i + 1 >= n->len) {
            break;
        }
        if (n->at[i + 1] == 'u' && i + 6 <= n->len) {
            uint32_t  c = hex4(n->at + i + 2);

            i += 6;
            if (c >= 0xd800 && c < 0xdc00 && i + 6 <= n->len
                && n->at[i] == '\\' && n->at[i + 1] == 'u')
            {
                c = 0x10000 + ((c - 0xd800) << 10)
                    + ((hex4(n->at + i + 2) - 0xdc00) & 0x3ff);
                i += 6;
            } else if (c >= 0xd800 && c < 0xe000) {
                c = 0xfffd;
            }
            add_rune(t, c);
            continue;
        }
        const char  *k = strchr(from, n->at[i + 1]);

        demo_add(t, k != NULL ? to + (k - from) : n->at + i + 1, 1);
        i += 2;
    }
}


/* Decode one code point of valid UTF-8; returns its length. */
static size_t
rune(const unsigned char *p, size_t len, uint32_t *c)
{
    const size_t  n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

    if (n > len) {
        *c = 0xfffd;
        return len;
    }
    *c = n == 1 ? *p : *p & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        *c = *c << 6 | (p[i] & 63);
    }
    return n;
}


void
demo_add_escaped(struct demo_text *t, const char *at, size_t len, bool ascii)
{
    for (size_t i = 0; i < len; ) {
        const unsigned char  b = (unsigned char) at[i];

        if (b == '"' || b == '\\') {
            demo_add(t, b == '"' ? "\\\"" : "\\\\", 2);
            i++;
        } else if (b == '\n') {
            demo_add(t, "\\n", 2);
            i++;
        } else if (b < 0x20) {
            demo_addf(t, "\\u%04x", b);
            i++;
        } else if (b < 0x80 || !ascii) {
            size_t  k = i + 1;

            while (k < len && (unsigned char) at[k] >= 0x20 && at[k] != '"'
                   && at[k] != '\\'
                   && ((unsigned char) at[k] < 0x80 || !ascii))
            {
                k++;
            }
            demo_add(t, at + i, k - i);
            i = k;
        } else {
            uint32_t  c;

            i += rune((const unsigned char *) at + i, len - i, &c);
            if (c >= 0x10000) {
                c -= 0x10000;
                demo_addf(t, "\\u%04x\\u%04x", 0xd800 | c >> 10,
                          0xdc00 | (c & 0x3ff));
            } else {
                demo_addf(t, "\\u%04x", c);
            }
        }
    }
}


void
demo_add_base64(struct demo_text *t, const void *at, size_t len)
{
    static const char    set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = at;

    for (size_t i = 0; i < len; i += 3) {
        const uint32_t  v = (uint32_t) p[i] << 16
                            | (i + 1 < len ? (uint32_t) p[i + 1] << 8 : 0)
                            | (i + 2 < len ? p[i + 2] : 0);
        const char      q[4] = { set[v >> 18], set[v >> 12 & 63],
                                 i + 1 < len ? set[v >> 6 & 63] : '=',
                                 i + 2 < len ? set[v & 63] : '=' };

        demo_add(t, q, 4);
    }
}
