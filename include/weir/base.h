/*
 * base.h: the words that every room shares.
 *
 * Return values: WEIR_OK, WEIR_MORE, WEIR_DONE or a negative enum
 * weir_error (error.h).  Never two failure values, never errno.
 * Ranges are half open everywhere: [begin, end).
 */
#ifndef WEIR_BASE_H
#define WEIR_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WEIR_OK    0
#define WEIR_MORE  1   /* needs more input, or more room: see the call */
#define WEIR_DONE  2

#define WEIR_CHECKED  __attribute__((warn_unused_result))
#define WEIR_PUBLIC   __attribute__((visibility("default")))
#define WEIR_LIKELY(x)    __builtin_expect(!!(x), 1)
#define WEIR_UNLIKELY(x)  __builtin_expect(!!(x), 0)

/* Bytes that somebody else owns. `at` may be NULL only when len is 0. */
struct weir_span {
    const uint8_t  *at;
    size_t          len;
};

#define WEIR_SPAN(lit)  ((struct weir_span) { (const uint8_t *) (lit), \
                                              sizeof(lit) - 1 })

/*
 * Stays on in production: cheap, and about our own invariants only.
 * Input never trips it.
 */
#define weir_assert(x)                                                       \
    ((x) ? (void) 0 : weir_assert_failed(#x, __FILE__, __LINE__))

_Noreturn void weir_assert_failed(const char *what, const char *file,
    int line);

/* Money: exact integers, 1 = one millionth of the unit (CNY, EUR, ...). */
typedef int64_t weir_micro;
#define WEIR_MICRO  INT64_C(1000000)

static inline struct weir_span
weir_span_of(const char *s)
{
    return (struct weir_span) { (const uint8_t *) s, strlen(s) };
}

static inline bool
weir_span_is(struct weir_span s, const char *lit)
{
    const size_t  n = strlen(lit);

    return s.len == n && (n == 0 || memcmp(s.at, lit, n) == 0);
}

/* CRC-32C (RFC 3720 B.4), O(len); `crc` 0 at the start, chains. */
uint32_t weir_crc32c(uint32_t crc, const void *at, size_t len);

/* SHA-256 (FIPS 180-4) of `len` bytes into out[32]. */
void weir_sha256(const void *at, size_t len, uint8_t out[32]);

/* A 16-byte id as 26 characters of Crockford base 32 (ULID order: time first
   sorts), NUL-terminated; and back (WEIR_OK or WEIR_MORE when it is not an
   id; case-insensitive). */
void weir_id_text(const uint8_t id[16], char out[27]);
WEIR_CHECKED int weir_id_parse(struct weir_span text, uint8_t id[16]);

/* HMAC-SHA256 (RFC 2104, FIPS 198-1). */
void weir_hmac_sha256(struct weir_span key, struct weir_span text,
    uint8_t out[32]);

/* Is it UTF-8 (RFC 3629 4)? */
bool weir_is_utf8(const uint8_t *at, size_t len);

/* Equal in time that depends on len alone. */
bool weir_equal_ct(const void *a, const void *b, size_t len);

#endif
