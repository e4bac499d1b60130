/*
 * names_tool.c: names in texts, for measuring. Reads lines, each a JSON
 * string or plain text to the end of the line (\n stands for a newline), and
 * prints for each "begin end score" of every name, one line a text.
 *
 * usage: names_tool < texts
 */
#include <stdio.h>
#include <stdlib.h>

#include "weir/names.h"

#define LINE_MAX_BYTES  (1 << 22)

static size_t
decode(const unsigned char *s, uint32_t *cp)
{
    size_t n = 0;

    while (*s != 0 && *s != '\n') {
        uint32_t c = *s++;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

        c &= more == 3 ? 7u : more == 2 ? 15u : more == 1 ? 31u : 127u;
        while (more-- > 0 && (*s & 0xc0) == 0x80) {
            c = c << 6 | (*s++ & 63u);
        }
        if (c == '\\' && (*s == 'n' || *s == '\\')) {
            c = *s++ == 'n' ? '\n' : '\\';
        }
        cp[n++] = c;
    }
    return n;
}

int
main(void)
{
    char *line = malloc(LINE_MAX_BYTES);
    uint32_t *cp = malloc(LINE_MAX_BYTES * sizeof(*cp));

    if (line == NULL || cp == NULL) {
        return 2;
    }
    while (fgets(line, LINE_MAX_BYTES, stdin) != NULL) {
        const size_t n = decode((unsigned char *) line, cp);
        size_t from = 0;

        for (;;) {
            struct weir_name out[64];
            const size_t k = weir_names_find(cp, n, from, true, out, 64,
                                             &from);

            for (size_t i = 0; i < k; i++) {
                printf("%zu %zu %u ", out[i].begin, out[i].end,
                       out[i].score);
            }
            if (from >= n) {
                break;
            }
        }
        printf("\n");
    }
    free(line);
    free(cp);
    return 0;
}
