/* demo_gen.h: one answer in the making; between demo_answer.c,
   demo_stream.c and demo_gemini.c. */
#ifndef WEIR_DEMO_GEN_H
#define WEIR_DEMO_GEN_H

#include "demo_model.h"

#define PIECES_MAX  2000000

/* How one answer is made and cut. */
struct gen {
    const struct demo_node  *ask;       /* the request */
    const struct demo_node  *x;         /* directives or NULL */
    bool                     anthropic;
    bool                     gemini;
    bool                     stream;
    bool                     ascii;
    bool                     with_usage;
    struct demo_text         say;
    struct demo_text         model;
    const char              *finish;
    long                     choices;
    long                     tokens_in;
    long                     tokens_out;
    long                     stop_after;
    long                     events;
    long                     event_bytes;
    uint32_t                 pace_ms;
    uint32_t                 first_ms;
    const char              *eol;
    bool                     comments;
    bool                     split_data;
    bool                     stopped;
    uint64_t                 seed;
    struct demo_wire        *wire;
};

void demo_piece_add(struct demo_wire *w, size_t end, uint32_t wait_ms);
size_t demo_rune_len(const char *at, size_t left);
void demo_add_string(const struct gen *g, struct demo_text *out,
    const char *at, size_t len);
void demo_add_finish(const struct gen *g, struct demo_text *out);
void demo_add_usage(const struct gen *g, struct demo_text *out);
void demo_tool_arguments(const struct gen *g, struct demo_text *out);
void demo_tool_name(const struct gen *g, struct demo_text *out);
const char *demo_reasoning_key(const struct gen *g);

void demo_stream_openai(struct gen *g);
void demo_stream_anthropic(struct gen *g);
void demo_recut(struct gen *g);
void demo_event(struct gen *g, const char *name, struct demo_text *data);
size_t demo_delta_end(struct gen *g, const char *at, size_t len, size_t i);

/* What a path of Google's shape asks for, NULL if it is none. */
const char *demo_gemini_verb(const char *path);
void demo_gemini_model(const char *path, struct demo_text *out);
void demo_gemini_user(const struct demo_node *ask, struct demo_text *out);
void demo_gemini_body(struct gen *g, struct demo_text *out);
void demo_gemini_stream(struct gen *g);

#endif
