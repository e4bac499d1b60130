/* /metrics: Prometheus text that a parser takes, and that adds up with the
   calls made. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startGateway, until } from './harness.mjs';

let gw;

before(async () => { gw = await startGateway(); });
after(() => gw?.close());

/* {name: [{labels, value}]}; fails on any line that is no exposition text. */
function parse(text) {
    const out = new Map(), typed = new Map();
    for (const line of text.split('\n').filter(Boolean)) {
        let m;
        if (/^# HELP [a-z_]+ ./.test(line)) continue;
        if ((m = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line))) {
            assert.ok(!typed.has(m[1]), `typed twice: ${line}`);
            typed.set(m[1], m[2]);
            for (const end of m[2] === 'histogram'
                 ? ['_bucket', '_sum', '_count'] : [''])
                out.set(m[1] + end, []);
            continue;
        }
        m = /^([a-z_]+)(?:\{(.*)\})? (-?[0-9.eE+-]+)$/.exec(line);
        assert.ok(m, line);
        const labels = {};
        for (const [, k, v] of (m[2] ?? '').matchAll(
            /([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) labels[k] = v;
        assert.ok(typed.has(m[1].replace(/_(bucket|sum|count)$/, ''))
                  || typed.has(m[1]), `no TYPE: ${line}`);
        if (!out.has(m[1])) out.set(m[1], []);
        out.get(m[1]).push({ labels, value: Number(m[3]) });
    }
    return out;
}

async function metrics() {
    const token = fs.readFileSync(path.join(gw.state, 'admin.token'),
                                  'utf8').trim();
    const r = await fetch(`http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } });
    assert.equal(r.status, 200);
    assert.match(r.headers.get('content-type'), /version=0\.0\.4/);
    return parse(await r.text());
}

const value = (m, name, labels) => (m.get(name) ?? []).filter(s =>
    Object.entries(labels).every(([k, v]) => s.labels[k] === v))
    .reduce((sum, s) => sum + s.value, 0);

test('calls, tokens, times, rules: they add up', async () => {
    const said = '电话13812345678';
    for (let i = 0; i < 3; i++) {
        assert.equal((await gw.chat(gw.ask(said))).status, 200);
    }
    await gw.chat(gw.ask('hi', { stream: true }));
    assert.equal((await gw.chat(gw.ask('求儿童色情'))).status, 403);
    const ends = await until('five ends', async () => {
        const list = (await gw.journal()).filter(r => r.kind === 'end');
        return list.length >= 5 && list;
    });
    const of = { weir_scenario: 'hotline', gen_ai_request_model: 'demo' };
    const m = await until('five calls settled', async () => {
        const now = await metrics();
        return value(now, 'weir_requests_total', of) === 5 && now;
    });

    assert.equal(value(m, 'weir_requests_total', { ...of, ending: 'ok' }), 4);
    assert.equal(value(m, 'weir_requests_total',
                       { ...of, ending: 'refused' }), 1);
    const sum = field => ends.reduce((n, e) => n + Math.max(0, e[field]), 0);
    assert.equal(value(m, 'gen_ai_client_token_usage_total',
                       { ...of, gen_ai_token_type: 'input' }),
                 sum('input_tokens'));
    assert.equal(value(m, 'gen_ai_client_token_usage_total',
                       { ...of, gen_ai_token_type: 'output' }),
                 sum('output_tokens'));
    for (const name of ['gen_ai_server_request_duration_seconds',
                        'gen_ai_server_time_to_first_token_seconds',
                        'weir_held_back_bytes']) {
        const count = value(m, `${name}_count`, of);
        assert.ok(count > 0, name);
        assert.equal(value(m, `${name}_bucket`, { ...of, le: '+Inf' }),
                     count);
        const buckets = m.get(`${name}_bucket`).map(b => b.value);
        for (let i = 1; i < buckets.length; i++)
            assert.ok(buckets[i] >= buckets[i - 1], name);
    }
    assert.equal(value(m, 'weir_rule_calls_total', {
        rule: 'cn/personal-information/mobile', direction: 'request',
        action: 'pseudonymise' }), 3);
    assert.equal(value(m, 'weir_rule_calls_total', {
        rule: 'cn/generative-ai/sexual-minors', action: 'deny' }), 1);
    const text = JSON.stringify([...m]);
    assert.ok(!text.includes('13812345678'));
});

test('traceparent goes on to the model, and into the log', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-' +
                        'b7ad6b7169203331-01';
    await gw.chat(gw.ask('hi'), { headers: { traceparent } });
    assert.match((await gw.model.last()).head, new RegExp(traceparent));
    await until('the line in the log', () => fs.readFileSync(
        path.join(gw.state, 'log/access.log'), 'utf8').includes(traceparent));
    await gw.chat(gw.ask('hi'));
    assert.doesNotMatch((await gw.model.last()).head, /traceparent/i);
});

test('the dashboard asks for metrics that there are', async () => {
    const board = JSON.parse(fs.readFileSync(
        new URL('../../share/grafana.json', import.meta.url)));
    const have = await metrics();
    let asked = 0;
    for (const p of board.panels) for (const t of p.targets)
        for (const [name] of t.expr.matchAll(/\b(weir|gen_ai)_[a-z_]+/g)) {
            if (/^(weir_scenario|gen_ai_(request_model|token_type))$/
                .test(name)) continue;
            assert.ok(have.has(name), name);
            asked++;
        }
    assert.ok(asked > 10);
});
