/*
 * surface.c: which interface a path is, and how it speaks. What is not in
 * the table is refused: a path that nobody inspects is a way around the
 * rules.
 */
#include "flow/flow_internal.h"

#define SHAPES(request, answer, event)                                       \
    WEIR_SHAPE_##request, WEIR_SHAPE_##answer, WEIR_SHAPE_##event
#define PLAIN(request)  SHAPES(request, PLAIN_ANSWER, PLAIN_ANSWER)

static const struct weir_surface_info  surfaces[] = {
    { "/v1/chat/completions", "POST", WEIR_ON_OPENAI_CHAT, WEIR_OPENAI, false,
      WEIR_SURFACE_USAGE | WEIR_SURFACE_MESSAGES, WEIR_SPEAKS_CHAT,
      SHAPES(OPENAI_REQUEST, OPENAI_ANSWER, OPENAI_CHUNK), "max_tokens" },
    { "/v1/responses", "POST", WEIR_ON_OPENAI_RESPONSES, WEIR_OPENAI, false,
      0, WEIR_SPEAKS_RESPONSES,
      SHAPES(RESPONSES_REQUEST, RESPONSES_ANSWER, RESPONSES_EVENT),
      "max_output_tokens" },
    { "/v1/messages", "POST", WEIR_ON_ANTHROPIC_MESSAGES, WEIR_ANTHROPIC,
      false, WEIR_SURFACE_MESSAGES, WEIR_SPEAKS_MESSAGES,
      SHAPES(ANTHROPIC_REQUEST, ANTHROPIC_ANSWER, ANTHROPIC_EVENT),
      "max_tokens" },
    { "/v1/messages/count_tokens", "POST", WEIR_ON_ANTHROPIC_COUNT,
      WEIR_ANTHROPIC, false,
      WEIR_SURFACE_MESSAGES | WEIR_SURFACE_FREE | WEIR_SURFACE_NO_TEXT,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/v1/completions", "POST", WEIR_ON_OPENAI_COMPLETIONS, WEIR_OPENAI,
      false, WEIR_SURFACE_USAGE, WEIR_SPEAKS_TEXT,
      SHAPES(COMPLETION_REQUEST, OPENAI_ANSWER, OPENAI_CHUNK),
      "max_tokens" },
    { "/v1/embeddings", "POST", WEIR_ON_OPENAI_EMBEDDINGS, WEIR_OPENAI,
      false, WEIR_SURFACE_NO_TEXT, WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST),
      NULL },
    { "/v1/moderations", "POST", WEIR_ON_OPENAI_MODERATIONS, WEIR_OPENAI,
      false, WEIR_SURFACE_NO_TEXT, WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST),
      NULL },
    { "/v1/images/generations", "POST", WEIR_ON_OPENAI_IMAGES, WEIR_OPENAI,
      false, 0, WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST), NULL },
    { "/v1/audio/speech", "POST", WEIR_ON_OPENAI_SPEECH, WEIR_OPENAI, false,
      WEIR_SURFACE_NO_TEXT | WEIR_SURFACE_MEDIA, WEIR_SPEAKS_CHAT,
      PLAIN(INPUT_REQUEST), NULL },
    { "/v1/models", "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI, false, 0,
      WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST), NULL },
    { "/v1/models/", "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI, true, 0,
      WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST), NULL },
    /* Known to be Anthropic's, for the shape of the refusal. */
    { "/v1/messages/", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, true, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/v1/complete", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, false, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
};

static const struct weir_surface_info  nothing = {
    .path = "", .surface = WEIR_ON_NOTHING, .protocol = WEIR_OPENAI
};

#define SURFACES  (sizeof(surfaces) / sizeof(surfaces[0]))


static bool
is_path(const struct weir_surface_info *s, struct weir_span path)
{
    const size_t  n = strlen(s->path);

    return (s->prefix ? path.len > n : path.len == n)
           && memcmp(path.at, s->path, n) == 0;
}


enum weir_surface
weir_surface_of(struct weir_span method, struct weir_span path,
    enum weir_protocol *protocol, int *error)
{
    const struct weir_surface_info  *found = &nothing;

    for (size_t i = 0; i < SURFACES; i++) {
        if (is_path(&surfaces[i], path)) {
            found = &surfaces[i];
            break;
        }
    }
    *protocol = found->protocol;
    *error = found->method == NULL ? WEIR_E_SURFACE
             : weir_span_is(method, found->method) ? 0 : WEIR_E_METHOD;
    return *error == 0 ? found->surface : WEIR_ON_NOTHING;
}


const struct weir_surface_info *
weir_surface_info(enum weir_surface s)
{
    for (size_t i = 0; i < SURFACES; i++) {
        if (surfaces[i].surface == s) {
            return &surfaces[i];
        }
    }
    return &nothing;
}
