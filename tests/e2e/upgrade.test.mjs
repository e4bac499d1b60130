/* docs/upgrade.md, "Without a gap": another module under calls by `weir
   reload`, which has nginx change its program. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startGateway, build, events, openaiTexts, sleep, until }
    from './harness.mjs';

let gw;

/* nginx starts another program without LD_PRELOAD, which a module built with
   sanitizers needs. */
const skip = process.env.WEIR_PRELOAD !== undefined;

before(async () => { gw = await startGateway(); });
after(() => gw?.close({ alerts: [/dlopen\(\) .*nginx\.conf\.new/] }));

/* Inode of the module that a process has mapped. */
const mapped = pid => Number(/ (\d+) +\S*ngx_http_weir_module\.so/.exec(
    fs.readFileSync(`/proc/${pid}/maps`, 'utf8'))[1]);

test('another module, no call is lost', { skip }, async () => {
    const module = path.join(gw.state, 'gateway/ngx_http_weir_module.so');
    const x_demo = await gw.model.script('slow',
        { say: '一二三四五六七八九十'.repeat(8), chunk: 1, pace_ms: 25 });
    await gw.key();
    const long = gw.chat(gw.ask('x', { stream: true, x_demo }));
    await sleep(200);
    let over = false, calls = 0;
    const short = (async () => {
        while (!over) {
            assert.equal((await gw.chat(gw.ask('x'))).status, 200);
            calls++;
        }
    })();
    const old = await gw.pids();
    /* As another version would be: other bytes, the same code. */
    const installed = path.join(gw.folder, 'ngx_http_weir_module.so');
    fs.copyFileSync(path.join(build, 'nginx/ngx_http_weir_module.so'),
                    installed);
    fs.chmodSync(installed, 0o644);
    fs.appendFileSync(installed, Buffer.alloc(16, 7));
    fs.appendFileSync(gw.file, `module: ${installed}\n`);
    await gw.weir(['reload', '-c', gw.file]);
    const now = await gw.pids();
    assert.notEqual(now.master, old.master);
    const whole = await long;
    assert.equal(openaiTexts(events(whole.text))[0].finish, 'stop');
    assert.equal(openaiTexts(events(whole.text))[0].content.length, 80);
    await until('the old master to end', () =>
        !fs.existsSync(`/proc/${old.master}`));
    await sleep(300);
    over = true;
    await short;
    assert.ok(calls > 10, `${calls} calls`);
    assert.equal(mapped(now.workers[0]), fs.statSync(module).ino);
    assert.deepEqual(fs.readFileSync(module), fs.readFileSync(installed));
    assert.equal((await gw.chat(gw.ask('x'))).status, 200);
});

test('a reload with nothing new keeps the master', async () => {
    const old = await gw.pids();
    await gw.weir(['reload', '-c', gw.file]);
    assert.equal((await gw.pids()).master, old.master);
});

test('a module that does not load changes nothing', async () => {
    const old = await gw.pids();
    const bad = path.join(gw.folder, 'bad.so');
    fs.writeFileSync(bad, 'no module', { mode: 0o644 });
    fs.writeFileSync(gw.file, fs.readFileSync(gw.file, 'utf8')
        .replace(/^module: .*/m, `module: ${bad}`));
    await assert.rejects(gw.weir(['reload', '-c', gw.file]), /nothing was/);
    assert.equal((await gw.pids()).master, old.master);
    assert.ok(fs.statSync(path.join(gw.state,
        'gateway/ngx_http_weir_module.so')).size > 10000, 'the good one');
    assert.equal((await gw.chat(gw.ask('x'))).status, 200);
});

test('down while the old one still has a call', { skip }, async () => {
    const x_demo = await gw.model.script('slow2',
        { say: '一二三四五六七八九十'.repeat(8), chunk: 1, pace_ms: 25 });
    const open = gw.chat(gw.ask('x', { stream: true, x_demo }));
    await sleep(200);
    const again = path.join(gw.folder, 'again.so');
    fs.copyFileSync(path.join(build, 'nginx/ngx_http_weir_module.so'), again);
    fs.chmodSync(again, 0o644);
    fs.writeFileSync(gw.file, fs.readFileSync(gw.file, 'utf8')
        .replace(/^module: .*/m, `module: ${again}`));
    const old = await gw.pids();
    await gw.weir(['reload', '-c', gw.file]);
    await gw.weir(['down', '-c', gw.file]);
    const whole = await open;       /* it had its grace */
    assert.equal(openaiTexts(events(whole.text))[0].finish, 'stop');
    await until('the old master to end', () =>
        !fs.existsSync(`/proc/${old.master}`));
    await gw.up();
    await gw.healthy();
    assert.equal((await gw.chat(gw.ask('x'))).status, 200);
});
