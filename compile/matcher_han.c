/* matcher_han.c: symbols of the Han characters that identifiers contain. */
#include "compile/matcher_parts.h"

/* Of the names of provinces and of the largest cities, and of what stands
   behind the numbers of an address; those of plates have theirs already. */
static const char  places[] =
    "上东佛元内北单南厦古台合四圳夏大天安室层"
    "山岛州巷幢广庆座建弄徽成户房无昆明村杭林"
    "栋楼武汉江沙河波济海深湖湾珠疆福肃肥莞街"
    "西路连道郑都里重锡长门香龙";

static_assert(sizeof(places) - 1 == 3 * WEIR_SYM_PLACES, "three bytes each");

static uint8_t
place_sym(uint32_t point)
{
    const uint8_t  utf8[3] = { (uint8_t) (0xe0 | point >> 12),
                               (uint8_t) (0x80 | (point >> 6 & 63)),
                               (uint8_t) (0x80 | (point & 63)) };
    unsigned       i;

    for (i = 0; i < WEIR_SYM_PLACES; i++) {
        if (memcmp(places + 3 * i, utf8, 3) == 0) {
            return (uint8_t) (WEIR_SYM_PLACE + i);
        }
    }
    return WEIR_SYM_HAN;
}

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
    case 0x4e8c: return WEIR_SYM_DIGIT + 2;            /* er */
    case 0x4e09: return WEIR_SYM_DIGIT + 3;            /* san */
    case 0x56db: return WEIR_SYM_DIGIT + 4;            /* si */
    case 0x4e94: return WEIR_SYM_DIGIT + 5;            /* wu */
    case 0x516d: return WEIR_SYM_DIGIT + 6;            /* liu */
    case 0x4e03: return WEIR_SYM_DIGIT + 7;            /* qi */
    case 0x516b: return WEIR_SYM_DIGIT + 8;            /* ba */
    case 0x4e5d: return WEIR_SYM_DIGIT + 9;            /* jiu */
    case 0x5341: return WEIR_SYM_DIGIT + 10;           /* shi, ten */
    default:
        return point >= 0x4e00 && point <= 0x9fff ? place_sym(point) : 0;
    }
}
