/*
 * address_test.c: the cases, whole, and with each beginning of the text
 * while more may follow: then the answer is "more" or already the right one.
 */
#include "base/test.h"
#include "fold/fold.h"
#include "weir/address.h"

#include <stdlib.h>

#define TEXT_MAX  256


/* Folded characters; *mark: where `]` stood. */
static unsigned
decode(const char *s, uint32_t *ch, unsigned *mark)
{
    unsigned  n = 0;

    *mark = 0;
    while (*s != '\0' && *s != '\n' && n < TEXT_MAX) {
        const unsigned char  c = (unsigned char) *s;
        const int            k = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2
                                                                       : 3;
        uint32_t             v = k == 0 ? c : c & (0x3fu >> k);

        for (int i = 1; i <= k; i++) {
            v = v << 6 | ((unsigned char) s[i] & 0x3f);
        }
        s += k + 1;
        if (v == ']') {
            *mark = n;
        } else {
            ch[n++] = weir_fold_point(weir_fold(v), v);
        }
    }
    return n;
}


static void
test_case(const char *line)
{
    uint32_t   ch[TEXT_MAX];
    char      *text;
    unsigned   want = (unsigned) strtoul(line, &text, 10), mark;
    unsigned   n = decode(text + 1, ch, &mark), score[2], part[2];
    const int  whole = weir_address_parse(ch, n, false, score);

    CHECK_MSG(want == 0 ? whole == 0 || score[1] < 500
              : whole == (int) mark && score[1] >= want,
              "%d characters (%u) of %s", whole, whole > 0 ? score[1] : 0,
              line);
    CHECK(whole == 0 || score[0] <= score[1]);
    for (unsigned k = 0; k <= n; k++) {
        const int  open = weir_address_parse(ch, k, true, part);

        CHECK_MSG(open == -1 || (open == whole && (open == 0
                  || (part[0] == score[0] && part[1] == score[1]))),
                  "%d at %u of %s", open, k, line);
    }
}


int
main(int argc, char **argv)
{
    FILE            *f = fopen(argc > 1 ? argv[1] : "", "r");
    char             line[1024];
    unsigned         cases = 0, len, names = 0;
    const uint16_t  *name;

    if (f == NULL) {
        printf("Bail out! address_test: no file of cases given\n");
        return 1;
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        if (line[0] != '#' && line[0] != '\n') {
            test_case(line);
            cases++;
        }
    }
    fclose(f);
    CHECK(cases > 15);
    while ((name = weir_address_name(names, &len)) != NULL) {
        CHECK(len >= 2 && len <= 15 && name[0] >= 0x3400);
        names++;
    }
    CHECK(names > 5000);
    return weir_test_done();
}
