/*
 * json.c: the tokenizer. One switch over states that can stop at any byte;
 * string bodies, which are most of a body, go word by word.
 *
 * Order: the body of strings, strings, numbers, structure, the switch.
 * It knows no key and no shape.
 */
#include "decode/json.h"

#include "weir/error.h"

#include <endian.h>

enum {
    sw_value, sw_array_first, sw_object_first, sw_key, sw_colon, sw_after,
    sw_string, sw_escape, sw_hex, sw_utf8,
    sw_literal,
    /* numbers, RFC 8259 6; the order is that of number_next */
    sw_minus, sw_zero, sw_int, sw_dot, sw_frac, sw_e, sw_sign, sw_exp
};

static_assert(sizeof(struct weir_json) == 104, "size");
static_assert(WEIR_JSON_DEPTH_MAX % 64 == 0, "bits of arrays");
static_assert(WEIR_JSON_KEY_BYTES <= UINT8_MAX, "head_len");

#define ONES   UINT64_C(0x0101010101010101)
#define HIGHS  UINT64_C(0x8080808080808080)


/* ---- the body of a string ---- */

/* A high bit at the first byte of `w` that is not plain ASCII text: a
   control character, '"', '\\' or the lead of a UTF-8 sequence. Bits above
   the lowest one may be wrong (the borrow of the subtraction runs upward). */
static inline uint64_t
special(uint64_t w)
{
    const uint64_t  quote = w ^ ONES * '"';
    const uint64_t  slash = w ^ ONES * '\\';

    return ((w - ONES * 0x20) | (quote - ONES) | (slash - ONES) | w) & HIGHS;
}


/* Length of the valid UTF-8 sequence of two to four bytes at p, of which
   four bytes can be read; 0 if there is none (Unicode 3.9, table 3-7). */
static inline unsigned
sequence(const uint8_t *p)
{
    uint32_t  w;

    memcpy(&w, p, 4);
    w = le32toh(w);

    if ((w & 0x00c0c0f0) == 0x008080e0) {
        /* E0 wants A0..BF: no overlong; ED wants 80..9F: no surrogate */
        return (w & 0x200f) == 0 || (w & 0x200f) == 0x200d ? 0 : 3;
    }
    if ((w & 0xc0e0) == 0x80c0) {
        return (w & 0x1e) == 0 ? 0 : 2;                /* C0, C1 overlong */
    }
    if ((w & 0xc0c0c0f8) == 0x808080f0) {
        const uint32_t  top = (w & 7) << 2 | (w >> 12 & 3);

        return top == 0 || top > 16 ? 0 : 4;   /* overlong, > U+10FFFF */
    }
    return 0;
}


/* The first byte of [p, end) that the switch must look at. */
static const uint8_t *
text_run(const uint8_t *p, const uint8_t *end)
{
    uint64_t  w, t;
    unsigned  n;

    while (end - p >= 8) {
        memcpy(&w, p, 8);
        t = special(le64toh(w));
        if (t == 0) {
            p += 8;
            continue;
        }

        p += (unsigned) __builtin_ctzll(t) / 8;
        if (*p < 0x80) {
            return p;
        }

        while (end - p >= 4 && *p >= 0x80) {
            n = sequence(p);
            if (n == 0) {
                return p;
            }
            p += n;
        }
    }

    while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\') {
        p++;
    }
    return p;
}


static inline void
head_add(struct weir_json *j, const uint8_t *at, size_t len)
{
    const size_t  room = sizeof(j->head) - j->head_len;

    if (len > room) {
        j->head_more = 1;
        len = room;
    }
    memcpy(j->head + j->head_len, at, len);
    j->head_len += (uint8_t) len;
}


/* The same for a run that a buffer up to `end` holds: most are short, and
   16 bytes at once cost less than a call. */
static inline void
head_run(struct weir_json *j, const uint8_t *at, size_t len,
    const uint8_t *end)
{
    if (len <= 16 && end - at >= 16
        && j->head_len <= sizeof(j->head) - 16)
    {
        memcpy(j->head + j->head_len, at, 16);
        j->head_len += (uint8_t) len;

    } else if (!j->head_more) {
        head_add(j, at, len);
    }
}


/* A code unit of a \u escape. A surrogate goes in as three bytes, which no
   key of ours has. */
static void
head_unit(struct weir_json *j, unsigned u)
{
    uint8_t   b[3];
    unsigned  n = 0;

    if (u < 0x80) {
        b[n++] = (uint8_t) u;

    } else if (u < 0x800) {
        b[n++] = (uint8_t) (0xc0 | u >> 6);
        b[n++] = (uint8_t) (0x80 | (u & 0x3f));

    } else {
        b[n++] = (uint8_t) (0xe0 | u >> 12);
        b[n++] = (uint8_t) (0x80 | (u >> 6 & 0x3f));
        b[n++] = (uint8_t) (0x80 | (u & 0x3f));
    }
    head_add(j, b, n);
}


/* ---- strings ---- */

static void
string_begin(struct weir_json *j, bool is_key)
{
    j->state = sw_string;
    j->is_key = is_key;
    j->begin = j->pos + 1;
    j->head_len = 0;
    j->head_more = 0;
}


/* The lead byte of a UTF-8 sequence, Unicode 3.9 table 3-7. */
static int
utf8_lead(struct weir_json *j, uint8_t c)
{
    j->low = 0x80;
    j->high = 0xbf;

    if (c >= 0xc2 && c <= 0xdf) {
        j->left = 1;

    } else if (c >= 0xe0 && c <= 0xef) {
        j->left = 2;
        j->low = c == 0xe0 ? 0xa0 : 0x80;
        j->high = c == 0xed ? 0x9f : 0xbf;

    } else if (c >= 0xf0 && c <= 0xf4) {
        j->left = 3;
        j->low = c == 0xf0 ? 0x90 : 0x80;
        j->high = c == 0xf4 ? 0x8f : 0xbf;

    } else {
        return WEIR_E_BAD_UTF8;
    }
    j->state = sw_utf8;
    head_add(j, &c, 1);
    return WEIR_MORE;
}


static int
utf8_next(struct weir_json *j, uint8_t c)
{
    if (c < j->low || c > j->high) {
        return WEIR_E_BAD_UTF8;
    }
    j->low = 0x80;
    j->high = 0xbf;
    j->left--;
    if (j->left == 0) {
        j->state = sw_string;
    }
    head_add(j, &c, 1);
    return WEIR_MORE;
}


/* At the closing quote. */
static inline int
string_end(struct weir_json *j, struct weir_token *token)
{
    static_assert(WEIR_TOKEN_KEY + 1 == WEIR_TOKEN_STRING
                  && sw_colon + 1 == sw_after, "no branch");

    token->begin = j->begin;
    token->end = j->pos;
    token->kind = (enum weir_token_kind) (WEIR_TOKEN_STRING - j->is_key);
    j->state = (uint8_t) (sw_after - j->is_key);
    return WEIR_DONE;
}


/* A byte of a string that text_run does not pass. */
static int
string_byte(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    if (c == '"') {
        return string_end(j, token);
    }
    if (c == '\\') {
        j->state = sw_escape;
        return WEIR_MORE;
    }
    if (c >= 0x80) {
        return utf8_lead(j, c);
    }
    return WEIR_E_BAD_JSON;          /* a control character, RFC 8259 7 */
}


static int
escape_byte(struct weir_json *j, uint8_t c)
{
    static const char  names[] = "\"\\/bfnrt";
    static const char  means[] = "\"\\/\b\f\n\r\t";
    const char        *at;

    if (c == 'u') {
        j->state = sw_hex;
        j->left = 4;
        j->hex = 0;
        return WEIR_MORE;
    }

    at = c == '\0' ? NULL : strchr(names, c);
    if (at == NULL) {
        return WEIR_E_BAD_JSON;
    }
    head_add(j, (const uint8_t *) means + (at - names), 1);
    j->state = sw_string;
    return WEIR_MORE;
}


static int
hex_byte(struct weir_json *j, uint8_t c)
{
    unsigned  v;

    if (c >= '0' && c <= '9') {
        v = c - '0';

    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        v = (c | 0x20) - 'a' + 10u;

    } else {
        return WEIR_E_BAD_JSON;
    }

    j->hex = (uint16_t) (j->hex << 4 | v);
    j->left--;
    if (j->left == 0) {
        head_unit(j, j->hex);
        j->state = sw_string;
    }
    return WEIR_MORE;
}


/* ---- numbers ---- */

/* Rows: states from sw_minus; columns: 0, 1-9, '.', e, '+', '-'. 0: no. */
static const uint8_t  number_next[8][6] = {
    /* minus */ { sw_zero, sw_int, 0, 0, 0, 0 },
    /* zero  */ { 0, 0, sw_dot, sw_e, 0, 0 },
    /* int   */ { sw_int, sw_int, sw_dot, sw_e, 0, 0 },
    /* dot   */ { sw_frac, sw_frac, 0, 0, 0, 0 },
    /* frac  */ { sw_frac, sw_frac, 0, sw_e, 0, 0 },
    /* e     */ { sw_exp, sw_exp, 0, 0, sw_sign, sw_sign },
    /* sign  */ { sw_exp, sw_exp, 0, 0, 0, 0 },
    /* exp   */ { sw_exp, sw_exp, 0, 0, 0, 0 }
};


static bool
number_may_end(uint8_t state)
{
    return state == sw_zero || state == sw_int || state == sw_frac
           || state == sw_exp;
}


static int
number_end(struct weir_json *j, struct weir_token *token)
{
    if (!number_may_end(j->state)) {
        return WEIR_E_BAD_JSON;
    }
    token->begin = j->begin;
    token->end = j->pos;
    token->kind = WEIR_TOKEN_NUMBER;
    j->state = sw_after;
    return WEIR_DONE;
}


/* WEIR_DONE: the number ended before this byte. */
static int
number_byte(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    unsigned  column;
    uint8_t   next;

    switch (c) {
    case '.':           column = 2; break;
    case 'e': case 'E': column = 3; break;
    case '+':           column = 4; break;
    case '-':           column = 5; break;
    default:
        if (c < '0' || c > '9') {
            return number_end(j, token);
        }
        column = c != '0';
        j->digits++;
    }

    next = number_next[j->state - sw_minus][column];
    if (next == 0) {
        return WEIR_E_BAD_JSON;
    }
    j->state = next;
    head_add(j, &c, 1);
    return WEIR_MORE;
}


/* Digits behind a digit of a whole number, which change no state. */
static inline size_t
digits_run(struct weir_json *j, const uint8_t *p, const uint8_t *end)
{
    size_t  n = 0;

    if (j->state != sw_int) {
        return 0;
    }
    while (p + n < end && (uint8_t) (p[n] - '0') <= 9) {
        n++;
    }
    if (!j->head_more) {
        head_add(j, p, n);
    }
    j->digits += (uint32_t) n;
    j->pos += (uint32_t) n;
    return n;
}


int64_t
weir_json_integer(const struct weir_json *j, int64_t max)
{
    int64_t  v = 0;

    if (j->head_more || j->head_len == 0) {
        return -1;
    }
    for (unsigned i = 0; i < j->head_len; i++) {
        const int64_t  digit = j->head[i] - '0';

        if (digit < 0 || digit > 9 || digit > max || v > (max - digit) / 10) {
            return -1;
        }
        v = v * 10 + digit;
    }
    return v;
}


/* ---- structure ---- */

static int
container_begin(struct weir_json *j, bool is_array, struct weir_token *token)
{
    const uint64_t  bit = UINT64_C(1) << j->depth % 64;

    if (j->depth == WEIR_JSON_DEPTH_MAX) {
        return WEIR_E_TOO_DEEP;
    }
    if (is_array) {
        j->arrays[j->depth / 64] |= bit;
    } else {
        j->arrays[j->depth / 64] &= ~bit;
    }
    j->depth++;
    j->state = is_array ? sw_array_first : sw_object_first;
    token->begin = j->pos;
    token->end = j->pos + 1;
    token->kind = is_array ? WEIR_TOKEN_ARRAY : WEIR_TOKEN_OBJECT;
    return WEIR_DONE;
}


static bool
in_array(const struct weir_json *j)
{
    const unsigned  i = j->depth - 1u;

    return j->arrays[i / 64] >> i % 64 & 1;
}


static int
container_end(struct weir_json *j, bool is_array, struct weir_token *token)
{
    if (j->depth == 0 || in_array(j) != is_array) {
        return WEIR_E_BAD_JSON;
    }
    j->depth--;
    j->state = sw_after;
    token->begin = j->pos;
    token->end = j->pos + 1;
    token->kind = is_array ? WEIR_TOKEN_ARRAY_END : WEIR_TOKEN_OBJECT_END;
    return WEIR_DONE;
}


static const struct {
    char     text[6];
    uint8_t  len;
} literals[] = {
    [WEIR_TOKEN_TRUE]  = { "true", 4 },
    [WEIR_TOKEN_FALSE] = { "false", 5 },
    [WEIR_TOKEN_NULL]  = { "null", 4 }
};


static int
literal_byte(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    const uint8_t  len = literals[j->literal].len;

    if (c != (uint8_t) literals[j->literal].text[len - j->left]) {
        return WEIR_E_BAD_JSON;
    }
    j->left--;
    if (j->left > 0) {
        return WEIR_MORE;
    }
    token->begin = j->begin;
    token->end = j->pos + 1;
    token->kind = (enum weir_token_kind) j->literal;
    j->state = sw_after;
    return WEIR_DONE;
}


static int
value_begin(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    switch (c) {
    case '"':
        string_begin(j, false);
        return WEIR_MORE;
    case '{':
        return container_begin(j, false, token);
    case '[':
        return container_begin(j, true, token);
    case 't':
        j->literal = WEIR_TOKEN_TRUE;
        break;
    case 'f':
        j->literal = WEIR_TOKEN_FALSE;
        break;
    case 'n':
        j->literal = WEIR_TOKEN_NULL;
        break;
    default:
        if (c != '-' && (c < '0' || c > '9')) {
            return WEIR_E_BAD_JSON;
        }
        j->begin = j->pos;
        j->head_len = 0;
        j->head_more = 0;
        j->digits = c != '-';
        j->state = c == '-' ? sw_minus : c == '0' ? sw_zero : sw_int;
        head_add(j, &c, 1);
        return WEIR_MORE;
    }

    j->begin = j->pos;
    j->left = literals[j->literal].len - 1;
    j->state = sw_literal;
    return WEIR_MORE;
}


/* A byte between tokens that is not white space. */
static int
structure_byte(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    switch (j->state) {
    case sw_array_first:
        if (c == ']') {
            return container_end(j, true, token);
        }
        return value_begin(j, c, token);

    case sw_value:
        return value_begin(j, c, token);

    case sw_object_first:
        if (c == '}') {
            return container_end(j, false, token);
        }
        /* fall through */

    case sw_key:
        if (c != '"') {
            return WEIR_E_BAD_JSON;
        }
        string_begin(j, true);
        return WEIR_MORE;

    case sw_colon:
        if (c != ':') {
            return WEIR_E_BAD_JSON;
        }
        j->state = sw_value;
        return WEIR_MORE;

    default:                         /* sw_after */
        if (c == ',' && j->depth > 0) {
            j->state = in_array(j) ? sw_value : sw_key;
            return WEIR_MORE;
        }
        if (c == ']' || c == '}') {
            return container_end(j, c == ']', token);
        }
        return WEIR_E_BAD_JSON;
    }
}


/* ---- the machine ---- */

void
weir_json_open(struct weir_json *j)
{
    j->pos = 0;
    j->begin = 0;
    j->digits = 0;
    j->depth = 0;
    j->hex = 0;
    j->state = sw_value;
    j->is_key = 0;
    j->left = 0;
    j->low = 0;
    j->high = 0;
    j->literal = 0;
    j->head_len = 0;
    j->head_more = 0;
}


/* One byte, not yet counted in pos. WEIR_OK: it was white space. */
static int
byte(struct weir_json *j, uint8_t c, struct weir_token *token)
{
    switch (j->state) {
    case sw_string:
        return string_byte(j, c, token);
    case sw_escape:
        return escape_byte(j, c);
    case sw_hex:
        return hex_byte(j, c);
    case sw_utf8:
        return utf8_next(j, c);
    case sw_literal:
        return literal_byte(j, c, token);
    default:
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            return WEIR_OK;
        }
        return structure_byte(j, c, token);
    }
}


/* The body of a string up to its end, or to a byte for the switch. */
static inline int
string_run(struct weir_json *j, const uint8_t **at, const uint8_t *end,
    struct weir_token *token)
{
    const uint8_t *const  p = *at;
    const uint8_t        *run = text_run(p, end);

    head_run(j, p, (size_t) (run - p), end);
    j->pos += (uint32_t) (run - p);
    *at = run;
    if (run < end && *run == '"') {
        const int  rc = string_end(j, token);

        j->pos++;
        (*at)++;
        return rc;
    }
    return WEIR_MORE;
}


/*
 * What nearly always stands between two tokens, without the switch: `,"` in
 * an object, `:"`, with or without a space. Takes nothing, or all up to the
 * first byte of the string.
 */
static inline const uint8_t *
string_ahead(struct weir_json *j, const uint8_t *p, const uint8_t *end)
{
    const bool      key = j->state != sw_colon;
    const uint8_t  *q = p;

    if (j->state == sw_colon || j->state == sw_after) {
        if (*q != (key ? ',' : ':')
            || (key && (j->depth == 0 || in_array(j))))
        {
            return p;
        }
        q++;
        q += q < end && *q == ' ';

    } else if (j->state != sw_object_first) {
        return p;
    }

    if (q == end || *q != '"') {
        return p;
    }
    j->pos += (uint32_t) (q - p);
    string_begin(j, key);
    j->pos++;
    return q + 1;
}


int
weir_json_next(struct weir_json *j, const uint8_t **at, const uint8_t *end,
    struct weir_token *token)
{
    const uint8_t  *p = *at;
    int             rc = WEIR_MORE;

    if (p < end) {
        p = string_ahead(j, p, end);
    }

    while (p < end) {
        if (j->state == sw_string) {
            rc = string_run(j, &p, end, token);
            if (rc == WEIR_DONE || p == end) {
                break;
            }
            rc = string_byte(j, *p, token);

        } else if (j->state >= sw_minus) {
            p += digits_run(j, p, end);
            if (p == end) {
                break;
            }
            rc = number_byte(j, *p, token);
            if (rc == WEIR_DONE) {
                break;               /* this byte is not of the number */
            }

        } else {
            rc = byte(j, *p, token);
        }

        if (rc < 0) {
            break;
        }
        p++;
        j->pos++;
        if (rc == WEIR_DONE) {
            break;
        }
    }

    *at = p;
    return rc == WEIR_OK ? WEIR_MORE : rc;
}


int
weir_json_finish(struct weir_json *j, struct weir_token *token)
{
    if (j->state >= sw_minus && j->depth == 0) {
        return number_end(j, token);
    }
    return j->state == sw_after && j->depth == 0 ? WEIR_OK : WEIR_E_BAD_JSON;
}
