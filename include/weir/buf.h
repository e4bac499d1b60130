/*
 * buf.h: the one growing buffer.  Memory comes from a per-worker cache of
 * blocks in power-of-two sizes, so that a steady load allocates nothing.
 */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include "weir/base.h"

struct weir_mem;      /* a cache of blocks; one per worker, not shared */

/* NULL when the heap is exhausted. `cache_bytes_max` bounds what is kept. */
struct weir_mem *weir_mem_open(size_t cache_bytes_max);
void weir_mem_close(struct weir_mem *mem);

/* A block of at least `size` bytes, its true size in *got; NULL if none. */
void *weir_mem_get(struct weir_mem *mem, size_t size, size_t *got);
void weir_mem_put(struct weir_mem *mem, void *block, size_t got);

/* From now on at most `bytes_max` are handed out or kept, but for blocks of up
   to 8 KB; 0: no bound. */
void weir_mem_limit(struct weir_mem *mem, size_t bytes_max);

/* Are three of four bytes of the bound handed out? Then new work is refused,
   so that what has begun may end. Counted by weir_mem_refused. */
WEIR_CHECKED bool weir_mem_scarce(struct weir_mem *mem);

/* Bytes handed out and not yet returned. */
size_t weir_mem_used(const struct weir_mem *mem);
/* How often memory was refused because of the bound. */
uint64_t weir_mem_refused(const struct weir_mem *mem);

struct weir_buf {
    struct weir_mem  *mem;
    uint8_t          *at;
    size_t            len;
    size_t            cap;
    size_t            max;    /* growing past it is refused, and sticky */
    bool              failed; /* an append was refused: check once at the end */
};

void weir_buf_init(struct weir_buf *b, struct weir_mem *mem, size_t max);
void weir_buf_release(struct weir_buf *b);

/* Room for `more` bytes behind len; WEIR_OK or WEIR_E_NO_MEMORY. */
int weir_buf_reserve(struct weir_buf *b, size_t more);

/* Append; refused bytes set `failed` and are dropped as a whole. */
void weir_buf_add(struct weir_buf *b, const void *at, size_t len);
void weir_buf_adds(struct weir_buf *b, const char *s);
void weir_buf_addc(struct weir_buf *b, uint8_t c);
void weir_buf_addu(struct weir_buf *b, uint64_t n);   /* decimal */
void weir_buf_addi(struct weir_buf *b, int64_t n);
/* As the inside of a JSON string: ", \ and controls escaped (RFC 8259 7).
   Invalid UTF-8 becomes U+FFFD. `depth` 2 escapes twice (a JSON text inside
   a JSON string); 0 adds the bytes as they are. */
void weir_buf_add_json(struct weir_buf *b, struct weir_span s, int depth);

/* Drop the first n bytes (moves the rest). */
void weir_buf_shift(struct weir_buf *b, size_t n);

static inline struct weir_span
weir_buf_span(const struct weir_buf *b)
{
    return (struct weir_span) { b->at, b->len };
}

#endif
