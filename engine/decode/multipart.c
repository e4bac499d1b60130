/*
 * multipart.c: where the parts of a multipart/form-data body are (RFC 7578,
 * RFC 2046 5.1.1), one byte at a time.
 *
 *     --B CRLF  head CRLF CRLF  body CRLF  --B CRLF ...  --B--  [CRLF]
 *
 * Readers of this form differ much, and where they differ text could go
 * around the rules: what one takes for the bytes of a picture another takes
 * for a field. So only what all read in one way is taken: `--B` nowhere but
 * where it ends a part, whole line ends, no preamble, no epilogue, no blank
 * behind a boundary, two headers and no others, names of plain letters, no
 * escape and no second name of a file.
 */
#include "weir/decode.h"
#include "weir/error.h"

#include <strings.h>

enum {
    sw_first,        /* the delimiter that begins the body */
    sw_behind,       /* behind a delimiter */
    sw_behind_cr,
    sw_behind_dash,
    sw_head,
    sw_body,
    sw_end,          /* behind the last one */
    sw_end_cr,
    sw_over
};


static bool
is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}


/* bchars of RFC 2046 without the blank; `plain`: those that need no quotes
   around them (RFC 2045 5.1). */
static bool
is_boundary(struct weir_span s, bool plain)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.at[i])
            && (s.at[i] == 0
                || strchr(plain ? "'+_-." : "'()+_,-./:=?", s.at[i]) == NULL))
        {
            return false;
        }
    }
    return s.len > 0 && s.len <= WEIR_BOUNDARY_MAX;
}


static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}


static struct weir_span
trimmed(struct weir_span s)
{
    while (s.len > 0 && is_blank(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.at[s.len - 1])) {
        s.len--;
    }
    return s;
}


/* Takes what stands before the next `by` off *s, and `by`. */
static struct weir_span
cut(struct weir_span *s, uint8_t by)
{
    const uint8_t *const    end = memchr(s->at, by, s->len);
    const struct weir_span  out = {
        s->at, end == NULL ? s->len : (size_t) (end - s->at)
    };

    s->at += out.len + (end != NULL);
    s->len -= out.len + (end != NULL);
    return out;
}


static bool
is_word(struct weir_span s, const char *word)
{
    return s.len == strlen(word)
           && strncasecmp((const char *) s.at, word, s.len) == 0;
}


bool
weir_multipart_boundary(struct weir_span type, struct weir_span *boundary)
{
    struct weir_span  param, name;

    if (type.len == 0 || !is_word(trimmed(cut(&type, ';')),
                                  "multipart/form-data"))
    {
        return false;
    }
    param = trimmed(type);       /* another one would be a second reading */
    if (param.len == 0) {
        return false;
    }
    name = cut(&param, '=');
    if (!is_word(name, "boundary")) {
        return false;
    }
    if (param.len >= 2 && param.at[0] == '"'
        && param.at[param.len - 1] == '"')
    {
        *boundary = (struct weir_span) { param.at + 1, param.len - 2 };
        return is_boundary(*boundary, false);
    }
    *boundary = param;
    return is_boundary(param, true);
}


void
weir_multipart_open(struct weir_multipart *m, struct weir_span boundary)
{
    unsigned  k = 0;

    weir_assert(boundary.len > 0 && boundary.len <= WEIR_BOUNDARY_MAX);
    m->nparts = 0;
    m->pos = 0;
    m->line = WEIR_SPOT_NONE;
    m->head_len = 0;
    m->error = WEIR_OK;
    m->state = sw_first;
    m->matched = 0;
    m->len = (uint8_t) (boundary.len + 2);
    memcpy(m->delimiter, "--", 2);
    memcpy(m->delimiter + 2, boundary.at, boundary.len);
    /* Knuth, Morris, Pratt: how much of it the rest of a mismatch is */
    m->back[0] = 0;
    for (unsigned i = 1; i < m->len; i++) {
        while (k > 0 && m->delimiter[i] != m->delimiter[k]) {
            k = m->back[k - 1];
        }
        k += m->delimiter[i] == m->delimiter[k];
        m->back[i] = (uint8_t) k;
    }
}


/* ---- the head of a part ---- */

static bool
is_field_name(struct weir_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alnum(s.at[i])
            && (s.at[i] == 0 || strchr("_-.[]", s.at[i]) == NULL))
        {
            return false;
        }
    }
    return s.len > 0 && s.len <= WEIR_JSON_KEY_BYTES;
}


/* `form-data; name="..."; filename="..."`. An escape, or a word of RFC 2047,
   is read by some and not by others. */
static int
disposition_take(struct weir_multipart *m, struct weir_part *p,
    struct weir_span v)
{
    if (!is_word(trimmed(cut(&v, ';')), "form-data")) {
        return WEIR_E_BAD_FORM;
    }
    while (v.len > 0) {
        struct weir_span  key, value;
        struct weir_spot  spot;

        while (v.len > 0 && is_blank(v.at[0])) {
            v.at++;
            v.len--;
        }
        key = cut(&v, '=');
        if (v.len == 0 || v.at[0] != '"') {
            return WEIR_E_BAD_FORM;
        }
        v.at++;
        v.len--;
        value = (struct weir_span) { v.at, 0 };
        while (value.len < v.len && v.at[value.len] != '"') {
            value.len++;
        }
        if (value.len == v.len) {
            return WEIR_E_BAD_FORM;
        }
        v.at += value.len + 1;
        v.len -= value.len + 1;
        if (trimmed(cut(&v, ';')).len > 0) {
            return WEIR_E_BAD_FORM;
        }
        spot.begin = m->head_at + (uint32_t) (value.at - m->head);
        spot.end = spot.begin + (uint32_t) value.len;
        if (is_word(key, "name") && p->name.begin == WEIR_SPOT_NONE
            && is_field_name(value))
        {
            p->name = spot;
        } else if (is_word(key, "filename")
                   && p->filename.begin == WEIR_SPOT_NONE
                   && memchr(value.at, '\\', value.len) == NULL
                   && memmem(value.at, value.len, "=?", 2) == NULL)
        {
            p->filename = spot;
        } else {
            return WEIR_E_BAD_FORM;
        }
    }
    return p->name.begin == WEIR_SPOT_NONE ? WEIR_E_BAD_FORM : WEIR_OK;
}


/* Of a part: no parts in it, and its text is UTF-8. */
static int
type_take(struct weir_span v)
{
    struct weir_span  type = trimmed(cut(&v, ';'));

    if (memchr(type.at, '/', type.len) == NULL
        || type.len + v.len > WEIR_JSON_KEY_BYTES
        || (type.len >= 10
            && strncasecmp((const char *) type.at, "multipart/", 10) == 0)
        || (type.len >= 8
            && strncasecmp((const char *) type.at, "message/", 8) == 0))
    {
        return WEIR_E_BAD_FORM;
    }
    while (v.len > 0) {
        struct weir_span  param = trimmed(cut(&v, ';'));
        struct weir_span  key = cut(&param, '=');

        if (param.len >= 2 && param.at[0] == '"'
            && param.at[param.len - 1] == '"')
        {
            param.at++;
            param.len -= 2;
        }
        if ((key.len >= 7
             && strncasecmp((const char *) key.at, "charset", 7) == 0)
            && (key.len > 7 || (!is_word(param, "utf-8")
                                && !is_word(param, "us-ascii"))))
        {
            return WEIR_E_BAD_FORM;
        }
    }
    return WEIR_OK;
}


static int
head_take(struct weir_multipart *m)
{
    struct weir_part *const  p = &m->parts[m->nparts];
    struct weir_span         all = { m->head, m->head_len - 4 };
    bool                     typed = false;

    if (!weir_is_utf8(all.at, all.len)) {
        return WEIR_E_BAD_UTF8;
    }
    if (memmem(all.at, all.len, m->delimiter, m->len) != NULL) {
        return WEIR_E_BAD_FORM;      /* some readers cut the body there */
    }
    for (size_t i = 0; i < all.len; i++) {
        if ((all.at[i] < 0x20 && !is_blank(all.at[i]) && all.at[i] != '\r'
             && all.at[i] != '\n')
            || all.at[i] == 0x7f
            || (all.at[i] == '\r' && (i + 1 == all.len
                                      || all.at[i + 1] != '\n'))
            || (all.at[i] == '\n' && (i == 0 || all.at[i - 1] != '\r')))
        {
            return WEIR_E_BAD_FORM;
        }
    }
    *p = (struct weir_part) {
        .name = { WEIR_SPOT_NONE, WEIR_SPOT_NONE },
        .filename = { WEIR_SPOT_NONE, WEIR_SPOT_NONE }
    };
    while (all.len > 0) {
        struct weir_span        value = cut(&all, '\n');
        const struct weir_span  name = cut(&value, ':');
        int                     rc = WEIR_E_BAD_FORM;

        if (value.len > 0 && value.at[value.len - 1] == '\r') {
            value.len--;
        }
        if (is_word(name, "content-disposition")
            && p->name.begin == WEIR_SPOT_NONE)
        {
            rc = disposition_take(m, p, trimmed(value));

        } else if (is_word(name, "content-type") && !typed) {
            typed = true;
            rc = type_take(trimmed(value));
        }
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return p->name.begin == WEIR_SPOT_NONE ? WEIR_E_BAD_FORM : WEIR_OK;
}


/* ---- the bytes ---- */

/* One byte of a body. `--B` ends it behind a whole line end, and stands
   nowhere else. */
static int
body_take(struct weir_multipart *m, uint8_t c)
{
    const uint32_t  begin = m->parts[m->nparts].body.begin;

    while (m->matched > 0 && c != m->delimiter[m->matched]) {
        m->matched = m->back[m->matched - 1];
    }
    m->matched += c == m->delimiter[m->matched];
    if (m->matched == m->len) {
        const uint32_t  at = m->pos - m->len + 1;

        if (m->line != at || at < begin + 2) {
            return WEIR_E_BAD_FORM;
        }
        m->parts[m->nparts++].body.end = at - 2;
        m->matched = 0;
        m->state = sw_behind;
    }
    if (c == '\n' && m->last == '\r') {
        m->line = m->pos + 1;
    }
    return WEIR_OK;
}


static int
byte_take(struct weir_multipart *m, uint8_t c)
{
    int  rc = WEIR_OK;

    switch (m->state) {
    case sw_first:
        if (c != m->delimiter[m->matched]) {
            return WEIR_E_BAD_FORM;
        }
        if (++m->matched == m->len) {
            m->matched = 0;
            m->state = sw_behind;
        }
        break;
    case sw_behind:
        if (c != '\r' && (c != '-' || m->nparts == 0)) {
            return WEIR_E_BAD_FORM;
        }
        m->state = c == '\r' ? sw_behind_cr : sw_behind_dash;
        break;
    case sw_behind_cr:
        if (c != '\n') {
            return WEIR_E_BAD_FORM;
        }
        if (m->nparts == WEIR_PARTS_MAX) {
            return WEIR_E_TOO_MANY_TEXTS;
        }
        m->state = sw_head;
        m->head_at = m->pos + 1;
        m->head_len = 0;
        break;
    case sw_behind_dash:
        if (c != '-') {
            return WEIR_E_BAD_FORM;
        }
        m->state = sw_end;
        break;
    case sw_head:
        if (m->head_len == WEIR_PART_HEAD_MAX) {
            return WEIR_E_BAD_FORM;
        }
        m->head[m->head_len++] = c;
        if (c == '\n' && m->head_len > 4
            && memcmp(m->head + m->head_len - 4, "\r\n\r\n", 4) == 0)
        {
            rc = head_take(m);
            m->parts[m->nparts].body.begin = m->pos + 1;
            m->state = sw_body;
            m->matched = 0;
            m->line = WEIR_SPOT_NONE;
            c = 0;           /* that line end is the head's */
        }
        break;
    case sw_body:
        rc = body_take(m, c);
        break;
    case sw_end:
    case sw_end_cr:
        if (c != (m->state == sw_end ? '\r' : '\n')) {
            return WEIR_E_BAD_FORM;
        }
        m->state++;
        break;
    default:
        return WEIR_E_BAD_FORM;
    }
    m->last = c;
    return rc;
}


int
weir_multipart_feed(struct weir_multipart *m, const uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len && m->error == WEIR_OK; i++) {
        if (m->state == sw_body && m->matched == 0
            && at[i] != '-' && at[i] != '\r' && at[i] != '\n')
        {
            m->last = at[i];           /* most bytes of a file */
        } else {
            m->error = byte_take(m, at[i]);
        }
        if (++m->pos == WEIR_SPOT_NONE) {
            m->error = WEIR_E_TOO_LARGE;
        }
    }
    return m->error;
}


int
weir_multipart_finish(struct weir_multipart *m)
{
    if (m->error == WEIR_OK && m->state != sw_end && m->state != sw_over) {
        m->error = WEIR_E_BAD_FORM;
    }
    return m->error;
}
