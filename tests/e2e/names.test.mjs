/*
 * Host names of upstreams (keeper/hosts.c): another address is used without
 * an apply; a name that nobody knows, or that takes long, holds nothing up
 * and takes no address away that is known.
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startGateway, until, build } from './harness.mjs';
import { startUpstream } from './upstream.mjs';

const skip = process.env.WEIR_PRELOAD !== undefined
    && 'something else is preloaded';
const HOST = 'model.weir.test';
let folder, file, up = [], gw;

const names = (...lines) => fs.writeFileSync(file, lines.join('\n') + '\n');
const ask = async () => (await gw.chat(gw.ask('hi'))).status;
const calls = () => up.map(u => u.calls);
const upstream = (name, host) => `kind: Upstream
name: ${name}
url: http://${host}:${up[0].port}
protocol: openai
`;

before(async () => {
    if (skip) return;
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'weir-names-'));
    fs.chmodSync(folder, 0o755);
    file = path.join(folder, 'names');
    for (const address of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
        const u = await startUpstream({ address, port: up[0]?.port });
        u.calls = 0;
        u.answers(() => {
            u.calls++;
            return { text: JSON.stringify({ id: 'c', created: 1,
                object: 'chat.completion', model: 'm', choices: [{
                    index: 0, finish_reason: 'stop',
                    message: { role: 'assistant', content: 'ho' } }],
                usage: { prompt_tokens: 1, completion_tokens: 1,
                         total_tokens: 2 } }) };
        });
        up.push(u);
    }
    names(`${HOST} 127.0.0.1`);
    gw = await startGateway({ model: { url: `http://${HOST}:${up[0].port}` },
        more: 'resolve: 1s\n',
        env: { LD_PRELOAD: path.join(build, 'tests/e2e/weir-test-names.so'),
               WEIR_TEST_NAMES: file } });
});
after(async () => {
    await gw?.close();
    for (const u of up) await u.stop();
    if (folder) fs.rmSync(folder, { recursive: true });
});

test('a name is looked up when it comes into the register', { skip },
    async () => {
        assert.equal(await ask(), 200);
        assert.deepEqual(calls(), [1, 0, 0]);
    });

test('another address is used without an apply', { skip }, async () => {
    const before = (await gw.status()).generation;
    names(`${HOST} 127.0.0.2`);
    await until('a call at the new address', async () =>
        await ask() === 200 && up[1].calls > 0);
    const first = up[0].calls;
    for (let i = 0; i < 5; i++) assert.equal(await ask(), 200);
    assert.equal(up[0].calls, first);
    assert.equal((await gw.status()).generation, before + 1);
});

test('a name that is not known any more keeps its addresses', { skip },
    async () => {
        const before = up[1].calls;
        names('');
        await until('the keeper to have seen it', async () =>
            /weir_upstream_names_unknown 1\b/.test(await metrics()));
        await gw.weir(['apply', '-f', '-'], { input: `kind: Fund
name: another
unit: CNY
amount: "1.00"
` });
        assert.equal(await ask(), 200);
        assert.equal(up[1].calls, before + 1);
        names(`${HOST} 127.0.0.2 127.0.0.3`);
        await until('it to be known again', async () =>
            /weir_upstream_names_unknown 0\b/.test(await metrics()));
        assert.equal(await ask(), 200);
    });

test('a keeper that starts anew uses what is in force', { skip },
    async () => {
        names('');
        await gw.weir(['down']);
        await gw.up();
        await gw.healthy();
        assert.equal(await ask(), 200);
        names(`${HOST} 127.0.0.2`);
    });

test('a name that takes long holds nothing up', { skip }, async () => {
    names(`${HOST} 127.0.0.2`, 'slow.weir.test slow');
    const start = Date.now();
    await gw.weir(['apply', '-f', '-'],
        { input: upstream('slow', 'slow.weir.test') });
    const took = Date.now() - start;
    assert.ok(took < 15000, `${took} ms`);
    assert.equal(await ask(), 200);
    const again = Date.now();
    await gw.weir(['key', 'new', 'hotline']);
    assert.ok(Date.now() - again < 10000, 'the next one');
    await gw.weir(['delete', 'upstream', 'slow']);
});

async function metrics() {
    const token = fs.readFileSync(path.join(gw.state, 'admin.token'),
                                  'utf8').trim();
    const r = await fetch(`http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } });
    return r.text();
}
