import { WasmpackError } from '../../errors.ts'
import { compilePattern } from './linear-pattern.ts'

/** A condition on a name of a certificate: its identity, or its issuer. */
export interface NameMatcher {
  /** What is demanded, in the words of a message. */
  readonly description: string
  matches(name: string): boolean
}

/** Equality, character by character. */
export const equalName = (expected: string): NameMatcher => ({
  description: expected,
  matches: (name) => name === expected,
})

/**
 * A regular expression that the whole name must match, in time linear in its length. Throws USAGE for one that is malformed or
 * cannot be matched so; `flag` begins the message.
 */
export function matchingName(expression: string, flag: string): NameMatcher {
  const pattern = compilePattern(expression)
  if (pattern.kind === 'refused')
    throw new WasmpackError('USAGE', `${flag} ${JSON.stringify(expression)}: ${pattern.problem}`, {
      hint: `the syntax is that of RE2, and the whole name must match: ${flag} 'https://github\\.com/acme/.*'`,
    })
  return { description: `/${expression}/`, matches: pattern.matches }
}
