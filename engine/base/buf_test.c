#include "base/test.h"
#include "weir/buf.h"
#include "weir/error.h"


static void
test_growth(void)
{
    struct weir_mem  *m = weir_mem_open(1 << 20);
    struct weir_buf   b;
    char              expect[600];

    weir_buf_init(&b, m, 600);
    for (int i = 0; i < 600; i++) {
        expect[i] = (char) ('a' + i % 26);
        weir_buf_addc(&b, (uint8_t) expect[i]);
    }
    CHECK(!b.failed && b.len == 600 && memcmp(b.at, expect, 600) == 0);
    weir_buf_addc(&b, 'x');
    /* Room in the block is not room within max. */
    CHECK(b.len == 600 && b.failed);
    weir_buf_release(&b);
    CHECK(weir_mem_used(m) == 0);

    weir_buf_init(&b, m, 64);
    weir_buf_addi(&b, INT64_MIN);
    weir_buf_addc(&b, ' ');
    weir_buf_addu(&b, UINT64_MAX);
    CHECK(weir_span_is(weir_buf_span(&b),
                       "-9223372036854775808 18446744073709551615"));
    weir_buf_shift(&b, 21);
    CHECK(weir_span_is(weir_buf_span(&b), "18446744073709551615"));
    weir_buf_release(&b);
    weir_mem_close(m);
}


/* What is given holds what was asked for, at most a quarter more, comes back
   into the same class, and is used again. */
static void
test_classes(void)
{
    struct weir_mem  *m = weir_mem_open((size_t) 256 << 20);
    struct weir_buf   b;
    size_t            last = 0;

    for (size_t size = 0; size < (size_t) 40 << 20; size += 1 + size / 97) {
        size_t          got, again;
        uint8_t *const  at = weir_mem_get(m, size, &got);

        CHECK(at != NULL && got >= size && got >= last);
        CHECK_MSG(size <= 256 ? got == 256 : got - size <= got / 5,
                  "%zu bytes in a block of %zu", size, got);
        CHECK(weir_mem_used(m) == got);
        at[0] = at[got - 1] = 0;
        weir_mem_put(m, at, got);
        CHECK(weir_mem_used(m) == 0);
        if (got <= (size_t) 16 << 20) {
            CHECK(weir_mem_get(m, got, &again) == at && again == got);
            weir_mem_put(m, at, got);
        }
        last = got;
    }
    /* What grows by bytes doubles. */
    weir_buf_init(&b, m, 1 << 20);
    last = 0;
    for (unsigned i = 0, steps = 0; i < 1 << 20; i++) {
        weir_buf_addc(&b, 'x');
        if (b.cap != last) {
            CHECK(b.cap >= 2 * last && ++steps <= 13);
            last = b.cap;
        }
    }
    CHECK(!b.failed);
    weir_buf_release(&b);
    /* but not past its bound */
    weir_buf_init(&b, m, 16 << 20);
    CHECK(weir_buf_reserve(&b, 10 << 20) == WEIR_OK && b.cap == 10 << 20);
    b.len = 10 << 20;
    CHECK(weir_buf_reserve(&b, 1) == WEIR_OK && b.cap == 16 << 20);
    weir_buf_release(&b);
    weir_mem_close(m);
}


/* The bound holds over what is handed out and what is kept. */
static void
test_limit(void)
{
    const size_t      mb = 1 << 20;
    struct weir_mem  *m = weir_mem_open(4 * mb);
    void             *at[16] = { NULL }, *small[64];
    size_t            got[16], g;

    CHECK(!weir_mem_scarce(m));
    weir_mem_limit(m, 8 * mb);
    for (unsigned i = 0; i < 8; i++) {
        CHECK(weir_mem_scarce(m) == (i == 7));
        at[i] = weir_mem_get(m, mb, &got[i]);
        CHECK(at[i] != NULL && weir_mem_used(m) == (i + 1) * mb);
    }
    CHECK(weir_mem_refused(m) == 1);
    CHECK(weir_mem_get(m, 16384, &g) == NULL && g == 0);
    CHECK(weir_mem_refused(m) == 2);
    /* small ones still */
    for (unsigned i = 0; i < 64; i++) {
        small[i] = weir_mem_get(m, 8192, &g);
        CHECK(small[i] != NULL && g == 8192);
    }
    for (unsigned i = 0; i < 64; i++) {
        weir_mem_put(m, small[i], 8192);
    }
    /* what is kept gives way to what is wanted */
    for (unsigned i = 0; i < 4; i++) {
        weir_mem_put(m, at[i], got[i]);
    }
    CHECK(weir_mem_used(m) == 4 * mb);
    at[0] = weir_mem_get(m, 4 * mb, &got[0]);
    CHECK(at[0] != NULL && weir_mem_used(m) == 8 * mb);
    CHECK(weir_mem_get(m, 2 * mb, &g) == NULL);
    weir_mem_put(m, at[0], got[0]);
    for (unsigned i = 4; i < 8; i++) {
        weir_mem_put(m, at[i], got[i]);
    }
    CHECK(weir_mem_used(m) == 0 && !weir_mem_scarce(m));
    weir_mem_close(m);
}


static void
test_json(void)
{
    struct weir_mem  *m = weir_mem_open(0);
    struct weir_buf   b;

    weir_buf_init(&b, m, 4096);
    weir_buf_add_json(&b, WEIR_SPAN("a\"\\\n\x01中\xff"), 1);
    CHECK(weir_span_is(weir_buf_span(&b),
                       "a\\\"\\\\\\n\\u0001中\xef\xbf\xbd"));
    b.len = 0;
    weir_buf_add_json(&b, WEIR_SPAN("\"\n"), 2);
    CHECK(weir_span_is(weir_buf_span(&b), "\\\\\\\"\\\\n"));
    b.len = 0;
    weir_buf_add_json(&b, WEIR_SPAN("\"\xff"), 0);
    CHECK(weir_span_is(weir_buf_span(&b), "\"\xff"));
    weir_buf_release(&b);
    weir_mem_close(m);
}


static void
test_ids_and_sums(void)
{
    uint8_t   id[16], back[16], digest[32];
    char      text[27];
    uint64_t  seed = 7;

    /* RFC 3720 B.4: 32 bytes of zeros; and "123456789". */
    CHECK(weir_crc32c(0, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                         "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32)
          == 0x8a9136aau);
    CHECK(weir_crc32c(0, "123456789", 9) == 0xe3069283u);
    CHECK(weir_crc32c(weir_crc32c(0, "1234", 4), "56789", 5) == 0xe3069283u);

    weir_sha256("abc", 3, digest);     /* FIPS 180-4 */
    CHECK(memcmp(digest, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8) == 0);

    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 16; k++) {
            id[k] = (uint8_t) (weir_test_random(&seed) >> 32);
        }
        weir_id_text(id, text);
        CHECK(weir_id_parse(weir_span_of(text), back) == WEIR_OK);
        CHECK(memcmp(id, back, 16) == 0);
    }
    memset(id, 0xff, 16);
    weir_id_text(id, text);
    CHECK(strcmp(text, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ") == 0);
    CHECK(weir_id_parse(WEIR_SPAN("8ZZZZZZZZZZZZZZZZZZZZZZZZZ"), back)
          != WEIR_OK);
}


static void
test_errors(void)
{
    CHECK(weir_error_info(WEIR_E_DENIED)->status == 403);
    CHECK(strcmp(weir_error_info(WEIR_E_IO)->name, "IO") == 0);
    CHECK(strcmp(weir_error_info(12345)->name, "INTERNAL") == 0);
    CHECK(strcmp(weir_error_info(-12345)->name, "INTERNAL") == 0);
}


/* RFC 4231, test cases 2 and 6. */
static void
test_hmac(void)
{
    static const uint8_t  want2[4] = { 0x5b, 0xdc, 0xc1, 0x46 };
    static const uint8_t  want6[4] = { 0x60, 0xe4, 0x31, 0x59 };
    uint8_t               key[131], out[32];

    weir_hmac_sha256(WEIR_SPAN("Jefe"),
                     WEIR_SPAN("what do ya want for nothing?"), out);
    CHECK(memcmp(out, want2, 4) == 0 && out[31] == 0x43);
    memset(key, 0xaa, sizeof(key));
    weir_hmac_sha256((struct weir_span) { key, sizeof(key) }, WEIR_SPAN(
        "Test Using Larger Than Block-Size Key - Hash Key First"), out);
    CHECK(memcmp(out, want6, 4) == 0 && out[31] == 0x54);
}


int
main(void)
{
    test_hmac();
    test_growth();
    test_classes();
    test_limit();
    test_json();
    test_ids_and_sums();
    test_errors();
    return weir_test_done();
}
