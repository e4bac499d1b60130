/*
 * money_test.c: amounts to micro-units and back.
 */
#include "base/test.h"

#include "money.h"
#include "weir/error.h"


static void
test_parse(void)
{
    static const struct { const char *text; weir_micro v; bool ok; } cases[] = {
        { "0", 0, true },
        { "1", 1000000, true },
        { "1000.00", 1000000000, true },
        { "0.000001", 1, true },
        { "0.1", 100000, true },
        { "0.10", 100000, true },
        { "007.5", 7500000, true },
        { "9223372036854.775807", INT64_MAX, true },
        { "9223372036854.775808", 0, false },
        { "99999999999999999999", 0, false },
        { "0.0000001", 0, false },
        { "1.", 0, false },
        { ".5", 0, false },
        { "1.2.3", 0, false },
        { "-1", 0, false },
        { "+1", 0, false },
        { "1e3", 0, false },
        { "1,000", 0, false },
        { " 1", 0, false },
        { "1 ", 0, false },
        { "", 0, false },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t  n = strlen(cases[i].text) + 1;
        weir_micro    v = -1;
        const int     rc = weir_money_parse((const char *)
                               weir_test_fenced(cases[i].text, n), &v);

        CHECK_MSG((rc == WEIR_OK) == cases[i].ok, "parse '%s'",
                  cases[i].text);
        CHECK_MSG(!cases[i].ok || v == cases[i].v, "value of '%s'",
                  cases[i].text);
    }
}


static void
test_text(void)
{
    static const struct { weir_micro v; const char *text; } cases[] = {
        { 0, "0.00" }, { 1, "0.000001" }, { 1000000, "1.00" },
        { 1230000, "1.23" }, { 1234000, "1.234" }, { 10, "0.00001" },
        { INT64_MAX, "9223372036854.775807" },
        { INT64_MIN, "-9223372036854.775808" }, { -500000, "-0.50" },
    };
    uint64_t  seed = 7;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char  out[WEIR_MONEY_TEXT];

        weir_money_text(cases[i].v, out);
        CHECK_MSG(strcmp(out, cases[i].text) == 0, "'%s' for '%s'", out,
                  cases[i].text);
    }
    for (int i = 0; i < 10000; i++) {
        const weir_micro  v = (weir_micro) (weir_test_random(&seed)
                                            >> (1 + i % 60));
        weir_micro        back = -1;
        char              out[WEIR_MONEY_TEXT];

        weir_money_text(v, out);
        CHECK(weir_money_parse(out, &back) == WEIR_OK && back == v);
    }
}


int
main(void)
{
    test_parse();
    test_text();
    return weir_test_done();
}
