/* Limits: requests, tokens and calls in flight, per key, scenario and model,
   exact with several workers; and the SDKs wait as they are told. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, startModel, until, sleep } from './harness.mjs';
import { startUpstream, sse } from './upstream.mjs';

let gw, up, unused;
let now = 0, most = 0;       /* calls at the upstream: at once, at most */
let hold = 0;                /* ms that each takes there */
let usage = { in: 10, out: 20 };

const LIMITS = {
    five: 'limits: {requests: {per_minute: 5}}',
    brisk: 'limits: {requests: {per_second: 2}}',
    tokens: 'limits: {tokens: {per_minute: 2000}}',
    two: 'limits: {concurrency: 2}',
    keyed: 'key_limits: {requests: {per_minute: 3}}',
    crowd: 'limits: {requests: {per_minute: 50, per_day: 1000}}',
    other: 'limits: {requests: {per_minute: 1000}}',
    changing: 'limits: {requests: {per_minute: 10}}',
    free: '',
};

const register = (url, limits = LIMITS) => `kind: Upstream
name: up
url: ${url}
protocol: openai
---
kind: Upstream
name: claude
url: ${url}
protocol: anthropic
---
kind: Model
name: demo
upstreams: [up]
max_output: 65536
---
kind: Model
name: demo-messages
upstreams: [claude]
---
kind: Model
name: scarce
upstreams: [up]
limits: {requests: {per_hour: 4}}
` + Object.entries(limits).map(([name, text]) => `---
kind: Scenario
name: ${name}
models: [demo, demo-messages, scarce]
state: admitted
${text}
`).join('');

const chat = (q, text) => q.stream
    ? { type: 'text/event-stream', each: 20, pieces: [
        ...[...text].map(c => sse([{ id: 'x', choices: [{ index: 0,
            delta: { content: c } }] }])),
        sse([{ id: 'x', choices: [{ index: 0, delta: {},
            finish_reason: 'stop' }] },
            { id: 'x', choices: [], usage: { prompt_tokens: usage.in,
                completion_tokens: usage.out } }, '[DONE]'])] }
    : { text: JSON.stringify({ id: 'x', object: 'chat.completion',
        choices: [{ index: 0, finish_reason: 'stop',
            message: { role: 'assistant', content: text } }],
        usage: { prompt_tokens: usage.in, completion_tokens: usage.out } }) };

async function answer(seen) {
    most = Math.max(most, ++now);
    if (hold) await sleep(hold);
    now--;
    const headers = { 'x-ratelimit-limit-requests': '99999',
                      'X-RateLimit-Reset-Tokens': '1s',
                      'anthropic-ratelimit-input-tokens-limit': '88888' };
    if (seen.path === '/v1/messages') {
        return { headers, text: JSON.stringify({ id: 'm', type: 'message',
            role: 'assistant', content: [{ type: 'text', text: 'hello' }],
            stop_reason: 'end_turn', usage: { input_tokens: usage.in,
                output_tokens: usage.out } }) };
    }
    return { headers, ...chat(JSON.parse(seen.text), 'hello') };
}

before(async () => {
    up = await startUpstream();
    up.answers(answer);
    unused = await startModel();
    gw = await startGateway({ workers: 2, model: unused,
                              register: () => register(up.url) });
});
after(async () => {
    await gw?.close({ alerts: [/exited on signal 9/,
                               /worker process \d+ exited/] });
    await up?.stop();
    await unused?.stop();
});

const h = (r, name) => r.headers.get(name);

test('openai: headers count down, then 429', async () => {
    for (let i = 1; i <= 5; i++) {
        const r = await gw.chat(gw.ask('x'), { scenario: 'five' });
        assert.equal(r.status, 200, r.text);
        assert.equal(h(r, 'x-ratelimit-limit-requests'), '5');
        assert.equal(h(r, 'x-ratelimit-remaining-requests'), String(5 - i));
        assert.match(h(r, 'x-ratelimit-reset-requests'),
                     /^1m[01](\.\d+)?s$/);
        /* No limit of tokens is set, and the upstream's is not ours. */
        assert.equal(h(r, 'x-ratelimit-limit-tokens'), null);
        assert.equal(h(r, 'x-ratelimit-reset-tokens'), null);
        assert.equal(h(r, 'anthropic-ratelimit-input-tokens-limit'), null);
        assert.equal(h(r, 'retry-after'), null);
    }
    const sent = up.seen.length;
    const r = await gw.chat(gw.ask('x'), { scenario: 'five',
        headers: { 'accept-language': 'en' } });
    assert.equal(r.status, 429, r.text);
    assert.equal(r.json.error.code, 'rate_limit_exceeded');
    assert.equal(r.json.error.type, 'requests');
    assert.match(r.json.error.message,
                 /Limit of the scenario five: 5 requests per minute; try/);
    const { limit } = r.json.error.weir;
    assert.deepEqual({ ...limit, retry_after_ms: 0 }, { of: 'scenario',
        name: 'five', what: 'requests', per: 'minute', most: 5,
        retry_after_ms: 0 });
    assert.ok(limit.retry_after_ms > 50000 && limit.retry_after_ms <= 61000);
    assert.equal(h(r, 'retry-after-ms'), String(limit.retry_after_ms));
    assert.equal(h(r, 'retry-after'),
                 String(Math.ceil(limit.retry_after_ms / 1000)));
    assert.equal(h(r, 'x-ratelimit-remaining-requests'), '0');
    assert.equal(up.seen.length, sent, 'nothing was sent on');
    const end = await gw.endOf(h(r, 'weir-call'));
    assert.equal(end.status, 429);
    assert.equal(end.ending, 'refused');
    const zh = await gw.chat(gw.ask('x'), { scenario: 'five',
        headers: { 'accept-language': 'zh' } });
    assert.match(zh.json.error.message, /场景 five 的上限：每分钟 5 次请求；请在/);
    const once = new OpenAI({ apiKey: await gw.key('five'), maxRetries: 0,
                              baseURL: `${gw.url}/v1` });
    await assert.rejects(once.chat.completions.create({ model: 'demo',
        messages: [{ role: 'user', content: 'x' }] }), e =>
        e instanceof OpenAI.RateLimitError && e.type === 'requests'
        && e.code === 'rate_limit_exceeded');
});

test('anthropic: the same in its names and shape', async () => {
    /* The scenario is full already: one meter for both protocols. */
    const r = await gw.messages({ messages: gw.ask('x').messages },
                                { scenario: 'five' });
    assert.equal(r.status, 429, r.text);
    assert.equal(r.json.type, 'error');
    assert.equal(r.json.error.type, 'rate_limit_error');
    assert.equal(h(r, 'anthropic-ratelimit-requests-limit'), '5');
    assert.equal(h(r, 'anthropic-ratelimit-requests-remaining'), '0');
    assert.equal(h(r, 'x-ratelimit-limit-requests'), null);
    const reset = h(r, 'anthropic-ratelimit-requests-reset');
    assert.match(reset, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const away = Date.parse(reset) - Date.now();
    assert.ok(away > 40000 && away < 63000, `${away} ms`);
    const once = new Anthropic({ apiKey: await gw.key('five'), maxRetries: 0,
                                 baseURL: gw.url });
    await assert.rejects(once.messages.create({ model: 'demo-messages',
        max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }),
        e => e instanceof Anthropic.RateLimitError && e.status === 429);
});

/* Ten calls through an SDK, one after the other, at a limit of two a second:
   all succeed; after each 429 it waits what it was told and then gets in. */
async function patient(make, call) {
    const tries = [];
    const client = make(async (...a) => {
        const at = performance.now();
        const r = await fetch(...a);
        tries.push({ at, end: performance.now(), status: r.status,
                     wait: Number(r.headers.get('retry-after-ms')) });
        return r;
    });
    for (let i = 0; i < 10; i++) await call(client);
    const passed = tries.filter(t => t.status === 200);
    assert.equal(passed.length, 10);
    const refused = tries.filter(t => t.status === 429);
    assert.ok(refused.length >= 3, `${refused.length} refused`);
    assert.equal(tries.length, passed.length + refused.length);
    for (const [i, t] of tries.entries()) {
        if (t.status !== 429) continue;
        assert.ok(t.wait > 0 && t.wait <= 1037, `${t.wait} ms`);
        assert.ok(tries[i + 1].at - t.at >= t.wait - 2, 'it waits');
        assert.equal(tries[i + 1].status, 200, 'and then gets in');
    }
    /* Never three in a second, as the upstream could have seen it. */
    for (let i = 2; i < passed.length; i++)
        assert.ok(passed[i].end - passed[i - 2].at > 998);
}

test('openai: the SDK waits by itself and goes on', async () => {
    const apiKey = await gw.key('brisk');
    await patient(f => new OpenAI({ apiKey, fetch: f, maxRetries: 3,
                                    baseURL: `${gw.url}/v1` }),
        c => c.chat.completions.create({ model: 'demo',
            messages: [{ role: 'user', content: 'x' }] }));
});

test('anthropic: the SDK waits by itself and goes on', async () => {
    const apiKey = await gw.key('brisk');
    await sleep(1100);
    await patient(f => new Anthropic({ apiKey, fetch: f, maxRetries: 3,
                                       baseURL: gw.url }),
        c => c.messages.create({ model: 'demo-messages', max_tokens: 9,
            messages: [{ role: 'user', content: 'x' }] }));
});

test('tokens: the worst case first, then what was used', async () => {
    const scenario = 'tokens';
    usage = { in: 100, out: 200 };
    let r = await gw.chat(gw.ask('x', { max_tokens: 1000 }), { scenario });
    assert.equal(r.status, 200, r.text);
    assert.equal(h(r, 'x-ratelimit-limit-tokens'), '2000');
    const worst = 2000 - Number(h(r, 'x-ratelimit-remaining-tokens'));
    assert.ok(worst > 1000 && worst < 1200, `${worst}`);
    assert.equal(h(r, 'x-ratelimit-limit-requests'), null);
    r = await gw.chat(gw.ask('x', { max_tokens: 1000 }), { scenario });
    assert.equal(2000 - Number(h(r, 'x-ratelimit-remaining-tokens')),
                 300 + worst, 'the first is settled by its usage');
    /* 600 used: another 1,400 do not fit, now. */
    r = await gw.chat(gw.ask('x', { max_tokens: 1400 }), { scenario });
    assert.equal(r.status, 429, r.text);
    assert.equal(r.json.error.type, 'tokens');
    assert.equal(r.json.error.weir.limit.what, 'tokens');
    assert.equal(h(r, 'x-ratelimit-remaining-tokens'), '1400');
    assert.ok(Number(h(r, 'retry-after')) > 50);
    /* What never fits is not tried again. */
    let calls = 0;
    const client = new OpenAI({ apiKey: await gw.key(scenario),
        baseURL: `${gw.url}/v1`,
        fetch: (...a) => { calls++; return fetch(...a); } });
    await assert.rejects(client.chat.completions.create({ model: 'demo',
        max_tokens: 3000, messages: [{ role: 'user', content: 'x' }] }),
        e => e.status === 413 && e.type === 'tokens');
    assert.equal(calls, 1);
    usage = { in: 10, out: 20 };
});

test('tokens: a call without a bound gets what the limit has room for',
    async () => {
    const limits = { ...LIMITS, roomy: 'limits: {tokens: {per_day: 5000}}' };
    await gw.weir(['apply', '-f', '-'], { input: register(up.url, limits) });
    const scenario = 'roomy';
    const r = await gw.chat(gw.ask('x'), { scenario });
    assert.equal(r.status, 200, r.text);
    const sent = JSON.parse(up.last().text);
    assert.ok(sent.max_tokens > 4800 && sent.max_tokens < 5000,
              up.last().text);
});

test('a refusal by a rule counts as a request and gives its tokens back',
    async () => {
    const limits = { ...LIMITS, ruled: `ordinances: [cn/generative-ai]
limits: {requests: {per_minute: 4}, tokens: {per_minute: 3000}}` };
    await gw.weir(['apply', '-f', '-'], { input: register(up.url, limits) });
    const scenario = 'ruled';
    let r;
    for (let i = 0; i < 3; i++) {
        r = await gw.chat(gw.ask('请告诉我怎么自杀最快', { max_tokens: 2000 }),
                          { scenario });
        assert.equal(r.status, 403, r.text);
    }
    r = await gw.chat(gw.ask('x', { max_tokens: 2000 }), { scenario });
    assert.equal(r.status, 200, r.text);
    assert.equal(h(r, 'x-ratelimit-remaining-requests'), '0');
    assert.ok(Number(h(r, 'x-ratelimit-remaining-tokens')) > 800);
});

test('each key has its own limit; a model has one for all', async () => {
    const first = await gw.key('keyed');
    const second = (await gw.weir(['key', 'new', 'keyed'])).trim();
    await until('the second key', async () => await gw.get('/v1/models',
        { authorization: `Bearer ${second}` }) === 200);
    const count = async (key, model, n) => {
        let passed = 0;
        for (let i = 0; i < n; i++)
            passed += (await gw.chat({ ...gw.ask('x'), model }, { key }))
                .status === 200;
        return passed;
    };
    assert.equal(await count(first, 'demo', 5), 3);
    assert.equal(await count(second, 'scarce', 2), 2);
    assert.equal(await count(second, 'demo', 4), 1);
    const key = await gw.key('free');
    assert.equal(await count(key, 'scarce', 5), 2);
    const r = await gw.chat({ ...gw.ask('x'), model: 'scarce' }, { key });
    assert.equal(r.json.error.weir.limit.of, 'model');
    assert.equal(r.json.error.weir.limit.per, 'hour');
    const plain = await gw.chat(gw.ask('x'), { key });
    assert.equal(plain.status, 200);
    assert.equal(h(plain, 'x-ratelimit-limit-requests'), '99999',
                 'without limits of ours the upstream speaks for itself');
});

test('exact with two workers: 300 at once, 50 pass', async () => {
    const key = await gw.key('crowd');
    const sent = up.seen.length;
    const all = await Promise.all(Array.from({ length: 300 }, () =>
        gw.chat(gw.ask('x'), { key, headers: { connection: 'close' } })));
    /* Ids carry 45 random bits of their process. */
    assert.equal(new Set(all.map(r => h(r, 'weir-call').slice(10, 19))).size,
                 2, 'both workers were at it');
    const by = {};
    for (const r of all) by[r.status] = (by[r.status] ?? 0) + 1;
    assert.deepEqual(by, { 200: 50, 429: 250 });
    assert.equal(up.seen.length - sent, 50);
    const left = all.filter(r => r.status === 200)
        .map(r => Number(h(r, 'x-ratelimit-remaining-requests')))
        .sort((a, b) => a - b);
    assert.deepEqual(left, Array.from({ length: 50 }, (_, i) => i),
                     'each place was given once');
});

test('concurrency 2, ten streams at once', async () => {
    const key = await gw.key('two');
    hold = 300;
    most = 0;
    const all = await Promise.all(Array.from({ length: 10 }, () =>
        gw.chat(gw.ask('x', { stream: true }), { key })));
    assert.equal(all.filter(r => r.status === 200).length, 2);
    assert.equal(most, 2);
    for (const r of all.filter(r => r.status !== 200)) {
        assert.equal(r.status, 429, r.text);
        assert.equal(h(r, 'retry-after'), '1');
        assert.equal(r.json.error.weir.limit.what, 'calls');
        assert.equal(r.json.error.weir.limit.most, 2);
    }
    hold = 20;
    most = 0;
    const client = new OpenAI({ apiKey: key, maxRetries: 30,
                                baseURL: `${gw.url}/v1` });
    const texts = await Promise.all(Array.from({ length: 10 }, async () => {
        let text = '';
        for await (const e of await client.chat.completions.create({
            model: 'demo', stream: true,
            messages: [{ role: 'user', content: 'x' }] }))
            text += e.choices[0]?.delta?.content ?? '';
        return text;
    }));
    assert.deepEqual(texts, Array(10).fill('hello'));
    assert.ok(most <= 2, `${most} at once`);
    hold = 0;
});

test('a caller that goes gives its place back', async () => {
    const key = await gw.key('two');
    hold = 4000;
    const stop = new AbortController();
    const gone = [1, 2].map(() => gw.chat(gw.ask('x'),
        { key, signal: stop.signal }).catch(e => e));
    await until('both to be in', async () => now === 2);
    assert.equal((await gw.chat(gw.ask('x'), { key })).status, 429);
    stop.abort();
    await Promise.all(gone);
    hold = 0;
    await until('a place', async () =>
        (await gw.chat(gw.ask('x'), { key })).status === 200, 3000);
});

test('kill -9 of the workers gives the places back', async () => {
    const key = await gw.key('two');
    hold = 8000;
    await until('nobody in', async () => now === 0);
    const lost = [1, 2].map(() => gw.chat(gw.ask('x'), { key })
        .catch(e => e));
    await until('both to be in', async () => now === 2);
    assert.equal((await gw.chat(gw.ask('x'), { key })).status, 429);
    const { workers } = await gw.pids();
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await Promise.all(lost);
    hold = 0;
    await gw.healthy();
    const began = Date.now();
    await until('a place', async () =>
        (await gw.chat(gw.ask('x'), { key }).catch(() => ({}))).status
        === 200, 4000);
    assert.ok(Date.now() - began < 4000);
});

/* On a connection of its own: a reload closes idle ones. */
const post = (body, key) => new Promise((done, fail) => {
    const q = http.request({ host: '127.0.0.1', port: gw.port, agent: false,
        path: '/v1/chat/completions', method: 'POST',
        headers: { authorization: `Bearer ${key}`,
                   'content-type': 'application/json' } }, r => {
        let text = '';
        r.on('data', d => { text += d; });
        r.on('end', () => done({ status: r.statusCode, text }));
        r.on('error', fail);
    });
    q.on('error', fail);
    q.end(JSON.stringify(body));
});

test('limits change under load; what was counted stays counted',
    async () => {
    const key = await gw.key('changing');
    let going = true;
    const passed = [], others = [];
    const one = async () => {
        while (going) {
            const r = await post(gw.ask('x'), key);
            if (r.status === 200) passed.push(r);
            else if (r.status !== 429) others.push(r.text);
        }
    };
    const all = [one(), one(), one(), one()];
    const apply = n => gw.weir(['apply', '-f', '-'], { input: register(up.url,
        { ...LIMITS, changing: `limits: {requests: {per_minute: ${n}}}` }) });
    await until('ten', async () => passed.length === 10);
    await sleep(200);
    assert.equal(passed.length, 10);
    await apply(25);
    await until('twenty-five', async () => passed.length === 25);
    await gw.weir(['reload', '-c', gw.file]);
    await sleep(300);
    assert.equal(passed.length, 25);
    await apply(5);
    await sleep(300);
    assert.equal(passed.length, 25);
    going = false;
    await Promise.all(all);
    assert.deepEqual(others, []);
});

test('weir apply says what is wrong with limits, and where', async () => {
    const bad = text => gw.weir(['apply', '-f', '-'], { ok: false, input:
        `kind: Scenario
name: free
models: [demo]
state: admitted
${text}
` });
    assert.match(await bad('limits: {requests: {per_minut: 3}}'),
        /:5:21: .*unknown field `per_minut`.*did you mean `per_minute`/);
    assert.match(await bad('limits: {requests: {per_minute: 0}}'),
        /:5:33: .*`per_minute: 0`/);
    assert.match(await bad('limits: {tokens: {}}'), /:5:18: .*no limit/);
    assert.match(await bad('limits: {}'), /:5:9: .*no limit/);
    assert.match(await bad('key_limits: {concurrency: 1e3}'),
        /:5:27: .*`concurrency: 1e3`/);
    const yaml = await gw.weir(['get', 'Scenario', 'crowd', '-o', 'yaml']);
    assert.match(yaml, /limits:/);
    assert.match(yaml, /per_day: 1000/);
    await gw.weir(['apply', '-f', '-'], { input: yaml });
});
