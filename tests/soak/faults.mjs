/*
 * faults.mjs: what is done to the gateway, and which failures of callers and
 * which lines in the logs it explains. A fault without `spoils` explains none:
 * its callers must not notice.
 */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, sleep, until } from '../e2e/harness.mjs';
import { scenario, SCARCE, limited, OPEN } from './register.mjs';

const GRACE_MS = 1500;

const cut = c => /ECONNRESET|EPIPE|socket hang up|aborted|cut short|does not end/
    .test(`${c.error} ${c.head}`);
const refused = c => cut(c) || /ECONNREFUSED/.test(`${c.error}`);
const upstream = c => [502, 503, 504].includes(c.status)
    || /upstream_[a-z]+/.test(`${c.head} ${c.why}`);
const unavailable = c => c.status === 503;

/* ---- upstreams: processes that can be killed and come back ---- */

export async function startModel(m) {
    m.child = spawn(process.execPath, [fileURLToPath(new URL('model.mjs',
        import.meta.url)), String(m.port), ...m.more],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((done, fail) => {
        m.child.stdout.once('data', done);
        m.child.once('exit', code => fail(new Error(`model: ${code}`)));
    });
}

export async function stopModel(m) {
    const gone = new Promise(done => m.child.once('exit', done));
    m.child.kill('SIGKILL');
    await gone;
}

/* A worker that is draining after a reload when its master dies is ended by
   weir up, and says what it had open. */
const ORPHANS = [/exited on signal/, /open socket #\d+ left/, /: aborting/];

const kill9 = pid => {
    try { process.kill(pid, 'SIGKILL'); } catch { /* has ended */ }
};

async function killWorker(w) {
    const { workers } = await w.gw.pids();
    kill9(workers[w.chance(workers.length)]);
}

async function upAgain(w, ms = 1500) {
    await sleep(w.chance(ms));
    await w.gw.up();
    await w.gw.healthy();
}

/* Another module is taken only when the one before has ended. */
const single = w => until('the old nginx to end', () =>
    !fs.existsSync(path.join(w.gw.state, 'nginx.pid.oldbin')), 90000);

const apply = (w, input) => w.gw.weir(['apply', '-f', '-'], { input });

/* tmpfs: what is used now is all that there is; then as before. */
function resize(w, kib) {
    execFileSync('mount', ['-o', `remount,size=${kib}k`, w.journal]);
}

export const FAULTS = {
    worker: { weight: 5, spoils: cut,
        logs: [/exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            await killWorker(w);
            await w.gw.healthy();
        } },
    both_workers: { weight: 1, spoils: cut,
        logs: [/exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            for (const pid of (await w.gw.pids()).workers) kill9(pid);
            await w.gw.healthy();
        } },
    master: { weight: 3, spoils: refused, logs: ORPHANS,
        async run(w) {
            await single(w);
            kill9((await w.gw.pids()).master);
            await upAgain(w);
        } },
    keeper: { weight: 5, async run(w) {
        kill9((await w.gw.pids()).keeper);
        await upAgain(w, 4000);
    } },
    keeper_and_worker: { weight: 3, spoils: cut,
        logs: [/exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            kill9((await w.gw.pids()).keeper);
            await sleep(w.chance(300));
            await killWorker(w);
            await upAgain(w);
        } },
    everything: { weight: 2, spoils: refused, logs: ORPHANS,
        async run(w) {
            await single(w);
            const p = await w.gw.pids();
            for (const pid of [p.master, p.keeper, ...p.workers]) kill9(pid);
            await sleep(100);
            await upAgain(w);
        } },
    upstream: { weight: 4, spoils: upstream, async run(w) {
        const m = w.models[w.chance(w.models.length)];
        await stopModel(m);
        await sleep(w.chance(2500));
        await startModel(m);
        await sleep(1500);       /* its breaker may be open for a second */
    } },
    /* It hangs: who waits, waits; checks find it out; nobody fails. */
    frozen: { weight: 3, async run(w) {
        const m = w.models[w.chance(w.models.length)];
        m.child.kill('SIGSTOP');
        try {
            await sleep(500 + w.chance(4000));
        } finally {
            m.child.kill('SIGCONT');
        }
        await sleep(1500);
    } },
    reload: { weight: 5, run: w => w.gw.weir(['reload', '-c', w.gw.file]) },
    reload_without_keeper: { weight: 2, async run(w) {
        kill9((await w.gw.pids()).keeper);
        await w.gw.weir(['reload', '-c', w.gw.file]);
        await upAgain(w);
    } },
    reload_and_worker: { weight: 2, spoils: cut,
        logs: [/exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            const reload = w.gw.weir(['reload', '-c', w.gw.file]);
            await sleep(w.chance(100));
            await killWorker(w);
            await reload;
            await w.gw.healthy();
        } },
    upgrade: { weight: 3, async run(w) {
        await single(w);
        const installed = path.join(w.gw.folder, `module-${w.count++}.so`);
        fs.copyFileSync(path.join(build, 'nginx/ngx_http_weir_module.so'),
                        installed);
        fs.chmodSync(installed, 0o644);
        fs.appendFileSync(installed, Buffer.alloc(16, w.count));
        const was = fs.readFileSync(w.gw.file, 'utf8');
        const old = /^module: (.*)\n/m.exec(was)?.[1];
        fs.writeFileSync(w.gw.file, was.replace(/^module: .*\n/m, '')
            + `module: ${installed}\n`);
        await w.gw.weir(['reload', '-c', w.gw.file]);
        if (old) fs.rmSync(old);
    } },
    /* Hours there, and back again or not: nobody may notice. */
    clock: { weight: 4, needs: w => w.clock, logs: [/the ledger counts/],
        async run(w) {
            w.clock.set((w.chance(24 * 3600) - 12 * 3600) * 1000);
            await sleep(w.chance(3000));
            if (w.chance(3) > 0) w.clock.set(0);
        } },
    apply: { weight: 6, async run(w) {
        for (let i = 1 + w.chance(4); i > 0; i--) {
            await apply(w, scenario(`open-${w.chance(OPEN)}`,
                { office: `office-${w.count++}` }));
        }
    } },
    more_money: { weight: 4, async run(w) {
        w.scarce = (Number(w.scarce ?? SCARCE.amount) + 0.02).toFixed(2);
        await apply(w, scenario('scarce', { ...SCARCE, amount: w.scarce }));
    } },
    limits: { weight: 3, run: w =>
        apply(w, scenario('limited', limited(4 + w.chance(30)))) },
    key: { weight: 4, async run(w) {
        const name = Object.keys(w.keys)[w.chance(OPEN + 2)];
        await w.newKey(name);
    } },
    full_disk: { weight: 3, needs: w => w.journal, spoils: unavailable,
        logs: [/journal/, /exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            const s = fs.statfsSync(w.journal);
            resize(w, Math.max(8, (s.blocks - s.bfree) * s.bsize / 1024));
            try {
                await sleep(500 + w.chance(2500));
            } finally {
                resize(w, w.journalKib);
            }
            await sleep(1000);
        } },
    full_disk_and_worker: { weight: 2, needs: w => w.journal,
        spoils: c => unavailable(c) || cut(c),
        logs: [/journal/, /exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            const s = fs.statfsSync(w.journal);
            resize(w, Math.max(8, (s.blocks - s.bfree) * s.bsize / 1024));
            try {
                await sleep(w.chance(300));
                await killWorker(w);
                await sleep(500 + w.chance(2500));
            } finally {
                resize(w, w.journalKib);
            }
            await sleep(1000);
        } },
    /* A mount that is written to cannot become read-only; its folder can:
       what is open goes on, nothing new can be made. */
    read_only: { weight: 2, needs: w => w.journal,
        spoils: c => unavailable(c) || cut(c),
        logs: [/journal/, /exited on signal 9/, /worker process \d+ exited/],
        async run(w) {
            fs.chmodSync(w.journal, 0o500);
            try {
                await sleep(w.chance(300));
                await killWorker(w);
                await sleep(500 + w.chance(2500));
            } finally {
                fs.chmodSync(w.journal, 0o700);
            }
            await sleep(1000);
        } },
};

/* Not done by the soak: it, and so all or nearly all of the machine, stood still
   (a laptop that slept, processes that somebody stopped). Callers' patience and
   time limits ran meanwhile. */
const STANDSTILL_MS = 5000;
FAULTS.standstill = { weight: 0, spoils: c => refused(c) || upstream(c)
    || /nothing came/.test(c.error) };

export function watchStandstill(done) {
    let last = Date.now();
    return setInterval(() => {
        const now = Date.now();
        if (now - last > STANDSTILL_MS) {
            done.push({ kind: 'standstill', from: last, to: now });
            console.log(`soak: all stood still for ${((now - last) / 1000)
                .toFixed(0)} s`);
        }
        last = now;
    }, 500);
}

/* Draws a fault by weight; `calm`: none that replaces a process. */
export function draw(w, calm) {
    const names = Object.keys(FAULTS).filter(n =>
        (!calm || ['apply', 'more_money', 'limits', 'key'].includes(n))
        && (!FAULTS[n].needs || FAULTS[n].needs(w))
        && (!w.only || w.only.includes(n)));
    let n = w.chance(names.reduce((sum, f) => sum + FAULTS[f].weight, 0));
    return names.find(f => (n -= FAULTS[f].weight) < 0);
}

/* The fault in whose time a failed call lies, if one explains it. */
export const explains = (done, c) => done.find(f => FAULTS[f.kind].spoils?.(c)
    && c.t1 >= f.from - 100 && c.t0 <= f.to + GRACE_MS);

/* "2026/11/24 13:37:00 [alert] ...": nginx writes local time;
   when its clock jumped, the time says nothing. */
export function explainsLine(done, line) {
    const m = /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+):(\d+)/.exec(line);
    const at = m && new Date(m[1], m[2] - 1, m[3], m[4], m[5], m[6]).getTime();
    const jumped = done.some(f => f.kind === 'clock');
    return done.find(f => FAULTS[f.kind].logs?.some(l => l.test(line))
        && (!m || jumped || at >= f.from - 2000 && at <= f.to + 3000));
}
