/*
 * snapshot_layout.h: the snapshot file, byte by byte.  Shared by the writer
 * (compile/snapshot_compile.c) and the readers (everything in engine/).
 *
 *   +-----------------+ 0
 *   | weir_snap_head  |
 *   +-----------------+ sizeof(head)
 *   | section table   |  WEIR_SNAP_KINDS entries, in the order of the enum
 *   +-----------------+
 *   | sections        |  each aligned to 64 bytes
 *   +-----------------+ head.size
 *
 * Position independent: every reference is an index into a section or an
 * offset from the start of a section.  Little endian; the magic says so.
 * Every offset, index and string is checked once, in weir_snapshot_open.
 * All is read only and shared by all workers.
 */
#ifndef WEIR_SNAPSHOT_LAYOUT_H
#define WEIR_SNAPSHOT_LAYOUT_H

#include "weir/base.h"

#define WEIR_SNAP_MAGIC    "WEIRSNP\x1a"
#define WEIR_SNAP_VERSION  5u
#define WEIR_SNAP_NONE     UINT32_MAX
#define WEIR_SNAP_ALIGN    64u

enum weir_snap_kind {
    WEIR_SNAP_STRINGS,       /* bytes; strings end in a NUL not counted */
    WEIR_SNAP_UPSTREAMS,     /* struct weir_snap_upstream */
    WEIR_SNAP_ADDRESSES,     /* struct weir_snap_address */
    WEIR_SNAP_MODELS,        /* struct weir_snap_model */
    WEIR_SNAP_REFS,          /* uint32_t: lists of indexes */
    WEIR_SNAP_GRANTS,        /* struct weir_snap_grant */
    WEIR_SNAP_SCENARIOS,     /* struct weir_snap_scenario */
    WEIR_SNAP_KEYS,          /* struct weir_snap_key, sorted by digest */
    WEIR_SNAP_RULES,         /* struct weir_snap_rule */
    WEIR_SNAP_PROFILE_RULES, /* struct weir_snap_profile_rule */
    WEIR_SNAP_PROFILES,      /* struct weir_snap_profile */
    WEIR_SNAP_MATCHERS,      /* blobs, see scan/scan_layout.h */
    WEIR_SNAP_LIMITS,        /* struct weir_snap_limits */
    WEIR_SNAP_ROUTES,        /* struct weir_snap_route */
    WEIR_SNAP_KINDS
};

struct weir_snap_str {       /* 8 bytes */
    uint32_t  at;            /* in STRINGS */
    uint32_t  len;           /* without the NUL that follows */
};

struct weir_snap_section {   /* 24 bytes */
    uint32_t  kind;
    uint32_t  count;         /* records; bytes for STRINGS and MATCHERS */
    uint64_t  at;            /* from the start of the file */
    uint64_t  size;
};

struct weir_snap_head {      /* 64 bytes */
    uint8_t   magic[8];
    uint32_t  version;
    uint32_t  sections;      /* WEIR_SNAP_KINDS */
    uint64_t  size;          /* of the whole file */
    uint64_t  generation;    /* rises by one with each publication */
    uint64_t  built_at_ms;   /* Unix time */
    uint32_t  crc;           /* CRC-32C of all that follows the head */
    uint32_t  head_crc;      /* CRC-32C of the head with this field 0 */
    uint8_t   reserved[16];
};

enum weir_protocol { WEIR_OPENAI, WEIR_ANTHROPIC, WEIR_GEMINI, WEIR_MCP };

struct weir_snap_upstream {
    struct weir_snap_str  name;
    struct weir_snap_str  host;      /* host name, for Host and TLS SNI */
    struct weir_snap_str  authority; /* host[:port] as the Host header */
    struct weir_snap_str  path;      /* before /v1/...; "" or "/prefix" */
    struct weir_snap_str  secret;    /* "", "env:NAME" or "file:PATH" */
    struct weir_snap_str  region;
    uint32_t  address;               /* first of its addresses */
    uint32_t  addresses;
    uint16_t  port;
    uint8_t   tls;
    uint8_t   protocol;              /* enum weir_protocol */
    uint32_t  connect_timeout_ms;
    uint32_t  read_timeout_ms;       /* between two reads */
    uint8_t   id[16];                /* of its name, for its breaker; see
                                        weir/breaker.h */
    uint32_t  breaker_failures;      /* in a row; 0: it never opens */
    uint32_t  breaker_window_ms;     /* in which they must lie */
    uint32_t  breaker_open_ms;       /* how long it is out then */
    struct weir_snap_str  check_path;/* of active checks: see weir/check.h */
    uint32_t  check_interval_ms;     /* 0: there are none */
    uint32_t  check_timeout_ms;      /* for all of one; <= interval */
    uint16_t  check_status;          /* expected; 0: 200 to 299 */
    uint8_t   check_well;            /* in a row to be back in service */
    uint8_t   check_failed;          /* in a row to be out */
};

struct weir_snap_address {           /* 20 bytes */
    uint16_t  family;                /* 4 or 6 */
    uint16_t  port;                  /* host order */
    uint8_t   ip[16];                /* IPv4 in the first four */
};

struct weir_snap_route {             /* 8 bytes: from a model to an upstream */
    uint32_t  upstream;
    uint16_t  weight;                /* 1 to WEIR_WEIGHT_MAX */
    uint8_t   priority;              /* lower ones first */
    uint8_t   reserved;
};

struct weir_snap_model {
    struct weir_snap_str  name;      /* as the application says it */
    struct weir_snap_str  served;    /* as the upstream says it; "" = name */
    struct weir_snap_str  unit;      /* of the price */
    struct weir_snap_str  tools;     /* MCP: those that may be called, and */
    struct weir_snap_str  origins;   /* web pages that may: a line each, or
                                        "*" */
    uint32_t  route;                 /* in ROUTES, by rising priority */
    uint32_t  routes;                /* 1 to WEIR_ROUTES_MAX */
    weir_micro  input_price;         /* per million tokens */
    weir_micro  output_price;
    weir_micro  call_price;          /* of a call; of MCP: of a tool's */
    uint32_t  output_tokens_max;     /* what the model can write at most */
    uint32_t  limits;                /* in LIMITS, or WEIR_SNAP_NONE */
    uint32_t  fallback;              /* in REFS: indexes of MODELS, which */
    uint32_t  fallbacks;             /* serve when no upstream of it does */
};

enum weir_period { WEIR_PERIOD_ONCE, WEIR_PERIOD_DAY, WEIR_PERIOD_MONTH,
                   WEIR_PERIOD_YEAR };

struct weir_snap_grant {
    struct weir_snap_str  fund;
    struct weir_snap_str  scenario;
    struct weir_snap_str  unit;
    weir_micro  amount;              /* per period */
    uint32_t  period;                /* enum weir_period */
    uint32_t  slot;                  /* in the account file */
};

enum weir_width { WEIR_PER_SECOND, WEIR_PER_MINUTE, WEIR_PER_HOUR,
                  WEIR_PER_DAY, WEIR_WIDTHS };
enum weir_limited { WEIR_LIMIT_REQUESTS, WEIR_LIMIT_TOKENS, WEIR_LIMITED };

struct weir_snap_limits {            /* 88 bytes; 0: no such limit */
    uint8_t   meter[16];             /* whose: see weir/meter.h; not used of
                                        limits that each key has for itself */
    uint64_t  most[WEIR_LIMITED][WEIR_WIDTHS];
    uint32_t  calls;                 /* in flight at once */
    uint32_t  reserved;
};

enum weir_state { WEIR_DRAFT, WEIR_SUBMITTED, WEIR_SANDBOX, WEIR_ADMITTED,
                  WEIR_SUSPENDED, WEIR_RETIRED };

struct weir_snap_scenario {
    struct weir_snap_str  name;
    struct weir_snap_str  title_en;
    struct weir_snap_str  title_zh;
    struct weir_snap_str  complaint; /* where to complain: URL, mail, phone */
    uint32_t  state;                 /* traffic: SANDBOX, ADMITTED only */
    uint32_t  model;                 /* in REFS: indexes of MODELS */
    uint32_t  models;
    uint32_t  grant;                 /* WEIR_SNAP_NONE: not paid for */
    uint32_t  request_profile;       /* WEIR_SNAP_NONE: nothing scanned */
    uint32_t  response_profile;
    uint32_t  chinese;               /* marks and refusals in zh when the
                                        caller names no language */
    uint32_t  limits;                /* in LIMITS, or WEIR_SNAP_NONE */
    uint32_t  key_limits;            /* the same, of each of its keys */
    uint32_t  reserved;
    uint64_t  until_ms;              /* Unix time; 0 = no end */
};

struct weir_snap_key {
    uint8_t   digest[32];            /* SHA-256 of the whole key */
    struct weir_snap_str  id;        /* shown in lists and the journal */
    uint32_t  scenario;
    uint32_t  reserved;
    uint64_t  until_ms;              /* 0 = no end */
};

/* Ordered by strictness: where several apply, the greatest wins. */
enum weir_action { WEIR_ALLOW, WEIR_OBSERVE, WEIR_LABEL, WEIR_PSEUDONYMISE,
                   WEIR_REDACT, WEIR_DENY };

struct weir_snap_rule {              /* one rule of an ordinance pack */
    struct weir_snap_str  id;        /* "cn/personal-information/mobile" */
    struct weir_snap_str  pack;
    struct weir_snap_str  title_en;
    struct weir_snap_str  title_zh;
    struct weir_snap_str  mark_en;   /* what replaces a redacted span */
    struct weir_snap_str  mark_zh;
    struct weir_snap_str  law_en;    /* "PIPL Art. 6, 28" */
    struct weir_snap_str  law_zh;    /* the same in Chinese */
    struct weir_snap_str  pseudonym; /* upper-case ASCII stem: "MOBILE" */
    struct weir_snap_str  label;     /* value of the weir-label header */
    struct weir_snap_str  help_en;   /* help text (self-harm), or "" */
    struct weir_snap_str  help_zh;
    uint32_t  verified;              /* the citation was read in the source */
    uint32_t  reserved;
};

/* What a rule does in one profile; matcher rule numbers index this list. */
struct weir_snap_profile_rule {      /* 8 bytes */
    uint32_t  rule;                  /* in RULES */
    uint8_t   action;                /* enum weir_action */
    uint8_t   always;                /* holds for every answer: a label */
    uint8_t   reserved[2];
};

struct weir_snap_profile {           /* one rule set in one direction */
    uint32_t  rule;                  /* first in PROFILE_RULES */
    uint32_t  rules;
    uint64_t  matcher;               /* offset in MATCHERS */
    uint64_t  matcher_size;          /* 0: no rule looks at text */
};

static_assert(sizeof(struct weir_snap_head) == 64, "layout");
static_assert(sizeof(struct weir_snap_section) == 24, "layout");
static_assert(sizeof(struct weir_snap_str) == 8, "layout");
static_assert(sizeof(struct weir_snap_address) == 20, "layout");
static_assert(sizeof(struct weir_snap_upstream) == 116, "layout");
static_assert(sizeof(struct weir_snap_route) == 8, "layout");
static_assert(sizeof(struct weir_snap_model) == 88, "layout");
static_assert(sizeof(struct weir_snap_profile_rule) == 8, "layout");
static_assert(sizeof(struct weir_snap_profile) == 24, "layout");
static_assert(sizeof(struct weir_snap_key) == 56, "layout");
static_assert(sizeof(struct weir_snap_scenario) == 80, "layout");
static_assert(sizeof(struct weir_snap_limits) == 88, "layout");

#endif
