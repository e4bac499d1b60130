/*
 * edit.c: the changes to one document. Everything that no edit names is
 * copied byte for byte, so that what no rule rewrites passes verbatim.
 */
#include "flow/flow_internal.h"

#include <stdlib.h>

#define EDITS_BYTES_MAX  (WEIR_TEXTS_MAX * 2ul * sizeof(struct weir_edit))


void
weir_edits_init(struct weir_edits *e, struct weir_mem *mem)
{
    weir_buf_init(&e->list, mem, EDITS_BYTES_MAX);
    weir_buf_init(&e->text, mem, WEIR_BODY_BYTES_MAX * 2ul);
}


void
weir_edits_release(struct weir_edits *e)
{
    weir_buf_release(&e->list);
    weir_buf_release(&e->text);
}


void
weir_edits_add(struct weir_edits *e, uint32_t begin, uint32_t end, size_t at)
{
    const struct weir_edit  edit = {
        .begin = begin, .end = end, .at = (uint32_t) at,
        .len = (uint32_t) (e->text.len - at)
    };

    weir_assert(begin <= end && at <= e->text.len);
    weir_buf_add(&e->list, &edit, sizeof(edit));
}


void
weir_edits_put(struct weir_edits *e, uint32_t begin, uint32_t end,
    const char *text)
{
    const size_t  at = e->text.len;

    weir_buf_adds(&e->text, text);
    weir_edits_add(e, begin, end, at);
}


bool
weir_edits_empty(const struct weir_edits *e)
{
    return e->list.len == 0;
}


bool
weir_edits_in(const struct weir_edits *e, struct weir_spot s)
{
    const struct weir_edit *const  list = (const void *) e->list.at;
    const size_t                   n = e->list.len / sizeof(*list);

    for (size_t i = 0; i < n; i++) {
        if (list[i].begin >= s.begin && list[i].end <= s.end) {
            return true;
        }
    }
    return false;
}


/* Of two that begin at one place the one that only puts something there comes
   first, then the longer. */
static int
by_begin(const void *a, const void *b)
{
    const struct weir_edit  *x = a, *y = b;
    const bool               xp = x->begin == x->end, yp = y->begin == y->end;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return xp != yp ? yp - xp : (x->end < y->end) - (x->end > y->end);
}


/*
 * In order, and none inside another: a text may stand in a value that is
 * replaced whole (a reason to finish that is too long to be a name, one in
 * usage that is hidden), and goes with it.
 */
static size_t
in_order(struct weir_edits *e)
{
    struct weir_edit *const  list = (void *) e->list.at;
    const size_t             n = e->list.len / sizeof(*list);
    size_t                   kept = 0;

    if (n > 1) {
        qsort(list, n, sizeof(*list), by_begin);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || list[i].begin >= list[kept - 1].end) {
            list[kept++] = list[i];
        } else {
            weir_assert(list[i].end <= list[kept - 1].end);
        }
    }
    e->list.len = kept * sizeof(*list);
    return kept;
}


int
weir_edits_apply(struct weir_edits *e, const uint8_t *doc, size_t len,
    struct weir_buf *out)
{
    struct weir_edit *const  list = (void *) e->list.at;
    size_t                   n, pos = 0;

    if (e->list.failed || e->text.failed) {
        return WEIR_E_NO_MEMORY;
    }
    if (len == 0) {
        doc = (const uint8_t *) "";       /* it may be NULL: no sums on that */
    }
    n = in_order(e);
    if (weir_buf_reserve(out, len + e->text.len) != WEIR_OK) {
        return WEIR_E_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        weir_assert(list[i].begin >= pos && list[i].end <= len);
        weir_buf_add(out, doc + pos, list[i].begin - pos);
        if (list[i].len > 0) {
            weir_buf_add(out, e->text.at + list[i].at, list[i].len);
        }
        pos = list[i].end;
    }
    weir_buf_add(out, doc + pos, len - pos);
    return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
}


size_t
weir_edits_moved(struct weir_edits *e, size_t at)
{
    const struct weir_edit *const  list = (const void *) e->list.at;
    const size_t                   n = in_order(e);
    size_t                         to = at;

    for (size_t i = 0; i < n; i++) {
        if (list[i].end <= at) {
            to = to + list[i].len - (list[i].end - list[i].begin);
        }
    }
    return to;
}


/* What a tool returns is data; whatever else there is was said by somebody
   whose place it is to ask: the user, the operator, the model. */
unsigned
weir_scan_flags(const struct weir_text *t)
{
    return t->place == WEIR_AT_TOOL_RESULT ? 0 : WEIR_SCAN_SPOKEN;
}


int
weir_edit_text(struct weir_flow *f, const struct weir_act *act,
    const uint8_t *doc, const struct weir_text *t, struct weir_edits *e)
{
    const size_t         len = t->end - t->begin;
    const size_t         at = e->text.len;
    struct weir_channel  c;
    int                  rc;

    rc = weir_channel_open(&c, act, (enum weir_coding) t->coding,
                           weir_scan_flags(t));
    if (rc != WEIR_OK) {
        return rc;
    }
    if (!c.scanning) {
        return WEIR_OK;          /* no rule looks: it stays as it is */
    }

    if (t->form == WEIR_TEXT_NUMBER) {
        weir_buf_addc(&e->text, '"');
    }
    rc = weir_channel_feed(&c, act, doc + t->begin, len, true, &e->text);
    weir_channel_close(&c, act);
    if (rc < 0) {
        return rc;
    }

    if (t->form == WEIR_TEXT_NUMBER) {
        /* A number that nothing touched stays a number. */
        if (e->text.len - at == len + 1
            && memcmp(e->text.at + at + 1, doc + t->begin, len) == 0)
        {
            e->text.len = at;
            return rc;
        }
        weir_buf_addc(&e->text, '"');

    } else if (e->text.len - at == len
               && (len == 0
                   || memcmp(e->text.at + at, doc + t->begin, len) == 0))
    {
        e->text.len = at;
        return rc;
    }

    if (e->text.failed) {
        return WEIR_E_NO_MEMORY;
    }
    weir_edits_add(e, t->begin, t->end, at);
    return rc;
}


int
weir_texts_mark(struct weir_text *texts, uint32_t n)
{
    uint32_t  seen[WEIR_CHANNELS_MAX], count = 0;

    for (uint32_t i = n; i > 0; i--) {
        struct weir_text *const  t = &texts[i - 1];
        uint32_t                 k = 0;

        if (!t->stream) {
            continue;
        }
        while (k < count && seen[k] != t->channel) {
            k++;
        }
        if (k < count) {
            continue;
        }
        if (count == WEIR_CHANNELS_MAX) {
            return WEIR_E_UPSTREAM_BAD;
        }
        seen[count++] = t->channel;
        t->stream = WEIR_TEXT_LAST;
    }
    return WEIR_OK;
}


bool
weir_inside_strip(const struct weir_facts *facts, const struct weir_text *t)
{
    for (uint32_t i = 0; i < facts->nstrip; i++) {
        if (t->begin >= facts->strip[i].begin
            && t->end <= facts->strip[i].end)
        {
            return true;
        }
    }
    return false;
}


struct weir_text *
weir_texts_get(struct weir_mem *mem, size_t len, uint32_t *max, size_t *got)
{
    /* The smallest text value of a document takes three bytes: "", */
    size_t  n = len / 3 + 8;

    if (n > WEIR_TEXTS_MAX) {
        n = WEIR_TEXTS_MAX;
    }
    *max = (uint32_t) n;
    return weir_mem_get(mem, n * sizeof(struct weir_text), got);
}


static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


void
weir_edits_drop(struct weir_edits *e, const uint8_t *doc, size_t len,
    size_t key, size_t end)
{
    size_t  before = key, after = end;

    while (before > 0 && is_blank(doc[before - 1])) {
        before--;
    }
    while (after < len && is_blank(doc[after])) {
        after++;
    }
    if (before > 0 && doc[before - 1] == ',') {
        weir_edits_put(e, (uint32_t) (before - 1), (uint32_t) end, "");
    } else if (after < len && doc[after] == ',') {
        weir_edits_put(e, (uint32_t) key, (uint32_t) (after + 1), "");
    } else {
        weir_edits_put(e, (uint32_t) key, (uint32_t) end, "");
    }
}


/* A quote inside a JSON string is escaped, so the bytes "usage" with both
   quotes are a string, and a key where a colon follows. */
void
weir_edits_drop_usage(struct weir_edits *e, const uint8_t *doc, size_t len,
    const struct weir_facts *facts)
{
    static const char  word[] = "\"usage\"";
    const uint8_t     *at;
    size_t             from = 0;

    while ((at = memmem(doc + from, len - from, word, sizeof(word) - 1))
           != NULL)
    {
        const size_t  key = (size_t) (at - doc);
        size_t        k = key + sizeof(word) - 1;

        from = k;
        while (k < len && (is_blank(doc[k]) || doc[k] == ':')) {
            k++;
        }
        if (k == facts->usage.begin) {
            weir_edits_drop(e, doc, len, key, facts->usage.end);
            return;
        }
        if (len - k >= 4 && memcmp(doc + k, "null", 4) == 0) {
            weir_edits_drop(e, doc, len, key, k + 4);
            return;
        }
    }
}
