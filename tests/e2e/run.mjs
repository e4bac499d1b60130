/*
 * run.mjs: all *.test.mjs, one file after the other; the last line is
 * "e2e: N passed, N failed". usage: node tests/e2e/run.mjs BUILD [FILE...]
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const [buildDir = 'build', ...only] = process.argv.slice(2);
const files = fs.readdirSync(here).filter(f => f.endsWith('.test.mjs'))
    .filter(f => only.length === 0 || only.some(o => f.includes(o))).sort();
const tap = path.join(os.tmpdir(), `weir-e2e-${process.pid}.tap`);
let passed = 0, failed = 0;

for (const file of files) {
    const began = Date.now();
    const child = spawnSync(process.execPath, [
        '--test-reporter=tap', `--test-reporter-destination=${tap}`,
        path.join(here, file)], {
        stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8',
        timeout: 240000, killSignal: 'SIGTERM',
        env: { ...process.env, WEIR_BUILD: path.resolve(buildDir) } });
    const text = fs.existsSync(tap) ? fs.readFileSync(tap, 'utf8') : '';
    const number = name =>
        Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    const ok = number('pass');
    let bad = number('fail') + number('cancelled');
    if (bad === 0 && (child.status !== 0 || ok === 0)) bad = 1;
    passed += ok;
    failed += bad;
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(`  ${bad === 0 ? 'ok     ' : 'FAILED '} ${file}: ` +
                `${ok} passed, ${bad} failed, ${seconds} s`);
    if (bad > 0) {
        process.stdout.write(child.stdout.replace(/^/gm, '    '));
        const lines = text.split('\n');
        let show = 0, hooked = false;
        for (const line of lines) {
            if (/^\s*not ok /.test(line)) show = hooked ? 1 : 30;
            else if (/hookFailed/.test(line)) hooked = true;
            else if (/^\s*(ok \d|# )/.test(line)) show = 0;
            if (show-- > 0) console.log('    ' + line.slice(0, 400));
        }
    }
}
fs.rmSync(tap, { force: true });
console.log(`e2e: ${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
