/*
 * pool.c: pieces of blocks in a list; large pieces get a block of their own.
 */
#include "compile/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES  65536

struct weir_pool_block {
    struct weir_pool_block  *next;
    size_t                   used;
    size_t                   size;
    size_t                   reserved;
};

static_assert(sizeof(struct weir_pool_block) % 16 == 0, "alignment");


void *
weir_pool_get(struct weir_pool *p, size_t size)
{
    struct weir_pool_block  *b = p->blocks;
    const size_t             need = (size + 15) & ~(size_t) 15;
    uint8_t                 *at;

    weir_assert(need >= size);
    if (b == NULL || need > b->size - b->used) {
        const size_t  bytes = need > BLOCK_BYTES / 4 ? need : BLOCK_BYTES;

        b = calloc(1, sizeof(*b) + bytes);
        weir_assert(b != NULL);
        b->size = bytes;
        if (p->blocks != NULL && bytes == need) {
            b->next = p->blocks->next;    /* keep the open block in front */
            p->blocks->next = b;
        } else {
            b->next = p->blocks;
            p->blocks = b;
        }
    }
    at = (uint8_t *) (b + 1) + b->used;
    b->used += need;
    return at;
}


char *
weir_pool_text(struct weir_pool *p, const void *at, size_t len)
{
    char  *s = weir_pool_get(p, len + 1);

    if (len > 0) {
        memcpy(s, at, len);
    }
    return s;
}


char *
weir_pool_printf(struct weir_pool *p, const char *fmt, ...)
{
    va_list  ap;
    char    *s;
    int      n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    weir_assert(n >= 0);
    s = weir_pool_get(p, (size_t) n + 1);
    va_start(ap, fmt);
    (void) vsnprintf(s, (size_t) n + 1, fmt, ap);
    va_end(ap);
    return s;
}


void
weir_pool_release(struct weir_pool *p)
{
    while (p->blocks != NULL) {
        struct weir_pool_block  *next = p->blocks->next;

        free(p->blocks);
        p->blocks = next;
    }
}


void
weir_grow(void *array, size_t n, size_t *cap, size_t record)
{
    void   *old, *at;
    size_t  more;

    if (n < *cap) {
        return;
    }
    more = *cap == 0 ? 16 : *cap * 2;
    memcpy(&old, array, sizeof(old));
    at = reallocarray(old, more, record);
    weir_assert(at != NULL);
    memset((uint8_t *) at + *cap * record, 0, (more - *cap) * record);
    memcpy(array, &at, sizeof(at));
    *cap = more;
}
