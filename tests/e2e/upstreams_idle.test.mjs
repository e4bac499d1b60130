/* A stream that is idle is kept alive by comments, between events, which no
   SDK sees; and they give the upstream no more time than it has. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import os from 'node:os';
import path from 'node:path';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, register, events, openaiTexts, sleep }
    from './harness.mjs';
import { startUpstream, sse } from './upstream.mjs';

const COMMENT = ': keep-alive\n\n';
let up, gw, off, tls, certs;

before(async () => {
    up = await startUpstream();
    certs = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-tls-'));
    fs.chmodSync(certs, 0o755);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
        '/CN=localhost', '-keyout', `${certs}/key.pem`,
        '-out', `${certs}/cert.pem`], { stdio: 'ignore' });
    const start = (more, tlsToo = false) => startGateway({
        model: { url: up.url }, tls: tlsToo, more,
        register: url => register(url).replaceAll('protocol:',
            'read_timeout: 3500ms\nprotocol:') });
    gw = await start('keepalive_comment: 1s\n');
    off = await start('keepalive_comment: 0\n');
    tls = await start(`keepalive_comment: 1s
tls:
  certificate: ${certs}/cert.pem
  key: ${certs}/key.pem
`, true);
});
after(async () => {
    await gw?.close();
    await off?.close();
    await tls?.close();
    await up?.stop();
    fs.rmSync(certs, { recursive: true, force: true });
});

const chunk = (content, finish_reason = null) => ({ id: 'c', created: 1,
    object: 'chat.completion.chunk', model: 'demo',
    choices: [{ index: 0, delta: { content }, finish_reason }] });
const END = sse([chunk('', 'stop'), { ...chunk(''), choices: [], usage: {
    prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }, '[DONE]'],
    false);
/* Pieces with a silence behind each. */
const stream = (pieces, each) => () => ({ type: 'text/event-stream', each,
                                          pieces });
const comments = text => text.split(COMMENT).length - 1;

test('comments between events, none inside one', async () => {
    const all = sse([chunk('well, 138'), chunk('12345678 it is')], false);
    const half = 70;              /* in the middle of the first event */
    up.answers(stream([all.slice(0, half), all.slice(half), END], 1600));
    const r = await gw.chat(gw.ask('x', { stream: true }));
    assert.equal(r.status, 200);
    assert.equal(comments(r.text), 2, r.text);
    assert.ok(r.text.startsWith(COMMENT), 'the answer had begun');
    for (const part of r.text.split('\n\n').slice(0, -1))
        assert.match(part, /^(data: |: keep-alive$)/);
    const bare = r.text.replaceAll(COMMENT, '');
    assert.match(openaiTexts(events(bare))[0].content,
                 /^well, \[.+\] it is$/);
    assert.match(bare, /data: \[DONE\]\n\n$/);
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.ending, 'ok');
    assert.equal(end.answer_bytes, Buffer.byteLength(bare));
    assert.ok(end.first_byte_ms >= 1500, `${end.first_byte_ms}`);
});

test('the head goes out while the model thinks', async () => {
    up.answers(stream(['', sse([chunk('well')], false) + END], 1600));
    const began = Date.now();
    const r = await gw.chat(gw.ask('x', { stream: true }), { raw: true });
    assert.ok(Date.now() - began < 1500, 'before the first event');
    assert.equal(r.status, 200);
    assert.match(r.headers.get('content-type'), /event-stream/);
    assert.match(await r.text(), /well/);
});

test('the SDK of OpenAI sees nothing of it', async () => {
    up.answers(stream([sse([chunk('we')], false), sse([chunk('ll')], false)
                       + END], 1600));
    const client = new OpenAI({ apiKey: await gw.key(), maxRetries: 0,
                                baseURL: `${gw.url}/v1` });
    const seen = [];
    for await (const e of await client.chat.completions.create({
        model: 'demo', stream: true,
        messages: [{ role: 'user', content: 'x' }] }))
        seen.push(e.choices[0].delta.content);
    assert.equal(seen.length, 3);
    assert.equal(seen.join(''), 'well');
});

test('nor does that of Anthropic', async () => {
    const list = [
        { type: 'message_start', message: { id: 'm', type: 'message',
          role: 'assistant', model: 'demo', content: [], stop_reason: null,
          stop_sequence: null, usage: { input_tokens: 5,
          output_tokens: 1 } } },
        { type: 'content_block_start', index: 0,
          content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0,
          delta: { type: 'text_delta', text: 'well' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn',
          stop_sequence: null }, usage: { output_tokens: 7 } },
        { type: 'message_stop' }];
    up.answers(stream([sse(list.slice(0, 2)), sse(list.slice(2))], 1600));
    const client = new Anthropic({ apiKey: await gw.key(), maxRetries: 0,
                                   baseURL: gw.url });
    const m = await client.messages.stream({ model: 'demo-messages',
        max_tokens: 100, messages: [{ role: 'user', content: 'x' }] })
        .finalMessage();
    assert.equal(m.content[0].text, 'well');
    assert.equal(m.usage.output_tokens, 7);
});

test('an upstream that stays silent times out all the same', async () => {
    up.answers(() => ({ type: 'text/event-stream', each: 5000,
                        pieces: [sse([chunk('well')], false), END] }));
    const began = Date.now();
    const r = await gw.chat(gw.ask('x', { stream: true }));
    const took = Date.now() - began;
    assert.ok(took > 3000 && took < 5000, `${took} ms`);
    assert.equal(comments(r.text), 3, r.text);
    assert.match(r.text, /upstream_broke/);
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.ending, 'upstream_broke');
});

test('a caller that goes in the silence', async () => {
    up.answers(stream(['', END], 1600));
    const stop = new AbortController();
    const r = await gw.chat(gw.ask('x', { stream: true }),
                            { raw: true, signal: stop.signal });
    stop.abort();
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.ending, 'client_gone');
    await sleep(1200);
});

/* A call by hand: `take` gets the socket's answer. */
async function byHand(take) {
    const body = JSON.stringify(gw.ask('x', { stream: true }));
    const key = await gw.key();
    return new Promise((done, fail) => {
        const q = http.request(`${gw.url}/v1/chat/completions`, {
            method: 'POST', agent: false, headers: {
                authorization: `Bearer ${key}`,
                'content-type': 'application/json' } },
            r => take(r, q, done));
        q.on('error', fail);
        q.end(body);
    });
}

test('callers that reset about when a comment is due', async () => {
    up.answers(stream([sse([chunk('well')], false), END], 1600));
    await Promise.all(Array.from({ length: 60 }, (_, i) =>
        byHand((r, q, done) => {
            r.on('error', () => {});
            r.resume();
            setTimeout(() => {
                q.socket.resetAndDestroy();
                done();
            }, 900 + i * 4);
        })));
    await sleep(1000);
    const r = await gw.chat(gw.ask('x', { stream: true }));
    assert.match(r.text, /well/);
});

test('a caller that reads nothing for a while', async () => {
    const line = sse([chunk('well '.repeat(200))], false);
    const count = 8000;           /* 9 MB: more than sockets take */
    up.answers(stream([line.repeat(count), END], 1200));
    const text = await byHand((r, q, done) => {
        let all = '';
        r.pause();
        setTimeout(() => r.resume(), 3200);
        r.on('data', d => { all += d; });
        r.on('end', () => done(all));
    });
    assert.equal(openaiTexts(events(text))[0].content.length,
                 count * 1000);
    assert.ok(comments(text) <= 2, `${comments(text)}`);
});

test('off', async () => {
    up.answers(stream(['', sse([chunk('well')], false), END], 1600));
    const r = await off.chat(off.ask('x', { stream: true }));
    assert.equal(comments(r.text), 0);
    assert.match(r.text, /well/);
});

test('many idle streams over one connection of HTTP/2', async () => {
    up.answers(stream(['', sse([chunk('we')], false), sse([chunk('ll')],
                      false) + END], 1700));
    const key = await tls.key();
    const session = http2.connect(`https://127.0.0.1:${tls.port}`,
                                  { rejectUnauthorized: false });
    const all = await Promise.all(Array.from({ length: 30 }, () =>
        new Promise((done, fail) => {
            const s = session.request({ ':method': 'POST',
                ':path': '/v1/chat/completions',
                authorization: `Bearer ${key}`,
                'content-type': 'application/json' });
            let text = '';
            s.on('data', d => { text += d; });
            s.on('end', () => done(text));
            s.on('error', fail);
            s.end(JSON.stringify(tls.ask('x', { stream: true })));
        })));
    session.close();
    for (const text of all) {
        assert.ok(comments(text) >= 2 && comments(text) <= 4, text);
        assert.equal(openaiTexts(events(text))[0].content, 'well');
    }
});
