/*
 * inject.h: how much a text speaks like a prompt injection or a jailbreak.
 *
 * A linear model over hashed words, word pairs and triples (for Chinese:
 * single characters to triples), stems and patterns, all of folded code
 * points. It scores windows of 16 to 128 tokens, so that an injection in a
 * long document is found; a second one, for data, scores short runs of tokens
 * as requests to an assistant, where enough around them is none. It decides
 * nothing. Method, data, measured figures and limits: docs/injection.md.
 *
 * Only integers; no allocation; the result is the same for every split.
 */
#ifndef WEIR_INJECT_H
#define WEIR_INJECT_H

#include "weir/base.h"
#include "weir/limits.h"

struct weir_inject_result {
    uint64_t  begin;       /* the window that scored highest, [begin, end) in */
    uint64_t  end;         /* code points; begin == end: text had no token */
    uint16_t  score;       /* 0 to 1000; on benign prompts about 1 % reach
                              500 and about 0.1 % reach 700 */
};

/* What the text is. In data (a tool result, a document) nobody speaks to the
   model, so that an ordinary request in it was put there; a user's request
   is none. */
enum weir_inject_place { WEIR_INJECT_DATA, WEIR_INJECT_SPOKEN };

/* Plain memory, may be memcpy'd; the members are inject.c's. */
struct weir_inject {
    uint64_t  room[WEIR_INJECT_STATE_BYTES / 8];
};

void weir_inject_open(struct weir_inject *s, enum weir_inject_place place);

/* Take `n` code points; above 0x10ffff is U+FFFD. O(n). */
void weir_inject_feed(struct weir_inject *s, const uint32_t *cp, size_t n);

/* The result for the text so far, as if it ended here; leaves `s` as it is,
   so that more may be fed. O(1). */
void weir_inject_end(const struct weir_inject *s,
    struct weir_inject_result *out);

/* Forget the strongest window, not the text: what comes is scored anew, in
   windows that may begin before. */
void weir_inject_next(struct weir_inject *s);

#endif
