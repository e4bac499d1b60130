// run.mjs BUILD TESTSETS: `make quality`. Runs every module that is there,
// prints the table and writes it into docs/quality.md between its markers.
//
// A module exports `async function run({weir, testsets, report, build,
// packs, tree})`; what `report` takes: report.mjs.
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'

import {disagreements} from './disagreements.mjs'
import {peers} from './peers.mjs'
import {Report, scores} from './report.mjs'
import {Weir} from './weir.mjs'

const MODULES = ['open_sets', 'identifiers', 'contexts', 'names', 'secrets',
  'injection', 'cold', 'benign', 'holdback']
const here = dirname(fileURLToPath(import.meta.url))
const tree = resolve(here, '../..')
const begin = '<!-- make quality: begin -->'
const end = '<!-- make quality: end -->'

const share = (x) => x === null ? '–' : x.toFixed(3)

function table(head, rows) {
  const cell = (c) => String(c ?? '').replaceAll('|', '\\|')

  return rows.length === 0 ? '' : [head, head.map(() => '---'), ...rows]
    .map((r) => `| ${r.map(cell).join(' | ')} |`).join('\n') + '\n'
}

function section(title, text, note = '') {
  return text === '' ? '' : `### ${title}\n\n${note}${text}\n`
}

function print(report) {
  return [
    section('Detection, exact spans', table(
      ['set', 'type', 'found', 'false', 'missed', 'P', 'R', 'F1', 'F2'],
      report.rows.map((r) => {
        const s = scores(r)

        return [r.set, r.type + (r.note ? ` (${r.note})` : ''), r.tp, r.fp,
          r.fn, share(s.p), share(s.r), share(s.f1), share(s.f2)]
      }))),
    section('Shares', table(['set', 'what', 'of', 'share', 'better is'],
      report.rates.map((r) => [r.set, r.what, `${r.hit} / ${r.of}`,
        `${(100 * r.hit / r.of).toFixed(1)} %`, r.aim]))),
    section('Findings on text where none is due', table(
      ['text', 'type', 'MB', 'findings', 'a MB'],
      report.densities.map((d) => [d.set, d.type,
        (d.bytes / 1e6).toFixed(1), d.count,
        (d.count / d.bytes * 1e6).toFixed(2)]))),
    section('Other figures', table(['what', 'on', 'value'],
      report.values.map((v) => [v.set, v.what, v.value]))),
    section('In the sets, and not looked for', table(
      ['set', 'type', 'spans', 'why'],
      report.gaps.map((g) => [g.set, g.type, g.n, g.why]))),
    section('Where we do not follow a set', table(
      ['set', 'rows', 'n', 'why'],
      report.kept.map((k) => [k.set, k.rows, k.n, k.why])),
    'Every row that is not as its set says, and why. A row that is wrong ' +
      'and not listed, or listed and right, fails the run.\n\n'),
    section('What others publish', table(['set', 'who', 'figure', 'source'],
      report.peers.map((p) => [p.set, p.who, p.figure, p.source]))),
    section('Notes', report.notes.map((n) => `- ${n}\n`).join('')),
  ].join('')
}

async function measure(build, testsets, only) {
  const report = new Report()
  const packs = join(tree, 'ordinance')
  const weir = new Weir(resolve(build, 'cli', 'weir'), packs)

  peers.forEach((p) => report.peer(p))
  for (const name of MODULES) {
    const file = join(here, `${name}.mjs`)

    if (only.length > 0 && !only.includes(name)) {
      continue
    }
    if (!existsSync(file)) {
      report.missing(`${name}: no module of that name in this version; ` +
        'not measured')
      continue
    }
    console.error(`quality: ${name} ...`)
    try {
      await (await import(file)).run({weir, testsets, report, packs, tree,
        build: resolve(build)})
    } catch (e) {
      // the others are measured all the same; the exit status tells
      report.missing(`${name}: failed: ${e.message}`)
      console.error(e)
      process.exitCode = 1
    }
  }
  return {report, weir}
}

const [build, testsets, ...only] = process.argv.slice(2)

if (!build || !testsets || !existsSync(testsets)) {
  console.error('usage: run.mjs BUILD TESTSETS [MODULE...]')
  process.exit(2)
}
const {report, weir} = await measure(build, testsets, only)
const {kept, stale} = disagreements(report.judgements)

report.kept = kept
for (const s of stale) {
  report.missing(s)
  process.exitCode = 1
}
const text = print(report)
const page = join(tree, 'docs/quality.md')
const old = readFileSync(page, 'utf8')
const [b, e] = [old.indexOf(begin), old.indexOf(end)]

process.stdout.write(text)
if (b === -1 || e < b) {
  console.error('quality: docs/quality.md has lost its markers')
  process.exit(1)
}
// a run of some modules only is for looking, not for the page
if (only.length === 0) {
  writeFileSync(page, old.slice(0, b) + begin + '\n\n' +
    `Made by \`make quality\` on ${new Date().toISOString().slice(0, 10)} ` +
    `with ${weir.version()}.\n\n` + text + old.slice(e))
}
