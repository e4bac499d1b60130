/*
 * find_fuzz.c: any bytes as a regex and a text in any coding: what is found
 * in the whole is what is found in its pieces, and what the naive oracle
 * says of plain text.
 * Input: coding and flags, 8 bytes of cuts, the regex to the first NUL, text.
 */
#include "compile/matcher_compile.h"
#include "find/find_naive.h"
#include "scan/scan_layout.h"

#include <stdlib.h>

#define FOUND_MAX  8192
#define TEXT_MAX   4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct weir_found  whole[FOUND_MAX], pieces[FOUND_MAX];

/* One matcher for all runs, for it takes a while; the regex is put into it. */
static struct weir_matcher *
matcher(struct weir_span pattern, unsigned flags)
{
    static struct weir_matcher  *made;
    static uint8_t               room[WEIR_REGEX_BYTES_MAX];
    struct weir_regex_in         r = { { room, sizeof(room) }, 1, 900, 0 };
    struct weir_matcher_error    err;
    struct weir_regex_row       *row;
    struct weir_mem             *mem;
    struct weir_buf              b;

    if (made == NULL) {
        mem = weir_mem_open(0);
        weir_buf_init(&b, mem, 64u << 20);
        if (weir_matcher_compile(&(struct weir_matcher_in) {
                .regexes = &r, .nregexes = 1 }, &b, &err) != WEIR_OK
            || weir_matcher_check(b.at, b.len) != WEIR_OK)
        {
            abort();
        }
        made = malloc(b.len);
        memcpy(made, b.at, b.len);
        weir_buf_release(&b);
        weir_mem_close(mem);
    }
    row = (void *) ((uint8_t *) made + made->regexes);
    row->len = (uint32_t) pattern.len;
    row->flags = flags;
    memcpy((uint8_t *) made + made->patterns, pattern.at, pattern.len);
    return made;
}

/* SIZE_MAX: given up. cuts NULL: whole. */
static size_t
find(const struct weir_matcher *m, struct weir_patterns *p,
    enum weir_coding coding, const uint8_t *text, size_t len,
    const uint8_t *cuts, struct weir_found *out)
{
    struct weir_finder  *f = malloc(weir_find_size(m));
    uint8_t             *packed = malloc(weir_find_pack_max(m));
    size_t               fed = 0, n = 0, got, size;
    bool                 given_up;

    weir_find_open(f, m, p, coding, 0);
    for (unsigned k = 0; ; k++) {
        const size_t    more = cuts == NULL ? len : cuts[k % 8];
        const uint64_t  from = weir_find_keep(f);
        int             rc;

        fed = more + (cuts != NULL && k % 8 == 0) > len - fed
              ? len : fed + more + (cuts != NULL && k % 8 == 0);
        do {
            rc = weir_find_feed(f, text + from, from, fed - from, fed == len,
                                out + n, FOUND_MAX - n, &got);
            n += got;
        } while (rc == WEIR_MORE && n < FOUND_MAX);
        if (fed == len || n == FOUND_MAX) {
            break;
        }
        size = weir_find_pack(f, packed);
        memset(f, 0xa5, weir_find_size(m));
        weir_find_unpack(f, m, p, packed, size);
    }
    given_up = weir_find_overflow(f);
    free(packed);
    free(f);
    return given_up ? SIZE_MAX : n;
}

static void
compare(const struct weir_found *a, size_t n, const struct weir_found *b,
    size_t k)
{
    if (n != k) {
        abort();
    }
    for (size_t i = 0; i < n; i++) {
        if (a[i].begin != b[i].begin || a[i].end != b[i].end) {
            abort();
        }
    }
}

static bool
is_utf8(const uint8_t *text, size_t len)
{
    const struct text  t = { text, len, true };
    size_t             at = 0;
    uint32_t           cp;

    while (at < len) {
        at = text_next(&t, WEIR_PLAIN, at, &cp);
        if (cp == CODE_BAD) {
            return false;
        }
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t         *nul;
    struct weir_span       pattern;
    struct weir_regex     *r;
    struct weir_patterns  *p;
    struct weir_matcher   *m;
    char                   message[160];
    size_t                 at, len, n, k;

    if (size < 10 || (nul = memchr(data + 9, 0, size - 9)) == NULL) {
        return 0;
    }
    pattern = (struct weir_span) { data + 9, (size_t) (nul - data - 9) };
    len = size - (size_t) (nul + 1 - data);
    if (len > TEXT_MAX
        || weir_regex_compile(&r, pattern, data[0] / 3 & WEIR_REGEX_FLAGS,
                              message, &at) != WEIR_OK)
    {
        return 0;
    }
    m = matcher(pattern, data[0] / 3 & WEIR_REGEX_FLAGS);
    if (weir_patterns_open(&p, m) != WEIR_OK) {
        abort();
    }
    n = find(m, p, (enum weir_coding) (data[0] % 3), nul + 1, len, NULL,
             whole);
    k = find(m, p, (enum weir_coding) (data[0] % 3), nul + 1, len, data + 1,
             pieces);
    if (n < FOUND_MAX && k < FOUND_MAX) {
        compare(whole, n, pieces, k);
        k = 0;
        if (data[0] % 3 == WEIR_PLAIN && is_utf8(nul + 1, len)
            && find_naive(r, nul + 1, len, 1, 900, pieces, &k, FOUND_MAX))
        {
            compare(whole, n, pieces, k);
        }
    }
    weir_patterns_close(p);
    weir_regex_close(r);
    return 0;
}
