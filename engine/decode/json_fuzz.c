/*
 * json_fuzz.c: a document of any shape in pieces that the input itself
 * chooses gives what it gives whole.
 *
 * Input: shape, then the length of the first pieces, then the document. The
 * lengths are read from the document's own bytes.
 */
#include "decode/doc_run.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct cuts {
    const uint8_t  *at;
    size_t          len;
    size_t          next;
};


static size_t
piece_all(void *ctx, size_t left)
{
    (void) ctx;
    return left;
}


static size_t
piece_input(void *ctx, size_t left)
{
    struct cuts   *c = ctx;
    const size_t   n = c->at[c->next++ % c->len] % 17;

    return n < left ? n + (n == 0) : left;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct doc_run  whole, cut;
    struct cuts            cuts = { data, size, 0 };
    uint8_t               *copy;

    if (size < 2) {
        return 0;
    }

    /* exactly as long as the document, so that a read beyond it shows */
    copy = malloc(size - 1);
    weir_assert(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    doc_run(&whole, (enum weir_shape) (data[0] % WEIR_SHAPES),
            copy, size - 1, piece_all, NULL);
    doc_check(&whole, copy, size - 1);
    doc_run(&cut, (enum weir_shape) (data[0] % WEIR_SHAPES),
            copy, size - 1, piece_input, &cuts);
    weir_assert(doc_same(&whole, &cut));
    free(copy);
    return 0;
}
