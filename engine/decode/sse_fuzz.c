/*
 * sse_fuzz.c: a stream framed in pieces that the input itself chooses has
 * the same events with data as framed whole.
 *
 * Input: the stream; the lengths of the pieces are read from its bytes.
 */
#include "weir/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* The events with data, name and joined data each ended by a zero byte. At
   most 2 bytes an event more than came in. */
static size_t
frame(const uint8_t *at, size_t len, bool cut, uint8_t *out)
{
    struct weir_sse        s;
    struct weir_sse_event  ev;
    size_t                 start = 0, i = 0, n = 0, next = 0;

    weir_sse_open(&s);
    while (i < len) {
        const size_t  want = cut ? 1u + at[next++ % len] % 17 : len;
        const size_t  end = want < len - i ? i + want : len;

        while (i < end) {
            size_t     taken;
            const int  rc = weir_sse_feed(&s, at + i, end - i, &taken);

            weir_assert(taken > 0 && taken <= end - i);
            i += taken;
            weir_assert(rc == WEIR_DONE || (rc == WEIR_MORE && i == end));
            if (rc == WEIR_MORE) {
                continue;
            }

            weir_sse_parse(at + start, i - start, &ev);
            if (ev.lines > 0) {
                size_t  joined;

                memcpy(out + n, ev.name.at, ev.name.len);
                n += ev.name.len;
                out[n++] = 0;
                joined = weir_sse_join(at + start, i - start, out + n);
                weir_assert(joined <= i - start);
                weir_assert(ev.lines > 1 || joined == ev.data.len);
                n += joined;
                out[n++] = 0;
            }
            start = i;
        }
    }
    return n;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *const  a = malloc(2 * size + 2);
    uint8_t *const  b = malloc(2 * size + 2);
    size_t          n;

    weir_assert(a != NULL && b != NULL);
    if (size > 0) {
        n = frame(data, size, false, a);
        weir_assert(n <= 2 * size);
        weir_assert(frame(data, size, true, b) == n && memcmp(a, b, n) == 0);
    }
    free(a);
    free(b);
    return 0;
}
