// npm.mjs WEIR TERMS TEXT: two npm word filters on the same terms and text,
// and two npm redactors of personal data on the same text; MB/s of CPU time,
// one thread, best of three. Versions: bench/vs/run.
import {execFileSync} from 'node:child_process'
import {createRequire} from 'node:module'
import {readFileSync} from 'node:fs'

const require = createRequire(import.meta.url)
const [weir, termsFile, textFile] = process.argv.slice(2)
const terms = readFileSync(termsFile, 'utf8').split('\n').filter(Boolean)
const text = readFileSync(textFile, 'utf8')
const bytes = Buffer.byteLength(text)
const lines = text.split('\n')

async function measure(name, run) {
  let best = Infinity
  let result

  for (let i = 0; i < 3; i++) {
    const began = process.cpuUsage()

    result = await run()
    const used = process.cpuUsage(began)

    best = Math.min(best, (used.user + used.system) / 1e6)
  }
  console.log(`${name.padEnd(28)} ${(bytes / best / 1e6).toFixed(2)
    .padStart(10)} MB/s  ${result} ${'findings or changed lines'}`)
}

async function peer(name, make) {
  let run

  try {
    run = await make()
  } catch (e) {
    console.log(`${name.padEnd(28)} not run: ${e.message.split('\n')[0]}`)
    return
  }
  await measure(name, run)
}

await peer('fastscan', () => {
  const FastScanner = require('fastscan').default ?? require('fastscan')
  const scanner = new FastScanner(terms)

  return () => lines.reduce((n, l) => n + scanner.search(l).length, 0)
})
await peer('mint-filter', () => {
  const Mint = require('mint-filter').default ?? require('mint-filter')
  const mint = new Mint(terms)

  return () => lines.reduce((n, l) => n + mint.filter(l).words.length, 0)
})
await peer('redact-pii', () => {
  const {SyncRedactor} = require('redact-pii')
  const redactor = new SyncRedactor()

  return () => lines.reduce((n, l) => n + (redactor.redact(l) !== l), 0)
})
await peer('@redactpii/node', async () => {
  const {Redactor} = await import('@redactpii/node')
  const redactor = new Redactor()

  return async () => {
    let n = 0

    for (const l of lines) {
      n += await redactor.redact(l) !== l
    }
    return n
  }
})
// The whole command with its packs loaded, as a process of its own: the
// shell's clock counts it.
const out = execFileSync('bash', ['-c',
  'TIMEFORMAT="%U %S"; { time "$0" scan -q -j 1 --as text "$1" | wc -l; } 2>&1',
  weir, textFile], {encoding: 'utf8'})
const [found, user, system] = out.trim().split(/\s+/).map(Number)

console.log(`${'weir scan (process)'.padEnd(28)} ${
  (bytes / (user + system) / 1e6).toFixed(2).padStart(10)} MB/s  ${
  found} findings, all packs`)
