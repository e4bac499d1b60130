/*
 * frame.h: the journal file, byte by byte. Written by journal.c, read by
 * journal_read.c; frame.c turns records into frames and back.
 *
 *   +---------------+ 0
 *   | file head     |  80 bytes
 *   +---------------+ 80
 *   | frame         |  each begins at a multiple of 8
 *   | frame         |
 *   +---------------+ what is written ends here
 *   | zeros         |  space claimed ahead; gone after an orderly close
 *   +---------------+
 *
 * Little endian. A file has one writer, which only appends; the name is
 * <start_ms>-<pid>-<seq>.wj (start_ms of 13 digits, seq of 6), so that names
 * sort by time. It appears under its name with its head and its lock.
 *
 * File head:
 *
 *    0  magic "WEIRJNL\x1a"
 *    8  u32  version, 1
 *   12  u32  bytes of the head, 80
 *   16  16   node: of this machine, a digest
 *   32  16   boot: /proc/sys/kernel/random/boot_id as bytes
 *   48  u64  start_ms: Unix time of the file's creation
 *   56  u64  start of the process, clock ticks since boot (proc(5) stat, 22)
 *   64  u32  pid
 *   68  u32  seq: files of this process, from 0
 *   72  u32  zero
 *   76  u32  CRC-32C of bytes 0 to 75
 *
 * Frame head:
 *
 *    0  u32  length of the whole frame: a multiple of 8, at most
 *            WEIR_FRAME_BYTES_MAX; 0 means that nothing is written from here
 *    4  u32  CRC-32C of the frame's own offset in the file (u64), bytes 0 to
 *            3, and bytes 8 to length: a frame is valid in its place only, so
 *            that bytes that look like one inside a string are none
 *    8  u8   kind: enum weir_frame_kind
 *    9  u8   flags: 1 = a string was longer than 255 bytes and was cut
 *   10  u16  zero
 *   12  u32  used: bytes up to the padding; length is this rounded up to 8
 *
 * Begin, from byte 16:             End, from byte 16:
 *
 *   16  16   call id                 16  16   call id
 *   32  u64  at_ms                   32  u64  at_ms
 *   40  u64  generation              40  u64  first_byte_ms
 *   48  i64  reserved                48  i64  charged
 *   56  u32  grant_slot              56  i64  input_tokens
 *   60  u8   protocol                64  i64  output_tokens
 *   61  u8   stream                  72  u64  request_bytes
 *   62  u16  zero                    80  u64  answer_bytes
 *   64  strings: scenario, key_id,   88  u64  held_max
 *       model, upstream, fund,       96  u32  grant_slot
 *       unit                        100  u32  hits_dropped
 *       then, or not at all (no     104  u16  status
 *       tool is called; and files   106  i16  error
 *       before it), string: tool    108  u8   ending
 *                                   109  u8   usage; bit 7: translated
 * A string is one byte of length    110  u8   request_scanned
 * and its bytes. Behind the last    111  u8   answer_scanned
 * zeros pad to a multiple of 8.
 *                                   112  u8   action
 *                                   113  u8   hits, 0 to 32
 *                                   114  u16  attempt
 *                                   116  32   request_hash
 *                                   148  string: decided
 *                                        hits: u32 count, u8 action,
 *                                        u8 answer, string rule
 *                                   then, or not at all (files before there
 *                                        were fallbacks; and when nothing
 *                                        changed), strings: model, upstream
 */
#ifndef WEIR_JOURNAL_FRAME_H
#define WEIR_JOURNAL_FRAME_H

#include "weir/journal.h"

#define WEIR_JOURNAL_MAGIC     "WEIRJNL\x1a"
#define WEIR_JOURNAL_VERSION   1u
#define WEIR_JOURNAL_HEAD      80u
#define WEIR_JOURNAL_STRING    255u   /* rule ids are pack/rule: at most 241
                                         of WEIR_NAME_BYTES_MAX each */
#define WEIR_FRAME_HEAD        16u
#define WEIR_FRAME_CUT         1u     /* flag */

#define WEIR_FRAME_ALIGN(n)    (((n) + 7u) & ~7u)
#define WEIR_BEGIN_STRINGS     6u     /* and one more that may be missing */
#define WEIR_BEGIN_FIXED       64u
#define WEIR_END_FIXED         148u
#define WEIR_HIT_FIXED         6u

/* The largest frames of each kind: 1,856 and 9,304 bytes. */
#define WEIR_BEGIN_BYTES_MAX                                                  \
    WEIR_FRAME_ALIGN(WEIR_BEGIN_FIXED                                         \
                     + (WEIR_BEGIN_STRINGS + 1) * (1 + WEIR_JOURNAL_STRING))
#define WEIR_END_BYTES_MAX                                                    \
    WEIR_FRAME_ALIGN(WEIR_END_FIXED + 1 + WEIR_JOURNAL_STRING                 \
                     + WEIR_HITS_MAX * (WEIR_HIT_FIXED + 1                    \
                                        + WEIR_JOURNAL_STRING)                \
                     + 2 * (1 + WEIR_JOURNAL_STRING))

static_assert(WEIR_BEGIN_BYTES_MAX <= WEIR_FRAME_BYTES_MAX, "begin fits");
static_assert(WEIR_END_BYTES_MAX <= WEIR_FRAME_BYTES_MAX, "end fits");
static_assert(WEIR_HITS_MAX <= 255, "their number is one byte");

struct weir_journal_head {
    uint8_t   node[16];
    uint8_t   boot[16];
    uint64_t  start_ms;
    uint64_t  process_start;
    uint32_t  pid;
    uint32_t  seq;
};

void weir_head_encode(uint8_t out[WEIR_JOURNAL_HEAD],
    const struct weir_journal_head *h);
/* WEIR_OK, or CORRUPT: not ours, damaged or of another version. */
WEIR_CHECKED int weir_head_decode(const uint8_t in[WEIR_JOURNAL_HEAD],
    struct weir_journal_head *h);

/* The frame for offset `at` into `out` (WEIR_..._BYTES_MAX bytes); its
   length. Strings beyond 255 bytes are cut at a character, hits beyond
   WEIR_HITS_MAX are counted as dropped. */
size_t weir_frame_encode_begin(uint8_t *out, uint64_t at,
    const struct weir_begin_record *r);
size_t weir_frame_encode_end(uint8_t *out, uint64_t at,
    const struct weir_end_record *r);

/* The length that the head at `p` claims, 0 when it cannot be a frame;
   WEIR_FRAME_HEAD bytes are read. */
uint32_t weir_frame_length(const uint8_t *p);
/* Whether its checksum holds at offset `at`; weir_frame_length bytes. */
bool weir_frame_valid(const uint8_t *p, uint64_t at);
/* Fill f->begin or f->end; spans point into p. False when the frame breaks
   the rules above though its checksum holds. */
WEIR_CHECKED bool weir_frame_decode(const uint8_t *p, struct weir_frame *f);

#endif
