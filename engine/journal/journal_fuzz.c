/*
 * journal_fuzz.c: any bytes as a journal file. The reader ends, goes forward
 * only, never says more than the file holds, and what it takes for a frame
 * is exactly what the writer would have written for that record there.
 *
 * The last byte of the input, when odd, asks for the checksums to be put
 * right first, so that the fuzzer reaches what is behind them.
 */
#include "journal/frame.h"
#include "weir/error.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES_MAX  (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void  put_right(uint8_t *file, size_t len);
static void  check_frame(const uint8_t *file, size_t len,
    const struct weir_frame *f);


int
LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static uint8_t               file[BYTES_MAX];
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    char                         name[32];
    uint64_t                     pos = 0;
    int                          fd, rc;

    if (len == 0 || len > BYTES_MAX) {
        return 0;
    }
    memcpy(file, at, --len);
    if (at[len] & 1) {
        put_right(file, len);
    }
    fd = memfd_create("journal", MFD_CLOEXEC);
    weir_assert(fd >= 0);
    weir_assert(pwrite(fd, file, len, 0) == (ssize_t) len);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    rc = weir_journal_read_open(&r, AT_FDCWD, name, 0);
    weir_assert(rc == WEIR_OK || (rc == WEIR_E_CORRUPT && r == NULL));
    while (rc == WEIR_OK || rc == WEIR_E_CORRUPT) {
        if (r == NULL) {
            break;
        }
        rc = weir_journal_read(r, &f);
        weir_assert(f.at >= pos && f.next >= f.at);
        weir_assert(rc == WEIR_DONE || f.next > f.at);
        weir_assert(f.next <= len || (rc == WEIR_DONE && f.next == f.at));
        pos = f.next;
        if (rc == WEIR_OK) {
            check_frame(file, len, &f);
        }
    }
    weir_assert(r == NULL || rc == WEIR_DONE);
    weir_journal_read_close(r);
    (void) close(fd);
    return 0;
}


static void
check_frame(const uint8_t *file, size_t len, const struct weir_frame *f)
{
    static uint8_t  again[WEIR_FRAME_BYTES_MAX];
    const size_t    n = f->kind == WEIR_FRAME_BEGIN
                        ? weir_frame_encode_begin(again, f->at, &f->begin)
                        : weir_frame_encode_end(again, f->at, &f->end);

    weir_assert(n == f->next - f->at && f->next <= len);
    /* The one thing that a record does not hold: that it was cut. */
    if (!f->cut) {
        weir_assert(memcmp(again, file + f->at, n) == 0);
    }
}


static void
put_right(uint8_t *file, size_t len)
{
    uint32_t  crc;

    if (len < WEIR_JOURNAL_HEAD) {
        return;
    }
    crc = weir_crc32c(0, file, 76);
    memcpy(file + 76, &crc, 4);
    for (uint64_t at = WEIR_JOURNAL_HEAD; at + WEIR_FRAME_HEAD <= len; ) {
        const uint32_t  n = weir_frame_length(file + at);

        if (n == 0 || n > len - at) {
            at += 8;
            continue;
        }
        crc = weir_crc32c(0, &at, sizeof(at));
        crc = weir_crc32c(crc, file + at, 4);
        crc = weir_crc32c(crc, file + at + 8, n - 8);
        memcpy(file + at + 4, &crc, 4);
        at += n;
    }
}
