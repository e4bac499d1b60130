/*
 * find.c: one stream of text through all detectors of a profile.
 *
 * In steps, each of which adds at most what pending[] has room for: fill the
 * window, let each detector decide what it can, give the scanner the same
 * text; then hand over what begins before the least of what is settled.
 */
#include "find/find_span.h"
#include "find/find_state.h"

#define PLAIN_SIZE  offsetof(struct weir_finder, overflow)

static const struct find_detector *const  detectors[] = {
    &weir_find_regex, &weir_find_names, &weir_find_inject
};

#define NDETECTORS  (sizeof(detectors) / sizeof(*detectors))


unsigned
weir_find_slots(const struct weir_matcher *m)
{
    unsigned  n = 0;

    for (size_t i = 0; i < NDETECTORS; i++) {
        n += detectors[i]->slots(m);
    }
    return n;
}


static size_t
head_size(bool extra)
{
    return ((extra ? sizeof(struct weir_finder) : PLAIN_SIZE) + 15) / 16 * 16;
}


size_t
weir_find_size(const struct weir_matcher *m)
{
    return head_size(weir_find_slots(m) > 0) + weir_scan_size();
}


void
weir_find_begin(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p)
{
    const unsigned  n = weir_find_slots(m);

    weir_assert(n <= FIND_SLOTS);
    weir_assert(m->nregexes == 0 || p != NULL);
    f->m = m;
    f->patterns = p;
    f->extra = n > 0;
    f->scan = (void *) ((uint8_t *) f + head_size(f->extra));
    if (f->extra) {
        memset(&f->overflow, 0,
               offsetof(struct weir_finder, pending) - PLAIN_SIZE);
        f->nslots = (uint16_t) n;
        f->w.n = 0;
        f->w.begins = true;
        f->w.ended = false;
        f->w.end = 0;
        f->w.raw0 = 0;
        f->w.raw[0] = 0;
        f->w.byte[0] = 0;
    }
}


void
weir_find_open(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p, enum weir_coding coding, unsigned flags)
{
    weir_find_begin(f, m, p);
    f->coding = (uint8_t) coding;
    if (f->extra) {
        f->spoken = (flags & WEIR_SCAN_SPOKEN) != 0;
    }
    weir_scan_open(f->scan, m, coding, flags);
}


uint32_t
weir_find_first(const struct weir_finder *f)
{
    uint32_t  first = f->next[0];

    for (unsigned s = 1; s < f->nslots; s++) {
        first = f->next[s] < first ? f->next[s] : first;
    }
    return first;
}


/* Raw bytes before this are decided by all but the scanner. */
static uint64_t
decided(const struct weir_finder *f)
{
    return f->nslots == 0 ? UINT64_MAX
                          : f->w.raw0 + f->w.raw[weir_find_first(f)];
}


uint64_t
weir_find_settled(const struct weir_finder *f)
{
    uint64_t  at = weir_scan_settled(f->scan), d;

    if (f->extra) {
        d = decided(f);
        at = d < at ? d : at;
    }
    return at;
}


uint64_t
weir_find_keep(const struct weir_finder *f)
{
    uint64_t  at = weir_scan_keep(f->scan), d;

    if (f->extra) {
        d = decided(f);
        at = d < at ? d : at;
    }
    return at;
}


bool
weir_find_overflow(const struct weir_finder *f)
{
    return weir_scan_overflow(f->scan) || (f->extra && f->overflow);
}


void
weir_find_give_up(struct weir_finder *f)
{
    f->overflow = true;
    f->nslots = 0;
    f->npending = 0;
    f->run_more = false;
}


static void
pending_add(struct weir_finder *f, const struct weir_found *p)
{
    unsigned  i;

    for (i = f->npending; i > 0; i--) {
        const struct weir_found  *q = &f->pending[i - 1];

        if (q->begin < p->begin || (q->begin == p->begin
            && (q->end < p->end || (q->end == p->end
                                    && q->rule <= p->rule))))
        {
            break;
        }
    }
    memmove(&f->pending[i + 1], &f->pending[i],
            (f->npending - i) * sizeof(*p));
    f->pending[i] = *p;
    f->npending++;
}


bool
weir_find_report(struct weir_finder *f, uint32_t first, uint32_t last,
    unsigned rule, unsigned kind, unsigned score)
{
    const struct weir_found  found = {
        .begin = f->w.raw0 + f->w.raw[first],
        .end = f->w.raw0 + f->w.raw[last], .rule = (uint16_t) rule,
        .kind = (uint16_t) kind, .score = (uint16_t) score
    };

    if (f->npending == FIND_PENDING) {
        return false;
    }
    pending_add(f, &found);
    return true;
}


/* Hand over what is final; false: found[] is full. */
static bool
flush(struct weir_finder *f, struct weir_found *found, size_t max, size_t *n)
{
    const uint64_t  before = weir_find_settled(f);
    unsigned        i = 0;
    bool            room = true;

    while (i < f->npending && f->pending[i].begin < before) {
        if (*n == max) {
            room = false;
            break;
        }
        found[(*n)++] = f->pending[i++];
    }
    f->npending = (uint16_t) (f->npending - i);
    memmove(f->pending, f->pending + i, f->npending * sizeof(*f->pending));
    return room;
}


/* The scanner takes what the window has. */
static void
feed_scan(struct weir_finder *f, const struct text *t, uint64_t base)
{
    struct weir_found  found[WEIR_FOUND_MAX];
    size_t             room = FIND_PENDING - f->npending, n;
    /* At the end of the text it gets all, also a character that is cut. */
    const bool         all = f->w.n < FIND_CHARS
                             || f->w.end == base + t->len;
    const size_t       len = all ? t->len : (size_t) (f->w.end - base);
    int                rc;

    room = room < WEIR_FOUND_MAX ? room : WEIR_FOUND_MAX;
    rc = weir_scan_feed(f->scan, t->at, base, len, all && t->last, found,
                        room, &n);
    for (size_t i = 0; i < n; i++) {
        pending_add(f, &found[i]);
    }
    f->scan_more = rc == WEIR_MORE;
}


static void
run_detectors(struct weir_finder *f)
{
    unsigned  slot = 0;

    f->run_more = false;
    for (size_t i = 0; i < NDETECTORS && f->nslots > 0; i++) {
        const unsigned  n = detectors[i]->slots(f->m);

        if (n > 0) {       /* else the slot is the next one's */
            f->run_more |= !detectors[i]->run(f, slot);
        }
        slot += n;
    }
}


int
weir_find_feed(struct weir_finder *f, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t nfound_max,
    size_t *nfound)
{
    const struct text  t = { text, len, last };
    size_t             n;
    int                rc;

    if (!f->extra || f->nslots == 0) {
        return weir_scan_feed(f->scan, text, base, len, last, found,
                              nfound_max, nfound);
    }
    *nfound = 0;
    for (;;) {
        const uint64_t  before = weir_find_settled(f);
        const bool      full = f->npending == FIND_PENDING;

        if (!flush(f, found, nfound_max, nfound)) {
            return WEIR_MORE;
        }
        if (f->nslots == 0) {
            break;
        }
        if (!f->scan_more && !f->run_more) {
            if (!weir_window_fill(f, &t, base)) {
                return WEIR_OK;
            }
            f->scan_more = true;
            f->run_more = true;
        }
        if (f->scan_more) {
            feed_scan(f, &t, base);
        }
        if (f->run_more) {
            run_detectors(f);
        }
        if (full && f->npending == FIND_PENDING
            && weir_find_settled(f) == before)
        {
            weir_find_give_up(f);      /* too much waits for too long */
        }
    }
    /* Given up: only the scanner goes on. */
    rc = weir_scan_feed(f->scan, text, base, len, last, found + *nfound,
                        nfound_max - *nfound, &n);
    *nfound += n;
    return rc;
}
