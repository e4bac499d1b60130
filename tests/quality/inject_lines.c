/* inject_lines.c: score of each line of standard input, with its span. */
#include "weir/inject.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../data/gen/inject_utf8.h"

int
main(void)
{
    char   *line = NULL;
    size_t  room = 0;

    while (getline(&line, &room, stdin) > 0) {
        struct weir_inject         s;
        struct weir_inject_result  r;

        weir_inject_open(&s);
        for (const char *p = line; *p != 0 && *p != '\n'; ) {
            const uint32_t  cp = inject_utf8(&p);

            weir_inject_feed(&s, &cp, 1);
        }
        weir_inject_end(&s, &r);
        printf("%u %llu %llu\n", r.score, (unsigned long long) r.begin,
               (unsigned long long) r.end);
    }
    free(line);
    return 0;
}
