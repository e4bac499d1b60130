/*
 * secret_test.c: credentials from the environment and from files: limits,
 * what may not stand in a header, what is missing; and that nothing is said.
 */
#include "snapshot/snapshot_stub_test.h"
#include "weir/snapshot.h"

#include <sys/stat.h>

static char  folder[64];


int
weir_matcher_check(const void *at, size_t size)
{
    return WEIR_OK;
}


static int
read_from(const char *where, char *out, size_t *len)
{
    uint8_t *const  to = malloc(WEIR_SECRET_BYTES_MAX + 1);
    const int       rc = weir_secret_read(where, to, len);

    memcpy(out, to, *len);
    out[*len] = '\0';
    free(to);
    return rc;
}


static void
put(const char *name, const void *at, size_t len, char where[128])
{
    FILE  *f;

    snprintf(where, 128, "file:%s/%s", folder, name);
    f = fopen(where + 5, "w");
    if (f == NULL || fwrite(at, 1, len, f) != len || fclose(f) != 0) {
        abort();
    }
}


static void
test_texts(void)
{
    static const struct {
        const char  *name, *text, *value;    /* NULL: refused */
    } cases[] = {
        { "plain", "sk-1", "sk-1" },
        { "line end", "sk-1\n", "sk-1" },
        { "line end of Windows, blanks", "sk-1 \r\n\r\n ", "sk-1" },
        { "blank inside", "a b", "a b" },
        { "not ASCII", "sk-\xc3\xa9", "sk-\xc3\xa9" },
        { "one byte", "x", "x" },
        { "empty", "", NULL },
        { "blanks only", " \n\r\n", NULL },
        { "line end inside", "a\nb: c", NULL },
        { "carriage return inside", "a\rb", NULL },
        { "tab", "a\tb", NULL },
        { "tab at the end", "a\t", NULL },
        { "lowest control", "a\001", NULL },
        { "highest control", "a\037b", NULL },
        { "delete", "a\177b", NULL },
    };
    char    out[WEIR_SECRET_BYTES_MAX + 2], where[128];
    size_t  len;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const  want = cases[i].value;
        const int          rc = want != NULL ? WEIR_OK : WEIR_E_SECRET;

        put("text", cases[i].text, strlen(cases[i].text), where);
        CHECK_MSG(read_from(where, out, &len) == rc
                  && strcmp(out, want != NULL ? want : "") == 0,
                  "file: %s", cases[i].name);
        (void) setenv("WEIR_TEST_SECRET", cases[i].text, 1);
        CHECK_MSG(read_from("env:WEIR_TEST_SECRET", out, &len) == rc
                  && strcmp(out, want != NULL ? want : "") == 0,
                  "env: %s", cases[i].name);
    }
    put("nul", "a\0b", 3, where);
    CHECK(read_from(where, out, &len) == WEIR_E_SECRET && len == 0);
}


static void
test_limits(void)
{
    static char  text[WEIR_SECRET_BYTES_MAX + 3];
    char         out[WEIR_SECRET_BYTES_MAX + 2], where[128];
    size_t       len;

    memset(text, 'k', sizeof(text) - 1);
    for (size_t n = WEIR_SECRET_BYTES_MAX; n < sizeof(text); n++) {
        const int  rc = n <= WEIR_SECRET_BYTES_MAX ? WEIR_OK : WEIR_E_SECRET;

        put("long", text, n, where);
        CHECK_MSG(read_from(where, out, &len) == rc, "file of %zu", n);
        text[n] = '\0';
        (void) setenv("WEIR_TEST_SECRET", text, 1);
        CHECK_MSG(read_from("env:WEIR_TEST_SECRET", out, &len) == rc,
                  "env of %zu", n);
        text[n] = 'k';
    }
}


static void
test_places(void)
{
    char    out[WEIR_SECRET_BYTES_MAX + 2], where[128];
    size_t  len = 1;

    CHECK(read_from("", out, &len) == WEIR_OK && len == 0);
    CHECK(read_from("sk-1", out, &len) == WEIR_E_SECRET);
    CHECK(read_from("env:", out, &len) == WEIR_E_SECRET);
    CHECK(read_from("env:WEIR_TEST_NO_SUCH", out, &len) == WEIR_E_SECRET);
    CHECK(read_from("file:", out, &len) == WEIR_E_SECRET);
    snprintf(where, sizeof(where), "file:%s/absent", folder);
    CHECK(read_from(where, out, &len) == WEIR_E_SECRET);
    snprintf(where, sizeof(where), "file:%s", folder);
    CHECK(read_from(where, out, &len) == WEIR_E_SECRET);
    /* a pipe without a writer: at once, not for ever */
    snprintf(where, sizeof(where), "file:%s/pipe", folder);
    CHECK(mkfifo(where + 5, 0600) == 0);
    CHECK(read_from(where, out, &len) == WEIR_E_SECRET);
    (void) unlink(where + 5);
}


/* Three upstreams: OpenAI, Anthropic, none needed; and one that is missing. */
static void
test_all(void)
{
    static const char  strings[] = "\0env:WEIR_TEST_SECRET\0env:WEIR_TEST_NO";
    const struct weir_snap_str       there = { 1, 20 }, absent = { 22, 15 };
    const struct weir_snap_upstream  ups[] = {
        { .secret = there, .protocol = WEIR_OPENAI },
        { .secret = there, .protocol = WEIR_ANTHROPIC },
        { .protocol = WEIR_OPENAI },
        { .secret = absent, .protocol = WEIR_OPENAI },
    };
    const struct weir_snapshot  snap = {
        .strings = (const uint8_t *) strings, .upstreams = ups,
        .counts[WEIR_SNAP_UPSTREAMS] = 4,
    };
    struct weir_secrets  s;

    (void) setenv("WEIR_TEST_SECRET", "sk-1\n", 1);
    CHECK(weir_secrets_open(&s, &snap) == WEIR_OK && s.count == 4);
    CHECK(weir_span_is(s.values[0], "Bearer sk-1"));
    CHECK(weir_span_is(s.values[1], "sk-1"));
    CHECK(s.values[2].at != NULL && s.values[2].len == 0);
    CHECK(s.values[3].at == NULL);
    weir_secrets_close(&s);
    CHECK(s.values == NULL && s.count == 0);
    weir_secrets_close(&s);
}


/* Of a credential that is refused nothing is said anywhere. */
static void
test_silence(void)
{
    char       out[WEIR_SECRET_BYTES_MAX + 2], where[128];
    const int  was = dup(STDERR_FILENO), said = memfd_create("err", 0);
    size_t     len;

    put("text", "sk-never\tsay", 12, where);
    (void) dup2(said, STDERR_FILENO);
    CHECK(read_from(where, out, &len) == WEIR_E_SECRET && len == 0);
    (void) dup2(was, STDERR_FILENO);
    CHECK(lseek(said, 0, SEEK_END) == 0);
    CHECK(strstr(weir_error_info(WEIR_E_SECRET)->en, "sk-") == NULL);
    (void) close(said);
    (void) close(was);
}


int
main(void)
{
    static const char *const  names[] = { "text", "nul", "long" };

    snprintf(folder, sizeof(folder), "/tmp/weir-secret-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    test_texts();
    test_limits();
    test_places();
    test_all();
    test_silence();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char  path[96];

        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        CHECK(unlink(path) == 0);
    }
    CHECK(rmdir(folder) == 0);
    return weir_test_done();
}
