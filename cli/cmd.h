/*
 * cmd.h: what the verbs of `weir` share.
 *
 * One file per verb, cmd_<verb>.c, with `int cmd_<verb>(int argc, char
 * **argv)`: argv[0] is the verb, the value is the exit code (0 good, 1 the
 * answer is no, 2 wrong usage or failure). A verb prints its own --help to
 * standard output and returns 0.
 */
#ifndef WEIR_CMD_H
#define WEIR_CMD_H

#include "weir/base.h"

/* The state folder: --state before the verb, else $WEIR_STATE, else "var".
   main() also puts it into the environment, for child processes. */
const char *cmd_state(void);

/* True when argv[1] asks for help (--help, -h). */
bool cmd_wants_help(int argc, char **argv);

/* "weir VERB: message" on standard error; returns 2. */
int cmd_fail(const char *verb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define CMD_VERBS(X)                                                          \
    X(up, "start gateway and keeper")                                         \
    X(down, "stop them")                                                      \
    X(status, "what runs, and how it is")                                     \
    X(top, "a live view of what the gateway does")                            \
    X(reload, "write the configuration anew and reload the gateway")          \
    X(apply, "bring resources of a YAML file into force")                     \
    X(get, "show resources of a kind")                                        \
    X(delete, "take a resource out of the register")                          \
    X(export, "print the whole register as YAML")                             \
    X(key, "make, list and revoke the keys of scenarios")                     \
    X(check, "check packs and resources, change nothing")                     \
    X(pack, "import word lists, count them against GB/T 45654")               \
    X(scan, "find what rules look for in files")                              \
    X(explain, "show how a text is decided, step by step")                    \
    X(journal, "print and verify the records of calls")                       \
    X(keeper, "run the keeper (the daemon of the register)")

#define X(name, help)  int cmd_##name(int argc, char **argv);
CMD_VERBS(X)
#undef X

#endif
