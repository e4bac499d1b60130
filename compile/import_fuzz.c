/*
 * import_fuzz.c: any bytes as a list of an operator, as text and as CSV. What
 * is kept is good UTF-8 that a list file can hold, and reads back the same.
 */
#include "compile/import.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int csv = 0; csv < 2; csv++) {
        struct weir_import  im = { 0 }, again = { 0 };
        size_t              kept = 0, n = 0;
        char               *list;

        (void) weir_import_read(&im, "f", (struct weir_span) { data, size },
                                csv);
        weir_import_judge(&im, (struct weir_span) { data, size });
        for (size_t i = 0; i < im.nterms; i++) {
            n += im.terms[i].text.len + 1;
        }
        list = malloc(n + 4);
        weir_assert(list != NULL);
        memcpy(list, "\xef\xbb\xbf", 3);     /* UTF-8, whatever is in it */
        n = 3;
        for (size_t i = 0; i < im.nterms; i++) {
            if (im.terms[i].state == WEIR_IMPORT_KEPT) {
                memcpy(list + n, im.terms[i].text.at, im.terms[i].text.len);
                n += im.terms[i].text.len;
                list[n++] = '\n';
                kept++;
            }
        }
        weir_assert(weir_import_read(&again, "g", (struct weir_span) {
                                     (uint8_t *) list, n }, false));
        weir_assert(again.nterms == kept && again.nbad == 0);
        free(list);
        weir_import_release(&im);
        weir_import_release(&again);
    }
    return 0;
}
