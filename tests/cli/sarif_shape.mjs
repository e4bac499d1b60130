// sarif_shape.mjs FILE: is it SARIF 2.1.0 as the OASIS schema has it, in the
// parts that `weir scan` writes? Prints nothing and exits 0 if so.
import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'

const log = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const only = (object, required, optional = []) => {
  for (const key of required) {
    assert.ok(key in object, `${key} is missing`)
  }
  for (const key of Object.keys(object)) {
    assert.ok(required.includes(key) || optional.includes(key),
      `${key} is not in the schema`)
  }
}
const whole = (n, low) => assert.ok(Number.isInteger(n) && n >= low, `${n}`)

only(log, ['version', 'runs'], ['$schema'])
assert.equal(log.version, '2.1.0')
assert.equal(log.runs.length, 1)
const run = log.runs[0]

only(run, ['tool', 'results', 'columnKind', 'invocations'])
assert.equal(run.columnKind, 'unicodeCodePoints')
only(run.tool.driver, ['name', 'version', 'rules'])
for (const rule of run.tool.driver.rules) {
  only(rule, ['id', 'shortDescription', 'fullDescription'])
  assert.ok(rule.shortDescription.text.length > 0)
}
assert.equal(typeof run.invocations[0].executionSuccessful, 'boolean')
assert.ok(run.results.length > 0, 'no result')
for (const r of run.results) {
  only(r, ['ruleId', 'ruleIndex', 'level', 'message', 'locations'],
    ['properties'])
  assert.equal(run.tool.driver.rules[r.ruleIndex].id, r.ruleId)
  assert.ok(['none', 'note', 'warning', 'error'].includes(r.level))
  assert.ok(r.message.text.length > 0)
  assert.equal(r.locations.length, 1)
  only(r.locations[0], ['physicalLocation'], ['logicalLocations'])
  const {artifactLocation, region} = r.locations[0].physicalLocation

  assert.match(artifactLocation.uri, /^[\w.~%/:-]+$/)
  for (const key of ['startLine', 'startColumn', 'endLine', 'endColumn']) {
    whole(region[key], 1)
  }
  whole(region.charOffset, 0)
  whole(region.charLength, 1)
  assert.ok(region.endLine > region.startLine ||
    region.endColumn > region.startColumn)
}
