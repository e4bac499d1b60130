/*
 * scan_json.c: JSON and JSON Lines for `weir scan`: every string value, every
 * number of seven digits or more, with --keys every key, each scanned by
 * itself with its escapes read, and its JSONPath (RFC 9535) kept at hand.
 *
 * What is not JSON is read as plain text, from the end of the last good token
 * on: the rest of the file, or of the line in JSON Lines. So nothing goes
 * unseen because a file is broken, has comments or is cut off.
 */
#include "cli/scan.h"
#include "weir/error.h"

#define NUMBER_DIGITS_MIN  7

struct level {
    size_t    path_len;
    uint64_t  index;                  /* of the next element */
    bool      array;
};

struct json_walk {
    struct scan_work  *w;
    struct weir_json   json;
    uint64_t           begin;         /* of the document, in the file */
    uint64_t           next;          /* bytes below are with the tokenizer */
    uint64_t           done;          /* end of the last token */
    uint64_t           broken;        /* stretches read as text */
    unsigned           depth;
    struct level       levels[WEIR_JSON_DEPTH_MAX + 1];
};


static bool
plain_name(struct weir_span key)
{
    for (size_t i = 0; i < key.len; i++) {
        const uint8_t  c = key.at[i];
        const uint8_t  letter = c | 0x20;

        if (!((letter >= 'a' && letter <= 'z') || c == '_' || c >= 0x80
              || (i > 0 && c >= '0' && c <= '9')))
        {
            return false;
        }
    }
    return key.len > 0;
}


/* A key goes in as it is written: JSON's escapes in double quotes are
   JSONPath's. */
static void
path_key(struct json_walk *j, struct weir_span key)
{
    struct weir_buf  *path = &j->w->path;

    if (plain_name(key)) {
        weir_buf_addc(path, '.');
        weir_buf_add(path, key.at, key.len);
    } else {
        weir_buf_adds(path, "[\"");
        weir_buf_add(path, key.at, key.len);
        weir_buf_adds(path, "\"]");
    }
}


static void
inspect(struct json_walk *j, const struct weir_token *t)
{
    struct scan_work  *w = j->w;

    w->segment = (struct scan_segment) {
        .begin = j->begin + t->begin, .end = j->begin + t->end,
        .coding = t->kind == WEIR_TOKEN_NUMBER ? WEIR_PLAIN : WEIR_JSON,
        .in_json = true,
        .is_key = t->kind == WEIR_TOKEN_KEY,
        .is_number = t->kind == WEIR_TOKEN_NUMBER
    };
    scan_token(w);
}


static void
take_key(struct json_walk *j, const struct weir_token *t)
{
    struct scan_work  *w = j->w;
    struct level      *l = &j->levels[j->depth];

    w->path.len = l->path_len;
    if (w->setup->options.keys) {
        inspect(j, t);
    }
    path_key(j, (struct weir_span) {
        w->window + (j->begin + t->begin - w->base), t->end - t->begin });
}


static void
take_token(struct json_walk *j, const struct weir_token *t)
{
    struct weir_buf  *path = &j->w->path;
    struct level     *l = &j->levels[j->depth];

    if (t->kind == WEIR_TOKEN_KEY) {
        take_key(j, t);
        return;
    }
    if (t->kind == WEIR_TOKEN_OBJECT_END || t->kind == WEIR_TOKEN_ARRAY_END) {
        j->depth--;
        return;
    }
    if (l->array) {
        path->len = l->path_len;
        weir_buf_addc(path, '[');
        weir_buf_addu(path, l->index++);
        weir_buf_addc(path, ']');
    }
    if (t->kind == WEIR_TOKEN_OBJECT || t->kind == WEIR_TOKEN_ARRAY) {
        j->levels[++j->depth] = (struct level) {
            .path_len = path->len, .array = t->kind == WEIR_TOKEN_ARRAY
        };
    } else if (t->kind == WEIR_TOKEN_STRING
               || (t->kind == WEIR_TOKEN_NUMBER
                   && j->json.digits >= NUMBER_DIGITS_MIN))
    {
        inspect(j, t);
    }
}


/* Pass over what stands between documents; false at the end of the file. */
static bool
document_open(struct json_walk *j)
{
    struct scan_work  *w = j->w;

    for ( ;; ) {
        while (j->next < w->base + w->len) {
            const uint8_t  c = w->window[j->next - w->base];

            if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
                weir_json_open(&j->json);
                j->begin = j->done = j->next;
                j->depth = 0;
                j->levels[0] = (struct level) { 0 };
                w->path.len = 0;
                weir_buf_addc(&w->path, '$');
                return true;
            }
            j->next++;
        }
        w->low = j->next;
        if (!scan_fill(w)) {
            return false;
        }
    }
}


/* The next token. WEIR_DONE, WEIR_OK at the end of the file, or an error. */
static int
token_next(struct json_walk *j, struct weir_token *t)
{
    struct scan_work  *w = j->w;

    for ( ;; ) {
        const uint8_t  *at = w->window + (j->next - w->base);
        int             rc;

        if (j->next - j->begin > UINT32_MAX - 4u * SCAN_CHUNK) {
            return WEIR_E_TOO_LARGE;  /* the tokenizer counts to 4 GB */
        }
        rc = weir_json_next(&j->json, &at, w->window + w->len, t);
        j->next = w->base + (uint64_t) (at - w->window);
        if (rc != WEIR_MORE) {
            return rc;
        }
        w->low = j->done;
        if (!scan_fill(w)) {
            return weir_json_finish(&j->json, t);
        }
    }
}


/* One document; false when it is broken. */
static bool
document(struct json_walk *j)
{
    struct weir_token  t;

    do {
        if (token_next(j, &t) != WEIR_DONE) {
            return false;
        }
        take_token(j, &t);
        j->done = j->begin + t.end;
        /* the token ends before its closing quote */
        if (t.kind == WEIR_TOKEN_KEY || t.kind == WEIR_TOKEN_STRING) {
            j->done++;
        }
    } while (j->depth > 0 || t.kind == WEIR_TOKEN_KEY);
    j->next = j->done;
    return true;
}


void
scan_json(struct scan_work *w, bool lines)
{
    struct json_walk  j = { .w = w };
    char              text[96];

    if (w->len >= 3 && memcmp(w->window, "\xef\xbb\xbf", 3) == 0) {
        j.next = 3;
    }
    while (document_open(&j)) {
        if (document(&j)) {
            continue;
        }
        if (j.broken++ == 0) {
            struct scan_place  at = w->at;

            scan_place_move(w, &at, j.done);
            (void) snprintf(text, sizeof(text), "not JSON at line %llu; "
                            "read as text from there%s",
                            (unsigned long long) at.line,
                            lines ? " to the end of the line" : "");
            scan_say(w, text);
        }
        scan_plain(w, j.done, lines);
        j.next = w->low;
    }
    if (j.broken > 1) {
        (void) snprintf(text, sizeof(text), "%llu lines that are not JSON "
                        "were read as text", (unsigned long long) j.broken);
        scan_say(w, text);
    }
}
