/*
 * scan_options.c: the command line of `weir scan`.
 */
#include "cli/cmd.h"
#include "cli/scan.h"
#include "compile/words.h"

#include <stdlib.h>
#include <unistd.h>

#define THREADS_DEFAULT_MAX  8

enum option {
    O_FORMAT, O_JSON, O_SARIF, O_AS, O_KEYS, O_PACK, O_TYPE, O_MIN_SCORE,
    O_LIST, O_SHOW, O_REDACT, O_OUTPUT, O_IN_PLACE, O_LANG, O_EXCLUDE,
    O_MAX_SIZE, O_FILES_FROM, O_COMPILE, O_JOBS, O_QUIET, O_VERBOSE, O_NAMES
};

static const struct { const char *name; enum option is; bool value; }
options[] = {
    { "--format", O_FORMAT, true },    { "--json", O_JSON, false },
    { "--sarif", O_SARIF, false },     { "--as", O_AS, true },
    { "--keys", O_KEYS, false },       { "--pack", O_PACK, true },
    { "--type", O_TYPE, true },        { "--min-score", O_MIN_SCORE, true },
    { "--list", O_LIST, false },       { "--show", O_SHOW, false },
    { "--redact", O_REDACT, false },   { "--output", O_OUTPUT, true },
    { "-o", O_OUTPUT, true },          { "--in-place", O_IN_PLACE, false },
    { "--lang", O_LANG, true },        { "--exclude", O_EXCLUDE, true },
    { "--max-size", O_MAX_SIZE, true },
    { "--files-from", O_FILES_FROM, true },
    { "--compile", O_COMPILE, true }, { "--names", O_NAMES, true },
    { "--jobs", O_JOBS, true },        { "-j", O_JOBS, true },
    { "--quiet", O_QUIET, false },     { "-q", O_QUIET, false },
    { "--verbose", O_VERBOSE, false }, { "-v", O_VERBOSE, false },
};
#define NOPTIONS  (sizeof(options) / sizeof(options[0]))

static const char *const  formats[] = { "text", "json", "sarif", NULL };
static const char *const  kinds[] = { "auto", "text", "json", "jsonl", NULL };
static const char *const  languages[] = { "en", "zh", NULL };
static const char *const  whens[] = { "auto", "always", "never", NULL };


void
scan_names_add(struct scan_names *names, const char *name)
{
    weir_grow(&names->at, names->n, &names->cap, sizeof(*names->at));
    names->at[names->n++] = name;
}


static int
word(const char *const *words, const char *s)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], s) == 0) {
            return i;
        }
    }
    return -1;
}


/* "10M": bytes, with K, M or G of 1024. */
static bool
size_parse(const char *s, uint64_t *bytes)
{
    static const char  units[] = "KMG";
    char               digits[24];
    const size_t       len = strlen(s);
    const char        *unit;

    if (len == 0 || len >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, s, len + 1);
    unit = strchr(units, digits[len - 1] & ~0x20);
    if (unit != NULL && *unit != '\0') {
        digits[len - 1] = '\0';
    } else {
        unit = NULL;
    }
    if (weir_count_parse(digits, UINT64_C(1) << 40, bytes) != WEIR_OK) {
        return false;
    }
    *bytes <<= unit == NULL ? 0 : 10 * (unit - units + 1);
    return *bytes > 0;
}


static bool
take_word(enum option is, struct scan_options *o, const char *value)
{
    const int  i = is == O_FORMAT ? word(formats, value)
                   : is == O_AS ? word(kinds, value)
                   : is == O_NAMES ? word(whens, value)
                   : word(languages, value);

    if (i < 0) {
        return false;
    }
    if (is == O_FORMAT) {
        o->format = (enum scan_format) i;
    } else if (is == O_AS) {
        o->as = (enum scan_as) i;
    } else if (is == O_NAMES) {
        o->names = (enum scan_when) i;
    } else {
        o->zh = i == 1;
    }
    return true;
}


static bool
take_value(enum option is, struct scan_options *o, const char *value)
{
    uint64_t  n;

    switch (is) {
    case O_PACK: scan_names_add(&o->packs, value); return true;
    case O_TYPE: scan_names_add(&o->types, value); return true;
    case O_EXCLUDE: scan_names_add(&o->excludes, value); return true;
    case O_OUTPUT: o->output = value; return true;
    case O_COMPILE: o->compile = value; return true;
    case O_FILES_FROM: o->files_from = value; return true;
    case O_MAX_SIZE: return size_parse(value, &o->bytes_max);
    case O_MIN_SCORE:
        if (weir_count_parse(value, 1000, &n) != WEIR_OK) {
            return false;
        }
        o->score_min = (int) n;
        return true;
    case O_JOBS:
        if (weir_count_parse(value, SCAN_JOBS_MAX, &n) != WEIR_OK || n == 0) {
            return false;
        }
        o->threads = (unsigned) n;
        return true;
    default:
        return take_word(is, o, value);
    }
}


static void
take_flag(enum option is, struct scan_options *o)
{
    switch (is) {
    case O_JSON: o->format = SCAN_LINES; break;
    case O_SARIF: o->format = SCAN_SARIF; break;
    case O_KEYS: o->keys = true; break;
    case O_LIST: o->list = true; break;
    case O_SHOW: o->show = true; break;
    case O_REDACT: o->redact = true; break;
    case O_IN_PLACE: o->in_place = true; break;
    case O_QUIET: o->quiet = true; break;
    case O_VERBOSE: o->verbose = true; break;
    default: break;
    }
}


static int
unknown(const char *name)
{
    const char  *names[NOPTIONS];
    const char  *near;

    for (size_t i = 0; i < NOPTIONS; i++) {
        names[i] = options[i].name;
    }
    near = weir_nearest(name, names, NOPTIONS);
    (void) cmd_fail("scan", near == NULL ? "unknown option: %s"
                    : "unknown option: %s; did you mean %s?", name, near);
    return -1;
}


/* "--name", "--name=value", "-jN": which option; its value in *value, NULL
   when it is the next argument. NOPTIONS for none. */
static size_t
which(const char *arg, const char **value)
{
    *value = NULL;
    for (size_t i = 0; i < NOPTIONS; i++) {
        const size_t  n = strlen(options[i].name);

        if (strcmp(arg, options[i].name) == 0) {
            return i;
        }
        if (options[i].value && strncmp(arg, options[i].name, n) == 0
            && (arg[n] == '=' || (n == 2 && arg[n] != '\0')))
        {
            *value = arg + n + (arg[n] == '=');
            return i;
        }
    }
    return NOPTIONS;
}


static bool
agree(const struct scan_options *o, int npaths)
{
    if (!o->redact && (o->in_place || o->output != NULL)) {
        (void) cmd_fail("scan", "--in-place and -o go with --redact");
        return false;
    }
    if (o->in_place && o->output != NULL) {
        (void) cmd_fail("scan", "--in-place or -o, not both");
        return false;
    }
    if (o->redact && !o->in_place && (npaths > 1 || o->files_from != NULL)) {
        (void) cmd_fail("scan", "--redact writes one file; several with "
                        "--in-place");
        return false;
    }
    if (o->in_place && npaths == 0 && o->files_from == NULL) {
        (void) cmd_fail("scan", "--in-place needs a file");
        return false;
    }
    return true;
}


int
scan_options_read(struct scan_options *o, int argc, char **argv)
{
    const char *const  term = getenv("TERM");
    const long         cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int                i;

    o->score_min = -1;
    o->threads = cpus < 1 ? 1 : cpus > THREADS_DEFAULT_MAX
                 ? THREADS_DEFAULT_MAX : (unsigned) cpus;
    o->live = isatty(STDOUT_FILENO);
    o->color = o->live && getenv("NO_COLOR") == NULL
               && term != NULL && strcmp(term, "dumb") != 0;
    for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        const char  *value;
        size_t       at;

        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        at = which(argv[i], &value);
        if (at == NOPTIONS) {
            return unknown(argv[i]);
        }
        if (!options[at].value) {
            take_flag(options[at].is, o);
        } else if (value == NULL && i + 1 >= argc) {
            (void) cmd_fail("scan", "%s needs a value", options[at].name);
            return -1;
        } else {
            value = value != NULL ? value : argv[++i];
            if (!take_value(options[at].is, o, value)) {
                (void) cmd_fail("scan", "%s: bad value: %s",
                                options[at].name, value);
                return -1;
            }
        }
    }
    return agree(o, argc - i) ? i : -1;
}


void
scan_help(void)
{
    fputs("weir scan [OPTION]... [PATH...|-]\n"
"\n"
"Finds personal data, secrets and terms that the rules of packs look for, in\n"
"files, folders (not .git, not links) or standard input (no PATH, or -).\n"
"在文件、目录或标准输入中查找规则包所列的个人信息、密钥和词语。\n"
"\n"
"  --pack P         rules of this pack only: cn/personal-information, a file\n"
"                   my.yaml, or all (the default); may be repeated\n"
"  --type T         findings of this type only; may be repeated\n"
"  --min-score N    from this score (0 to 1000) on, in place of the rules'\n"
"                   own bounds\n"
"  --list           the rules that would be used, with type and title\n"
"  --compile FILE   write their matcher for programs that link libweir\n"
"\n"
"  --json           one object a line: path, type, rule, start, end (code\n"
"                   points, half open), score, line, column; for JSON input\n"
"                   json_path, value_start, value_end\n"
"  --sarif          SARIF 2.1.0; --format text|json|sarif says the same\n"
"  --show           findings in full; without it they are masked\n"
"  -q, -v           no summary; name every file that is passed over\n"
"\n"
"  --as KIND        text, json or jsonl; auto (the default) goes by the\n"
"                   name. In JSON every string value is read with its\n"
"                   escapes, and numbers of seven digits or more\n"
"  --keys           object keys of JSON too\n"
"  --names WHEN     names of persons: auto (the default: not in source code,\n"
"                   unless --type or --pack asks for them), always, never\n"
"\n"
"  --redact         write the text with findings replaced by the marks of\n"
"                   their rules; all else stays byte for byte\n"
"  -o FILE          ... to this file\n"
"  --in-place       ... into the files themselves\n"
"  --lang en|zh     language of the marks\n"
"\n"
"  --exclude GLOB   leave out, as a line of .gitignore; may be repeated\n"
"  --max-size N     leave out larger files (10M)\n"
"  --files-from F   names of files from F or - : one a line, or NUL between\n"
"  -j N             threads\n"
"\n"
"An identifier that rules of several packs find is one finding.\n"
"Exit: 0 nothing found, 1 found, 2 error (also: something was not read).\n",
        stdout);
}
