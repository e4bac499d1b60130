#!/usr/bin/env python3
"""Makes the tables of engine/names from dictionaries.

usage: names_gen.py WORK DATA > names_table.inc

WORK holds npm.json (names_npm.cjs) and t2s.txt (make_names); DATA holds our
own lists. Costs are bits of information, eight to the bit: a word that makes
up one word in 1,024 of running text costs 80.
"""
import json
import math
import sys

JIEBA = '/usr/lib/python3/dist-packages/jieba/'
SMALL = '/usr/share/dict/american-english-small'
LARGE = '/usr/share/dict/american-english'
WORDS_MAX = 110000         # Chinese words kept, by frequency
CHARS_MAX = 4000           # Chinese characters with statistics
# What ends the names of places, peoples and things, and no given name.
NEVER_GIVEN = '人性证区县市镇乡省路街裔种族逼们吗吧呢么队厂店局部院校员费者奖票饭车病药'
# What ends words that begin with a character that is a surname too: 养老金.
NO_NAME_ENDS = ('制术院业堂庙殿戏诗经录记论线面机器品款股曲座犬虫婆肉暴塔感藤剧菜'
                '饼茶酒汤粉糖油盐鱼鸡鸭羊牛马猪狗猫草花树果子儿头心手体物法案库式'
                '型号级段层圈族区域室馆馆店坊厅厂具刀枪炮弹船车板块条管网带布衣'
                '帽鞋病症炎药素酸碱盐气水火土矿铁铜钢色赛奖节日期代史学说语字词句'
                '调声音乐歌舞画像图表格纸笔墨书报信卡票证据款费税息利率量值数点度')
# What follows foreign names of places and peoples; in none of a person.
NEVER_TRANS = '人种族国区市州省岛河湖山王者教的语城县港湾海郡镇村'
NO_TRANS = '语族区县市州省国郡镇村'      # not even once
FLAG_SURNAME, FLAG_TRANS, FLAG_PREFIX, FLAG_KNOWN = 1, 2, 4, 8

# Groups of parts of speech; engine/names/names_table.h says the same.
POS = {'n': 0, 'v': 1, 'p': 2, 'd': 3, 'c': 4, 'ns': 5, 'nt': 6, 'nz': 6,
       'm': 7, 'q': 8, 'r': 9, 'a': 10, 'u': 11, 't': 12, 's': 12, 'f': 12,
       'i': 13, 'l': 13}
POS_KNOWN = 15


def hash_of(points):
    """As hash_step() of names.c."""
    h = 0x811c9dc5
    for c in points:
        h = ((h ^ c) * 0x01000193) & 0xffffffff
        h ^= h >> 15
    h = (h * 0x2c1b3c6d) & 0xffffffff
    return h ^ (h >> 13)


def table(name, entries, bits, values='uint8_t'):
    """Buckets of 16-bit fingerprints with a value each."""
    buckets = [[] for _ in range(1 << bits)]
    seen = {}
    for word in sorted(entries):
        h = hash_of([ord(c) for c in word])
        key = (h & ((1 << bits) - 1), h >> 16)
        if key in seen:
            continue
        seen[key] = word
        buckets[key[0]].append((key[1], entries[word]))
    offsets, prints, vals = [], [], []
    for b in buckets:
        offsets.append(len(prints))
        for fp, v in sorted(b):
            prints.append(fp)
            vals.append(v)
    offsets.append(len(prints))
    emit('uint32_t' if len(prints) > 65535 else 'uint16_t', name + '_at',
         offsets)
    emit('uint16_t', name + '_fp', prints)
    if values:
        emit(values, name + '_val', vals)
    return len(offsets) * 2 + len(prints) * (3 if values else 2)


def emit(kind, name, values, static='static '):
    print(static + 'const %s %s[%d] = {' % (kind, name, len(values)))
    line = ''
    for v in values:
        s = '%d,' % v
        if len(line) + len(s) > 78:
            print(line)
            line = ''
        line += s
    print(line)
    print('};')


def pairs(name, words, log):
    """A bit of 2^log for the two characters that some word begins with."""
    bits = [0] * (1 << (log - 5))
    for word in words:
        h = 0x811c9dc5
        for c in word[:2]:
            h = ((h ^ ord(c)) * 0x01000193) & 0xffffffff
            h ^= h >> 15
        h = ((h * 0x2c1b3c6d) & 0xffffffff) >> (32 - log)
        bits[h >> 5] |= 1 << (h & 31)
    emit('uint32_t', name, bits)
    return len(bits) * 4


def lists(path):
    for line in open(path, encoding='utf-8'):
        line = line.strip()
        if line and not line.startswith('#'):
            yield line.split()


class Chinese:
    def __init__(self, work, data, npm):
        self.t2s = {}
        for line in open(work + '/t2s.txt', encoding='utf-8'):
            a, b = line.rstrip('\n').split('\t')
            if len(b) == 1:
                self.t2s[a] = b
        self.single, self.mixed, self.double = set(), set(), set()
        for group, *names in lists(data + '/zh_surnames.txt'):
            for n in names:
                n = self.fold(n)
                if group == 'double':
                    self.double.add(n)
                else:
                    self.single.update(n)
                    if group == 'mixed':
                        self.mixed.update(n)
        for n in npm['zhLast']:
            n = self.fold(n)
            (self.single if len(n) == 1 else self.double).add(n)
        self.pure = self.single - self.mixed
        self.extra = {}
        for n, *words in lists(data + '/zh_words.txt'):
            for w in words:
                w = self.fold(w)
                self.extra[w] = max(self.extra.get(w, 0), int(n))
        self.persons = {self.fold(w) for ws in lists(data + '/zh_known.txt')
                        for w in ws}
        self.foreign = [self.fold(w) for ws in lists(data + '/zh_foreign.txt')
                        for w in ws]
        self.given = [self.fold(n) for n in npm['zhFirst']]
        self.read_dict()
        self.count_names()

    def fold(self, word):
        return ''.join(self.t2s.get(c, c) for c in word)

    def is_han(self, word):
        return all('\u4e00' <= c <= '\u9fff' for c in word)

    def read_dict(self):
        self.words, self.names, self.trans = {}, {}, {}
        self.far = set()        # longer names of places
        self.total = 0
        self.common = set(self.extra)
        for line in open(JIEBA + 'dict.txt', encoding='utf-8'):
            w, n, tag = line.split()
            if len(w) == 2 and int(n) >= 300 and not tag.startswith('nr'):
                self.common.add(self.fold(w))
        pos_of = {}
        for line in open(JIEBA + 'dict.txt', encoding='utf-8'):
            raw, n, tag = line.split()
            w, n = self.fold(raw), int(n)
            self.total += n
            if not self.is_han(w) or len(w) > 4:
                if len(w) > 4 and tag == 'nrt' and self.is_han(w):
                    self.trans[w] = n
                elif 4 < len(w) <= 8 and tag == 'ns' and self.is_han(w):
                    self.far.add(w)
                continue
            if w in self.extra:
                tag = 'n' if tag.startswith('nr') else tag
            elif tag in ('nr', 'nrfg') and self.like_name(w):
                self.names[w] = max(n, self.names.get(w, 0))
                continue
            elif tag == 'nrt' and len(w) >= 3:
                self.trans[w] = n
            if n > pos_of.get(w, (0,))[0]:
                group = POS.get(tag, POS.get(tag[0], 0))
                pos_of[w] = (n, group)
            self.words[w] = self.words.get(w, 0) + n
        for w, lf in self.extra.items():
            if len(w) <= 4 and self.is_han(w):
                self.words[w] = max(self.words.get(w, 0), 1 << lf)
                pos_of.setdefault(w, (0, 0))
        self.pos = {w: p for w, (n, p) in pos_of.items()}

    def like_name(self, w):
        """Is what the dictionary calls nr a person's name?"""
        if len(w) == 4:
            return w[:2] in self.double
        if w[:2] in self.double and len(w) == 3:
            return True
        if w[0] not in self.single or len(w) < 2 or w in self.double:
            return False
        if len(w) == 3:
            # 安全性, 许可证
            if w[0] in self.mixed and w[:2] in self.common:
                return False
            if w[0] in self.mixed and w[2] in NO_NAME_ENDS:
                return False
            return w[2] not in '人府湖岭山河镇县村庄寺的权书者素岩城石周徐街路宫殿' \
                '学说派党法家门里朝代时' and w[1] not in '家府氏'
        return w in self.persons

    def count_names(self):
        sur, one, two_a, two_b, tr = {}, {}, {}, {}, {}

        def add(d, k, n=1.0):
            d[k] = d.get(k, 0) + n

        for w in self.names:
            if w[:2] in self.double:
                add(sur, w[:2])
                g = w[2:]
            else:
                add(sur, w[0])
                g = w[1:]
            if len(g) == 1:
                add(one, g)
            else:
                add(two_a, g[0])
                add(two_b, g[1])
        for g in self.given:
            if len(g) == 1:
                add(one, g, 4)
            elif len(g) == 2:
                add(two_a, g[0], 4)
                add(two_b, g[1], 4)
        places = {w for w, p in self.pos.items() if p == 5}
        for w in list(self.trans) + self.foreign * 3:
            if len(w) >= 3 and w[0] not in self.pure and w not in places:
                for c in w:
                    if c not in NEVER_TRANS:
                        add(tr, c)
        for s in self.single:
            sur.setdefault(s, 0.4)
        for s in self.double:
            sur[s] = sur.get(s, 0) + 3
        # A character that is a given name in pairs may be one alone.
        for d, o in ((one, two_b), (two_a, two_b), (two_b, two_a)):
            mass = sum(d.values()) / sum(o.values())
            for c, n in list(o.items()):
                add(d, c, 0.15 * n * mass)
        self.sur, self.one, self.two = sur, one, (two_a, two_b)
        self.tr = tr

    def cost(self, d, k, floor=0.2):
        n = d.get(k, 0) + floor
        s = sum(d.values()) + floor * 4000
        return min(255, round(-8 * math.log2(n / s)))

    def surname_cost(self, c, word):
        """Small words (和, 别, 太) begin names more rarely than counted."""
        if c not in self.single:
            return 255
        more = 0 if c in self.pure else max(0, min(30, 92 - word))
        return min(254, self.cost(self.sur, c, 0) + more)

    def write(self):
        total = math.log2(self.total)
        keep = {w: n for w, n in self.words.items() if 2 <= len(w) <= 4}
        rank = sorted(keep, key=lambda w: (
            -(keep[w] * (8 if self.pos[w] == 5 or w in self.extra else 1)),
            w))[:WORDS_MAX]
        entries = {}
        for w in rank:
            lf = min(15, int(round(math.log2(max(1, keep[w])))))
            entries[w] = self.pos[w] << 4 | lf
        known = set(self.foreign)
        known |= {w for w in self.names if len(w) == 3
                  and self.names[w] >= 20}
        for w in known:
            if 2 <= len(w) <= 4 and w not in self.extra:
                entries[w] = POS_KNOWN << 4 | 4
        longer = {w for w in known | set(self.trans) if len(w) > 4
                  and self.is_han(w)}
        for w in longer:
            entries[w] = POS_KNOWN << 4 | 4
        for w in self.far:
            entries[w] = POS['ns'] << 4
        for w, lf in self.extra.items():
            if len(w) > 4 and self.is_han(w):
                entries[w] = lf
        names = [w for w in entries if entries[w] >> 4 == POS_KNOWN]
        names += sorted(self.double)
        size = table('zh_word', entries, 15) + pairs('zh_pair', entries, 19) \
            + pairs('zh_known', names, 17)
        return size + self.write_chars(total, known | longer)

    def write_chars(self, total, known):
        weight = {}
        for d, k in ((self.one, 1), (self.two[0], 1), (self.two[1], 1),
                     (self.tr, 3)):
            for c, n in d.items():
                weight[c] = weight.get(c, 0) + n * k
        for c in self.words:
            if len(c) == 1:
                weight[c] = weight.get(c, 0) + self.words[c] / 50.0
        for s in self.single:
            weight[s] = 1e9
        starts = {w[0] for w in known if w[0] not in self.single}
        for c in starts | {s[0] for s in self.double}:
            weight[c] = 1e9
        chars = sorted(weight, key=lambda c: (-weight[c], c))[:CHARS_MAX]
        index = [0] * 0x5200
        rows = [(208, 255, 255, 255, 255, 255, 11)]
        tr_total = sum(self.tr.values())
        doubles = {s[0] for s in self.double}
        for c in chars:
            if not self.is_han(c):
                continue
            n = self.words.get(c, 0)
            word = min(255, round(8 * (total - math.log2(max(1, n)))))
            flags = 0
            if c in self.single or c in doubles:
                flags |= FLAG_SURNAME
            if self.tr.get(c, 0) / tr_total > 0.0012:
                flags |= FLAG_TRANS
            if c in '老小阿':
                flags |= FLAG_PREFIX
            if c in starts:
                flags |= FLAG_KNOWN
            index[ord(c) - 0x4e00] = len(rows) | flags << 12
            # Small words (的, 说) end names far more rarely than smoothing
            # has it.
            more = 40 if word < 72 else 0
            if c in NEVER_GIVEN:
                more = 80
            given = [min(255, self.cost(d, c) + more)
                     for d in (self.one, *self.two)]
            rows.append((
                word,
                self.surname_cost(c, word),
                *given, 255 if c in NO_TRANS else self.cost(self.tr, c),
                self.pos.get(c, 11)))
        emit('uint16_t', 'weir_names_index', index, '')
        # Flags of a character as it is written.
        emit('uint8_t', 'weir_names_begin', [
            index[ord(self.t2s.get(c, c)) - 0x4e00] >> 12
            if self.is_han(self.t2s.get(c, c)) and c != '於' else 0
            for c in map(chr, range(0x4e00, 0xa000))], '')
        print('const struct zh_char weir_names_chars[%d] = {' % len(rows))
        for r in rows:
            print('{%d,%d,%d,%d,%d,%d,%d},' % r)
        print('};')
        dbl = {s: self.cost(self.sur, s, 0) for s in self.double}
        return 0x5200 * 3 + 7 * len(rows) + table('zh_double', dbl, 5)


def transitions():
    """Bits that a part of speech before or behind a name speaks for it."""
    space = {}
    exec(open(JIEBA + 'posseg/prob_trans.py', encoding='utf-8').read(), space)
    trans = space['P']
    exec(open(JIEBA + 'posseg/prob_start.py', encoding='utf-8').read(), space)
    freq = {}
    for line in open(JIEBA + 'dict.txt', encoding='utf-8'):
        _, n, tag = line.split()
        freq[tag] = freq.get(tag, 0) + int(n)
    total = sum(freq.values())
    left, right = [0] * 16, [0] * 16
    lw, rp, rq = [0.0] * 16, [0.0] * 16, [0.0] * 16
    ln = [0.0] * 16
    nr = sum(freq.get(t, 0) for t in ('nr', 'nrt', 'nrfg')) / total
    for (place, tag), row in trans.items():
        if place not in 'ES' or tag not in freq:
            continue
        g = POS.get(tag, POS.get(tag[0], 0))
        to_nr = math.exp(row.get(('B', 'nr'), -30)) + \
            math.exp(row.get(('B', 'nrt'), -30))
        ln[g] += freq[tag] * to_nr
        lw[g] += freq[tag]
        if (place, tag) == ('E', 'nr'):
            for (p2, t2), lp in row.items():
                if p2 in 'BS' and t2 in freq:
                    g2 = POS.get(t2, POS.get(t2[0], 0))
                    rp[g2] += math.exp(lp)
    for tag, n in freq.items():
        rq[POS.get(tag, POS.get(tag[0], 0))] += n / total
    for g in range(16):
        if lw[g] > 0:
            left[g] = round(8 * math.log2(max(ln[g] / lw[g], 1e-4) / nr))
        if rq[g] > 0:
            right[g] = round(8 * math.log2(max(rp[g], 1e-5) / rq[g]))
    emit('int8_t', 'weir_names_zh_left',
         [max(-40, min(40, v)) for v in left], '')
    emit('int8_t', 'weir_names_zh_right',
         [max(-40, min(40, v)) for v in right], '')
    return 32


def contexts(zh, data):
    """Word to a byte: four bits before, four bits behind (less eight)."""
    left, right = {}, {}
    for side, bits, *words in lists(data + '/zh_context.txt'):
        for w in words:
            w, b = zh.fold(w), int(bits)
            if side == 'L':
                left[w] = max(left.get(w, 0), b)
            elif side == 'R':
                right.setdefault(w, b if len(w) > 1 else min(b, 2))
            else:
                right[w] = -7
    entries = {w: min(9, left.get(w, 0)) << 4 | (right.get(w, 0) + 8)
               for w in set(left) | set(right)}
    # Bit 0: some word before a name ends so; bit 1: one behind begins so.
    edge = [0] * 0x5200
    for words, at, bit in ((left, -1, 1), (right, 0, 2)):
        for w in words:
            edge[ord(w[at]) - 0x4e00] |= bit
    emit('uint8_t', 'weir_names_edges', edge, '')
    return table('zh_context', entries, 8) + len(edge)


# Flags of Latin words; engine/names/names_table.h says the same.
FIRST, LAST, WORD, PLACE, ORG, TITLE, PART, NO = (1 << i for i in range(8))


ENDINGS = ('ing', 'ed', 'ly', 'ness', 'tion', 'sion', 'ment', 'able', 'ity',
           'ous', 'ive', 'ful', 'less', 'ism')


def derived(k, flags):
    """Words that is_word() of names_latin.c knows by their ending."""
    if len(k) >= 6 and k.endswith(ENDINGS):
        return True
    return len(k) >= 4 and k[-1] == 's' and flags.get(k[:-1], 0) & WORD


def latin_key(word):
    import unicodedata
    out = []
    for c in unicodedata.normalize('NFKD', word.casefold()):
        c = {'ł': 'l', 'đ': 'd', 'ø': 'o', 'ı': 'i', 'ħ': 'h'}.get(c, c)
        if 'a' <= c <= 'z':
            out.append(c)
        elif unicodedata.combining(c) or c in '\'’-':
            continue
        else:
            return ''
    return ''.join(out)


def latin(data, npm):
    flags, rare = {}, {}

    def add(word, flag):
        k = latin_key(word)
        if len(k) >= 2 or flag & PART:
            flags[k] = flags.get(k, 0) | flag

    small = {w.strip() for w in open(SMALL, encoding='utf-8')}
    large = {w.strip() for w in open(LARGE, encoding='utf-8')}
    lower = {latin_key(w) for w in large if w.islower() and "'" not in w}
    for w in small:
        if w.islower() and "'" not in w and 2 <= len(w) <= 14:
            add(w, WORD)
    tags = npm['lexicon']
    for w, t in tags.items():
        if ' ' in w:
            continue
        if any(x in t for x in ('MaleName', 'FemaleName', 'FirstName')):
            add(w, FIRST)
        elif 'LastName' in t:
            add(w, LAST)
        elif any(x in t for x in ('City', 'Country', 'Place', 'Region',
                                  'Demonym')):
            add(w, PLACE)
        elif any(x in t for x in ('Organization', 'SportsTeam')):
            add(w, NO)
    for kind, flag in (('first', FIRST), ('last', LAST)):
        for w, n in npm[kind].items():
            parts = w.split()
            # A word of the language is a name only when several locales or
            # compromise say so.
            if len(parts) != 1:
                continue
            k = latin_key(w)
            if not 2 <= len(k) <= 14:
                continue
            if k in lower and n < 2 and not flags.get(k, 0) & (FIRST | LAST):
                continue
            add(w, flag)
    for group, *words in lists(data + '/latin_words.txt'):
        flag = {'title': TITLE, 'part': PART, 'org': ORG, 'no': NO,
                'first': FIRST, 'place': PLACE, 'pinyin': LAST,
                'also': WORD}.get(group, 0)
        for w in words:
            if flag:
                add(w, flag)
    pinyin = {latin_key(w): 1 for g, *ws in lists(data + '/latin_words.txt')
              if g == 'pinyin' for w in ws}
    common = {latin_key(w) for w in small if w.islower()}
    for k in list(flags):
        # A rare word (maria, billy) speaks against no name.
        if k in lower and (k in common or not flags[k] & FIRST):
            flags[k] |= WORD
    names = {k: f for k, f in flags.items()
             if k and not (f == WORD and derived(k, flags))}
    size = table('latin', names, 13)
    return size + table('pinyin', pinyin, 5, None), len(names)


def main():
    work, data = sys.argv[1:3]
    npm = json.load(open(work + '/npm.json', encoding='utf-8'))
    print('/* Made by data/gen/make_names; do not edit. */')
    zh = Chinese(work, data, npm)
    size = zh.write()
    size += transitions()
    size += contexts(zh, data)
    more, n = latin(data, npm)
    sys.stderr.write('%d bytes of tables, %d Latin words, %d Chinese '
                     'names\n' % (size + more, n, len(zh.names)))


main()
