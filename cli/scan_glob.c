/*
 * scan_glob.c: patterns of --exclude, as in .gitignore: without a slash a
 * pattern is for a name at any depth, with one for the path from the folder
 * that was named; a slash at its end for folders only; * ? [a-z] stay
 * inside a name, ** crosses; a ! in front takes back.
 */
#include "cli/scan.h"

#define PATTERN_MAX  1024


/* One [class] at p against c: the place behind it, or NULL when the class
   is not closed; *in says whether c is in it. */
static const char *
in_class(const char *p, unsigned char c, bool *in)
{
    const bool  not = p[1] == '!' || p[1] == '^';
    const char *q = p + 1 + not;

    *in = false;
    do {
        const unsigned char  low = (unsigned char) *q;

        if (low == '\0') {
            return NULL;
        }
        if (q[1] == '-' && q[2] != ']' && q[2] != '\0') {
            *in = *in || (c >= low && c <= (unsigned char) q[2]);
            q += 3;
        } else {
            *in = *in || c == low;
            q++;
        }
    } while (*q != ']');
    *in = *in != not;
    return q + 1;
}


static bool glob(const char *p, const char *s);


/* p stands behind one star, or two: any text, with slashes or without. */
static bool
glob_star(const char *p, const char *s, bool cross)
{
    for ( ;; s++) {
        if (glob(p, s)) {
            return true;
        }
        if (*s == '\0' || (*s == '/' && !cross)) {
            return false;
        }
    }
}


static bool
glob(const char *p, const char *s)
{
    for ( ; *p != '\0'; s++) {
        if (p[0] == '*' && p[1] == '*') {
            /* a / behind ** also stands for no folder at all */
            return (p[2] == '/' && glob(p + 3, s))
                   || glob_star(p + 2, s, true);
        }
        if (*p == '*') {
            return glob_star(p + 1, s, false);
        }
        if (*s == '\0') {
            return false;
        }
        if (*p == '[') {
            bool         in;
            const char  *behind = in_class(p, (unsigned char) *s, &in);

            if (behind != NULL) {
                if (!in || *s == '/') {
                    return false;
                }
                p = behind;
                continue;
            }
        }
        if (*p == '?' && *s != '/') {
            p++;
            continue;
        }
        if (*p == '\\' && p[1] != '\0') {
            p++;
        }
        if (*p != *s) {
            return false;
        }
        p++;
    }
    return *s == '\0';
}


static bool
matches(const char *pattern, const char *path, bool folder)
{
    char         p[PATTERN_MAX];
    size_t       len = strlen(pattern);
    const char  *name;

    if (len == 0 || len >= sizeof(p)) {
        return false;
    }
    memcpy(p, pattern, len + 1);
    if (p[len - 1] == '/') {
        if (!folder) {
            return false;
        }
        p[len - 1] = '\0';
    }
    if (strchr(p, '/') != NULL) {
        return glob(p[0] == '/' ? p + 1 : p, path);
    }
    name = strrchr(path, '/');
    return glob(p, name == NULL ? path : name + 1);
}


bool
scan_excluded(const struct scan_names *patterns, const char *path,
    bool folder)
{
    for (size_t i = patterns->n; i-- > 0; ) {
        const char  *p = patterns->at[i];
        const bool   back = p[0] == '!';

        if (matches(p + back, path, folder)) {
            return !back;
        }
    }
    return false;
}
