/*
 * json.h: an incremental JSON tokenizer (RFC 8259, strict), driven by bytes.
 *
 * It checks the grammar, the escapes, UTF-8 and the depth, and says where
 * each token stands in the document; it copies nothing but the first bytes
 * of a key, string or number (`head`), unescaped, so that keys and short
 * values can be compared. A split may fall on any byte: the tokens and the
 * error are the same.
 */
#ifndef WEIR_DECODE_JSON_H
#define WEIR_DECODE_JSON_H

#include "weir/base.h"
#include "weir/limits.h"

enum weir_token_kind {
    WEIR_TOKEN_OBJECT, WEIR_TOKEN_OBJECT_END,
    WEIR_TOKEN_ARRAY, WEIR_TOKEN_ARRAY_END,
    WEIR_TOKEN_KEY, WEIR_TOKEN_STRING, WEIR_TOKEN_NUMBER,
    WEIR_TOKEN_TRUE, WEIR_TOKEN_FALSE, WEIR_TOKEN_NULL
};

/* [begin, end) of the document: a bracket, a literal, a number; keys and
   strings without their quotes. */
struct weir_token {
    uint32_t              begin;
    uint32_t              end;
    enum weir_token_kind  kind;
};

struct weir_json {            /* 104 bytes; may be memcpy'd */
    uint32_t  pos;            /* bytes taken */
    uint32_t  begin;          /* of the token under way */
    uint32_t  digits;         /* of the number */
    uint16_t  depth;          /* open containers */
    uint16_t  hex;            /* of a \u escape so far */
    uint8_t   state;
    uint8_t   is_key;         /* the string under way is a key */
    uint8_t   left;           /* bytes of a UTF-8 sequence, hex digits or
                                 letters of a literal still to come */
    uint8_t   low;            /* bounds of the next byte of the sequence */
    uint8_t   high;
    uint8_t   literal;        /* enum weir_token_kind of the literal */
    uint8_t   head_len;
    uint8_t   head_more;      /* the value is longer than head */
    uint64_t  arrays[WEIR_JSON_DEPTH_MAX / 64];   /* bit: is an array */
    uint8_t   head[WEIR_JSON_KEY_BYTES];
};

void weir_json_open(struct weir_json *j);

/*
 * Take bytes from [*at, end) up to the end of the next token and move *at
 * behind them. WEIR_DONE: *token is one, `head` belongs to it until the next
 * call. WEIR_MORE: all bytes are taken. BAD_JSON, BAD_UTF8, TOO_DEEP: the
 * document is broken; do not call again. The caller sees to it that the
 * document stays below 4 GB. O(bytes taken), allocates nothing.
 */
WEIR_CHECKED int weir_json_next(struct weir_json *j, const uint8_t **at,
    const uint8_t *end, struct weir_token *token);

/* No more bytes. WEIR_DONE: *token is a number that ended with the document,
   call again; WEIR_OK: the document is whole; BAD_JSON. */
WEIR_CHECKED int weir_json_finish(struct weir_json *j,
    struct weir_token *token);

/* The number in `head` as an integer in [0, max]; -1 if it is none. */
int64_t weir_json_integer(const struct weir_json *j, int64_t max);

#endif
