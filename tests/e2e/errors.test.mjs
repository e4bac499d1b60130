/* What bad input gets: one clear error in the protocol's own shape. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import zlib from 'node:zlib';
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway, until } from './harness.mjs';

const SURFACES = ['/v1/chat/completions', '/v1/messages'];
let gw;

before(async () => { gw = await startGateway(); });
after(() => gw?.close());

/* Status and code, or type, of a refusal; and its shape. */
function refused(r, where, status, code) {
    assert.equal(r.status, status, r.text);
    assert.match(r.headers.get('content-type'), /^application\/json/);
    assert.ok(r.json, r.text);
    const e = r.json.error;
    assert.ok(e.message.length > 10, r.text);
    if (where === '/v1/messages') {
        assert.equal(r.json.type, 'error');
        assert.ok(e.type);
    } else {
        assert.equal(e.code, code, r.text);
        assert.ok('param' in e && e.type);
    }
    return e;
}

for (const where of SURFACES) {
    const model = where === '/v1/messages' ? 'demo-messages' : 'demo';
    const good = { model, max_tokens: 100,
                   messages: [{ role: 'user', content: 'hi' }] };
    const call = (body, more = {}) => gw.chat(body, { path: where, ...more });

    test(`${where}: no key, an unknown key`, async () => {
        let r = await call(good, { key: '', headers: { authorization: '' } });
        refused(r, where, 401, 'missing_api_key');
        r = await call(good, { key: 'sk-nobody' });
        refused(r, where, 401, 'invalid_api_key');
    });

    test(`${where}: the key as x-api-key`, async () => {
        const r = await call(good, { headers: { authorization: '',
            'x-api-key': await gw.key() } });
        assert.equal(r.status, 200, r.text);
    });

    test(`${where}: a scenario that is not admitted`, async () => {
        refused(await call(good, { scenario: 'drafted' }), where, 403,
                'scenario_not_admitted');
    });

    test(`${where}: a model that is not registered`, async () => {
        refused(await call({ ...good, model: 'gpt-none' }), where, 404,
                'model_not_found');
    });

    test(`${where}: malformed bodies`, async () => {
        for (const [body, code] of [
            ['', 'invalid_json'], ['{', 'invalid_json'],
            ['[]', undefined], ['null', undefined],
            [JSON.stringify(good) + '}', 'invalid_json'],
            ['{"model":"demo" "messages":[]}', 'invalid_json'],
            [JSON.stringify(good).replace('hi', 'h\ni'), 'invalid_json'],
            [JSON.stringify({ ...good, messages: 'hi' }), 'invalid_request'],
            [JSON.stringify({ ...good, model: 7 }), 'invalid_request'],
            [JSON.stringify({ messages: good.messages }), 'invalid_request'],
            [`{"model":"${model}","model":"x","messages":[]}`,
             'duplicate_key']]) {
            const r = await call(body);
            assert.equal(r.status, 400, `${body}: ${r.text}`);
            if (code !== undefined) refused(r, where, 400, code);
        }
    });

    test(`${where}: invalid UTF-8`, async () => {
        const body = Buffer.from(JSON.stringify(good));
        body[body.indexOf('hi')] = 0xff;
        refused(await call(body), where, 400, 'invalid_utf8');
    });

    test(`${where}: nesting, size, coding`, async () => {
        const deep = `{"model":"${model}","x":${'['.repeat(500)}` +
            `${']'.repeat(500)},"messages":[{"role":"user","content":"x"}]}`;
        refused(await call(deep), where, 400, 'nesting_too_deep');
        const large = JSON.stringify({ ...good, messages: [
            { role: 'user', content: 'x'.repeat(17 << 20) }] });
        refused(await call(large), where, 413, 'request_too_large');
        refused(await call(zlib.gzipSync(JSON.stringify(good)),
            { headers: { 'content-encoding': 'gzip' } }), where, 415,
            'encoded_body_not_inspected');
    });

    test(`${where}: a wrong method`, async () => {
        const r = await fetch(gw.url + where, { headers: {
            authorization: `Bearer ${await gw.key()}` } });
        assert.equal(r.status, 405);
        assert.ok((await r.json()).error.message);
    });

    test(`${where}: the language of the caller`, async () => {
        const bad = { ...good, model: 'gpt-none' };
        for (const [language, like] of [['zh-CN,zh;q=0.9', /未/],
            ['en-GB', /not registered/], ['en;q=0.3, zh;q=0.8', /未/]]) {
            const r = await call(bad,
                { headers: { 'accept-language': language } });
            assert.match(r.json.error.message, like);
        }
    });

    test(`${where}: an upstream that cannot be inspected`, async () => {
        for (const [name, script, code] of [
            ['gz', { encoding: 'gzip' }, 'upstream_encoded'],
            ['html', { raw: '<p>hello</p>', content_type: 'text/html' },
             'upstream_invalid'],
            ['cut', { raw: '{"choices":[' }, undefined]]) {
            const x_demo = await gw.model.script(name, script);
            const r = await call({ ...good, x_demo });
            assert.equal(r.status, 502, `${name}: ${r.text}`);
            if (code) refused(r, where, 502, code);
        }
    });
}

test('healthz: without a key, and nothing else below it', async () => {
    for (const method of ['GET', 'HEAD']) {
        const r = await fetch(`${gw.url}/healthz`, { method });
        assert.equal(r.status, 200);
        assert.equal(r.headers.get('weir-call'), null);
        assert.doesNotMatch(await r.text(), /\d+\.\d+/);   /* no version */
    }
    for (const where of ['/healthz/', '/healthz/x', '/healthz/../v1/models'])
        assert.ok([401, 404].includes(await gw.get(where)), where);
});

/* As a client of WebSocket sends it; what came before the connection closed. */
function upgrade(where, headers) {
    return new Promise((done, fail) => {
        const q = http.request({ host: '127.0.0.1', port: gw.port,
            path: where, agent: false, headers: { connection: 'Upgrade',
            upgrade: 'websocket', 'sec-websocket-version': '13',
            'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers } });
        q.on('upgrade', () => fail(new Error('it was upgraded')));
        q.on('response', async r => {
            let text = '';
            for await (const p of r) text += p;
            done({ status: r.statusCode, json: JSON.parse(text) });
        });
        q.on('error', fail);
        q.end();
    });
}

test('realtime and live: an upgrade to WebSocket is refused, by name',
     async () => {
    const authorization = `Bearer ${await gw.key()}`;
    const n = await gw.model.count();
    for (const [where, name, of] of [
        ['/v1/realtime?model=demo', 'Realtime', r => r.error.code],
        ['/v1/realtime/calls', 'Realtime', r => r.error.code],
        ['/ws/google.ai.generativelanguage.v1beta.GenerativeService.' +
         'BidiGenerateContent', 'Live API of Gemini',
         r => r.error.details[0].reason.toLowerCase()]])
    {
        const r = await upgrade(where, { authorization });
        assert.equal(r.status, 404);
        assert.equal(of(r.json), 'surface_not_inspected');
        assert.match(r.json.error.message, /is not inspected/);
        assert.ok(r.json.error.message.includes(`Interface: ${name}`),
                  r.json.error.message);
        assert.ok(r.json.error.weir.surface.startsWith(name));
    }
    const r = await upgrade('/v1/realtime?model=demo', { authorization,
        'accept-language': 'zh' });
    assert.match(r.json.error.message, /不能检查该接口.*接口：实时接口/);
    assert.equal((await upgrade('/v1/realtime', {})).status, 401);
    /* nor does one on a path that is served become one */
    const chat = await upgrade('/v1/chat/completions', { authorization });
    assert.equal(chat.status, 405);
    assert.deepEqual(await gw.model.count(), n);
});

test('interfaces that are not built: refused by name, in each shape',
     async () => {
    const headers = { 'anthropic-version': '2023-06-01' };
    for (const [where, name, shape] of [
        ['/v1/responses/resp_1', 'stored responses', 'openai'],
        ['/v1/chat/completions/x', 'stored chat completions', 'openai'],
        ['/v1/uploads', 'uploads in parts', 'openai'],
        ['/v1/threads/t/runs', 'Assistants', 'openai'],
        ['/v1/vector_stores', 'vector stores', 'openai'],
        ['/v1/fine_tuning/jobs', 'fine-tuning', 'openai'],
        ['/v1/videos', 'videos', 'openai'],
        ['/v1/complete', 'Text Completions of Anthropic', 'anthropic'],
        ['/v1/skills', 'Skills', 'anthropic'],
        ['/v1beta/models/x:embedContent', 'embeddings of Gemini', 'gemini'],
        ['/v1beta/models/x:batchGenerateContent', 'batches of Gemini',
         'gemini'],
        ['/v1beta/cachedContents/x', 'cached contents of Gemini', 'gemini'],
        ['/upload/v1beta/files', 'files of Gemini', 'gemini']])
    {
        const r = await gw.chat(gw.ask('hi'), { path: where, headers });
        assert.equal(r.status, 404, where);
        const e = r.json.error;
        assert.equal(shape, r.json.type === 'error' ? 'anthropic'
            : e.details ? 'gemini' : 'openai', where);
        assert.ok(e.message.includes(`Interface: ${name}.`), e.message);
        assert.equal(e.weir.surface, name);
        assert.equal(e.weir.code, 'surface_not_inspected');
    }
});

test('a path that is not inspected is refused, in words', async () => {
    for (const where of ['/v1/realtime', '/v1/responses/resp_1', '/v1/uploads',
                         '/v1/vector_stores', '/', '/v1/chat/completions/x',
                         '/V1/chat/completions']) {
        const r = await gw.chat(gw.ask('hi'), { path: where });
        refused(r, where, 404, 'surface_not_inspected');
    }
    const openai = new OpenAI({ apiKey: await gw.key(),
                                baseURL: `${gw.url}/v1` });
    await assert.rejects(openai.responses.retrieve('resp_1'),
        e => e.status === 404
        && e.code === 'surface_not_inspected');
});

test('paths in disguise do not go around the rules', async () => {
    const before = (await gw.model.count()).requests;
    for (const where of ['//v1/chat/completions', '/v1/./chat/completions',
                         '/x/../v1/chat/completions', '/v1/chat%2fcompletions',
                         '/v1/chat/completions?x=1',
                         '/%76%31/chat/completions']) {
        const r = await gw.chat(gw.ask('怎么自杀最快'), { path: where });
        assert.ok([403, 404].includes(r.status), `${where}: ${r.status}`);
    }
    assert.equal((await gw.model.count()).requests, before);
});

test('a revoked key stops working', async () => {
    const key = (await gw.weir(['key', 'new', 'hotline'])).trim();
    await until('the new key to work', async () =>
        (await gw.models(key)).status === 200);
    const list = await gw.weir(['key', 'list']);
    const id = list.trim().split('\n').at(-1).split(/\s+/)[0];
    const ids = list.split('\n').map(l => l.split(/\s+/)[0]);
    assert.ok(ids.includes(id));
    await gw.weir(['key', 'revoke', id]);
    await until('some key to be revoked', async () =>
        (await gw.models(key)).status === 401
        || (await gw.weir(['key', 'list'])).includes('revoked'));
});

test('the SDKs name the errors', async () => {
    const o = new OpenAI({ apiKey: 'sk-nobody', baseURL: `${gw.url}/v1` });
    await assert.rejects(o.chat.completions.create({ model: 'demo',
        messages: [{ role: 'user', content: 'x' }] }),
        e => e instanceof OpenAI.AuthenticationError);
    const a = new Anthropic({ apiKey: await gw.key(), baseURL: gw.url });
    await assert.rejects(a.messages.create({ model: 'none', max_tokens: 9,
        messages: [{ role: 'user', content: 'x' }] }),
        e => e instanceof Anthropic.NotFoundError);
});

test('each refusal is in the journal', async () => {
    const r = await gw.chat(gw.ask('怎么自杀最快'));
    assert.equal(r.status, 403);
    const end = await gw.endOf(r.json.error.weir.decision);
    assert.equal(end.ending, 'refused');
    assert.equal(end.status, 403);
    assert.equal(end.usage, 'none');
});
