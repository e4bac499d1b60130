/*
 * pack_test.c: reading packs, uniting their rules, and what of it reaches the
 * snapshot: profiles, shared matchers, observe, labels.
 */
#include "base/test.h"
#include "compile/compile.h"
#include "compile/pack.h"
#include "compile/profile_compile.h"
#include "weir/error.h"
#include "weir/ident.h"
#include "weir/limits.h"
#include "weir/find.h"
#include "weir/snapshot.h"

#include <sys/stat.h>

#define HEAD  "title: {en: T, zh: 题}\nversion: \"1\"\njurisdiction: x\n"     \
              "as_of: 2026-11-24\n"                                           \
              "law:\n  a: {en: Law 1, zh: 法一, verified: true}\n"            \
              "  b: {en: Law 2, zh: 法二, since: 2020-01-01,"                 \
              " verified: false}\n"

static const char  one[] =
    "pack: x/one\n" HEAD
    "contexts:\n  mail: [mail, 邮箱]\n"
    "lists:\n  l: {file: lists/l.txt, terms: [zweierlei], allow: [abcx]}\n"
    "rules:\n"
    "- {id: mail, title: M, law: [a, b], find: {identifier: email,"
    " score: 300, context: mail}, action: {request: pseudonymise,"
    " answer: redact}, mark: {en: \"[m]\"}}\n"
    "- {id: words, title: W, law: [a], find: {list: l, edges: no},"
    " action: deny, help: {en: h, zh: 助}}\n";
static const char  two[] =
    "pack: x/two\n" HEAD
    "contexts:\n  mail: [mail, 邮箱]\n"
    "rules:\n"
    "- {id: mail, title: M, law: [a], find: {identifier: email,"
    " context: mail}, action: redact}\n"
    "- {id: ai, title: A, law: [b], find: always,"
    " action: {answer: label}, label: ai-generated}\n";

static char  folder[] = "/tmp/weir-packs-XXXXXX";


static void
put(const char *name, const char *text)
{
    char   path[256];
    FILE  *f;

    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    CHECK(f != NULL);
    if (f != NULL) {
        fputs(text, f);
        fclose(f);
    }
}


static void
make_folder(void)
{
    char  path[256];

    CHECK(mkdtemp(folder) != NULL);
    (void) snprintf(path, sizeof(path), "%s/x", folder);
    CHECK(mkdir(path, 0700) == 0);
    (void) snprintf(path, sizeof(path), "%s/x/lists", folder);
    CHECK(mkdir(path, 0700) == 0);
    put("x/one.yaml", one);
    put("x/two.yaml", two);
    put("x/one.cases.yaml", "pack: x/one\n");
    put("x/lists/l.txt", "\xef\xbb\xbf# a comment\n\n  abc  \r\n词语\nlast");
}


static void
remove_folder(void)
{
    static const char *const  names[] = {
        "x/one.yaml", "x/two.yaml", "x/one.cases.yaml", "x/lists/l.txt",
        "x/lists", "x", ""
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char  path[256];

        (void) snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        CHECK(remove(path) == 0);
    }
}


static void
test_read(void)
{
    struct weir_notes        notes = { 0 };
    struct weir_pool         pool = { 0 };
    struct weir_pack        *p = NULL;
    const struct weir_rule  *r;
    const char             **names;

    CHECK(weir_pack_names(folder, &pool, &names) == 2);
    CHECK(strcmp(names[0], "x/one") == 0 && strcmp(names[1], "x/two") == 0);
    CHECK(weir_pack_open(&p, folder, "x/one", &notes) == WEIR_OK);
    CHECK(p->nrules == 2 && p->nlaw == 2 && p->nlists == 1);
    CHECK(p->lists[0].terms.n == 4 && p->lists[0].allow.n == 1);
    CHECK(p->lists[0].terms.at[0].len == 3
          && memcmp(p->lists[0].terms.at[0].at, "abc", 3) == 0);
    CHECK(p->lists[0].terms.at[2].len == 4);
    r = weir_pack_rule(p, "mail");
    CHECK(r != NULL && strcmp(r->full_id, "x/one/mail") == 0);
    CHECK(r->ident == WEIR_IDENT_EMAIL && r->score == 300 && !r->verified);
    CHECK(strcmp(r->mark.zh, "[m]") == 0 && strcmp(r->stem, "EMAIL") == 0);
    CHECK(r->action[WEIR_AS_REQUEST] == WEIR_PSEUDONYMISE
          && r->action[WEIR_AS_ANSWER] == WEIR_REDACT);
    CHECK(r->context != NULL && r->context->n == 2);
    r = weir_pack_rule(p, "words");
    CHECK(r->verified && r->edges == WEIR_EDGES_NO && r->score == 1000);
    CHECK(strcmp(r->stem, "WORDS") == 0 && strcmp(r->help.zh, "助") == 0);
    CHECK(weir_pack_rule(p, "nothing") == NULL);
    weir_pack_close(p);
    CHECK(weir_pack_open(&p, folder, "x/none", &notes) == WEIR_E_IO);
    CHECK(weir_pack_open(&p, folder, "../x", &notes) == WEIR_E_IO);
    weir_notes_release(&notes);
    weir_pool_release(&pool);
}


static const struct {
    const char  *name, *rules;
    const char  *message;
}  bad[] = {
    { "citation", "- {id: r, title: t, law: [c], find: always,"
      " action: observe}\n", "unknown citation `c`" },
    { "no citation", "- {id: r, title: t, law: [], find: always,"
      " action: observe}\n", "cites no article" },
    { "identifier", "- {id: r, title: t, law: [a],"
      " find: {identifier: emial}, action: deny}\n",
      "unknown identifier `emial`; did you mean `email`?" },
    { "pseudonyms are no identifier", "- {id: r, title: t, law: [a],"
      " find: {identifier: pseudonym}, action: deny}\n",
      "unknown identifier" },
    { "list", "- {id: r, title: t, law: [a], find: {list: k},"
      " action: deny}\n", "unknown list `k`" },
    { "two finds", "- {id: r, title: t, law: [a],"
      " find: {list: k, identifier: email}, action: deny}\n",
      "exactly one of" },
    { "action", "- {id: r, title: t, law: [a], find: always,"
      " action: block}\n", "`block` is no action" },
    { "action of a direction", "- {id: r, title: t, law: [a],"
      " find: {identifier: email}, action: {answer: redakt}}\n",
      "did you mean `redact`?" },
    { "always denies", "- {id: r, title: t, law: [a], find: always,"
      " action: deny}\n", "holds always" },
    { "label without label", "- {id: r, title: t, law: [a],"
      " find: always, action: label}\n", "has no `label`" },
    { "pseudonym in an answer", "- {id: r, title: t, law: [a],"
      " find: {identifier: email}, action: pseudonymise}\n",
      "pseudonymises an answer" },
    { "mark for an injection", "- {id: r, title: t, law: [a],"
      " find: {identifier: prompt_injection}, action: redact}\n",
      "judges whole texts" },
    { "twice", "- {id: r, title: t, law: [a], find: always,"
      " action: observe}\n- {id: r, title: t, law: [a], find: always,"
      " action: observe}\n", "given twice" },
    { "near without within", "- {id: r, title: t, law: [a],"
      " find: {list: k, near: k}, action: deny}\n", "unknown list" },
    { "near an identifier", "- {id: r, title: t, law: [a],"
      " find: {identifier: email, near: k, within: 5}, action: deny}\n",
      "`near` goes with lists only" },
    { "within too far", "- {id: r, title: t, law: [a],"
      " find: {list: k, near: k, within: 201}, action: deny}\n",
      "within its bound" },
    { "score", "- {id: r, title: t, law: [a],"
      " find: {identifier: email, score: 1001}, action: deny}\n",
      "within its bound" },
    { "regex", "- {id: r, title: t, law: [a],"
      " find: {regexes: [{pattern: 'a(b'}]}, action: deny}\n",
      "at byte 3: missing closing parenthesis" },
    { "regex of all bytes", "- {id: r, title: t, law: [a],"
      " find: {regexes: [{pattern: 'a\\C'}]}, action: deny}\n",
      "not supported" },
    { "flag", "- {id: r, title: t, law: [a],"
      " find: {regexes: [{pattern: a, flags: iq}]}, action: deny}\n",
      "unknown flag `q`" },
    { "edges of a regex", "- {id: r, title: t, law: [a],"
      " find: {regexes: [{pattern: a}], edges: yes}, action: deny}\n",
      "do not go with regexes" },
    { "no regex", "- {id: r, title: t, law: [a],"
      " find: {regexes: []}, action: deny}\n", "is a list of" },
    { "regex and list", "- {id: r, title: t, law: [a],"
      " find: {regexes: [{pattern: a}], list: l}, action: deny}\n",
      "exactly one of" }
};


static void
test_bad(void)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct weir_notes  notes = { 0 };
        struct weir_pack  *p;
        char               text[2048];

        (void) snprintf(text, sizeof(text), "pack: x/y\n" HEAD "rules:\n%s",
                        bad[i].rules);
        CHECK_MSG(weir_pack_read(&p, "y.yaml", weir_span_of(text), &notes)
                  == WEIR_E_BAD_REQUEST && p == NULL, "%s", bad[i].name);
        CHECK_MSG(notes.n > 0 && notes.at[0].line >= 9
                  && strstr(notes.at[0].message, bad[i].message) != NULL,
                  "%s: %u: %s", bad[i].name,
                  notes.n > 0 ? notes.at[0].line : 0,
                  notes.n > 0 ? notes.at[0].message : "");
        weir_notes_release(&notes);
    }
}


/* Does `text` fire a rule of that full id in the profile. */
static bool
fires(const struct weir_snapshot *snap, uint32_t profile, const char *text,
    const char *id, unsigned *action)
{
    const struct weir_snap_profile  *p = &snap->profiles[profile];
    const struct weir_matcher       *m = (const void *)
        (snap->matchers + p->matcher);
    struct weir_finder              *s = malloc(weir_find_size(m));
    struct weir_found                found[16];
    size_t                           n;
    bool                             yes = false;

    weir_find_open(s, m, weir_snap_patterns(snap, p),
                   WEIR_PLAIN, 0);
    (void) weir_find_feed(s, (const uint8_t *) text, 0, strlen(text), true,
                          found, 16, &n);
    for (size_t i = 0; i < n; i++) {
        const struct weir_snap_profile_rule  *r =
            &snap->profile_rules[p->rule + found[i].rule];

        if (strcmp(weir_snap_text(snap, snap->rules[r->rule].id), id) == 0)
        {
            *action = r->action;
            yes = true;
        }
    }
    free(s);
    return yes;
}


/* Bytes of `text` that a profile lets go before more is known. */
static uint64_t
lets_go(const struct weir_snapshot *snap, uint32_t profile, const char *text)
{
    const struct weir_snap_profile  *p = &snap->profiles[profile];
    const struct weir_matcher       *m = (const void *)
        (snap->matchers + p->matcher);
    struct weir_finder              *s = malloc(weir_find_size(m));
    struct weir_found                found[16];
    uint64_t                         settled;
    size_t                           n;

    weir_find_open(s, m, weir_snap_patterns(snap, p), WEIR_PLAIN, 0);
    CHECK(weir_find_feed(s, (const uint8_t *) text, 0, strlen(text), false,
                         found, 16, &n) == WEIR_OK);
    settled = weir_find_settled(s);
    free(s);
    return settled;
}


static const char  register_text[] =
    "kind: Scenario\nname: a\nstate: draft\nordinances: [x/one, x/two]\n---\n"
    "kind: Scenario\nname: b\nstate: draft\nordinances: [x/one, x/two]\n---\n"
    "kind: Scenario\nname: c\nstate: draft\nordinances: [x/one, x/two]\n"
    "observe: [x/one/words]\n---\n"
    "kind: Scenario\nname: d\nstate: draft\nordinances: [x/two]\n---\n"
    "kind: Scenario\nname: e\nstate: draft\nordinances: [x/one]\n"
    "observe: [x/one]\n";

static void
check_register(const struct weir_snapshot *snap)
{
    const struct weir_snap_scenario  *s = snap->scenarios;
    const struct weir_snap_profile   *p = snap->profiles;
    const struct weir_snap_rule      *r = snap->rules;
    unsigned                          action = 0;
    uint32_t                          labels = 0;

    CHECK(snap->counts[WEIR_SNAP_SCENARIOS] == 5);
    CHECK(snap->counts[WEIR_SNAP_RULES] == 4);
    CHECK(s[0].request_profile == s[1].request_profile
          && s[0].response_profile == s[1].response_profile);
    CHECK(s[0].request_profile != s[0].response_profile);
    CHECK(s[2].request_profile != s[0].request_profile);
    CHECK(p[s[2].request_profile].matcher == p[s[0].request_profile].matcher);
    CHECK(p[s[3].request_profile].matcher != p[s[0].request_profile].matcher);
    /* other terms, the same kind of identifier: its tables are there once */
    CHECK(p[s[4].request_profile].matcher != p[s[0].request_profile].matcher);
    CHECK(weir_matcher_back(snap->matchers + p[s[4].request_profile].matcher,
                            (size_t) p[s[4].request_profile].matcher_size)
          == p[s[4].request_profile].matcher
             - p[s[0].request_profile].matcher);
    CHECK(p[s[0].request_profile].rules == 3);
    CHECK(p[s[0].response_profile].rules == 4);
    for (uint32_t i = 0; i < 4; i++) {
        labels += snap->profile_rules[p[s[0].response_profile].rule
                                      + i].always;
    }
    CHECK(labels == 1);
    CHECK(strcmp(weir_snap_text(snap, r[0].law_en), "Law 1; Law 2") == 0);
    CHECK(strcmp(weir_snap_text(snap, r[0].law_zh), "法一；法二") == 0);
    CHECK(fires(snap, s[0].request_profile, "mail a@example.com",
                "x/one/mail", &action) && action == WEIR_PSEUDONYMISE);
    CHECK(fires(snap, s[0].request_profile, "mail a@example.com",
                "x/two/mail", &action) && action == WEIR_REDACT);
    CHECK(fires(snap, s[0].request_profile, "某词语某", "x/one/words",
                &action) && action == WEIR_DENY);
    CHECK(fires(snap, s[2].request_profile, "词语", "x/one/words", &action)
          && action == WEIR_OBSERVE);
    /* an answer waits for "词语" where it is denied, not where it counts */
    CHECK(lets_go(snap, s[0].response_profile, "某词") == 3);
    CHECK(lets_go(snap, s[2].response_profile, "某词") == 6);
    CHECK(fires(snap, s[2].response_profile, "词语", "x/one/words", &action)
          && action == WEIR_OBSERVE);
    CHECK(fires(snap, s[2].request_profile, "mail a@example.com",
                "x/one/mail", &action) && action == WEIR_PSEUDONYMISE);
    CHECK(fires(snap, s[4].request_profile, "mail a@example.com",
                "x/one/mail", &action) && action == WEIR_OBSERVE);
    CHECK(fires(snap, s[0].request_profile, "xabcd", "x/one/words",
                &action));
    CHECK(!fires(snap, s[0].request_profile, "abcx", "x/one/words",
                 &action));
}


static void
test_unite(void)
{
    struct weir_mem         *mem = weir_mem_open(1 << 20);
    struct weir_resources    r = { 0 };
    struct weir_notes        notes = { 0 };
    struct weir_compile_in   in;
    struct weir_snapshot     snap;
    struct weir_buf          out;

    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(weir_resources_read(&r, &notes, "r.yaml",
                              weir_span_of(register_text)) == WEIR_OK);
    in = (struct weir_compile_in) {
        .resources = r.at, .nresources = r.n, .packs = folder
    };
    CHECK(weir_compile(&in, &out, &notes) == WEIR_OK);
    for (size_t i = 0; i < notes.n; i++) {
        printf("# %s\n", notes.at[i].message);
    }
    if (CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK)) {
        check_register(&snap);
    }
    weir_buf_release(&out);
    weir_resources_release(&r);
    weir_notes_release(&notes);
    weir_mem_close(mem);
}


/* Findings of a pack's rules in a text: "rule begin-end score" each. */
static void
findings(const char *rules, const char *text, char *out, size_t size,
    struct weir_notes *notes)
{
    struct weir_mem     *mem = weir_mem_open(1 << 20);
    struct weir_united   u;
    struct weir_pack    *p;
    struct weir_buf      b;
    struct weir_scan    *s = malloc(weir_scan_size());
    struct weir_found    found[32];
    char                 whole[4096];
    size_t               n, len = 0;

    out[0] = '\0';
    weir_buf_init(&b, mem, WEIR_SNAPSHOT_BYTES_MAX);
    (void) snprintf(whole, sizeof(whole), "pack: x/y\n" HEAD "%s", rules);
    if (CHECK_MSG(weir_pack_read(&p, "y.yaml", weir_span_of(whole), notes)
                  == WEIR_OK, "%s", notes->n > 0 ? notes->at[0].message
                  : "?"))
    {
        const struct weir_pack  *one_pack = p;

        CHECK(weir_unite(&u, &one_pack, 1, WEIR_AS_BOTH, NULL, 0, notes));
        CHECK(weir_united_matcher(&u, &b, NULL, 0, notes) == WEIR_OK);
        CHECK(weir_matcher_check(b.at, b.len) == WEIR_OK);
        weir_scan_open(s, (const void *) b.at, WEIR_PLAIN, 0);
        CHECK(weir_scan_feed(s, (const uint8_t *) text, 0, strlen(text),
                             true, found, 32, &n) == WEIR_OK);
        for (size_t i = 0; i < n; i++) {
            len += (size_t) snprintf(out + len, size - len, "%s %u-%u %u;",
                u.rule[found[i].rule]->id, (unsigned) found[i].begin,
                (unsigned) found[i].end, found[i].score);
        }
        weir_pack_close(p);
    }
    free(s);
    weir_buf_release(&b);
    weir_mem_close(mem);
}


static void
test_lists(void)
{
    static const struct {
        const char  *name, *rules, *text, *want;
    }  cases[] = {
        { "severity and category", "lists:\n  l: {category: spam,"
          " severity: 300, terms: [mild], graded: [{term: worse,"
          " severity: 800}, {term: fraud, category: crime}]}\n"
          "rules:\n- {id: all, title: t, law: [a], find: {list: l},"
          " action: deny}\n- {id: high, title: t, law: [a], find: {list: l,"
          " severity: 500}, action: deny}\n- {id: crime, title: t,"
          " law: [a], find: {lists: [l], categories: [crime]},"
          " action: deny}\n", "mild worse fraud",
          "all 0-4 300;all 5-10 800;high 5-10 800;all 11-16 300;"
          "crime 11-16 300;" },
        { "separators and repeats", "lists:\n  l: {separators: 1,"
          " repeats: 5, terms: [bad, 发票代开], allow: [so bad]}\n"
          "rules:\n- {id: r, title: t, law: [a], find: {list: l},"
          " action: deny}\n", "b-a-d baaaad so b.a.d as sad",
          "r 0-5 1000;r 6-12 1000;" },
        { "near", "lists:\n  l: {terms: [buy, 买]}\n  m: {terms: [gun,"
          " 枪]}\nrules:\n- {id: r, title: t, law: [a], find: {list: l,"
          " near: m, within: 8, score: 700}, action: deny}\n",
          "buy a gun; a gun to buy, and much later buy one",
          "r 0-9 700;r 13-23 700;" },
        { "variants", "lists:\n  l: {variants: [leet, homophone, pinyin,"
          " split], terms: [bomb, 发票代开]}\n"
          "rules:\n- {id: r, title: t, law: [a], find: {list: l},"
          " action: deny}\n", "8om8 法票代开 fapiaodaikai",
          "r 0-4 1000;r 5-17 1000;r 18-30 1000;" }
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct weir_notes  notes = { 0 };
        char               got[1024];

        findings(cases[i].rules, cases[i].text, got, sizeof(got), &notes);
        CHECK_MSG(strcmp(got, cases[i].want) == 0, "%s: %s", cases[i].name,
                  got);
        weir_notes_release(&notes);
    }
}


/* More variants than may be: a warning, once for the list. */
static void
test_variants_capped(void)
{
    struct weir_notes  notes = { 0 };
    char               got[256];

    findings("lists:\n  l: {variants: [homophone], terms: ["
             "发票代开专业服务电话微信, 专业服务电话微信发票代开]}\n"
             "rules:\n- {id: r, title: t, law: [a], find: {list: l},"
             " action: deny}\n", "x", got, sizeof(got), &notes);
    CHECK(notes.n == 1 && notes.at[0].warning && !notes.failed
          && strstr(notes.at[0].message, "more than 64 variants") != NULL);
    weir_notes_release(&notes);
}


/* A file may grade its terms. */
static void
test_graded_file(void)
{
    struct weir_notes  notes = { 0 };
    struct weir_pack  *p;
    char               text[1024], path[256];

    put("x/lists/g.txt", "plain\nworse \t800\nfraud\t\tcrime\n"
        "both\t700\tcrime\n");
    (void) snprintf(path, sizeof(path), "%s/x/g.yaml", folder);
    (void) snprintf(text, sizeof(text), "pack: x/g\n" HEAD "lists:\n"
                    "  g: {file: lists/g.txt}\nrules:\n- {id: r, title: t,"
                    " law: [a], find: {list: g}, action: deny}\n");
    if (CHECK(weir_pack_read(&p, path, weir_span_of(text), &notes)
              == WEIR_OK))
    {
        const struct weir_words  *w = &p->lists[0].terms;

        CHECK(w->n == 4 && w->at[1].len == 5);
        CHECK(w->attr[0].severity == WEIR_NO_ATTR
              && w->attr[0].category == WEIR_NO_ATTR);
        CHECK(w->attr[1].severity == 800);
        CHECK(w->attr[2].severity == WEIR_NO_ATTR
              && w->attr[2].category == 0);
        CHECK(w->attr[3].severity == 700 && w->attr[3].category == 0);
        CHECK(p->ncategories == 1
              && strcmp(p->categories[0], "crime") == 0);
        weir_pack_close(p);
    }
    put("x/lists/g.txt", "worse\thigh\n");
    CHECK(weir_pack_read(&p, path, weir_span_of(text), &notes)
          == WEIR_E_BAD_REQUEST && notes.n > 0
          && strstr(notes.at[0].message, "`high` is no severity") != NULL);
    weir_notes_release(&notes);
    (void) snprintf(path, sizeof(path), "%s/x/lists/g.txt", folder);
    CHECK(remove(path) == 0);
}


#define LOCAL(name)  "---\nkind: Ordinance\nname: " name "\n" HEAD           \
    "contexts: {mail: [mail, \"null\"]}\n"                                   \
    "lists: {l: {terms: [quux, 词语], allow: [quuxly], separators: 1,"        \
    " repeats: 2, variants: [pinyin], severity: 400, category: c,"           \
    " graded: [{term: zorn, severity: 900, category: d}]}}\n"               \
    "rules:\n"                                                               \
    "- {id: words, title: W, law: [a, b], find: {list: l, edges: no},"       \
    " action: deny}\n"                                                       \
    "- {id: d, title: D, law: [a], find: {lists: [l], categories: [d],"      \
    " severity: 500, near: [l], within: 9}, action: deny}\n"                 \
    "- {id: mail, title: M, law: [a], find: {identifier: email, score: 300," \
    " context: mail}, action: redact}\n"                                    \
    "- {id: code, title: C, law: [a], find: {regexes: [{pattern:"           \
    " 'prj-\\d{4}\\b', flags: i, score: 700}]}, action: deny}\n"

static int
compile_register(const char *text, struct weir_buf *out,
    struct weir_notes *notes)
{
    struct weir_resources  r = { 0 };
    int                    rc;

    CHECK(weir_resources_read(&r, notes, "r.yaml", weir_span_of(text))
          == WEIR_OK);
    rc = weir_compile(&(struct weir_compile_in) {
        .resources = r.at, .nresources = r.n, .packs = folder }, out, notes);
    weir_resources_release(&r);
    return rc;
}


/* An Ordinance of the register beside shipped packs; its name is its own. */
static void
test_ordinance(void)
{
    struct weir_mem          *mem = weir_mem_open(1 << 20);
    struct weir_notes         notes = { 0 };
    struct weir_pack         *p = NULL;
    struct weir_resources     r = { 0 };
    struct weir_snapshot      snap;
    struct weir_buf           out;
    uint32_t                  profile;
    unsigned                  action = 0;

    weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
    CHECK(weir_resources_read(&r, &notes, "r.yaml",
                              weir_span_of(LOCAL("local/words")))
          == WEIR_OK);
    if (CHECK(weir_pack_stored(&p, &r.at[0], &notes) == WEIR_OK)) {
        CHECK(p->resource && strcmp(p->name, "local/words") == 0);
        CHECK(p->nlaw == 2 && p->nlists == 1 && p->contexts[0].n == 2);
        CHECK(p->law[0].verified && !p->law[1].verified);
        CHECK(weir_pack_rule(p, "mail")->score == 300);
        CHECK(weir_pack_rule(p, "code")->nregexes == 1
              && weir_pack_rule(p, "code")->regexes[0].score == 700
              && weir_pack_rule(p, "code")->regexes[0].flags == 1);
        weir_pack_close(p);
    }
    CHECK(compile_register(LOCAL("local/words") "---\nkind: Scenario\n"
        "name: s\nstate: draft\nordinances: [local/words, x/two]\n", &out,
        &notes) == WEIR_OK);
    if (CHECK(weir_snapshot_open(&snap, out.at, out.len) == WEIR_OK)) {
        profile = snap.scenarios[0].request_profile;
        CHECK(fires(&snap, profile, "a quux b", "local/words/words", &action)
              && action == WEIR_DENY);
        CHECK(fires(&snap, profile, "词*语", "local/words/words", &action));
        CHECK(fires(&snap, profile, "z-o-r-n zorn", "local/words/d",
                    &action));
        CHECK(!fires(&snap, profile, "quux quux", "local/words/d",
                     &action));
        CHECK(!fires(&snap, profile, "quuxly", "local/words/words",
                     &action));
        CHECK(fires(&snap, profile, "null a@b.example", "local/words/mail",
                    &action));
        CHECK(fires(&snap, profile, "see PRJ-1234.", "local/words/code",
                    &action) && action == WEIR_DENY);
        CHECK(!fires(&snap, profile, "see PRJ-12345", "local/words/code",
                     &action));
        weir_snapshot_close(&snap);
    }
    CHECK(compile_register(LOCAL("x/two"), &out, &notes)
          == WEIR_E_BAD_REQUEST);
    CHECK(strstr(notes.at[notes.n - 1].message, "a shipped pack has this")
          != NULL && notes.at[notes.n - 1].line > 0);
    CHECK(compile_register(LOCAL("local/words") "---\nkind: Scenario\n"
        "name: s\nstate: draft\nordinances: [local/wrods]\n", &out, &notes)
        == WEIR_E_BAD_REQUEST);
    CHECK(strstr(notes.at[notes.n - 1].message,
                 "did you mean `local/words`?") != NULL);
    weir_resources_release(&r);
    weir_notes_release(&notes);
    weir_buf_release(&out);
    weir_mem_close(mem);
}


/* 127 classes go, the 128th is refused; equal classes count once. */
static void
test_contexts(void)
{
    struct weir_mem    *mem = weir_mem_open(1 << 20);
    struct weir_buf     text, out;

    for (unsigned n = WEIR_CONTEXTS_MAX; n <= WEIR_CONTEXTS_MAX + 1; n++) {
        struct weir_notes   notes = { 0 };
        struct weir_pack   *p = NULL;
        struct weir_united  u;
        char                line[256];

        weir_buf_init(&text, mem, 1 << 20);
        weir_buf_init(&out, mem, WEIR_SNAPSHOT_BYTES_MAX);
        weir_buf_adds(&text, "pack: x/y\n" HEAD "contexts:\n");
        for (unsigned i = 0; i < n; i++) {
            (void) snprintf(line, sizeof(line), "  c%u: [word%u]\n", i, i);
            weir_buf_adds(&text, line);
        }
        weir_buf_adds(&text, "rules:\n");
        for (unsigned i = 0; i < n; i++) {
            (void) snprintf(line, sizeof(line), "- {id: r%u, title: t, law: "
                "[a], find: {identifier: email, context: c%u}, action: "
                "deny}\n", i, i);
            weir_buf_adds(&text, line);
        }
        CHECK(weir_pack_read(&p, "y.yaml", weir_buf_span(&text), &notes)
              == WEIR_OK);
        CHECK(weir_unite(&u, (const struct weir_pack *const *) &p, 1,
                         WEIR_AS_REQUEST, NULL, 0, &notes));
        CHECK((weir_united_matcher(&u, &out, NULL, 0, &notes) == WEIR_OK)
              == (n <= WEIR_CONTEXTS_MAX));
        CHECK(n <= WEIR_CONTEXTS_MAX
              || strstr(notes.at[0].message, "127 context classes") != NULL);
        weir_pack_close(p);
        weir_notes_release(&notes);
        weir_buf_release(&text);
        weir_buf_release(&out);
    }
    weir_mem_close(mem);
}


int
main(void)
{
    make_folder();
    test_read();
    test_bad();
    test_unite();
    test_lists();
    test_variants_capped();
    test_graded_file();
    test_ordinance();
    test_contexts();
    remove_folder();
    return weir_test_done();
}
