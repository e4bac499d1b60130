/*
 * crc32c.c: CRC-32C (Castagnoli, RFC 3720 B.4): by SSE 4.2 where the
 * processor has it, else by a table of 16 entries. One result for both.
 */
#include "weir/base.h"

#define POLY_REVERSED  0x82f63b78u


static uint32_t
crc_plain(uint32_t crc, const uint8_t *p, size_t len)
{
    /* The table for half a byte, made on the stack: 16 entries. */
    uint32_t  table[16];

    for (uint32_t i = 0; i < 16; i++) {
        uint32_t  c = i;

        for (int k = 0; k < 4; k++) {
            c = (c & 1) ? (c >> 1) ^ POLY_REVERSED : c >> 1;
        }
        table[i] = c;
    }

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        crc = table[crc & 15] ^ (crc >> 4);
        crc = table[crc & 15] ^ (crc >> 4);
    }
    return crc;
}


#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t
crc_sse42(uint32_t crc, const uint8_t *p, size_t len)
{
    uint64_t  c = crc;

    while (len >= 8) {
        uint64_t  v;

        memcpy(&v, p, 8);
        c = __builtin_ia32_crc32di(c, v);
        p += 8;
        len -= 8;
    }
    crc = (uint32_t) c;
    while (len-- > 0) {
        crc = __builtin_ia32_crc32qi(crc, *p++);
    }
    return crc;
}

#endif


uint32_t
weir_crc32c(uint32_t crc, const void *at, size_t len)
{
    crc = ~crc;

#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        return ~crc_sse42(crc, at, len);
    }
#endif

    return ~crc_plain(crc, at, len);
}
