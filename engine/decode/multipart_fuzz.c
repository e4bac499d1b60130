/*
 * multipart_fuzz.c: a form in pieces that the input itself chooses is the form
 * read whole; its parts stand in order, behind and before whole delimiters,
 * and no delimiter stands in one.
 *
 * Input: the boundary, a line end, the body.
 */
#include "weir/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check(const struct weir_multipart *m, const uint8_t *at, size_t len)
{
    uint32_t  before = 0;

    for (uint32_t i = 0; i < m->nparts; i++) {
        const struct weir_part *const  p = &m->parts[i];

        weir_assert(p->name.begin > before && p->name.end > p->name.begin);
        weir_assert(at[p->name.begin - 1] == '"' && at[p->name.end] == '"');
        weir_assert(p->body.begin > p->name.end
                    && p->body.end >= p->body.begin);
        weir_assert(p->body.end + 2 + m->len <= len);
        weir_assert(memcmp(at + p->body.begin - 4, "\r\n\r\n", 4) == 0);
        weir_assert(memcmp(at + p->body.end, "\r\n", 2) == 0);
        weir_assert(memcmp(at + p->body.end + 2, m->delimiter, m->len) == 0);
        weir_assert(memmem(at + p->body.begin, p->body.end - p->body.begin,
                           m->delimiter, m->len) == NULL);
        before = p->body.end;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const      files[] = { "file", "image[]", NULL };
    static struct weir_multipart  a, b;
    static struct weir_form       form;
    const uint8_t *const          end = memchr(data, '\n', size);
    struct weir_span              boundary;
    size_t                        len, i = 0, next = 0;
    int                           rc;

    if (end == NULL || end == data
        || (size_t) (end - data) > WEIR_BOUNDARY_MAX)
    {
        return 0;
    }
    boundary = (struct weir_span) { data, (size_t) (end - data) };
    data = end + 1;
    len = size - boundary.len - 1;

    weir_multipart_open(&a, boundary);
    (void) !weir_multipart_feed(&a, data, len);
    rc = weir_multipart_finish(&a);
    weir_multipart_open(&b, boundary);
    while (i < len) {
        const size_t  want = 1u + data[next++ % len] % 17;
        const size_t  n = want < len - i ? want : len - i;

        (void) !weir_multipart_feed(&b, data + i, n);
        i += n;
    }
    weir_assert(weir_multipart_finish(&b) == rc);
    if (rc == WEIR_OK) {
        weir_assert(a.nparts == b.nparts
                    && memcmp(a.parts, b.parts,
                              a.nparts * sizeof(a.parts[0])) == 0);
        check(&a, data, len);
        if (weir_form_read(&form, &a, data, files) == WEIR_OK) {
            for (uint32_t k = 0; k < form.ntexts; k++) {
                weir_assert(form.texts[k].begin <= form.texts[k].end
                            && form.texts[k].end <= len
                            && (k == 0 || form.texts[k].begin
                                          >= form.texts[k - 1].end));
            }
        }
    }
    return 0;
}
