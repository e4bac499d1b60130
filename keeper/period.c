/*
 * period.c: calendar days, months and years, by the C library's time zone
 * data. The keeper computes a boundary a few times a day, so that setting TZ
 * around the call costs nothing that counts.
 */
#include "period.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *const  names[] = { "once", "day", "month", "year" };

static bool  offset_of(const char *zone, long *seconds);


bool
weir_period_by_name(const char *name, enum weir_period *out)
{
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum weir_period) i;
            return true;
        }
    }
    return false;
}


const char *
weir_period_name(enum weir_period p)
{
    return (unsigned) p < 4 ? names[p] : names[0];
}


bool
weir_zone_known(const char *zone)
{
    char  path[256];
    long  seconds;

    if (zone[0] == '\0' || strcmp(zone, "UTC") == 0
        || offset_of(zone, &seconds))
    {
        return true;
    }
    /* A name only: nothing that leads out of the folder. */
    for (const char *p = zone; *p != '\0'; p++) {
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')
              || (*p >= '0' && *p <= '9') || *p == '_' || *p == '-'
              || *p == '+' || (*p == '/' && p != zone)))
        {
            return false;
        }
    }
    return (size_t) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s",
                             zone) < sizeof(path)
           && access(path, R_OK) == 0;
}


uint64_t
weir_period_start(enum weir_period p, const char *zone, uint64_t at_ms,
    uint64_t *next)
{
    char       tz[128];
    long       offset;
    time_t     at = (time_t) (at_ms / 1000), begin, end;
    struct tm  tm, after;

    if (p == WEIR_PERIOD_ONCE) {
        if (next != NULL) {
            *next = UINT64_MAX;
        }
        return 0;
    }
    if (offset_of(zone, &offset)) {
        /* POSIX TZ counts west of Greenwich as positive. */
        snprintf(tz, sizeof(tz), "<ZONE>%c%02ld:%02ld",
                 offset < 0 ? '+' : '-', labs(offset) / 3600,
                 labs(offset) / 60 % 60);
    } else {
        snprintf(tz, sizeof(tz), "%s",
                 weir_zone_known(zone) && zone[0] != '\0' ? zone : "UTC");
    }
    if (setenv("TZ", strcmp(tz, "UTC") == 0 ? "UTC0" : tz, 1) != 0
        || (tzset(), localtime_r(&at, &tm) == NULL))
    {
        memset(&tm, 0, sizeof(tm));
    }
    tm.tm_sec = tm.tm_min = tm.tm_hour = 0;
    tm.tm_isdst = -1;           /* the library decides: clocks change */
    if (p != WEIR_PERIOD_DAY) {
        tm.tm_mday = 1;
    }
    if (p == WEIR_PERIOD_YEAR) {
        tm.tm_mon = 0;
    }
    after = tm;
    after.tm_mday += p == WEIR_PERIOD_DAY;
    after.tm_mon += p == WEIR_PERIOD_MONTH;
    after.tm_year += p == WEIR_PERIOD_YEAR;
    begin = mktime(&tm);
    end = mktime(&after);
    if (next != NULL) {
        *next = (uint64_t) end * 1000;
    }
    return (uint64_t) begin * 1000;
}


/* "+08:00", "-03:30". */
static bool
offset_of(const char *z, long *seconds)
{
    if (strlen(z) != 6 || (z[0] != '+' && z[0] != '-') || z[3] != ':') {
        return false;
    }
    for (int i = 1; i < 6; i++) {
        if (i != 3 && (z[i] < '0' || z[i] > '9')) {
            return false;
        }
    }
    *seconds = ((z[1] - '0') * 10 + z[2] - '0') * 3600L
               + ((z[4] - '0') * 10 + z[5] - '0') * 60L;
    if (*seconds > 14 * 3600 || z[4] > '5') {
        return false;
    }
    if (z[0] == '-') {
        *seconds = -*seconds;
    }
    return true;
}
