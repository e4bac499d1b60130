/*
 * Changes under load: no call dropped, no stream cut, on new connections and
 * on kept ones (nginx/ngx_http_weir_drain.c).
 */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, events, openaiTexts, until, sleep }
    from './harness.mjs';
import { load } from './load.mjs';

let gw;

before(async () => { gw = await startGateway({ workers: 2 }); });
after(() => gw?.close());

const PHONE = ['负责人的手机号是 13812345678。', '负责人的手机号是 [手机号]。'];

test('reload of the gateway under load', async () => {
    const { calls, failures } = await load(gw, PHONE, async () => {
        for (let i = 0; i < 3; i++) {
            await sleep(500);
            await gw.weir(['reload', '-c', gw.file]);
        }
        await sleep(500);
    });
    assert.deepEqual(failures, []);
    assert.ok(calls > 20, `${calls} calls`);
});

test('a swap of the register under load', async () => {
    const yaml = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
    const { calls, failures } = await load(gw, PHONE, async () => {
        for (let i = 0; i < 5; i++) {
            await gw.weir(['apply', '-f', '-'], { input: yaml.replace(
                /complaint: .*/, `complaint: office-${i}@example.org`) });
            await sleep(300);
        }
    });
    assert.deepEqual(failures, []);
    assert.ok(calls > 20, `${calls} calls`);
    await until('the newest rules to be in force', async () =>
        (await gw.chat(gw.ask('怎么自杀最快'))).text.includes('office-4'));
});

test('a stream keeps the rules that it began with', async () => {
    const say = '先说些别的。'.repeat(12) + '代办假证';
    const x_demo = await gw.model.script('across', { say, chunk: 2,
                                                     pace_ms: 30 });
    const going = gw.chat(gw.ask('x', { stream: true, x_demo }));
    await sleep(200);
    const yaml = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
    await gw.weir(['apply', '-f', '-'], { input:
        yaml.trimEnd() + '\nobserve: ["*"]\n' });
    const old = openaiTexts(events((await going).text))[0];
    assert.equal(old.finish, 'content_filter');
    await until('the new rules', async () =>
        (await gw.chat(gw.ask('怎么自杀最快'))).status === 200);
    await gw.weir(['apply', '-f', '-'], { input: yaml });
});

test('a broken register is refused whole, with its place', async () => {
    const was = await gw.weir(['export']);
    const out = await gw.weir(['apply', '-f', '-'], { ok: false, input:
        `kind: Fund
name: second
unit: CNY
amount: "5.00"
---
kind: Scenario
name: wrong
models: [nothing]
ordinances: [no/such]
state: admitted
` });
    assert.match(out, /nothing|no\/such/);
    assert.match(out, /:\d+:\d+/);
    assert.equal(await gw.weir(['export']), was);
    assert.equal((await gw.chat(gw.ask('x'))).status, 200);
});
