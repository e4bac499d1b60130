/*
 * snapshot_check.h: the structural checks of an opened snapshot; used by
 * snapshot.c only.
 */
#ifndef WEIR_SNAPSHOT_CHECK_H
#define WEIR_SNAPSHOT_CHECK_H

#include "weir/snapshot.h"

/* Size of one record of a section; 1 for STRINGS and MATCHERS. */
size_t weir_snap_record_size(enum weir_snap_kind kind);

/* Every string, index, range and enumeration of *snap, whose sections are
   already known to lie inside the file. O(size). */
bool weir_snap_sane(const struct weir_snapshot *snap);

#endif
