/* sha256.c: hashes, ids and comparisons; the hash itself is OpenSSL's. */
#include "weir/base.h"

/* The plain SHA-256 calls: EVP looks its method up under a lock each time,
   which costs more than hashing a key. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

static const char  base32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";


void
weir_sha256(const void *at, size_t len, uint8_t out[32])
{
    SHA256_CTX  c;

    (void) SHA256_Init(&c);
    (void) SHA256_Update(&c, at, len);
    (void) SHA256_Final(out, &c);
}


void
weir_hmac_sha256(struct weir_span key, struct weir_span text,
    uint8_t out[32])
{
    uint8_t     block[64] = { 0 };
    SHA256_CTX  c;

    if (key.len > sizeof(block)) {
        weir_sha256(key.at, key.len, block);
    } else if (key.len > 0) {
        memcpy(block, key.at, key.len);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36;
    }
    (void) SHA256_Init(&c);
    (void) SHA256_Update(&c, block, sizeof(block));
    (void) SHA256_Update(&c, text.at, text.len);
    (void) SHA256_Final(out, &c);
    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    (void) SHA256_Init(&c);
    (void) SHA256_Update(&c, block, sizeof(block));
    (void) SHA256_Update(&c, out, 32);
    (void) SHA256_Final(out, &c);
    OPENSSL_cleanse(block, sizeof(block));
}


bool
weir_equal_ct(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}


void
weir_id_text(const uint8_t id[16], char out[27])
{
    /* 128 bits in 26 digits of 5 bits: two zero bits lead (ULID). */
    for (int i = 0; i < 26; i++) {
        uint32_t  v = 0;

        for (int b = 0; b < 5; b++) {
            const int  bit = i * 5 + b - 2;

            v <<= 1;
            if (bit >= 0) {
                v |= id[bit / 8] >> (7 - bit % 8) & 1;
            }
        }
        out[i] = base32[v];
    }
    out[26] = '\0';
}


int
weir_id_parse(struct weir_span text, uint8_t id[16])
{
    memset(id, 0, 16);
    if (text.len != 26) {
        return WEIR_MORE;
    }

    for (int i = 0; i < 26; i++) {
        uint8_t      c = text.at[i];
        const char  *p;

        if (c >= 'a' && c <= 'z') {
            c = (uint8_t) (c - 'a' + 'A');
        }
        p = memchr(base32, c, 32);
        if (p == NULL || (i == 0 && p - base32 > 7)) {
            return WEIR_MORE;
        }
        for (int b = 0; b < 5; b++) {
            const int  bit = i * 5 + b - 2;

            if (bit >= 0 && ((p - base32) >> (4 - b) & 1) != 0) {
                id[bit / 8] |= (uint8_t) (1u << (7 - bit % 8));
            }
        }
    }
    return WEIR_OK;
}
