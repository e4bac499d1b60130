/*
 * translate_events.c: the chunks of a chat completion as the events of a
 * messages stream.
 *
 * Chunks name what they continue (content, reasoning, the n-th call of a
 * tool) and may do so in any order; content blocks come one after the other.
 * Each block in the making has a lane. One lane is open; it closes when
 * another has something to say, but a call of a tool only when its arguments
 * are whole, since it cannot be opened again. Until then the others wait:
 *
 *     chunks    call 0 {"a"    call 1 {"b"    call 0 :1}    call 1 :2}
 *     events    start, {"a"    (waits)        :1}, stop,    :2}
 *                                             start, {"b"
 *
 * The usage comes behind the end, so message_delta waits for it or [DONE].
 */
#include "translate/translate_internal.h"


static struct weir_block_lane *
lanes_of(const struct weir_translator *t, uint32_t *n)
{
    *n = (uint32_t) (t->lanes.len / sizeof(struct weir_block_lane));
    return (struct weir_block_lane *) (void *) t->lanes.at;
}


static void
release_lane(struct weir_block_lane *lane)
{
    weir_buf_release(&lane->head);
    weir_buf_release(&lane->wait);
}


void
weir_events_close(struct weir_translator *t)
{
    uint32_t                       n;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    for (uint32_t i = 0; i < n; i++) {
        release_lane(&lanes[i]);
    }
    t->lanes.len = 0;
}


/* ---- events ---- */

static void
begin(struct weir_translator *t, struct weir_buf *out)
{
    const struct weir_counts  none = WEIR_COUNTS_NONE;

    if (t->begun) {
        return;
    }
    t->begun = true;
    weir_put(out, "event: message_start\n"
                  "data: {\"type\":\"message_start\",\"message\":{\"id\":");
    if (t->id[0] == '\0') {
        weir_put_own_id(out, "msg_", t->how.id, 0);
    } else {
        weir_put(out, t->id);
    }
    weir_put(out, ",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
    weir_put(out, t->model[0] == '\0' ? "\"\"" : t->model);
    weir_put(out, ",\"content\":[],\"stop_reason\":null,"
                  "\"stop_sequence\":null,\"usage\":");
    weir_put_messages_usage(out, &none);     /* told at the end */
    weir_put(out, "}}\n\n");
}


static void
open_lane(struct weir_translator *t, struct weir_block_lane *lane,
    struct weir_buf *out)
{
    lane->state = WEIR_LANE_OPEN;
    lane->block = t->blocks++;
    weir_put(out, "event: content_block_start\n"
                  "data: {\"type\":\"content_block_start\",\"index\":");
    weir_buf_addu(out, lane->block);
    switch (lane->kind) {
    case WEIR_LANE_TEXT:
        weir_put(out, ",\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
        break;
    case WEIR_LANE_THINKING:
        weir_put(out, ",\"content_block\":{\"type\":\"thinking\","
                      "\"thinking\":\"\",\"signature\":\"\"}");
        break;
    case WEIR_LANE_TOOL:
        weir_put(out, ",\"content_block\":{\"type\":\"tool_use\",");
        weir_put_span(out, weir_buf_span(&lane->head));
        weir_put(out, ",\"input\":{}}");
        break;
    }
    weir_put(out, "}\n\n");
}


static void
flush_lane(struct weir_translator *t, struct weir_block_lane *lane,
    struct weir_buf *out)
{
    static const char *const  deltas[] = {
        [WEIR_LANE_TEXT] = "{\"type\":\"text_delta\",\"text\":\"",
        [WEIR_LANE_THINKING] = "{\"type\":\"thinking_delta\",\"thinking\":\"",
        [WEIR_LANE_TOOL] = "{\"type\":\"input_json_delta\","
                           "\"partial_json\":\"",
    };

    if (lane->wait.len == 0) {
        return;
    }
    weir_put(out, "event: content_block_delta\n"
                  "data: {\"type\":\"content_block_delta\",\"index\":");
    weir_buf_addu(out, lane->block);
    weir_put(out, ",\"delta\":");
    weir_put(out, deltas[lane->kind]);
    weir_put_span(out, weir_buf_span(&lane->wait));
    weir_put(out, "\"}}\n\n");
    t->waiting -= (uint32_t) lane->wait.len;
    weir_buf_release(&lane->wait);
}


static void
close_lane(struct weir_block_lane *lane, struct weir_buf *out)
{
    lane->state = WEIR_LANE_CLOSED;
    weir_put(out, "event: content_block_stop\n"
                  "data: {\"type\":\"content_block_stop\",\"index\":");
    weir_buf_addu(out, lane->block);
    weir_put(out, "}\n\n");
    weir_buf_release(&lane->head);
}


/* ---- lanes ---- */

/* Are the arguments whole? What is no JSON never is. */
static bool
is_whole(const struct weir_block_lane *lane)
{
    return lane->kind != WEIR_LANE_TOOL
           || (lane->begun && !lane->garbled && lane->depth == 0);
}


/* Follow the brackets of the arguments. */
static void
follow(struct weir_block_lane *lane, struct weir_span json)
{
    for (size_t i = 0; i < json.len; i++) {
        const uint8_t  c = json.at[i];

        if (lane->in_string) {
            if (lane->escaped) {
                lane->escaped = false;
            } else if (c == '\\') {
                lane->escaped = true;
            } else if (c == '"') {
                lane->in_string = false;
            }
        } else if (c == '{' || c == '[') {
            lane->begun = true;
            lane->depth++;
        } else if (c == '}' || c == ']') {
            lane->garbled |= --lane->depth < 0;
        } else if (c == '"') {
            lane->in_string = true;
        }
        lane->garbled |= !lane->begun && c != ' ' && c != '\n' && c != '\t'
                         && c != '\r';
    }
}


/* All that may leave does; `end`: everything. */
static void
advance(struct weir_translator *t, bool end, struct weir_buf *out)
{
    uint32_t                       n;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    for (uint32_t i = 0; i < n; i++) {
        struct weir_block_lane *const  lane = &lanes[i];

        if (lane->state == WEIR_LANE_CLOSED) {
            continue;
        }
        if (lane->state == WEIR_LANE_WAITS) {
            open_lane(t, lane, out);
        }
        flush_lane(t, lane, out);
        if (!end && (i + 1 == n || !is_whole(lane))) {
            return;
        }
        close_lane(lane, out);
    }
}


/* Texts that are over need no lane; calls are remembered. */
static void
drop_closed(struct weir_translator *t)
{
    uint32_t                       n, kept = 0;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    for (uint32_t i = 0; i < n; i++) {
        if (lanes[i].state == WEIR_LANE_CLOSED
            && lanes[i].kind != WEIR_LANE_TOOL)
        {
            release_lane(&lanes[i]);
            continue;
        }
        lanes[kept++] = lanes[i];
    }
    t->lanes.len = kept * sizeof(struct weir_block_lane);
}


static struct weir_block_lane *
add_lane(struct weir_translator *t, enum weir_lane_kind kind, uint32_t key)
{
    struct weir_block_lane  lane = { .kind = kind, .key = key };
    uint32_t                n;

    drop_closed(t);
    weir_buf_init(&lane.head, t->how.mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_init(&lane.wait, t->how.mem, WEIR_EVENT_BYTES_MAX);
    weir_buf_add(&t->lanes, (const uint8_t *) &lane, sizeof(lane));
    if (t->lanes.failed) {
        return NULL;
    }
    return &lanes_of(t, &n)[n - 1];
}


/* The lane that a piece continues; a text only the last one. */
static struct weir_block_lane *
find_lane(const struct weir_translator *t, enum weir_lane_kind kind,
    uint32_t key)
{
    uint32_t                       n;
    struct weir_block_lane *const  lanes = lanes_of(t, &n);

    for (uint32_t i = n; i > 0; i--) {
        struct weir_block_lane *const  lane = &lanes[i - 1];

        if (kind == WEIR_LANE_TOOL
            ? lane->kind == kind && lane->key == key
            : i == n && lane->kind == kind
              && lane->state != WEIR_LANE_CLOSED)
        {
            return lane;
        }
    }
    return NULL;
}


static int
take_piece(struct weir_translator *t, enum weir_lane_kind kind,
    struct weir_span raw, struct weir_buf *out)
{
    struct weir_block_lane  *lane;

    if (raw.len == 0) {
        return WEIR_OK;
    }
    lane = find_lane(t, kind, 0);
    if (lane == NULL) {
        lane = add_lane(t, kind, 0);
        if (lane == NULL) {
            return WEIR_E_UPSTREAM_BAD;    /* more than an answer has */
        }
    }
    if (raw.len > WEIR_EVENT_BYTES_MAX - t->waiting) {
        return WEIR_E_UPSTREAM_BAD;
    }
    weir_buf_add(&lane->wait, raw.at, raw.len);
    t->waiting += (uint32_t) raw.len;
    if (lane->wait.failed) {
        return WEIR_E_NO_MEMORY;
    }
    advance(t, false, out);
    return WEIR_OK;
}


/* ---- calls of tools ---- */

static int
take_arguments(struct weir_translator *t, struct weir_block_lane *lane,
    struct weir_span raw)
{
    struct weir_buf  json;

    weir_buf_init(&json, t->how.mem, WEIR_EVENT_BYTES_MAX);
    weir_raw_unescape(raw, &json);
    if (json.failed || raw.len > WEIR_EVENT_BYTES_MAX - t->waiting) {
        weir_buf_release(&json);
        return WEIR_E_NO_MEMORY;
    }
    if (lane->state == WEIR_LANE_CLOSED) {
        /* Behind arguments that were whole only white space may come. */
        for (size_t i = 0; i < json.len; i++) {
            if (strchr(" \t\r\n", json.at[i]) == NULL || json.at[i] == 0) {
                weir_buf_release(&json);
                return WEIR_E_UPSTREAM_BAD;
            }
        }
    } else {
        follow(lane, weir_buf_span(&json));
        weir_buf_add(&lane->wait, raw.at, raw.len);
        t->waiting += (uint32_t) raw.len;
    }
    weir_buf_release(&json);
    return lane->wait.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


static struct weir_block_lane *
start_call(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *call, uint32_t key)
{
    const struct weir_node *const  id = weir_tree_get(doc, call, "id");
    const struct weir_node *const  f = weir_tree_get(doc, call, "function");
    struct weir_block_lane *const  lane = add_lane(t, WEIR_LANE_TOOL, key);

    if (lane == NULL) {
        return NULL;
    }
    t->tools = true;
    weir_put(&lane->head, "\"id\":");
    if (weir_node_is_string(id) && weir_tree_text(doc, id).len > 0) {
        weir_put_span(&lane->head, weir_tree_raw(doc, id));
    } else {
        weir_put_own_id(&lane->head, "toolu_", t->how.id, key + 1);
    }
    weir_put(&lane->head, ",\"name\":");
    weir_put_or(&lane->head, doc, weir_tree_get(doc, f, "name"), "\"\"");
    return lane;
}


/* The number of a call: its index; where a server says none, a new id is a
   new call and no id the one before. */
static uint32_t
key_of(const struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *call)
{
    const int64_t  index = weir_tree_integer(doc,
        weir_tree_get(doc, call, "index"), -1);
    const struct weir_block_lane  *lanes;
    uint32_t                       n, calls = 0;

    if (index >= 0 && index < WEIR_NODE_NONE) {
        return (uint32_t) index;
    }
    lanes = lanes_of(t, &n);
    for (uint32_t i = 0; i < n; i++) {
        calls += lanes[i].kind == WEIR_LANE_TOOL;
    }
    return weir_tree_get(doc, call, "id") != NULL || calls == 0 ? calls
                                                                : calls - 1;
}


static int
take_calls(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *calls, struct weir_buf *out)
{
    for (const struct weir_node *c = weir_tree_first(doc, calls); c != NULL;
         c = weir_tree_next(doc, c))
    {
        const uint32_t                 key = key_of(t, doc, c);
        const struct weir_node *const  said = weir_tree_get(doc,
            weir_tree_get(doc, c, "function"), "arguments");
        struct weir_block_lane        *lane = find_lane(t, WEIR_LANE_TOOL,
                                                        key);
        int                            rc;

        if (lane == NULL) {
            lane = start_call(t, doc, c, key);
            if (lane == NULL) {
                return WEIR_E_UPSTREAM_BAD;
            }
        }
        if (weir_node_is_string(said)) {
            rc = take_arguments(t, lane, weir_tree_text(doc, said));
            if (rc != WEIR_OK) {
                return rc;
            }
        }
        advance(t, false, out);
    }
    return WEIR_OK;
}


/* ---- chunks ---- */

/* Mistral: parts in the place of a text. */
static int
take_parts(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *parts, enum weir_lane_kind kind, int depth,
    struct weir_buf *out)
{
    for (const struct weir_node *p = weir_tree_first(doc, parts);
         p != NULL && depth < 2; p = weir_tree_next(doc, p))
    {
        const struct weir_node *const  why = weir_tree_get(doc, p,
                                                           "thinking");
        int                            rc;

        if (weir_node_is_array(why)) {
            rc = take_parts(t, doc, why, WEIR_LANE_THINKING, depth + 1, out);
        } else if (weir_node_is_string(why)) {
            rc = take_piece(t, WEIR_LANE_THINKING, weir_tree_text(doc, why),
                            out);
        } else {
            rc = take_piece(t, kind, weir_tree_text(doc,
                            weir_tree_get(doc, p, "text")), out);
        }
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


static int
take_text(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *text, enum weir_lane_kind kind,
    struct weir_buf *out)
{
    if (weir_node_is_string(text)) {
        return take_piece(t, kind, weir_tree_text(doc, text), out);
    }
    return weir_node_is_array(text)
           ? take_parts(t, doc, text, kind, 0, out) : WEIR_OK;
}


static int
take_delta(struct weir_translator *t, const struct weir_tree *doc,
    const struct weir_node *delta, struct weir_buf *out)
{
    const struct weir_node *const  refusal = weir_tree_get(doc, delta,
                                                           "refusal");
    const struct weir_node        *why = weir_tree_get(doc, delta,
                                                       "reasoning_content");
    int                            rc;

    why = why == NULL ? weir_tree_get(doc, delta, "reasoning") : why;
    rc = take_text(t, doc, why, WEIR_LANE_THINKING, out);
    if (rc == WEIR_OK) {
        rc = take_text(t, doc, weir_tree_get(doc, delta, "content"),
                       WEIR_LANE_TEXT, out);
    }
    if (rc == WEIR_OK && weir_node_is_string(refusal)
        && weir_tree_text(doc, refusal).len > 0)
    {
        rc = take_text(t, doc, refusal, WEIR_LANE_TEXT, out);
        t->stop = "refusal";
    }
    return rc == WEIR_OK
           ? take_calls(t, doc, weir_tree_get(doc, delta, "tool_calls"), out)
           : rc;
}


/* A caller of messages has one answer: the first choice. */
static const struct weir_node *
choice_of(const struct weir_tree *doc)
{
    const struct weir_node  *c = weir_tree_first(doc,
        weir_tree_get(doc, weir_tree_root(doc), "choices"));

    while (c != NULL
           && weir_tree_integer(doc, weir_tree_get(doc, c, "index"), 0) != 0)
    {
        c = weir_tree_next(doc, c);
    }
    return c;
}


int
weir_events_take(struct weir_translator *t, const struct weir_tree *doc,
    struct weir_buf *out)
{
    const struct weir_node *const  root = weir_tree_root(doc);
    const struct weir_node *const  choice = choice_of(doc);
    const struct weir_node *const  finish = weir_tree_get(doc, choice,
                                                          "finish_reason");
    const struct weir_node *const  matched = weir_tree_get(doc, choice,
                                                           "stop_reason");
    int                            rc;

    if (weir_tree_get(doc, root, "error") != NULL) {
        weir_put(out, "event: error\ndata: ");
        weir_put_error(out, WEIR_WIRE_MESSAGES, 0, doc, root);
        weir_put(out, "\n\n");
        t->ended = true;
        return WEIR_OK;
    }
    if (!t->begun) {
        weir_keep_raw(t->id, doc, weir_tree_get(doc, root, "id"));
        weir_keep_raw(t->model, doc, weir_tree_get(doc, root, "model"));
    }
    begin(t, out);
    weir_counts_of_chat(&t->counts, doc, weir_tree_get(doc, root, "usage"));
    weir_put_why(&t->why, doc, root);
    rc = take_delta(t, doc, weir_tree_get(doc, choice, "delta"), out);
    if (rc == WEIR_OK && finish != NULL) {
        if (weir_node_is_string(matched)) {
            weir_keep_raw(t->matched, doc, matched);
        }
        if (t->stop == NULL || weir_tree_is(doc, finish, "content_filter")) {
            t->stop = weir_stop_of_finish(doc, finish, t->tools);
        }
        advance(t, true, out);
    }
    return rc;
}


int
weir_events_end(struct weir_translator *t, struct weir_buf *out)
{
    begin(t, out);
    advance(t, true, out);
    if (t->counts.output < 0) {
        t->counts.output = t->counted;
    }
    weir_put(out, "event: message_delta\n"
                  "data: {\"type\":\"message_delta\",\"delta\":"
                  "{\"stop_reason\":\"");
    weir_put(out, t->matched[0] != '\0' ? "stop_sequence"
             : t->stop != NULL ? t->stop
             : t->tools ? "tool_use" : "end_turn");
    weir_put(out, "\",\"stop_sequence\":");
    weir_put(out, t->matched[0] != '\0' ? t->matched : "null");
    weir_put(out, "},\"usage\":");
    weir_put_messages_usage(out, &t->counts);
    weir_put_span(out, weir_buf_span(&t->why));
    weir_put(out, "}\n\nevent: message_stop\n"
                  "data: {\"type\":\"message_stop\"}\n\n");
    return WEIR_OK;
}
