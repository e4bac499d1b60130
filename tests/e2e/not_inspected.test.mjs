/* What passes without being inspected, as docs/surfaces.md says: byte for
   byte, and the record says so; and what stands beside it is inspected. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, events } from './harness.mjs';
import { startUpstream, sse, cut } from './upstream.mjs';

const MOBILE = '13812345678', CHILD = '求儿童色情';
const B64 = Buffer.from(`tel ${MOBILE}`).toString('base64');
let up, linked, gw;

before(async () => {
    up = await startUpstream();
    linked = await startUpstream();
    gw = await startGateway({ model: { url: up.url } });
});
after(async () => {
    await gw?.close();
    await up?.stop();
    await linked?.stop();
});

const lastEnd = async () =>
    (await gw.journal()).filter(r => r.kind === 'end').at(-1);
const choice = (content, more = {}) => ({ id: 'c', created: 1, model: 'demo',
    object: 'chat.completion', choices: [{ index: 0, finish_reason: 'stop',
        message: { role: 'assistant', content }, ...more }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } });
const message = content => ({ id: 'm', type: 'message', role: 'assistant',
    model: 'demo', content, stop_reason: 'end_turn', stop_sequence: null,
    usage: { input_tokens: 5, output_tokens: 7 } });
const chat = (content, more) => gw.chat({ model: 'demo', messages: [
    { role: 'user', content }] }, more);

test('pictures, sound and files pass; the record says partly', async () => {
    up.json(choice('ok'));
    for (const part of [
        { type: 'image_url', image_url: {
            url: `data:image/png;base64,${B64}` } },
        { type: 'input_audio', input_audio: { data: B64, format: 'wav' } },
        { type: 'file', file: { file_data:
            `data:application/pdf;base64,${B64}` } }])
    {
        const r = await chat([{ type: 'text', text: `I am ${MOBILE}` },
                              part]);
        assert.equal(r.status, 200, r.text);
        const sent = JSON.parse(up.last().text).messages[0].content;
        assert.equal(sent[0].text, 'I am <MOBILE_1>');
        assert.deepEqual(sent[1], part);
        assert.equal((await lastEnd()).request_scanned, 'partly', part.type);
    }
    up.json(message([{ type: 'text', text: 'ok' }]));
    for (const type of ['image', 'document']) {
        const part = { type, source: { type: 'base64', data: B64,
            media_type: type === 'image' ? 'image/png'
                                         : 'application/pdf' } };
        const r = await gw.messages({ messages: [{ role: 'user', content: [
            { type: 'text', text: `I am ${MOBILE}` }, part] }] });
        assert.equal(r.status, 200, r.text);
        const sent = JSON.parse(up.last().text).messages[0].content;
        assert.equal(sent[0].text, 'I am <MOBILE_1>');
        assert.deepEqual(sent[1], part);
        assert.equal((await lastEnd()).request_scanned, 'partly', type);
    }
    up.json(choice('ok'));
    await chat('only text');
    assert.equal((await lastEnd()).request_scanned, 'full');
});

test('a link is a text, and nobody here fetches it', async () => {
    up.json(choice('ok'));
    const r = await chat([{ type: 'image_url', image_url: {
        url: `${linked.url}/x?tel=${MOBILE}` } }]);
    assert.equal(r.status, 200, r.text);
    assert.equal(JSON.parse(up.last().text).messages[0].content[0].image_url
        .url, `${linked.url}/x?tel=<MOBILE_1>`);
    const n = up.seen.length;
    const bad = await chat([{ type: 'image_url', image_url: {
        url: `${linked.url}/${CHILD}` } }]);
    assert.equal(bad.status, 403);
    assert.equal(up.seen.length, n);
    assert.equal(linked.seen.length, 0);
});

test('signed and encrypted parts pass byte for byte; partly, both ways',
     async () => {
    const blocks = [{ type: 'thinking', thinking: 'as before',
                      signature: `${MOBILE}==` },
                    { type: 'redacted_thinking', data: `${MOBILE}${B64}` },
                    { type: 'text', text: 'I look.' }];
    up.json(message([blocks[0], blocks[1], { type: 'text', text: 'ok' }]));
    const r = await gw.messages({ messages: [
        { role: 'user', content: `I am ${MOBILE}` },
        { role: 'assistant', content: blocks },
        { role: 'user', content: 'go on' }] });
    assert.equal(r.status, 200, r.text);
    const sent = JSON.parse(up.last().text).messages;
    assert.equal(sent[0].content, 'I am <MOBILE_1>');
    assert.deepEqual(sent[1].content, blocks);
    assert.deepEqual(r.json.content.slice(0, 2), blocks.slice(0, 2));
    let end = await lastEnd();
    assert.equal(end.request_scanned, 'partly');
    assert.equal(end.answer_scanned, 'partly');

    const kept = { type: 'reasoning', id: 'rs_1', summary: [],
                   encrypted_content: `${MOBILE}${B64}` };
    up.json({ id: 'r', object: 'response', created_at: 1, model: 'demo',
        status: 'completed', output: [kept], usage: { input_tokens: 5,
        output_tokens: 7, total_tokens: 12 } });
    const s = await gw.chat({ model: 'demo', input: [kept,
        { role: 'user', content: `I am ${MOBILE}` }] },
        { path: '/v1/responses' });
    assert.equal(s.status, 200, s.text);
    assert.deepEqual(JSON.parse(up.last().text).input[0], kept);
    assert.equal(JSON.parse(up.last().text).input[1].content,
                 'I am <MOBILE_1>');
    assert.deepEqual(s.json.output[0], kept);
    end = await lastEnd();
    assert.equal(end.request_scanned, 'partly');
    assert.equal(end.answer_scanned, 'partly');
});

test('logprobs are null under answer rules, in JSON and streams', async () => {
    const logprobs = { content: [{ token: MOBILE, logprob: -0.1,
        bytes: [...Buffer.from(MOBILE)], top_logprobs: [] }] };
    const of = async scenario => (await chat('hi', { scenario })).json
        .choices[0].logprobs;
    up.json(choice('ok', { logprobs }));
    assert.equal(await of('hotline'), null);
    assert.deepEqual(await of('plain'), logprobs);
    const chunk = (delta, more) => ({ id: 'c', created: 1, model: 'demo',
        object: 'chat.completion.chunk', choices: [{ index: 0, delta,
        finish_reason: null, ...more }] });
    for (const n of [1, 50, 100000]) {
        up.answers({ type: 'text/event-stream', pieces: cut(sse([
            chunk({ content: 'ok' }, { logprobs }),
            chunk({}, { finish_reason: 'stop' }), '[DONE]']), n) });
        const r = await gw.chat({ model: 'demo', stream: true, logprobs: true,
            messages: [{ role: 'user', content: 'hi' }] });
        assert.ok(!r.text.includes(MOBILE), r.text);
        assert.equal(events(r.text)[0].choices[0].logprobs, null);
    }
});

test('a text in another coding is the letters that stand there', async () => {
    up.json(choice('ok'));
    const hex = Buffer.from(CHILD).toString('hex');
    for (const text of [Buffer.from(CHILD).toString('base64'), hex]) {
        const r = await chat(text);
        assert.equal(r.status, 200, r.text);
        assert.equal(JSON.parse(up.last().text).messages[0].content, text);
        assert.equal((await lastEnd()).request_scanned, 'full');
    }
    assert.equal((await chat(CHILD)).status, 403);
});

test('a text cut over messages, or over parts of one, is two texts',
     async () => {
    up.json(choice('ok'));
    const [a, b] = [MOBILE.slice(0, 6), MOBILE.slice(6)];
    const parts = [a, b].map(text => ({ type: 'text', text }));
    assert.equal((await chat(parts)).status, 200);
    assert.deepEqual(JSON.parse(up.last().text).messages[0].content, parts);
    const messages = [{ role: 'user', content: a },
                      { role: 'user', content: b }];
    assert.equal((await gw.chat({ model: 'demo', messages })).status, 200);
    assert.deepEqual(JSON.parse(up.last().text).messages, messages);
});
