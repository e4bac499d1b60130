/*
 * find.c: one stream of text through all detectors of a profile.
 */
#include "weir/find.h"

struct weir_finder {
    struct weir_scan  *scan;       /* behind it, in the same block */
};


static size_t
head_size(void)
{
    return (sizeof(struct weir_finder) + 15) / 16 * 16;
}


size_t
weir_find_size(const struct weir_matcher *m)
{
    return head_size() + weir_scan_size();
}


void
weir_find_open(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p, enum weir_coding coding, unsigned flags)
{
    f->scan = (void *) ((uint8_t *) f + head_size());
    weir_scan_open(f->scan, m, coding, flags);
}


int
weir_find_feed(struct weir_finder *f, const uint8_t *text, uint64_t base,
    size_t len, bool last, struct weir_found *found, size_t nfound_max,
    size_t *nfound)
{
    return weir_scan_feed(f->scan, text, base, len, last, found, nfound_max,
                          nfound);
}


size_t
weir_find_pack_max(const struct weir_matcher *m)
{
    return weir_scan_pack_max();
}


size_t
weir_find_pack(const struct weir_finder *f, uint8_t *out)
{
    return weir_scan_pack(f->scan, out);
}


void
weir_find_unpack(struct weir_finder *f, const struct weir_matcher *m,
    struct weir_patterns *p, const uint8_t *in, size_t len)
{
    f->scan = (void *) ((uint8_t *) f + head_size());
    weir_scan_unpack(f->scan, in, len);
}


bool
weir_find_overflow(const struct weir_finder *f)
{
    return weir_scan_overflow(f->scan);
}


uint64_t
weir_find_settled(const struct weir_finder *f)
{
    return weir_scan_settled(f->scan);
}


uint64_t
weir_find_keep(const struct weir_finder *f)
{
    return weir_scan_keep(f->scan);
}
