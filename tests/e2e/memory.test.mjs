/*
 * Memory: what the calls of a worker hold together is bounded (`memory` of
 * weir.yaml). At the bound new work is refused with 503 and a time, what has
 * begun ends, and afterwards all is as before.
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { startGateway, register, events, openaiTexts, sleep, until }
    from './harness.mjs';
import { startUpstream } from './upstream.mjs';

const MB = 1 << 20;
let gw, big, key, token;

before(async () => {
    big = await startUpstream();
    gw = await startGateway({ workers: 1, more: 'memory: 64M\n',
        register: url => register(url).replaceAll('models: [demo,',
            'models: [big, demo,') + `---
kind: Upstream
name: big
url: ${big.url}
protocol: openai
---
kind: Model
name: big
upstreams: [big]
` });
    key = await gw.key('plain');
    token = fs.readFileSync(`${gw.state}/admin.token`, 'utf8').trim();
});
after(async () => {
    await gw?.close();
    await big?.stop();
});

async function memory() {
    const text = await (await fetch(`http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } })).text();
    const of = name => Number(new RegExp(`^weir_memory_${name} (\\d+)$`, 'm')
        .exec(text)?.[1]);
    return { used: of('used_bytes'), max: of('max_bytes'),
             refused: of('refused_total') };
}
const peak = async () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(
    `/proc/${(await gw.pids()).workers[0]}/status`, 'utf8'))[1]) / 1024;

/* A request whose body is announced and sent but for its end; resolves to
   what came back, if anything does. */
function hold(bytes) {
    const s = net.connect(gw.port, '127.0.0.1');
    const at = { socket: s, text: '', closed: false };
    s.on('error', () => {});
    s.on('close', () => { at.closed = true; });
    s.on('data', d => { at.text += d; });
    s.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n' +
        `authorization: Bearer ${key}\r\ncontent-type: application/json\r\n` +
        `content-length: ${bytes + 100}\r\n\r\n` +
        '{"model":"demo","messages":[{"role":"user","content":"');
    const part = Buffer.alloc(MB, 'x');
    let sent = 0;
    const more = () => {
        while (sent < bytes && !at.closed) {
            sent += part.length;
            if (!s.write(part)) {
                s.once('drain', more);
                return;
            }
        }
    };
    more();
    return at;
}

const ask = (name = 'plain') => gw.chat(gw.ask('hi'), { scenario: name });

test('the bound is known', async () => {
    assert.equal((await memory()).max, 64 * MB);
    assert.match(await gw.weir(['status']),
                 /^memory +\d+ of 64 MB for calls, refused 0 times$/m);
    fs.writeFileSync(`${gw.folder}/small.yaml`, 'memory: 1M\n');
    assert.match(await gw.weir(['reload', '-c', `${gw.folder}/small.yaml`],
        { ok: false }), /small\.yaml:1:.*from 67108864 to/);
});

test('big requests up to the bound: the next are refused, streams go on',
     async () => {
    const say = 'well '.repeat(200);
    const x_demo = await gw.model.script('slow', { say, chunk: 5,
                                                   pace_ms: 25 });
    const streams = Array.from({ length: 60 }, () =>
        gw.chat(gw.ask('x', { stream: true, x_demo }), { key }));
    await sleep(500);
    const held = [];
    for (let i = 0; i < 8; i++) {
        held.push(hold(12 * MB));
        await sleep(150);
    }
    await until('the first refusals', () =>
        held.some(h => h.text.startsWith('HTTP/1.1 503')));
    await until('use in the metrics', async () =>
        (await memory()).used > 40 * MB);
    const now = await memory();
    assert.ok(now.used <= 64 * MB, `${now.used}`);
    assert.ok(now.refused > 0);
    const refused = held.filter(h => h.text.startsWith('HTTP/1.1 503'));
    assert.ok(refused.length >= 4, `${refused.length} refused`);
    for (const h of refused) {
        assert.match(h.text, /\r\nretry-after: 1\r\n/i);
        assert.match(h.text, /"code":"overloaded"/);
    }
    /* while they hold it, a small one is refused too, in its shape */
    const small = await ask();
    assert.equal(small.status, 503, small.text);
    assert.equal(small.headers.get('retry-after'), '1');
    assert.equal(small.json.error.type, 'server_error');
    assert.match(small.json.error.message, /short of memory/);
    const end = await gw.endOf(small.headers.get('weir-call'));
    assert.equal(end.ending, 'refused');
    assert.equal(end.charged, '0.00');
    const zh = await gw.chat(gw.ask('x'), { key,
        headers: { 'accept-language': 'zh' } });
    assert.match(zh.json.error.message, /内存不足/);
    const other = await gw.messages({ messages: [
        { role: 'user', content: 'hi' }] }, { scenario: 'plain' });
    assert.equal(other.status, 503);
    assert.equal(other.headers.get('retry-after'), '1');
    assert.equal(other.json.type, 'error');

    for (const h of held) h.socket.destroy();
    for (const s of await Promise.all(streams)) {
        assert.equal(s.status, 200);
        assert.equal(openaiTexts(events(s.text))[0].content, say);
    }
    await until('all of it back', async () => (await memory()).used < MB);
    assert.equal((await ask()).status, 200);
});

test('big answers up to the bound', async () => {
    const content = 'y'.repeat(7 * MB);
    big.answers(() => ({ text: JSON.stringify({ id: 'c', created: 1,
        object: 'chat.completion', model: 'big', choices: [{ index: 0,
            message: { role: 'assistant', content },
            finish_reason: 'stop' }], usage: { prompt_tokens: 1,
            completion_tokens: 2, total_tokens: 3 } }) }));
    const one = await gw.chat({ ...gw.ask('x'), model: 'big' }, { key });
    assert.equal(one.json.choices[0].message.content, content);
    const all = await Promise.all(Array.from({ length: 24 }, () =>
        gw.chat({ ...gw.ask('x'), model: 'big' }, { key })));
    const good = all.filter(r => r.status === 200);
    const bad = all.filter(r => r.status !== 200);
    assert.ok(good.length > 0);
    assert.ok(good.every(r =>
        r.json.choices[0].message.content === content));
    console.log(`# of 24 large answers at once ${bad.length} were refused`);
    for (const r of bad) {
        assert.equal(r.status, 503, r.text);
        assert.equal(r.headers.get('retry-after'), '1');
        assert.equal(r.json.error.code, 'overloaded');
    }
    await until('all of it back', async () => (await memory()).used < MB);
    assert.equal((await ask()).status, 200);
});

/* With sanitizers what is given back is kept for a while. */
test('the process stays within it', { skip: !!process.env.WEIR_PRELOAD },
     async () => {
    /* the calls, the snapshot, nginx's own buffers */
    const mb = await peak();
    console.log(`# at most ${mb.toFixed(0)} MB resident, 64 of them calls'`);
    assert.ok(mb < 64 + 64, `${mb} MB`);
});
