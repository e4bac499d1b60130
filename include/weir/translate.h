/*
 * translate.h: a call of one protocol as one of another: OpenAI chat
 * completions and Anthropic messages, both ways. Pure transformers of bytes:
 * they know nothing of rules, money and nginx, and stand at the outer side of
 * flow. What goes in was inspected, and what comes out has no text that was
 * not in it, but for what docs/translate.md names.
 *
 *     client speaks chat      request  -> messages    answer <- messages
 *     client speaks messages  request  -> chat        answer <- chat
 *
 * What has no counterpart is left out where that changes nothing that the
 * caller relies on, and refused where it does (NOT_TRANSLATABLE, which names
 * the field): docs/translate.md has the table.
 */
#ifndef WEIR_TRANSLATE_H
#define WEIR_TRANSLATE_H

#include "weir/base.h"
#include "weir/buf.h"
#include "weir/limits.h"

enum weir_translate_side { WEIR_WIRE_CHAT, WEIR_WIRE_MESSAGES };

struct weir_translate_how {
    struct weir_mem  *mem;
    enum weir_translate_side  client;  /* what the caller speaks; the upstream
                                      speaks the other */
    bool              usage;       /* chat: asked for the usage of a stream */
    bool              openai;      /* the upstream is OpenAI's own service,
                                      which takes no field that it does not
                                      know, and max_completion_tokens in the
                                      place of max_tokens */
    int64_t           max_tokens;  /* messages must name one: when the caller
                                      did not */
    uint64_t          now_s;       /* `created` of an answer */
    const char       *id;          /* of the call, 26 letters and digits:
                                      outlives what is opened with it */
};

/*
 * A whole request body, valid JSON, into `out`. WEIR_OK; NOT_TRANSLATABLE:
 * `field` says what; BAD_REQUEST: it lacks what every request has; BAD_JSON,
 * TOO_MANY_TEXTS, NO_MEMORY. O(body), memory from how->mem.
 */
WEIR_CHECKED int weir_translate_request(const struct weir_translate_how *how,
    struct weir_span body, struct weir_buf *out,
    char field[WEIR_TRANSLATE_FIELD_BYTES]);

/* A whole JSON answer of the upstream, of an error too, into `out`. WEIR_OK,
   UPSTREAM_BAD, NO_MEMORY. */
WEIR_CHECKED int weir_translate_answer(const struct weir_translate_how *how,
    int status, struct weir_span body, struct weir_buf *out);

struct weir_translator;        /* of a stream */

/* NULL: no memory. */
struct weir_translator *weir_translate_open(
    const struct weir_translate_how *how);
/*
 * Bytes of the upstream's stream, in any pieces; whole events of the
 * client's shape come out. WEIR_OK, UPSTREAM_BAD, ANSWER_TOO_LARGE (an event
 * beyond WEIR_EVENT_BYTES_MAX), NO_MEMORY.
 */
WEIR_CHECKED int weir_translate_feed(struct weir_translator *t,
    const uint8_t *at, size_t len, struct weir_buf *out);
/* The stream has ended whole: what the client still waits for. */
WEIR_CHECKED int weir_translate_finish(struct weir_translator *t,
    struct weir_buf *out);
/* What was counted here, for a stream that ends before the upstream says. */
void weir_translate_counted(struct weir_translator *t, int64_t output_tokens);
/* NULL is allowed. */
void weir_translate_close(struct weir_translator *t);

#endif
