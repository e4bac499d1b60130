/*
 * shapes_secret.c: the shapes of secrets: keys, tokens. The syntax is that
 * of matcher_shapes.c.
 */
#include "compile/matcher_parts.h"

#define ALNUM    "0-9A-Za-z"
#define B64      "[A-Za-z0-9+/=]"
#define VALUE    "[0-9A-Za-z_.~+/=%^-]"
#define BEHIND   "[^0-9A-Za-z_.~+/=%^:@($#!?*{|-]"
#define STOP     "[.:!?][ \n\r\t\"'\\$]"
#define PASSWORD_END  "[!#-&*+0-9=?@A-Z^_a-z|~-]"
#define PEM      "[A-Za-z0-9+/= \n\r\t:,.\\\\\"'()@<>_%]"

static const struct matcher_shape  shapes[] = {
    /* Prefixes and lengths: ident_key.c */
    { WEIR_IDENT_API_KEY, WEIR_CHECK_API_KEY, 0, ALNUM "_-",
      "(sk-|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|gl[a-z]{2,6}-"
      "|xox[abeoprs]-|xapp-|AIza|LTAI|AKID|hf_|api_org_"
      "|[sr]k_(live|test|prod)_|whsec_|npm_|pypi-|do[opr]_v1_"
      "|shp(at|ss|ca|pa)_|r8_|gsk_|xai-|pplx-|nvapi-|tvly-"
      "|sq0(atp|csp)-"
      "|dckr_pat_|lin_api_|key-)[A-Za-z0-9_-]{10,}",
      "[^" ALNUM "_-]", NULL },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_API_KEY, 0, ALNUM "_-",
      "SG[.][A-Za-z0-9_.=-]{60,72}"
      "|ya29[.][A-Za-z0-9_-]{20,}",
      "[^" ALNUM "_-]", NULL },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_API_KEY, 0, ALNUM "_-",
      "(AKLT|p8e-|EAA[AMC]|fo1_|glsa_|HRKU-AA|ico-|s-s4t2(ud|af)-|ntn_"
      "|pnu_|pul-|PMAK-|rdme_|rubygems_|tk-us-|xkeysib-|sntryu_"
      "|sm_[aps]at_|shippo_(live|test)_|sgp_"
      "|EZ[AT]K|tfp_"
      "|sha256~|AKCp|cmVmd|4b1d|API-)"
      "[A-Za-z0-9_-]{16,}",
      "[^" ALNUM "_-]", NULL },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_API_KEY, 0, ALNUM "_-",
      "(dp[.]pt[.]|hvs[.])[A-Za-z0-9_-]{24,}"
      "|dt0c01[.][A-Za-z0-9]{24}[.][A-Za-z0-9]{64}"
      "|bce-v3/ALTAK-[A-Za-z0-9]{21}/[a-f0-9]{40}",
      "[^" ALNUM "_-]", NULL },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_API_KEY, 0, ALNUM "_-",
      "(duffel_(live|test)|pscale_(tkn|oauth|pw))_[A-Za-z0-9_.=-]{8,}",
      "[^" ALNUM "_.=-]", NULL },
    /* No prefix alone: the whole shape, if it looks random */
    { WEIR_IDENT_API_KEY, WEIR_CHECK_RANDOM_KEY, 0, ALNUM "_-",
      "A3-[A-Z0-9]{6}-([A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(-[A-Z0-9]{5}){3}"
      "|dapi[a-f0-9]{32}(-[0-9])?"
      "|[0-9]{15,16}[|][A-Za-z0-9_-]{27}",     /* Facebook: app|secret */
      "[^" ALNUM "_-]", NULL },
    /* Azure: a client secret */
    { WEIR_IDENT_API_KEY, WEIR_CHECK_RANDOM_KEY, 0, ALNUM "_.~-",
      "[A-Za-z0-9_~][A-Za-z0-9_.~-]{2}[0-9]Q~[A-Za-z0-9_.~-]{31,34}",
      "[^" ALNUM "_.~-]", STOP },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_STRONG_SHAPE, 0, ALNUM "_-",
      "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
      "[^" ALNUM "_-]", NULL },
    { WEIR_IDENT_API_KEY, WEIR_CHECK_LONG_KEY, 1, ALNUM "_-",
      "(ops_eyJ|fm1[ar]_|fm2_|ABSK|hvb[.]|sntrys_eyJ|glc_|xoxe[.]xox[bp]-)"
      "[A-Za-z0-9_+/=-]+",
      "[^" ALNUM "_+/=-]", NULL },
    /* Web hooks: who has the address may write */
    { WEIR_IDENT_API_KEY, WEIR_CHECK_RANDOM_KEY, 0, ALNUM,
      "hooks[.]slack[.]com/(services|workflows|triggers)/[A-Za-z0-9+/]{40,60}"
      "|oapi[.]dingtalk[.]com/robot/send[?]access_token=[0-9a-f]{64}"
      "|open[.](feishu[.]cn|larksuite[.]com)/open-apis/bot/v2/hook/"
      "[0-9a-f-]{36}"
      "|qyapi[.]weixin[.]qq[.]com/cgi-bin/webhook/send[?]key=[0-9a-f-]{36}"
      "|discord(app)?[.]com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}"
      "|webhookb2/[A-Za-z0-9@-]{73}/IncomingWebhook/"
      "[A-Za-z0-9]{32}/[A-Za-z0-9-]{36}",
      "[^" ALNUM "_-]", NULL },
    /* Values assigned to a word (scan_assign.c): the first that fits */
    { WEIR_IDENT_CREDENTIAL, WEIR_CHECK_CREDENTIAL, 0, "",
      VALUE "+(:" VALUE "+)?", BEHIND, STOP },
    { WEIR_IDENT_VENDOR_KEY, WEIR_CHECK_VENDOR, 0, "",
      VALUE "+(:" VALUE "+)?", BEHIND, STOP },
    { WEIR_IDENT_PASSWORD, WEIR_CHECK_PASSWORD_QUOTED, 0, "^\"'`",
      "[!#-&(-_a-~]{5,}" PASSWORD_END, "[\"'`\\\\]", ":[\"'`]" },
    { WEIR_IDENT_PASSWORD, WEIR_CHECK_PASSWORD, 0, "\"'`",
      "[!#-&(-_a-~]{7,}" PASSWORD_END, "[^!#-%(-;=-[\\]-_a-~]",
      "[,;).!?][^!-~]" },
    { WEIR_IDENT_CONNECTION, WEIR_CHECK_LOGIN, 0, "^/",
      "[!#-&(-.0-9;=?A-Z^-z|~]*:[!-&(-.0-?A-Z^-~]+", "@", NULL },
    /* RFC 7468; the lines behind a header count as long as they last */
    { WEIR_IDENT_PRIVATE_KEY, WEIR_CHECK_PRIVATE_KEY, 1, "-",
      "-----+BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY( BLOCK)?-----+"
      "((" PEM "|-[A-Za-z0-9 ])*" B64 "{20,})?",
      NULL, NULL },
    { WEIR_IDENT_PRIVATE_KEY, WEIR_CHECK_PRIVATE_KEY, 1, "-",
      "-----+BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY( BLOCK)?-----+"
      "(" PEM "|-[A-Za-z0-9 ])*"
      "-----END [A-Z0-9 ]{0,24}PRIVATE KEY( BLOCK)?-----",
      NULL, NULL },
    { WEIR_IDENT_PRIVATE_KEY, WEIR_CHECK_PRIVATE_KEY, 1, ALNUM "-",
      "PuTTY-User-Key-File-[23]: (" PEM "|-[A-Za-z0-9 ])*"
      "Private-MAC: [0-9a-f]{40,64}",
      "[^0-9a-f]", NULL },
    /* RFC 7519 over RFC 7515 3.1: base64url of {"...; the signature may be
       empty (alg none) */
    { WEIR_IDENT_JWT, WEIR_CHECK_JWT, 1, ALNUM "_-",
      "eyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}[.]([A-Za-z0-9_-]{16,})?",
      "[^" ALNUM "_-]", NULL },
};

const struct matcher_shape_table  matcher_shapes_secret = {
    shapes, sizeof(shapes) / sizeof(shapes[0])
};
