// cold.mjs: COLD dev (thu-coai/COLDataset, Apache-2.0): Chinese sentences,
// offensive or not. Our lists are no classifier: recall says how much of it
// their terms reach, and the flagged share of label 0 what they cost.
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

// A CSV of five columns, the text last; it may be quoted.
export function rows(csv) {
  const out = []
  const cell = /(?:^|,)(?:"((?:[^"]|"")*)"|([^",\n]*))/g

  for (const line of csv.split(/\r?\n(?=\d+,\w+,)/).slice(1)) {
    const cells = [...line.trimEnd().matchAll(cell)]
      .map((m) => m[1]?.replaceAll('""', '"') ?? m[2])

    if (cells.length >= 5) {
      out.push({topic: cells[2], label: Number(cells[3]),
        text: cells.slice(4).join(',')})
    }
  }
  return out
}

export async function run({weir, testsets, report}) {
  const file = join(testsets, 'cold', 'dev.csv')

  if (!existsSync(file)) {
    report.missing('cold: no cold/dev.csv')
    return
  }
  const all = rows(readFileSync(file, 'utf8'))
  const found = weir.scan(all.map((r) => r.text),
    {packs: ['cn/generative-ai'], args: ['--type', 'term']})
  const hit = (label) => all.filter((r, i) => r.label === label &&
    found[i].length > 0).length
  const of = (label) => all.filter((r) => r.label === label).length
  const tp = hit(1)
  const fp = hit(0)

  report.rate({set: 'COLD dev', what: 'offensive sentences flagged',
    hit: tp, of: of(1), aim: 'high'})
  report.rate({set: 'COLD dev', what: 'other sentences flagged',
    hit: fp, of: of(0), aim: 'low'})
  report.row({set: 'COLD dev', type: 'term (a sentence counts once)', tp, fp,
    fn: of(1) - tp})
}
