/*
 * shape.c: the tables of the protocols. Sources: the API references of
 * OpenAI (chat completions), Anthropic (messages, streaming), Azure OpenAI,
 * DeepSeek, Qwen (compatible mode), and the servers vLLM, llama-server,
 * Ollama, which add fields of their own.
 *
 * Order: requests, parts, tools, answers, deltas, the table of nodes, look-up.
 */
#include "decode/shape.h"

#define SYS   WEIR_AT_SYSTEM
#define BOT   WEIR_AT_ASSISTANT
#define CALL  WEIR_AT_TOOL_CALL
#define DEF   WEIR_AT_TOOL_DEF
#define WHY   WEIR_AT_REASONING
#define NAY   WEIR_AT_REFUSAL
#define ELSE  WEIR_AT_OTHER
#define KEEP  WEIR_AT_INHERIT
#define SAID  WEIR_AT_ROLE

#define ROW(key, does, place, field, into)                                   \
    { key, sizeof(key) - 1, WEIR_DOES_##does, place, WEIR_FIELD_##field,     \
      WEIR_NODE_##into }
#define TEXT(key, place, into)  ROW(key, TEXT, place, OTHER, into)
#define NAME(key)               ROW(key, NAME, ELSE, OTHER, ANY)
#define FACT(key, does, into)   ROW(key, does, ELSE, OTHER, into)
#define REST(place, into)       ROW("", TEXT, place, OTHER, into)


/* ---- requests ---- */

static const struct weir_row  openai_request[] = {
    FACT("model", MODEL, ANY),
    FACT("messages", MESSAGES, MESSAGE),
    FACT("max_tokens", MAX_TOKENS, ANY),
    FACT("max_completion_tokens", MAX_TOKENS, ANY),
    FACT("n", N, ANY),
    FACT("stream", STREAMED, ANY),
    FACT("stream_options", STREAM_OPTIONS, STREAM_OPTIONS),
    TEXT("tools", DEF, TOOL),
    TEXT("functions", DEF, FUNCTION_DEF),
    ROW("tool_choice", NAME, ELSE, OTHER, TOOL_CHOICE),
    ROW("function_call", NAME, ELSE, OTHER, TOOL_CHOICE),
    TEXT("response_format", DEF, FORMAT),
    TEXT("stop", ELSE, ANY),
    TEXT("user", ELSE, ANY),
    TEXT("metadata", ELSE, ANY),
    TEXT("prediction", ELSE, PART),
    ROW("audio", NAME, ELSE, OTHER, NAMES),
    NAME("service_tier"),
    NAME("reasoning_effort"),
    NAME("verbosity"),
    NAME("modalities"),
    NAME("encoding_format")
};

static const struct weir_row  anthropic_request[] = {
    FACT("model", MODEL, ANY),
    FACT("messages", MESSAGES, MESSAGE),
    FACT("max_tokens", MAX_TOKENS, ANY),
    FACT("stream", STREAMED, ANY),
    ROW("system", TEXT, SYS, CONTENT, PART),
    TEXT("tools", DEF, TOOL),
    ROW("tool_choice", NAME, ELSE, OTHER, TOOL_CHOICE),
    TEXT("stop_sequences", ELSE, ANY),
    TEXT("metadata", ELSE, ANY),
    ROW("thinking", NAME, ELSE, OTHER, NAMES),
    ROW("cache_control", NAME, ELSE, OTHER, NAMES),
    TEXT("output_format", DEF, FORMAT),
    NAME("service_tier")
};

static const struct weir_row  stream_options[] = {
    FACT("include_usage", INCLUDE_USAGE, ANY)
};

/* A message of a request, and of an answer that is not streamed. */
static const struct weir_row  message[] = {
    FACT("role", ROLE, ANY),
    ROW("content", TEXT, SAID, CONTENT, PART),
    ROW("reasoning_content", TEXT, WHY, REASONING, PART),
    ROW("reasoning", TEXT, WHY, REASONING2, PART),
    ROW("refusal", TEXT, NAY, REFUSAL, ANY),
    TEXT("tool_calls", CALL, TOOL_CALL),
    TEXT("function_call", CALL, FUNCTION),
    TEXT("name", ELSE, ANY),
    TEXT("images", ELSE, PART),
    NAME("id"),
    NAME("type"),
    NAME("tool_call_id"),
    ROW("audio", NAME, ELSE, OTHER, AUDIO),
    ROW("cache_control", NAME, ELSE, OTHER, NAMES)
};

/* cache_control, thinking: names only. */
static const struct weir_row  names[] = {
    NAME("type"), NAME("ttl"), NAME("scope"), NAME("voice"), NAME("format")
};


/* ---- parts of a content ---- */

/* How text and thinking are taken, and the field and node of thinking. */
#define PART_ROWS(text_does, text_place, think_does, think_field, thoughts)  \
    FACT("type", TYPE, ANY),                                                 \
    ROW("text", text_does, text_place, CONTENT, ANY),                        \
    ROW("thinking", think_does, WHY, think_field, thoughts),                 \
    ROW("refusal", TEXT, NAY, REFUSAL, ANY),                                 \
    ROW("content", TEXT, KEEP, CONTENT, PART),                               \
    ROW("input", TEXT, CALL, ARGUMENTS, FREE),                               \
    ROW("data", DATA, KEEP, OTHER, ANY),                                     \
    TEXT("source", KEEP, SOURCE),                                            \
    FACT("image_url", MEDIA, LINK),                                          \
    FACT("video_url", MEDIA, LINK),                                          \
    FACT("audio_url", MEDIA, LINK),                                          \
    FACT("document_url", MEDIA, LINK),                                       \
    FACT("image", MEDIA, LINK),                                              \
    FACT("video", MEDIA, LINK),                                              \
    FACT("audio", MEDIA, AUDIO),                                             \
    FACT("file_data", OPAQUE, ANY),                                          \
    FACT("input_audio", OPAQUE, AUDIO),                                      \
    FACT("file", MEDIA, FILE),                                               \
    NAME("id"),                                                              \
    NAME("file_id"),                                                         \
    NAME("tool_use_id"),                                                     \
    TEXT("name", ELSE, ANY),                                                 \
    FACT("signature", SEALED, ANY),                                          \
    FACT("encrypted_content", OPAQUE, ANY),                                  \
    FACT("citations", TEXT, CITATION),                                       \
    NAME("media_type"),                                                      \
    ROW("cache_control", NAME, ELSE, OTHER, NAMES),                          \
    NAME("detail")

static const struct weir_row  part[] = {
    PART_ROWS(TEXT, KEEP, TEXT, THINKING, PART)
};

static const struct weir_row  source[] = {
    FACT("type", TYPE, ANY),
    ROW("data", DATA, KEEP, OTHER, ANY),
    NAME("media_type"),
    NAME("file_id"),
    FACT("url", URL, ANY),
    ROW("content", TEXT, KEEP, CONTENT, PART)
};

static const struct weir_row  link_rows[] = {
    FACT("url", URL, ANY), NAME("detail")
};

static const struct weir_row  audio[] = {
    NAME("id"),
    FACT("data", OPAQUE, ANY),
    NAME("format"),
    TEXT("transcript", BOT, ANY)
};

static const struct weir_row  file[] = {
    FACT("file_data", OPAQUE, ANY), NAME("file_id")
};

static const struct weir_row  citation[] = {
    NAME("type"), NAME("file_id"), FACT("encrypted_index", SEALED, ANY)
};


/* ---- tools ---- */

static const struct weir_row  tool_call[] = {
    NAME("id"),
    NAME("type"),
    FACT("index", INDEX, ANY),
    TEXT("function", CALL, FUNCTION),
    TEXT("custom", CALL, CUSTOM)
};

static const struct weir_row  function[] = {
    TEXT("name", ELSE, ANY),
    ROW("arguments", JSON2, CALL, ARGUMENTS, FREE)
};

static const struct weir_row  custom[] = {
    TEXT("name", ELSE, ANY),
    ROW("input", TEXT, CALL, ARGUMENTS, FREE)
};

static const struct weir_row  tool[] = {
    NAME("type"),
    TEXT("name", ELSE, ANY),
    TEXT("description", DEF, ANY),
    TEXT("function", DEF, FUNCTION_DEF),
    TEXT("custom", DEF, FUNCTION_DEF),
    TEXT("input_schema", DEF, SCHEMA),
    TEXT("parameters", DEF, SCHEMA),
    TEXT("input_examples", DEF, FREE),
    ROW("cache_control", NAME, ELSE, OTHER, NAMES)
};

static const struct weir_row  function_def[] = {
    TEXT("name", ELSE, ANY),
    TEXT("description", DEF, ANY),
    TEXT("parameters", DEF, SCHEMA),
    TEXT("schema", DEF, SCHEMA)
};

/* JSON Schema 2020-12: keywords whose strings are names, those that hold
   data, those that hold schemas. All others (description ...) are text. */
static const struct weir_row  schema[] = {
    NAME("type"), NAME("format"), NAME("required"),
    NAME("$schema"), NAME("$id"), NAME("$ref"), NAME("$anchor"),
    TEXT("enum", DEF, FREE), TEXT("const", DEF, FREE),
    TEXT("default", DEF, FREE), TEXT("examples", DEF, FREE),
    TEXT("example", DEF, FREE),
    TEXT("properties", DEF, PROPERTIES),
    TEXT("patternProperties", DEF, PROPERTIES),
    TEXT("$defs", DEF, PROPERTIES), TEXT("definitions", DEF, PROPERTIES),
    TEXT("dependentSchemas", DEF, PROPERTIES),
    TEXT("items", DEF, SCHEMA), TEXT("prefixItems", DEF, SCHEMA),
    TEXT("additionalProperties", DEF, SCHEMA),
    TEXT("anyOf", DEF, SCHEMA), TEXT("allOf", DEF, SCHEMA),
    TEXT("oneOf", DEF, SCHEMA), TEXT("not", DEF, SCHEMA),
    TEXT("if", DEF, SCHEMA), TEXT("then", DEF, SCHEMA),
    TEXT("else", DEF, SCHEMA), TEXT("contains", DEF, SCHEMA)
};

static const struct weir_row  format[] = {
    NAME("type"),
    TEXT("json_schema", DEF, FUNCTION_DEF),
    TEXT("schema", DEF, SCHEMA)
};

static const struct weir_row  tool_choice[] = {
    NAME("type"),
    TEXT("name", ELSE, ANY),
    NAME("mode"),
    TEXT("function", ELSE, TOOL_CHOICE),
    TEXT("allowed_tools", ELSE, TOOL_CHOICE),
    TEXT("tools", ELSE, TOOL_CHOICE)
};


/* ---- answers ---- */

#define OPENAI_ANSWER_ROWS(choice)                                           \
    FACT("id", ID, ANY),                                                     \
    NAME("object"),                                                          \
    FACT("created", CREATED, ANY),                                           \
    FACT("model", MODEL, ANY),                                               \
    FACT("choices", CHOICES, choice),                                        \
    FACT("usage", USAGE, USAGE),                                             \
    NAME("system_fingerprint"),                                              \
    NAME("service_tier"),                                                    \
    FACT("error", ERROR, ERROR_BODY),                                        \
    FACT("prompt_logprobs", STRIP, ANY),                                     \
    FACT("prompt_token_ids", STRIP, ANY),                                    \
    FACT("completion_probabilities", STRIP, ANY)

static const struct weir_row  openai_answer[] = { OPENAI_ANSWER_ROWS(CHOICE) };
static const struct weir_row  openai_chunk[] = {
    OPENAI_ANSWER_ROWS(CHUNK_CHOICE)
};

#define CHOICE_ROWS                                                          \
    FACT("index", INDEX, ANY),                                               \
    FACT("finish_reason", FINISH, ANY),                                      \
    NAME("native_finish_reason"),                                            \
    FACT("logprobs", STRIP, ANY),                                            \
    FACT("token_ids", STRIP, ANY),                                           \
    FACT("prompt_token_ids", STRIP, ANY),                                    \
    FACT("prompt_logprobs", STRIP, ANY)

static const struct weir_row  choice_rows[] = {
    CHOICE_ROWS,
    TEXT("message", BOT, MESSAGE),
    ROW("text", TEXT, BOT, CONTENT, ANY)
};

static const struct weir_row  chunk_choice[] = {
    CHOICE_ROWS,
    TEXT("delta", BOT, DELTA),
    TEXT("message", BOT, MESSAGE),
    ROW("text", STREAM, BOT, CONTENT, ANY)
};

static const struct weir_row  usage[] = {
    FACT("prompt_tokens", INPUT_TOKENS, ANY),
    FACT("completion_tokens", OUTPUT_TOKENS, ANY)
};

static const struct weir_row  anthropic_usage[] = {
    FACT("input_tokens", INPUT_TOKENS, ANY),
    FACT("cache_creation_input_tokens", INPUT_TOKENS, ANY),
    FACT("cache_read_input_tokens", INPUT_TOKENS, ANY),
    FACT("output_tokens", OUTPUT_TOKENS, ANY),
    NAME("service_tier")
};

static const struct weir_row  anthropic_answer[] = {
    FACT("id", ID, ANY),
    NAME("type"),
    NAME("role"),
    FACT("model", MODEL, ANY),
    ROW("content", TEXT, BOT, CONTENT, BLOCK),
    FACT("stop_reason", FINISH, ANY),
    TEXT("stop_sequence", ELSE, ANY),
    FACT("usage", USAGE, ANTHROPIC_USAGE),
    FACT("error", ERROR, ERROR_BODY)
};

/* Error bodies, whoever made them. */
static const struct weir_row  error_body[] = {
    NAME("type"), NAME("code"), NAME("param"),
    FACT("error", ERROR, ERROR_BODY)
};


/* ---- deltas ---- */

static const struct weir_row  delta[] = {
    NAME("role"),
    ROW("content", STREAM, BOT, CONTENT, DELTA_PART),
    ROW("reasoning_content", STREAM, WHY, REASONING, DELTA_THOUGHT),
    ROW("reasoning", STREAM, WHY, REASONING2, DELTA_THOUGHT),
    ROW("refusal", STREAM, NAY, REFUSAL, ANY),
    TEXT("tool_calls", CALL, DELTA_CALL),
    TEXT("function_call", CALL, DELTA_OLD),
    /* OpenRouter repeats `reasoning` here, cut in pieces */
    FACT("reasoning_details", STRIP, ANY),
    TEXT("images", ELSE, PART),
    ROW("audio", NAME, ELSE, OTHER, AUDIO),
    NAME("id"),
    NAME("type"),
    NAME("tool_call_id")
};

/* Mistral sends the content of a delta in parts, thinking among them; their
   texts continue those of the deltas before. */
static const struct weir_row  delta_part[] = {
    PART_ROWS(STREAM, BOT, STREAM, REASONING, DELTA_THOUGHT)
};

static const struct weir_row  delta_thought[] = {
    FACT("type", TYPE, ANY),
    ROW("text", STREAM, WHY, REASONING, ANY)
};

static const struct weir_row  delta_call[] = {
    NAME("id"),
    NAME("type"),
    FACT("index", INDEX, ANY),
    TEXT("function", CALL, DELTA_FUNCTION),
    TEXT("custom", CALL, DELTA_CUSTOM)
};

static const struct weir_row  delta_function[] = {
    TEXT("name", ELSE, ANY),
    ROW("arguments", STREAM2, CALL, ARGUMENTS, FREE)
};

static const struct weir_row  delta_custom[] = {
    TEXT("name", ELSE, ANY),
    ROW("input", STREAM, CALL, ARGUMENTS, FREE)
};

static const struct weir_row  anthropic_event[] = {
    FACT("type", EVENT, ANY),
    FACT("index", INDEX, ANY),
    TEXT("message", BOT, ANTHROPIC_ANSWER),
    TEXT("content_block", BOT, BLOCK_START),
    TEXT("delta", BOT, BLOCK_DELTA),
    FACT("usage", USAGE, ANTHROPIC_USAGE),
    FACT("error", ERROR, ERROR_BODY)
};

static const struct weir_row  block_start[] = {
    PART_ROWS(STREAM, BOT, STREAM, THINKING, PART)
};

static const struct weir_row  block_delta[] = {
    FACT("type", TYPE, ANY),
    ROW("text", STREAM, BOT, CONTENT, ANY),
    ROW("partial_json", STREAM2, CALL, ARGUMENTS, FREE),
    ROW("thinking", STREAM, WHY, THINKING, PART),
    FACT("signature", SEALED, ANY),
    FACT("citation", TEXT, CITATION),
    FACT("stop_reason", FINISH, ANY),
    TEXT("stop_sequence", ELSE, ANY)
};


/* ---- the nodes ---- */

#define U  WEIR_NODE_UNIQUE
#define NODE(name, rows_of, flags_of, place, into)                           \
    [WEIR_NODE_##name] = { rows_of, REST(place, into),                       \
                           sizeof(rows_of) / sizeof(rows_of[0]), flags_of }
#define BARE(name, flags_of, place, into)                                    \
    [WEIR_NODE_##name] = { NULL, REST(place, into), 0, flags_of }

const struct weir_node  weir_nodes[WEIR_NODES] = {
    BARE(ARRAY, 0, ELSE, ANY),
    BARE(ANY, 0, KEEP, ANY),
    BARE(FREE, WEIR_NODE_KEYS, KEEP, FREE),
    [WEIR_NODE_MUTE] = { NULL, ROW("", MUTE, ELSE, OTHER, MUTE), 0, 0 },
    NODE(NAMES, names, U, ELSE, ANY),

    NODE(OPENAI_REQUEST, openai_request, U, ELSE, ANY),
    NODE(ANTHROPIC_REQUEST, anthropic_request, U, ELSE, ANY),
    NODE(OPENAI_ANSWER, openai_answer, U, ELSE, ANY),
    NODE(OPENAI_CHUNK, openai_chunk, U, ELSE, ANY),
    NODE(ANTHROPIC_ANSWER, anthropic_answer, U, ELSE, ANY),
    NODE(ANTHROPIC_EVENT, anthropic_event, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(ERROR_BODY, error_body, U, ELSE, ERROR_BODY),

    NODE(STREAM_OPTIONS, stream_options, U, ELSE, ANY),
    NODE(MESSAGE, message, U | WEIR_NODE_ITEM | WEIR_NODE_ROLES, ELSE, ANY),
    NODE(PART, part, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(SOURCE, source, U, ELSE, ANY),
    NODE(LINK, link_rows, U, ELSE, ANY),
    NODE(AUDIO, audio, U, ELSE, ANY),
    NODE(FILE, file, U, ELSE, ANY),
    NODE(CITATION, citation, U, ELSE, ANY),
    NODE(TOOL_CALL, tool_call, U | WEIR_NODE_SUB, CALL, FREE),
    NODE(FUNCTION, function, U, CALL, FREE),
    NODE(CUSTOM, custom, U, CALL, FREE),

    NODE(TOOL, tool, U, DEF, ANY),
    NODE(FUNCTION_DEF, function_def, U, DEF, ANY),
    NODE(SCHEMA, schema, 0, DEF, ANY),
    BARE(PROPERTIES, WEIR_NODE_KEYS, DEF, SCHEMA),
    NODE(FORMAT, format, U, DEF, ANY),
    NODE(TOOL_CHOICE, tool_choice, U, ELSE, ANY),

    NODE(CHOICE, choice_rows, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(CHUNK_CHOICE, chunk_choice, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(DELTA, delta, U, ELSE, ANY),
    NODE(DELTA_CALL, delta_call, U | WEIR_NODE_SUB, CALL, FREE),
    NODE(DELTA_FUNCTION, delta_function, U, CALL, FREE),
    NODE(DELTA_OLD, delta_function, U | WEIR_NODE_OLD, CALL, FREE),
    NODE(DELTA_CUSTOM, delta_custom, U, CALL, FREE),
    NODE(DELTA_PART, delta_part, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(DELTA_THOUGHT, delta_thought, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(USAGE, usage, U, ELSE, ANY),
    NODE(ANTHROPIC_USAGE, anthropic_usage, U, ELSE, ANY),
    NODE(BLOCK, part, U | WEIR_NODE_IS_PART | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(BLOCK_START, block_start, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(BLOCK_DELTA, block_delta, U, ELSE, ANY)
};

const struct weir_row  weir_roots[WEIR_SHAPE_ERROR + 1] = {
    [WEIR_SHAPE_OPENAI_REQUEST] = REST(ELSE, OPENAI_REQUEST),
    [WEIR_SHAPE_OPENAI_ANSWER] = REST(ELSE, OPENAI_ANSWER),
    [WEIR_SHAPE_OPENAI_CHUNK] = REST(ELSE, OPENAI_CHUNK),
    [WEIR_SHAPE_ANTHROPIC_REQUEST] = REST(ELSE, ANTHROPIC_REQUEST),
    [WEIR_SHAPE_ANTHROPIC_ANSWER] = REST(ELSE, ANTHROPIC_ANSWER),
    [WEIR_SHAPE_ANTHROPIC_EVENT] = REST(ELSE, ANTHROPIC_EVENT),
    [WEIR_SHAPE_ERROR] = REST(ELSE, ERROR_BODY)
};

const struct weir_row  weir_row_mute = ROW("", MUTE, ELSE, OTHER, MUTE);

static_assert(sizeof(part) / sizeof(part[0]) <= WEIR_ROWS_MAX,
              "bits of seen");
static_assert(sizeof(openai_request) / sizeof(openai_request[0])
              <= WEIR_ROWS_MAX, "bits of seen");
static_assert(sizeof(schema) / sizeof(schema[0]) <= WEIR_ROWS_MAX,
              "bits of seen");


/* ---- look-up ---- */

/* One folded character of a key: ASCII case, and the two that Go's
   encoding/json takes for s and k: U+017F and U+212A. */
static uint8_t
fold_key(const uint8_t *key, size_t len, size_t *i)
{
    const uint8_t  c = key[*i];
    const size_t   left = len - *i;

    if (left >= 2 && c == 0xc5 && key[*i + 1] == 0xbf) {
        *i += 2;
        return 's';
    }
    if (left >= 3 && c == 0xe2 && key[*i + 1] == 0x84
        && key[*i + 2] == 0xaa)
    {
        *i += 3;
        return 'k';
    }
    (*i)++;
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}


static bool
same_folded(const struct weir_row *row, const uint8_t *key, size_t len)
{
    size_t  i = 0, n = 0;

    while (i < len && n < row->key_len) {
        if (fold_key(key, len, &i) != (uint8_t) row->key[n]) {
            return false;
        }
        n++;
    }
    return i == len && n == row->key_len;
}


const struct weir_row *
weir_row_find(const struct weir_node *node, const uint8_t *key, size_t len,
    bool *loose)
{
    if (len == 0) {
        return NULL;
    }

    for (unsigned i = 0; i < node->nrows; i++) {
        const struct weir_row  *row = &node->rows[i];

        if (row->key_len == len && row->key[len - 1] == (char) key[len - 1]
            && memcmp(row->key, key, len) == 0)
        {
            return row;
        }
    }

    for (unsigned i = 0; loose != NULL && i < node->nrows; i++) {
        if (same_folded(&node->rows[i], key, len)) {
            *loose = true;
            return &node->rows[i];
        }
    }
    return NULL;
}


struct named {
    const char  *name;
    uint8_t      value;
    uint8_t      field;
};


static const struct named *
find(const struct named *in, size_t n, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        if (weir_span_is((struct weir_span) { at, len }, in[i].name)) {
            return &in[i];
        }
    }
    return NULL;
}

#define FIND(in, at, len)  find(in, sizeof(in) / sizeof(in[0]), at, len)


enum weir_kind
weir_kind_of(const uint8_t *type, size_t len, uint8_t *field)
{
    static const struct named  kinds[] = {
        { "text", WEIR_KIND_TEXT, WEIR_FIELD_CONTENT },
        { "text_delta", WEIR_KIND_TEXT, WEIR_FIELD_CONTENT },
        { "input_text", WEIR_KIND_TEXT, WEIR_FIELD_CONTENT },
        { "output_text", WEIR_KIND_TEXT, WEIR_FIELD_CONTENT },
        { "content", WEIR_KIND_TEXT, WEIR_FIELD_OTHER },
        { "input_json_delta", WEIR_KIND_TEXT, WEIR_FIELD_ARGUMENTS },
        { "tool_use", WEIR_KIND_TEXT, WEIR_FIELD_ARGUMENTS },
        { "server_tool_use", WEIR_KIND_TEXT, WEIR_FIELD_ARGUMENTS },
        { "mcp_tool_use", WEIR_KIND_TEXT, WEIR_FIELD_ARGUMENTS },
        { "thinking", WEIR_KIND_TEXT, WEIR_FIELD_THINKING },
        { "thinking_delta", WEIR_KIND_TEXT, WEIR_FIELD_THINKING },
        { "image_url", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "input_image", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "image", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "input_audio", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "audio", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "audio_url", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "video", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "video_url", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "file", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "input_file", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "container_upload", WEIR_KIND_UNREADABLE, WEIR_FIELD_OTHER },
        { "base64", WEIR_KIND_SEALED, WEIR_FIELD_OTHER },
        { "redacted_thinking", WEIR_KIND_SEALED, WEIR_FIELD_OTHER }
    };
    static const char          tail[] = "tool_result";
    const struct named        *found = FIND(kinds, type, len);

    if (found != NULL) {
        *field = found->field;
        return (enum weir_kind) found->value;
    }
    *field = WEIR_FIELD_OTHER;
    /* tool_result, web_search_tool_result, mcp_tool_result ... */
    if (len >= sizeof(tail) - 1
        && memcmp(type + len - (sizeof(tail) - 1), tail, sizeof(tail) - 1)
           == 0)
    {
        return WEIR_KIND_TOOL_RESULT;
    }
    return WEIR_KIND_UNKNOWN;
}


uint8_t
weir_place_of_role(const uint8_t *role, size_t len)
{
    static const struct named  roles[] = {
        { "system", WEIR_AT_SYSTEM, 0 },
        { "developer", WEIR_AT_SYSTEM, 0 },
        { "user", WEIR_AT_USER, 0 },
        { "assistant", WEIR_AT_ASSISTANT, 0 },
        { "tool", WEIR_AT_TOOL_RESULT, 0 },
        { "function", WEIR_AT_TOOL_RESULT, 0 }
    };
    const struct named        *found = FIND(roles, role, len);

    return found == NULL ? WEIR_AT_OTHER : found->value;
}


int
weir_event_of(const uint8_t *type, size_t len)
{
    static const struct named  events[] = {
        { "content_block_delta", WEIR_EVENT_BLOCK_DELTA, 0 },
        { "content_block_start", WEIR_EVENT_BLOCK_START, 0 },
        { "content_block_stop", WEIR_EVENT_BLOCK_STOP, 0 },
        { "message_start", WEIR_EVENT_MESSAGE_START, 0 },
        { "message_delta", WEIR_EVENT_MESSAGE_DELTA, 0 },
        { "message_stop", WEIR_EVENT_MESSAGE_STOP, 0 },
        { "ping", WEIR_EVENT_PING, 0 },
        { "error", WEIR_EVENT_ERROR, 0 }
    };
    const struct named        *found = FIND(events, type, len);

    return found == NULL ? WEIR_EVENT_OTHER : found->value;
}
