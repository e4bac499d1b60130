// open_sets.mjs: the open sets whole, for a first look: PII with exact spans,
// secrets and injections by row.
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

import {compare} from './report.mjs'

const json = (file) => JSON.parse(readFileSync(file, 'utf8'))
const lines = (file) => readFileSync(file, 'utf8').split('\n')
  .filter(Boolean).map((l) => JSON.parse(l))

// What a set calls a type -> what counts as right, ours named first.
const maps = {
  zh: {phone: ['cn_mobile', 'cn_landline'], id_number: ['cn_id_number'],
    bank_card: ['bank_card'], email: ['email'], passport: ['cn_passport'],
    license_plate: ['cn_plate'], person: ['person', 'person_name'],
    address: ['address', 'cn_address', 'postal_address']},
  presidio: {CREDIT_CARD: ['bank_card'], EMAIL_ADDRESS: ['email'],
    IBAN_CODE: ['iban'], IP_ADDRESS: ['ipv4', 'ipv6'], MAC_ADDRESS: ['mac'],
    PERSON: ['person', 'person_name'], PHONE_NUMBER: ['phone'],
    US_SSN: ['us_ssn'], ADDRESS: ['address', 'postal_address']},
}

// Its passport spans hold the words before the number; the number is ours.
function zhRow(r) {
  return {text: r.text, spans: r.entities.map((s) => s.type === 'passport'
    ? {...s, start: s.end - s.text.replace(/^[^A-Z0-9]+/i, '').length} : s)}
}

// rows: [{text, spans: [{type, start, end}]}] in the set's own types.
function measure({weir, report}, set, rows, map, ours) {
  const own = (type) => map[type] ?? [type.toLowerCase()]
  const known = (type) => own(type).some((t) => ours.has(t))
  const gaps = new Map()
  const sums = new Map()
  const theirs = {}

  for (const type of new Set(rows.flatMap((r) => r.spans.map((s) =>
    s.type)))) {
    own(type).forEach((t) => { theirs[t] = type })
  }
  const found = weir.scan(rows.map((r) => r.text))

  rows.forEach((row, i) => {
    const gold = row.spans.filter((s) => {
      if (!known(s.type)) {
        gaps.set(s.type, (gaps.get(s.type) ?? 0) + 1)
      }
      return known(s.type)
    })

    compare(sums, gold, found[i].map((f) =>
      ({...f, type: theirs[f.type] ?? f.type})))
  })
  report.rowsOf(set, sums)
  for (const [type, n] of gaps) {
    report.gap({set, type, n, why: 'no rule of ours has this type'})
  }
}

export async function run(context) {
  const {weir, testsets, report} = context
  const ours = new Set(weir.types())
  const at = (...p) => join(testsets, ...p)
  const all = [
    ['pii-bench-zh formal', at('pii-bench-zh',
      'pii_bench_zh_formal_seed42.jsonl'), () => lines, 'zh',
    zhRow],
    ['pii-bench-zh chat', at('pii-bench-zh',
      'pii_bench_zh_chat_seed42.jsonl'), () => lines, 'zh',
    zhRow],
    ...['synth_dataset_v2', 'generated_large'].map((name) =>
      [`presidio-research ${name}`, at('presidio-research', `${name}.json`),
        () => json, 'presidio', (r) => ({text: r.full_text,
          spans: r.spans.map((s) => ({type: s.entity_type,
            start: s.start_position, end: s.end_position}))})]),
  ]

  for (const [set, file, read, map, row] of all) {
    if (existsSync(file)) {
      measure(context, set, read()(file).map(row), maps[map], ours)
    } else {
      report.missing(`${set}: the set is not there`)
    }
  }
}
