#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: wasmpack needs Node.js 20.19 or newer, this is ${process.versions.node}\n`)
  process.exit(2)
}
require('./code-cache.cjs').enableCodeCache()
// oxlint-disable-next-line import/no-unassigned-import -- it runs by being loaded
require('../dist/cli.cjs')
