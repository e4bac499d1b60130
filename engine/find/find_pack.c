/*
 * find_pack.c: a finder between two feeds.
 *
 *   (the scan alone when there are only terms and identifiers; else)
 *   packed    where the window goes on, and how much follows
 *   back      the look-behind, as UTF-8
 *   waits     { slot, characters from K on } of the detectors that stand
 *             elsewhere than at the end of the window
 *   inject    the score under way, where a rule asks for it
 *   pending   findings that are not final
 *   scan      as weir_scan_pack has it
 *
 * In a quiet place that is 24 bytes and the look-behind.
 */
#include "find/find_state.h"

enum { BEGINS = 1, GIVEN_UP = 2, ENDED = 4, INJECTING = 8,
       CODING = 4 /* shift, 2 bits */, SPOKEN = 64 };

struct packed {
    uint64_t  keep;            /* raw place of K */
    uint32_t  spent_us;
    uint32_t  chars;
    uint16_t  back;            /* bytes */
    uint16_t  ahead;           /* characters from K to the end */
    uint16_t  pending;
    uint8_t   waits;
    uint8_t   flags;
};

struct packed_wait {
    uint16_t  slot;
    uint16_t  at;
};

struct packed_inject {
    struct weir_inject  state;
    uint64_t            chars;
};

static_assert(sizeof(struct packed) == 24, "packed");


static uint8_t *
pack_inject(const struct weir_finder *f, uint8_t *at)
{
    const struct packed_inject  p = { f->inject, f->inject_chars };

    memcpy(at, &p, sizeof(p));
    return at + sizeof(p);
}


static const uint8_t *
unpack_inject(struct weir_finder *f, const uint8_t *at)
{
    struct packed_inject  p;

    memcpy(&p, at, sizeof(p));
    f->injecting = true;
    f->inject = p.state;
    f->inject_chars = (uint32_t) p.chars;
    return at + sizeof(p);
}


size_t
weir_find_pack_max(const struct weir_matcher *m)
{
    if (weir_find_slots(m) == 0) {
        return weir_scan_pack_max();
    }
    return weir_scan_pack_max() + sizeof(struct packed) + FIND_BACK * 4
           + FIND_SLOTS * sizeof(struct packed_wait)
           + sizeof(struct packed_inject)
           + FIND_PENDING * sizeof(struct weir_found);
}


size_t
weir_find_pack(const struct weir_finder *f, uint8_t *out)
{
    const struct find_window  *w = &f->w;
    struct packed              p = { 0 };
    uint8_t                   *at = out + sizeof(p);
    uint32_t                   first, from;

    if (!f->extra) {
        return weir_scan_pack(f->scan, out);
    }
    weir_assert(!f->scan_more && !f->run_more);
    first = f->nslots == 0 ? w->n : weir_find_first(f);
    from = first > FIND_BACK ? first - FIND_BACK : 0;
    p.keep = w->raw0 + w->raw[first];
    p.spent_us = (uint32_t) (f->spent_ns / 1000);
    p.chars = f->chars;
    p.back = (uint16_t) (w->byte[first] - w->byte[from]);
    p.ahead = (uint16_t) (w->n - first);
    p.pending = f->npending;
    p.flags = (uint8_t) ((w->begins && from == 0 ? BEGINS : 0)
                         | (f->nslots == 0 ? GIVEN_UP : 0)
                         | (w->ended ? ENDED : 0)
                         | (f->injecting ? INJECTING : 0)
                         | (f->spoken ? SPOKEN : 0)
                         | f->coding << CODING);
    memcpy(at, w->utf8 + w->byte[from], p.back);
    at += p.back;
    for (unsigned s = 0; s < f->nslots; s++) {
        const struct packed_wait  wait = { (uint16_t) s,
                                           (uint16_t) (f->next[s] - first) };

        if (f->next[s] != w->n) {
            memcpy(at, &wait, sizeof(wait));
            at += sizeof(wait);
            p.waits++;
        }
    }
    at = f->injecting ? pack_inject(f, at) : at;
    memcpy(at, f->pending, f->npending * sizeof(*f->pending));
    at += f->npending * sizeof(*f->pending);
    memcpy(out, &p, sizeof(p));
    return (size_t) (at - out) + weir_scan_pack(f->scan, at);
}


/* The look-behind becomes the window. */
static void
unpack_window(struct weir_finder *f, const struct packed *p,
    const uint8_t *back)
{
    struct find_window  *w = &f->w;
    const struct text    t = { back, p->back, true };
    size_t               at = 0;
    uint32_t             cp;

    w->raw0 = p->keep;
    w->end = p->keep;
    w->begins = (p->flags & BEGINS) != 0;
    w->ended = (p->flags & ENDED) != 0 && p->ahead == 0;
    while (at < t.len) {
        at = text_next(&t, WEIR_PLAIN, at, &cp);
        weir_window_add(w, cp);
        w->raw[w->n] = 0;
    }
}


void
weir_find_unpack(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *patterns, const uint8_t *in, size_t len)
{
    const uint8_t       *at = in + sizeof(struct packed);
    struct packed        p;
    struct packed_wait   wait;

    weir_find_begin(f, m, patterns);
    if (!f->extra) {
        weir_scan_unpack(f->scan, in, len);
        return;
    }
    memcpy(&p, in, sizeof(p));
    f->spent_ns = p.spent_us * UINT64_C(1000);
    f->chars = p.chars;
    f->coding = (uint8_t) (p.flags >> CODING & 3);
    f->spoken = (p.flags & SPOKEN) != 0;
    unpack_window(f, &p, at);
    at += p.back;
    for (unsigned s = 0; s < f->nslots; s++) {
        f->next[s] = (uint16_t) (f->w.n + p.ahead);
    }
    for (unsigned i = 0; i < p.waits; i++) {
        memcpy(&wait, at, sizeof(wait));
        at += sizeof(wait);
        f->next[wait.slot] = (uint16_t) (f->w.n + wait.at);
    }
    at = (p.flags & INJECTING) != 0 ? unpack_inject(f, at) : at;
    f->npending = p.pending;
    memcpy(f->pending, at, p.pending * sizeof(*f->pending));
    at += p.pending * sizeof(*f->pending);
    if ((p.flags & GIVEN_UP) != 0) {
        weir_find_give_up(f);
    }
    weir_scan_unpack(f->scan, at, len - (size_t) (at - in));
}
