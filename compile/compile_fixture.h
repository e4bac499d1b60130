/*
 * compile_fixture.h: what tests of resources and registers share: texts that
 * are refused, with the sentence and its place; a register that compiles.
 */
#ifndef WEIR_COMPILE_FIXTURE_H
#define WEIR_COMPILE_FIXTURE_H

#include "base/test.h"
#include "compile/compile.h"
#include "compile/url.h"
#include "compile/words.h"
#include "compile/yaml.h"
#include "weir/error.h"
#include "weir/limits.h"
#include "weir/snapshot.h"

#define UP(name, protocol)  "---\nkind: Upstream\nname: " name               \
    "\nurl: http://127.0.0.1:1\nprotocol: " protocol "\n"


__attribute__((unused)) static void
print_notes(const struct weir_notes *n)
{
    for (size_t i = 0; i < n->n; i++) {
        printf("# %s:%u:%u: %s%s\n", n->at[i].file, n->at[i].line,
               n->at[i].column, n->at[i].warning ? "warning: " : "",
               n->at[i].message);
    }
}


/* The notes hold one at that place with that text in it. */
__attribute__((unused)) static bool
noted(const struct weir_notes *n, unsigned line, unsigned column,
    const char *part)
{
    for (size_t i = 0; i < n->n; i++) {
        if (n->at[i].line == line
            && (column == 0 || n->at[i].column == column)
            && strstr(n->at[i].message, part) != NULL)
        {
            return true;
        }
    }
    print_notes(n);
    return false;
}


struct bad_text {
    const char  *name, *text;
    unsigned     line, column;
    const char  *message;
};


__attribute__((unused)) static void
check_bad(const struct bad_text *bad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct weir_resources  r = { 0 };
        struct weir_notes      notes = { 0 };

        CHECK_MSG(weir_resources_read(&r, &notes, "f.yaml",
                  weir_span_of(bad[i].text)) == WEIR_E_BAD_REQUEST,
                  "%s", bad[i].name);
        CHECK_MSG(noted(&notes, bad[i].line, bad[i].column,
                        bad[i].message), "%s", bad[i].name);
        for (size_t k = 0; k < notes.n; k++) {
            CHECK(strstr(notes.at[k].message, "sk-12345678") == NULL);
        }
        weir_resources_release(&r);
        weir_notes_release(&notes);
    }
}


__attribute__((unused)) static int
compile(const char *text, struct weir_buf *out, struct weir_notes *notes,
    const struct weir_key_in *keys, size_t nkeys)
{
    struct weir_resources  r = { 0 };
    struct weir_compile_in in;
    int                    rc;

    rc = weir_resources_read(&r, notes, "r.yaml", weir_span_of(text));
    CHECK(rc == WEIR_OK);
    in = (struct weir_compile_in) {
        .resources = r.at, .nresources = r.n, .keys = keys, .nkeys = nkeys,
        .generation = 42, .now_ms = UINT64_C(1795500000000)
    };
    rc = weir_compile(&in, out, notes);
    weir_resources_release(&r);
    return rc;
}

#endif
