/*
 * route.c: where a call goes. Of the upstreams of its model that speak its
 * protocol, have their credential and are in service, one of the best
 * priority, spread by weight; when that fails before its first byte, another,
 * each at most once; then those that the call must be translated for; then
 * those of the fallback models. When nothing at all is in service, and nothing
 * was asked yet, the one that is soonest back is: a caller had rather have a
 * try than a refusal.
 */
#include "flow/flow_internal.h"
#include "flow/spread.h"


static const struct weir_snap_upstream *
upstream_at(const struct weir_flow *f, const struct weir_snap_model *m,
    unsigned i)
{
    return &f->snap->upstreams[f->snap->routes[m->route + i].upstream];
}


static enum weir_tongue
tongue_of(const struct weir_flow *f, const struct weir_snap_model *m,
    unsigned i)
{
    return weir_wire_tongue(f, upstream_at(f, m, i)->protocol);
}


uint32_t
weir_route_first(const struct weir_flow *f, const struct weir_snap_model *m)
{
    uint32_t  other = WEIR_SNAP_NONE;

    for (unsigned i = 0; m != NULL && i < m->routes; i++) {
        const enum weir_tongue  tongue = tongue_of(f, m, i);

        if (tongue == WEIR_TONGUE_OWN) {
            return f->snap->routes[m->route + i].upstream;
        }
        if (tongue == WEIR_TONGUE_OTHER && other == WEIR_SNAP_NONE) {
            other = f->snap->routes[m->route + i].upstream;
        }
    }
    return other;
}


const struct weir_snap_model *
weir_route_fallback(const struct weir_flow *f, unsigned i)
{
    const struct weir_snap_scenario *const  sc = f->scenario;
    const uint32_t  m = f->snap->refs[f->asked->fallback + i];

    for (uint32_t k = 0; k < sc->models; k++) {
        if (f->snap->refs[sc->model + k] == m
            && weir_route_first(f, &f->snap->models[m]) != WEIR_SNAP_NONE)
        {
            return &f->snap->models[m];
        }
    }
    return NULL;
}


static uint64_t
now_of(const struct weir_flow *f)
{
    return f->w->meter_ms != NULL ? f->w->meter_ms(f->w->ctx)
                                  : weir_meter_now();
}


/* Can it be asked at all, in service or not? */
static bool
usable(const struct weir_flow *f, const struct weir_snap_model *m,
    unsigned i, enum weir_tongue tongue)
{
    const uint32_t   u = f->snap->routes[m->route + i].upstream;

    return (f->pinned == WEIR_SNAP_NONE || f->pinned == u)
           && tongue_of(f, m, i) == tongue
           && f->snap->upstreams[u].addresses != 0
           && (f->secrets == NULL || f->secrets->values[u].at != NULL);
}


/* When it is back in service; 0: now. */
static uint64_t
out_until(const struct weir_flow *f, const struct weir_snap_upstream *up,
    uint64_t now)
{
    enum weir_breaker_state  s;
    uint64_t                 until;

    if (f->w->account == NULL) {
        return 0;
    }
    s = weir_breaker_look(f->w->account, up->id, now, &until);
    /* One that was open when its breaker was taken away is not any more; nor
       is one down whose checks were. */
    return s == WEIR_BREAKER_WAITS
           || (s == WEIR_BREAKER_OPEN && up->breaker_failures != 0)
           || (s == WEIR_BREAKER_DOWN && up->check_interval_ms != 0)
           ? until : 0;
}


/* Go to route `i` of `m`, a model of this call, which may be another than so
   far. False: it is out, or the body cannot be made to name it. */
static bool
enter(struct weir_flow *f, const struct weir_snap_model *m, unsigned i,
    uint64_t now, bool forced)
{
    const struct weir_snap_upstream *const  up = upstream_at(f, m, i);
    const uint32_t  u = f->snap->routes[m->route + i].upstream;
    struct weir_buf  sent;
    bool             trial = false;
    int              rc;

    if (f->w->account != NULL
        && !weir_breaker_enter(f->w->account, up, now,
                               forced || up->breaker_failures == 0, &trial))
    {
        return false;
    }
    /* All that may fail before anything is changed: when none is left, the
       answer of the attempt before is the answer. */
    rc = weir_wire_make(f, u, m, &sent);
    if (rc == WEIR_OK && m != f->model) {
        rc = weir_request_model(f, m);
    }
    if (rc != WEIR_OK) {
        weir_buf_release(&sent);
        f->route_error = rc;
        if (f->w->account != NULL) {
            weir_breaker_leave(f->w->account, up, now, trial,
                               WEIR_TRIED_UNKNOWN, 0);
        }
        return false;
    }
    weir_wire_take(f, &sent);
    f->attempt += f->upstream != WEIR_SNAP_NONE;
    f->upstream = u;
    f->tried |= UINT64_C(1) << i;
    f->trial = trial;
    f->judged = false;
    f->retry_ms = 0;
    return true;
}


/* One of those of `m` that are in service, speak so, and are not in
   `tried`. */
static bool
choose(struct weir_flow *f, const struct weir_snap_model *m, uint64_t tried,
    enum weir_tongue tongue)
{
    const struct weir_snap_route *const  r = &f->snap->routes[m->route];
    const uint64_t                       now = now_of(f);
    uint64_t                             able = 0;
    uint32_t                             start, point;

    for (unsigned i = 0; i < m->routes; i++) {
        if ((tried >> i & 1) == 0 && usable(f, m, i, tongue)
            && out_until(f, upstream_at(f, m, i), now) == 0)
        {
            able |= UINT64_C(1) << i;
        }
    }
    if (able == 0) {
        return false;
    }
    memcpy(&start, f->w->node, sizeof(start));
    point = weir_spread_next(&f->w->turns[(size_t) (m - f->snap->models)
                                          % WEIR_TURNS], start,
                             f->tried != 0);
    while (able != 0) {
        const unsigned  i = weir_spread_pick(r, m->routes, able, point);

        if (enter(f, m, i, now, false)) {
            return true;
        }
        able &= ~(UINT64_C(1) << i);     /* another has the one trial, or the
                                            body is none for it */
    }
    return false;
}


/* Without translation where that is possible. */
static bool
choose_any(struct weir_flow *f, const struct weir_snap_model *m,
    uint64_t tried)
{
    return choose(f, m, tried, WEIR_TONGUE_OWN)
           || choose(f, m, tried, WEIR_TONGUE_OTHER);
}


/* All are out: the one that is soonest back. */
static bool
force(struct weir_flow *f, enum weir_tongue tongue)
{
    const uint64_t  now = now_of(f);
    uint64_t        soonest = UINT64_MAX;
    unsigned        best = f->model->routes;

    for (unsigned i = 0; i < f->model->routes; i++) {
        const uint64_t  until = usable(f, f->model, i, tongue)
            ? out_until(f, upstream_at(f, f->model, i), now) : UINT64_MAX;

        if (until < soonest) {
            soonest = until;
            best = i;
        }
    }
    return best < f->model->routes && enter(f, f->model, best, now, true);
}


static bool
next(struct weir_flow *f)
{
    if (choose_any(f, f->model, f->tried)) {
        return true;
    }
    while (f->pinned == WEIR_SNAP_NONE
           && f->fallback < f->asked->fallbacks)
    {
        const struct weir_snap_model  *m = weir_route_fallback(f,
                                                               f->fallback);

        f->fallback++;
        if (m != NULL && choose_any(f, m, 0)) {
            return true;
        }
    }
    return false;
}


int
weir_route_open(struct weir_flow *f)
{
    f->route_error = WEIR_OK;
    if (next(f) || force(f, WEIR_TONGUE_OWN) || force(f, WEIR_TONGUE_OTHER)) {
        return WEIR_OK;
    }
    if (f->route_error != WEIR_OK) {
        return f->route_error;           /* one would do, for another body */
    }
    for (unsigned i = 0; f->secrets != NULL && i < f->model->routes; i++) {
        if (tongue_of(f, f->model, i) != WEIR_TONGUE_NONE
            && f->secrets->values[f->snap->routes[f->model->route + i]
                                      .upstream].at == NULL)
        {
            return WEIR_E_SECRET;
        }
    }
    return WEIR_E_UPSTREAM_DOWN;
}


void
weir_route_judge(struct weir_flow *f, enum weir_verdict_of verdict,
    uint64_t retry_ms)
{
    if (f->judged || f->upstream == WEIR_SNAP_NONE) {
        return;
    }
    f->judged = true;
    if (f->w->account != NULL) {
        weir_breaker_leave(f->w->account, &f->snap->upstreams[f->upstream],
                           now_of(f), f->trial, verdict, retry_ms);
    }
}


uint32_t
weir_flow_upstream(const struct weir_flow *f)
{
    return f->upstream;
}


bool
weir_flow_once(const struct weir_flow *f)
{
    return f->protocol == WEIR_MCP
           || (f->on->flags & WEIR_SURFACE_BATCH) != 0;
}


unsigned
weir_flow_attempt(const struct weir_flow *f)
{
    return f->attempt;
}


bool
weir_flow_others(const struct weir_flow *f)
{
    return f->pinned == WEIR_SNAP_NONE
           && (f->fallback < f->asked->fallbacks
               || (unsigned) __builtin_popcountll(f->tried)
                  < f->model->routes);
}


bool
weir_flow_again(struct weir_flow *f, bool limited, uint64_t retry_ms)
{
    weir_assert(f->step == WEIR_STEP_SENT);
    if (f->judged) {
        return false;            /* it was said before that none is left */
    }
    weir_route_judge(f, limited ? WEIR_TRIED_LIMITED : WEIR_TRIED_FAILED,
                     retry_ms);
    return next(f);
}


bool
weir_flow_failed(struct weir_flow *f, int status)
{
    const bool  limited = status == 429;

    return (limited || status >= 500)
           && weir_flow_again(f, limited, f->retry_ms);
}


bool
weir_flow_answer_again(struct weir_flow *f)
{
    if (f->step != WEIR_STEP_ANSWER || f->answered || f->evented
        || f->body.len == 0)
    {
        return false;
    }
    weir_route_judge(f, WEIR_TRIED_FAILED, 0);
    weir_wire_unopen(f);
    if (!next(f)) {
        weir_wire_reopen(f);
        return false;
    }
    weir_answer_forget(f);
    weir_wire_forget(f);
    return true;
}
