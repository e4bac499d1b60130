/*
 * journal_sample.h: records for the tests: random ones, and whether two are
 * the same.
 */
#ifndef WEIR_JOURNAL_SAMPLE_H
#define WEIR_JOURNAL_SAMPLE_H

#include "journal/journal_internal.h"
#include "weir/error.h"
#include "base/test.h"

#include <dirent.h>
#include <fcntl.h>

struct sample {
    enum weir_frame_kind      kind;
    struct weir_begin_record  begin;
    struct weir_end_record    end;
    struct weir_hit           hits[WEIR_HITS_MAX];
    uint64_t                  at;         /* set by who writes it */
    uint8_t                   text[40 * 256];
    size_t                    text_len;
};


__attribute__((unused))
static struct weir_span
sample_text(struct sample *s, uint64_t *seed, size_t max)
{
    const size_t      len = weir_test_random(seed) % (max + 1);
    struct weir_span  span = { s->text + s->text_len, len };

    for (size_t i = 0; i < len; i++) {
        s->text[s->text_len++] = (uint8_t) weir_test_random(seed);
    }
    return span;
}


__attribute__((unused))
static void
sample_begin(struct sample *s, uint64_t *seed, uint64_t call)
{
    struct weir_begin_record  *r = &s->begin;

    s->kind = WEIR_FRAME_BEGIN;
    s->text_len = 0;
    memset(r, 0, sizeof(*r));
    /* As a ULID: time first, then what makes it unique. */
    r->at_ms = UINT64_C(1800000000000) + call * 20;
    for (int i = 0; i < 6; i++) {
        r->call_id[i] = (uint8_t) (r->at_ms >> (40 - 8 * i));
    }
    memcpy(r->call_id + 6, &call, 8);
    r->generation = weir_test_random(seed);
    r->reserved = (weir_micro) weir_test_random(seed);
    r->grant_slot = (uint32_t) weir_test_random(seed);
    r->protocol = (uint8_t) (weir_test_random(seed) % 2);
    r->stream = (uint8_t) (weir_test_random(seed) % 2);
    r->scenario = sample_text(s, seed, 255);
    r->key_id = sample_text(s, seed, 16);
    r->model = sample_text(s, seed, 40);
    r->upstream = sample_text(s, seed, 20);
    r->fund = sample_text(s, seed, 255);
    r->unit = sample_text(s, seed, 3);
    if (weir_test_random(seed) % 2 == 0) {
        r->tool = sample_text(s, seed, 255);
    }
}


__attribute__((unused))
static void
sample_end(struct sample *s, uint64_t *seed, uint64_t call, uint32_t nhits)
{
    struct weir_end_record  *r = &s->end;

    sample_begin(s, seed, call);
    s->kind = WEIR_FRAME_END;
    s->text_len = 0;
    memset(r, 0, sizeof(*r));
    memcpy(r->call_id, s->begin.call_id, 16);
    r->at_ms = weir_test_random(seed);
    r->first_byte_ms = weir_test_random(seed);
    r->charged = (weir_micro) weir_test_random(seed);
    r->grant_slot = (uint32_t) weir_test_random(seed);
    r->input_tokens = (int64_t) weir_test_random(seed);
    r->output_tokens = (int64_t) weir_test_random(seed);
    r->request_bytes = weir_test_random(seed);
    r->answer_bytes = weir_test_random(seed);
    r->held_max = weir_test_random(seed);
    r->status = (uint16_t) weir_test_random(seed);
    r->attempt = (uint16_t) weir_test_random(seed);
    r->ending = (uint8_t) (weir_test_random(seed) % 8);
    r->usage = (uint8_t) (weir_test_random(seed) % 3);
    r->translated = (uint8_t) (weir_test_random(seed) % 2);
    r->request_scanned = (uint8_t) (weir_test_random(seed) % 4);
    r->answer_scanned = (uint8_t) (weir_test_random(seed) % 4);
    r->action = (uint8_t) (weir_test_random(seed) % 6);
    r->error = (int16_t) -(int) (weir_test_random(seed) % 30);
    for (int i = 0; i < 32; i++) {
        r->request_hash[i] = (uint8_t) weir_test_random(seed);
    }
    r->decided = sample_text(s, seed, 255);
    if (weir_test_random(seed) % 2 == 0) {
        r->model = sample_text(s, seed, 120);
        r->upstream = sample_text(s, seed, 120);
    }
    r->nhits = nhits;
    r->hits_dropped = (uint32_t) weir_test_random(seed) >> 8;
    for (uint32_t i = 0; i < nhits; i++) {
        s->hits[i].count = (uint32_t) weir_test_random(seed);
        s->hits[i].action = (uint8_t) (weir_test_random(seed) % 6);
        s->hits[i].answer = (uint8_t) (weir_test_random(seed) % 2);
        s->hits[i].rule = sample_text(s, seed, 255);
    }
    r->hits = s->hits;
}


static bool
same_span(struct weir_span a, struct weir_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}


__attribute__((unused))
static bool
sample_is(const struct sample *s, const struct weir_frame *f)
{
    const struct weir_begin_record  *a = &s->begin, *b = &f->begin;
    const struct weir_end_record    *c = &s->end, *d = &f->end;

    if (s->kind != f->kind || f->cut) {
        return false;
    }
    if (s->kind == WEIR_FRAME_BEGIN) {
        return memcmp(a, b, offsetof(struct weir_begin_record, scenario)) == 0
               && same_span(a->scenario, b->scenario)
               && same_span(a->key_id, b->key_id)
               && same_span(a->model, b->model)
               && same_span(a->upstream, b->upstream)
               && same_span(a->fund, b->fund) && same_span(a->unit, b->unit)
               && same_span(a->tool, b->tool);
    }
    for (uint32_t i = 0; i < c->nhits; i++) {
        if (i >= d->nhits || c->hits[i].count != d->hits[i].count
            || c->hits[i].action != d->hits[i].action
            || c->hits[i].answer != d->hits[i].answer
            || !same_span(c->hits[i].rule, d->hits[i].rule))
        {
            return false;
        }
    }
    return memcmp(c->call_id, d->call_id, 16) == 0 && c->at_ms == d->at_ms
           && c->first_byte_ms == d->first_byte_ms
           && c->charged == d->charged && c->grant_slot == d->grant_slot
           && c->input_tokens == d->input_tokens
           && c->output_tokens == d->output_tokens
           && c->request_bytes == d->request_bytes
           && c->answer_bytes == d->answer_bytes
           && c->held_max == d->held_max && c->status == d->status
           && c->attempt == d->attempt
           && c->ending == d->ending && c->usage == d->usage
           && c->translated == d->translated
           && c->request_scanned == d->request_scanned
           && c->answer_scanned == d->answer_scanned
           && c->action == d->action && c->error == d->error
           && memcmp(c->request_hash, d->request_hash, 32) == 0
           && same_span(c->model, d->model)
           && same_span(c->upstream, d->upstream)
           && same_span(c->decided, d->decided) && c->nhits == d->nhits
           && c->hits_dropped == d->hits_dropped;
}


/* The n-th journal file of the folder, in order of names; false: none. */
__attribute__((unused))
static bool
sample_file(int dir, unsigned n, char out[64])
{
    DIR            *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
    struct dirent  *e;
    char            names[64][64];
    unsigned        count = 0;

    while (d != NULL && (e = readdir(d)) != NULL) {
        const size_t  len = strlen(e->d_name);

        if (e->d_name[0] != '.' && len > 3 && len < 64 && count < 64
            && strcmp(e->d_name + len - 3, ".wj") == 0)
        {
            memcpy(names[count++], e->d_name, len + 1);
        }
    }
    if (d != NULL) {
        (void) closedir(d);
    }
    qsort(names, count, sizeof(names[0]),
          (int (*)(const void *, const void *)) strcmp);
    if (n >= count) {
        return false;
    }
    memcpy(out, names[n], 64);
    return true;
}


__attribute__((unused))
static void
sample_clear(int dir)
{
    char  name[64];

    while (sample_file(dir, 0, name)) {
        (void) unlinkat(dir, name, 0);
    }
}

#endif
