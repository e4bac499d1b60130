
/*
 * ngx_http_weir_module.c: directives, variables, and the start and end of a
 * worker.
 *
 *     weir on | off;             location: govern the calls that pass here
 *     weir_error;                location: answers nginx's own errors
 *     weir_health;               location: is there a snapshot?
 *     weir_state PATH;           http: the state folder
 *     weir_durability process | power;    http
 *     weir_keepalive_comment TIME;        http: of an idle stream; 0: never
 *     weir_memory SIZE;                   http: of all calls of a worker
 *     weir_upstream;             upstream: addresses from the snapshot
 *
 *     $weir_url $weir_host $weir_authority   where the call goes
 *     $weir_content_type                     of the body that goes there
 *     $weir_authorization $weir_x_api_key
 *     $weir_x_goog_api_key                   the upstream's credential
 *     $weir_anthropic_version $weir_anthropic_beta $weir_openai_beta
 *                                            the caller's, if the upstream
 *                                            speaks that protocol
 *     $weir_call $weir_to                    for the access log
 */

#include "ngx_http_weir_module.h"


static ngx_int_t ngx_http_weir_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_weir_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_weir_secret_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_weir_header_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_weir_type_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_weir_call_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

static char *ngx_http_weir_answers(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_weir_add_variables(ngx_conf_t *cf);
static void *ngx_http_weir_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_weir_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_weir_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_weir_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_weir_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_weir_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_weir_init_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_weir_durability[] = {
    { ngx_string("process"), 0 },
    { ngx_string("power"), 1 },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_weir_commands[] = {

    { ngx_string("weir"),
      NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_weir_loc_conf_t, enable),
      NULL },

    { ngx_string("weir_error"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_weir_answers,
      0,
      0,
      ngx_http_weir_error_handler },

    { ngx_string("weir_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_weir_answers,
      0,
      0,
      ngx_http_weir_health_handler },

    { ngx_string("weir_state"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_weir_main_conf_t, state),
      NULL },

    { ngx_string("weir_durability"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_weir_main_conf_t, power),
      &ngx_http_weir_durability },

    { ngx_string("weir_keepalive_comment"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_weir_main_conf_t, comment),
      NULL },

    { ngx_string("weir_memory"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_weir_main_conf_t, memory),
      NULL },

    { ngx_string("weir_upstream"),
      NGX_HTTP_UPS_CONF|NGX_CONF_NOARGS,
      ngx_http_weir_upstream,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_weir_module_ctx = {
    ngx_http_weir_add_variables,           /* preconfiguration */
    ngx_http_weir_init,                    /* postconfiguration */

    ngx_http_weir_create_main_conf,        /* create main configuration */
    ngx_http_weir_init_main_conf,          /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_weir_create_loc_conf,         /* create location configuration */
    ngx_http_weir_merge_loc_conf           /* merge location configuration */
};


ngx_module_t  ngx_http_weir_module = {
    NGX_MODULE_V1,
    &ngx_http_weir_module_ctx,             /* module context */
    ngx_http_weir_commands,                /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_weir_init_module,             /* init module */
    ngx_http_weir_init_process,            /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_weir_worker_close,            /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* NOCACHEABLE: a second upstream changes them within one request. */
#define ngx_http_weir_variable(name, get, data)                               \
    { ngx_string(name), NULL, get, data, NGX_HTTP_VAR_NOCACHEABLE, 0 }

static ngx_http_variable_t  ngx_http_weir_variables[] = {
    ngx_http_weir_variable("weir_url", ngx_http_weir_url_variable, 0),
    ngx_http_weir_variable("weir_host", ngx_http_weir_text_variable,
                           offsetof(struct weir_snap_upstream, host)),
    ngx_http_weir_variable("weir_authority", ngx_http_weir_text_variable,
                           offsetof(struct weir_snap_upstream, authority)),
    ngx_http_weir_variable("weir_to", ngx_http_weir_text_variable,
                           offsetof(struct weir_snap_upstream, name)),
    ngx_http_weir_variable("weir_authorization",
                           ngx_http_weir_secret_variable, WEIR_OPENAI),
    ngx_http_weir_variable("weir_x_api_key",
                           ngx_http_weir_secret_variable, WEIR_ANTHROPIC),
    ngx_http_weir_variable("weir_x_goog_api_key",
                           ngx_http_weir_secret_variable, WEIR_GEMINI),
    ngx_http_weir_variable("weir_anthropic_version",
                           ngx_http_weir_header_variable, 0),
    ngx_http_weir_variable("weir_anthropic_beta",
                           ngx_http_weir_header_variable, 1),
    ngx_http_weir_variable("weir_openai_beta",
                           ngx_http_weir_header_variable, 2),
    ngx_http_weir_variable("weir_content_type",
                           ngx_http_weir_type_variable, 0),
    ngx_http_weir_variable("weir_call", ngx_http_weir_call_variable, 0),
    ngx_http_null_variable
};


/*
 * The call of a request. nginx clears module contexts at an internal
 * redirect (error_page, the next upstream): the pool's cleanup list keeps it.
 */
ngx_http_weir_ctx_t *
ngx_http_weir_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t   *cln;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_weir_module);

    if (ctx != NULL || !r->internal) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_weir_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


/* `at` NULL: not found. */
static ngx_int_t
ngx_http_weir_set_value(ngx_http_variable_value_t *v, const void *at,
    size_t len)
{
    v->len = len;
    v->valid = (at != NULL);
    v->no_cacheable = 0;
    v->not_found = (at == NULL);
    v->data = (u_char *) at;

    return NGX_OK;
}


/* A call that has an upstream, or NULL. */
static ngx_http_weir_ctx_t *
ngx_http_weir_find_sent(ngx_http_request_t *r)
{
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_weir_find(r);

    return ctx != NULL && ctx->rules != NULL
           && ctx->upstream != WEIR_SNAP_NONE ? ctx : NULL;
}


/* http(s)://weir/prefix/v1/...: "weir" is the upstream block. */
static ngx_int_t
ngx_http_weir_url_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    char                              target[WEIR_TARGET_BYTES_MAX];
    u_char                           *p;
    size_t                            len, n;
    ngx_http_weir_ctx_t              *ctx;
    const struct weir_snap_upstream  *up;

    ctx = ngx_http_weir_find_sent(r);

    if (ctx == NULL) {
        return ngx_http_weir_set_value(v, NULL, 0);
    }

    up = ngx_http_weir_upstream_of(ctx);
    n = weir_flow_target(ctx->flow, ngx_http_weir_span(&r->uri),
                         ngx_http_weir_span(&r->args), target);

    len = sizeof("https://weir") - 1 + up->path.len + n;

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL || n == WEIR_TARGET_BYTES_MAX) {
        return NGX_ERROR;
    }

    len = ngx_snprintf(p, len, "http%s://weir%s%*s", up->tls ? "s" : "",
                       weir_snap_text(&ctx->rules->snap, up->path), n, target)
          - p;

    return ngx_http_weir_set_value(v, p, len);
}


/* `data`: where in struct weir_snap_upstream the text stands. */
static ngx_int_t
ngx_http_weir_text_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_weir_ctx_t         *ctx;
    const struct weir_snap_str  *s;

    ctx = ngx_http_weir_find_sent(r);

    if (ctx == NULL) {
        return ngx_http_weir_set_value(v, NULL, 0);
    }

    s = (const void *) ((const u_char *) ngx_http_weir_upstream_of(ctx)
                        + data);

    return ngx_http_weir_set_value(v, weir_snap_text(&ctx->rules->snap, *s),
                                   s->len);
}


/* `data`: the protocol whose header carries the credential. */
static ngx_int_t
ngx_http_weir_secret_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t            protocol;
    struct weir_span     *secret;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_weir_find_sent(r);
    protocol = ctx ? ngx_http_weir_upstream_of(ctx)->protocol : 0;

    if (ctx == NULL
        || (protocol == WEIR_MCP ? WEIR_OPENAI : protocol) != data
        || ctx->rules->secrets.values[ctx->upstream].len == 0)
    {
        return ngx_http_weir_set_value(v, NULL, 0);
    }

    secret = &ctx->rules->secrets.values[ctx->upstream];

    return ngx_http_weir_set_value(v, secret->at, secret->len);
}


/* A header of the caller that an upstream of its protocol only is to see; a
   call that is translated to that protocol has none, and gets what the
   protocol requires. */
static ngx_int_t
ngx_http_weir_header_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t            i;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    ngx_http_weir_ctx_t  *ctx;

    static const struct {
        ngx_str_t   name;
        ngx_uint_t  protocol;
        ngx_str_t   required;
    } headers[] = {
        { ngx_string("anthropic-version"), WEIR_ANTHROPIC,
          ngx_string("2023-06-01") },
        { ngx_string("anthropic-beta"), WEIR_ANTHROPIC, ngx_null_string },
        { ngx_string("openai-beta"), WEIR_OPENAI, ngx_null_string }
    };

    ctx = ngx_http_weir_find_sent(r);

    if (ctx == NULL
        || ngx_http_weir_upstream_of(ctx)->protocol != headers[data].protocol)
    {
        return ngx_http_weir_set_value(v, NULL, 0);
    }

    if (weir_flow_translated(ctx->flow)) {
        return ngx_http_weir_set_value(v, headers[data].required.data,
                                       headers[data].required.len);
    }

    part = &r->headers_in.headers.part;
    i = 0;

    while ((h = ngx_http_weir_next(&part, &i)) != NULL) {

        if (h->key.len == headers[data].name.len
            && ngx_strncmp(h->lowcase_key, headers[data].name.data,
                           h->key.len)
               == 0)
        {
            return ngx_http_weir_set_value(v, h->value.data, h->value.len);
        }
    }

    return ngx_http_weir_set_value(v, NULL, 0);
}


static ngx_int_t
ngx_http_weir_type_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    struct weir_span      type = { NULL, 0 };
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_weir_find_sent(r);

    if (ctx != NULL) {
        if (r->headers_in.content_type != NULL) {
            type = ngx_http_weir_span(&r->headers_in.content_type->value);
        }

        type = weir_flow_body_type(ctx->flow, type);
    }

    return ngx_http_weir_set_value(v, type.at, type.len);
}


static ngx_int_t
ngx_http_weir_call_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const char           *id;
    ngx_http_weir_ctx_t  *ctx;

    ctx = ngx_http_weir_find(r);
    id = ctx != NULL && ctx->flow != NULL ? weir_flow_id(ctx->flow) : NULL;

    return ngx_http_weir_set_value(v, id, id ? ngx_strlen(id) : 0);
}


static char *
ngx_http_weir_answers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = (ngx_http_handler_pt) cmd->post;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_weir_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_weir_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static void *
ngx_http_weir_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_weir_main_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_weir_main_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->power = NGX_CONF_UNSET_UINT;
    conf->comment = NGX_CONF_UNSET_MSEC;
    conf->memory = NGX_CONF_UNSET_SIZE;
    conf->dirfd = NGX_INVALID_FILE;

    return conf;
}


static char *
ngx_http_weir_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_weir_main_conf_t  *wmcf = conf;

    ngx_conf_init_uint_value(wmcf->power, 0);
    ngx_conf_init_msec_value(wmcf->comment, 15000);
    ngx_conf_init_size_value(wmcf->memory, WEIR_MEMORY_BYTES);

    if (wmcf->state.len != 0
        && ngx_conf_full_name(cf->cycle, &wmcf->state, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_weir_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_weir_loc_conf_t  *conf;

    conf = ngx_palloc(cf->pool, sizeof(ngx_http_weir_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->enable = NGX_CONF_UNSET;

    return conf;
}


/*
 * The configuration of an upstream is the first thing in that of proxy_pass,
 * whose type is known to that module alone; its name, which it keeps there,
 * tells that this is true.
 */
static void
ngx_http_weir_find_proxy(ngx_conf_t *cf)
{
    ngx_http_upstream_conf_t   *proxy;
    ngx_http_weir_main_conf_t  *wmcf;

    proxy = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);

    if (proxy->module.len == sizeof("proxy") - 1
        && ngx_strncmp(proxy->module.data, "proxy", sizeof("proxy") - 1) == 0)
    {
        wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_weir_module);
        wmcf->proxy = proxy;
    }
}


static char *
ngx_http_weir_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_weir_loc_conf_t  *prev = parent;
    ngx_http_weir_loc_conf_t  *conf = child;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);

    if (conf->enable) {
        ngx_http_weir_find_proxy(cf);
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_weir_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_POST_READ_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_weir_hide_query;

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_weir_handler;

    return ngx_http_weir_filter_init(cf);
}


static void
ngx_http_weir_close_dir(void *data)
{
    ngx_http_weir_main_conf_t  *wmcf = data;

    (void) close(wmcf->dirfd);
}


/* In the master, with its rights: workers inherit the folder and need no
   right to reach it by its path. */
static ngx_int_t
ngx_http_weir_init_module(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t         *cln;
    ngx_http_weir_main_conf_t  *wmcf;

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_weir_module);

    if (wmcf == NULL || wmcf->state.len == 0) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    wmcf->dirfd = open((char *) wmcf->state.data,
                       O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (wmcf->dirfd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "cannot open weir_state \"%V\"", &wmcf->state);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_weir_close_dir;
    cln->data = wmcf;

    return NGX_OK;
}


static ngx_int_t
ngx_http_weir_init_process(ngx_cycle_t *cycle)
{
    ngx_http_weir_main_conf_t  *wmcf;

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    wmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_weir_module);

    if (wmcf == NULL || wmcf->dirfd == NGX_INVALID_FILE) {
        return NGX_OK;
    }

    if (ngx_http_weir_kept_open(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_weir_worker_open(cycle, wmcf);
}
