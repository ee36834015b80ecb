import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { isSameInterface } from '../../../src/capabilities/catalog/interface-name.ts'
import { NamePatterns } from '../../../src/capabilities/catalog/name-patterns.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '*', 'é'), maxLength: 5 })
const name = fc.oneof(letters, fc.constantFrom('a:b/c@0.2.0', 'a:b/c@0.2.7', 'a:b/c@0.3.0', 'a:b/c'))
const pattern = fc.oneof(
  name,
  letters.map((text) => `${text}*`),
)

test('match finds a pattern exactly where one after the other would', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 8 }), name, (patterns, text) => {
      const matches = (one: string): boolean =>
        one.endsWith('*') ? text.startsWith(one.slice(0, -1)) : isSameInterface(one, text)
      const index = new NamePatterns(patterns).match(text)
      if (index === undefined) expect(patterns.filter(matches)).toEqual([])
      else expect(matches(patterns[index]!)).toBe(true)
    }),
    { numRuns: 5_000, seed: 4 },
  )
})
