/*
 * local.c: /v1/models, answered from the register: the models that this
 * key's scenario may use. One shape that both SDKs read: OpenAI's list with
 * Anthropic's fields beside it. /v1beta/models has Google's shape and those
 * models that have an upstream which speaks it. A server of tools is no model.
 */
#include "flow/flow_internal.h"

#include <stdio.h>
#include <time.h>


static void
add_model(const struct weir_flow *f, const struct weir_snap_model *m,
    struct weir_buf *out)
{
    const uint64_t  built_ms = ((const struct weir_snap_head *)
                                f->snap->at)->built_at_ms;
    const time_t    t = (time_t) (built_ms / 1000);
    struct tm       tm;
    char            when[32];

    gmtime_r(&t, &tm);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);

    weir_buf_adds(out, "{\"id\":\"");
    weir_buf_add_json(out, weir_snap_span(f->snap, m->name), 1);
    weir_buf_adds(out, "\",\"object\":\"model\",\"type\":\"model\","
                       "\"display_name\":\"");
    weir_buf_add_json(out, weir_snap_span(f->snap, m->name), 1);
    weir_buf_adds(out, "\",\"created\":");
    weir_buf_addu(out, built_ms / 1000);
    weir_buf_adds(out, ",\"created_at\":\"");
    weir_buf_adds(out, when);
    weir_buf_adds(out, "\",\"owned_by\":\"weir\"}");
}


static bool
speaks(const struct weir_flow *f, const struct weir_snap_model *m,
    enum weir_protocol protocol)
{
    for (uint32_t i = 0; i < m->routes; i++) {
        const uint32_t  u = f->snap->routes[m->route + i].upstream;

        if (f->snap->upstreams[u].protocol == protocol) {
            return true;
        }
    }
    return false;
}


static void
add_google(const struct weir_flow *f, const struct weir_snap_model *m,
    struct weir_buf *out)
{
    weir_buf_adds(out, "{\"name\":\"models/");
    weir_buf_add_json(out, weir_snap_span(f->snap, m->name), 1);
    weir_buf_adds(out, "\",\"displayName\":\"");
    weir_buf_add_json(out, weir_snap_span(f->snap, m->name), 1);
    weir_buf_adds(out, "\",\"outputTokenLimit\":");
    weir_buf_addu(out, m->output_tokens_max);
    weir_buf_adds(out, ",\"supportedGenerationMethods\":[\"generateContent\","
                       "\"countTokens\"]}");
}


static int
google_models(struct weir_flow *f, struct weir_buf *out)
{
    const struct weir_snap_scenario *const  sc = f->scenario;
    bool                                    any = false;

    if (f->wanted[0] != '\0') {
        const struct weir_snap_model *const  m =
            weir_snapshot_model(f->snap, sc, weir_span_of(f->wanted));

        if (m == NULL || !speaks(f, m, WEIR_GEMINI)) {
            return WEIR_E_MODEL_UNKNOWN;
        }
        add_google(f, m, out);
        return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    }

    weir_buf_adds(out, "{\"models\":[");
    for (uint32_t i = 0; i < sc->models; i++) {
        const struct weir_snap_model *const  m =
            &f->snap->models[f->snap->refs[sc->model + i]];

        if (speaks(f, m, WEIR_GEMINI)) {
            weir_buf_adds(out, any ? "," : "");
            add_google(f, m, out);
            any = true;
        }
    }
    weir_buf_adds(out, "]}");
    return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


int
weir_local_models(struct weir_flow *f, struct weir_buf *out)
{
    const struct weir_snap_scenario *const  sc = f->scenario;
    const struct weir_snap_model           *m = NULL;
    struct weir_span                        ends[2] = { { NULL, 0 } };
    bool                                    any = false;

    if (f->on->surface == WEIR_ON_GEMINI_MODELS) {
        return google_models(f, out);
    }
    if (f->wanted[0] != '\0') {
        m = weir_snapshot_model(f->snap, sc, weir_span_of(f->wanted));
        if (m == NULL || speaks(f, m, WEIR_MCP)) {
            return WEIR_E_MODEL_UNKNOWN;
        }
        add_model(f, m, out);
        return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    }

    weir_buf_adds(out, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; i < sc->models; i++) {
        m = &f->snap->models[f->snap->refs[sc->model + i]];
        if (speaks(f, m, WEIR_MCP)) {
            continue;
        }
        if (any) {
            weir_buf_addc(out, ',');
        }
        add_model(f, m, out);
        ends[1] = weir_snap_span(f->snap, m->name);
        if (!any) {
            ends[0] = ends[1];
        }
        any = true;
    }
    weir_buf_adds(out, "],\"has_more\":false");
    for (int i = 0; i < 2; i++) {
        weir_buf_adds(out, i == 0 ? ",\"first_id\":" : ",\"last_id\":");
        if (!any) {
            weir_buf_adds(out, "null");
            continue;
        }
        weir_buf_addc(out, '"');
        weir_buf_add_json(out, ends[i], 1);
        weir_buf_addc(out, '"');
    }
    weir_buf_addc(out, '}');
    return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}
