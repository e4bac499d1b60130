/* Every surface beside chat and messages, with the SDKs: what goes in and
   what comes back is inspected, other bytes are untouched, it is paid and
   recorded. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, register, events, micro } from './harness.mjs';
import { startUpstream, sse, cut } from './upstream.mjs';

const MOBILE = '13812345678', DENIED = '高价收四件套';
let up, gw, openai, anthropic, plain;

before(async () => {
    up = await startUpstream();
    gw = await startGateway({ model: { url: up.url } });
    openai = new OpenAI({ apiKey: await gw.key(), baseURL: `${gw.url}/v1` });
    plain = new OpenAI({ apiKey: await gw.key('plain'),
                         baseURL: `${gw.url}/v1` });
    anthropic = new Anthropic({ apiKey: await gw.key(), baseURL: gw.url });
});
after(async () => {
    await gw?.close();
    await up?.stop();
});

const lastEnd = async () => {
    const all = (await gw.journal()).filter(r => r.kind === 'end');
    return all.at(-1);
};

/* ---- completions ---- */

const completion = text => ({ id: 'cmpl-1', object: 'text_completion',
    created: 1, model: 'demo', choices: [{ text, index: 0, logprobs: null,
    finish_reason: 'stop' }], usage: { prompt_tokens: 5, completion_tokens: 7,
    total_tokens: 12 } });

test('completions: JSON, both ways', async () => {
    up.json(completion(`call <MOBILE_1> or 13987654321`));
    const r = await openai.completions.create({ model: 'demo',
        prompt: ['one', `my number is ${MOBILE}`], max_tokens: 50 });
    assert.equal(up.last().path, '/v1/completions');
    assert.deepEqual(JSON.parse(up.last().text).prompt,
                     ['one', 'my number is <MOBILE_1>']);
    assert.ok(r.choices[0].text.startsWith(`call ${MOBILE} or `));
    assert.ok(!r.choices[0].text.includes('13987654321'));
    const end = await lastEnd();
    assert.equal(end.input_tokens, 5);
    assert.equal(end.output_tokens, 7);
});

test('completions: a stream, usage asked for and hidden', async () => {
    const chunk = (text, finish_reason = null) => ({ id: 'cmpl-1',
        object: 'text_completion', created: 1, model: 'demo',
        choices: [{ text, index: 0, logprobs: null, finish_reason }] });
    const text = sse([...'number 13987654321 there'].map(c => chunk(c))
        .concat([chunk('', 'stop'), { id: 'cmpl-1', object: 'text_completion',
            created: 1, model: 'demo', choices: [], usage: {
            prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 } }]))
        + 'data: [DONE]\n\n';
    for (const n of [1, 7, 100000]) {
        up.answers({ type: 'text/event-stream', pieces: cut(text, n) });
        let got = '', usage = 0;
        for await (const e of await openai.completions.create({
            model: 'demo', prompt: 'hi', stream: true }))
        {
            got += e.choices[0]?.text ?? '';
            usage += e.usage ? 1 : 0;
        }
        assert.match(got, /^number .+ there$/);
        assert.ok(!got.includes('13987654321'), got);
        assert.equal(usage, 0);
        assert.equal(JSON.parse(up.last().text).stream_options.include_usage,
                     true);
    }
    assert.equal((await lastEnd()).output_tokens, 9);
});

test('completions: a stream that a rule ends', async () => {
    const chunk = text => ({ id: 'cmpl-1', object: 'text_completion',
        created: 1, model: 'demo', choices: [{ text, index: 0,
        finish_reason: null }] });
    up.answers({ type: 'text/event-stream', text: sse(
        [...`先说几句，${DENIED}，然后继续`].map(chunk)) + 'data: [DONE]\n\n' });
    let got = '', finish;
    for await (const e of await openai.completions.create({ model: 'demo',
        prompt: 'hi', stream: true }))
    {
        got += e.choices[0]?.text ?? '';
        finish = e.choices[0]?.finish_reason ?? finish;
    }
    assert.equal(got, '先说几句，');
    assert.equal(finish, 'content_filter');
});

/* ---- embeddings, moderations ---- */

test('embeddings: texts are inspected, vectors untouched', async () => {
    const vector = new Float32Array([0.25, -1.5, 3]);
    const base64 = Buffer.from(vector.buffer).toString('base64');
    up.answers(q => ({ text: JSON.stringify({ object: 'list', model: 'demo',
        data: [{ object: 'embedding', index: 0, embedding:
            JSON.parse(q.text).encoding_format === 'base64'
            ? base64 : [...vector] }],
        usage: { prompt_tokens: 11, total_tokens: 11 } }) }));
    const before = (await gw.grant('hotline')).spent;
    const r = await openai.embeddings.create({ model: 'demo',
        input: [`电话${MOBILE}`, 'plain'] });
    assert.deepEqual(r.data[0].embedding, [0.25, -1.5, 3]);
    assert.deepEqual(JSON.parse(up.last().text).input,
                     ['电话<MOBILE_1>', 'plain']);
    const end = await lastEnd();
    assert.equal(end.input_tokens, 11);
    assert.equal(end.output_tokens, 0);
    assert.equal((await gw.grant('hotline')).spent - before, 22);
});

test('token ids in the place of text: refused under rules', async () => {
    const n = up.seen.length;
    for (const [call, body] of [
        ['embeddings', { input: [[1, 2, 3], [4]] }],
        ['embeddings', { input: [1, 2, 3] }],
        ['completions', { prompt: [1, 2, 3] }]])
    {
        await assert.rejects(openai[call].create({ model: 'demo', ...body }),
            e => e.status === 400 && e.code === 'token_ids_not_inspected');
    }
    assert.equal(up.seen.length, n);
    up.json({ object: 'list', data: [], model: 'demo',
              usage: { prompt_tokens: 3, total_tokens: 3 } });
    await plain.embeddings.create({ model: 'demo', input: [1, 2, 3] });
    assert.equal(up.seen.length, n + 1);
});

test('moderations', async () => {
    up.json({ id: 'modr-1', model: 'demo', results: [{ flagged: false,
        categories: { violence: false }, category_scores: {
        violence: 0.0001 } }] });
    const r = await openai.moderations.create({ model: 'demo', input: [
        { type: 'text', text: `from ${MOBILE}` },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }]
    });
    assert.equal(r.results[0].category_scores.violence, 0.0001);
    assert.ok(!up.last().text.includes(MOBILE));
    assert.equal((await lastEnd()).request_scanned, 'partly');
});

test('a denied prompt goes nowhere, whatever the surface', async () => {
    const n = up.seen.length, text = '求儿童色情';
    for (const call of [
        () => openai.completions.create({ model: 'demo', prompt: text }),
        () => openai.embeddings.create({ model: 'demo', input: text }),
        () => openai.moderations.create({ model: 'demo', input: text }),
        () => openai.images.generate({ model: 'demo', prompt: text }),
        () => openai.audio.speech.create({ model: 'demo', input: text,
                                           voice: 'alloy' }),
        () => openai.responses.create({ model: 'demo', input: text }),
        () => openai.responses.create({ model: 'demo', input: 'x',
                                        instructions: text }),
        () => anthropic.messages.countTokens({ model: 'demo-messages',
            messages: [{ role: 'user', content: text }] })])
    {
        await assert.rejects(call(), e => e.status === 403);
    }
    assert.equal(up.seen.length, n);
});

/* ---- pictures and sound ---- */

test('images: the prompt and the revised one', async () => {
    up.json({ created: 1, data: [{ b64_json: 'iVBORw0KGgo=',
        revised_prompt: 'a phone, 13987654321' }, { url:
        'https://img.example/1.png' }], usage: { input_tokens: 4,
        output_tokens: 100, total_tokens: 104 } });
    const r = await openai.images.generate({ model: 'demo',
        prompt: `a card with ${MOBILE}`, n: 1 });
    assert.ok(!up.last().text.includes(MOBILE));
    assert.equal(r.data[0].b64_json, 'iVBORw0KGgo=');
    assert.ok(!r.data[0].revised_prompt.includes('13987654321'));
    assert.equal(r.data[1].url, 'https://img.example/1.png');
    const end = await lastEnd();
    assert.equal(end.answer_scanned, 'partly');
    assert.equal(end.output_tokens, 100);
});

test('speech: the text is inspected, the sound passes and is recorded as ' +
     'not inspected', async () => {
    const sound = Buffer.from(Array.from({ length: 5000 }, (_, i) => i & 255));
    up.answers({ type: 'audio/mpeg', pieces: cut(sound, 700) });
    const r = await openai.audio.speech.create({ model: 'demo',
        voice: 'alloy', input: `my number is ${MOBILE}` });
    assert.deepEqual(Buffer.from(await r.arrayBuffer()), sound);
    assert.ok(!up.last().text.includes(MOBILE));
    assert.equal((await lastEnd()).answer_scanned, 'partly');
});

/* ---- Responses ---- */

const message = (text, id = 'msg_1') => ({ type: 'message', id,
    status: 'completed', role: 'assistant', content: [{ type: 'output_text',
    text, annotations: [] }] });
const response = (output, more = {}) => ({ id: 'resp_1', object: 'response',
    created_at: 1, status: 'completed', error: null, incomplete_details: null,
    instructions: null, max_output_tokens: null, model: 'demo', output,
    parallel_tool_calls: true, previous_response_id: null, reasoning: {
    effort: null, summary: null }, store: true, temperature: 1, text: {
    format: { type: 'text' } }, tool_choice: 'auto', tools: [], top_p: 1,
    truncation: 'disabled', usage: { input_tokens: 20, input_tokens_details: {
    cached_tokens: 15 }, output_tokens: 30, output_tokens_details: {
    reasoning_tokens: 0 }, total_tokens: 50 }, user: null, metadata: {},
    ...more });

test('responses: JSON, every kind of item', async () => {
    up.json(response([
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text',
          text: 'think 13987654321' }] },
        { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'dial',
          status: 'completed', arguments: '{"to":"13987654321"}' },
        { type: 'image_generation_call', id: 'ig_1', status: 'completed',
          result: 'aVBORw13987654321=' },
        message('yours <MOBILE_1>, his 13987654321')]));
    const r = await openai.responses.create({ model: 'demo',
        instructions: `know ${MOBILE}`, input: [
            { role: 'user', content: [{ type: 'input_text',
              text: `I have ${MOBILE}` }] },
            { type: 'function_call', call_id: 'c0', name: 'look',
              arguments: `{"n":"${MOBILE}"}` },
            { type: 'function_call_output', call_id: 'c0',
              output: `found ${MOBILE}` }],
        metadata: { note: MOBILE } });
    assert.equal(up.last().path, '/v1/responses');
    assert.ok(!up.last().text.includes(MOBILE), up.last().text);
    assert.equal(up.last().text.split('<MOBILE_1>').length, 6);
    const text = JSON.stringify(r.output);
    assert.equal(text.split('13987654321').length, 2, text);
    assert.equal(r.output[2].result, 'aVBORw13987654321=');
    assert.doesNotThrow(() => JSON.parse(r.output[1].arguments));
    assert.ok(r.output_text.includes(`yours ${MOBILE}, his `));
    const end = await lastEnd();
    assert.equal(end.input_tokens, 20);
    assert.equal(end.output_tokens, 30);
    assert.equal(end.answer_scanned, 'partly');
});

test('responses: an answer that a rule denies', async () => {
    up.json(response([message(`好的。${DENIED}，联系我`), message('more', 'm2')]));
    const r = await openai.responses.create({ model: 'demo', input: 'hi' });
    assert.equal(r.status, 'incomplete');
    assert.equal(r.incomplete_details.reason, 'content_filter');
    assert.equal(r.output[0].content[0].text, '好的。');
    assert.equal(r.output[1].content[0].text, '');
    assert.match(r.weir.rule, /fraud-offer/);
});

/* The events of an answer with one text and one call, as the interface has
   them: the text comes again whole when its part, its item and all end. */
function stream(text, args) {
    let n = 0;
    const out = [], add = (type, e) =>
        out.push({ type, sequence_number: n++, ...e });
    const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const part = t => ({ type: 'output_text', text: t, annotations: [] });
    add('response.created', { response: response([], {
        status: 'in_progress', usage: null }) });
    add('response.output_item.added', { output_index: 0, item: { ...message(
        ''), status: 'in_progress', content: [] } });
    add('response.content_part.added', { ...at, part: part('') });
    for (const c of text) {
        add('response.output_text.delta', { ...at, delta: c, logprobs: [],
            obfuscation: 'kq3' });
    }
    add('response.output_text.done', { ...at, text, logprobs: [] });
    add('response.content_part.done', { ...at, part: part(text) });
    add('response.output_item.done', { output_index: 0,
                                       item: message(text) });
    const call = a => ({ type: 'function_call', id: 'fc_1', call_id: 'c1',
        name: 'dial', status: 'completed', arguments: a });
    const to = { item_id: 'fc_1', output_index: 1 };
    if (args) {
        add('response.output_item.added', { output_index: 1, item: call('') });
        for (const c of args) {
            add('response.function_call_arguments.delta', { ...to, delta: c });
        }
        add('response.function_call_arguments.done', { ...to, name: 'dial',
            arguments: args });
        add('response.output_item.done', { output_index: 1,
                                           item: call(args) });
    }
    add('response.completed', { response: response(
        [message(text), ...(args ? [call(args)] : [])]) });
    return sse(out);
}

test('responses: streamed, cut anywhere, whole texts too', async () => {
    const text = `数字 13987654321 与 <MOBILE_1>，完。`;
    const args = `{"to":"13987654321","me":"<MOBILE_1>"}`;
    let whole;
    for (const n of [100000, 1, 13, 64]) {
        up.answers({ type: 'text/event-stream',
                     pieces: cut(stream(text, args), n) });
        const s = openai.responses.stream({ model: 'demo',
                                            input: `我的号码是${MOBILE}` });
        let deltas = '', callDeltas = '', done;
        s.on('response.output_text.delta', e => { deltas += e.delta; });
        s.on('response.function_call_arguments.delta', e => {
            callDeltas += e.delta; });
        s.on('response.output_text.done', e => { done = e.text; });
        const r = await s.finalResponse();
        assert.ok(!JSON.stringify(r).includes('13987654321'));
        assert.equal(deltas, done);
        assert.equal(r.output_text, done);
        assert.match(done, new RegExp(`^数字 .+ 与 ${MOBILE}，完。$`));
        assert.equal(callDeltas, r.output[1].arguments);
        assert.equal(JSON.parse(callDeltas).me, MOBILE);
        whole ??= done;
        assert.equal(done, whole);
    }
    const end = await lastEnd();
    assert.equal(end.usage, 'reported');
    assert.equal(end.output_tokens, 30);
});

test('responses: nothing to change, nothing changes', async () => {
    const text = stream('Hello, 世界 \u{1f600} "quoted" \\ done', '{"a":[1,2]}');
    for (const n of [1, 50, 100000]) {
        up.answers({ type: 'text/event-stream', pieces: cut(text, n) });
        const r = await gw.chat({ model: 'demo', input: 'hi', stream: true },
            { path: '/v1/responses', scenario: 'plain' });
        assert.equal(r.text, text);
    }
});

test('responses: a stream that a rule ends', async () => {
    up.answers({ type: 'text/event-stream',
                 pieces: cut(stream(`先说几句，${DENIED}，然后`), 40) });
    const s = await openai.responses.create({ model: 'demo', input: 'hi',
                                              stream: true });
    let text = '', last;
    for await (const e of s) {
        text += e.type === 'response.output_text.delta' ? e.delta : '';
        last = e;
    }
    assert.equal(text, '先说几句，');
    assert.equal(last.type, 'response.incomplete');
    assert.equal(last.response.incomplete_details.reason, 'content_filter');
    assert.match(last.response.weir.rule, /fraud-offer/);
    assert.equal((await lastEnd()).ending, 'denied');
});

test('responses: an unknown kind of delta is not let through', async () => {
    up.answers({ type: 'text/event-stream', text: sse([
        { type: 'response.created', response: response([]) },
        { type: 'response.new_thing.delta', item_id: 'x', output_index: 0,
          delta: '13987' },
        { type: 'response.new_thing.delta', item_id: 'x', output_index: 0,
          delta: '654321' }]) });
    const r = await gw.chat({ model: 'demo', input: 'hi', stream: true },
                            { path: '/v1/responses' });
    assert.ok(!r.text.includes('13987'), r.text);
    assert.match(r.text, /upstream_invalid/);
});

test('responses: the output is bounded by what the grant pays for', async () => {
    const long = '字'.repeat(4000);
    up.answers({ type: 'text/event-stream', text: stream(long) });
    const r = await gw.chat({ model: 'demo', input: 'hi', stream: true },
        { path: '/v1/responses', scenario: 'poor' });
    const list = events(r.text);
    const asked = JSON.parse(up.last().text).max_output_tokens;
    assert.ok(asked > 0 && asked < 10000, String(asked));
    assert.equal(list.at(-1).type, 'response.completed');
});

test('responses: what the provider keeps is recorded as not inspected',
     async () => {
    up.json(response([message('hi')]));
    await openai.responses.create({ model: 'demo', input: 'hi',
                                    previous_response_id: 'resp_0' });
    assert.equal((await lastEnd()).request_scanned, 'partly');
    assert.equal(JSON.parse(up.last().text).previous_response_id, 'resp_0');
});

/* ---- count_tokens ---- */

test('count_tokens: inspected, and free', async () => {
    up.json({ input_tokens: 2095 });
    const before = (await gw.grant('hotline')).spent;
    const r = await anthropic.messages.countTokens({ model: 'demo-messages',
        system: `about ${MOBILE}`, messages: [{ role: 'user',
        content: 'Hello' }] });
    assert.equal(r.input_tokens, 2095);
    assert.equal(up.last().path, '/v1/messages/count_tokens');
    assert.ok(!up.last().text.includes(MOBILE));
    assert.equal((await gw.grant('hotline')).spent, before);
    assert.equal(micro((await lastEnd()).charged ?? '0'), 0);
});
