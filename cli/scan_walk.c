/*
 * scan_walk.c: from what the user named to the list of files. A folder is
 * walked in order of names; links are followed only where they were given by
 * name, so that no loop is possible; folders of version control are left
 * out.
 */
#include "cli/cmd.h"
#include "cli/scan.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEPTH_MAX  256                /* of folders */

struct walk {
    const struct scan_options  *options;
    struct scan_list           *list;
    size_t                      root_len;   /* of the folder named */
    bool                        ok;
};

static void walk_path(struct walk *w, const char *path, int depth);


static void
complain(struct walk *w, const char *path, const char *what)
{
    (void) cmd_fail("scan", "%s: %s", path, what);
    w->ok = false;
}


static void
add(struct walk *w, const char *path, bool named)
{
    struct scan_list  *l = w->list;

    weir_grow(&l->at, l->n, &l->cap, sizeof(*l->at));
    l->at[l->n] = (struct scan_job) { .path = strdup(path), .named = named };
    weir_assert(l->at[l->n].path != NULL);
    l->n++;
}


static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


static bool
left_out(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0
           || strcmp(name, ".git") == 0 || strcmp(name, ".hg") == 0
           || strcmp(name, ".svn") == 0;
}


static void
walk_folder(struct walk *w, const char *path, int depth)
{
    DIR            *dir = opendir(path);
    struct dirent  *e;
    char          **names = NULL;
    size_t          n = 0, cap = 0;

    if (dir == NULL || depth == DEPTH_MAX) {
        complain(w, path, dir == NULL ? strerror(errno) : "nested too deep");
        if (dir != NULL) {
            (void) closedir(dir);
        }
        return;
    }
    while ((e = readdir(dir)) != NULL) {
        if (!left_out(e->d_name)) {
            weir_grow(&names, n, &cap, sizeof(*names));
            names[n++] = strdup(e->d_name);
        }
    }
    (void) closedir(dir);
    if (n > 1) {
        qsort(names, n, sizeof(*names), by_name);
    }
    for (size_t i = 0; i < n; i++) {
        char  *below = NULL;

        if (asprintf(&below, "%s%s%s", path,
                     path[strlen(path) - 1] == '/' ? "" : "/", names[i])
            != -1)
        {
            walk_path(w, below, depth + 1);
            free(below);
        }
        free(names[i]);
    }
    free(names);
}


static void
walk_path(struct walk *w, const char *path, int depth)
{
    struct stat  st;
    const char  *below = path;

    if ((depth == 0 ? stat(path, &st) : lstat(path, &st)) != 0) {
        complain(w, path, strerror(errno));
        return;
    }
    if (depth > 0) {
        below += w->root_len;
        below += *below == '/';
    }
    if ((depth > 0 || !S_ISDIR(st.st_mode))
        && scan_excluded(&w->options->excludes, below, S_ISDIR(st.st_mode)))
    {
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        if (depth == 0) {
            w->root_len = strlen(path);
            w->root_len -= path[w->root_len - 1] == '/';
            w->list->walked = true;
        }
        walk_folder(w, path, depth);
    } else if (depth == 0 || S_ISREG(st.st_mode)) {
        add(w, path, depth == 0);
    }
}


/* One name a line, or NUL between names, as `git diff -z` gives them. */
static void
walk_names(struct walk *w, const char *from)
{
    FILE   *fp = strcmp(from, "-") == 0 ? stdin : fopen(from, "re");
    char   *line = NULL;
    size_t  size = 0;
    int     end = '\n', c = 0;

    if (fp == NULL) {
        complain(w, from, strerror(errno));
        return;
    }
    do {
        size_t  len = 0;

        while ((c = getc(fp)) != EOF && c != '\0' && c != end) {
            weir_grow(&line, len, &size, 1);
            line[len++] = (char) c;
        }
        if (c == '\0') {
            end = '\0';
        }
        if (len > 0) {
            weir_grow(&line, len, &size, 1);
            line[len] = '\0';
            walk_path(w, line, 0);
        }
    } while (c != EOF);
    if (ferror(fp)) {
        complain(w, from, strerror(errno));
    }
    free(line);
    if (fp != stdin) {
        (void) fclose(fp);
    }
}


bool
scan_list_paths(const struct scan_options *o, int n, char **paths,
    struct scan_list *list)
{
    struct walk  w = { .options = o, .list = list, .ok = true };

    if (o->files_from != NULL) {
        walk_names(&w, o->files_from);
    } else if (n == 0) {
        add(&w, "-", true);
    }
    for (int i = 0; i < n; i++) {
        if (strcmp(paths[i], "-") == 0) {
            add(&w, "-", true);
        } else {
            walk_path(&w, paths[i], 0);
        }
    }
    return w.ok;
}


void
scan_list_release(struct scan_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->at[i].path);
    }
    free(list->at);
}
