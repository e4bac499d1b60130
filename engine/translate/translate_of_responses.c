/*
 * translate_of_responses.c: a request of the Responses interface as a
 * messages request. Its input is a list of items: messages, calls of tools and
 * what came of them, reasoning. What a provider keeps (earlier responses,
 * conversations, prompts) is known to it only, and refused.
 */
#include "translate/translate_internal.h"

static const struct weir_field_row  rows[] = {
    { "model", WEIR_FATE_TAKEN },
    { "input", WEIR_FATE_TAKEN },
    { "instructions", WEIR_FATE_TAKEN },
    { "max_output_tokens", WEIR_FATE_TAKEN },
    { "tools", WEIR_FATE_TAKEN },
    { "tool_choice", WEIR_FATE_TAKEN },
    { "parallel_tool_calls", WEIR_FATE_TAKEN },
    { "text", WEIR_FATE_TAKEN },
    { "reasoning", WEIR_FATE_TAKEN },
    { "user", WEIR_FATE_TAKEN },
    { "safety_identifier", WEIR_FATE_TAKEN },
    { "stream", WEIR_FATE_COPY },
    { "temperature", WEIR_FATE_COPY },
    { "top_p", WEIR_FATE_COPY },
    { "include", WEIR_FATE_DROP },
    { "metadata", WEIR_FATE_DROP },
    { "prompt_cache_key", WEIR_FATE_DROP },
    { "prompt_cache_options", WEIR_FATE_DROP },
    { "prompt_cache_retention", WEIR_FATE_DROP },
    { "service_tier", WEIR_FATE_DROP },
    { "store", WEIR_FATE_DROP },
    { "stream_options", WEIR_FATE_DROP },
    { "truncation", WEIR_FATE_DROP },
    { "client_metadata", WEIR_FATE_DROP },
    { "background", WEIR_FATE_UNSET },
    { "top_logprobs", WEIR_FATE_UNSET },
    { "max_tool_calls", WEIR_FATE_REFUSE },
    { "previous_response_id", WEIR_FATE_REFUSE },
    { "conversation", WEIR_FATE_REFUSE },
    { "prompt", WEIR_FATE_REFUSE },
};


/* ---- items ---- */

static bool
is_type(const struct weir_xlate *x, const struct weir_node *item,
    const char *type)
{
    return weir_tree_is(&x->t, weir_tree_get(&x->t, item, "type"), type);
}


/* A message has no type, or this one. */
static bool
is_message(const struct weir_xlate *x, const struct weir_node *item)
{
    return weir_tree_get(&x->t, item, "type") == NULL
           || is_type(x, item, "message");
}


static bool
instructs(const struct weir_xlate *x, const struct weir_node *item)
{
    const struct weir_node *const  role = weir_tree_get(&x->t, item, "role");

    return is_message(x, item) && (weir_tree_is(&x->t, role, "system")
                                   || weir_tree_is(&x->t, role, "developer"));
}


static int
put_part(struct weir_xlate *x, const struct weir_node *part, int role)
{
    const struct weir_node  *text = weir_tree_get(&x->t, part, "text");

    if (is_type(x, part, "input_image")) {
        return weir_put_image_of(x, weir_tree_get(&x->t, part, "image_url"),
                                 role);
    }
    if (is_type(x, part, "refusal")) {
        text = weir_tree_get(&x->t, part, "refusal");
    } else if (!is_type(x, part, "input_text")
               && !is_type(x, part, "output_text")
               && !is_type(x, part, "text"))
    {
        return weir_xlate_refuse_part(x, "input[].content[].",
            weir_tree_text(&x->t, weir_tree_get(&x->t, part, "type")));
    }
    return weir_node_is_string(text) ? weir_put_text_of(x, text, role)
                                     : WEIR_E_BAD_REQUEST;
}


static int
put_content(struct weir_xlate *x, const struct weir_node *content, int role)
{
    int  rc = WEIR_OK;

    if (weir_node_is_string(content)) {
        return weir_put_text_of(x, content, role);
    }
    if (content != NULL && !weir_node_is_array(content)) {
        return WEIR_E_BAD_REQUEST;
    }
    for (const struct weir_node *p = weir_tree_first(&x->t, content);
         p != NULL && rc == WEIR_OK; p = weir_tree_next(&x->t, p))
    {
        rc = put_part(x, p, role);
    }
    return rc;
}


static int
put_call(struct weir_xlate *x, const struct weir_node *item)
{
    const struct weir_tree *const  t = &x->t;

    weir_open_block(x, WEIR_ROLE_ASSISTANT);
    weir_put(x->out, "{\"type\":\"tool_use\",\"id\":");
    weir_put_tool_id(x->out, weir_tree_text(t, weir_tree_get(t, item,
                                                             "call_id")));
    weir_put(x->out, ",\"name\":");
    weir_put_or(x->out, t, weir_tree_get(t, item, "name"), "\"\"");
    weir_put(x->out, ",\"input\":");
    weir_put_input(x->out, x->how->mem, t, weir_tree_get(t, item,
                                                         "arguments"));
    weir_put(x->out, "}");
    return WEIR_OK;
}


static int
put_result(struct weir_xlate *x, const struct weir_node *item)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  output = weir_tree_get(t, item, "output");
    int                            rc = WEIR_OK;

    weir_open_block(x, WEIR_ROLE_USER);
    weir_put(x->out, "{\"type\":\"tool_result\",\"tool_use_id\":");
    weir_put_tool_id(x->out, weir_tree_text(t, weir_tree_get(t, item,
                                                             "call_id")));
    weir_put(x->out, ",\"content\":");
    if (weir_node_is_array(output)) {
        weir_put(x->out, "[");
        x->first = true;
        rc = put_content(x, output, WEIR_ROLE_NOBODY);
        weir_put(x->out, "]");
    } else {
        weir_put_or(x->out, t, output, "\"\"");
    }
    weir_put(x->out, "}");
    return rc;
}


static int
put_item(struct weir_xlate *x, const struct weir_node *item)
{
    const struct weir_node *const  role = weir_tree_get(&x->t, item, "role");
    const struct weir_node *const  content = weir_tree_get(&x->t, item,
                                                           "content");

    if (instructs(x, item) || is_type(x, item, "reasoning")) {
        return WEIR_OK;          /* told already; none of Anthropic's */
    }
    if (is_type(x, item, "function_call")) {
        return put_call(x, item);
    }
    if (is_type(x, item, "function_call_output")) {
        return put_result(x, item);
    }
    if (!is_message(x, item)) {
        return weir_xlate_refuse_part(x, "input[].",
            weir_tree_text(&x->t, weir_tree_get(&x->t, item, "type")));
    }
    if (weir_tree_is(&x->t, role, "user")) {
        return put_content(x, content, WEIR_ROLE_USER);
    }
    return weir_tree_is(&x->t, role, "assistant")
           ? put_content(x, content, WEIR_ROLE_ASSISTANT)
           : weir_xlate_refuse(x, "input[].role");
}


static int
put_system(struct weir_xlate *x, const struct weir_node *root,
    const struct weir_node *input)
{
    const struct weir_node *const  said = weir_tree_get(&x->t, root,
                                                        "instructions");
    const size_t                   begin = x->out->len;
    int                            rc = WEIR_OK;

    weir_put(x->out, ",\"system\":[");
    x->first = true;
    if (weir_node_is_string(said)) {
        rc = weir_put_text_of(x, said, WEIR_ROLE_NOBODY);
    }
    for (const struct weir_node *i = weir_node_is_array(input)
             ? weir_tree_first(&x->t, input) : NULL;
         i != NULL && rc == WEIR_OK; i = weir_tree_next(&x->t, i))
    {
        if (instructs(x, i)) {
            rc = put_content(x, weir_tree_get(&x->t, i, "content"),
                             WEIR_ROLE_NOBODY);
        }
    }
    if (x->first) {
        x->out->len = x->out->failed ? x->out->len : begin;
    } else {
        weir_put(x->out, "]");
    }
    return rc;
}


/* ---- the rest ---- */

static int
put_tools(struct weir_xlate *x, const struct weir_node *tools)
{
    const struct weir_tree *const  t = &x->t;
    bool                           first = true;

    for (const struct weir_node *d = weir_tree_first(t, tools); d != NULL;
         d = weir_tree_next(t, d))
    {
        const struct weir_node *const  about = weir_tree_get(t, d,
                                                             "description");

        if (!is_type(x, d, "function")) {
            return weir_xlate_refuse_part(x, "tools[].",
                weir_tree_text(t, weir_tree_get(t, d, "type")));
        }
        weir_put(x->out, first ? ",\"tools\":[{\"name\":" : ",{\"name\":");
        weir_put_or(x->out, t, weir_tree_get(t, d, "name"), "\"\"");
        if (about != NULL) {
            weir_put(x->out, ",\"description\":");
            weir_put_span(x->out, weir_tree_raw(t, about));
        }
        weir_put(x->out, ",\"input_schema\":");
        weir_put_or(x->out, t, weir_tree_get(t, d, "parameters"),
                    "{\"type\":\"object\",\"properties\":{}}");
        weir_put(x->out, "}");
        first = false;
    }
    weir_put(x->out, first ? "" : "]");
    return WEIR_OK;
}


static int
put_settings(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  choice = weir_tree_get(t, root,
                                                          "tool_choice");
    const struct weir_node *const  text = weir_tree_get(t, root, "text");
    const struct weir_node *const  form = weir_tree_get(t, text, "format");
    int                            rc;

    weir_put_user(x, root);
    rc = put_tools(x, weir_tree_get(t, root, "tools"));
    if (rc == WEIR_OK) {
        rc = weir_put_choice(x, root, weir_tree_get(t, choice, "name"));
    }
    return rc == WEIR_OK
           ? weir_put_output(x, form, weir_tree_get(t, form, "schema"),
                             weir_tree_get(t, weir_tree_get(t, root,
                                           "reasoning"), "effort"),
                             "text.format")
           : rc;
}


int
weir_request_of_responses(struct weir_xlate *x)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  input = weir_tree_get(t, root, "input");
    const struct weir_node *const  most = weir_tree_get(t, root,
                                                        "max_output_tokens");
    int                            rc;

    if (!weir_node_is_string(input) && !weir_node_is_array(input)) {
        return weir_tree_get(t, root, "prompt") != NULL
               ? weir_xlate_refuse(x, "prompt") : WEIR_E_BAD_REQUEST;
    }
    rc = weir_open_messages(x, root, most, rows,
                            sizeof(rows) / sizeof(rows[0]));
    if (rc == WEIR_OK) {
        rc = put_settings(x, root);
    }
    if (rc == WEIR_OK) {
        rc = put_system(x, root, input);
    }
    weir_put(x->out, ",\"messages\":[");
    if (rc == WEIR_OK && weir_node_is_string(input)) {
        rc = weir_put_text_of(x, input, WEIR_ROLE_USER);
    }
    for (const struct weir_node *i = weir_node_is_array(input)
             ? weir_tree_first(t, input) : NULL;
         i != NULL && rc == WEIR_OK; i = weir_tree_next(t, i))
    {
        rc = put_item(x, i);
    }
    weir_close_message(x);
    weir_put(x->out, "]}");
    return rc;
}
