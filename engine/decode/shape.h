/*
 * shape.h: what the protocols' bodies look like, as tables.
 *
 * A node says what an object's keys mean: one row a key, and a row for all
 * the rest. A row says what to do with a scalar, and which node an object
 * under the key has. Arrays are transparent: the elements are treated as
 * the row of the array says. Whatever no row names is inspected.
 */
#ifndef WEIR_DECODE_SHAPE_H
#define WEIR_DECODE_SHAPE_H

#include "weir/decode.h"

enum weir_does {
    WEIR_DOES_MUTE,        /* nothing (inside what is stripped) */
    WEIR_DOES_TEXT,        /* inspect */
    WEIR_DOES_JSON2,       /* inspect: JSON text in a string */
    WEIR_DOES_NAME,        /* a name of the protocol: not inspected, unless
                              it is longer than any name
                              (WEIR_JSON_KEY_BYTES) */
    WEIR_DOES_SEALED,      /* signatures: never inspected */
    WEIR_DOES_OPAQUE,      /* base64, encrypted: cannot be inspected */
    WEIR_DOES_URL,         /* opaque if it is a data: URL */
    WEIR_DOES_MEDIA,       /* the same, and what it leads to is not read */
    WEIR_DOES_STREAM,      /* a delta of text */
    WEIR_DOES_STREAM2,     /* a delta of JSON text */
    WEIR_DOES_INPUT,       /* text, or numbers that stand for text */
    WEIR_DOES_PIECES,      /* of one value, cut we do not know where:
                              refused, for they cannot be joined */
    WEIR_DOES_THOUGHT,     /* true: the part's text is reasoning */
    /* From here on a row means the value itself; elements of an array in
       its place are text. */
    WEIR_DOES_DATA,        /* opaque or text: `type` beside it decides */
    WEIR_DOES_RESULT,      /* the same, of an item: ITEM_TYPE decides */
    WEIR_DOES_ITEM_TYPE,   /* of a Responses item */
    WEIR_DOES_ROLE,
    WEIR_DOES_TYPE,        /* of a part, a block, a delta, a source */
    WEIR_DOES_EVENT,       /* `type` of an event */
    WEIR_DOES_MODEL,
    WEIR_DOES_MAX_TOKENS,
    WEIR_DOES_N,
    WEIR_DOES_STREAMED,    /* stream: true */
    WEIR_DOES_BACKGROUND,  /* true: of Responses */
    WEIR_DOES_STREAM_OPTIONS,
    WEIR_DOES_INCLUDE_USAGE,
    WEIR_DOES_MESSAGES,
    WEIR_DOES_CHOICES,
    WEIR_DOES_INDEX,
    WEIR_DOES_FINISH,
    WEIR_DOES_USAGE,
    WEIR_DOES_INPUT_TOKENS,
    WEIR_DOES_OUTPUT_TOKENS,
    WEIR_DOES_ID,
    WEIR_DOES_ITEM_ID,
    WEIR_DOES_SUB_INDEX,
    WEIR_DOES_DETAILS,
    WEIR_DOES_CREATED,
    WEIR_DOES_ERROR,
    WEIR_DOES_RPC_ID,
    WEIR_DOES_RPC_METHOD,
    WEIR_DOES_RPC_PARAMS,
    WEIR_DOES_RPC_REPLY,   /* result, error */
    WEIR_DOES_MARK,        /* facts.marks[field]; text if it is the user's */
    WEIR_DOES_SECONDS,     /* of sound, text beside it */
    WEIR_DOES_WORDS,       /* of a transcript */
    WEIR_DOES_TOOL,        /* text, and the name of the tool called */
    WEIR_DOES_STRIP        /* replaced by null under rules */
};

/* Places that are settled when the container around them ends. */
#define WEIR_AT_INHERIT   0xff   /* of the container */
#define WEIR_AT_ROLE      0xfe   /* of the message's role */

enum weir_node_name {
    WEIR_NODE_ARRAY,             /* no node: a frame of an array */
    WEIR_NODE_ANY, WEIR_NODE_FREE, WEIR_NODE_MUTE, WEIR_NODE_NAMES,
    WEIR_NODE_OPENAI_REQUEST, WEIR_NODE_ANTHROPIC_REQUEST,
    WEIR_NODE_OPENAI_ANSWER, WEIR_NODE_OPENAI_CHUNK,
    WEIR_NODE_ANTHROPIC_ANSWER, WEIR_NODE_ANTHROPIC_EVENT,
    WEIR_NODE_ERROR_BODY,
    WEIR_NODE_STREAM_OPTIONS, WEIR_NODE_MESSAGE, WEIR_NODE_PART,
    WEIR_NODE_SOURCE, WEIR_NODE_LINK, WEIR_NODE_AUDIO, WEIR_NODE_FILE,
    WEIR_NODE_CITATION, WEIR_NODE_TOOL_CALL, WEIR_NODE_FUNCTION,
    WEIR_NODE_CUSTOM,
    WEIR_NODE_TOOL, WEIR_NODE_FUNCTION_DEF, WEIR_NODE_SCHEMA,
    WEIR_NODE_PROPERTIES, WEIR_NODE_BOUNDS, WEIR_NODE_FORMAT,
    WEIR_NODE_TOOL_CHOICE,
    WEIR_NODE_CHOICE, WEIR_NODE_CHUNK_CHOICE, WEIR_NODE_DELTA,
    WEIR_NODE_DELTA_CALL, WEIR_NODE_DELTA_FUNCTION, WEIR_NODE_DELTA_OLD,
    WEIR_NODE_DELTA_CUSTOM, WEIR_NODE_DELTA_AUDIO, WEIR_NODE_DELTA_PART,
    WEIR_NODE_DELTA_THOUGHT,
    WEIR_NODE_USAGE, WEIR_NODE_ANTHROPIC_USAGE,
    WEIR_NODE_BLOCK, WEIR_NODE_BLOCK_START, WEIR_NODE_BLOCK_DELTA,
    WEIR_NODE_COMPLETION_REQUEST, WEIR_NODE_INPUT_REQUEST,
    WEIR_NODE_PLAIN_ANSWER, WEIR_NODE_DATA_ITEM, WEIR_NODE_COUNTS,
    WEIR_NODE_OPTIONS,
    WEIR_NODE_RESPONSES_REQUEST, WEIR_NODE_RESPONSES_ANSWER,
    WEIR_NODE_RESPONSES_EVENT, WEIR_NODE_RESPONSES_ITEM,
    WEIR_NODE_RESPONSES_TEXT,
    WEIR_NODE_GEMINI_REQUEST, WEIR_NODE_GEMINI_CONFIG,
    WEIR_NODE_GEMINI_CONTENT, WEIR_NODE_GEMINI_SYSTEM,
    WEIR_NODE_GEMINI_PART,
    WEIR_NODE_GEMINI_CALL, WEIR_NODE_GEMINI_RESULT, WEIR_NODE_GEMINI_CODE,
    WEIR_NODE_GEMINI_BLOB, WEIR_NODE_GEMINI_TOOL,
    WEIR_NODE_GEMINI_FUNCTION,
    WEIR_NODE_GEMINI_ANSWER, WEIR_NODE_GEMINI_CANDIDATE,
    WEIR_NODE_GEMINI_SAID, WEIR_NODE_GEMINI_SAID_PART,
    WEIR_NODE_GEMINI_USAGE,
    WEIR_NODE_MCP_MESSAGE, WEIR_NODE_MCP_PARAMS, WEIR_NODE_MCP_RESULT,
    WEIR_NODE_MCP_ERROR, WEIR_NODE_MCP_SAID, WEIR_NODE_MCP_PART,
    WEIR_NODE_MCP_RESOURCE, WEIR_NODE_MCP_TOOL,
    WEIR_NODE_TRANSCRIPT, WEIR_NODE_TRANSCRIPT_EVENT, WEIR_NODE_SEGMENT,
    WEIR_NODE_WORD, WEIR_NODE_HEARD,
    WEIR_NODE_LINE, WEIR_NODE_ITEM_OF, WEIR_NODE_LIST, WEIR_NODE_BATCH,
    WEIR_NODE_RESULT, WEIR_NODE_RESULT_HEAD,
    WEIR_NODE_RESULT_BODY, WEIR_NODE_OBJECT,
    WEIR_NODES
};

struct weir_row {
    const char  *key;
    uint8_t      key_len;
    uint8_t      does;           /* enum weir_does */
    uint8_t      place;          /* enum weir_place, WEIR_AT_INHERIT ... */
    uint8_t      field;          /* enum weir_field */
    uint8_t      into;           /* enum weir_node_name of an object here */
};

#define WEIR_NODE_UNIQUE   0x01  /* a known key stands at most once */
#define WEIR_NODE_ITEM     0x02  /* texts in it get its index as item */
#define WEIR_NODE_SUB      0x04  /* ... as the lowest part of the channel */
#define WEIR_NODE_ROLES    0x08  /* its role settles WEIR_AT_ROLE */
#define WEIR_NODE_IS_PART  0x10  /* counts once if it cannot be read */
#define WEIR_NODE_KEYS     0x20  /* keys that no row names are texts */
#define WEIR_NODE_OLD      0x40  /* sub is WEIR_SUB_FUNCTION_CALL */

#define WEIR_ROWS_MAX      64    /* bits of weir_doc_frame.seen */

struct weir_node {
    const struct weir_row  *rows;
    struct weir_row         rest;   /* all other keys */
    uint8_t                 nrows;
    uint8_t                 flags;
};

extern const struct weir_node  weir_nodes[WEIR_NODES];
/* The row of the document itself. */
extern const struct weir_row   weir_roots[WEIR_SHAPES];
extern const struct weir_row   weir_row_mute;

/*
 * The row of a key of a node, NULL if it has none. With `loose` not NULL also
 * a row whose key differs only in case, and *loose is set: a reader that
 * ignores case (encoding/json of Go) takes it for the same.
 */
const struct weir_row *weir_row_find(const struct weir_node *node,
    const uint8_t *key, size_t len, bool *loose);

/* What `type` of a part says. */
enum weir_kind {
    WEIR_KIND_UNKNOWN, WEIR_KIND_TEXT, WEIR_KIND_TOOL_RESULT,
    WEIR_KIND_UNREADABLE,  /* a picture, sound, a file */
    WEIR_KIND_SEALED       /* base64, encrypted: `data` is not text */
};

enum weir_kind weir_kind_of(const uint8_t *type, size_t len, uint8_t *field);
/* Is it a request? The keys of one are compared loosely. */
bool weir_shape_asks(enum weir_shape shape);
uint8_t weir_place_of_role(const uint8_t *role, size_t len);
int weir_event_of(const uint8_t *type, size_t len);
/* Of MCP: enum weir_rpc. */
int weir_rpc_of(const uint8_t *method, size_t len);
/* Of transcripts; *field is that of a DELTA. */
int weir_transcript_event_of(const uint8_t *type, size_t len, int *field);
/* Of Responses; *field is that of a DELTA or DONE. */
int weir_responses_event_of(const uint8_t *type, size_t len, int *field);

#endif
