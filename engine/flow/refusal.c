/*
 * refusal.c: one clear error in the protocol's own shape.
 *
 *   OpenAI     {"error":{"message","type","param","code","weir":{...}}}
 *   Anthropic  {"type":"error","error":{"type","message","weir":{...}},
 *               "request_id"}
 *   Google     {"error":{"code","message","status","details":[...],
 *               "weir":{...}}}, code is the HTTP status
 *   MCP        {"jsonrpc":"2.0","id","error":{"code","message",
 *               "data":{"weir":{...}}}}
 *
 * The message is a sentence for a person, in the caller's language: what,
 * by which rule and article, the decision's id, where to complain. The
 * "weir" object says the same to programs.
 */
#include "flow/flow_internal.h"


static const struct weir_snap_rule *
denying_rule(const struct weir_flow *f)
{
    uint32_t  r;

    if (f == NULL || f->snap == NULL) {
        return NULL;
    }
    r = f->request_verdict.denied_by != WEIR_SNAP_NONE
        ? f->request_verdict.denied_by : f->answer_verdict.denied_by;
    return r == WEIR_SNAP_NONE ? NULL : &f->snap->rules[r];
}


static void
add_part(struct weir_buf *out, const char *before, struct weir_span s,
    const char *after)
{
    if (s.len > 0) {
        weir_buf_adds(out, before);
        weir_buf_add_json(out, s, 1);
        weir_buf_adds(out, after);
    }
}


/* Which interface it is that is not served, and what is instead. */
static void
add_unserved(const struct weir_flow *f, int error, bool zh,
    struct weir_buf *out)
{
    const struct weir_unserved *const  u = f->unserved;

    if (u == NULL || (error != WEIR_E_SURFACE && error != WEIR_E_METHOD)) {
        return;
    }
    if (u->en != NULL && error == WEIR_E_SURFACE) {
        add_part(out, zh ? " 接口：" : " Interface: ",
                 weir_span_of(zh ? u->zh : u->en), zh ? "。" : ".");
    }
    if (u->instead_en != NULL) {
        add_part(out, zh ? "" : " ",
                 weir_span_of(zh ? u->instead_zh : u->instead_en), "");
    }
}


/* The sentence, escaped for JSON. */
static void
add_message(const struct weir_flow *f, int error, bool zh,
    struct weir_buf *out)
{
    const struct weir_error_info *const  info = weir_error_info(error);
    const struct weir_snap_rule *const   rule = denying_rule(f);
    const struct weir_snapshot          *s;

    weir_buf_add_json(out, weir_span_of(zh ? info->zh : info->en), 1);
    if (f == NULL || f->snap == NULL) {
        return;
    }
    s = f->snap;
    if (error == WEIR_E_DENIED && rule != NULL) {
        add_part(out, zh ? " 规则：" : " Rule: ",
                 weir_snap_span(s, zh ? rule->title_zh : rule->title_en),
                 " (");
        weir_buf_add_json(out, weir_snap_span(s, rule->id), 1);
        weir_buf_adds(out, zh ? ")。" : ").");
        add_part(out, zh ? " 依据：" : " Basis: ",
                 weir_snap_span(s, zh ? rule->law_zh : rule->law_en),
                 zh ? "。" : ".");
        add_part(out, " ",
                 weir_snap_span(s, zh ? rule->help_zh : rule->help_en), "");
    }
    add_unserved(f, error, zh, out);
    if (error == WEIR_E_NOT_TRANSLATABLE) {
        add_part(out, zh ? " 字段：" : " Field: ",
                 weir_span_of(weir_wire_field(f)), zh ? "。" : ".");
    }
    weir_rate_sentence(f, error, zh, out);
    if (f->line > 0) {
        weir_buf_adds(out, zh ? " 第 " : f->protocol == WEIR_ANTHROPIC
                                         ? " Request " : " Line ");
        weir_buf_addu(out, f->line);
        add_part(out, !zh ? ", custom_id " : f->protocol == WEIR_ANTHROPIC
                 ? " 项，custom_id " : " 行，custom_id ",
                 weir_span_of(f->answer_id), "");
        weir_buf_adds(out, zh ? "。" : ".");
    }
    add_part(out, zh ? " 决定编号：" : " Decision: ",
             weir_span_of(f->id_text), zh ? "。" : ".");
    if (f->scenario != NULL) {
        add_part(out, zh ? " 投诉与申诉：" : " To complain: ",
                 weir_snap_span(s, f->scenario->complaint),
                 zh ? "。" : ".");
    }
}


static void
add_field(struct weir_buf *out, const char *name, struct weir_span value)
{
    if (value.len > 0) {
        weir_buf_addc(out, ',');
        weir_buf_addc(out, '"');
        weir_buf_adds(out, name);
        weir_buf_adds(out, "\":\"");
        weir_buf_add_json(out, value, 1);
        weir_buf_addc(out, '"');
    }
}


void
weir_synth_why(struct weir_flow *f, int error, struct weir_buf *out)
{
    const struct weir_snap_rule *const  rule = denying_rule(f);
    const bool                          zh = f->chinese;

    weir_buf_adds(out, "\"weir\":{\"decision\":\"");
    weir_buf_adds(out, f->id_text);
    weir_buf_addc(out, '"');
    add_field(out, "code", weir_span_of(weir_error_info(error)->code));
    if (error == WEIR_E_DENIED && rule != NULL) {
        add_field(out, "rule", weir_snap_span(f->snap, rule->id));
        add_field(out, "title", weir_snap_span(f->snap,
                  zh ? rule->title_zh : rule->title_en));
        add_field(out, "article", weir_snap_span(f->snap,
                  zh ? rule->law_zh : rule->law_en));
        weir_buf_adds(out, rule->verified ? ",\"verified\":true"
                                          : ",\"verified\":false");
        add_field(out, "help", weir_snap_span(f->snap,
                  zh ? rule->help_zh : rule->help_en));
    }
    if (error == WEIR_E_SURFACE && f->unserved != NULL
        && f->unserved->en != NULL)
    {
        add_field(out, "surface", weir_span_of(f->unserved->en));
    }
    if (error == WEIR_E_NOT_TRANSLATABLE) {
        add_field(out, "field", weir_span_of(weir_wire_field(f)));
    }
    weir_rate_member(f, error, out);
    if (f->scenario != NULL) {
        add_field(out, "complaint",
                  weir_snap_span(f->snap, f->scenario->complaint));
    }
    weir_buf_addc(out, '}');
}


/* google.rpc.Code as Google's interfaces map it to HTTP. */
static const char *
google_status(int status)
{
    switch (status) {
    case 401: return "UNAUTHENTICATED";
    case 403: return "PERMISSION_DENIED";
    case 404: return "NOT_FOUND";
    case 402:
    case 429: return "RESOURCE_EXHAUSTED";
    case 500: return "INTERNAL";
    case 502:
    case 503: return "UNAVAILABLE";
    case 504: return "DEADLINE_EXCEEDED";
    default:  return "INVALID_ARGUMENT";
    }
}


/* google.rpc.ErrorInfo: the reason is the code in capitals. */
static void
add_google(const struct weir_error_info *info, struct weir_buf *out)
{
    weir_buf_adds(out, "\",\"status\":\"");
    weir_buf_adds(out, google_status(info->status));
    weir_buf_adds(out, "\",\"details\":[{\"@type\":"
                       "\"type.googleapis.com/google.rpc.ErrorInfo\","
                       "\"reason\":\"");
    for (const char *p = info->code; *p != '\0'; p++) {
        weir_buf_addc(out, *p >= 'a' && *p <= 'z' ? (uint8_t) (*p - 32)
                                                  : (uint8_t) *p);
    }
    weir_buf_adds(out, "\",\"domain\":\"weir\"}]");
}


static void
add_rpc(struct weir_flow *f, int error, bool zh, struct weir_buf *out)
{
    weir_buf_adds(out, "{\"jsonrpc\":\"2.0\"");
    if (f != NULL && f->answer_id[0] != '\0') {
        weir_buf_adds(out, ",\"id\":");
        weir_buf_adds(out, f->answer_id);
    }
    weir_buf_adds(out, ",\"error\":{\"code\":");
    weir_buf_addi(out, weir_mcp_code(error));
    weir_buf_adds(out, ",\"message\":\"");
    add_message(f, error, zh, out);
    weir_buf_adds(out, "\",\"data\":{");
    if (f != NULL) {
        weir_synth_why(f, error, out);
    }
    weir_buf_adds(out, "}}}");
}


void
weir_mcp_error(struct weir_flow *f, int error, struct weir_buf *out)
{
    add_rpc(f, error, f->chinese, out);
}


static void
add_error(struct weir_flow *f, enum weir_protocol protocol, int error,
    bool zh, struct weir_buf *out)
{
    const struct weir_error_info *const  info = weir_error_info(error);

    if (protocol == WEIR_MCP) {
        add_rpc(f, error, zh, out);
        return;
    }
    if (protocol == WEIR_ANTHROPIC) {
        weir_buf_adds(out, "{\"type\":\"error\",\"error\":{\"type\":\"");
        weir_buf_adds(out, info->anthropic_type);
        weir_buf_adds(out, "\",\"message\":\"");
        add_message(f, error, zh, out);
        weir_buf_addc(out, '"');
    } else if (protocol == WEIR_GEMINI) {
        weir_buf_adds(out, "{\"error\":{\"code\":");
        weir_buf_addi(out, info->status);
        weir_buf_adds(out, ",\"message\":\"");
        add_message(f, error, zh, out);
        add_google(info, out);
    } else {
        weir_buf_adds(out, "{\"error\":{\"message\":\"");
        add_message(f, error, zh, out);
        weir_buf_adds(out, "\",\"type\":\"");
        weir_buf_adds(out, info->openai_type);
        weir_buf_adds(out, "\",\"param\":");
        if (f != NULL && f->line > 0) {
            weir_buf_adds(out, "\"line ");
            weir_buf_addu(out, f->line);
            weir_buf_addc(out, '"');
        } else if (f != NULL && error == WEIR_E_NOT_TRANSLATABLE) {
            weir_buf_addc(out, '"');
            weir_buf_adds(out, weir_wire_field(f));    /* only names */
            weir_buf_addc(out, '"');
        } else {
            weir_buf_adds(out, "null");
        }
        weir_buf_adds(out, ",\"code\":\"");
        weir_buf_adds(out, info->code);
        weir_buf_addc(out, '"');
    }
    if (f != NULL) {
        weir_buf_addc(out, ',');
        weir_synth_why(f, error, out);
    }
    weir_buf_addc(out, '}');
    if (protocol == WEIR_ANTHROPIC && f != NULL) {
        weir_buf_adds(out, ",\"request_id\":\"");
        weir_buf_adds(out, f->id_text);
        weir_buf_addc(out, '"');
    }
    weir_buf_addc(out, '}');
}


static enum weir_ending
ending_of(int error)
{
    switch (error) {
    case WEIR_E_FUNDS_CUT:
        return WEIR_END_CUT;
    case WEIR_E_UPSTREAM_DOWN:
    case WEIR_E_UPSTREAM_TIMEOUT:
    case WEIR_E_UPSTREAM_BROKE:
    case WEIR_E_UPSTREAM_BAD:
    case WEIR_E_UPSTREAM_CODED:
    case WEIR_E_ANSWER_TOO_LARGE:
        return WEIR_END_UPSTREAM_BROKE;
    default:
        return WEIR_END_REFUSED;
    }
}


int
weir_flow_refusal(struct weir_flow *f, int error, struct weir_buf *out)
{
    const bool  stream = f->answered && f->form == WEIR_ANSWER_SSE;
    const bool  named = weir_wire_on(f)
        ? f->wire->how.client != WEIR_WIRE_CHAT
        : f->on->dialect == WEIR_SPEAKS_MESSAGES
          || f->on->dialect == WEIR_SPEAKS_RESPONSES;

    /* No answer without a record, a refusal neither: it would name a decision
       that nobody can look up. */
    if (!f->begun && weir_record_begin(f) != WEIR_OK) {
        error = WEIR_E_JOURNAL;
    }
    if (f->error == 0) {
        f->error = error;
        f->ending = ending_of(error);
        if (error == WEIR_E_DENIED && f->step >= WEIR_STEP_ANSWER) {
            f->ending = WEIR_END_DENIED;
        }
    }
    if (f->step < WEIR_STEP_OVER) {
        /* Whether the upstream was asked decides what it costs. */
        f->step = f->step >= WEIR_STEP_ANSWER ? WEIR_STEP_OVER : f->step;
    }
    if (stream) {
        weir_buf_adds(out, named ? "event: error\ndata: " : "data: ");
    }
    add_error(f, f->protocol, error, f->chinese, out);
    if (stream) {
        weir_buf_adds(out, "\n\n");
    }
    if (f->protocol == WEIR_MCP) {
        return weir_mcp_status(f, error);
    }
    return weir_error_info(error)->status;
}


int
weir_refusal(enum weir_protocol protocol, int error,
    struct weir_span language, struct weir_buf *out)
{
    const bool  zh = language.len >= 2 && (language.at[0] | 0x20) == 'z'
                     && (language.at[1] | 0x20) == 'h';

    add_error(NULL, protocol, error, zh, out);
    return weir_error_info(error)->status;
}
