/*
 * translate_internal.h: what the files of this room share.
 *
 *     translate.c              framing of a stream, ids, errors
 *     translate_tree.c         a document as a tree of ranges
 *     translate_to_messages.c  request: chat -> messages
 *     translate_of_responses.c request: Responses -> messages
 *     translate_to_chat.c      request: messages -> chat
 *     translate_whole.c        JSON answers and errors, both ways
 *     translate_responses.c    answers: messages -> Responses
 *     translate_chunks.c       stream: events of messages -> chunks of chat
 *     translate_events.c       stream: chunks of chat -> events of messages
 */
#ifndef WEIR_TRANSLATE_INTERNAL_H
#define WEIR_TRANSLATE_INTERNAL_H

#include "translate/translate_tree.h"
#include "weir/decode.h"
#include "weir/error.h"
#include "weir/translate.h"

/* Between two texts that become one: they were two, and were inspected as
   two. Inside a JSON string. */
#define WEIR_BETWEEN_TEXTS  "\\n\\n"

/* One document on its way. */
struct weir_xlate {
    const struct weir_translate_how  *how;
    struct weir_tree                  t;
    struct weir_buf                  *out;
    char                             *field;   /* of the error, or NULL */
    int                               role;    /* to messages: of the open
                                                  message; 0: none is */
    bool                              first;   /* nothing in the list yet */
};

enum weir_field_fate {
    WEIR_FATE_TAKEN,       /* the code beside the table does it */
    WEIR_FATE_COPY,        /* the same in both */
    WEIR_FATE_DROP,        /* no counterpart, and nothing relies on it */
    WEIR_FATE_UNSET,       /* refused unless it asks for nothing: false, 0,
                              "", [], {} */
    WEIR_FATE_REFUSE
};

struct weir_field_row {
    const char            *name;
    enum weir_field_fate   fate;
};

/* Every member of the request's root by its row; what is in no row is
   refused, for nobody here knows what it asks for. Copies come with a comma
   before them. */
int weir_xlate_fields(struct weir_xlate *x, const struct weir_node *root,
    const struct weir_field_row *rows, size_t nrows);

/* NOT_TRANSLATABLE, because of this field. */
int weir_xlate_refuse(struct weir_xlate *x, const char *field);
int weir_xlate_refuse_part(struct weir_xlate *x, const char *before,
    struct weir_span name);

/* Does the value ask for nothing? */
bool weir_xlate_unset(const struct weir_tree *t, const struct weir_node *n);

static inline void
weir_put(struct weir_buf *out, const char *text)
{
    weir_buf_adds(out, text);
}

static inline void
weir_put_span(struct weir_buf *out, struct weir_span s)
{
    weir_buf_add(out, s.at, s.len);
}

/* {"model":"..." */
void weir_put_model(struct weir_xlate *x, const struct weir_node *root);

/* The raw value, or what stands for none. */
void weir_put_or(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *n, const char *none);

/* The arguments of a tool, JSON inside a string, as an object of their own.
   What is no object becomes {"INVALID_JSON":"..."}, as Anthropic's
   documentation advises for tools that stream. */
void weir_put_input(struct weir_buf *out, struct weir_mem *mem,
    const struct weir_tree *t, const struct weir_node *arguments);

/* An id that Anthropic takes: letters, digits, "_" and "-". */
void weir_put_tool_id(struct weir_buf *out, struct weir_span raw);
/* One of ours, with quotes: for an answer that has none. */
void weir_put_own_id(struct weir_buf *out, const char *before,
    const char *call, unsigned n);

/* Texts of an array of parts in one JSON string, without its quotes; *any:
   there was one. */
void weir_put_joined(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *parts, bool *any);

/* ---- to messages, from whichever side ---- */

enum weir_role { WEIR_ROLE_NOBODY, WEIR_ROLE_USER, WEIR_ROLE_ASSISTANT };

/* The opening of a messages body: model, max_tokens (`most`, or else the
   model's) and the fields that are copied; NOT_TRANSLATABLE: of another. */
WEIR_CHECKED int weir_open_messages(struct weir_xlate *x,
    const struct weir_node *root, const struct weir_node *most,
    const struct weir_field_row *fields, size_t n);
/* Before a block of this side: its message is open, or is opened. */
void weir_open_block(struct weir_xlate *x, int role);
void weir_close_message(struct weir_xlate *x);
/* A block with this text, if there is any, or this picture; role NOBODY: in
   a list that is open, x->first says where. */
WEIR_CHECKED int weir_put_text_of(struct weir_xlate *x,
    const struct weir_node *text, int role);
WEIR_CHECKED int weir_put_image_of(struct weir_xlate *x,
    const struct weir_node *link, int role);
void weir_put_user(struct weir_xlate *x, const struct weir_node *root);
/* tool_choice and parallel_tool_calls; `name`: of the one tool. */
WEIR_CHECKED int weir_put_choice(struct weir_xlate *x,
    const struct weir_node *root, const struct weir_node *name);
/* The form of the answer, and how much is to be thought about it; `field`
   is refused when there is no schema. */
WEIR_CHECKED int weir_put_output(struct weir_xlate *x,
    const struct weir_node *form, const struct weir_node *schema,
    const struct weir_node *effort, const char *field);

int weir_request_to_messages(struct weir_xlate *x);
int weir_request_of_responses(struct weir_xlate *x);
int weir_request_to_chat(struct weir_xlate *x);

/* Why an answer ended, without quotes. */
const char *weir_stop_of_finish(const struct weir_tree *t,
    const struct weir_node *finish, bool tools);
const char *weir_finish_of_stop(const struct weir_tree *t,
    const struct weir_node *stop);

struct weir_counts {           /* of usage; -1 unknown */
    int64_t  input;            /* all of it */
    int64_t  cached;           /* read from a cache, part of `input` */
    int64_t  written;          /* into one, part of `input` */
    int64_t  output;
    int64_t  reasoning;        /* part of `output` */
};

#define WEIR_COUNTS_NONE  { -1, -1, -1, -1, -1 }

/* What the object says is taken over; the rest stays. */
void weir_counts_of_chat(struct weir_counts *c, const struct weir_tree *t,
    const struct weir_node *usage);
void weir_counts_of_messages(struct weir_counts *c,
    const struct weir_tree *t, const struct weir_node *usage);
/* Whole objects. Unknown numbers are left out, or 0 where SDKs need one. */
void weir_put_chat_usage(struct weir_buf *out, const struct weir_counts *c);
void weir_put_messages_usage(struct weir_buf *out,
    const struct weir_counts *c);

/* {"error":...} of either to the other; `doc` is the root. */
void weir_put_error(struct weir_buf *out, enum weir_translate_side client,
    int status, const struct weir_tree *t, const struct weir_node *doc);
/* ,"weir":{...} if the object has one: what a rule of ours said. */
void weir_put_why(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *object);

enum weir_lane_kind { WEIR_LANE_TEXT, WEIR_LANE_THINKING, WEIR_LANE_TOOL };
enum weir_lane_state { WEIR_LANE_WAITS, WEIR_LANE_OPEN, WEIR_LANE_CLOSED };

/* A content block in the making: translate_events.c; of the Responses
   interface `key` is the block, `block` the item, `wait` all its text. */
struct weir_block_lane {
    enum weir_lane_kind   kind;
    enum weir_lane_state  state;
    uint32_t              key;         /* index of the tool call */
    uint32_t              block;       /* once open */
    int32_t               depth;       /* of the arguments so far */
    bool                  begun;
    bool                  in_string;
    bool                  escaped;
    bool                  garbled;     /* they cannot be JSON */
    struct weir_buf       head;        /* "id":...,"name":... */
    struct weir_buf       wait;        /* raw text that has not left */
};

struct weir_translator {
    struct weir_translate_how  how;
    size_t                     got;
    struct weir_sse            sse;
    struct weir_buf            event;      /* not whole yet */
    struct weir_counts         counts;
    int64_t                    counted;    /* output, by us; -1 */
    bool                       begun;      /* the first event has left */
    bool                       ended;      /* the last one has */
    char                       id[WEIR_TRANSLATE_ID_BYTES];    /* raw, with */
    char                       model[WEIR_TRANSLATE_ID_BYTES]; /* quotes */
    struct weir_buf            why;        /* ,"weir":{...} */
    /* to events */
    struct weir_buf            lanes;      /* struct weir_block_lane */
    uint32_t                   blocks;     /* begun so far */
    uint32_t                   waiting;    /* bytes in lanes that wait */
    const char                *stop;       /* NULL: not said; to Responses
                                              incomplete_details, or NULL */
    bool                       tools;      /* one was called */
    char                       matched[WEIR_TRANSLATE_ID_BYTES]; /* stop
                                              sequence, raw; vLLM says */
    /* to chunks */
    uint32_t                   tool_blocks[WEIR_TRANSLATE_LANES_MAX];
    bool                       tool_said[WEIR_TRANSLATE_LANES_MAX];
    uint32_t                   ntools;
    int64_t                    text_block; /* the last with text; -1 */
    int64_t                    thinking_block;
    bool                       finished;   /* a finish_reason has left */
    /* to Responses; beside lanes, blocks, waiting and stop */
    uint64_t                   sequence;
};

/* The document of one event; not [DONE]. */
int weir_chunks_take(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out);
int weir_chunks_end(struct weir_translator *t, struct weir_buf *out);
int weir_events_take(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out);
int weir_events_end(struct weir_translator *t, struct weir_buf *out);
void weir_events_close(struct weir_translator *t);
int weir_responses_take(struct weir_translator *t,
    const struct weir_tree *doc, struct weir_buf *out);
int weir_responses_end(struct weir_translator *t, struct weir_buf *out);
int weir_answer_to_responses(const struct weir_translate_how *how,
    const struct weir_tree *t, struct weir_buf *out);

/* The raw value into out[WEIR_TRANSLATE_ID_BYTES] if it fits and is a string;
   else what is there stays. */
void weir_keep_raw(char *out, const struct weir_tree *t,
    const struct weir_node *n);

#endif
