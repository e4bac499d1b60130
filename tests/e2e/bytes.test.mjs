/* Bytes that no rule rewrites pass through as they are. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { startGateway, dice } from './harness.mjs';

let gw;

before(async () => { gw = await startGateway(); });
after(() => gw?.close());

const odd = [
    ['key order and blanks',
     '{ "messages" : [ {"content":"hi","role":"user"} ] ,\r\n\t"model":"demo" }'],
    ['unknown fields', '{"z":{"y":[1,{"x":null}],"":true},"model":"demo",' +
     '"messages":[{"role":"user","content":"hi","extra":{"a":[]}}]}'],
    ['long numbers', '{"model":"demo","seed":18446744073709551615,' +
     '"a":123456789012345678901234567890,"b":1E400,"c":-0.0,"d":1.10,' +
     '"messages":[{"role":"user","content":"hi"}]}'],
    ['escapes', '{"model":"demo","messages":[{"role":"user","content":' +
     '"\\u4e2d\\u6587 \\/ \\b\\f\\n\\r\\t \\" \\\\ \\u0000 \\u00e9"}]}'],
    ['surrogate pairs', '{"model":"demo","messages":[{"role":"user",' +
     '"content":"\\ud83d\\ude00 \\uD83D\\uDE00 😀"}]}'],
    ['empty texts', '{"model":"demo","messages":[{"role":"user","content":' +
     '""},{"role":"user","content":[]},{"role":"user","content":"hi"}]}'],
    ['a picture', '{"model":"demo","messages":[{"role":"user","content":[' +
     '{"type":"image_url","image_url":{"url":"data:image/png;base64,' +
     'iVBORw0KGgo="}},{"type":"text","text":"hi"}]}]}']
];

for (const scenario of ['plain', 'hotline']) {
    for (const [name, body] of odd) {
        test(`${scenario}: ${name}`, async () => {
            JSON.parse(body);
            const r = await gw.chat(body, { scenario });
            assert.equal(r.status, 200, r.text);
            assert.equal((await gw.model.last()).text, body);
        });
    }
}

test('an answer in odd JSON passes as it is', async () => {
    const raw = '{ "usage" : {"prompt_tokens":1,"completion_tokens":1},\n' +
        '"z":[1E400,-0.0,123456789012345678901234567890],"choices":[' +
        '{"finish_reason":"stop","message":{"content":"\\u4e2d \\ud83d\\ude00' +
        ' \\/","role":"assistant"},"index":0,"logprobs":null}],"é":"\\u00e9"}';
    const x_demo = await gw.model.script('raw', { raw });
    for (const scenario of ['plain', 'hotline']) {
        const r = await gw.chat(gw.ask('x', { x_demo }), { scenario });
        assert.equal(r.text, raw);
    }
});

test('a rewrite changes the value alone', async () => {
    const body = '{"q":1.10,"messages":[{"content":"\\u7535话13812345678 ' +
        '\\/ \\u00e9","role":"user","k":[1E2]}],  "model":"demo"}';
    const r = await gw.chat(body);
    assert.equal(r.status, 200, r.text);
    assert.equal((await gw.model.last()).text,
                 body.replace('13812345678', '<MOBILE_1>'));
});

test('the echo of the model carries back the bytes it got', async () => {
    const body = JSON.stringify(gw.ask('随便说说 \u0001', {
        x_demo: { echo_request: true } })).replace('随', '\\u968f');
    const r = await gw.chat(body, { scenario: 'plain' });
    assert.equal(Buffer.from(r.json.choices[0].message.content, 'base64')
        .toString(), body);
});

/* Any pieces of the request: chunked, byte by byte, at random. */
function post(body, cut, key) {
    return new Promise((done, fail) => {
        const req = http.request(`${gw.url}/v1/chat/completions`, {
            method: 'POST', agent: false, headers: {
                authorization: `Bearer ${key}`, 'accept-language': 'zh',
                'content-type': 'application/json' } }, res => {
            let text = '';
            res.on('data', d => { text += d; });
            res.on('end', () => done({ status: res.statusCode, text }));
        });
        req.on('error', fail);
        req.setNoDelay(true);
        (async () => {
            for (let at = 0; at < body.length;) {
                const n = cut();
                req.write(body.subarray(at, at + n));
                at += n;
                await new Promise(setImmediate);
            }
            req.end();
        })();
    });
}

test('the request may come in any pieces', async () => {
    const key = await gw.key();
    const body = Buffer.from(JSON.stringify(
        gw.ask('电话13812345678😀，密钥 AKIAQ7ZK3MWP5RTXYB2N 。')));
    const roll = dice(11);
    for (const cut of [() => 1, () => 2, () => 3, () => 1 + roll(9),
                       () => 1 + roll(40)]) {
        const r = await post(body, cut, key);
        assert.equal(r.status, 200, r.text);
        const seen = (await gw.model.last()).text;
        assert.equal(seen, body.toString().replace('13812345678', '<MOBILE_1>')
            .replace('AKIAQ7ZK3MWP5RTXYB2N', '[API密钥]'));
    }
});

test('the upstream gets its own headers, not the caller\'s key', async () => {
    const key = await gw.key();
    await gw.chat(gw.ask('hi'));
    const { head } = await gw.model.last();
    assert.ok(!head.includes(key), head);
    assert.match(head, /^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    assert.match(head, /\r\naccept-encoding: identity\r\n/i);
});

test('source and logs of ordinary work pass as they are', async () => {
    const samples = [
        'for (int i = 0; i < 10; i++) { sum += a[i] * 0x7fffffff; }',
        '2026-11-24T06:27:03.123Z INFO [worker-7] GET /v1/x 200 13ms',
        'commit 4f1c2d3e4b5a69788796a5b4c3d2e1f00f1e2d3c\nAuthor: x',
        'SELECT id, name FROM t WHERE ts > 1700000000 AND n = 100000000000;',
        'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        'version 1.22.1-9+deb12u11, build 20261124062703',
        '#include <stdio.h>\nint main(void) { return printf("kill -9 %d", 1); }'
    ];
    for (const s of samples) {
        const r = await gw.chat(gw.ask(s));
        assert.equal(r.status, 200, `${s}: ${r.text}`);
        assert.equal(JSON.parse((await gw.model.last()).text)
            .messages[0].content, s);
    }
});
