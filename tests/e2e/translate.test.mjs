/* Calls of one protocol on an upstream of the other, with the unchanged SDKs:
   plain, streamed, tools over two turns, parallel and interleaved calls,
   thinking, usage, errors, rules of both directions, abort; and that a call
   of the same protocol stays byte for byte what it was. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, startModel, register, events, micro, until }
    from './harness.mjs';
import { startUpstream, sse, cut } from './upstream.mjs';

const MOBILE = '13812345678';
let gw, model, chat, messages, spare, openai, anthropic;

before(async () => {
    [model, chat, messages, spare] = await Promise.all([startModel(),
        startUpstream(), startUpstream(), startUpstream()]);
    const upstream = (name, url, protocol, more = '') => `---
kind: Upstream
name: ${name}
url: ${url}
protocol: ${protocol}
breaker: {failures: 0}
${more}`;
    const served = (name, ups, as, more = '') => `---
kind: Model
name: ${name}
served: ${as}
upstreams: [${ups}]
max_output: 3000
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
${more}`;
    process.env.TRANSLATE_KEY = 'sk-of-the-upstream';
    gw = await startGateway({ model, register: url => register(url)
        .replaceAll('models: [demo, ', 'models: [gpt, claude, both, back, demo, ')
        + upstream('chat', chat.url, 'openai', 'secret: env:TRANSLATE_KEY\n')
        + upstream('messages', messages.url, 'anthropic',
                   'secret: env:TRANSLATE_KEY\n')
        + upstream('spare', spare.url, 'anthropic')
        + served('gpt', 'chat', 'gpt-x')
        + served('claude', 'messages', 'claude-x')
        + served('both', 'spare, chat', 'both-x')
        + served('back', 'chat', 'back-x', 'fallback: [claude]\n') });
    const key = await gw.key();
    openai = new OpenAI({ apiKey: key, baseURL: `${gw.url}/v1`,
                          maxRetries: 0 });
    anthropic = new Anthropic({ apiKey: key, baseURL: gw.url,
                                maxRetries: 0 });
});
after(async () => {
    await gw?.close();
    await Promise.all([model, chat, messages, spare].map(u => u?.stop()));
});

const user = content => [{ role: 'user', content }];
const completion = (message, more = {}, usage = {}) => ({ id: 'chatcmpl-1',
    object: 'chat.completion', created: 1, model: 'gpt-x', choices: [{
        index: 0, message: { role: 'assistant', content: null, ...message },
        finish_reason: 'stop', ...more }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15,
             ...usage } });
const message = (content, more = {}) => ({ id: 'msg_1', type: 'message',
    role: 'assistant', model: 'claude-x', content, stop_reason: 'end_turn',
    stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 },
    ...more });
const chunk = (delta, finish = null, more = {}) => ({ id: 'chatcmpl-1',
    object: 'chat.completion.chunk', created: 1, model: 'gpt-x',
    choices: [{ index: 0, delta, finish_reason: finish }], ...more });
const usage = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1,
    model: 'gpt-x', choices: [], usage: { prompt_tokens: 10,
    completion_tokens: 5, total_tokens: 15,
    prompt_tokens_details: { cached_tokens: 4 } } };
const stream = (list, n = 37) => ({ type: 'text/event-stream',
    pieces: cut(sse(list), n) });
const start = { type: 'message_start', message: message([], {
    stop_reason: null, usage: { input_tokens: 6, cache_read_input_tokens: 4,
    cache_creation_input_tokens: 0, output_tokens: 1 } }) };
const block = (index, content_block, ...deltas) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map(delta => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index }];
const stop = (stop_reason = 'end_turn', output_tokens = 5) => [
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens } }, { type: 'message_stop' }];
const text = t => ({ type: 'text_delta', text: t });
const json = t => ({ type: 'input_json_delta', partial_json: t });
const tool = { name: 'weather', description: 'of a town',
    schema: { type: 'object', properties: { town: { type: 'string' } } } };

/* ---- the demo model, both ways: rules of both directions ---- */

test('anthropic sdk on a chat model: plain and streamed', async () => {
    const r = await anthropic.messages.create({ model: 'demo',
        max_tokens: 200, system: 'Be brief.',
        messages: user('Say this is a test') });
    assert.equal(r.type, 'message');
    assert.match(r.content[0].text, /Say this is a test/);
    assert.equal(r.stop_reason, 'end_turn');
    assert.ok(r.usage.input_tokens > 0 && r.usage.output_tokens > 0);
    const s = anthropic.messages.stream({ model: 'demo', max_tokens: 200,
        messages: user('Say this is a test') });
    const m = await s.finalMessage();
    assert.match(m.content[0].text, /Say this is a test/);
    assert.ok(m.usage.input_tokens > 0 && m.usage.output_tokens > 0);
});

test('openai sdk on a messages model: plain and streamed', async () => {
    const r = await openai.chat.completions.create({ model: 'demo-messages',
        messages: [{ role: 'developer', content: 'Be brief.' },
                   ...user('Say this is a test')] });
    assert.match(r.choices[0].message.content, /Say this is a test/);
    assert.equal(r.choices[0].finish_reason, 'stop');
    assert.ok(r.usage.total_tokens > 0);
    const s = openai.chat.completions.stream({ model: 'demo-messages',
        messages: user('Say this is a test'),
        stream_options: { include_usage: true } });
    const m = await s.finalChatCompletion();
    assert.match(m.choices[0].message.content, /Say this is a test/);
    assert.ok(m.usage.completion_tokens > 0);
});

/* ---- anthropic sdk -> chat ---- */

test('what goes out: path, credential, headers, body', async () => {
    chat.json(completion({ content: 'hi' }));
    const r = await anthropic.beta.messages.create({ model: 'gpt',
        max_tokens: 100, temperature: 0.5, system: [{ type: 'text',
        text: `for ${MOBILE}` }], messages: user('hello'),
        betas: ['interleaved-thinking-2025-05-14'] });
    assert.equal(r.content[0].text, 'hi');
    const { path, headers, text: sent } = chat.last();
    assert.equal(path, '/v1/chat/completions');
    assert.equal(headers.authorization, 'Bearer sk-of-the-upstream');
    for (const h of ['x-api-key', 'anthropic-version', 'anthropic-beta'])
        assert.equal(headers[h], undefined, h);
    const body = JSON.parse(sent);
    assert.equal(body.model, 'gpt-x');
    assert.equal(body.max_tokens, 100);
    assert.equal(body.messages[0].role, 'system');
    assert.ok(!sent.includes(MOBILE), 'the rules see it before');
    assert.equal(body.messages[1].content, 'hello');
});

test('tools: two turns', async () => {
    const tools = [{ name: tool.name, description: tool.description,
                     input_schema: tool.schema }];
    chat.json(completion({ tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'weather',
          arguments: '{"town":"Köln \\"x\\""}' } },
        { id: 'call_2', type: 'function', function: { name: 'weather',
          arguments: '' } }] }, { finish_reason: 'tool_calls' }));
    const asked = user('How is the weather?');
    const r = await anthropic.messages.create({ model: 'gpt',
        max_tokens: 100, tools, tool_choice: { type: 'any' },
        messages: asked });
    assert.equal(r.stop_reason, 'tool_use');
    assert.deepEqual(r.content.map(b => [b.type, b.id, b.input]), [
        ['tool_use', 'call_1', { town: 'Köln "x"' }],
        ['tool_use', 'call_2', {}]]);
    let body = JSON.parse(chat.last().text);
    assert.equal(body.tool_choice, 'required');
    assert.deepEqual(body.tools, [{ type: 'function', function: {
        name: 'weather', description: 'of a town',
        parameters: tool.schema } }]);
    chat.json(completion({ content: 'Rain.' }));
    await anthropic.messages.create({ model: 'gpt', max_tokens: 100, tools,
        messages: [...asked, { role: 'assistant', content: r.content },
            { role: 'user', content: [
                { type: 'tool_result', tool_use_id: 'call_1',
                  content: 'rain' },
                { type: 'tool_result', tool_use_id: 'call_2',
                  content: [{ type: 'text', text: 'no town' }],
                  is_error: true },
                { type: 'text', text: 'And?' }] }] });
    body = JSON.parse(chat.last().text);
    assert.deepEqual(body.messages.map(m => m.role),
        ['user', 'assistant', 'tool', 'tool', 'user']);
    assert.deepEqual(body.messages[1].tool_calls.map(c =>
        [c.id, JSON.parse(c.function.arguments)]),
        [['call_1', { town: 'Köln "x"' }], ['call_2', {}]]);
    assert.deepEqual(body.messages.slice(2, 4).map(m =>
        [m.tool_call_id, m.content]),
        [['call_1', 'rain'], ['call_2', 'Error: no town']]);
});

test('stream: reasoning, text, calls that come interleaved', async () => {
    const call = (index, args, more = {}) => chunk({ tool_calls: [
        { index, ...more, function: { arguments: args,
          ...(more.id ? { name: `f${index}` } : {}) } }] });
    for (const n of [1, 7, 100000]) {
        chat.answers(stream([chunk({ role: 'assistant', content: '' }),
            chunk({ reasoning_content: 'Let me ' }),
            chunk({ reasoning_content: 'see.' }),
            chunk({ content: 'I will ' }), chunk({ content: 'look.' }),
            call(0, '', { id: 'call_a', type: 'function' }),
            call(0, '{"a":'), call(1, '{"b"', { id: 'call_b' }),
            call(0, '"}"}'), call(1, ':[1,2]}'),
            chunk({}, 'tool_calls'), usage, '[DONE]'], n));
        const s = anthropic.messages.stream({ model: 'gpt', max_tokens: 100,
            messages: user('x'), tools: [{ name: 'f0',
            input_schema: { type: 'object' } }] });
        const blocks = [];
        s.on('contentBlock', b => blocks.push(b.type));
        const m = await s.finalMessage();
        assert.deepEqual(m.content.map(b => b.thinking ?? b.text ?? b.input),
            ['Let me see.', 'I will look.', { a: '}' }, { b: [1, 2] }]);
        assert.deepEqual(m.content.slice(2).map(b => [b.id, b.name]),
            [['call_a', 'f0'], ['call_b', 'f1']]);
        assert.deepEqual(blocks, ['thinking', 'text', 'tool_use',
                                  'tool_use']);
        assert.equal(m.stop_reason, 'tool_use');
        assert.deepEqual([m.usage.input_tokens,
            m.usage.cache_read_input_tokens, m.usage.output_tokens],
            [6, 4, 5]);
        const body = JSON.parse(chat.last().text);
        assert.equal(body.stream_options.include_usage, true);
    }
});

test('errors of the upstream, in the shape of the caller', async () => {
    for (const [status, kind, name] of [
        [400, Anthropic.BadRequestError, 'invalid_request_error'],
        [404, Anthropic.NotFoundError, 'not_found_error'],
        [429, Anthropic.RateLimitError, 'rate_limit_error'],
        [500, Anthropic.InternalServerError, 'api_error']]) {
        chat.json({ error: { message: `no ${status}`, type: 'x',
                             param: null, code: null } }, { status });
        await assert.rejects(anthropic.messages.create({ model: 'gpt',
            max_tokens: 9, messages: user('x') }), e => {
            assert.ok(e instanceof kind, e.constructor.name);
            assert.equal(e.error.error.type, name);
            assert.equal(e.error.error.message, `no ${status}`);
            return true;
        });
    }
    chat.answers(stream([chunk({ content: 'begun' }), { error: {
        message: 'fell over', type: 'server_error' } }]));
    await assert.rejects(async () => {
        for await (const e of await anthropic.messages.create({
            model: 'gpt', max_tokens: 9, stream: true,
            messages: user('x') })) void e;
    }, /fell over/);
});

/* ---- openai sdk -> messages ---- */

test('what goes out to messages: path, credential, version', async () => {
    messages.json(message([{ type: 'thinking', thinking: 'hm',
        signature: 's' }, { type: 'text', text: 'hi' }]));
    const r = await openai.chat.completions.create({ model: 'claude',
        messages: [{ role: 'system', content: `for ${MOBILE}` },
                   ...user('hello')], stop: 'END', user: 'u1' });
    assert.equal(r.choices[0].message.content, 'hi');
    assert.equal(r.choices[0].message.reasoning_content, 'hm');
    assert.equal(r.usage.total_tokens, 15);
    const { path, headers, text: sent } = messages.last();
    assert.equal(path, '/v1/messages');
    assert.equal(headers['x-api-key'], 'sk-of-the-upstream');
    assert.equal(headers['anthropic-version'], '2023-06-01');
    assert.equal(headers.authorization, undefined);
    const body = JSON.parse(sent);
    assert.equal(body.model, 'claude-x');
    assert.equal(body.max_tokens, 3000, 'as the register says');
    assert.deepEqual(body.stop_sequences, ['END']);
    assert.deepEqual(body.metadata, { user_id: 'u1' });
    assert.equal(body.messages.length, 1);
    assert.ok(!sent.includes(MOBILE));
});

test('tools on messages: two turns', async () => {
    const tools = [{ type: 'function', function: { name: tool.name,
        description: tool.description, parameters: tool.schema } }];
    messages.json(message([{ type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather',
          input: { town: 'Köln "x"' } },
        { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} }],
        { stop_reason: 'tool_use' }));
    const r = await openai.chat.completions.create({ model: 'claude', tools,
        parallel_tool_calls: false, messages: user('weather?') });
    assert.equal(r.choices[0].finish_reason, 'tool_calls');
    const said = r.choices[0].message;
    assert.equal(said.content, 'I look.');
    assert.deepEqual(said.tool_calls.map(c => [c.id,
        JSON.parse(c.function.arguments)]),
        [['toolu_1', { town: 'Köln "x"' }], ['toolu_2', {}]]);
    assert.deepEqual(JSON.parse(messages.last().text).tool_choice,
        { type: 'auto', disable_parallel_tool_use: true });
    messages.json(message([{ type: 'text', text: 'Rain.' }]));
    await openai.chat.completions.create({ model: 'claude', tools,
        messages: [...user('weather?'), said,
            { role: 'tool', tool_call_id: 'toolu_1', content: 'rain' },
            { role: 'tool', tool_call_id: 'toolu_2', content: 'none' },
            ...user('And?')] });
    const body = JSON.parse(messages.last().text);
    assert.deepEqual(body.messages.map(m => m.role),
        ['user', 'assistant', 'user']);
    assert.deepEqual(body.messages[1].content[1], { type: 'tool_use',
        id: 'toolu_1', name: 'weather', input: { town: 'Köln "x"' } });
    assert.deepEqual(body.messages[2].content.map(b => b.type),
        ['tool_result', 'tool_result', 'text']);
});

test('stream of messages: thinking, texts, calls, usage', async () => {
    for (const n of [1, 7, 100000]) {
        messages.answers(stream([start, { type: 'ping' },
            ...block(0, { type: 'thinking', thinking: '', signature: '' },
                { type: 'thinking_delta', thinking: 'hm' },
                { type: 'signature_delta', signature: 'sig' }),
            ...block(1, { type: 'text', text: '' }, text('one '),
                     text('中文')),
            ...block(2, { type: 'tool_use', id: 'toolu_1', name: 'f0',
                          input: {} }, json(''), json('{"a"'), json(':1}')),
            ...block(3, { type: 'tool_use', id: 'toolu_2', name: 'f1',
                          input: {} }),
            ...stop('tool_use')], n));
        const s = openai.chat.completions.stream({ model: 'claude',
            messages: user('x'), stream_options: { include_usage: true } });
        let why = '';
        s.on('chunk', c => { why += c.choices[0]?.delta
            ?.reasoning_content ?? ''; });
        const r = await s.finalChatCompletion();
        const m = r.choices[0].message;
        assert.equal(m.content, 'one 中文');
        assert.equal(why, 'hm');
        assert.deepEqual(m.tool_calls.map(c => [c.id, c.function.name,
            JSON.parse(c.function.arguments)]),
            [['toolu_1', 'f0', { a: 1 }], ['toolu_2', 'f1', {}]]);
        assert.equal(r.choices[0].finish_reason, 'tool_calls');
        assert.deepEqual([r.usage.prompt_tokens, r.usage.completion_tokens,
            r.usage.prompt_tokens_details.cached_tokens], [10, 5, 4]);
    }
});

test('usage of a stream: hidden if not asked for, paid for', async () => {
    messages.answers(stream([start, ...block(0, { type: 'text', text: '' },
        text('x')), ...stop()]));
    const before = (await gw.grant('hotline')).spent;
    const r = await gw.chat(gw.ask('x', { model: 'claude', stream: true }));
    const list = events(r.text);
    assert.ok(list.every(e => e === '[DONE]' || (!e.usage
        && e.choices.length === 1)));
    assert.equal(list.at(-1), '[DONE]');
    const end = await gw.endOf(r.headers.get('weir-call'));
    assert.equal(micro(end.charged), 10 * 2 + 5 * 8);
    assert.equal(end.usage, 'reported');
    assert.equal(end.translated, true);
    await until('the account', async () =>
        (await gw.grant('hotline')).spent === before + 60);
});

test('errors of messages', async () => {
    messages.json({ type: 'error', error: { type: 'overloaded_error',
        message: 'Overloaded' }, request_id: 'req_1' }, { status: 529 });
    await assert.rejects(openai.chat.completions.create({ model: 'claude',
        messages: user('x') }), e => e.status === 529
        && e.error.message === 'Overloaded'
        && e.error.type === 'server_error'
        && e.error.code === 'overloaded_error');
    messages.answers(stream([start, { type: 'error', error: {
        type: 'overloaded_error', message: 'fell over' } }]));
    await assert.rejects(async () => {
        for await (const e of await openai.chat.completions.create({
            model: 'claude', stream: true, messages: user('x') })) void e;
    }, /fell over/);
});

/* ---- rules ---- */

/* An identifier of the model's own is redacted; in pieces too. */
test('rules of the answer, streamed, both ways', async () => {
    const said = [...'他的电话是 13912345678，请联系。'];
    chat.answers(stream([...said.map(c => chunk({ content: c })),
        chunk({}, 'stop'), usage, '[DONE]'], 5));
    const m = await anthropic.messages.stream({ model: 'gpt',
        max_tokens: 90, messages: user('x') }).finalMessage();
    messages.answers(stream([start, ...block(0, { type: 'text', text: '' },
        ...said.map(text)), ...stop()], 5));
    const r = await openai.chat.completions.stream({ model: 'claude',
        messages: user('x') }).finalChatCompletion();
    assert.equal(m.content.length, 1);
    assert.match(m.content[0].text, /^他的电话是 \S+，请联系。$/);
    assert.ok(!m.content[0].text.includes('13912345678'));
    assert.equal(r.choices[0].message.content, m.content[0].text);
});

/* The model repeats what it was sent in the arguments of a tool. */
test('pseudonyms come back in arguments, both ways', async () => {
    const got = q => /<MOBILE_\d+>/.exec(q.text)[0];
    const said = user(`call ${MOBILE}`);
    const pieces = q => [...JSON.stringify({ to: got(q) })];
    chat.answers(q => stream([chunk({ tool_calls: [{ index: 0,
        id: 'call_1', type: 'function', function: { name: 'f',
        arguments: '' } }] }), ...pieces(q).map(c => chunk({ tool_calls: [{
        index: 0, function: { arguments: c } }] })),
        chunk({}, 'tool_calls'), usage, '[DONE]']));
    const m = await anthropic.messages.stream({ model: 'gpt',
        max_tokens: 99, messages: said }).finalMessage();
    assert.deepEqual(m.content[0].input, { to: MOBILE });
    assert.ok(!chat.last().text.includes(MOBILE));
    messages.answers(q => stream([start, ...block(0, { type: 'tool_use',
        id: 'toolu_1', name: 'f', input: {} }, ...pieces(q).map(json)),
        ...stop('tool_use')]));
    const r = await openai.chat.completions.stream({ model: 'claude',
        messages: said }).finalChatCompletion();
    assert.deepEqual(JSON.parse(r.choices[0].message.tool_calls[0].function
        .arguments), { to: MOBILE });
    assert.ok(!messages.last().text.includes(MOBILE));
    messages.answers(q => ({ text: JSON.stringify(message([{
        type: 'tool_use', id: 'toolu_1', name: 'f',
        input: { to: got(q) } }], { stop_reason: 'tool_use' })) }));
    const w = await openai.chat.completions.create({ model: 'claude',
        messages: said });
    assert.deepEqual(JSON.parse(w.choices[0].message.tool_calls[0].function
        .arguments), { to: MOBILE });
});

/* ---- refusals ---- */

test('what has no counterpart is refused, and says which', async () => {
    const count = messages.seen.length;
    await assert.rejects(openai.chat.completions.create({ model: 'claude',
        n: 2, messages: user('x') }), e => e.status === 400
        && e.code === 'not_translatable' && e.param === 'n'
        && e.error.weir.field === 'n');
    const r = await gw.chat(gw.ask('x', { model: 'claude', logprobs: true }),
        { headers: { 'accept-language': 'zh' } });
    assert.equal(r.status, 400);
    assert.match(r.json.error.message, /没有对应项.*logprobs/);
    await assert.rejects(anthropic.messages.create({ model: 'gpt',
        max_tokens: 9, messages: user('x'), tools: [{
        type: 'web_search_20250305', name: 'web_search' }] }),
        e => e.status === 400 && /web_search_20250305/.test(e.message)
        && e.error.error.type === 'invalid_request_error');
    assert.equal(messages.seen.length, count, 'nothing was sent');
    await assert.rejects(anthropic.messages.countTokens({ model: 'gpt',
        messages: user('x') }), e => e.status === 400
        && /count_tokens/.test(e.message));
    /* Where it is served as it is, it passes. */
    chat.json(completion({ content: 'x' }));
    assert.equal((await gw.chat(gw.ask('x', { model: 'gpt',
        logprobs: true }))).status, 200);
});

test('refusals of ours keep the shape of the caller', async () => {
    chat.answers({ text: 'not JSON' });
    await assert.rejects(anthropic.messages.create({ model: 'gpt',
        max_tokens: 9, messages: user('x') }), e => e.status === 502
        && e.error.type === 'error');
    chat.answers({ type: 'text/plain', text: 'plain' });
    await assert.rejects(anthropic.messages.create({ model: 'gpt',
        max_tokens: 9, messages: user('x') }), e => e.status === 502);
});

/* ---- which upstream ---- */

test('its own protocol first, translated when that fails', async () => {
    chat.json(completion({ content: 'from chat' }));
    spare.json(message([{ type: 'text', text: 'from spare' }]));
    const own = await anthropic.messages.create({ model: 'both',
        max_tokens: 9, messages: user('x') });
    assert.equal(own.content[0].text, 'from spare');
    const other = await openai.chat.completions.create({ model: 'both',
        messages: user('x') });
    assert.equal(other.choices[0].message.content, 'from chat');
    spare.json({ error: {} }, { status: 503 });
    const count = spare.seen.length;
    const r = await anthropic.messages.create({ model: 'both',
        max_tokens: 9, messages: user('x') }).withResponse();
    assert.equal(r.data.content[0].text, 'from chat');
    assert.equal(spare.seen.length, count + 1);
    assert.equal(spare.last().path, '/v1/messages');
    assert.match(spare.last().headers['anthropic-version'], /^20\d\d-/);
    const end = await gw.endOf(r.response.headers.get('weir-call'));
    assert.equal(end.upstream, 'chat');
    assert.equal(end.attempt, 1);
});

test('a fallback model in the other protocol', async () => {
    chat.json({ error: { message: 'down' } }, { status: 503 });
    messages.json(message([{ type: 'text', text: 'from claude' }]));
    const r = await openai.chat.completions.create({ model: 'back',
        messages: user('x') }).withResponse();
    assert.equal(r.data.choices[0].message.content, 'from claude');
    assert.equal(JSON.parse(messages.last().text).model, 'claude-x');
    assert.equal(r.response.headers.get('weir-model'), 'claude');
    /* and what it cannot take gets what the first one said */
    await assert.rejects(openai.chat.completions.create({ model: 'back',
        logprobs: true, messages: user('x') }), e => e.status === 503
        && e.error.message === 'down');
});

/* ---- the end of a call ---- */

test('the caller goes: recorded, nothing left reserved', async () => {
    chat.answers({ type: 'text/event-stream', each: 30,
        pieces: Array.from({ length: 200 }, () =>
            sse([chunk({ content: 'word ' })])) });
    const s = await anthropic.messages.create({ model: 'gpt',
        max_tokens: 900, stream: true, messages: user('x') })
        .withResponse();
    const call = s.response.headers.get('weir-call');
    let n = 0;
    for await (const e of s.data) {
        if (e.type === 'content_block_delta' && ++n === 3) break;
    }
    s.data.controller.abort();
    const end = await gw.endOf(call);
    assert.equal(end.ending, 'client_gone');
    await until('nothing reserved', async () =>
        (await gw.grant('hotline')).reserved === 0);
});

test('the upstream breaks off: an error in the shape of the caller',
     async () => {
    chat.answers({ type: 'text/event-stream',
        headers: { 'content-length': '100000' },
        pieces: [sse([chunk({ content: 'begun' })])] });
    const r = await gw.messages({ model: 'gpt', stream: true,
                                  messages: user('x') });
    const list = events(r.text);
    assert.equal(list.at(-1).type, 'error', r.text);
    assert.match(r.text, /event: error\n/);
    assert.equal(list.at(-1).error.weir.code, 'upstream_broke');
});

/* ---- the same protocol ---- */

test('the same protocol stays byte for byte', async () => {
    const odd = '{ "choices" :[{"index":0,"message":{"role":"assistant",' +
        '"content":"h\\u0069","x":1.50},"finish_reason":"stop"}],' +
        '"usage":{"completion_tokens":1,"prompt_tokens":2}, "id":"c"}';
    chat.answers({ text: odd });
    const body = '{ "messages":[{"content":"h\\u0069","role":"user"}],' +
        '"new_thing":1.50e1, "model":"demo-odd"}'.replace('demo-odd', 'gpt');
    const r = await gw.chat(body, { scenario: 'plain' });
    assert.equal(r.text, odd);
    assert.equal(chat.last().text, body.replace('"gpt"', '"gpt-x"'));
    const s = sse([chunk({ content: 'x' }), chunk({}, 'stop'), usage,
                   '[DONE]']);
    chat.answers({ type: 'text/event-stream', pieces: cut(s, 11) });
    const t = await gw.chat({ model: 'gpt', messages: user('x'),
        stream: true, stream_options: { include_usage: true } },
        { scenario: 'plain' });
    assert.equal(t.text, s);
    assert.equal((await gw.endOf(t.headers.get('weir-call'))).translated,
                 undefined);
    const m = sse([start, ...block(0, { type: 'text', text: '' },
                                   text('x')), ...stop()]);
    messages.answers({ type: 'text/event-stream', pieces: cut(m, 11) });
    const u = await gw.messages({ model: 'claude', stream: true,
                                  messages: user('x') },
                                { scenario: 'plain' });
    assert.equal(u.text, m);
});
