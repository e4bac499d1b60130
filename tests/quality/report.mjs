// report.mjs: what the modules of `make quality` hand in, and the table that
// is made of it.
//
//   report.row({set, type, tp, fp, fn, rows, note})
//       detection with exact spans: true, false and missed findings of one of
//       our types on one set. Every false alarm counts, those on rows without
//       anything to find too. P, R, F1 and F2 are computed here.
//   report.rate({set, what, hit, of, aim, note})
//       a share: jailbreaks found of all, benign prompts flagged of all.
//       `aim` is 'high' or 'low'.
//   report.density({set, type, count, bytes, note})
//       findings on text where none is due, per MB (10^6 bytes).
//   report.gap({set, type, n, why})
//       what a set has and we do not look for: listed, never hidden.
//   report.peer({set, who, figure, source})
//       what another system publishes on that set or its like.
//   report.judged(set, wrong)
//       every row of a set was judged, and these (names of rows) are not as
//       the set says. Compared with disagreements.json: what is wrong and not
//       listed there, or listed and right by now, is shown and fails the run.
//   report.value({set, what, value})
//       any other measured figure, as text.
//
// Spans are half-open, in code points.

export function scores({tp, fp, fn}) {
  const p = tp + fp === 0 ? null : tp / (tp + fp)
  const r = tp + fn === 0 ? null : tp / (tp + fn)
  const f = (b) => tp === 0 ? (tp + fp + fn === 0 ? null : 0)
    : (1 + b * b) * tp / ((1 + b * b) * tp + b * b * fn + fp)

  return {p, r, f1: f(1), f2: f(2)}
}

// Gold and found spans of one text, both [{type, start, end}] with our
// types: counts per type into `sums` (a Map that the caller makes). A found
// span is right if a gold span not yet taken has its type and its bounds.
export function compare(sums, gold, found) {
  const left = gold.map((g) => ({...g}))
  const at = (type) => {
    if (!sums.has(type)) {
      sums.set(type, {tp: 0, fp: 0, fn: 0})
    }
    return sums.get(type)
  }

  for (const f of found) {
    const i = left.findIndex((g) => g.type === f.type &&
      g.start === f.start && g.end === f.end)

    if (i === -1) {
      at(f.type).fp++
    } else {
      at(f.type).tp++
      left.splice(i, 1)
    }
  }
  for (const g of left) {
    at(g.type).fn++
  }
}

// Code points before UTF-16 place `i`: sets that count in UTF-16 units.
export function points(text, i) {
  return [...text.slice(0, i)].length
}

export class Report {
  constructor() {
    this.rows = []
    this.rates = []
    this.densities = []
    this.gaps = []
    this.peers = []
    this.values = []
    this.judgements = []
    this.notes = []
  }

  row(r) {
    for (const key of ['tp', 'fp', 'fn']) {
      if (!Number.isInteger(r[key]) || r[key] < 0) {
        throw new Error(`report.row: ${key} of ${r.set} ${r.type}`)
      }
    }
    this.rows.push(r)
  }

  // One row a type of `sums`, and their sum.
  rowsOf(set, sums, extra = {}) {
    const all = {tp: 0, fp: 0, fn: 0}

    for (const [type, s] of [...sums].sort((a, b) => a[0] < b[0] ? -1 : 1)) {
      this.row({set, type, ...s, ...extra})
      all.tp += s.tp
      all.fp += s.fp
      all.fn += s.fn
    }
    this.row({set, type: 'all', ...all, ...extra})
  }

  rate(r) {
    if (!(r.of > 0) || !(r.hit >= 0)) {
      throw new Error(`report.rate: ${r.set} ${r.what}`)
    }
    this.rates.push(r)
  }

  density(d) {
    if (!(d.bytes > 0)) {
      throw new Error(`report.density: ${d.set} has no text`)
    }
    this.densities.push(d)
  }

  gap(g) {
    this.gaps.push(g)
  }

  peer(p) {
    this.peers.push(p)
  }

  value(v) {
    this.values.push(v)
  }

  judged(set, wrong) {
    this.judgements.push({set, wrong: [...wrong]})
  }

  missing(what) {
    this.notes.push(what)
  }
}
