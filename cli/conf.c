/*
 * conf.c: reads weir.yaml (libyaml) and checks every value. What is unknown
 * or makes no sense is an error with its line; nothing is guessed.
 */
#include "conf.h"

#include "cmd.h"
#include "compile/words.h"
#include "weir/error.h"
#include "weir/limits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <yaml.h>

struct reader {
    struct conf      *c;
    yaml_document_t   doc;
    const char       *shown;       /* the file as the user named it */
    char              base[PATH_MAX];
    char             *why;
    size_t            size;
};

typedef bool (*set_pt)(struct reader *r, yaml_node_t *value, void *to);

struct setting {
    const char  *name;
    set_pt       set;
    size_t       at;               /* in struct conf */
};

static bool  set_listen(struct reader *r, yaml_node_t *v, void *to);
static bool  set_address(struct reader *r, yaml_node_t *v, void *to);
static bool  set_path(struct reader *r, yaml_node_t *v, void *to);
static bool  set_user(struct reader *r, yaml_node_t *v, void *to);
static bool  set_tls(struct reader *r, yaml_node_t *v, void *to);
static bool  set_workers(struct reader *r, yaml_node_t *v, void *to);
static bool  set_connections(struct reader *r, yaml_node_t *v, void *to);
static bool  set_durability(struct reader *r, yaml_node_t *v, void *to);
static bool  set_comment(struct reader *r, yaml_node_t *v, void *to);
static bool  set_body(struct reader *r, yaml_node_t *v, void *to);
static bool  set_memory(struct reader *r, yaml_node_t *v, void *to);
static bool  set_resolve(struct reader *r, yaml_node_t *v, void *to);
static bool  set_log(struct reader *r, yaml_node_t *v, void *to);
static bool  read_map(struct reader *r, yaml_node_t *map,
    const struct setting *settings, void *to);
static int  read_file(struct reader *r, FILE *in);
static int  find_defaults(struct conf *c, char *why, size_t size);
static int  resolve_state(struct conf *c, const char *named, char *why,
    size_t size);

#define AT(field)  offsetof(struct conf, field)

static const struct setting  settings[] = {
    { "listen", set_listen, 0 },
    { "admin", set_address, AT(admin) },
    { "state", set_path, AT(state) },
    { "tls", set_tls, 0 },
    { "user", set_user, AT(user) },
    { "workers", set_workers, AT(workers) },
    { "connections", set_connections, AT(connections) },
    { "durability", set_durability, AT(power) },
    { "keepalive_comment", set_comment, AT(comment_ms) },
    { "body", set_body, AT(body_bytes_max) },
    { "memory", set_memory, AT(memory_bytes_max) },
    { "resolve", set_resolve, AT(hosts_ms) },
    { "log", set_log, AT(log) },
    { "ca", set_path, AT(ca) },
    { "packs", set_path, AT(packs) },
    { "nginx", set_path, AT(nginx) },
    { "module", set_path, AT(module) },
    { NULL, NULL, 0 }
};

static const struct setting  tls_settings[] = {
    { "certificate", set_path, AT(certificate) },
    { "key", set_path, AT(key) },
    { NULL, NULL, 0 }
};


int
conf_load(struct conf *c, const char *path, char *why, size_t size)
{
    struct reader  r = { .c = c, .why = why, .size = size };
    char          *slash;
    FILE          *in;
    int            rc = 0;

    memset(c, 0, sizeof(*c));
    snprintf(c->listen[0], CONF_TEXT_MAX, "127.0.0.1:8640");
    c->nlisten = 1;
    snprintf(c->admin, sizeof(c->admin), "127.0.0.1:8641");
    c->connections = 12288;
    c->comment_ms = 15000;
    c->body_bytes_max = WEIR_FORM_BYTES_MAX;
    c->memory_bytes_max = WEIR_MEMORY_BYTES;
    c->hosts_ms = WEIR_HOSTS_MS;
    snprintf(c->log, sizeof(c->log), "warn");
    snprintf(c->ca, sizeof(c->ca), "/etc/ssl/certs/ca-certificates.crt");

    r.shown = path != NULL ? path : "weir.yaml";
    in = fopen(r.shown, "r");
    if (in == NULL && (path != NULL || errno != ENOENT)) {
        snprintf(why, size, "%s: %s", r.shown, strerror(errno));
        return -1;
    }
    if (in != NULL) {
        if (realpath(r.shown, c->file) == NULL) {
            snprintf(why, size, "%s: %s", r.shown, strerror(errno));
            fclose(in);
            return -1;
        }
        memcpy(r.base, c->file, sizeof(r.base));
        slash = strrchr(r.base, '/');
        slash[slash == r.base] = '\0';
        rc = read_file(&r, in);
        fclose(in);
    }
    if (rc == 0) {
        char  named[PATH_MAX];

        memcpy(named, c->state, sizeof(named));
        rc = resolve_state(c, named, why, size);
    }
    return rc == 0 ? find_defaults(c, why, size) : rc;
}


const char *
conf_option(int argc, char **argv, int *rest)
{
    const char  *path = NULL;
    int          i = 1;

    while (i < argc) {
        if (strncmp(argv[i], "--config=", 9) == 0) {
            path = argv[i] + 9;
            i++;
        } else if ((strcmp(argv[i], "-c") == 0
                    || strcmp(argv[i], "--config") == 0) && i + 1 < argc)
        {
            path = argv[i + 1];
            i += 2;
        } else {
            break;
        }
    }
    *rest = i < argc ? i : 0;
    return path;
}


__attribute__((format(printf, 3, 4)))
static bool
complain(struct reader *r, const yaml_node_t *at, const char *fmt, ...)
{
    va_list  ap;
    int      n;

    n = snprintf(r->why, r->size, "%s:%zu:%zu: ", r->shown,
                 at->start_mark.line + 1, at->start_mark.column + 1);
    if (n > 0 && (size_t) n < r->size) {
        va_start(ap, fmt);
        vsnprintf(r->why + n, r->size - (size_t) n, fmt, ap);
        va_end(ap);
    }
    return false;
}


static int
read_file(struct reader *r, FILE *in)
{
    yaml_parser_t   parser;
    yaml_node_t    *root;
    int             rc = -1;

    if (!yaml_parser_initialize(&parser)) {
        snprintf(r->why, r->size, "out of memory");
        return -1;
    }
    yaml_parser_set_input_file(&parser, in);
    if (!yaml_parser_load(&parser, &r->doc)) {
        snprintf(r->why, r->size, "%s:%zu:%zu: %s", r->shown,
                 parser.problem_mark.line + 1, parser.problem_mark.column + 1,
                 parser.problem != NULL ? parser.problem : "not YAML");
        yaml_parser_delete(&parser);
        return -1;
    }
    root = yaml_document_get_root_node(&r->doc);
    if (root == NULL || read_map(r, root, settings, r->c)) {
        rc = 0;
    }
    yaml_document_delete(&r->doc);
    yaml_parser_delete(&parser);
    return rc;
}


static const char *
text_of(const yaml_node_t *n)
{
    return (const char *) n->data.scalar.value;
}


static bool
read_map(struct reader *r, yaml_node_t *map, const struct setting *table,
    void *to)
{
    uint64_t  seen = 0;

    if (map->type == YAML_SCALAR_NODE && text_of(map)[0] == '\0') {
        return true;               /* a file of comments */
    }
    if (map->type != YAML_MAPPING_NODE) {
        return complain(r, map, "expected lines of the form `name: value`");
    }
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
         p < map->data.mapping.pairs.top; p++)
    {
        yaml_node_t           *k = yaml_document_get_node(&r->doc, p->key);
        yaml_node_t           *v = yaml_document_get_node(&r->doc, p->value);
        const struct setting  *s = table;

        if (k->type != YAML_SCALAR_NODE) {
            return complain(r, k, "expected a name");
        }
        while (s->name != NULL && strcmp(s->name, text_of(k)) != 0) {
            s++;
        }
        if (s->name == NULL) {
            return complain(r, k, "there is no setting \"%s\"", text_of(k));
        }
        if (seen & (UINT64_C(1) << (s - table))) {
            return complain(r, k, "\"%s\" stands here twice", s->name);
        }
        seen |= UINT64_C(1) << (s - table);
        if (!s->set(r, v, (char *) to + s->at)) {
            return false;
        }
    }
    return true;
}


/* A plain text that may stand between quotes in nginx.conf. */
static bool
plain(struct reader *r, yaml_node_t *v, size_t max)
{
    const char  *s;

    if (v->type != YAML_SCALAR_NODE || text_of(v)[0] == '\0') {
        return complain(r, v, "expected a value");
    }
    s = text_of(v);
    if (strlen(s) != v->data.scalar.length || strlen(s) >= max) {
        return complain(r, v, "the value is too long");
    }
    for (; *s != '\0'; s++) {
        if ((unsigned char) *s < 0x20 || *s == 0x7f || *s == '"' || *s == '\\'
            || *s == '$' || *s == '\'' || *s == ';')
        {
            return complain(r, v, "the value may not hold \" ' \\ $ ; or "
                                  "control characters");
        }
    }
    return true;
}


/* ADDRESS:PORT; IPv6 in brackets; * for all of IPv4. */
static bool
set_address(struct reader *r, yaml_node_t *v, void *to)
{
    const char  *s, *colon;
    char        *end;
    long         port;

    if (!plain(r, v, CONF_TEXT_MAX)) {
        return false;
    }
    s = text_of(v);
    colon = strrchr(s, ':');
    if (colon == NULL || colon == s
        || strspn(s, "0123456789abcdefABCDEF:.[]*") < (size_t) (colon - s)
        || (strchr(s, ':') != colon && (s[0] != '[' || colon[-1] != ']')))
    {
        return complain(r, v, "expected ADDRESS:PORT with a numeric address, "
                              "such as 127.0.0.1:8640 or [::1]:8640");
    }
    errno = 0;
    port = strtol(colon + 1, &end, 10);
    if (errno != 0 || end == colon + 1 || *end != '\0' || port < 1
        || port > 65535)
    {
        return complain(r, v, "the port is a number from 1 to 65535");
    }
    snprintf(to, CONF_TEXT_MAX, "%s", s);
    return true;
}


static bool
set_listen(struct reader *r, yaml_node_t *v, void *to)
{
    struct conf       *c = to;
    yaml_node_item_t  *i;

    c->nlisten = 0;
    if (v->type != YAML_SEQUENCE_NODE) {
        return set_address(r, v, c->listen[c->nlisten++]);
    }
    for (i = v->data.sequence.items.start; i < v->data.sequence.items.top;
         i++)
    {
        if (c->nlisten == CONF_LISTEN_MAX) {
            return complain(r, v, "at most %d addresses", CONF_LISTEN_MAX);
        }
        if (!set_address(r, yaml_document_get_node(&r->doc, *i),
                         c->listen[c->nlisten++]))
        {
            return false;
        }
    }
    return c->nlisten > 0 || complain(r, v, "expected an address");
}


static bool
set_path(struct reader *r, yaml_node_t *v, void *to)
{
    int  n;

    if (!plain(r, v, PATH_MAX)) {
        return false;
    }
    n = text_of(v)[0] == '/'
        ? snprintf(to, PATH_MAX, "%s", text_of(v))
        : snprintf(to, PATH_MAX, "%s/%s", r->base, text_of(v));
    return n < PATH_MAX || complain(r, v, "the path is too long");
}


static bool
set_user(struct reader *r, yaml_node_t *v, void *to)
{
    if (!plain(r, v, CONF_TEXT_MAX)) {
        return false;
    }
    snprintf(to, CONF_TEXT_MAX, "%s", text_of(v));
    return true;
}


static bool
set_tls(struct reader *r, yaml_node_t *v, void *to)
{
    struct conf  *c = to;

    if (!read_map(r, v, tls_settings, c)) {
        return false;
    }
    if (c->certificate[0] == '\0' || c->key[0] == '\0') {
        return complain(r, v, "tls needs both lines, certificate and key");
    }
    return true;
}


static bool
set_number(struct reader *r, yaml_node_t *v, unsigned *to, unsigned least,
    unsigned most, bool units)
{
    char                *end;
    unsigned long long   n;

    if (!plain(r, v, CONF_TEXT_MAX)) {
        return false;
    }
    errno = 0;
    n = strtoull(text_of(v), &end, 10);
    if (units && (*end == 'K' || *end == 'k')) {
        n = n <= UINT32_MAX ? n << 10 : n;
        end++;
    } else if (units && (*end == 'M' || *end == 'm')) {
        n = n <= UINT32_MAX ? n << 20 : n;
        end++;
    }
    if (errno != 0 || end == text_of(v) || *end != '\0'
        || text_of(v)[0] == '-' || n < least || n > most)
    {
        return complain(r, v, "expected a number from %u to %u", least, most);
    }
    *to = (unsigned) n;
    return true;
}


static bool
set_workers(struct reader *r, yaml_node_t *v, void *to)
{
    if (v->type == YAML_SCALAR_NODE && strcmp(text_of(v), "auto") == 0) {
        return true;
    }
    return set_number(r, v, to, 1, 512, false);
}


static bool
set_connections(struct reader *r, yaml_node_t *v, void *to)
{
    return set_number(r, v, to, 64, 1u << 20, false);
}


static bool
set_body(struct reader *r, yaml_node_t *v, void *to)
{
    return set_number(r, v, to, 1024, WEIR_FORM_BYTES_MAX, true);
}


static bool
set_memory(struct reader *r, yaml_node_t *v, void *to)
{
    return set_number(r, v, to, WEIR_MEMORY_BYTES_MIN, UINT32_MAX, true);
}


static bool
set_durability(struct reader *r, yaml_node_t *v, void *to)
{
    if (v->type == YAML_SCALAR_NODE && strcmp(text_of(v), "process") == 0) {
        *(bool *) to = false;
        return true;
    }
    if (v->type == YAML_SCALAR_NODE && strcmp(text_of(v), "power") == 0) {
        *(bool *) to = true;
        return true;
    }
    return complain(r, v, "durability is process or power");
}


/* No debug: nginx's debug log shows headers, credentials among them. */
static bool
set_resolve(struct reader *r, yaml_node_t *v, void *to)
{
    uint32_t  ms = 0;

    if (v->type != YAML_SCALAR_NODE
        || weir_duration_parse(text_of(v), &ms) != WEIR_OK || ms < 1000)
    {
        return complain(r, v, "resolve is a duration of a second or more, "
                              "such as 30s");
    }
    *(unsigned *) to = ms;
    return true;
}


static bool
set_comment(struct reader *r, yaml_node_t *v, void *to)
{
    uint32_t  ms = 0;

    if (v->type != YAML_SCALAR_NODE
        || (strcmp(text_of(v), "0") != 0
            && (weir_duration_parse(text_of(v), &ms) != WEIR_OK
                || ms < 1000)))
    {
        return complain(r, v, "keepalive_comment is a duration of a second "
                              "or more, such as 15s, or 0");
    }
    *(unsigned *) to = ms;
    return true;
}


static bool
set_log(struct reader *r, yaml_node_t *v, void *to)
{
    static const char *const  levels[] = { "error", "warn", "notice", "info" };

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (v->type == YAML_SCALAR_NODE && strcmp(text_of(v), levels[i]) == 0)
        {
            snprintf(to, sizeof(((struct conf *) 0)->log), "%s", levels[i]);
            return true;
        }
    }
    return complain(r, v, "log is error, warn, notice or info");
}


/* An absolute path of a folder that need not be there yet. */
static int
resolve_state(struct conf *c, const char *named, char *why, size_t size)
{
    const char  *s = cmd_state();
    char         here[PATH_MAX];
    int          n;

    if (named[0] != '\0' && strcmp(s, "var") == 0) {
        s = named;
    }
    if (s[0] == '/') {
        n = snprintf(c->state, sizeof(c->state), "%s", s);
    } else if (getcwd(here, sizeof(here)) == NULL) {
        snprintf(why, size, "current folder: %s", strerror(errno));
        return -1;
    } else {
        n = snprintf(c->state, sizeof(c->state), "%s/%s", here, s);
    }
    if (n >= (int) sizeof(c->state) || setenv("WEIR_STATE", c->state, 1) != 0)
    {
        snprintf(why, size, "the path of the state folder is too long");
        return -1;
    }
    return 0;
}


/* The first of the patterns (%s: the folder of this program) that is there.
   The build tree comes before what is installed. */
static void
find(char *to, const char *self, const char *const *patterns)
{
    char  at[PATH_MAX];

    for (; to[0] == '\0' && *patterns != NULL; patterns++) {
        const char *const  p = *patterns;
        const int          n = p[0] == '/'
            ? snprintf(at, sizeof(at), "%s", p)
            : snprintf(at, sizeof(at), "%s/%s", self, p);

        if (n < (int) sizeof(at) && access(at, R_OK) == 0
            && realpath(at, to) == NULL)
        {
            to[0] = '\0';
        }
    }
}


static int
find_defaults(struct conf *c, char *why, size_t size)
{
    static const char *const  modules[] = {
        "../nginx/ngx_http_weir_module.so", "ngx_http_weir_module.so",
        "../ngx_http_weir_module.so", "../lib/weir/ngx_http_weir_module.so",
        "/usr/lib/nginx/modules/ngx_http_weir_module.so", NULL
    };
    static const char *const  servers[] = {
        "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/"
        "nginx", "../nginx-root/usr/sbin/nginx", NULL
    };
    static const char *const  packs[] = {
        "../../ordinance", "../share/weir/ordinance",
        "/usr/local/share/weir/ordinance", "/usr/share/weir/ordinance", NULL
    };
    char     self[PATH_MAX];
    ssize_t  n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n <= 0) {
        snprintf(why, size, "/proc/self/exe: %s", strerror(errno));
        return -1;
    }
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    find(c->module, self, modules);
    find(c->nginx, self, servers);
    find(c->packs, self, packs);
    return 0;
}
