/* matcher_han.c: symbols of the Han characters that identifiers contain. */
#include "compile/matcher_parts.h"

uint8_t
matcher_han_sym(uint32_t point)
{
    switch (point) {
    case 0x5e74: return WEIR_SYM_YEAR;                 /* nian */
    case 0x6708: return WEIR_SYM_MONTH;                /* yue */
    case 0x65e5: return WEIR_SYM_DAY;                  /* ri */
    case 0x53f7: return WEIR_SYM_NUMBER;               /* hao */
    case 0x3007: case 0x96f6: return WEIR_SYM_DIGIT;   /* ling */
    case 0x4e00: return WEIR_SYM_DIGIT + 1;            /* yi */
    case 0x5e7a: return WEIR_SYM_DIGIT + 1;            /* yao, as spoken */
    case 0x4e8c: return WEIR_SYM_DIGIT + 2;            /* er */
    case 0x4e09: return WEIR_SYM_DIGIT + 3;            /* san */
    case 0x56db: return WEIR_SYM_DIGIT + 4;            /* si */
    case 0x4e94: return WEIR_SYM_DIGIT + 5;            /* wu */
    case 0x516d: return WEIR_SYM_DIGIT + 6;            /* liu */
    case 0x4e03: return WEIR_SYM_DIGIT + 7;            /* qi */
    case 0x516b: return WEIR_SYM_DIGIT + 8;            /* ba */
    case 0x4e5d: return WEIR_SYM_DIGIT + 9;            /* jiu */
    case 0x5341: return WEIR_SYM_DIGIT + 10;           /* shi, ten */
    default: return 0;
    }
}
