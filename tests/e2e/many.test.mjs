/*
 * Ten thousand streams at once that wait for their model: all are served,
 * others beside them too, each costs little memory, and when they are gone
 * nothing is left of them.
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build, startGateway, register, sleep, until } from './harness.mjs';

const EACH_KIB_MAX = 25;        /* 19 are nginx's, 4 may be ours */
const ALL_MIB_MAX = 512;
const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], {
    encoding: 'utf8' }).replace('unlimited', '1048576'));
const sanitized = !!process.env.WEIR_PRELOAD;   /* memory says nothing then */
const N = sanitized ? 1000
        : files >= 20000 ? 10000 : Math.floor(files / 2) - 100;
let gw;

before(async () => {
    gw = await startGateway({ workers: 2, register: url => register(url)
        .replaceAll('models: [demo,', 'models: [bench-idle, demo,') + `---
kind: Upstream
name: idle
url: ${url}
protocol: openai
read_timeout: 600s
---
kind: Model
name: bench-idle
upstreams: [idle]
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
` });
});
after(() => gw?.close());

async function kib() {
    const p = await gw.pids();
    return [p.master, p.keeper, ...p.workers].reduce((sum, pid) => sum +
        Number(/^Pss:\s+(\d+)/m.exec(fs.readFileSync(
            `/proc/${pid}/smaps_rollup`, 'utf8'))[1]), 0);
}

async function sockets() {
    let n = 0;
    for (const pid of (await gw.pids()).workers)
        n += fs.readdirSync(`/proc/${pid}/fd`).length;
    return n;
}

test(`${N} idle streams at once`, async t => {
    const ask = async () => {
        const begin = Date.now();
        const r = await gw.chat(gw.ask('请打 13812345678 找我'));
        assert.equal(r.status, 200, r.text);
        return Date.now() - begin;
    };
    for (let i = 0; i < 20; i++) await ask();
    const before = await kib(), was = await sockets();
    const file = path.join(gw.folder, 'idle.body');
    fs.writeFileSync(file, '{"model":"bench-idle","stream":true,' +
        '"max_tokens":10,"messages":[{"role":"user","content":' +
        `"${'请打 13812345678 找我。'.repeat(40)}"}]}`);
    const load = spawn(path.join(build, 'bench/weir-load'), ['--to',
        `127.0.0.1:${gw.port}`, '--body', file, '--connections', String(N),
        '--header', `Authorization: Bearer ${await gw.key()}`, '--hold'],
        { stdio: ['pipe', 'pipe', 'inherit'] });
    const gone = new Promise(done => load.once('exit', done));
    try {
        let said = '';
        load.stdout.on('data', d => { said += d; });
        await until('all streams to have begun', () =>
            said.includes('\n'), 60000);
        assert.equal(said, `held ${N}\n`);
        await sleep(500);
        const now = await kib();
        t.diagnostic(`${((now - before) / N).toFixed(1)} KiB each, ` +
                     `${(now / 1024).toFixed(0)} MiB in all`);
        assert.ok(sanitized || (now - before) / N <= EACH_KIB_MAX,
                  `${((now - before) / N).toFixed(1)} KiB each`);
        assert.ok(sanitized || now / 1024 <= ALL_MIB_MAX);
        assert.ok((await sockets()) - was > 2 * N - 300);
        assert.ok((await gw.grant('hotline')).reserved > 0);
        for (let i = 0; i < 20; i++) {
            const ms = await ask();
            assert.ok(ms < 2000, `a call beside them took ${ms} ms`);
        }
    } finally {
        load.stdin.end();
        await gone;
    }
    await until('their calls to end', async () =>
        (await gw.grant('hotline')).reserved === 0, 30000);
    await until('their sockets to be closed', async () =>
        await sockets() <= was + 300, 10000);
    const list = (await gw.journal()).filter(r => r.kind === 'end'
        && r.ending === 'client_gone');
    assert.equal(list.length, N);
});
