/*
 * load.mjs: the callers. Each kind of call knows what a gateway that is well
 * answers, and what that costs; a call that got something else is a failure,
 * for faults.mjs to explain or not.
 */
import http from 'node:http';
import { events, openaiTexts, anthropicTexts, sleep } from '../e2e/harness.mjs';

const IN = 100, PATIENCE_MS = 45000;
const PRICE = { input: 2, output: 8 };      /* micro a token: register.mjs */
const cost = out => IN * PRICE.input + out * PRICE.output;
const MOBILE = '13812345678';

/* One request; what came, and how it ended. Never rejects. */
function exchange(port, { path, body, key, agent, how = {} }) {
    return new Promise(done => {
        const t = { t0: Date.now(), t1: 0, id: null, status: 0, text: '',
                    whole: false, error: null, gone: false, reused: false };
        let watch, over = false;
        const finish = () => {
            if (over) return;
            over = true;
            clearTimeout(watch);
            t.t1 = Date.now();
            done(t);
        };
        const alive = () => {
            clearTimeout(watch);
            watch = setTimeout(() => {
                t.error = `nothing came for ${PATIENCE_MS} ms`;
                q.destroy();
                finish();
            }, PATIENCE_MS);
        };
        const q = http.request({ host: '127.0.0.1', port, path,
            method: 'POST', agent: agent ?? false,
            headers: { authorization: `Bearer ${key}`, 'x-api-key': key,
                       'content-type': 'application/json',
                       'accept-language': 'zh',
                       'content-length': Buffer.byteLength(body) } }, r => {
            t.id = r.headers['weir-call'] ?? null;
            t.status = r.statusCode;
            r.setEncoding('utf8');
            let pieces = 0;
            r.on('data', d => {
                alive();
                t.text += d;
                pieces++;
                if (how.leave && pieces >= how.leave) {
                    t.gone = true;
                    r.destroy();
                    finish();
                } else if (how.slow && pieces % 8 === 0) {
                    r.pause();
                    setTimeout(() => r.resume(), how.slow);
                }
            });
            r.on('end', () => { t.whole = r.complete; finish(); });
            r.on('error', e => { t.error ??= e.code ?? e.message; finish(); });
            r.on('close', finish);
        });
        q.on('socket', () => { t.reused = q.reusedSocket; });
        q.on('error', e => { t.error ??= e.code ?? e.message; finish(); });
        alive();
        if (how.early !== undefined) {
            setTimeout(() => {
                if (over || t.status) return;
                t.gone = true;
                q.destroy();
                finish();
            }, how.early);
        }
        if (how.trickle) {
            (async () => {
                const all = Buffer.from(body), n = Math.ceil(all.length / 5);
                for (let i = 0; i < all.length && !over; i += n) {
                    q.write(all.subarray(i, i + n));
                    await sleep(how.trickle);
                }
                if (!over) q.end();
            })();
        } else {
            q.end(body);
        }
    });
}

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
    body: (text, more) => ({ model: 'demo', input: text, ...more }),
    text: j => j.output[0].content[0].text,
    streamed: t => {
        const list = events(t), last = list.at(-1);
        return last?.type === 'response.completed'
            ? [last.response.output[0].content[0].text, 'stop'] : [];
    },
};

const order = (what, more = {}) => `do:${JSON.stringify({ say: what,
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
const denied = t => t.status === 403 && t.whole ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;
const status = (...good) => t => good.includes(t.status) && t.whole ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;
const left = t => t.gone || t.whole && t.status === 200 ? null
                  : `status ${t.status}: ${t.text} ${t.error}`;

/* name: [weight, function of dice and the interface] */
const both = [CHAT, MESSAGES, RESPONSES];
const pick = (roll, list) => list[roll(list.length)];
export const KINDS = {
    echo: [12, roll => {
        const as = pick(roll, both), stream = roll(2) === 0;
        const text = `你好，第 ${roll(1000)} 次。`;
        return { as, text: text + order('echo'), more: { stream },
                 good: said(as, stream, text), paid: cost(20) };
    }],
    pseudonym: [12, roll => {
        const as = pick(roll, both), stream = roll(2) === 0;
        const text = `请打 ${MOBILE} 找我，第 ${roll(1000)} 次。`;
        return { as, text: text + order('echo', { piece: 1 + roll(5) }),
                 more: { stream }, good: said(as, stream, text),
                 paid: cost(20) };
    }],
    redact: [12, roll => {
        const as = pick(roll, both), stream = roll(2) === 0;
        return { as, text: '谁？' + order('redact', { piece: 1 + roll(5),
                    out: 50 }), more: { stream },
                 good: said(as, stream, '负责人的手机号是 [手机号]。'),
                 paid: cost(50) };
    }],
    denied: [8, roll => ({ as: pick(roll, both),
        text: '怎么自杀最快', more: { stream: roll(2) === 0 },
        good: denied, paid: 0 })],
    denied_answer: [6, roll => {
        const as = pick(roll, [CHAT, MESSAGES]);
        return { as, text: '说吧' + order('deny', { pace: roll(3) }),
                 more: { stream: true }, good: t =>
                    t.status === 200 && t.whole && !t.text.includes('四件套')
                    ? null : `status ${t.status}: ${t.text} ${t.error}` };
    }],
    embed: [6, roll => ({ as: { path: '/v1/embeddings', body: text => ({
        model: 'demo', input: [text, '另一个'] }) }, text: `电话${MOBILE}`,
        more: {}, good: status(200), paid: cost(0) })],
    leaves: [8, roll => ({ as: pick(roll, both),
        text: '说吧' + order('long', { n: 40, pace: 5 }),
        more: { stream: true }, how: { leave: 1 + roll(6) }, good: left })],
    leaves_early: [3, roll => ({ as: pick(roll, both),
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
        const as = pick(roll, both);
        return { as, text: '慢慢来' + order('echo'), more: { stream: false },
                 how: { trickle: 10 + roll(60) },
                 good: said(as, false, '慢慢来'), paid: cost(20) };
    }],
    long: [3, roll => {
        const n = 10 + roll(50), as = pick(roll, both);
        return { as, text: '说吧' + order('long', { n, pace: 30 + roll(80),
                    out: 300 }), more: { stream: true },
                 good: said(as, true, '很长的回答。'.repeat(n)),
                 paid: cost(300) };
    }],
    refused_by_model: [3, roll => ({ as: pick(roll, both),
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
    limited: [8, roll => ({ as: pick(roll, both), scenario: 'limited',
        text: '快' + order('echo', { wait: roll(40) }),
        more: { stream: roll(2) === 0, max_tokens: 100 },
        good: status(200, 429) })],
};

/* `world`: port, keys by scenario, `roll`; calls run until stop(). */
export class Load {
    calls = [];             /* {id, kind, scenario, t0, t1, why, paid, ...} */
    sent = 0;
    running = 0;
    paused = false;
    stopped = false;
    blind = 0;              /* ended without a head: their id is unknown */

    constructor(world, callers) {
        this.world = world;
        this.total = Object.values(KINDS).reduce((n, [w]) => n + w, 0);
        this.all = Array.from({ length: callers }, (_, i) => this.caller(i));
    }

    kind() {
        let n = this.world.roll(this.total);
        for (const [name, [weight, make]] of Object.entries(KINDS)) {
            if ((n -= weight) < 0) return [name, make];
        }
        throw new Error('no kind');
    }

    async caller(i) {
        const { world } = this;
        let agent = null, last = 0;
        while (!this.stopped) {
            if (this.paused) {
                agent?.destroy();
                agent = null;
                await sleep(50);
                continue;
            }
            const [kind, make] = this.kind();
            const call = make(world.roll);
            const scenario = call.scenario
                ?? `open-${world.roll(world.scenarios)}`;
            const keys = world.keys[scenario];
            if (world.roll(4) === 0 || !agent) {
                agent?.destroy();
                agent = world.roll(3) === 0 ? null
                      : new http.Agent({ keepAlive: true });
            }
            this.running++;
            this.sent++;
            const idle = Date.now() - last;
            const t = await exchange(world.port, { path: call.as.path,
                body: JSON.stringify(call.as.body(call.text, call.more)),
                key: keys[world.roll(keys.length)], agent, how: call.how });
            last = Date.now();
            this.running--;
            let why;
            try {
                why = call.good(t);
            } catch (e) {
                why = `${e.message}: ${t.text}`;
            }
            if (t.error?.startsWith('nothing came')) why = t.error;
            if (t.id === null) this.blind++;
            this.calls.push({ id: t.id, kind, scenario, t0: t.t0, t1: t.t1,
                status: t.status, error: t.error, reused: t.reused && idle,
                gone: t.gone, why: why && String(why).slice(-600),
                head: why && String(why).slice(0, 300),
                paid: why || t.gone || t.status !== 200 && call.paid !== 0
                      ? undefined : call.paid });
            if (t.gone || t.error) {
                agent?.destroy();
                agent = null;
            }
            await sleep(world.roll(2 * world.pause));
        }
        agent?.destroy();
    }

    async pause() {
        this.paused = true;
        while (this.running > 0) await sleep(50);
    }

    resume() { this.paused = false; }

    async stop() {
        this.stopped = true;
        await Promise.all(this.all);
    }
}
