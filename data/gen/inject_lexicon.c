/* inject_lexicon.c: inject_lexicon.txt to engine/inject/inject_lexicon.inc. */
#include "fold/fold.h"
#include "inject/inject_token.h"
#include "inject_utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE  1024

/* The lexicon is compiled in, so the phrase's hash is made here again. */
static uint32_t
phrase_hash(const char *text)
{
    uint32_t  word = 0, gram[4], n = 0, hash;

    for (const char *p = text; ; ) {
        uint32_t  cp = *p ? inject_utf8(&p) : ' ';
        uint32_t  c = weir_fold_point(weir_fold(cp), cp);
        bool      han = c >= 0x3400 && c < 0xa000;

        if (!han && (weir_fold(cp) & WEIR_FOLD_WORD)) {
            c = c >= '0' && c <= '9' ? '0' : c;
            word = inject_mix(word, c + 1) | 1;
            continue;
        }
        if (word != 0 && n < 4) {
            gram[n++] = word;
            word = 0;
        }
        if (han && n < 4) {
            gram[n++] = inject_mix(0, c + 1) | 1;
        } else if (han) {
            return 0;
        }
        if (*p == 0) {
            break;
        }
    }
    hash = gram[n - 1];
    for (uint32_t i = n - 1; i-- > 0; ) {
        hash = inject_mix(gram[i], hash);
    }
    return hash;
}


int
main(int argc, char **argv)
{
    static struct { uint32_t hash; unsigned class; } table[SIZE];
    static char  names[INJECT_CLASSES][32], line[8192];
    unsigned     nclasses = 1;
    FILE        *f = fopen(argc > 1 ? argv[1] : "", "r");
    static char  patterns[8192];
    char        *save;
    size_t       len = 0;

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        char *colon = strchr(line, ':');

        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "class ", 6) == 0) {
            *colon = 0;
            snprintf(names[nclasses], sizeof(names[0]), "%s", line + 6);
            for (char *p = strtok_r(colon + 1, "|", &save); p;
                 p = strtok_r(NULL, "|", &save)) {
                uint32_t  h = phrase_hash(p), i = h & (SIZE - 1);

                while (h && table[i].class && table[i].hash != h) {
                    i = (i + 1) & (SIZE - 1);
                }
                if (h && table[i].class == 0) {
                    table[i].hash = h;
                    table[i].class = nclasses;
                }
            }
            nclasses++;
        } else if (strncmp(line, "pattern ", 8) == 0) {
            *colon = 0;
            len += snprintf(patterns + len, sizeof(patterns) - len, "    { { ");
            for (char *p = strtok_r(line + 8, " ", &save); p;
                 p = strtok_r(NULL, " ", &save)) {
                for (unsigned i = 1; i < nclasses; i++) {
                    if (strcmp(names[i], p) == 0) {
                        len += snprintf(patterns + len,
                                        sizeof(patterns) - len, "%u, ", i);
                    }
                }
            }
            len += snprintf(patterns + len, sizeof(patterns) - len,
                            "}, %ld },\n", strtol(colon + 1, NULL, 10));
        }
    }
    printf("/* Made by data/gen/make_inject from inject_lexicon.txt. */\n"
           "#define INJECT_LEXICON_SIZE  %d\n"
           "static const struct inject_phrase\n"
           "inject_lexicon[INJECT_LEXICON_SIZE] = {\n", SIZE);
    for (unsigned i = 0; i < SIZE; i++) {
        if (table[i].class) {
            printf("    [%u] = { 0x%08x, %u },\n", i, table[i].hash,
                   table[i].class);
        }
    }
    printf("};\nstatic const struct inject_pattern inject_patterns[] = {\n"
           "%s};\n", patterns);
    return f == NULL;
}
