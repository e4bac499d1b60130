/*
 * sse.c: server-sent events, WHATWG HTML 9.2.5 and 9.2.6: where an event
 * ends, and what its lines say.
 *
 * Order: framing, the walk over lines, parse, join. It copies nothing but in
 * join.
 */
#include "weir/decode.h"

#include <endian.h>

enum {
    sw_line_start,       /* nothing of the line yet */
    sw_line,
    sw_cr,               /* a line of the event ended with CR: LF may follow */
    sw_skip              /* the event before ended with CR at the end of a
                            piece: LF may follow */
};

/* `bom` of struct weir_sse: bytes of EF BB BF seen, or that it is over. */
#define BOM_OVER  3


void
weir_sse_open(struct weir_sse *s)
{
    *s = (struct weir_sse) { .state = sw_line_start };
}


/* The first CR or LF of [p, end). Both at once: a search for one of them
   over a piece full of the other would take quadratic time. */
static const uint8_t *
line_run(const uint8_t *p, const uint8_t *end)
{
    const uint64_t  ones = UINT64_C(0x0101010101010101);
    uint64_t        w, cr, lf;

    while (end - p >= 8) {
        memcpy(&w, p, 8);
        w = le64toh(w);
        cr = w ^ ones * '\r';
        lf = w ^ ones * '\n';
        /* exact at the lowest byte that is set */
        w = (((cr - ones) & ~cr) | ((lf - ones) & ~lf)) & ones << 7;
        if (w != 0) {
            return p + (unsigned) __builtin_ctzll(w) / 8;
        }
        p += 8;
    }
    while (p < end && *p != '\r' && *p != '\n') {
        p++;
    }
    return p;
}


/* One byte of the byte order mark that may begin a stream. WEIR_DONE: it is
   whole, and stands as an event of its own, so that the first event begins
   with its first line; WEIR_OK: no mark, the byte is for the lines. */
static int
bom_byte(struct weir_sse *s, uint8_t c)
{
    static const uint8_t  mark[3] = { 0xef, 0xbb, 0xbf };

    if (c != mark[s->bom]) {
        s->state = s->bom > 0 ? sw_line : sw_line_start;
        s->bom = BOM_OVER;
        return WEIR_OK;
    }
    s->bom++;
    return s->bom == BOM_OVER ? WEIR_DONE : WEIR_MORE;
}


/* A line end. WEIR_DONE: the line was blank and c ends the event. */
static int
line_end(struct weir_sse *s, uint8_t c)
{
    switch (s->state) {
    case sw_skip:
    case sw_cr:
        if (c == '\n') {
            s->state = sw_line_start;
            return WEIR_MORE;
        }
        return WEIR_DONE;
    case sw_line_start:
        return WEIR_DONE;
    default:
        s->state = c == '\r' ? sw_cr : sw_line_start;
        return WEIR_MORE;
    }
}


/* The end of an event, at p behind its blank line, which c ended. */
static const uint8_t *
event_end(struct weir_sse *s, uint8_t c, const uint8_t *p, const uint8_t *end)
{
    s->state = sw_line_start;
    s->begun = 0;
    if (c == '\r') {
        if (p == end) {
            s->state = sw_skip;
        } else if (*p == '\n') {
            p++;
        }
    }
    return p;
}


int
weir_sse_feed(struct weir_sse *s, const uint8_t *at, size_t len,
    size_t *taken)
{
    const uint8_t       *p = at;
    const uint8_t *const  end = at + len;
    int                  rc = WEIR_MORE;

    while (p < end) {
        s->begun = 1;

        if (s->bom < BOM_OVER) {
            rc = bom_byte(s, *p);
            if (rc != WEIR_OK) {
                p++;
                if (rc == WEIR_DONE) {
                    s->begun = 0;
                    break;
                }
                continue;
            }
        }

        if (*p != '\r' && *p != '\n') {
            s->state = sw_line;
            p = line_run(p, end);
            rc = WEIR_MORE;
            continue;
        }

        rc = line_end(s, *p);
        p++;
        if (rc == WEIR_DONE) {
            p = event_end(s, p[-1], p, end);
            break;
        }
    }

    *taken = (size_t) (p - at);
    return rc == WEIR_DONE ? WEIR_DONE : WEIR_MORE;
}


/* ---- lines ---- */

/* The line at *at without its end; moves *at behind it. False at the end. */
static bool
line_next(const uint8_t **at, const uint8_t *end, struct weir_span *line)
{
    const uint8_t  *p = *at;

    if (p == end) {
        return false;
    }
    line->at = p;
    p = line_run(p, end);
    line->len = (size_t) (p - line->at);
    if (p < end) {
        p += p[0] == '\r' && end - p >= 2 && p[1] == '\n' ? 2 : 1;
    }
    *at = p;
    return true;
}


/* Whether the line is of this field; then its value, without the one space
   that may follow the colon. A line without a colon is a field name alone. */
static bool
line_field(struct weir_span line, const char *name, size_t name_len,
    struct weir_span *value)
{
    if (line.len < name_len || memcmp(line.at, name, name_len) != 0) {
        return false;
    }
    value->at = line.at + name_len;
    value->len = line.len - name_len;
    if (value->len == 0) {
        return true;
    }
    if (value->at[0] != ':') {
        return false;
    }
    value->at++;
    value->len--;
    if (value->len > 0 && value->at[0] == ' ') {
        value->at++;
        value->len--;
    }
    return true;
}


void
weir_sse_parse(const uint8_t *at, size_t len, struct weir_sse_event *ev)
{
    const uint8_t *const  end = at + len;
    struct weir_span      line, value;

    ev->name = (struct weir_span) { at, 0 };
    ev->data = (struct weir_span) { at, 0 };
    ev->lines = 0;

    while (line_next(&at, end, &line)) {
        if (line_field(line, "data", 4, &value)) {
            if (ev->lines == 0) {
                ev->data = value;
            }
            ev->lines++;

        } else if (line_field(line, "event", 5, &value)) {
            ev->name = value;        /* the last one counts */
        }
    }
}


size_t
weir_sse_join(const uint8_t *at, size_t len, uint8_t *out)
{
    const uint8_t *const  end = at + len;
    struct weir_span      line, value;
    size_t                n = 0;
    bool                  first = true;

    while (line_next(&at, end, &line)) {
        if (!line_field(line, "data", 4, &value)) {
            continue;
        }
        if (!first) {
            out[n++] = '\n';
        }
        first = false;
        if (value.len > 0) {
            memcpy(out + n, value.at, value.len);
        }
        n += value.len;
    }
    return n;
}
