/*
 * plain.c: undo the JSON escapes of a short raw span (RFC 8259 7): what a
 * pseudonym stands for is kept as plain UTF-8. The span was accepted by the
 * decoder, so escapes are whole; one that is not is copied as it is.
 */
#include "act/act_internal.h"


static int
hex4(const uint8_t *p, size_t len)
{
    int  v = 0;

    if (len < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        const uint8_t  c = p[i];
        int            d;

        if (c >= '0' && c <= '9') {
            d = c - '0';
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            d = (c | 0x20) - 'a' + 10;
        } else {
            return -1;
        }
        v = v << 4 | d;
    }
    return v;
}


static void
add_code_point(struct weir_buf *out, uint32_t cp)
{
    if (cp >= 0xd800 && cp <= 0xdfff) {
        cp = 0xfffd;             /* a lone surrogate has no UTF-8 */
    }
    if (cp < 0x80) {
        weir_buf_addc(out, (uint8_t) cp);
    } else if (cp < 0x800) {
        weir_buf_addc(out, (uint8_t) (0xc0 | cp >> 6));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp & 0x3f)));
    } else if (cp < 0x10000) {
        weir_buf_addc(out, (uint8_t) (0xe0 | cp >> 12));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp >> 6 & 0x3f)));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp & 0x3f)));
    } else {
        weir_buf_addc(out, (uint8_t) (0xf0 | cp >> 18));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp >> 12 & 0x3f)));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp >> 6 & 0x3f)));
        weir_buf_addc(out, (uint8_t) (0x80 | (cp & 0x3f)));
    }
}


/* One escape at p[0] == '\\'; returns its raw length. */
static size_t
unescape(struct weir_buf *out, const uint8_t *p, size_t len)
{
    static const char  from[] = "\"\\/bfnrt";
    static const char  to[] = "\"\\/\b\f\n\r\t";
    const char        *at;
    int                hi, lo;

    if (len < 2) {
        weir_buf_addc(out, p[0]);
        return 1;
    }
    if (p[1] != 'u') {
        at = p[1] != 0 ? strchr(from, p[1]) : NULL;
        if (at == NULL) {
            weir_buf_addc(out, p[0]);
            return 1;
        }
        weir_buf_addc(out, (uint8_t) to[at - from]);
        return 2;
    }
    hi = hex4(p + 2, len - 2);
    if (hi < 0) {
        weir_buf_addc(out, p[0]);
        return 1;
    }
    if (hi >= 0xd800 && hi < 0xdc00 && len >= 12 && p[6] == '\\'
        && p[7] == 'u')
    {
        lo = hex4(p + 8, len - 8);
        if (lo >= 0xdc00 && lo < 0xe000) {
            add_code_point(out, 0x10000u + (((uint32_t) hi - 0xd800) << 10)
                                + ((uint32_t) lo - 0xdc00));
            return 12;
        }
    }
    add_code_point(out, (uint32_t) hi);
    return 6;
}


static void
plain_once(struct weir_buf *out, struct weir_span raw)
{
    size_t  i = 0;

    while (i < raw.len) {
        const uint8_t  *p = memchr(raw.at + i, '\\', raw.len - i);
        const size_t    n = p == NULL ? raw.len - i
                                      : (size_t) (p - raw.at) - i;

        weir_buf_add(out, raw.at + i, n);
        i += n;
        if (i < raw.len) {
            i += unescape(out, raw.at + i, raw.len - i);
        }
    }
}


void
weir_plain(struct weir_buf *out, enum weir_coding coding,
    struct weir_span raw)
{
    struct weir_buf  once;

    if (coding == WEIR_PLAIN) {
        weir_buf_add(out, raw.at, raw.len);
        return;
    }
    if (coding == WEIR_JSON) {
        plain_once(out, raw);
        return;
    }
    weir_buf_init(&once, out->mem, raw.len * 2 + 16);
    plain_once(&once, raw);
    plain_once(out, weir_buf_span(&once));
    weir_buf_release(&once);
}
