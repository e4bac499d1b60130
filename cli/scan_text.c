/*
 * scan_text.c: the bytes of one file through the streaming scanner, in
 * pieces; memory does not grow with the file (with JSON: only with its
 * longest string).
 */
#include "cli/scan.h"
#include "weir/ident.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


/* Bytes of the code point at p, n > 0 of them there; an invalid byte counts
   as one U+FFFD per maximal subpart (Unicode 15.0 3.9), as the scanner and
   most decoders have it. */
size_t
scan_point_len(const uint8_t *p, size_t n)
{
    uint8_t  lo = 0x80, hi = 0xbf;
    size_t   want, i;

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 1;
    }
    want = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    switch (p[0]) {
    case 0xe0: lo = 0xa0; break;
    case 0xed: hi = 0x9f; break;
    case 0xf0: lo = 0x90; break;
    case 0xf4: hi = 0x8f; break;
    default: break;
    }
    for (i = 1; i < want && i < n && p[i] >= lo && p[i] <= hi; i++) {
        lo = 0x80;
        hi = 0xbf;
    }
    return i;
}


/* Eight bytes of ASCII without a line feed. */
static bool
quiet_run(const uint8_t *p)
{
    const uint64_t  ones = UINT64_C(0x0101010101010101);
    uint64_t        v, lf;

    memcpy(&v, p, sizeof(v));
    lf = v ^ (ones * '\n');
    return ((v | ((lf - ones) & ~lf)) & (ones << 7)) == 0;
}


/* Move on to the last code point that begins at or before `byte`. */
void
scan_place_move(const struct scan_work *w, struct scan_place *at,
    uint64_t byte)
{
    while (at->byte < byte) {
        const uint8_t  *p = w->window + (at->byte - w->base);
        size_t          n;

        if (byte - at->byte >= 8 && quiet_run(p)) {
            at->byte += 8;
            at->point += 8;
            at->column += 8;
            continue;
        }
        n = scan_point_len(p, w->len - (size_t) (at->byte - w->base));
        if (at->byte + n > byte) {
            return;
        }
        at->byte += n;
        at->point++;
        at->column++;
        if (*p == '\n') {
            at->line++;
            at->column = 1;
        }
    }
}


/* A finding to print, in bytes of the file. */
static void
give_found(struct scan_work *w, const struct weir_found *f)
{
    const struct scan_options  *o = &w->setup->options;
    struct scan_place           end;

    w->file_found = true;
    w->totals.found++;
    /* an injection is a matter of the whole text: no mark takes it out */
    if (o->redact && f->kind != WEIR_IDENT_INJECTION) {
        scan_redact_found(w, f);
    }
    if (!o->redact || o->in_place || o->output != NULL) {
        scan_place_move(w, &w->at, f->begin);
        end = w->at;
        scan_place_move(w, &end, f->end);
        scan_print(w, f, &w->at, &end);
        scan_flush(w);
    }
}


/* Of no country: one of a country that fits as well is the better name. */
static bool
is_general(unsigned kind)
{
    return kind == WEIR_IDENT_PASSPORT || kind == WEIR_IDENT_PHONE;
}


/* Is b better than a, so that a is not printed? Both are identifiers; the
   same rule of two packs, another reading of the same characters, or a part
   of a longer one. */
static bool
outdoes(const struct weir_found *b, const struct weir_found *a)
{
    if (b->kind == WEIR_IDENT_INJECTION || a->kind == WEIR_IDENT_INJECTION
        || b->begin > a->begin || b->end < a->end)
    {
        return false;
    }
    if (b->score != a->score) {
        return b->score > a->score;
    }
    if (b->begin != a->begin || b->end != a->end) {
        return true;                      /* the longer one */
    }
    return b->kind == a->kind ? b->rule < a->rule
           : is_general(b->kind) != is_general(a->kind)
           ? is_general(a->kind) : b->kind < a->kind;
}


/* Print the findings that overlap, without those that another outdoes. */
static void
group_end(struct scan_work *w)
{
    for (size_t i = 0; i < w->nsame; i++) {
        bool  best = true;

        for (size_t j = 0; j < w->nsame && best; j++) {
            best = j == i || w->same[i].kind == 0 || w->same[j].kind == 0
                   ? best && !(j < i && w->same[i].kind == 0
                               && w->same[j].begin == w->same[i].begin
                               && w->same[j].end == w->same[i].end
                               && w->same[j].rule == w->same[i].rule)
                   : !outdoes(&w->same[j], &w->same[i]);
        }
        if (best) {
            give_found(w, &w->same[i]);
        }
    }
    w->nsame = 0;
}


static void
take_found(struct scan_work *w, const struct weir_found *f)
{
    const struct scan_options  *o = &w->setup->options;

    if (f->rule >= w->setup->united.n || !w->setup->wanted[f->rule]
        || (int) f->score < o->score_min
        || (f->kind == WEIR_IDENT_PERSON_NAME && w->no_names))
    {
        return;
    }
    if (w->nsame == SCAN_SAME_MAX
        || (w->nsame > 0 && f->begin >= w->same_end))
    {
        group_end(w);
    }
    if (w->nsame == 0) {
        w->same_begin = f->begin;
        w->same_end = f->end;
    }
    w->same[w->nsame++] = *f;
    w->same_end = f->end > w->same_end ? f->end : w->same_end;
}


static void
segment_open(struct scan_work *w)
{
    weir_find_open(w->find, (const void *) w->setup->matcher.at, w->patterns,
                   w->segment.coding, 0);
    w->nsame = 0;
    w->value_byte = w->segment.begin;
    w->value_count = 0;
}


/* The one place that calls the scanner: the segment's bytes up to `end`. */
static void
segment_feed(struct scan_work *w, uint64_t end, bool last)
{
    const uint64_t     from = w->base > w->segment.begin ? w->base
                              : w->segment.begin;
    struct weir_found  found[WEIR_FOUND_MAX];
    size_t             n;
    int                rc;

    do {
        rc = weir_find_feed(w->find, w->window + (from - w->base),
                            from - w->segment.begin, (size_t) (end - from),
                            last, found, WEIR_FOUND_MAX, &n);
        for (size_t i = 0; i < n; i++) {
            found[i].begin += w->segment.begin;
            found[i].end += w->segment.begin;
            take_found(w, &found[i]);
        }
    } while (rc == WEIR_MORE);
    if (last) {
        group_end(w);
    }
    if (last && weir_find_overflow(w->find)) {
        scan_say(w, "not all of it could be looked at: too many findings "
                    "overlap, or a regex takes too long");
        w->file_failed = true;
    }
}


void
scan_token(struct scan_work *w)
{
    segment_open(w);
    segment_feed(w, w->segment.end, true);
}


void
scan_plain(struct scan_work *w, uint64_t from, bool line)
{
    uint64_t  seen = from;

    w->segment = (struct scan_segment) { .begin = from };
    segment_open(w);
    for ( ;; ) {
        uint64_t  have = w->base + w->len, done, keep;
        bool      last = w->end;

        if (line && have > seen) {
            const uint8_t  *lf = memchr(w->window + (seen - w->base), '\n',
                                        (size_t) (have - seen));

            if (lf != NULL) {
                have = w->base + (uint64_t) (lf - w->window);
                last = true;
            }
        }
        if (last || have > seen) {
            segment_feed(w, have, last);
        }
        if (last) {
            w->low = have;
            return;
        }
        seen = have;
        done = weir_find_settled(w->find);
        keep = weir_find_keep(w->find);
        w->low = from + (keep < done ? keep : done);
        if (w->nsame > 0 && w->same_begin < w->low) {
            w->low = w->same_begin;       /* not printed yet */
        }
        (void) scan_fill(w);
    }
}


/* Forget what lies below `low`. */
static void
shift(struct scan_work *w)
{
    uint64_t  low = w->low;

    if (low <= w->base) {
        return;
    }
    if (w->setup->options.redact) {
        scan_redact_until(w, low);
    }
    scan_place_move(w, &w->at, low);
    low = w->at.byte < low ? w->at.byte : low;
    memmove(w->window, w->window + (low - w->base),
            w->len - (size_t) (low - w->base));
    w->len -= (size_t) (low - w->base);
    w->base = low;
}


bool
scan_fill(struct scan_work *w)
{
    ssize_t  n;

    if (w->end) {
        return false;
    }
    shift(w);
    if (w->room - w->len < SCAN_CHUNK) {
        w->room = w->room == 0 ? 4 * SCAN_CHUNK : w->room * 2;
        w->window = realloc(w->window, w->room);
        weir_assert(w->window != NULL);
    }
    do {
        n = read(w->fd, w->window + w->len, SCAN_CHUNK);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        scan_say(w, strerror(errno));
        w->file_failed = true;
    }
    if (n <= 0) {
        w->end = true;
        return false;
    }
    w->len += (size_t) n;
    scan_count(w, (uint64_t) n);
    return true;
}


static bool
ends_with(const char *path, const char *ending)
{
    const size_t  n = strlen(ending), len = strlen(path);

    return len > n && strcasecmp(path + len - n, ending) == 0;
}


/* Source code by its name: what looks like a name of a person there is an
   author, or test data, or none. Data (.sql, .yaml) and documents are not. */
static bool
is_source(const char *path)
{
    static const char *const  endings[] = {
        ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".cs",
        ".go", ".java", ".kt", ".kts", ".scala", ".groovy", ".js", ".mjs",
        ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".py", ".pyi", ".rb", ".php",
        ".pl", ".pm", ".rs", ".swift", ".m", ".mm", ".lua", ".sh", ".bash",
        ".zsh", ".ps1", ".s", ".asm", ".zig", ".dart", ".ex", ".exs", ".erl",
        ".hs", ".ml", ".mli", ".clj", ".lisp", ".el", ".f90", ".pas", ".pp",
        ".css", ".scss", ".cmake", ".mk", ".patch", ".diff",
    };

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (ends_with(path, endings[i])) {
            return true;
        }
    }
    return false;
}


static enum scan_as
kind_of(const struct scan_work *w)
{
    static const struct { const char *ending; enum scan_as as; } kinds[] = {
        { ".json", SCAN_AS_JSON }, { ".geojson", SCAN_AS_JSON },
        { ".ipynb", SCAN_AS_JSON }, { ".har", SCAN_AS_JSON },
        { ".sarif", SCAN_AS_JSON }, { ".jsonl", SCAN_AS_JSONL },
        { ".ndjson", SCAN_AS_JSONL },
    };
    const char  *path = w->job->path;

    if (w->setup->options.as != SCAN_AS_AUTO) {
        return w->setup->options.as;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (ends_with(path, kinds[i].ending)) {
            return kinds[i].as;
        }
    }
    return SCAN_AS_TEXT;
}


/* A file that is not text; what was named by the user is spoken of one by
   one, what a walk met is counted. */
static void
pass_over(struct scan_work *w, uint64_t *count, const char *why)
{
    (*count)++;
    if (w->job->named || w->setup->options.verbose) {
        scan_say(w, why);
    }
    if (w->setup->options.redact && !w->setup->options.in_place) {
        w->file_failed = true;        /* the copy would lack it */
    }
}


static void
scan_fd(struct scan_work *w)
{
    const enum scan_as  as = kind_of(w);

    w->len = 0;
    w->base = 0;
    w->low = 0;
    w->end = false;
    w->at = (struct scan_place) { .line = 1, .column = 1 };
    (void) scan_fill(w);
    if (w->len > 0 && memchr(w->window, 0, w->len) != NULL) {
        pass_over(w, &w->totals.binary, "binary, not scanned");
        return;
    }
    w->totals.files++;
    if (w->setup->options.redact && !scan_redact_open(w)) {
        w->file_failed = true;
        return;
    }
    if (as == SCAN_AS_TEXT) {
        scan_plain(w, 0, false);
    } else {
        scan_json(w, as == SCAN_AS_JSONL);
    }
    if (w->setup->options.redact) {
        scan_redact_close(w);
    }
}


static void
scan_named(struct scan_work *w)
{
    const uint64_t  max = w->setup->options.bytes_max;
    struct stat     st;

    w->fd = open(w->job->path, O_RDONLY | O_CLOEXEC);
    if (w->fd == -1 || fstat(w->fd, &st) != 0) {
        scan_say(w, strerror(errno));
        w->file_failed = true;
    } else if (max > 0 && S_ISREG(st.st_mode)
               && (uint64_t) st.st_size > max)
    {
        pass_over(w, &w->totals.too_large, "larger than --max-size, not "
                                           "scanned");
    } else {
        scan_fd(w);
    }
    if (w->fd != -1) {
        (void) close(w->fd);
    }
}


void
scan_file(struct scan_work *w)
{
    w->file_found = false;
    w->file_failed = false;
    w->no_names = w->setup->options.names == SCAN_AUTO
                  && is_source(w->job->path);
    if (strcmp(w->job->path, "-") == 0) {
        w->fd = STDIN_FILENO;
        scan_fd(w);
    } else {
        scan_named(w);
    }
    w->totals.found_files += w->file_found;
    w->totals.failed = w->totals.failed || w->file_failed;
}
