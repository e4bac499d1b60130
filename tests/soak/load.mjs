/*
 * load.mjs: the callers. What they call, and what a gateway that is well
 * answers, stands in kinds.mjs and objects.mjs; a call that got something else
 * is a failure, for faults.mjs to explain or not.
 */
import http from 'node:http';
import { sleep } from '../e2e/harness.mjs';
import { KINDS as SPEECH } from './kinds.mjs';
import { KINDS as OBJECTS } from './objects.mjs';

export const KINDS = { ...SPEECH, ...OBJECTS };

const PATIENCE_MS = 45000;

/* One request; what came, and how it ended. Never rejects. */
function exchange(port, { path, body = '', method = 'POST',
                          type = 'application/json', key, agent, how = {} }) {
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
            method, agent: agent ?? false,
            headers: { authorization: `Bearer ${key}`, 'x-api-key': key,
                       ...(method === 'POST' ? { 'content-type': type } : {}),
                       accept: 'application/json, text/event-stream',
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
        let agent = null, last = 0, next = null;
        while (!this.stopped) {
            if (this.paused) {
                agent?.destroy();
                agent = null;
                await sleep(50);
                continue;
            }
            if (!next) {
                const [kind, make] = this.kind();
                const call = make(world.roll);
                next = { kind, call, scenario: call.scenario
                    ?? `open-${world.roll(world.scenarios)}` };
            }
            const { kind, call, scenario } = next;
            const keys = world.keys[scenario];
            if (world.roll(4) === 0 || !agent) {
                agent?.destroy();
                agent = world.roll(3) === 0 ? null
                      : new http.Agent({ keepAlive: true });
            }
            this.running++;
            this.sent++;
            const idle = Date.now() - last;
            const t = await exchange(world.port, { ...(call.ask ?? {
                path: call.as.path,
                body: JSON.stringify(call.as.body(call.text, call.more)) }),
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
            const step = why || t.gone ? null : call.then?.(t);
            next = step ? { kind: step.kind ?? kind, call: step, scenario }
                        : null;
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
