/*
 * snapshot_compile.c: writes the layout of snapshot/snapshot_layout.h.
 */
#include "compile/snapshot_compile.h"
#include "compile/pool.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <stdlib.h>


int
weir_snap_writer_open(struct weir_snap_writer *w)
{
    *w = (struct weir_snap_writer) { 0 };
    w->mem = weir_mem_open(0);
    if (w->mem == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    for (int k = 0; k < WEIR_SNAP_KINDS; k++) {
        weir_buf_init(&w->section[k], w->mem, WEIR_SNAPSHOT_BYTES_MAX);
    }
    (void) weir_snap_string(w, "");
    return WEIR_OK;
}


void
weir_snap_writer_close(struct weir_snap_writer *w)
{
    for (int k = 0; k < WEIR_SNAP_KINDS; k++) {
        weir_buf_release(&w->section[k]);
    }
    weir_mem_close(w->mem);
    free(w->seen);
    free(w->strings);
}


/* The place of a string of that hash and text in `seen`: its own, or the
   empty one where it belongs. */
static uint32_t *
seat(struct weir_snap_writer *w, const char *s, size_t len)
{
    size_t  i = weir_crc32c(0, s, len) & (w->cap_seen - 1);

    for (; w->seen[i] != 0; i = (i + 1) & (w->cap_seen - 1)) {
        const struct weir_snap_str  t = w->strings[w->seen[i] - 1];

        if (t.len == len && memcmp(w->section[WEIR_SNAP_STRINGS].at + t.at,
                                   s, len) == 0)
        {
            break;
        }
    }
    return &w->seen[i];
}


static void
seats_double(struct weir_snap_writer *w)
{
    free(w->seen);
    w->cap_seen = w->cap_seen == 0 ? 256 : w->cap_seen * 2;
    w->seen = calloc(w->cap_seen, sizeof(*w->seen));
    weir_assert(w->seen != NULL);
    for (size_t i = 0; i < w->nstrings; i++) {
        const struct weir_snap_str  t = w->strings[i];

        *seat(w, (const char *) w->section[WEIR_SNAP_STRINGS].at + t.at,
              t.len) = (uint32_t) i + 1;
    }
}


struct weir_snap_str
weir_snap_string(struct weir_snap_writer *w, const char *s)
{
    struct weir_buf      *text = &w->section[WEIR_SNAP_STRINGS];
    struct weir_snap_str  str;
    size_t                len;
    uint32_t             *at;

    s = s != NULL ? s : "";
    len = strlen(s);
    if (w->nstrings * 2 >= w->cap_seen) {
        seats_double(w);
    }
    at = seat(w, s, len);
    if (*at != 0) {
        return w->strings[*at - 1];
    }
    str = (struct weir_snap_str) { (uint32_t) text->len, (uint32_t) len };
    weir_buf_add(text, s, len + 1);
    if (text->failed) {
        return (struct weir_snap_str) { 0, 0 };    /* weir_snap_write tells */
    }
    w->count[WEIR_SNAP_STRINGS] = (uint32_t) text->len;
    weir_grow(&w->strings, w->nstrings, &w->cap_strings,
              sizeof(*w->strings));
    w->strings[w->nstrings++] = str;
    *at = (uint32_t) w->nstrings;
    return str;
}


uint32_t
weir_snap_add(struct weir_snap_writer *w, enum weir_snap_kind kind,
    const void *record, size_t size)
{
    weir_buf_add(&w->section[kind], record, size);
    return w->count[kind]++;
}


int
weir_snap_write(struct weir_snap_writer *w, struct weir_buf *out,
    uint64_t generation, uint64_t built_at_ms)
{
    static const uint8_t      zeros[WEIR_SNAP_ALIGN];
    struct weir_snap_section  table[WEIR_SNAP_KINDS] = { 0 };
    struct weir_snap_head     head = {
        .version = WEIR_SNAP_VERSION, .sections = WEIR_SNAP_KINDS,
        .generation = generation, .built_at_ms = built_at_ms
    };
    const size_t              start = out->len;
    uint64_t                  at = sizeof(head) + sizeof(table);

    w->count[WEIR_SNAP_MATCHERS] =
        (uint32_t) w->section[WEIR_SNAP_MATCHERS].len;
    for (uint32_t k = 0; k < WEIR_SNAP_KINDS; k++) {
        if (w->section[k].failed) {
            return WEIR_E_NO_MEMORY;
        }
        at = (at + WEIR_SNAP_ALIGN - 1) & ~(uint64_t) (WEIR_SNAP_ALIGN - 1);
        table[k].kind = k;
        table[k].count = w->count[k];
        table[k].at = at;
        table[k].size = w->section[k].len;
        at += table[k].size;
    }
    if (at > WEIR_SNAPSHOT_BYTES_MAX) {
        return WEIR_E_NO_MEMORY;
    }
    memcpy(head.magic, WEIR_SNAP_MAGIC, sizeof(head.magic));
    head.size = at;
    weir_buf_add(out, &head, sizeof(head));
    weir_buf_add(out, table, sizeof(table));
    for (uint32_t k = 0; k < WEIR_SNAP_KINDS; k++) {
        weir_buf_add(out, zeros, (size_t) table[k].at - (out->len - start));
        weir_buf_add(out, w->section[k].at, w->section[k].len);
        if (out->failed) {
            return WEIR_E_NO_MEMORY;
        }
    }
    head.crc = weir_crc32c(0, out->at + start + sizeof(head),
                           (size_t) at - sizeof(head));
    head.head_crc = weir_crc32c(0, &head, sizeof(head));
    memcpy(out->at + start, &head, sizeof(head));
    return WEIR_OK;
}
