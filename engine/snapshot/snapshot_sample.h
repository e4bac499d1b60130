/*
 * snapshot_sample.h: one small snapshot of everything, for tests of this room.
 */
#ifndef WEIR_SNAPSHOT_SAMPLE_H
#define WEIR_SNAPSHOT_SAMPLE_H

#include "base/test.h"
#include "snapshot/snapshot_check.h"
#include "weir/error.h"
#include "weir/find.h"
#include "weir/limits.h"

#define HEADS  (sizeof(struct weir_snap_head)                                \
                + WEIR_SNAP_KINDS * sizeof(struct weir_snap_section))

struct file {
    uint8_t  at[8192];
    size_t   size;
};

#define LONG_AT  36     /* in the text: one character more than a name has */
#define X40      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
static const char  text[] = "\0demo\0host.example\0local\0rule/id\0zh\0" X40
                            X40 X40 "x";
static_assert(WEIR_NAME_BYTES_MAX == 120, "the text is one longer");


static inline void
seal(struct file *f)
{
    struct weir_snap_head  head;

    memcpy(&head, f->at, sizeof(head));
    head.crc = weir_crc32c(0, f->at + sizeof(head), f->size - sizeof(head));
    head.head_crc = 0;
    head.head_crc = weir_crc32c(0, &head, sizeof(head));
    memcpy(f->at, &head, sizeof(head));
}


static inline void
put(struct file *f, enum weir_snap_kind kind, const void *records, size_t n)
{
    const size_t              size = n * weir_snap_record_size(kind);
    struct weir_snap_section  s = { .kind = kind, .count = (uint32_t) n };

    f->size = (f->size + WEIR_SNAP_ALIGN - 1)
              & ~(size_t) (WEIR_SNAP_ALIGN - 1);
    s.at = f->size;
    s.size = size;
    if (size > 0) {
        memcpy(f->at + f->size, records, size);
    }
    f->size += size;
    memcpy(f->at + sizeof(struct weir_snap_head) + kind * sizeof(s), &s,
           sizeof(s));
}


/* One of everything. */
static inline void
make(struct file *f)
{
    const struct weir_snap_str       demo = { 1, 4 }, host = { 6, 12 };
    const struct weir_snap_str       rule = { 25, 7 }, none = { 0, 0 };
    const struct weir_snap_upstream  upstream = {
        .name = demo, .host = host, .authority = host, .path = none,
        .addresses = 1, .port = 443, .tls = 1, .protocol = WEIR_OPENAI
    };
    const struct weir_snap_address   address = { .family = 4, .port = 443 };
    const struct weir_snap_model     model[2] = {
        { .name = demo, .routes = 2, .input_price = 2000000,
          .fallback = 2, .fallbacks = 1 },
        { .name = host, .routes = 1 }
    };
    const struct weir_snap_route     routes[] = {
        { .weight = 3 }, { .weight = 1, .priority = 1 }
    };
    const uint32_t                   refs[] = { 0, 0, 1 };
    const struct weir_snap_grant     grant = {
        .fund = demo, .scenario = demo, .amount = 1, .period = 2, .slot = 3
    };
    const struct weir_snap_scenario  scenario = {
        .name = demo, .state = WEIR_ADMITTED, .model = 1, .models = 2,
        .grant = 0, .request_profile = 0,
        .response_profile = WEIR_SNAP_NONE, .until_ms = 5
    };
    struct weir_snap_key             keys[3] = {
        { .id = demo }, { .id = host }, { .id = rule }
    };
    const struct weir_snap_rule      rules = { .id = rule, .verified = 1 };
    const struct weir_snap_profile_rule  pr = { .action = WEIR_DENY };
    const struct weir_snap_profile   profile = {
        .rules = 1, .matcher = 8, .matcher_size = 16
    };
    const struct weir_snap_limits    limits = {
        .meter = "0123456789abcde", .most = { { 0, 60 }, { 0, 1000 } },
        .calls = 4
    };
    const struct weir_snap_head      head = {
        .magic = WEIR_SNAP_MAGIC, .version = WEIR_SNAP_VERSION,
        .sections = WEIR_SNAP_KINDS, .generation = 7
    };

    memset(f, 0, sizeof(*f));
    f->size = HEADS;
    keys[0].digest[0] = 1;
    keys[1].digest[0] = 2;
    keys[2].digest[31] = 9;
    keys[2].digest[0] = 2;
    memcpy(f->at, &head, sizeof(head));
    put(f, WEIR_SNAP_STRINGS, text, sizeof(text));
    put(f, WEIR_SNAP_UPSTREAMS, &upstream, 1);
    put(f, WEIR_SNAP_ADDRESSES, &address, 1);
    put(f, WEIR_SNAP_MODELS, model, 2);
    put(f, WEIR_SNAP_REFS, refs, 3);
    put(f, WEIR_SNAP_GRANTS, &grant, 1);
    put(f, WEIR_SNAP_SCENARIOS, &scenario, 1);
    put(f, WEIR_SNAP_KEYS, keys, 3);
    put(f, WEIR_SNAP_RULES, &rules, 1);
    put(f, WEIR_SNAP_PROFILE_RULES, &pr, 1);
    put(f, WEIR_SNAP_PROFILES, &profile, 1);
    put(f, WEIR_SNAP_MATCHERS, "12345678matcher matcher ", 24);
    put(f, WEIR_SNAP_LIMITS, &limits, 1);
    put(f, WEIR_SNAP_ROUTES, routes, 2);
    ((struct weir_snap_head *) (void *) f->at)->size = f->size;
    seal(f);
}

#endif
