/* What libweir finds in standard input: byte offsets and the type.
 *     weir scan --compile rules.bin
 *     cc example.c $(pkg-config --static --cflags --libs weir) -o example
 *     echo 'call 13812345678' | ./example rules.bin               */
#include <stdio.h>
#include <stdlib.h>
#include <weir/find.h>
#include <weir/ident.h>

int
main(int argc, char **argv)
{
    static uint64_t        rules[(32 << 20) / 8];   /* 8-byte aligned */
    static uint8_t         text[16 << 20];
    FILE                  *fp = argc == 2 ? fopen(argv[1], "rb") : NULL;
    const size_t           size = fp ? fread(rules, 1, sizeof(rules), fp) : 0;
    struct weir_matcher   *m = (struct weir_matcher *) rules;
    struct weir_patterns  *patterns;
    struct weir_finder    *f;
    struct weir_found      found[WEIR_FOUND_MAX];
    size_t                 len = fread(text, 1, sizeof(text), stdin), n;
    int                    rc;

    if (weir_matcher_check(rules, size) != 0
        || weir_patterns_open(&patterns, m) != 0
        || (f = aligned_alloc(64, (weir_find_size(m) + 63) & ~63u)) == NULL)
    {
        return 2;
    }
    weir_find_open(f, m, patterns, WEIR_PLAIN, 0);
    do {                       /* a stream would come in pieces: base grows */
        rc = weir_find_feed(f, text, 0, len, true, found, WEIR_FOUND_MAX, &n);
        for (size_t i = 0; i < n; i++) {
            printf("%llu %llu %s\n", (unsigned long long) found[i].begin,
                   (unsigned long long) found[i].end, found[i].kind == 0
                   ? "term" : weir_ident_type(found[i].kind));
        }
    } while (rc == WEIR_MORE);
    weir_patterns_close(patterns);
    free(f);
    return 0;
}
