/*
 * shapes_place.c: postal addresses as they are written in China: a place,
 * the way down to the road, the number; then building, unit, floor, room.
 * \x is any Han character, \h the mark of a number, \c a digit in Chinese.
 */
#include "compile/matcher_parts.h"

/* Provinces, and the largest cities: people leave out the province there. */
#define PLACES \
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏" \
    "|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西" \
    "|海南|四川|贵州|云南|陕西|甘肃|青海|宁夏|新疆|内蒙" \
    "古|西藏|台湾|香港|澳门|广州|深圳|杭州|南京|成都|武" \
    "汉|西安|苏州|青岛|大连|厦门|宁波|郑州|长沙|合肥|福" \
    "州|济南|昆明|东莞|佛山|无锡|珠海"
#define NUM    "([0-9]{1,5}(-[0-9]{1,5})?|\\c{1,4}|[A-Z])"
#define UNITS  "(\\h楼|单元|[栋幢楼层室座户房\\h])"

static const struct matcher_shape  shapes[] = {
    { WEIR_IDENT_CN_ADDRESS, WEIR_CHECK_STRONG_SHAPE, 0, "",
      "(" PLACES ")\\x{1,24}[路街道巷弄村里] ?"
      NUM "[\\h弄](" NUM UNITS "){0,5}"
      "([0-9]{3,5})?",
      "[^" "0-9A-Za-z" "]", NULL },
};

const struct matcher_shape_table  matcher_shapes_place = {
    shapes, sizeof(shapes) / sizeof(shapes[0])
};
