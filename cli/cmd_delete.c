/*
 * cmd_delete.c: `weir delete KIND NAME`.
 */
#include <stdio.h>

#include "admin.h"
#include "cmd.h"


int
cmd_delete(int argc, char **argv)
{
    char                 path[1024] = "/api/v1/resources/";
    struct admin_answer  a;
    int                  rc = 0;

    if (cmd_wants_help(argc, argv)) {
        printf("usage: weir delete KIND NAME\n\n"
               "Takes a resource out of the register. Refused while another "
               "one needs it.\n");
        return 0;
    }
    if (argc != 3 || argv[1][0] == '\0' || argv[2][0] == '\0') {
        return cmd_fail("delete", "usage: weir delete KIND NAME");
    }
    if (!admin_escape(argv[1], path, sizeof(path) - 1)) {
        return cmd_fail("delete", "the name is too long");
    }
    path[strlen(path) + 1] = '\0';
    path[strlen(path)] = '/';
    if (!admin_escape(argv[2], path, sizeof(path))) {
        return cmd_fail("delete", "the name is too long");
    }
    if (!admin_call("delete", "DELETE", path, NULL, 0, &a)) {
        return 2;
    }
    if (a.status != 200) {
        rc = admin_complain("delete", &a);
    } else {
        printf("%s %s deleted\n", argv[1], argv[2]);
    }
    admin_release(&a);
    return rc;
}
