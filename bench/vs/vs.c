/*
 * vs.c: Weir's scanner beside Vectorscan (or Hyperscan) on the same terms and
 * the same text, one core:
 *
 *     weir-vs TERMS TEXT [ROUNDS]
 *
 * TERMS has one term a line. Both look for plain occurrences: no edges, no
 * identifiers. Whole text is block mode there and one feed here; writes of 16
 * bytes are streaming mode there. What they do is not the same: Weir folds
 * case, width, traditional forms and the rest, reports both ends and every
 * overlap; Vectorscan compares bytes and reports ends. Findings are printed
 * so that it shows.
 */
#include "compile/matcher_compile.h"
#include "weir/scan.h"

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TERMS_MAX  1000000

struct terms {
    uint8_t      *text;
    const char  **at;
    size_t       *len;
    unsigned     *ids, *flags;
    unsigned      n;
};

struct vs {
    hs_database_t  *block, *stream;
    hs_scratch_t   *scratch;
};


static void
die(const char *what)
{
    fprintf(stderr, "weir-vs: %s\n", what);
    exit(2);
}


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static uint8_t *
read_file(const char *path, size_t *len)
{
    FILE     *fp = fopen(path, "rb");
    uint8_t  *at;
    long      size;

    if (fp == NULL || fseek(fp, 0, SEEK_END) != 0 || (size = ftell(fp)) <= 0) {
        die(path);
    }
    rewind(fp);
    at = malloc((size_t) size + 1);
    if (at == NULL || fread(at, 1, (size_t) size, fp) != (size_t) size) {
        die(path);
    }
    fclose(fp);
    at[size] = '\0';
    *len = (size_t) size;
    return at;
}


static void
read_terms(struct terms *t, const char *path)
{
    size_t  len;
    char   *save = NULL;

    t->text = read_file(path, &len);
    t->at = calloc(TERMS_MAX, sizeof(*t->at));
    t->len = calloc(TERMS_MAX, sizeof(*t->len));
    t->ids = calloc(TERMS_MAX, sizeof(*t->ids));
    t->flags = calloc(TERMS_MAX, sizeof(*t->flags));
    if (!t->at || !t->len || !t->ids || !t->flags) {
        die("no memory");
    }
    for (char *p = strtok_r((char *) t->text, "\r\n", &save);
         p != NULL && t->n < TERMS_MAX; p = strtok_r(NULL, "\r\n", &save))
    {
        t->at[t->n] = p;
        t->len[t->n] = strlen(p);
        t->ids[t->n] = t->n;
        t->n++;
    }
}


static void
compile_weir(const struct terms *t, struct weir_buf *out)
{
    struct weir_term_in        *terms = calloc(t->n + 1, sizeof(*terms));
    struct weir_matcher_in      in = { 0 };
    struct weir_matcher_error   err;

    for (unsigned i = 0; i < t->n; i++) {
        terms[i].text = (struct weir_span) { (const uint8_t *) t->at[i],
                                             t->len[i] };
        terms[i].rule = 0;
        terms[i].score = 1000;
    }
    in.terms = terms;
    in.nterms = t->n;
    if (weir_matcher_compile(&in, out, &err) != WEIR_OK) {
        die(err.message);
    }
    free(terms);
}


static void
compile_vs(const struct terms *t, struct vs *vs)
{
    hs_compile_error_t  *err;

    if (hs_compile_lit_multi(t->at, t->flags, t->ids, t->len, t->n,
                             HS_MODE_BLOCK, NULL, &vs->block, &err)
            != HS_SUCCESS
        || hs_compile_lit_multi(t->at, t->flags, t->ids, t->len, t->n,
                                HS_MODE_STREAM, NULL, &vs->stream, &err)
            != HS_SUCCESS)
    {
        die(err->message);
    }
    if (hs_alloc_scratch(vs->block, &vs->scratch) != HS_SUCCESS
        || hs_alloc_scratch(vs->stream, &vs->scratch) != HS_SUCCESS)
    {
        die("no scratch");
    }
}


static int
count(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
    (*(size_t *) arg)++;
    return 0;
}


static size_t
scan_vs(struct vs *vs, const uint8_t *text, size_t len, size_t piece)
{
    hs_stream_t  *stream;
    size_t        found = 0;

    if (piece >= len) {
        if (hs_scan(vs->block, (const char *) text, (unsigned) len, 0,
                    vs->scratch, count, &found) != HS_SUCCESS)
        {
            die("hs_scan");
        }
        return found;
    }
    if (hs_open_stream(vs->stream, 0, &stream) != HS_SUCCESS) {
        die("hs_open_stream");
    }
    for (size_t at = 0; at < len; at += piece) {
        const size_t  n = at + piece < len ? piece : len - at;

        if (hs_scan_stream(stream, (const char *) text + at, (unsigned) n, 0,
                           vs->scratch, count, &found) != HS_SUCCESS)
        {
            die("hs_scan_stream");
        }
    }
    (void) hs_close_stream(stream, vs->scratch, count, &found);
    return found;
}


static size_t
scan_weir(struct weir_scan *s, const struct weir_matcher *m,
    const uint8_t *text, size_t len, size_t piece)
{
    struct weir_found  found[WEIR_FOUND_MAX];
    size_t             n, all = 0;

    weir_scan_open(s, m, WEIR_PLAIN, 0);
    for (size_t at = 0; at < len; ) {
        const size_t    end = piece < len - at ? at + piece : len;
        const uint64_t  keep = weir_scan_keep(s);

        while (weir_scan_feed(s, text + keep, keep, (size_t) (end - keep),
                              end == len, found, WEIR_FOUND_MAX, &n)
               == WEIR_MORE)
        {
            all += n;
        }
        all += n;
        at = end;
    }
    return all;
}


int
main(int argc, char **argv)
{
    static const size_t  pieces[] = { SIZE_MAX, 4096, 64, 16 };
    const int            rounds = argc > 3 ? (int) strtol(argv[3], NULL, 10)
                                           : 3;
    struct terms         t = { 0 };
    struct vs            vs = { 0 };
    struct weir_mem     *mem = weir_mem_open(0);
    struct weir_scan    *s = aligned_alloc(64, (weir_scan_size() + 63) & ~63u);
    struct weir_buf      m;
    size_t               len;
    uint8_t             *text;

    if (argc < 3 || mem == NULL || s == NULL) {
        die("usage: weir-vs TERMS TEXT [ROUNDS]");
    }
    read_terms(&t, argv[1]);
    text = read_file(argv[2], &len);
    weir_buf_init(&m, mem, (size_t) 1 << 30);
    compile_weir(&t, &m);
    compile_vs(&t, &vs);
    printf("%u terms, %.1f MB\n%-8s %12s %10s %12s %10s\n", t.n,
           (double) len / 1e6, "writes", "weir MB/s", "found", "vectorscan",
           "found");
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        double  best[2] = { 1e9, 1e9 };
        size_t  found[2] = { 0, 0 };

        for (int i = 0; i < 2 * rounds; i++) {
            const double  began = now();
            double        took;

            found[i & 1] = i & 1 ? scan_vs(&vs, text, len, pieces[k])
                           : scan_weir(s, (const void *) m.at, text, len,
                                       pieces[k]);
            took = now() - began;
            best[i & 1] = took < best[i & 1] ? took : best[i & 1];
        }
        if (pieces[k] > len) {
            printf("%-8s", "whole");
        } else {
            printf("%-8zu", pieces[k]);
        }
        printf(" %12.0f %10zu %12.0f %10zu\n", (double) len / best[0] / 1e6,
               found[0], (double) len / best[1] / 1e6, found[1]);
    }
    return 0;
}
