/*
 * shape_mcp.c: the messages of MCP. Source: the schema of the Model Context
 * Protocol, revision 2025-06-18.
 */
#include "decode/shape_rows.h"


/* A message of JSON-RPC, either way: servers ask clients too, and clients
   answer. What no row names is free JSON: its keys are texts as well. */
const struct weir_row  weir_rows_message[] = {
    NAME("jsonrpc"),
    FACT("id", RPC_ID, ANY),
    FACT("method", RPC_METHOD, ANY),
    ROW("params", RPC_PARAMS, ELSE, OTHER, MCP_PARAMS),
    ROW("result", RPC_REPLY, WEIR_AT_TOOL_RESULT, OTHER, MCP_RESULT),
    ROW("error", RPC_REPLY, WEIR_AT_TOOL_RESULT, OTHER, MCP_ERROR)
};

/* `messages` and `content` are those of sampling. */
const struct weir_row  weir_rows_params[] = {
    FACT("name", TOOL, ANY),
    ROW("arguments", TEXT, CALL, ARGUMENTS, FREE),
    NAME("protocolVersion"), NAME("level"), NAME("cursor"),
    NAME("includeContext"),
    TEXT("messages", WEIR_AT_USER, MCP_SAID),
    TEXT("systemPrompt", SYS, FREE),
    TEXT("requestedSchema", DEF, SCHEMA)
};

const struct weir_row  weir_rows_result[] = {
    ROW("content", TEXT, KEEP, CONTENT, MCP_PART),
    TEXT("contents", KEEP, MCP_RESOURCE),
    TEXT("messages", KEEP, MCP_SAID),
    TEXT("structuredContent", KEEP, FREE),
    TEXT("tools", DEF, MCP_TOOL),
    TEXT("instructions", SYS, FREE),
    NAME("protocolVersion"), NAME("nextCursor"), NAME("role"),
    NAME("stopReason")
};

const struct weir_row  weir_rows_error[] = {
    TEXT("message", KEEP, FREE),
    TEXT("data", KEEP, FREE)
};

const struct weir_row  weir_rows_said[] = {
    NAME("role"),
    ROW("content", TEXT, KEEP, CONTENT, MCP_PART)
};

/* `data` of a picture or sound, by `type`, is no text. */
const struct weir_row  weir_rows_part[] = {
    FACT("type", TYPE, ANY),
    ROW("text", TEXT, KEEP, CONTENT, FREE),
    ROW("data", DATA, KEEP, OTHER, ANY),
    NAME("mimeType"),
    TEXT("resource", KEEP, MCP_RESOURCE)
};

const struct weir_row  weir_rows_resource[] = {
    ROW("text", TEXT, KEEP, CONTENT, FREE),
    FACT("blob", OPAQUE, ANY),
    NAME("mimeType")
};

const struct weir_row  weir_rows_tool[] = {
    FACT("name", TOOL, FREE),
    TEXT("description", DEF, FREE),
    TEXT("inputSchema", DEF, SCHEMA),
    TEXT("outputSchema", DEF, SCHEMA)
};
