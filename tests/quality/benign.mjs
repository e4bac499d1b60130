// benign.mjs: findings a MB on text where none is due: prose, code and logs
// of installed packages. Not all are false: an author's address in a
// copyright file is one. The types tell them apart. Names of persons are
// looked for in source code too, which a plain scan does not do, and counted
// a second time without the files that are lists of names: whom a copyright
// file or AUTHORS names, and the tables of Faker.
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {execFileSync} from 'node:child_process'
import {join} from 'node:path'

const BYTES_MAX = 12e6
const LISTS = /\/faker\/|\/(copyright|AUTHORS|THANKS)$/

// Text files below a folder, in order of names, up to BYTES_MAX.
function collect(folders, wanted) {
  const files = []
  let bytes = 0
  const walk = (path) => {
    for (const e of readdirSync(path, {withFileTypes: true})
      .sort((a, b) => a.name < b.name ? -1 : 1)) {
      const at = join(path, e.name)

      if (bytes >= BYTES_MAX) {
        return
      }
      if (e.isDirectory()) {
        walk(at)
      } else if (e.isFile() && wanted(at)) {
        files.push(at)
        bytes += statSync(at).size
      }
    }
  }

  folders.filter(existsSync).forEach(walk)
  return {files, bytes}
}

function python() {
  return ['/usr/lib/python3', '/usr/lib/python3.11', '/usr/lib/python3.12',
    '/usr/lib/python3.13']
}

const sets = [
  {
    name: 'Debian documents (/usr/share/doc, no changelogs)',
    folders: ['/usr/share/doc'],
    wanted: (p) => !/\.(gz|png|svg|pdf|html?)$|changelog/i.test(p),
  },
  {
    name: 'Python sources (/usr/lib/python3*)',
    folders: python(),
    wanted: (p) => p.endsWith('.py'),
  },
  {
    name: 'C headers (/usr/include)',
    folders: ['/usr/include'],
    wanted: (p) => p.endsWith('.h'),
  },
  {
    name: 'logs (/var/log: dpkg, apt, alternatives)',
    folders: ['/var/log'],
    wanted: (p) => /\.log$/.test(p) && !/journal/.test(p),
  },
  {
    name: 'zh messages (/usr/share/locale/zh_CN, as text)',
    text: () => {
      const {files} = collect(['/usr/share/locale/zh_CN'],
        (p) => p.endsWith('.mo'))

      // the message part of a .mo file is text with NULs between
      return files.map((f) => readFileSync(f, 'latin1'))
        .map((s) => Buffer.from(s, 'latin1').toString('utf8')
          .replace(/[\0-\x08\x0e-\x1f\ufffd]+/g, '\n')).join('\n')
    },
  },
]

function packages() {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '.'],
      {encoding: 'utf8'}).length
  } catch {
    return 0
  }
}

export async function run({weir, report}) {
  report.notes.push(`benign text: of the ${packages()} Debian packages ` +
    'installed on the machine that measured')
  for (const set of sets) {
    let bytes = 0
    let found = []
    let others

    if (set.text) {
      const text = set.text()

      bytes = Buffer.byteLength(text)
      found = bytes > 0 ? weir.scan([text])[0] : []
    } else {
      const c = collect(set.folders, set.wanted)

      bytes = c.bytes
      for (let i = 0; i < c.files.length; i += 500) {
        found.push(...weir.paths(c.files.slice(i, i + 500),
          {args: ['--names', 'always']}))
      }
      const rest = c.files.filter((f) => !LISTS.test(f))

      if (rest.length < c.files.length) {
        others = {bytes: rest.reduce((n, f) => n + statSync(f).size, 0),
          count: found.filter((f) => f.type === 'person_name' &&
            !LISTS.test(f.path)).length}
      }
    }
    if (bytes === 0) {
      report.missing(`no text for: ${set.name}`)
      continue
    }
    const types = new Map()

    for (const f of found) {
      types.set(f.type, (types.get(f.type) ?? 0) + 1)
    }
    report.density({set: set.name, type: 'all', count: found.length, bytes})
    for (const [type, count] of [...types].sort((a, b) => b[1] - a[1])) {
      report.density({set: set.name, type, count, bytes})
    }
    if (others) {
      report.density({set: set.name,
        type: 'person_name, outside lists of names', ...others})
    }
  }
}
