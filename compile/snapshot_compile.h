/*
 * snapshot_compile.h: the writer of the snapshot file: records are added
 * section by section, then written with their checksums.
 */
#ifndef WEIR_SNAPSHOT_COMPILE_H
#define WEIR_SNAPSHOT_COMPILE_H

#include "compile/compile.h"
#include "snapshot/snapshot_layout.h"

struct weir_snap_writer {
    struct weir_mem  *mem;
    struct weir_buf   section[WEIR_SNAP_KINDS];
    uint32_t          count[WEIR_SNAP_KINDS];
    uint32_t         *seen;          /* by hash: index + 1 in `strings` */
    struct weir_snap_str  *strings;
    size_t            nstrings, cap_strings, cap_seen;
};

WEIR_CHECKED int weir_snap_writer_open(struct weir_snap_writer *w);
void weir_snap_writer_close(struct weir_snap_writer *w);

/* A string, written once however often it is asked for. NULL is "". */
struct weir_snap_str weir_snap_string(struct weir_snap_writer *w,
    const char *s);

/* Append a record; its index. */
uint32_t weir_snap_add(struct weir_snap_writer *w, enum weir_snap_kind kind,
    const void *record, size_t size);

/* The file, behind what `out` holds. NO_MEMORY when it would pass
   WEIR_SNAPSHOT_BYTES_MAX or the bound of `out`. */
WEIR_CHECKED int weir_snap_write(struct weir_snap_writer *w,
    struct weir_buf *out, uint64_t generation, uint64_t built_at_ms);

#endif
