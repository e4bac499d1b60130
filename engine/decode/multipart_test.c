/*
 * multipart_test.c: cases by name; and random bodies, most of them nearly
 * right, against a naive reader of the whole body: whole, byte by byte and in
 * random pieces.
 */
#include "base/test.h"
#include "decode/doc.h"
#include "weir/error.h"

#define DISPOSITION  "Content-Disposition: form-data; "
#define FIELD(name)  DISPOSITION "name=\"" name "\"\r\n\r\n"
#define FILE_OF(name, file)                                                  \
    DISPOSITION "name=\"" name "\"; filename=\"" file "\"\r\n"               \
    "Content-Type: audio/wav\r\n\r\n"

static const char *const  files[] = { "file", "image", "image[]", NULL };

static struct weir_multipart  m;
static struct weir_form       form;


/* step 0: random pieces. */
static int
run(struct weir_multipart *to, const char *boundary, const char *at,
    size_t len, size_t step, uint64_t *seed)
{
    uint8_t *const  fenced = weir_test_fenced(at, len);
    size_t          i = 0;
    int             rc = WEIR_OK, end;

    weir_multipart_open(to, weir_span_of(boundary));
    while (i < len && rc == WEIR_OK) {
        size_t  n = step != 0 ? step : 1 + weir_test_random(seed) % 7;

        n = n < len - i ? n : len - i;
        rc = weir_multipart_feed(to, fenced + i, n);
        i += n;
    }
    end = weir_multipart_finish(to);
    CHECK(rc == WEIR_OK || end == rc);
    munmap((void *) ((uintptr_t) fenced & ~(uintptr_t) 4095),
           (len + 4095) / 4096 * 4096 + 4096);
    return end;
}


/* All splits of the case give the same; the result of the whole. */
static int
run_all(const char *name, const char *boundary, const char *at, size_t len)
{
    static struct weir_multipart  other;
    uint64_t                      seed = 5;
    const int                     rc = run(&m, boundary, at, len, len + 1,
                                           &seed);

    for (int i = 0; i < 6; i++) {
        const int  again = run(&other, boundary, at, len, i == 0 ? 1 : 0,
                               &seed);

        CHECK_MSG(again == rc, "%s: %d, in pieces %d", name, rc, again);
        CHECK_MSG(rc != WEIR_OK
                  || (other.nparts == m.nparts
                      && memcmp(other.parts, m.parts,
                                m.nparts * sizeof(m.parts[0])) == 0),
                  "%s: other parts in pieces", name);
    }
    return rc;
}


static const struct { const char *name, *body; int rc; }  bodies_of[] = {
    { "one field", "--B\r\n" FIELD("a") "x\r\n--B--\r\n", WEIR_OK },
    { "no line end at the end", "--B\r\n" FIELD("a") "x\r\n--B--",
      WEIR_OK },
    { "an empty field", "--B\r\n" FIELD("a") "\r\n--B--\r\n", WEIR_OK },
    { "a file, then a field", "--B\r\n" FILE_OF("file", "a.wav")
      "RIFF\r\n--B\r\n" FIELD("model") "m\r\n--B--\r\n", WEIR_OK },
    { "line ends in a value", "--B\r\n" FIELD("a") "\r\n\r\n-\r\n--A\r\n"
      "\r\n--B--\r\n", WEIR_OK },
    { "headers in another case", "--B\r\ncontent-DISPOSITION:form-data;"
      "NAME=\"a\"\r\nCONTENT-type:text/plain; Charset=\"UTF-8\"\r\n\r\n"
      "x\r\n--B--", WEIR_OK },
    { "nothing", "", WEIR_E_BAD_FORM },
    { "no part", "--B--\r\n", WEIR_E_BAD_FORM },
    { "a preamble", "x\r\n--B\r\n" FIELD("a") "x\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a line end before", "\r\n--B\r\n" FIELD("a") "x\r\n--B--",
      WEIR_E_BAD_FORM },
    { "an epilogue", "--B\r\n" FIELD("a") "x\r\n--B--\r\nx",
      WEIR_E_BAD_FORM },
    { "a part behind the end", "--B\r\n" FIELD("a") "x\r\n--B--\r\n--B"
      "\r\n" FIELD("b") "y\r\n--B--", WEIR_E_BAD_FORM },
    { "no end", "--B\r\n" FIELD("a") "x\r\n--B\r\n", WEIR_E_BAD_FORM },
    { "cut in a head", "--B\r\nContent-Dis", WEIR_E_BAD_FORM },
    { "a blank behind the boundary", "--B \r\n" FIELD("a") "x\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a boundary that goes on", "--B\r\n" FIELD("a") "x\r\n--Bx\r\n"
      "--B--", WEIR_E_BAD_FORM },
    { "a boundary behind a bare LF", "--B\r\n" FIELD("a") "x\n--B\r\n"
      FIELD("model") "m\r\n--B--", WEIR_E_BAD_FORM },
    { "a boundary behind a bare CR", "--B\r\n" FIELD("a") "x\r--B\r\n"
      FIELD("model") "m\r\n--B--", WEIR_E_BAD_FORM },
    { "a boundary in a line", "--B\r\n" FIELD("a") "x--B--\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a boundary with a dash before", "--B\r\n" FIELD("a") "x\r\n---B"
      "\r\n--B--", WEIR_E_BAD_FORM },
    { "a line end of LF in a delimiter", "--B\n" FIELD("a") "x\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a line end that is shared", "--B\r\n" DISPOSITION "name=\"a\"\r\n"
      "\r\n--B--", WEIR_E_BAD_FORM },
    { "no head", "--B\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "a boundary in a head", "--B\r\n" FILE_OF("file", "a--B") "x\r\n"
      "--B--", WEIR_E_BAD_FORM },
    { "a line end of LF in a head", "--B\r\n" DISPOSITION "name=\"a\"\n"
      "\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "a head of LF", "--B\r\n" DISPOSITION "name=\"a\"\n\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a header over two lines", "--B\r\nContent-Disposition: form-data;"
      "\r\n name=\"a\"\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "a header twice", "--B\r\n" DISPOSITION "name=\"a\"\r\n" DISPOSITION
      "name=\"b\"\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "another header", "--B\r\n" DISPOSITION "name=\"a\"\r\nX-A: b\r\n"
      "\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "a coding", "--B\r\n" DISPOSITION "name=\"a\"\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a blank before the colon", "--B\r\nContent-Disposition : form-data"
      "; name=\"a\"\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "no form-data", "--B\r\nContent-Disposition: attachment; "
      "name=\"a\"\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "no name", "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n"
      "--B--", WEIR_E_BAD_FORM },
    { "no quotes", "--B\r\n" DISPOSITION "name=a\r\n\r\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a name twice", "--B\r\n" DISPOSITION "name=\"a\"; name=\"b\"\r\n"
      "\r\nx\r\n--B--", WEIR_E_BAD_FORM },
    { "an escaped name", "--B\r\n" DISPOSITION "name=\"a\\\"b\"\r\n\r\nx"
      "\r\n--B--", WEIR_E_BAD_FORM },
    { "a name with a blank", "--B\r\n" FIELD("model ") "x\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a second name of a file", "--B\r\n" DISPOSITION "name=\"file\"; "
      "filename=\"a\"; filename*=utf-8''b\r\n\r\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "an escape in a name of a file", "--B\r\n" FILE_OF("file",
      "a\\\"b") "x\r\n--B--", WEIR_E_BAD_FORM },
    { "an encoded word", "--B\r\n" FILE_OF("file", "=?utf-8?B?YQ==?=")
      "x\r\n--B--", WEIR_E_BAD_FORM },
    { "no UTF-8 in a head", "--B\r\n" FILE_OF("file", "\xff") "x\r\n--B--",
      WEIR_E_BAD_UTF8 },
    { "parts in a part", "--B\r\n" DISPOSITION "name=\"a\"\r\n"
      "Content-Type: Multipart/mixed; boundary=C\r\n\r\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "another charset", "--B\r\n" DISPOSITION "name=\"a\"\r\n"
      "Content-Type: text/plain; charset=utf-16\r\n\r\nx\r\n--B--",
      WEIR_E_BAD_FORM },
    { "a long type", "--B\r\n" DISPOSITION "name=\"a\"\r\nContent-Type: "
      "a/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
      "\r\n\r\nx\r\n--B--", WEIR_E_BAD_FORM },
};


static void
test_bodies(void)
{
    for (size_t i = 0; i < sizeof(bodies_of) / sizeof(bodies_of[0]); i++) {
        const int  rc = run_all(bodies_of[i].name, "B", bodies_of[i].body,
                                strlen(bodies_of[i].body));

        CHECK_MSG(rc == bodies_of[i].rc, "%s: %s", bodies_of[i].name,
                  rc == WEIR_OK ? "taken" : weir_error_info(rc)->name);
    }
}


static void
test_edges(void)
{
    char    body[WEIR_PARTS_MAX * 80 + 4096];
    size_t  n = 0;

    for (int i = 0; i <= WEIR_PARTS_MAX; i++) {
        char  whole[sizeof(body)];

        n += (size_t) snprintf(body + n, sizeof(body) - n,
                               "--B\r\n" FIELD("a%d") "\r\n", i);
        memcpy(whole, body, n);
        memcpy(whole + n, "--B--", 5);
        if (i >= WEIR_PARTS_MAX - 1) {
            CHECK(run_all("parts", "B", whole, n + 5)
                  == (i == WEIR_PARTS_MAX ? WEIR_E_TOO_MANY_TEXTS : WEIR_OK));
        }
    }
    for (int more = 0; more < 2; more++) {
        const size_t  fixed = sizeof(FILE_OF("file", "")) - 1;
        const size_t  fill = WEIR_PART_HEAD_MAX - fixed + (size_t) more;
        char          name[WEIR_PART_HEAD_MAX];

        memset(name, 'a', fill);
        name[fill] = '\0';
        n = (size_t) snprintf(body, sizeof(body), "--B\r\n"
                              FILE_OF("file", "%s") "x\r\n--B--", name);
        CHECK(run_all("a head", "B", body, n)
              == (more ? WEIR_E_BAD_FORM : WEIR_OK));
    }
}


static void
test_boundary(void)
{
    static const struct { const char *type, *boundary; }  cases[] = {
        { "multipart/form-data; boundary=B", "B" },
        { "Multipart/Form-Data;boundary=\"a b\"", NULL },
        { "multipart/form-data; boundary=\"a:b\"", "a:b" },
        { "multipart/form-data; Boundary=--x'()", NULL },
        { "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk",
          "----WebKitFormBoundary7MA4YWxk" },
        { "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
        { "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
        { "multipart/form-data; boundary=", NULL },
        { "multipart/form-data; boundary=\"\"", NULL },
        { "multipart/form-data; boundary=a; boundary=b", NULL },
        { "multipart/form-data; boundary=a; charset=utf-8", NULL },
        { "multipart/form-data; boundary=a,b", NULL },
        { "multipart/form-data; boundary=\"a", NULL },
        { "multipart/form-data", NULL },
        { "multipart/form-data;", NULL },
        { "multipart/mixed; boundary=B", NULL },
        { "application/json", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct weir_span  got = { NULL, 0 };
        const bool        is = weir_multipart_boundary(
                                   weir_span_of(cases[i].type), &got);

        CHECK_MSG(is == (cases[i].boundary != NULL)
                  && (!is || weir_span_is(got, cases[i].boundary)), "%s",
                  cases[i].type);
    }
}


static void
test_fields(void)
{
#define TWO(a, b)  "--B\r\n" FIELD(a) "1\r\n--B\r\n" FIELD(b) "1\r\n--B--"
#define ONE(a, v)  "--B\r\n" FIELD(a) v "\r\n--B--"
    static const struct { const char *name, *body; int rc; }  cases[] = {
        { "two fields", TWO("a", "b"), WEIR_OK },
        { "one name twice", TWO("model", "model"), WEIR_E_DUPLICATE_KEY },
        { "in another case", TWO("model", "Model"), WEIR_E_DUPLICATE_KEY },
        { "a name and its list", TWO("model", "model[]"),
          WEIR_E_DUPLICATE_KEY },
        { "a name and a member", TWO("model[0]", "model"),
          WEIR_E_DUPLICATE_KEY },
        { "a list", TWO("a[]", "a[]"), WEIR_OK },
        { "a list in another case", TWO("a[]", "A[]"), WEIR_E_DUPLICATE_KEY },
        { "members", TWO("a[x]", "a[y]"), WEIR_OK },
        { "a member twice", TWO("a[x]", "a[x]"), WEIR_E_DUPLICATE_KEY },
        { "a list and a member", TWO("a[]", "a[x]"), WEIR_E_DUPLICATE_KEY },
        { "a file where files are", "--B\r\n" FILE_OF("file", "a") "\xff\r\n"
          "--B--", WEIR_OK },
        { "a file elsewhere", "--B\r\n" FILE_OF("prompt", "a") "x\r\n--B--",
          WEIR_E_BAD_REQUEST },
        { "a field of files that is none", ONE("file", "x"), WEIR_OK },
        { "no UTF-8", ONE("prompt", "\xff"), WEIR_E_BAD_UTF8 },
        { "stream", ONE("stream", "true"), WEIR_OK },
        { "stream of another word", ONE("stream", "True"),
          WEIR_E_BAD_REQUEST },
        { "n", ONE("n", "2"), WEIR_OK },
        { "n at its edge", ONE("n", "128"), WEIR_OK },
        { "n over it", ONE("n", "129"), WEIR_E_BAD_REQUEST },
        { "n of none", ONE("n", ""), WEIR_E_BAD_REQUEST },
        { "n of words", ONE("n", "2x"), WEIR_E_BAD_REQUEST },
        { "another charset for all", ONE("_charset_", "utf-16"),
          WEIR_E_BAD_FORM },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int  rc = run_all(cases[i].name, "B", cases[i].body,
                          strlen(cases[i].body));

        CHECK_MSG(rc == WEIR_OK, "%s: the form", cases[i].name);
        rc = weir_form_read(&form, &m, (const uint8_t *) cases[i].body,
                            files);
        CHECK_MSG(rc == cases[i].rc, "%s: %d", cases[i].name, rc);
    }
}


static void
test_texts(void)
{
    static const char  body[] =
        "--B\r\n" FILE_OF("file", "my name.wav") "RI\xff\xff\r\n"
        "--B\r\n" FIELD("model") "whisper-1\r\n"
        "--B\r\n" FIELD("stream") "true\r\n"
        "--B\r\n" FIELD("prompt") "a\r\nb\r\n--B--\r\n";
    static const char *const  want[] = { "my name", "wav", "true",
                                            "a\r\nb" };
    const uint8_t *const      at = (const uint8_t *) body;

    CHECK(run_all("texts", "B", body, sizeof(body) - 1) == WEIR_OK);
    CHECK(weir_form_read(&form, &m, at, files) == WEIR_OK);
    CHECK(form.ntexts == 4 && form.files == 1 && form.file_bytes == 4);
    CHECK(form.facts.not_scanned == 1 && form.facts.stream == 1);
    CHECK(weir_span_is((struct weir_span) { at + form.facts.model.begin,
        form.facts.model.end - form.facts.model.begin }, "whisper-1"));
    for (uint32_t i = 0; i < form.ntexts && i < 4; i++) {
        CHECK(weir_span_is((struct weir_span) { at + form.texts[i].begin,
            form.texts[i].end - form.texts[i].begin }, want[i]));
        CHECK(form.texts[i].coding == WEIR_PLAIN);
    }
    CHECK(form.texts[3].place == WEIR_AT_USER);
}


/* ---- the naive reader ---- */

/* The heads that random bodies are made of, and what is in them. */
static const struct { const char *head, *name, *file; }  heads[] = {
    { FIELD("a"), "a", NULL },
    { FIELD("b[]"), "b[]", NULL },
    { FILE_OF("file", "x"), "file", "x" },
    { FILE_OF("c", ""), "c", "" },
};
#define HEADS  (sizeof(heads) / sizeof(heads[0]))


/* Every `--B` of the body must be a delimiter, and what stands between two of
   them a head of the list and a value. Returns the number of parts; -1: it is
   no form. Bodies are (begin, end) pairs. */
static int
naive(const char *boundary, const char *at, size_t len, size_t *bodies)
{
    char          mark[WEIR_BOUNDARY_MAX + 3];
    const size_t  n = (size_t) snprintf(mark, sizeof(mark), "--%s", boundary);
    size_t        i = 0, parts = 0, begin = 0;
    bool          ended = false;

    while (i < len) {
        const char *const  found = memmem(at + i, len - i, mark, n);
        const size_t       k = found == NULL ? len : (size_t) (found - at);

        if (found == NULL) {
            break;
        }
        if (ended || (k > 0 && (k < 2 || memcmp(found - 2, "\r\n", 2) != 0))
            || (parts == 0 && begin == 0 && k != 0))
        {
            return -1;
        }
        if (k > 0) {
            size_t  h = 0;

            while (h < HEADS
                   && (strlen(heads[h].head) + begin + 2 > k
                       || memcmp(at + begin, heads[h].head,
                                 strlen(heads[h].head)) != 0))
            {
                h++;
            }
            if (h == HEADS) {
                return -1;
            }
            bodies[2 * parts] = begin + strlen(heads[h].head);
            bodies[2 * parts + 1] = k - 2;
            parts++;
        }
        if (len - k - n >= 2 && memcmp(found + n, "--", 2) == 0) {
            ended = true;
        } else if (len - k - n < 2 || memcmp(found + n, "\r\n", 2) != 0) {
            return -1;
        }
        begin = i = k + n + 2;
    }
    return ended && parts > 0
           && (begin == len
               || (len - begin == 2 && memcmp(at + begin, "\r\n", 2) == 0))
           ? (int) parts : -1;
}


static size_t
random_body(const char *boundary, char *out, size_t size, uint64_t *seed)
{
    static const char *const  bits[] = {
        "\r\n", "\r", "\n", "-", "--", "B", "x", "\r\n--", "a"
    };
    size_t                    n = 0;
    const unsigned            parts = 1 + weir_test_random(seed) % 3;

    for (unsigned i = 0; i < parts; i++) {
        n += (size_t) snprintf(out + n, size - n, "--%s\r\n%s", boundary,
            heads[weir_test_random(seed) % HEADS].head);
        for (unsigned k = weir_test_random(seed) % 6; k > 0; k--) {
            n += (size_t) snprintf(out + n, size - n, "%s",
                bits[weir_test_random(seed) % 9]);
        }
        n += (size_t) snprintf(out + n, size - n, "\r\n");
    }
    n += (size_t) snprintf(out + n, size - n, "--%s--%s", boundary,
                           weir_test_random(seed) % 2 ? "\r\n" : "");
    if (weir_test_random(seed) % 2) {
        const size_t  at = weir_test_random(seed) % n;

        switch (weir_test_random(seed) % 3) {
        case 0:
            memmove(out + at, out + at + 1, n - at - 1);
            n--;
            break;
        case 1:
            out[at] = "\r\n-Bx"[weir_test_random(seed) % 5];
            break;
        default:
            memmove(out + at + 1, out + at, n - at);
            out[at] = "\r\n-Bx"[weir_test_random(seed) % 5];
            n++;
        }
    }
    return n;
}


/* Is it a head of the list, changed by one byte into another good one? The
   naive reader does not know those. */
static bool
known_heads(const char *at)
{
    for (uint32_t i = 0; i < m.nparts; i++) {
        const size_t  end = m.parts[i].body.begin;
        bool          known = false;

        for (size_t h = 0; h < HEADS; h++) {
            const size_t  n = strlen(heads[h].head);

            known |= end >= n && memcmp(at + end - n, heads[h].head, n) == 0;
        }
        if (!known) {
            return false;
        }
    }
    return true;
}


static void
test_random(void)
{
    static const char *const  boundaries[] = { "B", "-", "--", "-B", "BxB",
                                               "xx-x" };
    uint64_t                  seed = 11;
    unsigned                  taken = 0;

    for (int i = 0; i < 60000; i++) {
        const char *const  b = boundaries[i % 6];
        char               body[1024];
        const size_t       n = random_body(b, body, sizeof(body) - 1, &seed);
        size_t             bodies[2 * WEIR_PARTS_MAX];
        const int          parts = naive(b, body, n, bodies);
        const int          rc = run_all("random", b, body, n);

        if (rc == WEIR_OK && !known_heads(body)) {
            continue;
        }
        CHECK_MSG((rc == WEIR_OK) == (parts > 0), "%d parts, %d: %.*s",
                  parts, rc, (int) n, body);
        if (rc != WEIR_OK) {
            continue;
        }
        taken++;
        CHECK((int) m.nparts == parts);
        for (uint32_t k = 0; k < m.nparts && (int) k < parts; k++) {
            CHECK_MSG(m.parts[k].body.begin == bodies[2 * k]
                      && m.parts[k].body.end == bodies[2 * k + 1],
                      "part %u of %.*s", k, (int) n, body);
        }
    }
    CHECK_MSG(taken > 10000, "%u of 60000 were forms", taken);
}


int
main(void)
{
    test_bodies();
    test_edges();
    test_boundary();
    test_fields();
    test_texts();
    test_random();
    return weir_test_done();
}
