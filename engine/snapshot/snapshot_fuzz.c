/*
 * snapshot_fuzz.c: any bytes as a snapshot. The head is made to fit (magic,
 * sizes, checksums), so that the fuzzer works on what lies behind it: the
 * file is refused, or every string and index can be followed.
 */
#include "weir/snapshot.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
follow(const struct weir_snapshot *snap)
{
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_SCENARIOS]; i++) {
        const struct weir_snap_scenario  *sc = &snap->scenarios[i];

        weir_assert(strlen(weir_snap_text(snap, sc->name)) == sc->name.len);
        for (uint32_t k = 0; k < sc->models; k++) {
            const struct weir_snap_model  *m =
                &snap->models[snap->refs[sc->model + k]];
            const struct weir_snap_model  *found =
                weir_snapshot_model(snap, sc, weir_snap_span(snap, m->name));

            weir_assert(found != NULL);
            weir_assert(m->routes > 0 && m->routes <= WEIR_ROUTES_MAX);
            for (uint32_t r = 0; r < m->routes; r++) {
                const uint32_t  u = snap->routes[m->route + r].upstream;

                weir_assert(u < snap->counts[WEIR_SNAP_UPSTREAMS]);
            }
            for (uint32_t b = 0; b < m->fallbacks; b++) {
                weir_assert(snap->refs[m->fallback + b]
                            < snap->counts[WEIR_SNAP_MODELS]);
            }
        }
        weir_assert(sc->request_profile == WEIR_SNAP_NONE
            || snap->profiles[sc->request_profile].rules <= WEIR_RULES_MAX);
    }
    for (uint32_t i = 0; i < snap->counts[WEIR_SNAP_KEYS]; i++) {
        weir_assert(weir_snapshot_key(snap, snap->keys[i].digest)
                    == &snap->keys[i]);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weir_snap_head  head;
    struct weir_snapshot   snap;
    uint8_t               *at;

    if (size < sizeof(head)) {
        return 0;
    }
    at = aligned_alloc(64, (size + 63) / 64 * 64);
    weir_assert(at != NULL);
    memcpy(at, data, size);
    memcpy(&head, at, sizeof(head));
    memcpy(head.magic, WEIR_SNAP_MAGIC, sizeof(head.magic));
    head.version = WEIR_SNAP_VERSION;
    head.sections = WEIR_SNAP_KINDS;
    head.size = size;
    memset(head.reserved, 0, sizeof(head.reserved));
    head.crc = weir_crc32c(0, at + sizeof(head), size - sizeof(head));
    head.head_crc = 0;
    head.head_crc = weir_crc32c(0, &head, sizeof(head));
    memcpy(at, &head, sizeof(head));
    if (weir_snapshot_open(&snap, at, size) == WEIR_OK) {
        follow(&snap);
        weir_snapshot_close(&snap);
    }
    free(at);
    return 0;
}
