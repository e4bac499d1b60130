/*
 * translate_chunks.c: the events of a messages stream as chunks of a chat
 * completion.
 *
 *     message_start            {"role":"assistant"}
 *     content_block_start      the head of a call, if it is of a tool
 *     content_block_delta      content, reasoning_content, arguments
 *     message_delta            finish_reason; usage is kept
 *     message_stop             usage, if it was asked for; [DONE]
 *
 * Blocks are numbered through, calls of tools for themselves: tool_blocks[]
 * says which block each is, so that blocks may come interleaved.
 */
#include "translate/translate_internal.h"


static void
open_chunk(struct weir_translator *t, struct weir_buf *out)
{
    weir_put(out, "data: {\"id\":");
    if (t->id[0] == '\0') {
        weir_put_own_id(out, "msg_", t->how.id, 0);
    } else {
        weir_put(out, t->id);
    }
    weir_put(out, ",\"object\":\"chat.completion.chunk\",\"created\":");
    weir_buf_addu(out, t->how.now_s);
    weir_put(out, ",\"model\":");
    weir_put(out, t->model[0] == '\0' ? "\"\"" : t->model);
}


static void
open_delta(struct weir_translator *t, struct weir_buf *out)
{
    open_chunk(t, out);
    weir_put(out, ",\"choices\":[{\"index\":0,\"delta\":{");
}


static void
close_delta(struct weir_buf *out)
{
    weir_put(out, "},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}


static void
begin(struct weir_translator *t, struct weir_buf *out)
{
    if (t->begun) {
        return;
    }
    t->begun = true;
    open_delta(t, out);
    weir_put(out, "\"role\":\"assistant\",\"content\":\"\"");
    close_delta(out);
}


/* A piece of text under this key of the delta. */
static void
put_piece(struct weir_translator *t, const char *key, const char *before,
    struct weir_span raw, struct weir_buf *out)
{
    if (raw.len == 0) {
        return;
    }
    open_delta(t, out);
    weir_put(out, "\"");
    weir_put(out, key);
    weir_put(out, "\":\"");
    weir_put(out, before);
    weir_put_span(out, raw);
    weir_put(out, "\"");
    close_delta(out);
}


/* Texts of two blocks were inspected as two: in the one text of a chat they
   do not touch. `last`: the block of the one before. */
static void
put_text(struct weir_translator *t, const char *key, int64_t *last,
    int64_t block, struct weir_span raw, struct weir_buf *out)
{
    if (raw.len == 0) {
        return;
    }
    put_piece(t, key, *last >= 0 && *last != block ? WEIR_BETWEEN_TEXTS : "",
              raw, out);
    *last = block;
}


static void
put_content(struct weir_translator *t, int64_t block,
    const struct weir_tree *doc, const struct weir_node *text,
    struct weir_buf *out)
{
    put_text(t, "content", &t->text_block, block, weir_tree_text(doc, text),
             out);
}


static void
put_reasoning(struct weir_translator *t, int64_t block,
    const struct weir_tree *doc, const struct weir_node *text,
    struct weir_buf *out)
{
    put_text(t, "reasoning_content", &t->thinking_block, block,
             weir_tree_text(doc, text), out);
}


/* Which call a block is; ntools when it is none. */
static uint32_t
tool_of(const struct weir_translator *t, int64_t block)
{
    uint32_t  i = t->ntools;

    while (i > 0) {
        i--;
        if (t->tool_blocks[i] == block) {
            return i;
        }
    }
    return t->ntools;
}


static void
put_arguments(struct weir_translator *t, uint32_t tool, struct weir_span raw,
    int escapes, struct weir_buf *out)
{
    if (raw.len == 0) {
        return;
    }
    t->tool_said[tool] = true;
    open_delta(t, out);
    weir_put(out, "\"tool_calls\":[{\"index\":");
    weir_buf_addu(out, tool);
    weir_put(out, ",\"function\":{\"arguments\":\"");
    weir_buf_add_json(out, raw, escapes);
    weir_put(out, "\"}}]");
    close_delta(out);
}


static int
start_tool(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *block, int64_t index, struct weir_buf *out)
{
    const struct weir_node *const  input = weir_tree_get(doc, block,
                                                         "input");
    const uint32_t                 n = t->ntools;

    if (n == WEIR_TRANSLATE_LANES_MAX || index < 0
        || index >= WEIR_NODE_NONE)
    {
        return WEIR_E_UPSTREAM_BAD;
    }
    t->tool_blocks[n] = (uint32_t) index;
    t->tool_said[n] = false;
    t->ntools++;
    open_delta(t, out);
    weir_put(out, "\"tool_calls\":[{\"index\":");
    weir_buf_addu(out, n);
    weir_put(out, ",\"id\":");
    weir_put_or(out, doc, weir_tree_get(doc, block, "id"), "\"\"");
    weir_put(out, ",\"type\":\"function\",\"function\":{\"name\":");
    weir_put_or(out, doc, weir_tree_get(doc, block, "name"), "\"\"");
    weir_put(out, ",\"arguments\":\"\"}}]");
    close_delta(out);
    if (weir_node_is_object(input) && input->child != WEIR_NODE_NONE) {
        put_arguments(t, n, weir_tree_raw(doc, input), 1, out);
    }
    return WEIR_OK;
}


static int
start_block(struct weir_translator *t, const struct weir_tree *doc,
    int64_t index, struct weir_buf *out)
{
    const struct weir_node *const  block = weir_tree_get(doc,
        weir_tree_root(doc), "content_block");
    const struct weir_node *const  type = weir_tree_get(doc, block, "type");

    if (weir_tree_is(doc, type, "tool_use")) {
        return start_tool(t, doc, block, index, out);
    }
    if (weir_tree_is(doc, type, "text")) {
        put_content(t, index, doc, weir_tree_get(doc, block, "text"), out);
    } else if (weir_tree_is(doc, type, "thinking")) {
        put_reasoning(t, index, doc, weir_tree_get(doc, block, "thinking"),
                      out);
    }
    return WEIR_OK;
}


static int
take_delta(struct weir_translator *t, const struct weir_tree *doc,
    int64_t index, struct weir_buf *out)
{
    const struct weir_node *const  delta = weir_tree_get(doc,
        weir_tree_root(doc), "delta");
    const struct weir_node *const  type = weir_tree_get(doc, delta, "type");

    if (weir_tree_is(doc, type, "text_delta")) {
        put_content(t, index, doc, weir_tree_get(doc, delta, "text"), out);
    } else if (weir_tree_is(doc, type, "thinking_delta")) {
        put_reasoning(t, index, doc, weir_tree_get(doc, delta, "thinking"),
                      out);
    } else if (weir_tree_is(doc, type, "input_json_delta")) {
        const uint32_t  tool = tool_of(t, index);

        if (tool == t->ntools) {
            return WEIR_E_UPSTREAM_BAD;    /* of a call that never began */
        }
        put_arguments(t, tool, weir_tree_text(doc,
                      weir_tree_get(doc, delta, "partial_json")), 0, out);
    }
    return WEIR_OK;          /* signatures and citations: no counterpart */
}


static void
put_finish(struct weir_translator *t, const char *why, struct weir_buf *out)
{
    if (t->finished) {
        return;
    }
    t->finished = true;
    open_chunk(t, out);
    weir_put(out, ",\"choices\":[{\"index\":0,\"delta\":{},"
                  "\"logprobs\":null,\"finish_reason\":\"");
    weir_put(out, why);
    weir_put(out, "\"}]");
    weir_put_span(out, weir_buf_span(&t->why));
    weir_put(out, "}\n\n");
}


static void
take_start(struct weir_translator *t, const struct weir_tree *doc)
{
    const struct weir_node *const  m = weir_tree_get(doc,
        weir_tree_root(doc), "message");

    weir_keep_raw(t->id, doc, weir_tree_get(doc, m, "id"));
    weir_keep_raw(t->model, doc, weir_tree_get(doc, m, "model"));
    weir_counts_of_messages(&t->counts, doc, weir_tree_get(doc, m, "usage"));
}


static void
take_end(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(doc);
    const struct weir_node *const  stop = weir_tree_get(doc,
        weir_tree_get(doc, root, "delta"), "stop_reason");

    weir_counts_of_messages(&t->counts, doc, weir_tree_get(doc, root,
                                                           "usage"));
    weir_put_why(&t->why, doc, root);
    if (stop != NULL) {
        put_finish(t, weir_finish_of_stop(doc, stop), out);
    }
}


static void
stop_block(struct weir_translator *t, int64_t index, struct weir_buf *out)
{
    const uint32_t  tool = tool_of(t, index);

    if (tool < t->ntools && !t->tool_said[tool]) {
        /* No arguments at all: callers parse them as JSON. */
        put_arguments(t, tool, WEIR_SPAN("{}"), 0, out);
    }
}


int
weir_chunks_take(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(doc);
    const struct weir_node *const  type = weir_tree_get(doc, root, "type");
    const int64_t  index = weir_tree_integer(doc,
        weir_tree_get(doc, root, "index"), -1);
    int            rc = WEIR_OK;

    if (weir_tree_is(doc, type, "error")) {
        weir_put(out, "data: ");
        weir_put_error(out, WEIR_WIRE_CHAT, 0, doc, root);
        weir_put(out, "\n\n");
        t->ended = true;
    } else if (weir_tree_is(doc, type, "message_start")) {
        take_start(t, doc);
        begin(t, out);
    } else if (weir_tree_is(doc, type, "content_block_start")) {
        begin(t, out);
        rc = start_block(t, doc, index, out);
    } else if (weir_tree_is(doc, type, "content_block_delta")) {
        begin(t, out);
        rc = take_delta(t, doc, index, out);
    } else if (weir_tree_is(doc, type, "content_block_stop")) {
        stop_block(t, index, out);
    } else if (weir_tree_is(doc, type, "message_delta")) {
        begin(t, out);
        take_end(t, doc, out);
    } else if (weir_tree_is(doc, type, "message_stop")) {
        rc = weir_chunks_end(t, out);
        t->ended = true;
    }
    return rc;
}


int
weir_chunks_end(struct weir_translator *t, struct weir_buf *out)
{
    begin(t, out);
    put_finish(t, "stop", out);
    if (t->how.usage) {
        if (t->counts.output < 0) {
            t->counts.output = t->counted;
        }
        open_chunk(t, out);
        weir_put(out, ",\"choices\":[],\"usage\":");
        weir_put_chat_usage(out, &t->counts);
        weir_put(out, "}\n\n");
    }
    weir_put(out, "data: [DONE]\n\n");
    return WEIR_OK;
}
