/*
 * sse_test.c: framing and fields against a naive parser of the whole text,
 * at every split.
 */
#include "base/test.h"
#include "weir/decode.h"

#include <stdlib.h>

/* What a client sees: events with data, one a line: name '|' data ';'. */
struct seen {
    char    at[4096];
    size_t  len;
};


static void
put(struct seen *s, const void *at, size_t len)
{
    weir_assert(s->len + len < sizeof(s->at));
    if (len > 0) {
        memcpy(s->at + s->len, at, len);
    }
    s->len += len;
}


/* WHATWG HTML 9.2.6 as it is written: decode, split in lines, take each. */
static void
naive(const uint8_t *at, size_t len, struct seen *out)
{
    struct seen  name = { .len = 0 }, data = { .len = 0 };
    size_t       i = len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    out->len = 0;
    while (i < len) {
        const size_t  begin = i;
        size_t        end, colon, value;

        while (i < len && at[i] != '\r' && at[i] != '\n') {
            i++;
        }
        if (i == len) {
            return;                  /* a line without its end */
        }
        end = i;
        i += at[i] == '\r' && i + 1 < len && at[i + 1] == '\n' ? 2 : 1;

        if (end == begin) {
            if (data.len > 0) {
                put(out, name.at, name.len);
                put(out, "|", 1);
                put(out, data.at, data.len - 1);
                put(out, ";", 1);
            }
            name.len = data.len = 0;
            continue;
        }
        colon = begin;
        while (colon < end && at[colon] != ':') {
            colon++;
        }
        value = colon < end ? colon + 1 : end;
        value += value < end && at[value] == ' ';
        if (colon - begin == 4 && memcmp(at + begin, "data", 4) == 0) {
            put(&data, at + value, end - value);
            put(&data, "\n", 1);

        } else if (colon - begin == 5 && memcmp(at + begin, "event", 5) == 0)
        {
            name.len = 0;
            put(&name, at + value, end - value);
        }
    }
}


static void
ours_event(const uint8_t *at, size_t len, struct seen *out)
{
    const uint8_t         *fenced = weir_test_fenced(at, len);
    uint8_t               *joined = malloc(len + 1);
    struct weir_sse_event  ev;
    size_t                 n;

    weir_sse_parse(fenced, len, &ev);
    if (ev.lines > 0) {
        n = weir_sse_join(fenced, len, joined);
        CHECK(n <= len);
        if (ev.lines == 1) {
            CHECK(n == ev.data.len
                  && (n == 0 || memcmp(joined, ev.data.at, n) == 0));
        }
        put(out, ev.name.at, ev.name.len);
        put(out, "|", 1);
        put(out, joined, n);
        put(out, ";", 1);
    }
    free(joined);
    munmap((void *) ((uintptr_t) fenced & ~(uintptr_t) 4095), 8192);
}


/* Feed in pieces; cut 0: random. Every byte must belong to one event. */
static void
ours(const uint8_t *at, size_t len, size_t cut, uint64_t *seed,
    struct seen *out)
{
    struct weir_sse  s;
    size_t           start = 0, i = 0;

    out->len = 0;
    weir_sse_open(&s);
    while (i < len) {
        size_t  n = cut ? cut : 1 + weir_test_random(seed) % 7;
        size_t  end = i + (n < len - i ? n : len - i);

        while (i < end) {
            size_t     taken;
            const int  rc = weir_sse_feed(&s, at + i, end - i, &taken);

            weir_assert(taken > 0 && taken <= end - i);
            i += taken;
            if (rc == WEIR_DONE) {
                CHECK(s.begun == 0);
                ours_event(at + start, i - start, out);
                start = i;
            } else {
                CHECK(rc == WEIR_MORE && i == end && s.begun);
            }
        }
    }
}


static void
compare(const char *text, size_t len)
{
    static struct seen  want, got;
    uint64_t            seed = 3 + len;

    naive((const uint8_t *) text, len, &want);
    for (size_t cut = 0; cut < 9; cut++) {
        ours((const uint8_t *) text, len, cut == 8 ? len + 1 : cut, &seed,
             &got);
        CHECK_MSG(got.len == want.len
                  && memcmp(got.at, want.at, want.len) == 0,
                  "pieces of %zu: [%.*s]: got [%.*s], not [%.*s]", cut,
                  (int) len, text, (int) got.len, got.at, (int) want.len,
                  want.at);
    }
}


static const char *const  cases[] = {
    "data: {\"a\":1}\n\ndata: [DONE]\n\n",
    "data: x\r\n\r\ndata: y\r\n\r\n",
    "data: x\r\rdata: y\r\r",
    "data: x\r\n\rdata: y\n\r\n\r\n",
    "data: x\r\r\ndata: y\r\n\n",
    "\xef\xbb\xbf" "data: bom\n\n",
    "\xef\xbb\xbf\xef\xbb\xbf" "data: two boms\n\ndata: y\n\n",
    "\xef\xbb" "data: half a bom\n\ndata: y\n\n",
    "\xef\n\ndata: y\n\n",
    "data: x\n\n\xef\xbb\xbf" "data: late bom\n\n",
    ": comment\n\n:\n\ndata: x\n\n", ": ping - 2026\r\n\r\ndata: x\r\n\r\n",
    "event: message_start\ndata: {}\n\n", "event:ping\ndata:{}\n\n",
    "event: a\nevent: b\ndata: x\n\n", "event\ndata: x\n\n",
    "data: a\ndata: b\ndata:\ndata\ndata:  two\n\n",
    "data\n\n", "data:\n\n", "data: \n\n", "data:  \n\n",
    "id: 7\nretry: 3000\ndata: x\n\n", "event: lonely\n\ndata: x\n\n",
    "Data: no\ndatax: no\n data: no\ndata : no\ndata: x\n\n",
    "\n\n\n\ndata: x\n\n\n\n", "data: unfinished\n", "data: unfinished", "",
    "data: \xe4\xb8\xad\xe6\x96\x87 0123456789 0123456789 0123456789\n\n"
};


static void
test_random(void)
{
    static const char *const  bits[] = {
        "\r", "\n", "\r\n", "data", ":", " ", "x", "event", "\xef\xbb\xbf",
        "data: abcdefghij", "id: 1", "\xef"
    };
    uint64_t                  seed = 11;

    for (int round = 0; round < 6000; round++) {
        char    text[256];
        size_t  len = 0;

        for (unsigned n = weir_test_random(&seed) % 16; n > 0; n--) {
            const char  *b = bits[weir_test_random(&seed)
                                  % (sizeof(bits) / sizeof(bits[0]))];

            memcpy(text + len, b, strlen(b));
            len += strlen(b);
        }
        compare(text, len);
    }
}


/* Where exactly an event ends. */
static void
test_ends(void)
{
    static const struct {
        const char  *piece;
        size_t       taken;
        int          rc;
    } steps[] = {
        { "data: x\r\n\r", 10, WEIR_DONE },     /* CR at the piece's end */
        { "\ndata: y\n\n", 10, WEIR_DONE },     /* its LF: next event */
        { "data: z\r\n\r\ndata", 11, WEIR_DONE },
        { "data", 4, WEIR_MORE },
        { ": w\r", 4, WEIR_MORE },
        { "\n", 1, WEIR_MORE },
        { "\r", 1, WEIR_DONE },
        { "\r", 1, WEIR_DONE },                 /* a blank line of its own */
        { "\n\n", 2, WEIR_DONE },               /* LF of it; a blank line */
        { "\n", 1, WEIR_DONE }
    };
    struct weir_sse  s;
    size_t           n;

    /* no mark: its first bytes are a line */
    weir_sse_open(&s);
    CHECK(weir_sse_feed(&s, (const uint8_t *) "\xef\n", 2, &n) == WEIR_MORE);
    CHECK(weir_sse_feed(&s, (const uint8_t *) "\n", 1, &n) == WEIR_DONE);
    CHECK(weir_sse_feed(&s, NULL, 0, &n) == WEIR_MORE && n == 0);
    /* a mark is an event of its own */
    weir_sse_open(&s);
    CHECK(weir_sse_feed(&s, (const uint8_t *) "\xef\xbb\xbf" "data", 7, &n)
          == WEIR_DONE && n == 3);

    weir_sse_open(&s);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        size_t     taken;
        const int  rc = weir_sse_feed(&s, (const uint8_t *) steps[i].piece,
                                      strlen(steps[i].piece), &taken);

        CHECK_MSG(rc == steps[i].rc && taken == steps[i].taken,
                  "step %zu: %d, %zu taken", i, rc, taken);
    }
}


int
main(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        compare(cases[i], strlen(cases[i]));
    }
    test_random();
    test_ends();
    return weir_test_done();
}
