/* Files of requests and batches of them, with the SDK: every line is inspected
   as a request, results as answers; whose they are, what they cost. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, register, until, micro } from './harness.mjs';
import { startUpstream, cut } from './upstream.mjs';

const MOBILE = '13812345678', OTHER = '13987654321', DENIED = '高价收四件套';
const CHILD = '求儿童色情';
let up, other, gw, openai, plain, watching;
process.env.E2E_BATCH_KEY = 'sk-batch-one';
process.env.E2E_BATCH_OTHER = 'sk-batch-two';

const sdk = async scenario => new OpenAI({ apiKey: await gw.key(scenario),
    baseURL: `${gw.url}/v1`, maxRetries: 0 });

before(async () => {
    up = await startUpstream();
    other = await startUpstream();
    gw = await startGateway({ model: { url: up.url }, register: url =>
        register(url).replace('protocol: openai',
            'protocol: openai\nsecret: env:E2E_BATCH_KEY')
        .replace('protocol: anthropic',
            'protocol: anthropic\nsecret: env:E2E_BATCH_KEY')
        .replace('---\nkind: Fund', `---
kind: Upstream
name: elsewhere
url: ${other.url}
protocol: openai
secret: env:E2E_BATCH_OTHER
---
kind: Model
name: far
served: far-served
upstreams: [elsewhere]
max_output: 100
price: {unit: CNY, per: 1M, input: "1.00", output: "1.00", call: "0.001"}
---
kind: Fund`).replaceAll('models: [demo,', 'models: [demo, far,') });
    openai = await sdk('hotline');
    plain = await sdk('plain');
    watching = await sdk('watching');
});
after(async () => {
    await gw?.close({ alerts: [/exited on signal 9/] });
    await up?.stop();
    await other?.stop();
});

/* By time: the keeper writes the ends of dead workers' calls into a file of
   its own, which may be listed last. */
const lastEnd = async () =>
    (await gw.journal()).filter(r => r.kind === 'end')
        .sort((a, b) => a.at_ms - b.at_ms).at(-1);
const line = (content, more = {}, body = {}) => ({ custom_id: 'r1',
    method: 'POST', url: '/v1/chat/completions', body: { model: 'demo',
    max_tokens: 100, messages: [{ role: 'user', content }], ...body },
    ...more });
const jsonl = list => list.map(l => typeof l === 'string' ? l
    : JSON.stringify(l)).join('\n') + '\n';
const file = async list => toFile(Buffer.from(jsonl(list)), 'in.jsonl');
const fileObject = id => ({ id, object: 'file', bytes: 9, created_at: 1,
    filename: 'in.jsonl', purpose: 'batch', status: 'processed' });
const batchObject = (more = {}) => ({ id: 'batch_abc', object: 'batch',
    endpoint: '/v1/chat/completions', errors: null, input_file_id: 'file-abc',
    completion_window: '24h', status: 'completed', output_file_id: 'file-out',
    error_file_id: null, created_at: 1, request_counts: { total: 1,
    completed: 1, failed: 0 }, metadata: { note: `of ${OTHER}` }, ...more });
const upload = async (who, list) => {
    up.json(fileObject('file-abc'));
    return who.files.create({ purpose: 'batch', file: await file(list) });
};
async function sentLines(seen = up.last()) {
    const form = await new Response(seen.body, { headers: {
        'content-type': seen.headers['content-type'] } }).formData();
    return { purpose: form.get('purpose'), text: await form.get('file')
        .text() };
}

test('upload: every line is inspected as a request of its interface',
     async () => {
    const odd = '{"custom_id" : "x", "body":{"model":"demo","input":"a\\u4e2d' +
        '","seed":12345678901234567890123},"url":"/v1/embeddings","method":' +
        '"POST"}\r';
    const f = await upload(openai, [
        line(`I am ${MOBILE}`, { custom_id: 'r1' }),
        line('x', { custom_id: 'r2', url: '/v1/responses' },
             { messages: undefined, input: `call ${MOBILE}` }), '', odd]);
    assert.match(f.id, /^file-abc-w[0-9a-f]{48}$/);
    assert.equal(up.last().headers.authorization, 'Bearer sk-batch-one');
    const { purpose, text } = await sentLines();
    assert.equal(purpose, 'batch');
    const lines = text.split('\n');
    assert.equal(JSON.parse(lines[0]).body.messages[0].content,
                 'I am <MOBILE_1>');
    assert.equal(JSON.parse(lines[1]).body.input, 'call <MOBILE_1>');
    assert.equal(lines[2], '');
    assert.equal(lines[3], odd);
    const end = await lastEnd();
    assert.equal(end.request_scanned, 'full');
    assert.equal(end.model ?? 'demo', 'demo');
    assert.equal((await gw.grant('hotline')).spent, 0);
});

test('upload: nothing to change, nothing changes', async () => {
    const list = [line('one'), line('two', { custom_id: 'r2' })];
    await upload(openai, list);
    assert.equal((await sentLines()).text, jsonl(list));
});

test('upload: the model as the upstream calls it, all at one upstream',
     async () => {
    other.json(fileObject('file-far'));
    const n = up.seen.length;
    const f = await openai.files.create({ purpose: 'batch', file: await file([
        line('one', {}, { model: 'far' })]) });
    assert.equal(up.seen.length, n);
    assert.equal(other.last().headers.authorization, 'Bearer sk-batch-two');
    assert.equal(JSON.parse((await sentLines(other.last())).text).body.model,
                 'far-served');
    other.json(batchObject({ id: 'batch_far', input_file_id: 'file-far' }));
    await openai.batches.create({ input_file_id: f.id, endpoint:
        '/v1/chat/completions', completion_window: '24h' });
    assert.equal(other.last().path, '/v1/batches');
    await assert.rejects(openai.files.create({ purpose: 'batch',
        file: await file([line('one'), line('two', { custom_id: 'r2' },
            { model: 'far' })]) }),
        e => e.status === 404 && e.code === 'model_not_found'
             && e.param === 'line 2' && /r2/.test(e.message));
    assert.equal(up.seen.length, n);
});

test('upload: what is refused says where it stands', async () => {
    const n = up.seen.length;
    const bad = {
        'a denied text': [line(CHILD), 403, 'content_filter'],
        'denied, in a key order of its own': [JSON.stringify({ body: { input:
            CHILD, model: 'demo' }, url: '/v1/embeddings', method: 'POST',
            custom_id: 'r2' }), 403, 'content_filter'],
        'a denied id': [line('x', { custom_id: CHILD }), 403,
                        'content_filter'],
        'a denied note': [line('x', { note: CHILD }), 403, 'content_filter'],
        'no JSON': ['{"custom_id":"r2"', 400, 'invalid_json'],
        'two in a line': [JSON.stringify(line('x')) + JSON.stringify(
            line(CHILD)), 400, 'invalid_json'],
        'a body twice': ['{"custom_id":"r2","method":"POST","url":' +
            '"/v1/embeddings","body":{},"body":{}}', 400, 'duplicate_key'],
        'a model twice': ['{"custom_id":"r2","method":"POST","url":' +
            '"/v1/embeddings","body":{"model":"demo","Model":"x"}}', 400,
            'duplicate_key'],
        'another interface': [line('x', { url: '/v1/images/generations' }),
                              404, 'surface_not_inspected'],
        'files in files': [line('x', { url: '/v1/files' }), 404,
                           'surface_not_inspected'],
        'an interface in escapes is read': [JSON.stringify(line(CHILD))
            .replace('/v1/chat', '\\/v1\\/chat'), 404,
            'surface_not_inspected'],
        'another method': [line('x', { method: 'GET' }), 404,
                           'surface_not_inspected'],
        'a body that is text': [line('x', { body: '{"model":"demo"}' }), 400,
                                'invalid_request'],
        'no id': [line('x', { custom_id: undefined }), 400,
                  'invalid_request'],
        'no model': [line('x', {}, { model: undefined }), 400,
                     'invalid_request'],
        'another model': [line('x', {}, { model: 'gpt-none' }), 404,
                          'model_not_found'],
        'token ids': [line('x', { url: '/v1/embeddings' }, { input: [[1]],
            messages: undefined }), 400, 'token_ids_not_inspected'],
        'a long line': [line('x'.repeat(5 << 20)), 413, 'request_too_large'],
    };
    for (const [what, [l, status, code]] of Object.entries(bad)) {
        await assert.rejects(openai.files.create({ purpose: 'batch',
            file: await file([line('good'), l]) }), e => {
            assert.equal(e.status, status, `${what}: ${e.message}`);
            assert.equal(e.code, code, what);
            assert.equal(e.param, 'line 2', what);
            return true;
        });
    }
    for (const purpose of ['fine-tune', 'assistants', 'user_data', 'vision'])
        await assert.rejects(openai.files.create({ purpose,
            file: await file([line('x')]) }),
            e => e.status === 404 && e.code === 'surface_not_inspected');
    await assert.rejects(openai.files.create({ purpose: 'batch',
        file: await toFile(Buffer.from('\n'), 'in.jsonl') }),
        e => e.status === 400);
    assert.equal(up.seen.length, n);
});

test('files: get, delete, content; ids of others are not found', async () => {
    const f = await upload(openai, [line('x')]);
    up.json({ ...fileObject('file-abc'), filename: `${OTHER} x.jsonl` });
    const got = await openai.files.retrieve(f.id);
    assert.equal(up.last().path, '/v1/files/file-abc');
    assert.match(got.id, /^file-abc-w/);
    assert.ok(!got.filename.includes(OTHER));
    const n = up.seen.length;
    const forged = [f.id, f.id.replace(/.$/, c => c === '0' ? '1' : '0'),
        'file-abc', f.id.replace('file-abc', 'file-abd'),
        f.id.replace(/-w0/, '-w1'), '..%2fmodels', f.id + 'x', 'a/b'];
    for (const [i, id] of forged.entries()) {
        const who = i === 0 ? watching : openai;
        for (const call of ['retrieve', 'content', 'delete'])
            await assert.rejects(who.files[call](id), e => e.status === 404
                && /object_not_found|surface/.test(e.code), `${call} ${id}`);
    }
    assert.equal(up.seen.length, n);
    up.json({ id: 'file-abc', object: 'file', deleted: true });
    const gone = await openai.files.delete(f.id);
    assert.equal(up.last().path, '/v1/files/file-abc');
    assert.match(gone.id, /^file-abc-w/);
});

test('lists would show what others have: refused, with what to do instead',
     async () => {
    const claude = new Anthropic({ apiKey: await gw.key(), baseURL: gw.url,
                                   maxRetries: 0 });
    const n = up.seen.length;
    for (const list of [() => openai.files.list(), () => openai.batches.list(),
                        () => openai.files.list({ limit: 1, after: 'file-1' }),
                        () => claude.messages.batches.list()])
    {
        await assert.rejects(async () => { await list(); }, e => {
            assert.equal(e.status, 405);
            assert.match(e.message, /all scenarios. Keep the id/);
            return true;
        });
    }
    const r = await fetch(`${gw.url}/v1/files`, { headers: { authorization:
        `Bearer ${await gw.key()}`, 'accept-language': 'zh' } });
    assert.match((await r.json()).error.message, /请保存上传时返回的 id/);
    /* another method is no list */
    const put = await fetch(`${gw.url}/v1/files`, { method: 'PUT', headers: {
        authorization: `Bearer ${await gw.key()}` } });
    assert.equal(put.status, 405);
    assert.doesNotMatch((await put.json()).error.message, /Keep the id/);
    assert.equal(up.seen.length, n);
});

const result = (id, content, more = {}) => ({ id: 'batch_req_1',
    custom_id: id, response: { status_code: 200, request_id: 'q', body: {
    id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'demo',
    choices: [{ index: 0, message: { role: 'assistant', content },
    logprobs: { content: [{ token: content }] }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 } } },
    error: null, ...more });

test('batches: create, retrieve, content, cancel', async () => {
    const f = await upload(openai, [line('hello', {}, { max_tokens: 50 }),
        line('two', { custom_id: 'r2' }, { max_tokens: 70, n: 2 })]);
    up.json(batchObject({ status: 'validating', output_file_id: null }));
    const before = await gw.grant('hotline');
    const b = await openai.batches.create({ input_file_id: f.id,
        endpoint: '/v1/chat/completions', completion_window: '24h',
        metadata: { by: MOBILE } });
    assert.equal(up.last().path, '/v1/batches');
    assert.equal(JSON.parse(up.last().text).input_file_id, 'file-abc');
    assert.equal(JSON.parse(up.last().text).metadata.by, '<MOBILE_1>');
    assert.match(b.id, /^batch_abc-w/);
    assert.equal(b.output_file_id, null);
    assert.ok(!b.metadata.note.includes(OTHER));
    /* what the lines say they may write at 8, their text at 2 */
    const now = await gw.grant('hotline');
    assert.equal(now.reserved, 0);
    const cost = now.spent - before.spent;
    assert.ok(cost > (50 + 140) * 8 && cost < (50 + 140) * 8 + 60,
              String(cost));
    const end = await lastEnd();
    assert.equal(end.usage, 'estimated');
    assert.equal(micro(end.charged), cost);

    up.json(batchObject());
    const got = await openai.batches.retrieve(b.id);
    assert.equal(up.last().path, '/v1/batches/batch_abc');
    assert.match(got.output_file_id, /^file-out-w/);

    const lines = [result('r1', `number ${OTHER}`), result('r2',
        `x ${DENIED} y`), result('r3', 'plain'), '{broken', ''].map(l =>
        typeof l === 'string' ? l : JSON.stringify(l));
    for (const n of [1, 17, 100000]) {
        up.answers({ type: 'application/octet-stream',
                     pieces: cut(lines.join('\n'), n) });
        const text = await (await openai.files.content(got.output_file_id))
            .text();
        assert.equal(up.last().path, '/v1/files/file-out/content');
        const out = text.split('\n');
        assert.equal(out.length, 5);
        assert.ok(!text.includes(OTHER) && !text.includes(DENIED), text);
        const one = JSON.parse(out[0]);
        assert.match(one.response.body.choices[0].message.content,
                     /^number /);
        assert.equal(one.response.body.choices[0].logprobs, null);
        const two = JSON.parse(out[1]);
        assert.equal(two.custom_id, 'r2');
        assert.equal(two.response, null);
        assert.equal(two.error.code, 'content_filter');
        assert.match(two.error.weir.rule, /fraud-offer/);
        assert.equal(JSON.parse(out[2]).response.body.choices[0].message
            .content, 'plain');
        assert.equal(JSON.parse(out[3]).error.code, 'upstream_invalid');
    }
    /* another scenario has none of it */
    const n = up.seen.length;
    for (const call of [() => watching.batches.retrieve(b.id),
                        () => watching.batches.cancel(b.id),
                        () => watching.files.content(got.output_file_id),
                        () => watching.batches.create({ input_file_id: f.id,
                            endpoint: '/v1/chat/completions',
                            completion_window: '24h' })])
    {
        await assert.rejects(call(), e => e.status === 404
                                          && e.code === 'object_not_found');
    }
    assert.equal(up.seen.length, n);
    up.json(batchObject({ status: 'cancelling' }));
    const c = await openai.batches.cancel(b.id);
    assert.equal(up.last().path, '/v1/batches/batch_abc/cancel');
    assert.equal(c.status, 'cancelling');
});

test('content: a file that breaks off does not look whole', async () => {
    const f = await upload(openai, [line('x')]);
    up.answers({ type: 'application/octet-stream', headers: {
        'content-length': '100000' }, text: JSON.stringify(result('r1', 'ok'))
        + '\n{"id":' });
    const text = await (await openai.files.content(f.id)).text()
        .catch(e => String(e));
    assert.match(text, /upstream_broke/);
    /* nor does one that stands elsewhere lead around the gateway */
    up.answers({ status: 302, headers: { location: `${up.url}/x` } });
    const r = await fetch(`${gw.url}/v1/files/${f.id}/content`, {
        redirect: 'manual', headers: { authorization:
        `Bearer ${await gw.key()}` } });
    assert.equal(r.status, 502);
    assert.equal(r.headers.get('location'), null);
});

test('money: a file pays each time, results and unknown files pay no batch',
     async () => {
    const f = await upload(openai, [line('x')]);
    const create = id => openai.batches.create({ input_file_id: id,
        endpoint: '/v1/chat/completions', completion_window: '24h' });
    up.json(batchObject());
    const a = await gw.grant('hotline');
    const b = await create(f.id);
    const c = await gw.grant('hotline');
    await create(f.id);
    const d = await gw.grant('hotline');
    assert.ok(c.spent > a.spent);
    assert.equal(d.spent - c.spent, c.spent - a.spent);
    const n = up.seen.length;
    for (const id of [b.output_file_id, b.input_file_id, b.id])
        await assert.rejects(create(id), e => e.code === 'object_not_found');
    assert.equal(up.seen.length, n);

    /* refused by the provider: nothing is paid */
    up.json({ error: { message: 'no', type: 'invalid_request_error' } },
            { status: 400 });
    await assert.rejects(create(f.id), e => e.status === 400);
    assert.equal((await gw.grant('hotline')).spent, d.spent);

    /* who goes before the answer has made it all the same */
    let out;
    up.answers(() => new Promise(() => { out = true; }));
    const stop = new AbortController();
    const gone = openai.batches.create({ input_file_id: f.id, endpoint:
        '/v1/chat/completions', completion_window: '24h' },
        { signal: stop.signal }).catch(e => e);
    await until('the call to be out', () => out);
    stop.abort();
    assert.ok(await gone instanceof Error);
    await until('it to be paid', async () =>
        (await gw.grant('hotline')).reserved === 0);
    assert.equal((await gw.grant('hotline')).spent - d.spent,
                 d.spent - c.spent);

    /* more than the grant has */
    const poor = await sdk('poor');
    const dear = await upload(poor, [line('x', {}, { max_tokens: 60000 })]);
    const m = up.seen.length;
    await assert.rejects(poor.batches.create({ input_file_id: dear.id,
        endpoint: '/v1/chat/completions', completion_window: '24h' }),
        e => e.status === 402);
    assert.equal(up.seen.length, m);
});

test('kill -9 while a batch is made: it is paid as reserved', async () => {
    const f = await upload(openai, [line('x')]);
    const before = await gw.grant('hotline');
    let go;
    up.answers(() => new Promise(done => { go = done; }));
    const call = openai.batches.create({ input_file_id: f.id, endpoint:
        '/v1/chat/completions', completion_window: '24h' }).catch(e => e);
    await until('the call to be out', () => go);
    const { reserved } = await gw.grant('hotline');
    assert.ok(reserved > 0);
    const made = up.seen.length;
    process.kill((await gw.pids()).workers[0], 'SIGKILL');
    go({ text: JSON.stringify(batchObject()) });
    assert.ok(await call instanceof Error);
    await until('the reservation to be settled', async () =>
        (await gw.grant('hotline')).reserved === 0);
    assert.equal((await gw.grant('hotline')).spent, before.spent + reserved);
    assert.equal(up.seen.length, made);
    await gw.healthy();
});

test('rules or none, ids are of the scenario', async () => {
    const f = await upload(plain, [line(CHILD)]);
    assert.match(f.id, /^file-abc-w/);
    up.json(fileObject('file-abc'));
    await assert.rejects(openai.files.retrieve(f.id),
                         e => e.code === 'object_not_found');
    up.answers({ type: 'application/octet-stream', text: 'any bytes' });
    assert.equal(await (await plain.files.content(f.id)).text(),
                 'any bytes');
});

/* ---- Anthropic: one body has all ---- */

const claudeBatch = (more = {}) => ({ id: 'msgbatch_abc',
    type: 'message_batch', processing_status: 'ended', request_counts: {
    processing: 0, succeeded: 1, errored: 0, canceled: 0, expired: 0 },
    ended_at: '2026-11-24T16:00:00Z', created_at: '2026-11-24T15:00:00Z',
    expires_at: '2026-11-25T15:00:00Z', archived_at: null,
    cancel_initiated_at: null,
    results_url: `${up.url}/v1/messages/batches/msgbatch_abc/results`,
    ...more });
const item = (content, custom_id = 'r1', more = {}) => ({ custom_id,
    params: { model: 'demo-messages', max_tokens: 100, messages: [
        { role: 'user', content }], ...more } });

test('messages: batches are inspected, paid, and of one scenario',
     async () => {
    const claude = new Anthropic({ apiKey: await gw.key(), baseURL: gw.url,
                                   maxRetries: 0 });
    const b = claude.messages.batches;
    up.json(claudeBatch({ processing_status: 'in_progress',
                          results_url: null }));
    const before = await gw.grant('hotline');
    const made = await b.create({ requests: [item(`I am ${MOBILE}`),
        item('two', 'r2', { max_tokens: 50, system: `for ${MOBILE}` })] });
    assert.equal(up.last().path, '/v1/messages/batches');
    assert.equal(up.last().headers['x-api-key'], 'sk-batch-one');
    const sent = JSON.parse(up.last().text).requests;
    assert.equal(sent[0].params.messages[0].content, 'I am <MOBILE_1>');
    assert.equal(sent[1].params.system, 'for <MOBILE_1>');
    assert.equal(sent[1].params.model, 'demo');
    assert.match(made.id, /^msgbatch_abc-wf{16}[0-9a-f]{32}$/);
    const cost = (await gw.grant('hotline')).spent - before.spent;
    assert.ok(cost > 150 * 8 && cost < 150 * 8 + 60, String(cost));
    assert.equal(micro((await lastEnd()).charged), cost);

    up.answers(q => q.path.endsWith('/results')
        ? { type: 'application/x-jsonl', pieces: cut([
            { custom_id: 'r1', result: { type: 'succeeded', message: { id:
              'm', type: 'message', role: 'assistant', model: 'demo',
              content: [{ type: 'text', text: `number ${OTHER}` }],
              stop_reason: 'end_turn', stop_sequence: null, usage: {
              input_tokens: 1, output_tokens: 2 } } } },
            { custom_id: 'r2', result: { type: 'succeeded', message: {
              content: [{ type: 'text', text: `a ${DENIED}` }] } } }]
            .map(l => JSON.stringify(l) + '\n').join(''), 11) }
        : { text: JSON.stringify(claudeBatch()) });
    const got = [];
    for await (const r of await b.results(made.id)) got.push(r);
    assert.equal(up.last().path, '/v1/messages/batches/msgbatch_abc/results');
    assert.equal(got[0].result.type, 'succeeded');
    assert.match(got[0].result.message.content[0].text, /^number /);
    assert.ok(!JSON.stringify(got).includes(OTHER));
    assert.equal(got[1].custom_id, 'r2');
    assert.equal(got[1].result.type, 'errored');
    assert.match(got[1].result.error.error.weir.rule, /fraud-offer/);
    assert.ok(!JSON.stringify(got).includes(DENIED));

    up.json(claudeBatch({ processing_status: 'canceling' }));
    await b.cancel(made.id);
    assert.equal(up.last().path, '/v1/messages/batches/msgbatch_abc/cancel');
    up.json({ id: 'msgbatch_abc', type: 'message_batch_deleted' });
    assert.match((await b.delete(made.id)).id, /^msgbatch_abc-w/);

    const n = up.seen.length;
    const theirs = new Anthropic({ apiKey: await gw.key('watching'),
                                   baseURL: gw.url, maxRetries: 0 });
    for (const call of [() => theirs.messages.batches.retrieve(made.id),
                        () => b.retrieve('msgbatch_abc'),
                        () => theirs.messages.batches.cancel(made.id)])
        await assert.rejects(call(), e => e.status === 404
            && /object_not_found/.test(JSON.stringify(e.error)));
    for (const [requests, status, code] of [
        [[item('x'), item(CHILD, 'r2')], 403, 'content_filter'],
        [[item('x'), item('y', CHILD)], 403, 'content_filter'],
        [[item('x'), item('y', 'r2', { model: 'none' })], 404,
         'model_not_found'],
        [[item('x'), [item(CHILD)]], 400, 'invalid_request'],
        [[item('x'), { custom_id: 'r2' }], 400, 'invalid_request'],
        [[], 400, 'invalid_request']])
    {
        await assert.rejects(b.create({ requests }), e => {
            assert.equal(e.status, status, e.message);
            assert.equal(e.error.error.weir.code, code);
            return true;
        });
    }
    assert.equal(up.seen.length, n);
});
