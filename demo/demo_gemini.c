/*
 * demo_gemini.c: the answers of the demo model in Google's shape: one JSON
 * object, or events that each hold one.
 */
#include "demo_gen.h"

#include <stdio.h>
#include <string.h>


/* Path and verb: "/v1beta/models/NAME:generateContent". */
const char *
demo_gemini_verb(const char *path)
{
    const char  *colon = strrchr(path, ':');

    if ((strncmp(path, "/v1beta/models/", 15) != 0
         && strncmp(path, "/v1/models/", 11) != 0) || colon == NULL)
    {
        return NULL;
    }
    return colon + 1;
}


void
demo_gemini_model(const char *path, struct demo_text *out)
{
    const char  *name = strstr(path, "/models/") + 8;

    demo_add(out, name, (size_t) (strrchr(path, ':') - name));
}


/* All text of the last content of the user. */
void
demo_gemini_user(const struct demo_node *ask, struct demo_text *out)
{
    const struct demo_node  *list = demo_json_get(ask, "contents");
    const struct demo_node  *last = NULL;

    for (const struct demo_node *m = list == NULL ? NULL : list->child;
         m != NULL; m = m->next)
    {
        if (!demo_json_is(demo_json_get(m, "role"), "model")) {
            last = demo_json_get(m, "parts");
        }
    }
    for (const struct demo_node *p = last == NULL ? NULL : last->child;
         p != NULL; p = p->next)
    {
        demo_add_value(out, demo_json_get(p, "text"));
    }
}


static void
add_text(const struct gen *g, struct demo_text *out, bool thought,
    const char *at, size_t len)
{
    demo_adds(out, thought ? "{\"thought\":true,\"text\":" : "{\"text\":");
    demo_add_string(g, out, at, len);
    demo_adds(out, "}");
}


static void
add_call(const struct gen *g, struct demo_text *out)
{
    demo_adds(out, "{\"functionCall\":{\"name\":\"");
    demo_tool_name(g, out);
    demo_adds(out, "\",\"args\":");
    demo_tool_arguments(g, out);
    demo_adds(out, "}}");
}


/* What stands behind the parts of a candidate. */
static void
close_candidate(const struct gen *g, struct demo_text *out, long index,
    bool finish)
{
    demo_adds(out, "],\"role\":\"model\"}");
    if (finish) {
        demo_adds(out, ",\"finishReason\":\"");
        demo_add_finish(g, out);
        demo_adds(out, "\"");
    }
    demo_addf(out, ",\"index\":%ld}", index);
}


static void
close_answer(const struct gen *g, struct demo_text *out)
{
    demo_adds(out, "]");
    if (g->with_usage) {
        demo_addf(out, ",\"usageMetadata\":{\"promptTokenCount\":%ld,"
                  "\"candidatesTokenCount\":%ld,\"totalTokenCount\":%ld}",
                  g->tokens_in, g->tokens_out, g->tokens_in + g->tokens_out);
    }
    demo_adds(out, ",\"modelVersion\":");
    demo_add_string(g, out, g->model.at, g->model.len);
    demo_adds(out, ",\"responseId\":\"demo\"}");
}


void
demo_gemini_body(struct gen *g, struct demo_text *out)
{
    const struct demo_node  *think = demo_json_get(g->x, "reasoning");
    struct demo_text         t = { 0 };

    demo_add_value(&t, think);
    demo_adds(out, "{\"candidates\":[");
    for (long c = 0; c < g->choices; c++) {
        demo_adds(out, c > 0 ? ",{\"content\":{\"parts\":["
                             : "{\"content\":{\"parts\":[");
        if (think != NULL) {
            add_text(g, out, true, t.at, t.len);
            demo_adds(out, ",");
        }
        add_text(g, out, false, g->say.at, g->say.len);
        if (demo_json_get(g->x, "tool_call") != NULL) {
            demo_adds(out, ",");
            add_call(g, out);
        }
        close_candidate(g, out, c, true);
    }
    close_answer(g, out);
    demo_text_free(&t);
}


static void
deltas(struct gen *g, bool thought, const char *at, size_t len)
{
    for (size_t i = 0, end; i < len; i = end) {
        end = demo_delta_end(g, at, len, i);
        for (long c = 0; c < g->choices; c++) {
            struct demo_text  t = { 0 };

            demo_adds(&t, "{\"candidates\":[{\"content\":{\"parts\":[");
            add_text(g, &t, thought, at + i, end - i);
            close_candidate(g, &t, c, false);
            close_answer(g, &t);
            demo_event(g, NULL, &t);
        }
    }
}


void
demo_gemini_stream(struct gen *g)
{
    struct demo_text  t = { 0 };

    if (demo_json_get(g->x, "reasoning") != NULL) {
        demo_add_value(&t, demo_json_get(g->x, "reasoning"));
        deltas(g, true, t.at, t.len);
        demo_text_free(&t);
    }
    deltas(g, false, g->say.at, g->say.len);
    for (long c = 0; c < g->choices; c++) {
        demo_adds(&t, "{\"candidates\":[{\"content\":{\"parts\":[");
        if (demo_json_get(g->x, "tool_call") != NULL) {
            add_call(g, &t);
        } else {
            add_text(g, &t, false, "", 0);
        }
        close_candidate(g, &t, c, true);
        close_answer(g, &t);
        demo_event(g, NULL, &t);
    }
}
