/*
 * cmd_pack.c: `weir pack import` and `weir pack check`: the work of those who
 * supply word lists.
 */
#include "cli/cmd.h"
#include "cli/pack.h"


static int
help(void)
{
    fputs("weir pack import FILE... [options]   word lists of your own -> a\n"
          "                                     list the compiler takes, and\n"
          "                                     a report about its terms\n"
          "weir pack check [PACK|FILE...]       terms by category of GB/T\n"
          "                                     45654-2025 Annex A, and what\n"
          "                                     is missing\n"
          "\n"
          "  weir pack import --help, weir pack check --help\n", stdout);
    return 0;
}


int
cmd_pack(int argc, char **argv)
{
    if (cmd_wants_help(argc, argv)) {
        return help();
    }
    if (argc > 1 && strcmp(argv[1], "import") == 0) {
        return pack_import(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "check") == 0) {
        return pack_check(argc - 1, argv + 1);
    }
    return cmd_fail("pack", "import or check is needed; see weir pack "
                    "--help");
}
