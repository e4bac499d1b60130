/*
 * ident_check_crypto.c: addresses of Bitcoin and Ethereum.
 *
 *   base58check  version, 20 bytes, 4 of SHA-256 twice
 *   bech32       BIP 173 (checksum 1), BIP 350 (0x2bc830a3)
 *   0x + 40 hex  EIP-55: the case of a letter is a bit of Keccak-256
 */
#include "scan/ident_check.h"
#include "scan/ident_digits.h"

static unsigned
base58(const uint8_t *a, size_t n)
{
    static const char  alphabet[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    uint8_t            b[25] = { 0 }, hash[32];
    size_t             i, j;

    for (i = 0; i < n; i++) {
        const char  *at = strchr(alphabet, a[i]);
        unsigned     carry = at == NULL ? 0 : (unsigned) (at - alphabet);

        if (at == NULL) {
            return 0;
        }
        for (j = sizeof(b); j-- > 0;) {
            carry += b[j] * 58u;
            b[j] = (uint8_t) carry;
            carry >>= 8;
        }
        if (carry != 0) {
            return 0;
        }
    }
    if (b[0] != 0 && b[0] != 5) {
        return 0;
    }
    weir_sha256(b, 21, hash);
    weir_sha256(hash, 32, hash);
    return memcmp(hash, b + 21, 4) == 0 ? 900 : 0;
}

static uint32_t
bech32_step(uint32_t c, unsigned v)
{
    static const uint32_t  g[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                    0x3d4233dd, 0x2a1462b3 };
    const uint32_t         top = c >> 25;
    unsigned               i;

    c = (c & 0x1ffffff) << 5 ^ v;
    for (i = 0; i < 5; i++) {
        c ^= top >> i & 1 ? g[i] : 0;
    }
    return c;
}

/* "bc1" and 11 to 87 characters; upper or lower case, not both. */
static unsigned
bech32(const uint8_t *a, size_t n)
{
    static const char  alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    uint32_t           c = 1;
    size_t             i, upper = 0, lower = 0;

    c = bech32_step(c, 'b' >> 5);
    c = bech32_step(c, 'c' >> 5);
    c = bech32_step(c, 0);
    c = bech32_step(c, 'b' & 31);
    c = bech32_step(c, 'c' & 31);
    for (i = 0; i < n; i++) {
        upper += a[i] >= 'A' && a[i] <= 'Z';
        lower += a[i] >= 'a' && a[i] <= 'z';
        if (i > 2) {
            const char  *at = strchr(alphabet, a[i] >= 'A' && a[i] <= 'Z'
                                               ? a[i] | 0x20 : a[i]);

            if (at == NULL) {
                return 0;
            }
            c = bech32_step(c, (unsigned) (at - alphabet));
        }
    }
    return (upper == 0 || lower == 0) && (c == 1 || c == 0x2bc830a3)
           ? 900 : 0;
}

static uint64_t
rotate(uint64_t v, unsigned n)
{
    return n == 0 ? v : v << n | v >> (64 - n);
}

/* FIPS 202, the permutation. */
static void
keccak_f(uint64_t s[25])
{
    static const uint8_t  turn[24] = { 1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2,
                                       14, 27, 41, 56, 8, 25, 43, 62, 18, 39,
                                       61, 20, 44 };
    static const uint8_t  lane[24] = { 10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24,
                                       4, 15, 23, 19, 13, 12, 2, 20, 14, 22,
                                       9, 6, 1 };
    uint64_t              c[5], t;
    unsigned              round, i, j, bit, lfsr = 1;

    for (round = 0; round < 24; round++) {
        for (i = 0; i < 5; i++) {
            c[i] = s[i] ^ s[i + 5] ^ s[i + 10] ^ s[i + 15] ^ s[i + 20];
        }
        for (i = 0; i < 25; i++) {
            s[i] ^= c[(i + 4) % 5] ^ rotate(c[(i + 1) % 5], 1);
        }
        t = s[1];
        for (i = 0; i < 24; i++) {
            const uint64_t  next = s[lane[i]];

            s[lane[i]] = rotate(t, turn[i]);
            t = next;
        }
        for (j = 0; j < 25; j += 5) {
            memcpy(c, s + j, sizeof(c));
            for (i = 0; i < 5; i++) {
                s[j + i] = c[i] ^ (~c[(i + 1) % 5] & c[(i + 2) % 5]);
            }
        }
        for (bit = 0; bit < 7; bit++) {
            s[0] ^= lfsr & 1 ? UINT64_C(1) << ((1u << bit) - 1) : 0;
            lfsr = lfsr << 1 ^ (lfsr & 0x80 ? 0x171u : 0);
        }
    }
}

/* Keccak-256 as Ethereum uses it (padding 0x01) of less than 136 bytes. */
static void
keccak256(const uint8_t *at, size_t n, uint8_t out[32])
{
    uint64_t  s[25] = { 0 };
    uint8_t   block[136] = { 0 };
    size_t    i;

    weir_assert(n < sizeof(block));
    memcpy(block, at, n);
    block[n] ^= 0x01;
    block[135] ^= 0x80;
    for (i = 0; i < sizeof(block); i++) {
        s[i / 8] ^= (uint64_t) block[i] << i % 8 * 8;
    }
    keccak_f(s);
    for (i = 0; i < 32; i++) {
        out[i] = (uint8_t) (s[i / 8] >> i % 8 * 8);
    }
}

static unsigned
ethereum(const uint8_t *a, size_t n)
{
    uint8_t   low[40], hash[32];
    size_t    i, upper = 0, lower = 0;
    unsigned  bit;

    if (n != 42) {
        return 0;
    }
    for (i = 0; i < 40; i++) {
        const uint8_t  c = a[i + 2];

        upper += c >= 'A' && c <= 'F';
        lower += c >= 'a' && c <= 'f';
        low[i] = digits_is(c) ? c : c | 0x20;
    }
    if (upper == 0 || lower == 0) {       /* no checksum in it */
        return 500 | WEIR_CHECK_WEAK;
    }
    keccak256(low, 40, hash);
    for (i = 0; i < 40; i++) {
        bit = hash[i / 2] >> (i % 2 == 0 ? 7 : 3) & 1;
        if (!digits_is(a[i + 2])
            && bit != (unsigned) (a[i + 2] >= 'A' && a[i + 2] <= 'F'))
        {
            return 0;
        }
    }
    return 900;
}

unsigned
weir_ident_check_crypto(const uint8_t *a, size_t n)
{
    if (n > 2 && a[0] == '0') {
        return ethereum(a, n);
    }
    return n > 3 && (a[0] | 0x20) == 'b' ? bech32(a, n) : base58(a, n);
}
