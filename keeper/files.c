/*
 * files.c: atomic files, random secrets, times.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weir/error.h"


static int
failure(void)
{
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG
           ? WEIR_E_NO_SPACE : WEIR_E_IO;
}


int
weir_file_put(int dirfd, const char *name, const void *at, size_t len)
{
    char            tmp[256];
    const uint8_t  *p = at;
    int             fd, rc = WEIR_OK;

    if ((size_t) snprintf(tmp, sizeof(tmp), ".%s.new", name) >= sizeof(tmp)) {
        return WEIR_E_IO;
    }
    fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
                            | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return failure();
    }
    while (len > 0 && rc == WEIR_OK) {
        const ssize_t  n = write(fd, p, len);

        if (n > 0) {
            p += n;
            len -= (size_t) n;
        } else if (n < 0 && errno != EINTR) {
            rc = failure();
        }
    }
    if (rc == WEIR_OK && fsync(fd) != 0) {
        rc = failure();
    }
    if (close(fd) != 0 && rc == WEIR_OK) {
        rc = failure();
    }
    if (rc == WEIR_OK && renameat(dirfd, tmp, dirfd, name) != 0) {
        rc = failure();
    }
    if (rc != WEIR_OK) {
        (void) unlinkat(dirfd, tmp, 0);
        return rc;
    }
    /* The new name itself: a folder opened by its own descriptor. */
    fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return WEIR_E_IO;
    }
    rc = fsync(fd) == 0 ? WEIR_OK : WEIR_E_IO;
    close(fd);
    return rc;
}


int
weir_file_line(int dirfd, const char *name, char *out, size_t size)
{
    const int  fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
    ssize_t    n;

    if (fd < 0) {
        return WEIR_E_IO;
    }
    n = read(fd, out, size);
    close(fd);
    if (n <= 0) {
        return WEIR_E_IO;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (out[i] == '\n') {
            out[i] = '\0';
            return WEIR_OK;
        }
    }
    if ((size_t) n >= size) {
        return WEIR_E_IO;
    }
    out[n] = '\0';
    return WEIR_OK;
}


int
weir_secret_new(char out[WEIR_SECRET_TEXT])
{
    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t            raw[32];
    unsigned           bits = 0, nbits = 0;
    size_t             n = 0;

    if (getrandom(raw, sizeof(raw), 0) != (ssize_t) sizeof(raw)) {
        return WEIR_E_IO;
    }
    for (size_t i = 0; i < sizeof(raw); i++) {
        bits = bits << 8 | raw[i];
        for (nbits += 8; nbits >= 6; nbits -= 6) {
            out[n++] = digits[bits >> (nbits - 6) & 63];
        }
    }
    out[n++] = digits[bits << (6 - nbits) & 63];
    weir_assert(n == WEIR_SECRET_TEXT - 1);
    out[n] = '\0';
    explicit_bzero(raw, sizeof(raw));
    return WEIR_OK;
}


void
weir_time_text(uint64_t ms, char out[24])
{
    const time_t  t = (time_t) (ms / 1000);
    struct tm     tm;

    out[0] = '\0';
    if (ms != 0 && gmtime_r(&t, &tm) != NULL) {
        (void) strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
}
