/* A long text through the gateway; see article.js. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, events } from './harness.mjs';
import { readArticle, thereAndBack, insertions, things } from './article.js';

let gw, article;

before(async () => {
    article = readArticle();
    assert.ok(article.length > 2000);
    gw = await startGateway();
});
after(() => gw?.close());

for (const scenario of ['plain', 'hotline']) {
    for (const how of [{ chunk: 3 }, { chunk: 'random', seed: 3,
        segments: 'random' }, { chunk: 400, ascii: true }]) {
        test(`${scenario}: there and back, ${JSON.stringify(how)}`,
            async () => {
            const r = await thereAndBack(gw, article, scenario, how);
            assert.equal(r.seen, article);
            assert.equal(r.text, article);
            assert.equal(r.finish, 'stop');
        });
    }
}

test('1,000 things put in: each is acted on, nothing else changes',
    async () => {
    const { put, want } = insertions(article, 1000, 42);
    /* in an answer */
    const x_demo = await gw.model.script('put', { say: put, chunk: 2 });
    const r = await gw.chat(gw.ask('请说', { stream: true, x_demo }), { headers: { 'accept-language': 'zh' } });
    const list = events(r.text);
    assert.equal(list.map(e => e.choices?.[0]?.delta?.content ?? '').join(''),
                 want);
    /* in a request: the model sees none, the caller gets all back but what
       was redacted */
    const back = await thereAndBack(gw, put, 'hotline', { chunk: 5 });
    for (const t of things)
        assert.ok(!back.seen.includes(t.put), `${t.put} was seen`);
    assert.equal(back.text, put.replaceAll('AKIAQ7ZK3MWP5RTXYB2N',
                                           '[API密钥]'));
    const names = /<(MOBILE|EMAIL)_\d+>|\[API密钥\]/g;
    assert.equal(back.seen.match(names).length, 1000);
    assert.equal(back.seen.replace(names, '#'),
        want.replace(/\[手机号\]|\[邮箱\]|\[API密钥\]/g, '#'));
});

test('a term of a lexicon anywhere is refused; without it, not', async () => {
    const runes = [...article];
    for (let i = 0; i < 40; i++) {
        const at = Math.floor(runes.length * i / 40);
        const put = runes.slice(0, at).join('') + '怎么自杀最快' +
                    runes.slice(at).join('');
        const r = await gw.chat(gw.ask(put));
        assert.equal(r.status, 403, `at ${at}`);
    }
});
