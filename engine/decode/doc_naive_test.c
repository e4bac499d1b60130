/*
 * doc_naive_test.c: which strings of a document must be inspected, said a
 * second time, by regular expressions over paths and a tree walker
 * (jansson), and compared with what weir_doc finds, on the documents of
 * doc_cases.txt changed at random: strings, subtrees and keys moved, copied,
 * renamed and reordered.
 *
 * A path is the keys from the root; arrays are transparent.
 */
#include "base/test.h"
#include "decode/doc_change_test.h"
#include "decode/doc_run.h"
#include "weir/error.h"

#include <jansson.h>
#include <regex.h>
#include <stdlib.h>

#define ROUNDS  600

enum what {
    AS_TEXT,
    AS_NAME,               /* not inspected up to 64 bytes */
    AS_FACT,               /* a name, but not the elements of an array */
    AS_SEALED, AS_OPAQUE,  /* never */
    AS_URL,                /* not if data: */
    AS_DATA,               /* by `type` beside it */
    AS_MUTE                /* nothing below */
};

#define ASKS    (1u << WEIR_SHAPE_OPENAI_REQUEST \
                 | 1u << WEIR_SHAPE_ANTHROPIC_REQUEST)
#define OPENAI  (1u << WEIR_SHAPE_OPENAI_REQUEST)
#define CLAUDE  (1u << WEIR_SHAPE_ANTHROPIC_REQUEST)
#define ANSWER  (1u << WEIR_SHAPE_OPENAI_ANSWER)
#define CHUNK   (1u << WEIR_SHAPE_OPENAI_CHUNK)
#define CLANSW  (1u << WEIR_SHAPE_ANTHROPIC_ANSWER)
#define EVENT   (1u << WEIR_SHAPE_ANTHROPIC_EVENT)
#define GASKS   (1u << WEIR_SHAPE_GEMINI_REQUEST)
#define GANSW   (1u << WEIR_SHAPE_GEMINI_ANSWER)
#define MCP     (1u << WEIR_SHAPE_MCP_REQUEST | 1u << WEIR_SHAPE_MCP_ANSWER)
#define ALL     0x7fu

/* paths of messages, parts, tool calls, schemas; a path begins with a letter
   for its shape */
#define MSG   "([oa]/messages|[AC]/choices/message)"
#define DEEP  "(/content|/thinking|/source/content)*"
#define PART  "((" MSG "/(content|reasoning_content|reasoning|images)"       \
              "|o/prediction|a/system|E/message/content|E/content_block/"    \
              "(content|thinking|source/content)|B/content|E/delta/thinking" \
              "|C/choices/delta/(content(/content|/source/content)|images))" \
              DEEP "|C/choices/delta/content)"
/* OpenAI deltas: thoughts have no parts in them */
#define THINK "^C/choices/delta/(reasoning|reasoning_content|content/"       \
              "thinking)"
#define BLOCK "(" PART "|E/content_block)"
#define LINK  "(image_url|video_url|audio_url|document_url|image|video)"
#define CALL  "((" MSG "|C/choices/delta)/tool_calls)"
#define DEF   "([oa]/tools/(function|custom)|o/functions"                    \
              "|(o/response_format|a/output_format)/json_schema)"
#define SUB   "(/(items|prefixItems|additionalProperties|propertyNames|"      \
              "anyOf|allOf|oneOf|not|if|then|else|contains)|/(properties|"   \
              "patternProperties|[$]defs|definitions|dependentSchemas)/"     \
              "[^/]*)*"
/* keywords of a schema that hold data, and those that bound it */
#define VALUE "(type|description|title|required|format|pattern|[$](schema|"   \
              "id|ref|anchor)|uniqueItems|nullable|enum|const|default|"      \
              "examples?)"
#define BOUND "(minimum|maximum|exclusiveMinimum|exclusiveMaximum|"          \
              "multipleOf|minLength|maxLength|minItems|maxItems)"
#define SCH   "([oa]/tools/(input_schema|parameters)|" DEF                   \
              "/(parameters|schema)|(o/response_format|a/output_format)/"    \
              "schema)"                                                      \
              SUB
#define SOME  "(/.*)?$"
/* Gemini: `g` asks, `G` answers; a whole request may stand in a request */
#define GREQ   "g(/generateContentRequest|/generate_content_request)*"
#define GCONF  GREQ "/(generationConfig|generation_config)"
#define GPART  "((" GREQ "/(contents|systemInstruction|system_instruction)"  \
               "|G/candidates/content)/parts"                                \
               "(/(functionResponse|function_response)/parts)*)"
#define GBLOB  GPART "/(inlineData|inline_data|fileData|file_data)"
#define GCALL  GPART "/(functionCall|function_call)"
#define GCODE  GPART "/(executableCode|executable_code|codeExecutionResult|" \
               "code_execution_result)"
#define GRES   GPART "/(functionResponse|function_response)"
#define GDEF   GREQ "/tools/(functionDeclarations|function_declarations)"
#define GSCH   "(" GDEF "/(parameters|response|parametersJsonSchema|"         \
               "parameters_json_schema|responseJsonSchema|"                   \
               "response_json_schema)|" GCONF "/(responseSchema|"             \
               "response_schema|responseJsonSchema|response_json_schema))" SUB

/* MCP: `m` asks, `M` answers; the same message both ways */
#define MSAID  "[mM]/(params|result)/messages"
#define MPART  "([mM]/result/content|" MSAID "/content)"
#define MRES   "([mM]/result/contents|" MPART "/resource)"
#define MTOOL  "[mM]/result/tools"
#define MSCH   "(" MTOOL "/(inputSchema|outputSchema)|"                       \
               "[mM]/params/requestedSchema)" SUB

static const struct {
    unsigned     shapes;
    enum what    what;
    const char  *path;
} rules[] = {
    { ALL, AS_MUTE, "^./choices/(logprobs|token_ids|prompt_token_ids|"
                    "prompt_logprobs)" SOME },
    { ANSWER | CHUNK, AS_MUTE, "^./(prompt_logprobs|prompt_token_ids|"
                    "completion_probabilities)" SOME },
    { CHUNK, AS_MUTE, "^./choices/delta/(reasoning_details|thinking_blocks|"
                      "provider_specific_fields)" SOME },
    { CHUNK, AS_FACT, THINK "/type$" },
    { ASKS | ANSWER | CHUNK | CLANSW, AS_FACT, "^./model$" },
    { ANSWER | CHUNK | CLANSW, AS_FACT, "^./id$" },
    { EVENT, AS_FACT, "^.(/message/(id|model|stop_reason)|/type|"
                      "/delta/(type|stop_reason))$" },
    { EVENT, AS_NAME, "^./message/(type|role)$" },
    { CLANSW, AS_FACT, "^./stop_reason$" },
    { CLANSW, AS_NAME, "^./(type|role)$" },
    { OPENAI, AS_NAME, "^./(tool_choice|function_call|audio|service_tier|"
                       "reasoning_effort|verbosity|modalities|"
                       "encoding_format)$" },
    { CLAUDE, AS_NAME, "^./(tool_choice|thinking|cache_control|service_tier)$"
      },
    { OPENAI, AS_NAME, "^./audio/(type|ttl|scope|voice|format)$" },
    { CLAUDE, AS_NAME, "^./(thinking|cache_control)/"
                       "(type|ttl|scope|voice|format)$" },
    { ASKS, AS_NAME, "^./(tool_choice|function_call)"
                     "(/(function|allowed_tools|tools))*/(type|mode)$" },
    { ASKS, AS_NAME, "^./tools/(type|cache_control|"
                     "cache_control/(type|ttl|scope|voice|format))$" },
    { ASKS, AS_NAME, "^./(response_format|output_format)/type$" },
    { ANSWER | CHUNK, AS_NAME, "^./(object|system_fingerprint|service_tier)$"
      },
    { ANSWER | CHUNK, AS_FACT, "^./choices/finish_reason$" },
    { ANSWER | CHUNK, AS_NAME, "^./choices/native_finish_reason$" },
    { CHUNK, AS_NAME, "^./choices/delta/(role|id|type|tool_call_id|audio)$" },
    { ALL, AS_FACT, "^" MSG "/role$" },
    { ALL, AS_NAME, "^" MSG "/(id|type|tool_call_id|audio|cache_control|"
                    "cache_control/(type|ttl|scope|voice|format))$" },
    { ALL, AS_NAME, "^(" MSG "|C/choices/delta)/audio/(id|format)$" },
    { ALL, AS_OPAQUE, "^(" MSG "|C/choices/delta)/audio/data$" },
    { ALL, AS_NAME, "^" CALL "/(id|type)$" },
    { CLANSW | EVENT, AS_NAME, "^.(/message)?/usage/service_tier$" },
    { ALL, AS_FACT, "^" BLOCK "(/source)?/type$" },
    { ALL, AS_NAME, "^" BLOCK "/(id|file_id|tool_use_id|media_type|detail|"
                    "cache_control|"
                    "cache_control/(type|ttl|scope|voice|format))$" },
    { ALL, AS_SEALED, "^" BLOCK "/(signature|citations/encrypted_index)$" },
    { EVENT, AS_SEALED, "^./delta/(signature|citation/encrypted_index)$" },
    { EVENT, AS_NAME, "^./delta/citation/(type|file_id)$" },
    { ALL, AS_OPAQUE, "^" BLOCK "/(encrypted_content|input_audio|file_data|"
                      "(input_audio|audio)/data|file/file_data)$" },
    { ALL, AS_NAME, "^" BLOCK "/((input_audio|audio)/(id|format)|file/file_id|"
                    "source/(media_type|file_id)|citations/(type|file_id)|"
                    LINK "/detail)$" },
    { ALL, AS_URL, "^" BLOCK "/(" LINK "(/url)?|source/url|file|audio)$" },
    { ALL, AS_DATA, "^" BLOCK "(/source)?/data$" },
    { GASKS, AS_FACT, "^(" GREQ "/model|" GREQ "/contents/role)$" },
    { GASKS, AS_OPAQUE, "^" GREQ "/(cachedContent|cached_content)$" },
    { GASKS, AS_NAME, "^(" GREQ "/(systemInstruction|system_instruction)/"
                      "role|" GCONF "/(responseMimeType|response_mime_type|"
                      "responseModalities|response_modalities)|" GDEF
                      "/behavior)$" },
    { GASKS | GANSW, AS_SEALED, "^" GPART "/(thoughtSignature|"
                                "thought_signature)$" },
    { GASKS | GANSW, AS_OPAQUE, "^" GBLOB "/data$" },
    { GASKS | GANSW, AS_URL, "^(" GBLOB "(/(fileUri|file_uri))?)$" },
    { GASKS | GANSW, AS_NAME, "^(" GBLOB "/(mimeType|mime_type)|" GCALL
                              "/id|" GRES "/id|" GCODE "/(id|language|"
                              "outcome))$" },
    { GANSW, AS_FACT, "^G/(modelVersion|responseId|candidates/finishReason)$"
      },
    { GANSW, AS_NAME, "^G/(createTime|usageMetadata/(trafficType|"
                      "serviceTier)|candidates/content/role)$" },
    { GANSW, AS_MUTE, "^G/candidates/logprobsResult" SOME },
    { MCP, AS_FACT, "^(./(id|method)|" MPART "/type)$" },
    { MCP, AS_NAME, "^.(/jsonrpc|/params/(protocolVersion|level|cursor|"
                    "includeContext)|/result/(protocolVersion|nextCursor|"
                    "role|stopReason))$" },
    { MCP, AS_NAME, "^(" MSAID "/role|" MPART "/mimeType|" MRES
                    "/mimeType)$" },
    { MCP, AS_OPAQUE, "^" MRES "/blob$" },
    { MCP, AS_DATA, "^" MPART "/data$" }
};

/* Objects here have their keys and long numbers inspected. */
#define FREE  "^(" BLOCK "/input|E/delta/partial_json|"                       \
              "[oa]/tools/(input_examples|name|description|strict)|" DEF     \
              "/(type|name|description|strict)|" SCH "/" VALUE "|" SCH "/"   \
              BOUND "/.+)" SOME
#define PROPS "^(" SCH "|" GSCH "|" MSCH ")/(properties|"                     \
              "patternProperties|[$]defs|definitions|dependentSchemas|"      \
              BOUND ")$"
/* ... and of Gemini: below the arguments of a call, a result, a schema's
   values, and below whatever a part or a call has that no row names */
#define GFREE "^(" GSCH "/" VALUE "|" GSCH "/" BOUND "/.+|" GPART "/text|"    \
              GCALL "/args|" GRES "/response)" SOME

/* ... and of MCP */
#define MFREE "^(" MSCH "/" VALUE "|" MSCH "/" BOUND "/.+|" MPART "/text|"    \
              MRES "/text|" MTOOL "/(name|description)|[mM]/params/"          \
              "(arguments|systemPrompt)|[mM]/result/(structuredContent|"      \
              "instructions)|[mM]/error/(message|data))" SOME

/* The objects of MCP and of definitions of tools, and the keys that are no
   texts there. */
static const struct {
    const char  *path;
    const char  *known;        /* with a blank around each */
} messages[] = {
    { "^[oa]/tools$", " type name description function custom strict "
                      "input_schema parameters input_examples "
                      "cache_control " },
    { "^" DEF "$", " type name description strict parameters schema " },
    { "^(o/response_format|a/output_format)$", " type json_schema schema " },
    { "^(" SCH "|" GSCH "|" MSCH ")$",
      " type description title required format pattern $schema $id $ref "
      "$anchor minimum maximum exclusiveMinimum exclusiveMaximum multipleOf "
      "minLength maxLength minItems maxItems uniqueItems nullable enum const "
      "default examples example properties patternProperties $defs "
      "definitions dependentSchemas items prefixItems additionalProperties "
      "propertyNames anyOf allOf oneOf not if then else contains " },
    { "^[mM]$", " jsonrpc id method params result error " },
    { "^[mM]/params$", " name arguments protocolVersion level cursor "
                       "includeContext messages systemPrompt "
                       "requestedSchema " },
    { "^[mM]/result$", " content contents messages structuredContent tools "
                       "instructions protocolVersion nextCursor role "
                       "stopReason " },
    { "^[mM]/error$", " message data " },
    { "^" MSAID "$", " role content " },
    { "^" MPART "$", " type text data mimeType resource " },
    { "^" MRES "$", " text blob mimeType " },
    { "^" MTOOL "$", " name description inputSchema outputSchema " }
};

#define MESSAGES  (sizeof(messages) / sizeof(messages[0]))

static regex_t  compiled_messages[MESSAGES], compiled_mfree;
static regex_t  compiled[sizeof(rules) / sizeof(rules[0])];
static regex_t  compiled_free, compiled_props, compiled_gfree;
static regex_t  compiled_part, compiled_call, compiled_result, compiled_code;

struct list {
    unsigned  n;
    char     *at[4096];
};


static void
add(struct list *l, char form, const char *s)
{
    weir_assert(l->n < 4096);
    l->at[l->n] = malloc(strlen(s) + 2);
    l->at[l->n][0] = form;
    memcpy(l->at[l->n] + 1, s, strlen(s) + 1);
    l->n++;
}


static int
order(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


static void
clear(struct list *l)
{
    while (l->n > 0) {
        free(l->at[--l->n]);
    }
}


static bool
is(const regex_t *re, const char *path)
{
    return regexec(re, path, 0, NULL, 0) == 0;
}


/* The rest of the path behind a tool call or, *function, its function. */
static const char *
below_call(const char *path, bool *function)
{
    static const char *const  bases[] = {
        "/messages/tool_calls/", "/choices/message/tool_calls/",
        "/choices/delta/tool_calls/", "/messages/function_call/",
        "/choices/message/function_call/", "/choices/delta/function_call/"
    };

    path++;
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        const char  *rest = path + strlen(bases[i]);

        if (strncmp(path, bases[i], strlen(bases[i])) != 0) {
            continue;
        }
        *function = i >= 3;
        if (i < 3 && strncmp(rest, "function/", 9) == 0) {
            *function = true;
            return rest + 9;
        }
        if (i < 3 && strncmp(rest, "custom/", 7) == 0) {
            *function = true;
            return rest + 7;
        }
        return rest;
    }
    return NULL;
}


/* Is the path below a key of `base` that is not of `known`? */
static bool
below_other(const regex_t *base, const char *path, const char *const *known)
{
    regmatch_t   m[1];
    const char  *key;
    size_t       len;

    if (regexec(base, path, 1, m, 0) != 0) {
        return false;
    }
    key = path + m[0].rm_eo;
    len = strcspn(key, "/");
    for (; *known != NULL; known++) {
        if (strlen(*known) == len && memcmp(*known, key, len) == 0) {
            return false;
        }
    }
    return true;
}


static bool
is_free_gemini(const char *path)
{
    static const char *const  part[] = {
        "text", "thought", "thoughtSignature", "thought_signature",
        "inlineData", "inline_data", "fileData", "file_data", "functionCall",
        "function_call", "functionResponse", "function_response",
        "executableCode", "executable_code", "codeExecutionResult",
        "code_execution_result", NULL
    };
    static const char *const  call[] = {
        "id", "name", "args", "partialArgs", "partial_args", NULL
    };
    static const char *const  result[] = {
        "id", "name", "response", "parts", NULL
    };
    static const char *const  code[] = {
        "id", "language", "outcome", "code", "output", NULL
    };

    return is(&compiled_gfree, path)
           || below_other(&compiled_part, path, part)
           || below_other(&compiled_call, path, call)
           || below_other(&compiled_result, path, result)
           || below_other(&compiled_code, path, code);
}


/* Is the last key of the path one that an object of the table does not
   know? */
static bool
is_strange(const char *path)
{
    const char *const  key = strrchr(path, '/');
    char               around[4096], word[4096];

    if (key == NULL) {
        return false;
    }
    snprintf(around, sizeof(around), "%.*s", (int) (key - path), path);
    snprintf(word, sizeof(word), " %s ", key + 1);
    for (size_t i = 0; i < MESSAGES; i++) {
        if (is(&compiled_messages[i], around)) {
            return strstr(messages[i].known, word) == NULL;
        }
    }
    return false;
}


static bool
is_below_strange(const char *path)
{
    char   above[4096];
    char  *slash;

    snprintf(above, sizeof(above), "%s", path);
    while ((slash = strrchr(above, '/')) != NULL) {
        if (is_strange(above)) {
            return true;
        }
        *slash = '\0';
    }
    return false;
}


/* Below any key of a tool call but those that name it, too. */
static bool
is_free(const char *path)
{
    static const char *const  known[] = {
        "name", "id", "type", "index", "function", "custom"
    };
    bool                      function;
    const char               *key;
    size_t                    len;

    if (is_below_strange(path)) {
        return true;
    }
    if (*path == 'g' || *path == 'G') {
        return is_free_gemini(path);
    }
    if (*path == 'm' || *path == 'M') {
        return is(&compiled_mfree, path);
    }
    if (is(&compiled_free, path)) {
        return true;
    }
    key = below_call(path, &function);
    if (key == NULL) {
        return false;
    }
    len = strcspn(key, "/");
    for (size_t i = function ? 0 : 1; i < (function ? 1 : 6); i++) {
        if (strlen(known[i]) == len && memcmp(known[i], key, len) == 0) {
            return false;
        }
    }
    return true;
}


/* In an error body type, code, param are names, where none of them is
   around. */
static bool
is_error_name(unsigned shape, const char *path)
{
    static const char *const  names[] = { "type", "code", "param" };

    if (shape == WEIR_SHAPE_GEMINI_REQUEST || (MCP >> shape & 1)) {
        return false;
    }
    if (shape != WEIR_SHAPE_ERROR
        && (shape == WEIR_SHAPE_OPENAI_REQUEST
            || shape == WEIR_SHAPE_ANTHROPIC_REQUEST
            || (strncmp(path + 1, "/error/", 7) != 0
                && strncmp(path, "E/message/error/", 16) != 0)))
    {
        return false;
    }
    for (path++; *path == '/'; path += strcspn(path, "/")) {
        path++;
        for (unsigned i = 0; i < 3; i++) {
            const size_t  len = strlen(names[i]);

            if (strncmp(path, names[i], len) == 0
                && (path[len] == '/' || path[len] == '\0'))
            {
                return path[len] == '\0';
            }
        }
    }
    return false;
}


static enum what
what_of(unsigned shape, const char *path)
{
    if (is_error_name(shape, path)) {
        return AS_NAME;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if ((rules[i].shapes >> shape & 1) && is(&compiled[i], path)) {
            return rules[i].what;
        }
    }
    return AS_TEXT;
}


static bool
data_is_text(const json_t *around)
{
    static const char *const  not_text[] = {
        "base64", "redacted_thinking", "image_url", "input_image", "image",
        "input_audio", "audio", "audio_url", "video", "video_url", "file",
        "input_file", "container_upload"
    };
    const char               *type =
        json_string_value(json_object_get(around, "type"));

    for (size_t i = 0; type != NULL
         && i < sizeof(not_text) / sizeof(not_text[0]); i++)
    {
        if (strcmp(type, not_text[i]) == 0) {
            return false;
        }
    }
    return true;
}


/* A role in a request, and none of those that there are? */
static bool
is_strange_role(const char *path, const char *role)
{
    static const char *const  known[] = {
        "system", "developer", "user", "assistant", "model", "tool",
        "function"
    };
    const size_t              len = strlen(path);

    if (strchr("oag", *path) == NULL || len < 5
        || strcmp(path + len - 5, "/role") != 0)
    {
        return false;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i], role) == 0) {
            return false;
        }
    }
    return true;
}


/* `around`: the object whose value this is; NULL for elements of arrays. */
static void
walk(unsigned shape, const json_t *v, const char *path, const json_t *around,
    struct list *out)
{
    const enum what  what = what_of(shape, path);
    const char      *s, *key;
    char             below[4096], number[32];
    json_t          *child;
    size_t           i;

    if (what == AS_MUTE) {
        return;
    }

    switch (json_typeof(v)) {
    case JSON_STRING:
        s = json_string_value(v);
        if ((what == AS_NAME && strlen(s) <= 64)
            || (what == AS_FACT && around != NULL && strlen(s) <= 64
                && !is_strange_role(path, s))
            || what == AS_SEALED || what == AS_OPAQUE
            || (what == AS_URL && strncasecmp(s, "data:", 5) == 0)
            || (what == AS_DATA && around != NULL
                && !data_is_text(around)))
        {
            return;
        }
        add(out, 's', s);
        return;

    case JSON_INTEGER:
        snprintf(number, sizeof(number), "%lld",
                 (long long) json_integer_value(v));
        if ((is_free(path) || (around == NULL && path[1] == '\0'))
            && strlen(number) - (number[0] == '-') >= 7)
        {
            add(out, 'n', number);
        }
        return;

    case JSON_ARRAY:
        json_array_foreach(v, i, child) {
            walk(shape, child, path, NULL, out);
        }
        return;

    case JSON_OBJECT:
        json_object_foreach((json_t *) v, key, child) {
            snprintf(below, sizeof(below), "%s/%s", path, key);
            if (is_free(path) || is(&compiled_props, path)
                || is_strange(below))
            {
                add(out, 'k', key);
            }
            walk(shape, child, below, v, out);
        }
        return;

    default:
        return;
    }
}


/* Our texts, decoded. */
static void
ours(const struct doc_run *r, const char *doc, struct list *out)
{
    for (uint32_t i = 0; i < r->ntexts; i++) {
        const struct weir_text  *t = &r->texts[i];
        const uint32_t           quote = t->form != WEIR_TEXT_NUMBER;
        json_t                  *v = json_loadb(doc + t->begin - quote,
            t->end - t->begin + 2 * quote, JSON_DECODE_ANY, NULL);
        char                     number[32];

        weir_assert(v != NULL);
        if (json_is_real(v)) {
            /* the walker cannot know its digits */
        } else if (t->form == WEIR_TEXT_NUMBER) {
            snprintf(number, sizeof(number), "%lld",
                     (long long) json_integer_value(v));
            add(out, 'n', number);
        } else {
            add(out, t->form == WEIR_TEXT_KEY ? 'k' : 's',
                json_string_value(v));
        }
        json_decref(v);
    }
}


/* ---- the comparison ---- */

/* True if the document was one that both judge. */
static bool
compare(unsigned shape, const char *doc)
{
    static struct doc_run  run;
    static struct list     want, got;
    const size_t           len = strlen(doc);
    char                   root[2];
    json_t                *tree;
    bool                   same;

    run.rc = WEIR_OK;
    weir_doc_open(&run.doc, (enum weir_shape) shape, run.texts, 4096);
    run.rc = weir_doc_feed(&run.doc, (const uint8_t *) doc, len);
    if (run.rc == WEIR_OK) {
        run.rc = weir_doc_finish(&run.doc);
    }
    run.ntexts = weir_doc_texts(&run.doc);
    doc_check(&run, (const uint8_t *) doc, len);
    if (run.rc != WEIR_OK) {
        return false;
    }

    tree = json_loads(doc, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (tree == NULL) {
        return false;            /* duplicates in free JSON, lone surrogates */
    }
    snprintf(root, sizeof(root), "%c", "oACaBEX      gGmM"[shape]);
    walk(shape, tree, root, NULL, &want);
    ours(&run, doc, &got);
    qsort(want.at, want.n, sizeof(want.at[0]), order);
    qsort(got.at, got.n, sizeof(got.at[0]), order);
    same = want.n == got.n;
    for (unsigned i = 0; i < want.n || i < got.n; i++) {
        const char  *w = i < want.n ? want.at[i] : "(none)";
        const char  *g = i < got.n ? got.at[i] : "(none)";

        if (strcmp(w, g) != 0) {
            same = false;
            printf("# first difference: want %s, got %s\n", w, g);
            break;
        }
    }
    CHECK_MSG(same, "shape %u: %s", shape, doc);
    clear(&want);
    clear(&got);
    json_decref(tree);
    return true;
}


static int
shape_of(const char *name)
{
    static const char *const  names[] = {
        "openai_request", "openai_answer", "openai_chunk",
        "anthropic_request", "anthropic_answer", "anthropic_event", "error"
    };

    for (int i = 0; i <= WEIR_SHAPE_ERROR; i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0) {
            return i;
        }
    }
    if (strncmp(name, "gemini_", 7) == 0) {
        return name[7] == 'r' ? WEIR_SHAPE_GEMINI_REQUEST
                              : WEIR_SHAPE_GEMINI_ANSWER;
    }
    if (strncmp(name, "mcp_", 4) == 0) {
        return name[4] == 'r' ? WEIR_SHAPE_MCP_REQUEST
                              : WEIR_SHAPE_MCP_ANSWER;
    }
    return -1;           /* a shape that this oracle does not know */
}


static unsigned
mutate(unsigned shape, const char *doc, uint64_t *seed)
{
    unsigned  judged = compare(shape, doc);

    for (int round = 0; round < ROUNDS; round++) {
        json_t  *tree = json_loads(doc, 0, NULL);
        char    *text;

        if (tree == NULL) {
            return judged;
        }
        for (unsigned n = 1 + weir_test_random(seed) % 4; n > 0; n--) {
            change(tree, seed);
        }
        text = json_dumps(tree, weir_test_random(seed) % 2
                          ? JSON_COMPACT | JSON_ENSURE_ASCII
                          : JSON_INDENT(2));
        weir_assert(text != NULL);
        judged += compare(shape, text);
        free(text);
        json_decref(tree);
    }
    return judged;
}


int
main(int argc, char **argv)
{
    static char  line[16384];
    FILE        *f = fopen(argc > 1 ? argv[1] : "", "r");
    uint64_t     seed = 2026;
    unsigned     judged = 0;

    if (f == NULL) {
        printf("Bail out! doc_naive_test: no file of cases given\n");
        return 1;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        CHECK(regcomp(&compiled[i], rules[i].path, REG_EXTENDED | REG_NOSUB)
              == 0);
    }
    CHECK(regcomp(&compiled_free, FREE, REG_EXTENDED | REG_NOSUB) == 0);
    CHECK(regcomp(&compiled_props, PROPS, REG_EXTENDED | REG_NOSUB) == 0);
    CHECK(regcomp(&compiled_gfree, GFREE, REG_EXTENDED | REG_NOSUB) == 0);
    CHECK(regcomp(&compiled_part, "^" GPART "/", REG_EXTENDED) == 0);
    CHECK(regcomp(&compiled_call, "^" GCALL "/", REG_EXTENDED) == 0);
    CHECK(regcomp(&compiled_result, "^" GRES "/", REG_EXTENDED) == 0);
    CHECK(regcomp(&compiled_mfree, MFREE, REG_EXTENDED | REG_NOSUB) == 0);
    for (size_t i = 0; i < MESSAGES; i++) {
        CHECK(regcomp(&compiled_messages[i], messages[i].path,
                      REG_EXTENDED | REG_NOSUB) == 0);
    }
    CHECK(regcomp(&compiled_code, "^" GCODE "/", REG_EXTENDED) == 0);

    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] == ':') {
            int  shape;

            CHECK(fgets(line, sizeof(line), f) != NULL);
            shape = shape_of(line);
            CHECK(fgets(line, sizeof(line), f) != NULL);
            judged += shape < 0 ? 0 : mutate((unsigned) shape, line, &seed);
        }
    }
    fclose(f);
    printf("# %u documents judged\n", judged);
    CHECK(judged > 5000);
    return weir_test_done();
}
