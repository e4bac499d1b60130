/*
 * scan_check.c: is a blob a matcher that the scanner may walk? Every offset,
 * every target of every step, and that every chain ends. A snapshot is not
 * trusted before this.
 */
#include "scan/ident_check.h"
#include "scan/scan_layout.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/scan.h"

static bool
part_fits(const struct weir_matcher *m, uint32_t at, uint64_t count,
    size_t item)
{
    return at % 8 == 0 && at >= sizeof(*m) && at <= m->size
           && count <= (m->size - at) / item;
}

static bool
parts_fit(const struct weir_matcher *m)
{
    return part_fits(m, m->index, WEIR_MATCHER_BLOCKS, sizeof(uint16_t))
           && part_fits(m, m->entries, (uint64_t) m->nblocks * 64,
                        sizeof(uint32_t))
           && part_fits(m, m->cells, m->ncells, sizeof(struct weir_cell))
           && part_fits(m, m->cold, m->ncells, sizeof(struct weir_cold))
           && part_fits(m, m->outs, m->nouts, sizeof(struct weir_out))
           && part_fits(m, m->filter, ((uint64_t) m->filter_mask + 1) / 64,
                        sizeof(uint64_t))
           && part_fits(m, m->triples, m->ntriples, sizeof(uint64_t))
           && part_fits(m, m->words, (uint64_t) m->nwords * WEIR_WORD_COLS,
                        sizeof(uint16_t))
           && part_fits(m, m->word_rows, m->nwords, sizeof(struct weir_word))
           && part_fits(m, m->word_of, (uint64_t) m->word_mask + 1,
                        sizeof(uint16_t))
           && part_fits(m, m->letters, 128, 1)
           && part_fits(m, m->idents, m->nidents,
                        sizeof(struct weir_ident_row))
           && part_fits(m, m->loose, m->nrows != 0 ? m->ncells : 0,
                        sizeof(uint16_t))
           && part_fits(m, m->rows, m->nrows, sizeof(struct weir_loose_row))
           && part_fits(m, m->ways, m->nways, sizeof(struct weir_way))
           && part_fits(m, m->nears, m->nnears, sizeof(uint16_t))
           && part_fits(m, m->regexes, m->nregexes,
                        sizeof(struct weir_regex_row))
           && part_fits(m, m->patterns, m->npatterns, 1);
}

static bool
tables_fit(const struct weir_matcher *m)
{
    return part_fits(m, m->columns, WEIR_SYMS, 1)
           && part_fits(m, m->trans, (uint64_t) m->nstates * m->ncols,
                        sizeof(uint16_t))
           && part_fits(m, m->states, m->nstates, sizeof(struct weir_dfa_state))
           && part_fits(m, m->accepts, m->naccepts,
                        sizeof(struct weir_accept))
           && part_fits(m, m->starts, 3 * (uint64_t) m->ncols,
                        sizeof(uint16_t));
}

/* What walks and halves look up. */
static bool
loose_sane(const struct weir_matcher *m)
{
    const uint16_t          *loose = WEIR_PART(m, uint16_t, loose);
    const uint16_t          *nears = WEIR_PART(m, uint16_t, nears);
    const struct weir_cold  *cold = WEIR_PART(m, struct weir_cold, cold);
    uint32_t                 i;

    if (m->nways > WEIR_WAYS_MAX || m->nnears > WEIR_NEARS_MAX
        || m->gap > m->nclasses || (m->nrows != 0 && m->boundary == 0))
    {
        return false;
    }
    for (i = 0; m->nrows != 0 && i < m->ncells; i++) {
        if ((loose[i] & WEIR_LOOSE_ROW) >= m->nrows) {
            return false;
        }
    }
    /* the root is no place of a walk: walks_begin ends there */
    if (m->nrows != 0 && loose[0] != 0) {
        return false;
    }
    for (i = 0; m->nrows != 0 && i <= m->nroot; i++) {
        if (cold[i].fail != 0) {
            return false;
        }
    }
    for (i = 0; i < m->nnears; i++) {
        if (nears[i] > WEIR_NEAR_CHARS_MAX) {
            return false;
        }
    }
    return true;
}

static bool
entries_sane(const struct weir_matcher *m)
{
    const uint16_t  *index = WEIR_PART(m, uint16_t, index);
    const uint32_t  *entries = WEIR_PART(m, uint32_t, entries);
    uint32_t         i;

    for (i = 0; i < WEIR_MATCHER_BLOCKS; i++) {
        if (index[i] >= m->nblocks) {
            return false;
        }
    }
    if (index[1] != index[0] + 1) {
        return false;                 /* ASCII is read as one table */
    }
    for (i = 1; i < WEIR_HAN_COUNT / 64; i++) {
        if (index[WEIR_HAN_FIRST / 64 + i]
            != index[WEIR_HAN_FIRST / 64] + i)
        {
            return false;
        }
    }
    for (i = 0; i < m->nblocks * 64; i++) {
        if ((entries[i] & 0xffff) > m->nclasses
            || (entries[i] >> 16 & 0xff) >= WEIR_SYM_END)
        {
            return false;
        }
    }
    return true;
}

static bool
automaton_sane(const struct weir_matcher *m)
{
    const struct weir_cell  *cells = WEIR_PART(m, struct weir_cell, cells);
    const struct weir_cold  *cold = WEIR_PART(m, struct weir_cold, cold);
    const struct weir_out   *outs = WEIR_PART(m, struct weir_out, outs);
    uint32_t                 i;

    if (m->nclasses >= WEIR_CELL_FREE || m->nroot > m->nclasses
        || m->filter_mask < 63 || (m->filter_mask & (m->filter_mask + 1))
        || (m->ntriples & (m->ntriples - 1)) != 0
        || m->boundary > m->nclasses || m->late > 1 || m->ncells <= m->nclasses
        || m->nouts == 0 || cells[0].base != 0 || cold[0].depth != 0
        || cells[0].info != 0)
    {
        return false;
    }
    for (i = 0; i < m->ncells; i++) {
        /* a failure is nearer to the root: the chain ends; states up to
           nroot fail to the root without looking */
        if (cells[i].base > m->ncells - 1 - m->nclasses
            || cold[i].fail >= m->ncells || cold[i].out >= m->nouts
            || (i > m->nroot && cells[i].check != WEIR_CELL_FREE
                && cold[cold[i].fail].depth >= cold[i].depth)
            || (i > m->nroot && cells[i].check != WEIR_CELL_FREE
                && cells[cold[i].fail].check == WEIR_CELL_FREE
                && cold[i].fail != 0)
            || cold[i].hold_term > cold[i].depth
            || cold[i].hold_allow > cold[i].depth
            || cells[i].info >> WEIR_CELL_HOLD > cold[i].hold_term
            || cold[i].depth > WEIR_TERM_STEPS_MAX)
        {
            return false;
        }
    }
    for (i = 1; i < m->nouts; i++) {
        if (outs[i].next >= i || outs[i].kind > WEIR_OUT_PLACE
            || outs[i].steps == 0 || outs[i].steps > WEIR_TERM_STEPS_MAX
            || outs[i].score > 1000 || outs[i].late > m->late
            || outs[i].loose > m->nways
            || outs[i].chars > outs[i].steps || outs[i].chars == 0
            || outs[i].context >= (outs[i].kind == WEIR_OUT_NEAR_A
                                   || outs[i].kind == WEIR_OUT_NEAR_B
                                   ? m->nnears
                                   : WEIR_CONTEXTS_MAX + 1u))
        {
            return false;
        }
    }
    return true;
}

/* Rows are of states, steps lead to rows, and a search for a row ends. */
static bool
words_sane(const struct weir_matcher *m)
{
    const uint16_t          *next = WEIR_PART(m, uint16_t, words);
    const uint16_t          *of = WEIR_PART(m, uint16_t, word_of);
    const uint8_t           *letters = WEIR_PART(m, uint8_t, letters);
    const struct weir_word  *rows = WEIR_PART(m, struct weir_word, word_rows);
    bool                     free_place = false;
    uint32_t                 i;

    if (m->nwords <= WEIR_WORD_ROOT || m->nwords > WEIR_WORDS_MAX
        || (m->word_mask & (m->word_mask + 1)) != 0)
    {
        return false;
    }
    for (i = 0; i < m->nwords * WEIR_WORD_COLS; i++) {
        if (next[i] >= m->nwords || (i < WEIR_WORD_COLS && next[i] != 0)) {
            return false;
        }
    }
    for (i = 0; i < m->nwords; i++) {
        if (rows[i].state >= m->ncells
            || rows[i].depth > WEIR_TERM_STEPS_MAX)
        {
            return false;
        }
    }
    for (i = 0; i <= m->word_mask; i++) {
        free_place |= of[i] == 0;
        if (of[i] >= m->nwords) {
            return false;
        }
    }
    for (i = 0; i < 128; i++) {
        if (letters[i] >= WEIR_WORD_COLS) {
            return false;
        }
    }
    return free_place;
}

static bool
tables_sane(const struct weir_matcher *m)
{
    const uint8_t             *columns = WEIR_TABLE(m, uint8_t, columns);
    const uint16_t            *trans = WEIR_TABLE(m, uint16_t, trans);
    const uint16_t            *starts = WEIR_TABLE(m, uint16_t, starts);
    const struct weir_dfa_state   *states = WEIR_TABLE(m, struct weir_dfa_state,
                                                  states);
    const struct weir_accept  *accepts = WEIR_TABLE(m, struct weir_accept,
                                                   accepts);
    uint32_t                   i;

    if (m->ncols == 0 || m->ncols > WEIR_SYMS || m->nstates == 0
        || m->nstates > 65535)
    {
        return false;
    }
    for (i = 0; i < WEIR_SYMS; i++) {
        if (columns[i] >= m->ncols) {
            return false;
        }
    }
    for (i = 0; i < m->nstates * m->ncols; i++) {
        if (trans[i] >= m->nstates || (i < m->ncols && trans[i] != 0)) {
            return false;
        }
    }
    for (i = 0; i < 3 * m->ncols; i++) {
        if (starts[i] >= m->nstates) {
            return false;
        }
    }
    for (i = 0; i < m->nstates; i++) {
        if (states[i].accept + (uint32_t) states[i].naccepts > m->naccepts
            || (i < m->nquiet && states[i].naccepts != 0))
        {
            return false;
        }
    }
    for (i = 0; i < m->naccepts; i++) {
        if (accepts[i].kind == 0 || accepts[i].kind >= WEIR_IDENT_COUNT
            || accepts[i].check == 0 || accepts[i].check >= WEIR_CHECK_COUNT
            || accepts[i].back > 2)
        {
            return false;
        }
    }
    return true;
}

static bool
idents_sane(const struct weir_matcher *m)
{
    const struct weir_ident_row  *rows = WEIR_PART(m, struct weir_ident_row,
                                                   idents);

    for (uint32_t i = 0; i < m->nidents; i++) {
        if (rows[i].kind == 0 || rows[i].kind >= WEIR_IDENT_COUNT
            || rows[i].context > WEIR_CONTEXTS_MAX)
        {
            return false;
        }
    }
    return true;
}

/* Bounds only: whether it is a regex is for weir_patterns_open to say. */
static bool
regexes_sane(const struct weir_matcher *m)
{
    const struct weir_regex_row  *rows = WEIR_PART(m, struct weir_regex_row,
                                                   regexes);
    uint32_t                      i;

    if (m->nregexes > WEIR_REGEXES_MAX) {
        return false;
    }
    for (i = 0; i < m->nregexes; i++) {
        if (rows[i].at > m->npatterns
            || rows[i].len > m->npatterns - rows[i].at
            || rows[i].len == 0 || rows[i].len > WEIR_REGEX_BYTES_MAX
            || rows[i].score > 1000 || rows[i].rule >= WEIR_RULES_MAX
            || (rows[i].flags & ~WEIR_REGEX_FLAGS) != 0)
        {
            return false;
        }
    }
    return true;
}

/* Does m take its tables from `owner`, which has its own? */
static bool
takes_from(const struct weir_matcher *m, const struct weir_matcher *owner)
{
    return owner->back == 0
           && m->back == (uint64_t) ((uintptr_t) m - (uintptr_t) owner)
           && m->columns == owner->columns && m->trans == owner->trans
           && m->states == owner->states && m->accepts == owner->accepts
           && m->starts == owner->starts && m->ncols == owner->ncols
           && m->nstates == owner->nstates && m->nquiet == owner->nquiet
           && m->naccepts == owner->naccepts;
}

uint64_t
weir_matcher_back(const void *at, size_t size)
{
    const struct weir_matcher  *m = at;

    return (uintptr_t) at % 8 != 0 || size < sizeof(*m) ? 0 : m->back;
}

int
weir_matcher_check(const void *at, size_t size)
{
    return weir_matcher_check_shared(at, size, NULL);
}

int
weir_matcher_check_shared(const void *at, size_t size,
    const struct weir_matcher *owner)
{
    const struct weir_matcher  *m = at;

    if ((uintptr_t) at % 8 != 0 || size < sizeof(*m)
        || m->magic != WEIR_MATCHER_MAGIC
        || m->version != WEIR_MATCHER_VERSION || m->size != size
        || m->nblocks > WEIR_MATCHER_BLOCKS || m->ncols > WEIR_SYMS
        || m->nstates > 65535)
    {
        return WEIR_E_SNAPSHOT_BAD;
    }
    if (owner != NULL ? !takes_from(m, owner)
                      : m->back != 0 || !tables_fit(m) || !tables_sane(m))
    {
        return WEIR_E_SNAPSHOT_BAD;
    }
    if (!parts_fit(m) || !entries_sane(m) || !automaton_sane(m)
        || !words_sane(m) || !loose_sane(m) || !idents_sane(m)
        || !regexes_sane(m))
    {
        return WEIR_E_SNAPSHOT_BAD;
    }
    return WEIR_OK;
}
