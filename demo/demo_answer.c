/*
 * demo_answer.c: what the demo model says. Directives come from the field
 * "x_demo" of the request, from a script kept under a name (x_demo.script,
 * or [[demo:NAME]] in the last user message), else the last user message is
 * answered with a canned sentence in its language. docs: demo/README.md.
 */
#include "demo_gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCRIPTS_MAX  64

struct script {
    char    name[64];
    char   *body;
    size_t  len;
};

static struct script  scripts[SCRIPTS_MAX];     /* a server of one process */

static void  take_last_user(const struct demo_node *ask, struct demo_text *out);
static void  say_default(struct gen *g, const struct demo_text *user);
static void  cut_to_max(struct gen *g);
static void  body_openai(struct gen *g, struct demo_text *out);
static void  body_anthropic(struct gen *g, struct demo_text *out);
static struct demo_wire *models(bool anthropic);


static struct demo_wire *
wire_new(void)
{
    return calloc(1, sizeof(struct demo_wire));
}


void
demo_wire_free(struct demo_wire *w)
{
    if (w != NULL && !w->shared) {
        demo_text_free(&w->bytes);
        free(w->pieces);
        free(w);
    }
}


void
demo_piece_add(struct demo_wire *w, size_t end, uint32_t wait_ms)
{
    if (w->npieces == w->cap) {
        const size_t        cap = w->cap == 0 ? 8 : w->cap * 2;
        struct demo_piece  *p = realloc(w->pieces, cap * sizeof(*p));

        if (p == NULL || cap > PIECES_MAX) {
            w->bytes.failed = true;
            w->pieces = p != NULL ? p : w->pieces;
            return;
        }
        w->pieces = p;
        w->cap = cap;
    }
    w->pieces[w->npieces++] = (struct demo_piece) { end, wait_ms, 0 };
}


static const char *
reason(long status)
{
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    default:  return "Status";
    }
}


struct demo_wire *
demo_plain(int status, const char *type, const char *body, size_t len)
{
    struct demo_wire  *w = wire_new();

    if (w == NULL) {
        return NULL;
    }
    demo_addf(&w->bytes, "HTTP/1.1 %d %s\r\nServer: weir-demo-model\r\n"
              "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
              status, reason(status), type, len);
    demo_add(&w->bytes, body, len);
    demo_piece_add(w, w->bytes.len, 0);
    return w;
}


bool
demo_script_put(const char *name, const char *body, size_t len)
{
    struct demo_node  *n = demo_json_read(body, len);
    struct script     *s = NULL;

    demo_json_free(n);
    if (n == NULL || strlen(name) >= sizeof(s->name) || *name == '\0') {
        return false;
    }
    for (size_t i = 0; i < SCRIPTS_MAX; i++) {
        if (strcmp(scripts[i].name, name) == 0
            || (s == NULL && scripts[i].body == NULL))
        {
            s = &scripts[i];
        }
    }
    char  *copy = malloc(len + 1);

    if (s == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    memcpy(copy, body, len);
    copy[len] = '\0';
    free(s->body);
    s->body = copy;
    s->len = len;
    snprintf(s->name, sizeof(s->name), "%s", name);
    return true;
}


/* The tree of the directives that hold, and what to free behind it. */
static const struct demo_node *
directives(const struct demo_node *ask, const struct demo_text *user,
    struct demo_node **own)
{
    const struct demo_node  *x = demo_json_get(ask, "x_demo");
    const struct demo_node  *named = demo_json_get(x, "script");
    char                     name[64] = "";

    if (named != NULL && named->len < sizeof(name)) {
        memcpy(name, named->at, named->len);
        name[named->len] = '\0';
    } else if (user->at != NULL) {
        const char  *mark = strstr(user->at, "[[demo:");

        if (mark != NULL) {
            sscanf(mark + 7, "%63[A-Za-z0-9_.-]", name);
        }
    }
    for (size_t i = 0; *name != '\0' && i < SCRIPTS_MAX; i++) {
        if (strcmp(scripts[i].name, name) == 0) {
            *own = demo_json_read(scripts[i].body, scripts[i].len);
            return *own;
        }
    }
    return x;
}


static bool
flag(const struct gen *g, const char *name, bool otherwise)
{
    const struct demo_node  *n = demo_json_get(g->x, name);

    return n == NULL ? otherwise : n->type == DEMO_TRUE;
}


static void
gen_open(struct gen *g, const struct demo_request *r)
{
    const struct demo_node  *u = demo_json_get(g->x, "usage");
    const struct demo_node  *le = demo_json_get(g->x, "line_end");
    const struct demo_node  *opt = demo_json_get(g->ask, "stream_options");
    const struct demo_node  *asked = demo_json_get(opt, "include_usage");
    const struct demo_node  *st = demo_json_get(g->ask, "stream");
    const struct demo_node  *config = demo_json_get(g->ask,
                                                    "generationConfig");

    g->stream = g->gemini
                ? strcmp(demo_gemini_verb(r->path), "streamGenerateContent")
                  == 0
                : st != NULL && st->type == DEMO_TRUE;
    g->ascii = flag(g, "ascii", false);
    g->comments = flag(g, "comments", false);
    g->split_data = flag(g, "split_data", false);
    g->eol = demo_json_is(le, "crlf") ? "\r\n"
             : demo_json_is(le, "cr") ? "\r" : "\n";
    g->pace_ms = (uint32_t) demo_json_long(demo_json_get(g->x, "pace_ms"), 0);
    g->first_ms = (uint32_t) demo_json_long(demo_json_get(g->x, "hang_ms"), 0);
    g->stop_after = demo_json_long(demo_json_get(g->x, "stop_after"), -1);
    g->event_bytes = demo_json_long(demo_json_get(g->x, "event_bytes"), 0);
    g->seed = (uint64_t) demo_json_long(demo_json_get(g->x, "seed"), 1) + 77;
    g->choices = g->anthropic ? 1
                 : g->gemini
                 ? demo_json_long(demo_json_get(config, "candidateCount"), 1)
                 : demo_json_long(demo_json_get(g->ask, "n"), 1);
    g->choices = g->choices < 1 ? 1 : g->choices > 128 ? 128 : g->choices;
    g->with_usage = u != NULL && u->type <= DEMO_TRUE ? u->type == DEMO_TRUE
                    : g->anthropic || g->gemini || !g->stream
                      || (asked != NULL && asked->type == DEMO_TRUE);
    if (g->gemini) {
        demo_gemini_model(r->path, &g->model);
    } else {
        demo_add_value(&g->model, demo_json_get(g->ask, "model"));
    }
    if (g->model.at == NULL) {
        demo_adds(&g->model, "demo");
    }
    g->tokens_in = demo_json_long(demo_json_get(u, "input"),
                                  (long) r->body_len / 4 + 1);
    g->finish = g->anthropic ? "end_turn" : g->gemini ? "STOP" : "stop";
}


static struct demo_wire *
refuse(const struct gen *g, int status, const char *message)
{
    struct demo_text   t = { 0 };
    struct demo_wire  *w;

    demo_addf(&t, g->gemini
              ? "{\"error\":{\"message\":\"%s\",\"status\":\"UNKNOWN\"}}"
              : g->anthropic
              ? "{\"type\":\"error\",\"error\":{\"type\":\"api_error\","
                "\"message\":\"%s\"}}"
              : "{\"error\":{\"message\":\"%s\",\"type\":\"server_error\","
                "\"param\":null,\"code\":null}}", message);
    w = t.failed ? NULL : demo_plain(status, "application/json", t.at, t.len);
    demo_text_free(&t);
    return w;
}


/* Head of the answer; the body follows as chunks or in one. */
static void
head(struct gen *g, const char *type, size_t len)
{
    struct demo_text  *b = &g->wire->bytes;
    struct demo_text   v = { 0 };

    demo_addf(b, "HTTP/1.1 %ld OK\r\nServer: weir-demo-model\r\n",
              demo_json_long(demo_json_get(g->x, "status"), 200));
    demo_add_value(&v, demo_json_get(g->x, "content_type"));
    demo_addf(b, "Content-Type: %s\r\n", v.at != NULL ? v.at : type);
    demo_text_free(&v);
    demo_add_value(&v, demo_json_get(g->x, "encoding"));
    if (v.at != NULL) {
        demo_addf(b, "Content-Encoding: %s\r\n", v.at);
    }
    demo_text_free(&v);
    if (len == SIZE_MAX) {
        demo_adds(b, "Cache-Control: no-cache\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n");
    } else {
        demo_addf(b, "Content-Length: %zu\r\n\r\n", len);
    }
    demo_piece_add(g->wire, b->len, g->first_ms);
}


static struct demo_wire *
whole(struct gen *g, const char *type, const char *at, size_t len)
{
    const long  cut = g->stop_after >= 0 ? g->stop_after : (long) len;

    head(g, type, len);
    demo_add(&g->wire->bytes, at, (size_t) cut < len ? (size_t) cut : len);
    g->wire->close = (size_t) cut < len;
    demo_piece_add(g->wire, g->wire->bytes.len, 0);
    demo_recut(g);
    return g->wire;
}


static struct demo_wire *
make(struct gen *g, const struct demo_request *r, struct demo_text *user)
{
    const struct demo_node  *n;
    struct demo_text         t = { 0 };
    struct demo_wire        *w;

    gen_open(g, r);
    g->wire = wire_new();
    if (g->wire == NULL) {
        return NULL;
    }
    if ((n = demo_json_get(g->x, "raw")) != NULL) {
        demo_add_value(&t, n);
        w = whole(g, "application/json", t.at != NULL ? t.at : "", t.len);
        demo_text_free(&t);
        return w;
    }
    if (demo_json_long(demo_json_get(g->x, "status"), 200) >= 400) {
        demo_wire_free(g->wire);
        demo_add_value(&t, demo_json_get(g->x, "message"));
        w = refuse(g, (int) demo_json_long(demo_json_get(g->x, "status"), 500),
                   t.at != NULL ? t.at : "the script says: fail");
        demo_text_free(&t);
        return w;
    }
    if (flag(g, "echo_request", false)) {
        demo_add_base64(&g->say, r->body, r->body_len);
    } else if (flag(g, "echo", false)) {
        demo_add(&g->say, user->at, user->len);
    } else if ((n = demo_json_get(g->x, "say")) != NULL) {
        demo_add_value(&g->say, n);
    } else if (demo_json_get(g->x, "tool_call") == NULL) {
        say_default(g, user);
    }
    cut_to_max(g);
    if (g->stream) {
        head(g, "text/event-stream; charset=utf-8", SIZE_MAX);
        (g->anthropic ? demo_stream_anthropic
         : g->gemini ? demo_gemini_stream : demo_stream_openai)(g);
        if (g->stopped) {
            g->wire->close = true;
        } else {
            demo_adds(&g->wire->bytes, "0\r\n\r\n");
            g->wire->pieces[g->wire->npieces - 1].end = g->wire->bytes.len;
        }
        demo_recut(g);
        return g->wire;
    }
    (g->anthropic ? body_anthropic
     : g->gemini ? demo_gemini_body : body_openai)(g, &t);
    w = whole(g, "application/json", t.at, t.len);
    demo_text_free(&t);
    return w;
}


struct demo_wire *
demo_answer(const struct demo_request *r)
{
    struct demo_node  *tree, *own = NULL;
    struct demo_text   user = { 0 };
    struct gen         g = { 0 };
    struct demo_wire  *w;
    const char        *verb = demo_gemini_verb(r->path);
    static const char  count[] = "{\"totalTokens\":12}";

    g.anthropic = strcmp(r->path, "/v1/messages") == 0;
    g.gemini = verb != NULL;
    if (g.gemini && strcmp(verb, "countTokens") == 0) {
        return demo_plain(200, "application/json", count, strlen(count));
    }
    if (!g.gemini && strncmp(r->path, "/v1/models", 10) == 0) {
        return models(memmem(r->head, r->head_len, "anthropic-version", 17)
                      != NULL);
    }
    if (!g.anthropic && !g.gemini
        && strcmp(r->path, "/v1/chat/completions") != 0)
    {
        return refuse(&g, 404, "no such path in the demo model");
    }
    tree = demo_json_read(r->body, r->body_len);
    if (tree == NULL || tree->type != DEMO_OBJECT) {
        demo_json_free(tree);
        return refuse(&g, 400, "the body is not a JSON object");
    }
    (g.gemini ? demo_gemini_user : take_last_user)(tree, &user);
    g.ask = tree;
    g.x = directives(tree, &user, &own);
    w = make(&g, r, &user);
    if (w != NULL && w->bytes.failed) {
        demo_wire_free(w);
        w = NULL;
    }
    demo_text_free(&g.say);
    demo_text_free(&g.model);
    demo_text_free(&user);
    demo_json_free(own);
    demo_json_free(tree);
    return w;
}


static struct demo_wire *
models(bool anthropic)
{
    static const char  openai[] =
        "{\"object\":\"list\",\"data\":[{\"id\":\"demo\",\"object\":\"model\","
        "\"created\":0,\"owned_by\":\"weir-demo-model\"}]}";
    static const char  other[] =
        "{\"data\":[{\"type\":\"model\",\"id\":\"demo\",\"display_name\":"
        "\"Demo script\",\"created_at\":\"2026-01-01T00:00:00Z\"}],"
        "\"has_more\":false,\"first_id\":\"demo\",\"last_id\":\"demo\"}";

    return demo_plain(200, "application/json", anthropic ? other : openai,
                      strlen(anthropic ? other : openai));
}


/* ---- what is said ---- */

static void
take_last_user(const struct demo_node *ask, struct demo_text *out)
{
    const struct demo_node  *list = demo_json_get(ask, "messages");
    const struct demo_node  *last = NULL;

    for (const struct demo_node *m = list == NULL ? NULL : list->child;
         m != NULL; m = m->next)
    {
        if (demo_json_is(demo_json_get(m, "role"), "user")) {
            last = demo_json_get(m, "content");
        }
    }
    if (last == NULL) {
        return;
    }
    if (last->type == DEMO_STRING) {
        demo_add_value(out, last);
        return;
    }
    for (const struct demo_node *p = last->child; p != NULL; p = p->next) {
        demo_add_value(out, demo_json_get(p, "text"));
    }
}


static void
say_default(struct gen *g, const struct demo_text *user)
{
    bool  han = false;

    for (size_t i = 0; i < user->len; i++) {
        const unsigned char  b = (unsigned char) user->at[i];

        han |= b >= 0xe3 && b <= 0xe9;      /* U+3000 to U+9FFF, about */
    }
    if (user->len == 0) {
        demo_adds(&g->say, "This is the demo script, not a model.");
    } else if (han) {
        demo_adds(&g->say, "这里是演示脚本（不是模型）。您说的是：");
        demo_add(&g->say, user->at, user->len);
        demo_adds(&g->say, " 请问还有什么可以帮您？");
    } else {
        demo_adds(&g->say, "This is the demo script, not a model. You said: ");
        demo_add(&g->say, user->at, user->len);
        demo_adds(&g->say, " How can I help further?");
    }
}


size_t
demo_rune_len(const char *at, size_t left)
{
    const unsigned char  b = (unsigned char) *at;
    const size_t         n = b < 0xc0 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;

    return n < left ? n : left;
}


/* The script's tokens: a character beyond ASCII is one, four bytes of ASCII
   are one. max_tokens cuts the text unless the script ignores it. */
static void
cut_to_max(struct gen *g)
{
    long    quarter = 0;
    long    most = demo_json_long(demo_json_get(g->ask, "max_tokens"), 0);
    size_t  i = 0;

    if (g->gemini) {
        most = demo_json_long(demo_json_get(
            demo_json_get(g->ask, "generationConfig"), "maxOutputTokens"),
            0);
    }
    if (most <= 0) {
        most = demo_json_long(demo_json_get(g->ask, "max_completion_tokens"),
                              0);
    }
    if (flag(g, "ignore_max_tokens", false) || most <= 0) {
        most = 1L << 40;
    }
    while (i < g->say.len) {
        const size_t  n = demo_rune_len(g->say.at + i, g->say.len - i);

        quarter += n == 1 ? 1 : 4;
        if ((quarter + 3) / 4 > most) {
            g->finish = g->anthropic ? "max_tokens"
                        : g->gemini ? "MAX_TOKENS" : "length";
            g->say.len = i;
            quarter -= n == 1 ? 1 : 4;
            break;
        }
        i += n;
    }
    g->tokens_out = demo_json_long(
        demo_json_get(demo_json_get(g->x, "usage"), "output"),
        (quarter + 3) / 4 * g->choices);
    if (demo_json_get(g->x, "tool_call") != NULL && !g->gemini) {
        g->finish = g->anthropic ? "tool_use" : "tool_calls";
    }
}


void
demo_add_finish(const struct gen *g, struct demo_text *out)
{
    const struct demo_node  *n = demo_json_get(g->x, "finish_reason");

    if (n != NULL) {
        demo_add(out, n->at, n->len);
    } else {
        demo_adds(out, g->finish);
    }
}


void
demo_add_string(const struct gen *g, struct demo_text *out, const char *at,
    size_t len)
{
    demo_adds(out, "\"");
    demo_add_escaped(out, at, len, g->ascii);
    demo_adds(out, "\"");
}


void
demo_add_usage(const struct gen *g, struct demo_text *out)
{
    if (g->anthropic) {
        demo_addf(out, "\"usage\":{\"input_tokens\":%ld,\"output_tokens\":%ld}",
                  g->tokens_in, g->tokens_out);
    } else {
        demo_addf(out, "\"usage\":{\"prompt_tokens\":%ld,"
                  "\"completion_tokens\":%ld,\"total_tokens\":%ld}",
                  g->tokens_in, g->tokens_out, g->tokens_in + g->tokens_out);
    }
}


/* Arguments of a tool call as JSON text. */
void
demo_tool_arguments(const struct gen *g, struct demo_text *out)
{
    const struct demo_node  *call = demo_json_get(g->x, "tool_call");
    const struct demo_node  *a = demo_json_get(call, "arguments");

    if (a != NULL && a->type == DEMO_STRING) {
        demo_add_value(out, a);
    } else if (a != NULL) {
        demo_add(out, a->at, a->len);
    } else {
        demo_adds(out, "{}");
    }
}


void
demo_tool_name(const struct gen *g, struct demo_text *out)
{
    const struct demo_node  *n =
        demo_json_get(demo_json_get(g->x, "tool_call"), "name");

    if (n != NULL) {
        demo_add(out, n->at, n->len);
    } else {
        demo_adds(out, "look_up");
    }
}


const char *
demo_reasoning_key(const struct gen *g)
{
    return demo_json_is(demo_json_get(g->x, "reasoning_field"), "reasoning")
           ? "reasoning" : "reasoning_content";
}


static void
body_openai(struct gen *g, struct demo_text *out)
{
    const struct demo_node  *think = demo_json_get(g->x, "reasoning");
    struct demo_text         args = { 0 };

    demo_addf(out, "{\"id\":\"chatcmpl-demo\",\"object\":\"chat.completion\","
              "\"created\":%ld,\"model\":", (long) time(NULL));
    demo_add_string(g, out, g->model.at, g->model.len);
    demo_adds(out, ",\"choices\":[");
    for (long c = 0; c < g->choices; c++) {
        demo_addf(out, "%s{\"index\":%ld,\"message\":{\"role\":\"assistant\",",
                  c > 0 ? "," : "", c);
        if (think != NULL) {
            demo_addf(out, "\"%s\":\"", demo_reasoning_key(g));
            demo_add(out, think->at, think->len);
            demo_adds(out, "\",");
        }
        demo_adds(out, "\"content\":");
        if (demo_json_get(g->x, "tool_call") != NULL && g->say.len == 0) {
            demo_adds(out, "null");
        } else {
            demo_add_string(g, out, g->say.at, g->say.len);
        }
        if (demo_json_get(g->x, "tool_call") != NULL) {
            demo_tool_arguments(g, &args);
            demo_addf(out, ",\"tool_calls\":[{\"id\":\"call_demo_%ld\",\"type\""
                      ":\"function\",\"function\":{\"name\":\"", c);
            demo_tool_name(g, out);
            demo_adds(out, "\",\"arguments\":");
            demo_add_string(g, out, args.at, args.len);
            demo_adds(out, "}}]");
            demo_text_free(&args);
        }
        demo_adds(out, "},\"finish_reason\":\"");
        demo_add_finish(g, out);
        demo_adds(out, "\"}");
    }
    demo_adds(out, "]");
    if (g->with_usage) {
        demo_adds(out, ",");
        demo_add_usage(g, out);
    }
    demo_adds(out, "}");
}


static void
body_anthropic(struct gen *g, struct demo_text *out)
{
    const struct demo_node  *think = demo_json_get(g->x, "reasoning");

    demo_adds(out, "{\"id\":\"msg_demo\",\"type\":\"message\","
                   "\"role\":\"assistant\",\"model\":");
    demo_add_string(g, out, g->model.at, g->model.len);
    demo_adds(out, ",\"content\":[");
    if (think != NULL) {
        demo_adds(out, "{\"type\":\"thinking\",\"thinking\":\"");
        demo_add(out, think->at, think->len);
        demo_adds(out, "\",\"signature\":\"c2NyaXB0\"},");
    }
    demo_adds(out, "{\"type\":\"text\",\"text\":");
    demo_add_string(g, out, g->say.at, g->say.len);
    demo_adds(out, "}");
    if (demo_json_get(g->x, "tool_call") != NULL) {
        demo_adds(out, ",{\"type\":\"tool_use\",\"id\":\"toolu_demo\","
                       "\"name\":\"");
        demo_tool_name(g, out);
        demo_adds(out, "\",\"input\":");
        demo_tool_arguments(g, out);
        demo_adds(out, "}");
    }
    demo_adds(out, "],\"stop_reason\":\"");
    demo_add_finish(g, out);
    demo_adds(out, "\",\"stop_sequence\":null");
    if (g->with_usage) {
        demo_adds(out, ",");
        demo_add_usage(g, out);
    }
    demo_adds(out, "}");
}
