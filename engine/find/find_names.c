/* find_names.c: names of persons. */
#include "find/find_span.h"
#include "weir/names.h"

static_assert(WEIR_NAMES_BACK <= FIND_BACK, "look-behind is in the window");
static_assert(WEIR_NAMES_AHEAD <= WEIR_REGEX_CHARS_MAX, "and ahead");


static size_t
find(const uint32_t *cp, size_t n, size_t from, bool last,
    struct find_span *out, size_t max, size_t *decided)
{
    struct weir_name  a[16];
    const size_t      k = weir_names_find(cp, n, from, last, a,
                                          max < 16 ? max : 16, decided);

    for (size_t i = 0; i < k; i++) {
        out[i] = (struct find_span) { a[i].begin, a[i].end, a[i].score };
    }
    return k;
}


static unsigned
slots(const struct weir_matcher *m)
{
    return weir_find_span_slots(m, WEIR_IDENT_PERSON_NAME);
}


static bool
run(struct weir_finder *f, unsigned slot)
{
    return weir_find_span_run(f, slot, WEIR_IDENT_PERSON_NAME, find);
}


const struct find_detector  weir_find_names = { slots, run };
