/*
 * scan_pack.c: a scan between two feeds, in as few bytes as it needs, so
 * that ten thousand idle streams do not each keep the full working set.
 *
 *   head       struct weir_scan up to the ring
 *   counts     u8 ring, u8 contexts, u8 covered, u8 0
 *   ring       the steps that the automaton's state still refers to
 *   contexts   { class, character } of the context words that can still
 *              speak for an identifier
 *   covered    { begin, end, kind } that can still contain an identifier
 *   attempts, pending, walks, halves, places, and last the syms
 *
 * In a quiet place of ordinary text that is about a hundred bytes.
 */
#include "scan/scan_state.h"

#define HEAD  offsetof(struct weir_scan, ring)

struct packed_context {
    uint32_t  class_of;
    uint32_t  at;
};

struct packed_counts {
    uint8_t  ring;
    uint8_t  contexts;
    uint8_t  covered;
    uint8_t  reserved;
};


size_t
weir_scan_pack_max(void)
{
    return sizeof(struct weir_scan) + sizeof(struct packed_counts)
           + (WEIR_CONTEXTS_MAX + 1) * sizeof(struct packed_context)
           + SCAN_COVERED * sizeof(struct scan_covered);
}


static uint8_t *
put(uint8_t *out, const void *at, size_t len)
{
    memcpy(out, at, len);
    return out + len;
}


static uint8_t *
put_ring(const struct weir_scan *s, uint8_t *out, uint8_t *n)
{
    const struct weir_cold  *cold = WEIR_PART(s->m, struct weir_cold, cold);
    uint32_t                 back = cold[s->state].depth;

    if (back > s->step) {
        back = s->step;
    }
    *n = (uint8_t) back;
    for (; back > 0; back--) {
        out = put(out, &s->ring[(s->step - back) % SCAN_RING], 4);
    }
    return out;
}


/* The longest attempt refers to all that the others do. */
static uint32_t
nsyms_of(const struct weir_scan *s)
{
    uint32_t  n = 0;

    for (unsigned i = 0; i < s->nattempts; i++) {
        n = s->attempts[i].chars > n ? s->attempts[i].chars : n;
    }
    n = n < SCAN_SYMS ? n : SCAN_SYMS;
    return n < s->nsyms ? n : s->nsyms;
}


static uint8_t *
put_contexts(const struct weir_scan *s, uint8_t *out, uint8_t *n)
{
    const uint32_t  now = s->step - s->nboundaries;

    *n = 0;
    for (uint32_t k = 0; s->any_heard && k <= WEIR_CONTEXTS_MAX; k++) {
        const struct packed_context  c = { k, s->context[k] };

        if (c.at != 0 && now - (c.at - 1) <= WEIR_CONTEXT_CHARS) {
            out = put(out, &c, sizeof(c));
            (*n)++;
        }
    }
    return out;
}


static uint8_t *
put_covered(const struct weir_scan *s, uint8_t *out, uint8_t *n)
{
    const uint64_t  from = s->nattempts > 0 ? s->attempts[0].begin : s->pos;

    *n = 0;
    for (unsigned k = 0; k < SCAN_COVERED; k++) {
        if (s->covered[k].end > from) {
            out = put(out, &s->covered[k], sizeof(s->covered[k]));
            (*n)++;
        }
    }
    return out;
}


size_t
weir_scan_pack(const struct weir_scan *s, uint8_t *out)
{
    uint8_t *const        begin = out;
    struct packed_counts  n = { 0 };
    uint8_t              *at;

    weir_assert(s->magic == SCAN_MAGIC);
    out = put(out, s, HEAD);
    at = out;
    out += sizeof(n);
    out = put_ring(s, out, &n.ring);
    out = put_contexts(s, out, &n.contexts);
    out = put_covered(s, out, &n.covered);
    out = put(out, s->attempts, s->nattempts * sizeof(s->attempts[0]));
    out = put(out, s->pending, s->npending * sizeof(s->pending[0]));
    out = put(out, s->walks, s->nwalks * sizeof(s->walks[0]));
    out = put(out, s->halves, s->nhalves * sizeof(s->halves[0]));
    out = put(out, s->places, s->nplaces * sizeof(s->places[0]));
    for (uint32_t back = nsyms_of(s); back > 0; back--) {
        *out++ = s->syms[(s->nsyms - back) % SCAN_SYMS];
    }
    memcpy(at, &n, sizeof(n));
    return (size_t) (out - begin);
}


static const uint8_t *
get(void *to, const uint8_t *in, size_t len)
{
    memcpy(to, in, len);
    return in + len;
}


void
weir_scan_unpack(struct weir_scan *s, const uint8_t *in, size_t len)
{
    const uint8_t *const   begin = in;
    struct packed_counts   n;
    struct packed_context  c;

    in = get(s, in, HEAD);
    weir_assert(s->magic == SCAN_MAGIC);
    in = get(&n, in, sizeof(n));
    for (uint32_t back = n.ring; back > 0; back--) {
        in = get(&s->ring[(s->step - back) % SCAN_RING], in, 4);
    }
    memset(s->context, 0, sizeof(s->context));
    for (unsigned i = 0; i < n.contexts; i++) {
        in = get(&c, in, sizeof(c));
        s->context[c.class_of] = c.at;
    }
    s->any_heard = n.contexts > 0;
    memset(s->covered, 0, sizeof(s->covered));
    for (unsigned i = 0; i < n.covered; i++) {
        in = get(&s->covered[i], in, sizeof(s->covered[i]));
    }
    in = get(s->attempts, in, s->nattempts * sizeof(s->attempts[0]));
    in = get(s->pending, in, s->npending * sizeof(s->pending[0]));
    in = get(s->walks, in, s->nwalks * sizeof(s->walks[0]));
    in = get(s->halves, in, s->nhalves * sizeof(s->halves[0]));
    in = get(s->places, in, s->nplaces * sizeof(s->places[0]));
    for (uint32_t back = nsyms_of(s); back > 0; back--) {
        s->syms[(s->nsyms - back) % SCAN_SYMS] = *in++;
    }
    weir_assert((size_t) (in - begin) == len);
}
