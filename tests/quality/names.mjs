// Names of persons: exact-span precision and recall, and findings on texts
// that nobody chose for names. With `weir scan` and the pack of names.
//
//   WEIR_TESTSETS=<folder> node tests/quality/names.mjs [path of weir]
//
// NAMES_LEAST is the least score (the pack's, 500); NAMES_SHOW=1 shows what
// is wrong. Sets that are not there are skipped, our own sentences never.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Weir } from './weir.mjs';

const points = (s) => [...s].length;
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');

// Names of each text, as [begin, end, score].
export function find(weir, texts) {
    return weir.scan(texts, { packs: ['common/person-names'] })
        .map((found) => found.filter((f) => f.type === 'person_name')
            .map((f) => [f.start, f.end, f.score]));
}

// rows: { text, gold: [[begin, end]] }
function spans(weir, rows, least) {
    const found = find(weir, rows.map((r) => r.text));
    let hit = 0, said = 0, gold = 0;
    rows.forEach((r, i) => {
        const want = new Set(r.gold.map((g) => g.join('-')));
        const got = found[i].filter((f) => f[2] >= least);
        gold += want.size;
        said += got.length;
        hit += got.filter((f) => want.has(`${f[0]}-${f[1]}`)).length;
        if (process.env.NAMES_SHOW) {
            const show = (g) => [...r.text].slice(g[0], g[1]).join('');
            const bad = got.filter((f) => !want.has(`${f[0]}-${f[1]}`));
            const miss = r.gold.filter((g) => !got.some((f) =>
                f[0] === g[0] && f[1] === g[1]));
            if (bad.length || miss.length) {
                console.log('+', bad.map((b) => show(b) + b[2]).join(' '),
                    '-', miss.map(show).join(' '), '|',
                    r.text.slice(0, 120).replaceAll('\n', ' '));
            }
        }
    });
    return { gold, said, hit };
}

function noise(weir, texts, least) {
    const found = find(weir, texts);
    const bytes = texts.reduce((n, t) => n + Buffer.byteLength(t), 0);
    const alarms = found.reduce((n, f) =>
        n + f.filter((x) => x[2] >= least).length, 0);
    if (process.env.NAMES_SHOW) {
        found.forEach((f, i) => f.filter((x) => x[2] >= least).forEach((x) =>
            console.log('=', [...texts[i]].slice(x[0], x[1]).join(''), x[2],
                [...texts[i]].slice(Math.max(0, x[0] - 8), x[1] + 8)
                    .join('').replaceAll('\n', ' '))));
    }
    return { alarms, bytes };
}

const json = (file) => JSON.parse(readFileSync(file, 'utf8'));

// Marked text of our own: [[name]].
export function marked(file) {
    return readFileSync(file, 'utf8').split('\n')
        .filter((l) => l !== '' && !l.startsWith('#')).map((line) => {
            const gold = [];
            let text = '';
            line.split(/\[\[|\]\]/).forEach((part, i) => {
                const begin = points(text);
                text += part;
                if (i % 2 === 1) gold.push([begin, points(text)]);
            });
            return { text, gold };
        });
}

// Gold is in UTF-16 units for the sets that Python or JavaScript indexed
// alike on this plane; converted to code points here.
function presidio(rows) {
    return rows.map((r) => ({ text: r.full_text, gold: r.spans
        .filter((s) => s.entity_type === 'PERSON')
        .map((s) => [s.start_position, s.end_position]) }));
}

const sets = {
    'own news': (dir, here) => marked(path.join(here, 'names_news.txt')),
    'pii-bench-zh': (dir) => readFileSync(path.join(dir,
        'pii-bench-zh/pii_bench_zh_formal_seed42.jsonl'), 'utf8').trim()
        .split('\n').map((l) => JSON.parse(l)).map((r) => ({ text: r.text,
            gold: r.entities.filter((e) => e.type === 'person')
                .map((e) => [e.start, e.end]) })),
    'argus ner_zh': (dir) => json(path.join(dir,
        'argus-redact-fixtures/ner_zh.json')).map((c) => {
        const gold = [];
        for (const e of c.expected_entities) {
            const i = c.input.indexOf(e.text);
            if (e.type === 'person') {
                gold.push([points(c.input.slice(0, i)),
                    points(c.input.slice(0, i)) + points(e.text)]);
            }
        }
        return { text: c.input, gold };
    }),
    'argus zh_person': (dir) => json(path.join(dir,
        'argus-redact-fixtures/zh_person.json')).map((c) => {
        const i = c.should_match ? c.input.indexOf(c.expected_text) : -1;
        return { text: c.input, gold: i < 0 ? [] :
            [[points(c.input.slice(0, i)), points(c.input.slice(0, i))
                + points(c.expected_text)]] };
    }),
    'presidio synth_v2': (dir) => presidio(json(path.join(dir,
        'presidio-research/synth_dataset_v2.json'))),
    'presidio generated': (dir) => presidio(json(path.join(dir,
        'presidio-research/generated_large.json'))),
};

const quiet = {
    'COLD dev': (dir) => readFileSync(path.join(dir, 'cold/dev.csv'),
        'utf8').split('\n').slice(1),
    'NotInject': (dir) => json(path.join(dir,
        'piguard/NotInject_one.json')).map((r) => r.prompt ?? r.text),
};

// As the modules of run.mjs: weir is a Weir, report a Report.
export async function run({ weir, testsets, report, least = 500 }) {
    const here = path.dirname(fileURLToPath(import.meta.url));

    for (const [name, load] of Object.entries(sets)) {
        let rows;
        try {
            rows = load(testsets ?? '', here);
        } catch (e) {
            if (e.code !== 'ENOENT') throw e;
            report.missing(`names: ${name}: the set is not there`);
            continue;
        }
        const s = spans(weir, rows, least);
        report.row({ set: name, type: 'person_name', tp: s.hit,
            fp: s.said - s.hit, fn: s.gold - s.hit, rows: rows.length });
    }
    for (const [name, load] of Object.entries(quiet)) {
        if (!existsSync(testsets ?? '')) continue;
        const s = noise(weir, load(testsets), least);
        report.density({ set: name, type: 'person_name', count: s.alarms,
            bytes: s.bytes, note: 'names of public persons among them' });
    }
}

// Run alone: a line for each set.
const printer = {
    missing: console.log,
    row(r) {
        const p = r.tp / (r.tp + r.fp || 1), q = r.tp / (r.tp + r.fn || 1);
        const f = (b) => (1 + b * b) * p * q / (b * b * p + q || 1);

        console.log(`names  ${r.set.padEnd(20)} precision ${p.toFixed(3)}`
            + ` recall ${q.toFixed(3)} F1 ${f(1).toFixed(3)}`
            + ` F2 ${f(2).toFixed(3)} of ${r.tp + r.fn}`);
    },
    density(r) {
        console.log(`names  ${r.set.padEnd(20)} ${r.count} findings, `
            + `${(r.count / r.bytes * 1e6).toFixed(1)} per MB`);
    },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await run({ weir: new Weir(process.argv[2]
        ?? path.join(root, 'build/cli/weir'), path.join(root, 'ordinance')),
        testsets: process.env.WEIR_TESTSETS, report: printer,
        least: Number(process.env.NAMES_LEAST ?? 500) });
}
