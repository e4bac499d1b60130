/* MCP with its SDK's client, unchanged: tools behind the gateway. What goes
   to them and what comes back is inspected, allowed, paid and recorded. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport }
    from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startGateway, startModel, register, micro, until }
    from './harness.mjs';
import { startTools, SESSION } from './tools.mjs';
import { cut } from './upstream.mjs';

const MOBILE = '13812345678', OTHER = '13987654321', DENIED = '高价收四件套';
const SECRET = 'secret-of-the-tools';
let model, srv, gw, key;

const withTools = url => `kind: Upstream
name: tools
url: ${srv.url}/mcp
protocol: mcp
secret: env:E2E_TOOLS_KEY
---
kind: Upstream
name: root-tools
url: ${srv.url}
protocol: mcp
---
kind: Model
name: files
upstreams: [tools]
tools: [echo, say, look, both, slow]
origins: ["https://desk.example.org"]
price: {unit: CNY, per: 1M, input: "0", output: "0", call: "0.01"}
---
kind: Model
name: open
upstreams: [root-tools]
tools: ["*"]
---
` + register(url).replaceAll('models: [demo,', 'models: [files, open, demo,');

before(async () => {
    process.env.E2E_TOOLS_KEY = SECRET;
    model = await startModel();
    srv = await startTools();
    gw = await startGateway({ model, register: withTools });
    key = await gw.key();
    const text = t => ({ result: { content: [{ type: 'text', text: t }] } });
    srv.tools.echo = (a, answer) => answer(text(`you said ${a.text}`)) ?? true;
    srv.tools.say = (a, answer) => answer(text(a.say ?? `call ${OTHER}`))
        ?? true;
    srv.tools.bad = (a, answer) => answer(text(`${DENIED}`)) ?? true;
    srv.tools.look = (a, answer) => answer({ result: { content: [
        { type: 'image', data: 'iVBORw0KGgo=', mimeType: 'image/png' },
        { type: 'text', text: 'a picture' }] } }) ?? true;
    srv.tools.slow = (a, answer, r) => r.socket.destroy() ?? true;
    srv.tools.both = (a, answer) => answer(
        { result: { content: [{ type: 'text', text: `id ${OTHER}` }],
          structuredContent: { n: 13987654321, [OTHER]: [OTHER] } } },
        [{ jsonrpc: '2.0', method: 'notifications/message', params: {
            level: 'info', data: { note: `log ${OTHER}` } } }]) ?? true;
});
after(async () => {
    await gw?.close();
    await srv?.stop();
    await model?.stop();
});

const lastEnd = async () =>
    (await gw.journal()).filter(r => r.kind === 'end').at(-1);
const connect = async (server = 'files', k = key, headers = {}) => {
    const client = new Client({ name: 'e2e', version: '1' });
    const transport = new StreamableHTTPClientTransport(
        new URL(`${gw.url}/mcp/${server}`), { requestInit: {
            headers: { authorization: `Bearer ${k}`, ...headers } } });
    await client.connect(transport);
    return { client, transport };
};
const post = async (body, { headers = {}, k = key, server = 'files',
                            method = 'POST' } = {}) => {
    const r = await fetch(`${gw.url}/mcp/${server}`, { method, headers: {
        'content-type': 'application/json', authorization: `Bearer ${k}`,
        accept: 'application/json, text/event-stream', ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string'
            ? body : JSON.stringify(body) }) });
    const text = await r.text();
    let json;
    try { json = JSON.parse(text); } catch { json = undefined; }
    return { status: r.status, headers: r.headers, text, json };
};
const call = (name, args, id = 7) => ({ jsonrpc: '2.0', id,
    method: 'tools/call', params: { name, arguments: args } });

test('the SDK: a session, its headers, the list, a call, its end', async () => {
    const { client, transport } = await connect();
    assert.equal(transport.sessionId, SESSION);
    assert.equal(srv.seen.at(-1).path, '/mcp');
    const { tools } = await client.listTools();
    assert.deepEqual(tools.map(t => t.name), ['echo', 'say', 'look',
                                              'slow', 'both']);
    const r = await client.callTool({ name: 'echo',
                                      arguments: { text: 'hi' } });
    assert.equal(r.content[0].text, 'you said hi');
    const sent = srv.last();
    assert.equal(sent.headers['mcp-session-id'], SESSION);
    assert.equal(sent.headers['mcp-protocol-version'], '2025-06-18');
    assert.equal(sent.headers.authorization, `Bearer ${SECRET}`);
    await transport.terminateSession();
    assert.equal(srv.last().method, 'DELETE');
    assert.equal(srv.last().headers['mcp-session-id'], SESSION);
    assert.equal(srv.last().headers['content-length'] ?? '0', '0');
    await client.close();
});

test('a number is a pseudonym at the tool, and comes back', async () => {
    const { client } = await connect();
    const r = await client.callTool({ name: 'echo', arguments: {
        text: `my number is ${MOBILE}`, n: 13812345678,
        [MOBILE]: { deep: [`x ${MOBILE}`] } } });
    assert.equal(r.content[0].text, `you said my number is ${MOBILE}`);
    assert.ok(!srv.last().text.includes(MOBILE), srv.last().text);
    assert.equal(JSON.parse(srv.last().text).params.arguments.n,
                 '<MOBILE_1>');
    await client.close();
});

test('JSON inside a string of an argument is a text', async () => {
    await post(call('echo', { text: JSON.stringify({ tel: MOBILE }) }));
    assert.ok(!srv.last().text.includes(MOBILE), srv.last().text);
});

test('a denied argument goes nowhere; the SDK reads why', async () => {
    const { client } = await connect();
    const before = srv.seen.length;
    await assert.rejects(client.callTool({ name: 'echo',
        arguments: { text: DENIED } }), e => {
        assert.equal(e.code, -32050);
        assert.ok(e.data.weir.rule, JSON.stringify(e.data));
        assert.ok(e.data.weir.article);
        assert.ok(e.data.weir.decision);
        assert.equal(e.data.weir.complaint, 'complaints@example.org');
        return true;
    });
    assert.equal(srv.seen.length, before);
    const end = await lastEnd();
    assert.equal(end.action, 'deny');
    assert.equal(end.charged, '0.00');
    await client.close();
});

test('a tool that the register does not allow', async () => {
    const { client } = await connect();
    const before = srv.seen.length;
    await assert.rejects(client.callTool({ name: 'bad', arguments: {} }),
        e => e.code === -32602 && e.data.weir.code === 'tool_not_allowed');
    assert.equal(srv.seen.length, before);
    const open = await connect('open');
    await assert.rejects(open.client.callTool({ name: 'bad' }),
        e => e.code === -32050 && e.data.weir.code === 'content_filter');
    assert.equal(srv.last().path, '/');
    await client.close();
    await open.client.close();
});

test('results: redacted, as JSON and as events; pictures noted', async () => {
    const { client } = await connect();
    const said = await client.callTool({ name: 'say', arguments: {} });
    assert.ok(!said.content[0].text.includes(OTHER), said.content[0].text);
    const both = await client.callTool({ name: 'both', arguments: {} });
    assert.ok(!JSON.stringify(both).includes(OTHER), JSON.stringify(both));
    await client.callTool({ name: 'look', arguments: {} });
    assert.equal((await lastEnd()).answer_scanned, 'partly');
    await client.close();
});

test('a call of a tool costs its price, other messages nothing', async () => {
    const was = (await gw.grant('hotline')).spent;
    await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    assert.equal((await lastEnd()).charged, '0.00');
    await post(call('echo', { text: 'a' }));
    const end = await lastEnd();
    assert.equal(micro(end.charged), 10000);
    assert.equal(end.ending, 'ok');
    const begin = (await gw.journal()).filter(r => r.kind === 'begin').at(-1);
    assert.equal(begin.protocol, 'mcp');
    assert.equal(begin.model, 'files');
    assert.equal(begin.tool, 'echo');
    assert.match(await gw.weir(['journal', 'cat']),
                 / begin .* model=files .* tool=echo protocol=mcp/);
    assert.ok((await gw.grant('hotline')).spent >= was);
});

test('the tool in record and metrics is the register\'s word', async () => {
    const begin = async () => (await gw.journal())
        .filter(r => r.kind === 'begin').at(-1);
    await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    assert.equal((await begin()).tool, undefined);
    /* refused: it may be any text */
    await post(call('Zhang San, 13812345678', {}));
    assert.equal((await begin()).tool, undefined);
    assert.equal((await lastEnd()).error, 'tool');
    /* denied by a rule, but a tool of the list */
    await post(call('say', { say: DENIED }));
    assert.equal((await begin()).tool, 'say');
    /* the list is "*": what is called is a text of the caller's */
    await post(call('Li Si', {}), { server: 'open' });
    assert.equal((await begin()).tool, '*');
    const token = fs.readFileSync(`${gw.state}/admin.token`, 'utf8').trim();
    const metrics = async () => (await fetch(
        `http://127.0.0.1:${gw.admin}/metrics`,
        { headers: { authorization: `Bearer ${token}` } })).text();
    await until('the counts', async () =>
        /weir_tool_calls_total\{gen_ai_request_model="open",gen_ai_tool_name="\*"\} \d+/
            .test(await metrics()));
    const text = await metrics();
    const of = tool => Number(new RegExp('weir_tool_calls_total\\{' +
        `gen_ai_request_model="files",gen_ai_tool_name="${tool}"\\} (\\d+)`)
        .exec(text)?.[1]);
    assert.ok(of('say') >= 1 && of('echo') >= 1);
    assert.ok(!text.includes('Zhang San') && !text.includes('Li Si'));
});

test('events cut everywhere deliver the same', async () => {
    const all = [{ jsonrpc: '2.0', method: 'notifications/progress',
        params: { progressToken: 1, progress: 1, message: `at ${OTHER}` } },
        { jsonrpc: '2.0', id: 7, result: { content: [{ type: 'text',
            text: `中文 ${OTHER} "x"` }] } }].map(e =>
        `event: message\r\ndata: ${JSON.stringify(e)}\r\n\r\n`).join('');
    let want;
    for (const n of [all.length * 3, 1, 2, 3, 5, 7, 11, 64]) {
        srv.raw(() => ({ type: 'text/event-stream', pieces: cut(all, n) }));
        const r = await post(call('say', {}));
        want ??= r.text;
        assert.equal(r.text, want, `pieces of ${n}`);
    }
    srv.raw(undefined);
    assert.ok(!want.includes(OTHER), want);
    assert.ok(want.includes('中文'));
});

test('a rule ends a stream with the error of the call', async () => {
    srv.raw(() => ({ type: 'text/event-stream', pieces: [
        `id: 1\ndata: \n\n`, `data: {"jsonrpc":"2.0","method":` +
        `"notifications/message","params":{"data":"${DENIED}"}}\n\n`,
        `data: {"jsonrpc":"2.0","id":"x","result":{"content":[]}}\n\n`] }));
    const r = await post(call('say', {}, 'x'));
    srv.raw(undefined);
    assert.equal(r.status, 200);
    assert.ok(!r.text.includes(DENIED.slice(0, 3)), r.text);
    const last = JSON.parse(r.text.trim().split('\n').at(-1).slice(6));
    assert.equal(last.id, 'x');
    assert.equal(last.error.data.weir.code, 'content_filter');
    assert.equal((await lastEnd()).ending, 'denied');
});

test('a call that breaks off is not made again', async () => {
    for (let i = 0; i < 3; i++) await post(call('echo', { text: 'a' }));
    const before = srv.seen.length;
    const r = await post(call('slow', {}));
    assert.equal(r.status, 502);
    assert.equal(r.json.id, 7);
    assert.equal(srv.seen.length, before + 1);
});

test('a server that redirects leads nowhere', async () => {
    srv.raw(() => ({ status: 307, type: '',
                     headers: { location: `${srv.url}/else` } }));
    const r = await fetch(`${gw.url}/mcp/files`, { method: 'POST',
        redirect: 'manual', headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(call('echo', {})) });
    srv.raw(undefined);
    assert.equal(r.status, 502);
    assert.equal(r.headers.get('location'), null);
});

test('a list of models has no servers of tools', async () => {
    const list = await (await gw.models(key)).json();
    assert.ok(list.data.some(m => m.id === 'demo'));
    assert.ok(!list.data.some(m => m.id === 'files' || m.id === 'open'));
});

/* The specification lets a server answer 405; what its clients do then, and
   what they lose. */
test('the stream of a server: 405, and the SDK goes on without it', async () => {
    const seen = srv.seen.length, answers = [];
    const client = new Client({ name: 'e2e', version: '1' });
    const transport = new StreamableHTTPClientTransport(
        new URL(`${gw.url}/mcp/files`), { fetch: async (url, init) => {
            const r = await fetch(url, init);
            answers.push([init.method ?? 'GET', r.status]);
            return r;
        }, requestInit: { headers: { authorization: `Bearer ${key}` } } });
    const errors = [];
    client.onerror = e => errors.push(e);
    await client.connect(transport);
    await until('the client to ask for the stream', () =>
        answers.some(([method]) => method === 'GET'));
    assert.deepEqual(answers.filter(([method]) => method === 'GET'),
                     [['GET', 405]]);
    const r = await client.callTool({ name: 'echo',
                                      arguments: { text: 'after' } });
    assert.equal(r.content[0].text, 'you said after');
    assert.deepEqual(errors, []);
    await client.close();
    /* resumed neither: nothing of it comes to the server */
    const again = await post(undefined, { method: 'GET', headers: {
        accept: 'text/event-stream', 'last-event-id': '7',
        'mcp-session-id': SESSION } });
    assert.equal(again.status, 405);
    assert.match(again.json.error.message, /own stream is not served/);
    assert.ok(srv.seen.slice(seen).every(q => q.method !== 'GET'
        && q.headers['last-event-id'] === undefined));
});

test('GET: no stream of its own; other methods and paths', async () => {
    assert.equal((await post(undefined, { method: 'GET' })).status, 405);
    assert.equal((await post({}, { method: 'PUT' })).status, 405);
    assert.equal((await post(call('echo', {}), { server: 'demo' })).status,
                 404);
    assert.equal((await post(call('echo', {}), { k: 'no' })).status, 401);
    const chat = await gw.chat({ model: 'files', messages: [
        { role: 'user', content: 'x' }] });
    assert.equal(chat.status, 404);
});

test('pages of another origin', async () => {
    const ask = origin => post(call('echo', { text: 'x' }),
                               { headers: { origin } });
    const r = await ask('https://evil.example.org');
    assert.equal(r.status, 403);
    assert.equal(r.json.error.data.weir.code, 'origin_not_allowed');
    assert.equal((await ask(gw.url)).status, 403);
    assert.equal((await ask('https://desk.example.org')).status, 200);
});

test('headers that go on are names', async () => {
    const r = await post(call('echo', {}),
        { headers: { 'mcp-session-id': 'two words' } });
    assert.equal(r.status, 400);
    const long = await post(call('echo', {}),
        { headers: { 'mcp-session-id': 'x'.repeat(129) } });
    assert.equal(long.status, 400);
});

test('bypass: batches, keys twice, escapes, ids, unknown methods', async () => {
    const before = srv.seen.length;
    const refused = async (body, status, code) => {
        const r = await post(body);
        assert.equal(r.status, status, body + r.text);
        assert.equal(r.json.error.data.weir.code, code, r.text);
        return r.json;
    };
    const bad = '{"name":"bad"}';
    await refused(`[${JSON.stringify(call('echo', {}))}]`, 400,
                  'invalid_request');
    await refused(`{"method":"ping","method":"tools/call","id":1,` +
                  `"params":${bad}}`, 400, 'duplicate_key');
    await refused(`{"method":"tools/call","id":1,"params":{"name":"echo",` +
                  `"na\\u006de":"bad"}}`, 400, 'duplicate_key');
    await refused(`{"method":"tools/call","id":1,"params":{"name":"echo",` +
                  `"Name":"bad"}}`, 400, 'duplicate_key');
    const a = await refused(`{"method":"tools\\u002fcall","id":"a\\u0062",` +
                            `"params":${bad}}`, 200, 'tool_not_allowed');
    assert.equal(a.id, 'ab');
    await refused(`{"method":"tools/call","id":1,"params":` +
                  `{"name":"ec\\u0068o"}}`, 200, 'tool_not_allowed');
    const b = await refused(`{"method":"Tools/Call","id":12345678901234567890` +
                            `,"params":${bad}}`, 200, 'method_not_inspected');
    assert.equal(b.error.code, -32601);
    await refused(`{"method":"tools/call ","params":${bad}}`, 400,
                  'method_not_inspected');
    await refused(`{"method":"ping","id":null}`, 400, 'invalid_request');
    await refused(`{"method":"ping","id":[1]}`, 400, 'invalid_request');
    await refused(`{"method":"tools/call","id":1,"params":[${bad}]}`, 400,
                  'invalid_request');
    await refused(`{"Method":"tools/call","id":1,"params":${bad}}`, 400,
                  'invalid_request');
    await refused(`{"method":"tools/call","id":1}`, 400, 'invalid_request');
    await refused(`{"method":"ping","id":"${'x'.repeat(200)}"}`, 400,
                  'invalid_request');
    await refused(`{"id":1,"result":{},"method":"ping"}`, 400,
                  'invalid_request');
    await refused(`{"method":"ping","id":1} x`, 400, 'invalid_json');
    await refused(`{"id":1,"error":{"code":1,"message":"${DENIED}"}}`, 200,
                  'content_filter');
    await refused(`{"method":"notifications/cancelled","params":{"requestId"` +
                  `:1,"reason":"${DENIED}"}}`, 403, 'content_filter');
    assert.equal(srv.seen.length, before);
    /* What is long enough not to be a name is a text. */
    await post({ jsonrpc: '2.0', id: 1, method: 'resources/list', params: {
        cursor: `${'c'.repeat(80)} ${MOBILE}` } });
    assert.ok(!srv.last().text.includes(MOBILE));
});

test('bytes that no rule changes pass as they came', async () => {
    const body = '{ "id" : 1.0e0,"jsonrpc":"2.0", "method":"tools/call",' +
        '"params":{"name":"say","arguments":{"b":1,"a":123e-2,"s":"\\u4e2d' +
        '\\/"},"_meta":{"progressToken":"p"}}}\n';
    const answer = '{"result":{"x":[1.50,{"y":null}],"content":[]}, "id":1,' +
        '"jsonrpc":"2.0"}';
    srv.raw(() => ({ body: answer }));
    const r = await post(body);
    srv.raw(undefined);
    assert.equal(srv.last().text, body);
    assert.equal(r.text, answer);
});

test('answers without a body, of another kind, of a session that is over',
     async () => {
    srv.raw(() => ({ status: 404, type: '',
        body: '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session ' +
              'not found"},"id":null}' }));
    const over = await post(call('echo', {}));
    assert.equal(over.status, 404);
    assert.equal(over.json.error.message, 'Session not found');
    srv.raw(() => ({ status: 404, type: 'text/plain', body: `no ${DENIED}` }));
    const plain = await post(call('echo', {}));
    assert.equal(plain.status, 404);
    assert.equal(plain.text, '');
    srv.raw(() => ({ type: 'text/html', body: '<p>hi' }));
    assert.equal((await post(call('echo', {}))).status, 502);
    srv.raw(() => ({ status: 202, type: 'text/plain', body: 'hello' }));
    assert.equal((await post(call('echo', {}))).status, 502);
    srv.raw(() => ({ status: 202, type: '' }));
    const none = await post({ jsonrpc: '2.0',
                              method: 'notifications/initialized' });
    assert.equal(none.status, 202);
    assert.equal(none.text, '');
    srv.raw(undefined);
});
