/*
 * shape_rows.h: how the rows of the tables are written, and those that stand
 * outside of shape.c.
 */
#ifndef WEIR_DECODE_SHAPE_ROWS_H
#define WEIR_DECODE_SHAPE_ROWS_H

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

/* shape_tools.c */
extern const struct weir_row  weir_rows_tool_def[10];
extern const struct weir_row  weir_rows_function_def[6];
extern const struct weir_row  weir_rows_schema[43];
extern const struct weir_row  weir_rows_format[3];
extern const struct weir_row  weir_rows_tool_choice[6];

/* shape_mcp.c */
extern const struct weir_row  weir_rows_message[6];
extern const struct weir_row  weir_rows_params[9];
extern const struct weir_row  weir_rows_result[10];
extern const struct weir_row  weir_rows_error[2];
extern const struct weir_row  weir_rows_said[2];
extern const struct weir_row  weir_rows_part[5];
extern const struct weir_row  weir_rows_resource[3];
extern const struct weir_row  weir_rows_tool[4];

/* shape_audio.c */
extern const struct weir_row  weir_rows_transcript[8];
extern const struct weir_row  weir_rows_transcript_event[6];
extern const struct weir_row  weir_rows_segment[4];
extern const struct weir_row  weir_rows_word[1];
extern const struct weir_row  weir_rows_heard[4];

/* shape_batch.c */
extern const struct weir_row  weir_rows_line[4];
extern const struct weir_row  weir_rows_item[2];
extern const struct weir_row  weir_rows_list[1];
extern const struct weir_row  weir_rows_batch[4];
extern const struct weir_row  weir_rows_answered[5];
extern const struct weir_row  weir_rows_response[5];
extern const struct weir_row  weir_rows_answer_body[9];
extern const struct weir_row  weir_rows_object[19];

#endif
