/*
 * names.c: the pseudonyms of one call.
 *
 *     entries[i] = { stem, number within the stem, value }   texts in `text`
 *
 * The same value of the same stem keeps its name for the whole call, so that
 * a model can follow who is who. The table is small (WEIR_PSEUDONYMS_MAX)
 * and dies with the call.
 */
#include "act/act_internal.h"
#include "weir/error.h"
#include "weir/limits.h"

#define TEXT_MAX  (1u << 20)
#define STEM_MAX  24

struct entry {
    uint32_t  stem_at;
    uint32_t  value_at;
    uint32_t  value_len;
    uint16_t  stem_len;
    uint16_t  number;
};

struct weir_names {
    struct weir_mem  *mem;
    size_t            got;
    struct weir_buf   text;
    struct weir_buf   entries;      /* most calls have none or a few */
    uint32_t          n;
};


static const struct entry *
entry_at(const struct weir_names *n, uint32_t i)
{
    return (const struct entry *) n->entries.at + i;
}


int
weir_names_open(struct weir_names **out, struct weir_mem *mem)
{
    size_t              got;
    struct weir_names  *n = weir_mem_get(mem, sizeof(*n), &got);

    *out = n;
    if (n == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    n->mem = mem;
    n->got = got;
    n->n = 0;
    weir_buf_init(&n->text, mem, TEXT_MAX);
    weir_buf_init(&n->entries, mem,
                  WEIR_PSEUDONYMS_MAX * sizeof(struct entry));
    return WEIR_OK;
}


void
weir_names_close(struct weir_names *n)
{
    if (n != NULL) {
        weir_buf_release(&n->text);
        weir_buf_release(&n->entries);
        weir_mem_put(n->mem, n, n->got);
    }
}


uint32_t
weir_names_count(const struct weir_names *n)
{
    return n == NULL ? 0 : n->n;
}


static bool
same(const struct weir_names *n, uint32_t at, size_t len, struct weir_span s)
{
    return len == s.len && memcmp(n->text.at + at, s.at, len) == 0;
}


static void
add_name(struct weir_buf *out, struct weir_span stem, unsigned number)
{
    weir_buf_addc(out, '<');
    weir_buf_add(out, stem.at, stem.len);
    weir_buf_addc(out, '_');
    weir_buf_addu(out, number);
    weir_buf_addc(out, '>');
}


int
weir_names_of(struct weir_names *n, struct weir_span stem,
    struct weir_span value, struct weir_buf *out)
{
    struct entry  e = { 0 };
    uint16_t      number = 0;

    if (stem.len == 0 || stem.len > STEM_MAX) {
        stem = WEIR_SPAN("DATA");
    }
    for (uint32_t i = 0; i < n->n; i++) {
        const struct entry *const  x = entry_at(n, i);

        if (!same(n, x->stem_at, x->stem_len, stem)) {
            continue;
        }
        if (same(n, x->value_at, x->value_len, value)) {
            add_name(out, stem, x->number);
            return WEIR_OK;
        }
        number = x->number;
    }
    if (weir_buf_reserve(&n->entries, sizeof(e)) != WEIR_OK
        || weir_buf_reserve(&n->text, stem.len + value.len) != WEIR_OK)
    {
        return WEIR_MORE;
    }
    e.stem_at = (uint32_t) n->text.len;
    e.stem_len = (uint16_t) stem.len;
    weir_buf_add(&n->text, stem.at, stem.len);
    e.value_at = (uint32_t) n->text.len;
    e.value_len = (uint32_t) value.len;
    weir_buf_add(&n->text, value.at, value.len);
    e.number = (uint16_t) (number + 1);
    weir_buf_add(&n->entries, &e, sizeof(e));
    n->n++;
    add_name(out, stem, e.number);
    return WEIR_OK;
}


struct weir_span
weir_names_value(const struct weir_names *n, struct weir_span name)
{
    size_t    bar;
    unsigned  number = 0;

    if (n == NULL || name.len < 4 || name.at[0] != '<'
        || name.at[name.len - 1] != '>')
    {
        return (struct weir_span) { NULL, 0 };
    }
    for (bar = name.len - 2; bar > 0 && name.at[bar] != '_'; bar--) {
        /* the last underscore */
    }
    for (size_t i = bar + 1; i < name.len - 1; i++) {
        if (name.at[i] < '0' || name.at[i] > '9' || number > 9999) {
            return (struct weir_span) { NULL, 0 };
        }
        number = number * 10 + (unsigned) (name.at[i] - '0');
    }
    for (uint32_t i = 0; i < n->n && bar > 0; i++) {
        const struct entry *const  x = entry_at(n, i);

        if (x->number == number
            && same(n, x->stem_at, x->stem_len,
                    (struct weir_span) { name.at + 1, bar - 1 }))
        {
            return (struct weir_span) { n->text.at + x->value_at,
                                        x->value_len };
        }
    }
    return (struct weir_span) { NULL, 0 };
}
