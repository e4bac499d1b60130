/*
 * ident_check_eu.c: national identifiers of Europe. Sources by type:
 * docs/identifiers.md. The span comes folded: one ASCII byte a character.
 */
#include "scan/ident_check.h"
#include "scan/ident_digits.h"

#define WEAK  WEIR_CHECK_WEAK

/* ISO 7064 MOD 11,10 over n digits, the last one the check. */
static bool
mod_11_10(const uint8_t *d, size_t n)
{
    unsigned  p = 10;
    size_t    i;

    for (i = 0; i + 1 < n; i++) {
        p = (p + (unsigned) (d[i] - '0')) % 10;
        p = (p == 0 ? 10 : p) * 2 % 11;
    }
    return (11 - p) % 10 == (unsigned) (d[n - 1] - '0');
}

static unsigned
de_tax_id(const uint8_t *d, size_t k)
{
    unsigned  count[10] = { 0 }, i, twice = 0, thrice = 0;

    if (k != 11 || d[0] == '0' || !mod_11_10(d, k)) {
        return 0;
    }
    for (i = 0; i < 10; i++) {
        count[d[i] - '0']++;
    }
    for (i = 0; i < 10; i++) {
        twice += count[i] == 2;
        thrice += count[i] == 3;
        if (count[i] > 3) {
            return 0;
        }
    }
    /* of the first ten digits one is there two or three times; test numbers
       of the administration have all ten different */
    return twice + thrice <= 1 || (twice == 1 && thrice == 0)
           ? 500 | WEAK : 0;
}

/* VKVV: area, birth, initial, serial; its letter counts as two digits. */
static unsigned
de_social_security(const uint8_t *d, size_t k)
{
    static const uint8_t  weights[12] = { 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2,
                                          1 };
    uint8_t               e[13];
    unsigned              i, v, sum = 0, day;

    if (k != 12) {
        return 0;
    }
    memcpy(e, d, 8);
    e[8] = (uint8_t) ('0' + (d[8] - 'A' + 1) / 10);
    e[9] = (uint8_t) ('0' + (d[8] - 'A' + 1) % 10);
    memcpy(e + 10, d + 9, 3);
    for (i = 0; i < 12; i++) {
        v = (unsigned) (e[i] - '0') * weights[i];
        sum += v / 10 + v % 10;
    }
    day = digits_number(d + 2, 2);
    if (sum % 10 != (unsigned) (e[12] - '0') || (day > 31 && day < 51)
        || !digits_date(2000 + digits_number(d + 6, 2),
                        digits_number(d + 4, 2), day > 50 ? day - 50 : day))
    {
        return 0;
    }
    return 800;
}

/* ICAO 9303: weights 7 3 1, letters from 10. */
static unsigned
de_id_card(const uint8_t *d, size_t k)
{
    static const uint8_t  weights[3] = { 7, 3, 1 };
    unsigned              i, sum = 0, digits = 0;

    if (k != 9 && k != 10) {
        return 0;
    }
    for (i = 1; k == 9 && d[0] == 'T' && i < 9 && digits_is(d[i]); i++) {
        digits++;
    }
    if (digits == 8) {
        return 500 | WEAK;            /* T and eight digits, as printed: the
                                         check digit stands elsewhere */
    }
    digits = 0;
    if (k == 9) {
        for (i = 0; i < 8; i++) {
            digits += digits_is(d[i]);
            sum += digits_base36(d[i]) * weights[i % 3];
        }
        return digits_is(d[8]) && digits > 2
               && sum % 10 == (unsigned) (d[8] - '0') ? 500 | WEAK : 0;
    }
    for (i = 0; i < 9; i++) {
        digits += digits_is(d[i]);
        sum += digits_base36(d[i]) * weights[i % 3];
    }
    return digits_is(d[9]) && digits > 2
           && sum % 10 == (unsigned) (d[9] - '0') ? 500 | WEAK : 0;
}

/* Krankenversichertennummer: letter as two digits, weights 1 2. */
static unsigned
de_health(const uint8_t *d, size_t k)
{
    uint8_t   e[11];
    unsigned  i, v, sum = 0;

    if (k != 10) {
        return 0;
    }
    e[0] = (uint8_t) ('0' + (d[0] - 'A' + 1) / 10);
    e[1] = (uint8_t) ('0' + (d[0] - 'A' + 1) % 10);
    memcpy(e + 2, d + 1, 9);
    for (i = 0; i < 10; i++) {
        v = (unsigned) (e[i] - '0') * (i % 2 + 1);
        sum += v / 10 + v % 10;
    }
    return sum % 10 == (unsigned) (e[10] - '0') ? 500 | WEAK : 0;
}

/* NIR: key is 97 less the number modulo 97; 2A and 2B are 19 and 18. */
static unsigned
fr_nir(const uint8_t *d, size_t k)
{
    uint8_t   e[15];
    uint64_t  v = 0;
    unsigned  i, month;

    if (k != 15) {
        return 0;
    }
    memcpy(e, d, 15);
    if (!digits_is(e[6])) {
        e[5] = '1';
        e[6] = d[6] == 'A' ? '9' : '8';
    }
    for (i = 0; i < 13; i++) {
        v = v * 10 + (uint64_t) (e[i] - '0');
    }
    month = digits_number(d + 3, 2);
    if (97 - v % 97 != digits_number(d + 13, 2) || month == 0
        || (month > 12 && month < 20))
    {
        return 0;
    }
    return 700;
}

/* Decreto 23/12/1976; the places of digits may hold letters (omocodia). */
static unsigned
it_fiscal_code(const uint8_t *d, size_t k)
{
    static const uint8_t  odd[36] = { 1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14,
        16, 10, 22, 25, 24, 23 };
    unsigned              i, sum = 0, v;

    if (k != 16) {
        return 0;
    }
    for (i = 0; i < 15; i++) {
        v = digits_base36(d[i]);
        sum += i % 2 == 0 ? odd[v] : digits_is(d[i]) ? v : v - 10;
    }
    return d[15] == 'A' + sum % 26 ? 900 : 0;
}

static unsigned
es_nif(const uint8_t *d, size_t k, bool nie)
{
    static const char  letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    unsigned           v;

    if (nie) {
        v = k == 9 ? (unsigned) (d[0] - 'X') * 10000000u
                     + digits_number(d + 1, 7) : 0;
    } else {
        v = k == 9 || k == 8 ? digits_number(d, k - 1) : 0;
    }
    if (v == 0 || d[k - 1] != (uint8_t) letters[v % 23]) {
        return 0;
    }
    return nie || k == 9 ? 600 : 500;
}

static unsigned
nl_bsn(const uint8_t *d, size_t k)
{
    static const int8_t  weights[9] = { 9, 8, 7, 6, 5, 4, 3, 2, -1 };

    return k == 9 && digits_sum(d, weights, 9) % 11 == 0
           && digits_number(d, 9) > 9999999 ? 500 | WEAK : 0;
}

static unsigned
be_nrn(const uint8_t *d, size_t k, bool parted)
{
    const unsigned  month = k == 11 ? digits_number(d + 2, 2) : 0;
    const uint64_t  v = k == 11 ? digits_number(d, 9) : 0;
    const unsigned  key = k == 11 ? digits_number(d + 9, 2) : 0;

    if (k != 11 || month % 20 > 12 || digits_number(d + 4, 2) > 31
        || (97 - v % 97 != key && 97 - (v + 2000000000u) % 97 != key))
    {
        return 0;
    }
    return parted ? 800 : 500 | WEAK;
}

static unsigned
pl_pesel(const uint8_t *d, size_t k)
{
    static const int8_t  weights[11] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1 };
    unsigned             month, year;

    if (k != 11 || digits_sum(d, weights, 11) % 10 != 0) {
        return 0;
    }
    month = digits_number(d + 2, 2);
    year = month / 20 == 4 ? 1800 : 1900 + month / 20 * 100;
    return digits_date(year + digits_number(d, 2), month % 20,
                       digits_number(d + 4, 2)) ? 500 | WEAK : 0;
}

/* Personnummer; day plus 60 is a coordination number. */
static unsigned
se_personnummer(const uint8_t *d, size_t k, bool parted)
{
    unsigned  day, year = 2000;

    if (k == 12) {
        year = digits_number(d, 2) * 100;
        d += 2;
    } else if (k != 10) {
        return 0;
    }
    day = digits_number(d + 4, 2);
    if (!digits_luhn(d, 10)
        || !digits_date(year + digits_number(d, 2), digits_number(d + 2, 2),
                        day > 60 ? day - 60 : day))
    {
        return 0;
    }
    return parted ? 600 : 500 | WEAK;
}

/* ddmmyy, sign of the century, three digits, MOD 31. */
static unsigned
fi_hetu(const uint8_t *a, size_t n)
{
    static const char  letters[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    const unsigned     v = n == 11 ? digits_number(a, 6) * 1000u
                                     + digits_number(a + 7, 3) : 0;
    const uint8_t      c = n == 11 ? digits_upper(a[10]) : 0;

    return n == 11 && c == (uint8_t) letters[v % 31]
           && digits_date(2000 + digits_number(a + 4, 2),
                          digits_number(a + 2, 2), digits_number(a, 2))
           ? 800 : 0;
}

static unsigned
pt_nif(const uint8_t *d, size_t k)
{
    static const int8_t  weights[8] = { 9, 8, 7, 6, 5, 4, 3, 2 };
    unsigned             r;

    if (k != 9 || strchr("125689", d[0]) == NULL) {
        return 0;
    }
    r = (unsigned) digits_sum(d, weights, 8) % 11;
    return (r < 2 ? 0 : 11 - r) == (unsigned) (d[8] - '0') ? 500 | WEAK : 0;
}

static unsigned
at_svnr(const uint8_t *d, size_t k)
{
    static const int8_t  weights[10] = { 3, 7, 9, 0, 5, 8, 4, 2, 1, 6 };

    return k == 10 && d[0] != '0'
           && digits_sum(d, weights, 10) % 11 == d[3] - '0'
           && digits_number(d + 4, 2) <= 31 && digits_number(d + 6, 2) <= 15
           ? 500 | WEAK : 0;
}

static unsigned
ie_pps(const uint8_t *d, size_t k)
{
    static const int8_t  weights[7] = { 8, 7, 6, 5, 4, 3, 2 };
    int                  sum;

    if (k != 8 && k != 9) {
        return 0;
    }
    sum = digits_sum(d, weights, 7);
    if (k == 9) {
        sum += d[8] == 'W' ? 0 : (d[8] - 'A' + 1) * 9;
    }
    return d[7] == (uint8_t) "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23]
           ? 500 | WEAK : 0;
}

static unsigned
dk_cpr(const uint8_t *d, size_t k)
{
    return k == 10 && digits_date(2000 + digits_number(d + 4, 2),
                                  digits_number(d + 2, 2),
                                  digits_number(d, 2)) ? 500 | WEAK : 0;
}

/* Both countries: divisible by 11; month plus 50 for women, plus 20 or 70
   when the numbers of a day ran out. */
static unsigned
cz_rc(const uint8_t *d, size_t k, bool parted)
{
    unsigned  month, mod = 0;
    size_t    i;

    if (k != 10) {
        return 0;
    }
    for (i = 0; i < 10; i++) {
        mod = (mod * 10 + (unsigned) (d[i] - '0')) % 11;
    }
    month = digits_number(d + 2, 2) % 50;
    month = month > 20 ? month - 20 : month;
    return mod == 0 && digits_date(2000 + digits_number(d, 2), month,
                                   digits_number(d + 4, 2))
           ? (parted ? 700 : 500 | WEAK) : 0;
}

static unsigned
ro_cnp(const uint8_t *d, size_t k)
{
    static const int8_t  weights[12] = { 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9 };
    unsigned             r;

    if (k != 13 || d[0] == '0') {
        return 0;
    }
    r = (unsigned) digits_sum(d, weights, 12) % 11;
    return (r == 10 ? 1 : r) == (unsigned) (d[12] - '0')
           && digits_date(2000 + digits_number(d + 1, 2),
                          digits_number(d + 3, 2), digits_number(d + 5, 2))
           ? 500 | WEAK : 0;
}

static unsigned
bg_egn(const uint8_t *d, size_t k)
{
    static const int8_t  weights[9] = { 2, 4, 8, 5, 10, 9, 7, 3, 6 };

    return k == 10 && digits_sum(d, weights, 9) % 11 % 10 == d[9] - '0'
           && digits_date(2000 + digits_number(d, 2),
                          digits_number(d + 2, 2) % 20,
                          digits_number(d + 4, 2)) ? 500 | WEAK : 0;
}

/* Estonia and Lithuania keep one form. */
static unsigned
ee_lt_code(const uint8_t *d, size_t k)
{
    static const int8_t  first[10] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 };
    static const int8_t  second[10] = { 3, 4, 5, 6, 7, 8, 9, 1, 2, 3 };
    int                  r;

    if (k != 11 || d[0] < '1' || d[0] > '8'
        || !digits_date(2000 + digits_number(d + 1, 2),
                        digits_number(d + 3, 2), digits_number(d + 5, 2)))
    {
        return 0;
    }
    r = digits_sum(d, first, 10) % 11;
    r = r == 10 ? digits_sum(d, second, 10) % 11 % 10 : r;
    return r == d[10] - '0' ? 500 | WEAK : 0;
}

static unsigned
no_fnr(const uint8_t *d, size_t k)
{
    static const int8_t  first[10] = { 3, 7, 6, 1, 8, 9, 4, 5, 2, 1 };
    static const int8_t  second[11] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1 };

    return k == 11 && digits_sum(d, first, 10) % 11 == 0
           && digits_sum(d, second, 11) % 11 == 0
           && digits_date(2000 + digits_number(d + 4, 2),
                          digits_number(d + 2, 2), digits_number(d, 2) % 40)
           ? 500 | WEAK : 0;
}

static unsigned
uk_nhs(const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  weights[10] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

    return k == 10 && !digits_same(d, 10)
           && digits_sum(d, weights, 10) % 11 == 0
           ? (parted ? 500 : 500 | WEAK) : 0;
}

static unsigned
uk_nino(const uint8_t *d, size_t k)
{
    static const char  not[] = "BGGBKNNKNTTNZZ";
    size_t             i;

    for (i = 0; k == 9 && i + 2 < sizeof(not); i += 2) {
        if (memcmp(not + i, d, 2) == 0) {
            return 0;
        }
    }
    return k == 9 ? 600 : 0;
}

/* Five letters of the name, decade, month (plus 50 for women), day, year. */
static unsigned
uk_driver(const uint8_t *d, size_t k)
{
    unsigned  month;

    if (k != 16) {
        return 0;
    }
    month = digits_number(d + 6, 2);
    month = month > 50 ? month - 50 : month;
    return month >= 1 && month <= 12 && digits_number(d + 8, 2) >= 1
           && digits_number(d + 8, 2) <= 31 ? 700 : 0;
}

unsigned
weir_ident_check_eu(enum weir_check check, const uint8_t *a, size_t n)
{
    uint8_t       d[40];
    const size_t  k = digits_compact(a, n, d, sizeof(d));
    const bool    parted = k < n;

    switch (check) {
    case WEIR_CHECK_DE_TAX_ID: return de_tax_id(d, k);
    case WEIR_CHECK_DE_SOCIAL: return de_social_security(d, k);
    case WEIR_CHECK_DE_ID_CARD: return de_id_card(d, k);
    case WEIR_CHECK_DE_HEALTH: return de_health(d, k);
    case WEIR_CHECK_FR_NIR: return fr_nir(d, k);
    case WEIR_CHECK_IT_FISCAL: return it_fiscal_code(d, k);
    case WEIR_CHECK_ES_NIF: return es_nif(d, k, false);
    case WEIR_CHECK_ES_NIE: return es_nif(d, k, true);
    case WEIR_CHECK_NL_BSN: return nl_bsn(d, k);
    case WEIR_CHECK_BE_NRN: return be_nrn(d, k, parted);
    case WEIR_CHECK_PL_PESEL: return pl_pesel(d, k);
    case WEIR_CHECK_SE_PNR: return se_personnummer(d, k, parted);
    case WEIR_CHECK_FI_HETU: return fi_hetu(a, n);
    case WEIR_CHECK_PT_NIF: return pt_nif(d, k);
    case WEIR_CHECK_AT_SVNR: return at_svnr(d, k);
    case WEIR_CHECK_IE_PPS: return ie_pps(d, k);
    case WEIR_CHECK_DK_CPR: return dk_cpr(d, k);
    case WEIR_CHECK_CZ_RC: return cz_rc(d, k, parted);
    case WEIR_CHECK_RO_CNP: return ro_cnp(d, k);
    case WEIR_CHECK_BG_EGN: return bg_egn(d, k);
    case WEIR_CHECK_EE_LT: return ee_lt_code(d, k);
    case WEIR_CHECK_HR_OIB:
        return k == 11 && mod_11_10(d, k) ? 500 | WEAK : 0;
    case WEIR_CHECK_NO_FNR: return no_fnr(d, k);
    case WEIR_CHECK_UK_NHS: return uk_nhs(d, k, parted);
    case WEIR_CHECK_UK_NINO: return uk_nino(d, k);
    case WEIR_CHECK_UK_DRIVER: return uk_driver(d, k);
    default: return 0;
    }
}
