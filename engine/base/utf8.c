/*
 * utf8.c: what is UTF-8 and what is not.
 */
#include "weir/base.h"


bool
weir_is_utf8(const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t  c = at[i];
        const size_t   more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint8_t        low = 0x80, high = 0xbf;

        if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || more >= len - i) {
            return false;
        }
        low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
        high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
        for (size_t k = 0; k < more; k++) {
            i++;
            if (at[i] < low || at[i] > high) {
                return false;
            }
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}
