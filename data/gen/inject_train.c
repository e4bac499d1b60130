/*
 * inject_train.c: train and judge the model of engine/inject.
 *
 *   inject_train FILE [WEIGHTS [SCORES]]
 *
 * FILE: lines of label, set, fold, text. SCORES: a line for each text, how
 * far it is above the threshold of 1 %, out of fold.
 *
 * Five-fold cross-validation over the fold column, every figure out of fold;
 * then the model over all lines, written to WEIGHTS. Label 1 is an attack, 0
 * benign, 2 benign and never trained on, 3 an attack
 * never trained on. A text is as strong as its
 * strongest window, in training too. Deterministic: one thread, own random
 * numbers, floats added in a fixed order.
 */
#include "inject/inject_token.h"
#include "inject_utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDS   5
#define EPOCHS  20
#define SETS    64
#define SIZE    (1u << INJECT_BITS)

struct doc {
    int        label, set, fold;
    uint32_t   ntokens, nfeatures;
    uint32_t  *start;                 /* [ntokens + 1] into feature */
    uint32_t  *feature;
    float      z;                     /* out of fold */
    char       text[100];             /* its beginning */
};

struct window {
    uint32_t  begin, end;             /* tokens */
    float     z;
};

static struct doc *docs;
static size_t      ndocs;
static char        sets[SETS][32];
static int         nsets;
static float       w[SIZE], g2[SIZE], bias;
static uint64_t    seed;

static float
scale(uint32_t n)
{
    return 1.0f / sqrtf((float) (n < 48 ? 48 : n));
}


static void
add_tokens(struct doc *d, const struct inject_token *t, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        d->start = realloc(d->start, (d->ntokens + 2) * sizeof(uint32_t));
        d->feature = realloc(d->feature, (d->nfeatures + t[i].nfeatures + 1)
                                         * sizeof(uint32_t));
        d->start[d->ntokens++] = d->nfeatures;
        memcpy(d->feature + d->nfeatures, t[i].feature,
               t[i].nfeatures * sizeof(uint32_t));
        d->nfeatures += t[i].nfeatures;
        d->start[d->ntokens] = d->nfeatures;
    }
}


static void
read_docs(FILE *f)
{
    char   *line = NULL, *save;
    size_t  room = 0;

    while (getline(&line, &room, f) > 0) {
        struct inject_tokens  t = { 0 };
        struct inject_token   out[2];
        struct doc            d = { .z = -99 };
        const char           *p, *set;

        d.label = (int) strtol(strtok_r(line, "\t", &save), NULL, 10);
        set = strtok_r(NULL, "\t", &save);
        d.fold = (int) strtol(strtok_r(NULL, "\t", &save), NULL, 10);
        p = strtok_r(NULL, "\n", &save);
        snprintf(d.text, sizeof(d.text), "%s", p != NULL ? p : "");
        while (d.set < nsets && strcmp(sets[d.set], set) != 0) {
            d.set++;
        }
        if (d.set == nsets) {
            snprintf(sets[nsets++], sizeof(sets[0]), "%s", set);
        }
        while (p != NULL && *p) {
            add_tokens(&d, out, weir_inject_tokens_step(&t, inject_utf8(&p), out));
        }
        add_tokens(&d, out, weir_inject_tokens_end(&t, out));
        if (d.ntokens > 0) {
            docs = realloc(docs, (ndocs + 1) * sizeof(d));
            docs[ndocs++] = d;
        }
    }
}


static struct window
strongest(const struct doc *d)
{
    struct window  best = { 0, 0, -1e9f };
    uint32_t       nblocks = (d->ntokens + INJECT_BLOCK - 1) / INJECT_BLOCK;
    float          sum[INJECT_WINDOW];

    for (uint32_t n = 0; n < nblocks; n++) {
        uint32_t  end = (n + 1) * INJECT_BLOCK;
        float     total = 0;

        end = end > d->ntokens ? d->ntokens : end;
        sum[n % INJECT_WINDOW] = 0;
        for (uint32_t i = d->start[n * INJECT_BLOCK]; i < d->start[end]; i++) {
            sum[n % INJECT_WINDOW] += w[d->feature[i]];
        }
        for (uint32_t k = 0; k < INJECT_WINDOW && k <= n; k++) {
            uint32_t  begin = (n - k) * INJECT_BLOCK;

            total += sum[(n - k) % INJECT_WINDOW];
            if (((k & (k + 1)) == 0 || k == n)
                && total * scale(end - begin) > best.z)
            {
                best = (struct window) { begin, end,
                                         total * scale(end - begin) };
            }
        }
    }
    return best;
}


static void
learn(const struct doc *d)
{
    struct window  s = strongest(d);
    float          p = 1 / (1 + expf(-(s.z + bias)));
    float          grad = p - (float) d->label;
    float          step = scale(s.end - s.begin);

    if (d->label == 1) {
        grad *= 1.5f;
    }
    for (uint32_t i = d->start[s.begin]; i < d->start[s.end]; i++) {
        uint32_t  at = d->feature[i];
        float     g = grad * step + 1e-3f * w[at];

        g2[at] += g * g;
        w[at] -= 0.08f * g / sqrtf(g2[at] + 0.02f);
    }
    bias -= 0.01f * grad;
}


static void
train(int without)
{
    uint32_t *order = malloc(ndocs * sizeof(*order));
    uint32_t  n = 0;

    memset(w, 0, sizeof(w));
    memset(g2, 0, sizeof(g2));
    bias = -1;
    seed = UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t i = 0; i < ndocs; i++) {
        if (docs[i].label < 2 && docs[i].fold != without) {
            order[n++] = i;
        }
    }
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (uint32_t i = n; i-- > 1; ) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            uint32_t  j = (uint32_t) (seed % (i + 1)), o = order[i];
            order[i] = order[j];
            order[j] = o;
        }
        for (uint32_t i = 0; i < n; i++) {
            learn(&docs[order[i]]);
        }
    }
    free(order);
}


static int
down(const void *a, const void *b)
{
    float  x = *(const float *) a, y = *(const float *) b;

    return (x < y) - (x > y);
}


/* z that a share of the benign texts reaches or passes. */
static float
threshold(double share)
{
    float  *z = malloc(ndocs * sizeof(*z)), t;
    size_t  n = 0;

    for (size_t i = 0; i < ndocs; i++) {
        if (docs[i].label == 0) {
            z[n++] = docs[i].z;
        }
    }
    qsort(z, n, sizeof(*z), down);
    t = z[(size_t) ((double) n * share)];
    free(z);
    return t;
}


static void
report(float t1, float t01)
{
    for (int s = 0; s < nsets; s++) {
        int  n = 0, one = 0, tenth = 0, label = 0;

        for (size_t i = 0; i < ndocs; i++) {
            if (docs[i].set == s) {
                n++;
                label = docs[i].label;
                one += docs[i].z > t1;
                tenth += docs[i].z > t01;
            }
        }
        fprintf(stderr, "%-8s %-24s n %5d  flagged at 1 %%: %6.2f %%  "
                "at 0.1 %%: %6.2f %%\n", label & 1 ? "attack" : "benign",
                sets[s], n, 100.0 * one / n, 100.0 * tenth / n);
    }
}


static void
write_model(FILE *f, float t50, float t1, float t01)
{
    float  top = 0, q;
    int    z[4];

    for (uint32_t i = 0; i < SIZE; i++) {
        top = fabsf(w[i]) > top ? fabsf(w[i]) : top;
    }
    top = top > 2.0f ? 2.0f : top;
    q = 127 / top;
    z[0] = (int) (t50 * q * 16);
    z[1] = (int) (t1 * q * 16);
    z[2] = (int) (t01 * q * 16);
    z[2] = z[2] > z[1] ? z[2] : z[1] + 1;
    z[3] = z[2] + 2 * (z[2] - z[1]) + 1;
    fprintf(f, "/* Made by data/gen/make_inject; sources: data/README.md. */\n"
            "static const struct { int32_t z; uint16_t score; } "
            "inject_knots[] = {\n    { %d, 0 }, { %d, 500 }, { %d, 700 }, "
            "{ %d, 1000 },\n};\n/* 4096 / sqrt(tokens) */\n"
            "static const uint16_t inject_scale[%d] = {", z[0], z[1], z[2],
            z[3], INJECT_BLOCK * INJECT_WINDOW + 1);
    for (uint32_t i = 0; i <= INJECT_BLOCK * INJECT_WINDOW; i++) {
        fprintf(f, "%s%d,", i % 12 ? " " : "\n    ",
                (int) lrintf(4096 * scale(i)));
    }
    fprintf(f, "\n};\nstatic const int8_t inject_weights[%u] = {", SIZE);
    for (uint32_t i = 0; i < SIZE; i++) {
        float  v = w[i] > top ? top : w[i] < -top ? -top : w[i];

        fprintf(f, "%s%ld,", i % 24 ? "" : "\n", lrintf(v * q));
    }
    fprintf(f, "\n};\n");
}


int
main(int argc, char **argv)
{
    FILE  *f = argc > 1 ? fopen(argv[1], "r") : NULL;
    float  t1, t01;

    if (f == NULL) {
        return 2;
    }
    read_docs(f);
    for (int fold = 0; fold < FOLDS; fold++) {
        train(fold);
        for (size_t i = 0; i < ndocs; i++) {
            if (docs[i].label != 2 && docs[i].fold == fold) {
                docs[i].z = strongest(&docs[i]).z;
            }
        }
    }
    train(-1);
    for (size_t i = 0; i < ndocs; i++) {
        docs[i].z = docs[i].label == 2 ? strongest(&docs[i]).z : docs[i].z;
    }
    t1 = threshold(0.01);
    t01 = threshold(0.001);
    report(t1, t01);
    if (argc > 3 && (f = fopen(argv[3], "w")) != NULL) {
        for (size_t i = 0; i < ndocs; i++) {
            fprintf(f, "%.3f\t%d\t%s\t%s\n", docs[i].z - t1, docs[i].label,
                    sets[docs[i].set], docs[i].text);
        }
        fclose(f);
    }
    if (argc > 2 && (f = fopen(argv[2], "w")) != NULL) {
        write_model(f, threshold(0.5), t1, t01);
        return fclose(f) != 0;
    }
    return 0;
}
