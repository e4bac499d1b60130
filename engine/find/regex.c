/*
 * regex.c: one operator regex, by PCRE2.
 *
 * A pattern is compiled twice: to search, and anchored, because JIT takes no
 * PCRE2_ANCHORED when it matches. Both for partial matching as well.
 */
#define PCRE2_CODE_UNIT_WIDTH  8
#include "find/regex.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/limits.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK_BYTES     (32u << 10)
#define STACK_MAX       (512u << 10)
#define HEAP_MAX_KIB    1024            /* only without JIT */
#define NEST_MAX        32              /* parentheses */

struct weir_regex {
    pcre2_code           *search;
    pcre2_code           *here;         /* anchored */
    pcre2_match_data     *data;
    pcre2_match_context  *context;
    pcre2_jit_stack      *stack;
};


static int
refuse(char *message, size_t *offset, size_t at, const char *why)
{
    (void) snprintf(message, 160, "%s", why);
    *offset = at;
    return WEIR_E_BAD_REQUEST;
}


static bool
stands(struct weir_span p, size_t i, const char *word)
{
    const size_t  n = strlen(word);

    return p.len - i >= n && memcmp(p.at + i, word, n) == 0;
}


/*
 * What PCRE2 would take and we do not; counts the look-behinds. Blunt on
 * purpose: it knows no classes and comments, so that nothing hides in what it
 * mistakes for one; "[(*]" is to be written "[*(]".
 */
static int
screen(struct weir_span p, unsigned *behind, char *message, size_t *offset)
{
    *behind = 0;
    for (size_t i = 0; i < p.len; i++) {
        if (p.at[i] == '\\' && i + 1 < p.len) {
            if (memchr("CGKQc", p.at[i + 1], 5) != NULL) {
                return refuse(message, offset, i, "\\C, \\G, \\K, \\Q and "
                              "\\c are not supported");
            }
            i++;
        } else if (stands(p, i, "(*")) {
            return refuse(message, offset, i,
                          "(*VERBS) are not supported; in a class write *(");
        } else if (stands(p, i, "(?C")) {
            return refuse(message, offset, i, "callouts are not supported");
        } else if (stands(p, i, "(?<=") || stands(p, i, "(?<!")
                   || stands(p, i, "(?<*"))
        {
            (*behind)++;
        }
    }
    return WEIR_OK;
}


static pcre2_code *
compile(struct weir_span p, uint32_t options, char *message, size_t *offset)
{
    pcre2_compile_context  *c = pcre2_compile_context_create(NULL);
    pcre2_code             *code;
    int                     error = 0;

    if (c == NULL) {
        return NULL;
    }
    (void) pcre2_set_newline(c, PCRE2_NEWLINE_LF);
    (void) pcre2_set_bsr(c, PCRE2_BSR_UNICODE);
    (void) pcre2_set_parens_nest_limit(c, NEST_MAX);
    code = pcre2_compile(p.at, p.len, options, &error, offset, c);
    pcre2_compile_context_free(c);
    if (code == NULL) {
        (void) pcre2_get_error_message(error, (PCRE2_UCHAR *) message, 160);
        return NULL;
    }
    /* Refused where memory may not be made executable; then slower. */
    (void) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE
                                   | PCRE2_JIT_PARTIAL_HARD);
    return code;
}


static int
limit(struct weir_regex *r)
{
    r->data = pcre2_match_data_create(1, NULL);
    r->context = pcre2_match_context_create(NULL);
    r->stack = pcre2_jit_stack_create(STACK_BYTES, STACK_MAX, NULL);
    if (r->data == NULL || r->context == NULL || r->stack == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    pcre2_jit_stack_assign(r->context, NULL, r->stack);
    (void) pcre2_set_match_limit(r->context, WEIR_REGEX_STEPS_MAX);
    (void) pcre2_set_depth_limit(r->context, WEIR_REGEX_STEPS_MAX);
    (void) pcre2_set_heap_limit(r->context, HEAP_MAX_KIB);
    return WEIR_OK;
}


/* A look-behind may stand in another one. */
static int
check_size(const struct weir_regex *r, unsigned behind, char *message,
    size_t *offset)
{
    uint32_t  back = 0;
    size_t    size = 0;

    (void) pcre2_pattern_info(r->search, PCRE2_INFO_MAXLOOKBEHIND, &back);
    (void) pcre2_pattern_info(r->search, PCRE2_INFO_SIZE, &size);
    if ((uint64_t) (back + 1) * (behind + 1) > WEIR_REGEX_BACK) {
        return refuse(message, offset, 0, "its look-behinds reach too far");
    }
    if (size > WEIR_REGEX_CODE_MAX) {
        return refuse(message, offset, 0, "it is too large when compiled");
    }
    return WEIR_OK;
}


static int
build(struct weir_regex *r, struct weir_span p, unsigned flags,
    char *message, size_t *offset)
{
    /* ALT_CIRCUMFLEX, DOLLAR_ENDONLY: else ^ and $ depend on whether a line
       end is the last character, and a partial match does not see it. */
    const uint32_t  options = PCRE2_UTF | PCRE2_UCP | PCRE2_NO_DOTSTAR_ANCHOR
        | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY
        | PCRE2_ALT_CIRCUMFLEX
        | ((flags & WEIR_REGEX_CASELESS) != 0 ? PCRE2_CASELESS : 0)
        | ((flags & WEIR_REGEX_MULTILINE) != 0 ? PCRE2_MULTILINE : 0)
        | ((flags & WEIR_REGEX_DOTALL) != 0 ? PCRE2_DOTALL : 0)
        | ((flags & WEIR_REGEX_EXTENDED) != 0 ? PCRE2_EXTENDED : 0);
    unsigned        behind;
    int             rc = screen(p, &behind, message, offset);

    if (rc != WEIR_OK) {
        return rc;
    }
    r->search = compile(p, options, message, offset);
    if (r->search == NULL) {
        return message[0] == '\0' ? WEIR_E_NO_MEMORY : WEIR_E_BAD_REQUEST;
    }
    rc = check_size(r, behind, message, offset);
    if (rc != WEIR_OK) {
        return rc;
    }
    r->here = compile(p, options | PCRE2_ANCHORED, message, offset);
    return r->here == NULL ? WEIR_E_NO_MEMORY : limit(r);
}


int
weir_regex_compile(struct weir_regex **out, struct weir_span pattern,
    unsigned flags, char message[160], size_t *offset)
{
    struct weir_regex  *r;
    int                 rc;

    *out = NULL;
    *offset = 0;
    message[0] = '\0';
    if (pattern.len == 0 || pattern.len > WEIR_REGEX_BYTES_MAX) {
        return refuse(message, offset, 0,
                      "a pattern has 1 to 1,024 bytes");
    }
    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    rc = build(r, pattern, flags, message, offset);
    if (rc != WEIR_OK) {
        weir_regex_close(r);
        return rc;
    }
    *out = r;
    return WEIR_OK;
}


void
weir_regex_close(struct weir_regex *r)
{
    if (r == NULL) {
        return;
    }
    pcre2_match_data_free(r->data);
    pcre2_match_context_free(r->context);
    pcre2_jit_stack_free(r->stack);
    pcre2_code_free(r->search);
    pcre2_code_free(r->here);
    free(r);
}


enum weir_tried
weir_regex_try(struct weir_regex *r, struct weir_try *t)
{
    const uint32_t     options = PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY
                                 | (t->begins ? 0 : PCRE2_NOTBOL)
                                 | (t->more ? PCRE2_PARTIAL_HARD : 0);
    const PCRE2_SIZE  *v = pcre2_get_ovector_pointer(r->data);
    const int          rc = pcre2_match(t->here ? r->here : r->search, t->at,
                                        t->len, t->from, options, r->data,
                                        r->context);

    if (rc == PCRE2_ERROR_NOMATCH) {
        return WEIR_TRIED_NONE;
    }
    if (rc < 0 && rc != PCRE2_ERROR_PARTIAL) {
        return WEIR_TRIED_LIMIT;       /* whichever it was */
    }
    t->begin = v[0];
    t->end = v[1];
    weir_assert(t->begin >= t->from && t->end <= t->len);
    return rc == PCRE2_ERROR_PARTIAL ? WEIR_TRIED_PARTIAL : WEIR_TRIED_MATCH;
}


bool
weir_regex_fast(void)
{
    uint32_t  jit = 0;

    (void) pcre2_config(PCRE2_CONFIG_JIT, &jit);
    return jit != 0;
}
