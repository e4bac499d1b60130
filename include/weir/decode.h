/*
 * decode.h: where the text is in a protocol body, without rewriting what it
 * does not own. Incremental: bytes may come in any pieces. No allocation:
 * the caller gives the table of texts.
 */
#ifndef WEIR_DECODE_H
#define WEIR_DECODE_H

#include "weir/base.h"
#include "weir/limits.h"
#include "weir/scan.h"

enum weir_shape {
    WEIR_SHAPE_OPENAI_REQUEST,     /* POST /v1/chat/completions */
    WEIR_SHAPE_OPENAI_ANSWER,      /* its JSON answer */
    WEIR_SHAPE_OPENAI_CHUNK,       /* data of one SSE event of it */
    WEIR_SHAPE_ANTHROPIC_REQUEST,  /* POST /v1/messages */
    WEIR_SHAPE_ANTHROPIC_ANSWER,
    WEIR_SHAPE_ANTHROPIC_EVENT,
    WEIR_SHAPE_ERROR,              /* error body of an upstream: all strings */
    WEIR_SHAPE_COMPLETION_REQUEST, /* POST /v1/completions; its answers have
                                      the OPENAI shapes */
    WEIR_SHAPE_INPUT_REQUEST,      /* embeddings, moderations, images/...,
                                      audio/speech: an `input` or `prompt` */
    WEIR_SHAPE_PLAIN_ANSWER,       /* the answers to those */
    WEIR_SHAPE_RESPONSES_REQUEST,  /* POST /v1/responses */
    WEIR_SHAPE_RESPONSES_ANSWER,
    WEIR_SHAPE_RESPONSES_EVENT,
    WEIR_SHAPE_GEMINI_REQUEST,     /* POST /v1beta/models/ID:... */
    WEIR_SHAPE_GEMINI_ANSWER,      /* whole, and data of one SSE event: the
                                      interface has one type for both */
    WEIR_SHAPE_MCP_REQUEST,        /* POST /mcp/NAME: one JSON-RPC message */
    WEIR_SHAPE_MCP_ANSWER,         /* whole, and data of one SSE event */
    WEIR_SHAPE_TRANSCRIPT_ANSWER,  /* POST /v1/audio/transcriptions */
    WEIR_SHAPE_TRANSCRIPT_EVENT,
    WEIR_SHAPE_BATCH_LINE,         /* of a file of requests; `body` is a
                                      document of its own */
    WEIR_SHAPE_BATCH_REQUEST,      /* POST /v1/batches */
    WEIR_SHAPE_BATCH_ITEM,         /* of the requests of the next one */
    WEIR_SHAPE_BATCH_LIST,         /* POST /v1/messages/batches */
    WEIR_SHAPE_BATCH_RESULT,       /* a line of a file of answers */
    WEIR_SHAPE_OBJECT_ANSWER,      /* what a file or a batch is */
    WEIR_SHAPES
};

/* What a text is, for the record and for how it is rewritten. */
enum weir_place {
    WEIR_AT_SYSTEM, WEIR_AT_USER, WEIR_AT_ASSISTANT, WEIR_AT_TOOL_RESULT,
    WEIR_AT_TOOL_CALL,     /* arguments, input */
    WEIR_AT_TOOL_DEF,      /* tools[]: descriptions, schemas */
    WEIR_AT_REASONING,     /* reasoning_content, reasoning, thinking */
    WEIR_AT_REFUSAL,
    WEIR_AT_OTHER          /* any other string: inspected all the same */
};

enum weir_text_form {
    WEIR_TEXT_STRING,      /* between the quotes of a JSON string value */
    WEIR_TEXT_KEY,         /* between the quotes of an object key of free
                              JSON (tool input) */
    WEIR_TEXT_NUMBER       /* a number literal of seven digits or more in
                              free JSON; a rewrite must add quotes */
};

/*
 * One text value. `stream` texts (deltas) with the same channel continue
 * each other over the events of an answer; others are whole.
 * Channel of OpenAI: choice << 16 | field << 12 | tool index, of Anthropic:
 * content block index << 16 | field << 12, of Responses: output index << 16
 * | field << 12 | content or summary index, of Gemini: candidate << 16 |
 * field << 12. The parts of a Gemini answer continue each other within one
 * document too: its SDKs join them.
 */
struct weir_text {         /* 24 bytes */
    uint32_t  begin;       /* raw bytes [begin, end) of the document */
    uint32_t  end;
    uint32_t  channel;
    uint8_t   coding;      /* enum weir_coding */
    uint8_t   place;       /* enum weir_place */
    uint8_t   form;        /* enum weir_text_form */
    uint8_t   stream;
    uint32_t  key_at;      /* raw bytes of the key that names it, for */
    uint32_t  key_len;     /* rebuilding a delta: "content", ... */
};

/* `field` of a channel; also the key under which a delta is rebuilt. */
enum weir_field {
    WEIR_FIELD_CONTENT,    /* content, text */
    WEIR_FIELD_REASONING,  /* reasoning_content (DeepSeek, Qwen, vLLM) */
    WEIR_FIELD_REASONING2, /* reasoning (Ollama, newer vLLM, OpenRouter) */
    WEIR_FIELD_REFUSAL,
    WEIR_FIELD_ARGUMENTS,  /* tool_calls[].function.arguments, partial_json */
    WEIR_FIELD_THINKING,   /* Anthropic thinking_delta; a Gemini part that
                              says "thought": true */
    WEIR_FIELD_OTHER,      /* never streamed */
    WEIR_FIELD_TOOL_INPUT, /* Responses: text that a custom tool takes */
    WEIR_FIELD_CODE,       /* Responses: of the code interpreter */
    WEIR_FIELD_TRANSCRIPT  /* Responses: of sound */
};

/* The tool index of the old delta.function_call; a tool_calls[].index is
   below it (else BAD_REQUEST). */
#define WEIR_SUB_FUNCTION_CALL  0xfffu

#define WEIR_CHANNEL(item, field, sub) \
    ((uint32_t) (item) << 16 | (uint32_t) (field) << 12 | (uint32_t) (sub))

#define WEIR_SPOT_NONE  UINT32_MAX

struct weir_spot {         /* [begin, end) of the document; begin NONE: not
                              there */
    uint32_t  begin;
    uint32_t  end;
};

/* A choice (or, for Anthropic, the message) that ends in this document. */
struct weir_finish {
    uint32_t          choice;
    struct weir_spot  value;   /* the finish_reason / stop_reason value,
                                  quotes included */
};

/* Values that the rooms behind compare or replace, quotes or braces included:
   of a line of a batch, and of a file or batch. */
enum weir_mark { WEIR_MARK_ID, WEIR_MARK_URL, WEIR_MARK_METHOD,
                 WEIR_MARK_BODY, WEIR_MARK_LINK, WEIR_MARKS,
                 WEIR_MARK_INPUT = WEIR_MARK_URL, WEIR_MARK_OUTPUT,
                 WEIR_MARK_ERRORS };

#define WEIR_FINISHES_MAX  128  /* n of OpenAI is at most 128 */
#define WEIR_STRIPS_MAX    128

struct weir_tool {         /* MCP: one of a list; name with quotes, or none */
    struct weir_spot  whole;
    struct weir_spot  name;
};

/* Facts of the document that the rooms behind need. -1: not there. */
struct weir_facts {
    struct weir_spot  model;          /* value with quotes */
    struct weir_spot  max_tokens;     /* number: the greatest of max_tokens
                                         and max_completion_tokens; or null,
                                         if none is a number */
    int64_t           max_tokens_value; /* -1: none */
    int64_t           choices;        /* n */
    int               stream;         /* -1, 0, 1 */
    int               include_usage;  /* stream_options.include_usage */
    struct weir_spot  stream_options; /* whole value, braces included, or
                                         null; of Gemini: generationConfig */
    struct weir_spot  include_usage_at; /* the literal, or null */
    uint32_t          object_end;     /* position of the closing brace of the
                                         top-level object */
    uint32_t          messages;       /* elements of messages[], contents[]
                                       */
    /* answers */
    int64_t           input_tokens;   /* usage.prompt_tokens / input_tokens,
                                         with cache reads and writes added */
    int64_t           output_tokens;
    struct weir_spot  usage;          /* whole value of "usage" if it is an
                                         object */
    struct weir_spot  id;             /* values with quotes */
    struct weir_spot  created;        /* number */
    uint32_t          nchoices;       /* elements of choices[] */
    struct weir_spot  item;           /* Responses: item_id with quotes */
    struct weir_spot  details;        /* Responses: incomplete_details */
    struct weir_spot  marks[WEIR_MARKS];
    struct weir_spot  seconds;        /* of sound: a number, or a string */
    struct weir_spot  words;          /* of a transcript: its text again, one
                                         word at a time */
    int               error;          /* a top-level "error" object is there */
    int               event;          /* enum weir_event of type */
    uint32_t          block;          /* Anthropic: content block index;
                                         Responses: output index */
    uint32_t          part;           /* Responses: content or summary index */
    int               block_kind;     /* enum weir_field of content_block or
                                         delta, WEIR_FIELD_OTHER if unknown */
    uint32_t          token_ids;      /* numbers that stand for text: each
                                         array of them is not scanned */
    bool              background;     /* the answer comes by no call */
    uint32_t          opaque;         /* bytes of strings that are no text:
                                         pictures, signatures */
    /* JSON-RPC of MCP; `id` then is that of the message, as it stands there:
       a string, a number or null */
    int               rpc;            /* enum weir_rpc of `method` */
    int               rpc_reply;      /* has `result` or `error` */
    struct weir_spot  tool;           /* params.name with quotes */
    struct weir_tool  tools[WEIR_TOOLS_MAX];  /* of result.tools: the first */
    uint32_t          ntools;
    uint32_t          not_scanned;    /* parts that hold no text we can read:
                                         pictures, sound, files, encrypted */
    struct weir_finish  finish[WEIR_FINISHES_MAX];
    uint32_t          nfinish;
    /* values (logprobs) that would repeat the text in a form that cannot be
       inspected: an answer under rules replaces them by null */
    struct weir_spot  strip[WEIR_STRIPS_MAX];
    uint32_t          nstrip;
};

enum weir_event {          /* Anthropic, up to OTHER */
    WEIR_EVENT_NONE, WEIR_EVENT_MESSAGE_START, WEIR_EVENT_BLOCK_START,
    WEIR_EVENT_BLOCK_DELTA, WEIR_EVENT_BLOCK_STOP, WEIR_EVENT_MESSAGE_DELTA,
    WEIR_EVENT_MESSAGE_STOP, WEIR_EVENT_PING, WEIR_EVENT_ERROR,
    WEIR_EVENT_OTHER,
    /* Responses; block_kind is the field of DELTA and DONE */
    WEIR_EVENT_DELTA, WEIR_EVENT_DONE, WEIR_EVENT_ITEM_DONE, WEIR_EVENT_END
};

enum weir_rpc {            /* methods of MCP that a client calls */
    WEIR_RPC_NONE, WEIR_RPC_UNKNOWN, WEIR_RPC_KNOWN, WEIR_RPC_TOOL_CALL,
    WEIR_RPC_TOOL_LIST
};

struct weir_doc;           /* decode/doc.h has the struct, for the stack */

size_t weir_doc_size(void);

/*
 * Start a document. texts[0 .. max) is filled in order of begin.
 */
void weir_doc_open(struct weir_doc *d, enum weir_shape shape,
    struct weir_text *texts, uint32_t texts_max);

/*
 * Take the next bytes. WEIR_OK, or BAD_JSON, BAD_UTF8, TOO_DEEP,
 * DUPLICATE_KEY (in an object whose keys matter to a shape),
 * TOO_MANY_TEXTS (texts_max reached; more than WEIR_FINISHES_MAX
 * finishes or WEIR_STRIPS_MAX strips), TOO_LARGE (4 GB), BAD_REQUEST (a key
 * of the shape has a value of the wrong type). After an error the document
 * stays in error.
 */
WEIR_CHECKED int weir_doc_feed(struct weir_doc *d, const uint8_t *at,
    size_t len);

/* The end: BAD_JSON if the document is not whole. Channels and `place` of
   texts are right only now (index and role may follow the text). */
WEIR_CHECKED int weir_doc_finish(struct weir_doc *d);

/* Nothing is known yet. */
void weir_facts_open(struct weir_facts *f);

uint32_t weir_doc_texts(const struct weir_doc *d);
const struct weir_facts *weir_doc_facts(const struct weir_doc *d);

/* ---- server-sent events (WHATWG HTML 9.2) ---- */

/*
 * Framing: find the end of an event. Feed pieces; *taken says how many bytes
 * of this piece belong to the event now complete (WEIR_DONE) or were taken
 * (WEIR_MORE). An event ends with its blank line; comments and empty events
 * count as events so that every byte belongs to one. CR, LF and CRLF end
 * lines; a CR at the end of a piece leaves the LF that may follow to the
 * next event, where it is passed over. A byte order mark at the start is an
 * event of its own (3 bytes, no field), so that events begin with a line.
 */
struct weir_sse {
    uint8_t   state;
    uint8_t   bom;         /* position in the byte order mark at the start */
    uint8_t   begun;
    uint8_t   reserved;
};

void weir_sse_open(struct weir_sse *s);
int weir_sse_feed(struct weir_sse *s, const uint8_t *at, size_t len,
    size_t *taken);

struct weir_sse_event {
    struct weir_span  name;   /* value of the event field; may be empty */
    struct weir_span  data;   /* value of the data line, if there is one */
    uint32_t          lines;  /* number of data lines: 0, 1, more */
};

/* Fields of one whole event (the bytes that weir_sse_feed framed). With
   more than one data line, join with weir_sse_join. */
void weir_sse_parse(const uint8_t *at, size_t len, struct weir_sse_event *ev);

/* The data lines of the event joined by LF into out[0..len), returns their
   length (never more than len). */
size_t weir_sse_join(const uint8_t *at, size_t len, uint8_t *out);

/* ---- multipart/form-data ---- */

struct weir_part {
    struct weir_spot  name;      /* between its quotes */
    struct weir_spot  filename;  /* the same; begin NONE: a field */
    struct weir_spot  body;
};

struct weir_multipart {          /* about 4 KB; members are multipart.c's */
    struct weir_part  parts[WEIR_PARTS_MAX];
    uint32_t          nparts;
    uint32_t          pos;
    uint32_t          line;      /* behind the last CRLF of a body */
    uint32_t          head_at;
    uint32_t          head_len;
    int               error;     /* sticky */
    uint8_t           state;
    uint8_t           matched;   /* bytes of the delimiter */
    uint8_t           len;       /* of it */
    uint8_t           last;      /* the byte before */
    uint8_t           delimiter[WEIR_BOUNDARY_MAX + 2];
    uint8_t           back[WEIR_BOUNDARY_MAX + 2];
    uint8_t           head[WEIR_PART_HEAD_MAX];
};

/* The boundary of `multipart/form-data; boundary=B`; false: of another type,
   with another parameter, or none that all readers take for the same. */
bool weir_multipart_boundary(struct weir_span type,
    struct weir_span *boundary);

/*
 * Parts of a body in any pieces: parts[0 .. nparts) once it is whole. Errors,
 * sticky: BAD_FORM, BAD_UTF8 (in the head of a part), TOO_MANY_TEXTS (parts),
 * TOO_LARGE (4 GB). Allocates nothing, O(len).
 */
void weir_multipart_open(struct weir_multipart *m, struct weir_span boundary);
WEIR_CHECKED int weir_multipart_feed(struct weir_multipart *m,
    const uint8_t *at, size_t len);
WEIR_CHECKED int weir_multipart_finish(struct weir_multipart *m);

/* What is in a form: all but the bytes of its files. */
struct weir_form {               /* about 10 KB */
    struct weir_text   texts[2 * WEIR_PARTS_MAX];   /* coding WEIR_PLAIN */
    uint32_t           ntexts;
    uint32_t           files;
    uint64_t           file_bytes;
    struct weir_spot   file;         /* bytes of the last */
    struct weir_spot   purpose;      /* a field; begin NONE: not there */
    struct weir_facts  facts;        /* model: without quotes */
};

/*
 * Texts and facts of the parts of `at`. `files`, ended by NULL: the fields
 * that may be files. DUPLICATE_KEY: two fields of one name, or of names that
 * some reader takes for one; BAD_UTF8; BAD_REQUEST: a file in another field,
 * `n` or `stream` of the wrong type; BAD_FORM: texts of another coding.
 */
WEIR_CHECKED int weir_form_read(struct weir_form *form,
    const struct weir_multipart *m, const uint8_t *at,
    const char *const *files);

#endif
