/*
 * doc_run.h: for tests and fuzzing: a document through weir_doc in pieces,
 * and two results compared.
 */
#ifndef WEIR_DECODE_DOC_RUN_H
#define WEIR_DECODE_DOC_RUN_H

#include "decode/doc.h"

struct doc_run {
    struct weir_doc    doc;
    struct weir_text   texts[4096];
    int                rc;
    uint32_t           ntexts;
};

/* The length of the piece to feed next, of `left` bytes. */
typedef size_t (*doc_piece)(void *ctx, size_t left);

__attribute__((unused))
static void
doc_run(struct doc_run *r, enum weir_shape shape, const uint8_t *at,
    size_t len, doc_piece piece, void *ctx)
{
    int  rc = WEIR_OK;

    weir_doc_open(&r->doc, shape, r->texts,
                  sizeof(r->texts) / sizeof(r->texts[0]));
    while (len > 0 && rc == WEIR_OK) {
        const size_t  n = piece(ctx, len);

        rc = weir_doc_feed(&r->doc, at, n);
        at += n;
        len -= n;
    }
    r->rc = weir_doc_finish(&r->doc);
    weir_assert(rc == WEIR_OK || r->rc == rc);
    r->ntexts = weir_doc_texts(&r->doc);
}


__attribute__((unused))
static bool
doc_same_spot(struct weir_spot a, struct weir_spot b)
{
    return a.begin == b.begin && a.end == b.end;
}


__attribute__((unused))
static bool
doc_same_facts(const struct weir_facts *a, const struct weir_facts *b)
{
    bool  same = doc_same_spot(a->model, b->model)
        && doc_same_spot(a->max_tokens, b->max_tokens)
        && doc_same_spot(a->stream_options, b->stream_options)
        && doc_same_spot(a->include_usage_at, b->include_usage_at)
        && doc_same_spot(a->usage, b->usage)
        && doc_same_spot(a->id, b->id)
        && doc_same_spot(a->created, b->created)
        && a->max_tokens_value == b->max_tokens_value
        && a->choices == b->choices && a->stream == b->stream
        && a->include_usage == b->include_usage
        && a->object_end == b->object_end && a->messages == b->messages
        && a->input_tokens == b->input_tokens
        && a->output_tokens == b->output_tokens
        && a->nchoices == b->nchoices && a->error == b->error
        && a->event == b->event && a->block == b->block
        && a->block_kind == b->block_kind
        && a->not_scanned == b->not_scanned
        && a->nfinish == b->nfinish && a->nstrip == b->nstrip;

    for (uint32_t i = 0; same && i < a->nfinish; i++) {
        same = a->finish[i].choice == b->finish[i].choice
            && doc_same_spot(a->finish[i].value, b->finish[i].value);
    }
    for (uint32_t i = 0; same && i < a->nstrip; i++) {
        same = doc_same_spot(a->strip[i], b->strip[i]);
    }
    return same;
}


__attribute__((unused))
static bool
doc_same(const struct doc_run *a, const struct doc_run *b)
{
    return a->rc == b->rc && a->ntexts == b->ntexts
        && memcmp(a->texts, b->texts, a->ntexts * sizeof(a->texts[0])) == 0
        && (a->rc != WEIR_OK || doc_same_facts(&a->doc.facts, &b->doc.facts));
}


/* What holds for every document, whatever is in it. */
__attribute__((unused))
static void
doc_check(const struct doc_run *r, const uint8_t *at, size_t len)
{
    uint32_t  before = 0;

    for (uint32_t i = 0; r->rc == WEIR_OK && i < r->ntexts; i++) {
        const struct weir_text  *t = &r->texts[i];

        weir_assert(t->begin >= before && t->begin <= t->end);
        weir_assert(t->end <= len);
        weir_assert(t->place <= WEIR_AT_OTHER);
        weir_assert(t->key_at + t->key_len <= len);
        if (t->form != WEIR_TEXT_NUMBER) {
            weir_assert(at[t->begin - 1] == '"' && at[t->end] == '"');
        }
        if (t->key_len > 0) {
            weir_assert(at[t->key_at - 1] == '"');
        }
        before = t->end;
    }
    for (uint32_t i = 0; r->rc == WEIR_OK && i < r->doc.facts.nstrip; i++) {
        const struct weir_spot  s = r->doc.facts.strip[i];

        weir_assert(s.begin < s.end && s.end <= len);
        for (uint32_t k = 0; k < r->ntexts; k++) {
            weir_assert(r->texts[k].end <= s.begin
                        || r->texts[k].begin >= s.end);
        }
    }
}

#endif
