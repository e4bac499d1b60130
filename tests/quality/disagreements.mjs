// disagreements.mjs: the rows of the open sets that Weir does not decide as the
// set says, each with its reason (disagreements.json), against those that a
// run has found.
//
//   [{set, why, rows: [...]}]      names of rows are those the module gives
import {readFileSync} from 'node:fs'

const list = JSON.parse(readFileSync(
  new URL('disagreements.json', import.meta.url), 'utf8'))

// What is listed of a set, by row.
export function listed(set) {
  return new Set(list.filter((l) => l.set === set).flatMap((l) => l.rows))
}

// "rule#hash" rows are shown as the rule, once, with their number.
function names(rows) {
  const of = new Map()

  for (const r of rows.map((x) => x.split('#')[0])) {
    of.set(r, (of.get(r) ?? 0) + 1)
  }
  return [...of].map(([r, n]) => n > 1 ? `${r} (${n})` : r).join(', ')
}

// judgements: [{set, wrong}] of the sets that were run.
export function disagreements(judgements) {
  const kept = []
  const stale = []

  for (const {set, wrong} of judgements) {
    const known = listed(set)

    for (const l of list.filter((x) => x.set === set)) {
      kept.push({set, rows: names(l.rows), n: l.rows.length, why: l.why})
      for (const r of l.rows.filter((x) => !wrong.includes(x))) {
        stale.push(`**${set}: ${r} is listed as a disagreement and is right**`)
      }
    }
    for (const r of wrong.filter((x) => !known.has(x))) {
      stale.push(`**${set}: ${r} is wrong and not listed with a reason**`)
    }
  }
  return {kept, stale}
}
