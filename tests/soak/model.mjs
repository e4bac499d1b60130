/*
 * model.mjs: a model service as a process of its own, so that it can be
 * killed: all surfaces, JSON and streams. What it does stands in the text of
 * the request, behind "do:"; files, batches and tools are in model_objects.mjs.
 * usage: node model.mjs PORT [bad]
 */
import http from 'node:http';
import { objects, transcript, tool } from './model_objects.mjs';

const [port, bad] = process.argv.slice(2);
const IN = 100;          /* tokens that it reports, always */
const MOBILE = '13812345678';
let checks = 0;
const sleep = ms => new Promise(done => setTimeout(done, ms));

/* do: {"say": text, "pace": ms, "piece": characters, "out": tokens,
   "status": of an error, "wait": ms before the answer} */
function order(text) {
    const m = /do:(\{[^{}]*\})/.exec(text.replaceAll('\\"', '"'));
    const asked = m ? JSON.parse(m[1]) : {};
    return { pace: 0, piece: 4, out: 20, ...asked };
}

/* What was said last: a text, or its parts; a message where translated. */
function user(ask) {
    const last = ask.messages?.at(-1)?.content ?? ask.input ?? '';
    return typeof last === 'string' ? last
         : last.map(p => p.text ?? JSON.stringify(p)).join('');
}

const SAYS = {
    redact: '负责人的手机号是 13812345678。',
    deny: '先说些别的，好的。高价收四件套，联系我。',
};

function speech(ask, o) {
    if (o.say === 'echo') {
        return user(ask).replace(/do:\{.*\}/, '');
    }
    return o.say === 'long' ? '很长的回答。'.repeat(o.n)
         : SAYS[o.say] ?? '好的。';
}

const cut = (text, n) => text.match(new RegExp(`.{1,${n}}`, 'gsu')) ?? [];

const chat = {
    whole: (text, out) => ({ id: 'c', created: 1, object: 'chat.completion',
        model: 'demo', choices: [{ index: 0, finish_reason: 'stop',
            message: { role: 'assistant', content: text } }],
        usage: { prompt_tokens: IN, completion_tokens: out,
                 total_tokens: IN + out } }),
    head: () => [],
    piece: c => [{ id: 'c', created: 1, object: 'chat.completion.chunk',
        model: 'demo', choices: [{ index: 0, delta: { content: c },
                                   finish_reason: null }] }],
    tail: (text, out) => [{ id: 'c', created: 1, model: 'demo',
        object: 'chat.completion.chunk',
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { id: 'c', created: 1, object: 'chat.completion.chunk',
          model: 'demo', choices: [], usage: { prompt_tokens: IN,
            completion_tokens: out, total_tokens: IN + out } }, '[DONE]'],
};

const messages = {
    whole: (text, out) => ({ id: 'm', type: 'message', role: 'assistant',
        model: 'demo', content: [{ type: 'text', text }],
        stop_reason: 'end_turn', stop_sequence: null,
        usage: { input_tokens: IN, output_tokens: out } }),
    head: () => [{ type: 'message_start', message: { id: 'm',
        type: 'message', role: 'assistant', model: 'demo', content: [],
        stop_reason: null, stop_sequence: null,
        usage: { input_tokens: IN, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0,
          content_block: { type: 'text', text: '' } }],
    piece: c => [{ type: 'content_block_delta', index: 0,
                   delta: { type: 'text_delta', text: c } }],
    tail: (text, out) => [{ type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn',
            stop_sequence: null }, usage: { output_tokens: out } },
        { type: 'message_stop' }],
};

const part = text => ({ type: 'output_text', text, annotations: [] });
const item = text => ({ type: 'message', id: 'msg_1', status: 'completed',
    role: 'assistant', content: [part(text)] });
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const responses = {
    whole: (text, out) => ({ id: 'r', object: 'response', created_at: 1,
        status: 'completed', error: null, incomplete_details: null,
        model: 'demo', output: [item(text)],
        usage: { input_tokens: IN, output_tokens: out,
                 total_tokens: IN + out } }),
    head: () => [{ type: 'response.created', response: { id: 'r',
        object: 'response', created_at: 1, status: 'in_progress',
        model: 'demo', output: [], usage: null } },
        { type: 'response.output_item.added', output_index: 0,
          item: { ...item(''), status: 'in_progress', content: [] } },
        { type: 'response.content_part.added', ...at, part: part('') }],
    piece: c => [{ type: 'response.output_text.delta', ...at, delta: c }],
    tail: (text, out) => [
        { type: 'response.output_text.done', ...at, text },
        { type: 'response.content_part.done', ...at, part: part(text) },
        { type: 'response.output_item.done', output_index: 0,
          item: item(text) },
        { type: 'response.completed', response: responses.whole(text, out) }],
};

const sse = list => list.map(e => typeof e === 'string' ? `data: ${e}\n\n`
    : (e.type ? `event: ${e.type}\n` : '') +
      `data: ${JSON.stringify(e)}\n\n`).join('');

async function answer(q, r) {
    const parts = [];
    for await (const p of q) parts.push(p);
    const bytes = Buffer.concat(parts);
    const json = (status, value) => {
        r.writeHead(status, { 'content-type': 'application/json' });
        r.end(JSON.stringify(value));
    };
    if (q.url === '/health') return json(200, { checks: ++checks });
    if (q.url === '/checks') return json(200, { checks });
    /* No rule lets a caller's number out: whoever sent it sees 418. */
    if (bytes.includes(MOBILE)) return json(418, { error: { message: MOBILE } });
    if (/^\/v1\/(files|batches|messages\/batches)/.test(q.url))
        return objects(q, bytes, r, json);
    if (q.url === '/v1/audio/transcriptions')
        return transcript(q, bytes, r, json);
    if (q.url === '/mcp') return tool(JSON.parse(bytes.toString()), r, json);
    const ask = JSON.parse(bytes.toString());
    const o = order(user(ask));
    if (o.wait) await sleep(o.wait);
    if (bad || o.status) {
        return json(bad ? 503 : o.status, { error: { message: 'scripted',
            type: 'invalid_request_error', code: null } });
    }
    if (q.url === '/v1/embeddings') {
        return json(200, { object: 'list', model: 'demo', data: [
            { object: 'embedding', index: 0, embedding: [0.25, -1.5, 3] }],
            usage: { prompt_tokens: IN, total_tokens: IN } });
    }
    const as = q.url === '/v1/messages' ? messages
             : q.url === '/v1/responses' ? responses : chat;
    const text = speech(ask, o);
    if (!ask.stream) return json(200, as.whole(text, o.out));
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    r.write(sse(as.head()));
    for (const c of cut(text, o.piece)) {
        if (r.destroyed) return;
        if (!r.write(sse(as.piece(c)))) {
            await new Promise(done => {
                r.once('drain', done);
                r.once('close', done);
            });
        }
        if (o.pace) await sleep(o.pace);
    }
    r.end(sse(as.tail(text, o.out)));
}

if (port) {
    const parent = process.ppid;
    setInterval(() => { if (process.ppid !== parent) process.exit(); }, 1000);
    http.createServer((q, r) => answer(q, r).catch(() => r.destroy()))
        .listen(Number(port), '127.0.0.1', () => console.log('listens'));
}
