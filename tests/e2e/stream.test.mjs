/* Streams through nginx: whatever the split, the same text leaves. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, events, openaiTexts, anthropicTexts, until, sleep }
    from './harness.mjs';

const SAY = '开头😀。负责人的手机号是 13812345678，邮箱 li.si@mail.example.cn' +
            '，请看 "引号" 和 \\ 反斜线。\n结尾。';
const WANT = '开头😀。负责人的手机号是 [手机号]，邮箱 [邮箱]' +
             '，请看 "引号" 和 \\ 反斜线。\n结尾。';
const ZH = { headers: { 'accept-language': 'zh' } };
let gw;

before(async () => { gw = await startGateway(); });
after(() => gw?.close());

async function openaiStream(directives, more = {}) {
    const x_demo = await gw.model.script('s', directives);
    const r = await gw.chat(gw.ask('请说', { stream: true, x_demo, ...more }),
                            ZH);
    assert.equal(r.status, 200, r.text);
    assert.match(r.headers.get('content-type'), /^text\/event-stream/);
    return r;
}

async function anthropicStream(directives, more = {}) {
    const x_demo = await gw.model.script('s', directives);
    const r = await gw.messages({ stream: true, x_demo,
        messages: [{ role: 'user', content: '请说' }], ...more }, ZH);
    assert.equal(r.status, 200, r.text);
    return r;
}

const cuts = [
    ['one write an event', {}],
    ['all at once', { segments: 'whole' }],
    ['writes of 1 byte', { segments: 1 }],
    ['writes of 2 bytes', { segments: 2 }],
    ['writes of 3 bytes', { segments: 3, gap_ms: 1, chunk: 20 }],
    ['writes of 5 bytes', { segments: 5 }],
    ['writes of 7 bytes', { segments: 7, gap_ms: 1, chunk: 20 }],
    ['writes of random size', { segments: 'random', seed: 5 }],
    ['CRLF', { line_end: 'crlf', segments: 'random', seed: 6 }],
    ['CR', { line_end: 'cr', segments: 'random', seed: 7 }],
    ['comments between', { comments: true }],
    ['two data lines an event', { split_data: true }],
    ['escapes', { ascii: true, segments: 'random', seed: 8 }],
    ['large events', { event_bytes: 70000 }],
    ['one character a delta', { chunk: 1 }],
    ['random deltas', { chunk: 'random', seed: 9 }],
    ['a pause before each event', { pace_ms: 3 }]
];
for (const [name, how] of cuts) {
    test(`openai: ${name}`, async () => {
        const r = await openaiStream({ say: SAY, ...how });
        const list = events(r.text);
        assert.equal(openaiTexts(list)[0].content, WANT);
        assert.equal(openaiTexts(list)[0].finish, 'stop');
        assert.equal(list.at(-1), '[DONE]');
    });
    test(`anthropic: ${name}`, async () => {
        const r = await anthropicStream({ say: SAY, ...how });
        const got = anthropicTexts(events(r.text));
        assert.equal(got.text, WANT);
        assert.equal(got.stop, 'end_turn');
    });
}

test('n=3, interleaved: each choice is its own text', async () => {
    const r = await openaiStream({ say: SAY, chunk: 2 }, { n: 3 });
    const got = openaiTexts(events(r.text));
    assert.deepEqual(Object.keys(got), ['0', '1', '2']);
    for (const c of Object.values(got)) {
        assert.equal(c.content, WANT);
        assert.equal(c.finish, 'stop');
    }
});

test('reasoning is inspected, in both fields', async () => {
    for (const reasoning_field of ['reasoning_content', 'reasoning']) {
        const r = await openaiStream({ say: '好。', reasoning: SAY, chunk: 3,
                                       reasoning_field });
        const got = openaiTexts(events(r.text))[0];
        assert.equal(got.reasoning, WANT);
        assert.equal(got.content, '好。');
    }
    const r = await anthropicStream({ say: '好。', reasoning: SAY, chunk: 3 });
    assert.equal(anthropicTexts(events(r.text)).thinking, WANT);
});

test('tool-call arguments are inspected and stay JSON', async () => {
    const tool_call = { name: 'save',
        arguments: { note: SAY, deep: [{ to: '13812345678' }], n: 1 } };
    const want = { note: WANT, deep: [{ to: '[手机号]' }], n: 1 };
    for (const chunk of [1, 3, 1000]) {
        let r = await openaiStream({ tool_call, chunk });
        let got = openaiTexts(events(r.text))[0];
        assert.deepEqual(JSON.parse(got.args), want);
        assert.equal(got.finish, 'tool_calls');
        r = await anthropicStream({ tool_call, chunk });
        got = anthropicTexts(events(r.text));
        assert.deepEqual(JSON.parse(got.json), want);
        assert.equal(got.stop, 'tool_use');
    }
});

test('nothing else of a stream changes', async () => {
    const clean = s => s.replace(/"created":\d+/g, '');
    const usage = { input: 3, output: 4 };
    for (const [scenario, directives] of [
        ['plain', { say: SAY, chunk: 2, usage }],
        ['plain', { say: SAY, chunk: 2, usage, line_end: 'crlf' }],
        ['plain', { say: SAY, chunk: 1, usage, comments: true }],
        ['plain', { say: SAY, chunk: 9, usage, ascii: true,
                    split_data: true }],
        ['hotline', { say: '您读书。鸟鸣。散步。', chunk: 2, usage }],
        ['hotline', { say: '公园六点开放。', chunk: 400, usage,
                      ascii: true }]]) {
        const x_demo = await gw.model.script('same', directives);
        const body = gw.ask('请说', { stream: true, x_demo,
            stream_options: { include_usage: true } });
        const through = await gw.chat(body, { scenario });
        const direct = await fetch(`${gw.model.url}/v1/chat/completions`,
            { method: 'POST', body: JSON.stringify(body) });
        assert.equal(clean(through.text), clean(await direct.text()));
    }
});

test('a denial in mid-stream closes the upstream; no character of it leaves',
    async () => {
    for (const [kind, ask] of [['openai', openaiStream],
                               ['anthropic', anthropicStream]]) {
        await gw.model.clear();
        const r = await ask({ chunk: 1, pace_ms: 5,
            say: '开头。代办假证，' + '还有很多很多字。'.repeat(100) });
        const list = events(r.text);
        const said = kind === 'openai' ? openaiTexts(list)[0].content
                                       : anthropicTexts(list).text;
        assert.equal(said, '开头。');
        for (const e of list)
            assert.ok(!/[代办假]/.test(JSON.stringify(e.delta ?? e.choices)),
                      JSON.stringify(e));
        if (kind === 'openai') {
            assert.equal(openaiTexts(list)[0].finish, 'content_filter');
            assert.equal(list.at(-1), '[DONE]');
        } else {
            assert.equal(anthropicTexts(list).stop, 'refusal');
            assert.equal(list.at(-1).type, 'message_stop');
        }
        await until('the upstream to be closed', async () =>
            (await gw.model.count()).aborted === 1, 3000);
    }
});

test('text that no rule awaits is not held back', async () => {
    const x_demo = await gw.model.script('slow',
        { say: '今天天气很好，适合出门走走。', chunk: 1, pace_ms: 60 });
    const r = await gw.chat(gw.ask('x', { stream: true, x_demo }),
                            { raw: true });
    const reader = r.body.getReader();
    const decoder = new TextDecoder();
    let text = '', arrivals = [];
    for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
        arrivals.push(Date.now());
    }
    const span = arrivals.at(-1) - arrivals[0];
    assert.ok(arrivals.length >= 12, `${arrivals.length} arrivals`);
    assert.ok(span > 500, `${span} ms`);
    assert.equal(openaiTexts(events(text))[0].content,
                 '今天天气很好，适合出门走走。');
});

test('the caller sees usage only if it asked; the upstream always is',
    async () => {
    let r = await openaiStream({ say: '好。' });
    assert.match((await gw.model.last()).text, /"include_usage":\s*true/);
    assert.ok(!events(r.text).some(e => e.usage), r.text);
    r = await openaiStream({ say: '好。' },
                           { stream_options: { include_usage: false } });
    assert.match((await gw.model.last()).text, /"include_usage":\s*true/);
    assert.ok(!events(r.text).some(e => e.usage), r.text);
    r = await openaiStream({ say: '好。' },
                           { stream_options: { include_usage: true } });
    assert.ok(events(r.text).some(e => e.usage), r.text);
});

test('usage in an event of any size; estimated when missing', async () => {
    let r = await openaiStream({ say: '好。', event_bytes: 300000,
                                 usage: { input: 11, output: 22 } });
    let end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.input_tokens, 11);
    assert.equal(end.output_tokens, 22);
    assert.equal(end.usage, 'reported');
    r = await openaiStream({ say: '好好好。', usage: false });
    end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(end.usage, 'estimated');
    assert.ok(end.output_tokens > 0);
    await sleep(10);
});
