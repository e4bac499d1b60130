// make.mjs TERMS TEXT: 10,000 terms and 4 MB of text, the same each time.
import {writeFileSync} from 'node:fs'

let seed = 20261124
const next = (n) => {
  seed = (seed * 48271) % 2147483647
  return seed % n
}
// common characters come more often: the square of an even draw
const han = () => String.fromCodePoint(
  0x4e00 + Math.floor(4000 * (next(1e6) / 1e6) ** 2))
const word = () => Array.from({length: 2 + next(4)}, han).join('')
const terms = [...new Set(Array.from({length: 10000}, word))]
let text = ''

while (text.length < 1.4e6) {
  for (let i = 0; i < 60; i++) {
    text += han()
  }
  text += `${terms[next(terms.length)]}，138${10000000 + next(9e7)}。\n`
}
writeFileSync(process.argv[2], terms.join('\n') + '\n')
writeFileSync(process.argv[3], text)
