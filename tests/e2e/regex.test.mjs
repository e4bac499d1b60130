/* Operator regexes: across the pieces of a stream, and one that would stall
   a worker on purpose. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, events, openaiTexts, until } from './harness.mjs';

let gw, scenario;

const ordinance = (pattern, action) => `kind: Ordinance
name: local/patterns
title: {en: Patterns of the house, zh: 本单位格式}
version: "1"
jurisdiction: cn
as_of: 2026-11-24
law:
  house: {en: House rule 2, zh: 内部规定第二条, verified: true}
rules:
  - id: project
    title: {en: Project number, zh: 项目编号}
    law: [house]
    find: {regexes: [{pattern: '${pattern}', flags: i}]}
    action: ${action}
    mark: {en: "[project]", zh: "[项目]"}
`;

const ask = text => gw.chat({ model: 'demo', max_tokens: 100,
    messages: [{ role: 'user', content: text }] });

async function put(pattern, action) {
    await gw.weir(['apply', '-f', '-'], {
        input: ordinance(pattern, action) + '---\n' +
               scenario.replace('ordinances: [',
                                'ordinances: [local/patterns, ')
    });
}

before(async () => {
    gw = await startGateway();
    scenario = await gw.weir(['get', 'scenario', 'hotline', '-o', 'yaml']);
});
after(() => gw?.close());

const SAY = '先看项目 PRJ-2026-0001，再看 prj-2026-77 与 PRJ-26-1。' +
            'PRJ-2025-123456';
const WANT = '先看项目 [项目]，再看 [项目] 与 PRJ-26-1。[项目]';

test('a regex redacts in a stream, however it is cut', async () => {
    await put('\\bprj-\\d{4}-\\d+', '{request: deny, answer: redact}');
    await until('the rule to be in force', async () =>
        (await ask('see PRJ-2026-1')).status === 403);
    for (const how of [{}, { chunk: 1 }, { segments: 1, chunk: 3 },
                       { chunk: 'random', segments: 'random', seed: 4 },
                       { ascii: true, segments: 5 }])
    {
        const x_demo = await gw.model.script('s', { say: SAY, ...how });
        const r = await gw.chat(gw.ask('请说', { stream: true, x_demo }),
                                { headers: { 'accept-language': 'zh' } });

        assert.equal(r.status, 200, r.text);
        assert.equal(openaiTexts(events(r.text))[0].content, WANT,
                     JSON.stringify(how));
    }
});

test('a regex that would stall is cut short: refused, not passed', async () => {
    const pids = await gw.pids();
    await put('(a+)+$', '{request: deny}');
    await until('the rule to be in force', async () =>
        (await ask('aaa')).status === 403);
    const count = (await gw.model.count());
    const began = Date.now();
    const r = await ask('a'.repeat(50000) + '!');
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms`);
    assert.equal(r.status, 413, r.text);
    assert.match(r.text, /too_many_findings/);
    assert.match(r.text, /regex of a rule takes too long/);
    assert.deepEqual(await gw.model.count(), count);
    assert.equal((await ask('hello')).status, 200);
    assert.deepEqual(await gw.pids(), pids);
});

test('a bad regex is refused with its place', async () => {
    const said = await gw.weir(['apply', '-f', '-'],
        { input: ordinance('prj-(', '{request: deny}'), ok: false });
    assert.match(said, /:13:32:.*at byte 5: missing closing parenthesis/);
});
