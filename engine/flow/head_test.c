/*
 * head_test.c: which header gives the key, and which of them contradict each
 * other.
 */
#include "base/test.h"
#include "weir/flow.h"


static void
test_heads(void)
{
    static const struct {
        const char  *name;
        const char  *lines[4];      /* name, value, name, value */
        const char  *key, *language, *coding;
        int          rc;
    } cases[] = {
        { "none", { "host", "a" }, "", "", "", WEIR_OK },
        { "bearer", { "authorization", "Bearer wk-1" }, "wk-1", "", "", 0 },
        { "scheme in any case", { "authorization", "bEARER wk-1" },
          "wk-1", "", "", 0 },
        { "more blanks", { "authorization", "Bearer   wk-1" },
          "wk-1", "", "", 0 },
        { "no token", { "authorization", "Bearer " }, "", "", "", 0 },
        { "blanks for a token", { "authorization", "Bearer    " },
          "", "", "", 0 },
        { "another scheme", { "authorization", "Basic eDp5" },
          "", "", "", 0 },
        { "a scheme alike", { "authorization", "Bearerx wk-1" },
          "", "", "", 0 },
        { "x-api-key", { "x-api-key", "wk-1" }, "wk-1", "", "", 0 },
        { "the name whole", { "x-api-keys", "wk-1" }, "", "", "", 0 },
        { "empty", { "x-api-key", "" }, "", "", "", 0 },
        { "both, the same", { "x-api-key", "wk-1", "authorization",
          "Bearer wk-1" }, "wk-1", "", "", 0 },
        { "both, the other order", { "authorization", "Bearer wk-1",
          "x-api-key", "wk-1" }, "wk-1", "", "", 0 },
        { "contradiction", { "x-api-key", "wk-1", "authorization",
          "Bearer wk-2" }, "wk-2", "", "", WEIR_E_BAD_REQUEST },
        { "contradiction by length", { "x-api-key", "wk-1", "x-api-key",
          "wk-12" }, "wk-12", "", "", WEIR_E_BAD_REQUEST },
        { "an empty one contradicts nothing", { "x-api-key", "wk-1",
          "x-api-key", "" }, "wk-1", "", "", 0 },
        { "another scheme contradicts nothing", { "x-api-key", "wk-1",
          "authorization", "Basic eDp5" }, "wk-1", "", "", 0 },
        { "coding", { "content-encoding", "gzip" }, "", "", "gzip", 0 },
        { "two codings", { "content-encoding", "gzip", "content-encoding",
          "br" }, "", "", "br", WEIR_E_BAD_REQUEST },
        { "the last language", { "accept-language", "zh", "accept-language",
          "en" }, "", "en", "", 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_flow_head  head = { 0 };
        int                    rc = WEIR_OK;

        for (unsigned k = 0; k < 4 && cases[i].lines[k] != NULL; k += 2) {
            const char *const  value = cases[i].lines[k + 1];
            const size_t       len = strlen(value);

            if (weir_flow_head_take(&head, weir_span_of(cases[i].lines[k]),
                    (struct weir_span) { weir_test_fenced(value, len), len })
                != WEIR_OK)
            {
                rc = WEIR_E_BAD_REQUEST;
            }
        }
        CHECK_MSG(rc == cases[i].rc && weir_span_is(head.key, cases[i].key)
                  && weir_span_is(head.language, cases[i].language)
                  && weir_span_is(head.coding, cases[i].coding),
                  "%s", cases[i].name);
    }
}


/* What nginx's own refusals mean. */
static void
test_statuses(void)
{
    static const struct { int  status, error; }  cases[] = {
        { 404, WEIR_E_SURFACE }, { 405, WEIR_E_METHOD },
        { 413, WEIR_E_TOO_LARGE }, { 500, WEIR_E_INTERNAL },
        { 502, WEIR_E_UPSTREAM_DOWN }, { 503, WEIR_E_TOO_MANY_CALLS },
        { 504, WEIR_E_UPSTREAM_TIMEOUT }, { 400, WEIR_E_BAD_REQUEST },
        { 414, WEIR_E_BAD_REQUEST }, { -1, WEIR_E_BAD_REQUEST },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_MSG(weir_error_of_status(cases[i].status) == cases[i].error,
                  "%d", cases[i].status);
    }
}


int
main(void)
{
    test_heads();
    test_statuses();
    return weir_test_done();
}
