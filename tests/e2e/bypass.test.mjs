/* Ways around the rules, tried on each interface: docs/bypass.md has the
   list, this file what no other file tries. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import zlib from 'node:zlib';
import { startGateway, register, events, until } from './harness.mjs';
import { startUpstream, cut } from './upstream.mjs';

const MOBILE = '13812345678', OTHER = '13987654321', DENIED = '高价收四件套';
const CHILD = '求儿童色情';
let up, gw, key, scenario;

before(async () => {
    up = await startUpstream();
    gw = await startGateway({ model: { url: up.url }, register: url =>
        `kind: Upstream
name: google
url: ${url}
protocol: gemini
---
kind: Model
name: gem
upstreams: [google]
max_output: 65536
---
` + register(url).replaceAll('models: [demo,', 'models: [gem, demo,') });
    key = await gw.key();
    scenario = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
});
after(async () => {
    await gw?.close();
    await up?.stop();
});

/* ---- the interfaces ---- */

const say = e => (e.type ? `event: ${e.type}\n` : '') +
                 `data: ${JSON.stringify(e)}\n\n`;
const faces = {
    chat: {
        where: () => '/v1/chat/completions',
        ask: (text, stream) => ({ model: 'demo', stream, messages: [
            { role: 'user', content: text }] }),
        json: text => ({ choices: [{ index: 0, finish_reason: 'stop',
            message: { role: 'assistant', content: text } }] }),
        first: '',
        delta: text => ({ id: 'x', choices: [{ index: 0,
            delta: { content: text }, finish_reason: null }] }),
        last: say({ choices: [{ index: 0, delta: {},
            finish_reason: 'stop' }] }) + 'data: [DONE]\n\n',
        text: e => e.choices?.[0]?.delta?.content ?? '',
    },
    messages: {
        where: () => '/v1/messages',
        ask: (text, stream) => ({ model: 'demo-messages', max_tokens: 99,
            stream, messages: [{ role: 'user', content: text }] }),
        json: text => ({ id: 'm', type: 'message', role: 'assistant',
            content: [{ type: 'text', text }], stop_reason: 'end_turn' }),
        first: say({ type: 'message_start', message: { id: 'm',
            role: 'assistant', content: [], usage: { input_tokens: 1,
            output_tokens: 1 } } }) + say({ type: 'content_block_start',
            index: 0, content_block: { type: 'text', text: '' } }),
        delta: text => ({ type: 'content_block_delta', index: 0,
            delta: { type: 'text_delta', text } }),
        last: say({ type: 'content_block_stop', index: 0 }) +
            say({ type: 'message_delta', delta: { stop_reason: 'end_turn' },
                usage: { output_tokens: 3 } }) +
            say({ type: 'message_stop' }),
        text: e => e.delta?.text ?? '',
    },
    responses: {
        where: () => '/v1/responses',
        ask: (text, stream) => ({ model: 'demo', stream, input: text }),
        json: text => ({ id: 'r', object: 'response', status: 'completed',
            output: [{ type: 'message', id: 'm', role: 'assistant',
                content: [{ type: 'output_text', text }] }] }),
        first: '',
        delta: text => ({ type: 'response.output_text.delta', item_id: 'm',
            output_index: 0, content_index: 0, delta: text }),
        last: say({ type: 'response.output_text.done', item_id: 'm',
            output_index: 0, content_index: 0, text: '' }) +
            say({ type: 'response.completed', response: { id: 'r',
                status: 'completed', output: [] } }),
        text: e => e.type === 'response.output_text.delta' ? e.delta : '',
    },
    gemini: {
        where: stream => stream
            ? '/v1beta/models/gem:streamGenerateContent?alt=sse'
            : '/v1beta/models/gem:generateContent',
        ask: text => ({ contents: [{ parts: [{ text }] }] }),
        json: text => ({ candidates: [{ content: { role: 'model',
            parts: [{ text }] }, finishReason: 'STOP' }] }),
        first: '',
        delta: text => ({ candidates: [{ content: { role: 'model',
            parts: [{ text }] }, index: 0 }] }),
        last: say({ candidates: [{ content: { role: 'model', parts: [
            { text: '' }] }, finishReason: 'STOP', index: 0 }] }),
        text: e => e.candidates?.[0]?.content?.parts?.[0]?.text ?? '',
    },
};

const post = (face, body, { stream = false, headers, raw } = {}) =>
    gw.chat(body, { path: faces[face].where(stream), headers, raw });
const ask = (face, text, stream, more) =>
    post(face, faces[face].ask(text, stream), { stream, ...more });

/* A stream of these bytes, in pieces of n. */
async function stream(face, text, n = 1e9) {
    up.answers({ type: 'text/event-stream', pieces: cut(text, n) });
    const r = await ask(face, 'hi', true);
    let got = '';
    for (const e of r.status === 200 ? events(r.text) : []) {
        got += e === '[DONE]' ? '' : faces[face].text(e);
    }
    return { ...r, got };
}
const whole = (face, pieces) => faces[face].first + pieces.map(p =>
    typeof p === 'string' && /^(data|:|id|event)/.test(p) ? p
    : say(faces[face].delta(p))).join('') + faces[face].last;

/* Not a part of the text that somebody could join. */
const clean = (r, what) => {
    for (const t of [OTHER, '98765432', DENIED, '四件套']) {
        assert.ok(!r.text.includes(t), `${what}: ${r.text}`);
    }
};

for (const face of Object.keys(faces)) {
    const f = faces[face];

    /* ---- streams ---- */

    test(`${face}: a stream shorter than any window`, async () => {
        for (const text of [OTHER, `${OTHER}`, DENIED]) {
            /* one event, with and without its end */
            const one = f.first + say(f.delta(text));
            for (const bytes of [one + f.last, one, one.trimEnd()]) {
                const r = await stream(face, bytes);
                clean(r, bytes);
                assert.equal(r.status, 200, r.text);
            }
        }
    });

    test(`${face}: one byte a segment, one character a delta`, async () => {
        const text = `前${OTHER}后，${DENIED}，尾`;
        const want = (await stream(face, whole(face, [text]))).got;
        assert.match(want, /^前.+后，$/);
        for (const n of [1, 3, 1e9]) {
            const r = await stream(face, whole(face, [...text]), n);
            assert.equal(r.got, want);
            clean(r, n);
        }
    });

    test(`${face}: line ends, a byte order mark, two data lines`,
         async () => {
        const text = whole(face, [...`a ${OTHER} b`]);
        const want = (await stream(face, text)).got;
        assert.ok(want.startsWith('a ') && want.endsWith(' b'), want);
        for (const bytes of [text.replaceAll('\n', '\r\n'),
            text.replaceAll('\n', '\r'), '\ufeff' + text,
            text.replaceAll(/^data: \{/gm, 'data: \ndata: {\ndata: '),
            text.replaceAll('data: ', 'data:'),
            text.replaceAll('\n\n', '\n\n\n\n')]) {
            for (const n of [1, 1e9]) {
                const r = await stream(face, bytes, n);
                assert.equal(r.got, want, JSON.stringify(bytes.slice(0, 99)));
                clean(r, n);
            }
        }
    });

    test(`${face}: comments, ids, names of events, unknown fields`,
         async () => {
        for (const line of [`: ping ${OTHER}`, `id: ${OTHER}`,
            `event: ${OTHER}`, `event: call ${OTHER} now`,
            `note: call ${OTHER}`, `${OTHER}`, `retry: ${OTHER}`]) {
            const lines = `${line}\n`;
            for (const bytes of [
                f.first + lines + '\n' + say(f.delta('hi')) + f.last,
                f.first + lines + say(f.delta('hi')).replace(/^event.*\n/, '')
                + f.last]) {
                const r = await stream(face, bytes);
                assert.equal(r.got, 'hi', r.text);
                clean(r, line);
            }
        }
        const r = await stream(face, f.first + ': keep-alive\n\n' +
                               say(f.delta('hi')) + f.last);
        assert.ok(r.text.includes(': keep-alive\n\n'), r.text);
    });

    test(`${face}: an event larger than is inspected`, async () => {
        const r = await stream(face, f.first + say(f.delta('begin ')) +
            say(f.delta(OTHER + 'x'.repeat(17 << 20))) + f.last, 1 << 20);
        clean(r, 'large');
        assert.ok(r.text.length < 1 << 20);
        assert.match(r.text, /answer_too_large/i);
    });

    test(`${face}: events that are no JSON, no UTF-8`, async () => {
        const good = f.first + say(f.delta('begin '));
        for (const bad of [`data: ${OTHER}\n\n`, `data: {"a":${OTHER}\n\n`,
            `data: {"a":1}{"b":"${OTHER}"}\n\n`,
            Buffer.from(say(f.delta(`${OTHER}\u00e9`)), 'latin1'),
            'data: ' + '['.repeat(200) + '\n\n']) {
            for (const head of ['', good]) {
                const bytes = Buffer.concat([Buffer.from(head),
                                             Buffer.from(bad)]);
                const r = await stream(face, bytes);
                clean(r, bytes);
                /* a number alone is JSON, and a text */
                assert.match(r.text, bad === `data: ${OTHER}\n\n`
                             ? /data: "\[/ : /upstream_invalid/i);
            }
        }
    });

    test(`${face}: an error in mid-stream, in the upstream's words`,
         async () => {
        const r = await stream(face, f.first + say(f.delta('a ')) +
            say({ type: 'error', error: { type: 'overloaded_error', code: 529,
                message: `line ${OTHER} is busy` } }));
        clean(r, 'error');
        assert.match(r.text, /is busy/);
    });

    /* ---- answers in one piece ---- */

    test(`${face}: coded answers, said or not`, async () => {
        const text = JSON.stringify(f.json(`call ${OTHER}`));
        const codings = { gzip: zlib.gzipSync, deflate: zlib.deflateSync,
                          br: zlib.brotliCompressSync };
        for (const [name, code] of Object.entries(codings)) {
            for (const headers of [{ 'content-encoding': name }, {},
                { 'content-encoding': `identity, ${name}` }]) {
                for (const type of ['application/json',
                                    'text/event-stream']) {
                    up.answers({ type, headers, pieces: [code(text)] });
                    const r = await ask(face, 'hi', type !==
                                        'application/json');
                    /* lines that are no text leave as a bare comment */
                    assert.ok(r.status === 502 || /^(:\s*)+$/.test(r.text)
                              || /upstream_/i.test(r.text), r.text);
                    assert.ok(!r.text.includes('\u001f'), name);
                    clean(r, name);
                }
            }
        }
        assert.equal(up.last().headers['accept-encoding'], 'identity');
    });

    test(`${face}: a coding that is named but not used`, async () => {
        up.json(f.json(`call ${OTHER}`), { headers: {
            'content-encoding': 'gzip' } });
        assert.equal((await ask(face, 'hi')).status, 502);
        up.json(f.json(`call ${OTHER}`), { headers: {
            'content-encoding': 'identity' } });
        const r = await ask(face, 'hi');
        assert.equal(r.status, 200);
        clean(r, 'identity');
    });

    test(`${face}: answers of the wrong kind`, async () => {
        for (const [type, text] of [['text/html', `<p>${OTHER}</p>`],
            ['text/plain', OTHER], ['application/json', OTHER + '}'],
            ['application/json', `{"a":"${OTHER}"`],
            ['application/json', `{"a":"${OTHER}"} trailing`],
            ['application/octet-stream', OTHER], ['', OTHER]]) {
            up.answers({ type, text });
            const r = await ask(face, 'hi');
            assert.equal(r.status, 502, `${type}: ${r.text}`);
            clean(r, type);
        }
        const bad = Buffer.from(JSON.stringify(f.json(`\u00e9 ${OTHER}`)),
                                'latin1');
        up.answers({ pieces: [bad] });
        assert.equal((await ask(face, 'hi')).status, 502);
    });

    test(`${face}: an array in the place of an object`, async () => {
        for (const text of [OTHER, DENIED]) {
            up.json([f.json(`so ${text}。`), f.json(`so ${text}。`)]);
            const r = await ask(face, 'hi');
            clean(r, text);
        }
    });

    test(`${face}: errors of the upstream, in any form`, async () => {
        for (const [status, value] of [[400, { error: { message:
            `no ${OTHER}`, k: [{ deep: OTHER }] } }],
            [422, { detail: [{ msg: `no ${OTHER}`, input: OTHER }] }],
            [418, [`no ${OTHER}`]], [404, `no ${OTHER}`]]) {
            up.json(value, { status });
            const r = await ask(face, 'hi');
            assert.equal(r.status, status, r.text);
            assert.match(r.text, /no /);
            clean(r, status);
        }
        up.answers({ status: 404, type: 'text/html', text: `no ${OTHER}` });
        const r = await ask(face, 'hi');
        assert.equal(r.status, 502, r.text);
        clean(r, 'html');
    });

    test(`${face}: no length, a wrong one, a part of it`, async () => {
        const text = JSON.stringify(f.json(`call ${OTHER} now`));
        for (const length of [text.length + 50, text.length - 30]) {
            up.answers({ headers: { 'content-length': length }, text });
            const r = await ask(face, 'hi').catch(() => ({ text: '' }));
            clean(r, length);
        }
        up.answers({ status: 206, headers: { 'content-range':
            `bytes 0-9/${text.length}` }, text });
        const r = await ask(face, 'hi', false, { headers: {
            range: 'bytes=0-9', 'if-range': '"x"' } });
        assert.ok(!('range' in up.last().headers));
        clean(r, 'range');
    });

    /* ---- requests ---- */

    test(`${face}: coded requests`, async () => {
        const n = up.seen.length;
        const text = JSON.stringify(f.ask(CHILD));
        const codings = { gzip: zlib.gzipSync, deflate: zlib.deflateSync,
                          br: zlib.brotliCompressSync, compress: x => x,
                          'x-gzip': zlib.gzipSync,
                          'identity, gzip': zlib.gzipSync, GZIP: x => x };
        for (const [name, code] of Object.entries(codings)) {
            const r = await post(face, code(Buffer.from(text)), { headers: {
                'content-encoding': name } });
            assert.equal(r.status, 415, `${name}: ${r.text}`);
        }
        /* coded, and nothing says so */
        assert.equal((await post(face, zlib.gzipSync(text))).status, 400);
        assert.equal(up.seen.length, n);
    });

    test(`${face}: duplicate keys, however they are written`, async () => {
        const n = up.seen.length;
        const text = JSON.stringify(f.ask('hi'));
        const names = { chat: 'messages', messages: 'messages',
                        responses: 'input', gemini: 'contents' };
        const name = names[face];
        for (const twin of [`"${name}"`, `"${name[0].toUpperCase()}` +
            `${name.slice(1)}"`, `"\\u00${name.charCodeAt(0).toString(16)}` +
            `${name.slice(1)}"`]) {
            for (const bytes of [
                text.replace(/\}$/, `,${twin}:[]}`),
                text.replace(/^\{/, `{${twin}:[],`)]) {
                const r = await post(face, bytes);
                assert.equal(r.status, 400, `${bytes}: ${r.text}`);
                assert.match(r.text, /duplicate_key/i);
            }
        }
        assert.equal(up.seen.length, n);
    });

    test(`${face}: nesting at its edge`, async () => {
        up.json(f.json('ok'));
        const nested = depth => JSON.stringify(f.ask('hi')).replace(/\}$/,
            `,"x":${'['.repeat(depth)}"${MOBILE}"${']'.repeat(depth)}}`);
        let r = await post(face, nested(127));
        assert.equal(r.status, 200, r.text);
        assert.ok(up.last().text.includes('MOBILE_1'), up.last().text);
        r = await post(face, nested(128));
        assert.equal(r.status, 400);
        assert.match(r.text, /nesting_too_deep/i);
    });

    test(`${face}: a byte order mark, no UTF-8, other charsets`, async () => {
        const n = up.seen.length;
        const text = JSON.stringify(f.ask(`${CHILD}é`));
        for (const bytes of [Buffer.from('\ufeff' + text),
            Buffer.from(text, 'latin1'), Buffer.from(text, 'utf16le'),
            Buffer.from(text.replace('é', '\\ud800x')),
            Buffer.concat([Buffer.from(text.slice(0, -1)),
                           Buffer.from([0xc0, 0xaf, 0x7d])])]) {
            const r = await post(face, bytes, { headers: { 'content-type':
                'application/json; charset=utf-16' } });
            assert.ok([400, 403].includes(r.status), r.text);
        }
        assert.equal(up.seen.length, n);
    });

    test(`${face}: what it calls itself`, async () => {
        up.json(f.json('ok'));
        for (const type of ['application/json; charset=utf-7',
                            'application/x-www-form-urlencoded',
                            'multipart/form-data; boundary=x', 'text/plain']) {
            const r = await post(face, JSON.stringify(f.ask('hi')),
                                 { headers: { 'content-type': type } });
            assert.equal(r.status, 200, r.text);
            assert.equal(up.last().headers['content-type'],
                         'application/json');
        }
        up.json(f.json('ok'),
                { type: 'application/json; charset=utf-7' });
        assert.equal((await ask(face, 'hi')).status, 502);
    });

    test(`${face}: a large body stays in memory and is inspected whole`,
         async () => {
        up.json(f.json('ok'));
        const r = await ask(face, 'word '.repeat(900000) + MOBILE);
        assert.equal(r.status, 200, r.text.slice(0, 200));
        assert.ok(!up.last().text.includes(MOBILE));
        assert.ok(up.last().text.includes('<MOBILE_1>'));
        const n = up.seen.length;
        assert.equal((await ask(face, 'word '.repeat(900000) + CHILD)).status,
                     403);
        assert.equal(up.seen.length, n);
        const files = fs.readdirSync(path.join(gw.state, 'tmp'),
                                     { recursive: true, withFileTypes: true });
        assert.deepEqual(files.filter(e => e.isFile()), []);
    });

    test(`${face}: HEAD, and other methods`, async () => {
        const n = up.seen.length;
        for (const method of ['HEAD', 'GET', 'PUT', 'DELETE', 'PATCH',
                              'OPTIONS']) {
            const r = await fetch(gw.url + f.where(false), { method, headers: {
                authorization: `Bearer ${key}` } });
            assert.equal(r.status, 405, method);
            if (method === 'HEAD') assert.equal(await r.text(), '');
        }
        assert.equal(up.seen.length, n);
    });
}

/* ---- more than one answer, calls, thoughts ---- */

test('n>1 in one piece, one of them denied', async () => {
    up.json({ choices: [0, 1, 2].map(index => ({ index, finish_reason:
        'stop', message: { role: 'assistant', content: index === 1
        ? `so ${DENIED}` : `so ${OTHER}` } })) });
    const r = await gw.chat({ ...gw.ask('hi'), n: 3 });
    clean(r, 'n');
    assert.deepEqual(r.json.choices.map(c => c.finish_reason),
                     ['stop', 'content_filter', 'stop']);
});

test('choices whose text comes before their index, in one event',
     async () => {
    const choice = (index, content) => ({ delta: { content },
                                          finish_reason: null, index });
    const bits = [...OTHER].map((c, i) => ({ id: 'x', choices: i % 2
        ? [choice(1, c), choice(0, c)] : [choice(0, c), choice(1, c)] }));
    up.answers({ type: 'text/event-stream', text: bits.map(say).join('') +
        say({ choices: [0, 1].map(index => ({ index, delta: {},
            finish_reason: 'stop' })) }) + 'data: [DONE]\n\n' });
    const r = await gw.chat({ ...gw.ask('hi', { stream: true }), n: 2 });
    const got = ['', ''];
    for (const e of events(r.text).slice(0, -1)) {
        for (const c of e.choices) got[c.index] += c.delta.content ?? '';
    }
    assert.ok(!got[0].includes(OTHER) && got[0] !== '', r.text);
    assert.equal(got[0], got[1]);
});

test('two tool calls at once, each argument its own text', async () => {
    const call = (index, a) => ({ id: 'x', choices: [{ index: 0, delta: {
        tool_calls: [{ index, function: { arguments: a } }] },
        finish_reason: null }] });
    const a = `{"to":${OTHER},"x":"\\u0031${OTHER.slice(1)}"}`;
    const list = [];
    for (let i = 0; i < a.length; i += 2) {
        for (const k of [0, 1]) list.push(call(k, a.slice(i, i + 2)));
    }
    up.answers({ type: 'text/event-stream', text: list.map(say).join('') +
        say({ choices: [{ index: 0, delta: {}, finish_reason:
            'tool_calls' }] }) + 'data: [DONE]\n\n' });
    const r = await gw.chat(gw.ask('hi', { stream: true }));
    const got = ['', ''];
    for (const e of events(r.text).slice(0, -1)) {
        for (const t of e.choices[0].delta.tool_calls ?? []) {
            got[t.index] += t.function.arguments;
        }
    }
    assert.equal(got[0], got[1]);
    const { to, x } = JSON.parse(got[0]);
    assert.ok(String(to) !== OTHER && x !== OTHER, got[0]);
});

test('parts of a delta that ends its choice continue each other',
     async () => {
    up.answers({ type: 'text/event-stream', text: say({ id: 'x', choices: [{
        index: 0, delta: { content: [{ type: 'text', text: '打 1398765' },
        { type: 'text', text: '4321' }] }, finish_reason: 'stop' }] }) +
        'data: [DONE]\n\n' });
    const r = await gw.chat(gw.ask('hi', { stream: true }));
    const parts = events(r.text)[0].choices[0].delta.content;
    assert.ok(!parts.map(p => p.text).join('').includes(OTHER), r.text);
});

test('a rule that takes too long on an answer: refused, not passed',
     async () => {
    const pattern = '(a+)+$';
    await gw.weir(['apply', '-f', '-'], { input: `kind: Ordinance
name: local/slow
title: {en: Slow, zh: 慢}
version: "1"
jurisdiction: cn
as_of: 2026-11-24
law:
  house: {en: House rule, zh: 内部规定, verified: true}
rules:
  - id: slow
    title: {en: Slow, zh: 慢}
    law: [house]
    find: {regexes: [{pattern: '${pattern}'}]}
    action: {answer: redact}
    mark: {en: "[slow]", zh: "[慢]"}
---
` + scenario.replace('ordinances: [', 'ordinances: [local/slow, ') });
    up.json(faces.chat.json('say aaa'));
    await until('the rule to be in force', async () =>
        /\[slow\]/.test((await ask('chat', 'hi')).text));
    for (const face of Object.keys(faces)) {
        up.json(faces[face].json('a'.repeat(50000) + '!'));
        let r = await ask(face, 'hi');
        assert.equal(r.status, 502, r.text.slice(0, 200));
        r = await stream(face, faces[face].first + 'a'.repeat(50)
            .split('').map(() => say(faces[face].delta('a'.repeat(1000))))
            .join('') + say(faces[face].delta('!')) + faces[face].last);
        assert.ok(r.got.length < 50001, String(r.got.length));
        assert.match(r.text, /upstream_invalid/i);
    }
    await gw.weir(['apply', '-f', '-'], { input: scenario });
    await until('the rule to be gone', async () => {
        up.json(faces.chat.json('say aaa'));
        return !/\[slow\]/.test((await ask('chat', 'hi')).text);
    });
});

/* ---- HTTP ---- */

/* Bytes as they are; resolves to all that comes back until the end. */
function raw(pieces, { end = false } = {}) {
    return new Promise(done => {
        const c = net.connect(gw.port, '127.0.0.1', async () => {
            for (const p of [pieces].flat()) {
                c.write(p);
                await new Promise(setImmediate);
            }
            if (end) c.end();
        });
        let got = '';
        c.setNoDelay(true);
        c.setTimeout(10000, () => c.destroy());
        c.on('data', d => { got += d.toString('latin1'); });
        c.on('close', () => done(got));
        c.on('error', () => done(got));
    });
}
const http1 = (text, { lines = [], close = true, length = true,
                       where = '/v1/chat/completions' } = {}) => {
    const body = Buffer.from(text);
    return Buffer.concat([Buffer.from([`POST ${where} HTTP/1.1`, 'Host: g',
        `Authorization: Bearer ${key}`, 'Content-Type: application/json',
        ...(close ? ['Connection: close'] : []),
        ...(length ? [`Content-Length: ${body.length}`] : []),
        ...lines, '', ''].join('\r\n')), body]);
};
const good = () => JSON.stringify(gw.ask('hi'));
const bad = () => JSON.stringify(gw.ask(CHILD));
const statuses = text => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)]
    .map(m => Number(m[1]));

test('chunked requests in odd pieces, with extensions and trailers',
     async () => {
    up.json(faces.chat.json('ok'));
    const chunk = (t, more = '') =>
        `${Buffer.byteLength(t).toString(16)}${more}\r\n${t}\r\n`;
    const lines = ['Transfer-Encoding: chunked'];
    for (const [text, want] of [[JSON.stringify(gw.ask(`a ${MOBILE}`)), 200],
                                [bad(), 403]]) {
        const n = up.seen.length;
        const body = [...text].map((c, i) => chunk(c, i % 3 ? '' :
            `;note="${CHILD.length}"`)).join('') + '0\r\nX-Trailer: a\r\n\r\n';
        for (const pieces of [[body], cut(body, 1), cut(body, 7)]) {
            const got = await raw([http1('', { lines, length: false }),
                                   ...pieces]);
            assert.deepEqual(statuses(got), [want], got);
        }
        assert.equal(up.seen.length, want === 200 ? n + 3 : n);
        if (want === 200) {
            assert.ok(up.last().text.includes('<MOBILE_1>'));
            assert.ok(!('x-trailer' in up.last().headers));
        }
    }
});

test('pipelined requests: each is inspected, in order', async () => {
    up.json(faces.chat.json('ok'));
    const n = up.seen.length;
    const got = await raw(Buffer.concat([
        http1(good(), { close: false }), http1(bad(), { close: false }),
        http1(JSON.stringify(gw.ask(`a ${MOBILE}`)), { close: false }),
        http1(bad())]));
    assert.deepEqual(statuses(got), [200, 403, 200, 403], got);
    assert.equal(up.seen.length, n + 2);
    assert.ok(up.last().text.includes('<MOBILE_1>'));
});

test('shapes of request smuggling: what is behind is never a request',
     async () => {
    up.json(faces.chat.json('ok'));
    const behind = http1(bad()).toString();
    const chunked = ['Transfer-Encoding: chunked'];
    const zero = '0\r\n\r\n';
    const tries = [
        /* two lengths of different kinds */
        http1(zero + behind, { lines: chunked, close: false }),
        http1(zero + behind, { lines: ['Transfer-Encoding:\tchunked'],
                               close: false }),
        http1(zero + behind, { lines: ['Transfer-Encoding: identity',
                               ...chunked], close: false }),
        http1(zero + behind, { lines: ['Transfer-Encoding: gzip, chunked'],
                               close: false }),
        http1(zero + behind, { lines: ['Transfer-Encoding: chunked, chunked'],
                               close: false }),
        http1(zero + behind, { lines: ['Transfer-Encoding: chunKED ,'],
                               close: false }),
        http1(zero + behind, { lines: ['X: y\r\n Transfer-Encoding: chunked'],
                               close: false }),
        /* two lengths */
        http1(good() + behind, { lines: ['Content-Length: 5'], close: false }),
        http1(good() + behind, { length: false, close: false,
            lines: [`Content-Length: ${good().length},5`] }),
        http1(good() + behind, { length: false, close: false,
            lines: [`Content-Length: 0x${good().length.toString(16)}`] }),
        /* sizes of chunks that overflow, lines without CR */
        http1(`ffffffffffffffff1\r\n${behind}`, { lines: chunked,
            length: false }),
        http1(`0x5\r\nhello\r\n${zero}`, { lines: chunked, length: false }),
        http1(`-5\r\nhello\r\n${zero}`, { lines: chunked, length: false }),
        /* another version, another protocol */
        http1(zero + behind, { lines: chunked, close: false }).toString()
            .replace('HTTP/1.1', 'HTTP/1.0'),
        http1(good(), { lines: ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABk',
            'Connection: Upgrade, HTTP2-Settings'] }),
        `CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: g\r\n\r\n${behind}`,
        http1(bad(), { where: 'http://other.example/v1/chat/completions' }),
        `POST /v1/chat/completions\r\n\r\n${bad()}`,
    ];
    for (const bytes of tries) {
        const n = up.seen.length;
        await raw(bytes, { end: true });
        for (const s of up.seen.slice(n)) {
            assert.ok(!s.text.includes(CHILD), s.text);
            assert.equal(s.path, '/v1/chat/completions');
            assert.equal(JSON.parse(s.text).messages[0].content, 'hi');
        }
        assert.ok(up.seen.length <= n + 1, bytes.toString().slice(0, 300));
    }
});

test('Expect: 100-continue, and a body that stops half way', async () => {
    up.json(faces.chat.json('ok'));
    const n = up.seen.length;
    const got = await raw([http1(bad(), { lines: ['Expect: 100-continue'] })]);
    assert.deepEqual(statuses(got).filter(s => s !== 100), [403], got);
    await raw(http1(good()).subarray(0, -5), { end: true });
    assert.equal(up.seen.length, n);
});

test('an answer after its end, and more than one answer', async () => {
    /* a server that adds a second answer behind the first */
    const server = net.createServer(c => c.once('data', () => {
        const text = JSON.stringify(faces.chat.json('ok'));
        const one = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${text.length}\r\n\r\n${text}`;
        c.write(one + one.replace('"ok"', JSON.stringify(OTHER)));
        c.on('error', () => {});
    }));
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    await gw.weir(['apply', '-f', '-'], { input: `kind: Upstream
name: twice
url: http://127.0.0.1:${server.address().port}
protocol: openai
---
kind: Model
name: twice
upstreams: [twice]
---
` + scenario.replace('models: [', 'models: [twice, ') });
    await until('the model to be there', async () => (await gw.chat({
        ...gw.ask('hi'), model: 'twice' })).status !== 404);
    for (let i = 0; i < 5; i++) {
        const r = await gw.chat({ ...gw.ask('hi'), model: 'twice' });
        assert.ok([200, 502].includes(r.status), r.text);
        clean(r, 'second');
    }
    server.close();
});
