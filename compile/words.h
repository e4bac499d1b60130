/*
 * words.h: the small words of resources and packs: amounts, durations,
 * dates, names; each exact, each with bounds.
 */
#ifndef WEIR_WORDS_H
#define WEIR_WORDS_H

#include "weir/base.h"

/* "12", "0.000001", "1000.50": digits, at most 6 decimals, no sign and no
   exponent. WEIR_OK or WEIR_MORE when it is none; *why says why (constant). */
WEIR_CHECKED int weir_micro_parse(const char *s, weir_micro *out,
    const char **why);
/* The shortest such text; `out` of 32 bytes. */
void weir_micro_text(weir_micro amount, char out[32]);

/* "500ms", "5s", "2m", "1h" in milliseconds, 1 to 24 hours. */
WEIR_CHECKED int weir_duration_parse(const char *s, uint32_t *ms);

/*
 * "2026-12-31" (the whole day, to its end in UTC) or
 * "2026-12-31T08:00:00Z" / "+08:00" (RFC 3339): Unix milliseconds of the
 * first moment that no longer counts.
 */
WEIR_CHECKED int weir_until_parse(const char *s, uint64_t *ms);

/* "2026-12-31" and no more. */
bool weir_date_good(const char *s);

/* Digits only, 0 to max. */
WEIR_CHECKED int weir_count_parse(const char *s, uint64_t max,
    uint64_t *out);

/* Letters, digits and . _ - (with `wide` also : / @ +), a letter or digit
   first, at most WEIR_NAME_BYTES_MAX bytes. */
bool weir_name_good(const char *s, bool wide);

/* The name of `names` (n of them) nearest to `s`, when near enough to be a
   slip of the hand; else NULL. */
const char *weir_nearest(const char *s, const char *const *names, size_t n);

#endif
