/*
 * upstream.mjs: a model service for one test file, in this process: it keeps
 * what it was sent and answers as the test says, byte for byte. For the
 * surfaces that the demo model does not have.
 */
import http from 'node:http';

export async function startUpstream({ address = '127.0.0.1',
                                      port = 0 } = {}) {
    const seen = [];
    let answer = () => ({});
    const server = http.createServer(async (q, r) => {
        const parts = [];
        for await (const p of q) parts.push(p);
        const body = Buffer.concat(parts);
        seen.push({ path: q.url, headers: q.headers, body,
                    text: body.toString() });
        const { status = 200, type = 'application/json', headers = {},
                pieces, text = '', each = 0,
                breaks = false } = await answer(seen.at(-1));
        r.writeHead(status, { 'content-type': type, ...headers });
        const all = pieces ?? [text];
        for (const [i, p] of all.entries()) {
            if (each && i > 0)
                await new Promise(done => setTimeout(done, each));
            r.write(p);
        }
        if (breaks) {         /* behind what was written, if anything was */
            r.flushHeaders();
            setTimeout(() => r.destroy(), 30);
            return;
        }
        r.end();
    });
    await new Promise(done => server.listen(port, address, done));
    return {
        url: `http://${address}:${server.address().port}`,
        port: server.address().port,
        seen,
        last: () => seen.at(-1),
        /* What comes next: an object, or a function of the request. */
        answers(next) {
            answer = typeof next === 'function' ? next : () => next;
        },
        json(value, more = {}) {
            answer = () => ({ text: JSON.stringify(value), ...more });
        },
        async stop() {
            server.closeAllConnections();
            await new Promise(done => server.close(done));
        },
    };
}

/* Events of the Responses interface and of Anthropic carry their type as
   the event's name too. */
export const sse = (list, named = true) => list.map(e =>
    typeof e === 'string' ? `data: ${e}\n\n`
    : (named && e.type ? `event: ${e.type}\n` : '') +
      `data: ${JSON.stringify(e)}\n\n`).join('');

/* A text cut into pieces of n bytes. */
export function cut(text, n) {
    const all = Buffer.from(text), out = [];
    for (let i = 0; i < all.length; i += n) out.push(all.subarray(i, i + n));
    return out;
}
