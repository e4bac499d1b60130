/*
 * demo_model.h: what the three files of the demo model share.
 *
 * weir-demo-model is a script, not a model: a small server in the shapes of
 * OpenAI, Anthropic and Google that answers with canned sentences, for
 * `make run`, the tests and the bench. demo_model.c talks HTTP, demo_answer.c
 * makes the answers, demo_json.c reads JSON. Uses nothing but libc.
 */
#ifndef WEIR_DEMO_MODEL_H
#define WEIR_DEMO_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- demo_json.c ---- */

enum demo_type { DEMO_NULL, DEMO_FALSE, DEMO_TRUE, DEMO_NUMBER, DEMO_STRING,
                 DEMO_ARRAY, DEMO_OBJECT };

struct demo_node {
    enum demo_type     type;
    const char        *at;      /* raw text; a string without its quotes */
    size_t             len;
    const char        *key;     /* raw key, when it is a member */
    size_t             key_len;
    struct demo_node  *child;   /* first element or member */
    struct demo_node  *next;
};

/* The nodes point into `text`. NULL if it is not JSON. Freed by
   demo_json_free. */
struct demo_node *demo_json_read(const char *text, size_t len);
void demo_json_free(struct demo_node *n);
/* Member of an object; NULL if n is no object or has none. */
struct demo_node *demo_json_get(const struct demo_node *n, const char *key);
long demo_json_long(const struct demo_node *n, long otherwise);
bool demo_json_is(const struct demo_node *n, const char *text);

/* A growing string; sticky `failed` instead of checks at every call. */
struct demo_text {
    char    *at;
    size_t   len;
    size_t   size;
    bool     failed;
};

void demo_add(struct demo_text *t, const void *at, size_t len);
void demo_adds(struct demo_text *t, const char *s);
void demo_addf(struct demo_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void demo_text_free(struct demo_text *t);
/* The value of a JSON string node, unescaped, as UTF-8. */
void demo_add_value(struct demo_text *t, const struct demo_node *n);
/* UTF-8 as the inside of a JSON string; `ascii`: all else as \uXXXX. */
void demo_add_escaped(struct demo_text *t, const char *at, size_t len,
    bool ascii);
void demo_add_base64(struct demo_text *t, const void *at, size_t len);

/* ---- demo_answer.c ---- */

/* One write() of an answer, and how long to wait before it. */
struct demo_piece {
    size_t    end;              /* of the bytes, in the wire */
    uint32_t  wait_ms;
    uint32_t  stamp;            /* where in the piece the time goes, or 0 */
};

struct demo_wire {
    struct demo_text    bytes;  /* HTTP head and body */
    struct demo_piece  *pieces;
    size_t              npieces;
    size_t              cap;
    bool                close;  /* hang up behind the last piece */
    bool                shared; /* a prebuilt one: not freed */
};

struct demo_request {
    const char  *method;        /* NUL-terminated */
    const char  *path;
    const char  *head;          /* all header lines */
    size_t       head_len;
    const char  *body;
    size_t       body_len;
};

/* The answer to a request, on the heap or prebuilt. Never NULL but for want
   of memory. */
struct demo_wire *demo_answer(const struct demo_request *r);
void demo_wire_free(struct demo_wire *w);
/* A whole JSON (or other) body as one piece. */
struct demo_wire *demo_plain(int status, const char *type,
    const char *body, size_t len);
/* Keep a named set of directives (PUT /demo/script/NAME). */
bool demo_script_put(const char *name, const char *body, size_t len);
/* What the bench asks for, or NULL; no JSON is parsed. */
struct demo_wire *demo_bench(const char *body, size_t len);

#endif
