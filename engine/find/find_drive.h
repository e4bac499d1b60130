/* find_drive.h: for tests: regexes as a matcher, a text in any pieces. */
#ifndef WEIR_FIND_DRIVE_H
#define WEIR_FIND_DRIVE_H

#include "find/find_state.h"
#include "scan/scan_drive.h"
#include "weir/error.h"

struct found_all {
    struct weir_found  at[DRIVE_MAX];
    size_t             n;
    bool               overflow;
};

/* As drive() of scan_drive.h, for a finder: each feed gets exactly what it may
   read, and between feeds the finder is packed. */
static inline void
find_drive(const struct weir_matcher *m, struct weir_patterns *p,
    enum weir_coding coding, const uint8_t *text, size_t len,
    uint64_t *seed, struct found_all *out)
{
    const size_t         max = weir_find_pack_max(m);
    struct weir_finder  *f = malloc(weir_find_size(m));
    uint8_t             *packed = malloc(max);
    uint64_t             settled = 0;
    size_t               fed = 0, got;
    bool                 last = false, ok = true;
    int                  rc;

    out->n = 0;
    weir_find_open(f, m, p, coding, 0);
    while (!last) {
        const size_t    more = seed == NULL ? len : *seed == 0 ? 1
                               : weir_test_random(seed) % 40;
        const uint64_t  from = weir_find_keep(f);
        uint8_t        *copy;

        fed = more > len - fed ? len : fed + more;
        last = fed == len && (seed == NULL || *seed == 0
                              || weir_test_random(seed) % 2);
        ok = ok && from <= fed;
        copy = malloc(fed - from);
        memcpy(copy, text + from, fed - from);
        do {
            size_t  room = seed == NULL || *seed == 0 ? DRIVE_MAX - out->n
                           : 1 + weir_test_random(seed) % 3;

            room = room > DRIVE_MAX - out->n ? DRIVE_MAX - out->n : room;
            rc = weir_find_feed(f, copy, from, fed - from, last,
                                out->at + out->n, room, &got);
            for (size_t i = out->n; i < out->n + got; i++) {
                ok = ok && out->at[i].begin >= settled
                     && out->at[i].begin < out->at[i].end
                     && out->at[i].end <= fed
                     && (i == 0 || out->at[i - 1].begin <= out->at[i].begin);
            }
            out->n += got;
        } while (rc == WEIR_MORE && out->n < DRIVE_MAX);
        ok = ok && weir_find_settled(f) >= settled
             && weir_find_settled(f) <= fed
             && weir_find_keep(f) <= fed;
        settled = weir_find_settled(f);
        free(copy);
        if (!last && (seed == NULL || *seed == 0
                      || weir_test_random(seed) % 2))
        {
            const size_t  size = weir_find_pack(f, packed);

            ok = ok && size <= max;
            memset(f, 0xa5, weir_find_size(m));
            weir_find_unpack(f, m, p, packed, size);
            ok = ok && weir_find_settled(f) == settled;
        }
    }
    CHECK(ok);
    out->overflow = weir_find_overflow(f);
    CHECK(settled == len || out->n == DRIVE_MAX || out->overflow);
    free(packed);
    free(f);
}

#endif
