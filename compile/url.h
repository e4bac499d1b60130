/*
 * url.h: the address of an upstream: http(s)://host[:port][/prefix].
 */
#ifndef WEIR_URL_H
#define WEIR_URL_H

#include "weir/base.h"
#include "weir/limits.h"
#include "snapshot/snapshot_layout.h"

#define WEIR_URL_ADDRESSES_MAX  16

struct weir_url {
    bool      tls;
    uint16_t  port;
    bool      literal;          /* host is an IP address */
    char      host[WEIR_HOST_BYTES_MAX];  /* without the brackets of IPv6 */
    char      authority[272];   /* as the Host header: no default port */
    char      path[512];        /* "" or "/prefix"; a last "/v1" dropped */
};

/* WEIR_OK, or WEIR_MORE with *why (constant): not http or https, user info,
   query or fragment, a bad port or host. */
WEIR_CHECKED int weir_url_parse(const char *s, struct weir_url *url,
    const char **why);

/* Who knows the addresses of a name: how many, their ports unset; 0: none is
   known now. */
struct weir_addresses {
    size_t  (*find)(void *ctx, const char *host,
                    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);
    void     *ctx;
};

/*
 * Addresses of the host: a literal and `localhost` always, other names by
 * `known`, if it is not NULL. Returns how many, 0 when the name is unknown.
 */
size_t weir_url_addresses(const struct weir_url *url,
    const struct weir_addresses *known,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);

/* A name's addresses by getaddrinfo(3), which may wait for the network. */
size_t weir_host_lookup(const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX]);

#endif
