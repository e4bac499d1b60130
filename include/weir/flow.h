/*
 * flow.h: the conductor. One call through the rooms: decode, scan, decide,
 * act, account, journal. The only room that knows their order; the only
 * header, with snapshot.h and journal.h, that the nginx module includes.
 *
 * Life of a call:
 *
 *   weir_flow_open        who (key), what surface
 *   weir_flow_request_*   body in, any pieces; finish decides, reserves and
 *                         writes the begin record; then the body to send on
 *                         is flow->body and the upstream flow->upstream
 *   weir_flow_answer_*    answer in, any pieces; bytes to send come out
 *   weir_flow_answer_end  writes the end record, settles
 *   weir_flow_close       any time, from any state; ends what is open
 *
 * Any step may refuse: it returns a negative error; then weir_flow_refusal
 * writes the body to send in the protocol's own shape (once).
 */
#ifndef WEIR_FLOW_H
#define WEIR_FLOW_H

#include "weir/base.h"
#include "weir/buf.h"
#include "weir/error.h"
#include "weir/account.h"
#include "weir/journal.h"
#include "weir/meter.h"
#include "weir/snapshot.h"

/* What one worker shares among its calls. */
struct weir_worker {
    struct weir_mem      *mem;
    struct weir_account  *account;
    struct weir_journal  *journal;
    uint64_t            (*now_ms)(void *ctx);   /* Unix time */
    uint64_t            (*meter_ms)(void *ctx); /* since boot, for limits;
                                                   NULL: weir_meter_now */
    void                 *ctx;
    uint8_t               node[6];              /* random at start: makes ids
                                                   unique between processes */
    uint64_t              seq;
    uint32_t              turns[WEIR_TURNS];    /* spread calls among
                                                   upstreams, by model; two
                                                   that share one only do
                                                   it less evenly */
};

enum weir_surface {
    WEIR_ON_OPENAI_CHAT,       /* POST /v1/chat/completions */
    WEIR_ON_OPENAI_MODELS,     /* GET /v1/models[/ID] */
    WEIR_ON_ANTHROPIC_MESSAGES,/* POST /v1/messages */
    WEIR_ON_ANTHROPIC_COUNT,   /* POST /v1/messages/count_tokens */
    WEIR_ON_OPENAI_RESPONSES,  /* POST /v1/responses */
    WEIR_ON_OPENAI_COMPLETIONS,/* POST /v1/completions */
    WEIR_ON_OPENAI_EMBEDDINGS, /* POST /v1/embeddings */
    WEIR_ON_OPENAI_MODERATIONS,/* POST /v1/moderations */
    WEIR_ON_OPENAI_IMAGES,     /* POST /v1/images/generations */
    WEIR_ON_OPENAI_SPEECH,     /* POST /v1/audio/speech */
    WEIR_ON_OPENAI_TRANSCRIBE, /* POST /v1/audio/transcriptions */
    WEIR_ON_OPENAI_TRANSLATE,  /* POST /v1/audio/translations */
    WEIR_ON_OPENAI_EDITS,      /* POST /v1/images/edits */
    WEIR_ON_OPENAI_VARIATIONS, /* POST /v1/images/variations */
    WEIR_ON_OPENAI_FILES,      /* POST /v1/files */
    WEIR_ON_OPENAI_FILE,       /* GET /v1/files/ID */
    WEIR_ON_OPENAI_FILE_END,   /* DELETE /v1/files/ID */
    WEIR_ON_OPENAI_CONTENT,    /* GET /v1/files/ID/content */
    WEIR_ON_OPENAI_BATCHES,    /* POST /v1/batches */
    WEIR_ON_OPENAI_BATCH,      /* GET /v1/batches/ID */
    WEIR_ON_OPENAI_CANCEL,     /* POST /v1/batches/ID/cancel */
    WEIR_ON_ANTHROPIC_BATCHES, /* POST /v1/messages/batches */
    WEIR_ON_ANTHROPIC_BATCH,   /* GET /v1/messages/batches/ID */
    WEIR_ON_ANTHROPIC_BATCH_END, /* DELETE of it */
    WEIR_ON_ANTHROPIC_CANCEL,  /* POST .../ID/cancel */
    WEIR_ON_ANTHROPIC_RESULTS, /* GET .../ID/results */
    WEIR_ON_GEMINI_GENERATE,   /* POST /v1beta/models/ID:generateContent */
    WEIR_ON_GEMINI_STREAM,     /* ... :streamGenerateContent?alt=sse */
    WEIR_ON_GEMINI_COUNT,      /* ... :countTokens */
    WEIR_ON_GEMINI_MODELS,     /* GET /v1beta/models[/ID] */
    WEIR_ON_MCP,               /* POST /mcp/NAME */
    WEIR_ON_MCP_END,           /* DELETE /mcp/NAME: of a session */
    WEIR_ON_NOTHING            /* any other path */
};

struct weir_unserved;

struct weir_flow_head {
    enum weir_surface    surface;
    enum weir_protocol   protocol;    /* of the caller, for error shapes */
    struct weir_span     key;         /* bare key; empty: none given */
    struct weir_span     language;    /* Accept-Language */
    struct weir_span     coding;      /* Content-Encoding of the request */
    struct weir_span     type;        /* Content-Type: of a form it counts */
    struct weir_span     path;        /* after .../models/, /mcp/: the id, or
                                         "" */
    struct weir_span     origin;      /* MCP: the page that calls */
    struct weir_span     session;     /* MCP: these two are only looked at */
    struct weir_span     version;
    const struct weir_unserved  *unserved;  /* what is refused; or NULL */
    bool                 sse;         /* Gemini: alt=sse in the query */
    const struct weir_secrets  *secrets;  /* of the snapshot, as long as it;
                                             NULL: none is needed */
};

/*
 * Start a head, all zero until now: which surface, which model if the path
 * names one, and what counts of the query (Gemini: key and alt; all else of
 * it is dropped). `path` decoded, `query` as it came; both must outlive the
 * head. WEIR_OK, SURFACE, METHOD, BAD_REQUEST.
 */
WEIR_CHECKED int weir_flow_head_open(struct weir_flow_head *head,
    struct weir_span method, struct weir_span path, struct weir_span query);

/* The protocol in whose shape a path is refused, whatever its method and
   query. */
enum weir_protocol weir_protocol_of(struct weir_span uri);

/*
 * Take what is needed of one header: the key of x-api-key, x-goog-api-key or
 * of a Bearer Authorization, Accept-Language, Content-Encoding, of MCP also
 * Origin, Mcp-Session-Id and MCP-Protocol-Version; others are passed over.
 * `name` in lower case; `value` must outlive the head. BAD_REQUEST: it
 * contradicts one that came before it, and which counts would be a guess, or
 * goes on and is no name.
 */
WEIR_CHECKED int weir_flow_head_take(struct weir_flow_head *head,
    struct weir_span name, struct weir_span value);

enum weir_answer_form { WEIR_ANSWER_NONE, WEIR_ANSWER_JSON, WEIR_ANSWER_SSE,
                        WEIR_ANSWER_TEXT, WEIR_ANSWER_LINES };

struct weir_flow;              /* flow/flow_internal.h */

size_t weir_flow_size(void);

/*
 * `at`: weir_flow_size() bytes, 16-byte aligned, the caller's. The snapshot
 * must stay mapped until weir_flow_close. Always succeeds in building a flow
 * that can be refused and closed; returns WEIR_OK, or NO_KEY, BAD_KEY,
 * NOT_ADMITTED, CODED_BODY, SURFACE, METHOD... `snap` may be NULL:
 * NO_SNAPSHOT.
 */
WEIR_CHECKED int weir_flow_open(struct weir_flow *f, struct weir_worker *w,
    const struct weir_snapshot *snap, const struct weir_flow_head *head);

/* Body bytes as they come. Errors as weir_doc_feed, TOO_LARGE, NO_MEMORY. */
WEIR_CHECKED int weir_flow_request_feed(struct weir_flow *f,
    const uint8_t *at, size_t len);

/*
 * The body is whole: inspect, decide, reserve, write the begin record.
 * WEIR_OK: send weir_flow_body on. WEIR_DONE: the answer is made here
 * (/v1/models), take it with weir_flow_local. Errors: DENIED, NO_FUNDS,
 * MODEL_UNKNOWN, JOURNAL, ..., SECRET, UPSTREAM_DOWN (the model has no
 * upstream that could be asked).
 */
WEIR_CHECKED int weir_flow_request_finish(struct weir_flow *f);

struct weir_span weir_flow_body(const struct weir_flow *f);
/*
 * Path and query of this call at an upstream, behind its own prefix, into
 * out[WEIR_TARGET_BYTES_MAX]; `path` and `query` as the head was opened
 * with. Returns the length, WEIR_TARGET_BYTES_MAX: it does not fit. No key of
 * the caller is in it.
 */
size_t weir_flow_target(const struct weir_flow *f, struct weir_span path,
    struct weir_span query, char *out);
/* The Content-Type of that body, `given` being the caller's: a form keeps the
   one that it was read by; all else was read as JSON in UTF-8, and goes on as
   what it was read as. Empty: no body. */
struct weir_span weir_flow_body_type(const struct weir_flow *f,
    struct weir_span given);
/* Does the upstream that is asked now speak another protocol than the caller,
   so that request and answer are translated? */
bool weir_flow_translated(const struct weir_flow *f);
/* It was sent on whole, and no other attempt will follow: its memory goes
   back; a long stream does not hold its request. */
void weir_flow_body_sent(struct weir_flow *f);
/* Index in snapshot->upstreams of the one that is asked now;
   WEIR_SNAP_NONE before weir_flow_request_finish. */
uint32_t weir_flow_upstream(const struct weir_flow *f);
/* How many were asked before it. */
unsigned weir_flow_attempt(const struct weir_flow *f);
/*
 * It failed before anything of its answer was given on: unreachable, timed
 * out, 5xx; or `limited`: it answered 429, and is not to be asked again for
 * `retry_ms` (0: it did not say). True: there is another; weir_flow_upstream
 * says which, and weir_flow_body may have changed. False: there is none, and
 * what it answered, if it did, is the answer.
 */
bool weir_flow_again(struct weir_flow *f, bool limited, uint64_t retry_ms);
/*
 * One header of an upstream's answer, before weir_flow_failed. False: it is
 * not for the caller: called like ours, or of the operator's own limits there
 * where limits of ours apply.
 */
WEIR_CHECKED bool weir_flow_answer_header(struct weir_flow *f,
    struct weir_span name, struct weir_span value);
/* Does this status say that another might do better (too many calls, or an
   error of the upstream's own), and is there another? As weir_flow_again, with
   the Retry-After that it said. Other 4xx are the caller's: any upstream would
   say the same. */
bool weir_flow_failed(struct weir_flow *f, int status);
/* May there be another? False is certain. */
bool weir_flow_others(const struct weir_flow *f);
int weir_flow_local(struct weir_flow *f, struct weir_buf *out);
/* May the upstream have done what the call asks for, though no answer came,
   so that it must not be sent a second time? */
bool weir_flow_once(const struct weir_flow *f);

/* 26 characters (Crockford base 32, ULID order), NUL-terminated. */
const char *weir_flow_id(const struct weir_flow *f);

/*
 * The answer's head. `content_type`, `coding` as the upstream sent them.
 * WEIR_OK, or UPSTREAM_BAD (neither JSON nor SSE and rules must see it),
 * UPSTREAM_CODED.
 */
WEIR_CHECKED int weir_flow_answer_open(struct weir_flow *f, int status,
    struct weir_span content_type, struct weir_span coding);

/*
 * Answer bytes. What may leave is appended to `out`. WEIR_OK; WEIR_DONE: the
 * answer ends here by a rule or the cap (closing events are in `out`): stop
 * reading the upstream, then call weir_flow_answer_end. An error before
 * anything left (weir_flow_answer_begun false): send weir_flow_refusal with
 * its status instead; after that: the error is in `out` in stream form and
 * the answer ends.
 */
WEIR_CHECKED int weir_flow_answer_feed(struct weir_flow *f,
    const uint8_t *at, size_t len, struct weir_buf *out);

/* The upstream has sent all (`whole`), or broke off (not whole, form SSE:
   an error event goes to `out`; JSON: UPSTREAM_BROKE). What was held and
   may leave is appended. */
WEIR_CHECKED int weir_flow_answer_finish(struct weir_flow *f, bool whole,
    struct weir_buf *out);
bool weir_flow_answer_begun(const struct weir_flow *f);

/*
 * Instead of weir_flow_answer_finish: the answer broke off behind its head.
 * True: nothing of it has left nor any event been seen, and there is another
 * upstream, as with weir_flow_again; all is as before weir_flow_answer_open.
 * Always false after weir_flow_body_sent.
 */
bool weir_flow_answer_again(struct weir_flow *f);

/* Is the answer a stream of events? */
bool weir_flow_answer_streams(const struct weir_flow *f);
/*
 * Nothing of the answer may leave for now: a comment (WHATWG HTML 9.2.6) to
 * `out`, which every client passes over, so that nobody on the way takes the
 * connection for dead. It stands between two events, since only whole ones
 * leave; with it the answer has begun. False: not in this answer, or no more.
 */
bool weir_flow_answer_comment(struct weir_flow *f, struct weir_buf *out);

/* Write the end record and settle; before the last byte is released.
   `status` as sent. *position for weir_journal_sync. */
WEIR_CHECKED int weir_flow_answer_end(struct weir_flow *f, int status,
    uint64_t *position);

/* The refusal of this call: JSON (or an SSE error event once the answer has
   begun as SSE) into `out`; returns the HTTP status. `error` < 0. */
int weir_flow_refusal(struct weir_flow *f, int error, struct weir_buf *out);

/* A refusal without a flow (nginx's own 400, 413, 502 ...). */
int weir_refusal(enum weir_protocol protocol, int error,
    struct weir_span language, struct weir_buf *out);

/* Response headers of ours: writes the value of `n`-th header and its name;
   false when there is no n-th. (weir-call, weir-labels, weir-decision, those
   of limits, retry-after ...) An empty value is not sent. The value is good
   until the next call. */
bool weir_flow_header(struct weir_flow *f, unsigned n, struct weir_span *name,
    struct weir_span *value);

/* Ends what is open: no end record yet -> writes it with `ending`
   (WEIR_END_CLIENT_GONE, ...), settles, frees buffers. Idempotent. */
void weir_flow_close(struct weir_flow *f, int ending, int status);

#endif
