/*
 * resources_fuzz.c: any bytes as resources and as a pack. What is taken must
 * come back the same through YAML; what is refused must say why.
 */
#include "compile/compile.h"
#include "compile/pack.h"
#include "weir/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
there_and_back(const struct weir_resource *r, struct weir_mem *mem)
{
    struct weir_resources  again = { 0 };
    struct weir_notes      notes = { 0 };
    struct weir_buf        yaml;

    weir_buf_init(&yaml, mem, 1 << 22);
    weir_assert(weir_resource_yaml(r, &yaml) == WEIR_OK);
    weir_assert(weir_resources_read(&again, &notes, "again",
                                    weir_buf_span(&yaml)) == WEIR_OK);
    weir_assert(again.n == 1 && again.at[0].kind == r->kind);
    weir_assert(strcmp(again.at[0].json, r->json) == 0);
    weir_resources_release(&again);
    weir_notes_release(&notes);
    weir_buf_release(&yaml);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_mem        *mem = weir_mem_open(0);
    struct weir_resources   r = { 0 };
    struct weir_notes       notes = { 0 };
    struct weir_pack       *pack = NULL;
    const struct weir_span  text = { data, size };

    weir_assert(mem != NULL);
    if (weir_resources_read(&r, &notes, "fuzz", text) == WEIR_OK) {
        for (size_t i = 0; i < r.n; i++) {
            there_and_back(&r.at[i], mem);
        }
    } else {
        weir_assert(notes.failed && notes.n > 0);
    }
    weir_resources_release(&r);
    weir_notes_release(&notes);
    if (weir_pack_read(&pack, "fuzz", text, &notes) != WEIR_OK) {
        weir_assert(notes.failed && notes.n > 0);
    }
    weir_pack_close(pack);
    weir_notes_release(&notes);
    weir_mem_close(mem);
    return 0;
}
