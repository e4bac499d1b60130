/* flow_fixture.h: a worker with a compiled register, for tests of flow. */
#ifndef WEIR_FLOW_FIXTURE_H
#define WEIR_FLOW_FIXTURE_H

#include "base/test.h"
#include "compile/compile.h"
#include "weir/flow.h"

struct fixture {
    struct weir_worker    w;
    struct weir_snapshot  snap;
    struct weir_buf       file;
    int                   dirfd;
    char                  dir[64];
    struct weir_flow     *f;
};

/* Keys are "key-ruled", "key-plain", "key-draft". Ends the test when the
   register does not compile. */
void fixture_open(struct fixture *x);
void fixture_close(struct fixture *x);

/* One call up to the decision; what weir_flow_open or _finish returned. */
int fixture_call(struct fixture *x, const char *key, const char *path,
    struct weir_span body);
/* The same, and what goes to the upstream is `want`. Ends the call. */
void fixture_sent(struct fixture *x, const char *name, const char *key,
    const char *path, const char *body, const char *want);
/* The answer fed in pieces of `step` bytes (0: random up to 9, seed). Ends
   the call. */
int fixture_answer(struct fixture *x, const char *type, int status,
    struct weir_span answer, size_t step, uint64_t *seed,
    struct weir_buf *out);
void fixture_end(struct fixture *x);

static inline bool
has(const struct weir_buf *b, const char *text)
{
    return b->len > 0 && memmem(b->at, b->len, text, strlen(text)) != NULL;
}

#endif
