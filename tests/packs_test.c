/*
 * packs_test.c FOLDER: runs the cases of every pack of a folder. A case goes
 * through the channel whole, byte by byte and at random splits, as plain
 * text and as the inside of a JSON string; all must deliver the same. A pack
 * without cases fails, and so does a rule that no case makes fire.
 */
#include "base/test.h"
#include "compile/compile.h"
#include "compile/pack.h"
#include "compile/schema.h"
#include "weir/act.h"
#include "weir/error.h"

#ifndef WEIR_PACKS_SOURCE
#define WEIR_PACKS_SOURCE  "ordinance"
#endif

#define SPLITS       20
#define TEXT_MAX     (1u << 20)

struct run {
    const struct weir_pack     *pack;
    const char                 *file;
    struct weir_mem            *mem;
    struct weir_snapshot        snap;
    bool                        seen[WEIR_RULES_MAX];
    uint64_t                    seed;
};

struct one {                      /* a case */
    const char                 *name;
    enum weir_as                as;
    bool                        tool;  /* in a request: what one returned */
    bool                        chinese;
    struct weir_span            text;
    struct weir_span            output;
    const char                 *action;
    const struct weir_yaml     *rules;
};

static const char *const  as_words[] = { "request", "tool", "answer", NULL };
static const char *const  language_words[] = { "en", "zh", NULL };

static const struct weir_field  case_fields[] = {
    { "name", WEIR_FIELD_TEXT, .required = true },
    { "as", WEIR_FIELD_ENUM, .required = true, .words = as_words },
    { "language", WEIR_FIELD_ENUM, .words = language_words },
    { "text", WEIR_FIELD_ANY, .required = true },
    { "action", WEIR_FIELD_ENUM, .required = true,
      .words = weir_action_words },
    { "rules", WEIR_FIELD_NAMES, .required = true },
    { "output", WEIR_FIELD_ANY, .required = true },
    { NULL }
};

static const struct weir_field  file_fields[] = {
    { "pack", WEIR_FIELD_WIDE_NAME, .required = true },
    { "cases", WEIR_FIELD_ANY, .required = true },
    { NULL }
};


/* Rules that hold always, as flow does it. */
static void
add_always(const struct run *t, const struct weir_snap_profile *p,
    struct weir_verdict *v)
{
    for (uint32_t i = 0; i < p->rules; i++) {
        if (t->snap.profile_rules[p->rule + i].always) {
            const struct weir_found  f = { .rule = (uint16_t) i };

            weir_verdict_add(v, &t->snap, p, &f);
        }
    }
}


/* The text in pieces through a channel; `split` 0: whole, 1: bytes, else at
   random. */
static void
deliver(struct run *t, const struct one *c, const struct weir_snap_profile *p,
    enum weir_coding coding, struct weir_span text, int split,
    struct weir_verdict *v, struct weir_buf *out)
{
    struct weir_names    *names = NULL;
    struct weir_act       act = {
        .snap = &t->snap, .profile = p, .verdict = v, .mem = t->mem,
        .names = &names, .chinese = c->chinese
    };
    struct weir_channel   ch;
    size_t                at = 0;
    int                   rc = weir_channel_open(&ch, &act, coding,
                                                c->tool ? 0
                                                : WEIR_SCAN_SPOKEN);

    CHECK(rc == WEIR_OK);
    do {
        size_t  n = text.len - at;

        if (split == 1 && n > 1) {
            n = 1;
        } else if (split > 1 && n > 0) {
            n = weir_test_random(&t->seed) % (n < 9 ? n + 1 : 9);
        }
        rc = weir_channel_feed(&ch, &act, text.at + at, n,
                               at + n == text.len, out);
        at += n;
    } while (rc == WEIR_OK && at < text.len);
    CHECK(rc == WEIR_OK || rc == WEIR_DONE);
    weir_channel_close(&ch, &act);
    weir_names_close(names);
}


static bool
same(struct weir_span a, struct weir_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}


static void
check_output(struct run *t, const struct one *c,
    const struct weir_snap_profile *p, struct weir_verdict *first)
{
    struct weir_buf  json_text, json_output, out;
    bool             ok = true;      /* the first split that fails will do */

    weir_buf_init(&json_text, t->mem, TEXT_MAX);
    weir_buf_init(&json_output, t->mem, TEXT_MAX);
    weir_buf_init(&out, t->mem, TEXT_MAX);
    weir_buf_add_json(&json_text, c->text, 1);
    weir_buf_add_json(&json_output, c->output, 1);
    for (int split = 0; split < SPLITS && ok; split++) {
        struct weir_verdict  v;

        weir_verdict_open(&v);
        out.len = 0;
        deliver(t, c, p, WEIR_PLAIN, c->text, split, &v, &out);
        ok = CHECK_MSG(same(weir_buf_span(&out), c->output),
                       "%s: %s (split %d): delivered \"%.*s\"", t->file,
                       c->name, split, (int) out.len,
                       (const char *) out.at);
        if (split == 0) {
            *first = v;
        }
        ok = CHECK_MSG(v.action == first->action
                       && v.nhits == first->nhits,
                       "%s: %s (split %d): another verdict", t->file,
                       c->name, split) && ok;
        weir_verdict_open(&v);
        out.len = 0;
        deliver(t, c, p, WEIR_JSON, weir_buf_span(&json_text), split, &v,
                &out);
        ok = CHECK_MSG(same(weir_buf_span(&out),
                            weir_buf_span(&json_output)),
                       "%s: %s (JSON, split %d): delivered \"%.*s\"",
                       t->file, c->name, split, (int) out.len,
                       (const char *) out.at) && ok;
    }
    weir_buf_release(&json_text);
    weir_buf_release(&json_output);
    weir_buf_release(&out);
}


static const char *
short_id(const struct run *t, uint32_t rule)
{
    const char  *id = weir_snap_text(&t->snap, t->snap.rules[rule].id);

    return id + strlen(t->pack->name) + 1;
}


static void
check_rules(struct run *t, const struct one *c, const struct weir_verdict *v)
{
    for (uint32_t i = 0; i < v->nhits; i++) {
        const char              *id = short_id(t, v->hits[i].rule);
        const struct weir_yaml  *r = c->rules->first;

        while (r != NULL && strcmp(r->text, id) != 0) {
            r = r->next;
        }
        CHECK_MSG(r != NULL, "%s: %s: the rule `%s` fires", t->file, c->name,
                  id);
    }
    for (const struct weir_yaml *r = c->rules->first; r != NULL;
         r = r->next)
    {
        bool  found = false;

        for (uint32_t i = 0; i < v->nhits; i++) {
            found = found || strcmp(short_id(t, v->hits[i].rule), r->text)
                             == 0;
        }
        CHECK_MSG(found, "%s: %s: the rule `%s` does not fire", t->file,
                  c->name, r->text);
        for (size_t i = 0; found && i < t->pack->nrules; i++) {
            if (strcmp(t->pack->rules[i].id, r->text) == 0) {
                t->seen[i] = true;
            }
        }
    }
}


static void
run_case(struct run *t, const struct one *c)
{
    const struct weir_snap_scenario  *sc = &t->snap.scenarios[0];
    const uint32_t                    profile = c->as == WEIR_AS_REQUEST
        ? sc->request_profile : sc->response_profile;
    const struct weir_snap_profile   *p = profile == WEIR_SNAP_NONE ? NULL
        : &t->snap.profiles[profile];
    struct weir_verdict               v;

    check_output(t, c, p, &v);
    if (p != NULL) {
        add_always(t, p, &v);
    }
    CHECK_MSG(strcmp(weir_action_words[v.action], c->action) == 0,
              "%s: %s: the action is %s", t->file, c->name,
              weir_action_words[v.action]);
    check_rules(t, c, &v);
}


static struct weir_span
span_of(const struct weir_yaml *v)
{
    return (struct weir_span) { (const uint8_t *) v->text, v->len };
}


static void
run_cases(struct run *t, const struct weir_place *pl,
    const struct weir_yaml *doc)
{
    const struct weir_yaml  *cases;

    if (!weir_schema_check(pl, "a cases file", doc, file_fields)) {
        return;
    }
    CHECK_MSG(strcmp(weir_yaml_get(doc, "pack")->text, t->pack->name) == 0,
              "%s is of another pack", t->file);
    cases = weir_yaml_get(doc, "cases");
    CHECK_MSG(cases->type == WEIR_YAML_LIST && cases->n > 0,
              "%s has no cases", t->file);
    for (const struct weir_yaml *v = cases->first; v != NULL; v = v->next) {
        const struct weir_yaml  *language;
        struct one               c = { 0 };

        if (!weir_schema_check(pl, "a case", v, case_fields)) {
            continue;
        }
        language = weir_yaml_get(v, "language");
        c.name = weir_yaml_get(v, "name")->text;
        c.tool = strcmp(weir_yaml_get(v, "as")->text, "tool") == 0;
        c.as = strcmp(weir_yaml_get(v, "as")->text, "answer") == 0
               ? WEIR_AS_ANSWER : WEIR_AS_REQUEST;
        c.chinese = language != NULL ? strcmp(language->text, "zh") == 0
                    : strncmp(t->pack->jurisdiction, "cn", 2) == 0;
        c.text = span_of(weir_yaml_get(v, "text"));
        c.output = span_of(weir_yaml_get(v, "output"));
        c.action = weir_yaml_get(v, "action")->text;
        c.rules = weir_yaml_get(v, "rules");
        run_case(t, &c);
    }
}


static void
run_file(struct run *t, struct weir_notes *notes)
{
    struct weir_pool         pool = { 0 };
    const struct weir_place  pl = { notes, t->file };
    struct weir_yaml        *doc = NULL;
    size_t                   len = 0;
    uint8_t                 *text = weir_file_read(t->file, &len);

    if (CHECK_MSG(text != NULL, "%s: a pack needs cases", t->file)) {
        CHECK(weir_yaml_read(&doc, &pool, notes, t->file,
                             (struct weir_span) { text, len }) == WEIR_OK);
        if (doc != NULL) {
            run_cases(t, &pl, doc);
        }
    }
    for (size_t i = 0; text != NULL && i < t->pack->nrules; i++) {
        CHECK_MSG(t->seen[i], "%s: no case makes the rule `%s` fire",
                  t->file, t->pack->rules[i].id);
    }
    free(text);
    weir_pool_release(&pool);
}


static void
run_pack(const char *folder, const char *name, struct weir_notes *notes)
{
    char              file[4096];
    struct run        t = { .seed = 20261124, .mem = weir_mem_open(1 << 20) };
    struct weir_pack *pack;
    struct weir_buf   out;

    (void) snprintf(file, sizeof(file), "%s/%s.cases.yaml", folder, name);
    t.file = file;
    weir_buf_init(&out, t.mem, WEIR_SNAPSHOT_BYTES_MAX);
    if (CHECK_MSG(weir_pack_open(&pack, folder, name, notes) == WEIR_OK,
                  "%s cannot be read", name))
    {
        t.pack = pack;
        if (CHECK_MSG(weir_compile_packs(folder, &name, 1, &out, notes)
                      == WEIR_OK, "%s cannot be compiled", name)
            && CHECK(weir_snapshot_open(&t.snap, out.at, out.len)
                     == WEIR_OK))
        {
            run_file(&t, notes);
        }
        weir_pack_close(pack);
    }
    weir_buf_release(&out);
    weir_mem_close(t.mem);
}


int
main(int argc, char **argv)
{
    const char         *folder = argc > 1 ? argv[1] : WEIR_PACKS_SOURCE;
    struct weir_pool    pool = { 0 };
    struct weir_notes   notes = { 0 };
    const char        **names;
    const size_t        n = weir_pack_names(folder, &pool, &names);

    CHECK_MSG(n > 0, "no packs in %s", folder);
    for (size_t i = 0; i < n; i++) {
        run_pack(folder, names[i], &notes);
    }
    for (size_t i = 0; i < notes.n; i++) {
        CHECK_MSG(notes.at[i].warning, "%s:%u:%u: %s", notes.at[i].file,
                  notes.at[i].line, notes.at[i].column, notes.at[i].message);
    }
    weir_notes_release(&notes);
    weir_pool_release(&pool);
    return weir_test_done();
}
