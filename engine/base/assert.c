/* assert.c: what happens when an invariant of ours does not hold: stop. */
#include "weir/base.h"

#include <stdio.h>
#include <stdlib.h>


_Noreturn void
weir_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "weir: assertion failed: %s (%s:%d)\n", what, file, line);
    abort();
}
