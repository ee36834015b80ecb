/** The format of a text value, shared with the JSON Schemas; `pattern` is anchored and matches in linear time. */
export interface ScalarFormat {
  readonly pattern: string
  /** Completes "expected ...". */
  readonly expected: string
  /** A check that a pattern cannot express, such as whether an address exists. */
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
