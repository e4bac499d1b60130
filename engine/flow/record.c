/*
 * record.c: money and records of one call.
 *
 * Order: reserve, begin record, (upstream), end record, settle. If the
 * process dies between two of them the keeper finds the reservation by the
 * pid of its owner, and the end record, if there is one, by the call's id.
 */
#include "flow/flow_internal.h"

/* What a chat template adds around one message, at most. */
#define TOKENS_PER_MESSAGE  64
/* What stands beside the messages in a body, and is no prompt: model, stream,
   temperature ... */
#define BYTES_BESIDE        256
/* What a part that we cannot read (a picture ...) may cost, at most:
   providers bill a picture with up to a few thousand tokens. */
#define TOKENS_PER_PART     8192
#define RESERVE_TRIES       4
/* Sound: the least that codecs take for what a token stands for, a tenth of a
   second (Opus: 6 kbit/s), and what most files do (64 kbit/s). */
#define BYTES_PER_TOKEN_MIN 75
#define BYTES_PER_TOKEN     800


static const struct weir_snap_grant *
grant_of(const struct weir_flow *f)
{
    if (f->scenario == NULL || f->scenario->grant == WEIR_SNAP_NONE) {
        return NULL;
    }
    return &f->snap->grants[f->scenario->grant];
}


/* Reserve f->amount; *left as weir_account_reserve gives it. */
static int
reserve(struct weir_flow *f, weir_micro *left)
{
    int  rc;

    *left = 0;
    if (f->w->account == NULL) {
        return WEIR_E_NO_SNAPSHOT;
    }
    rc = weir_account_reserve(f->w->account, grant_of(f)->slot, f->amount,
                              f->id, &f->ticket, left);
    f->reserved = rc == WEIR_OK;
    weir_cap_set(f);
    return rc;
}


void
weir_cap_set(struct weir_flow *f)
{
    f->cap_tokens = f->model->output_price <= 0 ? INT64_MAX
        : (int64_t) ((__int128) f->amount * WEIR_MICRO
                     / f->model->output_price);
}


/* The dearest of the models that may come to serve the call, in each respect:
   what is reserved covers every one of them. */
static struct weir_snap_model
dearest(const struct weir_flow *f)
{
    struct weir_snap_model  d = *f->model;

    for (unsigned i = 0; i < f->asked->fallbacks; i++) {
        const struct weir_snap_model *const  m = weir_route_fallback(f, i);

        if (m == NULL) {
            continue;
        }
        d.input_price = m->input_price > d.input_price ? m->input_price
                                                       : d.input_price;
        d.output_price = m->output_price > d.output_price ? m->output_price
                                                          : d.output_price;
        d.call_price = m->call_price > d.call_price ? m->call_price
                                                    : d.call_price;
        d.output_tokens_max = m->output_tokens_max > d.output_tokens_max
            ? m->output_tokens_max : d.output_tokens_max;
    }
    return d;
}


/* What a call costs beside its tokens: each picture is one; of MCP only calls
   of tools do. */
static weir_micro
call_price(const struct weir_flow *f, const struct weir_snap_model *m)
{
    weir_micro  price;

    if (f->on->dialect == WEIR_SPEAKS_MCP && !f->tool_call) {
        return 0;
    }
    return __builtin_mul_overflow(m->call_price,
                                  f->pictures > 1 ? f->pictures : 1, &price)
           ? INT64_MAX : price;
}


static weir_micro
sum(weir_micro a, weir_micro b)
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}


/*
 * The grant does not cover all that the model could write, and the caller
 * named no bound: take what is left and bound the output to what it pays
 * for, by max_tokens in the body. Others may take it first: then again with
 * less, a few times.
 */
static int
reserve_rest(struct weir_flow *f, int64_t in, int64_t choices,
    weir_micro left)
{
    const struct weir_snap_model  d = dearest(f);
    const weir_micro              price = d.output_price;

    for (int i = 0; i < RESERVE_TRIES; i++) {
        const weir_micro  rest = left - sum(weir_cost(in, d.input_price, 0, 0),
                                            call_price(f, &d));
        int64_t           out;
        int               rc;

        if (price <= 0 || rest <= 0) {
            return WEIR_E_NO_FUNDS;
        }
        /* One micro less, for the rounding of the sum. */
        out = (int64_t) ((__int128) (rest - 1) * WEIR_MICRO / price
                         / choices);
        if (out < WEIR_OUTPUT_MIN) {
            return WEIR_E_NO_FUNDS;
        }
        f->amount = sum(weir_cost(in, d.input_price, out * choices, price),
                        call_price(f, &d));
        rc = reserve(f, &left);
        if (rc == WEIR_OK) {
            f->bound_tokens = out;
        }
        if (rc != WEIR_E_NO_FUNDS) {
            return rc;
        }
    }
    return WEIR_E_NO_FUNDS;
}


/* Bytes of the texts; their tokens, estimated, are those of the request. */
static uint64_t
count_texts(struct weir_flow *f, const struct weir_text *texts, uint32_t n)
{
    uint64_t  bytes = 0;

    for (uint32_t i = 0; i < n; i++) {
        const size_t  len = texts[i].end - texts[i].begin;

        weir_tokens_add(&f->request_tokens, f->body.at + texts[i].begin,
                        len);
        bytes += len;
    }
    return bytes;
}


/*
 * The worst case: a byte-level tokenizer never makes more tokens than there
 * are bytes, and the upstream never writes more than max_tokens a choice.
 * Bytes are those of the texts and what templates put around them; or those
 * of all that can be read, where that is more: numbers, names and keys are
 * written into the prompt of a tool, and each token id is one.
 */
int
weir_worst_of(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t n, struct weir_worst *out)
{
    const uint64_t  said = count_texts(f, texts, n)
                           + facts->messages * (uint64_t) TOKENS_PER_MESSAGE;
    const uint64_t  read = (f->on->flags & WEIR_SURFACE_FORM) != 0
                           ? 0 : f->body.len - facts->opaque;
    const uint64_t  whole = read > BYTES_BESIDE ? read - BYTES_BESIDE : 0;

    out->choices = facts->choices > 1 ? facts->choices : 1;
    f->pictures = f->on->surface == WEIR_ON_OPENAI_IMAGES
                  || f->on->surface == WEIR_ON_OPENAI_EDITS
                  || f->on->surface == WEIR_ON_OPENAI_VARIATIONS
                  ? out->choices : 0;
    out->bounded = facts->max_tokens_value >= 0;
    out->in = (int64_t) (said > whole ? said : whole)
              + (int64_t) (f->on->dialect == WEIR_SPEAKS_TRANSCRIPT
                           ? f->file_bytes / BYTES_PER_TOKEN_MIN + 1
                           : facts->not_scanned * (uint64_t) TOKENS_PER_PART);
    out->out = out->bounded ? facts->max_tokens_value
               : (f->on->flags & WEIR_SURFACE_NO_TEXT) != 0
               ? 0 : dearest(f).output_tokens_max;
    return out->choices > WEIR_CHOICES_MAX ? WEIR_E_BAD_REQUEST : WEIR_OK;
}


int
weir_reserve_worst(struct weir_flow *f, const struct weir_worst *worst)
{
    struct weir_snap_model  d;
    weir_micro              left;
    int                     rc;

    if (grant_of(f) == NULL || (f->on->flags & WEIR_SURFACE_FREE) != 0) {
        return WEIR_OK;
    }
    d = dearest(f);
    f->amount = sum(weir_cost(worst->in, d.input_price,
                              worst->out * worst->choices, d.output_price),
                    call_price(f, &d));
    rc = reserve(f, &left);
    if (rc == WEIR_E_NO_FUNDS && !worst->bounded && f->on->bound != NULL) {
        rc = reserve_rest(f, worst->in, worst->choices, left);
    }
    return rc;
}


int
weir_reserve_amount(struct weir_flow *f, weir_micro amount)
{
    weir_micro  left;

    if (grant_of(f) == NULL) {
        return WEIR_OK;
    }
    f->amount = amount;
    return reserve(f, &left);
}


bool
weir_over_cap(const struct weir_flow *f)
{
    /* A lower bound of what was generated: an event carries at least one
       token, and no token we count is shorter than three bytes. */
    const uint64_t  by_bytes = f->text_bytes / 3;
    const uint64_t  tokens = f->text_events < by_bytes ? f->text_events
                                                       : by_bytes;

    return f->reserved && tokens > (uint64_t) f->cap_tokens;
}


int
weir_record_begin(struct weir_flow *f)
{
    const struct weir_snap_grant *const  g = grant_of(f);
    struct weir_begin_record             r = { 0 };
    int                                  rc;

    if (f->w->journal == NULL) {
        return WEIR_E_JOURNAL;
    }
    memcpy(r.call_id, f->id, sizeof(r.call_id));
    r.at_ms = f->begin_ms;
    r.generation = f->snap == NULL ? 0 : f->snap->generation;
    r.reserved = f->reserved ? f->amount : 0;
    r.grant_slot = WEIR_SNAP_NONE;
    r.protocol = (uint8_t) f->protocol;
    r.stream = f->stream;
    if (f->scenario != NULL) {
        r.scenario = weir_snap_span(f->snap, f->scenario->name);
        r.key_id = weir_snap_span(f->snap, f->key->id);
    }
    if (f->model != NULL) {
        const uint32_t  u = f->upstream != WEIR_SNAP_NONE
            ? f->upstream : weir_route_first(f, f->model);

        r.model = weir_snap_span(f->snap, f->asked->name);
        r.upstream = weir_snap_span(f->snap, f->snap->upstreams[u].name);
    }
    r.tool = f->tool;
    if (g != NULL) {
        r.grant_slot = g->slot;
        r.fund = weir_snap_span(f->snap, g->fund);
        r.unit = weir_snap_span(f->snap, g->unit);
    }
    rc = weir_journal_begin(f->w->journal, &r, NULL);
    if (rc != WEIR_OK) {
        /* Not recorded: not made, not paid. */
        if (f->reserved) {
            weir_account_settle(f->w->account, f->ticket, 0);
            f->reserved = false;
        }
        return WEIR_E_JOURNAL;
    }
    f->begun = true;
    if (f->step == WEIR_STEP_REQUEST) {
        f->step = WEIR_STEP_SENT;
    }
    return WEIR_OK;
}


/* May the provider have taken the batch? Then it runs and costs, whether its
   answer was waited for or not. */
static bool
batch_made(const struct weir_flow *f)
{
    return f->status != 0 ? f->status < 300
           : f->step >= WEIR_STEP_SENT
             && (f->ending == WEIR_END_CLIENT_GONE
                 || f->error == WEIR_E_UPSTREAM_TIMEOUT);
}


/* What the call costs. Calls that gave nothing cost nothing. */
static weir_micro
charge(struct weir_flow *f, struct weir_end_record *r)
{
    weir_micro  cost;
    bool        reported;

    r->input_tokens = f->input_tokens;
    r->output_tokens = f->output_tokens;
    r->usage = WEIR_USAGE_NONE;

    if ((f->on->flags & WEIR_SURFACE_BATCH) != 0) {
        if (!batch_made(f)) {
            return 0;
        }
        r->usage = WEIR_USAGE_ESTIMATED;
        r->input_tokens = r->output_tokens = 0;
        return f->batch;
    }
    if (f->model == NULL || (f->on->flags & WEIR_SURFACE_FREE) != 0
        || f->ending == WEIR_END_REFUSED
        || ((f->ending == WEIR_END_UPSTREAM_ERROR
             || f->ending == WEIR_END_UPSTREAM_BROKE) && f->text_bytes == 0)
        || f->status >= 400
        || f->step < WEIR_STEP_ANSWER)
    {
        return 0;
    }
    if ((f->on->flags & WEIR_SURFACE_NO_TEXT) != 0 && f->output_tokens < 0) {
        f->output_tokens = 0;
        r->output_tokens = 0;
    }
    reported = f->input_tokens >= 0 && f->output_tokens >= 0;
    r->usage = reported ? WEIR_USAGE_REPORTED : WEIR_USAGE_ESTIMATED;
    if (f->input_tokens < 0) {
        r->input_tokens = weir_tokens_estimate(&f->request_tokens)
            + f->token_ids
            + (f->on->dialect == WEIR_SPEAKS_TRANSCRIPT
               ? (int64_t) (f->file_bytes / BYTES_PER_TOKEN) + 1 : 0);
    }
    if (f->output_tokens < 0) {
        r->output_tokens = weir_tokens_estimate(&f->answer_tokens);
    }
    cost = sum(weir_cost(r->input_tokens, f->model->input_price,
                         r->output_tokens, f->model->output_price),
               call_price(f, f->model));
    /* A guess never costs more than was promised. */
    if (!reported && f->reserved && cost > f->amount) {
        cost = f->amount;
    }
    return cost;
}


static uint32_t
add_hits(const struct weir_flow *f, const struct weir_verdict *v,
    uint8_t answer, struct weir_hit *hits, uint32_t n, uint32_t *dropped)
{
    *dropped += v->dropped;
    for (uint32_t i = 0; i < v->nhits; i++) {
        if (n == WEIR_HITS_MAX) {
            (*dropped)++;
            continue;
        }
        hits[n++] = (struct weir_hit) {
            .rule = weir_snap_span(f->snap,
                                   f->snap->rules[v->hits[i].rule].id),
            .count = v->hits[i].count,
            .action = v->hits[i].action,
            .answer = answer
        };
    }
    return n;
}


static uint8_t
scanned(const struct weir_flow *f, bool answer)
{
    const bool  reached = answer ? f->step >= WEIR_STEP_ANSWER && f->status > 0
                                 : f->model != NULL;

    if (!reached || f->scenario == NULL) {
        return WEIR_SCAN_NOT;
    }
    if (!weir_has_rules(f, answer)) {
        return WEIR_SCAN_NO_RULES;
    }
    return (answer ? f->answer_not_scanned : f->request_not_scanned) > 0
           ? WEIR_SCAN_PARTLY : WEIR_SCAN_FULL;
}


int
weir_record_end(struct weir_flow *f, int status, uint64_t *position)
{
    struct weir_hit         hits[WEIR_HITS_MAX];
    struct weir_end_record  r = { 0 };
    int                     rc;

    if (!f->begun) {
        rc = weir_record_begin(f);
        if (rc != WEIR_OK) {
            weir_rate_leave(f, 0);
            return rc;
        }
    }
    memcpy(r.call_id, f->id, sizeof(r.call_id));
    r.at_ms = f->w->now_ms(f->w->ctx);
    r.first_byte_ms = f->first_byte_ms;
    r.charged = charge(f, &r);
    weir_rate_leave(f, r.usage == WEIR_USAGE_NONE
                       ? 0 : r.input_tokens + r.output_tokens);
    r.grant_slot = grant_of(f) == NULL ? WEIR_SNAP_NONE : grant_of(f)->slot;
    r.request_bytes = f->body_bytes;
    r.answer_bytes = f->answer_bytes;
    r.held_max = f->held_max;
    r.status = (uint16_t) status;
    r.attempt = f->attempt;
    r.translated = f->upstream != WEIR_SNAP_NONE && weir_wire_on(f);
    r.ending = (uint8_t) f->ending;
    r.request_scanned = scanned(f, false);
    r.answer_scanned = scanned(f, true);
    r.action = (uint8_t) (f->request_verdict.action > f->answer_verdict.action
                          ? f->request_verdict.action
                          : f->answer_verdict.action);
    r.error = (int16_t) f->error;
    memcpy(r.request_hash, f->body_hash, sizeof(r.request_hash));
    if (f->request_verdict.denied_by != WEIR_SNAP_NONE) {
        r.decided = weir_snap_span(f->snap,
            f->snap->rules[f->request_verdict.denied_by].id);
    } else if (f->answer_verdict.denied_by != WEIR_SNAP_NONE) {
        r.decided = weir_snap_span(f->snap,
            f->snap->rules[f->answer_verdict.denied_by].id);
    }
    if (f->attempt > 0 || f->model != f->asked) {
        r.model = weir_snap_span(f->snap, f->model->name);
        r.upstream = weir_snap_span(f->snap,
                                    f->snap->upstreams[f->upstream].name);
    }
    r.hits = hits;
    r.nhits = add_hits(f, &f->request_verdict, 0, hits, 0, &r.hits_dropped);
    r.nhits = add_hits(f, &f->answer_verdict, 1, hits, r.nhits,
                       &r.hits_dropped);

    rc = weir_journal_end(f->w->journal, &r, position);
    if (rc != WEIR_OK) {
        return rc;      /* the reservation stays for the keeper to find */
    }
    if (f->reserved) {
        weir_account_settle(f->w->account, f->ticket, r.charged);
        f->reserved = false;
    }
    f->step = WEIR_STEP_RECORDED;
    return WEIR_OK;
}
