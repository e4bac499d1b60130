/*
 * period_test.c: boundaries of days, months and years. Expected times from
 * `date -u -d ... +%s`.
 */
#include "base/test.h"

#include "period.h"


static void
test_start(void)
{
    static const struct {
        const char       *name;
        enum weir_period  period;
        const char       *zone;
        uint64_t          at, start, next;      /* seconds */
    } cases[] = {
        { "once", WEIR_PERIOD_ONCE, "", 1795501486, 0, 0 },
        { "day utc", WEIR_PERIOD_DAY, "", 1795501486, 1795478400,
          1795564800 },                         /* 2026-11-24T06:24:46 */
        { "first second of a day", WEIR_PERIOD_DAY, "UTC", 1795478400,
          1795478400, 1795564800 },
        { "last second of a day", WEIR_PERIOD_DAY, "UTC", 1795564799,
          1795478400, 1795564800 },
        { "month utc", WEIR_PERIOD_MONTH, "", 1795501486, 1793491200,
          1796083200 },                         /* Nov 1, Dec 1 */
        { "year utc", WEIR_PERIOD_YEAR, "", 1795501486, 1767225600,
          1798761600 },
        { "february of a leap year", WEIR_PERIOD_MONTH, "", 1835400000,
          1832976000, 1835481600 },             /* 2028-02-29 */
        { "day at +08:00", WEIR_PERIOD_DAY, "+08:00", 1795501486,
          1795449600, 1795536000 },             /* from 16:00 UTC */
        { "day before midnight at -03:30", WEIR_PERIOD_DAY, "-03:30",
          1795490000, 1795404600, 1795491000 },
        { "month at +08:00 while UTC is still in the old one",
          WEIR_PERIOD_MONTH, "+08:00", 1796054400, 1796054400, 1798732800 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t        next = 0;
        const uint64_t  start = weir_period_start(cases[i].period,
                                    cases[i].zone, cases[i].at * 1000 + 7,
                                    &next);

        CHECK_MSG(start == cases[i].start * 1000, "%s: start %llu",
                  cases[i].name, (unsigned long long) start);
        CHECK_MSG(cases[i].period == WEIR_PERIOD_ONCE
                  ? next == UINT64_MAX : next == cases[i].next * 1000,
                  "%s: next %llu", cases[i].name, (unsigned long long) next);
    }
}


static void
test_zone(void)
{
    CHECK(weir_zone_known(""));
    CHECK(weir_zone_known("UTC"));
    CHECK(weir_zone_known("+08:00"));
    CHECK(weir_zone_known("-11:30"));
    CHECK(!weir_zone_known("+15:00"));
    CHECK(!weir_zone_known("+08:70"));
    CHECK(!weir_zone_known("8"));
    CHECK(!weir_zone_known("../../etc/passwd"));
    CHECK(!weir_zone_known("/etc/passwd"));
    CHECK(!weir_zone_known("No/Such"));
}


/* The next period begins where this one ends, in every zone and year. */
static void
test_chain(void)
{
    static const char *const  zones[] = { "", "+08:00", "-05:00", "+05:45" };

    for (unsigned z = 0; z < 4; z++) {
        for (unsigned p = WEIR_PERIOD_DAY; p <= WEIR_PERIOD_YEAR; p++) {
            uint64_t  at = UINT64_C(1700000000000), next;

            for (int i = 0; i < 60; i++) {
                const uint64_t  start = weir_period_start(
                                            (enum weir_period) p, zones[z],
                                            at, &next);

                CHECK(start <= at && at < next);
                CHECK(weir_period_start((enum weir_period) p, zones[z],
                                        next - 1, NULL) == start);
                CHECK(weir_period_start((enum weir_period) p, zones[z],
                                        next, NULL) == next);
                at = next + 1;
            }
        }
    }
}


static void
test_names(void)
{
    enum weir_period  p;

    for (unsigned i = 0; i < 4; i++) {
        CHECK(weir_period_by_name(weir_period_name((enum weir_period) i), &p)
              && (unsigned) p == i);
    }
    CHECK(!weir_period_by_name("week", &p));
}


int
main(void)
{
    test_start();
    test_zone();
    test_chain();
    test_names();
    return weir_test_done();
}
