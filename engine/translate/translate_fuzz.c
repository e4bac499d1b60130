/*
 * translate_fuzz.c: whatever comes in, JSON and events come out or an error;
 * a stream in pieces that the input itself chooses gives what it gives whole.
 *
 * Input: one byte that says what to do, then the document or the stream.
 */
#include "translate/translate_tree.h"
#include "weir/decode.h"
#include "weir/error.h"
#include "weir/translate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_json(struct weir_mem *mem, struct weir_span text)
{
    struct weir_tree  t;

    weir_assert(weir_tree_open(&t, mem, text) == WEIR_OK);
    weir_tree_close(&t);
}


/* All of it are events, and their data is JSON. */
static void
check_stream(struct weir_mem *mem, const struct weir_buf *out)
{
    struct weir_sse        sse;
    struct weir_sse_event  ev;
    size_t                 at = 0, taken;

    weir_sse_open(&sse);
    while (at < out->len) {
        weir_assert(weir_sse_feed(&sse, out->at + at, out->len - at, &taken)
                    == WEIR_DONE);
        weir_sse_parse(out->at + at, taken, &ev);
        weir_assert(ev.lines == 1);
        if (!weir_span_is(ev.data, "[DONE]")) {
            check_json(mem, ev.data);
        }
        at += taken;
    }
}


static int
stream(const struct weir_translate_how *how, const uint8_t *at, size_t size,
    bool cut, struct weir_buf *out)
{
    struct weir_translator *const  t = weir_translate_open(how);
    size_t                         done = 0;
    int                            rc = WEIR_OK;

    weir_assert(t != NULL);
    while (done < size && rc == WEIR_OK) {
        size_t  n = cut ? at[done] % 23 + 1u : size;

        n = n < size - done ? n : size - done;
        rc = weir_translate_feed(t, at + done, n, out);
        done += n;
    }
    if (rc == WEIR_OK) {
        rc = weir_translate_finish(t, out);
    }
    weir_translate_close(t);
    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                       field[WEIR_TRANSLATE_FIELD_BYTES];
    struct weir_mem *const     mem = weir_mem_open(1 << 20);
    struct weir_translate_how  how = { .mem = mem, .max_tokens = 9,
                                       .id = "ID" };
    struct weir_buf            a, b;
    struct weir_span           in;
    uint8_t                   *copy;
    int                        rc;

    weir_assert(mem != NULL);
    if (size < 2) {
        weir_mem_close(mem);
        return 0;
    }
    how.client = (data[0] & 1) != 0 ? WEIR_WIRE_MESSAGES : WEIR_WIRE_CHAT;
    how.usage = (data[0] & 2) != 0;
    how.openai = (data[0] & 4) != 0;
    copy = malloc(size - 1);
    weir_assert(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    in = (struct weir_span) { copy, size - 1 };
    weir_buf_init(&a, mem, 1 << 26);
    weir_buf_init(&b, mem, 1 << 26);
    if ((data[0] & 24) == 0) {
        rc = weir_translate_request(&how, in, &a, field);
    } else if ((data[0] & 24) == 8) {
        rc = weir_translate_answer(&how, (data[0] & 32) != 0 ? 400 : 200, in,
                                   &a);
    } else {
        rc = stream(&how, copy, in.len, false, &a);
        weir_assert(stream(&how, copy, in.len, true, &b) == rc);
        weir_assert(a.len == b.len && (a.len == 0
                    || memcmp(a.at, b.at, a.len) == 0));
        check_stream(mem, &a);
        rc = WEIR_E_INTERNAL;
    }
    if (rc == WEIR_OK) {
        check_json(mem, weir_buf_span(&a));
    }
    weir_buf_release(&a);
    weir_buf_release(&b);
    free(copy);
    weir_assert(weir_mem_used(mem) == 0);
    weir_mem_close(mem);
    return 0;
}
