/*
 * test.h: the whole test harness: TAP on standard output.
 *
 *     CHECK(x == 1);                 counts; prints the line when it fails
 *     CHECK_MSG(ok, "case %s", name);
 *     int main(void) { test_a(); return weir_test_done(); }
 */
#ifndef WEIR_TEST_H
#define WEIR_TEST_H

#include "weir/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned weir_test_count, weir_test_failures;

__attribute__((format(printf, 4, 5), unused))
static bool
weir_test_check(bool ok, const char *file, int line, const char *fmt, ...)
{
    va_list  ap;

    weir_test_count++;
    if (!ok) {
        weir_test_failures++;
        printf("not ok %u - %s:%d: ", weir_test_failures, file, line);
        va_start(ap, fmt);
        vprintf(fmt, ap);
        va_end(ap);
        printf("\n");
        fflush(stdout);
    }
    return ok;
}

#define CHECK(x)           weir_test_check((x), __FILE__, __LINE__, "%s", #x)
#define CHECK_MSG(x, ...)  weir_test_check((x), __FILE__, __LINE__, __VA_ARGS__)

/* Failed checks print their own lines; all that held are one more line, so
   that property tests with millions of checks stay readable. */
__attribute__((unused))
static int
weir_test_done(void)
{
    printf("%sok %u - %u checks held\n", weir_test_failures ? "not " : "",
           weir_test_failures + 1, weir_test_count - weir_test_failures);
    printf("1..%u\n", weir_test_failures + 1);
    return weir_test_failures != 0 || weir_test_count == 0;
}

/* A copy of [at, at+len) that ends at a page that cannot be touched: one
   byte read too far crashes. Freed by the end of the process. */
__attribute__((unused))
static uint8_t *
weir_test_fenced(const void *at, size_t len)
{
    const size_t  page = (size_t) sysconf(_SC_PAGESIZE);
    const size_t  size = (len + page - 1) / page * page;
    uint8_t      *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + size, page, PROT_NONE) != 0) {
        abort();
    }
    if (len > 0) {
        memcpy(map + size - len, at, len);
    }
    return map + size - len;
}

/* xorshift64*: the same sequence for the same seed, everywhere. */
__attribute__((unused))
static uint64_t
weir_test_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

#endif
