/*
 * settle.c: the journals become the ledger.
 *
 * One look (weir_settle) at all files of journal/:
 *
 *   1. periods that have ended begin anew
 *   2. frames behind each file's stored position are posted, together with
 *      the new position, in one transaction: exactly once, whatever dies
 *   3. calls that a dead worker began and did not end get an end record
 *      WEIR_END_LOST in the keeper's own journal; the next look posts it
 *   4. what dead workers had reserved is given back, less what was charged
 *   5. files that are closed and fully posted move to journal/done/
 *
 * A call that went out and whose end nobody saw is charged what was reserved
 * for it, its worst case: the upstream may have done all the work, and a
 * grant must never be found overspent by a crash.
 *
 * 3 to 5 only after a look that has read every file to its end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "settle.h"
#include "weir/error.h"

#define DRIFT_LOOKS 3

static int  read_file(struct weir_keeper *k, struct look *l, struct file *f);
static int  post_begin(struct weir_keeper *k, const struct file *f,
    const struct weir_begin_record *b);
static int  post_end(struct weir_keeper *k, struct look *l,
    const struct weir_end_record *e);
static int  batch_begin(struct weir_keeper *k, struct look *l);
static void  apply_late(struct weir_keeper *k, struct look *l);


int
weir_settle(struct weir_keeper *k, bool *busy)
{
    struct look  l = { .now_ms = k->now_ms(), .drained = true };
    int          rc = weir_grants_roll(k, l.now_ms);

    *busy = false;
    if (rc == WEIR_OK) {
        rc = weir_look_list(k->journal_fd, &l);
    }
    for (size_t i = 0; i < l.nfiles && rc == WEIR_OK; i++) {
        rc = read_file(k, &l, &l.files[i]);
    }
    if (rc == WEIR_OK && l.open) {
        rc = k->store->commit(k->store);
    } else if (l.open) {
        k->store->rollback(k->store);
    }
    if (rc != WEIR_OK && l.open) {
        /* The same frames come again, and are counted then. */
        k->measure = k->measured;
    }
    if (rc == WEIR_OK) {
        apply_late(k, &l);
        k->lag_bytes = l.lag_bytes;
        if (l.drained) {
            rc = weir_look_dead(k, &l, busy);
        } else {
            *busy = true;
        }
    } else {
        /* Slots made in the transaction that is gone. */
        (void) weir_grants_load(k, false);
    }
    weir_look_release(&l);

    if (rc != WEIR_OK && !k->settle_failing) {
        weir_keeper_log("journals cannot be posted (%s); they wait",
                        k->store->error(k->store)[0] != '\0'
                        ? k->store->error(k->store)
                        : weir_error_info(rc)->en);
    } else if (rc == WEIR_OK && k->settle_failing) {
        weir_keeper_log("journals are posted again");
    }
    k->settle_failing = rc != WEIR_OK;
    return rc;
}


static int
batch_begin(struct weir_keeper *k, struct look *l)
{
    int  rc;

    if (l->open) {
        return WEIR_OK;
    }
    rc = k->store->begin(k->store);
    l->open = rc == WEIR_OK;
    if (l->open) {
        k->measured = k->measure;
    }
    return rc;
}


static int
read_file(struct weir_keeper *k, struct look *l, struct file *f)
{
    struct weir_journal_reader  *reader;
    struct weir_frame           *frame;
    uint64_t                     position, from;
    int                          rc;

    rc = k->store->position_get(k->store, f->name, &position);
    if (rc != WEIR_OK) {
        return rc;
    }
    from = position;
    /* Before reading: what a dead worker wrote is then all there. */
    f->live = weir_journal_live(k->journal_fd, f->name);
    rc = weir_journal_read_open(&reader, k->journal_fd, f->name, position);
    if (rc != WEIR_OK) {
        f->unreadable = true;
        weir_look_unreadable(k, f);
        return WEIR_OK;         /* one bad file stops none of the others */
    }
    frame = malloc(sizeof(*frame));
    rc = frame != NULL ? WEIR_OK : WEIR_E_NO_MEMORY;
    for (unsigned n = 0; rc == WEIR_OK; n++) {
        if (n == WEIR_SETTLE_BATCH) {
            l->drained = false;
            l->lag_bytes += f->size > position ? f->size - position : 0;
            break;
        }
        rc = weir_journal_read(reader, frame);
        if (rc == WEIR_DONE) {
            f->complete = true;
            break;
        }
        if (rc != WEIR_OK && rc != WEIR_E_CORRUPT) {
            break;
        }
        position = frame->next;
        if (rc == WEIR_E_CORRUPT) {
            k->damaged_bytes += frame->next - frame->at;
            weir_keeper_log("journal %s: %llu damaged bytes at %llu", f->name,
                            (unsigned long long) (frame->next - frame->at),
                            (unsigned long long) frame->at);
            rc = batch_begin(k, l);
            continue;
        }
        k->frames++;
        rc = batch_begin(k, l);
        if (rc == WEIR_OK) {
            rc = frame->kind == WEIR_FRAME_BEGIN
                 ? post_begin(k, f, &frame->begin)
                 : post_end(k, l, &frame->end);
        }
    }
    if (rc == WEIR_DONE) {
        rc = WEIR_OK;
    }
    if (rc == WEIR_OK && position != from) {
        rc = k->store->position_set(k->store, f->name, position);
    }
    free(frame);
    weir_journal_read_close(reader);
    return rc;
}


static int
post_begin(struct weir_keeper *k, const struct file *f,
    const struct weir_begin_record *b)
{
    uint32_t  slot;
    int       rc = weir_grants_slot(k, b, &slot);

    if (rc == WEIR_OK) {
        rc = k->store->call_begin(k->store, f->name, b, slot);
    }
    if (rc == WEIR_OK) {
        weir_measure_begin(&k->measure, b);
    }
    return rc == WEIR_DONE ? WEIR_OK : rc;
}


static int
post_end(struct weir_keeper *k, struct look *l,
    const struct weir_end_record *e)
{
    struct weir_stored_call  call = { .begun_ms = 0 };
    struct weir_call_end     end = { .end = e, .slot = e->grant_slot };
    int                      rc;

    rc = k->store->call_find(k->store, e->call_id, &call);
    if (rc < 0) {
        return rc;
    }
    if (rc == WEIR_OK && call.ended_ms != 0) {
        return WEIR_OK;
    }
    if (rc == WEIR_OK && call.slot != WEIR_SNAP_NONE) {
        end.slot = call.slot;
    }
    if (end.slot != WEIR_SNAP_NONE
        && (end.slot >= WEIR_GRANTS_MAX || k->slots[end.slot] == NULL))
    {
        weir_keeper_log("an end record names grant slot %u, which nobody "
                        "has; it is posted without a grant", end.slot);
        end.slot = WEIR_SNAP_NONE;
    }
    if (end.slot != WEIR_SNAP_NONE) {
        end.period_start_ms = weir_grants_period(k, end.slot, e->at_ms);
    }
    rc = k->store->call_end(k->store, &end);
    if (rc == WEIR_OK) {
        weir_measure_add(&k->measure, call.scenario, call.model,
                         call.begun_ms, e);
    }
    if (rc == WEIR_OK && end.slot != WEIR_SNAP_NONE && e->charged > 0
        && end.period_start_ms < k->slots[end.slot]->period_start_ms)
    {
        rc = weir_look_late(l, end.slot, e->charged);
    }
    return rc == WEIR_DONE ? WEIR_OK : rc;
}


static void
apply_late(struct weir_keeper *k, struct look *l)
{
    for (size_t i = 0; i < l->nlate; i++) {
        weir_grants_late(k, l->late[i].slot, l->late[i].amount);
    }
}


int
weir_settle_open(struct weir_keeper *k)
{
    struct look  l = { 0 };
    uint64_t     position;
    int          rc = weir_look_list(k->done_fd, &l);

    /* A database that was lost: what was posted before is posted again. */
    for (size_t i = 0; i < l.nfiles && rc == WEIR_OK; i++) {
        rc = k->store->position_get(k->store, l.files[i].name, &position);
        if (rc == WEIR_OK && position == 0
            && renameat(k->done_fd, l.files[i].name, k->journal_fd,
                        l.files[i].name) != 0)
        {
            rc = WEIR_E_IO;
        }
    }
    weir_look_release(&l);
    return rc;
}


void
weir_settle_close(struct weir_keeper *k)
{
    weir_journal_close(k->journal);
    k->journal = NULL;
    weir_reclaim_release(k);
}


/* The two books are compared when they stand still: no reservation and the
   same sums at three looks, seconds apart. They can differ after a crash
   between a posting and the account file (a period's end), never otherwise;
   the ledger is right. */
void
weir_settle_compare(struct weir_keeper *k)
{
    for (uint32_t i = 0; i < WEIR_GRANTS_MAX; i++) {
        struct weir_account_state  state;
        struct weir_sums           sums;
        struct weir_drift         *d = &k->drift[i];

        if (k->slots[i] == NULL) {
            continue;
        }
        weir_account_read(k->account, i, &state);
        if (state.reserved != 0
            || k->store->slot_sums(k->store, i, k->slots[i]->period_start_ms,
                                   &sums) != WEIR_OK
            || sums.spent == state.spent)
        {
            d->looks = 0;
            continue;
        }
        if (d->looks > 0 && d->spent == state.spent
            && d->ledger == sums.spent)
        {
            d->looks++;
        } else {
            d->looks = 1;
        }
        d->spent = state.spent;
        d->ledger = sums.spent;
        if (d->looks == DRIFT_LOOKS) {
            weir_keeper_log("grant of %s: the account file said %lld micro "
                            "spent, the ledger %lld; the ledger counts",
                            k->slots[i]->scenario, (long long) state.spent,
                            (long long) sums.spent);
            weir_account_adjust(k->account, i, state.limit,
                                sums.spent - state.spent);
            d->looks = 0;
        }
    }
}
