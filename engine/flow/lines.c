/*
 * lines.c: a file of answers (JSONL), line by line. A line is held until it is
 * whole, no more. What cannot be inspected, and what a rule denies, becomes an
 * error of that line, as the provider itself writes one: the other lines are
 * of other requests.
 */
#include "flow/flow_internal.h"


static void
put_error(struct weir_flow *f, int error, struct weir_span id,
    struct weir_buf *out)
{
    const bool  claude = f->protocol == WEIR_ANTHROPIC;

    weir_buf_adds(out, claude ? "{\"custom_id\":"
                              : "{\"id\":null,\"custom_id\":");
    if (id.len > 0) {
        weir_buf_add(out, id.at, id.len);
    } else {
        weir_buf_adds(out, "null");
    }
    weir_buf_adds(out, claude ? ",\"result\":{\"type\":\"errored\",\"error\":{"
                                "\"type\":\"error\",\"error\":{\"type\":\""
                              : ",\"response\":null,\"error\":{\"code\":\"");
    weir_buf_adds(out, claude ? weir_error_info(error)->anthropic_type
                              : weir_error_info(error)->code);
    weir_buf_adds(out, "\",\"message\":\"");
    weir_buf_add_json(out, weir_span_of(f->chinese
                                        ? weir_error_info(error)->zh
                                        : weir_error_info(error)->en), 1);
    weir_buf_adds(out, "\",");
    weir_synth_why(f, error, out);
    weir_buf_adds(out, claude ? "}}}}" : "}}");
}


/* The id goes with an error if it was looked at, and no rule changes it: then
   no edit stands in its place. */
static struct weir_span
id_of(const uint8_t *at, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t done, const struct weir_edits *e)
{
    const struct weir_spot  s = facts->marks[WEIR_MARK_ID];

    for (uint32_t i = 0; s.begin != WEIR_SPOT_NONE && i < done; i++) {
        if (texts[i].begin == s.begin + 1 && !weir_edits_in(e, s)) {
            return (struct weir_span) { at + s.begin, s.end - s.begin };
        }
    }
    return (struct weir_span) { NULL, 0 };
}


static int
inspect(struct weir_flow *f, const uint8_t *at, size_t len,
    const struct weir_doc *doc, const struct weir_text *texts,
    struct weir_buf *out)
{
    const struct weir_facts *const  facts = weir_doc_facts(doc);
    struct weir_edits               e;
    uint32_t                        i;
    int                             rc = WEIR_OK;

    weir_edits_init(&e, f->w->mem);
    for (i = 0; i < weir_doc_texts(doc) && rc == WEIR_OK; i++) {
        if (!weir_inside_strip(facts, &texts[i])) {
            rc = weir_edit_text(f, &f->act, at, &texts[i], &e);
        }
    }
    f->answer_not_scanned += facts->not_scanned;
    if (rc == WEIR_DONE) {
        put_error(f, WEIR_E_DENIED, id_of(at, facts, texts, i - 1, &e),
                  out);
        rc = WEIR_OK;

    } else if (rc == WEIR_OK) {
        for (i = 0; i < facts->nstrip; i++) {
            weir_edits_put(&e, facts->strip[i].begin, facts->strip[i].end,
                           "null");
        }
        rc = weir_edits_apply(&e, at, len, out);
    }
    weir_edits_release(&e);
    return rc;
}


/* One line without its end. */
static int
line_take(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    static const struct weir_span  none = { NULL, 0 };
    struct weir_text              *texts;
    struct weir_doc                doc;
    uint32_t                       max;
    size_t                         got;
    int                            rc;

    if (len == 0 || (len == 1 && at[0] == '\r')) {
        weir_buf_add(out, at, len);
        return WEIR_OK;
    }
    texts = weir_texts_get(f->w->mem, len, &max, &got);
    if (texts == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    weir_doc_open(&doc, WEIR_SHAPE_BATCH_RESULT, texts, max);
    rc = weir_doc_feed(&doc, at, len);
    if (rc == WEIR_OK) {
        rc = weir_doc_finish(&doc);
    }
    if (rc == WEIR_OK) {
        rc = inspect(f, at, len, &doc, texts, out);
    } else {
        put_error(f, WEIR_E_UPSTREAM_BAD, none, out);
        rc = WEIR_OK;
    }
    weir_mem_put(f->w->mem, texts, got);
    return rc;
}


int
weir_lines_feed(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    while (len > 0) {
        const uint8_t *const    lf = memchr(at, '\n', len);
        const size_t            n = lf == NULL ? len : (size_t) (lf - at);
        int                     rc = WEIR_OK;

        if (n > WEIR_LINE_BYTES_MAX - f->answer.len) {
            f->long_line = true;             /* the rest of it goes by */
            weir_buf_release(&f->answer);
        }
        if (!f->long_line) {
            weir_buf_add(&f->answer, at, n);
        }
        if (f->answer.failed) {
            return WEIR_E_NO_MEMORY;
        }
        if (lf != NULL && f->long_line) {
            put_error(f, WEIR_E_ANSWER_TOO_LARGE,
                      (struct weir_span) { NULL, 0 }, out);
        } else if (lf != NULL) {
            rc = line_take(f, f->answer.at, f->answer.len, out);
        }
        if (rc != WEIR_OK) {
            return rc;
        }
        if (lf != NULL) {
            weir_buf_addc(out, '\n');
            weir_buf_release(&f->answer);
            f->long_line = false;
        }
        at += n + (lf != NULL);
        len -= n + (lf != NULL);
    }
    return WEIR_OK;
}


int
weir_lines_finish(struct weir_flow *f, bool whole, struct weir_buf *out)
{
    int  rc = WEIR_OK;

    if (!whole || f->long_line) {
        /* Half a file must not look like all of it. */
        put_error(f, whole ? WEIR_E_ANSWER_TOO_LARGE : WEIR_E_UPSTREAM_BROKE,
                  (struct weir_span) { NULL, 0 }, out);
        weir_buf_addc(out, '\n');
        f->ending = whole ? f->ending : WEIR_END_UPSTREAM_BROKE;
    } else if (f->answer.len > 0) {
        rc = line_take(f, f->answer.at, f->answer.len, out);
    }
    weir_buf_release(&f->answer);
    return rc;
}
