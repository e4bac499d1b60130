/*
 * slots.h: the 31 kinds of risk of GB/T 45654-2025 Annex A and the sizes of
 * a keyword library that the standard speaks of; how much of it packs hold.
 *
 * The kinds and figures are from secondary copies of the standard and of
 * TC260-003 with the same list; not compared with the published text.
 */
#ifndef WEIR_SLOTS_H
#define WEIR_SLOTS_H

#include "compile/pack.h"

#define WEIR_SLOTS            31
#define WEIR_SLOT_TERMS_MIN   10000   /* of the whole library */
#define WEIR_SLOT_BANK_MIN    2000    /* questions: generated content */
#define WEIR_SLOT_REFUSE_MIN  500     /* that must be refused, over A.1, A.2 */
#define WEIR_SLOT_ANSWER_MIN  500     /* that must not be refused */
#define WEIR_SLOT_REFUSE_EACH 20

struct weir_slot {
    const char       *id;         /* "A.1-a" */
    struct weir_two   name;
    uint16_t          terms_min;  /* 200 in A.1, 100 in A.2, else 0: the
                                     standard names no number */
    uint16_t          bank_min;   /* questions about it */
    bool              operators;  /* political or religious: no such list is
                                     written or shipped here */
};

extern const struct weir_slot  weir_slots[WEIR_SLOTS];

/* "gbt45654:A.1-a" -> its number, -1: none. */
int weir_slot_by_name(const char *name);

struct weir_slot_counts {
    size_t  terms[WEIR_SLOTS];    /* different ones, after folding */
    size_t  lists[WEIR_SLOTS];
    size_t  idle[WEIR_SLOTS];     /* lists that no rule looks for: not
                                     counted */
    size_t  total;                /* different ones of all slots */
};

/* Lists of the packs that carry a slot and that a rule looks for. */
void weir_slots_count(struct weir_pack *const *packs, size_t npacks,
    struct weir_slot_counts *out);
/* Does it hold all the numbers? */
bool weir_slots_met(const struct weir_slot_counts *c);

#endif
