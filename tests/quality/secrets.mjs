// secrets.mjs: recall and false alarms of common/secrets on the rows of
// gitleaks/rule_samples.jsonl (label 1: at least one finding is wanted;
// label 0: none is). A row's name is its rule and the begin of the SHA-256 of
// its text: keys, made up or not, do not belong in this tree.
import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

export async function run({weir, testsets, report}) {
  const file = join(testsets, 'gitleaks', 'rule_samples.jsonl')

  if (!existsSync(file)) {
    report.missing('secrets: no gitleaks/rule_samples.jsonl')
    return
  }
  const rows = readFileSync(file, 'utf8').trim().split('\n')
    .map((l) => JSON.parse(l))
  const found = weir.scan(rows.map((r) => r.text),
    {packs: ['common/secrets']})
  const hits = (label) => rows.filter((r, i) =>
    (r.label === 1) === label && found[i].length > 0)
  const of = (label) => rows.filter((r) => (r.label === 1) === label).length
  const wrong = rows.filter((r, i) => (r.label === 1) !== (found[i].length > 0))
  const name = (r) => `${r.rule}#` + createHash('sha256').update(r.text)
    .digest('hex').slice(0, 12)

  report.rate({set: 'gitleaks rule samples', what: 'secrets flagged',
    hit: hits(true).length, of: of(true), aim: 'high'})
  report.rate({set: 'gitleaks rule samples', what: 'others flagged',
    hit: hits(false).length, of: of(false), aim: 'low'})
  report.judged('gitleaks rule samples', wrong.map(name))
}
