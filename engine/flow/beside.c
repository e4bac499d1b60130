/*
 * beside.c: what stands in a stream beside the data: comments, ids, fields
 * that nobody knows.
 */
#include "flow/flow_internal.h"


/*
 * Comments and fields that are no data reach no application, yet they are
 * bytes that leave: where rules look, they are looked at as plain text.
 * WEIR_DONE: a rule that rewrites or denies fires in these bytes, or they are
 * no text at all.
 */
static int
look_plain(struct weir_flow *f, const uint8_t *at, size_t len)
{
    struct weir_text   t = {
        .begin = 0, .coding = WEIR_PLAIN, .form = WEIR_TEXT_STRING
    };
    struct weir_edits  e;
    int                rc;

    /* Where a segment cut the last CRLF, one byte of it is elsewhere. */
    while (len > 0 && (at[len - 1] == '\r' || at[len - 1] == '\n')) {
        len--;
    }
    if (len < 8 || f->act.profile == NULL) {
        return WEIR_OK;
    }
    if (!weir_is_utf8(at, len)) {
        return WEIR_DONE;
    }
    t.end = (uint32_t) len;
    weir_edits_init(&e, f->w->mem);
    rc = weir_edit_text(f, &f->act, at, &t, &e);
    if (rc == WEIR_OK && !weir_edits_empty(&e)) {
        rc = WEIR_DONE;
    }
    weir_edits_release(&e);
    return rc;
}


int
weir_take_other(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    const int  rc = look_plain(f, at, len);

    if (rc == WEIR_DONE) {
        weir_buf_adds(out, ":\n\n");
        return WEIR_OK;
    }
    if (f->commented && len == 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        return rc;     /* a byte order mark, which may only begin a stream */
    }
    weir_buf_add(out, at, len);
    return rc;
}


/* Of letters and what joins words: the names of all protocols are so. */
static bool
is_name(struct weir_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t  c = s.at[i] | 0x20;

        if ((c < 'a' || c > 'z') && strchr("_.-/", s.at[i]) == NULL) {
            return false;
        }
    }
    return s.len <= WEIR_JSON_KEY_BYTES;
}


int
weir_look_name(struct weir_flow *f, struct weir_span *name, bool *bare)
{
    const int  rc = is_name(*name) ? WEIR_OK
                                   : look_plain(f, name->at, name->len);

    if (rc == WEIR_DONE) {
        name->len = 0;
        *bare = true;
    }
    return rc == WEIR_DONE ? WEIR_OK : rc;
}


/* The value of a field: one blank behind the colon is none of it. */
static struct weir_span
after_colon(const uint8_t *line, size_t len)
{
    const uint8_t *const  colon = memchr(line, ':', len);
    size_t                at = colon == NULL ? len
                                             : (size_t) (colon - line) + 1;

    at += at < len && line[at] == ' ';
    return (struct weir_span) { line + at, len - at };
}


int
weir_look_beside(struct weir_flow *f, const uint8_t *at, size_t len,
    bool *bare)
{
    size_t  i = 0;

    while (i < len) {
        const uint8_t *const  line = at + i;
        const size_t          start = i;
        int                   rc = WEIR_OK;

        while (i < len && at[i] != '\n' && at[i] != '\r') {
            i++;
        }
        /* An event of two names has the last of them; of the first nothing
           is left in one that is bare. */
        if (i - start >= 8
            && memcmp(line, "data:", 5) != 0
            && (memcmp(line, "event:", 6) != 0
                || !is_name(after_colon(line, i - start))))
        {
            rc = look_plain(f, line, i - start);
        }
        if (rc < 0) {
            return rc;
        }
        *bare |= rc == WEIR_DONE;
        i++;
    }
    return WEIR_OK;
}
