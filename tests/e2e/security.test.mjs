/* What an attacker may try with headers, with the logs and with a crash; the
   claims of docs/security.md. At `log: info`, the most that can be set. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { startGateway, register, build, sleep, until } from './harness.mjs';
import { startUpstream } from './upstream.mjs';

const SECRET = 'sk-upstream-0123456789abcdefghij';
let gw, up, key;

before(async () => {
    up = await startUpstream();
    process.env.WEIR_TEST_SECURITY_KEY = SECRET;
    gw = await startGateway({ more: 'log: info\n', register: () =>
        register(up.url).replace('protocol: openai', 'protocol: openai\n' +
            'secret: env:WEIR_TEST_SECURITY_KEY') });
    key = await gw.key('plain');
});
after(async () => {
    await gw?.close();
    await up?.stop();
});

const answer = more => up.json({ id: 'x', object: 'chat.completion',
    created: 1, model: 'demo', choices: [{ index: 0, finish_reason: 'stop',
        message: { role: 'assistant', content: 'hello' } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
    more);

/* Bytes as they are; resolves to all that comes back until the end. */
function raw(bytes) {
    return new Promise((done, fail) => {
        const c = net.connect(gw.port, '127.0.0.1', () => c.write(bytes));
        let got = '';
        c.setTimeout(10000, () => c.destroy());
        c.on('data', d => { got += d.toString('latin1'); });
        c.on('close', () => done(got));
        c.on('error', e => e.code === 'ECONNRESET' ? done(got) : fail(e));
    });
}

const body = JSON.stringify({ model: 'demo',
    messages: [{ role: 'user', content: 'The harbour opens at nine.' }] });

const request = (lines, { where = '/v1/chat/completions' } = {}) =>
    Buffer.from([`POST ${where} HTTP/1.1`, 'Host: gateway',
        'Content-Type: application/json', 'Connection: close',
        `Content-Length: ${body.length}`, `Authorization: Bearer ${key}`,
        ...lines, '', body].join('\r\n'), 'latin1');

const status = text => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);

/* Every name of the state folder's log files, and what they hold. */
const logs = () => fs.readdirSync(path.join(gw.state, 'log')).map(n =>
    fs.readFileSync(path.join(gw.state, 'log', n), 'latin1')).join('\n');

const access = () => fs.readFileSync(path.join(gw.state, 'log/access.log'))
    .toString().split('\n').filter(Boolean);

/* All that an upstream may learn (conf_nginx.c). */
const ALLOWED = new Set(['host', 'connection', 'authorization',
    'content-type', 'content-length', 'accept', 'accept-encoding',
    'user-agent', 'idempotency-key', 'x-request-id', 'traceparent',
    'tracestate', 'openai-beta']);

test('no header but those of the list reaches an upstream', async () => {
    answer();
    const got = await raw(request(['X-Request-Id: r-1', 'Cookie: a=b',
        'X-Forwarded-For: 10.9.8.7', 'X-Real-IP: 10.9.8.7',
        'Forwarded: for=10.9.8.7', 'Proxy: http://evil.invalid',
        'X-Accel-Redirect: /healthz', 'X-Evil: 1', 'Range: bytes=0-1',
        'OpenAI-Organization: org', 'Upgrade: h2c', 'TE: trailers']));
    assert.equal(status(got), 200, got);
    const { headers } = up.last();
    assert.deepEqual(Object.keys(headers).filter(n => !ALLOWED.has(n)), []);
    assert.equal(headers['x-request-id'], 'r-1');
    assert.equal(headers.authorization, `Bearer ${SECRET}`);
    assert.ok(!JSON.stringify(headers).includes(key));
});

test('a line end in a header makes no header at the upstream', async () => {
    answer();
    const tries = ['a\rX-Evil: 1', 'a\nX-Evil: 1', 'a\r\n X-Evil: 1',
                   'a\r\n\tX-Evil: 1', 'a\0X-Evil: 1', 'a\x0bX-Evil: 1',
                   'a%0d%0aX-Evil: 1', 'a\u0085X-Evil: 1'];
    let passed = 0;
    for (const name of ['X-Request-Id', 'Traceparent', 'User-Agent',
                        'Idempotency-Key', 'Content-Type', 'Accept']) {
        for (const value of tries) {
            const n = up.seen.length;
            const got = await raw(request([`${name}: ${value}`]));
            const what = `${name}: ${JSON.stringify(value)}: ${got}`;
            /* 502: the upstream, in its turn, refuses to read it */
            assert.ok([200, 400, 415, 502].includes(status(got)), what);
            for (const { headers } of up.seen.slice(n)) {
                passed++;
                assert.ok(!('x-evil' in headers), what);
            }
        }
    }
    assert.ok(passed > 0);      /* some are plain bytes of one value */
});

test('two lengths, two codings, two hosts: one request or none', async () => {
    answer();
    for (const lines of [['Transfer-Encoding: chunked'],
        [`Content-Length: ${body.length + 1}`], ['Host: other'],
        ['Transfer-Encoding: xchunked'], ['Content-Length: +5'],
        ['Transfer-Encoding : chunked']]) {
        const n = up.seen.length;
        const got = await raw(request(lines));
        assert.ok(up.seen.length <= n + 1, String(lines));
        assert.equal((got.match(/^HTTP\/1\.1 \d/gm) ?? []).length, 1, got);
        if (up.seen.length > n) {
            assert.equal(JSON.parse(up.last().text).model, 'demo');
        } else {
            assert.ok(status(got) >= 400, got);
        }
    }
});

test('headers of an answer: no cookie, no inner redirect', async () => {
    answer({ headers: { 'set-cookie': 'a=b', 'x-accel-redirect': '/healthz',
        'x-accel-limit-rate': '1', 'weir-decision': 'allow-all',
        'weir-call': 'forged' } });
    const got = await raw(request([]));
    assert.equal(status(got), 200, got);
    const head = got.slice(0, got.indexOf('\r\n\r\n'));
    assert.ok(!/set-cookie/i.test(head), head);
    assert.ok(got.includes('hello'), got);
    assert.equal(head.match(/^weir-call:/gim).length, 1, head);
    assert.ok(!/forged|allow-all/.test(head), head);
});

test('one call is one line of JSON in the access log', async () => {
    answer();
    const forged = '{"at":"x","call":"forged","status":200}';
    await sleep(1300);          /* the log is flushed each second */
    const n = access().length;
    const sent = [
        request([`Traceparent: a","call":"forged`]),
        request([`Traceparent: \\","call":"forged`]),
        request([`Traceparent: a\tb\x7f\xff\xfe`]),
        request(['Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-' +
                 '00f067aa0ba902b7-01']),
        request([], { where: `/v1/x%0a${encodeURIComponent(forged)}%0d%0a` }),
        request([], { where: '/v1/%22,%22call%22:%22forged%22%00' }),
        Buffer.from(`P"OST /v1/x HTTP/1.1\r\nHost: a\r\n\r\n`),
        Buffer.from(`GET /v1/x\n${forged} HTTP/1.1\r\nHost: a\r\n\r\n`),
    ];
    for (const bytes of sent) await raw(bytes);
    const lines = await until('the lines of the log', () => {
        const all = access().slice(n);
        return all.length >= sent.length && all;
    });
    assert.equal(lines.length, sent.length, lines.join('\n'));
    for (const line of lines) {
        const o = JSON.parse(line);
        assert.ok(!line.includes('forged'), line);
        assert.match(line, /^[\x20-\x7e]+$/);
        assert.deepEqual(Object.keys(o), ['at', 'call', 'method', 'status',
            'in', 'out', 'seconds', 'to', 'first', 'traceparent']);
    }
    assert.deepEqual(lines.map(l => JSON.parse(l).traceparent)
        .filter(Boolean), ['00-4bf92f3577b34da6a3ce929d0e0e4736-' +
                           '00f067aa0ba902b7-01']);
});

test('no line of a caller in the error log', async () => {
    for (const bytes of [
        request(['X: a\0\n2026/01/01 00:00:00 [alert] forged']),
        request(['X: a\r2026/01/01 00:00:00 [alert] forged']),
        request([], { where: '/v1/\n2026/01/01 00:00:00 [alert] forged' }),
        request([], { where: '/v1/%0a2026/01/01%20[alert]%20forged' })]) {
        await raw(bytes);
    }
    const stamp = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: /;
    const lines = fs.readFileSync(path.join(gw.state, 'log/error.log'),
                                  'latin1').split('\n').filter(Boolean);
    assert.ok(lines.length > 0);
    for (const line of lines) assert.match(line, stamp);
});

test('no key, credential or text in a log', async () => {
    answer();
    await raw(request([]));
    /* refusals, broken lines, an upstream that is not there */
    await raw(request([`X-Api-Key: ${key}\rx`]));
    await raw(request([`X-Api-Key: ${key}\0x`]));
    await raw(Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n` +
                          `Authorization Bearer ${key}\r\n\r\n`));
    await raw(Buffer.from(String(request([])).replace('"demo"', '"dead"')));
    answer({ status: 500 });
    await raw(request([]));
    const all = logs();
    assert.ok(all.includes('[info]'), 'the log has its lines of level info');
    for (const secret of [key, SECRET, 'The harbour opens'])
        assert.ok(!all.includes(secret), all.split('\n').find(l =>
            l.includes(secret)));
});

test('no process leaves a core', async () => {
    const p = await gw.pids();
    for (const pid of [p.keeper, ...p.workers]) {
        const limits = fs.readFileSync(`/proc/${pid}/limits`, 'utf8');
        assert.match(limits, /^Max core file size +0 +0 /m);
    }
});

test('the admin interface takes loopback addresses only', () => {
    for (const at of ['0.0.0.0:0', '[::]:0']) {
        assert.throws(() => execFileSync(path.join(build, 'cli/weir'),
            ['--state', path.join(gw.folder, 'other'), 'keeper', '--listen',
             at, '--packs', 'ordinance', '--foreground'],
            { stdio: 'pipe', timeout: 10000 }), e => {
            assert.equal(e.status, 2, String(e.stderr));
            assert.match(String(e.stderr), /loopback/);
            return true;
        });
    }
});
