/* register_mcp_test.c: servers of tools: what they must have, and what they
   may not. */
#include "base/test.h"
#include "compile/compile.h"
#include "weir/error.h"
#include "weir/snapshot.h"

#define UP(name, protocol)  "---\nkind: Upstream\nname: " name               \
    "\nurl: http://127.0.0.1:1\nprotocol: " protocol "\n"
#define TOOLS(more)  "kind: Model\nname: t\n" more                            \
                     UP("a", "mcp") UP("b", "mcp") UP("o", "openai")


/* The register of `text` compiled; notes left for the caller. */
static int
compile(const char *text, struct weir_buf *out, struct weir_notes *notes)
{
    struct weir_resources  r = { 0 };
    struct weir_compile_in in;
    int                    rc;

    rc = weir_resources_read(&r, notes, "r.yaml", weir_span_of(text));
    CHECK(rc == WEIR_OK);
    in = (struct weir_compile_in) {
        .resources = r.at, .nresources = r.n,
        .generation = 42, .now_ms = UINT64_C(1795500000000)
    };
    rc = weir_compile(&in, out, notes);
    weir_resources_release(&r);
    return rc;
}


static void
test_mcp(void)
{
    static const struct { const char *text, *says; }  bad[] = {
        { TOOLS("upstreams: [a]\n"), "without `tools`" },
        { TOOLS("upstreams: [a]\ntools: []\n"), "without `tools`" },
        { TOOLS("upstreams: [a, b]\ntools: [x]\n"), "one upstream" },
        { TOOLS("upstreams: [a, o]\ntools: [x]\n"), "one upstream" },
        { TOOLS("upstreams: [a]\ntools: [x]\nfallback: [y]\n---\nkind: Model"
                "\nname: y\nupstreams: [o]\n"), "no fallback" },
        { TOOLS("upstreams: [o]\ntools: [x]\n"), "does not speak mcp" },
        { TOOLS("upstreams: [o]\norigins: [x]\n"), "does not speak mcp" },
        { TOOLS("upstreams: [a]\ntools: [\"x y\"]\n"), "a blank, a quote" },
        { TOOLS("upstreams: [a]\ntools: ['x\"']\n"), "a blank, a quote" },
        { TOOLS("upstreams: [a]\ntools: [\"x\\n*\"]\n"), "a blank, a quote" },
        { TOOLS("upstreams: [a]\ntools: [x]\norigins: ['x\\']\n"),
          "a blank, a quote" },
    };
    static const char         good[] = "kind: Upstream\nname: u\n"
        "url: http://127.0.0.1:1/tools/v1/\nprotocol: mcp\n---\nkind: Model\n"
        "name: t\nupstreams: [u]\ntools: [x, \"y/z\"]\n"
        "price: {unit: CNY, input: 0, output: 0, call: \"0.01\"}\n";
    struct weir_mem          *mem = weir_mem_open(1 << 20);
    struct weir_snapshot      snap;
    struct weir_notes         notes = { 0 };
    struct weir_buf           out;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
        CHECK(compile(bad[i].text, &out, &notes) != WEIR_OK);
        CHECK_MSG(notes.n > 0 && strstr(notes.at[0].message, bad[i].says)
                  != NULL, "%zu: %s", i,
                  notes.n > 0 ? notes.at[0].message : "");
        weir_buf_release(&out);
        weir_notes_release(&notes);
        notes = (struct weir_notes) { 0 };
    }
    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(compile(good, &out, &notes) == WEIR_OK);
    CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK);
    CHECK(strcmp(weir_snap_text(&snap, snap.models[0].tools), "x\ny/z\n")
          == 0);
    CHECK(snap.models[0].origins.len == 0
          && snap.models[0].call_price == 10000);
    CHECK(strcmp(weir_snap_text(&snap, snap.upstreams[0].path), "/tools/v1")
          == 0);
    weir_snapshot_close(&snap);
    weir_buf_release(&out);
    weir_notes_release(&notes);
    weir_mem_close(mem);
}


int
main(void)
{
    test_mcp();
    return weir_test_done();
}
