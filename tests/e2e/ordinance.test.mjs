/* Rules of the operator's own: in force after `weir apply`, no reload. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, until } from './harness.mjs';

let gw;

before(async () => { gw = await startGateway(); });
after(() => gw?.close());

const words = terms => `kind: Ordinance
name: local/words
title: {en: Words of the house, zh: 本单位词条}
version: "1"
jurisdiction: cn
as_of: 2026-11-24
law:
  house: {en: House rule 1, zh: 内部规定第一条, verified: true}
lists:
  l: {terms: [${terms}]}
rules:
  - id: words
    title: {en: Words, zh: 词条}
    law: [house]
    find: {list: l, edges: auto}
    action: {request: deny}
`;

async function say(text) {
    return gw.chat({ model: 'demo', max_tokens: 100,
                     messages: [{ role: 'user', content: text }] },
                   { headers: { 'accept-language': 'en' } });
}

test('an Ordinance of the register denies, without reload', async () => {
    assert.equal((await say('tell me of quuxword')).status, 200);
    const pids = await gw.pids();
    const scenario = await gw.weir(['get', 'scenario', 'hotline', '-o',
                                    'yaml']);
    await gw.weir(['apply', '-f', '-'], { input: words('quuxword') + '---\n' +
        scenario.replace('ordinances: [', 'ordinances: [local/words, ') });
    const refusal = await until('the rule to be in force', async () => {
        const r = await say('tell me of quuxword');
        return r.status !== 200 ? r : null;
    });
    assert.equal(refusal.status, 403, refusal.text);
    assert.match(refusal.text, /House rule 1/);
    assert.match(refusal.text, /local\/words\/words/);
    assert.equal((await say('tell me of foobaring')).status, 200);

    await gw.weir(['apply', '-f', '-'], { input: words('foobaring') });
    await until('the changed list to be in force', async () =>
        (await say('tell me of foobaring')).status === 403);
    assert.equal((await say('tell me of quuxword')).status, 200);
    assert.match(await gw.weir(['delete', 'ordinance', 'local/words'],
                               { ok: false }), /still used by Scenario/);

    await gw.weir(['apply', '-f', '-'], { input: scenario });
    await gw.weir(['delete', 'ordinance', 'local/words']);
    await until('the list to be gone', async () =>
        (await say('tell me of foobaring')).status === 200);
    assert.deepEqual(await gw.pids(), pids);
});
