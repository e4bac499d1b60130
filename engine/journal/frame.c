/*
 * frame.c: records to frames and back, as frame.h says. Encoding is
 * canonical: one record, one sequence of bytes; decoding refuses any other.
 */
#include "journal/frame.h"
#include "weir/error.h"

/* Host order is little endian on all that is built for; the copy is what
   makes unaligned access defined. */
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little endian");

#define PUT(p, at, v)  memcpy((p) + (at), &(v), sizeof(v))
#define GET(p, at, v)  memcpy(&(v), (p) + (at), sizeof(v))

static uint8_t *put_string(uint8_t *p, struct weir_span s, uint8_t *flags);
static const uint8_t *get_string(const uint8_t *p, const uint8_t *end,
    struct weir_span *s);
static size_t  finish(uint8_t *out, const uint8_t *end, uint64_t at,
    uint8_t kind, uint8_t flags);
static uint32_t  checksum(const uint8_t *p, uint32_t length, uint64_t at);
static const uint8_t *decode_begin(const uint8_t *p, const uint8_t *end,
    struct weir_begin_record *r);
static const uint8_t *decode_end(const uint8_t *p, const uint8_t *end,
    struct weir_end_record *r, struct weir_hit *hits);


void
weir_head_encode(uint8_t out[WEIR_JOURNAL_HEAD],
    const struct weir_journal_head *h)
{
    const uint32_t  version = WEIR_JOURNAL_VERSION;
    const uint32_t  bytes = WEIR_JOURNAL_HEAD;
    uint32_t        crc;

    memset(out, 0, WEIR_JOURNAL_HEAD);
    memcpy(out, WEIR_JOURNAL_MAGIC, 8);
    PUT(out, 8, version);
    PUT(out, 12, bytes);
    PUT(out, 16, h->node);
    PUT(out, 32, h->boot);
    PUT(out, 48, h->start_ms);
    PUT(out, 56, h->process_start);
    PUT(out, 64, h->pid);
    PUT(out, 68, h->seq);
    crc = weir_crc32c(0, out, 76);
    PUT(out, 76, crc);
}


int
weir_head_decode(const uint8_t in[WEIR_JOURNAL_HEAD],
    struct weir_journal_head *h)
{
    uint32_t  version, bytes, zero, crc;

    GET(in, 8, version);
    GET(in, 12, bytes);
    GET(in, 16, h->node);
    GET(in, 32, h->boot);
    GET(in, 48, h->start_ms);
    GET(in, 56, h->process_start);
    GET(in, 64, h->pid);
    GET(in, 68, h->seq);
    GET(in, 72, zero);
    GET(in, 76, crc);
    if (memcmp(in, WEIR_JOURNAL_MAGIC, 8) != 0
        || version != WEIR_JOURNAL_VERSION || bytes != WEIR_JOURNAL_HEAD
        || zero != 0 || crc != weir_crc32c(0, in, 76))
    {
        return WEIR_E_CORRUPT;
    }
    return WEIR_OK;
}


size_t
weir_frame_encode_begin(uint8_t *out, uint64_t at,
    const struct weir_begin_record *r)
{
    const struct weir_span  strings[WEIR_BEGIN_STRINGS] = {
        r->scenario, r->key_id, r->model, r->upstream, r->fund, r->unit
    };
    uint8_t                *p = out + WEIR_BEGIN_FIXED;
    uint8_t                 flags = 0;

    memset(out, 0, WEIR_BEGIN_FIXED);
    PUT(out, 16, r->call_id);
    PUT(out, 32, r->at_ms);
    PUT(out, 40, r->generation);
    PUT(out, 48, r->reserved);
    PUT(out, 56, r->grant_slot);
    PUT(out, 60, r->protocol);
    PUT(out, 61, r->stream);
    for (unsigned i = 0; i < WEIR_BEGIN_STRINGS; i++) {
        p = put_string(p, strings[i], &flags);
    }
    if (r->tool.len > 0) {
        p = put_string(p, r->tool, &flags);
    }
    return finish(out, p, at, WEIR_FRAME_BEGIN, flags);
}


size_t
weir_frame_encode_end(uint8_t *out, uint64_t at,
    const struct weir_end_record *r)
{
    const uint32_t  nhits = r->nhits < WEIR_HITS_MAX ? r->nhits
                                                     : WEIR_HITS_MAX;
    const uint32_t  dropped = r->hits_dropped + (r->nhits - nhits);
    uint8_t        *p = out + WEIR_END_FIXED;
    uint8_t         flags = 0;

    memset(out, 0, WEIR_END_FIXED);
    PUT(out, 16, r->call_id);
    PUT(out, 32, r->at_ms);
    PUT(out, 40, r->first_byte_ms);
    PUT(out, 48, r->charged);
    PUT(out, 56, r->input_tokens);
    PUT(out, 64, r->output_tokens);
    PUT(out, 72, r->request_bytes);
    PUT(out, 80, r->answer_bytes);
    PUT(out, 88, r->held_max);
    PUT(out, 96, r->grant_slot);
    PUT(out, 100, dropped);
    PUT(out, 104, r->status);
    PUT(out, 106, r->error);
    PUT(out, 108, r->ending);
    out[109] = (uint8_t) (r->usage | (r->translated ? 0x80 : 0));
    PUT(out, 110, r->request_scanned);
    PUT(out, 111, r->answer_scanned);
    PUT(out, 112, r->action);
    out[113] = (uint8_t) nhits;
    PUT(out, 114, r->attempt);
    PUT(out, 116, r->request_hash);
    p = put_string(p, r->decided, &flags);
    for (uint32_t i = 0; i < nhits; i++) {
        PUT(p, 0, r->hits[i].count);
        PUT(p, 4, r->hits[i].action);
        PUT(p, 5, r->hits[i].answer);
        p = put_string(p + WEIR_HIT_FIXED, r->hits[i].rule, &flags);
    }
    if (r->model.len > 0 || r->upstream.len > 0) {
        p = put_string(p, r->model, &flags);
        p = put_string(p, r->upstream, &flags);
    }
    return finish(out, p, at, WEIR_FRAME_END, flags);
}


uint32_t
weir_frame_length(const uint8_t *p)
{
    uint32_t  length, used;
    uint16_t  zero;

    GET(p, 0, length);
    GET(p, 10, zero);
    GET(p, 12, used);
    if (length < WEIR_FRAME_HEAD || length > WEIR_FRAME_BYTES_MAX
        || used < WEIR_FRAME_HEAD || used > length
        || length != WEIR_FRAME_ALIGN(used)
        || (p[8] != WEIR_FRAME_BEGIN && p[8] != WEIR_FRAME_END)
        || (p[9] & ~WEIR_FRAME_CUT) != 0 || zero != 0)
    {
        return 0;
    }
    return length;
}


bool
weir_frame_valid(const uint8_t *p, uint64_t at)
{
    uint32_t  length, crc;

    GET(p, 0, length);
    GET(p, 4, crc);
    return crc == checksum(p, length, at);
}


bool
weir_frame_decode(const uint8_t *p, struct weir_frame *f)
{
    uint32_t        length, used;
    const uint8_t  *end;

    GET(p, 0, length);
    GET(p, 12, used);
    for (uint32_t i = used; i < length; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    f->kind = (enum weir_frame_kind) p[8];
    f->cut = (p[9] & WEIR_FRAME_CUT) != 0;
    end = f->kind == WEIR_FRAME_BEGIN
          ? decode_begin(p, p + used, &f->begin)
          : decode_end(p, p + used, &f->end, f->hits);
    return end == p + used;
}


static const uint8_t *
decode_begin(const uint8_t *p, const uint8_t *end,
    struct weir_begin_record *r)
{
    struct weir_span *const  strings[WEIR_BEGIN_STRINGS] = {
        &r->scenario, &r->key_id, &r->model, &r->upstream, &r->fund, &r->unit
    };

    if (end - p < WEIR_BEGIN_FIXED || p[62] != 0 || p[63] != 0) {
        return NULL;
    }
    GET(p, 16, r->call_id);
    GET(p, 32, r->at_ms);
    GET(p, 40, r->generation);
    GET(p, 48, r->reserved);
    GET(p, 56, r->grant_slot);
    GET(p, 60, r->protocol);
    GET(p, 61, r->stream);
    p += WEIR_BEGIN_FIXED;
    for (unsigned i = 0; i < WEIR_BEGIN_STRINGS && p != NULL; i++) {
        p = get_string(p, end, strings[i]);
    }
    r->tool = (struct weir_span) { NULL, 0 };
    if (p != NULL && p < end) {
        p = get_string(p, end, &r->tool);
        if (r->tool.len == 0) {
            return NULL;         /* would be encoded without it */
        }
    }
    return p;
}


static const uint8_t *
decode_end(const uint8_t *p, const uint8_t *end, struct weir_end_record *r,
    struct weir_hit *hits)
{
    if (end - p < WEIR_END_FIXED || p[113] > WEIR_HITS_MAX) {
        return NULL;
    }
    GET(p, 16, r->call_id);
    GET(p, 32, r->at_ms);
    GET(p, 40, r->first_byte_ms);
    GET(p, 48, r->charged);
    GET(p, 56, r->input_tokens);
    GET(p, 64, r->output_tokens);
    GET(p, 72, r->request_bytes);
    GET(p, 80, r->answer_bytes);
    GET(p, 88, r->held_max);
    GET(p, 96, r->grant_slot);
    GET(p, 100, r->hits_dropped);
    GET(p, 104, r->status);
    GET(p, 106, r->error);
    GET(p, 108, r->ending);
    r->usage = p[109] & 0x7f;
    r->translated = p[109] >> 7;
    GET(p, 110, r->request_scanned);
    GET(p, 111, r->answer_scanned);
    GET(p, 112, r->action);
    r->nhits = p[113];
    GET(p, 114, r->attempt);
    r->hits = hits;
    GET(p, 116, r->request_hash);
    p = get_string(p + WEIR_END_FIXED, end, &r->decided);
    for (uint32_t i = 0; i < r->nhits && p != NULL; i++) {
        if (end - p < (ptrdiff_t) WEIR_HIT_FIXED) {
            return NULL;
        }
        GET(p, 0, hits[i].count);
        GET(p, 4, hits[i].action);
        GET(p, 5, hits[i].answer);
        p = get_string(p + WEIR_HIT_FIXED, end, &hits[i].rule);
    }
    r->model = (struct weir_span) { NULL, 0 };
    r->upstream = (struct weir_span) { NULL, 0 };
    if (p != NULL && p < end) {
        p = get_string(p, end, &r->model);
        p = p == NULL ? NULL : get_string(p, end, &r->upstream);
        if (r->model.len == 0 && r->upstream.len == 0) {
            return NULL;         /* would be encoded without them */
        }
    }
    return p;
}


static uint8_t *
put_string(uint8_t *p, struct weir_span s, uint8_t *flags)
{
    size_t  len = s.len;

    if (len > WEIR_JOURNAL_STRING) {
        len = WEIR_JOURNAL_STRING;
        while (len > 0 && (s.at[len] & 0xc0) == 0x80) {
            len--;      /* not inside a character */
        }
        *flags |= WEIR_FRAME_CUT;
    }
    *p++ = (uint8_t) len;
    if (len > 0) {
        memcpy(p, s.at, len);
    }
    return p + len;
}


/* Behind the string, or NULL when it does not end before `end`. */
static const uint8_t *
get_string(const uint8_t *p, const uint8_t *end, struct weir_span *s)
{
    if (end - p < 1 || end - p - 1 < p[0]) {
        return NULL;
    }
    *s = (struct weir_span) { p + 1, p[0] };
    return p + 1 + p[0];
}


static size_t
finish(uint8_t *out, const uint8_t *end, uint64_t at, uint8_t kind,
    uint8_t flags)
{
    const uint32_t  used = (uint32_t) (end - out);
    const uint32_t  length = WEIR_FRAME_ALIGN(used);
    uint32_t        crc;

    memset(out + used, 0, length - used);
    PUT(out, 0, length);
    out[8] = kind;
    out[9] = flags;
    PUT(out, 12, used);
    crc = checksum(out, length, at);
    PUT(out, 4, crc);
    return length;
}


static uint32_t
checksum(const uint8_t *p, uint32_t length, uint64_t at)
{
    uint32_t  crc = weir_crc32c(0, &at, sizeof(at));

    crc = weir_crc32c(crc, p, 4);
    return weir_crc32c(crc, p + 8, length - 8);
}
