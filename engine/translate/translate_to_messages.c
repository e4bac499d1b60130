/*
 * translate_to_messages.c: a chat completion request as a messages request.
 *
 * Messages of chat are many and flat; Anthropic wants user and assistant in
 * turn, instructions apart, and the results of tools in the user's message
 * that follows. So instructions are gathered first, and messages of one side
 * that follow each other become one.
 */
#include "translate/translate_internal.h"

static const struct weir_field_row  rows[] = {
    { "model", WEIR_FATE_TAKEN },
    { "messages", WEIR_FATE_TAKEN },
    { "max_tokens", WEIR_FATE_TAKEN },
    { "max_completion_tokens", WEIR_FATE_TAKEN },
    { "tools", WEIR_FATE_TAKEN },
    { "tool_choice", WEIR_FATE_TAKEN },
    { "parallel_tool_calls", WEIR_FATE_TAKEN },
    { "response_format", WEIR_FATE_TAKEN },
    { "reasoning_effort", WEIR_FATE_TAKEN },
    { "stop", WEIR_FATE_TAKEN },
    { "user", WEIR_FATE_TAKEN },
    { "safety_identifier", WEIR_FATE_TAKEN },
    { "n", WEIR_FATE_TAKEN },
    { "modalities", WEIR_FATE_TAKEN },
    { "stream", WEIR_FATE_COPY },
    { "temperature", WEIR_FATE_COPY },
    { "top_p", WEIR_FATE_COPY },
    { "top_k", WEIR_FATE_COPY },
    { "thinking", WEIR_FATE_COPY },
    { "stream_options", WEIR_FATE_DROP },
    { "metadata", WEIR_FATE_DROP },
    { "prediction", WEIR_FATE_DROP },
    { "prompt_cache_key", WEIR_FATE_DROP },
    { "prompt_cache_options", WEIR_FATE_DROP },
    { "prompt_cache_retention", WEIR_FATE_DROP },
    { "seed", WEIR_FATE_DROP },
    { "service_tier", WEIR_FATE_DROP },
    { "store", WEIR_FATE_DROP },
    { "verbosity", WEIR_FATE_DROP },
    { "frequency_penalty", WEIR_FATE_UNSET },
    { "presence_penalty", WEIR_FATE_UNSET },
    { "logit_bias", WEIR_FATE_UNSET },
    { "logprobs", WEIR_FATE_UNSET },
    { "top_logprobs", WEIR_FATE_UNSET },
    { "functions", WEIR_FATE_UNSET },
    { "function_call", WEIR_FATE_REFUSE },
    { "audio", WEIR_FATE_REFUSE },
    { "moderation", WEIR_FATE_REFUSE },
    { "web_search_options", WEIR_FATE_REFUSE },
};


/* ---- parts ---- */

void
weir_close_message(struct weir_xlate *x)
{
    if (x->role != WEIR_ROLE_NOBODY) {
        weir_put(x->out, "]}");
        x->role = WEIR_ROLE_NOBODY;
    }
}


void
weir_open_block(struct weir_xlate *x, int role)
{
    if (x->role == role) {
        weir_put(x->out, ",");
        return;
    }
    if (x->role != WEIR_ROLE_NOBODY) {
        weir_put(x->out, "]},");
    }
    x->role = role;
    weir_put(x->out, role == WEIR_ROLE_USER ? "{\"role\":\"user\",\"content\":["
                                  : "{\"role\":\"assistant\",\"content\":[");
}


static void
put_text(struct weir_xlate *x, const struct weir_node *text,
    const struct weir_node *part)
{
    const struct weir_node *const  cache = weir_tree_get(&x->t, part,
                                                         "cache_control");

    weir_put(x->out, "{\"type\":\"text\",\"text\":");
    weir_put_span(x->out, weir_tree_raw(&x->t, text));
    if (cache != NULL) {
        /* not OpenAI's, but what callers of many gateways mark a prompt
           with that is to be kept */
        weir_put(x->out, ",\"cache_control\":");
        weir_put_span(x->out, weir_tree_raw(&x->t, cache));
    }
    weir_put(x->out, "}");
}


/* Before a block: the comma or its message; role NOBODY: in a list that the
   caller has open, x->first says where. */
static void
next_block(struct weir_xlate *x, int role)
{
    if (role != WEIR_ROLE_NOBODY) {
        weir_open_block(x, role);
    } else {
        weir_put(x->out, x->first ? "" : ",");
        x->first = false;
    }
}


int
weir_put_text_of(struct weir_xlate *x, const struct weir_node *text, int role)
{
    if (weir_tree_text(&x->t, text).len > 0) {
        next_block(x, role);         /* Anthropic refuses an empty text */
        put_text(x, text, NULL);
    }
    return WEIR_OK;
}


/* data:MEDIA;base64,DATA or an address. */
int
weir_put_image_of(struct weir_xlate *x, const struct weir_node *link,
    int role)
{
    static const char  coded[] = ";base64,";
    struct weir_span   url;
    const uint8_t     *at;
    size_t             media;

    if (weir_node_is_object(link)) {
        link = weir_tree_get(&x->t, link, "url");
    }
    url = weir_tree_text(&x->t, link);
    if (!weir_node_is_string(link)) {
        return weir_xlate_refuse(x, "image_url");
    }
    next_block(x, role);
    if (url.len < 5 || memcmp(url.at, "data:", 5) != 0) {
        weir_put(x->out, "{\"type\":\"image\",\"source\":{\"type\":\"url\","
                         "\"url\":\"");
        weir_put_span(x->out, url);
        weir_put(x->out, "\"}}");
        return WEIR_OK;
    }
    at = memmem(url.at, url.len < 128 ? url.len : 128, coded,
                sizeof(coded) - 1);
    if (at == NULL) {
        return weir_xlate_refuse(x, "image_url");
    }
    media = (size_t) (at - url.at) - 5;
    weir_put(x->out, "{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                     "\"media_type\":\"");
    weir_buf_add(x->out, url.at + 5, media);
    weir_put(x->out, "\",\"data\":\"");
    at += sizeof(coded) - 1;
    weir_buf_add(x->out, at, (size_t) (url.at + url.len - at));
    weir_put(x->out, "\"}}");
    return WEIR_OK;
}


static int
put_part(struct weir_xlate *x, const struct weir_node *part, int role)
{
    const struct weir_node *const  type = weir_tree_get(&x->t, part, "type");
    const struct weir_node        *text = weir_tree_get(&x->t, part, "text");
    const bool                     image = weir_tree_is(&x->t, type,
                                                        "image_url");

    if (weir_tree_is(&x->t, type, "refusal")) {
        text = weir_tree_get(&x->t, part, "refusal");
    }
    if (weir_node_is_string(part)) {
        text = part;
    } else if (!image && !weir_tree_is(&x->t, type, "text")
               && !weir_tree_is(&x->t, type, "refusal"))
    {
        return weir_xlate_refuse_part(x, "messages[].content[].",
                                      weir_tree_text(&x->t, type));
    }
    if (image) {
        return weir_put_image_of(x, weir_tree_get(&x->t, part, "image_url"),
                                 role);
    }
    if (!weir_node_is_string(text)) {
        return WEIR_E_BAD_REQUEST;
    }
    if (weir_tree_text(&x->t, text).len > 0) {
        next_block(x, role);
        put_text(x, text, part);
    }
    return WEIR_OK;
}


/* A content: a string, or parts. */
static int
put_content(struct weir_xlate *x, const struct weir_node *content, int role)
{
    if (content == NULL) {
        return WEIR_OK;
    }
    if (weir_node_is_string(content)) {
        return put_part(x, content, role);
    }
    if (!weir_node_is_array(content)) {
        return WEIR_E_BAD_REQUEST;
    }
    for (const struct weir_node *p = weir_tree_first(&x->t, content);
         p != NULL; p = weir_tree_next(&x->t, p))
    {
        const int  rc = put_part(x, p, role);

        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


/* ---- messages ---- */

static bool
instructs(const struct weir_tree *t, const struct weir_node *message)
{
    const struct weir_node *const  role = weir_tree_get(t, message, "role");

    return weir_tree_is(t, role, "system")
           || weir_tree_is(t, role, "developer");
}


/* All instructions, wherever they stand: Anthropic has one place for them. */
static int
put_system(struct weir_xlate *x, const struct weir_node *messages)
{
    const size_t  begin = x->out->len;
    int           rc = WEIR_OK;

    weir_put(x->out, ",\"system\":[");
    x->first = true;
    for (const struct weir_node *m = weir_tree_first(&x->t, messages);
         m != NULL && rc == WEIR_OK; m = weir_tree_next(&x->t, m))
    {
        if (instructs(&x->t, m)) {
            rc = put_content(x, weir_tree_get(&x->t, m, "content"),
                             WEIR_ROLE_NOBODY);
        }
    }
    if (x->first) {
        x->out->len = begin;
    } else {
        weir_put(x->out, "]");
    }
    return rc;
}


static int
put_calls(struct weir_xlate *x, const struct weir_node *calls)
{
    for (const struct weir_node *c = weir_tree_first(&x->t, calls);
         c != NULL; c = weir_tree_next(&x->t, c))
    {
        const struct weir_node *const  f = weir_tree_get(&x->t, c,
                                                         "function");
        const struct weir_node *const  name = weir_tree_get(&x->t, f, "name");

        if (f == NULL) {
            return weir_xlate_refuse_part(x, "messages[].tool_calls[].",
                weir_tree_text(&x->t, weir_tree_get(&x->t, c, "type")));
        }
        if (!weir_node_is_string(name)) {
            return WEIR_E_BAD_REQUEST;
        }
        weir_open_block(x, WEIR_ROLE_ASSISTANT);
        weir_put(x->out, "{\"type\":\"tool_use\",\"id\":");
        weir_put_tool_id(x->out, weir_tree_text(&x->t,
                         weir_tree_get(&x->t, c, "id")));
        weir_put(x->out, ",\"name\":");
        weir_put_span(x->out, weir_tree_raw(&x->t, name));
        weir_put(x->out, ",\"input\":");
        weir_put_input(x->out, x->how->mem, &x->t,
                       weir_tree_get(&x->t, f, "arguments"));
        weir_put(x->out, "}");
    }
    return WEIR_OK;
}


static int
put_result(struct weir_xlate *x, const struct weir_node *message)
{
    const struct weir_node *const  content = weir_tree_get(&x->t, message,
                                                           "content");
    int                            rc = WEIR_OK;

    weir_open_block(x, WEIR_ROLE_USER);
    weir_put(x->out, "{\"type\":\"tool_result\",\"tool_use_id\":");
    weir_put_tool_id(x->out, weir_tree_text(&x->t,
                     weir_tree_get(&x->t, message, "tool_call_id")));
    weir_put(x->out, ",\"content\":");
    if (weir_node_is_array(content)) {
        weir_put(x->out, "[");
        x->first = true;
        rc = put_content(x, content, WEIR_ROLE_NOBODY);
        weir_put(x->out, "]");
    } else {
        weir_put_or(x->out, &x->t, content, "\"\"");
    }
    weir_put(x->out, "}");
    return rc;
}


static int
put_assistant(struct weir_xlate *x, const struct weir_node *message)
{
    const struct weir_node *const  refusal = weir_tree_get(&x->t, message,
                                                           "refusal");
    int                            rc;

    if (weir_tree_get(&x->t, message, "function_call") != NULL) {
        return weir_xlate_refuse(x, "messages[].function_call");
    }
    if (weir_tree_get(&x->t, message, "audio") != NULL) {
        return weir_xlate_refuse(x, "messages[].audio");
    }
    rc = put_content(x, weir_tree_get(&x->t, message, "content"),
                     WEIR_ROLE_ASSISTANT);
    if (rc == WEIR_OK && weir_node_is_string(refusal)) {
        rc = put_part(x, refusal, WEIR_ROLE_ASSISTANT);
    }
    return rc == WEIR_OK
           ? put_calls(x, weir_tree_get(&x->t, message, "tool_calls")) : rc;
}


static int
put_message(struct weir_xlate *x, const struct weir_node *message)
{
    const struct weir_node *const  role = weir_tree_get(&x->t, message,
                                                        "role");

    if (instructs(&x->t, message)) {
        return WEIR_OK;
    }
    if (weir_tree_is(&x->t, role, "user")) {
        return put_content(x, weir_tree_get(&x->t, message, "content"),
                           WEIR_ROLE_USER);
    }
    if (weir_tree_is(&x->t, role, "assistant")) {
        return put_assistant(x, message);
    }
    if (weir_tree_is(&x->t, role, "tool")) {
        return put_result(x, message);
    }
    return weir_xlate_refuse(x, "messages[].role");
}


/* ---- the rest ---- */

static int
put_tools(struct weir_xlate *x, const struct weir_node *tools)
{
    bool  first = true;

    if (weir_tree_first(&x->t, tools) == NULL) {
        return WEIR_OK;
    }
    weir_put(x->out, ",\"tools\":[");
    for (const struct weir_node *d = weir_tree_first(&x->t, tools);
         d != NULL; d = weir_tree_next(&x->t, d))
    {
        const struct weir_node *const  f = weir_tree_get(&x->t, d,
                                                         "function");
        const struct weir_node *const  about = weir_tree_get(&x->t, f,
                                                             "description");
        const struct weir_node *const  cache = weir_tree_get(&x->t, d,
                                                             "cache_control");

        if (f == NULL) {
            return weir_xlate_refuse_part(x, "tools[].",
                weir_tree_text(&x->t, weir_tree_get(&x->t, d, "type")));
        }
        weir_put(x->out, first ? "{\"name\":" : ",{\"name\":");
        weir_put_or(x->out, &x->t, weir_tree_get(&x->t, f, "name"), "\"\"");
        if (about != NULL) {
            weir_put(x->out, ",\"description\":");
            weir_put_span(x->out, weir_tree_raw(&x->t, about));
        }
        weir_put(x->out, ",\"input_schema\":");
        weir_put_or(x->out, &x->t, weir_tree_get(&x->t, f, "parameters"),
                    "{\"type\":\"object\",\"properties\":{}}");
        if (cache != NULL) {
            weir_put(x->out, ",\"cache_control\":");
            weir_put_span(x->out, weir_tree_raw(&x->t, cache));
        }
        weir_put(x->out, "}");
        first = false;
    }
    weir_put(x->out, "]");
    return WEIR_OK;
}


int
weir_put_choice(struct weir_xlate *x, const struct weir_node *root,
    const struct weir_node *name)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  choice = weir_tree_get(t, root,
                                                          "tool_choice");
    const struct weir_node *const  par = weir_tree_get(t, root,
                                                       "parallel_tool_calls");
    const bool  alone = par != NULL && par->kind == WEIR_TOKEN_FALSE;

    if (weir_tree_first(t, weir_tree_get(t, root, "tools")) == NULL
        || (choice == NULL && !alone))
    {
        return WEIR_OK;
    }
    weir_put(x->out, ",\"tool_choice\":{\"type\":");
    if (choice == NULL || weir_tree_is(t, choice, "auto")) {
        weir_put(x->out, "\"auto\"");
    } else if (weir_tree_is(t, choice, "none")) {
        weir_put(x->out, "\"none\"}");
        return WEIR_OK;
    } else if (weir_tree_is(t, choice, "required")) {
        weir_put(x->out, "\"any\"");
    } else if (weir_node_is_string(name)) {
        weir_put(x->out, "\"tool\",\"name\":");
        weir_put_span(x->out, weir_tree_raw(t, name));
    } else {
        return weir_xlate_refuse(x, "tool_choice");
    }
    weir_put(x->out, alone ? ",\"disable_parallel_tool_use\":true}" : "}");
    return WEIR_OK;
}


int
weir_put_output(struct weir_xlate *x, const struct weir_node *form,
    const struct weir_node *schema, const struct weir_node *effort,
    const char *field)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  type = weir_tree_get(t, form, "type");
    const bool  effortless = weir_tree_is(t, effort, "none");
    const bool  plain = form == NULL || weir_tree_is(t, type, "text");

    if (!plain && (!weir_tree_is(t, type, "json_schema") || schema == NULL)) {
        return weir_xlate_refuse(x, field);
    }
    if (plain && (effort == NULL || effortless)) {
        return WEIR_OK;
    }
    weir_put(x->out, ",\"output_config\":{");
    if (!plain) {
        weir_put(x->out, "\"format\":{\"type\":\"json_schema\",\"schema\":");
        weir_put_span(x->out, weir_tree_raw(t, schema));
        weir_put(x->out, "}");
    }
    if (effort != NULL && !effortless) {
        weir_put(x->out, plain ? "\"effort\":" : ",\"effort\":");
        if (weir_tree_is(t, effort, "minimal")) {
            weir_put(x->out, "\"low\"");
        } else {
            weir_put_span(x->out, weir_tree_raw(t, effort));
        }
    }
    weir_put(x->out, "}");
    return WEIR_OK;
}


void
weir_put_user(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_node  *who = weir_tree_get(&x->t, root,
                                                 "safety_identifier");

    who = who == NULL ? weir_tree_get(&x->t, root, "user") : who;
    if (who != NULL) {
        weir_put(x->out, ",\"metadata\":{\"user_id\":");
        weir_put_span(x->out, weir_tree_raw(&x->t, who));
        weir_put(x->out, "}");
    }
}


static int
put_settings(struct weir_xlate *x, const struct weir_node *root)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  stop = weir_tree_get(t, root, "stop");
    const struct weir_node *const  n = weir_tree_get(t, root, "n");
    const struct weir_node *const  form = weir_tree_get(t, root,
                                                        "response_format");
    const struct weir_node *const  called = weir_tree_get(t,
        weir_tree_get(t, weir_tree_get(t, root, "tool_choice"), "function"),
        "name");
    int                            rc;

    if (n != NULL && weir_tree_integer(t, n, 0) != 1) {
        return weir_xlate_refuse(x, "n");
    }
    for (const struct weir_node *m = weir_tree_first(t,
             weir_tree_get(t, root, "modalities"));
         m != NULL; m = weir_tree_next(t, m))
    {
        if (!weir_tree_is(t, m, "text")) {
            return weir_xlate_refuse(x, "modalities");
        }
    }
    if (stop != NULL) {
        weir_put(x->out, weir_node_is_array(stop) ? ",\"stop_sequences\":"
                                                  : ",\"stop_sequences\":[");
        weir_put_span(x->out, weir_tree_raw(t, stop));
        weir_put(x->out, weir_node_is_array(stop) ? "" : "]");
    }
    weir_put_user(x, root);
    rc = put_tools(x, weir_tree_get(t, root, "tools"));
    if (rc == WEIR_OK) {
        rc = weir_put_choice(x, root, called);
    }
    return rc == WEIR_OK
           ? weir_put_output(x, form, weir_tree_get(t,
                             weir_tree_get(t, form, "json_schema"), "schema"),
                             weir_tree_get(t, root, "reasoning_effort"),
                             "response_format")
           : rc;
}


int
weir_open_messages(struct weir_xlate *x, const struct weir_node *root,
    const struct weir_node *most, const struct weir_field_row *fields,
    size_t n)
{
    weir_put_model(x, root);
    weir_put(x->out, ",\"max_tokens\":");
    if (most != NULL) {
        weir_put_span(x->out, weir_tree_raw(&x->t, most));
    } else {
        weir_buf_addi(x->out, x->how->max_tokens);
    }
    return weir_xlate_fields(x, root, fields, n);
}


int
weir_request_to_messages(struct weir_xlate *x)
{
    const struct weir_tree *const  t = &x->t;
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  messages = weir_tree_get(t, root,
                                                            "messages");
    const struct weir_node  *most = weir_tree_get(t, root,
                                                  "max_completion_tokens");
    int                      rc;

    if (!weir_node_is_array(messages)) {
        return WEIR_E_BAD_REQUEST;
    }
    most = most == NULL ? weir_tree_get(t, root, "max_tokens") : most;
    rc = weir_open_messages(x, root, most, rows,
                            sizeof(rows) / sizeof(rows[0]));
    if (rc == WEIR_OK) {
        rc = put_settings(x, root);
    }
    if (rc == WEIR_OK) {
        rc = put_system(x, messages);
    }
    weir_put(x->out, ",\"messages\":[");
    for (const struct weir_node *m = weir_tree_first(t, messages);
         m != NULL && rc == WEIR_OK; m = weir_tree_next(t, m))
    {
        rc = put_message(x, m);
    }
    weir_close_message(x);
    weir_put(x->out, "]}");
    return rc;
}
