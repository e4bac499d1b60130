/*
 * scan_bench.c: speed of fold + scan and of the compiler, one core.
 *
 *   scan_bench [terms [megabytes [separators [repeats]]]]
 *
 * Text and terms are random with the frequencies of a natural language
 * (Zipf over 4,000 Han characters); English likewise over 5,000 words.
 */
#include "compile/matcher_compile.h"
#include "scan/scan_layout.h"
#include "weir/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HAN    4000
#define WORDS  5000

static uint8_t  separators, repeats;     /* of all terms */

static uint64_t  seed = 20261124;
static uint32_t  zipf[HAN > WORDS ? HAN : WORDS];

static uint64_t
rnd(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(2685821657736338717);
}

static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

/* Rank of a Zipf draw over n, by the inverse of its sums. */
static unsigned
draw(unsigned n)
{
    const uint32_t  at = (uint32_t) (rnd() % zipf[n - 1]);
    unsigned        low = 0, high = n - 1;

    while (low < high) {
        const unsigned  mid = (low + high) / 2;

        if (zipf[mid] > at) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

static size_t
put_han(uint8_t *out, unsigned rank)
{
    /* ranks are spread over the block, as real frequencies are */
    const uint32_t  cp = 0x4e00 + (rank * 7919u) % 20900;

    out[0] = (uint8_t) (0xe0 | cp >> 12);
    out[1] = (uint8_t) (0x80 | (cp >> 6 & 63));
    out[2] = (uint8_t) (0x80 | (cp & 63));
    return 3;
}

static size_t
put_word(uint8_t *out, unsigned rank)
{
    size_t    n = 0;
    unsigned  h = rank * 2654435761u;

    do {
        out[n++] = (uint8_t) ("etaoinshrdlucmfwypvbgk"[h % 22]);
        h /= 22;
    } while (h > 400 && n < 10);
    out[n++] = ' ';
    return n;
}

static size_t
make_text(uint8_t *out, size_t len, bool han)
{
    size_t  n = 0, since = 0;

    while (n + 16 < len) {
        n += han ? put_han(out + n, draw(HAN)) : put_word(out + n,
                                                          draw(WORDS));
        if (han && ++since > 12) {
            memcpy(out + n, "\xef\xbc\x8c", 3);
            n += 3;
            since = 0;
        }
    }
    return n;
}

static double
run(const struct weir_matcher *m, const uint8_t *text, size_t len,
    size_t piece, size_t *findings)
{
    struct weir_scan   *s = malloc(weir_scan_size());
    struct weir_found   found[64];
    double              best = 1e9, t;
    size_t              at, n, all = 0;
    int                 round;

    for (round = 0; round < 7; round++) {
        all = 0;
        weir_scan_open(s, m, WEIR_PLAIN, 0);
        t = now();
        for (at = 0; at < len;) {
            const size_t    end = at + piece < len ? at + piece : len;
            const uint64_t  keep = weir_scan_keep(s);

            while (weir_scan_feed(s, text + keep, keep, end - keep,
                                  end == len, found, 64, &n) == WEIR_MORE)
            {
                all += n;
            }
            all += n;
            at = end;
        }
        t = now() - t;
        best = t < best ? t : best;
    }
    free(s);
    *findings = all;
    return (double) len / best / 1e6;
}

static void
bench(unsigned nterms, size_t megabytes, bool idents)
{
    struct weir_term_in    *terms = calloc(nterms + 1, sizeof(*terms));
    uint8_t                *pool = malloc((size_t) nterms * 24 + 1), *text;
    const size_t            size = megabytes << 20;
    struct weir_ident_in    ids[WEIR_IDENT_COUNT];
    struct weir_matcher_in  in = { terms, nterms, ids, 0 };
    struct weir_mem        *mem = weir_mem_open(0);
    struct weir_buf         b;
    struct weir_matcher_error  err;
    double                  t;
    size_t                  n = 0, len, found;
    unsigned                i, k, c;

    for (i = 0; i < nterms; i++) {
        terms[i].text.at = pool + n;
        k = 2 + rnd() % 4;
        for (c = 0; c < k; c++) {
            n += put_han(pool + n, k > 2 ? draw(HAN)
                                         : (unsigned) (rnd() % HAN));
        }
        terms[i].text.len = (size_t) (pool + n - terms[i].text.at);
        terms[i].rule = (uint16_t) (i % 8);
        terms[i].score = 1000;
        terms[i].separators = separators;
        terms[i].repeats = repeats;
    }
    for (k = 1; idents && k < WEIR_IDENT_PSEUDONYM; k++) {
        ids[in.nidents++] = (struct weir_ident_in) { k, 1, 500, 0 };
    }
    weir_buf_init(&b, mem, (size_t) 1 << 30);
    t = now();
    if (weir_matcher_compile(&in, &b, &err) != WEIR_OK) {
        printf("compile: %s\n", err.message);
        exit(1);
    }
    t = now() - t;
    printf("%u terms%s: compile %.3f s, blob %.1f MB", nterms,
           idents ? " + identifiers" : "", t, (double) b.len / 1e6);
    t = now();
    if (weir_matcher_check(b.at, b.len) != WEIR_OK) {
        printf("check failed\n");
        exit(1);
    }
    printf(", check %.1f ms\n", (now() - t) * 1e3);
    text = malloc(size);
    for (k = 0; k < 2; k++) {
        len = make_text(text, size, k == 0);
        printf("  %s:", k == 0 ? "Chinese" : "English");
        for (c = 0; c < 4; c++) {
            static const size_t  pieces[4] = { SIZE_MAX / 2, 4096, 64, 16 };
            const double         mb = run((const struct weir_matcher *)
                                          (const void *) b.at, text, len,
                                          pieces[c], &found);

            printf("  %s%.0f MB/s", c == 0 ? "whole " : c == 1 ? "4096 B "
                   : c == 2 ? "64 B " : "16 B ", mb);
        }
        printf("  (%zu findings)\n", found);
    }
    weir_buf_release(&b);
    weir_mem_close(mem);
    free(text);
    free(pool);
    free(terms);
}

int
main(int argc, char **argv)
{
    const unsigned  nterms = argc > 1 ? (unsigned) strtoul(argv[1], NULL, 10)
                                      : 100000;
    const size_t    mb = argc > 2 ? strtoul(argv[2], NULL, 10) : 8;
    unsigned        i;
    uint32_t        sum = 0;

    separators = argc > 3 ? (uint8_t) strtoul(argv[3], NULL, 10) : 0;
    repeats = argc > 4 ? (uint8_t) strtoul(argv[4], NULL, 10) : 0;

    for (i = 0; i < sizeof(zipf) / sizeof(zipf[0]); i++) {
        sum += 10000000u / (i + 10);
        zipf[i] = sum;
    }
    bench(nterms, mb, false);
    bench(nterms, mb, true);
    return 0;
}
