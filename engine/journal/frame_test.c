/*
 * frame_test.c: frames and the reader on files that nobody writes: round
 * trips, the file cut at every byte, every bit of it flipped.
 */
#include "journal_sample.h"

#define FRAMES  6

static int            dir;
static struct sample  samples[FRAMES];
static uint8_t        file[FRAMES * WEIR_FRAME_BYTES_MAX];
static size_t         file_len;


static void
put_file(const uint8_t *at, size_t len)
{
    static size_t  last;       /* truncation is what takes time */
    const int      fd = openat(dir, "f", O_RDWR | O_CREAT, 0600);

    if (fd < 0 || pwrite(fd, at, len, 0) != (ssize_t) len
        || (len < last && ftruncate(fd, (off_t) len) != 0))
    {
        abort();
    }
    last = len;
    (void) close(fd);
}


/* A small file of begins and ends. */
static void
make_file(void)
{
    struct weir_journal_head  head;
    uint64_t                  seed = 3;

    weir_journal_head_fill(&head);
    weir_head_encode(file, &head);
    file_len = WEIR_JOURNAL_HEAD;
    for (unsigned i = 0; i < FRAMES; i++) {
        samples[i].at = file_len;
        if (i % 2 == 0) {
            sample_begin(&samples[i], &seed, i);
            samples[i].begin.fund.len = i;
            samples[i].begin.scenario.len = i;
            file_len += weir_frame_encode_begin(file + file_len, file_len,
                                                &samples[i].begin);
        } else {
            sample_end(&samples[i], &seed, i - 1, i / 2);
            samples[i].end.decided.len = i;
            for (unsigned k = 0; k < i / 2; k++) {
                samples[i].hits[k].rule.len = 3;
            }
            file_len += weir_frame_encode_end(file + file_len, file_len,
                                              &samples[i].end);
        }
    }
}


static uint64_t
end_of(unsigned i)
{
    return i + 1 < FRAMES ? samples[i + 1].at : file_len;
}


static void
test_round_trip(void)
{
    static struct sample      s;
    static struct weir_frame  f;
    uint8_t                   out[WEIR_END_BYTES_MAX];
    uint64_t                  seed = 5;

    for (int i = 0; i < 20000; i++) {
        const uint64_t  at = weir_test_random(&seed) >> 20 << 3;
        size_t          len;
        const uint8_t  *p;

        if (i % 2 == 0) {
            sample_begin(&s, &seed, (uint64_t) i);
            len = weir_frame_encode_begin(out, at, &s.begin);
            CHECK(len <= WEIR_BEGIN_BYTES_MAX);
        } else {
            sample_end(&s, &seed, (uint64_t) i,
                       weir_test_random(&seed) % (WEIR_HITS_MAX + 1));
            len = weir_frame_encode_end(out, at, &s.end);
            CHECK(len <= WEIR_END_BYTES_MAX);
        }
        CHECK(len % 8 == 0 && weir_frame_length(out) == len);
        CHECK(weir_frame_valid(out, at));
        CHECK(!weir_frame_valid(out, at + 8));
        if (i % 100 < 2) {
            p = weir_test_fenced(out, len);
            CHECK(weir_frame_valid(p, at));
        } else {
            p = out;
        }
        CHECK(weir_frame_decode(p, &f) && sample_is(&s, &f));
        if (p != out) {
            (void) munmap((void *) ((uintptr_t) p & ~UINT64_C(4095)), len);
        }
    }
}


/* The largest records fit; longer strings are cut at a character. */
static void
test_largest(void)
{
    static struct sample      s;
    static struct weir_frame  f;
    uint8_t                   out[WEIR_END_BYTES_MAX], text[300];
    struct weir_hit           hits[WEIR_HITS_MAX + 3];
    uint64_t                  seed = 5;

    memset(text, 'a', sizeof(text));
    sample_end(&s, &seed, 1, 0);
    s.end.hits = hits;
    s.end.nhits = WEIR_HITS_MAX + 3;
    s.end.hits_dropped = 4;
    s.end.decided = (struct weir_span) { text, 255 };
    s.end.model = s.end.decided;
    s.end.upstream = s.end.decided;
    for (unsigned i = 0; i < WEIR_HITS_MAX + 3; i++) {
        hits[i] = (struct weir_hit) { { text, 255 }, i, 1, 1 };
    }
    CHECK(weir_frame_encode_end(out, 0, &s.end) == WEIR_END_BYTES_MAX);
    CHECK(weir_frame_decode(out, &f) && !f.cut);
    CHECK(f.end.nhits == WEIR_HITS_MAX && f.end.hits_dropped == 7);

    s.begin.scenario = s.begin.key_id = s.begin.model = s.begin.upstream
        = s.begin.fund = s.begin.unit = s.begin.tool = s.end.decided;
    CHECK(weir_frame_encode_begin(out, 0, &s.begin) == WEIR_BEGIN_BYTES_MAX);
    CHECK(weir_frame_decode(out, &f) && !f.cut && f.begin.tool.len == 255);
    /* as files before it were */
    s.begin.tool.len = 0;
    CHECK(weir_frame_encode_begin(out, 0, &s.begin) < WEIR_BEGIN_BYTES_MAX);
    CHECK(weir_frame_decode(out, &f) && f.begin.tool.len == 0);

    memcpy(text + 254, "\xe4\xb8\xad", 3);
    s.end.decided.len = 300;
    s.end.nhits = 0;
    CHECK(weir_frame_encode_end(out, 0, &s.end) > 0);
    CHECK(weir_frame_decode(out, &f) && f.cut && f.end.decided.len == 254);
}


/* Cut anywhere: the whole frames before the cut, then the end. */
static void
test_cut(void)
{
    static struct weir_frame     f;
    struct weir_journal_reader  *r;

    for (size_t cut = 0; cut <= file_len; cut++) {
        unsigned  n = 0;
        int       rc;

        put_file(file, cut);
        rc = weir_journal_read_open(&r, dir, "f", 0);
        if (cut < WEIR_JOURNAL_HEAD) {
            CHECK_MSG(rc == WEIR_E_CORRUPT && r == NULL, "cut at %zu", cut);
            continue;
        }
        CHECK(rc == WEIR_OK);
        while ((rc = weir_journal_read(r, &f)) == WEIR_OK) {
            CHECK(n < FRAMES && f.at == samples[n].at && f.next == end_of(n));
            CHECK(sample_is(&samples[n], &f));
            n++;
        }
        CHECK_MSG(rc == WEIR_DONE, "cut at %zu: %d", cut, rc);
        CHECK_MSG((n == 0 || end_of(n - 1) <= cut)
                  && (n == FRAMES || end_of(n) > cut),
                  "cut at %zu: %u frames", cut, n);
        CHECK(f.at == (n == FRAMES ? file_len : samples[n].at));
        CHECK(f.next >= f.at && f.next <= cut);
        CHECK(weir_journal_read(r, &f) == WEIR_DONE);
        weir_journal_read_close(r);
    }
}


/* What a flip in the frame `hit` (FRAMES: the head) must lead to. */
static void
check_flip(size_t at, unsigned hit)
{
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    unsigned                     n = 0;
    bool                         reported = false;
    int                          rc;

    if (weir_journal_read_open(&r, dir, "f", 0) != WEIR_OK) {
        CHECK_MSG(false, "flip at %zu: open", at);
        return;
    }
    while ((rc = weir_journal_read(r, &f)) != WEIR_DONE) {
        if (rc == WEIR_E_CORRUPT) {
            CHECK_MSG(!reported, "flip at %zu: reported twice", at);
            reported = true;
            CHECK_MSG(hit == FRAMES
                      ? f.at == 0 && f.next == WEIR_JOURNAL_HEAD
                      : hit == n && f.at == samples[n].at
                        && f.next == end_of(n), "flip at %zu", at);
            n += hit != FRAMES;
            continue;
        }
        CHECK_MSG(rc == WEIR_OK && n < FRAMES && n != hit
                  && sample_is(&samples[n], &f), "flip at %zu: frame %u", at,
                  n);
        n++;
        if (n > FRAMES) {
            break;
        }
    }
    if (hit == FRAMES - 1) {       /* the last: no telling from a torn one */
        CHECK_MSG(!reported && n == FRAMES - 1 && f.next > f.at
                  && f.at == samples[hit].at, "flip at %zu", at);
    } else {
        CHECK_MSG(reported && n == FRAMES && f.next == f.at, "flip at %zu",
                  at);
    }
    weir_journal_read_close(r);
}


static void
test_flips(void)
{
    for (size_t at = 0; at < file_len; at++) {
        unsigned  hit = FRAMES;

        for (unsigned i = 0; i < FRAMES; i++) {
            hit = at >= samples[i].at ? i : hit;
        }
        for (int bit = 0; bit < 8; bit++) {
            file[at] ^= (uint8_t) (1 << bit);
            put_file(file, file_len);
            check_flip(at, hit);
            file[at] ^= (uint8_t) (1 << bit);
        }
    }
}


/* A page of zeros in the middle (a lost write) is damage, not the end; what
   looks like frames inside a string is no frame. */
static void
test_hole(void)
{
    static uint8_t               image[1 << 20];
    static struct weir_frame     f;
    struct weir_journal_reader  *r;
    struct sample                s;
    uint64_t                     seed = 9, at;
    uint8_t                      inner[256];
    size_t                       n;

    memcpy(image, file, file_len);
    memset(image + samples[1].at, 0, end_of(3) - samples[1].at);
    put_file(image, file_len);
    CHECK(weir_journal_read_open(&r, dir, "f", 0) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_E_CORRUPT);
    CHECK(f.at == samples[1].at && f.next == samples[4].at);
    CHECK(weir_journal_read(r, &f) == WEIR_OK && sample_is(&samples[4], &f));
    weir_journal_read_close(r);

    /* A hole wider than the reader's window. */
    memset(image, 0, sizeof(image));
    memcpy(image, file, samples[1].at);
    sample_begin(&s, &seed, 1);
    at = sizeof(image) - WEIR_BEGIN_BYTES_MAX;
    (void) weir_frame_encode_begin(image + at, at, &s.begin);
    put_file(image, sizeof(image));
    CHECK(weir_journal_read_open(&r, dir, "f", 0) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_E_CORRUPT);
    CHECK(f.at == samples[1].at && f.next == at);
    CHECK(weir_journal_read(r, &f) == WEIR_OK && sample_is(&s, &f));
    weir_journal_read_close(r);

    /* A string that holds a frame, in a frame that is damaged. */
    s.begin.scenario = s.begin.key_id = s.begin.model = s.begin.upstream
        = s.begin.fund = s.begin.unit = s.begin.tool
        = (struct weir_span) { NULL, 0 };
    n = weir_frame_encode_begin(inner, 4096, &s.begin);
    s.begin.scenario = (struct weir_span) { inner, n };
    memcpy(image, file, samples[1].at);
    n = weir_frame_encode_begin(image + samples[1].at, samples[1].at,
                                &s.begin);
    image[samples[1].at + 16] ^= 1;
    at = samples[1].at + n;
    n = weir_frame_encode_begin(image + at, at, &s.begin);
    put_file(image, at + n);
    CHECK(weir_journal_read_open(&r, dir, "f", samples[1].at) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_E_CORRUPT && f.next == at);
    CHECK(weir_journal_read(r, &f) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_DONE);
    weir_journal_read_close(r);
}


static void
test_open(void)
{
    static const struct open_case {
        const char  *name;
        uint64_t     from;
        uint64_t     at;       /* of the first frame; 0: the end */
    } cases[] = {
        { "start", 0, 1 }, { "inside the head", 17, 1 },
    };
    static struct weir_frame     f;
    struct weir_journal_reader  *r;

    put_file(file, file_len);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(weir_journal_read_open(&r, dir, "f", cases[i].from) == WEIR_OK);
        CHECK_MSG(weir_journal_read(r, &f) == WEIR_OK
                  && f.at == samples[0].at, "case %s", cases[i].name);
        weir_journal_read_close(r);
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        CHECK(weir_journal_read_open(&r, dir, "f", end_of(i)) == WEIR_OK);
        CHECK(weir_journal_read(r, &f) == (i + 1 < FRAMES ? WEIR_OK
                                                          : WEIR_DONE));
        CHECK(f.at == end_of(i));
        weir_journal_read_close(r);
    }
    CHECK(weir_journal_read_open(&r, dir, "f", UINT64_C(1) << 40) == WEIR_OK);
    CHECK(weir_journal_read(r, &f) == WEIR_DONE && f.at == f.next);
    weir_journal_read_close(r);
    CHECK(weir_journal_read_open(&r, dir, "missing", 0) == WEIR_E_IO);
    CHECK(weir_journal_read_open(&r, dir, ".", 0) == WEIR_E_CORRUPT);
    put_file((const uint8_t *) "not a journal at all, only some text that is "
             "longer than the head of a file of ours would be ....", 98);
    CHECK(weir_journal_read_open(&r, dir, "f", 0) == WEIR_E_CORRUPT);
}


int
main(void)
{
    char  folder[] = "/tmp/weir-frame-XXXXXX";

    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY);
    make_file();
    test_round_trip();
    test_largest();
    test_cut();
    test_flips();
    test_hole();
    test_open();
    (void) unlinkat(dir, "f", 0);
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
