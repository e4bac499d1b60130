/*
 * slots_test.c: slots of lists, and what is counted for them.
 */
#include "base/test.h"
#include "compile/slots.h"
#include "weir/error.h"

#define HEAD  "title: T\nversion: \"1\"\njurisdiction: x\n"                  \
              "as_of: 2026-11-24\nlaw:\n  a: {en: L, zh: 法,"                \
              " verified: true}\n"
#define RULE(id, find)  "- {id: " id ", title: T, law: [a], find: {" find    \
                        "}, action: observe}\n"


static void
test_table(void)
{
    size_t  sum = 0, numbered = 0;

    for (int i = 0; i < WEIR_SLOTS; i++) {
        char  name[32];

        (void) snprintf(name, sizeof(name), "gbt45654:%s", weir_slots[i].id);
        CHECK(weir_slot_by_name(name) == i);
        sum += weir_slots[i].terms_min;
        numbered += weir_slots[i].terms_min > 0;
    }
    CHECK(numbered == 17 && sum == 8 * 200 + 9 * 100);
    CHECK(weir_slot_by_name("A.1-a") < 0);
    CHECK(weir_slot_by_name("gbt45654:A.1-i") < 0);
    CHECK(weir_slot_by_name("gbt45654:A.6-a") < 0);
}


static void
test_count(void)
{
    static const char         one[] = "pack: x/one\n" HEAD
        "lists:\n"
        "  a: {terms: [甲乙, 丙丁, 甲乙], slots: [\"gbt45654:A.1-f\"]}\n"
        "  b: {terms: [戊己], slots: [\"gbt45654:A.1-f\","
        " \"gbt45654:A.4-a\"]}\n"
        "  c: {terms: [庚辛], slots: [\"gbt45654:A.2-e\"]}\n"
        "  d: {terms: [壬癸]}\n"
        "rules:\n" RULE("r", "list: a") RULE("s", "list: d, near: b,"
                                             " within: 3");
    static const char         two[] = "pack: x/two\n" HEAD
        "lists:\n  a: {terms: [丙丁, 新词], slots: [\"gbt45654:A.1-f\"]}\n"
        "rules:\n" RULE("r", "list: a");
    static const char         bad[] = "pack: x/bad\n" HEAD
        "lists:\n  a: {terms: [丙丁], slots: [\"gbt45654:A.9-f\"]}\n"
        "rules:\n" RULE("r", "list: a");
    struct weir_notes         notes = { 0 };
    struct weir_pack         *packs[2], *none;
    struct weir_slot_counts   c;

    CHECK(weir_pack_read(&packs[0], "one.yaml", WEIR_SPAN(one), &notes)
          == WEIR_OK);
    CHECK(weir_pack_read(&packs[1], "two.yaml", WEIR_SPAN(two), &notes)
          == WEIR_OK);
    weir_slots_count(packs, 2, &c);
    CHECK(c.terms[5] == 4 && c.lists[5] == 3);
    CHECK(c.terms[12] == 0 && c.lists[12] == 0 && c.idle[12] == 1);
    CHECK(c.terms[22] == 1 && c.total == 4 && !weir_slots_met(&c));
    weir_pack_close(packs[0]);
    weir_pack_close(packs[1]);

    for (int i = 0; i < WEIR_SLOTS; i++) {
        c.terms[i] = weir_slots[i].terms_min;
    }
    c.total = WEIR_SLOT_TERMS_MIN;
    CHECK(weir_slots_met(&c));
    c.terms[16]--;
    CHECK(!weir_slots_met(&c));
    c.terms[16]++;
    c.total--;
    CHECK(!weir_slots_met(&c));

    CHECK(weir_pack_read(&none, "bad.yaml", WEIR_SPAN(bad), &notes)
          == WEIR_E_BAD_REQUEST);
    CHECK(notes.n > 0 && strstr(notes.at[0].message,
                                 "`gbt45654:A.9-f` is no slot") != NULL);
    weir_notes_release(&notes);
}


int
main(void)
{
    test_table();
    test_count();
    return weir_test_done();
}
