/*
 * form.c: requests that are forms with files. The fields are texts as those
 * of a JSON body are; the bytes of the files nobody here can read. And what
 * sound costs that is billed by time.
 */
#include "flow/flow_internal.h"


static const char *const *
files_of(const struct weir_flow *f)
{
    static const char *const  sound[] = { "file", NULL };
    static const char *const  pictures[] = { "image", "image[]", "mask",
                                             NULL };

    return f->on->surface == WEIR_ON_OPENAI_EDITS
           || f->on->surface == WEIR_ON_OPENAI_VARIATIONS ? pictures : sound;
}


int
weir_flow_form(struct weir_flow *f, struct weir_form *form)
{
    struct weir_multipart  m;
    int                    rc;

    weir_multipart_open(&m, weir_span_of(f->wanted));
    rc = weir_multipart_feed(&m, f->body.at, f->body.len);
    if (rc == WEIR_OK) {
        rc = weir_multipart_finish(&m);
    }
    return rc == WEIR_OK ? weir_form_read(form, &m, f->body.at, files_of(f))
                         : rc;
}


/* What a rule takes out of a text, or puts there, may make a delimiter of what
   is left: parts that nobody admitted. */
int
weir_flow_form_again(struct weir_flow *f, const struct weir_facts *before,
    uint32_t texts)
{
    struct weir_form  now;
    int               rc = weir_flow_form(f, &now);

    return rc == WEIR_OK
           && (now.ntexts != texts
               || (f->file_bytes != 0 && now.file_bytes != f->file_bytes)
               || now.facts.not_scanned != before->not_scanned)
           ? WEIR_E_BAD_FORM : rc;
}


/*
 * Seconds of sound, as a number or in a string, rounded up; as tokens. -1: it
 * is no count that could be paid for.
 */
static int64_t
tokens_of_seconds(const uint8_t *at, struct weir_spot s)
{
    const int64_t  most = 1000000;       /* eleven days */
    int64_t        n = 0;
    bool           more = false;
    uint32_t       i = s.begin, end = s.end;

    if (i < end && at[i] == '"') {
        i++;
        end--;
    }
    if (i == end || at[i] < '0' || at[i] > '9') {
        return -1;
    }
    for (; i < end && at[i] >= '0' && at[i] <= '9' && n <= most; i++) {
        n = n * 10 + at[i] - '0';
    }
    if (i < end && at[i] == '.') {
        for (i++; i < end && at[i] >= '0' && at[i] <= '9'; i++) {
            more |= at[i] != '0';
        }
    }
    return i < end || n > most ? -1 : (n + more) * WEIR_TOKENS_PER_SECOND;
}


void
weir_take_seconds(struct weir_flow *f, const uint8_t *doc,
    const struct weir_facts *facts)
{
    const struct weir_spot  s = facts->seconds;

    if (s.begin == WEIR_SPOT_NONE || f->input_tokens >= 0) {
        return;
    }
    f->input_tokens = tokens_of_seconds(doc, s);
    if (f->output_tokens < 0 && f->input_tokens >= 0
        && facts->usage.begin != WEIR_SPOT_NONE
        && s.begin > facts->usage.begin && s.end < facts->usage.end)
    {
        f->output_tokens = 0;            /* paid by time alone */
    }
}
