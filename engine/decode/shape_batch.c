/*
 * shape_batch.c: the tables of files and batches. Source: the API reference of
 * OpenAI (files, batch) and of Anthropic (message batches).
 */
#include "decode/shape_rows.h"

#define MARK(key, place, index, into)                                        \
    { key, sizeof(key) - 1, WEIR_DOES_MARK, place, WEIR_MARK_##index,        \
      WEIR_NODE_##into }


/* What is in the body depends on the URL, which may follow it: it is read as
   a document of its own (flow/files.c). */
const struct weir_row  weir_rows_line[4] = {
    MARK("custom_id", WEIR_AT_USER, ID, ANY),
    MARK("method", ELSE, METHOD, ANY),
    MARK("url", ELSE, URL, ANY),
    MARK("body", ELSE, BODY, MUTE)
};

/* Anthropic: one body has all, and each is read as a document of its own. */
const struct weir_row  weir_rows_item[2] = {
    MARK("custom_id", WEIR_AT_USER, ID, ANY),
    MARK("params", ELSE, BODY, MUTE)
};

const struct weir_row  weir_rows_list[1] = {
    FACT("requests", MESSAGES, MUTE)
};

const struct weir_row  weir_rows_batch[4] = {
    MARK("input_file_id", ELSE, ID, ANY),
    NAME("endpoint"),
    NAME("completion_window"),
    TEXT("metadata", ELSE, ANY)
};

const struct weir_row  weir_rows_answered[5] = {
    NAME("id"),
    MARK("custom_id", WEIR_AT_USER, ID, ANY),
    TEXT("response", BOT, RESULT_HEAD),
    TEXT("result", BOT, RESULT_HEAD),
    FACT("error", ERROR, ERROR_BODY)
};

const struct weir_row  weir_rows_response[5] = {
    NAME("request_id"),
    TEXT("body", BOT, RESULT_BODY),
    NAME("type"),
    TEXT("message", BOT, ANTHROPIC_ANSWER),
    FACT("error", ERROR, ERROR_BODY)
};

/* Of chat, completions, responses, embeddings, moderations: a line does not
   say of which. */
const struct weir_row  weir_rows_answer_body[9] = {
    NAME("id"),
    NAME("object"),
    FACT("model", MODEL, ANY),
    FACT("choices", CHOICES, CHOICE),
    ROW("output", TEXT, BOT, CONTENT, RESPONSES_ITEM),
    TEXT("data", BOT, DATA_ITEM),
    TEXT("results", BOT, ANY),
    FACT("usage", USAGE, COUNTS),
    FACT("error", ERROR, ERROR_BODY)
};

const struct weir_row  weir_rows_object[19] = {
    MARK("id", ELSE, ID, ANY),
    MARK("input_file_id", ELSE, INPUT, ANY),
    MARK("output_file_id", ELSE, OUTPUT, ANY),
    MARK("error_file_id", ELSE, ERRORS, ANY),
    NAME("object"), NAME("purpose"), NAME("status"), NAME("endpoint"),
    NAME("completion_window"),
    TEXT("metadata", ELSE, ANY),
    FACT("error", ERROR, ERROR_BODY),
    MARK("results_url", ELSE, LINK, ANY),
    NAME("type"), NAME("processing_status"), NAME("created_at"),
    NAME("expires_at"), NAME("ended_at"), NAME("archived_at"),
    NAME("cancel_initiated_at")
};
