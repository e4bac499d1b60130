/*
 * api.h: the admin interface over HTTP, driven by the keeper's one loop.
 *
 *   POST   /api/v1/apply?file=NAME          YAML body
 *   GET    /api/v1/resources/KIND[/NAME]    JSON, or ?format=yaml
 *   DELETE /api/v1/resources/KIND/NAME
 *   GET    /api/v1/export                   YAML
 *   POST   /api/v1/publish                  compile anew (packs changed)
 *   POST   /api/v1/keys                     {"scenario", "until"?}
 *   GET    /api/v1/keys
 *   DELETE /api/v1/keys/ID
 *   GET    /api/v1/status
 *   GET    /metrics                         Prometheus text
 *
 * All need "Authorization: Bearer TOKEN", /metrics too: amounts and names of
 * scenarios are nobody's business but the operator's. Errors are
 * {"error": {"code", "message", "file", "line", "column", "notes": [...]}}.
 */
#ifndef WEIR_API_H
#define WEIR_API_H

#include "keeper.h"

struct weir_api;

/* `listen_fd` passes to the API on success; `host` is the configured name,
   allowed in Host beside the loopback names (DNS rebinding). */
int weir_api_open(struct weir_api **out, struct weir_keeper *k, int listen_fd,
    const char *host);
/* Serve what is there; wait at most `timeout_ms` for it. */
void weir_api_wait(struct weir_api *api, int timeout_ms);
void weir_api_close(struct weir_api *api);

/* What a request got. The body belongs to the answer. */
struct weir_answer {
    unsigned     status;
    const char  *type;
    char        *body;      /* malloc */
    size_t       len;
};

struct weir_ask {
    const char        *method;
    const char        *path;     /* decoded */
    const char        *file;     /* query file= , or NULL */
    const char        *format;   /* query format= , or NULL */
    struct weir_span   body;
};

/* routes.c */
void weir_route(struct weir_keeper *k, const struct weir_ask *ask,
    struct weir_answer *out);
void weir_answer_error(struct weir_answer *out, unsigned status,
    const char *code, const char *message, const struct weir_notes *notes);
size_t weir_ask_body_max(const char *method, const char *path);
/* health.c: of each upstream, for status and for metrics. */
json_t *weir_health_json(struct weir_keeper *k);
void weir_health_print(struct weir_keeper *k, FILE *f);
/* limited.c: how full the limits are. Keys as two counts: a series for each
   would be too many. */
json_t *weir_limited_json(struct weir_keeper *k);
void weir_limited_print(struct weir_keeper *k, FILE *f);
/* metrics.c */
void weir_answer_status(struct weir_keeper *k, struct weir_answer *out);
void weir_answer_metrics(struct weir_keeper *k, struct weir_answer *out);

#endif
