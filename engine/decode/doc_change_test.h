/* doc_change_test.h: random changes to a document, for doc_naive_test.c. */
#ifndef WEIR_DECODE_DOC_CHANGE_TEST_H
#define WEIR_DECODE_DOC_CHANGE_TEST_H

#include "base/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>


/* All containers and all scalars of the tree, for picking one. */
struct places {
    unsigned  n;
    json_t   *at[2048];
};


static void
collect(json_t *v, struct places *p)
{
    const char  *key;
    json_t      *child;
    size_t       i;

    if (p->n < 2048 && (json_is_object(v) || json_is_array(v))) {
        p->at[p->n++] = v;
    }
    json_object_foreach(v, key, child) {
        collect(child, p);
    }
    json_array_foreach(v, i, child) {
        collect(child, p);
    }
}


static json_t *
some_value(uint64_t *seed)
{
    static const char *const  strings[] = {
        "text", "base64", "image", "tool_result", "file", "user", "content",
        "data:image/png;base64,AA", "\xe4\xb8\xad\xe6\x96\x87 \"q\" \\ \n",
        "\xf0\x9f\x98\x80", "", "redacted_thinking", "thinking",
        "0123456789012345678901234567890123456789012345678901234567890123",
        "01234567890123456789012345678901234567890123456789012345678901234"
    };

    switch (weir_test_random(seed) % 8) {
    case 0:
        return json_integer((int64_t) weir_test_random(seed) % 100000000000);
    case 1:
        return json_null();
    case 2:
        return json_pack("[s,{s:s}]", "el", "k", "el2");
    case 3:
        return json_pack("{s:s,s:[i]}", "text", "t", "n", 12345678);
    default:
        return json_string(strings[weir_test_random(seed) % 15]);
    }
}


static const char *
some_key(uint64_t *seed)
{
    static const char *const  keys[] = {
        "role", "type", "id", "content", "text", "data", "source", "input",
        "tool_calls", "function", "arguments", "name", "image_url", "url",
        "x_vendor", "signature", "thinking", "cache_control", "delta",
        "logprobs", "error", "properties", "enum", "default", "description",
        "\xe4\xb8\xad", "reasoning_content", "system", "media_type", "file",
        "input_audio", "custom", "citations", "message", "stop_reason",
        "image", "audio", "file_data", "images", "input_examples", "video",
        "parts", "functionCall", "function_response", "args", "response",
        "inlineData", "fileUri", "thought", "thoughtSignature",
        "generationConfig", "finishReason", "codeExecutionResult",
        "params", "result", "contents", "structuredContent", "resource",
        "blob", "mimeType", "inputSchema", "messages", "cursor", "tools"
    };

    return keys[weir_test_random(seed) % (sizeof(keys) / sizeof(keys[0]))];
}


/* The keys of an object in another order. */
static void
shuffle(json_t *o, uint64_t *seed)
{
    const size_t  n = json_object_size(o);

    for (size_t k = 0; k < n; k++) {
        const char  *key = json_object_iter_key(json_object_iter(o));
        json_t      *v = json_incref(json_object_get(o, key));
        char        *copy = strdup(key);

        json_object_del(o, copy);
        if (weir_test_random(seed) % 2) {
            json_t  *rest = json_copy(o);

            json_object_clear(o);
            json_object_set(o, copy, v);
            json_object_update(o, rest);
            json_decref(rest);
        } else {
            json_object_set(o, copy, v);
        }
        json_decref(v);
        free(copy);
    }
}


static void
change(json_t *tree, uint64_t *seed)
{
    static struct places  p;
    json_t               *at;
    const char           *key;
    char                 *copy;

    p.n = 0;
    collect(tree, &p);
    at = p.at[weir_test_random(seed) % p.n];
    if (json_is_array(at)) {
        json_array_insert_new(at, weir_test_random(seed)
                              % (json_array_size(at) + 1), some_value(seed));
        return;
    }

    shuffle(at, seed);
    key = json_object_size(at) > 0 && weir_test_random(seed) % 2
          ? json_object_iter_key(json_object_iter(at)) : some_key(seed);
    copy = strdup(key);
    if (weir_test_random(seed) % 3 == 0) {
        /* a copy of some other part of the tree */
        json_object_set_new(at, copy,
            json_deep_copy(p.at[weir_test_random(seed) % p.n]));
    } else {
        json_object_set_new(at, copy, some_value(seed));
    }
    free(copy);
}

#endif
