/* Funds: reserved before, settled after, never overspent. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { startGateway, micro, events, until } from './harness.mjs';

let gw;

before(async () => { gw = await startGateway({ poor: '0.05', workers: 2 }); });
after(() => gw?.close());

test('a call costs what its usage says, to the micro', async () => {
    const x_demo = await gw.model.script('u',
        { say: '好', usage: { input: 1000, output: 100 } });
    const was = (await gw.grant('hotline')).spent;
    const r = await gw.chat(gw.ask('x', { x_demo }));
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(micro(end.charged), 1000 * 2 + 100 * 8);
    await until('the account to show it', async () =>
        (await gw.grant('hotline')).spent === was + 2800);
});

test('anthropic usage is read from its two events', async () => {
    const x_demo = await gw.model.script('u2',
        { say: '好', usage: { input: 500, output: 70 } });
    const r = await gw.messages({ stream: true, x_demo,
        messages: [{ role: 'user', content: 'x' }] });
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.input_tokens, 500);
    assert.equal(micro(end.charged), 500 * 2 + 70 * 8);
});

test('a failed call is given back', async () => {
    const was = (await gw.grant('hotline')).spent;
    for (const x_demo of [{ status: 500 }, { status: 429 }]) {
        const r = await gw.chat(gw.ask('x', { x_demo }));
        assert.equal(r.status, x_demo.status);
    }
    const r = await gw.chat(gw.ask('x', {}), {});
    assert.equal(r.status, 200);
    await gw.chat({ ...gw.ask('x'), model: 'dead' });
    const end = await gw.endOf(r.headers.get('weir-call'));
    await until('only the good call to be paid', async () =>
        (await gw.grant('hotline')).spent === was + micro(end.charged));
    assert.equal((await gw.grant('hotline')).reserved, 0);
});

test('a model without a price is free', async () => {
    const was = (await gw.grant('hotline')).spent;
    const r = await gw.chat({ ...gw.ask('x'), model: 'free' });
    assert.equal(r.status, 200, r.text);
    await gw.endOf(r.headers.get('weir-call'));
    assert.equal((await gw.grant('hotline')).spent, was);
});

test('50 calls at once never overspend a small grant', async () => {
    const x_demo = await gw.model.script('spend',
        { say: '好', usage: { input: 200, output: 400 }, hang_ms: 30 });
    await gw.key('poor');                /* one, not one a call */
    const answers = await Promise.all(Array.from({ length: 50 }, () =>
        gw.chat(gw.ask('x', { x_demo, max_tokens: 500 }),
                { scenario: 'poor' })));
    const good = answers.filter(r => r.status === 200).length;
    for (const r of answers) {
        if (r.status !== 200) {
            assert.equal(r.status, 402, r.text);
            assert.equal(r.json.error.code, 'insufficient_quota');
        }
    }
    assert.ok(good > 0 && good < 50, `${good} of 50`);
    const cost = 200 * 2 + 400 * 8;
    await until('the account to settle', async () =>
        (await gw.grant('poor')).reserved === 0);
    const g = await gw.grant('poor');
    assert.equal(g.spent, good * cost);
    assert.ok(g.spent <= 50000, JSON.stringify(g));
});

test('an exhausted grant is refused, once, by the SDK', async () => {
    const x_demo = await gw.model.script('drain',
        { say: '好', usage: { input: 200, output: 400 } });
    let last;
    for (let i = 0; i < 30; i++) {
        last = await gw.chat(gw.ask('x', { x_demo, max_tokens: 400 }),
                             { scenario: 'poor' });
        if (last.status === 402) break;
    }
    assert.equal(last.status, 402);
    let calls = 0;
    const openai = new OpenAI({ apiKey: await gw.key('poor'),
        baseURL: `${gw.url}/v1`,
        fetch: (...a) => { calls++; return fetch(...a); } });
    await assert.rejects(openai.chat.completions.create({ model: 'demo',
        max_tokens: 4000, messages: [{ role: 'user', content: 'x' }] }),
        e => e.status === 402);
    assert.equal(calls, 1);
});

test('a stream stops at the amount that was reserved', async () => {
    const x_demo = await gw.model.script('long',
        { say: '很长的回答。'.repeat(500), chunk: 3,
          ignore_max_tokens: true });
    const r = await gw.chat(gw.ask('x', { stream: true, max_tokens: 50,
                                          x_demo }));
    assert.equal(r.status, 200);
    const list = events(r.text);
    const text = list.map(e => e.choices?.[0]?.delta?.content ?? '').join('');
    assert.ok(text.length < 600, `${text.length} characters`);
    assert.ok(r.text.includes('length')
              || r.text.includes('insufficient_quota'), r.text.slice(-500));
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.ending, 'cut');
});

test('a rise of the grant by weir apply counts at once', async () => {
    const yaml = (await gw.weir(['get', 'scenario', 'poor', '-o', 'yaml']))
        .replace(/amount: "[^"]*"/, 'amount: "0.5"');
    assert.match(yaml, /amount: "0\.5"/);
    await gw.weir(['apply', '-f', '-'], { input: yaml });
    await until('a call to be paid again', async () =>
        (await gw.chat(gw.ask('x', { max_tokens: 100 }),
                       { scenario: 'poor' })).status === 200);
});
