/*
 * snapshot_stub_test.h: what the snapshot room asks of the rooms of the
 * scanner, for its tests, which link neither. Each test has a
 * weir_matcher_check of its own.
 */
#ifndef WEIR_SNAPSHOT_STUB_TEST_H
#define WEIR_SNAPSHOT_STUB_TEST_H

#include "base/test.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/scan.h"


uint64_t
weir_matcher_back(const void *at, size_t size)
{
    return 0;
}


int
weir_matcher_check_shared(const void *at, size_t size,
    const struct weir_matcher *owner)
{
    return WEIR_E_SNAPSHOT_BAD;
}


int
weir_patterns_open(struct weir_patterns **out, const struct weir_matcher *m)
{
    *out = NULL;
    return WEIR_OK;
}


void
weir_patterns_close(struct weir_patterns *p)
{
    CHECK(p == NULL);
}

#endif
