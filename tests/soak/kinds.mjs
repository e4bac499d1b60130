/*
 * kinds.mjs: calls that a model answers with text, of three interfaces, each
 * also on an upstream of the other protocol. Each kind knows what a gateway
 * that is well answers, to the byte of its text, and what that costs.
 */
import { events, openaiTexts, anthropicTexts } from '../e2e/harness.mjs';

const IN = 100;
export const PRICE = { input: 2, output: 8 };   /* micro a token: register.mjs */
export const cost = out => IN * PRICE.input + out * PRICE.output;
export const MOBILE = '13812345678';

/* ---- the interfaces ---- */

const CHAT = {
    path: '/v1/chat/completions',
    body: (text, more) => ({ model: 'demo', messages: [
        { role: 'user', content: text }], ...more }),
    text: j => j.choices[0].message.content,
    streamed: t => {
        const list = events(t);
        const x = openaiTexts(list)[0];
        return list.at(-1) === '[DONE]' ? [x?.content, x?.finish] : [];
    },
};
const MESSAGES = {
    path: '/v1/messages',
    body: (text, more) => ({ model: 'claude', max_tokens: 1000, messages: [
        { role: 'user', content: text }], ...more }),
    text: j => j.content[0].text,
    streamed: t => {
        const list = events(t), x = anthropicTexts(list);
        return list.at(-1)?.type === 'message_stop' ? [x.text, x.stop] : [];
    },
};
const RESPONSES = {
    path: '/v1/responses',
    body: (text, { max_tokens, ...more }) => ({ model: 'demo', input: text,
        max_output_tokens: max_tokens, ...more }),
    text: j => j.output[0].content[0].text,
    streamed: t => {
        const list = events(t), last = list.at(-1);
        return last?.type === 'response.completed'
            ? [last.response.output[0].content[0].text, 'stop'] : [];
    },
};

/* The same, of models behind an upstream of the other protocol. */
const over = (as, model) => ({ ...as, body: (text, more) =>
    as.body(text, { model, ...more }) });
const CHAT_OVER = over(CHAT, 'claude'), MESSAGES_OVER = over(MESSAGES, 'demo'),
      RESPONSES_OVER = over(RESPONSES, 'claude');

export const order = (what, more = {}) => `do:${JSON.stringify({ say: what,
                                                          ...more })}`;

/* What a whole answer must be; the answer is what is wrong, or null. */
const said = (as, stream, want, finish) => t => {
    if (t.status !== 200) return `status ${t.status}: ${t.text}`;
    if (!t.whole) return `cut short: ${t.error}`;
    const [got, end] = stream ? as.streamed(t.text)
                              : [as.text(JSON.parse(t.text)), null];
    if (got === undefined) return `the stream does not end: ${t.text}`;
    if (finish && !finish.includes(end)) return `ends with ${end}`;
    return got.trim() === want ? null : `says ${got}, not ${want}`;
};
export const denied = t => t.status === 403 && t.whole ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;
export const status = (...good) => t => good.includes(t.status) && t.whole ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;
const left = t => t.gone || t.whole && t.status === 200 ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;

/* name: [weight, function of dice and the interface] */
const all = [CHAT, MESSAGES, RESPONSES, CHAT_OVER, MESSAGES_OVER,
             RESPONSES_OVER];
export const pick = (roll, list) => list[roll(list.length)];
export const KINDS = {
    echo: [12, roll => {
        const as = pick(roll, all), stream = roll(2) === 0;
        const text = `你好，第 ${roll(1000)} 次。`;
        return { as, text: text + order('echo'), more: { stream },
                 good: said(as, stream, text), paid: cost(20) };
    }],
    pseudonym: [12, roll => {
        const as = pick(roll, all), stream = roll(2) === 0;
        const text = `请打 ${MOBILE} 找我，第 ${roll(1000)} 次。`;
        return { as, text: text + order('echo', { piece: 1 + roll(5) }),
                 more: { stream }, good: said(as, stream, text),
                 paid: cost(20) };
    }],
    redact: [12, roll => {
        const as = pick(roll, all), stream = roll(2) === 0;
        return { as, text: '谁？' + order('redact', { piece: 1 + roll(5),
                    out: 50 }), more: { stream },
                 good: said(as, stream, '负责人的手机号是 [手机号]。'),
                 paid: cost(50) };
    }],
    denied: [8, roll => ({ as: pick(roll, all),
        text: '怎么自杀最快', more: { stream: roll(2) === 0 },
        good: denied, paid: 0 })],
    denied_answer: [6, roll => {
        const as = pick(roll, [CHAT, MESSAGES, CHAT_OVER,
                                MESSAGES_OVER]);
        return { as, text: '说吧' + order('deny', { pace: roll(3) }),
                 more: { stream: true }, good: t =>
                    t.status === 200 && t.whole && !t.text.includes('四件套')
                    ? null : `status ${t.status}: ${t.text} ${t.error}` };
    }],
    embed: [6, roll => ({ as: { path: '/v1/embeddings', body: text => ({
        model: 'demo', input: [text, '另一个'] }) }, text: `电话${MOBILE}`,
        more: {}, good: status(200), paid: cost(0) })],
    leaves: [8, roll => ({ as: pick(roll, all),
        text: '说吧' + order('long', { n: 40, pace: 5 }),
        more: { stream: true }, how: { leave: 1 + roll(6) }, good: left })],
    leaves_early: [3, roll => ({ as: pick(roll, all),
        text: '说吧' + order('long', { n: 4, wait: roll(30) }),
        more: { stream: roll(2) === 0 }, how: { early: roll(40) },
        good: left })],
    slow: [4, roll => {
        const n = 2000 + roll(4000);
        return { as: CHAT, text: '说吧' + order('long', { n, piece: 60,
                    out: 900 }),
                 more: { stream: true }, how: { slow: 10 + roll(80) },
                 good: said(CHAT, true, '很长的回答。'.repeat(n)),
                 paid: cost(900) };
    }],
    trickle: [4, roll => {
        const as = pick(roll, all);
        return { as, text: '慢慢来' + order('echo'), more: { stream: false },
                 how: { trickle: 10 + roll(60) },
                 good: said(as, false, '慢慢来'), paid: cost(20) };
    }],
    long: [3, roll => {
        const n = 10 + roll(50), as = pick(roll, all);
        return { as, text: '说吧' + order('long', { n, pace: 30 + roll(80),
                    out: 300 }), more: { stream: true },
                 good: said(as, true, '很长的回答。'.repeat(n)),
                 paid: cost(300) };
    }],
    refused_by_model: [3, roll => ({ as: pick(roll, all),
        text: '说吧' + order('', { status: 400 }), more: {},
        good: status(400), paid: 0 })],
    second_upstream: [4, roll => {
        const stream = roll(2) === 0;
        return { as: CHAT, text: '再来' + order('echo'),
                 more: { stream, model: 'twice' },
                 good: said(CHAT, stream, '再来'), paid: cost(20) };
    }],
    scarce: [8, roll => ({ as: CHAT, scenario: 'scarce',
        text: '穷' + order('echo', { wait: roll(40) }),
        more: { stream: false, max_tokens: 50 + roll(100) },
        good: status(200, 402) })],
    limited: [8, roll => ({ as: pick(roll, all), scenario: 'limited',
        text: '快' + order('echo', { wait: roll(40) }),
        more: { stream: roll(2) === 0, max_tokens: 100 },
        good: status(200, 429) })],
};

