/*
 * tools.mjs: an MCP server for one test file, in this process: it keeps what
 * it was sent and answers as JSON or as events, byte for byte as the test
 * says. Sessions are the SDK's business: it gives one and asks for it.
 */
import http from 'node:http';

export const SESSION = '0f8c2a31-5a9e-4c7b-9f5d-mcp';

export async function startTools() {
    const seen = [];
    const tools = {};
    let raw;
    const server = http.createServer(async (q, r) => {
        const parts = [];
        for await (const p of q) parts.push(p);
        const text = Buffer.concat(parts).toString();
        seen.push({ method: q.method, path: q.url, headers: q.headers, text });
        const send = (status, type, body, headers = {}) => {
            r.writeHead(status, { ...(type ? { 'content-type': type } : {}),
                'mcp-session-id': SESSION, ...headers });
            r.end(body);
        };
        if (q.method === 'DELETE') return send(200);
        const m = JSON.parse(text);
        if (raw) {
            const { status = 200, type = 'application/json', pieces,
                    body = '', headers } = await raw(m, seen.at(-1));
            r.writeHead(status, { ...(type ? { 'content-type': type } : {}),
                                  ...headers });
            for (const p of pieces ?? [body]) {
                r.write(p);
                await new Promise(done => setImmediate(done));
            }
            return r.end();
        }
        if (m.id === undefined || m.method === undefined) return send(202);
        const answer = (result, events) => {
            const whole = { jsonrpc: '2.0', id: m.id, ...result };
            if (!events) {
                return send(200, 'application/json', JSON.stringify(whole));
            }
            send(200, 'text/event-stream', [...events, whole].map((e, i) =>
                `event: message\nid: ${i}\ndata: ${JSON.stringify(e)}\n\n`)
                .join(''));
        };
        switch (m.method) {
        case 'initialize':
            return answer({ result: { protocolVersion: '2025-06-18',
                capabilities: { tools: {}, resources: {}, prompts: {},
                                logging: {}, completions: {} },
                serverInfo: { name: 'tools', version: '1' } } });
        case 'tools/list':
            return answer({ result: { tools: Object.keys(tools).map(name => ({
                name, description: `the tool ${name}`,
                inputSchema: { type: 'object' } })) } });
        case 'tools/call':
            return tools[m.params.name]?.(m.params.arguments ?? {}, answer, r)
                ?? answer({ error: { code: -32602, message: 'no such tool' } });
        default:
            return answer({ result: {} });
        }
    });
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        seen, tools,
        last: () => seen.at(-1),
        /* All answers from now on, without a protocol; undefined: no more. */
        raw(next) {
            raw = next;
        },
        async stop() {
            server.closeAllConnections();
            await new Promise(done => server.close(done));
        },
    };
}
