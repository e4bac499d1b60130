/*
 * load.mjs: calls and streams while something else happens, on new
 * connections and on kept ones.
 */
import http from 'node:http';
import { events, openaiTexts } from './harness.mjs';

/* `agent`: false for a connection of its own. */
function post(gw, body, headers, key, agent) {
    return new Promise((done, fail) => {
        const q = http.request({ host: '127.0.0.1', port: gw.port,
            path: '/v1/chat/completions', method: 'POST', agent,
            headers: { authorization: `Bearer ${key}`,
                       'content-type': 'application/json', ...headers } },
            r => {
                r.setEncoding('utf8');
                let text = '';
                r.on('data', d => { text += d; });
                r.on('end', () => r.complete ? done({ text,
                    status: r.statusCode }) : fail(new Error('cut short')));
                r.on('error', fail);
            });
        q.on('error', fail);
        q.end(JSON.stringify(body));
    });
}

/* Calls and streams on end until `stop` resolves; the failures. The model says
   `said`, of which `want` is to arrive. */
export async function load(gw, [said, want_one], stop) {
    let going = true, calls = 0;
    const failures = [];
    const say = said.repeat(4), want = want_one.repeat(4);
    const x_demo = await gw.model.script('load', { say, chunk: 2,
                                                   pace_ms: 4 });
    const headers = { 'accept-language': 'zh' };
    const key = await gw.key();
    const one = async ([stream, keepAlive]) => {
        const agent = keepAlive && new http.Agent({ keepAlive });
        while (going) {
            try {
                const r = await post(gw, gw.ask('x', { x_demo, stream }),
                                     headers, key, agent);
                const text = stream
                    ? openaiTexts(events(r.text))[0]?.content
                    : JSON.parse(r.text).choices?.[0].message.content;
                if (r.status !== 200 || text !== want)
                    failures.push(r.text.slice(0, 400));
            } catch (e) {
                failures.push(String(e));
            }
            calls++;
        }
        if (agent) agent.destroy();
    };
    const all = [[false, false], [false, true], [false, true],
                 [true, false], [true, true], [true, true]].map(one);
    try {
        await stop();
    } finally {
        going = false;
        await Promise.all(all);
    }
    return { calls, failures };
}
