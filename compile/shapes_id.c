/*
 * shapes_id.c: the shapes of identifiers by country: see matcher_shapes.c
 * for the syntax, docs/identifiers.md for the sources. Beyond that syntax:
 * \\y year, \\o month, \\d day, \\h number (of a day, of a house), \\c a
 * digit in Chinese.
 */
#include "compile/matcher_parts.h"

#define ALNUM      "0-9A-Za-z"
#define NOT_AFTER  ALNUM "_.-"
#define AHEAD      "[^" ALNUM "_@%.-]", "[.-][^" ALNUM "]"
/* where blanks part the groups: no further group of digits */
#define AHEAD_SP   "[^" ALNUM "_@%. -]", "[.-][^" ALNUM "]| [^0-9]"

static const struct matcher_shape  shapes[] = {
    { WEIR_IDENT_CN_ORG_CODE, WEIR_CHECK_CN_ORG, 0, NOT_AFTER,
      "[0-9A-Za-z]{8}-?[0-9Xx]",
      AHEAD },
    { WEIR_IDENT_CN_PERMIT, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[HMhmCcWwTtKkLl][0-9]{8}([0-9]{2})?|[0-9]{8}|[HMhm][0-9]{8}[(]"
      "[0-9]{1,2}[)]",
      AHEAD },
    { WEIR_IDENT_CN_MILITARY, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[0-9]{8}",
      AHEAD },
    { WEIR_IDENT_CN_SOCIAL, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[A-Za-z][0-9]{8}|[0-9]{9,12}",
      AHEAD },
    { WEIR_IDENT_HK_ID, WEIR_CHECK_HK_ID, 0, NOT_AFTER,
      "[A-Za-z]{1,2}[0-9]{6}([(][0-9Aa][)]|[0-9Aa])",
      AHEAD },
    { WEIR_IDENT_MO_ID, WEIR_CHECK_MO_ID, 0, NOT_AFTER,
      "[1578][0-9]{6}([(][0-9][)]|[0-9])|[1578]/[0-9]{6}/[0-9]",
      AHEAD },
    { WEIR_IDENT_TW_ID, WEIR_CHECK_TW_ID, 0, NOT_AFTER,
      "[A-Za-z][1289A-Da-d][0-9]{8}",
      AHEAD },
    { WEIR_IDENT_WECHAT, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[A-Za-z][A-Za-z]{0,18}[0-9_-][A-Za-z0-9_-]{0,18}",
      AHEAD },
    { WEIR_IDENT_QQ, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[1-9][0-9]{4,10}",
      AHEAD },
    { WEIR_IDENT_BIRTH, WEIR_CHECK_BIRTH, 0, NOT_AFTER,
      "(19|20)[0-9]{2}[-./][01]?[0-9][-./][0-3]?[0-9]|[0-3]?[0-9][-./]"
      "[0-3]?[0-9][-./](19|20)[0-9]{2}|(19|20)?[0-9]{2} ?\\y ?[01]?[0-9]"
      " ?\\o( ?[0-3]?[0-9] ?[\\d\\h])?|[0-3]?[0-9]?\\o[0-3]?[0-9]"
      "[\\d\\h]|\\c{1,2}\\o\\c{1,3}[\\d\\h]|\\c{2,4}\\y\\c{1,2}\\o(\\c{1"
      ",3}[\\d\\h])?|([Jj]an(uary)?|[Ff]eb(ruary)?|[Mm]ar(ch)?|[Aa]pr(il"
      ")?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(ust)?|[Ss]ep(t|tember)?|[Oo]ct"
      "(ober)?|[Nn]ov(ember)?|[Dd]ec(ember)?)[.]? [0-3]?[0-9](st|nd|rd|t"
      "h)?,? (19|20)[0-9]{2}|[0-3]?[0-9](st|nd|rd|th)? ([Jj]an(uary)?|"
      "[Ff]eb(ruary)?|[Mm]ar(ch)?|[Aa]pr(il)?|[Mm]ay|[Jj]une?|[Jj]uly?|"
      "[Aa]ug(ust)?|[Ss]ep(t|tember)?|[Oo]ct(ober)?|[Nn]ov(ember)?|[Dd]e"
      "c(ember)?)[.]?,? (19|20)[0-9]{2}",
      AHEAD },
    { WEIR_IDENT_IMEI, WEIR_CHECK_IMEI, 0, NOT_AFTER,
      "[0-9]{15}|[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]",
      AHEAD },
    { WEIR_IDENT_PHONE, WEIR_CHECK_PHONE, 0, ALNUM "_.+/-",
      "([+][1-9][0-9]{0,2}([ .-]?[(]?[0-9]{1,5}[)]?){2,7}|((00)?1[ .-])?"
      "[(]?[0-9][0-9]{2}[)]?[ .-]?[0-9]{3}[ .-]?[0-9]{4}|0[0-9]{1,4}"
      "[ /-]?[0-9]{3,4}[ -]?[0-9]{3,5}|[(]0?[1-9][0-9]{0,2}[)] ?[0-9]{3,5}"
      "[ -]?[0-9]{3,4}|[0-9]{2,5}([ .-][0-9]{2,4}){1,4}"
      "|[0-9]{2,5}[ -][0-9]{5,8})"
      "( ?([Xx]|[Ee][Xx][Tt][.]? ?|#)[0-9]{1,5})?",
      "[^" ALNUM "_@%. -]",               /* 415-555-2671-Fax */
      "[.-][^" ALNUM "]| [^0-9]|-[A-Za-z]" },
    { WEIR_IDENT_CRYPTO, WEIR_CHECK_CRYPTO, 0, NOT_AFTER,
      "[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9A-Fa-f]{40}|[Bb][Cc]1"
      "[0-9A-Za-z]{11,87}",
      AHEAD },
    { WEIR_IDENT_PASSPORT, WEIR_CHECK_PASSPORT, 0, NOT_AFTER,
      "[A-Za-z]{2}[0-9]{7}|[A-Za-z]{3}[0-9]{6}|[0-9]{2}[A-Za-z]{2}[0-9]{"
      "5}|[CFGHJKcfghjk][0-9A-Za-z]{8}",
      AHEAD },
    { WEIR_IDENT_US_SSN, WEIR_CHECK_US_SSN, 0, NOT_AFTER,
      "[0-8][0-9]{8}|[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}|[0-8][0-9]{2} [0-9]"
      "{2} [0-9]{4}|[0-8][0-9]{2}[.][0-9]{2}[.][0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_US_ITIN, WEIR_CHECK_US_ITIN, 0, NOT_AFTER,
      "9[0-9]{8}|9[0-9]{2}[ -][0-9]{2}[ -][0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_US_EIN, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[0-9]{2}-[0-9]{7}",
      AHEAD },
    { WEIR_IDENT_US_ABA, WEIR_CHECK_US_ABA, 0, NOT_AFTER,
      "[0-8][0-9]{8}|[0-8][0-9]{3}-[0-9]{4}-[0-9]",
      AHEAD },
    { WEIR_IDENT_US_NPI, WEIR_CHECK_US_NPI, 0, NOT_AFTER,
      "[12][0-9]{9}",
      AHEAD },
    { WEIR_IDENT_US_DEA, WEIR_CHECK_US_DEA, 0, NOT_AFTER,
      "[A-HJ-MP-UXa-hj-mp-ux][A-Za-z9][0-9]{7}",
      AHEAD },
    { WEIR_IDENT_US_MBI, WEIR_CHECK_US_MBI, 0, NOT_AFTER,
      "[1-9][AC-HJKMNP-RT-Yac-hjkmnp-rt-y]"
      "[AC-HJKMNP-RT-Yac-hjkmnp-rt-y0-9][0-9]-?"
      "[AC-HJKMNP-RT-Yac-hjkmnp-rt-y][AC-HJKMNP-RT-Yac-hjkmnp-rt-y0-9]"
      "[0-9]-?[AC-HJKMNP-RT-Yac-hjkmnp-rt-y]{2}[0-9]{2}",
      AHEAD },
    { WEIR_IDENT_US_PASSPORT, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[A-Za-z][0-9]{8}|[0-9]{9}",
      AHEAD },
    { WEIR_IDENT_US_DRIVER, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[A-Za-z]{1,2}[0-9]{4,14}|[0-9]{6,14}|[A-Za-z][0-9]{3}([ -][0-9]{3"
      ",4}){2,4}",
      AHEAD_SP },
    { WEIR_IDENT_DE_TAX_ID, WEIR_CHECK_DE_TAX_ID, 0, NOT_AFTER,
      "[1-9][0-9]{10}|[1-9][0-9][ /][0-9]{3}[ /][0-9]{3}[ /][0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_DE_SOCIAL, WEIR_CHECK_DE_SOCIAL, 0, NOT_AFTER,
      "[0-9]{2} ?[0-9]{6} ?[A-Za-z] ?[0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_DE_ID_CARD, WEIR_CHECK_DE_ID_CARD, 0, NOT_AFTER,
      "[CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz0-9]"
      "[CFGHJKLMNPRTVWXYZcfghjklmnprtvwxyz0-9]{7}[0-9]{1,2}",
      AHEAD },
    { WEIR_IDENT_DE_HEALTH, WEIR_CHECK_DE_HEALTH, 0, NOT_AFTER,
      "[A-Za-z][0-9]{9}",
      AHEAD },
    { WEIR_IDENT_FR_NIR, WEIR_CHECK_FR_NIR, 0, NOT_AFTER,
      "[12378] ?[0-9]{2} ?[0-9]{2} ?([0-9]{2}|2[ABab]) ?[0-9]{3} ?[0-9]{"
      "3} ?[0-9]{2}",
      AHEAD_SP },
    { WEIR_IDENT_IT_FISCAL, WEIR_CHECK_IT_FISCAL, 0, NOT_AFTER,
      "[A-Za-z]{6}[0-9LMNPQRSTUVlmnpqrstuv]{2}[A-Za-z]"
      "[0-9LMNPQRSTUVlmnpqrstuv]{2}[A-Za-z][0-9LMNPQRSTUVlmnpqrstuv]{3}"
      "[A-Za-z]",
      AHEAD },
    { WEIR_IDENT_ES_NIF, WEIR_CHECK_ES_NIF, 0, NOT_AFTER,
      "[0-9]{7,8}-?[A-HJ-NP-TV-Za-hj-np-tv-z]",
      AHEAD },
    { WEIR_IDENT_ES_NIE, WEIR_CHECK_ES_NIE, 0, NOT_AFTER,
      "[X-Zx-z]-?[0-9]{7}-?[A-HJ-NP-TV-Za-hj-np-tv-z]",
      AHEAD },
    { WEIR_IDENT_NL_BSN, WEIR_CHECK_NL_BSN, 0, NOT_AFTER,
      "[0-9]{9}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_BE_NRN, WEIR_CHECK_BE_NRN, 0, NOT_AFTER,
      "[0-9]{11}|[0-9]{2}[.][0-9]{2}[.][0-9]{2}[ -][0-9]{3}[.-][0-9]{2}",
      AHEAD_SP },
    { WEIR_IDENT_PL_PESEL, WEIR_CHECK_PL_PESEL, 0, NOT_AFTER,
      "[0-9]{11}",
      AHEAD },
    { WEIR_IDENT_SE_PNR, WEIR_CHECK_SE_PNR, 0, NOT_AFTER,
      "([0-9]{2})?[0-9]{6}[+-]?[0-9]{4}",
      AHEAD },
    { WEIR_IDENT_FI_HETU, WEIR_CHECK_FI_HETU, 0, NOT_AFTER,
      "[0-3][0-9][01][0-9]{3}[+A-FUVWXYa-fuvwxy-][0-9]{3}"
      "[0-9A-FHJ-NPR-Ya-fhj-npr-y]",
      AHEAD },
    { WEIR_IDENT_PT_NIF, WEIR_CHECK_PT_NIF, 0, NOT_AFTER,
      "[125689][0-9]{2} ?[0-9]{3} ?[0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_AT_SVNR, WEIR_CHECK_AT_SVNR, 0, NOT_AFTER,
      "[1-9][0-9]{3} ?[0-9]{6}",
      AHEAD_SP },
    { WEIR_IDENT_IE_PPS, WEIR_CHECK_IE_PPS, 0, NOT_AFTER,
      "[0-9]{7}[A-Wa-w][A-IWa-iw]?",
      AHEAD },
    { WEIR_IDENT_DK_CPR, WEIR_CHECK_DK_CPR, 0, NOT_AFTER,
      "[0-3][0-9][01][0-9]{3}[ -]?[0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_CZ_RC, WEIR_CHECK_CZ_RC, 0, NOT_AFTER,
      "[0-9]{6}/?[0-9]{4}",
      AHEAD },
    { WEIR_IDENT_RO_CNP, WEIR_CHECK_RO_CNP, 0, NOT_AFTER,
      "[1-9][0-9]{12}",
      AHEAD },
    { WEIR_IDENT_BG_EGN, WEIR_CHECK_BG_EGN, 0, NOT_AFTER,
      "[0-9]{10}",
      AHEAD },
    { WEIR_IDENT_EE_LT, WEIR_CHECK_EE_LT, 0, NOT_AFTER,
      "[1-8][0-9]{10}",
      AHEAD },
    { WEIR_IDENT_HR_OIB, WEIR_CHECK_HR_OIB, 0, NOT_AFTER,
      "[0-9]{11}",
      AHEAD },
    { WEIR_IDENT_NO_FNR, WEIR_CHECK_NO_FNR, 0, NOT_AFTER,
      "[0-7][0-9]{5} ?[0-9]{5}",
      AHEAD_SP },
    { WEIR_IDENT_UK_NHS, WEIR_CHECK_UK_NHS, 0, NOT_AFTER,
      "[0-9]{10}|[0-9]{3}([ -])[0-9]{3}[ -][0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_UK_NINO, WEIR_CHECK_UK_NINO, 0, NOT_AFTER,
      "[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z]"
      "[A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} "
      "?[A-Da-d]",
      AHEAD_SP },
    { WEIR_IDENT_UK_POSTCODE, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[A-PR-UWYZa-pr-uwyz]([0-9]{1,2}|[A-HK-Ya-hk-y][0-9]|"
      "[A-HK-Ya-hk-y][0-9][0-9A-Za-z]|[0-9][A-HJKPSTUWa-hjkpstuw]) ?"
      "[0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2}|GIR ?0AA",
      AHEAD_SP },
    { WEIR_IDENT_UK_DRIVER, WEIR_CHECK_UK_DRIVER, 0, NOT_AFTER,
      "[A-Za-z9]{5}[0-9]{6}[A-Za-z9]{2}[0-9A-Za-z]{3}",
      AHEAD },
    { WEIR_IDENT_UK_PASSPORT, WEIR_CHECK_WEAK_SHAPE, 0, NOT_AFTER,
      "[0-9]{9}|[A-Za-z]{2}[0-9]{7}",
      AHEAD },
    { WEIR_IDENT_CA_SIN, WEIR_CHECK_CA_SIN, 0, NOT_AFTER,
      "[1-79][0-9]{8}|[1-79][0-9]{2}-[0-9]{3}-[0-9]{3}|[1-79][0-9]{2} "
      "[0-9]{3} [0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_AU_ABN, WEIR_CHECK_AU_ABN, 0, NOT_AFTER,
      "[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_AU_ACN, WEIR_CHECK_AU_ACN, 0, NOT_AFTER,
      "[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_AU_TFN, WEIR_CHECK_AU_TFN, 0, NOT_AFTER,
      "[0-9]{3} ?[0-9]{3} ?[0-9]{3}",
      AHEAD_SP },
    { WEIR_IDENT_AU_MEDICARE, WEIR_CHECK_AU_MEDICARE, 0, NOT_AFTER,
      "[2-6][0-9]{3} ?[0-9]{5} ?[0-9]",
      AHEAD_SP },
    { WEIR_IDENT_IN_AADHAAR, WEIR_CHECK_IN_AADHAAR, 0, NOT_AFTER,
      "[2-9][0-9]{11}|[2-9][0-9]{3}-[0-9]{4}-[0-9]{4}|[2-9][0-9]{3} "
      "[0-9]{4} [0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_IN_PAN, WEIR_CHECK_STRONG_SHAPE, 0, NOT_AFTER,
      "[A-Za-z]{3}[ABCFGHJLPTabcfghjlpt][A-Za-z][0-9]{4}[A-Za-z]",
      AHEAD },
    { WEIR_IDENT_IN_GSTIN, WEIR_CHECK_IN_GSTIN, 0, NOT_AFTER,
      "[0-3][0-9][A-Za-z]{5}[0-9]{4}[A-Za-z][1-9A-Za-z][Zz][0-9A-Za-z]",
      AHEAD },
    { WEIR_IDENT_KR_RRN, WEIR_CHECK_KR_RRN, 0, NOT_AFTER,
      "[0-9]{2}[01][0-9][0-3][0-9]-?[1-8][0-9]{6}",
      AHEAD },
    { WEIR_IDENT_KR_BRN, WEIR_CHECK_KR_BRN, 0, NOT_AFTER,
      "[0-9]{3}-[0-9]{2}-[0-9]{5}|[0-9]{10}",
      AHEAD },
    { WEIR_IDENT_SG_NRIC, WEIR_CHECK_SG_NRIC, 0, NOT_AFTER,
      "[STFGMstfgm][0-9]{7}[A-Za-z]",
      AHEAD },
    { WEIR_IDENT_TR_ID, WEIR_CHECK_TR_ID, 0, NOT_AFTER,
      "[1-9][0-9]{10}",
      AHEAD },
    { WEIR_IDENT_TH_ID, WEIR_CHECK_TH_ID, 0, NOT_AFTER,
      "[1-8][0-9]{12}|[1-8]-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9]",
      AHEAD },
    { WEIR_IDENT_ZA_ID, WEIR_CHECK_ZA_ID, 0, NOT_AFTER,
      "[0-9]{2}[01][0-9][0-3][0-9]{5}[0-2][0-9]{2}",
      AHEAD },
    { WEIR_IDENT_JP_MY_NUMBER, WEIR_CHECK_JP_MY_NUMBER, 0, NOT_AFTER,
      "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}",
      AHEAD_SP },
    { WEIR_IDENT_BR_NUMBER, WEIR_CHECK_BR_NUMBER, 0, NOT_AFTER,
      "[0-9]{11}|[0-9]{3}[.][0-9]{3}[.][0-9]{3}-[0-9]{2}|[0-9]{14}|[0-9]"
      "{2}[.][0-9]{3}[.][0-9]{3}/[0-9]{4}-[0-9]{2}",
      AHEAD },
};

const struct matcher_shape_table  matcher_shapes_id = {
    shapes, sizeof(shapes) / sizeof(shapes[0])
};
