// Names of persons: exact-span precision and recall, and false alarms on
// texts without names. Run alone: names.mjs NAMES_TOOL TESTSETS
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const points = (s) => [...s].length;

// Names of each text, as [begin, end, score].
export function find(tool, texts) {
    const input = texts.map((t) => t.replaceAll('\\', '\\\\')
        .replaceAll('\n', '\\n').replaceAll('\0', ' ')
        .replaceAll('\r', ' ')).join('\n') + '\n';
    const ran = spawnSync(tool, { input, maxBuffer: 1 << 28 });
    if (ran.status !== 0) throw new Error(`${tool}: ${ran.stderr}`);
    const lines = ran.stdout.toString().split('\n').slice(0, -1);
    if (lines.length !== texts.length) throw new Error('texts went missing');
    return lines.map((line) => {
        const n = line.trim().split(' ').filter(Boolean).map(Number);
        return Array.from({ length: n.length / 3 },
            (_, i) => n.slice(3 * i, 3 * i + 3));
    });
}

// rows: { text, gold: [[begin, end]] }
function spans(tool, rows, least) {
    const found = find(tool, rows.map((r) => r.text));
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
    const precision = said ? hit / said : 0, recall = gold ? hit / gold : 0;
    const f = (b) => precision + recall === 0 ? 0 :
        (1 + b * b) * precision * recall / (b * b * precision + recall);
    return { gold, said, hit, precision, recall, f1: f(1), f2: f(2) };
}

function noise(tool, texts, least) {
    const found = find(tool, texts);
    const bytes = texts.reduce((n, t) => n + Buffer.byteLength(t), 0);
    const alarms = found.reduce((n, f) =>
        n + f.filter((x) => x[2] >= least).length, 0);
    if (process.env.NAMES_SHOW) {
        found.forEach((f, i) => f.filter((x) => x[2] >= least).forEach((x) =>
            console.log('=', [...texts[i]].slice(x[0], x[1]).join(''), x[2],
                [...texts[i]].slice(Math.max(0, x[0] - 8), x[1] + 8)
                    .join('').replaceAll('\n', ' '))));
    }
    return { alarms, bytes, perMB: alarms / bytes * 1e6 };
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

export async function run({ tool, weir, testsets, report = console.log,
    least = 500 }) {
    const here = path.dirname(fileURLToPath(import.meta.url));
    const program = tool ??
        path.join(path.dirname(weir), '../engine/names/names_tool');
    const out = {};

    for (const [name, load] of Object.entries(sets)) {
        let rows;
        try {
            rows = load(testsets ?? '', here);
        } catch (e) {
            if (e.code !== 'ENOENT') throw e;
            report(`names  ${name}: not here`);
            continue;
        }
        const s = out[name] = spans(program, rows, least);
        report(`names  ${name.padEnd(20)} precision ${s.precision.toFixed(3)}`
            + ` recall ${s.recall.toFixed(3)} F1 ${s.f1.toFixed(3)}`
            + ` F2 ${s.f2.toFixed(3)} of ${s.gold}`);
    }
    for (const [name, load] of Object.entries(quiet)) {
        if (!existsSync(testsets ?? '')) continue;
        const s = out[name] = noise(program, load(testsets), least);
        report(`names  ${name.padEnd(20)} ${s.alarms} findings, `
            + `${s.perMB.toFixed(1)} per MB`);
    }
    return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [tool, testsets = process.env.WEIR_TESTSETS] =
        process.argv.slice(2);

    await run({ tool, testsets,
        least: Number(process.env.NAMES_LEAST ?? 500) });
}
