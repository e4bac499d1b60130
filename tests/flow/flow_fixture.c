#include "flow_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>


static uint64_t
fixed_now(void *ctx)
{
    return 1795000000000u;
}


static void
add_key(struct weir_key_in *k, const char *scenario)
{
    char  key[64];

    memset(k, 0, sizeof(*k));
    snprintf(key, sizeof(key), "key-%s", scenario);
    snprintf(k->id, sizeof(k->id), "id-%s", scenario);
    snprintf(k->scenario, sizeof(k->scenario), "%s", scenario);
    weir_sha256(key, strlen(key), k->digest);
}


static char *
read_all(const char *path, size_t *len)
{
    FILE   *fp = fopen(path, "rb");
    char   *text = malloc(1 << 20);

    if (fp == NULL || text == NULL) {
        printf("Bail out! cannot read %s\n", path);
        exit(1);
    }
    *len = fread(text, 1, 1 << 20, fp);
    fclose(fp);
    return text;
}


static void
compile(struct fixture *x)
{
    struct weir_resources   rs = { 0 };
    struct weir_notes       notes = { 0 };
    struct weir_key_in      keys[8];
    struct weir_compile_in  in = { .nkeys = 8, .packs = TEST_PACKS,
                                   .generation = 7, .keys = keys,
                                   .now_ms = 1795000000000u };
    size_t                  len;
    char                   *text = read_all(TEST_REGISTER, &len);
    int                     rc;

    add_key(&keys[0], "ruled");
    add_key(&keys[1], "plain");
    add_key(&keys[2], "draft");
    add_key(&keys[3], "oneway");
    add_key(&keys[4], "dense");
    add_key(&keys[5], "limited");
    add_key(&keys[6], "routed");
    add_key(&keys[7], "every");
    rc = weir_resources_read(&rs, &notes, "register.yaml",
                             (struct weir_span) { (uint8_t *) text, len });
    in.resources = rs.at;
    in.nresources = rs.n;
    weir_buf_init(&x->file, x->w.mem, WEIR_SNAPSHOT_BYTES_MAX);
    if (rc == WEIR_OK) {
        rc = weir_compile(&in, &x->file, &notes);
    }
    if (rc != WEIR_OK
        || weir_snapshot_open(&x->snap, x->file.at, x->file.len) != WEIR_OK)
    {
        /* warnings stand there too: the last is what ended it */
        printf("Bail out! the register does not compile: %s\n",
               notes.n > 0 ? notes.at[notes.n - 1].message : "?");
        exit(1);
    }
    weir_notes_release(&notes);
    weir_resources_release(&rs);
    free(text);
}


void
fixture_open(struct fixture *x)
{
    memset(x, 0, sizeof(*x));
    snprintf(x->dir, sizeof(x->dir), "/tmp/weir-flow-XXXXXX");
    if (mkdtemp(x->dir) == NULL) {
        exit(1);
    }
    x->dirfd = open(x->dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    x->w.mem = weir_mem_open(64 << 20);
    x->w.now_ms = fixed_now;
    compile(x);
    if (weir_account_open(&x->w.account, x->dirfd, "account", true)
        != WEIR_OK
        || weir_journal_open(&x->w.journal, x->dirfd) != WEIR_OK)
    {
        printf("Bail out! no account or journal\n");
        exit(1);
    }
    weir_account_set(x->w.account, 0, 10 * WEIR_MICRO, 0);
    if (posix_memalign((void **) &x->f, 16, weir_flow_size()) != 0) {
        exit(1);
    }
}


void
fixture_close(struct fixture *x)
{
    char  command[128];

    weir_buf_release(&x->file);
    CHECK(weir_mem_used(x->w.mem) == 0);
    weir_journal_close(x->w.journal);
    weir_account_close(x->w.account);
    weir_mem_close(x->w.mem);
    free(x->f);
    close(x->dirfd);
    snprintf(command, sizeof(command), "rm -rf %s", x->dir);
    (void) !system(command);
}


int
fixture_call(struct fixture *x, const char *key, const char *path,
    struct weir_span body)
{
    const char *const      query = strchr(path, '?');
    struct weir_span       bare = weir_span_of(path);
    struct weir_flow_head  head = { 0 };
    int                    rc;

    if (query != NULL) {
        bare.len = (size_t) (query - path);
    }
    (void) !weir_flow_head_open(&head, WEIR_SPAN("POST"), bare,
                                weir_span_of(query != NULL ? query + 1
                                                           : ""));
    head.key = weir_span_of(key);
    head.type = WEIR_SPAN("multipart/form-data; boundary=B");  /* of forms */
    rc = weir_flow_open(x->f, &x->w, &x->snap, &head);
    if (rc == WEIR_OK) {
        rc = weir_flow_request_feed(x->f, body.at, body.len);
    }
    if (rc == WEIR_OK) {
        rc = weir_flow_request_finish(x->f);
    }
    return rc;
}


void
fixture_sent(struct fixture *x, const char *name, const char *key,
    const char *path, const char *body, const char *want)
{
    const int               rc = fixture_call(x, key, path,
                                              weir_span_of(body));
    const struct weir_span  sent = weir_flow_body(x->f);

    CHECK_MSG(rc == WEIR_OK, "%s: %s", name, weir_error_info(rc)->name);
    CHECK_MSG(weir_span_is(sent, want), "%s: sent %.*s", name,
              (int) sent.len, sent.at);
    weir_flow_close(x->f, WEIR_END_CLIENT_GONE, 499);
}


int
fixture_answer(struct fixture *x, const char *type, int status,
    struct weir_span answer, size_t step, uint64_t *seed,
    struct weir_buf *out)
{
    int     rc = weir_flow_answer_open(x->f, status, weir_span_of(type),
                                       (struct weir_span) { NULL, 0 });
    size_t  at = 0;

    while (rc == WEIR_OK && at < answer.len) {
        size_t  n = step != 0 ? step : 1 + weir_test_random(seed) % 9;

        n = n > answer.len - at ? answer.len - at : n;
        /* A copy against a fence: the engine may not look further. */
        rc = weir_flow_answer_feed(x->f, answer.at + at, n, out);
        at += n;
    }
    if (rc == WEIR_OK) {
        rc = weir_flow_answer_finish(x->f, true, out);
    }
    return rc;
}


void
fixture_end(struct fixture *x)
{
    uint64_t  position;

    CHECK(weir_flow_answer_end(x->f, 200, &position) == WEIR_OK);
    weir_flow_close(x->f, WEIR_END_OK, 200);
}
