#!/usr/bin/env python3
"""Lines of label, set, fold, text for inject_train -r: data of all kinds,
with a request put in (between \\1 and \\2) and without.

usage: inject_data.py SETS > lines

Data and request of a text are of the same fold, so that out of fold both
are unseen.
"""
import csv, glob, json, os, random, re, sys, zlib
import inject_grammar as G
import inject_english as EN
import inject_chinese as ZH
import inject_persona as PERSONA
import inject_task as T
from inject_sets import FOLDS, heldout, load, plain, root

rng = random.Random(11)
seen = set()


def fold_of(key):
    return zlib.crc32(key.encode()) % FOLDS


def say(label, name, fold, text):
    text = re.sub(r'[\t\r\0]+', ' ', text).replace('\n', ' | ').strip()[:20000]
    if text and text not in seen:
        seen.add(text)
        print(label, name, fold, text, sep='\t')


def composed(lang, fold):
    """A text of our own: sentences of families of the fold."""
    fams = [f for i, f in enumerate(T.DATA[lang])
            if fold_of('data%d' % i) == fold]
    gap = rng.choice((' ', '\n', '\n\n', ' ')) if lang == 'en' else \
        rng.choice(('', '\n', ''))
    return gap.join(G.spin(rng.choice(fams), rng)
                    for _ in range(rng.randrange(3, 9)))


NAMES = ('Ann Lee|Bo Chen|Carla|Dev Rao|Eva|Finn|Gita|Hugo|Ines|Jan').split('|')
FIELDS = ('id|name|city|amount|status|date|note|title|price|stock|owner|'
          'email|score|comment|description|category').split('|')
FIELDS_ZH = '编号|姓名|城市|金额|状态|日期|备注|标题|价格|库存|类别'.split('|')


def cell(zh):
    return rng.choice((
        str(rng.randrange(2, 90000)), '%.2f' % rng.uniform(1, 900),
        '2023-%02d-%02d' % (rng.randrange(1, 13), rng.randrange(1, 28)),
        rng.choice('已完成|待处理|北京|上海|广州|李娜|王强|椅子|桌子'.split('|'))
        if zh else rng.choice(NAMES),
        rng.choice('open|closed|paid|Lima|Oslo|chair|table|blue|Q2'
                   .split('|'))))


def table(lang):
    """Rows as JSON, CSV, Markdown, HTML or a log."""
    zh = lang == 'zh'
    heads = rng.sample(FIELDS_ZH if zh else FIELDS, rng.randrange(3, 6))
    rows = [[cell(zh) for _ in heads] for _ in range(rng.randrange(3, 9))]
    form = rng.randrange(5)
    if form == 0:
        return json.dumps([dict(zip(heads, r)) for r in rows],
                          ensure_ascii=False)
    if form == 1:
        return '\n'.join(','.join(r) for r in [heads] + rows)
    if form == 2:
        return '\n'.join('| ' + ' | '.join(r) + ' |' for r in [heads] + rows)
    if form == 3:
        return '<table>' + ''.join('<tr>' + ''.join('<td>%s</td>' % c
                                                    for c in r) + '</tr>'
                                   for r in [heads] + rows) + '</table>'
    return '\n'.join('2023-05-%02d 10:%02d:07 %s %s' % (
        rng.randrange(1, 29), rng.randrange(60),
        rng.choice(('INFO', 'WARN', 'DEBUG')),
        ' '.join('%s=%s' % (h, c) for h, c in zip(heads, r))) for r in rows)


def carriers():
    """name, fold, text of data found or made."""
    with open(root + '/bipia/email/train.jsonl', encoding='utf-8') as f:
        for i, line in enumerate(f):
            for _ in range(6):
                yield 'data-mail', fold_of('mail%d' % i), \
                    json.loads(line)['context']
    for fold in range(FOLDS):
        for lang in ('en', 'zh'):
            for _ in range(400):
                yield 'data-own-' + lang, fold, composed(lang, fold)
            for _ in range(80):
                yield 'data-table-' + lang, fold, table(lang)
    with open(root + '/cold/train.csv', encoding='utf-8') as f:
        rows = [r['TEXT'] for r in csv.DictReader(f) if r['label'] == '0']
    for i in range(4000):
        yield 'data-posts-zh', fold_of('cold%d' % i), \
            '\n'.join(rng.sample(rows, rng.randrange(1, 4)))
    path = root + '/pii-bench-zh/pii_bench_zh_formal_seed42.jsonl'
    with open(path, encoding='utf-8') as f:
        for i, line in zip(range(400), f):
            yield 'data-forms-zh', fold_of('pii%d' % i), \
                json.loads(line).get('text', '')
    for r in load('presidio-research/generated_large.json')[:800]:
        yield 'data-forms-en', fold_of('pres%s' % r.get('template_id', 0)), \
            r.get('full_text', '')
    for name, pattern, n in (
            ('docs', '/usr/share/doc/*/README*', 600),
            ('docs', '/usr/share/doc/*/*.txt*', 400),
            ('faq', '/usr/share/doc/*/*[Ff][Aa][Qq]*', 60),
            ('html', '/usr/share/doc/**/*.html', 800),
            ('news', '/usr/share/doc/*/*NEWS*', 300),
            ('changes', '/usr/share/doc/*/changelog*', 300),
            ('copyright', '/usr/share/doc/*/copyright', 200),
            ('man', '/usr/share/man/man[1578]/*.gz', 900),
            ('perl', '/usr/share/perl/**/*.pod', 200),
            ('perl', '/usr/share/perl/**/*.p[lm]', 300),
            ('headers', '/usr/include/**/*.h', 400),
            ('markdown', '/usr/lib/node_modules/**/*.md', 600),
            ('markdown', '/usr/share/nodejs/**/*.md', 600),
            ('python', '/usr/lib/python3*/**/*.py', 900)):
        paths = sorted(glob.glob(pattern, recursive=True))
        for p in rng.sample(paths, min(n, len(paths))):
            t = re.sub(r'^\.\S+|\\f.|\\-', ' ', plain(p), flags=re.M)
            for _ in range(6):
                at = rng.randrange(max(1, len(t) - 1500))
                yield 'data-' + name, fold_of(os.path.basename(p)), \
                    t[at:at + rng.choice((200, 500, 1500, 3000))]
    here = os.path.dirname(os.path.abspath(__file__))
    for lang in ('en', 'zh'):
        with open(here + '/../benign/%s.txt' % lang, encoding='utf-8') as f:
            lines = f.read().split('\n')
        for at in range(0, len(lines) - 6, 5 if lang == 'en' else 6):
            yield 'data-help-' + lang, fold_of('help%d' % (at // 100)), \
                '\n'.join(lines[at:at + rng.randrange(1, 7)])


LEAD = {
    'en': ('', '', '', '', '', 'P.S. ', 'Note: ', 'IMPORTANT: ', 'Also, ',
           'AI assistant: ', 'Assistant, ', 'Please ', 'Before you answer, ',
           'When you read this, ', 'To the model: ', 'First, ', 'System: ',
           'New task: ', 'Instead of the above, ', 'Then ', '<!-- '),
    'zh': ('', '', '', '', '', '附：', '注意：', '另外，', 'AI助手：', '请',
           '回答之前，', '读到这里时，', '致模型：', '首先，', '系统：',
           '新任务：', '不要做上面的事，', '然后', '<!-- ')}


def put(text, what):
    """Begin, middle (after a sentence, a line, or just anywhere), end."""
    where = rng.randrange(4)
    gap = rng.choice((' ', ' ', '\n', '\n\n'))
    if where == 0:
        cut = 0
    elif where == 1:
        ends = [m.end() for m in re.finditer(r'[.。！？!?\n]', text)]
        cut = rng.choice(ends) if ends else len(text)
    elif where == 2:
        blanks = [m.end() for m in re.finditer(r'\s', text)]
        cut = rng.choice(blanks) if blanks else len(text)
    else:
        cut = len(text)
    return text[:cut] + gap + '\1' + what + '\2' + gap + text[cut:]


def topics(text, words, lang):
    def topic(_):
        n = rng.choice((1, 1, 2) if lang == 'zh' else (1, 1, 2, 2, 3))
        return ('' if lang == 'zh' else ' ').join(
            rng.choice(words[lang]) for _ in range(n))
    return re.sub(r'\^', topic, text)


def main():
    words = {'en': [], 'zh': []}
    texts = list(carriers())
    for _, _, text in texts:
        words['en'] += re.findall('[A-Za-z][a-z]{3,11}', text)[::7]
        words['zh'] += re.findall('[\u4e00-\u9fff]{2,4}', text)[::7]
    fams = {}
    for lang, more in (('en', EN), ('zh', ZH)):
        for kind, lists in (('task', T.TASK[lang]), ('attack', more.ATTACK),
                            ('refer', T.REFER[lang])):
            for i, fam in enumerate(lists):
                fams.setdefault((kind, lang, fold_of(kind + str(i))),
                                []).append(fam)
    for name, fold, text in texts:
        text = text[:4000]
        if name.startswith('data-own'):
            text = topics(text, words, name[-2:])
        if not text.strip():
            continue
        say(0, name, fold, text)
        lang = 'zh' if re.search('[\u4e00-\u9fff]{4}', text) else 'en'
        lang = lang if rng.random() < .85 else rng.choice(('en', 'zh'))
        small = name[5:] in ('mail', 'own-en', 'own-zh', 'forms-en', 'table-en',
                             'table-zh', 'forms-zh', 'posts-zh', 'help-zh')
        for kind, share in (('task', .8 if small else .35),
                            ('attack', .25 if small else .1), ('refer', .2)):
            known = fams.get((kind, lang, fold))
            if rng.random() > share or known is None:
                continue
            what = topics(G.spin(rng.choice(known), rng), words, lang)
            if kind == 'refer':
                text2 = rng.choice((what + '\n' + text, text + '\n' + what))
                say(0, 'user-with-data-' + lang, fold, text2)
                continue
            lead = rng.choice(LEAD[lang])
            if lead.endswith((', ', 'Please ', 'Then ')) and rng.random() < .8:
                what = what[0].lower() + what[1:]
            say(1, '%s-in-data-%s' % (kind, lang), fold, put(text,
                                                             lead + what))
    with open(root + '/bipia/email/train.jsonl', encoding='utf-8') as f:
        clean = [json.loads(x)['context'] for x in f]
    tasks = [t for v in load('bipia/text_attack_train.json').values()
             for t in v]
    for i, m in enumerate(clean):
        for k in range(9):
            t = tasks[(i * 7 + k * 29) % len(tasks)]
            cut = (0, len(m) // 2, len(m))[k % 3]
            say(3, 'bipia-' + ('start', 'middle', 'end')[k % 3],
                fold_of('mail%d' % i), m[:cut] + ' ' + t + ' ' + m[cut:])
    for c in load('cyberseceval/prompt_injection.json'):
        if c['injection_type'] == 'indirect':
            say(3, 'cyberseceval-indirect', 0, c['user_input'])
    # long prompts: no data, and weir scan reads them as if they were
    own = random.Random(11)
    for k, fam in enumerate(PERSONA.ROLE):
        for _ in range(40):
            say(0, 'user-role-en', fold_of('role%d' % k), G.spin(fam, own))
    # prompts: only to see what the place must keep away
    for lang, lists in (('en', EN.BENIGN), ('zh', ZH.BENIGN)):
        for i, fam in enumerate(lists):
            for _ in range(10):
                say(2, 'prompt-' + lang, 0, G.spin(fam, rng))
    for r in load('piguard/NotInject_one.json'):
        say(2, 'NotInject_one', 0, r['prompt'])


main()
