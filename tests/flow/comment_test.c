/*
 * comment_test.c: comments in an idle stream, anywhere between two pieces of
 * what the upstream sends: a client that passes comments over, as all must,
 * gets the same events as without them.
 */
#include "flow_fixture.h"

#define ROUNDS  4000

static struct fixture  fx;
static uint64_t        seed = 3;

#define CHUNK(text)  "data: {\"id\":\"x\",\"choices\":[{\"index\":0,"          \
    "\"delta\":{\"content\":\"" text "\"}}]}"
#define LAST         "data: {\"id\":\"x\",\"choices\":[{\"index\":0,"          \
    "\"delta\":{},\"finish_reason\":\"stop\"}]}"
#define STREAM(nl)                                                           \
    CHUNK("well, 1381") nl nl ": theirs" nl nl CHUNK("2345678 and") nl nl      \
    nl CHUNK(" more") nl "id: 7" nl nl LAST nl nl "data: [DONE]" nl nl

static const char *const  streams[] = {
    STREAM("\n"), STREAM("\r\n"), STREAM("\r"),
    "\xef\xbb\xbf" STREAM("\n"), "\xef\xbb\xbf" STREAM("\r\n")
};


/* WHATWG HTML 9.2.6, the naive way: the events, one a line, as a client
   dispatches them. */
static void
events_of(const struct weir_buf *in, struct weir_buf *out)
{
    size_t  i = in->len >= 3 && memcmp(in->at, "\xef\xbb\xbf", 3) == 0
                ? 3 : 0;
    size_t  data = 0;

    while (i < in->len) {
        size_t  end = i, next;

        while (end < in->len && in->at[end] != '\r' && in->at[end] != '\n') {
            end++;
        }
        next = end + 1;
        if (end + 1 < in->len && in->at[end] == '\r'
            && in->at[end + 1] == '\n')
        {
            next++;
        }
        if (end == i) {
            if (data > 0) {
                weir_buf_addc(out, '\n');
            }
            data = 0;
        } else if (in->at[i] != ':') {
            weir_buf_addc(out, ' ');
            weir_buf_add(out, in->at + i, end - i);
            data++;
        }
        i = next;
    }
}


static void
run(const char *text, bool comments, struct weir_buf *events,
    unsigned *ncomments)
{
    static const char    ask[] = "{\"model\":\"m\",\"stream\":true,"
        "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    const size_t         len = strlen(text);
    struct weir_buf      all, piece;
    size_t               at = 0;

    weir_buf_init(&all, fx.w.mem, 1 << 20);
    CHECK(fixture_call(&fx, "key-ruled", "/v1/chat/completions",
                       weir_span_of(ask)) == WEIR_OK);
    CHECK(!weir_flow_answer_comment(fx.f, &all));      /* no answer yet */
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("text/event-stream"),
                                (struct weir_span) { NULL, 0 }) == WEIR_OK);
    while (at < len) {
        size_t  n = 1 + weir_test_random(&seed) % 40;

        n = n < len - at ? n : len - at;
        if (comments && weir_test_random(&seed) % 4 == 0) {
            const bool  ended = all.len > 0
                && memmem(all.at, all.len, "[DONE]", 6) != NULL;

            CHECK(weir_flow_answer_comment(fx.f, &all) == !ended);
            CHECK(weir_flow_answer_begun(fx.f));
            (*ncomments)++;
        }
        weir_buf_init(&piece, fx.w.mem, 1 << 20);
        CHECK(weir_flow_answer_feed(fx.f, (const uint8_t *) text + at, n,
                                    &piece) == WEIR_OK);
        weir_buf_add(&all, piece.at, piece.len);
        weir_buf_release(&piece);
        at += n;
    }
    CHECK(weir_flow_answer_finish(fx.f, true, &all) == WEIR_OK);
    fixture_end(&fx);
    CHECK(!weir_flow_answer_comment(fx.f, &all));
    events_of(&all, events);
    weir_buf_release(&all);
}


static void
test_same(void)
{
    unsigned  n = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        const char *const  text = streams[i % (sizeof(streams)
                                               / sizeof(*streams))];
        struct weir_buf    with, without;
        const uint64_t     start = seed;

        weir_buf_init(&with, fx.w.mem, 1 << 20);
        weir_buf_init(&without, fx.w.mem, 1 << 20);
        run(text, true, &with, &n);
        run(text, false, &without, &n);
        CHECK_MSG(with.len == without.len && with.len > 100
                  && memcmp(with.at, without.at, with.len) == 0,
                  "seed %llu\n%.*s---\n%.*s",
                  (unsigned long long) start, (int) with.len, with.at,
                  (int) without.len, without.at);
        weir_buf_release(&with);
        weir_buf_release(&without);
    }
    CHECK(n > ROUNDS);
}


/* Once a comment has left, the status has too: an error is an event. */
static void
test_error(void)
{
    struct weir_buf  out;

    weir_buf_init(&out, fx.w.mem, 1 << 20);
    CHECK(fixture_call(&fx, "key-ruled", "/v1/chat/completions",
              WEIR_SPAN("{\"model\":\"m\",\"stream\":true,\"messages\":"
                        "[{\"role\":\"user\",\"content\":\"hi\"}]}"))
          == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("text/event-stream"),
                                (struct weir_span) { NULL, 0 }) == WEIR_OK);
    CHECK(weir_flow_answer_comment(fx.f, &out));
    CHECK(weir_flow_answer_finish(fx.f, false, &out) == WEIR_OK);
    CHECK(out.len > 20 && memcmp(out.at, ": keep-alive\n\ndata: {\"error\"", 28)
                          == 0);
    weir_flow_close(fx.f, WEIR_END_UPSTREAM_BROKE, 200);
    weir_buf_release(&out);

    /* JSON has no room for it. */
    CHECK(fixture_call(&fx, "key-ruled", "/v1/chat/completions",
              WEIR_SPAN("{\"model\":\"m\",\"messages\":"
                        "[{\"role\":\"user\",\"content\":\"hi\"}]}"))
          == WEIR_OK);
    CHECK(weir_flow_answer_open(fx.f, 200, WEIR_SPAN("application/json"),
                                (struct weir_span) { NULL, 0 }) == WEIR_OK);
    CHECK(!weir_flow_answer_comment(fx.f, &out) && out.len == 0);
    weir_flow_close(fx.f, WEIR_END_CLIENT_GONE, 499);
}


int
main(void)
{
    fixture_open(&fx);
    test_same();
    test_error();
    fixture_close(&fx);
    return weir_test_done();
}
