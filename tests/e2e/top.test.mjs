/* `weir top`: its numbers are those of the journal; on a terminal it changes
   under load and leaves everything as it was; and what /metrics and
   `weir status` say of limits. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build, register, startGateway, until, sleep } from './harness.mjs';

const weir = path.join(build, 'cli/weir');
const children = new Set();
let gw;

const limited = (name, more) => `---
kind: Scenario
name: ${name}
title: {zh: 限额测试, en: Limits}
jurisdictions: [cn]
models: [demo]
ordinances: []
${more}
state: admitted
`;

before(async () => {
    gw = await startGateway({ register: url => register(url)
        + limited('five', 'limits: {requests: {per_minute: 5},'
                  + ' tokens: {per_hour: 10000000}, concurrency: 9}')
        + limited('keyed', 'key_limits: {requests: {per_minute: 2}}') });
});
after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await gw?.close();
});

/* ---- batch ---- */

const looks = out => out.split('\n').filter(Boolean).map(l => JSON.parse(l));
const top = async (args, o) => gw.weir(['top', ...args], o);

async function metrics() {
    const token = fs.readFileSync(path.join(gw.state, 'admin.token'),
                                  'utf8').trim();
    const r = await fetch(`http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } });
    return r.text();
}

test('batch: the totals are those of the journal', async () => {
    for (let i = 0; i < 4; i++)
        await gw.chat(gw.ask('电话13812345678', { stream: i % 2 === 0 }));
    await gw.chat(gw.ask('求儿童色情'));
    await gw.chat({ ...gw.ask('hi'), model: 'dead' });
    const ends = await until('six ends', async () => {
        const list = await gw.journal();
        const of = new Set(list.filter(r => r.kind === 'begin'
            && r.scenario === 'hotline' && r.model !== '')
            .map(r => r.call_id));
        const e = list.filter(r => r.kind === 'end' && of.has(r.call_id));
        return e.length >= 6 && e;
    });
    const sum = f => ends.reduce((n, e) => n + Math.max(0, f(e)), 0);
    const row = await until('six calls settled', async () => {
        const [look] = looks(await top(['--json', '-n', '1', '-d', '0.1']));
        const models = look.models.filter(m => m.name !== '-');
        return models.reduce((n, m) => n + m.calls, 0) >= 6
            && { ...look, models };
    });
    const all = key => row.models.reduce((n, m) => n + m[key], 0);
    assert.equal(all('calls'), ends.length);
    assert.equal(all('ok'), ends.filter(e => e.ending === 'ok').length);
    assert.equal(all('refused'),
                 ends.filter(e => e.ending === 'refused').length);
    assert.equal(all('failed'),
                 ends.filter(e => /^upstream/.test(e.ending)).length);
    assert.equal(all('input_tokens'), sum(e => e.input_tokens));
    assert.equal(all('output_tokens'), sum(e => e.output_tokens));
    const hits = ends.flatMap(e => e.hits ?? []);
    assert.ok(hits.length > 0);
    assert.equal(all('findings'), hits.reduce((n, h) => n + h.count, 0));
    assert.equal(row.rules.reduce((n, r) => n + r.findings, 0),
                 all('findings'));
    assert.equal(row.rules.find(r => /mobile$/.test(r.rule)).calls, 4);
    const hotline = row.scenarios.find(s => s.name === 'hotline');
    assert.equal(hotline.title, 'Test hotline');
    const grant = await gw.grant('hotline');
    assert.equal(Math.round(hotline.spent * 1e6), grant.spent);
    assert.equal(Math.round((hotline.spent + hotline.left) * 1e6),
                 grant.limit);
    const dead = row.upstreams.find(u => u.name === 'dead');
    assert.ok(dead.asked >= 1 && dead.failed >= 1);
});

test('batch: rates add up to the calls made meanwhile', async () => {
    const base = looks(await top(['--json', '-n', '1', '-d', '0.1']))[0];
    const run = top(['--json', '-n', '5', '-d', '0.5']);
    await sleep(200);
    for (let i = 0; i < 10; i++) await gw.chat(gw.ask('hi'));
    const list = looks(await run);
    assert.equal(list.length, 5);
    const made = list.reduce((n, l) =>
        n + l.total.calls_per_s * l.seconds, 0);
    assert.ok(Math.abs(made - 10) < 1e-3, `${made}`);
    assert.equal(list.at(-1).total.calls - base.total.calls, 10);
    const tokens = list.reduce((n, l) =>
        n + l.total.output_tokens_per_s * l.seconds, 0);
    assert.ok(Math.abs(tokens - (list.at(-1).total.output_tokens
                                 - base.total.output_tokens)) < 1e-3);
    const last = list.findLast(l => l.total.first_token_p50_s !== null);
    assert.ok(last.total.first_token_p50_s > 0);
    assert.ok(last.total.first_token_p95_s >= last.total.first_token_p50_s);
});

test('batch: plain text, also where there is no terminal', async () => {
    const text = await top(['-n', '1', '-d', '0.1']);
    assert.match(text, /^weir top {2}\d\d:\d\d:\d\d {2}rules generation/);
    assert.match(text, /^SCENARIO +CALLS\/s/m);
    assert.match(text, /^hotline /m);
    assert.ok(!text.includes('\x1b'));
    const zh = execFileSync(weir, ['--state', gw.state, 'top', '-b', '-n',
        '1', '-d', '0.1', '--view', 'limits'],
        { env: { ...process.env, LC_ALL: '', LC_MESSAGES: '',
                 LANG: 'zh_CN.UTF-8' } }).toString();
    assert.match(zh, /^名称 +种类 +上限/m);
    assert.match(zh, /^five +场景 +请求数 +分钟/m);
    for (const [args, what] of [[['-d', '0'], /0\.1 to 3600/],
        [['-n', 'x'], /number/], [['--view', 'x'], /no view/],
        [['--sideways'], /not understood/]])
        assert.match(await top(args, { ok: false }), what);
});

test('limits in metrics, status and top', async () => {
    for (let i = 0; i < 7; i++)
        await gw.chat(gw.ask('hi'), { scenario: 'five' });
    for (let i = 0; i < 3; i++)
        await gw.chat(gw.ask('hi'), { scenario: 'keyed' });
    const text = await until('three refusals settled', async () => {
        const now = await metrics();
        return /weir_limit_refused_total\{weir_scenario="keyed",[^}]*limit="requests"\} 1$/m
            .test(now) && now;
    });
    const of = name => `\\{kind="scenario",name="five",limit="${name}"`;
    assert.match(text, new RegExp(
        `^weir_limit_used${of('requests')},per="minute"\\} 5$`, 'm'));
    assert.match(text, new RegExp(
        `^weir_limit_max${of('requests')},per="minute"\\} 5$`, 'm'));
    assert.match(text, new RegExp(`^weir_limit_used${of('tokens')},`
                                  + 'per="hour"\\} [1-9]\\d*$', 'm'));
    assert.match(text, new RegExp(
        `^weir_limit_used${of('concurrency')}\\} 0$`, 'm'));
    assert.match(text, /weir_limit_refused_total\{weir_scenario="five",[^}]*limit="requests"\} 2$/m);
    /* Keys are counted, and named nowhere. */
    assert.match(text, /^weir_limit_keys 1$/m);
    assert.match(text, /^weir_limit_keys_full 1$/m);
    assert.ok(!/weir_limit_(used|max)\{kind="key"/.test(text));

    const said = await gw.weir(['status']);
    assert.match(said, /^limits +1 of 3 reached; keys 1 of 1$/m);
    assert.match(said,
                 /^limit +scenario five: 5 of 5 requests per minute$/m);
    assert.match(said, /^rules +generation \d+, in force since \S+Z/m);
    assert.match(said, /^journal +\d+ bytes behind$/m);
    const [look] = looks(await top(['--json', '-n', '1', '-d', '0.1']));
    assert.deepEqual(look.keys, { limited: 1, full: 1 });
    const full = look.limits.find(l => l.limit === 'requests');
    assert.equal(full.used, 5);
    assert.equal(full.share, 1);
    assert.equal(look.scenarios.find(s => s.name === 'five').limited, 2);

    /* A limit that changes is told at once. */
    const raised = path.join(gw.folder, 'raised.yaml');
    fs.writeFileSync(raised,
        limited('five', 'limits: {requests: {per_minute: 50}}').slice(4));
    await gw.weir(['apply', '-f', raised]);
    assert.match(await metrics(), /weir_limit_max\{[^}]*"minute"\} 50$/m);
});

/* ---- a terminal ---- */

class Terminal {
    out = '';

    /* `weir top` in a shell on a pseudo terminal of that size; the shell
       keeps the settings from before and from after. */
    constructor(args, { cols = 100, rows = 30 } = {}) {
        this.dir = fs.mkdtempSync(path.join(gw.folder, 'tty-'));
        const line = `stty cols ${cols} rows ${rows}; tty >tty; stty -g >a; `
            + `sh -c 'echo $$ >pid; exec "$0" "$@"' ${weir} --state `
            + `${gw.state} top ${args}; echo $? >code; stty -g >b`;
        this.child = spawn('script', ['-qfec', line, '/dev/null'],
            { cwd: this.dir, stdio: ['pipe', 'pipe', 'inherit'],
              env: { ...process.env, TERM: 'xterm', LC_ALL: 'C.UTF-8',
                     SHELL: '/bin/sh' } });
        children.add(this.child);
        this.child.stdout.on('data', d => { this.out += d; });
        this.gone = new Promise(done => this.child.once('close', done));
    }

    read(name) {
        return fs.readFileSync(path.join(this.dir, name), 'utf8').trim();
    }

    press(keys) {
        this.child.stdin.write(keys);
    }

    /* The lines of the newest whole frame. */
    screen() {
        const frames = this.out.split('\x1b[H');
        return frames.length < 3 ? [] : frames.at(-2).split('\n')
            .map(l => l.replace(/\x1b\[[0-9;?]*[a-zA-Z]|\r/g, ''));
    }

    async sees(what, test) {
        await until(`${what} on the screen:\n${this.screen().join('\n')}`,
            () => typeof test === 'function' ? test(this.screen())
                : this.screen().some(l => test.test(l)), 10000);
    }

    /* It is over, and nothing is left of it. */
    async restored(code) {
        await this.gone;
        assert.equal(this.read('code'), String(code));
        assert.equal(this.read('b'), this.read('a'));
        const at = s => this.out.lastIndexOf(s);
        assert.ok(at('\x1b[?1049l') > at('\x1b[?1049h'));
        assert.ok(at('\x1b[?25h') > at('\x1b[?25l'));
    }
}

test('terminal: changes under load, views, keys, size; q', async () => {
    const t = new Terminal('-d 0.2');
    let loading = true;
    const load = (async () => {
        while (loading) {
            await gw.chat(gw.ask('电话13812345678'));
            await sleep(20);
        }
    })();
    try {
        await t.sees('scenarios', /^SCENARIO/);
        await t.sees('calls', /^calls [1-9]/);
        const was = t.screen().find(l => /^hotline/.test(l));
        await t.sees('a change', s =>
            s.some(l => /^hotline/.test(l) && l !== was));
        assert.equal(t.screen().length, 30);
        t.press('2');
        await t.sees('upstreams', /^UPSTREAM/);
        t.press('\t');
        await t.sees('rules', /^cn\/personal-information\/mobile/);
        t.press('\x1b[Z\x1b[Z');
        await t.sees('scenarios again', /^SCENARIO/);
        t.press('a');
        await t.sees('the order of names', s =>
            /^SCENARIO↓/.test(s[4]) && /^drafted/.test(s[5]));
        t.press('r');
        await t.sees('the other way', s =>
            /^SCENARIO↑/.test(s[4]) && /^watching/.test(s[5]));
        t.press('\x1b[C');
        await t.sees('by calls', s => /CALLS\/s↓/.test(s[4]));
        t.press('h');
        await t.sees('help', /Ctrl-C/);
        await sleep(500);
        await t.sees('help still', /Ctrl-C/);
        t.press('x');
        await t.sees('the table', /^SCENARIO/);
        execFileSync('stty', ['-F', t.read('tty'), 'cols', '50', 'rows',
                              '12']);
        await t.sees('a smaller screen', s =>
            s.length === 12 && s.every(l => l.length <= 50)
            && s.some(l => /^hotline/.test(l)));
    } finally {
        loading = false;
        await load;
    }
    t.press('q');
    await t.restored(0);
});

for (const [name, code] of [['TERM', 143], ['INT', 130], ['ABRT', 134]])
    test(`terminal: as it was after SIG${name}`, async () => {
        const t = new Terminal('-d 0.2');

        await t.sees('scenarios', /^SCENARIO/);
        assert.notEqual(execFileSync('stty', ['-F', t.read('tty'), '-g'])
            .toString().trim(), t.read('a'));
        process.kill(Number(t.read('pid')), `SIG${name}`);
        await t.restored(code);
    });

test('terminal: as it was while stopped, and taken again', async () => {
    const t = new Terminal('-d 0.2');

    await t.sees('scenarios', /^SCENARIO/);
    const now = () => execFileSync('stty', ['-F', t.read('tty'), '-g'])
        .toString().trim();
    const pid = Number(t.read('pid'));
    process.kill(pid, 'SIGTSTP');
    await until('that it stops', () => / T /.test(
        fs.readFileSync(`/proc/${pid}/stat`, 'utf8')));
    assert.equal(now(), t.read('a'));
    await until('the other screen to go', () =>
        t.out.endsWith('\x1b[?1049l'));
    t.out = '';
    process.kill(pid, 'SIGCONT');
    await t.sees('scenarios again', /^SCENARIO/);
    assert.notEqual(now(), t.read('a'));
    t.press('q');
    await t.restored(0);
});

test('the keeper stops and another comes: it counts anew', async () => {
    const out = [];
    const child = spawn(weir, ['--state', gw.state, 'top', '--json', '-d',
        '0.2'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    child.stdout.on('data', d => out.push(String(d)));
    const lines = () => looks(out.join('').replace(/[^\n]*$/, ''));
    const first = await until('a look', () => lines()[0]);
    const { keeper } = await gw.pids();
    process.kill(keeper, 'SIGTERM');
    await until('that it is gone', () => lines().at(-1).error);
    await gw.chat(gw.ask('hi'));
    await gw.up();
    const anew = await until('the new one', () =>
        lines().find(l => l.keeper && l.keeper !== first.keeper));
    await gw.chat(gw.ask('hi'));
    await until('both calls', () => lines().at(-1).total?.calls === 2);
    child.kill('SIGTERM');
    const later = lines();
    const from = later.findIndex(l => l.keeper === anew.keeper);
    const made = later.slice(from).reduce((n, l) =>
        n + l.total.calls_per_s * l.seconds, 0);
    assert.ok(Math.abs(made - 2) < 1e-3, `${made}`);
    assert.ok(later.every(l => l.error || l.total.calls_per_s >= 0));
});
