/*
 * inject.c: sums of weights over windows of blocks.
 *
 * A block is 16 tokens. Where one ends, the windows of the last 1, 2, 4 and
 * 8 blocks are weighed: sum of the weights of all features times a scale
 * that falls with the square root of the tokens. The highest stays.
 */
#include "weir/inject.h"
#include "inject/inject_token.h"

#include <limits.h>
#include <string.h>

#include "inject/inject_weights.inc"

struct inject_block {
    uint64_t  begin;
    uint64_t  end;
    int32_t   sum;
    uint32_t  ntokens;
};

struct inject_state {
    struct inject_tokens  tokens;
    struct inject_block   block[INJECT_WINDOW];   /* ring */
    uint64_t              nblocks;                /* whole ones */
    uint64_t              begin;                  /* of the best window */
    uint64_t              end;
    int32_t               best;
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
    if (b->ntokens == INJECT_BLOCK) {
        inject_weigh(s, s->nblocks);
        s->nblocks++;
    }
}


/* Straight lines between the knots that calibration found. */
static uint16_t
inject_score(int32_t z)
{
    const size_t  last = INJECT_COUNT(inject_knots) - 1;

    if (z <= inject_knots[0].z) {
        return 0;
    }
    for (size_t i = 1; i <= last; i++) {
        const int32_t  z0 = inject_knots[i - 1].z, z1 = inject_knots[i].z;
        const int32_t  s0 = inject_knots[i - 1].score;

        if (z < z1) {
            return (uint16_t) (s0 + (int64_t) (inject_knots[i].score - s0)
                                    * (z - z0) / (z1 - z0));
        }
    }
    return 1000;
}


void
weir_inject_open(struct weir_inject *s)
{
    struct inject_state  state = { .best = INT32_MIN };

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
weir_inject_end(const struct weir_inject *s, struct weir_inject_result *out)
{
    struct inject_state  state;
    struct inject_token  token;
    uint32_t             partial;

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
        .score = state.begin == state.end ? 0 : inject_score(state.best),
    };
}
