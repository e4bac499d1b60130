/*
 * article.js: a long text as a prompt, streamed back. In a scenario without
 * rules it comes back byte for byte; with identifiers and terms put in at
 * many places each is acted on and nothing else changes.
 *
 * WEIR_ARTICLE names another text. Used by article.test.mjs.
 */
import fs from 'node:fs';
import assert from 'node:assert/strict';
import { events, openaiTexts, dice } from './harness.mjs';

export function readArticle() {
    const file = process.env.WEIR_ARTICLE ??
        new URL('./article.zh.txt', import.meta.url);
    return fs.readFileSync(file, 'utf8');
}

/* Sent as a prompt, echoed by the demo model in small deltas. */
export async function thereAndBack(gw, text, scenario, how = {}) {
    const x_demo = { echo: true, ...how };
    const r = await gw.chat(gw.ask(text, { stream: true, x_demo }), { scenario,
        headers: { 'accept-language': 'zh' } });
    assert.equal(r.status, 200, r.text.slice(0, 500));
    const got = openaiTexts(events(r.text))[0];
    return { text: got.content, finish: got.finish,
             seen: JSON.parse((await gw.model.last()).text)
                 .messages.at(-1).content };
}

/* What is put in, what stands there after the rule for requests, and after
   that for answers. Blanks keep neighbours apart. */
export const things = [
    { put: '13812345678', back: '[手机号]' },
    { put: 'li.si@mail.example.cn', back: '[邮箱]' },
    { put: 'AKIAQ7ZK3MWP5RTXYB2N', back: '[API密钥]' }
];

/* Places lie between code points, and not by ASCII: a digit or a blank close
   by may rightly be read as a part of a number. */
export function insertions(text, count, seed) {
    const runes = [...text];
    const roll = dice(seed);
    const plain = i => i < 0 || i >= runes.length || runes[i] > '\u007f';
    const places = runes.map((_, i) => i)
        .filter(i => [-3, -2, -1, 0, 1, 2].every(d => plain(i + d)));
    assert.ok(places.length >= count, 'the text is too short');
    for (let i = 0; i < count; i++) {       /* the first `count` of a shuffle */
        const k = i + roll(places.length - i);
        [places[i], places[k]] = [places[k], places[i]];
    }
    const at = new Map(places.slice(0, count)
        .map(i => [i, things[roll(things.length)]]));
    let put = '', want = '';
    for (let i = 0; i <= runes.length; i++) {
        const t = at.get(i);
        if (t) {
            put += ` ${t.put} `;
            want += ` ${t.back} `;
        }
        if (i < runes.length) {
            put += runes[i];
            want += runes[i];
        }
    }
    return { put, want };
}
