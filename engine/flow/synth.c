/*
 * synth.c: events of ours in a stream: text that had to wait, with no event
 * of its own left to travel in, and the end of a stream that a rule or the
 * cap stops.
 */
#include "flow/flow_internal.h"


static void
open_chunk(struct weir_flow *f, struct weir_buf *out)
{
    weir_buf_adds(out, "data: {\"id\":");
    weir_buf_adds(out, f->answer_id[0] != '\0' ? f->answer_id : "\"\"");
    weir_buf_adds(out, f->on->dialect == WEIR_SPEAKS_TEXT
        ? ",\"object\":\"text_completion\",\"created\":"
        : ",\"object\":\"chat.completion.chunk\",\"created\":");
    weir_buf_adds(out, f->answer_created[0] != '\0' ? f->answer_created
                                                    : "0");
    weir_buf_adds(out, ",\"model\":");
    weir_buf_adds(out, f->answer_model[0] != '\0' ? f->answer_model : "\"\"");
    weir_buf_adds(out, ",\"choices\":[{\"index\":");
}


static void
openai_delta(struct weir_flow *f, uint32_t channel, struct weir_span raw,
    struct weir_buf *out)
{
    static const struct { const char *open, *close; }  places[] = {
        [WEIR_FIELD_CONTENT] = { "\"content\":\"", "\"" },
        [WEIR_FIELD_REASONING] = { "\"reasoning_content\":\"", "\"" },
        [WEIR_FIELD_REASONING2] = { "\"reasoning\":\"", "\"" },
        [WEIR_FIELD_REFUSAL] = { "\"refusal\":\"", "\"" },
        [WEIR_FIELD_ARGUMENTS] = { "\"function\":{\"arguments\":\"", "\"}" },
        [WEIR_FIELD_TOOL_INPUT] = { "\"custom\":{\"input\":\"", "\"}" },
        [WEIR_FIELD_TRANSCRIPT] = { "\"audio\":{\"transcript\":\"", "\"}" }
    };
    const unsigned  field = channel >> 12 & 15, sub = channel & 0xfff;
    const bool      call = field == WEIR_FIELD_ARGUMENTS
                           || field == WEIR_FIELD_TOOL_INPUT;
    const bool      old = call && sub == WEIR_SUB_FUNCTION_CALL;

    weir_assert(field < sizeof(places) / sizeof(places[0])
                && places[field].open != NULL);
    open_chunk(f, out);
    weir_buf_addu(out, channel >> 16);
    weir_buf_adds(out, ",\"delta\":{");
    if (call && !old) {
        weir_buf_adds(out, "\"tool_calls\":[{\"index\":");
        weir_buf_addu(out, sub);
        weir_buf_addc(out, ',');
    }
    weir_buf_adds(out, old ? "\"function_call\":{\"arguments\":\""
                           : places[field].open);
    weir_buf_add(out, raw.at, raw.len);
    weir_buf_adds(out, places[field].close);
    weir_buf_adds(out, call && !old ? "}]" : "");
    weir_buf_adds(out, "},\"finish_reason\":null}]}\n\n");
}


/* The legacy interface has no deltas: the text stands in the choice. */
static void
text_delta(struct weir_flow *f, uint32_t channel, struct weir_span raw,
    struct weir_buf *out)
{
    open_chunk(f, out);
    weir_buf_addu(out, channel >> 16);
    weir_buf_adds(out, ",\"text\":\"");
    weir_buf_add(out, raw.at, raw.len);
    weir_buf_adds(out, "\",\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}


static void
responses_delta(struct weir_flow *f, uint32_t channel, struct weir_span raw,
    struct weir_buf *out)
{
    static const struct { const char *type, *index; }  kinds[] = {
        [WEIR_FIELD_CONTENT] = { "output_text", "content_index" },
        [WEIR_FIELD_REASONING] = { "reasoning_text", "content_index" },
        [WEIR_FIELD_REASONING2] = { "reasoning_summary_text",
                                    "summary_index" },
        [WEIR_FIELD_REFUSAL] = { "refusal", "content_index" },
        [WEIR_FIELD_ARGUMENTS] = { "function_call_arguments", NULL },
        [WEIR_FIELD_THINKING] = { "output_text", "content_index" },
        [WEIR_FIELD_OTHER] = { "output_text", "content_index" },
        [WEIR_FIELD_TOOL_INPUT] = { "custom_tool_call_input", NULL },
        [WEIR_FIELD_CODE] = { "code_interpreter_call_code", NULL },
        [WEIR_FIELD_TRANSCRIPT] = { "output_audio_transcript",
                                    "content_index" },
    };
    const unsigned  field = channel >> 12 & 15;

    weir_buf_adds(out, "event: response.");
    weir_buf_adds(out, kinds[field].type);
    weir_buf_adds(out, ".delta\ndata: {\"type\":\"response.");
    weir_buf_adds(out, kinds[field].type);
    weir_buf_adds(out, ".delta\",\"item_id\":");
    weir_buf_adds(out, f->answer_item[0] != '\0' ? f->answer_item : "\"\"");
    weir_buf_adds(out, ",\"output_index\":");
    weir_buf_addu(out, channel >> 16);
    if (kinds[field].index != NULL) {
        weir_buf_adds(out, ",\"");
        weir_buf_adds(out, kinds[field].index);
        weir_buf_adds(out, "\":");
        weir_buf_addu(out, channel & 0xfff);
    }
    weir_buf_adds(out, ",\"delta\":\"");
    weir_buf_add(out, raw.at, raw.len);
    weir_buf_adds(out, "\"}\n\n");
}


static void
anthropic_delta(uint32_t channel, struct weir_span raw, struct weir_buf *out)
{
    const unsigned  field = channel >> 12 & 15;

    weir_buf_adds(out, "event: content_block_delta\n"
                       "data: {\"type\":\"content_block_delta\",\"index\":");
    weir_buf_addu(out, channel >> 16);
    weir_buf_adds(out, field == WEIR_FIELD_ARGUMENTS
        ? ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\""
        : field == WEIR_FIELD_THINKING
        ? ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\""
        : ",\"delta\":{\"type\":\"text_delta\",\"text\":\"");
    weir_buf_add(out, raw.at, raw.len);
    weir_buf_adds(out, "\"}}\n\n");
}


/* What an event of Gemini has beside its candidates. */
static void
gemini_close(struct weir_flow *f, struct weir_buf *out)
{
    if (f->answer_model[0] != '\0') {
        weir_buf_adds(out, ",\"modelVersion\":");
        weir_buf_adds(out, f->answer_model);
    }
    if (f->answer_id[0] != '\0') {
        weir_buf_adds(out, ",\"responseId\":");
        weir_buf_adds(out, f->answer_id);
    }
    weir_buf_adds(out, "}\n\n");
}


static void
gemini_delta(struct weir_flow *f, uint32_t channel, struct weir_span raw,
    struct weir_buf *out)
{
    weir_buf_adds(out, "data: {\"candidates\":[{\"content\":{\"parts\":[{");
    if ((channel >> 12 & 15) == WEIR_FIELD_THINKING) {
        weir_buf_adds(out, "\"thought\":true,");
    }
    weir_buf_adds(out, "\"text\":\"");
    weir_buf_add(out, raw.at, raw.len);
    weir_buf_adds(out, "\"}],\"role\":\"model\"},\"index\":");
    weir_buf_addu(out, channel >> 16);
    weir_buf_adds(out, "}]");
    gemini_close(f, out);
}


void
weir_synth_delta(struct weir_flow *f, uint32_t channel, struct weir_span raw,
    struct weir_buf *out)
{
    if (raw.len == 0) {
        return;
    }
    switch (f->on->dialect) {
    case WEIR_SPEAKS_MESSAGES:
        anthropic_delta(channel, raw, out);
        break;
    case WEIR_SPEAKS_RESPONSES:
        responses_delta(f, channel, raw, out);
        break;
    case WEIR_SPEAKS_GEMINI:
        gemini_delta(f, channel, raw, out);
        break;
    case WEIR_SPEAKS_TEXT:
        text_delta(f, channel, raw, out);
        break;
    case WEIR_SPEAKS_CHAT:
        openai_delta(f, channel, raw, out);
        break;
    case WEIR_SPEAKS_TRANSCRIPT:
        weir_buf_adds(out, "data: {\"type\":\"transcript.text.delta\","
                           "\"delta\":\"");
        weir_buf_add(out, raw.at, raw.len);
        weir_buf_adds(out, "\"}\n\n");
        break;
    case WEIR_SPEAKS_MCP:
        break;              /* no text of it continues another */
    }
}


static void
openai_end(struct weir_flow *f, int error, struct weir_buf *out)
{
    bool  told = false;

    for (unsigned i = 0; i < WEIR_CHOICES_MAX; i++) {
        if ((f->choices_open[i / 64] >> (i % 64) & 1) == 0) {
            continue;
        }
        open_chunk(f, out);
        weir_buf_addu(out, i);
        weir_buf_adds(out, f->on->dialect == WEIR_SPEAKS_TEXT
                           ? ",\"text\":\"\",\"finish_reason\":"
                           : ",\"delta\":{},\"finish_reason\":");
        weir_buf_adds(out, weir_finish_word(f, error));
        weir_buf_adds(out, "}]");
        if (!told) {
            weir_buf_addc(out, ',');
            weir_synth_why(f, error, out);
            told = true;
        }
        weir_buf_adds(out, "}\n\n");
    }
    if (!told) {
        /* No choice was open: say it in an error event instead. */
        weir_buf_adds(out, "data: {\"error\":{\"message\":\"\",\"type\":\"");
        weir_buf_adds(out, weir_error_info(error)->openai_type);
        weir_buf_adds(out, "\",");
        weir_synth_why(f, error, out);
        weir_buf_adds(out, "}}\n\n");
    }
    weir_buf_adds(out, "data: [DONE]\n\n");
}


static void
anthropic_end(struct weir_flow *f, int error, struct weir_buf *out)
{
    if (f->block_open >= 0) {
        weir_buf_adds(out, "event: content_block_stop\n"
                           "data: {\"type\":\"content_block_stop\","
                           "\"index\":");
        weir_buf_addu(out, (uint64_t) f->block_open);
        weir_buf_adds(out, "}\n\n");
        f->block_open = -1;
    }
    weir_buf_adds(out, "event: message_delta\n"
                       "data: {\"type\":\"message_delta\","
                       "\"delta\":{\"stop_reason\":");
    weir_buf_adds(out, weir_finish_word(f, error));
    weir_buf_adds(out, ",\"stop_sequence\":null},"
                       "\"usage\":{\"output_tokens\":");
    weir_buf_addi(out, weir_tokens_estimate(&f->answer_tokens));
    weir_buf_adds(out, "},");
    weir_synth_why(f, error, out);
    weir_buf_adds(out, "}\n\nevent: message_stop\n"
                       "data: {\"type\":\"message_stop\"}\n\n");
}


static void
responses_end(struct weir_flow *f, int error, struct weir_buf *out)
{
    weir_buf_adds(out, "event: response.incomplete\n"
                       "data: {\"type\":\"response.incomplete\","
                       "\"response\":{\"id\":");
    weir_buf_adds(out, f->answer_id[0] != '\0' ? f->answer_id : "\"\"");
    weir_buf_adds(out, ",\"object\":\"response\",\"created_at\":");
    weir_buf_adds(out, f->answer_created[0] != '\0' ? f->answer_created
                                                    : "0");
    weir_buf_adds(out, ",\"status\":\"incomplete\",\"error\":null,"
                       "\"incomplete_details\":{\"reason\":");
    weir_buf_adds(out, error == WEIR_E_FUNDS_CUT ? "\"max_output_tokens\""
                                                 : "\"content_filter\"");
    weir_buf_adds(out, "},\"model\":");
    weir_buf_adds(out, f->answer_model[0] != '\0' ? f->answer_model
                                                  : "\"\"");
    weir_buf_adds(out, ",\"output\":[],\"usage\":null,");
    weir_synth_why(f, error, out);
    weir_buf_adds(out, "}}\n\n");
}


/* As Google ends a candidate that its own filter stops: no content. */
static void
gemini_end(struct weir_flow *f, int error, struct weir_buf *out)
{
    bool  any = false;

    weir_buf_adds(out, "data: {\"candidates\":[");
    for (unsigned i = 0; i <= WEIR_CHOICES_MAX; i++) {
        /* none was open: then it is the first */
        const bool  open = i < WEIR_CHOICES_MAX
                           ? f->choices_open[i / 64] >> (i % 64) & 1 : !any;

        if (!open) {
            continue;
        }
        weir_buf_adds(out, any ? ",{\"finishReason\":"
                               : "{\"finishReason\":");
        weir_buf_adds(out, weir_finish_word(f, error));
        weir_buf_adds(out, ",\"index\":");
        weir_buf_addu(out, i % WEIR_CHOICES_MAX);
        weir_buf_addc(out, '}');
        any = true;
    }
    weir_buf_adds(out, "],\"usageMetadata\":{\"promptTokenCount\":");
    weir_buf_addi(out, f->input_tokens >= 0 ? f->input_tokens
                       : weir_tokens_estimate(&f->request_tokens));
    weir_buf_adds(out, ",\"candidatesTokenCount\":");
    weir_buf_addi(out, weir_tokens_estimate(&f->answer_tokens));
    weir_buf_adds(out, "},");
    weir_synth_why(f, error, out);
    gemini_close(f, out);
}


const char *
weir_finish_word(const struct weir_flow *f, int error)
{
    const bool  cut = error == WEIR_E_FUNDS_CUT;

    switch (f->on->dialect) {
    case WEIR_SPEAKS_MESSAGES:
        return cut ? "\"max_tokens\"" : "\"refusal\"";
    case WEIR_SPEAKS_RESPONSES:
        return "\"incomplete\"";
    case WEIR_SPEAKS_GEMINI:
        return cut ? "\"MAX_TOKENS\"" : "\"SAFETY\"";
    default:
        return cut ? "\"length\"" : "\"content_filter\"";
    }
}


void
weir_synth_end(struct weir_flow *f, int error, struct weir_buf *out)
{
    f->error = error;
    f->ending = error == WEIR_E_FUNDS_CUT ? WEIR_END_CUT : WEIR_END_DENIED;
    f->step = WEIR_STEP_OVER;
    f->answered = true;
    if (out->len > 0 && out->at[out->len - 1] == '\r') {
        /* The LF of a CRLF that a segment cut: it will not be waited for. */
        weir_buf_addc(out, '\n');
    }
    switch (f->on->dialect) {
    case WEIR_SPEAKS_MESSAGES:
        anthropic_end(f, error, out);
        break;
    case WEIR_SPEAKS_RESPONSES:
        responses_end(f, error, out);
        break;
    case WEIR_SPEAKS_GEMINI:
        gemini_end(f, error, out);
        break;
    case WEIR_SPEAKS_TRANSCRIPT:
        /* its events have no word for an end before the end */
        (void) weir_flow_refusal(f, error, out);
        break;
    case WEIR_SPEAKS_MCP:
        weir_buf_adds(out, "data: ");
        weir_mcp_error(f, error, out);
        weir_buf_adds(out, "\n\n");
        break;
    default:
        openai_end(f, error, out);
    }
}
