/*
 * flow.c: opening and closing a call. Who may call: the key's digest is
 * looked up in the snapshot, never the key; then the scenario's state.
 */
#include "flow/flow_internal.h"


/* An idle stream holds one of them: what is larger takes the next block
   (base/buf.c). */
static_assert(sizeof(struct weir_flow) <= 2560, "a block of a call");


size_t
weir_flow_size(void)
{
    return sizeof(struct weir_flow);
}


/* 48 bits of time, 48 of the node, 32 of a counter: sorts by time, unique
   without coordination (the layout of ULID). */
static void
make_id(struct weir_flow *f)
{
    const uint64_t  ms = f->begin_ms;
    const uint32_t  seq = (uint32_t) ++f->w->seq;

    for (int i = 0; i < 6; i++) {
        f->id[i] = (uint8_t) (ms >> (40 - 8 * i));
        f->id[6 + i] = f->w->node[i];
    }
    for (int i = 0; i < 4; i++) {
        f->id[12 + i] = (uint8_t) (seq >> (24 - 8 * i));
    }
    weir_id_text(f->id, f->id_text);
}


/*
 * Accept-Language (RFC 9110 12.5.4), the part that two languages need: the
 * first of zh and en in the list with the greater weight: 1 or 0; -1 when
 * it asks for neither, and the scenario's own language serves.
 */
static int
wants_chinese(struct weir_span h)
{
    int     best = 0;
    int     chinese = -1;
    size_t  i = 0;

    while (i < h.len) {
        const size_t  at = i;
        int           q = 1000;
        bool          zh, en;

        while (i < h.len && h.at[i] != ',') {
            i++;
        }
        for (size_t k = at; k + 2 < i; k++) {
            if (h.at[k] == 'q' && h.at[k + 1] == '=') {
                q = (h.at[k + 2] == '1') ? 1000 : 0;
                if (q == 0 && k + 4 < i && h.at[k + 3] == '.') {
                    q = (h.at[k + 4] - '0') * 100;
                    q += k + 5 < i ? (h.at[k + 5] - '0') * 10 : 0;
                }
                break;
            }
        }
        for (i = at; i < h.len && (h.at[i] == ' ' || h.at[i] == '\t'); i++) {
            /* white space before the tag */
        }
        zh = i + 1 < h.len && (h.at[i] | 0x20) == 'z'
             && (h.at[i + 1] | 0x20) == 'h';
        en = i + 1 < h.len && (h.at[i] | 0x20) == 'e'
             && (h.at[i + 1] | 0x20) == 'n';
        if ((zh || en) && q > best) {
            best = q;
            chinese = zh;
        }
        while (i < h.len && h.at[i] != ',') {
            i++;
        }
        i++;
    }
    return chinese;
}


static int
find_key(struct weir_flow *f, struct weir_span key)
{
    uint8_t  digest[32];

    if (key.len == 0) {
        return WEIR_E_NO_KEY;
    }
    weir_sha256(key.at, key.len, digest);
    f->key = weir_snapshot_key(f->snap, digest);
    if (f->key == NULL
        || (f->key->until_ms != 0 && f->key->until_ms <= f->begin_ms))
    {
        f->key = NULL;
        return WEIR_E_BAD_KEY;
    }
    f->scenario = &f->snap->scenarios[f->key->scenario];
    if ((f->scenario->state != WEIR_ADMITTED
         && f->scenario->state != WEIR_SANDBOX)
        || (f->scenario->until_ms != 0
            && f->scenario->until_ms <= f->begin_ms))
    {
        return WEIR_E_NOT_ADMITTED;
    }
    return WEIR_OK;
}


/* A page in a browser: its origin must be named, for a page of anywhere may
   lead a browser to a server that only its user can reach (the "Security
   Warning" of the transport's specification). */
static int
check_origin(const struct weir_flow *f, const struct weir_flow_head *head)
{
    const struct weir_snap_model  *m;

    if (head->origin.len == 0) {
        return WEIR_OK;
    }
    m = weir_snapshot_model(f->snap, f->scenario, head->path);
    return m != NULL && weir_mcp_listed(weir_snap_span(f->snap, m->origins),
                                        head->origin)
           ? WEIR_OK : WEIR_E_ORIGIN;
}


static int
open_checked(struct weir_flow *f, const struct weir_flow_head *head)
{
    int  rc;

    if (f->snap == NULL) {
        return WEIR_E_NO_SNAPSHOT;
    }
    if (f->w->journal == NULL) {
        return WEIR_E_JOURNAL;
    }
    rc = find_key(f, head->key);
    if (f->scenario != NULL && wants_chinese(head->language) < 0) {
        f->chinese = f->scenario->chinese != 0;
    }
    if (rc != WEIR_OK) {
        return rc;
    }
    if (weir_mem_scarce(f->w->mem)) {
        return WEIR_E_NO_MEMORY;
    }
    if (f->on->surface == WEIR_ON_NOTHING) {
        return WEIR_E_SURFACE;
    }
    if (head->coding.len > 0 && !weir_span_is(head->coding, "identity")) {
        return WEIR_E_CODED_BODY;
    }
    if (head->path.len >= sizeof(f->wanted)) {
        return WEIR_E_MODEL_UNKNOWN;
    }
    if ((f->on->flags & WEIR_SURFACE_STREAM) != 0 && !head->sse) {
        return WEIR_E_STREAM_FORM;
    }
    if (head->path.len > 0) {
        memcpy(f->wanted, head->path.at, head->path.len);
    }
    if ((f->on->flags & WEIR_SURFACE_FORM) != 0) {
        struct weir_span  boundary;

        static_assert(WEIR_BOUNDARY_MAX < sizeof(f->wanted), "it fits");
        if (!weir_multipart_boundary(head->type, &boundary)) {
            return WEIR_E_BAD_FORM;
        }
        memcpy(f->wanted, boundary.at, boundary.len);
    }
    return check_origin(f, head);
}


int
weir_flow_open(struct weir_flow *f, struct weir_worker *w,
    const struct weir_snapshot *snap, const struct weir_flow_head *head)
{
    memset(f, 0, sizeof(*f));
    f->w = w;
    f->snap = snap;
    f->on = weir_surface_info(head->surface);
    f->unserved = head->unserved;
    f->protocol = head->protocol;
    f->chinese = wants_chinese(head->language) == 1;
    f->begin_ms = w->now_ms(w->ctx);
    f->input_tokens = -1;
    f->output_tokens = -1;
    f->block_open = -1;
    f->upstream = WEIR_SNAP_NONE;
    f->pinned = WEIR_SNAP_NONE;
    f->secrets = head->secrets;
    f->ending = WEIR_END_REFUSED;
    make_id(f);
    weir_buf_init(&f->body, w->mem, f->on->flags & WEIR_SURFACE_FORM
                                    ? WEIR_FORM_BYTES_MAX
                                    : WEIR_BODY_BYTES_MAX);
    weir_buf_init(&f->answer, w->mem, WEIR_BODY_BYTES_MAX);
    weir_buf_init(&f->pending, w->mem, WEIR_EVENT_BYTES_MAX);
    weir_verdict_open(&f->request_verdict);
    weir_verdict_open(&f->answer_verdict);
    weir_sse_open(&f->sse);
    return open_checked(f, head);
}


const char *
weir_flow_id(const struct weir_flow *f)
{
    return f->id_text;
}


struct weir_act
weir_act_of(struct weir_flow *f, bool answer)
{
    const uint32_t  p = answer ? f->scenario->response_profile
                               : f->scenario->request_profile;

    return (struct weir_act) {
        .snap = f->snap,
        .profile = p == WEIR_SNAP_NONE ? NULL : &f->snap->profiles[p],
        .verdict = answer ? &f->answer_verdict : &f->request_verdict,
        .mem = f->w->mem,
        .names = &f->names,
        .chinese = f->chinese,
        .restore = answer
    };
}


bool
weir_has_rules(const struct weir_flow *f, bool answer)
{
    const uint32_t  p = answer ? f->scenario->response_profile
                               : f->scenario->request_profile;

    return p != WEIR_SNAP_NONE && f->snap->profiles[p].matcher_size != 0;
}


/* The rules that fired so far, for the weir-rules header. */
static void
list_rules(struct weir_flow *f, const struct weir_verdict *v)
{
    char   *const out = f->header_rules;
    size_t  len = strlen(out);

    for (uint32_t i = 0; i < v->nhits; i++) {
        const struct weir_span  id = weir_snap_span(f->snap,
            f->snap->rules[v->hits[i].rule].id);

        if (len + id.len + 3 > sizeof(f->header_rules)) {
            return;
        }
        if (len > 0) {
            memcpy(out + len, ", ", 2);
            len += 2;
        }
        memcpy(out + len, id.at, id.len);
        len += id.len;
        out[len] = '\0';
    }
}


static const char *
action_name(enum weir_action a)
{
    static const char *const  names[] = {
        "allow", "observe", "label", "pseudonymise", "redact", "deny"
    };

    return names[a];
}


bool
weir_flow_header(struct weir_flow *f, unsigned n, struct weir_span *name,
    struct weir_span *value)
{
    const enum weir_action  a = f->request_verdict.action
                                > f->answer_verdict.action
                                ? f->request_verdict.action
                                : f->answer_verdict.action;

    switch (n) {
    case 0:
        *name = WEIR_SPAN("weir-call");
        *value = weir_span_of(f->id_text);
        return true;
    case 1:
        *name = WEIR_SPAN("weir-decision");
        *value = weir_span_of(action_name(a));
        return true;
    case 2:
        *name = WEIR_SPAN("weir-rules");
        f->header_rules[0] = '\0';
        if (f->snap != NULL) {
            list_rules(f, &f->request_verdict);
            list_rules(f, &f->answer_verdict);
        }
        *value = weir_span_of(f->header_rules);
        return true;
    case 3:
        *name = WEIR_SPAN("weir-labels");
        *value = weir_span_of(f->header_labels);
        return true;
    case 4:
        *name = WEIR_SPAN("weir-model");
        *value = f->model == f->asked
                 ? (struct weir_span) { NULL, 0 }
                 : weir_snap_span(f->snap, f->model->name);
        return true;
    default:
        return weir_rate_header(f, n - 5, name, value);
    }
}


void
weir_flow_close(struct weir_flow *f, int ending, int status)
{
    if (f->w == NULL || f->step == WEIR_STEP_CLOSED) {
        return;
    }
    if (f->step < WEIR_STEP_RECORDED) {
        if (f->step != WEIR_STEP_OVER && f->error == 0) {
            f->ending = (enum weir_ending) ending;
        }
        /* Nothing is left to tell the caller: a failure stays in the
           account, as a reservation that the keeper will find. */
        (void) !weir_record_end(f, status, NULL);
    }
    weir_route_judge(f, WEIR_TRIED_UNKNOWN, 0);
    weir_lanes_close(f);
    weir_wire_close(f);
    weir_buf_release(&f->body);
    weir_buf_release(&f->answer);
    weir_buf_release(&f->pending);
    weir_names_close(f->names);
    f->names = NULL;
    f->step = WEIR_STEP_CLOSED;
}
