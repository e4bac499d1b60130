/*
 * url.c: RFC 3986 as far as an upstream needs it, read strictly.
 */
#include "compile/url.h"
#include "compile/words.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <strings.h>


/* Scheme; the rest behind "://", or NULL. */
static const char *
take_scheme(const char *s, struct weir_url *url)
{
    if (strncasecmp(s, "https://", 8) == 0) {
        url->tls = true;
        return s + 8;
    }
    return strncasecmp(s, "http://", 7) == 0 ? s + 7 : NULL;
}


/* RFC 1123 2.1: labels of letters, digits and hyphens; underscores occur in
   container networks. */
static bool
host_good(const char *h)
{
    size_t  label = 0;

    for (; *h != '\0'; h++) {
        const bool  word = (*h >= 'a' && *h <= 'z')
                           || (*h >= '0' && *h <= '9') || *h == '_';

        if (*h == '.') {
            if (label == 0 || h[-1] == '-') {
                return false;
            }
            label = 0;
        } else if (!word && (*h != '-' || label == 0)) {
            return false;
        } else if (++label > 63) {
            return false;
        }
    }
    return label > 0 && h[-1] != '-';
}


static bool
take_host(const char **p, struct weir_url *url)
{
    const char       *from = *p, *end;
    struct in6_addr   six;
    struct in_addr    four;
    size_t            len;

    if (*from == '[') {                       /* RFC 3986 3.2.2 IP-literal */
        end = strchr(++from, ']');
        if (end == NULL) {
            return false;
        }
        *p = end + 1;
    } else {
        end = from + strcspn(from, ":/");
        *p = end;
    }
    len = (size_t) (end - from);
    if (len == 0 || len > 253) {
        return false;
    }
    memcpy(url->host, from, len);
    url->host[len] = '\0';
    for (char *c = url->host; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char) (*c - 'A' + 'a');
        }
    }
    if (from[-1] == '[') {
        url->literal = true;
        return inet_pton(AF_INET6, url->host, &six) == 1;
    }
    url->literal = inet_pton(AF_INET, url->host, &four) == 1;
    return url->literal || host_good(url->host);
}


static bool
take_port(const char **p, struct weir_url *url)
{
    const char  *from = *p;
    char         digits[8];
    uint64_t     n;
    size_t       len;

    url->port = url->tls ? 443 : 80;
    if (*from != ':') {
        return true;
    }
    len = strcspn(++from, "/");
    if (len == 0 || len >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, from, len);
    digits[len] = '\0';
    *p = from + len;
    if (weir_count_parse(digits, 65535, &n) != WEIR_OK || n == 0) {
        return false;
    }
    url->port = (uint16_t) n;
    return true;
}


static bool
take_path(const char *p, struct weir_url *url)
{
    size_t  len = strlen(p);

    if (len >= sizeof(url->path)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        /* RFC 3986 3.3 pchar, without escapes: a prefix has no need. */
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z')
              || (p[i] >= '0' && p[i] <= '9')
              || strchr("/-._~!$&'()*+,;=:@", p[i]) != NULL))
        {
            return false;
        }
    }
    if (strstr(p, "//") != NULL || strstr(p, "/./") != NULL
        || strstr(p, "/..") != NULL)
    {
        return false;
    }
    while (len > 0 && p[len - 1] == '/') {
        len--;
    }
    if (len >= 3 && memcmp(p + len - 3, "/v1", 3) == 0) {
        len -= 3;
    }
    memcpy(url->path, p, len);
    url->path[len] = '\0';
    return true;
}


int
weir_url_parse(const char *s, struct weir_url *url, const char **why)
{
    const char  *p;
    bool         six;

    *url = (struct weir_url) { 0 };
    *why = "a URL is written http://host[:port][/prefix] or https://...";
    p = take_scheme(s, url);
    if (p == NULL) {
        return WEIR_MORE;
    }
    if (strchr(p, '@') != NULL && strcspn(p, "@") < strcspn(p, "/")) {
        *why = "a URL may not hold a user or password; use `secret`";
        return WEIR_MORE;
    }
    if (strpbrk(p, "?#") != NULL) {
        *why = "the URL of an upstream has no query and no fragment";
        return WEIR_MORE;
    }
    if (!take_host(&p, url)) {
        *why = "the URL has no valid host";
        return WEIR_MORE;
    }
    if (!take_port(&p, url)) {
        *why = "the port of the URL is not a number from 1 to 65535";
        return WEIR_MORE;
    }
    if ((*p != '\0' && *p != '/') || !take_path(p, url)) {
        *why = "the path of the URL is not a plain prefix";
        return WEIR_MORE;
    }
    six = strchr(url->host, ':') != NULL;
    (void) snprintf(url->authority, sizeof(url->authority), "%s%s%s",
                    six ? "[" : "", url->host, six ? "]" : "");
    if (url->port != (url->tls ? 443 : 80)) {
        const size_t  n = strlen(url->authority);

        (void) snprintf(url->authority + n, sizeof(url->authority) - n,
                        ":%u", url->port);
    }
    return WEIR_OK;
}


static void
add_address(struct weir_snap_address *out, size_t *n, uint16_t port,
    int family, const void *ip)
{
    struct weir_snap_address  a = { .port = port };

    a.family = family == AF_INET ? 4 : 6;
    memcpy(a.ip, ip, family == AF_INET ? 4 : 16);
    for (size_t i = 0; i < *n; i++) {
        if (memcmp(&out[i], &a, sizeof(a)) == 0) {
            return;
        }
    }
    if (*n < WEIR_URL_ADDRESSES_MAX) {
        out[(*n)++] = a;
    }
}


size_t
weir_host_lookup(const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    const struct addrinfo   hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_ADDRCONFIG
    };
    struct addrinfo        *list;
    size_t                  n = 0;

    if (getaddrinfo(host, NULL, &hints, &list) != 0) {
        return 0;
    }
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        if (a->ai_family == AF_INET) {
            add_address(out, &n, 0, AF_INET,
                &((const struct sockaddr_in *) (const void *)
                  a->ai_addr)->sin_addr);
        } else if (a->ai_family == AF_INET6) {
            add_address(out, &n, 0, AF_INET6,
                &((const struct sockaddr_in6 *) (const void *)
                  a->ai_addr)->sin6_addr);
        }
    }
    freeaddrinfo(list);
    return n;
}


size_t
weir_url_addresses(const struct weir_url *url,
    const struct weir_addresses *known,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    const size_t  len = strlen(url->host);
    uint8_t       ip[16];
    size_t        n = 0;

    if (inet_pton(AF_INET, url->host, ip) == 1) {
        add_address(out, &n, url->port, AF_INET, ip);
        return n;
    }
    if (inet_pton(AF_INET6, url->host, ip) == 1) {
        add_address(out, &n, url->port, AF_INET6, ip);
        return n;
    }
    /* RFC 6761 6.3: localhost is loopback, without asking anyone. */
    if (strcmp(url->host, "localhost") == 0
        || (len > 10 && strcmp(url->host + len - 10, ".localhost") == 0))
    {
        add_address(out, &n, url->port, AF_INET, &(struct in_addr) {
                    htonl(INADDR_LOOPBACK) });
        add_address(out, &n, url->port, AF_INET6, &in6addr_loopback);
        return n;
    }
    n = known == NULL ? 0 : known->find(known->ctx, url->host, out);
    for (size_t i = 0; i < n; i++) {
        out[i].port = url->port;
    }
    return n;
}
