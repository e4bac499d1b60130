/*
 * find_inject.c: does the whole text speak like a prompt injection?
 *
 * That is known at its end only, and nothing may be held back for so long:
 * the finding is the last character of the text, with the score of its
 * strongest window. So one character waits, however long the text is. After
 * WEIR_INJECT_CHARS_MAX characters there is a finding of its own for them;
 * the windows run on, so that an edge hides nothing.
 */
#include "find/find_span.h"


static unsigned
slots(const struct weir_matcher *m)
{
    return weir_find_span_slots(m, WEIR_IDENT_INJECTION);
}


static void
take(struct weir_finder *f, const uint32_t *cp, uint32_t n)
{
    if (n > 0) {
        if (!f->injecting) {
            weir_inject_open(&f->inject, f->spoken ? WEIR_INJECT_SPOKEN
                                                   : WEIR_INJECT_DATA);
            f->injecting = true;
        }
        weir_inject_feed(&f->inject, cp, n);
        f->inject_chars += n;
    }
}


/* All before character `at`, which is the last of the text or the piece. */
static bool
decide(struct weir_finder *f, uint32_t at)
{
    struct weir_inject_result  result;
    struct find_span           s = { at, at + 1, 0 };

    if (f->npending + f->m->nidents > FIND_PENDING) {
        return false;
    }
    take(f, f->w.cp + at, 1);
    weir_inject_end(&f->inject, &result);
    weir_inject_next(&f->inject);
    f->inject_chars = 0;
    s.score = result.score;
    return s.score == 0
           || weir_find_span_report(f, &s, WEIR_IDENT_INJECTION);
}


static bool
run(struct weir_finder *f, unsigned slot)
{
    while (f->next[slot] < f->w.n) {
        const uint32_t  from = f->next[slot], n = f->w.n - from;
        const uint32_t  left = WEIR_INJECT_CHARS_MAX - 1 - f->inject_chars;
        const uint32_t  k = n - 1 < left ? n - 1 : left;

        take(f, f->w.cp + from, k);
        f->next[slot] = (uint16_t) (from + k);
        if (k < left && !f->w.ended) {
            break;                     /* it may not be the last */
        }
        if (!decide(f, from + k)) {
            return false;
        }
        f->next[slot]++;
    }
    return true;
}


const struct find_detector  weir_find_inject = { slots, run };
