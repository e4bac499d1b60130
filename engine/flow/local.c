/*
 * local.c: /v1/models, answered from the register: the models that this
 * key's scenario may use. One shape that both SDKs read: OpenAI's list with
 * Anthropic's fields beside it.
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


int
weir_local_models(struct weir_flow *f, struct weir_buf *out)
{
    const struct weir_snap_scenario *const  sc = f->scenario;
    const struct weir_snap_model           *m = NULL;
    struct weir_span                        ends[2] = { { NULL, 0 } };

    if (f->wanted[0] != '\0') {
        m = weir_snapshot_model(f->snap, sc, weir_span_of(f->wanted));
        if (m == NULL) {
            return WEIR_E_MODEL_UNKNOWN;
        }
        add_model(f, m, out);
        return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    }

    weir_buf_adds(out, "{\"object\":\"list\",\"data\":[");
    for (uint32_t i = 0; i < sc->models; i++) {
        m = &f->snap->models[f->snap->refs[sc->model + i]];
        if (i > 0) {
            weir_buf_addc(out, ',');
        }
        add_model(f, m, out);
        ends[1] = weir_snap_span(f->snap, m->name);
        if (i == 0) {
            ends[0] = ends[1];
        }
    }
    weir_buf_adds(out, "],\"has_more\":false");
    for (int i = 0; i < 2; i++) {
        weir_buf_adds(out, i == 0 ? ",\"first_id\":" : ",\"last_id\":");
        if (sc->models == 0) {
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
