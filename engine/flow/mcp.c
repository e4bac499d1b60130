/*
 * mcp.c: what is MCP's own: the message that a call is, who may call which
 * tool, errors of JSON-RPC.
 *
 *   request   one message: a method, or the answer to what the server asked
 *   answer    one message, or a stream of them; a message is inspected whole,
 *             and one with a denied text is replaced by an error
 */
#include "flow/flow_internal.h"


/* Is `name` a line of the list, or the list "*"? */
bool
weir_mcp_listed(struct weir_span list, struct weir_span name)
{
    size_t  at = 0;

    while (at < list.len) {
        const uint8_t *const  line = list.at + at;
        size_t                n = 0;

        while (at + n < list.len && line[n] != '\n') {
            n++;
        }
        if ((n == 1 && *line == '*')
            || (n == name.len && memcmp(line, name.at, n) == 0))
        {
            return true;
        }
        at += n + 1;
    }
    return false;
}


bool
weir_mcp_header(struct weir_span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] < 0x21 || value.at[i] > 0x7e) {
            return false;
        }
    }
    return value.len <= WEIR_SESSION_BYTES_MAX;
}


int
weir_mcp_open(struct weir_flow *f, const struct weir_facts *facts)
{
    const struct weir_spot  id = facts->id;

    if (id.begin != WEIR_SPOT_NONE) {
        /* JSON-RPC allows null, MCP does not; one that is too long to be
           kept could not be answered. */
        if (id.end - id.begin >= sizeof(f->answer_id)
            || f->body.at[id.begin] == 'n')
        {
            return WEIR_E_BAD_REQUEST;
        }
        memcpy(f->answer_id, f->body.at + id.begin, id.end - id.begin);
        f->answer_id[id.end - id.begin] = '\0';
    }
    if (facts->rpc == WEIR_RPC_NONE) {
        return facts->rpc_reply && id.begin != WEIR_SPOT_NONE
               ? WEIR_OK : WEIR_E_BAD_REQUEST;
    }
    if (facts->rpc == WEIR_RPC_UNKNOWN) {
        return WEIR_E_RPC_METHOD;
    }
    f->tool_call = facts->rpc == WEIR_RPC_TOOL_CALL;
    return facts->rpc_reply
           || (f->tool_call && facts->tool.begin == WEIR_SPOT_NONE)
           ? WEIR_E_BAD_REQUEST : WEIR_OK;
}


/* Compared as it is written: a name with escapes is no name of the list. */
int
weir_mcp_allowed(const struct weir_flow *f, const struct weir_facts *facts)
{
    struct weir_span  name;

    if (!f->tool_call) {
        return WEIR_OK;
    }
    name.at = f->body.at + facts->tool.begin + 1;
    name.len = facts->tool.end - facts->tool.begin - 2;
    return weir_mcp_listed(weir_snap_span(f->snap, f->model->tools), name)
           ? WEIR_OK : WEIR_E_TOOL;
}


/*
 * The status of a refusal. What is said of one message is an answer to it:
 * clients read the error of JSON-RPC only where the status is 200. A message
 * without an id awaits no answer, and the status has to say it.
 */
int
weir_mcp_status(const struct weir_flow *f, int error)
{
    const bool  answers = f->answer_id[0] != '\0'
                          && (error == WEIR_E_DENIED || error == WEIR_E_TOOL
                              || error == WEIR_E_RPC_METHOD);

    return answers ? 200 : weir_error_info(error)->status;
}


/* JSON-RPC 2.0, 5.1. Those of -32000 to -32099 are for the server to define;
   the first two of them the SDK uses for troubles of its own. */
int
weir_mcp_code(int error)
{
    switch (error) {
    case WEIR_E_BAD_JSON:
    case WEIR_E_BAD_UTF8:
        return -32700;
    case WEIR_E_BAD_REQUEST:
    case WEIR_E_DUPLICATE_KEY:
    case WEIR_E_TOO_DEEP:
        return -32600;
    case WEIR_E_RPC_METHOD:
        return -32601;
    case WEIR_E_TOOL:
        return -32602;
    case WEIR_E_INTERNAL:
        return -32603;
    default:
        return -32050;
    }
}
