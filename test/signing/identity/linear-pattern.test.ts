import { expect, it } from 'vitest'

import { compilePattern } from '../../../src/signing/identity/linear-pattern.ts'
import { matchingName } from '../../../src/signing/identity/name-matcher.ts'
import { countSteps } from '../../support/steps.ts'

const matches = (expression: string, text: string): boolean => {
  const pattern = compilePattern(expression)
  if (pattern.kind === 'refused') throw new Error(pattern.problem)
  return pattern.matches(text)
}

/** Expressions with texts that match and texts that do not: as RE2, where the whole text has to match. */
it.each<[string, readonly string[], readonly string[]]>([
  ['', [''], ['a']],
  ['abc', ['abc'], ['', 'ab', 'abcd', 'xabc']],
  ['a|b', ['a', 'b'], ['ab', '']],
  ['a*', ['', 'aaa'], ['b']],
  ['a+b?', ['a', 'aab'], ['b', 'abb']],
  ['(ab)*?c', ['c', 'ababc'], ['abac']],
  ['a{2}', ['aa'], ['a', 'aaa']],
  ['a{1,3}', ['a', 'aaa'], ['', 'aaaa']],
  ['a{2,}', ['aa', 'aaaaa'], ['a']],
  ['a{,2}', ['a{,2}'], ['aa']],
  ['x{y', ['x{y'], ['x']],
  ['.', ['a', 'é', '😀'], ['\n', 'ab']],
  ['[a-c]', ['a', 'c'], ['d', '-']],
  ['[^a-c]', ['d', '\n'], ['a']],
  ['[]a]', [']', 'a'], ['b']],
  ['[a-]', ['a', '-'], ['b']],
  [String.raw`[\d.-]+`, ['1.2-3'], ['a']],
  ['[[:alpha:]_]', ['a', 'Z', '_'], ['1']],
  ['[[:^digit:]]', ['a'], ['1']],
  [String.raw`\w+@\w+\.com`, ['dev@example.com'], ['dev@exampleXcom', 'dev@example.com.evil']],
  [String.raw`\D\S\W`, ['a-.'], ['1a.', 'a .', 'aaa']],
  [String.raw`\x41\x{1F600}\t`, ['A😀\t'], ['A']],
  [String.raw`\(\)\[\]\{\}\*\+\?\.\^\$\|\\\/`, ['()[]{}*+?.^$|\\/'], ['']],
  ['^a$', ['a'], ['^a$']],
  [String.raw`\Aa\z`, ['a'], ['b']],
  ['a^b', [], ['ab', 'a^b']],
  ['(^a|b$)c?', ['a', 'b', 'ac'], ['bc']],
  ['(?:a)(?P<name>b)(?<other>c)', ['abc'], ['ab']],
  ['(a*)*b', ['b', 'aab'], ['a']],
  ['(){1000}a', ['a'], ['']],
])('%j matches whole texts', (expression, good, bad) => {
  for (const text of good) expect(matches(expression, text), text).toBe(true)
  for (const text of bad) expect(matches(expression, text), text).toBe(false)
})

it.each([
  [String.raw`(a)\1`, 'has a backreference, which cannot be matched in linear time'],
  ['a(?=b)', 'lookaround'],
  ['a(?!b)', 'lookaround'],
  ['(?<=a)b', 'lookaround'],
  ['(?i)a', 'flags'],
  ['a**', 'repeats a repetition'],
  ['a{2}{3}', 'repeats a repetition'],
  ['*a', 'nothing to repeat'],
  ['a|+', 'nothing to repeat'],
  ['(a', 'without its )'],
  ['a)', 'without its ('],
  ['[a', 'without its ]'],
  ['[z-a]', 'range'],
  ['[[:letters:]]', 'unknown class'],
  [String.raw`\p{L}`, 'not supported'],
  [String.raw`\bword\b`, 'not supported'],
  ['a\\', 'backslash'],
  ['a{3,2}', 'repeats {3,2}'],
  ['a{1001}', 'at most 1000 times'],
  ['(a{1000}){1000}', 'too large'],
  ['((((){1000}){1000}){1000}){1000}', 'too large'],
  ['('.repeat(60) + ')'.repeat(60), 'nested deeper'],
  ['a'.repeat(3000), 'longer than'],
  [String.raw`\xZZ`, 'number'],
])('%j is refused', (expression, problem) => {
  expect(compilePattern(expression)).toEqual({ kind: 'refused', problem: expect.stringContaining(problem) })
})

it('a refused expression is an error of usage that names its flag', () => {
  expect(() => matchingName('(', '--certificate-identity-regexp')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      exit: 2,
      message: expect.stringMatching(/^--certificate-identity-regexp "\(": /),
    }),
  )
})

it.each(['(a+)+', '(a|a)*', '(.*)*(.*)*(.*)*!', 'a*a*a*a*a*a*a*a*!', '(a?){50}a{50}'])(
  '%j is matched in steps linear in the length of the text',
  async (expression) => {
    const length = 800
    const steps = await countSteps(
      () => import('../../../src/signing/identity/linear-pattern.ts'),
      (module) => {
        const pattern = module.compilePattern(expression)
        if (pattern.kind === 'pattern') pattern.matches(`${'a'.repeat(length)}b`)
      },
    )
    expect(steps).toBeGreaterThan(length)
    expect(steps).toBeLessThan(length * 500)
  },
)
