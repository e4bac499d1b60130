/*
 * again.c: the same event again. The events of a streamed answer are alike
 * but for one text, so most of them need no parsing: if an event begins and
 * ends with the very bytes of an earlier one, and what stands between is a
 * valid JSON string, then it has the same keys, the same choice, the same
 * everything but that text.
 *
 *     data: {"id":"x","choices":[{"delta":{"content":" word"},"index":0}]}
 *     |------------------ same ----------------------|text |--- same ----|
 *
 * Kept is the last event that was parsed and had one text of a lane and
 * nothing else that matters (no end, no usage, nothing to strip). Anything
 * else is parsed as always.
 */
#include "flow/flow_internal.h"

#define NOTHING  { WEIR_SPOT_NONE, WEIR_SPOT_NONE }

/* What is to be known of an event that has just a text. */
const struct weir_facts  weir_plain_facts = {
    .model = NOTHING, .max_tokens = NOTHING, .max_tokens_value = -1,
    .choices = -1, .stream = -1, .include_usage = -1,
    .stream_options = NOTHING, .include_usage_at = NOTHING,
    .input_tokens = -1, .output_tokens = -1, .usage = NOTHING,
    .id = NOTHING, .created = NOTHING, .seconds = NOTHING, .words = NOTHING,
    .marks = { NOTHING, NOTHING, NOTHING, NOTHING, NOTHING },
    .nchoices = 1,
};


bool
weir_again_fits(const struct weir_facts *facts, const struct weir_text *texts,
    uint32_t ntexts, size_t len)
{
    return len <= WEIR_AGAIN_BYTES_MAX && ntexts == 1 && texts[0].stream
           && texts[0].form == WEIR_TEXT_STRING && facts->nfinish == 0
           && facts->nstrip == 0 && facts->usage.begin == WEIR_SPOT_NONE
           && facts->input_tokens < 0 && facts->output_tokens < 0
           && facts->not_scanned == 0 && facts->error <= 0
           && (facts->event == WEIR_EVENT_NONE
               || facts->event == WEIR_EVENT_BLOCK_DELTA);
}


void
weir_again_keep(struct weir_flow *f, const uint8_t *at, size_t len,
    size_t doc_at, size_t doc_len, const struct weir_text *t)
{
    struct weir_again  *a = f->again;

    if (a == NULL || sizeof(*a) + len > f->again_got) {
        weir_mem_put(f->w->mem, a, f->again_got);
        a = weir_mem_get(f->w->mem, sizeof(*a) + len, &f->again_got);
        f->again = a;
        if (a == NULL) {
            f->again_got = 0;
            return;              /* only slower */
        }
    }
    a->text = *t;
    a->len = (uint32_t) len;
    a->doc_at = (uint32_t) doc_at;
    a->doc_len = (uint32_t) doc_len;
    memcpy(a->bytes, at, len);
}


bool
weir_again_is(const struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_text *t)
{
    const struct weir_again *const  a = f->again;
    const uint8_t                  *p;
    struct weir_json                json;
    struct weir_token               token;
    size_t                          head, tail;

    if (a == NULL) {
        return false;
    }
    head = a->doc_at + a->text.begin - 1;          /* up to the quote */
    tail = a->len - (a->doc_at + a->text.end + 1); /* behind the other */
    if (len < head + tail + 2 || at[head] != '"'
        || memcmp(at, a->bytes, head) != 0
        || memcmp(at + len - tail, a->bytes + a->len - tail, tail) != 0)
    {
        return false;
    }
    p = at + head;
    weir_json_open(&json);
    if (weir_json_next(&json, &p, at + len - tail, &token) != WEIR_DONE
        || p != at + len - tail)
    {
        return false;
    }
    *t = a->text;
    t->end = (uint32_t) (len - tail - 1 - a->doc_at);
    return true;
}
