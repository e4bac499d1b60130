/*
 * flow_internal.h: one call, and what the files of this room share.
 *
 *     head.c      headers in -> key, language, coding
 *     files.c     files of requests, batches, whose they are
 *     lines.c     files of answers
 *     form.c      bodies that are forms with files
 *     request.c   body in -> decided -> body to send on
 *     answer.c    the answer's head, JSON answers, end
 *     stream.c    SSE answers, event by event
 *     beside.c    comments in a stream
 *     again.c     events alike but for their text
 *     synth.c     events that we write ourselves
 *     edit.c      the list of changes to one document
 *     record.c    journal and account
 *     rate.c      limits of the key, the scenario and the model
 *     route.c     which upstream, and which after it
 *     spread.c    by weight
 *     check.c     active checks of upstreams
 *     refusal.c   errors in each protocol's shape
 *     local.c     /v1/models
 *     mcp.c       messages of MCP
 *     wire.c      served in another protocol
 *     surface.c   paths
 */
#ifndef WEIR_FLOW_INTERNAL_H
#define WEIR_FLOW_INTERNAL_H

#include "decode/doc.h"
#include "weir/act.h"
#include "weir/breaker.h"
#include "weir/decode.h"
#include "weir/flow.h"
#include "weir/meter.h"
#include "weir/translate.h"

#define WEIR_ID_SPOT_MAX     128  /* id and model kept for events of ours */
#define WEIR_AGAIN_BYTES_MAX 896  /* an event kept for comparison: with its
                                     head in one block of a kilobyte */
#define WEIR_CHOICES_MAX     128  /* n of OpenAI is at most 128 */

/* How an answer speaks: what ends a text in a stream, and what events of
   ours look like. */
enum weir_dialect {
    WEIR_SPEAKS_CHAT,      /* chat.completion.chunk */
    WEIR_SPEAKS_TEXT,      /* text_completion */
    WEIR_SPEAKS_RESPONSES,
    WEIR_SPEAKS_MESSAGES,  /* Anthropic */
    WEIR_SPEAKS_GEMINI,
    WEIR_SPEAKS_MCP,
    WEIR_SPEAKS_TRANSCRIPT /* of sound */
};

#define WEIR_SURFACE_USAGE    0x01  /* stream_options.include_usage */
#define WEIR_SURFACE_MESSAGES 0x02  /* needs messages[] */
#define WEIR_SURFACE_FREE     0x04  /* providers do not bill it */
#define WEIR_SURFACE_NO_TEXT  0x08  /* its answer is no generated text:
                                       vectors, verdicts, sound */
#define WEIR_SURFACE_MEDIA    0x10  /* ... and comes as neither JSON nor SSE */
#define WEIR_SURFACE_STREAM   0x20  /* always a stream, in the form that the
                                       query asks for */
#define WEIR_SURFACE_FORM     0x40  /* its request is multipart/form-data */
#define WEIR_SURFACE_PLAIN    0x80  /* its answer may be plain text */
#define WEIR_SURFACE_OBJECT   0x100 /* the path names a file or batch */
#define WEIR_SURFACE_BATCH    0x200 /* makes a batch */
#define WEIR_SURFACE_LINES    0x400 /* its answer is lines of answers */

struct weir_surface_info {
    const char          *path;
    const char          *method;   /* NULL: known, and refused */
    enum weir_surface    surface;
    enum weir_protocol   protocol;
    bool                 prefix;   /* of a longer path */
    uint16_t             flags;
    enum weir_dialect    dialect;
    enum weir_shape      request;
    enum weir_shape      answer;
    enum weir_shape      event;
    const char          *bound;    /* key that bounds the output, or NULL */
    const char          *verb;     /* behind the id in the path, or NULL */
};

/* The surface of a method and path (no query), and the id in it. For a known
   path with the wrong method: *error METHOD; for others SURFACE. */
enum weir_surface weir_surface_of(struct weir_span method,
    struct weir_span path, enum weir_protocol *protocol,
    struct weir_span *id, int *error);

/* An interface of a provider that is not served, for the words of a refusal:
   its name, if the path is one; what to do instead, or NULL. */
struct weir_unserved {
    const char  *at;
    const char  *en, *zh;
    const char  *instead_en, *instead_zh;
};

/* NULL: none that is known. */
const struct weir_unserved *weir_unserved_of(struct weir_span method,
    struct weir_span path);

/* Never NULL. */
const struct weir_surface_info *weir_surface_info(enum weir_surface s);
/* The surface of another protocol that calls of this one can be translated
   to; NULL: none. */
const struct weir_surface_info *weir_surface_other(
    const struct weir_surface_info *s);

/* Life of a call; only forwards. */
enum weir_step {
    WEIR_STEP_REQUEST,     /* opened; the body comes in */
    WEIR_STEP_SENT,        /* decided, reserved, recorded: upstream's turn */
    WEIR_STEP_ANSWER,      /* the answer comes in */
    WEIR_STEP_OVER,        /* nothing more may leave but what is in `out` */
    WEIR_STEP_RECORDED,    /* end record written */
    WEIR_STEP_CLOSED
};

struct weir_lane {         /* one open text stream of an SSE answer */
    uint32_t             channel;
    struct weir_channel  text;
};

/* Gemini marks the end of a candidate in any event, and that of the stream
   in none: what follows tells. */
enum weir_tail { WEIR_TAIL_UNKNOWN, WEIR_TAIL_MORE, WEIR_TAIL_END };

enum weir_rate_of { WEIR_RATE_KEY, WEIR_RATE_SCENARIO, WEIR_RATE_MODEL,
                    WEIR_RATES };

struct weir_rate {         /* of a call: rate.c */
    bool      limited;     /* some limit applies; `result` holds */
    bool      seated;      /* entered and not left */
    uint8_t   of[WEIR_RATES];  /* enum weir_rate_of, by result.meter */
    uint32_t  seat;
    struct weir_meter_result  result;
    char      text[40];    /* of the header that was asked for last */
};

struct weir_again {        /* the last event with just a text: again.c */
    struct weir_text  text;
    uint32_t          len;
    uint32_t          doc_at;  /* its data in bytes */
    uint32_t          doc_len;
    uint8_t           bytes[];
};

struct weir_wire {         /* served in another protocol: wire.c */
    bool                       on;      /* the attempt in hand is */
    size_t                     got;
    struct weir_translate_how  how;
    struct weir_buf            sent;    /* the body as it goes out */
    struct weir_translator    *stream;
    const struct weir_surface_info *from;  /* the caller's, once the answer is
                                              open; else NULL */
    bool                       usage_added;  /* of the flow, until then */
    char                       field[WEIR_TRANSLATE_FIELD_BYTES];
};

struct weir_flow {
    struct weir_worker               *w;
    const struct weir_snapshot       *snap;
    const struct weir_snap_scenario  *scenario;
    const struct weir_snap_key       *key;
    const struct weir_snap_model     *model;     /* that serves it */
    const struct weir_snap_model     *asked;     /* that it named */
    const struct weir_secrets        *secrets;
    const struct weir_surface_info   *on;
    const struct weir_unserved       *unserved;
    enum weir_protocol      protocol;
    enum weir_step          step;
    bool                    chinese;
    bool                    begun;        /* begin record written */
    bool                    reserved;
    bool                    tool_call;    /* MCP: tools/call, */
    bool                    tool_list;    /* tools/list */
    struct weir_span        tool;         /* that may be called, as the
                                             register lists it */
    bool                    answered;     /* answer bytes have left */
    int                     error;        /* 0, or why it was refused */
    uint8_t                 id[16];
    char                    id_text[27];
    uint64_t                begin_ms;
    uint64_t                first_byte_ms;
    uint32_t                ticket;
    weir_micro              amount;       /* reserved */
    int64_t                 cap_tokens;   /* output that it surely covers */
    struct weir_rate        rate;
    int64_t                 bound_tokens; /* max_tokens set by us; 0: not */
    char                    wanted[WEIR_NAME_BYTES_MAX + 8]; /* .../models/ID;
                                             of a form its boundary */
    uint32_t                pinned;       /* the only upstream for it, or
                                             WEIR_SNAP_NONE */
    uint32_t                line;         /* that an error is about; 0 */
    bool                    long_line;    /* of an answer: too long */
    int64_t                 pictures;     /* that are asked for; 0: a call of
                                             another kind */
    weir_micro              batch;        /* what its requests may cost */
    uint64_t                file_bytes;   /* of a form, that nobody reads */

    struct weir_buf         body;         /* as received, then as sent on */
    struct weir_wire       *wire;         /* NULL: never */
    uint8_t                 body_hash[32];
    uint64_t                body_bytes;
    struct weir_names      *names;
    struct weir_verdict     request_verdict;
    struct weir_verdict     answer_verdict;
    uint32_t                token_ids;    /* of the request */
    uint32_t                request_not_scanned;
    uint32_t                answer_not_scanned;
    bool                    stream;
    bool                    usage_asked;  /* by the client */
    bool                    usage_added;  /* by us */

    enum weir_answer_form   form;
    int                     status;       /* of the upstream */
    uint32_t                upstream;     /* asked last, or WEIR_SNAP_NONE */
    uint64_t                tried;        /* routes of the model: bits */
    uint16_t                attempt;      /* upstreams asked before it */
    int                     route_error;  /* why one was passed by, that could
                                             have been asked; or 0 */
    uint8_t                 fallback;     /* models of the list gone through */
    bool                    trial;        /* see weir/breaker.h */
    bool                    judged;
    uint64_t                retry_ms;     /* the attempt in hand said so */
    bool                    evented;      /* an event of the answer was seen */
    enum weir_ending        ending;
    struct weir_act         act;          /* of the answer */
    struct weir_buf         answer;       /* JSON, or an unfinished event */
    struct weir_buf         pending;      /* Gemini: an event that may be the
                                             last of its stream */
    enum weir_tail          tail;         /* what is known of the event in
                                             hand */
    struct weir_sse         sse;
    uint8_t                 last_byte;    /* that left */
    bool                    commented;    /* before or between events */
    bool                    last_event;   /* has left */
    struct weir_lane       *lanes;        /* WEIR_CHANNELS_MAX or NULL */
    size_t                  lanes_got;
    uint32_t                nlanes;
    struct weir_again      *again;
    size_t                  again_got;
    uint64_t                choices_open[WEIR_CHOICES_MAX / 64];
    uint64_t                answer_bytes;
    uint64_t                held_max;
    int64_t                 input_tokens; /* reported; -1 unknown */
    int64_t                 output_tokens;
    struct weir_token_count request_tokens;
    struct weir_token_count answer_tokens;
    uint64_t                text_events;
    uint64_t                text_bytes;
    char                    answer_id[WEIR_ID_SPOT_MAX];   /* raw JSON, of
                                             MCP the request's, */
    char                    answer_model[WEIR_ID_SPOT_MAX];/* with quotes */
    char                    answer_created[24];
    char                    answer_item[WEIR_ID_SPOT_MAX]; /* Responses */
    int32_t                 block_open;   /* Anthropic; -1 none */
    bool                    message_started;
    char                    header_rules[192];
    char                    header_labels[128];
};

/* ---- edit.c ---- */

struct weir_edit {         /* replace [begin, end) of the document */
    uint32_t  begin;
    uint32_t  end;
    uint32_t  at;          /* in `text` */
    uint32_t  len;
};

struct weir_edits {
    struct weir_buf  list; /* struct weir_edit */
    struct weir_buf  text;
};

void weir_edits_init(struct weir_edits *e, struct weir_mem *mem);
void weir_edits_release(struct weir_edits *e);
/* The text of the edit is what was appended to e->text since `at`. */
void weir_edits_add(struct weir_edits *e, uint32_t begin, uint32_t end,
    size_t at);
void weir_edits_put(struct weir_edits *e, uint32_t begin, uint32_t end,
    const char *text);
/* Take a member [key, end) of an object out, with one comma beside it. */
void weir_edits_drop(struct weir_edits *e, const uint8_t *doc, size_t len,
    size_t key, size_t end);
/* The member `usage` of an event, be it an object or the null that OpenAI
   sends until the last one. */
void weir_edits_drop_usage(struct weir_edits *e, const uint8_t *doc,
    size_t len, const struct weir_facts *facts);
bool weir_edits_empty(const struct weir_edits *e);
/* Does one of them change what stands there? */
bool weir_edits_in(const struct weir_edits *e, struct weir_spot s);
/* Where a place that no edit touches stands once they are applied. */
size_t weir_edits_moved(struct weir_edits *e, size_t at);
/* Sorts the edits and appends the changed document. One that lies inside of
   another goes with it; else they do not overlap. */
int weir_edits_apply(struct weir_edits *e, const uint8_t *doc, size_t len,
    struct weir_buf *out);

/*
 * One whole text of a document: scan it and record an edit if it changes.
 * WEIR_OK, WEIR_DONE (denied; the edit holds the permitted prefix), error.
 */
int weir_edit_text(struct weir_flow *f, const struct weir_act *act,
    const uint8_t *doc, const struct weir_text *t, struct weir_edits *e);

/* Texts of one channel in one document continue each other: mark the last of
   each, so that what it holds leaves with it. UPSTREAM_BAD: more channels
   than an answer has. */
WEIR_CHECKED int weir_texts_mark(struct weir_text *texts, uint32_t n);
#define WEIR_TEXT_LAST  2      /* weir_text.stream */

/* WEIR_SCAN_... of a text, by its place. */
unsigned weir_scan_flags(const struct weir_text *t);
/* Does the text stand in a value that is going to be replaced whole? */
bool weir_inside_strip(const struct weir_facts *facts,
    const struct weir_text *t);

/* Room for the texts of a document of `len` bytes. */
struct weir_text *weir_texts_get(struct weir_mem *mem, size_t len,
    uint32_t *max, size_t *got);

/* ---- form.c ---- */

/* The body as a form. Errors as weir_multipart_finish, weir_form_read. */
WEIR_CHECKED int weir_flow_form(struct weir_flow *f, struct weir_form *form);
/* The same once it was rewritten: it must have the parts that it had. */
WEIR_CHECKED int weir_flow_form_again(struct weir_flow *f,
    const struct weir_facts *before, uint32_t texts);

/* What the sound cost: seconds as tokens, where no tokens were said. */
void weir_take_seconds(struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts);

/* ---- files.c ---- */

/* Calls that name a file or batch in the path, or in the body, and that bring
   one: all the way to the begin record. OBJECT: it is none of this
   scenario. */
WEIR_CHECKED int weir_files_open(struct weir_flow *f);
WEIR_CHECKED int weir_batch_open(struct weir_flow *f,
    const struct weir_facts *facts, const struct weir_text *texts,
    uint32_t n);
WEIR_CHECKED int weir_batch_list(struct weir_flow *f,
    const struct weir_facts *facts, const struct weir_text *texts,
    uint32_t n);
WEIR_CHECKED int weir_files_upload(struct weir_flow *f,
    const struct weir_form *form);
/* The ids of an answer, as the caller may use them. */
WEIR_CHECKED int weir_files_wrap(struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts, struct weir_edits *e);

/* ---- lines.c ---- */

WEIR_CHECKED int weir_lines_feed(struct weir_flow *f, const uint8_t *at,
    size_t len, struct weir_buf *out);
WEIR_CHECKED int weir_lines_finish(struct weir_flow *f, bool whole,
    struct weir_buf *out);

/* ---- request.c ---- */

/* Scan texts of the body; edits for those that change. DENIED and others. */
WEIR_CHECKED int weir_request_inspect(struct weir_flow *f,
    const struct weir_text *texts, uint32_t n, struct weir_edits *edits);
/* The body becomes what the edits say. */
WEIR_CHECKED int weir_request_rewrite(struct weir_flow *f,
    struct weir_edits *edits);

/* The body names `m`, as its upstreams call it, and `m` serves the call. */
int weir_request_model(struct weir_flow *f, const struct weir_snap_model *m);

struct weir_act weir_act_of(struct weir_flow *f, bool answer);

/* ---- stream.c ---- */

int weir_stream_feed(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out);
int weir_stream_finish(struct weir_flow *f, bool whole, struct weir_buf *out);
void weir_lanes_close(struct weir_flow *f);
/* A text of a channel, in a document that begins at `doc`: feed it to its
   lane and record an edit if what may leave is not the same. `last`: the
   lane ends with it. As weir_edit_text. */
int weir_lane_text(struct weir_flow *f, const uint8_t *doc,
    const struct weir_text *t, bool last, struct weir_edits *e);

/* ---- beside.c ---- */

/* An event without data. Where a rule fires it becomes a bare comment. */
int weir_take_other(struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_buf *out);
/* The name of an event: where it is none and a rule fires in it, it is left
   out and *bare set. */
int weir_look_name(struct weir_flow *f, struct weir_span *name, bool *bare);
/* Does the event have lines beside event and data, and a rule fires in
   them? Then *bare: they are left out. */
int weir_look_beside(struct weir_flow *f, const uint8_t *at, size_t len,
    bool *bare);

/* ---- again.c ---- */

extern const struct weir_facts  weir_plain_facts;

/* Is a parsed event worth keeping? */
bool weir_again_fits(const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t ntexts, size_t len);
void weir_again_keep(struct weir_flow *f, const uint8_t *at, size_t len,
    size_t doc_at, size_t doc_len, const struct weir_text *t);
/* Is this the kept event with another text? Then *t is that text. */
bool weir_again_is(const struct weir_flow *f, const uint8_t *at, size_t len,
    struct weir_text *t);

/* ---- synth.c ---- */

/* A delta of `channel` with this raw text (already in the channel's
   coding). */
void weir_synth_delta(struct weir_flow *f, uint32_t channel,
    struct weir_span raw, struct weir_buf *out);
/* The events that end a stream early: by a rule (DENIED) or the cap
   (FUNDS_CUT). */
void weir_synth_end(struct weir_flow *f, int error, struct weir_buf *out);
/* What finish_reason, stop_reason, status is then, quotes included. */
const char *weir_finish_word(const struct weir_flow *f, int error);
/* `"weir":{...}`: why, by which rule and article, where to complain. */
void weir_synth_why(struct weir_flow *f, int error, struct weir_buf *out);

/* ---- record.c ---- */

int weir_record_begin(struct weir_flow *f);
int weir_record_end(struct weir_flow *f, int status, uint64_t *position);

/* The most that a call may use, in tokens: see record.c. */
struct weir_worst {
    int64_t  in;
    int64_t  out;          /* of one choice */
    int64_t  choices;
    bool     bounded;      /* by the caller */
};

/* What sound costs is said in seconds or in tokens; a second counts as so
   many: what OpenAI's transcribing models report of it. */
#define WEIR_TOKENS_PER_SECOND  10

/* An answer shorter than this is not worth a call. */
#define WEIR_OUTPUT_MIN  16

/* BAD_REQUEST: more choices than there are. */
int weir_worst_of(struct weir_flow *f, const struct weir_facts *facts,
    const struct weir_text *texts, uint32_t n, struct weir_worst *out);
int weir_reserve_worst(struct weir_flow *f, const struct weir_worst *worst);
WEIR_CHECKED int weir_reserve_amount(struct weir_flow *f, weir_micro amount);
/* Has what surely was generated already cost more than was reserved? */
bool weir_over_cap(const struct weir_flow *f);
bool weir_has_rules(const struct weir_flow *f, bool answer);

/* The output that the reservation covers at the price of the model that
   serves. */
void weir_cap_set(struct weir_flow *f);

/* ---- route.c ---- */

/* The first upstream of a model that speaks the call's protocol, else one
   that can be translated to, or NONE. */
uint32_t weir_route_first(const struct weir_flow *f,
    const struct weir_snap_model *m);
/* The i-th fallback of the model that was asked for, if this call may use
   it; else NULL. */
const struct weir_snap_model *weir_route_fallback(const struct weir_flow *f,
    unsigned i);
/* The first upstream to ask. SECRET, UPSTREAM_DOWN: there is none. */
int weir_route_open(struct weir_flow *f);
/* What came of the last one; once. */
void weir_route_judge(struct weir_flow *f, enum weir_verdict_of verdict,
    uint64_t retry_ms);

/* ---- answer.c ---- */

/* Nothing of the answer has left, and another is coming: all is as before
   its head. */
void weir_answer_forget(struct weir_flow *f);

/* ---- rate.c ---- */

/* Enter the meters of the call, or an error: one of RATE_..., ... Bounds
   `worst` and f->bound_tokens where a limit of tokens could never take what
   the model can write. */
int weir_rate_enter(struct weir_flow *f, struct weir_worst *worst);
/* Leave them, with the tokens that were used. Idempotent. */
void weir_rate_leave(struct weir_flow *f, int64_t tokens);
/* The n-th header of limits; false when there is no n-th. An empty value:
   not of this answer. */
bool weir_rate_header(struct weir_flow *f, unsigned n,
    struct weir_span *name, struct weir_span *value);
/* Which limit and when again: a sentence, and a member of "weir":{}. Nothing
   when `error` is not of limits. */
void weir_rate_sentence(const struct weir_flow *f, int error, bool zh,
    struct weir_buf *out);
void weir_rate_member(const struct weir_flow *f, int error,
    struct weir_buf *out);

/* ---- wire.c ---- */

/* How this call gets on with an upstream that speaks `protocol`. */
enum weir_tongue { WEIR_TONGUE_NONE, WEIR_TONGUE_OWN, WEIR_TONGUE_OTHER };
enum weir_tongue weir_wire_tongue(const struct weir_flow *f,
    enum weir_protocol protocol);
/* Is the attempt in hand served in another protocol? */
static inline bool
weir_wire_on(const struct weir_flow *f)
{
    return f->wire != NULL && f->wire->on;
}
/* The body for this upstream and model, from the caller's; `sent` stays empty
   where it needs no translation. As weir_translate_request; after an error
   weir_wire_field says what has no counterpart. What the attempt before sent,
   and may still be sending, is not touched. */
WEIR_CHECKED int weir_wire_make(struct weir_flow *f, uint32_t upstream,
    const struct weir_snap_model *m, struct weir_buf *sent);
/* ... and that is what goes out now. */
void weir_wire_take(struct weir_flow *f, struct weir_buf *sent);
const char *weir_wire_field(const struct weir_flow *f);
/* f->model, which may be NULL, has no upstream for this call: why.
   MODEL_UNKNOWN, NOT_TRANSLATABLE. */
int weir_wire_missing(struct weir_flow *f);
/* The answer's form is known: from now on f->on is the upstream's. */
WEIR_CHECKED int weir_wire_open(struct weir_flow *f);
/* For another attempt f->on is the caller's again; back, if there is none. */
void weir_wire_unopen(struct weir_flow *f);
void weir_wire_reopen(struct weir_flow *f);
/* There is one: nothing of the answer counts. */
void weir_wire_forget(struct weir_flow *f);
/* What has been decided, in the caller's shape. */
WEIR_CHECKED int weir_wire_stream(struct weir_flow *f,
    const struct weir_buf *in, bool end, struct weir_buf *out);
WEIR_CHECKED int weir_wire_answer(struct weir_flow *f,
    const struct weir_buf *in, struct weir_buf *out);
void weir_wire_body_sent(struct weir_flow *f);
void weir_wire_close(struct weir_flow *f);

/* ---- mcp.c ---- */

bool weir_mcp_listed(struct weir_span list, struct weir_span name);
/* The message of a request: keeps its id. BAD_REQUEST, RPC_METHOD. */
int weir_mcp_open(struct weir_flow *f, const struct weir_facts *facts);
/* May the tool be called, if one is? TOOL. */
int weir_mcp_allowed(struct weir_flow *f, const struct weir_facts *facts);
/* Takes the tools that may not be called out of a list, and marks the texts
   in them, of `n`, as none (begin == end). UPSTREAM_BAD: it is no list. */
int weir_mcp_list(const struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts, struct weir_text *texts, uint32_t *n,
    struct weir_edits *e);
int weir_mcp_status(const struct weir_flow *f, int error);
int weir_mcp_code(int error);
/* (refusal.c) The error that answers the request. */
void weir_mcp_error(struct weir_flow *f, int error, struct weir_buf *out);

/* ---- local.c ---- */

int weir_local_models(struct weir_flow *f, struct weir_buf *out);

#endif
