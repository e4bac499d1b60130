/*
 * objects.mjs: calls other than a question and its answer: files and batches
 * in their order (upload, batch, look, results), forms with sound, tools. A
 * step names the next one by the ids that it got (`then`), so that ids of
 * before a fault are good after it.
 */
import { events } from '../e2e/harness.mjs';
import { MOBILE, PRICE, cost, denied, pick, status } from './kinds.mjs';
import { resultOf } from './model_objects.mjs';

const DENIED = '怎么自杀最快';
const json = (path, value) => ({ path, body: JSON.stringify(value) });
const good = check => t => {
    if (t.status !== 200) return `status ${t.status}: ${t.text} ${t.error}`;
    if (!t.whole) return `cut short: ${t.error}`;
    return check(t);
};
const is = (got, want) => got === want ? null
    : `got ${JSON.stringify(got)}, not ${JSON.stringify(want)}`;
const parsed = check => good(t => check(JSON.parse(t.text)));
const id = (text, of) => new RegExp(`^${of}-w[0-9a-f]{48}$`).test(text)
    ? null : `the id ${text} is not one of ${of}`;

/* What the text of a line is taken for (engine/account/cost.c). */
function tokens(text) {
    const raw = Buffer.from(text);
    const wide = raw.filter(b => b >= 0xe0).length;
    const narrow = raw.filter(b => b < 0x80).length;
    return Math.ceil(wide * 7 / 10) + Math.ceil(narrow / 4);
}

/* ---- files and batches ---- */

const BOUNDARY = 'weir-soak';
const field = (name, value, more = '') => `--${BOUNDARY}\r\nContent-` +
    `Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const form = (path, fields, name, bytes) => ({ path,
    type: `multipart/form-data; boundary=${BOUNDARY}`,
    body: Buffer.concat([
        Buffer.from(fields.map(f => field(...f)).join('') +
            field('file', '', `; filename="${name}"\r\nContent-Type: ` +
                'application/octet-stream').slice(0, -2)),
        bytes, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]) });

/* A line of two interfaces in turns, and what it may cost. */
function line(n, i, text, most) {
    const content = `${text}，我的电话 ${MOBILE}，第 ${i} 行`;
    const chat = i % 3 !== 2;
    return { text: JSON.stringify({ custom_id: `r${n}-${i}`, method: 'POST',
        url: chat ? '/v1/chat/completions' : '/v1/embeddings',
        body: chat ? { model: 'demo', max_tokens: most, messages: [
                       { role: 'user', content }] }
                   : { model: 'demo', input: content } }),
        cost: tokens(content) * PRICE.input +
              (chat ? most * PRICE.output : 0) };
}

function result(n, i, got) {
    const text = resultOf(n, i);
    if (got.custom_id !== `r${n}-${i}`) return `line ${i}: ${got.custom_id}`;
    if (text === null) return is(got.error?.code ?? got.result?.type,
                                 got.result ? 'expired' : 'server_error');
    if (text.includes('四件套'))
        return is(got.error?.code ?? got.result?.error?.error?.weir?.code,
                  'content_filter');
    return is(got.response?.body.choices[0].message.content
              ?? got.result?.message?.content[0].text,
              text.replace(MOBILE, '[手机号]'));
}

const results = (path, n, k) => ({ kind: 'results',
    ask: { path, method: 'GET' }, paid: 0, good: good(t => {
        const list = t.text.split('\n').filter(Boolean);
        if (list.length !== k) return `${list.length} lines, not ${k}`;
        for (let i = 0; i < k; i++) {
            const wrong = result(n, i, JSON.parse(list[i]));
            if (wrong) return wrong;
        }
        return null;
    }) });

const look = (path, of, then, method = 'GET') => ({ kind: 'look',
    ask: { path, method }, paid: 0, then,
    good: parsed(j => id(j.id, of)) });

function file(roll) {
    const n = roll(100000), k = 1 + roll(12);
    const list = Array.from({ length: k }, (_, i) =>
        line(n, i, `第 ${n} 号`.repeat(1 + roll(40)), 10 + roll(200)));
    const sum = list.reduce((all, l) => all + l.cost, 0);
    const name = `${n}-${k}`;
    const after = roll(4);
    const gone = t => look(`/v1/files/${JSON.parse(t.text).id}`,
                           `file-${name}`, null, 'DELETE');
    const fetched = t => ({
        ...results(`/v1/files/${JSON.parse(t.text).output_file_id}/content`,
                   n, k) });
    const made = t => look(`/v1/batches/${JSON.parse(t.text).id}` +
        (after === 1 ? '/cancel' : ''), `batch_${name}`,
        after === 1 ? null : fetched, after === 1 ? 'POST' : 'GET');
    const batch = t => ({ kind: 'batch', paid: sum, then: made,
        ask: json('/v1/batches', { input_file_id: JSON.parse(t.text).id,
            endpoint: '/v1/chat/completions', completion_window: '24h',
            metadata: { of: MOBILE } }),
        good: parsed(j => id(j.id, `batch_${name}`)) });
    return { ask: form('/v1/files', [['purpose', 'batch']], `${MOBILE}.jsonl`,
                       Buffer.from(list.map(l => l.text + '\n').join(''))),
        paid: 0, good: parsed(j => id(j.id, `file-${name}`) ?? is(
            parseInt(j.id.slice(-48, -32), 16), sum)),
        then: after === 0 ? gone : t => batch(t) };
}

function claudeBatch(roll) {
    const n = roll(100000), k = 1 + roll(8), name = `msgbatch_${n}-${k}`;
    let sum = 0;
    const requests = Array.from({ length: k }, (_, i) => {
        const content = `第 ${n} 号，电话 ${MOBILE}`, most = 10 + roll(200);
        sum += tokens(content) * PRICE.input + most * PRICE.output;
        return { custom_id: `r${n}-${i}`, params: { model: 'claude',
            max_tokens: most, messages: [{ role: 'user', content }] } };
    });
    const fetched = t => results(JSON.parse(t.text).results_url, n, k);
    const cancel = roll(4) === 0;
    const made = t => look(`/v1/messages/batches/${JSON.parse(t.text).id}` +
        (cancel ? '/cancel' : ''), name, cancel ? null : fetched,
        cancel ? 'POST' : 'GET');
    return { ask: json('/v1/messages/batches', { requests }), paid: sum,
             good: parsed(j => id(j.id, name)), then: made };
}

/* One line that is denied refuses the file, and says which. */
function refusedLine(roll) {
    const k = 2 + roll(10), at = roll(k);
    const list = Array.from({ length: k }, (_, i) =>
        line(1, i, i === at ? DENIED : '好', 10).text);
    return { ask: form('/v1/files', [['purpose', 'batch']], 'a.jsonl',
                       Buffer.from(list.join('\n'))), paid: 0,
        good: t => denied(t) ?? is(JSON.parse(t.text).error.param,
                                   `line ${at + 1}`) };
}

/* Ids without a code, or with one of nobody. */
const others = roll => ({ ask: { path: pick(roll, ['/v1/files/file-1-1',
    '/v1/batches/batch_1-1', '/v1/messages/batches/msgbatch_1-1'])
    + pick(roll, ['', `-w${'0'.repeat(48)}`]), method: 'GET' }, paid: 0,
    good: status(404) });

/* ---- forms ---- */

function sound(roll) {
    const bytes = Buffer.alloc(1 + roll(60000), `\r\n--${roll(1000)}-\0\xff`);
    const text = `请打 ${MOBILE} 找我，第 ${roll(1000)} 次。`;
    const stream = roll(2) === 0;
    return { ask: form('/v1/audio/transcriptions', [['model', 'demo'],
            ['prompt', text], ['stream', String(stream)]],
            `${MOBILE}.wav`, bytes), paid: cost(20),
        good: good(t => {
            if (!stream) return is(JSON.parse(t.text).text, text);
            const list = events(t.text);
            return is(list.map(e => e.delta ?? '').join(''), text)
                ?? is(list.at(-1)?.text, text);
        }) };
}

const deniedForm = roll => ({ ask: form('/v1/audio/transcriptions',
    [['model', 'demo'], [pick(roll, ['prompt', 'zzz']), DENIED]], 'a.wav',
    Buffer.alloc(100 + roll(9000))), good: denied, paid: 0 });

/* ---- tools ---- */

const CALL = 10000;              /* micro a call of a tool: register.mjs */
const rpc = (method, params) => json('/mcp/box', { jsonrpc: '2.0', id: 7,
                                                   method, params });
const message = (t, wants) => {
    const m = t.text.startsWith('{') ? JSON.parse(t.text)
                                     : events(t.text).at(-1);
    return m?.id === 7 ? wants(m) : `no answer to the call: ${t.text}`;
};
const log = t => /log/.test(t.text) && !/log \[手机号\]/.test(t.text)
    ? `the log says ${t.text}` : null;

function tool(roll) {
    const text = `请打 ${MOBILE}，第 ${roll(1000)} 次。`;
    const look = roll(3) === 0, events = roll(2) === 0;
    return { ask: rpc('tools/call', { name: look ? 'look' : 'echo',
                                      arguments: { text, events } }),
        paid: CALL, good: good(t => log(t) ?? message(t, m =>
            is(m.result?.content[0].text, look
                ? '负责人的手机号是 [手机号]。' : text))) };
}

const tools = () => ({ ask: rpc('tools/list', {}), paid: 0,
    good: good(t => message(t, m => is(JSON.stringify(
        m.result?.tools.map(x => x.name)), '["echo","look"]'))) });

const refusedTool = roll => {
    const [name, text] = pick(roll, [['echo', DENIED], ['hidden', '好']]);
    return { ask: rpc('tools/call', { name, arguments: { text } }), paid: 0,
        good: t => t.status === 503 ? `status 503: ${t.text}`
            : message(t, m => is(m.error?.data.weir.code,
                text === DENIED ? 'content_filter' : 'tool_not_allowed')) };
};

export const KINDS = {
    file: [8, file],
    claude_batch: [4, claudeBatch],
    refused_line: [3, refusedLine],
    others: [2, others],
    sound: [6, sound],
    denied_form: [2, deniedForm],
    tool: [8, tool],
    tools: [2, tools],
    refused_tool: [3, refusedTool],
};
