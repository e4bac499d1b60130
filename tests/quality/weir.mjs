// weir.mjs: `weir scan` over many texts in one run: each text is a file of
// its own in a temporary folder, so that no text is context of another.
import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

export class Weir {
  constructor(binary, packs) {
    this.binary = binary
    this.env = {...process.env, WEIR_PACKS: packs}
  }

  // Findings of paths, parsed; `packs` are names, by default all.
  paths(list, {packs = [], args = []} = {}) {
    const run = spawnSync(this.binary, ['scan', '--json', ...args,
      ...packs.flatMap((p) => ['--pack', p]), '--', ...list],
    {env: this.env, encoding: 'utf8', maxBuffer: 1 << 30})

    if (run.status !== 0 && run.status !== 1) {
      throw new Error(`weir scan: exit ${run.status}: ${run.stderr}`)
    }
    return run.stdout.split('\n').filter(Boolean).map((l) => JSON.parse(l))
  }

  // texts: strings. Returns for each the findings
  // [{type, rule, start, end, score}], sorted by start.
  scan(texts, options) {
    const folder = mkdtempSync(join(tmpdir(), 'weir-quality-'))
    const out = texts.map(() => [])

    try {
      texts.forEach((t, i) =>
        writeFileSync(join(folder, String(i).padStart(7, '0')), t))
      for (const f of this.paths([folder], options)) {
        out[Number(f.path.slice(-7))].push(f)
      }
    } finally {
      rmSync(folder, {recursive: true})
    }
    return out
  }

  // The types that some rule finds.
  types() {
    return execFileSync(this.binary, ['scan', '--list'],
      {env: this.env, encoding: 'utf8'}).split('\n').filter(Boolean)
      .map((l) => l.split(/\s/)[0])
  }

  version() {
    return execFileSync(this.binary, ['--version'], {encoding: 'utf8'}).trim()
  }
}
