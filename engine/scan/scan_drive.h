/* scan_drive.h: for tests: compile a matcher, feed a text in any pieces. */
#ifndef WEIR_SCAN_DRIVE_H
#define WEIR_SCAN_DRIVE_H

#include "base/test.h"
#include "compile/matcher_compile.h"
#include "scan/scan_layout.h"
#include "weir/scan.h"

#define DRIVE_MAX  4096

static int
drive_order(const void *a, const void *b)
{
    const struct weir_found  *x = a, *y = b;

    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return (int) x->rule - (int) y->rule;
}

static inline struct weir_matcher *
drive_compile(const struct weir_matcher_in *in)
{
    struct weir_mem            *mem = weir_mem_open(0);
    struct weir_buf             b;
    struct weir_matcher_error   err;
    void                       *m = NULL;

    weir_buf_init(&b, mem, 256u << 20);
    if (!CHECK_MSG(weir_matcher_compile(in, &b, &err) == WEIR_OK, "compile: "
                   "term %zu: %s", err.term, err.message)
        || posix_memalign(&m, 64, b.len) != 0)
    {
        abort();
    }
    memcpy(m, b.at, b.len);
    CHECK(weir_matcher_check(m, b.len) == WEIR_OK);
    weir_buf_release(&b);
    weir_mem_close(mem);
    return m;
}

/*
 * Feed `text`; seed NULL: whole; *seed 0: byte by byte; else random pieces,
 * in which case found[] is short at random too. Each feed gets exactly what
 * it may read, behind a fence when `fence`. Returns the number of findings.
 */
static inline size_t
drive(const struct weir_matcher *m, enum weir_coding coding, unsigned flags,
    const uint8_t *text, size_t len, uint64_t *seed, bool fence,
    struct weir_found *found)
{
    struct weir_scan  *s = malloc(weir_scan_size());
    uint8_t           *packed = malloc(weir_scan_pack_max());
    size_t             fed = 0, n = 0, got, i;
    uint64_t           settled = 0;
    uint64_t           handed[2] = { 0, 0 };   /* begin of the last one */
    bool               ok = true;
    int                rc;

    weir_scan_open(s, m, coding, flags);
    do {
        size_t    more = seed == NULL ? len : *seed == 0 ? 1
                         : weir_test_random(seed) % 20;
        uint64_t  from = weir_scan_keep(s);
        uint8_t  *copy;
        bool      last;
        size_t    before = n;

        fed = more > len - fed ? len : fed + more;
        last = fed == len && (seed == NULL || *seed == 0
                              || weir_test_random(seed) % 2);
        ok = ok && from <= fed;
        copy = fence ? weir_test_fenced(text + from, fed - from)
                     : memcpy(malloc(fed - from + 1), text + from,
                              fed - from);
        do {
            size_t  room = seed == NULL || *seed == 0 ? DRIVE_MAX - n
                           : 1 + weir_test_random(seed) % 3;

            room = room > DRIVE_MAX - n ? DRIVE_MAX - n : room;
            rc = weir_scan_feed(s, copy, from, fed - from, last, found + n,
                                room, &got);
            for (i = n; i < n + got; i++) {
                uint64_t *const  at = &handed[found[i].late != 0];

                ok = ok && (found[i].late || found[i].begin >= settled)
                     && found[i].begin < found[i].end
                     && found[i].end <= fed && *at <= found[i].begin;
                *at = found[i].begin;
            }
            n += got;
        } while (rc == WEIR_MORE && got > 0 && n < DRIVE_MAX);
        ok = ok && weir_scan_settled(s) >= settled
             && weir_scan_settled(s) <= fed;
        settled = weir_scan_settled(s);
        for (i = before; i < n && rc == WEIR_OK; i++) {
            ok = ok && (found[i].late || found[i].begin < settled);
        }
        if (!fence) {
            free(copy);
        }
        if (last) {
            break;
        }
        if (seed != NULL && *seed != 0 && weir_test_random(seed) % 2) {
            const size_t  size = weir_scan_pack(s, packed);

            ok = ok && size <= weir_scan_pack_max();
            memset(s, 0xa5, weir_scan_size());
            weir_scan_unpack(s, packed, size);
        }
    } while (true);
    CHECK(ok);
    CHECK(settled == len || n == DRIVE_MAX);
    if (m->late) {
        qsort(found, n, sizeof(*found), drive_order);   /* as the oracle */
    }
    free(packed);
    free(s);
    return n;
}

static inline bool
drive_same(const struct weir_found *a, size_t na, const struct weir_found *b,
    size_t nb)
{
    size_t  i;

    if (na != nb) {
        return false;
    }
    for (i = 0; i < na; i++) {
        if (a[i].begin != b[i].begin || a[i].end != b[i].end
            || a[i].rule != b[i].rule || a[i].kind != b[i].kind
            || a[i].score != b[i].score)
        {
            return false;
        }
    }
    return true;
}

/* The text as the inside of a JSON string (level 1 or 2), characters
   escaped at random; its length. */
static inline size_t
drive_encode(const uint8_t *text, size_t len, unsigned level, uint64_t *seed,
    uint8_t *out)
{
    uint8_t  one[DRIVE_MAX * 8];
    size_t   i, n = 0;

    for (i = 0; i < len; i++) {
        const uint8_t  c = text[i];

        if (c == '"' || c == '\\') {
            one[n++] = '\\';
            one[n++] = c;
        } else if (c < 0x20 || (c < 0x80 && weir_test_random(seed) % 4 == 0)) {
            n += (size_t) snprintf((char *) one + n, 7, "\\u%04x", c);
        } else if ((c & 0xf0) == 0xe0 && i + 2 < len
                   && weir_test_random(seed) % 2)
        {
            n += (size_t) snprintf((char *) one + n, 7, "\\u%04X",
                                  (c & 15) << 12 | (text[i + 1] & 63) << 6
                                  | (text[i + 2] & 63));
            i += 2;
        } else {
            one[n++] = c;
        }
    }
    if (level > 1) {
        return drive_encode(one, n, level - 1, seed, out);
    }
    memcpy(out, one, n);
    return n;
}

#endif
