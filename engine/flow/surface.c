/*
 * surface.c: which interface a path is. What is not in the table is refused:
 * a path that nobody inspects is a way around the rules.
 */
#include "flow/flow_internal.h"

static const struct {
    const char          *path;
    bool                 prefix;      /* of a longer path */
    const char          *method;
    enum weir_surface    surface;
    enum weir_protocol   protocol;
} surfaces[] = {
    { "/v1/chat/completions", false, "POST", WEIR_ON_OPENAI_CHAT,
      WEIR_OPENAI },
    { "/v1/messages", false, "POST", WEIR_ON_ANTHROPIC_MESSAGES,
      WEIR_ANTHROPIC },
    { "/v1/models", false, "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI },
    { "/v1/models/", true, "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI },
    /* Known to be Anthropic's, for the shape of the refusal. */
    { "/v1/messages/", true, NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC },
    { "/v1/complete", false, NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC },
};


static bool
starts(struct weir_span s, const char *p)
{
    const size_t  n = strlen(p);

    return s.len >= n && memcmp(s.at, p, n) == 0;
}


enum weir_surface
weir_surface_of(struct weir_span method, struct weir_span path,
    enum weir_protocol *protocol, int *error)
{
    *protocol = WEIR_OPENAI;
    for (size_t i = 0; i < sizeof(surfaces) / sizeof(surfaces[0]); i++) {
        if (surfaces[i].prefix
            ? !(starts(path, surfaces[i].path)
                && path.len > strlen(surfaces[i].path))
            : !weir_span_is(path, surfaces[i].path))
        {
            continue;
        }
        *protocol = surfaces[i].protocol;
        if (surfaces[i].surface == WEIR_ON_NOTHING) {
            break;
        }
        if (!weir_span_is(method, surfaces[i].method)) {
            *error = WEIR_E_METHOD;
            return WEIR_ON_NOTHING;
        }
        *error = 0;
        return surfaces[i].surface;
    }
    *error = WEIR_E_SURFACE;
    return WEIR_ON_NOTHING;
}
