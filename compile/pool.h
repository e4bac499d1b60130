/*
 * pool.h: memory of the compiler: small pieces that are all freed at once.
 * Never NULL: a compiler without memory has nothing to say and aborts (it
 * runs in the keeper's child or the command line, never on the data path).
 */
#ifndef WEIR_POOL_H
#define WEIR_POOL_H

#include "weir/base.h"

struct weir_pool_block;

struct weir_pool {
    struct weir_pool_block  *blocks;
};

/* Zeroed, 16-byte aligned, until release. */
void *weir_pool_get(struct weir_pool *p, size_t size);
/* Copies with a NUL behind. */
char *weir_pool_text(struct weir_pool *p, const void *at, size_t len);
char *weir_pool_printf(struct weir_pool *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
void weir_pool_release(struct weir_pool *p);

/* Grow a heap array so that one more record fits behind `n`. */
void weir_grow(void *array, size_t n, size_t *cap, size_t record);

#endif
