/*
 * ident_key.c: API keys of known issuers, by prefix, length and alphabet;
 * the random part must look random, so that sk-xxxx and the examples of
 * manuals are no findings. Prefixes: the issuers' own documentation.
 */
#include "scan/ident_check.h"

enum { ANY, UPPER_NUM, HEX_LOW, ANY_AA /* at the end */,
       ALNUM, HEX_40 /* hex in both cases, the last 40 */, SLACK };

static const struct {
    const char  *prefix;
    uint16_t     min, max;    /* characters behind the prefix */
    uint8_t      alphabet;
} issuers[] = {
    { "sk-ant-api03-",95, 95, ANY_AA },     /* Anthropic */
    { "sk-ant-admin01-",95, 95, ANY_AA },
    { "sk-ant-",     40, 200, ANY },
    { "sk-proj-",    40, 220, ANY },        /* OpenAI */
    { "sk-",         20, 220, ANY },        /* OpenAI, DeepSeek, DashScope */
    { "AKIA",        16, 16, UPPER_NUM },   /* AWS */
    { "ASIA",        16, 16, UPPER_NUM },
    { "ABIA",        16, 16, UPPER_NUM },
    { "ACCA",        16, 16, UPPER_NUM },
    { "AIza",        35, 35, ANY },         /* Google */
    { "LTAI",        12, 26, ANY },         /* Alibaba Cloud */
    { "AKID",        13, 40, ANY },         /* Tencent Cloud */
    { "github_pat_", 22, 100, ANY },        /* GitHub */
    { "gh",          38, 255, ANY },        /* ghp_ and its sisters */
    { "glsa_",       41, 41, ANY },         /* Grafana */
    { "gl",          20, 64, ANY },         /* GitLab */
    { "xox",         14, 255, SLACK },      /* Slack */
    { "xapp-",       20, 255, ANY },
    { "hf_",         30, 40, ALNUM },       /* Hugging Face */
    { "api_org_",    30, 40, ALNUM },
    { "sk_live_",    16, 255, ANY },        /* Stripe */
    { "sk_test_",    16, 255, ANY },
    { "sk_prod_",    16, 255, ANY },
    { "rk_",         21, 255, ANY },
    { "whsec_",      24, 64, ANY },
    { "npm_",        36, 36, ANY },         /* npm */
    { "pypi-",       50, 255, ANY },        /* PyPI */
    { "dop_v1_",     64, 64, HEX_LOW },     /* DigitalOcean */
    { "doo_v1_",     64, 64, HEX_LOW },
    { "dor_v1_",     64, 64, HEX_LOW },
    { "shp",         32, 40, ANY },         /* Shopify */
    { "r8_",         37, 40, ANY },         /* Replicate */
    { "gsk_",        40, 60, ANY },         /* Groq */
    { "xai-",        60, 100, ANY },        /* xAI */
    { "pplx-",       40, 60, ANY },         /* Perplexity */
    { "nvapi-",      50, 80, ANY },         /* NVIDIA */
    { "tvly-",       28, 60, ANY },         /* Tavily */
    { "sq0",         22, 60, ANY },         /* Square */
    { "dckr_pat_",   27, 40, ANY },         /* Docker */
    { "lin_api_",    40, 40, ANY },         /* Linear */
    { "key-",        32, 32, HEX_LOW },     /* Mailgun */
    { "SG.",         60, 90, ANY },         /* SendGrid */
    { "ya29.",       30, 300, ANY },        /* Google OAuth */
    { "sha256~",     43, 43, ANY },         /* OpenShift */
    { "AKCp",        69, 69, ANY },         /* Artifactory */
    { "cmVmd",       59, 59, ANY },
    { "4b1d",        38, 38, ANY },         /* ClickHouse */
    { "API-",        26, 26, UPPER_NUM },   /* Octopus Deploy */
    { "AKLT",        32, 64, ANY },         /* Volcengine */
    { "bce-v3/ALTAK-",62, 62, ANY },        /* Baidu AI Cloud */
    { "p8e-",        32, 32, ANY },         /* Adobe */
    { "EAAA",        40, 60, ANY },         /* Square */
    { "EAAM",        100, 255, ANY },       /* Facebook */
    { "EAAC",        100, 255, ANY },
    { "fo1_",        43, 43, ANY },         /* Fly.io */
    { "HRKU-AA",     58, 58, ANY },         /* Heroku */
    { "ico-",        32, 32, ANY },         /* Infracost */
    { "s-s4t2",      67, 67, ANY },         /* Intra42 */
    { "ntn_",        46, 46, ANY },         /* Notion */
    { "pnu_",        36, 36, ANY },         /* Prefect */
    { "pul-",        40, 40, HEX_LOW },     /* Pulumi */
    { "PMAK-",       59, 59, ANY },         /* Postman */
    { "rdme_",       70, 70, ANY },         /* ReadMe */
    { "rubygems_",   48, 48, HEX_LOW },     /* RubyGems */
    { "tk-us-",      48, 48, ANY },         /* Scalingo */
    { "xkeysib-",    81, 81, ANY },         /* Brevo */
    { "sntryu_",     64, 64, HEX_LOW },     /* Sentry */
    { "sm_",         20, 20, ANY },         /* Settlemint */
    { "shippo_",     45, 45, ANY },         /* Shippo */
    { "sgp_",        40, 58, HEX_40 },      /* Sourcegraph */
    { "pscale_",     35, 71, ANY },         /* PlanetScale */
    { "EZ",          56, 56, ANY },         /* EasyPost */
    { "tfp_",        59, 59, ANY },         /* Typeform */
    { "duffel_",     48, 48, ANY },         /* Duffel */
    { "dp.pt.",      43, 43, ANY },         /* Doppler */
    { "hvs.",        24, 120, ANY },        /* HashiCorp Vault */
    { "dt0c01.",     89, 89, ANY },         /* Dynatrace */
};

static uint8_t
lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c + 32) : c;
}

static bool
contains(const uint8_t *a, size_t n, const char *word)
{
    const size_t  len = strlen(word);
    size_t        i, j;

    for (i = 0; i + len <= n; i++) {
        for (j = 0; j < len && lower(a[i + j]) == (uint8_t) word[j]; j++) {
            /* compare */
        }
        if (j == len) {
            return true;
        }
    }
    return false;
}

/* Many different characters, no long run, letters and digits or both cases
   mixed (a name in words is neither), and no word of an example. In a long
   one five alike may stand in a row by chance. */
static bool
is_random(const uint8_t *a, size_t n)
{
    uint8_t   seen[256] = { 0 };
    unsigned  different = 0, run = 1, digits = 0, small = 0, most = 1;
    unsigned  capital = 0;
    size_t    i;

    for (i = 0; i < n; i++) {
        different += seen[a[i]]++ == 0;
        digits += a[i] >= '0' && a[i] <= '9';
        small += a[i] >= 'a' && a[i] <= 'z';
        capital += a[i] >= 'A' && a[i] <= 'Z';
        run = i > 0 && a[i] == a[i - 1] ? run + 1 : 1;
        most = run > most ? run : most;
    }
    return different >= (n < 24 ? 8 : 10) && most < (n < 48 ? 5 : 6)
           && small + capital > 0
           && (digits > 0 || (small > 5 && capital > 5))
           && !contains(a, n, "example")
           && !contains(a, n, "your") && !contains(a, n, "xxxx")
           && !contains(a, n, "placeholder");
}

unsigned
weir_ident_check_random(const uint8_t *a, size_t n)
{
    return is_random(a, n) ? 900 : 0;
}

/* Thirty-two characters without a digit are words: AccessTokenGoesHere... */
unsigned
weir_ident_check_long(const uint8_t *a, size_t n)
{
    unsigned  digits = 0;

    for (size_t i = n < 32 ? 0 : n - 32; i < n; i++) {
        digits += a[i] >= '0' && a[i] <= '9';
    }
    return n >= 40 && digits > 0 ? weir_ident_check_random(a, n) : 0;
}

/* Slack's, behind "xox": a letter, then the version (one digit) and the
   numbers of team, user, application, then what is random; a digit in it may
   be missing behind two numbers. */
static bool
is_slack(const uint8_t *a, size_t n)
{
    size_t    i = 0, from = 0, different = 0;
    unsigned  digits = 0, letters = 0, numbers = 0;
    bool      seen[256] = { false };

    for (i = 0; i < n; i++) {
        if (a[i] == '-') {
            if (digits > 1 && letters == 0 && digits < 6) {
                return false;         /* 1234: of an example */
            }
            numbers += digits >= 6 && letters == 0;
            digits = letters = 0;
            from = i + 1;
        } else {
            digits += a[i] >= '0' && a[i] <= '9';
            letters += lower(a[i]) >= 'a' && lower(a[i]) <= 'z';
        }
    }
    for (i = from; i < n; i++) {
        different += !seen[a[i]];
        seen[a[i]] = true;
    }
    return n - from >= 10 && (digits > 0 || numbers > 1) && letters > 0
           && different >= 6;
}

/* The last forty in hex. */
static bool
is_hex40(const uint8_t *a, size_t n)
{
    for (size_t i = n - 40; i < n; i++) {
        const uint8_t  c = lower(a[i]);

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static bool
fits(unsigned alphabet, const uint8_t *a, size_t n)
{
    switch (alphabet) {
    case ANY_AA: return a[n - 1] == 'A' && a[n - 2] == 'A' && is_random(a, n);
    case SLACK: return is_slack(a, n);
    case HEX_40: return is_hex40(a, n) && is_random(a, n);
    default: break;
    }
    for (size_t i = 0; i < n; i++) {
        const bool  digit = a[i] >= '0' && a[i] <= '9';
        const bool  capital = a[i] >= 'A' && a[i] <= 'Z';
        const bool  small = a[i] >= 'a' && a[i] <= 'z';

        if ((alphabet == UPPER_NUM && !digit && !capital)
            || (alphabet == HEX_LOW && !digit && !(small && a[i] <= 'f'))
            || (alphabet == ALNUM && !digit && !capital && !small))
        {
            return false;
        }
    }
    return is_random(a, n);
}

unsigned
weir_ident_check_key(const uint8_t *a, size_t n)
{
    size_t  i, len;

    for (i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        len = strlen(issuers[i].prefix);
        if (n > len && memcmp(a, issuers[i].prefix, len) == 0) {
            return n - len >= issuers[i].min && n - len <= issuers[i].max
                   && fits(issuers[i].alphabet, a + len, n - len) ? 900 : 0;
        }
    }
    return 0;
}
