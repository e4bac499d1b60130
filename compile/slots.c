/*
 * slots.c: the kinds of GB/T 45654-2025 Annex A, and what of them packs hold.
 */
#include "compile/slots.h"
#include "compile/import.h"

#define PREFIX  "gbt45654:"

const struct weir_slot  weir_slots[WEIR_SLOTS] = {
    { "A.1-a", { "subversion of state power",
                 "煽动颠覆国家政权、推翻社会主义制度" },
      200, 50, true },
    { "A.1-b", { "national security, interests and image",
                 "危害国家安全和利益、损害国家形象" }, 200, 50, true },
    { "A.1-c", { "secession, unity and social stability",
                 "煽动分裂国家、破坏国家统一和社会稳定" }, 200, 50, true },
    { "A.1-d", { "terrorism, extremism", "宣扬恐怖主义、极端主义" },
      200, 50, true },
    { "A.1-e", { "ethnic hatred", "宣扬民族仇恨" }, 200, 50, true },
    { "A.1-f", { "violence, obscenity", "宣扬暴力、淫秽色情" },
      200, 50, false },
    { "A.1-g", { "false and harmful information", "传播虚假有害信息" },
      200, 50, true },
    { "A.1-h", { "other content that law forbids",
                 "其他法律、行政法规禁止的内容" }, 200, 50, false },
    { "A.2-a", { "discrimination: ethnicity", "民族歧视" }, 100, 50, false },
    { "A.2-b", { "discrimination: belief", "信仰歧视" }, 100, 50, true },
    { "A.2-c", { "discrimination: country", "国别歧视" }, 100, 50, false },
    { "A.2-d", { "discrimination: region", "地域歧视" }, 100, 50, false },
    { "A.2-e", { "discrimination: sex", "性别歧视" }, 100, 50, false },
    { "A.2-f", { "discrimination: age", "年龄歧视" }, 100, 50, false },
    { "A.2-g", { "discrimination: occupation", "职业歧视" }, 100, 50, false },
    { "A.2-h", { "discrimination: health", "健康歧视" }, 100, 50, false },
    { "A.2-i", { "discrimination: other", "其他方面歧视" }, 100, 50, false },
    { "A.3-a", { "intellectual property", "侵犯知识产权" }, 0, 20, false },
    { "A.3-b", { "business ethics", "违反商业道德" }, 0, 20, false },
    { "A.3-c", { "trade secrets", "泄露商业秘密" }, 0, 20, false },
    { "A.3-d", { "monopoly and unfair competition",
                 "利用算法、数据、平台等优势实施垄断和不正当竞争" },
      0, 20, false },
    { "A.3-e", { "other unlawful business", "其他商业违法违规行为" },
      0, 20, false },
    { "A.4-a", { "body and mind of others", "危害他人身心健康" },
      0, 20, false },
    { "A.4-b", { "portrait", "侵犯肖像权" }, 0, 20, false },
    { "A.4-c", { "reputation", "侵犯名誉权" }, 0, 20, false },
    { "A.4-d", { "honour", "侵犯荣誉权" }, 0, 20, false },
    { "A.4-e", { "privacy", "侵犯隐私权" }, 0, 20, false },
    { "A.4-f", { "personal information", "侵犯个人信息权益" },
      0, 20, false },
    { "A.4-g", { "other rights", "侵犯其他合法权益" }, 0, 20, false },
    { "A.5-a", { "inaccurate content", "内容不准确" }, 0, 20, false },
    { "A.5-b", { "unreliable content", "内容不可靠" }, 0, 20, false },
};


int
weir_slot_by_name(const char *name)
{
    if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0) {
        return -1;
    }
    for (int i = 0; i < WEIR_SLOTS; i++) {
        if (strcmp(name + sizeof(PREFIX) - 1, weir_slots[i].id) == 0) {
            return i;
        }
    }
    return -1;
}


static bool
in_use(const struct weir_pack *p, const struct weir_list *list)
{
    for (size_t i = 0; i < p->nrules; i++) {
        const struct weir_rule  *r = &p->rules[i];

        for (size_t k = 0; k < r->nlists; k++) {
            if (r->lists[k] == list) {
                return true;
            }
        }
        for (size_t k = 0; k < r->nnear; k++) {
            if (r->near[k] == list) {
                return true;
            }
        }
    }
    return false;
}


/* Different terms of the lists whose slots are in `mask`. */
static size_t
terms_of(struct weir_pack *const *packs, size_t npacks, uint32_t mask)
{
    struct weir_import  im = { .keep_short = true };
    size_t              n = 0;

    for (size_t i = 0; i < npacks; i++) {
        for (size_t k = 0; k < packs[i]->nlists; k++) {
            const struct weir_list  *list = &packs[i]->lists[k];

            for (size_t t = 0; (list->slots & mask) != 0 && t < list->terms.n
                 && (t > 0 || in_use(packs[i], list)); t++)
            {
                weir_import_add(&im, list->terms.at[t]);
            }
        }
    }
    weir_import_judge(&im, (struct weir_span) { 0 });
    for (size_t i = 0; i < im.nterms; i++) {
        n += im.terms[i].state == WEIR_IMPORT_KEPT;
    }
    weir_import_release(&im);
    return n;
}


void
weir_slots_count(struct weir_pack *const *packs, size_t npacks,
    struct weir_slot_counts *out)
{
    *out = (struct weir_slot_counts) { 0 };
    for (size_t i = 0; i < npacks; i++) {
        for (size_t k = 0; k < packs[i]->nlists; k++) {
            const struct weir_list  *list = &packs[i]->lists[k];
            const bool               use = in_use(packs[i], list);

            for (unsigned s = 0; s < WEIR_SLOTS; s++) {
                if (list->slots & 1u << s) {
                    out->lists[s] += use;
                    out->idle[s] += !use;
                }
            }
        }
    }
    for (unsigned s = 0; s < WEIR_SLOTS; s++) {
        if (out->lists[s] > 0) {
            out->terms[s] = terms_of(packs, npacks, 1u << s);
        }
    }
    out->total = terms_of(packs, npacks, UINT32_MAX);
}


bool
weir_slots_met(const struct weir_slot_counts *c)
{
    for (unsigned s = 0; s < WEIR_SLOTS; s++) {
        if (c->terms[s] < weir_slots[s].terms_min) {
            return false;
        }
    }
    return c->total >= WEIR_SLOT_TERMS_MIN;
}
