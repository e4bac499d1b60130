/*
 * period.h: the periods of grants in their time zone.
 */
#ifndef WEIR_PERIOD_H
#define WEIR_PERIOD_H

#include "weir/base.h"
#include "snapshot/snapshot_layout.h"

/* "once", "day", "month", "year"; false if it is none of them. */
bool weir_period_by_name(const char *name, enum weir_period *out);
const char *weir_period_name(enum weir_period p);

/* "", "UTC", an offset "+08:00" or a name of the system's time zone data
   ("Asia/Shanghai"). False: not known here. */
bool weir_zone_known(const char *zone);

/*
 * Start of the period that holds `at_ms` (Unix time, ms), also Unix time;
 * 0 for ONCE. *next (may be NULL): start of the next one, UINT64_MAX for
 * ONCE. An unknown zone counts as UTC. Sets TZ of the process: only for the
 * keeper's one thread.
 */
uint64_t weir_period_start(enum weir_period p, const char *zone,
    uint64_t at_ms, uint64_t *next);

#endif
