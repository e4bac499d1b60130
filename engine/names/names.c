/*
 * names.c: the walk over the text, from left to right: at each place where
 * a name may begin the candidate is scored; a name that is taken is jumped
 * over. What decides on a candidate stands within WEIR_NAMES_BACK before it
 * and WEIR_NAMES_AHEAD behind its begin, so the place where the walk stands
 * is all its state.
 */
#include "names/names_zh.h"

bool
weir_names_is_letter(uint32_t cp)
{
    if (cp < 0x80) {
        return (cp | 0x20) - 'a' < 26 || cp - '0' < 10;
    }
    if (cp < 0xc0 || names_is_han(cp)) {
        return false;
    }
    return (weir_fold(cp) & (WEIR_FOLD_WORD | WEIR_FOLD_VANISH)) != 0;
}

/* A candidate that begins inside this one and is better supplants it. */
static bool
is_supplanted(struct names_text *t, size_t at, size_t end, unsigned score)
{
    size_t other_end;

    for (size_t i = at + 1; i < end && !t->cut; i++) {
        if (names_is_han(t->cp[i]) && weir_names_flags(t->cp[i]) != 0
            && weir_names_zh(t, i, true, &other_end) > score + 60
            && !t->cut)
        {
            return true;
        }
    }
    return false;
}

/* Where the walk goes on, and the name if there is one (score > 0). */
static size_t
step(struct names_text *t, size_t at, unsigned *score)
{
    const uint32_t c = t->cp[at];
    size_t end = at + 1, next = at + 1;

    *score = 0;
    if (names_is_han(c)) {
        *score = weir_names_zh(t, at, true, &end);
        if (*score != 0 && !t->cut && *score < 800
            && is_supplanted(t, at, end, *score))
        {
            *score = 0;
        }
        return *score == 0 ? at + 1 : end;
    }
    *score = weir_names_latin(t, at, &end, &next);
    return *score == 0 ? next : end;
}

/* Does what is written right behind the Han character at `at` show that no
 * name begins there? Half of those that may begin one end here. What is not
 * folded is left to others. */
static inline bool
is_alone(const uint32_t *cp, size_t n, size_t at, unsigned flags)
{
    if (at + 1 >= n) {
        return false;
    }
    const uint32_t c[2] = { cp[at], cp[at + 1] };

    if (!names_is_han(c[1])) {
        return (c[1] > ' ' && c[1] < 0x7f) || c[1] == 0xff0c
            || c[1] == 0x3001 || c[1] == 0x3002;
    }
    if ((flags & (NAMES_SURNAME | NAMES_PREFIX)) != 0
        || fold(c[0]) != c[0] || fold(c[1]) != c[1])
    {
        return false;
    }
    /* a part of a foreign name, or of one of the dictionary */
    return ((flags & NAMES_TRANS) == 0
            || weir_names_char(c[1])->trans > NAMES_TRANS_NEXT)
        && !weir_names_known(c);
}

/* May a name begin here? Cheap: this is asked of every character. */
static inline bool
may_begin(const uint32_t *cp, size_t n, size_t at)
{
    const uint32_t c = cp[at];

    if (c < 0x80) {
        return (c | 0x20) - 'a' < 26
            && (at == 0 || !weir_names_is_letter(cp[at - 1]));
    }
    if (names_is_han(c)) {
        const unsigned flags = weir_names_flags(c);

        return flags != 0 ? !is_alone(cp, n, at, flags)
            : (at > 0 && (cp[at - 1] == 0xff1a || cp[at - 1] == ':'));
    }
    return c >= 0xc0 && weir_names_is_letter(c)
        && (at == 0 || !weir_names_is_letter(cp[at - 1]));
}

size_t
weir_names_find(const uint32_t *cp, size_t n, size_t from, bool last,
                struct weir_name *out, size_t max, size_t *decided)
{
    size_t at = from, count = 0;

    weir_assert(from <= n && max > 0);
    while (at < n) {
        if (!may_begin(cp, n, at)) {
            at++;
            continue;
        }
        struct names_text t = {
            .cp = cp, .n = n, .last = last, .ahead = at + WEIR_NAMES_AHEAD,
            .back = at > WEIR_NAMES_BACK ? at - WEIR_NAMES_BACK : 0,
        };
        unsigned score;
        const size_t next = step(&t, at, &score);

        if (t.cut || (score != 0 && count == max)) {
            *decided = at;
            return count;
        }
        if (score != 0) {
            out[count++] = (struct weir_name) { at, next, score };
        }
        at = next;
    }
    *decided = at;
    return count;
}
