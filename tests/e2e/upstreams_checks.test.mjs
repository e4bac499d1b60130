/*
 * Active checks of upstreams (nginx/ngx_http_weir_check.c): who goes down
 * without calls is out before a caller meets it, and comes back; flapping,
 * hanging, garbage, certificates; without a keeper, and when workers die.
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { startGateway, sleep, until } from './harness.mjs';
import { startUpstream } from './upstream.mjs';

const INTERVAL = 500, KEY = 'sk-check-7c1f';
const up = {}, raw = {};
let gw, token, certs, tls, tlsSeen, spare;

const good = q => ({ text: JSON.stringify({ id: 'c', created: 1,
    object: 'chat.completion', model: 'm', choices: [{ index: 0,
        message: { role: 'assistant', content: 'ho' },
        finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }) });

/* What /health gives is the test's; calls are always served. */
async function server(name) {
    const u = await startUpstream();
    u.health = { status: 200, text: '{}' };
    u.checks = [];
    u.calls = 0;
    u.answers(q => {
        if (!q.path.startsWith('/health')) {
            u.calls++;
            return good(q);
        }
        u.checks.push({ at: Date.now(), ...q });
        return typeof u.health === 'function' ? u.health() : u.health;
    });
    up[name] = u;
}

/* A server of bytes: `says` gets each connection. */
async function rawServer(name) {
    const at = { open: new Set(), says: () => {}, seen: 0 };
    at.server = net.createServer(s => {
        at.open.add(s);
        s.on('close', () => at.open.delete(s));
        s.on('error', () => {});
        s.once('data', d => {
            at.seen++;
            at.says(s, String(d));
        });
    });
    await new Promise(done => at.server.listen(0, '127.0.0.1', done));
    at.url = `http://127.0.0.1:${at.server.address().port}`;
    raw[name] = at;
}

const upstream = (name, url, more) => `---
kind: Upstream
name: ${name}
url: ${url}
protocol: openai
${more}`;
const model = (name, upstreams) => `---
kind: Model
name: ${name}
upstreams: [${upstreams}]
`;
const health = (more = '') =>
    `health: {path: /health?deep=1, interval: ${INTERVAL}ms, ` +
    `timeout: 300ms, healthy: 2, unhealthy: 3${more}}\n`;

const register = () => upstream('spare', spare.url, '')
  + ['quiet', 'flap', 'forced'].map(n =>
        upstream(n, `${up[n].url}/v1`, `secret: env:CHECK_KEY\n${health()}`))
    .join('')
  + upstream('teapot', up.teapot.url, health(', status: 418'))
  + ['hang', 'garbage'].map(n => upstream(n, raw[n].url, health())).join('')
  + upstream('named', `https://localhost:${tls.address().port}`,
             `secret: env:CHECK_KEY\n${health()}`)
  + upstream('wrong', `https://127.0.0.1:${tls.address().port}`,
             `secret: env:CHECK_KEY\n${health()}`)
  + ['quiet', 'flap', 'teapot', 'hang', 'garbage', 'named', 'wrong'].map(n =>
        model(n, `${n}, spare`)).join('')
  + model('forced', 'forced') + `---
kind: Scenario
name: hotline
ordinances: []
models: [quiet, flap, teapot, hang, garbage, named, wrong, forced]
state: admitted
`;

before(async () => {
    certs = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-checks-'));
    fs.chmodSync(certs, 0o755);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
        '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', `${certs}/key.pem`, '-out', `${certs}/cert.pem`],
        { stdio: 'ignore' });
    tlsSeen = [];
    tls = https.createServer({ key: fs.readFileSync(`${certs}/key.pem`),
        cert: fs.readFileSync(`${certs}/cert.pem`) }, (q, r) => {
            tlsSeen.push({ path: q.url, headers: q.headers,
                           name: q.socket.servername });
            q.resume();
            r.setHeader('content-type', 'application/json');
            r.end(good().text);
        });
    await new Promise(done => tls.listen(0, '127.0.0.1', done));
    for (const n of ['quiet', 'flap', 'teapot', 'forced']) await server(n);
    for (const n of ['hang', 'garbage']) await rawServer(n);
    up.teapot.health = { status: 418, text: '' };
    raw.hang.says = s => s.end('HTTP/1.1 200 OK\r\n\r\n');
    raw.garbage.says = s => s.end('HTTP/1.1 200 OK\r\n\r\n');
    spare = await startUpstream();
    spare.answers(good);
    process.env.CHECK_KEY = KEY;
    gw = await startGateway({ model: { url: '' }, workers: 2, register,
                              more: `ca: ${certs}/cert.pem\n` });
    await gw.key();
    token = fs.readFileSync(path.join(gw.state, 'admin.token'), 'utf8')
        .trim();
});
after(async () => {
    await gw?.close({ alerts: [/exited on signal 9/] });
    await Promise.all([...Object.values(up), spare]
        .filter(u => u !== up.flap).map(u => u.stop()));
    for (const r of Object.values(raw)) {
        for (const s of r.open) s.destroy();
        r.server.close();
    }
    tls.closeAllConnections();
    tls.close();
    fs.rmSync(certs, { recursive: true, force: true });
});

async function call(name) {
    const key = await gw.key();
    return new Promise((done, fail) => {
        const q = http.request(`${gw.url}/v1/chat/completions`, {
            method: 'POST', agent: false, headers: {
                authorization: `Bearer ${key}`,
                'content-type': 'application/json' } }, r => {
            let text = '';
            r.on('data', d => { text += d; });
            r.on('end', () => done({ status: r.statusCode, text }));
        });
        q.on('error', fail);
        q.end(JSON.stringify({ model: name, messages: [
            { role: 'user', content: 'hi' }] }));
    });
}
const state = async name => (await gw.status()).upstreams
    .find(u => u.name === name).state;
const is = (name, want) => until(`${name} to be ${want}`, async () =>
    await state(name) === want);

test('one that goes down is out before a caller meets it', async () => {
    assert.equal((await call('quiet')).status, 200);
    assert.equal(up.quiet.calls, 1);
    await until('a check', () => up.quiet.checks.length > 0);
    const { path: asked, headers } = up.quiet.checks[0];
    assert.equal(asked, '/health?deep=1');
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.equal(headers['user-agent'], 'weir-check');
    assert.equal(headers.host, new URL(up.quiet.url).host);

    up.quiet.health = { status: 503, text: 'no' };
    await is('quiet', 'down');
    const before = spare.seen.length;
    for (let i = 0; i < 10; i++)
        assert.equal((await call('quiet')).status, 200);
    assert.equal(up.quiet.calls, 1);
    assert.equal(spare.seen.length, before + 10);
    assert.match(await gw.weir(['status']), /upstream quiet: down, its checks/);
    assert.match(await gw.weir(['top', '--json', '-n', '1']),
                 /"name": ?"quiet"[^}]*"state": ?"down"/);
    assert.match(await gw.weir(['top', '-b', '-n', '1', '--view', 'models']),
                 /quiet +down/);
    const metrics = await (await fetch(
        `http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } })).text();
    assert.match(metrics, /weir_upstream_up\{upstream="quiet"\} 0/);
    assert.match(metrics, /weir_upstream_checks_failed\{upstream="quiet"\} \d/);
    assert.match(metrics, /weir_upstream_checks_failed\{upstream="spare"\} 0/);

    up.quiet.health = { status: 200, text: '{}' };
    await is('quiet', 'closed');
    assert.equal((await call('quiet')).status, 200);
    assert.equal(up.quiet.calls, 2);
    assert.match(gw.errorLog(), /"quiet" is out of service/);
    assert.match(gw.errorLog(), /"quiet" is back in service/);
});

test('one check an interval, of all workers together', async () => {
    const from = up.quiet.checks.length;
    await sleep(6 * INTERVAL);
    const n = up.quiet.checks.length - from;
    assert.ok(n >= 4 && n <= 7, `${n} checks`);
});

test('a process that is gone', async () => {
    /* its port answers no more: no calls, then it is out */
    await up.flap.stop();
    await is('flap', 'down');
    const port = Number(new URL(up.flap.url).port);
    const again = http.createServer((q, r) => { r.end('{}'); });
    await new Promise(done => again.listen(port, '127.0.0.1', done));
    await is('flap', 'closed');

    /* flapping: never three in a row, so it stays in service */
    let n = 0;
    again.removeAllListeners('request');
    again.on('request', (q, r) => {
        r.statusCode = n++ % 3 === 2 ? 200 : 500;
        r.end('{}');
    });
    const from = n;
    while (n < from + 9) {
        assert.equal(await state('flap'), 'closed');
        await sleep(50);
    }
    /* and one that is out stays out until two in a row are well */
    again.removeAllListeners('request');
    again.on('request', (q, r) => { r.statusCode = 500; r.end(); });
    await is('flap', 'down');
    let m = 0;
    again.removeAllListeners('request');
    again.on('request', (q, r) => {
        r.statusCode = m++ % 2 ? 500 : 200;
        r.end();
    });
    while (m < 6) {
        assert.equal(await state('flap'), 'down');
        await sleep(50);
    }
    again.closeAllConnections();
    await new Promise(done => again.close(done));
});

test('the status that is expected', async () => {
    await until('checks', () => up.teapot.checks.length > 3);
    assert.equal(await state('teapot'), 'closed');
    up.teapot.health = { status: 200, text: 'no teapot' };
    await is('teapot', 'down');
    up.teapot.health = { status: 418, text: '' };
    await is('teapot', 'closed');
});

test('a check that hangs', async () => {
    raw.hang.says = () => {};
    await is('hang', 'down');
    assert.ok(raw.hang.open.size <= 1, `${raw.hang.open.size} open`);
    /* a head that comes by the byte, too slowly */
    raw.hang.says = s => {
        const bytes = 'HTTP/1.1 200 OK\r\n\r\n';
        let i = 0;
        const t = setInterval(() => {
            if (i < bytes.length && !s.destroyed) s.write(bytes[i++]);
            else clearInterval(t);
        }, 50);
    };
    const from = raw.hang.seen;
    await until('more of them', () => raw.hang.seen > from + 2);
    assert.equal(await state('hang'), 'down');
    raw.hang.says = s => s.end('HTTP/1.1 200 OK\r\n\r\n');
    await is('hang', 'closed');
});

test('a check that answers with garbage', async () => {
    for (const says of ['200 OK\r\n\r\n', '',
        'HTTP/1.1 200 OK\r\n' + 'x: y\r\n'.repeat(20000)])
    {
        raw.garbage.says = s => s.end(says);
        await is('garbage', 'down');
        assert.equal((await call('garbage')).status, 200);
        /* what stands behind the head is nobody's business */
        raw.garbage.says = s => s.end('HTTP/1.1 200 OK\r\n\r\n\0\x01<<<{');
        await is('garbage', 'closed');
    }
});

test('TLS is verified as for calls', async () => {
    await until('a check', () => tlsSeen.some(s =>
        s.path === '/health?deep=1'));
    const seen = tlsSeen.find(s => s.path === '/health?deep=1');
    assert.equal(seen.name, 'localhost');
    assert.equal(seen.headers.authorization, `Bearer ${KEY}`);
    assert.equal(await state('named'), 'closed');
    assert.equal((await call('named')).status, 200);
    /* the same server by an address that its certificate does not name */
    await is('wrong', 'down');
    assert.match(gw.errorLog(), /"wrong" is out of .*certificate/);
    assert.ok(tlsSeen.every(s => s.headers.host.startsWith('localhost:')));
});

test('the only one is asked all the same', async () => {
    up.forced.health = { status: 500, text: '' };
    await is('forced', 'down');
    assert.equal((await call('forced')).status, 200);
    up.forced.health = { status: 200, text: '' };
    await is('forced', 'closed');
});

test('without a keeper, and when workers die', async () => {
    const { keeper, workers } = await gw.pids();
    process.kill(keeper, 'SIGKILL');
    process.kill(workers[0], 'SIGKILL');
    up.quiet.health = { status: 500, text: '' };
    const from = up.quiet.checks.length;
    await until('checks', () => up.quiet.checks.length > from + 4);
    const calls = up.quiet.calls;
    assert.equal((await call('quiet')).status, 200);
    assert.equal(up.quiet.calls, calls);
    up.quiet.health = { status: 200, text: '' };
    const next = up.quiet.checks.length;
    await until('checks', () => up.quiet.checks.length > next + 3);
    assert.equal((await call('quiet')).status, 200);
    assert.equal(up.quiet.calls, calls + 1);
    await gw.up();
    await is('quiet', 'closed');
});

test('reloads while checks are under way', async () => {
    raw.hang.says = () => {};
    for (let i = 0; i < 8; i++) {
        await gw.weir(['reload', '-c', gw.file]);
        await sleep(120);
    }
    raw.hang.says = s => s.end('HTTP/1.1 200 OK\r\n\r\n');
    await is('hang', 'closed');
    await until('old workers to be gone', async () =>
        (await gw.pids()).workers.length === 2);
});

test('checks that are taken away', async () => {
    up.teapot.health = { status: 500, text: '' };
    await is('teapot', 'down');
    const yaml = await gw.weir(['get', 'upstream', 'teapot', '-o', 'yaml']);
    await gw.weir(['apply', '-f', '-'], { input:
        yaml.replace(/^health:(\n +.*)*( \{.*)?\n?/m, '') });
    const calls = up.teapot.calls;
    assert.equal((await call('teapot')).status, 200);
    assert.equal(up.teapot.calls, calls + 1);
    const n = up.teapot.checks.length;
    await sleep(2 * INTERVAL);
    assert.ok(up.teapot.checks.length <= n + 1);
});

test('no credential in a log', () => {
    const logs = gw.errorLog() + fs.readFileSync(
        path.join(gw.state, 'log/access.log'), 'utf8');
    assert.ok(!logs.includes(KEY));
    assert.ok(!logs.includes('weir-check'));
});
