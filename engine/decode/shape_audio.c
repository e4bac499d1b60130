/*
 * shape_audio.c: the tables of what transcribing answers. Source: the API
 * reference of OpenAI (audio, streaming events); vLLM, whisper.cpp and
 * faster-whisper answer alike.
 *
 * A transcript comes up to three times in one answer: whole, in segments, in
 * words. Segments continue each other, so they are one text. Words are not
 * joined, for what stands between two of them is not said: where a rule
 * changes the text they go (flow/answer.c).
 */
#include "decode/shape_rows.h"


/* `tokens`, `logprobs`: the text in a form that cannot be inspected. */
const struct weir_row  weir_rows_transcript[8] = {
    ROW("text", TEXT, BOT, CONTENT, ANY),
    TEXT("segments", BOT, SEGMENT),
    FACT("words", WORDS, WORD),
    FACT("logprobs", STRIP, ANY),
    FACT("duration", SECONDS, ANY),
    NAME("task"),
    FACT("usage", USAGE, HEARD),
    FACT("error", ERROR, ERROR_BODY)
};

/* What `delta` is depends on `type`: settled at the end of the event. */
const struct weir_row  weir_rows_transcript_event[6] = {
    FACT("type", EVENT, ANY),
    ROW("delta", STREAM, BOT, CONTENT, ANY),
    ROW("text", TEXT, BOT, CONTENT, ANY),
    FACT("logprobs", STRIP, ANY),
    FACT("usage", USAGE, HEARD),
    FACT("error", ERROR, ERROR_BODY)
};

const struct weir_row  weir_rows_segment[4] = {
    ROW("text", STREAM, BOT, CONTENT, ANY),
    FACT("tokens", STRIP, ANY),
    FACT("words", STRIP, ANY),
    NAME("type")
};

const struct weir_row  weir_rows_word[1] = {
    ROW("word", TEXT, BOT, CONTENT, ANY)
};

const struct weir_row  weir_rows_heard[4] = {
    NAME("type"),
    FACT("seconds", SECONDS, ANY),
    FACT("input_tokens", INPUT_TOKENS, ANY),
    FACT("output_tokens", OUTPUT_TOKENS, ANY)
};
