/*
 * ident_check_world.c: identifiers of the United States, of Hong Kong, Macao
 * and Taiwan, and of other countries. Sources by type: docs/identifiers.md.
 */
#include "scan/ident_check.h"
#include "scan/ident_digits.h"

#define WEAK  WEIR_CHECK_WEAK

/* SSA: areas 000, 666 and 9xx, group 00, serial 0000 are never given; nor
   are the numbers that were printed on sample cards. */
static unsigned
us_ssn(const uint8_t *d, size_t k, bool parted)
{
    static const char *const  samples[] = { "078051120", "219099999",
                                            "457555462" };
    const unsigned            area = k == 9 ? digits_number(d, 3) : 0;
    unsigned                  i;

    if (k != 9 || area == 0 || area == 666 || area >= 900
        || digits_number(d + 3, 2) == 0 || digits_number(d + 5, 4) == 0
        || digits_same(d, 9))
    {
        return 0;
    }
    for (i = 0; i < 3; i++) {
        if (memcmp(d, samples[i], 9) == 0) {
            return 0;
        }
    }
    return parted ? 600 : 500 | WEAK;
}

/* IRS: 9xx with the groups that it gives out. */
static unsigned
us_itin(const uint8_t *d, size_t k, bool parted)
{
    const unsigned  group = k == 9 ? digits_number(d + 3, 2) : 0;

    if (k != 9 || group < 50 || (group > 65 && group < 70) || group == 89
        || group == 93)
    {
        return 0;
    }
    return parted ? 500 : 500 | WEAK;
}

static unsigned
us_aba(const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  weights[9] = { 3, 7, 1, 3, 7, 1, 3, 7, 1 };
    const unsigned       first = k == 9 ? digits_number(d, 2) : 99;

    if (k != 9 || digits_sum(d, weights, 9) % 10 != 0 || digits_same(d, 9)
        || !(first <= 12 || (first >= 21 && first <= 32)
             || (first >= 61 && first <= 72) || first == 80))
    {
        return 0;
    }
    return parted ? 500 : 500 | WEAK;
}

/* CMS: Luhn behind 80840. */
static unsigned
us_npi(const uint8_t *d, size_t k)
{
    uint8_t  e[15] = "80840";

    if (k != 10 || digits_same(d, 10)) {
        return 0;
    }
    memcpy(e + 5, d, 10);
    return digits_luhn(e, 15) ? 500 | WEAK : 0;
}

static unsigned
us_dea(const uint8_t *d, size_t k)
{
    static const int8_t  weights[6] = { 1, 2, 1, 2, 1, 2 };

    return k == 9 && digits_sum(d + 2, weights, 6) % 10 == d[8] - '0'
           ? 500 | WEAK : 0;
}

/* HKID: one or two letters (a blank counts 36), weights 9 to 2, MOD 11. */
static unsigned
hk_id(const uint8_t *d, size_t k, bool parted)
{
    unsigned  sum, i;

    if (k != 8 && k != 9) {
        return 0;
    }
    sum = (k == 9 ? digits_base36(d[0]) : 36) * 9;
    d += k - 8;
    sum += digits_base36(d[0]) * 8;
    for (i = 1; i < 7; i++) {
        sum += (unsigned) (d[i] - '0') * (8 - i);
    }
    sum = (11 - sum % 11) % 11;
    if (d[7] != (sum == 10 ? 'A' : '0' + sum)) {
        return 0;
    }
    return parted ? 800 : 500 | WEAK;
}

/* The letter as two digits, weights 1 9 8 ... 1 1, divisible by ten; the
   second place is the sex, or 8 9 A-D for residents without household. */
static unsigned
tw_id(const uint8_t *d, size_t k)
{
    static const char    letters[] = "ABCDEFGHJKLMNPQRSTUVXYWZIO";
    static const int8_t  weights[9] = { 8, 7, 6, 5, 4, 3, 2, 1, 1 };
    const char          *at = k == 10 ? strchr(letters, d[0]) : NULL;
    uint8_t              e[9];
    int                  v;

    if (at == NULL) {
        return 0;
    }
    memcpy(e, d + 1, 9);
    if (!digits_is(e[0])) {
        const char  *second = strchr(letters, e[0]);

        e[0] = (uint8_t) ('0' + (second - letters + 10) % 10);
    }
    v = (int) (at - letters) + 10;
    v = v / 10 + v % 10 * 9 + digits_sum(e, weights, 9);
    return v % 10 == 0 ? 600 : 0;
}

/* Verhoeff, by the dihedral group of ten. */
static bool
verhoeff(const uint8_t *d, size_t n)
{
    static const uint8_t  swap[8][10] = {
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 },
        { 5, 8, 0, 3, 7, 9, 6, 1, 4, 2 }, { 8, 9, 1, 6, 0, 4, 3, 5, 2, 7 },
        { 9, 4, 5, 3, 1, 2, 6, 8, 7, 0 }, { 4, 2, 8, 6, 5, 7, 3, 9, 0, 1 },
        { 2, 7, 9, 3, 8, 0, 6, 4, 1, 5 }, { 7, 0, 4, 6, 9, 1, 3, 2, 5, 8 }
    };
    unsigned              c = 0, v;
    size_t                i;

    for (i = 0; i < n; i++) {
        v = swap[i % 8][d[n - 1 - i] - '0'];
        c = c < 5 ? (v < 5 ? (c + v) % 5 : (c + v) % 5 + 5)
                  : (v < 5 ? (c - v) % 5 + 5 : (c + 5 - v) % 5);
    }
    return c == 0;
}

static unsigned
au_number(enum weir_check check, const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  abn[11] = { 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 };
    static const int8_t  acn[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };
    static const int8_t  tfn[9] = { 1, 4, 3, 7, 5, 8, 6, 9, 10 };
    static const int8_t  card[8] = { 1, 3, 7, 9, 1, 3, 7, 9 };
    bool                 ok;

    switch (check) {
    case WEIR_CHECK_AU_ABN:
        ok = k == 11 && (digits_sum(d, abn, 11) - 10) % 89 == 0;
        break;
    case WEIR_CHECK_AU_ACN:
        ok = k == 9 && (10 - digits_sum(d, acn, 8) % 10) % 10 == d[8] - '0';
        break;
    case WEIR_CHECK_AU_TFN:
        ok = k == 9 && digits_sum(d, tfn, 9) % 11 == 0;
        break;
    default:
        ok = k == 10 && d[0] >= '2' && d[0] <= '6'
             && digits_sum(d, card, 8) % 10 == d[8] - '0';
    }
    if (!ok || digits_same(d, k)) {
        return 0;
    }
    return check == WEIR_CHECK_AU_ABN && parted ? 500 : 500 | WEAK;
}

/* Resident registration: birth, sex and century; numbers given since
   October 2020 have no check digit, so only the date is asked for. */
static unsigned
kr_rrn(const uint8_t *d, size_t k, bool parted)
{
    if (k != 13 || !digits_date(2000 + digits_number(d, 2),
                                digits_number(d + 2, 2),
                                digits_number(d + 4, 2)))
    {
        return 0;
    }
    return parted ? 500 : 500 | WEAK;
}

static unsigned
kr_brn(const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  weights[9] = { 1, 3, 7, 1, 3, 7, 1, 3, 5 };
    int                  sum;

    if (k != 10) {
        return 0;
    }
    sum = digits_sum(d, weights, 9) + (d[8] - '0') * 5 / 10;
    return (10 - sum % 10) % 10 == d[9] - '0'
           ? (parted ? 500 : 500 | WEAK) : 0;
}

static unsigned
sg_nric(const uint8_t *d, size_t k)
{
    static const int8_t  weights[7] = { 2, 7, 6, 5, 4, 3, 2 };
    int                  sum;
    const char          *letters;

    if (k != 9) {
        return 0;
    }
    sum = digits_sum(d + 1, weights, 7);
    switch (d[0]) {
    case 'S': letters = "JZIHGFEDCBA"; break;
    case 'T': letters = "JZIHGFEDCBA"; sum += 4; break;
    case 'F': letters = "XWUTRQPNMLK"; break;
    case 'G': letters = "XWUTRQPNMLK"; sum += 4; break;
    default: letters = "XWUTRQPNJLK"; sum += 3;
    }
    if (d[0] == 'M') {
        return d[8] == (uint8_t) "KLJNPQRTUWX"[10 - sum % 11] ? 600 : 0;
    }
    return d[8] == (uint8_t) letters[sum % 11] ? 600 : 0;
}

static unsigned
tr_id(const uint8_t *d, size_t k)
{
    static const int8_t  tenth[9] = { 7, -1, 7, -1, 7, -1, 7, -1, 7 };
    static const int8_t  ones[10] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

    return k == 11 && d[0] != '0'
           && ((digits_sum(d, tenth, 9) % 10) + 10) % 10 == d[9] - '0'
           && digits_sum(d, ones, 10) % 10 == d[10] - '0' ? 500 | WEAK : 0;
}

/* ISO 3166-2:TH: the second and third digit are a province. */
static bool
th_province(unsigned province)
{
    static const uint8_t  last[10] = { 0, 9, 7, 9, 9, 8, 7, 7, 6, 6 };

    return province >= 10 && province % 10 <= last[province / 10];
}

static unsigned
th_id(const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  weights[12] = { 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
                                         2 };

    return k == 13 && d[0] >= '1' && d[0] <= '8' && !digits_same(d, 13)
           && th_province(digits_number(d + 1, 2))
           && (11 - digits_sum(d, weights, 12) % 11) % 10 == d[12] - '0'
           ? (parted ? 600 : 500 | WEAK) : 0;
}

static unsigned
za_id(const uint8_t *d, size_t k)
{
    return k == 13 && digits_luhn(d, 13) && d[10] <= '2'
           && digits_date(2000 + digits_number(d, 2), digits_number(d + 2, 2),
                          digits_number(d + 4, 2)) ? 500 | WEAK : 0;
}

static unsigned
jp_my_number(const uint8_t *d, size_t k)
{
    static const int8_t  weights[11] = { 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
    int                  r;

    if (k != 12) {
        return 0;
    }
    r = digits_sum(d, weights, 11) % 11;
    return (r <= 1 ? 0 : 11 - r) == d[11] - '0' ? 500 | WEAK : 0;
}

static bool
br_digits(const uint8_t *d, const int8_t *weights, size_t n)
{
    const int  r = digits_sum(d, weights, n) % 11;

    return (r < 2 ? 0 : 11 - r) == d[n] - '0';
}

static unsigned
br_number(const uint8_t *d, size_t k, bool parted)
{
    static const int8_t  cpf[10] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
    static const int8_t  cnpj[13] = { 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3,
                                      2 };
    bool                 ok;

    if (digits_same(d, k)) {
        return 0;
    }
    ok = k == 11 ? br_digits(d, cpf + 1, 9) && br_digits(d, cpf, 10)
         : k == 14 && br_digits(d, cnpj + 1, 12) && br_digits(d, cnpj, 13);
    return ok ? (parted ? 800 : 500 | WEAK) : 0;
}

static unsigned
in_gstin(const uint8_t *d, size_t k)
{
    const unsigned  state = k == 15 ? digits_number(d, 2) : 0;

    return state >= 1 && state <= 38 ? 600 : 0;
}

/* 2026-11-24, 24.11.2026, 11.24.26: no number to call. */
static bool
is_date(const uint8_t *d, size_t k, const uint8_t *a, size_t n)
{
    const unsigned  first = digits_number(d, 2);

    if (n == 10 && k == 8 && (first == 19 || first == 20)) {
        return true;
    }
    if (n == 10 && k == 8 && first <= 31
        && (digits_number(d + 4, 2) == 19 || digits_number(d + 4, 2) == 20))
    {
        return true;
    }
    return n == 8 && k == 6 && a[2] == a[5];
}

/* National numbers with their trunk zero, as Japan, Korea and others part
   them: 03-1234-5678, 02-123-4567. */
static bool
is_trunk(const uint8_t *a, size_t n)
{
    const size_t  area = n > 2 && a[2] == '-' ? 2 : 3;

    return (n == area + 9 || n == area + 10) && a[0] == '0' && a[1] != '0'
           && a[area] == '-' && a[n - 5] == '-';
}

/* Mobile numbers of Japan in one piece; Korea's 010 is Beijing's too. */
static bool
is_mobile_0(const uint8_t *d, size_t k)
{
    return k == 11 && d[0] == '0' && d[2] == '0' && d[3] != '0'
           && d[1] >= '7' && d[1] <= '9';
}

/* ITU-T E.164: 8 to 15 digits with the country; NANP 3-3-4. */
static unsigned
phone(const uint8_t *a, size_t n, const uint8_t *d, size_t k)
{
    const bool  foreign = a[0] == '+';
    size_t      end = 0, main = 0;
    bool        parted;

    /* the extension is no part of the number's length */
    while (end < n && (a[end] | 0x20) != 'x' && (a[end] | 0x20) != 'e'
           && a[end] != '#')
    {
        main += digits_is(a[end]);
        end++;
    }
    n = end > 0 && end < n && a[end - 1] == ' ' ? end - 1 : end;
    k = main < k ? main : k;
    parted = k < n;
    if (foreign) {
        return k >= 8 && k <= 15 && !(d[0] == '8' && d[1] == '6')
               && !digits_same(d, k) ? 600 : 0;
    }
    if (k == 13 && memcmp(a, "001", 3) == 0) {
        a += 4;
        n -= 4;
        d += 3;
        k = 10;
    } else if (k == 11 && a[0] == '1' && n > 12 && !digits_is(a[1])) {
        a += 2;
        n -= 2;
        d += 1;
        k = 10;
    }
    /* 415-555-2671, (415) 555-2671; 090-1234-5678 in Japan and Korea */
    if (n >= 12 && k == 10 && (d[1] != '0' || d[2] != '0')
        && d[0] >= '2'
        && (a[0] == '(' || (a[3] == a[7] && a[3] != ' ' && !digits_is(a[3]))))
    {
        return 500;
    }
    if (is_date(d, k, a, n)) {
        return 0;
    }
    if (is_trunk(a, n) || (!parted && is_mobile_0(d, k))) {
        return 500;
    }
    if (k == 9 && n == 10 && a[2] == '-') {
        return 0;                     /* an employer's number (EIN) */
    }
    /* with a trunk zero one more, as in Germany */
    return k >= 7 && k <= (a[0] == '0' ? 12u : 11u)
           ? (parted ? 500 | WEAK : 400 | WEAK) : 0;
}

static unsigned
imei(const uint8_t *d, size_t k)
{
    return k == 15 && !digits_same(d, 15) ? 500 | WEAK : 0;
}

static unsigned
passport(const uint8_t *d, size_t k)
{
    size_t  i, digits = 0;

    for (i = 0; i < k; i++) {
        digits += digits_is(d[i]);
    }
    return digits >= 4 ? 500 | WEAK : 0;
}

static unsigned
check_us(enum weir_check check, const uint8_t *d, size_t k, bool parted)
{
    switch (check) {
    case WEIR_CHECK_US_SSN: return us_ssn(d, k, parted);
    case WEIR_CHECK_US_ITIN: return us_itin(d, k, parted);
    case WEIR_CHECK_US_ABA: return us_aba(d, k, parted);
    case WEIR_CHECK_US_NPI: return us_npi(d, k);
    case WEIR_CHECK_US_DEA: return us_dea(d, k);
    case WEIR_CHECK_US_MBI: return k == 11 ? 600 : 0;
    default: return 0;
    }
}

unsigned
weir_ident_check_world(enum weir_check check, const uint8_t *a, size_t n)
{
    uint8_t       d[40];
    const size_t  k = digits_compact(a, n, d, sizeof(d));
    const bool    parted = k < n;

    switch (check) {
    case WEIR_CHECK_HK_ID: return hk_id(d, k, parted);
    case WEIR_CHECK_TW_ID: return tw_id(d, k);
    case WEIR_CHECK_AU_ABN:
    case WEIR_CHECK_AU_ACN:
    case WEIR_CHECK_AU_TFN:
    case WEIR_CHECK_AU_MEDICARE: return au_number(check, d, k, parted);
    case WEIR_CHECK_CA_SIN:
        return k == 9 && digits_luhn(d, 9) && !digits_same(d, 9)
               && d[0] != '0' && d[0] != '8' ? (parted ? 500 : 500 | WEAK)
                                             : 0;
    case WEIR_CHECK_IN_AADHAAR:
        return k == 12 && verhoeff(d, 12) && !digits_same(d, 12)
               ? (parted ? 600 : 500 | WEAK) : 0;
    case WEIR_CHECK_IN_GSTIN: return in_gstin(d, k);
    case WEIR_CHECK_KR_RRN: return kr_rrn(d, k, parted);
    case WEIR_CHECK_KR_BRN: return kr_brn(d, k, parted);
    case WEIR_CHECK_SG_NRIC: return sg_nric(d, k);
    case WEIR_CHECK_TR_ID: return tr_id(d, k);
    case WEIR_CHECK_TH_ID: return th_id(d, k, parted);
    case WEIR_CHECK_ZA_ID: return za_id(d, k);
    case WEIR_CHECK_JP_MY_NUMBER: return jp_my_number(d, k);
    case WEIR_CHECK_BR_NUMBER: return br_number(d, k, parted);
    case WEIR_CHECK_PHONE: return phone(a, n, d, k);
    case WEIR_CHECK_IMEI: return imei(d, k);
    case WEIR_CHECK_PASSPORT: return passport(d, k);
    case WEIR_CHECK_WEAK_SHAPE: return 500 | WEAK;
    case WEIR_CHECK_STRONG_SHAPE: return 600;
    default: return check_us(check, d, k, parted);
    }
}
