/*
 * answer.c: the answer's head, JSON and plain answers, and the end of a call.
 *
 * A JSON answer is held whole: its reader cannot use a part of it, and the
 * status line must say what was decided. An SSE answer goes event by event
 * through stream.c.
 */
#include "flow/flow_internal.h"

#include <strings.h>


static bool
holds(struct weir_span s, const char *word)
{
    const size_t  n = strlen(word);

    for (size_t i = 0; i + n <= s.len; i++) {
        size_t  k = 0;

        while (k < n && (s.at[i + k] | 0x20) == (uint8_t) word[k]) {
            k++;
        }
        if (k == n) {
            return true;
        }
    }
    return false;
}


/* Is it read as UTF-8 by everybody? In the codings that are named here all
   ASCII is the same, and the rest at worst unreadable; in others (UTF-7, GBK,
   UTF-16) a reader finds another text than was inspected. */
static bool
is_utf8_type(struct weir_span type)
{
    static const char *const  good[] = { "utf-8", "utf8", "us-ascii",
                                         "iso-8859-1", "windows-1252" };
    const char                word[] = "charset=";
    const size_t              n = sizeof(word) - 1;

    for (size_t i = 0; i + n <= type.len; i++) {
        struct weir_span  rest = { type.at + i + n, type.len - i - n };
        size_t            k = 0;

        if (strncasecmp((const char *) type.at + i, word, n) != 0) {
            continue;
        }
        rest.at += rest.len > 0 && *rest.at == '"';
        rest.len = (size_t) (type.at + type.len - rest.at);
        while (k < sizeof(good) / sizeof(good[0])
               && (rest.len < strlen(good[k])
                   || strncasecmp((const char *) rest.at, good[k],
                                  strlen(good[k])) != 0
                   || (rest.len > strlen(good[k])
                       && strchr("\"; \t", rest.at[strlen(good[k])])
                          == NULL)))
        {
            k++;
        }
        if (k == sizeof(good) / sizeof(good[0])) {
            return false;
        }
    }
    return true;
}


/* Rules that hold for every answer: labels. */
static void
put_labels(struct weir_flow *f)
{
    const struct weir_snap_profile *const  p = f->act.profile;
    size_t                                 len = 0;

    for (uint32_t i = 0; p != NULL && i < p->rules; i++) {
        const struct weir_snap_profile_rule *const  pr =
            &f->snap->profile_rules[p->rule + i];
        struct weir_span  label;

        if (!pr->always) {
            continue;
        }
        weir_verdict_add(&f->answer_verdict, f->snap, p,
                         &(struct weir_found) { .rule = (uint16_t) i });
        label = weir_snap_span(f->snap, f->snap->rules[pr->rule].label);
        if (pr->action != WEIR_LABEL || label.len == 0
            || len + label.len + 3 > sizeof(f->header_labels))
        {
            continue;
        }
        if (len > 0) {
            memcpy(f->header_labels + len, ", ", 2);
            len += 2;
        }
        memcpy(f->header_labels + len, label.at, label.len);
        len += label.len;
        f->header_labels[len] = '\0';
    }
}


int
weir_flow_answer_open(struct weir_flow *f, int status,
    struct weir_span content_type, struct weir_span coding)
{
    weir_assert(f->step == WEIR_STEP_SENT);
    f->step = WEIR_STEP_ANSWER;
    f->status = status;
    f->act = weir_act_of(f, true);
    if (coding.len > 0 && !holds(coding, "identity")) {
        return WEIR_E_UPSTREAM_CODED;
    }
    if (status < 200 || (status >= 300 && status < 400)) {
        /* It would lead around the gateway: to another place, or (101) to
           another protocol, for which nginx would open a tunnel. */
        return WEIR_E_UPSTREAM_BAD;
    }
    if (weir_has_rules(f, true) && !is_utf8_type(content_type)) {
        return WEIR_E_UPSTREAM_BAD;
    }
    if ((f->on->flags & WEIR_SURFACE_LINES) != 0 && status < 400) {
        f->form = weir_has_rules(f, true) ? WEIR_ANSWER_LINES
                                          : WEIR_ANSWER_NONE;
    } else if (f->on->dialect == WEIR_SPEAKS_MCP
        && (content_type.len == 0 || status == 202 || status >= 400))
    {
        /* Not every answer of MCP has a body: if it has, it is JSON. */
        f->form = WEIR_ANSWER_JSON;
    } else if (holds(content_type, "text/event-stream")) {
        f->form = WEIR_ANSWER_SSE;
    } else if (holds(content_type, "json")) {
        f->form = WEIR_ANSWER_JSON;
    } else if (status < 400 && (f->on->flags & WEIR_SURFACE_PLAIN) != 0
               && (holds(content_type, "text/plain")
                   || holds(content_type, "text/vtt")
                   || holds(content_type, "application/x-subrip")))
    {
        f->form = WEIR_ANSWER_TEXT;
    } else if (status < 400 && (f->on->flags & WEIR_SURFACE_MEDIA) != 0) {
        f->form = WEIR_ANSWER_NONE;      /* sound: nobody here can read it */
        f->answer_not_scanned++;
    } else if (weir_has_rules(f, true) || status >= 400) {
        return WEIR_E_UPSTREAM_BAD;
    } else {
        f->form = WEIR_ANSWER_NONE;
    }
    if (status < 400) {
        put_labels(f);
    }
    return weir_wire_open(f);
}


void
weir_answer_forget(struct weir_flow *f)
{
    f->step = WEIR_STEP_SENT;
    f->status = 0;
    f->answer_not_scanned = 0;
    f->header_labels[0] = '\0';
    weir_verdict_open(&f->answer_verdict);
    weir_buf_release(&f->answer);
    weir_sse_open(&f->sse);
}


bool
weir_flow_answer_begun(const struct weir_flow *f)
{
    return f->answered;
}


bool
weir_flow_answer_streams(const struct weir_flow *f)
{
    return f->step == WEIR_STEP_ANSWER && f->form == WEIR_ANSWER_SSE
           && f->status < 400;
}


bool
weir_flow_answer_comment(struct weir_flow *f, struct weir_buf *out)
{
    /* Google's service sends none, and its Python SDK takes every line for
       JSON. */
    if (!weir_flow_answer_streams(f) || f->last_event
        || f->on->dialect == WEIR_SPEAKS_GEMINI)
    {
        return false;
    }
    weir_buf_adds(out, ": keep-alive\n\n");
    f->answered = true;
    f->commented = true;
    /* A LF that belongs to a CR which has left already is not missed. */
    f->last_byte = '\n';
    return !out->failed;
}


static void
note_sent(struct weir_flow *f, size_t before, const struct weir_buf *out)
{
    if (out->len == before) {
        return;
    }
    f->answered = true;
    if (f->answer_bytes == 0) {
        const uint64_t  now = f->w->now_ms(f->w->ctx);

        /* The millisecond in which it left, counted from 1: 0 says none. A
           clock that was set back says the first. */
        f->first_byte_ms = now < f->begin_ms ? 1 : now - f->begin_ms + 1;
    }
    f->answer_bytes += out->len - before;
}


/* A failure in the middle: before anything left it is the caller's status;
   after that it is an event, and the stream ends. */
static int
fail(struct weir_flow *f, int rc, size_t before, struct weir_buf *out)
{
    if (rc == WEIR_E_TOO_DENSE) {
        rc = WEIR_E_UPSTREAM_BAD;   /* of an answer it is not the caller's */
    }
    if (rc >= 0 || (!f->answered && out->len == before)) {
        return rc;
    }
    f->answered = true;
    if (f->form == WEIR_ANSWER_SSE && !out->failed) {
        (void) weir_flow_refusal(f, rc, out);
        return WEIR_DONE;
    }
    return rc;
}


/* Events in, events out, translated if the caller speaks another protocol
   than the upstream. `end`: `at` is of no matter. */
static int
pass_stream(struct weir_flow *f, const uint8_t *at, size_t len, bool end,
    bool whole, struct weir_buf *out)
{
    struct weir_buf  decided;
    int              rc, passed;

    if (!weir_wire_on(f)) {
        return end ? weir_stream_finish(f, whole, out)
                   : weir_stream_feed(f, at, len, out);
    }
    weir_buf_init(&decided, f->w->mem, WEIR_BODY_BYTES_MAX * 4ul);
    rc = end ? weir_stream_finish(f, whole, &decided)
             : weir_stream_feed(f, at, len, &decided);
    /* Also before an error: what came before it may leave. */
    passed = weir_wire_stream(f, &decided, end && rc == WEIR_OK, out);
    weir_buf_release(&decided);
    return rc >= 0 && passed < 0 ? passed : rc;
}


int
weir_flow_answer_feed(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    const size_t  before = out->len;
    int           rc = WEIR_OK;

    if (f->step >= WEIR_STEP_OVER) {
        return WEIR_DONE;
    }
    switch (f->form) {
    case WEIR_ANSWER_JSON:
    case WEIR_ANSWER_TEXT:
        if (len > WEIR_BODY_BYTES_MAX - f->answer.len) {
            return WEIR_E_ANSWER_TOO_LARGE;
        }
        weir_buf_add(&f->answer, at, len);
        return f->answer.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    case WEIR_ANSWER_SSE:
        rc = pass_stream(f, at, len, false, true, out);
        break;
    case WEIR_ANSWER_LINES:
        rc = weir_lines_feed(f, at, len, out);
        break;
    case WEIR_ANSWER_NONE:
        weir_buf_add(out, at, len);
        f->evented = f->evented || len > 0;
        break;
    }
    if (f->evented) {
        weir_route_judge(f, WEIR_TRIED_WELL, 0);
    }
    rc = fail(f, rc, before, out);
    note_sent(f, before, out);
    return out->failed ? WEIR_E_NO_MEMORY : rc;
}


static void
take_usage(struct weir_flow *f, const struct weir_facts *facts)
{
    if (facts->input_tokens >= 0) {
        f->input_tokens = facts->input_tokens;
    }
    if (facts->output_tokens >= 0) {
        f->output_tokens = facts->output_tokens;
    }
    f->answer_not_scanned += facts->not_scanned;
}


/* Choices that a rule ended, as bits; of Anthropic and Responses there is
   one. */
static uint32_t
choice_of(const struct weir_flow *f, const struct weir_text *t)
{
    return f->on->dialect == WEIR_SPEAKS_MESSAGES
           || f->on->dialect == WEIR_SPEAKS_RESPONSES
           || f->on->dialect == WEIR_SPEAKS_MCP
           ? 0 : (t->channel >> 16) % WEIR_CHOICES_MAX;
}


static bool
is_word(const struct weir_facts *facts, const struct weir_text *t)
{
    return facts->words.begin != WEIR_SPOT_NONE
           && t->begin > facts->words.begin && t->end < facts->words.end;
}


/* Segments and words of a transcript are its text again. */
static void
count(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *t)
{
    if (f->on->dialect == WEIR_SPEAKS_TRANSCRIPT
        && (t->stream || is_word(facts, t)))
    {
        return;
    }
    weir_tokens_add(&f->answer_tokens, f->answer.at + t->begin,
                    t->end - t->begin);
    f->text_bytes += t->end - t->begin;
}


/* One text of the answer, unless its choice was ended by one before. */
static int
inspect_text(struct weir_flow *f, const struct weir_text *t,
    struct weir_edits *e, uint64_t denied[WEIR_CHOICES_MAX / 64])
{
    const uint32_t  k = choice_of(f, t);
    int             rc;

    if (denied[k / 64] >> (k % 64) & 1) {
        weir_edits_put(e, t->begin, t->end,
                       t->form == WEIR_TEXT_NUMBER ? "0" : "");
        return WEIR_OK;
    }
    rc = t->stream && f->act.profile != NULL
         ? weir_lane_text(f, f->answer.at, t, t->stream == WEIR_TEXT_LAST, e)
         : weir_edit_text(f, &f->act, f->answer.at, t, e);
    if (rc == WEIR_DONE) {
        denied[k / 64] |= UINT64_C(1) << (k % 64);
        rc = WEIR_OK;
    }
    return rc;
}


static int
inspect(struct weir_flow *f, struct weir_text *texts, uint32_t n,
    const struct weir_facts *facts, struct weir_edits *e,
    uint64_t denied[WEIR_CHOICES_MAX / 64])
{
    int  rc = WEIR_OK;

    if (f->act.profile != NULL && weir_texts_mark(texts, n) != WEIR_OK) {
        return WEIR_E_UPSTREAM_BAD;
    }
    for (uint32_t i = 0; i < n && rc == WEIR_OK; i++) {
        count(f, facts, &texts[i]);
        if (!weir_inside_strip(facts, &texts[i])
            && !is_word(facts, &texts[i]))
        {
            rc = inspect_text(f, &texts[i], e, denied);
        }
    }
    if (facts->words.begin == WEIR_SPOT_NONE || rc != WEIR_OK) {
        return rc;
    }
    /* What a rule took out of a text may stand in its words, cut where the
       rule cannot see it: then they go. */
    if (!weir_edits_empty(e)) {
        weir_edits_put(e, facts->words.begin, facts->words.end, "[]");
        return WEIR_OK;
    }
    for (uint32_t i = 0; i < n && rc == WEIR_OK; i++) {
        if (is_word(facts, &texts[i])
            && !weir_inside_strip(facts, &texts[i]))
        {
            rc = inspect_text(f, &texts[i], e, denied);
        }
    }
    return rc;
}


static void
put_ends(struct weir_flow *f, const struct weir_facts *facts,
    const uint64_t denied[WEIR_CHOICES_MAX / 64], struct weir_edits *e)
{
    bool    any = false;
    size_t  at;

    for (uint32_t i = 0; i < facts->nfinish; i++) {
        const uint32_t  k = facts->finish[i].choice % WEIR_CHOICES_MAX;

        if (denied[k / 64] >> (k % 64) & 1) {
            weir_edits_put(e, facts->finish[i].value.begin,
                           facts->finish[i].value.end,
                           weir_finish_word(f, WEIR_E_DENIED));
        }
    }
    for (size_t i = 0; i < WEIR_CHOICES_MAX / 64; i++) {
        any |= denied[i] != 0;
    }
    if (any && f->on->dialect == WEIR_SPEAKS_RESPONSES
        && facts->details.begin != WEIR_SPOT_NONE)
    {
        weir_edits_put(e, facts->details.begin, facts->details.end,
                       "{\"reason\":\"content_filter\"}");
    }
    if (any) {
        if (facts->object_end != WEIR_SPOT_NONE) {
            at = e->text.len;
            weir_buf_addc(&e->text, ',');
            weir_synth_why(f, WEIR_E_DENIED, &e->text);
            weir_edits_add(e, facts->object_end, facts->object_end, at);
        }
        f->error = WEIR_E_DENIED;
        f->ending = WEIR_END_DENIED;
    }
}


static enum weir_shape
shape_of(const struct weir_flow *f)
{
    if (f->status >= 400) {
        return WEIR_SHAPE_ERROR;
    }
    return f->on->answer;
}


static int
rewrite_json(struct weir_flow *f, const struct weir_doc *doc,
    struct weir_text *texts, struct weir_buf *out)
{
    const struct weir_facts *const  facts = weir_doc_facts(doc);
    uint64_t                        denied[WEIR_CHOICES_MAX / 64] = { 0 };
    uint32_t                        n = weir_doc_texts(doc);
    struct weir_edits               e;
    int                             rc;

    take_usage(f, facts);
    weir_take_seconds(f, f->answer.at, facts);
    weir_edits_init(&e, f->w->mem);
    rc = weir_mcp_list(f, f->answer.at, facts, texts, &n, &e);
    if (rc == WEIR_OK && shape_of(f) == WEIR_SHAPE_OBJECT_ANSWER) {
        rc = weir_files_wrap(f, f->answer.at, facts, &e);
    }
    if (rc == WEIR_OK) {
        rc = inspect(f, texts, n, facts, &e, denied);
    }
    if (rc == WEIR_OK && denied[0] != 0
        && f->on->dialect == WEIR_SPEAKS_MCP)
    {
        f->error = WEIR_E_DENIED;
        f->ending = WEIR_END_DENIED;
        weir_mcp_error(f, WEIR_E_DENIED, out);

    } else if (rc == WEIR_OK) {
        put_ends(f, facts, denied, &e);
        for (uint32_t i = 0; i < facts->nstrip && weir_has_rules(f, true);
             i++)
        {
            weir_edits_put(&e, facts->strip[i].begin, facts->strip[i].end,
                           "null");
        }
        rc = weir_edits_apply(&e, f->answer.at, f->answer.len, out);
    }
    weir_edits_release(&e);
    return rc;
}


static int
finish_json(struct weir_flow *f, struct weir_buf *out)
{
    struct weir_text  *texts;
    struct weir_doc    doc;
    uint32_t           max;
    size_t             got;
    int                rc;

    if (f->answer.len == 0 && f->on->dialect == WEIR_SPEAKS_MCP) {
        return WEIR_OK;
    }
    texts = weir_texts_get(f->w->mem, f->answer.len, &max, &got);
    if (texts == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    weir_doc_open(&doc, shape_of(f), texts, max);
    rc = weir_doc_feed(&doc, f->answer.at, f->answer.len);
    if (rc == WEIR_OK) {
        rc = weir_doc_finish(&doc);
    }
    if (rc == WEIR_OK) {
        rc = rewrite_json(f, &doc, texts, out);
    } else if (!weir_has_rules(f, true)) {
        /* Nobody must see it: it passes as it is, unpaid usage estimated. */
        weir_tokens_add(&f->answer_tokens, f->answer.at, f->answer.len);
        weir_buf_add(out, f->answer.at, f->answer.len);
        rc = out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    } else if (f->on->dialect == WEIR_SPEAKS_MCP && f->status >= 400) {
        /* No word of it leaves, but its status does: to a client 404 says
           that its session is over. */
        rc = WEIR_OK;
    } else {
        rc = WEIR_E_UPSTREAM_BAD;
    }
    weir_mem_put(f->w->mem, texts, got);
    weir_buf_release(&f->answer);
    return rc;
}


/* Plain text has no place to say that it was cut: one that a rule denies is
   refused whole. */
static int
finish_text(struct weir_flow *f, struct weir_buf *out)
{
    const struct weir_text  t = {
        .begin = 0, .end = (uint32_t) f->answer.len, .coding = WEIR_PLAIN,
        .place = WEIR_AT_ASSISTANT, .form = WEIR_TEXT_STRING
    };
    struct weir_edits       e;
    int                     rc = WEIR_OK;

    if (weir_has_rules(f, true)
        && !weir_is_utf8(f->answer.at, f->answer.len))
    {
        weir_buf_release(&f->answer);
        return WEIR_E_UPSTREAM_BAD;
    }
    weir_tokens_add(&f->answer_tokens, f->answer.at, f->answer.len);
    f->text_bytes += f->answer.len;
    weir_edits_init(&e, f->w->mem);
    if (f->answer.len > 0) {
        rc = weir_edit_text(f, &f->act, f->answer.at, &t, &e);
    }
    rc = rc == WEIR_DONE ? WEIR_E_DENIED
         : rc == WEIR_OK
         ? weir_edits_apply(&e, f->answer.at, f->answer.len, out) : rc;
    weir_edits_release(&e);
    weir_buf_release(&f->answer);
    return rc;
}


static int
pass_json(struct weir_flow *f, struct weir_buf *out)
{
    struct weir_buf  decided;
    int              rc;

    if (!weir_wire_on(f)) {
        return finish_json(f, out);
    }
    weir_buf_init(&decided, f->w->mem, WEIR_BODY_BYTES_MAX * 4ul);
    rc = finish_json(f, &decided);
    if (rc >= 0) {
        rc = weir_wire_answer(f, &decided, out);
    }
    weir_buf_release(&decided);
    return rc;
}


int
weir_flow_answer_finish(struct weir_flow *f, bool whole,
    struct weir_buf *out)
{
    const size_t  before = out->len;
    int           rc = WEIR_OK;

    if (f->step >= WEIR_STEP_OVER) {
        return WEIR_OK;
    }
    /* One that broke off before its first event never began. */
    weir_route_judge(f, whole ? WEIR_TRIED_WELL : WEIR_TRIED_FAILED, 0);
    if (f->form == WEIR_ANSWER_LINES) {
        rc = weir_lines_finish(f, whole, out);
    } else if (f->form == WEIR_ANSWER_SSE) {
        rc = pass_stream(f, NULL, 0, true, whole, out);
    } else if (!whole) {
        rc = WEIR_E_UPSTREAM_BROKE;
    } else if (f->form == WEIR_ANSWER_JSON) {
        rc = pass_json(f, out);
    } else if (f->form == WEIR_ANSWER_TEXT) {
        rc = finish_text(f, out);
    }
    rc = fail(f, rc, before, out);
    note_sent(f, before, out);
    if (rc == WEIR_OK && f->ending == WEIR_END_REFUSED && f->error == 0) {
        f->ending = f->status >= 400 ? WEIR_END_UPSTREAM_ERROR : WEIR_END_OK;
    }
    return rc == WEIR_DONE ? WEIR_OK : rc;
}


int
weir_flow_answer_end(struct weir_flow *f, int status, uint64_t *position)
{
    if (f->step >= WEIR_STEP_RECORDED) {
        return WEIR_OK;
    }
    return weir_record_end(f, status, position);
}
