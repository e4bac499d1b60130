/* What libweir finds in standard input: byte offsets and the type.
 *     weir scan --compile rules.bin
 *     cc example.c $(pkg-config --static --cflags --libs weir) -o example
 *     echo 'call 13812345678' | ./example rules.bin               */
#include <stdio.h>
#include <stdlib.h>
#include <weir/ident.h>
#include <weir/scan.h>

int
main(int argc, char **argv)
{
    static uint64_t    rules[(32 << 20) / 8];   /* 8-byte aligned */
    static uint8_t     text[16 << 20];
    FILE              *fp = argc == 2 ? fopen(argv[1], "rb") : NULL;
    const size_t       size = fp ? fread(rules, 1, sizeof(rules), fp) : 0;
    struct weir_scan  *scan = aligned_alloc(64, (weir_scan_size() + 63) & ~63u);
    struct weir_found  found[WEIR_FOUND_MAX];
    size_t             len = fread(text, 1, sizeof(text), stdin), n;
    int                rc;

    if (scan == NULL || weir_matcher_check(rules, size) != WEIR_OK) {
        free(scan);
        return 2;
    }
    weir_scan_open(scan, (const struct weir_matcher *) rules, WEIR_PLAIN, 0);
    do {                       /* a stream would come in pieces: base grows */
        rc = weir_scan_feed(scan, text, 0, len, true,
                            found, WEIR_FOUND_MAX, &n);
        for (size_t i = 0; i < n; i++) {
            printf("%llu %llu %s\n", (unsigned long long) found[i].begin,
                   (unsigned long long) found[i].end, found[i].kind == 0
                   ? "term" : weir_ident_type(found[i].kind));
        }
    } while (rc == WEIR_MORE);
    free(scan);
    return 0;
}
