/*
 * inject_train.c: train and judge the model of engine/inject.
 *
 *   inject_train [-r] FILE [WEIGHTS [SCORES]]
 *
 * FILE: lines of label, set, fold, text. SCORES: a line for each text, how
 * far it is above the threshold of 1 %, out of fold. -r: the model of
 * requests in data, which scores runs of tokens, not windows; there 1 and 2
 * (control characters) may stand around what was put into a text.
 *
 * Ten-fold cross-validation over the fold column, every figure out of fold;
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

#define FOLDS   10
#define EPOCHS  20
#define SETS    64
#define SIZE    (1u << INJECT_BITS)

struct doc {
    int        label, set, fold;
    uint32_t   ntokens, nfeatures;
    uint32_t  *start;                 /* [ntokens + 1] into feature */
    uint32_t  *feature;
    uint32_t   mark[2];               /* tokens of the attack; 0, 0: unknown */
    uint32_t   data;                  /* tokens that no request is made of */
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
static bool        runs;

/* What a token costs a run: most words of a text say nothing. */
#define RUN_COST   0.6f
#define RUN_SCALE  0.118f
#define RUN_EPOCHS 4

static float
scale(uint32_t n)
{
    return 1.0f / sqrtf((float) (n < 72 ? 72 : n));
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
        if (runs && t[i].open != 0) {
            d->feature[d->nfeatures++] = t[i].open;
        }
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
            if (*p == 1 || *p == 2) {
                add_tokens(&d, out, weir_inject_tokens_end(&t, out));
                d.mark[*p - 1] = d.ntokens;
                p++;
                continue;
            }
            add_tokens(&d, out,
                       weir_inject_tokens_step(&t, inject_utf8(&p), out));
        }
        add_tokens(&d, out, weir_inject_tokens_end(&t, out));
        if (d.ntokens > 0) {
            docs = realloc(docs, (ndocs + 1) * sizeof(d));
            docs[ndocs++] = d;
        }
    }
}


/* The run of at most INJECT_RUN_MAX tokens with the highest sum. */
static struct window
strongest_run(struct doc *d)
{
    struct window  best = { 0, 1, -1e9f };
    float          one[INJECT_RUN_MAX];

    d->data = 0;
    for (uint32_t i = 0; i < d->ntokens; i++) {
        float  t = -RUN_COST, sum = 0;

        for (uint32_t k = d->start[i]; k < d->start[i + 1]; k++) {
            t += w[d->feature[k]];
        }
        one[i % INJECT_RUN_MAX] = t;
        d->data += t <= 0;
        for (uint32_t k = 0; k < INJECT_RUN_MAX && k <= i; k++) {
            sum += one[(i - k) % INJECT_RUN_MAX];
            if (sum * RUN_SCALE > best.z) {
                best = (struct window) { i - k, i + 1, sum * RUN_SCALE };
            }
        }
    }
    return best;
}


static struct window
marked(const struct doc *d)
{
    struct window  m = { d->mark[0], d->mark[1], 0 };

    for (uint32_t k = d->start[m.begin]; k < d->start[m.end]; k++) {
        m.z += w[d->feature[k]];
    }
    m.z = (m.z - RUN_COST * (float) (m.end - m.begin)) * RUN_SCALE;
    return m;
}


static struct window
strongest(struct doc *d)
{
    if (runs) {
        return strongest_run(d);
    }

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


/* Attacks that others wrote are few beside those of our own families. */
static float
weight(const struct doc *d)
{
    const char *set = sets[d->set];

    if (d->label != 1 || runs) {
        return 1;
    }
    return strncmp(set, "attack-", 7) == 0 ? 1.0f : 10.0f;
}


static void
learn(struct doc *d)
{
    struct window  s = d->label == 1 && d->mark[1] > d->mark[0]
                       ? marked(d) : strongest(d);
    float          p = 1 / (1 + expf(-(s.z + bias)));
    float          grad = p - (float) d->label;
    float          step = runs ? RUN_SCALE : scale(s.end - s.begin);
    const float    rate = runs ? 0.1f : 0.06f;

    grad *= weight(d);
    for (uint32_t i = d->start[s.begin]; i < d->start[s.end]; i++) {
        uint32_t  at = d->feature[i];
        float     g = grad * step + 1e-3f * w[at];

        g2[at] += g * g;
        w[at] -= rate * g / sqrtf(g2[at] + 0.02f);
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
    for (int epoch = 0; epoch < (runs ? RUN_EPOCHS : EPOCHS); epoch++) {
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


/* As the engine has it: a request with no data around is a prompt. */
static float
score(struct doc *d)
{
    const float  z = strongest(d).z;

    return runs && d->data < INJECT_DATA_MIN ? -99 : z;
}


static int
down(const void *a, const void *b)
{
    float  x = *(const float *) a, y = *(const float *) b;

    return (x < y) - (x > y);
}


/* The pool of the thresholds: what people and programs write to a model;
   prose, manuals and code are easier and would flatter. */
static bool
is_prompt(const struct doc *d)
{
    static const char *const  pool[] = {
        "trigger-en", "trigger-zh", "trigger-in-mail-en",
        "trigger-in-mail-zh", "mail-clean", "system-prompts"
    };

    if (runs) {
        return d->label == 0 && strncmp(sets[d->set], "data-", 5) == 0
               && strncmp(sets[d->set], "data-own", 8) != 0;
    }
    for (size_t i = 0; i < sizeof(pool) / sizeof(*pool); i++) {
        if (d->label == 0 && strcmp(sets[d->set], pool[i]) == 0) {
            return true;
        }
    }
    return false;
}


/* z that a share of the benign prompts reaches or passes. */
static float
threshold(double share)
{
    float  *z = malloc(ndocs * sizeof(*z)), t;
    size_t  n = 0;

    for (size_t i = 0; i < ndocs; i++) {
        if (is_prompt(&docs[i])) {
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
write_weights(FILE *f, const char *name, float q)
{
    fprintf(f, "static const int8_t %s[%u] = {", name, SIZE);
    for (uint32_t i = 0; i < SIZE; i++) {
        float  v = fmaxf(-127, fminf(127, w[i] * q));

        fprintf(f, "%s%ld,", i % 24 ? "" : "\n", lrintf(v));
    }
    fprintf(f, "\n};\n");
}


static void
write_runs(FILE *f, float t50, float t1, float t01, float q)
{
    const float  unit = q / RUN_SCALE;    /* z to a sum of weights */

    fprintf(f, "/* Made by data/gen/make_inject; sources: data/README.md. */\n"
            "static const struct inject_knot  inject_run_knots[4] = {\n"
            "    { %d, 0 }, { %d, 500 }, { %d, 700 }, { %d, 1000 },\n};\n"
            "#define INJECT_RUN_COST  %ld\n", (int) (t50 * unit),
            (int) (t1 * unit), (int) (t01 * unit),
            (int) ((3 * t01 - 2 * t1) * unit) + 1, lrintf(RUN_COST * q));
    write_weights(f, "inject_run_weights", q);
}


static void
write_model(FILE *f, float t50, float t1, float t01)
{
    float  top = 0, q;
    int    z[4];

    for (uint32_t i = 0; i < SIZE; i++) {
        top = fabsf(w[i]) > top ? fabsf(w[i]) : top;
    }
    fprintf(stderr, "largest weight %.2f\n", (double) top);
    top = top > (runs ? 6.0f : 2.0f) ? (runs ? 6.0f : 2.0f) : top;
    q = 127 / top;
    if (runs) {
        write_runs(f, t50, t1, t01, q);
        return;
    }
    z[0] = (int) (t50 * q * 16);
    z[1] = (int) (t1 * q * 16);
    z[2] = (int) (t01 * q * 16);
    z[2] = z[2] > z[1] ? z[2] : z[1] + 1;
    z[3] = z[2] + 2 * (z[2] - z[1]) + 1;
    fprintf(f, "/* Made by data/gen/make_inject; sources: data/README.md. */\n"
            "static const struct inject_knot  inject_knots[4] = {\n"
            "    { %d, 0 }, { %d, 500 }, { %d, 700 }, "
            "{ %d, 1000 },\n};\n/* 4096 / sqrt(tokens) */\n"
            "static const uint16_t inject_scale[%d] = {", z[0], z[1], z[2],
            z[3], INJECT_BLOCK * INJECT_WINDOW + 1);
    for (uint32_t i = 0; i <= INJECT_BLOCK * INJECT_WINDOW; i++) {
        fprintf(f, "%s%d,", i % 12 ? " " : "\n    ",
                (int) lrintf(4096 * scale(i)));
    }
    fprintf(f, "\n};\n");
    write_weights(f, "inject_weights", q);
}


int
main(int argc, char **argv)
{
    FILE  *f;
    float  t1, t01;

    if (argc > 1 && strcmp(argv[1], "-r") == 0) {
        runs = true;
        argv++;
        argc--;
    }
    f = argc > 1 ? fopen(argv[1], "r") : NULL;

    if (f == NULL) {
        return 2;
    }
    read_docs(f);
    for (int fold = 0; fold < FOLDS; fold++) {
        train(fold);
        for (size_t i = 0; i < ndocs; i++) {
            if (docs[i].label != 2 && docs[i].fold == fold) {
                docs[i].z = score(&docs[i]);
            }
        }
    }
    train(-1);
    for (size_t i = 0; i < ndocs; i++) {
        docs[i].z = docs[i].label == 2 ? score(&docs[i]) : docs[i].z;
    }
    t1 = threshold(0.01);
    t01 = threshold(0.001);
    report(t1, t01);
    if (argc > 3 && (f = fopen(argv[3], "w")) != NULL) {
        for (size_t i = 0; i < ndocs; i++) {
            fprintf(f, "%.3f\t%d\t%s\t%u\t%s\n", docs[i].z - t1,
                    docs[i].label, sets[docs[i].set], docs[i].data,
                    docs[i].text);
        }
        fclose(f);
    }
    if (argc > 2 && (f = fopen(argv[2], "w")) != NULL) {
        write_model(f, threshold(0.5), t1, t01);
        return fclose(f) != 0;
    }
    return 0;
}
