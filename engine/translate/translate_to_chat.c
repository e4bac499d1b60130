/*
 * translate_to_chat.c: a messages request as a chat completion request.
 *
 * A message of Anthropic may hold texts, pictures and results of tools side
 * by side. Results become messages of their own, before the rest: chat wants
 * them right behind the calls that they answer.
 */
#include "translate/translate_internal.h"

/* What thinking may cost, as an effort: a few thousand tokens are little. */
#define BUDGET_MEDIUM  4096
#define BUDGET_HIGH    16384
/* OpenAI takes no longer `user`. */
#define USER_BYTES_MAX 64

static const struct weir_field_row  rows[] = {
    { "model", WEIR_FATE_TAKEN },
    { "messages", WEIR_FATE_TAKEN },
    { "system", WEIR_FATE_TAKEN },
    { "max_tokens", WEIR_FATE_TAKEN },
    { "tools", WEIR_FATE_TAKEN },
    { "tool_choice", WEIR_FATE_TAKEN },
    { "thinking", WEIR_FATE_TAKEN },
    { "output_config", WEIR_FATE_TAKEN },
    { "output_format", WEIR_FATE_TAKEN },
    { "metadata", WEIR_FATE_TAKEN },
    { "stop_sequences", WEIR_FATE_TAKEN },
    { "stream", WEIR_FATE_TAKEN },
    { "temperature", WEIR_FATE_COPY },
    { "top_p", WEIR_FATE_COPY },
    { "top_k", WEIR_FATE_COPY },
    { "cache_control", WEIR_FATE_DROP },
    { "context_management", WEIR_FATE_DROP },
    { "diagnostics", WEIR_FATE_DROP },
    { "service_tier", WEIR_FATE_DROP },
    { "speed", WEIR_FATE_DROP },
    { "user_profile_id", WEIR_FATE_DROP },
    { "workspace_id", WEIR_FATE_DROP },
    { "container", WEIR_FATE_UNSET },
    { "mcp_servers", WEIR_FATE_UNSET },
    { "inference_geo", WEIR_FATE_REFUSE },
};


/* ---- parts ---- */

static void
next_part(struct weir_xlate *x)
{
    weir_put(x->out, x->first ? "" : ",");
    x->first = false;
}


static void
put_text_part(struct weir_xlate *x, struct weir_span raw)
{
    next_part(x);
    weir_put(x->out, "{\"type\":\"text\",\"text\":");
    weir_put_span(x->out, raw);
    weir_put(x->out, "}");
}


static int
put_image(struct weir_xlate *x, const struct weir_node *block)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  from = weir_tree_get(t, block, "source");
    const struct weir_node *const  type = weir_tree_get(t, from, "type");
    const struct weir_node *const  url = weir_tree_get(t, from, "url");
    const struct weir_node *const  data = weir_tree_get(t, from, "data");

    next_part(x);
    weir_put(x->out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
    if (weir_tree_is(t, type, "base64") && weir_node_is_string(data)) {
        weir_put(x->out, "data:");
        weir_put_span(x->out, weir_tree_text(t, weir_tree_get(t, from,
                                                              "media_type")));
        weir_put(x->out, ";base64,");
        weir_put_span(x->out, weir_tree_text(t, data));
    } else if (weir_tree_is(t, type, "url") && weir_node_is_string(url)) {
        weir_put_span(x->out, weir_tree_text(t, url));
    } else {
        return weir_xlate_refuse(x, "messages[].content[].image.source");
    }
    weir_put(x->out, "\"}}");
    return WEIR_OK;
}


/* A document that is plain text is a text; others nobody here can read. */
static int
put_document(struct weir_xlate *x, const struct weir_node *block)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  from = weir_tree_get(t, block, "source");
    const struct weir_node *const  data = weir_tree_get(t, from, "data");

    if (!weir_tree_is(t, weir_tree_get(t, from, "type"), "text")
        || !weir_node_is_string(data))
    {
        return weir_xlate_refuse(x, "messages[].content[].document");
    }
    put_text_part(x, weir_tree_raw(t, data));
    return WEIR_OK;
}


static bool
is_type(const struct weir_xlate *x, const struct weir_node *block,
    const char *type)
{
    return weir_tree_is(&x->t, weir_tree_get(&x->t, block, "type"), type);
}


/* A block of a user's message that is no result. */
static int
put_user_block(struct weir_xlate *x, const struct weir_node *block)
{
    const struct weir_node *const  text = weir_tree_get(&x->t, block, "text");

    if (is_type(x, block, "text") && weir_node_is_string(text)) {
        put_text_part(x, weir_tree_raw(&x->t, text));
        return WEIR_OK;
    }
    if (is_type(x, block, "image")) {
        return put_image(x, block);
    }
    if (is_type(x, block, "document")) {
        return put_document(x, block);
    }
    return weir_xlate_refuse_part(x, "messages[].content[].",
        weir_tree_text(&x->t, weir_tree_get(&x->t, block, "type")));
}


/* ---- messages ---- */

static void
open_message(struct weir_xlate *x, const char *role)
{
    weir_put(x->out, x->role++ == 0 ? "{\"role\":\"" : ",{\"role\":\"");
    weir_put(x->out, role);
    weir_put(x->out, "\"");
}


static int
put_result(struct weir_xlate *x, const struct weir_node *block)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  content = weir_tree_get(t, block,
                                                           "content");
    bool                           any = false;

    open_message(x, "tool");
    weir_put(x->out, ",\"tool_call_id\":");
    weir_put_or(x->out, t, weir_tree_get(t, block, "tool_use_id"), "\"\"");
    weir_put(x->out, ",\"content\":\"");
    if (weir_node_is_true(weir_tree_get(t, block, "is_error"))) {
        weir_put(x->out, "Error: ");      /* chat has no flag for it */
    }
    if (weir_node_is_string(content)) {
        weir_put_span(x->out, weir_tree_text(t, content));
    }
    weir_put_joined(x->out, t, content, &any);
    weir_put(x->out, "\"}");
    for (const struct weir_node *p = weir_node_is_array(content)
             ? weir_tree_first(t, content) : NULL;
         p != NULL; p = weir_tree_next(t, p))
    {
        if (!is_type(x, p, "text") && !is_type(x, p, "image")) {
            return weir_xlate_refuse_part(x,
                "messages[].content[].tool_result.content[].",
                weir_tree_text(t, weir_tree_get(t, p, "type")));
        }
    }
    return WEIR_OK;
}


/* Pictures that a tool gave: a result of chat is text, so they come with the
   user's message that follows. */
static int
put_result_images(struct weir_xlate *x, const struct weir_node *block)
{
    const struct weir_node *const  content = weir_tree_get(&x->t, block,
                                                           "content");

    for (const struct weir_node *p = weir_node_is_array(content)
             ? weir_tree_first(&x->t, content) : NULL;
         p != NULL; p = weir_tree_next(&x->t, p))
    {
        const int  rc = is_type(x, p, "image") ? put_image(x, p) : WEIR_OK;

        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


/* The blocks that are no results: a string if it is one text. */
static int
put_user_parts(struct weir_xlate *x, const struct weir_node *content)
{
    const size_t             begin = x->out->len;
    const struct weir_node  *b = weir_tree_first(&x->t, content);
    const int                nth = x->role;
    int                      rc = WEIR_OK;

    open_message(x, "user");
    weir_put(x->out, ",\"content\":");
    if (weir_tree_next(&x->t, b) == NULL && is_type(x, b, "text")) {
        weir_put_or(x->out, &x->t, weir_tree_get(&x->t, b, "text"), "\"\"");
        weir_put(x->out, "}");
        return WEIR_OK;
    }
    weir_put(x->out, "[");
    x->first = true;
    for (; b != NULL && rc == WEIR_OK; b = weir_tree_next(&x->t, b)) {
        rc = is_type(x, b, "tool_result") ? put_result_images(x, b)
                                          : put_user_block(x, b);
    }
    if (x->first) {
        x->out->len = begin;
        x->role = nth;
    } else {
        weir_put(x->out, "]}");
    }
    return rc;
}


static int
put_user(struct weir_xlate *x, const struct weir_node *content)
{
    int  rc;

    if (weir_node_is_string(content)) {
        open_message(x, "user");
        weir_put(x->out, ",\"content\":");
        weir_put_span(x->out, weir_tree_raw(&x->t, content));
        weir_put(x->out, "}");
        return WEIR_OK;
    }
    if (!weir_node_is_array(content)) {
        return WEIR_E_BAD_REQUEST;
    }
    for (const struct weir_node *b = weir_tree_first(&x->t, content);
         b != NULL; b = weir_tree_next(&x->t, b))
    {
        rc = is_type(x, b, "tool_result") ? put_result(x, b) : WEIR_OK;
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return put_user_parts(x, content);
}


static void
put_calls(struct weir_xlate *x, const struct weir_node *content)
{
    bool  any = false;

    for (const struct weir_node *b = weir_tree_first(&x->t, content);
         b != NULL; b = weir_tree_next(&x->t, b))
    {
        if (!is_type(x, b, "tool_use")) {
            continue;
        }
        weir_put(x->out, any ? ",{\"id\":" : ",\"tool_calls\":[{\"id\":");
        weir_put_or(x->out, &x->t, weir_tree_get(&x->t, b, "id"), "\"\"");
        weir_put(x->out, ",\"type\":\"function\",\"function\":{\"name\":");
        weir_put_or(x->out, &x->t, weir_tree_get(&x->t, b, "name"), "\"\"");
        weir_put(x->out, ",\"arguments\":\"");
        weir_buf_add_json(x->out, weir_tree_raw(&x->t,
                          weir_tree_get(&x->t, b, "input")), 1);
        weir_put(x->out, "\"}}");
        any = true;
    }
    weir_put(x->out, any ? "]" : "");
}


/* Thinking goes back to servers that know the field (DeepSeek and vLLM want
   it between the calls of tools); OpenAI takes none. */
static void
put_thinking(struct weir_xlate *x, const struct weir_node *content)
{
    bool  any = false;

    for (const struct weir_node *b = weir_tree_first(&x->t, content);
         b != NULL && !x->how->openai; b = weir_tree_next(&x->t, b))
    {
        if (!is_type(x, b, "thinking")) {
            continue;
        }
        weir_put(x->out, any ? WEIR_BETWEEN_TEXTS
                             : ",\"reasoning_content\":\"");
        weir_put_span(x->out, weir_tree_text(&x->t,
                      weir_tree_get(&x->t, b, "thinking")));
        any = true;
    }
    weir_put(x->out, any ? "\"" : "");
}


static int
put_assistant(struct weir_xlate *x, const struct weir_node *content)
{
    size_t        at;
    bool          any = false;

    open_message(x, "assistant");
    weir_put(x->out, ",\"content\":");
    if (weir_node_is_string(content)) {
        weir_put_span(x->out, weir_tree_raw(&x->t, content));
        weir_put(x->out, "}");
        return WEIR_OK;
    }
    if (!weir_node_is_array(content)) {
        return WEIR_E_BAD_REQUEST;
    }
    for (const struct weir_node *b = weir_tree_first(&x->t, content);
         b != NULL; b = weir_tree_next(&x->t, b))
    {
        if (!is_type(x, b, "text") && !is_type(x, b, "tool_use")
            && !is_type(x, b, "thinking")
            && !is_type(x, b, "redacted_thinking"))
        {
            return weir_xlate_refuse_part(x, "messages[].content[].",
                weir_tree_text(&x->t, weir_tree_get(&x->t, b, "type")));
        }
    }
    at = x->out->len;
    weir_put(x->out, "\"");
    weir_put_joined(x->out, &x->t, content, &any);
    weir_put(x->out, "\"");
    if (!any) {
        x->out->len = at;
        weir_put(x->out, "null");
    }
    put_thinking(x, content);
    put_calls(x, content);
    weir_put(x->out, "}");
    return WEIR_OK;
}


/* Instructions: the one at the top, and those among the messages. */
static int
put_system(struct weir_xlate *x, const struct weir_node *system)
{
    bool  any = false;

    if (system == NULL) {
        return WEIR_OK;
    }
    if (!weir_node_is_string(system) && !weir_node_is_array(system)) {
        return WEIR_E_BAD_REQUEST;
    }
    if (weir_node_is_array(system) && weir_tree_first(&x->t, system) == NULL)
    {
        return WEIR_OK;
    }
    open_message(x, "system");
    weir_put(x->out, ",\"content\":\"");
    if (weir_node_is_string(system)) {
        weir_put_span(x->out, weir_tree_text(&x->t, system));
    }
    weir_put_joined(x->out, &x->t, system, &any);
    weir_put(x->out, "\"}");
    return WEIR_OK;
}


static int
put_message(struct weir_xlate *x, const struct weir_node *message)
{
    const struct weir_node *const  role = weir_tree_get(&x->t, message,
                                                        "role");
    const struct weir_node *const  content = weir_tree_get(&x->t, message,
                                                           "content");

    if (weir_tree_is(&x->t, role, "user")) {
        return put_user(x, content);
    }
    if (weir_tree_is(&x->t, role, "assistant")) {
        return put_assistant(x, content);
    }
    if (weir_tree_is(&x->t, role, "system")) {
        return put_system(x, content);
    }
    return weir_xlate_refuse(x, "messages[].role");
}


/* ---- the rest ---- */

static int
put_tools(struct weir_xlate *x, const struct weir_node *tools)
{
    const struct weir_tree *const  t = &x->t;
    bool                           first = true;

    if (weir_tree_first(t, tools) == NULL) {
        return WEIR_OK;
    }
    weir_put(x->out, ",\"tools\":[");
    for (const struct weir_node *d = weir_tree_first(t, tools); d != NULL;
         d = weir_tree_next(t, d))
    {
        const struct weir_node *const  type = weir_tree_get(t, d, "type");
        const struct weir_node *const  about = weir_tree_get(t, d,
                                                             "description");
        const struct weir_node *const  strict = weir_tree_get(t, d, "strict");

        if (type != NULL && !weir_tree_is(t, type, "custom")) {
            /* run by Anthropic, or known to its models only */
            return weir_xlate_refuse_part(x, "tools[].",
                                          weir_tree_text(t, type));
        }
        weir_put(x->out, first ? "" : ",");
        weir_put(x->out, "{\"type\":\"function\",\"function\":{\"name\":");
        weir_put_or(x->out, t, weir_tree_get(t, d, "name"), "\"\"");
        if (about != NULL) {
            weir_put(x->out, ",\"description\":");
            weir_put_span(x->out, weir_tree_raw(t, about));
        }
        weir_put(x->out, ",\"parameters\":");
        weir_put_or(x->out, t, weir_tree_get(t, d, "input_schema"),
                    "{\"type\":\"object\",\"properties\":{}}");
        if (strict != NULL) {
            weir_put(x->out, ",\"strict\":");
            weir_put_span(x->out, weir_tree_raw(t, strict));
        }
        weir_put(x->out, "}}");
        first = false;
    }
    weir_put(x->out, "]");
    return WEIR_OK;
}


static int
put_choice(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  choice = weir_tree_get(t, root,
                                                          "tool_choice");
    const struct weir_node *const  type = weir_tree_get(t, choice, "type");

    if (choice == NULL
        || weir_tree_first(t, weir_tree_get(t, root, "tools")) == NULL)
    {
        return WEIR_OK;
    }
    if (weir_tree_is(t, type, "auto") || weir_tree_is(t, type, "none")) {
        weir_put(x->out, ",\"tool_choice\":");
        weir_put_span(x->out, weir_tree_raw(t, type));
    } else if (weir_tree_is(t, type, "any")) {
        weir_put(x->out, ",\"tool_choice\":\"required\"");
    } else if (weir_tree_is(t, type, "tool")) {
        weir_put(x->out, ",\"tool_choice\":{\"type\":\"function\","
                         "\"function\":{\"name\":");
        weir_put_or(x->out, t, weir_tree_get(t, choice, "name"), "\"\"");
        weir_put(x->out, "}}");
    } else {
        return weir_xlate_refuse(x, "tool_choice");
    }
    if (weir_node_is_true(weir_tree_get(t, choice,
                                        "disable_parallel_tool_use")))
    {
        weir_put(x->out, ",\"parallel_tool_calls\":false");
    }
    return WEIR_OK;
}


static int
put_output(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  config = weir_tree_get(t, root,
                                                          "output_config");
    const struct weir_node *const  effort = weir_tree_get(t, config,
                                                          "effort");
    const struct weir_node *const  think = weir_tree_get(t, root, "thinking");
    const int64_t  budget = weir_tree_integer(t,
        weir_tree_get(t, think, "budget_tokens"), -1);
    const struct weir_node        *form = weir_tree_get(t, config, "format");

    if (weir_tree_is(t, effort, "max")) {
        weir_put(x->out, ",\"reasoning_effort\":\"xhigh\"");
    } else if (effort != NULL) {
        weir_put(x->out, ",\"reasoning_effort\":");
        weir_put_span(x->out, weir_tree_raw(t, effort));
    } else if (budget >= 0) {
        weir_put(x->out, ",\"reasoning_effort\":");
        weir_put(x->out, budget >= BUDGET_HIGH ? "\"high\""
                         : budget >= BUDGET_MEDIUM ? "\"medium\""
                         : "\"low\"");
    }
    form = form == NULL ? weir_tree_get(t, root, "output_format") : form;
    if (form == NULL) {
        return WEIR_OK;
    }
    if (!weir_tree_is(t, weir_tree_get(t, form, "type"), "json_schema")) {
        return weir_xlate_refuse(x, "output_config.format");
    }
    weir_put(x->out, ",\"response_format\":{\"type\":\"json_schema\","
                     "\"json_schema\":{\"name\":\"answer\",\"strict\":true,"
                     "\"schema\":");
    weir_put_or(x->out, t, weir_tree_get(t, form, "schema"), "{}");
    weir_put(x->out, "}}");
    return WEIR_OK;
}


/* An id beyond what OpenAI takes: its digest tells users apart as well. */
static void
put_user_id(struct weir_xlate *x, const struct weir_node *root)
{
    static const char              hex[] = "0123456789abcdef";
    const struct weir_node *const  id = weir_tree_get(&x->t,
        weir_tree_get(&x->t, root, "metadata"), "user_id");
    const struct weir_span         text = weir_tree_text(&x->t, id);
    uint8_t                        digest[32];

    if (!weir_node_is_string(id) || text.len == 0) {
        return;
    }
    weir_put(x->out, ",\"user\":\"");
    if (text.len <= USER_BYTES_MAX) {
        weir_put_span(x->out, text);
    } else {
        weir_sha256(text.at, text.len, digest);
        for (size_t i = 0; i < sizeof(digest); i++) {
            weir_buf_addc(x->out, (uint8_t) hex[digest[i] >> 4]);
            weir_buf_addc(x->out, (uint8_t) hex[digest[i] & 15]);
        }
    }
    weir_put(x->out, "\"");
}


static int
put_settings(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  most = weir_tree_get(t, root,
                                                        "max_tokens");
    const struct weir_node *const  stop = weir_tree_get(t, root,
                                                        "stop_sequences");
    int                            rc;

    if (most != NULL) {
        weir_put(x->out, x->how->openai ? ",\"max_completion_tokens\":"
                                        : ",\"max_tokens\":");
        weir_put_span(x->out, weir_tree_raw(t, most));
    }
    if (weir_node_is_true(weir_tree_get(t, root, "stream"))) {
        weir_put(x->out, ",\"stream\":true,"
                         "\"stream_options\":{\"include_usage\":true}");
    }
    if (weir_tree_first(t, stop) != NULL) {
        weir_put(x->out, ",\"stop\":");
        weir_put_span(x->out, weir_tree_raw(t, stop));
    }
    put_user_id(x, root);
    rc = put_tools(x, weir_tree_get(t, root, "tools"));
    if (rc == WEIR_OK) {
        rc = put_choice(x, root);
    }
    return rc == WEIR_OK ? put_output(x, root) : rc;
}


int
weir_request_to_chat(struct weir_xlate *x)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  messages = weir_tree_get(t, root,
                                                            "messages");
    int                            rc;

    if (!weir_node_is_array(messages)) {
        return WEIR_E_BAD_REQUEST;
    }
    weir_put(x->out, "{\"model\":");
    weir_put_or(x->out, t, weir_tree_get(t, root, "model"), "\"\"");
    rc = weir_xlate_fields(x, root, rows, sizeof(rows) / sizeof(rows[0]));
    if (rc == WEIR_OK) {
        rc = put_settings(x, root);
    }
    weir_put(x->out, ",\"messages\":[");
    if (rc == WEIR_OK) {
        rc = put_system(x, weir_tree_get(t, root, "system"));
    }
    for (const struct weir_node *m = weir_tree_first(t, messages);
         m != NULL && rc == WEIR_OK; m = weir_tree_next(t, m))
    {
        rc = put_message(x, m);
    }
    weir_put(x->out, "]}");
    return rc;
}
