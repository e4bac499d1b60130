/*
 * address_test.c: the cases, whole and in every split: what is decided at a
 * split may not change, and what is found in the end is what is found whole.
 */
#include "base/test.h"
#include "weir/address.h"

#include <stdlib.h>

#define TEXT_MAX  256

static size_t
decode(const char *s, uint32_t *cp)
{
    size_t  n = 0;

    while (*s != '\0' && n < TEXT_MAX) {
        const unsigned char  c = (unsigned char) *s;
        const int            k = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2
                                                                       : 3;
        uint32_t             v = k == 0 ? c : c & (0x3fu >> k);

        for (int i = 1; i <= k; i++) {
            v = v << 6 | ((unsigned char) s[i] & 0x3f);
        }
        cp[n++] = v;
        s += k + 1;
    }
    return n;
}


/* Text and the marked span of a case; score 0: nothing. */
static unsigned
read_case(const char *line, uint32_t *cp, size_t *n, size_t *begin,
    size_t *end)
{
    uint32_t  raw[TEXT_MAX];
    char     *text;
    unsigned  score = (unsigned) strtoul(line, &text, 10);
    size_t    len;

    text += score > 0 && *text == ' ';
    len = decode(score > 0 ? text : line, raw);
    *n = *begin = *end = 0;
    for (size_t i = 0; i < len; i++) {
        if (raw[i] == '[' && score > 0) {
            *begin = *n;
        } else if (raw[i] == ']' && score > 0) {
            *end = *n;
        } else if (raw[i] != '\n') {
            cp[(*n)++] = raw[i];
        }
    }
    return score;
}


/* Hand the text over in pieces that end at the given places. */
static size_t
run(const uint32_t *cp, size_t n, uint64_t *seed, struct weir_address *out)
{
    size_t  at = 0, from = 0, found = 0, decided;

    while (at < n || n == 0) {
        size_t  k;

        at = seed == NULL ? n : at + 1 + weir_test_random(seed) % 7;
        at = at < n ? at : n;
        k = weir_address_find(cp, at, from, at == n, out + found, 8,
                              &decided);
        CHECK(decided >= from && decided <= at);
        CHECK(at < n || decided == n);
        CHECK(at - decided <= WEIR_ADDRESS_CHARS_MAX);
        found += k;
        from = decided;
        if (n == 0) {
            break;
        }
    }
    return found;
}


static bool
same(const struct weir_address *a, const struct weir_address *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i].begin != b[i].begin || a[i].end != b[i].end
            || a[i].score != b[i].score)
        {
            return false;
        }
    }
    return true;
}


static void
test_case(const char *line, uint64_t *seed)
{
    uint32_t             cp[TEXT_MAX];
    size_t               n, begin, end, found;
    struct weir_address  a[TEXT_MAX], b[TEXT_MAX];
    const unsigned       score = read_case(line, cp, &n, &begin, &end);

    found = run(cp, n, NULL, a);
    if (score == 0) {
        for (size_t i = 0; i < found; i++) {
            CHECK_MSG(a[i].score < 500, "found %zu..%zu (%u) in %s",
                      a[i].begin, a[i].end, a[i].score, line);
        }
    } else {
        CHECK_MSG(found == 1 && a[0].begin == begin && a[0].end == end
                  && a[0].score == score,
                  "%zu found, %zu..%zu (%u) for %zu..%zu in %s", found,
                  found > 0 ? a[0].begin : 0, found > 0 ? a[0].end : 0,
                  found > 0 ? a[0].score : 0, begin, end, line);
    }
    for (int round = 0; round < 50; round++) {
        const size_t  m = run(cp, n, seed, b);

        CHECK_MSG(m == found && same(a, b, m), "another in pieces: %s",
                  line);
    }
}


int
main(int argc, char **argv)
{
    FILE      *f = fopen(argc > 1 ? argv[1] : "", "r");
    char       line[1024];
    uint64_t   seed = 20261124;
    unsigned   cases = 0;

    if (f == NULL) {
        printf("Bail out! address_test: no file of cases given\n");
        return 1;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] != '#' && line[0] != '\n') {
            test_case(line, &seed);
            cases++;
        }
    }
    fclose(f);
    CHECK(cases > 20);
    return weir_test_done();
}
