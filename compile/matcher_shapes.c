/*
 * matcher_shapes.c: the shapes of the identifiers, as regular expressions
 * over ident symbols. What a shape cannot say is checked in
 * engine/scan/ident_check.c.
 *
 * Syntax: literals, [classes], (a|b), ? * + {m} {m,} {m,n}; \n \r \t; and
 * \p province, \e end of a plate, \m middle dot, \$ the end of the stream.
 * Classes may be negated; [^...] includes other characters and the end.
 */
#include "compile/matcher_parts.h"

#define ALNUM    "0-9A-Za-z"
#define HEX      "[0-9A-Fa-f]"
#define H        HEX "{1,4}"
#define V4       "[0-9]{1,3}([.][0-9]{1,3}){3}"
#define ATEXT    "[A-Za-z0-9_%+-]"
/* tom(at)gmail.com, tom[at]gmail [dot] com */
#define AT       "[[({<][Aa][Tt][\\])}>]"
#define DOT      "([.]| ?[[({<][Dd][Oo][Tt][\\])}>] ?)"
#define AT_DOMAIN  " ?[A-Za-z0-9-]+(" DOT "[A-Za-z0-9-]+)+"
/* whose mailboxes people write with another sign for the @ */
#define MAIL     "gmail|qq|163|126|139|189|yeah|foxmail|outlook|hotmail" \
                 "|live|icloud|yahoo|sina|sohu|aliyun"
#define USCC     "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]"
#define PLATE    "[A-HJ-NP-Za-hj-np-z0-9]"

static const struct matcher_shape  shapes[] = {
    /* GB 11643: 6 region, 8 birth, 3 serial, 1 check; as people group it */
    { WEIR_IDENT_CN_ID, WEIR_CHECK_CN_ID, 0, "0-9.",
      "[1-9][0-9]{5}[ -]?(18|19|20)[0-9]{2}[ -]?[01][0-9][ -]?[0-3][0-9]"
      "[ -]?[0-9]{3}[ -]?[0-9Xx]"
      "|[1-9][0-9]{2}[ -][0-9]{3}[ -](18|19|20)[0-9]{2}[ -][0-9]{4}[ -]"
      "[0-9]{3}[0-9Xx]"
      "|[1-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9][0-9Xx]",
      "[^0-9.]", "[.][^0-9]" },
    { WEIR_IDENT_CN_ID, WEIR_CHECK_CN_ID15, 0, ALNUM "_.-",
      "[1-9][0-9]{7}[01][0-9][0-3][0-9]{4}", "[^" ALNUM "_.-]", "[.-][^0-9]" },
    /* 3-4-4, with or without the country code; also as the name of a file */
    { WEIR_IDENT_CN_MOBILE, WEIR_CHECK_CN_MOBILE, 0, ALNUM "_.+",
      "1[3-9][0-9]([ -]?[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})",
      "[^" ALNUM "_.@%-]", "[.][^0-9]|-[^" ALNUM "]" },
    { WEIR_IDENT_CN_MOBILE, WEIR_CHECK_CN_MOBILE, 0, ALNUM "_.+",
      "([+]?86|0086|[(][+]?86[)])[ -]?1[3-9][0-9]"
      "([ -]?[0-9]{8}|[ -][0-9]{4}[ -][0-9]{4})",
      "[^" ALNUM "_.@%-]", "[.][^0-9]|-[^" ALNUM "]" },
    /* parted by what hides them: 138.1234.5678, 1.3.8...; 1 3 8 ... */
    { WEIR_IDENT_CN_MOBILE, WEIR_CHECK_CN_MOBILE, 0, ALNUM "_.+-",
      "1[3-9][0-9][.][0-9]{4}[.][0-9]{4}|1[.][3-9]([.][0-9]){9}"
      "|1-[3-9](-[0-9]){9}|1 [3-9]( [0-9]){9}",
      "[^" ALNUM "_.@% -]", "[.-][^" ALNUM "]| [^0-9]" },
    /* some or all digits as Han numerals: 一三八... */
    { WEIR_IDENT_CN_MOBILE, WEIR_CHECK_CN_HAN, 0, ALNUM "_.+",
      "[1\\c][3-9\\c]([ -]?[0-9\\c]){9}", "[^" ALNUM "_.@%\\c-]",
      "[.-][^" ALNUM "]" },
    { WEIR_IDENT_CN_ID, WEIR_CHECK_CN_HAN, 0, ALNUM "_.",
      "[1-9\\c]([ -]?[0-9\\c]){16}[ -]?[0-9Xx\\c]", "[^" ALNUM "_.\\c-]",
      "[.-][^" ALNUM "]" },
    { WEIR_IDENT_CN_LANDLINE, WEIR_CHECK_CN_LANDLINE, 0, ALNUM "_.+-",
      "([(]0[1-9][0-9]{1,2}[)][ -]?|0[1-9][0-9]{1,2}[ -]?"
      "|[+]86[ -]?([(]0[)])?[(]?0?[1-9][0-9]{1,2}[)]?[ -]?)[1-9][0-9]{6,7}"
      "(-[0-9]{1,5})?",
      "[^" ALNUM "_.@%-]", "[.-][^" ALNUM "]" },
    { WEIR_IDENT_CN_LANDLINE, WEIR_CHECK_CN_SERVICE, 0, ALNUM "_.+-",
      "[48]00(-[0-9]{3}-[0-9]{4}|-[0-9]{4}-[0-9]{3}| [0-9]{3} [0-9]{4}"
      "|[0-9]{7}|-[0-9]{7})",
      "[^" ALNUM "_.@%-]", "[.-][^" ALNUM "]" },
    /* ISO/IEC 7812: 13 to 19 digits; the groups printed on cards */
    { WEIR_IDENT_BANK_CARD, WEIR_CHECK_BANK_CARD, 0, ALNUM "_./",
      "[2-9][0-9]{12,18}"
      "|[2-9][0-9]{3}([ -][0-9]{4}){3}([ -]?[0-9]{1,3})?"
      "|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{4,5}"
      "|[2-9][0-9]{5}[ -][0-9]{10,13}",
      "[^" ALNUM "_.%-]", "[.-][^" ALNUM "]" },
    { WEIR_IDENT_CN_USCC, WEIR_CHECK_CN_USCC, 0, ALNUM "_.-",
      USCC "{2}[0-9]{6}" USCC "{10}", "[^" ALNUM "_.-]", "[.-][^" ALNUM "]" },
    { WEIR_IDENT_CN_PASSPORT, WEIR_CHECK_CN_PASSPORT, 0, ALNUM "_.-",
      "[EeGgDdSsPp][0-9]{8}|[DdSsPp][0-9]{7}|[DdSsPp][Ee][0-9]{7}"
      "|[Ee][A-HJ-NP-Za-hj-np-z][0-9]{7}",
      "[^" ALNUM "_.-]", "[.-][^" ALNUM "]" },
    /* GA 36-2018 */
    { WEIR_IDENT_CN_PLATE, WEIR_CHECK_CN_PLATE, 0, "",
      "\\p[A-HJ-NP-Za-hj-np-z][\\m. -]?(" PLATE "{4}(" PLATE "|\\e)"
      "|[A-HJKa-hjk]" PLATE "[0-9]{4}|[0-9]{5}[A-HJKa-hjk])",
      "[^" ALNUM "]", NULL },
    /* what people call one: any letters, with the word before it */
    { WEIR_IDENT_CN_PLATE, WEIR_CHECK_WEAK_SHAPE, 0, "",
      "\\p[A-Za-z][\\m. -]?[0-9A-Za-z]{5,6}", "[^" ALNUM "]", NULL },
    /* RFC 5321 4.5.3.1: local part of 64; no quoted forms */
    { WEIR_IDENT_EMAIL, WEIR_CHECK_EMAIL, 0, "A-Za-z0-9_%+-",
      "(" ATEXT "[.]?){0,63}" ATEXT "(@([A-Za-z0-9-]+[.])+"
      "([A-Za-z]{2,24}|[Xx][Nn]--[A-Za-z0-9-]{2,59})"
      "|" AT AT_DOMAIN "|#(" MAIL ")[.](com|net|cn|me|com[.]cn))",
      "[^" ALNUM ".@-]", "[.-][^" ALNUM "]" },
    /* a blank before the sign: every word of a text would be held back for it
       until the next character; so the address begins at the sign */
    { WEIR_IDENT_EMAIL, WEIR_CHECK_EMAIL, 0, "A-Za-z0-9_%+-",
      AT AT_DOMAIN, "[^" ALNUM ".@-]", "[.-][^" ALNUM "]" },
    { WEIR_IDENT_IPV4, WEIR_CHECK_IPV4, 0, ALNUM "_.-",
      V4, "[^" ALNUM "_.-]", "[.][^" ALNUM ".]|-[^A-Za-z]" },
    /* RFC 4632 3.1: a network; no folder of a URL behind it */
    { WEIR_IDENT_IPV4, WEIR_CHECK_IPV4, 0, ALNUM "_./-",
      V4 "/[0-9]{1,2}", "[^" ALNUM "_./-]", "[.][^" ALNUM "]" },
    /* RFC 4291 2.2 and 2.3 */
    { WEIR_IDENT_IPV6, WEIR_CHECK_IPV6, 0, ALNUM "_:.-",
      "(" H "(:" H "){7}|(" H "(:" H "){0,6})?::(" H "(:" H "){0,6})?"
      "|(" H "(:" H "){0,5})?::(" H ":){0,5}" V4 "|(" H ":){6}" V4
      ")(/[0-9]{1,3})?",
      "[^" ALNUM "_:.-]", "[:.-][^" ALNUM ":]" },
    { WEIR_IDENT_MAC, WEIR_CHECK_MAC, 0, ALNUM "_:.-",
      HEX "{2}((:" HEX "{2}){5}|(-" HEX "{2}){5})"
      "|" HEX "{4}[.]" HEX "{4}[.]" HEX "{4}",
      "[^" ALNUM "_:.-]", "[:.-][^" ALNUM ":]" },
    /* ISO 13616: 2 letters, 2 digits, up to 30, in either case; in groups of
       four */
    { WEIR_IDENT_IBAN, WEIR_CHECK_IBAN, 0, ALNUM "_.-",
      "[A-Za-z]{2}[0-9]{2}([A-Za-z0-9]{11,30}"
      "|([ -][A-Z0-9]{4}){2,7}([ -][A-Z0-9]{1,3})?)",
      "[^" ALNUM "_.-]", "[.-][^" ALNUM "]" },
    { WEIR_IDENT_PSEUDONYM, WEIR_CHECK_PSEUDONYM, 0, "",
      "<[A-Z_]{2,24}_[1-9][0-9]{0,3}>", NULL, NULL },
};

const struct matcher_shape_table  matcher_shapes_common = {
    shapes, sizeof(shapes) / sizeof(shapes[0])
};
