/*
 * harness.mjs: a private gateway for one test file: demo model, keeper and
 * nginx on free ports, state in a fresh folder; and at its end the checks
 * that every file must pass (see `close`).
 */
import { spawn, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const build = path.resolve(root, process.env.WEIR_BUILD ?? 'build');
export const sleep = ms => new Promise(done => setTimeout(done, ms));

/* Below the ports that the kernel gives to clients (32768 and up by default):
   one of those would take a port that is free now before its server does. */
export async function freePort() {
    for (;;) {
        const port = 10240 + Math.floor(Math.random() * 22000);
        const server = net.createServer();
        const free = await new Promise(done => {
            server.once('error', () => done(false));
            server.listen(port, '127.0.0.1', () => done(true));
        });
        if (free) {
            await new Promise(done => server.close(done));
            return port;
        }
    }
}

export async function until(what, test, ms = 8000) {
    const end = Date.now() + ms;
    for (;;) {
        const value = await test();
        if (value) return value;
        assert.ok(Date.now() < end, `waited ${ms} ms for ${what}`);
        await sleep(25);
    }
}

/* "1.25" in micro-units. */
export function micro(text) {
    const [whole, part = ''] = String(text).split('.');
    return Number(whole) * 1e6 + Number(part.padEnd(6, '0').slice(0, 6));
}

/* The demo model, on a port of the kernel's. */
export async function startModel() {
    const child = spawn(path.join(build, 'demo/weir-demo-model'),
        ['--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise((done, fail) => {
        child.stdout.once('data', d => done(String(d)));
        child.once('error', fail);
        child.once('exit', code => fail(new Error(`demo model: ${code}`)));
    });
    const address = /listens at (\S+)/.exec(line)[1];
    return new Model(child, `http://${address}`);
}

class Model {
    constructor(child, url) {
        this.child = child;
        this.url = url;
    }

    /* Keep directives under a name; requests then name it in x_demo. */
    async script(name, directives) {
        const r = await fetch(`${this.url}/demo/script/${name}`,
            { method: 'PUT', body: JSON.stringify(directives) });
        assert.equal(r.status, 200);
        return { script: name };
    }

    async requests() {
        const list = await (await fetch(`${this.url}/demo/requests`)).json();
        return list.map(r => {
            const body = Buffer.from(r.body_base64, 'base64');
            return { head: r.head, body, text: body.toString() };
        });
    }

    async last() {
        return (await this.requests()).at(-1);
    }

    async count() {
        return (await fetch(`${this.url}/demo/count`)).json();
    }

    async clear() {
        await fetch(`${this.url}/demo/requests`, { method: 'DELETE' });
    }

    async stop() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = new Promise(done => this.child.once('exit', done));
            this.child.kill('SIGKILL');
            await gone;
        }
    }
}

const scenario = (name, more) => `---
kind: Scenario
name: ${name}
title: {zh: 测试, en: Test ${name}}
jurisdictions: [cn]
complaint: complaints@example.org
models: [demo, demo-messages, free, dead]
${more}`;

const ORDINANCES =
    'ordinances: [cn/personal-information, cn/generative-ai, common/secrets]';

/* The register of the tests. Prices are whole units per token, so that sums
   can be done in the head: a token in costs 2 micro, a token out 8. */
export function register(model, { poor = '0.05' } = {}) {
    const priced = (name, up) => `---
kind: Model
name: ${name}
served: demo
upstreams: [${up}]
max_output: 65536
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
`;
    return `kind: Upstream
name: demo
url: ${model}
protocol: openai
---
kind: Upstream
name: demo-messages
url: ${model}
protocol: anthropic
---
kind: Upstream
name: dead
url: http://127.0.0.1:1
protocol: openai
connect_timeout: 2s
${priced('demo', 'demo').replace('served: demo\n', '')}` +
    priced('demo-messages', 'demo-messages') + priced('dead', 'dead') +
    `---
kind: Model
name: free
served: demo
upstreams: [demo]
---
kind: Fund
name: pilot
unit: CNY
amount: "1000.00"
` +
    scenario('hotline', `${ORDINANCES}
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
`) +
    scenario('plain', `ordinances: []
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
`) +
    scenario('watching', `${ORDINANCES}
observe: ["*"]
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
`) +
    scenario('poor', `${ORDINANCES}
grant: {fund: pilot, amount: "${poor}", per: once}
state: admitted
`) +
    scenario('drafted', `${ORDINANCES}
grant: {fund: pilot, amount: "1.00", per: month}
state: draft
`);
}

/* WEIR_PRELOAD: the sanitizers' libraries, for a module built with them (make
   e2e-asan); the nginx that loads it was not. */
const sanitizers = process.env.WEIR_PRELOAD === undefined ? {} : {
    LD_PRELOAD: process.env.WEIR_PRELOAD,
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};

/* The lines of weir.yaml that a test gateway needs. */
export function configuration({ port, admin, workers = 1, more = '' }) {
    return `listen: 127.0.0.1:${port}
admin: 127.0.0.1:${admin}
workers: ${workers}
packs: ${path.join(root, 'ordinance')}
${more}`;
}

export async function startGateway(options = {}) {
    const model = options.model ?? await startModel();
    const folder = options.folder ??
        fs.mkdtempSync(path.join(os.tmpdir(), 'weir-e2e-'));
    fs.chmodSync(folder, 0o755);    /* workers run unprivileged */
    const g = new Gateway();
    g.model = model;
    g.folder = folder;
    g.state = path.join(folder, 'state');
    g.port = await freePort();
    g.admin = await freePort();
    g.url = `http://127.0.0.1:${g.port}`;
    g.options = options;
    g.file = path.join(folder, 'weir.yaml');
    fs.writeFileSync(g.file, configuration({ port: g.port, admin: g.admin,
        workers: options.workers, more: options.more }));
    fs.writeFileSync(path.join(folder, 'register.yaml'),
        options.register?.(model.url) ?? register(model.url, options));
    try {
        await g.up(['--init', path.join(folder, 'register.yaml')]);
        await g.healthy();
    } catch (e) {
        await g.kill();
        throw e;
    }
    return g;
}

class Gateway {
    keys = new Map();

    /* Run the command; resolves to standard output. */
    async weir(args, { input, ok = true } = {}) {
        const p = run(path.join(build, 'cli/weir'),
            ['--state', this.state, ...args],
            { maxBuffer: 1 << 28, timeout: 60000,
              env: { ...process.env, LC_ALL: 'C.UTF-8', ...sanitizers,
                     ...this.options.env } });
        if (input !== undefined) p.child.stdin.end(input);
        try {
            return (await p).stdout;
        } catch (e) {
            if (!ok) return (e.stdout ?? '') + (e.stderr ?? '');
            throw new Error(`weir ${args.join(' ')}: ${e.code}\n${e.stdout}` +
                            `${e.stderr}`);
        }
    }

    async up(more = []) {
        await this.weir(['up', '-c', this.file, ...more]);
    }

    async healthy() {
        await until('the gateway to be healthy', async () =>
            await this.get('/healthz') === 200);
    }

    /* Status of a GET, over TLS too (with the test's own certificate); 0:
       no answer. */
    get(where, headers = {}) {
        const [scheme, more] = this.options.tls
            ? [https, { rejectUnauthorized: false }] : [http, {}];
        return new Promise(done => {
            const q = scheme.get({ host: '127.0.0.1', port: this.port,
                path: where, headers, agent: false, ...more }, r => {
                r.resume();
                r.on('end', () => done(r.statusCode));
                r.on('error', () => done(0));
            });
            q.on('error', () => done(0));
        });
    }

    async key(scenario = 'hotline') {
        if (!this.keys.has(scenario)) {
            const out = await this.weir(['key', 'new', scenario]);
            const key = out.trim();
            assert.match(key, /^\S+$/);
            this.keys.set(scenario, key);
            await until(`the key of ${scenario} to work`, async () =>
                await this.get('/v1/models',
                    { authorization: `Bearer ${key}` }) !== 401);
        }
        return this.keys.get(scenario);
    }

    models(key) {
        return fetch(`${this.url}/v1/models`,
            { headers: { authorization: `Bearer ${key}` } });
    }

    /* A chat call with fetch: no SDK between the test and the bytes. */
    async chat(body, { scenario = 'hotline', key, headers = {}, raw = false,
                       path: where = '/v1/chat/completions', signal } = {}) {
        key ??= await this.key(scenario);
        const r = await fetch(this.url + where, {
            method: 'POST', signal,
            headers: { authorization: `Bearer ${key}`,
                       'content-type': 'application/json', ...headers },
            body: typeof body === 'string' || body instanceof Uint8Array
                  ? body : JSON.stringify(body) });
        if (raw) return r;
        const text = await r.text();
        let json;
        try { json = JSON.parse(text); } catch { json = undefined; }
        return { status: r.status, headers: r.headers, text, json };
    }

    ask(content, more = {}) {
        return { model: 'demo', messages: [{ role: 'user', content }],
                 ...more };
    }

    async messages(body, options = {}) {
        return this.chat({ max_tokens: 1000, ...body,
                           model: body.model ?? 'demo-messages' },
            { path: '/v1/messages', ...options });
    }

    /* What the keeper says of itself. */
    async status() {
        const token = fs.readFileSync(path.join(this.state, 'admin.token'),
                                      'utf8').trim();
        const r = await fetch(`http://127.0.0.1:${this.admin}/api/v1/status`,
            { headers: { authorization: `Bearer ${token}` } });
        assert.equal(r.status, 200);
        return r.json();
    }

    /* The grant of a scenario in micro-units. */
    async grant(scenario) {
        const g = (await this.status()).grants.find(
            g => g.scenario === scenario);
        return { limit: micro(g.limit), spent: micro(g.spent),
                 reserved: micro(g.reserved) };
    }

    errorLog() {
        return this.logs().map(f => fs.readFileSync(f, 'utf8')).join('');
    }

    logs() {
        const found = [];
        const walk = dir => {
            for (const e of fs.readdirSync(dir, { withFileTypes: true })) {
                const at = path.join(dir, e.name);
                if (e.isDirectory()) walk(at);
                else if (/error.*\.log$|keeper.*\.log$/.test(e.name))
                    found.push(at);
            }
        };
        if (fs.existsSync(this.state)) walk(this.state);
        return found;
    }

    /* Records of the journal, one object a frame. */
    async journal() {
        const out = await this.weir(['journal', 'cat', '-o', 'json']);
        return out.split('\n').filter(Boolean).map(line => JSON.parse(line));
    }

    async endOf(id) {
        return until(`the end record of ${id}`, async () =>
            (await this.journal()).find(r =>
                r.kind === 'end' && r.call_id === id));
    }

    async pids() {
        const read = name =>
            Number(fs.readFileSync(path.join(this.state, name), 'utf8'));
        const master = read('nginx.pid');
        const kids = fs.readFileSync(
            `/proc/${master}/task/${master}/children`, 'utf8');
        return { master, keeper: read('keeper.pid'),
                 workers: kids.trim().split(/\s+/).filter(Boolean)
                     .map(Number) };
    }

    async kill() {
        await this.weir(['down'], { ok: false }).catch(() => {});
        if (!this.options.model) await this.model.stop();
    }

    /* Stop, and hold the run to what every run owes: nothing reserved is
       left, the journal verifies, no alert and no sanitizer in the logs. */
    async close({ alerts = [] } = {}) {
        const problems = [];
        try {
            await this.weir(['journal', 'verify']);
        } catch (e) {
            problems.push(e.message);
        }
        try {
            for (const g of (await this.status()).grants) {
                if (micro(g.reserved) !== 0)
                    problems.push(`left reserved: ${JSON.stringify(g)}`);
            }
        } catch (e) {
            problems.push(e.message);
        }
        await this.kill();
        for (const line of this.errorLog().split('\n')) {
            if (/\[(alert|emerg|crit)\]|Sanitizer|runtime error/.test(line)
                && !alerts.some(a => a.test(line))) {
                problems.push(line);
            }
        }
        if (problems.length > 0) {
            console.log(`state kept in ${this.folder}`);
        } else if (!process.env.WEIR_KEEP) {
            fs.rmSync(this.folder, { recursive: true, force: true });
        }
        assert.deepEqual(problems, []);
    }
}

/* ---- streams ---- */

/* The data of each event of an SSE text, as objects ([DONE] as a string). */
export function events(text) {
    const out = [];
    for (const block of text.split(/\r\n\r\n|\n\n|\r\r/)) {
        const data = block.split(/\r\n|\n|\r/)
            .filter(l => l.startsWith('data:'))
            .map(l => l.slice(5).replace(/^ /, '')).join('\n');
        if (data === '') continue;
        out.push(data === '[DONE]' ? data : JSON.parse(data));
    }
    return out;
}

/* All text of an OpenAI stream by choice and field. */
export function openaiTexts(list) {
    const out = {};
    for (const e of list) {
        for (const c of e.choices ?? []) {
            const o = out[c.index] ??= { content: '', reasoning: '', args: '',
                                         finish: null };
            o.content += c.delta?.content ?? '';
            o.reasoning += c.delta?.reasoning_content ?? '';
            o.reasoning += c.delta?.reasoning ?? '';
            for (const t of c.delta?.tool_calls ?? [])
                o.args += t.function?.arguments ?? '';
            o.finish = c.finish_reason ?? o.finish;
        }
    }
    return out;
}

export function anthropicTexts(list) {
    const out = { text: '', thinking: '', json: '', stop: null };
    for (const e of list) {
        out.text += e.delta?.text ?? '';
        out.thinking += e.delta?.thinking ?? '';
        out.json += e.delta?.partial_json ?? '';
        out.stop = e.delta?.stop_reason ?? out.stop;
    }
    return out;
}

/* xorshift, so that a failing run can be repeated. */
export function dice(seed) {
    let s = BigInt(seed) || 1n;
    return n => {
        s ^= (s << 13n) & 0xffffffffffffffffn;
        s ^= s >> 7n;
        s ^= (s << 17n) & 0xffffffffffffffffn;
        return Number(s % BigInt(n));
    };
}
