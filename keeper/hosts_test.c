/*
 * hosts_test.c: when the addresses of names go into force, by a clock and
 * answers of its own; and the thread, with answers that take their time.
 */
#include "base/test.h"

#include <stdatomic.h>
#include <time.h>

#include "hosts.h"
#include "weir/error.h"

#define SECOND  UINT64_C(1000)

static uint64_t     now = 1000000;
static const char  *answer;              /* last bytes of addresses */
static unsigned     asked;


static uint64_t
clock_of_test(void)
{
    return now;
}


static struct weir_snap_address
address(char last)
{
    return (struct weir_snap_address) { .family = 4,
                                        .ip = { 192, 0, 2, (uint8_t) last } };
}


static size_t
lookup(void *ctx, const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    const size_t  n = strlen(answer);

    (void) ctx;
    (void) host;
    asked++;
    for (size_t i = 0; i < n; i++) {
        out[i] = address(answer[i]);
    }
    return n;
}


static struct weir_hosts *
open_still(void)
{
    struct weir_hosts  *h;

    CHECK(weir_hosts_open(&h, &(struct weir_hosts_options) {
                              .every_ms = 30000, .lookup = lookup,
                              .now_ms = clock_of_test }) == WEIR_OK);
    return h;
}


/* What goes into force; as a string of last bytes. */
static const char *
publish(struct weir_hosts *h, bool good)
{
    static char               text[WEIR_URL_ADDRESSES_MAX + 1];
    struct weir_snap_address  at[WEIR_URL_ADDRESSES_MAX];
    size_t                    n;

    weir_hosts_begin(h);
    n = weir_hosts_find(h, "api.example.com", at);
    weir_hosts_end(h, good);
    for (size_t i = 0; i < n; i++) {
        text[i] = (char) at[i].ip[3];
    }
    text[n] = '\0';
    return text;
}


static bool
changed(struct weir_hosts *h)
{
    char  host[WEIR_HOST_BYTES_MAX];

    return weir_hosts_changed(h, host, sizeof(host));
}


static void
later(struct weir_hosts *h, uint64_t ms, const char *its)
{
    now += ms;
    answer = its;
    weir_hosts_look(h);
}


static void
test_change(void)
{
    struct weir_hosts *const  h = open_still();
    struct weir_hosts_state   state;

    CHECK_MSG(strcmp(publish(h, true), "") == 0, "nobody was asked yet");
    later(h, 0, "");
    CHECK(!changed(h));
    weir_hosts_state(h, &state);
    CHECK(state.names == 1 && state.unknown == 1);
    later(h, 5 * SECOND, "AB");          /* looked at again before 30 s */
    CHECK(changed(h));
    CHECK_MSG(strcmp(publish(h, true), "AB") == 0, "first answer");
    CHECK(!changed(h));
    weir_hosts_state(h, &state);
    CHECK(state.unknown == 0);

    asked = 0;
    later(h, 10 * SECOND, "C");
    CHECK_MSG(asked == 0, "not before its time");
    later(h, 20 * SECOND, "BA");
    CHECK_MSG(asked == 1 && !changed(h), "another order is no change");
    later(h, 30 * SECOND, "");
    CHECK_MSG(!changed(h), "no answer changes nothing");
    CHECK(strcmp(publish(h, true), "BA") == 0 && !changed(h));
    later(h, 5 * SECOND, "B");
    CHECK_MSG(changed(h), "one is gone");
    CHECK(strcmp(publish(h, true), "B") == 0 && !changed(h));
    later(h, 30 * SECOND, "BC");
    CHECK_MSG(changed(h), "one is new");
    CHECK(strcmp(publish(h, true), "BC") == 0 && !changed(h));
    later(h, 30 * SECOND, "D");
    CHECK_MSG(changed(h), "all are");
    later(h, 30 * SECOND, "BC");
    CHECK_MSG(!changed(h), "back before anything was done");
    now += WEIR_HOSTS_STALE_MS;
    later(h, 30 * SECOND, "E");
    CHECK(changed(h) && strcmp(publish(h, true), "E") == 0);
    for (unsigned i = 0; i < 100; i++) {
        later(h, 30 * SECOND, "");
    }
    CHECK_MSG(!changed(h) && strcmp(publish(h, true), "E") == 0,
              "what nobody can look up stays in force");
    weir_hosts_close(h);
}


/* One of many each time: all of them come to be in force, and then nothing
   is compiled again. */
static void
test_turns(void)
{
    static const char *const  turns[] = { "A", "B", "C", "D" };
    struct weir_hosts *const  h = open_still();
    unsigned                  changes = 0;

    (void) publish(h, true);
    for (unsigned i = 0; i < 200; i++) {
        later(h, 30 * SECOND, turns[i % 4]);
        if (changed(h)) {
            (void) publish(h, true);
            changes++;
        }
    }
    CHECK_MSG(changes == 5, "%u changes", changes);
    CHECK(strlen(publish(h, true)) == 4);
    for (unsigned i = 0; i < 20; i++) {
        later(h, 30 * SECOND, "A");
    }
    CHECK_MSG(changed(h), "the others were not seen for five minutes");
    CHECK(strcmp(publish(h, true), "A") == 0 && !changed(h));
    weir_hosts_close(h);
}


/* More than a snapshot takes, and more than are remembered. */
static void
test_many(void)
{
    struct weir_hosts *const  h = open_still();
    char                      one[2] = { 0 };

    (void) publish(h, true);
    for (unsigned i = 1; i <= 100; i++) {
        one[0] = (char) i;
        later(h, SECOND * 30, one);
    }
    CHECK(strlen(publish(h, true)) <= WEIR_URL_ADDRESSES_MAX
          && publish(h, true)[0] == 100);
    weir_hosts_close(h);
}


static void
test_failed_snapshot(void)
{
    struct weir_hosts *const  h = open_still();

    (void) publish(h, true);
    later(h, 0, "A");
    CHECK(changed(h));
    CHECK(strcmp(publish(h, false), "A") == 0);
    CHECK_MSG(changed(h), "it is not in force");
    CHECK(strcmp(publish(h, true), "A") == 0 && !changed(h));

    /* a name that no snapshot asks for any more */
    weir_hosts_begin(h);
    weir_hosts_end(h, true);
    asked = 0;
    later(h, 60 * SECOND, "B");
    CHECK(asked == 0 && !changed(h));
    weir_hosts_close(h);
}


static void
test_seed(void)
{
    const struct weir_snap_address  old[2] = { address('X'), address('Y') };
    struct weir_hosts              *h = open_still();

    weir_hosts_seed(h, "api.example.com", old, 2);
    CHECK(!changed(h));
    CHECK_MSG(strcmp(publish(h, true), "XY") == 0, "before any answer");
    later(h, 0, "YX");
    CHECK(!changed(h));
    weir_hosts_close(h);

    h = open_still();
    weir_hosts_seed(h, "api.example.com", old, 2);
    later(h, 0, "Z");
    CHECK(changed(h) && strcmp(publish(h, true), "Z") == 0);
    weir_hosts_close(h);

    h = open_still();
    weir_hosts_seed(h, "api.example.com", old, 0);
    later(h, 0, "Z");
    CHECK_MSG(changed(h), "none were known");
    weir_hosts_close(h);
}


static size_t
slowly(void *ctx, const char *host,
    struct weir_snap_address out[WEIR_URL_ADDRESSES_MAX])
{
    atomic_uint *const  calls = ctx;

    nanosleep(&(struct timespec) { .tv_nsec = 50000000 }, NULL);
    out[0] = address('A');
    atomic_fetch_add(calls, 1);
    return strcmp(host, "none") == 0 ? 0 : 1;
}


static void
test_thread(void)
{
    static atomic_uint              calls;
    struct weir_hosts              *h;
    struct weir_snap_address        at[WEIR_URL_ADDRESSES_MAX];
    const struct weir_hosts_options  o = { .every_ms = 60000,
                                           .lookup = slowly,
                                           .ctx = &calls };

    CHECK(weir_hosts_open(&h, &o) == WEIR_OK);
    weir_hosts_begin(h);
    CHECK_MSG(weir_hosts_find(h, "a", at) == 1, "a new name is waited for");
    CHECK(weir_hosts_find(h, "b", at) == 1 && at[0].ip[3] == 'A');
    CHECK_MSG(weir_hosts_find(h, "none", at) == 0, "until it has failed");
    CHECK(atomic_load(&calls) == 3);
    CHECK(weir_hosts_find(h, "none", at) == 0 && atomic_load(&calls) == 3);
    weir_hosts_end(h, true);
    weir_hosts_close(h);

    /* closed while a look-up is under way: it is not waited for */
    CHECK(weir_hosts_open(&h, &o) == WEIR_OK);
    weir_hosts_seed(h, "a", NULL, 0);
    nanosleep(&(struct timespec) { .tv_nsec = 10000000 }, NULL);
    weir_hosts_close(h);
    nanosleep(&(struct timespec) { .tv_nsec = 200000000 }, NULL);
    CHECK(atomic_load(&calls) <= 4);
    weir_hosts_close(NULL);
}


int
main(void)
{
    test_change();
    test_turns();
    test_many();
    test_failed_snapshot();
    test_seed();
    test_thread();
    return weir_test_done();
}
