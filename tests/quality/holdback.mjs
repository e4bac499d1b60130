// holdback.mjs: how many characters wait in a stream, fed one code point at
// a time (bench/hold.c), on prose, code and numbers in both languages.
import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync,
  writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const PACKS = 'cn/personal-information,common/secrets,cn/generative-ai'
const PART = 300000

// The first text of a folder's files until there is enough of it.
function prose(folder, wanted) {
  let text = ''

  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) {
    if (text.length < PART && wanted.test(name)) {
      try {
        text += readFileSync(join(folder, name), 'utf8')
      } catch {
        // a folder, or not ours to read
      }
    }
  }
  return text.slice(0, PART)
}

// Rows of numbers as tables have them; a fixed sequence, the same each time.
function numbers(zh) {
  let seed = 1
  const next = (n) => {
    seed = (seed * 48271) % 2147483647
    return seed % n
  }
  let text = ''

  while (text.length < PART) {
    text += zh ? `第${next(900)}行，金额${next(100000)}.${next(90) + 10}元，`
      + `编号${next(1e9)}，日期20${next(90) + 10}年${next(12) + 1}月\n`
      : `${next(900)}\t${next(100000)}.${next(90) + 10}\t`
      + `${next(1e9)}\t20${next(90) + 10}-0${next(9) + 1}\n`
  }
  return text
}

export async function run({weir, build, packs, tree, report}) {
  const tool = join(build, 'bench', 'weir-hold')
  const folder = mkdtempSync(join(tmpdir(), 'weir-hold-'))
  const texts = {
    'prose, English (common licences)':
      prose('/usr/share/common-licenses', /^[A-Z]/),
    'prose, Chinese (documents of this tree)':
      readFileSync(join(tree, 'README.zh.md'), 'utf8') +
      readFileSync(join(tree, 'tests/e2e/article.zh.txt'), 'utf8'),
    'code (this tree, C)': prose(join(tree, 'cli'), /\.c$/) +
      prose(join(tree, 'engine/scan'), /\.c$/),
    'numbers, English': numbers(false),
    'numbers, Chinese': numbers(true),
  }

  try {
    for (const [name, text] of Object.entries(texts)) {
      const file = join(folder, 'text')

      if (text.length === 0) {
        report.missing(`hold-back: no text for ${name}`)
        continue
      }
      writeFileSync(file, text)
      const r = spawnSync(tool, [packs, PACKS, file], {encoding: 'utf8'})
      const m = /(\d+) characters\s+held: (.*)/.exec(r.stdout)

      if (r.status !== 0 || m === null) {
        throw new Error(`weir-hold: ${r.stderr}${r.stdout}`)
      }
      const cut = /denied at byte (\d+)/.exec(r.stdout)

      report.value({set: 'characters held back, ' + PACKS, what: name,
        value: `${m[2]} (of ${m[1]}${cut ? ', then denied' : ''})`})
    }
  } finally {
    rmSync(folder, {recursive: true})
  }
  void weir
}
