/* Google's interface with its SDK, unchanged: what goes in and what comes
   back is inspected, other bytes are untouched, it is paid and recorded. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { GoogleGenAI, FunctionCallingConfigMode } from '@google/genai';
import { startGateway, startModel, register, events, dice, sleep }
    from './harness.mjs';
import { startUpstream, cut } from './upstream.mjs';

const MOBILE = '13812345678', OTHER = '13987654321', DENIED = '高价收四件套';
const SECRET = 'upstream-secret-of-google';
let model, up, gw, ai, plain, key;

const withGemini = url => `kind: Upstream
name: demo-gemini
url: ${model.url}
protocol: gemini
---
kind: Upstream
name: here
url: ${url}/prefix
protocol: gemini
secret: env:E2E_GOOGLE_KEY
---
kind: Upstream
name: busy
url: ${url}/busy
protocol: gemini
---
kind: Model
name: two
served: gemini-two
upstreams: [demo, busy, here]
max_output: 65536
---
kind: Model
name: gem
served: demo
upstreams: [demo-gemini]
max_output: 65536
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
---
kind: Model
name: bytes
served: gemini-flash
upstreams: [here]
max_output: 65536
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
---
` + register(model.url).replaceAll('models: [demo,', 'models: [gem, bytes, two, demo,');

before(async () => {
    process.env.E2E_GOOGLE_KEY = SECRET;
    model = await startModel();
    up = await startUpstream();
    gw = await startGateway({ model: { url: up.url }, register: withGemini });
    key = await gw.key();
    const at = { baseUrl: gw.url };
    ai = new GoogleGenAI({ apiKey: key, httpOptions: at });
    plain = new GoogleGenAI({ apiKey: await gw.key('plain'),
                              httpOptions: at });
});
after(async () => {
    await gw?.close();
    await up?.stop();
    await model?.stop();
});

const lastEnd = async () =>
    (await gw.journal()).filter(r => r.kind === 'end').at(-1);
const demo = x => ({ httpOptions: { extraBody: { x_demo: x } } });
const asked = async () => JSON.parse((await model.last()).text);
const post = async (where, body, { headers = {}, k = key } = {}) => {
    const r = await fetch(gw.url + where, { method: 'POST', headers: {
        'content-type': 'application/json',
        ...(k ? { 'x-goog-api-key': k } : {}), ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await r.text();
    let json;
    try { json = JSON.parse(text); } catch { json = undefined; }
    return { status: r.status, headers: r.headers, text, json };
};
const ask = text => ({ contents: [{ role: 'user', parts: [{ text }] }] });
const GENERATE = '/v1beta/models/bytes:generateContent';
const STREAM = '/v1beta/models/bytes:streamGenerateContent?alt=sse';
const chunk = (parts, more = {}, all = {}) => ({ candidates: [{ content: {
    parts: typeof parts === 'string' ? [{ text: parts }] : parts,
    role: 'model' }, index: 0, ...more }], modelVersion: 'gemini-flash',
    ...all });
const sse = list => list.map(e =>
    `data: ${typeof e === 'string' ? e : JSON.stringify(e)}\r\n\r\n`).join('');

test('generateContent: pseudonyms go out and come back', async () => {
    const r = await ai.models.generateContent({ model: 'gem',
        contents: `my number is ${MOBILE}`,
        config: { systemInstruction: `know ${MOBILE}`, ...demo({ echo: true }),
                  maxOutputTokens: 100 } });
    assert.equal(r.text, `my number is ${MOBILE}`);
    const sent = await model.last();
    assert.match(sent.head, /^\/v1beta\/models\/demo:generateContent|POST/);
    assert.ok(!sent.text.includes(MOBILE), sent.text);
    assert.equal(sent.text.split('<MOBILE_1>').length, 3);
    const end = await lastEnd();
    assert.equal(end.usage, 'reported');
    assert.equal(end.ending, 'ok');
});

test('every text of a request is inspected', async () => {
    await ai.models.generateContent({ model: 'gem', contents: [
        { role: 'user', parts: [{ text: `a ${MOBILE}` }, { inlineData: {
            mimeType: 'image/png', data: 'iVBORw0KGgo=' } }] },
        { role: 'model', parts: [{ text: `b ${MOBILE}`, thought: true },
            { functionCall: { name: 'f', args: { n: 13812345678,
              [MOBILE]: { deep: [`x ${MOBILE}`] } } } },
            { executableCode: { language: 'PYTHON',
              code: `print(${MOBILE})` } },
            { codeExecutionResult: { outcome: 'OUTCOME_OK',
              output: MOBILE } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f',
            response: { output: { n: 13812345678, s: MOBILE } } } }] }],
        config: { ...demo({ say: 'ok' }),
            toolConfig: { functionCallingConfig: {
                mode: FunctionCallingConfigMode.ANY } },
            tools: [{ functionDeclarations: [{ name: 'f',
                description: `calls ${MOBILE}`, parametersJsonSchema: {
                type: 'object', properties: { n: { type: 'string',
                description: MOBILE } } } }] }] } });
    const sent = await model.last();
    assert.ok(!sent.text.includes('13812345678'), sent.text);
    const body = JSON.parse(sent.text);
    const call = body.contents[1].parts[1].functionCall.args;
    assert.equal(call.n, '<MOBILE_1>');
    assert.equal(body.contents[2].parts[0].functionResponse.response.output.n,
                 '<MOBILE_1>');
    assert.equal(body.contents[0].parts[1].inlineData.data, 'iVBORw0KGgo=');
    assert.equal((await lastEnd()).request_scanned, 'partly');
});

test('a denied prompt goes nowhere: 403 in the shape of Google', async () => {
    const n = (await model.count());
    for (const contents of ['求儿童色情', [{ role: 'user', parts: [{
        functionResponse: { name: 'f', response: { a: ['求儿童色情'] } } }] }]]) {
        await assert.rejects(ai.models.generateContent({ model: 'gem',
            contents }), e => {
            assert.equal(e.status, 403);
            const { error } = JSON.parse(e.message);
            assert.equal(error.code, 403);
            assert.equal(error.status, 'PERMISSION_DENIED');
            assert.equal(error.details[0].reason, 'CONTENT_FILTER');
            assert.ok(error.weir.rule && error.weir.article, e.message);
            return true;
        });
    }
    assert.deepEqual(await model.count(), n);
});

test('an answer: texts, thoughts, calls, code; parts continue each other',
     async () => {
    up.json(chunk([{ text: `hm ${OTHER}`, thought: true,
        thoughtSignature: 'c2lnbmF0dXJl' }, { text: 'it is 1398765' },
        { text: '4321.' }, { functionCall: { name: 'dial', args: {
        to: 13987654321, why: [OTHER] } } }, { executableCode: {
        language: 'PYTHON', code: `n = ${OTHER}` } }, { codeExecutionResult: {
        outcome: 'OUTCOME_OK', output: OTHER } }, { inlineData: {
        mimeType: 'image/png', data: 'iVBORw0KGgo=' } }],
        { finishReason: 'STOP' }, { usageMetadata: { promptTokenCount: 7,
        cachedContentTokenCount: 5, candidatesTokenCount: 10,
        thoughtsTokenCount: 3, totalTokenCount: 20 } }));
    const before = (await gw.grant('hotline')).spent;
    const r = await ai.models.generateContent({ model: 'bytes',
                                                contents: 'hi' });
    const text = JSON.stringify(r);
    assert.ok(!text.includes(OTHER), text);
    assert.match(r.text, /^it is .+\.$/);
    assert.ok(!r.text.includes('1398765'), r.text);
    assert.equal(r.functionCalls[0].args.to, r.functionCalls[0].args.why[0]);
    const parts = r.candidates[0].content.parts;
    assert.equal(parts[0].thoughtSignature, 'c2lnbmF0dXJl');
    assert.equal(parts[6].inlineData.data, 'iVBORw0KGgo=');
    const end = await lastEnd();
    assert.equal(end.answer_scanned, 'partly');
    assert.equal(end.input_tokens, 7);
    assert.equal(end.output_tokens, 13);
    assert.equal((await gw.grant('hotline')).spent - before, 14 + 104);
});

test('an answer that a rule denies', async () => {
    up.json(chunk([{ text: `好的。${DENIED}，联系我` }, { text: 'more' }],
                  { finishReason: 'STOP' }));
    const r = await ai.models.generateContent({ model: 'bytes',
                                                contents: 'hi' });
    assert.equal(r.candidates[0].finishReason, 'SAFETY');
    assert.equal(r.text, '好的。');
});

test('streamed: any cut delivers what the whole delivers', async () => {
    const text = `数字 ${OTHER} 与 <MOBILE_1>，完。`;
    const roll = dice(11);
    let whole;
    for (const [old, n] of [[false, 1e6], [false, 1], [true, 1], [true, 13],
                            [false, 64], [true, 7]]) {
        const list = [], all = [...text];
        for (let i = 0; i < all.length;) {
            const k = n === 1e6 ? all.length : 1 + roll(4);
            const parts = [{ text: all.slice(i, i + k).join('') }];
            i += k;
            if (roll(2) && i < all.length && n !== 1e6) {
                parts.push({ text: all[i++] });
            }
            if (roll(3) === 0) parts.push({ thought: true, text: 'hm ' });
            list.push(chunk(parts, old ? { finishReason: 'STOP' } : {},
                { usageMetadata: { promptTokenCount: 3 } }));
        }
        list.push(chunk('', { finishReason: 'STOP' }, { usageMetadata: {
            promptTokenCount: 3, candidatesTokenCount: 9 } }));
        up.answers({ type: 'text/event-stream', pieces: cut(sse(list), n) });
        let got = '', last;
        for await (const e of await ai.models.generateContentStream({
            model: 'bytes', contents: `我的号码是${MOBILE}` })) {
            got += e.text ?? '';
            last = e;
        }
        assert.match(got, new RegExp(`^数字 .+ 与 ${MOBILE}，完。$`));
        assert.ok(!got.includes(OTHER), got);
        whole ??= got;
        assert.equal(got, whole);
        assert.equal(last.candidates[0].finishReason, 'STOP');
        assert.equal(last.usageMetadata.candidatesTokenCount, 9);
    }
    const end = await lastEnd();
    assert.equal(end.usage, 'reported');
    assert.equal(end.output_tokens, 9);
    assert.equal(up.last().path, '/prefix/v1beta/models/gemini-flash:' +
                                 'streamGenerateContent?alt=sse');
});

test('streamed: text held at the end leaves with the last event',
     async () => {
    up.answers({ type: 'text/event-stream', text: sse([chunk('call 139'),
        chunk('8765', { finishReason: 'STOP' }, { usageMetadata: {
        promptTokenCount: 1, candidatesTokenCount: 2 } })]) });
    const r = await post(STREAM, ask('hi'));
    const list = events(r.text);
    assert.equal(list.length, 2);
    assert.equal(list.map(e => e.candidates[0].content.parts[0].text).join(''),
                 'call 1398765');
    assert.equal(list[1].usageMetadata.candidatesTokenCount, 2);
});

test('streamed: a rule ends it, for every candidate', async () => {
    const one = (index, text) => ({ candidates: [{ index, content: {
        role: 'model', parts: [{ text }] } }], modelVersion: 'm',
        responseId: 'r' });
    up.answers({ type: 'text/event-stream', text: sse([one(0, '先说'),
        one(1, '别的'), ...[...`，${DENIED}，然后`].map(c => one(0, c)),
        one(1, '更多')]) });
    const got = ['', ''], finish = ['', ''];
    let weir;
    for await (const e of await ai.models.generateContentStream({
        model: 'bytes', contents: 'hi', config: { candidateCount: 2 } })) {
        for (const c of e.candidates) {
            got[c.index] += c.content?.parts?.[0]?.text ?? '';
            finish[c.index] = c.finishReason ?? finish[c.index];
        }
        weir = e.candidates[0].finishReason;
    }
    assert.deepEqual(got, ['先说，', '别的']);
    assert.deepEqual(finish, ['SAFETY', 'SAFETY']);
    assert.equal(weir, 'SAFETY');
    assert.equal((await lastEnd()).ending, 'denied');
});

test('streamed: a call whole, arguments in pieces refused', async () => {
    up.answers({ type: 'text/event-stream', text: sse([chunk([{ functionCall: {
        name: 'dial', args: { to: 13987654321 } } }], { finishReason:
        'STOP' })]) });
    const r = await post(STREAM, ask('hi'));
    const args = events(r.text)[0].candidates[0].content.parts[0]
        .functionCall.args;
    assert.ok(!String(args.to).includes(OTHER), r.text);
    up.answers({ type: 'text/event-stream', text: sse([chunk([{ functionCall: {
        name: 'dial', partialArgs: [{ jsonPath: '$.to',
        stringValue: '139' }], willContinue: true } }])]) });
    assert.equal((await post(STREAM, ask('hi'))).status, 502);
});

test('streamed: the upstream breaks off; the SDK throws', async () => {
    const s = await ai.models.generateContentStream({ model: 'gem',
        contents: 'hi', config: demo({ say: 'one two three four five six',
        chunk: 3, stop_after: 3 }) });
    let got = '';
    await assert.rejects(async () => {
        for await (const e of s) got += e.text ?? '';
    }, e => e.status === 502 && /broke off/.test(e.message));
    assert.ok(got.startsWith('one two'), got);
    assert.equal((await lastEnd()).ending, 'upstream_broke');
});

test('a stream as a JSON array is refused, with the way out', async () => {
    const n = up.seen.length;
    for (const query of ['', '?alt=json', '?alt=proto']) {
        const r = await post('/v1beta/models/bytes:streamGenerateContent' +
                             query, ask('hi'));
        assert.equal(r.status, 400);
        assert.equal(r.json.error.status, 'INVALID_ARGUMENT');
        assert.match(r.json.error.message, /alt=sse/);
    }
    assert.equal(up.seen.length, n);
});

test('nothing to change, nothing changes', async () => {
    const odd = ` {"contents" : [{"parts":[{"text":"\\u4f60 \\/"},` +
        `{"x_new":{"a":1e400}}]}],\n"generationConfig":{"seed":` +
        `123456789012345678901}}\n`;
    const answer = ` {"candidates": [{"content":{"parts":[{"text":"\\u4f60` +
        `"}],"role":"model"},"x":1e400,"finishReason":"STOP"}]}\n`;
    up.answers({ text: answer });
    const r = await post(GENERATE, odd);
    assert.equal(up.last().text, odd);
    assert.equal(r.text, answer);
    const text = sse([chunk('好 '), ': c', chunk('的', {
        finishReason: 'STOP' })]).replace('data: : c', ': c');
    up.answers({ type: 'text/event-stream', pieces: cut(text, 5) });
    assert.equal((await post(STREAM, ask('hi'))).text, text);
});

test('the key: header, bearer, query; it goes no further', async () => {
    up.json(chunk('ok', { finishReason: 'STOP' }));
    const query = `?key=${key}&prettyPrint=false`;
    for (const [where, headers] of [[GENERATE, { 'x-goog-api-key': key }],
        [GENERATE, { authorization: `Bearer ${key}` }],
        [GENERATE + query, {}], [`/v1/models/bytes:generateContent${query}`,
                                 {}]]) {
        const r = await post(where, ask('hi'), { headers, k: null });
        assert.equal(r.status, 200, r.text);
        const { path: at, headers: sent } = up.last();
        assert.match(at, /^\/prefix\/v1(beta)?\/models\/gemini-flash:gen\w+$/);
        assert.equal(sent['x-goog-api-key'], SECRET);
        assert.ok(!JSON.stringify([at, sent]).includes(key));
    }
    assert.equal((await post(GENERATE, ask('hi'), { k: null })).status, 401);
    assert.equal((await post(`${GENERATE}?key=wrong`, ask('hi'),
                             { k: null })).json.error.status,
                 'UNAUTHENTICATED');
    /* two that differ: which counts would be a guess */
    assert.equal((await post(`${GENERATE}?key=other`, ask('hi'))).status, 400);
    /* other interfaces take none there */
    assert.equal((await post(`/v1/chat/completions${query}`, gw.ask('hi'),
                             { k: null })).status, 401);
});

test('a key in the query is in no log', async () => {
    /* what nginx itself writes of a request that fails */
    up.answers({ status: 200, type: 'text/plain', text: 'x' });
    await post(`${GENERATE}?key=${key}`, ask('hi'), { k: null });
    await post(`${GENERATE}?key=${key}`, 'x'.repeat(27 << 20), { k: null })
        .catch(() => {});
    await sleep(1300);          /* the access log is flushed each second */
    const dir = path.join(gw.state, 'log');
    let bytes = 0, errors = '';
    for (const f of fs.readdirSync(dir)) {
        const text = fs.readFileSync(path.join(dir, f), 'utf8');
        bytes += text.length;
        errors += /error/.test(f) ? text : '';
        assert.ok(!text.includes(key), f);
        assert.ok(!text.includes('key='), f);
    }
    assert.ok(bytes > 0);
    assert.match(errors, /too large body.*:generateContent/);
});

test('model names: of the path; a second one must be the same', async () => {
    up.json(chunk('ok', { finishReason: 'STOP' }));
    let r = await post(GENERATE, { model: 'models/bytes', ...ask('hi') });
    assert.equal(r.status, 200);
    assert.equal(JSON.parse(up.last().text).model, 'models/gemini-flash');
    r = await post(GENERATE, { model: 'models/other', ...ask('hi') });
    assert.equal(r.status, 400);
    for (const name of ['nope', 'demo', '..', '%2e%2e', 'a'.repeat(200)]) {
        r = await post(`/v1beta/models/${name}:generateContent`, ask('hi'));
        assert.equal(r.status, 404, name);
    }
    r = await post('/v1beta/models/bytes:generateContent/../x', ask('hi'));
    assert.equal(r.status, 405);
    assert.equal(r.json.error.code, 405);
});

test('what is not inspected is refused in the same shape', async () => {
    for (const where of ['/v1beta/models/bytes:embedContent',
        '/v1beta/models/bytes:batchGenerateContent', '/v1beta/files',
        '/upload/v1beta/files', '/v1beta/cachedContents',
        '/v1beta/tunedModels/x:generateContent']) {
        const r = await post(where, ask('hi'));
        assert.equal(r.status, 404, where);
        assert.equal(r.json.error.details[0].reason, 'SURFACE_NOT_INSPECTED');
    }
    const r = await fetch(`${gw.url}${GENERATE}`, { headers: {
        'x-goog-api-key': key } });
    assert.equal(r.status, 405);
});

test('malformed bodies, in words', async () => {
    const n = up.seen.length;
    for (const [body, reason] of [['{"contents":[', 'INVALID_JSON'],
        ['', 'INVALID_JSON'], ['[]', 'INVALID_REQUEST'],
        ['{"contents":{}}', 'INVALID_REQUEST'],
        ['{"contents":[{"parts":[{"text":"a","text":"b"}]}]}',
         'DUPLICATE_KEY'],
        ['{"contents":[{"parts":[{"text":"a","TEXT":"b"}]}]}',
         'DUPLICATE_KEY'],
        [`{"contents":[${'['.repeat(200)}`, 'NESTING_TOO_DEEP']]) {
        const r = await post(GENERATE, body);
        assert.equal(r.status, 400, body);
        assert.equal(r.json.error.details[0].reason, reason, body);
    }
    assert.equal(up.seen.length, n);
});

test('models: those of the scenario that speak this interface', async () => {
    const names = [];
    for await (const m of await ai.models.list()) names.push(m.name);
    assert.deepEqual(names, ['models/gem', 'models/bytes', 'models/two']);
    assert.equal((await ai.models.get({ model: 'gem' })).outputTokenLimit,
                 65536);
    for (const model of ['demo', 'nope']) {
        await assert.rejects(ai.models.get({ model }), e => e.status === 404);
    }
});

test('the next upstream that speaks it, when one is busy', async () => {
    const n = up.seen.length;
    up.answers(q => q.path.startsWith('/busy')
        ? { status: 503, text: '{"error":{"code":503}}' }
        : { type: 'text/event-stream', text: sse([chunk('ok', {
            finishReason: 'STOP' })]) });
    const r = await post(`/v1/models/two:streamGenerateContent?key=${key}` +
                         '&alt=sse', ask(`to ${MOBILE}`), { k: null });
    assert.equal(events(r.text)[0].candidates[0].content.parts[0].text, 'ok');
    const want = '/v1/models/gemini-two:streamGenerateContent?alt=sse';
    assert.deepEqual(up.seen.slice(n).map(q => q.path),
                     [`/busy${want}`, `/prefix${want}`]);
    assert.ok(up.seen.slice(n).every(q => q.text.includes('<MOBILE_1>')));
});

test('countTokens: inspected, and free', async () => {
    const before = (await gw.grant('hotline')).spent;
    const r = await ai.models.countTokens({ model: 'gem',
                                            contents: `to ${MOBILE}` });
    assert.equal(r.totalTokens, 12);
    assert.ok(!(await model.last()).text.includes(MOBILE));
    assert.equal((await gw.grant('hotline')).spent, before);
});

test('no rules: what goes in comes out', async () => {
    let got = '';
    for await (const e of await plain.models.generateContentStream({
        model: 'gem', contents: `call ${MOBILE}`,
        config: demo({ echo: true, chunk: 1 }) })) got += e.text ?? '';
    assert.equal(got, `call ${MOBILE}`);
    assert.ok((await model.last()).text.includes(MOBILE));
});

test('a chat of the SDK over two turns', async () => {
    const chat = ai.chats.create({ model: 'gem' });
    const a = await chat.sendMessage({ message: `I am at ${MOBILE}`,
        config: demo({ echo: true }) });
    assert.equal(a.text, `I am at ${MOBILE}`);
    const b = await chat.sendMessage({ message: 'again?',
        config: demo({ echo: true }) });
    assert.equal(b.text, 'again?');
    const sent = await asked();
    assert.equal(sent.contents.length, 3);
    assert.ok(!JSON.stringify(sent).includes(MOBILE));
});

test('errors of the upstream: its words, inspected', async () => {
    up.json({ error: { code: 429, message: `slow down, ${OTHER}`,
        status: 'RESOURCE_EXHAUSTED', details: [{ '@type': 'x', reason: OTHER
        }] } }, { status: 429 });
    await assert.rejects(ai.models.generateContent({ model: 'bytes',
        contents: 'hi' }), e => e.status === 429
        && /slow down/.test(e.message) && !e.message.includes(OTHER));
});
