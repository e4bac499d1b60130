/*
 * ident_check.c: check digits and allotments of the identifiers. The span
 * comes folded: one ASCII byte a character.
 */
#include "scan/ident_check.h"
#include "scan/scan_layout.h"

static bool
is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool
is_alpha(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static uint8_t
upper(uint8_t c)
{
    return c >= 'a' && c <= 'z' ? (uint8_t) (c - 32) : c;
}

/* Letters and digits only, upper case; their number, at most `max`. */
static size_t
compact(const uint8_t *a, size_t n, uint8_t *out, size_t max)
{
    size_t  i, k = 0;

    for (i = 0; i < n && k < max; i++) {
        if (is_digit(a[i]) || is_alpha(a[i])) {
            out[k++] = upper(a[i]);
        }
    }
    return k;
}

static unsigned
number(const uint8_t *a, size_t n)
{
    unsigned  v = 0;

    while (n-- > 0) {
        v = v * 10 + (unsigned) (*a++ - '0');
    }
    return v;
}

static bool
date_is_real(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t  days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
                                       30, 31 };
    const bool  leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month >= 1 && month <= 12 && day >= 1
           && day <= days[month - 1] + (leap && month == 2 ? 1u : 0u);
}

/* GB/T 2260: provinces; 81 to 83 for residents from Hong Kong, Macao and
   Taiwan; 9x for foreign permanent residents. */
static bool
region_is_real(unsigned region)
{
    const unsigned  tens = region / 10, ones = region % 10;

    switch (tens) {
    case 1: return ones >= 1 && ones <= 5;
    case 2: return ones >= 1 && ones <= 3;
    case 3: return ones >= 1 && ones <= 7;
    case 4: return ones >= 1 && ones <= 6;
    case 5: return ones <= 4;
    case 6: return ones >= 1 && ones <= 5;
    case 7: return ones == 1;
    case 8: return ones >= 1 && ones <= 3;
    case 9: return ones >= 1;
    default: return false;
    }
}

/* GB 11643-1999 with ISO 7064 MOD 11-2. */
static unsigned
check_cn_id(const uint8_t *a, size_t n)
{
    static const uint8_t  weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9,
                                          10, 5, 8, 4, 2 };
    static const char     digits[] = "10X98765432";
    uint8_t               d[19];
    unsigned              i, sum = 0, year;

    if (compact(a, n, d, sizeof(d)) != 18) {
        return 0;
    }
    for (i = 0; i < 17; i++) {
        if (!is_digit(d[i])) {
            return 0;
        }
        sum += (unsigned) (d[i] - '0') * weights[i];
    }
    year = number(d + 6, 4);
    if (d[17] != (uint8_t) digits[sum % 11] || !region_is_real(number(d, 2))
        || year < 1850 || year > 2099
        || !date_is_real(year, number(d + 10, 2), number(d + 12, 2)))
    {
        return 0;
    }
    return 900;
}

static unsigned
check_cn_id15(const uint8_t *d, size_t n)
{
    if (n != 15 || !region_is_real(number(d, 2)) || d[0] == '9'
        || !date_is_real(1900 + number(d + 6, 2), number(d + 8, 2),
                         number(d + 10, 2)))
    {
        return 0;
    }
    return 400 | WEIR_CHECK_WEAK;
}

/* MIIT numbering plan: allotted prefixes of mobile numbers. */
static bool
mobile_is_allotted(const uint8_t *d)
{
    const unsigned  third = (unsigned) (d[2] - '0');

    switch (d[1]) {
    case '3': case '8': return true;
    case '4': return third != 2 && third != 3;
    case '5': return third != 4;
    case '6': return third == 2 || (third >= 5 && third <= 7);
    case '7': return third != 9;
    case '9': return third != 4;
    default: return false;
    }
}

static unsigned
check_cn_mobile(const uint8_t *a, size_t n)
{
    uint8_t       d[20];
    const size_t  k = compact(a, n, d, sizeof(d));

    if (k < 11) {
        return 0;
    }
    if (n == 21) {
        /* digits one by one: columns of a table, object identifiers
           (1.3.6.1 is the internet's) are written so too */
        return mobile_is_allotted(d) ? 400 | WEIR_CHECK_WEAK : 0;
    }
    /* a prefix not allotted yet is likely another number */
    return (k > 11 || n > 11 ? 800 : 600)
           - (mobile_is_allotted(d + k - 11) ? 0 : 200);
}

/* Digits of which some are Han numerals: 11 a mobile number, 18 a resident
   id. Ten (十) is no digit. */
static unsigned
check_cn_han(const uint8_t *a, size_t n)
{
    uint8_t   d[20];
    size_t    k = 0, han = 0;

    for (size_t i = 0; i < n && k < sizeof(d); i++) {
        if (a[i] >= WEIR_SYM_DIGIT && a[i] < WEIR_SYM_DIGIT + 10) {
            d[k++] = (uint8_t) ('0' + a[i] - WEIR_SYM_DIGIT);
            han++;
        } else if (is_digit(a[i]) || is_alpha(a[i])) {
            d[k++] = a[i];
        } else if (a[i] == WEIR_SYM_DIGIT + 10) {
            return 0;
        }
    }
    if (han == 0) {
        return 0;                     /* the ordinary shapes have it */
    }
    if (k == 11) {
        return d[0] == '1' && d[1] >= '3' && mobile_is_allotted(d) ? 600 : 0;
    }
    return k == 18 ? check_cn_id(d, k) : 0;
}

/* Area codes: 010, 02x of three digits, 03xx to 09xx of four. */
static unsigned
check_cn_landline(const uint8_t *a, size_t n)
{
    uint8_t   d[24];
    size_t    k = 0, i, main = 0, area;
    bool      parted = false;

    /* the extension behind the last hyphen is not counted */
    for (i = n; i-- > 0 && is_digit(a[i]);) {
        /* back to the separator */
    }
    if (i < n && n - 1 - i < 6 && a[i] == '-') {
        n = i;
    }
    for (i = 0; i < n && k < sizeof(d); i++) {
        if (is_digit(a[i])) {
            d[k++] = a[i];
        } else if (k > 0) {
            parted = true;
            main = k;
        }
    }
    if (a[0] == '+') {
        /* +86 755: the trunk zero is left out */
        if (k < 4 || k == sizeof(d)) {
            return 0;
        }
        k -= 2;
        memmove(d, d + 2, k);
        if (d[0] != '0') {
            memmove(d + 1, d, k);
            d[0] = '0';
            k++;
        }
        main = 0;
    }
    if (k < 10 || (d[1] == '1' && d[2] != '0')) {
        return 0;
    }
    area = d[1] == '1' || d[1] == '2' ? 3 : 4;
    if (main != 0 && main != area) {
        return 0;
    }
    if (k - area < 7 || k - area > 8) {
        return 0;
    }
    return parted ? 500 : 300 | WEIR_CHECK_WEAK;
}

/* ISO/IEC 7812-1 annex B. */
static bool
luhn(const uint8_t *d, size_t n)
{
    unsigned  sum = 0;
    size_t    i;

    for (i = 0; i < n; i++) {
        unsigned  v = (unsigned) (d[n - 1 - i] - '0');

        if (i % 2 == 1) {
            v = v * 2 > 9 ? v * 2 - 9 : v * 2;
        }
        sum += v;
    }
    return sum % 10 == 0;
}

/* Issuer ranges of ISO/IEC 7812 by scheme, and the lengths they use. */
static const struct {
    uint16_t  low, high;     /* of the first four digits */
    uint8_t   min, max;
    uint16_t  score;
} issuers[] = {
    { 6200, 6299, 16, 19, 800 },   /* UnionPay */
    { 8100, 8171, 16, 19, 700 },   /* UnionPay */
    { 9558, 9558, 16, 19, 700 },   /* ICBC, before 62 */
    { 4000, 4999, 13, 13, 600 },   /* Visa */
    { 4000, 4999, 16, 16, 700 },
    { 4000, 4999, 19, 19, 600 },
    { 5100, 5599, 16, 16, 700 },   /* Mastercard */
    { 2221, 2720, 16, 16, 700 },
    { 3400, 3499, 15, 15, 700 },   /* American Express */
    { 3700, 3799, 15, 15, 700 },
    { 3528, 3589, 16, 19, 700 },   /* JCB */
    { 3000, 3059, 14, 14, 600 },   /* Diners Club */
    { 3600, 3699, 14, 14, 600 },
    { 3800, 3999, 14, 14, 600 },
    { 6011, 6011, 16, 19, 700 },   /* Discover */
    { 6440, 6599, 16, 19, 700 },
    { 5000, 5099, 16, 19, 500 },   /* Maestro */
    { 5600, 5899, 16, 19, 500 },
    { 6000, 6010, 16, 19, 500 },   /* domestic */
    { 6300, 6399, 16, 19, 500 },
    { 6700, 6799, 16, 19, 500 },
};

static unsigned
check_bank_card(const uint8_t *a, size_t n)
{
    uint8_t        d[20];
    const size_t   k = compact(a, n, d, sizeof(d));
    unsigned       first, i;

    if (k < 13 || k > 19) {
        return 0;
    }
    first = number(d, 4);
    if (!luhn(d, k)) {
        /* some cards of banks in China do not keep it */
        return (k == 16 || k == 19) && first / 100 == 62
               ? 300 | WEIR_CHECK_WEAK : 0;
    }
    for (i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        if (first >= issuers[i].low && first <= issuers[i].high
            && k >= issuers[i].min && k <= issuers[i].max)
        {
            return issuers[i].score;
        }
    }
    return 0;
}

/* GB 32100-2015 (MOD 31, no I O S V Z) and inside it GB 11714-1997. */
static unsigned
check_cn_uscc(const uint8_t *a, size_t n)
{
    static const char     alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const uint8_t  org[8] = { 3, 7, 9, 10, 5, 8, 4, 2 };
    uint8_t               d[19];
    unsigned              i, weight = 1, sum = 0, v;
    const char           *at;

    if (compact(a, n, d, sizeof(d)) != 18
        || strchr("123456789ANY", d[0]) == NULL)
    {
        return 0;
    }
    for (i = 0; i < 17; i++) {
        at = strchr(alphabet, d[i]);
        if (at == NULL) {
            return 0;
        }
        sum += (unsigned) (at - alphabet) * weight;
        weight = weight * 3 % 31;
    }
    if (d[17] != (uint8_t) alphabet[(31 - sum % 31) % 31]) {
        return 0;
    }
    if (check_cn_id(a, n) != 0) {
        return 0;                     /* a resident's number, and no code */
    }
    for (i = 0, sum = 0; i < 8; i++) {
        v = (unsigned) (is_digit(d[8 + i]) ? d[8 + i] - '0'
                                           : d[8 + i] - 'A' + 10);
        sum += v * org[i];
    }
    v = 11 - sum % 11;
    if (d[16] == (v == 10 ? 'X' : v == 11 ? '0' : '0' + v)) {
        return 900;
    }
    /* not all codes keep the inner one; a plain number is hardly a code */
    for (i = 0; i < 18 && is_digit(d[i]); i++) {
        /* count */
    }
    return i < 17 ? 600 : 300 | WEIR_CHECK_WEAK;
}

/* GB 11714-1997; the code of eight and its check, without the rest. */
static unsigned
check_cn_org(const uint8_t *a, size_t n)
{
    static const uint8_t  org[8] = { 3, 7, 9, 10, 5, 8, 4, 2 };
    uint8_t               d[10];
    unsigned              i, sum = 0, v;

    if (compact(a, n, d, sizeof(d)) != 9) {
        return 0;
    }
    for (i = 0; i < 8; i++) {
        v = (unsigned) (is_digit(d[i]) ? d[i] - '0' : d[i] - 'A' + 10);
        sum += v * org[i];
    }
    v = 11 - sum % 11;
    return d[8] == (v == 10 ? 'X' : v == 11 ? '0' : '0' + v)
           ? 500 | WEIR_CHECK_WEAK : 0;
}

/* The form with its last digit in brackets is Macao's own. */
static unsigned
check_mo_id(const uint8_t *a, size_t n)
{
    return n == 10 && a[n - 1] == ')' ? 500 : 500 | WEIR_CHECK_WEAK;
}

static unsigned
check_cn_plate(const uint8_t *a, size_t n)
{
    unsigned  digits = 0, body = 0;
    size_t    i, from = 2;

    if (n > 2 && !is_digit(a[2]) && !is_alpha(a[2])) {
        from = 3;
    }
    for (i = from; i < n; i++) {
        digits += is_digit(a[i]);
        body++;
    }
    /* GA 36-2018: at most two letters in the serial number */
    if (!is_alpha(a[1]) || digits == 0) {
        return 0;
    }
    if (digits + 2 < body || digits < 3) {
        return 300 | WEIR_CHECK_WEAK;
    }
    return from == 3 ? 800 : 600;
}

/* tom[at]a[dot]cn, tom#qq.com -> tom@a.cn: the brackets, blanks and words go.
   The shape has made sure of what they are. */
static size_t
email_plain(const uint8_t *a, size_t n, uint8_t *out, size_t max)
{
    size_t  i = 0, k = 0;

    while (i < n && k < max) {
        if (a[i] == ' ') {
            i++;
        } else if (memchr("[({<", a[i], 4) != NULL) {
            out[k++] = (a[i + 1] | 0x20) == 'a' ? '@' : '.';
            i += (a[i + 1] | 0x20) == 'a' ? 4 : 5;
        } else {
            out[k++] = a[i] == '#' ? '@' : a[i];
            i++;
        }
    }
    return k;
}

static unsigned
check_address(const uint8_t *a, size_t n)
{
    static const char  *const files[] = { "png", "jpg", "jpeg", "gif", "svg",
                                          "webp", "js", "css", "ts", "html" };
    const uint8_t      *at = memchr(a, '@', n);
    size_t              i, label = 0, tld = 0;

    if (at == NULL) {
        return 0;
    }
    if (at - a == 3 && memcmp(a, "git", 3) == 0) {
        return 0;                     /* git@host:path */
    }
    for (i = (size_t) (at - a) + 1; i < n; i++) {
        if (a[i] == '.') {
            if (label == 0 || label > 63 || a[i - 1] == '-') {
                return 0;
            }
            label = 0;
            tld = i + 1;
        } else if (a[i] == '-' && label == 0) {
            return 0;
        } else {
            label++;
        }
    }
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (n - tld == strlen(files[i]) && memcmp(a + tld, files[i], n - tld)
            == 0)
        {
            return 0;
        }
    }
    return 900;
}

/* Spelt out it is one by its top-level part only, for "f(at)b.c" is code. */
static unsigned
check_email(const uint8_t *a, size_t n)
{
    uint8_t        plain[WEIR_IDENT_CHARS_MAX];
    const size_t   k = email_plain(a, n, plain, sizeof(plain));
    size_t         tld = k;

    if (memchr(a, '@', n) != NULL) {
        return check_address(a, n);
    }
    while (tld > 0 && is_alpha(plain[tld - 1])) {
        tld--;
    }
    return tld > 0 && plain[tld - 1] == '.' && k - tld >= 2 && k - tld <= 24
           ? check_address(plain, k) : 0;
}

/* Four octets (no leading zeros); the number of them over nine in *large. */
static bool
ipv4(const uint8_t *a, size_t n, unsigned octet[4], unsigned *large)
{
    size_t    i = 0, start;
    unsigned  k;

    *large = 0;
    for (k = 0; k < 4; k++) {
        start = i;
        octet[k] = 0;
        while (i < n && is_digit(a[i])) {
            octet[k] = octet[k] * 10 + (unsigned) (a[i++] - '0');
        }
        if (i == start || i - start > 3 || octet[k] > 255
            || (i - start > 1 && a[start] == '0')
            || (k < 3 ? i >= n || a[i++] != '.' : i != n))
        {
            return false;
        }
        *large += octet[k] > 9;
    }
    return true;
}

static unsigned
check_ipv4(const uint8_t *a, size_t n)
{
    const uint8_t *const  slash = memchr(a, '/', n);
    unsigned              octet[4], large;

    if (slash != NULL) {
        if (number(slash + 1, (size_t) (a + n - slash - 1)) > 32) {
            return 0;
        }
        n = (size_t) (slash - a);
    }
    if (!ipv4(a, n, octet, &large)) {
        return 0;
    }
    /* this host, loopback, multicast and masks point at nobody */
    if (octet[0] == 0 || octet[0] == 127 || octet[0] >= 224) {
        return 200;
    }
    /* 1.2.3.4 is as likely a chapter or a version; 8.8.8.8 is not */
    return large == 0 && (octet[0] != octet[1] || octet[0] != octet[3])
           ? 300 : 600;
}

static int
hex_of(uint8_t c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 4291 2.2: eight groups, or fewer and one "::"; a tail in IPv4 form. */
static unsigned
check_ipv6(const uint8_t *a, size_t n)
{
    unsigned  groups = 0, octet[4], large, wide = 0, digits = 0;
    size_t    i = 0, start;
    bool      gap = false, tail = false;
    const uint8_t *const  slash = memchr(a, '/', n);

    if (slash != NULL) {
        if (number(slash + 1, (size_t) (a + n - slash - 1)) > 128) {
            return 0;
        }
        n = (size_t) (slash - a);
    }
    while (i < n) {
        if (i + 1 < n && a[i] == ':' && a[i + 1] == ':') {
            if (gap) {
                return 0;
            }
            gap = true;
            i += 2;
            continue;
        }
        if (a[i] == ':') {
            i++;
        }
        start = i;
        while (i < n && hex_of(a[i]) >= 0) {
            digits += is_digit(a[i]);
            i++;
        }
        if (i < n && a[i] == '.') {
            if (!ipv4(a + start, n - start, octet, &large)) {
                return 0;
            }
            tail = true;
            groups += 2;
            break;
        }
        wide += i - start == 4;
        groups++;
    }
    if (gap ? groups > 7 : groups != 8) {
        return 0;
    }
    if (groups < 2) {                 /* :: and ::1 */
        return groups == 1 && digits > 0 ? 200 : 0;
    }
    /* a::b is also how programs name things */
    if (digits == 0 || (groups == 2 && wide == 0 && !tail)) {
        return 0;
    }
    return gap ? 600 : 700;
}

static unsigned
check_mac(const uint8_t *a, size_t n)
{
    uint8_t   d[13];
    unsigned  i, same = 0;

    if (compact(a, n, d, sizeof(d)) != 12) {
        return 0;
    }
    for (i = 1; i < 12; i++) {
        same += d[i] == d[0];
    }
    return same == 11 ? 0 : 700;
}

/* ISO 13616 registry: length by country. */
static const char  iban_lengths[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27"
    "DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22"
    "IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19"
    "MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31"
    "SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

static unsigned
check_iban(const uint8_t *a, size_t n)
{
    uint8_t   d[36];
    size_t    k = compact(a, n, d, sizeof(d)), i;
    unsigned  mod = 0, v;

    if (k < 15 || k > 34) {
        return 0;
    }
    for (i = 0; i + 4 < sizeof(iban_lengths); i += 4) {
        if (memcmp(iban_lengths + i, d, 2) == 0) {
            break;
        }
    }
    if (i + 4 >= sizeof(iban_lengths)
        || number((const uint8_t *) iban_lengths + i + 2, 2) != k)
    {
        return 0;
    }
    /* ISO 7064 MOD 97-10 with the first four at the end */
    for (i = 0; i < k; i++) {
        const uint8_t  c = d[(i + 4) % k];

        v = (unsigned) (is_digit(c) ? c - '0' : c - 'A' + 10);
        mod = (mod * (v > 9 ? 100 : 10) + v) % 97;
    }
    return mod == 1 ? 900 : 0;
}

unsigned
weir_ident_check(enum weir_check check, const uint8_t *a, size_t n)
{
    switch (check) {
    case WEIR_CHECK_CN_ID: return check_cn_id(a, n);
    case WEIR_CHECK_CN_ID15: return check_cn_id15(a, n);
    case WEIR_CHECK_CN_MOBILE: return check_cn_mobile(a, n);
    case WEIR_CHECK_CN_HAN: return check_cn_han(a, n);
    case WEIR_CHECK_CN_LANDLINE: return check_cn_landline(a, n);
    case WEIR_CHECK_CN_SERVICE: return n > 10 ? 400 : 300 | WEIR_CHECK_WEAK;
    case WEIR_CHECK_BANK_CARD: return check_bank_card(a, n);
    case WEIR_CHECK_CN_USCC: return check_cn_uscc(a, n);
    case WEIR_CHECK_CN_PASSPORT: return 500 | WEIR_CHECK_WEAK;
    case WEIR_CHECK_CN_PLATE: return check_cn_plate(a, n);
    case WEIR_CHECK_EMAIL: return check_email(a, n);
    case WEIR_CHECK_IPV4: return check_ipv4(a, n);
    case WEIR_CHECK_IPV6: return check_ipv6(a, n);
    case WEIR_CHECK_MAC: return check_mac(a, n);
    case WEIR_CHECK_IBAN: return check_iban(a, n);
    case WEIR_CHECK_API_KEY: return weir_ident_check_key(a, n);
    case WEIR_CHECK_LONG_KEY: return weir_ident_check_long(a, n);
    case WEIR_CHECK_RANDOM_KEY: return weir_ident_check_random(a, n);
    case WEIR_CHECK_PRIVATE_KEY: return 1000;
    case WEIR_CHECK_JWT: return 900;
    case WEIR_CHECK_PSEUDONYM: return 1000;
    case WEIR_CHECK_CRYPTO: return weir_ident_check_crypto(a, n);
    case WEIR_CHECK_CN_ORG: return check_cn_org(a, n);
    case WEIR_CHECK_MO_ID: return check_mo_id(a, n);
    case WEIR_CHECK_BIRTH: return 500 | WEIR_CHECK_WEAK;
    case WEIR_CHECK_CREDENTIAL:
    case WEIR_CHECK_VENDOR:
    case WEIR_CHECK_PASSWORD_QUOTED:
    case WEIR_CHECK_PASSWORD:
    case WEIR_CHECK_LOGIN: return weir_ident_check_secret(check, a, n);
    default:
        return check >= WEIR_CHECK_DE_TAX_ID && check <= WEIR_CHECK_UK_DRIVER
               ? weir_ident_check_eu(check, a, n)
               : weir_ident_check_world(check, a, n);
    }
}
