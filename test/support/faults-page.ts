import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { relative } from 'node:path/posix'

import { FAULTS } from '../conformance/faults.ts'
import { type DeclaredTest, findTests } from './declared-tests.ts'

const NUMBERED = /^((?:[FS]\d+\w*[ ,]*)+): /
const RELIABILITY = join(import.meta.dirname, '../../docs/reliability.md')

/** The tests of each number that a title begins with, be it a test's own or that of a block around it. */
export function testsByNumber(): ReadonlyMap<string, readonly DeclaredTest[]> {
  const found = new Map<string, DeclaredTest[]>()
  for (const test of findTests(NUMBERED)) {
    const numbers = test.titles.flatMap((title) => NUMBERED.exec(title)?.[1]?.match(/\w+/g) ?? [])
    for (const number of new Set(numbers)) found.set(number, [...(found.get(number) ?? []), test])
  }
  return found
}

/** A fault that no request can run into. */
export interface Impossible {
  /** The part of the fault that this holds for, such as `GOAWAY`; empty for all of it. */
  readonly part: string
  readonly why: string
}

/** The table under "What cannot exist" in docs/reliability.md, by number. */
export function impossibleFaults(): ReadonlyMap<string, Impossible> {
  const page = readFileSync(RELIABILITY, 'utf8')
  const section = /^## What cannot exist\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page)?.[1] ?? ''
  const rows = section.matchAll(/^\| *([FS]\d+) *(?:\(([^|]*)\))? *\|([^|]*)\|/gm)
  return new Map([...rows].map(([, number, part = '', why]) => [number!, { part, why: why!.trim() }]))
}

/** test/conformance/README.md */
export function faultsPage(): string {
  const tests = testsByNumber()
  const impossible = impossibleFaults()
  const sections = FAULTS.map(({ title, faults }) => {
    const entries = Object.entries(faults).map(([number, what]) => {
      const lines = groupByFile(tests.get(number) ?? [])
      const none = impossible.get(number)
      if (none) lines.push(`no code path${none.part && ` for ${none.part}`}: ${none.why}`)
      return [`- **${number}** ${what}`, ...lines.map((line) => `  - ${line}`)].join('\n')
    })
    return `## ${title}\n\n${entries.join('\n')}\n`
  })
  return `# The faults and their tests

Generated from \`faults.ts\` and the titles of the tests by \`npm run docs\`; a test holds it. F1 to F60 are faults of registries and
networks, S1 to S27 attacks. \`npx vitest run --project hermetic -t 'F12\\b'\` runs the tests of one number. \`%s\`, \`%i\` and \`%j\` stand for
what a table of cases fills in.

${sections.join('\n')}`
}

function groupByFile(tests: readonly DeclaredTest[]): string[] {
  const files = new Map<string, string[]>()
  for (const { file, titles } of tests)
    files.set(file, [...(files.get(file) ?? []), `    - ${titles.map(showTitle).join(' › ')}`])
  return [...files].map(([file, lines]) =>
    [`[${file}](${relative('conformance', file)})`, ...lines].join('\n'),
  )
}

const showTitle = (title: string): string =>
  title.replace(NUMBERED, '').replace(/[\\`*_<>[\]]/g, String.raw`\$&`)
