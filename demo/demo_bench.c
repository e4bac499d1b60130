/*
 * demo_bench.c: prebuilt answers for the bench, chosen by how the body
 * begins, so that the upstream costs as little as it can:
 *
 *     {"model":"bench-json", ...       1 KB of JSON
 *     {"model":"bench-burst", ...      200 events, sent at once
 *     {"model":"bench-each", ...       200 events, one write each, no pause
 *     {"model":"bench-paced", ...      200 events, one write each, 1 ms apart
 *     {"model":"bench-stamp", ...      the same, each event with the time when
 *                                      it was written, as letters
 *     {"model":"bench-idle", ...       one event, then silence for 10 minutes
 */
#include "demo_gen.h"

#include <stdio.h>
#include <string.h>

#define BENCH_EVENTS  200

static const char  prose[] =
    "市民您好，关于您咨询的居住登记事项，可以携带身份证明与租赁合同到就近的"
    "社区服务中心办理，也可以在线提交材料，办理结果会以短信方式告知。"
    "The service desk is open on working days; you may book a visit online. ";

enum bench { BENCH_JSON, BENCH_BURST, BENCH_EACH, BENCH_PACED,
             BENCH_STAMP, BENCH_IDLE, BENCH_NONE };

static struct demo_wire  wires[BENCH_NONE];
static bool              built;


static void
build_json(struct demo_wire *w)
{
    struct demo_text  t = { 0 };

    demo_adds(&t, "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\","
              "\"created\":1767225600,\"model\":\"bench-json\",\"choices\":"
              "[{\"index\":0,\"message\":{\"role\":\"assistant\","
              "\"content\":\"");
    demo_adds(&t, prose);
    demo_adds(&t, prose);
    demo_adds(&t, "\"},\"finish_reason\":\"stop\"}],\"usage\":"
              "{\"prompt_tokens\":600,\"completion_tokens\":250,"
              "\"total_tokens\":850}}");
    demo_addf(&w->bytes, "HTTP/1.1 200 OK\r\nServer: weir-demo-model\r\n"
              "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
              t.len);
    demo_add(&w->bytes, t.at, t.len);
    demo_piece_add(w, w->bytes.len, 0);
    demo_text_free(&t);
}


static void
add_event(struct demo_wire *w, const char *data, size_t len, uint32_t wait)
{
    demo_addf(&w->bytes, "%zx\r\ndata: ", len + 8);
    demo_add(&w->bytes, data, len);
    demo_adds(&w->bytes, "\n\n\r\n");
    demo_piece_add(w, w->bytes.len, wait);
}


/* The prose, a few characters an event, as a model streams it; then usage. */
static void
build_stream(struct demo_wire *w, unsigned events, uint32_t wait, bool stamp)
{
    struct demo_text  t = { 0 };
    size_t            at = 0;

    demo_adds(&w->bytes, "HTTP/1.1 200 OK\r\nServer: weir-demo-model\r\n"
              "Content-Type: text/event-stream\r\n"
              "Transfer-Encoding: chunked\r\n\r\n");
    demo_piece_add(w, w->bytes.len, 0);
    for (unsigned i = 0; i < events; i++) {
        size_t  end = at;

        for (unsigned k = 0; k < 3 && prose[end] != '\0'; k++) {
            end += demo_rune_len(prose + end, 4);
        }
        demo_adds(&t, "{\"id\":\"chatcmpl-bench\",\"object\":"
                  "\"chat.completion.chunk\",\"created\":1767225600,"
                  "\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":"
                  "{\"content\":\"");
        demo_add(&t, prose + at, end - at);
        demo_addf(&t, "\"},\"finish_reason\":%s}],\"usage\":null%s}",
                  i + 1 == events ? "\"stop\"" : "null",
                  stamp ? ",\"x_t\":\"aaaaaaaaaaaaaaaa\"" : "");
        add_event(w, t.at, t.len, i == 0 ? 0 : wait);
        if (stamp) {    /* sixteen letters, then "}, two LF and CRLF */
            w->pieces[w->npieces - 1].stamp =
                (uint32_t) (w->bytes.len - 22
                            - w->pieces[w->npieces - 2].end);
        }
        demo_text_free(&t);
        at = prose[end] == '\0' ? 0 : end;
    }
    demo_adds(&t, "{\"id\":\"chatcmpl-bench\",\"object\":"
              "\"chat.completion.chunk\",\"created\":1767225600,\"model\":"
              "\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":600,"
              "\"completion_tokens\":400,\"total_tokens\":1000}}");
    add_event(w, t.at, t.len, wait);
    demo_text_free(&t);
    add_event(w, "[DONE]", 6, 0);
    demo_adds(&w->bytes, "0\r\n\r\n");
    w->pieces[w->npieces - 1].end = w->bytes.len;
}


static void
build(void)
{
    struct demo_wire  *idle = &wires[BENCH_IDLE];

    build_json(&wires[BENCH_JSON]);
    build_stream(&wires[BENCH_BURST], BENCH_EVENTS, 0, false);
    wires[BENCH_BURST].pieces[0].end = wires[BENCH_BURST].bytes.len;
    wires[BENCH_BURST].npieces = 1;
    build_stream(&wires[BENCH_EACH], BENCH_EVENTS, 0, false);
    build_stream(&wires[BENCH_PACED], BENCH_EVENTS, 1, false);
    build_stream(&wires[BENCH_STAMP], BENCH_EVENTS, 1, true);
    build_stream(idle, 1, 0, false);
    idle->pieces[2].wait_ms = 600000;
    for (unsigned i = 0; i < BENCH_NONE; i++) {
        wires[i].shared = true;
    }
    built = true;
}


struct demo_wire *
demo_bench(const char *body, size_t len)
{
    static const char  begin[] = "{\"model\":\"bench-";
    static const char *names[] = { "json\"", "burst\"", "each\"", "paced\"",
                                   "stamp\"", "idle\"" };
    const size_t       skip = sizeof(begin) - 1;

    if (len < skip + 8 || memcmp(body, begin, skip) != 0) {
        return NULL;
    }
    if (!built) {
        build();
    }
    for (unsigned i = 0; i < BENCH_NONE; i++) {
        if (strncmp(body + skip, names[i], strlen(names[i])) == 0) {
            return &wires[i];
        }
    }
    return NULL;
}
