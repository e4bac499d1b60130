/*
 * find_regex.c: operator regexes over the window.
 *
 * What "a match begins at character p" means does not depend on how the text
 * was cut: it is what an attempt at p says that sees WEIR_REGEX_BACK
 * characters before p and WEIR_REGEX_CHARS_MAX from p on. An attempt that
 * wants more, where the text has more, is none. So
 *
 *   - a search that found nothing, or something, without touching the end of
 *     what is there holds whatever follows (PCRE2_PARTIAL_HARD: an attempt
 *     that touches the end says so before anything else is tried);
 *   - one that touches the end at p waits at p, as long as p may see more;
 *   - a match in a text that goes on behind what p may see is tried again on
 *     just that.
 *
 * Bounded work: an attempt makes WEIR_REGEX_STEPS_MAX backtracks, all those
 * of a text so much CPU time as WEIR_REGEX_SPENT_... say. A text where one of
 * them does not suffice is given up: it counts as not inspected.
 */
#include "find/find_state.h"
#include "find/regex.h"
#include "weir/error.h"

#include <stdlib.h>
#include <time.h>

#define SLOW  20                       /* without JIT */

struct weir_patterns {
    unsigned            n;
    struct weir_regex  *at[WEIR_REGEXES_MAX];
};


int
weir_patterns_open(struct weir_patterns **out, const struct weir_matcher *m)
{
    const struct weir_regex_row  *rows = WEIR_PART(m, struct weir_regex_row,
                                                   regexes);
    const uint8_t                *text = WEIR_PART(m, uint8_t, patterns);
    struct weir_patterns         *p;
    char                          message[160];
    size_t                        offset;
    int                           rc;

    *out = NULL;
    if (m->nregexes == 0) {
        return WEIR_OK;
    }
    p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    for (uint32_t i = 0; i < m->nregexes; i++) {
        rc = weir_regex_compile(&p->at[i], (struct weir_span) {
                                    text + rows[i].at, rows[i].len
                                }, rows[i].flags, message, &offset);
        if (rc != WEIR_OK) {
            weir_patterns_close(p);
            return rc == WEIR_E_NO_MEMORY ? rc : WEIR_E_SNAPSHOT_BAD;
        }
        p->n++;
    }
    *out = p;
    return WEIR_OK;
}


void
weir_patterns_close(struct weir_patterns *p)
{
    if (p == NULL) {
        return;
    }
    for (unsigned i = 0; i < p->n; i++) {
        weir_regex_close(p->at[i]);
    }
    free(p);
}


static unsigned
slots(const struct weir_matcher *m)
{
    return m->nregexes;
}


/* The character that begins at byte `at` of the window. */
static uint32_t
char_at(const struct find_window *w, size_t at)
{
    uint32_t  low = 0, high = w->n;

    while (low < high) {
        const uint32_t  mid = low + (high - low) / 2;

        if (w->byte[mid] < at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}


/* From character `from` on; where it begins and ends, in characters. */
static enum weir_tried
try(struct weir_finder *f, unsigned i, uint32_t from, uint32_t end, bool here,
    uint32_t *begin, uint32_t *behind)
{
    const struct find_window  *w = &f->w;
    struct weir_try            t = {
        .at = w->utf8, .len = w->byte[end], .from = w->byte[from],
        .begins = w->begins, .more = end < w->n || !w->ended, .here = here
    };
    const enum weir_tried      said = weir_regex_try(f->patterns->at[i], &t);

    if (said == WEIR_TRIED_MATCH || said == WEIR_TRIED_PARTIAL) {
        *begin = char_at(w, t.begin);
        *behind = char_at(w, t.end);
    }
    return said;
}


/* An attempt at `p` on what it may see. */
static enum weir_tried
try_here(struct weir_finder *f, unsigned i, uint32_t p, uint32_t *behind)
{
    const uint32_t         left = f->w.n - p;
    const bool             cut = left > WEIR_REGEX_CHARS_MAX;
    uint32_t               begin;
    const enum weir_tried  said = try(f, i, p, cut ? p + WEIR_REGEX_CHARS_MAX
                                                   : f->w.n, true, &begin,
                                      behind);

    return cut && said == WEIR_TRIED_PARTIAL ? WEIR_TRIED_NONE : said;
}


/* The next match, or place to wait at, from *p on. */
static enum weir_tried
next_match(struct weir_finder *f, unsigned i, uint32_t *p, bool *steps,
    uint32_t *behind)
{
    enum weir_tried  said;

    if (*steps) {
        return try_here(f, i, *p, behind);
    }
    said = try(f, i, *p, f->w.n, false, p, behind);
    if (said == WEIR_TRIED_LIMIT) {
        /* Somewhere. It may have seen more than it may: step by step. */
        *steps = true;
        return try_here(f, i, *p, behind);
    }
    if (said != WEIR_TRIED_NONE && f->w.n - *p > WEIR_REGEX_CHARS_MAX) {
        return said == WEIR_TRIED_PARTIAL ? WEIR_TRIED_NONE
                                          : try_here(f, i, *p, behind);
    }
    if (said == WEIR_TRIED_NONE) {
        *p = f->w.n - 1;
    }
    return said;
}


static uint64_t
cpu_ns(void)
{
    struct timespec  t;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}


static bool
spent(const struct weir_finder *f, uint64_t since)
{
    const uint64_t  may = (uint64_t) WEIR_REGEX_SPENT_MS * 1000000
                          + (uint64_t) WEIR_REGEX_SPENT_NS * f->chars
                            * f->m->nregexes;

    return f->spent_ns + (cpu_ns() - since)
           > may * (weir_regex_fast() ? 1 : SLOW);
}


/* One regex; false: pending is full. */
static bool
run_one(struct weir_finder *f, unsigned slot, unsigned i, uint64_t since)
{
    const struct weir_regex_row  *row = WEIR_PART(f->m,
                                            struct weir_regex_row, regexes)
                                        + i;
    uint32_t                      p = f->next[slot], behind = 0;
    unsigned                      tries = 0;
    bool                          steps = false;

    while (p < f->w.n) {
        const enum weir_tried  said = next_match(f, i, &p, &steps, &behind);

        if (said == WEIR_TRIED_LIMIT
            || (++tries % 256 == 0 && spent(f, since)))
        {
            weir_find_give_up(f);
            return true;
        }
        if (said == WEIR_TRIED_PARTIAL) {
            break;
        }
        if (said == WEIR_TRIED_NONE) {
            p++;
            continue;
        }
        if (!weir_find_report(f, p, behind, row->rule, WEIR_IDENT_NONE,
                              row->score))
        {
            f->next[slot] = (uint16_t) p;
            return false;
        }
        p = behind;
    }
    f->next[slot] = (uint16_t) p;
    return true;
}


static bool
run(struct weir_finder *f, unsigned slot)
{
    const uint64_t  since = cpu_ns();
    bool            room = true;

    for (unsigned i = 0; i < f->m->nregexes && f->nslots > 0; i++) {
        room = run_one(f, slot + i, i, since) && room;
    }
    if (f->nslots > 0 && spent(f, since)) {
        weir_find_give_up(f);
    }
    f->spent_ns += cpu_ns() - since;
    return room;
}


const struct find_detector  weir_find_regex = { slots, run };
