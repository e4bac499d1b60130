/*
 * compile_packs.c: packs without a register.
 */
#include "compile/compile.h"
#include "weir/error.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>


int
weir_compile_packs(const char *packs, const char *const *names, size_t n,
    struct weir_buf *out, struct weir_notes *notes)
{
    static char             name[] = "packs";
    struct weir_resource    scenario = {
        .kind = WEIR_KIND_SCENARIO, .name = name
    };
    struct weir_compile_in  in = {
        .resources = &scenario, .nresources = 1, .packs = packs,
        .generation = 1
    };
    json_t                 *list = json_array();
    json_t                 *doc;
    int                     rc;

    for (size_t i = 0; i < n; i++) {
        (void) json_array_append_new(list, json_string(names[i]));
    }
    doc = json_pack("{s:s, s:s, s:o}", "name", name, "state", "draft",
                    "ordinances", list);
    scenario.json = json_dumps(doc, JSON_SORT_KEYS | JSON_COMPACT);
    json_decref(doc);
    if (scenario.json == NULL) {
        return WEIR_E_NO_MEMORY;
    }
    rc = weir_compile(&in, out, notes);
    free(scenario.json);
    return rc;
}
