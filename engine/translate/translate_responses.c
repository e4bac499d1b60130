/*
 * translate_responses.c: answers of messages as those of the Responses
 * interface, whole and streamed. A content block becomes an item of `output`:
 *
 *     text       message, with one part output_text
 *     thinking   reasoning, with one part of its summary
 *     tool_use   function_call
 *
 * A stream tells each item piece by piece, then whole, and in its last event
 * all of them again: so each block's lane keeps its text until the end.
 */
#include "translate/translate_internal.h"


/* ---- items ---- */

static void
put_item_id(struct weir_buf *out, const struct weir_translate_how *how,
    enum weir_lane_kind kind, uint32_t n)
{
    static const char *const  before[] = {
        [WEIR_LANE_TEXT] = "msg_", [WEIR_LANE_THINKING] = "rs_",
        [WEIR_LANE_TOOL] = "fc_"
    };

    weir_put_own_id(out, before[kind], how->id, n + 1);
}


static void
put_part(struct weir_buf *out, enum weir_lane_kind kind,
    struct weir_span text)
{
    weir_put(out, kind == WEIR_LANE_THINKING
             ? "{\"type\":\"summary_text\",\"text\":\""
             : "{\"type\":\"output_text\",\"annotations\":[],"
               "\"logprobs\":[],\"text\":\"");
    weir_put_span(out, text);
    weir_put(out, "\"}");
}


/* The n-th item. `head`: "call_id":...,"name":... of a call; `text` raw;
   not `whole`: it only begins. */
static void
put_item(struct weir_buf *out, const struct weir_translate_how *how,
    enum weir_lane_kind kind, uint32_t n, struct weir_span head,
    struct weir_span text, bool whole)
{
    const char *const  status = whole ? ",\"status\":\"completed\""
                                      : ",\"status\":\"in_progress\"";

    weir_put(out, "{\"id\":");
    put_item_id(out, how, kind, n);
    switch (kind) {
    case WEIR_LANE_TEXT:
        weir_put(out, ",\"type\":\"message\",\"role\":\"assistant\"");
        weir_put(out, status);
        weir_put(out, ",\"content\":[");
        break;
    case WEIR_LANE_THINKING:
        weir_put(out, ",\"type\":\"reasoning\",\"summary\":[");
        break;
    case WEIR_LANE_TOOL:
        weir_put(out, ",\"type\":\"function_call\"");
        weir_put(out, status);
        weir_put(out, ",");
        weir_put_span(out, head);
        weir_put(out, ",\"arguments\":\"");
        weir_put_span(out, text);
        weir_put(out, "\"}");
        return;
    }
    if (whole) {
        put_part(out, kind, text);
    }
    weir_put(out, "]}");
}


static void
put_call_head(struct weir_buf *out, const struct weir_tree *t,
    const struct weir_node *block)
{
    weir_put(out, "\"call_id\":");
    weir_put_or(out, t, weir_tree_get(t, block, "id"), "\"\"");
    weir_put(out, ",\"name\":");
    weir_put_or(out, t, weir_tree_get(t, block, "name"), "\"\"");
}


/* The kind of a block; false: it has no counterpart. */
static bool
kind_of(const struct weir_tree *t, const struct weir_node *block,
    enum weir_lane_kind *kind)
{
    const struct weir_node *const  type = weir_tree_get(t, block, "type");

    *kind = weir_tree_is(t, type, "tool_use") ? WEIR_LANE_TOOL
            : weir_tree_is(t, type, "thinking") ? WEIR_LANE_THINKING
            : WEIR_LANE_TEXT;
    return *kind != WEIR_LANE_TEXT || weir_tree_is(t, type, "text");
}


/* ---- the response around them ---- */

static void
open_response(struct weir_buf *out, const struct weir_translate_how *how,
    const char *model, const char *status, const char *details)
{
    weir_put(out, "{\"id\":");
    weir_put_own_id(out, "resp_", how->id, 0);
    weir_put(out, ",\"object\":\"response\",\"created_at\":");
    weir_buf_addu(out, how->now_s);
    weir_put(out, ",\"status\":\"");
    weir_put(out, status);
    weir_put(out, "\",\"error\":null,\"incomplete_details\":");
    weir_put(out, details);
    weir_put(out, ",\"instructions\":null,\"metadata\":{},\"model\":");
    weir_put(out, model[0] == '\0' ? "\"\"" : model);
    weir_put(out, ",\"parallel_tool_calls\":true,\"temperature\":null,"
                  "\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":null,"
                  "\"output\":[");
}


static void
close_response(struct weir_buf *out, const struct weir_counts *c)
{
    const int64_t  in = c->input > 0 ? c->input : 0;
    const int64_t  made = c->output > 0 ? c->output : 0;

    weir_put(out, "],\"usage\":{\"input_tokens\":");
    weir_buf_addi(out, in);
    weir_put(out, ",\"input_tokens_details\":{\"cached_tokens\":");
    weir_buf_addi(out, c->cached > 0 ? c->cached : 0);
    weir_put(out, "},\"output_tokens\":");
    weir_buf_addi(out, made);
    weir_put(out, ",\"output_tokens_details\":{\"reasoning_tokens\":");
    weir_buf_addi(out, c->reasoning > 0 ? c->reasoning : 0);
    weir_put(out, "},\"total_tokens\":");
    weir_buf_addi(out, in + made);
    weir_put(out, "}");
}


/* incomplete_details of a response that ended so; NULL: it is complete. */
static const char *
details_of(const struct weir_tree *t, const struct weir_node *stop)
{
    const char *const  finish = weir_finish_of_stop(t, stop);

    return strcmp(finish, "length") == 0
           ? "{\"reason\":\"max_output_tokens\"}"
           : strcmp(finish, "content_filter") == 0
           ? "{\"reason\":\"content_filter\"}" : NULL;
}


int
weir_answer_to_responses(const struct weir_translate_how *how,
    const struct weir_tree *t, struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(t);
    const struct weir_node *const  content = weir_tree_get(t, root,
                                                           "content");
    const char *const   details = details_of(t, weir_tree_get(t, root,
                                                              "stop_reason"));
    struct weir_counts  counts = WEIR_COUNTS_NONE;
    char                model[WEIR_TRANSLATE_ID_BYTES] = "";
    uint32_t            n = 0;

    if (!weir_node_is_array(content)) {
        return WEIR_E_UPSTREAM_BAD;
    }
    weir_keep_raw(model, t, weir_tree_get(t, root, "model"));
    open_response(out, how, model, details == NULL ? "completed"
                                                   : "incomplete",
                  details == NULL ? "null" : details);
    for (const struct weir_node *b = weir_tree_first(t, content); b != NULL;
         b = weir_tree_next(t, b))
    {
        const struct weir_node *const  input = weir_tree_get(t, b, "input");
        enum weir_lane_kind            kind;
        struct weir_buf                head, text;

        if (!kind_of(t, b, &kind)) {
            continue;
        }
        weir_buf_init(&head, how->mem, WEIR_EVENT_BYTES_MAX);
        weir_buf_init(&text, how->mem, WEIR_BODY_BYTES_MAX * 2ul);
        if (kind == WEIR_LANE_TOOL) {
            put_call_head(&head, t, b);
            weir_buf_add_json(&text, input == NULL ? WEIR_SPAN("{}")
                                                   : weir_tree_raw(t, input),
                              1);
        } else {
            weir_put_span(&text, weir_tree_text(t, weir_tree_get(t, b,
                kind == WEIR_LANE_TEXT ? "text" : "thinking")));
        }
        weir_put(out, n > 0 ? "," : "");
        put_item(out, how, kind, n++, weir_buf_span(&head),
                 weir_buf_span(&text), true);
        out->failed |= head.failed || text.failed;
        weir_buf_release(&head);
        weir_buf_release(&text);
    }
    weir_counts_of_messages(&counts, t, weir_tree_get(t, root, "usage"));
    close_response(out, &counts);
    weir_put_why(out, t, root);
    weir_put(out, "}");
    return WEIR_OK;
}


/* ---- streams ---- */

/* event: response.NAME, up to what is special to it. */
static void
open_event(struct weir_translator *t, const char *name, struct weir_buf *out)
{
    weir_put(out, "event: response.");
    weir_put(out, name);
    weir_put(out, "\ndata: {\"type\":\"response.");
    weir_put(out, name);
    weir_put(out, "\",\"sequence_number\":");
    weir_buf_addu(out, t->sequence++);
}


static void
close_event(struct weir_buf *out)
{
    weir_put(out, "}\n\n");
}


/* ... of an item: which, and which part of it. */
static void
open_item_event(struct weir_translator *t, const char *name,
    const struct weir_block_lane *lane, bool part, struct weir_buf *out)
{
    open_event(t, name, out);
    weir_put(out, ",\"item_id\":");
    put_item_id(out, &t->how, lane->kind, lane->block);
    weir_put(out, ",\"output_index\":");
    weir_buf_addu(out, lane->block);
    if (part) {
        weir_put(out, lane->kind == WEIR_LANE_THINKING
                      ? ",\"summary_index\":0" : ",\"content_index\":0");
    }
}


static void
begin(struct weir_translator *t, struct weir_buf *out)
{
    static const char *const  names[] = { "created", "in_progress" };
    const struct weir_counts  none = WEIR_COUNTS_NONE;

    for (size_t i = 0; i < 2 && !t->begun; i++) {
        open_event(t, names[i], out);
        weir_put(out, ",\"response\":");
        open_response(out, &t->how, t->model, "in_progress", "null");
        close_response(out, &none);
        weir_put(out, "}");
        close_event(out);
    }
    t->begun = true;
}


static void
put_item_event(struct weir_translator *t, const char *name,
    const struct weir_block_lane *lane, bool whole, struct weir_buf *out)
{
    open_event(t, name, out);
    weir_put(out, ",\"output_index\":");
    weir_buf_addu(out, lane->block);
    weir_put(out, ",\"item\":");
    put_item(out, &t->how, lane->kind, lane->block,
             weir_buf_span(&lane->head),
             whole ? weir_buf_span(&lane->wait) : WEIR_SPAN(""), whole);
    close_event(out);
}


static void
put_part_event(struct weir_translator *t, const char *name,
    const struct weir_block_lane *lane, bool whole, struct weir_buf *out)
{
    if (lane->kind == WEIR_LANE_TOOL) {
        return;
    }
    open_item_event(t, name, lane, true, out);
    weir_put(out, ",\"part\":");
    put_part(out, lane->kind, whole ? weir_buf_span(&lane->wait)
                                    : WEIR_SPAN(""));
    close_event(out);
}


static int
put_delta(struct weir_translator *t, struct weir_block_lane *lane,
    struct weir_span raw, struct weir_buf *out)
{
    static const char *const  names[] = {
        [WEIR_LANE_TEXT] = "output_text.delta",
        [WEIR_LANE_THINKING] = "reasoning_summary_text.delta",
        [WEIR_LANE_TOOL] = "function_call_arguments.delta"
    };

    if (raw.len == 0) {
        return WEIR_OK;
    }
    if (raw.len > WEIR_EVENT_BYTES_MAX - t->waiting) {
        return WEIR_E_UPSTREAM_BAD;
    }
    t->waiting += (uint32_t) raw.len;
    weir_buf_add(&lane->wait, raw.at, raw.len);
    open_item_event(t, names[lane->kind], lane,
                    lane->kind != WEIR_LANE_TOOL, out);
    weir_put(out, ",\"delta\":\"");
    weir_put_span(out, raw);
    weir_put(out, lane->kind == WEIR_LANE_TEXT ? "\",\"logprobs\":[]" : "\"");
    close_event(out);
    return lane->wait.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


static void
put_whole(struct weir_translator *t, struct weir_block_lane *lane,
    struct weir_buf *out)
{
    static const struct { const char *event, *key; }  done[] = {
        [WEIR_LANE_TEXT] = { "output_text.done", ",\"text\":\"" },
        [WEIR_LANE_THINKING] = { "reasoning_summary_text.done",
                                 ",\"text\":\"" },
        [WEIR_LANE_TOOL] = { "function_call_arguments.done",
                             ",\"arguments\":\"" }
    };
    const bool  tool = lane->kind == WEIR_LANE_TOOL;

    if (tool && lane->wait.len == 0) {
        weir_put(&lane->wait, "{}");      /* callers parse it as JSON */
    }
    lane->state = WEIR_LANE_CLOSED;
    open_item_event(t, done[lane->kind].event, lane, !tool, out);
    weir_put(out, done[lane->kind].key);
    weir_put_span(out, weir_buf_span(&lane->wait));
    weir_put(out, lane->kind == WEIR_LANE_TEXT ? "\",\"logprobs\":[]" : "\"");
    if (tool) {
        weir_put(out, ",");
        weir_put_span(out, weir_buf_span(&lane->head));
    }
    close_event(out);
    put_part_event(t, lane->kind == WEIR_LANE_THINKING
                   ? "reasoning_summary_part.done" : "content_part.done",
                   lane, true, out);
    put_item_event(t, "output_item.done", lane, true, out);
}


static struct weir_block_lane *
lanes_of(const struct weir_translator *t, uint32_t *n)
{
    *n = (uint32_t) (t->lanes.len / sizeof(struct weir_block_lane));
    return (struct weir_block_lane *) (void *) t->lanes.at;
}


/* The open block with this index, or NULL. */
static struct weir_block_lane *
find_lane(const struct weir_translator *t, int64_t index)
{
    uint32_t                       n;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    while (n > 0) {
        n--;
        if (lanes[n].key == index && lanes[n].state == WEIR_LANE_OPEN) {
            return &lanes[n];
        }
    }
    return NULL;
}


static int
start_block(struct weir_translator *t, const struct weir_tree *doc,
    int64_t index, struct weir_buf *out)
{
    const struct weir_node *const  block = weir_tree_get(doc,
        weir_tree_root(doc), "content_block");
    struct weir_block_lane         lane = { .state = WEIR_LANE_OPEN,
                                            .key = (uint32_t) index,
                                            .block = t->blocks };
    struct weir_block_lane        *own;
    const struct weir_node        *said;
    uint32_t                       n;

    if (!kind_of(doc, block, &lane.kind)) {
        return WEIR_OK;
    }
    if (index < 0 || index >= WEIR_NODE_NONE) {
        return WEIR_E_UPSTREAM_BAD;
    }
    weir_buf_init(&lane.head, t->how.mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_init(&lane.wait, t->how.mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_add(&t->lanes, (const uint8_t *) &lane, sizeof(lane));
    if (t->lanes.failed) {
        return WEIR_E_UPSTREAM_BAD;        /* more than an answer has */
    }
    t->blocks++;
    own = lanes_of(t, &n) + t->blocks - 1;
    if (lane.kind == WEIR_LANE_TOOL) {
        put_call_head(&own->head, doc, block);
    }
    put_item_event(t, "output_item.added", own, false, out);
    put_part_event(t, lane.kind == WEIR_LANE_THINKING
                   ? "reasoning_summary_part.added" : "content_part.added",
                   own, false, out);
    if (lane.kind != WEIR_LANE_TOOL) {
        said = weir_tree_get(doc, block, lane.kind == WEIR_LANE_TEXT
                                         ? "text" : "thinking");
        return put_delta(t, own, weir_tree_text(doc, said), out);
    }
    return WEIR_OK;
}


static int
take_delta(struct weir_translator *t, const struct weir_tree *doc,
    int64_t index, struct weir_buf *out)
{
    static const char *const  keys[] = {
        [WEIR_LANE_TEXT] = "text", [WEIR_LANE_THINKING] = "thinking",
        [WEIR_LANE_TOOL] = "partial_json"
    };
    const struct weir_node *const  delta = weir_tree_get(doc,
        weir_tree_root(doc), "delta");
    struct weir_block_lane *const  lane = find_lane(t, index);

    return lane == NULL ? WEIR_OK          /* of a block that is left out */
           : put_delta(t, lane, weir_tree_text(doc,
                       weir_tree_get(doc, delta, keys[lane->kind])), out);
}


static void
take_end(struct weir_translator *t, const struct weir_tree *doc)
{
    const struct weir_node *const  root = weir_tree_root(doc);
    const struct weir_node *const  stop = weir_tree_get(doc,
        weir_tree_get(doc, root, "delta"), "stop_reason");

    weir_counts_of_messages(&t->counts, doc, weir_tree_get(doc, root,
                                                           "usage"));
    weir_put_why(&t->why, doc, root);
    if (stop != NULL) {
        t->stop = details_of(doc, stop);
    }
}


int
weir_responses_take(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(doc);
    const struct weir_node *const  type = weir_tree_get(doc, root, "type");
    const struct weir_node *const  m = weir_tree_get(doc, root, "message");
    const int64_t  index = weir_tree_integer(doc,
        weir_tree_get(doc, root, "index"), -1);
    struct weir_block_lane  *lane;
    int                      rc = WEIR_OK;

    if (weir_tree_is(doc, type, "error")) {
        weir_put(out, "event: error\ndata: ");
        weir_put_error(out, WEIR_WIRE_CHAT, 0, doc, root);
        weir_put(out, "\n\n");
        t->ended = true;
        return WEIR_OK;
    }
    if (weir_tree_is(doc, type, "message_start")) {
        weir_keep_raw(t->model, doc, weir_tree_get(doc, m, "model"));
        weir_counts_of_messages(&t->counts, doc, weir_tree_get(doc, m,
                                                               "usage"));
    }
    begin(t, out);
    if (weir_tree_is(doc, type, "content_block_start")) {
        rc = start_block(t, doc, index, out);
    } else if (weir_tree_is(doc, type, "content_block_delta")) {
        rc = take_delta(t, doc, index, out);
    } else if (weir_tree_is(doc, type, "content_block_stop")) {
        lane = find_lane(t, index);
        if (lane != NULL) {
            put_whole(t, lane, out);
        }
    } else if (weir_tree_is(doc, type, "message_delta")) {
        take_end(t, doc);
    } else if (weir_tree_is(doc, type, "message_stop")) {
        rc = weir_responses_end(t, out);
        t->ended = true;
    }
    return rc;
}


int
weir_responses_end(struct weir_translator *t, struct weir_buf *out)
{
    const bool                     whole = t->stop == NULL;
    uint32_t                       n;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    begin(t, out);
    for (uint32_t i = 0; i < n; i++) {
        if (lanes[i].state == WEIR_LANE_OPEN) {
            put_whole(t, &lanes[i], out);
        }
    }
    if (t->counts.output < 0) {
        t->counts.output = t->counted;
    }
    open_event(t, whole ? "completed" : "incomplete", out);
    weir_put(out, ",\"response\":");
    open_response(out, &t->how, t->model, whole ? "completed" : "incomplete",
                  whole ? "null" : t->stop);
    for (uint32_t i = 0; i < n; i++) {
        weir_put(out, i > 0 ? "," : "");
        put_item(out, &t->how, lanes[i].kind, lanes[i].block,
                 weir_buf_span(&lanes[i].head), weir_buf_span(&lanes[i].wait),
                 true);
    }
    close_response(out, &t->counts);
    weir_put_span(out, weir_buf_span(&t->why));
    weir_put(out, "}");
    close_event(out);
    return WEIR_OK;
}
