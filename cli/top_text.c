/*
 * top_text.c: text in columns of a terminal. Widths are those of wcwidth(3)
 * under C.UTF-8, whatever the caller's locale: the C library's table follows
 * Unicode's East Asian Width, as terminals do.
 */
#include "top.h"

#include <locale.h>
#include <math.h>
#include <wchar.h>


/* One character and its columns; what is no UTF-8, cannot be printed or
   would move the cursor becomes '?'; what is invisible and may turn the
   direction of the line has no bytes at all. */
struct glyph {
    char      at[8];
    size_t    bytes;             /* written */
    size_t    taken;             /* read */
    unsigned  width;
};


static locale_t
utf8(void)
{
    static locale_t  l;

    if (l == (locale_t) 0) {
        l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
    }
    return l;
}


/* Bidirectional controls, zero-width characters, byte order mark. */
static bool
is_invisible(wchar_t c)
{
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}


static struct glyph
next(const char *s)
{
    struct glyph  g = { .at = "?", .bytes = 1, .taken = 1, .width = 1 };
    mbstate_t     state = { 0 };
    wchar_t       c = 0;
    locale_t      old = (locale_t) 0;
    size_t        n;
    int           width;

    if ((unsigned char) *s >= ' ' && (unsigned char) *s < 0x7f) {
        g.at[0] = *s;
        return g;
    }
    if (utf8() != (locale_t) 0) {
        old = uselocale(utf8());
    }
    n = mbrtowc(&c, s, strlen(s), &state);
    width = wcwidth(c);
    if (old != (locale_t) 0) {
        (void) uselocale(old);
    }
    if (n == (size_t) -1 || n == (size_t) -2 || n == 0) {
        return g;
    }
    g.taken = n;
    if (is_invisible(c)) {
        g.bytes = g.width = 0;
    } else if (width >= 0) {
        memcpy(g.at, s, n);
        g.bytes = n;
        g.width = (unsigned) width;
    }
    return g;
}


unsigned
top_width(const char *s)
{
    unsigned  width = 0;

    while (*s != '\0') {
        const struct glyph  g = next(s);

        width += g.width;
        s += g.taken;
    }
    return width;
}


static void
add(struct top_line *l, const char *s, size_t n)
{
    if (n < sizeof(l->at) - l->len) {
        memcpy(l->at + l->len, s, n);
        l->len += n;
        l->at[l->len] = '\0';
    }
}


void
top_raw(struct top_line *l, const char *s)
{
    add(l, s, strlen(s));
}


static void
fill(struct top_line *l, unsigned n)
{
    l->width += n;
    while (n-- > 0) {
        add(l, " ", 1);
    }
}


/* What fits into `width`; returns the columns taken. */
static unsigned
put(struct top_line *l, const char *s, unsigned width)
{
    const bool      cut = top_width(s) > width;
    const unsigned  room = cut && width > 0 ? width - 1 : width;
    unsigned        taken = 0;

    while (*s != '\0') {
        const struct glyph  g = next(s);

        if (taken + g.width > room) {
            break;
        }
        add(l, g.at, g.bytes);
        taken += g.width;
        s += g.taken;
    }
    if (cut && width > 0) {
        add(l, "…", strlen("…"));
        taken++;
    }
    l->width += taken;
    return taken;
}


void
top_put(struct top_line *l, const char *s, unsigned width, bool right)
{
    const unsigned  all = top_width(s);

    if (right && all < width) {
        fill(l, width - all);
        (void) put(l, s, all);
    } else {
        /* A wide character that is cut may leave one column empty. */
        fill(l, width - put(l, s, width));
    }
}


void
top_say(struct top_line *l, const char *s, unsigned most)
{
    (void) put(l, s, most);
}


void
top_number(double v, char out[16])
{
    static const char  units[] = { 'k', 'M', 'G', 'T' };
    unsigned           u = 0;

    if (isnan(v)) {
        (void) snprintf(out, 16, "-");
    } else if (v < 0.005) {
        (void) snprintf(out, 16, "0");
    } else if (v < 9.95) {
        (void) snprintf(out, 16, v < 0.995 ? "%.2f" : "%.1f", v);
    } else if (v < 9999.5) {
        (void) snprintf(out, 16, "%.0f", v);
    } else {
        for (v /= 1000; v >= 999.5 && u + 1 < sizeof(units); u++) {
            v /= 1000;
        }
        (void) snprintf(out, 16, v < 99.95 ? "%.1f%c" : "%.0f%c",
                        v < 99999 ? v : 99999.0, units[u]);
    }
}


void
top_seconds(double v, char out[16])
{
    if (isnan(v)) {
        (void) snprintf(out, 16, "-");
    } else if (v < 0.00995) {
        (void) snprintf(out, 16, "%.1fms", v * 1000);
    } else if (v < 0.9995) {
        (void) snprintf(out, 16, "%.0fms", v * 1000);
    } else if (v < 9.995) {
        (void) snprintf(out, 16, "%.2fs", v);
    } else {
        (void) snprintf(out, 16, "%.0fs", v < 99999 ? v : 99999.0);
    }
}


void
top_money(double v, char out[32])
{
    if (isnan(v)) {
        (void) snprintf(out, 32, "-");
    } else if (v > -1 && v < 1) {
        (void) snprintf(out, 32, "%.4f", v);
    } else if (v < 9999999.5) {
        (void) snprintf(out, 32, "%.2f", v);
    } else {
        (void) snprintf(out, 32, v < 9999999999.5 ? "%.0f" : "%.3g", v);
    }
}
