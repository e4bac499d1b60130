/*
 * translate_whole.c: answers that are one JSON document, errors, and the
 * words and numbers that streams share with them.
 */
#include "translate/translate_internal.h"


/* ---- why it ended ---- */

const char *
weir_stop_of_finish(const struct weir_tree *t,
    const struct weir_node *finish, bool tools)
{
    if (weir_tree_is(t, finish, "length")) {
        return "max_tokens";
    }
    if (weir_tree_is(t, finish, "content_filter")) {
        return "refusal";
    }
    /* Some servers say "stop" behind the call of a tool. */
    return tools || weir_tree_is(t, finish, "tool_calls") ? "tool_use"
                                                          : "end_turn";
}


const char *
weir_finish_of_stop(const struct weir_tree *t, const struct weir_node *stop)
{
    if (weir_tree_is(t, stop, "max_tokens")
        || weir_tree_is(t, stop, "model_context_window_exceeded"))
    {
        return "length";
    }
    if (weir_tree_is(t, stop, "tool_use")) {
        return "tool_calls";
    }
    return weir_tree_is(t, stop, "refusal") ? "content_filter" : "stop";
}


/* ---- what it used ---- */

static void
count(int64_t *to, const struct weir_tree *t, const struct weir_node *object,
    const char *name)
{
    *to = weir_tree_integer(t, weir_tree_get(t, object, name), *to);
}


void
weir_counts_of_chat(struct weir_counts *c, const struct weir_tree *t,
    const struct weir_node *usage)
{
    count(&c->input, t, usage, "prompt_tokens");
    count(&c->output, t, usage, "completion_tokens");
    count(&c->cached, t, weir_tree_get(t, usage, "prompt_tokens_details"),
          "cached_tokens");
    count(&c->cached, t, usage, "prompt_cache_hit_tokens");  /* DeepSeek */
}


/* Anthropic counts what came from a cache and went into one apart. */
void
weir_counts_of_messages(struct weir_counts *c, const struct weir_tree *t,
    const struct weir_node *usage)
{
    int64_t  fresh = -1;

    count(&fresh, t, usage, "input_tokens");
    count(&c->cached, t, usage, "cache_read_input_tokens");
    count(&c->written, t, usage, "cache_creation_input_tokens");
    count(&c->output, t, usage, "output_tokens");
    count(&c->reasoning, t, weir_tree_get(t, usage, "output_tokens_details"),
          "thinking_tokens");
    if (fresh >= 0) {
        c->input = fresh + (c->cached > 0 ? c->cached : 0)
                   + (c->written > 0 ? c->written : 0);
    }
}


void
weir_put_chat_usage(struct weir_buf *out, const struct weir_counts *c)
{
    const int64_t  in = c->input > 0 ? c->input : 0;
    const int64_t  made = c->output > 0 ? c->output : 0;

    weir_put(out, "{\"prompt_tokens\":");
    weir_buf_addi(out, in);
    weir_put(out, ",\"completion_tokens\":");
    weir_buf_addi(out, made);
    weir_put(out, ",\"total_tokens\":");
    weir_buf_addi(out, in + made);
    if (c->cached >= 0) {
        weir_put(out, ",\"prompt_tokens_details\":{\"cached_tokens\":");
        weir_buf_addi(out, c->cached);
        weir_put(out, "}");
    }
    if (c->reasoning >= 0) {
        weir_put(out, ",\"completion_tokens_details\":"
                      "{\"reasoning_tokens\":");
        weir_buf_addi(out, c->reasoning);
        weir_put(out, "}");
    }
    weir_put(out, "}");
}


void
weir_put_messages_usage(struct weir_buf *out, const struct weir_counts *c)
{
    const int64_t  cached = c->cached > 0 ? c->cached : 0;

    weir_put(out, "{\"input_tokens\":");
    weir_buf_addi(out, c->input > cached ? c->input - cached : 0);
    if (c->cached >= 0) {
        weir_put(out, ",\"cache_creation_input_tokens\":0,"
                      "\"cache_read_input_tokens\":");
        weir_buf_addi(out, cached);
    }
    weir_put(out, ",\"output_tokens\":");
    weir_buf_addi(out, c->output > 0 ? c->output : 0);
    weir_put(out, "}");
}


/* ---- errors ---- */

static const char *
anthropic_type(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 402: return "billing_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    case 413: return "request_too_large";
    case 429: return "rate_limit_error";
    case 503:
    case 529: return "overloaded_error";
    case 504: return "timeout_error";
    default:  return status < 500 ? "invalid_request_error" : "api_error";
    }
}


/* Of an error in a stream, which has no status of its own. */
static int
status_of(const struct weir_tree *t, const struct weir_node *error)
{
    static const struct { const char  *word; int  status; }  *w, words[] = {
        { "invalid_request_error", 400 }, { "authentication_error", 401 },
        { "billing_error", 402 }, { "insufficient_quota", 402 },
        { "permission_error", 403 }, { "not_found_error", 404 },
        { "request_too_large", 413 }, { "rate_limit_error", 429 },
        { "rate_limit_exceeded", 429 }, { "requests", 429 },
        { "tokens", 429 }, { "overloaded_error", 529 },
        { "timeout_error", 504 }, { NULL, 500 }
    };
    const struct weir_node *const  code = weir_tree_get(t, error, "code");
    const struct weir_node *const  type = weir_tree_get(t, error, "type");
    const int64_t  number = weir_tree_integer(t, code, 0);

    if (number >= 400 && number < 600) {
        return (int) number;               /* vLLM */
    }
    for (w = words; w->word != NULL && !weir_tree_is(t, type, w->word)
         && !weir_tree_is(t, code, w->word); w++)
    {
        /* void */
    }
    return w->status;
}


static const char *
openai_type(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 402: return "insufficient_quota";
    case 403: return "permission_error";
    case 429: return "rate_limit_error";
    default:  return status < 500 ? "invalid_request_error" : "server_error";
    }
}


/* The sentence, wherever servers put it; with quotes. */
static void
put_message(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *doc, const struct weir_node *error)
{
    const struct weir_node  *m = weir_tree_get(t, error, "message");

    if (weir_node_is_string(error)) {
        m = error;                         /* Ollama */
    }
    if (m == NULL) {
        m = weir_tree_get(t, doc, "message");
    }
    if (m == NULL) {
        m = weir_tree_get(t, doc, "detail");   /* FastAPI */
    }
    if (weir_node_is_string(m)) {
        weir_put_span(out, weir_tree_raw(t, m));
        return;
    }
    /* None that we know: then all of it, which is a text as well. */
    weir_put(out, "\"");
    weir_buf_add_json(out, weir_tree_raw(t, m != NULL ? m : doc), 1);
    weir_put(out, "\"");
}


void
weir_put_error(struct weir_buf *out, enum weir_translate_side client,
    int status, const struct weir_tree *t, const struct weir_node *doc)
{
    const struct weir_node *const  error = weir_tree_get(t, doc, "error");
    const struct weir_node *const  type = weir_tree_get(t, error, "type");
    const struct weir_node *const  id = weir_tree_get(t, doc, "request_id");

    status = status >= 400 ? status : status_of(t, error);
    if (client == WEIR_WIRE_MESSAGES) {
        weir_put(out, "{\"type\":\"error\",\"error\":{\"type\":\"");
        weir_put(out, anthropic_type(status));
        weir_put(out, "\",\"message\":");
        put_message(out, t, doc, error);
        weir_put_why(out, t, error);
        weir_put(out, "}");
        if (weir_node_is_string(id)) {
            weir_put(out, ",\"request_id\":");
            weir_put_span(out, weir_tree_raw(t, id));
        }
        weir_put(out, "}");
        return;
    }
    weir_put(out, "{\"error\":{\"message\":");
    put_message(out, t, doc, error);
    weir_put(out, ",\"type\":\"");
    weir_put(out, openai_type(status));
    weir_put(out, "\",\"param\":null,\"code\":");
    weir_put_or(out, t, weir_node_is_string(type) ? type : NULL, "null");
    weir_put_why(out, t, error);
    weir_put(out, "}}");
}


/* ---- answers ---- */

static void
put_block(struct weir_buf *out, bool *any, const char *open,
    struct weir_span raw)
{
    weir_put(out, *any ? "," : "");
    weir_put(out, open);
    weir_put(out, "\"");
    weir_put_span(out, raw);
    weir_put(out, "\"}");
    *any = true;
}


#define TEXT_BLOCK      "{\"type\":\"text\",\"text\":"
#define THINKING_BLOCK  "{\"type\":\"thinking\",\"signature\":\"\"," \
                        "\"thinking\":"


/* Mistral has parts: texts, and thinking that holds parts again. */
static void
put_parts(struct weir_buf *out, bool *any, const struct weir_tree *t,
    const struct weir_node *parts, const char *open, int depth)
{
    for (const struct weir_node *p = weir_tree_first(t, parts);
         p != NULL && depth < 2; p = weir_tree_next(t, p))
    {
        const struct weir_node *const  text = weir_tree_get(t, p, "text");
        const struct weir_node *const  why = weir_tree_get(t, p, "thinking");

        if (weir_node_is_string(text)) {
            put_block(out, any, open, weir_tree_text(t, text));
        } else if (weir_node_is_string(why)) {
            put_block(out, any, THINKING_BLOCK, weir_tree_text(t, why));
        } else if (weir_node_is_array(why)) {
            put_parts(out, any, t, why, THINKING_BLOCK, depth + 1);
        }
    }
}


static void
put_tool_uses(const struct weir_translate_how *how, struct weir_buf *out,
    bool *any, const struct weir_tree *t, const struct weir_node *calls)
{
    unsigned  n = 0;

    for (const struct weir_node *c = weir_tree_first(t, calls); c != NULL;
         c = weir_tree_next(t, c))
    {
        const struct weir_node *const  id = weir_tree_get(t, c, "id");
        const struct weir_node *const  f = weir_tree_get(t, c, "function");

        n++;
        weir_put(out, *any ? ",{\"type\":\"tool_use\",\"id\":"
                           : "{\"type\":\"tool_use\",\"id\":");
        if (weir_node_is_string(id) && weir_tree_text(t, id).len > 0) {
            weir_put_span(out, weir_tree_raw(t, id));
        } else {
            weir_put_own_id(out, "toolu_", how->id, n);
        }
        weir_put(out, ",\"name\":");
        weir_put_or(out, t, weir_tree_get(t, f, "name"), "\"\"");
        weir_put(out, ",\"input\":");
        weir_put_input(out, how->mem, t, weir_tree_get(t, f, "arguments"));
        weir_put(out, "}");
        *any = true;
    }
}


static int
answer_to_messages(const struct weir_translate_how *how,
    const struct weir_tree *t, struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  choice = weir_tree_first(t,
        weir_tree_get(t, root, "choices"));
    const struct weir_node *const  m = weir_tree_get(t, choice, "message");
    const struct weir_node *const  calls = weir_tree_get(t, m, "tool_calls");
    const struct weir_node *const  content = weir_tree_get(t, m, "content");
    const struct weir_node *const  refusal = weir_tree_get(t, m, "refusal");
    const struct weir_node *const  matched = weir_tree_get(t, choice,
                                                           "stop_reason");
    const struct weir_node *const  id = weir_tree_get(t, root, "id");
    const struct weir_node        *why = weir_tree_get(t, m,
                                                       "reasoning_content");
    struct weir_counts             counts = WEIR_COUNTS_NONE;
    bool                           any = false;

    if (!weir_node_is_object(m)) {
        return WEIR_E_UPSTREAM_BAD;
    }
    why = why == NULL ? weir_tree_get(t, m, "reasoning") : why;
    weir_put(out, "{\"id\":");
    if (weir_node_is_string(id)) {
        weir_put_span(out, weir_tree_raw(t, id));
    } else {
        weir_put_own_id(out, "msg_", how->id, 0);
    }
    weir_put(out, ",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    weir_put_or(out, t, weir_tree_get(t, root, "model"), "\"\"");
    weir_put(out, ",\"content\":[");
    if (weir_node_is_string(why) && weir_tree_text(t, why).len > 0) {
        put_block(out, &any, THINKING_BLOCK, weir_tree_text(t, why));
    }
    if (weir_node_is_string(content) && weir_tree_text(t, content).len > 0) {
        put_block(out, &any, TEXT_BLOCK, weir_tree_text(t, content));
    } else if (weir_node_is_array(content)) {
        put_parts(out, &any, t, content, TEXT_BLOCK, 0);
    }
    if (weir_node_is_string(refusal) && weir_tree_text(t, refusal).len > 0) {
        put_block(out, &any, TEXT_BLOCK, weir_tree_text(t, refusal));
    }
    put_tool_uses(how, out, &any, t, calls);
    weir_put(out, "],\"stop_reason\":\"");
    weir_put(out, weir_node_is_string(refusal) ? "refusal"
        : weir_node_is_string(matched) ? "stop_sequence"
        : weir_stop_of_finish(t, weir_tree_get(t, choice, "finish_reason"),
                              weir_tree_first(t, calls) != NULL));
    weir_put(out, "\",\"stop_sequence\":");
    weir_put_or(out, t, weir_node_is_string(matched) ? matched : NULL,
                "null");
    weir_counts_of_chat(&counts, t, weir_tree_get(t, root, "usage"));
    weir_put(out, ",\"usage\":");
    weir_put_messages_usage(out, &counts);
    weir_put_why(out, t, root);
    weir_put(out, "}");
    return WEIR_OK;
}


static void
put_tool_calls(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *content)
{
    bool  any = false;

    for (const struct weir_node *b = weir_tree_first(t, content); b != NULL;
         b = weir_tree_next(t, b))
    {
        const struct weir_node *const  input = weir_tree_get(t, b, "input");

        if (!weir_tree_is(t, weir_tree_get(t, b, "type"), "tool_use")) {
            continue;
        }
        weir_put(out, any ? ",{\"id\":" : ",\"tool_calls\":[{\"id\":");
        weir_put_or(out, t, weir_tree_get(t, b, "id"), "\"\"");
        weir_put(out, ",\"type\":\"function\",\"function\":{\"name\":");
        weir_put_or(out, t, weir_tree_get(t, b, "name"), "\"\"");
        weir_put(out, ",\"arguments\":\"");
        weir_buf_add_json(out, input == NULL ? WEIR_SPAN("{}")
                                             : weir_tree_raw(t, input), 1);
        weir_put(out, "\"}}");
        any = true;
    }
    weir_put(out, any ? "]" : "");
}


static void
put_reasoning(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *content)
{
    bool  any = false;

    for (const struct weir_node *b = weir_tree_first(t, content); b != NULL;
         b = weir_tree_next(t, b))
    {
        const struct weir_node *const  why = weir_tree_get(t, b, "thinking");

        if (weir_node_is_string(why) && weir_tree_text(t, why).len > 0) {
            weir_put(out, any ? WEIR_BETWEEN_TEXTS
                              : ",\"reasoning_content\":\"");
            weir_put_span(out, weir_tree_text(t, why));
            any = true;
        }
    }
    weir_put(out, any ? "\"" : "");
}


static int
answer_to_chat(const struct weir_translate_how *how,
    const struct weir_tree *t, struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  content = weir_tree_get(t, root,
                                                           "content");
    struct weir_counts             counts = WEIR_COUNTS_NONE;
    bool                           any = false;
    size_t                         at;

    if (!weir_node_is_array(content)) {
        return WEIR_E_UPSTREAM_BAD;
    }
    weir_put(out, "{\"id\":");
    weir_put_or(out, t, weir_tree_get(t, root, "id"), "\"\"");
    weir_put(out, ",\"object\":\"chat.completion\",\"created\":");
    weir_buf_addu(out, how->now_s);
    weir_put(out, ",\"model\":");
    weir_put_or(out, t, weir_tree_get(t, root, "model"), "\"\"");
    weir_put(out, ",\"choices\":[{\"index\":0,\"message\":"
                  "{\"role\":\"assistant\",\"content\":");
    at = out->len;
    weir_put(out, "\"");
    weir_put_joined(out, t, content, &any);
    weir_put(out, "\"");
    if (!any) {
        out->len = out->failed ? out->len : at;
        weir_put(out, "null");
    }
    weir_put(out, ",\"refusal\":null");
    put_reasoning(out, t, content);
    put_tool_calls(out, t, content);
    weir_put(out, "},\"logprobs\":null,\"finish_reason\":\"");
    weir_put(out, weir_finish_of_stop(t, weir_tree_get(t, root,
                                                       "stop_reason")));
    weir_counts_of_messages(&counts, t, weir_tree_get(t, root, "usage"));
    weir_put(out, "\"}],\"usage\":");
    weir_put_chat_usage(out, &counts);
    weir_put_why(out, t, root);
    weir_put(out, "}");
    return WEIR_OK;
}


int
weir_translate_answer(const struct weir_translate_how *how, int status,
    struct weir_span body, struct weir_buf *out)
{
    struct weir_tree  t;
    int               rc;

    rc = weir_tree_open(&t, how->mem, body);
    if (rc == WEIR_OK && status >= 400) {
        weir_put_error(out, how->client, status, &t, weir_tree_root(&t));
    } else if (rc == WEIR_OK) {
        rc = how->client == WEIR_WIRE_CHAT
             ? answer_to_chat(how, &t, out)
             : answer_to_messages(how, &t, out);
    }
    weir_tree_close(&t);
    if (rc == WEIR_OK) {
        return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    }
    return rc == WEIR_E_NO_MEMORY ? rc : WEIR_E_UPSTREAM_BAD;
}
