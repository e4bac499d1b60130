/*
 * surface.c: which interface a path is, and how it speaks. What is not in
 * the table is refused: a path that nobody inspects is a way around the
 * rules.
 */
#include "flow/flow_internal.h"

#include <stdio.h>

#define SHAPES(request, answer, event)                                       \
    WEIR_SHAPE_##request, WEIR_SHAPE_##answer, WEIR_SHAPE_##event
#define PLAIN(request)  SHAPES(request, PLAIN_ANSWER, PLAIN_ANSWER)

/* Files and fields come as a form. */
#define FORM(path, name, flags, speaks, shapes)                              \
    { path, "POST", WEIR_ON_OPENAI_##name, WEIR_OPENAI, false,               \
      WEIR_SURFACE_FORM | (flags), WEIR_SPEAKS_##speaks, shapes, NULL }
#define HEARD  SHAPES(INPUT_REQUEST, TRANSCRIPT_ANSWER, TRANSCRIPT_EVENT)

/* A file or batch of a provider, in the path. */
#define OBJECT(of, speaks, method, path, name, flags, verb)                  \
    { path, method, WEIR_ON_##of##_##name, WEIR_##of, true,                  \
      WEIR_SURFACE_OBJECT | WEIR_SURFACE_FREE | WEIR_SURFACE_NO_TEXT         \
      | (flags), WEIR_SPEAKS_##speaks,                                       \
      SHAPES(BATCH_REQUEST, OBJECT_ANSWER, OBJECT_ANSWER), NULL, verb }
#define FILES(method, path, name, flags, verb)                               \
    OBJECT(OPENAI, CHAT, method, path, name, flags, verb)
#define BATCHES(method, name, flags, verb)                                   \
    OBJECT(ANTHROPIC, MESSAGES, method, "/v1/messages/batches/", name,       \
           flags, verb)

/* The model stands in the path, what to do with it behind a colon. */
#define GEMINI_AT(path, verb, name, flags, answer, bound)                    \
    { path, "POST", WEIR_ON_GEMINI_##name, WEIR_GEMINI, true, flags,         \
      WEIR_SPEAKS_GEMINI, SHAPES(GEMINI_REQUEST, answer, answer), bound,     \
      ":" verb }
#define GEMINI(verb, name, flags, answer, bound)                             \
    GEMINI_AT("/v1beta/models/", verb, name, flags, answer, bound),          \
    GEMINI_AT("/v1/models/", verb, name, flags, answer, bound)

/* The server stands in the path, and the path ends there. */
#define MCP(method, name)                                                    \
    { "/mcp/", method, WEIR_ON_##name, WEIR_MCP, true,                       \
      WEIR_SURFACE_NO_TEXT, WEIR_SPEAKS_MCP,                                 \
      SHAPES(MCP_REQUEST, MCP_ANSWER, MCP_ANSWER), NULL, "" }

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
    FORM("/v1/audio/transcriptions", TRANSCRIBE, WEIR_SURFACE_PLAIN,
         TRANSCRIPT, HEARD),
    FORM("/v1/audio/translations", TRANSLATE, WEIR_SURFACE_PLAIN, TRANSCRIPT,
         HEARD),
    FORM("/v1/images/edits", EDITS, 0, CHAT, PLAIN(INPUT_REQUEST)),
    FORM("/v1/images/variations", VARIATIONS, 0, CHAT, PLAIN(INPUT_REQUEST)),
    FORM("/v1/files", FILES, WEIR_SURFACE_FREE | WEIR_SURFACE_NO_TEXT, CHAT,
         SHAPES(INPUT_REQUEST, OBJECT_ANSWER, OBJECT_ANSWER)),
    FILES("GET", "/v1/files/", CONTENT, WEIR_SURFACE_LINES, "/content"),
    FILES("GET", "/v1/files/", FILE, 0, ""),
    FILES("DELETE", "/v1/files/", FILE_END, 0, ""),
    { "/v1/batches", "POST", WEIR_ON_OPENAI_BATCHES, WEIR_OPENAI, false,
      WEIR_SURFACE_NO_TEXT | WEIR_SURFACE_BATCH, WEIR_SPEAKS_CHAT,
      SHAPES(BATCH_REQUEST, OBJECT_ANSWER, OBJECT_ANSWER), NULL },
    FILES("POST", "/v1/batches/", CANCEL, 0, "/cancel"),
    FILES("GET", "/v1/batches/", BATCH, 0, ""),
    { "/v1/messages/batches", "POST", WEIR_ON_ANTHROPIC_BATCHES,
      WEIR_ANTHROPIC, false, WEIR_SURFACE_NO_TEXT | WEIR_SURFACE_BATCH,
      WEIR_SPEAKS_MESSAGES,
      SHAPES(BATCH_LIST, OBJECT_ANSWER, OBJECT_ANSWER), NULL },
    BATCHES("GET", RESULTS, WEIR_SURFACE_LINES, "/results"),
    BATCHES("POST", CANCEL, 0, "/cancel"),
    BATCHES("GET", BATCH, 0, ""),
    BATCHES("DELETE", BATCH_END, 0, ""),
    GEMINI("generateContent", GENERATE, WEIR_SURFACE_MESSAGES, GEMINI_ANSWER,
           "maxOutputTokens"),
    GEMINI("streamGenerateContent", STREAM,
           WEIR_SURFACE_MESSAGES | WEIR_SURFACE_STREAM, GEMINI_ANSWER,
           "maxOutputTokens"),
    GEMINI("countTokens", COUNT, WEIR_SURFACE_FREE | WEIR_SURFACE_NO_TEXT,
           PLAIN_ANSWER, NULL),
    MCP("POST", MCP), MCP("DELETE", MCP_END),
    { "/v1/models", "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI, false, 0,
      WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST), NULL },
    { "/v1/models/", "GET", WEIR_ON_OPENAI_MODELS, WEIR_OPENAI, true, 0,
      WEIR_SPEAKS_CHAT, PLAIN(INPUT_REQUEST), NULL },
    { "/v1beta/models", "GET", WEIR_ON_GEMINI_MODELS, WEIR_GEMINI, false, 0,
      WEIR_SPEAKS_GEMINI, PLAIN(GEMINI_REQUEST), NULL },
    { "/v1beta/models/", "GET", WEIR_ON_GEMINI_MODELS, WEIR_GEMINI, true, 0,
      WEIR_SPEAKS_GEMINI, PLAIN(GEMINI_REQUEST), NULL },
    /* Known to be Anthropic's and Google's, for the shape of the refusal. */
    { "/v1/messages/", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, true, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/v1/complete", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, false, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/v1beta/", NULL, WEIR_ON_NOTHING, WEIR_GEMINI, true, 0,
      WEIR_SPEAKS_GEMINI, PLAIN(GEMINI_REQUEST), NULL },
    { "/v1/skills", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, false, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/v1/skills/", NULL, WEIR_ON_NOTHING, WEIR_ANTHROPIC, true, 0,
      WEIR_SPEAKS_MESSAGES, PLAIN(ANTHROPIC_REQUEST), NULL },
    { "/ws/", NULL, WEIR_ON_NOTHING, WEIR_GEMINI, true, 0,
      WEIR_SPEAKS_GEMINI, PLAIN(GEMINI_REQUEST), NULL },
    { "/upload/", NULL, WEIR_ON_NOTHING, WEIR_GEMINI, true, 0,
      WEIR_SPEAKS_GEMINI, PLAIN(GEMINI_REQUEST), NULL },
    { "/mcp", NULL, WEIR_ON_NOTHING, WEIR_MCP, false, 0, WEIR_SPEAKS_MCP,
      SHAPES(MCP_REQUEST, MCP_ANSWER, MCP_ANSWER), NULL },
};

static const struct weir_surface_info  nothing = {
    .path = "", .surface = WEIR_ON_NOTHING, .protocol = WEIR_OPENAI
};

#define SURFACES  (sizeof(surfaces) / sizeof(surfaces[0]))


/* Is this the path of the surface? `id`: what stands behind a prefix. */
static bool
is_path(const struct weir_surface_info *s, struct weir_span path,
    struct weir_span *id)
{
    const size_t  n = strlen(s->path);
    const size_t  verb = s->verb == NULL ? 0 : strlen(s->verb);

    *id = (struct weir_span) { NULL, 0 };
    if (!s->prefix) {
        return weir_span_is(path, s->path);
    }
    if (path.len <= n + verb || memcmp(path.at, s->path, n) != 0
        || (verb > 0
            && memcmp(path.at + path.len - verb, s->verb, verb) != 0))
    {
        return false;
    }
    *id = (struct weir_span) { path.at + n, path.len - n - verb };
    /* Behind a colon stands what to do, and that is none of those known. */
    return s->surface != WEIR_ON_GEMINI_MODELS
           || memchr(id->at, ':', id->len) == NULL;
}


static bool
takes(const struct weir_surface_info *s, struct weir_span method)
{
    return s->method != NULL && weir_span_is(method, s->method);
}


/* The first that has the path, and the method if one of them has. */
static const struct weir_surface_info *
find(struct weir_span method, struct weir_span path, struct weir_span *id)
{
    const struct weir_surface_info  *found = NULL;
    struct weir_span                 at;

    *id = (struct weir_span) { NULL, 0 };
    for (size_t i = 0; i < SURFACES; i++) {
        const struct weir_surface_info *const  s = &surfaces[i];

        if ((found != NULL && found->protocol != WEIR_MCP
             && (found->flags & WEIR_SURFACE_OBJECT) == 0)
            || !is_path(s, path, &at))
        {
            continue;
        }
        if (found == NULL
            || (!takes(found, method) && takes(s, method)))
        {
            found = s;
            *id = at;
        }
    }
    return found == NULL ? &nothing : found;
}


enum weir_surface
weir_surface_of(struct weir_span method, struct weir_span path,
    enum weir_protocol *protocol, struct weir_span *id, int *error)
{
    const struct weir_surface_info *const  found = find(method, path, id);

    *protocol = found->protocol;
    *error = found->method == NULL ? WEIR_E_SURFACE
             : weir_span_is(method, found->method) ? 0 : WEIR_E_METHOD;
    return *error == 0 ? found->surface : WEIR_ON_NOTHING;
}


enum weir_protocol
weir_protocol_of(struct weir_span uri)
{
    struct weir_span  id, path = { uri.at, 0 };

    while (path.len < uri.len && uri.at[path.len] != '?') {
        path.len++;
    }
    return find(path, path, &id)->protocol;
}


size_t
weir_flow_target(const struct weir_flow *f, struct weir_span path,
    struct weir_span query, char *out)
{
    /* The SDK of Anthropic marks its beta calls so. Nothing else of a query
       is inspected, and what is not inspected does not go out. */
    static const char  beta[] = "beta=true";
    struct weir_span   id;
    struct weir_span   name;
    const char        *verb = f->on->verb;
    int                n;

    if (weir_wire_on(f)) {
        n = snprintf(out, WEIR_TARGET_BYTES_MAX, "%s",
                     weir_surface_other(f->on)->path);

    } else if (f->on->dialect == WEIR_SPEAKS_MCP) {
        /* The register's URL is that of the server, not of a prefix. */
        n = f->snap->upstreams[f->upstream].path.len > 0 ? 0 : 1;
        memcpy(out, "/", 1);

    } else if ((f->on->flags & WEIR_SURFACE_OBJECT) != 0) {
        n = snprintf(out, WEIR_TARGET_BYTES_MAX, "%s%s%s", f->on->path,
                     f->wanted, verb);

    } else if (verb == NULL) {
        n = snprintf(out, WEIR_TARGET_BYTES_MAX, "%.*s%s%s", (int) path.len,
                     (const char *) path.at,
                     weir_span_is(query, beta) ? "?" : "",
                     weir_span_is(query, beta) ? beta : "");
    } else {
        (void) find(path, path, &id);
        name = weir_snap_span(f->snap, f->model->served.len > 0
                                       ? f->model->served : f->model->name);
        n = snprintf(out, WEIR_TARGET_BYTES_MAX, "%.*s%.*s%s%s",
                     (int) (id.at - path.at), (const char *) path.at,
                     (int) name.len, (const char *) name.at, verb,
                     f->on->flags & WEIR_SURFACE_STREAM ? "?alt=sse" : "");
    }
    return n >= 0 && n < WEIR_TARGET_BYTES_MAX ? (size_t) n
                                               : WEIR_TARGET_BYTES_MAX;
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


const struct weir_surface_info *
weir_surface_other(const struct weir_surface_info *s)
{
    switch (s->surface) {
    case WEIR_ON_OPENAI_CHAT:
    case WEIR_ON_OPENAI_RESPONSES:
        return weir_surface_info(WEIR_ON_ANTHROPIC_MESSAGES);
    case WEIR_ON_ANTHROPIC_MESSAGES:
        return weir_surface_info(WEIR_ON_OPENAI_CHAT);
    default:
        return NULL;
    }
}
