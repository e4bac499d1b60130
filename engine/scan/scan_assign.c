/*
 * scan_assign.c: from a word such as "token" over an operator to the value
 * that is assigned to it:
 *
 *   name      the rest of the name: letters, digits, _ . - and blanks,
 *             at most WEIR_ASSIGN_NAME_CHARS
 *   quote     what closes it: quotes, blanks, ], at most four
 *   operator  = : > , | ( once or more, with quotes and blanks, at most
 *             WEIR_ASSIGN_OPERATOR_CHARS
 *   value     begins with the first other character of ASCII
 *
 * After a comma, a bar or a bracket the value must stand in quotes; a
 * bracket must not call a method of the name. A word that brings its operator
 * ("bearer ", 密码是) begins at the operator.
 */
#include "scan/scan_state.h"

enum { AT_NONE, AT_NAME, AT_QUOTE, AT_OPERATOR };

#define HOW_OWN    1u      /* the word has brought the operator */
#define HOW_WANTS  2u      /* a quote is needed */
#define HOW_QUOTE  4u      /* there was one */
#define HOW_NOW    16u     /* the value is the next character: :// */
#define HOW_DOT    8u      /* the name goes on: password.encode( */

#define QUOTES_MAX  4

static bool
is_quote(uint32_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

static bool
is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_operator(uint32_t c)
{
    return c == '=' || c == ':' || c == '>' || c == ',' || c == '|'
           || c == '(' || c == '?';
}

/* Also letters that have no symbol of their own. */
static bool
is_name(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
           || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-'
           || c == ' ' || c == '\t';
}

/* A name that ends so has no secret as its value: keyType, api_version,
   key-sha256. */
static bool
is_about(uint32_t tail)
{
    static const char  ends[][5] = {
        "name", "type", "sion", "path", "size", "ngth", "file", "hash",
        "ment", "_url", "_len", "a256", "a512"
    };

    if (tail == ((uint32_t) 'o' << 8 | 'r')) {
        return true;                  /* accessor, author: the whole rest */
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const uint8_t *const  e = (const uint8_t *) ends[i];

        if (tail == ((uint32_t) e[0] << 24 | (uint32_t) e[1] << 16
                     | (uint32_t) e[2] << 8 | e[3]))
        {
            return true;
        }
    }
    return false;
}

/* Several words may end at one character, or one word stand in two lists
   ("Authorization: Bearer", "Bearer"): all of them are heard, and the operator
   that one of them has brought counts for all. Any character puts assign_n up,
   so that 0 says which they are. */
void
weir_scan_assign_heard(struct weir_scan *s, unsigned context, unsigned own)
{
    const bool  again = s->assign != AT_NONE && s->assign_n == 0;

    if (!again && s->assign != AT_NAME && s->assign != AT_QUOTE) {
        s->assign_contexts[0] = s->assign_contexts[1] = 0;
    }
    s->assign_contexts[context / 64 & 1] |= UINT64_C(1) << context % 64;
    if (again && s->assign == AT_OPERATOR && own == 0) {
        return;
    }
    s->assign = own != 0 ? AT_OPERATOR : AT_NAME;
    s->assign_n = 0;
    s->assign_how = own == 0 ? 0 : own == 1 ? HOW_OWN : HOW_NOW;
    s->assign_tail = 0;
}

/* One character of the operator or of what surrounds it; true: it is none,
   and the value may begin. */
static bool
operator_char(struct weir_scan *s, uint32_t c)
{
    if (c == '(' && (s->assign_how & HOW_DOT) != 0) {
        s->assign = AT_NONE;
        return false;
    }
    if (c == ',' || c == '(' || c == '|') {
        s->assign_how |= HOW_WANTS;
    } else if (is_quote(c)) {
        s->assign_how |= HOW_QUOTE;
    } else if (!is_operator(c) && !is_blank(c) && c != '\\' && c != '*') {
        return true;
    }
    if (++s->assign_n > WEIR_ASSIGN_OPERATOR_CHARS) {
        s->assign = AT_NONE;
    }
    return false;
}

bool
weir_scan_assign_char(struct weir_scan *s, uint32_t c)
{
    bool  value;

    switch (s->assign) {
    case AT_NAME:
        if (is_name(c)) {
            s->assign_how |= c == '.' ? HOW_DOT : 0;
            if (!is_blank(c)) {
                s->assign_tail = s->assign_tail << 8
                                 | (c >= 'A' && c <= 'Z' ? c + 32 : c);
            }
            if (++s->assign_n > WEIR_ASSIGN_NAME_CHARS) {
                s->assign = AT_NONE;
            }
            return false;
        }
        s->assign = is_about(s->assign_tail) ? AT_NONE : AT_QUOTE;
        if (s->assign == AT_NONE) {
            return false;
        }
        s->assign_n = 0;
        /* fall through */
    case AT_QUOTE:
        if (is_quote(c) || is_blank(c) || c == ']' || c == '\\'
            || c == '*')
        {
            if (++s->assign_n > QUOTES_MAX) {
                s->assign = AT_NONE;
            }
            return false;
        }
        if (!is_operator(c)) {
            s->assign = AT_NONE;
            return false;
        }
        s->assign = AT_OPERATOR;
        s->assign_n = 0;
        s->assign_how &= HOW_DOT;
        return operator_char(s, c);
    default:
        if ((s->assign_how & HOW_NOW) == 0 && !operator_char(s, c)) {
            return false;
        }
        value = c > ' ' && c < 0x7f
                && (s->assign_how & (HOW_WANTS | HOW_QUOTE)) != HOW_WANTS;
        s->assign = (s->assign_how & HOW_OWN) != 0 && is_name(c)
                    ? AT_NAME : AT_NONE;
        s->assign_n = 1;
        return value;
    }
}
