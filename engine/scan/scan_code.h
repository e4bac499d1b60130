/*
 * scan_code.h: the next code point of raw text in one of the three codings.
 *
 * text_next() returns the position behind the character at `at`, its code
 * point in *cp; or 0 when the text ends inside it and more may come. Bad
 * input is U+FFFD: one per maximal subpart of ill-formed UTF-8 (Unicode
 * 3.9, table 3-8), one per lone surrogate (RFC 8259 8.2), one for the
 * backslash of an unknown escape.
 */
#ifndef WEIR_SCAN_CODE_H
#define WEIR_SCAN_CODE_H

#include "weir/scan.h"

#define CODE_BAD  0xfffdu

struct text {
    const uint8_t  *at;
    size_t          len;
    bool            last;
};

static size_t
text_utf8(const struct text *t, size_t at, uint32_t *cp)
{
    const uint8_t  c = t->at[at];
    uint32_t       low = 0x80, high = 0xbf, v;
    size_t         n, i;

    *cp = CODE_BAD;
    if (c < 0x80) {
        *cp = c;
        return at + 1;
    }
    if (c >= 0xc2 && c <= 0xdf) {
        n = 1;
        v = c & 0x1f;
    } else if (c >= 0xe0 && c <= 0xef) {
        n = 2;
        v = c & 0x0f;
        low = c == 0xe0 ? 0xa0 : 0x80;
        high = c == 0xed ? 0x9f : 0xbf;
    } else if (c >= 0xf0 && c <= 0xf4) {
        n = 3;
        v = c & 0x07;
        low = c == 0xf0 ? 0x90 : 0x80;
        high = c == 0xf4 ? 0x8f : 0xbf;
    } else {
        return at + 1;
    }
    for (i = 1; i <= n; i++) {
        if (at + i >= t->len) {
            return t->last ? at + i : 0;
        }
        if (t->at[at + i] < low || t->at[at + i] > high) {
            return at + i;
        }
        v = v << 6 | (t->at[at + i] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *cp = v;
    return at + n + 1;
}

static int
hex_value(uint32_t c)
{
    if (c >= '0' && c <= '9') {
        return (int) c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (int) c - 'a' + 10 : -1;
}

static size_t text_level(const struct text *t, unsigned level, size_t at,
    uint32_t *cp);

/* The four digits behind \u at `at`; *cp is UINT32_MAX if they are
   none. 0: the text ends. */
static size_t
text_hex(const struct text *t, unsigned level, size_t at, uint32_t *cp)
{
    uint32_t  c, v = 0;
    unsigned  i;

    for (i = 0; i < 4; i++) {
        if (at >= t->len) {
            return 0;
        }
        at = text_level(t, level, at, &c);
        if (at == 0) {
            return 0;
        }
        if (c > 0x7f || hex_value(c) < 0) {
            *cp = UINT32_MAX;
            return at;
        }
        v = v << 4 | (uint32_t) hex_value(c);
    }
    *cp = v;
    return at;
}

/* Behind a high surrogate that ends at `at`: the low one that follows, or
   nothing. 0: the text ends before that is known. */
static size_t
text_low(const struct text *t, unsigned level, size_t at, uint32_t *cp)
{
    static const char  lead[2] = { '\\', 'u' };
    const uint32_t     high = *cp;
    size_t             end = at;
    uint32_t           c;
    unsigned           i;

    *cp = CODE_BAD;
    for (i = 0; i < 2; i++) {
        if (end >= t->len) {
            return t->last ? at : 0;
        }
        end = text_level(t, level, end, &c);
        if (end == 0) {
            return t->last ? at : 0;
        }
        if (c != (uint32_t) lead[i]) {
            return at;
        }
    }
    end = text_hex(t, level, end, &c);
    if (end == 0) {
        return t->last ? at : 0;
    }
    if (c < 0xdc00 || c > 0xdfff) {
        return at;
    }
    *cp = 0x10000 + ((high - 0xd800) << 10) + (c - 0xdc00);
    return end;
}

/* Level 0 is UTF-8; level n undoes the escapes of one more JSON string. */
static size_t
text_level(const struct text *t, unsigned level, size_t at, uint32_t *cp)
{
    uint32_t  c;
    size_t    end, next;

    if (level == 0) {
        return text_utf8(t, at, cp);
    }
    end = text_level(t, level - 1, at, cp);
    if (end == 0 || *cp != '\\') {
        return end;
    }
    next = end >= t->len ? 0 : text_level(t, level - 1, end, &c);
    if (next == 0) {
        *cp = CODE_BAD;
        return t->last ? end : 0;
    }
    switch (c) {
    case '"': case '\\': case '/':
        *cp = c;
        return next;
    case 'b': *cp = '\b'; return next;
    case 'f': *cp = '\f'; return next;
    case 'n': *cp = '\n'; return next;
    case 'r': *cp = '\r'; return next;
    case 't': *cp = '\t'; return next;
    case 'u':
        break;
    default:
        *cp = CODE_BAD;
        return end;
    }
    next = text_hex(t, level - 1, next, cp);
    if (next == 0 || *cp == UINT32_MAX) {
        *cp = CODE_BAD;
        return next == 0 && !t->last ? 0 : end;
    }
    if (*cp >= 0xd800 && *cp <= 0xdbff) {
        return text_low(t, level - 1, next, cp);
    }
    if (*cp >= 0xdc00 && *cp <= 0xdfff) {
        *cp = CODE_BAD;
    }
    return next;
}

static inline size_t
text_next(const struct text *t, enum weir_coding coding, size_t at,
    uint32_t *cp)
{
    return text_level(t, (unsigned) coding, at, cp);
}

#endif
