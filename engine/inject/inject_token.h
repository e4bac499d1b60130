/*
 * inject_token.h: code points to tokens, tokens to features. The trainer
 * (data/gen/inject_train.c) uses this too: what is trained is what runs.
 */
#ifndef WEIR_INJECT_TOKEN_H
#define WEIR_INJECT_TOKEN_H

#include "weir/base.h"

#define INJECT_COUNT(a)  (sizeof(a) / sizeof((a)[0]))

#define INJECT_BITS      19           /* 2^19 weights of one byte, twice */
#define INJECT_PATTERNS  32           /* the first 32 are patterns */
#define INJECT_CLASSES   32
#define INJECT_FEATURES  24           /* of one token, at most */
#define INJECT_BLOCK     16           /* tokens of a block */
#define INJECT_WINDOW    8            /* blocks of the longest window */
#define INJECT_OPEN      3            /* tokens that open a sentence */
#define INJECT_RUN_MAX   14           /* tokens of a run */
#define INJECT_DATA_MIN  12           /* tokens of data around a request */

/* All zero is the start. */
struct inject_tokens {
    uint64_t  at;                     /* code points taken */
    uint64_t  begin;                  /* of the word under way */
    uint64_t  end;
    uint32_t  word;                   /* its hash, 0 if none is under way */
    uint32_t  stem;                   /* hash of its first five letters */
    uint32_t  nchars;
    uint8_t   nopen;                  /* tokens since the sentence began, up
                                         to INJECT_OPEN */
    bool      capital;                /* the word under way has one */
    uint32_t  count;                  /* tokens so far, wraps never: a body
                                         has fewer than 2^32 characters */
    uint32_t  gram[4];                /* hashes of tokens, newest first */
    uint32_t  stems[2];
    uint32_t  seen[INJECT_CLASSES];   /* count when a class was last seen */
};

struct inject_token {
    uint64_t  begin;
    uint64_t  end;
    uint32_t  nfeatures;
    uint32_t  feature[INJECT_FEATURES];
    uint32_t  open;                   /* one more, for runs: the sentence from
                                         its begin; 0 where it went on */
};

/* Take one code point; out[0 .. returned) are the tokens that ended. */
unsigned weir_inject_tokens_step(struct inject_tokens *t, uint32_t cp,
    struct inject_token out[2]);
/* The word under way, if any, as the last token. */
unsigned weir_inject_tokens_end(struct inject_tokens *t,
    struct inject_token out[1]);

/* Hash of a phrase of one to four tokens, as the lexicon has it. */
static inline uint32_t
inject_mix(uint32_t older, uint32_t newer)
{
    uint32_t  h = (older ^ (newer * 0x9e3779b1u)) * 0x85ebca6bu;

    return h ^ h >> 15;
}

#endif
