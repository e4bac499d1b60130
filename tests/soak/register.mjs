/* register.mjs: what the gateway under soak governs. */
export const OPEN = 12;          /* scenarios open-0 ... */
export const CHECK_MS = 500;     /* checks of upstreams */
export const UPSTREAMS = ['one', 'two', 'bad', 'solo'];

export const isDaily = name => /^open-[0-3]$/.test(name);

export const scenario = (name, { amount = '100000.00', fund = 'wealth',
    office = 'office-0', more = '' } = {}) => `---
kind: Scenario
name: ${name}
title: {zh: 长跑, en: Soak ${name}}
jurisdictions: [cn]
complaint: ${office}@example.org
models: [demo, claude, twice, box]
ordinances: [cn/personal-information, cn/generative-ai, common/secrets]
grant: {fund: ${fund}, amount: "${amount}", per: ${
    isDaily(name) ? 'day' : 'once'}}
state: admitted
${more}`;

export const SCARCE = { amount: '0.02', fund: 'poor' };
export const limited = n => ({ more: `limits: {requests: {per_second: ${n}}, ` +
    'tokens: {per_minute: 100000}, concurrency: 3}\n' +
    'key_limits: {requests: {per_minute: 100}}\n' });

export function register(url) {
    const upstream = (name, protocol = 'openai', at = name, path = '') => `---
kind: Upstream
name: ${name}
url: ${url[at]}${path}
protocol: ${protocol}
secret: env:WEIR_SOAK_KEY
breaker: {failures: 5, window: 10s, open: 1s}
health: {path: /health, interval: ${CHECK_MS}ms, timeout: ${CHECK_MS}ms, healthy: 2, unhealthy: 3}
`;
    const model = (name, list) => `---
kind: Model
name: ${name}
served: demo
upstreams: [${list}]
max_output: 4096
price: {unit: CNY, per: 1M, input: "2.00", output: "8.00"}
`;
    return upstream('one').replace(/^---\n/, '') + upstream('two')
        + upstream('bad') + upstream('solo', 'anthropic')
        + upstream('tools', 'mcp', 'solo', '/mcp')
        + model('demo', '{name: one, weight: 2}, {name: two, weight: 1}')
        + model('twice', 'bad, one, two') + model('claude', 'solo')
        + `---
kind: Model
name: box
upstreams: [tools]
tools: [echo, look]
price: {unit: CNY, per: 1M, input: "0", output: "0", call: "0.01"}
` + ['wealth', 'poor'].map(name => `---
kind: Fund
name: ${name}
unit: CNY
amount: "100000000.00"
`).join('')
        + Array.from({ length: OPEN }, (_, i) => scenario(`open-${i}`)).join('')
        + scenario('scarce', SCARCE) + scenario('limited', limited(8));
}
