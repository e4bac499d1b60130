/*
 * fuzz_replay.c: a main for the fuzz targets without a fuzzer: gives each
 * file named as an argument (folders are walked) to LLVMFuzzerTestOneInput,
 * each also cut short at a few places, from memory that ends at a page that
 * cannot be touched. Prints TAP.
 *
 * usage: x_fuzz_replay FILE|FOLDER...
 */
#include "base/test.h"

#include <dirent.h>
#include <sys/stat.h>

#define INPUT_BYTES_MAX  (8u << 20)    /* a corpus file larger is a mistake */
#define WALK_DEPTH_MAX   8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned  inputs;

static void  replay_path(const char *path, unsigned depth);


/* A fresh fenced copy for each run; unmapped so that corpora may be large. */
static void
run(const uint8_t *data, size_t len)
{
    const size_t  page = (size_t) sysconf(_SC_PAGESIZE);
    const size_t  size = (len + page - 1) / page * page;
    uint8_t      *at = weir_test_fenced(data, len);

    (void) LLVMFuzzerTestOneInput(at, len);
    (void) munmap(at + len - size, size + page);
}


static void
replay_file(const char *path)
{
    FILE     *f = fopen(path, "rb");
    uint8_t  *data;
    size_t    len;

    if (!CHECK_MSG(f != NULL, "cannot read %s", path)) {
        return;
    }
    data = malloc(INPUT_BYTES_MAX + 1);
    if (data == NULL) {
        abort();
    }
    len = fread(data, 1, INPUT_BYTES_MAX + 1, f);
    fclose(f);
    if (CHECK_MSG(len <= INPUT_BYTES_MAX, "%s: too large", path)) {
        run(data, len);
        for (size_t part = 1; part < 4; part++) {
            run(data, len * part / 4);
        }
        inputs++;
    }
    free(data);
}


static void
replay_folder(const char *path, unsigned depth)
{
    struct dirent  **names;
    const int        n = scandir(path, &names, NULL, alphasort);
    char             below[4096];

    if (!CHECK_MSG(n >= 0, "cannot read %s", path)) {
        return;
    }
    for (int i = 0; i < n; i++) {
        const int  len = snprintf(below, sizeof(below), "%s/%s", path,
                                  names[i]->d_name);

        if (names[i]->d_name[0] != '.' && len > 0
            && (size_t) len < sizeof(below))
        {
            replay_path(below, depth + 1);
        }
        free(names[i]);
    }
    free(names);
}


static void
replay_path(const char *path, unsigned depth)
{
    struct stat  st;

    if (!CHECK_MSG(stat(path, &st) == 0, "cannot read %s", path)
        || !CHECK_MSG(depth <= WALK_DEPTH_MAX, "%s: too deep", path))
    {
        return;
    }
    if (S_ISDIR(st.st_mode)) {
        replay_folder(path, depth);
    } else {
        replay_file(path);
    }
}


int
main(int argc, char **argv)
{
    const uint8_t  nothing[1] = { 0 };

    run(nothing, 0);
    for (int i = 1; i < argc; i++) {
        replay_path(argv[i], 0);
    }
    CHECK_MSG(argc == 1 || inputs > 0, "no input in the corpus");
    return weir_test_done();
}
