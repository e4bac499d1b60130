/*
 * form.c: the parts of a form to texts and facts. Which fields are files the
 * surface says; every other value is a text, whatever its name, and so is
 * the name of a file.
 */
#include "decode/doc.h"
#include "weir/error.h"

#include <strings.h>

#define CHOICES_DIGITS  3


static struct weir_span
of(const uint8_t *at, struct weir_spot s)
{
    return (struct weir_span) { at + s.begin, s.end - s.begin };
}


/* What a name is without what it has in brackets. */
static size_t
base_len(struct weir_span name)
{
    const uint8_t *const  open = memchr(name.at, '[', name.len);

    return open == NULL ? name.len : (size_t) (open - name.at);
}


/*
 * May both stand in one form? Readers differ in which of two values of one
 * name counts, in case, and in whether `a[]` and `a[0]` are `a`. A list,
 * whose name ends in [], and the members of one object may come more than
 * once.
 */
static bool
collide(struct weir_span a, struct weir_span b)
{
    const size_t  na = base_len(a), nb = base_len(b);

    if (na != nb || strncasecmp((const char *) a.at, (const char *) b.at, na)
                    != 0)
    {
        return false;
    }
    if (na == a.len || nb == b.len || memcmp(a.at, b.at, na) != 0) {
        return true;
    }
    if (a.len == b.len && strncasecmp((const char *) a.at,
                                      (const char *) b.at, a.len) == 0)
    {
        return memcmp(a.at, b.at, a.len) != 0 || a.len != na + 2;
    }
    return a.len == na + 2 || b.len == nb + 2;      /* a[] and a[b] */
}


static bool
is_file_field(const char *const *files, struct weir_span name)
{
    for (size_t i = 0; files[i] != NULL; i++) {
        if (weir_span_is(name, files[i])) {
            return true;
        }
    }
    return false;
}


static int
fact_take(struct weir_facts *facts, struct weir_span name,
    struct weir_span value, struct weir_spot spot)
{
    if (weir_span_is(name, "model")) {
        facts->model = spot;

    } else if (weir_span_is(name, "stream")) {
        if (!weir_span_is(value, "true") && !weir_span_is(value, "false")) {
            return WEIR_E_BAD_REQUEST;
        }
        facts->stream = value.len == 4;

    } else if (weir_span_is(name, "n")) {
        facts->choices = 0;
        for (size_t i = 0; i < value.len; i++) {
            if (value.at[i] < '0' || value.at[i] > '9'
                || value.len > CHOICES_DIGITS)
            {
                return WEIR_E_BAD_REQUEST;
            }
            facts->choices = facts->choices * 10 + value.at[i] - '0';
        }
        if (facts->choices < 1 || facts->choices > WEIR_FINISHES_MAX) {
            return WEIR_E_BAD_REQUEST;
        }
    } else if (weir_span_is(name, "_charset_")) {
        return WEIR_E_BAD_FORM;      /* RFC 7578 4.6: another coding */
    }
    return WEIR_OK;
}


static void
text_add(struct weir_form *form, struct weir_spot s, enum weir_place place)
{
    form->texts[form->ntexts++] = (struct weir_text) {
        .begin = s.begin, .end = s.end,
        .channel = WEIR_CHANNEL(0, WEIR_FIELD_OTHER, 0),
        .coding = WEIR_PLAIN, .place = (uint8_t) place,
        .form = WEIR_TEXT_STRING
    };
}


/* The name of a file is two texts: a number before ".wav" would be part of a
   longer word. */
static void
name_add(struct weir_form *form, const uint8_t *at, struct weir_spot s)
{
    uint32_t  dot = s.end;

    while (dot > s.begin && at[dot - 1] != '.') {
        dot--;
    }
    if (dot == s.begin) {
        dot = s.end + 1;
    }
    text_add(form, (struct weir_spot) { s.begin, dot - 1 }, WEIR_AT_OTHER);
    if (dot < s.end) {
        text_add(form, (struct weir_spot) { dot, s.end }, WEIR_AT_OTHER);
    }
}


static int
part_take(struct weir_form *form, const struct weir_part *p,
    const uint8_t *at, const char *const *files)
{
    const struct weir_span  name = of(at, p->name);
    const struct weir_span  value = of(at, p->body);

    if (p->filename.begin != WEIR_SPOT_NONE) {
        /* A field that calls itself a file would be a text that nobody
           looks at: some servers do not tell the two apart. */
        if (!is_file_field(files, name)) {
            return WEIR_E_BAD_REQUEST;
        }
        name_add(form, at, p->filename);
        form->files++;
        form->file_bytes += value.len;
        form->file = p->body;
        form->facts.not_scanned++;
        return WEIR_OK;
    }
    if (!weir_is_utf8(value.at, value.len)) {
        return WEIR_E_BAD_UTF8;
    }
    if (!weir_span_is(name, "model") || value.len > WEIR_JSON_KEY_BYTES) {
        text_add(form, p->body, weir_span_is(name, "prompt")
                                ? WEIR_AT_USER : WEIR_AT_OTHER);
    }
    if (weir_span_is(name, "purpose")) {
        form->purpose = p->body;
    }
    return fact_take(&form->facts, name, value, p->body);
}


int
weir_form_read(struct weir_form *form, const struct weir_multipart *m,
    const uint8_t *at, const char *const *files)
{
    form->ntexts = 0;
    form->files = 0;
    form->file_bytes = 0;
    form->file = (struct weir_spot) { WEIR_SPOT_NONE, WEIR_SPOT_NONE };
    form->purpose = form->file;
    weir_facts_open(&form->facts);
    for (uint32_t i = 0; i < m->nparts; i++) {
        int  rc;

        for (uint32_t k = 0; k < i; k++) {
            if (collide(of(at, m->parts[i].name), of(at, m->parts[k].name))) {
                return WEIR_E_DUPLICATE_KEY;
            }
        }
        rc = part_take(form, &m->parts[i], at, files);
        if (rc != WEIR_OK) {
            return rc;
        }
    }
    return WEIR_OK;
}
