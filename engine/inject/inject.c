/*
 * inject.c: sums of weights over windows of blocks.
 *
 * A block is 16 tokens. Where one ends, the windows of the last 1, 2, 4 and
 * 8 blocks are weighed: sum of the weights of all features times a scale
 * that falls with the square root of the tokens. The highest stays.
 *
 * In data a second table says of each token how much it speaks of a request
 * to an assistant. The run of at most INJECT_RUN_MAX tokens with the highest
 * sum counts, if so many others of the text speak against one that it stands
 * in something else: a text that is a request throughout is a prompt.
 */
#include "weir/inject.h"
#include "inject/inject_token.h"

#include <limits.h>
#include <string.h>

struct inject_knot {
    int32_t   z;
    uint16_t  score;
};

#define INJECT_KNOTS  4

#include "inject/inject_runs.inc"
#include "inject/inject_weights.inc"

struct inject_block {
    uint64_t  begin;
    uint64_t  end;
    int32_t   sum;
    uint32_t  ntokens;
};

struct inject_run {                   /* a token */
    uint64_t  begin;
    int32_t   sum;
};

struct inject_state {
    struct inject_tokens  tokens;
    struct inject_block   block[INJECT_WINDOW];   /* ring */
    uint64_t              nblocks;                /* whole ones */
    uint64_t              begin;                  /* of the best window */
    uint64_t              end;
    int32_t               best;
    bool                  spoken;                 /* no runs */
    uint16_t              data;                   /* tokens, stays at the
                                                     most that counts */
    uint32_t              nruns;                  /* tokens */
    int32_t               run_best;
    uint64_t              run_begin;              /* of the best run */
    uint64_t              run_end;
    struct inject_run     run[INJECT_RUN_MAX];    /* ring */
};

static_assert(sizeof(struct inject_state) <= WEIR_INJECT_STATE_BYTES,
              "the public struct has room for the state");


/* Windows that end with block `n` (which may be partial). */
static void
inject_weigh(struct inject_state *s, uint64_t n)
{
    const struct inject_block *last = &s->block[n % INJECT_WINDOW];
    int32_t                    sum = 0;
    uint32_t                   ntokens = 0;

    for (uint64_t k = 0; k < INJECT_WINDOW && k <= n; k++) {
        const struct inject_block *b = &s->block[(n - k) % INJECT_WINDOW];
        int32_t                    z;

        sum += b->sum;
        ntokens += b->ntokens;
        if ((k & (k + 1)) != 0 && k != n) {
            continue;                 /* 1, 2, 4, 8 blocks; or all there are */
        }
        z = (int32_t) ((int64_t) sum * inject_scale[ntokens] / 256);
        if (z > s->best) {
            s->best = z;
            s->begin = b->begin;
            s->end = last->end;
        }
    }
}


static void
inject_run(struct inject_state *s, const struct inject_token *t)
{
    struct inject_run  *one = &s->run[s->nruns++ % INJECT_RUN_MAX];
    int32_t             sum = -INJECT_RUN_COST;

    for (uint32_t i = 0; i < t->nfeatures; i++) {
        sum += inject_run_weights[t->feature[i]];
    }
    sum += t->open != 0 ? inject_run_weights[t->open] : 0;
    *one = (struct inject_run) { t->begin, sum };
    if (sum <= 0) {
        s->data += s->data < INJECT_DATA_MIN;
        return;                       /* no run ends here that is the best */
    }
    sum = 0;
    for (uint32_t k = 1; k <= INJECT_RUN_MAX && k <= s->nruns; k++) {
        one = &s->run[(s->nruns - k) % INJECT_RUN_MAX];
        sum += one->sum;
        if (sum > s->run_best) {
            s->run_best = sum;
            s->run_begin = one->begin;
            s->run_end = t->end;
        }
    }
}


static void
inject_add(struct inject_state *s, const struct inject_token *t)
{
    struct inject_block *b = &s->block[s->nblocks % INJECT_WINDOW];

    if (b->ntokens == INJECT_BLOCK) {
        b->ntokens = 0;               /* the ring came round */
    }
    if (b->ntokens == 0) {
        b->begin = t->begin;
        b->sum = 0;
    }
    b->end = t->end;
    b->ntokens++;
    for (uint32_t i = 0; i < t->nfeatures; i++) {
        b->sum += inject_weights[t->feature[i]];
    }
    if (!s->spoken) {
        inject_run(s, t);
    }
    if (b->ntokens == INJECT_BLOCK) {
        inject_weigh(s, s->nblocks);
        s->nblocks++;
    }
}


/* Straight lines between the knots that calibration found. */
static uint16_t
inject_score(const struct inject_knot knots[INJECT_KNOTS], int32_t z)
{
    if (z <= knots[0].z) {
        return 0;
    }
    for (size_t i = 1; i < INJECT_KNOTS; i++) {
        const int32_t  z0 = knots[i - 1].z, z1 = knots[i].z;
        const int32_t  s0 = knots[i - 1].score;

        if (z < z1) {
            return (uint16_t) (s0 + (int64_t) (knots[i].score - s0)
                                    * (z - z0) / (z1 - z0));
        }
    }
    return 1000;
}


void
weir_inject_open(struct weir_inject *s, enum weir_inject_place place)
{
    struct inject_state  state = {
        .best = INT32_MIN, .run_best = INT32_MIN,
        .spoken = place == WEIR_INJECT_SPOKEN,
    };

    memcpy(s, &state, sizeof(state));
}


void
weir_inject_feed(struct weir_inject *s, const uint32_t *cp, size_t n)
{
    struct inject_state *state = (struct inject_state *) s;
    struct inject_token  token[2];

    for (size_t i = 0; i < n; i++) {
        unsigned  ended = weir_inject_tokens_step(&state->tokens, cp[i], token);

        for (unsigned k = 0; k < ended; k++) {
            inject_add(state, &token[k]);
        }
    }
}


void
weir_inject_next(struct weir_inject *s)
{
    struct inject_state *state = (struct inject_state *) s;

    state->best = INT32_MIN;
    state->begin = 0;
    state->end = 0;
    state->run_best = INT32_MIN;
}


void
weir_inject_end(const struct weir_inject *s, struct weir_inject_result *out)
{
    struct inject_state  state;
    struct inject_token  token;
    uint32_t             partial;
    uint16_t             run;

    memcpy(&state, s, sizeof(state));
    if (weir_inject_tokens_end(&state.tokens, &token) > 0) {
        inject_add(&state, &token);
    }
    partial = state.block[state.nblocks % INJECT_WINDOW].ntokens;
    if (partial > 0 && partial < INJECT_BLOCK) {
        inject_weigh(&state, state.nblocks);
    }
    *out = (struct weir_inject_result) {
        .begin = state.begin, .end = state.end,
        .score = state.begin == state.end ? 0
                 : inject_score(inject_knots, state.best),
    };
    run = state.data < INJECT_DATA_MIN ? 0
          : inject_score(inject_run_knots, state.run_best);
    if (run > out->score) {
        *out = (struct weir_inject_result) { state.run_begin, state.run_end,
                                             run };
    }
}
