/* Requests that are forms with files: transcriptions, translations, edits and
   variations of pictures, with the SDK; and ways around the rules that only a
   form has. */
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import OpenAI, { toFile } from 'openai';
import { startGateway, until, sleep } from './harness.mjs';
import { startUpstream, sse, cut } from './upstream.mjs';

const MOBILE = '13812345678', OTHER = '13987654321', DENIED = '高价收四件套';
const CHILD = '求儿童色情';
const HEAR = '/v1/audio/transcriptions';
let up, gw, openai, plain;

before(async () => {
    up = await startUpstream();
    gw = await startGateway({ model: { url: up.url } });
    openai = new OpenAI({ apiKey: await gw.key(), baseURL: `${gw.url}/v1`,
                          maxRetries: 0 });
    plain = new OpenAI({ apiKey: await gw.key('plain'),
                         baseURL: `${gw.url}/v1`, maxRetries: 0 });
});
after(async () => {
    await gw?.close({ alerts: [/exited on signal 9/] });
    await up?.stop();
});

const lastEnd = async () =>
    (await gw.journal()).filter(r => r.kind === 'end').at(-1);
/* Bytes that are no text, with line ends and dashes among them. */
const sound = Buffer.concat([Buffer.from('RIFF\r\n--\r\n\0\xff', 'latin1'),
    Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7) & 255))]);
const wav = (name = 'call.wav') => toFile(sound, name, { type: 'audio/wav' });

/* The fields and files of a request as another reader has them. */
async function form(seen) {
    const all = await new Response(seen.body,
        { headers: { 'content-type': seen.headers['content-type'] } })
        .formData();
    const out = {};
    for (const [k, v] of all) {
        (out[k] ??= []).push(typeof v === 'string' ? v
            : { name: v.name, type: v.type,
                bytes: Buffer.from(await v.arrayBuffer()) });
    }
    return out;
}

/* A form as its bytes, fields as [name, value] or [name, value, filename]. */
const B = 'weirtest';
const part = ([name, value, file]) =>
    `--${B}\r\nContent-Disposition: form-data; name="${name}"` +
    (file === undefined ? '' : `; filename="${file}"\r\n` +
     'Content-Type: audio/wav') + `\r\n\r\n${value}\r\n`;
const formText = parts => parts.map(part).join('') + `--${B}--\r\n`;
const post = (text, { where = HEAR, boundary = B, ...more } = {}) =>
    gw.chat(Buffer.from(text), { path: where, headers: {
        'content-type': `multipart/form-data; boundary=${boundary}` },
        ...more });

/* ---- sound ---- */

test('transcription: fields are inspected, the sound passes as it is',
     async () => {
    up.json({ text: `number ${OTHER}, yours <MOBILE_1>`, usage: {
        type: 'tokens', input_tokens: 14, output_tokens: 45,
        total_tokens: 59 } });
    const before = (await gw.grant('hotline')).spent;
    const r = await openai.audio.transcriptions.create({ model: 'demo',
        file: await wav(`${MOBILE}.wav`), prompt: `I am ${MOBILE}`,
        language: 'zh', response_format: 'json', temperature: 0.2 });
    assert.equal(up.last().path, HEAR);
    const sent = await form(up.last());
    assert.deepEqual(sent.file, [{ name: '<MOBILE_1>.wav',
                                   type: 'audio/wav', bytes: sound }]);
    assert.deepEqual(sent.prompt, ['I am <MOBILE_1>']);
    assert.deepEqual(sent.model, ['demo']);
    assert.deepEqual(sent.language, ['zh']);
    assert.deepEqual(sent.temperature, ['0.2']);
    assert.ok(!r.text.includes(OTHER), r.text);
    assert.ok(r.text.endsWith(`yours ${MOBILE}`), r.text);
    const end = await lastEnd();
    assert.equal(end.request_scanned, 'partly');
    assert.equal(end.input_tokens, 14);
    assert.equal(end.output_tokens, 45);
    assert.equal(end.usage, 'reported');
    assert.equal((await gw.grant('hotline')).spent - before,
                 14 * 2 + 45 * 8);
});

test('nothing to change, nothing changes, in any pieces', async () => {
    const text = Buffer.from(formText([['x[]', ''], ['file',
        'RI\r\n-\r\n--\r\n--weirtes', 'a b.wav'], ['x[]', '\r\n'],
        ['model', 'demo']]));
    up.json({ text: 'ok' });
    for (const scenario of ['plain', 'hotline']) {
        assert.equal((await post(text, { scenario })).status, 200);
        assert.deepEqual(up.last().body, text);
        assert.equal(up.last().headers['content-type'],
                     `multipart/form-data; boundary=${B}`);
    }
    for (const n of [1, 3, 50]) {
        const r = await pieces(text, n);
        assert.equal(r.status, 200, r.text);
        assert.deepEqual(up.last().body, text);
    }
});

/* A form sent chunked, n bytes a segment. */
async function pieces(body, n, boundary = B) {
    const key = await gw.key();
    return new Promise((done, fail) => {
        const q = http.request({ host: '127.0.0.1', port: gw.port,
            path: HEAR, method: 'POST', agent: false, headers: {
            authorization: `Bearer ${key}`,
            'content-type': `multipart/form-data; boundary=${boundary}` } },
            async r => {
                let text = '';
                for await (const p of r) text += p;
                done({ status: r.statusCode, text });
            });
        q.on('error', fail);
        q.setNoDelay(true);
        (async () => {
            for (const p of cut(body, n)) {
                q.write(p);
                await new Promise(setImmediate);
            }
            q.end();
        })();
    });
}

test('transcription: verbose, segments and words', async () => {
    const answer = { task: 'transcribe', language: 'chinese', duration: 8.47,
        text: `号码是139 8765 4321，<MOBILE_1>`, segments: [
            { id: 0, seek: 0, start: 0, end: 3, text: '号码是139 87',
              tokens: [50364, 440], temperature: 0, avg_logprob: -0.28,
              compression_ratio: 1.2, no_speech_prob: 0.01 },
            { id: 1, seek: 0, start: 3, end: 8, text: '65 4321，<MOBI',
              tokens: [1] },
            { id: 2, start: 8, end: 9, text: 'LE_1>', tokens: [] }],
        words: [{ word: '139', start: 0, end: 1 }, { word: '8765', start: 1,
                  end: 2 }, { word: '4321', start: 2, end: 3 }],
        usage: { type: 'duration', seconds: 9 } };
    up.json(answer);
    const before = (await gw.grant('hotline')).spent;
    const r = await openai.audio.transcriptions.create({ model: 'demo',
        file: await wav(), prompt: MOBILE, response_format: 'verbose_json',
        timestamp_granularities: ['word', 'segment'] });
    assert.deepEqual((await form(up.last()))['timestamp_granularities[]'],
                     ['word', 'segment']);
    assert.ok(!/8765|4321/.test(JSON.stringify(r)), JSON.stringify(r));
    assert.equal(r.segments.map(s => s.text).join(''), r.text);
    assert.ok(r.text.endsWith(`，${MOBILE}`));
    assert.equal(r.segments[0].tokens, null);
    assert.equal(r.segments[0].avg_logprob, -0.28);
    assert.deepEqual(r.words, []);
    const end = await lastEnd();
    assert.equal(end.input_tokens, 90);       /* ten a second */
    assert.equal(end.usage, 'reported');
    assert.equal((await gw.grant('hotline')).spent - before, 180);
    const same = await plain.audio.transcriptions.create({ model: 'demo',
        file: await wav(), response_format: 'verbose_json' });
    assert.deepEqual(same, answer);
});

test('transcription: plain text and subtitles', async () => {
    const srt = '1\n00:00:00,000 --> 00:00:02,000\nCall 13987654321\n\n' +
                '2\n00:00:02,000 --> 00:00:04,000\nor <MOBILE_1>\n';
    up.answers({ type: 'text/plain; charset=utf-8', pieces: cut(srt, 7) });
    const r = await openai.audio.transcriptions.create({ model: 'demo',
        file: await wav(), prompt: MOBILE, response_format: 'srt' });
    assert.ok(!r.includes(OTHER), r);
    assert.match(r, /^1\n00:00:00,000 --> 00:00:02,000\nCall .+\n\n2\n/);
    assert.ok(r.endsWith(`or ${MOBILE}\n`), r);
    const end = await lastEnd();
    assert.equal(end.usage, 'estimated');
    assert.equal(end.answer_scanned, 'full');
    assert.ok(Number(end.charged) > 0);

    up.answers({ type: 'text/plain', text: `先说，${DENIED}，再说` });
    await assert.rejects(openai.audio.transcriptions.create({ model: 'demo',
        file: await wav(), response_format: 'text' }), e =>
        e.status === 403 && e.code === 'content_filter'
        && !e.message.includes(DENIED));
    assert.equal((await lastEnd()).ending, 'denied');

    /* of this interface only */
    up.answers({ type: 'text/plain', text: 'x' });
    assert.equal((await gw.chat(gw.ask('hi'))).status, 502);
});

const said = (text, n) => sse([...cutText(text, n).map(delta =>
    ({ type: 'transcript.text.delta', delta, logprobs: [] })),
    { type: 'transcript.text.done', text, logprobs: [], usage: {
      type: 'tokens', input_tokens: 14, output_tokens: 45,
      total_tokens: 59 } }]) + 'data: [DONE]\n\n';
const cutText = (text, n) => {
    const all = [...text], out = [];
    for (let i = 0; i < all.length; i += n)
        out.push(all.slice(i, i + n).join(''));
    return out;
};

test('transcription: streamed, cut anywhere', async () => {
    const text = `数字 ${OTHER} 与 <MOBILE_1>，完。${OTHER}`;
    for (const [n, bytes] of [[1, 100000], [3, 1], [100, 9], [2, 64]]) {
        up.answers({ type: 'text/event-stream',
                     pieces: cut(said(text, n), bytes) });
        const s = await openai.audio.transcriptions.create({ model: 'demo',
            file: await wav(), prompt: MOBILE, stream: true });
        let deltas = '', done;
        for await (const e of s) {
            if (e.type === 'transcript.text.delta') deltas += e.delta;
            if (e.type === 'transcript.text.done') done = e.text;
        }
        assert.equal(deltas, done);
        assert.ok(!done.includes(OTHER), done);
        assert.match(done, new RegExp(`^数字 .+ 与 ${MOBILE}，完。.+$`));
        assert.deepEqual((await form(up.last())).stream, ['true']);
    }
    const end = await lastEnd();
    assert.equal(end.usage, 'reported');
    assert.equal(end.output_tokens, 45);
});

test('transcription: a stream that a rule ends', async () => {
    up.answers({ type: 'text/event-stream',
                 pieces: cut(said(`先说几句，${DENIED}，然后`, 2), 33) });
    const s = await openai.audio.transcriptions.create({ model: 'demo',
        file: await wav(), stream: true });
    let text = '';
    await assert.rejects(async () => {
        for await (const e of s) text += e.delta ?? '';
    }, e => e.code === 'content_filter');
    assert.equal(text, '先说几句，');
    assert.equal((await lastEnd()).ending, 'denied');
});

test('translation', async () => {
    up.json({ text: `call ${OTHER}` });
    const r = await openai.audio.translations.create({ model: 'demo',
        file: await wav(), prompt: `me: ${MOBILE}` });
    assert.equal(up.last().path, '/v1/audio/translations');
    assert.ok(!up.last().text.includes(MOBILE));
    assert.ok(!r.text.includes(OTHER));
    assert.equal((await lastEnd()).usage, 'estimated');
});

/* ---- pictures ---- */

test('pictures: edits and variations', async () => {
    const png = name => toFile(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
                               name, { type: 'image/png' });
    up.json({ created: 1, data: [{ b64_json: 'iVBORw0KGgo=',
        revised_prompt: `card ${OTHER}` }], usage: { input_tokens: 4,
        output_tokens: 100, total_tokens: 104 } });
    const r = await openai.images.edit({ model: 'demo',
        image: [await png('a.png'), await png('b.png')],
        mask: await png('m.png'), prompt: `a card with ${MOBILE}`, n: 1 });
    const sent = await form(up.last());
    assert.equal(up.last().path, '/v1/images/edits');
    assert.deepEqual(sent.prompt, ['a card with <MOBILE_1>']);
    assert.equal(sent['image[]'].length, 2);
    assert.equal(sent.mask[0].name, 'm.png');
    assert.equal(r.data[0].b64_json, 'iVBORw0KGgo=');
    assert.ok(!r.data[0].revised_prompt.includes(OTHER));
    const end = await lastEnd();
    assert.equal(end.request_scanned, 'partly');
    assert.equal(end.output_tokens, 100);

    await openai.images.createVariation({ model: 'demo',
        image: await png('a.png'), user: MOBILE });
    assert.equal(up.last().path, '/v1/images/variations');
    assert.deepEqual((await form(up.last())).user, ['<MOBILE_1>']);
});

/* ---- refusals and ways around ---- */

test('bypass: a denied text goes nowhere, wherever it stands', async () => {
    const n = up.seen.length;
    const file = ['file', 'RIFF', 'a.wav'], model = ['model', 'demo'];
    for (const [what, parts] of Object.entries({
        prompt: [model, file, ['prompt', CHILD]],
        'a field after the file': [model, file, ['zzz', CHILD]],
        'the name of a file': [model, ['file', 'RIFF', `${CHILD}.wav`]],
        'an extension': [model, ['file', 'RIFF', `a.${CHILD}`]],
        language: [model, file, ['language', CHILD]],
        'a file without its name': [model, ['file', CHILD]] }))
    {
        const r = await post(formText(parts));
        assert.equal(r.status, 403, what);
        assert.equal(r.json.error.code, 'content_filter', what);
    }
    assert.equal(up.seen.length, n);
    for (const bytes of [1, 2, 5]) {
        const r = await pieces(Buffer.from(formText([model, file,
            ['prompt', `x ${CHILD}`]])), bytes);
        assert.equal(r.status, 403, `${bytes} bytes a segment`);
    }
    assert.equal(up.seen.length, n);
});

test('bypass: what could be read in two ways is refused', async () => {
    const n = up.seen.length;
    const good = formText([['model', 'demo'], ['file', 'RIFF', 'a.wav']]);
    const field = (head, value = 'x') =>
        `--${B}\r\n${head}\r\n\r\n${value}\r\n`;
    const D = 'Content-Disposition: form-data; ';
    const hidden = part(['prompt', CHILD]);
    const cases = {
        /* what, body, code, status */
        'the model twice': [formText([['model', 'demo'], ['model', 'free']]),
                            'duplicate_key'],
        'the model in two cases': [formText([['model', 'demo'],
            ['MODEL', 'free']]), 'duplicate_key'],
        'the model as a list': [formText([['model', 'demo'],
            ['model[]', 'free']]), 'duplicate_key'],
        'a prompt as a file': [formText([['model', 'demo'],
            ['prompt', CHILD, 'a.txt']]), 'invalid_request'],
        'no model': [formText([['file', 'RIFF', 'a.wav']]),
                     'invalid_request'],
        'another model': [formText([['model', 'nope']]), 'model_not_found'],
        'a preamble': [`${CHILD}\r\n${good}`],
        'an epilogue': [good + CHILD],
        'a part behind the end': [good + hidden],
        'bare LF before a boundary': [good.replace('RIFF\r\n', 'RIFF\n')],
        'a boundary with a tail': [good.replace(`RIFF\r\n--${B}`,
            `RIFF\r\n--${B}x\r\n${CHILD}\r\n--${B}`)],
        'a boundary with a blank': [good.replace(`--${B}\r\n`,
                                                 `--${B} \r\n`)],
        'a boundary in a line': [good.replace('RIFF', `RIFF--${B}`)],
        'no end': [good.slice(0, -6)],
        'base64': [field(D + 'name="prompt"\r\n' +
            'Content-Transfer-Encoding: base64', btoa('x')) + good],
        'nested': [field(D + 'name="a"\r\nContent-Type: multipart/mixed; ' +
            'boundary=C') + good],
        'a charset': [field(D + 'name="prompt"\r\nContent-Type: text/plain;' +
            ' charset=utf-7') + good],
        'a charset for all': [formText([['_charset_', 'utf-16'],
                                        ['model', 'demo']])],
        'another header': [field(D + `name="a"\r\nX-Note: ${CHILD}`) + good],
        'a folded header': [field(
            'Content-Disposition: form-data;\r\n name="a"') + good],
        'two names': [field(D + 'name="a"; name="prompt"') + good],
        'filename*': [field(D + 'name="file"; filename="a"; ' +
            "filename*=utf-8''b") + good],
        'an escaped name': [field(D + 'name="a\\"b"') + good],
        'no quotes': [field(D + 'name=prompt') + good],
        'an encoded word': [field(D + 'name="file"; ' +
            'filename="=?utf-8?B?5rGC?="') + good],
        'no UTF-8': [Buffer.concat([Buffer.from(`--${B}\r\n${D}name="prompt"` +
            '\r\n\r\n'), Buffer.from([0xff, 0xfe]), Buffer.from('\r\n' +
            good)]), 'invalid_utf8'],
        JSON: [JSON.stringify({ model: 'demo', prompt: CHILD })],
        nothing: [''] };

    for (const [what, [text, code = 'invalid_multipart', status]] of
         Object.entries(cases))
    {
        const r = await post(text);
        assert.equal(r.json?.error.code, code, `${what}: ${r.text}`);
        assert.equal(r.status, status ??
            (code === 'model_not_found' ? 404 : 400), what);
    }
    const types = ['application/json', 'multipart/form-data',
        `multipart/form-data; boundary=${B}; boundary=C`,
        `multipart/mixed; boundary=${B}`,
        `multipart/form-data; boundary=${'x'.repeat(71)}`,
        `multipart/form-data; boundary="${B}`];
    for (const type of types) {
        const r = await gw.chat(Buffer.from(good), { path: HEAR,
            headers: { 'content-type': type } });
        assert.equal(r.json.error.code, 'invalid_multipart', type);
    }
    assert.equal(up.seen.length, n);
});

test('bypass: a delimiter that the boundary of a header hides', async () => {
    /* The header names another boundary than the body has. */
    const r = await post(formText([['model', 'demo']]), { boundary: 'other' });
    assert.equal(r.json.error.code, 'invalid_multipart');
});

test('sizes: 25 MiB of sound pass, 27 do not', async () => {
    const big = Buffer.alloc(25 << 20, 0x2d);     /* dashes */
    up.json({ text: 'long', usage: { type: 'duration', seconds: 60 } });
    await openai.audio.transcriptions.create({ model: 'demo',
        file: await toFile(big, 'long.wav'), prompt: MOBILE });
    assert.ok(up.last().body.includes(big));
    assert.ok(!up.last().body.includes(MOBILE));
    await assert.rejects(openai.audio.transcriptions.create({ model: 'demo',
        file: await toFile(Buffer.alloc(27 << 20), 'long.wav') }),
        e => e.status === 413);
    /* of JSON as before */
    const r = await gw.chat(gw.ask('x'.repeat(17 << 20)));
    assert.equal(r.status, 413);
});

test('money: what is reserved covers the sound; nothing is left of it',
     async () => {
    let seen;
    up.answers(async () => {
        seen = await gw.grant('hotline');
        return { text: JSON.stringify({ text: 'x', usage: {
            type: 'duration', seconds: 100 } }) };
    });
    await openai.audio.transcriptions.create({ model: 'demo',
        file: await toFile(Buffer.alloc(75000), 'a.opus') });
    /* 1000 tokens of sound at 2, and what the model may write at 8 */
    assert.ok(seen.reserved >= 1000 * 2 + 65536 * 8, String(seen.reserved));
    assert.equal((await gw.grant('hotline')).reserved, 0);

    const n = up.seen.length;
    await assert.rejects(new OpenAI({ apiKey: await gw.key('poor'),
        baseURL: `${gw.url}/v1`, maxRetries: 0 }).audio.transcriptions.create(
        { model: 'demo', file: await wav() }),
        e => e.status === 402 && e.code === 'insufficient_quota');
    assert.equal(up.seen.length, n);
});

test('kill -9 of a worker while a form is out: it is charged as reserved',
     async () => {
    const before = await gw.grant('hotline');
    let go;
    up.answers(() => new Promise(done => { go = done; }));
    const call = openai.audio.transcriptions.create({ model: 'demo',
        file: await wav() }).catch(e => e);
    await until('the call to be out', () => go);
    const { reserved } = await gw.grant('hotline');
    assert.ok(reserved > 0);
    const { workers } = await gw.pids();
    process.kill(workers[0], 'SIGKILL');
    go({ text: '{"text":"late"}' });
    assert.ok(await call instanceof Error);
    await until('the reservation to be settled', async () =>
        (await gw.grant('hotline')).reserved === 0);
    assert.equal((await gw.grant('hotline')).spent, before.spent + reserved);
    await gw.healthy();
    await sleep(50);
});
