/*
 * scan_fuzz.c: any bytes as text in any coding: the findings of the whole
 * are those of its pieces; `settled` only grows and no finding begins
 * before it. The input's first bytes choose coding and cuts.
 */
#include "compile/matcher_compile.h"
#include "scan/scan_layout.h"
#include "weir/scan.h"

#include <stdlib.h>

#define FOUND_MAX  8192

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct weir_term_in  own_terms[] = {
    { .text = { (const uint8_t *) "ab", 2 }, .rule = 1, .score = 900 },
    { .text = { (const uint8_t *) "b", 1 }, .rule = 2, .edges = 1 },
    { .text = { (const uint8_t *) "a1 b", 4 }, .allow = 1 },
    { .text = { (const uint8_t *) "138123", 6 }, .rule = 3 },
    { .text = { (const uint8_t *) "13812345678 a", 13 }, .allow = 1 },
    { .text = { (const uint8_t *) "\xe4\xb8\xad\xe6\x96\x87", 6 },
      .rule = 4 },
    { .text = { (const uint8_t *) "tel", 3 }, .context = 1, .edges = 1 },
    { .text = { (const uint8_t *) "bad", 3 }, .rule = 5, .edges = 1,
      .separators = 2, .repeats = 3 },
    { .text = { (const uint8_t *) "a b", 3 }, .rule = 6, .separators = 1 },
    { .text = { (const uint8_t *) "\xe4\xb8\xad\xe5\x9b\xbd", 6 },
      .rule = 7, .separators = 1, .repeats = 1 },
    { .text = { (const uint8_t *) "x bad", 5 }, .allow = 1,
      .separators = 2 },
    { .text = { (const uint8_t *) "ba", 2 }, .rule = 8, .near = 1,
      .near_chars = 6, .repeats = 2 },
    { .text = { (const uint8_t *) "\xe6\x96\x87", 3 }, .rule = 8,
      .near = 2, .near_chars = 6 },
    { .text = { (const uint8_t *) "d a", 3 }, .rule = 8, .near = 2,
      .near_chars = 6, .separators = 1 },
    /* Without these words no value is ever assigned (scan_assign.c). */
    { .text = { (const uint8_t *) "token", 5 }, .context = 2 },
    { .text = { (const uint8_t *) "key", 3 }, .context = 2 },
    { .text = { (const uint8_t *) "bearer ", 7 }, .context = 2 },
    { .text = { (const uint8_t *) "datadog", 7 }, .context = 3 },
    { .text = { (const uint8_t *) "password", 8 }, .context = 4 },
    { .text = { (const uint8_t *) "\xe5\xaf\x86\xe7\xa0\x81", 6 },
      .context = 4 },
    { .text = { (const uint8_t *) "--user ", 7 }, .context = 4 },
    { .text = { (const uint8_t *) "://", 3 }, .context = 5 },
};

static const uint8_t  context_of[WEIR_IDENT_COUNT] = {
    [WEIR_IDENT_CREDENTIAL] = 2, [WEIR_IDENT_VENDOR_KEY] = 3,
    [WEIR_IDENT_PASSWORD] = 4, [WEIR_IDENT_CONNECTION] = 5,
};

/* So many terms more, of other ideographs, that running text is looked up by
   three (matcher_trie.c). */
#define MORE  17000

static const struct weir_term_in *
terms_made(size_t *n)
{
    static struct weir_term_in  terms[MORE + sizeof(own_terms)
                                             / sizeof(own_terms[0])];
    static uint8_t              texts[MORE][9];
    uint32_t                    at = 0;

    for (unsigned i = 0; i < MORE; i++) {
        for (unsigned k = 0, rest = i; k < 3; k++, rest /= 26) {
            texts[i][3 * k] = 0xe8;
            texts[i][3 * k + 1] = (uint8_t) (0x80 + k);
            texts[i][3 * k + 2] = (uint8_t) (0x80 + rest % 26);
        }
        terms[at++] = (struct weir_term_in) {
            .text = { texts[i], 9 }, .rule = 9, .score = 1000 };
    }
    memcpy(terms + at, own_terms, sizeof(own_terms));
    *n = sizeof(terms) / sizeof(terms[0]);
    return terms;
}

static const struct weir_matcher *
matcher(void)
{
    static struct weir_matcher  *made;
    struct weir_ident_in         idents[WEIR_IDENT_COUNT];
    struct weir_matcher_in       in = { NULL, 0, idents, 0 };
    struct weir_matcher_error    err;
    struct weir_mem             *mem;
    struct weir_buf              b;
    unsigned                     k;

    if (made != NULL) {
        return made;
    }
    for (k = 1; k < WEIR_IDENT_PSEUDONYM; k++) {
        idents[in.nidents++] = (struct weir_ident_in) {
            k, (uint16_t) k, 0, context_of[k] != 0 ? context_of[k] : 1 };
    }
    in.terms = terms_made(&in.nterms);
    mem = weir_mem_open(0);
    weir_buf_init(&b, mem, 64u << 20);
    if (weir_matcher_compile(&in, &b, &err) != WEIR_OK
        || weir_matcher_check(b.at, b.len) != WEIR_OK)
    {
        abort();
    }
    made = malloc(b.len);
    memcpy(made, b.at, b.len);
    weir_buf_release(&b);
    weir_mem_close(mem);
    return made;
}

/* Feeds in pieces of cuts[i] bytes, 0 being all; each from a block of its
   own size, so that a sanitizer sees a byte read too far. */
static size_t
scan(enum weir_coding coding, unsigned flags, const uint8_t *text,
    size_t len, const uint8_t *cuts, size_t ncuts, struct weir_found *found)
{
    struct weir_scan  *s = calloc(1, weir_scan_size());
    size_t             fed = 0, n = 0, got, i, k = 0;
    uint64_t           settled = 0;
    int                rc;

    weir_scan_open(s, matcher(), coding, flags);
    do {
        const uint64_t  from = weir_scan_keep(s);
        const size_t    more = ncuts == 0 ? len : 1u + cuts[k++ % ncuts] % 32;
        const size_t    start = n;
        uint8_t        *copy;

        fed = more > len - fed ? len : fed + more;
        copy = malloc(fed - from);
        memcpy(copy, text + from, fed - from);
        do {
            rc = weir_scan_feed(s, copy, from, fed - from, fed == len,
                                found + n, FOUND_MAX - n, &got);
            n += got;
        } while (rc == WEIR_MORE && n < FOUND_MAX);
        free(copy);
        for (i = start; i < n; i++) {
            if (found[i].begin < settled || found[i].begin >= found[i].end
                || found[i].end > fed || (rc == WEIR_OK
                && found[i].begin >= weir_scan_settled(s))
                || (i > 0 && found[i - 1].begin > found[i].begin))
            {
                abort();
            }
        }
        if (weir_scan_settled(s) < settled || weir_scan_settled(s) > fed) {
            abort();
        }
        settled = weir_scan_settled(s);
    } while (fed < len && n < FOUND_MAX);
    free(s);
    return n;
}

/* The matcher takes over ten seconds with sanitizers: outside the time that
   libFuzzer allows one input. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;
    matcher();
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct weir_found  whole[FOUND_MAX], pieces[FOUND_MAX];
    enum weir_coding          coding;
    unsigned                  flags;
    size_t                    n, k, i;

    if (size < 9) {
        return 0;
    }
    coding = (enum weir_coding) (data[0] % 3);
    flags = data[0] / 3 % 2;
    n = scan(coding, flags, data + 9, size - 9, NULL, 0, whole);
    k = scan(coding, flags, data + 9, size - 9, data + 1, 8, pieces);
    if (n == FOUND_MAX) {
        return 0;
    }
    if (n != k) {
        abort();
    }
    for (i = 0; i < n; i++) {
        if (whole[i].begin != pieces[i].begin
            || whole[i].end != pieces[i].end
            || whole[i].rule != pieces[i].rule
            || whole[i].score != pieces[i].score)
        {
            abort();
        }
    }
    return 0;
}
