/*
 * names.c: host names that exist for a test alone: preloaded (ld.so(8)) into
 * the keeper, it answers for names that end in ".weir.test" from the file
 * that WEIR_TEST_NAMES names: lines of a name and its addresses, IPv4. A line
 * "NAME slow" answers only after half a minute. All others are looked up.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHOWN  __attribute__((visibility("default")))

static const char  domain[] = ".weir.test";

SHOWN int getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **out);


static int
look_in(FILE *names, const char *host,
    int (*next)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **), struct addrinfo **out)
{
    char             line[512], *rest, *word;
    struct addrinfo  hints = { .ai_flags = AI_NUMERICHOST,
                               .ai_family = AF_INET,
                               .ai_socktype = SOCK_STREAM };

    while (fgets(line, sizeof(line), names) != NULL) {
        struct addrinfo  **end = out;

        word = strtok_r(line, " \n", &rest);
        if (word == NULL || strcmp(word, host) != 0) {
            continue;
        }
        *out = NULL;
        while ((word = strtok_r(NULL, " \n", &rest)) != NULL) {
            if (strcmp(word, "slow") == 0) {
                sleep(30);
                return EAI_AGAIN;
            }
            if (next(word, NULL, &hints, end) != 0) {
                return EAI_FAIL;
            }
            end = &(*end)->ai_next;      /* glibc frees a list one by one */
        }
        return *out == NULL ? EAI_NONAME : 0;
    }
    return EAI_NONAME;
}


int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **out)
{
    const size_t  n = host == NULL ? 0 : strlen(host);
    const char   *path = getenv("WEIR_TEST_NAMES");
    FILE         *names;
    int           rc;
    int         (*next)(const char *, const char *, const struct addrinfo *,
                        struct addrinfo **);

    *(void **) &next = dlsym(RTLD_NEXT, "getaddrinfo");
    if (path == NULL || n < sizeof(domain)
        || strcmp(host + n - (sizeof(domain) - 1), domain) != 0)
    {
        return next(host, port, hints, out);
    }
    names = fopen(path, "re");
    if (names == NULL) {
        return EAI_SYSTEM;
    }
    rc = look_in(names, host, next, out);
    fclose(names);
    return rc;
}
