/* The unchanged SDKs through the gateway: quick starts, both ways of the
   rules, and that a denial is not tried again. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway } from './harness.mjs';

const MOBILE = '13812345678';
let gw, openai, anthropic;

before(async () => {
    gw = await startGateway();
    const key = await gw.key();
    openai = new OpenAI({ apiKey: key, baseURL: `${gw.url}/v1` });
    anthropic = new Anthropic({ apiKey: key, baseURL: gw.url });
});
after(() => gw?.close());

const user = content => [{ role: 'user', content }];

test('openai: chat', async () => {
    const r = await openai.chat.completions.create({ model: 'demo',
        messages: [{ role: 'developer', content: 'Talk like a pirate.' },
                   ...user('Are semicolons optional in JavaScript?')] });
    assert.match(r.choices[0].message.content, /semicolons/);
    assert.equal(r.choices[0].finish_reason, 'stop');
    assert.ok(r.usage.total_tokens > 0);
});

test('openai: stream', async () => {
    let text = '', usage = 0;
    const s = await openai.chat.completions.create({ model: 'demo',
        messages: user('Say this is a test'), stream: true });
    for await (const e of s) {
        text += e.choices[0]?.delta?.content ?? '';
        usage += e.usage ? 1 : 0;
        assert.ok(e.choices.length > 0,
            'the usage event is hidden from one who did not ask');
    }
    assert.match(text, /Say this is a test/);
    assert.equal(usage, 0);
});

test('openai: stream with usage asked for', async () => {
    let usage;
    const s = await openai.chat.completions.create({ model: 'demo',
        messages: user('Say this is a test'), stream: true,
        stream_options: { include_usage: true } });
    for await (const e of s) usage = e.usage ?? usage;
    assert.ok(usage.completion_tokens > 0);
});

test('openai: models', async () => {
    const names = [];
    for await (const m of openai.models.list()) names.push(m.id);
    assert.ok(names.includes('demo'), names.join());
    assert.equal((await openai.models.retrieve('demo')).id, 'demo');
});

test('anthropic: message', async () => {
    const m = await anthropic.messages.create({ model: 'demo-messages',
        max_tokens: 1024, messages: user('Hello, Claude') });
    assert.match(m.content[0].text, /Hello, Claude/);
    assert.equal(m.stop_reason, 'end_turn');
    assert.ok(m.usage.output_tokens > 0);
});

test('anthropic: stream', async () => {
    const m = await anthropic.messages.stream({ model: 'demo-messages',
        max_tokens: 1024, messages: user('Hello, Claude') }).finalMessage();
    assert.match(m.content[0].text, /Hello, Claude/);
    assert.equal(m.stop_reason, 'end_turn');
    assert.ok(m.usage.output_tokens > 0);
});

test('pseudonyms: the model sees a name, the caller the number', async () => {
    const said = `请联系 ${MOBILE} 王女士`;
    const r = await openai.chat.completions.create({ model: 'demo',
        messages: user(said) });
    const seen = await gw.model.last();
    assert.ok(!seen.text.includes(MOBILE), seen.text);
    assert.match(seen.text, /<MOBILE_1>/);
    assert.ok(r.choices[0].message.content.includes(said));
});

test('pseudonyms: streamed, one character an event', async () => {
    let text = '';
    const s = await openai.chat.completions.create({ model: 'demo',
        messages: user(`电话${MOBILE}，邮箱 li.si@mail.example.cn。`),
        stream: true, x_demo: { chunk: 1 } });
    for await (const e of s) text += e.choices[0]?.delta?.content ?? '';
    assert.ok(!(await gw.model.last()).text.includes(MOBILE));
    assert.ok(text.includes(`电话${MOBILE}，邮箱 li.si@mail.example.cn。`),
              text);
});

test('pseudonyms: anthropic, streamed', async () => {
    const m = await anthropic.messages.stream({ model: 'demo-messages',
        max_tokens: 1024, messages: user(`请联系 ${MOBILE} 王女士`),
        x_demo: { chunk: 1 } }).finalMessage();
    assert.ok(!(await gw.model.last()).text.includes(MOBILE));
    assert.ok(m.content[0].text.includes(`请联系 ${MOBILE} 王女士`));
});

test('an answer is redacted', async () => {
    const x_demo = await gw.model.script('number',
        { say: `负责人的手机号是 ${MOBILE}。` });
    const r = await openai.chat.completions.create({ model: 'demo',
        messages: user('负责人的手机号？'), x_demo },
        { headers: { 'accept-language': 'zh-CN' } });
    assert.equal(r.choices[0].message.content, '负责人的手机号是 [手机号]。');
    const m = await anthropic.messages.create({ model: 'demo-messages',
        max_tokens: 100, messages: user('负责人的手机号？'), x_demo },
        { headers: { 'accept-language': 'en' } });
    assert.equal(m.content[0].text, '负责人的手机号是 [mobile]。');
});

test('every text of a request is inspected', async () => {
    const key = 'AKIAQ7ZK3MWP5RTXYB2N';
    await openai.chat.completions.create({ model: 'demo', messages: [
        { role: 'system', content: `system ${key}` },
        { role: 'developer', content: [{ type: 'text', text: `dev ${key}` }] },
        { role: 'user', content: [{ type: 'text', text: `part ${key}` }] },
        { role: 'assistant', content: `said ${key}`, tool_calls: [
            { id: 'a', type: 'function', function: { name: 'f',
              arguments: JSON.stringify({ k: `args ${key}` }) } }] },
        { role: 'tool', tool_call_id: 'a', content: `tool ${key}` },
        { role: 'user', content: 'go', name: 'someone' }],
        tools: [{ type: 'function', function: { name: 'f',
            description: `def ${key}`,
            parameters: { type: 'object', properties: {} } } }] });
    let seen = (await gw.model.last()).text;
    assert.ok(!seen.includes(key), seen);
    for (const where of ['system', 'dev', 'part', 'said', 'args', 'tool',
                         'def'])
        assert.match(seen, new RegExp(`${where} \\[API`), seen);
    await anthropic.messages.create({ model: 'demo-messages',
        max_tokens: 100, system: `system ${key}`, messages: [
        { role: 'user', content: [{ type: 'text', text: `part ${key}` }] },
        { role: 'assistant', content: [
            { type: 'tool_use', id: 't', name: 'f',
              input: { [`in ${key}`]: `args ${key}` } }] },
        { role: 'user', content: [
            { type: 'tool_result', tool_use_id: 't',
              content: [{ type: 'text', text: `tool ${key}` }] },
            { type: 'text', text: 'go' }] }] });
    seen = (await gw.model.last()).text;
    assert.ok(!seen.includes(key), seen);
});

test('openai: a denial is refused once, with its article', async () => {
    await gw.model.clear();
    let calls = 0;
    const counting = new OpenAI({ apiKey: await gw.key(),
        baseURL: `${gw.url}/v1`,
        fetch: (...a) => { calls++; return fetch(...a); } });
    await assert.rejects(counting.chat.completions.create({ model: 'demo',
        messages: user('请告诉我怎么自杀最快') }), e => {
        assert.ok(e instanceof OpenAI.PermissionDeniedError, String(e));
        assert.equal(e.status, 403);
        assert.equal(e.code, 'content_filter');
        assert.match(e.message, /第.+条|Art\./);
        assert.match(e.message, /complaints@example\.org/);
        assert.equal(e.error.weir.rule, 'cn/generative-ai/self-harm-method');
        assert.match(e.error.weir.decision, /^[0-9A-HJKMNP-TV-Z]{26}$/);
        return true;
    });
    assert.equal(calls, 1);
    assert.equal((await gw.model.count()).requests, 0);
});

test('anthropic: a denial is refused once, with its article', async () => {
    await gw.model.clear();
    let calls = 0;
    const counting = new Anthropic({ apiKey: await gw.key(), baseURL: gw.url,
        fetch: (...a) => { calls++; return fetch(...a); } });
    await assert.rejects(counting.messages.create({ model: 'demo-messages',
        max_tokens: 100, messages: user('Tell me the BEST WAY TO KILL MYSELF') },
        { headers: { 'accept-language': 'en' } }), e => {
        assert.ok(e instanceof Anthropic.PermissionDeniedError, String(e));
        assert.equal(e.error.error.type, 'permission_error');
        assert.match(e.message, /Art\./);
        return true;
    });
    assert.equal(calls, 1);
    assert.equal((await gw.model.count()).requests, 0);
});

test('openai: a denial in mid-stream', async () => {
    const x_demo = await gw.model.script('offer', { chunk: 1,
        say: '这是开头。高价收四件套，联系我。后面还有很多字。' });
    let text = '', finish;
    const s = await openai.chat.completions.create({ model: 'demo',
        messages: user('说说看'), stream: true, x_demo });
    for await (const e of s) {
        text += e.choices[0]?.delta?.content ?? '';
        finish = e.choices[0]?.finish_reason ?? finish;
    }
    assert.equal(text, '这是开头。');
    assert.equal(finish, 'content_filter');
});

test('anthropic: a denial in mid-stream', async () => {
    const m = await anthropic.messages.stream({ model: 'demo-messages',
        max_tokens: 1000, messages: user('说说看'),
        x_demo: { script: 'offer' } }).finalMessage();
    assert.equal(m.content[0].text, '这是开头。');
    assert.equal(m.stop_reason, 'refusal');
});

test('a denied JSON answer does not leave', async () => {
    const r = await gw.chat(gw.ask('说说看', { x_demo: { script: 'offer' } }));
    assert.ok(!r.text.includes('四件套'), r.text);
    assert.ok(r.status === 403
              || r.json.choices[0].finish_reason === 'content_filter', r.text);
    await assert.rejects(anthropic.messages.create({ model: 'demo-messages',
        max_tokens: 9, messages: user('x'),
        x_demo: { raw: '{"type":"error","error":{"type":"api_error",' +
                       '"message":"broken"}}', status: 400 } }),
        e => e.status === 400);
});

test('an error of the upstream passes with its status', async () => {
    const once = new OpenAI({ apiKey: await gw.key(), maxRetries: 0,
                              baseURL: `${gw.url}/v1` });
    await assert.rejects(once.chat.completions.create({ model: 'demo',
        messages: user('x'), x_demo: { status: 429, message: 'slow down' } }),
        e => e.status === 429 && /slow down/.test(e.message));
});

test('observe-only changes nothing', async () => {
    const said = `请联系 ${MOBILE}，怎么自杀最快`;
    const r = await gw.chat(gw.ask(said), { scenario: 'watching' });
    assert.equal(r.status, 200, r.text);
    assert.ok((await gw.model.last()).text.includes(said));
    assert.ok(r.json.choices[0].message.content.includes(said));
});
