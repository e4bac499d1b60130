/*
 * cmd_export.c: `weir export`: the register as YAML that `weir apply -f -`
 * takes back. Keys are not in it: only their digests are known.
 */
#include <stdio.h>

#include "admin.h"
#include "cmd.h"


int
cmd_export(int argc, char **argv)
{
    struct admin_answer  a;
    int                  rc = 0;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir export\n\n"
               "Prints every resource as YAML; 'weir apply -f -' takes it "
               "back.\n");
        return 0;
    }
    if (argc > 1) {
        return cmd_fail("export", "takes no arguments");
    }
    if (!admin_call("export", "GET", "/api/v1/export", NULL, 0, &a)) {
        return 2;
    }
    if (a.status != 200) {
        rc = admin_complain("export", &a);
    } else if (a.len > 0 && (fwrite(a.body, 1, a.len, stdout) != a.len
                             || fflush(stdout) != 0))
    {
        rc = cmd_fail("export", "cannot write the output");
    }
    admin_release(&a);
    return rc;
}
