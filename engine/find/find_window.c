/*
 * find_window.c: the window of decoded characters, see find_state.h.
 */
#include "find/find_state.h"


/* Append one character; its raw place is the caller's to set. */
void
weir_window_add(struct find_window *w, uint32_t cp)
{
    uint8_t   *to = w->utf8 + w->byte[w->n];
    unsigned   n = 1;

    if (cp < 0x80) {
        to[0] = (uint8_t) cp;
    } else if (cp < 0x800) {
        to[0] = (uint8_t) (0xc0 | cp >> 6);
        to[1] = (uint8_t) (0x80 | (cp & 63));
        n = 2;
    } else if (cp < 0x10000) {
        to[0] = (uint8_t) (0xe0 | cp >> 12);
        to[1] = (uint8_t) (0x80 | (cp >> 6 & 63));
        to[2] = (uint8_t) (0x80 | (cp & 63));
        n = 3;
    } else {
        to[0] = (uint8_t) (0xf0 | cp >> 18);
        to[1] = (uint8_t) (0x80 | (cp >> 12 & 63));
        to[2] = (uint8_t) (0x80 | (cp >> 6 & 63));
        to[3] = (uint8_t) (0x80 | (cp & 63));
        n = 4;
    }
    w->cp[w->n] = cp;
    w->byte[w->n + 1] = (uint16_t) (w->byte[w->n] + n);
    w->n++;
}


/* Drop the first d characters. */
static void
slide(struct weir_finder *f, uint32_t d)
{
    struct find_window  *w = &f->w;
    const uint16_t       bytes = w->byte[d];
    const uint32_t       raw = w->raw[d];

    memmove(w->utf8, w->utf8 + bytes, w->byte[w->n] - (size_t) bytes);
    for (uint32_t i = d; i <= w->n; i++) {
        w->byte[i - d] = (uint16_t) (w->byte[i] - bytes);
        w->raw[i - d] = w->raw[i] - raw;
    }
    memmove(w->cp, w->cp + d, (w->n - d) * sizeof(*w->cp));
    w->raw0 += raw;
    w->n -= d;
    w->begins = false;
    for (unsigned s = 0; s < f->nslots; s++) {
        f->next[s] = (uint16_t) (f->next[s] - d);
    }
}


bool
weir_window_fill(struct weir_finder *f, const struct text *t, uint64_t base)
{
    struct find_window  *w = &f->w;
    const uint32_t       first = weir_find_first(f);
    const bool           ended = w->ended;
    size_t               at = (size_t) (w->end - base), next;
    bool                 more = false;
    uint32_t             cp;

    if (at < t->len && first > FIND_BACK && w->n > FIND_CHARS / 2) {
        slide(f, first - FIND_BACK);
    }
    while (at < t->len && w->n < FIND_CHARS) {
        next = text_next(t, (enum weir_coding) f->coding, at, &cp);
        if (next == 0) {
            break;
        }
        weir_window_add(w, cp);
        at = next;
        w->raw[w->n] = (uint32_t) (base + at - w->raw0);
        f->chars++;
        more = true;
    }
    w->end = base + at;
    w->ended = t->last && at == t->len;
    return more || w->ended != ended;
}
