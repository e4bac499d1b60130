/*
 * mcp.c: what is MCP's own: the message that a call is, who may call which
 * tool, errors of JSON-RPC.
 *
 *   request   one message: a method, or the answer to what the server asked
 *   answer    one message, or a stream of them; a message is inspected whole,
 *             and one with a denied text is replaced by an error
 */
#include "flow/flow_internal.h"


/* The line of the list that is `name`, or "*"; `at` NULL: there is none. */
static struct weir_span
line_of(struct weir_span list, struct weir_span name)
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
            return (struct weir_span) { line, n };
        }
        at += n + 1;
    }
    return (struct weir_span) { NULL, 0 };
}


bool
weir_mcp_listed(struct weir_span list, struct weir_span name)
{
    return line_of(list, name).at != NULL;
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
    f->tool_list = facts->rpc == WEIR_RPC_TOOL_LIST;
    return facts->rpc_reply
           || (f->tool_call && facts->tool.begin == WEIR_SPOT_NONE)
           ? WEIR_E_BAD_REQUEST : WEIR_OK;
}


/* Compared as it is written: a name with escapes is no name of the list. */
static struct weir_span
tool_of(const struct weir_flow *f, const uint8_t *doc, struct weir_spot name)
{
    if (name.begin == WEIR_SPOT_NONE) {
        return (struct weir_span) { NULL, 0 };
    }
    return line_of(weir_snap_span(f->snap, f->model->tools),
                   (struct weir_span) { doc + name.begin + 1,
                                        name.end - name.begin - 2 });
}


/* What is kept for the record is the register's word for the tool: under "*"
   a name would be a text of the caller's. */
int
weir_mcp_allowed(struct weir_flow *f, const struct weir_facts *facts)
{
    if (f->tool_call) {
        f->tool = tool_of(f, f->body.at, facts->tool);
    }
    return !f->tool_call || f->tool.at != NULL ? WEIR_OK : WEIR_E_TOOL;
}


/* From the end of one element to the begin of the next: a comma and blanks.
   Otherwise the two do not stand in one array. */
static bool
is_comma(const uint8_t *doc, size_t at, size_t end)
{
    bool  comma = false;

    for (; at < end; at++) {
        if (doc[at] == ',' && !comma) {
            comma = true;
        } else if (strchr(" \t\r\n", doc[at]) == NULL) {
            return false;
        }
    }
    return comma;
}


static bool
is_first(const uint8_t *doc, size_t at)
{
    while (at > 0 && strchr(" \t\r\n", doc[at - 1]) != NULL) {
        at--;
    }
    return at > 0 && doc[at - 1] == '[';
}


/* More elements than are kept may follow the last that is. */
static uint32_t
past_comma(const uint8_t *doc, uint32_t at)
{
    uint32_t  k = at;

    while (strchr(" \t\r\n", doc[k]) != NULL) {
        k++;
    }
    return doc[k] == ',' ? k + 1 : at;
}


/* The texts of [begin, end) are not looked at: nobody will read them. */
static void
drop_texts(struct weir_text *texts, uint32_t *n, uint32_t begin,
    uint32_t end)
{
    uint32_t  kept = 0;

    for (uint32_t i = 0; i < *n; i++) {
        if (texts[i].begin < begin || texts[i].begin >= end) {
            texts[kept++] = texts[i];
        }
    }
    *n = kept;
}


/* With each that goes a comma goes: the one before it, if an element stays
   before it, else the one behind it. */
int
weir_mcp_list(const struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts, struct weir_text *texts, uint32_t *n,
    struct weir_edits *e)
{
    bool  any = false;

    for (uint32_t i = 0; f->tool_list && i < facts->ntools; i++) {
        const struct weir_tool *const  t = &facts->tools[i];
        const bool                     last = i + 1 == facts->ntools;

        if (i == 0 ? !is_first(doc, t->whole.begin)
            : !is_comma(doc, t[-1].whole.end, t->whole.begin))
        {
            return WEIR_E_UPSTREAM_BAD;
        }
        if (tool_of(f, doc, t->name).at != NULL) {
            any = true;
            continue;
        }
        drop_texts(texts, n, t->whole.begin, t->whole.end);
        weir_edits_put(e, any ? t[-1].whole.end : t->whole.begin,
                       any ? t->whole.end
                       : last ? past_comma(doc, t->whole.end)
                       : t[1].whole.begin, "");
    }
    return WEIR_OK;
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
