/*
 * shape.c: the tables of the protocols. Sources: the API references of
 * OpenAI (chat completions), Anthropic (messages, streaming), Azure OpenAI,
 * DeepSeek, Qwen (compatible mode), Google (Gemini API), the servers vLLM,
 * llama-server, Ollama, which add fields of their own. Those of tools are in
 * shape_tools.c, of MCP in shape_mcp.c, of transcripts in shape_audio.c.
 *
 * Order: requests, parts, calls, answers, deltas, Responses, Gemini, the
 * table of nodes.
 */
#include "decode/shape_rows.h"


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

/* The legacy interface. best_of answers are made and paid for, n of them
   sent. */
static const struct weir_row  completion_request[] = {
    FACT("model", MODEL, ANY),
    ROW("prompt", INPUT, WEIR_AT_USER, CONTENT, ANY),
    ROW("suffix", TEXT, WEIR_AT_USER, CONTENT, ANY),
    FACT("max_tokens", MAX_TOKENS, ANY),
    FACT("n", N, ANY),
    FACT("best_of", N, ANY),
    FACT("stream", STREAMED, ANY),
    FACT("stream_options", STREAM_OPTIONS, STREAM_OPTIONS),
    TEXT("stop", ELSE, ANY),
    TEXT("user", ELSE, ANY)
};

/* embeddings, moderations, images/generations, audio/speech */
static const struct weir_row  input_request[] = {
    FACT("model", MODEL, ANY),
    ROW("input", INPUT, WEIR_AT_USER, CONTENT, PART),
    ROW("prompt", INPUT, WEIR_AT_USER, CONTENT, ANY),
    ROW("instructions", TEXT, SYS, CONTENT, ANY),
    FACT("n", N, ANY),
    FACT("stream", STREAMED, ANY),
    NAME("encoding_format"), NAME("response_format"), NAME("output_format"),
    NAME("size"), NAME("quality"), NAME("style"), NAME("background"),
    NAME("moderation"), NAME("stream_format"),
    ROW("voice", NAME, ELSE, OTHER, NAMES),
    TEXT("user", ELSE, ANY)
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
    NAME("media_type"), NAME("file_id"),
    FACT("url", URL, ANY),
    ROW("content", TEXT, KEEP, CONTENT, PART)
};

static const struct weir_row  link_rows[] = {
    FACT("url", URL, ANY), NAME("detail")
};

static const struct weir_row  audio[] = {
    NAME("id"), NAME("format"), FACT("data", OPAQUE, ANY),
    TEXT("transcript", BOT, ANY)
};

static const struct weir_row  file[] = {
    FACT("file_data", OPAQUE, ANY), NAME("file_id")
};

static const struct weir_row  citation[] = {
    NAME("type"), NAME("file_id"), FACT("encrypted_index", SEALED, ANY)
};


/* ---- calls of tools ---- */

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
    /* OpenRouter and LiteLLM repeat the reasoning here, cut in pieces */
    FACT("reasoning_details", STRIP, ANY),
    FACT("thinking_blocks", STRIP, ANY),
    FACT("provider_specific_fields", STRIP, ANY),
    TEXT("images", ELSE, PART),
    ROW("audio", NAME, ELSE, OTHER, DELTA_AUDIO),
    NAME("id"),
    NAME("type"),
    NAME("tool_call_id")
};

/* What the sound says comes in pieces. */
static const struct weir_row  delta_audio[] = {
    NAME("id"), NAME("format"), FACT("data", OPAQUE, ANY),
    ROW("transcript", STREAM, BOT, TRANSCRIPT, ANY)
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
    ROW("input", STREAM, CALL, TOOL_INPUT, FREE)
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


/* ---- answers with data ---- */

static const struct weir_row  counts[] = {
    FACT("prompt_tokens", INPUT_TOKENS, ANY),
    FACT("input_tokens", INPUT_TOKENS, ANY),
    FACT("output_tokens", OUTPUT_TOKENS, ANY)
};

static const struct weir_row  plain_answer[] = {
    FACT("id", ID, ANY),
    NAME("object"), NAME("type"),
    FACT("created", CREATED, ANY),
    FACT("model", MODEL, ANY),
    TEXT("data", BOT, DATA_ITEM),
    FACT("usage", USAGE, COUNTS),
    FACT("b64_json", OPAQUE, ANY),
    FACT("audio", OPAQUE, ANY),
    FACT("error", ERROR, ERROR_BODY)
};

static const struct weir_row  data_item[] = {
    NAME("object"),
    FACT("embedding", SEALED, ANY),      /* numbers, at times as base64 */
    FACT("b64_json", OPAQUE, ANY),
    FACT("url", MEDIA, ANY),
    TEXT("revised_prompt", BOT, ANY)
};


/* ---- Responses ---- */

static const struct weir_row  responses_request[] = {
    FACT("model", MODEL, ANY),
    ROW("input", INPUT, WEIR_AT_USER, CONTENT, RESPONSES_ITEM),
    ROW("instructions", TEXT, SYS, CONTENT, RESPONSES_ITEM),
    FACT("max_output_tokens", MAX_TOKENS, ANY),
    FACT("stream", STREAMED, ANY),
    FACT("background", BACKGROUND, ANY),
    FACT("stream_options", STREAM_OPTIONS, ANY),
    TEXT("tools", DEF, TOOL),
    ROW("tool_choice", NAME, ELSE, OTHER, TOOL_CHOICE),
    TEXT("text", DEF, RESPONSES_TEXT),
    /* kept by the provider: it stands in no body that we see */
    FACT("previous_response_id", OPAQUE, ANY),
    FACT("conversation", OPAQUE, OPTIONS),
    FACT("prompt", OPAQUE, ANY),
    ROW("reasoning", NAME, ELSE, OTHER, OPTIONS),
    NAME("include"), NAME("truncation"), NAME("service_tier"),
    NAME("prompt_cache_key"), NAME("prompt_cache_retention"),
    TEXT("metadata", ELSE, ANY),
    TEXT("user", ELSE, ANY)
};

/* Of `input` and of `output`: messages, calls and their results, reasoning.
   Keys that are not named (query, queries, action ...) are text. */
static const struct weir_row  responses_item[] = {
    FACT("type", ITEM_TYPE, ANY),
    FACT("role", ROLE, ANY),
    ROW("content", TEXT, SAID, CONTENT, PART),
    NAME("id"), NAME("call_id"), NAME("status"), NAME("object"),
    TEXT("name", ELSE, ANY),
    ROW("arguments", JSON2, CALL, ARGUMENTS, FREE),
    ROW("input", TEXT, CALL, ARGUMENTS, FREE),
    ROW("code", TEXT, CALL, ARGUMENTS, ANY),
    ROW("action", TEXT, CALL, ARGUMENTS, FREE),
    ROW("output", TEXT, WEIR_AT_TOOL_RESULT, CONTENT, PART),
    TEXT("outputs", WEIR_AT_TOOL_RESULT, PART),
    TEXT("results", WEIR_AT_TOOL_RESULT, PART),
    TEXT("tools", DEF, TOOL),
    ROW("summary", TEXT, WHY, REASONING, PART),
    FACT("encrypted_content", OPAQUE, ANY),
    FACT("result", RESULT, ANY)
};

/* reasoning, conversation, incomplete_details: names only */
static const struct weir_row  options[] = {
    NAME("id"), NAME("reason"), NAME("effort"), NAME("summary"),
    NAME("generate_summary"), NAME("context")
};

static const struct weir_row  responses_text[] = {
    TEXT("format", DEF, FUNCTION_DEF), NAME("verbosity")
};

static const struct weir_row  responses_answer[] = {
    FACT("id", ID, ANY),
    NAME("object"),
    FACT("created_at", CREATED, ANY),
    FACT("model", MODEL, ANY),
    FACT("status", FINISH, ANY),
    FACT("error", ERROR, ERROR_BODY),
    FACT("incomplete_details", DETAILS, OPTIONS),
    ROW("instructions", TEXT, SYS, CONTENT, RESPONSES_ITEM),
    ROW("output", TEXT, BOT, CONTENT, RESPONSES_ITEM),
    FACT("usage", USAGE, COUNTS),
    TEXT("tools", DEF, TOOL),
    ROW("tool_choice", NAME, ELSE, OTHER, TOOL_CHOICE),
    TEXT("text", DEF, RESPONSES_TEXT),
    ROW("reasoning", NAME, ELSE, OTHER, OPTIONS),
    NAME("previous_response_id"), NAME("truncation"), NAME("service_tier"),
    NAME("prompt_cache_key"), NAME("prompt_cache_retention"),
    ROW("conversation", NAME, ELSE, OTHER, OPTIONS),
    TEXT("metadata", ELSE, ANY),
    TEXT("user", ELSE, ANY)
};

/* What `delta` is depends on `type`: settled at the end of the event. The
   text whole, which comes when a part, an item or all has ended, is looked
   at whole. */
static const struct weir_row  responses_event[] = {
    FACT("type", EVENT, ANY),
    FACT("item_id", ITEM_ID, ANY),
    FACT("output_index", INDEX, ANY),
    FACT("content_index", SUB_INDEX, ANY),
    FACT("summary_index", SUB_INDEX, ANY),
    ROW("delta", STREAM, BOT, CONTENT, ANY),
    ROW("text", TEXT, BOT, CONTENT, ANY),
    ROW("refusal", TEXT, NAY, REFUSAL, ANY),
    ROW("arguments", JSON2, CALL, ARGUMENTS, FREE),
    ROW("input", TEXT, CALL, ARGUMENTS, ANY),
    ROW("code", TEXT, CALL, ARGUMENTS, ANY),
    TEXT("response", BOT, RESPONSES_ANSWER),
    TEXT("item", BOT, RESPONSES_ITEM),
    TEXT("part", BOT, PART),
    TEXT("annotation", BOT, CITATION),
    FACT("logprobs", STRIP, ANY),
    FACT("obfuscation", SEALED, ANY),
    FACT("partial_image_b64", OPAQUE, ANY),
    FACT("error", ERROR, ERROR_BODY)
};


/* ---- Gemini ---- */

/* A message of Protocol Buffers: a reader takes lowerCamelCase and the name
   of the field as declared for the same. */
#define TWO(row, camel, snake, ...)                                          \
    row(camel, __VA_ARGS__), row(snake, __VA_ARGS__)

static const struct weir_row  gemini_request[] = {
    FACT("model", MODEL, ANY),           /* stands in the path as a rule */
    FACT("contents", MESSAGES, GEMINI_CONTENT),
    TWO(TEXT, "systemInstruction", "system_instruction", SYS, GEMINI_SYSTEM),
    TEXT("tools", DEF, GEMINI_TOOL),
    TWO(FACT, "generationConfig", "generation_config",
        STREAM_OPTIONS, GEMINI_CONFIG),
    /* kept by the provider: it stands in no body that we see */
    TWO(FACT, "cachedContent", "cached_content", OPAQUE, ANY),
    /* countTokens: a whole request in its place */
    TWO(TEXT, "generateContentRequest", "generate_content_request",
        ELSE, GEMINI_REQUEST)
};

static const struct weir_row  gemini_config[] = {
    TWO(FACT, "maxOutputTokens", "max_output_tokens", MAX_TOKENS, ANY),
    TWO(FACT, "candidateCount", "candidate_count", N, ANY),
    NAME("responseMimeType"), NAME("response_mime_type"),
    NAME("responseModalities"), NAME("response_modalities"),
    TEXT("responseSchema", DEF, SCHEMA), TEXT("response_schema", DEF, SCHEMA),
    TWO(TEXT, "responseJsonSchema", "response_json_schema", DEF, SCHEMA)
};

static const struct weir_row  gemini_content[] = {
    FACT("role", ROLE, ANY),
    TEXT("parts", SAID, GEMINI_PART)
};

static const struct weir_row  gemini_system[] = {
    NAME("role"),
    TEXT("parts", SYS, GEMINI_PART)
};

#define GEMINI_PART_ROWS(text_does)                                          \
    ROW("text", text_does, KEEP, CONTENT, FREE),                             \
    FACT("thought", THOUGHT, ANY),                                           \
    TWO(FACT, "thoughtSignature", "thought_signature", SEALED, ANY),         \
    TWO(FACT, "inlineData", "inline_data", MEDIA, GEMINI_BLOB),              \
    TWO(FACT, "fileData", "file_data", MEDIA, GEMINI_BLOB),                  \
    TWO(TEXT, "functionCall", "function_call", CALL, GEMINI_CALL),           \
    TWO(TEXT, "functionResponse", "function_response",                       \
        WEIR_AT_TOOL_RESULT, GEMINI_RESULT),                                 \
    TWO(TEXT, "executableCode", "executable_code", CALL, GEMINI_CODE),       \
    TWO(TEXT, "codeExecutionResult", "code_execution_result",                \
        WEIR_AT_TOOL_RESULT, GEMINI_CODE)

static const struct weir_row  gemini_part[] = { GEMINI_PART_ROWS(TEXT) };
static const struct weir_row  gemini_said_part[] = {
    GEMINI_PART_ROWS(STREAM)
};

static const struct weir_row  gemini_call[] = {
    NAME("id"),
    TEXT("name", ELSE, ANY),
    ROW("args", TEXT, CALL, ARGUMENTS, FREE),
    /* pieces of the arguments, joined by a path of their own */
    TWO(FACT, "partialArgs", "partial_args", PIECES, ANY)
};

static const struct weir_row  gemini_result[] = {
    NAME("id"),
    TEXT("name", ELSE, ANY),
    TEXT("response", WEIR_AT_TOOL_RESULT, FREE),
    TEXT("parts", WEIR_AT_TOOL_RESULT, GEMINI_PART)
};

static const struct weir_row  gemini_code[] = {
    NAME("id"), NAME("language"), NAME("outcome"),
    TEXT("code", CALL, ANY),
    TEXT("output", WEIR_AT_TOOL_RESULT, ANY)
};

static const struct weir_row  gemini_blob[] = {
    NAME("mimeType"), NAME("mime_type"),
    FACT("data", OPAQUE, ANY),
    FACT("fileUri", URL, ANY), FACT("file_uri", URL, ANY)
};

static const struct weir_row  gemini_tool[] = {
    TWO(TEXT, "functionDeclarations", "function_declarations",
        DEF, GEMINI_FUNCTION)
};

static const struct weir_row  gemini_function[] = {
    TEXT("name", ELSE, ANY),
    TEXT("description", DEF, ANY),
    NAME("behavior"),
    TEXT("parameters", DEF, SCHEMA), TEXT("response", DEF, SCHEMA),
    TWO(TEXT, "parametersJsonSchema", "parameters_json_schema", DEF, SCHEMA),
    TWO(TEXT, "responseJsonSchema", "response_json_schema", DEF, SCHEMA)
};

static const struct weir_row  gemini_answer[] = {
    FACT("candidates", CHOICES, GEMINI_CANDIDATE),
    FACT("usageMetadata", USAGE, GEMINI_USAGE),
    FACT("modelVersion", MODEL, ANY),
    FACT("responseId", ID, ANY),
    NAME("createTime"),
    FACT("error", ERROR, ERROR_BODY)
};

static const struct weir_row  gemini_candidate[] = {
    TEXT("content", BOT, GEMINI_SAID),
    FACT("index", INDEX, ANY),
    FACT("finishReason", FINISH, ANY),
    FACT("logprobsResult", STRIP, ANY)
};

static const struct weir_row  gemini_said[] = {
    NAME("role"),
    TEXT("parts", BOT, GEMINI_SAID_PART)
};

/* promptTokenCount holds what came from the cache, candidatesTokenCount does
   not hold thoughts. */
static const struct weir_row  gemini_usage[] = {
    FACT("promptTokenCount", INPUT_TOKENS, ANY),
    FACT("toolUsePromptTokenCount", INPUT_TOKENS, ANY),
    FACT("candidatesTokenCount", OUTPUT_TOKENS, ANY),
    FACT("thoughtsTokenCount", OUTPUT_TOKENS, ANY),
    NAME("trafficType"), NAME("serviceTier")
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

    NODE(TOOL, weir_rows_tool_def, U | WEIR_NODE_KEYS, DEF, FREE),
    NODE(FUNCTION_DEF, weir_rows_function_def, U | WEIR_NODE_KEYS, DEF, FREE),
    NODE(SCHEMA, weir_rows_schema, WEIR_NODE_KEYS, DEF, FREE),
    BARE(PROPERTIES, WEIR_NODE_KEYS, DEF, SCHEMA),
    /* a number that bounds others is none of its own; what else may stand in
       its place is */
    BARE(BOUNDS, WEIR_NODE_KEYS, DEF, FREE),
    NODE(FORMAT, weir_rows_format, U | WEIR_NODE_KEYS, DEF, FREE),
    NODE(TOOL_CHOICE, weir_rows_tool_choice, U, ELSE, ANY),

    NODE(CHOICE, choice_rows, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(CHUNK_CHOICE, chunk_choice, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(DELTA, delta, U, ELSE, ANY),
    NODE(DELTA_CALL, delta_call, U | WEIR_NODE_SUB, CALL, FREE),
    NODE(DELTA_FUNCTION, delta_function, U, CALL, FREE),
    NODE(DELTA_OLD, delta_function, U | WEIR_NODE_OLD, CALL, FREE),
    NODE(DELTA_CUSTOM, delta_custom, U, CALL, FREE),
    NODE(DELTA_AUDIO, delta_audio, U, ELSE, ANY),
    NODE(DELTA_PART, delta_part, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(DELTA_THOUGHT, delta_thought, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(USAGE, usage, U, ELSE, ANY),
    NODE(ANTHROPIC_USAGE, anthropic_usage, U, ELSE, ANY),
    NODE(BLOCK, part, U | WEIR_NODE_IS_PART | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(BLOCK_START, block_start, U | WEIR_NODE_IS_PART, ELSE, ANY),
    NODE(BLOCK_DELTA, block_delta, U, ELSE, ANY),

    NODE(COMPLETION_REQUEST, completion_request, U, ELSE, ANY),
    NODE(INPUT_REQUEST, input_request, U, ELSE, ANY),
    NODE(PLAIN_ANSWER, plain_answer, U, ELSE, ANY),
    NODE(DATA_ITEM, data_item, U | WEIR_NODE_IS_PART, BOT, ANY),
    NODE(COUNTS, counts, U, ELSE, ANY),
    NODE(OPTIONS, options, U, ELSE, ANY),
    NODE(RESPONSES_REQUEST, responses_request, U, ELSE, ANY),
    NODE(RESPONSES_ANSWER, responses_answer, U, ELSE, ANY),
    NODE(RESPONSES_EVENT, responses_event, U, ELSE, ANY),
    NODE(RESPONSES_ITEM, responses_item, U | WEIR_NODE_ROLES, KEEP, ANY),
    NODE(RESPONSES_TEXT, responses_text, U, DEF, ANY),

    NODE(GEMINI_REQUEST, gemini_request, U, ELSE, ANY),
    NODE(GEMINI_CONFIG, gemini_config, U, ELSE, ANY),
    NODE(GEMINI_CONTENT, gemini_content, U | WEIR_NODE_ITEM | WEIR_NODE_ROLES,
         ELSE, ANY),
    NODE(GEMINI_SYSTEM, gemini_system, U, SYS, ANY),
    NODE(GEMINI_PART, gemini_part, U | WEIR_NODE_IS_PART, KEEP, FREE),
    NODE(GEMINI_CALL, gemini_call, U, CALL, FREE),
    NODE(GEMINI_RESULT, gemini_result, U, KEEP, FREE),
    NODE(GEMINI_CODE, gemini_code, U, KEEP, FREE),
    NODE(GEMINI_BLOB, gemini_blob, U, ELSE, ANY),
    NODE(GEMINI_TOOL, gemini_tool, U, DEF, ANY),
    NODE(GEMINI_FUNCTION, gemini_function, U, DEF, ANY),
    NODE(GEMINI_ANSWER, gemini_answer, U, ELSE, ANY),
    NODE(GEMINI_CANDIDATE, gemini_candidate, U | WEIR_NODE_ITEM, ELSE, ANY),
    NODE(GEMINI_SAID, gemini_said, U, BOT, ANY),
    NODE(GEMINI_SAID_PART, gemini_said_part, U | WEIR_NODE_IS_PART, KEEP,
         FREE),
    NODE(GEMINI_USAGE, gemini_usage, U, ELSE, ANY),

    NODE(MCP_MESSAGE, weir_rows_message, U | WEIR_NODE_KEYS, ELSE, FREE),
    NODE(MCP_PARAMS, weir_rows_params, U | WEIR_NODE_KEYS, KEEP, FREE),
    NODE(MCP_RESULT, weir_rows_result, U | WEIR_NODE_KEYS, KEEP, FREE),
    NODE(MCP_ERROR, weir_rows_error, U | WEIR_NODE_KEYS, KEEP, FREE),
    NODE(MCP_SAID, weir_rows_said, U | WEIR_NODE_KEYS, KEEP, FREE),
    NODE(MCP_PART, weir_rows_part, U | WEIR_NODE_KEYS | WEIR_NODE_IS_PART,
         KEEP, FREE),
    NODE(MCP_RESOURCE, weir_rows_resource,
         U | WEIR_NODE_KEYS | WEIR_NODE_IS_PART, KEEP, FREE),
    NODE(MCP_TOOL, weir_rows_tool, U | WEIR_NODE_KEYS, DEF, FREE),

    NODE(TRANSCRIPT, weir_rows_transcript, U, BOT, ANY),
    NODE(TRANSCRIPT_EVENT, weir_rows_transcript_event, U, BOT, ANY),
    NODE(SEGMENT, weir_rows_segment, U, BOT, ANY),
    NODE(WORD, weir_rows_word, U, BOT, ANY),
    NODE(HEARD, weir_rows_heard, U, ELSE, ANY),
    NODE(LINE, weir_rows_line, U, ELSE, ANY),
    NODE(ITEM_OF, weir_rows_item, U, ELSE, ANY),
    NODE(LIST, weir_rows_list, U, ELSE, ANY),
    NODE(BATCH, weir_rows_batch, U, ELSE, ANY),
    NODE(RESULT, weir_rows_answered, U, ELSE, ANY),
    NODE(RESULT_HEAD, weir_rows_response, U, BOT, ANY),
    NODE(RESULT_BODY, weir_rows_answer_body, U, BOT, ANY),
    NODE(OBJECT, weir_rows_object, U, ELSE, ANY)
};

static_assert(sizeof(part) / sizeof(part[0]) <= WEIR_ROWS_MAX,
              "bits of seen");
static_assert(sizeof(openai_request) / sizeof(openai_request[0])
              <= WEIR_ROWS_MAX, "bits of seen");
static_assert(sizeof(weir_rows_schema) / sizeof(weir_rows_schema[0])
              <= WEIR_ROWS_MAX, "bits of seen");
