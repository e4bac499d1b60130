/* The module where things are not as the command line makes them: an nginx
   that has it and no state folder, upstreams that leave HTTP or lead away. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { startGateway, register, build, freePort, until, sleep }
    from './harness.mjs';
import { startUpstream } from './upstream.mjs';

let gw, up, tunnel, said;

before(async () => {
    up = await startUpstream();
    /* switches protocols, whoever asks, and then takes anything */
    tunnel = net.createServer(c => {
        c.on('error', () => {});
        c.once('data', () => {
            c.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n' +
                    'Connection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\n\r\n' +
                    'not inspected');
            c.on('data', d => { said += d; });
        });
    });
    await new Promise(done => tunnel.listen(0, '127.0.0.1', done));
    gw = await startGateway({ register: () => register(up.url).replace(
        'http://127.0.0.1:1\n',
        `http://127.0.0.1:${tunnel.address().port}\n`) });
});
after(async () => {
    await gw?.close();
    await up?.stop();
    await new Promise(done => tunnel.close(done));
});

for (const scenario of ['hotline', 'plain']) {
    test(`an upstream that switches protocols: ${scenario}`, async () => {
        const body = JSON.stringify({ model: 'dead',
            messages: [{ role: 'user', content: 'hello' }] });
        const key = await gw.key(scenario);
        said = '';
        const got = await new Promise((done, fail) => {
            const c = net.connect(gw.port, '127.0.0.1');
            let all = '';
            c.on('data', d => {
                all += d;
                c.write('what nobody has looked at');
            });
            c.on('close', () => done(all));
            c.on('error', e => e.code === 'ECONNRESET' || e.code === 'EPIPE'
                ? done(all) : fail(e));
            c.setTimeout(3000, () => c.destroy());
            c.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n` +
                `Connection: Upgrade\r\nUpgrade: x\r\n` +
                `Content-Type: application/json\r\n` +
                `Content-Length: ${body.length}\r\n` +
                `Authorization: Bearer ${key}\r\n\r\n${body}`);
        });
        assert.match(got, /^HTTP\/1\.1 502 /);
        assert.ok(!got.includes('not inspected'), got);
        assert.ok(!said.includes('nobody has looked'), said);
    });

    for (const status of [301, 302, 307, 308]) {
        test(`an upstream that leads away: ${scenario}, ${status}`,
            async () => {
            up.answers({ status, text: '{"choices":[]}',
                headers: { location: `${up.url}/elsewhere` } });
            const r = await fetch(`${gw.url}/v1/chat/completions`, {
                method: 'POST', redirect: 'manual',
                headers: { authorization: `Bearer ${await gw.key(scenario)}`,
                           'content-type': 'application/json' },
                body: JSON.stringify(gw.ask('hello')) });
            assert.equal(r.status, 502);
            assert.equal(r.headers.get('location'), null);
            assert.equal((await r.json()).error.code, 'upstream_invalid');
        });
    }
}

test('an nginx with the module and no state folder', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-e2e-'));
    const port = await freePort();
    const log = path.join(folder, 'error.log');
    fs.chmodSync(folder, 0o755);
    fs.writeFileSync(path.join(folder, 'nginx.conf'),
        `load_module ${build}/nginx/ngx_http_weir_module.so;
pid nginx.pid; error_log ${log} notice; worker_processes 2;
events { worker_connections 64; }
http {
    access_log off; client_body_temp_path b; proxy_temp_path p;
    fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    server {
        listen 127.0.0.1:${port};
        location = /healthz { weir_health; }
        location / { weir on; return 204; }
    }
}
`);
    const child = spawn('nginx', ['-p', folder, '-c', 'nginx.conf',
        '-e', log, '-g', 'daemon off;'],
        { stdio: 'ignore', env: { ...process.env,
            ...(process.env.WEIR_PRELOAD
                ? { LD_PRELOAD: process.env.WEIR_PRELOAD,
                    ASAN_OPTIONS: 'detect_leaks=0' } : {}) } });
    const gone = new Promise(done => child.once('exit', done));
    try {
        await until('its answer', async () => {
            try {
                const r = await fetch(`http://127.0.0.1:${port}/healthz`);
                return r.status === 503 && (await r.json()).status;
            } catch { return false; }
        });
        child.kill('SIGHUP');             /* workers end, others begin */
        await until('the old workers to be gone', () =>
            fs.readFileSync(log, 'utf8').match(/exited with code 0/g)
                ?.length >= 2 ||
            /exited on signal/.test(fs.readFileSync(log, 'utf8')));
        await sleep(100);
    } finally {
        child.kill('SIGQUIT');
        await gone;
    }
    const lines = fs.readFileSync(log, 'utf8');
    assert.ok(!/exited on signal|\[alert\]/.test(lines), lines);
    fs.rmSync(folder, { recursive: true });
});
