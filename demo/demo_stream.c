/*
 * demo_stream.c: the answers of the demo model as server-sent events, each
 * event one chunk and one write, and how they are cut otherwise.
 */
#include "demo_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


/* One event as one chunk and one piece. `data` ends with '}' or is [DONE]. */
void
demo_event(struct gen *g, const char *name, struct demo_text *data)
{
    struct demo_text  ev = { 0 };

    if (g->stop_after >= 0 && g->events >= g->stop_after) {
        g->stopped = true;
    }
    if (g->stopped) {
        demo_text_free(data);
        return;
    }
    if (g->comments) {
        demo_addf(&ev, ": a comment%s%s", g->eol, g->eol);
    }
    if (name != NULL) {
        demo_addf(&ev, "event: %s%s", name, g->eol);
    }
    if (data->len < (size_t) g->event_bytes && data->at[data->len - 1] == '}') {
        const size_t  pad = (size_t) g->event_bytes - data->len;

        data->len--;
        demo_adds(data, ",\"x_pad\":\"");
        for (size_t i = 0; i < pad; i++) {
            demo_add(data, "x", 1);
        }
        demo_adds(data, "\"}");
    }
    demo_adds(&ev, "data: ");
    const char  *comma = g->split_data ? memchr(data->at, ',', data->len)
                                       : NULL;

    if (comma != NULL) {
        const size_t  k = (size_t) (comma - data->at) + 1;

        demo_add(&ev, data->at, k);
        demo_addf(&ev, "%sdata: ", g->eol);
        demo_add(&ev, comma + 1, data->len - k);
    } else {
        demo_add(&ev, data->at, data->len);
    }
    demo_addf(&ev, "%s%s", g->eol, g->eol);
    demo_addf(&g->wire->bytes, "%zx\r\n", ev.len);
    demo_add(&g->wire->bytes, ev.at, ev.len);
    demo_adds(&g->wire->bytes, "\r\n");
    demo_piece_add(g->wire, g->wire->bytes.len, g->pace_ms);
    g->events++;
    g->wire->bytes.failed |= ev.failed || data->failed;
    demo_text_free(&ev);
    demo_text_free(data);
}


static uint64_t
dice(struct gen *g)
{
    g->seed ^= g->seed >> 12;
    g->seed ^= g->seed << 25;
    g->seed ^= g->seed >> 27;
    return g->seed * UINT64_C(2685821657736338717);
}


/* End of the delta that begins at i: `chunk` characters, or 1 to 7. */
size_t
demo_delta_end(struct gen *g, const char *at, size_t len, size_t i)
{
    const struct demo_node  *n = demo_json_get(g->x, "chunk");
    long                     k = demo_json_long(n, 4);

    if (n != NULL && n->type == DEMO_STRING) {
        k = 1 + (long) (dice(g) % 7);
    }
    while (k-- > 0 && i < len) {
        i += demo_rune_len(at + i, len - i);
    }
    return i;
}


static void
chunk_open(struct gen *g, struct demo_text *t, long choice)
{
    demo_addf(t, "{\"id\":\"chatcmpl-demo\",\"object\":"
              "\"chat.completion.chunk\",\"created\":%ld,\"model\":",
              (long) time(NULL));
    demo_add_string(g, t, g->model.at, g->model.len);
    if (choice >= 0) {
        demo_addf(t, ",\"choices\":[{\"index\":%ld,\"delta\":{", choice);
    }
}


static void
chunk_close(struct gen *g, struct demo_text *t, bool finish)
{
    demo_adds(t, "},\"finish_reason\":");
    if (finish) {
        demo_adds(t, "\"");
        demo_add_finish(g, t);
        demo_adds(t, "\"}]");
    } else {
        demo_adds(t, "null}]");
    }
    demo_adds(t, g->with_usage ? ",\"usage\":null}" : "}");
    demo_event(g, NULL, t);
}


/* A text as deltas of every choice, interleaved. `open` and `close` stand
   around the string. */
static void
deltas_openai(struct gen *g, const char *at, size_t len, const char *open,
    const char *close)
{
    for (size_t i = 0, end; i < len; i = end) {
        end = demo_delta_end(g, at, len, i);
        for (long c = 0; c < g->choices; c++) {
            struct demo_text  t = { 0 };

            chunk_open(g, &t, c);
            demo_adds(&t, open);
            demo_add_string(g, &t, at + i, end - i);
            demo_adds(&t, close);
            chunk_close(g, &t, false);
        }
    }
}


void
demo_stream_openai(struct gen *g)
{
    struct demo_text         t = { 0 }, args = { 0 };
    const struct demo_node  *done = demo_json_get(g->x, "done");

    for (long c = 0; c < g->choices; c++) {
        chunk_open(g, &t, c);
        demo_adds(&t, "\"role\":\"assistant\",\"content\":\"\"");
        chunk_close(g, &t, false);
    }
    if (demo_json_get(g->x, "reasoning") != NULL) {
        char  open[40];

        snprintf(open, sizeof(open), "\"%s\":", demo_reasoning_key(g));
        demo_add_value(&args, demo_json_get(g->x, "reasoning"));
        deltas_openai(g, args.at, args.len, open, "");
        demo_text_free(&args);
    }
    deltas_openai(g, g->say.at, g->say.len, "\"content\":", "");
    if (demo_json_get(g->x, "tool_call") != NULL) {
        demo_tool_arguments(g, &args);
        for (long c = 0; c < g->choices; c++) {
            chunk_open(g, &t, c);
            demo_adds(&t, "\"tool_calls\":[{\"index\":0,\"id\":\"call_demo\","
                      "\"type\":\"function\",\"function\":{\"name\":\"");
            demo_tool_name(g, &t);
            demo_adds(&t, "\",\"arguments\":\"\"}}]");
            chunk_close(g, &t, false);
        }
        deltas_openai(g, args.at, args.len,
                      "\"tool_calls\":[{\"index\":0,\"function\":"
                      "{\"arguments\":", "}}]");
        demo_text_free(&args);
    }
    for (long c = 0; c < g->choices; c++) {
        chunk_open(g, &t, c);
        chunk_close(g, &t, true);
    }
    if (g->with_usage) {
        chunk_open(g, &t, -1);
        demo_adds(&t, ",\"choices\":[],");
        demo_add_usage(g, &t);
        demo_adds(&t, "}");
        demo_event(g, NULL, &t);
    }
    if (done == NULL || done->type != DEMO_FALSE) {
        demo_adds(&t, "[DONE]");
        demo_event(g, NULL, &t);
    }
}


static void
block(struct gen *g, unsigned index, const char *start, const char *text,
    size_t len, const char *delta)
{
    struct demo_text  t = { 0 };

    demo_addf(&t, "{\"type\":\"content_block_start\",\"index\":%u,"
              "\"content_block\":{", index);
    demo_adds(&t, start);
    demo_adds(&t, "}}");
    demo_event(g, "content_block_start", &t);
    for (size_t i = 0, end; i < len; i = end) {
        end = demo_delta_end(g, text, len, i);
        demo_addf(&t, "{\"type\":\"content_block_delta\",\"index\":%u,"
                  "\"delta\":{%s", index, delta);
        demo_add_string(g, &t, text + i, end - i);
        demo_adds(&t, "}}");
        demo_event(g, "content_block_delta", &t);
    }
    demo_addf(&t, "{\"type\":\"content_block_stop\",\"index\":%u}", index);
    demo_event(g, "content_block_stop", &t);
}


void
demo_stream_anthropic(struct gen *g)
{
    struct demo_text         t = { 0 }, args = { 0 };
    const struct demo_node  *think = demo_json_get(g->x, "reasoning");
    unsigned                 n = 0;

    demo_adds(&t, "{\"type\":\"message_start\",\"message\":{\"id\":"
              "\"msg_demo\",\"type\":\"message\",\"role\":\"assistant\","
              "\"model\":");
    demo_add_string(g, &t, g->model.at, g->model.len);
    demo_addf(&t, ",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,"
              "\"usage\":{\"input_tokens\":%ld,\"output_tokens\":1}}}",
              g->tokens_in);
    demo_event(g, "message_start", &t);
    demo_adds(&t, "{\"type\":\"ping\"}");
    demo_event(g, "ping", &t);
    if (think != NULL) {
        demo_add_value(&args, think);
        block(g, n++, "\"type\":\"thinking\",\"thinking\":\"\"", args.at,
              args.len, "\"type\":\"thinking_delta\",\"thinking\":");
        demo_text_free(&args);
    }
    block(g, n++, "\"type\":\"text\",\"text\":\"\"", g->say.at, g->say.len,
          "\"type\":\"text_delta\",\"text\":");
    if (demo_json_get(g->x, "tool_call") != NULL) {
        struct demo_text  start = { 0 };

        demo_tool_arguments(g, &args);
        demo_adds(&start, "\"type\":\"tool_use\",\"id\":\"toolu_demo\","
                  "\"name\":\"");
        demo_tool_name(g, &start);
        demo_adds(&start, "\",\"input\":{}");
        block(g, n++, start.at, args.at, args.len,
              "\"type\":\"input_json_delta\",\"partial_json\":");
        demo_text_free(&args);
        demo_text_free(&start);
    }
    demo_adds(&t, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"");
    demo_add_finish(g, &t);
    demo_adds(&t, "\",\"stop_sequence\":null}");
    if (g->with_usage) {
        demo_addf(&t, ",\"usage\":{\"output_tokens\":%ld}", g->tokens_out);
    }
    demo_adds(&t, "}");
    demo_event(g, "message_delta", &t);
    demo_adds(&t, "{\"type\":\"message_stop\"}");
    demo_event(g, "message_stop", &t);
}


/* "segments": "whole" one write; a number k: writes of k bytes; "random":
   of 1 to 7 bytes; else one write per event. The waits stay at the first
   write of each event; "gap_ms" waits before the others, so that the peer
   cannot see two of them as one. */
void
demo_recut(struct gen *g)
{
    const struct demo_node  *n = demo_json_get(g->x, "segments");
    struct demo_wire        *w = g->wire;
    const bool               random = demo_json_is(n, "random");
    const long               k = demo_json_long(n, 0);
    const uint32_t           gap =
        (uint32_t) demo_json_long(demo_json_get(g->x, "gap_ms"), 0);
    struct demo_wire         cut = { 0 };

    if (n == NULL || w->npieces == 0) {
        return;
    }
    if (demo_json_is(n, "whole")) {
        w->pieces[0].end = w->bytes.len;
        w->npieces = 1;
        return;
    }
    if (!random && k < 1) {
        return;
    }
    for (size_t at = w->pieces[0].end, i = 0; i < w->npieces; i++) {
        uint32_t  wait = w->pieces[i].wait_ms;

        if (i == 0) {
            demo_piece_add(&cut, at, wait);
            continue;
        }
        while (at < w->pieces[i].end) {
            const size_t  step = random ? 1 + dice(g) % 7 : (size_t) k;

            at = at + step < w->pieces[i].end ? at + step : w->pieces[i].end;
            demo_piece_add(&cut, at, wait);
            wait = gap;
        }
    }
    w->bytes.failed |= cut.bytes.failed;
    free(w->pieces);
    w->pieces = cut.pieces;
    w->npieces = cut.npieces;
    w->cap = cut.cap;
}
