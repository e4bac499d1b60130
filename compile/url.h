/*
 * url.h: the address of an upstream: http(s)://host[:port][/prefix].
 */
#ifndef WEIR_URL_H
#define WEIR_URL_H

#include "weir/base.h"
#include "snapshot/snapshot_layout.h"

#define WEIR_URL_ADDRESSES_MAX  16

struct weir_url {
    bool      tls;
    uint16_t  port;
    bool      literal;          /* host is an IP address */
    char      host[256];        /* without the brackets of IPv6 */
    char      authority[272];   /* as the Host header: no default port */
    char      path[512];        /* "" or "/prefix"; a last "/v1" dropped */
};

/* WEIR_OK, or WEIR_MORE with *why (constant): not http or https, user info,
   query or fragment, a bad port or host. */
WEIR_CHECKED int weir_url_parse(const char *s, struct weir_url *url,
    const char **why);

/*
 * Addresses of the host: a literal and `localhost` always, other names only
 * with `resolve` (getaddrinfo, may wait for the network). Returns how many,
 * 0 when the name is unknown.
 */
size_t weir_url_addresses(const struct weir_url *url, bool resolve,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);

#endif
