/*
 * stream.c: an SSE answer, event by event.
 *
 * An event is whole before it is looked at: no client can use a part of it,
 * and the index of a choice may follow its text. Each text stream of the
 * answer (choice x field) has a lane. What a lane lets pass replaces the
 * text of the event; what must wait travels in the next event of its lane,
 * or in one of ours when the lane ends (docs/decisions/0003). Bytes that
 * nothing changes are copied as they came.
 */
#include "flow/flow_internal.h"

#define LANES_FIRST  1    /* most answers are one text */

struct event {
    const uint8_t         *at;       /* the event as it came */
    size_t                 len;
    struct weir_sse_event  sse;
    const uint8_t         *doc;      /* its data */
    size_t                 doc_len;
    struct weir_text      *texts;    /* marked: weir_texts_mark */
    uint32_t               ntexts;
    const struct weir_facts *facts;
    bool                   bare;     /* only event and data may leave */
};


void
weir_lanes_close(struct weir_flow *f)
{
    for (uint32_t i = 0; i < f->nlanes; i++) {
        weir_channel_close(&f->lanes[i].text, &f->act);
    }
    weir_mem_put(f->w->mem, f->lanes, f->lanes_got);
    f->lanes = NULL;
    f->lanes_got = 0;
    f->nlanes = 0;
    weir_mem_put(f->w->mem, f->again, f->again_got);
    f->again = NULL;
}


static int
lane_of(struct weir_flow *f, const struct weir_text *t, uint32_t *index)
{
    for (uint32_t i = 0; i < f->nlanes; i++) {
        if (f->lanes[i].channel == t->channel) {
            *index = i;
            return WEIR_OK;
        }
    }
    if (f->nlanes == WEIR_CHANNELS_MAX) {
        return WEIR_E_UPSTREAM_BAD;
    }
    if ((f->nlanes + 1) * sizeof(struct weir_lane) > f->lanes_got) {
        size_t             got;
        struct weir_lane  *more = weir_mem_get(f->w->mem,
            (f->nlanes == 0 ? LANES_FIRST : f->nlanes * 2ul) * sizeof(*more),
            &got);

        if (more == NULL) {
            return WEIR_E_NO_MEMORY;
        }
        if (f->nlanes > 0) {
            memcpy(more, f->lanes, f->nlanes * sizeof(*more));
        }
        weir_mem_put(f->w->mem, f->lanes, f->lanes_got);
        f->lanes = more;
        f->lanes_got = got;
    }
    *index = f->nlanes;
    f->lanes[*index].channel = t->channel;
    f->nlanes++;
    return weir_channel_open(&f->lanes[*index].text, &f->act,
                             (enum weir_coding) t->coding,
                             weir_scan_flags(t));
}


static void
note_held(struct weir_flow *f, const struct weir_channel *c)
{
    if (c->held_max > f->held_max) {
        f->held_max = c->held_max;
    }
}


/* The lane ends: what it holds leaves in an event of ours. */
static int
flush_lane(struct weir_flow *f, uint32_t i, struct weir_buf *out)
{
    struct weir_lane *const  lane = &f->lanes[i];
    struct weir_buf          text;
    int                      rc;

    weir_buf_init(&text, f->w->mem, WEIR_BODY_BYTES_MAX);
    rc = weir_channel_feed(&lane->text, &f->act, NULL, 0, true, &text);
    if (rc >= 0) {
        weir_synth_delta(f, lane->channel, weir_buf_span(&text), out);
    }
    weir_buf_release(&text);
    note_held(f, &lane->text);
    weir_channel_close(&lane->text, &f->act);
    f->lanes[i] = f->lanes[--f->nlanes];
    if (rc == WEIR_DONE) {
        weir_synth_end(f, WEIR_E_DENIED, out);
    }
    return rc;
}


static bool
ends(const struct weir_flow *f, const struct weir_facts *facts,
    uint32_t channel)
{
    if (f->on->dialect == WEIR_SPEAKS_MESSAGES) {
        return facts->event == WEIR_EVENT_MESSAGE_STOP
               || (facts->event == WEIR_EVENT_BLOCK_STOP
                   && facts->block == channel >> 16);
    }
    if (f->on->dialect == WEIR_SPEAKS_RESPONSES) {
        return facts->event == WEIR_EVENT_END
               || facts->event == WEIR_EVENT_ERROR
               || (facts->event == WEIR_EVENT_ITEM_DONE
                   && facts->block == channel >> 16)
               || (facts->event == WEIR_EVENT_DONE
                   && channel == WEIR_CHANNEL(facts->block,
                                              facts->block_kind,
                                              facts->part));
    }
    if (f->on->dialect == WEIR_SPEAKS_TRANSCRIPT) {
        return facts->event == WEIR_EVENT_END
               || facts->event == WEIR_EVENT_ERROR;
    }
    if (f->on->dialect == WEIR_SPEAKS_GEMINI) {
        return f->tail == WEIR_TAIL_END;
    }
    for (uint32_t i = 0; i < facts->nfinish; i++) {
        if (facts->finish[i].choice == channel >> 16) {
            return true;
        }
    }
    return false;
}


static bool
in_event(const struct event *ev, uint32_t channel)
{
    for (uint32_t i = 0; i < ev->ntexts; i++) {
        if (ev->texts[i].stream && ev->texts[i].channel == channel) {
            return true;
        }
    }
    return false;
}


/* Lanes that this event ends and that have no text in it. */
static int
flush_ended(struct weir_flow *f, const struct event *ev,
    struct weir_buf *out)
{
    uint32_t  i = 0;

    while (i < f->nlanes) {
        const uint32_t  ch = f->lanes[i].channel;
        int             rc;

        if (!ends(f, ev->facts, ch) || in_event(ev, ch)) {
            i++;
            continue;
        }
        rc = flush_lane(f, i, out);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


/* A call of a tool, of a function or of free text. */
static bool
is_call(uint32_t channel)
{
    const unsigned  field = channel >> 12 & 15;

    return field == WEIR_FIELD_ARGUMENTS || field == WEIR_FIELD_TOOL_INPUT;
}


/* Does the event go on with something else of this choice? A call of a tool
   also does when it only begins. */
static bool
turns_away(const struct event *ev, uint32_t channel)
{
    bool  other = false;

    for (uint32_t i = 0; i < ev->ntexts; i++) {
        const struct weir_text *const  t = &ev->texts[i];

        if (!t->stream || (t->begin == t->end && !is_call(t->channel))) {
            continue;
        }
        if (t->channel == channel) {
            return false;
        }
        other |= t->channel >> 16 == channel >> 16;
    }
    return other;
}


/*
 * A caller of messages gets content blocks: where the chunks turn from
 * reasoning to text, or from text to a call, a block ends, and what is held
 * of it leaves with it, for no later event could bring it back in order. As
 * in any stream of blocks, each is then a text of its own. Calls go on in
 * turn, and keep what they hold.
 */
static int
flush_left(struct weir_flow *f, const struct event *ev, struct weir_buf *out)
{
    uint32_t  i = 0;

    while (i < f->nlanes) {
        const uint32_t  ch = f->lanes[i].channel;
        int             rc;

        if (is_call(ch) || !turns_away(ev, ch)) {
            i++;
            continue;
        }
        rc = flush_lane(f, i, out);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


static int
flush_all(struct weir_flow *f, struct weir_buf *out)
{
    while (f->nlanes > 0) {
        const int  rc = flush_lane(f, 0, out);

        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}


static void
keep_spot(const struct event *ev, struct weir_spot s, char *out, size_t size)
{
    if (out[0] == '\0' && s.begin != WEIR_SPOT_NONE
        && s.end - s.begin < size)
    {
        memcpy(out, ev->doc + s.begin, s.end - s.begin);
        out[s.end - s.begin] = '\0';
    }
}


/* What events of ours will need, and what the call costs. */
static void
remember(struct weir_flow *f, const struct event *ev)
{
    const struct weir_facts *const  facts = ev->facts;

    if (f->on->dialect != WEIR_SPEAKS_MCP) {
        keep_spot(ev, facts->id, f->answer_id, sizeof(f->answer_id));
    }
    keep_spot(ev, facts->model, f->answer_model, sizeof(f->answer_model));
    keep_spot(ev, facts->created, f->answer_created,
              sizeof(f->answer_created));
    if (facts->item.begin != WEIR_SPOT_NONE) {
        f->answer_item[0] = '\0';        /* the newest, not the first */
        keep_spot(ev, facts->item, f->answer_item, sizeof(f->answer_item));
    }
    if (facts->input_tokens >= 0) {
        f->input_tokens = facts->input_tokens;
    }
    if (facts->output_tokens >= 0
        && facts->event != WEIR_EVENT_MESSAGE_START)
    {
        f->output_tokens = facts->output_tokens;
    }
    weir_take_seconds(f, ev->doc, facts);
    f->answer_not_scanned += facts->not_scanned;
    if (facts->error || facts->event == WEIR_EVENT_ERROR) {
        f->ending = WEIR_END_UPSTREAM_ERROR;
    }
    f->last_event |= facts->event == WEIR_EVENT_MESSAGE_STOP
                     || facts->event == WEIR_EVENT_END;
    if (facts->event == WEIR_EVENT_BLOCK_START) {
        f->block_open = (int32_t) facts->block;
    } else if (facts->event == WEIR_EVENT_BLOCK_STOP) {
        f->block_open = -1;
    }
    for (uint32_t i = 0; i < ev->ntexts; i++) {
        const uint32_t  k = ev->texts[i].channel >> 16;

        if (ev->texts[i].stream && k < WEIR_CHOICES_MAX) {
            f->choices_open[k / 64] |= UINT64_C(1) << (k % 64);
        }
    }
    for (uint32_t i = 0; i < facts->nfinish; i++) {
        const uint32_t  k = facts->finish[i].choice;

        if (k < WEIR_CHOICES_MAX) {
            f->choices_open[k / 64] &= ~(UINT64_C(1) << (k % 64));
        }
    }
}


int
weir_lane_text(struct weir_flow *f, const uint8_t *doc,
    const struct weir_text *t, bool last, struct weir_edits *e)
{
    const size_t          at = e->text.len;
    const size_t          len = t->end - t->begin;
    struct weir_channel  *c;
    uint32_t              i;
    int                   rc;

    rc = lane_of(f, t, &i);
    if (rc != WEIR_OK) {
        return rc;
    }
    c = &f->lanes[i].text;
    rc = weir_channel_feed(c, &f->act, doc + t->begin, len, last, &e->text);
    if (rc < 0) {
        return rc;
    }
    note_held(f, c);
    if (e->text.len - at == len
        && (len == 0 || memcmp(e->text.at + at, doc + t->begin, len) == 0))
    {
        e->text.len = at;
    } else {
        weir_edits_add(e, t->begin, t->end, at);
    }
    if (last) {
        weir_channel_close(c, &f->act);
        f->lanes[i] = f->lanes[--f->nlanes];
    }
    return rc;
}


static int
inspect(struct weir_flow *f, const struct event *ev, struct weir_edits *e)
{
    bool  denied = false;
    bool  counted = false;

    for (uint32_t i = 0; i < ev->ntexts; i++) {
        const struct weir_text *const  t = &ev->texts[i];
        int                            rc;

        if (t->stream && t->end > t->begin) {
            weir_tokens_add(&f->answer_tokens, ev->doc + t->begin,
                            t->end - t->begin);
            f->text_bytes += t->end - t->begin;
            f->text_events += !counted;
            counted = true;
        }
        if (f->act.profile == NULL || weir_inside_strip(ev->facts, t)) {
            continue;
        }
        if (denied) {
            weir_edits_put(e, t->begin, t->end,
                           t->form == WEIR_TEXT_NUMBER ? "0" : "");
            continue;
        }
        rc = t->stream
             ? weir_lane_text(f, ev->doc, t, t->stream == WEIR_TEXT_LAST
                              && ends(f, ev->facts, t->channel), e)
             : weir_edit_text(f, &f->act, ev->doc, t, e);
        if (rc < 0) {
            return rc;
        }
        denied = rc == WEIR_DONE;
    }
    for (uint32_t i = 0; denied && i < ev->facts->nfinish; i++) {
        weir_edits_put(e, ev->facts->finish[i].value.begin,
                       ev->facts->finish[i].value.end,
                       weir_finish_word(f, WEIR_E_DENIED));
    }
    return denied ? WEIR_DONE : WEIR_OK;
}


/* The event with the changes to its data. Joined data lines become one:
   the line ends between them can only be JSON white space. */
static int
put_event(const struct event *ev, struct weir_edits *e, struct weir_buf *out)
{
    size_t  at;
    int     rc;

    if (weir_edits_empty(e) && !ev->bare) {
        weir_buf_add(out, ev->at, ev->len);
        return out->failed || e->list.failed || e->text.failed
               ? WEIR_E_NO_MEMORY : WEIR_OK;
    }
    if (ev->sse.lines == 1 && !ev->bare) {
        const size_t  head = (size_t) (ev->sse.data.at - ev->at);
        const size_t  tail = head + ev->sse.data.len;

        weir_buf_add(out, ev->at, head);
        rc = weir_edits_apply(e, ev->doc, ev->doc_len, out);
        weir_buf_add(out, ev->at + tail, ev->len - tail);
        return rc;
    }
    if (ev->sse.name.len > 0) {
        weir_buf_adds(out, "event: ");
        weir_buf_add(out, ev->sse.name.at, ev->sse.name.len);
        weir_buf_addc(out, '\n');
    }
    weir_buf_adds(out, "data: ");
    at = out->len;
    rc = weir_edits_apply(e, ev->doc, ev->doc_len, out);
    for (size_t i = at; i < out->len; i++) {
        if (out->at[i] == '\n') {
            out->at[i] = ' ';
        }
    }
    weir_buf_adds(out, "\n\n");
    return rc;
}


/* Usage that we asked for is hidden from a client that did not: the last
   event, which carries nothing else, whole (true); in others the member. */
static bool
hide_usage(struct weir_flow *f, const struct event *ev, struct weir_edits *e)
{
    if (!f->usage_added) {
        return false;
    }
    if (ev->facts->usage.begin != WEIR_SPOT_NONE && ev->facts->nchoices == 0)
    {
        return true;
    }
    weir_edits_drop_usage(e, ev->doc, ev->doc_len, ev->facts);
    return false;
}


/* Responses, transcripts: a delta of a kind that we do not know, and so do not
   know what it continues. */
static bool
is_unknown_delta(const struct weir_flow *f, const struct event *ev)
{
    return (f->on->dialect == WEIR_SPEAKS_RESPONSES
            || f->on->dialect == WEIR_SPEAKS_TRANSCRIPT)
           && ev->facts->event != WEIR_EVENT_DELTA && ev->ntexts > 0
           && ev->texts[0].stream;
}


static int
take_document(struct weir_flow *f, struct event *ev, struct weir_buf *out)
{
    struct weir_edits  e;
    int                rc, denied;

    if (is_unknown_delta(f, ev) && weir_has_rules(f, true)) {
        return WEIR_E_UPSTREAM_BAD;
    }
    rc = weir_wire_on(f) && f->protocol == WEIR_ANTHROPIC
         ? flush_left(f, ev, out) : WEIR_OK;
    if (rc == WEIR_OK) {
        rc = flush_ended(f, ev, out);
    }
    remember(f, ev);
    if (rc != WEIR_OK) {
        return rc;
    }
    weir_edits_init(&e, f->w->mem);
    denied = weir_mcp_list(f, ev->doc, ev->facts, ev->texts, &ev->ntexts, &e);
    if (denied == WEIR_OK) {
        denied = inspect(f, ev, &e);
    }
    rc = denied;
    if (denied == WEIR_DONE && f->on->dialect == WEIR_SPEAKS_MCP) {
        /* Half a message would be taken for the whole. */
        rc = WEIR_OK;

    } else if (denied >= 0 && !hide_usage(f, ev, &e)) {
        for (uint32_t i = 0; i < ev->facts->nstrip
             && weir_has_rules(f, true); i++)
        {
            weir_edits_put(&e, ev->facts->strip[i].begin,
                           ev->facts->strip[i].end, "null");
        }
        rc = put_event(ev, &e, out);
    }
    weir_edits_release(&e);
    if (rc < 0) {
        return rc;
    }
    if (denied == WEIR_DONE) {
        weir_synth_end(f, WEIR_E_DENIED, out);
        return WEIR_DONE;
    }
    if (weir_over_cap(f)) {
        weir_synth_end(f, WEIR_E_FUNDS_CUT, out);
        return WEIR_DONE;
    }
    return WEIR_OK;
}


/* The document of the event is whole and valid. */
static int
take_parsed(struct weir_flow *f, struct event *ev, const struct weir_doc *doc,
    struct weir_text *texts, struct weir_buf *out)
{
    ev->texts = texts;
    ev->ntexts = weir_doc_texts(doc);
    ev->facts = weir_doc_facts(doc);
    if (f->act.profile != NULL
        && weir_texts_mark(texts, ev->ntexts) != WEIR_OK)
    {
        return WEIR_E_UPSTREAM_BAD;
    }
    if (ev->sse.lines == 1 && !ev->bare
        && weir_again_fits(ev->facts, texts, ev->ntexts, ev->len))
    {
        weir_again_keep(f, ev->at, ev->len, (size_t) (ev->doc - ev->at),
                        ev->doc_len, &texts[0]);
    }
    return take_document(f, ev, out);
}


/* Gemini: may this event be the last, so that what its lanes hold must leave
   with it? Then it waits for what follows. */
static bool
must_wait(const struct weir_flow *f, const struct weir_facts *facts)
{
    return f->on->dialect == WEIR_SPEAKS_GEMINI && f->act.profile != NULL
           && f->tail == WEIR_TAIL_UNKNOWN && facts->nfinish > 0;
}


static int
parse_and_take(struct weir_flow *f, struct event *ev, struct weir_buf *out)
{
    struct weir_text  *texts;
    struct weir_doc    doc;
    uint32_t           max;
    size_t             got;
    int                rc;

    texts = weir_texts_get(f->w->mem, ev->doc_len, &max, &got);
    if (texts == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    weir_doc_open(&doc, f->on->event, texts, max);
    rc = weir_doc_feed(&doc, ev->doc, ev->doc_len);
    if (rc == WEIR_OK) {
        rc = weir_doc_finish(&doc);
    }
    if (rc != WEIR_OK) {
        rc = WEIR_E_UPSTREAM_BAD;
        if (!weir_has_rules(f, true)) {
            weir_buf_add(out, ev->at, ev->len);
            rc = WEIR_OK;
        }
    } else if (must_wait(f, weir_doc_facts(&doc))) {
        weir_buf_add(&f->pending, ev->at, ev->len);
        rc = f->pending.failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    } else {
        rc = take_parsed(f, ev, &doc, texts, out);
    }
    weir_mem_put(f->w->mem, texts, got);
    return rc;
}


/* An event that passed as it was ended in the CR; one that was rewritten
   ended in a line end of ours, and needs no more. */
static void
late_lf(struct weir_flow *f, struct weir_buf *out)
{
    if (f->last_byte == '\r') {
        weir_buf_addc(out, '\n');
    }
}


/* What an event of one data line and at most a name takes beside the data:
   "event: n", "data: " and three line ends. */
static size_t
beside_max(const struct event *ev)
{
    return sizeof("data: \r\n\r\n") - 1
           + (ev->sse.name.len == 0 ? 0 : sizeof("event: \r\n") - 1
                                          + ev->sse.name.len);
}


static int
take_event(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    struct event      ev;
    struct weir_buf   joined;
    struct weir_text  text;
    int               rc;

    if (len > 1 && at[0] == '\n') {
        /* The LF of a CRLF that a segment cut: it belongs to the event
           before. An empty event is one byte long. */
        late_lf(f, out);
        at++;
        len--;
    }
    ev = (struct event) { .at = at, .len = len };
    if (weir_again_is(f, at, len, &text)) {
        ev.doc = at + f->again->doc_at;
        ev.doc_len = f->again->doc_len + len - f->again->len;
        ev.sse.data = (struct weir_span) { ev.doc, ev.doc_len };
        ev.sse.lines = 1;
        ev.texts = &text;
        ev.ntexts = 1;
        ev.facts = &weir_plain_facts;
        return take_document(f, &ev, out);
    }
    weir_sse_parse(at, len, &ev.sse);
    if (ev.sse.lines == 0 || (ev.sse.data.len == 0 && ev.sse.lines == 1
                              && f->on->dialect == WEIR_SPEAKS_MCP))
    {
        /* MCP: servers send an id without data, for one who comes back. */
        return weir_take_other(f, at, len, out);
    }
    rc = weir_look_name(f, &ev.sse.name, &ev.bare);
    if (rc == WEIR_OK && (ev.sse.lines > 1
                          || len - ev.sse.data.len > beside_max(&ev)))
    {
        rc = weir_look_beside(f, ev.at, ev.len, &ev.bare);
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    weir_buf_init(&joined, f->w->mem, WEIR_EVENT_BYTES_MAX);
    ev.doc = ev.sse.data.at;
    ev.doc_len = ev.sse.data.len;
    if (ev.sse.lines > 1) {
        if (weir_buf_reserve(&joined, len) != WEIR_OK) {
            return WEIR_E_NO_MEMORY;
        }
        joined.len = weir_sse_join(at, len, joined.at);
        ev.doc = joined.at;
        ev.doc_len = joined.len;
    }
    if (ev.doc_len == 6 && memcmp(ev.doc, "[DONE]", 6) == 0) {
        f->last_event = true;
        rc = flush_all(f, out);
        if (rc == WEIR_OK) {
            weir_buf_add(out, at, len);
        }
    } else {
        rc = parse_and_take(f, &ev, out);
    }
    weir_buf_release(&joined);
    return rc;
}


/* The event that waited, now that it is known whether it was the last. */
static int
take_pending(struct weir_flow *f, enum weir_tail tail, struct weir_buf *out)
{
    struct weir_buf  ev = f->pending;
    int              rc;

    if (ev.len == 0) {
        return WEIR_OK;
    }
    weir_buf_init(&f->pending, f->w->mem, WEIR_EVENT_BYTES_MAX);
    f->tail = tail;
    rc = take_event(f, ev.at, ev.len, out);
    f->tail = WEIR_TAIL_UNKNOWN;
    if (out->len > 0) {
        f->last_byte = out->at[out->len - 1];
    }
    weir_buf_release(&ev);
    return rc;
}


int
weir_stream_feed(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out)
{
    while (len > 0) {
        size_t  taken;
        int     rc = weir_sse_feed(&f->sse, at, len, &taken);

        if (rc == WEIR_MORE || f->answer.len > 0) {
            if (taken > WEIR_EVENT_BYTES_MAX - f->answer.len) {
                return WEIR_E_ANSWER_TOO_LARGE;
            }
            weir_buf_add(&f->answer, at, taken);
            if (f->answer.failed) {
                return WEIR_E_NO_MEMORY;
            }
        }
        if (rc == WEIR_DONE) {
            f->evented = true;
            rc = take_pending(f, WEIR_TAIL_MORE, out);
            if (rc == WEIR_OK) {
                rc = f->answer.len > 0
                     ? take_event(f, f->answer.at, f->answer.len, out)
                     : take_event(f, at, taken, out);
            }
            if (out->len > 0) {
                f->last_byte = out->at[out->len - 1];
            }
            /* The block goes back: an idle stream holds none. */
            weir_buf_release(&f->answer);
            if (rc != WEIR_OK) {
                return rc;
            }
        }
        at += taken;
        len -= taken;
    }
    return WEIR_OK;
}


int
weir_stream_finish(struct weir_flow *f, bool whole, struct weir_buf *out)
{
    const bool            lf = f->answer.len == 1 && f->answer.at[0] == '\n';
    const bool            more = whole && f->answer.len > 0 && !lf;
    const enum weir_tail  tail = whole ? WEIR_TAIL_END : WEIR_TAIL_MORE;
    int                   rc;

    rc = take_pending(f, more ? WEIR_TAIL_MORE : tail, out);
    if (rc == WEIR_OK && lf) {
        late_lf(f, out);

    } else if (rc == WEIR_OK && more) {
        /* A last event without its blank line. */
        weir_buf_adds(&f->answer, "\n\n");
        rc = f->answer.failed
             ? WEIR_E_NO_MEMORY
             : take_event(f, f->answer.at, f->answer.len, out);
        if (rc == WEIR_OK) {
            rc = take_pending(f, tail, out);
        }
    }
    weir_buf_release(&f->answer);
    if (rc == WEIR_OK) {
        rc = flush_all(f, out);
    }
    if (rc == WEIR_OK && !whole) {
        rc = WEIR_E_UPSTREAM_BROKE;
    }
    return rc;
}
