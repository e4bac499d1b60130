/* Which upstream is asked: by weight, backups, breakers that two workers
   share and a reload keeps, 429 with a time, fallback models. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { startGateway, micro, sleep, until } from './harness.mjs';
import { startUpstream } from './upstream.mjs';

const OPEN = 1200;                 /* ms that a breaker stays open here */
const up = {};
let gw, token;

const upstream = (name, more = '') => `---
kind: Upstream
name: ${name}
url: ${up[name].url}
protocol: openai
breaker: {failures: 3, window: 10s, open: ${OPEN}ms}
${more}`;
const model = (name, upstreams, more = '') => `---
kind: Model
name: ${name}
upstreams: ${upstreams}
max_output: 1000
${more}`;
const register = () => ['heavy', 'light', 'spare', 'flaky', 'steady', 'alone',
    'limited', 'slow', 'crowd', 'kept', 'main', 'other'].map(name =>
        upstream(name, name === 'slow' ? 'read_timeout: 300ms\n' : ''))
    .join('') + `---
kind: Upstream
name: nowhere
url: http://127.0.0.1:1
protocol: openai
breaker: {failures: 3, open: 1h}
` + model('spread', '[{name: heavy, weight: 3}, {name: light},' +
               ' {name: spare, priority: 1}]')
  + model('ordered', '[flaky, steady]')
  + model('alone', '[alone]')
  + model('limited', '[limited, steady]')
  + model('slow', '[slow, steady]')
  + model('crowd', '[crowd, steady]')
  + model('kept', '[kept, steady]')
  + model('refused', '[nowhere, steady]')
  + model('main', '[main]', `fallback: [elsewhere, other]
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
`)
  + model('other', '[other]', `served: other-served
price: {unit: CNY, per: 1M, input: "20.00", output: "80.00"}
`)
  + model('elsewhere', '[steady]') + `---
kind: Fund
name: pilot
unit: CNY
amount: "1000.00"
---
kind: Scenario
name: hotline
ordinances: []
models: [spread, ordered, alone, limited, slow, crowd, kept, refused, main,
         other]
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
---
kind: Scenario
name: narrow
ordinances: []
models: [main]
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
`;

const good = q => ({ text: JSON.stringify({ id: 'c', created: 1,
    object: 'chat.completion', model: JSON.parse(q.text).model, choices: [{
    index: 0, message: { role: 'assistant', content: 'ho' },
    finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }) });
const bad = (status, headers = {}) => () => ({ status, headers,
    text: JSON.stringify({ error: { message: `no ${status}` } }) });

before(async () => {
    for (const name of ['heavy', 'light', 'spare', 'flaky', 'steady', 'alone',
                        'limited', 'slow', 'crowd', 'kept', 'main', 'other'])
    {
        up[name] = await startUpstream();
        up[name].answers(good);
    }
    gw = await startGateway({ model: { url: '' }, workers: 2, register });
    await gw.key();
    token = fs.readFileSync(path.join(gw.state, 'admin.token'), 'utf8')
        .trim();
});
after(async () => {
    await gw?.close();
    await Promise.all(Object.values(up).map(u => u.stop()));
});

/* On a connection of its own, so that any worker may take it. */
async function call(name, scenario = 'hotline') {
    const key = await gw.key(scenario);
    return new Promise((done, fail) => {
        const q = http.request(`${gw.url}/v1/chat/completions`, {
            method: 'POST', agent: false, headers: {
                authorization: `Bearer ${key}`,
                'content-type': 'application/json' } }, r => {
            let text = '';
            r.on('data', d => { text += d; });
            r.on('end', () => done({ status: r.statusCode, text,
                                     headers: r.headers }));
        });
        q.on('error', fail);
        q.end(JSON.stringify({ model: name, messages: [
            { role: 'user', content: 'hi' }] }));
    });
}
const asked = (...names) => names.map(n => up[n].seen.length);
function forget() {
    for (const u of Object.values(up)) u.seen.length = 0;
}
/* `n` calls at once, again and again. */
async function many(name, count, n = 8) {
    const all = [];
    for (let i = 0; i < count; i += n)
        all.push(...await Promise.all(Array.from({ length: n },
                                                 () => call(name))));
    return all;
}
async function metrics() {
    const r = await fetch(`http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } });
    return r.text();
}

test('spread by weight, the backup not asked', async () => {
    forget();
    const all = await many('spread', 800);
    assert.ok(all.every(r => r.status === 200));
    const [heavy, light, spare] = asked('heavy', 'light', 'spare');
    assert.equal(heavy + light, 800);
    assert.ok(Math.abs(heavy - 600) <= 8, `${heavy} to ${light}`);
    assert.equal(spare, 0);
});

test('two workers took part', async () => {
    const files = fs.readdirSync(path.join(gw.state, 'journal'))
        .filter(f => f.endsWith('.wj'));
    const pids = (await gw.pids()).workers;
    const wrote = pids.filter(pid => files.some(f =>
        f.includes(`-${pid}-`) && fs.readFileSync(path.join(gw.state,
            'journal', f)).subarray(80, 84).readUInt32LE() !== 0));
    assert.equal(wrote.length, 2);
});

test('a backup is asked when all of the better ones fail', async () => {
    forget();
    up.light.answers(bad(503));
    const some = await many('spread', 80);
    assert.ok(some.every(r => r.status === 200));
    assert.equal(asked('spare')[0], 0);
    assert.ok(asked('light')[0] <= 3 + 8, `${asked('light')}`);
    up.heavy.answers(bad(500));
    const rest = await many('spread', 80);
    assert.ok(rest.every(r => r.status === 200));
    assert.ok(asked('spare')[0] >= 80 - 2 * (3 + 8), `${asked('spare')}`);
    up.heavy.answers(good);
    up.light.answers(good);
});

test('a breaker opens, lets one call try, and closes', async () => {
    forget();
    up.flaky.answers(bad(502));
    for (let i = 0; i < 10; i++)
        assert.equal((await call('ordered')).status, 200);
    assert.deepEqual(asked('flaky', 'steady'), [3, 10]);
    await sleep(OPEN + 100);

    /* One of many at once goes to it; it fails, and it is out once more. */
    assert.ok((await many('ordered', 16)).every(r => r.status === 200));
    assert.deepEqual(asked('flaky', 'steady'), [4, 26]);
    await sleep(OPEN + 100);

    up.flaky.answers(good);
    assert.equal((await call('ordered')).status, 200);
    assert.deepEqual(asked('flaky', 'steady'), [5, 26]);
    assert.ok((await many('ordered', 16)).every(r => r.status === 200));
    assert.deepEqual(asked('flaky', 'steady'), [21, 26]);
});

test('while a trial is under way nobody else goes', async () => {
    forget();
    up.flaky.answers(bad(500));
    for (let i = 0; i < 3; i++) await call('ordered');
    await sleep(OPEN + 100);
    let answer;
    up.flaky.answers(q => new Promise(done => {
        answer = () => done(good(q));
    }));
    const first = call('ordered');
    await until('the trial', () => answer !== undefined);
    assert.ok((await many('ordered', 16)).every(r => r.status === 200));
    assert.deepEqual(asked('flaky', 'steady'), [4, 19]);
    answer();
    assert.equal((await first).status, 200);
    up.flaky.answers(good);
    await call('ordered');
    assert.deepEqual(asked('flaky', 'steady'), [5, 19]);
});

test('workers share what they know', async () => {
    forget();
    up.crowd.answers(bad(500));
    assert.ok((await many('crowd', 160)).every(r => r.status === 200));
    /* three failures, and what was under way when it opened */
    assert.ok(asked('crowd')[0] <= 3 + 7, `${asked('crowd')}`);
    up.crowd.answers(good);
});

test('a reload keeps what is known', async () => {
    forget();
    up.kept.answers(bad(500));
    for (let i = 0; i < 3; i++) await call('kept');
    const before = (await gw.status()).generation;
    await gw.weir(['apply', '-f', '-'], { input: `kind: Fund
name: another
unit: CNY
amount: "1.00"
` });
    await until('the new generation', async () => {
        const r = await fetch(`${gw.url}/healthz`);
        return (await r.json()).generation > before;
    });
    for (let i = 0; i < 5; i++) await call('kept');
    assert.equal(asked('kept')[0], 3);
    up.kept.answers(good);
});

test('the only one is asked all the same', async () => {
    forget();
    up.alone.answers(bad(500));
    for (let i = 0; i < 8; i++)
        assert.equal((await call('alone')).status, 500);
    assert.equal(asked('alone')[0], 8);
    up.alone.answers(good);
    assert.equal((await call('alone')).status, 200);
});

test('429 with a time: not asked until then, and no failure', async () => {
    forget();
    up.limited.answers(bad(429, { 'retry-after': '1' }));
    const began = Date.now();
    for (let i = 0; i < 10; i++)
        assert.equal((await call('limited')).status, 200);
    assert.ok(Date.now() - began < 900, 'ten calls within the second');
    assert.equal(asked('limited')[0], 1);
    up.limited.answers(good);
    await sleep(1100);
    assert.equal((await call('limited')).status, 200);
    assert.equal(asked('limited')[0], 2);
    /* the same as a date, which has whole seconds */
    const later = new Date(Date.now() + 3000).toUTCString();
    up.limited.answers(bad(429, { 'retry-after': later }));
    for (let i = 0; i < 5; i++)
        assert.equal((await call('limited')).status, 200);
    assert.equal(asked('limited')[0], 3);
    await sleep(3100);
    up.limited.answers(bad(429));
    for (let i = 0; i < 10; i++)
        assert.equal((await call('limited')).status, 200);
    assert.equal(asked('limited')[0], 13);
    up.limited.answers(good);
});

test('time-outs and refused connections are failures', async () => {
    forget();
    up.slow.answers(() => new Promise(() => {}));
    for (let i = 0; i < 5; i++)
        assert.equal((await call('slow')).status, 200);
    assert.equal(asked('slow')[0], 3);
    let last;
    for (let i = 0; i < 5; i++) last = await call('refused');
    assert.equal(last.status, 200);
    const end = await gw.endOf(last.headers['weir-call']);
    assert.equal(end.attempt, 0);
    up.slow.answers(good);
});

test('metrics and status tell who is out', async () => {
    const text = await metrics();
    const value = (name, of) => Number(new RegExp(
        `^${name}\\{upstream="${of}"\\} (\\S+)$`, 'm').exec(text)?.[1]);
    assert.equal(value('weir_upstream_up', 'nowhere'), 0);
    assert.equal(value('weir_upstream_up', 'steady'), 1);
    assert.equal(value('weir_upstream_failures_total', 'nowhere'), 3);
    assert.equal(value('weir_upstream_asked_total', 'nowhere'), 3);
    assert.equal(value('weir_upstream_opened_total', 'nowhere'), 1);
    assert.equal(value('weir_upstream_limited_total', 'limited'), 12);
    const of = (await gw.status()).upstreams.find(u => u.name === 'nowhere');
    assert.equal(of.state, 'open');
    assert.ok(of.out_ms > 3000000, `${of.out_ms}`);
    assert.match(await gw.weir(['status', '-c', gw.file]),
                 /^upstream nowhere: open/m);
});

test('a fallback model serves, is paid and recorded', async () => {
    forget();
    up.main.answers(bad(503));
    const spent = (await gw.grant('hotline')).spent;
    const r = await call('main');
    assert.equal(r.status, 200, r.text);
    assert.equal(r.headers['weir-model'], 'other');
    assert.equal(JSON.parse(up.other.last().text).model, 'other-served');
    assert.equal(up.other.last().text, up.main.last().text.replace('"main"',
        '"other-served"'));
    assert.deepEqual(asked('main', 'other', 'steady'), [1, 1, 0]);
    const end = await gw.endOf(r.headers['weir-call']);
    assert.equal(end.model, 'other');
    assert.equal(end.upstream, 'other');
    assert.equal(end.attempt, 1);
    assert.equal(micro(end.charged), 5 * 20 + 7 * 80);
    const begin = (await gw.journal()).find(f => f.kind === 'begin'
        && f.call_id === end.call_id);
    assert.equal(begin.model, 'main');
    /* 2 and 64 in, 1000 out, at the dearer price */
    assert.equal(micro(begin.reserved), 66 * 20 + 1000 * 80);
    await until('the account', async () =>
        (await gw.grant('hotline')).spent === spent + micro(end.charged));
    assert.match(await metrics(), /weir_requests_total\{weir_scenario="hotline",gen_ai_request_model="main",ending="ok"\} 1$/m);
});

test('a scenario without the other model does without', async () => {
    const r = await call('main', 'narrow');
    assert.equal(r.status, 503);
    assert.equal(r.headers['weir-model'], undefined);
    up.main.answers(good);
});

test('the register names weights where it names upstreams', async () => {
    assert.match(await gw.weir(['get', 'model', 'spread']),
                 /spread +heavy,light,spare /);
    const yaml = await gw.weir(['get', 'model', 'spread', '-o', 'yaml']);
    assert.match(yaml, /upstreams:\n *- name: heavy\n *weight: 3\n/);
    assert.match(await gw.weir(['apply', '-f', '-'], { input: yaml }),
                 /unchanged/);
    assert.match(await gw.weir(['delete', 'upstream', 'spare'],
                               { ok: false }), /used by Model spread/);
    assert.match(await gw.weir(['delete', 'model', 'elsewhere'],
                               { ok: false }), /used by Model main/);
    assert.match(await gw.weir(['apply', '-f', '-'], { ok: false, input:
        'kind: Model\nname: m\nupstreams: [{name: heavy, weight: 0}]\n' }),
        /:3:35: .*weight/);
});
