/* Several upstreams of one model: an answer 5xx or 429 leads to the next
   before anything has left; the last one's answer is given on. It is paid
   once, and recorded once. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, register, micro, until } from './harness.mjs';
import { startUpstream, sse } from './upstream.mjs';

const NAMES = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth',
               'seventh'];
let ups, gw;

before(async () => {
    ups = await Promise.all(NAMES.map(() => startUpstream()));
    gw = await startGateway({ model: { url: ups[0].url }, register: url =>
        NAMES.map((name, i) => `kind: Upstream
name: ${name}
url: ${ups[i].url}
protocol: openai
breaker: {failures: 0}
---
`).join('') + register(url).replace('connect_timeout: 2s',
                    'connect_timeout: 2s\nbreaker: {failures: 0}').replace('name: demo\nupstreams: [demo]',
                    `name: demo\nupstreams: [dead, ${NAMES.join(', ')}]`) });
});
after(async () => {
    await gw?.close();
    await Promise.all(ups?.map(u => u.stop()) ?? []);
});

const answer = text => ({ text: JSON.stringify({ id: 'c', created: 1,
    object: 'chat.completion', model: 'demo', choices: [{ index: 0,
    message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } }) });
const failure = (status, headers = { 'x-of-the-failed': 'yes' }) => ({ status,
    headers, text: JSON.stringify({ error: { message: `no ${status}` } }) });

/* The first n upstreams fail so, the others answer. */
function fail(n, how) {
    ups.forEach((u, i) => {
        u.seen.length = 0;
        u.answers(i < n ? how : answer(`from ${NAMES[i]}`));
    });
}
const asked = () => ups.map(u => u.seen.length);

/* One begin, which names the first choice; one end, which tells the attempt;
   and the account agrees with all ends. */
async function recorded(r, attempt) {
    const call = r.headers.get('weir-call');
    const end = await gw.endOf(call);
    const frames = await gw.journal();
    for (const kind of ['begin', 'end'])
        assert.equal(frames.filter(f => f.kind === kind
            && f.call_id === call).length, 1);
    const begin = frames.find(f => f.kind === 'begin' && f.call_id === call);
    assert.equal(begin.upstream, 'dead');
    assert.equal(end.attempt, attempt);
    assert.equal(end.upstream, NAMES[attempt - 1]);
    assert.equal(end.model, 'demo');
    const sum = frames.filter(f => f.kind === 'end')
        .reduce((n, f) => n + micro(f.charged), 0);
    await until('the account to agree', async () => {
        const g = await gw.grant('hotline');
        return g.reserved === 0 && g.spent === sum;
    });
    return end;
}

for (const status of [429, 500, 502, 503, 504, 529])
    test(`${status}: the next upstream answers`, async () => {
        fail(1, failure(status));
        const r = await gw.chat(gw.ask('call 13812345678'));
        assert.equal(r.status, 200, r.text);
        assert.equal(r.json.choices[0].message.content, 'from second');
        assert.equal(r.headers.get('x-of-the-failed'), null);
        assert.deepEqual(asked(), [1, 1, 0, 0, 0, 0, 0]);
        assert.equal(ups[1].last().text, ups[0].last().text);
        assert.ok(!ups[1].last().text.includes('13812345678'));
        const end = await recorded(r, 2);
        assert.equal(end.ending, 'ok');
        assert.equal(micro(end.charged), 5 * 2 + 7 * 8);
    });

test('all but the last fail: more attempts than nginx redirects', async () => {
    fail(6, failure(503));
    const r = await gw.chat(gw.ask('x'));
    assert.equal(r.status, 200, r.text);
    assert.equal(r.json.choices[0].message.content, 'from seventh');
    assert.deepEqual(asked(), [1, 1, 1, 1, 1, 1, 1]);
    await recorded(r, 7);
});

for (const status of [400, 401, 404, 422])
    test(`${status}: is the caller's, and goes to no other`, async () => {
        fail(1, failure(status));
        const r = await gw.chat(gw.ask('x'));
        assert.equal(r.status, status, r.text);
        assert.deepEqual(asked(), [1, 0, 0, 0, 0, 0, 0]);
        await recorded(r, 1);
    });

test('a stream that begins at the second', async () => {
    fail(1, failure(500));
    const chunk = (delta, finish_reason = null) => ({ id: 'c', created: 1,
        object: 'chat.completion.chunk', model: 'demo',
        choices: [{ index: 0, delta, finish_reason }] });
    ups[1].answers({ type: 'text/event-stream', text: sse([
        chunk({ role: 'assistant', content: 'well' }), chunk({}, 'stop'),
        { ...chunk({}), choices: [], usage: { prompt_tokens: 5,
          completion_tokens: 7, total_tokens: 12 } }, '[DONE]'], false) });
    const r = await gw.chat(gw.ask('x', { stream: true }));
    assert.equal(r.status, 200, r.text);
    assert.match(r.text, /well/);
    assert.match(r.text, /data: \[DONE\]\n\n$/);
    assert.deepEqual(asked(), [1, 1, 0, 0, 0, 0, 0]);
    assert.equal(micro((await recorded(r, 2)).charged), 5 * 2 + 7 * 8);
});

/* The last one of this gateway: its upstreams wait for seven seconds now. */
test('all fail: the last answer is given on, nothing is paid', async () => {
    fail(7, failure(429, { 'retry-after': '7' }));
    const r = await gw.chat(gw.ask('x'));
    assert.equal(r.status, 429, r.text);
    assert.equal(r.headers.get('retry-after'), '7');
    assert.deepEqual(asked(), [1, 1, 1, 1, 1, 1, 1]);
    const end = await recorded(r, 7);
    assert.equal(end.ending, 'upstream_error');
    assert.equal(micro(end.charged), 0);
});
