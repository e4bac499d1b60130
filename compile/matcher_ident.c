/*
 * matcher_ident.c: identifier shapes -> one DFA.
 *
 * Each shape becomes a Thompson NFA; its end leads through the characters
 * that must follow (ahead1, ahead2) to accepting nodes that know how many
 * of them to give back. There is one start state for each set of shapes
 * that may begin after a given character. Subsets of NFA nodes are the
 * states; those that reach no accept are state 0.
 */
#include "compile/matcher_parts.h"

#include <stdlib.h>

#define NODES_MAX   40000
#define STATES_MAX  60000

static const struct matcher_shape_table  *const tables[] = {
    &matcher_shapes_common,
    &matcher_shapes_secret,
    &matcher_shapes_id,
};

static unsigned
shapes_count(void)
{
    size_t    n = 0;
    unsigned  t;

    for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        n += tables[t]->count;
    }
    return (unsigned) n;
}

static const struct matcher_shape *
shape_at(unsigned i)
{
    unsigned  t = 0;

    while (i >= tables[t]->count) {
        i -= (unsigned) tables[t++]->count;
    }
    return &tables[t]->shapes[i];
}

struct set {
    uint64_t  bits[4];
};

struct node {
    int         eps[2];      /* -1: none */
    int         to;          /* by a symbol of set */
    struct set  set;
    int         accept;      /* shape * 3 + back, or -1 */
};

struct nfa {
    struct node  *nodes;
    int           nnodes;
    bool          failed;
};

struct frag {
    int  begin, end;
};

static bool
set_has(const struct set *s, unsigned sym)
{
    return s->bits[sym >> 6] >> (sym & 63) & 1;
}

static void
set_add(struct set *s, unsigned from, unsigned to)
{
    for (; from <= to; from++) {
        s->bits[from >> 6] |= UINT64_C(1) << (from & 63);
    }
}

static int
node_new(struct nfa *n)
{
    if (n->nnodes == NODES_MAX) {
        n->failed = true;
        return 0;
    }
    n->nodes[n->nnodes] = (struct node) { { -1, -1 }, -1,
                                          { { 0, 0, 0, 0 } }, -1 };
    return n->nnodes++;
}

static void
node_eps(struct nfa *n, int from, int to)
{
    int  *e = n->nodes[from].eps;

    e[e[0] < 0 ? 0 : 1] = to;
}

static unsigned
parse_char(const char **p)
{
    const char  c = *(*p)++;

    if ((c & 0xf0) == 0xe0) {
        const uint32_t  point = (uint32_t) (c & 15) << 12
                                | (uint32_t) ((*p)[0] & 63) << 6
                                | (uint32_t) ((*p)[1] & 63);
        const uint8_t   own = weir_fold_sym(weir_fold(point));

        *p += 2;
        return own != 0 ? own : matcher_han_sym(point);
    }
    if (c != '\\') {
        return (unsigned char) c;
    }
    switch (*(*p)++) {
    case 'p': return WEIR_SYM_PROVINCE;
    case 'e': return WEIR_SYM_PLATEEND;
    case 'm': return WEIR_SYM_DOT;
    case 'y': return WEIR_SYM_YEAR;
    case 'o': return WEIR_SYM_MONTH;
    case 'd': return WEIR_SYM_DAY;
    case 'h': return WEIR_SYM_NUMBER;
    case '$': return WEIR_SYM_END;
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return (unsigned char) (*p)[-1];
    }
}

/* \c: digits in Chinese. */
static bool
parse_group(const char **p, struct set *s)
{
    if (**p != '\\' || (*p)[1] != 'c') {
        return false;
    }
    set_add(s, WEIR_SYM_DIGIT, WEIR_SYM_DIGIT + 10);
    *p += 2;
    return true;
}

static struct set
parse_class(const char **p, char end)
{
    struct set  s = { { 0, 0, 0, 0 } };
    const bool  negate = **p == '^';
    unsigned    a, b;

    *p += negate;
    while (**p != end) {
        if (parse_group(p, &s)) {
            continue;
        }
        a = b = parse_char(p);
        if (**p == '-' && (*p)[1] != end) {
            (*p)++;
            b = parse_char(p);
        }
        set_add(&s, a, b);
    }
    *p += **p != '\0';
    if (negate) {
        s.bits[0] = ~s.bits[0];
        s.bits[1] = ~s.bits[1];
        s.bits[2] = ~s.bits[2];
        s.bits[3] = ~s.bits[3];
    }
    return s;
}

static struct frag parse_alt(struct nfa *n, const char **p);

static struct frag
parse_atom(struct nfa *n, const char **p)
{
    struct frag  f;
    struct set   s = { { 0, 0, 0, 0 } };
    unsigned     c;

    if (**p == '(') {
        (*p)++;
        f = parse_alt(n, p);
        (*p)++;
        return f;
    }
    if (parse_group(p, &s)) {
        /* a set of its own */
    } else if (**p == '[') {
        (*p)++;
        s = parse_class(p, ']');
    } else {
        c = parse_char(p);
        set_add(&s, c, c);
    }
    f.begin = node_new(n);
    f.end = node_new(n);
    n->nodes[f.begin].set = s;
    n->nodes[f.begin].to = f.end;
    return f;
}

static unsigned
parse_number(const char **p)
{
    unsigned  v = 0;

    while (**p >= '0' && **p <= '9') {
        v = v * 10 + (unsigned) (*(*p)++ - '0');
    }
    return v;
}

static void
parse_repeat(const char **p, unsigned *min, unsigned *max)
{
    *min = *max = 1;
    switch (**p) {
    case '?': *min = 0; (*p)++; return;
    case '*': *min = 0; *max = 0; (*p)++; return;
    case '+': *max = 0; (*p)++; return;
    case '{':
        (*p)++;
        *min = *max = parse_number(p);
        if (**p == ',') {
            (*p)++;
            *max = **p == '}' ? 0 : parse_number(p);
        }
        (*p)++;
    }
}

/* An atom as often as it says: the copies in a row; those that may be left
   out are left together, so that a state knows how many it has seen. */
static struct frag
parse_piece(struct nfa *n, const char **p)
{
    const char   *atom = *p, *after;
    struct frag   first = parse_atom(n, p), f = first, whole;
    unsigned      min, max, i;

    after = *p;
    parse_repeat(p, &min, &max);
    if (min == 1 && max == 1) {
        return first;
    }
    whole.begin = node_new(n);
    whole.end = node_new(n);
    node_eps(n, whole.begin, first.begin);
    if (min == 0) {
        node_eps(n, whole.begin, whole.end);
    }
    for (i = 1; i < (max == 0 ? (min == 0 ? 1 : min) : max); i++) {
        struct frag  g;

        after = atom;
        g = parse_atom(n, &after);
        if (i >= min) {
            const int  skip = node_new(n);

            node_eps(n, f.end, skip);
            node_eps(n, skip, whole.end);
            node_eps(n, skip, g.begin);
        } else {
            node_eps(n, f.end, g.begin);
        }
        f = g;
    }
    if (max == 0) {
        const int  again = node_new(n);

        node_eps(n, f.end, again);
        node_eps(n, again, f.begin);
        node_eps(n, again, whole.end);
    } else {
        node_eps(n, f.end, whole.end);
    }
    return whole;
}

static struct frag
parse_alt(struct nfa *n, const char **p)
{
    struct frag  all = { node_new(n), node_new(n) };
    int          fork = all.begin;

    for (;;) {
        int  at = node_new(n), next;

        node_eps(n, fork, at);
        while (**p != '|' && **p != ')' && **p != '\0') {
            const struct frag  f = parse_piece(n, p);

            node_eps(n, at, f.begin);
            at = node_new(n);
            node_eps(n, f.end, at);
        }
        node_eps(n, at, all.end);
        if (**p != '|') {
            return all;
        }
        (*p)++;
        next = node_new(n);
        node_eps(n, fork, next);
        fork = next;
    }
}

static int
ahead(struct nfa *n, int from, const char *text, unsigned shape,
    unsigned back)
{
    int  end = from;

    if (text != NULL) {
        const char         *p = text;
        const struct frag   f = parse_alt(n, &p);

        node_eps(n, from, f.begin);
        end = f.end;
    }
    n->nodes[end].accept = (int) (shape * 3 + back);
    return end;
}

/* The node where shape i begins. */
static int
shape_parse(struct nfa *n, unsigned i)
{
    const struct matcher_shape  *s = shape_at(i);
    const char                  *p = s->body;
    const struct frag            f = parse_alt(n, &p);
    const int                    fork1 = node_new(n), fork2 = node_new(n);

    node_eps(n, f.end, fork1);
    node_eps(n, f.end, fork2);
    if (s->ahead1 == NULL) {
        ahead(n, fork1, NULL, i, 0);
        return f.begin;
    }
    ahead(n, fork1, s->ahead1, i, 1);
    if (s->ahead2 != NULL) {
        ahead(n, fork2, s->ahead2, i, 2);
    }
    return f.begin;
}

/* The subset construction. */
struct builder {
    struct nfa           nfa;
    struct matcher_dfa  *d;
    int                 *lists;      /* node lists of the states */
    size_t               nlists, lists_cap;
    uint32_t            *list_at;    /* state -> its list, and its end */
    uint32_t            *hash;       /* open addressing, state + 1 */
    uint32_t             hash_mask;
    uint32_t            *mark;       /* of nodes, by round */
    uint32_t             round;
    int                 *work, *stack;
    int                 *last;           /* stack of the column before */
    bool                 failed;
};

/* work[0..count): closure of the nodes on the stack, only those that
   matter (a symbol or an accept). */
static int
closure(struct builder *b, int nstack)
{
    int  count = 0, i;

    while (nstack > 0) {
        const int           v = b->stack[--nstack];
        const struct node  *n = &b->nfa.nodes[v];

        if (b->mark[v] == b->round) {
            continue;
        }
        b->mark[v] = b->round;
        if (n->to >= 0 || n->accept >= 0) {
            b->work[count++] = v;
        }
        for (i = 0; i < 2; i++) {
            if (n->eps[i] >= 0 && b->mark[n->eps[i]] != b->round) {
                b->stack[nstack++] = n->eps[i];
            }
        }
    }
    return count;
}

static int
by_int(const void *a, const void *b)
{
    return *(const int *) a - *(const int *) b;
}

/* The state of work[0..count). */
static uint32_t
state_of(struct builder *b, int count)
{
    uint64_t  h = 1469598103934665603u;
    uint32_t  slot, s;
    int       i;

    if (count == 0) {
        return 0;
    }
    qsort(b->work, (size_t) count, sizeof(int), by_int);
    for (i = 0; i < count; i++) {
        h = (h ^ (uint64_t) b->work[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    for (slot = (uint32_t) h & b->hash_mask; b->hash[slot] != 0;
         slot = (slot + 1) & b->hash_mask)
    {
        s = b->hash[slot] - 1;
        if (b->list_at[s + 1] - b->list_at[s] == (uint32_t) count
            && memcmp(b->lists + b->list_at[s], b->work,
                      (size_t) count * sizeof(int)) == 0)
        {
            return s;
        }
    }
    s = b->d->nstates;
    if (s + 1 >= STATES_MAX || b->nlists + (size_t) count > b->lists_cap) {
        b->failed = true;
        return 0;
    }
    memcpy(b->lists + b->nlists, b->work, (size_t) count * sizeof(int));
    b->list_at[s] = (uint32_t) b->nlists;
    b->nlists += (size_t) count;
    b->list_at[s + 1] = (uint32_t) b->nlists;
    b->hash[slot] = s + 1;
    b->d->nstates++;
    return s;
}

/* Symbols that no shape tells apart share a column. */
static void
columns_find(struct builder *b)
{
    struct matcher_dfa  *d = b->d;
    unsigned             sym, other;
    int                  i;

    d->ncols = 0;
    for (sym = 0; sym < WEIR_SYMS; sym++) {
        for (other = 0; other < sym; other++) {
            bool  same = true;

            for (i = 0; i < b->nfa.nnodes && same; i++) {
                const struct node  *n = &b->nfa.nodes[i];

                same = n->to < 0 || set_has(&n->set, sym)
                                    == set_has(&n->set, other);
            }
            for (i = 0; i < (int) shapes_count() && same; i++) {
                const char        *p = shape_at((unsigned) i)->not_after;
                const struct set   s = parse_class(&p, '\0');

                same = set_has(&s, sym) == set_has(&s, other);
            }
            if (same) {
                break;
            }
        }
        d->columns[sym] = (uint8_t) (other < sym ? d->columns[other]
                                                 : d->ncols++);
    }
}

static void
states_expand(struct builder *b)
{
    struct matcher_dfa  *d = b->d;
    unsigned             sym_of[WEIR_SYMS], c;
    uint32_t             s, k;

    for (c = WEIR_SYMS; c-- > 0;) {
        sym_of[d->columns[c]] = c;
    }
    for (s = 1; s < d->nstates && !b->failed; s++) {
        int  nlast = 0;

        for (c = 0; c < d->ncols; c++) {
            uint16_t *const  to = &d->trans[s * d->ncols + c];
            int              nstack = 0;

            for (k = b->list_at[s]; k < b->list_at[s + 1]; k++) {
                const struct node  *n = &b->nfa.nodes[b->lists[k]];

                if (n->to >= 0 && set_has(&n->set, sym_of[c])) {
                    b->stack[nstack++] = n->to;
                }
            }
            /* Four columns of five lead where the one before leads. */
            if (c > 0 && nstack == nlast
                && memcmp(b->stack, b->last, (size_t) nstack * sizeof(int))
                   == 0)
            {
                *to = to[-1];
                continue;
            }
            nlast = nstack;
            memcpy(b->last, b->stack, (size_t) nstack * sizeof(int));
            b->round++;
            *to = nstack == 0 ? 0
                  : (uint16_t) state_of(b, closure(b, nstack));
        }
    }
}

/* States for what may begin after each symbol; set 1 with pseudonyms, set 2
   what begins only as an assigned value. */
static void
starts_build(struct builder *b, const int *begins,
    const struct matcher_kinds *kinds)
{
    struct matcher_dfa  *d = b->d;
    unsigned             set, sym, i;

    for (set = 0; set < 3; set++) {
        for (sym = 0; sym < WEIR_SYMS; sym++) {
            int  nstack = 0;

            b->round++;
            for (i = 0; i < shapes_count(); i++) {
                const char        *p = shape_at(i)->not_after;
                const struct set   not = parse_class(&p, '\0');
                const unsigned     kind = shape_at(i)->kind;

                if (!set_has(&not, sym)
                    && weir_ident_is_assigned(kind) == (set == 2)
                    && (kind == WEIR_IDENT_PSEUDONYM
                        ? set == 1 : matcher_kinds_has(kinds, kind)))
                {
                    b->stack[nstack++] = begins[i];
                }
            }
            d->starts[set * d->ncols + d->columns[sym]] =
                (uint16_t) state_of(b, closure(b, nstack));
        }
    }
}

static int
accepts_collect(struct builder *b)
{
    struct matcher_dfa  *d = b->d;
    uint32_t             s, k;

    d->accepts = malloc(sizeof(struct weir_accept) * (b->nlists + 1));
    d->states = calloc(d->nstates, sizeof(struct weir_dfa_state));
    if (d->accepts == NULL || d->states == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    for (s = 1; s < d->nstates; s++) {
        d->states[s].accept = (uint16_t) d->naccepts;
        for (k = b->list_at[s]; k < b->list_at[s + 1]; k++) {
            const int                    a = b->nfa.nodes[b->lists[k]].accept;
            const struct matcher_shape  *shape;

            if (a >= 0) {
                shape = shape_at((unsigned) a / 3);
                d->accepts[d->naccepts++] = (struct weir_accept) {
                    shape->kind, shape->check, (uint8_t) (a % 3), 0 };
                d->states[s].naccepts++;
            }
        }
        if (d->naccepts > 60000) {
            return WEIR_E_BAD_REQUEST;
        }
    }
    return WEIR_OK;
}

/* Forget states that reach no accept; mark those that reach a long one. */
static void
states_trim(struct builder *b, bool *alive)
{
    struct matcher_dfa  *d = b->d;
    uint32_t             s, c, k;
    bool                 more = true;

    for (s = 1; s < d->nstates; s++) {
        for (k = b->list_at[s]; k < b->list_at[s + 1]; k++) {
            const int  a = b->nfa.nodes[b->lists[k]].accept;

            if (a >= 0) {
                alive[s] = true;
                d->states[s].longer |= shape_at((unsigned) a / 3)->longer;
            }
        }
    }
    while (more) {
        more = false;
        for (s = d->nstates; s-- > 1;) {
            const uint32_t  longer = d->states[s].longer;
            const bool      was = alive[s];

            for (c = 0; c < d->ncols; c++) {
                const uint16_t  t = d->trans[s * d->ncols + c];

                alive[s] |= alive[t];
                d->states[s].longer |= d->states[t].longer;
            }
            more |= alive[s] != was || d->states[s].longer != longer;
        }
    }
    for (s = 0; s < d->nstates * d->ncols; s++) {
        if (!alive[d->trans[s]]) {
            d->trans[s] = 0;
        }
    }
}

/*
 * Renumber: states that are reached and accept nothing first, then those
 * that accept; so the scanner knows by the number alone. States that reach
 * no accept go.
 */
static int
states_order(struct matcher_dfa *d, const bool *alive)
{
    uint16_t *const     to = calloc(d->nstates, sizeof(*to));
    uint16_t           *trans = calloc((size_t) d->nstates * d->ncols,
                                       sizeof(*trans));
    struct weir_dfa_state  *states = calloc(d->nstates, sizeof(*states));
    uint32_t            n = 1, s, c;

    if (to == NULL || trans == NULL || states == NULL) {
        free(to);
        free(trans);
        free(states);
        return WEIR_E_NO_MEMORY;
    }
    for (unsigned accepting = 0; accepting < 2; accepting++) {
        for (s = 1; s < d->nstates; s++) {
            if (alive[s] && (d->states[s].naccepts != 0) == accepting) {
                to[s] = (uint16_t) n++;
            }
        }
        if (!accepting) {
            d->nquiet = n;
        }
    }
    for (s = 1; s < d->nstates; s++) {
        for (c = 0; alive[s] && c < d->ncols; c++) {
            trans[to[s] * d->ncols + c] = to[d->trans[s * d->ncols + c]];
        }
        if (alive[s]) {
            states[to[s]] = d->states[s];
        }
    }
    for (c = 0; c < 3 * d->ncols; c++) {
        d->starts[c] = to[d->starts[c]];
    }
    d->nstates = n;
    free(d->trans);
    free(d->states);
    free(to);
    d->trans = trans;
    d->states = states;
    return WEIR_OK;
}

static bool
is_letter(unsigned sym)
{
    return (sym >= 'a' && sym <= 'z') || (sym >= 'A' && sym <= 'Z');
}

/* begins[] and inner[]. */
static void
begins_find(struct matcher_dfa *d, const uint16_t *trans)
{
    for (unsigned i = 0; i < WEIR_SYMS; i++) {
        d->inner[i] = is_letter(i);
        for (unsigned k = 0; k < 2 * d->ncols; k++) {
            d->begins[i] |= trans[d->starts[k] * d->ncols
                                   + d->columns[i]] != 0;
        }
        for (unsigned k = 0; k < WEIR_SYMS; k++) {
            const unsigned  before = d->columns[k];

            if (is_letter(k)
                && (trans[d->starts[before] * d->ncols
                          + d->columns[i]] != 0
                    || trans[d->starts[d->ncols + before] * d->ncols
                             + d->columns[i]] != 0))
            {
                d->inner[i] = false;
            }
        }
    }
}

static int
dfa_build(struct builder *b, const struct matcher_kinds *kinds)
{
    struct matcher_dfa  *d = b->d;
    int                  begins[WEIR_SHAPES_MAX];
    bool                *alive;
    unsigned             i;
    int                  rc;

    weir_assert(shapes_count() <= WEIR_SHAPES_MAX);
    for (i = 0; i < shapes_count(); i++) {
        const unsigned  kind = shape_at(i)->kind;

        begins[i] = kind == WEIR_IDENT_PSEUDONYM
                    || matcher_kinds_has(kinds, kind)
                    ? shape_parse(&b->nfa, i) : 0;
    }
    columns_find(b);
    d->nstates = 1;
    d->trans = calloc((size_t) STATES_MAX * d->ncols, sizeof(uint16_t));
    alive = calloc(STATES_MAX, sizeof(bool));
    rc = WEIR_E_NO_MEMORY;
    if (d->trans != NULL && alive != NULL && !b->nfa.failed) {
        starts_build(b, begins, kinds);
        states_expand(b);
        rc = b->failed ? WEIR_E_NO_MEMORY : accepts_collect(b);
        if (rc == WEIR_OK) {
            states_trim(b, alive);
            rc = states_order(d, alive);
        }
    }
    free(alive);
    if (rc == WEIR_OK) {
        begins_find(d, d->trans);
    }
    return rc;
}

int
matcher_dfa_build(struct matcher_dfa *d, const struct matcher_kinds *kinds)
{
    struct builder  b = { .d = d, .hash_mask = 0x3ffff,
                          .lists_cap = 8u << 20 };
    int             rc = WEIR_E_NO_MEMORY;

    memset(d, 0, sizeof(*d));
    b.nfa.nodes = malloc(NODES_MAX * sizeof(struct node));
    b.lists = malloc(b.lists_cap * sizeof(int));
    b.list_at = calloc(STATES_MAX + 1, sizeof(uint32_t));
    b.hash = calloc(b.hash_mask + 1, sizeof(uint32_t));
    b.mark = calloc(NODES_MAX, sizeof(uint32_t));
    b.work = malloc(NODES_MAX * sizeof(int));
    b.stack = malloc(4 * NODES_MAX * sizeof(int));
    b.last = malloc(NODES_MAX * sizeof(int));
    if (b.nfa.nodes != NULL && b.lists != NULL && b.list_at != NULL
        && b.hash != NULL && b.mark != NULL && b.work != NULL
        && b.stack != NULL && b.last != NULL)
    {
        rc = dfa_build(&b, kinds);
    }
    free(b.nfa.nodes);
    free(b.lists);
    free(b.list_at);
    free(b.hash);
    free(b.mark);
    free(b.work);
    free(b.stack);
    free(b.last);
    return rc;
}

void
matcher_dfa_of(struct matcher_dfa *d, const struct weir_matcher *m)
{
    memset(d, 0, sizeof(*d));
    d->ncols = m->ncols;
    d->nstates = m->nstates;
    d->nquiet = m->nquiet;
    d->naccepts = m->naccepts;
    memcpy(d->columns, WEIR_TABLE(m, uint8_t, columns), WEIR_SYMS);
    memcpy(d->starts, WEIR_TABLE(m, uint16_t, starts),
           3 * m->ncols * sizeof(uint16_t));
    begins_find(d, WEIR_TABLE(m, uint16_t, trans));
}

void
matcher_dfa_release(struct matcher_dfa *d)
{
    free(d->trans);
    free(d->states);
    free(d->accepts);
    memset(d, 0, sizeof(*d));
}
