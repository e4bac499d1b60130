/*
 * run.mjs: a gateway under a mixed load and random faults, and whether its
 * books agree to the last record and its memory stays flat (docs/soak.md).
 * usage: node tests/soak/run.mjs BUILD; SOAK_SECONDS, SOAK_SEED, SOAK_FAULTS
 * (names, with commas), SOAK_CALLERS, SOAK_KEEP
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

process.env.WEIR_BUILD = path.resolve(process.argv[2] ?? 'build');
const { startGateway, freePort, dice, sleep, until } =
    await import('../e2e/harness.mjs');
const { register, OPEN, UPSTREAMS } = await import('./register.mjs');
const { Load } = await import('./load.mjs');
const { FAULTS, draw, explains, explainsLine, startModel, stopModel,
        watchStandstill } =
    await import('./faults.mjs');
const { agreement, seen, memory } = await import('./check.mjs');

const SECONDS = Number(process.env.SOAK_SECONDS ?? 1800);
const SEED = Number(process.env.SOAK_SEED ?? Date.now() % 1000000);
const KEYS = 3;                 /* of each scenario, at the start */
const WARM = 0.15, CALM = 0.8;  /* shares of the time: see the phases below */
const WARM_MS_MAX = 60000;
const ANON_KIB = 2048, ANON_SHARE = 0.10;     /* what memory may rise by */
const FILES = 2, SOCKETS = 64;                /* and open descriptors */

const problems = [], done = [], reasons = {};
const problem = text => {
    problems.push(text);
    if (problems.length <= 20) console.log(`!! ${text.slice(0, 1500)}`);
};
const clock = () => ((Date.now() - began) / 1000).toFixed(0).padStart(5);
const mib = kib => (kib / 1024).toFixed(1);
let began = Date.now(), judged = 0, explained = 0, unexplained = 0;

const w = { keys: {}, count: 0, asked: 0, chance: dice(SEED), roll: dice(SEED + 1),
            scenarios: OPEN, pause: Number(process.env.SOAK_PAUSE ?? 90),
            only: process.env.SOAK_FAULTS?.split(','), models: [] };

w.newKey = async name => {
    const key = (await w.gw.weir(['key', 'new', name])).trim();
    await until('a new key to work', async () => {
        w.asked++;
        return await w.gw.get('/v1/models',
            { authorization: `Bearer ${key}` }) === 200;
    }, 20000);
    (w.keys[name] ??= []).push(key);
};

/* A time of day for weir and nginx alone (clock.c). */
function startClock() {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(),
        'weir-soak-')), 'clock');
    const set = ms => {
        const b = Buffer.alloc(8);
        b.writeBigInt64LE(BigInt(ms));
        const fd = fs.openSync(file, 'r+');     /* it is mapped: no new file */
        fs.writeSync(fd, b, 0, 8, 0);
        fs.closeSync(fd);
    };
    fs.chmodSync(path.dirname(file), 0o755);
    fs.writeFileSync(file, Buffer.alloc(8), { mode: 0o644 });
    process.env.WEIR_SOAK_CLOCK = file;
    process.env.LD_PRELOAD = path.join(process.env.WEIR_BUILD,
                                       'tests/soak/weir-soak-clock.so');
    return { set, folder: path.dirname(file) };
}

/* The journal gets a small file system of its own, so that it can be full. */
async function mountJournal() {
    const at = path.join(w.gw.state, 'journal');
    if (process.getuid() !== 0)
        return 'no root: the disk is never full, never read-only';
    const { uid, gid } = fs.statSync(at);
    await w.gw.weir(['down']);
    const kept = path.join(w.gw.folder, 'journal-before');
    fs.cpSync(at, kept, { recursive: true });
    w.journalKib = 2 << 20;
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${w.journalKib}k,` +
            `mode=700,uid=${uid},gid=${gid}`, 'tmpfs', at],
            { stdio: 'pipe' });
        w.journal = at;
        execFileSync('cp', ['-a', `${kept}/.`, at]);
        execFileSync('chown', ['-R', `${uid}:${gid}`, at]);
    } catch (e) {
        if (w.journal) throw e;
    }
    await w.gw.up();
    await w.gw.healthy();
    return w.journal ? null : 'no mount here: the disk is never full';
}

/* Failures since the last look, and what explains them. */
function judge(load) {
    for (; judged < load.calls.length; judged++) {
        const c = load.calls[judged];
        if (!c.why) continue;
        const late = c.reused > 400 && /ECONNRESET|hang up/.test(c.error);
        const f = explains(done, c);
        if (f || late) {
            explained++;
            const by = f ? f.kind : 'kept too long';
            reasons[by] = (reasons[by] ?? 0) + 1;
        } else {
            unexplained++;
            const near = done.filter(f => c.t1 >= f.from - 3000
                && c.t0 <= f.to + 5000).map(f => `${f.kind} ` +
                `[${f.from - c.t0}, ${f.to - c.t0}]`);
            problem(`unexplained: ${JSON.stringify(c)}; took ${c.t1 - c.t0} ` +
                    `ms; near: ${near}`);
        }
    }
}

/* Nobody calls: everything must agree. Resolves to the memory of now. */
async function checkpoint(load, name) {
    await load.pause();
    await until('old workers to end', async () => {
        const m = await memory(w.gw);
        return m?.workers.length === 2 && !fs.existsSync(path.join(w.gw.state,
            'nginx.pid.oldbin'));
    }, 120000).catch(async e => {
        problem(`${name}: ${e.message}, or nginx or the keeper is gone`);
        await w.gw.up();
    });
    const { wrong, calls } = await agreement(w.gw);
    for (const text of wrong) problem(`${name}: ${text}`);
    for (const text of seen(load, calls, w.asked)) problem(`${name}: ${text}`);
    judge(load);
    const m = await memory(w.gw);
    const lost = [...calls.values()].filter(c => c.ending === 'lost').length;
    console.log(`${clock()} s  ${name}: ${calls.size} calls in the journal, ` +
        `${lost} lost, ${wrong.length ? 'NOT in agreement' : 'all agree'}; ` +
        `anonymous MiB: workers ${m.workers.map(x => mib(x.anon))}, keeper ` +
        `${mib(m.keeper.anon)}; files and sockets ${[...m.workers, m.keeper]
            .map(x => `${x.files}+${x.sockets}`)}`);
    return m;
}

const sum = m => ({ anon: m.workers.reduce((n, x) => n + x.anon, 0),
    pss: m.workers.reduce((n, x) => n + x.pss, 0),
    files: m.workers.reduce((n, x) => n + x.files, 0),
    sockets: m.workers.reduce((n, x) => n + x.sockets, 0) });

function flat(name, from, to) {
    for (const [who, a, b] of [['workers', sum(from), sum(to)],
                               ['keeper', from.keeper, to.keeper]]) {
        for (const what of ['anon', 'pss']) {
            const most = a[what] * (1 + ANON_SHARE) + ANON_KIB;
            if (b[what] > most)
                problem(`${name}: ${what} of ${who} rose from ` +
                        `${mib(a[what])} to ${mib(b[what])} MiB`);
        }
        for (const [what, more] of [['files', FILES], ['sockets', SOCKETS]])
            if (b[what] > a[what] + more)
                problem(`${name}: ${what} of ${who}: ${a[what]}, then ` +
                        b[what]);
    }
}

async function progress(load) {
    const m = await memory(w.gw);
    const last = load.calls.length - (progress.was ?? 0);
    progress.was = load.calls.length;
    console.log(`${clock()} s  ${load.calls.length} calls (${last / 10}/s), ` +
        `${done.length} faults, ${load.calls.slice(judged).filter(c => c.why)
            .length + explained} failed of them, ${unexplained} unexplained` +
        (m ? `; PSS MiB: workers ${m.workers.map(x => mib(x.pss))}, keeper ` +
             mib(m.keeper.pss) : ''));
}

async function faultsUntil(end, calm) {
    while (Date.now() < end) {
        await sleep(500 + w.chance(5000));
        if (Date.now() > end) return;
        const kind = draw(w, calm);
        if (!kind) { await sleep(1000); continue; }
        const f = { kind, from: Date.now(), to: Infinity };
        done.push(f);
        try {
            await FAULTS[kind].run(w);
        } catch (e) {
            if (!done.some(x => x.kind === 'standstill' && x.to >= f.from))
                problem(`fault ${kind}: ${e.message}`);
            await w.gw.up().catch(x => problem(`up: ${x.message}`));
        }
        f.to = Date.now();
        if (process.env.SOAK_VERBOSE)
            console.log(`${clock()} s  ${kind}, ${f.to - f.from} ms`);
    }
}

/*
 * Three phases: load alone, to have a level of memory to compare with; load
 * and every fault; load and changes of the register alone, so that the same
 * processes live long enough to show a leak.
 */
async function soak() {
    const url = {};
    for (const name of UPSTREAMS) {
        const m = { name, port: await freePort(),
                    more: name === 'bad' ? ['bad'] : [] };
        url[name] = `http://127.0.0.1:${m.port}`;
        await startModel(m);
        w.models.push(m);
    }
    process.env.WEIR_SOAK_KEY = 'sk-of-the-soak';   /* codes of ids need it */
    w.clock = startClock();
    w.gw = await startGateway({ workers: 2, model: { url: url.one },
                                register: () => register(url) });
    w.port = w.gw.port;
    const skipped = await mountJournal();
    if (skipped) console.log(`soak: ${skipped}`);
    for (const name of [...Array.from({ length: OPEN }, (_, i) => `open-${i}`),
                        'scarce', 'limited']) {
        for (let i = 0; i < KEYS; i++) await w.newKey(name);
    }
    began = Date.now();
    const at = share => began + share * SECONDS * 1000;
    const load = new Load(w, Number(process.env.SOAK_CALLERS ?? 24));
    const ticker = setInterval(() => progress(load), 10000);
    const watch = watchStandstill(done);
    const levels = [];
    try {
        await sleep(Math.min(at(WARM) - Date.now(), WARM_MS_MAX));
        levels.push(await checkpoint(load, 'warm'));
        for (const share of [0.35, 0.6, CALM]) {
            load.resume();
            await faultsUntil(at(share), false);
            await sleep(2000);
            levels.push(await checkpoint(load, `at ${share * 100} %`));
        }
        load.resume();
        await faultsUntil(at(0.9), true);
        levels.push(await checkpoint(load, 'at 90 %'));
        load.resume();
        await faultsUntil(at(1), true);
        levels.push(await checkpoint(load, 'end'));
        flat('since warm-up', levels[0], levels.at(-1));
        flat('without faults', levels.at(-2), levels.at(-1));
    } finally {
        clearInterval(ticker);
        clearInterval(watch);
        load.paused = false;
        await load.stop();
    }
    for (const m of w.models) {
        const { checks } = await (await fetch(`${url[m.name]}/checks`)).json();
        if (checks === 0) problem(`nobody checks the upstream ${m.name}`);
    }
    for (const line of w.gw.errorLog().split('\n')) {
        if ((/\[(alert|emerg|crit)\]|Sanitizer|runtime error/.test(line)
             || /the ledger counts|damaged bytes|cannot be read/.test(line))
            && !explainsLine(done, line))
            problem(`log: ${line}`);
    }
    report(load);
}

function report(load) {
    const count = list => Object.entries(list.reduce((all, x) => ({ ...all,
        [x]: (all[x] ?? 0) + 1 }), {})).sort((a, b) => b[1] - a[1])
        .map(([name, n]) => `${name} ${n}`).join(', ');
    console.log(`\ncalls   ${load.calls.length}: ` +
                count(load.calls.map(c => c.kind)));
    console.log(`faults  ${done.length}: ${count(done.map(f => f.kind))}`);
    console.log(`failed  ${explained + unexplained}, of them explained by ` +
                `faults: ${explained} (${Object.entries(reasons)
                .map(([name, n]) => `${name} ${n}`).join(', ')})`);
}

async function cleanUp() {
    await w.gw?.kill().catch(() => {});
    for (const m of w.models) await stopModel(m);
    if (w.clock) fs.rmSync(w.clock.folder, { recursive: true, force: true });
    const keep = problems.length > 0 || process.env.SOAK_KEEP;
    if (w.journal) {
        if (keep) execFileSync('cp', ['-a', w.journal, `${w.journal}-kept`]);
        await sleep(300);
        execFileSync('umount', ['-l', w.journal]);
    }
    if (keep && w.gw) console.log(`state kept in ${w.gw.folder}`);
    else if (w.gw) fs.rmSync(w.gw.folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
        problem(`${signal}: ended before its time`);
        await cleanUp();
        process.exit(1);
    });
}

console.log(`soak: ${SECONDS} s, seed ${SEED}`);
try {
    await soak();
} catch (e) {
    problem(e.stack);
}
await cleanUp();
console.log(`soak: ${problems.length === 0 ? 'all agree'
    : `${problems.length} problems`}; again with SOAK_SEED=${SEED}`);
process.exit(problems.length === 0 ? 0 : 1);
