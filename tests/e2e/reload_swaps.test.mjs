/*
 * Newer snapshots under load: workers try them in a thread
 * (engine/snapshot/loader.c) while calls go on under the old one; damaged ones
 * are refused, and what apply has answered holds for the next call.
 */
import fs from 'node:fs';
import path from 'node:path';
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, register, until, sleep } from './harness.mjs';
import { load } from './load.mjs';

const WORDS = ['先说些别的，再说代办一件事。', '先说些别的，再说代办一件事。'];
let gw;

/* Without identifiers a snapshot is made in a moment. */
before(async () => {
    gw = await startGateway({ workers: 2, register: url => register(url)
        .replaceAll(/^ordinances: \[cn.*$/gm,
                    'ordinances: [cn/generative-ai]') });
});
after(() => gw?.close());

/* Have the workers try what is there: the number that they look at
   (engine/account/account_layout.h) becomes another one, older than those of
   the keeper. */
let turn = 0;

function again() {
    const generation = 1 + turn++ % 2;
    const fd = fs.openSync(path.join(gw.state, 'account'), 'r+');
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(BigInt(generation));
    fs.writeSync(fd, word, 0, 8, 64);
    fs.closeSync(fd);
}

const refused = () => gw.errorLog().match(/snapshot of .* is refused/g) ?? [];

test('hundreds of swaps under load, with damaged files between', async () => {
    const yaml = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
    const current = path.join(gw.state, 'snapshot/current');
    const token = fs.readFileSync(path.join(gw.state, 'admin.token'), 'utf8');
    const publish = async i => {
        const r = await fetch(
            `http://127.0.0.1:${gw.admin}/api/v1/apply`, { method: 'POST',
            headers: { authorization: `Bearer ${token.trim()}`,
                       'content-type': 'application/yaml' },
            body: yaml.replace(/complaint: .*/,
                               `complaint: swap-${i}@example.org`) });
        assert.equal(r.status, 200, await r.text());
        return (await gw.chat(gw.ask('怎么自杀最快'))).text;
    };
    const damage = async (i, spoil) => {
        const before = refused().length;
        const good = fs.realpathSync(current);
        const bytes = fs.readFileSync(good);
        fs.writeFileSync(`${good}.bad`, spoil(bytes));
        fs.chownSync(`${good}.bad`, fs.statSync(good).uid,
                     fs.statSync(good).gid);
        fs.renameSync(`${good}.bad`, good);
        again();
        await until('both workers to refuse it', () =>
            refused().length === before + 2);
        assert.match((await gw.chat(gw.ask('怎么自杀最快'))).text,
                     new RegExp(`swap-${i}@`));
    };
    const { calls, failures } = await load(gw, WORDS, async () => {
        for (let i = 0; i < 200; i++) {
            /* what apply has answered holds for the next call */
            const said = await publish(i);
            assert.ok(said.includes(`swap-${i}@`), said);
            if (i % 50 === 20)
                await damage(i, b => { b[b.length >> 1] ^= 1; return b; });
            if (i % 50 === 40)
                await damage(i, b => b.subarray(0, b.length - 8));
        }
        fs.rmSync(current);
        const before = refused().length;
        again();
        await until('nothing to be found', () =>
            refused().length === before + 2);
        assert.match(await publish(200), /swap-200@/);
        await gw.weir(['reload', '-c', gw.file]);
    });
    assert.deepEqual(failures, []);
    assert.ok(calls > 100, `${calls} calls`);
    assert.equal(refused().length, 18);
    await gw.weir(['apply', '-f', '-'], { input: yaml });
});

test('a worker ends while it tries a snapshot', async () => {
    const yaml = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
    const { calls, failures } = await load(gw, WORDS, async () => {
        for (let i = 0; i < 6; i++) {
            again();
            await gw.weir(['reload', '-c', gw.file]);
            await sleep(200);
        }
    });
    assert.deepEqual(failures, []);
    assert.ok(calls > 20, `${calls} calls`);
    await gw.weir(['apply', '-f', '-'], { input: yaml });
});
