import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

const TEST = join(import.meta.dirname, '..')
const PAGE = join(TEST, '../docs/reliability.md')

/** Every fault and every security number there is; what they are stands in the titles of their tests. */
const NUMBERS = [...numbered('F', 60), ...numbered('S', 27)]

function numbered(letter: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
}

/** The numbers that titles of tests begin with, each with the files that have them: `F1 F2: ...`. */
function inTitles(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  const files = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('interop'))
    .sort()
  for (const file of files)
    for (const [, numbers = ''] of readFileSync(join(TEST, file), 'utf8').matchAll(
      /[([]\s*['"`]((?:[FS]\d+[ ,]*)+):/g,
    ))
      for (const [number] of numbers.matchAll(/[FS]\d+/g))
        found.set(number, [...(found.get(number) ?? []), file])
  return found
}

/**
 * The numbers of the table under the heading of docs/reliability.md that says "cannot exist", with the part of the fault
 * that a row is about, if it is not about all of it: `F60 (GOAWAY)`.
 */
function inPage(): ReadonlyMap<string, string> {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''
  const section = /^##[^\n]*cannot exist[^\n]*\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(page)?.[1] ?? ''
  const rows = section.matchAll(/^\| *([FS]\d+) *(\([^|]*\))? *\|/gm)
  return new Map([...rows].map(([, number, part]) => [number!, part ?? '']))
}

describe('the numbers of faults', () => {
  const titles = inTitles()
  const rows = inPage()

  it('each begin the title of a test, or a row that proves why there is none', () => {
    expect(NUMBERS.filter((number) => !titles.has(number) && !rows.has(number))).toEqual([])
  })

  it('are tested wherever a row speaks of a part of the fault only, and nowhere else', () => {
    const partly = [...rows].filter(([, part]) => part !== '').map(([number]) => number)
    const wholly = [...rows].filter(([, part]) => part === '').map(([number]) => number)
    expect(partly.filter((number) => !titles.has(number))).toEqual([])
    expect(wholly.filter((number) => titles.has(number))).toEqual([])
  })

  it('are all known', () => {
    expect([...titles.keys(), ...rows.keys()].filter((number) => !NUMBERS.includes(number))).toEqual([])
  })
})
