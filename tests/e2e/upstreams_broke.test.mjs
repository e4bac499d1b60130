/*
 * An upstream that breaks behind its head: the next one is asked while the
 * client has been sent nothing, and never after that.
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { startGateway, events, openaiTexts, micro, until }
    from './harness.mjs';
import { startUpstream, sse } from './upstream.mjs';

let gw, second, third, first, says, agent;
const seen = [];

const upstream = (name, url, more = '') => `---
kind: Upstream
name: ${name}
url: ${url}
protocol: openai
breaker: {failures: ${name === 'counted' ? 2 : 0}, open: 1h}
read_timeout: 2500ms
${more}`;
const PRICE = 'price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}\n';
const model = (name, upstreams, more = '') => `---
kind: Model
name: ${name}
upstreams: [${upstreams}]
max_output: 1000
${PRICE}${more}`;

const chunk = (content, finish_reason = null) => ({ id: 'c', created: 1,
    object: 'chat.completion.chunk', model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason }] });
const USAGE = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const good = q => JSON.parse(q.text).stream
    ? { type: 'text/event-stream', text: sse([chunk('ho'), chunk('', 'stop'),
        { ...chunk(''), choices: [], usage: USAGE }, '[DONE]'], false) }
    : { text: JSON.stringify({ id: 'c', created: 1, object: 'chat.completion',
        model: JSON.parse(q.text).model, choices: [{ index: 0,
            message: { role: 'assistant', content: 'ho' },
            finish_reason: 'stop' }], usage: USAGE }) };

before(async () => {
    second = await startUpstream();
    third = await startUpstream();
    second.answers(good);
    third.answers(good);
    /* the first speaks bytes, as each test says */
    first = net.createServer(s => {
        let text = '';
        s.on('error', () => {});
        s.on('data', d => {
            text += d;
            const [head, body = ''] = text.split('\r\n\r\n');
            const n = Number(/content-length: (\d+)/i.exec(head)?.[1]);
            if (Buffer.byteLength(body) === n) {
                seen.push(body);
                text = '';
                says(s);
            }
        });
    });
    await new Promise(done => first.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${first.address().port}`;
    gw = await startGateway({ model: { url: '' },
        more: 'keepalive_comment: 1s\n', register: () =>
        upstream('first', url) + upstream('counted', url)
        + upstream('also', url) + upstream('second', second.url)
        + upstream('third', third.url)
        + model('m', 'first, second') + model('both', 'first, also, second')
        + model('counted', 'counted, second') + model('alone', 'first')
        + model('falls', 'first', 'fallback: [other]\n')
        + model('other', 'third', 'served: other-served\n') + `---
kind: Fund
name: pilot
unit: CNY
amount: "1000.00"
---
kind: Scenario
name: hotline
ordinances: [cn/personal-information]
models: [m, both, counted, alone, falls, other]
grant: {fund: pilot, amount: "100.00", per: month}
state: admitted
` });
    await gw.key();
    agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
});
after(async () => {
    agent?.destroy();
    await gw?.close();
    await second?.stop();
    await third?.stop();
    first?.close();
});

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
const SSE = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n' +
            'transfer-encoding: chunked\r\nx-of: first\r\n\r\n';
const piece = text => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const breaks = bytes => s => { s.write(bytes); setTimeout(() =>
    s.resetAndDestroy(), 30); };
const ends = bytes => s => s.end(bytes);

function ask(name, stream) {
    return gw.key().then(key => new Promise((done, fail) => {
        const q = http.request(`${gw.url}/v1/chat/completions`, {
            method: 'POST', agent, headers: {
                authorization: `Bearer ${key}`,
                'content-type': 'application/json' } }, r => {
            let text = '';
            r.on('data', d => { text += d; });
            r.on('end', () => done({ status: r.statusCode, text,
                headers: r.headers, reused: q.reusedSocket }));
            r.on('error', fail);
        });
        q.on('error', fail);
        q.end(JSON.stringify({ model: name, stream, messages: [
            { role: 'user', content: '我的手机号是 13812345678' }] }));
    }));
}

/* It was served by another, whole, and nothing of the first is in it. */
async function served(r, stream, upstream = 'second', attempt = 1) {
    assert.equal(r.status, 200, r.text);
    assert.equal(r.headers['x-of'], undefined);
    assert.ok(!r.text.includes('keep-alive'), r.text);
    if (stream) {
        assert.equal(openaiTexts(events(r.text))[0].content, 'ho');
        assert.match(r.text, /\[DONE\]\n\n$/);
    } else {
        assert.equal(JSON.parse(r.text).choices[0].message.content, 'ho');
    }
    const end = await gw.endOf(r.headers['weir-call']);
    assert.equal(end.upstream, attempt > 0 ? upstream : undefined);
    assert.equal(end.attempt, attempt);
    assert.equal(end.ending, 'ok');
    assert.equal(micro(end.charged), 5 * 2 + 7 * 8);
}

const JSON_BREAKS = {
    'a length and no body': breaks(`${HEAD}content-length: 50\r\n\r\n`),
    'chunks and no body': breaks(`${HEAD}transfer-encoding: chunked\r\n\r\n`),
    'a length and a clean end': ends(`${HEAD}content-length: 50\r\n\r\n`),
    'half of a body': breaks(`${HEAD}content-length: 50\r\n\r\n{"id":"c",`),
    'half of a chunk': ends(`${HEAD}transfer-encoding: chunked\r\n\r\n` +
                            '50\r\n{"id":"c",'),
    'no chunk at all': ends(`${HEAD}transfer-encoding: chunked\r\n\r\n` +
                            'zz\r\n{"id":"c",'),
    'an error without its body': breaks('HTTP/1.1 404 No\r\n' +
        'content-type: application/json\r\ncontent-length: 9\r\n\r\n'),
};

test('a JSON answer that breaks off goes to the next', async () => {
    for (const [what, how] of Object.entries(JSON_BREAKS)) {
        says = how;
        const n = seen.length;
        const r = await ask('m', false);
        await served(r, false);
        assert.equal(seen.length, n + 1, what);
        /* the same request, redacted once */
        assert.equal(second.last().text, seen.at(-1), what);
        assert.match(seen.at(-1), /\[手机号\]|\[.+\]/);
        assert.ok(!seen.at(-1).includes('13812345678'));
    }
});

const STREAM_BREAKS = {
    'nothing': breaks(SSE),
    'a clean end without the last chunk': ends(SSE),
    'half of an event': breaks(SSE + piece('data: {"id":"c"')),
    'an event without its blank line': breaks(SSE + piece(
        `data: ${JSON.stringify(chunk('never'))}\n`)),
    'half of a comment': breaks(SSE + piece(': proc')),
};

test('a stream that breaks before its first event goes to the next',
     async () => {
    for (const how of Object.values(STREAM_BREAKS)) {
        says = how;
        await served(await ask('m', true), true);
    }
});

test('the client\'s connection is kept', async () => {
    says = STREAM_BREAKS.nothing;
    await ask('m', true);
    const r = await ask('m', false);
    assert.equal(r.reused, true);
    await served(r, false);
});

test('once something has left it is over', async () => {
    const one = sse([chunk('so ')], false);
    for (const [bytes, want] of [
        [one, 'so '],
        [': processing\n\n', undefined],      /* a comment has left */
    ]) {
        says = breaks(SSE + piece(bytes));
        const n = second.seen.length;
        const r = await ask('m', true);
        assert.equal(r.status, 200);
        assert.ok(r.text.startsWith(bytes.split('\n')[0].slice(0, 10)),
                  r.text);
        assert.match(r.text, /upstream_broke/);
        if (want) assert.ok(r.text.includes(want));
        assert.equal(second.seen.length, n);
        const end = await gw.endOf(r.headers['weir-call']);
        assert.equal(end.attempt, 0);
        assert.equal(end.ending, 'upstream_broke');
    }
});

test('our own comment in an idle stream has begun it', async () => {
    says = s => { s.write(SSE); setTimeout(() => s.resetAndDestroy(), 1500); };
    const n = second.seen.length;
    const r = await ask('m', true);
    assert.match(r.text, /^: keep-alive\n\n/);
    assert.match(r.text, /upstream_broke/);
    assert.equal(second.seen.length, n);
});

test('silence behind the head, until the time is out', async () => {
    says = s => { s.write(`${HEAD}content-length: 50\r\n\r\n`); };
    await served(await ask('m', false), false);
});

test('one after the other, and the last one\'s word', async () => {
    says = JSON_BREAKS['half of a body'];
    await served(await ask('both', false), false, 'second', 2);
    says = STREAM_BREAKS.nothing;
    await served(await ask('both', true), true, 'second', 2);
    const r = await ask('alone', false);
    assert.equal(r.status, 502);
    assert.equal(JSON.parse(r.text).error.code, 'upstream_broke');
    const end = await gw.endOf(r.headers['weir-call']);
    assert.equal(end.attempt, 0);
    assert.equal(micro(end.charged), 0);
    const s = await ask('alone', true);
    assert.match(s.text, /upstream_broke/);
});

test('to a fallback model, whose body is another', async () => {
    says = JSON_BREAKS['half of a body'];
    const r = await ask('falls', false);
    await served(r, false, 'third');
    assert.equal(r.headers['weir-model'], 'other');
    assert.equal(third.last().text, seen.at(-1).replace('"falls"',
        '"other-served"'));
});

test('it counts as a failure', async () => {
    says = JSON_BREAKS['half of a body'];
    await served(await ask('counted', false), false);
    says = STREAM_BREAKS['half of an event'];
    await served(await ask('counted', true), true);
    await until('its breaker to be open', async () => (await gw.status())
        .upstreams.find(u => u.name === 'counted').state === 'open');
    const n = seen.length;
    await served(await ask('counted', true), true, 'second', 0);
    assert.equal(seen.length, n);
});

test('many at once, kept connections and none lost', async () => {
    let i = 0;
    const all = [...Object.values(JSON_BREAKS),
                 ...Object.values(STREAM_BREAKS)];
    says = s => all[i++ % all.length](s);
    const key = await gw.key();
    const results = await Promise.all(Array.from({ length: 120 }, async (_, k) => {
        const r = await gw.chat({ model: 'm', stream: k % 2 === 0, messages: [
            { role: 'user', content: 'hi' }] }, { key });
        return r.status === 200 && r.text.includes('"ho"');
    }));
    /* a stream may be answered with JSON here, and the other way round */
    assert.deepEqual(results.filter(x => !x), []);
    await until('nothing reserved', async () =>
        (await gw.grant('hotline')).reserved === 0);
});
