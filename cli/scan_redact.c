/*
 * scan_redact.c: the file again with its findings replaced by the marks of
 * their rules; every other byte stays as it was, so JSON stays JSON.
 * Findings that overlap become one mark over the whole of both.
 *
 *     to standard output     no findings are listed
 *     -o FILE                into a file beside it, moved over it at the end
 *     --in-place             the same; a file without findings is not touched
 */
#include "cli/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES  65536


static void
copy_flush(struct scan_work *w)
{
    size_t  at = 0;

    while (at < w->copy.len && !w->file_failed) {
        const ssize_t  n = write(w->copy_fd, w->copy.at + at,
                                 w->copy.len - at);

        if (n > 0) {
            at += (size_t) n;
        } else if (n == -1 && errno != EINTR) {
            scan_say(w, strerror(errno));
            w->file_failed = true;
        }
    }
    w->copy.len = 0;
}


/* To where the text goes; nowhere while a file changed in place has no
   finding yet. */
static void
put(struct scan_work *w, const void *at, size_t len)
{
    const struct scan_options  *o = &w->setup->options;

    if (w->copy_fd != -1) {
        weir_buf_add(&w->copy, at, len);
        if (w->copy.len >= COPY_BYTES) {
            copy_flush(w);
        }
    } else if (!o->in_place) {
        weir_buf_add(&w->out, at, len);
        scan_flush(w);
    }
}


static void
copy_to(struct scan_work *w, uint64_t byte)
{
    if (byte > w->copied) {
        put(w, w->window + (w->copied - w->base),
            (size_t) (byte - w->copied));
        w->copied = byte;
    }
}


/* Name of the file that is to be replaced, links followed: in `path`, of
   PATH_MAX bytes. False when it is no regular file and must be written to
   directly. */
static bool
target(const struct scan_work *w, char *path)
{
    const struct scan_options  *o = &w->setup->options;
    const char                 *said = o->in_place ? w->job->path : o->output;
    struct stat                 st;

    if (realpath(said, path) == NULL) {
        (void) snprintf(path, PATH_MAX, "%s", said);
    }
    return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}


/* The temporary file beside the target. */
static void
temporary(const struct scan_work *w, char *name, char *path)
{
    (void) target(w, path);
    (void) snprintf(name, PATH_MAX + 32, "%s.weir-%ld-%p", path,
                    (long) getpid(), (const void *) w);
}


static bool
open_copy(struct scan_work *w)
{
    char         path[PATH_MAX], name[PATH_MAX + 32];
    struct stat  st;

    if (!target(w, path)) {
        w->copy_fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        const bool  there = stat(path, &st) == 0;

        temporary(w, name, path);
        w->copy_fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                          there ? 0600 : 0666);
        /* an owner that cannot be kept is no reason to keep the text */
        if (w->copy_fd != -1 && there
            && (fchown(w->copy_fd, st.st_uid, st.st_gid) != 0
                || fchmod(w->copy_fd, st.st_mode & 07777) != 0))
        {
            (void) fchmod(w->copy_fd, st.st_mode & 0777);
        }
    }
    if (w->copy_fd == -1) {
        scan_say(w, strerror(errno));
        w->file_failed = true;
        return false;
    }
    return true;
}


/* In place, at the first finding: what went by so far. */
static void
copy_begin(struct scan_work *w)
{
    uint8_t   part[8192];
    uint64_t  at = 0;

    if (!open_copy(w)) {
        return;
    }
    while (at < w->copied) {
        const uint64_t  left = w->copied - at;
        const ssize_t   n = pread(w->fd, part, left < sizeof(part)
                                  ? (size_t) left : sizeof(part),
                                  (off_t) at);

        if (n <= 0) {
            scan_say(w, n == 0 ? "changed while it was read"
                     : strerror(errno));
            w->file_failed = true;
            return;
        }
        put(w, part, (size_t) n);
        at += (uint64_t) n;
    }
}


bool
scan_redact_open(struct scan_work *w)
{
    w->copy_fd = -1;
    w->copy.len = 0;
    w->copied = 0;
    w->pending = false;
    return w->setup->options.output == NULL || open_copy(w);
}


static void
put_mark(struct scan_work *w)
{
    const struct weir_rule  *rule = w->setup->united.rule[w->pending_rule];
    const char              *mark = w->setup->options.zh ? rule->mark.zh
                                    : rule->mark.en;
    const struct weir_found  f = { .kind = (uint16_t) w->pending_kind };
    char                     own[64];
    struct weir_buf          text;

    if (mark == NULL || mark[0] == '\0') {
        (void) snprintf(own, sizeof(own), "[%s]", scan_type(&f));
        mark = own;
    }
    weir_buf_init(&text, w->mem, 4096);
    if (w->pending_number) {
        weir_buf_addc(&text, '"');
    }
    weir_buf_add_json(&text, weir_span_of(mark), w->pending_json ? 1 : 0);
    if (w->pending_number) {
        weir_buf_addc(&text, '"');
    }
    put(w, text.at, text.len);
    weir_buf_release(&text);
}


static void
close_pending(struct scan_work *w)
{
    if (w->pending) {
        copy_to(w, w->pending_begin);
        put_mark(w);
        w->copied = w->pending_end;
        w->pending = false;
    }
}


void
scan_redact_found(struct scan_work *w, const struct weir_found *f)
{
    const struct scan_segment  *s = &w->segment;
    const uint64_t              begin = s->is_number ? s->begin : f->begin;
    const uint64_t              end = s->is_number ? s->end : f->end;

    if (w->setup->options.in_place && w->copy_fd == -1 && !w->file_failed)
    {
        copy_begin(w);
    }
    if (w->pending && begin < w->pending_end) {
        if (end > w->pending_end) {
            w->pending_end = end;
        }
        return;
    }
    close_pending(w);
    w->pending = true;
    w->pending_number = s->is_number;
    w->pending_json = s->in_json;
    w->pending_begin = begin;
    w->pending_end = end;
    w->pending_rule = f->rule;
    w->pending_kind = f->kind;
}


void
scan_redact_until(struct scan_work *w, uint64_t byte)
{
    if (w->pending && w->pending_end <= byte) {
        close_pending(w);
    }
    copy_to(w, w->pending && w->pending_begin < byte ? w->pending_begin
            : byte);
}


void
scan_redact_close(struct scan_work *w)
{
    char  path[PATH_MAX], name[PATH_MAX + 32];

    close_pending(w);
    copy_to(w, w->base + w->len);
    if (w->copy_fd == -1) {
        return;
    }
    copy_flush(w);
    if (!target(w, path)) {
        (void) close(w->copy_fd);
        return;
    }
    temporary(w, name, path);
    if (!w->file_failed && fsync(w->copy_fd) != 0) {
        scan_say(w, strerror(errno));
        w->file_failed = true;
    }
    (void) close(w->copy_fd);
    if (w->file_failed) {
        (void) unlink(name);
    } else if (rename(name, path) != 0) {
        scan_say(w, strerror(errno));
        w->file_failed = true;
        (void) unlink(name);
    } else {
        w->totals.rewritten++;
    }
}
