/*
 * address.c: one left-to-right parse from where a division begins, over
 * folded characters. Longest names first, no back-tracking: a
 * part is taken when its last word is there, and the address ends behind the
 * last part taken.
 *
 * The parse may read WEIR_ADDRESS_CHARS_MAX characters from its begin; what
 * it finds depends on nothing else. Where it would read on behind a text
 * that may still grow, the begin is undecided.
 */
#include "weir/address.h"

#include "address/address_table.inc"

#define NAME_MAX_CHARS  15      /* of a division */
#define PART_CHARS      10      /* of the own name of a road or place */

/* The characters, and whether the parse wanted more than there are. */
struct view {
    const uint32_t  *ch;
    unsigned         n;
    bool             open;
    bool             short_of;
};

/* What the parse has met. */
struct parts {
    unsigned  divisions;
    unsigned  towns;
    unsigned  roads;
    unsigned  places;
    unsigned  numbers;          /* house number, building, room ... */
    bool      room;
};


/* The character at i; 0 behind the end. */
static uint32_t
char_at(struct view *v, unsigned i)
{
    if (i < v->n) {
        return v->ch[i];
    }
    v->short_of |= v->open;
    return 0;
}


static bool
is_han(uint32_t c)
{
    return (c >= 0x3400 && c <= 0x9fff) || c == 0x3007;
}


static bool
is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}


static bool
in(const char16_t *set, uint32_t c)
{
    for (; *set != 0; set++) {
        if (*set == c) {
            return true;
        }
    }
    return false;
}


/* ---- divisions ---- */

/* Compares name k with the view at i, as far as the name goes. */
static int
name_compare(struct view *v, unsigned i, unsigned k, unsigned len)
{
    const unsigned  begin = address_starts[k];
    const unsigned  n = address_starts[k + 1] - begin;

    for (unsigned j = 0; j < n && j < len; j++) {
        const uint32_t  a = v->ch[i + j], b = address_units[begin + j];

        if (a != b) {
            return a < b ? -1 : 1;
        }
    }
    return n == len ? 0 : len < n ? -1 : 1;
}


static bool
is_name(struct view *v, unsigned i, unsigned len)
{
    unsigned  low = 0, high = ADDRESS_NAMES;

    while (low < high) {
        const unsigned  mid = (low + high) / 2;
        const int       c = name_compare(v, i, mid, len);

        if (c == 0) {
            return true;
        }
        if (c < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return false;
}


/* Is some name longer than what the view still has? Then it may be that. */
static bool
begins_name(struct view *v, unsigned i, unsigned len)
{
    unsigned  low = 0, high = ADDRESS_NAMES;

    while (low < high) {
        const unsigned  mid = (low + high) / 2;

        if (name_compare(v, i, mid, len) > 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == ADDRESS_NAMES
        || address_starts[low + 1] < address_starts[low] + len)
    {
        return false;
    }
    for (unsigned j = 0; j < len; j++) {
        if (v->ch[i + j] != address_units[address_starts[low] + j]) {
            return false;
        }
    }
    return true;
}


/* Length of the longest division name at i; 0: none. */
static unsigned
division(struct view *v, unsigned i)
{
    unsigned  most = v->n - i < NAME_MAX_CHARS ? v->n - i : NAME_MAX_CHARS;

    if (most < NAME_MAX_CHARS && v->open && most > 0
        && begins_name(v, i, most))
    {
        v->short_of = true;
    }
    for (; most >= 2; most--) {
        if (is_name(v, i, most)) {
            return most;
        }
    }
    return 0;
}


/* ---- the other parts ---- */

static bool
is_numeral(uint32_t c)
{
    return is_digit(c) || in(u"一二三四五六七八九十百零〇两甲乙丙丁", c);
}


/* 12号, 3栋, 五单元, B座, 12-3-401室, 附1号: its length, or 0. */
static unsigned
number(struct view *v, unsigned i, struct parts *p)
{
    unsigned  k = i, digits = 0;
    uint32_t  c;

    if (char_at(v, k) == '#' || char_at(v, k) == 0x9644 /* 附 */
        || char_at(v, k) == 0x7b2c /* 第 */ || char_at(v, k) == 0x5730)
    {
        k++;                                       /* 地下 has no number */
    }
    while (k - i < 12) {
        c = char_at(v, k);
        if (is_numeral(c) || (c >= 'a' && c <= 'z')) {
            digits++;
        } else if (digits == 0 || (c != '-' && c != 0x4e4b /* 之 */
                                   && c != '~' && c != '/'))
        {
            break;
        }
        k++;
    }
    if (digits == 0) {
        return 0;
    }
    c = char_at(v, k);
    if (c == '#') {
        p->numbers++;
        return k + 1 - i;
    }
    if (!in(u"号栋幢座楼层室房户门弄巷组队单院区期", c)) {
        /* 3-401 behind a building; 601 before a word that counts nothing */
        if (p->numbers > 0 && digits >= 2 && is_digit(v->ch[k - 1])
            && (!is_han(c)
                || (digits >= 3 && digits <= 4
                    && !in(u"年月日号元块角个位人名米里公平万千百十亿"
                           u"路线分秒时点度斤克吨套台辆次本张件份条股户页",
                           c))))
        {
            p->numbers++;
            return k - i;
        }
        return 0;
    }
    k++;
    if (c == 0x5355) {                             /* 单元 */
        if (char_at(v, k) != 0x5143) {
            return 0;
        }
        k++;
    } else if (c == 0x53f7 && in(u"楼院门线", char_at(v, k))) {
        if (char_at(v, k) == 0x7ebf) {
            return 0;                              /* 1号线 */
        }
        k++;
    } else if (c == 0x5ba4 || c == 0x6237 || c == 0x623f) {
        p->room = true;                            /* 室 户 房 */
    } else if (c == 0x533a || c == 0x671f || c == 0x961f || c == 0x9662) {
        if (p->numbers == 0 && p->places == 0 && p->roads == 0) {
            return 0;                              /* 五区, 二期 alone */
        }
    }
    p->numbers++;
    return k - i;
}


enum named { NAMED_NONE, NAMED_ROAD, NAMED_TOWN, NAMED_PLACE };

/* The last words of roads, towns and places; the longer ones first. */
static const struct {
    const char16_t  *word;
    enum named       kind;
    uint8_t          own;       /* characters of its own name, at least */
} lasts[] = {
    { u"经济技术开发区", NAMED_TOWN, 1 },
    { u"高新技术产业开发区", NAMED_TOWN, 0 },
    { u"街道办事处", NAMED_TOWN, 2 }, { u"工业园区", NAMED_TOWN, 1 },
    { u"开发区", NAMED_TOWN, 1 }, { u"高新区", NAMED_TOWN, 0 },
    { u"示范区", NAMED_TOWN, 2 }, { u"产业园", NAMED_PLACE, 2 },
    { u"工业园", NAMED_PLACE, 1 }, { u"科技园", NAMED_PLACE, 1 },
    { u"软件园", NAMED_PLACE, 0 }, { u"居委会", NAMED_TOWN, 2 },
    { u"村委会", NAMED_TOWN, 1 },
    { u"大道", NAMED_ROAD, 1 }, { u"大街", NAMED_ROAD, 1 },
    { u"街道", NAMED_TOWN, 1 }, { u"胡同", NAMED_ROAD, 1 },
    { u"国道", NAMED_ROAD, 1 }, { u"省道", NAMED_ROAD, 1 },
    { u"小区", NAMED_PLACE, 1 }, { u"花园", NAMED_PLACE, 1 },
    { u"家园", NAMED_PLACE, 1 }, { u"新村", NAMED_PLACE, 1 },
    { u"公寓", NAMED_PLACE, 1 }, { u"大厦", NAMED_PLACE, 1 },
    { u"广场", NAMED_PLACE, 1 }, { u"中心", NAMED_PLACE, 2 },
    { u"社区", NAMED_TOWN, 1 }, { u"宿舍", NAMED_PLACE, 1 },
    { u"大学", NAMED_PLACE, 2 }, { u"学院", NAMED_PLACE, 2 },
    { u"医院", NAMED_PLACE, 2 }, { u"中学", NAMED_PLACE, 1 },
    { u"小学", NAMED_PLACE, 1 }, { u"山庄", NAMED_PLACE, 1 },
    { u"幼儿园", NAMED_PLACE, 1 }, { u"体育场", NAMED_PLACE, 1 },
    { u"体育馆", NAMED_PLACE, 1 }, { u"图书馆", NAMED_PLACE, 1 },
    { u"博物馆", NAMED_PLACE, 1 }, { u"写字楼", NAMED_PLACE, 1 },
    { u"酒店", NAMED_PLACE, 1 }, { u"宾馆", NAMED_PLACE, 1 },
    { u"商场", NAMED_PLACE, 1 }, { u"现代城", NAMED_PLACE, 1 },
    { u"别墅", NAMED_PLACE, 1 }, { u"雅苑", NAMED_PLACE, 1 },
    { u"路", NAMED_ROAD, 1 }, { u"街", NAMED_ROAD, 1 },
    { u"巷", NAMED_ROAD, 1 }, { u"弄", NAMED_ROAD, 1 },
    { u"道", NAMED_ROAD, 2 }, { u"镇", NAMED_TOWN, 1 },
    { u"乡", NAMED_TOWN, 1 }, { u"村", NAMED_TOWN, 1 },
    { u"屯", NAMED_TOWN, 1 }, { u"苑", NAMED_PLACE, 1 },
    { u"园", NAMED_PLACE, 2 }, { u"府", NAMED_PLACE, 2 },
    { u"庭", NAMED_PLACE, 2 }, { u"邨", NAMED_PLACE, 1 },
};


static unsigned
word_len(struct view *v, unsigned i, const char16_t *word)
{
    unsigned  n = 0;

    while (word[n] != 0) {
        if (char_at(v, i + n) != word[n]) {
            return 0;
        }
        n++;
    }
    return n;
}


/* 复兴 is a district, 复兴路 a road. */
static bool
is_road_last(struct view *v, unsigned i)
{
    const uint32_t  c = char_at(v, i);

    return in(u"路街道巷弄", c)
           || (c == 0x5927 /* 大 */ && in(u"道街", char_at(v, i + 1)))
           || (in(u"东西南北中", c) && in(u"路街", char_at(v, i + 1)));
}


/* A road, town or place at i: length, and what. The first last word ends
   it, unless another follows at once (街 and 道). */
static unsigned
named(struct view *v, unsigned i, enum named *kind)
{
    for (unsigned k = i; k - i <= PART_CHARS; k++) {
        const uint32_t  c = char_at(v, k);

        if (k > i) {
            for (size_t w = 0; w < sizeof(lasts) / sizeof(lasts[0]); w++) {
                const unsigned  n = k - i < lasts[w].own
                                    ? 0 : word_len(v, k, lasts[w].word);

                if (n == 0 || (lasts[w].kind != NAMED_ROAD
                               && is_road_last(v, k + n)))
                {
                    continue;                 /* 花园 of 花园路 */
                }
                if (c == 0x5e9c && v->ch[k - 1] == 0x653f) {
                    return 0;                 /* 政府, who lives nowhere */
                }
                *kind = lasts[w].kind;
                /* 东路, 中段: the direction behind the name */
                if (*kind == NAMED_ROAD && in(u"东西南北中", char_at(v, k + n))
                    && in(u"段路街", char_at(v, k + n + 1)))
                {
                    return k + n + 2 - i;
                }
                /* 体育场东门 */
                if (*kind == NAMED_PLACE
                    && in(u"东西南北正侧", char_at(v, k + n))
                    && char_at(v, k + n + 1) == 0x95e8)
                {
                    return k + n + 2 - i;
                }
                return k + n - i;
            }
        }
        if ((!is_han(c) && !(c >= 'a' && c <= 'z') && !is_digit(c))
            || in(u"的了是与及或把被让给这他她它我你您们没就也还很说在到从对",
                  c))
        {
            return 0;
        }
    }
    return 0;
}


/* ---- an address ---- */

/* End of the address that begins at ch[0], in characters; 0: none. */
static unsigned
parse(struct view *v, struct parts *p)
{
    unsigned    i = 0, end = 0, n;
    enum named  kind;

    *p = (struct parts) { 0 };
    while (p->divisions < 5 && (n = division(v, i)) > 0
           && !is_road_last(v, i + n))
    {
        i += n;
        end = i;
        p->divisions++;
        i += char_at(v, i) == ' ' || char_at(v, i) == 0xb7;
    }
    for (unsigned k = 0; k < 12 && !p->room; k++) {
        if (char_at(v, end) == ' ' || char_at(v, end) == '-') {
            i = end + 1;
        } else {
            i = end;
        }
        n = number(v, i, p);
        if (n == 0) {
            n = named(v, i, &kind);
            if (n == 0) {
                break;
            }
            p->roads += kind == NAMED_ROAD;
            p->towns += kind == NAMED_TOWN;
            p->places += kind == NAMED_PLACE;
        }
        end = i + n;
    }
    return end;
}


static unsigned
score_of(const struct parts *p, bool told)
{
    const unsigned  named = p->roads + p->places;

    if (p->divisions == 0) {
        return 0;
    }
    if (p->numbers > 0 && named + p->towns > 0) {
        return p->divisions >= 2 || p->room || told ? 900 : 700;
    }
    if (p->numbers > 0 && p->divisions >= 3 && told) {
        return 600;
    }
    if (p->roads > 0 || (p->places > 0 && p->divisions >= 2)) {
        return told ? 500 : 300;
    }
    return 0;
}


int
weir_address_parse(const uint32_t *ch, unsigned n, bool open,
    unsigned score[2])
{
    const bool    cut = n > WEIR_ADDRESS_CHARS_MAX;
    struct view   v = { ch, cut ? WEIR_ADDRESS_CHARS_MAX : n, open && !cut,
                        false };
    struct parts  p;
    unsigned      end;

    end = parse(&v, &p);
    if (v.short_of) {
        return -1;
    }
    score[0] = end == 0 ? 0 : score_of(&p, false);
    score[1] = end == 0 ? 0 : score_of(&p, true);
    return score[1] == 0 ? 0 : (int) end;
}


const uint16_t *
weir_address_name(unsigned k, unsigned *len)
{
    if (k >= ADDRESS_NAMES) {
        return NULL;
    }
    *len = (unsigned) (address_starts[k + 1] - address_starts[k]);
    return address_units + address_starts[k];
}
