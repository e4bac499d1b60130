/*
 * ident_check.h: what the shape of an identifier cannot say: check digits,
 * allotted prefixes, dates, lengths by country, randomness of a key.
 */
#ifndef WEIR_IDENT_CHECK_H
#define WEIR_IDENT_CHECK_H

#include "weir/base.h"

enum weir_check {
    WEIR_CHECK_NONE,
    WEIR_CHECK_CN_ID,
    WEIR_CHECK_CN_ID15,
    WEIR_CHECK_CN_MOBILE,
    WEIR_CHECK_CN_HAN,          /* mobile or resident id in Han numerals */
    WEIR_CHECK_CN_LANDLINE,
    WEIR_CHECK_CN_SERVICE,      /* 400 and 800 numbers */
    WEIR_CHECK_BANK_CARD,
    WEIR_CHECK_CN_USCC,
    WEIR_CHECK_CN_PASSPORT,
    WEIR_CHECK_CN_PLATE,
    WEIR_CHECK_EMAIL,
    WEIR_CHECK_IPV4,
    WEIR_CHECK_IPV6,
    WEIR_CHECK_MAC,
    WEIR_CHECK_IBAN,
    WEIR_CHECK_CN_ORG,
    WEIR_CHECK_WEAK_SHAPE,
    WEIR_CHECK_HK_ID,
    WEIR_CHECK_MO_ID,
    WEIR_CHECK_TW_ID,
    WEIR_CHECK_BIRTH,
    WEIR_CHECK_IMEI,
    WEIR_CHECK_PHONE,
    WEIR_CHECK_CRYPTO,
    WEIR_CHECK_PASSPORT,
    WEIR_CHECK_US_SSN,
    WEIR_CHECK_US_ITIN,
    WEIR_CHECK_US_ABA,
    WEIR_CHECK_US_NPI,
    WEIR_CHECK_US_DEA,
    WEIR_CHECK_US_MBI,
    WEIR_CHECK_DE_TAX_ID,
    WEIR_CHECK_DE_SOCIAL,
    WEIR_CHECK_DE_ID_CARD,
    WEIR_CHECK_DE_HEALTH,
    WEIR_CHECK_FR_NIR,
    WEIR_CHECK_IT_FISCAL,
    WEIR_CHECK_ES_NIF,
    WEIR_CHECK_ES_NIE,
    WEIR_CHECK_NL_BSN,
    WEIR_CHECK_BE_NRN,
    WEIR_CHECK_PL_PESEL,
    WEIR_CHECK_SE_PNR,
    WEIR_CHECK_FI_HETU,
    WEIR_CHECK_PT_NIF,
    WEIR_CHECK_AT_SVNR,
    WEIR_CHECK_IE_PPS,
    WEIR_CHECK_DK_CPR,
    WEIR_CHECK_CZ_RC,
    WEIR_CHECK_RO_CNP,
    WEIR_CHECK_BG_EGN,
    WEIR_CHECK_EE_LT,
    WEIR_CHECK_HR_OIB,
    WEIR_CHECK_NO_FNR,
    WEIR_CHECK_UK_NHS,
    WEIR_CHECK_UK_NINO,
    WEIR_CHECK_UK_DRIVER,
    WEIR_CHECK_CA_SIN,
    WEIR_CHECK_AU_ABN,
    WEIR_CHECK_AU_ACN,
    WEIR_CHECK_AU_TFN,
    WEIR_CHECK_AU_MEDICARE,
    WEIR_CHECK_IN_AADHAAR,
    WEIR_CHECK_STRONG_SHAPE,
    WEIR_CHECK_IN_GSTIN,
    WEIR_CHECK_KR_RRN,
    WEIR_CHECK_KR_BRN,
    WEIR_CHECK_SG_NRIC,
    WEIR_CHECK_TR_ID,
    WEIR_CHECK_TH_ID,
    WEIR_CHECK_ZA_ID,
    WEIR_CHECK_JP_MY_NUMBER,
    WEIR_CHECK_BR_NUMBER,
    WEIR_CHECK_CREDENTIAL,
    WEIR_CHECK_VENDOR,
    WEIR_CHECK_PASSWORD_QUOTED,
    WEIR_CHECK_PASSWORD,
    WEIR_CHECK_LOGIN,
    WEIR_CHECK_API_KEY,
    WEIR_CHECK_RANDOM_KEY,      /* the shape, if it looks random */
    WEIR_CHECK_LONG_KEY,        /* the same, of its last characters */
    WEIR_CHECK_PRIVATE_KEY,     /* shape is all */
    WEIR_CHECK_JWT,             /* shape is all */
    WEIR_CHECK_PSEUDONYM,       /* shape is all */
    WEIR_CHECK_COUNT
};

#define WEIR_CHECK_WEAK  0x8000u  /* counts only with its context word */

/*
 * Score of the span `a` of n folded ASCII symbols (WEIR_SYM_... for Han),
 * 1 to 1000, perhaps with WEIR_CHECK_WEAK; 0: it is none. O(n), pure.
 */
unsigned weir_ident_check(enum weir_check check, const uint8_t *a, size_t n);

/* ident_check_eu.c, ..._world.c, ..._crypto.c. */
unsigned weir_ident_check_eu(enum weir_check check, const uint8_t *a,
    size_t n);
unsigned weir_ident_check_world(enum weir_check check, const uint8_t *a,
    size_t n);
unsigned weir_ident_check_crypto(const uint8_t *a, size_t n);

/* The rooms of ident_key.c: API keys by their prefixes. */
unsigned weir_ident_check_key(const uint8_t *a, size_t n);

unsigned weir_ident_check_random(const uint8_t *a, size_t n);
unsigned weir_ident_check_long(const uint8_t *a, size_t n);

/* ident_secret.c: values by how they look; WEIR_CHECK_CREDENTIAL to LOGIN. */
unsigned weir_ident_check_secret(enum weir_check check, const uint8_t *a,
    size_t n);

#endif
