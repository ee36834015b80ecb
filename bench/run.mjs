// Prints figures and their ratios, subject after subject: all of them, or those that are named. Nothing is asserted here: a figure
// is worth what its machine was doing. `--write` puts them into docs/performance.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'

import { fillSection, record } from './page.mjs'

const PAGE = new URL('../docs/performance.md', import.meta.url)
const SUBJECTS = ['startup', 'reader', 'transfer', 'many', 'identity', 'keyless', 'render']

const writes = process.argv.includes('--write')
const named = process.argv.slice(2).filter((word) => word !== '--write')
const unknown = named.filter((name) => !SUBJECTS.includes(name))
if (unknown.length > 0) {
  console.error(`no subject ${unknown.join(', ')}; there are ${SUBJECTS.join(', ')}`)
  process.exit(2)
}
for (const name of named.length > 0 ? named : SUBJECTS) {
  const { measure } = await import(`./${name}.mjs`)
  const load = loadavg()[0] ?? Number.NaN
  const figures = `${await record(measure)}\n\nLoad of the machine when it began: ${load.toFixed(1)}`
  if (writes) writeFileSync(PAGE, fillSection(readFileSync(PAGE, 'utf8'), name, figures))
}
