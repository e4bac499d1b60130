/* HTTP/2 over TLS, by two lines of weir.yaml. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { startGateway, events, openaiTexts, until } from './harness.mjs';

let gw, certs, ca;

before(async () => {
    certs = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-tls-'));
    fs.chmodSync(certs, 0o755);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
        '/CN=localhost', '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:localhost',
        '-keyout', `${certs}/key.pem`, '-out', `${certs}/cert.pem`],
        { stdio: 'ignore' });
    ca = fs.readFileSync(`${certs}/cert.pem`);
    gw = await startGateway({ tls: true, more: `tls:
  certificate: ${certs}/cert.pem
  key: ${certs}/key.pem
` });
});
after(async () => {
    await gw?.close();
    fs.rmSync(certs, { recursive: true, force: true });
});

/* One call over HTTP/2. */
function h2(session, body, key) {
    return new Promise((done, fail) => {
        const s = session.request({ ':method': 'POST',
            ':path': '/v1/chat/completions',
            authorization: `Bearer ${key}`,
            'content-type': 'application/json' });
        let text = '', status;
        s.on('response', h => { status = h[':status']; });
        s.on('data', d => { text += d; });
        s.on('end', () => done({ status, text }));
        s.on('error', fail);
        s.end(JSON.stringify(body));
    });
}

test('calls and streams over HTTP/2, many at once', async () => {
    const key = await gw.key();
    const session = http2.connect(`https://127.0.0.1:${gw.port}`,
        { ca, servername: 'localhost' });
    const x_demo = await gw.model.script('h2',
        { say: '手机号是 13812345678。', chunk: 1, pace_ms: 2 });
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) =>
        h2(session, gw.ask('x', { stream: i % 2 === 0, x_demo }), key)));
    all.forEach((r, i) => {
        assert.equal(r.status, 200, r.text);
        const text = i % 2 === 0
            ? openaiTexts(events(r.text))[0].content
            : JSON.parse(r.text).choices[0].message.content;
        assert.match(text, /^手机号是 \[.+\]。$/);
    });
    const denied = await h2(session, gw.ask('怎么自杀最快'), key);
    assert.equal(denied.status, 403);
    session.close();
});

test('the same port speaks HTTP/1.1', async () => {
    const key = await gw.key();
    const r = await new Promise((done, fail) => https.get({ ca,
        host: '127.0.0.1', port: gw.port, path: '/v1/models',
        headers: { authorization: `Bearer ${key}` } }, done)
        .on('error', fail));
    assert.equal(r.statusCode, 200);
    r.resume();
    await until('the answer', () => r.complete);
});
