/* inject_utf8.h: UTF-8 of the project's own files to code points. */
#ifndef INJECT_UTF8_H
#define INJECT_UTF8_H

#include <stdint.h>

static inline uint32_t
inject_utf8(const char **at)
{
    const unsigned char *p = (const unsigned char *) *at;
    unsigned             n = *p < 0xc0 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
    uint32_t             cp = n == 0 ? *p : *p & (0x3fu >> n);

    for (p++; n > 0 && (*p & 0xc0) == 0x80; n--) {
        cp = cp << 6 | (*p++ & 0x3f);
    }
    *at = (const char *) p;
    return cp;
}

#endif
