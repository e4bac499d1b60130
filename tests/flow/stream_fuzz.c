/*
 * stream_fuzz.c: any bytes as an SSE answer, in any TCP segments, give the
 * same bytes out; and the engine gives all its memory back. The first byte
 * chooses the protocol (0 OpenAI, 1 Anthropic, 2 Gemini, 3 MCP, by its rest),
 * the next eight the segments.
 */
#include "flow_fixture.h"

#define CALLS_PER_JOURNAL  20000   /* then a fresh one: fuzzing runs long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture  fx;
static unsigned        calls;


static void
setup(void)
{
    if (fx.f == NULL || calls >= CALLS_PER_JOURNAL) {
        if (fx.f != NULL) {
            fixture_close(&fx);
        }
        fixture_open(&fx);
        calls = 0;
    }
}


static int
run(unsigned protocol, struct weir_span answer, size_t step, uint64_t *seed,
    struct weir_buf *out)
{
    static const struct { const char *path, *body; }  asks[] = {
        { "/v1/chat/completions",
          "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":"
          "\"user\",\"content\":\"13812345678\"}]}" },
        { "/v1/messages",
          "{\"model\":\"c\",\"max_tokens\":9,\"stream\":true,"
          "\"messages\":[{\"role\":\"user\",\"content\":\"13812345678\"}]}"
        },
        { "/v1beta/models/g:streamGenerateContent?alt=sse",
          "{\"contents\":[{\"parts\":[{\"text\":\"13812345678\"}]}]}" },
        { "/mcp/t", "{\"id\":\"13812345678\",\"method\":\"tools/list\"}" }
    };
    int  rc;

    calls++;
    fx.w.seq = 0;        /* the same decision id, so that bytes compare */
    rc = fixture_call(&fx, "key-ruled", asks[protocol].path,
                      weir_span_of(asks[protocol].body));
    weir_assert(rc == WEIR_OK);
    rc = fixture_answer(&fx, "text/event-stream", 200, answer, step, seed,
                        out);
    weir_flow_close(fx.f, WEIR_END_OK, 200);
    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_buf   whole, split;
    struct weir_span  answer;
    uint64_t          seed = 0;
    int               a, b;

    if (size < 10) {
        return 0;
    }
    setup();
    memcpy(&seed, data + 1, 8);
    seed |= 1;
    answer = (struct weir_span) { data + 9, size - 9 };
    weir_buf_init(&whole, fx.w.mem, 1 << 24);
    weir_buf_init(&split, fx.w.mem, 1 << 24);
    a = run(data[0] % 4, answer, answer.len, &seed, &whole);
    b = run(data[0] % 4, answer, 0, &seed, &split);
    weir_assert((a < 0) == (b < 0));
    weir_assert(whole.len == split.len
                && (whole.len == 0
                    || memcmp(whole.at, split.at, whole.len) == 0));
    weir_buf_release(&whole);
    weir_buf_release(&split);
    return 0;
}
