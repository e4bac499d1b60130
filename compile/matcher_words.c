/*
 * matcher_words.c: the automaton over words of ASCII, written down: for the
 * states nearest to the root that are reached by letters, blanks and edges,
 * the state behind each such step (scan_layout.h).
 */
#include "compile/matcher_parts.h"
#include "scan/scan_step.h"

#include <stdlib.h>

struct words {
    struct matcher_words    *out;
    const struct scan_trie  *t;
    uint32_t                 class_of[WEIR_WORD_COLS];
    uint32_t                 cols;         /* bit k: column k is used */
    bool                     separates;    /* a blank does */
};

/* Letters of which both cases are the same to the automaton, and themselves to
   identifiers. */
static void
columns_find(struct words *w, const uint32_t *ascii)
{
    const uint32_t  bad = WEIR_ENTRY_VANISH | WEIR_ENTRY_OUT
                          | WEIR_ENTRY_WORD | WEIR_ENTRY_START;

    memset(w->out->letters, WEIR_WORD_NONE, sizeof(w->out->letters));
    for (unsigned c = 'a'; c <= 'z'; c++) {
        const uint32_t  low = ascii[c], high = ascii[c - 'a' + 'A'];

        if ((low & high & WEIR_ENTRY_INNER) == 0
            || ((low ^ high) & 0xffff) != 0 || (low >> 16 & 0xff) != c
            || (high >> 16 & 0xff) != c - 'a' + 'A')
        {
            continue;
        }
        w->class_of[c % 32] = low & 0xffff;
        w->cols |= UINT32_C(1) << c % 32;
        w->out->letters[c] = (uint8_t) (c % 32);
        w->out->letters[c - 'a' + 'A'] = (uint8_t) (c % 32);
    }
    if ((ascii[' '] & bad) == 0) {
        w->class_of[WEIR_WORD_BLANK] = ascii[' '] & 0xffff;
        w->cols |= UINT32_C(1) << WEIR_WORD_BLANK;
        w->separates = (ascii[' '] & WEIR_ENTRY_SEP) != 0;
    }
    if (w->t->boundary != 0) {
        w->class_of[WEIR_WORD_EDGE] = w->t->boundary;
        w->cols |= UINT32_C(1) << WEIR_WORD_EDGE;
    }
}

/* The row of a state, made if there is room; 0: it has none. */
static uint16_t
row_for(struct words *w, uint32_t state)
{
    struct matcher_words *const  out = w->out;
    uint32_t                     h = WEIR_WORD_HASH(state, out->mask);

    while (out->of[h] != 0 && out->rows[out->of[h]].state != state) {
        h = (h + 1) & out->mask;
    }
    if (out->of[h] == 0 && out->n < WEIR_WORDS_MAX) {
        out->rows[out->n] = (struct weir_word) {
            .state = state, .depth = w->t->cold[state].depth
        };
        out->of[h] = (uint16_t) out->n++;
    }
    return out->of[h];
}

/* Does a step by that class need more than the automaton? */
static bool
is_repeat(const struct scan_trie *t, uint32_t state, uint32_t c)
{
    return t->loose != NULL && (t->loose[state] & WEIR_LOOSE_REPEAT) != 0
           && c != 0 && t->cells[state].check == c;
}

static void
row_fill(struct words *w, uint32_t row)
{
    const struct scan_trie *const  t = w->t;
    const uint32_t                 state = w->out->rows[row].state;
    uint32_t                       next, c;

    for (unsigned k = 0; k < WEIR_WORD_COLS; k++) {
        c = w->class_of[k];
        if ((w->cols >> k & 1) == 0 || is_repeat(t, state, c)) {
            continue;
        }
        next = scan_next(t->cells, t->cold, t->nroot, state, c);
        if ((t->cells[next].info & WEIR_CELL_OUT) == 0) {
            w->out->next[row * WEIR_WORD_COLS + k] = row_for(w, next);
        }
        if (k != WEIR_WORD_BLANK && k != WEIR_WORD_EDGE && w->separates
            && t->loose != NULL && (t->loose[state] & WEIR_LOOSE_SEP) != 0
            && !scan_cuts_in_vain(t, state, c))
        {
            w->out->rows[row].walks |= UINT32_C(1) << k;
        }
    }
}

int
matcher_words_build(struct matcher_words *out, const struct scan_trie *t,
    const uint32_t *ascii)
{
    struct words  w = { .out = out, .t = t };

    out->mask = 2 * WEIR_WORDS_MAX - 1;
    out->next = calloc(WEIR_WORDS_MAX * WEIR_WORD_COLS, sizeof(*out->next));
    out->rows = calloc(WEIR_WORDS_MAX, sizeof(*out->rows));
    out->of = calloc(out->mask + 1, sizeof(*out->of));
    if (out->next == NULL || out->rows == NULL || out->of == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    columns_find(&w, ascii);
    out->n = WEIR_WORD_ROOT;
    (void) row_for(&w, 0);
    /* breadth first, so it is the nearest that have a row */
    for (uint32_t row = WEIR_WORD_ROOT; row < out->n; row++) {
        row_fill(&w, row);
    }
    return WEIR_OK;
}

void
matcher_words_release(struct matcher_words *out)
{
    free(out->next);
    free(out->rows);
    free(out->of);
    memset(out, 0, sizeof(*out));
}
