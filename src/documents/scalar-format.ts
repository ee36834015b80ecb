/** What a scalar must look like, in a form that JSON Schema shares: `pattern` is anchored and matches in linear time. */
export interface ScalarFormat {
  readonly pattern: string
  /** Completes "expected ...". */
  readonly expected: string
  /** What a pattern cannot say: of addresses, say, that they exist. */
  readonly isSound?: (text: string) => boolean
}

const compiled = new Map<ScalarFormat, RegExp>()

export function matchesFormat(format: ScalarFormat, text: string): boolean {
  let pattern = compiled.get(format)
  if (pattern === undefined) {
    pattern = new RegExp(format.pattern, 'u')
    compiled.set(format, pattern)
  }
  return pattern.test(text) && format.isSound?.(text) !== false
}
