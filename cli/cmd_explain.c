/*
 * cmd_explain.c: `weir explain`: how the rules of a scenario decide a text,
 * step by step: every finding, the rule that looked for it, its articles, the
 * action, which rule won, and the text that results. In English and 中文.
 *
 * Rules come from the published snapshot, or from a register file or packs
 * that are compiled on the way; articles and dates from the packs' files.
 */
#include "cli/cmd.h"
#include "compile/pack.h"
#include "compile/report.h"
#include "compile/words.h"
#include "weir/act.h"
#include "weir/error.h"
#include "weir/ident.h"
#include "weir/limits.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct explain_options {
    const char   *scenario;
    const char   *file;
    const char  **packs;
    size_t        npacks, cap;
    enum weir_as  as;
    bool          tool;           /* what a tool returned, in a request */
    int           language;       /* 0 en, 1 zh, -1 both */
    const char   *text;
};

struct explain {
    struct explain_options            o;
    struct weir_mem                  *mem;
    struct weir_buf                   compiled;
    struct weir_snapshot              snap;
    const struct weir_snap_scenario  *scenario;
    const struct weir_snap_profile   *profile;    /* NULL: no rules */
    struct weir_resources             resources;  /* of the register file */
    struct weir_pack                **packs;      /* by rule of the snapshot,
                                                     NULL: not at hand */
    struct weir_buf                   text;
    struct weir_found                *found;
    size_t                            nfound, cap_found;
};

/* Bytes of the left column: two Han characters are 6 bytes and 4 wide. */
#define WIDTH(zh)  ((zh) ? 10 : 8)

/* The words of the explanation, English and Chinese. */
enum word {
    W_SCENARIO, W_REQUEST, W_ANSWER, W_NO_RULES, W_NOTHING, W_TERM, W_SCORE,
    W_RULE, W_ACTION, W_LAW, W_SINCE, W_VERIFIED, W_UNVERIFIED, W_ALWAYS,
    W_OBSERVED, W_COVERED, W_DECISION, W_STRICTEST, W_BY, W_RESULT,
    W_RESULT_DENY, W_REFUSED, W_AS_OF, W_HELP, W_FROM_ACTIONS, W_COUNT
};

static const char *const  words[W_COUNT][2] = {
    [W_SCENARIO] = { "Scenario", "场景" },
    [W_REQUEST] = { "request", "请求" },
    [W_ANSWER] = { "answer", "回答" },
    [W_NO_RULES] = { "No rule looks in this direction; all passes.",
                     "该方向没有规则，全部放行。" },
    [W_NOTHING] = { "No rule finds anything.", "没有规则命中。" },
    [W_TERM] = { "term", "词条" },
    [W_SCORE] = { "score", "分值" },
    [W_RULE] = { "rule", "规则" },
    [W_ACTION] = { "action", "处置" },
    [W_LAW] = { "law", "依据" },
    [W_SINCE] = { "in force since", "施行于" },
    [W_VERIFIED] = { "verified at the source", "已与官方文本核对" },
    [W_UNVERIFIED] = { "not verified at the source", "尚未与官方文本核对" },
    [W_ALWAYS] = { "every answer", "所有回答" },
    [W_OBSERVED] = { "the scenario only observes this rule; of itself it "
                     "would", "本场景对该规则仅作观察；规则本身的处置为" },
    [W_COVERED] = { "overlaps with a finding that goes before it (stricter, "
                    "else longer, else first): number",
                    "与优先的命中重叠（更严者优先，其次更长者，再次在前者）："
                    "第" },
    [W_DECISION] = { "Decision", "决定" },
    [W_STRICTEST] = { "the strictest action of all findings wins, by",
                      "取全部命中中最严的处置，出自规则" },
    [W_BY] = { "from rule", "出自规则" },
    [W_RESULT] = { "Text passed on", "放行的文本" },
    [W_REFUSED] = { "Refused; nothing is sent to the model.",
                    "拒绝；不向模型发送任何内容。" },
    [W_RESULT_DENY] = { "Refused; in a stream this had left before",
                        "拒绝；流式输出在此之前已放行" },
    [W_AS_OF] = { "law as of", "法规核对日期" },
    [W_HELP] = { "help", "帮助" },
    [W_FROM_ACTIONS] = { "from lenient to strict: allow < observe < label < "
                         "pseudonymise < redact < deny",
                         "由宽到严：放行 < 观察 < 标识 < 假名化 < 遮盖 < "
                         "拒绝" }
};

static const char *const  action_zh[] = {
    "放行", "观察", "标识", "假名化", "遮盖", "拒绝"
};


static const char *
action_name(unsigned action, int zh)
{
    return zh ? action_zh[action] : weir_action_words[action];
}


static const char *
colon(int zh)
{
    return zh ? "：" : ": ";
}


static const struct weir_snap_profile_rule *
rule_at(const struct explain *e, size_t number)
{
    return &e->snap.profile_rules[e->profile->rule + number];
}


/* ---- getting rules and text ---- */

static bool
compile_file(struct explain *e, struct weir_notes *notes)
{
    struct weir_resources   *r = &e->resources;
    struct weir_compile_in   in;
    size_t                   len = 0;
    uint8_t                 *text = weir_file_read(e->o.file, &len);
    int                      rc;

    if (text == NULL) {
        weir_notes_add(notes, false, e->o.file, 0, 0, "cannot be read");
        return false;
    }
    rc = weir_resources_read(r, notes, e->o.file,
                             (struct weir_span) { text, len });
    if (rc == WEIR_OK) {
        in = (struct weir_compile_in) {
            .resources = r->at, .nresources = r->n,
            .packs = weir_packs_folder(), .generation = 1,
            .now_ms = (uint64_t) time(NULL) * 1000
        };
        rc = weir_compile(&in, &e->compiled, notes);
    }
    free(text);
    return rc == WEIR_OK;
}


static int
load_rules(struct explain *e)
{
    struct weir_notes  notes = { 0 };
    char               path[4096];
    bool               ok;
    int                rc;

    if (e->o.file == NULL && e->o.npacks == 0) {
        (void) snprintf(path, sizeof(path), "%s/snapshot/current",
                        cmd_state());
        rc = weir_snapshot_map(&e->snap, AT_FDCWD, path);
        if (rc != WEIR_OK) {
            return cmd_fail("explain", "%s: %s%s", path,
                            weir_error_info(rc)->en, rc == WEIR_E_IO
                            ? " (is Weir set up? --file and --pack work "
                              "without it)" : "");
        }
        return 0;
    }
    ok = e->o.file != NULL ? compile_file(e, &notes)
         : weir_compile_packs(weir_packs_folder(), e->o.packs, e->o.npacks,
                              &e->compiled, &notes) == WEIR_OK;
    if (!ok) {
        weir_notes_print(&notes, stderr);
    }
    weir_notes_release(&notes);
    if (!ok) {
        return 2;
    }
    rc = weir_snapshot_open(&e->snap, e->compiled.at, e->compiled.len);
    return rc == WEIR_OK ? 0
           : cmd_fail("explain", "%s", weir_error_info(rc)->en);
}


static int
find_scenario(struct explain *e)
{
    const uint32_t  n = e->snap.counts[WEIR_SNAP_SCENARIOS];
    const char    **names = calloc(n + 1, sizeof(*names));
    const char     *near, *want = e->o.scenario;
    uint32_t        profile;

    weir_assert(names != NULL);
    for (uint32_t i = 0; i < n; i++) {
        names[i] = weir_snap_text(&e->snap, e->snap.scenarios[i].name);
        if ((want == NULL && n == 1)
            || (want != NULL && strcmp(names[i], want) == 0))
        {
            e->scenario = &e->snap.scenarios[i];
        }
    }
    near = want != NULL ? weir_nearest(want, names, n) : NULL;
    free(names);
    if (e->scenario == NULL) {
        if (want == NULL) {
            return cmd_fail("explain", "name a scenario: --scenario S");
        }
        return cmd_fail("explain", "unknown scenario `%s`%s%s%s", want,
                        near != NULL ? "; did you mean `" : "",
                        near != NULL ? near : "", near != NULL ? "`?" : "");
    }
    profile = e->o.as == WEIR_AS_REQUEST ? e->scenario->request_profile
              : e->scenario->response_profile;
    e->profile = profile == WEIR_SNAP_NONE ? NULL
                 : &e->snap.profiles[profile];
    return 0;
}


static int
open_pack(struct explain *e, const char *name, struct weir_pack **out)
{
    struct weir_notes  notes = { 0 };
    size_t             i = 0;
    int                rc;

    while (i < e->resources.n
           && (e->resources.at[i].kind != WEIR_KIND_ORDINANCE
               || strcmp(e->resources.at[i].name, name) != 0))
    {
        i++;
    }
    rc = i < e->resources.n
         ? weir_pack_stored(out, &e->resources.at[i], &notes)
         : weir_pack_open(out, weir_packs_folder(), name, &notes);
    weir_notes_release(&notes);
    return rc;
}


/* The packs of the profile's rules, for articles and dates. What is not at
   hand is left out: the snapshot has the names of the articles. */
static void
load_packs(struct explain *e)
{
    const uint32_t  n = e->snap.counts[WEIR_SNAP_RULES];

    e->packs = calloc(n + 1, sizeof(*e->packs));
    weir_assert(e->packs != NULL);
    for (uint32_t i = 0; i < n; i++) {
        const char  *name = weir_snap_text(&e->snap, e->snap.rules[i].pack);

        for (uint32_t k = 0; k < i && e->packs[i] == NULL; k++) {
            if (e->packs[k] != NULL && strcmp(e->packs[k]->name, name) == 0)
            {
                e->packs[i] = e->packs[k];
            }
        }
        if (e->packs[i] == NULL
            && open_pack(e, name, &e->packs[i]) != WEIR_OK)
        {
            e->packs[i] = NULL;
        }
    }
}


static int
load_text(struct explain *e)
{
    uint8_t  chunk[4096];
    ssize_t  n;

    if (strcmp(e->o.text, "-") != 0) {
        weir_buf_adds(&e->text, e->o.text);
    } else {
        while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) > 0) {
            weir_buf_add(&e->text, chunk, (size_t) n);
        }
    }
    return e->text.failed ? cmd_fail("explain", "the text is too long") : 0;
}


/* ---- looking ---- */

static void
add_found(struct explain *e, const struct weir_found *f)
{
    weir_grow(&e->found, e->nfound, &e->cap_found, sizeof(*e->found));
    e->found[e->nfound++] = *f;
}


static unsigned
scan_flags(const struct explain *e)
{
    return e->o.tool ? 0 : WEIR_SCAN_SPOKEN;
}


/* All findings, then the rules that hold always (with an empty span). */
static void
look(struct explain *e)
{
    struct weir_found           found[WEIR_FOUND_MAX];
    const struct weir_matcher  *m;
    struct weir_finder         *find;
    size_t                      n;
    int                         rc = WEIR_MORE;

    if (e->profile == NULL) {
        return;
    }
    if (e->profile->matcher_size > 0) {
        m = (const void *) (e->snap.matchers + e->profile->matcher);
        find = aligned_alloc(64, (weir_find_size(m) + 63) / 64 * 64);
        weir_assert(find != NULL);
        weir_find_open(find, m, weir_snap_patterns(&e->snap, e->profile),
                       WEIR_PLAIN, scan_flags(e));
        while (rc == WEIR_MORE) {
            rc = weir_find_feed(find, e->text.at, 0, e->text.len, true,
                                found, WEIR_FOUND_MAX, &n);
            for (size_t i = 0; i < n; i++) {
                add_found(e, &found[i]);
            }
        }
        if (weir_find_overflow(find)) {
            fputs("weir explain: the gateway would refuse this text: too many "
                  "findings overlap, or a regex takes too long\n", stderr);
        }
        free(find);
    }
    for (uint32_t i = 0; i < e->profile->rules; i++) {
        if (rule_at(e, i)->always) {
            add_found(e, &(struct weir_found) { .rule = (uint16_t) i });
        }
    }
}


static unsigned
action_of(const struct explain *e, const struct weir_found *f)
{
    return weir_decide(&e->snap, e->profile, f);
}


/* Does `b` go before `a` where both want to rewrite: act.h. */
static bool
goes_before(const struct explain *e, size_t b, size_t a)
{
    const struct weir_found  *x = &e->found[a], *y = &e->found[b];
    const unsigned            ax = action_of(e, x), ay = action_of(e, y);

    if (x->end == x->begin || y->begin >= x->end || x->begin >= y->end
        || ay < WEIR_PSEUDONYMISE || ax < WEIR_PSEUDONYMISE)
    {
        return false;
    }
    if (ax != ay) {
        return ay > ax;
    }
    if (y->end - y->begin != x->end - x->begin) {
        return y->end - y->begin > x->end - x->begin;
    }
    return b < a;
}


/* ---- telling ---- */

static uint64_t
points(const struct explain *e, uint64_t byte)
{
    uint64_t  n = 0;

    for (uint64_t i = 0; i < byte; i++) {
        n += (e->text.at[i] & 0xc0) != 0x80;
    }
    return n;
}


static void
tell_law(const struct explain *e, uint32_t rule, int zh)
{
    const struct weir_snap_rule  *s = &e->snap.rules[rule];
    const struct weir_pack       *pack = e->packs[rule];
    const char                   *id = weir_snap_text(&e->snap, s->id);
    const struct weir_rule       *r = pack == NULL ? NULL
        : weir_pack_rule(pack, id + strlen(pack->name) + 1);

    if (r == NULL) {
        printf("   %-*s %s (%s)\n", WIDTH(zh), words[W_LAW][zh],
               weir_snap_text(&e->snap, zh ? s->law_zh : s->law_en),
               words[s->verified ? W_VERIFIED : W_UNVERIFIED][zh]);
        return;
    }
    for (size_t i = 0; i < r->nlaw; i++) {
        const struct weir_cite  *c = r->law[i];

        printf("   %-*s %s", i == 0 ? WIDTH(zh) : WIDTH(0),
               i == 0 ? words[W_LAW][zh] : "",
               zh ? c->text.zh : c->text.en);
        printf(zh ? "（" : " (");
        if (c->since[0] != '\0') {
            printf("%s %s%s", words[W_SINCE][zh], c->since,
                   zh ? "，" : ", ");
        }
        printf("%s%s\n", words[c->verified ? W_VERIFIED : W_UNVERIFIED][zh],
               zh ? "）" : ")");
        if (c->note.en[0] != '\0') {
            printf("   %-8s   %s\n", "", zh ? c->note.zh : c->note.en);
        }
    }
    printf("   %-8s %s %s\n", "", words[W_AS_OF][zh], pack->as_of);
}


static void
tell_observed(const struct explain *e, uint32_t rule, unsigned action,
    int zh)
{
    const struct weir_pack  *pack = e->packs[rule];
    const char              *id = weir_snap_text(&e->snap,
                                                 e->snap.rules[rule].id);
    const struct weir_rule  *r = pack == NULL ? NULL
        : weir_pack_rule(pack, id + strlen(pack->name) + 1);

    if (r != NULL && action == WEIR_OBSERVE
        && r->action[e->o.as] > WEIR_OBSERVE)
    {
        printf(zh ? "（%s%s）" : " (%s %s)", words[W_OBSERVED][zh],
               action_name((unsigned) r->action[e->o.as], zh));
    }
}


static void
tell_found(const struct explain *e, size_t i, int zh)
{
    const struct weir_found      *f = &e->found[i];
    const uint32_t                rule = rule_at(e, f->rule)->rule;
    const struct weir_snap_rule  *s = &e->snap.rules[rule];
    const unsigned                action = action_of(e, f);
    const char                   *help = weir_snap_text(&e->snap,
        zh ? s->help_zh : s->help_en);

    if (rule_at(e, f->rule)->always) {
        printf("%zu. %s\n", i + 1, words[W_ALWAYS][zh]);
    } else {
        printf("%zu. \"%.*s\" [%llu, %llu) %s, %s %u\n", i + 1,
               (int) (f->end - f->begin), (char *) e->text.at + f->begin,
               (unsigned long long) points(e, f->begin),
               (unsigned long long) points(e, f->end),
               f->kind == 0 ? words[W_TERM][zh] : weir_ident_type(f->kind),
               words[W_SCORE][zh], f->score);
    }
    printf("   %-*s %s: %s\n", WIDTH(zh), words[W_RULE][zh],
           weir_snap_text(&e->snap, s->id),
           weir_snap_text(&e->snap, zh ? s->title_zh : s->title_en));
    printf("   %-*s %s", WIDTH(zh), words[W_ACTION][zh],
           action_name(action, zh));
    if (action == WEIR_LABEL) {
        printf(" (weir-labels: %s)", weir_snap_text(&e->snap, s->label));
    }
    tell_observed(e, rule, action, zh);
    printf("\n");
    for (size_t k = 0; k < e->nfound; k++) {
        if (goes_before(e, k, i)) {
            printf("   %-8s %s %zu\n", "", words[W_COVERED][zh], k + 1);
            break;
        }
    }
    tell_law(e, rule, zh);
    if (action == WEIR_DENY && help[0] != '\0') {
        printf("   %-*s %s\n", WIDTH(zh), words[W_HELP][zh], help);
    }
}


/* The strictest finding, the first among equals. */
static void
tell_decision(const struct explain *e, int zh)
{
    size_t  best = 0;

    for (size_t i = 1; i < e->nfound; i++) {
        if (action_of(e, &e->found[i]) > action_of(e, &e->found[best])) {
            best = i;
        }
    }
    printf("\n%s%s%s\n", words[W_DECISION][zh], colon(zh), action_name(
           e->nfound == 0 ? WEIR_ALLOW : action_of(e, &e->found[best]),
           zh));
    if (e->nfound > 0) {
        printf("   %s %s\n", words[e->nfound > 1 ? W_STRICTEST : W_BY][zh],
               weir_snap_text(&e->snap, e->snap.rules[
                   rule_at(e, e->found[best].rule)->rule].id));
    }
    if (e->nfound > 1) {
        printf("   (%s)\n", words[W_FROM_ACTIONS][zh]);
    }
}


static void
tell_result(struct explain *e, int zh)
{
    struct weir_names    *names = NULL;
    struct weir_verdict   v;
    struct weir_act       act = {
        .snap = &e->snap, .profile = e->profile, .verdict = &v,
        .mem = e->mem, .names = &names, .chinese = zh
    };
    struct weir_channel   c;
    struct weir_buf       out;
    int                   rc;

    weir_verdict_open(&v);
    weir_buf_init(&out, e->mem, 2 * WEIR_BODY_BYTES_MAX);
    rc = weir_channel_open(&c, &act, WEIR_PLAIN, scan_flags(e));
    if (rc == WEIR_OK) {
        rc = weir_channel_feed(&c, &act, e->text.at, e->text.len, true,
                               &out);
        weir_channel_close(&c, &act);
    }
    if (rc == WEIR_DONE && e->o.as == WEIR_AS_REQUEST) {
        printf("%s\n", words[W_REFUSED][zh]);
        out.len = 0;
    } else {
        printf("%s%s\n   ", words[rc == WEIR_DONE ? W_RESULT_DENY
                                  : W_RESULT][zh], colon(zh));
    }
    for (size_t i = 0; i < out.len; i++) {
        (void) putchar(out.at[i]);
        if (out.at[i] == '\n' && i + 1 < out.len) {
            printf("   ");
        }
    }
    printf("\n");
    weir_buf_release(&out);
    weir_names_close(names);
}


static void
tell(struct explain *e, int zh)
{
    printf("%s%s%s", words[W_SCENARIO][zh], colon(zh),
           weir_snap_text(&e->snap, e->scenario->name));
    if (e->scenario->title_en.len > 0
        && e->scenario->title_en.at != e->scenario->name.at)
    {
        printf(zh ? "（%s）" : " (%s)", weir_snap_text(&e->snap,
               zh ? e->scenario->title_zh : e->scenario->title_en));
    }
    printf("%s%s\n\n", zh ? "，" : ", ",
           words[e->o.as == WEIR_AS_REQUEST ? W_REQUEST : W_ANSWER][zh]);
    if (e->profile == NULL) {
        printf("%s\n", words[W_NO_RULES][zh]);
    } else if (e->nfound == 0) {
        printf("%s\n", words[W_NOTHING][zh]);
    }
    for (size_t i = 0; i < e->nfound; i++) {
        tell_found(e, i, zh);
    }
    tell_decision(e, zh);
    tell_result(e, zh);
}


/* ---- the verb ---- */

static int
help(void)
{
    fputs("weir explain --scenario S --as request|tool|response\n"
          "             [--lang en|zh] [--file REGISTER.yaml | --pack P...]\n"
          "             TEXT|-\n"
          "\n"
          "Shows how a text is decided: each finding with its rule, action\n"
          "and articles of law, which rule won and why, and the text that\n"
          "results; in English and Chinese unless --lang says one.\n"
          "As tool: what a tool returned, in a request.\n"
          "\n"
          "Rules: those now in force (STATE/snapshot/current); --file\n"
          "compiles a register on the way; --pack needs no scenario.\n",
          stdout);
    return 0;
}


static bool
read_value(struct explain_options *o, const char *name, const char *value)
{
    if (strcmp(name, "--scenario") == 0) {
        o->scenario = value;
    } else if (strcmp(name, "--file") == 0) {
        o->file = value;
    } else if (strcmp(name, "--pack") == 0) {
        weir_grow(&o->packs, o->npacks, &o->cap, sizeof(*o->packs));
        o->packs[o->npacks++] = value;
    } else if (strcmp(name, "--as") == 0
               && (strcmp(value, "request") == 0
                   || strcmp(value, "tool") == 0
                   || strcmp(value, "response") == 0
                   || strcmp(value, "answer") == 0))
    {
        o->tool = value[0] == 't';
        o->as = value[2] == 'q' || o->tool ? WEIR_AS_REQUEST : WEIR_AS_ANSWER;
    } else if (strcmp(name, "--lang") == 0
               && (strcmp(value, "en") == 0 || strcmp(value, "zh") == 0))
    {
        o->language = value[0] == 'z';
    } else {
        return false;
    }
    return true;
}


static int
read_options(struct explain_options *o, int argc, char **argv)
{
    int  i = 1;

    o->language = -1;
    while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0') {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (i + 1 >= argc || !read_value(o, argv[i], argv[i + 1])) {
            return cmd_fail("explain", "unknown option or bad value: %s %s",
                            argv[i], i + 1 < argc ? argv[i + 1] : "");
        }
        i += 2;
    }
    if (i + 1 != argc) {
        return cmd_fail("explain", "give one TEXT in quotes, or - for "
                        "standard input (see --help)");
    }
    if (o->file != NULL && o->npacks > 0) {
        return cmd_fail("explain", "--file and --pack do not go together");
    }
    o->text = argv[i];
    return 0;
}


static void
release(struct explain *e)
{
    for (uint32_t i = 0; e->packs != NULL
         && i < e->snap.counts[WEIR_SNAP_RULES]; i++)
    {
        bool  again = false;

        for (uint32_t k = 0; k < i; k++) {
            again = again || e->packs[k] == e->packs[i];
        }
        if (!again) {
            weir_pack_close(e->packs[i]);
        }
    }
    free(e->packs);
    free(e->found);
    free(e->o.packs);
    weir_snapshot_close(&e->snap);
    weir_resources_release(&e->resources);
    weir_buf_release(&e->compiled);
    weir_buf_release(&e->text);
    weir_mem_close(e->mem);
}


int
cmd_explain(int argc, char **argv)
{
    struct explain  e = { 0 };
    int             rc;

    if (cmd_wants_help(argc, argv)) {
        return help();
    }
    e.mem = weir_mem_open(0);
    weir_assert(e.mem != NULL);
    weir_buf_init(&e.compiled, e.mem, WEIR_SNAPSHOT_BYTES_MAX);
    weir_buf_init(&e.text, e.mem, WEIR_BODY_BYTES_MAX);
    rc = read_options(&e.o, argc, argv);
    if (rc == 0) {
        rc = load_rules(&e);
    }
    if (rc == 0) {
        rc = find_scenario(&e);
    }
    if (rc == 0) {
        rc = load_text(&e);
    }
    if (rc == 0) {
        load_packs(&e);
        look(&e);
        if (e.o.language != 1) {
            tell(&e, 0);
        }
        if (e.o.language == -1) {
            printf("\n");
        }
        if (e.o.language != 0) {
            tell(&e, 1);
        }
    }
    release(&e);
    return rc;
}
