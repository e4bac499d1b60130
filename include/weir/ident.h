/*
 * ident.h: the identifiers that the scanner recognises, one row each.
 * X(NAME, "type", pseudonym stem): `type` is what packs, `weir scan` and
 * reports say. Shapes, check digits and sources: docs/identifiers.md.
 */
#ifndef WEIR_IDENT_H
#define WEIR_IDENT_H

#include <stdbool.h>

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
    X(CN_ADDRESS,   "cn_address",     "ADDRESS")                              \
    X(CN_ORG_CODE,  "cn_organisation_code",   "ORG_CODE")                     \
    X(CN_PERMIT,    "cn_travel_permit",       "PERMIT")                       \
    X(CN_MILITARY,  "cn_military_id",         "MILITARY_ID")                  \
    X(CN_SOCIAL,    "cn_social_security",     "SOCIAL_SECURITY")              \
    X(HK_ID,        "hk_id",                  "ID_NUMBER")                    \
    X(MO_ID,        "mo_id",                  "ID_NUMBER")                    \
    X(TW_ID,        "tw_id",                  "ID_NUMBER")                    \
    X(WECHAT,       "wechat_id",              "WECHAT")                       \
    X(QQ,           "qq_number",              "QQ")                           \
    X(BIRTH,        "date_of_birth",          "BIRTH_DATE")                   \
    X(IMEI,         "imei",                   "IMEI")                         \
    X(PHONE,        "phone",                  "PHONE")                        \
    X(CRYPTO,       "crypto_address",         "WALLET")                       \
    X(PASSPORT,     "passport",               "PASSPORT")                     \
    X(US_SSN,       "us_ssn",                 "SSN")                          \
    X(US_ITIN,      "us_itin",                "TAX_ID")                       \
    X(US_EIN,       "us_ein",                 "EMPLOYER_ID")                  \
    X(US_ABA,       "us_routing_number",      "ROUTING_NUMBER")               \
    X(US_NPI,       "us_npi",                 "NPI")                          \
    X(US_DEA,       "us_dea",                 "DEA_NUMBER")                   \
    X(US_MBI,       "us_mbi",                 "MEDICARE_ID")                  \
    X(US_PASSPORT,  "us_passport",            "PASSPORT")                     \
    X(US_DRIVER,    "us_driver_license",      "DRIVER_LICENSE")               \
    X(DE_TAX_ID,    "de_tax_id",              "TAX_ID")                       \
    X(DE_SOCIAL,    "de_social_security",     "SOCIAL_SECURITY")              \
    X(DE_ID_CARD,   "de_id_card",             "ID_NUMBER")                    \
    X(DE_HEALTH,    "de_health_insurance",    "HEALTH_ID")                    \
    X(FR_NIR,       "fr_nir",                 "SOCIAL_SECURITY")              \
    X(IT_FISCAL,    "it_fiscal_code",         "FISCAL_CODE")                  \
    X(ES_NIF,       "es_nif",                 "ID_NUMBER")                    \
    X(ES_NIE,       "es_nie",                 "ID_NUMBER")                    \
    X(NL_BSN,       "nl_bsn",                 "ID_NUMBER")                    \
    X(BE_NRN,       "be_national_number",     "ID_NUMBER")                    \
    X(PL_PESEL,     "pl_pesel",               "ID_NUMBER")                    \
    X(SE_PNR,       "se_personnummer",        "ID_NUMBER")                    \
    X(FI_HETU,      "fi_personal_code",       "ID_NUMBER")                    \
    X(PT_NIF,       "pt_nif",                 "TAX_ID")                       \
    X(AT_SVNR,      "at_social_security",     "SOCIAL_SECURITY")              \
    X(IE_PPS,       "ie_pps",                 "ID_NUMBER")                    \
    X(DK_CPR,       "dk_cpr",                 "ID_NUMBER")                    \
    X(CZ_RC,        "cz_sk_birth_number",     "ID_NUMBER")                    \
    X(RO_CNP,       "ro_cnp",                 "ID_NUMBER")                    \
    X(BG_EGN,       "bg_egn",                 "ID_NUMBER")                    \
    X(EE_LT,        "ee_lt_personal_code",    "ID_NUMBER")                    \
    X(HR_OIB,       "hr_oib",                 "ID_NUMBER")                    \
    X(NO_FNR,       "no_national_number",     "ID_NUMBER")                    \
    X(UK_NHS,       "uk_nhs",                 "HEALTH_ID")                    \
    X(UK_NINO,      "uk_nino",                "SOCIAL_SECURITY")              \
    X(UK_POSTCODE,  "uk_postcode",            "POSTCODE")                     \
    X(UK_DRIVER,    "uk_driving_licence",     "DRIVER_LICENSE")               \
    X(UK_PASSPORT,  "uk_passport",            "PASSPORT")                     \
    X(CA_SIN,       "ca_sin",                 "SOCIAL_SECURITY")              \
    X(AU_ABN,       "au_abn",                 "BUSINESS_NUMBER")              \
    X(AU_ACN,       "au_acn",                 "BUSINESS_NUMBER")              \
    X(AU_TFN,       "au_tfn",                 "TAX_ID")                       \
    X(AU_MEDICARE,  "au_medicare",            "HEALTH_ID")                    \
    X(IN_AADHAAR,   "in_aadhaar",             "ID_NUMBER")                    \
    X(IN_PAN,       "in_pan",                 "TAX_ID")                       \
    X(IN_GSTIN,     "in_gstin",               "TAX_ID")                       \
    X(KR_RRN,       "kr_rrn",                 "ID_NUMBER")                    \
    X(KR_BRN,       "kr_brn",                 "BUSINESS_NUMBER")              \
    X(SG_NRIC,      "sg_nric",                "ID_NUMBER")                    \
    X(TR_ID,        "tr_id",                  "ID_NUMBER")                    \
    X(TH_ID,        "th_id",                  "ID_NUMBER")                    \
    X(ZA_ID,        "za_id",                  "ID_NUMBER")                    \
    X(JP_MY_NUMBER, "jp_my_number",           "ID_NUMBER")                    \
    X(BR_NUMBER,    "br_tax_number",          "TAX_ID")                       \
    X(CREDENTIAL,   "credential",             "CREDENTIAL")                   \
    X(VENDOR_KEY,   "vendor_credential",      "CREDENTIAL")                   \
    X(PASSWORD,     "password",               "PASSWORD")                     \
    X(CONNECTION,   "connection_string",      "LOGIN")                        \
    X(PERSON_NAME,  "person_name",            "NAME")                         \
    X(INJECTION,    "prompt_injection",       "INJECTION")                    \
    X(PSEUDONYM,    "pseudonym",              "")

enum weir_ident {
    WEIR_IDENT_NONE,       /* a term */
#define X(name, type, stem)  WEIR_IDENT_##name,
    WEIR_IDENT_TABLE(X)
#undef X
    WEIR_IDENT_COUNT
};

/* Found only as the value that is assigned to a context word of its rule
   (password = ..., https://...): scan_assign.c. */
static inline bool
weir_ident_is_assigned(unsigned kind)
{
    return kind == WEIR_IDENT_CREDENTIAL || kind == WEIR_IDENT_VENDOR_KEY
           || kind == WEIR_IDENT_PASSWORD || kind == WEIR_IDENT_CONNECTION;
}

/* "cn_mobile" and "MOBILE"; NULL for WEIR_IDENT_NONE and unknown values. */
const char *weir_ident_type(unsigned kind);
const char *weir_ident_stem(unsigned kind);
/* 0 (NONE) if no identifier has that type. */
unsigned weir_ident_by_type(const char *type);

#endif
