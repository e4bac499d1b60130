/*
 * limits.h: every bound, with its reason.  A buffer, loop or depth in the
 * tree names one of these; a test sits on each edge.
 */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

/* decode */
#define WEIR_MEMORY_BYTES_MIN   (64u << 20) /* of the calls of a worker: a few
                                               of the largest */
#define WEIR_MEMORY_BYTES       (512u << 20)/* the same, by default */
#define WEIR_BODY_BYTES_MAX     (16u << 20) /* request or JSON answer; base64
                                               pictures reach megabytes */
#define WEIR_FORM_BYTES_MAX     (26u << 20) /* a body with files: providers
                                               take 25 MiB of sound; it is in
                                               memory until it has gone on */
#define WEIR_PARTS_MAX          128         /* of a form: 16 pictures, and
                                               more fields than there are */
#define WEIR_PART_HEAD_MAX      1024        /* two headers, the name of a file
                                               (255 bytes on disk) */
#define WEIR_LINE_BYTES_MAX     (4u << 20)  /* of a file of requests or
                                               answers: one is held whole */
#define WEIR_LINES_MAX          50000       /* requests of a batch: providers
                                               take no more */
#define WEIR_BOUNDARY_MAX       70          /* RFC 2046 5.1.1 */
#define WEIR_EVENT_BYTES_MAX    (16u << 20) /* one SSE event: a last event may
                                               carry the whole answer */
#define WEIR_JSON_DEPTH_MAX     128         /* bounds the container stack */
#define WEIR_JSON_KEY_BYTES     64          /* longer keys match no shape */
#define WEIR_TEXTS_MAX          65536       /* text values in one document */
#define WEIR_CHANNELS_MAX       64          /* open text streams of one
                                               answer: choices x kinds */

/* scan */
#define WEIR_TERM_CLASSES_MAX   64          /* folded characters of a term */
#define WEIR_IDENT_CHARS_MAX    320         /* e-mail: 64 + 1 + 255 */
#define WEIR_KEYBLOCK_CHARS_MAX 8192        /* PEM private key, RSA-16384 */
#define WEIR_ATTEMPTS_MAX       16          /* identifier starts alive */
#define WEIR_FOUND_MAX          64          /* findings handed over at once */
#define WEIR_ADDRESS_CHARS_MAX  72          /* a postal address */
#define WEIR_PENDING_MAX        128         /* findings not yet final */
#define WEIR_CONTEXT_CHARS      40          /* how far back a context word
                                               speaks for a number */
#define WEIR_ASSIGN_NAME_CHARS  24          /* from "token" to the operator */
#define WEIR_ASSIGN_OPERATOR_CHARS 8        /* from there to the value */
#define WEIR_IDENTS_MAX         256         /* kinds: one byte of the matcher */
#define WEIR_SHAPES_MAX         512         /* shapes of all kinds */
#define WEIR_RULES_MAX          1024        /* rules of one profile */
#define WEIR_SEPARATORS_MAX     8           /* between two characters of a
                                               loose term: more is layout */
#define WEIR_REPEATS_MAX        64          /* of a character of one */
#define WEIR_WAYS_MAX           16          /* kinds of looseness: bits */
#define WEIR_WALKS_MAX          96          /* loose terms under way: one per
                                               start and branch */
#define WEIR_NEAR_CHARS_MAX     200         /* between A and B: a long
                                               sentence */
#define WEIR_NEARS_MAX          255         /* "A near B" rules: a byte */
#define WEIR_NEAR_KEPT_MAX      96          /* halves that wait for the other */
#define WEIR_REGEXES_MAX        64          /* of one profile: each looks at
                                               all text */
#define WEIR_REGEX_BYTES_MAX    1024        /* a pattern as written */
#define WEIR_REGEX_CODE_MAX     65536       /* bytes of a compiled one */
#define WEIR_REGEX_CHARS_MAX    1024        /* a match with its look-ahead:
                                               held text never waits longer */
#define WEIR_REGEX_BACK         64          /* characters of look-behind */
#define WEIR_REGEX_STEPS_MAX    20000       /* backtracks of one attempt:
                                               about 0.2 ms */
#define WEIR_REGEX_SPENT_MS     100         /* CPU time of a text's regexes
                                               beyond ... */
#define WEIR_REGEX_SPENT_NS     10          /* ... this per character and
                                               regex; a search takes 1 */

/* names */
#define WEIR_NAMES_BACK         32          /* code points of context before a
                                               name: a label, a title */
#define WEIR_NAMES_AHEAD        40          /* code points that a name and
                                               what decides it take up: held
                                               back once one has begun */

/* inject */
#define WEIR_INJECT_STATE_BYTES 704         /* tokens under way, last places
                                               of 32 classes, 8 blocks, sums of
                                               14 tokens */
#define WEIR_INJECT_CHARS_MAX   65536       /* scored as one: a longer text
                                               has a finding for each */

/* translate */
#define WEIR_TREE_NODES_MAX     262144      /* values of one document: a long
                                               conversation has a tenth */
#define WEIR_TRANSLATE_FIELD_BYTES 80       /* name of what has no counterpart
                                               */
#define WEIR_TRANSLATE_LANES_MAX 128        /* tool calls of one answer */
#define WEIR_TRANSLATE_ID_BYTES 128         /* id and model of an answer */

/* flow */
#define WEIR_TARGET_BYTES_MAX   256         /* path and query at an upstream:
                                               a name and a fixed rest */
#define WEIR_TOOLS_MAX          256         /* names of one MCP server: looked
                                               through at each call */
#define WEIR_SESSION_BYTES_MAX  128         /* Mcp-Session-Id: twice the hex
                                               form of a SHA-256 */
#define WEIR_HITS_MAX           32          /* distinct rules of one record */
#define WEIR_PSEUDONYMS_MAX     1024        /* of one call */

/* snapshot */
#define WEIR_SNAPSHOT_BYTES_MAX (256u << 20)
#define WEIR_SECRET_BYTES_MAX   4095        /* an upstream's credential; the
                                               longest known tokens are about
                                               2,500 */

/* upstreams */
#define WEIR_ROUTES_MAX         64          /* upstreams of one model: bits */
#define WEIR_WEIGHT_MAX         1000        /* thousandths are fine enough */
#define WEIR_PRIORITY_MAX       15          /* as written; a plain list counts
                                               its places */
#define WEIR_TURNS              64          /* of a worker: models that spread
                                               their calls apart */
#define WEIR_FALLBACKS_MAX      8           /* of one model: each may cost its
                                               time-outs */
#define WEIR_BREAKERS_MAX       1024        /* upstreams whose health is known;
                                               a register may have half */
#define WEIR_BREAKER_FAILURES_MAX 20        /* times that are remembered */
#define WEIR_CHECKS_MAX         20          /* in a row, that a state takes */
/* Host names of upstreams, as the keeper looks them up (keeper/hosts.c). */
#define WEIR_HOST_BYTES_MAX     256u        /* with its NUL; RFC 1035 2.3.4 */
#define WEIR_HOSTS_MS           30000u      /* between two looks at a name */
#define WEIR_HOSTS_RETRY_MS     5000u       /* behind one that failed */
#define WEIR_HOSTS_STALE_MS     300000u     /* an address that was not seen so
                                               long goes */
#define WEIR_HOSTS_WAIT_MS      3000u       /* for new names, in one apply */
#define WEIR_HOSTS_AGAIN_MS     60000u      /* behind a snapshot that failed */
#define WEIR_HOSTS_SEEN_MAX     32u         /* addresses of a name */
#define WEIR_CHECK_PATH_MAX     512
#define WEIR_CHECK_BYTES_MAX    8192        /* a request: path, host name and
                                               the longest credential */
#define WEIR_CHECK_HEAD_MAX     16384       /* of its answer; nginx takes as
                                               much of a call's */
#define WEIR_CHECKS_AT_ONCE     32          /* of a worker; others wait */
#define WEIR_RETRY_AFTER_MAX_MS 300000      /* a 429 that asks for more has no
                                               say over the time after that */

/* account */
#define WEIR_GRANTS_MAX         4096
#define WEIR_WORKERS_MAX        76          /* that tell what they have tried,
                                               those that end too: a page with
                                               the head of the file */
#define WEIR_CALLS_MAX          65536       /* calls in flight on a node */
#define WEIR_METERS_MAX         4096        /* keys, scenarios and models with
                                               limits; a register may have
                                               half of it, so that chains of
                                               the table stay short */
#define WEIR_LIMIT_COUNT_MAX    1000000000000 /* requests or tokens: sums of
                                               them stay far from 64 bits */

/* journal */
#define WEIR_FRAME_BYTES_MAX    16384
#define WEIR_JOURNAL_CHUNK      (1u << 20)  /* space claimed ahead, so that a
                                               begun call can always end */
#define WEIR_JOURNAL_FILE_MAX   (256u << 20)

/* compile */
#define WEIR_YAML_BYTES_MAX     (32u << 20) /* one file: 100,000 terms inline
                                               are about 3 MB */
#define WEIR_YAML_DEPTH_MAX     32          /* a pack is five deep */
#define WEIR_YAML_NODES_MAX     (1u << 20)
#define WEIR_NAME_BYTES_MAX     120         /* of any resource: fits the
                                               fixed fields of the store */
#define WEIR_NOTES_MAX          200         /* more help nobody */
#define WEIR_CONTEXTS_MAX       127         /* classes of one profile: bits of
                                               two words */
#define WEIR_TERMS_MAX          1000000     /* of one profile */
#define WEIR_VARIANTS_MAX       64          /* of one term: a hundred terms
                                               are then a few thousand */

#endif
