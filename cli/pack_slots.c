/*
 * pack_slots.c: `weir pack check`: the terms that are loaded, by category of
 * GB/T 45654-2025 Annex A, beside the numbers of the standard.
 */
#include "cli/cmd.h"
#include "cli/pack.h"
#include "compile/report.h"
#include "compile/slots.h"
#include "weir/error.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

struct packs {
    struct weir_pack   **at;
    size_t               n, cap;
    struct weir_notes    notes;
    struct weir_pool     pool;
};

static const struct weir_two  says[] = {
    { "The kinds and numbers are from secondary copies of the standard and "
      "have not been compared with the published text. It is recommended, "
      "not mandatory.",
      "类别与数量取自二手来源，尚未与标准正式文本核对；该标准为推荐性标准。" },
    { "Weir ships lists about harm to people only. For the slots marked *, "
      "it neither writes nor ships political or religious word lists: the "
      "operator supplies, updates and answers for them.",
      "Weir 仅附带与人身伤害有关的词表。标*的类别涉及政治或宗教，"
      "Weir 不编写、不附带此类词表，由运营者自行提供、更新并负责。" },
    { "Question banks are not part of packs and are not counted here: the "
      "standard speaks of 2,000 test questions (50 for each of A.1 and A.2, "
      "20 for each other), 500 that must be refused (20 for each of A.1 and "
      "A.2) and 500 that must not.",
      "题库不在规则包中，此处不计：标准要求生成内容测试题库2000题"
      "（A.1、A.2每类50题，其余每类20题）、应拒答题库500题"
      "（A.1、A.2每类20题）、非拒答题库500题。" },
    { "Terms count once each, after folding, in lists that carry a slot and "
      "that a rule looks for.",
      "词条经归一后去重计数，仅计标注类别且有规则使用的词表。" }
};


static int
help(void)
{
    fputs("weir pack check [PACK|FILE...] [--json] [--lang en|zh]\n"
          "\n"
          "Counts the terms of lists that say which category of GB/T\n"
          "45654-2025 Annex A they are for (slots: [gbt45654:A.1-f]) and\n"
          "compares with the standard's numbers: 10,000 in all, 200 for each\n"
          "of A.1, 100 for each of A.2. Without PACK, all shipped packs. FILE\n"
          "is a pack or an Ordinance.\n"
          "按 GB/T 45654-2025 附录A 的31类统计词条，并列出与标准的差距。\n"
          "\n"
          "Exit: 0 all numbers are met, 1 something is missing, 2 failure.\n",
          stdout);
    return 0;
}


static bool
take(struct packs *p, const char *name)
{
    struct weir_pack  *pack;
    size_t             len;
    uint8_t           *text;
    int                rc;

    if (access(name, F_OK) != 0) {
        rc = weir_pack_open(&pack, weir_packs_folder(), name, &p->notes);
    } else {
        text = weir_file_read(name, &len);
        if (text == NULL) {
            weir_notes_add(&p->notes, false, name, 0, 0, "cannot be read");
            return false;
        }
        rc = weir_pack_read(&pack, name, (struct weir_span) { text, len },
                            &p->notes);
        free(text);
    }
    if (rc != WEIR_OK) {
        return false;
    }
    weir_grow(&p->at, p->n, &p->cap, sizeof(*p->at));
    p->at[p->n++] = pack;
    return true;
}


static size_t
missing(const struct weir_slot_counts *c, unsigned s)
{
    return c->terms[s] < weir_slots[s].terms_min
           ? weir_slots[s].terms_min - c->terms[s] : 0;
}


static void
print_slot(const struct weir_slot_counts *c, unsigned s, int zh)
{
    const struct weir_slot  *slot = &weir_slots[s];

    printf("%s%s %6zu", slot->id, slot->operators ? "*" : " ", c->terms[s]);
    if (slot->terms_min > 0) {
        printf(" / %-4u", slot->terms_min);
        if (missing(c, s) > 0) {
            printf(zh ? " 缺%-4zu" : " missing %-4zu", missing(c, s));
        } else {
            printf(zh ? " 达标  " : " met         ");
        }
    } else {
        printf("        %s", zh ? "      " : "            ");
    }
    printf(" %s", zh ? slot->name.zh : slot->name.en);
    if (c->idle[s] > 0) {
        printf(zh ? "（%zu个词表没有规则使用）"
                  : " (%zu lists that no rule looks for)", c->idle[s]);
    }
    printf("\n");
}


static void
print_text(const struct packs *p, const struct weir_slot_counts *c, int zh)
{
    size_t  short_of = 0, filled = 0;

    printf(zh ? "GB/T 45654-2025 附录A 关键词库：%zu个规则包\n\n"
              : "GB/T 45654-2025 Annex A, keyword library: %zu packs\n\n",
           p->n);
    for (unsigned s = 0; s < WEIR_SLOTS; s++) {
        print_slot(c, s, zh);
        short_of += missing(c, s) > 0;
        filled += c->terms[s] > 0;
    }
    printf(zh ? "\n合计%zu / %d条；31类中%zu类有词条；17类中%zu类不足。\n"
              : "\n%zu / %d terms in all; %zu of 31 kinds have terms; %zu of "
                "the 17 with a number fall short of it.\n",
           c->total, WEIR_SLOT_TERMS_MIN, filled, short_of);
    for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++) {
        printf("- %s\n", zh ? says[i].zh : says[i].en);
    }
}


static void
print_json(const struct packs *p, const struct weir_slot_counts *c)
{
    json_t  *slots = json_array(), *packs = json_array(), *out;
    json_t  *notes = json_array();

    for (size_t i = 0; i < p->n; i++) {
        (void) json_array_append_new(packs, json_pack("{s:s, s:s, s:s}",
            "name", p->at[i]->name, "version", p->at[i]->version, "as_of",
            p->at[i]->as_of));
    }
    for (unsigned s = 0; s < WEIR_SLOTS; s++) {
        const struct weir_slot  *slot = &weir_slots[s];

        (void) json_array_append_new(slots, json_pack(
            "{s:s, s:{s:s, s:s}, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "slot",
            slot->id, "name", "en", slot->name.en, "zh", slot->name.zh,
            "terms", (json_int_t) c->terms[s], "terms_min",
            (json_int_t) slot->terms_min, "missing",
            (json_int_t) missing(c, s), "lists", (json_int_t) c->lists[s],
            "idle_lists", (json_int_t) c->idle[s], "questions_min",
            (json_int_t) slot->bank_min, "operator_supplies",
            slot->operators));
    }
    for (size_t i = 0; i < sizeof(says) / sizeof(*says); i++) {
        (void) json_array_append_new(notes, json_pack("{s:s, s:s}", "en",
            says[i].en, "zh", says[i].zh));
    }
    out = json_pack("{s:s, s:b, s:b, s:o, s:I, s:i, s:o, s:{s:i,s:i,s:i},"
                    " s:o}",
        "standard", "GB/T 45654-2025", "verified", 0, "met",
        weir_slots_met(c), "packs", packs, "terms", (json_int_t) c->total,
        "terms_min", WEIR_SLOT_TERMS_MIN, "slots", slots, "question_banks",
        "generated_min", WEIR_SLOT_BANK_MIN, "refuse_min",
        WEIR_SLOT_REFUSE_MIN, "answer_min", WEIR_SLOT_ANSWER_MIN, "notes",
        notes);
    weir_assert(out != NULL);
    (void) json_dumpf(out, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(out);
}


static bool
take_all(struct packs *p, int argc, char **argv)
{
    const char  **names;
    size_t        n;
    bool          some = false, ok = true;

    for (int i = 1; i < argc; i++) {
        if (argv[i] != NULL) {
            some = true;
            ok = take(p, argv[i]) && ok;
        }
    }
    if (!some) {
        n = weir_pack_names(weir_packs_folder(), &p->pool, &names);
        for (size_t i = 0; i < n; i++) {
            ok = take(p, names[i]) && ok;
        }
        ok = ok && n > 0;
    }
    return ok;
}


int
pack_check(int argc, char **argv)
{
    struct packs             p = { 0 };
    struct weir_slot_counts  c;
    bool                     json = false, ok;
    int                      lang = -1, rc = 2;

    if (cmd_wants_help(argc, argv)) {
        return help();
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc
                   && (strcmp(argv[i + 1], "en") == 0
                       || strcmp(argv[i + 1], "zh") == 0))
        {
            lang = argv[i + 1][0] == 'z';
            argv[i++] = NULL;
        } else if (argv[i][0] == '-') {
            return cmd_fail("pack check", "unknown option: %s", argv[i]);
        } else {
            continue;
        }
        argv[i] = NULL;
    }
    ok = take_all(&p, argc, argv);
    weir_notes_print(&p.notes, stderr);
    if (ok) {
        weir_slots_count(p.at, p.n, &c);
        rc = weir_slots_met(&c) ? 0 : 1;
        if (json) {
            print_json(&p, &c);
        } else {
            if (lang != 1) {
                print_text(&p, &c, 0);
            }
            if (lang == -1) {
                printf("\n");
            }
            if (lang != 0) {
                print_text(&p, &c, 1);
            }
        }
    }
    for (size_t i = 0; i < p.n; i++) {
        weir_pack_close(p.at[i]);
    }
    free(p.at);
    weir_pool_release(&p.pool);
    weir_notes_release(&p.notes);
    return rc;
}
