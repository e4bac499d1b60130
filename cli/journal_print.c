/*
 * journal_print.c: one record as a line, for people or as JSON (RFC 8259).
 */
#include "journal_print.h"
#include "weir/error.h"
#include "weir/snapshot.h"

#include <stdio.h>
#include <time.h>

static void  json_begin(struct weir_buf *b, const struct weir_begin_record *r);
static void  json_end(struct weir_buf *b, const struct weir_end_record *r);
static void  text_begin(struct weir_buf *b, const struct weir_begin_record *r);
static void  text_end(struct weir_buf *b, const struct weir_end_record *r);


void
journal_json(struct weir_buf *b, const char *path,
    const struct weir_frame *f)
{
    weir_buf_adds(b, "{\"file\":\"");
    weir_buf_add_json(b, weir_span_of(path), 1);
    weir_buf_adds(b, "\",\"offset\":");
    weir_buf_addu(b, f->at);
    if (f->kind == WEIR_FRAME_BEGIN) {
        json_begin(b, &f->begin);
    } else {
        json_end(b, &f->end);
    }
    weir_buf_adds(b, ",\"cut\":");
    weir_buf_adds(b, f->cut ? "true}\n" : "false}\n");
}


void
journal_text(struct weir_buf *b, const char *path,
    const struct weir_frame *f)
{
    (void) path;
    if (f->kind == WEIR_FRAME_BEGIN) {
        text_begin(b, &f->begin);
    } else {
        text_end(b, &f->end);
    }
    weir_buf_addc(b, '\n');
}


static const char *const  endings[] = {
    "ok", "refused", "denied", "cut", "client_gone", "upstream_error",
    "upstream_broke", "lost"
};
static const char *const  usages[] = { "reported", "estimated", "none" };
static const char *const  scans[] = { "full", "no_rules", "partly", "not" };
static const char *const  actions[] = {
    "allow", "observe", "label", "pseudonymise", "redact", "deny"
};
static const char *const  protocols[] = { "openai", "anthropic",
                                          "gemini", "mcp" };

static_assert(sizeof(endings) / sizeof(endings[0]) == WEIR_END_LOST + 1,
              "a word for each ending");
static_assert(sizeof(scans) / sizeof(scans[0]) == WEIR_SCAN_NOT + 1,
              "a word for each");
static_assert(sizeof(actions) / sizeof(actions[0]) == WEIR_DENY + 1,
              "a word for each action");
static_assert(sizeof(protocols) / sizeof(protocols[0]) == WEIR_MCP + 1,
              "a word for each protocol");

#define ADD_WORD(b, table, v)                                                 \
    add_word(b, table, sizeof(table) / sizeof((table)[0]), v)


/* A number that this version has no word for is shown as such. */
static void
add_word(struct weir_buf *b, const char *const *table, size_t n, unsigned v)
{
    if (v < n) {
        weir_buf_adds(b, table[v]);
    } else {
        weir_buf_adds(b, "unknown_");
        weir_buf_addu(b, v);
    }
}


/* Micro-units as people write them: at least two decimals, no more than
   needed. */
static void
add_money(struct weir_buf *b, weir_micro amount)
{
    const uint64_t  n = amount < 0 ? 0 - (uint64_t) amount
                                   : (uint64_t) amount;
    char            decimals[8];
    int             len = 6;

    snprintf(decimals, sizeof(decimals), "%06u", (unsigned) (n % 1000000));
    while (len > 2 && decimals[len - 1] == '0') {
        len--;
    }
    if (amount < 0) {
        weir_buf_addc(b, '-');
    }
    weir_buf_addu(b, n / 1000000);
    weir_buf_addc(b, '.');
    weir_buf_add(b, decimals, (size_t) len);
}


static void
add_id(struct weir_buf *b, const uint8_t id[16])
{
    char  text[27];

    weir_id_text(id, text);
    weir_buf_adds(b, text);
}


/* RFC 3339, UTC. */
static void
add_time(struct weir_buf *b, uint64_t ms)
{
    const time_t  s = (time_t) (ms / 1000);
    struct tm     tm;
    char          text[64];

    if (ms / 1000 > UINT64_C(253402300799) || gmtime_r(&s, &tm) == NULL) {
        weir_buf_addu(b, ms);      /* past the year 9999 */
        return;
    }
    (void) strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    weir_buf_adds(b, text);
    snprintf(text, sizeof(text), ".%03uZ", (unsigned) (ms % 1000));
    weir_buf_adds(b, text);
}


/* The row of error.h in lower case: no_funds. */
static void
add_error(struct weir_buf *b, int error)
{
    const char  *name = weir_error_info(error)->name;

    for (; *name != '\0'; name++) {
        weir_buf_addc(b, (uint8_t) (*name >= 'A' && *name <= 'Z'
                                    ? *name - 'A' + 'a' : *name));
    }
}


static void
field(struct weir_buf *b, const char *name)
{
    weir_buf_adds(b, ",\"");
    weir_buf_adds(b, name);
    weir_buf_adds(b, "\":");
}


static void
field_number(struct weir_buf *b, const char *name, uint64_t v)
{
    field(b, name);
    weir_buf_addu(b, v);
}


static void
field_text(struct weir_buf *b, const char *name, struct weir_span s)
{
    field(b, name);
    weir_buf_addc(b, '"');
    weir_buf_add_json(b, s, 1);
    weir_buf_addc(b, '"');
}


static void
field_money(struct weir_buf *b, const char *name, weir_micro amount)
{
    field(b, name);
    weir_buf_addc(b, '"');
    add_money(b, amount);
    weir_buf_addc(b, '"');
}


static void
field_word(struct weir_buf *b, const char *name, const char *const *table,
    size_t n, unsigned v)
{
    field(b, name);
    weir_buf_addc(b, '"');
    add_word(b, table, n, v);
    weir_buf_addc(b, '"');
}

#define FIELD_WORD(b, name, table, v)                                         \
    field_word(b, name, table, sizeof(table) / sizeof((table)[0]), v)


/* Counts that nobody knows are negative, slots that are none are the
   greatest number: null. */
static void
field_known(struct weir_buf *b, const char *name, int64_t v, bool known)
{
    field(b, name);
    if (known) {
        weir_buf_addi(b, v);
    } else {
        weir_buf_adds(b, "null");
    }
}


static void
json_begin(struct weir_buf *b, const struct weir_begin_record *r)
{
    weir_buf_adds(b, ",\"kind\":\"begin\",\"call_id\":\"");
    add_id(b, r->call_id);
    weir_buf_addc(b, '"');
    field_number(b, "at_ms", r->at_ms);
    field_number(b, "generation", r->generation);
    field_money(b, "reserved", r->reserved);
    field_known(b, "grant_slot", r->grant_slot,
                r->grant_slot != WEIR_SNAP_NONE);
    FIELD_WORD(b, "protocol", protocols, r->protocol);
    field(b, "stream");
    weir_buf_adds(b, r->stream ? "true" : "false");
    field_text(b, "scenario", r->scenario);
    field_text(b, "key_id", r->key_id);
    field_text(b, "model", r->model);
    field_text(b, "upstream", r->upstream);
    field_text(b, "fund", r->fund);
    field_text(b, "unit", r->unit);
    if (r->tool.len > 0) {
        field_text(b, "tool", r->tool);
    }
}


static void
json_end(struct weir_buf *b, const struct weir_end_record *r)
{
    static const char  hex[] = "0123456789abcdef";

    weir_buf_adds(b, ",\"kind\":\"end\",\"call_id\":\"");
    add_id(b, r->call_id);
    weir_buf_addc(b, '"');
    field_number(b, "at_ms", r->at_ms);
    field_number(b, "first_byte_ms", r->first_byte_ms);
    field_money(b, "charged", r->charged);
    field_known(b, "grant_slot", r->grant_slot,
                r->grant_slot != WEIR_SNAP_NONE);
    field_known(b, "input_tokens", r->input_tokens, r->input_tokens >= 0);
    field_known(b, "output_tokens", r->output_tokens, r->output_tokens >= 0);
    field_number(b, "request_bytes", r->request_bytes);
    field_number(b, "answer_bytes", r->answer_bytes);
    field_number(b, "held_max", r->held_max);
    field_number(b, "status", r->status);
    field_number(b, "attempt", r->attempt);
    if (r->upstream.len > 0) {
        field_text(b, "model", r->model);
        field_text(b, "upstream", r->upstream);
    }
    if (r->translated) {
        field(b, "translated");
        weir_buf_adds(b, "true");
    }
    FIELD_WORD(b, "ending", endings, r->ending);
    FIELD_WORD(b, "usage", usages, r->usage);
    FIELD_WORD(b, "request_scanned", scans, r->request_scanned);
    FIELD_WORD(b, "answer_scanned", scans, r->answer_scanned);
    FIELD_WORD(b, "action", actions, r->action);
    field(b, "error");
    if (r->error != 0) {
        weir_buf_addc(b, '"');
        add_error(b, r->error);
        weir_buf_addc(b, '"');
    } else {
        weir_buf_adds(b, "null");
    }
    field(b, "request_hash");
    weir_buf_addc(b, '"');
    for (int i = 0; i < 32; i++) {
        weir_buf_addc(b, (uint8_t) hex[r->request_hash[i] >> 4]);
        weir_buf_addc(b, (uint8_t) hex[r->request_hash[i] & 15]);
    }
    weir_buf_addc(b, '"');
    field_text(b, "decided", r->decided);
    field(b, "hits");
    weir_buf_addc(b, '[');
    for (uint32_t i = 0; i < r->nhits; i++) {
        weir_buf_adds(b, i > 0 ? ",{\"rule\":\"" : "{\"rule\":\"");
        weir_buf_add_json(b, r->hits[i].rule, 1);
        weir_buf_addc(b, '"');
        field_number(b, "count", r->hits[i].count);
        FIELD_WORD(b, "action", actions, r->hits[i].action);
        weir_buf_adds(b, r->hits[i].answer ? ",\"in\":\"answer\"}"
                                           : ",\"in\":\"request\"}");
    }
    weir_buf_addc(b, ']');
    field_number(b, "hits_dropped", r->hits_dropped);
}


/* " name=value", nothing when there is no value; controls escaped. */
static void
text_field(struct weir_buf *b, const char *name, struct weir_span s)
{
    if (s.len > 0) {
        weir_buf_addc(b, ' ');
        weir_buf_adds(b, name);
        weir_buf_addc(b, '=');
        weir_buf_add_json(b, s, 1);
    }
}


static void
text_begin(struct weir_buf *b, const struct weir_begin_record *r)
{
    add_time(b, r->at_ms);
    weir_buf_adds(b, " begin ");
    add_id(b, r->call_id);
    text_field(b, "scenario", r->scenario);
    text_field(b, "key", r->key_id);
    text_field(b, "model", r->model);
    text_field(b, "upstream", r->upstream);
    text_field(b, "tool", r->tool);
    weir_buf_adds(b, " protocol=");
    ADD_WORD(b, protocols, r->protocol);
    if (r->stream) {
        weir_buf_adds(b, " stream");
    }
    if (r->grant_slot != WEIR_SNAP_NONE) {
        weir_buf_adds(b, " reserved=");
        add_money(b, r->reserved);
        weir_buf_addc(b, ' ');
        weir_buf_add_json(b, r->unit, 1);
        text_field(b, "fund", r->fund);
    }
}


static void
text_end(struct weir_buf *b, const struct weir_end_record *r)
{
    add_time(b, r->at_ms);
    weir_buf_adds(b, " end   ");
    add_id(b, r->call_id);
    weir_buf_addc(b, ' ');
    ADD_WORD(b, endings, r->ending);
    weir_buf_adds(b, " status=");
    weir_buf_addu(b, r->status);
    if (r->attempt != 0) {
        weir_buf_adds(b, " attempt=");
        weir_buf_addu(b, r->attempt);
    }
    text_field(b, "model", r->model);
    text_field(b, "upstream", r->upstream);
    if (r->translated) {
        weir_buf_adds(b, " translated");
    }
    if (r->error != 0) {
        weir_buf_adds(b, " error=");
        add_error(b, r->error);
    }
    text_field(b, "by", r->decided);
    weir_buf_adds(b, " charged=");
    add_money(b, r->charged);
    weir_buf_adds(b, " usage=");
    ADD_WORD(b, usages, r->usage);
    if (r->input_tokens >= 0) {
        weir_buf_adds(b, " input_tokens=");
        weir_buf_addi(b, r->input_tokens);
    }
    if (r->output_tokens >= 0) {
        weir_buf_adds(b, " output_tokens=");
        weir_buf_addi(b, r->output_tokens);
    }
    weir_buf_adds(b, " scanned=");
    ADD_WORD(b, scans, r->request_scanned);
    weir_buf_addc(b, '/');
    ADD_WORD(b, scans, r->answer_scanned);
    for (uint32_t i = 0; i < r->nhits; i++) {
        weir_buf_addc(b, ' ');
        ADD_WORD(b, actions, r->hits[i].action);
        weir_buf_addc(b, ':');
        weir_buf_add_json(b, r->hits[i].rule, 1);
        weir_buf_addc(b, 'x');
        weir_buf_addu(b, r->hits[i].count);
        weir_buf_adds(b, r->hits[i].answer ? "(answer)" : "(request)");
    }
    if (r->hits_dropped > 0) {
        weir_buf_adds(b, " more_rules=");
        weir_buf_addu(b, r->hits_dropped);
    }
}
