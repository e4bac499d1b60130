/*
 * shape_find.c: where each shape begins in the tables, look-up in them, and
 * what the words of the protocols mean: types of parts, roles, events.
 */
#include "decode/shape_rows.h"


const struct weir_row  weir_roots[WEIR_SHAPES] = {
    [WEIR_SHAPE_OPENAI_REQUEST] = REST(ELSE, OPENAI_REQUEST),
    [WEIR_SHAPE_OPENAI_ANSWER] = REST(ELSE, OPENAI_ANSWER),
    [WEIR_SHAPE_OPENAI_CHUNK] = REST(ELSE, OPENAI_CHUNK),
    [WEIR_SHAPE_ANTHROPIC_REQUEST] = REST(ELSE, ANTHROPIC_REQUEST),
    [WEIR_SHAPE_ANTHROPIC_ANSWER] = REST(ELSE, ANTHROPIC_ANSWER),
    [WEIR_SHAPE_ANTHROPIC_EVENT] = REST(ELSE, ANTHROPIC_EVENT),
    [WEIR_SHAPE_ERROR] = REST(ELSE, ERROR_BODY),
    [WEIR_SHAPE_COMPLETION_REQUEST] = REST(ELSE, COMPLETION_REQUEST),
    [WEIR_SHAPE_INPUT_REQUEST] = REST(ELSE, INPUT_REQUEST),
    [WEIR_SHAPE_PLAIN_ANSWER] = REST(ELSE, PLAIN_ANSWER),
    [WEIR_SHAPE_RESPONSES_REQUEST] = REST(ELSE, RESPONSES_REQUEST),
    [WEIR_SHAPE_RESPONSES_ANSWER] = REST(ELSE, RESPONSES_ANSWER),
    [WEIR_SHAPE_RESPONSES_EVENT] = REST(ELSE, RESPONSES_EVENT),
    [WEIR_SHAPE_GEMINI_REQUEST] = REST(ELSE, GEMINI_REQUEST),
    [WEIR_SHAPE_GEMINI_ANSWER] = REST(ELSE, GEMINI_ANSWER),
    [WEIR_SHAPE_MCP_REQUEST] = REST(ELSE, MCP_MESSAGE),
    [WEIR_SHAPE_MCP_ANSWER] = REST(ELSE, MCP_MESSAGE),
    [WEIR_SHAPE_TRANSCRIPT_ANSWER] = REST(ELSE, TRANSCRIPT),
    [WEIR_SHAPE_TRANSCRIPT_EVENT] = REST(ELSE, TRANSCRIPT_EVENT),
    [WEIR_SHAPE_BATCH_LINE] = REST(ELSE, LINE),
    [WEIR_SHAPE_BATCH_REQUEST] = REST(ELSE, BATCH),
    [WEIR_SHAPE_BATCH_ITEM] = REST(ELSE, ITEM_OF),
    [WEIR_SHAPE_BATCH_LIST] = REST(ELSE, LIST),
    [WEIR_SHAPE_BATCH_RESULT] = REST(ELSE, RESULT),
    [WEIR_SHAPE_OBJECT_ANSWER] = REST(ELSE, OBJECT)
};

const struct weir_row  weir_row_mute = ROW("", MUTE, ELSE, OTHER, MUTE);


bool
weir_shape_asks(enum weir_shape shape)
{
    switch (shape) {
    case WEIR_SHAPE_OPENAI_REQUEST:
    case WEIR_SHAPE_ANTHROPIC_REQUEST:
    case WEIR_SHAPE_COMPLETION_REQUEST:
    case WEIR_SHAPE_INPUT_REQUEST:
    case WEIR_SHAPE_RESPONSES_REQUEST:
    case WEIR_SHAPE_GEMINI_REQUEST:
    case WEIR_SHAPE_MCP_REQUEST:
    case WEIR_SHAPE_BATCH_LINE:
    case WEIR_SHAPE_BATCH_REQUEST:
    case WEIR_SHAPE_BATCH_ITEM:
    case WEIR_SHAPE_BATCH_LIST:
        return true;
    default:
        return false;
    }
}


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
        { "model", WEIR_AT_ASSISTANT, 0 },
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


int
weir_rpc_of(const uint8_t *method, size_t len)
{
    static const struct named  methods[] = {
        { "tools/call", WEIR_RPC_TOOL_CALL, 0 },
        { "tools/list", WEIR_RPC_TOOL_LIST, 0 },
        { "initialize", WEIR_RPC_KNOWN, 0 },
        { "ping", WEIR_RPC_KNOWN, 0 },
        { "resources/list", WEIR_RPC_KNOWN, 0 },
        { "resources/templates/list", WEIR_RPC_KNOWN, 0 },
        { "resources/read", WEIR_RPC_KNOWN, 0 },
        { "resources/subscribe", WEIR_RPC_KNOWN, 0 },
        { "resources/unsubscribe", WEIR_RPC_KNOWN, 0 },
        { "prompts/list", WEIR_RPC_KNOWN, 0 },
        { "prompts/get", WEIR_RPC_KNOWN, 0 },
        { "logging/setLevel", WEIR_RPC_KNOWN, 0 },
        { "completion/complete", WEIR_RPC_KNOWN, 0 },
        { "notifications/initialized", WEIR_RPC_KNOWN, 0 },
        { "notifications/cancelled", WEIR_RPC_KNOWN, 0 },
        { "notifications/progress", WEIR_RPC_KNOWN, 0 },
        { "notifications/roots/list_changed", WEIR_RPC_KNOWN, 0 }
    };
    const struct named        *found = FIND(methods, method, len);

    return found == NULL ? WEIR_RPC_UNKNOWN : found->value;
}


int
weir_transcript_event_of(const uint8_t *type, size_t len, int *field)
{
    static const struct named  events[] = {
        { "transcript.text.delta", WEIR_EVENT_DELTA, WEIR_FIELD_CONTENT },
        { "transcript.text.done", WEIR_EVENT_END, WEIR_FIELD_OTHER },
        { "error", WEIR_EVENT_ERROR, WEIR_FIELD_OTHER }
    };
    const struct named        *found = FIND(events, type, len);

    *field = found == NULL ? WEIR_FIELD_OTHER : found->field;
    return found == NULL ? WEIR_EVENT_OTHER : found->value;
}


/* "response.output_text.delta": what, and delta or done. */
int
weir_responses_event_of(const uint8_t *type, size_t len, int *field)
{
    static const struct named  texts[] = {
        { "output_text", 0, WEIR_FIELD_CONTENT },
        { "refusal", 0, WEIR_FIELD_REFUSAL },
        { "function_call_arguments", 0, WEIR_FIELD_ARGUMENTS },
        { "mcp_call_arguments", 0, WEIR_FIELD_ARGUMENTS },
        { "custom_tool_call_input", 0, WEIR_FIELD_TOOL_INPUT },
        { "code_interpreter_call_code", 0, WEIR_FIELD_CODE },
        { "reasoning_text", 0, WEIR_FIELD_REASONING },
        { "reasoning_summary_text", 0, WEIR_FIELD_REASONING2 },
        { "output_audio_transcript", 0, WEIR_FIELD_TRANSCRIPT },
        { "audio.transcript", 0, WEIR_FIELD_TRANSCRIPT }
    };
    static const struct named  events[] = {
        { "output_item.done", WEIR_EVENT_ITEM_DONE, 0 },
        { "completed", WEIR_EVENT_END, 0 },
        { "incomplete", WEIR_EVENT_END, 0 },
        { "failed", WEIR_EVENT_END, 0 },
        { "cancelled", WEIR_EVENT_END, 0 }
    };
    static const char          head[] = "response.";
    const size_t               nhead = sizeof(head) - 1;
    const struct named        *found;
    bool                       delta, done;

    *field = WEIR_FIELD_OTHER;
    if (weir_span_is((struct weir_span) { type, len }, "error")) {
        return WEIR_EVENT_ERROR;
    }
    if (len < nhead || memcmp(type, head, nhead) != 0) {
        return WEIR_EVENT_OTHER;
    }
    type += nhead;
    len -= nhead;
    found = FIND(events, type, len);
    if (found != NULL) {
        return found->value;
    }
    delta = len > 6 && memcmp(type + len - 6, ".delta", 6) == 0;
    done = len > 5 && memcmp(type + len - 5, ".done", 5) == 0;
    if (!delta && !done) {
        return WEIR_EVENT_OTHER;
    }
    found = FIND(texts, type, len - (delta ? 6 : 5));
    if (found == NULL) {
        return WEIR_EVENT_OTHER;
    }
    *field = found->field;
    return delta ? WEIR_EVENT_DELTA : WEIR_EVENT_DONE;
}
