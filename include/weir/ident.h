/*
 * ident.h: the identifiers that the scanner recognises, one row each.
 * X(NAME, "type", pseudonym stem): `type` is what packs, `weir scan` and
 * reports say. Shapes, check digits and sources: docs/identifiers.md.
 */
#ifndef WEIR_IDENT_H
#define WEIR_IDENT_H

#define WEIR_IDENT_TABLE(X)                                                   \
    X(CN_ID,        "cn_id_number",   "ID_NUMBER")                            \
    X(CN_MOBILE,    "cn_mobile",      "MOBILE")                               \
    X(CN_LANDLINE,  "cn_landline",    "PHONE")                                \
    X(BANK_CARD,    "bank_card",      "BANK_CARD")                            \
    X(CN_USCC,      "cn_credit_code", "CREDIT_CODE")                          \
    X(CN_PASSPORT,  "cn_passport",    "PASSPORT")                             \
    X(CN_PLATE,     "cn_plate",       "PLATE")                                \
    X(EMAIL,        "email",          "EMAIL")                                \
    X(IPV4,         "ipv4",           "IP")                                   \
    X(IPV6,         "ipv6",           "IP")                                   \
    X(MAC,          "mac",            "MAC")                                  \
    X(IBAN,         "iban",           "IBAN")                                 \
    X(API_KEY,      "api_key",        "API_KEY")                              \
    X(PRIVATE_KEY,  "private_key",    "PRIVATE_KEY")                          \
    X(JWT,          "jwt",            "TOKEN")                                \
    X(PSEUDONYM,    "pseudonym",      "")                                     \
    X(PERSON_NAME,  "person_name",    "NAME")

enum weir_ident {
    WEIR_IDENT_NONE,       /* a term */
#define X(name, type, stem)  WEIR_IDENT_##name,
    WEIR_IDENT_TABLE(X)
#undef X
    WEIR_IDENT_COUNT
};

/* "cn_mobile" and "MOBILE"; NULL for WEIR_IDENT_NONE and unknown values. */
const char *weir_ident_type(unsigned kind);
const char *weir_ident_stem(unsigned kind);
/* 0 (NONE) if no identifier has that type. */
unsigned weir_ident_by_type(const char *type);

#endif
