/*
 * check.mjs: what must be true when nobody calls: journal, ledger and shared
 * memory agree to the last micro-unit, and with what the callers saw.
 */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { build, micro, sleep } from '../e2e/harness.mjs';
import { isDaily } from './register.mjs';

const run = promisify(execFile);
const WAIT_MS = 40000;         /* reservations of the dead: every 5 s */

export async function books(gw) {
    const { stdout } = await run(path.join(build,
        'tests/soak/weir-soak-books'), [gw.state]);
    return JSON.parse(stdout);
}

/* calls by id: {begins, ends, lost, scenario, charged, ending} */
async function journal(gw) {
    const child = spawn(path.join(build, 'cli/weir'),
        ['--state', gw.state, 'journal', 'cat', '-o', 'json'],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    const calls = new Map();
    for await (const line of readline.createInterface({
        input: child.stdout })) {
        const r = JSON.parse(line);
        let c = calls.get(r.call_id);
        if (!c) {
            calls.set(r.call_id, c = { begins: 0, ends: 0, lost: 0,
                scenario: null, charged: 0, ending: null });
        }
        if (r.kind === 'begin') {
            c.begins++;
            c.scenario = r.scenario;
        } else if (r.ending === 'lost' && c.ends > 0) {
            c.lost++;               /* said twice: posted once */
        } else {
            c.ends++;
            c.ending = r.ending;
            c.charged = micro(r.charged);
        }
    }
    return calls;
}

function compare(b, calls) {
    const wrong = [];
    const sums = new Map();
    let ended = 0;
    for (const [id, c] of calls) {
        if (c.begins !== 1 || c.ends !== 1)
            wrong.push(`call ${id}: ${c.begins} begins, ${c.ends} ends`);
        ended += c.ends > 0;
        sums.set(c.scenario, (sums.get(c.scenario) ?? 0) + c.charged);
    }
    if (!b.sane) wrong.push('the account file is not sane');
    for (const what of ['tickets', 'seats', 'in_meters', 'open', 'balance'])
        if (b[what] !== 0) wrong.push(`${what}: ${b[what]}, not 0`);
    if (b.ended !== ended)
        wrong.push(`calls: ${b.ended} in the ledger, ${ended} in the journal`);
    for (const g of b.grants) {
        const j = sums.get(g.scenario) ?? 0;
        /* A grant of a day begins anew when the clock jumps to another. */
        if (g.reserved !== 0 || g.spent !== g.ledger || g.transfers !== j
            || !isDaily(g.scenario) && g.spent !== j)
            wrong.push(`${g.scenario}: journal ${j}, ${JSON.stringify(g)}`);
        if (g.spent > g.limit && g.scenario === 'scarce')
            wrong.push(`overspent: ${JSON.stringify(g)}`);
    }
    return wrong;
}

/* Waits until the books agree; what is wrong if they never do. */
export async function agreement(gw) {
    const end = Date.now() + WAIT_MS;
    let wrong, calls;
    do {
        await sleep(500);
        const b = await books(gw);
        if (b.tickets + b.seats + b.open > 0 && Date.now() < end - 5000) {
            wrong = [JSON.stringify({ ...b, grants: 0 })];
            continue;
        }
        calls = await journal(gw);
        wrong = compare(await books(gw), calls);
    } while (wrong.length > 0 && Date.now() < end);
    try {
        await gw.weir(['journal', 'verify']);
    } catch (e) {
        wrong.push(e.message);
    }
    return { wrong, calls: calls ?? new Map() };
}

/* What callers saw against what was written. */
export function seen(load, calls, asked) {
    const wrong = [], ids = new Set();
    for (const c of load.calls) {
        if (c.id === null) continue;
        if (ids.has(c.id)) wrong.push(`two calls got the id ${c.id}`);
        ids.add(c.id);
        const w = calls.get(c.id);
        if (!w && c.status === 503 && /journal_unavailable/.test(c.why)) {
            continue;                   /* it says so itself */
        } else if (!w) {
            wrong.push(`not in the journal: ${JSON.stringify(c)}`);
        } else if (w.scenario !== c.scenario) {
            wrong.push(`${c.id} is of ${w.scenario}, not ${c.scenario}`);
        } else if (c.paid !== undefined && w.charged !== c.paid) {
            wrong.push(`${c.id} ${c.kind} ${w.ending}: charged ` +
                       `${w.charged}, not ${c.paid}: ${JSON.stringify(c)}`);
        }
    }
    const unseen = calls.size - ids.size;
    if (unseen > load.blind + asked)
        wrong.push(`${unseen} calls in the journal that nobody saw, but ` +
                   `only ${load.blind + asked} got no head`);
    return wrong;
}

/* ---- memory ---- */

function usage(pid) {
    const kib = name => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm')
        .exec(text)?.[1] ?? 0);
    const text = fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return { pss: kib('Pss'), anon: kib('Anonymous'),
             ...descriptors(pid) };
}

/* Sockets apart: idle connections to upstreams are kept, up to a number. */
function descriptors(pid) {
    let files = 0, sockets = 0;
    for (const fd of fs.readdirSync(`/proc/${pid}/fd`)) {
        let what = '';
        try {
            what = fs.readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch { continue; }
        if (what.startsWith('socket:')) sockets++;
        else files++;
    }
    return { files, sockets };
}

const ends = pid => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .includes('shutting down');

/* {workers: [{pid, pss, anon, files, sockets}], keeper}; null while one is replaced. */
export async function memory(gw) {
    try {
        const p = await gw.pids();
        return { workers: p.workers.filter(pid => !ends(pid))
                     .map(pid => ({ pid, ...usage(pid) })),
                 keeper: { pid: p.keeper, ...usage(p.keeper) } };
    } catch {
        return null;
    }
}
