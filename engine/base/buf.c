/*
 * buf.c: blocks by size class from a per-worker cache, and the growing
 * buffer on top of it.
 *
 * A block has no header: its size class follows from `got`, which the owner
 * keeps. Free blocks of a class hang in a list through their first bytes.
 */
#include "weir/buf.h"
#include "weir/error.h"

#include <stdlib.h>

#define BITS_MIN    8       /* 256 bytes: what one held text needs */
#define BITS_MAX    40
#define CLASSES     (4 * (BITS_MAX - BITS_MIN) + 1)
#define KEEP        ((size_t) 16 << 20)    /* larger ones go to the heap */
#define ALWAYS      8192    /* blocks up to here are not bounded */

struct weir_mem {
    size_t  used;
    size_t  cached;
    size_t  cached_max;
    size_t  bytes_max;        /* of both; 0: no bound */
    uint64_t  refused;
    void   *free[CLASSES];
};


/*
 * Four classes to a doubling: 256, 320, 384, 448, 512, 640 ... An open call
 * is a little over 2 KB, and one of an idle stream is all that it holds of
 * ours: with powers of two it would hold 4.
 */
static unsigned
class_of(size_t size)
{
    const size_t  n = size > 0 ? size - 1 : 0;
    unsigned      bits;

    if (n >> BITS_MIN == 0) {
        return 0;
    }
    bits = 63 - (unsigned) __builtin_clzll(n);
    return 4 * (bits - BITS_MIN) + (unsigned) (n >> (bits - 2) & 3) + 1;
}


static size_t
class_size(unsigned k)
{
    return k == 0 ? (size_t) 1 << BITS_MIN
                  : (size_t) (5 + (k - 1) % 4) << (BITS_MIN - 2 + (k - 1) / 4);
}


struct weir_mem *
weir_mem_open(size_t cache_bytes_max)
{
    struct weir_mem  *m = calloc(1, sizeof(*m));

    if (m != NULL) {
        m->cached_max = cache_bytes_max;
    }
    return m;
}


/* Free blocks go back to the heap. */
static void
uncache(struct weir_mem *m)
{
    for (unsigned k = 0; k < CLASSES; k++) {
        while (m->free[k] != NULL) {
            void  *next;

            memcpy(&next, m->free[k], sizeof(next));
            free(m->free[k]);
            m->free[k] = next;
        }
    }
    m->cached = 0;
}


void
weir_mem_close(struct weir_mem *m)
{
    if (m != NULL) {
        uncache(m);
        free(m);
    }
}


void
weir_mem_limit(struct weir_mem *m, size_t bytes_max)
{
    m->bytes_max = bytes_max;
}


bool
weir_mem_scarce(struct weir_mem *m)
{
    const bool  scarce = m->bytes_max != 0
                         && m->used > m->bytes_max - m->bytes_max / 4;

    m->refused += scarce;
    return scarce;
}


/* A new block, unless it would pass the bound. What is kept for later gives
   way first. Small ones are always given: refusals are made of them, and no
   call has many. */
static void *
fresh(struct weir_mem *m, size_t size)
{
    if (m->bytes_max != 0 && size > ALWAYS) {
        if (m->used > m->bytes_max || size > m->bytes_max - m->used) {
            m->refused++;
            return NULL;
        }
        if (m->cached > m->bytes_max - m->used - size) {
            uncache(m);
        }
    }
    return malloc(size);
}


void *
weir_mem_get(struct weir_mem *m, size_t size, size_t *got)
{
    void     *block;
    size_t    all;
    unsigned  k;

    *got = 0;
    if (size > (size_t) 1 << BITS_MAX) {
        return NULL;
    }
    k = class_of(size);
    all = class_size(k);
    block = m->free[k];
    if (block != NULL) {
        memcpy(&m->free[k], block, sizeof(void *));
        m->cached -= all;
    } else {
        block = fresh(m, all);
        if (block == NULL) {
            return NULL;
        }
    }
    *got = all;
    m->used += all;
    return block;
}


void
weir_mem_put(struct weir_mem *m, void *block, size_t got)
{
    unsigned  k;

    if (block == NULL) {
        return;
    }
    k = class_of(got);
    weir_assert(got == class_size(k));
    weir_assert(m->used >= got);
    m->used -= got;
    if (got > KEEP || m->cached + got > m->cached_max) {
        free(block);
        return;
    }
    memcpy(block, &m->free[k], sizeof(void *));
    m->free[k] = block;
    m->cached += got;
}


size_t
weir_mem_used(const struct weir_mem *m)
{
    return m->used;
}


uint64_t
weir_mem_refused(const struct weir_mem *m)
{
    return m->refused;
}


void
weir_buf_init(struct weir_buf *b, struct weir_mem *mem, size_t max)
{
    *b = (struct weir_buf) { .mem = mem, .max = max };
}


void
weir_buf_release(struct weir_buf *b)
{
    if (b->at != NULL) {
        weir_mem_put(b->mem, b->at, b->cap);
    }
    b->at = NULL;
    b->len = 0;
    b->cap = 0;
    b->failed = false;
}


int
weir_buf_reserve(struct weir_buf *b, size_t more)
{
    uint8_t  *at;
    size_t    got, want;

    /* The bound is exact, not that of the block. */
    if (b->failed || more > b->max || b->len > b->max - more) {
        b->failed = true;
        return WEIR_E_NO_MEMORY;
    }
    if (more <= b->cap - b->len) {
        return WEIR_OK;
    }
    /* The first block is as large as is asked for, the others twice as large
       as those before: what grows by bytes is copied twice at most. No block
       is larger than what may stand in it. */
    want = 2 * b->cap < b->max ? 2 * b->cap : b->max;
    want = b->len + more > want || b->cap == 0 ? b->len + more : want;
    at = weir_mem_get(b->mem, want, &got);
    if (at == NULL) {
        b->failed = true;
        return WEIR_E_NO_MEMORY;
    }
    if (b->len > 0) {
        memcpy(at, b->at, b->len);
    }
    if (b->at != NULL) {
        weir_mem_put(b->mem, b->at, b->cap);
    }
    b->at = at;
    b->cap = got;
    return WEIR_OK;
}


void
weir_buf_add(struct weir_buf *b, const void *at, size_t len)
{
    if (len == 0 || b->failed || weir_buf_reserve(b, len) != WEIR_OK) {
        return;
    }
    memcpy(b->at + b->len, at, len);
    b->len += len;
}


void
weir_buf_adds(struct weir_buf *b, const char *s)
{
    weir_buf_add(b, s, strlen(s));
}


void
weir_buf_addc(struct weir_buf *b, uint8_t c)
{
    weir_buf_add(b, &c, 1);
}


void
weir_buf_addu(struct weir_buf *b, uint64_t n)
{
    char    text[20];
    size_t  i = sizeof(text);

    do {
        text[--i] = (char) ('0' + n % 10);
        n /= 10;
    } while (n != 0);
    weir_buf_add(b, text + i, sizeof(text) - i);
}


void
weir_buf_addi(struct weir_buf *b, int64_t n)
{
    if (n < 0) {
        weir_buf_addc(b, '-');
    }
    weir_buf_addu(b, n < 0 ? -(uint64_t) n : (uint64_t) n);
}


/* Length of the valid UTF-8 sequence at p, 0 if there is none (Unicode
   15.0 table 3-7). */
static size_t
utf8_len(const uint8_t *p, size_t len)
{
    uint8_t  lo = 0x80, hi = 0xbf;
    size_t   n;

    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3;
        lo = p[0] == 0xe0 ? 0xa0 : 0x80;
        hi = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4;
        lo = p[0] == 0xf0 ? 0x90 : 0x80;
        hi = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (len < n || p[1] < lo || p[1] > hi) {
        return 0;
    }
    for (size_t i = 2; i < n; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return n;
}


/* The escape of one byte below 0x80 that needs one; length, 0 if none. */
static size_t
escape_one(uint8_t c, char out[6])
{
    static const char  hex[] = "0123456789abcdef";
    char               s = 0;

    switch (c) {
    case '"':  s = '"';  break;
    case '\\': s = '\\'; break;
    case '\n': s = 'n';  break;
    case '\r': s = 'r';  break;
    case '\t': s = 't';  break;
    case '\b': s = 'b';  break;
    case '\f': s = 'f';  break;
    default:
        if (c >= 0x20 && c != 0x7f) {
            return 0;
        }
        memcpy(out, "\\u00", 4);
        out[4] = hex[c >> 4];
        out[5] = hex[c & 15];
        return 6;
    }
    out[0] = '\\';
    out[1] = s;
    return 2;
}


static void
add_escaped(struct weir_buf *b, uint8_t c, int depth)
{
    char    text[6];
    size_t  n = escape_one(c, text);

    if (n == 0 || depth == 0) {
        weir_buf_addc(b, c);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        add_escaped(b, (uint8_t) text[i], depth - 1);
    }
}


void
weir_buf_add_json(struct weir_buf *b, struct weir_span s, int depth)
{
    size_t  i = 0;

    if (depth == 0) {
        weir_buf_add(b, s.at, s.len);
        return;
    }
    while (i < s.len) {
        const size_t  n = utf8_len(s.at + i, s.len - i);

        if (n == 0) {
            weir_buf_adds(b, "\xef\xbf\xbd");
            i++;
        } else if (n == 1) {
            add_escaped(b, s.at[i], depth);
            i++;
        } else {
            weir_buf_add(b, s.at + i, n);
            i += n;
        }
    }
}


void
weir_buf_shift(struct weir_buf *b, size_t n)
{
    weir_assert(n <= b->len);
    if (n > 0) {
        memmove(b->at, b->at + n, b->len - n);
        b->len -= n;
    }
}
