/*
 * conf_nginx.c: nginx.conf as Weir needs it. All paths are relative to the
 * state folder, in which nginx is started; nothing outside it is written.
 *
 * What goes upstream is an allowlist: no header of the client passes that
 * does not stand here, and no credential but the upstream's own.
 */
#include "conf.h"

static void  write_main(const struct conf *c, FILE *out,
    const char *const *names, unsigned files);
static void  write_http(const struct conf *c, FILE *out);
static void  write_proxy(const struct conf *c, FILE *out);
static void  write_errors(FILE *out);
static void  write_server(const struct conf *c, FILE *out);


int
conf_write(const struct conf *c, FILE *out, const char *const *names,
    unsigned files)
{
    write_main(c, out, names, files);
    fputs("http {\n", out);
    write_http(c, out);
    write_proxy(c, out);
    write_errors(out);
    write_server(c, out);
    fputs("}\n", out);
    return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}


static void
write_main(const struct conf *c, FILE *out, const char *const *names,
    unsigned files)
{
    const unsigned  connections = c->connections < files - 64
                                  ? c->connections : files - 64;

    fputs("# Written by `weir up` from weir.yaml; changes here are lost.\n"
          "load_module gateway/ngx_http_weir_module.so;\n"
          "pid nginx.pid;\n", out);
    fprintf(out, "error_log log/error.log %s;\n", c->log);
    if (c->workers == 0) {
        fputs("worker_processes auto;\n", out);
    } else {
        fprintf(out, "worker_processes %u;\n", c->workers);
    }
    fprintf(out, "worker_rlimit_nofile %u;\n", files);
    /* A core would hold texts of callers and credentials of upstreams. */
    fputs("worker_rlimit_core 0;\n", out);
    /* Old workers end their streams after a reload. */
    fputs("worker_shutdown_timeout 1h;\n", out);
    for (; *names != NULL; names++) {
        fprintf(out, "env %s;\n", *names);
    }
    fprintf(out, "events {\n    use epoll;\n    worker_connections %u;\n}\n",
            connections);
}


static void
write_http(const struct conf *c, FILE *out)
{
    fprintf(out, "    weir_state .;\n    weir_durability %s;\n",
            c->power ? "power" : "process");
    fprintf(out, "    weir_keepalive_comment %ums;\n", c->comment_ms);
    fprintf(out, "    weir_memory %u;\n", c->memory_bytes_max);
    /* nginx writes at level info what it cannot read of a request, and that
       may be a line with a key. Our own lines keep the level. */
    fprintf(out, "    error_log log/error.log %s;\n",
            strcmp(c->log, "info") == 0 ? "notice" : c->log);
    /* Only what W3C Trace Context calls one: a log is no place for bytes of
       a caller's choice. */
    fputs("    map $http_traceparent $trace_context {\n"
          "        \"~^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$\""
          " $http_traceparent;\n"
          "        default \"\";\n"
          "    }\n"
          "    map $uri $mcp_session {\n"
          "        ~^/mcp/ $http_mcp_session_id;\n"
          "        default \"\";\n"
          "    }\n"
          "    map $uri $mcp_version {\n"
          "        ~^/mcp/ $http_mcp_protocol_version;\n"
          "        default \"\";\n"
          "    }\n"
          "    log_format weir escape=json\n"
          "        '{\"at\":\"$time_iso8601\",\"call\":\"$weir_call\","
          "\"method\":\"$request_method\",'\n"
          "        '\"status\":$status,\"in\":$request_length,"
          "\"out\":$bytes_sent,'\n"
          "        '\"seconds\":$request_time,\"to\":\"$weir_to\","
          "\"first\":\"$upstream_header_time\",'\n"
          "        '\"traceparent\":\"$trace_context\"}';\n"
          "    access_log log/access.log weir buffer=64k flush=1s;\n"
          "    client_body_temp_path tmp/body;\n"
          "    proxy_temp_path tmp/proxy;\n"
          "    fastcgi_temp_path tmp/fastcgi;\n"
          "    uwsgi_temp_path tmp/uwsgi;\n"
          "    scgi_temp_path tmp/scgi;\n"
          "    server_tokens off;\n"
          "    default_type application/json;\n"
          "    gzip off;\n"
          "    etag off;\n"
          "    tcp_nodelay on;\n"
          "    reset_timedout_connection on;\n"
          "    keepalive_timeout 75s;\n"
          "    keepalive_requests 10000;\n"
          "    client_header_timeout 30s;\n"
          "    client_body_timeout 60s;\n"
          "    send_timeout 60s;\n"
          "    client_header_buffer_size 2k;\n"
          "    large_client_header_buffers 4 32k;\n"
          "    client_body_buffer_size 16k;\n", out);
    fprintf(out, "    client_max_body_size %u;\n", c->body_bytes_max);
}


static void
write_proxy(const struct conf *c, FILE *out)
{
    /* Name upstream, value: all that an upstream learns of the caller. */
    static const char *const  headers[][2] = {
        { "Host", "$weir_authority" },
        { "Connection", "\"\"" },
        { "Authorization", "$weir_authorization" },
        { "X-Api-Key", "$weir_x_api_key" },
        { "X-Goog-Api-Key", "$weir_x_goog_api_key" },
        { "Content-Type", "$weir_content_type" },
        { "Accept", "$http_accept" },
        { "Accept-Encoding", "identity" },
        { "User-Agent", "$http_user_agent" },
        { "Anthropic-Version", "$weir_anthropic_version" },
        { "Anthropic-Beta", "$weir_anthropic_beta" },
        { "OpenAI-Beta", "$weir_openai_beta" },
        { "Mcp-Session-Id", "$mcp_session" },
        { "Mcp-Protocol-Version", "$mcp_version" },
        { "Idempotency-Key", "$http_idempotency_key" },
        { "X-Request-Id", "$http_x_request_id" },
        { "Traceparent", "$http_traceparent" },
        { "Tracestate", "$http_tracestate" },
        { NULL, NULL }
    };

    fputs("    upstream weir {\n"
          "        server 127.0.0.1:1;    # never used\n"
          "        weir_upstream;\n"
          "    }\n"
          "    proxy_http_version 1.1;\n"
          "    proxy_buffering off;\n"
          "    proxy_buffer_size 16k;\n"
          "    proxy_buffers 4 16k;\n"
          "    proxy_busy_buffers_size 32k;\n"
          "    proxy_max_temp_file_size 0;\n"
          "    proxy_connect_timeout 10s;\n"
          "    proxy_send_timeout 60s;\n"
          "    proxy_read_timeout 300s;\n"
          "    proxy_next_upstream error timeout non_idempotent;\n"
          "    proxy_socket_keepalive on;\n"
          "    proxy_ignore_headers X-Accel-Redirect X-Accel-Expires\n"
          "        X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset\n"
          "        Expires Cache-Control Set-Cookie Vary;\n"
          "    proxy_hide_header Set-Cookie;\n"
          "    proxy_ssl_server_name on;\n"
          "    proxy_ssl_name $weir_host;\n"
          "    proxy_ssl_session_reuse off;\n"
          "    proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
          "    proxy_ssl_verify on;\n"
          "    proxy_ssl_verify_depth 8;\n", out);
    fprintf(out, "    proxy_ssl_trusted_certificate \"%s\";\n", c->ca);
    fputs("    proxy_pass_request_headers off;\n", out);
    for (size_t i = 0; headers[i][0] != NULL; i++) {
        fprintf(out, "    proxy_set_header %s %s;\n", headers[i][0],
                headers[i][1]);
    }
}


/* nginx's own errors, in the protocol's shape. */
static void
write_errors(FILE *out)
{
    static const int  shown[] = { 400, 403, 404, 405, 411, 413, 414, 415, 421,
                                  500, 501, 502, 503, 504, 505 };

    fputs("    recursive_error_pages on;\n", out);
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        fprintf(out, "    error_page %d = /weir-error/%d;\n", shown[i],
                shown[i]);
    }
    /* header too large, TLS trouble, plain HTTP to the TLS port */
    fputs("    error_page 494 495 496 497 = /weir-error/400;\n", out);
}


static void
write_server(const struct conf *c, FILE *out)
{
    const bool  tls = c->certificate[0] != '\0';

    fputs("    server {\n", out);
    for (unsigned i = 0; i < c->nlisten; i++) {
        fprintf(out, "        listen %s backlog=4096%s;\n", c->listen[i],
                tls ? " ssl http2" : "");
    }
    if (tls) {
        fprintf(out,
                "        ssl_certificate \"%s\";\n"
                "        ssl_certificate_key \"%s\";\n"
                "        ssl_protocols TLSv1.2 TLSv1.3;\n"
                "        ssl_session_cache shared:weir:4m;\n"
                "        ssl_session_timeout 1h;\n"
                "        http2_max_concurrent_streams 1024;\n",
                c->certificate, c->key);
    }
    fputs("        location = /healthz {\n"
          "            access_log off;\n"
          "            weir_health;\n"
          "        }\n"
          "        location / {\n"
          "            weir on;\n"
          "            proxy_pass $weir_url;\n"
          "        }\n"
          "        location @weir_next {\n"
          "            weir on;\n"
          "            proxy_pass $weir_url;\n"
          "        }\n"
          "        location /weir-error/ {\n"
          "            internal;\n"
          "            client_max_body_size 0;\n"
          "            weir_error;\n"
          "        }\n"
          "    }\n", out);
}
