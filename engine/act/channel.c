/*
 * channel.c: one text stream through the detectors, rewritten.
 *
 *      0        sent           settled          taken
 *      |---------|----------------|---------------|
 *       delivered  a run that may  some rule may
 *                  still grow      still match
 *
 * Bytes [sent, taken) are held. The detectors hand over findings sorted by
 * begin, each final; so only the last run can still grow, and it is whole
 * when `settled` has passed its end. With no finding open, everything up to
 * `settled` leaves at once; text that nothing holds is never copied.
 */
#include "act/act_internal.h"
#include "weir/error.h"


int
weir_channel_open(struct weir_channel *c, const struct weir_act *act,
    enum weir_coding coding, unsigned scan_flags)
{
    memset(c, 0, sizeof(*c));
    c->scan_flags = (uint8_t) scan_flags;
    c->coding = (uint8_t) coding;
    weir_buf_init(&c->held, act->mem, WEIR_BODY_BYTES_MAX * 2ul);
    c->scanning = act->profile != NULL && act->profile->matcher_size != 0;
    if (act->restore && weir_names_count(*act->names) > 0) {
        c->scan_flags |= WEIR_SCAN_PSEUDONYMS;
    }
    return WEIR_OK;
}


void
weir_channel_close(struct weir_channel *c, const struct weir_act *act)
{
    weir_buf_release(&c->held);
    weir_mem_put(act->mem, c->packed, c->packed_got);
    c->packed = NULL;
    c->packed_len = 0;
}


size_t
weir_channel_held(const struct weir_channel *c)
{
    return (size_t) (c->taken - c->sent);
}


/* The inner text of WEIR_JSON2 goes on by one character. */
static void
track_inner(struct weir_channel *c, unsigned ch)
{
    if (c->in_escape) {
        c->in_escape = 0;
    } else if (ch == '\\') {
        c->in_escape = c->in_string;
    } else if (ch == '"') {
        c->in_string = !c->in_string;
    }
}


/* Follow raw bytes of WEIR_JSON2, so that a mark put where the inner JSON
   has a number or a name gets quotes and the text stays JSON. */
static void
track(struct weir_channel *c, const uint8_t *at, size_t len)
{
    if (c->coding != WEIR_JSON2) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        const uint8_t  b = at[i];

        switch (c->outer) {
        case 0:
            if (b == '\\') {
                c->outer = 1;
            } else {
                track_inner(c, b);
            }
            break;
        case 1:
            if (b == 'u') {
                c->outer = 2;
                c->outer_hex = 0;
                break;
            }
            c->outer = 0;
            track_inner(c, b == '"' || b == '\\' || b == '/' ? b : ' ');
            break;
        default:
            c->outer_hex = (uint16_t) (c->outer_hex << 4
                                       | (b <= '9' ? b - '0'
                                                   : (b | 0x20) - 'a' + 10));
            if (++c->outer == 6) {
                c->outer = 0;
                track_inner(c, c->outer_hex);
            }
        }
    }
}


static void
put_quote(const struct weir_channel *c, struct weir_buf *out)
{
    if (c->coding == WEIR_JSON2 && !c->in_string) {
        weir_buf_adds(out, "\\\"");
    }
}


static void
put_pseudonym(const struct weir_act *act, const struct weir_snap_rule *rule,
    struct weir_span value, struct weir_buf *text)
{
    if (*act->names == NULL
        && weir_names_open(act->names, act->mem) != WEIR_OK)
    {
        text->failed = true;
        return;
    }
    if (weir_names_of(*act->names,
                      weir_snap_span(act->snap, rule->pseudonym), value,
                      text)
        != WEIR_OK)
    {
        weir_buf_adds(text, "<DATA>");   /* the table is full: no way back */
    }
}


/* What stands for the run, unescaped, into `text`. */
static void
put_mark(const struct weir_channel *c, const struct weir_act *act,
    struct weir_span raw, struct weir_buf *text)
{
    const struct weir_snap_profile_rule  *pr;
    const struct weir_snap_rule          *rule;
    struct weir_span                      mark;
    struct weir_buf                       value;

    weir_buf_init(&value, act->mem, raw.len * 3 + 64);
    weir_plain(&value, c->coding, raw);

    if (c->best.rule == WEIR_RULE_PSEUDONYM) {
        mark = weir_names_value(*act->names, weir_buf_span(&value));
        weir_buf_add(text, mark.at, mark.len);
    } else {
        pr = &act->snap->profile_rules[act->profile->rule + c->best.rule];
        rule = &act->snap->rules[pr->rule];
        if (pr->action == WEIR_PSEUDONYMISE) {
            put_pseudonym(act, rule, weir_buf_span(&value), text);
        } else {
            mark = weir_snap_span(act->snap, act->chinese ? rule->mark_zh
                                                          : rule->mark_en);
            weir_buf_add(text, mark.at, mark.len);
        }
    }
    text->failed |= value.failed;
    weir_buf_release(&value);
}


/* Deliver [sent, to) as it is. `raw` is the byte at `sent`. */
static const uint8_t *
put_plain(struct weir_channel *c, const uint8_t *raw, uint64_t to,
    struct weir_buf *out)
{
    const size_t  n = (size_t) (to - c->sent);

    weir_buf_add(out, raw, n);
    track(c, raw, n);
    c->sent = to;
    return raw + n;
}


/* Deliver the run, which begins at `sent`, as its mark. */
static const uint8_t *
put_run(struct weir_channel *c, const struct weir_act *act,
    const uint8_t *raw, struct weir_buf *out)
{
    const size_t     n = (size_t) (c->run.end - c->run.begin);
    struct weir_buf  text;

    put_quote(c, out);
    weir_buf_init(&text, act->mem, WEIR_BODY_BYTES_MAX);
    put_mark(c, act, (struct weir_span) { raw, n }, &text);
    weir_buf_add_json(out, weir_buf_span(&text),
                      weir_coding_depth(c->coding));
    out->failed |= text.failed;
    weir_buf_release(&text);
    track(c, raw, n);
    put_quote(c, out);
    c->sent = c->run.end;
    c->run_open = 0;
    return raw + n;
}


/* The greater wins the run: strictest, longest, first. */
static bool
outranks(const struct weir_act *act, const struct weir_found *a,
    const struct weir_found *b)
{
    const int  sa = a->rule == WEIR_RULE_PSEUDONYM
                    ? WEIR_LABEL
                    : (int) weir_decide(act->snap, act->profile, a);
    const int  sb = b->rule == WEIR_RULE_PSEUDONYM
                    ? WEIR_LABEL
                    : (int) weir_decide(act->snap, act->profile, b);

    if (sa != sb) {
        return sa > sb;
    }
    return a->end - a->begin > b->end - b->begin;
}


/* Does this finding change the text? A pseudonym only if it is ours. */
static bool
rewrites(const struct weir_channel *c, const struct weir_act *act,
    const struct weir_found *f, enum weir_action action, const uint8_t *raw)
{
    struct weir_buf   name;
    struct weir_span  value;

    if (f->rule != WEIR_RULE_PSEUDONYM) {
        return action == WEIR_PSEUDONYMISE || action == WEIR_REDACT;
    }
    weir_buf_init(&name, act->mem, 1024);
    weir_plain(&name, c->coding,
               (struct weir_span) { raw, (size_t) (f->end - f->begin) });
    value = weir_names_value(*act->names, weir_buf_span(&name));
    weir_buf_release(&name);
    return value.at != NULL;
}


/* `raw` is the byte at `sent`; returns it as it is then. *denied is set
   when the channel ends here. */
static const uint8_t *
take_finding(struct weir_channel *c, const struct weir_act *act,
    const struct weir_found *found, const uint8_t *raw, struct weir_buf *out)
{
    /* What has left is beyond reach: of a finding that may be late, or where
       a snapshot asked for too little to be held. */
    const struct weir_found        rest = {
        .begin = c->sent, .end = found->end, .rule = found->rule,
        .score = found->score, .kind = found->kind, .late = found->late
    };
    const struct weir_found *const  f = found->begin < c->sent ? &rest
                                                               : found;
    enum weir_action                action = WEIR_ALLOW;

    if (f->rule != WEIR_RULE_PSEUDONYM) {
        action = weir_decide(act->snap, act->profile, f);
        weir_verdict_add(act->verdict, act->snap, act->profile, f);
    }

    /* A run that ends where this begins, or before, is whole. */
    if (c->run_open && c->run.end <= f->begin) {
        raw = put_plain(c, raw, c->run.begin, out);
        raw = put_run(c, act, raw, out);
    }

    if (action == WEIR_DENY) {
        raw = put_plain(c, raw, c->run_open ? c->run.begin : f->begin, out);
        c->denied = 1;
        return raw;
    }
    if (f->late || f->end <= c->sent
        || !rewrites(c, act, f, action, raw + (f->begin - c->sent)))
    {
        return raw;                  /* what is late has been sent already */
    }

    if (!c->run_open) {
        c->run_open = 1;
        c->run = *f;
        c->best = *f;
        return raw;
    }
    if (f->end > c->run.end) {
        c->run.end = f->end;
    }
    if (outranks(act, f, &c->best)) {
        c->best = *f;
    }
    return raw;
}


/* Scan what is new and deliver what is decided. `raw` is the byte at
   `sent`. */
static int
run_find(struct weir_channel *c, const struct weir_act *act,
    struct weir_finder *find, const uint8_t *raw, bool last,
    struct weir_buf *out)
{
    const uint8_t *const  text = raw;
    const uint64_t        base = c->sent;
    const size_t          len = (size_t) (c->taken - c->sent);
    struct weir_found     found[WEIR_FOUND_MAX];
    uint64_t              settled;
    size_t                n;
    int                   rc;

    do {
        rc = weir_find_feed(find, text, base, len, last, found,
                            WEIR_FOUND_MAX, &n);
        for (size_t i = 0; i < n; i++) {
            raw = take_finding(c, act, &found[i], raw, out);
            if (c->denied) {
                return WEIR_DONE;
            }
        }
    } while (rc == WEIR_MORE);

    settled = weir_find_settled(find);
    weir_assert(settled <= c->taken);
    settled = settled < c->sent ? c->sent : settled;   /* as in take_finding */
    if (c->run_open) {
        raw = put_plain(c, raw, c->run.begin, out);
        if (settled < c->run.end) {
            return WEIR_OK;
        }
        raw = put_run(c, act, raw, out);
    }
    put_plain(c, raw, settled, out);
    return WEIR_OK;
}


/* Put the find away until the next feed, in a block of the size it needs. */
static int
put_away(struct weir_channel *c, const struct weir_act *act,
    const struct weir_finder *find, uint8_t *scratch)
{
    const size_t  len = weir_find_pack(find, scratch);

    if (len > c->packed_got || len < c->packed_got / 4) {
        weir_mem_put(act->mem, c->packed, c->packed_got);
        c->packed = weir_mem_get(act->mem, len, &c->packed_got);
        if (c->packed == NULL) {
            return WEIR_E_NO_MEMORY;
        }
    }
    memcpy(c->packed, scratch, len);
    c->packed_len = (uint32_t) len;
    return WEIR_OK;
}


/* The full find lives only for the length of a feed. */
static int
with_find(struct weir_channel *c, const struct weir_act *act,
    const uint8_t *raw, bool last, struct weir_buf *out)
{
    const struct weir_matcher  *m = (const void *) (act->snap->matchers
                                                    + act->profile->matcher);
    struct weir_patterns       *patterns = weir_snap_patterns(act->snap,
                                                              act->profile);
    const size_t                need = (weir_find_size(m) + 15) / 16 * 16;
    size_t                      got;
    uint8_t                    *block;
    struct weir_finder           *find;
    int                         rc;

    block = weir_mem_get(act->mem, need + (last ? 0 : weir_find_pack_max(m)),
                         &got);
    if (block == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    find = (void *) block;
    if (c->packed_len == 0) {
        weir_find_open(find, m, patterns, (enum weir_coding) c->coding,
                       c->scan_flags);
    } else {
        weir_find_unpack(find, m, patterns, c->packed, c->packed_len);
    }
    rc = run_find(c, act, find, raw, last, out);
    if (weir_find_overflow(find)) {
        rc = WEIR_E_TOO_DENSE;             /* not inspected: fail closed */
    }
    if (rc == WEIR_OK && !last) {
        rc = put_away(c, act, find, block + need);
    }
    weir_mem_put(act->mem, block, got);
    return rc;
}


int
weir_channel_feed(struct weir_channel *c, const struct weir_act *act,
    const uint8_t *at, size_t len, bool last, struct weir_buf *out)
{
    const uint64_t  before = c->sent;
    const bool      holding = c->held.len > 0;
    int             rc;

    if (c->denied) {
        return WEIR_DONE;
    }
    if (len == 0) {
        at = (const uint8_t *) "";        /* it may be NULL: no sums on that */
    }
    c->taken += len;
    if (!c->scanning) {
        weir_buf_add(out, at, len);
        c->sent = c->taken;
        return out->failed ? WEIR_E_NO_MEMORY : WEIR_OK;
    }

    if (holding) {
        weir_buf_add(&c->held, at, len);
        if (c->held.failed) {
            return WEIR_E_NO_MEMORY;
        }
        at = c->held.at;
    }
    rc = with_find(c, act, at, last, out);
    if (rc < 0 || out->failed) {
        return rc < 0 ? rc : WEIR_E_NO_MEMORY;
    }
    if (rc == WEIR_DONE) {
        weir_buf_release(&c->held);
        c->taken = c->sent;
        return rc;
    }

    /* Keep what waits, and give the block back when nothing does. */
    if (holding) {
        weir_buf_shift(&c->held, (size_t) (c->sent - before));
    } else {
        weir_buf_add(&c->held, at + (c->sent - before),
                     (size_t) (c->taken - c->sent));
    }
    if (c->held.failed) {
        return WEIR_E_NO_MEMORY;
    }
    if (c->held.len == 0) {
        weir_buf_release(&c->held);
    }
    if (c->taken - c->sent > c->held_max) {
        c->held_max = c->taken - c->sent;
    }
    return WEIR_OK;
}
