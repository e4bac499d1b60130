/*
 * breaker_layout.h: the part of the account file that knows which upstreams
 * are in service.
 *
 *   +--------------------------+ WEIR_ACCOUNT_BREAKERS_AT
 *   | weir_breaker_cell        |  WEIR_BREAKERS_MAX of 256 bytes: a hash table
 *   +--------------------------+ the end of the file
 *
 * A cell is taken by who needs it first, within WEIR_BREAKER_REACH places of
 * its hash; when all of them are taken, the one that was asked longest ago and
 * is closed goes. It never becomes free again, so that a search may stop at
 * the first that was never taken.
 *
 * Readers take no lock: they load single words, each of which is right alone.
 * Writers hold the lock of the file, but for `asked`. A death between two
 * stores leaves a breaker that opens or closes one failure too early or too
 * late, never one that stays: `open_ms` and `down_ms` are times that pass.
 */
#ifndef WEIR_BREAKER_LAYOUT_H
#define WEIR_BREAKER_LAYOUT_H

#include "weir/base.h"
#include "weir/limits.h"

#define WEIR_BREAKER_REACH  32u

struct weir_breaker_cell {         /* 256 bytes */
    uint8_t   id[16];              /* all zero: never taken */
    uint64_t  open_ms;             /* out until then, half open after it;
                                      0: closed */
    uint64_t  wait_ms;             /* told to come back then */
    uint64_t  asked_ms;            /* the last time */
    uint16_t  failures;            /* in a row, at most ..._FAILURES_MAX */
    uint16_t  checks_well;         /* in a row, at most ..._CHECKS_MAX */
    uint16_t  next;                /* where the next one goes in failed_ms */
    uint16_t  checks_failed;       /* in a row, at most ..._CHECKS_MAX */
    uint64_t  failed_ms[WEIR_BREAKER_FAILURES_MAX];
    uint64_t  asked;               /* counts since boot */
    uint64_t  failed;
    uint64_t  limited;
    uint64_t  opened;
    uint64_t  check_ms;            /* the next one is due */
    uint64_t  down_ms;             /* out until then by checks, each of which
                                      says it anew; 0: not */
};

static_assert(sizeof(struct weir_breaker_cell) == 256, "layout");

#endif
