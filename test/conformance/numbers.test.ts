import { describe, expect, it } from 'vitest'

import { impossibleFaults, testsByNumber } from '../support/faults-page.ts'
import { FAULTS } from './faults.ts'

const known = FAULTS.flatMap(({ faults }) => Object.keys(faults))
const tests = testsByNumber()
const impossible = impossibleFaults()

describe('the numbers of faults', () => {
  it('are F1 to F60 and S1 to S27', () => {
    const upTo = (letter: string, last: number): string[] =>
      Array.from({ length: last }, (_, index) => `${letter}${index + 1}`)
    expect(known).toEqual([...upTo('F', 60), ...upTo('S', 27)])
  })

  it('have a test each, unless docs/reliability.md says why there is none', () => {
    expect(known.filter((number) => !tests.has(number) && impossible.get(number)?.part !== '')).toEqual([])
  })

  it('have no test where docs/reliability.md says that there is none', () => {
    expect([...impossible].filter(([number, { part }]) => part === '' && tests.has(number))).toEqual([])
  })

  it('are known wherever a title or docs/reliability.md has one', () => {
    expect([...tests.keys(), ...impossible.keys()].filter((number) => !known.includes(number))).toEqual([])
  })

  it('have tests that need no peers', () => {
    const peers = (file: string): boolean => file.startsWith('interop/')
    expect([...tests.values()].flat().filter(({ file }) => peers(file))).toEqual([])
  })
})
