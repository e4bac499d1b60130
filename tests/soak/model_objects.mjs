/*
 * model_objects.mjs: files, batches, transcripts and a tool of the model
 * service. It keeps nothing, for it is killed: what a file holds stands in its
 * id, file-NUMBER-LINES, from which objects.mjs knows its results too.
 */
const MOBILE = '13812345678';

/* What the line of a result says: in turns, by the number. */
export const RESULTS = [
    n => `第 ${n} 号，好的。`,
    () => `负责人的手机号是 ${MOBILE}。`,
    () => '先说些别的。高价收四件套，联系我。',
    () => null,                      /* it failed, says the provider */
];
export const resultOf = (n, i) => RESULTS[(n + i) % RESULTS.length](n);

const file = (id, purpose = 'batch') => ({ id, object: 'file', bytes: 9,
    created_at: 1, filename: 'in.jsonl', purpose, status: 'processed' });
const batch = (id, status) => ({ id: `batch_${id}`, object: 'batch',
    endpoint: '/v1/chat/completions', errors: null,
    input_file_id: `file-${id}`, completion_window: '24h', status,
    output_file_id: status === 'completed' ? `file-out-${id}` : null,
    error_file_id: null, created_at: 1, metadata: null });
const claudeBatch = (id, status) => ({ id: `msgbatch_${id}`,
    type: 'message_batch', processing_status: status, request_counts: {},
    created_at: '2026-11-24T15:00:00Z', results_url: status === 'ended'
    ? `https://model.invalid/v1/messages/batches/msgbatch_${id}/results`
    : null });

function chatLine(n, i) {
    const text = resultOf(n, i);
    return { id: `batch_req_${i}`, custom_id: `r${n}-${i}`,
        response: text === null ? null : { status_code: 200, request_id: 'q',
            body: { id: 'c', object: 'chat.completion', created: 1,
            model: 'demo', choices: [{ index: 0, finish_reason: 'stop',
            message: { role: 'assistant', content: text } }] } },
        error: text === null ? { code: 'server_error', message: 'failed' }
                             : null };
}

function claudeLine(n, i) {
    const text = resultOf(n, i);
    return { custom_id: `r${n}-${i}`, result: text === null
        ? { type: 'expired' }
        : { type: 'succeeded', message: { id: 'm', type: 'message',
            role: 'assistant', model: 'demo', content: [{ type: 'text',
            text }], stop_reason: 'end_turn', stop_sequence: null,
            usage: { input_tokens: 1, output_tokens: 1 } } } };
}

/* Lines in pieces that no line fits into. */
async function lines(r, type, list) {
    const all = Buffer.from(list.map(l => JSON.stringify(l) + '\n').join(''));
    r.writeHead(200, { 'content-type': type });
    for (let i = 0; i < all.length && !r.destroyed; i += 100) {
        r.write(all.subarray(i, i + 100));
        await new Promise(setImmediate);
    }
    r.end();
}

const form = (q, bytes) => new Response(bytes, { headers: {
    'content-type': q.headers['content-type'] } }).formData();

async function uploaded(q, bytes) {
    const all = await form(q, bytes);
    const list = (await all.get('file').text()).split('\n').filter(Boolean)
        .map(l => JSON.parse(l));
    return `${/^r(\d+)-0$/.exec(list[0].custom_id)[1]}-${list.length}`;
}

export async function objects(q, bytes, r, json) {
    const [, numbers, k] = /[-_](\d+)-(\d+)(?:\/|$)/.exec(q.url) ?? [];
    const n = Number(numbers), id = `${n}-${k}`;
    const all = line => Array.from({ length: k }, (_, i) => line(n, i));
    switch (`${q.method} ${q.url.replace(/(out-)?\d+-\d+/, 'N')}`) {
    case 'POST /v1/files':
        return json(200, file(`file-${await uploaded(q, bytes)}`));
    case 'GET /v1/files/file-N':
        return json(200, file(`file-${id}`));
    case 'DELETE /v1/files/file-N':
        return json(200, { id: `file-${id}`, object: 'file', deleted: true });
    case 'GET /v1/files/file-N/content':
        return lines(r, 'application/octet-stream', all(chatLine));
    case 'POST /v1/batches':
        return json(200, batch(/"file-(\d+-\d+)"/.exec(bytes)[1],
                               'validating'));
    case 'GET /v1/batches/batch_N':
        return json(200, batch(id, 'completed'));
    case 'POST /v1/batches/batch_N/cancel':
        return json(200, batch(id, 'cancelling'));
    case 'POST /v1/messages/batches': {
        const list = JSON.parse(bytes).requests;
        return json(200, claudeBatch(`${/^r(\d+)-/.exec(list[0].custom_id)[1]
            }-${list.length}`, 'in_progress'));
    }
    case 'GET /v1/messages/batches/msgbatch_N':
        return json(200, claudeBatch(id, 'ended'));
    case 'POST /v1/messages/batches/msgbatch_N/cancel':
        return json(200, claudeBatch(id, 'canceling'));
    case 'GET /v1/messages/batches/msgbatch_N/results':
        return lines(r, 'application/x-jsonl', all(claudeLine));
    default:
        return json(404, { error: { message: `${q.method} ${q.url}` } });
    }
}

/* What was "heard" is the prompt: JSON, or events of a few letters. */
export async function transcript(q, bytes, r, json) {
    const all = await form(q, bytes);
    const text = all.get('prompt');
    const usage = { type: 'tokens', input_tokens: 100, output_tokens: 20,
                    total_tokens: 120 };
    if (all.get('stream') !== 'true') return json(200, { text, usage });
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = e => r.write(`event: ${e.type}\ndata: ${JSON.stringify(e)
        }\n\n`);
    for (const delta of text.match(/.{1,3}/gsu))
        say({ type: 'transcript.text.delta', delta });
    say({ type: 'transcript.text.done', text, usage });
    r.end();
}

export function tool(m, r, json) {
    const { name, arguments: a } = m.params ?? {};
    const answer = result => {
        const whole = { jsonrpc: '2.0', id: m.id, result };
        if (!a?.events) return json(200, whole);
        r.writeHead(200, { 'content-type': 'text/event-stream' });
        r.end([{ jsonrpc: '2.0', method: 'notifications/message', params: {
            level: 'info', data: `log ${MOBILE}` } }, whole].map(e =>
            `event: message\ndata: ${JSON.stringify(e)}\n\n`).join(''));
    };
    if (m.method === 'tools/list') {
        return answer({ tools: ['echo', 'look', 'hidden'].map(name => ({
            name, description: name, inputSchema: { type: 'object' } })) });
    }
    if (m.method !== 'tools/call')
        return json(400, { jsonrpc: '2.0', id: m.id ?? null, error: {
            code: -32601, message: 'unknown' } });
    const text = name === 'look' ? `负责人的手机号是 ${MOBILE}。` : a.text;
    return answer({ content: [{ type: 'text', text }] });
}
