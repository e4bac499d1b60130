/*
 * compile_test.c: YAML, words, URLs, resources and references: what is taken,
 * and what is refused with which sentence at which place.
 */
#include "compile/compile_fixture.h"

static const char  good_register[] =
    "kind: Upstream\nname: demo\nurl: http://127.0.0.1:8642\n"
    "protocol: openai\nregion: cn-sz\nsecret: env:DEMO_KEY\n"
    "---\n"
    "kind: Model\nname: demo\nupstreams: [demo]\n"
    "price: {unit: CNY, per: 1M, input: \"2.00\", output: 8}\n"
    "---\n"
    "kind: Fund\nname: pilot\nunit: CNY\namount: \"1000.00\"\n"
    "---\n"
    "kind: Scenario\nname: citizen-hotline\n"
    "title: {zh: 市民热线助手, en: Citizen hotline assistant}\n"
    "jurisdictions: [cn, cn-sz]\nmodels: [demo]\n"
    "grant: {fund: pilot, amount: \"10.00\", per: month}\n"
    "state: admitted\nuntil: 2026-12-31\n";


static void
test_words(void)
{
    static const struct { const char *text; int64_t micro; }  amounts[] = {
        { "0", 0 }, { "1", 1000000 }, { "0.000001", 1 }, { "2.00", 2000000 },
        { "12.5", 12500000 }, { "007.10", 7100000 },
        { "9223372036854.775807", INT64_MAX },
        { "9223372036854.775808", -1 }, { "9223372036855", -1 },
        { "99999999999999999999999", -1 }, { "1.0000001", -1 }, { "", -1 },
        { ".5", -1 }, { "1.", -1 }, { "-1", -1 }, { "+1", -1 },
        { "1e3", -1 }, { "1,000", -1 }, { " 1", -1 }, { "1 ", -1 },
        { "0x10", -1 }, { "1.2.3", -1 }, { "inf", -1 }
    };
    static const struct { const char *text; uint64_t ms; }  untils[] = {
        { "1970-01-01", 86400000 }, { "2000-02-29", 951868800000 },
        { "2026-12-31", 1798761600000 }, { "2100-02-28", 4107542400000 },
        { "2026-11-24T06:00:00Z", 1795500000000 },
        { "2026-11-24T14:00:00+08:00", 1795500000000 },
        { "2026-11-24T01:00:00-05:00", 1795500000000 },
        { "2026-02-29", 0 }, { "2100-02-29", 0 }, { "2026-13-01", 0 },
        { "2026-1-1", 0 }, { "2026-11-24T24:00:00Z", 0 },
        { "2026-11-24T06:00:00", 0 }, { "2026-11-24 06:00:00Z", 0 },
        { "2026-11-24T06:00:00Zx", 0 }, { "2026-11-24x", 0 }, { "", 0 }
    };
    static const char *const  names[] = { "model", "upstreams", "price" };
    char        text[32];
    const char *why;
    uint32_t    ms;
    uint64_t    n;

    for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
        weir_micro  m = -1;
        const int   rc = weir_micro_parse(amounts[i].text, &m, &why);

        CHECK_MSG((rc == WEIR_OK) == (amounts[i].micro >= 0)
                  && (rc != WEIR_OK || m == amounts[i].micro), "%s",
                  amounts[i].text);
    }
    weir_micro_text(12500000, text);
    CHECK(strcmp(text, "12.50") == 0);
    weir_micro_text(INT64_MAX, text);
    CHECK(strcmp(text, "9223372036854.775807") == 0);
    weir_micro_text(-1, text);
    CHECK(strcmp(text, "-0.000001") == 0);
    weir_micro_text(0, text);
    CHECK(strcmp(text, "0.00") == 0);
    for (size_t i = 0; i < sizeof(untils) / sizeof(*untils); i++) {
        n = 0;
        CHECK_MSG((weir_until_parse(untils[i].text, &n) == WEIR_OK)
                  == (untils[i].ms != 0) && n == untils[i].ms, "%s: %llu",
                  untils[i].text, (unsigned long long) n);
    }
    CHECK(weir_duration_parse("500ms", &ms) == WEIR_OK && ms == 500);
    CHECK(weir_duration_parse("24h", &ms) == WEIR_OK && ms == 86400000);
    CHECK(weir_duration_parse("25h", &ms) != WEIR_OK);
    CHECK(weir_duration_parse("0s", &ms) != WEIR_OK);
    CHECK(weir_duration_parse("5", &ms) != WEIR_OK);
    CHECK(weir_duration_parse("s", &ms) != WEIR_OK);
    CHECK(weir_duration_parse("9999999999h", &ms) != WEIR_OK);
    CHECK(weir_count_parse("65535", 65535, &n) == WEIR_OK && n == 65535);
    CHECK(weir_count_parse("65536", 65535, &n) != WEIR_OK);
    CHECK(weir_count_parse("18446744073709551616", UINT64_MAX, &n)
          != WEIR_OK);
    CHECK(weir_name_good("Qwen/Qwen2.5-7B:latest", true));
    CHECK(!weir_name_good("Qwen/Qwen2.5-7B", false));
    CHECK(!weir_name_good("-x", true) && !weir_name_good("", true));
    CHECK(!weir_name_good("a b", true) && !weir_name_good("名", true));
    CHECK(strcmp(weir_nearest("modell", names, 3), "model") == 0);
    CHECK(strcmp(weir_nearest("upstraems", names, 3), "upstreams") == 0);
    CHECK(weir_nearest("zebra", names, 3) == NULL);
    CHECK(weir_nearest("x", names, 3) == NULL);
}


static void
test_urls(void)
{
    static const struct {
        const char  *url;
        const char  *host, *authority, *path;
        unsigned     port;
        bool         tls;
        size_t       addresses;
    }  good[] = {
        { "http://127.0.0.1:8642", "127.0.0.1", "127.0.0.1:8642", "", 8642,
          false, 1 },
        { "https://api.example.com", "api.example.com", "api.example.com",
          "", 443, true, 0 },
        { "https://api.example.com:443/v1", "api.example.com",
          "api.example.com", "", 443, true, 0 },
        { "HTTPS://API.Example.com/compatible-mode/v1/", "api.example.com",
          "api.example.com", "/compatible-mode", 443, true, 0 },
        { "https://h.example/compatible-mode", "h.example", "h.example",
          "/compatible-mode", 443, true, 0 },
        { "http://[::1]:8080/", "::1", "[::1]:8080", "", 8080, false, 1 },
        { "http://[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", "", 80,
          false, 1 },
        { "http://localhost:11434", "localhost", "localhost:11434", "",
          11434, false, 2 },
        { "http://model_server:80", "model_server", "model_server", "", 80,
          false, 0 }
    };
    static const char *const  bad[] = {
        "", "ftp://x", "http:/x", "http://", "http://:80", "http://x:0",
        "http://x:65536", "http://x:", "http://x:8o", "http://u:p@x",
        "http://u@x/", "http://x?q=1", "http://x/#f", "http://[::1",
        "http://[::g]", "http://[1.2.3.4]", "http://x_/a b", "http://-x",
        "http://x-.y", "http://x..y", "http://.x", "http://x/../y",
        "http://x//y", "http://x y", "http://[::1]8080", "http://中国",
        "http://x/%2e"
    };
    struct weir_snap_address  a[WEIR_URL_ADDRESSES_MAX];
    struct weir_url           url;
    const char               *why;

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        const bool  ok = weir_url_parse(good[i].url, &url, &why) == WEIR_OK;

        CHECK_MSG(ok && strcmp(url.host, good[i].host) == 0
                  && strcmp(url.authority, good[i].authority) == 0
                  && strcmp(url.path, good[i].path) == 0
                  && url.port == good[i].port && url.tls == good[i].tls,
                  "%s: %s %s %s", good[i].url, url.host, url.authority,
                  url.path);
        CHECK_MSG(weir_url_addresses(&url, NULL, a) == good[i].addresses,
                  "addresses of %s", good[i].url);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        CHECK_MSG(weir_url_parse(bad[i], &url, &why) == WEIR_MORE, "%s",
                  bad[i]);
    }
    CHECK(weir_url_parse("http://127.0.0.1:9", &url, &why) == WEIR_OK);
    CHECK(weir_url_addresses(&url, NULL, a) == 1 && a[0].family == 4
          && a[0].port == 9 && a[0].ip[0] == 127 && a[0].ip[3] == 1);
}


static void
test_yaml(void)
{
    static const struct {
        const char  *name, *text;
        unsigned     line, column;
        const char  *message;
    }  bad[] = {
        { "duplicate key", "a: 1\nb: 2\na: 3\n", 3, 1, "`a` is given twice" },
        { "anchor", "a: &x 1\n", 1, 4, "anchors" },
        { "anchor of a map", "a: &x {b: 1}\n", 1, 4, "anchors" },
        { "anchor of a list", "a: &x [b]\n", 1, 4, "anchors" },
        { "alias", "a: *x\n", 1, 4, "aliases" },
        { "tag", "a: !!binary aGk=\n", 1, 4, "tags" },
        { "merge", "<<: {a: 1}\n", 1, 1, "merge" },
        { "key is a list", "? [a]\n: 1\n", 1, 3, "plain word" },
        { "syntax", "a: [1, 2\nb: 3\n", 2, 2, "not valid YAML" },
        { "tab", "a:\n\tb: 1\n", 2, 1, "not valid YAML" },
        { "bad UTF-8", "a: \xff\n", 1, 0, "UTF-8" },
        { "NUL escape", "a: \"x\\0y\"\n", 1, 4, "NUL" }
    };
    struct weir_pool    pool = { 0 };
    struct weir_notes   notes = { 0 };
    struct weir_yaml   *doc;
    char                deep[256];

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        const size_t  len = strlen(bad[i].text);

        CHECK_MSG(weir_yaml_read(&doc, &pool, &notes, "f",
            (struct weir_span) { weir_test_fenced(bad[i].text, len), len })
            == WEIR_E_BAD_REQUEST, "%s", bad[i].name);
        CHECK_MSG(noted(&notes, bad[i].line, bad[i].column,
                        bad[i].message), "%s", bad[i].name);
        weir_notes_release(&notes);
    }
    for (unsigned depth = WEIR_YAML_DEPTH_MAX; depth < 34; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        CHECK((weir_yaml_read(&doc, &pool, &notes, "f",
               (struct weir_span) { (uint8_t *) deep, 2 * depth })
               == WEIR_OK) == (depth <= WEIR_YAML_DEPTH_MAX));
    }
    weir_notes_release(&notes);
    CHECK(weir_yaml_read(&doc, &pool, &notes, "f",
          WEIR_SPAN("a: {b: [1, \"2\"]}\n---\nx\n")) == WEIR_OK);
    CHECK(doc->next != NULL && doc->next->next == NULL);
    CHECK(weir_yaml_get(weir_yaml_get(doc, "a"), "b")->n == 2);
    CHECK(!weir_yaml_get(weir_yaml_get(doc, "a"), "b")->first->quoted);
    CHECK(weir_yaml_get(weir_yaml_get(doc, "a"), "b")->last->quoted);
    CHECK(weir_yaml_read(&doc, &pool, &notes, "f", WEIR_SPAN("")) == WEIR_OK
          && doc == NULL);
    weir_pool_release(&pool);
    weir_notes_release(&notes);
}


static void
test_resources_bad(void)
{
    static const struct bad_text  bad[] = {
        { "unknown field",
          "kind: Model\nname: m\nupstream: [u]\nupstreams: [u]\n", 3, 1,
          "unknown field `upstream` in Model; did you mean `upstreams`?" },
        { "unknown kind", "kind: Modell\nname: m\n", 1, 7,
          "unknown kind `Modell`; did you mean `Model`?" },
        { "no kind", "name: m\n", 1, 1, "begins with `kind:`" },
        { "not a mapping", "- a\n", 1, 1, "must be a mapping" },
        { "missing field", "kind: Fund\nname: f\nunit: CNY\n", 1, 1,
          "Fund lacks `amount`" },
        { "limit of what", "kind: Scenario\nname: s\nstate: draft\n"
          "limits: {request: {per_minute: 3}}\n", 4, 10,
          "unknown field `request` in limits; did you mean `requests`?" },
        { "limit per what", "kind: Scenario\nname: s\nstate: draft\n"
          "key_limits:\n  tokens: {per_week: 3}\n", 5, 12,
          "unknown field `per_week` in tokens" },
        { "limit of none", "kind: Model\nname: m\nupstreams: [u]\n"
          "limits: {tokens: {per_day: 0}}\n", 4, 28, "from 1 to its bound" },
        { "limit too great", "kind: Model\nname: m\nupstreams: [u]\n"
          "limits: {tokens: {per_day: 1000000000001}}\n", 4, 28,
          "from 1 to its bound" },
        { "limit as text", "kind: Scenario\nname: s\nstate: draft\n"
          "limits: {concurrency: many}\n", 4, 23, "from 1 to its bound" },
        { "limit as list", "kind: Scenario\nname: s\nstate: draft\n"
          "limits: {requests: [3]}\n", 4, 20, "must be a mapping" },
        { "no limit", "kind: Scenario\nname: s\nstate: draft\n"
          "limits: {}\n", 4, 9, "`limits` names no limit" },
        { "no limit within", "kind: Scenario\nname: s\nstate: draft\n"
          "limits: {concurrency: 1, tokens: {}}\n", 4, 34,
          "`tokens` names no limit" },
        { "empty field", "kind: Fund\nname:\nunit: CNY\namount: 1\n", 2, 6,
          "`name` is empty" },
        { "negative", "kind: Fund\nname: f\nunit: CNY\namount: -1\n", 4, 9,
          "digits" },
        { "decimals", "kind: Fund\nname: f\nunit: CNY\namount: 0.0000001\n",
          4, 9, "at most 6 decimals" },
        { "overflow",
          "kind: Fund\nname: f\nunit: CNY\namount: 9999999999999\n", 4, 9,
          "too large" },
        { "bad name", "kind: Fund\nname: a b\nunit: CNY\namount: 1\n", 2, 7,
          "a name has" },
        { "bad enum",
          "kind: Scenario\nname: s\nstate: admited\n", 3, 8,
          "did you mean `admitted`?" },
        { "list wanted", "kind: Model\nname: m\nupstreams: u\n", 3, 12,
          "must be a list" },
        { "twice in a list",
          "kind: Scenario\nname: s\nstate: draft\nmodels: [a, a]\n", 4, 13,
          "stands twice" },
        { "secret in the open",
          "kind: Upstream\nname: u\nurl: http://x\nprotocol: openai\n"
          "secret: sk-12345678\n", 5, 9, "env:NAME" },
        { "url", "kind: Upstream\nname: u\nurl: x\nprotocol: openai\n", 3,
          6, "a URL is written" },
        { "date", "kind: Scenario\nname: s\nstate: draft\n"
          "until: 2026-02-30\n", 4, 8, "a date is written" },
        { "in a sub-map", "kind: Scenario\nname: s\nstate: draft\n"
          "grant: {fnud: f, amount: 1}\n", 4, 9, "did you mean `fund`?" },
        { "duplicate resource", "kind: Fund\nname: f\nunit: A\namount: 1\n"
          "---\nkind: Fund\nname: f\nunit: A\namount: 1\n", 6, 1,
          "given twice; the first is f.yaml:1" },
        { "key", "kind: Key\nname: k\n", 1, 7, "weir key new" },
        { "no upstreams", "kind: Model\nname: m\nupstreams: []\n", 3, 12,
          "at least one upstream" },
        { "language", "kind: Fund\nname: f\nunit: A\namount: 1\n"
          "title: {fr: x}\n", 5, 13, "unknown language `fr`" }
    };

    check_bad(bad, sizeof(bad) / sizeof(*bad));
}


#define ORDINANCE  "kind: Ordinance\nname: local/words\ntitle: T\n"         \
    "version: \"1\"\njurisdiction: x\nas_of: 2026-11-24\n"                   \
    "law:\n  a: {en: House rule, zh: 内规, verified: true}\n"
#define RULE(find)  "rules:\n- {id: r, title: t, law: [a], find: " find      \
    ", action: deny}\n"

static void
test_ordinances_bad(void)
{
    static const struct bad_text  bad[] = {
        { "ordinance without a name", "kind: Ordinance\npack: a/b\n", 2, 1,
          "unknown field `pack` in Ordinance" },
        { "ordinance with a file", ORDINANCE
          "lists:\n  l: {file: l.txt}\n" RULE("{list: l}"), 10, 13,
          "reads no file" },
        { "a rule of an ordinance", ORDINANCE
          "lists:\n  l: {terms: [quux]}\n" RULE("{list: k}"), 12, 44,
          "unknown list `k`" },
        { "a term of an ordinance", ORDINANCE
          "lists:\n  k: {terms: [quux]}\n  l:\n    terms: [\"\\u200b\"]\n"
          RULE("{lists: [k, l]}"), 12, 5, "of `l`" },
        { "an empty name in an ordinance", ORDINANCE
          "lists:\n  \"\": {terms: [quux]}\n" RULE("always"), 10, 7,
          "1 to 120 bytes" }
    };

    check_bad(bad, sizeof(bad) / sizeof(*bad));
}


/* YAML -> resource -> YAML -> resource: the same stored form. */
static void
test_round_trip(void)
{
    static const char *const  texts[] = {
        good_register,
        "kind: Scenario\nname: s\nstate: draft\n"
        "title: {zh: \"a: b #c，“引号”\\u2028\\U0001f600\\u0085\","
        " en: \"yes\"}\ncomplaint: \"tel:+86 10 1234 'x' \\\"y\\\"\"\n"
        "observe: [\"*\"]\nlanguage: zh\n",
        "kind: Model\nname: Qwen/Qwen2.5:7b\nupstreams: [u]\n"
        "max_output: 4096\nprice: {unit: CNY, per: 1K, input: 0.002,"
        " output: 0.006}\n",
        "kind: Scenario\nname: s\nstate: draft\n"
        "limits: {requests: {per_second: 1, per_minute: 2, per_hour: 3,"
        " per_day: 1000000000000}, tokens: {per_day: 5}, concurrency: 65536}"
        "\nkey_limits: {concurrency: 1}\n",
        "kind: Model\nname: t\nupstreams: [u]\ntools: [\"*\", \"a/b: c\"]\n"
        "origins: [\"https://x:1\"]\n"
        "price: {unit: CNY, input: 0, output: 0, call: 0.01}\n",
        "kind: Upstream\nname: u\nurl: http://x\nprotocol: openai\n"
        "breaker: {failures: 0, window: 1m, open: 500ms}\n"
        "health: {path: \"/v1/models?a=b\", interval: 5s, timeout: 1s,"
        " healthy: 20, unhealthy: 1, status: 401}\n",
        "kind: Model\nname: m\nupstreams: [a, {name: b, weight: 1000},"
        " {name: c, priority: 15, weight: 1}]\nfallback: [n]\n",
        "kind: Fund\nname: \"1234\"\nunit: CNY\namount: 10\n"
        "title: \"line\\nline  two \"\n",
        "kind: ordinance\nname: local/words\ntitle: {en: T, zh: 题}\n"
        "version: 1.0\njurisdiction: x\nas_of: 2026-11-24\n"
        "law:\n  \"b: 1\":\n    en: Law\n    zh: \"yes\"\n"
        "    since: 2020-01-01\n    verified: false\n"
        "    note: {zh: 注, en: n}\n"
        "  a: {en: Law, zh: 法, verified: true}\n"
        "contexts:\n  m: [mail, \"null\", 邮箱]\n"
        "lists:\n  k: {terms: [a1, a2, a3, a4, a5, a6, a7, a8, a9, b1, b2,"
        " \"b: 3\", \"- b4\", \"#b5\", b6, \"true\", \"\\u0085b7\"]}\n"
        "  \"12\": {terms: [\"\\U0001f600\", quux], allow: [\"x,y\"]}\n"
        "rules:\n- id: one\n  title: t\n  law: [a]\n  find: always\n"
        "  action: observe\n- id: two\n  title: {en: t, zh: 题}\n"
        "  law: [a]\n  find: {lists: [k, \"12\"], edges: no}\n"
        "  action: {answer: redact}\n  mark: \"[x]\"\n- id: three\n"
        "  title: t\n  law: [a]\n  find: {identifier: email, score: 300,"
        " context: m}\n  action: deny\n"
    };
    struct weir_mem        *mem = weir_mem_open(1 << 20);

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct weir_resources  a = { 0 }, b = { 0 };
        struct weir_notes      notes = { 0 };
        struct weir_buf        yaml;

        weir_buf_init(&yaml, mem, 1 << 20);
        CHECK(weir_resources_read(&a, &notes, "a", weir_span_of(texts[i]))
              == WEIR_OK);
        for (size_t k = 0; k < a.n; k++) {
            weir_buf_adds(&yaml, k > 0 ? "---\n" : "");
            CHECK(weir_resource_yaml(&a.at[k], &yaml) == WEIR_OK);
        }
        CHECK(weir_resources_read(&b, &notes, "b", weir_buf_span(&yaml))
              == WEIR_OK);
        print_notes(&notes);
        CHECK(a.n == b.n && a.n > 0);
        for (size_t k = 0; k < a.n && k < b.n; k++) {
            CHECK_MSG(strcmp(a.at[k].json, b.at[k].json) == 0,
                      "%s is not %s", b.at[k].json, a.at[k].json);
        }
        weir_resources_release(&a);
        weir_resources_release(&b);
        weir_notes_release(&notes);
        weir_buf_release(&yaml);
    }
    weir_mem_close(mem);
}


/* The register of `text` compiled; notes left for the caller. */
static void
test_compile_good(void)
{
    struct weir_mem                 *mem = weir_mem_open(1 << 20);
    const struct weir_snap_scenario *sc;
    const struct weir_snap_model    *m;
    const struct weir_snap_grant    *g;
    struct weir_key_in               keys[2] = {
        { .id = "b", .scenario = "citizen-hotline", .digest = { 9 },
          .until_ms = 5 },
        { .id = "a", .scenario = "citizen-hotline", .digest = { 3 } }
    };
    struct weir_snapshot             snap;
    struct weir_notes                notes = { 0 };
    struct weir_buf                  out;

    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(compile(good_register, &out, &notes, keys, 2) == WEIR_OK);
    CHECK(noted(&notes, 18, 0, "without any ordinance"));
    CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK);
    CHECK(snap.generation == 42);
    CHECK(snap.counts[WEIR_SNAP_SCENARIOS] == 1
          && snap.counts[WEIR_SNAP_KEYS] == 2);
    sc = &snap.scenarios[0];
    CHECK(strcmp(weir_snap_text(&snap, sc->title_zh), "市民热线助手") == 0);
    CHECK(sc->state == WEIR_ADMITTED && sc->until_ms == 1798761600000);
    CHECK(sc->request_profile == WEIR_SNAP_NONE);
    m = weir_snapshot_model(&snap, sc, WEIR_SPAN("demo"));
    CHECK(m != NULL && m->input_price == 2000000
          && m->output_price == 8000000 && m->output_tokens_max == 8192);
    g = &snap.grants[sc->grant];
    CHECK(g->amount == 10000000 && g->period == WEIR_PERIOD_MONTH
          && g->slot == 0);
    CHECK(snap.upstreams[0].port == 8642
          && snap.upstreams[0].connect_timeout_ms == 5000
          && snap.addresses[0].ip[0] == 127);
    CHECK(weir_snapshot_key(&snap, keys[0].digest)->until_ms == 5);
    weir_buf_release(&out);
    weir_notes_release(&notes);
    weir_mem_close(mem);
}


#define FUND  "---\nkind: Fund\nname: pilot\nunit: CNY\namount: 10\n"
#define SC(name, more)  "---\nkind: Scenario\nname: " name                   \
    "\nstate: admitted\n" more

static void
test_compile_bad(void)
{
    static const struct {
        const char  *name, *text, *message;
    }  bad[] = {
        { "unknown upstream", UP("demo", "openai")
          "---\nkind: Model\nname: m\nupstreams: [dmeo]\n",
          "Model `m`: unknown upstream `dmeo`; did you mean `demo`?" },
        { "unknown model", SC("s", "models: [nothing]\n"),
          "Scenario `s`: unknown model `nothing`" },
        { "unknown fund", FUND
          SC("s", "grant: {fund: pilto, amount: 1}\n"),
          "unknown fund `pilto`; did you mean `pilot`?" },
        { "unknown ordinance", SC("s", "ordinances: [cn/x]\n"),
          "unknown ordinance `cn/x`" },
        { "unit", UP("a", "openai") FUND
          "---\nkind: Model\nname: m\nupstreams: [a]\n"
          "price: {unit: EUR, input: 1, output: 1}\n"
          SC("s", "models: [m]\ngrant: {fund: pilot, amount: 1}\n"),
          "priced in EUR, but its fund is in CNY" },
        { "too much", FUND SC("s", "grant: {fund: pilot, amount: 6}\n")
          SC("t", "grant: {fund: pilot, amount: 4.000001}\n"),
          "Scenario `t`: the grant of 4.000001 is more than what the fund "
          "`pilot` has left to grant (4.00 of 10 CNY)" },
        { "price overflow", UP("a", "openai")
          "---\nkind: Model\nname: m\nupstreams: [a]\n"
          "price: {unit: EUR, per: 1K, input: 9223372036854, output: 1}\n",
          "price of input is too large" },
        { "unknown fallback", UP("a", "openai")
          "---\nkind: Model\nname: m\nupstreams: [a]\nfallback: [n]\n",
          "Model `m`: unknown model `n`" },
        { "its own fallback", UP("a", "openai")
          "---\nkind: Model\nname: m\nupstreams: [a]\nfallback: [m]\n",
          "Model `m`: is its own fallback" },
        { "fallback with limits", UP("a", "openai")
          "---\nkind: Model\nname: m\nupstreams: [a]\nfallback: [n]\n"
          "---\nkind: Model\nname: n\nupstreams: [a]\n"
          "limits: {concurrency: 1}\n",
          "Model `m`: its fallback `n` has limits" },
        { "observe", SC("s", "observe: [cn/x/y]\n"),
          "`observe` names `cn/x/y`, which is no rule" }
    };
    struct weir_mem  *mem = weir_mem_open(1 << 20);

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct weir_notes  notes = { 0 };
        struct weir_buf    out;
        bool               found = false;

        weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
        CHECK_MSG(compile(bad[i].text, &out, &notes, NULL, 0)
                  == WEIR_E_BAD_REQUEST && out.len == 0, "%s", bad[i].name);
        for (size_t k = 0; k < notes.n; k++) {
            found = found || (!notes.at[k].warning && notes.at[k].line > 0
                && strstr(notes.at[k].message, bad[i].message) != NULL);
        }
        CHECK_MSG(found, "%s", bad[i].name);
        if (!found) {
            print_notes(&notes);
        }
        weir_buf_release(&out);
        weir_notes_release(&notes);
    }
    weir_mem_close(mem);
}


/* The sum of grants may be the whole fund, and a retired scenario gives its
   share back. */
static void
test_compile_edges(void)
{
    struct weir_mem    *mem = weir_mem_open(1 << 20);
    struct weir_notes   notes = { 0 };
    struct weir_buf     out;

    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(compile(FUND SC("s", "grant: {fund: pilot, amount: 6}\n")
                  SC("t", "grant: {fund: pilot, amount: 4}\n"), &out,
                  &notes, NULL, 0) == WEIR_OK);
    out.len = 0;
    CHECK(compile(FUND SC("s", "grant: {fund: pilot, amount: 10}\n")
        "---\nkind: Scenario\nname: t\nstate: retired\n"
        "grant: {fund: pilot, amount: 10}\n", &out, &notes, NULL, 0)
        == WEIR_OK);
    out.len = 0;
    CHECK(compile("", &out, &notes, &(struct weir_key_in) {
        .id = "k", .scenario = "gone" }, 1) == WEIR_OK);
    CHECK(noted(&notes, 0, 0, "unknown scenario `gone`"));
    weir_buf_release(&out);
    weir_notes_release(&notes);
    weir_mem_close(mem);
}


/* Limits in their records; whose meter it is depends on kind and name; and
   there are not more than the account file has room for. */
static void
test_compile_limits(void)
{
    static const char      text[] = UP("a", "openai")
        "---\nkind: Model\nname: s\nupstreams: [a]\n"
        "limits: {concurrency: 4}\n"
        SC("s", "models: [s]\nlimits: {requests: {per_minute: 60, per_day: "
           "900}, tokens: {per_hour: 7}}\n"
           "key_limits: {tokens: {per_second: 5}}\n")
        SC("t", "models: [s]\n");
    const size_t           n = WEIR_METERS_MAX / 2 - 1;
    struct weir_key_in    *keys = calloc(n, sizeof(*keys));
    struct weir_mem       *mem = weir_mem_open(64 << 20);
    struct weir_notes      notes = { 0 };
    struct weir_snapshot   snap;
    struct weir_buf        out;

    for (size_t i = 0; i < n; i++) {
        snprintf(keys[i].id, sizeof(keys[i].id), "k%zu", i);
        snprintf(keys[i].scenario, sizeof(keys[i].scenario), "s");
        memcpy(keys[i].digest, &i, sizeof(i));
    }
    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(compile(text, &out, &notes, keys, n) == WEIR_E_BAD_REQUEST);
    CHECK(noted(&notes, 12, 0, "more than 2048 keys, scenarios and models"));
    weir_notes_release(&notes);
    out.len = 0;
    CHECK(compile(text, &out, &notes, keys, n - 1) == WEIR_OK);
    CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK);
    if (CHECK(snap.counts[WEIR_SNAP_LIMITS] == 3)) {
        const struct weir_snap_limits  *l = snap.limits;
        const struct weir_snap_scenario *s = snap.scenarios;

        CHECK(snap.models[0].limits == 0 && l[0].calls == 4);
        CHECK(s[0].limits == 1 && s[0].key_limits == 2);
        CHECK(l[1].most[WEIR_LIMIT_REQUESTS][WEIR_PER_MINUTE] == 60
              && l[1].most[WEIR_LIMIT_REQUESTS][WEIR_PER_DAY] == 900
              && l[1].most[WEIR_LIMIT_REQUESTS][WEIR_PER_HOUR] == 0
              && l[1].most[WEIR_LIMIT_TOKENS][WEIR_PER_HOUR] == 7
              && l[1].calls == 0);
        CHECK(l[2].most[WEIR_LIMIT_TOKENS][WEIR_PER_SECOND] == 5);
        CHECK(s[1].limits == WEIR_SNAP_NONE
              && s[1].key_limits == WEIR_SNAP_NONE);
        /* A model and a scenario of one name are not one meter. */
        CHECK(memcmp(l[0].meter, l[1].meter, 16) != 0);
    }
    weir_snapshot_close(&snap);
    weir_buf_release(&out);
    weir_notes_release(&notes);
    weir_mem_close(mem);
    free(keys);
}


int
main(void)
{
    CHECK(weir_kind_by_name("scenarios") == WEIR_KIND_SCENARIO);
    CHECK(weir_kind_by_name("UPSTREAM") == WEIR_KIND_UPSTREAM);
    CHECK(weir_kind_by_name("x") == WEIR_KIND_COUNT);
    test_words();
    test_urls();
    test_yaml();
    test_resources_bad();
    test_ordinances_bad();
    test_round_trip();
    test_compile_good();
    test_compile_bad();
    test_compile_edges();
    test_compile_limits();
    return weir_test_done();
}
