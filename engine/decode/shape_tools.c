/*
 * shape_tools.c: the tables of what tools there are: definitions, schemas of
 * their arguments and of answers.
 */
#include "decode/shape_rows.h"


const struct weir_row  weir_rows_tool_def[10] = {
    NAME("type"),
    TEXT("name", ELSE, FREE),
    TEXT("description", DEF, FREE),
    TEXT("function", DEF, FUNCTION_DEF),
    TEXT("custom", DEF, FUNCTION_DEF),
    TEXT("strict", DEF, FREE),
    TEXT("input_schema", DEF, SCHEMA),
    TEXT("parameters", DEF, SCHEMA),
    TEXT("input_examples", DEF, FREE),
    ROW("cache_control", NAME, ELSE, OTHER, NAMES)
};

const struct weir_row  weir_rows_function_def[6] = {
    TEXT("type", DEF, FREE),             /* of Responses' text.format */
    TEXT("name", ELSE, FREE),
    TEXT("description", DEF, FREE),
    TEXT("strict", DEF, FREE),
    TEXT("parameters", DEF, SCHEMA),
    TEXT("schema", DEF, SCHEMA)
};

/* JSON Schema 2020-12: keywords that hold data, bounds, or schemas. Servers
   give the whole of it to a model, so all else is text: `required` repeats
   names of properties, no server knows every `format`, and a key may be of
   anybody's making. What is plain here is only what such a key is. */
const struct weir_row  weir_rows_schema[43] = {
    TEXT("type", DEF, FREE), TEXT("description", DEF, FREE),
    TEXT("title", DEF, FREE), TEXT("required", DEF, FREE),
    TEXT("format", DEF, FREE), TEXT("pattern", DEF, FREE),
    TEXT("$schema", DEF, FREE), TEXT("$id", DEF, FREE),
    TEXT("$ref", DEF, FREE), TEXT("$anchor", DEF, FREE),
    TEXT("minimum", DEF, BOUNDS), TEXT("maximum", DEF, BOUNDS),
    TEXT("exclusiveMinimum", DEF, BOUNDS),
    TEXT("exclusiveMaximum", DEF, BOUNDS), TEXT("multipleOf", DEF, BOUNDS),
    TEXT("minLength", DEF, BOUNDS), TEXT("maxLength", DEF, BOUNDS),
    TEXT("minItems", DEF, BOUNDS), TEXT("maxItems", DEF, BOUNDS),
    TEXT("uniqueItems", DEF, FREE), TEXT("nullable", DEF, FREE),
    TEXT("enum", DEF, FREE), TEXT("const", DEF, FREE),
    TEXT("default", DEF, FREE), TEXT("examples", DEF, FREE),
    TEXT("example", DEF, FREE),
    TEXT("properties", DEF, PROPERTIES),
    TEXT("patternProperties", DEF, PROPERTIES),
    TEXT("$defs", DEF, PROPERTIES), TEXT("definitions", DEF, PROPERTIES),
    TEXT("dependentSchemas", DEF, PROPERTIES),
    TEXT("items", DEF, SCHEMA), TEXT("prefixItems", DEF, SCHEMA),
    TEXT("additionalProperties", DEF, SCHEMA),
    TEXT("propertyNames", DEF, SCHEMA),
    TEXT("anyOf", DEF, SCHEMA), TEXT("allOf", DEF, SCHEMA),
    TEXT("oneOf", DEF, SCHEMA), TEXT("not", DEF, SCHEMA),
    TEXT("if", DEF, SCHEMA), TEXT("then", DEF, SCHEMA),
    TEXT("else", DEF, SCHEMA), TEXT("contains", DEF, SCHEMA)
};

const struct weir_row  weir_rows_format[3] = {
    NAME("type"),
    TEXT("json_schema", DEF, FUNCTION_DEF),
    TEXT("schema", DEF, SCHEMA)
};

const struct weir_row  weir_rows_tool_choice[6] = {
    NAME("type"),
    TEXT("name", ELSE, ANY),
    NAME("mode"),
    TEXT("function", ELSE, TOOL_CHOICE),
    TEXT("allowed_tools", ELSE, TOOL_CHOICE),
    TEXT("tools", ELSE, TOOL_CHOICE)
};
